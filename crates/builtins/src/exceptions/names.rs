//! `NameError` and `AttributeError`.

use super::base::known_keywords;
use super::{BaseException, Exception};
use macros::{pyclass, pymethods};
use object::{Borrowed, OptRef, PyResult, Ref, hooks, id};

/// Name not found globally.
#[pyclass(name = "NameError", cell = ::object::exc::NameError, base = Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct NameError {
    #[trace]
    base: BaseException,
    /// name
    #[member(name = "name")]
    name: OptRef,
}

#[pymethods]
impl NameError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        slf.base.initialize(args);
        let [name] = known_keywords("NameError", kwargs, ["name"])?;
        slf.name.set(name);
        Ok(())
    }
}

/// Attribute not found.
#[pyclass(name = "AttributeError", cell = ::object::exc::AttributeError, base = Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct AttributeError {
    #[trace]
    base: BaseException,
    /// object
    #[member(name = "obj")]
    obj: OptRef,
    /// attribute name
    #[member(name = "name")]
    name: OptRef,
}

impl AttributeError {
    /// The instance's dict with `name` and `args`. The object itself is left out: it may be anything.
    fn state(&self) -> PyResult<Option<Ref>> {
        let dict = self.base.dict.get();
        if self.name.is_none() && self.base.args.is_none() {
            return Ok(dict);
        }
        let state = (hooks::get().dict_new)()?;
        if let Some(dict) = dict {
            state.call_method(id!("update"), &[dict.b()])?;
        }
        for (name, value) in [(id!("name"), self.name.get()), (id!("args"), self.base.args.get())] {
            if let Some(value) = value {
                (hooks::get().dict_set)(state.b(), name, value.b())?;
            }
        }
        Ok(Some(state))
    }
}

#[pymethods]
impl AttributeError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        slf.base.initialize(args);
        let [name, obj] = known_keywords("AttributeError", kwargs, ["name", "obj"])?;
        slf.name.set(name);
        slf.obj.set(obj);
        Ok(())
    }

    #[method(name = "__getstate__", text = None, "($self, /)")]
    fn getstate(&self) -> PyResult<Option<Ref>> {
        self.state()
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let state = slf.state()?.unwrap_or_else(object::core::none_ref);
        slf.base.reduce_with(slf.object().get().class(), slf.base.arguments(), Some(state))
    }
}
