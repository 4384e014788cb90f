//! Whether anybody could see the modules being emptied at the end.
//!
//! Emptying them and collecting what is left takes an eighth of the time of a short program, and the process ends anyway. What a program
//! can see of it is what dying objects do: finalisers (`__del__`, of files, generators and sockets too), callbacks of weak references, the
//! collector's callbacks and reports, and the code of extension modules. Where there is none of these, it is left out.

use super::support;
use abi::{PyObject, tpflags};
use object::{Borrowed, PyResult, Ref, TypeObject, core, gc, id, thread};

/// Whether emptying the modules may do anything that can be seen.
pub(super) fn is_observable() -> bool {
    let interpreter = thread::current().interpreter();
    let collector = &interpreter.gc;
    object::memory::uses_libc_malloc()
        || super::config().is_some_and(|config| config.verbose > 0)
        || collector.debug.get() != 0
        || [&collector.callbacks, &collector.garbage].into_iter().any(|list| holds_something(list.get()))
        || crate::import::dynamic::extensions().any()
        || has_finalisers()
}

fn holds_something(list: Option<Ref>) -> bool {
    list.is_some_and(|list| support::quietly(|| list.len()).is_none_or(|len| len != 0))
}

fn has_finalisers() -> bool {
    // Objects that the collector does not know cannot be asked: their types are.
    let unknown = |class: &TypeObject| !class.has(tpflags::HAVE_GC) && finalises(class);
    if builtins::type_::subclasses::of(&core::OBJECT).iter().any(|class| unknown(class)) {
        return true;
    }
    let streams = streams();
    gc::collect::any(|object| {
        let class = object.class();
        let is_unknown_type =
            class.has(tpflags::TYPE_SUBCLASS) && object.downcast::<TypeObject>().is_some_and(|class| unknown(&class));
        is_unknown_type || finalises(class) && !streams.contains(&object.ptr()) || builtins::weakref::has_callback(object)
    })
}

fn finalises(class: &TypeObject) -> bool {
    class.tp_finalize().is_some() || class.tp_del().is_some()
}

/// The standard streams and what they consist of, where they are native: they are flushed, and their finalisers do nothing more.
fn streams() -> Vec<*mut PyObject> {
    let mut found = Vec::new();
    let mut keep = |object: &Ref| found.push(object.ptr());
    for name in ["__stdin__", "__stdout__", "__stderr__"] {
        let Some(text) = support::quietly(|| crate::sys::get(name)).flatten().filter(|object| is_native(object.b())) else {
            continue;
        };
        keep(&text);
        let Some(buffer) = part(&text, id!("buffer")) else { continue };
        keep(&buffer);
        if let Some(raw) = part(&buffer, id!("raw")) {
            keep(&raw);
        }
    }
    found
}

fn is_native(object: Borrowed<'_>) -> bool {
    !object.class().has(tpflags::HEAPTYPE)
}

fn part(object: &Ref, name: Borrowed<'_>) -> Option<Ref> {
    let found: PyResult<Option<Ref>> = object.getattr_opt(name);
    support::quietly(|| found).flatten().filter(|part| is_native(part.b()))
}
