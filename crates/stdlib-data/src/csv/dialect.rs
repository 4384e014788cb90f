//! `Dialect`: how a CSV file is written and read. Its values are checked once, when it is made.

use super::state;
use builtins::dict::Dict;
use macros::{pyclass, pymethods};
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, core, memory, raise};

/// When fields are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    Minimal,
    All,
    NonNumeric,
    None,
    Strings,
    NotNull,
}

impl Quoting {
    fn from_number(number: i32) -> Option<Quoting> {
        Some(match number {
            0 => Quoting::Minimal,
            1 => Quoting::All,
            2 => Quoting::NonNumeric,
            3 => Quoting::None,
            4 => Quoting::Strings,
            5 => Quoting::NotNull,
            _ => return None,
        })
    }
}

/// CSV dialect
///
/// The Dialect type records CSV parsing and generation options.
///
#[pyclass(name = "Dialect", module = "_csv", flags(BASETYPE))]
pub struct Dialect {
    head: abi::PyObject,
    pub delimiter: u32,
    pub quotechar: Option<u32>,
    pub escapechar: Option<u32>,
    pub lineterminator: Ref,
    pub quoting: Quoting,
    #[member(T_BOOL, readonly)]
    pub skipinitialspace: bool,
    #[member(T_BOOL, readonly)]
    pub doublequote: bool,
    #[member(T_BOOL, readonly)]
    pub strict: bool,
}

