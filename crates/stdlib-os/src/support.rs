//! System errors as exceptions, calls that may block, texts of the system.

use host::errno::{Errno, Sys};
use object::value::{int, str as text, tuple};
use object::{Borrowed, FromArg, PyResult, Raised, Ref, TypeObject, args::ArgInfo, core, error, exc, gil, hooks, raise};

/// Raises OSError with what messages need.
#[cold]
pub fn os_error(errno: Errno) -> Raised {
    raise_os_error(errno, None, None)
}

/// Raises OSError about a file.
#[cold]
pub fn file_error(errno: Errno, filename: Borrowed<'_>) -> Raised {
    raise_os_error(errno, Some(filename), None)
}

/// Raises OSError about two files.
#[cold]
pub fn files_error(errno: Errno, first: Borrowed<'_>, second: Borrowed<'_>) -> Raised {
    raise_os_error(errno, Some(first), Some(second))
}

fn raise_os_error(errno: Errno, first: Option<Borrowed<'_>>, second: Option<Borrowed<'_>>) -> Raised {
    let arguments = (|| {
        let mut arguments = vec![int::new(i64::from(errno.0))?, text::new(&errno.message())?];
        if let Some(first) = first {
            arguments.push(first.to_ref());
        }
        if let Some(second) = second {
            arguments.push(core::none_ref());
            arguments.push(second.to_ref());
        }
        tuple::from_vec(arguments)
    })();
    match arguments {
        Ok(arguments) => error::raise_value(&exc::OSError, Some(arguments.b())),
        Err(raised) => raised,
    }
}

/// The value of a system call, or OSError.
pub trait OrRaise<T> {
    fn or_raise(self) -> PyResult<T>;
    fn or_file(self, filename: Borrowed<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Sys<T> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(os_error)
    }
    fn or_file(self, filename: Borrowed<'_>) -> PyResult<T> {
        self.map_err(|errno| file_error(errno, filename))
    }
}

/// A system call without the GIL.
pub fn free<T>(call: impl FnOnce() -> Sys<T>) -> Sys<T> {
    gil::without(call)
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

/// System text as a str.
pub fn decode(bytes: &[u8]) -> PyResult<Ref> {
    if bytes.is_ascii() { text::from_ascii(bytes) } else { text::from_ucs4(&host::path::decode(bytes)) }
}

/// A str as system text.
pub fn encode(string: Borrowed<'_>) -> PyResult<Vec<u8>> {
    match text::data(string).map(|data| host::path::encode(data.iter())) {
        Some(Ok(bytes)) => Ok(bytes),
        _ => Err(object::convert::surrogates_not_allowed(string)),
    }
}

/// A file descriptor: an int, or an object with `fileno()`.
#[derive(Clone, Copy)]
pub struct FileDescriptor(pub i32);

impl<'a> FromArg<'a> for FileDescriptor {
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        descriptor(value).map(FileDescriptor)
    }
}

/// `PyObject_AsFileDescriptor`.
pub fn descriptor(value: Borrowed<'_>) -> PyResult<i32> {
    let number = if int::check(value) {
        if value.class().is_type(&core::BOOL) {
            hooks::warn(&exc::RuntimeWarning, "bool is used as a file descriptor", 1)?;
        }
        value.to_ref()
    } else {
        let Some(method) = value.getattr_opt(object::id!("fileno"))? else {
            return Err(raise!(TypeError, "argument must be an int, or have a fileno() method."));
        };
        let number = method.call0()?;
        if !int::check(number.b()) {
            return Err(raise!(TypeError, "fileno() returned a non-integer"));
        }
        number
    };
    match int::to_i64(number.b()).and_then(|number| i32::try_from(number).ok()) {
        Some(number) if number >= 0 => Ok(number),
        Some(number) => Err(raise!(ValueError, "file descriptor cannot be a negative integer ({number})")),
        None => Err(raise!(OverflowError, "Python int too large to convert to C int")),
    }
}

/// A user of the system; -1 stands for "leave it".
#[derive(Clone, Copy)]
pub struct Id(pub u32);

/// A group of the system; -1 stands for "leave it".
#[derive(Clone, Copy)]
pub struct Gid(pub u32);

impl<'a> FromArg<'a> for Id {
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        system_id(value, "uid").map(Id)
    }
}

impl<'a> FromArg<'a> for Gid {
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        gid(value)
    }
}

/// A user.
pub fn uid(value: Borrowed<'_>) -> PyResult<Id> {
    system_id(value, "uid").map(Id)
}

/// A group.
pub fn gid(value: Borrowed<'_>) -> PyResult<Gid> {
    system_id(value, "gid").map(Gid)
}

fn system_id(value: Borrowed<'_>, kind: &str) -> PyResult<u32> {
    if value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "{kind} should be integer, not {}", value.class().tp_name()));
    }
    let number = value.index()?;
    match int::to_i128(number.b()) {
        Some(-1) => Ok(u32::MAX),
        // What fits a long but no id counts as too small, as CPython has it.
        Some(number) if i64::try_from(number).is_ok() && u32::try_from(number).is_err() => {
            Err(raise!(OverflowError, "{kind} is less than minimum"))
        }
        Some(number) => u32::try_from(number).map_err(|_| raise!(OverflowError, "{kind} is greater than maximum")),
        None => Err(raise!(OverflowError, "{kind} is greater than maximum")),
    }
}

/// `import name`.
pub fn import(name: &str) -> PyResult<Ref> {
    let builtins = object::thread::current().interpreter().builtins.get();
    let import = builtins.map(|builtins| builtins.getitem(text::new("__import__")?.b())).transpose()?;
    match import {
        Some(import) => import.call1(text::new(name)?.b()),
        None => Err(raise!(ImportError, "__import__ not found")),
    }
}

/// A new class of exceptions.
pub fn exception_class(module: &str, name: &str, base: &TypeObject) -> PyResult<Ref> {
    let bases = tuple::from_array([base.to_ref()])?;
    let namespace = (hooks::get().dict_new)()?;
    namespace.setitem(object::id!("__module__"), text::new(module)?.b())?;
    core::TYPE.call(&[text::new(name)?.b(), bases.b(), namespace.b()])
}

/// Puts numbers into a module.
pub fn add_constants(module: Borrowed<'_>, constants: &[(&str, i64)]) -> PyResult<()> {
    let namespace = builtins::module::dict_of(module)?;
    if let Some(dict) = namespace.b().downcast_exact::<builtins::dict::Dict>() {
        dict.reserve_strs(constants.len())?;
    }
    for (name, value) in constants {
        (hooks::get().dict_set)(namespace.b(), (hooks::get().intern)(name).b(), int::new(*value)?.b())?;
    }
    Ok(())
}
