//! `objimpl.h`, `pymem.h`: memory and the collector.

use crate::form::{Out, capi};
use abi::{PyMemAllocatorEx, PyObject, PyVarObject, c_void, tpflags};
use object::debug_memory::{self, Family};
use object::{Borrowed, PyResult, TypeObject, error, gc, memory, thread};
use std::sync::atomic::{AtomicBool, Ordering};

fn size_of_items(count: usize, size: usize) -> Option<usize> {
    count.checked_mul(size).filter(|bytes| *bytes <= isize::MAX.cast_unsigned())
}

fn pointer(block: Option<std::ptr::NonNull<u8>>) -> *mut c_void {
    block.map_or(std::ptr::null_mut(), |block| block.as_ptr().cast())
}

/// A fresh object of `class`, its fields not set beyond the header; `extra` bytes behind it.
fn allocate(class: &TypeObject, items: usize, extra: usize) -> PyResult<*mut PyObject> {
    let size = memory::instance_size(class, items).and_then(|size| size.checked_add(extra)).ok_or_else(error::no_memory)?;
    memory::alloc_sized(class, size).map(std::ptr::NonNull::as_ptr)
}

type Malloc = unsafe extern "C-unwind" fn(*mut c_void, usize) -> *mut c_void;
type Calloc = unsafe extern "C-unwind" fn(*mut c_void, usize, usize) -> *mut c_void;
type Realloc = unsafe extern "C-unwind" fn(*mut c_void, *mut c_void, usize) -> *mut c_void;
type Free = unsafe extern "C-unwind" fn(*mut c_void, *mut c_void);

/// The functions that C code put in the place of a domain's allocator.
struct Hook {
    set: AtomicBool,
    functions: PyMemAllocatorEx,
}

impl Hook {
    const NONE: Hook = Hook { set: AtomicBool::new(false), functions: <PyMemAllocatorEx as abi::CStruct>::ZERO };

    /// The function in one of the fields, and what it is passed first; none where the domain is our own.
    ///
    /// # Safety
    /// `F` is the type of functions in that field.
    #[inline(always)]
    unsafe fn function<F>(&self, field: fn(&PyMemAllocatorEx) -> &abi::Cell<*mut c_void>) -> Option<(F, *mut c_void)> {
        if !self.set.load(Ordering::Relaxed) {
            return None;
        }
        let function = field(&self.functions).get();
        // SAFETY: by contract; `PyMem_SetAllocator` takes no NULL.
        Some((unsafe { std::mem::transmute_copy::<*mut c_void, F>(&function) }, self.functions.ctx.get()))
    }
}

static RAW_HOOK: Hook = Hook::NONE;
static MEM_HOOK: Hook = Hook::NONE;
static OBJECT_HOOK: Hook = Hook::NONE;

