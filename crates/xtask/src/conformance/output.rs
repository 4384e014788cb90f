//! Reads what `python -m unittest -v` writes on stderr, also where tests write in between or the interpreter dies.
//!
//! A test announces itself as `name (id) ... ` or, with a docstring, in two lines; a doctest as `name (parent)` and
//! `Doctest: id ... `. What follows up to the next announcement is the test's own noise and, at its end, the outcome.
//! Only an outcome that was read counts: a test that was announced and has none did not pass.

use std::collections::{BTreeMap, BTreeSet};

/// How one test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Skipped,
    Failed,
    /// Announced, but the run ended before its outcome.
    Unfinished,
}

/// All tests that announced themselves, in the order of the run.
#[derive(Debug, Default)]
pub struct Report {
    pub tests: Vec<(String, Verdict)>,
    /// The run came to its own end: there is a line `Ran N tests`.
    pub complete: bool,
}

impl Report {
    pub fn passed(&self) -> BTreeSet<String> {
        self.tests.iter().filter(|(_, verdict)| *verdict == Verdict::Passed).map(|(id, _)| id.clone()).collect()
    }

    pub fn verdict(&self, id: &str) -> Option<Verdict> {
        self.tests.iter().find(|(test, _)| test == id).map(|(_, verdict)| *verdict)
    }
}

/// Reads the whole output of one run.
pub fn parse(text: &str) -> Report {
    let mut report = Report::default();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let (progress, summary) = split_summary(text);
    let mut open: Option<(String, String)> = None;
    let mut pending: Option<String> = None;
    for line in progress.lines() {
        if let Some((id, rest)) = announcement(line, pending.as_deref()) {
            close(open.take(), &mut report, false);
            let count = seen.entry(id.clone()).or_default();
            *count += 1;
            let id = if *count == 1 { id } else { format!("{id}#{count}") };
            open = Some((id, rest.to_owned()));
            pending = None;
        } else if let Some((_, noise)) = &mut open {
            noise.push('\n');
            noise.push_str(line);
        }
        pending = head(line).filter(|(_, rest)| rest.is_empty()).map(|(id, _)| id).or(pending.filter(|_| open.is_none()));
    }
    close(open, &mut report, summary.is_none());
    if let Some(summary) = summary {
        report.complete = summary.lines().any(|line| line.starts_with("Ran ") && line.contains(" test"));
        // A failure in a class's or module's clean-up, or one that was reported late, stands in the summary alone.
        for line in summary.lines() {
            let Some(rest) = line.strip_prefix("FAIL: ").or_else(|| line.strip_prefix("ERROR: ")) else { continue };
            let Some((id, _)) = head(rest) else { continue };
            for (test, verdict) in &mut report.tests {
                if *test == id && *verdict == Verdict::Passed && seen.get(&id) == Some(&1) {
                    *verdict = Verdict::Failed;
                }
            }
        }
    }
    report
}

/// Where the report of failures, or the line of dashes before `Ran N tests`, begins.
fn split_summary(text: &str) -> (&str, Option<&str>) {
    let ran = text.rfind("\nRan ").map(|at| at + 1);
    let Some(ran) = ran else { return (text, None) };
    let bar = format!("\n{}\n", "=".repeat(70));
    let failures = text.get(..ran).unwrap_or_default().match_indices(&bar).find(|(at, bar)| {
        let after = text.get(at + bar.len()..).unwrap_or_default();
        after.starts_with("ERROR: ") || after.starts_with("FAIL: ") || after.starts_with("UNEXPECTED SUCCESS: ")
    });
    let at = failures.map_or(ran, |(at, _)| at + 1);
    (text.get(..at).unwrap_or(text), text.get(at..))
}

/// A line that begins a test: its id and what stands behind `... `.
fn announcement<'a>(line: &'a str, pending: Option<&str>) -> Option<(String, &'a str)> {
    if let Some((id, rest)) = head(line)
        && let Some(rest) = rest.strip_prefix(" ... ").or_else(|| rest.strip_prefix(" ...").filter(|r| r.is_empty()))
    {
        return Some((id, rest));
    }
    let id = pending?;
    let (_, rest) = line.split_once(" ... ").or_else(|| Some((line.strip_suffix(" ...")?, "")))?;
    Some((id.to_owned(), rest))
}

