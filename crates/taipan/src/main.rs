//! The program `taipan`: command line, the start of the runtime, exit codes.
#![cfg_attr(not(test), no_main)]
#![allow(unsafe_code, reason = "the entry has C's name; the allocator is one")]

mod allocator;
mod arguments;
mod environment;
mod options;

use arguments::Parsed;
use std::os::unix::ffi::OsStringExt;

#[global_allocator]
static ALLOCATOR: allocator::WithReserve = allocator::WithReserve::new();

/// C's entry: Rust's own would open /dev/null where a standard stream is closed, which Python programs are to see, and would handle
/// signals.
#[cfg(not(test))]
#[unsafe(no_mangle)]
pub extern "C" fn main(_count: i32, _values: *const *const u8) -> i32 {
    run()
}

/// Runs the program; the exit code.
#[cfg_attr(test, allow(dead_code, reason = "tests have an entry of their own"))]
fn run() -> i32 {
    host::stack::extend_now();
    if !allocator::works() {
        // Without its own tables the allocator does not survive C's exit either.
        host::standard::tell("taipan: no memory to start with\n");
        host::process::exit_now(1);
    }
    host::loader::give_back_tables();
    let argv: Vec<Vec<u8>> = std::env::args_os().map(OsStringExt::into_vec).collect();
    let mut config = match arguments::parse(&argv) {
        Parsed::Run(config) => *config,
        Parsed::Print(text) => {
            host::standard::show(&text);
            return 0;
        }
        Parsed::Wrong(text) => {
            host::standard::tell(&text);
            return 2;
        }
    };
    environment::start_locale(&mut config);
    if let Err(message) = environment::apply(&mut config).and_then(|()| options::apply(&mut config)) {
        host::tell!("Fatal Python error: {message}\n");
        return 1;
    }
    if config.use_environment && std::env::var_os("PYTHONMALLOC").is_some_and(|kind| kind == "malloc") {
        object::memory::use_libc_malloc();
    }
    if config.use_environment
        && std::env::var_os("PYTHONMALLOC").is_some_and(|kind| DEBUG_ALLOCATORS.iter().any(|name| kind == *name))
    {
        // The layer lies over libc's functions, whichever allocator is named: all objects come through it.
        object::memory::use_libc_malloc();
        object::debug_memory::turn_on(vm::lifecycle::fatal::die);
    }
    capi::link();
    register_modules();
    config.executable = vm::lifecycle::find_executable(&config.program_name);
    // C's exit takes the low byte; a program that was killed by Ctrl-C ends by the signal itself.
    vm::lifecycle::main(config)
}

/// The values of `PYTHONMALLOC` that ask for the debug layer.
const DEBUG_ALLOCATORS: &[&str] = &["debug", "malloc_debug", "pymalloc_debug", "mimalloc_debug"];

/// The native modules of all crates.
fn register_modules() {
    for modules in [
        stdlib_io::MODULES,
        stdlib_os::MODULES,
        stdlib_text::MODULES,
        stdlib_numeric::MODULES,
        stdlib_time::MODULES,
        stdlib_concurrency::MODULES,
        stdlib_interpreters::MODULES,
        stdlib_data::MODULES,
        stdlib_net::MODULES,
        stdlib_crypto::MODULES,
        stdlib_compress::MODULES,
        stdlib_sqlite::MODULES,
        stdlib_ctypes::MODULES,
    ] {
        vm::import::register(modules);
    }
}
