//! The last step: addresses, extended operands, tables, the code object.

use crate::codegen::text;
use crate::codegen::unit::Unit;
use crate::codegen::workshop::settle;
use crate::error::Result;
use crate::flowgraph::{Graph, Instr, fixed_offsets};
use crate::instructions::OpKind;
use bytecode::exceptiontable::{self, Entry};
use bytecode::linetable::Encoder;
use bytecode::{Code, Location, Op, Text, flags};

/// Code units from a `SEND` to its `END_SEND`.
const END_SEND_OFFSET: usize = 5;

/// What is gathered for one code object after the other, so that memory is kept.
#[derive(Default)]
pub(crate) struct Scratch {
    instrs: Vec<Instr>,
    /// Where each instruction is, in code units.
    offsets: Vec<usize>,
    /// Which instructions are jumps.
    jumps: Vec<usize>,
    /// The first instruction of each block.
    starts: Vec<usize>,
}

impl Scratch {
    /// Empties the lists, of which the long ones keep their memory.
    pub fn clear(&mut self) {
        settle(&mut self.instrs);
        settle(&mut self.offsets);
        settle(&mut self.jumps);
        settle(&mut self.starts);
    }
}

#[inline]
fn extended(instr: &Instr) -> usize {
    if instr.arg <= 0xff {
        return 0;
    }
    match instr.arg {
        0x100..=0xffff => 1,
        0x1_0000..=0xff_ffff => 2,
        _ => 3,
    }
}

#[inline]
fn size(instr: &Instr) -> usize {
    extended(instr) + 1 + instr.op.caches()
}

/// Makes the code object of a unit from its finished graph, whose constants it takes.
#[allow(clippy::too_many_arguments, reason = "each is one part of the code object")]
pub(crate) fn make_code(
    graph: &mut Graph,
    stack_depth: u32,
    unit: &Unit<'_>,
    name: Text,
    filename: Text,
    code_flags: u32,
    scratch: &mut Scratch,
) -> Result<Code> {
    let Scratch { instrs, offsets, jumps, starts } = scratch;
    instrs.clear();
    jumps.clear();
    starts.clear();
    starts.resize(graph.blocks.len(), 0);
    for id in graph.order() {
        starts[id.index()] = instrs.len();
        let block = graph.instrs(id);
        // Behind a jump there is its mark at most.
        let first = block.len().saturating_sub(2);
        let ends = block.iter().enumerate().skip(first);
        jumps.extend(ends.filter(|(_, i)| i.target.is_some() && i.op.has_target()).map(|(at, _)| instrs.len() + at));
        instrs.extend_from_slice(block);
    }
    let units = resolve_jumps(instrs, offsets, jumps, starts);
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let (localsplusnames, localspluskinds) = locals(unit, code_flags);
    Ok(Code {
        argcount: count(unit.arity.posonly + unit.arity.args),
        posonlyargcount: count(unit.arity.posonly),
        kwonlyargcount: count(unit.arity.kwonly),
        stacksize: stack_depth.max(1),
        flags: code_flags,
        code: emit(instrs, offsets, units),
        consts: std::mem::take(&mut graph.consts),
        names: unit.names.keys().map(text).collect(),
        localsplusnames,
        localspluskinds,
        filename,
        name,
        qualname: unit.qualname.clone(),
        firstlineno: unit.firstlineno,
        linetable: location_table(instrs, offsets, units, unit.firstlineno, graph.has_next),
        exceptiontable: exception_table(instrs, offsets, units, graph, starts),
    })
}

/// Gives unconditional jumps their direction and all jumps their distance; returns the length of the code in code units.
fn resolve_jumps(instrs: &mut [Instr], offsets: &mut Vec<usize>, jumps: &[usize], starts: &[usize]) -> usize {
    for index in jumps.iter().copied() {
        let instr = &mut instrs[index];
        let Some(target) = instr.target else { continue };
        let target = starts[target.index()];
        let forward = target > index;
        instr.op = match instr.op {
            Op::JUMP if forward => Op::JUMP_FORWARD,
            Op::JUMP => Op::JUMP_BACKWARD,
            Op::JUMP_NO_INTERRUPT if forward => Op::JUMP_FORWARD,
            Op::JUMP_NO_INTERRUPT => Op::JUMP_BACKWARD_NO_INTERRUPT,
            op => op,
        };
        // The first guess at the distance decides which operands stay extended.
        instr.arg = u32::try_from(target).unwrap_or(u32::MAX);
    }
    // Longer operands move code, which makes other operands longer.
    loop {
        offsets.clear();
        let mut end = 0;
        offsets.extend(instrs.iter().map(|instr| {
            let start = end;
            end += size(instr);
            start
        }));
        let mut changed = false;
        for index in jumps.iter().copied() {
            let instr = &mut instrs[index];
            let Some(target) = instr.target else { continue };
            let destination = offsets.get(starts[target.index()]).copied().unwrap_or(end);
            let old_size = size(instr);
            let mut distance = destination.abs_diff(offsets[index] + old_size);
            if instr.op == Op::END_ASYNC_FOR {
                // Tracing looks for the `END_SEND`, not for the `SEND`.
                distance = distance.saturating_sub(END_SEND_OFFSET);
            }
            instr.arg = u32::try_from(distance).unwrap_or(u32::MAX);
            changed |= size(instr) != old_size;
        }
        if !changed {
            return end;
        }
    }
}

