//! `cargo xtask differential`: the front end against CPython's. For every file of `Lib`, its tests included, the tree with
//! all positions and every field of every code object are equal, or the SyntaxError is.

use crate::process;
use crate::reference::Reference;
use crate::{Outcome, project_root};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const USAGE: &str = "usage: cargo xtask differential [--taipan PATH] [--show tree|code] [FILE|FOLDER]…
  FILE, FOLDER     what to compile (default: the whole of CPython's Lib, with its tests)
  --show           print the first lines in which the descriptions of the file differ
  --taipan PATH    the program to compare (default: target/release/taipan)";

const SCRIPT: &str = include_str!("frontend.py");
/// A process for so many files, so that one that ends the interpreter costs no more than its batch.
const BATCH: usize = 40;

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let (mut taipan, mut show, mut roots) = (None, None, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--taipan" => taipan = rest.next().map(PathBuf::from),
            "--show" => {
                show = rest.next().filter(|kind| matches!(kind.as_str(), "tree" | "code")).cloned().or(Some("code".into()))
            }
            option if option.starts_with('-') => return Err(USAGE.into()),
            path => roots.push(fs::canonicalize(path).map_err(|e| format!("{path}: {e}"))?),
        }
    }
    let reference = Reference::set_up()?;
    let taipan = match taipan {
        Some(path) => fs::canonicalize(&path).map_err(|e| format!("{}: {e}", path.display()))?,
        None => process::taipan_path(&project_root()?, "release"),
    };
    if roots.is_empty() {
        roots.push(fs::canonicalize(reference.lib())?);
    }
    let mut files = Vec::new();
    roots.iter().try_for_each(|root| python_files(root, &mut files))?;
    files.sort();

    let work = std::env::temp_dir().join(format!("taipan-differential-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let script = work.join("frontend.py");
    fs::write(&script, SCRIPT)?;
    let session = Session { script, work };
    let outcome = match (show, files.first()) {
        (Some(kind), Some(file)) => session.show(&reference.cpython(), &taipan, file, &kind),
        _ => session.compare(&reference.cpython(), &taipan, &files),
    };
    fs::remove_dir_all(&session.work)?;
    outcome
}

struct Session {
    script: PathBuf,
    work: PathBuf,
}

impl Session {
    fn compare(&self, cpython: &Path, taipan: &Path, files: &[PathBuf]) -> Outcome {
        let (mut trees, mut codes) = (0, 0);
        for batch in files.chunks(BATCH) {
            let expected = self.digest(cpython, batch)?;
            let found = self.digest(taipan, batch)?;
            for file in batch {
                let name = file.display().to_string();
                let Some((tree, code)) = expected.get(&name) else {
                    return Err(format!("CPython gives nothing for {name}").into());
                };
                let verdict = match found.get(&name) {
                    None => "nothing came back",
                    Some((t, c)) => {
                        trees += usize::from(t == tree);
                        codes += usize::from(c == code);
                        match (t == tree, c == code) {
                            (true, true) => continue,
                            (false, true) => "tree differs",
                            (true, false) => "code differs",
                            (false, false) => "tree and code differ",
                        }
                    }
                };
                println!("{name}: {verdict}");
            }
        }
        println!("{trees} of {} trees and {codes} of {} codes are equal", files.len(), files.len());
        let same = trees + codes;
        println!("{same} passed, {} failed", 2 * files.len() - same);
        if same == 2 * files.len() { Ok(()) } else { Err("the front ends differ".into()) }
    }

    /// Digest of tree and of code, by path.
    fn digest(&self, program: &Path, files: &[PathBuf]) -> Outcome<BTreeMap<String, (String, String)>> {
        let list = self.work.join("list");
        fs::write(&list, files.iter().map(|f| format!("{}\n", f.display())).collect::<String>())?;
        let text = self.run(program, &["digest".as_ref(), list.as_os_str()])?;
        let row = |line: &str| {
            let mut words = line.split('\t').map(str::to_owned);
            Some((words.next()?, (words.next()?, words.next()?)))
        };
        Ok(text.lines().filter_map(row).collect())
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
