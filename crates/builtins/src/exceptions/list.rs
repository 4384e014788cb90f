//! The exceptions that add no fields, and the list of all of them.

use super::unicode::{UnicodeBase, UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError};
use super::{AttributeError, BaseException, BaseExceptionGroup, ImportError, NameError, OSError, StopIteration, SyntaxError, SystemExit};
use macros::{pyclass, pymethods};
use object::spec::TypeEntry;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, id};

/// Declares exception types that only extend their base: Rust name, Python name, static, layout, base and documentation.
macro_rules! simple_exceptions {
    ($($name:ident $python:literal $cell:ident $layout:path, $base:path, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[pyclass(name = $python, cell = object::exc::$cell, base = $base, flags(BASETYPE, BASE_EXC_SUBCLASS), gc, parts())]
        pub struct $name {
            #[trace]
            base: $layout,
        }
    )* };
}

simple_exceptions! {
    Exception "Exception" Exception super::BaseException, super::BaseException, "Common base class for all non-exit exceptions.";
    ArithmeticError "ArithmeticError" ArithmeticError super::BaseException, Exception, "Base class for arithmetic errors.";
    FloatingPointError "FloatingPointError" FloatingPointError super::BaseException, ArithmeticError, "Floating-point operation failed.";
    OverflowError "OverflowError" OverflowError super::BaseException, ArithmeticError, "Result too large to be represented.";
    ZeroDivisionError "ZeroDivisionError" ZeroDivisionError super::BaseException, ArithmeticError, "Second argument to a division or modulo operation was zero.";
    AssertionError "AssertionError" AssertionError super::BaseException, Exception, "Assertion failed.";
    BufferError "BufferError" BufferError super::BaseException, Exception, "Buffer error.";
    EOFError "EOFError" EOFError super::BaseException, Exception, "Read beyond end of file.";
    ModuleNotFoundError "ModuleNotFoundError" ModuleNotFoundError super::ImportError, super::ImportError, "Module not found.";
    LookupError "LookupError" LookupError super::BaseException, Exception, "Base class for lookup errors.";
    IndexError "IndexError" IndexError super::BaseException, LookupError, "Sequence index out of range.";
    MemoryError "MemoryError" MemoryError super::BaseException, Exception, "Out of memory.";
    UnboundLocalError "UnboundLocalError" UnboundLocalError super::NameError, super::NameError, "Local name referenced but not bound to a value.";
    BlockingIOError "BlockingIOError" BlockingIOError super::OSError, super::OSError, "I/O operation would block.";
    ChildProcessError "ChildProcessError" ChildProcessError super::OSError, super::OSError, "Child process error.";
    ConnectionError "ConnectionError" ConnectionError super::OSError, super::OSError, "Connection error.";
    BrokenPipeError "BrokenPipeError" BrokenPipeError super::OSError, ConnectionError, "Broken pipe.";
    ConnectionAbortedError "ConnectionAbortedError" ConnectionAbortedError super::OSError, ConnectionError, "Connection aborted.";
    ConnectionRefusedError "ConnectionRefusedError" ConnectionRefusedError super::OSError, ConnectionError, "Connection refused.";
    ConnectionResetError "ConnectionResetError" ConnectionResetError super::OSError, ConnectionError, "Connection reset.";
    FileExistsError "FileExistsError" FileExistsError super::OSError, super::OSError, "File already exists.";
    FileNotFoundError "FileNotFoundError" FileNotFoundError super::OSError, super::OSError, "File not found.";
    InterruptedError "InterruptedError" InterruptedError super::OSError, super::OSError, "Interrupted by signal.";
    IsADirectoryError "IsADirectoryError" IsADirectoryError super::OSError, super::OSError, "Operation doesn't work on directories.";
    NotADirectoryError "NotADirectoryError" NotADirectoryError super::OSError, super::OSError, "Operation only works on directories.";
    PermissionError "PermissionError" PermissionError super::OSError, super::OSError, "Not enough permissions.";
    ProcessLookupError "ProcessLookupError" ProcessLookupError super::OSError, super::OSError, "Process not found.";
    TimeoutError "TimeoutError" TimeoutError super::OSError, super::OSError, "Timeout expired.";
    ReferenceError "ReferenceError" ReferenceError super::BaseException, Exception, "Weak ref proxy used after referent went away.";
    RuntimeError "RuntimeError" RuntimeError super::BaseException, Exception, "Unspecified run-time error.";
    NotImplementedError "NotImplementedError" NotImplementedError super::BaseException, RuntimeError, "Method or function hasn't been implemented yet.";
    PythonFinalizationError "PythonFinalizationError" PythonFinalizationError super::BaseException, RuntimeError, "Operation blocked during Python finalization.";
    RecursionError "RecursionError" RecursionError super::BaseException, RuntimeError, "Recursion limit exceeded.";
    StopAsyncIteration "StopAsyncIteration" StopAsyncIteration super::BaseException, Exception, "Signal the end from iterator.__anext__().";
    IndentationError "IndentationError" IndentationError super::SyntaxError, super::SyntaxError, "Improper indentation.";
    TabError "TabError" TabError super::SyntaxError, IndentationError, "Improper mixture of spaces and tabs.";
    IncompleteInputError "_IncompleteInputError" _IncompleteInputError super::SyntaxError, super::SyntaxError, "incomplete input.";
    SystemError "SystemError" SystemError super::BaseException, Exception, "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version.";
    TypeError "TypeError" TypeError super::BaseException, Exception, "Inappropriate argument type.";
    ValueError "ValueError" ValueError super::BaseException, Exception, "Inappropriate argument value (of correct type).";
    Warning "Warning" Warning super::BaseException, Exception, "Base class for warning categories.";
    BytesWarning "BytesWarning" BytesWarning super::BaseException, Warning, "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str.";
    DeprecationWarning "DeprecationWarning" DeprecationWarning super::BaseException, Warning, "Base class for warnings about deprecated features.";
    EncodingWarning "EncodingWarning" EncodingWarning super::BaseException, Warning, "Base class for warnings about encodings.";
    FutureWarning "FutureWarning" FutureWarning super::BaseException, Warning, "Base class for warnings about constructs that will change semantically\nin the future.";
    ImportWarning "ImportWarning" ImportWarning super::BaseException, Warning, "Base class for warnings about probable mistakes in module imports";
    PendingDeprecationWarning "PendingDeprecationWarning" PendingDeprecationWarning super::BaseException, Warning, "Base class for warnings about features which will be deprecated\nin the future.";
    ResourceWarning "ResourceWarning" ResourceWarning super::BaseException, Warning, "Base class for warnings about resource usage.";
    RuntimeWarning "RuntimeWarning" RuntimeWarning super::BaseException, Warning, "Base class for warnings about dubious runtime behavior.";
    SyntaxWarning "SyntaxWarning" SyntaxWarning super::BaseException, Warning, "Base class for warnings about dubious syntax.";
    UnicodeWarning "UnicodeWarning" UnicodeWarning super::BaseException, Warning, "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems.";
    UserWarning "UserWarning" UserWarning super::BaseException, Warning, "Base class for warnings generated by user code.";
    GeneratorExit "GeneratorExit" GeneratorExit super::BaseException, super::BaseException, "Request that a generator exit.";
    KeyboardInterrupt "KeyboardInterrupt" KeyboardInterrupt super::BaseException, super::BaseException, "Program interrupted by user.";
}

