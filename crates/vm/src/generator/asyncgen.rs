//! Asynchronous generators and the awaitables that drive them: `asend`, `athrow`, `aclose`.

use super::throw::{self, Thrown, thrown};
use super::{Generator, Sent, State, resume};
use macros::{pyclass, pymethods};
use object::value::str as text;
use object::{Borrowed, OptRef, PyResult, RawField, Ref, StaticType, TypeObject, core, error, exc, hooks, raise, thread};
use std::cell::Cell;

/// The type of asynchronous generators: a generator's struct under another type.
#[pyclass(name = "async_generator", cell = object::core::ASYNC_GENERATOR, gc = manual, weaklist = generator.weakreflist, parts(ASYNC_GENERATOR))]
pub struct AsyncGenerator {
    generator: Generator,
}

/// What an asynchronous generator yields to its awaitable, so that it differs from what it awaits.
#[pyclass(
    name = "async_generator_wrapped_value",
    export = "_PyAsyncGenWrappedValue_Type",
    flags(DISALLOW_INSTANTIATION),
    gc,
    parts()
)]
pub struct WrappedValue {
    header: abi::PyObject,
    value: OptRef,
}

/// Wraps a value that an asynchronous generator yields.
pub fn async_wrap(value: Borrowed<'_>) -> PyResult<Ref> {
    let wrapped = WrappedValue { header: <abi::PyObject as abi::CStruct>::ZERO, value: OptRef::new(Some(value.to_ref())) };
    object::memory::new_instance(WrappedValue::type_object(), wrapped).map(Ref::upcast)
}

/// Where an awaitable of an asynchronous generator stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Init,
    Iter,
    Closed,
}

/// What an awaitable does to its generator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Send,
    Throw,
    Close,
}

/// The awaitable of `__anext__` and `asend`.
#[pyclass(name = "async_generator_asend", export = "_PyAsyncGenASend_Type", flags(DISALLOW_INSTANTIATION), gc, parts(DRIVER))]
pub struct AsyncGenSend {
    header: abi::PyObject,
    generator: OptRef,
    /// What is sent first.
    value: OptRef,
    /// `athrow`'s arguments.
    class: OptRef,
    exception: OptRef,
    traceback: OptRef,
    #[trace(skip)]
    stage: Cell<Stage>,
    #[trace(skip)]
    action: Cell<Action>,
}

/// The awaitable of `athrow` and `aclose`: the same struct under another type.
#[pyclass(name = "async_generator_athrow", export = "_PyAsyncGenAThrow_Type", flags(DISALLOW_INSTANTIATION), gc = manual, parts(ATHROW, ATHROW_DRIVER))]
pub struct AsyncGenThrow {
    send: AsyncGenSend,
}

impl AsyncGenerator {
    fn generator(slf: Borrowed<'_, Self>) -> Borrowed<'_, Generator> {
        slf.object().self_as::<Generator>()
    }

    /// Calls the hooks of `sys.set_asyncgen_hooks` when iteration begins.
    fn init_hooks(slf: Borrowed<'_, Self>) -> PyResult<()> {
        let generator = Self::generator(slf);
        if generator.hooks_inited.replace(true) {
            return Ok(());
        }
        let raw = &thread::current().raw;
        generator.origin_or_finalizer.set(raw.async_gen_finalizer.load());
        if let Some(first) = raw.async_gen_firstiter.load() {
            first.call1(slf.object())?;
        }
        Ok(())
    }

    fn drive(slf: Borrowed<'_, Self>, action: Action, args: [Option<Borrowed<'_>>; 3]) -> PyResult<Ref> {
        Self::init_hooks(slf)?;
        let class = if action == Action::Send { AsyncGenSend::type_object() } else { AsyncGenThrow::type_object() };
        let own = |object: Option<Borrowed<'_>>| OptRef::new(object.map(|object| object.to_ref()));
        let [first, second, third] = args;
        let (value, class_arg) = if action == Action::Send { (first, None) } else { (None, first) };
        object::memory::new_instance(
            class,
            AsyncGenSend {
                header: <abi::PyObject as abi::CStruct>::ZERO,
                generator: own(Some(slf.object())),
                value: own(value),
                class: own(class_arg),
                exception: own(second),
                traceback: own(third),
                stage: Cell::new(Stage::Init),
                action: Cell::new(action),
            },
        )
        .map(Ref::upcast)
    }
}

