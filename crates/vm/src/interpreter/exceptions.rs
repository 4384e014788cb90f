//! Raising, catching, `with`.

use super::unwind;
use crate::frame::{Frame, Slot};
use abi::tpflags;
use object::error::{base_of, raise_exception, restore};
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Raised, RawField, Ref, core, exc, raise, thread};

general! {
    CHECK_EXC_MATCH => check_exc_match;
    CHECK_EG_MATCH => check_eg_match;
    WITH_EXCEPT_START => with_except_start;
}

handler! {
    fn PUSH_EXC_INFO(pc, sp, frame, thread, table, oparg) {
        push_exc_info(sp, &*thread);
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

/// (exception -- the one handled so far, exception); the exception is now the one that is handled.
///
/// # Safety
/// `sp` is the stack pointer of the frame that runs.
#[inline(never)]
unsafe fn push_exc_info(sp: *mut Slot, thread: &thread::ThreadState) {
    // SAFETY: by contract; the chain's innermost item is alive.
    unsafe {
        let item = &*thread.raw.exc_info.get();
        let exception = *sp.sub(1);
        let handled = Slot::owned(exception.object().to_ref());
        let previous = item.exc_value.replace(handled.ptr());
        *sp.sub(1) = if previous.is_null() {
            Slot::borrowed(core::none())
        } else {
            Slot::owned_or_null(Ref::from_owned_or_null(previous))
        };
        sp.write(exception);
    }
}

handler! {
    fn POP_EXCEPT(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        pop_except(&*frame, &*thread);
        dispatch!(pc.add(1), sp.sub(1), frame, thread, table)
    }
}

#[inline(never)]
fn pop_except(frame: &Frame, thread: &thread::ThreadState) {
    let value = frame.pop_ref();
    let value = if value.is(&core::none()) { None } else { Some(value) };
    // SAFETY: the chain's innermost item is alive.
    let item = unsafe { &*thread.raw.exc_info.get() };
    item.exc_value.store(value);
}

const CANNOT_CATCH: &str = "catching classes that do not inherit from BaseException is not allowed";
const CANNOT_CATCH_GROUP: &str = "catching ExceptionGroup with except* is not allowed. Use except instead.";

fn is_exception_class(class: Borrowed<'_>) -> bool {
    class.downcast::<object::TypeObject>().is_some_and(|class| class.get().has(tpflags::BASE_EXC_SUBCLASS))
}

fn check_catchable(class: Borrowed<'_>) -> PyResult<()> {
    let good = match tuple::items(class) {
        Some(classes) => classes.iter().all(|class| is_exception_class(*class)),
        None => is_exception_class(class),
    };
    if good { Ok(()) } else { Err(raise!(TypeError, "{CANNOT_CATCH}")) }
}

/// Whether an exception is caught by a class or by one of a tuple of them.
pub(crate) fn matches(exception: Borrowed<'_>, class: Borrowed<'_>) -> bool {
    if let Some(classes) = tuple::items(class) {
        return classes.iter().any(|class| matches(exception, *class));
    }
    match class.downcast::<object::TypeObject>() {
        Some(class) if class.get().has(tpflags::BASE_EXC_SUBCLASS) => match exception.downcast::<object::TypeObject>() {
            Some(own) => own.get().is_subtype(class.get()),
            None => exception.class().is_subtype(class.get()),
        },
        _ => exception.is(&class),
    }
}

fn check_exc_match(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let class = frame.pop();
    check_catchable(class.b())?;
    let found = matches(frame.peek(1), class.b());
    drop(class);
    frame.push_slot(Slot::borrowed(core::boolean(found)));
    Ok(())
}

fn check_eg_match(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let class = frame.pop();
    let exception = frame.pop();
    check_catchable(class.b())?;
    let is_group = |class: Borrowed<'_>| -> PyResult<bool> { class.issubclass(exc::BaseExceptionGroup.borrowed()) };
    let group = match tuple::items(class.b()) {
        Some(classes) => {
            let mut any = false;
            for class in classes {
                any |= is_group(*class)?;
            }
            any
        }
        None => is_group(class.b())?,
    };
    if group {
        return Err(raise!(TypeError, "{CANNOT_CATCH_GROUP}"));
    }
    let (matched, rest) = split(exception.b(), class.b())?;
    if !matched.is(&core::none()) {
        let thread = thread::current();
        // SAFETY: the chain's innermost item is alive.
        let item = unsafe { &*thread.raw.exc_info.get() };
        item.exc_value.store(Some(matched.clone()));
    }
    frame.push(rest);
    frame.push(matched);
    Ok(())
}

/// What of an exception `except*` takes, and what is left.
fn split(exception: Borrowed<'_>, class: Borrowed<'_>) -> PyResult<(Ref, Ref)> {
    if exception.is(&core::none()) {
        return Ok((core::none_ref(), core::none_ref()));
    }
    let is_group = exception.class().is_subtype(&exc::BaseExceptionGroup);
    if matches(exception, class) {
        if is_group {
            return Ok((exception.to_ref(), core::none_ref()));
        }
        // A bare exception is wrapped, so that the handler always sees a group.
        let wrapped = exc::ExceptionGroup.call(&[object::value::str::empty().b(), tuple::from_slice(&[exception])?.b()])?;
        if let Some(frame) = crate::frame::visible(thread::current()) {
            crate::frame::traceback::add(wrapped.b(), frame);
        }
        return Ok((wrapped, core::none_ref()));
    }
    if !is_group {
        return Ok((core::none_ref(), exception.to_ref()));
    }
    let pair = exception.call_method(object::id!("split"), &[class])?;
    match tuple::items(pair.b()) {
        Some([matched, rest, ..]) => Ok((matched.to_ref(), rest.to_ref())),
        Some(items) => Err(raise!(
            TypeError,
            "{}.split must return a 2-tuple, got tuple of size {}",
            exception.class().tp_name(),
            items.len()
        )),
        None => {
            Err(raise!(TypeError, "{}.split must return a tuple, not {}", exception.class().tp_name(), pair.class().tp_name()))
        }
    }
}

fn with_except_start(frame: &Frame, _oparg: u32) -> PyResult<()> {
    // (exit, self or null, lasti, previous, exception)
    let exception = frame.peek(1).to_ref();
    let instance = frame.stack().peek(4);
    let exit = frame.peek(5).to_ref();
    let traceback = base_of(exception.b()).traceback.load().unwrap_or_else(core::none_ref);
    let class = exception.class().to_ref();
    let result = if instance.is_null() {
        exit.call(&[class.b(), exception.b(), traceback.b()])?
    } else {
        exit.call(&[frame.peek(4), class.b(), exception.b(), traceback.b()])?
    };
    frame.push(result);
    Ok(())
}

handler! {
    fn RAISE_VARARGS(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if raise_varargs(&*frame, oparg) {
            return unwind::raised(pc, sp, frame, thread, table, 0);
        }
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

/// Raises; whether it was a bare `raise`, which adds no traceback entry.
#[inline(never)]
fn raise_varargs(frame: &Frame, oparg: u64) -> bool {
    let cause = if oparg == 2 { Some(frame.pop_ref()) } else { None };
    let exception = if oparg >= 1 { Some(frame.pop_ref()) } else { None };
    let Some(exception) = exception else {
        return match thread::current().handled_exception() {
            Some(handled) => {
                let _raised = restore(handled);
                true
            }
            None => {
                let _raised = raise!(RuntimeError, "No active exception to reraise");
                false
            }
        };
    };
    let _raised = raise_with_cause(exception, cause);
    false
}

fn raise_with_cause(exception: Ref, cause: Option<Ref>) -> Raised {
    let value = if is_exception_class(exception.b()) {
        match exception.call0() {
            Ok(value) if value.class().has(tpflags::BASE_EXC_SUBCLASS) => value,
            Ok(value) => {
                let class = exception.repr_text().unwrap_or_default();
                let made = value.class().repr_text().unwrap_or_default();
                return raise!(TypeError, "calling {class} should have returned an instance of BaseException, not {made}");
            }
            Err(raised) => return raised,
        }
    } else if exception.class().has(tpflags::BASE_EXC_SUBCLASS) {
        exception
    } else {
        return raise!(TypeError, "exceptions must derive from BaseException");
    };
    if let Some(cause) = cause {
        let fixed = if is_exception_class(cause.b()) {
            match cause.call0() {
                Ok(made) if made.class().has(tpflags::BASE_EXC_SUBCLASS) => Some(made),
                Ok(made) => {
                    let class = cause.repr_text().unwrap_or_default();
                    let made = made.class().repr_text().unwrap_or_default();
                    return raise!(TypeError, "calling {class} should have returned an instance of BaseException, not {made}");
                }
                Err(raised) => return raised,
            }
        } else if cause.class().has(tpflags::BASE_EXC_SUBCLASS) {
            Some(cause)
        } else if cause.is(&core::none()) {
            None
        } else {
            return raise!(TypeError, "exception causes must derive from BaseException");
        };
        let base = base_of(value.b());
        base.suppress_context.set(1);
        base.cause.store(fixed);
    }
    raise_exception(value)
}

handler! {
    fn RERAISE(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if reraise(&*frame, oparg as usize) {
            return unwind::raised(pc, sp, frame, thread, table, 0);
        }
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

/// Raises the exception on top of the stack again, as if by the instruction whose index lies below it.
#[inline(never)]
fn reraise(frame: &Frame, oparg: usize) -> bool {
    let exception = frame.pop_ref();
    if oparg > 0
        && let Some(index) = int::to_i64(frame.peek(oparg))
        && let Ok(index) = usize::try_from(index)
        && let Ok(units) = frame.code().units()
        && index < units.len()
    {
        // SAFETY: the index is inside the copy.
        frame.pc.set(unsafe { units.start().add(index) });
    }
    if !exception.class().has(tpflags::BASE_EXC_SUBCLASS) {
        let _raised = raise!(SystemError, "RERAISE without an exception");
        return false;
    }
    let _raised = restore(exception);
    true
}

handler! {
    fn CLEANUP_THROW(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if cleanup_throw(&*frame) {
            dispatch!(pc.add(1), (*frame).sp.get(), frame, thread, table)
        }
        return unwind::raised(pc, sp, frame, thread, table, 0);
    }
}

/// (iterator, sent value, exception -- None, value): StopIteration ends the delegation with its value.
#[inline(never)]
fn cleanup_throw(frame: &Frame) -> bool {
    if !frame.peek(1).class().is_subtype(&exc::StopIteration) {
        let exception = frame.peek(1).to_ref();
        let _raised = restore(exception);
        return false;
    }
    let exception = frame.pop_ref();
    frame.drop_top(2);
    // SAFETY: an instance of StopIteration has this struct.
    let value = unsafe { (*exception.ptr().cast::<abi::PyStopIterationObject>()).value.load() };
    frame.push(core::none_ref());
    frame.push(value.unwrap_or_else(core::none_ref));
    true
}

handler! {
    fn END_ASYNC_FOR(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if end_async_for(&*frame) {
            dispatch!(pc.add(1), (*frame).sp.get(), frame, thread, table)
        }
        return unwind::raised(pc, sp, frame, thread, table, 0);
    }
}

#[inline(never)]
fn end_async_for(frame: &Frame) -> bool {
    let exception = frame.pop_ref();
    if exception.class().is_subtype(&exc::StopAsyncIteration) {
        drop(exception);
        frame.drop_top(1);
        return true;
    }
    let _raised = restore(exception);
    false
}
