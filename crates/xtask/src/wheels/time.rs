//! What calls into wheels cost on Taipan and on CPython: `tests/wheels/overhead.py`, in alternating processes, the fastest of each.

use crate::Outcome;
use crate::process;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Processes of each interpreter.
const ROUNDS: usize = 5;

/// Prints nanoseconds and ratios; how many kinds of calls are slower than 1.1 times CPython's.
pub fn compare(taipan: &Path, cpython: &Path, script: &Path, path: &[PathBuf]) -> Outcome<usize> {
    let mut best: Vec<(String, [f64; 2])> = Vec::new();
    for _ in 0..ROUNDS {
        for (which, program) in [cpython, taipan].into_iter().enumerate() {
            for (name, nanoseconds) in measure(program, script, path)? {
                match best.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, times)) => times[which] = times[which].min(nanoseconds),
                    None => {
                        let mut times = [f64::INFINITY; 2];
                        times[which] = nanoseconds;
                        best.push((name, times));
                    }
                }
            }
        }
    }
    println!("{:<30} {:>9} {:>9}  ratio", "call, ns", "CPython", "Taipan");
    let mut slow = 0;
    for (name, [cpython, taipan]) in &best {
        let ratio = taipan / cpython;
        slow += usize::from(ratio > 1.1);
        println!("{name:<30} {cpython:>9.1} {taipan:>9.1}  {ratio:.2}");
    }
    Ok(slow)
}

fn measure(program: &Path, script: &Path, path: &[PathBuf]) -> Outcome<Vec<(String, f64)>> {
    let mut command = Command::new(program);
    process::clean_environment(&mut command);
    let output = command.env("PYTHONPATH", std::env::join_paths(path)?).env("PYTHONHASHSEED", "0").arg(script).output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().map(|line| {
        let (name, number) = line.split_once('\t').ok_or("a line without a tab")?;
        Ok((name.to_owned(), number.parse()?))
    });
    lines.collect()
}