const NAMES: [&str; 9] =
    ["dialect", "delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "skipinitialspace", "strict"];

/// One character or, where allowed, None.
fn character(name: &str, value: Option<&Ref>, or_none: bool, default: Option<u32>) -> PyResult<Option<u32>> {
    let Some(value) = value else { return Ok(default) };
    if or_none && value.is(&core::none()) {
        return Ok(None);
    }
    let kind = if or_none { "a unicode character or None" } else { "a unicode character" };
    let Some(data) = text::data(value.b()) else {
        let found = value.class().tp_name();
        return Err(raise!(TypeError, "\"{name}\" must be {kind}, not {found}"));
    };
    match data.get(0).filter(|_| data.len() == 1) {
        Some(code) => Ok(Some(code)),
        None => {
            let len = data.len();
            Err(raise!(TypeError, "\"{name}\" must be {kind}, not a string of length {len}"))
        }
    }
}

fn truth(value: Option<&Ref>, default: bool) -> PyResult<bool> {
    value.map_or(Ok(default), |value| value.is_true())
}

fn quoting(value: Option<&Ref>) -> PyResult<Quoting> {
    let Some(value) = value else { return Ok(Quoting::Minimal) };
    if !value.class().is_type(&core::INT) {
        let found = value.class().tp_name();
        return Err(raise!(TypeError, "\"quoting\" must be an integer, not {found}"));
    }
    match int::to_i64(value.b()).and_then(|number| i32::try_from(number).ok()) {
        Some(number) => Quoting::from_number(number).ok_or_else(|| raise!(TypeError, "bad \"quoting\" value")),
        None => Err(raise!(OverflowError, "Python int too large to convert to C int")),
    }
}

fn line_terminator(value: Option<&Ref>) -> PyResult<Ref> {
    match value {
        None => text::new("\r\n"),
        Some(value) if text::check(value.b()) => Ok(value.clone()),
        Some(value) => {
            let found = value.class().tp_name();
            Err(raise!(TypeError, "\"lineterminator\" must be a string, not {found}"))
        }
    }
}

fn contains(terminator: &Ref, code: u32) -> bool {
    text::data(terminator.b()).is_some_and(|data| data.iter().any(|other| other == code))
}

impl Dialect {
    fn check_character(&self, name: &str, code: Option<u32>, allow_space: bool) -> PyResult<()> {
        match code {
            Some(0x0A | 0x0D) => Err(raise!(ValueError, "bad {name} value")),
            Some(0x20) if !allow_space => Err(raise!(ValueError, "bad {name} value")),
            _ => Ok(()),
        }
    }

    /// ValueError for characters that could not be told apart.
    fn check(&self) -> PyResult<()> {
        self.check_character("delimiter", Some(self.delimiter), true)?;
        self.check_character("escapechar", self.escapechar, !self.skipinitialspace)?;
        self.check_character("quotechar", self.quotechar, !self.skipinitialspace)?;
        let pairs = [
            ("delimiter", Some(self.delimiter), "escapechar", self.escapechar),
            ("delimiter", Some(self.delimiter), "quotechar", self.quotechar),
            ("escapechar", self.escapechar, "quotechar", self.quotechar),
        ];
        for (first, a, second, b) in pairs {
            if a.is_some() && a == b {
                return Err(raise!(ValueError, "bad {first} or {second} value"));
            }
        }
        for (name, code) in [("delimiter", Some(self.delimiter)), ("escapechar", self.escapechar), ("quotechar", self.quotechar)]
        {
            if code.is_some_and(|code| contains(&self.lineterminator, code)) {
                return Err(raise!(ValueError, "bad {name} or lineterminator value"));
            }
        }
        Ok(())
    }

    /// A dialect from a dialect, a name or any object with such attributes, and keywords in front of it.
    pub fn make(class: &TypeObject, dialect: Option<Borrowed<'_>>, keywords: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let mut args = vec![];
        args.extend(dialect);
        let args = tuple::from_slice(&args)?;
        class.borrowed().call_tuple(args.b(), keywords)
    }
}

/// The arguments of the constructor, by name.
fn arguments(args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<[Option<Ref>; 9]> {
    let given = tuple::items(args).unwrap_or_default();
    let keywords: Vec<(Ref, Ref)> =
        kwargs.and_then(|kwargs| kwargs.downcast::<Dict>().map(|dict| dict.iter().collect())).unwrap_or_default();
    let total = given.len() + keywords.len();
    if total > NAMES.len() {
        return Err(raise!(TypeError, "function takes at most 9 arguments ({total} given)"));
    }
    let mut values = [const { None }; 9];
    values.iter_mut().zip(given).for_each(|(value, arg)| *value = Some(arg.to_ref()));
    for (name, value) in keywords {
        let index = NAMES.iter().position(|own| text::eq_str(name.b(), own));
        let shown = text::to_string_lossy(name.b());
        match index.and_then(|index| values.get_mut(index).map(|slot| (index, slot))) {
            Some((_, slot)) if slot.is_none() => *slot = Some(value),
            Some((index, _)) => {
                let position = index + 1;
                return Err(raise!(TypeError, "argument for function given by name ('{shown}') and position ({position})"));
            }
            None => return Err(raise!(TypeError, "this function got an unexpected keyword argument '{shown}'")),
        }
    }
    Ok(values)
}

#[pymethods]
impl Dialect {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let mut values = arguments(args, kwargs)?;
        let base = values.first().and_then(Clone::clone).filter(|base| !base.is(&core::none()));
        if let Some(base) = base {
            let base = if text::check(base.b()) { state::registered(base.b())? } else { base };
            let plain = values.iter().skip(1).all(Option::is_none);
            if plain && base.class().is_type(Self::type_object()) && class.is_type(Self::type_object()) {
                return Ok(base);
            }
            for (name, value) in NAMES.iter().zip(&mut values).skip(1) {
                if value.is_none() {
                    *value = base.getattr_opt(text::new(name)?.b())?;
                }
            }
        }
        let [_, delimiter, doublequote, escapechar, lineterminator, quotechar, quoting_value, skip, strict] = &values;
        let quoting_kind = quoting(quoting_value.as_ref())?;
        let dialect = Dialect {
            head: crate::header(),
            delimiter: character("delimiter", delimiter.as_ref(), false, Some(u32::from(b',')))?.unwrap_or(0),
            doublequote: truth(doublequote.as_ref(), true)?,
            escapechar: character("escapechar", escapechar.as_ref(), true, None)?,
            lineterminator: line_terminator(lineterminator.as_ref())?,
            quotechar: character("quotechar", quotechar.as_ref(), true, Some(u32::from(b'"')))?,
            quoting: quoting_kind,
            skipinitialspace: truth(skip.as_ref(), false)?,
            strict: truth(strict.as_ref(), false)?,
        };
        // None as the quote character, said by nobody else, means that nothing is quoted.
        let unquoted = quotechar.as_ref().is_some_and(|value| value.is(&core::none())) && quoting_value.is_none();
        let dialect = if unquoted { Dialect { quoting: Quoting::None, ..dialect } } else { dialect };
        if dialect.quoting != Quoting::None && dialect.quotechar.is_none() {
            return Err(raise!(TypeError, "quotechar must be set if quoting enabled"));
        }
        dialect.check()?;
        memory::new_instance(&class, dialect).map(Ref::upcast)
    }

    /// raises an exception to avoid pickling
    #[method(name = "__reduce__", text = None, "($self, *args)")]
    fn reduce(slf: Borrowed<'_>, _args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let name = object::id!("__name__");
        let class = slf.class().getattr(name)?.str_text()?;
        Err(raise!(TypeError, "cannot pickle '{class}' instances"))
    }

    /// raises an exception to avoid pickling
    #[method(name = "__reduce_ex__", text = None, "($self, *args)")]
    fn reduce_ex(slf: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        Self::reduce(slf, args)
    }

    #[getter]
    fn delimiter(&self) -> PyResult<Ref> {
        text::from_ucs4(&[self.delimiter])
    }

    #[getter]
    fn escapechar(&self) -> PyResult<Option<Ref>> {
        self.escapechar.map(|code| text::from_ucs4(&[code])).transpose()
    }

    #[getter]
    fn lineterminator(&self) -> Ref {
        self.lineterminator.clone()
    }

    #[getter]
    fn quotechar(&self) -> PyResult<Option<Ref>> {
        self.quotechar.map(|code| text::from_ucs4(&[code])).transpose()
    }

    #[getter]
    fn quoting(&self) -> i32 {
        self.quoting as i32
    }
}
