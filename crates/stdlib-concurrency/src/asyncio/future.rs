//! `_asyncio.Future`.

use super::awaited::Waiters;
use super::iterator::FutureIter;
use super::library::{Name, call_soon};
use super::registry;
use crate::contextvars;
use crate::header;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, RawField, Ref, TypeObject, core, error, exc, hooks, id, memory, raise};
use std::cell::{Cell, RefCell};

/// How far a future is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Pending,
    Cancelled,
    Finished,
}

/// What a future that is done has come to.
pub enum Outcome {
    Value(Ref),
    Exception(Ref),
}

/// This class is *almost* compatible with concurrent.futures.Future.
///
///     Differences:
///
///     - result() and exception() do not take a timeout argument and
///       raise an exception when the future isn't done yet.
///
///     - Callbacks registered with add_done_callback() are always called
///       via the event loop's call_soon_threadsafe().
///
///     - This class is not compatible with the wait() and as_completed()
///       methods in the concurrent.futures package.
#[pyclass(
    name = "Future",
    module = "_asyncio",
    flags(BASETYPE),
    gc,
    weaklist = weakrefs,
    dict = dict,
    parts(MAIN, ATTRIBUTES)
)]
pub struct Future {
    head: abi::PyObject,
    /// The event loop; none before `__init__`.
    pub event_loop: OptRef,
    /// What is called when it is done, each with its context.
    pub callbacks: RefCell<Vec<(Ref, Ref)>>,
    pub result: OptRef,
    pub exception: OptRef,
    /// The traceback that the exception had when it was set.
    exception_traceback: OptRef,
    /// Where the future was made, in debug mode.
    pub source_traceback: OptRef,
    pub cancel_message: OptRef,
    /// The CancelledError that ended a task, to be raised once.
    pub cancelled_exception: OptRef,
    pub awaited_by: RefCell<Waiters>,
    pub state: Cell<State>,
    /// Nobody has asked for the exception.
    pub log_traceback: Cell<bool>,
    /// Somebody awaits it right now.
    pub blocking: Cell<bool>,
    dict: OptRef,
    weakrefs: Cell<*mut abi::PyObject>,
}

#[cold]
fn not_initialised() -> Raised {
    raise!(RuntimeError, "Future object is not initialized.")
}

impl Future {
    /// The fields of a future before `__init__`.
    pub fn blank() -> Future {
        Future {
            head: header(),
            event_loop: OptRef::none(),
            callbacks: RefCell::default(),
            result: OptRef::none(),
            exception: OptRef::none(),
            exception_traceback: OptRef::none(),
            source_traceback: OptRef::none(),
            cancel_message: OptRef::none(),
            cancelled_exception: OptRef::none(),
            awaited_by: RefCell::default(),
            state: Cell::new(State::Pending),
            log_traceback: Cell::new(false),
            blocking: Cell::new(false),
            dict: OptRef::none(),
            weakrefs: Cell::new(std::ptr::null_mut()),
        }
    }

    /// The loop, or RuntimeError before `__init__`.
    pub fn alive(&self) -> PyResult<Ref> {
        self.event_loop.get().ok_or_else(not_initialised)
    }

    /// Everything as at first, with a loop.
    pub fn begin(&self, event_loop: Option<Borrowed<'_>>) -> PyResult<()> {
        let callbacks = self.callbacks.take();
        let waiters = self.awaited_by.take();
        let fields = [
            &self.event_loop,
            &self.result,
            &self.exception,
            &self.exception_traceback,
            &self.source_traceback,
            &self.cancel_message,
            &self.cancelled_exception,
        ];
        let old = fields.map(OptRef::take);
        self.state.set(State::Pending);
        self.log_traceback.set(false);
        self.blocking.set(false);
        drop((callbacks, waiters, old));
        let event_loop = match event_loop.filter(|event_loop| !event_loop.is(&core::none())) {
            Some(event_loop) => event_loop.to_ref(),
            None => registry::event_loop()?,
        };
        self.event_loop.set(Some(event_loop.clone()));
        if event_loop.call_method(id!("get_debug"), &[])?.is_true()? {
            self.source_traceback.set(Some(Name::ExtractStack.get()?.call0()?));
        }
        Ok(())
    }

