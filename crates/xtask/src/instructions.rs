//! `cargo xtask instructions`: machine instructions that one Python statement costs, Taipan's and CPython's, counted by valgrind's callgrind.
//!
//! `statements.py` runs functions that hold a statement N and 2N times; the difference over N is what the statement costs, without call, loop or
//! start-up. The counts do not depend on what else the machine does.

use crate::process::{self, End};
use crate::reference::Reference;
use crate::{Outcome, project_root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const USAGE: &str = "usage: cargo xtask instructions [--taipan PATH]
  --taipan PATH   the program to measure (default: target/release/taipan)";

const STATEMENTS: &str = include_str!("statements.py");
/// `RUNS * COPIES` of the script.
const TIMES: f64 = 1000.0;
const LIMIT: Duration = Duration::from_secs(900);

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let taipan = match arguments {
        [] => process::taipan_path(&project_root()?, "release"),
        [option, path] if option == "--taipan" => fs::canonicalize(path)?,
        _ => return Err(USAGE.into()),
    };
    let cpython = Reference::set_up()?.cpython();
    let work = std::env::temp_dir().join(format!("taipan-instructions-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let script = work.join("statements.py");
    fs::write(&script, STATEMENTS)?;
    let listed = Command::new(&cpython).arg(&script).arg("--list").output()?;
    let statements = String::from_utf8_lossy(&listed.stdout).lines().count();
    let ours = count(&taipan, &script, &work.join("taipan"), statements)?;
    let theirs = count(&cpython, &script, &work.join("cpython"), statements)?;
    println!("| statement | Taipan | CPython | ratio | instructions |\n| --- | --- | --- | --- | --- |");
    for ((line, ours), theirs) in String::from_utf8_lossy(&listed.stdout).lines().zip(ours).zip(theirs) {
        let (statement, parts) = line.split_once('\t').unwrap_or((line, ""));
        println!("| `{statement}` | {ours:.0} | {theirs:.0} | {:.2} | {parts} |", ours / theirs);
    }
    fs::remove_dir_all(&work)?;
    Ok(())
}

/// What each statement costs the interpreter.
fn count(program: &Path, script: &Path, folder: &Path, statements: usize) -> Outcome<Vec<f64>> {
    fs::create_dir_all(folder)?;
    let mut command = Command::new("valgrind");
    // The reference is a script that starts the program proper: a profile's name tells the process.
    command.args(["--tool=callgrind", "--trace-children=yes", "--dump-before=getpid"]);
    command.arg(format!("--callgrind-out-file={}/%p", folder.display())).arg(program).arg(script);
    process::clean_environment(&mut command);
    command.env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "1");
    let End { status, .. } = process::run(&mut command, &folder.join("stdout"), &folder.join("stderr"), LIMIT)?;
    if !status.success() {
        return Err(format!("{} failed under valgrind: see {}", program.display(), folder.display()).into());
    }
    let (profiles, base) = with_most_profiles(folder)?;
    // The start of the program may ask for its number, too.
    let before = profiles.checked_sub(3 * statements).ok_or("too few profiles")?;
    // Of three profiles a statement the first is its preparation.
    let cost = |statement: usize| {
        let index = before + 2 + 3 * statement;
        match (total(&base, index)?, total(&base, index + 1)?) {
            (Some(short), Some(long)) => Ok((long - short) / TIMES),
            _ => Err("a profile is missing".into()),
        }
    };
    (0..statements).map(cost).collect()
}

/// The process that wrote the most profiles: `FOLDER/PID.1`, `FOLDER/PID.2`, …
fn with_most_profiles(folder: &Path) -> Outcome<(usize, PathBuf)> {
    let mut best: Option<(usize, PathBuf)> = None;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let part = path.extension().and_then(|number| number.to_str()).and_then(|number| number.parse::<usize>().ok());
        if let Some(part) = part
            && best.as_ref().is_none_or(|(most, _)| part > *most)
        {
            best = Some((part, path.with_extension("")));
        }
    }
    best.ok_or_else(|| "valgrind wrote no profiles".into())
}

/// The instructions of a profile, if there is one with this number.
fn total(base: &Path, index: usize) -> Outcome<Option<f64>> {
    let Ok(profile) = fs::read_to_string(base.with_extension(index.to_string())) else { return Ok(None) };
    let line = profile.lines().find_map(|line| line.strip_prefix("totals: ")).ok_or("a profile without totals")?;
    Ok(Some(line.trim().parse()?))
}
