//! Thread state, interpreter and process: where state lives. There is none outside these three.
//!
//! [`ThreadState`] begins as CPython's `PyThreadState`. The current one is reached through a const-initialised thread-local.

use crate::gc::Collector;
use crate::gil::Gil;
use crate::heap::Heap;
use crate::reference::{Object, OptRef, Ref};
use abi::{CStruct, Cell, PyObject, PyThreadState};
use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bits of the eval breaker.
pub mod breaker {
    /// Somebody waits for the GIL.
    pub const GIL_DROP_REQUEST: usize = 1;
    /// A signal arrived (main thread of the main interpreter).
    pub const SIGNALS: usize = 2;
    /// Pending calls.
    pub const CALLS: usize = 4;
    /// An asynchronous exception.
    pub const ASYNC_EXCEPTION: usize = 8;
    /// A collection is due.
    pub const GC: usize = 16;
}

/// The state of one thread in one interpreter. Our fields stand behind CPython's.
#[repr(C)]
pub struct ThreadState {
    /// CPython's part.
    pub raw: PyThreadState,
    /// The interpreter, again, typed.
    interpreter: Cell<*const Interpreter>,
    /// The interpreter's heap.
    heap: Cell<*const Heap>,
    /// Lowest address that native recursion may reach ([`crate::recursion`]).
    pub stack_limit: Cell<usize>,
    /// Nested destructors ([`crate::memory::dealloc`]).
    pub trash_depth: Cell<u32>,
    /// Objects that wait for their destructor.
    pub trash: Cell<*mut PyObject>,
    /// Objects whose `repr` is under way, innermost last.
    pub repr_stack: RefCell<Vec<*mut PyObject>>,
    /// State that other crates keep per thread.
    pub extensions: Extensions,
}

impl ThreadState {
    /// Takes the state out of its interpreter's list: its thread has ended.
    pub fn unlist(&self) {
        self.interpreter().with_threads(|threads| threads.retain(|thread| !std::ptr::eq(thread.0, self)));
    }
}

/// State that other crates keep, one value a type.
pub struct Extensions {
    all: RefCell<Vec<Extension>>,
    /// Where a type's value was found last, by the type's hash.
    recent: [Cell<Option<Extension>>; RECENT],
}

/// A value in a box that [`Extensions::clear`] takes back.
type Extension = (TypeId, NonNull<dyn Any>);

const RECENT: usize = 64;

impl Default for Extensions {
    fn default() -> Self {
        Extensions { all: RefCell::default(), recent: [const { Cell::new(None) }; RECENT] }
    }
}

/// Takes a `TypeId`'s own hash as it is.
struct OwnHash(u64);

impl std::hash::Hasher for OwnHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 ^= value;
    }
}

impl Extensions {
    /// The value of type `T`, made by `Default` when it is first asked for. It lives as long as the interpreter or thread that it belongs to.
    #[inline]
    pub fn get<T: Default + 'static>(&self) -> &'static T {
        let id = TypeId::of::<T>();
        let mut hash = OwnHash(0);
        std::hash::Hash::hash(&id, &mut hash);
        let place = &self.recent[(hash.0 % RECENT as u64) as usize];
        if let Some((found, value)) = place.get()
            && found == id
        {
            // SAFETY: the value under a type's number is of that type.
            return unsafe { value.cast::<T>().as_ref() };
        }
        let value = self.get_slowly::<T>(id);
        place.set(Some((id, value)));
        // SAFETY: as above.
        unsafe { value.cast::<T>().as_ref() }
    }

