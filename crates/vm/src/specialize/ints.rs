//! Where ints go without objects: looks at a whole function that has run for a while, and puts the forms of `interpreter::ints` into it.
//!
//! Two things can be such an int: what an operator leaves on the stack for the one instruction that takes it, and a local that is assigned from
//! operators or from a range, and read mostly by operators. For each block of straight code the stack is followed from instruction to
//! instruction: who made a value, and who takes it.
//!
//! What must hold, at any time, in the interpreter's copy of the instructions:
//! - if a local may hold such an int, then every instruction that names it is a form that asks, or a plain load whose takers ask;
//! - if a value on the stack may be one, then whoever takes it asks;
//! - a form that asks is never replaced by one that does not ([`Ints`] keeps them for instrumentation).
//!
//! Instructions that programs made themselves are left alone: there a value may be taken by a handler of exceptions.

use crate::code::Code;
use crate::code::units::Unit;
use crate::frame::Frame;
use crate::interpreter::ints::{Extended, ITEM_OF_TUPLE, extended_form, home, op};
use bytecode::flags::CO_FAST_LOCAL;
use bytecode::ops::flag;
use bytecode::{Op, exceptiontable};
use object::{PyResult, core, memory};
use std::cell::{Cell, OnceCell};

/// What a code object knows of its ints without objects.
#[derive(Default)]
pub(crate) struct Ints {
    forms: OnceCell<Box<Forms>>,
    /// How many instructions could make or take ints at the last look.
    seen: Cell<u32>,
}

struct Forms {
    /// By code unit: the form that stands there, or 0.
    by_unit: Box<[Cell<u8>]>,
    /// The locals that may be ints without objects.
    locals: Box<[Cell<bool>]>,
}

impl Ints {
    /// The form that must stay at this code unit.
    pub(crate) fn form(&self, index: usize) -> Option<u8> {
        self.forms.get()?.by_unit.get(index).map(Cell::get).filter(|form| *form != 0)
    }
}

fn cells<T: Copy>(value: T, count: usize) -> PyResult<Box<[Cell<T>]>> {
    let mut all = memory::vec_with_capacity(count)?;
    all.resize_with(count, || Cell::new(value));
    Ok(all.into_boxed_slice())
}

/// An instruction.
struct Insn {
    unit: usize,
    op: Op,
    arg: u32,
    /// The backward jumps that jump over it.
    depth: u32,
}

/// What a value on the stack is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A local: borrowed, or with a count of its own.
    Local(u32, bool),
    Constant,
    /// The result of an operator on ints.
    Int,
    /// The next item of a range.
    Range,
}

/// A value with more takers is an object.
const MOST_TAKERS: usize = 3;

struct Value {
    kind: Kind,
    /// The instruction that made it.
    insn: usize,
    /// Of two that it made, the second.
    second: bool,
    copied: bool,
    /// Somebody wants an object.
    as_object: bool,
    /// Takers of ints, and which of their operands it is.
    takers: [(usize, usize); MOST_TAKERS],
    count: usize,
    /// The local that it is stored in, and the instruction that does it.
    stored: Option<(u32, usize)>,
}

/// What the look found.
struct Found {
    insns: Vec<Insn>,
    values: Vec<Value>,
}

/// Looks at the code of a frame.
#[cold]
#[inline(never)]
pub(crate) fn look(frame: &Frame) {
    let code = frame.code();
    if code.is_foreign() || code.plan().is_some() {
        return;
    }
    if let Err(raised) = look_at(code) {
        raised.clear();
    }
}

/// Instructions that make ints, and those that could make or take them but do it with objects. A word of inline cache may look like one.
fn candidates(units: &[Unit]) -> (u32, u32) {
    let (mut makers, mut plain) = (0, 0);
    for unit in units {
        let (made, waits) = CANDIDATES[usize::from(unit.op())];
        makers += u32::from(made);
        plain += u32::from(waits);
    }
    (makers, plain)
}

