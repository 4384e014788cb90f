//! Functions and scripts between interpreters: their code, by `marshal`.

use crate::support::not_shareable;
use bytecode::ops::{Op, instructions};
use object::value::bytes;
use object::{Borrowed, PyResult, Ref, core, id, raise};
use vm::code::Code;
use vm::code::counts::VarCounts;
use vm::compile::{Mode, Source};
use vm::lifecycle::{self, frame_access};
use vm::marshal;

const CO_GENERATORS: u32 = 0x20 | 0x80 | 0x200;
const CO_VARIADIC: u32 = 0x04 | 0x08;

/// The code of a function that depends on nothing but its arguments and the built-ins; NotShareableError for every other object.
pub fn stateless_code(object: Borrowed<'_>) -> PyResult<Vec<u8>> {
    if !object.class().is_type(&core::FUNCTION) {
        return Err(not_shareable(&format!("expected a function, got {}", object.repr_text()?), None));
    }
    if let Err(raised) = check_stateless(object) {
        return Err(not_shareable("only stateless functions are shareable", Some(raised.take())));
    }
    marshal::dump(object.getattr(id!("__code__"))?.b(), marshal::VERSION, true)
}

fn check_stateless(function: Borrowed<'_>) -> PyResult<()> {
    let filled = |name: Borrowed<'_>| -> PyResult<bool> {
        let value = function.getattr(name)?;
        Ok(!value.is(&core::none()) && value.len()? > 0)
    };
    if filled(id!("__defaults__"))? {
        return Err(raise!(ValueError, "defaults not supported"));
    }
    if filled(id!("__kwdefaults__"))? {
        return Err(raise!(ValueError, "keyword defaults not supported"));
    }
    if filled(id!("__closure__"))? {
        return Err(raise!(ValueError, "closures not supported"));
    }
    let (code, globals) = (function.getattr(id!("__code__"))?, function.getattr(id!("__globals__"))?);
    let builtins = function.getattr(id!("__builtins__"))?;
    VarCounts::of(code.b().self_as::<Code>().get(), Some(globals.b()), Some(builtins.b()))?.check_no_external_state()
}

fn check_free(code: &Ref) -> PyResult<()> {
    if frame_access::free_variables(code.b()) > 0 {
        return Err(raise!(ValueError, "closures not supported"));
    }
    Ok(())
}

/// A script of a program's text, which is compiled here.
pub fn script_of_text(source: Borrowed<'_>) -> PyResult<super::Data> {
    let mut flags = 0;
    let source = Source::from_object(source, "exec", "string", &mut flags)?;
    let code = vm::compile::compile_program(&source, "<script>", Mode::Exec, flags)?;
    script_of_code(code.b())
}

/// A script of a code object, or of a function's: it takes nothing, returns nothing, and is no closure.
pub fn script_of_code(code: Borrowed<'_>) -> PyResult<super::Data> {
    let code = if code.class().is_type(&core::FUNCTION) { code.getattr(id!("__code__"))? } else { code.to_ref() };
    check_free(&code)?;
    let fields = code.b().self_as::<Code>();
    let count = |name: Borrowed<'_>| code.getattr(name)?.as_i64();
    let takes = count(id!("co_argcount"))? + count(id!("co_kwonlyargcount"))?;
    if takes > 0 || fields.get().flag_bits() & CO_VARIADIC != 0 {
        return Err(raise!(ValueError, "code with args not supported"));
    }
    if !returns_only_none(fields.get()) {
        return Err(raise!(ValueError, "code that returns a value is not a script"));
    }
    Ok(super::Data::of_code(marshal::dump(code.b(), marshal::VERSION, true)?))
}

/// Whether every return gives the constant None.
fn returns_only_none(code: &Code) -> bool {
    if code.flag_bits() & CO_GENERATORS != 0 {
        return false;
    }
    let constants = code.consts();
    let mut is_none = false;
    for (op, operand) in instructions(code.code_bytes()) {
        if op == Op::RETURN_VALUE && !is_none {
            return false;
        }
        is_none = op == Op::LOAD_CONST && constants.get(operand as usize).is_some_and(|constant| constant.is(&core::none()));
    }
    true
}

/// The code object, in the current interpreter.
pub fn load_code(content: &[u8]) -> PyResult<Ref> {
    marshal::load(content, true)
}

/// The function, in the current interpreter: its globals are those of `__main__` where that runs.
pub fn from_code(content: &[u8]) -> PyResult<Ref> {
    let code = load_code(content)?;
    let globals = match frame_access::running_main()? {
        Some(globals) => globals,
        None => {
            let globals = (object::hooks::get().dict_new)()?;
            let builtins = lifecycle::support::loaded_module("builtins")?.unwrap_or_else(core::none_ref);
            globals.setitem(id!("__builtins__"), builtins.b())?;
            globals
        }
    };
    core::FUNCTION.borrowed().call(&[code.b(), globals.b()])
}

/// Bytes of a bytes object.
pub fn bytes_of(object: &Ref) -> PyResult<Vec<u8>> {
    match bytes::value(object.b()) {
        Some(content) => object::memory::copied(content),
        None => Err(raise!(TypeError, "expected bytes, got {}", object.class().tp_name())),
    }
}
