//! `repr(C)` structs that mirror CPython 3.14's public headers, file by file. No behaviour lives here.
//!
//! Every field is a `Cell`: objects are shared and change under the GIL, `&mut` to an object never exists. The names are C's,
//! here and nowhere else but in `capi`. `tests/layout.rs` compares each struct with the table taken from CPython's headers.
#![allow(unsafe_code, reason = "zeroed statics and Sync for memory that the GIL guards")]
#![allow(non_camel_case_types, non_snake_case, missing_docs, reason = "the names are those of CPython's headers")]

pub use std::cell::Cell;
pub use std::ffi::{c_char, c_int, c_void};

/// One field of a [`CStruct`]: name, offset and size in bytes, and the Rust type as written.
#[derive(Debug, Clone, Copy)]
pub struct FieldInfo {
    pub name: &'static str,
    pub offset: usize,
    pub size: usize,
    pub type_name: &'static str,
}

/// A struct of CPython's headers, with its layout as data for the layout test.
pub trait CStruct: Sized {
    const NAME: &'static str;
    const FIELDS: &'static [FieldInfo];
    /// The value whose bytes are all zero, as C's static storage begins.
    const ZERO: Self;
}

/// Declares a struct of CPython's headers. Expands to the `repr(C)` struct with public fields, its [`CStruct`] description, and `Sync`.
macro_rules! c_struct {
    ($(#[$meta:meta])* $name:ident { $($field:ident : $ty:ty),* $(,)? }) => {
        $(#[$meta])*
        #[repr(C)]
        pub struct $name { $(pub $field: $ty),* }
        impl CStruct for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [FieldInfo] = &[$(FieldInfo {
                name: stringify!($field),
                offset: std::mem::offset_of!($name, $field),
                size: size_of::<$ty>(),
                type_name: stringify!($ty),
            }),*];
            // SAFETY: every field is an integer, a nullable pointer, an optional function or an array or struct of these.
            const ZERO: Self = unsafe { std::mem::MaybeUninit::zeroed().assume_init() };
        }
        // SAFETY: objects are reached only by the thread that holds the GIL of their interpreter (DESIGN.md, decision 4).
        unsafe impl Sync for $name {}
    };
}

/// Declares types that only pointers are made of: what stands behind them is the implementation's own.
macro_rules! opaque {
    ($($name:ident)*) => { $(
        #[doc = concat!("Opaque in CPython's headers: `", stringify!($name), "`.")]
        #[repr(C)]
        pub struct $name { _private: [u8; 0] }
    )* };
}

opaque! {
    PyDictKeysObject PyDictValues PyInterpreterState _PyCoCached _PyCoMonitoringData _PyExecutorArray
    _PyInterpreterFrame _PyStackChunk wrapperbase
}

mod buffer;
mod code;
mod constants;
mod containers;
mod datetime;
mod functions;
mod methodobject;
mod moduleobject;
mod numbers;
mod object;
mod pyerrors;
mod pystate;
mod sequences;
mod structseq;
mod unicodeobject;

pub use buffer::*;
pub use code::*;
pub use constants::*;
pub use containers::*;
pub use datetime::*;
pub use functions::*;
pub use methodobject::*;
pub use moduleobject::*;
pub use numbers::*;
pub use object::*;
pub use pyerrors::*;
pub use pystate::*;
pub use sequences::*;
pub use structseq::*;
pub use unicodeobject::*;
