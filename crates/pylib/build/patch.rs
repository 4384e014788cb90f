//! Applies a unified diff, exactly: every context and removed line must be where the diff says, or it is an error.

use crate::Tree;

/// Changes the files of `tree` that `diff` names (`--- a/PATH`, `+++ b/PATH`).
pub fn apply(diff: &str, tree: &mut Tree) -> Result<(), String> {
    let mut lines = diff.lines().peekable();
    while let Some(line) = lines.next() {
        let path = line.strip_prefix("--- a/").ok_or_else(|| format!("expected '--- a/…', found {line:?}"))?;
        let target = lines.next().unwrap_or_default();
        if target != format!("+++ b/{path}") {
            return Err(format!("expected '+++ b/{path}', found {target:?}"));
        }
        let old = tree.get(path).ok_or_else(|| format!("{path}: no such file"))?;
        let old = std::str::from_utf8(old).map_err(|e| format!("{path}: {e}"))?.to_owned();
        let mut source = Source { path, lines: old.split_inclusive('\n').collect(), next: 0 };
        let mut new = String::with_capacity(old.len());
        while let Some(header) = lines.next_if(|l| l.starts_with("@@ ")) {
            let (start, mut old_left, mut new_left) = hunk_header(header).ok_or_else(|| format!("bad hunk {header:?}"))?;
            source.copy_until(start, &mut new)?;
            while old_left > 0 || new_left > 0 {
                let line = lines.next().ok_or_else(|| format!("{path}: the hunk {header} is cut short"))?;
                let (mark, text) = line.split_at_checked(1).unwrap_or((" ", ""));
                match mark {
                    " " => {
                        new.push_str(source.take(text)?);
                        old_left -= 1;
                        new_left -= 1;
                    }
                    "-" => {
                        source.take(text)?;
                        old_left -= 1;
                    }
                    "+" => {
                        new.push_str(text);
                        new.push('\n');
                        new_left -= 1;
                    }
                    _ => return Err(format!("{path}: unexpected line {line:?}")),
                }
            }
        }
        source.copy_until(source.lines.len(), &mut new)?;
        tree.insert(path.to_owned(), new.into_bytes());
    }
    Ok(())
}

/// The lines of the file that is patched, and how far they have been used.
struct Source<'a> {
    path: &'a str,
    lines: Vec<&'a str>,
    next: usize,
}

impl<'a> Source<'a> {
    fn copy_until(&mut self, index: usize, new: &mut String) -> Result<(), String> {
        let lines = self.lines.get(self.next..index);
        let lines = lines.ok_or_else(|| format!("{}: no line {index}, or hunks out of order", self.path))?;
        lines.iter().for_each(|line| new.push_str(line));
        self.next = index;
        Ok(())
    }

    fn take(&mut self, expected: &str) -> Result<&'a str, String> {
        let found = self.lines.get(self.next).copied().unwrap_or_default();
        self.next += 1;
        if found.trim_end_matches('\n') == expected {
            Ok(found)
        } else {
            Err(format!("{}:{}: expected {expected:?}, found {found:?}", self.path, self.next))
        }
    }
}

/// `@@ -START,COUNT +START,COUNT @@`: index of the first old line, old count, new count.
fn hunk_header(header: &str) -> Option<(usize, usize, usize)> {
    let mut words = header.split(' ').skip(1);
    let (start, old) = range(words.next()?.strip_prefix('-')?)?;
    let (_, new) = range(words.next()?.strip_prefix('+')?)?;
    // An empty range names the line before it, any other its first line, counted from 1.
    Some((if old == 0 { start } else { start.checked_sub(1)? }, old, new))
}

fn range(text: &str) -> Option<(usize, usize)> {
    match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}
