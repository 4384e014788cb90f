//! What the matcher runs: the code of `re._compiler`, translated when a pattern is first used.
//!
//! Places are numbers of instructions, sets are tables, and what can follow is known: a repeat whose characters cannot begin
//! what comes behind it never gives any back, arms of a branch are chosen by the next character.

use super::analysis::First;
use super::op;
use super::search::Plan;
use super::sets::{Guard, Set};
use object::{PyResult, Raised, memory, raise};
use unicode::Unit;

/// No limit of a repeat.
pub const NO_LIMIT: usize = usize::MAX;
/// The most arms that one `Branch` chooses among.
const MAX_ARMS: usize = 64;

/// One instruction. Operands are numbers of entries in the tables of [`Machine`], or places.
#[derive(Clone, Copy)]
pub enum Inst {
    Char(u32),
    NotChar(u32),
    Any,
    AnyAll,
    Set(u32),
    /// Characters of `literals`, from and how many.
    Literal(u32, u32),
    Mark(u32),
    At(u32),
    Jump(u32),
    Branch(u32),
    One(u32),
    LazyOne(u32),
    PossessiveOne(u32),
    Repeat(u32),
    MaxUntil(u32),
    MinUntil(u32),
    Possessive(u32),
    PossessiveEnd(u32),
    Atomic,
    /// Where the code goes on, and the place of its `Atomic`.
    AtomicEnd(u32, u32),
    /// Characters to go back.
    Assert(u32),
    /// Where the code goes on.
    AssertEnd(u32),
    /// Characters to go back, the place behind it.
    AssertNot(u32, u32),
    AssertNotEnd,
    /// The group, the operator for its comparison.
    GroupRef(u32, u32),
    /// The group, the place to go to if it did not take part.
    GroupExists(u32, u32),
    Fail,
    Accept,
}

/// What takes one character.
#[derive(Clone, Copy)]
pub enum Single {
    Any,
    AnyAll,
    Char(u32),
    NotChar(u32),
    Set(u32),
}

/// A repeat of one character. The tail stands behind its instruction.
pub struct One {
    pub single: Single,
    pub least: usize,
    pub most: usize,
    /// Giving back characters cannot help, in texts of characters below 256 and in others.
    pub exclusive: [bool; 2],
    pub next: Next,
}

/// What the tail of a repeat begins with.
pub enum Next {
    Unknown,
    Char(u32),
    Guard(Box<Guard>),
}

/// Any other repeat. Its count is kept in register `register`, where its last iteration began in the next one.
pub struct Repeat {
    pub least: usize,
    pub most: usize,
    pub body: u32,
    pub tail: u32,
    pub register: usize,
    /// The body may match nothing.
    pub hollow: bool,
    pub body_guard: Option<Box<Guard>>,
    pub tail_guard: Option<Box<Guard>>,
}

/// The arms of a branch, and which of them (as bits) can match for each next character.
pub struct Branch {
    pub arms: Vec<u32>,
    pub table: Arms,
    pub wide: u64,
    pub end: u64,
}

pub enum Arms {
    Few(Box<[u8; 256]>),
    Many(Box<[u64; 256]>),
}

impl Branch {
    /// The arms that can match if this is the next character.
    #[inline(always)]
    pub fn possible<U: Unit>(&self, unit: Option<&U>) -> u64 {
        let Some(unit) = unit else { return self.end };
        match u8::try_from((*unit).into()) {
            Ok(byte) => match &self.table {
                Arms::Few(table) => u64::from(table[usize::from(byte)]),
                Arms::Many(table) => table[usize::from(byte)],
            },
            Err(_) => self.wide,
        }
    }
}

/// A translated pattern.
pub struct Machine {
    pub insts: Vec<Inst>,
    pub literals: Vec<u32>,
    pub sets: Vec<Set>,
    pub ones: Vec<One>,
    pub repeats: Vec<Repeat>,
    pub branches: Vec<Branch>,
    /// How many registers the repeats need.
    pub registers: usize,
    /// The fewest characters that can match.
    pub least: usize,
    pub plan: Plan,
}

