//! `make_encoder`: Python objects become a JSON document.

use super::{escape, state};
use crate::header;
use crate::notes::with_note;
use builtins::dict::{Dict, Position, qualified_type_name};
use builtins::list::List;
use macros::{pyclass, pymethods};
use object::value::str::{self as text, Builder};
use object::value::{float, int, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, id, memory, raise, recursion};

/// How strings are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    Unicode,
    Ascii,
    /// By calling the given function.
    Custom,
}

/// Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)
#[pyclass(name = "Encoder", module = "_json", flags(BASETYPE), gc)]
pub struct Encoder {
    head: abi::PyObject,
    #[member(readonly)]
    markers: OptRef,
    #[member(readonly)]
    default: OptRef,
    #[member(readonly)]
    encoder: OptRef,
    #[member(readonly)]
    indent: OptRef,
    #[member(readonly)]
    key_separator: OptRef,
    #[member(readonly)]
    item_separator: OptRef,
    #[trace(skip)]
    sort_keys: bool,
    #[trace(skip)]
    skipkeys: bool,
    #[trace(skip)]
    allow_nan: bool,
    #[trace(skip)]
    escape: Escape,
}

/// A document that is being written.
struct Writer {
    builder: Builder,
    markers: Option<Ref>,
    default: Ref,
    encoder: Ref,
    indent: Option<Ref>,
    key_separator: Ref,
    item_separator: Ref,
    sort_keys: bool,
    skip_keys: bool,
    allow_nan: bool,
    escape: Escape,
}

impl Writer {
    fn newline(&mut self, level: isize) -> PyResult<()> {
        let Some(indent) = &self.indent else { return Ok(()) };
        if !text::check(indent.b()) {
            return Err(raise!(TypeError, "can only concatenate str (not \"{}\") to str", indent.class().tp_name()));
        }
        self.builder.push(0x0A)?;
        for _ in 0..level.max(0) {
            self.builder.push_object(indent.b())?;
        }
        Ok(())
    }

    fn string(&mut self, value: Borrowed<'_>) -> PyResult<()> {
        match (self.escape, text::data(value)) {
            (Escape::Ascii, Some(data)) => escape::push_ascii(&mut self.builder, data),
            (Escape::Unicode, Some(data)) => escape::push(&mut self.builder, data),
            _ => {
                let encoded = self.encoder.call1(value)?;
                if !text::check(encoded.b()) {
                    return Err(raise!(TypeError, "encoder() must return a string, not {}", encoded.class().tp_name()));
                }
                self.builder.push_object(encoded.b())
            }
        }
    }

