//! `_testinternalcapi`: what CPython's tests ask of the implementation. Only what has a meaning here; the rest is absent.

pub(crate) mod interpreters;
pub(crate) mod objects;
pub(crate) mod stages;

use macros::pymodule;

/// The parts of `_testinternalcapi` that this implementation has.
#[pymodule(name = "_testinternalcapi", parts(super::stages::part, super::interpreters::part, super::objects::part))]
pub mod module {
    use crate::code::Code;
    use crate::pending_calls;
    use crate::specialize;
    use bytecode::Op;
    use object::value::{int, tuple};
    use object::{Borrowed, PyResult, Ref, TypeObject, core, raise, thread};

    /// How often an instruction runs until it is specialised.
    #[pyattr(name = "SPECIALIZATION_THRESHOLD")]
    fn threshold() -> PyResult<Ref> {
        int::new(i64::from(specialize::WARMUP) + 1)
    }

    /// How often a specialised instruction misses before it is looked at again.
    #[pyattr(name = "SPECIALIZATION_COOLDOWN")]
    fn cooldown() -> PyResult<Ref> {
        int::new(i64::from(specialize::COOLDOWN) + 1)
    }

    /// Bytes of the collector's header before an object.
    #[pyattr(name = "SIZEOF_PYGC_HEAD")]
    fn size_of_gc_header() -> PyResult<Ref> {
        int::new(size_of::<object::memory::GcHeader>() as i64)
    }

    /// Bytes of the managed words before that.
    #[pyattr(name = "SIZEOF_MANAGED_PRE_HEADER")]
    fn size_of_pre_header() -> PyResult<Ref> {
        int::new(size_of::<object::memory::PreHeader>() as i64)
    }

    /// Bytes of an object's header.
    #[pyattr(name = "SIZEOF_PYOBJECT")]
    fn size_of_header() -> PyResult<Ref> {
        int::new(size_of::<abi::PyObject>() as i64)
    }

    /// Whether the attributes of the object stand inline.
    #[pyfunction("($module, object, /)")]
    fn has_inline_values(object: Borrowed<'_>) -> bool {
        object.class().has(abi::tpflags::INLINE_VALUES) && builtins::dict::instance::has_valid_inline_values(object)
    }

    /// How many calls of Python functions are under way.
    #[pyfunction("($module, /)")]
    fn get_recursion_depth() -> i32 {
        let thread = &thread::current().raw;
        thread.py_recursion_limit.get() - thread.py_recursion_remaining.get()
    }

    /// How many more native calls the stack has room for, roughly.
    #[pyfunction("($module, /)")]
    fn get_c_recursion_remaining() -> PyResult<Ref> {
        /// What a call takes, with generous allowance.
        const BYTES_OF_CALL: usize = 512;
        let left = object::recursion::stack_pointer().saturating_sub(thread::current().stack_limit.get());
        int::from_u64((left / BYTES_OF_CALL) as u64)
    }

    fn code_of(object: Borrowed<'_>) -> PyResult<Borrowed<'_, Code>> {
        object.downcast::<Code>().ok_or_else(|| raise!(TypeError, "argument must be a code object"))
    }

    /// Words of a frame of this code.
    #[pyfunction("($module, code, /)")]
    fn get_co_framesize(code: Borrowed<'_>) -> PyResult<Ref> {
        int::new(i64::try_from(code_of(code)?.frame_words()).unwrap_or(i64::MAX))
    }

    /// The kinds of the code's local variables, by name.
    #[pyfunction("($module, code, /)")]
    fn get_co_localskinds(code: Borrowed<'_>) -> PyResult<Ref> {
        let code = code_of(code)?;
        let kinds = crate::support::dict_new()?;
        for (name, kind) in code.localsplusnames().iter().zip(code.localspluskinds()) {
            crate::support::dict_set(kinds.b(), *name, int::new(i64::from(*kind))?.b())?;
        }
        Ok(kinds)
    }

    /// Whether the code returns nothing but None.
    #[pyfunction("($module, code, /)")]
    fn code_returns_only_none(code: Borrowed<'_>) -> PyResult<bool> {
        let code = code_of(code)?;
        let none = code.consts().iter().position(|value| value.is(&core::none()));
        let mut previous: Option<(Op, u32)> = None;
        for (op, arg) in bytecode::ops::instructions(code.code_bytes()) {
            if op == Op::RETURN_VALUE {
                let loaded = previous.filter(|(op, _)| *op == Op::LOAD_CONST).and_then(|(_, arg)| usize::try_from(arg).ok());
                if loaded.is_none() || loaded != none {
                    return Ok(false);
                }
            }
            previous = Some((op, arg));
        }
        Ok(true)
    }

    fn class_of(object: Borrowed<'_>) -> PyResult<Borrowed<'_, TypeObject>> {
        object.downcast::<TypeObject>().ok_or_else(|| raise!(TypeError, "argument must be a type"))
    }

    /// The version of a type, 0 for none.
    #[pyfunction("($module, type, /)")]
    fn type_get_version(class: Borrowed<'_>) -> PyResult<Ref> {
        int::new(i64::from(class_of(class)?.raw().tp_version_tag.get()))
    }

    /// Gives a type a version; whether it has one.
    #[pyfunction("($module, type, /)")]
    fn type_assign_version(class: Borrowed<'_>) -> PyResult<bool> {
        Ok(builtins::type_::lookup::assign_version(class_of(class)?.get()))
    }

    extern "C-unwind" fn call_pending(callable: *mut std::ffi::c_void) -> std::ffi::c_int {
        // SAFETY: the queue owned a reference to the callable.
        let callable = unsafe { Ref::<object::Object>::from_owned_or_null(callable.cast()) };
        match callable.map(|callable| callable.call0()) {
            Some(Err(_raised)) => -1,
            _ => 0,
        }
    }

    /// Asks any thread to call `callback` between two instructions, `num` times; how often that was accepted.
    #[pyfunction("($module, callback, num=1, *, blocking=False, ensure_added=False)")]
    fn pending_threadfunc(callback: Borrowed<'_>, num: u32, blocking: bool, ensure_added: bool) -> u32 {
        let who = pending_calls::Who::Any(thread::current().interpreter());
        let add = || {
            let owned = callback.to_ref().into_ptr();
            if pending_calls::add(who, call_pending, owned.cast()) {
                return true;
            }
            // SAFETY: not accepted, so the reference is still ours.
            drop(unsafe { Ref::<object::Object>::from_owned_or_null(owned) });
            false
        };
        let _ = blocking;
        let mut added = 0;
        while added < num {
            if !add() {
                if !ensure_added {
                    break;
                }
                crate::lifecycle::threads::yield_gil();
                continue;
            }
            added += 1;
        }
        added
    }

    /// The types that CPython calls static built-in ones.
    #[pyfunction("($module, /)")]
    fn get_static_builtin_types() -> PyResult<Ref> {
        tuple::from_vec(builtins::init::static_types().map(|class| class.to_ref()).collect())
            .and_then(|types| Ok(builtins::list::from_iterable(types.b())?.upcast()))
    }
}