/// A part of the code that ends in a SUCCESS of its own.
#[derive(Clone, Copy)]
enum Part {
    Assert,
    AssertNot,
    /// The place of its instruction.
    Atomic(u32),
    Possessive(u32),
}

struct Translator<'a> {
    code: &'a [u32],
    machine: Machine,
    /// The instruction for each place of the code that an operator stands at.
    places: Vec<u32>,
    /// Words that are no operators (the skips of arms), and places that something jumps to.
    skipped: Vec<bool>,
    labels: Vec<bool>,
    repeats: Vec<u32>,
    parts: Vec<(usize, Part)>,
    /// Where the code of each set begins.
    set_places: Vec<(usize, usize)>,
    /// Targets to be turned from places of the code into instructions: of the instruction, or of a branch's arm.
    fixes: Vec<u32>,
}

fn invalid() -> Raised {
    raise!(RuntimeError, "invalid SRE code")
}

fn number(value: usize) -> PyResult<u32> {
    u32::try_from(value).map_err(|_| invalid())
}

impl Machine {
    /// Translates validated code.
    pub fn new(code: &[u32]) -> PyResult<Machine> {
        let flags = |initial| -> PyResult<Vec<bool>> {
            let mut flags = memory::vec_with_capacity(code.len() + 1)?;
            flags.resize(code.len() + 1, initial);
            Ok(flags)
        };
        let mut places = memory::vec_with_capacity(code.len() + 1)?;
        places.resize(code.len() + 1, u32::MAX);
        let machine = Machine {
            insts: memory::vec_with_capacity(code.len() / 2 + 1)?,
            literals: Vec::new(),
            sets: Vec::new(),
            ones: Vec::new(),
            repeats: Vec::new(),
            branches: Vec::new(),
            registers: 0,
            least: 0,
            plan: Plan::default(),
        };
        let mut translator = Translator {
            code,
            machine,
            places,
            skipped: flags(false)?,
            labels: flags(false)?,
            repeats: Vec::new(),
            parts: Vec::new(),
            set_places: Vec::new(),
            fixes: Vec::new(),
        };
        translator.translate()?;
        translator.fix()?;
        let mut machine = translator.machine;
        machine.analyse(code);
        Ok(machine)
    }
}

