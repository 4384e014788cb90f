//! The interpreters of the process, and what a sub-interpreter may do.
//!
//! All of them take turns under one GIL, also those whose configuration says `own`: it guards what is written here.

use crate::thread::{Interpreter, ThreadState, main_interpreter};
use abi::Cell;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who made an interpreter: the numbers of C's `_PyInterpreterState_WHENCE_*`.
pub mod whence {
    /// Nobody said.
    pub const UNKNOWN: i32 = 0;
    /// The start of the process.
    pub const RUNTIME: i32 = 1;
    /// `Py_NewInterpreter`.
    pub const LEGACY_CAPI: i32 = 2;
    /// `Py_NewInterpreterFromConfig`.
    pub const CAPI: i32 = 3;
    /// C's cross-interpreter functions.
    pub const XI: i32 = 4;
    /// The module `_interpreters`.
    pub const STDLIB: i32 = 5;
}

/// What `PyInterpreterConfig.gil` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GilKind {
    /// What the runtime finds best.
    #[default]
    Default,
    /// The main interpreter's.
    Shared,
    /// Its own.
    Own,
}

/// C's `PyInterpreterConfig`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    pub use_main_obmalloc: bool,
    pub allow_fork: bool,
    pub allow_exec: bool,
    pub allow_threads: bool,
    pub allow_daemon_threads: bool,
    pub check_multi_interp_extensions: bool,
    pub gil: GilKind,
}

impl Settings {
    /// `isolated`: what `_interpreters.create()` takes.
    pub const ISOLATED: Settings = Settings {
        use_main_obmalloc: false,
        allow_fork: false,
        allow_exec: false,
        allow_threads: true,
        allow_daemon_threads: false,
        check_multi_interp_extensions: true,
        gil: GilKind::Own,
    };
    /// `legacy`: what `Py_NewInterpreter` takes, and the main interpreter has.
    pub const LEGACY: Settings = Settings {
        use_main_obmalloc: true,
        allow_fork: true,
        allow_exec: true,
        allow_threads: true,
        allow_daemon_threads: true,
        check_multi_interp_extensions: false,
        gil: GilKind::Shared,
    };
    /// What the main interpreter has.
    pub const MAIN: Settings = Settings { gil: GilKind::Own, ..Settings::LEGACY };
}

/// What an interpreter has besides its objects.
pub struct Sub {
    /// What it may do.
    pub settings: Cell<Settings>,
    /// [`whence`].
    pub whence: Cell<i32>,
    /// It is complete: Python code can run in it.
    pub ready: Cell<bool>,
    /// References to its number (`_interpreters.incref`).
    pub references: Cell<i64>,
    /// It ends with the last of these.
    pub ends_unreferenced: Cell<bool>,
    /// The thread that runs its `__main__`.
    pub running_main: Cell<*const ThreadState>,
    /// `_imp._override_multi_interp_extensions_check`: -1 off, 1 on, 0 as configured.
    pub extensions_check: Cell<i32>,
    /// It is ending: only this thread may run in it.
    closed_by: Cell<*const ThreadState>,
}

impl Default for Sub {
    fn default() -> Self {
        Sub {
            settings: Cell::new(Settings::MAIN),
            whence: Cell::new(whence::RUNTIME),
            ready: Cell::new(false),
            references: Cell::new(0),
            ends_unreferenced: Cell::new(false),
            running_main: Cell::new(std::ptr::null()),
            extensions_check: Cell::new(0),
            closed_by: Cell::new(std::ptr::null()),
        }
    }
}

impl Sub {
    /// From now on only `thread` may run in the interpreter; its other threads sleep for good where they take the GIL.
    pub fn close_for_others(&self, thread: &ThreadState) {
        self.closed_by.set(thread);
    }

    /// Whether the interpreter is ending in another thread.
    pub fn is_closed_for(&self, thread: &ThreadState) -> bool {
        let closed_by = self.closed_by.get();
        !closed_by.is_null() && !std::ptr::eq(closed_by, thread)
    }

    /// Whether the interpreter is ending, or has ended.
    pub fn is_closed(&self) -> bool {
        !self.closed_by.get().is_null()
    }

    /// Whether only extension modules that say so may be imported.
    pub fn checks_extensions(&self) -> bool {
        match self.extensions_check.get() {
            0 => self.settings.get().check_multi_interp_extensions,
            check => check > 0,
        }
    }
}

/// The sub-interpreters, in the order of their creation.
static SUBS: Mutex<Vec<&'static Interpreter>> = Mutex::new(Vec::new());
static NEXT_ID: AtomicI64 = AtomicI64::new(1);

fn subs() -> MutexGuard<'static, Vec<&'static Interpreter>> {
    SUBS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new interpreter, in the list but not ready; none before there is a main interpreter.
pub fn create(settings: Settings, whence: i32) -> Option<&'static Interpreter> {
    let interpreter = Interpreter::create_beside(main_interpreter()?, NEXT_ID.fetch_add(1, Ordering::Relaxed));
    interpreter.sub.settings.set(settings);
    interpreter.sub.whence.set(whence);
    subs().push(interpreter);
    Some(interpreter)
}

/// The number that the next interpreter will have.
pub fn next_id() -> i64 {
    NEXT_ID.load(Ordering::Relaxed)
}

/// Takes an interpreter out of the list.
pub fn unlist(interpreter: &Interpreter) {
    subs().retain(|other| other.id != interpreter.id);
}

/// All interpreters, the main one first.
pub fn all() -> Vec<&'static Interpreter> {
    main_interpreter().into_iter().chain(subs().iter().copied()).collect()
}

/// The interpreter with this number.
pub fn find(id: i64) -> Option<&'static Interpreter> {
    if id == 0 {
        return main_interpreter();
    }
    subs().iter().find(|interpreter| interpreter.id == id).copied()
}
