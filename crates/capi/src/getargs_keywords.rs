//! `_PyArg_UnpackKeywords`: arguments of a vectorcall by position and by name, as Argument Clinic's functions want them.

use crate::form::capi;
use crate::support::{items, lossy, vector};
use abi::{PyObject, c_char, c_int};
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, Ref, core, error, raise};
use std::ffi::CStr;

/// CPython's `_PyArg_Parser`: what a function's parameters are. The fields behind these are CPython's own caches.
#[repr(C)]
pub struct Parser {
    format: *const c_char,
    keywords: *const *const c_char,
    name: *const c_char,
    custom: *const c_char,
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The arguments of a call.
struct Call<'a> {
    positional: &'a [Borrowed<'a>],
    /// A dict of keyword arguments.
    dict: Option<Borrowed<'a>>,
    /// The names of keyword arguments, whose values stand behind the positional ones.
    names: &'a [Borrowed<'a>],
    values: &'a [Borrowed<'a>],
    parameters: Vec<&'a CStr>,
    shown: String,
    /// Whether the function said what it is called.
    named: bool,
}

/// Whether a keyword is one of the names, code point by code point: what its class says of equality does not matter.
pub(crate) fn is_known(key: Borrowed<'_>, names: &[&CStr]) -> bool {
    names.iter().any(|name| text::eq_str(key, &name.to_string_lossy()))
}

/// TypeError for a keyword that is none of the names; also the nearest of them. The keyword is shown as it is, lone surrogates and all.
pub(crate) fn unexpected(function: &str, key: Borrowed<'_>, names: &[&CStr]) -> Raised {
    let names: Vec<String> = names.iter().map(|name| lossy(name)).collect();
    let nearest = object::suggest::closest(&text::to_string_lossy(key), names.iter().map(String::as_str));
    let message = (|| {
        let mut out = text::Builder::new();
        out.push_str(&format!("{function} got an unexpected keyword argument '"))?;
        out.push_object(key)?;
        out.push_str("'")?;
        if let Some(nearest) = nearest {
            out.push_str(&format!(". Did you mean '{nearest}'?"))?;
        }
        out.finish()
    })();
    match message {
        Ok(message) => error::raise_value(&object::exc::TypeError, Some(message.b())),
        Err(raised) => raised,
    }
}

impl<'a> Call<'a> {
    fn keyword_count(&self) -> PyResult<usize> {
        self.dict.map_or(Ok(self.names.len()), |dict| dict.len())
    }

    /// The keyword argument of this name; the dict or the caller holds it.
    fn keyword(&self, name: &CStr) -> PyResult<Option<*mut PyObject>> {
        if let Some(dict) = self.dict {
            let found = builtins::type_::dicts::get(dict, crate::unicodeobject::from_c(name)?.b())?;
            return Ok(found.map(|found| found.ptr()));
        }
        let Ok(name) = name.to_str() else { return Ok(None) };
        let at = self.names.iter().position(|given| text::eq_str(*given, name));
        Ok(at.and_then(|at| self.values.get(at)).map(|value| value.ptr()))
    }

    /// What is wrong with keywords that were not used.
    fn unused(&self, posonly: usize) -> PyResult<Raised> {
        for (index, name) in self.parameters.iter().enumerate().take(self.positional.len()).skip(posonly) {
            if self.keyword(name)?.is_some() {
                let name = lossy(name);
                return Ok(raise!(
                    TypeError,
                    "argument for {} given by name ('{name}') and position ({})",
                    self.shown,
                    index + 1
                ));
            }
        }
        let given: Vec<Ref> = match self.dict {
            Some(dict) => builtins::type_::dicts::items(dict)?.into_iter().map(|(key, _)| key).collect(),
            None => self.names.iter().map(|name| name.to_ref()).collect(),
        };
        let known = self.parameters.get(posonly..).unwrap_or_default();
        let shown = if self.named { self.shown.as_str() } else { "this function" };
        for key in given {
            if !text::check(key.b()) {
                return Ok(raise!(TypeError, "keywords must be strings"));
            }
            if !is_known(key.b(), known) {
                return Ok(unexpected(shown, key.b(), known));
            }
        }
        Ok(raise!(TypeError, "invalid keyword argument for {shown}"))
    }