/// By number: makes ints; makes or takes them, with objects so far.
static CANDIDATES: [(bool, bool); 256] = {
    let mut table = [(false, false); 256];
    let makers =
        [Op::BINARY_OP_ADD_INT, Op::BINARY_OP_SUBTRACT_INT, Op::BINARY_OP_MULTIPLY_INT, Op::BINARY_OP_EXTEND, Op::FOR_ITER_RANGE];
    let takers = [
        Op::COMPARE_OP_INT,
        Op::BINARY_OP_SUBSCR_LIST_INT,
        Op::BINARY_OP_SUBSCR_TUPLE_INT,
        Op::STORE_SUBSCR_LIST_INT,
        Op::TO_BOOL_INT,
    ];
    let mut index = 0;
    while index < makers.len() {
        table[makers[index].number() as usize & 255] = (true, true);
        table[takers[index].number() as usize & 255] = (false, true);
        index += 1;
    }
    let mut form = op::ADD;
    while form <= op::MULTIPLY_TO_OBJECT {
        table[form as usize] = (true, false);
        form += 1;
    }
    table[op::RANGE as usize] = (true, false);
    table
};

fn look_at(code: &Code) -> PyResult<()> {
    let Some(units) = code.made_units() else { return Ok(()) };
    let units = units.all();
    let (makers, plain) = candidates(units);
    if makers == 0 || code.ints.seen.replace(plain) == plain {
        return Ok(());
    }
    let Some(found) = follow(code, units)? else { return Ok(()) };
    let forms = match code.ints.forms.get() {
        Some(forms) => forms,
        None => {
            let forms = Forms { by_unit: cells(0, units.len())?, locals: cells(false, code.local_count())? };
            code.ints.forms.get_or_init(|| Box::new(forms))
        }
    };
    choose_locals(code, &found, &forms.locals);
    place(&found, units, forms);
    code.ints.seen.set(candidates(units).1);
    Ok(())
}

/// The instructions in order, from the first that a call runs.
fn decode(code: &Code, units: &[Unit]) -> PyResult<Vec<Insn>> {
    let bytes = code.code_bytes();
    let mut insns = memory::vec_with_capacity(units.len())?;
    let mut index = 0;
    while let (Some(unit), Some(number)) = (units.get(index), bytes.get(index * 2)) {
        let Some(op) = Op::from_number(u16::from(*number)) else { break };
        insns.push(Insn { unit: index, op, arg: unit.arg(), depth: 0 });
        index += 1 + op.caches();
    }
    Ok(insns)
}

fn target(insn: &Insn) -> Option<usize> {
    if insn.op.info().flags & flag::JUMP == 0 {
        return None;
    }
    let next = insn.unit + 1 + insn.op.caches();
    let distance = insn.arg as usize;
    match insn.op {
        Op::JUMP_BACKWARD | Op::JUMP_BACKWARD_NO_INTERRUPT | Op::END_ASYNC_FOR => next.checked_sub(distance),
        _ => next.checked_add(distance),
    }
}

