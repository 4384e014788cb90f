//! `string.templatelib`: Template and Interpolation, the values of t-strings (PEP 750).

use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::args::{Params, with_call_args};
use object::spec::TypeEntry;
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, RawField, Ref, StaticType, TypeObject, core, hooks, id, memory, raise};

/// The types of t-strings, to be completed at start-up.
pub static TYPES: &[TypeEntry] =
    &[TypeEntry::of::<Template>(), TypeEntry::of::<TemplateIterator>(), TypeEntry::of::<Interpolation>()];

/// Gives Interpolation its `__match_args__`.
pub fn complete_types() -> PyResult<()> {
    let Some(dict) = Interpolation::type_object().raw().tp_dict.load() else { return Ok(()) };
    let names = tuple::from_slice(&[id!("value"), id!("expression"), id!("conversion"), id!("format_spec")])?;
    (hooks::get().dict_set)(dict.b(), id!("__match_args__"), names.b())
}

/// Interpolation object
#[pyclass(name = "Interpolation", module = "string.templatelib", gc)]
pub struct Interpolation {
    head: PyObject,
    #[member(readonly, doc = "Value")]
    value: OptRef,
    #[member(readonly, doc = "Expression")]
    expression: OptRef,
    #[member(readonly, doc = "Conversion")]
    conversion: OptRef,
    #[member(readonly, doc = "Format specifier")]
    format_spec: OptRef,
}

static PARAMS: Params = Params {
    function: "Interpolation",
    names: &["value", "expression", "conversion", "format_spec"],
    posonly: 0,
    positional: 4,
    required: 1,
    required_kwonly: &[],
    varargs: false,
    varkw: false,
};

fn or_none(field: &OptRef) -> Ref {
    field.get().unwrap_or_else(core::none_ref)
}

fn or_empty(field: &OptRef) -> Ref {
    field.get().unwrap_or_else(tuple::empty)
}

fn str_argument(value: Option<Borrowed<'_>>, name: &str) -> PyResult<Ref> {
    match value {
        None => Ok(text::empty()),
        Some(value) if text::check(value) => Ok(value.to_ref()),
        Some(value) => Err(wrong_argument(value, name)),
    }
}

fn wrong_argument(value: Borrowed<'_>, name: &str) -> object::Raised {
    let found = if value.is(&core::none()) { "None" } else { value.class().short_name() };
    raise!(TypeError, "Interpolation() argument '{name}' must be str, not {found}")
}

impl Interpolation {
    /// An interpolation of these four parts.
    pub fn make(value: Ref, expression: Ref, conversion: Ref, format_spec: Ref) -> PyResult<Ref> {
        let made = Interpolation {
            head: <PyObject as abi::CStruct>::ZERO,
            value: OptRef::new(Some(value)),
            expression: OptRef::new(Some(expression)),
            conversion: OptRef::new(Some(conversion)),
            format_spec: OptRef::new(Some(format_spec)),
        };
        memory::new_instance(Interpolation::type_object(), made).map(Ref::upcast)
    }

    fn parts(&self) -> [Ref; 4] {
        [or_none(&self.value), or_none(&self.expression), or_none(&self.conversion), or_none(&self.format_spec)]
    }
}

#[pymethods]
impl Interpolation {
    #[slot(tp_new)]
    fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        with_call_args(args, kwargs, |args, nargs, kwnames| {
            let [value, expression, conversion, format_spec] = PARAMS.bind::<4>(args, nargs, kwnames)?.values;
            let value = value.ok_or_else(object::error::bad_internal_call)?.to_ref();
            let expression = str_argument(expression, "expression")?;
            let conversion = match conversion {
                None => core::none_ref(),
                Some(conversion) if conversion.is(&core::none()) => core::none_ref(),
                Some(conversion) if !text::check(conversion) => return Err(wrong_argument(conversion, "conversion")),
                Some(conversion) => {
                    if !["s", "a", "r"].iter().any(|known| text::eq_str(conversion, known)) {
                        let message = "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'";
                        return Err(raise!(ValueError, "{message}"));
                    }
                    conversion.to_ref()
                }
            };
            Self::make(value, expression, conversion, str_argument(format_spec, "format_spec")?)
        })
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        object::recursion::check(" in __repr__")?;
        let mut builder = text::Builder::new();
        builder.push_str("Interpolation(")?;
        for (index, part) in self.parts().iter().enumerate() {
            if index > 0 {
                builder.push_str(", ")?;
            }
            builder.push_object(part.repr()?.b())?;
        }
        builder.push_str(")")?;
        builder.finish()
    }

    /// __reduce__() -> (cls, state)
    #[method("($self, /)", text = None)]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let state = tuple::from_array(slf.parts())?;
        tuple::from_slice(&[slf.object().class().borrowed(), state.b()])
    }

    /// Interpolations are generic over the types of their values
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(class.object(), object)
    }
}

/// Template object
#[pyclass(name = "Template", module = "string.templatelib", gc)]
pub struct Template {
    head: PyObject,
    #[member(readonly, doc = "Strings")]
    strings: OptRef,
    #[member(readonly, doc = "Interpolations")]
    interpolations: OptRef,
}

