//! Calls. A plain function gets a frame and the loop goes on in it; everything else is a vectorcall.

use super::{breaker, unwind};
use crate::code::shape;
use crate::eval::{enter_recursion, leave_recursion};
use crate::frame::{self, Frame, Slot, Sp};
use crate::function::{self, Function, bind};
use abi::VECTORCALL_ARGUMENTS_OFFSET;
use builtins::dict::Dict;
use object::thread::ThreadState;
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, core, raise};
use smallvec::SmallVec;

/// What a call came to: raised (0), done (1: the result is on the stack), or the frame to go on in.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome(usize);

impl Outcome {
    pub(super) const RAISED: Outcome = Outcome(0);
    pub(super) const DONE: Outcome = Outcome(1);

    fn frame(frame: *const Frame) -> Outcome {
        Outcome(frame.expose_provenance())
    }

    /// The frame to go on in.
    #[inline(always)]
    pub(super) fn callee(self) -> *const Frame {
        std::ptr::with_exposed_provenance(self.0)
    }
}

impl From<PyResult<Outcome>> for Outcome {
    fn from(result: PyResult<Outcome>) -> Outcome {
        result.unwrap_or(Outcome::RAISED)
    }
}

macro_rules! call_handlers {
    ($($name:ident => $body:path $(, $decide:path)?;)*) => { $(
        handler! {
            #[inline(never)]
            fn $name(pc, sp, frame, thread, table, oparg) {
                // Outlined: a body's locals may escape, and then the handler could not jump.
                #[inline(never)]
                fn body(frame: &Frame, thread: &ThreadState, oparg: usize) -> Outcome {
                    $body(frame, thread, oparg)
                }
                (*frame).pc.set(pc);
                (*frame).sp.set(sp);
                $(
                    let counter = (*pc).counter();
                    if counter == 0 {
                        $decide(&*frame, &*pc, oparg as u32);
                        dispatch!(pc, sp, frame, thread, table)
                    }
                    (*pc).set_counter(counter - 1);
                )?
                let outcome = body(&*frame, &*thread, oparg as usize);
                if outcome == Outcome::DONE {
                    if (*thread).raw.eval_breaker.get() != 0 {
                        return after_call(pc.add(super::size::$name), sp, frame, thread, table, 0);
                    }
                    dispatch!(pc.add(super::size::$name), (*frame).sp.get(), frame, thread, table)
                }
                if outcome == Outcome::RAISED {
                    return unwind::error(pc, sp, frame, thread, table, 0);
                }
                (*frame).return_offset.set(super::size::$name as u32);
                let callee = outcome.callee();
                frame::set_current(&*thread, callee);
                dispatch!((*callee).pc.get(), (*callee).sp.get(), callee, thread, table)
            }
        }
    )* };
}

call_handlers! {
    CALL => call, crate::specialize::call;
    CALL_KW => call_kw, crate::specialize::call_kw;
    keywords_slow => call_kw;
    CALL_FUNCTION_EX => call_function_ex;
}

handler! {
    /// Polls the eval breaker behind a native call, then goes to `pc`.
    #[cold]
    #[inline(never)]
    fn after_call(pc, sp, frame, thread, table, oparg) {
        if breaker::handle(&*thread).is_err() {
            return unwind::error((*frame).pc.get(), sp, frame, thread, table, 0);
        }
        dispatch!(pc, (*frame).sp.get(), frame, thread, table)
    }
}

/// The parts of a call on the stack: callable, self or null, arguments.
pub(super) struct Parts {
    pub(super) base: Sp,
    pub(super) args: Sp,
    pub(super) nargs: usize,
}

/// Finds the parts; a bound method is replaced by its function and its instance.
#[inline(always)]
pub(super) fn parts(frame: &Frame, oparg: usize, above: usize) -> Parts {
    let sp = frame.stack();
    let base = sp.down(oparg + 2 + above);
    let callable = base.up(1).peek(1);
    if base.up(2).peek(1).is_null() && std::ptr::eq(class_of(callable), &core::METHOD) {
        unpack_method(base);
    }
    if base.up(2).peek(1).is_null() {
        Parts { base, args: base.up(2), nargs: oparg }
    } else {
        Parts { base, args: base.up(1), nargs: oparg + 1 }
    }
}

#[inline(always)]
fn class_of<'a>(slot: Slot) -> &'a object::TypeObject {
    // SAFETY: callables on the stack are not null; the class outlives the look.
    unsafe { &*(*slot.ptr()).ob_type.get().cast::<object::TypeObject>() }
}

