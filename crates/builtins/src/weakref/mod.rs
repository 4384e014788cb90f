//! Weak references: `weakref.ref`, proxies, and what happens to them when their object dies (`weakrefobject.c`).
//!
//! The references to an object hang in a doubly linked list whose head stands in the object (`tp_weaklistoffset`) or before it (managed).
//! The reference without a callback comes first and is shared, then the proxy without a callback, then all others, the newest first.

mod proxy;

pub use proxy::{CallableProxy, Proxy};

use abi::{Cell, PyObject, PyWeakReference, tpflags};
use macros::{pyclass, pymethods};
use object::slots::VectorcallFn;
use object::value::{str as text, tuple};
use object::{
    ArgPtr, Borrowed, CompareOp, Object, PyResult, RawField, Ref, StaticType, TypeObject, Visit, core, error, gc, id, memory,
    raise,
};

/// A weak reference.
#[pyclass(
    name = "ReferenceType",
    module = "weakref",
    cell = ::object::core::WEAKREF,
    flags(BASETYPE),
    vectorcall = vectorcall,
    gc = manual
)]
pub struct WeakRef {
    head: PyObject,
    /// Borrowed; None when the object is dead, which C code's macros look at without asking.
    object: Cell<*mut PyObject>,
    callback: Cell<*mut PyObject>,
    hash: Cell<isize>,
    prev: Cell<*mut WeakRef>,
    next: Cell<*mut WeakRef>,
    vectorcall: Cell<Option<VectorcallFn>>,
}

const _: () = assert!(size_of::<WeakRef>() == size_of::<PyWeakReference>());

/// The head of the list of weak references to an object; none where its type has no place for one.
fn list_of<'a>(object: Borrowed<'a>) -> Option<&'a Cell<*mut WeakRef>> {
    let class = object.class();
    // SAFETY: the flag or the offset says where the word is; a list consists of weak references.
    unsafe {
        if class.has(tpflags::MANAGED_WEAKREF) {
            let words = memory::pre_header(object.ptr());
            return Some(&*std::ptr::from_ref(&words.weakrefs).cast());
        }
        let offset = class.raw().tp_weaklistoffset.get();
        (offset > 0).then(|| &*object.ptr().byte_offset(offset).cast())
    }
}

/// The first weak reference to an object: `__weakref__`.
pub fn first(object: Borrowed<'_>) -> Option<Ref> {
    // SAFETY: the list holds live references.
    unsafe { Borrowed::<Object>::from_ptr_or_null(list_of(object)?.get().cast()) }.map(Borrowed::to_ref)
}

/// All weak references and proxies to an object, first to last.
pub fn all(object: Borrowed<'_>) -> Vec<Ref> {
    let mut found = Vec::new();
    let mut current = list_of(object).map_or(std::ptr::null_mut(), Cell::get);
    // SAFETY: the list holds live references.
    unsafe {
        while let Some(reference) = current.as_ref() {
            if (*current.cast::<Object>()).refcount() > 0 {
                found.push((*current.cast::<Object>()).to_ref());
            }
            current = reference.next.get();
        }
    }
    found
}

/// Whether the object is a weak reference or a proxy with a callback.
pub fn has_callback(object: Borrowed<'_>) -> bool {
    let class = object.class();
    let derived = || class.has(tpflags::HEAPTYPE) && class.is_subtype(&core::WEAKREF);
    let is_reference = class.is_type(&core::WEAKREF) || proxy::is_proxy_type(class) || derived();
    // SAFETY: proxies have the struct of a reference.
    is_reference && unsafe { !(*object.ptr().cast::<WeakRef>()).callback.get().is_null() }
}

/// Number of weak references to an object.
pub fn count(object: Borrowed<'_>) -> usize {
    all(object).len()
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Reference,
    Proxy,
}

fn is_plain_reference(reference: &WeakRef) -> bool {
    reference.callback.get().is_null() && object::as_object(reference).class().is_type(&core::WEAKREF)
}

