//! `cargo xtask capi --calls` and `--valgrind`: functions of the C API called on CPython and on Taipan, with the same outcome.
//!
//! `tests/capi/calls.py` has calls chosen by hand, `tests/capi/declared.py` those that it makes up from the headers, both through `tests/capi/calls.c`;
//! `tests/capi/scenarios_*.c` are calls that want C's own structs, addresses, callbacks or an order.

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

/// How many functions a run under valgrind calls, and how many times each: a run ends in some minutes, also on a busy machine.
const BATCH: usize = 40;
const CALLS: &str = "12";

/// Compiles the C files against the reference's headers, runs the scripts on the reference and on `program`, and compares.
pub fn compare(root: &Path, program: &Path, under: Under) -> Outcome {
    let reference = Reference::set_up()?;
    let folder = root.join("target/capi");
    let sources = sources(root)?;
    compile(&sources, &reference, &folder)?;
    let program = fs::canonicalize(program)?;
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let script = |name: &str| text(root.join("tests/capi").join(name));
    let made_up = [script("declared.py"), text(reference.headers())];
    let mut runs = vec![vec![script("calls.py")], vec![script("scenarios.py")]];
    if under == Under::Valgrind {
        let list = run(&reference.cpython(), &[&made_up[..], &["--list".to_owned()]].concat(), &folder, Under::Nothing, false)?;
        // A function that CPython does not survive with some arguments is called in the plain run alone: in children, one after the other.
        let all = run(&reference.cpython(), &made_up, &folder, Under::Nothing, true)?;
        let fatal: BTreeSet<&str> =
            all.output.lines().filter_map(|line| line.split_once(" died: ")).map(|(name, _)| name).collect();
        let names: Vec<&str> = list.output.lines().filter(|name| !fatal.contains(name)).collect();
        runs.extend(names.chunks(BATCH).map(|batch| {
            let batch = batch.iter().map(|name| (*name).to_owned());
            made_up.iter().cloned().chain(batch).collect()
        }));
    } else {
        runs.push(made_up.to_vec());
    }
    let mut bad = Vec::new();
    let mut called = String::new();
    for arguments in &runs {
        // A batch has as few calls on both.
        let few = under == Under::Valgrind;
        let expected = run(&reference.cpython(), arguments, &folder, Under::Nothing, few)?;
        let found = run(&program, arguments, &folder, under, few)?;
        let (calls, different) = differences(&expected.output, &found.output);
        let what = arguments.get(2).or(arguments.first()).map_or("", String::as_str);
        println!("{what}: {calls} calls, {different} different");
        if different > 0 || !found.good {
            println!("{}", found.end);
            bad.push(format!("{what}: {different} calls differ"));
        }
        called.push_str(&found.output);
    }
    report_called(root, &sources, &folder, &called)?;
    if bad.is_empty() { Ok(()) } else { Err(bad.join("\n").into()) }
}

/// The C files of the tests.
fn sources(root: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(root.join("tests/capi"))?.flatten().map(|entry| entry.path());
    Ok(entries.filter(|path| path.extension().is_some_and(|extension| extension == "c")).collect())
}

/// Two modules: `capicalls` of `calls.c`, `capiscenarios` of the others.
fn compile(sources: &[PathBuf], reference: &Reference, folder: &Path) -> Outcome {
    let headers = reference.headers();
    // `pyconfig.h` includes `<x86_64-linux-gnu/…>`; the reference's other headers are those of its own C library, not to be mixed in.
    let machine = folder.join("include/x86_64-linux-gnu");
    fs::create_dir_all(folder.join("include"))?;
    let _ = fs::remove_file(&machine);
    std::os::unix::fs::symlink(headers.join("../x86_64-linux-gnu"), &machine)?;
    let (alone, together): (Vec<&PathBuf>, Vec<&PathBuf>) = sources.iter().partition(|path| path.ends_with("calls.c"));
    for (module, files) in [("capicalls.so", alone), ("capiscenarios.so", together)] {
        let mut compiler = Command::new("gcc");
        compiler.args(["-shared", "-fPIC", "-O1", "-g", "-Wall", "-Wno-deprecated-declarations", "-o"]).arg(folder.join(module));
        compiler.arg("-I").arg(&headers).arg("-I").arg(folder.join("include"));
        if !compiler.args(files).status()?.success() {
            return Err(format!("{module} does not compile").into());
        }
    }
    Ok(())
}

/// What came of a script.
struct Run {
    output: String,
    good: bool,
    /// How it ended, and what it printed to stderr.
    end: String,
}

fn run(program: &Path, arguments: &[String], folder: &Path, under: Under, few: bool) -> Outcome<Run> {
    let mut command = Command::new(if under == Under::Valgrind { Path::new("valgrind") } else { program });
    if under == Under::Valgrind {
        command.args(["-q", "--error-exitcode=99", "--num-callers=20"]).arg(program).env("PYTHONMALLOC", "malloc");
        command.env("CAPI_SECONDS", "900").env("CAPI_TOGETHER", "1");
    }
    if few {
        command.env("CAPI_CALLS", CALLS);
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

/// Prints how many of the written functions were called, and writes the names of the others to `uncalled.txt`. Those of `not_called.tsv` cannot be,
/// for the reason that stands there.
fn report_called(root: &Path, sources: &[PathBuf], folder: &Path, output: &str) -> Outcome {
    let mut called = BTreeSet::new();
    for source in sources {
        let text = fs::read_to_string(source)?;
        called.extend(text.split(|character: char| !(character.is_alphanumeric() || character == '_')).map(str::to_owned));
    }
    called.extend(output.lines().filter_map(|line| line.split_once('(')).map(|(name, _)| name.to_owned()));
    let reasons = fs::read_to_string(root.join("tests/capi/not_called.tsv"))?;
    let excused: BTreeSet<&str> = reasons.lines().filter_map(|line| line.split_once('\t')).map(|(name, _)| name).collect();
    let written = super::written(root)?;
    let uncalled: Vec<&str> = written.iter().map(String::as_str).filter(|name| !called.contains(*name)).collect();
    let (listed, left): (Vec<&str>, Vec<&str>) = uncalled.iter().partition(|name| excused.contains(*name));
    fs::write(folder.join("uncalled.txt"), left.join("\n"))?;
    println!(
        "{} functions written, {} called, {} not for a reason; the others: {}",
        written.len(),
        written.len() - uncalled.len(),
        listed.len(),
        folder.join("uncalled.txt").display()
    );
    Ok(())
}
