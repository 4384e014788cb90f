//! Compiled patterns: the code of `re._compiler`, validated.

use super::machine::Machine;
use super::op;
use object::PyResult;
use std::cell::OnceCell;

/// How deep blocks may stand in one another.
const MAX_DEPTH: usize = 5000;

/// A pattern that may be run.
pub struct Program {
    code: Vec<u32>,
    /// The translation, made when the pattern is first used.
    machine: OnceCell<Box<Machine>>,
}

impl Program {
    /// The validated program; none for invalid code.
    pub fn new(code: Vec<u32>, groups: usize) -> PyResult<Option<Program>> {
        let validator = Validator { code: &code, groups };
        Ok(if validator.program() { Some(Program { code, machine: OnceCell::new() }) } else { None })
    }

    /// The code.
    pub fn code(&self) -> &[u32] {
        &self.code
    }

    /// The translation.
    #[inline]
    pub fn machine(&self) -> PyResult<&Machine> {
        match self.machine.get() {
            Some(machine) => Ok(machine),
            None => self.translate(),
        }
    }

    #[cold]
    fn translate(&self) -> PyResult<&Machine> {
        let machine = Box::new(Machine::new(&self.code)?);
        Ok(self.machine.get_or_init(|| machine))
    }
}

struct Validator<'a> {
    code: &'a [u32],
    groups: usize,
}

