//! `CFuncPtr`: the address of a C function, with what is known of its parameters and result.

use crate::call::{self, Signature};
use crate::callback::Thunk;
use crate::data::{self, CData};
use crate::info::{Holder, flag};
use crate::outparams::{self, Outputs};
use crate::{keep, metatypes, types, values};
use macros::{pyclass, pymethods};
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, hooks, raise};

#[pyclass(name = "CFuncPtr", module = "_ctypes", base = CData, flags(BASETYPE), gc)]
/// Function Pointer
pub struct FuncPtr {
    #[trace]
    data: CData,
    thunk: OptRef,
    callable: OptRef,
    /// These win over what the class says.
    converters: OptRef,
    argtypes: OptRef,
    restype: OptRef,
    checker: OptRef,
    errcheck: OptRef,
    pub paramflags: OptRef,
}

fn new_instance(class: Borrowed<'_, TypeObject>) -> PyResult<Ref<FuncPtr>> {
    let data = data::new(class)?;
    // SAFETY: the class is a subclass of this one, whose slot made it.
    Ok(unsafe { data.cast_unchecked::<FuncPtr>() })
}

/// `(name or ordinal, library)`, and perhaps `paramflags`.
fn from_library(class: Borrowed<'_, TypeObject>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
    if args.len() > 2 {
        return Err(raise!(TypeError, "function takes at most 2 arguments ({} given)", args.len()));
    }
    let Some(spec) = args.first() else { return Err(object::error::bad_internal_call()) };
    let paramflags = args.get(1).copied().and_then(crate::array::none_is_absent);
    let spec = spec.to_tuple()?;
    let [name, library] = *tuple::items(spec.b()).unwrap_or_default() else {
        return Err(raise!(TypeError, "illegal func_spec argument"));
    };
    let content = match (bytes::value(name), text::to_string(name)) {
        (Some(content), _) => content.to_vec(),
        (None, Some(name)) => name.into_bytes(),
        (None, None) if text::check(name) => return Err(object::convert::surrogates_not_allowed(name)),
        (None, None) => return Err(raise!(TypeError, "function name must be string, bytes object or integer")),
    };
    // The name ends at a NUL, as for C.
    let content = content.split(|byte| *byte == 0).next().unwrap_or_default();
    let shown = String::from_utf8_lossy(content).into_owned();
    hooks::audit("ctypes.dlsym", &[library, text::new(&shown)?.b()])?;
    let handle = types::handle_of(library)?;
    let address = match types::find_symbol(handle, &types::symbol_name(content)?) {
        Ok(address) => address,
        Err(Some(message)) => return Err(raise!(AttributeError, "{message}")),
        Err(None) => return Err(raise!(AttributeError, "function '{shown}' not found")),
    };
    let argtypes = Holder::concrete(&class)?.argtypes.get();
    outparams::validate(argtypes.as_ref().map(Ref::b), paramflags)?;
    let function = new_instance(class)?;
    function.paramflags.set(paramflags.map(Borrowed::to_ref));
    function.data.set_pointer(address);
    keep::keep(function.b().self_as(), 0, Some(library.to_ref()))?;
    function.callable.set(Some(function.clone().upcast()));
    Ok(function.upcast())
}

/// A C function that calls a Python callable.
fn from_callable(class: Borrowed<'_, TypeObject>, callable: Borrowed<'_>) -> PyResult<Ref> {
    if !callable.is_callable() {
        return Err(raise!(TypeError, "argument must be callable or integer function address"));
    }
    let info = Holder::of_type(&class);
    let Some((info, argtypes)) = info.and_then(|info| info.argtypes.get().map(|argtypes| (info, argtypes))) else {
        return Err(raise!(TypeError, "cannot construct instance of this class: no argtypes"));
    };
    let restype = info.restype.get().unwrap_or_else(core::none_ref);
    let thunk = Thunk::new(callable, argtypes.to_tuple()?, restype, info.flags.get())?;
    let function = new_instance(class)?;
    function.callable.set(Some(callable.to_ref()));
    function.data.set_pointer(thunk.address());
    let thunk = thunk.upcast();
    function.thunk.set(Some(thunk.clone()));
    keep::keep(function.b().self_as(), 0, Some(thunk))?;
    Ok(function.upcast())
}

impl FuncPtr {
    /// What a call needs; the instance's own words win over the class's.
    fn signature(&self, info: &Holder) -> Signature {
        Signature {
            flags: info.flags.get(),
            converters: self.converters.get().or_else(|| info.converters.get()),
            restype: self.restype.get().or_else(|| info.restype.get()),
            checker: self.checker.get().or_else(|| info.checker.get()),
        }
    }
}

