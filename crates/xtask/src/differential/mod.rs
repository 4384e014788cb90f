//! `cargo xtask differential`: the front end against CPython's. For every file of `Lib`, its tests included, the tree with
//! all positions and every field of every code object are equal, or the SyntaxError is.

mod packages;
mod speed;

use crate::process;
use crate::reference::Reference;
use crate::{Outcome, project_root};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const USAGE: &str =
    "usage: cargo xtask differential [--taipan PATH] [--show tree|code|code1|code2] [--packages] [--time] [FILE|FOLDER]…
  FILE, FOLDER     what to compile (default: the whole of CPython's Lib, with its tests)
  --packages       twenty large packages from PyPI, which are fetched once
  --show           print the first lines in which the descriptions of the file differ (code1 is -O, code2 is -OO)
  --time           measure how long compilation and marshal.dumps of all files take (default: Lib without its tests)
  --taipan PATH    the program to compare (default: target/release/taipan)";

const SCRIPT: &str = include_str!("frontend.py");
/// A process for so many files, so that one that ends the interpreter costs no more than its batch.
const BATCH: usize = 40;

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let (mut taipan, mut show, mut time, mut roots) = (None, None, false, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--taipan" => taipan = rest.next().map(PathBuf::from),
            "--show" => {
                let kinds = ["tree", "code", "code1", "code2"];
                show = rest.next().filter(|kind| kinds.contains(&kind.as_str())).cloned().or(Some("code".into()))
            }
            "--packages" => roots.push(packages::folder()?),
            "--time" => time = true,
            option if option.starts_with('-') => return Err(USAGE.into()),
            path => roots.push(fs::canonicalize(path).map_err(|e| format!("{path}: {e}"))?),
        }
    }
    let reference = Reference::set_up()?;
    let taipan = match taipan {
        Some(path) => fs::canonicalize(&path).map_err(|e| format!("{}: {e}", path.display()))?,
        None => process::taipan_path(&project_root()?, "release"),
    };
    let mut files = Vec::new();
    let whole_lib = roots.is_empty();
    if whole_lib {
        roots.push(fs::canonicalize(reference.lib())?);
    }
    roots.iter().try_for_each(|root| python_files(root, &mut files))?;
    files.sort();

    let work = std::env::temp_dir().join(format!("taipan-differential-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let script = work.join("frontend.py");
    fs::write(&script, SCRIPT)?;
    let session = Session { script, work };
    if time && whole_lib {
        files.retain(|file| !file.components().any(|part| part.as_os_str() == "test"));
    }
    let outcome = match (show, files.first()) {
        _ if time => session.time(&reference.cpython(), &taipan, &files),
        (Some(kind), Some(file)) => session.show(&reference.cpython(), &taipan, file, &kind),
        _ => session.compare(&reference.cpython(), &taipan, &files),
    };
    fs::remove_dir_all(&session.work)?;
    outcome
}

/// What is compared.
const KINDS: [&str; 4] = ["tree", "code", "code with -O", "code with -OO"];

struct Session {
    script: PathBuf,
    work: PathBuf,
}

impl Session {
    fn compare(&self, cpython: &Path, taipan: &Path, files: &[PathBuf]) -> Outcome {
        let mut equal = [0; KINDS.len()];
        for batch in files.chunks(BATCH) {
            let expected = self.digest(cpython, batch)?;
            let found = self.digest(taipan, batch)?;
            for file in batch {
                let name = file.display().to_string();
                let Some(expected) = expected.get(&name) else {
                    return Err(format!("CPython gives nothing for {name}").into());
                };
                let Some(found) = found.get(&name) else {
                    println!("{name}: nothing came back");
                    continue;
                };
                let mut different = Vec::new();
                for (index, kind) in KINDS.iter().enumerate() {
                    if found.get(index) == expected.get(index) {
                        equal[index] += 1;
                    } else {
                        different.push(*kind);
                    }
                }
                if !different.is_empty() {
                    println!("{name}: differs in {}", different.join(", "));
                }
            }
        }
        for (kind, equal) in KINDS.iter().zip(equal) {
            println!("{kind}: {equal} of {} are equal", files.len());
        }
        let (same, all) = (equal.iter().sum::<usize>(), KINDS.len() * files.len());
        println!("{same} passed, {} failed", all - same);
        if same == all { Ok(()) } else { Err("the front ends differ".into()) }
    }

    /// Digests of tree and codes, by path.
    fn digest(&self, program: &Path, files: &[PathBuf]) -> Outcome<BTreeMap<String, Vec<String>>> {
        let list = self.list(files)?;
        let text = self.run(program, &["digest".as_ref(), list.as_os_str()])?;
        let row = |line: &str| {
            let mut words = line.split('\t').map(str::to_owned);
            Some((words.next()?, words.collect()))
        };
        Ok(text.lines().filter_map(row).collect())
    }

    /// A file that names these files.
    fn list(&self, files: &[PathBuf]) -> Outcome<PathBuf> {
        let list = self.work.join("list");
        fs::write(&list, files.iter().map(|f| format!("{}\n", f.display())).collect::<String>())?;
        Ok(list)
    }

    fn show(&self, cpython: &Path, taipan: &Path, file: &Path, kind: &str) -> Outcome {
        let arguments = ["show".as_ref(), file.as_os_str(), kind.as_ref()];
        let (expected, found) = (self.run(cpython, &arguments)?, self.run(taipan, &arguments)?);
        let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
        let Some(at) = (0..expected.len().max(found.len())).find(|&n| expected.get(n) != found.get(n)) else {
            println!("{}: no difference", file.display());
            return Ok(());
        };
        let window = at.saturating_sub(12);
        for (name, lines) in [("CPython", &expected), ("Taipan", &found)] {
            println!("{name}, from line {}:", window + 1);
            for (number, line) in lines.iter().enumerate().skip(window).take(25) {
                println!("{}{line}", if number == at { "> " } else { "  " });
            }
        }
        Ok(())
    }

    fn run(&self, program: &Path, arguments: &[&std::ffi::OsStr]) -> Outcome<String> {
        let (stdout, stderr) = (self.work.join("stdout"), self.work.join("stderr"));
        let mut command = Command::new(program);
        // Warnings are another matter; they would only slow this down.
        command.args(["-W", "ignore"]).arg(&self.script).args(arguments);
        process::clean_environment(&mut command);
        command.env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "1");
        let end = process::run(&mut command, &stdout, &stderr, Duration::from_secs(300))?;
        if let Some(complaint) = end.complaint().or_else(|| (!end.status.success()).then(|| "failed".to_owned())) {
            let errors = String::from_utf8_lossy(&fs::read(&stderr)?).into_owned();
            println!("{}: {complaint}: {}", program.display(), errors.trim_end().lines().next_back().unwrap_or_default());
        }
        Ok(String::from_utf8_lossy(&fs::read(&stdout)?).into_owned())
    }
}

fn python_files(path: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?.path();
        let wanted = if entry.is_dir() { !entry.ends_with("__pycache__") } else { entry.extension().is_some_and(|e| e == "py") };
        // Not what a link to nowhere names.
        if wanted && entry.exists() {
            python_files(&entry, files)?;
        }
    }
    Ok(())
}
