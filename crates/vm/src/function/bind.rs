//! Arguments into locals: positional, keyword, default, `*args`, `**kwargs` (CPython's `initialize_locals`).

use super::{Function, errors};
use crate::frame::{Frame, Slot};
use crate::support;
use bytecode::flags::{CO_VARARGS, CO_VARKEYWORDS};
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, raise};

/// Fills the locals of a fresh frame. On an error the locals set so far belong to the frame.
#[inline]
pub fn into_frame(frame: &Frame, args: &[Borrowed<'_>], nargs: usize, keywords: &[Borrowed<'_>]) -> PyResult<()> {
    let code = frame.code();
    let argcount = code.arg_count();
    let simple = code.shape.get() & crate::code::shape::SIMPLE != 0;
    if simple && keywords.is_empty() && nargs == argcount {
        let locals = frame.locals_start();
        // SAFETY: the frame has room for all locals; none is set yet.
        unsafe {
            for (index, arg) in args.iter().enumerate() {
                locals.add(index).write(Slot::owned(arg.to_ref()));
            }
            null_rest(locals, nargs, code.local_count());
        }
        return Ok(());
    }
    if simple
        && keywords.is_empty()
        && nargs < argcount
        // SAFETY: nothing runs before they are copied.
        && let Some(defaults) = unsafe { frame.function().defaults.peek() }
        && let Some(defaults) = tuple::items(defaults)
        && let Some(defaults) = (defaults.len() + nargs).checked_sub(argcount).and_then(|skipped| defaults.get(skipped..))
    {
        let locals = frame.locals_start();
        // SAFETY: as above; nothing runs before the frame has them all.
        unsafe {
            for (index, value) in args.iter().chain(defaults).enumerate() {
                locals.add(index).write(Slot::owned(value.to_ref()));
            }
            null_rest(locals, argcount, code.local_count());
        }
        return Ok(());
    }
    if keywords.is_empty()
        && nargs >= argcount
        && code.flag_bits() & (CO_VARARGS | CO_VARKEYWORDS) == CO_VARARGS
        && code.kwonlyargcount.get() == 0
        && let Some((direct, rest)) = args.split_at_checked(argcount)
    {
        // `*args` behind parameters that all have their argument.
        let locals = frame.locals_start();
        // SAFETY: as above.
        unsafe {
            let rest = match tuple::from_slice(rest) {
                Ok(rest) => rest,
                Err(raised) => {
                    null_rest(locals, 0, code.local_count());
                    return Err(raised);
                }
            };
            for (index, arg) in direct.iter().enumerate() {
                locals.add(index).write(Slot::owned(arg.to_ref()));
            }
            locals.add(argcount).write(Slot::owned(rest));
            null_rest(locals, argcount + 1, code.local_count());
        }
        return Ok(());
    }
    // SAFETY: as above.
    unsafe { null_rest(frame.locals_start(), 0, code.local_count()) };
    general(frame, args, nargs, keywords)
}

/// Makes the locals from `from` to `to` null.
///
/// # Safety
/// The frame has room for them, and none of them owns anything.
#[inline(always)]
pub unsafe fn null_rest(locals: *mut Slot, from: usize, to: usize) {
    for index in from..to {
        // SAFETY: by contract.
        unsafe { locals.add(index).write(Slot::NULL) };
        // Keeps the loop from becoming a call of memset.
        // SAFETY: the assembly is empty.
        unsafe { std::arch::asm!("", options(nomem, nostack, preserves_flags)) };
    }
}

