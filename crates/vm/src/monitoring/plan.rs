//! What is instrumented in one code object: for each instruction, the tools that want its events.
//!
//! Only the interpreter's copy of the instructions is rewritten. A code object that was never instrumented has no plan; what changed while it did
//! not run is caught up when it is next entered, through an INSTRUMENTED_RESUME in place of its RESUME.

use super::events::{self, Event, LOCAL};
use super::tools::{self, Tools};
use super::{lines, points};
use crate::code::Code;
use crate::code::units::Unit;
use bytecode::Op;
use bytecode::flags::{CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR};
use object::{PyResult, memory, thread};
use std::cell::Cell;
use std::ptr::null_mut;

/// One code unit.
pub struct Point {
    /// The instruction, without specialisation; CACHE for a word of inline cache.
    pub op: Op,
    /// Its event besides LINE and INSTRUCTION.
    pub event: Option<Event>,
    /// The tools that want that event here.
    pub tools: Cell<u8>,
    /// The tools that want LINE here.
    pub line_tools: Cell<u8>,
    /// The tools that want INSTRUCTION here.
    pub instruction_tools: Cell<u8>,
    /// Whether another line may begin here.
    pub starts_line: bool,
    /// The line, or -1.
    pub line: i32,
    /// The branch that this instruction is one side of.
    pub source: u32,
}

/// What is instrumented in a code object.
pub struct Plan {
    local: [Cell<u8>; LOCAL],
    epochs: [Cell<u32>; tools::ALL],
    active: [Cell<u8>; LOCAL],
    points: Box<[Point]>,
    /// How many points have tools for LINE.
    lines: Cell<usize>,
    /// The first instruction of the handler that comes next, and the instruction that raised.
    pub came_from: Cell<(usize, usize)>,
    /// The index, plus 1, of the instruction whose LINE or INSTRUCTION was looked at last.
    pub layered: Cell<usize>,
    /// The tools of the interpreter that the code belongs to.
    pub tools: &'static Tools,
}

/// The field of a code object that holds its plan.
pub struct PlanCell(Cell<*mut Plan>);

impl PlanCell {
    /// No plan.
    pub const fn none() -> PlanCell {
        PlanCell(Cell::new(null_mut()))
    }

    /// The plan, if there is one. It lives as long as the code object.
    #[inline(always)]
    pub fn get(&self) -> Option<&Plan> {
        // SAFETY: set once, to a block that is freed with the cell.
        unsafe { self.0.get().as_ref() }
    }
}

impl Drop for PlanCell {
    fn drop(&mut self) {
        let plan = self.0.replace(null_mut());
        if !plan.is_null() {
            // SAFETY: the pointer came from a box.
            drop(unsafe { Box::from_raw(plan) });
        }
    }
}

/// Where a code object stands in its interpreter's list of code that is up to date; it leaves the list when it dies.
pub struct Registration(Cell<usize>);

impl Registration {
    /// In no list.
    pub const fn none() -> Registration {
        Registration(Cell::new(usize::MAX))
    }

    pub(super) fn set(&self, index: usize) {
        self.0.set(index);
    }

    pub(super) fn clear(&self) {
        self.0.set(usize::MAX);
    }

    fn is_none(&self) -> bool {
        self.0.get() == usize::MAX
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if !self.is_none()
            && let Some(thread) = thread::try_current()
        {
            tools::of(thread).unregister(self.0.get());
        }
    }
}

/// Takes in a code object whose copy of the instructions was just made.
pub fn prepare(code: &Code) -> PyResult<()> {
    if tools::current().version.get() == 0 { settled(code) } else { instrument(code) }
}

/// A code object is what tools ask for: it is told when they ask for something else.
fn settled(code: &Code) -> PyResult<()> {
    let tools = tools::current();
    code.instrumentation_version.set(tools.version.get());
    if let Some(registration) = code.registration().filter(|registration| registration.is_none()) {
        registration.set(tools.register(code)?);
    }
    Ok(())
}

/// Whether the code object was instrumented for what tools ask for now.
#[inline]
pub fn is_current(code: &Code) -> bool {
    code.instrumentation_version.get() == tools::current().version.get()
}