fn is_plain_proxy(reference: &WeakRef) -> bool {
    reference.callback.get().is_null() && proxy::is_proxy_type(object::as_object(reference).class())
}

/// The shared reference and the shared proxy at the start of a list.
fn shared(list: &Cell<*mut WeakRef>) -> (Option<&WeakRef>, Option<&WeakRef>) {
    // SAFETY: the list holds live references.
    unsafe {
        let Some(first) = list.get().as_ref() else { return (None, None) };
        if is_plain_reference(first) {
            let second = first.next.get().as_ref().filter(|second| is_plain_proxy(second));
            return (Some(first), second);
        }
        (None, Some(first).filter(|first| is_plain_proxy(first)))
    }
}

fn alive(reference: &WeakRef) -> Option<Ref> {
    let reference = object::as_object(reference);
    (reference.refcount() > 0).then(|| reference.to_ref())
}

/// Puts `new` into the list behind `previous`, or first.
fn insert(list: &Cell<*mut WeakRef>, new: &WeakRef, previous: Option<&WeakRef>) {
    let this = std::ptr::from_ref(new).cast_mut();
    let next = previous.map_or_else(|| list.get(), |previous| previous.next.get());
    new.prev.set(previous.map_or(std::ptr::null_mut(), |previous| std::ptr::from_ref(previous).cast_mut()));
    new.next.set(next);
    // SAFETY: the neighbours are live.
    unsafe {
        if let Some(next) = next.as_ref() {
            next.prev.set(this);
        }
    }
    match previous {
        Some(previous) => previous.next.set(this),
        None => list.set(this),
    }
}

/// A weak reference or proxy of `class` to `object`; shared where there is no callback and the type is the plain one.
pub(crate) fn create(
    class: &TypeObject,
    object: Borrowed<'_>,
    callback: Option<Borrowed<'_>>,
    kind: Kind,
    plain: bool,
) -> PyResult<Ref> {
    let Some(list) = list_of(object) else {
        return Err(raise!(TypeError, "cannot create weak reference to '{}' object", object.class().tp_name()));
    };
    let callback = callback.filter(|callback| !callback.is(&core::none()));
    if callback.is_none() && plain {
        let (reference, proxy) = shared(list);
        let found = if kind == Kind::Reference { reference } else { proxy };
        if let Some(found) = found.and_then(alive) {
            return Ok(found);
        }
    }
    let made = memory::alloc_instance(class, 0)?;
    // SAFETY: fresh zeroed memory of a weak reference or a subtype of it.
    let made: Ref<WeakRef> = unsafe { Ref::from_owned_ptr(made) };
    made.hash.set(-1);
    made.callback.store(callback.map(Borrowed::to_ref));
    if kind == Kind::Reference {
        made.vectorcall.set(Some(call_reference));
    }
    if class.has(tpflags::INLINE_VALUES) {
        // SAFETY: fresh memory of an instance with inline values.
        unsafe { object::init_inline_values(made.ptr(), class) };
    }
    made.object.set(object.ptr());
    // The allocation may have run a collection: look again.
    let (reference, proxy) = shared(list);
    let previous = match kind {
        Kind::Reference if callback.is_none() && plain => None,
        Kind::Proxy if callback.is_none() => reference,
        _ => proxy.or(reference),
    };
    insert(list, &made, previous);
    // SAFETY: complete, and of a type that the collector knows.
    unsafe { gc::track(made.ptr()) };
    Ok(made.upcast())
}

/// `weakref.ref(object)`.
pub fn new(object: Borrowed<'_>, callback: Option<Borrowed<'_>>) -> PyResult<Ref> {
    create(&core::WEAKREF, object, callback, Kind::Reference, true)
}

extern "C-unwind" fn call_reference(
    callable: Borrowed<'_>,
    args: *const Borrowed<'_>,
    nargsf: usize,
    kwnames: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    // SAFETY: the arguments of a vectorcall.
    let (all, count) = unsafe { crate::cfunction::vector(args, nargsf, kwnames) };
    if all.len() > count {
        return Err(raise!(TypeError, "weakref() takes no keyword arguments"));
    }
    object::args::check_positional("weakref", count, 0, 0)?;
    Ok(callable.self_as::<WeakRef>().referent().unwrap_or_else(core::none_ref))
}

