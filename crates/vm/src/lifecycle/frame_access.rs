//! What the functions of this crate's modules ask of the frame that called them, and how they run code.

use crate::{eval, frame};
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, core, hooks, raise, thread};

/// The globals of the calling Python function, if there is one; or those of `__main__`, where it runs without a function.
pub fn globals() -> Option<Ref> {
    match frame::visible(thread::current()) {
        Some(frame) => Some(frame.globals().to_ref()),
        None => super::support::quietly(running_main).flatten(),
    }
}

/// The dict of `__main__`, if some thread of the current interpreter runs it.
pub fn running_main() -> PyResult<Option<Ref>> {
    if thread::current().interpreter().sub.running_main.get().is_null() {
        return Ok(None);
    }
    super::main_dict().map(Some)
}

/// The builtins of the calling Python function, or of the interpreter.
pub fn builtins() -> Ref {
    let thread = thread::current();
    let of_frame = frame::visible(thread).map(|frame| frame.builtins().to_ref());
    of_frame.or_else(|| thread.interpreter().builtins.get()).unwrap_or_else(core::none_ref)
}

/// `locals()` of the calling Python function.
pub fn locals() -> PyResult<Ref> {
    match frame::visible(thread::current()) {
        Some(frame) => frame::object_::locals_snapshot(frame),
        None => running_main()?.ok_or_else(|| raise!(SystemError, "frame does not exist")),
    }
}

/// The flags of `from __future__` imports that are in force in the calling function.
pub fn future_flags() -> u32 {
    frame::visible(thread::current()).map_or(0, |frame| frame.code().flag_bits() & bytecode::flags::PYCF_MASK)
}

/// The file name of the calling Python function's code.
pub fn filename() -> Option<Ref> {
    frame::visible(thread::current()).map(|frame| frame.code().filename_object().to_ref())
}

/// How many free variables the code object has.
pub fn free_variables(code: Borrowed<'_>) -> usize {
    let code = code.self_as::<crate::code::Code>();
    code.localspluskinds().iter().filter(|kind| **kind & bytecode::flags::CO_FAST_FREE != 0).count()
}

/// Runs a code object.
pub fn run_code(code: Borrowed<'_>, globals: Borrowed<'_>, locals: Borrowed<'_>) -> PyResult<Ref> {
    eval::run_code(code.self_as(), globals, locals)
}

/// Runs a code object that has free variables: the cells are those of the tuple.
pub fn run_code_with_closure(
    code: Borrowed<'_>,
    globals: Borrowed<'_>,
    locals: Borrowed<'_>,
    closure: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    match closure {
        Some(closure) => eval::run_code_with_closure(code.self_as(), globals, locals, closure),
        None => eval::run_code(code.self_as(), globals, locals),
    }
}

/// Runs the function of a class body in this namespace; gives the cell of `__class__`, or None.
pub fn run_class_body(function: Borrowed<'_>, namespace: Borrowed<'_>) -> PyResult<Ref> {
    eval::run_function(function.self_as(), Some(namespace))
}

/// What a cell holds.
pub fn cell_content(cell: Borrowed<'_>) -> Option<Ref> {
    if !cell.class().is_type(&core::CELL) {
        return None;
    }
    // SAFETY: the object is a cell.
    unsafe { (*cell.ptr().cast::<abi::PyCellObject>()).ob_ref.load() }
}

/// `iter(callable, sentinel)`.
pub fn callable_iterator(callable: Borrowed<'_>, sentinel: Borrowed<'_>) -> PyResult<Ref> {
    builtins::iter::callable_iter(callable, sentinel)
}

/// The iterator that drives `await object`, for coroutines and objects with `__await__`.
pub fn awaitable_iterator(object: Borrowed<'_>) -> PyResult<Ref> {
    crate::generator::awaitable_iterator(object)
}

/// Types of `builtins` that `object` has no cell for.
pub fn further_builtin_types() -> impl Iterator<Item = &'static TypeObject> {
    builtins::init::named_builtin_types().into_iter()
}

/// A dict of the items of a mapping.
pub fn copy_mapping(mapping: Borrowed<'_>) -> PyResult<Ref> {
    let dict = (hooks::get().dict_new)()?;
    dict.call_method(object::id!("update"), &[mapping])?;
    Ok(dict)
}

/// What `super()` without arguments finds in the calling function: the cell `__class__` and the first argument.
pub(super) fn super_arguments() -> PyResult<(Ref, Ref)> {
    let Some(frame) = frame::visible(thread::current()) else { return Err(raise!(RuntimeError, "super(): no current frame")) };
    let code = frame.code();
    if code.arg_count() == 0 {
        return Err(raise!(RuntimeError, "super(): no arguments"));
    }
    let Some(first) = frame::object_::local_value(frame, 0) else {
        return Err(raise!(RuntimeError, "super(): arg[0] deleted"));
    };
    let kinds = code.localspluskinds();
    let found = code.localsplusnames().iter().enumerate().find(|(index, name)| {
        kinds.get(*index).is_some_and(|kind| kind & bytecode::flags::CO_FAST_FREE != 0)
            && object::value::str::eq_str(**name, "__class__")
    });
    let Some((index, _)) = found else { return Err(raise!(RuntimeError, "super(): __class__ cell not found")) };
    match frame::object_::local_value(frame, index) {
        None => Err(raise!(RuntimeError, "super(): empty __class__ cell")),
        Some(class) if super::support::as_type(class.b()).is_some() => Ok((class, first)),
        Some(class) => {
            let found = class.class().tp_name();
            Err(raise!(RuntimeError, "super(): __class__ is not a type ({found})"))
        }
    }
}
