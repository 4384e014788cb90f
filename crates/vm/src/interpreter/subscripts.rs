//! Subscripts and slices.

use crate::frame::Frame;
use crate::support;
use object::PyResult;

adaptive! {
    STORE_SUBSCR => store_subscr, crate::specialize::store_subscr;
}

general! {
    DELETE_SUBSCR => delete_subscr;
    BINARY_SLICE => binary_slice;
    STORE_SLICE => store_slice;
}

fn store_subscr(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let key = frame.pop();
    let container = frame.pop();
    let value = frame.pop();
    container.setitem(key.b(), value.b())
}

fn delete_subscr(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let key = frame.pop();
    let container = frame.pop();
    container.delitem(key.b())
}

fn binary_slice(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let stop = frame.pop();
    let start = frame.pop();
    let container = frame.pop();
    let slice = support::slice_new(start.b(), stop.b(), object::core::none())?;
    let result = container.getitem(slice.b())?;
    frame.push(result);
    Ok(())
}

fn store_slice(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let stop = frame.pop();
    let start = frame.pop();
    let container = frame.pop();
    let value = frame.pop();
    let slice = support::slice_new(start.b(), stop.b(), object::core::none())?;
    container.setitem(slice.b(), value.b())
}
