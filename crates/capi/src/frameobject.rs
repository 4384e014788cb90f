//! `frameobject.h`, `code.h`, `traceback.h`: frames, code, tracebacks.

use crate::form::{Of, Out, capi, given};
use crate::support::intern;
use abi::{PyObject, c_int, c_void};
use bytecode::linetable;
use object::value::str as text;
use object::{Borrowed, PyResult, RawField, Ref, core, error, id, raise};
use std::ffi::CStr;
use vm::code::Code;
use vm::frame::object_::FrameObject;

/// An attribute of a frame as a new reference.
fn attribute(frame: &Borrowed<'_, FrameObject>, name: &str) -> PyResult<Ref> {
    frame.object().getattr(intern(name).b())
}

/// A code object that has a name and a place only; to run it raises AssertionError.
fn new_empty(filename: &CStr, function: &CStr, line: c_int) -> PyResult<Ref> {
    use object::value::{bytes, int, tuple};
    let filename = crate::unicode_codecs::fs_decode(filename.to_bytes())?;
    let name = crate::unicodeobject::from_c(function)?;
    let number = |op: bytecode::Op| u8::try_from(op.number()).unwrap_or_default();
    let instructions = [number(bytecode::Op::LOAD_COMMON_CONSTANT), 0, number(bytecode::Op::RAISE_VARARGS), 1];
    let mut lines = bytecode::linetable::Encoder::new(line);
    lines.add(bytecode::Location { lineno: line, end_lineno: line, ..bytecode::Location::NONE }, instructions.len() / 2);
    let (zero, one, first, empty) = (int::new(0)?, int::new(1)?, int::new(i64::from(line))?, tuple::empty());
    let (code, table, handlers) = (bytes::new(&instructions)?, bytes::new(&lines.finish())?, bytes::new(b"")?);
    // Counts of arguments and locals, stack, flags; code, constants, names, variables; what it is called, and where.
    let arguments = [
        &zero, &zero, &zero, &zero, &one, &zero, &code, &empty, &empty, &empty, &filename, &name, &name, &first, &table,
        &handlers,
    ];
    core::CODE.borrowed().call(&arguments.map(Ref::b))
}

/// The change of the stack depth by an instruction, `i32::MAX` where there is no such instruction.
fn stack_effect(opcode: c_int, oparg: c_int, jump: c_int) -> PyResult<c_int> {
    let module = vm::import::import_module("_opcode")?;
    let (opcode, oparg) = (object::value::int::new(i64::from(opcode))?, object::value::int::new(i64::from(oparg))?);
    let jump = match jump {
        0 => core::false_(),
        1 => core::true_(),
        _ => core::none(),
    };
    let names = object::value::tuple::from_slice(&[intern("jump").b()])?;
    let function = module.getattr(intern("stack_effect").b())?;
    match function.vectorcall(&[opcode.b(), oparg.b(), jump], 2, Some(names.b())) {
        Ok(effect) => Ok(c_int::try_from(effect.as_i64()?).unwrap_or(c_int::MAX)),
        Err(raised) => raised.clear_if(&object::exc::ValueError).map(|()| c_int::MAX),
    }
}

