//! `str % args`: the formatting of C's printf, with Python's conversions.

use numeric::float::{Code, FIXED_ROOM, Flags as FloatFlags, FormatError, fixed, format_double};
use object::protocol::buffer::Buffer;
use object::value::str::{self as text, Data};
use object::value::{bytes, int, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, id, memory, raise};
use smallvec::SmallVec;

/// Flags of a conversion.
#[derive(Default, Clone, Copy)]
struct Flags {
    left: bool,
    sign: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
}

/// One conversion specification.
struct Conversion {
    flags: Flags,
    width: usize,
    precision: Option<usize>,
    code: char,
    /// The index of the conversion character in the format.
    at: usize,
}

/// The arguments: a tuple's items one after the other, or one value; a mapping besides.
struct Arguments<'a> {
    items: &'a [Borrowed<'a>],
    next: usize,
    mapping: Option<Borrowed<'a>>,
    /// A value taken from the mapping for the current conversion.
    keyed: Option<Ref>,
}

impl<'a> Arguments<'a> {
    fn new(args: &'a Borrowed<'a>) -> Self {
        let tuple = tuple::items(*args);
        let items = tuple.unwrap_or(std::slice::from_ref(args));
        let class = args.class();
        let is_text = text::check(*args) || bytes::value(*args).is_some() || class.is_subtype(&core::BYTEARRAY);
        let mapping = (tuple.is_none() && !is_text && class.mp_subscript().is_some()).then_some(*args);
        Arguments { items, next: 0, mapping, keyed: None }
    }

    fn take(&mut self) -> PyResult<Ref> {
        if let Some(keyed) = self.keyed.take() {
            return Ok(keyed);
        }
        match self.items.get(self.next) {
            Some(item) => {
                self.next += 1;
                Ok(item.to_ref())
            }
            None => Err(raise!(TypeError, "not enough arguments for format string")),
        }
    }

    /// After the last conversion: everything must have been used, unless a mapping was given.
    fn finish(&self, kind: &str) -> PyResult<()> {
        if self.next < self.items.len() && self.mapping.is_none() {
            return Err(raise!(TypeError, "not all arguments converted during {} formatting", kind));
        }
        Ok(())
    }
}

fn incomplete() -> Raised {
    raise!(ValueError, "incomplete format")
}