impl WeakRef {
    /// The object, if it lives.
    pub fn referent(&self) -> Option<Ref> {
        let object = self.object.get();
        // SAFETY: the field is null (before it is set), None, or names an object whose memory is still there: it clears the field before it goes.
        unsafe {
            if object.is_null() || object == core::none().ptr() || (*object.cast::<Object>()).refcount() == 0 {
                return None;
            }
            Some((*object.cast::<Object>()).to_ref())
        }
    }

    /// Takes the reference out of its object's list.
    fn unlink(&self) {
        let object = self.object.replace(core::none().ptr());
        if object.is_null() || object == core::none().ptr() {
            return;
        }
        // SAFETY: the object's memory is still there, and its list holds live references.
        unsafe {
            let this = std::ptr::from_ref(self).cast_mut();
            if let Some(list) = list_of((*object.cast::<Object>()).borrowed())
                && std::ptr::eq(list.get(), this)
            {
                list.set(self.next.get());
            }
            if let Some(previous) = self.prev.get().as_ref() {
                previous.next.set(self.next.get());
            }
            if let Some(next) = self.next.get().as_ref() {
                next.prev.set(self.prev.get());
            }
        }
        self.prev.set(std::ptr::null_mut());
        self.next.set(std::ptr::null_mut());
    }
}

/// The object that a weak reference refers to, if it lives; none also for other objects.
pub fn referent(reference: Borrowed<'_>) -> Option<Ref> {
    let class = reference.class();
    (class.is_subtype(&core::WEAKREF) || proxy::is_proxy_type(class)).then(|| reference.self_as::<WeakRef>().referent()).flatten()
}

/// Clears the weak references to a dying object, then calls their callbacks, the newest first.
///
/// # Safety
/// The object's count is 0, or the collector is clearing it; its memory is whole.
pub unsafe fn clear_all(ptr: *mut PyObject) {
    // SAFETY: by contract.
    let object = unsafe { (*ptr.cast::<Object>()).borrowed() };
    let Some(list) = list_of(object) else { return };
    let mut callbacks: Vec<(Ref, Ref)> = Vec::new();
    // SAFETY: the list holds references whose memory is there.
    unsafe {
        while let Some(reference) = list.get().as_ref() {
            reference.unlink();
            let callback = reference.callback.swap_ref(None);
            // A reference that is dying itself does not get its call.
            if let (Some(callback), Some(reference)) = (callback, alive(reference)) {
                callbacks.push((reference, callback));
            }
        }
    }
    if callbacks.is_empty() {
        return;
    }
    error::preserving(|| {
        for (reference, callback) in &callbacks {
            if let Err(raised) = callback.call1(reference.b()) {
                raised.unraisable_of("Exception ignored while calling weakref callback", callback.b());
            }
        }
        drop(callbacks);
    });
}

/// Clears the weak references to an object without calling anything: the collector has taken the callbacks out, or the object was
/// finalised. Returns the callbacks with their references.
///
/// # Safety
/// As [`clear_all`].
pub unsafe fn take_callbacks(ptr: *mut PyObject) -> Vec<(Ref, Ref)> {
    // SAFETY: by contract.
    let object = unsafe { (*ptr.cast::<Object>()).borrowed() };
    let mut callbacks = Vec::new();
    let Some(list) = list_of(object) else { return callbacks };
    // SAFETY: the list holds references whose memory is there.
    unsafe {
        while let Some(reference) = list.get().as_ref() {
            reference.unlink();
            if let (Some(callback), Some(reference)) = (reference.callback.swap_ref(None), alive(reference)) {
                callbacks.push((reference, callback));
            }
        }
    }
    callbacks
}

