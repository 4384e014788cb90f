//! Arguments of native functions: binding by position and name, with CPython's messages (`getargs.c`).

use crate::hooks;
use crate::raise;
use crate::reference::{Borrowed, Ref};
use crate::result::{PyResult, Raised};
use crate::suggest;
use crate::types::TypeObject;
use crate::value::{str as text, tuple};
use std::fmt;

pub use crate::convert::{FromArg, FromOptArg};

/// The parameters of a native function.
pub struct Params {
    /// The name that messages show.
    pub function: &'static str,
    /// All named parameters in order: positional-only, positional, keyword-only.
    pub names: &'static [&'static str],
    /// How many of them are positional-only.
    pub posonly: usize,
    /// How many of them can be given by position.
    pub positional: usize,
    /// How many leading positional ones have no default.
    pub required: usize,
    /// For each keyword-only one, whether it has no default.
    pub required_kwonly: &'static [bool],
    /// There is a `*args`.
    pub varargs: bool,
    /// There is a `**kwargs`.
    pub varkw: bool,
}

/// The arguments of a call, by parameter.
pub struct Bound<'a, const N: usize> {
    /// One for each of `Params::names`.
    pub values: [Option<Borrowed<'a>>; N],
    /// What `*args` takes.
    pub rest: &'a [Borrowed<'a>],
    /// What `**kwargs` takes.
    pub kwargs: KwArgs<'a>,
}

/// Keyword arguments that are not bound to parameters.
#[derive(Clone, Copy, Default)]
pub struct KwArgs<'a> {
    names: &'a [Borrowed<'a>],
    values: &'a [Borrowed<'a>],
    /// Parameters to leave out: their names are not part of `**kwargs`.
    bound: &'static [&'static str],
}

impl<'a> KwArgs<'a> {
    /// All keywords of a call: `values` stand in the order of `names`.
    pub fn new(names: &'a [Borrowed<'a>], values: &'a [Borrowed<'a>]) -> Self {
        KwArgs { names, values, bound: &[] }
    }

    /// The names with their values.
    pub fn iter(self) -> impl Iterator<Item = (Borrowed<'a>, Borrowed<'a>)> {
        let pairs = self.names.iter().copied().zip(self.values.iter().copied());
        pairs.filter(move |(name, _)| !self.bound.iter().any(|bound| text::eq_str(*name, bound)))
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// The value under this name.
    pub fn get(self, name: &str) -> Option<Borrowed<'a>> {
        self.iter().find(|(key, _)| text::eq_str(*key, name)).map(|(_, value)| value)
    }

    /// The keywords as a dict.
    pub fn to_dict(self) -> PyResult<Ref> {
        let dict = (hooks::get().dict_new)()?;
        for (name, value) in self.iter() {
            (hooks::get().dict_set)(dict.b(), name, value)?;
        }
        Ok(dict)
    }
}

/// How messages name an argument.
pub struct ArgInfo {
    /// The function's name.
    pub function: &'static str,
    /// The parameter's name; empty where the function has but one.
    pub name: &'static str,
    /// The position, from 1, for positional-only ones; 0: by name.
    pub position: usize,
}

impl fmt::Display for ArgInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.position, self.name) {
            (0, "") => f.write_str("argument"),
            (0, name) => write!(f, "argument '{name}'"),
            (position, _) => write!(f, "argument {position}"),
        }
    }
}

