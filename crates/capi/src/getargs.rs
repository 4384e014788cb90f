//! `PyArg_Parse*`: arguments by a format, by position and by name. The units themselves are in [`crate::getargs_units`].

use crate::form::capi;
use crate::getargs_units::{Cleanup, Fault, convert, skip};
use crate::support::lossy;
use crate::variadic::{Va, VaList, variadic};
use abi::{PyObject, c_char};
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, error, raise};
use std::ffi::CStr;

/// A format: its units, the function's name behind ':', a message behind ';'.
struct Format<'a> {
    units: &'a [u8],
    name: Option<&'a [u8]>,
    message: Option<&'a [u8]>,
}

impl<'a> Format<'a> {
    #[inline]
    fn new(format: &'a CStr) -> Self {
        let all = format.to_bytes();
        let end = all.iter().position(|byte| matches!(byte, b':' | b';')).unwrap_or(all.len());
        let (units, rest) = all.split_at(end);
        let tail = rest.get(1..);
        match rest.first() {
            Some(b':') => Format { units, name: tail, message: None },
            Some(_) => Format { units, name: None, message: tail },
            None => Format { units, name: None, message: None },
        }
    }

    /// How messages begin: "name()" or "function".
    fn shown(&self, other: &str) -> String {
        self.name.map_or_else(|| other.to_owned(), |name| format!("{}()", String::from_utf8_lossy(name)))
    }

    /// The error of a unit that did not convert.
    fn fault(&self, fault: Fault, position: usize) -> Raised {
        match fault {
            Fault::Raised(raised) => raised,
            Fault::Message(message, levels) => self.failed(&message, levels, position),
        }
    }

