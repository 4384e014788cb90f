//! Unpacking.

use crate::frame::Frame;
use crate::support;
use builtins::list::List;
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, core, exc, raise};

adaptive! {
    UNPACK_SEQUENCE => unpack_sequence, crate::specialize::unpack_sequence;
}

general! {
    UNPACK_EX => unpack_ex;
}

fn unpack_sequence(frame: &Frame, oparg: u32) -> PyResult<()> {
    let count = oparg as usize;
    let sequence = frame.pop();
    if sequence.class().is_type(&core::TUPLE)
        && let Some(items) = tuple::items(sequence.b())
        && items.len() == count
    {
        items.iter().rev().for_each(|item| frame.push(item.to_ref()));
        return Ok(());
    }
    let items = unpack(sequence.b(), count, None)?;
    items.into_iter().rev().for_each(|item| frame.push(item));
    Ok(())
}

fn unpack_ex(frame: &Frame, oparg: u32) -> PyResult<()> {
    let (before, after) = ((oparg & 0xff) as usize, (oparg >> 8) as usize);
    let sequence = frame.pop();
    if let Some(list) = sequence.b().downcast_exact::<List>()
        && list.len() >= before + after
    {
        // Copies run no code: the list stays as it is.
        let end = list.len() - after;
        let rest = list.part(before, end)?;
        for index in (end..list.len()).rev() {
            frame.push(list.at(index).unwrap_or_else(core::none_ref));
        }
        frame.push(rest.upcast());
        for index in (0..before).rev() {
            frame.push(list.at(index).unwrap_or_else(core::none_ref));
        }
        return Ok(());
    }
    if sequence.class().is_type(&core::TUPLE)
        && let Some(items) = tuple::items(sequence.b())
        && let Some((first, others)) = items.split_at_checked(before)
        && let Some((middle, last)) = others.split_at_checked(others.len().wrapping_sub(after))
    {
        let rest = List::with_capacity(middle.len())?;
        middle.iter().for_each(|item| rest.push_within_capacity(item.to_ref()));
        last.iter().rev().for_each(|item| frame.push(item.to_ref()));
        frame.push(rest.upcast());
        first.iter().rev().for_each(|item| frame.push(item.to_ref()));
        return Ok(());
    }
    let items = unpack(sequence.b(), before, Some(after))?;
    items.into_iter().rev().for_each(|item| frame.push(item));
    Ok(())
}

/// The items of `a, b = …` (`after` is none), or of `a, *rest, z = …`: first ones, list of the rest, last ones.
fn unpack(value: Borrowed<'_>, count: usize, after: Option<usize>) -> PyResult<Vec<Ref>> {
    let iterator = value.iter().map_err(|raised| {
        if raised.is_a(&exc::TypeError) && value.class().tp_iter().is_none() && !value.is_sequence() {
            raised.clear();
            return raise!(TypeError, "cannot unpack non-iterable {} object", value.class().tp_name());
        }
        raised
    })?;
    let mut items = object::memory::vec_with_capacity(count)?;
    while items.len() < count {
        match iterator.next()? {
            Some(item) => items.push(item),
            None => {
                let got = items.len();
                return Err(match after {
                    None => raise!(ValueError, "not enough values to unpack (expected {count}, got {got})"),
                    Some(after) => {
                        raise!(ValueError, "not enough values to unpack (expected at least {}, got {got})", count + after)
                    }
                });
            }
        }
    }
    let Some(after) = after else {
        let Some(extra) = iterator.next()? else { return Ok(items) };
        drop(extra);
        let known =
            value.class().is_type(&core::TUPLE) || value.class().is_type(&core::LIST) || value.class().is_type(&core::DICT);
        if known && let Ok(length) = value.len() {
            return Err(raise!(ValueError, "too many values to unpack (expected {count}, got {length})"));
        }
        return Err(raise!(ValueError, "too many values to unpack (expected {count})"));
    };
    let mut rest = iterator.to_vec()?;
    if rest.len() < after {
        let got = count + rest.len();
        return Err(raise!(ValueError, "not enough values to unpack (expected at least {}, got {got})", count + after));
    }
    let last = rest.split_off(rest.len() - after);
    items.push(support::list_new(rest)?);
    items.extend(last);
    Ok(items)
}
