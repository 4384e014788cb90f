//! CALL_INTRINSIC_1 and CALL_INTRINSIC_2: what the compiler asks of the runtime now and then.

use super::imports;
use crate::frame::Frame;
use crate::{generator, typing_module};
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, core, error, exc, id, raise, thread};

general! {
    CALL_INTRINSIC_1 => intrinsic_1;
    CALL_INTRINSIC_2 => intrinsic_2;
}

fn intrinsic_1(frame: &Frame, oparg: u32) -> PyResult<()> {
    let value = frame.pop();
    let result = match oparg {
        1 => print(value.b())?,
        2 => {
            imports::import_star(frame, value.b())?;
            core::none_ref()
        }
        3 => stop_iteration_error(frame, value.b())?,
        4 => generator::async_wrap(value.b())?,
        5 => object::protocol::number::positive(value.b())?,
        6 => value.to_tuple()?,
        7 => typing_module::make_typevar(value.b(), None, None)?,
        8 => typing_module::make_paramspec(value.b())?,
        9 => typing_module::make_typevartuple(value.b())?,
        10 => typing_module::subscript_generic(value.b())?,
        11 => typing_module::make_type_alias(value.b())?,
        _ => return Err(raise!(SystemError, "bad operand of CALL_INTRINSIC_1")),
    };
    drop(value);
    frame.push(result);
    Ok(())
}

fn intrinsic_2(frame: &Frame, oparg: u32) -> PyResult<()> {
    let second = frame.pop();
    let first = frame.pop();
    let (a, b) = (first.b(), second.b());
    let result = match oparg {
        1 => prepare_reraise_star(a, b)?,
        2 => typing_module::make_typevar(a, Some(b), None)?,
        3 => typing_module::make_typevar(a, None, Some(b))?,
        4 => {
            let Some(function) = a.downcast_exact::<crate::function::Function>() else {
                return Err(raise!(SystemError, "type parameters without a function"));
            };
            function.typeparams.set(Some(b.to_ref()));
            a.to_ref()
        }
        5 => typing_module::set_typeparam_default(a, b)?,
        _ => return Err(raise!(SystemError, "bad operand of CALL_INTRINSIC_2")),
    };
    frame.push(result);
    Ok(())
}

/// `sys.displayhook(value)`.
fn print(value: Borrowed<'_>) -> PyResult<Ref> {
    let hook = match thread::current().interpreter().sys_dict.get() {
        Some(sys) => crate::support::dict_get(sys.b(), id!("displayhook"))?,
        None => None,
    };
    match hook {
        Some(hook) => hook.call1(value),
        None => Err(raise!(RuntimeError, "lost sys.displayhook")),
    }
}

/// A StopIteration (or, in an asynchronous generator, StopAsyncIteration) that leaves a generator becomes RuntimeError (PEP 479).
fn stop_iteration_error(frame: &Frame, exception: Borrowed<'_>) -> PyResult<Ref> {
    use bytecode::flags::{CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR};
    let code = frame.code();
    let message = if exception.class().is_subtype(&exc::StopIteration) {
        if code.has_flag(CO_ASYNC_GENERATOR) {
            "async generator raised StopIteration"
        } else if code.has_flag(CO_COROUTINE) {
            "coroutine raised StopIteration"
        } else if code.has_flag(CO_GENERATOR) {
            "generator raised StopIteration"
        } else {
            return Ok(exception.to_ref());
        }
    } else if code.has_flag(CO_ASYNC_GENERATOR) && exception.class().is_subtype(&exc::StopAsyncIteration) {
        "async generator raised StopAsyncIteration"
    } else {
        return Ok(exception.to_ref());
    };
    use object::RawField;
    let made = exc::RuntimeError.call1(text::new(message)?.b())?;
    let base = error::base_of(made.b());
    base.cause.store(Some(exception.to_ref()));
    base.suppress_context.set(1);
    base.context.store(Some(exception.to_ref()));
    Ok(made)
}