    #[cold]
    #[inline(never)]
    fn failed(&self, message: &str, levels: Vec<usize>, position: usize) -> Raised {
        if let Some(custom) = self.message {
            return raise!(TypeError, "{}", String::from_utf8_lossy(custom));
        }
        let mut shown = self.name.map_or_else(String::new, |name| format!("{}() ", String::from_utf8_lossy(name)));
        shown.push_str("argument");
        if position != 0 {
            shown.push_str(&format!(" {position}"));
            for level in levels {
                shown.push_str(&format!(", item {level}"));
            }
        }
        shown.push_str(&format!(" {message}"));
        if message.starts_with('(') { raise!(SystemError, "{shown}") } else { raise!(TypeError, "{shown}") }
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// How many units stand at the outermost level, before and in all.
fn count_units(units: &[u8]) -> (usize, usize) {
    let (mut level, mut min, mut max) = (0, None, 0);
    let mut previous_e = false;
    for byte in units {
        match byte {
            b'(' => {
                if level == 0 {
                    max += 1;
                }
                level += 1;
            }
            b')' => level -= 1,
            b'|' if level == 0 => min = Some(max),
            _ if level == 0 && byte.is_ascii_alphabetic() => {
                // "es" and "et" are one unit.
                if !(previous_e && matches!(byte, b's' | b't')) {
                    max += 1;
                }
            }
            _ => {}
        }
        previous_e = *byte == b'e';
    }
    (min.unwrap_or(max), max)
}

/// `PyArg_ParseTuple` on arguments in a row.
fn parse_row(args: &[Borrowed<'_>], format: &CStr, va: &mut VaList) -> PyResult<()> {
    let format = Format::new(format);
    let (min, max) = count_units(format.units);
    if args.len() < min || args.len() > max {
        if let Some(message) = format.message {
            return Err(raise!(TypeError, "{}", String::from_utf8_lossy(message)));
        }
        let (bound, kind) = if min == max {
            (min, "exactly")
        } else if args.len() < min {
            (min, "at least")
        } else {
            (max, "at most")
        };
        let given = args.len();
        return Err(raise!(
            TypeError,
            "{} takes {kind} {bound} argument{} ({given} given)",
            format.shown("function"),
            plural(bound)
        ));
    }
    let mut rest = format.units;
    let mut cleanup = Cleanup::default();
    for (index, arg) in args.iter().enumerate() {
        if rest.first() == Some(&b'|') {
            rest = rest.get(1..).unwrap_or_default();
        }
        if let Err(fault) = convert(*arg, &mut rest, va, &mut cleanup) {
            cleanup.undo();
            return Err(format.fault(fault, index + 1));
        }
    }
    if rest.first().is_some_and(|byte| !byte.is_ascii_alphabetic() && !matches!(byte, b'(' | b'|')) {
        cleanup.undo();
        return Err(raise!(SystemError, "bad format string: {}", String::from_utf8_lossy(format.units)));
    }
    Ok(())
}

/// `PyArg_Parse`: one argument, or a tuple for several units.
fn parse_one(arg: Option<Borrowed<'_>>, text: &CStr, va: &mut VaList) -> PyResult<()> {
    let format = Format::new(text);
    let (_, max) = count_units(format.units);
    if max == 0 {
        if arg.is_none() {
            return Ok(());
        }
        return Err(raise!(TypeError, "{} takes no arguments", format.shown("function")));
    }
    let Some(arg) = arg else {
        return Err(raise!(TypeError, "{} takes at least one argument", format.shown("function")));
    };
    if max > 1 {
        let Some(items) = tuple::items(arg) else {
            return Err(raise!(SystemError, "old style getargs format uses new features"));
        };
        return parse_row(items, text, va);
    }
    let mut rest = format.units;
    let mut cleanup = Cleanup::default();
    match convert(arg, &mut rest, va, &mut cleanup) {
        Ok(()) => Ok(()),
        Err(fault) => {
            cleanup.undo();
            Err(format.fault(fault, 0))
        }
    }
}

/// The names of parameters: C strings that live during the call.
#[derive(Clone, Copy)]
struct Names<'a> {
    list: &'a [*const c_char],
}

impl<'a> Names<'a> {
    /// The names up to C's NULL, and how many names at the start are empty: parameters by position only. None where an empty one stands behind others.
    ///
    /// # Safety
    /// `list` holds C strings, and NULL behind them.
    #[inline]
    unsafe fn new(list: *const *const c_char) -> Option<(Self, usize)> {
        let (mut len, mut posonly) = (0, 0);
        // SAFETY: by contract; a C string has a first byte.
        unsafe {
            loop {
                let name = list.add(len).read();
                if name.is_null() {
                    return Some((Names { list: std::slice::from_raw_parts(list, len) }, posonly));
                }
                if name.read() == 0 {
                    if posonly != len {
                        return None;
                    }
                    posonly += 1;
                }
                len += 1;
            }
        }
    }

    fn len(self) -> usize {
        self.list.len()
    }

    fn get(self, index: usize) -> Option<&'a CStr> {
        // SAFETY: a C string.
        self.list.get(index).map(|name| unsafe { CStr::from_ptr(*name) })
    }

    fn iter(self) -> impl Iterator<Item = &'a CStr> + Clone {
        // SAFETY: C strings.
        self.list.iter().map(|name| unsafe { CStr::from_ptr(*name) })
    }
}

/// What `PyArg_ParseTupleAndKeywords` is doing.
struct Keywords<'a> {
    format: Format<'a>,
    args: &'a [Borrowed<'a>],
    kwargs: Option<Borrowed<'a>>,
    names: Names<'a>,
    /// How many leading parameters have no name.
    posonly: usize,
}

impl<'a> Keywords<'a> {
    fn keyword(&self, index: usize) -> PyResult<Option<Ref>> {
        let (Some(kwargs), Some(name)) = (self.kwargs, self.names.get(index)) else { return Ok(None) };
        builtins::type_::dicts::get(kwargs, crate::unicodeobject::from_c(name)?.b())
    }

    fn too_many(&self, given: usize) -> Raised {
        let len = self.names.len();
        let keyword = if self.args.is_empty() { "keyword " } else { "" };
        let shown = self.format.shown("function");
        raise!(TypeError, "{shown} takes at most {len} {keyword}argument{} ({given} given)", plural(len))
    }

    fn too_many_positional(&self, max: usize, min: usize) -> Raised {
        let shown = self.format.shown("function");
        if max == 0 {
            return raise!(TypeError, "{shown} takes no positional arguments");
        }
        let kind = if min != usize::MAX { "at most" } else { "exactly" };
        raise!(TypeError, "{shown} takes {kind} {max} positional argument{} ({} given)", plural(max), self.args.len())
    }

