//! The module `_io`: `open` and the list of types.

use crate::buffered::{BufferedRandom, BufferedReader, BufferedWriter};
use crate::fileio::FileIo;
use crate::support::{self, DEFAULT_BUFFER_SIZE};
use crate::textio::TextIoWrapper;
use macros::pymodule;
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, core, exc, hooks, id, raise, thread};

/// What the letters of `open`'s mode say.
struct Mode {
    raw: String,
    kind: char,
    updating: bool,
    text: bool,
    binary: bool,
}

fn parse_mode(mode: &str) -> PyResult<Mode> {
    let invalid = || raise!(ValueError, "invalid mode: '{mode}'");
    let mut seen = String::new();
    for letter in mode.chars() {
        if !"xrwa+tb".contains(letter) || seen.contains(letter) {
            return Err(invalid());
        }
        seen.push(letter);
    }
    let (text, binary) = (seen.contains('t'), seen.contains('b'));
    if text && binary {
        return Err(raise!(ValueError, "can't have text and binary mode at once"));
    }
    let kinds: Vec<char> = seen.chars().filter(|letter| "xrwa".contains(*letter)).collect();
    let &[kind] = kinds.as_slice() else {
        return Err(raise!(ValueError, "must have exactly one of create/read/write/append mode"));
    };
    let updating = seen.contains('+');
    let raw = if updating { format!("{kind}+") } else { kind.to_string() };
    Ok(Mode { raw, kind, updating, text, binary })
}

/// The arguments of `open`.
struct Options<'a> {
    encoding: Option<Borrowed<'a>>,
    errors: Option<Borrowed<'a>>,
    newline: Option<Borrowed<'a>>,
    closefd: bool,
    opener: Option<Borrowed<'a>>,
}

fn given<'a>(value: Option<Borrowed<'a>>) -> Option<Borrowed<'a>> {
    value.filter(|value| !value.is(&core::none()))
}

fn open_file(file: Borrowed<'_>, mode_text: &str, buffering: i32, options: &Options<'_>) -> PyResult<Ref> {
    let path = if int::check(file) { file.to_ref() } else { support::fspath(file)? };
    let mode = parse_mode(mode_text)?;
    for (value, name) in [(options.encoding, "an encoding"), (options.errors, "an errors"), (options.newline, "a newline")] {
        if mode.binary && given(value).is_some() {
            return Err(raise!(ValueError, "binary mode doesn't take {name} argument"));
        }
    }
    if mode.binary && buffering == 1 {
        let message = "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used";
        hooks::warn(&exc::RuntimeWarning, message, 1)?;
    }
    let raw_mode = text::new(&mode.raw)?;
    let opener = options.opener.unwrap_or(core::none());
    let raw = FileIo::type_object().call(&[path.b(), raw_mode.b(), core::boolean(options.closefd), opener])?;
    let mut result = raw.clone();
    match wrap(&raw, &mut result, &mode, mode_text, buffering, options) {
        Ok(()) => Ok(result),
        Err(raised) => {
            let closing = result.clone();
            support::chain(Err(raised), || closing.call_method(id!("close"), &[]))
        }
    }
}

/// Puts the buffer and the text layer over a raw file; `result` is the outermost layer so far.
fn wrap(raw: &Ref, result: &mut Ref, mode: &Mode, mode_text: &str, buffering: i32, options: &Options<'_>) -> PyResult<()> {
    let mut buffering = i64::from(buffering);
    let terminal = buffering < 0 && raw.call_method(id!("_isatty_open_only"), &[])?.is_true()?;
    let line_buffering = buffering == 1 || terminal;
    if line_buffering {
        buffering = -1;
    }
    if buffering < 0 {
        let block = raw.getattr(id!("_blksize"))?;
        let block = int::to_i64(block.b()).unwrap_or(0);
        buffering = block.min(8192 * 1024).max(DEFAULT_BUFFER_SIZE as i64);
    }
    if buffering == 0 {
        return if mode.binary { Ok(()) } else { Err(raise!(ValueError, "can't have unbuffered text I/O")) };
    }
    let class = match (mode.updating, mode.kind) {
        (true, _) => BufferedRandom::type_object(),
        (_, 'r') => BufferedReader::type_object(),
        _ => BufferedWriter::type_object(),
    };
    *result = class.call(&[raw.b(), int::new(buffering)?.b()])?;
    if mode.binary {
        return Ok(());
    }
    let none = core::none();
    let arguments = [
        result.b(),
        options.encoding.unwrap_or(none),
        options.errors.unwrap_or(none),
        options.newline.unwrap_or(none),
        core::boolean(line_buffering),
    ];
    *result = TextIoWrapper::type_object().call(&arguments)?;
    let _ = mode.text;
    result.setattr(id!("mode"), text::new(mode_text)?.b())
}

