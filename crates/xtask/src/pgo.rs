//! `cargo xtask pgo`: a release build that the compiler makes knowing which ways a program takes (profile-guided optimisation).
//!
//! An instrumented build counts while it runs what CPython's own `--pgo` runs: the same modules of its tests. Compilation of the library and starts come on
//! top, which those tests hardly do. `llvm-profdata` of the compiler's LLVM puts the counts together.

use crate::process::{self, End};
use crate::{Outcome, conformance, differential, order, project_root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const USAGE: &str = "usage: cargo xtask pgo
  builds target/pgo/taipan: a release build after the counts of a training run (30 to 40 minutes on two cores).
  llvm-profdata of the compiler's LLVM is looked for in LLVM_PROFDATA, on the PATH, and installed with apt-get where it is missing.";

/// What CPython's build trains with (`libregrtest/pgo.py` of 3.14), without the modules that take minutes or do not exist here.
const TRAINING: [&str; 37] = [
    "test_array",
    "test_base64",
    "test_binascii",
    "test_binop",
    "test_bisect",
    "test_bytes",
    "test_bz2",
    "test_cmath",
    "test_codecs",
    "test_collections",
    "test_complex",
    "test_dataclasses",
    "test_difflib",
    "test_float",
    "test_fstring",
    "test_functools",
    "test_generators",
    "test_heapq",
    "test_int",
    "test_itertools",
    "test_json",
    "test_long",
    "test_lzma",
    "test_math",
    "test_memoryview",
    "test_operator",
    "test_ordered_dict",
    "test_patma",
    "test_pprint",
    "test_re",
    "test_set",
    "test_sqlite3",
    "test_str",
    "test_struct",
    "test_tabnanny",
    "test_time",
    "test_xml_etree",
];
/// An instrumented program is several times as slow.
const LIMIT: u64 = 300;
/// How often each of the short programs is started.
const STARTS: usize = 5;
/// How often the library is compiled.
const COMPILATIONS: usize = 5;
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    if !arguments.is_empty() {
        return Err(USAGE.into());
    }
    let root = project_root()?;
    let profdata = profdata()?;
    let work = process::target_folder(&root).join("pgo");
    let (raw, merged) = (work.join("raw"), work.join("taipan.profdata"));
    fs::create_dir_all(&work)?;
    let _ = fs::remove_dir_all(&raw);

    // Both builds have one profile: names of functions depend on it. Values (targets of indirect calls) are not counted: handlers are not to be put into each other.
    let counting =
        build(&root, &work.join("counting"), &format!("-Cprofile-generate={} -Cllvm-args=-disable-vp", raw.display()))?;
    // What the build's own steps counted is no training.
    let _ = fs::remove_dir_all(&raw);
    train(&counting)?;
    let mut merge = Command::new(profdata);
    merge.arg("merge").arg("-o").arg(&merged).arg(&raw);
    if !merge.status()?.success() {
        return Err("llvm-profdata could not merge the counts".into());
    }
    let built = build(&root, &work.join("using"), &format!("-Cprofile-use={} -Cllvm-args=-disable-vp", merged.display()))?;
    let program = work.join("taipan");
    fs::copy(built, &program)?;
    println!("{}", program.display());
    Ok(())
}

/// A release build with one more option of the compiler, which build scripts and macros go without.
fn build(root: &Path, folder: &Path, option: &str) -> Outcome<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--package", "taipan", "--target", TARGET, "--target-dir"]).arg(folder).current_dir(root);
    cargo.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", option);
    if cargo.status()?.success() {
        return Ok(folder.join(TARGET).join("release/taipan"));
    }
    Err(format!("the build with {option} failed").into())
}

/// Runs what is counted. Tests that fail count, too.
fn train(program: &Path) -> Outcome {
    let options = conformance::Options {
        modules: TRAINING.iter().map(|&module| module.to_owned()).collect(),
        timeout: Some(LIMIT),
        taipan: Some(program.to_owned()),
        ..Default::default()
    };
    let (passed, _) = conformance::conform(&options)?;
    if passed == 0 {
        return Err("no test of the training passed".into());
    }
    for _ in 0..COMPILATIONS {
        differential::run(&["--time".to_owned(), "--taipan".to_owned(), program.display().to_string()])?;
    }
    let output = std::env::temp_dir().join(format!("taipan-pgo-{}", std::process::id()));
    for arguments in std::iter::repeat_n(order::PROGRAMS, STARTS).flatten() {
        let mut command = Command::new(program);
        command.args(arguments);
        process::clean_environment(&mut command);
        let End { status, .. } = process::run(&mut command, &output, Path::new("/dev/null"), Duration::from_secs(LIMIT))?;
        if !status.success() {
            return Err(format!("{} {arguments:?} failed", program.display()).into());
        }
    }
    fs::remove_file(output)?;
    Ok(())
}

/// The program `llvm-profdata` of the LLVM that the compiler is built with: others do not know its files.
fn profdata() -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os("LLVM_PROFDATA") {
        return Ok(path.into());
    }
    let version = Command::new("rustc").arg("-vV").output()?;
    let version = String::from_utf8(version.stdout)?;
    let major =
        version.lines().find_map(|line| line.strip_prefix("LLVM version: ")?.split('.').next()).ok_or("rustc names no LLVM")?;
    let name = format!("llvm-profdata-{major}");
    let works = || {
        Command::new(&name)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if !works() {
        let mut install = Command::new("apt-get");
        install.args(["install", "-y", "-qq", "--no-install-recommends", &format!("llvm-{major}")]).stdout(Stdio::null());
        if !install.status().is_ok_and(|status| status.success()) || !works() {
            return Err(format!("{name} is missing and could not be installed; LLVM_PROFDATA can name one").into());
        }
    }
    Ok(name.into())
}
