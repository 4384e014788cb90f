//! The slots of `bytearray`.

use super::{ByteArray, content, new};
use crate::bytes::kernel;
use crate::slice::Slice;
use abi::{Py_buffer, c_int};
use macros::pymethods;
use object::convert::Str;
use object::protocol::buffer::{self, Buffer};
use object::value::{int, str as text};
use object::{Borrowed, CompareOp, PyResult, Raised, Ref, core, exc, hooks, memory, raise};

/// A value that is assigned to an item.
fn byte_value(value: Borrowed<'_>) -> PyResult<u8> {
    if value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "'{}' object cannot be interpreted as an integer", value.class().tp_name()));
    }
    u8::try_from(value.as_isize_clamped()?).map_err(|_| raise!(ValueError, "byte must be in range(0, 256)"))
}

/// The iterator over a source of `bytearray(…)` that is neither text, count nor buffer: its items come in one by one.
fn plain_iterator(source: Option<Borrowed<'_>>, with_encoding: bool) -> PyResult<Option<Ref>> {
    let Some(source) = source.filter(|_| !with_encoding) else { return Ok(None) };
    let class = source.class();
    if text::check(source) || class.nb_index().is_some() || source.has_buffer() || class.tp_iter().is_none() {
        return Ok(None);
    }
    source.iter().map(Some)
}