    #[cold]
    fn get_slowly<T: Default + 'static>(&self, id: TypeId) -> NonNull<dyn Any> {
        let found = self.all.borrow().iter().find(|(key, _)| *key == id).map(|(_, value)| *value);
        if let Some(value) = found {
            return value;
        }
        let value: NonNull<dyn Any> = NonNull::from(Box::leak(Box::<T>::default()));
        self.all.borrow_mut().push((id, value));
        value
    }

    /// Whether nobody asked for a value yet, or all were dropped.
    pub fn is_empty(&self) -> bool {
        self.all.borrow().is_empty()
    }

    /// Drops all values, the newest first; those that are asked for meanwhile are made again.
    ///
    /// # Safety
    /// Nobody uses a value that [`Extensions::get`] gave before, and all were made by it.
    pub unsafe fn clear(&self) {
        let taken = self.all.take();
        self.recent.iter().for_each(|place| place.set(None));
        for (_, value) in taken.into_iter().rev() {
            // SAFETY: the value came out of a box, and by contract nobody else uses it.
            drop(unsafe { Box::from_raw(value.as_ptr()) });
        }
    }
}

/// One interpreter: modules, types' dynamic parts, collector.
///
/// All interpreters of the process take turns under one GIL, share one heap, the static types with their dicts, and the interned strings; what
/// programs can change is each interpreter's own.
pub struct Interpreter {
    /// Its number: 0 for the main one, never used twice.
    pub id: i64,
    /// The cycle collector.
    pub gc: Collector,
    /// Small blocks of memory: the process's.
    pub heap: &'static Heap,
    /// `sys.modules`.
    pub modules: OptRef,
    /// The dict of module `sys`.
    pub sys_dict: OptRef,
    /// The dict of module `builtins`.
    pub builtins: OptRef,
    /// The thread that started the interpreter.
    pub main_thread: Cell<*const ThreadState>,
    /// `sys.getrecursionlimit()`.
    pub recursion_limit: Cell<i32>,
    /// The interpreter is ending: 0 no, 1 finalizing.
    pub finalizing: Cell<bool>,
    /// The events of `sys.monitoring` that some tool wants everywhere, as a set.
    pub monitored: Cell<u32>,
    /// The GIL: the process's.
    pub gil: &'static Gil,
    /// The states of all threads, in the order of their creation.
    pub threads: Mutex<Vec<ThreadPointer>>,
    /// State that other crates keep per interpreter.
    pub extensions: Extensions,
    /// State that other crates keep for all interpreters together.
    pub shared: &'static Extensions,
    /// What a sub-interpreter may do, and who made it.
    pub sub: crate::interpreters::Sub,
}

/// The address of a thread state, for the list of an interpreter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ThreadPointer(pub *const ThreadState);
// SAFETY: thread states live to the end of the process; what they hold is guarded by the GIL.
unsafe impl Send for ThreadPointer {}

// SAFETY: everything in it is guarded by the interpreter's GIL.
unsafe impl Sync for Interpreter {}
// SAFETY: as above.
unsafe impl Send for Interpreter {}