capi! {
    fn PyCompile_OpcodeStackEffect(opcode: c_int, oparg: c_int) -> PyResult<c_int> {
        stack_effect(opcode, oparg, -1)
    }
    fn PyCompile_OpcodeStackEffectWithJump(opcode: c_int, oparg: c_int, jump: c_int) -> PyResult<c_int> {
        stack_effect(opcode, oparg, jump)
    }
    fn PyCode_NewEmpty(filename: &CStr, function: &CStr, line: c_int) -> PyResult<Ref> {
        new_empty(filename, function, line)
    }
    fn PyCode_Addr2Location(
        code: Of<'_, Code>,
        offset: c_int,
        line: Out<'_, c_int>,
        column: Out<'_, c_int>,
        end_line: Out<'_, c_int>,
        end_column: Out<'_, c_int>,
    ) -> PyResult<bool> {
        let first = code.firstlineno.get();
        let (start, end) = match usize::try_from(offset) {
            Ok(offset) => match linetable::positions(code.linetable_bytes(), first).nth(offset / 2) {
                Some(at) => ((at.lineno, at.col_offset), (at.end_lineno, at.end_col_offset)),
                None => ((-1, -1), (-1, -1)),
            },
            // Before the first instruction.
            Err(_) => ((first, 0), (first, 0)),
        };
        line.set(start.0);
        column.set(start.1);
        end_line.set(end.0);
        end_column.set(end.1);
        Ok(true)
    }

    fn PyCode_Optimize(code: Borrowed<'_>, _consts: Borrowed<'_>, _names: Borrowed<'_>, _table: Borrowed<'_>) -> PyResult<Ref> {
        Ok(code.to_ref())
    }

    fn PyCode_Addr2Line(code: Of<'_, Code>, offset: c_int) -> PyResult<c_int> {
        match usize::try_from(offset) {
            Ok(offset) => Ok(code.line_of(offset / 2).unwrap_or(-1)),
            Err(_) => Ok(code.0.object().getattr(id!("co_firstlineno"))?.as_i64().map(|line| i32::try_from(line).unwrap_or(0))?),
        }
    }
    fn PyCode_GetCode(code: Of<'_, Code>) -> PyResult<Ref> {
        code.0.object().getattr(id!("co_code"))
    }
    fn PyCode_GetVarnames(code: Of<'_, Code>) -> PyResult<Ref> {
        code.0.object().getattr(id!("co_varnames"))
    }
    fn PyCode_GetFreevars(code: Of<'_, Code>) -> PyResult<Ref> {
        code.0.object().getattr(id!("co_freevars"))
    }
    fn PyCode_GetCellvars(code: Of<'_, Code>) -> PyResult<Ref> {
        code.0.object().getattr(id!("co_cellvars"))
    }

    #[allow(clippy::too_many_arguments, reason = "C's signature")]
    fn PyUnstable_Code_NewWithPosOnlyArgs(argcount: c_int, posonly: c_int, kwonly: c_int, nlocals: c_int, stacksize: c_int, flags: c_int, code: Borrowed<'_>, consts: Borrowed<'_>, names: Borrowed<'_>, varnames: Borrowed<'_>, freevars: Borrowed<'_>, cellvars: Borrowed<'_>, filename: Borrowed<'_>, name: Borrowed<'_>, qualname: Borrowed<'_>, firstline: c_int, linetable: Borrowed<'_>, exceptiontable: Borrowed<'_>) -> PyResult<Ref> {
        let numbers = [argcount, posonly, kwonly, nlocals, stacksize, flags, firstline];
        new_code(numbers, [code, consts, names, varnames, freevars, cellvars, filename, name, qualname, linetable, exceptiontable])
    }
    #[allow(clippy::too_many_arguments, reason = "C's signature")]
    fn PyUnstable_Code_New(argcount: c_int, kwonly: c_int, nlocals: c_int, stacksize: c_int, flags: c_int, code: Borrowed<'_>, consts: Borrowed<'_>, names: Borrowed<'_>, varnames: Borrowed<'_>, freevars: Borrowed<'_>, cellvars: Borrowed<'_>, filename: Borrowed<'_>, name: Borrowed<'_>, qualname: Borrowed<'_>, firstline: c_int, linetable: Borrowed<'_>, exceptiontable: Borrowed<'_>) -> PyResult<Ref> {
        let numbers = [argcount, 0, kwonly, nlocals, stacksize, flags, firstline];
        new_code(numbers, [code, consts, names, varnames, freevars, cellvars, filename, name, qualname, linetable, exceptiontable])
    }

    fn PyFrame_GetCode(frame: Of<'_, FrameObject>) -> PyResult<Ref> {
        attribute(&frame.0, "f_code")
    }
    fn PyFrame_GetBack(frame: *mut PyObject) -> PyResult<Option<Ref>> {
        // SAFETY: C passes a frame object, or what stands for one.
        unsafe { vm::frame::object_::back_of(given(std::ptr::NonNull::new(frame))?.as_ptr().cast()) }
    }
    fn PyFrame_GetGlobals(frame: Of<'_, FrameObject>) -> PyResult<Ref> {
        attribute(&frame.0, "f_globals")
    }
    fn PyFrame_GetBuiltins(frame: Of<'_, FrameObject>) -> PyResult<Ref> {
        attribute(&frame.0, "f_builtins")
    }
    fn PyFrame_GetLocals(frame: Of<'_, FrameObject>) -> PyResult<Ref> {
        attribute(&frame.0, "f_locals")
    }
    fn PyFrame_GetGenerator(frame: Of<'_, FrameObject>) -> PyResult<Option<Ref>> {
        Ok(Some(attribute(&frame.0, "f_generator")?))
    }
    fn PyFrame_GetLineNumber(frame: Of<'_, FrameObject>) -> c_int {
        frame.line().unwrap_or(0)
    }
    fn PyFrame_GetLasti(frame: Of<'_, FrameObject>) -> PyResult<c_int> {
        Ok(i32::try_from(attribute(&frame.0, "f_lasti")?.as_i64()?).unwrap_or(-1))
    }
    fn PyFrame_GetVar(frame: Of<'_, FrameObject>, name: Borrowed<'_>) -> PyResult<Ref> {
        variable(&frame.0, name)
    }
    fn PyFrame_GetVarString(frame: Of<'_, FrameObject>, name: &CStr) -> PyResult<Ref> {
        variable(&frame.0, crate::unicodeobject::from_c(name)?.b())
    }
    fn PyFrame_FastToLocalsWithError(_frame: Borrowed<'_>) -> PyResult<()> {
        Ok(())
    }
    fn PyFrame_FastToLocals(_frame: Borrowed<'_>) -> () {}
    fn PyFrame_LocalsToFast(_frame: Borrowed<'_>, _clear: c_int) -> () {}
    fn PyFrame_New(_thread: *mut c_void, code: Borrowed<'_>, globals: Borrowed<'_>, _locals: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if !code.class().is_type(&core::CODE) || !globals.class().is_subtype(&core::DICT) {
            return Err(error::bad_internal_call());
        }
        vm::frame::object_::new_detached(code.self_as(), globals)
    }

    fn PyTraceBack_Here(frame: Of<'_, FrameObject>) -> PyResult<()> {
        let Some(exception) = error::take() else { return Ok(()) };
        let fields = error::base_of(exception.b());
        let lasti = frame.interpreter_frame().map_or(-1, |frame| i32::try_from(frame.instruction_index() * 2).unwrap_or(-1));
        let line = match frame.lineno.get() {
            0 => frame.line().unwrap_or(0),
            line => line,
        };
        let next = fields.traceback.load().and_then(|next| next.downcast::<builtins::traceback_::Traceback>().ok());
        let entry = builtins::traceback_::new(next, frame.0.object(), lasti, line);
        match entry {
            Ok(entry) => fields.traceback.store(Some(entry.upcast())),
            Err(raised) => raised.clear(),
        }
        let _raised = error::restore(exception);
        Ok(())
    }
    fn PyTraceBack_Print(traceback: Option<Borrowed<'_>>, file: Borrowed<'_>) -> PyResult<()> {
        let Some(traceback) = traceback else { return Ok(()) };
        if !traceback.class().is_subtype(&core::TRACEBACK) {
            return Err(error::bad_internal_call());
        }
        let module = vm::import::import_module("traceback")?;
        module.call_method(intern("print_tb").b(), &[traceback, core::none(), file]).map(drop)
    }
    fn _PyTraceback_Add(function: &CStr, filename: &CStr, line: c_int) -> () {
        let Some(exception) = error::take() else { return };
        let added = (|| {
            let code = new_empty(filename, function, line)?;
            let globals = builtins::type_::dicts::new()?;
            let frame = vm::frame::object_::new_detached(code.b().self_as(), globals.b())?;
            let fields = error::base_of(exception.b());
            let next = fields.traceback.load().and_then(|next| next.downcast::<builtins::traceback_::Traceback>().ok());
            fields.traceback.store(Some(builtins::traceback_::new(next, frame.b(), -1, line)?.upcast()));
            PyResult::Ok(())
        })();
        if let Err(raised) = added {
            raised.clear();
        }
        let _raised = error::restore(exception);
    }
    fn PyThreadState_EnterTracing(state: *mut abi::PyThreadState) -> () {
        // SAFETY: C passes a thread state.
        unsafe { (*state).tracing.set((*state).tracing.get() + 1) };
    }
    fn PyThreadState_LeaveTracing(state: *mut abi::PyThreadState) -> () {
        // SAFETY: C passes a thread state.
        unsafe { (*state).tracing.set((*state).tracing.get() - 1) };
    }
}

/// `types.CodeType(…)`: the numbers, and the objects in the order of C's function.
fn new_code(numbers: [c_int; 7], objects: [Borrowed<'_>; 11]) -> PyResult<Ref> {
    let [code, consts, names, varnames, freevars, cellvars, filename, name, qualname, linetable, exceptiontable] = objects;
    // Other arguments are the caller's mistake, not a program's.
    let are_tuples = [consts, names, varnames, freevars, cellvars].iter().all(|object| object.class().is_subtype(&core::TUPLE));
    let are_texts = [filename, name, qualname].iter().all(|object| text::check(*object));
    let are_bytes = [code, linetable, exceptiontable].iter().all(|object| object.class().is_subtype(&core::BYTES));
    let [argcount, posonly, kwonly, nlocals, ..] = numbers;
    let are_counts = argcount >= posonly && [posonly, kwonly, nlocals].iter().all(|number| *number >= 0);
    if !(are_tuples && are_texts && are_bytes && are_counts) {
        return Err(error::bad_internal_call());
    }
    let ints = numbers.into_iter().map(|number| object::value::int::new(i64::from(number))).collect::<PyResult<Vec<_>>>()?;
    let [argcount, posonly, kwonly, nlocals, stacksize, flags, firstline] = ints.as_slice() else {
        return Err(error::bad_internal_call());
    };
    core::CODE.borrowed().call(&[
        argcount.b(),
        posonly.b(),
        kwonly.b(),
        nlocals.b(),
        stacksize.b(),
        flags.b(),
        code,
        consts,
        names,
        varnames,
        filename,
        name,
        qualname,
        firstline.b(),
        linetable,
        exceptiontable,
        freevars,
        cellvars,
    ])
}

fn variable(frame: &Borrowed<'_, FrameObject>, name: Borrowed<'_>) -> PyResult<Ref> {
    if !text::check(name) {
        return Err(raise!(TypeError, "name must be str, not {}", name.class().tp_name()));
    }
    match attribute(frame, "f_locals")?.getitem_opt(name)? {
        Some(value) => Ok(value),
        None => Err(raise!(NameError, "variable {} does not exist", name.get().repr_text()?)),
    }
}
