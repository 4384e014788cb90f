//! Numbers in memory: integers and their bit fields, floats, addresses.

use crate::access::{Access, Extent, LONG_DOUBLE};
use crate::longdouble;
use object::value::{bytes, int};
use object::{Borrowed, PyResult, Ref, TypeObject, core, raise};

/// The class's name with its module, as C's `%T` writes it.
pub fn full_name(object: Borrowed<'_>) -> String {
    full_type_name(object.class())
}

/// As [`full_name`], of a class.
pub fn full_type_name(class: &TypeObject) -> String {
    match builtins::type_::attributes::fully_qualified_name(class).and_then(|name| name.str_text()) {
        Ok(name) => name,
        Err(raised) => {
            raised.clear();
            class.tp_name().to_owned()
        }
    }
}

/// The low 64 bits of an int, or of what `__index__` gives.
pub fn masked(value: Borrowed<'_>) -> PyResult<u64> {
    let number = value.index()?;
    let Some((negative, digits)) = int::digits(number.b()) else { return Ok(0) };
    // Digits have 30 bits; what lies above 64 is lost.
    let magnitude =
        digits.iter().take(3).enumerate().fold(0_u128, |sum, (place, digit)| sum | u128::from(*digit) << (30 * place));
    let low = magnitude as u64;
    Ok(if negative { low.wrapping_neg() } else { low })
}

/// The memory at an address that a program gave.
pub fn pointer(address: u64) -> *mut u8 {
    std::ptr::with_exposed_provenance_mut(address as usize)
}

/// What a `void *` takes: None or an int.
pub fn address(value: Borrowed<'_>) -> PyResult<*mut u8> {
    if value.is(&core::none()) {
        return Ok(std::ptr::null_mut());
    }
    if !int::check(value) {
        return Err(raise!(TypeError, "cannot be converted to pointer"));
    }
    masked(value).map(pointer)
}

/// An int as an address: C's `PyLong_AsVoidPtr`.
pub fn as_void_ptr(value: Borrowed<'_>) -> PyResult<*mut u8> {
    let Some((negative, _)) = int::digits(value) else {
        return Err(raise!(TypeError, "an integer is required"));
    };
    let number = int::to_i128(value);
    let address = if negative {
        number.and_then(|number| i64::try_from(number).ok()).map(i64::cast_unsigned)
    } else {
        number.and_then(|number| u64::try_from(number).ok())
    };
    match address {
        Some(address) => Ok(pointer(address)),
        None if negative => Err(raise!(OverflowError, "Python int too large to convert to C long")),
        None => Err(raise!(OverflowError, "Python int too large to convert to C unsigned long")),
    }
}

/// The address as an int; null is 0.
pub fn address_object(address: *const u8) -> PyResult<Ref> {
    int::from_u64(address.expose_provenance() as u64)
}

/// # Safety
/// A pointer can be read at `place`.
pub unsafe fn read_pointer(place: *const u8) -> *mut u8 {
    // SAFETY: by contract.
    unsafe { place.cast::<*mut u8>().read_unaligned() }
}

/// # Safety
/// A pointer can be written at `place`.
pub unsafe fn write_pointer(place: *mut u8, address: *mut u8) {
    // SAFETY: by contract.
    unsafe { place.cast::<*mut u8>().write_unaligned(address) }
}

/// The integer of `width` bytes, zero-extended.
///
/// # Safety
/// So many bytes can be read at `place`.
pub unsafe fn read_int(place: *const u8, width: usize, swapped: bool) -> u64 {
    let mut raw = [0_u8; 8];
    // SAFETY: by contract; a width is at most 8.
    unsafe { raw.as_mut_ptr().copy_from_nonoverlapping(place, width.min(8)) };
    if swapped {
        raw[..width.min(8)].reverse();
    }
    u64::from_le_bytes(raw)
}

