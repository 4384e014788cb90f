//! Callbacks come from anywhere: from a call that has let go of the GIL, or from a thread that Python has never seen.

use object::RawField;
use object::thread::{self, ThreadState};

/// Runs `action` with the GIL held, as between C's `PyGILState_Ensure` and `PyGILState_Release`. None where there is no interpreter.
pub fn with_gil<R>(action: impl FnOnce() -> R) -> Option<R> {
    let state = match thread::bound() {
        Some(state) => state,
        None => return with_new_state(action),
    };
    if thread::try_current().is_some_and(|current| std::ptr::eq(current, state)) {
        return Some(action());
    }
    state.interpreter().gil.take(state);
    let counter = &state.raw.gilstate_counter;
    counter.set(counter.get() + 1);
    let result = action();
    counter.set(counter.get() - 1);
    state.interpreter().gil.release(state);
    Some(result)
}

/// A thread that has no state gets one for the time of the call.
fn with_new_state<R>(action: impl FnOnce() -> R) -> Option<R> {
    let state = ThreadState::create(thread::main_interpreter()?);
    state.bind();
    thread::swap_current(std::ptr::null());
    state.raw.gilstate_counter.set(1);
    state.interpreter().gil.take(state);
    let result = action();
    for field in [&state.raw.dict, &state.raw.async_exc, &state.raw.context, &state.raw.current_exception] {
        field.store(None);
    }
    state.unlist();
    thread::unbind();
    state.interpreter().gil.release(state);
    Some(result)
}
