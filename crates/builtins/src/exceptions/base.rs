//! `BaseException`: arguments, notes, traceback, context, cause.

use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, hooks, id, raise};
use std::cell::Cell;

/// Common base class for all exceptions.
#[pyclass(name = "BaseException", cell = ::object::exc::BaseException, flags(BASETYPE, BASE_EXC_SUBCLASS), gc, dict = dict)]
pub struct BaseException {
    header: abi::PyObject,
    pub(super) dict: OptRef,
    pub(super) args: OptRef,
    notes: OptRef,
    traceback: OptRef,
    context: OptRef,
    cause: OptRef,
    #[member(T_BOOL, name = "__suppress_context__")]
    suppress_context: Cell<i8>,
}

const _: () = assert!(size_of::<BaseException>() == size_of::<abi::PyBaseExceptionObject>());

/// A new instance of `class` with these arguments; what is behind the fields of `BaseException` is zero.
pub(super) fn allocate(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>) -> PyResult<Ref> {
    let made = match class.tp_alloc() {
        Some(function) => function(class, 0)?,
        None => object::memory::generic_alloc(class, 0)?,
    };
    made.b().self_as::<BaseException>().args.set(Some(args.to_ref()));
    Ok(made)
}

/// TypeError if there are keywords.
pub(super) fn no_keywords(slf: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
    if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? == 0 {
        return Ok(());
    }
    Err(raise!(TypeError, "{}() takes no keyword arguments", slf.class().tp_name()))
}

/// The keywords of a call under known names; TypeError for any other.
pub(super) fn known_keywords<const N: usize>(
    function: &str,
    kwargs: Option<Borrowed<'_>>,
    names: [&str; N],
) -> PyResult<[Option<Ref>; N]> {
    let mut values = [const { None }; N];
    let Some(kwargs) = kwargs else { return Ok(values) };
    for (name, value) in (hooks::get().dict_items)(kwargs)? {
        match names.iter().position(|known| text::eq_str(name.b(), known)).and_then(|at| values.get_mut(at)) {
            Some(slot) => *slot = Some(value),
            None => {
                let name = text::to_string_lossy(name.b());
                return Err(raise!(TypeError, "{function}() got an unexpected keyword argument '{name}'"));
            }
        }
    }
    Ok(values)
}

impl BaseException {
    /// `args`, always a tuple.
    pub(super) fn arguments(&self) -> Ref {
        self.args.get().unwrap_or_else(tuple::empty)
    }

    /// What `BaseException.__init__` does.
    pub(super) fn initialize(&self, args: Borrowed<'_>) {
        self.args.set(Some(args.to_ref()));
    }

    /// What `BaseException.__str__` gives.
    pub(super) fn text(&self) -> PyResult<Ref> {
        let args = self.arguments();
        match tuple::items(args.b()).unwrap_or_default() {
            [] => Ok(text::empty()),
            [only] => only.to_ref().str(),
            _ => args.str(),
        }
    }

    /// `(type, args)`, or with the instance's dict where there is one.
    pub(super) fn reduce_with(&self, class: &TypeObject, args: Ref, state: Option<Ref>) -> PyResult<Ref> {
        match state {
            Some(state) => tuple::from_array([class.to_ref(), args, state]),
            None => tuple::from_array([class.to_ref(), args]),
        }
    }
}

/// The first half of the fields' setters: nothing can be deleted; None or an instance of a class.
fn exception_or_none(value: Option<Borrowed<'_>>, what: &str) -> PyResult<Option<Ref>> {
    match value {
        None => Err(raise!(TypeError, "{what} may not be deleted")),
        Some(value) if value.is(&core::none()) => Ok(None),
        Some(value) if value.class().has(abi::tpflags::BASE_EXC_SUBCLASS) => Ok(Some(value.to_ref())),
        Some(_) => {
            let name = what.trim_matches('_');
            Err(raise!(TypeError, "exception {name} must be None or derive from BaseException"))
        }
    }
}

fn set_traceback(exception: &BaseException, value: Option<Borrowed<'_>>) -> PyResult<()> {
    match value {
        None => Err(raise!(TypeError, "__traceback__ may not be deleted")),
        Some(value) if value.is(&core::none()) => {
            exception.traceback.set(None);
            Ok(())
        }
        Some(value) if value.class().is_type(&core::TRACEBACK) => {
            exception.traceback.set(Some(value.to_ref()));
            Ok(())
        }
        Some(_) => Err(raise!(TypeError, "__traceback__ must be a traceback or None")),
    }
}

