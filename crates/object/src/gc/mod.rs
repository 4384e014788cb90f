//! The cycle collector's bookkeeping: which objects it knows, and how they show what they refer to.
//!
//! Tracked objects hang in one ring per generation. Collection itself is in `gc/collect.rs`; it never runs inside an allocation: the
//! threshold only sets a bit in the eval breaker.

pub mod collect;
mod ring;
mod weakrefs;

use crate::memory::{GcHeader, gc_header};
use crate::reference::{Borrowed, Layout, Object, OptRef, Ref};
use crate::result::PyResult;
use crate::thread;
use abi::{Cell, PyObject, c_int, c_void, visitproc};

/// Flag in `GcHeader::prev`: `tp_finalize` ran.
pub const FINALIZED: usize = 1;
/// Flag in `GcHeader::prev`: the object takes part in the collection under way.
pub const COLLECTING: usize = 2;
/// The flags of `GcHeader::prev`.
pub const FLAGS: usize = 3;

/// One generation: a ring whose anchor is a header without an object.
#[repr(C)]
pub struct Generation {
    /// The anchor of the ring.
    pub head: GcHeader,
    /// Objects allocated since, or collections of the younger generation since.
    pub count: Cell<i64>,
    /// The count at which it is collected; 0 never.
    pub threshold: Cell<i64>,
}

/// The collector of one interpreter.
pub struct Collector {
    /// Young, middle, old.
    pub generations: [Generation; 3],
    /// `gc.freeze`'s generation.
    pub permanent: Generation,
    /// `gc.enable`.
    pub enabled: Cell<bool>,
    /// A collection is under way.
    pub collecting: Cell<bool>,
    /// `gc.set_debug`.
    pub debug: Cell<i32>,
    /// `gc.garbage`.
    pub garbage: OptRef,
    /// `gc.callbacks`.
    pub callbacks: OptRef,
    /// Objects that survived the last full collection.
    pub long_lived_total: Cell<i64>,
    /// Objects that came into the oldest generation since then.
    pub long_lived_pending: Cell<i64>,
    /// Per generation: collections, collected, uncollectable.
    pub stats: [[Cell<u64>; 3]; 3],
}

impl Generation {
    const fn new(threshold: i64) -> Self {
        let head = GcHeader { next: Cell::new(std::ptr::null_mut()), prev: Cell::new(0) };
        Generation { head, count: Cell::new(0), threshold: Cell::new(threshold) }
    }

    /// Makes the ring empty. The generation may not move afterwards.
    pub fn init(&self) {
        let anchor = std::ptr::from_ref(&self.head).cast_mut();
        self.head.next.set(anchor);
        self.head.prev.set(anchor.expose_provenance());
    }
}

impl Collector {
    /// A collector with the thresholds of CPython 3.14.10; [`Collector::init`] must follow when it stands in its place.
    pub const fn new() -> Self {
        Collector {
            generations: [Generation::new(2000), Generation::new(10), Generation::new(10)],
            permanent: Generation::new(0),
            enabled: Cell::new(true),
            collecting: Cell::new(false),
            debug: Cell::new(0),
            garbage: OptRef::none(),
            callbacks: OptRef::none(),
            long_lived_total: Cell::new(0),
            long_lived_pending: Cell::new(0),
            stats: [const { [const { Cell::new(0) }; 3] }; 3],
        }
    }

    /// Makes the rings empty. The collector may not move afterwards.
    pub fn init(&self) {
        self.generations.iter().for_each(Generation::init);
        self.permanent.init();
    }
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

impl Collector {
    /// Gives all objects that this collector knows to the oldest generation of another one.
    pub fn hand_over(&self, heir: &Collector) {
        let old = ring::Ring::new(&heir.generations[2].head);
        for generation in self.generations.iter().chain([&self.permanent]) {
            old.append(ring::Ring::new(&generation.head));
            generation.count.set(0);
        }
    }
}

/// Counts an allocation of an object with a collector's header, and asks for a collection at the threshold.
#[inline(always)]
pub fn allocated() {
    let thread = thread::current();
    let young = &thread.interpreter().gc.generations[0];
    let count = young.count.get() + 1;
    young.count.set(count);
    if count > young.threshold.get() {
        ask_for_collection(thread);
    }
}

#[cold]
#[inline(never)]
fn ask_for_collection(thread: &thread::ThreadState) {
    let gc = &thread.interpreter().gc;
    if gc.enabled.get() && gc.generations[0].threshold.get() != 0 && !gc.collecting.get() {
        thread.set_eval_breaker(thread::breaker::GC);
    }
}

/// Counts the death of an object with a collector's header.
#[inline(always)]
pub fn freed() {
    let young = &thread::current().interpreter().gc.generations[0];
    if young.count.get() > 0 {
        young.count.set(young.count.get() - 1);
    }
}

impl Object {
    /// Whether the object has the collector's header: `PyObject_IS_GC`. Static types have none, though their type has HAVE_GC.
    #[inline(always)]
    pub fn is_gc(&self) -> bool {
        let class = self.class();
        class.has(abi::tpflags::HAVE_GC) && (class.tp_is_gc().is_none() || self.says_is_gc())
    }

