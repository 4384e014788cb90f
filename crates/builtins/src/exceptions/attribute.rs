//! Exceptions with a field or two: StopIteration, SystemExit, NameError, AttributeError.

use super::base::{BaseException, init_args, no_keywords, str_of};
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, RawField, Ref, core, error, hooks, id, raise};

fn first_of(args: Borrowed<'_>) -> Option<Ref> {
    tuple::items(args).and_then(|items| items.first().map(|item| item.to_ref()))
}

/// Takes the keyword arguments `names` out of `kwargs`; anything else is a TypeError.
pub(super) fn keywords<const N: usize>(
    function: &str,
    kwargs: Option<Borrowed<'_>>,
    names: [&str; N],
) -> PyResult<[Option<Ref>; N]> {
    let mut values = [const { None }; N];
    let Some(kwargs) = kwargs else { return Ok(values) };
    for (name, value) in (hooks::get().dict_items)(kwargs)? {
        let slot = names.iter().position(|own| object::value::str::eq_str(name.b(), own)).and_then(|at| values.get_mut(at));
        match slot {
            Some(slot) => *slot = Some(value),
            None => {
                let name = object::value::str::to_string_lossy(name.b());
                return Err(raise!(TypeError, "{function}() got an unexpected keyword argument '{name}'"));
            }
        }
    }
    Ok(values)
}

/// Signal the end from iterator.__next__().
#[pyclass(name = "StopIteration", cell = object::exc::StopIteration, base = super::list::Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct StopIteration {
    #[trace]
    base: BaseException,
    /// generator return value
    #[member]
    value: OptRef,
}

#[pymethods]
impl StopIteration {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        init_args(slf.object(), args);
        slf.value.set(Some(first_of(args).unwrap_or_else(core::none_ref)));
        Ok(())
    }
}

/// Request to exit from the interpreter.
#[pyclass(name = "SystemExit", cell = object::exc::SystemExit, base = BaseException, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct SystemExit {
    #[trace]
    base: BaseException,
    /// exception code
    #[member]
    code: OptRef,
}

#[pymethods]
impl SystemExit {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        init_args(slf.object(), args);
        match tuple::items(args).unwrap_or_default() {
            [] => {}
            [one] => slf.code.set(Some(one.to_ref())),
            _ => slf.code.set(Some(args.to_ref())),
        }
        Ok(())
    }
}

/// Name not found globally.
#[pyclass(name = "NameError", cell = object::exc::NameError, base = super::list::Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct NameError {
    #[trace]
    base: BaseException,
    /// name
    #[member]
    name: OptRef,
}

#[pymethods]
impl NameError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        init_args(slf.object(), args);
        let [name] = keywords("NameError", kwargs, ["name"])?;
        slf.name.set(name);
        Ok(())
    }
}

/// Attribute not found.
#[pyclass(name = "AttributeError", cell = object::exc::AttributeError, base = super::list::Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct AttributeError {
    #[trace]
    base: BaseException,
    /// object
    #[member]
    obj: OptRef,
    /// attribute name
    #[member]
    name: OptRef,
}

const _: () = assert!(std::mem::offset_of!(AttributeError, obj) == std::mem::offset_of!(abi::PyAttributeErrorObject, obj));

#[pymethods]
impl AttributeError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        init_args(slf.object(), args);
        let [name, obj] = keywords("AttributeError", kwargs, ["name", "obj"])?;
        slf.obj.set(obj);
        slf.name.set(name);
        Ok(())
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        str_of(slf)
    }

    #[method("($self, /)")]
    fn __getstate__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let dict = error::base_of(slf.object()).dict.load();
        let (name, args) = (slf.name.get(), slf.base.args.get());
        if name.is_none() && args.is_none() {
            return Ok(dict.unwrap_or_else(core::none_ref));
        }
        let state = (hooks::get().dict_new)()?;
        if let Some(dict) = dict {
            for (key, value) in (hooks::get().dict_items)(dict.b())? {
                (hooks::get().dict_set)(state.b(), key.b(), value.b())?;
            }
        }
        if let Some(name) = name {
            (hooks::get().dict_set)(state.b(), id!("name"), name.b())?;
        }
        if let Some(args) = args {
            (hooks::get().dict_set)(state.b(), id!("args"), args.b())?;
        }
        Ok(state)
    }

    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let state = AttributeError::__getstate__(slf)?;
        tuple::from_array([slf.object().class().to_ref(), super::base::args_of(slf.object()), state])
    }
}
