//! `_opcode`: what the instruction table says, for `dis` and `opcode`.

use bytecode::ops::{Op, flag};
use object::{PyResult, Ref};

fn find(number: i32) -> Option<Op> {
    Op::from_number(u16::try_from(number).ok()?)
}

fn has(number: i32, wanted: u16) -> bool {
    find(number).is_some_and(|op| op.info().flags & wanted != 0)
}

fn pushes_block(op: Op) -> bool {
    matches!(op.name(), "SETUP_FINALLY" | "SETUP_CLEANUP" | "SETUP_WITH")
}

/// The change of the stack depth; none for an opcode that no compiler writes.
fn effect(number: i32, oparg: i32, jump: bool) -> Option<i32> {
    let op = find(number).filter(|op| op.info().family == *op)?;
    let info = op.info();
    let (popped, pushed) = ((info.popped)(oparg), (info.pushed)(oparg));
    if popped < 0 || pushed < 0 {
        return None;
    }
    if pushes_block(op) && !jump { Some(0) } else { pushed.checked_sub(popped) }
}

fn names(names: &[&str]) -> PyResult<Ref> {
    let list = builtins::list::List::new()?;
    for name in names {
        list.append(object::value::str::new(name)?)?;
    }
    Ok(list.upcast())
}

const UNARY_INTRINSICS: [&str; 12] = [
    "INTRINSIC_1_INVALID",
    "INTRINSIC_PRINT",
    "INTRINSIC_IMPORT_STAR",
    "INTRINSIC_STOPITERATION_ERROR",
    "INTRINSIC_ASYNC_GEN_WRAP",
    "INTRINSIC_UNARY_POSITIVE",
    "INTRINSIC_LIST_TO_TUPLE",
    "INTRINSIC_TYPEVAR",
    "INTRINSIC_PARAMSPEC",
    "INTRINSIC_TYPEVARTUPLE",
    "INTRINSIC_SUBSCRIPT_GENERIC",
    "INTRINSIC_TYPEALIAS",
];

const BINARY_INTRINSICS: [&str; 6] = [
    "INTRINSIC_2_INVALID",
    "INTRINSIC_PREP_RERAISE_STAR",
    "INTRINSIC_TYPEVAR_WITH_BOUND",
    "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS",
    "INTRINSIC_SET_FUNCTION_TYPE_PARAMS",
    "INTRINSIC_SET_TYPEPARAM_DEFAULT",
];

const BINARY_OPERATORS: [(&str, &str); 27] = [
    ("NB_ADD", "+"),
    ("NB_AND", "&"),
    ("NB_FLOOR_DIVIDE", "//"),
    ("NB_LSHIFT", "<<"),
    ("NB_MATRIX_MULTIPLY", "@"),
    ("NB_MULTIPLY", "*"),
    ("NB_REMAINDER", "%"),
    ("NB_OR", "|"),
    ("NB_POWER", "**"),
    ("NB_RSHIFT", ">>"),
    ("NB_SUBTRACT", "-"),
    ("NB_TRUE_DIVIDE", "/"),
    ("NB_XOR", "^"),
    ("NB_INPLACE_ADD", "+="),
    ("NB_INPLACE_AND", "&="),
    ("NB_INPLACE_FLOOR_DIVIDE", "//="),
    ("NB_INPLACE_LSHIFT", "<<="),
    ("NB_INPLACE_MATRIX_MULTIPLY", "@="),
    ("NB_INPLACE_MULTIPLY", "*="),
    ("NB_INPLACE_REMAINDER", "%="),
    ("NB_INPLACE_OR", "|="),
    ("NB_INPLACE_POWER", "**="),
    ("NB_INPLACE_RSHIFT", ">>="),
    ("NB_INPLACE_SUBTRACT", "-="),
    ("NB_INPLACE_TRUE_DIVIDE", "/="),
    ("NB_INPLACE_XOR", "^="),
    ("NB_SUBSCR", "[]"),
];

/// Opcode support module.
#[macros::pymodule(name = "_opcode")]
pub mod module {
    use super::{BINARY_INTRINSICS, BINARY_OPERATORS, UNARY_INTRINSICS, effect, find, flag, has, names, pushes_block};
    use object::{Borrowed, IntoPy, PyResult, Ref, core, raise};

    #[pyattr]
    const ENABLE_SPECIALIZATION: i32 = 1;
    #[pyattr]
    const ENABLE_SPECIALIZATION_FT: i32 = 1;

