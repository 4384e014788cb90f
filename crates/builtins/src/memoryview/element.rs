//! Items of native formats: bytes to objects and back.

use super::MemoryView;
use object::value::{bytes, float, int};
use object::{Borrowed, PyResult, Raised, Ref, core, exc, raise};
use std::ffi::CStr;

/// Every native format, with and without the mark of native order, and the bytes of an item.
const FORMATS: &[(u8, usize, &CStr, &CStr)] = &[
    (b'c', 1, c"c", c"@c"),
    (b'b', 1, c"b", c"@b"),
    (b'B', 1, c"B", c"@B"),
    (b'?', 1, c"?", c"@?"),
    (b'h', 2, c"h", c"@h"),
    (b'H', 2, c"H", c"@H"),
    (b'e', 2, c"e", c"@e"),
    (b'i', 4, c"i", c"@i"),
    (b'I', 4, c"I", c"@I"),
    (b'f', 4, c"f", c"@f"),
    (b'l', 8, c"l", c"@l"),
    (b'L', 8, c"L", c"@L"),
    (b'q', 8, c"q", c"@q"),
    (b'Q', 8, c"Q", c"@Q"),
    (b'n', 8, c"n", c"@n"),
    (b'N', 8, c"N", c"@N"),
    (b'd', 8, c"d", c"@d"),
    (b'P', 8, c"P", c"@P"),
];

/// A native format of one character: the character, the bytes of an item, and the format as a string of the program's own.
pub(super) fn native(format: &[u8]) -> Option<(u8, usize, &'static CStr)> {
    let (code, marked) = match format {
        [b'@', code] => (*code, true),
        [code] => (*code, false),
        _ => return None,
    };
    let (_, size, plain, with_mark) = FORMATS.iter().find(|known| known.0 == code)?;
    Some((code, *size, if marked { with_mark } else { plain }))
}

/// Whether items of this format are single bytes without a meaning of their own.
pub(super) fn is_byte(code: u8) -> bool {
    matches!(code, b'b' | b'B' | b'c')
}

impl MemoryView {
    /// The character of the format; NotImplementedError for a format of more than one.
    #[inline]
    pub(super) fn code(&self) -> PyResult<u8> {
        match *self.format_text().to_bytes() {
            [code] | [b'@', code] => Ok(code),
            _ => Err(raise!(NotImplementedError, "memoryview: unsupported format {}", self.format_text().to_string_lossy())),
        }
    }
}

/// The object of an item.
///
/// # Safety
/// At `item` stand as many bytes as the format says.
#[inline]
pub(super) unsafe fn unpack(code: u8, item: *const u8) -> PyResult<Ref> {
    macro_rules! number {
        ($ty:ty) => {
            // SAFETY: by contract.
            unsafe { item.cast::<$ty>().read_unaligned() }
        };
    }
    match code {
        b'B' => int::new(i64::from(number!(u8))),
        b'b' => int::new(i64::from(number!(i8))),
        b'c' => bytes::new(&[number!(u8)]),
        b'?' => Ok(core::boolean(number!(u8) != 0).to_ref()),
        b'h' => int::new(i64::from(number!(i16))),
        b'H' => int::new(i64::from(number!(u16))),
        b'i' => int::new(i64::from(number!(i32))),
        b'I' => int::new(i64::from(number!(u32))),
        b'l' | b'q' | b'n' => int::new(number!(i64)),
        b'L' | b'Q' | b'N' | b'P' => int::from_u64(number!(u64)),
        b'e' => float::new(numeric::float::f16_from_bits(number!(u16))),
        b'f' => float::new(numeric::float::f32_from_bits(number!(u32))),
        b'd' => float::new(number!(f64)),
        _ => Err(unsupported(code)),
    }
}

#[cold]
fn unsupported(code: u8) -> Raised {
    raise!(NotImplementedError, "memoryview: format {} not supported", char::from(code))
}

/// The bytes of an item.
pub(super) struct Packed {
    bytes: [u8; 8],
    size: usize,
}

impl Packed {
    fn new(bytes: &[u8]) -> Packed {
        let mut packed = Packed { bytes: [0; 8], size: bytes.len().min(8) };
        packed.bytes.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        packed
    }

    /// The bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.size).unwrap_or_default()
    }
}

/// The bytes of an object as an item.
pub(super) fn pack(code: u8, value: Borrowed<'_>) -> PyResult<Packed> {
    let wrong_type = || raise!(TypeError, "memoryview: invalid type for format '{}'", char::from(code));
    let wrong_value = || raise!(ValueError, "memoryview: invalid value for format '{}'", char::from(code));
    // What a conversion raises is told in terms of the format.
    let explained = |raised: Raised| {
        if raised.is_a(&exc::TypeError) {
            raised.clear();
            return wrong_type();
        }
        if raised.is_a(&exc::OverflowError) || raised.is_a(&exc::ValueError) {
            raised.clear();
            return wrong_value();
        }
        raised
    };
    match code {
        b'c' => match bytes::value(value) {
            Some([byte]) => Ok(Packed::new(&[*byte])),
            Some(_) => Err(wrong_value()),
            None => Err(wrong_type()),
        },
        b'?' => Ok(Packed::new(&[u8::from(value.is_true()?)])),
        b'e' | b'f' | b'd' => {
            let number = value.as_f64().map_err(explained)?;
            match code {
                b'd' => Ok(Packed::new(&number.to_ne_bytes())),
                b'f' => {
                    numeric::float::f32_to_bits(number).map(|bits| Packed::new(&bits.to_ne_bytes())).map_err(|_| wrong_value())
                }
                _ => numeric::float::f16_to_bits(number).map(|bits| Packed::new(&bits.to_ne_bytes())).map_err(|_| wrong_value()),
            }
        }
        _ => {
            if native(&[code]).is_none() {
                return Err(unsupported(code));
            }
            if value.class().nb_index().is_none() {
                return Err(wrong_type());
            }
            let number = value.index().map_err(explained)?;
            let Some(number) = int::to_i128(number.b()) else { return Err(wrong_value()) };
            macro_rules! packed {
                ($ty:ty) => {
                    <$ty>::try_from(number).map(|value| Packed::new(&value.to_ne_bytes())).map_err(|_| wrong_value())
                };
            }
            match code {
                b'B' => packed!(u8),
                b'b' => packed!(i8),
                b'h' => packed!(i16),
                b'H' => packed!(u16),
                b'i' => packed!(i32),
                b'I' => packed!(u32),
                b'l' | b'q' | b'n' => packed!(i64),
                _ => packed!(u64),
            }
        }
    }
}
