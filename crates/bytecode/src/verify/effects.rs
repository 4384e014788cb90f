//! What each instruction asks of the stack and the locals, and what it leaves.

use super::decode::Instr;
use super::state::{Kind, Local, State, Value};
use super::{Checked, ConstKind, Reason, Verifier};
use crate::flags;
use crate::ops::{Op, flag};

/// Largest operands: intrinsics of one and two arguments, common constants, special methods, binary operators.
const MAX_INTRINSIC_1: u32 = 11;
const MAX_INTRINSIC_2: u32 = 5;
const MAX_COMMON_CONSTANT: u32 = 4;
const MAX_SPECIAL: u32 = 3;
const MAX_BINARY_OP: u32 = 26;

/// Numbers of intrinsics with typed arguments.
const STOPITERATION_ERROR: u32 = 3;
const LIST_TO_TUPLE: u32 = 6;
const TYPEALIAS: u32 = 11;
const PREP_RERAISE_STAR: u32 = 1;
const SET_FUNCTION_TYPE_PARAMS: u32 = 4;

/// Attributes of `SET_FUNCTION_ATTRIBUTE`.
const DEFAULTS: u32 = 1;
const KWDEFAULTS: u32 = 2;
const ANNOTATIONS: u32 = 4;
const CLOSURE: u32 = 8;
const ANNOTATE: u32 = 16;

fn ensure(condition: bool, reason: Reason) -> Checked<()> {
    if condition { Ok(()) } else { Err(reason) }
}