impl Interpreter {
    /// The main interpreter, at a fixed address; it lives to the end of the process.
    pub fn create() -> &'static Interpreter {
        let (heap, gil) = (Box::leak(Box::new(Heap::new())), Box::leak(Box::new(Gil::new())));
        let interpreter = Self::allocate(0, heap, gil, Box::leak(Box::default()));
        let _first = MAIN.set(interpreter);
        interpreter
    }

    /// A further interpreter, which shares what belongs to the process with `main`. Its memory stays to the end of the process.
    pub(crate) fn create_beside(main: &Interpreter, id: i64) -> &'static Interpreter {
        Self::allocate(id, main.heap, main.gil, main.shared)
    }

    fn allocate(id: i64, heap: &'static Heap, gil: &'static Gil, shared: &'static Extensions) -> &'static Interpreter {
        let interpreter: &'static Interpreter = Box::leak(Box::new(Interpreter {
            id,
            gc: Collector::new(),
            heap,
            modules: OptRef::none(),
            sys_dict: OptRef::none(),
            builtins: OptRef::none(),
            main_thread: Cell::new(std::ptr::null()),
            recursion_limit: Cell::new(1000),
            finalizing: Cell::new(false),
            monitored: Cell::new(0),
            gil,
            threads: Mutex::default(),
            extensions: Extensions::default(),
            shared,
            sub: crate::interpreters::Sub::default(),
        }));
        interpreter.gc.init();
        interpreter
    }

    /// Whether this is the interpreter that the process started with.
    pub fn is_main(&self) -> bool {
        self.id == 0
    }

    /// Runs `action` on the list of thread states. No Python code may run inside.
    pub fn with_threads<R>(&self, action: impl FnOnce(&mut Vec<ThreadPointer>) -> R) -> R {
        action(&mut self.threads.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Shows the states of all threads, newest first, without waiting for the list: for reports of crashes, which may come at any time.
    /// False where the list is being changed.
    pub fn peek_threads(&self, mut show: impl FnMut(&ThreadState)) -> bool {
        let list = match self.threads.try_lock() {
            Ok(list) => list,
            Err(std::sync::TryLockError::Poisoned(list)) => list.into_inner(),
            Err(std::sync::TryLockError::WouldBlock) => return false,
        };
        for thread in list.iter().rev() {
            // SAFETY: thread states live to the end of the process.
            show(unsafe { &*thread.0 });
        }
        true
    }

    /// Asks every thread of the interpreter to look at what these bits of the eval breaker mean.
    pub fn set_eval_breakers(&self, bits: usize) {
        self.with_threads(|threads| {
            for thread in threads.iter() {
                // SAFETY: thread states live to the end of the process; the word is atomic.
                unsafe { (*thread.0).set_eval_breaker(bits) };
            }
        });
    }
}

thread_local! {
    static CURRENT: Cell<*const ThreadState> = const { Cell::new(std::ptr::null()) };
    /// The state that is tied to this thread, also while it does not hold the GIL: what `PyGILState_Ensure` goes by.
    static BOUND: Cell<*const ThreadState> = const { Cell::new(std::ptr::null()) };
}

/// The state that is tied to the calling thread, whether or not it holds the GIL.
pub fn bound() -> Option<&'static ThreadState> {
    // SAFETY: thread states live to the end of the process.
    unsafe { BOUND.get().as_ref() }
}

/// Unties the calling thread from its state.
pub fn unbind() {
    BOUND.set(std::ptr::null());
}

/// The main interpreter, once there is one.
pub fn main_interpreter() -> Option<&'static Interpreter> {
    MAIN.get().copied()
}

static MAIN: std::sync::OnceLock<&'static Interpreter> = std::sync::OnceLock::new();

static NEXT_ID: AtomicUsize = AtomicUsize::new(1);

/// The state of the calling thread, which holds the GIL. A thread without one cannot touch objects: the process stops with a panic, which
/// the guard at the edge reports.
#[inline(always)]
pub fn current<'a>() -> &'a ThreadState {
    let state = CURRENT.get();
    debug_assert!(!state.is_null(), "this thread has no thread state");
    // SAFETY: a thread that runs Python code, or native code on its behalf, has a state, which lives while it runs.
    unsafe { &*state }
}

/// The state of the calling thread, if it has one.
#[inline]
pub fn try_current<'a>() -> Option<&'a ThreadState> {
    // SAFETY: as `current`.
    unsafe { CURRENT.get().as_ref() }
}

/// Makes `state` the calling thread's; null for none. Returns the one before.
pub fn swap_current(state: *const ThreadState) -> *const ThreadState {
    CURRENT.replace(state)
}

