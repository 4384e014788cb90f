//! `_weakref`: weak references as a module (CPython's `_weakref.c`).

/// Weak-reference support module.
#[macros::pymodule(name = "_weakref")]
pub mod module {
    use builtins::dict::Dict;
    use builtins::list::List;
    use builtins::weakref::{self, CallableProxy, Proxy};
    use object::{Borrowed, PyResult, Ref, StaticType, core, raise};

    #[pyattr(name = "ref")]
    fn short() -> PyResult<Ref> {
        Ok(core::WEAKREF.to_ref())
    }

    #[pyattr(name = "ReferenceType")]
    fn reference_type() -> PyResult<Ref> {
        Ok(core::WEAKREF.to_ref())
    }

    #[pyattr(name = "ProxyType")]
    fn proxy_type() -> PyResult<Ref> {
        Ok(Proxy::type_object().to_ref())
    }

    #[pyattr(name = "CallableProxyType")]
    fn callable_proxy_type() -> PyResult<Ref> {
        Ok(CallableProxy::type_object().to_ref())
    }

    /// Return the number of weak references to 'object'.
    #[pyfunction("($module, object, /)")]
    fn getweakrefcount(object: Borrowed<'_>) -> usize {
        weakref::count(object)
    }

    /// Return a list of all weak reference objects pointing to 'object'.
    #[pyfunction("($module, object, /)")]
    fn getweakrefs(object: Borrowed<'_>) -> PyResult<Ref> {
        List::from_vec(weakref::all(object)).map(Ref::upcast)
    }

    /// Create a proxy object that weakly references 'object'.
    ///
    /// 'callback', if given, is called with a reference to the
    /// proxy when 'object' is about to be finalized.
    #[pyfunction("($module, object, callback=None, /)")]
    fn proxy(object: Borrowed<'_>, callback: Option<Borrowed<'_>>) -> PyResult<Ref> {
        weakref::new_proxy(object, callback.filter(|callback| !callback.is(&core::none())))
    }

    /// Atomically remove key from dict if it points to a dead weakref.
    #[pyfunction("($module, dct, key, /)")]
    fn _remove_dead_weakref(dct: Borrowed<'_, Dict>, key: Borrowed<'_>) -> PyResult<()> {
        let hash = builtins::dict::key_hash(key)?;
        let Some(reference) = dct.get_known_hash(key, hash)? else { return Ok(()) };
        if reference.b().downcast::<weakref::WeakRef>().is_none() {
            return Err(raise!(TypeError, "not a weakref"));
        }
        if weakref::referent(reference.b()).is_none() {
            drop(dct.remove_known_hash(key, hash)?);
        }
        Ok(())
    }
}
