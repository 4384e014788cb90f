//! Paths as arguments: str, bytes, `os.PathLike`, and descriptors where a function takes them.

use crate::support::encode;
use object::args::ArgInfo;
use object::value::{bytes, int, str as text};
use object::{Borrowed, FromArg, PyResult, Ref, core, id, raise};
use std::ffi::{CStr, CString};

/// A path: how the system takes it, and the object that messages name.
pub struct Path {
    text: CString,
    object: Ref,
    is_bytes: bool,
}

/// A path or an open file.
pub enum PathOrFd {
    Path(Path),
    Fd(i32, Ref),
}

impl Path {
    pub fn c(&self) -> &CStr {
        &self.text
    }
    /// The object that was given.
    pub fn object(&self) -> Borrowed<'_> {
        self.object.b()
    }
    /// Whether results are bytes too.
    pub fn is_bytes(&self) -> bool {
        self.is_bytes
    }
    /// The current folder.
    pub fn current() -> PyResult<Path> {
        Ok(Path { text: c".".to_owned(), object: text::new(".")?, is_bytes: false })
    }
    /// A path that is given as system text.
    pub fn from_bytes(content: Vec<u8>, object: Ref, is_bytes: bool) -> PyResult<Path> {
        match CString::new(content) {
            Ok(text) => Ok(Path { text, object, is_bytes }),
            Err(_) => Err(raise!(ValueError, "embedded null byte")),
        }
    }
}

impl PathOrFd {
    pub fn object(&self) -> Borrowed<'_> {
        match self {
            PathOrFd::Path(path) => path.object(),
            PathOrFd::Fd(_, object) => object.b(),
        }
    }
}

/// What kinds of arguments a function takes, in words.
fn expected(fd: bool, none: bool) -> &'static str {
    match (fd, none) {
        (true, true) => "string, bytes, os.PathLike, integer or None",
        (true, false) => "string, bytes, os.PathLike or integer",
        (false, true) => "string, bytes, os.PathLike or None",
        (false, false) => "string, bytes or os.PathLike",
    }
}

fn name_of(info: &ArgInfo) -> &'static str {
    if info.name.is_empty() { "path" } else { info.name }
}

/// The bytes of a str or bytes.
fn content(value: Borrowed<'_>) -> PyResult<Option<(Vec<u8>, bool)>> {
    if text::check(value) {
        return encode(value).map(|content| Some((content, false)));
    }
    Ok(bytes::value(value).map(|content| (content.to_vec(), true)))
}

fn convert(value: Borrowed<'_>, info: &ArgInfo, fd: bool, none: bool) -> PyResult<Path> {
    let wrong = |found: &str| {
        let (function, name, expected) = (info.function, name_of(info), expected(fd, none));
        raise!(TypeError, "{function}: {name} should be {expected}, not {found}")
    };
    let (found, is_bytes) = match content(value)? {
        Some(found) => found,
        None => {
            let Some(method) = value.lookup_special(id!("__fspath__"))?.filter(|method| !method.is(&core::none())) else {
                return Err(wrong(value.class().short_name()));
            };
            let result = method.call0()?;
            match content(result.b())? {
                Some(found) => found,
                None => {
                    let (class, found) = (value.class().short_name(), result.class().short_name());
                    return Err(raise!(TypeError, "expected {class}.__fspath__() to return str or bytes, not {found}"));
                }
            }
        }
    };
    match CString::new(found) {
        Ok(text) => Ok(Path { text, object: value.to_ref(), is_bytes }),
        Err(_) => Err(raise!(ValueError, "{}: embedded null character in {}", info.function, name_of(info))),
    }
}

impl<'a> FromArg<'a> for Path {
    fn from_arg(value: Borrowed<'a>, info: &'static ArgInfo) -> PyResult<Self> {
        convert(value, info, false, false)
    }
}

impl<'a> FromArg<'a> for PathOrFd {
    fn from_arg(value: Borrowed<'a>, info: &'static ArgInfo) -> PyResult<Self> {
        path_or_fd(value, info, false)
    }
}

/// A path or a descriptor; `none` says that None is allowed too.
pub fn path_or_fd(value: Borrowed<'_>, info: &ArgInfo, none: bool) -> PyResult<PathOrFd> {
    if !text::check(value) && bytes::value(value).is_none() && value.class().nb_index().is_some() {
        if value.class().is_type(&core::BOOL) {
            object::hooks::warn(&object::exc::RuntimeWarning, "bool is used as a file descriptor", 1)?;
        }
        let number = value.index()?;
        return match int::to_i64(number.b()).and_then(|number| i32::try_from(number).ok()) {
            Some(number) => Ok(PathOrFd::Fd(number, value.to_ref())),
            None => Err(raise!(OverflowError, "fd is greater than maximum")),
        };
    }
    convert(value, info, true, none).map(PathOrFd::Path)
}

/// `dir_fd`: a descriptor, or None for the current folder.
pub struct DirFd(pub i32);

impl<'a> FromArg<'a> for DirFd {
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        if value.class().nb_index().is_none() {
            let class = value.class().short_name();
            return Err(raise!(TypeError, "argument should be integer or None, not {class}"));
        }
        let number = value.index()?;
        match int::to_i64(number.b()).and_then(|number| i32::try_from(number).ok()) {
            Some(number) => Ok(DirFd(number)),
            None => Err(raise!(OverflowError, "fd is greater than maximum")),
        }
    }
}

/// The descriptor of `dir_fd`.
pub fn dir(fd: &Option<DirFd>) -> Option<i32> {
    fd.as_ref().map(|fd| fd.0)
}

/// The object for an audit event: -1 for no folder.
pub fn dir_object(fd: &Option<DirFd>) -> PyResult<Ref> {
    int::new(i64::from(dir(fd).unwrap_or(-1)))
}

/// `os.fspath(value)`.
pub fn fspath(value: Borrowed<'_>) -> PyResult<Ref> {
    if text::check(value) || bytes::value(value).is_some() {
        return Ok(value.to_ref());
    }
    let class = value.class();
    let method = match value.lookup_special(id!("__fspath__"))? {
        Some(method) if !method.is(&core::none()) => method,
        _ => return Err(raise!(TypeError, "expected str, bytes or os.PathLike object, not {}", class.short_name())),
    };
    let path = method.call0()?;
    if text::check(path.b()) || bytes::value(path.b()).is_some() {
        return Ok(path);
    }
    let (class, found) = (class.short_name(), path.class().short_name());
    Err(raise!(TypeError, "expected {class}.__fspath__() to return str or bytes, not {found}"))
}

/// System text as str, or bytes where the argument was bytes.
pub fn same_kind(content: &[u8], is_bytes: bool) -> PyResult<Ref> {
    if is_bytes { bytes::new(content) } else { crate::support::decode(content) }
}
