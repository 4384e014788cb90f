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
  --packages       twenty large packages from PyPI as well, which are fetched once
  --show           print the first lines in which the descriptions of the file differ (code1 is -O, code2 is -OO)
  --time           measure how long compilation and marshal.dumps of all files take (default: Lib without its tests)
  --taipan PATH    the program to compare (default: target/release/taipan)";

const SCRIPT: &str = include_str!("frontend.py");
/// A process for so many files, so that one that ends the interpreter costs no more than its batch.
const BATCH: usize = 40;

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let (mut taipan, mut show, mut time, mut with_packages, mut roots) = (None, None, false, false, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--taipan" => taipan = rest.next().map(PathBuf::from),
            "--show" => {
                let kinds = ["tree", "code", "code1", "code2"];
                show = rest.next().filter(|kind| kinds.contains(&kind.as_str())).cloned().or(Some("code".into()))
            }
            "--packages" => with_packages = true,
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
    if with_packages {
        roots.push(packages::folder()?);
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
        _ => session.compare(&reference.cpython(), &taipan, &roots, &files),
    };
    fs::remove_dir_all(&session.work)?;
    outcome
}

/// What is compared, with its name for `--show`.
const KINDS: [(&str, &str); 4] = [("tree", "tree"), ("code", "code"), ("code with -O", "code1"), ("code with -OO", "code2")];

/// What came of the files of a folder.
#[derive(Clone, Default)]
struct Totals {
    files: usize,
    /// Code objects of all files, without `-O`.
    codes: usize,
    equal: [usize; KINDS.len()],
}

impl Totals {
    fn add(&mut self, other: &Totals) {
        self.files += other.files;
        self.codes += other.codes;
        self.equal.iter_mut().zip(other.equal).for_each(|(sum, equal)| *sum += equal);
    }

    fn print(&self, name: &str) {
        let equal: Vec<String> = KINDS.iter().zip(self.equal).map(|(kind, equal)| format!("{} {equal}", kind.0)).collect();
        println!("{name}: {} files, {} code objects; equal: {}", self.files, self.codes, equal.join(", "));
    }
}

struct Session {
    script: PathBuf,
    work: PathBuf,
}

impl Session {
    fn compare(&self, cpython: &Path, taipan: &Path, roots: &[PathBuf], files: &[PathBuf]) -> Outcome {
        let mut totals = vec![Totals::default(); roots.len()];
        for (done, batch) in files.chunks(BATCH).enumerate() {
            if done > 0 && done % 10 == 0 {
                println!("{} of {} files", done * BATCH, files.len());
            }
            let expected = self.digest(cpython, batch)?;
            let found = self.digest(taipan, batch)?;
            for file in batch {
                let name = file.display().to_string();
                let Some(total) = roots.iter().position(|root| file.starts_with(root)).and_then(|at| totals.get_mut(at)) else {
                    continue;
                };
                let Some((codes, expected)) = expected.get(&name).and_then(|row| row.split_first()) else {
                    return Err(format!("CPython gives nothing for {name}").into());
                };
                total.files += 1;
                total.codes += codes.parse::<usize>().unwrap_or(0);
                let Some((_, found)) = found.get(&name).and_then(|row| row.split_first()) else {
                    println!("{name}: nothing came back");
                    continue;
                };
                for (index, (kind, equal)) in KINDS.iter().zip(&mut total.equal).enumerate() {
                    if found.get(index) == expected.get(index) {
                        *equal += 1;
                    } else {
                        println!("{name}: differs in {}{}", kind.0, self.functions(cpython, taipan, file, kind.1)?);
                    }
                }
            }
        }
        let mut sum = Totals::default();
        for (root, total) in roots.iter().zip(&totals) {
            total.print(&root.display().to_string());
            sum.add(total);
        }
        if roots.len() > 1 {
            sum.print("in all");
        }
        let (same, all) = (sum.equal.iter().sum::<usize>(), KINDS.len() * files.len());
        println!("{same} passed, {} failed", all - same);
        if same == all { Ok(()) } else { Err("the front ends differ".into()) }
    }

    /// The code objects in which the descriptions of a file differ.
    fn functions(&self, cpython: &Path, taipan: &Path, file: &Path, kind: &str) -> Outcome<String> {
        if kind == "tree" {
            return Ok(String::new());
        }
        let arguments = ["show".as_ref(), file.as_os_str(), kind.as_ref()];
        let (expected, found) = (self.run(cpython, &arguments)?, self.run(taipan, &arguments)?);
        let parts = |text: &str| format!("\n{text}").split("\ncode ").map(str::to_owned).collect::<Vec<_>>();
        let (expected, found) = (parts(&expected), parts(&found));
        let different = expected.iter().zip(&found).filter(|(a, b)| a != b);
        let names: Vec<&str> = different.map(|(part, _)| part.lines().next().unwrap_or_default()).take(8).collect();
        Ok(format!(": {}", names.join(", ")))
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
