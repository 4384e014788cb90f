//! The built-in exceptions.

mod base;
mod group;
mod import_error;
mod names;
mod os_error;
mod simple;
mod stop;
mod syntax_error;
mod unicode;

use object::spec::TypeEntry;

pub use base::{BaseException, add_note};
pub use group::{BaseExceptionGroup, ExceptionGroup, prepare_exception_group};
pub use import_error::ImportError;
pub use names::{AttributeError, NameError};
pub use os_error::{OSError, class_for_errno};
pub use simple::*;
pub use stop::{KeyError, StopIteration, SystemExit};
pub use syntax_error::SyntaxError;
pub use unicode::{UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError};

macro_rules! entries {
    ($($name:ident)*) => { &[$(TypeEntry::of::<$name>()),*] };
}

/// All exception types, bases first.
pub static TYPES: &[TypeEntry] = entries! {
    BaseException Exception BaseExceptionGroup ExceptionGroup GeneratorExit KeyboardInterrupt SystemExit ArithmeticError
    AssertionError AttributeError BufferError EOFError ImportError ModuleNotFoundError LookupError IndexError KeyError
    MemoryError NameError UnboundLocalError OSError BlockingIOError ChildProcessError ConnectionError BrokenPipeError
    ConnectionAbortedError ConnectionRefusedError ConnectionResetError FileExistsError FileNotFoundError InterruptedError
    IsADirectoryError NotADirectoryError PermissionError ProcessLookupError TimeoutError ReferenceError RuntimeError
    NotImplementedError PythonFinalizationError RecursionError StopAsyncIteration StopIteration SyntaxError IndentationError
    TabError _IncompleteInputError SystemError TypeError ValueError UnicodeError UnicodeDecodeError UnicodeEncodeError
    UnicodeTranslateError FloatingPointError OverflowError ZeroDivisionError Warning BytesWarning DeprecationWarning
    EncodingWarning FutureWarning ImportWarning PendingDeprecationWarning ResourceWarning RuntimeWarning SyntaxWarning
    UnicodeWarning UserWarning
};
