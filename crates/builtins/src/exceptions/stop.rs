//! `StopIteration`, `SystemExit`, `KeyError`.

use super::base::no_keywords;
use super::{BaseException, Exception, LookupError};
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref};

/// Signal the end from iterator.__next__().
#[pyclass(name = "StopIteration", cell = ::object::exc::StopIteration, base = Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct StopIteration {
    #[trace]
    base: BaseException,
    /// generator return value
    #[member(name = "value")]
    value: OptRef,
}

#[pymethods]
impl StopIteration {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        slf.base.initialize(args);
        let first = tuple::items(args).and_then(<[_]>::first);
        slf.value.set(Some(first.map_or_else(object::core::none_ref, |first| first.to_ref())));
        Ok(())
    }
}

/// Request to exit from the interpreter.
#[pyclass(name = "SystemExit", cell = ::object::exc::SystemExit, base = BaseException, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct SystemExit {
    #[trace]
    base: BaseException,
    /// exception code
    #[member(name = "code")]
    code: OptRef,
}

#[pymethods]
impl SystemExit {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        slf.base.initialize(args);
        match tuple::items(args).unwrap_or_default() {
            [] => {}
            [code] => slf.code.set(Some(code.to_ref())),
            _ => slf.code.set(Some(args.to_ref())),
        }
        Ok(())
    }
}

/// Mapping key not found.
#[pyclass(name = "KeyError", cell = ::object::exc::KeyError, base = LookupError, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct KeyError {
    #[trace]
    base: BaseException,
}

#[pymethods]
impl KeyError {
    /// The repr of a single argument: an empty string as a key would be invisible otherwise.
    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        let args = self.base.arguments();
        match tuple::items(args.b()).unwrap_or_default() {
            [key] => key.to_ref().repr(),
            _ => self.base.text(),
        }
    }
}