/// A reader over the format's code points.
struct Reader<'a> {
    format: Data<'a>,
    at: usize,
    /// The format is bytes: so are the keys of a mapping.
    is_bytes: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.format.get(self.at).map(|code| char::from_u32(code).unwrap_or('\u{FFFD}'))
    }

    /// Adds the text up to the next conversion in pieces, and goes behind its `%`; false at the end. Only a `%%` without anything between is a percent sign.
    fn next_conversion(&mut self, out: &mut text::Builder) -> PyResult<bool> {
        loop {
            let start = self.at;
            if let Data::Latin1(codes) = self.format {
                let rest = codes.get(start..).unwrap_or_default();
                let len = rest.iter().position(|code| *code == b'%').unwrap_or(rest.len());
                self.at += len;
            } else {
                while self.format.get(self.at).is_some_and(|code| code != u32::from('%')) {
                    self.at += 1;
                }
            }
            if self.at > start {
                out.push_data(self.format.slice(start..self.at))?;
            }
            if self.at == self.format.len() {
                return Ok(false);
            }
            self.at += 1;
            if self.peek() != Some('%') {
                return Ok(true);
            }
            self.at += 1;
            out.push(u32::from('%'))?;
        }
    }

    fn bump(&mut self) -> PyResult<char> {
        let next = self.peek().ok_or_else(incomplete)?;
        self.at += 1;
        Ok(next)
    }

    /// A number in the format, or `*` for an argument.
    fn number(&mut self, args: &mut Arguments<'_>, what: &str) -> PyResult<Option<isize>> {
        if self.peek() == Some('*') {
            self.at += 1;
            let value = args.take()?;
            if !int::check(value.b()) {
                return Err(raise!(TypeError, "* wants int"));
            }
            let value = value.as_isize()?;
            if what == "prec" && i32::try_from(value).is_err() {
                return Err(raise!(OverflowError, "Python int too large to convert to C int"));
            }
            return Ok(Some(value));
        }
        let mut value: Option<isize> = None;
        while let Some(digit) = self.peek().and_then(|digit| digit.to_digit(10)) {
            self.at += 1;
            let next = value.unwrap_or(0).checked_mul(10).and_then(|value| value.checked_add(digit as isize));
            let fits = next.filter(|next| *next <= i32::MAX as isize || what == "width");
            value = Some(fits.ok_or_else(|| raise!(ValueError, "{what} too big"))?);
        }
        Ok(value)
    }

    fn key(&mut self, args: &mut Arguments<'_>) -> PyResult<()> {
        let Some(mapping) = args.mapping else {
            return Err(raise!(TypeError, "format requires a mapping"));
        };
        let start = self.at;
        let mut depth = 1;
        while depth > 0 {
            match self.format.get(self.at) {
                Some(code) if code == u32::from(')') => depth -= 1,
                Some(code) if code == u32::from('(') => depth += 1,
                Some(_) => {}
                None => return Err(raise!(ValueError, "incomplete format key")),
            }
            self.at += 1;
        }
        let codes: Vec<u32> = (start..self.at - 1).filter_map(|at| self.format.get(at)).collect();
        let key = if self.is_bytes {
            bytes::new(&codes.iter().map(|code| *code as u8).collect::<Vec<u8>>())?
        } else {
            text::from_ucs4(&codes)?
        };
        args.keyed = Some(mapping.getitem(key.b())?);
        Ok(())
    }

    /// The conversion that follows, if it is one character.
    fn plain(&mut self) -> Option<u8> {
        let Data::Latin1(codes) = self.format else { return None };
        let code = codes.get(self.at).copied().filter(u8::is_ascii_alphabetic)?;
        // A size is no conversion.
        if matches!(code, b'h' | b'l' | b'L') {
            return None;
        }
        self.at += 1;
        Some(code)
    }

    fn conversion(&mut self, args: &mut Arguments<'_>) -> PyResult<Conversion> {
        if let Some(code) = self.plain() {
            return Ok(Conversion {
                flags: Flags::default(),
                width: 0,
                precision: None,
                code: char::from(code),
                at: self.at - 1,
            });
        }
        if self.peek() == Some('(') {
            self.at += 1;
            self.key(args)?;
        }
        let mut flags = Flags::default();
        while let Some(flag) = self.peek() {
            match flag {
                '-' => flags.left = true,
                '+' => flags.sign = true,
                ' ' => flags.blank = true,
                '#' => flags.alternate = true,
                '0' => flags.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut width = self.number(args, "width")?.unwrap_or(0);
        if width < 0 {
            flags.left = true;
            width = width.saturating_neg();
        }
        let mut precision = None;
        if self.peek() == Some('.') {
            self.at += 1;
            precision = Some(self.number(args, "prec")?.unwrap_or(0).max(0).cast_unsigned());
        }
        if matches!(self.peek(), Some('h' | 'l' | 'L')) {
            self.at += 1;
        }
        let at = self.at;
        let code = self.bump()?;
        Ok(Conversion { flags, width: width.cast_unsigned(), precision, code, at })
    }
}

/// What stands before the digits of a number: nothing for text.
#[derive(Default)]
struct Lead {
    sign: &'static str,
    prefix: &'static str,
    /// Zeros may pad it.
    numeric: bool,
}

/// Adds `body` behind its sign and prefix, padded to the width.
fn push_padded(out: &mut text::Builder, conversion: &Conversion, lead: Lead, body: Data<'_>) -> PyResult<()> {
    let Lead { sign, prefix, numeric } = lead;
    if conversion.width == 0 && prefix.is_empty() {
        if !sign.is_empty() {
            out.push_data(Data::Latin1(sign.as_bytes()))?;
        }
        return out.push_data(body);
    }
    let len = sign.len() + prefix.len() + body.len();
    let missing = conversion.width.saturating_sub(len);
    memory::check_size(missing)?;
    let zeros = numeric && conversion.flags.zero && !conversion.flags.left;
    let fill = |out: &mut text::Builder, with: u8| match missing {
        0 => Ok(()),
        1..=64 => out.push_data(Data::Latin1([with; 64].get(..missing).unwrap_or_default())),
        _ => (0..missing).try_for_each(|_| out.push(u32::from(with))),
    };
    if !conversion.flags.left && !zeros {
        fill(out, b' ')?;
    }
    out.push_str(sign)?;
    out.push_str(prefix)?;
    if zeros {
        fill(out, b'0')?;
    }
    out.push_data(body)?;
    if conversion.flags.left {
        fill(out, b' ')?;
    }
    Ok(())
}

fn sign_of(negative: bool, flags: Flags) -> &'static str {
    match (negative, flags.sign, flags.blank) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    }
}

