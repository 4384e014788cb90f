//! What calls into wheels cost on Taipan and on CPython: `tests/wheels/overhead.py`, in alternating processes, the fastest of each.
//!
//! The reference brings a C library of its own, newer than most systems', whose `malloc` is faster; wheels in C++ call that. So Taipan runs with that
//! library too, as CPython does; the last column is Taipan with the system's.

use crate::Outcome;
use crate::process;
use crate::reference::Reference;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Processes of each interpreter.
const ROUNDS: usize = 5;

/// Prints nanoseconds and ratios; how many kinds of calls are slower than 1.1 times CPython's.
pub fn compare(taipan: &Path, reference: &Reference, script: &Path, path: &[PathBuf]) -> Outcome<usize> {
    let mut best: Vec<(String, [f64; 3])> = Vec::new();
    for _ in 0..ROUNDS {
        let programs = [Command::new(reference.cpython()), reference.command_with_its_library(taipan), Command::new(taipan)];
        for (which, program) in programs.into_iter().enumerate() {
            for (name, nanoseconds) in measure(program, script, path)? {
                match best.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, times)) => times[which] = times[which].min(nanoseconds),
                    None => {
                        let mut times = [f64::INFINITY; 3];
                        times[which] = nanoseconds;
                        best.push((name, times));
                    }
                }
            }
        }
    }
    println!("{:<30} {:>9} {:>9}  ratio {:>16}", "call, ns", "CPython", "Taipan", "system's library");
    let mut slow = 0;
    for (name, [cpython, taipan, system]) in &best {
        let ratio = taipan / cpython;
        slow += usize::from(ratio > 1.1);
        println!("{name:<30} {cpython:>9.1} {taipan:>9.1}  {ratio:>5.2} {system:>9.1}  {:>5.2}", system / cpython);
    }
    Ok(slow)
}

fn measure(mut command: Command, script: &Path, path: &[PathBuf]) -> Outcome<Vec<(String, f64)>> {
    process::clean_environment(&mut command);
    let output = command.env("PYTHONPATH", std::env::join_paths(path)?).env("PYTHONHASHSEED", "0").arg(script).output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", script.display(), String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().map(|line| {
        let (name, number) = line.split_once('\t').ok_or("a line without a tab")?;
        Ok((name.to_owned(), number.parse()?))
    });
    lines.collect()
}
