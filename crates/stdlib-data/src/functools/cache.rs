//! The wrapper that `lru_cache` makes: results by arguments, the least recently used one leaves first.
//!
//! The results stand in a slab, linked in the order of their use; the dict maps a key to its place. A look-up may run any code (`__eq__` of
//! arguments), so nothing of the slab is borrowed across one.

use crate::header;
use builtins::dict::{Dict, instance};
use macros::{pyclass, pymethods};
use object::value::{int, str as text, tuple};
use object::{Borrowed, IntoPy, KwArgs, OptRef, PyResult, Ref, Trace, TypeObject, Visit, core, id, memory, raise, thread};
use std::cell::{Cell, RefCell};

/// One result.
struct Link {
    older: usize,
    newer: usize,
    hash: isize,
    key: Ref,
    result: Ref,
}

/// The linked results. `usize::MAX` is no place.
struct Links {
    slab: Vec<Option<Link>>,
    free: Vec<usize>,
    oldest: usize,
    newest: usize,
}

const NOWHERE: usize = usize::MAX;

impl Default for Links {
    fn default() -> Self {
        Links { slab: Vec::new(), free: Vec::new(), oldest: NOWHERE, newest: NOWHERE }
    }
}

impl Trace for Links {
    fn trace(&self, visit: &mut Visit<'_>) {
        for link in self.slab.iter().flatten() {
            visit.object(link.key.b());
            visit.object(link.result.b());
        }
    }
}

impl Links {
    fn at(&mut self, place: usize) -> Option<&mut Link> {
        self.slab.get_mut(place).and_then(Option::as_mut)
    }

    /// Takes the link at `place` out of the order.
    fn unlink(&mut self, place: usize) {
        let Some((older, newer)) = self.at(place).map(|link| (link.older, link.newer)) else { return };
        match self.at(older) {
            Some(link) => link.newer = newer,
            None => self.oldest = newer,
        }
        match self.at(newer) {
            Some(link) => link.older = older,
            None => self.newest = older,
        }
    }

    /// Puts the link at `place` behind all others.
    fn link_newest(&mut self, place: usize) {
        let newest = self.newest;
        if let Some(link) = self.at(place) {
            (link.older, link.newer) = (newest, NOWHERE);
        }
        match self.at(newest) {
            Some(link) => link.newer = place,
            None => self.oldest = place,
        }
        self.newest = place;
    }

    /// The result at `place`, which becomes the newest.
    fn use_at(&mut self, place: usize) -> Option<Ref> {
        let result = self.at(place)?.result.clone();
        self.unlink(place);
        self.link_newest(place);
        Some(result)
    }

    fn add(&mut self, hash: isize, key: Ref, result: Ref) -> PyResult<usize> {
        let link = Some(Link { older: NOWHERE, newer: NOWHERE, hash, key, result });
        let place = match self.free.pop() {
            Some(place) => {
                if let Some(slot) = self.slab.get_mut(place) {
                    *slot = link;
                }
                place
            }
            None => {
                memory::reserve(&mut self.slab, 1)?;
                self.slab.push(link);
                self.slab.len() - 1
            }
        };
        self.link_newest(place);
        Ok(place)
    }

    fn remove(&mut self, place: usize) -> Option<Link> {
        self.unlink(place);
        let link = self.slab.get_mut(place)?.take();
        self.free.push(place);
        link
    }
}

/// Create a cached callable that wraps another function.
///
/// user_function:      the function being cached
///
/// maxsize:  0         for no caching
///           None      for unlimited cache size
///           n         for a bounded cache
///
/// typed:    False     cache f(3) and f(3.0) as identical calls
///           True      cache f(3) and f(3.0) as distinct calls
///
/// cache_info_type:    namedtuple class with the fields:
///                         hits misses currsize maxsize
#[pyclass(name = "_lru_cache_wrapper", module = "functools", flags(METHOD_DESCRIPTOR), gc, dict = dict, weaklist = weakrefs)]
pub struct LruCache {
    head: abi::PyObject,
    function: OptRef,
    cache: OptRef<Dict>,
    info_type: OptRef,
    /// None: no bound.
    bound: Option<usize>,
    typed: bool,
    hits: Cell<isize>,
    misses: Cell<isize>,
    links: RefCell<Links>,
    dict: OptRef,
    weakrefs: Cell<*mut abi::PyObject>,
}

/// What separates positional arguments and keywords in a key.
#[derive(Default)]
struct KeywordMark(OptRef);

fn keyword_mark() -> PyResult<Ref> {
    let place = &thread::current().interpreter().extensions.get::<KeywordMark>().0;
    match place.get() {
        Some(mark) => Ok(mark),
        None => {
            let mark = core::OBJECT.borrowed().call0()?;
            place.set(Some(mark.clone()));
            Ok(mark)
        }
    }
}

impl LruCache {
    fn key(&self, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let has_keywords = !kwargs.is_empty();
        if !self.typed
            && !has_keywords
            && let [only] = args
            && (only.class().is_type(&core::INT) || text::check_exact(only))
        {
            return Ok(only.to_ref());
        }
        if !self.typed && !has_keywords {
            return tuple::from_slice(args);
        }
        let mut parts = memory::vec_with_capacity(args.len() * 2 + 1)?;
        parts.extend(args.iter().map(|arg| arg.to_ref()));
        if has_keywords {
            parts.push(keyword_mark()?);
            for (name, value) in kwargs.iter() {
                parts.extend([name.to_ref(), value.to_ref()]);
            }
        }
        if self.typed {
            parts.extend(args.iter().map(|arg| arg.class().to_ref()));
            parts.extend(kwargs.iter().map(|(_, value)| value.class().to_ref()));
        }
        tuple::from_vec(parts)
    }