    fn float_text(&self, value: Borrowed<'_>) -> PyResult<Ref> {
        let number = float::value(value).unwrap_or(0.0);
        if number.is_finite() {
            return text::new(&numeric::float::repr(number));
        }
        if !self.allow_nan {
            return Err(raise!(ValueError, "Out of range float values are not JSON compliant: {}", value.repr_text()?));
        }
        text::new(if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })
    }

    fn int_text(value: Borrowed<'_>) -> PyResult<Ref> {
        match core::INT.tp_repr() {
            Some(repr) => repr(value).into(),
            None => value.repr(),
        }
    }

    fn constant(value: Borrowed<'_>) -> Option<&'static str> {
        if value.is(&core::none()) {
            Some("null")
        } else if value.is(&core::true_()) {
            Some("true")
        } else if value.is(&core::false_()) {
            Some("false")
        } else {
            None
        }
    }

    fn value(&mut self, value: Borrowed<'_>, level: isize) -> PyResult<()> {
        if let Some(constant) = Self::constant(value) {
            return self.builder.push_str(constant);
        }
        if text::check(value) {
            return self.string(value);
        }
        if int::check(value) {
            if let Some(number) = int::to_i64(value) {
                return self.builder.push_int(number);
            }
            let shown = Self::int_text(value)?;
            return self.builder.push_object(shown.b());
        }
        if float::check(value) {
            if let Some(number) = float::value(value).filter(|number| number.is_finite()) {
                return self.builder.push_str(&numeric::float::repr(number));
            }
            let shown = self.float_text(value)?;
            return self.builder.push_object(shown.b());
        }
        recursion::check(" while encoding a JSON object")?;
        if value.downcast::<List>().is_some() || tuple::items(value).is_some() {
            return self.list(value, level);
        }
        if let Some(dict) = value.downcast::<Dict>() {
            return self.dict(dict, level);
        }
        let marker = self.enter(value)?;
        let outcome = self.by_default(value, level);
        match outcome {
            Ok(()) => self.leave(marker),
            Err(raised) => Err(raised),
        }
    }

    fn by_default(&mut self, value: Borrowed<'_>, level: isize) -> PyResult<()> {
        let replacement = self.default.call1(value)?;
        self.value(replacement.b(), level).map_err(|raised| {
            with_note(raised, || Ok(format!("when serializing {} object", qualified_type_name(value.class())?)))
        })
    }

    /// Marks a container as being written.
    fn enter(&self, value: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let Some(markers) = &self.markers else { return Ok(None) };
        let marker = int::from_u64(value.as_ptr().addr() as u64)?;
        if markers.contains(marker.b())? {
            return Err(raise!(ValueError, "Circular reference detected"));
        }
        markers.setitem(marker.b(), value)?;
        Ok(Some(marker))
    }

    fn leave(&self, marker: Option<Ref>) -> PyResult<()> {
        match (&self.markers, marker) {
            (Some(markers), Some(marker)) => markers.delitem(marker.b()),
            _ => Ok(()),
        }
    }

    fn list(&mut self, sequence: Borrowed<'_>, level: isize) -> PyResult<()> {
        let item_at = |index: usize| match sequence.downcast::<List>() {
            Some(list) => list.at(index),
            None => tuple::items(sequence).and_then(|items| items.get(index)).map(|item| item.to_ref()),
        };
        let Some(mut item) = item_at(0) else { return self.builder.push_str("[]") };
        let marker = self.enter(sequence)?;
        self.builder.push(u32::from(b'['))?;
        let inner = level.saturating_add(1);
        self.newline(inner)?;
        let mut index = 0;
        loop {
            self.value(item.b(), inner).map_err(|raised| {
                with_note(raised, || Ok(format!("when serializing {} item {index}", qualified_type_name(sequence.class())?)))
            })?;
            index += 1;
            item = match item_at(index) {
                Some(next) => next,
                None => break,
            };
            self.builder.push_object(self.item_separator.b())?;
            self.newline(inner)?;
        }
        self.leave(marker)?;
        self.newline(level)?;
        self.builder.push(u32::from(b']'))
    }

    fn dict(&mut self, dict: Borrowed<'_, Dict>, level: isize) -> PyResult<()> {
        if dict.len() == 0 {
            return self.builder.push_str("{}");
        }
        let object = dict.object();
        let marker = self.enter(object)?;
        self.builder.push(u32::from(b'{'))?;
        let inner = level.saturating_add(1);
        let mut first = true;
        if self.sort_keys || !object.class().is_type(&core::DICT) {
            let items = builtins::list::from_iterable(object.call_method(id!("items"), &[])?.b())?;
            if self.sort_keys {
                items.sort(None, false)?;
            }
            let mut index = 0;
            while let Some(item) = items.at(index) {
                let Some([key, value]) = tuple::items(item.b()) else {
                    return Err(raise!(ValueError, "items must return 2-tuples"));
                };
                self.pair(object, *key, *value, inner, &mut first)?;
                index += 1;
            }
        } else {
            let mut position = Position::default();
            while let Some(item) = dict.next_item(&mut position) {
                self.pair(object, item.key.b(), item.value.b(), inner, &mut first)?;
            }
        }
        self.leave(marker)?;
        if !first {
            self.newline(level)?;
        }
        self.builder.push(u32::from(b'}'))
    }

    fn pair(
        &mut self,
        dict: Borrowed<'_>,
        key: Borrowed<'_>,
        value: Borrowed<'_>,
        level: isize,
        first: &mut bool,
    ) -> PyResult<()> {
        let shown = if text::check(key) {
            key.to_ref()
        } else if float::check(key) {
            self.float_text(key)?
        } else if let Some(constant) = Self::constant(key) {
            text::new(constant)?
        } else if int::check(key) {
            Self::int_text(key)?
        } else if self.skip_keys {
            return Ok(());
        } else {
            return Err(raise!(TypeError, "keys must be str, int, float, bool or None, not {}", key.class().tp_name()));
        };
        if !std::mem::take(first) {
            self.builder.push_object(self.item_separator.b())?;
        }
        self.newline(level)?;
        self.string(shown.b())?;
        self.builder.push_object(self.key_separator.b())?;
        self.value(value, level).map_err(|raised| {
            with_note(raised, || Ok(format!("when serializing {} item {}", qualified_type_name(dict.class())?, key.repr_text()?)))
        })
    }
}