/// The argument of an integer conversion as an int.
fn integer(value: Ref, code: char) -> PyResult<Ref> {
    if int::check(value.b()) {
        return Ok(value);
    }
    let class = value.class();
    let wants = |what: &str| raise!(TypeError, "%{code} format: {what} is required, not {}", value.class().tp_name());
    let is_number = class.nb_int().is_some() || class.nb_index().is_some() || class.nb_float().is_some();
    if matches!(code, 'x' | 'X' | 'o') {
        return match value.index() {
            Ok(value) => Ok(value),
            Err(raised) if raised.is_a(&object::exc::TypeError) => {
                raised.clear();
                Err(wants("an integer"))
            }
            Err(raised) => Err(raised),
        };
    }
    if !is_number {
        return Err(wants("a real number"));
    }
    match crate::int::from_number(value.b()) {
        Err(raised) if raised.is_a(&object::exc::TypeError) => {
            raised.clear();
            Err(wants("a real number"))
        }
        result => result,
    }
}

fn push_integer(out: &mut text::Builder, conversion: &Conversion, value: Ref) -> PyResult<()> {
    let value = integer(value, conversion.code)?;
    // SAFETY: the value is an int.
    if let Some(small) = unsafe { int::compact_unchecked(value.b()) }
        && matches!(conversion.code, 'd' | 'i' | 'u')
        && conversion.precision.is_none()
    {
        let mut buffer = [0; 20];
        let digits = crate::int::decimal(small.saturating_abs(), &mut buffer);
        let lead = Lead { sign: sign_of(small < 0, conversion.flags), prefix: "", numeric: true };
        return push_padded(out, conversion, lead, Data::Latin1(digits));
    }
    let base = match conversion.code {
        'x' | 'X' => 16,
        'o' => 8,
        _ => 10,
    };
    let digits = crate::int::to_text(value.b(), base)?;
    let (negative, digits) = match digits.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, &digits[..]),
    };
    let mut body = SmallVec::<[u8; 36]>::new();
    let zeros = conversion.precision.unwrap_or(0).saturating_sub(digits.len());
    body.try_reserve(zeros.saturating_add(digits.len())).map_err(|_| memory::no_memory())?;
    body.resize(zeros, b'0');
    body.extend_from_slice(digits);
    if conversion.code == 'X' {
        body.make_ascii_uppercase();
    }
    let prefix = match (conversion.flags.alternate, conversion.code) {
        (true, 'x') => "0x",
        (true, 'X') => "0X",
        (true, 'o') => "0o",
        _ => "",
    };
    let lead = Lead { sign: sign_of(negative, conversion.flags), prefix, numeric: true };
    push_padded(out, conversion, lead, Data::Latin1(&body))
}