/// Follows the stack through each block; nothing if no operator on ints was found.
fn follow(code: &Code, units: &[Unit]) -> PyResult<Option<Found>> {
    let mut insns = decode(code, units)?;
    let mut entered: Vec<bool> = memory::vec_with_capacity(units.len())?;
    entered.resize(units.len(), false);
    let mut deeper: Vec<(usize, i32)> = Vec::new();
    for insn in &insns {
        if let Some(target) = target(insn) {
            if let Some(entered) = entered.get_mut(target) {
                *entered = true;
            }
            if insn.op == Op::JUMP_BACKWARD {
                deeper.push((target, 1));
                deeper.push((insn.unit + 2, -1));
            }
        }
    }
    for entry in exceptiontable::entries(code.exceptiontable_bytes()) {
        if let Some(entered) = entered.get_mut(entry.target as usize / 2) {
            *entered = true;
        }
    }
    let mut depth = 0i32;
    deeper.sort_unstable();
    let mut changes = deeper.iter().peekable();
    for insn in &mut insns {
        while let Some((_, change)) = changes.next_if(|(unit, _)| *unit <= insn.unit) {
            depth += change;
        }
        insn.depth = u32::try_from(depth).unwrap_or(0);
    }
    let mut stack = Stack { values: memory::vec_with_capacity(insns.len() * 3 / 2)?, words: memory::vec_with_capacity(16)? };
    for index in 0..insns.len() {
        let Some(insn) = insns.get(index) else { break };
        if entered.get(insn.unit).copied().unwrap_or(true) {
            stack.flush();
        }
        let Some(unit) = units.get(insn.unit) else { break };
        let Some(cache) = units.get(insn.unit..) else { break };
        step(&mut stack, insn, index, unit.op(), cache, code);
    }
    stack.flush();
    let values = stack.values;
    if insns.last().is_none_or(|last| last.unit + 1 + last.op.caches() < units.len()) {
        return Ok(None);
    }
    let any = values.iter().any(|value| matches!(value.kind, Kind::Int | Kind::Range));
    Ok(any.then_some(Found { insns, values }))
}

/// The stack of a block: indices of values, where something is known of them.
struct Stack {
    values: Vec<Value>,
    words: Vec<Option<usize>>,
}

impl Stack {
    fn push(&mut self, kind: Kind, insn: usize, second: bool) {
        self.words.push(Some(self.values.len()));
        self.values.push(Value {
            kind,
            insn,
            second,
            copied: false,
            as_object: false,
            takers: [(0, 0); MOST_TAKERS],
            count: 0,
            stored: None,
        });
    }

    fn take(&mut self) -> Option<&mut Value> {
        let index = self.words.pop().flatten()?;
        self.values.get_mut(index)
    }

    fn take_object(&mut self) {
        if let Some(value) = self.take() {
            value.as_object = true;
        }
    }

    fn take_int(&mut self, taker: usize, operand: usize) {
        if let Some(value) = self.take() {
            match value.takers.get_mut(value.count) {
                Some(place) => {
                    *place = (taker, operand);
                    value.count += 1;
                }
                None => value.as_object = true,
            }
        }
    }

    fn store(&mut self, local: u32, insn: usize) {
        if let Some(value) = self.take() {
            // Twice is not once: then it is an object.
            value.as_object |= value.stored.is_some();
            value.stored = Some((local, insn));
        }
    }

    /// Of what is left nobody knows who takes it.
    fn flush(&mut self) {
        while !self.words.is_empty() {
            self.take_object();
        }
    }
}

/// How an instruction of the copy uses ints.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Two of them make another one.
    Operator,
    /// Two are taken.
    Takes,
    /// The topmost is taken.
    Index,
    None,
}

fn role(insn: &Insn, now: u8, cache: &[Unit]) -> Role {
    match insn.op {
        Op::BINARY_OP => match Op::from_number(u16::from(now)) {
            Some(Op::BINARY_OP_ADD_INT | Op::BINARY_OP_SUBTRACT_INT | Op::BINARY_OP_MULTIPLY_INT) => Role::Operator,
            Some(Op::BINARY_OP_SUBSCR_LIST_INT | Op::BINARY_OP_SUBSCR_TUPLE_INT) => Role::Index,
            Some(Op::BINARY_OP_EXTEND) => match cache.get(1).and_then(|unit| extended_form(unit.word())) {
                Some(Extended::Int(..)) => Role::Operator,
                Some(Extended::Float(_)) => Role::Takes,
                Some(Extended::Item(_)) => Role::Index,
                None => Role::None,
            },
            None if (op::ADD..=op::MULTIPLY_TO_OBJECT).contains(&now) => Role::Operator,
            None if now == op::ITEM_OF_LIST => Role::Index,
            _ => Role::None,
        },
        Op::COMPARE_OP if now == op::COMPARE_INT || u16::from(now) == Op::COMPARE_OP_INT.number() => Role::Takes,
        Op::TO_BOOL if now == op::TRUTH || u16::from(now) == Op::TO_BOOL_INT.number() => Role::Index,
        Op::STORE_SUBSCR if now == op::STORE_ITEM_OF_LIST || u16::from(now) == Op::STORE_SUBSCR_LIST_INT.number() => Role::Index,
        _ => Role::None,
    }
}

