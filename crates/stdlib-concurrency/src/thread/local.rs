//! `_local`: an object whose attributes are each thread's own.

use crate::header;
use builtins::dict::Dict;
use builtins::object_::getattr as generic;
use macros::{pyclass, pymethods};
use object::thread::{self, ThreadState};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, memory, raise};
use std::cell::{Cell, RefCell};

/// The dict of one thread.
struct Part {
    thread: u64,
    dict: Ref<Dict>,
}

impl object::Trace for Part {
    fn trace(&self, visit: &mut object::Visit<'_>) {
        visit.object(self.dict.b());
    }
}

/// Thread-local data
#[pyclass(name = "_local", module = "_thread", sig = "()", flags(BASETYPE), gc, weaklist = weakrefs)]
pub struct Local {
    head: abi::PyObject,
    args: OptRef,
    kwargs: OptRef,
    parts: RefCell<Vec<Part>>,
    weakrefs: Cell<*mut abi::PyObject>,
}

/// Weak references to the local objects of an interpreter.
#[derive(Default)]
struct Locals(RefCell<Vec<Ref>>);

/// Drops what local objects keep for a thread that ends.
pub fn forget_thread(state: &ThreadState) {
    let id = state.raw.id.get();
    let all = state.interpreter().extensions.get::<Locals>().0.borrow().clone();
    for reference in all {
        let Some(object) = builtins::weakref::referent(reference.b()) else { continue };
        if let Some(local) = object.b().downcast::<Local>() {
            let mut parts = local.parts.borrow_mut();
            let part = parts.iter().position(|part| part.thread == id).map(|place| parts.swap_remove(place));
            drop(parts);
            drop(part);
        }
    }
}

impl Local {
    /// The dict of the calling thread; a new one runs `__init__` again.
    fn dict(slf: Borrowed<'_, Self>) -> PyResult<Ref<Dict>> {
        let id = thread::current().raw.id.get();
        if let Some(part) = slf.parts.borrow().iter().find(|part| part.thread == id) {
            return Ok(part.dict.clone());
        }
        let dict = Dict::new()?;
        slf.parts.borrow_mut().push(Part { thread: id, dict: dict.clone() });
        let object = slf.object();
        if let Some(init) = Self::own_init(object.class()) {
            let args = slf.args.get().unwrap_or_else(tuple::empty);
            let kwargs = slf.kwargs.get();
            if let Err(raised) = PyResult::<()>::from(init(object, args.b(), kwargs.as_ref().map(Ref::b))) {
                object::error::preserving(|| {
                    let mut parts = slf.parts.borrow_mut();
                    let part = parts.iter().position(|part| part.thread == id).map(|place| parts.swap_remove(place));
                    drop(parts);
                    drop(part);
                });
                return Err(raised);
            }
        }
        Ok(dict)
    }

    /// The class's `__init__`, where it is not `object`'s.
    fn own_init(class: &TypeObject) -> Option<object::slots::InitFn> {
        let init = class.tp_init()?;
        let plain = core::OBJECT.tp_init().is_some_and(|plain| std::ptr::fn_addr_eq(plain, init));
        (!plain).then_some(init)
    }
}

#[pymethods]
impl Local {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let given = tuple::items(args).map_or(0, <[_]>::len) + kwargs.map_or(Ok(0), |kwargs| kwargs.len())?;
        if given > 0 && Self::own_init(&cls).is_none() {
            return Err(raise!(TypeError, "Initialization arguments are not supported"));
        }
        // The caller runs __init__ for this thread.
        let part = Part { thread: thread::current().raw.id.get(), dict: Dict::new()? };
        let value = Local {
            head: header(),
            args: OptRef::new(Some(args.to_ref())),
            kwargs: OptRef::new(kwargs.map(Borrowed::to_ref)),
            parts: RefCell::new(vec![part]),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        let local = memory::new_instance(&cls, value)?.upcast();
        let reference = builtins::weakref::new(local.b(), None)?;
        let locals = thread::current().interpreter().extensions.get::<Locals>();
        let mut list = locals.0.borrow_mut();
        let dead: Vec<Ref> = list.extract_if(.., |other| builtins::weakref::referent(other.b()).is_none()).collect();
        list.push(reference);
        drop(list);
        drop(dead);
        Ok(local)
    }

    #[slot(tp_getattro)]
    fn getattro(slf: Borrowed<'_, Self>, name: Borrowed<'_>) -> PyResult<Ref> {
        let dict = Self::dict(slf)?;
        if text::check(name) && text::eq_str(name, "__dict__") {
            return Ok(dict.upcast());
        }
        match generic::get_with(slf.object(), name, Some(dict.b()))? {
            Some(value) => Ok(value),
            None => Err(generic::no_attribute(slf.object(), name)),
        }
    }

    #[slot(tp_setattro)]
    fn setattro(slf: Borrowed<'_, Self>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let dict = Self::dict(slf)?;
        if text::check(name) && text::eq_str(name, "__dict__") {
            return Err(raise!(AttributeError, "'{}' object attribute '__dict__' is read-only", slf.object().class().tp_name()));
        }
        generic::set_with(slf.object(), name, value, Some(dict.b()))
    }
}
