//! All modules of the crate can be made without an interpreter loop.

use object::thread::{Interpreter, ThreadState};

#[test]
fn modules() {
    builtins::init::install_hooks();
    let state = ThreadState::create(Interpreter::create());
    state.bind();
    state.interpreter().gil.take(state);
    assert!(builtins::init::ready_static_types().is_ok(), "the built-in types");
    for spec in stdlib_net::MODULES {
        if let Err(raised) = builtins::module::create(spec) {
            let exception = raised.take();
            panic!("{:?}: {:?}", spec.name, exception.repr_text().ok());
        }
    }
}
