//! Fatal errors: a report of where the process stands, and its end.

use crate::sys;
use builtins::module::Module;
use host::fault;
use object::thread::{ThreadState, try_current};
use object::value::str as text;
use object::{PyResult, Ref, hooks};

/// Reports "Fatal Python error" with the frames of the calling thread and the extension modules that are loaded, and aborts. The reports of faulthandler stay
/// out: this is one already.
pub fn die(function: &str, message: &str) -> ! {
    let function = if function.is_empty() { String::new() } else { format!("{function}: ") };
    tell(&format!("Fatal Python error: {function}{message}\nPython runtime state: initialized\n\n"));
    match try_current() {
        Some(thread) => {
            frames(thread);
            extension_modules();
        }
        None => {
            // The thread has let go of the GIL: its state is in the list.
            if let Some(main) = object::interpreters::find(0) {
                let own = fault::this_thread();
                main.peek_threads(|state| {
                    if state.raw.thread_id.get() == own {
                        frames(state);
                    }
                });
            }
        }
    }
    fault::disable();
    std::process::abort()
}

fn tell(text: &str) {
    fault::write(2, text.as_bytes());
}

fn frames(thread: &ThreadState) {
    let (name, len) = fault::thread_name(thread.raw.native_thread_id.get());
    let name = String::from_utf8_lossy(name.get(..len).unwrap_or_default());
    let name = if name.is_empty() { String::new() } else { format!(" [{name}]") };
    tell(&format!("Current thread 0x{:016x}{name} (most recent call first):\n", thread.raw.thread_id.get()));
    hooks::dump_frames(thread, &mut |bytes| fault::write(2, bytes));
    tell("\n");
}

/// The modules that are not written in Python and not of the standard library. What goes wrong here is not told: the process is about to end.
fn extension_modules() {
    object::error::preserving(|| match names() {
        Ok(names) if !names.is_empty() => tell(&format!("Extension modules: {} (total: {})\n", names.join(", "), names.len())),
        Ok(_) => {}
        Err(raised) => raised.clear(),
    });
}

fn names() -> PyResult<Vec<String>> {
    let Some(modules) = sys::get("modules")? else { return Ok(Vec::new()) };
    let (standard, native) = (sys::get("stdlib_module_names")?, sys::get("builtin_module_names")?);
    let holds = |names: &Option<Ref>, name: &Ref| names.as_ref().map_or(Ok(false), |names| names.contains(name.b()));
    let mut found = Vec::new();
    for (name, module) in builtins::type_::dicts::items(modules.b())? {
        if !text::check(name.b()) || holds(&standard, &name)? {
            continue;
        }
        let is_foreign = module.b().downcast::<Module>().is_some_and(|module| !module.definition.get().is_null());
        if is_foreign || holds(&native, &name)? {
            found.push(text::to_string_lossy(name.b()));
        }
    }
    Ok(found)
}
