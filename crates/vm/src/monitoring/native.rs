//! Events that native code reports of what it runs itself (the C API's `PyMonitoring_*`): code objects or what looks like them.

use super::events::{self, Event};
use super::fire::guarded;
use super::tools::{self, PUBLIC};
use super::trace;
use object::thread::ThreadState;
use object::value::int;
use object::{Borrowed, PyResult, Ref, error, exc, raise};

/// The state of what tools ask for; see [`tools_for`].
pub fn version(thread: &ThreadState) -> u64 {
    tools::of(thread).version.get() as u64
}

/// The tools that want an event everywhere.
pub fn tools_for(thread: &ThreadState, event: u8) -> u8 {
    // How a call ended is reported to those who want calls.
    let event = if usize::from(event) >= events::UNGROUPED { Event::CALL } else { Event(event) };
    tools::of(thread).wanting(event)
}

/// Reports an event to these tools; gives those that want it further on.
pub fn fire(
    thread: &ThreadState,
    active: u8,
    event: Event,
    codelike: Borrowed<'_>,
    offset: i32,
    rest: &[Borrowed<'_>],
) -> PyResult<u8> {
    if active == 0 || thread.raw.tracing.get() != 0 {
        return Ok(active);
    }
    if offset < 0 {
        return Err(raise!(ValueError, "offset must be non-negative"));
    }
    let place = int::new(i64::from(offset))?;
    let mut args = vec![codelike];
    if event != Event::LINE {
        args.push(place.b());
    }
    args.extend_from_slice(rest);
    let registry = tools::of(thread);
    let (mut left, mut waiting) = (active, active);
    while waiting != 0 {
        let tool = 7 - waiting.leading_zeros() as usize;
        waiting &= !(1 << tool);
        let disable = if tool < PUBLIC {
            let Some(callback) = registry.callback(tool, event) else { continue };
            let result = guarded(thread, event, || callback.function.call(&args))?;
            registry.is_disable(result.b())
        } else {
            match crate::frame::visible(thread) {
                Some(frame) => trace::report(thread, frame, tool, event, frame.instruction_index(), &args)?,
                None => false,
            }
        };
        if disable {
            if !event.is_local() {
                drop(registry.set_callback(tool, event, None));
                return Err(raise!(ValueError, "Cannot disable {} events. Callback removed.", event.name()));
            }
            left &= !(1 << tool);
        }
    }
    Ok(left)
}

/// Reports an event about the exception that is set, which is set afterwards, too, unless a tool raised.
pub fn fire_exception(thread: &ThreadState, active: u8, event: Event, codelike: Borrowed<'_>, offset: i32) -> PyResult<u8> {
    let Some(exception) = error::take() else {
        return Err(raise!(ValueError, "Firing event {} with no exception set", event.0));
    };
    let left = fire(thread, active, event, codelike, offset, &[exception.b()])?;
    let _raised = error::restore(exception);
    Ok(left)
}

/// Reports the StopIteration that a value stands for.
pub fn fire_stop_iteration(
    thread: &ThreadState,
    active: u8,
    codelike: Borrowed<'_>,
    offset: i32,
    value: Borrowed<'_>,
) -> PyResult<u8> {
    let exception: Ref = error::raise_value(&exc::StopIteration, Some(value)).take();
    fire(thread, active, Event::STOP_ITERATION, codelike, offset, &[exception.b()])
}
