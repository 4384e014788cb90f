//! What all streams need: system errors as exceptions, signals, conversions, the types that are made at run time.

use host::errno::{Errno, Sys};
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, FromArg, OptRef, PyResult, Raised, Ref, core, error, exc, gil, hooks, id, raise, thread};

/// `io.DEFAULT_BUFFER_SIZE`.
pub const DEFAULT_BUFFER_SIZE: usize = 128 * 1024;

/// The types that exist once an interpreter.
#[derive(Default)]
pub struct State {
    /// `io.UnsupportedOperation`.
    pub unsupported: OptRef,
}

/// This interpreter's state of the module.
pub fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

/// Raises `io.UnsupportedOperation`.
#[cold]
pub fn unsupported(message: &str) -> Raised {
    let class = state().unsupported.get();
    let raised = (|| {
        let class = match class {
            Some(class) => class,
            None => return Ok(raise!(ValueError, "{message}")),
        };
        let exception = class.call1(text::new(message)?.b())?;
        Ok(error::raise_exception(exception))
    })();
    raised.unwrap_or_else(|raised: Raised| raised)
}

/// Raises the OSError of a failed call, with a file name where there is one.
#[cold]
pub fn os_error(errno: Errno, filename: Option<Borrowed<'_>>) -> Raised {
    let arguments = (|| {
        let number = int::new(i64::from(errno.0))?;
        let message = text::new(&errno.message())?;
        match filename {
            Some(filename) => tuple::from_array([number, message, filename.to_ref()]),
            None => tuple::from_array([number, message]),
        }
    })();
    match arguments {
        Ok(arguments) => error::raise_value(&exc::OSError, Some(arguments.b())),
        Err(raised) => raised,
    }
}

/// Raises BlockingIOError with the number of characters that went through.
#[cold]
pub fn blocking_error(message: &str, written: usize) -> Raised {
    let arguments = (|| {
        let number = int::new(i64::from(libc::EAGAIN))?;
        tuple::from_array([number, text::new(message)?, int::from_u64(written as u64)?])
    })();
    match arguments {
        Ok(arguments) => error::raise_value(&exc::BlockingIOError, Some(arguments.b())),
        Err(raised) => raised,
    }
}

/// A system call without the GIL, repeated while signals interrupt it and their handlers are content.
pub fn blocking<T>(mut call: impl FnMut() -> Sys<T>) -> PyResult<Sys<T>> {
    loop {
        match gil::without(&mut call) {
            Err(Errno::EINTR) => run_pending()?,
            result => return Ok(result),
        }
    }
}

/// Runs signal handlers and what else is due.
pub fn run_pending() -> PyResult<()> {
    hooks::vm().map_or(Ok(()), |hooks| (hooks.run_pending)())
}

/// Whether the exception is OSError with EINTR; it is cleared then.
pub fn trap_interrupted(raised: Raised) -> PyResult<()> {
    if !raised.is_a(&exc::OSError) {
        return Err(raised);
    }
    let exception = raised.take();
    let number = error::preserving(|| match exception.getattr_opt(id!("errno")) {
        Ok(number) => number.and_then(|number| int::to_i64(number.b())),
        Err(raised) => {
            raised.clear();
            None
        }
    });
    if number == Some(i64::from(libc::EINTR)) { run_pending() } else { Err(error::restore(exception)) }
}

/// Repeats a call to Python while it fails with EINTR.
pub fn retrying<T>(mut call: impl FnMut() -> PyResult<T>) -> PyResult<T> {
    loop {
        match call() {
            Err(raised) => trap_interrupted(raised)?,
            good => return good,
        }
    }
}

/// Raises the second exception with the first as its context; or the one that there is.
pub fn chain<T>(first: PyResult<()>, then: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    let Err(first) = first else { return then() };
    let first = first.take();
    match then() {
        Ok(_) => Err(error::restore(first)),
        Err(second) => {
            let second = second.take();
            if !second.is(&first) {
                use object::RawField;
                error::base_of(second.b()).context.store(Some(first));
            }
            Err(error::restore(second))
        }
    }
}