#[pymethods(part = ASYNC_GENERATOR)]
impl AsyncGenerator {
    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        object::memory::dealloc_fields::<Generator>(slf.ptr());
    }
    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut object::Visit<'_>) {
        self.generator.visit(visit);
    }
    #[slot(tp_finalize)]
    fn finalize_slot(slf: Borrowed<'_, Self>) {
        super::finalize::finalize(Self::generator(slf));
    }
    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        Generator::repr_as(Self::generator(slf), "async_generator")
    }
    #[slot(am_aiter)]
    fn aiter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Ok(slf.object().to_ref())
    }
    #[slot(am_anext)]
    fn anext(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::drive(slf, Action::Send, [None; 3])
    }
    /// asend(v) -> send 'v' in generator.
    #[method("($self, value, /)", text = None)]
    fn asend(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<Ref> {
        Self::drive(slf, Action::Send, [Some(value), None, None])
    }
    /// athrow(value)
    /// athrow(type[,value[,tb]])
    ///
    /// raise exception in generator.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method("($self, /, *args)", text = None)]
    fn athrow(slf: Borrowed<'_, Self>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        if args.len() > 1 {
            hooks::warn(
                &exc::DeprecationWarning,
                "the (type, exc, tb) signature of athrow() is deprecated, use the single-arg signature instead.",
                1,
            )?;
        }
        object::args::check_positional("athrow", args.len(), 1, 3)?;
        Self::drive(slf, Action::Throw, [args.first().copied(), args.get(1).copied(), args.get(2).copied()])
    }
    /// aclose() -> raise GeneratorExit inside generator.
    #[method("($self, /)", text = None)]
    fn aclose(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::drive(slf, Action::Close, [None; 3])
    }
    /// See PEP 585
    #[classmethod("($type, item, /)", text = None)]
    fn __class_getitem__(class: Borrowed<'_, TypeObject>, item: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(class.object(), item)
    }
    /// __sizeof__() -> size of the object in memory, in bytes
    #[method("($self, /)", text = None)]
    fn __sizeof__(&self) -> usize {
        std::mem::offset_of!(Generator, frame) + self.generator.code().frame_words() * 8
    }
    /// name of the async generator
    #[getter(name = "__name__")]
    fn get_name(&self) -> Option<Ref> {
        self.generator.name.get()
    }
    #[setter(name = "__name__")]
    fn set_name(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) if text::check(value) => {
                self.generator.name.set(Some(value.to_ref()));
                Ok(())
            }
            _ => Err(raise!(TypeError, "__name__ must be set to a string object")),
        }
    }
    /// qualified name of the async generator
    #[getter(name = "__qualname__")]
    fn get_qualname(&self) -> Option<Ref> {
        self.generator.qualname.get()
    }
    #[setter(name = "__qualname__")]
    fn set_qualname(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) if text::check(value) => {
                self.generator.qualname.set(Some(value.to_ref()));
                Ok(())
            }
            _ => Err(raise!(TypeError, "__qualname__ must be set to a string object")),
        }
    }
    /// object being awaited on, or None
    #[getter]
    fn ag_await(&self) -> Option<Ref> {
        self.generator.delegate()
    }
    #[getter]
    fn ag_running(&self) -> bool {
        self.generator.running_async.get()
    }
    #[getter]
    fn ag_frame(&self) -> PyResult<Option<Ref>> {
        self.generator.frame_object()
    }
    #[getter]
    fn ag_code(&self) -> Ref {
        self.generator.frame.code_object().to_ref().upcast()
    }
    #[getter]
    fn ag_suspended(&self) -> bool {
        matches!(self.generator.state.get(), State::Suspended | State::SuspendedYieldFrom)
    }
}

impl AsyncGenSend {
    fn generator(&self) -> PyResult<Ref> {
        self.generator.get().ok_or_else(|| raise!(RuntimeError, "the asynchronous generator is gone"))
    }

