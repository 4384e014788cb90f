//! `atexit`: functions that run when the interpreter ends.

use object::{Ref, thread};
use std::cell::RefCell;

/// A registered function with its arguments.
#[derive(Clone)]
struct Entry {
    function: Ref,
    args: Ref,
    kwargs: Option<Ref>,
}

/// The functions, in the order of their registration. An unregistered one leaves a gap: others may be under way.
#[derive(Default)]
struct Registry(RefCell<Vec<Option<Entry>>>);

fn registry() -> &'static Registry {
    thread::current().interpreter().extensions.get::<Registry>()
}

fn run() {
    loop {
        let entry = registry().0.borrow_mut().pop();
        match entry {
            None => break,
            Some(None) => {}
            Some(Some(entry)) => {
                if let Err(raised) = entry.function.call_tuple(entry.args.b(), entry.kwargs.as_ref().map(Ref::b)) {
                    raised.unraisable_of("Exception ignored in atexit callback", entry.function.b());
                }
            }
        }
    }
}

/// allow programmer to define multiple exit functions to be executed
/// upon normal program termination.
///
/// Two public functions, register and unregister, are defined.
#[macros::pymodule(name = "atexit")]
pub mod module {
    use super::{Entry, registry};
    use object::value::tuple;
    use object::{Borrowed, KwArgs, PyResult, Ref, memory, raise};

    /// Register a function to be executed upon normal program termination
    ///
    /// func - function to be called at exit
    /// args - optional arguments to pass to func
    /// kwargs - optional keyword arguments to pass to func
    ///
    /// func is returned to facilitate usage as a decorator.
    #[pyfunction("($module, /, *args, **kwargs)")]
    fn register(args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let Some((function, rest)) = args.split_first() else {
            return Err(raise!(TypeError, "register() takes at least 1 argument (0 given)"));
        };
        if !function.is_callable() {
            return Err(raise!(TypeError, "the first argument must be callable"));
        }
        let kwargs = if kwargs.is_empty() { None } else { Some(kwargs.to_dict()?) };
        let entry = Entry { function: function.to_ref(), args: tuple::from_slice(rest)?, kwargs };
        let mut entries = registry().0.borrow_mut();
        memory::reserve(&mut entries, 1)?;
        entries.push(Some(entry));
        Ok(function.to_ref())
    }

    /// Unregister an exit function which was previously registered using
    /// atexit.register
    ///
    ///     func - function to be unregistered
    #[pyfunction("($module, func, /)")]
    fn unregister(func: Borrowed<'_>) -> PyResult<()> {
        let count = registry().0.borrow().len();
        for index in (0..count).rev() {
            let entry = registry().0.borrow().get(index).cloned().flatten();
            let Some(entry) = entry else { continue };
            if func.eq(entry.function.b())? {
                let removed = registry().0.borrow_mut().get_mut(index).and_then(Option::take);
                drop(removed);
            }
        }
        Ok(())
    }

    /// Clear the list of previously registered exit functions.
    #[pyfunction("($module, /)")]
    fn _clear() {
        let entries = registry().0.take();
        drop(entries);
    }

    /// Run all registered exit functions.
    ///
    /// If a callback raises an exception, it is logged with sys.unraisablehook.
    #[pyfunction("($module, /)")]
    fn _run_exitfuncs() {
        super::run();
    }

    /// Return the number of registered exit functions.
    #[pyfunction("($module, /)")]
    fn _ncallbacks() -> usize {
        registry().0.borrow().iter().flatten().count()
    }
}
