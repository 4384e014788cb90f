//! The matcher: a backtracking machine with a stack of its own, so that no pattern can overflow the native one.

use super::chars::{self, lower_ascii, lower_unicode};
use super::op;
use super::program::Program;
use object::{PyResult, hooks, memory, raise};
use unicode::Unit;

/// No place in the text.
const UNSET: usize = usize::MAX;
/// No repeat.
const NO_REPEAT: usize = usize::MAX;

/// What goes on when a sub-match ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Branch,
    RepeatOneLiteral,
    RepeatOne,
    MinRepeatOne,
    Repeat,
    /// An iteration that the minimum demands.
    UntilForced,
    MaxUntilBody,
    MaxUntilTail,
    MinUntilTail,
    MinUntilBody,
    PossessiveForced,
    PossessiveBody,
    Atomic,
    Assert,
    AssertNot,
}

/// A sub-match under way: what its end needs.
#[derive(Clone, Copy)]
struct Frame {
    then: Then,
    toplevel: bool,
    /// The marks were pushed.
    saved: bool,
    pc: usize,
    ptr: usize,
    count: usize,
    lastmark: isize,
    lastindex: isize,
    /// Where the pushed marks begin.
    base: usize,
    repeat: usize,
    last_ptr: usize,
}

#[derive(Clone, Copy)]
struct Repeat {
    /// Place of the repeat's skip.
    pc: usize,
    /// Iterations so far, less one.
    count: isize,
    last_ptr: usize,
    prev: usize,
}

/// One matching: where it stands, and its stacks.
#[derive(Default)]
pub struct State {
    /// Start of the match, or of the search.
    pub start: usize,
    /// End of the match.
    pub ptr: usize,
    /// The match must reach the end of the text.
    pub match_all: bool,
    /// The match must not be empty at `start`.
    pub must_advance: bool,
    /// The largest mark that is set, or -1.
    pub lastmark: isize,
    /// The group that was closed last, or -1.
    pub lastindex: isize,
    marks: Vec<usize>,
    pushed: Vec<usize>,
    frames: Vec<Frame>,
    repeats: Vec<Repeat>,
    repeat: usize,
    ticks: u32,
}

impl State {
    /// Ready for a pattern with this many groups.
    pub fn new(groups: usize) -> PyResult<State> {
        let mut marks = memory::vec_with_capacity(groups * 2 + 2)?;
        marks.resize(groups * 2 + 2, UNSET);
        Ok(State { marks, lastmark: -1, lastindex: -1, repeat: NO_REPEAT, ..State::default() })
    }

    /// Forgets the last match.
    pub fn reset(&mut self) {
        self.reset_groups();
        self.repeat = NO_REPEAT;
        self.frames.clear();
        self.pushed.clear();
        self.repeats.clear();
    }

    fn reset_groups(&mut self) {
        self.lastmark = -1;
        self.lastindex = -1;
    }

