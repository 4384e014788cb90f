//! `_interpqueues`: queues between interpreters (CPython's `_interpqueuesmodule.c`).
//!
//! The queues belong to the process and hold [`Data`]. Data is dropped after the list was let go of: that may run Python code.

use crate::data::{Data, Fallback};
use crate::support::{FULL, REPLACE, exception_class, fallback_or, id_of, unbound_or};
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, core, error, exc, raise, thread};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use vm::lifecycle::support;

struct Item {
    data: Option<Data>,
    /// The interpreter that put it there.
    owner: i64,
    unbound: i32,
}

struct Queue {
    id: i64,
    maxsize: isize,
    unbound: i32,
    fallback: i32,
    references: usize,
    items: VecDeque<Item>,
}

struct Queues {
    last: i64,
    /// The newest first.
    all: Vec<Queue>,
}

static QUEUES: Mutex<Queues> = Mutex::new(Queues { last: 0, all: Vec::new() });

fn queues() -> MutexGuard<'static, Queues> {
    QUEUES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the module keeps for one interpreter.
#[derive(Default)]
struct State {
    error: OptRef,
    not_found: OptRef,
    queue: OptRef,
    empty: OptRef,
    full: OptRef,
}

fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

const MODULE: &str = "concurrent.interpreters";

fn error_class() -> PyResult<Ref> {
    if let Some(class) = state().error.get() {
        return Ok(class);
    }
    let doc = Some("Indicates that a queue-related error happened.");
    let class = exception_class(MODULE, "QueueError", doc, &[exc::RuntimeError.to_ref().b()])?;
    state().error.set(Some(class.clone()));
    Ok(class)
}

fn not_found_class() -> PyResult<Ref> {
    if let Some(class) = state().not_found.get() {
        return Ok(class);
    }
    let class = exception_class(MODULE, "QueueNotFoundError", None, &[error_class()?.b()])?;
    state().not_found.set(Some(class.clone()));
    Ok(class)
}

/// The high-level module registers its classes when it is imported.
fn registered(place: &OptRef) -> PyResult<Ref> {
    if let Some(class) = place.get() {
        return Ok(class);
    }
    vm::import::import_module("concurrent.interpreters._queues")?;
    place.get().ok_or_else(|| raise!(RuntimeError, "concurrent.interpreters._queues registered no types"))
}

/// What can go wrong with a queue.
enum Trouble {
    NotFound(i64),
    Empty(i64),
    Full(i64),
    NeverBound(i64),
}

impl From<Trouble> for Raised {
    fn from(trouble: Trouble) -> Raised {
        let (class, message) = match trouble {
            Trouble::NotFound(id) => (not_found_class(), format!("queue {id} not found")),
            Trouble::Empty(id) => (registered(&state().empty), format!("queue {id} is empty")),
            Trouble::Full(id) => (registered(&state().full), format!("queue {id} is full")),
            Trouble::NeverBound(id) => (error_class(), format!("queue {id} never bound")),
        };
        let made = (|| class?.call1(text::new(&message)?.b()))();
        match made {
            Ok(exception) => error::raise_exception(exception),
            Err(raised) => raised,
        }
    }
}

/// Runs `action` on a queue. Nothing in it may drop data or touch an object.
fn with<R>(id: i64, action: impl FnOnce(&mut Queue) -> Result<R, Trouble>) -> Result<R, Trouble> {
    let mut queues = queues();
    match queues.all.iter_mut().find(|queue| queue.id == id) {
        Some(queue) => action(queue),
        None => Err(Trouble::NotFound(id)),
    }
}

fn remove(id: i64) -> Result<Queue, Trouble> {
    let mut queues = queues();
    let place = queues.all.iter().position(|queue| queue.id == id).ok_or(Trouble::NotFound(id))?;
    Ok(queues.all.remove(place))
}

fn bind_queue(id: i64) -> Result<(), Trouble> {
    with(id, |queue| {
        queue.references += 1;
        Ok(())
    })
}

fn release_queue(id: i64) -> Result<(), Trouble> {
    let left = with(id, |queue| {
        queue.references = queue.references.checked_sub(1).ok_or(Trouble::NeverBound(id))?;
        Ok(queue.references)
    })?;
    if left == 0 {
        drop(remove(id)?);
    }
    Ok(())
}

/// An unbound item goes; its place keeps its data's end, as `unboundop` says.
const REMOVE: i32 = 1;

