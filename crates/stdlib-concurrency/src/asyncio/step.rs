//! The steps of a task: what runs the coroutine, and what becomes of what it yields.

use super::awaited;
use super::future::{Future, Outcome, State};
use super::library::{self, Name, call_soon};
use super::registry::{self, registry};
use super::task::Task;
use crate::contextvars;
use crate::header;
use macros::{pyclass, pymethods};
use object::value::str as text;
use object::{Borrowed, KwArgs, OptRef, PyResult, Ref, StaticType, core, error, exc, id, memory, raise};

/// What the loop calls to go on with a task.
#[pyclass(name = "TaskStepMethWrapper", module = "_asyncio", gc)]
pub struct TaskStep {
    head: abi::PyObject,
    task: OptRef<Task>,
    /// What is thrown into the coroutine.
    exception: OptRef,
}

#[pymethods]
impl TaskStep {
    #[slot(tp_call, "(*args, **kwargs)")]
    fn call(&self, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<()> {
        if !kwargs.is_empty() {
            return Err(raise!(TypeError, "function takes no keyword arguments"));
        }
        if !args.is_empty() {
            return Err(raise!(TypeError, "function takes no positional arguments"));
        }
        let Some(task) = self.task.get() else { return Err(raise!(RuntimeError, "the step has no task")) };
        step(task.borrow(), self.exception.get())
    }

    #[getter]
    fn __self__(&self) -> Option<Ref> {
        self.task.get().map(Ref::upcast)
    }
}

/// The callback of what a task waits for.
#[pyclass(name = "TaskWakeup", module = "_asyncio", gc)]
pub struct TaskWakeup {
    head: abi::PyObject,
    task: OptRef<Task>,
}

#[pymethods]
impl TaskWakeup {
    #[slot(tp_call, "(future, /)")]
    fn call(&self, future: Borrowed<'_>) -> PyResult<()> {
        let Some(task) = self.task.get() else { return Err(raise!(RuntimeError, "the callback has no task")) };
        wake(task.borrow(), future)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let task = self.task.get().map_or_else(core::none_ref, Ref::upcast);
        Ok(format!("<built-in method task_wakeup of {} object at {:p}>", task.class().tp_name(), task.ptr()))
    }

    #[getter]
    fn __self__(&self) -> Option<Ref> {
        self.task.get().map(Ref::upcast)
    }

    #[getter]
    fn __name__(&self) -> &'static str {
        "task_wakeup"
    }

    #[getter]
    fn __qualname__(&self) -> PyResult<Ref> {
        let task = self.task.get().map_or_else(core::none_ref, Ref::upcast);
        let qualname = task.class().getattr(id!("__qualname__"))?;
        text::new(&format!("{}.task_wakeup", qualname.str_text()?))
    }
}

/// Asks the loop for a step, with an exception to throw.
pub fn schedule(task: Borrowed<'_, Task>, exception: Option<Ref>) -> PyResult<()> {
    let value = TaskStep { head: header(), task: OptRef::new(Some(task.to_ref())), exception: OptRef::new(exception) };
    let callback = memory::new_instance(TaskStep::type_object(), value)?;
    let event_loop = task.future.alive()?;
    let context = task.context.get().unwrap_or_else(core::none_ref);
    call_soon(event_loop.b(), callback.b(), None, context.b())
}

/// Asks the loop for a step that throws RuntimeError.
fn schedule_error(task: Borrowed<'_, Task>, message: &str) -> PyResult<()> {
    let exception = exc::RuntimeError.call1(text::new(message)?.b())?;
    schedule(task, Some(exception))
}

/// A step as the loop sees it.
fn step(task: Borrowed<'_, Task>, exception: Option<Ref>) -> PyResult<()> {
    let event_loop = task.future.alive()?;
    registry::enter(event_loop.b(), task.object())?;
    match run(task, exception) {
        Ok(()) => registry::leave(event_loop.b(), task.object()),
        Err(raised) => {
            let exception = raised.take();
            registry::leave(event_loop.b(), task.object())?;
            Err(error::restore(exception))
        }
    }
}