/// `io.text_encoding(encoding, stacklevel)`.
pub fn text_encoding(encoding: Borrowed<'_>, stack_level: isize) -> PyResult<Ref> {
    if !encoding.is(&core::none()) {
        return Ok(encoding.to_ref());
    }
    if flag(id!("warn_default_encoding"))? {
        hooks::warn(&exc::EncodingWarning, "'encoding' argument not specified", stack_level)?;
    }
    text::new(if flag(id!("utf8_mode"))? { "utf-8" } else { "locale" })
}

/// A field of `sys.flags`.
pub fn flag(name: Borrowed<'_>) -> PyResult<bool> {
    let Some(sys) = thread::current().interpreter().sys_dict.get() else { return Ok(false) };
    match sys.getitem_opt(id!("flags"))? {
        Some(flags) => flags.getattr_opt(name)?.map_or(Ok(false), |value| value.is_true()),
        None => Ok(false),
    }
}

/// Makes `io.UnsupportedOperation`.
fn make_unsupported() -> PyResult<Ref> {
    if let Some(class) = support::state().unsupported.get() {
        return Ok(class);
    }
    let bases = tuple::from_array([exc::OSError.to_ref(), exc::ValueError.to_ref()])?;
    let namespace = (hooks::get().dict_new)()?;
    namespace.setitem(id!("__module__"), text::new("io")?.b())?;
    let class = core::TYPE.call(&[text::new("UnsupportedOperation")?.b(), bases.b(), namespace.b()])?;
    support::state().unsupported.set(Some(class.clone()));
    Ok(class)
}

/// The io module provides the Python interfaces to stream handling. The
/// builtin open function is defined in this module.
///
/// At the top of the I/O hierarchy is the abstract base class IOBase. It
/// defines the basic interface to a stream. Note, however, that there is no
/// separation between reading and writing to streams; implementations are
/// allowed to raise an OSError if they do not support a given operation.
///
/// Extending IOBase is RawIOBase which deals simply with the reading and
/// writing of raw bytes to a stream. FileIO subclasses RawIOBase to provide
/// an interface to OS files.
///
/// BufferedIOBase deals with buffering on a raw byte stream (RawIOBase). Its
/// subclasses, BufferedWriter, BufferedReader, and BufferedRWPair buffer
/// streams that are readable, writable, and both respectively.
/// BufferedRandom provides a buffered interface to random access
/// streams. BytesIO is a simple stream of in-memory bytes.
///
/// Another IOBase subclass, TextIOBase, deals with the encoding and decoding
/// of streams into text. TextIOWrapper, which extends it, is a buffered text
/// interface to a buffered raw stream (`BufferedIOBase`). Finally, StringIO
/// is an in-memory stream for text.
///
/// Argument names are not part of the specification, and only the arguments
/// of open() are intended to be used as keyword arguments.
///
/// data:
///
/// DEFAULT_BUFFER_SIZE
///
///    An int containing the default buffer size used by the module's buffered
///    I/O classes.
#[pymodule(name = "_io")]
pub mod io {
    use super::*;

