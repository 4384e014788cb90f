//! Which of CPython's test modules a change touches, told by names: a file or folder called `dict`, `dict_` or `_dict` belongs to
//! `test_dict`.
//!
//! The change is what the newest commits and the working tree did; a clean clone does not know where a branch began.

use crate::Outcome;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Commits that are at most this much older than the newest one belong to the change.
const WINDOW_SECONDS: u64 = 4 * 3600;

/// The names of files and folders below `crates/` that the change has in their paths, without underscores at their ends.
pub fn names(root: &Path) -> Outcome<BTreeSet<String>> {
    let git = |arguments: &[&str]| -> Outcome<String> {
        let output = Command::new("git").args(arguments).current_dir(root).output()?;
        if output.status.success() { Ok(String::from_utf8(output.stdout)?) } else { Ok(String::new()) }
    };
    let newest: u64 = git(&["log", "-1", "--format=%ct"])?.trim().parse().unwrap_or(0);
    let since = format!("--since={}", newest.saturating_sub(WINDOW_SECONDS));
    let committed = git(&["log", &since, "--name-only", "--format="])?;
    let uncommitted = git(&["diff", "--name-only", "HEAD"])?;
    Ok(committed.lines().chain(uncommitted.lines()).filter_map(|path| path.strip_prefix("crates/")).flat_map(parts).collect())
}

fn parts(path: &str) -> impl Iterator<Item = String> {
    let trimmed = |part: &str| part.trim_end_matches(".rs").trim_matches('_').to_owned();
    path.split('/').map(trimmed)
}

/// Whether a test module has the name of one of these parts.
pub fn touches(names: &BTreeSet<String>, module: &str) -> bool {
    let first = module.split('.').next().unwrap_or(module);
    let bare = first.trim_start_matches("test").trim_matches('_');
    names.contains(bare)
}

#[cfg(test)]
mod tests {
    use super::{parts, touches};

    #[test]
    fn a_folder_names_its_test() {
        let names = parts("builtins/src/dict/keys.rs").chain(parts("builtins/src/bool_.rs")).collect();
        for module in ["test_dict", "test_bool"] {
            assert!(touches(&names, module), "{module}");
        }
        for module in ["test_dictcomps", "test_list", "test_json.test_dump"] {
            assert!(!touches(&names, module), "{module}");
        }
        assert!(touches(&parts("stdlib-data/src/json/mod.rs").collect(), "test_json.test_dump"));
    }
}
