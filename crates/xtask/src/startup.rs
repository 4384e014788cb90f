//! `cargo xtask startup`: time and peak memory of short programs, Taipan and CPython in turn, what spawning a process costs subtracted.
#![allow(unsafe_code, reason = "only wait4 tells the memory of a child")]

use crate::reference::Reference;
use crate::{Outcome, process, project_root};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const USAGE: &str = "usage: cargo xtask startup [--rounds N] [--taipan PATH]
  --rounds N       processes of each interpreter a command line (default 60; programs that fill memory take a tenth)
  --taipan PATH    the program to measure (default: target/release/taipan)";

const BIG_IMPORT: &str = "import json, re, typing, dataclasses, pathlib, inspect, unittest";
const DICTS: &str = "a = [{} for i in range(1_000_000)]";
const INSTANCES: &str =
    "class A:\n    def __init__(self, value):\n        self.value = value\na = [A(i) for i in range(1_000_000)]";
const FLOATS: &str = "a = [float(i) for i in range(1_000_000)]";

/// What is measured: its name, the arguments, whether it fills memory.
const PROGRAMS: [(&str, &[&str], bool); 7] = [
    ("-c pass", &["-c", "pass"], false),
    ("-I -c pass", &["-I", "-c", "pass"], false),
    ("-S -c pass", &["-S", "-c", "pass"], false),
    ("imports", &["-c", BIG_IMPORT], false),
    ("a million dicts", &["-c", DICTS], true),
    ("a million instances", &["-c", INSTANCES], true),
    ("a million floats", &["-c", FLOATS], true),
];

/// What one process took.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Milliseconds on the wall.
    wall: f64,
    /// Milliseconds of the processor, the kernel's included.
    processor: f64,
    /// KiB of memory at its peak.
    memory: f64,
}

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let mut rounds = 60usize;
    let mut taipan = process::taipan_path(&project_root()?, "release");
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match (argument.as_str(), rest.next()) {
            ("--rounds", Some(value)) => rounds = value.parse::<usize>()?.max(1),
            ("--taipan", Some(value)) => taipan = PathBuf::from(value),
            _ => return Err(USAGE.into()),
        }
    }
    // A copy: of a file that the linker has just written the kernel maps larger pieces, so that its memory would seem twice what it is.
    let copy = std::env::temp_dir().join(format!("taipan-startup-{}", std::process::id()));
    std::fs::copy(&taipan, &copy).map_err(|e| format!("{}: {e}", taipan.display()))?;
    let measured = measure(&copy, rounds);
    std::fs::remove_file(&copy)?;
    measured
}

fn measure(taipan: &Path, rounds: usize) -> Outcome {
    let reference = Reference::set_up()?;
    let spawn = (0..rounds).map(|_| once(Command::new("true"), &[])).collect::<Outcome<Vec<_>>>()?;
    let spawn = median(&spawn);
    println!("spawning takes {:.2} ms on the wall, {:.2} ms of the processor: subtracted below", spawn.wall, spawn.processor);
    println!(
        "{:<20} | wall: Taipan CPython ratio | processor: Taipan CPython ratio | peak KiB: Taipan CPython ratio",
        "medians, ms"
    );
    for (name, arguments, fills_memory) in PROGRAMS {
        let rounds = if fills_memory { (rounds / 10).max(3) } else { rounds };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            ours.push(once(Command::new(taipan), arguments)?);
            theirs.push(once(reference.cpython_command(), arguments)?);
        }
        let (ours, theirs) = (median(&ours), median(&theirs));
        let (wall, their_wall) = (ours.wall - spawn.wall, theirs.wall - spawn.wall);
        let (processor, their_processor) = (ours.processor - spawn.processor, theirs.processor - spawn.processor);
        println!(
            "{name:<20} | {wall:12.2} {their_wall:7.2} {:5.2} | {processor:17.2} {their_processor:7.2} {:5.2} | {:16.0} {:7.0} {:5.2}",
            wall / their_wall,
            processor / their_processor,
            ours.memory,
            theirs.memory,
            ours.memory / theirs.memory,
        );
    }
    Ok(())
}

fn once(mut command: Command, arguments: &[&str]) -> Outcome<Cost> {
    process::clean_environment(&mut command);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    let began = Instant::now();
    let child = command.spawn().map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    // SAFETY: all its fields are numbers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let mut status = 0;
    let id = libc::pid_t::try_from(child.id())?;
    // SAFETY: the child is ours and nobody has waited for it yet; both places are writable.
    let waited = unsafe { libc::wait4(id, &mut status, 0, &mut usage) };
    let wall = began.elapsed().as_secs_f64() * 1e3;
    if waited != id || status != 0 {
        return Err(format!("{} {arguments:?} ended with status {status}", command.get_program().display()).into());
    }
    let milliseconds = |time: libc::timeval| time.tv_sec as f64 * 1e3 + time.tv_usec as f64 / 1e3;
    Ok(Cost { wall, processor: milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime), memory: usage.ru_maxrss as f64 })
}

/// The median of each figure for itself.
fn median(costs: &[Cost]) -> Cost {
    let middle = |figure: fn(&Cost) -> f64| {
        let figures: Vec<f64> = costs.iter().map(figure).collect();
        crate::bench::median(&figures).unwrap_or_default()
    };
    Cost { wall: middle(|cost| cost.wall), processor: middle(|cost| cost.processor), memory: middle(|cost| cost.memory) }
}