impl Validator<'_> {
    fn get(&self, at: usize, end: usize) -> Option<u32> {
        if at < end { self.code.get(at).copied() } else { None }
    }

    /// The place that the skip at `at` leads to.
    fn skip(&self, at: usize, end: usize) -> Option<usize> {
        let skip = self.get(at, end)? as usize;
        let to = at.checked_add(skip)?;
        (to <= end).then_some(to)
    }

    fn program(&self) -> bool {
        let len = self.code.len();
        let max_groups = op::MAXGROUPS as usize;
        self.groups <= max_groups && len > 0 && self.code.last() == Some(&op::SUCCESS) && self.block(0, len - 1, 0).is_some()
    }

    /// A character set from `at` to exactly `end`, its FAILURE included.
    fn set(&self, at: usize, end: usize) -> Option<()> {
        let last = end.checked_sub(1).filter(|last| *last >= at)?;
        if self.get(last, end)? != op::FAILURE {
            return None;
        }
        let mut at = at;
        while at < last {
            let operator = self.get(at, last)?;
            at += 1;
            at += match operator {
                op::NEGATE => 0,
                op::LITERAL => 1,
                op::RANGE | op::RANGE_UNI_IGNORE => 2,
                op::CHARSET => 8,
                op::BIGCHARSET => {
                    let blocks = self.get(at, last)? as usize;
                    for word in at + 1..at + 65 {
                        if self.get(word, last)?.to_ne_bytes().iter().any(|block| usize::from(*block) >= blocks) {
                            return None;
                        }
                    }
                    1 + 64 + blocks.checked_mul(8)?
                }
                op::CATEGORY => {
                    self.category(at, last)?;
                    1
                }
                _ => return None,
            };
            if at > last {
                return None;
            }
        }
        Some(())
    }

    fn category(&self, at: usize, end: usize) -> Option<()> {
        (self.get(at, end)? <= op::CATEGORY_UNI_NOT_LINEBREAK).then_some(())
    }

    /// The operators from `at` to `end`.
    fn block(&self, mut at: usize, end: usize, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH || at > end {
            return None;
        }
        while at < end {
            let operator = self.get(at, end)?;
            at += 1;
            match operator {
                op::MARK => {
                    // Groups are marked at 2 * n and 2 * n + 1.
                    if self.get(at, end)? as usize > 2 * self.groups + 1 {
                        return None;
                    }
                    at += 1;
                }
                op::LITERAL
                | op::NOT_LITERAL
                | op::LITERAL_IGNORE
                | op::NOT_LITERAL_IGNORE
                | op::LITERAL_UNI_IGNORE
                | op::NOT_LITERAL_UNI_IGNORE
                | op::LITERAL_LOC_IGNORE
                | op::NOT_LITERAL_LOC_IGNORE => {
                    self.get(at, end)?;
                    at += 1;
                }
                op::SUCCESS | op::FAILURE | op::ANY | op::ANY_ALL => {}
                op::AT => {
                    if self.get(at, end)? > op::AT_UNI_NON_BOUNDARY {
                        return None;
                    }
                    at += 1;
                }
                op::CATEGORY => {
                    self.category(at, end)?;
                    at += 1;
                }
                op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => {
                    let to = self.skip(at, end)?;
                    self.set(at + 1, to)?;
                    at = to;
                }
                op::INFO => {
                    let to = self.skip(at, end)?;
                    self.info(at, to)?;
                    at = to;
                }
                op::BRANCH => at = self.branch(at, end, depth)?,
                op::REPEAT_ONE | op::MIN_REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE => {
                    let to = self.skip(at, end)?;
                    self.limits(at, to)?;
                    self.single(at + 3, to)?;
                    at = to;
                }
                op::REPEAT | op::POSSESSIVE_REPEAT => {
                    let to = self.skip(at, end)?;
                    self.limits(at, to)?;
                    self.block(at + 3, to, depth + 1)?;
                    let closed = self.get(to, end)?;
                    let good = if operator == op::REPEAT {
                        matches!(closed, op::MAX_UNTIL | op::MIN_UNTIL)
                    } else {
                        closed == op::SUCCESS
                    };
                    if !good {
                        return None;
                    }
                    at = to + 1;
                }
                op::ATOMIC_GROUP => {
                    let to = self.skip(at, end)?;
                    self.closed(at + 1, to, depth)?;
                    at = to;
                }
                op::GROUPREF | op::GROUPREF_IGNORE | op::GROUPREF_UNI_IGNORE | op::GROUPREF_LOC_IGNORE => {
                    self.group(at, end)?;
                    at += 1;
                }
                op::GROUPREF_EXISTS => {
                    self.group(at, end)?;
                    at = self.conditional(at + 1, end, depth)?;
                }
                op::ASSERT | op::ASSERT_NOT => {
                    let to = self.skip(at, end)?;
                    let back = self.get(at + 1, to)?;
                    if back & 0x8000_0000 != 0 {
                        return None;
                    }
                    self.closed(at + 2, to, depth)?;
                    at = to;
                }
                _ => return None,
            }
        }
        (at == end).then_some(())
    }

    /// A block with a SUCCESS before `end`.
    fn closed(&self, at: usize, end: usize, depth: usize) -> Option<()> {
        let last = end.checked_sub(1)?;
        self.block(at, last, depth + 1)?;
        (self.get(last, end)? == op::SUCCESS).then_some(())
    }

    fn limits(&self, at: usize, end: usize) -> Option<()> {
        let (least, most) = (self.get(at + 1, end)?, self.get(at + 2, end)?);
        (least <= most).then_some(())
    }

    fn group(&self, at: usize, end: usize) -> Option<()> {
        ((self.get(at, end)? as usize) < self.groups).then_some(())
    }

    /// What one-character repeats repeat: an operator for one character, then SUCCESS.
    fn single(&self, at: usize, end: usize) -> Option<()> {
        let last = end.checked_sub(1)?;
        let length = match self.get(at, last)? {
            op::ANY | op::ANY_ALL | op::FAILURE => 1,
            op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => 1 + self.get(at + 1, last)? as usize,
            op::LITERAL
            | op::NOT_LITERAL
            | op::LITERAL_IGNORE
            | op::NOT_LITERAL_IGNORE
            | op::LITERAL_UNI_IGNORE
            | op::NOT_LITERAL_UNI_IGNORE
            | op::LITERAL_LOC_IGNORE
            | op::NOT_LITERAL_LOC_IGNORE
            | op::CATEGORY => 2,
            _ => return None,
        };
        if at + length != last || self.get(last, end)? != op::SUCCESS {
            return None;
        }
        self.block(at, last, 0)
    }

    fn branch(&self, mut at: usize, end: usize, depth: usize) -> Option<usize> {
        let mut target = None;
        loop {
            if self.get(at, end)? == 0 {
                at += 1;
                break;
            }
            let to = self.skip(at, end)?;
            let jump = to.checked_sub(2).filter(|jump| *jump > at)?;
            self.block(at + 1, jump, depth + 1)?;
            if self.get(jump, end)? != op::JUMP {
                return None;
            }
            let after = self.skip(jump + 1, end)?;
            if *target.get_or_insert(after) != after {
                return None;
            }
            at = to;
        }
        target.is_none_or(|target| target == at).then_some(at)
    }

    /// From the skip of a conditional on; the place behind it.
    fn conditional(&self, at: usize, end: usize, depth: usize) -> Option<usize> {
        // The skip counts from the group's word, one before its own.
        let to = at.checked_sub(1)?.checked_add(self.get(at, end)? as usize)?;
        if to <= at || to > end {
            return None;
        }
        // With a second arm the first ends in a JUMP over it.
        if let Some(jump) = to.checked_sub(2).filter(|jump| *jump > at)
            && self.get(jump, end)? == op::JUMP
            && let Some(after) = self.skip(jump + 1, end)
            && after >= to
        {
            if self.block(at + 1, jump, depth + 1).is_some() && self.block(to, after, depth + 1).is_some() {
                return Some(after);
            }
        }
        self.block(at + 1, to, depth + 1)?;
        Some(to)
    }

    fn info(&self, at: usize, end: usize) -> Option<()> {
        let flags = self.get(at + 1, end)?;
        self.get(at + 3, end)?;
        let both = op::INFO_PREFIX | op::INFO_CHARSET;
        if flags & !(both | op::INFO_LITERAL) != 0
            || flags & both == both
            || flags & op::INFO_LITERAL != 0 && flags & op::INFO_PREFIX == 0
        {
            return None;
        }
        if flags & op::INFO_PREFIX != 0 {
            let (length, skip) = (self.get(at + 4, end)? as usize, self.get(at + 5, end)? as usize);
            let table = at + 6 + length;
            if length == 0 || skip > length || length > self.code.len() || table + length != end {
                return None;
            }
            return (table..end).try_for_each(|place| ((self.get(place, end)? as usize) < length).then_some(()));
        }
        if flags & op::INFO_CHARSET != 0 {
            return self.set(at + 4, end);
        }
        (at + 4 == end).then_some(())
    }
}
