//! `sys.monitoring` (PEP 669).

use crate::code::Code;
use crate::monitoring::events::{self, Event};
use crate::monitoring::tools::{self, Callback, PUBLIC};
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Ref, StaticType, core, raise, thread};

fn valid(tool: i32) -> PyResult<usize> {
    usize::try_from(tool)
        .ok()
        .filter(|tool| *tool < PUBLIC)
        .ok_or_else(|| raise!(ValueError, "invalid tool {tool} (must be between 0 and 5)"))
}

fn in_use(tool: i32) -> PyResult<usize> {
    let index = valid(tool)?;
    if tools::current().name(index).is_none() {
        return Err(raise!(ValueError, "tool {tool} is not in use"));
    }
    Ok(index)
}

const C_EVENTS: u32 = Event::C_RETURN.bit() | Event::C_RAISE.bit();

/// A set of events without those that come along with CALL, and with both sides for the old BRANCH.
fn expand(set: u32) -> PyResult<u32> {
    let mut set = set;
    if set & C_EVENTS != 0 {
        if set & C_EVENTS != C_EVENTS || set & Event::CALL.bit() == 0 {
            return Err(raise!(ValueError, "cannot set C_RETURN or C_RAISE events independently"));
        }
        set &= !C_EVENTS;
    }
    if set & Event::BRANCH.bit() != 0 {
        set = set & !Event::BRANCH.bit() | Event::BRANCH_LEFT.bit() | Event::BRANCH_RIGHT.bit();
    }
    Ok(set)
}

fn code_object<'a>(code: Borrowed<'a>) -> PyResult<Borrowed<'a, Code>> {
    code.downcast::<Code>().ok_or_else(|| raise!(TypeError, "code must be a code object"))
}

fn register(tool: usize, event: Event, function: Borrowed<'_>, both_sides: bool) -> Option<Callback> {
    let callback = (!function.is(&core::none())).then(|| Callback { function: function.to_ref(), both_sides });
    tools::current().set_callback(tool, event, callback)
}

#[macros::pymodule(name = "sys.monitoring")]
pub mod module {
    use super::*;

    #[pyfunction("($module, tool_id, name, /)")]
    fn use_tool_id(tool_id: i32, name: Borrowed<'_>) -> PyResult<()> {
        let index = valid(tool_id)?;
        if !text::check(name) {
            return Err(raise!(ValueError, "tool name must be a str"));
        }
        let tools = tools::current();
        if tools.name(index).is_some() {
            return Err(raise!(ValueError, "tool {tool_id} is already in use"));
        }
        tools.set_name(index, Some(name.to_ref()));
        Ok(())
    }

    #[pyfunction("($module, tool_id, /)")]
    fn clear_tool_id(tool_id: i32) -> PyResult<()> {
        let index = valid(tool_id)?;
        let tools = tools::current();
        if tools.name(index).is_none() { Ok(()) } else { tools.clear(thread::current(), index) }
    }

    #[pyfunction("($module, tool_id, /)")]
    fn free_tool_id(tool_id: i32) -> PyResult<()> {
        let index = valid(tool_id)?;
        let tools = tools::current();
        if tools.name(index).is_some() {
            tools.clear(thread::current(), index)?;
        }
        tools.set_name(index, None);
        Ok(())
    }

    #[pyfunction("($module, tool_id, /)")]
    fn get_tool(tool_id: i32) -> PyResult<Option<Ref>> {
        Ok(tools::current().name(valid(tool_id)?))
    }

    #[pyfunction("($module, tool_id, event, func, /)")]
    fn register_callback(tool_id: i32, event: i32, func: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let tool = valid(tool_id)?;
        let set = event.cast_unsigned();
        if event <= 0 || !set.is_power_of_two() {
            return Err(raise!(ValueError, "The callback can only be set for one event at a time"));
        }
        let number = u8::try_from(set.trailing_zeros()).unwrap_or(u8::MAX);
        if usize::from(number) >= events::ALL {
            return Err(raise!(ValueError, "invalid event {event}"));
        }
        object::hooks::audit("sys.monitoring.register_callback", &[func])?;
        let old = if Event(number) == Event::BRANCH {
            drop(register(tool, Event::BRANCH_RIGHT, func, true));
            register(tool, Event::BRANCH_LEFT, func, true)
        } else {
            register(tool, Event(number), func, false)
        };
        Ok(old.map(|callback| callback.function))
    }

    #[pyfunction("($module, tool_id, /)")]
    fn get_events(tool_id: i32) -> PyResult<u32> {
        Ok(tools::current().events(valid(tool_id)?))
    }

    #[pyfunction("($module, tool_id, event_set, /)")]
    fn set_events(tool_id: i32, event_set: i32) -> PyResult<()> {
        let tool = valid(tool_id)?;
        let set = event_set.cast_unsigned();
        if set >= 1 << events::ALL {
            return Err(raise!(ValueError, "invalid event set 0x{set:x}"));
        }
        let set = expand(set)?;
        in_use(tool_id)?;
        tools::current().set_events(thread::current(), tool, set)
    }

    #[pyfunction("($module, tool_id, code, /)")]
    fn get_local_events(tool_id: i32, code: Borrowed<'_>) -> PyResult<u32> {
        let code = code_object(code)?;
        let tool = valid(tool_id)?;
        Ok(tools::current().local_events(tool, code.get()))
    }

    #[pyfunction("($module, tool_id, code, event_set, /)")]
    fn set_local_events(tool_id: i32, code: Borrowed<'_>, event_set: i32) -> PyResult<()> {
        let code = code_object(code)?;
        let tool = valid(tool_id)?;
        let set = expand(event_set.cast_unsigned())?;
        if set >= 1 << events::LOCAL {
            return Err(raise!(ValueError, "invalid local event set 0x{set:x}"));
        }
        in_use(tool_id)?;
        tools::current().set_local_events(tool, code.get(), set)
    }

    #[pyfunction("($module, /)")]
    fn restart_events() -> PyResult<()> {
        tools::current().restart(thread::current())
    }

    #[pyfunction("($module, /)")]
    fn _all_events() -> PyResult<Ref> {
        let found = crate::support::dict_new()?;
        for (number, name) in (0u8..).zip(Event::NAMES).take(events::UNGROUPED) {
            let wanting = tools::current().wanting(Event(number));
            if wanting != 0 {
                found.setitem(text::new(name)?.b(), int::new(i64::from(wanting))?.b())?;
            }
        }
        Ok(found)
    }

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
        let all = builtins::namespace::Namespace::type_object().borrowed().call0()?;
        for (number, name) in (0..).zip(Event::NAMES) {
            all.setattr(text::new(name)?.b(), int::new(1 << number)?.b())?;
        }
        all.setattr(text::new("NO_EVENTS")?.b(), int::new(0)?.b())?;
        module.setattr(object::id!("events"), all.b())?;
        let (disable, missing) = (core::OBJECT.borrowed().call0()?, core::OBJECT.borrowed().call0()?);
        module.setattr(text::new("DISABLE")?.b(), disable.b())?;
        module.setattr(text::new("MISSING")?.b(), missing.b())?;
        tools::current().set_sentinels(disable, missing);
        Ok(())
    }
}