/// `name (id)` at the start of a line: the id, and the rest of the line. For a doctest, `name (parent)`.
fn head(line: &str) -> Option<(String, &str)> {
    let (name, rest) = line.split_once(" (")?;
    let (inside, rest) = rest.split_once(')')?;
    let word = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !word(name) || inside.contains(char::is_whitespace) {
        return None;
    }
    if inside.strip_suffix(name).is_some_and(|class| class.ends_with('.')) {
        return Some((inside.to_owned(), rest));
    }
    if !inside.split('.').all(word) {
        return None;
    }
    Some((format!("{inside}.{name}"), rest))
}

fn close(open: Option<(String, String)>, report: &mut Report, cut_off: bool) {
    let Some((id, text)) = open else { return };
    // A failed subtest is reported on an indented line of its own and leaves the test without an `ok`.
    let failed_subtest =
        text.lines().skip(1).any(|l| l.starts_with("  ") && (l.ends_with("... FAIL") || l.ends_with("... ERROR")));
    let last = text.trim_end().lines().next_back().unwrap_or_default();
    let any = |test: &dyn Fn(&str) -> bool| text.lines().any(|line| test(line.trim_end()));
    let verdict = if failed_subtest || any(&|l| l == "FAIL" || l == "ERROR") {
        Verdict::Failed
    } else if any(&|l| l == "ok") || ends_in_ok(last, cut_off) {
        Verdict::Passed
    } else if any(&|l| l.starts_with("skipped ")) || last.contains("skipped '") || last.ends_with("expected failure") {
        Verdict::Skipped
    } else if cut_off {
        Verdict::Unfinished
    } else {
        Verdict::Failed
    };
    report.tests.push((id, verdict));
}

/// Whether the outcome stands behind noise that did not end its line. In a run that was cut off, only a word `ok` counts.
fn ends_in_ok(line: &str, cut_off: bool) -> bool {
    line.strip_suffix("ok").is_some_and(|noise| !cut_off || !noise.ends_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::{Verdict, parse};

    #[test]
    fn outcomes_are_read_through_docstrings_doctests_noise_and_subtests() {
        let report = parse(
            "test_a (test.test_x.T.test_a) ... ok\n\
             test_b (test.test_x.T.test_b)\nSays (what) it does ... ok\n\
             bin (builtins)\nDoctest: builtins.bin ... ok\n\
             test_c (test.test_x.T.test_c) ... noise without end ok\n\
             test_d (test.test_x.T.test_d) ... a warning\nok\n\
             test_e (test.test_x.T.test_e) ... skipped 'why'\n\
             test_f (test.test_x.T.test_f) ... \n  test_f (test.test_x.T.test_f) (i=1) ... FAIL\n\
             test_a (test.test_x.T.test_a) ... ok\n\
             test_g (test.test_x.T.test_g) ... expected failure\n\
             test_h (test.test_x.T.test_h) ... FAIL\n\
             test_i (test.z.Z[Etc/GMT+1]_Pure.test_i) ... ok\n\
             \n======================================================================\nFAIL: test_h (test.test_x.T.test_h)\n\
             ----------------------------------------------------------------------\nTraceback\n\n\
             ----------------------------------------------------------------------\nRan 9 tests in 0.1s\n\nFAILED (failures=2)\n",
        );
        assert!(report.complete);
        let passed: Vec<_> = report.passed().into_iter().collect();
        assert_eq!(
            passed,
            [
                "builtins.bin",
                "test.test_x.T.test_a",
                "test.test_x.T.test_a#2",
                "test.test_x.T.test_b",
                "test.test_x.T.test_c",
                "test.test_x.T.test_d",
                "test.z.Z[Etc/GMT+1]_Pure.test_i"
            ]
        );
        assert_eq!(report.verdict("test.test_x.T.test_e"), Some(Verdict::Skipped));
        assert_eq!(report.verdict("test.test_x.T.test_f"), Some(Verdict::Failed));
        assert_eq!(report.verdict("test.test_x.T.test_h"), Some(Verdict::Failed));
        assert_eq!(report.tests.len(), 11);
    }

    #[test]
    fn a_test_in_which_the_interpreter_died_did_not_pass() {
        let report = parse("test_a (test.test_x.T.test_a) ... ok\ntest_b (test.test_x.T.test_b) ... Fatal Python error: look");
        assert!(!report.complete);
        assert_eq!(report.passed().len(), 1);
        assert_eq!(report.verdict("test.test_x.T.test_b"), Some(Verdict::Unfinished));
    }
}