    fn name(&self) -> &'static str {
        match self.action.get() {
            Action::Send => "__anext__()/asend()",
            Action::Throw | Action::Close => "aclose()/athrow()",
        }
    }

    fn already(&self) -> &'static str {
        match self.action.get() {
            Action::Send => "anext(): asynchronous generator is already running",
            Action::Throw => "athrow(): asynchronous generator is already running",
            Action::Close => "aclose(): asynchronous generator is already running",
        }
    }

    fn close_stage(&self) {
        self.stage.set(Stage::Closed);
    }

    /// As [`AsyncGenSend::answer`], with StopIteration for the answer.
    fn unwrap(&self, generator: &Generator, sent: PyResult<Sent>) -> PyResult<Ref> {
        stop_at_answer(self.answer(generator, sent))
    }

    /// What a piece of the generator's run means: a wrapped value is the answer (`Returned`), anything else is awaited.
    fn answer(&self, generator: &Generator, sent: PyResult<Sent>) -> PyResult<Sent> {
        let item = match sent {
            Ok(Sent::Yielded(item)) => item,
            Ok(Sent::Returned(value)) => {
                drop(value);
                generator.closed.set(true);
                generator.running_async.set(false);
                return Err(error::raise_none(&exc::StopAsyncIteration));
            }
            Err(raised) => {
                if raised.is_a(&exc::StopAsyncIteration) || raised.is_a(&exc::GeneratorExit) {
                    generator.closed.set(true);
                }
                generator.running_async.set(false);
                return Err(raised);
            }
        };
        match item.b().downcast_exact::<WrappedValue>() {
            Some(wrapped) => {
                let value = wrapped.value.get().unwrap_or_else(core::none_ref);
                generator.running_async.set(false);
                Ok(Sent::Returned(value))
            }
            None => Ok(Sent::Yielded(item)),
        }
    }

    fn send_value(&self, arg: Borrowed<'_>) -> PyResult<Ref> {
        stop_at_answer(self.send_for_answer(arg))
    }

    /// `send`, whose answer needs no exception.
    pub fn send_for_answer(&self, arg: Borrowed<'_>) -> PyResult<Sent> {
        let owner = self.generator()?;
        let generator = owner.b().self_as::<Generator>();
        if self.stage.get() == Stage::Closed {
            return Err(raise!(RuntimeError, "cannot reuse already awaited {}", self.name()));
        }
        if self.action.get() != Action::Send {
            return self.throw_first(generator, arg).map(Sent::Yielded);
        }
        let mut arg = arg.to_ref();
        if self.stage.get() == Stage::Init {
            if generator.running_async.get() {
                self.close_stage();
                return Err(raise!(RuntimeError, "{}", self.already()));
            }
            if arg.is(&core::none()) {
                arg = self.value.get().unwrap_or(arg);
            }
            self.stage.set(Stage::Iter);
        }
        generator.running_async.set(true);
        let result = self.answer(generator.get(), resume(generator, Some(arg.b()), false));
        if !matches!(result, Ok(Sent::Yielded(_))) {
            self.close_stage();
        }
        result
    }

    fn thrown(&self) -> PyResult<Thrown> {
        let class = self.class.get().unwrap_or_else(core::none_ref);
        thrown(class.b(), self.exception.get().as_ref().map(Ref::b), self.traceback.get().as_ref().map(Ref::b))
    }

    /// `athrow` and `aclose`: the first `send` throws, the later ones go on.
    fn throw_first(&self, generator: Borrowed<'_, Generator>, arg: Borrowed<'_>) -> PyResult<Ref> {
        if generator.state.get() == State::Cleared {
            self.close_stage();
            return Err(error::raise_none(&exc::StopIteration));
        }
        let closing = self.action.get() == Action::Close;
        let sent = if self.stage.get() == Stage::Init {
            if generator.running_async.get() {
                self.close_stage();
                return Err(raise!(RuntimeError, "{}", self.already()));
            }
            if generator.closed.get() {
                self.close_stage();
                return Err(error::raise_none(&exc::StopAsyncIteration));
            }
            if !arg.is(&core::none()) {
                return Err(raise!(RuntimeError, "can't send non-None value to a just-started coroutine"));
            }
            self.stage.set(Stage::Iter);
            generator.running_async.set(true);
            if closing {
                generator.closed.set(true);
                let exit = thrown(exc::GeneratorExit.borrowed(), None, None)?;
                throw::throw(generator, exit, false)
            } else {
                let given = self.thrown()?;
                throw::throw(generator, given, false)
            }
        } else {
            resume(generator, Some(arg), false)
        };
        self.settle(generator.get(), sent, closing)
    }

    fn settle(&self, generator: &Generator, sent: PyResult<Sent>, closing: bool) -> PyResult<Ref> {
        if !closing {
            let result = self.unwrap(generator, sent);
            if result.is_err() {
                self.close_stage();
            }
            return result;
        }
        match sent {
            Ok(Sent::Yielded(item)) if item.b().downcast_exact::<WrappedValue>().is_some() => {
                generator.running_async.set(false);
                self.close_stage();
                Err(raise!(RuntimeError, "async generator ignored GeneratorExit"))
            }
            Ok(Sent::Yielded(item)) => Ok(item),
            Ok(Sent::Returned(_)) => {
                generator.running_async.set(false);
                self.close_stage();
                Err(error::raise_none(&exc::StopIteration))
            }
            Err(raised) => {
                generator.running_async.set(false);
                self.close_stage();
                if raised.is_a(&exc::StopAsyncIteration) || raised.is_a(&exc::GeneratorExit) {
                    raised.clear();
                    return Err(error::raise_none(&exc::StopIteration));
                }
                Err(raised)
            }
        }
    }

    fn throw_into(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let owner = self.generator()?;
        let generator = owner.b().self_as::<Generator>();
        if self.stage.get() == Stage::Closed {
            return Err(raise!(RuntimeError, "cannot reuse already awaited {}", self.name()));
        }
        if self.stage.get() == Stage::Init {
            if generator.running_async.get() {
                self.close_stage();
                return Err(raise!(RuntimeError, "{}", self.already()));
            }
            self.stage.set(Stage::Iter);
            generator.running_async.set(true);
        }
        let given = super::attributes::throw_arguments(args)?;
        let sent = throw::throw(generator, given, false);
        match self.action.get() {
            Action::Send => {
                let result = self.unwrap(generator.get(), sent);
                if result.is_err() {
                    self.close_stage();
                }
                result
            }
            action => self.settle(generator.get(), sent, action == Action::Close),
        }
    }

    fn close_now(slf: Borrowed<'_, Self>) -> PyResult<()> {
        if slf.stage.get() == Stage::Closed {
            return Ok(());
        }
        match slf.throw_into(&[exc::GeneratorExit.borrowed()]) {
            Ok(_) => Err(raise!(RuntimeError, "coroutine ignored GeneratorExit")),
            Err(raised)
                if raised.is_a(&exc::StopIteration)
                    || raised.is_a(&exc::StopAsyncIteration)
                    || raised.is_a(&exc::GeneratorExit) =>
            {
                raised.clear();
                Ok(())
            }
            Err(raised) => Err(raised),
        }
    }
}

