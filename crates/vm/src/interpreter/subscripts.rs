//! Subscripts and slices.

use crate::frame::Frame;
use crate::support;
use builtins::list::List;
use builtins::slice::Bounds;
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core};

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
    if let Some(bounds) = bounds(start.b(), stop.b())
        && let Some(result) = part(container.b(), bounds)
    {
        frame.push(result?);
        return Ok(());
    }
    let slice = support::slice_new(start.b(), stop.b(), core::none())?;
    let result = container.getitem(slice.b())?;
    frame.push(result);
    Ok(())
}

fn store_slice(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let stop = frame.pop();
    let start = frame.pop();
    let container = frame.pop();
    let value = frame.pop();
    if let Some(bounds) = bounds(start.b(), stop.b())
        && let Some(list) = container.b().downcast_exact::<List>()
    {
        return list.assign_slice(|list| bounds.adjust(list.len()), Some(value.b()));
    }
    let slice = support::slice_new(start.b(), stop.b(), core::none())?;
    container.setitem(slice.b(), value.b())
}

/// The bounds of a slice whose ends are None or small ints: finding them runs no code.
fn bounds(start: Borrowed<'_>, stop: Borrowed<'_>) -> Option<Bounds> {
    let end = |value: Borrowed<'_>, default: isize| {
        if value.is(&core::none()) {
            return Some(default);
        }
        if !value.class().is_type(&core::INT) {
            return None;
        }
        // SAFETY: exactly an int.
        unsafe { int::compact_unchecked(value) }.and_then(|value| isize::try_from(value).ok())
    };
    Some(Bounds { start: end(start, 0)?, stop: end(stop, isize::MAX)?, step: 1 })
}

/// A slice of an exact list, tuple or str.
fn part(container: Borrowed<'_>, bounds: Bounds) -> Option<PyResult<Ref>> {
    if let Some(list) = container.downcast_exact::<List>() {
        return Some(list.slice(bounds.adjust(list.len())).map(Ref::upcast));
    }
    let class = container.class();
    if class.is_type(&core::TUPLE) {
        let items = tuple::items(container)?;
        let at = bounds.adjust(items.len());
        if at.count == items.len() {
            return Some(Ok(container.to_ref()));
        }
        let start = at.start.cast_unsigned();
        return Some(tuple::from_slice(items.get(start..start + at.count).unwrap_or_default()));
    }
    if class.is_type(&core::STR) {
        let at = bounds.adjust(text::data(container)?.len());
        let start = at.start.cast_unsigned();
        return Some(builtins::str_::substring(container, start, start + at.count));
    }
    None
}
