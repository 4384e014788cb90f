//! `cargo xtask fuzz`: random programs, the same output from CPython and from Taipan. A program that tells them apart is
//! cut down to the chunks that matter and kept.

mod bytecode;
mod coverage;
mod parser;
mod sources;

use self::bytecode::Way;
use crate::process;
use crate::reference::Reference;
use crate::{Outcome, project_root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const USAGE: &str =
    "usage: cargo xtask fuzz [--seed N] [--first N] [--count N] [--taipan PATH] [--bytecode|--pyc|--parser [--coverage]|--sources] [FILE]…
  --seed N         the first program (default 0); a seed stands for the same program always
  --count N        how many (default 100)
  --taipan PATH    the program to compare (default: target/release/taipan)
  --bytecode       run damaged code objects instead: none may end its process
  --pyc            import damaged .pyc files and call what is in them: none may end its process
  --parser         parse and compile damaged sources in one process (the example `fuzz` of `compiler`, without an interpreter)
  --coverage       with --parser: a build that counts, which is slower, and what part of the front end the inputs reached
  --sources        compile damaged pieces of the library on both: the same code, the same error at the same place
  --first N        for these four, the number of the first input of the seed
  FILE             compare these programs instead";

const GENERATOR: &str = include_str!("generate.py");
const LIMIT: Duration = Duration::from_secs(8);
const SEPARATOR: &str = "# ---\n";

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let (mut seed, mut first, mut count, mut taipan, mut kind, mut files) = (0, 0, 100, None, "", Vec::new());
    let mut counted = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--seed" => seed = value()?.parse::<u64>()?,
            "--count" => count = value()?.parse::<u64>()?,
            "--taipan" => taipan = Some(PathBuf::from(value()?)),
            "--first" => first = value()?.parse::<u64>()?,
            "--bytecode" | "--pyc" | "--parser" | "--sources" => kind = argument.as_str(),
            "--coverage" => counted = true,
            option if option.starts_with('-') => return Err(USAGE.into()),
            file => files.push(PathBuf::from(file)),
        }
    }
    let root = project_root()?;
    if kind == "--parser" {
        if counted {
            return coverage::run(&root, seed, first, count);
        }
        return parser::run(&root, seed, first, count);
    }
    let taipan = taipan.unwrap_or_else(|| process::taipan_path(&root, "release"));
    let taipan = fs::canonicalize(&taipan).map_err(|e| format!("{}: {e}", taipan.display()))?;
    match kind {
        "--bytecode" => return bytecode::run(&taipan, Way::Objects, seed, first, count),
        "--pyc" => return bytecode::run(&taipan, Way::Files, seed, first, count),
        "--sources" => return sources::run(&root, &taipan, seed, first, count),
        _ => {}
    }
    let work = std::env::temp_dir().join(format!("taipan-fuzz-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let pair = Pair { cpython: Reference::set_up()?.cpython(), taipan, work };
    if files.is_empty() {
        files = pair.generate(seed, count)?;
    }

    let (mut passed, mut failed) = (0, 0);
    for file in &files {
        let program = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let Some(difference) = pair.difference(&program)? else {
            passed += 1;
            continue;
        };
        failed += 1;
        let kept = root.join("target/fuzz").join(file.file_name().unwrap_or_default());
        fs::create_dir_all(kept.with_file_name(""))?;
        let (small, difference) = pair.reduce(program, difference)?;
        fs::write(&kept, small)?;
        println!("{}: {difference}", kept.display());
    }
    fs::remove_dir_all(&pair.work)?;
    println!("{passed} passed, {failed} failed");
    if failed == 0 { Ok(()) } else { Err("some programs tell the interpreters apart".into()) }
}

struct Pair {
    cpython: PathBuf,
    taipan: PathBuf,
    work: PathBuf,
}

impl Pair {
    fn generate(&self, seed: u64, count: u64) -> Outcome<Vec<PathBuf>> {
        let script = self.work.join("generate.py");
        fs::write(&script, GENERATOR)?;
        let status = Command::new(&self.cpython)
            .arg(&script)
            .arg(&self.work)
            .args([seed.to_string(), count.to_string()])
            .env("PYTHONHASHSEED", "0")
            .status()?;
        if !status.success() {
            return Err("the generator failed".into());
        }
        Ok((seed..seed + count).map(|n| self.work.join(format!("{n}.py"))).collect())
    }

    /// The first difference between what the two print for a program; none where CPython takes too long itself.
    fn difference(&self, program: &str) -> Outcome<Option<String>> {
        let Some((expected, _)) = self.output(&self.cpython, program)? else { return Ok(None) };
        let Some((found, errors)) = self.output(&self.taipan, program)? else {
            return Ok(Some("Taipan does not come to an end".to_owned()));
        };
        if expected == found {
            return Ok(None);
        }
        let mut lines =
            expected.lines().map(Some).chain(std::iter::repeat(None)).zip(found.lines().map(Some).chain(std::iter::repeat(None)));
        let (expected, found) = lines.find(|(e, f)| e != f || e.is_none()).unwrap_or_default();
        let show = |line: Option<&str>| line.unwrap_or("nothing").chars().take(300).collect::<String>();
        let last = errors.trim_end().lines().next_back().unwrap_or_default();
        Ok(Some(format!("\n  CPython: {}\n  Taipan:  {}\n  {last}", show(expected), show(found))))
    }

    /// What a program prints, with how it ended, and its errors; nothing if it had to be stopped.
    fn output(&self, interpreter: &Path, program: &str) -> Outcome<Option<(String, String)>> {
        let file = self.work.join("program.py");
        fs::write(&file, program)?;
        let (stdout, stderr) = (self.work.join("stdout"), self.work.join("stderr"));
        let mut command = Command::new(interpreter);
        command.args(["-W", "ignore"]).arg(&file);
        process::clean_environment(&mut command);
        command.env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "1");
        let end = process::run(&mut command, &stdout, &stderr, LIMIT)?;
        if end.timed_out {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&fs::read(&stdout)?).into_owned();
        let errors = String::from_utf8_lossy(&fs::read(&stderr)?).into_owned();
        Ok(Some((format!("{text}{}\n", end.status), errors)))
    }

    /// Leaves out chunk after chunk as long as a difference remains.
    fn reduce(&self, program: String, difference: String) -> Outcome<(String, String)> {
        let mut chunks: Vec<&str> = program.split(SEPARATOR).collect();
        let mut difference = difference;
        let mut index = chunks.len();
        while index > 1 {
            index -= 1;
            let mut fewer = chunks.clone();
            fewer.remove(index);
            if let Some(smaller) = self.difference(&fewer.join(SEPARATOR))? {
                (chunks, difference) = (fewer, smaller);
            }
        }
        Ok((chunks.join(SEPARATOR), difference))
    }
}