/// One instruction of a block.
fn step(stack: &mut Stack, insn: &Insn, index: usize, now: u8, cache: &[Unit], code: &Code) {
    let (first, second) = (insn.arg >> 4, insn.arg & 15);
    match insn.op {
        Op::LOAD_FAST_BORROW => return stack.push(Kind::Local(insn.arg, true), index, false),
        Op::LOAD_FAST => return stack.push(Kind::Local(insn.arg, false), index, false),
        Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
            stack.push(Kind::Local(first, true), index, false);
            return stack.push(Kind::Local(second, true), index, true);
        }
        Op::LOAD_SMALL_INT => return stack.push(Kind::Constant, index, false),
        Op::LOAD_CONST if code.consts().get(insn.arg as usize).is_some_and(|value| value.class().is_type(&core::INT)) => {
            return stack.push(Kind::Constant, index, false);
        }
        Op::COPY => {
            let word = stack.words.len().checked_sub(insn.arg as usize).and_then(|at| stack.words.get(at).copied().flatten());
            if let Some(value) = word.and_then(|word| stack.values.get_mut(word)) {
                value.copied = true;
            }
            return stack.words.push(word);
        }
        Op::SWAP => {
            let depth = insn.arg as usize;
            while stack.words.len() < depth {
                stack.words.insert(0, None);
            }
            let top = stack.words.len();
            if depth > 0 {
                stack.words.swap(top - 1, top - depth);
            }
            return;
        }
        Op::STORE_FAST => return stack.store(insn.arg, index),
        Op::STORE_FAST_STORE_FAST => {
            stack.store(first, index);
            return stack.store(second, index);
        }
        Op::STORE_FAST_LOAD_FAST => {
            stack.store(first, index);
            return stack.push(Kind::Local(second, false), index, true);
        }
        Op::FOR_ITER => {
            stack.flush();
            if now == op::RANGE || u16::from(now) == Op::FOR_ITER_RANGE.number() {
                stack.push(Kind::Range, index, false);
            }
            return;
        }
        _ => {}
    }
    match role(insn, now, cache) {
        Role::Operator => {
            stack.take_int(index, 1);
            stack.take_int(index, 0);
            return stack.push(Kind::Int, index, false);
        }
        Role::Takes => {
            stack.take_int(index, 1);
            stack.take_int(index, 0);
            return stack.words.push(None);
        }
        Role::Index => {
            stack.take_int(index, 1);
            let (popped, pushed) = insn.op.stack_use(0);
            for _ in 1..popped {
                stack.take_object();
            }
            for _ in 0..pushed {
                stack.words.push(None);
            }
            return;
        }
        Role::None => {}
    }
    let (popped, pushed) = insn.op.stack_use(i32::try_from(insn.arg).unwrap_or(0));
    for _ in 0..popped {
        stack.take_object();
    }
    for _ in 0..pushed {
        stack.words.push(None);
    }
    let ends = matches!(insn.op, Op::RETURN_VALUE | Op::YIELD_VALUE | Op::RAISE_VARARGS | Op::RERAISE | Op::RESUME);
    if ends || insn.op.info().flags & flag::JUMP != 0 {
        stack.flush();
    }
}

impl Value {
    fn takers(&self) -> &[(usize, usize)] {
        self.takers.get(..self.count).unwrap_or_default()
    }

    /// Whether everybody takes it as an int.
    fn only_taken(&self) -> bool {
        !self.as_object && self.stored.is_none() && self.count > 0
    }

