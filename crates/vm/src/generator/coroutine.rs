//! Coroutines, their `__await__` wrapper, and what can be awaited.

use super::attributes::throw_arguments;
use super::throw::{self, yielded};
use super::{Generator, State, is_iterable_coroutine};
use crate::frame::Frame;
use macros::{pyclass, pymethods};
use object::thread::ThreadState;
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, error, hooks, id, raise, thread};

/// The type of coroutines: a generator's struct under another type.
#[pyclass(name = "coroutine", cell = object::core::COROUTINE, gc = manual, weaklist = generator.weakreflist, parts(COROUTINE))]
pub struct Coroutine {
    generator: Generator,
}

impl Coroutine {
    fn generator(slf: Borrowed<'_, Self>) -> Borrowed<'_, Generator> {
        slf.object().self_as::<Generator>()
    }
}

/// Notes where a coroutine was made, if `sys.set_coroutine_origin_tracking_depth` asks for it.
pub(super) fn track_origin(thread: &ThreadState, coroutine: &Ref<Generator>, caller: Option<&Frame>) {
    let depth = thread.raw.coroutine_origin_tracking_depth.get();
    if depth <= 0 {
        return;
    }
    if let Ok(origin) = origin(caller, depth) {
        coroutine.origin_or_finalizer.set(Some(origin));
    }
}

fn origin(mut caller: Option<&Frame>, depth: i32) -> PyResult<Ref> {
    let mut entries = Vec::new();
    for _ in 0..depth {
        let Some(found) = caller else { break };
        let line = found.code().line_of(found.instruction_index()).unwrap_or(0);
        entries.push(tuple::from_array([
            found.code().filename_object().to_ref(),
            int::new(i64::from(line))?,
            found.code().name_object().to_ref(),
        ])?);
        caller = found.back();
    }
    tuple::from_vec(entries)
}

/// "coroutine 'f' was never awaited".
pub(super) fn warn_never_awaited(coroutine: Borrowed<'_, Generator>) {
    let warned = (|| -> PyResult<()> {
        let interpreter = thread::current().interpreter();
        if let Some(modules) = interpreter.modules.get()
            && let Some(warnings) = modules.getitem_opt(id!("warnings"))?
            && let Some(function) = warnings.getattr_opt(id!("_warn_unawaited_coroutine"))?
        {
            return function.call1(coroutine.object()).map(drop);
        }
        let name = coroutine.qualname.get().map_or_else(String::new, |name| text::to_string_lossy(name.b()));
        hooks::warn(&object::exc::RuntimeWarning, &format!("coroutine '{name}' was never awaited"), 1)
    })();
    if let Err(raised) = warned {
        let shown = error::preserving(|| coroutine.object().repr_text().unwrap_or_default());
        raised.unraisable(Some(&format!("Exception ignored while finalizing coroutine {shown}")), None);
    }
}

/// The iterator that `await` runs.
pub fn awaitable_iterator(object: Borrowed<'_>) -> PyResult<Ref> {
    if object.class().is_type(&core::COROUTINE) || is_iterable_coroutine(object) {
        return Ok(object.to_ref());
    }
    let Some(function) = object.class().am_await() else {
        return Err(raise!(TypeError, "'{}' object can't be awaited", object.class().tp_name()));
    };
    let iterator = function(object)?;
    if iterator.class().is_type(&core::COROUTINE) || is_iterable_coroutine(iterator.b()) {
        return Err(raise!(TypeError, "__await__() returned a coroutine"));
    }
    if !iterator.is_iterator() {
        return Err(raise!(TypeError, "__await__() returned non-iterator of type '{}'", iterator.class().tp_name()));
    }
    Ok(iterator)
}

#[pymethods(part = COROUTINE)]
impl Coroutine {
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

    #[slot(am_send)]
    extern "C-unwind" fn am_send(slf: Borrowed<'_>, value: Borrowed<'_>, result: *mut Option<Ref>) -> abi::c_int {
        Generator::send_slot(slf, value, result)
    }

