//! Objects of one interpreter that the types share.

use super::delta::Delta;
use super::zone::Timezone;
use builtins::object_::reduce::import;
use object::{OptRef, PyResult, Ref, error, id, thread};

/// The shared objects.
#[derive(Default)]
pub struct State {
    pub utc: OptRef<Timezone>,
}

fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

/// `timezone.utc`.
pub fn utc() -> PyResult<Ref<Timezone>> {
    if let Some(utc) = state().utc.get() {
        return Ok(utc);
    }
    let offset = Delta::create(0, 0, 0)?;
    let utc = Timezone::create(offset, None)?;
    utc.b().make_immortal();
    state().utc.set(Some(utc.clone()));
    Ok(utc)
}

/// Module `time`.
pub fn time_module() -> PyResult<Ref> {
    import(id!("time"))
}

/// The class `_strptime` names `function`.
pub fn strptime() -> PyResult<Ref> {
    import(id!("_strptime"))
}

/// What must not happen: a class gave an instance of something else.
pub fn wrong_class() -> object::Raised {
    error::bad_internal_call()
}