impl ArgInfo {
    /// Raises `_PyArg_BadArgument`'s TypeError.
    #[cold]
    pub fn wrong_type(&self, expected: &str, value: Borrowed<'_>) -> Raised {
        let found = if value.is(&crate::core::none()) { "None" } else { value.class().tp_name() };
        raise!(TypeError, "{}() {self} must be {expected}, not {found}", self.function)
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

impl Params {
    /// Binds a vectorcall: `args` holds `nargs` positional arguments and then the values of the keywords in `kwnames`.
    #[inline]
    pub fn bind<'a, const N: usize>(
        &'static self,
        args: &'a [Borrowed<'a>],
        nargs: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Bound<'a, N>> {
        debug_assert_eq!(self.names.len(), N);
        let names = kwnames.and_then(tuple::items).unwrap_or_default();
        let (given, keyword_values) = args.split_at_checked(nargs).unwrap_or((args, &[]));
        if names.is_empty()
            && nargs <= self.positional
            && nargs >= self.required
            && !self.required_kwonly.iter().any(|required| *required)
        {
            let mut values = [None; N];
            values.iter_mut().zip(given).for_each(|(value, arg)| *value = Some(*arg));
            return Ok(Bound { values, rest: &[], kwargs: KwArgs::default() });
        }
        if names.is_empty() && self.varargs && nargs >= self.required && !self.required_kwonly.iter().any(|required| *required) {
            let (direct, rest) = given.split_at(nargs.min(self.positional));
            let mut values = [None; N];
            values.iter_mut().zip(direct).for_each(|(value, arg)| *value = Some(*arg));
            return Ok(Bound { values, rest, kwargs: KwArgs::default() });
        }
        self.bind_slow(given, names, keyword_values)
    }

    fn bind_slow<'a, const N: usize>(
        &'static self,
        given: &'a [Borrowed<'a>],
        names: &'a [Borrowed<'a>],
        keyword_values: &'a [Borrowed<'a>],
    ) -> PyResult<Bound<'a, N>> {
        let function = self.function;
        if self.posonly == self.names.len() && !self.varkw {
            if !names.is_empty() {
                return Err(raise!(TypeError, "{function}() takes no keyword arguments"));
            }
            if !self.varargs {
                check_positional(function, given.len(), self.required, self.positional)?;
            }
        }
        self.check_counts(given.len(), names.len())?;
        let bound_positionally = given.len().min(self.positional);
        let (direct, rest) = given.split_at(bound_positionally);
        let mut values = [None; N];
        values.iter_mut().zip(direct).for_each(|(value, arg)| *value = Some(*arg));
        let mut extra = false;
        for (name, value) in names.iter().zip(keyword_values) {
            let index = self.names.iter().skip(self.posonly).position(|own| text::eq_str(*name, own)).map(|at| at + self.posonly);
            match index.and_then(|index| values.get_mut(index).map(|slot| (index, slot))) {
                Some((_, slot)) if slot.is_none() => *slot = Some(*value),
                Some((index, _)) => {
                    return Err(raise!(
                        TypeError,
                        "argument for {function}() given by name ('{}') and position ({})",
                        text::to_string_lossy(*name),
                        index + 1
                    ));
                }
                None if self.varkw => extra = true,
                None => return Err(self.unexpected_keyword(*name)),
            }
        }
        self.check_missing(&values, given.len())?;
        let bound = self.names.get(self.posonly..).unwrap_or_default();
        let kwargs = if extra { KwArgs { names, values: keyword_values, bound } } else { KwArgs::default() };
        Ok(Bound { values, rest, kwargs })
    }

    #[cold]
    fn unexpected_keyword(&self, keyword: Borrowed<'_>) -> Raised {
        let function = self.function;
        let keyword = text::to_string_lossy(keyword);
        let candidates = self.names.get(self.posonly..).unwrap_or_default();
        match suggest::closest(&keyword, candidates.iter().copied()) {
            Some(better) => {
                raise!(TypeError, "{function}() got an unexpected keyword argument '{keyword}'. Did you mean '{better}'?")
            }
            None => raise!(TypeError, "{function}() got an unexpected keyword argument '{keyword}'"),
        }
    }

    fn check_counts(&self, nargs: usize, nkeywords: usize) -> PyResult<()> {
        let function = self.function;
        let (total, positional) = (self.names.len(), self.positional);
        if !self.varargs && !self.varkw && nargs + nkeywords > total {
            let optional = self.required < positional || self.required_kwonly.iter().any(|required| !required);
            return Err(raise!(
                TypeError,
                "{function}() takes {} {total} {}argument{} ({} given)",
                if optional { "at most" } else { "exactly" },
                if nargs == 0 { "keyword " } else { "" },
                plural(total),
                nargs + nkeywords
            ));
        }
        if !self.varargs && nargs > positional {
            if positional == 0 {
                return Err(raise!(TypeError, "{function}() takes no positional arguments"));
            }
            let kind = if self.required < positional { "at most" } else { "exactly" };
            return Err(raise!(
                TypeError,
                "{function}() takes {kind} {positional} positional argument{} ({nargs} given)",
                plural(positional)
            ));
        }
        let needed = self.posonly.min(self.required);
        if nargs < needed {
            let kind = if needed < positional || self.varargs { "at least" } else { "exactly" };
            return Err(raise!(
                TypeError,
                "{function}() takes {kind} {needed} positional argument{} ({nargs} given)",
                plural(needed)
            ));
        }
        Ok(())
    }

    fn check_missing(&self, values: &[Option<Borrowed<'_>>], _given: usize) -> PyResult<()> {
        for (index, (value, name)) in values.iter().zip(self.names).enumerate() {
            let required = if index < self.positional {
                index < self.required
            } else {
                self.required_kwonly.get(index - self.positional).copied().unwrap_or(false)
            };
            if required && value.is_none() {
                let function = self.function;
                return Err(if index < self.positional {
                    raise!(TypeError, "{function}() missing required argument '{name}' (pos {})", index + 1)
                } else {
                    raise!(TypeError, "{function}() missing required keyword-only argument '{name}'")
                });
            }
        }
        Ok(())
    }
}