/// Brings a code object up to date with what tools ask for.
pub fn instrument(code: &Code) -> PyResult<()> {
    if is_current(code) { Ok(()) } else { instrument_again(code) }
}

/// Brings a code object up to date with what tools ask for, globally and locally.
pub fn instrument_again(code: &Code) -> PyResult<()> {
    let tools = tools::current();
    let wanted = |event: usize| tools.wanting(Event(u8::try_from(event).unwrap_or(u8::MAX)));
    if code.plan().is_none() && (0..LOCAL).all(|event| wanted(event) == 0) {
        if let Some(units) = code.made_units() {
            restore_entries(code, units.all());
        }
        return settled(code);
    }
    let plan = Plan::of(code)?;
    let restarted = code.instrumentation_version.get() < tools.restarted.get();
    let mut removed = [0u8; LOCAL];
    let mut added = [0u8; LOCAL];
    for (index, ((removed, added), active)) in removed.iter_mut().zip(&mut added).zip(&plan.active).enumerate() {
        let new = wanted(index) | plan.local_tools(index);
        let old = active.replace(new);
        *removed = old & !new;
        *added = if restarted { new } else { new & !old };
    }
    let updated = |tools: &Cell<u8>, event: Event| {
        let change = |set: &[u8; LOCAL]| set.get(event.index()).copied().unwrap_or(0);
        tools.set(tools.get() & !change(&removed) | change(&added));
    };
    let mut lines = 0;
    for point in plan.points.iter().skip(code.first_traceable()).filter(|point| point.op != Op::CACHE) {
        if let Some(event) = point.event {
            updated(&point.tools, event);
        }
        if point.starts_line && point.line >= 0 {
            updated(&point.line_tools, Event::LINE);
            lines += usize::from(point.line_tools.get() != 0);
        }
        if point.op != Op::RESUME && point.op != Op::EXTENDED_ARG {
            updated(&point.instruction_tools, Event::INSTRUCTION);
        }
    }
    plan.lines.set(lines);
    plan.rewrite(code);
    settled(code)
}

/// Makes the next entry into a code object, from a call or a generator's resumption, bring it up to date.
pub fn ask_at_entry(code: &Code) {
    let Some(units) = code.made_units() else { return };
    for unit in entries(code, units.all()) {
        unit.place(Op::INSTRUMENTED_RESUME);
    }
}

fn restore_entries(code: &Code, units: &[Unit]) {
    for unit in entries(code, units) {
        unit.place(Op::RESUME);
    }
}

/// The RESUME instructions: one in plain functions, one more behind each `yield` in the others.
fn entries<'a>(code: &Code, units: &'a [Unit]) -> impl Iterator<Item = &'a Unit> {
    let first = code.first_traceable();
    let several = code.has_flag(CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR);
    let bytes = code.code_bytes();
    let is_resume = |index: usize| bytes.get(index * 2).is_some_and(|number| u16::from(*number) == Op::RESUME.number());
    let mut found: Vec<&Unit> = Vec::new();
    if several {
        let mut index = first;
        while index < units.len() {
            if is_resume(index) {
                found.extend(units.get(index));
            }
            let number = bytes.get(index * 2).copied().unwrap_or(0);
            index += 1 + Op::from_number(u16::from(number)).map_or(0, Op::caches);
        }
    } else if is_resume(first) {
        found.extend(units.get(first));
    }
    found.into_iter()
}

impl Plan {
    /// The plan of a code object; made now if there is none.
    pub fn of(code: &Code) -> PyResult<&Plan> {
        if let Some(plan) = code.plan() {
            return Ok(plan);
        }
        let units = code.units()?;
        let mut all: Vec<Point> = memory::vec_with_capacity(units.len())?;
        points::fill(code, &mut all);
        lines::mark(code, &mut all);
        let plan = Plan {
            local: Default::default(),
            epochs: Default::default(),
            active: Default::default(),
            points: all.into_boxed_slice(),
            lines: Cell::new(0),
            came_from: Cell::new((0, 0)),
            layered: Cell::new(0),
            tools: tools::current(),
        };
        let old = code.plan.0.replace(Box::into_raw(Box::new(plan)));
        debug_assert!(old.is_null());
        code.plan().ok_or_else(memory::no_memory)
    }