/// What is raised again behind the `except*` clauses of a `try`.
fn prepare_reraise_star(original: Borrowed<'_>, raised_list: Borrowed<'_>) -> PyResult<Ref> {
    let excs: Vec<Ref> = raised_list.to_vec()?.into_iter().filter(|item| !item.is(&core::none())).collect();
    if excs.is_empty() {
        return Ok(core::none_ref());
    }
    if !original.class().is_subtype(&exc::BaseExceptionGroup) {
        // A bare exception was wrapped: at most one clause ran.
        return Ok(excs.into_iter().next().unwrap_or_else(core::none_ref));
    }
    let (reraised, raised): (Vec<Ref>, Vec<Ref>) = excs.into_iter().partition(|item| same_metadata(original, item.b()));
    let rebuilt = project(original, &reraised)?;
    if raised.is_empty() {
        return Ok(rebuilt.unwrap_or_else(core::none_ref));
    }
    let mut all = raised;
    all.extend(rebuilt);
    if all.len() > 1 {
        let list = crate::support::list_new(all)?;
        return exc::ExceptionGroup.call(&[text::empty().b(), list.b()]);
    }
    Ok(all.into_iter().next().unwrap_or_else(core::none_ref))
}

/// Whether an exception group is a part of the original that nobody touched: same notes, traceback, context and cause.
fn same_metadata(original: Borrowed<'_>, part: Borrowed<'_>) -> bool {
    let (a, b) = (error::base_of(original), error::base_of(part));
    a.notes.get() == b.notes.get()
        && a.traceback.get() == b.traceback.get()
        && a.cause.get() == b.cause.get()
        && a.context.get() == b.context.get()
}

/// The original's leaves that are in one of the groups, in the original's shape.
fn project(original: Borrowed<'_>, groups: &[Ref]) -> PyResult<Option<Ref>> {
    if groups.is_empty() {
        return Ok(None);
    }
    let mut leaves = Vec::new();
    for group in groups {
        collect_leaves(group.b(), &mut leaves)?;
    }
    let keep: std::collections::HashSet<usize> = leaves.iter().map(|leaf| leaf.ptr().addr()).collect();
    project_onto(original, &keep)
}

fn collect_leaves(exception: Borrowed<'_>, leaves: &mut Vec<Ref>) -> PyResult<()> {
    object::recursion::check(" in exception group")?;
    if !exception.class().is_subtype(&exc::BaseExceptionGroup) {
        leaves.push(exception.to_ref());
        return Ok(());
    }
    for inner in exception.getattr(id!("exceptions"))?.to_vec()? {
        collect_leaves(inner.b(), leaves)?;
    }
    Ok(())
}

fn project_onto(exception: Borrowed<'_>, keep: &std::collections::HashSet<usize>) -> PyResult<Option<Ref>> {
    object::recursion::check(" in exception group")?;
    if !exception.class().is_subtype(&exc::BaseExceptionGroup) {
        return Ok(keep.contains(&exception.ptr().addr()).then(|| exception.to_ref()));
    }
    let inner = exception.getattr(id!("exceptions"))?.to_vec()?;
    let count = inner.len();
    let mut parts = Vec::new();
    let mut unchanged = true;
    for item in inner {
        match project_onto(item.b(), keep)? {
            Some(part) => {
                unchanged &= part.is(&item);
                parts.push(part);
            }
            None => unchanged = false,
        }
    }
    if parts.is_empty() {
        return Ok(None);
    }
    if unchanged && parts.len() == count {
        return Ok(Some(exception.to_ref()));
    }
    use object::RawField;
    let list = crate::support::list_new(parts)?;
    let made = exception.call_method(id!("derive"), &[list.b()])?;
    let (from, into) = (error::base_of(exception), error::base_of(made.b()));
    into.traceback.store(from.traceback.load());
    into.context.store(from.context.load());
    into.cause.store(from.cause.load());
    into.suppress_context.set(from.suppress_context.get());
    into.notes.store(from.notes.load());
    Ok(Some(made))
}