/// An interpreter ends: what it put into queues is unbound.
fn forget_interpreter(id: i64) {
    let mut dropped = Vec::new();
    let mut queues = queues();
    for queue in &mut queues.all {
        let before = std::mem::take(&mut queue.items);
        for mut item in before {
            if item.owner == id {
                dropped.extend(item.data.take());
                if item.unbound == REMOVE {
                    continue;
                }
            }
            queue.items.push_back(item);
        }
    }
    drop(queues);
    drop(dropped);
}

/// A queue that data refers to: it is not destroyed meanwhile.
pub struct Held(i64);

impl Held {
    /// The queue of a `Queue` object.
    pub fn of(object: Borrowed<'_>) -> PyResult<Held> {
        let id = id_of("queue", object.getattr(object::id!("_id"))?.b())?;
        bind_queue(id)?;
        Ok(Held(id))
    }

    /// A `Queue` object of the current interpreter.
    pub fn into_object(self) -> PyResult<Ref> {
        registered(&state().queue)?.call1(int::new(self.0)?.b())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A queue that was destroyed holds nothing.
        let _gone = release_queue(self.0);
    }
}

/// Whether the object is a queue of the high-level module.
pub fn is_queue(object: Borrowed<'_>) -> bool {
    state().queue.get().is_some_and(|class| std::ptr::eq(class.ptr(), object.class().as_object_ptr()))
}

/// This module provides primitive operations to manage Python interpreters.
/// The 'interpreters' module provides a more convenient interface.
#[macros::pymodule(name = "_interpqueues")]
pub mod module {
    use super::*;

    #[pyattr(name = "QueueError")]
    fn queue_error() -> PyResult<Ref> {
        error_class()
    }

    #[pyattr(name = "QueueNotFoundError")]
    fn queue_not_found_error() -> PyResult<Ref> {
        not_found_class()
    }

    /// create(maxsize, unboundop, fallback) -> qid
    ///
    /// Create a new cross-interpreter queue and return its unique generated ID.
    /// It is a new reference as though bind() had been called on the queue.
    ///
    /// The caller is responsible for calling destroy() for the new queue
    /// before the runtime is finalized.
    #[pyfunction(text = None, "($module, /, maxsize, unboundop=-1, fallback=-1)")]
    fn create(maxsize: isize, unboundop: i32, fallback: i32) -> PyResult<i64> {
        let (unbound, fallback) = (unbound_or(unboundop, REPLACE)?, fallback_or(fallback, FULL)?);
        let mut queues = queues();
        queues.last += 1;
        let id = queues.last;
        queues.all.insert(0, Queue { id, maxsize, unbound, fallback, references: 0, items: VecDeque::new() });
        Ok(id)
    }

    /// destroy(qid)
    ///
    /// Clear and destroy the queue.  Afterward attempts to use the queue
    /// will behave as though it never existed.
    #[pyfunction(text = None, "($module, /, qid)")]
    fn destroy(qid: Borrowed<'_>) -> PyResult<()> {
        drop(remove(id_of("queue", qid)?)?);
        Ok(())
    }

    /// list_all() -> [(qid, unboundop, fallback)]
    ///
    /// Return the list of IDs for all queues.
    /// Each corresponding default unbound op and fallback is also included.
    #[pyfunction("($module, /)")]
    fn list_all() -> PyResult<Ref> {
        let all: Vec<(i64, i32, i32)> = queues().all.iter().map(|queue| (queue.id, queue.unbound, queue.fallback)).collect();
        let made = all.into_iter().map(|(id, unbound, fallback)| {
            tuple::from_array([int::new(id)?, int::new(i64::from(unbound))?, int::new(i64::from(fallback))?])
        });
        (object::hooks::get().list_new)(made.collect::<PyResult<Vec<Ref>>>()?)
    }

    /// put(qid, obj)
    ///
    /// Add the object's data to the queue.
    #[pyfunction(text = None, "($module, /, qid, obj, unboundop=-1, fallback=-1)")]
    fn put(qid: Borrowed<'_>, obj: Borrowed<'_>, unboundop: i32, fallback: i32) -> PyResult<()> {
        let id = id_of("queue", qid)?;
        let defaults = with(id, |queue| Ok((queue.unbound, queue.fallback)))?;
        let unbound = unbound_or(unboundop, defaults.0)?;
        let fallback = if fallback_or(fallback, defaults.1)? == FULL { Fallback::Full } else { Fallback::Only };
        let data = Data::of(obj, fallback)?;
        let mut item = Some(Item { owner: data.owner, data: Some(data), unbound });
        let added = with(id, |queue| {
            if queue.maxsize > 0 && queue.items.len() >= queue.maxsize.unsigned_abs() {
                return Err(Trouble::Full(id));
            }
            queue.items.extend(item.take());
            Ok(())
        });
        Ok(added?)
    }