fn unpack_method(base: Sp) {
    let method = base.up(1).peek(1);
    // SAFETY: the slot holds a bound method, whose fields never change.
    unsafe {
        let raw = &*method.ptr().cast::<abi::PyMethodObject>();
        let function = &*std::ptr::from_ref(&raw.im_func).cast::<OptRef>();
        let instance = &*std::ptr::from_ref(&raw.im_self).cast::<OptRef>();
        let (function, instance) = (function.get(), instance.get());
        base.up(2).replace(1, Slot::owned_or_null(instance));
        base.up(1).replace(1, Slot::owned_or_null(function));
        method.close();
    }
}

pub(super) fn call(frame: &Frame, thread: &ThreadState, oparg: usize) -> Outcome {
    let parts = parts(frame, oparg, 0);
    let callable = parts.base.up(1).peek_object(1);
    match bind::as_function(callable) {
        Some(function) => call_python(frame, thread, &parts, function).into(),
        None => call_native(frame, &parts, callable, None).into(),
    }
}

fn call_python(frame: &Frame, thread: &ThreadState, parts: &Parts, function: Borrowed<'_, Function>) -> PyResult<Outcome> {
    let code = function.get().code();
    if code.shape.get() & shape::SIMPLE == 0 || parts.nargs != code.arg_count() {
        return call_python_general(frame, thread, parts, function, None);
    }
    enter_recursion(thread)?;
    // SAFETY: the callable's slot moves into the frame; the arguments move into the locals, and the stack shrinks below them.
    unsafe {
        let slot = parts.base.up(1).peek(1).into_owned();
        let pushed = frame::push(thread, slot, code, frame);
        let callee = match pushed {
            Ok(callee) => callee,
            Err(raised) => {
                // The callable is gone: put something in its place for the unwinder.
                parts.base.up(1).replace(1, Slot::NULL);
                leave_recursion(thread);
                return Err(raised);
            }
        };
        let locals = (*callee).locals_start();
        for index in 0..parts.nargs {
            locals.add(index).write(parts.args.up(index + 1).peek(1).into_owned());
        }
        bind::null_rest(locals, parts.nargs, code.local_count());
        frame.set_stack(parts.base);
        Ok(Outcome::frame(callee))
    }
}

fn call_python_general(
    frame: &Frame,
    thread: &ThreadState,
    parts: &Parts,
    function: Borrowed<'_, Function>,
    kwnames: Option<Borrowed<'_>>,
) -> PyResult<Outcome> {
    enter_recursion(thread)?;
    let keywords = kwnames.and_then(tuple::items).map_or(0, <[_]>::len);
    let total = parts.nargs;
    let args = parts.args.up(total).own_top(total);
    match function::push_call(thread, function, args, total - keywords, kwnames) {
        Ok(callee) => {
            frame.drop_top(stack_depth(frame, parts.base));
            Ok(Outcome::frame(callee))
        }
        Err(raised) => {
            leave_recursion(thread);
            Err(raised)
        }
    }
}

/// How many words lie above `base`.
fn stack_depth(frame: &Frame, base: Sp) -> usize {
    // SAFETY: both point into the frame's stack.
    unsafe { frame.sp.get().offset_from(base.ptr()) }.max(0).cast_unsigned()
}

fn call_native(frame: &Frame, parts: &Parts, callable: Borrowed<'_>, kwnames: Option<Borrowed<'_>>) -> PyResult<Outcome> {
    let keywords = kwnames.and_then(tuple::items).map_or(0, <[_]>::len);
    let args = parts.args.up(parts.nargs).own_top(parts.nargs);
    let direct = if keywords == 0 && !callable.class().has(abi::tpflags::HAVE_VECTORCALL) {
        builtins::descr::wrapper::call_direct(callable, args)
    } else {
        None
    };
    let result = match direct {
        Some(result) => result,
        None => callable.vectorcall(args, (parts.nargs - keywords) | VECTORCALL_ARGUMENTS_OFFSET, kwnames),
    };
    let result = callable.check_result(result)?;
    frame.drop_top(stack_depth(frame, parts.base));
    frame.push(result);
    Ok(Outcome::DONE)
}

pub(super) fn call_kw(frame: &Frame, thread: &ThreadState, oparg: usize) -> Outcome {
    let parts = parts(frame, oparg, 1);
    let callable = parts.base.up(1).peek_object(1);
    let kwnames = frame.peek(1);
    match bind::as_function(callable) {
        Some(function) => call_python_general(frame, thread, &parts, function, Some(kwnames)).into(),
        None => call_native(frame, &parts, callable, Some(kwnames)).into(),
    }
}

pub(super) fn call_function_ex(frame: &Frame, thread: &ThreadState, _oparg: usize) -> Outcome {
    call_ex(frame, thread).into()
}