    /// Compute the stack effect of the opcode.
    #[pyfunction("($module, opcode, oparg=None, /, *, jump=None)")]
    fn stack_effect(opcode: i32, oparg: Option<Borrowed<'_>>, jump: Option<Borrowed<'_>>) -> PyResult<i32> {
        let oparg = match oparg.filter(|oparg| !oparg.is(&core::none())) {
            Some(oparg) => {
                i32::try_from(oparg.as_isize()?).map_err(|_| raise!(OverflowError, "Python int too large to convert to C int"))?
            }
            None => 0,
        };
        let jump = match jump {
            Some(jump) if jump.is(&core::false_()) => false,
            Some(jump) if !jump.is(&core::true_()) && !jump.is(&core::none()) => {
                return Err(raise!(ValueError, "stack_effect: jump must be False, True or None"));
            }
            _ => true,
        };
        effect(opcode, oparg, jump).ok_or_else(|| raise!(ValueError, "invalid opcode or oparg"))
    }

    /// Return True if opcode is valid, False otherwise.
    #[pyfunction("($module, /, opcode)")]
    fn is_valid(opcode: i32) -> bool {
        find(opcode).is_some()
    }

    /// Return True if the opcode uses its oparg, False otherwise.
    #[pyfunction("($module, /, opcode)")]
    fn has_arg(opcode: i32) -> bool {
        has(opcode, flag::ARG)
    }

    /// Return True if the opcode accesses a constant, False otherwise.
    #[pyfunction("($module, /, opcode)")]
    fn has_const(opcode: i32) -> bool {
        has(opcode, flag::CONST)
    }

    /// Return True if the opcode accesses an attribute by name, False otherwise.
    #[pyfunction("($module, /, opcode)")]
    fn has_name(opcode: i32) -> bool {
        has(opcode, flag::NAME)
    }

    /// Return True if the opcode has a jump target, False otherwise.
    #[pyfunction("($module, /, opcode)")]
    fn has_jump(opcode: i32) -> bool {
        has(opcode, flag::JUMP)
    }

    /// Return True if the opcode accesses a free variable, False otherwise.
    ///
    /// Note that 'free' in this context refers to names in the current scope
    /// that are referenced by inner scopes or names in outer scopes that are
    /// referenced from this scope. It does not include references to global
    /// or builtin scopes.
    #[pyfunction("($module, /, opcode)")]
    fn has_free(opcode: i32) -> bool {
        has(opcode, flag::FREE)
    }

    /// Return True if the opcode accesses a local variable, False otherwise.
    #[pyfunction("($module, /, opcode)")]
    fn has_local(opcode: i32) -> bool {
        has(opcode, flag::LOCAL)
    }

    /// Return True if the opcode sets an exception handler, False otherwise.
    #[pyfunction("($module, /, opcode)")]
    fn has_exc(opcode: i32) -> bool {
        find(opcode).is_some_and(pushes_block)
    }

    /// Return the specialization stats
    #[pyfunction("($module, /)")]
    fn get_specialization_stats() {}

    /// Return array of symbols of binary ops.
    ///
    /// Indexed by the BINARY_OP oparg value.
    #[pyfunction("($module, /)")]
    fn get_nb_ops() -> PyResult<Ref> {
        let list = builtins::list::List::new()?;
        for operator in BINARY_OPERATORS {
            list.append(operator.into_py()?)?;
        }
        Ok(list.upcast())
    }

    /// Return a list of names of the unary intrinsics.
    #[pyfunction("($module, /)")]
    fn get_intrinsic1_descs() -> PyResult<Ref> {
        names(&UNARY_INTRINSICS)
    }

    /// Return a list of names of the binary intrinsics.
    #[pyfunction("($module, /)")]
    fn get_intrinsic2_descs() -> PyResult<Ref> {
        names(&BINARY_INTRINSICS)
    }

    /// Return a list of special method names.
    #[pyfunction("($module, /)")]
    fn get_special_method_names() -> PyResult<Ref> {
        names(&["__enter__", "__exit__", "__aenter__", "__aexit__"])
    }

    /// Return the executor object at offset in code if exists, None otherwise.
    #[pyfunction("($module, /, code, offset)")]
    fn get_executor(code: Borrowed<'_>, offset: i32) -> PyResult<Ref> {
        let _ = offset;
        if !code.class().is_type(&core::CODE) {
            return Err(raise!(TypeError, "expected a code object, not '{}'", code.class().tp_name()));
        }
        Err(raise!(ValueError, "no executor at given byte offset"))
    }
}