#[pymethods]
impl BaseException {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        allocate(class, args)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        slf.initialize(args);
        Ok(())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let class = slf.object().get().class().short_name().to_owned();
        let args = slf.arguments();
        let shown = match tuple::items(args.b()).unwrap_or_default() {
            [only] => only.to_ref().repr()?,
            _ => args.repr()?,
        };
        let single = tuple::items(args.b()).is_some_and(|items| items.len() == 1);
        let mut out = text::Builder::new();
        out.push_str(&class)?;
        if single {
            out.push_str("(")?;
        }
        out.push_object(shown.b())?;
        if single {
            out.push_str(")")?;
        }
        out.finish()
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        self.text()
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.reduce_with(slf.object().get().class(), slf.arguments(), slf.dict.get())
    }

    #[method(name = "__setstate__", text = None, "($self, state, /)")]
    fn setstate(slf: Borrowed<'_, Self>, state: Borrowed<'_>) -> PyResult<()> {
        if state.is(&core::none()) {
            return Ok(());
        }
        if !state.class().has(abi::tpflags::DICT_SUBCLASS) {
            return Err(raise!(TypeError, "state is not a dictionary"));
        }
        for (name, value) in (hooks::get().dict_items)(state)? {
            slf.object().get().setattr(name.b(), value.b())?;
        }
        Ok(())
    }

    /// Set self.__traceback__ to tb and return self.
    #[method("($self, tb, /)")]
    fn with_traceback(slf: Borrowed<'_, Self>, tb: Borrowed<'_>) -> PyResult<Ref> {
        set_traceback(slf.get(), Some(tb))?;
        Ok(slf.object().to_ref())
    }

    /// Add a note to the exception
    #[method(name = "add_note", "($self, note, /)")]
    fn add_note_method(slf: Borrowed<'_, Self>, note: Borrowed<'_>) -> PyResult<()> {
        if !text::check(note) {
            return Err(raise!(TypeError, "add_note() argument must be str, not {}", note.class().short_name()));
        }
        append_note(slf.object(), note)
    }

    #[getter(name = "args")]
    fn get_args(&self) -> Ref {
        self.arguments()
    }

    #[setter(name = "args")]
    fn set_args(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(raise!(TypeError, "args may not be deleted")) };
        let args = value.to_tuple()?;
        self.args.set(Some(args));
        Ok(())
    }

    #[getter(name = "__traceback__")]
    fn get_traceback(&self) -> Option<Ref> {
        self.traceback.get()
    }

    #[setter(name = "__traceback__")]
    fn set_traceback_attribute(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        set_traceback(self, value)
    }

    #[getter(name = "__context__")]
    fn get_context(&self) -> Option<Ref> {
        self.context.get()
    }

    #[setter(name = "__context__")]
    fn set_context(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = exception_or_none(value, "__context__")?;
        self.context.set(value);
        Ok(())
    }

    #[getter(name = "__cause__")]
    fn get_cause(&self) -> Option<Ref> {
        self.cause.get()
    }

    #[setter(name = "__cause__")]
    fn set_cause(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = exception_or_none(value, "__cause__")?;
        self.suppress_context.set(1);
        self.cause.set(value);
        Ok(())
    }

    #[getter(name = "__dict__")]
    fn get_dict(&self) -> PyResult<Ref> {
        if let Some(dict) = self.dict.get() {
            return Ok(dict);
        }
        let dict = (hooks::get().dict_new)()?;
        self.dict.set(Some(dict.clone()));
        Ok(dict)
    }

    #[setter(name = "__dict__")]
    fn set_dict(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            None => Err(raise!(TypeError, "cannot delete __dict__")),
            Some(value) if value.class().has(abi::tpflags::DICT_SUBCLASS) => {
                self.dict.set(Some(value.to_ref()));
                Ok(())
            }
            Some(value) => {
                Err(raise!(TypeError, "__dict__ must be set to a dictionary, not a '{}'", value.class().short_name()))
            }
        }
    }
}

fn append_note(exception: Borrowed<'_>, note: Borrowed<'_>) -> PyResult<()> {
    let notes = match exception.getattr_opt(id!("__notes__"))? {
        Some(notes) => notes,
        None => {
            let notes = (hooks::get().list_new)(Vec::new())?;
            exception.setattr(id!("__notes__"), notes.b())?;
            notes
        }
    };
    if !notes.class().is_subtype(&core::LIST) {
        return Err(raise!(TypeError, "Cannot add note: __notes__ is not a list"));
    }
    notes.call_method(id!("append"), &[note]).map(drop)
}

/// `exception.add_note(note)`.
pub fn add_note(exception: Borrowed<'_>, note: &str) -> PyResult<()> {
    append_note(exception, text::new(note)?.b())
}
