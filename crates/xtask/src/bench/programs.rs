//! Fetches pyperformance's programs and what they need, unmodified, into the cache folder.

use crate::Outcome;
use crate::reference::{self, Reference};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Only this release's programs are compared: others measure other work.
const PYPERFORMANCE: &str = "pyperformance==1.14.0";

/// The programs that are run, in the order of the report.
pub const PROGRAMS: [&str; 33] = [
    "nbody",
    "fannkuch",
    "spectral_norm",
    "richards",
    "richards_super",
    "deltablue",
    "chaos",
    "float",
    "go",
    "hexiom",
    "raytrace",
    "nqueens",
    "pidigits",
    "pyflate",
    "scimark",
    "meteor_contest",
    "mdp",
    "generators",
    "coroutines",
    "comprehensions",
    "async_generators",
    "gc_traversal",
    "deepcopy",
    "json_dumps",
    "json_loads",
    "regex_compile",
    "regex_effbot",
    "regex_v8",
    "regex_dna",
    "unpack_sequence",
    "crypto_pyaes",
    "typing_runtime_protocols",
    "tomli_loads",
];

/// The programs on disk.
pub struct Programs {
    benchmarks: PathBuf,
    /// What stands on PYTHONPATH: our pyperf, and the packages that the programs import.
    pub path: Vec<PathBuf>,
}

impl Programs {
    /// Downloads what is not there yet.
    pub fn fetch(reference: &Reference) -> Outcome<Self> {
        let cache = reference::cache("bench")?;
        let packages = cache.join(PYPERFORMANCE.replace("==", "-"));
        let benchmarks = packages.join("pyperformance/data-files/benchmarks");
        let needs = cache.join("needs");
        if !packages.join("ready").exists() {
            println!("fetching {PYPERFORMANCE}");
            pip(reference, &packages, &[PYPERFORMANCE.to_owned()])?;
            pip(reference, &needs, &requirements(&benchmarks)?)?;
            fs::write(packages.join("ready"), "")?;
        }
        let shim = cache.join("shim");
        fs::create_dir_all(&shim)?;
        fs::write(shim.join("pyperf.py"), include_str!("pyperf.py"))?;
        Ok(Self { benchmarks, path: vec![shim, needs] })
    }

    /// The folder of one program; it holds `run_benchmark.py`.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.benchmarks.join(format!("bm_{name}"))
    }
}

/// The third-party packages of the programs, as pyperformance pins them.
fn requirements(benchmarks: &Path) -> Outcome<Vec<String>> {
    let mut needs = Vec::new();
    for name in PROGRAMS {
        let file = benchmarks.join(format!("bm_{name}/requirements.txt"));
        if let Ok(text) = fs::read_to_string(file) {
            needs.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
        }
    }
    Ok(needs)
}

/// Installs packages into a folder with the pip that Lib bundles, run by the reference CPython.
fn pip(reference: &Reference, target: &Path, packages: &[String]) -> Outcome {
    let bundled = Path::new(rustpython_pylib::LIB_PATH).join("ensurepip/_bundled");
    let wheel = fs::read_dir(&bundled)?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .find(|path| path.extension().is_some_and(|e| e == "whl"))
        .ok_or("no pip wheel in ensurepip/_bundled")?;
    let status = Command::new(reference.cpython())
        .arg(wheel.join("pip"))
        .args([
            "install",
            "--quiet",
            "--no-deps",
            "--no-compile",
            "--disable-pip-version-check",
            "--root-user-action=ignore",
            "--target",
        ])
        .arg(target)
        .args(packages)
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("pip could not install {} (no network?)", packages.join(", ")).into()) }
}