fn info_of(slf: Borrowed<'_, FuncPtr>) -> PyResult<Holder> {
    Holder::of_instance(slf.object()).ok_or_else(|| raise!(TypeError, "abstract class"))
}

/// The count of arguments that the types ask for. More may be given to functions of C's own calling convention.
fn check_count(required: usize, given: usize, flags: u32) -> PyResult<()> {
    let plural = if required == 1 { "" } else { "s" };
    if flags & flag::CDECL != 0 {
        if required > given {
            return Err(raise!(TypeError, "this function takes at least {required} argument{plural} ({given} given)"));
        }
    } else if required != given {
        return Err(raise!(TypeError, "this function takes {required} argument{plural} ({given} given)"));
    }
    Ok(())
}

#[pymethods]
impl FuncPtr {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let args = tuple::items(args).unwrap_or_default();
        let Some(first) = args.first() else { return new_instance(class).map(Ref::upcast) };
        if first.class().has(abi::tpflags::TUPLE_SUBCLASS) {
            return from_library(class, args);
        }
        if args.len() != 1 {
            return Err(raise!(TypeError, "function takes exactly 1 argument ({} given)", args.len()));
        }
        if int::check(*first) {
            let address = values::as_void_ptr(*first)?;
            let function = new_instance(class)?;
            function.data.set_pointer(address);
            return Ok(function.upcast());
        }
        from_callable(class, *first)
    }

    #[slot(tp_call)]
    fn call(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let info = info_of(slf)?;
        let signature = slf.signature(&info);
        let argtypes = slf.argtypes.get().or_else(|| info.argtypes.get());
        let errcheck = slf.errcheck.get();
        let function = slf.data.pointer();
        let paramflags = slf.paramflags.get();
        let (arguments, outputs) = match (argtypes, paramflags) {
            (Some(argtypes), Some(paramflags)) => outparams::arguments(argtypes.b(), paramflags.b(), args, kwargs)?,
            _ => (args.to_ref(), Outputs::default()),
        };
        if let Some(converters) = signature.converters.as_ref().and_then(|converters| tuple::items(converters.b())) {
            let given = tuple::items(arguments.b()).map_or(0, <[_]>::len);
            check_count(converters.len(), given, signature.flags)?;
        }
        if function.is_null() {
            return Err(raise!(ValueError, "NULL function pointer call"));
        }
        let result = call::call(function, arguments.b(), &signature)?;
        if let Some(errcheck) = errcheck {
            let checked = errcheck.call(&[result.b(), slf.object(), arguments.b()])?;
            if !checked.is(&arguments) {
                return Ok(checked);
            }
        }
        outputs.result(result, arguments.b())
    }

    /// a function to check for errors
    #[getter]
    fn errcheck(slf: Borrowed<'_, Self>) -> Option<Ref> {
        slf.errcheck.get()
    }

    #[setter]
    fn set_errcheck(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        if value.is_some_and(|value| !value.is_callable()) {
            return Err(raise!(TypeError, "the errcheck attribute must be callable"));
        }
        slf.errcheck.set(value.map(Borrowed::to_ref));
        Ok(())
    }

    /// specify the result type
    #[getter]
    fn restype(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        Ok(slf.restype.get().or(info_of(slf)?.restype.get()))
    }

    #[setter]
    fn set_restype(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let checker = match value {
            Some(value) => metatypes::result_type(value, "restype")?,
            None => None,
        };
        let old = (slf.checker.replace(checker), slf.restype.replace(value.map(Borrowed::to_ref)));
        drop(old);
        Ok(())
    }

    /// specify the argument types
    #[getter]
    fn argtypes(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        Ok(slf.argtypes.get().or(info_of(slf)?.argtypes.get()))
    }

    #[setter]
    fn set_argtypes(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = value.and_then(crate::array::none_is_absent);
        let converters = match value {
            Some(value) => Some(metatypes::converters(value)?),
            None => None,
        };
        outparams::validate(value, slf.paramflags.get().as_ref().map(Ref::b))?;
        let old = (slf.converters.replace(converters), slf.argtypes.replace(value.map(Borrowed::to_ref)));
        drop(old);
        Ok(())
    }

    #[slot(nb_bool)]
    fn bool(slf: Borrowed<'_, Self>) -> PyResult<bool> {
        Ok(!slf.data.pointer().is_null())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> String {
        format!("<{} object at {:p}>", slf.object().class().tp_name(), slf.object().ptr())
    }
}