/// `_PyArg_CheckPositional`: the count of a positional-only function's arguments.
#[inline]
pub fn check_positional(function: &str, given: usize, min: usize, max: usize) -> PyResult<()> {
    if given < min {
        return Err(wrong_count(function, given, min, if min == max { "" } else { "at least " }));
    }
    if given > max {
        return Err(wrong_count(function, given, max, if min == max { "" } else { "at most " }));
    }
    Ok(())
}

#[cold]
fn wrong_count(function: &str, given: usize, expected: usize, kind: &str) -> Raised {
    raise!(TypeError, "{function} expected {kind}{expected} argument{}, got {given}", plural(expected))
}

/// A value that the binding promised.
#[inline]
pub fn required<'a>(value: Option<Borrowed<'a>>, info: &'static ArgInfo) -> PyResult<Borrowed<'a>> {
    match value {
        Some(value) => Ok(value),
        None => Err(raise!(TypeError, "{}() missing required argument '{}' (pos {})", info.function, info.name, info.position)),
    }
}

/// The keywords that `tp_new` or `tp_init` of a type without keyword parameters has to refuse. An instance of a subclass whose `other`
/// half is not the type's own passes that half's keywords to both: they are overlooked.
pub fn constructor_keywords<'a>(
    class: Borrowed<'_>,
    own: &TypeObject,
    other: u16,
    kwargs: Option<Borrowed<'a>>,
) -> Option<Borrowed<'a>> {
    kwargs?;
    let class = class.downcast::<TypeObject>()?;
    if class.is_type(own) || class.slot_ptr(other) == own.slot_ptr(other) { kwargs } else { None }
}

/// Gives `action` a call's tuple and dict in the form of a vectorcall: arguments (positional, then keyword values), the number of
/// positional ones, and the names.
pub fn with_call_args<R>(
    args: Borrowed<'_>,
    kwargs: Option<Borrowed<'_>>,
    action: impl FnOnce(&[Borrowed<'_>], usize, Option<Borrowed<'_>>) -> PyResult<R>,
) -> PyResult<R> {
    let positional = tuple::items(args).unwrap_or_default();
    let pairs = match kwargs {
        Some(kwargs) => (hooks::get().dict_items)(kwargs)?,
        None => Vec::new(),
    };
    if pairs.is_empty() {
        return action(positional, positional.len(), None);
    }
    let names: Vec<Borrowed<'_>> = pairs.iter().map(|(name, _)| name.b()).collect();
    if let Some(name) = names.iter().find(|name| !text::check(**name)) {
        let _ = name;
        return Err(raise!(TypeError, "keywords must be strings"));
    }
    let names = tuple::from_slice(&names)?;
    let all: Vec<Borrowed<'_>> = positional.iter().copied().chain(pairs.iter().map(|(_, value)| value.b())).collect();
    action(&all, positional.len(), Some(names.b()))
}