#[pymethods]
impl WeakRef {
    #[slot(tp_new)]
    fn make(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let items = tuple::items(args).unwrap_or_default();
        object::args::check_positional("__new__", items.len(), 1, 2)?;
        let Some(object) = items.first() else { return Err(error::bad_internal_call()) };
        let plain = class.is_type(&core::WEAKREF);
        create(&class, *object, items.get(1).copied(), Kind::Reference, plain)
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn construct<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        if kwnames.and_then(tuple::items).is_some_and(|names| !names.is_empty()) {
            return Err(raise!(TypeError, "ref() takes no keyword arguments"));
        }
        let args = args.with_len((nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET).cast_signed());
        object::args::check_positional("__new__", args.len(), 1, 2)?;
        let Some(object) = args.first() else { return Err(error::bad_internal_call()) };
        let class = class.self_as::<TypeObject>();
        create(&class, *object, args.get(1).copied(), Kind::Reference, class.is_type(&core::WEAKREF))
    }

    #[slot(tp_init)]
    fn init(_slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0 {
            return Err(raise!(TypeError, "ref() takes no keyword arguments"));
        }
        object::args::check_positional("__init__", tuple::items(args).map_or(0, <[_]>::len), 1, 2)
    }

    #[slot(tp_call)]
    fn call(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        object::args::with_call_args(args, kwargs, |all, count, names| call_reference(slf, all.as_ptr(), count, names))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        if self.hash.get() != -1 {
            return Ok(self.hash.get());
        }
        let Some(object) = self.referent() else { return Err(raise!(TypeError, "weak object has gone away")) };
        let hash = object.hash()?;
        self.hash.set(hash);
        Ok(hash)
    }

    #[slot(tp_richcompare)]
    fn richcompare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let (Some(a), Some(b)) = (slf.downcast::<WeakRef>(), other.downcast::<WeakRef>()) else {
            return Ok(core::not_implemented().to_ref());
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(core::not_implemented().to_ref());
        }
        match (a.referent(), b.referent()) {
            (Some(a), Some(b)) => a.richcompare(b.b(), op),
            _ => Ok(core::boolean(slf.is(&other) == (op == CompareOp::Eq)).to_ref()),
        }
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let at = slf.object().ptr();
        let class = slf.object().get().class();
        let kind = if class.is_type(&core::WEAKREF) { "weakref".to_owned() } else { class.short_name().to_owned() };
        let Some(object) = slf.referent() else { return text::new(&format!("<{kind} at {at:p}; dead>")) };
        let name = object.lookup_special(id!("__name__"))?.filter(|name| text::check(name.b()));
        let referent = crate::type_::attributes::fully_qualified_name(object.class())?.str_text()?;
        match name {
            Some(name) => text::new(&format!(
                "<{kind} at {at:p}; to '{referent}' at {:p} ({})>",
                object.ptr(),
                text::to_string_lossy(name.b())
            )),
            None => text::new(&format!("<{kind} at {at:p}; to '{referent}' at {:p}>", object.ptr())),
        }
    }

    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        visit.raw(self.callback.get());
    }

    #[slot(tp_clear)]
    fn clear(&self) {
        self.unlink();
        self.callback.store(None);
    }

    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        let ptr = slf.object().ptr();
        // SAFETY: the slot's contract.
        unsafe {
            gc::untrack_if_tracked(ptr);
            slf.unlink();
            slf.callback.store(None);
            memory::finish_dealloc(ptr);
        }
    }

    #[getter(name = "__callback__")]
    fn get_callback(&self) -> Ref {
        self.callback.load().unwrap_or_else(core::none_ref)
    }

    /// See PEP 585
    #[classmethod(name = "__class_getitem__", text = None, "($type, object, /)")]
    fn class_getitem(class: Borrowed<'_, TypeObject>, item: Borrowed<'_>) -> PyResult<Ref> {
        crate::genericalias::new(class.object(), item)
    }
}

/// `weakref.proxy(object, callback)`.
pub fn new_proxy(object: Borrowed<'_>, callback: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let class = if object.is_callable() { CallableProxy::type_object() } else { Proxy::type_object() };
    create(class, object, callback, Kind::Proxy, true)
}
