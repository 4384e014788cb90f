//! What `await` iterates over: yields the future until it is done.

use super::future::{Future, State};
use crate::header;
use macros::{pyclass, pymethods};
use object::{Borrowed, OptRef, PyResult, RawField, Ref, StaticType, TypeObject, core, error, exc, hooks, memory, raise};

#[pyclass(name = "FutureIter", module = "_asyncio", gc)]
pub struct FutureIter {
    head: abi::PyObject,
    /// None once it has given the result.
    future: OptRef<Future>,
}

/// A step of the iteration.
enum Step {
    Wait(Ref),
    Done(Ref),
}

impl FutureIter {
    /// An iterator over a future.
    pub fn of(future: Borrowed<'_, Future>) -> PyResult<Ref> {
        let value = FutureIter { head: header(), future: OptRef::new(Some(future.to_ref())) };
        memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }

    fn step(&self) -> PyResult<Step> {
        let Some(future) = self.future.get() else { return Ok(Step::Done(core::none_ref())) };
        if future.state.get() == State::Pending {
            if future.blocking.replace(true) {
                return Err(raise!(RuntimeError, "await wasn't used with future"));
            }
            return Ok(Step::Wait(future.upcast()));
        }
        self.future.set(None);
        future.value().map(Step::Done)
    }
}

#[pymethods]
impl FutureIter {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(am_send)]
    fn am_send(&self, _value: Borrowed<'_>) -> PyResult<(Ref, bool)> {
        self.step().map(|step| match step {
            Step::Wait(future) => (future, false),
            Step::Done(value) => (value, true),
        })
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        match self.step()? {
            Step::Wait(future) => Ok(Some(future)),
            Step::Done(value) if value.is(&core::none()) => Ok(None),
            // The value may be a tuple or an exception: it is the one argument.
            Step::Done(value) => Err(error::raise_exception(exc::StopIteration.call1(value.b())?)),
        }
    }

    #[method(text = None, "($self, value, /)")]
    fn send(&self, _value: Borrowed<'_>) -> PyResult<Ref> {
        match self.step()? {
            Step::Wait(future) => Ok(future),
            Step::Done(value) if value.is(&core::none()) => Err(error::raise_none(&exc::StopIteration)),
            Step::Done(value) => Err(error::raise_exception(exc::StopIteration.call1(value.b())?)),
        }
    }

    #[method(text = None, "($self, *args)")]
    fn throw(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let (class, value, traceback) = match args {
            [class] => (*class, None, None),
            [class, value] => (*class, Some(*value), None),
            [class, value, traceback] => (*class, Some(*value), Some(*traceback)),
            [] => return Err(raise!(TypeError, "throw expected at least 1 argument, got 0")),
            _ => return Err(raise!(TypeError, "throw expected at most 3 arguments, got {}", args.len())),
        };
        if args.len() > 1 {
            let message = "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.";
            hooks::warn(&exc::DeprecationWarning, message, 1)?;
        }
        let value = value.filter(|value| !value.is(&core::none()));
        let traceback = traceback.filter(|traceback| !traceback.is(&core::none()));
        if traceback.is_some_and(|traceback| !traceback.class().is_subtype(&core::TRACEBACK)) {
            return Err(raise!(TypeError, "throw() third argument must be a traceback"));
        }
        let exception = if let Some(class) = class.downcast::<TypeObject>()
            && class.get().has(abi::tpflags::BASE_EXC_SUBCLASS)
        {
            error::raise_value(class.get(), value).take()
        } else if class.class().has(abi::tpflags::BASE_EXC_SUBCLASS) {
            if value.is_some() {
                return Err(raise!(TypeError, "instance exception may not have a separate value"));
            }
            class.to_ref()
        } else {
            return Err(raise!(TypeError, "exceptions must be classes deriving BaseException or instances of such a class"));
        };
        if let Some(traceback) = traceback {
            error::base_of(exception.b()).traceback.store(Some(traceback.to_ref()));
        }
        self.future.set(None);
        Err(error::restore(exception))
    }

    #[method(text = None, "($self, /)")]
    fn close(&self) {
        self.future.set(None);
    }
}
