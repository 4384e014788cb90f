//! SQLite as safe types: databases, statements, callbacks. A leaf that knows no objects.
//!
//! Texts are bytes of UTF-8 as SQLite has them. Closures that SQLite calls back are owned by SQLite (functions, collations) or by the
//! database (hooks); a hook that is replaced lives on until the database ends, because it may be running.
#![allow(unsafe_code, reason = "SQLite's interface is C's; this crate exists to make it safe")]

mod blob;
mod callback;
mod database;
mod statement;

pub use blob::{Backup, Blob};
pub use callback::{Aggregate, Arguments, Reply};
pub use database::{Database, Error, complete, error_string, version};
pub use statement::{Statement, Step};

/// A value of SQLite.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
}
