//! `sys.monitoring` (PEP 669), as far as it exists: tool ids are kept, and no event is ever reported. Asking for events raises
//! NotImplementedError, so that programs can tell.

use object::value::{int, str as text};
use object::{Borrowed, PyResult, Ref, StaticType, core, raise, thread};
use std::cell::RefCell;

const TOOLS: usize = 6;

/// The names of the tools that use the ids of an interpreter.
#[derive(Default)]
struct Tools(RefCell<[Option<Ref>; TOOLS]>);

fn tools() -> &'static Tools {
    thread::current().interpreter().extensions.get::<Tools>()
}

fn valid(tool: i32) -> PyResult<usize> {
    usize::try_from(tool)
        .ok()
        .filter(|tool| *tool < TOOLS)
        .ok_or_else(|| raise!(ValueError, "invalid tool {tool} (must be between 0 and 5)"))
}

fn name_of(tool: usize) -> Option<Ref> {
    tools().0.borrow().get(tool).cloned().flatten()
}

fn in_use(tool: i32) -> PyResult<usize> {
    let index = valid(tool)?;
    if name_of(index).is_none() {
        return Err(raise!(ValueError, "tool {tool} is not in use"));
    }
    Ok(index)
}

fn release(tool: i32) -> PyResult<()> {
    let index = valid(tool)?;
    let old = tools().0.borrow_mut().get_mut(index).and_then(Option::take);
    drop(old);
    Ok(())
}

/// Nothing but "no events" can be asked for yet.
fn no_events(events: i32) -> PyResult<()> {
    match events {
        0 => Ok(()),
        _ => Err(raise!(NotImplementedError, "this interpreter reports no monitoring events yet")),
    }
}

const EVENTS: [(&str, i64); 20] = [
    ("PY_START", 1),
    ("PY_RESUME", 2),
    ("PY_RETURN", 4),
    ("PY_YIELD", 8),
    ("CALL", 16),
    ("LINE", 32),
    ("INSTRUCTION", 64),
    ("JUMP", 128),
    ("BRANCH_LEFT", 256),
    ("BRANCH_RIGHT", 512),
    ("STOP_ITERATION", 1024),
    ("RAISE", 2048),
    ("EXCEPTION_HANDLED", 4096),
    ("PY_UNWIND", 8192),
    ("PY_THROW", 16384),
    ("RERAISE", 32768),
    ("C_RETURN", 65536),
    ("C_RAISE", 131_072),
    ("BRANCH", 262_144),
    ("NO_EVENTS", 0),
];

#[macros::pymodule(name = "sys.monitoring")]
pub mod module {
    use super::*;

    #[pyfunction("(tool_id, name, /)")]
    fn use_tool_id(tool_id: i32, name: Borrowed<'_>) -> PyResult<()> {
        let index = valid(tool_id)?;
        if !text::check(name) {
            return Err(raise!(ValueError, "tool name must be a str"));
        }
        if name_of(index).is_some() {
            return Err(raise!(ValueError, "tool {tool_id} is already in use"));
        }
        if let Some(slot) = tools().0.borrow_mut().get_mut(index) {
            *slot = Some(name.to_ref());
        }
        Ok(())
    }

    #[pyfunction("(tool_id, /)")]
    fn clear_tool_id(tool_id: i32) -> PyResult<()> {
        valid(tool_id).map(drop)
    }

    #[pyfunction("(tool_id, /)")]
    fn free_tool_id(tool_id: i32) -> PyResult<()> {
        release(tool_id)
    }

    #[pyfunction("(tool_id, /)")]
    fn get_tool(tool_id: i32) -> PyResult<Option<Ref>> {
        Ok(name_of(valid(tool_id)?))
    }

    #[pyfunction("(tool_id, event, func, /)")]
    fn register_callback(tool_id: i32, _event: i32, func: Borrowed<'_>) -> PyResult<()> {
        valid(tool_id)?;
        no_events(i32::from(!func.is(&core::none())))
    }

    #[pyfunction("(tool_id, /)")]
    fn get_events(tool_id: i32) -> PyResult<i32> {
        in_use(tool_id).map(|_| 0)
    }

    #[pyfunction("(tool_id, event_set, /)")]
    fn set_events(tool_id: i32, event_set: i32) -> PyResult<()> {
        in_use(tool_id)?;
        no_events(event_set)
    }

    #[pyfunction("(tool_id, code, /)")]
    fn get_local_events(tool_id: i32, _code: Borrowed<'_>) -> PyResult<i32> {
        in_use(tool_id).map(|_| 0)
    }

    #[pyfunction("(tool_id, code, event_set, /)")]
    fn set_local_events(tool_id: i32, _code: Borrowed<'_>, event_set: i32) -> PyResult<()> {
        in_use(tool_id)?;
        no_events(event_set)
    }

    #[pyfunction("()")]
    fn restart_events() {}

    #[pyattr]
    const DEBUGGER_ID: i32 = 0;
    #[pyattr]
    const COVERAGE_ID: i32 = 1;
    #[pyattr]
    const PROFILER_ID: i32 = 2;
    #[pyattr]
    const OPTIMIZER_ID: i32 = 5;

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let events = builtins::namespace::Namespace::type_object().borrowed().call0()?;
        for (name, value) in EVENTS {
            events.setattr(text::new(name)?.b(), int::new(value)?.b())?;
        }
        module.setattr(object::id!("events"), events.b())?;
        for name in ["DISABLE", "MISSING"] {
            module.setattr(text::new(name)?.b(), core::OBJECT.borrowed().call0()?.b())?;
        }
        Ok(())
    }
}
