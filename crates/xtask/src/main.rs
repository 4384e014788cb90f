//! `cargo xtask`: everything that a developer of Taipan runs beside cargo itself.

mod assembly;
mod bench;
mod capi;
mod conformance;
mod differential;
mod fuzz;
mod instructions;
mod order;
mod pgo;
mod process;
mod reference;
mod robust;
mod scripts;
mod startup;
mod test;
mod wheels;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND
  test           check everything: formatting, unit tests, examples, language scripts, a slice of conformance
  reference      set up CPython 3.14 (with its tests) and PyPy to compare with
  conformance    run CPython's regression tests on Taipan
  differential   compare the front end with CPython's over the whole library
  fuzz           compare what random programs print with what CPython prints
  robust         run tests/robust/ on one interpreter: nothing may end it by a signal
  scripts        run examples and language scripts on one interpreter
  capi           list the C API's names that are not written yet
  wheels         import compiled wheels from PyPI and run their own tests
  instructions   count the machine instructions of single statements, ours and CPython's
  order          list the functions that run at start, for the linker to put side by side
  pgo            make a release build after the counts of a training run
  bench          time pyperformance's programs on Taipan, CPython and PyPy
  startup        time short programs on Taipan and CPython, and their peak memory";

/// The result of a command: the error is a message for people.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("", arguments.as_slice()),
    };
    let outcome = match command {
        "test" => test::run(rest),
        "robust" => robust::command(rest),
        "scripts" => scripts::run(rest),
        "reference" => reference::run(),
        "differential" => differential::run(rest),
        "fuzz" => fuzz::run(rest),
        "bench" => bench::run(rest),
        "instructions" => instructions::run(rest),
        "order" => order::run(rest),
        "pgo" => pgo::run(rest),
        "startup" => startup::run(rest),
        "capi" => capi::run(rest),
        "wheels" => wheels::run(rest),
        "conformance" => conformance::run(rest),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
pub fn project_root() -> Outcome<PathBuf> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("run this as `cargo xtask`")?;
    Ok(std::fs::canonicalize(PathBuf::from(here).join("../.."))?)
}
