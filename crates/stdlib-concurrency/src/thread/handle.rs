//! `_ThreadHandle`: what joins a thread.

use super::wait::{Flag, Patience, join_patience};
use crate::header;
use macros::{pyclass, pymethods};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, memory, raise, thread};
use std::cell::RefCell;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a thread is in its life.
pub const NOT_STARTED: u8 = 0;
/// It is being started.
pub const STARTING: u8 = 1;
/// It runs, or has run.
pub const STARTED: u8 = 2;

/// What a handle shares with its thread.
#[derive(Default)]
pub struct Shared {
    /// The thread is done with Python code.
    pub done: Flag,
    /// [`NOT_STARTED`] and what follows.
    pub stage: AtomicU8,
    /// The ident; 0 before the start.
    pub ident: AtomicU64,
    /// The system's thread, until somebody joins it.
    pub system: Mutex<Option<std::thread::JoinHandle<()>>>,
}

/// The threads that the end of the interpreter waits for.
#[derive(Default)]
struct Waited(RefCell<Vec<Arc<Shared>>>);

fn waited() -> &'static Waited {
    thread::current().interpreter().extensions.get::<Waited>()
}

/// Lets the end of the interpreter wait for a thread.
pub fn wait_at_exit(shared: &Arc<Shared>) {
    let mut list = waited().0.borrow_mut();
    list.retain(|other| !other.done.get());
    list.push(shared.clone());
}

/// All threads that were started and may still run.
#[derive(Default)]
struct Running(RefCell<Vec<Arc<Shared>>>);

/// Notes a thread that was started.
pub fn note_running(shared: &Arc<Shared>) {
    let mut list = thread::current().interpreter().extensions.get::<Running>().0.borrow_mut();
    list.retain(|other| !other.done.get());
    list.push(shared.clone());
}

/// In the child of a fork: all threads but the one with this ident are done. Whether that one was started by us.
pub fn forget_others(ident: u64) -> bool {
    let mut list = thread::current().interpreter().extensions.get::<Running>().0.borrow_mut();
    for shared in list.iter().filter(|shared| shared.ident.load(Ordering::Relaxed) != ident) {
        // Nobody may join or detach the system's thread, which is not there.
        std::mem::forget(shared.system.lock().unwrap_or_else(PoisonError::into_inner).take());
        shared.done.set(true, true);
    }
    list.retain(|shared| shared.ident.load(Ordering::Relaxed) == ident);
    // The thread that forked is the main one now: nobody waits for it.
    waited().0.borrow_mut().clear();
    !list.is_empty()
}

/// Joins all threads that are no daemons.
pub fn join_all() -> PyResult<()> {
    loop {
        let me = thread::current().raw.thread_id.get();
        let next = {
            let list = waited().0.borrow();
            list.iter().find(|shared| !shared.done.get() && shared.ident.load(Ordering::Relaxed) != me).cloned()
        };
        let Some(shared) = next else { return Ok(()) };
        shared.join(Patience::Forever)?;
    }
}

impl Shared {
    fn join(&self, patience: Patience) -> PyResult<()> {
        if !self.done.wait(true, patience, |_| ())? {
            return Ok(());
        }
        let system = self.system.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(system) = system
            && self.ident.load(Ordering::Relaxed) != thread::current().raw.thread_id.get()
        {
            // A panic of the thread was reported where it happened.
            let _outcome = object::gil::without(|| system.join());
        }
        Ok(())
    }
}

#[pyclass(name = "_ThreadHandle", module = "_thread")]
pub struct ThreadHandle {
    head: abi::PyObject,
    shared: Arc<Shared>,
}

impl ThreadHandle {
    /// A handle of a thread that is not started.
    pub fn create() -> PyResult<Ref<ThreadHandle>> {
        memory::new_instance(Self::type_object(), ThreadHandle { head: header(), shared: Arc::default() })
    }

    /// A handle of a thread that runs already.
    pub fn of_running(ident: u64) -> PyResult<Ref<ThreadHandle>> {
        let handle = Self::create()?;
        handle.shared.ident.store(ident, Ordering::Relaxed);
        handle.shared.stage.store(STARTED, Ordering::Relaxed);
        Ok(handle)
    }

    /// What the handle shares with its thread.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

#[pymethods]
impl ThreadHandle {
    #[slot(tp_new)]
    fn new(_cls: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        Self::create().map(Ref::upcast)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> String {
        format!("<_thread._ThreadHandle object: ident={}>", self.ident())
    }

    /// The ident of the thread; 0 before it is started.
    #[getter]
    pub fn ident(&self) -> u64 {
        self.shared.ident.load(Ordering::Relaxed)
    }

    #[method(text = None, "($self, timeout=None, /)")]
    fn join(&self, timeout: Option<Borrowed<'_>>) -> PyResult<()> {
        let patience = join_patience(timeout)?;
        if self.shared.stage.load(Ordering::Relaxed) != STARTED {
            return Err(raise!(RuntimeError, "thread not started"));
        }
        if !self.shared.done.get() && self.ident() == thread::current().raw.thread_id.get() {
            return Err(raise!(RuntimeError, "Cannot join current thread"));
        }
        self.shared.join(patience)
    }

    #[method("($self, /)")]
    fn is_done(&self) -> bool {
        self.shared.done.get()
    }

    #[method("($self, /)")]
    fn _set_done(&self) -> PyResult<()> {
        if self.shared.stage.load(Ordering::Relaxed) != STARTED {
            return Err(raise!(RuntimeError, "thread not started"));
        }
        self.shared.done.set(true, true);
        Ok(())
    }
}
