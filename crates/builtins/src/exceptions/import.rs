//! `ImportError`.

use super::attribute::keywords;
use super::base::{BaseException, args_of, init_args, str_of};
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, hooks, id};

/// Import can't find module, or can't find name in module.
#[pyclass(name = "ImportError", cell = object::exc::ImportError, base = super::list::Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct ImportError {
    #[trace]
    base: BaseException,
    /// exception message
    #[member]
    msg: OptRef,
    /// module name
    #[member]
    name: OptRef,
    /// module path
    #[member]
    path: OptRef,
    /// name imported from module
    #[member]
    name_from: OptRef,
}

const _: () = assert!(size_of::<ImportError>() == size_of::<abi::PyImportErrorObject>());

#[pymethods]
impl ImportError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        init_args(slf.object(), args);
        let [name, path, name_from] = keywords("ImportError", kwargs, ["name", "path", "name_from"])?;
        slf.name.set(name);
        slf.path.set(path);
        slf.name_from.set(name_from);
        slf.msg.set(match tuple::items(args) {
            Some([message]) => Some(message.to_ref()),
            _ => None,
        });
        Ok(())
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        match slf.msg.get() {
            Some(message) if text::check_exact(&message) => Ok(message),
            _ => str_of(slf.object()),
        }
    }

    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let class = slf.object().class().to_ref();
        let args = args_of(slf.object());
        let dict = slf.base.dict.get();
        let fields = [(id!("name"), slf.name.get()), (id!("path"), slf.path.get()), (id!("name_from"), slf.name_from.get())];
        if dict.is_none() && fields.iter().all(|(_, value)| value.is_none()) {
            return tuple::from_array([class, args]);
        }
        let state = (hooks::get().dict_new)()?;
        if let Some(dict) = dict {
            for (key, value) in (hooks::get().dict_items)(dict.b())? {
                (hooks::get().dict_set)(state.b(), key.b(), value.b())?;
            }
        }
        for (key, value) in fields {
            if let Some(value) = value {
                (hooks::get().dict_set)(state.b(), key, value.b())?;
            }
        }
        tuple::from_array([class, args, state])
    }
}
