//! Which loop and which task run in each thread, and which tasks there are.

use super::future::State;
use super::library::Name;
use super::task::Task;
use macros::pymodule;
use object::{Borrowed, OptRef, PyResult, Ref, core, id, memory, raise, thread};
use std::cell::{Cell, RefCell};

/// What runs in a thread.
#[derive(Default)]
struct Running {
    event_loop: OptRef,
    task: OptRef,
    /// The process in which the task was entered: a forked child does not run it.
    process: Cell<u32>,
    /// It is in the interpreter's list.
    listed: Cell<bool>,
}

/// What there is in an interpreter.
#[derive(Default)]
pub struct Registry {
    /// Weak references to the native tasks that are scheduled. Each task knows its place.
    scheduled: RefCell<Vec<Option<Ref>>>,
    free: RefCell<Vec<usize>>,
    /// A `WeakSet` of scheduled tasks of other types.
    foreign: OptRef,
    /// A set of tasks in their first, eager step.
    eager: OptRef,
    /// One for each thread that ever ran a loop.
    running: RefCell<Vec<&'static Running>>,
    /// The number of the last task that was named by us.
    pub names: Cell<u64>,
}

/// The registry of this interpreter.
pub fn registry() -> &'static Registry {
    thread::current().interpreter().extensions.get()
}

/// What runs in this thread.
fn running() -> &'static Running {
    let state = thread::current();
    let running: &'static Running = state.extensions.get();
    if !running.listed.replace(true) {
        registry().running.borrow_mut().push(running);
    }
    running
}

/// The thread ends: it runs nothing any more.
pub fn forget_thread() {
    let running: &'static Running = thread::current().extensions.get();
    if !running.listed.replace(false) {
        return;
    }
    registry().running.borrow_mut().retain(|known| !std::ptr::eq(*known, running));
    let old = (running.event_loop.take(), running.task.take());
    drop(old);
}

/// The running loop; None (Python's) counts as none.
fn running_loop() -> Option<Ref> {
    running().event_loop.get()
}

/// `asyncio.get_event_loop()`
pub fn event_loop() -> PyResult<Ref> {
    match running_loop() {
        Some(event_loop) => Ok(event_loop),
        None => Name::EventLoopPolicy.get()?.call0()?.call_method(id!("get_event_loop"), &[]),
    }
}

/// The argument, or the running loop.
fn loop_or_running(event_loop: Option<Borrowed<'_>>) -> PyResult<Ref> {
    match event_loop.filter(|event_loop| !event_loop.is(&core::none())) {
        Some(event_loop) => Ok(event_loop.to_ref()),
        None => running_loop().ok_or_else(|| raise!(RuntimeError, "no running event loop")),
    }
}