fn push_float(out: &mut text::Builder, conversion: &Conversion, value: Ref) -> PyResult<()> {
    let value = match value.as_f64() {
        Ok(value) => value,
        Err(raised) => return Err(raised),
    };
    if matches!(conversion.code, 'f' | 'F') && !conversion.flags.alternate {
        let mut buffer = [0; FIXED_ROOM];
        if let Some(digits) = fixed(value, conversion.precision.unwrap_or(6), &mut buffer) {
            let (negative, digits) = match digits.split_first() {
                Some((b'-', digits)) => (true, digits),
                _ => (false, digits),
            };
            let lead = Lead { sign: sign_of(negative, conversion.flags), prefix: "", numeric: true };
            return push_padded(out, conversion, lead, Data::Latin1(digits));
        }
    }
    let code = match conversion.code.to_ascii_lowercase() {
        'e' => Code::Exponent,
        'f' => Code::Fixed,
        _ => Code::General,
    };
    let flags = FloatFlags {
        alternate: conversion.flags.alternate,
        upper: conversion.code.is_ascii_uppercase(),
        ..FloatFlags::default()
    };
    let formatted = match format_double(value, code, conversion.precision.unwrap_or(6), flags) {
        Ok(formatted) => formatted,
        Err(FormatError::PrecisionTooBig) => return Err(raise!(ValueError, "precision too big")),
        Err(FormatError::NoMemory) => return Err(memory::no_memory()),
    };
    let (negative, body) = match formatted.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, formatted.as_str()),
    };
    let lead = Lead { sign: sign_of(negative, conversion.flags), prefix: "", numeric: true };
    push_padded(out, conversion, lead, Data::Latin1(body.as_bytes()))
}

fn push_char(out: &mut text::Builder, conversion: &Conversion, value: Ref) -> PyResult<()> {
    let code = if let Some(data) = text::data(value.b()) {
        match (data.len(), data.get(0)) {
            (1, Some(code)) => code,
            (len, _) => {
                return Err(raise!(TypeError, "%c requires an int or a unicode character, not a string of length {len}"));
            }
        }
    } else {
        let number = match value.index() {
            Ok(number) => number,
            Err(raised) if raised.is_a(&object::exc::TypeError) => {
                raised.clear();
                let name = crate::type_::attributes::fully_qualified_name(value.class())?.str_text()?;
                return Err(raise!(TypeError, "%c requires an int or a unicode character, not {name}"));
            }
            Err(raised) => return Err(raised),
        };
        match int::to_i64(number.b()).and_then(|code| u32::try_from(code).ok()).filter(|code| *code <= 0x10_FFFF) {
            Some(code) => code,
            None => return Err(raise!(OverflowError, "%c arg not in range(0x110000)")),
        }
    };
    push_padded(out, conversion, Lead::default(), Data::Ucs4(&[code]))
}

fn push_text(out: &mut text::Builder, conversion: &Conversion, value: &Ref) -> PyResult<()> {
    let shown = text::data(value.b()).unwrap_or(Data::Latin1(&[]));
    match conversion.precision.filter(|precision| *precision < shown.len()) {
        Some(precision) => {
            let part = super::substring(value.b(), 0, precision)?;
            push_padded(out, conversion, Lead::default(), text::data(part.b()).unwrap_or(Data::Latin1(&[])))
        }
        None => push_padded(out, conversion, Lead::default(), shown),
    }
}

/// `'%s' % text`, or with a tuple of one str: the str itself.
fn whole_text(format: Data<'_>, args: Borrowed<'_>) -> Option<Ref> {
    if !matches!(format, Data::Latin1(b"%s")) {
        return None;
    }
    let value = match tuple::items(args) {
        Some([single]) => *single,
        Some(_) => return None,
        None => args,
    };
    text::check_exact(&value).then(|| value.to_ref())
}

/// `format % args`.
pub fn format(format: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
    let Some(data) = text::data(format) else { return Err(object::error::bad_internal_call()) };
    if let Some(whole) = whole_text(data, args) {
        return Ok(whole);
    }
    let mut reader = Reader { format: data, at: 0, is_bytes: false };
    let mut args = Arguments::new(&args);
    let mut out = text::Builder::new();
    while reader.next_conversion(&mut out)? {
        let conversion = reader.conversion(&mut args)?;
        let value = args.take()?;
        match conversion.code {
            's' if text::check_exact(&value) => push_text(&mut out, &conversion, &value)?,
            's' => push_text(&mut out, &conversion, &value.str()?)?,
            'r' => push_text(&mut out, &conversion, &value.repr()?)?,
            'a' => push_text(&mut out, &conversion, &value.ascii()?)?,
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => push_integer(&mut out, &conversion, value)?,
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => push_float(&mut out, &conversion, value)?,
            'c' => push_char(&mut out, &conversion, value)?,
            _ => return Err(unsupported(&conversion)),
        }
    }
    args.finish("string")?;
    out.finish()
}