    /// A local that may stay what it is on the stack: nobody assigns to it before the value is taken, or there is one taker.
    fn loads_as_is(&self) -> bool {
        self.only_taken() && (matches!(self.kind, Kind::Local(_, true)) || !self.copied && self.count == 1)
    }

    /// Whether an operator may leave an int without an object.
    fn stays_int(&self, locals: &[Cell<bool>]) -> bool {
        if self.copied || self.as_object {
            return false;
        }
        match self.stored {
            Some((local, _)) => self.count == 0 && is_int(locals, local),
            None => self.kind == Kind::Int && self.count == 1,
        }
    }
}

fn is_int(locals: &[Cell<bool>], local: u32) -> bool {
    locals.get(local as usize).is_some_and(Cell::get)
}

/// What an int saves at each assignment of a result, and at each operand; what it costs to make an object of it.
const STORE_GAIN: i64 = 50;
const TAKE_GAIN: i64 = 5;
/// A range gives its items as objects for less, most of them small.
const ITEM_GAIN: i64 = 25;
/// What each load costs that asks.
const ASK_COST: i64 = 3;
const OBJECT_COST: i64 = 60;

/// Decides which locals may hold ints, besides those that do.
fn choose_locals(code: &Code, found: &Found, locals: &[Cell<bool>]) {
    #[derive(Clone, Copy, Default)]
    struct Uses {
        stores: i64,
        gain: i64,
        takes: i64,
        objects: i64,
    }
    let mut uses = vec![Uses::default(); locals.len()];
    let weight = |insn: usize| found.insns.get(insn).map_or(1, |insn| 8i64.pow(insn.depth.min(6)));
    for value in &found.values {
        if let Kind::Local(local, _) = value.kind
            && let Some(uses) = uses.get_mut(local as usize)
        {
            if value.loads_as_is() {
                uses.takes += weight(value.insn);
            } else {
                uses.objects += weight(value.insn);
            }
        }
        if matches!(value.kind, Kind::Int | Kind::Range)
            && !value.copied
            && !value.as_object
            && let Some((local, insn)) = value.stored
            && let Some(uses) = uses.get_mut(local as usize)
        {
            uses.stores += weight(insn);
            uses.gain += weight(insn) * if value.kind == Kind::Range { ITEM_GAIN } else { STORE_GAIN };
        }
    }
    for insn in &found.insns {
        let (first, second) = (insn.arg >> 4, insn.arg & 15);
        let weight = 8i64.pow(insn.depth.min(6));
        let mut object = |local: u32| {
            if let Some(uses) = uses.get_mut(local as usize) {
                uses.objects += weight;
            }
        };
        match insn.op {
            Op::LOAD_FAST_CHECK => object(insn.arg),
            Op::LOAD_FAST_LOAD_FAST => {
                object(first);
                object(second);
            }
            _ => {}
        }
    }
    for ((local, uses), kind) in locals.iter().zip(&uses).zip(code.localspluskinds()) {
        let gain = uses.gain + TAKE_GAIN * uses.takes - ASK_COST * uses.objects - OBJECT_COST * uses.stores.min(uses.objects);
        if uses.stores > 0 && gain > 0 && *kind & !(bytecode::flags::CO_FAST_HIDDEN | ARGUMENT) == CO_FAST_LOCAL {
            local.set(true);
        }
    }
}

/// The bits of an argument among the kinds of a local.
const ARGUMENT: u8 = 0x02 | 0x04 | 0x08;

