//! The exceptions with a few attributes: StopIteration, SystemExit, ImportError, NameError, AttributeError.

use super::base::{BaseException, no_keywords};
use super::items;
use super::simple::Exception;
use crate::type_::dicts;
use macros::{pyclass, pymethods};
use object::value::str as text;
use object::{Borrowed, OptRef, PyResult, Ref, core, id, raise};

/// Signal the end from iterator.__next__().
#[pyclass(name = "StopIteration", cell = ::object::exc::StopIteration, base = Exception, flags(BASETYPE), gc)]
pub struct StopIteration {
    #[trace]
    base: Exception,
    /// generator return value
    #[member(doc = "generator return value")]
    pub value: OptRef,
}

#[pymethods]
impl StopIteration {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.class(), kwargs)?;
        slf.self_as::<BaseException>().args.set(Some(args.to_ref()));
        let value = items(args).first().map_or_else(core::none_ref, |value| value.to_ref());
        slf.self_as::<StopIteration>().value.set(Some(value));
        Ok(())
    }
}

/// Request to exit from the interpreter.
#[pyclass(name = "SystemExit", cell = ::object::exc::SystemExit, base = BaseException, flags(BASETYPE), gc)]
pub struct SystemExit {
    #[trace]
    base: BaseException,
    #[member(doc = "exception code")]
    pub code: OptRef,
}

#[pymethods]
impl SystemExit {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.class(), kwargs)?;
        slf.self_as::<BaseException>().args.set(Some(args.to_ref()));
        let code = match items(args) {
            [] => return Ok(()),
            [code] => code.to_ref(),
            _ => args.to_ref(),
        };
        slf.self_as::<SystemExit>().code.set(Some(code));
        Ok(())
    }
}

/// Reads keyword-only arguments with these names; others are TypeError.
fn keywords<const N: usize>(class_name: &str, names: [&str; N], kwargs: Option<Borrowed<'_>>) -> PyResult<[Option<Ref>; N]> {
    let mut values = [const { None }; N];
    let Some(kwargs) = kwargs else { return Ok(values) };
    for (name, value) in dicts::items(kwargs)? {
        let position = names.iter().position(|own| text::eq_str(name.b(), own));
        match position.and_then(|at| values.get_mut(at)) {
            Some(slot) => *slot = Some(value),
            None => {
                return Err(raise!(
                    TypeError,
                    "{class_name}() got an unexpected keyword argument '{}'",
                    text::to_string_lossy(name.b())
                ));
            }
        }
    }
    Ok(values)
}

/// Import can't find module, or can't find name in module.
#[pyclass(name = "ImportError", cell = ::object::exc::ImportError, base = Exception, flags(BASETYPE), gc)]
pub struct ImportError {
    #[trace]
    base: Exception,
    #[member(doc = "exception message")]
    pub msg: OptRef,
    #[member(doc = "module name")]
    pub name: OptRef,
    #[member(doc = "module path")]
    pub path: OptRef,
    #[member(doc = "name imported from module")]
    pub name_from: OptRef,
}

#[pymethods]
impl ImportError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        slf.object().self_as::<BaseException>().args.set(Some(args.to_ref()));
        let [name, path, name_from] = keywords("ImportError", ["name", "path", "name_from"], kwargs)?;
        slf.name.set(name);
        slf.path.set(path);
        slf.name_from.set(name_from);
        slf.msg.set(match items(args) {
            [message] => Some(message.to_ref()),
            _ => None,
        });
        Ok(())
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        match slf.msg.get() {
            Some(message) if text::check_exact(&message) => Ok(message),
            _ => base_str(slf.object()),
        }
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let state = dicts::new()?;
        let base = slf.object().self_as::<BaseException>();
        if let Some(dict) = base.dict.get() {
            dicts::merge(state.b(), dict.b())?;
        }
        for (name, value) in
            [(id!("name"), slf.name.get()), (id!("path"), slf.path.get()), (id!("name_from"), slf.name_from.get())]
        {
            if let Some(value) = value {
                dicts::set(state.b(), name, value.b())?;
            }
        }
        let state = if state.len()? == 0 { None } else { Some(state) };
        BaseException::reduce_with(slf.object(), base.arguments(), state)
    }
}

/// `str(exception)` by BaseException's rule.
pub fn base_str(slf: Borrowed<'_>) -> PyResult<Ref> {
    match object::exc::BaseException.tp_str() {
        Some(str) => str(slf),
        None => Ok(text::empty()),
    }
}

/// Name not found globally.
#[pyclass(name = "NameError", cell = ::object::exc::NameError, base = Exception, flags(BASETYPE), gc)]
pub struct NameError {
    #[trace]
    base: Exception,
    #[member(doc = "name")]
    pub name: OptRef,
}

#[pymethods]
impl NameError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        slf.object().self_as::<BaseException>().args.set(Some(args.to_ref()));
        let [name] = keywords("NameError", ["name"], kwargs)?;
        slf.name.set(name);
        Ok(())
    }
}

/// Attribute not found.
#[pyclass(name = "AttributeError", cell = ::object::exc::AttributeError, base = Exception, flags(BASETYPE), gc)]
pub struct AttributeError {
    #[trace]
    base: Exception,
    #[member(doc = "object")]
    pub obj: OptRef,
    #[member(doc = "attribute name")]
    pub name: OptRef,
}

#[pymethods]
impl AttributeError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        slf.object().self_as::<BaseException>().args.set(Some(args.to_ref()));
        let [name, obj] = keywords("AttributeError", ["name", "obj"], kwargs)?;
        slf.name.set(name);
        slf.obj.set(obj);
        Ok(())
    }

    // `obj` may be anything, also what cannot be pickled: only the name goes along.
    #[method(name = "__getstate__", text = None, "($self, /)")]
    fn getstate(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let base = slf.object().self_as::<BaseException>();
        let (dict, name) = (base.dict.get(), slf.name.get());
        if name.is_none() && items(base.arguments().b()).is_empty() {
            return Ok(dict.unwrap_or_else(core::none_ref));
        }
        let state = match dict {
            Some(dict) => dicts::copy(dict.b())?,
            None => dicts::new()?,
        };
        if let Some(name) = name {
            dicts::set(state.b(), id!("name"), name.b())?;
        }
        dicts::set(state.b(), id!("args"), base.arguments().b())?;
        Ok(state)
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let state = Self::getstate(slf)?;
        let args = slf.object().self_as::<BaseException>().arguments();
        BaseException::reduce_with(slf.object(), args, Some(state))
    }
}