    /// Open file and return a stream.  Raise OSError upon failure.
    ///
    /// file is either a text or byte string giving the name (and the path
    /// if the file isn't in the current working directory) of the file to
    /// be opened or an integer file descriptor of the file to be
    /// wrapped. (If a file descriptor is given, it is closed when the
    /// returned I/O object is closed, unless closefd is set to False.)
    #[pyfunction(
        "($module, /, file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)"
    )]
    #[allow(clippy::too_many_arguments, reason = "the signature is Python's")]
    fn open(
        _module: Borrowed<'_>,
        file: Borrowed<'_>,
        mode: String,
        buffering: i32,
        encoding: Option<Borrowed<'_>>,
        errors: Option<Borrowed<'_>>,
        newline: Option<Borrowed<'_>>,
        closefd: bool,
        opener: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        for (name, value) in [("encoding", encoding), ("errors", errors), ("newline", newline)] {
            if let Some(value) = given(value).filter(|value| !text::check(*value)) {
                let class = value.class().short_name();
                return Err(raise!(TypeError, "open() argument '{name}' must be str or None, not {class}"));
            }
        }
        open_file(file, &mode, buffering, &Options { encoding, errors, newline, closefd, opener })
    }

    /// Opens the provided file with the intent to import the contents.
    ///
    /// This may perform extra validation beyond open(), but is otherwise interchangeable
    /// with calling open(path, 'rb').
    #[pyfunction("($module, /, path)")]
    fn open_code(_module: Borrowed<'_>, path: Borrowed<'_>) -> PyResult<Ref> {
        if !text::check(path) {
            return Err(raise!(TypeError, "open_code() argument 'path' must be str, not {}", path.class().tp_name()));
        }
        let options = Options { encoding: None, errors: None, newline: None, closefd: true, opener: None };
        open_file(path, "rb", -1, &options)
    }

    /// A helper function to choose the text encoding.
    ///
    /// When encoding is not None, this function returns it.
    /// Otherwise, this function returns the default text encoding
    /// (i.e. "locale" or "utf-8" depends on UTF-8 mode).
    ///
    /// This function emits an EncodingWarning if encoding is None and
    /// sys.flags.warn_default_encoding is true.
    ///
    /// This can be used in APIs with an encoding=None parameter.
    /// However, please consider using encoding="utf-8" for new APIs.
    #[pyfunction("($module, encoding, stacklevel=2, /)")]
    fn text_encoding(_module: Borrowed<'_>, encoding: Borrowed<'_>, stacklevel: isize) -> PyResult<Ref> {
        super::text_encoding(encoding, stacklevel)
    }

    #[pyattr(name = "DEFAULT_BUFFER_SIZE")]
    fn default_buffer_size() -> usize {
        DEFAULT_BUFFER_SIZE
    }

    #[pyattr(name = "BlockingIOError")]
    fn blocking_io_error() -> Ref {
        exc::BlockingIOError.to_ref()
    }

    #[pyattr(name = "UnsupportedOperation")]
    fn unsupported_operation() -> PyResult<Ref> {
        make_unsupported()
    }

    #[pytype]
    use crate::iobase::IoBase;
    #[pytype]
    type Raw = crate::rawbase::RawIoBase;
    #[pytype]
    type Buffered = crate::rawbase::BufferedIoBase;
    #[pytype]
    type Text = crate::rawbase::TextIoBase;
    #[pytype]
    type File = crate::fileio::FileIo;
    #[pytype]
    type Bytes = crate::bytesio::BytesIo;
    #[pytype]
    type BytesBuffer = crate::bytesio::BytesIoBuffer;
    #[pytype]
    type Strings = crate::stringio::StringIo;
    #[pytype]
    type Reader = crate::buffered::BufferedReader;
    #[pytype]
    type Writer = crate::buffered::BufferedWriter;
    #[pytype]
    type Random = crate::buffered::BufferedRandom;
    #[pytype]
    type Pair = crate::buffered::BufferedRwPair;
    #[pytype]
    type Newlines = crate::newline::IncrementalNewlineDecoder;
    #[pytype]
    type Wrapper = crate::textio::TextIoWrapper;
}