/// A field that is never empty after construction.
fn held(field: &OptRef) -> Ref {
    field.get().unwrap_or_else(core::none_ref)
}

fn not_none(field: &OptRef) -> Option<Ref> {
    field.get().filter(|value| !value.is(&core::none()))
}

fn separator(value: Borrowed<'_>, position: u32) -> PyResult<OptRef> {
    if !text::check(value) {
        return Err(raise!(TypeError, "make_encoder() argument {position} must be str, not {}", value.class().tp_name()));
    }
    Ok(OptRef::new(Some(value.to_ref())))
}

#[pymethods]
impl Encoder {
    #[slot(tp_new, "(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)")]
    fn new(
        cls: Borrowed<'_, TypeObject>,
        markers: Borrowed<'_>,
        default: Borrowed<'_>,
        encoder: Borrowed<'_>,
        indent: Borrowed<'_>,
        key_separator: Borrowed<'_>,
        item_separator: Borrowed<'_>,
        sort_keys: bool,
        skipkeys: bool,
        allow_nan: bool,
    ) -> PyResult<Ref> {
        let key_separator = separator(key_separator, 5)?;
        let item_separator = separator(item_separator, 6)?;
        if !markers.is(&core::none()) && markers.downcast::<Dict>().is_none() {
            return Err(raise!(TypeError, "make_encoder() argument 1 must be dict or None, not {}", markers.class().tp_name()));
        }
        let same = |known: &OptRef| known.get().is_some_and(|known| known.is(&encoder));
        let escape = if same(&state().basestring_ascii) {
            Escape::Ascii
        } else if same(&state().basestring) {
            Escape::Unicode
        } else {
            Escape::Custom
        };
        let value = Encoder {
            head: header(),
            markers: OptRef::new(Some(markers.to_ref())),
            default: OptRef::new(Some(default.to_ref())),
            encoder: OptRef::new(Some(encoder.to_ref())),
            indent: OptRef::new(Some(indent.to_ref())),
            key_separator,
            item_separator,
            sort_keys,
            skipkeys,
            allow_nan,
            escape,
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_call, "(obj, _current_indent_level)")]
    fn call(&self, obj: Borrowed<'_>, level: isize) -> PyResult<Ref> {
        let mut writer = Writer {
            builder: Builder::new(),
            markers: not_none(&self.markers),
            default: held(&self.default),
            encoder: held(&self.encoder),
            indent: not_none(&self.indent),
            key_separator: held(&self.key_separator),
            item_separator: held(&self.item_separator),
            sort_keys: self.sort_keys,
            skip_keys: self.skipkeys,
            allow_nan: self.allow_nan,
            escape: self.escape,
        };
        writer.value(obj, level.max(0))?;
        tuple::from_array([writer.builder.finish()?])
    }

    /// sort_keys
    #[getter]
    fn sort_keys(&self) -> bool {
        self.sort_keys
    }

    /// skipkeys
    #[getter]
    fn skipkeys(&self) -> bool {
        self.skipkeys
    }
}
