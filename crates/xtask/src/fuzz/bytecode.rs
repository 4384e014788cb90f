//! `cargo xtask fuzz --bytecode` and `--pyc`: damaged code objects and files of them, each of them called, in processes of their own. No mutant may end its process.

use crate::{Outcome, process};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const MUTATOR: &str = include_str!("mutate.py");
const PYC: &str = include_str!("pyc.py");
/// Mutants in one process.
const BATCH: u64 = 200;
/// Each call of a mutant may take a tenth of a second.
const LIMIT: Duration = Duration::from_secs(600);

/// What ends a mutant that catches everything and never ends (`mutate.py`).
const SIGPROF: i32 = 27;

/// How the mutants come into the interpreter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As code objects, from `replace` and `marshal`.
    Objects,
    /// As `.pyc` files, through the importer.
    Files,
}

/// Runs `count` mutants of `seed`, from `first`.
pub fn run(taipan: &Path, way: Way, seed: u64, first: u64, count: u64) -> Outcome {
    let work = std::env::temp_dir().join(format!("taipan-mutants-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    fs::write(work.join("mutate.py"), MUTATOR)?;
    fs::write(work.join("pyc.py"), PYC)?;
    let script = work.join(if way == Way::Files { "pyc.py" } else { "mutate.py" });
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    let mut bad = 0;
    let mut next = first;
    let last = first + count;
    while next < last {
        let end = (next + BATCH).min(last);
        let (stdout, stderr) = (work.join("out"), work.join("err"));
        let mut command = Command::new(taipan);
        command.arg("-Wignore").arg(&script).args([seed, next, end].map(|number| number.to_string())).current_dir(&work);
        let ended = process::run(&mut command, &stdout, &stderr, LIMIT)?;
        let (results, begun) = results(&fs::read_to_string(&stdout)?);
        for (number, kind) in results {
            if kind == "panic" {
                bad += 1;
                println!("mutant {number} of seed {seed}: internal error");
            }
            *kinds.entry(kind).or_default() += 1;
            next = number + 1;
        }
        if next < end {
            let number = begun.unwrap_or(next);
            if ended.status.signal() == Some(SIGPROF) {
                *kinds.entry("endless".to_owned()).or_default() += 1;
                next = number + 1;
                continue;
            }
            bad += 1;
            let complaint = ended.complaint().unwrap_or_else(|| "ended early".to_owned());
            println!("mutant {number} of seed {seed}: {complaint}");
            *kinds.entry(complaint).or_default() += 1;
            next = number + 1;
        }
    }
    fs::remove_dir_all(&work)?;
    println!("{count} mutants: {kinds:?}");
    if bad == 0 { Ok(()) } else { Err(format!("{bad} mutants did harm").into()) }
}

/// The mutants that came to their end, with what became of them, and the number that was written last.
fn results(output: &str) -> (Vec<(u64, String)>, Option<u64>) {
    let mut found = Vec::new();
    let mut last = None;
    for line in output.lines() {
        let (number, kind) = line.split_once(' ').unwrap_or((line, ""));
        let Ok(number) = number.parse() else { continue };
        last = Some(number);
        if !kind.is_empty() {
            found.push((number, kind.to_owned()));
        }
    }
    (found, last)
}
