//! `OSError`: errno chooses the subtype.

use super::attributes::base_str;
use super::base::{BaseException, allocate, no_keywords};
use super::items;
use super::simple::Exception;
use abi::{Cell, typeslot};
use macros::{pyclass, pymethods};
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, exc, raise};

/// Base class for I/O related errors.
#[pyclass(name = "OSError", cell = ::object::exc::OSError, base = Exception, flags(BASETYPE), gc)]
pub struct OSError {
    #[trace]
    base: Exception,
    #[member(name = "errno", doc = "POSIX exception code")]
    pub errno: OptRef,
    #[member(doc = "exception strerror")]
    pub strerror: OptRef,
    #[member(doc = "exception filename")]
    pub filename: OptRef,
    #[member(doc = "second exception filename")]
    pub filename2: OptRef,
    /// `characters_written` of BlockingIOError; -1: not set.
    pub written: Cell<isize>,
}

/// The subtype for an errno.
pub fn class_of_errno(errno: i64) -> Option<&'static TypeObject> {
    let errno = i32::try_from(errno).ok()?;
    Some(match errno {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => &exc::BlockingIOError,
        libc::EPIPE | libc::ESHUTDOWN => &exc::BrokenPipeError,
        libc::ECHILD => &exc::ChildProcessError,
        libc::ECONNABORTED => &exc::ConnectionAbortedError,
        libc::ECONNREFUSED => &exc::ConnectionRefusedError,
        libc::ECONNRESET => &exc::ConnectionResetError,
        libc::EEXIST => &exc::FileExistsError,
        libc::ENOENT => &exc::FileNotFoundError,
        libc::EISDIR => &exc::IsADirectoryError,
        libc::ENOTDIR => &exc::NotADirectoryError,
        libc::EINTR => &exc::InterruptedError,
        libc::EACCES | libc::EPERM => &exc::PermissionError,
        libc::ESRCH => &exc::ProcessLookupError,
        libc::ETIMEDOUT => &exc::TimeoutError,
        _ => return None,
    })
}

/// A subtype with its own `__init__` but OSError's `__new__` sets its fields in `__init__`.
fn uses_init(class: &TypeObject) -> bool {
    class.slot_ptr(typeslot::tp_init) != exc::OSError.slot_ptr(typeslot::tp_init)
        && class.slot_ptr(typeslot::tp_new) == exc::OSError.slot_ptr(typeslot::tp_new)
}

fn check_count(count: usize) -> bool {
    (2..=5).contains(&count)
}

impl OSError {
    fn fill(slf: Borrowed<'_, Self>, args: Borrowed<'_>) -> PyResult<()> {
        let given = items(args);
        let base = slf.object().self_as::<BaseException>();
        slf.written.set(-1);
        if !check_count(given.len()) {
            base.args.set(Some(args.to_ref()));
            return Ok(());
        }
        let not_none = |value: Option<&Borrowed<'_>>| value.filter(|value| !value.is(&core::none())).map(|value| value.to_ref());
        let filename = not_none(given.get(2));
        slf.errno.set(given.first().map(|value| value.to_ref()));
        slf.strerror.set(given.get(1).map(|value| value.to_ref()));
        let is_blocking = slf.object().class().is_type(&exc::BlockingIOError);
        let mut kept = args.to_ref();
        match &filename {
            // The third argument of BlockingIOError may be the number of characters written.
            Some(value) if is_blocking && value.class().nb_index().is_some() => {
                slf.written.set(value.as_isize_or(&exc::ValueError)?);
            }
            Some(value) => {
                slf.filename.set(Some(value.clone()));
                slf.filename2.set(not_none(given.get(4)));
                kept = tuple::from_slice(given.get(..2).unwrap_or_default())?;
            }
            None => {}
        }
        base.args.set(Some(kept));
        Ok(())
    }
}

#[pymethods]
impl OSError {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if uses_init(&class) {
            let made = allocate(class, tuple::empty().b())?;
            made.b().self_as::<OSError>().written.set(-1);
            return Ok(made);
        }
        no_keywords(&class, kwargs)?;
        let given = items(args);
        let mut chosen = class.to_ref();
        if class.is_type(&exc::OSError)
            && check_count(given.len())
            && let Some(errno) = given.first().and_then(|errno| int::to_i64(*errno))
            && let Some(subtype) = class_of_errno(errno)
        {
            chosen = subtype.to_type_ref();
        }
        let made = allocate(chosen.borrow(), args)?;
        OSError::fill(made.b().self_as::<OSError>(), args)?;
        Ok(made)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        let class = slf.object().get().class();
        if !uses_init(class) {
            return Ok(());
        }
        no_keywords(class, kwargs)?;
        OSError::fill(slf, args)
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let show = |value: &Option<Ref>| -> PyResult<String> {
            value.as_ref().map_or_else(|| Ok("None".to_owned()), |value| value.str_text())
        };
        let (errno, strerror) = (slf.errno.get(), slf.strerror.get());
        if let Some(filename) = slf.filename.get() {
            let shown = format!("[Errno {}] {}: {}", show(&errno)?, show(&strerror)?, filename.repr_text()?);
            return match slf.filename2.get() {
                Some(second) => text::new(&format!("{shown} -> {}", second.repr_text()?)),
                None => text::new(&shown),
            };
        }
        if errno.is_some() && strerror.is_some() {
            return text::new(&format!("[Errno {}] {}", show(&errno)?, show(&strerror)?));
        }
        base_str(slf.object())
    }

    #[getter(name = "characters_written")]
    fn get_characters_written(&self) -> PyResult<isize> {
        match self.written.get() {
            -1 => Err(raise!(AttributeError, "characters_written")),
            written => Ok(written),
        }
    }

    #[setter(name = "characters_written")]
    fn set_characters_written(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) => {
                self.written.set(value.as_isize_or(&exc::ValueError)?);
                Ok(())
            }
            None if self.written.get() == -1 => Err(raise!(AttributeError, "characters_written")),
            None => {
                self.written.set(-1);
                Ok(())
            }
        }
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let base = slf.object().self_as::<BaseException>();
        let mut args = base.arguments();
        if let (Some(filename), [errno, strerror]) = (slf.filename.get(), items(args.b())) {
            let mut parts = vec![errno.to_ref(), strerror.to_ref(), filename];
            if let Some(second) = slf.filename2.get() {
                parts.push(core::none_ref());
                parts.push(second);
            }
            args = tuple::from_vec(parts)?;
        }
        BaseException::reduce_with(slf.object(), args, base.dict.get())
    }
}
