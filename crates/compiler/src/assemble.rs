//! The last step: addresses, extended operands, tables, the code object.

use crate::codegen::unit::Unit;
use crate::error::Result;
use crate::flowgraph::{BlockId, Optimized, fixed_offsets};
use crate::hash::HashMap;
use crate::instructions::OpKind;
use bytecode::exceptiontable::{self, Entry};
use bytecode::linetable::Encoder;
use bytecode::{Code, Location, Op, Text, flags};
use syntax::text::Name;

/// Code units from a `SEND` to its `END_SEND`.
const END_SEND_OFFSET: usize = 5;

/// An instruction with its address.
struct Instr {
    op: Op,
    arg: u32,
    loc: Location,
    target: Option<usize>,
    handler: Option<BlockId>,
    /// In code units.
    offset: usize,
}

impl Instr {
    fn extended(&self) -> usize {
        match self.arg {
            0..=0xff => 0,
            0x100..=0xffff => 1,
            0x1_0000..=0xff_ffff => 2,
            _ => 3,
        }
    }

    fn size(&self) -> usize {
        self.extended() + 1 + self.op.caches()
    }
}

/// Makes the code object of a unit.
pub(crate) fn make_code(
    optimized: Optimized,
    unit: &Unit<'_>,
    name: Text,
    filename: Text,
    code_flags: u32,
    texts: &HashMap<Name, Text>,
) -> Result<Code> {
    let Optimized { blocks, order, consts, stack_depth } = optimized;
    let mut starts = vec![0; blocks.len()];
    let mut instrs: Vec<Instr> = Vec::new();
    for id in &order {
        starts[*id] = instrs.len();
        instrs.extend(blocks[*id].instrs.iter().map(|instr| Instr {
            op: instr.op,
            arg: instr.arg,
            loc: instr.loc,
            target: instr.target.filter(|_| instr.op.has_target()),
            handler: instr.except,
            offset: 0,
        }));
    }
    resolve_jumps(&mut instrs, &starts);
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let (localsplusnames, localspluskinds) = locals(unit, code_flags, texts);
    Ok(Code {
        argcount: count(unit.arity.posonly + unit.arity.args),
        posonlyargcount: count(unit.arity.posonly),
        kwonlyargcount: count(unit.arity.kwonly),
        stacksize: stack_depth.max(1),
        flags: code_flags,
        code: emit(&instrs),
        consts,
        names: unit.names.keys().map(|name| text(name, texts)).collect(),
        localsplusnames,
        localspluskinds,
        filename,
        name,
        qualname: unit.qualname.clone(),
        firstlineno: unit.firstlineno,
        linetable: location_table(&mut instrs, unit.firstlineno),
        exceptiontable: exception_table(&instrs, &blocks, &starts),
    })
}

fn text(name: &Name, texts: &HashMap<Name, Text>) -> Text {
    texts.get(name).cloned().unwrap_or_else(|| Text::from_wtf8(name.as_bytes()))
}

/// Gives unconditional jumps their direction and all jumps their distance.
fn resolve_jumps(instrs: &mut [Instr], starts: &[usize]) {
    for (index, instr) in instrs.iter_mut().enumerate() {
        let Some(target) = instr.target else { continue };
        let target = starts[target];
        instr.target = Some(target);
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
    let mut changed = true;
    while changed {
        changed = false;
        let mut offset = 0;
        for instr in instrs.iter_mut() {
            instr.offset = offset;
            offset += instr.size();
        }
        for index in 0..instrs.len() {
            let Some(target) = instrs[index].target else { continue };
            let destination = instrs.get(target).map_or(offset, |instr| instr.offset);
            let instr = &mut instrs[index];
            let size = instr.size();
            let end = instr.offset + size;
            let mut distance = destination.abs_diff(end);
            if instr.op == Op::END_ASYNC_FOR {
                // Tracing looks for the `END_SEND`, not for the `SEND`.
                distance = distance.saturating_sub(END_SEND_OFFSET);
            }
            instr.arg = u32::try_from(distance).unwrap_or(u32::MAX);
            changed |= instr.size() != size;
        }
    }
}

fn emit(instrs: &[Instr]) -> Vec<u8> {
    let mut code = Vec::with_capacity(instrs.len() * 2);
    for instr in instrs {
        let [low, rest @ ..] = instr.arg.to_le_bytes();
        for byte in rest.iter().take(instr.extended()).rev() {
            code.extend([unit_byte(Op::EXTENDED_ARG), *byte]);
        }
        code.extend([unit_byte(instr.op), low]);
        code.resize(code.len() + 2 * instr.op.caches(), 0);
    }
    code
}

fn unit_byte(op: Op) -> u8 {
    u8::try_from(op.number()).unwrap_or(0)
}

fn location_table(instrs: &mut [Instr], firstlineno: i32) -> Vec<u8> {
    let mut following = Location::NONE;
    for instr in instrs.iter_mut().rev() {
        if instr.loc == Location::NEXT {
            instr.loc = if instr.op.is_terminator() { Location::NONE } else { following };
        }
        following = instr.loc;
    }
    let mut encoder = Encoder::new(firstlineno);
    let mut loc = Location::NONE;
    let mut size = 0;
    for instr in instrs.iter() {
        if instr.loc != loc {
            encoder.add(loc, size);
            loc = instr.loc;
            size = 0;
        }
        size += instr.size();
    }
    encoder.add(loc, size);
    encoder.finish()
}

fn exception_table(instrs: &[Instr], blocks: &[crate::flowgraph::Block], starts: &[usize]) -> Vec<u8> {
    let mut table = Vec::new();
    let end_of = |index: usize| instrs.get(index).map_or_else(|| instrs.last().map_or(0, |i| i.offset + i.size()), |i| i.offset);
    let bytes = |units: usize| u32::try_from(units * 2).unwrap_or(u32::MAX);
    let mut start = 0;
    while let Some(first) = instrs.get(start) {
        let run = instrs.iter().skip(start).take_while(|instr| instr.handler == first.handler).count();
        if let Some(handler) = first.handler {
            let block = &blocks[handler];
            let lasti = block.preserve_lasti;
            let depth = block.start_depth.unwrap_or(0).saturating_sub(1 + u32::from(lasti));
            let entry = Entry {
                start: bytes(first.offset),
                end: bytes(end_of(start + run)),
                target: bytes(end_of(starts[handler])),
                depth,
                lasti,
            };
            exceptiontable::encode(&mut table, entry);
        }
        start += run;
    }
    table
}

/// Names and kinds of locals, cells and free variables.
fn locals(unit: &Unit<'_>, code_flags: u32, texts: &HashMap<Name, Text>) -> (Vec<Text>, Vec<u8>) {
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
        names.push(text(name, texts));
        kinds.push(kind);
    }
    let offsets = fixed_offsets(unit);
    let cells = unit.cellvars.keys().map(|name| (name, flags::CO_FAST_CELL));
    let free = unit.freevars.keys().map(|name| (name, flags::CO_FAST_FREE));
    for ((name, kind), offset) in cells.chain(free).zip(offsets) {
        if offset as usize >= names.len() {
            names.push(text(name, texts));
            kinds.push(kind);
        }
    }
    (names, kinds)
}
