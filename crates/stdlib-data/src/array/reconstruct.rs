//! Arrays from pickles, also of machines with other formats.

use super::item::{CODES, Kind};
use super::{Array, not_a_multiple};
use object::value::{bytes, float, int, str as text};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, raise};

/// How items were stored: size, and whether signed.
#[derive(Clone, Copy)]
enum Format {
    Integer(usize, bool),
    Float(usize),
    /// The name of the codec.
    Text(&'static str, &'static str),
}

fn format(code: isize) -> Option<Format> {
    Some(match code {
        0 | 1 => Format::Integer(1, code == 1),
        2..=5 => Format::Integer(2, code >= 4),
        6..=9 => Format::Integer(4, code >= 8),
        10..=13 => Format::Integer(8, code >= 12),
        14 | 15 => Format::Float(4),
        16 | 17 => Format::Float(8),
        18 | 19 => Format::Text("utf-16-le", "utf-16-be"),
        20 | 21 => Format::Text("utf-32-le", "utf-32-be"),
        _ => return None,
    })
}

/// The value in up to 8 bytes, and its bits, most significant first.
fn bits(item: &[u8], big: bool) -> u64 {
    let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    if big { item.iter().fold(0, add) } else { item.iter().rev().fold(0, add) }
}

pub fn array(class: Borrowed<'_>, typecode: Borrowed<'_>, code: isize, items: Borrowed<'_>) -> PyResult<Ref> {
    let letter = text::data(typecode).filter(|data| data.len() == 1).and_then(|data| data.get(0));
    let Some(letter) = letter else {
        return Err(raise!(
            TypeError,
            "_array_reconstructor() argument 2 must be a unicode character, not {}",
            typecode.class().tp_name()
        ));
    };
    let Some(class) = class.downcast::<TypeObject>() else {
        return Err(raise!(TypeError, "first argument must be a type object, not {}", class.class().tp_name()));
    };
    if !class.is_subtype(Array::type_object()) {
        return Err(raise!(TypeError, "{} is not a subtype of array.array", class.tp_name()));
    }
    let Some(kind) = Kind::of(letter) else { return Err(raise!(ValueError, "second argument must be a valid type code")) };
    let Some(format) = format(code) else {
        return Err(raise!(ValueError, "third argument must be a valid machine format code."));
    };
    let Some(content) = bytes::value(items) else {
        return Err(raise!(TypeError, "fourth argument should be bytes, not {}", items.class().tp_name()));
    };
    if code == isize::from(kind.machine_format()) {
        let array = Array::create(&class, kind, Vec::new())?;
        array.push_whole(content)?;
        return Ok(array.upcast());
    }
    let big = code % 2 == 1;
    match format {
        Format::Text(little_name, big_name) => {
            let name = text::new(if big { big_name } else { little_name })?;
            let decoded = items.call_method(text::new("decode")?.b(), &[name.b()])?;
            let array = Array::create(&class, kind, Vec::new())?;
            array.fill(decoded.b())?;
            Ok(array.upcast())
        }
        Format::Float(size) => {
            if !content.len().is_multiple_of(size) {
                return Err(not_a_multiple());
            }
            let array = Array::create(&class, kind, Vec::new())?;
            for item in content.chunks_exact(size) {
                let bits = bits(item, big);
                let value = match u32::try_from(bits) {
                    Ok(bits) if size == 4 => f64::from(f32::from_bits(bits)),
                    _ => f64::from_bits(bits),
                };
                array.push(float::new(value)?.b())?;
            }
            Ok(array.upcast())
        }
        Format::Integer(size, signed) => {
            if !content.len().is_multiple_of(size) {
                return Err(not_a_multiple());
            }
            // A kind that fits the stored items better than the one that was asked for.
            let fits = |kind: &Kind| kind.is_integer() && kind.size() == size && kind.is_signed() == signed;
            let kind = CODES.chars().filter_map(|code| Kind::of(u32::from(code))).find(fits).unwrap_or(kind);
            let big = code > 1 && big;
            let array = Array::create(&class, kind, Vec::new())?;
            for item in content.chunks_exact(size) {
                let bits = bits(item, big);
                let value = if signed {
                    let unused = 64 - 8 * u32::try_from(size).unwrap_or(8);
                    int::new(((bits << unused).cast_signed()) >> unused)?
                } else {
                    int::from_u64(bits)?
                };
                array.push(value.b())?;
            }
            Ok(array.upcast())
        }
    }
}