/// Writes the low bytes of `raw`, or its low bits into the field.
///
/// # Safety
/// So many bytes can be read and written at `place`.
pub unsafe fn write_int(place: *mut u8, width: usize, swapped: bool, raw: u64, extent: Extent) {
    let merged = match extent {
        Extent::Bytes(_) => raw,
        Extent::Bits { count, offset } => {
            // SAFETY: by contract.
            let before = unsafe { read_int(place, width, swapped) };
            let mask = bit_mask(count) << (offset & 63);
            before & !mask | raw << (offset & 63) & mask
        }
    };
    let mut bytes = merged.to_le_bytes();
    if swapped {
        bytes[..width.min(8)].reverse();
    }
    // SAFETY: by contract.
    unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), width.min(8)) };
}

fn bit_mask(count: u8) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

/// The int that stands in these bytes.
pub fn int_object(raw: u64, width: usize, signed: bool, extent: Extent) -> PyResult<Ref> {
    let (raw, bits) = match extent {
        Extent::Bytes(_) => (raw, (width * 8) as u32),
        Extent::Bits { count, offset } => (raw >> (offset & 63) & bit_mask(count), u32::from(count.clamp(1, 64))),
    };
    if !signed {
        return int::from_u64(raw);
    }
    let unused = 64 - bits.min(64);
    int::new((raw << unused).cast_signed() >> unused)
}

/// The letter of the parts of a complex type.
pub fn part_of(letter: u8) -> u8 {
    match letter {
        b'F' => b'f',
        b'D' => b'd',
        _ => b'g',
    }
}

/// Bytes of a float type.
pub fn width_of(letter: u8) -> usize {
    match letter {
        b'f' => 4,
        b'd' => 8,
        _ => LONG_DOUBLE,
    }
}

/// # Safety
/// A float of this type can be read at `place`.
pub unsafe fn read_float(place: *const u8, access: Access) -> f64 {
    // SAFETY: by contract.
    unsafe {
        match access.letter {
            b'f' => {
                let raw = place.cast::<u32>().read_unaligned();
                f64::from(f32::from_bits(if access.swapped { raw.swap_bytes() } else { raw }))
            }
            b'd' => {
                let raw = place.cast::<u64>().read_unaligned();
                f64::from_bits(if access.swapped { raw.swap_bytes() } else { raw })
            }
            _ => longdouble::to_f64(place.cast::<[u8; LONG_DOUBLE]>().read()),
        }
    }
}

/// # Safety
/// A float of this type can be written at `place`.
pub unsafe fn write_float(place: *mut u8, access: Access, value: f64) {
    // SAFETY: by contract.
    unsafe {
        match access.letter {
            b'f' => {
                let raw = (value as f32).to_bits();
                place.cast::<u32>().write_unaligned(if access.swapped { raw.swap_bytes() } else { raw });
            }
            b'd' => {
                let raw = value.to_bits();
                place.cast::<u64>().write_unaligned(if access.swapped { raw.swap_bytes() } else { raw });
            }
            _ => place.cast::<[u8; LONG_DOUBLE]>().write(longdouble::from_f64(value)),
        }
    }
}

/// What a `char` takes.
pub fn one_byte(value: Borrowed<'_>) -> PyResult<u8> {
    const EXPECTED: &str = "one character bytes, bytearray, or an integer in range(256) expected";
    if let Some(content) = bytes::value(value) {
        return match content {
            [byte] => Ok(*byte),
            _ => Err(raise!(TypeError, "{EXPECTED}, not bytes of length {}", content.len())),
        };
    }
    if value.class().is_subtype(&core::BYTEARRAY) {
        let buffer = object::protocol::buffer::Buffer::readable(value)?;
        return match buffer.bytes() {
            [byte] => Ok(*byte),
            content => Err(raise!(TypeError, "{EXPECTED}, not bytearray of length {}", content.len())),
        };
    }
    if int::check(value) {
        let number = int::to_i64(value).and_then(|number| u8::try_from(number).ok());
        return number.ok_or_else(|| raise!(TypeError, "integer not in range(256)"));
    }
    Err(raise!(TypeError, "{EXPECTED}, not {}", full_name(value)))
}
