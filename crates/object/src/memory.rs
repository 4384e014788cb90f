//! Object memory: allocation, the words before an object, and destruction.
//!
//! Before an object whose type has HAVE_GC stands a [`GcHeader`]; before that, for types with MANAGED_DICT or MANAGED_WEAKREF, two
//! words: weak references and `__dict__`. Wheels never look there. All memory that a program controls the size of comes from here and
//! fails with MemoryError.

use crate::debug_memory::{self, Family};
use crate::error;
use crate::gc;
use crate::large;
use crate::reference::{Borrowed, Layout, Object, Ref};
use crate::result::{PyResult, Raised};
use crate::thread;
use crate::types::TypeObject;
use abi::{Cell, PyObject, c_void, tpflags};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};

/// What stands before each object that the collector knows.
#[repr(C)]
pub struct GcHeader {
    /// The next object in the generation's ring; null when the object is untracked.
    pub next: Cell<*mut GcHeader>,
    /// The previous one, with the collector's flags in the two low bits; counts while collecting.
    pub prev: Cell<usize>,
}

/// The two managed words before the [`GcHeader`].
#[repr(C)]
pub struct PreHeader {
    /// Head of the list of weak references.
    pub weakrefs: Cell<*mut PyObject>,
    /// The instance's `__dict__`, or null: none was asked for yet (the attributes may be inline).
    pub dict: Cell<*mut PyObject>,
}

/// Bytes before an object of a type with these flags.
#[inline(always)]
pub const fn presize(flags: u64) -> usize {
    let gc = if flags & tpflags::HAVE_GC != 0 { size_of::<GcHeader>() } else { 0 };
    let pre = if flags & tpflags::PREHEADER != 0 { size_of::<PreHeader>() } else { 0 };
    gc + pre
}

/// The collector's header of the object at `ptr`.
///
/// # Safety
/// The object's type has HAVE_GC.
#[inline(always)]
pub unsafe fn gc_header<'a>(ptr: *mut PyObject) -> &'a GcHeader {
    // SAFETY: by contract the header stands before the object.
    unsafe { &*ptr.cast::<GcHeader>().sub(1) }
}

/// The managed words of the object at `ptr`.
///
/// # Safety
/// The object's type has MANAGED_DICT or MANAGED_WEAKREF (and so HAVE_GC).
#[inline(always)]
pub unsafe fn pre_header<'a>(ptr: *mut PyObject) -> &'a PreHeader {
    // SAFETY: by contract both headers stand before the object.
    unsafe { &*ptr.cast::<GcHeader>().sub(1).cast::<PreHeader>().sub(1) }
}

static USE_LIBC: AtomicBool = AtomicBool::new(false);
static BLOCKS: AtomicIsize = AtomicIsize::new(0);

/// Takes all memory from libc's malloc, so that valgrind and AddressSanitizer see every object. Call before the first allocation.
pub fn use_libc_malloc() {
    USE_LIBC.store(true, Ordering::Relaxed);
}

/// Whether [`use_libc_malloc`] was called.
pub fn uses_libc_malloc() -> bool {
    USE_LIBC.load(Ordering::Relaxed)
}

/// Blocks in use: `sys.getallocatedblocks`.
pub fn allocated_blocks() -> isize {
    let small = thread::try_current().map_or(0, |thread| thread.heap().blocks());
    BLOCKS.load(Ordering::Relaxed) + small
}

#[inline(always)]
fn count_block(change: isize) {
    // The GIL is held; two plain operations cost less than an atomic addition, and only a statistic is at stake.
    BLOCKS.store(BLOCKS.load(Ordering::Relaxed).wrapping_add(change), Ordering::Relaxed);
}

/// MemoryError where the system would not back an allocation of this many bytes: before something is built up piece by piece.
pub fn check_size(size: usize) -> PyResult<()> {
    if size <= isize::MAX.cast_unsigned() / 4 && host::memory::allows(size) { Ok(()) } else { Err(no_memory()) }
}

