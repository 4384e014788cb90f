//! Items of native formats: bytes to objects and back.

use object::value::{bytes, float, int};
use object::{Borrowed, PyResult, Ref, core, raise};

/// Bytes of an item of a native format of one character; none for other formats.
pub(super) fn size_of_code(code: u8) -> Option<usize> {
    Some(match code {
        b'c' | b'b' | b'B' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'd' | b'P' => 8,
        _ => return None,
    })
}

/// The object of an item.
pub(super) fn unpack(code: &[u8], item: &[u8]) -> PyResult<Ref> {
    macro_rules! number {
        ($ty:ty) => {
            <[u8; size_of::<$ty>()]>::try_from(item).ok().map(<$ty>::from_ne_bytes)
        };
    }
    let value = match code {
        b"B" => item.first().map(|byte| int::new(i64::from(*byte))),
        b"b" => number!(i8).map(|value| int::new(i64::from(value))),
        b"c" => Some(bytes::new(item)),
        b"?" => item.first().map(|byte| Ok(core::boolean(*byte != 0).to_ref())),
        b"h" => number!(i16).map(|value| int::new(i64::from(value))),
        b"H" => number!(u16).map(|value| int::new(i64::from(value))),
        b"i" => number!(i32).map(|value| int::new(i64::from(value))),
        b"I" => number!(u32).map(|value| int::new(i64::from(value))),
        b"l" | b"q" | b"n" => number!(i64).map(int::new),
        b"L" | b"Q" | b"N" | b"P" => number!(u64).map(int::from_u64),
        b"e" => number!(u16).map(|bits| float::new(numeric::float::f16_from_bits(bits))),
        b"f" => number!(u32).map(|bits| float::new(numeric::float::f32_from_bits(bits))),
        b"d" => number!(f64).map(float::new),
        _ => None,
    };
    value.unwrap_or_else(|| {
        let shown = String::from_utf8_lossy(code);
        Err(raise!(NotImplementedError, "memoryview: format {shown} not supported"))
    })
}

/// The bytes of an object as an item.
pub(super) fn pack(code: &[u8], value: Borrowed<'_>) -> PyResult<Vec<u8>> {
    let shown = || String::from_utf8_lossy(code).into_owned();
    let wrong_type = || raise!(TypeError, "memoryview: invalid type for format '{}'", shown());
    let wrong_value = || raise!(ValueError, "memoryview: invalid value for format '{}'", shown());
    match code {
        b"c" => match bytes::value(value) {
            Some([byte]) => Ok(vec![*byte]),
            Some(_) => Err(wrong_value()),
            None => Err(wrong_type()),
        },
        b"?" => Ok(vec![u8::from(value.is_true()?)]),
        b"e" | b"f" | b"d" => {
            let number = match value.as_f64() {
                Err(raised) if raised.is_a(&object::exc::TypeError) => {
                    raised.clear();
                    return Err(wrong_type());
                }
                number => number?,
            };
            match code {
                b"d" => Ok(number.to_ne_bytes().to_vec()),
                b"f" => numeric::float::f32_to_bits(number).map(|bits| bits.to_ne_bytes().to_vec()).map_err(|_| wrong_value()),
                _ => numeric::float::f16_to_bits(number).map(|bits| bits.to_ne_bytes().to_vec()).map_err(|_| wrong_value()),
            }
        }
        _ => {
            if value.class().nb_index().is_none() {
                return Err(wrong_type());
            }
            let number = value.index()?;
            let Some(number) = int::to_i128(number.b()) else { return Err(wrong_value()) };
            macro_rules! packed {
                ($ty:ty) => {
                    <$ty>::try_from(number).map(|value| value.to_ne_bytes().to_vec()).map_err(|_| wrong_value())
                };
            }
            match code {
                b"B" => packed!(u8),
                b"b" => packed!(i8),
                b"h" => packed!(i16),
                b"H" => packed!(u16),
                b"i" => packed!(i32),
                b"I" => packed!(u32),
                b"l" | b"q" | b"n" => packed!(i64),
                b"L" | b"Q" | b"N" | b"P" => packed!(u64),
                _ => Err(raise!(NotImplementedError, "memoryview: format {} not supported", shown())),
            }
        }
    }
}