/// The first step, at once, in the task's context.
pub fn eager_start(task: Borrowed<'_, Task>) -> PyResult<()> {
    let event_loop = task.future.alive()?;
    let previous = registry::swap(event_loop.b(), task.object())?;
    let context = task.context.get().unwrap_or_else(core::none_ref);
    let ran = registry().begin_eager(task.object()).and_then(|()| {
        let ran = contextvars::run_in(context.b(), || run(task, None));
        also(ran, || registry().end_eager(task.object()))
    });
    let ran = also(ran, || registry::swap(event_loop.b(), previous.b()).map(drop));
    if task.future.state.get() == State::Pending {
        return also(ran, || registry().schedule(task.object()));
    }
    task.coroutine.set(None);
    ran
}

/// Cleans up after something that may have failed; the first exception stays.
fn also(result: PyResult<()>, clean: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
    match result {
        Ok(()) => clean(),
        Err(raised) => {
            let exception = raised.take();
            if let Err(second) = clean() {
                second.clear();
            }
            Err(error::restore(exception))
        }
    }
}

/// What a coroutine gave.
enum Given {
    Yielded(Ref),
    Returned(Ref),
}

/// Runs the coroutine up to its next `await` or its end.
fn resume(coroutine: Borrowed<'_>, exception: Option<Ref>) -> PyResult<Given> {
    let answer = match exception {
        Some(exception) => coroutine.call_method(id!("throw"), &[exception.b()]),
        None => {
            let class = coroutine.class();
            if let Some(send) = class.am_send() {
                let mut item: Option<Ref> = None;
                let status = send(coroutine, core::none(), &raw mut item);
                return match (status, item) {
                    (1, Some(item)) => Ok(Given::Yielded(item)),
                    (0, Some(item)) => Ok(Given::Returned(item)),
                    _ => Err(error::check().err().unwrap_or_else(error::bad_internal_call)),
                };
            }
            match class.tp_iternext().filter(|_| coroutine.is_iterator()) {
                Some(next) => match PyResult::<Option<Ref>>::from(next(coroutine)) {
                    Ok(Some(item)) => Ok(item),
                    Ok(None) => return Ok(Given::Returned(core::none_ref())),
                    Err(raised) => Err(raised),
                },
                None => coroutine.call_method(id!("send"), &[core::none()]),
            }
        }
    };
    match answer {
        Ok(item) => Ok(Given::Yielded(item)),
        Err(raised) if raised.is_a(&exc::StopIteration) => {
            let value = raised.take().getattr(id!("value"))?;
            Ok(Given::Returned(value))
        }
        Err(raised) => Err(raised),
    }
}

/// A step, without the notes about which task runs.
fn run(task: Borrowed<'_, Task>, exception: Option<Ref>) -> PyResult<()> {
    let future = Task::as_future(task);
    if future.state.get() != State::Pending {
        let shown = exception.map_or_else(core::none_ref, |exception| exception).repr_text()?;
        let message = format!("__step(): already done: {} {shown}", task.object().repr_text()?);
        return Err(Name::InvalidStateError.raise(&message));
    }
    let mut exception = exception;
    if task.must_cancel.get() {
        let cancels = match &exception {
            Some(exception) => Name::CancelledError.is_class_of(exception.b())?,
            None => false,
        };
        if !cancels {
            exception = Some(future.cancelled_error()?);
        }
        task.must_cancel.set(false);
    }
    task.waits_for.set(None);
    let Some(coroutine) = task.coroutine.get() else {
        return Err(raise!(RuntimeError, "uninitialized Task object"));
    };
    let done = match resume(coroutine.b(), exception) {
        Ok(Given::Yielded(item)) => return wait_for(task, item),
        Ok(Given::Returned(_)) if task.must_cancel.replace(false) => {
            // It was cancelled right before it ended.
            Future::cancel_with(future, future.cancel_message.get()).map(drop)
        }
        Ok(Given::Returned(value)) => Future::finish(future, value),
        Err(raised) => failed(task, raised.take()),
    };
    if future.state.get() != State::Pending {
        registry().forget(task.get());
    }
    done
}

/// The coroutine has raised.
fn failed(task: Borrowed<'_, Task>, exception: Ref) -> PyResult<()> {
    let future = Task::as_future(task);
    if Name::CancelledError.is_class_of(exception.b())? {
        future.cancelled_exception.set(Some(exception));
        return Future::cancel_with(future, None).map(drop);
    }
    Future::fail(future, exception.b())?;
    let class = exception.class();
    if class.is_subtype(&exc::KeyboardInterrupt) || class.is_subtype(&exc::SystemExit) {
        return Err(error::restore(exception));
    }
    Ok(())
}