    /// What `tp_is_gc` answers.
    #[cold]
    #[inline(never)]
    fn says_is_gc(&self) -> bool {
        self.class().tp_is_gc().is_none_or(|is_gc| PyResult::<bool>::from(is_gc(self.borrowed())).unwrap_or(false))
    }
}

/// Whether the collector knows the object.
///
/// # Safety
/// The object's type has HAVE_GC.
#[inline(always)]
pub unsafe fn is_tracked(ptr: *mut PyObject) -> bool {
    // SAFETY: by contract.
    unsafe { !gc_header(ptr).next.get().is_null() }
}

/// Tells the collector of a complete object.
///
/// # Safety
/// The object's type has HAVE_GC; its fields may be traversed; it is not tracked.
#[inline(always)]
pub unsafe fn track(ptr: *mut PyObject) {
    let young = &thread::current().interpreter().gc.generations[0].head;
    // SAFETY: by contract; the headers in the ring are those of live objects.
    unsafe {
        let header = gc_header(ptr);
        debug_assert!(header.next.get().is_null(), "the object is tracked already");
        let this = std::ptr::from_ref(header).cast_mut();
        let anchor = std::ptr::from_ref(young).cast_mut();
        let last = std::ptr::with_exposed_provenance_mut::<GcHeader>(young.prev.get());
        (*last).next.set(this);
        header.prev.set((header.prev.get() & FLAGS) | last.expose_provenance());
        header.next.set(anchor);
        young.prev.set(this.expose_provenance());
    }
}

/// Whether the collector knows the object: `gc.is_tracked`.
pub fn knows(object: Borrowed<'_>) -> bool {
    // SAFETY: what is_gc has a header.
    object.is_gc() && unsafe { is_tracked(object.ptr()) }
}

/// Whether the object's finaliser ran: `gc.is_finalized`.
pub fn was_finalized(object: Borrowed<'_>) -> bool {
    // SAFETY: what is_gc has a header.
    object.is_gc() && unsafe { is_finalized(object.ptr()) }
}

/// Tells the collector of a complete object unless it knows it; nothing for types without its header.
pub fn track_object(object: Borrowed<'_>) {
    // SAFETY: what is_gc has a header.
    unsafe {
        if object.is_gc() && !is_tracked(object.ptr()) {
            track(object.ptr());
        }
    }
}

/// Makes the collector forget an object.
///
/// # Safety
/// The object's type has HAVE_GC and the object is tracked.
#[inline(always)]
pub unsafe fn untrack(ptr: *mut PyObject) {
    // SAFETY: by contract.
    unsafe {
        let header = gc_header(ptr);
        let next = header.next.get();
        let prev = std::ptr::with_exposed_provenance_mut::<GcHeader>(header.prev.get() & !FLAGS);
        (*prev).next.set(next);
        (*next).prev.set(((*next).prev.get() & FLAGS) | prev.expose_provenance());
        header.next.set(std::ptr::null_mut());
        header.prev.set(header.prev.get() & FINALIZED);
    }
}

/// Makes the collector forget an object, if it knows it.
///
/// # Safety
/// The object's type has HAVE_GC.
#[inline(always)]
pub unsafe fn untrack_if_tracked(ptr: *mut PyObject) {
    // SAFETY: by contract.
    unsafe {
        if is_tracked(ptr) {
            untrack(ptr);
        }
    }
}

/// Whether `tp_finalize` ran for the object.
///
/// # Safety
/// The object's type has HAVE_GC.
#[inline]
pub unsafe fn is_finalized(ptr: *mut PyObject) -> bool {
    // SAFETY: by contract.
    unsafe { gc_header(ptr).prev.get() & FINALIZED != 0 }
}

/// Notes that `tp_finalize` ran.
///
/// # Safety
/// The object's type has HAVE_GC.
#[inline]
pub unsafe fn set_finalized(ptr: *mut PyObject) {
    // SAFETY: by contract.
    unsafe {
        let header = gc_header(ptr);
        header.prev.set(header.prev.get() | FINALIZED);
    }
}

/// A visit of the collector: what a `tp_traverse` shows its references to.
pub struct Visit<'a> {
    visit: visitproc,
    arg: *mut c_void,
    result: c_int,
    _life: std::marker::PhantomData<&'a ()>,
}

