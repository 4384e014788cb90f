//! `_asyncio.Task`.

use super::attributes::undeletable;
use super::future::{Future, State};
use super::library::{self, Name};
use super::registry::registry;
use super::step;
use crate::contextvars;
use macros::{pyclass, pymethods};
use object::value::str as text;
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, hooks, memory, raise};
use std::cell::Cell;

/// A coroutine wrapped in a Future.
#[pyclass(name = "Task", module = "_asyncio", base = Future, flags(BASETYPE), gc)]
pub struct Task {
    #[trace]
    pub future: Future,
    /// The coroutine; none before `__init__`, and after an eager start that finished.
    pub coroutine: OptRef,
    pub context: OptRef,
    /// What it waits for.
    pub waits_for: OptRef,
    name: OptRef,
    /// The number in a name that was not asked for yet.
    number: Cell<u64>,
    pub must_cancel: Cell<bool>,
    pub log_destroy_pending: Cell<bool>,
    cancel_requests: Cell<i64>,
    /// The place in the registry.
    pub place: Cell<Option<usize>>,
}

/// Whether something is a coroutine for asyncio.
fn is_coroutine(object: Borrowed<'_>) -> PyResult<bool> {
    if object.class().is_type(&core::COROUTINE) {
        return Ok(true);
    }
    Name::IsCoroutine.get()?.call1(object)?.is_true()
}

/// A name: a str, or the str of anything else.
fn name_of(value: Borrowed<'_>) -> PyResult<Ref> {
    if text::check_exact(&value) { Ok(value.to_ref()) } else { value.str() }
}

impl Task {
    /// The task as the future that it is.
    pub fn as_future(slf: Borrowed<'_, Self>) -> Borrowed<'_, Future> {
        slf.object().self_as::<Future>()
    }
}

#[pymethods]
impl Task {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let value = Task {
            future: Future::blank(),
            coroutine: OptRef::none(),
            context: OptRef::none(),
            waits_for: OptRef::none(),
            name: OptRef::none(),
            number: Cell::new(0),
            must_cancel: Cell::new(false),
            log_destroy_pending: Cell::new(false),
            cancel_requests: Cell::new(0),
            place: Cell::new(None),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_init, "(coro, *, loop=None, name=None, context=None, eager_start=False)")]
    fn init(
        slf: Borrowed<'_, Self>,
        coroutine: Borrowed<'_>,
        event_loop: Option<Borrowed<'_>>,
        name: Option<Borrowed<'_>>,
        context: Option<Borrowed<'_>>,
        eager_start: bool,
    ) -> PyResult<()> {
        slf.future.begin(event_loop)?;
        if !is_coroutine(coroutine)? {
            // There is nothing that could be pending.
            slf.log_destroy_pending.set(false);
            return Err(raise!(TypeError, "a coroutine was expected, got {}", coroutine.repr_text()?));
        }
        let context = match context.filter(|context| !context.is(&core::none())) {
            Some(context) => context.to_ref(),
            None => contextvars::copy_current()?,
        };
        slf.context.set(Some(context));
        slf.waits_for.set(None);
        slf.must_cancel.set(false);
        slf.log_destroy_pending.set(true);
        slf.cancel_requests.set(0);
        slf.coroutine.set(Some(coroutine.to_ref()));
        match name.filter(|name| !name.is(&core::none())) {
            Some(name) => slf.name.set(Some(name_of(name)?)),
            None => {
                let names = &registry().names;
                names.set(names.get().wrapping_add(1));
                slf.number.set(names.get());
                slf.name.set(None);
            }
        }
        if eager_start && slf.future.alive()?.call_method(object::id!("is_running"), &[])?.is_true()? {
            return step::eager_start(slf);
        }
        step::schedule(slf, None)?;
        registry().schedule(slf.object())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.future.alive()?;
        Name::TaskRepr.get()?.call1(slf.object())
    }

    #[slot(tp_finalize)]
    fn finalize(slf: Borrowed<'_, Self>) {
        registry().forget(slf.get());
        if slf.future.state.get() == State::Pending && slf.log_destroy_pending.get() {
            let message = text::new("Task was destroyed but it is pending!");
            slf.future.report([("task", Ok(slf.object().to_ref())), ("message", message)]);
        }
        Future::report_unretrieved(Self::as_future(slf));
    }

    #[method("($self, result, /)")]
    fn set_result(&self, _result: Borrowed<'_>) -> PyResult<()> {
        Err(raise!(RuntimeError, "Task does not support set_result operation"))
    }

    #[method("($self, exception, /)")]
    fn set_exception(&self, _exception: Borrowed<'_>) -> PyResult<()> {
        Err(raise!(RuntimeError, "Task does not support set_exception operation"))
    }

