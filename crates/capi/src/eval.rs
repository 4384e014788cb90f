//! `PyEval_EvalCodeEx`: running a code object with arguments, defaults and a closure that C brings.

use crate::form::capi;
use crate::support::vector;
use abi::c_int;
use builtins::type_::dicts;
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, core, error, raise};
use vm::function::Function;

/// C's array of objects.
type Objects<'a> = *const Borrowed<'a>;

/// As many as a C `int` says; none for a negative one.
fn objects<'a>(start: Objects<'a>, count: c_int) -> &'a [Borrowed<'a>] {
    // SAFETY: C passes that many live objects.
    unsafe { vector(start, usize::try_from(count).unwrap_or(0)) }
}

capi! {
    fn PyEval_EvalCodeEx(
        code: Borrowed<'_>,
        globals: Borrowed<'_>,
        locals: Option<Borrowed<'_>>,
        args: Objects<'_>,
        arg_count: c_int,
        keywords: Objects<'_>,
        keyword_count: c_int,
        defaults: Objects<'_>,
        default_count: c_int,
        keyword_defaults: Option<Borrowed<'_>>,
        closure: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        if !code.class().is_type(&core::CODE) || !globals.class().is_subtype(&core::DICT) {
            return Err(error::bad_internal_call());
        }
        crate::pystate::add_builtins(globals)?;
        let function = Function::new(code.self_as(), globals)?;
        let defaults = objects(defaults, default_count);
        if !defaults.is_empty() {
            function.defaults.set(Some(tuple::from_slice(defaults)?));
        }
        if let Some(given) = keyword_defaults {
            if !given.class().is_subtype(&core::DICT) {
                return Err(raise!(SystemError, "non-dict keyword only default args"));
            }
            function.kwdefaults.set(Some(given.to_ref()));
        }
        if let Some(cells) = closure {
            let count = tuple::items(cells).map(<[_]>::len);
            let wanted = code.self_as::<vm::code::Code>().nfreevars.get();
            if count.and_then(|count| i32::try_from(count).ok()) != Some(wanted) {
                return Err(error::bad_internal_call());
            }
            function.closure.set(Some(cells.to_ref()));
        }
        let (args, pairs) = (objects(args, arg_count), objects(keywords, keyword_count.saturating_mul(2)));
        let optimized = code.self_as::<vm::code::Code>().flag_bits() & bytecode::flags::CO_OPTIMIZED != 0;
        if !optimized && args.is_empty() && pairs.is_empty() {
            return vm::eval::run_function(function.borrow(), Some(locals.unwrap_or(globals)));
        }
        let kwargs = dicts::new()?;
        for pair in pairs.chunks_exact(2) {
            if let [name, value] = pair {
                dicts::set(kwargs.b(), *name, *value)?;
            }
        }
        function.upcast().call_tuple(tuple::from_slice(args)?.b(), Some(kwargs.b()))
    }
}
