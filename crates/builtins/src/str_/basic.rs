//! The slots of `str`: hash, comparison, concatenation, subscripts, containment, construction.

use super::{Str, units};
use crate::slice::Slice;
use macros::pymethods;
use object::value::str::{self as text, Data};
use object::{ArgPtr, Borrowed, CompareOp, Object, PyResult, Ref, TypeObject, core, error, hashing, memory, raise};
use std::cmp::Ordering;

fn data<'a>(string: Borrowed<'a>) -> Data<'a> {
    text::data(string).unwrap_or(Data::Latin1(&[]))
}

/// The bytes that a str's hash is made of.
fn raw_bytes<'a>(data: Data<'a>) -> &'a [u8] {
    match data {
        Data::Latin1(codes) => codes,
        // SAFETY: plain integers seen as bytes.
        Data::Ucs2(codes) => unsafe { std::slice::from_raw_parts(codes.as_ptr().cast(), size_of_val(codes)) },
        // SAFETY: as above.
        Data::Ucs4(codes) => unsafe { std::slice::from_raw_parts(codes.as_ptr().cast(), size_of_val(codes)) },
    }
}

/// The hash of a str, cached in the object.
#[inline]
pub fn hash(string: Borrowed<'_>) -> isize {
    // SAFETY: the callers have checked that the object is a str.
    let cached = unsafe { &(*string.ptr().cast::<abi::PyASCIIObject>()).hash };
    if cached.get() != -1 {
        return cached.get();
    }
    let hash = hashing::bytes(raw_bytes(data(string)));
    cached.set(hash);
    hash
}

/// Whether two strs have the same text.
#[inline]
pub fn equal(a: Borrowed<'_>, b: Borrowed<'_>) -> bool {
    match (data(a), data(b)) {
        (Data::Latin1(a), Data::Latin1(b)) => text::equal_bytes(a, b),
        (Data::Ucs2(a), Data::Ucs2(b)) => a == b,
        (Data::Ucs4(a), Data::Ucs4(b)) => a == b,
        // Every str is in its narrowest form.
        _ => false,
    }
}

/// The order of two strs by code points.
pub fn order(a: Borrowed<'_>, b: Borrowed<'_>) -> Ordering {
    match (data(a), data(b)) {
        (Data::Latin1(a), Data::Latin1(b)) => a.cmp(b),
        (Data::Ucs2(a), Data::Ucs2(b)) => a.cmp(b),
        (Data::Ucs4(a), Data::Ucs4(b)) => a.cmp(b),
        (a, b) => a.iter().cmp(b.iter()),
    }
}

/// `a + b`.
pub fn concat(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    let (left, right) = (data(a), data(b));
    if left.is_empty() && text::check_exact(&b) {
        return Ok(b.to_ref());
    }
    if right.is_empty() && text::check_exact(&a) {
        return Ok(a.to_ref());
    }
    // SAFETY: both are strs.
    if text::check(a)
        && text::check(b)
        && let Some(joined) = unsafe { text::joined_ascii(a, b) }
    {
        return joined;
    }
    let len = left.len().checked_add(right.len()).ok_or_else(memory::no_memory)?;
    text::build(len, text::bound(a).max(text::bound(b)), |filler| {
        filler.push_data(left);
        filler.push_data(right);
    })
}

/// The part of a str from `start` on, `len` code points long, by steps of `step`.
fn slice(string: Borrowed<'_>, start: usize, len: usize, step: isize) -> PyResult<Ref> {
    let all = data(string);
    if step == 1 {
        return match all {
            Data::Latin1(codes) => {
                let part = codes.get(start..start + len).unwrap_or_default();
                if text::bound(string) == 0x7F { text::from_ascii(part) } else { text::from_latin1(part) }
            }
            Data::Ucs2(codes) => text::from_ucs2(codes.get(start..start + len).unwrap_or_default()),
            Data::Ucs4(codes) => text::from_ucs4(codes.get(start..start + len).unwrap_or_default()),
        };
    }
    let bound = text::bound(string);
    if let (Data::Latin1(codes), 0x7F) = (all, bound) {
        return text::build(len, bound, |filler| {
            let mut at = start.cast_signed();
            for _ in 0..len {
                filler.push(codes.get(at.cast_unsigned()).copied().map_or(0, u32::from));
                at = at.wrapping_add(step);
            }
        });
    }
    let mut builder = text::Builder::new();
    let mut at = start.cast_signed();
    for _ in 0..len {
        builder.push(all.get(at.cast_unsigned()).unwrap_or(0))?;
        at = at.wrapping_add(step);
    }
    builder.finish()
}

/// The str from code point `start` to `end`.
pub fn substring(string: Borrowed<'_>, start: usize, end: usize) -> PyResult<Ref> {
    let end = end.min(data(string).len());
    let start = start.min(end);
    if start == 0 && end == data(string).len() && text::check_exact(&string) {
        return Ok(string.to_ref());
    }
    slice(string, start, end - start, 1)
}

/// Whether `part` occurs in `whole`.
pub fn contains(whole: Borrowed<'_>, part: Borrowed<'_>) -> bool {
    unicode::with_units!(units(whole), whole => unicode::with_units!(units(part), part => unicode::search::contains(whole, part)))
}