    /// The span of a group, counted from 0, if it took part.
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        let index = group.checked_mul(2)?;
        if (index + 1).cast_signed() > self.lastmark {
            return None;
        }
        let (start, end) = (self.mark(index), self.mark(index + 1));
        (start != UNSET && end != UNSET).then_some((start, end))
    }

    /// The span of a group for a backreference.
    fn reference(&self, group: u32) -> Option<(usize, usize)> {
        self.span(group as usize).filter(|(start, end)| start <= end)
    }

    #[inline]
    fn mark(&self, index: usize) -> usize {
        self.marks.get(index).copied().unwrap_or(UNSET)
    }

    fn set_mark(&mut self, index: u32, ptr: usize) {
        let index = index as usize;
        if index & 1 == 1 {
            self.lastindex = (index / 2 + 1).cast_signed();
        }
        if index.cast_signed() > self.lastmark {
            let between = (self.lastmark + 1).max(0).cast_unsigned()..index;
            if let Some(marks) = self.marks.get_mut(between) {
                marks.fill(UNSET);
            }
            self.lastmark = index.cast_signed();
        }
        if let Some(mark) = self.marks.get_mut(index) {
            *mark = ptr;
        }
    }

    fn rep(&mut self, index: usize) -> PyResult<&mut Repeat> {
        match self.repeats.get_mut(index) {
            Some(repeat) => Ok(repeat),
            None => Err(raise!(RuntimeError, "invalid SRE code")),
        }
    }

    fn frame(&self, then: Then, toplevel: bool, pc: usize, ptr: usize) -> Frame {
        Frame {
            then,
            toplevel,
            saved: false,
            pc,
            ptr,
            count: 0,
            lastmark: self.lastmark,
            lastindex: self.lastindex,
            base: self.pushed.len(),
            repeat: NO_REPEAT,
            last_ptr: UNSET,
        }
    }

    #[inline]
    fn push(&mut self, frame: Frame) -> PyResult<()> {
        if self.frames.len() == self.frames.capacity() {
            memory::reserve(&mut self.frames, 1)?;
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Keeps the marks for when `frame` goes on.
    fn save(&mut self, frame: &mut Frame) -> PyResult<()> {
        frame.base = self.pushed.len();
        frame.saved = true;
        let count = (frame.lastmark + 1).max(0).cast_unsigned();
        if count > 0 {
            memory::reserve(&mut self.pushed, count)?;
            self.pushed.extend_from_slice(self.marks.get(..count).unwrap_or_default());
        }
        Ok(())
    }

    /// Sets the marks back to what they were for `frame`.
    #[inline]
    fn restore(&mut self, frame: &Frame, keep: bool) {
        if frame.saved {
            let count = (frame.lastmark + 1).max(0).cast_unsigned();
            if let (Some(marks), Some(pushed)) =
                (self.marks.get_mut(..count), self.pushed.get(frame.base..frame.base.saturating_add(count)))
            {
                marks.copy_from_slice(pushed);
            }
            if !keep {
                self.pushed.truncate(frame.base);
            }
        }
        self.lastmark = frame.lastmark;
        self.lastindex = frame.lastindex;
    }

    #[inline]
    fn discard(&mut self, frame: &Frame) {
        if frame.saved {
            self.pushed.truncate(frame.base);
        }
    }

    /// Matches at `start`.
    pub fn match_at<U: Unit>(&mut self, program: &Program, text: &[U]) -> PyResult<bool> {
        self.ptr = self.start;
        self.run(program, text, 0, true)
    }

    /// Searches from `start` on.
    pub fn search<U: Unit>(&mut self, program: &Program, text: &[U]) -> PyResult<bool> {
        let mut ptr = self.start;
        let end = text.len();
        if ptr > end {
            return Ok(false);
        }
        let (mut pc, mut flags, mut last) = (0, 0, end);
        if program.get(0) == op::INFO {
            flags = program.get(2);
            let least = program.get(3) as usize;
            if end - ptr < least {
                return Ok(false);
            }
            last = if least > 1 { (end - (least - 1)).max(ptr) } else { end };
            pc = 1 + program.get(1) as usize;
        }
        if flags & op::INFO_PREFIX != 0 {
            return self.search_prefix(program, text, ptr, pc, flags);
        }
        if flags & op::INFO_CHARSET != 0 {
            self.must_advance = false;
            loop {
                let rest = text.get(ptr..).unwrap_or_default();
                let Some(skipped) = rest.iter().position(|unit| program.in_set(5, (*unit).into())) else { return Ok(false) };
                ptr += skipped;
                self.start = ptr;
                self.ptr = ptr;
                if self.run(program, text, pc, false)? {
                    return Ok(true);
                }
                ptr += 1;
                self.reset_groups();
            }
        }
        self.start = ptr;
        self.ptr = ptr;
        if self.run(program, text, pc, true)? {
            return Ok(true);
        }
        self.must_advance = false;
        self.reset_groups();
        if program.get(pc) == op::AT && matches!(program.get(pc + 1), op::AT_BEGINNING | op::AT_BEGINNING_STRING) {
            self.start = end;
            self.ptr = end;
            return Ok(false);
        }
        while ptr < last {
            ptr += 1;
            self.reset_groups();
            self.start = ptr;
            self.ptr = ptr;
            if self.run(program, text, pc, false)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Searches for a pattern that begins with literal characters.
    fn search_prefix<U: Unit>(&mut self, program: &Program, text: &[U], mut ptr: usize, pc: usize, flags: u32) -> PyResult<bool> {
        let (length, skip) = (program.get(5) as usize, program.get(6) as usize);
        let mut prefix = memory::vec_with_capacity(length)?;
        for code in program.code().get(7..7 + length).unwrap_or_default() {
            // A character wider than the text's occurs nowhere in it.
            let Some(unit) = U::from_code(*code) else { return Ok(false) };
            prefix.push(unit);
        }
        self.must_advance = false;
        loop {
            let rest = text.get(ptr..).unwrap_or_default();
            let found = match prefix.as_slice() {
                [single] => rest.iter().position(|unit| unit == single),
                _ => unicode::search::find(rest, &prefix),
            };
            let Some(at) = found else { return Ok(false) };
            ptr += at;
            self.start = ptr;
            self.ptr = ptr + skip;
            if flags & op::INFO_LITERAL != 0 {
                return Ok(true);
            }
            if self.run(program, text, pc + 2 * skip, false)? {
                return Ok(true);
            }
            ptr += 1;
            self.reset_groups();
        }
    }

    #[cold]
    fn poll(&mut self) -> PyResult<()> {
        self.ticks = 0;
        hooks::run_signals()
    }

    /// Whether SUCCESS counts here: what `fullmatch` and searches behind an empty match demand.
    #[inline(always)]
    fn accepts(&self, toplevel: bool, ptr: usize, end: usize) -> bool {
        !toplevel || !(self.match_all && ptr != end || self.must_advance && ptr == self.start)
    }

    /// Runs the code from `pc` at `self.ptr`.
    fn run<U: Unit>(&mut self, program: &Program, text: &[U], start_pc: usize, start_toplevel: bool) -> PyResult<bool> {
        let bottom = self.frames.len();
        let end = text.len();
        let at = |index: usize| text.get(index).map(|unit| -> u32 { (*unit).into() });
        let code = |index: usize| program.get(index);
        let (mut pc, mut ptr, mut toplevel) = (start_pc, self.ptr, start_toplevel);
        if code(pc) == op::INFO {
            if end.saturating_sub(ptr) < code(pc + 3) as usize {
                return Ok(false);
            }
            pc += 1 + code(pc + 1) as usize;
        }
        loop {
            // Runs until a sub-match ends, well or not.
            let mut good = 'run: loop {
                self.ticks += 1;
                if self.ticks >= 4096 {
                    self.poll()?;
                }
                let operator = code(pc);
                pc += 1;
                macro_rules! one {
                    ($test:expr) => {{
                        match at(ptr) {
                            Some(code) if $test(code) => ptr += 1,
                            _ => break 'run false,
                        }
                    }};
                }
                match operator {
                    op::MARK => {
                        self.set_mark(code(pc), ptr);
                        pc += 1;
                    }
                    op::LITERAL => {
                        let wanted = code(pc);
                        one!(|code| code == wanted);
                        pc += 1;
                    }
                    op::NOT_LITERAL => {
                        let wanted = code(pc);
                        one!(|code| code != wanted);
                        pc += 1;
                    }
                    op::SUCCESS => {
                        if !self.accepts(toplevel, ptr, end) {
                            break 'run false;
                        }
                        self.ptr = ptr;
                        break 'run true;
                    }
                    op::AT => {
                        if !position(text, ptr, code(pc)) {
                            break 'run false;
                        }
                        pc += 1;
                    }
                    op::CATEGORY
                    | op::LITERAL_IGNORE
                    | op::NOT_LITERAL_IGNORE
                    | op::LITERAL_UNI_IGNORE
                    | op::NOT_LITERAL_UNI_IGNORE
                    | op::LITERAL_LOC_IGNORE
                    | op::NOT_LITERAL_LOC_IGNORE => {
                        one!(|code| single(program, pc - 1, code));
                        pc += 1;
                    }
                    op::ANY => one!(|code| code != 10),
                    op::ANY_ALL => one!(|_| true),
                    op::IN => {
                        one!(|code| program.in_set(pc + 1, code));
                        pc += code(pc) as usize;
                    }
                    op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => {
                        one!(|code| single(program, pc - 1, code));
                        pc += code(pc) as usize;
                    }
                    op::JUMP | op::INFO => pc += code(pc) as usize,
                    op::BRANCH => {
                        let mut frame = self.frame(Then::Branch, toplevel, pc, ptr);
                        if self.repeat != NO_REPEAT {
                            self.save(&mut frame)?;
                        }
                        match self.next_branch(program, text, frame)? {
                            Some(next) => pc = next,
                            None => break 'run false,
                        }
                    }
                    op::REPEAT_ONE => {
                        let least = code(pc + 1) as usize;
                        if end.saturating_sub(ptr) < least {
                            break 'run false;
                        }
                        let count = count(program, text, ptr, pc + 3, code(pc + 2));
                        if count < least {
                            break 'run false;
                        }
                        ptr += count;
                        let tail = pc + code(pc) as usize;
                        let then = match code(tail) {
                            op::SUCCESS if ptr == end && self.accepts(toplevel, ptr, end) => {
                                self.ptr = ptr;
                                break 'run true;
                            }
                            op::LITERAL => Then::RepeatOneLiteral,
                            _ => Then::RepeatOne,
                        };
                        let mut frame = self.frame(then, toplevel, pc, ptr);
                        frame.count = count;
                        if self.repeat != NO_REPEAT {
                            self.save(&mut frame)?;
                        }
                        match self.next_shorter(program, text, frame)? {
                            Some(next) => (pc, ptr) = next,
                            None => break 'run false,
                        }
                    }
                    op::MIN_REPEAT_ONE => {
                        let least = code(pc + 1) as usize;
                        if end.saturating_sub(ptr) < least || least > 0 && count(program, text, ptr, pc + 3, code(pc + 1)) < least
                        {
                            break 'run false;
                        }
                        ptr += least;
                        let tail = pc + code(pc) as usize;
                        if code(tail) == op::SUCCESS && self.accepts(toplevel, ptr, end) {
                            self.ptr = ptr;
                            break 'run true;
                        }
                        let mut frame = self.frame(Then::MinRepeatOne, toplevel, pc, ptr);
                        frame.count = least;
                        if self.repeat != NO_REPEAT {
                            self.save(&mut frame)?;
                        }
                        self.push(frame)?;
                        pc = tail;
                    }
                    op::POSSESSIVE_REPEAT_ONE => {
                        let least = code(pc + 1) as usize;
                        if end.saturating_sub(ptr) < least {
                            break 'run false;
                        }
                        let count = count(program, text, ptr, pc + 3, code(pc + 2));
                        if count < least {
                            break 'run false;
                        }
                        ptr += count;
                        pc += code(pc) as usize;
                    }
                    op::REPEAT => {
                        let prev = self.repeat;
                        let index = self.push_repeat(pc, prev)?;
                        let mut frame = self.frame(Then::Repeat, toplevel, pc, ptr);
                        frame.repeat = index;
                        self.push(frame)?;
                        pc += code(pc) as usize;
                    }
                    op::MAX_UNTIL | op::MIN_UNTIL => {
                        let index = self.repeat;
                        let repeat = *self.rep(index)?;
                        let count = repeat.count + 1;
                        let reached = count.max(0).cast_unsigned();
                        let most = code(repeat.pc + 2);
                        let mut frame = self.frame(Then::UntilForced, toplevel, pc, ptr);
                        frame.repeat = index;
                        frame.last_ptr = repeat.last_ptr;
                        if reached < code(repeat.pc + 1) as usize {
                            self.rep(index)?.count = count;
                            self.push(frame)?;
                            pc = repeat.pc + 3;
                        } else if operator == op::MIN_UNTIL {
                            frame.then = Then::MinUntilTail;
                            self.repeat = repeat.prev;
                            if self.repeat != NO_REPEAT {
                                self.save(&mut frame)?;
                            }
                            self.push(frame)?;
                        } else if (most == op::MAXREPEAT || reached < most as usize) && ptr != repeat.last_ptr {
                            frame.then = Then::MaxUntilBody;
                            self.save(&mut frame)?;
                            self.push(frame)?;
                            let current = self.rep(index)?;
                            current.count = count;
                            current.last_ptr = ptr;
                            pc = repeat.pc + 3;
                        } else {
                            frame.then = Then::MaxUntilTail;
                            self.repeat = repeat.prev;
                            self.push(frame)?;
                        }
                    }
                    op::POSSESSIVE_REPEAT => {
                        let prev = self.repeat;
                        let index = self.push_repeat(pc, prev)?;
                        let mut frame = self.frame(Then::PossessiveForced, toplevel, pc, ptr);
                        frame.repeat = index;
                        frame.last_ptr = UNSET;
                        self.ptr = ptr;
                        match self.next_possessive(program, frame)? {
                            Some(next) => {
                                pc = next;
                                toplevel = false;
                            }
                            None => (pc, ptr) = self.leave_possessive(program, &frame),
                        }
                    }
                    op::ATOMIC_GROUP => {
                        let frame = self.frame(Then::Atomic, toplevel, pc, ptr);
                        self.push(frame)?;
                        pc += 1;
                        toplevel = false;
                    }
                    op::ASSERT => {
                        let Some(behind) = ptr.checked_sub(code(pc + 1) as usize) else { break 'run false };
                        let frame = self.frame(Then::Assert, toplevel, pc, ptr);
                        self.push(frame)?;
                        ptr = behind;
                        pc += 2;
                        toplevel = false;
                    }
                    op::ASSERT_NOT => match ptr.checked_sub(code(pc + 1) as usize) {
                        Some(behind) => {
                            let mut frame = self.frame(Then::AssertNot, toplevel, pc, ptr);
                            if self.repeat != NO_REPEAT {
                                self.save(&mut frame)?;
                            }
                            self.push(frame)?;
                            ptr = behind;
                            pc += 2;
                            toplevel = false;
                        }
                        None => pc += code(pc) as usize,
                    },
                    op::GROUPREF | op::GROUPREF_IGNORE | op::GROUPREF_UNI_IGNORE | op::GROUPREF_LOC_IGNORE => {
                        let Some((from, to)) = self.reference(code(pc)) else { break 'run false };
                        let length = to - from;
                        let (Some(group), Some(here)) = (text.get(from..to), text.get(ptr..).and_then(|rest| rest.get(..length)))
                        else {
                            break 'run false;
                        };
                        let fold = match operator {
                            op::GROUPREF => |code| code,
                            op::GROUPREF_UNI_IGNORE => lower_unicode,
                            _ => lower_ascii,
                        };
                        if !group.iter().zip(here).all(|(a, b)| fold((*a).into()) == fold((*b).into())) {
                            break 'run false;
                        }
                        ptr += length;
                        pc += 1;
                    }
                    op::GROUPREF_EXISTS => match self.reference(code(pc)) {
                        Some(_) => pc += 2,
                        None => pc += code(pc + 1) as usize,
                    },
                    op::FAILURE => break 'run false,
                    _ => return Err(raise!(RuntimeError, "invalid SRE code")),
                }
            };
            // Goes on with what waits for the sub-match; stops at code to run.
            loop {
                if self.frames.len() <= bottom {
                    return Ok(good);
                }
                let Some(frame) = self.frames.pop() else { return Ok(good) };
                toplevel = frame.toplevel;
                match frame.then {
                    Then::Branch if good => self.discard(&frame),
                    Then::Branch => {
                        self.restore(&frame, true);
                        let mut frame = frame;
                        frame.pc += code(frame.pc) as usize;
                        ptr = frame.ptr;
                        if let Some(next) = self.next_branch(program, text, frame)? {
                            pc = next;
                            break;
                        }
                    }
                    Then::RepeatOne | Then::RepeatOneLiteral if good => self.discard(&frame),
                    Then::RepeatOne | Then::RepeatOneLiteral => {
                        self.restore(&frame, true);
                        if frame.count == 0 {
                            self.discard(&frame);
                            continue;
                        }
                        let shorter = Frame { ptr: frame.ptr - 1, count: frame.count - 1, ..frame };
                        if let Some(next) = self.next_shorter(program, text, shorter)? {
                            (pc, ptr) = next;
                            break;
                        }
                    }
                    Then::MinRepeatOne if good => self.discard(&frame),
                    Then::MinRepeatOne => {
                        self.restore(&frame, true);
                        let most = code(frame.pc + 2);
                        let more = most == op::MAXREPEAT || frame.count < most as usize;
                        if more && at(frame.ptr).is_some_and(|code| single(program, frame.pc + 3, code)) {
                            ptr = frame.ptr + 1;
                            pc = frame.pc + code(frame.pc) as usize;
                            self.push(Frame { ptr, count: frame.count + 1, ..frame })?;
                            break;
                        }
                        self.discard(&frame);
                    }
                    Then::Repeat => {
                        self.repeat = self.rep(frame.repeat)?.prev;
                        self.repeats.truncate(frame.repeat);
                    }
                    Then::UntilForced if good => {}
                    Then::UntilForced => self.rep(frame.repeat)?.count -= 1,
                    Then::MaxUntilBody => {
                        self.rep(frame.repeat)?.last_ptr = frame.last_ptr;
                        if good {
                            self.discard(&frame);
                            continue;
                        }
                        self.restore(&frame, false);
                        let repeat = self.rep(frame.repeat)?;
                        repeat.count -= 1;
                        self.repeat = repeat.prev;
                        self.push(Frame { then: Then::MaxUntilTail, saved: false, ..frame })?;
                        (pc, ptr) = (frame.pc, frame.ptr);
                        break;
                    }
                    Then::MaxUntilTail => self.repeat = frame.repeat,
                    Then::MinUntilTail => {
                        self.repeat = frame.repeat;
                        if good {
                            self.discard(&frame);
                            continue;
                        }
                        self.restore(&frame, false);
                        let repeat = self.rep(frame.repeat)?;
                        let (start, count) = (repeat.pc, repeat.count + 1);
                        let most = code(start + 2);
                        if most != op::MAXREPEAT && count.max(0).cast_unsigned() >= most as usize || frame.ptr == repeat.last_ptr
                        {
                            continue;
                        }
                        repeat.count = count;
                        repeat.last_ptr = frame.ptr;
                        self.push(Frame { then: Then::MinUntilBody, saved: false, ..frame })?;
                        (pc, ptr) = (start + 3, frame.ptr);
                        break;
                    }
                    Then::MinUntilBody => {
                        let repeat = self.rep(frame.repeat)?;
                        repeat.last_ptr = frame.last_ptr;
                        if !good {
                            repeat.count -= 1;
                        }
                    }
                    Then::PossessiveForced if !good => self.leave_repeat(frame.repeat)?,
                    Then::PossessiveBody if !good => {
                        self.restore(&frame, false);
                        self.ptr = frame.ptr;
                        (pc, ptr) = self.leave_possessive(program, &frame);
                        break;
                    }
                    Then::PossessiveForced | Then::PossessiveBody => {
                        self.discard(&frame);
                        // An empty iteration would be followed by as many more as one likes.
                        let empty = frame.then == Then::PossessiveBody && self.ptr == frame.ptr;
                        let next = Frame { count: frame.count + 1, saved: false, ..frame };
                        match if empty { None } else { self.next_possessive(program, next)? } {
                            Some(body) => {
                                (pc, ptr) = (body, self.ptr);
                                toplevel = false;
                            }
                            None => (pc, ptr) = self.leave_possessive(program, &next),
                        }
                        break;
                    }
                    Then::Atomic | Then::Assert if !good => {}
                    Then::Atomic => {
                        pc = frame.pc + code(frame.pc) as usize;
                        ptr = self.ptr;
                        break;
                    }
                    Then::Assert => {
                        pc = frame.pc + code(frame.pc) as usize;
                        ptr = frame.ptr;
                        break;
                    }
                    Then::AssertNot if good => {
                        self.discard(&frame);
                        good = false;
                    }
                    Then::AssertNot => {
                        self.restore(&frame, false);
                        pc = frame.pc + code(frame.pc) as usize;
                        ptr = frame.ptr;
                        break;
                    }
                }
            }
        }
    }

    /// Goes to the next arm of a branch that can match; the place of its code. Without one the frame is dropped.
    #[inline]
    fn next_branch<U: Unit>(&mut self, program: &Program, text: &[U], mut frame: Frame) -> PyResult<Option<usize>> {
        let here: Option<u32> = text.get(frame.ptr).map(|unit| (*unit).into());
        loop {
            let skip = program.get(frame.pc) as usize;
            if skip == 0 {
                self.discard(&frame);
                return Ok(None);
            }
            let possible = match program.get(frame.pc + 1) {
                op::LITERAL => here == Some(program.get(frame.pc + 2)),
                op::IN => here.is_some_and(|code| program.in_set(frame.pc + 3, code)),
                _ => true,
            };
            if possible {
                self.push(frame)?;
                return Ok(Some(frame.pc + 1));
            }
            frame.pc += skip;
        }
    }

    /// Tries the tail of a greedy one-character repeat with the frame's count, or the next smaller one that can match.
    #[inline]
    fn next_shorter<U: Unit>(&mut self, program: &Program, text: &[U], mut frame: Frame) -> PyResult<Option<(usize, usize)>> {
        let least = program.get(frame.pc + 1) as usize;
        let tail = frame.pc + program.get(frame.pc) as usize;
        if frame.count >= least && frame.then == Then::RepeatOneLiteral {
            let first = frame.ptr - (frame.count - least);
            let wanted = U::from_code(program.get(tail + 1));
            let last = frame.ptr.min(text.len().saturating_sub(1));
            let window = text.get(first..=last).unwrap_or_default();
            match wanted.and_then(|wanted| window.iter().rposition(|unit| *unit == wanted)) {
                Some(offset) => {
                    frame.count = least + offset;
                    frame.ptr = first + offset;
                }
                None => {
                    self.discard(&frame);
                    return Ok(None);
                }
            }
        } else if frame.count < least {
            self.discard(&frame);
            return Ok(None);
        }
        self.push(frame)?;
        Ok(Some((tail, frame.ptr)))
    }

    fn push_repeat(&mut self, pc: usize, prev: usize) -> PyResult<usize> {
        let index = self.repeats.len();
        memory::reserve(&mut self.repeats, 1)?;
        self.repeats.push(Repeat { pc, count: -1, last_ptr: UNSET, prev });
        self.repeat = index;
        Ok(index)
    }

    fn leave_repeat(&mut self, index: usize) -> PyResult<()> {
        self.repeat = self.rep(index)?.prev;
        self.repeats.truncate(index);
        Ok(())
    }

    /// Another iteration of a possessive repeat, from `self.ptr` on: the place of the body. None when there were enough.
    fn next_possessive(&mut self, program: &Program, frame: Frame) -> PyResult<Option<usize>> {
        let (least, most) = (program.get(frame.pc + 1) as usize, program.get(frame.pc + 2));
        let mut next = Frame { ptr: self.ptr, lastmark: self.lastmark, lastindex: self.lastindex, ..frame };
        if frame.count < least {
            next.then = Then::PossessiveForced;
        } else if most == op::MAXREPEAT || frame.count < most as usize {
            next.then = Then::PossessiveBody;
            self.save(&mut next)?;
        } else {
            return Ok(None);
        }
        self.push(next)?;
        Ok(Some(frame.pc + 3))
    }

    /// Behind a possessive repeat: where code and text go on.
    fn leave_possessive(&mut self, program: &Program, frame: &Frame) -> (usize, usize) {
        self.repeat = self.repeats.get(frame.repeat).map_or(NO_REPEAT, |repeat| repeat.prev);
        self.repeats.truncate(frame.repeat);
        (frame.pc + program.get(frame.pc) as usize + 1, self.ptr)
    }
}

/// Whether the operator for one character at `pc` takes this one.
#[inline]
fn single(program: &Program, pc: usize, code: u32) -> bool {
    let operand = program.get(pc + 1);
    match program.get(pc) {
        op::ANY => code != 10,
        op::ANY_ALL => true,
        op::LITERAL => code == operand,
        op::NOT_LITERAL => code != operand,
        op::IN => program.in_set(pc + 2, code),
        op::CATEGORY => chars::in_category(operand, code),
        op::LITERAL_IGNORE => lower_ascii(code) == operand,
        op::NOT_LITERAL_IGNORE => lower_ascii(code) != operand,
        op::LITERAL_UNI_IGNORE => lower_unicode(code) == operand,
        op::NOT_LITERAL_UNI_IGNORE => lower_unicode(code) != operand,
        op::LITERAL_LOC_IGNORE => chars::same_in_locale(operand, code),
        op::NOT_LITERAL_LOC_IGNORE => !chars::same_in_locale(operand, code),
        op::IN_IGNORE => program.in_set(pc + 2, lower_ascii(code)),
        op::IN_UNI_IGNORE => program.in_set(pc + 2, lower_unicode(code)),
        op::IN_LOC_IGNORE => program.in_set(pc + 2, lower_ascii(code)) || program.in_set(pc + 2, chars::upper_ascii(code)),
        _ => false,
    }
}

/// How many characters from `ptr` on the operator for one character at `pc` takes, at most `most`.
#[inline]
fn count<U: Unit>(program: &Program, text: &[U], ptr: usize, pc: usize, most: u32) -> usize {
    let rest = text.get(ptr..).unwrap_or_default();
    let rest = match most {
        op::MAXREPEAT => rest,
        _ => rest.get(..most as usize).unwrap_or(rest),
    };
    let operand = program.get(pc + 1);
    let run = |test: &dyn Fn(&U) -> bool| rest.iter().position(test).unwrap_or(rest.len());
    match program.get(pc) {
        op::ANY_ALL => rest.len(),
        op::ANY => rest.iter().position(|unit| (*unit).into() == 10).unwrap_or(rest.len()),
        op::LITERAL => rest.iter().position(|unit| (*unit).into() != operand).unwrap_or(rest.len()),
        op::NOT_LITERAL => rest.iter().position(|unit| (*unit).into() == operand).unwrap_or(rest.len()),
        op::IN => rest.iter().position(|unit| !program.in_set(pc + 2, (*unit).into())).unwrap_or(rest.len()),
        _ => run(&|unit: &U| !single(program, pc, (*unit).into())),
    }
}

/// Whether `ptr` is such a position.
fn position<U: Unit>(text: &[U], ptr: usize, kind: u32) -> bool {
    let before: Option<u32> = ptr.checked_sub(1).and_then(|index| text.get(index)).map(|unit| (*unit).into());
    let after: Option<u32> = text.get(ptr).map(|unit| (*unit).into());
    let boundary = |word: fn(u32) -> bool| before.is_some_and(word) != after.is_some_and(word);
    match kind {
        op::AT_BEGINNING | op::AT_BEGINNING_STRING => ptr == 0,
        op::AT_BEGINNING_LINE => before.is_none_or(|code| code == 10),
        op::AT_END => ptr == text.len() || after == Some(10) && ptr + 1 == text.len(),
        op::AT_END_LINE => ptr == text.len() || after == Some(10),
        op::AT_END_STRING => ptr == text.len(),
        op::AT_BOUNDARY | op::AT_LOC_BOUNDARY => boundary(chars::is_word_ascii),
        op::AT_NON_BOUNDARY | op::AT_LOC_NON_BOUNDARY => !boundary(chars::is_word_ascii),
        op::AT_UNI_BOUNDARY => boundary(chars::is_word_unicode),
        op::AT_UNI_NON_BOUNDARY => !boundary(chars::is_word_unicode),
        _ => false,
    }
}
