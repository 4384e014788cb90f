//! `cargo xtask reference`: CPython 3.14 and PyPy to compare with, in a folder of their own.

use crate::Outcome;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SETUP: &str = include_str!("reference.sh");

/// The two reference implementations, set up.
#[derive(Clone, Debug)]
pub struct Reference {
    folder: PathBuf,
}

impl Reference {
    /// The reference if it stands already.
    pub fn find() -> Option<Self> {
        let folder = folder()?;
        folder.join("ready").exists().then_some(Self { folder })
    }

    /// The reference, set up first where it is missing; the error says why that is not possible here.
    pub fn set_up() -> Outcome<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        let folder = folder().ok_or("neither TAIPAN_REFERENCE nor HOME is set")?;
        eprintln!("setting up CPython 3.14 and PyPy in {} (one to two minutes)", folder.display());
        let status = Command::new("bash").args(["-c", SETUP, "reference.sh"]).arg(&folder).stdin(Stdio::null()).status()?;
        if status.success() { Ok(Self { folder }) } else { Err("the reference could not be set up".into()) }
    }

    /// The program `python3.14`.
    pub fn cpython(&self) -> PathBuf {
        self.folder.join("cpython/bin/python3.14")
    }

    /// CPython without the shell script that [`Self::cpython`] is where the reference has a C library of its own: for measurements.
    pub fn cpython_command(&self) -> Command {
        match self.loader() {
            Some(mut command) => {
                command.arg("--argv0").arg(self.cpython()).arg(self.binary());
                command
            }
            None => Command::new(self.cpython()),
        }
    }

    /// Another program with the C library that CPython's runs with.
    pub fn command_with_its_library(&self, program: &Path) -> Command {
        match self.loader() {
            Some(mut command) => {
                command.arg("--argv0").arg(program).arg(program);
                command
            }
            None => Command::new(program),
        }
    }

    /// The reference's own loader with its libraries, where it has a C library of its own.
    fn loader(&self) -> Option<Command> {
        let root = self.folder.join("root");
        let loader = root.join("lib64/ld-linux-x86-64.so.2");
        let libraries = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"].map(|path| root.join(path).display().to_string());
        let mut command = Command::new(&loader);
        command.arg("--library-path").arg(libraries.join(":"));
        loader.exists().then_some(command)
    }

    /// CPython's binary itself, to be looked at.
    pub fn binary(&self) -> PathBuf {
        self.folder.join("root/usr/bin/python3.14")
    }

    /// CPython's headers.
    pub fn headers(&self) -> PathBuf {
        self.folder.join("root/usr/include/python3.14")
    }

    /// CPython's `Lib`, the tests in `test/`.
    pub fn lib(&self) -> PathBuf {
        self.folder.join("cpython/lib/python3.14")
    }

    /// The program `pypy3`.
    pub fn pypy(&self) -> PathBuf {
        self.folder.join("pypy/bin/pypy3")
    }
}

/// Sets the reference up and says where it is.
pub fn run() -> Outcome {
    let reference = Reference::set_up()?;
    println!("CPython: {}", reference.cpython().display());
    println!("its Lib: {}", reference.lib().display());
    println!("PyPy:    {}", reference.pypy().display());
    Ok(())
}

/// Where downloads and reference trees are kept: beside the reference, so that one variable moves both.
pub fn cache(name: &str) -> Outcome<PathBuf> {
    let folder = folder().ok_or("neither TAIPAN_REFERENCE nor HOME is set")?;
    Ok(folder.with_file_name("taipan-cache").join(name))
}

fn folder() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("TAIPAN_REFERENCE") {
        return Some(PathBuf::from(folder));
    }
    env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/taipan-reference"))
}
