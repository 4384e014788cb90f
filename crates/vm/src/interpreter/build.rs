//! Displays: lists, tuples, sets, dicts, slices, and what adds to them.

use super::unwind;
use crate::frame::{Frame, Slot};
use crate::support;
use builtins::list::List;
use object::value::tuple;
use object::{Borrowed, PyResult, core, exc, id, raise};

general! {
    BUILD_SET => build_set;
    BUILD_MAP => build_map;
    BUILD_SLICE => build_slice;
    append_slow => list_append;
    LIST_EXTEND => list_extend;
    SET_ADD => set_add;
    SET_UPDATE => set_update;
    MAP_ADD => map_add;
    DICT_UPDATE => dict_update;
    DICT_MERGE => dict_merge;
}

handler! {
    fn LIST_APPEND(pc, sp, frame, thread, table, oparg) {
        let list = (*sp.sub(oparg as usize + 1)).ptr();
        if std::ptr::eq((*list).ob_type.get(), core::LIST.as_type_ptr()) {
            let raw = &*list.cast::<abi::PyListObject>();
            let length = raw.ob_base.ob_size.get();
            if length < raw.allocated.get() {
                raw.ob_item.get().add(length.cast_unsigned()).write((*sp.sub(1)).into_owned().ptr());
                raw.ob_base.ob_size.set(length + 1);
                dispatch!(pc.add(1), sp.sub(1), frame, thread, table)
            }
        }
        return append_slow(pc, sp, frame, thread, table, oparg);
    }
}

/// Displays that take the topmost values over.
macro_rules! displays {
    ($($name:ident $make:ident;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let base = sp.sub(oparg as usize);
                (*frame).pc.set(pc);
                (*frame).sp.set(sp);
                let made = $make(base, oparg as usize);
                if made.is_null() {
                    return unwind::error(pc, sp, frame, thread, table, 0);
                }
                base.write(Slot::from_raw(made));
                dispatch!(pc.add(1), base.add(1), frame, thread, table)
            }
        }
    )* };
}

displays! {
    BUILD_TUPLE new_tuple;
    BUILD_LIST new_list;
}