#[pymethods(part = BASIC)]
impl Str {
    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_>) -> PyResult<isize> {
        Ok(hash(slf))
    }

    #[slot(tp_richcompare)]
    fn compare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        if !text::check(other) {
            return Ok(core::not_implemented().to_ref());
        }
        let holds = match op {
            _ if slf.is(&other) => op.holds(Ordering::Equal),
            CompareOp::Eq => equal(slf, other),
            CompareOp::Ne => !equal(slf, other),
            _ => op.holds(order(slf, other)),
        };
        Ok(core::boolean(holds).to_ref())
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        if text::check_exact(&slf) { Ok(slf.to_ref()) } else { text::from_data(data(slf)) }
    }

    #[slot(sq_length, mp_length)]
    fn length(slf: Borrowed<'_>) -> PyResult<usize> {
        Ok(data(slf).len())
    }

    #[slot(sq_concat)]
    fn add(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<Ref> {
        if !text::check(other) {
            return Err(raise!(TypeError, "can only concatenate str (not \"{}\") to str", other.class().tp_name()));
        }
        concat(slf, other)
    }

    #[slot(sq_repeat)]
    fn repeat(slf: Borrowed<'_>, count: isize) -> PyResult<Ref> {
        let all = data(slf);
        let count = count.max(0).cast_unsigned();
        if count == 1 && text::check_exact(&slf) {
            return Ok(slf.to_ref());
        }
        if all.is_empty() || count == 0 {
            return Ok(text::empty());
        }
        let Some(len) = all.len().checked_mul(count).filter(|len| *len <= isize::MAX.cast_unsigned()) else {
            return Err(raise!(OverflowError, "repeated string is too long"));
        };
        match all {
            Data::Latin1([code]) => text::build(len, text::bound(slf), |filler| filler.fill(u32::from(*code), count)),
            _ => text::build(len, text::bound(slf), |filler| (0..count).for_each(|_| filler.push_data(all))),
        }
    }

    #[slot(sq_item)]
    fn item(slf: Borrowed<'_>, index: isize) -> PyResult<Ref> {
        match usize::try_from(index).ok().and_then(|index| data(slf).get(index)) {
            Some(code) => text::from_code_points(1, code, std::iter::once(code)),
            None => Err(raise!(IndexError, "string index out of range")),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(slf: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<Ref> {
        if key.class().nb_index().is_some() {
            let mut index = key.as_isize_or(&object::exc::IndexError)?;
            if index < 0 {
                index = index.saturating_add(data(slf).len().cast_signed());
            }
            return Self::item(slf, index);
        }
        if let Some(slice_object) = key.downcast_exact::<Slice>() {
            let range = slice_object.indices(|| data(slf).len())?;
            if range.count == data(slf).len() && range.step == 1 && text::check_exact(&slf) {
                return Ok(slf.to_ref());
            }
            return slice(slf, range.start.max(0).cast_unsigned(), range.count, range.step);
        }
        Err(raise!(TypeError, "string indices must be integers, not '{}'", key.class().tp_name()))
    }

    #[slot(sq_contains)]
    fn contains(slf: Borrowed<'_>, part: Borrowed<'_>) -> PyResult<bool> {
        if !text::check(part) {
            let name = part.class().short_name();
            return Err(raise!(TypeError, "'in <string>' requires string as left operand, not {name}"));
        }
        Ok(contains(slf, part))
    }

    #[slot(tp_dealloc)]
    fn dealloc(slf: Borrowed<'_, Self>) {
        let object: &Object = slf.object().get();
        super::intern::forget(object);
        // SAFETY: the str's count is 0; the buffers beside it are its own.
        unsafe {
            let raw = &slf.get().raw;
            const COMPACT: u32 = 1 << 5;
            const ASCII: u32 = 1 << 6;
            let state = raw._base._base.state.get();
            if state & COMPACT == 0 {
                let data = raw.data.get().cast::<u8>();
                let utf8 = raw._base.utf8.get().cast::<u8>();
                if utf8 != data {
                    memory::free(utf8);
                }
                memory::free(data);
            } else if state & ASCII == 0 {
                memory::free(raw._base.utf8.get().cast());
            }
            memory::finish_dealloc(object.as_ptr());
        }
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        let count = nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET;
        let class = class.self_as::<TypeObject>();
        let names = kwnames.and_then(object::value::tuple::items).map_or(0, <[_]>::len);
        let all = args.with_len((count + names).cast_signed());
        match all {
            [] if class.is_type(&core::STR) => Ok(text::empty()),
            [object] if names == 0 && class.is_type(&core::STR) => object.str(),
            _ => crate::type_::call::by_vector(class, all, count, kwnames),
        }
    }

    #[slot(tp_new, "(object='', encoding='utf-8', errors='strict')")]
    fn new(
        cls: Borrowed<'_, TypeObject>,
        object: Option<Borrowed<'_>>,
        encoding: Option<object::convert::Str<'_>>,
        errors: Option<object::convert::Str<'_>>,
    ) -> PyResult<Ref> {
        let value = match (object, encoding, errors) {
            (None, ..) => text::empty(),
            (Some(object), None, None) => object.str()?,
            (Some(object), encoding, errors) => {
                if text::check(object) {
                    return Err(raise!(TypeError, "decoding str is not supported"));
                }
                if !object.has_buffer() {
                    let name = object.class().tp_name();
                    return Err(raise!(TypeError, "decoding to str: need a bytes-like object, {name} found"));
                }
                crate::codecs::decode(object, encoding.map(|encoding| encoding.0), errors.map(|errors| errors.0))?
            }
        };
        if cls.is_type(&core::STR) { Ok(value) } else { subtype_instance(cls, value.b()) }
    }
}

/// An instance of `cls`, a subtype of str, with this text: not compact, its data in a block of its own.
fn subtype_instance(cls: Borrowed<'_, TypeObject>, value: Borrowed<'_>) -> PyResult<Ref> {
    let Some(alloc) = cls.tp_alloc() else { return Err(error::bad_internal_call()) };
    let object = alloc(cls, 0)?;
    text::fill_subtype(object.b(), value)?;
    Ok(object)
}
