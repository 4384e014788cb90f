//! The prefix that the tests run from: `bin/taipan`, and `lib/python3.14/test`, a link to the reference's tests.
//!
//! There is no `os.py` in it, so that the embedded library stays in use; the folder of the standard library is on
//! `sys.path` all the same, also for children started with `-I` or `-E`.

use crate::Outcome;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Builds the prefix in `folder` for the program `taipan` and returns the staged program.
pub fn build(folder: &Path, taipan: &Path, reference_lib: &Path) -> Outcome<PathBuf> {
    let bin = folder.join("bin");
    let lib = folder.join("lib/python3.14");
    fs::create_dir_all(&bin)?;
    fs::create_dir_all(&lib)?;
    let program = bin.join("taipan");
    let _ = fs::remove_file(&program);
    if fs::hard_link(taipan, &program).is_err() {
        fs::copy(taipan, &program).map_err(|e| format!("{}: {e}", taipan.display()))?;
    }
    let tests = lib.join("test");
    let _ = fs::remove_file(&tests);
    symlink(reference_lib.join("test"), tests)?;
    Ok(program)
}
