//! The awaitable that `anext(iterator, default)` returns.

use macros::{pyclass, pymethods};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, StaticType, core, error, exc, memory, raise};

/// Awaits `__anext__()`, and gives a default in place of StopAsyncIteration.
#[pyclass(name = "anext_awaitable", module = "builtins", gc, flags(DISALLOW_INSTANTIATION))]
pub(crate) struct AnextAwaitable {
    header: abi::PyObject,
    wrapped: OptRef,
    default: OptRef,
}

impl AnextAwaitable {
    pub(crate) fn create(wrapped: Ref, default: Ref) -> PyResult<Ref> {
        let value = AnextAwaitable {
            header: <abi::PyObject as abi::CStruct>::ZERO,
            wrapped: OptRef::new(Some(wrapped)),
            default: OptRef::new(Some(default)),
        };
        Ok(memory::new_instance(Self::type_object(), value)?.upcast())
    }

    /// The iterator behind `await wrapped`.
    fn iterator(&self) -> PyResult<Ref> {
        let wrapped = self.wrapped.get().unwrap_or_else(core::none_ref);
        let awaitable = crate::lifecycle::frame_access::awaitable_iterator(wrapped.b())?;
        if awaitable.class().tp_iternext().is_some() {
            return Ok(awaitable);
        }
        let Some(function) = awaitable.class().am_await() else {
            return Err(raise!(TypeError, "object {} can't be used in 'await' expression", awaitable.class().tp_name()));
        };
        let iterator = function(awaitable.b())?;
        if iterator.is_iterator() {
            return Ok(iterator);
        }
        Err(raise!(TypeError, "__await__ must return an iterable, not {}", iterator.class().tp_name()))
    }

    /// StopAsyncIteration becomes StopIteration with the default as its value.
    fn with_default(&self, raised: Raised) -> Raised {
        match raised.clear_if(&exc::StopAsyncIteration) {
            Ok(()) => stop_iteration(self.default.get().unwrap_or_else(core::none_ref)),
            Err(raised) => raised,
        }
    }

    fn proxy(&self, method: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let iterator = self.iterator()?;
        iterator.call_method(method, args).map_err(|raised| self.with_default(raised))
    }
}

/// Raises StopIteration with this value, whatever it is.
fn stop_iteration(value: Ref) -> Raised {
    match exc::StopIteration.borrowed().call1(value.b()) {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

#[pymethods]
impl AnextAwaitable {
    #[slot(am_await, tp_iter)]
    fn itself(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Ref>> {
        let iterator = self.iterator()?;
        let result = match iterator.class().tp_iternext() {
            Some(function) => function(iterator.b()).into(),
            None => iterator.next(),
        };
        result.map_err(|raised| self.with_default(raised))
    }

    /// send(arg) -> send 'arg' into the wrapped iterator,
    /// return next yielded value or raise StopIteration.
    #[method(text = None, "($self, arg, /)")]
    fn send(&self, arg: Borrowed<'_>) -> PyResult<Ref> {
        self.proxy(object::id!("send"), &[arg])
    }

    /// throw(value)
    /// throw(typ[,val[,tb]])
    ///
    /// raise exception in the wrapped iterator, return next yielded value
    /// or raise StopIteration.
    #[method(text = None, "($self, *args)")]
    fn throw(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        self.proxy(object::id!("throw"), args)
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method(text = None, "($self, /)")]
    fn close(&self) -> PyResult<Ref> {
        self.proxy(object::id!("close"), &[])
    }
}
