//! A package's own tests under pytest, on CPython and on Taipan, compared by name.

use super::packages::{Suite, Wheel};
use crate::Outcome;
use crate::process;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The longest that a suite may take.
const LIMIT: Duration = Duration::from_secs(1500);

/// What one interpreter made of a suite.
pub struct Run {
    /// The outcome of each test, by name.
    outcomes: BTreeMap<String, String>,
    /// What went wrong with the run as a whole.
    complaint: Option<String>,
    seconds: f64,
}

/// Where to look for a package and what its tests import.
pub struct Place {
    /// The package's folder.
    pub folder: PathBuf,
    /// Folders for `PYTHONPATH`.
    pub path: Vec<PathBuf>,
    /// `tests/wheels` of this project.
    pub plugin: PathBuf,
}

impl Run {
    fn passed(&self) -> impl Iterator<Item = &str> {
        self.outcomes.iter().filter(|(_, outcome)| *outcome == "passed").map(|(name, _)| name.as_str())
    }
}

/// Runs the suite on both, prints the comparison, and says whether Taipan passes at least 99 % of what CPython passes without a signal.
/// CPython's outcome is kept beside the package and used again.
pub fn compare(taipan: &Path, cpython: &Path, place: &Place, wheel: &Wheel, list: bool) -> Outcome<bool> {
    let expected = match read(&place.folder.join("cpython.outcomes")) {
        Some(outcomes) => Run { outcomes, complaint: None, seconds: 0.0 },
        None => {
            let run = run(cpython, place, wheel, "cpython")?;
            if run.complaint.is_some() {
                fs::remove_file(place.folder.join("cpython.outcomes"))?;
            }
            run
        }
    };
    let found = run(taipan, place, wheel, "taipan")?;
    let all = expected.passed().count();
    let lost: Vec<&str> =
        expected.passed().filter(|name| found.outcomes.get(*name).is_none_or(|outcome| outcome != "passed")).collect();
    let passed = all - lost.len();
    let share = if all == 0 { 0.0 } else { 100.0 * passed as f64 / all as f64 };
    println!("{} {}: {all} / {passed} ({share:.1} %) in {:.0} s", wheel.name, wheel.version, found.seconds);
    for (who, run) in [("CPython", &expected), ("Taipan", &found)] {
        if let Some(complaint) = &run.complaint {
            println!("  {who}: {complaint}");
        }
    }
    if list {
        for name in &lost {
            println!("  {} {name}", found.outcomes.get(*name).map_or("missing", String::as_str));
        }
    }
    Ok(share >= 99.0 && found.complaint.is_none())
}

/// Runs the package's function of `uses.py` on both, and says whether Taipan comes through where CPython does.
pub fn compare_uses(taipan: &Path, cpython: &Path, place: &Place, wheel: &Wheel) -> Outcome<bool> {
    let mut ends = Vec::new();
    for program in [cpython, taipan] {
        let mut command = Command::new(program);
        process::clean_environment(&mut command);
        let output = command
            .env("PYTHONPATH", std::env::join_paths(&place.path)?)
            .current_dir(&place.folder)
            .arg(place.plugin.join("uses.py"))
            .arg(wheel.name)
            .output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = text.lines().last().unwrap_or_default();
        ends.push((output.status.success(), format!("{}: {last}", output.status)));
    }
    let good = ends.iter().all(|(good, _)| *good);
    let shown = if good { "as on CPython".to_owned() } else { format!("{ends:?}") };
    println!("{} {}: {shown}", wheel.name, wheel.version);
    Ok(good)
}

fn run(program: &Path, place: &Place, wheel: &Wheel, who: &str) -> Outcome<Run> {
    let (folder, tests) = match wheel.suite {
        Suite::Archive(_, tests) => (place.folder.join("suite"), tests),
        Suite::Wheel(tests) => (place.folder.join("lib"), tests),
        Suite::Uses => (place.folder.clone(), [].as_slice()),
    };
    let file = |kind: &str| place.folder.join(format!("{who}.{kind}"));
    let mut path = vec![place.plugin.clone()];
    path.extend(place.path.iter().cloned());
    let mut command = Command::new(program);
    process::clean_environment(&mut command);
    command
        .env("PYTHONPATH", std::env::join_paths(path)?)
        .env("PYTHONPYCACHEPREFIX", file("pycache"))
        .env("OUTCOMES", file("outcomes"))
        .current_dir(folder)
        .args(["-m", "pytest", "-q", "-p", "outcomes", "-p", "no:cacheprovider", "--tb=short", "-c", "/dev/null", "--rootdir=."])
        .args(["-o", "consider_namespace_packages=true", "-o", "addopts=", "--continue-on-collection-errors"])
        .args(wheel.arguments)
        .args(tests);
    let end = process::run(&mut command, &file("out"), &file("err"), LIMIT)?;
    let outcomes = read(&file("outcomes")).unwrap_or_default();
    Ok(Run { outcomes, complaint: end.complaint(), seconds: end.seconds })
}

fn read(file: &Path) -> Option<BTreeMap<String, String>> {
    let text = fs::read_to_string(file).ok()?;
    Some(
        text.lines()
            .filter_map(|line| line.rsplit_once('\t'))
            .map(|(name, outcome)| (name.to_owned(), outcome.to_owned()))
            .collect(),
    )
}
