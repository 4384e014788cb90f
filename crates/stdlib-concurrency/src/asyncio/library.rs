//! What `_asyncio` takes from `Lib/asyncio`, looked up when it is first wanted.

use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, TypeObject, error, id, raise, thread};

/// Something of the library.
#[derive(Clone, Copy)]
pub enum Name {
    CancelledError,
    InvalidStateError,
    EventLoopPolicy,
    ExtractStack,
    FutureRepr,
    IsCoroutine,
    TaskGetStack,
    TaskPrintStack,
    TaskRepr,
    WeakSet,
}

const COUNT: usize = 10;

/// Module and attribute of each [`Name`], in their order.
const PLACES: [(&str, &str); COUNT] = [
    ("asyncio.exceptions", "CancelledError"),
    ("asyncio.exceptions", "InvalidStateError"),
    ("asyncio.events", "_get_event_loop_policy"),
    ("traceback", "extract_stack"),
    ("asyncio.base_futures", "_future_repr"),
    ("asyncio.coroutines", "iscoroutine"),
    ("asyncio.base_tasks", "_task_get_stack"),
    ("asyncio.base_tasks", "_task_print_stack"),
    ("asyncio.base_tasks", "_task_repr"),
    ("weakref", "WeakSet"),
];

#[derive(Default)]
struct Library {
    found: [OptRef; COUNT],
    /// The names of the keywords of `call_soon(…, context=…)`.
    context_keyword: OptRef,
    message_keyword: OptRef,
}

fn library() -> &'static Library {
    thread::current().interpreter().extensions.get()
}

fn import(name: &str) -> PyResult<Ref> {
    let interpreter = thread::current().interpreter();
    let name = text::new(name)?;
    let modules = interpreter.modules.get().ok_or_else(|| raise!(RuntimeError, "lost sys.modules"))?;
    if let Some(module) = modules.getitem_opt(name.b())? {
        return Ok(module);
    }
    let Some(builtins) = interpreter.builtins.get() else { return Err(raise!(RuntimeError, "lost builtins module")) };
    builtins.getitem(id!("__import__"))?.call1(name.b())?;
    modules.getitem(name.b())
}

impl Name {
    /// The object.
    pub fn get(self) -> PyResult<Ref> {
        let (Some(field), Some((module, name))) = (library().found.get(self as usize), PLACES.get(self as usize)) else {
            return Err(error::bad_internal_call());
        };
        if let Some(found) = field.get() {
            return Ok(found);
        }
        let found = import(module)?.getattr(text::new(name)?.b())?;
        field.set(Some(found.clone()));
        Ok(found)
    }

    /// Raises this exception with a message.
    #[cold]
    pub fn raise(self, message: &str) -> Raised {
        match self.get().and_then(|class| class.call1(text::new(message)?.b())) {
            Ok(exception) => error::raise_exception(exception),
            Err(raised) => raised,
        }
    }

    /// Whether an object is an instance of this class.
    pub fn is_class_of(self, object: Borrowed<'_>) -> PyResult<bool> {
        let class = self.get()?;
        Ok(class.b().downcast::<TypeObject>().is_some_and(|class| object.class().is_subtype(class.get())))
    }
}

fn keyword(field: &OptRef, name: Borrowed<'_>) -> PyResult<Ref> {
    if let Some(names) = field.get() {
        return Ok(names);
    }
    let names = tuple::from_slice(&[name])?;
    field.set(Some(names.clone()));
    Ok(names)
}

/// `loop.call_soon(callback, *argument, context=context)`.
pub fn call_soon(
    event_loop: Borrowed<'_>,
    callback: Borrowed<'_>,
    argument: Option<Borrowed<'_>>,
    context: Borrowed<'_>,
) -> PyResult<()> {
    let method = event_loop.getattr(id!("call_soon"))?;
    let names = keyword(&library().context_keyword, id!("context"))?;
    match argument {
        Some(argument) => method.vectorcall(&[callback, argument, context], 2, Some(names.b())),
        None => method.vectorcall(&[callback, context], 1, Some(names.b())),
    }?;
    Ok(())
}

/// `future.add_done_callback(callback, context=context)`.
pub fn add_done_callback(future: Borrowed<'_>, callback: Borrowed<'_>, context: Borrowed<'_>) -> PyResult<()> {
    let method = future.getattr(id!("add_done_callback"))?;
    let names = keyword(&library().context_keyword, id!("context"))?;
    method.vectorcall(&[callback, context], 1, Some(names.b())).map(drop)
}

/// `future.cancel(msg=message)`: what it says.
pub fn cancel(future: Borrowed<'_>, message: Borrowed<'_>) -> PyResult<bool> {
    let method = future.getattr(id!("cancel"))?;
    let names = keyword(&library().message_keyword, id!("msg"))?;
    method.vectorcall(&[message], 0, Some(names.b()))?.is_true()
}