/// A tuple of `count` values of a stack, which move; null with an exception, and then they stay.
#[inline(never)]
unsafe fn new_tuple(values: *mut Slot, count: usize) -> *mut abi::PyObject {
    if count == 0 {
        return tuple::empty().into_ptr();
    }
    let Ok(builder) = tuple::Builder::new(count) else { return std::ptr::null_mut() };
    let places = builder.places();
    let (mut index, mut cyclic) = (0, false);
    while index < count {
        // SAFETY: verified code has that many values, and the tuple as many places.
        unsafe {
            let item = (*values.add(index)).into_owned().ptr();
            places.add(index).write(item);
            cyclic |= tuple::leads_on((*item.cast::<object::Object>()).borrowed());
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        index += 1;
    }
    // SAFETY: all places are filled, and looked at.
    unsafe { builder.finish_examined(cyclic) }
}

/// A list, in the same way.
#[inline(never)]
unsafe fn new_list(values: *mut Slot, count: usize) -> *mut abi::PyObject {
    let Ok(list) = List::with_capacity(count) else { return std::ptr::null_mut() };
    for index in 0..count {
        // SAFETY: as above.
        list.push_within_capacity(unsafe { (*values.add(index)).into_ref() });
    }
    list.upcast().into_ptr()
}

fn build_set(frame: &Frame, oparg: u32) -> PyResult<()> {
    let count = oparg as usize;
    let set = support::set_from(&[])?;
    for item in frame.own_top(count) {
        support::set_add(set.b(), *item)?;
    }
    frame.drop_top(count);
    frame.push(set);
    Ok(())
}

fn build_map(frame: &Frame, oparg: u32) -> PyResult<()> {
    let count = oparg as usize * 2;
    let dict = support::dict_new()?;
    for pair in frame.own_top(count).chunks_exact(2) {
        if let [key, value] = pair {
            support::dict_set(dict.b(), *key, *value)?;
        }
    }
    frame.drop_top(count);
    frame.push(dict);
    Ok(())
}

fn build_slice(frame: &Frame, oparg: u32) -> PyResult<()> {
    let step = if oparg == 3 { Some(frame.pop()) } else { None };
    let stop = frame.pop();
    let start = frame.pop();
    let slice = support::slice_new(
        start.b(),
        stop.b(),
        match &step {
            Some(step) => step.b(),
            None => core::none(),
        },
    )?;
    frame.push(slice);
    Ok(())
}

fn list_append(frame: &Frame, oparg: u32) -> PyResult<()> {
    let item = frame.pop_ref();
    support::list_append(frame.peek(oparg as usize), item)
}

fn list_extend(frame: &Frame, oparg: u32) -> PyResult<()> {
    let items = frame.pop();
    let list = frame.peek(oparg as usize);
    support::list_extend(list, items.b()).map_err(|raised| {
        let class = items.class();
        if raised.is_a(&exc::TypeError) && class.tp_iter().is_none() && !items.is_sequence() {
            raised.clear();
            return raise!(TypeError, "Value after * must be an iterable, not {}", class.tp_name());
        }
        raised
    })
}

fn set_add(frame: &Frame, oparg: u32) -> PyResult<()> {
    let item = frame.pop();
    let set = frame.peek(oparg as usize);
    if !set.class().is_subtype(&core::SET) {
        // A program may put anything in the place of `__conditional_annotations__`.
        return Err(raise!(TypeError, "'{}' object is not a set", set.class().tp_name()));
    }
    support::set_add(set, item.b())
}

fn set_update(frame: &Frame, oparg: u32) -> PyResult<()> {
    let items = frame.pop();
    support::set_update(frame.peek(oparg as usize), items.b())
}

fn map_add(frame: &Frame, oparg: u32) -> PyResult<()> {
    let value = frame.pop();
    let key = frame.pop();
    support::dict_set(frame.peek(oparg as usize), key.b(), value.b())
}

fn dict_update(frame: &Frame, oparg: u32) -> PyResult<()> {
    let mapping = frame.pop();
    let dict = frame.peek(oparg as usize);
    if !mapping.class().is_subtype(&core::DICT) && !mapping.hasattr(id!("keys"))? {
        return Err(raise!(TypeError, "'{}' object is not a mapping", mapping.class().tp_name()));
    }
    support::dict_update(dict, mapping.b())
}

fn dict_merge(frame: &Frame, oparg: u32) -> PyResult<()> {
    let mapping = frame.pop();
    let dict = frame.peek(oparg as usize);
    let callable = frame.peek(oparg as usize + 3);
    merge_keywords(dict, mapping.b(), callable)
}

/// Adds `**mapping` to the keywords of a call; a key that is there already is an error.
fn merge_keywords(dict: Borrowed<'_>, mapping: Borrowed<'_>, callable: Borrowed<'_>) -> PyResult<()> {
    let function = || crate::function::bind::function_text(callable);
    if mapping.class().is_type(&core::DICT)
        && let Some(target) = dict.downcast_exact::<builtins::dict::Dict>()
        && target.is_empty()
    {
        return target.merge(mapping, builtins::dict::Override::Replace);
    }
    let pairs = if mapping.class().is_type(&core::DICT) {
        (object::hooks::get().dict_items)(mapping)?
    } else {
        let Some(keys) = mapping.getattr_opt(id!("keys"))? else {
            return Err(raise!(
                TypeError,
                "{} argument after ** must be a mapping, not {}",
                function()?,
                mapping.class().tp_name()
            ));
        };
        let mut pairs = Vec::new();
        keys.call0()?.for_each_item(|key| {
            let value = mapping.getitem(key.b())?;
            pairs.push((key, value));
            Ok(())
        })?;
        pairs
    };
    for (key, value) in pairs {
        if support::dict_get(dict, key.b())?.is_some() {
            return Err(raise!(TypeError, "{} got multiple values for keyword argument '{}'", function()?, key.str_text()?));
        }
        support::dict_set(dict, key.b(), value.b())?;
    }
    Ok(())
}
