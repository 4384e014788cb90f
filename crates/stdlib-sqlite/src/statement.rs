//! Statements with their parameters and rows.

use crate::adapt::{adapted_parameter, state};
use crate::errors::{failure, programming, raise_named};
use builtins::bytearray::ByteArray;
use builtins::dict::Dict;
use builtins::list::List;
use builtins::tuple::Tuple;
use object::protocol::buffer::Buffer;
use object::value::{bytes, float, int, str as text};
use object::{Borrowed, PyResult, Raised, Ref, StaticType, TypeObject, core, raise};
use sqlite::{Statement, Value};
use std::cell::Cell;
use std::rc::Rc;

/// A statement of a connection's cache.
pub struct Compiled {
    pub statement: Statement,
    /// Whether it is one of INSERT, UPDATE, DELETE and REPLACE.
    pub is_dml: bool,
    /// Whether a cursor has it.
    pub in_use: Cell<bool>,
}

/// A statement as an object: what calling a connection gives. Nothing can be done with it but to keep it.
#[macros::pyclass(name = "Statement", module = "sqlite3", flags(DISALLOW_INSTANTIATION))]
pub struct StatementObject {
    head: abi::PyObject,
    _compiled: Option<Rc<Compiled>>,
}

/// The object of a statement; none stands for a text without one.
pub fn object_of(compiled: Option<Rc<Compiled>>) -> PyResult<Ref> {
    builtins::type_::ready::ready_static(&object::spec::TypeEntry::of::<StatementObject>())?;
    let value = StatementObject { head: crate::header(), _compiled: compiled };
    object::memory::new_instance(StatementObject::type_object(), value).map(Ref::upcast)
}

#[macros::pymethods]
impl StatementObject {}

/// A text without what SQLite skips at its beginning: white space and comments.
pub fn without_leading(mut sql: &[u8]) -> &[u8] {
    loop {
        sql = match sql {
            [b' ' | b'\t' | 0x0C | b'\n' | b'\r', rest @ ..] => rest,
            [b'-', b'-', rest @ ..] => {
                rest.iter().position(|byte| *byte == b'\n').and_then(|at| rest.get(at + 1..)).unwrap_or_default()
            }
            [b'/', b'*', rest @ ..] => {
                rest.windows(2).position(|pair| pair == b"*/").and_then(|at| rest.get(at + 2..)).unwrap_or_default()
            }
            other => return other,
        };
    }
}