/// Mapping key not found.
#[pyclass(name = "KeyError", cell = object::exc::KeyError, base = LookupError, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct KeyError {
    #[trace]
    base: BaseException,
}

#[pymethods]
impl KeyError {
    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        // A lone key is shown as its repr: an empty string would say nothing.
        let args = super::base::args_of(slf);
        match tuple::items(args.b()) {
            Some([key]) => key.repr(),
            _ => super::base::str_of(slf),
        }
    }
}

/// All exception types, for completion.
pub static ENTRIES: &[TypeEntry] = &[
    TypeEntry::of::<BaseException>(),
    TypeEntry::of::<StopIteration>(),
    TypeEntry::of::<SystemExit>(),
    TypeEntry::of::<NameError>(),
    TypeEntry::of::<AttributeError>(),
    TypeEntry::of::<ImportError>(),
    TypeEntry::of::<SyntaxError>(),
    TypeEntry::of::<OSError>(),
    TypeEntry::of::<BaseExceptionGroup>(),
    TypeEntry::of::<KeyError>(),
    TypeEntry::of::<UnicodeBase>(),
    TypeEntry::of::<UnicodeEncodeError>(),
    TypeEntry::of::<UnicodeDecodeError>(),
    TypeEntry::of::<UnicodeTranslateError>(),
    TypeEntry::of::<super::group::ExceptionGroup>(),
    TypeEntry::of::<Exception>(),
    TypeEntry::of::<ArithmeticError>(),
    TypeEntry::of::<FloatingPointError>(),
    TypeEntry::of::<OverflowError>(),
    TypeEntry::of::<ZeroDivisionError>(),
    TypeEntry::of::<AssertionError>(),
    TypeEntry::of::<BufferError>(),
    TypeEntry::of::<EOFError>(),
    TypeEntry::of::<ModuleNotFoundError>(),
    TypeEntry::of::<LookupError>(),
    TypeEntry::of::<IndexError>(),
    TypeEntry::of::<MemoryError>(),
    TypeEntry::of::<UnboundLocalError>(),
    TypeEntry::of::<BlockingIOError>(),
    TypeEntry::of::<ChildProcessError>(),
    TypeEntry::of::<ConnectionError>(),
    TypeEntry::of::<BrokenPipeError>(),
    TypeEntry::of::<ConnectionAbortedError>(),
    TypeEntry::of::<ConnectionRefusedError>(),
    TypeEntry::of::<ConnectionResetError>(),
    TypeEntry::of::<FileExistsError>(),
    TypeEntry::of::<FileNotFoundError>(),
    TypeEntry::of::<InterruptedError>(),
    TypeEntry::of::<IsADirectoryError>(),
    TypeEntry::of::<NotADirectoryError>(),
    TypeEntry::of::<PermissionError>(),
    TypeEntry::of::<ProcessLookupError>(),
    TypeEntry::of::<TimeoutError>(),
    TypeEntry::of::<ReferenceError>(),
    TypeEntry::of::<RuntimeError>(),
    TypeEntry::of::<NotImplementedError>(),
    TypeEntry::of::<PythonFinalizationError>(),
    TypeEntry::of::<RecursionError>(),
    TypeEntry::of::<StopAsyncIteration>(),
    TypeEntry::of::<IndentationError>(),
    TypeEntry::of::<TabError>(),
    TypeEntry::of::<IncompleteInputError>(),
    TypeEntry::of::<SystemError>(),
    TypeEntry::of::<TypeError>(),
    TypeEntry::of::<ValueError>(),
    TypeEntry::of::<Warning>(),
    TypeEntry::of::<BytesWarning>(),
    TypeEntry::of::<DeprecationWarning>(),
    TypeEntry::of::<EncodingWarning>(),
    TypeEntry::of::<FutureWarning>(),
    TypeEntry::of::<ImportWarning>(),
    TypeEntry::of::<PendingDeprecationWarning>(),
    TypeEntry::of::<ResourceWarning>(),
    TypeEntry::of::<RuntimeWarning>(),
    TypeEntry::of::<SyntaxWarning>(),
    TypeEntry::of::<UnicodeWarning>(),
    TypeEntry::of::<UserWarning>(),
    TypeEntry::of::<GeneratorExit>(),
    TypeEntry::of::<KeyboardInterrupt>(),
];

/// Adds a note to an exception, as `add_note` does.
pub fn add_note(exception: Borrowed<'_>, note: &str) -> PyResult<()> {
    exception.call_method(id!("add_note"), &[text::new(note)?.b()]).map(drop)
}
