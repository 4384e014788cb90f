//! How long compilation takes, beside CPython in the same run.

use super::Session;
use crate::{Outcome, process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SCRIPT: &str = include_str!("speed.py");
const ROUNDS: usize = 3;

/// What a round gives.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Round {
    seconds: f64,
    bytes: f64,
    peak_kib: f64,
}

impl Session {
    /// Compiles all files and marshals their code, alternating, and prints medians.
    pub(super) fn time(&self, cpython: &Path, taipan: &Path, files: &[PathBuf]) -> Outcome {
        let script = self.work.join("speed.py");
        fs::write(&script, SCRIPT)?;
        let list = self.list(files)?;
        let mut rounds = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (program, results) in [cpython, taipan].iter().zip(&mut rounds) {
                results.push(round(program, &script, &list)?);
            }
        }
        let median = |results: &mut Vec<Round>| {
            results.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
            results.get(results.len() / 2).copied().ok_or("no round")
        };
        let [theirs, ours] = &mut rounds;
        let (theirs, ours) = (median(theirs)?, median(ours)?);
        for (name, round) in [("CPython", theirs), ("Taipan", ours)] {
            let (seconds, peak) = (round.seconds, round.peak_kib / 1024.0);
            println!("{name}: {} files, {} bytes of code in {seconds:.2} s, peak {peak:.0} MiB", files.len(), round.bytes);
        }
        println!("{:.2} times as fast, {:.2} of the memory", theirs.seconds / ours.seconds, ours.peak_kib / theirs.peak_kib);
        Ok(())
    }
}

fn round(program: &Path, script: &Path, list: &Path) -> Outcome<Round> {
    let mut command = Command::new(program);
    command.args(["-W", "ignore"]).arg(script).arg(list);
    process::clean_environment(&mut command);
    let output = command.env("PYTHONHASHSEED", "0").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers.as_slice() {
        [_, bytes, seconds, peak_kib] => Ok(Round { seconds: *seconds, bytes: *bytes, peak_kib: *peak_kib }),
        _ => Err(format!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr).trim_end()).into()),
    }
}