/// `size` bytes, or None.
#[inline(always)]
pub fn try_alloc(size: usize) -> Option<NonNull<u8>> {
    if let Some(thread) = thread::try_current()
        && let Some(block) = NonNull::new(thread.heap().pop(size))
    {
        return Some(block);
    }
    alloc_slow(size)
}

/// `size` bytes that do not come from the interpreter's heap, or None: for callers that may not hold the GIL. [`free`] takes them back.
pub fn try_alloc_raw(size: usize) -> Option<NonNull<u8>> {
    if size > isize::MAX.cast_unsigned() || !host::memory::allows(size) {
        return None;
    }
    if debug_memory::is_on() {
        return debug_memory::alloc(Family::Internal, size, false);
    }
    base_alloc(size)
}

/// A block of the allocator below all others.
pub(crate) fn base_alloc(size: usize) -> Option<NonNull<u8>> {
    let size = size.max(1);
    // SAFETY: plain allocation calls.
    NonNull::new(unsafe { if uses_libc_malloc() { libc::malloc(size) } else { libmimalloc_sys::mi_malloc(size) } }.cast())
}

/// Gives back a block of [`base_alloc`].
///
/// # Safety
/// The block is not used again.
pub(crate) unsafe fn base_free(block: *mut u8) {
    // SAFETY: by contract.
    unsafe { if uses_libc_malloc() { libc::free(block.cast()) } else { libmimalloc_sys::mi_free(block.cast()) } }
}

/// As [`try_alloc_raw`], zeroed.
pub fn try_alloc_zeroed_raw(size: usize) -> Option<NonNull<u8>> {
    if size > isize::MAX.cast_unsigned() || !host::memory::allows(size) {
        return None;
    }
    if debug_memory::is_on() {
        return debug_memory::alloc(Family::Internal, size, true);
    }
    let size = size.max(1);
    // SAFETY: plain allocation calls.
    NonNull::new(unsafe { if uses_libc_malloc() { libc::calloc(1, size) } else { libmimalloc_sys::mi_zalloc(size) } }.cast())
}

/// Changes the size of a block of [`try_alloc_raw`].
///
/// # Safety
/// `block` is null or such a block.
pub unsafe fn try_realloc_raw(block: *mut u8, size: usize) -> Option<NonNull<u8>> {
    if block.is_null() {
        return try_alloc_raw(size);
    }
    // SAFETY: by contract. A block of the heap (from another family of functions) is moved by the general function.
    unsafe { try_realloc(block, size) }
}

/// Gives back a block of [`try_alloc_raw`].
///
/// # Safety
/// `block` is null or such a block, and is not used again.
pub unsafe fn free_raw(block: *mut u8) {
    if crate::heap::owns(block) {
        // SAFETY: by contract; it came from another family of functions, whose callers hold the GIL.
        return unsafe { free(block) };
    }
    // SAFETY: by contract.
    unsafe { free_general(block) }
}

/// Gives back a block that is none of the heap; null is nothing.
///
/// # Safety
/// The block came from this module and is not used again.
unsafe fn free_general(block: *mut u8) {
    // SAFETY: by contract.
    if debug_memory::is_on() && unsafe { debug_memory::free(Family::Internal, block) } {
        return;
    }
    // SAFETY: by contract.
    unsafe {
        if uses_libc_malloc() {
            libc::free(block.cast());
        } else if large::is_mapped(block) {
            large::free(block);
        } else {
            libmimalloc_sys::mi_free(block.cast());
        }
    }
}