/// The allocator functions of a domain, and those that `PyMem_GetAllocator` names.
macro_rules! domain {
    ($($malloc:ident $calloc:ident $realloc:ident $free:ident => $module:ident $family:ident $hook:ident $try_alloc:ident $try_zeroed:ident $try_realloc:ident $release:ident;)*) => { $(
        /// C's allocation function. The raw family needs neither thread state nor GIL.
        ///
        /// # Safety
        /// None beyond C's.
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $malloc(size: usize) -> *mut c_void {
            // SAFETY: the field's type; C's function keeps to its contract.
            if let Some((function, context)) = unsafe { $hook.function::<Malloc>(|functions| &functions.malloc) } {
                // SAFETY: as above.
                return unsafe { function(context, size) };
            }
            $module::malloc(std::ptr::null_mut(), size)
        }

        /// C's allocation function for zeroed memory.
        ///
        /// # Safety
        /// None beyond C's.
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $calloc(count: usize, size: usize) -> *mut c_void {
            // SAFETY: the field's type; C's function keeps to its contract.
            if let Some((function, context)) = unsafe { $hook.function::<Calloc>(|functions| &functions.calloc) } {
                // SAFETY: as above.
                return unsafe { function(context, count, size) };
            }
            $module::calloc(std::ptr::null_mut(), count, size)
        }

        /// C's reallocation function.
        ///
        /// # Safety
        /// `block` is null or came from this family.
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $realloc(block: *mut c_void, size: usize) -> *mut c_void {
            // SAFETY: the field's type; C's function keeps to its contract; the block by contract.
            unsafe {
                match $hook.function::<Realloc>(|functions| &functions.realloc) {
                    Some((function, context)) => function(context, block, size),
                    None => $module::realloc(std::ptr::null_mut(), block, size),
                }
            }
        }

        /// C's deallocation function.
        ///
        /// # Safety
        /// `block` is null or came from this family, and is not used again.
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $free(block: *mut c_void) {
            // SAFETY: the field's type; C's function keeps to its contract; the block by contract.
            unsafe {
                match $hook.function::<Free>(|functions| &functions.free) {
                    Some((function, context)) => function(context, block),
                    None => $module::free(std::ptr::null_mut(), block),
                }
            }
        }

        /// Our own functions of the domain, as a table has them.
        mod $module {
            use super::{Family, c_void, debug_memory, memory, pointer, size_of_items};

            #[inline(always)]
            pub extern "C-unwind" fn malloc(_context: *mut c_void, size: usize) -> *mut c_void {
                if debug_memory::is_on() {
                    return pointer(debug_memory::alloc(Family::$family, size, false));
                }
                pointer(memory::$try_alloc(size))
            }

            #[inline(always)]
            pub extern "C-unwind" fn calloc(_context: *mut c_void, count: usize, size: usize) -> *mut c_void {
                let Some(size) = size_of_items(count, size) else { return std::ptr::null_mut() };
                if debug_memory::is_on() {
                    return pointer(debug_memory::alloc(Family::$family, size, true));
                }
                pointer(memory::$try_zeroed(size))
            }

            #[inline(always)]
            pub extern "C-unwind" fn realloc(context: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
                if debug_memory::is_on() {
                    if block.is_null() {
                        return malloc(context, size);
                    }
                    // SAFETY: the block came from this allocator.
                    if let Some(moved) = unsafe { debug_memory::realloc(Family::$family, block.cast(), size) } {
                        return pointer(moved);
                    }
                }
                // SAFETY: the block came from this allocator.
                pointer(unsafe { memory::$try_realloc(block.cast(), size) })
            }

            #[inline(always)]
            pub extern "C-unwind" fn free(_context: *mut c_void, block: *mut c_void) {
                // SAFETY: the block came from this allocator.
                unsafe {
                    if !debug_memory::is_on() || !debug_memory::free(Family::$family, block.cast()) {
                        memory::$release(block.cast());
                    }
                }
            }

            pub fn table() -> abi::PyMemAllocatorEx {
                abi::PyMemAllocatorEx {
                    ctx: abi::Cell::new(std::ptr::null_mut()),
                    malloc: abi::Cell::new(malloc as *mut c_void),
                    calloc: abi::Cell::new(calloc as *mut c_void),
                    realloc: abi::Cell::new(realloc as *mut c_void),
                    free: abi::Cell::new(free as *mut c_void),
                }
            }
        }
    )* };
}

domain! {
    PyMem_RawMalloc PyMem_RawCalloc PyMem_RawRealloc PyMem_RawFree => raw Raw RAW_HOOK try_alloc_raw try_alloc_zeroed_raw try_realloc_raw free_raw;
    PyMem_Malloc PyMem_Calloc PyMem_Realloc PyMem_Free => mem Mem MEM_HOOK try_alloc try_alloc_zeroed try_realloc free;
    PyObject_Malloc PyObject_Calloc PyObject_Realloc PyObject_Free => object_domain Object OBJECT_HOOK try_alloc try_alloc_zeroed try_realloc free;
}

/// The hook of a domain by its number, and our own functions of it.
fn domain_of(number: i32) -> Option<(&'static Hook, PyMemAllocatorEx)> {
    match number {
        0 => Some((&RAW_HOOK, raw::table())),
        1 => Some((&MEM_HOOK, mem::table())),
        2 => Some((&OBJECT_HOOK, object_domain::table())),
        _ => None,
    }
}

fn copy_table(to: &PyMemAllocatorEx, from: &PyMemAllocatorEx) {
    to.ctx.set(from.ctx.get());
    to.malloc.set(from.malloc.get());
    to.calloc.set(from.calloc.get());
    to.realloc.set(from.realloc.get());
    to.free.set(from.free.get());
}

/// What `PyUnstable_GC_VisitObjects` calls: 0 ends the visit.
type VisitObjects = unsafe extern "C-unwind" fn(*mut PyObject, *mut c_void) -> i32;

