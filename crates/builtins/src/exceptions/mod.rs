//! The exception types (CPython's `exceptions.c`).
//!
//! Every exception begins with the fields of [`BaseException`]; types with fields of their own extend it as `abi` has them. An instance
//! whose bytes are all zero is valid, so one `tp_new` serves all of them.

mod attribute;
mod base;
mod group;
mod import;
mod list;
mod os;
mod syntax;
mod unicode;

pub use attribute::{AttributeError, NameError, StopIteration, SystemExit};
pub use base::BaseException;
pub use group::BaseExceptionGroup;
pub use import::ImportError;
pub use list::{ENTRIES, add_note};
pub use os::{OSError, from_errno, raise_errno};
pub use syntax::SyntaxError;
pub use unicode::UnicodeError;