/// Puts the forms into the copy.
fn place(found: &Found, units: &[Unit], forms: &Forms) {
    let locals = &*forms.locals;
    let insn_of = |index: usize| found.insns.get(index);
    // Who takes ints without objects, and from where.
    let mut asks = vec![false; found.insns.len()];
    let mut ask = |value: &Value| {
        for (taker, _) in value.takers() {
            if let Some(asks) = asks.get_mut(*taker) {
                *asks = true;
            }
        }
    };
    for value in &found.values {
        match value.kind {
            Kind::Local(local, _) if is_int(locals, local) && value.loads_as_is() => ask(value),
            Kind::Int if value.stays_int(locals) => ask(value),
            _ => {}
        }
    }
    for value in &found.values {
        if value.kind == Kind::Int && value.stays_int(locals) {
            if let Some(asks) = asks.get_mut(value.insn) {
                *asks = true;
            }
        }
    }
    for (insn, asks) in found.insns.iter().zip(&mut asks) {
        *asks |= forms.by_unit.get(insn.unit).is_some_and(|form| form.get() != 0);
    }
    let does_ask = |index: usize| asks.get(index).copied().unwrap_or(false);
    // Homes first, then the takers, then those that give.
    let mut homes = vec![[home::NONE; 2]; found.insns.len()];
    let mut as_is = vec![[true; 2]; found.insns.len()];
    let mut results = vec![false; found.insns.len()];
    let mut constants = vec![false; found.insns.len()];
    for value in &found.values {
        let home = match value.kind {
            Kind::Local(local, _) => {
                if let Some(as_is) = as_is.get_mut(value.insn)
                    && !value.loads_as_is()
                {
                    as_is[usize::from(value.second)] = !is_int(locals, local);
                }
                local + 1
            }
            Kind::Constant => {
                let all = value.only_taken() && value.takers().iter().all(|(taker, _)| does_ask(*taker));
                if let Some(constant) = constants.get_mut(value.insn) {
                    *constant = all;
                }
                match insn_of(value.insn) {
                    Some(insn) if insn.op == Op::LOAD_CONST => home::CONSTANT | insn.arg,
                    _ => home::NONE,
                }
            }
            Kind::Int | Kind::Range => {
                if let Some(result) = results.get_mut(value.insn) {
                    *result = value.stays_int(locals);
                }
                home::NONE
            }
        };
        for (taker, operand) in value.takers() {
            if let Some(homes) = homes.get_mut(*taker) {
                homes[*operand] = home;
            }
        }
    }
    let names_int = |insn: &Insn, two: bool| {
        if two { is_int(locals, insn.arg >> 4) || is_int(locals, insn.arg & 15) } else { is_int(locals, insn.arg) }
    };
    let any_int = locals.iter().any(Cell::get);
    for (index, insn) in found.insns.iter().enumerate() {
        let (Some(unit), Some(kept)) = (units.get(insn.unit), forms.by_unit.get(insn.unit)) else { continue };
        let as_is = as_is.get(index).copied().unwrap_or([true; 2]);
        let asks = does_ask(index);
        let result = results.get(index).copied().unwrap_or(false);
        let form = match insn.op {
            Op::LOAD_FAST_BORROW if names_int(insn, false) && !as_is[0] => op::LOAD_BORROW,
            Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW if names_int(insn, true) => match as_is {
                [true, true] => 0,
                [false, true] => op::LOAD_FIRST,
                [true, false] => op::LOAD_SECOND,
                [false, false] => op::LOAD_BOTH,
            },
            Op::LOAD_FAST if names_int(insn, false) => {
                if as_is[0] {
                    op::LOAD_AS_IS
                } else {
                    op::LOAD
                }
            }
            Op::LOAD_FAST_LOAD_FAST if names_int(insn, true) => op::LOAD_TWO,
            Op::LOAD_FAST_CHECK if names_int(insn, false) => op::LOAD_CHECKED,
            Op::LOAD_FAST_AND_CLEAR if names_int(insn, false) => op::LOAD_CLEARING,
            Op::DELETE_FAST if names_int(insn, false) => op::DELETE,
            Op::STORE_FAST if names_int(insn, false) => op::STORE,
            Op::STORE_FAST_STORE_FAST if names_int(insn, true) => op::STORE_TWO,
            Op::STORE_FAST_LOAD_FAST if names_int(insn, true) => {
                if as_is[1] {
                    op::STORE_LOAD_AS_IS
                } else {
                    op::STORE_LOAD
                }
            }
            Op::RETURN_VALUE if any_int => op::RETURN,
            Op::LOAD_SMALL_INT if constants.get(index).copied().unwrap_or(false) => op::SMALL,
            Op::LOAD_CONST if constants.get(index).copied().unwrap_or(false) => op::CONSTANT,
            Op::FOR_ITER if result => {
                unit.become_form(op::RANGE);
                continue;
            }
            Op::BINARY_OP | Op::COMPARE_OP | Op::TO_BOOL | Op::STORE_SUBSCR if asks || result => {
                let Some(cache) = units.get(insn.unit..) else { continue };
                let homes = homes.get(index).copied().unwrap_or([home::NONE; 2]);
                taker(insn, unit.op(), cache, homes, result)
            }
            _ => 0,
        };
        let plain = matches!(insn.op, Op::LOAD_FAST_BORROW | Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW) && kept.get() != 0;
        if form != 0 {
            unit.become_form(form);
            kept.set(form);
        } else if plain {
            // All its takers ask now.
            unit.become_form((insn.op.number() & 0xff) as u8);
            kept.set(0);
        }
    }
}

