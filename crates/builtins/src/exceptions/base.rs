//! `BaseException`.

use abi::Cell;
use macros::{pyclass, pymethods};
use object::protocol::represent::ReprGuard;
use object::value::{str as text, tuple};
use object::{Borrowed, Object, OptRef, PyResult, RawField, Ref, TypeObject, core, error, hooks, id, raise};

/// Common base class for all exceptions
#[pyclass(
    name = "BaseException",
    cell = object::exc::BaseException,
    flags(BASETYPE, BASE_EXC_SUBCLASS),
    dict = dict,
    gc
)]
pub struct BaseException {
    head: abi::PyObject,
    pub(super) dict: OptRef,
    pub(super) args: OptRef,
    notes: OptRef,
    pub(super) traceback: OptRef,
    pub(super) context: OptRef,
    pub(super) cause: OptRef,
    suppress_context: Cell<i8>,
}

const _: () = assert!(size_of::<BaseException>() == size_of::<abi::PyBaseExceptionObject>());

/// The arguments of an exception; it always has some once it is made.
pub(super) fn args_of(exception: Borrowed<'_>) -> Ref {
    error::base_of(exception).args.load().unwrap_or_else(tuple::empty)
}

/// TypeError where keyword arguments were given.
pub(super) fn no_keywords(slf: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
    match kwargs {
        Some(kwargs) if kwargs.len()? > 0 => {
            Err(raise!(TypeError, "{}() takes no keyword arguments", slf.class().short_name()))
        }
        _ => Ok(()),
    }
}

/// The `tp_new` of every exception: zeroed fields and the arguments.
pub(super) fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>) -> PyResult<Ref> {
    let Some(alloc) = cls.tp_alloc() else { return Err(error::bad_internal_call()) };
    let exception = alloc(cls, 0)?;
    error::base_of(exception.b()).args.store(Some(args.to_ref()));
    Ok(exception)
}

/// Keeps the arguments of `__init__`.
pub(super) fn init_args(slf: Borrowed<'_>, args: Borrowed<'_>) {
    error::base_of(slf).args.store(Some(args.to_ref()));
}

/// `str(exception)`: nothing, the argument, or the tuple of them.
pub(super) fn str_of(slf: Borrowed<'_>) -> PyResult<Ref> {
    let args = args_of(slf);
    match tuple::items(args.b()).unwrap_or_default() {
        [] => Ok(text::empty()),
        [one] => one.str(),
        _ => args.str(),
    }
}

fn exception_or_none(value: Borrowed<'_>, what: &str) -> PyResult<Option<Ref>> {
    if value.is(&core::none()) {
        return Ok(None);
    }
    if value.class().has(abi::tpflags::BASE_EXC_SUBCLASS) {
        return Ok(Some(value.to_ref()));
    }
    Err(raise!(TypeError, "exception {what} must be None or derive from BaseException"))
}

fn not_deletable<'a>(what: &str, value: Option<Borrowed<'a>>) -> PyResult<Borrowed<'a>> {
    value.ok_or_else(|| raise!(TypeError, "{what} may not be deleted"))
}

impl BaseException {
    /// The exception's `__dict__`, made when it is first needed.
    fn instance_dict(&self) -> PyResult<Ref> {
        if let Some(dict) = self.dict.get() {
            return Ok(dict);
        }
        let dict = (hooks::get().dict_new)()?;
        self.dict.set(Some(dict.clone()));
        Ok(dict)
    }
}

