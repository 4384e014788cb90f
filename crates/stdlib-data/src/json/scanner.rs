//! `make_scanner`: a JSON document becomes Python objects.

use super::string::{self, Text};
use super::{decode_error, no_value, string_argument};
use crate::header;
use builtins::dict::Dict;
use builtins::list::List;
use macros::{pyclass, pymethods};
use object::value::str::{self as text, Data};
use object::value::{float, int, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, memory, raise, recursion};
use unicode::Unit;

/// JSON scanner object
#[pyclass(name = "Scanner", module = "_json", flags(BASETYPE), gc)]
pub struct Scanner {
    head: abi::PyObject,
    #[trace(skip)]
    strict: bool,
    #[member(readonly)]
    object_hook: OptRef,
    #[member(readonly)]
    object_pairs_hook: OptRef,
    #[member(readonly)]
    parse_float: OptRef,
    #[member(readonly)]
    parse_int: OptRef,
    #[member(readonly)]
    parse_constant: OptRef,
}

/// What a scan of one document needs.
struct Scan<'a, U> {
    document: Borrowed<'a>,
    text: Text<'a, U>,
    strict: bool,
    /// None unless there is one.
    object_hook: Option<Ref>,
    object_pairs_hook: Option<Ref>,
    /// None for the class itself.
    parse_float: Option<Ref>,
    parse_int: Option<Ref>,
    parse_constant: Option<Ref>,
    /// Keys are shared.
    memo: Ref<Dict>,
}

fn hook(field: &OptRef) -> Option<Ref> {
    field.get().filter(|hook| !hook.is(&core::none()))
}

/// The value of up to eighteen digits behind an optional minus sign.
#[inline]
fn small_int(digits: &[u8]) -> Option<i64> {
    let (negative, digits) = match digits {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > 18 {
        return None;
    }
    let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit & 0xF));
    Some(if negative { -value } else { value })
}

impl<U: Unit> Scan<'_, U> {
    #[inline]
    fn skip_space(&self, mut index: usize) -> usize {
        while self.at(index).is_some_and(|code| code <= 0x20 && matches!(code, 0x20 | 0x09 | 0x0A | 0x0D)) {
            index += 1;
        }
        index
    }

    #[inline(always)]
    fn at(&self, index: usize) -> Option<u8> {
        self.text.units.get(index).and_then(|unit| u8::try_from((*unit).into()).ok())
    }

    fn word(&self, index: usize, word: &str) -> bool {
        word.bytes().enumerate().all(|(offset, byte)| self.at(index + offset) == Some(byte))
    }

    /// The value that begins at `index`, and the index behind it.
    fn value(&self, index: usize) -> PyResult<(Ref, usize)> {
        match self.at(index).unwrap_or(0) {
            b'"' => return string::scan(self.document, self.text, index + 1, self.strict),
            b'{' => {
                recursion::check(" while decoding a JSON object from a unicode string")?;
                return self.object(index + 1);
            }
            b'[' => {
                recursion::check(" while decoding a JSON array from a unicode string")?;
                return self.array(index + 1);
            }
            b'n' if self.word(index, "null") => return Ok((core::none_ref(), index + 4)),
            b't' if self.word(index, "true") => return Ok((core::true_().to_ref(), index + 4)),
            b'f' if self.word(index, "false") => return Ok((core::false_().to_ref(), index + 5)),
            b'N' if self.word(index, "NaN") => return self.constant("NaN", index),
            b'I' if self.word(index, "Infinity") => return self.constant("Infinity", index),
            b'-' if self.word(index, "-Infinity") => return self.constant("-Infinity", index),
            _ => {}
        }
        self.number(index)
    }

    fn constant(&self, name: &str, index: usize) -> PyResult<(Ref, usize)> {
        let parse = self.parse_constant.clone().unwrap_or_else(core::none_ref);
        Ok((parse.call1(text::new(name)?.b())?, index + name.len()))
    }

    fn digits(&self, mut index: usize) -> usize {
        while self.at(index).is_some_and(|code| code.is_ascii_digit()) {
            index += 1;
        }
        index
    }

    fn number(&self, start: usize) -> PyResult<(Ref, usize)> {
        let mut index = start;
        if self.at(index) == Some(b'-') {
            index += 1;
        }
        index = match self.at(index) {
            Some(b'1'..=b'9') => self.digits(index),
            Some(b'0') => index + 1,
            _ => return Err(no_value(start.cast_signed())),
        };
        let mut is_float = false;
        if self.at(index) == Some(b'.') && self.at(index + 1).is_some_and(|code| code.is_ascii_digit()) {
            is_float = true;
            index = self.digits(index + 1);
        }
        if matches!(self.at(index), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.at(index + 1), Some(b'-' | b'+')));
            let exponent = index + 1 + sign;
            let end = self.digits(exponent);
            if end > exponent {
                is_float = true;
                index = end;
            }
        }
        // Most documents have the digits in one place already.
        let copy: Vec<u8>;
        let units = self.text.units.get(start..index).unwrap_or_default();
        let digits = match U::as_bytes(units) {
            Some(digits) => digits,
            None => {
                let mut digits = memory::vec_with_capacity(index - start)?;
                digits.extend((start..index).filter_map(|index| self.at(index)));
                copy = digits;
                &copy
            }
        };
        let custom = if is_float { &self.parse_float } else { &self.parse_int };
        let value = match custom {
            Some(parse) => parse.call1(text::from_ascii(digits)?.b())?,
            None if is_float => match numeric::float::parse_prefix(digits).filter(|(_, len)| *len == digits.len()) {
                Some((value, _)) => float::new(value)?,
                None => core::FLOAT.borrowed().call1(text::from_ascii(digits)?.b())?,
            },
            None => match small_int(digits) {
                Some(value) => int::new(value)?,
                None => core::INT.borrowed().call1(text::from_ascii(digits)?.b())?,
            },
        };
        Ok((value, index))
    }

    fn object(&self, index: usize) -> PyResult<(Ref, usize)> {
        let pairs = self.object_pairs_hook.as_ref().map(|_| List::new()).transpose()?;
        let dict = Dict::new()?;
        let mut index = self.skip_space(index);
        if self.at(index) != Some(b'}') {
            loop {
                if self.at(index) != Some(b'"') {
                    return Err(decode_error("Expecting property name enclosed in double quotes", self.document, index));
                }
                let (key, next) = string::scan(self.document, self.text, index + 1, self.strict)?;
                let key = self.memo.setdefault(key.b(), key.b())?;
                index = self.skip_space(next);
                if self.at(index) != Some(b':') {
                    return Err(decode_error("Expecting ':' delimiter", self.document, index));
                }
                index = self.skip_space(index + 1);
                let (value, next) = self.value(index)?;
                match &pairs {
                    Some(pairs) => pairs.append(tuple::from_array([key, value])?)?,
                    None => dict.set(key.b(), value.b())?,
                }
                index = self.skip_space(next);
                match self.at(index) {
                    Some(b'}') => break,
                    Some(b',') => {}
                    _ => return Err(decode_error("Expecting ',' delimiter", self.document, index)),
                }
                let comma = index;
                index = self.skip_space(index + 1);
                if self.at(index) == Some(b'}') {
                    return Err(decode_error("Illegal trailing comma before end of object", self.document, comma));
                }
            }
        }
        let value = match (&self.object_pairs_hook, &pairs, &self.object_hook) {
            (Some(hook), Some(pairs), _) => hook.call1(pairs.b())?,
            (_, _, Some(hook)) => hook.call1(dict.b())?,
            _ => dict.upcast(),
        };
        Ok((value, index + 1))
    }

    fn array(&self, index: usize) -> PyResult<(Ref, usize)> {
        let list = List::new()?;
        let mut index = self.skip_space(index);
        if self.at(index) != Some(b']') {
            loop {
                let (value, next) = self.value(index)?;
                list.append(value)?;
                index = self.skip_space(next);
                match self.at(index) {
                    Some(b']') => break,
                    Some(b',') => {}
                    _ => return Err(decode_error("Expecting ',' delimiter", self.document, index)),
                }
                let comma = index;
                index = self.skip_space(index + 1);
                if self.at(index) == Some(b']') {
                    return Err(decode_error("Illegal trailing comma before end of array", self.document, comma));
                }
            }
        }
        Ok((list.upcast(), index + 1))
    }
}

