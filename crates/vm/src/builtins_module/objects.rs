//! Functions of `builtins` about any object: attributes, identity, iteration, classes, names in scope.

use macros::pymodule;

#[pymodule(part)]
pub(crate) mod part {
    use crate::lifecycle::frame_access;
    use crate::lifecycle::support;
    use crate::sys::audit::audit;
    use object::value::str as text;
    use object::{Borrowed, PyResult, Ref, core, exc, id, raise};

    /// Get a named attribute from an object.
    ///
    /// getattr(x, 'y') is equivalent to x.y.
    /// When a default argument is given, it is returned when the attribute doesn't
    /// exist; without it, an exception is raised in that case.
    #[pyfunction(text = None, "(object, name, default=None, /)")]
    fn getattr(object: Borrowed<'_>, name: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match default {
            None => object.getattr(name),
            Some(default) => Ok(object.getattr_opt(name)?.unwrap_or_else(|| default.to_ref())),
        }
    }

    /// Return whether the object has an attribute with the given name.
    ///
    /// This is done by calling getattr(obj, name) and catching AttributeError.
    #[pyfunction("(obj, name, /)")]
    fn hasattr(obj: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<bool> {
        Ok(obj.getattr_opt(name)?.is_some())
    }

    /// Sets the named attribute on the given object to the specified value.
    ///
    /// setattr(x, 'y', v) is equivalent to ``x.y = v``
    #[pyfunction("(obj, name, value, /)")]
    fn setattr(obj: Borrowed<'_>, name: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        obj.setattr(name, value)
    }

    /// Deletes the named attribute from the given object.
    ///
    /// delattr(x, 'y') is equivalent to ``del x.y``
    #[pyfunction("(obj, name, /)")]
    fn delattr(obj: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<()> {
        obj.delattr(name)
    }

    /// Return whether an object is an instance of a class or of a subclass thereof.
    ///
    /// A tuple, as in ``isinstance(x, (A, B, ...))``, may be given as the target to
    /// check against. This is equivalent to ``isinstance(x, A) or isinstance(x, B)
    /// or ...`` etc.
    #[pyfunction("(obj, class_or_tuple, /)")]
    fn isinstance(obj: Borrowed<'_>, class_or_tuple: Borrowed<'_>) -> PyResult<bool> {
        obj.isinstance(class_or_tuple)
    }

    /// Return whether 'cls' is derived from another class or is the same class.
    ///
    /// A tuple, as in ``issubclass(x, (A, B, ...))``, may be given as the target to
    /// check against. This is equivalent to ``issubclass(x, A) or issubclass(x, B)
    /// or ...``.
    #[pyfunction("(cls, class_or_tuple, /)")]
    fn issubclass(cls: Borrowed<'_>, class_or_tuple: Borrowed<'_>) -> PyResult<bool> {
        cls.issubclass(class_or_tuple)
    }

    /// Return the hash value for the given object.
    ///
    /// Two objects that compare equal must also have the same hash value, but the
    /// reverse is not necessarily true.
    #[pyfunction("(obj, /)")]
    fn hash(obj: Borrowed<'_>) -> PyResult<isize> {
        obj.hash()
    }

    /// Return the identity of an object.
    ///
    /// This is guaranteed to be unique among simultaneously existing objects.
    /// (CPython uses the object's memory address.)
    #[pyfunction("(obj, /)")]
    fn id(obj: Borrowed<'_>) -> PyResult<usize> {
        let address = obj.ptr().addr();
        audit("builtins.id", || Ok(vec![object::IntoPy::into_py(address)?]))?;
        Ok(address)
    }

    /// Return whether the object is callable (i.e., some kind of function).
    ///
    /// Note that classes are callable, as are instances of classes with a
    /// __call__() method.
    #[pyfunction("(obj, /)")]
    fn callable(obj: Borrowed<'_>) -> bool {
        obj.is_callable()
    }

    /// Return the canonical string representation of the object.
    ///
    /// For many object types, including most builtins, eval() will return
    /// an object with the same value.
    #[pyfunction("(obj, /)")]
    fn repr(obj: Borrowed<'_>) -> PyResult<Ref> {
        obj.repr()
    }

    /// Return an ASCII-only representation of an object.
    ///
    /// As repr(), return a string containing a printable representation of an
    /// object, but escape the non-ASCII characters in the string returned by
    /// repr() using \\x, \\u or \\U escapes. This generates a string similar
    /// to that returned by repr() in Python 2.
    #[pyfunction("(obj, /)")]
    fn ascii(obj: Borrowed<'_>) -> PyResult<Ref> {
        obj.ascii()
    }

    /// Return type(value).__format__(value, format_spec)
    ///
    /// Many built-in types implement format_spec according to the
    /// Format Specification Mini-language. See help('FORMATTING')
    /// for details.
    ///
    /// If type(value) does not supply a method named __format__
    /// and format_spec is empty, then str(value) is returned.
    /// See also help('SPECIALMETHODS').
    #[pyfunction("(value, format_spec='', /)")]
    fn format(value: Borrowed<'_>, format_spec: Option<object::convert::Str<'_>>) -> PyResult<Ref> {
        match format_spec {
            Some(spec) => builtins::format::format(value, spec.0),
            None => builtins::format::format(value, text::empty().b()),
        }
    }

    /// Return the number of items in a container.
    #[pyfunction("(obj, /)")]
    fn len(obj: Borrowed<'_>) -> PyResult<usize> {
        obj.len()
    }

    /// Get an iterator from an object.
    ///
    /// In the first form, the argument must supply its own iterator, or be a sequence.
    /// In the second form, the callable is called until it returns the sentinel.
    #[pyfunction(text = None, "(object, sentinel=None, /)")]
    fn iter(object: Borrowed<'_>, sentinel: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match sentinel {
            None => object.iter(),
            Some(sentinel) if object.is_callable() => frame_access::callable_iterator(object, sentinel),
            Some(_) => Err(raise!(TypeError, "iter(v, w): v must be callable")),
        }
    }

    /// Return the next item from the iterator.
    ///
    /// If default is given and the iterator is exhausted,
    /// it is returned instead of raising StopIteration.
    #[pyfunction(text = None, "(iterator, default=None, /)")]
    fn next(iterator: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if !iterator.is_iterator() {
            return Err(raise!(TypeError, "'{}' object is not an iterator", iterator.class().tp_name()));
        }
        match (next_or_stop(iterator), default) {
            (Ok(Some(item)), _) => Ok(item),
            (Ok(None), None) => Err(object::error::raise_none(&exc::StopIteration)),
            (Ok(None), Some(default)) => Ok(default.to_ref()),
            (Err(raised), None) => Err(raised),
            (Err(raised), Some(default)) => raised.clear_if(&exc::StopIteration).map(|()| default.to_ref()),
        }
    }

    /// The slot itself: StopIteration with a value is handed on, not swallowed.
    fn next_or_stop(iterator: Borrowed<'_>) -> PyResult<Option<Ref>> {
        match iterator.class().tp_iternext() {
            Some(function) => function(iterator).into(),
            None => iterator.next(),
        }
    }

    /// Return an AsyncIterator for an AsyncIterable object.
    #[pyfunction("(async_iterable, /)")]
    fn aiter(async_iterable: Borrowed<'_>) -> PyResult<Ref> {
        let class = async_iterable.class();
        let Some(function) = class.am_aiter() else {
            return Err(raise!(TypeError, "'{}' object is not an async iterable", class.tp_name()));
        };
        let iterator = function(async_iterable)?;
        if iterator.class().am_anext().is_none() {
            let found = iterator.class().tp_name();
            return Err(raise!(TypeError, "aiter() returned not an async iterator of type '{found}'"));
        }
        Ok(iterator)
    }

    /// Return the next item from the async iterator.
    ///
    /// If default is given and the async iterator is exhausted,
    /// it is returned instead of raising StopAsyncIteration.
    #[pyfunction(text = None, "(aiterator, default=None, /)")]
    fn anext(aiterator: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let class = aiterator.class();
        let Some(function) = class.am_anext() else {
            return Err(raise!(TypeError, "'{}' object is not an async iterator", class.tp_name()));
        };
        let awaitable = function(aiterator)?;
        match default {
            None => Ok(awaitable),
            Some(default) => super::super::anext::AnextAwaitable::create(awaitable, default.to_ref()),
        }
    }

    /// Show attributes of an object.
    ///
    /// If called without an argument, return the names in the current scope.
    /// Else, return an alphabetized list of names comprising (some of) the attributes
    /// of the given object, and of attributes reachable from it.
    /// If the object supplies a method named __dir__, it will be used; otherwise
    /// the default dir() logic is used and returns:
    ///   for a module object: the module's attributes.
    ///   for a class object:  its attributes, and recursively the attributes
    ///     of its bases.
    ///   for any other object: its attributes, its class's attributes, and
    ///     recursively the attributes of its class's base classes.
    #[pyfunction(text = None, "(object=None, /)")]
    fn dir(object: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if let Some(object) = object {
            return object.dir();
        }
        let locals = frame_access::locals()?;
        let names = locals.call_method(id!("keys"), &[])?;
        let names = support::list(names.to_vec()?)?;
        names.call_method(id!("sort"), &[])?;
        Ok(names)
    }

    /// Return vars.
    ///
    /// Without arguments, equivalent to locals().
    /// With an argument, equivalent to object.__dict__.
    #[pyfunction(text = None, "(object=None, /)")]
    fn vars(object: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(object) = object else { return frame_access::locals() };
        match object.getattr_opt(id!("__dict__"))? {
            Some(dict) => Ok(dict),
            None => Err(raise!(TypeError, "vars() argument must have __dict__ attribute")),
        }
    }

    /// Return the dictionary containing the current scope's global variables.
    ///
    /// NOTE: Updates to this dictionary *will* affect name lookups in the current
    /// global scope and vice-versa.
    #[pyfunction("()")]
    fn globals() -> PyResult<Ref> {
        Ok(frame_access::globals().unwrap_or_else(core::none_ref))
    }

    /// Return a dictionary containing the current scope's local variables.
    ///
    /// NOTE: Whether or not updates to this dictionary will affect name lookups in
    /// the local scope and vice-versa is *implementation dependent* and not
    /// covered by any backwards compatibility guarantees.
    #[pyfunction("()")]
    fn locals() -> PyResult<Ref> {
        frame_access::locals()
    }

    /// Return True if bool(x) is True for all values x in the iterable.
    ///
    /// If the iterable is empty, return True.
    #[pyfunction("(iterable, /)")]
    fn all(iterable: Borrowed<'_>) -> PyResult<bool> {
        let iterator = iterable.iter()?;
        while let Some(item) = iterator.next()? {
            if !item.is_true()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Return True if bool(x) is True for any x in the iterable.
    ///
    /// If the iterable is empty, return False.
    #[pyfunction("(iterable, /)")]
    fn any(iterable: Borrowed<'_>) -> PyResult<bool> {
        let iterator = iterable.iter()?;
        while let Some(item) = iterator.next()? {
            if item.is_true()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// sorted($module, iterable, /, *, key=None, reverse=False)
    /// --
    ///
    /// Return a new list containing all items from the iterable in ascending order.
    ///
    /// A custom key function can be supplied to customize the sort order, and the
    /// reverse flag can be set to request the result in descending order.
    #[pyfunction("(*args, key=None, reverse=False)", text = None)]
    fn sorted(args: &[Borrowed<'_>], key: Option<Borrowed<'_>>, reverse: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let [iterable] = *args else {
            return Err(raise!(TypeError, "sorted expected 1 argument, got {}", args.len()));
        };
        let list = builtins::list::from_iterable(iterable)?;
        // `list.sort` asks for the truth of `reverse` before anything else.
        let reverse = reverse.map_or(Ok(false), |reverse| reverse.is_true())?;
        list.sort(key.filter(|key| !key.is(&core::none())), reverse)?;
        Ok(list.upcast())
    }
}
