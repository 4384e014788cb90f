//! The lists of tests under `tests/conformance`: per module a line `[MODULE] KEY=VALUE…`, then one test a line.
//!
//! A test is named by its unittest id; within a module, the prefix `test.MODULE.` is left out, and an id that does not
//! have it stands in full after a `/`. A second test of the same id in one run is `ID#2`.

use crate::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Test modules (`test_json.test_decode`) and the tests in each that pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    pub modules: BTreeMap<String, Module>,
}

/// The passing tests of one module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// How long CPython took, where that was measured.
    pub seconds: Option<f64>,
    pub tests: BTreeSet<String>,
}

impl List {
    /// Reads a list; a file that does not exist is an empty one.
    pub fn read(path: &Path) -> Outcome<Self> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|e| format!("{}: {e}", path.display()).into()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(format!("{}: {e}", path.display()).into()),
        }
    }

    /// The number of tests in all modules.
    pub fn len(&self) -> usize {
        self.modules.values().map(|module| module.tests.len()).sum()
    }

    pub fn write(&self, path: &Path) -> Outcome {
        Ok(fs::write(path, self.to_text())?)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut list = Self::default();
        let mut current: Option<(String, Module)> = None;
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            if let Some(header) = line.strip_prefix('[') {
                let (name, rest) = header.split_once(']').ok_or_else(|| format!("line {}: no ']'", number + 1))?;
                if let Some((name, module)) = current.take() {
                    list.modules.insert(name, module);
                }
                let seconds = rest.split_whitespace().find_map(|word| word.strip_prefix("seconds=")?.parse().ok());
                current = Some((name.to_owned(), Module { seconds, tests: BTreeSet::new() }));
            } else if let Some((name, module)) = &mut current {
                module.tests.insert(match line.strip_prefix('/') {
                    Some(full) => full.to_owned(),
                    None => format!("test.{name}.{line}"),
                });
            } else {
                return Err(format!("line {}: a test before the first module", number + 1));
            }
        }
        list.modules.extend(current);
        Ok(list)
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, module) in &self.modules {
            let _ = write!(text, "[{name}]");
            if let Some(seconds) = module.seconds {
                let _ = write!(text, " seconds={seconds}");
            }
            text.push('\n');
            let prefix = format!("test.{name}.");
            for test in &module.tests {
                let _ = match test.strip_prefix(&prefix) {
                    Some(short) => writeln!(text, "{short}"),
                    None => writeln!(text, "/{test}"),
                };
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::List;

    #[test]
    fn text_and_list_are_one_another_s_inverse() {
        let text = "[test_a] seconds=1.5\nB.test_c\nB.test_c#2\n/builtins.bin\n[test_d.test_e]\n";
        let list = List::parse(text).unwrap();
        assert_eq!(list.len(), 3);
        assert!(list.modules["test_a"].tests.contains("test.test_a.B.test_c#2"));
        assert!(list.modules["test_a"].tests.contains("builtins.bin"));
        assert_eq!(list.modules["test_a"].seconds, Some(1.5));
        assert_eq!(List::parse(&list.to_text()).unwrap(), list);
    }

    #[test]
    fn a_test_outside_a_module_is_an_error() {
        assert!(List::parse("B.test_c\n").is_err());
    }
}
