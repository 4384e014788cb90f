//! `await`, `async for`, `async with`.

use crate::frame::Frame;
use crate::generator;
use object::{PyResult, core, error, raise};

general! {
    GET_AITER => get_aiter;
    GET_ANEXT => get_anext;
    GET_AWAITABLE => get_awaitable;
}

fn get_aiter(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let iterable = frame.pop();
    let class = iterable.class();
    let Some(function) = class.am_aiter() else {
        return Err(raise!(TypeError, "'async for' requires an object with __aiter__ method, got {}", class.tp_name()));
    };
    let iterator = function(iterable.b())?;
    drop(iterable);
    if iterator.class().am_anext().is_none() {
        return Err(raise!(
            TypeError,
            "'async for' received an object from __aiter__ that does not implement __anext__: {}",
            iterator.class().tp_name()
        ));
    }
    frame.push(iterator);
    Ok(())
}

fn get_anext(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let iterator = frame.peek(1).to_ref();
    let class = iterator.class();
    if class.is_type(&core::ASYNC_GENERATOR)
        && let Some(function) = class.am_anext()
    {
        let awaitable = function(iterator.b())?;
        frame.push(awaitable);
        return Ok(());
    }
    let Some(function) = class.am_anext() else {
        return Err(raise!(TypeError, "'async for' requires an iterator with __anext__ method, got {}", class.tp_name()));
    };
    let next = function(iterator.b())?;
    match generator::awaitable_iterator(next.b()) {
        Ok(awaitable) => {
            frame.push(awaitable);
            Ok(())
        }
        Err(raised) => {
            use object::RawField;
            let cause = raised.take();
            let raised = raise!(TypeError, "'async for' received an invalid object from __anext__: {}", next.class().tp_name());
            let exception = raised.take();
            let base = error::base_of(exception.b());
            base.cause.store(Some(cause.clone()));
            base.context.store(Some(cause));
            base.suppress_context.set(1);
            Err(error::restore(exception))
        }
    }
}

fn get_awaitable(frame: &Frame, oparg: u32) -> PyResult<()> {
    let iterable = frame.pop();
    let iterator = match generator::awaitable_iterator(iterable.b()) {
        Ok(iterator) => iterator,
        Err(raised) => {
            let class = iterable.class();
            if class.am_await().is_none() && oparg == 1 {
                raised.clear();
                return Err(raise!(
                    TypeError,
                    "'async with' received an object from __aenter__ that does not implement __await__: {}",
                    class.tp_name()
                ));
            }
            if class.am_await().is_none() && oparg == 2 {
                raised.clear();
                return Err(raise!(
                    TypeError,
                    "'async with' received an object from __aexit__ that does not implement __await__: {}",
                    class.tp_name()
                ));
            }
            return Err(raised);
        }
    };
    drop(iterable);
    if iterator.class().is_type(&core::COROUTINE) && generator::is_awaited(iterator.b()) {
        return Err(raise!(RuntimeError, "coroutine is being awaited already"));
    }
    frame.push(iterator);
    Ok(())
}