capi! {
    fn _PyObject_New(class: Borrowed<'_, TypeObject>) -> PyResult<*mut PyObject> {
        allocate(&class, 0, 0)
    }

    fn _PyObject_NewVar(class: Borrowed<'_, TypeObject>, items: isize) -> PyResult<*mut PyVarObject> {
        let object = allocate(&class, items.max(0).unsigned_abs(), 0)?.cast::<PyVarObject>();
        // SAFETY: a type with items has this header.
        unsafe { (*object).ob_size.set(items) };
        Ok(object)
    }

    fn _PyObject_GC_New(class: Borrowed<'_, TypeObject>) -> PyResult<*mut PyObject> {
        let object = allocate(&class, 0, 0)?;
        if class.has(tpflags::INLINE_VALUES) {
            // SAFETY: a fresh instance.
            unsafe { object::init_inline_values(object, &class) };
        }
        Ok(object)
    }

    fn _PyObject_GC_NewVar(class: Borrowed<'_, TypeObject>, items: isize) -> PyResult<*mut PyVarObject> {
        if items < 0 {
            return Err(error::bad_internal_call());
        }
        let object = allocate(&class, items.unsigned_abs(), 0)?.cast::<PyVarObject>();
        // SAFETY: a type with items has this header.
        unsafe { (*object).ob_size.set(items) };
        Ok(object)
    }

    fn PyUnstable_Object_GC_NewWithExtraData(class: Borrowed<'_, TypeObject>, extra: usize) -> PyResult<*mut PyObject> {
        allocate(&class, 0, extra)
    }

    fn _PyObject_GC_Resize(object: *mut PyVarObject, items: isize) -> PyResult<*mut PyVarObject> {
        // SAFETY: C passes an untracked object that it alone has.
        unsafe {
            let class = &*(*object).ob_base.ob_type.get().cast::<TypeObject>();
            let size = memory::instance_size(class, items.max(0).unsigned_abs()).ok_or_else(error::no_memory)?;
            let before = memory::presize(class.flags());
            let block = object.cast::<u8>().sub(before);
            let block = memory::or_no_memory(memory::try_realloc(block, size + before))?;
            let object = block.as_ptr().add(before).cast::<PyVarObject>();
            (*object).ob_size.set(items);
            Ok(object)
        }
    }

    fn PyObject_GC_Del(object: *mut c_void) -> () {
        if !object.is_null() {
            memory::generic_free(object);
        }
    }

    fn PyObject_GC_Track(object: *mut PyObject) -> () {
        // SAFETY: the object's type has HAVE_GC.
        unsafe {
            if !gc::is_tracked(object) {
                gc::track(object);
            }
        }
    }

    fn PyObject_GC_UnTrack(object: *mut PyObject) -> () {
        // SAFETY: the object's type has HAVE_GC.
        unsafe { gc::untrack_if_tracked(object) };
    }

    fn PyObject_GC_IsTracked(object: Borrowed<'_>) -> bool {
        // SAFETY: the object has the header if it is one of the collector's.
        object.is_gc() && unsafe { gc::is_tracked(object.ptr()) }
    }

    fn PyObject_GC_IsFinalized(object: Borrowed<'_>) -> bool {
        // SAFETY: the object has the header if it is one of the collector's.
        object.is_gc() && unsafe { gc::is_finalized(object.ptr()) }
    }

    fn PyObject_IS_GC(object: Borrowed<'_>) -> bool {
        object.is_gc()
    }

    fn PyGC_Collect() -> isize {
        if !thread::current().interpreter().gc.enabled.get() {
            return 0;
        }
        error::preserving(|| gc::collect::collect_with_callbacks(2).collected.cast_signed() as isize)
    }

    fn PyGC_Enable() -> bool {
        thread::current().interpreter().gc.enabled.replace(true)
    }

    fn PyGC_Disable() -> bool {
        thread::current().interpreter().gc.enabled.replace(false)
    }

    fn PyGC_IsEnabled() -> bool {
        thread::current().interpreter().gc.enabled.get()
    }

    fn PyUnstable_GC_VisitObjects(visit: *const c_void, arg: *mut c_void) -> () {
        // SAFETY: C passes its visiting function.
        let visit = unsafe { std::mem::transmute::<*const c_void, VisitObjects>(visit) };
        // C's function has no way to report that the list of them does not fit.
        let objects = gc::collect::all_objects().unwrap_or_else(|raised| {
            raised.clear();
            Vec::new()
        });
        for object in objects {
            // SAFETY: the object is owned here.
            if unsafe { visit(object.ptr(), arg) } == 0 {
                break;
            }
        }
    }

    fn PyMem_GetAllocator(domain: i32, place: Out<'_, PyMemAllocatorEx>) -> () {
        let Some((hook, own)) = domain_of(domain) else {
            return place.set(<PyMemAllocatorEx as abi::CStruct>::ZERO);
        };
        if hook.set.load(Ordering::Relaxed) {
            copy_table(&own, &hook.functions);
        }
        place.set(own);
    }

    // Functions written in C ask the new functions from now on. Objects of our own come from our own heap all the same.
    fn PyMem_SetAllocator(domain: i32, functions: *const PyMemAllocatorEx) -> () {
        // SAFETY: C passes its table.
        let (Some((hook, own)), Some(functions)) = (domain_of(domain), unsafe { functions.as_ref() }) else { return };
        let is_own = functions.malloc.get() == own.malloc.get() && functions.free.get() == own.free.get();
        hook.set.store(false, Ordering::Relaxed);
        copy_table(&hook.functions, functions);
        hook.set.store(!is_own, Ordering::Relaxed);
    }

    // Blocks made from now on are watched, below the functions that C set. Those that are there already pass.
    fn PyMem_SetupDebugHooks() -> () {
        debug_memory::turn_on(vm::lifecycle::fatal::die);
    }

    fn _PyObject_IsFreed(object: *mut PyObject) -> bool {
        if debug_memory::is_freed(object.addr()) {
            return true;
        }
        // SAFETY: C asks about an object's memory, which the debug layer leaves readable.
        debug_memory::is_freed(unsafe { (*object).ob_type.get() }.addr())
    }

    fn _PyMem_Strdup(text: &std::ffi::CStr) -> *mut c_void {
        let bytes = text.to_bytes_with_nul();
        match memory::try_alloc(bytes.len()) {
            Some(block) => {
                // SAFETY: the block has that much room.
                unsafe { block.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
                block.as_ptr().cast()
            }
            None => std::ptr::null_mut(),
        }
    }

    fn _Py_GetAllocatedBlocks() -> isize {
        memory::allocated_blocks()
    }

    fn PyObject_GetItemData(object: Borrowed<'_>) -> PyResult<*mut c_void> {
        let class = object.class();
        if !class.has(tpflags::ITEMS_AT_END) {
            return Err(object::raise!(
                TypeError,
                "type '{}' does not have Py_TPFLAGS_ITEMS_AT_END",
                class.tp_name()
            ));
        }
        Ok(object.ptr().wrapping_byte_offset(class.raw().tp_basicsize.get()).cast())
    }

    fn PyObject_GetArenaAllocator(place: *mut Arenas) -> () {
        // SAFETY: C passes its struct.
        unsafe { place.write(ARENAS.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0) }
    }

    fn PyObject_SetArenaAllocator(arenas: *mut Arenas) -> () {
        // The heap of this implementation takes its pages from the system itself; C gets back what it set.
        // SAFETY: C passes its struct.
        ARENAS.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0 = unsafe { arenas.read() };
    }

    fn PyTraceMalloc_Track(_domain: u32, _pointer: usize, _size: usize) -> i32 {
        -2
    }

    fn PyTraceMalloc_Untrack(_domain: u32, _pointer: usize) -> i32 {
        -2
    }
}

/// `PyObjectArenaAllocator`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Arenas {
    context: *mut c_void,
    alloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, *mut c_void, usize),
}

/// The allocator that C set, or the system's pages.
struct Set(Arenas);
// SAFETY: the context is C's, which it passes to its functions alone.
unsafe impl Send for Set {}

static ARENAS: std::sync::Mutex<Set> =
    std::sync::Mutex::new(Set(Arenas { context: std::ptr::null_mut(), alloc: map_pages, free: unmap_pages }));

unsafe extern "C" fn map_pages(_context: *mut c_void, size: usize) -> *mut c_void {
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), size, access, kind, -1, 0) };
    if start == libc::MAP_FAILED { std::ptr::null_mut() } else { start.cast() }
}

unsafe extern "C" fn unmap_pages(_context: *mut c_void, start: *mut c_void, size: usize) {
    // SAFETY: C gives back what `map_pages` gave.
    unsafe { libc::munmap(start.cast(), size) };
}