    /// Hands the callbacks to the loop.
    fn schedule_callbacks(slf: Borrowed<'_, Self>) -> PyResult<()> {
        let callbacks = slf.callbacks.take();
        if callbacks.is_empty() {
            return Ok(());
        }
        let event_loop = slf.alive()?;
        for (callback, context) in callbacks {
            call_soon(event_loop.b(), callback.b(), Some(slf.object()), context.b())?;
        }
        Ok(())
    }

    /// `set_result`
    pub fn finish(slf: Borrowed<'_, Self>, result: Ref) -> PyResult<()> {
        slf.alive()?;
        if slf.state.get() != State::Pending {
            return Err(Name::InvalidStateError.raise("invalid state"));
        }
        slf.state.set(State::Finished);
        slf.result.set(Some(result));
        Self::schedule_callbacks(slf)
    }

    /// `set_exception`
    pub fn fail(slf: Borrowed<'_, Self>, exception: Borrowed<'_>) -> PyResult<()> {
        slf.alive()?;
        if slf.state.get() != State::Pending {
            return Err(Name::InvalidStateError.raise("invalid state"));
        }
        let is_class = exception.downcast::<TypeObject>().is_some_and(|class| class.get().has(abi::tpflags::BASE_EXC_SUBCLASS));
        let mut exception = if is_class { exception.call0()? } else { exception.to_ref() };
        if !exception.class().has(abi::tpflags::BASE_EXC_SUBCLASS) {
            return Err(raise!(TypeError, "invalid exception object"));
        }
        if exception.class().is_subtype(&exc::StopIteration) {
            let message = "StopIteration interacts badly with generators and cannot be raised into a Future";
            let wrapper = exc::RuntimeError.call1(text::new(message)?.b())?;
            let fields = error::base_of(wrapper.b());
            fields.cause.store(Some(exception.clone()));
            fields.suppress_context.set(1);
            fields.context.store(Some(exception));
            exception = wrapper;
        }
        let traceback = error::base_of(exception.b()).traceback.load();
        slf.exception.set(Some(exception));
        slf.exception_traceback.set(traceback);
        slf.state.set(State::Finished);
        Self::schedule_callbacks(slf)?;
        slf.log_traceback.set(true);
        Ok(())
    }

    /// `cancel`, as a plain future does it.
    pub fn cancel_with(slf: Borrowed<'_, Self>, message: Option<Ref>) -> PyResult<bool> {
        slf.log_traceback.set(false);
        if slf.state.get() != State::Pending {
            return Ok(false);
        }
        slf.state.set(State::Cancelled);
        slf.cancel_message.set(message);
        Self::schedule_callbacks(slf)?;
        Ok(true)
    }

    /// The CancelledError to raise.
    pub fn cancelled_error(&self) -> PyResult<Ref> {
        if let Some(exception) = self.cancelled_exception.take() {
            return Ok(exception);
        }
        let class = Name::CancelledError.get()?;
        match self.cancel_message.get().filter(|message| !message.is(&core::none())) {
            Some(message) => class.call1(message.b()),
            None => class.call0(),
        }
    }

    fn raise_cancelled(&self) -> Raised {
        match self.cancelled_error() {
            Ok(exception) => error::raise_exception(exception),
            Err(raised) => raised,
        }
    }

    /// What the future has come to; a cancelled one and one that is not done raise.
    pub fn outcome(&self, pending: &str) -> PyResult<Outcome> {
        match self.state.get() {
            State::Cancelled => return Err(self.raise_cancelled()),
            State::Pending => return Err(Name::InvalidStateError.raise(pending)),
            State::Finished => {}
        }
        self.log_traceback.set(false);
        match self.exception.get() {
            Some(exception) => {
                // The exception may have been raised elsewhere meanwhile: each raising begins where it was set.
                error::base_of(exception.b()).traceback.store(self.exception_traceback.take());
                Ok(Outcome::Exception(exception))
            }
            None => Ok(Outcome::Value(self.result.get().unwrap_or_else(core::none_ref))),
        }
    }