impl ThreadState {
    /// A state for a thread of `interpreter`, not yet current. Its stack limit is set when it becomes a running thread's ([`ThreadState::bind`]).
    pub fn create(interpreter: &'static Interpreter) -> &'static ThreadState {
        let state = Box::leak(Box::new(ThreadState {
            raw: PyThreadState::ZERO,
            interpreter: Cell::new(interpreter),
            heap: Cell::new(interpreter.heap),
            stack_limit: Cell::new(0),
            trash_depth: Cell::new(0),
            trash: Cell::new(std::ptr::null_mut()),
            repr_stack: RefCell::default(),
            extensions: Extensions::default(),
        }));
        let raw = &state.raw;
        raw.interp.set(std::ptr::from_ref(interpreter).cast_mut().cast());
        raw.exc_info.set(std::ptr::from_ref(&raw.exc_state).cast_mut());
        raw.py_recursion_limit.set(interpreter.recursion_limit.get());
        raw.py_recursion_remaining.set(interpreter.recursion_limit.get());
        raw.gilstate_counter.set(1);
        // No event is being reported.
        raw.what_event.set(-1);
        raw.id.set(NEXT_ID.fetch_add(1, Ordering::Relaxed) as u64);
        interpreter.with_threads(|threads| threads.push(ThreadPointer(state)));
        state
    }

    /// Makes the state the calling thread's in place of the one that holds the GIL, if one does: no other thread runs in between. Returns the
    /// state before.
    pub fn switch(&'static self) -> Option<&'static ThreadState> {
        let before = try_current();
        match before {
            Some(before) => self.interpreter().gil.pass(before, self),
            None => self.interpreter().gil.take(self),
        }
        BOUND.set(self);
        before
    }

    /// Makes a state that no thread uses any more one of `interpreter`, as if it were new.
    pub fn reuse(&'static self, interpreter: &'static Interpreter) -> &'static ThreadState {
        self.interpreter.set(interpreter);
        self.heap.set(interpreter.heap);
        self.trash_depth.set(0);
        let raw = &self.raw;
        raw.interp.set(std::ptr::from_ref(interpreter).cast_mut().cast());
        raw.eval_breaker.set(0);
        raw.py_recursion_limit.set(interpreter.recursion_limit.get());
        raw.py_recursion_remaining.set(interpreter.recursion_limit.get());
        raw.gilstate_counter.set(1);
        raw.id.set(NEXT_ID.fetch_add(1, Ordering::Relaxed) as u64);
        interpreter.with_threads(|threads| threads.push(ThreadPointer(self)));
        self
    }

    /// Notes which thread of the system the state belongs to: the calling one.
    pub fn mark_thread(&self) {
        // SAFETY: plain queries about the calling thread.
        let (thread_id, native) = unsafe { (libc::pthread_self(), libc::gettid()) };
        self.raw.thread_id.set(thread_id);
        self.raw.native_thread_id.set(u64::from(native.unsigned_abs()));
        self.stack_limit.set(crate::recursion::limit_of_this_thread());
    }

    /// Ties the state to the calling thread.
    pub fn bind(&'static self) {
        self.mark_thread();
        swap_current(self);
        BOUND.set(self);
    }

    /// The interpreter.
    #[inline(always)]
    pub fn interpreter(&self) -> &'static Interpreter {
        // SAFETY: an interpreter lives to the end of the process.
        unsafe { &*self.interpreter.get() }
    }

    /// The interpreter's heap.
    #[inline(always)]
    pub fn heap(&self) -> &'static Heap {
        // SAFETY: an interpreter lives to the end of the process.
        unsafe { &*self.heap.get() }
    }

    /// The eval breaker, to be read and written atomically.
    #[inline(always)]
    pub fn eval_breaker(&self) -> &AtomicUsize {
        // SAFETY: the field is one aligned word that is only used through this view.
        unsafe { AtomicUsize::from_ptr(self.raw.eval_breaker.as_ptr()) }
    }

    /// Sets bits of the eval breaker (any thread).
    pub fn set_eval_breaker(&self, bits: usize) {
        self.eval_breaker().fetch_or(bits, Ordering::Relaxed);
    }

    /// Clears bits of the eval breaker.
    pub fn clear_eval_breaker(&self, bits: usize) {
        self.eval_breaker().fetch_and(!bits, Ordering::Relaxed);
    }

    /// The exception that is being handled (`sys.exception()`), innermost.
    pub fn handled_exception(&self) -> Option<Ref> {
        let mut item = self.raw.exc_info.get();
        // SAFETY: the chain consists of items in live frames and ends in the thread state; each owns its value or holds null or None.
        unsafe {
            while !item.is_null() {
                let value = (*item).exc_value.get();
                if !value.is_null() && !crate::core::none().is(&*value.cast::<Object>()) {
                    return Some((*value.cast::<Object>()).to_ref());
                }
                item = (*item).previous_item.get();
            }
        }
        None
    }
}