    fn invoke(function: &Ref, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        if kwargs.is_empty() {
            return function.call(args);
        }
        let names: Vec<Borrowed<'_>> = kwargs.iter().map(|(name, _)| name).collect();
        let names = tuple::from_slice(&names)?;
        let mut all = memory::vec_with_capacity(args.len() + 4)?;
        all.extend_from_slice(args);
        all.extend(kwargs.iter().map(|(_, value)| value));
        function.vectorcall(&all, args.len(), Some(names.b()))
    }

    fn count_miss(&self) {
        self.misses.set(self.misses.get() + 1);
    }

    fn count_hit(&self) {
        self.hits.set(self.hits.get() + 1);
    }

    fn unbounded(&self, function: &Ref, cache: &Dict, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let key = self.key(args, kwargs)?;
        let hash = key.hash()?;
        if let Some(result) = cache.get_known_hash(key.b(), hash)? {
            self.count_hit();
            return Ok(result);
        }
        self.count_miss();
        let result = Self::invoke(function, args, kwargs)?;
        cache.insert(key, hash, result.clone())?;
        Ok(result)
    }

    fn bounded(&self, function: &Ref, cache: &Dict, bound: usize, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let key = self.key(args, kwargs)?;
        let hash = key.hash()?;
        let place_of = |found: Ref| int::to_i64(found.b()).and_then(|place| usize::try_from(place).ok());
        if let Some(place) = cache.get_known_hash(key.b(), hash)?.and_then(place_of) {
            let found = self.links.borrow_mut().use_at(place);
            if let Some(result) = found {
                self.count_hit();
                return Ok(result);
            }
        }
        self.count_miss();
        let result = Self::invoke(function, args, kwargs)?;
        // The call may have stored the very same key.
        if cache.get_known_hash(key.b(), hash)?.is_some() {
            return Ok(result);
        }
        let oldest = self.links.borrow().oldest;
        if cache.len() >= bound && oldest != NOWHERE {
            let removed = self.links.borrow_mut().remove(oldest);
            if let Some(link) = removed
                && cache.remove_known_hash(link.key.b(), link.hash)?.is_none()
            {
                return Ok(result);
            }
        }
        let place = self.links.borrow_mut().add(hash, key.clone(), result.clone())?;
        let stored = int::from_u64(place as u64).and_then(|index| cache.insert(key, hash, index));
        if let Err(raised) = stored {
            let removed = self.links.borrow_mut().remove(place);
            object::error::preserving(|| drop(removed));
            return Err(raised);
        }
        Ok(result)
    }

    fn reset(&self) {
        self.hits.set(0);
        self.misses.set(0);
        let links = self.links.take();
        if let Some(cache) = self.cache.get() {
            // By its type's name: a `Ref` has a `clear` of the collector's.
            Dict::clear(&cache);
        }
        drop(links);
    }
}

#[pymethods]
impl LruCache {
    #[slot(tp_new, "(user_function, maxsize, typed, cache_info_type)")]
    fn new(
        cls: Borrowed<'_, TypeObject>,
        user_function: Borrowed<'_>,
        maxsize: Borrowed<'_>,
        typed: bool,
        cache_info_type: Borrowed<'_>,
    ) -> PyResult<Ref> {
        if !user_function.is_callable() {
            return Err(raise!(TypeError, "the first argument must be callable"));
        }
        let bound = if maxsize.is(&core::none()) {
            None
        } else if maxsize.class().nb_index().is_some() {
            Some(usize::try_from(maxsize.as_isize()?).unwrap_or(0))
        } else {
            return Err(raise!(TypeError, "maxsize should be integer or None"));
        };
        let value = LruCache {
            head: header(),
            function: OptRef::new(Some(user_function.to_ref())),
            cache: OptRef::new(Some(Dict::new()?)),
            info_type: OptRef::new(Some(cache_info_type.to_ref())),
            bound,
            typed,
            hits: Cell::new(0),
            misses: Cell::new(0),
            links: RefCell::default(),
            dict: OptRef::none(),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_call, "(*args, **kwargs)")]
    fn call(&self, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let (Some(function), Some(cache)) = (self.function.get(), self.cache.get()) else {
            return Err(object::error::bad_internal_call());
        };
        match self.bound {
            None => self.unbounded(&function, &cache, args, kwargs),
            Some(0) => {
                self.count_miss();
                Self::invoke(&function, args, kwargs)
            }
            Some(bound) => self.bounded(&function, &cache, bound, args, kwargs),
        }
    }

    #[slot(tp_descr_get)]
    fn descr_get(slf: Borrowed<'_>, object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        super::bind(slf, object)
    }

    /// Report cache statistics
    #[method("($self, /)")]
    fn cache_info(&self) -> PyResult<Ref> {
        let Some(info) = self.info_type.get() else { return Err(object::error::bad_internal_call()) };
        let (hits, misses) = (self.hits.get().into_py()?, self.misses.get().into_py()?);
        let size = self.cache.get().map_or(0, |cache| cache.len()).into_py()?;
        info.call(&[hits.b(), misses.b(), self.bound.into_py()?.b(), size.b()])
    }

    /// Clear the cache and cache statistics
    #[method("($self, /)")]
    fn cache_clear(&self) {
        self.reset();
    }

    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_>) -> PyResult<Ref> {
        slf.getattr(id!("__qualname__"))
    }

    #[method("($self, /)")]
    fn __copy__(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[method("($self, memo, /)")]
    fn __deepcopy__(slf: Borrowed<'_>, _memo: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[getter(name = "__dict__")]
    fn dict(slf: Borrowed<'_>) -> PyResult<Ref> {
        instance::dict_getter(slf)
    }

    #[setter(name = "__dict__")]
    fn set_dict(slf: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        instance::dict_setter(slf, value)
    }
}
