//! Special methods: looked up on the type, called without a bound method where that is possible.

use super::lookup::lookup;
use abi::tpflags;
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, Ref, raise};

/// A special method as found on a type.
pub enum Special {
    /// A function that takes the object as its first argument.
    Unbound(Ref),
    /// A callable that knows the object.
    Bound(Ref),
}

impl Special {
    /// The method `name` of `object`'s type, if it has one.
    #[inline]
    pub fn find(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Option<Special>> {
        let class = object.class();
        let Some(found) = lookup(class, name) else { return Ok(None) };
        if found.class().has(tpflags::METHOD_DESCRIPTOR) {
            return Ok(Some(Special::Unbound(found)));
        }
        match found.class().tp_descr_get() {
            Some(get) => get(found.b(), Some(object), Some(class.borrowed())).map(|bound| Some(Special::Bound(bound))),
            None => Ok(Some(Special::Bound(found))),
        }
    }

    /// Calls the method with up to three arguments behind the object.
    #[inline]
    pub fn call(&self, object: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        match self {
            Special::Bound(function) => function.call(args),
            Special::Unbound(function) => match *args {
                [] => function.call(&[object]),
                [a] => function.call(&[object, a]),
                [a, b] => function.call(&[object, a, b]),
                _ => {
                    let all: Vec<Borrowed<'_>> = std::iter::once(object).chain(args.iter().copied()).collect();
                    function.call(&all)
                }
            },
        }
    }
}

/// `type(object).name(object, *args)`, or none where there is no such method.
#[inline]
pub fn call_if_any(object: Borrowed<'_>, name: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Option<Ref>> {
    match Special::find(object, name)? {
        Some(method) => method.call(object, args).map(Some),
        None => Ok(None),
    }
}

/// `type(object).name(object, *args)`; AttributeError where there is no such method.
#[inline]
pub fn call_method(object: Borrowed<'_>, name: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
    match Special::find(object, name)? {
        Some(method) => method.call(object, args),
        None => Err(missing(name)),
    }
}

#[cold]
fn missing(name: Borrowed<'_>) -> Raised {
    raise!(AttributeError, "{}", text::to_string_lossy(name))
}