impl Translator<'_> {
    fn get(&self, at: usize) -> u32 {
        self.code.get(at).copied().unwrap_or(op::FAILURE)
    }

    fn emit(&mut self, inst: Inst) -> PyResult<()> {
        memory::reserve(&mut self.machine.insts, 1)?;
        self.machine.insts.push(inst);
        Ok(())
    }

    fn emit_jumping(&mut self, inst: Inst) -> PyResult<()> {
        self.fixes.push(number(self.machine.insts.len())?);
        self.emit(inst)
    }

    fn target(&mut self, at: usize, skip: u32) -> PyResult<u32> {
        let to = at.checked_add(skip as usize).ok_or_else(invalid)?;
        *self.labels.get_mut(to).ok_or_else(invalid)? = true;
        number(to)
    }

    /// The limits of the repeat whose skip is at `at`.
    fn limits(&self, at: usize) -> (usize, usize) {
        let most = self.get(at + 2);
        (self.get(at + 1) as usize, if most == op::MAXREPEAT { NO_LIMIT } else { most as usize })
    }

    /// The number of the set of the operator for one character at `at`, which is `length` words long.
    fn set(&mut self, at: usize, length: usize) -> PyResult<u32> {
        let words = |(from, length): (usize, usize)| self.code.get(from..from.saturating_add(length));
        let wanted = words((at, length));
        let recent = self.set_places.len().saturating_sub(32);
        let known = self.set_places.iter().skip(recent).position(|place| words(*place) == wanted);
        if let Some(known) = known {
            return number(recent + known);
        }
        memory::reserve(&mut self.machine.sets, 1)?;
        self.machine.sets.push(Set::new(self.code, at));
        self.set_places.push((at, length));
        number(self.machine.sets.len() - 1)
    }

    /// The operator for one character at `at`.
    fn single(&mut self, at: usize) -> PyResult<Option<Single>> {
        let operand = self.get(at + 1);
        Ok(Some(match self.get(at) {
            op::ANY => Single::Any,
            op::ANY_ALL => Single::AnyAll,
            op::LITERAL => Single::Char(operand),
            op::NOT_LITERAL => Single::NotChar(operand),
            op::CATEGORY
            | op::LITERAL_IGNORE
            | op::NOT_LITERAL_IGNORE
            | op::LITERAL_UNI_IGNORE
            | op::NOT_LITERAL_UNI_IGNORE
            | op::LITERAL_LOC_IGNORE
            | op::NOT_LITERAL_LOC_IGNORE => Single::Set(self.set(at, 2)?),
            op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => Single::Set(self.set(at, 1 + operand as usize)?),
            // FAILURE: a repeat of nothing.
            _ => return Ok(None),
        }))
    }

    fn translate(&mut self) -> PyResult<()> {
        let mut at = 0;
        if self.get(0) == op::INFO {
            self.machine.least = self.get(3) as usize;
        }
        while at < self.code.len() {
            if self.skipped.get(at) == Some(&true) {
                at += 1;
                continue;
            }
            let place = number(self.machine.insts.len())?;
            if let Some(slot) = self.places.get_mut(at) {
                *slot = place;
            }
            at = self.operator(at)?;
        }
        self.emit(Inst::Fail)
    }

    /// Translates the operator at `at`; where the next one stands.
    fn operator(&mut self, at: usize) -> PyResult<usize> {
        let operator = self.get(at);
        let word = at + 1;
        let operand = self.get(word);
        let behind = word.saturating_add(operand as usize);
        match operator {
            op::LITERAL => return self.literal(at),
            op::ANY
            | op::ANY_ALL
            | op::NOT_LITERAL
            | op::CATEGORY
            | op::LITERAL_IGNORE
            | op::NOT_LITERAL_IGNORE
            | op::LITERAL_UNI_IGNORE
            | op::NOT_LITERAL_UNI_IGNORE
            | op::LITERAL_LOC_IGNORE
            | op::NOT_LITERAL_LOC_IGNORE
            | op::IN
            | op::IN_IGNORE
            | op::IN_UNI_IGNORE
            | op::IN_LOC_IGNORE => {
                let inst = match self.single(at)? {
                    Some(Single::Any) => Inst::Any,
                    Some(Single::AnyAll) => Inst::AnyAll,
                    Some(Single::Char(code)) => Inst::Char(code),
                    Some(Single::NotChar(code)) => Inst::NotChar(code),
                    Some(Single::Set(set)) => Inst::Set(set),
                    None => Inst::Fail,
                };
                self.emit(inst)?;
                return Ok(match operator {
                    op::ANY | op::ANY_ALL => word,
                    op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => behind,
                    _ => word + 1,
                });
            }
            op::MARK => self.emit(Inst::Mark(operand))?,
            op::AT => self.emit(Inst::At(operand))?,
            op::INFO => return Ok(behind),
            op::JUMP => {
                let to = self.target(word, operand)?;
                self.emit_jumping(Inst::Jump(to))?;
            }
            op::BRANCH => self.branch(word)?,
            op::REPEAT_ONE | op::MIN_REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE => {
                let (least, most) = self.limits(word);
                match self.single(word + 3)? {
                    Some(single) => {
                        let one = number(self.machine.ones.len())?;
                        memory::reserve(&mut self.machine.ones, 1)?;
                        self.machine.ones.push(One { single, least, most, exclusive: [false; 2], next: Next::Unknown });
                        self.emit(match operator {
                            op::REPEAT_ONE => Inst::One(one),
                            op::MIN_REPEAT_ONE => Inst::LazyOne(one),
                            _ => Inst::PossessiveOne(one),
                        })?;
                    }
                    None if least > 0 => self.emit(Inst::Fail)?,
                    None => {}
                }
                return Ok(behind);
            }
            op::REPEAT | op::POSSESSIVE_REPEAT => {
                let (least, most) = self.limits(word);
                let repeat = number(self.machine.repeats.len())?;
                memory::reserve(&mut self.machine.repeats, 1)?;
                let body = number(self.machine.insts.len() + 1)?;
                let register = self.machine.registers;
                self.machine.registers += 2;
                let (body_guard, tail_guard) = (None, None);
                self.machine.repeats.push(Repeat { least, most, body, tail: 0, register, hollow: true, body_guard, tail_guard });
                if operator == op::REPEAT {
                    self.repeats.push(repeat);
                    self.emit(Inst::Repeat(repeat))?;
                } else {
                    self.parts.push((behind, Part::Possessive(repeat)));
                    self.emit(Inst::Possessive(repeat))?;
                }
                return Ok(word + 3);
            }
            op::MAX_UNTIL | op::MIN_UNTIL => {
                let repeat = self.repeats.pop().ok_or_else(invalid)?;
                self.emit(if operator == op::MAX_UNTIL { Inst::MaxUntil(repeat) } else { Inst::MinUntil(repeat) })?;
                self.set_tail(repeat)?;
                return Ok(word);
            }
            op::ATOMIC_GROUP => {
                let place = number(self.machine.insts.len())?;
                self.parts.push((behind.saturating_sub(1), Part::Atomic(place)));
                self.emit(Inst::Atomic)?;
                return Ok(word + 1);
            }
            op::ASSERT => {
                self.parts.push((behind.saturating_sub(1), Part::Assert));
                self.emit(Inst::Assert(self.get(word + 1)))?;
                return Ok(word + 2);
            }
            op::ASSERT_NOT => {
                self.parts.push((behind.saturating_sub(1), Part::AssertNot));
                let to = self.target(word, operand)?;
                self.emit_jumping(Inst::AssertNot(self.get(word + 1), to))?;
                return Ok(word + 2);
            }
            op::GROUPREF | op::GROUPREF_IGNORE | op::GROUPREF_UNI_IGNORE | op::GROUPREF_LOC_IGNORE => {
                self.emit(Inst::GroupRef(operand, operator))?;
            }
            op::GROUPREF_EXISTS => {
                let to = self.target(word, self.get(word + 1))?;
                self.emit_jumping(Inst::GroupExists(operand, to))?;
                return Ok(word + 2);
            }
            op::SUCCESS => {
                self.success(at)?;
                return Ok(word);
            }
            op::FAILURE => {
                self.emit(Inst::Fail)?;
                return Ok(word);
            }
            _ => return Err(invalid()),
        }
        Ok(word + 1)
    }

    fn set_tail(&mut self, repeat: u32) -> PyResult<()> {
        let tail = number(self.machine.insts.len())?;
        if let Some(repeat) = self.machine.repeats.get_mut(repeat as usize) {
            repeat.tail = tail;
        }
        Ok(())
    }

    /// The end of the innermost part that is open.
    fn success(&mut self, at: usize) -> PyResult<()> {
        let Some(&(end, part)) = self.parts.last() else { return self.emit(Inst::Accept) };
        match part {
            Part::Assert => {
                let to = self.target(end, 1)?;
                self.emit_jumping(Inst::AssertEnd(to))?;
            }
            Part::Atomic(begin) => {
                let to = self.target(end, 1)?;
                self.emit_jumping(Inst::AtomicEnd(to, begin))?;
            }
            Part::AssertNot => self.emit(Inst::AssertNotEnd)?,
            Part::Possessive(repeat) => self.emit(Inst::PossessiveEnd(repeat))?,
        }
        if end == at {
            self.parts.pop();
            if let Part::Possessive(repeat) = part {
                self.set_tail(repeat)?;
            }
        }
        Ok(())
    }

    /// Characters that follow one another.
    fn literal(&mut self, mut at: usize) -> PyResult<usize> {
        let from = self.machine.literals.len();
        loop {
            memory::reserve(&mut self.machine.literals, 1)?;
            self.machine.literals.push(self.get(at + 1));
            at += 2;
            let apart = [&self.labels, &self.skipped].iter().any(|marks| marks.get(at) != Some(&false));
            if apart || self.get(at) != op::LITERAL {
                break;
            }
        }
        match self.machine.literals.get(from..) {
            Some(&[single]) => {
                self.machine.literals.truncate(from);
                self.emit(Inst::Char(single))?;
            }
            Some(several) => {
                let length = number(several.len())?;
                self.emit(Inst::Literal(number(from)?, length))?;
            }
            None => return Err(invalid()),
        }
        Ok(at)
    }

    /// A branch whose first arm's skip is at `at`.
    fn branch(&mut self, mut at: usize) -> PyResult<()> {
        let branch = number(self.machine.branches.len())?;
        let mut arms = Vec::new();
        loop {
            *self.skipped.get_mut(at).ok_or_else(invalid)? = true;
            let skip = self.get(at);
            if skip == 0 {
                break;
            }
            memory::reserve(&mut arms, 1)?;
            arms.push(self.target(at, 1)?);
            at = at.checked_add(skip as usize).ok_or_else(invalid)?;
        }
        memory::reserve(&mut self.machine.branches, 1)?;
        self.machine.branches.push(Branch { arms, table: Arms::Few(Box::new([0; 256])), wide: 0, end: 0 });
        self.emit(Inst::Branch(branch))
    }

    /// Turns places of the code into numbers of instructions, and divides branches with too many arms.
    fn fix(&mut self) -> PyResult<()> {
        let places = &self.places;
        let place = |at: u32| places.get(at as usize).copied().filter(|place| *place != u32::MAX).ok_or_else(invalid);
        for fix in &self.fixes {
            match self.machine.insts.get_mut(*fix as usize) {
                Some(
                    Inst::Jump(to)
                    | Inst::AssertNot(_, to)
                    | Inst::GroupExists(_, to)
                    | Inst::AssertEnd(to)
                    | Inst::AtomicEnd(to, _),
                ) => *to = place(*to)?,
                _ => return Err(invalid()),
            }
        }
        for branch in &mut self.machine.branches {
            for arm in &mut branch.arms {
                *arm = place(*arm)?;
            }
        }
        let mut number_of = 0;
        while let Some(branch) = self.machine.branches.get_mut(number_of) {
            if branch.arms.len() > MAX_ARMS {
                let rest = branch.arms.split_off(MAX_ARMS - 1);
                branch.arms.push(number(self.machine.insts.len())?);
                memory::reserve(&mut self.machine.branches, 1)?;
                self.machine.insts.push(Inst::Branch(number(self.machine.branches.len())?));
                self.machine.branches.push(Branch { arms: rest, table: Arms::Few(Box::new([0; 256])), wide: 0, end: 0 });
            }
            number_of += 1;
        }
        Ok(())
    }
}

impl Branch {
    /// Fills the tables in.
    pub fn choose(&mut self, firsts: &[First]) {
        let (mut table, mut wide, mut end) = ([0_u64; 256], 0_u64, 0_u64);
        for (first, bit) in firsts.iter().zip((0..64).map(|shift| 1_u64 << shift)) {
            for (slot, admitted) in table.iter_mut().zip(first.table()) {
                *slot |= if admitted { bit } else { 0 };
            }
            wide |= if first.wide { bit } else { 0 };
            end |= if first.end { bit } else { 0 };
        }
        (self.wide, self.end) = (wide, end);
        self.table = if firsts.len() <= 8 {
            Arms::Few(Box::new(table.map(|arms| arms.to_le_bytes()[0])))
        } else {
            Arms::Many(Box::new(table))
        };
    }
}
