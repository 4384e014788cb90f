//! `cargo xtask test`: everything that must hold before a change lands, in one run with one line at its end.

use crate::assembly;
use crate::conformance::{self, Options};
use crate::reference::Reference;
use crate::{Outcome, process, project_root, robust, scripts};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const USAGE: &str = "usage: cargo xtask test [STAGE]…
  format        rustfmt has nothing to change
  unit          cargo test of the workspace
  assembly      the interpreter's handlers in the release binary jump to one another
  scripts       examples/ and tests/language/ on Taipan, and on CPython, print what is stored
  robust        tests/robust/ on Taipan, with little memory and closed streams too, ends by no signal
  conformance   a slice of CPython's own tests: those known to pass in modules that are quick";

/// The stages, and how many seconds each may take on two cores from a clean clone: 40 minutes in all, with the
/// building of `taipan` (in the first stage that needs it) and the set-up of the reference.
const STAGES: [(&str, u64); 6] =
    [("format", 30), ("unit", 900), ("assembly", 400), ("scripts", 300), ("robust", 180), ("conformance", 420)];
const REFERENCE_BUDGET: u64 = 180;

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    left_out: Vec<String>,
}

impl Tally {
    fn record(&mut self, what: &str, failure: Option<String>) {
        match failure {
            None => self.passed += 1,
            Some(why) => {
                self.failed += 1;
                println!("FAILED {what}: {}", why.trim_end());
            }
        }
    }
}

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    if arguments.iter().any(|a| !STAGES.iter().any(|(stage, _)| a == stage)) {
        return Err(USAGE.into());
    }
    let root = project_root()?;
    let mut tally = Tally::default();
    let began = Instant::now();
    let reference = Reference::set_up().map_err(|e| tally.left_out.push(format!("comparisons with CPython ({e})"))).ok();
    println!("== reference: {} s of {REFERENCE_BUDGET} s", began.elapsed().as_secs());
    let mut built = None;
    for (stage, budget) in STAGES {
        if !arguments.is_empty() && !arguments.iter().any(|a| a == stage) {
            continue;
        }
        println!("== {stage}");
        let began = Instant::now();
        match stage {
            "format" => format(&root, &mut tally)?,
            "unit" => unit(&root, &mut tally)?,
            _ if !is_built(&mut built, &root, &mut tally)? => {}
            "assembly" => read_assembly(&root, &mut tally)?,
            "scripts" => run_scripts(&root, reference.as_ref(), &mut tally)?,
            "robust" => {
                let pending = std::fs::read_to_string(root.join(PENDING)).unwrap_or_default();
                // An entry stands for all runs of its program.
                let listed: Vec<&str> = pending.lines().filter_map(|line| line.split('#').next().map(str::trim)).collect();
                let is_pending = |what: &str| listed.iter().any(|entry| entry.starts_with("robust ") && what.starts_with(entry));
                robust::run(&root, &mut |what, failure| match failure {
                    Some(why) if is_pending(what) => tally.left_out.push(format!("{what} ({})", why.trim_end())),
                    failure => tally.record(what, failure),
                })?;
            }
            _ if reference.is_some() => conformance_slice(&mut tally)?,
            _ => {}
        }
        let seconds = began.elapsed().as_secs();
        let over = if seconds > budget { ", over its budget" } else { "" };
        println!("== {stage}: {seconds} s of {budget} s{over}");
    }
    for what in &tally.left_out {
        println!("left out: {what}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { Ok(()) } else { Err("not everything passed".into()) }
}

fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root);
    command
}

fn format(root: &Path, tally: &mut Tally) -> Outcome {
    let output = cargo(root, &["fmt", "--all", "--check", "--", "-l"]).output()?;
    let changed = String::from_utf8_lossy(&output.stdout);
    let failure = (!output.status.success()).then(|| format!("`cargo fmt --all` changes\n{changed}"));
    tally.record("format", failure);
    Ok(())
}

fn unit(root: &Path, tally: &mut Tally) -> Outcome {
    let mut child = cargo(root, &["test", "--workspace", "--no-fail-fast"]).stdout(Stdio::piped()).spawn()?;
    let (mut passed, mut failed) = (0, 0);
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let line = line?;
        if let Some((good, bad)) = read_result(&line) {
            passed += good;
            failed += bad;
        } else if line.ends_with("... FAILED") || line.contains("panicked at") {
            println!("{line}");
        }
    }
    if !child.wait()?.success() && failed == 0 {
        tally.record("unit", Some("the workspace's tests do not build, or one ended its process".to_owned()));
    }
    tally.passed += passed;
    tally.failed += failed;
    Ok(())
}

/// `test result: ok. 3 passed; 0 failed; …`
fn read_result(line: &str) -> Option<(usize, usize)> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |name| counts.split("; ").find_map(|part| part.strip_suffix(name)?.trim().parse().ok());
    Some((count(" passed")?, count(" failed")?))
}

fn is_built(built: &mut Option<bool>, root: &Path, tally: &mut Tally) -> Outcome<bool> {
    match *built {
        Some(good) => Ok(good),
        None => Ok(*built.insert(build(root, tally)?)),
    }
}

fn build(root: &Path, tally: &mut Tally) -> Outcome<bool> {
    let good = cargo(root, &["build", "--release", "--package", "taipan"]).status()?.success();
    tally.record("build", (!good).then(|| "taipan does not build".to_owned()));
    Ok(good)
}

/// The scripts that Taipan is known not to pass yet, one path a line, `#` for remarks. They run all the same; one that passes is named, so
/// that it leaves the list.
const PENDING: &str = "tests/pending.txt";

fn run_scripts(root: &Path, reference: Option<&Reference>, tally: &mut Tally) -> Outcome {
    let taipan = process::taipan_path(root, "release");
    let pending = std::fs::read_to_string(root.join(PENDING)).unwrap_or_default();
    let is_pending = |name: &str| pending.lines().any(|line| line.split('#').next().map(str::trim) == Some(name));
    for script in scripts::all()? {
        let name = script.path.strip_prefix(root).unwrap_or(&script.path).display().to_string();
        if let Some(reference) = reference {
            tally.record(&format!("{name} on CPython"), scripts::check(&reference.cpython(), &script)?);
        }
        let failure = scripts::check(&taipan, &script)?;
        if !is_pending(&name) {
            tally.record(&format!("{name} on Taipan"), failure);
        } else if failure.is_none() {
            println!("{name} passes: take it off {PENDING}");
        } else {
            tally.left_out.push(format!("{name} on Taipan, which does not pass yet ({PENDING})"));
        }
    }
    Ok(())
}

fn read_assembly(root: &Path, tally: &mut Tally) -> Outcome {
    match assembly::check(&process::taipan_path(root, "release"))? {
        None => tally.left_out.push("the handlers' machine code (objdump and x86-64 are wanted)".to_owned()),
        Some((count, failures)) => {
            tally.passed += count.saturating_sub(failures.len());
            failures.into_iter().for_each(|failure| tally.record("assembly", Some(failure)));
        }
    }
    Ok(())
}

fn conformance_slice(tally: &mut Tally) -> Outcome {
    let options = Options { check: true, quick: true, ..Options::default() };
    let (passed, failed) = conformance::conform(&options)?;
    tally.passed += passed;
    tally.failed += failed;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::read_result;

    #[test]
    fn cargo_s_result_lines_are_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(read_result(line), Some((12, 3)));
        assert_eq!(read_result("running 3 tests"), None);
    }
}
