//! `cargo xtask wheels`: wheels from PyPI, unmodified, on Taipan: imported, and their own tests compared with CPython's result.

use crate::Outcome;
use crate::process;
use crate::reference::{self, Reference};
use std::path::{Path, PathBuf};
use std::process::Command;

const USAGE: &str = "usage: cargo xtask wheels [--taipan PROGRAM] [--import-only] [NAME…]";

/// A package with compiled code.
struct Wheel {
    name: &'static str,
    version: &'static str,
    /// Modules to import, one after the other.
    imports: &'static [&'static str],
    /// Where the tests stand in the source archive; the archive's folder is `name-version`.
    tests: &'static str,
}

const fn wheel(name: &'static str, version: &'static str, imports: &'static [&'static str], tests: &'static str) -> Wheel {
    Wheel { name, version, imports, tests }
}

const WHEELS: &[Wheel] = &[
    wheel("markupsafe", "3.0.3", &["markupsafe._speedups"], "tests"),
    wheel("lz4", "4.4.5", &["lz4.frame", "lz4.block"], "tests"),
    wheel("psutil", "7.1.3", &["psutil"], "psutil/tests"),
    wheel("kiwisolver", "1.4.9", &["kiwisolver"], "py/tests"),
    wheel(
        "zope.interface",
        "8.1.1",
        &["zope.interface", "zope.interface._zope_interface_coptimizations"],
        "src/zope/interface/tests",
    ),
    wheel("coverage", "7.12.0", &["coverage", "coverage.tracer"], "tests"),
    wheel("ujson", "5.11.0", &["ujson"], "tests"),
    wheel("orjson", "3.11.4", &["orjson"], "test"),
    wheel("zstandard", "0.25.0", &["zstandard", "zstandard.backend_c"], "tests"),
    wheel("simplejson", "3.20.2", &["simplejson"], "simplejson/tests"),
    wheel("numpy", "2.3.5", &["numpy", "numpy.linalg"], ""),
];

/// What the tests themselves need.
const TOOLS: &[&str] =
    &["pytest==8.4.2", "iniconfig==2.3.0", "packaging==25.0", "pluggy==1.6.0", "pygments==2.19.2", "zope.event==6.1"];

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let mut taipan = process::taipan_path(&crate::project_root()?, "release");
    let (mut names, mut import_only) = (Vec::new(), false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--taipan" => taipan = PathBuf::from(rest.next().ok_or(USAGE)?),
            "--import-only" => import_only = true,
            name if !name.starts_with('-') => names.push(name.to_owned()),
            _ => return Err(USAGE.into()),
        }
    }
    let taipan = std::fs::canonicalize(&taipan)?;
    let folder = reference::cache("wheels")?;
    let cpython = Reference::set_up()?.cpython();
    let mut bad = 0;
    for wheel in WHEELS.iter().filter(|wheel| names.is_empty() || names.iter().any(|name| name == wheel.name)) {
        install(&folder, wheel)?;
        let imports = import(&taipan, &folder, wheel)?;
        let tests = if import_only || imports.is_some() { None } else { tests(&taipan, &cpython, &folder, wheel)? };
        bad += usize::from(imports.is_some());
        println!("{} {}: {} {}", wheel.name, wheel.version, imports.as_deref().unwrap_or("imports"), tests.unwrap_or_default());
    }
    if bad == 0 { Ok(()) } else { Err(format!("{bad} packages do not import").into()) }
}

/// Installs the wheel and unpacks its source archive, where they are missing.
fn install(folder: &Path, wheel: &Wheel) -> Outcome {
    let lib = folder.join("lib");
    let marker = folder.join(format!("{}-{}.installed", wheel.name, wheel.version));
    if marker.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(&lib)?;
    let pinned = format!("{}=={}", wheel.name, wheel.version);
    let pip = |what: &[&str]| -> Outcome<bool> {
        Ok(Command::new("python3").args(["-m", "pip", "-q"]).args(what).current_dir(folder).status()?.success())
    };
    let target = lib.to_string_lossy();
    let common = ["install", "--upgrade", "--no-deps", "--target", &target, "--python-version", "3.14", "--only-binary=:all:"];
    if !pip(&[common.as_slice(), &[&pinned], TOOLS].concat())? {
        return Err(format!("{pinned} cannot be installed").into());
    }
    if !wheel.tests.is_empty() && pip(&["download", "--no-deps", "--no-binary=:all:", "--no-build-isolation", &pinned])? {
        let archive = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().replace('_', ".");
            name.starts_with(&format!("{}-{}", wheel.name, wheel.version)) && name.ends_with(".tar.gz")
        });
        if let Some(archive) = archive {
            Command::new("tar").arg("xzf").arg(archive).current_dir(folder).status()?;
        }
    }
    std::fs::write(marker, "")?;
    Ok(())
}

/// Imports the wheel's modules; what went wrong, if anything.
fn import(taipan: &Path, folder: &Path, wheel: &Wheel) -> Outcome<Option<String>> {
    for module in wheel.imports {
        let mut command = Command::new(taipan);
        process::clean_environment(&mut command);
        let output = command.env("PYTHONPATH", folder.join("lib")).args(["-c", &format!("import {module}")]).output()?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            return Ok(Some(format!("{module}: {} ({})", text.lines().last().unwrap_or_default(), output.status)));
        }
    }
    Ok(None)
}

/// Runs the wheel's own tests on both, and gives "passed N of CPython's M".
fn tests(taipan: &Path, cpython: &Path, folder: &Path, wheel: &Wheel) -> Outcome<Option<String>> {
    let dashed = wheel.name.replace('.', "_");
    let source = folder.join(format!("{dashed}-{}", wheel.version)).join(wheel.tests);
    if wheel.tests.is_empty() || !source.exists() {
        return Ok(Some("(no source archive with tests)".to_owned()));
    }
    let count = |program: &Path| -> Outcome<(String, usize)> {
        let mut command = Command::new(program);
        process::clean_environment(&mut command);
        command.env("PYTHONPATH", folder.join("lib")).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&source);
        let output = command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "."]).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = text.lines().last().unwrap_or_default().to_owned();
        let passed = last.split([' ', ',']).collect::<Vec<_>>().windows(2).find_map(|pair| match pair {
            [count, "passed"] => count.parse().ok(),
            _ => None,
        });
        let end = if output.status.code().is_none() { format!("{last} {}", output.status) } else { last };
        Ok((end, passed.unwrap_or(0)))
    };
    let (_, expected) = count(cpython)?;
    let (end, passed) = count(taipan)?;
    Ok(Some(format!("passed {passed} of CPython's {expected}: {end}")))
}
