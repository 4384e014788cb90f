//! The simple types by their letters: how values are read from memory and written to it, and what libffi calls them.

use crate::{longdouble, values, wide};
use libffi_sys as ffi;
use object::value::{bytes, int, str as text};
use object::{Borrowed, PyResult, Ref, core, raise};

/// All letters of simple types, as CPython's message lists them.
pub const LETTERS: &str = "cbBhHiIlLdDFGfuzZqQPOv?g";

/// How to read and write a value: the letter of its type, and whether its bytes are those of the other byte order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    pub letter: u8,
    pub swapped: bool,
}

/// How much memory a value takes: whole bytes, or bits of an integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    Bytes(usize),
    Bits { count: u8, offset: u8 },
}

impl Extent {
    /// The bytes of a value that is not a bit field.
    pub fn bytes(self) -> usize {
        match self {
            Extent::Bytes(bytes) => bytes,
            Extent::Bits { .. } => 0,
        }
    }
}

/// libffi's type behind a letter.
pub fn ffi_type(letter: u8) -> *mut ffi::ffi_type {
    match letter {
        b'b' | b'c' => &raw mut ffi::ffi_type_sint8,
        b'B' | b'?' => &raw mut ffi::ffi_type_uint8,
        b'h' | b'v' => &raw mut ffi::ffi_type_sint16,
        b'H' => &raw mut ffi::ffi_type_uint16,
        b'i' | b'u' => &raw mut ffi::ffi_type_sint32,
        b'I' => &raw mut ffi::ffi_type_uint32,
        b'l' | b'q' => &raw mut ffi::ffi_type_sint64,
        b'L' | b'Q' => &raw mut ffi::ffi_type_uint64,
        b'f' => &raw mut ffi::ffi_type_float,
        b'd' => &raw mut ffi::ffi_type_double,
        b'g' => &raw mut ffi::ffi_type_longdouble,
        b'F' => &raw mut ffi::ffi_type_complex_float,
        b'D' => &raw mut ffi::ffi_type_complex_double,
        b'G' => &raw mut ffi::ffi_type_complex_longdouble,
        _ => &raw mut ffi::ffi_type_pointer,
    }
}

/// Whether there is a variant of the other byte order.
pub fn can_swap(letter: u8) -> bool {
    matches!(letter, b'b' | b'B' | b'h' | b'H' | b'i' | b'I' | b'l' | b'L' | b'q' | b'Q' | b'd' | b'f' | b'D' | b'F' | b'?')
}

/// Width and sign of the integer types.
fn integer(letter: u8) -> Option<(usize, bool)> {
    Some(match letter {
        b'b' => (1, true),
        b'B' => (1, false),
        b'h' => (2, true),
        b'H' => (2, false),
        b'i' => (4, true),
        b'I' => (4, false),
        b'l' | b'q' => (8, true),
        b'L' | b'Q' => (8, false),
        _ => return None,
    })
}

impl Access {
    /// In the machine's byte order.
    pub const fn native(letter: u8) -> Self {
        Access { letter, swapped: false }
    }

    /// Whether this is the plain access of the letter.
    pub fn is(self, letter: u8) -> bool {
        self == Access::native(letter)
    }

    /// The value at `place`.
    ///
    /// # Safety
    /// A value of this type can be read there; a pointer in it is null or leads to what its type says.
    pub unsafe fn get(self, place: *const u8, extent: Extent) -> PyResult<Ref> {
        if let Some((width, signed)) = integer(self.letter) {
            // SAFETY: by contract.
            let raw = unsafe { values::read_int(place, width, self.swapped) };
            return values::int_object(raw, width, signed, extent);
        }
        // SAFETY: by contract, for all that follows.
        unsafe {
            match self.letter {
                b'?' => Ok(core::boolean(place.read() != 0).to_ref()),
                b'v' => Ok(core::boolean(place.cast::<u16>().read_unaligned() != 0).to_ref()),
                b'f' | b'd' | b'g' => object::value::float::new(values::read_float(place, self)),
                b'F' | b'D' | b'G' => {
                    let part = Access { letter: values::part_of(self.letter), swapped: self.swapped };
                    let second = place.add(values::width_of(part.letter));
                    builtins::complex::from_parts(values::read_float(place, part), values::read_float(second, part))
                }
                b'c' => bytes::new(&[place.read()]),
                b's' => bytes_until_nul(place, extent.bytes()),
                b'u' => wide::read(place, 1),
                b'U' => wide::read(place, wide::len(place, extent.bytes() / wide::WIDTH)),
                b'z' => match values::read_pointer(place) {
                    null if null.is_null() => Ok(core::none_ref()),
                    start => bytes_until_nul(start, usize::MAX),
                },
                b'Z' => match values::read_pointer(place) {
                    null if null.is_null() => Ok(core::none_ref()),
                    start => wide::read(start, wide::len(start, usize::MAX)),
                },
                b'O' => match Borrowed::from_ptr_or_null(values::read_pointer(place).cast()) {
                    Some(object) => Ok(Borrowed::<object::Object>::to_ref(object)),
                    None => {
                        object::error::check()?;
                        Err(raise!(ValueError, "PyObject is NULL"))
                    }
                },
                _ => match values::read_pointer(place) {
                    null if null.is_null() => Ok(core::none_ref()),
                    address => int::from_u64(address.addr() as u64),
                },
            }
        }
    }

