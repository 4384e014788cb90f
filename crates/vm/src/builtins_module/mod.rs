//! The module `builtins`.

mod anext;
mod build_class;
mod console;
mod numbers;
mod objects;
mod program;
mod sum;

pub(crate) use anext::AnextAwaitable;

use macros::pymodule;
use object::{Borrowed, PyResult, Ref, TypeObject, core, exc};

/// Built-in functions, types, exceptions, and other objects.
///
/// This module provides direct access to all 'built-in'
/// identifiers of Python; for example, builtins.len is
/// the full name for the built-in function len().
///
/// This module is not normally accessed explicitly by most
/// applications, but can be useful in modules that provide
/// objects with the same name as a builtin and need the builtin.
#[pymodule(
    name = "builtins",
    parts(super::build_class::part, super::program::part, super::console::part, super::objects::part, super::numbers::part)
)]
pub mod module {
    use object::{Borrowed, PyResult};

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        super::add_values(module)
    }
}

/// The types under their own names.
const TYPES: &[&TypeObject] = &[
    &core::BOOL,
    &core::MEMORYVIEW,
    &core::BYTEARRAY,
    &core::BYTES,
    &core::COMPLEX,
    &core::DICT,
    &core::FLOAT,
    &core::FROZENSET,
    &core::PROPERTY,
    &core::INT,
    &core::LIST,
    &core::OBJECT,
    &core::RANGE,
    &core::SET,
    &core::SLICE,
    &core::STR,
    &core::SUPER,
    &core::TUPLE,
    &core::TYPE,
];

macro_rules! exceptions {
    ($($name:ident)*) => { &[$(&exc::$name),*] };
}

/// The exceptions under their own names.
const EXCEPTIONS: &[&TypeObject] = exceptions! {
    BaseException BaseExceptionGroup Exception ExceptionGroup GeneratorExit KeyboardInterrupt SystemExit ArithmeticError
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

fn add_values(module: Borrowed<'_>) -> PyResult<()> {
    let set = |name: &str, value: Ref| module.setattr(crate::lifecycle::support::intern(name).b(), value.b());
    for class in TYPES
        .iter()
        .chain(EXCEPTIONS)
        .copied()
        .chain(crate::lifecycle::frame_access::further_builtin_types())
        .filter(|class| class.has(abi::tpflags::READY))
    {
        set(class.short_name(), class.to_ref())?;
    }
    for name in ["EnvironmentError", "IOError"] {
        set(name, exc::OSError.to_ref())?;
    }
    set("None", core::none_ref())?;
    set("Ellipsis", core::ellipsis().to_ref())?;
    set("NotImplemented", core::not_implemented().to_ref())?;
    set("False", core::false_().to_ref())?;
    set("True", core::true_().to_ref())?;
    let optimized = crate::lifecycle::config().is_some_and(|config| config.optimize > 0);
    set("__debug__", core::boolean(!optimized).to_ref())
}