    fn unpack(&self, limits: [usize; 3], more_allowed: bool, places: *mut *mut PyObject) -> PyResult<()> {
        let [min, max, min_keywords] = limits;
        let (given, total, shown) = (self.positional.len(), self.parameters.len(), &self.shown);
        let posonly = self.parameters.iter().take_while(|name| name.is_empty()).count();
        let mut left = self.keyword_count()?;
        if !more_allowed && given + left > total {
            let keyword = if given == 0 { "keyword " } else { "" };
            return Err(raise!(
                TypeError,
                "{shown} takes at most {total} {keyword}argument{} ({} given)",
                plural(total),
                given + left
            ));
        }
        if !more_allowed && given > max {
            if max == 0 {
                return Err(raise!(TypeError, "{shown} takes no positional arguments"));
            }
            let kind = if min != max { "at most" } else { "exactly" };
            return Err(raise!(TypeError, "{shown} takes {kind} {max} positional argument{} ({given} given)", plural(max)));
        }
        let required = posonly.min(min);
        if given < required {
            let kind = if required < max { "at least" } else { "exactly" };
            return Err(raise!(
                TypeError,
                "{shown} takes {kind} {required} positional argument{} ({given} given)",
                plural(required)
            ));
        }
        let by_position = given.min(max);
        let limit = if min_keywords > 0 { max + min_keywords } else { min };
        // SAFETY: C passes a place for each parameter.
        let put = |index: usize, value: *mut PyObject| unsafe { places.add(index).write(value) };
        for (index, value) in self.positional.iter().enumerate().take(by_position) {
            put(index, value.ptr());
        }
        for (index, name) in self.parameters.iter().enumerate().skip(by_position) {
            let value = if left == 0 || index < posonly { None } else { self.keyword(name)? };
            left -= usize::from(value.is_some());
            put(index, value.unwrap_or(std::ptr::null_mut()));
            let needed = index < min || (max <= index && index < limit);
            if value.is_none() && needed {
                return Err(raise!(TypeError, "{shown} missing required argument '{}' (pos {})", lossy(name), index + 1));
            }
        }
        if left > 0 { Err(self.unused(posonly)?) } else { Ok(()) }
    }
}

fn limit(value: c_int) -> usize {
    usize::try_from(value).unwrap_or(0)
}

capi! {
    fn _PyArg_UnpackKeywords(
        args: *const Borrowed<'static>,
        count: isize,
        kwargs: Option<Borrowed<'_>>,
        kwnames: Option<Borrowed<'_>>,
        parser: *const Parser,
        min: c_int,
        max: c_int,
        min_keywords: c_int,
        more_allowed: c_int,
        places: *mut *mut PyObject,
    ) -> PyResult<*const *mut PyObject> {
        // SAFETY: C passes its parser, or NULL.
        let Some(parser) = (unsafe { parser.as_ref() }) else { return Err(error::bad_internal_call()) };
        if places.is_null() || kwargs.is_some_and(|kwargs| !kwargs.class().is_subtype(&core::DICT)) {
            return Err(error::bad_internal_call());
        }
        let count = count.max(0).unsigned_abs();
        let names = items(kwnames);
        // SAFETY: the values of keywords stand behind the positional arguments.
        let all = unsafe { vector(args, count + names.len()) };
        let (positional, values) = all.split_at(count.min(all.len()));
        let parameters = (0..)
            // SAFETY: the list of names ends with NULL.
            .map(|index| unsafe { parser.keywords.add(index).read() })
            .take_while(|name| !name.is_null())
            // SAFETY: each is a C string.
            .map(|name| unsafe { CStr::from_ptr(name) })
            .collect();
        let shown = if parser.name.is_null() {
            "function".to_owned()
        } else {
            // SAFETY: a C string.
            format!("{}()", lossy(unsafe { CStr::from_ptr(parser.name) }))
        };
        let call = Call { positional, dict: kwargs, names, values, parameters, shown, named: !parser.name.is_null() };
        call.unpack([limit(min), limit(max), limit(min_keywords)], more_allowed != 0, places)?;
        Ok(places.cast_const())
    }
}
