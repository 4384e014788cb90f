//! Equality and hash of code objects.

use super::Code;
use object::value::{bytes, float, int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, core};

fn field(field: &OptRef) -> Ref {
    field.get().unwrap_or_else(core::none_ref)
}

fn numbers(code: &Code) -> [i32; 5] {
    [code.argcount.get(), code.posonlyargcount.get(), code.kwonlyargcount.get(), code.flags.get(), code.firstlineno.get()]
}

fn objects(code: &Code) -> PyResult<[Ref; 7]> {
    Ok([
        field(&code.name),
        code.code_object()?,
        code.names_object()?,
        code.localsplusnames_object()?,
        code.linetable_object()?,
        code.exceptiontable_object()?,
        code.localspluskinds_object()?,
    ])
}

/// `a == b` for code objects.
pub fn equal(a: &Code, b: &Code) -> PyResult<bool> {
    if numbers(a) != numbers(b) {
        return Ok(false);
    }
    for (x, y) in objects(a)?.iter().zip(objects(b)?.iter()) {
        if !x.eq(y.b())? {
            return Ok(false);
        }
    }
    constant_key(a.consts_object()?.b())?.eq(constant_key(b.consts_object()?.b())?.b())
}

/// `hash(code)`.
pub fn hash(code: &Code) -> PyResult<isize> {
    let mut parts: Vec<Ref> = objects(code)?.into();
    for number in numbers(code) {
        parts.push(int::new(i64::from(number))?);
    }
    parts.push(constant_key(code.consts_object()?.b())?);
    tuple::from_vec(parts)?.hash()
}

/// A key that tells apart constants which compare equal: `0` and `0.0`, `0.0` and `-0.0`, `1` and `True`.
fn constant_key(value: Borrowed<'_>) -> PyResult<Ref> {
    object::recursion::check(" in constant comparison")?;
    let class = value.class();
    let plain = value.is(&core::none())
        || value.is(&core::ellipsis())
        || class.is_type(&core::INT)
        || class.is_type(&core::CODE)
        || text::check_exact(&value);
    if plain {
        return Ok(value.to_ref());
    }
    if class.is_type(&core::BOOL) || bytes::exact(&value) {
        return tuple::from_slice(&[class.borrowed(), value]);
    }
    if let Some(number) = float::value(value).filter(|_| class.is_type(&core::FLOAT)) {
        let sign = core::boolean(number == 0.0 && number.is_sign_negative());
        return tuple::from_slice(&[class.borrowed(), value, sign]);
    }
    if class.is_type(&core::COMPLEX) {
        return tuple::from_array([class.to_ref(), value.to_ref(), value.repr()?]);
    }
    if let Some(items) = tuple::items(value).filter(|_| class.is_type(&core::TUPLE)) {
        let keys = items.iter().map(|item| constant_key(*item)).collect::<PyResult<Vec<_>>>()?;
        return tuple::from_array([tuple::from_vec(keys)?, value.to_ref()]);
    }
    if class.is_type(&core::FROZENSET) {
        let keys = value.to_vec()?.iter().map(|item| constant_key(item.b())).collect::<PyResult<Vec<_>>>()?;
        let keys = core::FROZENSET.call1(tuple::from_vec(keys)?.b())?;
        return tuple::from_array([keys, value.to_ref()]);
    }
    if class.is_type(&core::SLICE) {
        let part = |name: Borrowed<'_>| constant_key(value.getattr(name)?.b());
        return tuple::from_array([
            class.to_ref(),
            part(object::id!("start"))?,
            part(object::id!("stop"))?,
            part(object::id!("step"))?,
        ]);
    }
    // Objects of other types are equal to themselves only.
    tuple::from_array([value.to_ref(), int::from_u64(value.ptr().addr() as u64)?])
}
