//! Text of objects: repr, str, ascii, format, and the guard of recursive reprs.

use crate::raise;
use crate::recursion;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::PyResult;
use crate::thread;
use crate::value::str as text;
use crate::{core, id};

/// While this lives, the object's repr is under way in this thread.
pub struct ReprGuard(*mut abi::PyObject);

impl ReprGuard {
    /// Enters the repr of `object`; none if it is under way already (then it is written as `...`).
    pub fn enter(object: &Object) -> Option<ReprGuard> {
        let mut stack = thread::current().repr_stack.borrow_mut();
        if stack.contains(&object.as_ptr()) {
            return None;
        }
        stack.push(object.as_ptr());
        Some(ReprGuard(object.as_ptr()))
    }
}

impl Drop for ReprGuard {
    fn drop(&mut self) {
        let mut stack = thread::current().repr_stack.borrow_mut();
        if let Some(at) = stack.iter().rposition(|ptr| *ptr == self.0) {
            stack.remove(at);
        }
    }
}

impl Object {
    /// `repr(self)`.
    pub fn repr(&self) -> PyResult<Ref> {
        let Some(function) = self.class().tp_repr() else {
            return text::new(&format!("<{} object at {:p}>", self.class().tp_name(), self.as_ptr()));
        };
        recursion::check(" while getting the repr of an object")?;
        let result = function(self.borrowed())?;
        if text::check(result.b()) {
            return Ok(result);
        }
        Err(raise!(TypeError, "__repr__ returned non-string (type {})", result.class().tp_name()))
    }

    /// `str(self)`.
    pub fn str(&self) -> PyResult<Ref> {
        if text::check_exact(self) {
            return Ok(self.to_ref());
        }
        let Some(function) = self.class().tp_str() else { return self.repr() };
        recursion::check(" while getting the str of an object")?;
        let result = function(self.borrowed())?;
        if text::check(result.b()) {
            return Ok(result);
        }
        Err(raise!(TypeError, "__str__ returned non-string (type {})", result.class().tp_name()))
    }

    /// `ascii(self)`: the repr with everything beyond ASCII escaped.
    pub fn ascii(&self) -> PyResult<Ref> {
        let repr = self.repr()?;
        if text::as_ascii(repr.b()).is_some() {
            return Ok(repr);
        }
        let mut escaped = String::new();
        for code in text::data(repr.b()).into_iter().flat_map(text::Data::iter) {
            match code {
                0..0x80 => escaped.push(char::from_u32(code).unwrap_or('?')),
                0x80..0x100 => escaped.push_str(&format!("\\x{code:02x}")),
                0x100..0x10000 => escaped.push_str(&format!("\\u{code:04x}")),
                _ => escaped.push_str(&format!("\\U{code:08x}")),
            }
        }
        text::new(&escaped)
    }

    /// `format(self, spec)`.
    pub fn format(&self, spec: Borrowed<'_>) -> PyResult<Ref> {
        if text::data(spec).is_none() {
            return Err(raise!(SystemError, "Format specifier must be a string, not {}", spec.class().tp_name()));
        }
        // SAFETY: the type was checked.
        if unsafe { text::len_unchecked(spec) } == 0 {
            if text::check_exact(self) {
                return Ok(self.to_ref());
            }
            if self.class().is_type(&core::INT) {
                return self.str();
            }
        }
        let Some(method) = self.lookup_special(id!("__format__"))? else {
            return Err(raise!(TypeError, "Type {} doesn't define __format__", self.class().tp_name()));
        };
        let result = method.call1(spec)?;
        if text::check(result.b()) {
            return Ok(result);
        }
        Err(raise!(TypeError, "__format__ must return a str, not {}", result.class().tp_name()))
    }

    /// The repr for a message to the programmer.
    pub fn repr_text(&self) -> PyResult<String> {
        self.repr().map(|repr| text::to_string_lossy(repr.b()))
    }

    /// The str for a message to the programmer.
    pub fn str_text(&self) -> PyResult<String> {
        self.str().map(|text| text::to_string_lossy(text.b()))
    }
}