    /// get(qid) -> (obj, unboundop)
    ///
    /// Return a new object from the data at the front of the queue.
    /// The unbound op is also returned.
    ///
    /// If there is nothing to receive then raise QueueEmpty.
    #[pyfunction(text = None, "($module, /, qid)")]
    fn get(qid: Borrowed<'_>) -> PyResult<Ref> {
        let id = id_of("queue", qid)?;
        let item = with(id, |queue| queue.items.pop_front().ok_or(Trouble::Empty(id)))?;
        match item.data {
            Some(data) => tuple::from_array([data.into_object()?, core::none_ref()]),
            None => tuple::from_array([core::none_ref(), int::new(i64::from(item.unbound))?]),
        }
    }

    /// bind(qid)
    ///
    /// Take a reference to the identified queue.
    /// The queue is not destroyed until there are no references left.
    #[pyfunction(text = None, "($module, /, qid)")]
    fn bind(qid: Borrowed<'_>) -> PyResult<()> {
        Ok(bind_queue(id_of("queue", qid)?)?)
    }

    /// release(qid)
    ///
    /// Release a reference to the queue.
    /// The queue is destroyed once there are no references left.
    #[pyfunction(text = None, "($module, /, qid)")]
    fn release(qid: Borrowed<'_>) -> PyResult<()> {
        Ok(release_queue(id_of("queue", qid)?)?)
    }

    /// get_maxsize(qid)
    ///
    /// Return the maximum number of items in the queue.
    #[pyfunction(text = None, "($module, /, qid)")]
    fn get_maxsize(qid: Borrowed<'_>) -> PyResult<isize> {
        Ok(with(id_of("queue", qid)?, |queue| Ok(queue.maxsize))?)
    }

    /// get_queue_defaults(qid)
    ///
    /// Return the queue's default values, set when it was created.
    #[pyfunction(text = None, "($module, /, qid)")]
    fn get_queue_defaults(qid: Borrowed<'_>) -> PyResult<Ref> {
        let (unbound, fallback) = with(id_of("queue", qid)?, |queue| Ok((queue.unbound, queue.fallback)))?;
        tuple::from_array([int::new(i64::from(unbound))?, int::new(i64::from(fallback))?])
    }

    /// is_full(qid)
    ///
    /// Return true if the queue has a maxsize and has reached it.
    #[pyfunction(text = None, "($module, /, qid)")]
    fn is_full(qid: Borrowed<'_>) -> PyResult<bool> {
        let full = |queue: &mut Queue| Ok(queue.maxsize > 0 && queue.items.len() >= queue.maxsize.unsigned_abs());
        Ok(with(id_of("queue", qid)?, full)?)
    }

    /// get_count(qid)
    ///
    /// Return the number of items in the queue.
    #[pyfunction(text = None, "($module, /, qid)")]
    fn get_count(qid: Borrowed<'_>) -> PyResult<usize> {
        Ok(with(id_of("queue", qid)?, |queue| Ok(queue.items.len()))?)
    }

    #[pyfunction(text = None, "($module, /, queuetype, emptyerror, fullerror)")]
    fn _register_heap_types(queuetype: Borrowed<'_>, emptyerror: Borrowed<'_>, fullerror: Borrowed<'_>) -> PyResult<()> {
        if support::as_type(queuetype).is_none() {
            return Err(raise!(TypeError, "expected a type for 'queuetype'"));
        }
        for (class, name) in [(emptyerror, "emptyerror"), (fullerror, "fullerror")] {
            let is_exception = support::as_type(class).is_some_and(|class| class.is_subtype(&exc::BaseException));
            if !is_exception {
                return Err(raise!(TypeError, "expected an exception type for '{name}'"));
            }
        }
        let state = state();
        for (place, class) in [(&state.queue, queuetype), (&state.empty, emptyerror), (&state.full, fullerror)] {
            place.set(Some(class.to_ref()));
        }
        Ok(())
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let _ = module;
        object::hooks::on_interpreter_end(forget_interpreter);
        Ok(())
    }
}