/// Whether a statement changes rows.
pub fn is_dml(sql: &[u8]) -> bool {
    let sql = without_leading(sql);
    [&b"INSERT"[..], b"UPDATE", b"DELETE", b"REPLACE"]
        .iter()
        .any(|word| sql.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
}

/// The bytes of a str in UTF-8.
pub fn utf8(string: Borrowed<'_>) -> PyResult<String> {
    text::to_string(string).ok_or_else(|| object::convert::surrogates_not_allowed(string))
}

/// Text of SQLite as a str.
pub fn decoded(content: &[u8]) -> PyResult<Option<Ref>> {
    std::str::from_utf8(content).ok().map(text::new).transpose()
}

#[cold]
fn unsupported(position: usize, name: Option<&str>, value: Borrowed<'_>) -> Raised {
    let class = value.class().tp_name();
    programming(&match name {
        Some(name) => format!("Error binding parameter ':{}': type '{class}' is not supported", name.get(1..).unwrap_or("")),
        None => format!("Error binding parameter {position}: type '{class}' is not supported"),
    })
}

/// Gives a parameter its value.
fn bind_one(statement: &Statement, position: usize, name: Option<&str>, value: Borrowed<'_>) -> PyResult<()> {
    let bound = if value.is(&core::none()) {
        statement.bind(position, Value::Null)
    } else if int::check(value) {
        let Some(number) = int::to_i64(value) else {
            return Err(raise!(OverflowError, "Python int too large to convert to SQLite INTEGER"));
        };
        statement.bind(position, Value::Integer(number))
    } else if let Some(number) = float::value(value) {
        statement.bind(position, Value::Real(number))
    } else if text::check(value) {
        statement.bind(position, Value::Text(utf8(value)?.as_bytes()))
    } else if value.has_buffer() {
        let buffer = Buffer::readable(value)?;
        statement.bind(position, Value::Blob(buffer.bytes()))
    } else {
        return Err(unsupported(position, name, value));
    };
    bound.map_err(failure)
}

/// Classes whose instances go to SQLite as they are, if they have no adapters of their own.
pub fn is_plain_class(class: &TypeObject) -> bool {
    [&core::INT, &core::FLOAT, &core::STR, ByteArray::type_object()].iter().any(|plain| class.is_type(plain))
}

/// A value that goes to SQLite as it is; others are adapted first.
fn is_plain(value: Borrowed<'_>) -> bool {
    !state().base_adapted.get() && is_plain_class(value.class())
}

fn bind_adapted(statement: &Statement, position: usize, name: Option<&str>, value: Borrowed<'_>) -> PyResult<()> {
    if is_plain(value) {
        bind_one(statement, position, name, value)
    } else {
        bind_one(statement, position, name, adapted_parameter(value)?.b())
    }
}

/// Gives all parameters their values.
pub fn bind_all(statement: &Statement, parameters: Borrowed<'_>) -> PyResult<()> {
    let needed = statement.parameter_count();
    let exact = parameters.downcast_exact::<Tuple>().is_some() || parameters.downcast_exact::<List>().is_some();
    if exact || parameters.downcast::<Dict>().is_none() && parameters.is_sequence() {
        let given = parameters.len()?;
        if given != needed {
            return Err(programming(&format!(
                "Incorrect number of bindings supplied. The current statement uses {needed}, and there are {given} supplied."
            )));
        }
        for position in 1..=needed {
            if let Some(name) = statement.parameter_name(position).filter(|name| !name.starts_with('?')) {
                return Err(programming(&format!(
                    "Binding {position} ('{name}') is a named parameter, but you supplied a sequence which requires nameless (qmark) placeholders."
                )));
            }
            let value = parameters.seq_getitem((position - 1).cast_signed())?;
            bind_adapted(statement, position, None, value.b())?;
        }
        return Ok(());
    }
    if parameters.class().mp_subscript().is_none() {
        return Err(programming("parameters are of unsupported type"));
    }
    for position in 1..=needed {
        let Some(name) = statement.parameter_name(position).map(str::to_owned) else {
            return Err(programming(&format!(
                "Binding {position} has no name, but you supplied a dictionary (which has only names)."
            )));
        };
        let plain = name.get(1..).unwrap_or("");
        let Some(value) = lookup(parameters, plain)? else {
            return Err(programming(&format!("You did not supply a value for binding parameter :{plain}.")));
        };
        bind_adapted(statement, position, Some(&name), value.b())?;
    }
    Ok(())
}

/// The value under a name; a LookupError means that there is none.
fn lookup(parameters: Borrowed<'_>, name: &str) -> PyResult<Option<Ref>> {
    match parameters.getitem(text::new(name)?.b()) {
        Ok(value) => Ok(Some(value)),
        Err(raised) => raised.clear_if(&object::exc::LookupError).map(|()| None),
    }
}

/// A text as the connection's `text_factory` wants it; none stands for `str`.
fn text_value(statement: &Statement, column: usize, content: &[u8], factory: Option<Borrowed<'_>>) -> PyResult<Ref> {
    match factory.filter(|factory| !factory.is(&core::STR.borrowed())) {
        None => match decoded(content)? {
            Some(text) => Ok(text),
            None => {
                let name = statement.column_name(column).unwrap_or_default();
                Err(raise_named(
                    "OperationalError",
                    &format!(
                        "Could not decode to UTF-8 column '{}' with text '{}'",
                        String::from_utf8_lossy(&name),
                        String::from_utf8_lossy(content)
                    ),
                ))
            }
        },
        Some(factory) if factory.is(&core::BYTES.borrowed()) => bytes::new(content),
        Some(factory) => factory.call1(bytes::new(content)?.b()),
    }
}

/// The current row as a tuple, with converters where there are any.
pub fn fetch(statement: &Statement, converters: &[Option<Ref>], factory: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let count = statement.data_count();
    let mut values = object::memory::vec_with_capacity(count)?;
    for column in 0..count {
        if let Some(Some(converter)) = converters.get(column) {
            // An empty blob is NULL for converters: SQLite gives no pointer to it.
            let content = statement.column_bytes(column).filter(|content| !content.is_empty()).map(bytes::new).transpose()?;
            values.push(match content {
                Some(content) => converter.call1(content.b())?,
                None => core::none_ref(),
            });
            continue;
        }
        values.push(match statement.column(column) {
            Value::Null => core::none_ref(),
            Value::Integer(number) => int::new(number)?,
            Value::Real(number) => float::new(number)?,
            Value::Blob(content) => bytes::new(content)?,
            Value::Text(content) => {
                let content = content.to_vec();
                text_value(statement, column, &content, factory)?
            }
        });
    }
    object::value::tuple::from_vec(values)
}
