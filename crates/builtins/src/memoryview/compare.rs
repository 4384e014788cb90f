//! Comparison of views: by value, whatever their formats are. Formats that are not native, or not the same, are read by the module struct.

use super::walk::{Order, Walk};
use super::{MemoryView, element};
use abi::{Py_buffer, pybuf};
use macros::pymethods;
use object::protocol::buffer::Buffer;
use object::value::{bytes, str as text, tuple};
use object::{Borrowed, CompareOp, PyResult, Ref, core, exc, id};
use std::ffi::CStr;

/// How items of one format become objects.
enum Reader {
    Native(u8),
    /// `struct.Struct(format).unpack`
    Struct(Ref),
}

impl Reader {
    fn of_struct(format: &CStr) -> PyResult<Reader> {
        let module = crate::object_::reduce::import(text::new("struct")?.b())?;
        let format = text::from_latin1(format.to_bytes())?;
        let made = module.call_method(text::new("Struct")?.b(), &[format.b()])?;
        made.getattr(id!("unpack")).map(Reader::Struct)
    }

    fn read(&self, item: &[u8]) -> PyResult<Ref> {
        match self {
            // SAFETY: the item has the bytes of its format.
            Reader::Native(code) => unsafe { element::unpack(*code, item.as_ptr()) },
            Reader::Struct(unpack) => {
                let values = unpack.call(&[bytes::new(item)?.b()])?;
                match tuple::items(values.b()) {
                    Some([only]) => Ok(only.to_ref()),
                    _ => Ok(values),
                }
            }
        }
    }
}

/// The readers of two formats; none where struct knows one of them not.
fn readers(left: &CStr, right: &CStr) -> PyResult<Option<(Reader, Reader)>> {
    let codes = (element::native(left.to_bytes()), element::native(right.to_bytes()));
    if let (Some((left, ..)), Some((right, ..))) = codes
        && left == right
    {
        return Ok(Some((Reader::Native(left), Reader::Native(right))));
    }
    match Reader::of_struct(left).and_then(|left| Ok((left, Reader::of_struct(right)?))) {
        Ok(readers) => Ok(Some(readers)),
        Err(raised) if raised.is_a(&exc::ImportError) || raised.is_a(&exc::MemoryError) => Err(raised),
        Err(raised) => {
            raised.clear();
            Ok(None)
        }
    }
}

fn same_shape(left: &Walk, right: &Walk) -> bool {
    if left.ndim() != right.ndim() {
        return false;
    }
    for (left, right) in left.shape().zip(right.shape()) {
        if left != right {
            return false;
        }
        // Nothing behind a dimension without items counts.
        if left == 0 {
            return true;
        }
    }
    true
}

fn format_of(view: &Py_buffer) -> &CStr {
    let format = view.format.get();
    // SAFETY: a format is a C string that the lender keeps.
    if format.is_null() { c"B" } else { unsafe { CStr::from_ptr(format) } }
}

/// Whether the items of two buffers are equal.
fn equal(left: &Py_buffer, right: &Py_buffer) -> PyResult<bool> {
    let (walk, others) = (Walk::new(left), Walk::new(right));
    if !same_shape(&walk, &others) {
        return Ok(false);
    }
    let Some((reader, others_reader)) = readers(format_of(left), format_of(right))? else { return Ok(false) };
    // Copies: what a comparison runs may change, or give back, the memory.
    let (items, other_items) = (walk.gather(Order::C)?, others.gather(Order::C)?);
    if let Reader::Native(code) = reader
        && !matches!(code, b'e' | b'f' | b'd' | b'?')
    {
        return Ok(items == other_items);
    }
    let pairs = items.chunks_exact(walk.itemsize().max(1)).zip(other_items.chunks_exact(others.itemsize().max(1)));
    for (item, other) in pairs {
        if !reader.read(item)?.richcompare(others_reader.read(other)?.b(), CompareOp::Eq)?.is_true()? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[pymethods(part = COMPARE)]
impl MemoryView {
    #[slot(tp_richcompare)]
    fn compare(slf: Borrowed<'_, Self>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(core::not_implemented().to_ref());
        }
        let answer = |equal: bool| Ok(core::boolean(equal == (op == CompareOp::Eq)).to_ref());
        let view = other.downcast::<MemoryView>();
        if slf.managed.is_none() || view.is_some_and(|view| view.managed.is_none()) {
            return answer(slf.object().is(&other));
        }
        // Views stay unreleased while they are compared.
        let own = Buffer::get(slf.object(), pybuf::FULL_RO);
        let lent = match (own, other.has_buffer()) {
            (Ok(own), true) => Buffer::get(other, pybuf::FULL_RO).map(|lent| (own, lent)),
            (Ok(_), false) => return Ok(core::not_implemented().to_ref()),
            (Err(raised), _) => Err(raised),
        };
        match lent {
            Ok((own, lent)) => answer(equal(own.view(), lent.view())?),
            Err(raised) => {
                raised.clear();
                Ok(core::not_implemented().to_ref())
            }
        }
    }
}