fn emit(instrs: &[Instr], offsets: &[usize], units: usize) -> Vec<u8> {
    // Caches are zero.
    let mut code = vec![0; units * 2];
    let mut put = |unit: usize, op: Op, arg: u8| {
        if let Some(place) = code.get_mut(unit * 2..unit * 2 + 2) {
            place.copy_from_slice(&[unit_byte(op), arg]);
        }
    };
    for (instr, offset) in instrs.iter().zip(offsets) {
        let [low, high @ ..] = instr.arg.to_le_bytes();
        let mut unit = *offset;
        if instr.arg > 0xff {
            for byte in high.iter().take(extended(instr)).rev() {
                put(unit, Op::EXTENDED_ARG, *byte);
                unit += 1;
            }
        }
        put(unit, instr.op, low);
    }
    code
}

#[inline]
fn unit_byte(op: Op) -> u8 {
    op.number().to_le_bytes()[0]
}

/// Gives each instruction that is in the place of the one behind it that one's location.
fn resolve_next(instrs: &mut [Instr]) {
    let mut following = Location::NONE;
    for instr in instrs.iter_mut().rev() {
        if instr.loc == Location::NEXT {
            instr.loc = if instr.op.is_terminator() { Location::NONE } else { following };
        }
        following = instr.loc;
    }
}

fn location_table(instrs: &mut [Instr], offsets: &[usize], units: usize, firstlineno: i32, has_next: bool) -> Vec<u8> {
    if has_next {
        resolve_next(instrs);
    }
    let mut encoder = Encoder::with_capacity(firstlineno, instrs.len() * 2);
    let mut loc = Location::NONE;
    let mut start = 0;
    for (instr, offset) in instrs.iter().zip(offsets) {
        if instr.loc != loc {
            encoder.add(loc, offset - start);
            loc = instr.loc;
            start = *offset;
        }
    }
    encoder.add(loc, units - start);
    encoder.finish()
}

fn exception_table(instrs: &[Instr], offsets: &[usize], units: usize, graph: &Graph, starts: &[usize]) -> Vec<u8> {
    let mut table = Vec::new();
    if !graph.has_handlers() {
        return table;
    }
    let offset = |index: usize| offsets.get(index).copied().unwrap_or(units);
    let bytes = |units: usize| u32::try_from(units * 2).unwrap_or(u32::MAX);
    let mut start = 0;
    for run in instrs.chunk_by(|a, b| a.except == b.except) {
        if let Some(handler) = run.first().and_then(|first| first.except) {
            let block = &graph.blocks[handler];
            let lasti = block.preserve_lasti;
            let depth = block.start_depth.unwrap_or(0).saturating_sub(1 + u32::from(lasti));
            let entry = Entry {
                start: bytes(offset(start)),
                end: bytes(offset(start + run.len())),
                target: bytes(offset(starts[handler.index()])),
                depth,
                lasti,
            };
            exceptiontable::encode(&mut table, entry);
        }
        start += run.len();
    }
    table
}

/// Names and kinds of locals, cells and free variables.
fn locals(unit: &Unit<'_>, code_flags: u32) -> (Vec<Text>, Vec<u8>) {
    let mut names: Vec<Text> = Vec::new();
    let mut kinds: Vec<u8> = Vec::new();
    let parameters = [
        (unit.arity.posonly, flags::CO_FAST_ARG_POS),
        (unit.arity.args, flags::CO_FAST_ARG_POS | flags::CO_FAST_ARG_KW),
        (unit.arity.kwonly, flags::CO_FAST_ARG_KW),
        (usize::from(code_flags & flags::CO_VARARGS != 0), flags::CO_FAST_ARG_VAR | flags::CO_FAST_ARG_POS),
        (usize::from(code_flags & flags::CO_VARKEYWORDS != 0), flags::CO_FAST_ARG_VAR | flags::CO_FAST_ARG_KW),
    ];
    let mut parameters = parameters.into_iter().flat_map(|(count, kind)| std::iter::repeat_n(kind, count));
    for name in unit.varnames.keys() {
        let mut kind = flags::CO_FAST_LOCAL | parameters.next().unwrap_or(0);
        if unit.fast_hidden.contains(name) {
            kind |= flags::CO_FAST_HIDDEN;
        }
        if unit.cellvars.contains(name) {
            kind |= flags::CO_FAST_CELL;
        }
        names.push(text(name));
        kinds.push(kind);
    }
    let offsets = fixed_offsets(unit);
    let cells = unit.cellvars.keys().map(|name| (name, flags::CO_FAST_CELL));
    let free = unit.freevars.keys().map(|name| (name, flags::CO_FAST_FREE));
    for ((name, kind), offset) in cells.chain(free).zip(offsets) {
        if offset as usize >= names.len() {
            names.push(text(name));
            kinds.push(kind);
        }
    }
    (names, kinds)
}