    /// Writes a value to `place`. Returns the object that must be kept alive as long as the memory holds the value.
    ///
    /// # Safety
    /// So much memory can be written there, also after any Python code has run.
    pub unsafe fn set(self, place: *mut u8, value: Borrowed<'_>, extent: Extent) -> PyResult<Option<Ref>> {
        if let Some((width, _)) = integer(self.letter) {
            let raw = values::masked(value)?;
            // SAFETY: by contract.
            unsafe { values::write_int(place, width, self.swapped, raw, extent) };
            return Ok(None);
        }
        // SAFETY: by contract, for all that follows.
        unsafe {
            match self.letter {
                b'?' => place.write(u8::from(value.is_true()?)),
                b'v' => {
                    let word: u16 = if value.is_true()? { 0xFFFF } else { 0 };
                    place.cast::<u16>().write_unaligned(word);
                }
                b'f' | b'd' | b'g' => values::write_float(place, self, value.as_f64()?),
                b'F' | b'D' | b'G' => {
                    let number = builtins::complex::value_of(value)?;
                    let part = Access { letter: values::part_of(self.letter), swapped: self.swapped };
                    values::write_float(place, part, number.re);
                    values::write_float(place.add(values::width_of(part.letter)), part, number.im);
                }
                b'c' => place.write(values::one_byte(value)?),
                b's' => set_bytes(place, value, extent.bytes())?,
                b'u' => place.cast::<u32>().write_unaligned(one_char(value)?),
                b'U' => {
                    set_wide(place, value, extent.bytes() / wide::WIDTH)?;
                    return Ok(Some(value.to_ref()));
                }
                b'z' => return set_char_pointer(place, value),
                b'Z' => return set_wide_pointer(place, value),
                b'O' => {
                    values::write_pointer(place, value.ptr().cast());
                    return Ok(Some(value.to_ref()));
                }
                _ => values::write_pointer(place, values::address(value)?),
            }
        }
        Ok(None)
    }
}

unsafe fn bytes_until_nul(start: *const u8, limit: usize) -> PyResult<Ref> {
    let mut len = 0;
    // SAFETY: a NUL stands somewhere, or `limit` bytes can be read.
    unsafe {
        while len < limit && start.add(len).read() != 0 {
            len += 1;
        }
        bytes::new(std::slice::from_raw_parts(start, len))
    }
}

/// A character array takes the bytes before the first NUL.
unsafe fn set_bytes(place: *mut u8, value: Borrowed<'_>, room: usize) -> PyResult<()> {
    let Some(content) = bytes::value(value) else {
        return Err(raise!(TypeError, "expected bytes, {} found", value.class().tp_name()));
    };
    let len = content.iter().position(|byte| *byte == 0).unwrap_or(content.len());
    if len > room {
        return Err(raise!(ValueError, "bytes too long ({len}, maximum length {room})"));
    }
    // SAFETY: by contract of the caller there is so much room.
    unsafe {
        place.copy_from_nonoverlapping(content.as_ptr(), len);
        if len < room {
            place.add(len).write(0);
        }
    }
    Ok(())
}

unsafe fn set_wide(place: *mut u8, value: Borrowed<'_>, room: usize) -> PyResult<()> {
    let Some(data) = text::data(value) else {
        return Err(raise!(TypeError, "unicode string expected instead of {} instance", value.class().tp_name()));
    };
    if data.len() > room {
        return Err(raise!(ValueError, "string too long ({}, maximum length {room})", data.len()));
    }
    // SAFETY: by contract of the caller there is so much room.
    unsafe { wide::write(place, room, value) };
    Ok(())
}

fn one_char(value: Borrowed<'_>) -> PyResult<u32> {
    let Some(data) = text::data(value) else {
        let class = values::full_name(value);
        return Err(raise!(TypeError, "a unicode character expected, not instance of {class}"));
    };
    match data.get(0) {
        Some(code) if data.len() == 1 => Ok(code),
        _ => Err(raise!(TypeError, "a unicode character expected, not a string of length {}", data.len())),
    }
}

unsafe fn set_char_pointer(place: *mut u8, value: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let (address, keep) = if value.is(&core::none()) {
        (std::ptr::null_mut(), None)
    } else if let Some(content) = bytes::value(value) {
        // A NUL stands behind the content of a bytes object.
        (content.as_ptr().cast_mut(), Some(value.to_ref()))
    } else if int::check(value) {
        (values::pointer(values::masked(value)?), None)
    } else {
        return Err(raise!(TypeError, "bytes or integer address expected instead of {} instance", value.class().tp_name()));
    };
    // SAFETY: by contract of the caller.
    unsafe { values::write_pointer(place, address) };
    Ok(keep)
}

unsafe fn set_wide_pointer(place: *mut u8, value: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let (address, keep) = if value.is(&core::none()) {
        (std::ptr::null_mut(), None)
    } else if int::check(value) {
        (values::pointer(values::masked(value)?), None)
    } else if text::check(value) {
        let (block, owner) = wide::owned(value)?;
        (block, Some(owner))
    } else {
        return Err(raise!(
            TypeError,
            "unicode string or integer address expected instead of {} instance",
            value.class().tp_name()
        ));
    };
    // SAFETY: by contract of the caller.
    unsafe { values::write_pointer(place, address) };
    Ok(keep)
}

/// The bytes of a `long double`.
pub const LONG_DOUBLE: usize = longdouble::SIZE;
