//! Programs with known output: `examples/NAME.py` with `NAME.out` beside it, and the language scripts
//! `tests/language/NAME.py`, whose standard output is the texts of their `# expect:` comments, line by line.

use crate::process::{self, End};
use crate::reference::Reference;
use crate::{Outcome, project_root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

const USAGE: &str = "usage: cargo xtask scripts [--write] INTERPRETER [NAME]…
  INTERPRETER   cpython, or the path of a program
  --write       store what the examples print in examples/NAME.out (with cpython only)";

/// The command: runs the scripts, or those named, on one interpreter.
pub fn run(arguments: &[String]) -> Outcome {
    let (write, arguments) = match arguments.split_first() {
        Some((first, rest)) if first == "--write" => (true, rest),
        _ => (false, arguments),
    };
    let (interpreter, names) = arguments.split_first().ok_or(USAGE)?;
    if write && interpreter != "cpython" {
        return Err(USAGE.into());
    }
    let program = if interpreter == "cpython" { Reference::set_up()?.cpython() } else { fs::canonicalize(interpreter)? };
    let (mut passed, mut failed) = (0, 0);
    for script in all()? {
        let name = script.path.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        if !names.is_empty() && !names.iter().any(|n| n == name) {
            continue;
        }
        let output = Output::of(&program, &script)?;
        if write && script.is_example && output.end.status.success() {
            fs::write(script.path.with_extension("out"), &output.stdout)?;
            continue;
        }
        match output.complaint(&script.expected) {
            None => passed += 1,
            Some(complaint) => {
                failed += 1;
                println!("FAILED {}: {complaint}", script.path.display());
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { Ok(()) } else { Err("some scripts print something else".into()) }
}

/// A program and what it must print.
pub struct Script {
    pub path: PathBuf,
    expected: String,
    is_example: bool,
}

/// All examples and language scripts, in order of their paths.
pub fn all() -> Outcome<Vec<Script>> {
    let root = project_root()?;
    let mut scripts = Vec::new();
    for path in python_files(&root.join("examples"))? {
        let expected = fs::read_to_string(path.with_extension("out")).unwrap_or_default();
        scripts.push(Script { path, expected, is_example: true });
    }
    for path in python_files(&root.join("tests/language"))? {
        let expected = expectations(&fs::read_to_string(&path)?);
        scripts.push(Script { path, expected, is_example: false });
    }
    Ok(scripts)
}

/// Runs one script; what is wrong with its output, if anything.
pub fn check(interpreter: &Path, script: &Script) -> Outcome<Option<String>> {
    Ok(Output::of(interpreter, script)?.complaint(&script.expected))
}

struct Output {
    stdout: String,
    stderr: String,
    end: End,
}

impl Output {
    fn of(interpreter: &Path, script: &Script) -> Outcome<Self> {
        let work = std::env::temp_dir().join(format!("taipan-scripts-{}", std::process::id()));
        fs::create_dir_all(&work)?;
        let (stdout, stderr) = (work.join("stdout"), work.join("stderr"));
        let mut command = Command::new(interpreter);
        // Named as a reader would name it: the path stands in tracebacks.
        let root = project_root()?;
        command.arg(script.path.strip_prefix(&root).unwrap_or(&script.path)).current_dir(&root);
        process::clean_environment(&mut command);
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1").env_remove("FORCE_COLOR");
        let end = process::run(&mut command, &stdout, &stderr, LIMIT)?;
        let text = |path: &Path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let output = Self { stdout: text(&stdout)?, stderr: text(&stderr)?, end };
        fs::remove_dir_all(&work)?;
        Ok(output)
    }

    fn complaint(&self, expected: &str) -> Option<String> {
        let last = self.stderr.trim_end().lines().next_back().unwrap_or_default();
        if expected.is_empty() {
            return Some("nothing is stored that it should print".to_owned());
        }
        if self.stdout != expected {
            return Some(format!("{}\n{last}", first_difference(expected, &self.stdout)));
        }
        if !self.end.status.success() {
            return Some(format!("{}\n{last}", self.end.complaint().unwrap_or_else(|| "failed at its end".to_owned())));
        }
        None
    }
}

fn python_files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut files = entries.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    files.retain(|path| path.extension().is_some_and(|e| e == "py"));
    files.sort();
    Ok(files)
}

fn expectations(source: &str) -> String {
    let texts = source.lines().filter_map(|line| line.split_once("# expect:").map(|(_, text)| text));
    texts.map(|text| format!("{}\n", text.strip_prefix(' ').unwrap_or(text))).collect()
}

fn first_difference(expected: &str, found: &str) -> String {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    let mut number = 1;
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return "the last line's end differs".to_owned(),
            (e, f) if e == f => number += 1,
            (e, f) => {
                let show = |line: Option<&str>| line.map_or("nothing".to_owned(), |l| format!("{l:?}"));
                return format!("line {number}: expected {}, found {}", show(e), show(f));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{expectations, first_difference};

    #[test]
    fn expectations_are_taken_in_order_with_their_inner_blanks() {
        assert_eq!(expectations("print(1)  # expect: 1\n# expect:\n#expect: no\nx  # expect:   a\n"), "1\n\n  a\n");
    }

    #[test]
    fn the_first_difference_is_shown_with_its_line() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), "line 2: expected \"b\", found \"c\"");
        assert_eq!(first_difference("a\n", "a\nc\n"), "line 2: expected nothing, found \"c\"");
    }
}
