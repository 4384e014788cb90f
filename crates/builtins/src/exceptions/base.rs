//! `BaseException`: arguments, traceback, context, cause, notes.

use super::items;
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{ArgPtr, Borrowed, OptRef, PyResult, Ref, TypeObject, core, error, exc, id, memory, raise};

/// Common base class for all exceptions
#[pyclass(
    name = "BaseException",
    cell = ::object::exc::BaseException,
    flags(BASETYPE, BASE_EXC_SUBCLASS),
    dict = dict,
    gc
)]
pub struct BaseException {
    head: PyObject,
    pub dict: OptRef,
    pub args: OptRef,
    pub notes: OptRef,
    pub traceback: OptRef,
    pub context: OptRef,
    pub cause: OptRef,
    #[member(T_BOOL, name = "__suppress_context__")]
    pub suppress_context: Cell<i8>,
}

const _: () = assert!(size_of::<BaseException>() == size_of::<abi::PyBaseExceptionObject>());

/// A new instance of an exception type with these arguments; its own fields are empty.
pub fn allocate(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>) -> PyResult<Ref> {
    let object = match class.tp_alloc() {
        Some(alloc) => alloc(class, 0)?,
        None => memory::generic_alloc(class, 0)?,
    };
    object.b().self_as::<BaseException>().args.set(Some(args.to_ref()));
    Ok(object)
}

/// A vectorcall of an exception type. What has `__new__` and `__init__` of `BaseException` is made at once, everything else through `type.__call__`.
pub extern "C-unwind" fn construct<'a>(
    class: Borrowed<'a>,
    args: ArgPtr<'a>,
    nargsf: usize,
    kwnames: Option<Borrowed<'a>>,
) -> PyResult<Ref> {
    let names = kwnames.and_then(tuple::items).unwrap_or_default();
    let nargs = nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET;
    let all = args.with_len((nargs + names.len()).cast_signed());
    let (positional, values) = all.split_at_checked(nargs).unwrap_or((&all, &[]));
    let args = tuple::from_slice(positional)?;
    let own = class.self_as::<TypeObject>();
    let same = |slot| own.slot_ptr(slot) == exc::BaseException.slot_ptr(slot);
    if names.is_empty() && same(abi::typeslot::tp_new) && same(abi::typeslot::tp_init) {
        return allocate(own, args.b());
    }
    let kwargs = if names.is_empty() {
        None
    } else {
        let dict = crate::type_::dicts::new()?;
        names.iter().zip(values).try_for_each(|(name, value)| crate::type_::dicts::set(dict.b(), *name, *value))?;
        Some(dict)
    };
    crate::type_::call::call(&own, args.b(), kwargs.as_ref().map(Ref::b))
}

/// TypeError where there are keyword arguments.
pub fn no_keywords(class: &TypeObject, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
    if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0 {
        return Err(raise!(TypeError, "{}() takes no keyword arguments", class.tp_name()));
    }
    Ok(())
}

/// `exception.add_note(note)`.
pub fn add_note(exception: Borrowed<'_>, note: &str) -> PyResult<()> {
    let note = text::new(note)?;
    add_note_object(exception, note.b())
}

fn add_note_object(exception: Borrowed<'_>, note: Borrowed<'_>) -> PyResult<()> {
    if !text::check(note) {
        return Err(raise!(TypeError, "note must be a str, not '{}'", note.class().tp_name()));
    }
    let notes = match exception.getattr_opt(id!("__notes__"))? {
        Some(notes) => notes,
        None => {
            let notes = (object::hooks::get().list_new)(Vec::new())?;
            exception.setattr(id!("__notes__"), notes.b())?;
            notes
        }
    };
    if !notes.class().is_subtype(&core::LIST) {
        return Err(raise!(TypeError, "Cannot add note: __notes__ is not a list"));
    }
    notes.call_method(id!("append"), &[note]).map(drop)
}

impl BaseException {
    /// The arguments.
    pub fn arguments(&self) -> Ref {
        self.args.get().unwrap_or_else(tuple::empty)
    }

    /// `__reduce__` with these arguments and this state.
    pub fn reduce_with(slf: Borrowed<'_>, args: Ref, state: Option<Ref>) -> PyResult<Ref> {
        let class = slf.class().to_ref();
        match state {
            Some(state) => tuple::from_array([class, args, state]),
            None => tuple::from_array([class, args]),
        }
    }
}