    /// The point of the instruction with this index.
    #[inline]
    pub fn point(&self, index: usize) -> Option<&Point> {
        self.points.get(index)
    }

    /// The tools that want a local event somewhere in this code.
    pub fn active(&self, event: Event) -> u8 {
        self.active.get(event.index()).map_or(0, Cell::get)
    }

    /// The indices of the instructions that stand for a side of the branch with this index.
    pub fn sides_of(&self, branch: usize) -> impl Iterator<Item = usize> {
        let side =
            move |(index, point): &(usize, &Point)| *index != branch && point.source as usize == branch && point.event.is_some();
        self.points.iter().enumerate().filter(side).map(|(index, _)| index)
    }

    fn local_tools(&self, event: usize) -> u8 {
        let set = self.local.get(event).map_or(0, Cell::get);
        let valid = |tool: &usize| self.epochs.get(*tool).map_or(0, Cell::get) == self.tools.epoch(*tool);
        (0..tools::ALL).filter(|tool| set & 1 << tool != 0).filter(valid).fold(0, |set, tool| set | 1 << tool)
    }

    /// The events that a tool asked for here, even if its id was cleared since.
    pub(super) fn local_events(&self, tool: usize) -> u32 {
        let has = |(_, tools): &(usize, &Cell<u8>)| tools.get() & 1 << tool != 0;
        self.local.iter().enumerate().filter(has).fold(0, |set, (event, _)| set | 1 << event)
    }

    pub(super) fn set_local_events(&self, tool: usize, epoch: u32, set: u32) {
        if let Some(known) = self.epochs.get(tool) {
            known.set(epoch);
        }
        for (event, tools) in self.local.iter().enumerate() {
            let others = tools.get() & !(1 << tool);
            tools.set(if set & 1 << event != 0 { others | 1 << tool } else { others });
        }
    }

    /// Puts into each unit the instruction that its tools ask for. What nobody watches keeps its specialised form.
    fn rewrite(&self, code: &Code) {
        let Some(units) = code.made_units() else { return };
        for (unit, point) in units.all().iter().zip(&self.points).skip(code.first_traceable()) {
            if point.op == Op::CACHE {
                continue;
            }
            let op = self.wanted_at(point);
            let now = Op::from_number(u16::from(unit.op()));
            let fits = now.is_some_and(|now| now.info().family == op && !runs_the_next(now));
            if !fits {
                unit.place(op);
            }
        }
    }

    /// The instruction that a point needs.
    fn wanted_at(&self, point: &Point) -> Op {
        if point.starts_line && self.lines.get() != 0 { Op::INSTRUMENTED_LINE } else { below_line(point) }
    }

    /// Takes a tool off an event of the instruction with this index.
    pub fn disable(&self, code: &Code, index: usize, event: Event, tool: usize) {
        let Some(point) = self.points.get(index) else { return };
        let field = match event {
            Event::LINE => &point.line_tools,
            Event::INSTRUCTION => &point.instruction_tools,
            _ => &point.tools,
        };
        let before = field.replace(field.get() & !(1 << tool));
        if event == Event::LINE && before != 0 && field.get() == 0 {
            // The others still need to know where they come from, as long as there are others.
            self.lines.set(self.lines.get().saturating_sub(1));
            if self.lines.get() == 0 {
                return self.rewrite(code);
            }
        }
        if let Some(unit) = code.made_units().and_then(|units| units.all().get(index)) {
            unit.place(self.wanted_at(point));
        }
    }
}

/// Specialised forms that do the work of the instruction behind them, too: events of that one would be lost.
fn runs_the_next(op: Op) -> bool {
    matches!(op, Op::CALL_LIST_APPEND | Op::BINARY_OP_INPLACE_ADD_UNICODE)
}

/// The instruction of a point when LINE was done.
pub fn below_line(point: &Point) -> Op {
    if point.instruction_tools.get() != 0 { Op::INSTRUMENTED_INSTRUCTION } else { below_instruction(point) }
}

/// The instruction of a point when LINE and INSTRUCTION were done.
pub fn below_instruction(point: &Point) -> Op {
    if point.tools.get() != 0 { events::instrumented(point.op) } else { point.op }
}
