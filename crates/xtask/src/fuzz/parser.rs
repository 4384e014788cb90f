//! `cargo xtask fuzz --parser`: the example `fuzz` of `compiler`, built and run.

use crate::reference::Reference;
use crate::{Outcome, process};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const PROFILE: &str = "quick";

/// Parses `count` inputs of `seed`, from `first`.
pub fn run(root: &Path, seed: u64, first: u64, count: u64) -> Outcome {
    let mut command = command(&build(root)?, seed, first, count)?;
    let status = command.arg("--keep").arg(root.join("target/fuzz")).status()?;
    if status.success() { Ok(()) } else { Err("some inputs did harm".into()) }
}

/// Writes the inputs to a file, with the fuzzer that [`build`] has built.
pub fn write(fuzzer: &Path, seed: u64, first: u64, count: u64, file: &Path) -> Outcome {
    let mut command = command(fuzzer, seed, first, count)?;
    let folder = file.with_file_name("");
    let end =
        process::run(command.arg("--write").arg(file), &folder.join("stdout"), &folder.join("stderr"), Duration::from_secs(300))?;
    if end.status.success() { Ok(()) } else { Err("the inputs could not be made".into()) }
}

/// The fuzzer with its corpus and what to run.
pub fn command(fuzzer: &Path, seed: u64, first: u64, count: u64) -> Outcome<Command> {
    let mut command = Command::new(fuzzer);
    command.arg(Reference::set_up()?.lib());
    for (option, value) in [("--seed", seed), ("--first", first), ("--count", count)] {
        command.arg(option).arg(value.to_string());
    }
    Ok(command)
}

/// Builds the fuzzer.
pub fn build(root: &Path) -> Outcome<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    build_in(root, &target, "")
}

/// Builds the fuzzer in a target folder, with flags for rustc.
pub fn build_in(root: &Path, target: &Path, flags: &str) -> Outcome<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--profile", PROFILE, "--package", "compiler", "--example", "fuzz"]).current_dir(root);
    cargo.env("CARGO_TARGET_DIR", target);
    if !flags.is_empty() {
        cargo.env("RUSTFLAGS", flags);
    }
    if !cargo.status()?.success() {
        return Err("the fuzzer does not build".into());
    }
    Ok(target.join(PROFILE).join("examples/fuzz"))
}