/// Memory for which no free list has a block: a new page of small blocks, or a large block.
#[cold]
#[inline(never)]
fn alloc_slow(size: usize) -> Option<NonNull<u8>> {
    if size > isize::MAX.cast_unsigned() || !host::memory::allows(size) {
        return None;
    }
    if let Some(block) = thread::try_current().and_then(|thread| thread.heap().pop_new(size)) {
        return Some(block);
    }
    // Free lists may take the block in as one of its class: it has the class's size.
    let size = size.max(1).next_multiple_of(16);
    if debug_memory::is_on() {
        let block = debug_memory::alloc(Family::Internal, size, false);
        count_block(isize::from(block.is_some()));
        return block;
    }
    // SAFETY: plain allocation calls.
    let block = unsafe { if USE_LIBC.load(Ordering::Relaxed) { libc::malloc(size) } else { libmimalloc_sys::mi_malloc(size) } };
    let block = NonNull::new(block.cast::<u8>());
    if block.is_some() {
        count_block(1);
    }
    block
}

/// `size` zeroed bytes, or None.
#[inline(always)]
pub fn try_alloc_zeroed(size: usize) -> Option<NonNull<u8>> {
    if size > crate::heap::LARGEST {
        return alloc_zeroed_large(size);
    }
    let block = try_alloc(size)?;
    // SAFETY: the block has that many bytes.
    unsafe { block.as_ptr().write_bytes(0, size) };
    Some(block)
}

fn alloc_zeroed_large(size: usize) -> Option<NonNull<u8>> {
    if size > isize::MAX.cast_unsigned() || !host::memory::allows(size) {
        return None;
    }
    if debug_memory::is_on() {
        let block = debug_memory::alloc(Family::Internal, size, true);
        count_block(isize::from(block.is_some()));
        return block;
    }
    // SAFETY: plain allocation calls.
    let block =
        unsafe { if USE_LIBC.load(Ordering::Relaxed) { libc::calloc(1, size) } else { libmimalloc_sys::mi_zalloc(size) } };
    let block = NonNull::new(block.cast::<u8>());
    if block.is_some() {
        count_block(1);
    }
    block
}

/// Changes the size of a block; the old one stays valid on None.
///
/// # Safety
/// `block` is null or came from this module.
pub unsafe fn try_realloc(block: *mut u8, size: usize) -> Option<NonNull<u8>> {
    if size > isize::MAX.cast_unsigned() || !host::memory::allows(size) {
        return None;
    }
    if block.is_null() {
        return try_alloc(size);
    }
    if crate::heap::owns(block) {
        // SAFETY: by contract a block of the range; the new one is as large as what is copied.
        return unsafe {
            let old = crate::heap::size_of_block(block);
            if size <= old && size > old / 2 {
                return NonNull::new(block);
            }
            let new = try_alloc(size)?;
            new.as_ptr().copy_from_nonoverlapping(block, old.min(size));
            free(block);
            Some(new)
        };
    }
    // SAFETY: by contract.
    if debug_memory::is_on()
        && let Some(moved) = unsafe { debug_memory::realloc(Family::Internal, block, size) }
    {
        return moved;
    }
    // SAFETY: by contract.
    unsafe {
        if USE_LIBC.load(Ordering::Relaxed) {
            NonNull::new(libc::realloc(block.cast(), size.max(1)).cast())
        } else if large::is_mapped(block) {
            if !large::is_small(size) {
                return large::resize(block, size);
            }
            // The new block is not larger than what is copied.
            let new = try_alloc(size)?;
            new.as_ptr().copy_from_nonoverlapping(block, size);
            free_large(block);
            Some(new)
        } else if size >= large::LEAST && size > large::usable(block) {
            let new = large::alloc(size)?;
            // Less than the size that was asked for.
            new.as_ptr().copy_from_nonoverlapping(block, large::usable(block));
            libmimalloc_sys::mi_free(block.cast());
            large::moved();
            Some(new)
        } else {
            NonNull::new(libmimalloc_sys::mi_realloc(block.cast(), size.max(1)).cast())
        }
    }
}