impl Scanner {
    fn scan<U: Unit>(&self, document: Borrowed<'_>, units: &[U], index: usize) -> PyResult<Ref> {
        let scan = Scan {
            document,
            text: Text { units, ascii: text::bound(document) <= 0x7F },
            strict: self.strict,
            object_hook: hook(&self.object_hook),
            object_pairs_hook: hook(&self.object_pairs_hook),
            parse_float: self.parse_float.get().filter(|parse| !parse.is(&core::FLOAT.borrowed())),
            parse_int: self.parse_int.get().filter(|parse| !parse.is(&core::INT.borrowed())),
            parse_constant: self.parse_constant.get(),
            memo: Dict::new()?,
        };
        let (value, end) = scan.value(index)?;
        tuple::from_array([value, int::new(end.cast_signed() as i64)?])
    }
}

#[pymethods]
impl Scanner {
    #[slot(tp_new, "(context)")]
    fn new(cls: Borrowed<'_, TypeObject>, context: Borrowed<'_>) -> PyResult<Ref> {
        let field = |name: &str| -> PyResult<OptRef> { Ok(OptRef::new(Some(context.getattr(text::new(name)?.b())?))) };
        let strict = context.getattr(text::new("strict")?.b())?.is_true()?;
        let scanner = Scanner {
            head: header(),
            strict,
            object_hook: field("object_hook")?,
            object_pairs_hook: field("object_pairs_hook")?,
            parse_float: field("parse_float")?,
            parse_int: field("parse_int")?,
            parse_constant: field("parse_constant")?,
        };
        memory::new_instance(&cls, scanner).map(Ref::upcast)
    }

    #[slot(tp_call, "(string, idx)")]
    fn call(&self, string: Borrowed<'_>, idx: isize) -> PyResult<Ref> {
        let data = string_argument(string)?;
        let Ok(index) = usize::try_from(idx) else { return Err(raise!(ValueError, "idx cannot be negative")) };
        match data {
            Data::Latin1(units) => self.scan(string, units, index),
            Data::Ucs2(units) => self.scan(string, units, index),
            Data::Ucs4(units) => self.scan(string, units, index),
        }
    }

    /// strict
    #[getter]
    fn strict(&self) -> bool {
        self.strict
    }
}
