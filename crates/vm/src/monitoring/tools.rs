//! The tools of an interpreter: their names, callbacks and events.

use super::events::{self, Event};
use super::plan::Plan;
use crate::code::Code;
use object::thread::{self, ThreadState};
use object::{Borrowed, PyResult, Ref};
use std::cell::{Cell, RefCell};

/// Tool ids that programs may use.
pub const PUBLIC: usize = 6;
/// The id of `sys.setprofile`.
pub const PROFILE: usize = 6;
/// The id of `sys.settrace`.
pub const TRACE: usize = 7;
/// All ids.
pub const ALL: usize = 8;

/// What a tool registered for an event.
#[derive(Clone)]
pub struct Callback {
    /// The function.
    pub function: Ref,
    /// It was registered for BRANCH, the old event for both sides of a branch.
    pub both_sides: bool,
}

/// What an interpreter knows of its tools.
#[derive(Default)]
pub struct Tools {
    names: RefCell<[Option<Ref>; PUBLIC]>,
    callbacks: RefCell<[[Option<Callback>; events::ALL]; PUBLIC]>,
    /// For each event, the tools that want it everywhere.
    global: [Cell<u8>; events::UNGROUPED],
    /// The state of the asked-for events; each code object remembers for which one it was last instrumented. 0: none was ever asked for.
    pub(super) version: Cell<usize>,
    /// The version at which disabled events were last restarted.
    pub(super) restarted: Cell<usize>,
    /// How often a tool's id was cleared; local events from before are void.
    epochs: [Cell<u32>; ALL],
    /// The code objects whose copies of the instructions are what tools ask for now.
    current: RefCell<Vec<*const Code>>,
    /// Threads with a trace function, and with a profile function.
    pub(super) threads: [Cell<usize>; 2],
    disable: RefCell<Option<Ref>>,
    missing: RefCell<Option<Ref>>,
}

/// The tools of the running interpreter.
pub fn current() -> &'static Tools {
    of(thread::current())
}

/// The tools of a thread's interpreter.
pub fn of(thread: &ThreadState) -> &'static Tools {
    thread.interpreter().extensions.get::<Tools>()
}

impl Tools {
    /// The name of a tool.
    pub fn name(&self, tool: usize) -> Option<Ref> {
        self.names.borrow().get(tool).cloned().flatten()
    }

    /// Gives a tool id a name, or takes it away.
    pub fn set_name(&self, tool: usize, name: Option<Ref>) {
        let old = self.names.borrow_mut().get_mut(tool).map(|slot| std::mem::replace(slot, name));
        drop(old);
    }

    /// The callback of a tool for an event.
    pub fn callback(&self, tool: usize, event: Event) -> Option<Callback> {
        self.callbacks.borrow().get(tool)?.get(event.index()).cloned().flatten()
    }

    /// Sets the callback of a tool for an event; returns the one before.
    pub fn set_callback(&self, tool: usize, event: Event, callback: Option<Callback>) -> Option<Callback> {
        let mut callbacks = self.callbacks.borrow_mut();
        std::mem::replace(callbacks.get_mut(tool)?.get_mut(event.index())?, callback)
    }

    /// The tools that want an event everywhere.
    pub fn wanting(&self, event: Event) -> u8 {
        self.global.get(event.index()).map_or(0, Cell::get)
    }

    /// The events that a tool wants everywhere.
    pub fn events(&self, tool: usize) -> u32 {
        let wants = |(_, tools): &(usize, &Cell<u8>)| tools.get() & 1 << tool != 0;
        self.global.iter().enumerate().filter(wants).fold(0, |set, (event, _)| set | 1 << event)
    }

    /// Sets the events that a tool wants everywhere.
    pub fn set_events(&self, thread: &ThreadState, tool: usize, set: u32) -> PyResult<()> {
        if self.events(tool) == set {
            return Ok(());
        }
        let mut wanted = 0;
        for (event, tools) in self.global.iter().enumerate() {
            let others = tools.get() & !(1 << tool);
            tools.set(if set & 1 << event != 0 { others | 1 << tool } else { others });
            wanted |= u32::from(tools.get() != 0) << event;
        }
        thread.interpreter().monitored.set(wanted);
        self.changed(thread)
    }