#[pymethods]
impl BaseException {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        allocate(class, args)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.class(), kwargs)?;
        slf.self_as::<BaseException>().args.set(Some(args.to_ref()));
        Ok(())
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        let args = self.arguments();
        match items(args.b()) {
            [] => Ok(text::empty()),
            [only] => only.str(),
            _ => args.str(),
        }
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let class = slf.object().get().class();
        let args = slf.arguments();
        let mut builder = text::Builder::new();
        builder.push_str(class.short_name())?;
        if let [only] = items(args.b()) {
            builder.push_str("(")?;
            builder.push_object(only.repr()?.b())?;
            builder.push_str(")")?;
        } else {
            builder.push_object(args.repr()?.b())?;
        }
        builder.finish()
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        BaseException::reduce_with(slf.object(), slf.arguments(), slf.dict.get())
    }

    #[method(name = "__setstate__", text = None, "($self, state, /)")]
    fn setstate(slf: Borrowed<'_>, state: Borrowed<'_>) -> PyResult<()> {
        if state.is(&core::none()) {
            return Ok(());
        }
        if !state.class().is_subtype(&core::DICT) {
            return Err(raise!(TypeError, "state is not a dictionary"));
        }
        for (name, value) in crate::type_::dicts::items(state)? {
            slf.setattr(name.b(), value.b())?;
        }
        Ok(())
    }

    /// Set self.__traceback__ to tb and return self.
    #[method("($self, object, /)")]
    fn with_traceback(slf: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<Ref> {
        set_traceback(slf, Some(object))?;
        Ok(slf.to_ref())
    }

    /// Add a note to the exception
    #[method("($self, object, /)")]
    fn add_note(slf: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<()> {
        if !text::check(object) {
            return Err(raise!(TypeError, "add_note() argument must be str, not {}", object.class().tp_name()));
        }
        add_note_object(slf, object)
    }

    #[getter(name = "__dict__")]
    fn get_dict(slf: Borrowed<'_>) -> PyResult<Ref> {
        crate::dict::instance::dict_getter(slf)
    }

    #[setter(name = "__dict__")]
    fn set_dict(slf: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        crate::dict::instance::dict_setter(slf, value)
    }

    #[getter(name = "args")]
    fn get_args(&self) -> Ref {
        self.args.get().unwrap_or_else(core::none_ref)
    }

    #[setter(name = "args")]
    fn set_args(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(raise!(TypeError, "args may not be deleted")) };
        let args = value.to_tuple()?;
        self.args.set(Some(args));
        Ok(())
    }

    #[getter(name = "__traceback__")]
    fn get_traceback(&self) -> Ref {
        self.traceback.get().unwrap_or_else(core::none_ref)
    }

    #[setter(name = "__traceback__")]
    fn set_traceback_attribute(slf: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        set_traceback(slf, value)
    }

    /// exception context
    #[getter(name = "__context__")]
    fn get_context(&self) -> Ref {
        self.context.get().unwrap_or_else(core::none_ref)
    }

    #[setter(name = "__context__")]
    fn set_context(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = exception_or_none(value, "__context__", "context")?;
        self.context.set(value);
        Ok(())
    }

    /// exception cause
    #[getter(name = "__cause__")]
    fn get_cause(&self) -> Ref {
        self.cause.get().unwrap_or_else(core::none_ref)
    }

    #[setter(name = "__cause__")]
    fn set_cause(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = exception_or_none(value, "__cause__", "cause")?;
        self.suppress_context.set(1);
        self.cause.set(value);
        Ok(())
    }
}

fn exception_or_none(value: Option<Borrowed<'_>>, attribute: &str, what: &str) -> PyResult<Option<Ref>> {
    let Some(value) = value else { return Err(raise!(TypeError, "{attribute} may not be deleted")) };
    if value.is(&core::none()) {
        return Ok(None);
    }
    if !value.class().has(abi::tpflags::BASE_EXC_SUBCLASS) {
        return Err(raise!(TypeError, "exception {what} must be None or derive from BaseException"));
    }
    Ok(Some(value.to_ref()))
}

fn set_traceback(slf: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    let Some(value) = value else { return Err(raise!(TypeError, "__traceback__ may not be deleted")) };
    let value = if value.is(&core::none()) {
        None
    } else if value.class().is_type(&core::TRACEBACK) {
        Some(value.to_ref())
    } else {
        return Err(raise!(TypeError, "__traceback__ must be a traceback or None"));
    };
    drop(object::RawField::swap_ref(&error::base_of(slf).traceback, value));
    Ok(())
}