/// The bytes that are assigned to a slice.
fn source(slf: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<Vec<u8>> {
    if value.is(&slf) {
        return Ok(content(slf).to_vec());
    }
    if text::check(value) || value.class().nb_index().is_some() && !value.has_buffer() {
        return Err(raise!(TypeError, "can assign only bytes, buffers, or iterables of ints in range(0, 256)"));
    }
    crate::bytes::from_source(Some(value), None, None, "bytearray")
}

#[pymethods(part = SEQUENCE)]
impl ByteArray {
    #[slot(tp_init, "(source=b'', encoding='utf-8', errors='strict')")]
    fn init(
        slf: Borrowed<'_, Self>,
        source: Option<Borrowed<'_>>,
        encoding: Option<Str<'_>>,
        errors: Option<Str<'_>>,
    ) -> PyResult<()> {
        // A failed call leaves it empty.
        slf.resize(0)?;
        if let Some(iterator) = plain_iterator(source, encoding.is_some() || errors.is_some())? {
            let filled = slf.extend_from(iterator.b());
            if filled.is_err() {
                object::error::preserving(|| slf.resize(0).unwrap_or_else(object::Raised::clear));
            }
            return filled;
        }
        let content = crate::bytes::from_source(source, encoding, errors, "bytearray")?;
        slf.set_content(&content)
    }

    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, object::TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let raw = <abi::PyByteArrayObject as abi::CStruct>::ZERO;
        memory::new_instance(&cls, ByteArray { raw }).map(Ref::upcast)
    }

    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(sq_concat)]
    fn concat(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<Ref> {
        let refused = || raise!(TypeError, "can't concat {} to {}", other.class().tp_name(), slf.class().tp_name());
        if !other.has_buffer() {
            return Err(refused());
        }
        let own = content(slf);
        let Ok(other) = Buffer::readable(other).map_err(Raised::clear) else { return Err(refused()) };
        let both = new(&own)?;
        let sum = both.b().self_as::<ByteArray>();
        sum.splice(sum.len(), sum.len(), other.bytes())?;
        Ok(both)
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(slf: Borrowed<'_, Self>, other: Borrowed<'_>) -> PyResult<Ref> {
        if !other.has_buffer() {
            return Err(raise!(TypeError, "can't concat {} to {}", other.class().tp_name(), slf.object().class().tp_name()));
        }
        let end = slf.len();
        match object::value::bytes::exact_value(other) {
            Some(added) => slf.splice(end, end, added)?,
            None => {
                let added = Buffer::readable(other)?.bytes().to_vec();
                slf.splice(slf.len(), slf.len(), &added)?;
            }
        }
        Ok(slf.object().to_ref())
    }

    #[slot(sq_repeat)]
    fn repeat(slf: Borrowed<'_>, count: isize) -> PyResult<Ref> {
        new(&kernel::repeat(&content(slf), count)?)
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(slf: Borrowed<'_, Self>, count: isize) -> PyResult<Ref> {
        let repeated = kernel::repeat(slf.view(), count)?;
        slf.set_content(&repeated)?;
        Ok(slf.object().to_ref())
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Ref> {
        match usize::try_from(index).ok().and_then(|index| self.view().get(index)) {
            Some(byte) => kernel::byte_object(*byte),
            None => Err(raise!(IndexError, "bytearray index out of range")),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(slf: Borrowed<'_, Self>, key: Borrowed<'_>) -> PyResult<Ref> {
        if key.class().nb_index().is_some() {
            let index = key.as_isize_or(&exc::IndexError)?;
            let index = if index < 0 { index.saturating_add(slf.len().cast_signed()) } else { index };
            return slf.item(index);
        }
        let Some(slice) = key.downcast_exact::<Slice>() else {
            return Err(raise!(TypeError, "bytearray indices must be integers or slices, not {}", key.class().tp_name()));
        };
        let range = slice.indices(|| slf.len())?;
        let all = slf.view();
        if range.step == 1 {
            let start = range.start.max(0).cast_unsigned();
            return new(all.get(start..start + range.count).unwrap_or_default());
        }
        let mut part = memory::vec_with_capacity(range.count)?;
        let mut at = range.start;
        for _ in 0..range.count {
            part.push(all.get(at.cast_unsigned()).copied().unwrap_or(0));
            at = at.wrapping_add(range.step);
        }
        new(&part)
    }

    #[slot(mp_ass_subscript)]
    fn assign(slf: Borrowed<'_, Self>, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        // SAFETY: the types are checked first.
        if let Some(value) = value
            && key.class().is_type(&core::INT)
            && value.class().is_type(&core::INT)
            && let (Some(index), Some(byte)) = unsafe { (int::compact_unchecked(key), int::compact_unchecked(value)) }
            && let (Ok(index), Ok(byte)) = (usize::try_from(index), u8::try_from(byte))
            && index < slf.len()
        {
            slf.with_mut(|own| {
                if let Some(place) = own.get_mut(index) {
                    *place = byte;
                }
            });
            return Ok(());
        }
        if key.class().nb_index().is_some() {
            let index = key.as_isize_or(&exc::IndexError)?;
            let byte = value.map(byte_value).transpose()?;
            let len = slf.len();
            let index = if index < 0 { index.saturating_add(len.cast_signed()) } else { index };
            let Some(index) = usize::try_from(index).ok().filter(|index| *index < len) else {
                return Err(raise!(IndexError, "bytearray index out of range"));
            };
            return match byte {
                Some(byte) => slf.splice(index, index + 1, &[byte]),
                None => slf.splice(index, index + 1, &[]),
            };
        }
        let Some(slice) = key.downcast_exact::<Slice>() else {
            return Err(raise!(TypeError, "bytearray indices must be integers or slices, not {}", key.class().tp_name()));
        };
        let new = match value {
            Some(value) => source(slf.object(), value)?,
            None => Vec::new(),
        };
        let range = slice.indices(|| slf.len())?;
        let start = range.start.max(0).cast_unsigned();
        if range.step == 1 {
            return slf.splice(start, start + range.count, &new);
        }
        if new.is_empty() {
            return slf.delete_stepped(start, range.step, range.count);
        }
        if new.len() != range.count {
            return Err(raise!(
                ValueError,
                "attempt to assign bytes of size {} to extended slice of size {}",
                new.len(),
                range.count
            ));
        }
        slf.with_mut(|own| {
            let mut at = range.start;
            for byte in &new {
                if let Some(place) = own.get_mut(at.cast_unsigned()) {
                    *place = *byte;
                }
                at = at.wrapping_add(range.step);
            }
        });
        Ok(())
    }

    #[slot(sq_ass_item)]
    fn assign_item(slf: Borrowed<'_, Self>, index: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let byte = value.map(byte_value).transpose()?;
        let Some(index) = usize::try_from(index).ok().filter(|index| *index < slf.len()) else {
            return Err(raise!(IndexError, "bytearray index out of range"));
        };
        match byte {
            Some(byte) => slf.splice(index, index + 1, &[byte]),
            None => slf.splice(index, index + 1, &[]),
        }
    }

    #[slot(tp_richcompare)]
    fn compare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        if !other.has_buffer() {
            if crate::support::bytes_warning() > 0 && text::check(other) && matches!(op, CompareOp::Eq | CompareOp::Ne) {
                hooks::warn(&exc::BytesWarning, "Comparison between bytearray and string", 1)?;
            }
            return Ok(core::not_implemented().to_ref());
        }
        let own = content(slf);
        let other = match Buffer::readable(other) {
            Ok(other) => other,
            Err(raised) => {
                raised.clear();
                return Ok(core::not_implemented().to_ref());
            }
        };
        Ok(core::boolean(op.holds((*own).cmp(other.bytes()))).to_ref())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
        // Unlike bytes, a bytearray escapes single quotes also between double ones.
        let inner = kernel::repr_escaping(&content(slf), true)?;
        let mut out = text::Builder::new();
        out.push_str(slf.class().short_name())?;
        out.push_str("(")?;
        out.push_data(text::Data::Latin1(&inner))?;
        out.push_str(")")?;
        out.finish()
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        if crate::support::bytes_warning() > 0 {
            hooks::warn(&exc::BytesWarning, "str() on a bytearray instance", 1)?;
        }
        Self::repr(slf)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> PyResult<Ref> {
        super::methods::new_iterator(slf)
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(slf: Borrowed<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        let start = if slf.raw.ob_start.get().is_null() { c"".as_ptr().cast_mut() } else { slf.raw.ob_start.get() };
        // SAFETY: the view comes from the caller; the block stays where it is while buffers are lent.
        unsafe { buffer::fill_info(view, Some(slf.object()), start.cast(), slf.len(), false, flags)? };
        slf.exports().set(slf.exports().get() + 1);
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    extern "C-unwind" fn release_buffer(slf: Borrowed<'_>, _view: *mut Py_buffer) {
        let slf = slf.self_as::<ByteArray>();
        slf.exports().set(slf.exports().get() - 1);
    }

    #[slot(tp_dealloc)]
    fn dealloc(slf: Borrowed<'_, Self>) {
        slf.free_block();
        // SAFETY: the object's count is 0 and its block is gone.
        unsafe { memory::finish_dealloc(slf.ptr()) };
    }
}
