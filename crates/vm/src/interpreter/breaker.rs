//! What the eval breaker asks for.

use object::thread::{ThreadState, breaker};
use object::{PyResult, RawField, error, hooks};

/// Does what the bits ask for: signals and pending calls, a collection, the GIL, an asynchronous exception.
#[cold]
#[inline(never)]
pub(crate) fn handle(thread: &ThreadState) -> PyResult<()> {
    let bits = thread.raw.eval_breaker.get();
    if bits & (breaker::SIGNALS | breaker::CALLS | breaker::GIL_DROP_REQUEST) != 0
        && let Some(hooks) = hooks::vm()
    {
        (hooks.run_pending)()?;
    }
    if bits & breaker::GC != 0 {
        thread.clear_eval_breaker(breaker::GC);
        crate::support::collect_garbage(thread);
    }
    if bits & breaker::ASYNC_EXCEPTION != 0 {
        thread.clear_eval_breaker(breaker::ASYNC_EXCEPTION);
        if let Some(exception) = thread.raw.async_exc.swap_ref(None) {
            let class = exception.b().downcast::<object::TypeObject>();
            return Err(match class {
                Some(class) => error::raise_none(class.get()),
                None => error::raise_exception(exception),
            });
        }
    }
    Ok(())
}