impl Verifier<'_> {
    /// Applies an instruction; false if control does not go on to the next one.
    pub(super) fn step(&mut self, index: usize, instr: &Instr, state: &mut State) -> Checked<bool> {
        let Instr { op, arg, .. } = *instr;
        if state.names.is_some() && !(op == Op::SET_FUNCTION_ATTRIBUTE && arg == CLOSURE) {
            return Err(Reason::Type);
        }
        self.check_operand(index, op, arg)?;
        if self.step_locals(op, arg, state)? || self.step_typed(op, arg, state)? {
            return Ok(true);
        }
        match op {
            Op::RETURN_VALUE => {
                state.object()?;
                ensure(state.stack.is_empty(), Reason::Join)?;
                return Ok(false);
            }
            Op::RAISE_VARARGS => {
                state.objects(arg as usize)?;
                return Ok(false);
            }
            Op::RERAISE => {
                state.pop_if(Kind::is_exception_or_none)?;
                if arg > 0 {
                    ensure(state.peek(arg as usize)?.kind == Kind::Lasti, Reason::Type)?;
                }
                return Ok(false);
            }
            Op::JUMP_FORWARD | Op::JUMP_BACKWARD | Op::JUMP_BACKWARD_NO_INTERRUPT => {
                self.jump(instr, state)?;
                return Ok(false);
            }
            Op::POP_JUMP_IF_FALSE | Op::POP_JUMP_IF_TRUE | Op::POP_JUMP_IF_NONE | Op::POP_JUMP_IF_NOT_NONE => {
                state.object()?;
                self.jump(instr, state)?;
            }
            Op::FOR_ITER => {
                ensure(state.peek(1)?.kind.is_object(), Reason::Type)?;
                state.push(Kind::Any);
                self.jump(instr, state)?;
            }
            Op::SEND => {
                state.objects(2)?;
                state.push(Kind::Any);
                state.push(Kind::Any);
                self.jump(instr, state)?;
            }
            _ => plain(op, arg, state)?,
        }
        Ok(true)
    }

    fn jump(&mut self, instr: &Instr, state: &State) -> Checked<()> {
        let target = instr.target.ok_or(Reason::Target)?;
        self.reach(target, state)
    }

    fn check_operand(&self, index: usize, op: Op, arg: u32) -> Checked<()> {
        let subject = self.subject;
        let meaning = op.info().flags;
        let name = match op {
            Op::LOAD_ATTR | Op::LOAD_GLOBAL => arg >> 1,
            Op::LOAD_SUPER_ATTR => arg >> 2,
            _ => arg,
        };
        let good = match op {
            _ if meaning & flag::NAME != 0 => (name as usize) < subject.names,
            _ if meaning & flag::CONST != 0 => (arg as usize) < subject.consts.len(),
            Op::BINARY_OP => arg <= MAX_BINARY_OP,
            Op::COMPARE_OP => arg >> 5 <= 5,
            Op::IS_OP | Op::CONTAINS_OP => arg <= 1,
            Op::RAISE_VARARGS => arg <= 2,
            Op::BUILD_SLICE => arg == 2 || arg == 3,
            Op::LOAD_SPECIAL => arg <= MAX_SPECIAL,
            Op::LOAD_COMMON_CONSTANT => arg <= MAX_COMMON_CONSTANT,
            Op::CALL_INTRINSIC_1 => (1..=MAX_INTRINSIC_1).contains(&arg),
            Op::CALL_INTRINSIC_2 => (1..=MAX_INTRINSIC_2).contains(&arg),
            Op::CONVERT_VALUE => (1..=3).contains(&arg),
            Op::BUILD_INTERPOLATION => arg >> 2 <= 3,
            Op::SET_FUNCTION_ATTRIBUTE => [DEFAULTS, KWDEFAULTS, ANNOTATIONS, CLOSURE, ANNOTATE].contains(&arg),
            Op::COPY => arg >= 1,
            Op::SWAP => arg >= 2,
            Op::LIST_APPEND | Op::LIST_EXTEND | Op::SET_ADD | Op::SET_UPDATE | Op::MAP_ADD | Op::DICT_UPDATE | Op::DICT_MERGE => {
                arg >= 1
            }
            Op::COPY_FREE_VARS => index == 0 && arg as usize == subject.free_slots(),
            Op::YIELD_VALUE | Op::RETURN_GENERATOR => subject.is_generator(),
            Op::MAKE_CELL => {
                subject.kinds.get(arg as usize).is_some_and(|kind| kind & (flags::CO_FAST_CELL | flags::CO_FAST_FREE) != 0)
            }
            _ => true,
        };
        ensure(good, Reason::Operand)
    }

    /// Instructions on locals and cells; true if it was one.
    fn step_locals(&self, op: Op, arg: u32, state: &mut State) -> Checked<bool> {
        match op {
            Op::LOAD_FAST => load_local(state, arg, false)?,
            Op::LOAD_FAST_BORROW => load_local(state, arg, true)?,
            Op::LOAD_FAST_LOAD_FAST => {
                load_local(state, arg >> 4, false)?;
                load_local(state, arg & 15, false)?;
            }
            Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
                load_local(state, arg >> 4, true)?;
                load_local(state, arg & 15, true)?;
            }
            Op::LOAD_FAST_CHECK => {
                let local = state.local(arg)?;
                if matches!(local, Local::Unset) {
                    // Had it no value, it would have raised.
                    state.set_local(arg, Local::Value)?;
                }
                state.push(if local == Local::Cell { Kind::Cell } else { Kind::Any });
            }
            Op::LOAD_FAST_AND_CLEAR => {
                let local = state.local(arg)?;
                state.set_local(arg, Local::Unset)?;
                state.push(Kind::Saved(local));
            }
            Op::STORE_FAST => store_local(state, arg)?,
            Op::STORE_FAST_LOAD_FAST => {
                store_local(state, arg >> 4)?;
                load_local(state, arg & 15, false)?;
            }
            Op::STORE_FAST_STORE_FAST => {
                store_local(state, arg >> 4)?;
                store_local(state, arg & 15)?;
            }
            Op::DELETE_FAST => state.set_local(arg, Local::Unset)?,
            Op::MAKE_CELL => state.set_local(arg, Local::Cell)?,
            Op::COPY_FREE_VARS => {
                for (index, kind) in self.subject.kinds.iter().enumerate() {
                    if kind & flags::CO_FAST_FREE != 0 {
                        state.set_local(u32::try_from(index).unwrap_or(u32::MAX), Local::Cell)?;
                    }
                }
            }
            Op::LOAD_DEREF => {
                ensure(state.local(arg)? == Local::Cell, Reason::Type)?;
                state.push(Kind::Any);
            }
            Op::STORE_DEREF => {
                ensure(state.local(arg)? == Local::Cell, Reason::Type)?;
                state.object()?;
            }
            Op::DELETE_DEREF => ensure(state.local(arg)? == Local::Cell, Reason::Type)?,
            Op::LOAD_FROM_DICT_OR_DEREF => {
                ensure(state.local(arg)? == Local::Cell, Reason::Type)?;
                state.object()?;
                state.push(Kind::Any);
            }
            Op::LOAD_CONST => {
                let kind = self.subject.consts.get(arg as usize).ok_or(Reason::Operand)?;
                state.push(match *kind {
                    ConstKind::Str => Kind::Str,
                    ConstKind::Names(count) => Kind::Names(count),
                    ConstKind::Tuple => Kind::Tuple,
                    ConstKind::Code { free } => Kind::Code { free },
                    ConstKind::Other => Kind::Any,
                });
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Instructions that rely on the types of their operands; true if it was one.
    fn step_typed(&self, op: Op, arg: u32, state: &mut State) -> Checked<bool> {
        let count = arg as usize;
        match op {
            Op::MAKE_FUNCTION => {
                let Kind::Code { free } = state.pop()?.kind else { return Err(Reason::Type) };
                state.push(Kind::Function);
                state.names = (free > 0).then_some(free);
            }
            Op::SET_FUNCTION_ATTRIBUTE => {
                state.pop_if(|kind| kind == Kind::Function)?;
                let value = state.object()?.kind;
                let good = match arg {
                    CLOSURE => state.names.take().is_some_and(|free| value == Kind::Closure(free)),
                    // In a scope of type parameters these are arguments, of any type: the instruction checks.
                    DEFAULTS => value.is_tuple() || value == Kind::Any,
                    KWDEFAULTS => matches!(value, Kind::Dict | Kind::Any),
                    _ => true,
                };
                ensure(good, Reason::Type)?;
                state.push(Kind::Function);
            }
            Op::BUILD_TUPLE => {
                let cells = count > 0 && (1..=count).all(|depth| state.peek(depth).is_ok_and(|v| v.kind == Kind::Cell));
                state.objects(count)?;
                state.push(if cells { Kind::Closure(arg) } else { Kind::Tuple });
            }
            Op::BUILD_LIST => {
                state.objects(count)?;
                state.push(Kind::List);
            }
            Op::BUILD_SET => {
                state.objects(count)?;
                state.push(Kind::Set);
            }
            Op::BUILD_MAP => {
                state.objects(count.saturating_mul(2))?;
                state.push(Kind::Dict);
            }
            Op::LIST_APPEND | Op::LIST_EXTEND => {
                state.object()?;
                ensure(state.peek(count)?.kind == Kind::List, Reason::Type)?;
            }
            Op::SET_ADD | Op::SET_UPDATE => {
                state.object()?;
                // The set of conditional annotations comes out of a variable: the instruction checks.
                ensure(matches!(state.peek(count)?.kind, Kind::Set | Kind::Any), Reason::Type)?;
            }
            Op::MAP_ADD => {
                state.objects(2)?;
                ensure(state.peek(count)?.kind == Kind::Dict, Reason::Type)?;
            }
            Op::DICT_UPDATE | Op::DICT_MERGE => {
                state.object()?;
                ensure(state.peek(count)?.kind == Kind::Dict, Reason::Type)?;
                if op == Op::DICT_MERGE {
                    ensure(state.peek(count + 3)?.kind.is_object(), Reason::Type)?;
                }
            }
            Op::BUILD_STRING => {
                (0..count).try_for_each(|_| state.pop_if(|kind| kind == Kind::Str))?;
                state.push(Kind::Str);
            }
            Op::FORMAT_SIMPLE | Op::CONVERT_VALUE => {
                state.object()?;
                state.push(Kind::Str);
            }
            Op::FORMAT_WITH_SPEC => {
                state.objects(2)?;
                state.push(Kind::Str);
            }
            Op::BUILD_TEMPLATE => {
                state.pop_if(Kind::is_tuple)?;
                state.pop_if(Kind::is_tuple)?;
                state.push(Kind::Any);
            }
            Op::BUILD_INTERPOLATION => {
                if arg & 1 != 0 {
                    state.object()?;
                }
                state.pop_if(|kind| kind == Kind::Str)?;
                state.object()?;
                state.push(Kind::Any);
            }
            Op::CALL => {
                state.objects(count)?;
                state.pop_if(|kind| !matches!(kind, Kind::Saved(_)))?;
                state.object()?;
                state.push(Kind::Any);
            }
            Op::CALL_KW => {
                let Kind::Names(names) = state.pop()?.kind else { return Err(Reason::Type) };
                ensure(names <= arg, Reason::Operand)?;
                state.objects(count)?;
                state.pop_if(|kind| !matches!(kind, Kind::Saved(_)))?;
                state.object()?;
                state.push(Kind::Any);
            }
            Op::CALL_FUNCTION_EX => {
                state.pop_if(|kind| matches!(kind, Kind::Null | Kind::Dict))?;
                state.object()?;
                state.pop_if(|kind| kind == Kind::Null)?;
                state.object()?;
                state.push(Kind::Any);
            }
            Op::CALL_INTRINSIC_1 => {
                state.pop_if(|kind| match arg {
                    LIST_TO_TUPLE => kind == Kind::List,
                    STOPITERATION_ERROR => kind == Kind::Exception,
                    TYPEALIAS => kind.is_tuple(),
                    _ => kind.is_object(),
                })?;
                state.push(match arg {
                    LIST_TO_TUPLE => Kind::Tuple,
                    STOPITERATION_ERROR => Kind::Exception,
                    _ => Kind::Any,
                });
            }
            Op::CALL_INTRINSIC_2 => {
                state.pop_if(|kind| if arg == PREP_RERAISE_STAR { kind == Kind::List } else { kind.is_object() })?;
                state.pop_if(|kind| match arg {
                    PREP_RERAISE_STAR => kind == Kind::Exception,
                    SET_FUNCTION_TYPE_PARAMS => kind == Kind::Function,
                    _ => kind.is_object(),
                })?;
                state.push(if arg == PREP_RERAISE_STAR { Kind::ExceptionOrNone } else { Kind::Any });
            }
            Op::MATCH_CLASS => {
                state.pop_if(|kind| matches!(kind, Kind::Names(_)))?;
                state.objects(2)?;
                state.push(Kind::Any);
            }
            Op::MATCH_KEYS => {
                ensure(state.peek(1)?.kind.is_tuple() && state.peek(2)?.kind.is_object(), Reason::Type)?;
                state.push(Kind::Any);
            }
            Op::PUSH_EXC_INFO => {
                state.pop_if(|kind| kind == Kind::Exception)?;
                state.push(Kind::ExceptionOrNone);
                state.push(Kind::Exception);
            }
            Op::POP_EXCEPT => state.pop_if(Kind::is_exception_or_none)?,
            Op::CHECK_EXC_MATCH => {
                state.object()?;
                ensure(state.peek(1)?.kind == Kind::Exception, Reason::Type)?;
                state.push(Kind::Any);
            }
            Op::CHECK_EG_MATCH => {
                state.object()?;
                state.pop_if(Kind::is_exception_or_none)?;
                state.push(Kind::ExceptionOrNone);
                state.push(Kind::ExceptionOrNone);
            }
            Op::WITH_EXCEPT_START => {
                ensure(state.peek(1)?.kind == Kind::Exception, Reason::Type)?;
                ensure(state.peek(3)?.kind == Kind::Lasti, Reason::Type)?;
                ensure(!matches!(state.peek(4)?.kind, Kind::Saved(_)), Reason::Type)?;
                ensure(state.peek(5)?.kind.is_object(), Reason::Type)?;
                state.push(Kind::Any);
            }
            Op::CLEANUP_THROW => {
                state.pop_if(|kind| kind == Kind::Exception)?;
                state.objects(2)?;
                state.push(Kind::Any);
                state.push(Kind::Any);
            }
            Op::END_ASYNC_FOR => {
                state.pop_if(|kind| kind == Kind::Exception)?;
                state.object()?;
            }
            Op::LOAD_SPECIAL => {
                let object = state.object()?;
                state.push(Kind::Any);
                state.stack.push(Value { kind: Kind::MaybeNull, ..object });
            }
            Op::LOAD_ATTR => {
                let object = state.object()?;
                state.push(Kind::Any);
                if arg & 1 != 0 {
                    state.stack.push(Value { kind: Kind::MaybeNull, ..object });
                }
            }
            Op::LOAD_SUPER_ATTR => {
                let object = state.object()?;
                state.objects(2)?;
                state.push(Kind::Any);
                if arg & 1 != 0 {
                    state.stack.push(Value { kind: Kind::MaybeNull, ..object });
                }
            }
            Op::LOAD_GLOBAL => {
                state.push(Kind::Any);
                if arg & 1 != 0 {
                    state.push(Kind::Null);
                }
            }
            Op::PUSH_NULL => state.push(Kind::Null),
            Op::COPY => {
                let value = state.peek(count)?;
                state.stack.push(value);
            }
            Op::SWAP => {
                let depth = state.stack.len();
                let other = depth.checked_sub(count).ok_or(Reason::Underflow)?;
                let top = depth.checked_sub(1).ok_or(Reason::Underflow)?;
                state.stack.swap(other, top);
                state.touched = true;
            }
            Op::POP_TOP | Op::POP_ITER | Op::END_FOR => {
                state.pop()?;
            }
            Op::RETURN_GENERATOR => {
                ensure(!state.in_generator && state.stack.is_empty(), Reason::Operand)?;
                state.in_generator = true;
                state.push(Kind::Any);
            }
            Op::YIELD_VALUE => {
                ensure(state.in_generator, Reason::Operand)?;
                state.object()?;
                state.push(Kind::Any);
            }
            Op::GET_LEN | Op::GET_ANEXT | Op::IMPORT_FROM | Op::MATCH_MAPPING | Op::MATCH_SEQUENCE => {
                ensure(state.peek(1)?.kind.is_object(), Reason::Type)?;
                state.push(Kind::Any);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Any other instruction: takes objects and leaves objects.
fn plain(op: Op, arg: u32, state: &mut State) -> Checked<()> {
    let info = op.info();
    let arg = i32::try_from(arg).map_err(|_| Reason::Operand)?;
    let popped = usize::try_from((info.popped)(arg)).map_err(|_| Reason::Operand)?;
    let pushed = usize::try_from((info.pushed)(arg)).map_err(|_| Reason::Operand)?;
    state.objects(popped)?;
    if pushed > 1 << 24 {
        return Err(Reason::Overflow);
    }
    (0..pushed).for_each(|_| state.push(Kind::Any));
    Ok(())
}

fn load_local(state: &mut State, index: u32, borrow: bool) -> Checked<()> {
    let kind = match state.local(index)? {
        Local::Value => Kind::Any,
        Local::Cell => Kind::Cell,
        Local::Unset | Local::Mixed => return Err(Reason::Unbound),
    };
    state.stack.push(Value { kind, borrowed: borrow.then_some(index) });
    Ok(())
}

fn store_local(state: &mut State, index: u32) -> Checked<()> {
    let value = state.pop()?;
    if value.borrowed.is_some() {
        return Err(Reason::Borrow);
    }
    let local = match value.kind {
        Kind::Saved(local) => local,
        Kind::Cell => Local::Cell,
        kind if kind.is_object() => Local::Value,
        _ => return Err(Reason::Type),
    };
    state.set_local(index, local)
}