#[pymethods]
impl BaseException {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        new(cls, args)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf, kwargs)?;
        init_args(slf, args);
        Ok(())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
        let name = slf.class().short_name();
        let args = args_of(slf);
        let Some(_guard) = ReprGuard::enter(&slf) else { return text::new(&format!("{name}(...)")) };
        let mut out = text::Builder::new();
        out.push_str(name)?;
        match tuple::items(args.b()).unwrap_or_default() {
            [one] => {
                out.push_str("(")?;
                out.push_object(one.repr()?.b())?;
                out.push_str(")")?;
            }
            _ => out.push_object(args.repr()?.b())?,
        }
        out.finish()
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        str_of(slf)
    }

    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object: &Object = slf.object().get();
        let args = args_of(slf.object());
        match slf.dict.get() {
            Some(dict) => tuple::from_array([object.class().to_ref(), args, dict]),
            None => tuple::from_array([object.class().to_ref(), args]),
        }
    }

    #[method("($self, state, /)")]
    fn __setstate__(slf: Borrowed<'_>, state: Borrowed<'_>) -> PyResult<()> {
        if state.is(&core::none()) {
            return Ok(());
        }
        if !state.class().is_subtype(&core::DICT) {
            return Err(raise!(TypeError, "state is not a dictionary"));
        }
        for (name, value) in (hooks::get().dict_items)(state)? {
            slf.setattr(name.b(), value.b())?;
        }
        Ok(())
    }

    /// Set self.__traceback__ to tb and return self.
    #[method("($self, object, /)")]
    fn with_traceback(slf: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<Ref> {
        slf.setattr(id!("__traceback__"), object)?;
        Ok(slf.to_ref())
    }

    /// Add a note to the exception
    #[method("($self, object, /)")]
    fn add_note(slf: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<()> {
        if !text::check(object) {
            let name = object.class().short_name();
            return Err(raise!(TypeError, "add_note() argument must be str, not {name}"));
        }
        let notes = match slf.getattr_opt(id!("__notes__"))? {
            Some(notes) => notes,
            None => {
                let notes = (hooks::get().list_new)(Vec::new())?;
                slf.setattr(id!("__notes__"), notes.b())?;
                notes
            }
        };
        if !notes.class().is_subtype(&core::LIST) {
            return Err(raise!(TypeError, "Cannot add note: __notes__ is not a list"));
        }
        notes.call_method(id!("append"), &[object]).map(drop)
    }

    #[getter(name = "__dict__")]
    fn dict(&self) -> PyResult<Ref> {
        self.instance_dict()
    }

    #[setter(name = "__dict__")]
    fn set_dict(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            None => Err(raise!(TypeError, "cannot delete __dict__")),
            Some(value) if !value.class().is_subtype(&core::DICT) => {
                Err(raise!(TypeError, "__dict__ must be set to a dictionary, not a '{}'", value.class().short_name()))
            }
            Some(value) => {
                self.dict.set(Some(value.to_ref()));
                Ok(())
            }
        }
    }

    #[getter]
    fn args(&self) -> Option<Ref> {
        self.args.get()
    }

    #[setter]
    fn set_args(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let args = not_deletable("args", value)?.to_tuple()?;
        self.args.set(Some(args));
        Ok(())
    }

    #[getter(name = "__traceback__")]
    fn traceback(&self) -> Option<Ref> {
        self.traceback.get()
    }

    #[setter(name = "__traceback__")]
    fn set_traceback(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = not_deletable("__traceback__", value)?;
        if value.class().is_type(&core::TRACEBACK) {
            self.traceback.set(Some(value.to_ref()));
        } else if value.is(&core::none()) {
            self.traceback.set(None);
        } else {
            return Err(raise!(TypeError, "__traceback__ must be a traceback or None"));
        }
        Ok(())
    }

    /// exception context
    #[getter(name = "__context__")]
    fn context(&self) -> Option<Ref> {
        self.context.get()
    }

    #[setter(name = "__context__")]
    fn set_context(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = exception_or_none(not_deletable("__context__", value)?, "context")?;
        self.context.set(value);
        Ok(())
    }

    /// exception cause
    #[getter(name = "__cause__")]
    fn cause(&self) -> Option<Ref> {
        self.cause.get()
    }

    #[setter(name = "__cause__")]
    fn set_cause(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = exception_or_none(not_deletable("__cause__", value)?, "cause")?;
        self.suppress_context.set(1);
        self.cause.set(value);
        Ok(())
    }

    #[getter(name = "__suppress_context__")]
    fn suppress_context(&self) -> bool {
        self.suppress_context.get() != 0
    }

    #[setter(name = "__suppress_context__")]
    fn set_suppress_context(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = value.ok_or_else(|| raise!(TypeError, "can't delete numeric/char attribute"))?;
        if !value.class().is_type(&core::BOOL) {
            return Err(raise!(TypeError, "attribute value type must be bool"));
        }
        self.suppress_context.set(i8::from(value.is(&core::true_())));
        Ok(())
    }
}