impl Template {
    /// A template of strings and the interpolations between them: one fewer than strings.
    pub fn make(strings: Ref, interpolations: Ref) -> PyResult<Ref> {
        let made = Template {
            head: <PyObject as abi::CStruct>::ZERO,
            strings: OptRef::new(Some(strings)),
            interpolations: OptRef::new(Some(interpolations)),
        };
        memory::new_instance(Template::type_object(), made).map(Ref::upcast)
    }

    fn concat(&self, other: &Template) -> PyResult<Ref> {
        let (left, right) = (or_empty(&self.strings), or_empty(&other.strings));
        let (Some(left), Some(right)) = (tuple::items(left.b()), tuple::items(right.b())) else {
            return Err(object::error::bad_internal_call());
        };
        let (Some((last, before)), Some((first, behind))) = (left.split_last(), right.split_first()) else {
            return Err(object::error::bad_internal_call());
        };
        let joined = crate::str_::concat(*last, *first)?;
        let owned = |items: &[Borrowed<'_>]| items.iter().map(|item| item.to_ref()).collect::<Vec<_>>();
        let mut strings = owned(before);
        strings.push(joined);
        strings.extend(owned(behind));
        let mut interpolations = or_empty(&self.interpolations).to_vec()?;
        interpolations.extend(or_empty(&other.interpolations).to_vec()?);
        Template::make(tuple::from_vec(strings)?, tuple::from_vec(interpolations)?)
    }
}

#[pymethods]
impl Template {
    #[slot(tp_new)]
    fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0 {
            return Err(raise!(TypeError, "Template.__new__ only accepts *args arguments"));
        }
        let (mut strings, mut interpolations) = (Vec::new(), Vec::new());
        // The text since the last interpolation.
        let mut current: Option<Ref> = None;
        for arg in tuple::items(args).unwrap_or_default() {
            if text::check(*arg) {
                current = Some(match current {
                    Some(before) => crate::str_::concat(before.b(), *arg)?,
                    None => arg.to_ref(),
                });
            } else if arg.downcast::<Interpolation>().is_some() {
                strings.push(current.take().unwrap_or_else(text::empty));
                interpolations.push(arg.to_ref());
            } else {
                let found = arg.class().tp_name();
                let message = "Template.__new__ *args need to be of type 'str' or 'Interpolation', got";
                return Err(raise!(TypeError, "{message} {found}"));
            }
        }
        strings.push(current.unwrap_or_else(text::empty));
        Self::make(tuple::from_vec(strings)?, tuple::from_vec(interpolations)?)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        object::recursion::check(" in __repr__")?;
        let mut builder = text::Builder::new();
        builder.push_str("Template(strings=")?;
        builder.push_object(or_empty(&self.strings).repr()?.b())?;
        builder.push_str(", interpolations=")?;
        builder.push_object(or_empty(&self.interpolations).repr()?.b())?;
        builder.push_str(")")?;
        builder.finish()
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Ref> {
        let made = TemplateIterator {
            head: <PyObject as abi::CStruct>::ZERO,
            strings: OptRef::new(Some(or_empty(&self.strings).iter()?)),
            interpolations: OptRef::new(Some(or_empty(&self.interpolations).iter()?)),
            from_strings: Cell::new(true),
        };
        memory::new_instance(TemplateIterator::type_object(), made).map(Ref::upcast)
    }

    #[slot(sq_concat)]
    fn add(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<Ref> {
        match (slf.downcast::<Template>(), other.downcast::<Template>()) {
            (Some(left), Some(right)) => left.concat(&right),
            _ => {
                let found = other.class().tp_name();
                let own = "string.templatelib.Template";
                Err(raise!(TypeError, "can only concatenate {own} (not \"{found}\") to {own}"))
            }
        }
    }

    /// Values of interpolations
    #[getter]
    fn values(&self) -> PyResult<Ref> {
        let interpolations = or_empty(&self.interpolations);
        let items = tuple::items(interpolations.b()).unwrap_or_default();
        let value = |item: &Borrowed<'_>| item.downcast::<Interpolation>().map_or_else(core::none_ref, |item| or_none(&item.value));
        tuple::from_vec(items.iter().map(value).collect())
    }

    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let module = crate::object_::reduce::import(id!("string.templatelib"))?;
        let function = module.getattr(id!("_template_unpickle"))?;
        let state = tuple::from_array([or_empty(&self.strings), or_empty(&self.interpolations)])?;
        tuple::from_array([function, state])
    }

    /// Template supports [] for generic usage
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(class.object(), object)
    }
}

/// Template iterator object
#[pyclass(name = "TemplateIter", module = "string.templatelib", flags(DISALLOW_INSTANTIATION), gc)]
pub struct TemplateIterator {
    head: PyObject,
    strings: OptRef,
    interpolations: OptRef,
    from_strings: Cell<bool>,
}

#[pymethods]
impl TemplateIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> Ref {
        slf.object().to_ref()
    }

    /// Strings that are empty are left out.
    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        if self.from_strings.get() {
            let Some(string) = or_none(&self.strings).next()? else { return Ok(None) };
            self.from_strings.set(false);
            if string.len()? > 0 {
                return Ok(Some(string));
            }
        }
        self.from_strings.set(true);
        or_none(&self.interpolations).next()
    }
}
