//! `cargo xtask wheels`: wheels from PyPI, unmodified, on Taipan: imported, and their own tests compared with CPython's result.

mod install;
mod packages;
mod suite;
mod time;

use crate::Outcome;
use crate::process;
use crate::reference::{self, Reference};
use packages::{WHEELS, Wheel};
use std::path::{Path, PathBuf};
use std::process::Command;

const USAGE: &str = "usage: cargo xtask wheels [--taipan PROGRAM] [--import-only] [--list-failures] [--time] [NAME…]
Prints for each package how many of its own tests pass on CPython / how many of those on Taipan; for those beyond the first ten,
whether the assertions of tests/wheels/uses.py hold.
--time measures instead what calls into wheels cost on both.
What pytest printed is kept in the package's folder of the cache (taipan.out).";

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let root = crate::project_root()?;
    let mut taipan = process::taipan_path(&root, "release");
    let (mut names, mut import_only, mut list, mut time) = (Vec::new(), false, false, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--taipan" => taipan = PathBuf::from(rest.next().ok_or(USAGE)?),
            "--import-only" => import_only = true,
            "--list-failures" => list = true,
            "--time" => time = true,
            name if WHEELS.iter().any(|wheel| wheel.name == name) => names.push(name),
            _ => return Err(USAGE.into()),
        }
    }
    let taipan = std::fs::canonicalize(&taipan)?;
    let folder = reference::cache("wheels")?;
    let reference = Reference::set_up()?;
    let cpython = reference.cpython();
    let tools = install::tools(&folder)?;
    if time {
        let mut path = Vec::new();
        for wheel in WHEELS.iter().filter(|wheel| !matches!(wheel.suite, packages::Suite::Uses)) {
            path.push(install::wheel(&folder, wheel)?.join("lib"));
        }
        path.push(tools);
        return match time::compare(&taipan, &reference, &root.join("tests/wheels/overhead.py"), &path)? {
            0 => Ok(()),
            slow => Err(format!("{slow} kinds of calls are slower than 1.1 times CPython's").into()),
        };
    }
    let mut bad = 0;
    for wheel in WHEELS.iter().filter(|wheel| names.is_empty() || names.contains(&wheel.name)) {
        let place = suite::Place {
            folder: install::wheel(&folder, wheel)?,
            path: search_path(&folder, &tools, wheel)?,
            plugin: root.join("tests/wheels"),
        };
        if let Some(complaint) = import(&taipan, &place.path, wheel)? {
            println!("{} {}: does not import: {complaint}", wheel.name, wheel.version);
            bad += 1;
        } else if import_only {
            println!("{} {}: imports", wheel.name, wheel.version);
        } else {
            let good = match wheel.suite {
                packages::Suite::Uses => suite::compare_uses(&taipan, &cpython, &place, wheel)?,
                _ => suite::compare(&taipan, &cpython, &place, wheel, list)?,
            };
            bad += usize::from(!good);
        }
    }
    if bad == 0 { Ok(()) } else { Err(format!("{bad} packages are not well").into()) }
}

/// The wheel's folder, those of the packages that its tests want, and the tools.
fn search_path(folder: &Path, tools: &Path, wheel: &Wheel) -> Outcome<Vec<PathBuf>> {
    let mut path = vec![install::place(folder, wheel).join("lib")];
    for other in WHEELS.iter().filter(|other| wheel.beside.contains(&other.name)) {
        path.push(install::wheel(folder, other)?.join("lib"));
    }
    path.push(tools.to_owned());
    Ok(path)
}

/// Imports the wheel's modules; what went wrong, if anything.
fn import(taipan: &Path, path: &[PathBuf], wheel: &Wheel) -> Outcome<Option<String>> {
    for module in wheel.imports {
        let mut command = Command::new(taipan);
        process::clean_environment(&mut command);
        let output = command.env("PYTHONPATH", std::env::join_paths(path)?).args(["-c", &format!("import {module}")]).output()?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            return Ok(Some(format!("{module}: {} ({})", text.lines().last().unwrap_or_default(), output.status)));
        }
    }
    Ok(None)
}
