//! Objects: references, types and slots, the abstract protocols, memory, the cycle collector, exceptions, thread and interpreter state.
//!
//! Nothing here knows the interpreter: everything is called through slots, or through the few [`hooks`] that rooms above install.
#![allow(unsafe_code, reason = "this crate makes the object model's unsafe parts safe for the others")]

mod arena;
pub mod args;
pub mod convert;
pub mod core;
pub mod debug_memory;
pub mod error;
pub mod exc;
pub mod fork;
pub mod gc;
pub mod gil;
pub mod hashing;
pub mod heap;
pub mod hooks;
pub mod ident;
pub mod interpreters;
mod large;
pub mod memory;
pub mod protocol;
pub mod recursion;
pub mod reference;
pub mod result;
pub mod shared;
pub mod slots;
pub mod spec;
pub mod suggest;
pub mod thread;
pub mod types;
pub mod value;

pub use args::KwArgs;
pub use convert::{CInt, FromArg, FromOptArg, IntoPy};
pub use gc::{Trace, Visit};
pub use reference::{Borrowed, Layout, Object, OptRef, RawField, Ref};
pub use result::{CompareOp, Hash, IterNext, Len, PyResult, Raised, Status, Truth};
pub use spec::{ArgPtr, StaticType};
pub use types::{TypeObject, as_object};

/// See [`hooks::Hooks::inline_values_size`].
pub fn inline_values_size(class: &TypeObject) -> usize {
    (hooks::get().inline_values_size)(class)
}

/// See [`hooks::Hooks::init_inline_values`].
///
/// # Safety
/// `object` is a fresh instance of `class`, which has INLINE_VALUES.
pub unsafe fn init_inline_values(object: *mut abi::PyObject, class: &TypeObject) {
    // SAFETY: by contract.
    unsafe { (hooks::get().init_inline_values)(object, class) }
}