    /// Brings back the events that callbacks disabled.
    pub fn restart(&self, thread: &ThreadState) -> PyResult<()> {
        self.restarted.set(self.version.get() + 1);
        self.changed(thread)
    }

    /// What a tool asked for changed: code that runs is instrumented now, other code when it is next entered.
    fn changed(&self, thread: &ThreadState) -> PyResult<()> {
        self.version.set(self.version.get() + 1);
        for code in self.current.take() {
            // SAFETY: a code object takes itself out of the list before it dies.
            let code = unsafe { &*code };
            if let Some(registration) = code.registration() {
                registration.clear();
            }
            super::plan::ask_at_entry(code);
        }
        let threads = thread.interpreter().with_threads(|threads| threads.clone());
        for other in threads {
            // SAFETY: thread states live to the end of the process.
            let mut frame = crate::frame::current(unsafe { &*other.0 });
            while let Some(running) = frame {
                super::plan::instrument(running.code())?;
                frame = running.previous();
            }
        }
        Ok(())
    }

    /// The events that a tool wants in one code object.
    pub fn local_events(&self, tool: usize, code: &Code) -> u32 {
        code.plan().map_or(0, |plan| plan.local_events(tool))
    }

    /// Sets the events that a tool wants in one code object.
    pub fn set_local_events(&self, tool: usize, code: &Code, set: u32) -> PyResult<()> {
        if code.plan().is_none() && set == 0 {
            return Ok(());
        }
        let plan = Plan::of(code)?;
        plan.set_local_events(tool, self.epoch(tool), set);
        super::plan::instrument_again(code)
    }

    /// Forgets a tool's events and callbacks.
    pub fn clear(&self, thread: &ThreadState, tool: usize) -> PyResult<()> {
        let old = self.callbacks.borrow_mut().get_mut(tool).map(std::mem::take);
        drop(old);
        self.forget_local_events(tool);
        let had = self.events(tool) != 0;
        self.set_events(thread, tool, 0)?;
        if had || self.version.get() == 0 { Ok(()) } else { self.changed(thread) }
    }

    /// Makes what a tool asked for in single code objects void.
    pub(super) fn forget_local_events(&self, tool: usize) {
        if let Some(epoch) = self.epochs.get(tool) {
            epoch.set(epoch.get().wrapping_add(1));
        }
    }

    /// The count of clearings of a tool's id.
    pub(super) fn epoch(&self, tool: usize) -> u32 {
        self.epochs.get(tool).map_or(0, Cell::get)
    }

    /// `sys.monitoring.DISABLE` and `MISSING`, to be remembered.
    pub fn set_sentinels(&self, disable: Ref, missing: Ref) {
        drop(self.disable.replace(Some(disable)));
        drop(self.missing.replace(Some(missing)));
    }

    /// Whether an object is `sys.monitoring.DISABLE`.
    pub fn is_disable(&self, object: Borrowed<'_>) -> bool {
        self.disable.borrow().as_ref().is_some_and(|disable| disable.is(&object))
    }

    /// `sys.monitoring.MISSING`.
    pub fn missing(&self) -> Ref {
        self.missing.borrow().clone().unwrap_or_else(object::core::none_ref)
    }

    /// Notes a code object whose instructions are up to date. Its place in the list.
    pub(super) fn register(&self, code: &Code) -> PyResult<usize> {
        let mut current = self.current.borrow_mut();
        current.try_reserve(1).map_err(|_| object::memory::no_memory())?;
        current.push(code);
        Ok(current.len() - 1)
    }

    /// Forgets the code object at a place of the list.
    pub(super) fn unregister(&self, index: usize) {
        let mut current = self.current.borrow_mut();
        if index < current.len() {
            current.swap_remove(index);
            // SAFETY: as above.
            if let Some(moved) = current.get(index).and_then(|moved| unsafe { &**moved }.registration()) {
                moved.set(index);
            }
        }
    }
}
