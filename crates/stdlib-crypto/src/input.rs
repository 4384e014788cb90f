//! Arguments of digests: the bytes to hash, `data` or `string`, C's unsigned numbers.

use crate::GIL_MINSIZE;
use crate::algorithm::State;
use object::args::ArgInfo;
use object::protocol::buffer::Buffer;
use object::value::{int, str as text};
use object::{Borrowed, FromArg, PyResult, gil, raise};

/// What is to be hashed: the bytes of any object but a str.
pub struct Input(Buffer);

impl Input {
    pub fn get(value: Borrowed<'_>) -> PyResult<Input> {
        if text::check(value) {
            return Err(raise!(TypeError, "Strings must be encoded before hashing"));
        }
        if !value.has_buffer() {
            return Err(raise!(TypeError, "object supporting the buffer API required"));
        }
        let buffer = Buffer::readable(value)?;
        if buffer.view().ndim.get() > 1 {
            return Err(raise!(BufferError, "Buffer must be single dimension"));
        }
        Ok(Input(buffer))
    }

    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl<'a> FromArg<'a> for Input {
    const NONE_IS_ABSENT: bool = false;
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        Input::get(value)
    }
}

/// The one of `data` and its old name `string` that is given.
pub fn data_or_string<'a>(data: Option<Borrowed<'a>>, string: Option<Borrowed<'a>>) -> PyResult<Option<Borrowed<'a>>> {
    match (data, string) {
        (Some(_), Some(_)) => Err(raise!(
            TypeError,
            "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for removal in a future version."
        )),
        (data, string) => Ok(data.or(string)),
    }
}

/// Gives a fresh state its first input; a long one without the GIL.
pub fn feed(state: &mut State, data: Option<Borrowed<'_>>) -> PyResult<()> {
    let Some(data) = data else { return Ok(()) };
    let input = Input::get(data)?;
    let bytes = input.bytes();
    if bytes.len() < GIL_MINSIZE {
        state.update(bytes);
    } else {
        gil::without(|| state.update(bytes));
    }
    Ok(())
}

/// Plain bytes, in the words of argument parsing.
pub struct Plain(pub Option<Buffer>);

impl Plain {
    pub fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], Buffer::bytes)
    }
}

impl<'a> FromArg<'a> for Plain {
    const NONE_IS_ABSENT: bool = false;
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        Buffer::readable(value).map(|buffer| Plain(Some(buffer)))
    }
}

/// A C `unsigned long`, as Argument Clinic converts it.
#[derive(Clone, Copy)]
pub struct UnsignedLong(pub u64);

/// A C `unsigned long long`, as Argument Clinic converts it.
#[derive(Clone, Copy)]
pub struct UnsignedLongLong(pub u64);

fn unsigned(value: Borrowed<'_>, name: &str) -> PyResult<u64> {
    let number = value.index()?;
    match int::to_i128(number.b()) {
        Some(number) if number < 0 => Err(raise!(ValueError, "Cannot convert negative int")),
        Some(number) => u64::try_from(number).map_err(|_| raise!(OverflowError, "Python int too large for C {name}")),
        None if int::digits(number.b()).is_some_and(|(negative, _)| negative) => {
            Err(raise!(ValueError, "Cannot convert negative int"))
        }
        None => Err(raise!(OverflowError, "Python int too large for C {name}")),
    }
}

impl<'a> FromArg<'a> for UnsignedLong {
    const NONE_IS_ABSENT: bool = false;
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        unsigned(value, "unsigned long").map(UnsignedLong)
    }
}

impl<'a> FromArg<'a> for UnsignedLongLong {
    const NONE_IS_ABSENT: bool = false;
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        unsigned(value, "unsigned long long").map(UnsignedLongLong)
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS.get(usize::from(value)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