/// The module `name`, imported if need be.
pub fn import(name: Borrowed<'_>) -> PyResult<Ref> {
    let interpreter = thread::current().interpreter();
    if let Some(modules) = interpreter.modules.get()
        && let Some(module) = modules.getitem_opt(name)?
    {
        return Ok(module);
    }
    let Some(builtins) = interpreter.builtins.get() else { return Err(raise!(RuntimeError, "lost builtins module")) };
    builtins.getitem(id!("__import__"))?.call1(name)
}

/// A file offset: an int, or something with `__index__` (None is an error).
pub fn offset(value: Borrowed<'_>) -> PyResult<i64> {
    let number = value.index()?;
    match int::to_i64(number.b()) {
        Some(number) => Ok(number),
        None => Err(raise!(OverflowError, "int too big to convert")),
    }
}

/// A size argument: None is -1 (`_Py_convert_optional_to_ssize_t`).
#[derive(Clone, Copy)]
pub struct Size(pub isize);

impl Size {
    /// The size, or none where it is negative.
    pub fn get(self) -> Option<usize> {
        usize::try_from(self.0).ok()
    }
}

impl<'a> FromArg<'a> for Size {
    const NONE_IS_ABSENT: bool = false;
    fn from_arg(value: Borrowed<'a>, _info: &'static object::args::ArgInfo) -> PyResult<Self> {
        if value.is(&core::none()) {
            return Ok(Size(-1));
        }
        if value.class().nb_index().is_none() {
            return Err(raise!(TypeError, "argument should be integer or None, not '{}'", value.class().tp_name()));
        }
        value.as_isize().map(Size)
    }
}

/// The buffer of an argument that is written to.
pub fn writable(function: &str, value: Borrowed<'_>) -> PyResult<Buffer> {
    match Buffer::get(value, abi::pybuf::WRITABLE) {
        Ok(buffer) => Ok(buffer),
        Err(raised) => {
            raised.clear();
            let class = value.class().short_name();
            Err(raise!(TypeError, "{function}() argument must be read-write bytes-like object, not {class}"))
        }
    }
}

/// A `bytearray` of this size and its memory.
pub fn byte_array(len: usize) -> PyResult<Ref> {
    core::BYTEARRAY.call1(int::from_u64(len as u64)?.b())
}

/// A `memoryview` of an object.
pub fn memory_view(object: Borrowed<'_>) -> PyResult<Ref> {
    core::MEMORYVIEW.call1(object)
}

/// Whether an exception that names what is unusable says so; it is cleared.
pub fn clear<T>(result: PyResult<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(raised) => {
            raised.clear();
            None
        }
    }
}

/// `copyreg.__reduce_ex__`'s refusal of the streams.
pub fn cannot_pickle(object: Borrowed<'_>) -> Raised {
    raise!(TypeError, "cannot pickle '{}' instances", object.class().tp_name())
}

/// A path as the system takes it: str by surrogateescape, bytes as they are, else through `__fspath__`.
pub fn fs_path(value: Borrowed<'_>) -> PyResult<std::ffi::CString> {
    let path = fspath(value)?;
    let encoded = match bytes::value(path.b()) {
        Some(content) => content.to_vec(),
        None => encode_path(path.b())?,
    };
    std::ffi::CString::new(encoded).map_err(|_| raise!(ValueError, "embedded null byte"))
}

fn encode_path(path: Borrowed<'_>) -> PyResult<Vec<u8>> {
    let codes = text::data(path).map(|data| host::path::encode(data.iter()));
    match codes {
        Some(Ok(encoded)) => Ok(encoded),
        _ => Err(object::convert::surrogates_not_allowed(path)),
    }
}

/// `os.fspath(value)`.
pub fn fspath(value: Borrowed<'_>) -> PyResult<Ref> {
    if text::check(value) || bytes::value(value).is_some() {
        return Ok(value.to_ref());
    }
    let class = value.class();
    let Some(method) = value.lookup_special(id!("__fspath__"))? else {
        return Err(raise!(TypeError, "expected str, bytes or os.PathLike object, not {}", class.short_name()));
    };
    let path = method.call0()?;
    if text::check(path.b()) || bytes::value(path.b()).is_some() {
        return Ok(path);
    }
    let (class, found) = (class.tp_name(), path.class().tp_name());
    Err(raise!(TypeError, "expected {class}.__fspath__() to return str or bytes, not {found}"))
}