    fn parse(&self, va: &mut VaList) -> PyResult<()> {
        let given = self.kwargs.map_or(Ok(0), |kwargs| kwargs.len())?;
        if self.args.len() + given > self.names.len() {
            return Err(self.too_many(self.args.len() + given));
        }
        let mut cleanup = Cleanup::default();
        let result = self.run(va, given, &mut cleanup);
        if result.is_err() {
            cleanup.undo();
        }
        result
    }

    fn run(&self, va: &mut VaList, given: usize, cleanup: &mut Cleanup) -> PyResult<()> {
        let mut rest = self.format.units;
        let (mut min, mut max, mut left) = (usize::MAX, usize::MAX, given);
        let (mut missing, mut reached) = (None, self.names.len());
        for index in 0..self.names.len() {
            if matches!(rest.first(), Some(b'|' | b'$')) && self.marks(&mut rest, index, &mut min, &mut max, missing.is_some())? {
                reached = index;
                break;
            }
            if rest.is_empty() {
                return Err(raise!(
                    SystemError,
                    "More keyword list entries ({}) than format specifiers ({index})",
                    self.names.len()
                ));
            }
            if missing.is_none() {
                if let Some(value) = self.args.get(index) {
                    convert(*value, &mut rest, va, cleanup).map_err(|fault| self.format.fault(fault, index + 1))?;
                    continue;
                }
                if left > 0
                    && index >= self.posonly
                    && let Some(value) = self.keyword(index)?
                {
                    left -= 1;
                    convert(value.b(), &mut rest, va, cleanup).map_err(|fault| self.format.fault(fault, index + 1))?;
                    continue;
                }
                if index < min {
                    if index < self.posonly {
                        missing = Some(index);
                    } else {
                        let name = self.names.get(index).map_or_else(String::new, |name| lossy(name));
                        let shown = self.format.shown("function");
                        return Err(raise!(TypeError, "{shown} missing required argument '{name}' (pos {})", index + 1));
                    }
                }
                if left == 0 && missing.is_none() && !rest.contains(&b'|') {
                    return Ok(());
                }
            }
            if let Err(message) = skip(&mut rest, va) {
                return Err(raise!(SystemError, "{message}: '{}'", String::from_utf8_lossy(rest)));
            }
        }
        if missing.is_some() {
            let bound = self.posonly.min(min);
            let kind = if bound < reached { "at least" } else { "exactly" };
            let shown = self.format.shown("function");
            return Err(raise!(
                TypeError,
                "{shown} takes {kind} {bound} positional argument{} ({} given)",
                plural(bound),
                self.args.len()
            ));
        }
        if !rest.is_empty() && !matches!(rest.first(), Some(b'|' | b'$')) {
            let rest = String::from_utf8_lossy(rest);
            return Err(raise!(SystemError, "more argument specifiers than keyword list entries (remaining format:'{rest}')"));
        }
        if left > 0 { self.check_unknown() } else { Ok(()) }
    }

    /// Reads the `|` and `$` that stand before a unit. Whether the rest is not to be looked at: a positional argument is missing.
    fn marks(&self, rest: &mut &[u8], index: usize, min: &mut usize, max: &mut usize, skipping: bool) -> PyResult<bool> {
        if rest.first() == Some(&b'|') {
            if *min != usize::MAX {
                return Err(raise!(SystemError, "Invalid format string (| specified twice)"));
            }
            *min = index;
            *rest = rest.get(1..).unwrap_or_default();
            if *max != usize::MAX {
                return Err(raise!(SystemError, "Invalid format string ($ before |)"));
            }
        }
        if rest.first() == Some(&b'$') {
            if *max != usize::MAX {
                return Err(raise!(SystemError, "Invalid format string ($ specified twice)"));
            }
            *max = index;
            *rest = rest.get(1..).unwrap_or_default();
            if *max < self.posonly {
                return Err(raise!(SystemError, "Empty parameter name after $"));
            }
            if skipping {
                return Ok(true);
            }
            if *max < self.args.len() {
                return Err(self.too_many_positional(*max, *min));
            }
        }
        Ok(false)
    }

