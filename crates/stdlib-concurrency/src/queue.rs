//! `_queue`: an unbounded queue (CPython's `_queuemodule.c`).

use crate::header;
use crate::thread::wait::{Flag, Patience, nanoseconds, until};
use macros::{pyclass, pymethods};
use object::value::str as text;
use object::{Borrowed, OptRef, PyResult, Raised, Ref, Trace, TypeObject, Visit, core, error, memory, raise, thread};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// The exception of an empty queue.
#[derive(Default)]
struct State {
    empty: OptRef,
}

fn empty_class() -> PyResult<Ref> {
    let state = thread::current().interpreter().extensions.get::<State>();
    if let Some(class) = state.empty.get() {
        return Ok(class);
    }
    let namespace = builtins::dict::Dict::new()?;
    namespace.set_text("__module__", text::new("_queue")?.b())?;
    namespace.set_text("__doc__", text::new("Exception raised by Queue.get(block=0)/get_nowait().")?.b())?;
    let bases = object::value::tuple::from_slice(&[object::exc::Exception.borrowed()])?;
    let class = object::core::TYPE.borrowed().call(&[text::new("Empty")?.b(), bases.b(), namespace.b()])?;
    state.empty.set(Some(class.clone()));
    Ok(class)
}

#[cold]
fn empty_error() -> Raised {
    match empty_class().and_then(|class| class.call0()) {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// The items in order.
#[derive(Default)]
struct Items(VecDeque<Ref>);

impl Trace for Items {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.0.iter().for_each(|item| visit.object(item.b()));
    }
}

/// Simple, unbounded, reentrant FIFO queue.
#[pyclass(name = "SimpleQueue", module = "_queue", sig = "()", flags(BASETYPE), gc, weaklist = weakrefs)]
pub struct SimpleQueue {
    head: abi::PyObject,
    items: RefCell<Items>,
    /// Whether there may be items; threads wait for that.
    #[trace(skip)]
    filled: Flag,
    weakrefs: Cell<*mut abi::PyObject>,
}

impl SimpleQueue {
    fn add(&self, item: Borrowed<'_>) -> PyResult<()> {
        {
            let items = &mut self.items.borrow_mut().0;
            items.try_reserve(1).map_err(|_| error::no_memory())?;
            items.push_back(item.to_ref());
        }
        self.filled.set(true, false);
        Ok(())
    }

    fn take(&self) -> Option<Ref> {
        let (item, more) = {
            let items = &mut self.items.borrow_mut().0;
            (items.pop_front(), !items.is_empty())
        };
        self.filled.set(more, false);
        item
    }

    fn take_within(&self, patience: Patience) -> PyResult<Ref> {
        loop {
            if let Some(item) = self.take() {
                return Ok(item);
            }
            if patience == Patience::None || !self.filled.wait(true, patience, |filled| *filled = false)? {
                return Err(empty_error());
            }
        }
    }
}

#[pymethods]
impl SimpleQueue {
    #[slot(tp_new, "()")]
    fn new(cls: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        let value = SimpleQueue {
            head: header(),
            items: RefCell::default(),
            filled: Flag::default(),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    /// Put the item on the queue.
    ///
    /// The optional 'block' and 'timeout' arguments are ignored, as this
    /// method never blocks.  They are provided for compatibility with the
    /// Queue class.
    #[method("($self, /, item, block=True, timeout=None)")]
    fn put(&self, item: Borrowed<'_>, block: bool, timeout: Option<Borrowed<'_>>) -> PyResult<()> {
        let _ignored = (block, timeout);
        self.add(item)
    }

    /// Put an item into the queue without blocking.
    ///
    /// This is exactly equivalent to `put(item)` and is only provided
    /// for compatibility with the Queue class.
    #[method("($self, /, item)")]
    fn put_nowait(&self, item: Borrowed<'_>) -> PyResult<()> {
        self.add(item)
    }

    /// Remove and return an item from the queue.
    ///
    /// If optional args 'block' is true and 'timeout' is None (the
    /// default), block if necessary until an item is available.  If
    /// 'timeout' is a non-negative number, it blocks at most 'timeout'
    /// seconds and raises the Empty exception if no item was available
    /// within that time.
    /// Otherwise ('block' is false), return an item if one is immediately
    /// available, else raise the Empty exception ('timeout' is ignored
    /// in that case).
    #[method("($self, /, block=True, timeout=None)")]
    fn get(&self, block: bool, timeout: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let patience = match timeout.filter(|timeout| !timeout.is(&core::none())) {
            _ if !block => Patience::None,
            None => Patience::Forever,
            Some(timeout) => match u64::try_from(nanoseconds(timeout)?) {
                Ok(timeout) => until(timeout)?,
                Err(_) => return Err(raise!(ValueError, "'timeout' must be a non-negative number")),
            },
        };
        self.take_within(patience)
    }

    /// Remove and return an item from the queue without blocking.
    ///
    /// Only get an item if one is immediately available. Otherwise
    /// raise the Empty exception.
    #[method("($self, /)")]
    fn get_nowait(&self) -> PyResult<Ref> {
        self.take_within(Patience::None)
    }

    /// Return True if the queue is empty, False otherwise (not reliable!).
    #[method("($self, /)")]
    fn empty(&self) -> bool {
        self.items.borrow().0.is_empty()
    }

    /// Return the approximate size of the queue (not reliable!).
    #[method("($self, /)")]
    fn qsize(&self) -> usize {
        self.items.borrow().0.len()
    }

    /// SimpleQueues are generic over the type of their contents
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (object::hooks::get().generic_alias)(cls.object(), object)
    }
}

/// C implementation of the Python queue module.
/// This module is an implementation detail, please do not use it directly.
#[macros::pymodule(name = "_queue")]
pub mod module {
    use object::{PyResult, Ref};

    #[pytype]
    type Exposed = super::SimpleQueue;

    #[pyattr(name = "Empty")]
    fn empty() -> PyResult<Ref> {
        super::empty_class()
    }
}