/// Frees a block; null is nothing.
///
/// # Safety
/// `block` is null or came from this module, and is not used again.
#[inline(always)]
pub unsafe fn free(block: *mut u8) {
    if crate::heap::owns(block) {
        // A thread without a state cannot own objects: what it gives back is lost.
        if let Some(thread) = thread::try_current() {
            // SAFETY: by contract.
            unsafe { thread.heap().push(block) };
        }
        return;
    }
    // SAFETY: by contract.
    unsafe { free_large(block) }
}

#[inline(never)]
unsafe fn free_large(block: *mut u8) {
    if block.is_null() {
        return;
    }
    count_block(-1);
    // SAFETY: by contract.
    unsafe { free_general(block) }
}

/// MemoryError where there is no block.
#[inline]
pub fn or_no_memory<T>(block: Option<T>) -> PyResult<T> {
    block.ok_or_else(error::no_memory)
}

/// A vector with room for `capacity` items, or MemoryError: for sizes that a program controls.
pub fn vec_with_capacity<T>(capacity: usize) -> PyResult<Vec<T>> {
    let mut vec = Vec::new();
    match vec.try_reserve_exact(capacity) {
        Ok(()) => Ok(vec),
        Err(_) => Err(error::no_memory()),
    }
}

/// A copy of `bytes`, or MemoryError.
pub fn copied(bytes: &[u8]) -> PyResult<Vec<u8>> {
    let mut copy = Vec::new();
    reserve(&mut copy, bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// `len` zeroed bytes, or MemoryError. What nobody touches of a large block costs no memory.
pub fn vec_zeroed(len: usize) -> PyResult<Vec<u8>> {
    let Ok(layout) = std::alloc::Layout::array::<u8>(len) else { return Err(error::no_memory()) };
    if len == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the layout is not empty.
    let block = unsafe { std::alloc::alloc_zeroed(layout) };
    if block.is_null() {
        return Err(error::no_memory());
    }
    // SAFETY: the block is of the global allocator, with just this layout, and all of its bytes are written.
    Ok(unsafe { Vec::from_raw_parts(block, len, len) })
}

/// Room for `additional` more items, or MemoryError.
pub fn reserve<T>(vec: &mut Vec<T>, additional: usize) -> PyResult<()> {
    vec.try_reserve(additional).map_err(|_| error::no_memory())
}

/// Bytes of an instance of `class` with `items` items, without what stands before it; None on overflow.
#[inline]
pub fn instance_size(class: &TypeObject, items: usize) -> Option<usize> {
    let raw = class.raw();
    let basic = raw.tp_basicsize.get().cast_unsigned();
    let item = raw.tp_itemsize.get().cast_unsigned();
    let size = basic.checked_add(item.checked_mul(items)?)?;
    let size = size.checked_next_multiple_of(8)?;
    size.checked_add(if class.has(tpflags::INLINE_VALUES) { crate::inline_values_size(class) } else { 0 })
}

/// The start of the memory block of the object at `ptr`, whose type has these flags.
#[inline(always)]
fn block_start(ptr: *mut PyObject, flags: u64) -> *mut u8 {
    ptr.cast::<u8>().wrapping_sub(presize(flags))
}

/// Memory for an instance of `class` with room for `items` items (one more for variable types, as CPython's generic allocator), zeroed, with count 1; not tracked yet.
/// A heap type gains a reference.
pub fn alloc_instance(class: &TypeObject, items: usize) -> PyResult<NonNull<PyObject>> {
    let size = instance_size(class, items).ok_or_else(error::no_memory)?;
    alloc_sized(class, size)
}

/// As [`alloc_instance`], with the size of the instance in bytes.
#[inline]
pub fn alloc_sized(class: &TypeObject, size: usize) -> PyResult<NonNull<PyObject>> {
    let pre = presize(class.flags());
    let total = size.checked_add(pre).ok_or_else(error::no_memory)?;
    let block = or_no_memory(try_alloc_zeroed(total))?;
    // SAFETY: the block has `pre` bytes before the object, and both are aligned for it.
    let object = unsafe { block.add(pre) }.cast::<PyObject>();
    // SAFETY: the block holds at least the header.
    unsafe { init_header(object, class) };
    if class.has(tpflags::HAVE_GC) {
        gc::allocated();
    }
    Ok(object)
}

/// As [`alloc_sized`], but nothing behind the object's header is zeroed: the caller writes all of it.
#[inline(always)]
pub fn alloc_unfilled(class: &TypeObject, size: usize) -> PyResult<NonNull<PyObject>> {
    let pre = presize(class.flags());
    let total = size.checked_add(pre).ok_or_else(error::no_memory)?;
    let block = or_no_memory(try_alloc(total))?;
    // SAFETY: the block has `pre` bytes (none, or up to four words) before the object, and both are aligned for it.
    unsafe {
        let object = block.add(pre).cast::<PyObject>();
        if class.has(tpflags::HAVE_GC) {
            let words = object.cast::<usize>();
            words.sub(1).write(0);
            words.sub(2).write(0);
            if pre > size_of::<GcHeader>() {
                words.sub(3).write(0);
                words.sub(4).write(0);
            }
            gc::allocated();
        }
        init_header(object, class);
        Ok(object)
    }
}

/// As [`alloc_unfilled`], for a static type with the collector's header and nothing else before its instances.
#[inline(always)]
pub fn alloc_gc(class: &TypeObject, size: usize) -> PyResult<NonNull<PyObject>> {
    debug_assert!(presize(class.flags()) == size_of::<GcHeader>() && !class.has(tpflags::HEAPTYPE));
    let total = size.checked_add(size_of::<GcHeader>()).ok_or_else(error::no_memory)?;
    let block = or_no_memory(try_alloc(total))?;
    // SAFETY: the block has room for header and object, and both are aligned for it.
    unsafe {
        let object = block.add(size_of::<GcHeader>()).cast::<PyObject>();
        let words = object.cast::<usize>();
        words.sub(1).write(0);
        words.sub(2).write(0);
        gc::allocated();
        (*object.as_ptr()).ob_refcnt_full.set(1);
        (*object.as_ptr()).ob_type.set(class.as_type_ptr());
        Ok(object)
    }
}

/// As [`alloc_sized`], for fixed-size types without a collector's header; the memory is not zeroed.
#[inline(always)]
pub fn alloc_plain(class: &TypeObject, size: usize) -> PyResult<NonNull<PyObject>> {
    let object = or_no_memory(try_alloc(size))?.cast::<PyObject>();
    // SAFETY: the block holds at least the header.
    unsafe { init_header(object, class) };
    Ok(object)
}

#[inline(always)]
unsafe fn init_header(object: NonNull<PyObject>, class: &TypeObject) {
    // SAFETY: by contract the memory is there.
    unsafe {
        (*object.as_ptr()).ob_refcnt_full.set(1);
        (*object.as_ptr()).ob_type.set(class.as_type_ptr());
        if class.has(tpflags::HEAPTYPE) {
            crate::reference::incref(class.as_object_ptr());
        }
    }
}

/// A new instance of `class` whose struct is `value`; the header in `value` is overwritten. Tracked if the type has HAVE_GC. `class` is
/// `T`'s type or a subtype (whose further fields are zero).
pub fn new_instance<T: Layout>(class: &TypeObject, value: T) -> PyResult<Ref<T>> {
    debug_assert!(class.raw().tp_basicsize.get().cast_unsigned() >= size_of::<T>(), "{} is too small", class.tp_name());
    if class.flags() & PLACES == tpflags::HAVE_GC | tpflags::STATIC_BUILTIN
        && class.raw().tp_basicsize.get().cast_unsigned() == size_of::<T>()
    {
        let object = alloc_gc(class, size_of::<T>())?;
        // SAFETY: the instance has room for a `T`; the header is put back right after.
        unsafe {
            let count = (*object.as_ptr()).ob_refcnt_full.get();
            object.cast::<T>().write(value);
            (*object.as_ptr()).ob_refcnt_full.set(count);
            (*object.as_ptr()).ob_type.set(class.as_type_ptr());
            gc::track(object.as_ptr());
            return Ok(Ref::from_owned_ptr(object));
        }
    }
    let size = instance_size(class, 0).ok_or_else(error::no_memory)?;
    let object = alloc_unfilled(class, size)?;
    // SAFETY: the instance has room for a `T`, and what stands behind it is zeroed; the header is put back right after.
    unsafe {
        if size > size_of::<T>() {
            object.cast::<u8>().add(size_of::<T>()).as_ptr().write_bytes(0, size - size_of::<T>());
        }
        let count = (*object.as_ptr()).ob_refcnt_full.get();
        object.cast::<T>().write(value);
        (*object.as_ptr()).ob_refcnt_full.set(count);
        (*object.as_ptr()).ob_type.set(class.as_type_ptr());
        if class.has(tpflags::INLINE_VALUES) {
            crate::init_inline_values(object.as_ptr(), class);
        }
        if class.has(tpflags::HAVE_GC) {
            gc::track(object.as_ptr());
        }
        Ok(Ref::from_owned_ptr(object))
    }
}

/// `tp_alloc` of most types: zeroed, with `ob_size` for variable types, tracked.
pub extern "C-unwind" fn generic_alloc(class: Borrowed<'_, TypeObject>, items: isize) -> PyResult<Ref> {
    let flags = class.flags();
    if class.raw().tp_itemsize.get() == 0 && flags & (tpflags::INLINE_VALUES | tpflags::HAVE_GC) == tpflags::HAVE_GC {
        return alloc_plain_gc(&class);
    }
    let variable = class.raw().tp_itemsize.get() != 0;
    // CPython's generic allocator leaves room for a sentinel item.
    let count = items.max(0).cast_unsigned() + usize::from(variable);
    let object = alloc_instance(&class, count)?;
    // SAFETY: a type with items has the header of a `PyVarObject`; the object is complete but for its fields, which are zero.
    unsafe {
        if variable {
            (*object.as_ptr().cast::<abi::PyVarObject>()).ob_size.set(items);
        }
        if class.has(tpflags::INLINE_VALUES) {
            crate::init_inline_values(object.as_ptr(), &class);
        }
        if class.has(tpflags::HAVE_GC) {
            gc::track(object.as_ptr());
        }
        Ok(Ref::from_owned_ptr(object))
    }
}

/// An instance of a type with the collector's header, without items and inline values, as [`generic_alloc`] makes it.
fn alloc_plain_gc(class: &TypeObject) -> PyResult<Ref> {
    let size = class.raw().tp_basicsize.get().cast_unsigned().next_multiple_of(8);
    let object = alloc_unfilled(class, size)?;
    // SAFETY: the instance has that many bytes, of which the header is written.
    unsafe {
        let fields = object.as_ptr().cast::<u64>();
        let mut word = size_of::<PyObject>() / 8;
        while word < size / 8 {
            fields.add(word).write(0);
            word += 1;
            // Not worth a call of `memset`.
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        gc::track(object.as_ptr());
        Ok(Ref::from_owned_ptr(object))
    }
}

/// `tp_free` of every type: gives back the block of a dead object, whose type is still alive.
pub extern "C-unwind" fn generic_free(object: *mut c_void) {
    let object = object.cast::<PyObject>();
    // SAFETY: the memory is still that of an object; its header names its type.
    unsafe { free_instance(object, &*(*object).ob_type.get().cast::<TypeObject>()) }
}

#[inline(always)]
unsafe fn free_instance(object: *mut PyObject, class: &TypeObject) {
    // SAFETY: by contract a dead object of this class.
    unsafe {
        if class.has(tpflags::HAVE_GC) {
            gc::untrack_if_tracked(object);
            gc::freed();
        }
        free(block_start(object, class.flags()));
    }
}

/// Frees the memory of a dead object through its type's `tp_free`. The reference that an instance of a heap type has to its class is given back by
/// whoever destroys instances of that class as such, above this: a destructor of a type in C between the two may rely on the class.
///
/// # Safety
/// The object is dead and its fields are gone.
#[inline]
pub unsafe fn finish_dealloc(object: *mut PyObject) {
    // SAFETY: by contract; the type outlives its instance.
    unsafe {
        let class = (*object).ob_type.get().cast::<TypeObject>();
        match (*class).tp_free() {
            Some(free) if !std::ptr::fn_addr_eq(free, generic_free as extern "C-unwind" fn(*mut c_void)) => free(object.cast()),
            Some(_) => free_instance(object, &*class),
            None => generic_free(object.cast()),
        }
    }
}

/// Destroys an object whose count has reached 0. Deep chains go through the thread's trashcan: past a depth of native stack the
/// object waits in a list that the outermost destructor empties.
#[cold]
#[inline(never)]
pub unsafe fn dealloc(ptr: *mut PyObject) {
    // SAFETY: the object is whole but for its count.
    unsafe {
        let class = &*(*ptr).ob_type.get().cast::<TypeObject>();
        let Some(destroy) = class.tp_dealloc() else { return };
        if !class.has(tpflags::HAVE_GC) {
            destroy(ptr);
            return;
        }
        let thread = thread::current();
        if thread.trash_depth.get() >= TRASH_DEPTH_LIMIT {
            // The object is out of use: its collector's header is free to link the list.
            if gc::is_tracked(ptr) {
                gc::untrack(ptr);
            }
            gc_header(ptr).prev.set(thread.trash.get().addr());
            gc_header(ptr).next.set(std::ptr::null_mut());
            thread.trash.set(ptr);
            return;
        }
        thread.trash_depth.set(thread.trash_depth.get() + 1);
        destroy(ptr);
        let depth = thread.trash_depth.get() - 1;
        thread.trash_depth.set(depth);
        if depth == 0 && !thread.trash.get().is_null() {
            empty_trash(thread);
        }
    }
}

/// Nested destructors before the trashcan takes over.
const TRASH_DEPTH_LIMIT: u32 = 100;

#[cold]
unsafe fn empty_trash(thread: &thread::ThreadState) {
    // SAFETY: the list holds dead, whole objects that nobody else knows.
    unsafe {
        thread.trash_depth.set(1);
        while let Some(ptr) = NonNull::new(thread.trash.get()) {
            let ptr = ptr.as_ptr();
            let header = gc_header(ptr);
            thread.trash.set(std::ptr::with_exposed_provenance_mut(header.prev.get()));
            header.prev.set(0);
            if let Some(destroy) = (*(*ptr).ob_type.get().cast::<TypeObject>()).tp_dealloc() {
                destroy(ptr);
            }
        }
        thread.trash_depth.set(0);
    }
}

/// The default `tp_dealloc` of a native type: untrack, finalise, clear weak references, drop the fields of `T`, free.
pub extern "C-unwind" fn dealloc_fields<T: Layout>(ptr: *mut PyObject) {
    // SAFETY: the object's count is 0 and its struct is a `T`.
    unsafe {
        let class = &*(*ptr).ob_type.get().cast::<TypeObject>();
        let flags = class.flags();
        if flags & PLACES == tpflags::HAVE_GC | tpflags::STATIC_BUILTIN
            && class.raw().tp_weaklistoffset.get() == 0
            && class.tp_finalize().is_none()
        {
            gc::untrack_if_tracked(ptr);
            std::ptr::drop_in_place(ptr.cast::<T>());
            gc::freed();
            return free(ptr.cast::<u8>().sub(size_of::<GcHeader>()));
        }
        if flags & tpflags::HAVE_GC != 0 && gc::is_tracked(ptr) {
            gc::untrack(ptr);
        }
        if class.tp_finalize().is_some() && finalize_resurrects(ptr) {
            return;
        }
        clear_weakrefs_if_any(ptr);
        std::ptr::drop_in_place(ptr.cast::<T>());
        finish_dealloc(ptr);
    }
}

/// What decides about the memory of an instance. Instances of our own static types with the collector's header alone before them are made and destroyed
/// without further questions.
const PLACES: u64 = tpflags::HAVE_GC | tpflags::STATIC_BUILTIN | tpflags::HEAPTYPE | tpflags::PREHEADER | tpflags::INLINE_VALUES;

/// The `tp_dealloc` of a static type with the collector's header whose instances have no finaliser and no weak references. Instances of subtypes go
/// the general way.
///
/// # Safety
/// The object's count is 0 and its struct is a `T`, whose own type is `own`.
#[inline(always)]
pub unsafe fn dealloc_exact<T: Layout>(ptr: *mut PyObject, own: &TypeObject) {
    // SAFETY: by contract.
    unsafe {
        if !std::ptr::eq((*ptr).ob_type.get(), own.as_type_ptr()) {
            return dealloc_fields::<T>(ptr);
        }
        if gc::is_tracked(ptr) {
            gc::untrack(ptr);
        }
        std::ptr::drop_in_place(ptr.cast::<T>());
        gc::freed();
        free(ptr.cast::<u8>().sub(size_of::<GcHeader>()));
    }
}

/// Clears the weak references to a dying object whose type lists them.
///
/// # Safety
/// The object's count is 0, or the collector is clearing it.
pub unsafe fn clear_weakrefs_if_any(ptr: *mut PyObject) {
    // SAFETY: the object is whole; a positive offset names a field of it.
    unsafe {
        let class = &*(*ptr).ob_type.get().cast::<TypeObject>();
        let offset = class.raw().tp_weaklistoffset.get();
        let list = if class.has(tpflags::MANAGED_WEAKREF) {
            pre_header(ptr).weakrefs.get()
        } else if offset > 0 {
            (*ptr.byte_offset(offset).cast::<Cell<*mut PyObject>>()).get()
        } else {
            std::ptr::null_mut()
        };
        if !list.is_null() {
            crate::hooks::clear_weakrefs(ptr);
        }
    }
}

/// Runs `tp_finalize` (once in the object's life) from a destructor. Returns whether the object came back to life.
///
/// # Safety
/// The object's count is 0 and nothing of it is gone.
pub unsafe fn finalize_resurrects(ptr: *mut PyObject) -> bool {
    // SAFETY: the object is whole; a count of 1 keeps it alive during the call.
    unsafe {
        (*ptr.cast::<Cell<u32>>()).set(1);
        call_finalizer(ptr);
        let count = &*ptr.cast::<Cell<u32>>();
        if count.get() == 1 {
            count.set(0);
            return false;
        }
        count.set(count.get() - 1);
        let class = &*(*ptr).ob_type.get().cast::<TypeObject>();
        if class.has(tpflags::HAVE_GC) && !gc::is_tracked(ptr) {
            gc::track(ptr);
        }
        true
    }
}

/// Calls `tp_finalize` unless it ran before.
///
/// # Safety
/// The object is alive.
pub unsafe fn call_finalizer(ptr: *mut PyObject) {
    // SAFETY: by contract.
    unsafe {
        let class = &*(*ptr).ob_type.get().cast::<TypeObject>();
        let Some(finalize) = class.tp_finalize() else { return };
        let has_gc = class.has(tpflags::HAVE_GC);
        if has_gc && gc::is_finalized(ptr) {
            return;
        }
        if has_gc {
            gc::set_finalized(ptr);
        }
        finalize((*ptr.cast::<Object>()).borrowed());
    }
}

/// States MemoryError.
pub fn no_memory() -> Raised {
    error::no_memory()
}
