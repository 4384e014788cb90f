//! `OSError`, and which subclass an error number stands for.

use super::base::{allocate, no_keywords};
use super::{BaseException, Exception};
use macros::{pyclass, pymethods};
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, exc, raise};
use std::cell::Cell;

/// Base class for I/O related errors.
#[pyclass(name = "OSError", cell = ::object::exc::OSError, base = Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct OSError {
    #[trace]
    base: BaseException,
    /// POSIX exception code
    #[member(name = "errno")]
    myerrno: OptRef,
    /// exception strerror
    #[member(name = "strerror")]
    strerror: OptRef,
    /// exception filename
    #[member(name = "filename")]
    filename: OptRef,
    /// second exception filename
    #[member(name = "filename2")]
    filename2: OptRef,
    /// Bytes that were written before a BlockingIOError; -1 where nobody said.
    written: Cell<isize>,
}

/// The subclass of `OSError` for an error number of this system.
pub fn class_for_errno(number: i64) -> &'static TypeObject {
    let Ok(number) = i32::try_from(number) else { return &exc::OSError };
    match number {
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
        _ => &exc::OSError,
    }
}

/// Whether `__init__` shall read the arguments: a subclass has its own `__init__`, but not its own `__new__`.
fn uses_init(class: &TypeObject) -> bool {
    let address = |slot: *const ()| slot.addr();
    let own = |id: u16| address(class.slot_ptr(id)) == address(exc::OSError.slot_ptr(id));
    !own(abi::typeslot::tp_init) && own(abi::typeslot::tp_new)
}

impl OSError {
    fn read(slf: Borrowed<'_, Self>, args: Borrowed<'_>) -> PyResult<()> {
        let items = tuple::items(args).unwrap_or_default();
        let mut kept = args.to_ref();
        if (2..=5).contains(&items.len()) {
            let field = |index: usize| items.get(index).map(|field| field.to_ref());
            let given = |index: usize| field(index).filter(|field| !field.is(&core::none()));
            if let Some(filename) = given(2) {
                let class = slf.object().get().class();
                let number = filename.class().nb_index().is_some() || filename.class().nb_int().is_some();
                if class.is_type(&exc::BlockingIOError) && number {
                    slf.written.set(filename.as_isize_or(&exc::ValueError)?);
                } else {
                    slf.filename.set(Some(filename));
                    slf.filename2.set(given(4));
                    kept = tuple::from_slice(items.get(..2).unwrap_or_default())?;
                }
            }
            slf.myerrno.set(field(0));
            slf.strerror.set(field(1));
        }
        slf.base.initialize(kept.b());
        Ok(())
    }
}

#[pymethods]
impl OSError {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let late = uses_init(class.get());
        if !late && kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0 {
            return Err(raise!(TypeError, "{}() takes no keyword arguments", class.tp_name()));
        }
        let mut made_of = class.get();
        if !late
            && class.get().is_type(&exc::OSError)
            && let Some([number, _, ..]) = tuple::items(args).filter(|items| items.len() <= 5)
            && let Some(number) = int::to_i64(*number)
        {
            made_of = class_for_errno(number);
        }
        let empty = tuple::empty();
        let made = allocate(made_of.borrowed_type(), empty.b())?;
        let this = made.b().self_as::<OSError>();
        this.written.set(-1);
        if !late {
            OSError::read(this, args)?;
        }
        Ok(made)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        if !uses_init(slf.object().get().class()) {
            return Ok(());
        }
        no_keywords(slf.object(), kwargs)?;
        OSError::read(slf, args)
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        let or_none = |field: &OptRef| field.get().unwrap_or_else(core::none_ref);
        let mut out = text::Builder::new();
        if self.filename.is_none() && (self.myerrno.is_none() || self.strerror.is_none()) {
            return self.base.text();
        }
        out.push_str("[Errno ")?;
        out.push_object(or_none(&self.myerrno).str()?.b())?;
        out.push_str("] ")?;
        out.push_object(or_none(&self.strerror).str()?.b())?;
        if let Some(filename) = self.filename.get() {
            out.push_str(": ")?;
            out.push_object(filename.repr()?.b())?;
            if let Some(second) = self.filename2.get() {
                out.push_str(" -> ")?;
                out.push_object(second.repr()?.b())?;
            }
        }
        out.finish()
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let mut args = slf.base.arguments();
        let full = match (tuple::items(args.b()), slf.filename.get()) {
            (Some([number, message]), Some(filename)) => {
                let mut full = vec![number.to_ref(), message.to_ref(), filename];
                if let Some(second) = slf.filename2.get() {
                    full.extend([core::none_ref(), second]);
                }
                Some(full)
            }
            _ => None,
        };
        if let Some(full) = full {
            args = tuple::from_vec(full)?;
        }
        slf.base.reduce_with(slf.object().get().class(), args, slf.base.dict.get())
    }

    #[getter(name = "characters_written")]
    fn get_characters_written(&self) -> PyResult<isize> {
        match self.written.get() {
            -1 => Err(raise!(AttributeError, "characters_written")),
            count => Ok(count),
        }
    }

    #[setter(name = "characters_written")]
    fn set_characters_written(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) => self.written.set(value.as_isize_or(&exc::ValueError)?),
            None if self.written.get() == -1 => return Err(raise!(AttributeError, "characters_written")),
            None => self.written.set(-1),
        }
        Ok(())
    }
}