    /// Request that this task cancel itself.
    ///
    /// This arranges for a CancelledError to be thrown into the
    /// wrapped coroutine on the next cycle through the event loop.
    /// The coroutine then has a chance to clean up or even deny
    /// the request using try/except/finally.
    ///
    /// Unlike Future.cancel, this does not guarantee that the
    /// task will be cancelled: the exception might be caught and
    /// acted upon, delaying cancellation of the task or preventing
    /// cancellation completely.  The task may also return a value or
    /// raise a different exception.
    ///
    /// Immediately after this method is called, Task.cancelled() will
    /// not return True (unless the task was already cancelled).  A
    /// task will be marked as cancelled when the wrapped coroutine
    /// terminates with a CancelledError exception (even if cancel()
    /// was not called).
    ///
    /// This also increases the task's count of cancellation requests.
    #[method("($self, /, msg=None)")]
    fn cancel(&self, msg: Option<Borrowed<'_>>) -> PyResult<bool> {
        self.future.log_traceback.set(false);
        if self.future.state.get() != State::Pending {
            return Ok(false);
        }
        self.cancel_requests.set(self.cancel_requests.get().saturating_add(1));
        let message = msg.map_or_else(core::none_ref, Borrowed::to_ref);
        // What it waits for stays: it may be a task that ignores the request, which may then be repeated.
        if let Some(future) = self.waits_for.get()
            && library::cancel(future.b(), message.b())?
        {
            return Ok(true);
        }
        self.must_cancel.set(true);
        self.future.cancel_message.set(Some(message));
        Ok(true)
    }

    /// Return the count of the task's cancellation requests.
    ///
    /// This count is incremented when .cancel() is called
    /// and may be decremented using .uncancel().
    #[method("($self, /)")]
    fn cancelling(&self) -> i64 {
        self.cancel_requests.get()
    }

    /// Decrement the task's count of cancellation requests.
    ///
    /// This should be used by tasks that catch CancelledError
    /// and wish to continue indefinitely until they are cancelled again.
    ///
    /// Returns the remaining number of cancellation requests.
    #[method("($self, /)")]
    fn uncancel(&self) -> i64 {
        let requests = self.cancel_requests.get();
        if requests > 0 {
            self.cancel_requests.set(requests - 1);
            if requests == 1 {
                self.must_cancel.set(false);
            }
        }
        self.cancel_requests.get()
    }

    /// Return the list of stack frames for this task's coroutine.
    ///
    /// If the coroutine is not done, this returns the stack where it is
    /// suspended.  If the coroutine has completed successfully or was
    /// cancelled, this returns an empty list.  If the coroutine was
    /// terminated by an exception, this returns the list of traceback
    /// frames.
    ///
    /// The frames are always ordered from oldest to newest.
    ///
    /// The optional limit gives the maximum number of frames to
    /// return; by default all available frames are returned.  Its
    /// meaning differs depending on whether a stack or a traceback is
    /// returned: the newest frames of a stack are returned, but the
    /// oldest frames of a traceback are returned.  (This matches the
    /// behavior of the traceback module.)
    ///
    /// For reasons beyond our control, only one stack frame is
    /// returned for a suspended coroutine.
    #[method("($self, /, *, limit=None)")]
    fn get_stack(slf: Borrowed<'_, Self>, limit: Option<Borrowed<'_>>) -> PyResult<Ref> {
        slf.future.alive()?;
        Name::TaskGetStack.get()?.call(&[slf.object(), limit.unwrap_or(core::none())])
    }

    /// Print the stack or traceback for this task's coroutine.
    ///
    /// This produces output similar to that of the traceback module,
    /// for the frames retrieved by get_stack().  The limit argument
    /// is passed to get_stack().  The file argument is an I/O stream
    /// to which the output is written; by default output is written
    /// to sys.stderr.
    #[method("($self, /, *, limit=None, file=None)")]
    fn print_stack(slf: Borrowed<'_, Self>, limit: Option<Borrowed<'_>>, file: Option<Borrowed<'_>>) -> PyResult<Ref> {
        slf.future.alive()?;
        let (limit, file) = (limit.unwrap_or(core::none()), file.unwrap_or(core::none()));
        Name::TaskPrintStack.get()?.call(&[slf.object(), limit, file])
    }

    /// Create the CancelledError to raise if the Task is cancelled.
    ///
    /// This should only be called once when handling a cancellation since
    /// it erases the context exception value.
    #[method("($self, /)")]
    fn _make_cancelled_error(&self) -> PyResult<Ref> {
        self.future.cancelled_error()
    }

    #[method("($self, /)")]
    fn get_name(&self) -> PyResult<Ref> {
        if let Some(name) = self.name.get() {
            return Ok(name);
        }
        if self.number.get() == 0 {
            return Ok(core::none_ref());
        }
        let name = text::new(&format!("Task-{}", self.number.get()))?;
        self.name.set(Some(name.clone()));
        Ok(name)
    }

    #[method("($self, value, /)")]
    fn set_name(&self, value: Borrowed<'_>) -> PyResult<()> {
        self.name.set(Some(name_of(value)?));
        Ok(())
    }

    #[method("($self, /)")]
    fn get_coro(&self) -> Option<Ref> {
        self.coroutine.get()
    }

    #[method("($self, /)")]
    fn get_context(&self) -> Option<Ref> {
        self.context.get()
    }

    /// Tasks are generic over the return type of their wrapped coroutines
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(cls.object(), object)
    }

    #[getter]
    fn _log_destroy_pending(&self) -> bool {
        self.log_destroy_pending.get()
    }

    #[setter(name = "_log_destroy_pending")]
    fn set_log_destroy_pending(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(undeletable(slf.object(), "_log_destroy_pending")) };
        slf.log_destroy_pending.set(value.is_true()?);
        Ok(())
    }

    #[getter]
    fn _must_cancel(&self) -> bool {
        self.must_cancel.get()
    }

    #[getter]
    fn _coro(&self) -> Option<Ref> {
        self.coroutine.get()
    }

    #[getter]
    fn _fut_waiter(&self) -> Option<Ref> {
        self.waits_for.get()
    }
}
