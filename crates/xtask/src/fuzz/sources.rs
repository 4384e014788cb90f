//! `cargo xtask fuzz --sources`: damaged pieces of the library, compiled by both interpreters: the same code, or the same error.

use super::parser;
use crate::reference::Reference;
use crate::{Outcome, process};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const SCRIPT: &str = include_str!("sources.py");
const FRONTEND: &str = include_str!("../differential/frontend.py");
/// Sources in one process.
const BATCH: u64 = 2000;
const LIMIT: Duration = Duration::from_secs(300);

/// Compares `count` sources of `seed`, from `first`.
pub fn run(root: &Path, taipan: &Path, seed: u64, first: u64, count: u64) -> Outcome {
    let work = std::env::temp_dir().join(format!("taipan-sources-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    fs::write(work.join("sources.py"), SCRIPT)?;
    fs::write(work.join("frontend.py"), FRONTEND)?;
    let fuzzer = parser::build(root)?;
    let cpython = Reference::set_up()?.cpython();
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    let mut different = 0;
    let last = first + count;
    for start in (first..last).step_by(usize::try_from(BATCH)?) {
        let size = BATCH.min(last - start);
        parser::write(&fuzzer, seed, start, size, &work.join("cases"))?;
        let expected = outcomes(&cpython, &work, start)?;
        let found = outcomes(taipan, &work, start)?;
        for number in start..start + size {
            let theirs = expected.get(&number).map_or("nothing", String::as_str);
            let ours = found.get(&number).map_or("nothing", String::as_str);
            let kind = theirs.split(' ').next().unwrap_or_default();
            *kinds.entry(kind.to_owned()).or_default() += 1;
            if theirs != ours {
                different += 1;
                println!("source {number} of seed {seed}:\n  CPython: {theirs}\n  Taipan:  {ours}");
            }
        }
    }
    fs::remove_dir_all(&work)?;
    println!("{count} sources: {kinds:?}; {different} differ");
    if different == 0 { Ok(()) } else { Err("the front ends differ".into()) }
}

/// What a program says of the sources, by number.
fn outcomes(program: &Path, work: &Path, first: u64) -> Outcome<BTreeMap<u64, String>> {
    let (stdout, stderr) = (work.join("stdout"), work.join("stderr"));
    let mut command = Command::new(program);
    command.arg(work.join("sources.py")).arg(work.join("cases")).arg(first.to_string()).current_dir(work);
    process::clean_environment(&mut command);
    command.env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "1");
    let end = process::run(&mut command, &stdout, &stderr, LIMIT)?;
    if let Some(complaint) = end.complaint().or_else(|| (!end.status.success()).then(|| "failed".to_owned())) {
        let errors = String::from_utf8_lossy(&fs::read(&stderr)?).into_owned();
        println!("{}: {complaint}: {}", program.display(), errors.trim_end().lines().next_back().unwrap_or_default());
    }
    let text = String::from_utf8_lossy(&fs::read(&stdout)?).into_owned();
    let row = |line: &str| {
        let (number, outcome) = line.split_once('\t')?;
        Some((number.parse().ok()?, outcome.to_owned()))
    };
    Ok(text.lines().filter_map(row).collect())
}
