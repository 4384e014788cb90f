//! `cargo xtask fuzz --parser --coverage`: how much of the front end the inputs reach, by a build that counts (`-C instrument-coverage`).
//!
//! LLVM's own tools read the counts. They have to be of the version that rustc was built with: those of its component `llvm-tools`, those
//! on the path with the number in their name, or Debian's package, which is fetched into a folder of the cache and not installed.

use super::parser;
use crate::Outcome;
use crate::reference;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rooms of which the report tells.
const ROOMS: [&str; 3] = ["syntax", "compiler", "bytecode"];

/// Parses `count` inputs of `seed`, from `first`, and prints what part of the lines and regions of each room ran.
pub fn run(root: &Path, seed: u64, first: u64, count: u64) -> Outcome {
    let tools = Tools::find()?;
    let target = root.join("target/coverage");
    let fuzzer = parser::build_in(root, &target, "-C instrument-coverage")?;
    let work = target.join("profiles");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work)?;
    let profile = work.join("inputs.profraw");
    let mut command = parser::command(&fuzzer, seed, first, count)?;
    command.arg("--keep").arg(root.join("target/fuzz")).env("LLVM_PROFILE_FILE", &profile);
    let clean = command.status()?.success();
    let merged = work.join("inputs.profdata");
    tools.run("llvm-profdata", &["merge".as_ref(), "-sparse".as_ref(), profile.as_ref(), "-o".as_ref(), merged.as_ref()])?;
    for room in ROOMS {
        let instr = format!("-instr-profile={}", merged.display());
        let sources = root.join("crates").join(room).join("src");
        let report = tools.run(
            "llvm-cov",
            &["report".as_ref(), fuzzer.as_ref(), instr.as_ref(), "-show-branch-summary=false".as_ref(), sources.as_ref()],
        )?;
        print!("{room}:\n{report}");
    }
    if clean { Ok(()) } else { Err("some inputs did harm".into()) }
}

/// Where LLVM's tools are, and what their names end in.
struct Tools {
    folder: Option<PathBuf>,
    libraries: Option<PathBuf>,
    suffix: String,
}

impl Tools {
    fn find() -> Outcome<Tools> {
        let version = output(Command::new("rustc").arg("-vV"))?;
        let field = |name: &str| version.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let major =
            field("LLVM version:").and_then(|version| version.split('.').next()).ok_or("rustc tells no version of LLVM")?;
        let host = field("host:").ok_or("rustc tells no host")?;
        let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let component = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin");
        if component.join("llvm-cov").exists() {
            return Ok(Tools { folder: Some(component), libraries: None, suffix: String::new() });
        }
        let suffix = format!("-{major}");
        if Command::new(format!("llvm-cov{suffix}")).arg("--version").output().is_ok_and(|output| output.status.success()) {
            return Ok(Tools { folder: None, libraries: None, suffix });
        }
        let fetched = fetch(major)?;
        let libraries = Some(fetched.join("usr/lib/x86_64-linux-gnu"));
        Ok(Tools { folder: Some(fetched.join(format!("usr/lib/llvm-{major}/bin"))), libraries, suffix: String::new() })
    }

    fn run(&self, tool: &str, arguments: &[&OsStr]) -> Outcome<String> {
        let name = format!("{tool}{}", self.suffix);
        let mut command = Command::new(self.folder.as_ref().map_or_else(|| PathBuf::from(&name), |folder| folder.join(&name)));
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        output(command.args(arguments))
    }
}

/// Debian's LLVM, unpacked in the cache.
fn fetch(major: &str) -> Outcome<PathBuf> {
    let folder = reference::cache(&format!("llvm-{major}"))?;
    if folder.join("usr").exists() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder)?;
    let packages = [format!("llvm-{major}"), format!("libllvm{major}")];
    output(Command::new("apt-get").arg("download").args(&packages).current_dir(&folder))
        .map_err(|error| format!("LLVM {major}'s tools are neither in rustc's component llvm-tools nor on the path: {error}"))?;
    for entry in fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()? {
        output(Command::new("dpkg-deb").arg("-x").arg(entry.path()).arg(&folder))?;
        fs::remove_file(entry.path())?;
    }
    Ok(folder)
}

fn output(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim_end()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
