//! `cargo xtask capi --calls` and `--valgrind`: functions of the C API called on CPython and on Taipan, with the same outcome.
//!
//! `tests/capi/calls.py` has calls chosen by hand, `tests/capi/declared.py` those that it makes up from the headers. Both call through
//! `tests/capi/calls.c`.

use crate::Outcome;
use crate::reference::Reference;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the program under test is run.
#[derive(Clone, Copy, PartialEq)]
pub enum Under {
    Nothing,
    /// With every object from the system's allocator; an error ends the run.
    Valgrind,
}

/// Compiles `calls.c` against the reference's headers, runs the scripts on the reference and on `program`, and compares.
pub fn compare(root: &Path, program: &Path, under: Under) -> Outcome {
    let reference = Reference::set_up()?;
    let folder = root.join("target/capi");
    compile(root, &reference, &folder)?;
    let program = fs::canonicalize(program)?;
    let chosen = [root.join("tests/capi/calls.py")];
    let made_up = [root.join("tests/capi/declared.py"), reference.headers()];
    let mut bad = Vec::new();
    let mut called = String::new();
    for arguments in [&chosen[..], &made_up[..]] {
        let expected = run(&reference.cpython(), arguments, &folder, Under::Nothing)?;
        let found = run(&program, arguments, &folder, under)?;
        let (calls, different) = differences(&expected.output, &found.output);
        println!("{}: {calls} calls, {different} different", arguments.first().map_or("", |path| path.to_str().unwrap_or("")));
        if different > 0 || !found.good {
            bad.push(format!("{different} calls differ; {}", found.end));
        }
        called.push_str(&found.output);
    }
    report_called(root, &folder, &called)?;
    if bad.is_empty() { Ok(()) } else { Err(bad.join("\n").into()) }
}

fn compile(root: &Path, reference: &Reference, folder: &Path) -> Outcome {
    let headers = reference.headers();
    // `pyconfig.h` includes `<x86_64-linux-gnu/…>`; the reference's other headers are those of its own C library, not to be mixed in.
    let machine = folder.join("include/x86_64-linux-gnu");
    fs::create_dir_all(folder.join("include"))?;
    let _ = fs::remove_file(&machine);
    std::os::unix::fs::symlink(headers.join("../x86_64-linux-gnu"), &machine)?;
    let mut compiler = Command::new("gcc");
    compiler.args(["-shared", "-fPIC", "-O1", "-g", "-Wall", "-o"]).arg(folder.join("capicalls.so"));
    compiler.arg("-I").arg(&headers).arg("-I").arg(folder.join("include"));
    if compiler.arg(root.join("tests/capi/calls.c")).status()?.success() {
        Ok(())
    } else {
        Err("calls.c does not compile".into())
    }
}

/// What came of a script.
struct Run {
    output: String,
    good: bool,
    /// How it ended, and what it printed to stderr.
    end: String,
}

fn run(program: &Path, arguments: &[PathBuf], folder: &Path, under: Under) -> Outcome<Run> {
    let mut command = Command::new(if under == Under::Valgrind { Path::new("valgrind") } else { program });
    if under == Under::Valgrind {
        command.args(["-q", "--error-exitcode=99", "--num-callers=20"]).arg(program).env("PYTHONMALLOC", "malloc");
    }
    command.args(arguments).env("PYTHONPATH", folder).env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output()?;
    Ok(Run {
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        good: output.status.success(),
        end: format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr)),
    })
}

/// The lines of an output by the function that they begin with, in order.
fn by_function(output: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in output.lines() {
        let end = line.find(|character: char| !(character.is_alphanumeric() || character == '_')).unwrap_or(line.len());
        lines.entry(line.get(..end).unwrap_or_default()).or_default().push(line);
    }
    lines
}

/// How many calls there are and how many differ, which are printed. What CPython did not survive is not compared, nor what comes behind it.
fn differences(expected: &str, found: &str) -> (usize, usize) {
    let found = by_function(found);
    let (mut calls, mut different) = (0, 0);
    for (function, expected) in by_function(expected) {
        let found = found.get(function).map(Vec::as_slice).unwrap_or_default();
        let alive = expected.iter().take_while(|line| !line.contains(" died: "));
        for (index, line) in alive.enumerate() {
            calls += 1;
            let other = found.get(index).copied().unwrap_or("nothing");
            if without_addresses(line) != without_addresses(other) {
                different += 1;
                println!("CPython: {line}\n  found: {other}");
            }
        }
    }
    (calls, different)
}

/// A line with `0x…` in the place of each address.
fn without_addresses(line: &str) -> String {
    let mut parts = line.split(" at 0x");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(" at 0x");
        text.push_str(part.trim_start_matches(|character: char| character.is_ascii_hexdigit()));
    }
    text
}

/// Prints how many of the written functions were called, and writes the names of the others to `uncalled.txt`.
fn report_called(root: &Path, folder: &Path, output: &str) -> Outcome {
    let source = fs::read_to_string(root.join("tests/capi/calls.c"))?;
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|character: char| !(character.is_alphanumeric() || character == '_')).map(str::to_owned).collect()
    };
    let mut called = words(&source);
    called.extend(output.lines().filter_map(|line| line.split_once('(')).map(|(name, _)| name.to_owned()));
    let written = super::written(root)?;
    let uncalled: Vec<&str> = written.iter().map(String::as_str).filter(|name| !called.contains(*name)).collect();
    fs::write(folder.join("uncalled.txt"), uncalled.join("\n"))?;
    println!(
        "{} functions written, {} called; the others: {}",
        written.len(),
        written.len() - uncalled.len(),
        folder.join("uncalled.txt").display()
    );
    Ok(())
}
