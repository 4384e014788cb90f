//! The exceptions that add nothing to their base but a name.

use super::{BaseException, ImportError, NameError, OSError, SyntaxError};
use macros::pyclass;

macro_rules! simple {
    ($($name:ident $text:literal : $base:ident, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[pyclass(name = $text, cell = ::object::exc::$name, base = $base, flags(BASETYPE, BASE_EXC_SUBCLASS), gc, parts())]
        pub struct $name {
            #[trace]
            base: $base,
        }
    )* };
}

simple! {
    Exception "Exception": BaseException, "Common base class for all non-exit exceptions.";
    GeneratorExit "GeneratorExit": BaseException, "Request that a generator exit.";
    KeyboardInterrupt "KeyboardInterrupt": BaseException, "Program interrupted by user.";
    ArithmeticError "ArithmeticError": Exception, "Base class for arithmetic errors.";
    AssertionError "AssertionError": Exception, "Assertion failed.";
    BufferError "BufferError": Exception, "Buffer error.";
    EOFError "EOFError": Exception, "Read beyond end of file.";
    ModuleNotFoundError "ModuleNotFoundError": ImportError, "Module not found.";
    LookupError "LookupError": Exception, "Base class for lookup errors.";
    IndexError "IndexError": LookupError, "Sequence index out of range.";
    MemoryError "MemoryError": Exception, "Out of memory.";
    UnboundLocalError "UnboundLocalError": NameError, "Local name referenced but not bound to a value.";
    BlockingIOError "BlockingIOError": OSError, "I/O operation would block.";
    ChildProcessError "ChildProcessError": OSError, "Child process error.";
    ConnectionError "ConnectionError": OSError, "Connection error.";
    BrokenPipeError "BrokenPipeError": ConnectionError, "Broken pipe.";
    ConnectionAbortedError "ConnectionAbortedError": ConnectionError, "Connection aborted.";
    ConnectionRefusedError "ConnectionRefusedError": ConnectionError, "Connection refused.";
    ConnectionResetError "ConnectionResetError": ConnectionError, "Connection reset.";
    FileExistsError "FileExistsError": OSError, "File already exists.";
    FileNotFoundError "FileNotFoundError": OSError, "File not found.";
    InterruptedError "InterruptedError": OSError, "Interrupted by signal.";
    IsADirectoryError "IsADirectoryError": OSError, "Operation doesn't work on directories.";
    NotADirectoryError "NotADirectoryError": OSError, "Operation only works on directories.";
    PermissionError "PermissionError": OSError, "Not enough permissions.";
    ProcessLookupError "ProcessLookupError": OSError, "Process not found.";
    TimeoutError "TimeoutError": OSError, "Timeout expired.";
    ReferenceError "ReferenceError": Exception, "Weak ref proxy used after referent went away.";
    RuntimeError "RuntimeError": Exception, "Unspecified run-time error.";
    NotImplementedError "NotImplementedError": RuntimeError, "Method or function hasn't been implemented yet.";
    PythonFinalizationError "PythonFinalizationError": RuntimeError, "Operation blocked during Python finalization.";
    RecursionError "RecursionError": RuntimeError, "Recursion limit exceeded.";
    StopAsyncIteration "StopAsyncIteration": Exception, "Signal the end from iterator.__anext__().";
    IndentationError "IndentationError": SyntaxError, "Improper indentation.";
    TabError "TabError": IndentationError, "Improper mixture of spaces and tabs.";
    _IncompleteInputError "_IncompleteInputError": SyntaxError, "incomplete input.";
    SystemError "SystemError": Exception,
        "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version.";
    TypeError "TypeError": Exception, "Inappropriate argument type.";
    ValueError "ValueError": Exception, "Inappropriate argument value (of correct type).";
    UnicodeError "UnicodeError": ValueError, "Unicode related error.";
    FloatingPointError "FloatingPointError": ArithmeticError, "Floating-point operation failed.";
    OverflowError "OverflowError": ArithmeticError, "Result too large to be represented.";
    ZeroDivisionError "ZeroDivisionError": ArithmeticError, "Second argument to a division or modulo operation was zero.";
    Warning "Warning": Exception, "Base class for warning categories.";
    BytesWarning "BytesWarning": Warning,
        "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str.";
    DeprecationWarning "DeprecationWarning": Warning, "Base class for warnings about deprecated features.";
    EncodingWarning "EncodingWarning": Warning, "Base class for warnings about encodings.";
    FutureWarning "FutureWarning": Warning,
        "Base class for warnings about constructs that will change semantically\nin the future.";
    ImportWarning "ImportWarning": Warning, "Base class for warnings about probable mistakes in module imports";
    PendingDeprecationWarning "PendingDeprecationWarning": Warning,
        "Base class for warnings about features which will be deprecated\nin the future.";
    ResourceWarning "ResourceWarning": Warning, "Base class for warnings about resource usage.";
    RuntimeWarning "RuntimeWarning": Warning, "Base class for warnings about dubious runtime behavior.";
    SyntaxWarning "SyntaxWarning": Warning, "Base class for warnings about dubious syntax.";
    UnicodeWarning "UnicodeWarning": Warning,
        "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems.";
    UserWarning "UserWarning": Warning, "Base class for warnings generated by user code.";
}