/// The form of an instruction that takes ints, or makes one; 0 if it has none. Its cache gets what the form wants.
fn taker(insn: &Insn, now: u8, cache: &[Unit], homes: [u32; 2], result: bool) -> u8 {
    let set = |index: usize, word: u64| {
        if let Some(unit) = cache.get(index) {
            unit.set_word(word);
        }
    };
    match insn.op {
        Op::BINARY_OP => {
            let form = match Op::from_number(u16::from(now)) {
                Some(Op::BINARY_OP_ADD_INT) => op::ADD,
                Some(Op::BINARY_OP_SUBTRACT_INT) => op::SUBTRACT,
                Some(Op::BINARY_OP_MULTIPLY_INT) => op::MULTIPLY,
                Some(Op::BINARY_OP_SUBSCR_LIST_INT) => op::ITEM_OF_LIST,
                Some(Op::BINARY_OP_SUBSCR_TUPLE_INT) => {
                    set(1, (ITEM_OF_TUPLE.0 as *const ()).expose_provenance() as u64);
                    (Op::BINARY_OP_EXTEND.number() & 0xff) as u8
                }
                Some(Op::BINARY_OP_EXTEND) => {
                    let handler = match cache.get(1).and_then(|unit| extended_form(unit.word())) {
                        Some(Extended::Int(int, object)) => {
                            if result {
                                int
                            } else {
                                object
                            }
                        }
                        Some(Extended::Float(float) | Extended::Item(float)) => float,
                        None => return 0,
                    };
                    set(1, (handler.0 as *const ()).expose_provenance() as u64);
                    now
                }
                None => now,
                _ => return 0,
            };
            let form = match form {
                op::ADD | op::ADD_TO_OBJECT => {
                    if result {
                        op::ADD
                    } else {
                        op::ADD_TO_OBJECT
                    }
                }
                op::SUBTRACT | op::SUBTRACT_TO_OBJECT => {
                    if result {
                        op::SUBTRACT
                    } else {
                        op::SUBTRACT_TO_OBJECT
                    }
                }
                op::MULTIPLY | op::MULTIPLY_TO_OBJECT => {
                    if result {
                        op::MULTIPLY
                    } else {
                        op::MULTIPLY_TO_OBJECT
                    }
                }
                other => other,
            };
            set(2, u64::from(homes[0]));
            set(3, u64::from(homes[1]));
            form
        }
        Op::COMPARE_OP => {
            set(1, u64::from(homes[0]) | u64::from(homes[1]) << 32);
            op::COMPARE_INT
        }
        Op::STORE_SUBSCR => {
            set(1, u64::from(homes[1]));
            op::STORE_ITEM_OF_LIST
        }
        _ => op::TRUTH,
    }
}
