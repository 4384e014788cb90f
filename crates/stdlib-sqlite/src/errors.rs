//! The exceptions of PEP 249, and SQLite's errors as exceptions.

use crate::constants::error_name;
use object::value::{int, str as text, tuple};
use object::{OptRef, PyResult, Raised, Ref, core, error, exc, thread};
use sqlite::Error;

/// The exceptions by name, each with its base; no name is `Exception`.
const CLASSES: [(&str, &str); 10] = [
    ("Warning", ""),
    ("Error", ""),
    ("InterfaceError", "Error"),
    ("DatabaseError", "Error"),
    ("DataError", "DatabaseError"),
    ("IntegrityError", "DatabaseError"),
    ("InternalError", "DatabaseError"),
    ("NotSupportedError", "DatabaseError"),
    ("OperationalError", "DatabaseError"),
    ("ProgrammingError", "DatabaseError"),
];

/// All names.
pub fn names() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|(name, _)| *name)
}

#[derive(Default)]
struct Classes([OptRef; 10]);

/// The exception class of this name, made when it is first wanted.
pub fn class(name: &str) -> PyResult<Ref> {
    let classes = thread::current().interpreter().extensions.get::<Classes>();
    let found = CLASSES.iter().zip(&classes.0).find(|((known, _), _)| *known == name);
    let Some(((name, base), place)) = found else { return Ok(exc::Exception.to_ref()) };
    if let Some(class) = place.get() {
        return Ok(class);
    }
    let base = class(base)?;
    let namespace = builtins::dict::Dict::new()?;
    namespace.set_text("__module__", text::new("sqlite3")?.b())?;
    let bases = tuple::from_slice(&[base.b()])?;
    let made = core::TYPE.borrowed().call(&[text::new(name)?.b(), bases.b(), namespace.b()])?;
    place.set(Some(made.clone()));
    Ok(made)
}

/// Raises one of these exceptions.
#[cold]
pub fn raise_named(name: &str, message: &str) -> Raised {
    match class(name).and_then(|class| class.call1(text::new(message)?.b())) {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

#[cold]
pub fn programming(message: &str) -> Raised {
    raise_named("ProgrammingError", message)
}

/// The exception that stands for a primary code (CPython's `get_exception_class`).
fn name_of(primary: i32) -> &'static str {
    match primary {
        2 | 12 => "InternalError",
        1 | 3..=6 | 8..=10 | 13..=17 => "OperationalError",
        18 => "DataError",
        19 | 20 => "IntegrityError",
        21 | 25 => "InterfaceError",
        _ => "DatabaseError",
    }
}

/// Raises what an error of SQLite stands for.
#[cold]
pub fn failure(problem: Error) -> Raised {
    if problem.primary() == 7 {
        return error::no_memory();
    }
    let made = (|| {
        let exception = class(name_of(problem.primary()))?.call1(text::new(&problem.message)?.b())?;
        exception.setattr(text::new("sqlite_errorcode")?.b(), int::new(problem.code.into())?.b())?;
        exception.setattr(text::new("sqlite_errorname")?.b(), text::new(error_name(problem.code))?.b())?;
        Ok(exception)
    })();
    match made {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}