    /// The keywords that are no parameters, or those of parameters that have a value already.
    fn check_unknown(&self) -> PyResult<()> {
        for index in self.posonly..self.args.len() {
            if self.keyword(index)?.is_some() {
                let name = self.names.get(index).map_or_else(String::new, |name| lossy(name));
                let shown = self.format.shown("function");
                return Err(raise!(TypeError, "argument for {shown} given by name ('{name}') and position ({})", index + 1));
            }
        }
        let Some(kwargs) = self.kwargs else { return Ok(()) };
        for (key, _) in builtins::type_::dicts::items(kwargs)? {
            if !text::check(key.b()) {
                return Err(raise!(TypeError, "keywords must be strings"));
            }
            let names: Vec<&CStr> = self.names.iter().skip(self.posonly).collect();
            if !crate::getargs_keywords::is_known(key.b(), &names) {
                let shown = self.format.shown("this function");
                return Err(crate::getargs_keywords::unexpected(&shown, key.b(), &names));
            }
        }
        // A key that equals a name, and that nothing found under it: a str whose class compares or hashes in ways of its own.
        Err(raise!(TypeError, "invalid keyword argument for {}", self.format.shown("this function")))
    }
}

fn parse_keywords(
    args: Borrowed<'_>,
    kwargs: Option<Borrowed<'_>>,
    format: &CStr,
    list: *const *const c_char,
    va: &mut VaList,
) -> PyResult<()> {
    let Some(items) = tuple::items(args) else { return Err(error::bad_internal_call()) };
    if kwargs.is_some_and(|kwargs| !kwargs.class().is_subtype(&core::DICT)) || list.is_null() {
        return Err(error::bad_internal_call());
    }
    // SAFETY: C passes its list, which ends with NULL.
    let Some((names, posonly)) = (unsafe { Names::new(list) }) else {
        return Err(raise!(SystemError, "Empty keyword parameter name"));
    };
    Keywords { format: Format::new(format), args: items, kwargs, names, posonly }.parse(va)
}

/// 1, or 0 with an exception: what the parsing functions return.
fn answer(result: PyResult<()>) -> bool {
    result.is_ok()
}

