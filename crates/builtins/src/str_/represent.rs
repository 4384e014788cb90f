//! `repr` of strings.

use super::{Str, units};
use macros::pymethods;
use object::value::str::{self as text, Data};
use object::{Borrowed, PyResult, Ref};

/// Writes one code point as `repr` does inside quotes of the kind `quote`.
fn push_escaped(builder: &mut text::Builder, code: u32, quote: u32) -> PyResult<()> {
    match code {
        _ if code == quote || code == u32::from('\\') => {
            builder.push(u32::from('\\'))?;
            builder.push(code)
        }
        0x09 => builder.push_str("\\t"),
        0x0A => builder.push_str("\\n"),
        0x0D => builder.push_str("\\r"),
        0x20..0x7F => builder.push(code),
        0..0x100 if code < 0x20 || code == 0x7F || !unicode::ctype::is_printable(code) => {
            builder.push_str(&format!("\\x{code:02x}"))
        }
        _ if unicode::ctype::is_printable(code) => builder.push(code),
        0x100..0x10000 => builder.push_str(&format!("\\u{code:04x}")),
        _ => builder.push_str(&format!("\\U{code:08x}")),
    }
}

/// The repr of a str.
pub fn repr(string: Borrowed<'_>) -> PyResult<Ref> {
    let data = text::data(string).unwrap_or(Data::Latin1(&[]));
    // Plain text is quoted and nothing else.
    if let Data::Latin1(codes) = data
        && codes.iter().fold(true, |plain, code| plain & matches!(*code, 0x20..0x7F) & (*code != b'\'') & (*code != b'\\'))
    {
        return text::build(codes.len() + 2, 0x7F, |filler| {
            filler.push_data(Data::Latin1(b"'"));
            filler.push_data(data);
            filler.push_data(Data::Latin1(b"'"));
        });
    }
    let has = |wanted: char| data.iter().any(|code| code == u32::from(wanted));
    let quote = if has('\'') && !has('"') { u32::from('"') } else { u32::from('\'') };
    let mut builder = text::Builder::new();
    builder.push(quote)?;
    let plain = |code: u32| (0x20..0x7F).contains(&code) && code != quote && code != u32::from('\\');
    if data.iter().all(plain) {
        builder.push_data(data)?;
    } else {
        data.iter().try_for_each(|code| push_escaped(&mut builder, code, quote))?;
    }
    builder.push(quote)?;
    builder.finish()
}

#[pymethods(part = REPRESENT)]
impl Str {
    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
        repr(slf)
    }

    /// Return True if all characters in the string are printable, False otherwise.
    ///
    /// A character is printable if repr() may use it in its output.
    #[method("($self, /)")]
    fn isprintable(slf: Borrowed<'_>) -> bool {
        units(slf).codes().all(unicode::ctype::is_printable)
    }
}