impl Visit<'_> {
    /// A visit by C's pair of function and argument.
    pub fn new(visit: visitproc, arg: *mut c_void) -> Self {
        Visit { visit, arg, result: 0, _life: std::marker::PhantomData }
    }

    /// Shows one reference that the object owns.
    #[inline]
    pub fn object(&mut self, object: Borrowed<'_>) {
        self.raw(object.ptr());
    }

    /// Shows one reference, or none.
    #[inline]
    pub fn raw(&mut self, ptr: *mut PyObject) {
        if self.result == 0 && !ptr.is_null() {
            // SAFETY: the collector's function takes any live object.
            self.result = unsafe { (self.visit)(ptr, self.arg) };
        }
    }

    /// Goes on with a traversal in C of the same object.
    pub fn foreign(&mut self, object: *mut PyObject, traverse: abi::traverseproc) {
        if self.result == 0 {
            // SAFETY: the caller is in the traversal of this live object, to which the function belongs.
            self.result = unsafe { traverse(object, self.visit, self.arg) };
        }
    }

    /// What `tp_traverse` returns.
    pub fn result(&self) -> c_int {
        self.result
    }
}

/// What a value shows the collector, and how it lets go of it. The fields of a collected native type implement this.
pub trait Trace {
    /// Shows every reference that the value owns.
    fn trace(&self, visit: &mut Visit<'_>);
    /// Drops the references that may be part of a cycle.
    fn clear(&self) {}
}

impl<T: Layout> Trace for Ref<T> {
    fn trace(&self, visit: &mut Visit<'_>) {
        visit.object(self.b());
    }
}

impl<T: Layout> Trace for OptRef<T> {
    fn trace(&self, visit: &mut Visit<'_>) {
        visit.raw(self.as_ptr());
    }
    fn clear(&self) {
        self.set(None);
    }
}

impl<T: Trace> Trace for Option<T> {
    fn trace(&self, visit: &mut Visit<'_>) {
        if let Some(value) = self {
            value.trace(visit);
        }
    }
}

impl<T: Trace> Trace for Vec<T> {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.iter().for_each(|value| value.trace(visit));
    }
}

impl<T: Trace> Trace for Box<T> {
    fn trace(&self, visit: &mut Visit<'_>) {
        (**self).trace(visit);
    }
}

impl<A: Trace, B: Trace> Trace for (A, B) {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.0.trace(visit);
        self.1.trace(visit);
    }
}

impl<T: Trace + Default> Trace for std::cell::RefCell<T> {
    fn trace(&self, visit: &mut Visit<'_>) {
        // A value that is borrowed for change while the collector runs is in use: what it refers to counts as reachable from outside.
        if let Ok(value) = self.try_borrow() {
            value.trace(visit);
        }
    }
    fn clear(&self) {
        let taken = self.try_borrow_mut().map(|mut value| std::mem::take(&mut *value));
        drop(taken);
    }
}

macro_rules! trace_nothing {
    ($($ty:ty)*) => { $(impl Trace for $ty { fn trace(&self, _visit: &mut Visit<'_>) {} })* };
}
trace_nothing! { bool i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f64 char String }

impl<T> Trace for Cell<T> {
    fn trace(&self, _visit: &mut Visit<'_>) {
        const { assert!(!std::mem::needs_drop::<T>(), "a Cell that owns references hides them from the collector: use OptRef") }
    }
}

/// The default `tp_traverse` of a native type.
pub extern "C-unwind" fn traverse_fields<T: Layout + Trace>(object: Borrowed<'_>, visit: visitproc, arg: *mut c_void) -> c_int {
    let mut visit = Visit::new(visit, arg);
    // The class of an instance of a subtype is shown by the subtype's own `tp_traverse`: once, or the collector would count it twice.
    object.self_as::<T>().get().trace(&mut visit);
    visit.result()
}

/// The default `tp_clear` of a native type.
pub extern "C-unwind" fn clear_fields<T: Layout + Trace>(object: Borrowed<'_>) -> c_int {
    object.self_as::<T>().get().clear();
    0
}