/// Puts arguments into the places behind a count: `PyArg_UnpackTuple`.
fn unpack(args: &[Borrowed<'_>], name: *const c_char, min: isize, max: isize, va: &mut VaList) -> PyResult<()> {
    let count = args.len().cast_signed();
    if count < min || count > max {
        // SAFETY: C passes a string, or NULL.
        let name = unsafe { <Option<&CStr> as crate::form::FromC>::from_c(name) }?;
        let shown = name.map_or_else(|| "unpacked tuple".to_owned(), lossy);
        let (bound, kind) = if count < min { (min, "at least ") } else { (max, "at most ") };
        let kind = if min == max { "" } else { kind };
        let what = if name.is_some() { "expected" } else { "should have" };
        let elements = if name.is_some() { "argument" } else { "element" };
        let given = if name.is_some() { format!(", got {count}") } else { format!(", but has {count}") };
        return Err(raise!(TypeError, "{shown} {what} {kind}{bound} {elements}{}{given}", plural(bound.unsigned_abs())));
    }
    for arg in args {
        // SAFETY: C passes as many places as `max` says.
        unsafe { va.pointer::<*mut PyObject>().write(arg.ptr()) };
    }
    Ok(())
}

capi! {
    fn PyArg_VaParse(args: Borrowed<'_>, format: &CStr, va: Va<'_>) -> bool {
        answer(tuple::items(args).ok_or_else(error::bad_internal_call).and_then(|items| parse_row(items, format, va.0)))
    }
    fn PyArg_Parse_va(arg: Option<Borrowed<'_>>, format: &CStr, va: Va<'_>) -> bool {
        answer(parse_one(arg, format, va.0))
    }
    fn PyArg_ParseTuple_va(args: Borrowed<'_>, format: &CStr, va: Va<'_>) -> bool {
        answer(match tuple::items(args) {
            Some(items) => parse_row(items, format, va.0),
            None => Err(raise!(SystemError, "new style getargs format but argument is not a tuple")),
        })
    }
    fn _PyArg_ParseStack_va(args: *const Borrowed<'static>, count: isize, format: &CStr, va: Va<'_>) -> bool {
        // SAFETY: C passes that many live objects.
        answer(parse_row(unsafe { crate::support::vector(args, count.max(0).unsigned_abs()) }, format, va.0))
    }
    fn PyArg_VaParseTupleAndKeywords(args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>, format: &CStr, list: *const *const c_char, va: Va<'_>) -> bool {
        answer(parse_keywords(args, kwargs, format, list, va.0))
    }
    fn PyArg_UnpackTuple_va(args: Borrowed<'_>, name: *const c_char, min: isize, max: isize, va: Va<'_>) -> bool {
        answer(match tuple::items(args) {
            Some(items) => unpack(items, name, min, max, va.0),
            None => Err(raise!(SystemError, "PyArg_UnpackTuple() argument list is not a tuple")),
        })
    }
    fn _PyArg_UnpackStack_va(args: *const Borrowed<'static>, count: isize, name: *const c_char, min: isize, max: isize, va: Va<'_>) -> bool {
        // SAFETY: C passes that many live objects.
        answer(unpack(unsafe { crate::support::vector(args, count.max(0).unsigned_abs()) }, name, min, max, va.0))
    }
    fn PyArg_ValidateKeywordArguments(kwargs: Borrowed<'_>) -> bool {
        if !kwargs.class().is_subtype(&core::DICT) {
            let _raised = error::bad_internal_call();
            return false;
        }
        match builtins::type_::dicts::items(kwargs) {
            Ok(items) if items.iter().all(|(key, _)| text::check(key.b())) => true,
            Ok(_) => {
                let _raised = raise!(TypeError, "keywords must be strings");
                false
            }
            Err(_) => false,
        }
    }
    fn _PyArg_NoKeywords(name: &CStr, kwargs: Option<Borrowed<'_>>) -> bool {
        let Some(kwargs) = kwargs else { return true };
        if !matches!(kwargs.len(), Ok(0)) {
            let _raised = raise!(TypeError, "{}() takes no keyword arguments", lossy(name));
            return false;
        }
        true
    }
    fn _PyArg_NoPositional(name: &CStr, args: Option<Borrowed<'_>>) -> bool {
        if args.and_then(tuple::items).is_none_or(<[_]>::is_empty) {
            return true;
        }
        let _raised = raise!(TypeError, "{}() takes no positional arguments", lossy(name));
        false
    }
    fn _PyArg_CheckPositional(name: Option<&CStr>, count: isize, min: isize, max: isize) -> bool {
        if count >= min && count <= max {
            return true;
        }
        let (bound, kind) = if count < min { (min, "at least ") } else { (max, "at most ") };
        let kind = if min == max { "" } else { kind };
        let _raised = match name {
            Some(name) => raise!(TypeError, "{} expected {kind}{bound} argument{}, got {count}", lossy(name), plural(bound.unsigned_abs())),
            None => raise!(TypeError, "unpacked tuple should have {kind}{bound} element{}, but has {count}", plural(bound.unsigned_abs())),
        };
        false
    }
    fn _PyArg_BadArgument(name: &CStr, shown: &CStr, expected: &CStr, arg: Borrowed<'_>) -> () {
        let found = if arg.is(&core::none()) { "None" } else { arg.class().tp_name() };
        let _raised = raise!(TypeError, "{}() {} must be {}, not {found}", lossy(name), lossy(shown), lossy(expected));
    }
}

variadic! {
    PyArg_Parse(2) => PyArg_Parse_va;
    PyArg_ParseTuple(2) => PyArg_ParseTuple_va;
    _PyArg_Parse_SizeT(2) => PyArg_Parse_va;
    _PyArg_ParseTuple_SizeT(2) => PyArg_ParseTuple_va;
    _PyArg_ParseStack(3) => _PyArg_ParseStack_va;
    PyArg_ParseTupleAndKeywords(4) => PyArg_VaParseTupleAndKeywords;
    _PyArg_ParseTupleAndKeywords_SizeT(4) => PyArg_VaParseTupleAndKeywords;
    PyArg_UnpackTuple(4) => PyArg_UnpackTuple_va;
    _PyArg_UnpackStack(5) => _PyArg_UnpackStack_va;
}
