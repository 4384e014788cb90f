//! `OSError`: the arguments choose the subclass.

use super::base::{BaseException, args_of, init_args, no_keywords, str_of};
use abi::Cell;
use macros::{pyclass, pymethods};
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, TypeObject, core, error, exc, raise};

/// Base class for I/O related errors.
#[pyclass(name = "OSError", cell = object::exc::OSError, base = super::list::Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct OSError {
    #[trace]
    base: BaseException,
    /// POSIX exception code
    #[member(name = "errno")]
    myerrno: OptRef,
    /// exception strerror
    #[member]
    strerror: OptRef,
    /// exception filename
    #[member]
    filename: OptRef,
    /// second exception filename
    #[member]
    filename2: OptRef,
    /// Characters written before BlockingIOError; one more than there are, 0 for unset (so that zeroed memory is valid).
    written: Cell<isize>,
}

const _: () = assert!(size_of::<OSError>() == size_of::<abi::PyOSErrorObject>());

/// The subclass of an errno.
fn class_of_errno(errno: i64) -> Option<&'static TypeObject> {
    let errno = i32::try_from(errno).ok()?;
    // The numbers of Linux (asm-generic/errno.h); PEP 3151 has the table.
    Some(match errno {
        11 | 114 | 115 => &exc::BlockingIOError,
        32 | 108 => &exc::BrokenPipeError,
        10 => &exc::ChildProcessError,
        103 => &exc::ConnectionAbortedError,
        111 => &exc::ConnectionRefusedError,
        104 => &exc::ConnectionResetError,
        17 => &exc::FileExistsError,
        2 => &exc::FileNotFoundError,
        21 => &exc::IsADirectoryError,
        20 => &exc::NotADirectoryError,
        4 => &exc::InterruptedError,
        13 | 1 => &exc::PermissionError,
        3 => &exc::ProcessLookupError,
        110 => &exc::TimeoutError,
        _ => return None,
    })
}

/// A subclass with an `__init__` of its own but OSError's `__new__` fills the fields in `__init__`.
fn fills_in_init(class: &TypeObject) -> bool {
    let same = |a: *const (), b: *const ()| std::ptr::eq(a, b);
    let slots = |class: &TypeObject, id| class.slot_ptr(id);
    !same(slots(class, abi::typeslot::tp_init), slots(&exc::OSError, abi::typeslot::tp_init))
        && same(slots(class, abi::typeslot::tp_new), slots(&exc::OSError, abi::typeslot::tp_new))
}

/// Fills the fields from `(errno, strerror[, filename[, winerror[, filename2]]])`. The file names leave `args`.
fn fill(slf: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<()> {
    let own = slf.self_as::<OSError>();
    let items = tuple::items(args).unwrap_or_default();
    let mut kept = args.to_ref();
    if (2..=5).contains(&items.len()) {
        let given = |at: usize| items.get(at).filter(|item| !item.is(&core::none())).map(|item| item.to_ref());
        own.myerrno.set(items.first().map(|item| item.to_ref()));
        own.strerror.set(items.get(1).map(|item| item.to_ref()));
        if let Some(filename) = given(2) {
            let is_count = slf.class().is_type(&exc::BlockingIOError) && filename.class().nb_index().is_some();
            if is_count {
                own.written.set(filename.as_isize_or(&exc::ValueError)?.saturating_add(1));
            } else {
                own.filename.set(Some(filename));
                own.filename2.set(given(4));
                kept = tuple::from_slice(items.get(..2).unwrap_or_default())?;
            }
        }
    }
    init_args(slf, kept.b());
    Ok(())
}

#[pymethods]
impl OSError {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let in_init = fills_in_init(&cls);
        let mut class: &TypeObject = &cls;
        if !in_init {
            if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? > 0 {
                return Err(raise!(TypeError, "{}() takes no keyword arguments", cls.short_name()));
            }
            let items = tuple::items(args).unwrap_or_default();
            if cls.is_type(&exc::OSError)
                && (2..=5).contains(&items.len())
                && let Some(errno) = items.first().and_then(|errno| int::to_i64(*errno))
                && let Some(subclass) = class_of_errno(errno)
            {
                class = subclass;
            }
        }
        let exception = super::base::new(class.borrowed_type(), if in_init { tuple::empty() } else { args.to_ref() }.b())?;
        if !in_init {
            fill(exception.b(), args)?;
        }
        Ok(exception)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        if !fills_in_init(slf.class()) {
            return Ok(());
        }
        no_keywords(slf, kwargs)?;
        fill(slf, args)
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let show = |value: Option<Ref>| value.map_or_else(|| text::new("None"), |value| value.str());
        let (errno, message) = (slf.myerrno.get(), slf.strerror.get());
        let mut out = text::Builder::new();
        let head = |out: &mut text::Builder| -> PyResult<()> {
            out.push_str("[Errno ")?;
            out.push_object(show(errno.clone())?.b())?;
            out.push_str("] ")?;
            out.push_object(show(message.clone())?.b())
        };
        match (slf.filename.get(), slf.filename2.get()) {
            (Some(first), second) => {
                head(&mut out)?;
                out.push_str(": ")?;
                out.push_object(first.repr()?.b())?;
                if let Some(second) = second {
                    out.push_str(" -> ")?;
                    out.push_object(second.repr()?.b())?;
                }
            }
            (None, _) if errno.is_some() && message.is_some() => head(&mut out)?,
            _ => return str_of(slf.object()),
        }
        out.finish()
    }

    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let args = args_of(slf.object());
        let items = tuple::items(args.b()).unwrap_or_default();
        let args = match (items, slf.filename.get()) {
            ([errno, message], Some(filename)) => match slf.filename2.get() {
                Some(second) => {
                    tuple::from_array([errno.to_ref(), message.to_ref(), filename, core::none_ref(), second])?
                }
                None => tuple::from_array([errno.to_ref(), message.to_ref(), filename])?,
            },
            _ => args.clone(),
        };
        let class = slf.object().class().to_ref();
        match slf.base.dict.get() {
            Some(dict) => tuple::from_array([class, args, dict]),
            None => tuple::from_array([class, args]),
        }
    }

    #[getter]
    fn characters_written(&self) -> PyResult<isize> {
        match self.written.get() {
            0 => Err(raise!(AttributeError, "characters_written")),
            count => Ok(count - 1),
        }
    }

    #[setter]
    fn set_characters_written(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) => {
                self.written.set(value.as_isize_or(&exc::ValueError)?.saturating_add(1));
                Ok(())
            }
            None if self.written.get() == 0 => Err(raise!(AttributeError, "characters_written")),
            None => {
                self.written.set(0);
                Ok(())
            }
        }
    }
}

/// An OSError (of the subclass for `errno`) with the system's message and up to two file names.
pub fn from_errno(errno: i32, filename: Option<Borrowed<'_>>, filename2: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let message = text::new(&host::errno::Errno(errno).message())?;
    let mut arguments = vec![int::new(i64::from(errno))?, message];
    if let Some(filename) = filename {
        arguments.push(filename.to_ref());
        if let Some(filename2) = filename2 {
            arguments.extend([core::none_ref(), filename2.to_ref()]);
        }
    }
    exc::OSError.borrowed().call_tuple(tuple::from_vec(arguments)?.b(), None)
}

/// Raises [`from_errno`]'s exception.
#[cold]
pub fn raise_errno(errno: i32, filename: Option<Borrowed<'_>>) -> Raised {
    match from_errno(errno, filename, None) {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}