fn call_ex(frame: &Frame, thread: &ThreadState) -> PyResult<Outcome> {
    // (callable, null, args, kwargs or null)
    let kwargs = frame.pop_or_null();
    let args = frame.pop_ref();
    drop(frame.pop_or_null());
    let callable = frame.pop_ref();
    let args = argument_tuple(callable.b(), args)?;
    let kwargs = match kwargs {
        Some(kwargs) if !kwargs.class().is_subtype(&core::DICT) => {
            let dict = crate::support::dict_new()?;
            crate::support::dict_update(dict.b(), kwargs.b())?;
            Some(dict)
        }
        other => other,
    };
    let Some(function) = bind::as_function(callable.b()) else {
        let result = callable.call_tuple(args.b(), kwargs.as_ref().map(Ref::b));
        let result = callable.check_result(result)?;
        frame.push(result);
        return Ok(Outcome::DONE);
    };
    let positional = tuple::items(args.b()).unwrap_or_default();
    enter_recursion(thread)?;
    let pushed = match kwargs.as_ref().and_then(|kwargs| kwargs.b().downcast::<Dict>()) {
        Some(kwargs) if !kwargs.is_empty() => push_with_keywords(thread, function, positional, &kwargs),
        _ => function::push_call(thread, function, positional, positional.len(), None),
    };
    if pushed.is_err() {
        leave_recursion(thread);
    }
    pushed.map(Outcome::frame)
}

/// What stands behind `*` in a call, as a tuple.
pub(super) fn argument_tuple(callable: Borrowed<'_>, args: Ref) -> PyResult<Ref> {
    if args.class().is_type(&core::TUPLE) {
        return Ok(args);
    }
    if args.class().tp_iter().is_none() && !args.is_sequence() {
        return Err(not_iterable(callable, args.b()));
    }
    args.to_tuple()
}

/// Pushes a frame with the arguments of a tuple and those of a dict, both of which are owned here: names may be compared by code in Python.
fn push_with_keywords(
    thread: &ThreadState,
    function: Borrowed<'_, Function>,
    positional: &[Borrowed<'_>],
    keywords: &Dict,
) -> PyResult<*const Frame> {
    let no_memory = |_| object::memory::no_memory();
    let (mut names, mut values) = (SmallVec::<[Ref; 6]>::new(), SmallVec::<[Ref; 6]>::new());
    names.try_reserve(keywords.len()).map_err(no_memory)?;
    values.try_reserve(keywords.len()).map_err(no_memory)?;
    for (name, value) in keywords.iter() {
        if !text::check(name.b()) {
            return Err(raise!(TypeError, "keywords must be strings"));
        }
        names.push(name);
        values.push(value);
    }
    let mut all = SmallVec::<[Borrowed<'_>; 16]>::new();
    all.try_reserve(positional.len() + 2 * values.len()).map_err(no_memory)?;
    all.extend_from_slice(positional);
    all.extend(values.iter().map(Ref::b));
    let count = all.len();
    all.extend(names.iter().map(Ref::b));
    let (args, names) = all.split_at(count);
    function::push_call_named(thread, function, args, positional.len(), names)
}

#[cold]
fn not_iterable(callable: Borrowed<'_>, args: Borrowed<'_>) -> Raised {
    match bind::function_text(callable) {
        Ok(name) => raise!(TypeError, "{name} argument after * must be an iterable, not {}", args.class().tp_name()),
        Err(raised) => raised,
    }
}

general! {
    MAKE_FUNCTION => make_function;
    SET_FUNCTION_ATTRIBUTE => set_function_attribute;
}

fn make_function(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let code = frame.pop();
    let Some(code) = code.b().downcast_exact::<crate::code::Code>() else {
        return Err(raise!(SystemError, "MAKE_FUNCTION without code"));
    };
    let function = Function::new(code, frame.globals())?;
    frame.push(function.upcast());
    Ok(())
}

fn set_function_attribute(frame: &Frame, oparg: u32) -> PyResult<()> {
    let function = frame.pop();
    let value = frame.pop_ref();
    let Some(target) = function.b().downcast_exact::<Function>() else {
        return Err(raise!(SystemError, "SET_FUNCTION_ATTRIBUTE without a function"));
    };
    match oparg {
        1 => target.defaults.set(Some(value)),
        2 => target.kwdefaults.set(Some(value)),
        4 => target.annotations.set(Some(value)),
        8 => target.closure.set(Some(value)),
        16 => target.annotate.set(Some(value)),
        _ => return Err(raise!(SystemError, "bad operand of SET_FUNCTION_ATTRIBUTE")),
    }
    frame.push_slot(function.into_slot());
    Ok(())
}
