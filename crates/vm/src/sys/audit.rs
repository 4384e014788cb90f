//! Audit hooks: `sys.audit`, `sys.addaudithook`, and the events that native code raises.

use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, exc, thread};
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};

/// The hooks of one interpreter, in the order in which they were added.
#[derive(Default)]
pub(super) struct Hooks(RefCell<Vec<Ref>>);

fn hooks() -> &'static Hooks {
    thread::current().interpreter().extensions.get::<Hooks>()
}

/// Whether any interpreter has had a hook: until then nobody needs to ask.
static EVER: AtomicBool = AtomicBool::new(false);

/// Whether any hook is there.
#[inline]
pub fn active() -> bool {
    EVER.load(Ordering::Relaxed) && !hooks().0.borrow().is_empty()
}

/// Raises an event; the arguments are made only if somebody listens.
#[inline]
pub fn audit(event: &str, arguments: impl FnOnce() -> PyResult<Vec<Ref>>) -> PyResult<()> {
    if !active() {
        return Ok(());
    }
    let event = text::new(event)?;
    run(event.b(), tuple::from_vec(arguments()?)?.b())
}

/// Calls the hooks with an event and its tuple of arguments.
pub fn run(event: Borrowed<'_>, arguments: Borrowed<'_>) -> PyResult<()> {
    let current = hooks().0.borrow().clone();
    for hook in current {
        hook.call(&[event, arguments])?;
    }
    Ok(())
}

/// `sys.addaudithook`: an earlier hook may refuse it with an exception of class Exception (RuntimeError by custom), silently.
pub(super) fn add(hook: Borrowed<'_>) -> PyResult<()> {
    if let Err(raised) = audit("sys.addaudithook", || Ok(vec![])) {
        return raised.clear_if(&exc::Exception);
    }
    EVER.store(true, Ordering::Relaxed);
    hooks().0.borrow_mut().push(hook.to_ref());
    Ok(())
}