fn check_running(event_loop: Borrowed<'_>) -> PyResult<&'static Running> {
    let running = running();
    if std::ptr::eq(running.event_loop.as_ptr(), event_loop.ptr()) {
        return Ok(running);
    }
    Err(raise!(RuntimeError, "loop {} is not the running loop", event_loop.repr_text()?))
}

/// A task begins or goes on in the running loop.
pub fn enter(event_loop: Borrowed<'_>, task: Borrowed<'_>) -> PyResult<()> {
    let running = check_running(event_loop)?;
    if let Some(other) = running.task.get() {
        let (task, other) = (task.repr_text()?, other.repr_text()?);
        return Err(raise!(RuntimeError, "Cannot enter into task {task} while another task {other} is being executed."));
    }
    running.process.set(std::process::id());
    running.task.set(Some(task.to_ref()));
    Ok(())
}

/// A task ends or waits.
pub fn leave(event_loop: Borrowed<'_>, task: Borrowed<'_>) -> PyResult<()> {
    let running = check_running(event_loop)?;
    if !std::ptr::eq(running.task.as_ptr(), task.ptr()) {
        let other = running.task.get().unwrap_or_else(core::none_ref);
        let (task, other) = (task.repr_text()?, other.repr_text()?);
        return Err(raise!(RuntimeError, "Invalid attempt to leave task {task} while task {other} is entered."));
    }
    running.task.set(None);
    Ok(())
}

/// Puts another task (None: none) in the place of the one that runs, which is returned.
pub fn swap(event_loop: Borrowed<'_>, task: Borrowed<'_>) -> PyResult<Ref> {
    let running = check_running(event_loop)?;
    let task = Some(task).filter(|task| !task.is(&core::none()));
    Ok(running.task.replace(task.map(Borrowed::to_ref)).unwrap_or_else(core::none_ref))
}

impl Registry {
    fn set_in(field: &OptRef, make: impl FnOnce() -> PyResult<Ref>) -> PyResult<Ref> {
        if let Some(set) = field.get() {
            return Ok(set);
        }
        let set = make()?;
        field.set(Some(set.clone()));
        Ok(set)
    }

    fn eager_set(&self) -> PyResult<Ref> {
        Self::set_in(&self.eager, || core::SET.call0())
    }

    fn foreign_set(&self) -> PyResult<Ref> {
        Self::set_in(&self.foreign, || Name::WeakSet.get()?.call0())
    }

    /// Notes a scheduled task.
    pub fn schedule(&self, task: Borrowed<'_>) -> PyResult<()> {
        let Some(native) = task.downcast::<Task>() else {
            return self.foreign_set()?.call_method(id!("add"), &[task]).map(drop);
        };
        if native.place.get().is_some() {
            return Ok(());
        }
        let weak = Some(builtins::weakref::new(task, None)?);
        let mut scheduled = self.scheduled.borrow_mut();
        let free = self.free.borrow_mut().pop();
        match free.and_then(|at| scheduled.get_mut(at).map(|slot| (at, slot))) {
            Some((at, slot)) => {
                *slot = weak;
                native.place.set(Some(at));
            }
            None => {
                memory::reserve(&mut scheduled, 1)?;
                native.place.set(Some(scheduled.len()));
                scheduled.push(weak);
            }
        }
        Ok(())
    }

    /// Forgets a native task.
    pub fn forget(&self, task: &Task) {
        let Some(at) = task.place.take() else { return };
        let weak = self.scheduled.borrow_mut().get_mut(at).and_then(Option::take);
        self.free.borrow_mut().push(at);
        drop(weak);
    }

    fn unschedule(&self, task: Borrowed<'_>) -> PyResult<()> {
        match task.downcast::<Task>() {
            Some(native) => {
                self.forget(native.get());
                Ok(())
            }
            None => self.foreign_set()?.call_method(id!("discard"), &[task]).map(drop),
        }
    }

    /// Notes a task in its eager step.
    pub fn begin_eager(&self, task: Borrowed<'_>) -> PyResult<()> {
        self.eager_set()?.call_method(id!("add"), &[task]).map(drop)
    }

    /// The eager step is over.
    pub fn end_eager(&self, task: Borrowed<'_>) -> PyResult<()> {
        self.eager_set()?.call_method(id!("discard"), &[task]).map(drop)
    }

    /// All tasks that are noted.
    fn tasks(&self) -> PyResult<Vec<Ref>> {
        let mut all = match self.eager.get() {
            Some(set) => set.to_vec()?,
            None => Vec::new(),
        };
        if let Some(set) = self.foreign.get() {
            all.extend(set.to_vec()?);
        }
        let scheduled: Vec<Ref> = self.scheduled.borrow().iter().flatten().cloned().collect();
        all.extend(scheduled.iter().filter_map(|weak| builtins::weakref::referent(weak.b())));
        Ok(all)
    }
}

/// The loop of anything like a future.
pub fn loop_of(future: Borrowed<'_>) -> PyResult<Ref> {
    match future.getattr_opt(id!("get_loop"))? {
        Some(method) => method.call0(),
        None => future.getattr(id!("_loop")),
    }
}

fn is_pending_in(task: Borrowed<'_>, event_loop: Borrowed<'_>) -> PyResult<bool> {
    if let Some(native) = task.downcast_exact::<Task>() {
        let same = std::ptr::eq(native.future.event_loop.as_ptr(), event_loop.ptr());
        return Ok(same && native.future.state.get() == State::Pending);
    }
    Ok(loop_of(task)?.is(&event_loop) && !task.call_method(id!("done"), &[])?.is_true()?)
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    /// Return a currently executed task.
    #[pyfunction("($module, /, loop=None)")]
    fn current_task(_module: Borrowed<'_>, event_loop: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let event_loop = loop_or_running(event_loop)?;
        let own = running();
        let runs = |running: &&&Running| std::ptr::eq(running.event_loop.as_ptr(), event_loop.ptr());
        let found = if runs(&&own) {
            own.task.get()
        } else {
            // It may be the loop of another thread.
            registry().running.borrow().iter().find(runs).and_then(|running| running.task.get())
        };
        Ok(found.unwrap_or_else(core::none_ref))
    }

    /// Return an asyncio event loop.
    ///
    /// When called from a coroutine or a callback (e.g. scheduled with
    /// call_soon or similar API), this function will always return the
    /// running event loop.
    ///
    /// If there is no running event loop set, the function will return
    /// the result of `get_event_loop_policy().get_event_loop()` call.
    #[pyfunction("($module, /)")]
    fn get_event_loop(_module: Borrowed<'_>) -> PyResult<Ref> {
        event_loop()
    }

    /// Return the running event loop.  Raise a RuntimeError if there is none.
    ///
    /// This function is thread-specific.
    #[pyfunction("($module, /)")]
    fn get_running_loop(_module: Borrowed<'_>) -> PyResult<Ref> {
        loop_or_running(None)
    }

    /// Return the running event loop or None.
    ///
    /// This is a low-level function intended to be used by event loops.
    /// This function is thread-specific.
    #[pyfunction("($module, /)")]
    fn _get_running_loop(_module: Borrowed<'_>) -> Option<Ref> {
        running_loop()
    }

    /// Set the running event loop.
    ///
    /// This is a low-level function intended to be used by event loops.
    /// This function is thread-specific.
    #[pyfunction("($module, loop, /)")]
    fn _set_running_loop(_module: Borrowed<'_>, event_loop: Borrowed<'_>) {
        let event_loop = Some(event_loop).filter(|event_loop| !event_loop.is(&core::none()));
        let running = running();
        running.event_loop.set(event_loop.map(Borrowed::to_ref));
        if running.task.is_some() && running.process.get() != std::process::id() {
            running.task.set(None);
        }
    }

    /// Register a new task in asyncio as executed by loop.
    ///
    /// Returns None.
    #[pyfunction("($module, /, task)")]
    fn _register_task(_module: Borrowed<'_>, task: Borrowed<'_>) -> PyResult<()> {
        registry().schedule(task)
    }

    /// Register a new task in asyncio as executed by loop.
    ///
    /// Returns None.
    #[pyfunction("($module, /, task)")]
    fn _register_eager_task(_module: Borrowed<'_>, task: Borrowed<'_>) -> PyResult<()> {
        registry().begin_eager(task)
    }

    /// Unregister a task.
    ///
    /// Returns None.
    #[pyfunction("($module, /, task)")]
    fn _unregister_task(_module: Borrowed<'_>, task: Borrowed<'_>) -> PyResult<()> {
        registry().unschedule(task)
    }

    /// Unregister a task.
    ///
    /// Returns None.
    #[pyfunction("($module, /, task)")]
    fn _unregister_eager_task(_module: Borrowed<'_>, task: Borrowed<'_>) -> PyResult<()> {
        registry().end_eager(task)
    }

    /// Enter into task execution or resume suspended task.
    ///
    /// Task belongs to loop.
    ///
    /// Returns None.
    #[pyfunction("($module, /, loop, task)")]
    fn _enter_task(_module: Borrowed<'_>, event_loop: Borrowed<'_>, task: Borrowed<'_>) -> PyResult<()> {
        enter(event_loop, task)
    }

    /// Leave task execution or suspend a task.
    ///
    /// Task belongs to loop.
    ///
    /// Returns None.
    #[pyfunction("($module, /, loop, task)")]
    fn _leave_task(_module: Borrowed<'_>, event_loop: Borrowed<'_>, task: Borrowed<'_>) -> PyResult<()> {
        leave(event_loop, task)
    }

    /// Temporarily swap in the supplied task and return the original one (or None).
    ///
    /// This is intended for use during eager coroutine execution.
    #[pyfunction("($module, /, loop, task)")]
    fn _swap_current_task(_module: Borrowed<'_>, event_loop: Borrowed<'_>, task: Borrowed<'_>) -> PyResult<Ref> {
        swap(event_loop, task)
    }

    /// Return a set of all tasks for the loop.
    #[pyfunction("($module, /, loop=None)")]
    fn all_tasks(_module: Borrowed<'_>, event_loop: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let event_loop = loop_or_running(event_loop)?;
        let mut found = Vec::new();
        for task in registry().tasks()? {
            if is_pending_in(task.b(), event_loop.b())? {
                memory::reserve(&mut found, 1)?;
                found.push(task);
            }
        }
        core::SET.call1(builtins::list::List::from_vec(found)?.b())
    }
}
