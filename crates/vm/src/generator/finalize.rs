//! What happens when nobody refers to a generator any more.

use super::{Generator, State, coroutine, throw};
use object::{Borrowed, core, error};

/// Closes a generator that dies suspended; a coroutine that was never awaited gets its warning.
pub fn finalize(generator: Borrowed<'_, Generator>) {
    let this = generator.get();
    if this.state.get() == State::Cleared {
        return;
    }
    error::preserving(|| {
        let object = generator.object();
        if object.class().is_type(&core::ASYNC_GENERATOR)
            && let Some(finalizer) = this.origin_or_finalizer.get()
            && !this.closed.get()
        {
            if let Err(raised) = finalizer.call1(object) {
                raised.unraisable(None, Some(finalizer.b()));
            }
            return;
        }
        if object.class().is_type(&core::COROUTINE) && this.state.get() == State::Created {
            coroutine::warn_never_awaited(generator);
            this.state.set(State::Cleared);
            this.frame.clear();
            return;
        }
        if let Err(raised) = throw::close(generator) {
            let shown = error::preserving(|| object.repr_text().unwrap_or_default());
            raised.unraisable(Some(&format!("Exception ignored while closing generator {shown}")), None);
        }
    });
}
