//! `binascii`: binary data as text in several forms, and checksums (CPython's `binascii.c`).

mod base64;
mod hex;
mod quoted;
mod uu;

use object::protocol::buffer::Buffer;
use object::value::str as text;
use object::{Borrowed, OptRef, PyResult, Raised, Ref, error as errors, exc, raise, thread};

/// The module's exceptions.
#[derive(Default)]
struct Errors {
    error: OptRef,
    incomplete: OptRef,
}

fn class(field: impl Fn(&'static Errors) -> &'static OptRef, name: &str, base: &object::TypeObject) -> PyResult<Ref> {
    let place = field(thread::current().interpreter().extensions.get::<Errors>());
    if let Some(class) = place.get() {
        return Ok(class);
    }
    let class = crate::new_exception("binascii", name, base)?;
    place.set(Some(class.clone()));
    Ok(class)
}

fn error_class() -> PyResult<Ref> {
    class(|errors| &errors.error, "Error", &exc::ValueError)
}

/// Raises `binascii.Error`.
#[cold]
fn error(message: &str) -> Raised {
    match error_class().and_then(|class| class.call1(text::new(message)?.b())) {
        Ok(exception) => errors::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// Bytes, or a str of ASCII characters.
fn ascii_input(value: Borrowed<'_>) -> PyResult<Vec<u8>> {
    if text::check(value) {
        return match text::as_ascii(value) {
            Some(content) => Ok(content.as_bytes().to_vec()),
            None => Err(raise!(ValueError, "string argument should contain only ASCII characters")),
        };
    }
    if !value.has_buffer() {
        return Err(raise!(TypeError, "argument should be bytes, buffer or ASCII string, not '{}'", value.class().tp_name()));
    }
    input(value)
}

/// The bytes of a buffer.
fn input(value: Borrowed<'_>) -> PyResult<Vec<u8>> {
    let buffer = Buffer::readable(value)?;
    let mut bytes = object::memory::vec_with_capacity(buffer.len())?;
    bytes.extend_from_slice(buffer.bytes());
    Ok(bytes)
}

/// Conversion between binary data and ASCII
#[macros::pymodule(name = "binascii")]
pub mod module {
    use super::{ascii_input, base64, error_class, hex, input, quoted, uu};
    use object::{Borrowed, PyResult, Ref, exc};

    #[pyattr(name = "Error")]
    fn error_type() -> PyResult<Ref> {
        error_class()
    }

    #[pyattr(name = "Incomplete")]
    fn incomplete_type() -> PyResult<Ref> {
        super::class(|errors| &errors.incomplete, "Incomplete", &exc::Exception)
    }

    /// Decode a line of uuencoded data.
    #[pyfunction("($module, data, /)")]
    fn a2b_uu(data: Borrowed<'_>) -> PyResult<Vec<u8>> {
        uu::decode(&ascii_input(data)?)
    }

    /// Uuencode line of data.
    #[pyfunction("($module, data, /, *, backtick=False)")]
    fn b2a_uu(data: Borrowed<'_>, backtick: bool) -> PyResult<Vec<u8>> {
        uu::encode(&input(data)?, backtick)
    }

    /// Decode a line of base64 data.
    ///
    /// strict_mode
    ///   When set to True, bytes that are not part of the base64 standard are not allowed.
    ///   The same applies to excess data after padding (= / ==).
    #[pyfunction("($module, data, /, *, strict_mode=False)")]
    fn a2b_base64(data: Borrowed<'_>, strict_mode: bool) -> PyResult<Vec<u8>> {
        base64::decode(&ascii_input(data)?, strict_mode)
    }

    /// Base64-code line of data.
    #[pyfunction("($module, data, /, *, newline=True)")]
    fn b2a_base64(data: Borrowed<'_>, newline: bool) -> PyResult<Vec<u8>> {
        base64::encode(&input(data)?, newline)
    }

    /// Binary data of hexadecimal representation.
    ///
    /// hexstr must contain an even number of hex digits (upper or lower case).
    /// This function is also available as "unhexlify()".
    #[pyfunction("($module, hexstr, /)")]
    fn a2b_hex(hexstr: Borrowed<'_>) -> PyResult<Vec<u8>> {
        hex::decode(&ascii_input(hexstr)?)
    }

    /// Binary data of hexadecimal representation.
    ///
    /// hexstr must contain an even number of hex digits (upper or lower case).
    #[pyfunction("($module, hexstr, /)")]
    fn unhexlify(hexstr: Borrowed<'_>) -> PyResult<Vec<u8>> {
        hex::decode(&ascii_input(hexstr)?)
    }

    /// Hexadecimal representation of binary data.
    ///
    ///   sep
    ///     An optional single character or byte to separate hex bytes.
    ///   bytes_per_sep
    ///     How many bytes between separators.  Positive values count from the
    ///     right, negative values count from the left.
    ///
    /// The return value is a bytes object.  This function is also
    /// available as "hexlify()".
    ///
    /// Example:
    /// >>> binascii.b2a_hex(b'\xb9\x01\xef')
    /// b'b901ef'
    /// >>> binascii.hexlify(b'\xb9\x01\xef', ':')
    /// b'b9:01:ef'
    /// >>> binascii.b2a_hex(b'\xb9\x01\xef', b'_', 2)
    /// b'b9_01ef'
    #[pyfunction("($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn b2a_hex(data: Borrowed<'_>, sep: Option<Borrowed<'_>>, bytes_per_sep: i32) -> PyResult<Vec<u8>> {
        hex::encode(&input(data)?, sep, bytes_per_sep)
    }

    /// Hexadecimal representation of binary data.
    ///
    ///   sep
    ///     An optional single character or byte to separate hex bytes.
    ///   bytes_per_sep
    ///     How many bytes between separators.  Positive values count from the
    ///     right, negative values count from the left.
    ///
    /// The return value is a bytes object.  This function is also
    /// available as "b2a_hex()".
    #[pyfunction("($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn hexlify(data: Borrowed<'_>, sep: Option<Borrowed<'_>>, bytes_per_sep: i32) -> PyResult<Vec<u8>> {
        hex::encode(&input(data)?, sep, bytes_per_sep)
    }

    /// Decode a string of qp-encoded data.
    #[pyfunction("($module, /, data, header=False)")]
    fn a2b_qp(data: Borrowed<'_>, header: bool) -> PyResult<Vec<u8>> {
        Ok(quoted::decode(&ascii_input(data)?, header))
    }

    /// Encode a string using quoted-printable encoding.
    ///
    /// On encoding, when istext is set, newlines are not encoded, and white
    /// space at end of lines is.  When istext is not set, \r and \n (CR/LF)
    /// are both encoded.  When quotetabs is set, space and tabs are encoded.
    #[pyfunction("($module, /, data, quotetabs=False, istext=True, header=False)")]
    fn b2a_qp(data: Borrowed<'_>, quotetabs: bool, istext: bool, header: bool) -> PyResult<Vec<u8>> {
        Ok(quoted::encode(&input(data)?, quotetabs, istext, header))
    }

    /// Compute CRC-CCITT incrementally.
    #[pyfunction("($module, data, crc, /)")]
    fn crc_hqx(data: Borrowed<'_>, crc: Borrowed<'_>) -> PyResult<u32> {
        let start = low_bits(crc)? & 0xFFFF;
        let step = |crc: u32, byte: &u8| {
            (0..8).fold(crc ^ u32::from(*byte) << 8, |crc, _| {
                (if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }) & 0xFFFF
            })
        };
        Ok(input(data)?.iter().fold(start, step))
    }

    /// Compute CRC-32 incrementally.
    #[pyfunction("($module, data, crc=0, /)")]
    fn crc32(data: Borrowed<'_>, crc: Option<Borrowed<'_>>) -> PyResult<u32> {
        let start = crc.map_or(Ok(0), low_bits)?;
        Ok(!input(data)?.iter().fold(!start, |crc, byte| {
            let index = (crc as u8 ^ byte) as usize;
            CRC_TABLE.get(index).copied().unwrap_or(0) ^ crc >> 8
        }))
    }

    /// The low 32 bits of an int.
    fn low_bits(value: Borrowed<'_>) -> PyResult<u32> {
        let number = value.index()?;
        Ok(builtins::int::view(number.b()).map_or(0, |view| view.low_u64() as u32))
    }

    static CRC_TABLE: [u32; 256] = {
        let mut table = [0u32; 256];
        let mut index = 0;
        while index < 256 {
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { 0xEDB8_8320 ^ value >> 1 } else { value >> 1 };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
}
