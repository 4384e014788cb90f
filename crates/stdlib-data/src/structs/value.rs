//! One value to bytes and back.

use super::layout::{Group, Order};
use numeric::float::{f16_from_bits, f16_to_bits, f32_from_bits, f32_to_bits};
use object::value::{bytes, float, int};
use object::{Borrowed, PyResult, Raised, Ref, core, raise};

/// Writes the low bytes of a number.
fn put(target: &mut [u8], value: u128, order: Order) {
    let all = value.to_le_bytes();
    let count = target.len();
    for (slot, byte) in target.iter_mut().zip(all) {
        *slot = byte;
    }
    if order == Order::Big {
        target.get_mut(..count).unwrap_or_default().reverse();
    }
}

/// Reads a number.
fn take(source: &[u8], order: Order) -> u64 {
    let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    match order {
        Order::Little => source.iter().rev().fold(0, add),
        Order::Big => source.iter().fold(0, add),
    }
}

/// The bounds of an integer format.
fn bounds(code: u8, size: usize) -> (i128, i128) {
    let bits = size * 8;
    if matches!(code, b'b' | b'h' | b'i' | b'l' | b'q' | b'n') {
        (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
    } else {
        (0, (1i128 << bits) - 1)
    }
}

fn number(value: Borrowed<'_>) -> PyResult<Ref> {
    if int::check(value) {
        return Ok(value.to_ref());
    }
    if value.class().nb_index().is_none() {
        return Err(super::error("required argument is not an integer"));
    }
    value.index()
}

fn pack_int(target: &mut [u8], code: u8, value: Borrowed<'_>, order: Order) -> PyResult<()> {
    let value = number(value)?;
    let (low, high) = bounds(code, target.len());
    match int::to_i128(value.b()).filter(|value| (low..=high).contains(value)) {
        Some(value) => {
            put(target, value.cast_unsigned(), order);
            Ok(())
        }
        None => Err(super::error(&format!("'{}' format requires {low} <= number <= {high}", char::from(code)))),
    }
}

fn as_float(value: Borrowed<'_>) -> PyResult<f64> {
    value.as_f64().map_err(|raised| {
        raised.clear();
        super::error("required argument is not a float")
    })
}

#[cold]
fn too_large(code: char) -> Raised {
    raise!(OverflowError, "float too large to pack with {code} format")
}

fn pack_float(target: &mut [u8], value: f64, order: Order) -> PyResult<()> {
    let bits = match target.len() {
        2 => u128::from(f16_to_bits(value).map_err(|_| too_large('e'))?),
        4 => u128::from(f32_to_bits(value).map_err(|_| too_large('f'))?),
        _ => u128::from(value.to_bits()),
    };
    put(target, bits, order);
    Ok(())
}

fn unpack_float(source: &[u8], order: Order) -> f64 {
    let bits = take(source, order);
    match source.len() {
        2 => f16_from_bits(bits as u16),
        4 => f32_from_bits(bits as u32),
        _ => f64::from_bits(bits),
    }
}

fn pack_text(target: &mut [u8], code: u8, value: Borrowed<'_>) -> PyResult<()> {
    let wrong = || super::error(&format!("argument for '{}' must be a bytes object", char::from(code)));
    let owned;
    let content: &[u8] = match bytes::value(value) {
        Some(content) => content,
        None if value.class().is_subtype(&core::BYTEARRAY) => {
            owned = object::protocol::buffer::Buffer::readable(value)?.bytes().to_vec();
            &owned
        }
        None => return Err(wrong()),
    };
    let target = if code == b'p' {
        let Some((len, target)) = target.split_first_mut() else { return Ok(()) };
        *len = content.len().min(target.len()).min(255) as u8;
        target
    } else {
        target
    };
    target.iter_mut().zip(content).for_each(|(slot, byte)| *slot = *byte);
    Ok(())
}

/// Writes `value` into zeroed bytes.
pub fn pack(target: &mut [u8], group: &Group, value: Borrowed<'_>, order: Order) -> PyResult<()> {
    match group.code {
        b's' | b'p' => pack_text(target, group.code, value),
        b'c' => match (bytes::value(value), target) {
            (Some([byte]), [slot]) => {
                *slot = *byte;
                Ok(())
            }
            _ => Err(super::error("char format requires a bytes object of length 1")),
        },
        b'?' => {
            target.fill(u8::from(value.is_true()?));
            Ok(())
        }
        b'e' | b'f' | b'd' => pack_float(target, as_float(value)?, order),
        b'F' | b'D' => {
            let number = builtins::complex::value_of(value).map_err(|raised| {
                raised.clear();
                super::error("required argument is not a complex")
            })?;
            let middle = target.len() / 2;
            let (real, imaginary) = target.split_at_mut(middle);
            pack_float(real, number.re, order)?;
            pack_float(imaginary, number.im, order)
        }
        b'P' => {
            let value = number(value)?;
            let (low, high) = (-(1i128 << 63), (1i128 << 64) - 1);
            match int::to_i128(value.b()).filter(|value| (low..=high).contains(value)) {
                Some(value) => {
                    put(target, value.cast_unsigned(), order);
                    Ok(())
                }
                None => Err(super::error("int too large to convert")),
            }
        }
        code => pack_int(target, code, value, order),
    }
}

/// Reads a value.
pub fn unpack(source: &[u8], code: u8, order: Order) -> PyResult<Ref> {
    match code {
        b's' | b'c' => bytes::new(source),
        b'p' => {
            let (len, content) = source.split_first().map_or((0, source), |(len, content)| (usize::from(*len), content));
            bytes::new(content.get(..len.min(content.len())).unwrap_or_default())
        }
        b'?' => Ok(core::boolean(source.iter().any(|byte| *byte != 0)).to_ref()),
        b'e' | b'f' | b'd' => float::new(unpack_float(source, order)),
        b'F' | b'D' => {
            let (real, imaginary) = source.split_at(source.len() / 2);
            builtins::complex::from_parts(unpack_float(real, order), unpack_float(imaginary, order))
        }
        b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => {
            let unused = 64 - 8 * source.len().min(8) as u32;
            int::new((take(source, order) << unused).cast_signed() >> unused)
        }
        _ => int::from_u64(take(source, order)),
    }
}
