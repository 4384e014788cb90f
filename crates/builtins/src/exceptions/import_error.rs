//! `ImportError`.

use super::base::known_keywords;
use super::{BaseException, Exception};
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, hooks, id};

/// Import can't find module, or can't find name in module.
#[pyclass(name = "ImportError", cell = ::object::exc::ImportError, base = Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct ImportError {
    #[trace]
    base: BaseException,
    /// exception message
    #[member(name = "msg")]
    msg: OptRef,
    /// module name
    #[member(name = "name")]
    name: OptRef,
    /// module path
    #[member(name = "path")]
    path: OptRef,
    /// name imported from module
    #[member(name = "name_from")]
    name_from: OptRef,
}

#[pymethods]
impl ImportError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        slf.base.initialize(args);
        let [name, path, name_from] = known_keywords("ImportError", kwargs, ["name", "path", "name_from"])?;
        slf.name.set(name);
        slf.path.set(path);
        slf.name_from.set(name_from);
        slf.msg.set(match tuple::items(args).unwrap_or_default() {
            [message] => Some(message.to_ref()),
            _ => None,
        });
        Ok(())
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        match self.msg.get() {
            Some(message) if text::check_exact(&message) => Ok(message),
            _ => self.base.text(),
        }
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let class = slf.object().get().class();
        let fields = [(id!("name"), slf.name.get()), (id!("path"), slf.path.get()), (id!("name_from"), slf.name_from.get())];
        let state = if fields.iter().any(|(_, value)| value.is_some()) {
            let state = (hooks::get().dict_new)()?;
            if let Some(dict) = slf.base.dict.get() {
                state.call_method(id!("update"), &[dict.b()])?;
            }
            for (name, value) in fields {
                if let Some(value) = value {
                    (hooks::get().dict_set)(state.b(), name, value.b())?;
                }
            }
            Some(state)
        } else {
            slf.base.dict.get()
        };
        slf.base.reduce_with(class, slf.base.arguments(), state)
    }
}