    /// `result()`
    pub fn value(&self) -> PyResult<Ref> {
        self.alive().map_err(|raised| {
            raised.clear();
            Name::InvalidStateError.raise("Future object is not initialized.")
        })?;
        match self.outcome("Result is not set.")? {
            Outcome::Value(value) => Ok(value),
            Outcome::Exception(exception) => Err(error::raise_exception(exception)),
        }
    }

    /// `add_done_callback`
    pub fn add_callback(slf: Borrowed<'_, Self>, callback: Borrowed<'_>, context: Borrowed<'_>) -> PyResult<()> {
        let Some(event_loop) = slf.event_loop.get() else {
            return Err(raise!(RuntimeError, "uninitialized Future object"));
        };
        if slf.state.get() != State::Pending {
            return call_soon(event_loop.b(), callback, Some(slf.object()), context);
        }
        let mut callbacks = slf.callbacks.borrow_mut();
        memory::reserve(&mut callbacks, 1)?;
        callbacks.push((callback.to_ref(), context.to_ref()));
        Ok(())
    }

    /// Tells the loop of an exception that nobody asked for.
    pub fn report_unretrieved(slf: Borrowed<'_, Self>) {
        if !slf.log_traceback.replace(false) {
            return;
        }
        let Some(exception) = slf.exception.get() else { return };
        let message = format!("{} exception was never retrieved", slf.object().class().short_name());
        let context = [("message", text::new(&message)), ("exception", Ok(exception)), ("future", Ok(slf.object().to_ref()))];
        slf.report(context);
    }

    /// Calls the loop's exception handler, from a destructor.
    pub fn report<const N: usize>(&self, context: [(&str, PyResult<Ref>); N]) {
        let Some(event_loop) = self.event_loop.get() else { return };
        error::preserving(|| {
            let called = (|| {
                let dict = (hooks::get().dict_new)()?;
                for (key, value) in context {
                    (hooks::get().dict_set)(dict.b(), text::new(key)?.b(), value?.b())?;
                }
                if let Some(traceback) = self.source_traceback.get() {
                    (hooks::get().dict_set)(dict.b(), id!("source_traceback"), traceback.b())?;
                }
                event_loop.call_method(id!("call_exception_handler"), &[dict.b()])
            })();
            if let Err(raised) = called {
                raised.unraisable(None, Some(event_loop.b()));
            }
        });
    }
}