/// The coroutine has yielded something, which should be a future to wait for.
fn wait_for(task: Borrowed<'_, Task>, item: Ref) -> PyResult<()> {
    let this = || task.object().repr_text();
    if item.is(&task.object()) {
        return schedule_error(task, &format!("Task cannot await on itself: {}", this()?));
    }
    if let Some(future) = native(item.b()) {
        if !std::ptr::eq(future.event_loop.as_ptr(), task.future.event_loop.as_ptr()) {
            return other_loop(task, item.b());
        }
        if !future.blocking.replace(false) {
            return not_awaited(task, item.b());
        }
        awaited::add(item.b(), task.object())?;
        let context = task.context.get().unwrap_or_else(core::none_ref);
        Future::add_callback(future, wakeup(task)?.b(), context.b())?;
        return waits(task, item);
    }
    if item.is(&core::none()) {
        return schedule(task, None);
    }
    let blocking = item.getattr_opt(id!("_asyncio_future_blocking"))?;
    if let Some(blocking) = blocking.filter(|blocking| !blocking.is(&core::none())) {
        let event_loop = registry::loop_of(item.b())?;
        if !std::ptr::eq(event_loop.ptr(), task.future.event_loop.as_ptr()) {
            return other_loop(task, item.b());
        }
        if !blocking.is_true()? {
            return not_awaited(task, item.b());
        }
        awaited::add(item.b(), task.object())?;
        item.setattr(id!("_asyncio_future_blocking"), core::false_())?;
        let context = task.context.get().unwrap_or_else(core::none_ref);
        library::add_done_callback(item.b(), wakeup(task)?.b(), context.b())?;
        return waits(task, item);
    }
    let shown = item.repr_text()?;
    if item.class().is_type(&core::GENERATOR) {
        let message = format!("yield was used instead of yield from for generator in task {} with {shown}", this()?);
        return schedule_error(task, &message);
    }
    schedule_error(task, &format!("Task got bad yield: {shown}"))
}

fn other_loop(task: Borrowed<'_, Task>, item: Borrowed<'_>) -> PyResult<()> {
    let (task_text, item) = (task.object().repr_text()?, item.repr_text()?);
    schedule_error(task, &format!("Task {task_text} got Future {item} attached to a different loop"))
}

fn not_awaited(task: Borrowed<'_, Task>, item: Borrowed<'_>) -> PyResult<()> {
    let (task_text, item) = (task.object().repr_text()?, item.repr_text()?);
    schedule_error(task, &format!("yield was used instead of yield from in task {task_text} with {item}"))
}

/// A future or task of exactly our types.
fn native(object: Borrowed<'_>) -> Option<Borrowed<'_, Future>> {
    let class = object.class();
    let exact = class.is_type(Future::type_object()) || class.is_type(Task::type_object());
    exact.then(|| object.self_as::<Future>())
}

fn wakeup(task: Borrowed<'_, Task>) -> PyResult<Ref> {
    let value = TaskWakeup { head: header(), task: OptRef::new(Some(task.to_ref())) };
    memory::new_instance(TaskWakeup::type_object(), value).map(Ref::upcast)
}

/// The task waits for a future from now on.
fn waits(task: Borrowed<'_, Task>, future: Ref) -> PyResult<()> {
    task.waits_for.set(Some(future.clone()));
    if task.must_cancel.get() {
        let message = task.future.cancel_message.get().unwrap_or_else(core::none_ref);
        if library::cancel(future.b(), message.b())? {
            task.must_cancel.set(false);
        }
    }
    Ok(())
}

/// What a task waited for is done.
fn wake(task: Borrowed<'_, Task>, future: Borrowed<'_>) -> PyResult<()> {
    awaited::discard(future, task.object());
    let thrown = match native(future) {
        Some(future) => match future.outcome("Result is not set.") {
            Ok(Outcome::Value(_)) => None,
            Ok(Outcome::Exception(exception)) => Some(exception),
            Err(raised) => Some(raised.take()),
        },
        None => future.call_method(id!("result"), &[]).err().map(|raised| raised.take()),
    };
    step(task, thrown)
}
