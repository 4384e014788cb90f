//! The prefix that the tests run from: `bin/taipan`, and `lib/python3.14/test`, a copy of the reference's tests.
//!
//! On request also `lib-dynload` with CPython's compiled test helpers. There is no `os.py` in it, so that the embedded library stays in use; the folder of the standard library is on
//! `sys.path` all the same, also for children started with `-I` or `-E`.

use crate::Outcome;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Builds the prefix in `folder` for the program `taipan` and returns the staged program.
pub fn build(folder: &Path, taipan: &Path, reference_lib: &Path, with_helpers: bool) -> Outcome<PathBuf> {
    let bin = folder.join("bin");
    let lib = folder.join("lib/python3.14");
    fs::create_dir_all(&bin)?;
    fs::create_dir_all(&lib)?;
    let program = bin.join("taipan");
    let _ = fs::remove_file(&program);
    if fs::hard_link(taipan, &program).is_err() {
        fs::copy(taipan, &program).map_err(|e| format!("{}: {e}", taipan.display()))?;
    }
    // A copy, not a link: tests compare the paths of modules with resolved ones.
    copy_tree(&reference_lib.join("test"), &lib.join("test"))?;
    if with_helpers {
        link_helpers(&reference_lib.join("lib-dynload"), &lib.join("lib-dynload"))?;
    }
    Ok(program)
}

/// The extension modules that only tests import; an interpreter with CPython's ABI can load them as they are. Not `_testinternalcapi`,
/// which needs CPython's private structs.
fn link_helpers(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("_testinternalcapi") {
            continue;
        }
        let is_helper = |prefix: &&str| name.to_string_lossy().starts_with(prefix);
        if ["_test", "_ctypes_test", "_xxtestfuzz", "xxlimited", "xxsubtype"].iter().any(is_helper) {
            symlink(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}

/// Copies sources and data; compiled files are another interpreter's.
fn copy_tree(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else if !kind.is_dir() {
            fs::copy(&source, &target)?;
        } else if entry.file_name() != "__pycache__" {
            copy_tree(&source, &target)?;
        }
    }
    Ok(())
}