    #[slot(am_await)]
    fn am_await(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        CoroutineWrapper::new(slf.object().to_ref())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        Generator::repr_as(Self::generator(slf), "coroutine")
    }

    /// send(arg) -> send 'arg' into coroutine,
    /// return next iterated value or raise StopIteration.
    #[method("($self, value, /)", text = None)]
    fn send(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<Ref> {
        Generator::send_method(Self::generator(slf), value)
    }

    /// throw(value)
    /// throw(type[,value[,traceback]])
    ///
    /// Raise exception in coroutine, return next iterated value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method("($self, /, *args)", text = None)]
    fn throw(slf: Borrowed<'_, Self>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        throw::throw(Self::generator(slf), throw_arguments(args)?, true).and_then(yielded)
    }

    /// close() -> raise GeneratorExit inside coroutine.
    #[method("($self, /)", text = None)]
    fn close(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        throw::close(Self::generator(slf))
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

    /// name of the coroutine
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
    /// qualified name of the coroutine
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
    fn cr_await(&self) -> Option<Ref> {
        self.generator.delegate()
    }
    #[getter]
    fn cr_running(&self) -> bool {
        self.generator.state.get() == State::Executing
    }
    #[getter]
    fn cr_frame(&self) -> PyResult<Option<Ref>> {
        self.generator.frame_object()
    }
    #[getter]
    fn cr_code(&self) -> Ref {
        self.generator.frame.code_object().to_ref().upcast()
    }
    #[getter]
    fn cr_suspended(&self) -> bool {
        matches!(self.generator.state.get(), State::Suspended | State::SuspendedYieldFrom)
    }
    #[getter]
    fn cr_origin(&self) -> Option<Ref> {
        self.generator.origin_or_finalizer.get()
    }
}

/// A wrapper object implementing __await__ for coroutines.
#[pyclass(name = "coroutine_wrapper", export = "_PyCoroWrapper_Type", flags(DISALLOW_INSTANTIATION), gc)]
pub struct CoroutineWrapper {
    header: abi::PyObject,
    coroutine: OptRef,
}

impl CoroutineWrapper {
    fn new(coroutine: Ref) -> PyResult<Ref> {
        let header = <abi::PyObject as abi::CStruct>::ZERO;
        let wrapper = CoroutineWrapper { header, coroutine: OptRef::new(Some(coroutine)) };
        object::memory::new_instance(CoroutineWrapper::type_object(), wrapper).map(Ref::upcast)
    }

    fn coroutine(&self) -> PyResult<Ref> {
        self.coroutine.get().ok_or_else(|| raise!(RuntimeError, "the coroutine is gone"))
    }
}

#[pymethods]
impl CoroutineWrapper {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Ok(slf.object().to_ref())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let coroutine = self.coroutine()?;
        Generator::next_item(coroutine.b().self_as::<Generator>())
    }

    /// send(arg) -> send 'arg' into coroutine
    /// return next iterated value or raise StopIteration.
    #[method("($self, value, /)", text = None)]
    fn send(&self, value: Borrowed<'_>) -> PyResult<Ref> {
        let coroutine = self.coroutine()?;
        Generator::send_method(coroutine.b().self_as::<Generator>(), value)
    }

    /// throw(value)
    /// throw(type[,value[,traceback]])
    ///
    /// Raise exception in coroutine, return next iterated value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method("($self, /, *args)", text = None)]
    fn throw(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let coroutine = self.coroutine()?;
        throw::throw(coroutine.b().self_as::<Generator>(), throw_arguments(args)?, true).and_then(yielded)
    }

    /// close() -> raise GeneratorExit inside coroutine.
    #[method("($self, /)", text = None)]
    fn close(&self) -> PyResult<Ref> {
        let coroutine = self.coroutine()?;
        throw::close(coroutine.b().self_as::<Generator>())
    }
}
