//! The attributes of futures that `Lib/asyncio` looks at.

use super::future::{Future, State, pair_object};
use macros::pymethods;
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, Ref, core, memory, raise};

/// Deleting an attribute that cannot be deleted.
#[cold]
pub fn undeletable(object: Borrowed<'_>, name: &str) -> Raised {
    raise!(AttributeError, "attribute '{name}' of '{}' objects cannot be deleted", object.class().tp_name())
}

#[pymethods(part = ATTRIBUTES)]
impl Future {
    #[getter]
    fn _state(&self) -> PyResult<Ref> {
        self.alive()?;
        text::new(match self.state.get() {
            State::Pending => "PENDING",
            State::Cancelled => "CANCELLED",
            State::Finished => "FINISHED",
        })
    }

    #[getter]
    fn _asyncio_future_blocking(&self) -> bool {
        self.event_loop.is_some() && self.blocking.get()
    }

    #[setter(name = "_asyncio_future_blocking")]
    fn set_blocking(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(undeletable(slf.object(), "_asyncio_future_blocking")) };
        slf.alive()?;
        slf.blocking.set(value.is_true()?);
        Ok(())
    }

    #[getter]
    fn _loop(&self) -> Option<Ref> {
        self.event_loop.get()
    }

    #[getter]
    fn _callbacks(&self) -> PyResult<Ref> {
        self.alive()?;
        let callbacks = self.callbacks.borrow().clone();
        if callbacks.is_empty() {
            return Ok(core::none_ref());
        }
        let mut list = memory::vec_with_capacity(callbacks.len())?;
        for pair in &callbacks {
            list.push(pair_object(pair)?);
        }
        builtins::list::List::from_vec(list).map(Ref::upcast)
    }

    #[getter]
    fn _result(&self) -> PyResult<Option<Ref>> {
        self.alive()?;
        Ok(self.result.get())
    }

    #[getter]
    fn _exception(&self) -> PyResult<Option<Ref>> {
        self.alive()?;
        Ok(self.exception.get())
    }

    #[getter]
    fn _log_traceback(&self) -> PyResult<bool> {
        self.alive()?;
        Ok(self.log_traceback.get())
    }

    #[setter(name = "_log_traceback")]
    fn set_log_traceback(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(undeletable(slf.object(), "_log_traceback")) };
        if value.is_true()? {
            return Err(raise!(ValueError, "_log_traceback can only be set to False"));
        }
        slf.log_traceback.set(false);
        Ok(())
    }

    #[getter]
    fn _source_traceback(&self) -> Option<Ref> {
        self.source_traceback.get()
    }

    #[getter]
    fn _cancel_message(&self) -> Option<Ref> {
        self.cancel_message.get()
    }

    #[setter(name = "_cancel_message")]
    fn set_cancel_message(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(undeletable(slf.object(), "_cancel_message")) };
        slf.cancel_message.set(Some(value.to_ref()));
        Ok(())
    }

    #[getter]
    fn _asyncio_awaited_by(&self) -> PyResult<Ref> {
        let waiters = self.awaited_by.borrow().shown();
        match waiters {
            None => Ok(core::none_ref()),
            Some(waiters) => {
                let list = builtins::list::List::from_vec(waiters)?;
                core::FROZENSET.call1(list.b())
            }
        }
    }
}
