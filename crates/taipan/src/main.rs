//! The program `taipan`: command line, the start of the runtime, exit codes.

mod arguments;
mod environment;
mod options;

use arguments::Parsed;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let argv: Vec<Vec<u8>> = std::env::args_os().map(OsStringExt::into_vec).collect();
    let mut config = match arguments::parse(&argv) {
        Parsed::Run(config) => *config,
        Parsed::Print(text) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Parsed::Wrong(text) => {
            eprint!("{text}");
            return ExitCode::from(2);
        }
    };
    if let Err(message) = environment::apply(&mut config).and_then(|()| options::apply(&mut config)) {
        eprintln!("Fatal Python error: {message}");
        return ExitCode::FAILURE;
    }
    if config.use_environment && std::env::var_os("PYTHONMALLOC").is_some_and(|kind| kind == "malloc" || kind == "malloc_debug") {
        object::memory::use_libc_malloc();
    }
    capi::link();
    register_modules();
    config.executable = vm::lifecycle::find_executable(&config.program_name);
    let code = vm::lifecycle::main(config);
    // C's exit takes the low byte; a program that was killed by Ctrl-C ends by the signal itself.
    ExitCode::from(u8::try_from(code & 0xFF).unwrap_or(1))
}

/// The native modules of all crates.
fn register_modules() {
    for modules in [
        stdlib_io::MODULES,
        stdlib_os::MODULES,
        stdlib_text::MODULES,
        stdlib_numeric::MODULES,
        stdlib_time::MODULES,
        stdlib_concurrency::MODULES,
        stdlib_data::MODULES,
        stdlib_net::MODULES,
        stdlib_crypto::MODULES,
        stdlib_compress::MODULES,
        stdlib_sqlite::MODULES,
    ] {
        vm::import::register(modules);
    }
}