#[inline(never)]
fn general(frame: &Frame, args: &[Borrowed<'_>], nargs: usize, keywords: &[Borrowed<'_>]) -> PyResult<()> {
    let code = frame.code();
    let function = frame.function();
    let argcount = code.arg_count();
    let kwonly = code.kwonlyargcount.get().cast_unsigned() as usize;
    let total = argcount + kwonly;
    let (positional, keyword_values) = args.split_at_checked(nargs).unwrap_or((args, &[]));
    let set = |index: usize, value: Ref| frame.set_local(index, Some(value));

    let has_varargs = code.has_flag(CO_VARARGS);
    let kwdict = if code.has_flag(CO_VARKEYWORDS) {
        let dict = support::dict_new()?;
        set(total + usize::from(has_varargs), dict.clone());
        Some(dict)
    } else {
        None
    };
    let direct = nargs.min(argcount);
    for (index, arg) in positional.iter().take(direct).enumerate() {
        set(index, arg.to_ref());
    }
    if has_varargs {
        set(total, tuple::from_slice(positional.get(argcount..).unwrap_or_default())?);
    }
    for (keyword, value) in keywords.iter().zip(keyword_values) {
        if !text::check(*keyword) {
            return Err(raise!(TypeError, "{}() keywords must be strings", function.qualname_text()));
        }
        match parameter(frame, *keyword, total)? {
            Some(index) if frame.local(index).is_null() => set(index, value.to_ref()),
            Some(_) => {
                return Err(raise!(
                    TypeError,
                    "{}() got multiple values for argument '{}'",
                    function.qualname_text(),
                    text::to_string_lossy(*keyword)
                ));
            }
            None => match &kwdict {
                Some(dict) => support::dict_set(dict.b(), *keyword, *value)?,
                None => return Err(errors::unexpected_keyword(function, code, keywords, *keyword)),
            },
        }
    }
    if nargs > argcount && !has_varargs {
        return Err(errors::too_many_positional(frame, nargs));
    }
    if nargs < argcount {
        fill_defaults(frame, nargs, argcount)?;
    }
    if kwonly > 0 {
        fill_keyword_defaults(frame, argcount, total)?;
    }
    Ok(())
}

/// The index of the parameter that a keyword names.
fn parameter(frame: &Frame, keyword: Borrowed<'_>, total: usize) -> PyResult<Option<usize>> {
    let code = frame.code();
    let posonly = code.posonlyargcount.get().cast_unsigned() as usize;
    let names = code.localsplusnames();
    let candidates = names.get(posonly..total).unwrap_or_default();
    if let Some(index) = candidates.iter().position(|name| name.is(&keyword)) {
        return Ok(Some(index + posonly));
    }
    for (index, name) in candidates.iter().enumerate() {
        if name.eq(keyword)? {
            return Ok(Some(index + posonly));
        }
    }
    Ok(None)
}

fn fill_defaults(frame: &Frame, nargs: usize, argcount: usize) -> PyResult<()> {
    let defaults = frame.function().defaults.get();
    let defaults = defaults.as_ref().and_then(|defaults| tuple::items(defaults.b())).unwrap_or_default();
    let required = argcount.saturating_sub(defaults.len());
    if (nargs..required).any(|index| frame.local(index).is_null()) {
        return Err(errors::missing(frame, nargs..required, "positional"));
    }
    let skipped = defaults.len().saturating_sub(argcount);
    for (index, default) in (required..argcount).zip(defaults.iter().skip(skipped)) {
        if index >= nargs && frame.local(index).is_null() {
            frame.set_local(index, Some(default.to_ref()));
        }
    }
    Ok(())
}

fn fill_keyword_defaults(frame: &Frame, argcount: usize, total: usize) -> PyResult<()> {
    let defaults = frame.function().kwdefaults.get();
    let mut missing = false;
    for index in argcount..total {
        if !frame.local(index).is_null() {
            continue;
        }
        let name = frame.code().localsplusnames().get(index).copied();
        let default = match (&defaults, name) {
            (Some(defaults), Some(name)) => support::dict_get(defaults.b(), name)?,
            _ => None,
        };
        match default {
            Some(default) => frame.set_local(index, Some(default)),
            None => missing = true,
        }
    }
    if missing { Err(errors::missing(frame, argcount..total, "keyword-only")) } else { Ok(()) }
}

/// The name of a function for the messages of its calls, as `_PyObject_FunctionStr` gives it: `module.qualname()`.
pub fn function_text(callable: Borrowed<'_>) -> PyResult<String> {
    use object::id;
    let Some(qualname) = callable.getattr_opt(id!("__qualname__"))? else {
        return callable.str_text();
    };
    let qualname_text = text::to_string_lossy(qualname.b());
    let module = callable.getattr_opt(id!("__module__"))?;
    match module {
        Some(module) if text::check(module.b()) && !text::eq_str(module.b(), "builtins") => {
            Ok(format!("{}.{qualname_text}()", text::to_string_lossy(module.b())))
        }
        _ => Ok(format!("{qualname_text}()")),
    }
}

/// Whether the object is a plain function of ours.
pub fn as_function<'a>(callable: Borrowed<'a>) -> Option<Borrowed<'a, Function>> {
    Function::is_plain(callable).then(|| callable.self_as::<Function>())
}