fn unsupported(conversion: &Conversion) -> Raised {
    let code = conversion.code;
    raise!(
        ValueError,
        "unsupported format character '{}' (0x{:x}) at index {}",
        if (' '..'\u{7f}').contains(&code) { code } else { '?' },
        u32::from(code),
        conversion.at
    )
}

/// The bytes of an argument of `%b` and `%s` in a bytes format.
fn bytes_of(value: &Ref) -> PyResult<Vec<u8>> {
    if let Some(content) = bytes::value(value.b()) {
        return Ok(content.to_vec());
    }
    // The method comes before the buffer; a bytearray has none.
    if let Some(method) = value.lookup_special(id!("__bytes__"))? {
        let result = method.call0()?;
        return match bytes::value(result.b()) {
            Some(content) => Ok(content.to_vec()),
            None => Err(raise!(TypeError, "__bytes__ returned non-bytes (type {})", result.class().tp_name())),
        };
    }
    if value.has_buffer() {
        return Ok(Buffer::readable(value.b())?.bytes().to_vec());
    }
    Err(raise!(
        TypeError,
        "%b requires a bytes-like object, or an object that implements __bytes__, not '{}'",
        value.class().tp_name()
    ))
}

/// The byte of an argument of `%c` in a bytes format.
fn byte_of(value: &Ref) -> PyResult<u8> {
    let single = match bytes::value(value.b()) {
        Some(content) => Some(content.to_vec()),
        None if value.class().is_subtype(&core::BYTEARRAY) => Some(Buffer::readable(value.b())?.bytes().to_vec()),
        None => None,
    };
    if let Some(content) = single {
        return match content[..] {
            [byte] => Ok(byte),
            _ => Err(raise!(
                TypeError,
                "%c requires an integer in range(256) or a single byte, not a {} object of length {}",
                if bytes::value(value.b()).is_some() { "bytes" } else { "bytearray" },
                content.len()
            )),
        };
    }
    if value.class().nb_index().is_none() {
        let name = text::to_string_lossy(crate::type_::attributes::fully_qualified_name(value.class())?.b());
        return Err(raise!(TypeError, "%c requires an integer in range(256) or a single byte, not {name}"));
    }
    u8::try_from(value.as_isize_clamped()?).map_err(|_| raise!(OverflowError, "%c arg not in range(256)"))
}

/// `format % args` for a bytes object; a bytes object.
pub fn format_bytes(format: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
    let Some(content) = bytes::value(format) else { return Err(object::error::bad_internal_call()) };
    let mut reader = Reader { format: Data::Latin1(content), at: 0, is_bytes: true };
    let mut args = Arguments::new(&args);
    let mut out = text::Builder::new();
    while reader.next_conversion(&mut out)? {
        let conversion = reader.conversion(&mut args)?;
        let value = args.take()?;
        match conversion.code {
            's' | 'b' => {
                let mut content = bytes_of(&value)?;
                content.truncate(conversion.precision.unwrap_or(usize::MAX));
                push_padded(&mut out, &conversion, Lead::default(), Data::Latin1(&content))?;
            }
            'r' | 'a' => push_text(&mut out, &conversion, &value.ascii()?)?,
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => push_integer(&mut out, &conversion, value)?,
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => push_float(&mut out, &conversion, value)?,
            'c' => push_padded(&mut out, &conversion, Lead::default(), Data::Latin1(&[byte_of(&value)?]))?,
            _ => return Err(unsupported(&conversion)),
        }
    }
    args.finish("bytes")?;
    match out.data() {
        Data::Latin1(content) => bytes::new(content),
        _ => Err(object::error::bad_internal_call()),
    }
}
