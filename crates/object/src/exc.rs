//! The statics of the exception types. Their file in `builtins` fills them; here they have an address, so that anything can raise.
#![allow(non_upper_case_globals, reason = "the names are those of the exceptions")]

use crate::types::TypeObject;
use std::ptr::addr_of;

/// A pointer variable of C's, such as `PyExc_TypeError`.
#[repr(transparent)]
pub struct ExportedPointer(pub *const TypeObject);
// SAFETY: written once, by the linker.
unsafe impl Sync for ExportedPointer {}

macro_rules! exceptions {
    ($($name:ident $export:literal $pointer:ident;)*) => { $(
        #[doc = concat!("The type `", stringify!($name), "`.")]
        #[unsafe(export_name = $export)]
        pub static $name: TypeObject = TypeObject::NEW;
        #[doc = concat!("C's variable `", stringify!($pointer), "`.")]
        #[unsafe(no_mangle)]
        pub static $pointer: ExportedPointer = ExportedPointer(addr_of!($name));
    )* };
}

exceptions! {
    BaseException "_PyExc_BaseException" PyExc_BaseException;
    Exception "_PyExc_Exception" PyExc_Exception;
    BaseExceptionGroup "_PyExc_BaseExceptionGroup" PyExc_BaseExceptionGroup;
    ExceptionGroup "_PyExc_ExceptionGroup" PyExc_ExceptionGroup;
    GeneratorExit "_PyExc_GeneratorExit" PyExc_GeneratorExit;
    KeyboardInterrupt "_PyExc_KeyboardInterrupt" PyExc_KeyboardInterrupt;
    SystemExit "_PyExc_SystemExit" PyExc_SystemExit;
    ArithmeticError "_PyExc_ArithmeticError" PyExc_ArithmeticError;
    AssertionError "_PyExc_AssertionError" PyExc_AssertionError;
    AttributeError "_PyExc_AttributeError" PyExc_AttributeError;
    BufferError "_PyExc_BufferError" PyExc_BufferError;
    EOFError "_PyExc_EOFError" PyExc_EOFError;
    ImportError "_PyExc_ImportError" PyExc_ImportError;
    ModuleNotFoundError "_PyExc_ModuleNotFoundError" PyExc_ModuleNotFoundError;
    LookupError "_PyExc_LookupError" PyExc_LookupError;
    IndexError "_PyExc_IndexError" PyExc_IndexError;
    KeyError "_PyExc_KeyError" PyExc_KeyError;
    MemoryError "_PyExc_MemoryError" PyExc_MemoryError;
    NameError "_PyExc_NameError" PyExc_NameError;
    UnboundLocalError "_PyExc_UnboundLocalError" PyExc_UnboundLocalError;
    OSError "_PyExc_OSError" PyExc_OSError;
    BlockingIOError "_PyExc_BlockingIOError" PyExc_BlockingIOError;
    ChildProcessError "_PyExc_ChildProcessError" PyExc_ChildProcessError;
    ConnectionError "_PyExc_ConnectionError" PyExc_ConnectionError;
    BrokenPipeError "_PyExc_BrokenPipeError" PyExc_BrokenPipeError;
    ConnectionAbortedError "_PyExc_ConnectionAbortedError" PyExc_ConnectionAbortedError;
    ConnectionRefusedError "_PyExc_ConnectionRefusedError" PyExc_ConnectionRefusedError;
    ConnectionResetError "_PyExc_ConnectionResetError" PyExc_ConnectionResetError;
    FileExistsError "_PyExc_FileExistsError" PyExc_FileExistsError;
    FileNotFoundError "_PyExc_FileNotFoundError" PyExc_FileNotFoundError;
    InterruptedError "_PyExc_InterruptedError" PyExc_InterruptedError;
    IsADirectoryError "_PyExc_IsADirectoryError" PyExc_IsADirectoryError;
    NotADirectoryError "_PyExc_NotADirectoryError" PyExc_NotADirectoryError;
    PermissionError "_PyExc_PermissionError" PyExc_PermissionError;
    ProcessLookupError "_PyExc_ProcessLookupError" PyExc_ProcessLookupError;
    TimeoutError "_PyExc_TimeoutError" PyExc_TimeoutError;
    ReferenceError "_PyExc_ReferenceError" PyExc_ReferenceError;
    RuntimeError "_PyExc_RuntimeError" PyExc_RuntimeError;
    NotImplementedError "_PyExc_NotImplementedError" PyExc_NotImplementedError;
    PythonFinalizationError "_PyExc_PythonFinalizationError" PyExc_PythonFinalizationError;
    RecursionError "_PyExc_RecursionError" PyExc_RecursionError;
    StopAsyncIteration "_PyExc_StopAsyncIteration" PyExc_StopAsyncIteration;
    StopIteration "_PyExc_StopIteration" PyExc_StopIteration;
    SyntaxError "_PyExc_SyntaxError" PyExc_SyntaxError;
    IndentationError "_PyExc_IndentationError" PyExc_IndentationError;
    TabError "_PyExc_TabError" PyExc_TabError;
    _IncompleteInputError "_PyExc_IncompleteInputError" PyExc__IncompleteInputError;
    SystemError "_PyExc_SystemError" PyExc_SystemError;
    TypeError "_PyExc_TypeError" PyExc_TypeError;
    ValueError "_PyExc_ValueError" PyExc_ValueError;
    UnicodeError "_PyExc_UnicodeError" PyExc_UnicodeError;
    UnicodeDecodeError "_PyExc_UnicodeDecodeError" PyExc_UnicodeDecodeError;
    UnicodeEncodeError "_PyExc_UnicodeEncodeError" PyExc_UnicodeEncodeError;
    UnicodeTranslateError "_PyExc_UnicodeTranslateError" PyExc_UnicodeTranslateError;
    FloatingPointError "_PyExc_FloatingPointError" PyExc_FloatingPointError;
    OverflowError "_PyExc_OverflowError" PyExc_OverflowError;
    ZeroDivisionError "_PyExc_ZeroDivisionError" PyExc_ZeroDivisionError;
    Warning "_PyExc_Warning" PyExc_Warning;
    BytesWarning "_PyExc_BytesWarning" PyExc_BytesWarning;
    DeprecationWarning "_PyExc_DeprecationWarning" PyExc_DeprecationWarning;
    EncodingWarning "_PyExc_EncodingWarning" PyExc_EncodingWarning;
    FutureWarning "_PyExc_FutureWarning" PyExc_FutureWarning;
    ImportWarning "_PyExc_ImportWarning" PyExc_ImportWarning;
    PendingDeprecationWarning "_PyExc_PendingDeprecationWarning" PyExc_PendingDeprecationWarning;
    ResourceWarning "_PyExc_ResourceWarning" PyExc_ResourceWarning;
    RuntimeWarning "_PyExc_RuntimeWarning" PyExc_RuntimeWarning;
    SyntaxWarning "_PyExc_SyntaxWarning" PyExc_SyntaxWarning;
    UnicodeWarning "_PyExc_UnicodeWarning" PyExc_UnicodeWarning;
    UserWarning "_PyExc_UserWarning" PyExc_UserWarning;
    InterpreterError "_PyExc_InterpreterError" PyExc_InterpreterError;
    InterpreterNotFoundError "_PyExc_InterpreterNotFoundError" PyExc_InterpreterNotFoundError;
}