macro_rules! driver_methods {
    ($ty:ident, $part:ident) => {
        #[pymethods(part = $part)]
        impl $ty {
            #[slot(tp_iter)]
            fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
                Ok(slf.object().to_ref())
            }
            #[slot(am_await)]
            fn am_await(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
                Ok(slf.object().to_ref())
            }
            #[slot(tp_iternext)]
            fn next(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
                slf.object().self_as::<AsyncGenSend>().get().send_value(core::none()).map(Some)
            }
            /// send(arg) -> send 'arg' into the awaitable.
            #[method("($self, value, /)", text = None)]
            fn send(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<Ref> {
                slf.object().self_as::<AsyncGenSend>().get().send_value(value)
            }
            /// throw(value) -> raise exception in the awaitable.
            #[method("($self, /, *args)", text = None)]
            fn throw(slf: Borrowed<'_, Self>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
                slf.object().self_as::<AsyncGenSend>().get().throw_into(args)
            }
            /// close() -> raise GeneratorExit inside the awaitable.
            #[method("($self, /)", text = None)]
            fn close(slf: Borrowed<'_, Self>) -> PyResult<()> {
                AsyncGenSend::close_now(slf.object().self_as::<AsyncGenSend>())
            }
            #[slot(tp_finalize)]
            fn finalize_slot(slf: Borrowed<'_, Self>) {
                AsyncGenSend::warn_unawaited(slf.object().self_as::<AsyncGenSend>());
            }
        }
    };
}
driver_methods!(AsyncGenSend, DRIVER);
driver_methods!(AsyncGenThrow, ATHROW_DRIVER);

/// StopIteration with the answer.
fn stop_at_answer(sent: PyResult<Sent>) -> PyResult<Ref> {
    match sent? {
        Sent::Yielded(item) => Ok(item),
        Sent::Returned(value) => Err(super::raise_stop_iteration(value)),
    }
}

impl AsyncGenSend {
    fn warn_unawaited(slf: Borrowed<'_, Self>) {
        if slf.stage.get() != Stage::Init {
            return;
        }
        error::preserving(|| {
            let Some(generator) = slf.generator.get() else { return };
            let method = match slf.action.get() {
                Action::Send => "asend",
                Action::Throw => "athrow",
                Action::Close => "aclose",
            };
            let name = generator.b().self_as::<Generator>().qualname.get();
            let name = name.map_or_else(|| "'?'".to_owned(), |name| name.repr_text().unwrap_or_default());
            let message = format!("coroutine method '{method}' of {name} was never awaited");
            if let Err(raised) = hooks::warn(&exc::RuntimeWarning, &message, 1) {
                raised.unraisable(None, Some(slf.object()));
            }
        });
    }
}

#[pymethods(part = ATHROW)]
impl AsyncGenThrow {
    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        object::memory::dealloc_fields::<AsyncGenSend>(slf.ptr());
    }
    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut object::Visit<'_>) {
        object::Trace::trace(&self.send, visit);
    }
}