#[pymethods]
impl Future {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        memory::new_instance(&cls, Future::blank()).map(Ref::upcast)
    }

    #[slot(tp_init, "(*, loop=None)")]
    fn init(slf: Borrowed<'_, Self>, event_loop: Option<Borrowed<'_>>) -> PyResult<()> {
        slf.begin(event_loop)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.alive()?;
        Name::FutureRepr.get()?.call1(slf.object())
    }

    #[slot(tp_iter, am_await)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.alive()?;
        FutureIter::of(slf)
    }

    #[slot(tp_finalize)]
    fn finalize(slf: Borrowed<'_, Self>) {
        Self::report_unretrieved(slf);
    }

    /// Return the result this future represents.
    ///
    /// If the future has been cancelled, raises CancelledError.  If the
    /// future's result isn't yet available, raises InvalidStateError.  If
    /// the future is done and has an exception set, this exception is
    /// raised.
    #[method("($self, /)")]
    fn result(&self) -> PyResult<Ref> {
        self.value()
    }

    /// Return the exception that was set on this future.
    ///
    /// The exception (or None if no exception was set) is returned only if
    /// the future is done.  If the future has been cancelled, raises
    /// CancelledError.  If the future isn't done yet, raises
    /// InvalidStateError.
    #[method("($self, /)")]
    fn exception(&self) -> PyResult<Ref> {
        if self.event_loop.is_none() {
            return Err(Name::InvalidStateError.raise("Future object is not initialized."));
        }
        match self.state.get() {
            State::Cancelled => Err(self.raise_cancelled()),
            State::Pending => Err(Name::InvalidStateError.raise("Exception is not set.")),
            State::Finished => {
                self.log_traceback.set(false);
                Ok(self.exception.get().unwrap_or_else(core::none_ref))
            }
        }
    }

    /// Mark the future done and set its result.
    ///
    /// If the future is already done when this method is called, raises
    /// InvalidStateError.
    #[method("($self, result, /)")]
    fn set_result(slf: Borrowed<'_, Self>, result: Borrowed<'_>) -> PyResult<()> {
        Self::finish(slf, result.to_ref())
    }

    /// Mark the future done and set an exception.
    ///
    /// If the future is already done when this method is called, raises
    /// InvalidStateError.
    #[method("($self, exception, /)")]
    fn set_exception(slf: Borrowed<'_, Self>, exception: Borrowed<'_>) -> PyResult<()> {
        Self::fail(slf, exception)
    }

    /// Add a callback to be run when the future becomes done.
    ///
    /// The callback is called with a single argument - the future object.
    /// If the future is already done when this is called, the callback is
    /// scheduled with call_soon.
    #[method("($self, fn, /, *, context=<unrepresentable>)")]
    fn add_done_callback(slf: Borrowed<'_, Self>, callback: Borrowed<'_>, context: Option<Borrowed<'_>>) -> PyResult<()> {
        match context {
            Some(context) => Self::add_callback(slf, callback, context),
            None => Self::add_callback(slf, callback, contextvars::copy_current()?.b()),
        }
    }

    /// Remove all instances of a callback from the "call when done" list.
    ///
    /// Returns the number of callbacks removed.
    #[method("($self, fn, /)")]
    fn remove_done_callback(&self, callback: Borrowed<'_>) -> PyResult<usize> {
        self.alive()?;
        let known = self.callbacks.borrow().clone();
        let mut removed = Vec::new();
        for pair in known {
            if pair.0.eq(callback)? {
                removed.push(pair);
            }
        }
        let mut dropped = Vec::new();
        {
            // The comparisons may have changed the list.
            let mut callbacks = self.callbacks.borrow_mut();
            for (callback, context) in &removed {
                let same = |pair: &(Ref, Ref)| pair.0.is(callback) && pair.1.is(context);
                if let Some(at) = callbacks.iter().position(same) {
                    dropped.push(callbacks.remove(at));
                }
            }
        }
        Ok(dropped.len())
    }

    /// Cancel the future and schedule callbacks.
    ///
    /// If the future is already done or cancelled, return False.
    /// Otherwise, change the future's state to cancelled, schedule the
    /// callbacks and return True.
    #[method("($self, /, msg=None)")]
    fn cancel(slf: Borrowed<'_, Self>, msg: Option<Borrowed<'_>>) -> PyResult<bool> {
        slf.alive()?;
        Self::cancel_with(slf, msg.map(Borrowed::to_ref))
    }

    /// Return True if the future was cancelled.
    #[method("($self, /)")]
    fn cancelled(&self) -> bool {
        self.state.get() == State::Cancelled
    }

    /// Return True if the future is done.
    ///
    /// Done means either that a result / exception are available, or that
    /// the future was cancelled.
    #[method("($self, /)")]
    fn done(&self) -> bool {
        self.state.get() != State::Pending
    }

    /// Return the event loop the Future is bound to.
    #[method("($self, /)")]
    fn get_loop(&self) -> PyResult<Ref> {
        self.alive()
    }

    /// Create the CancelledError to raise if the Future is cancelled.
    ///
    /// This should only be called once when handling a cancellation since
    /// it erases the context exception value.
    #[method("($self, /)")]
    fn _make_cancelled_error(&self) -> PyResult<Ref> {
        self.cancelled_error()
    }

    /// Futures are generic over the type of their results
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(cls.object(), object)
    }
}

/// A pair as a tuple.
pub fn pair_object((first, second): &(Ref, Ref)) -> PyResult<Ref> {
    tuple::from_array([first.clone(), second.clone()])
}
