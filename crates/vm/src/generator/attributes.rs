//! Slots, methods and attributes of generators; what the three types share.

use super::throw::{self, yielded};
use super::{Generator, Sent, State, finalize, raise_stop_iteration, resume};
use crate::frame::object_;
use macros::pymethods;
use object::gc::Visit;
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, core, hooks, raise};

/// `throw`'s arguments: the forms with two and three are deprecated.
pub(super) fn throw_arguments<'a>(args: &'a [Borrowed<'a>]) -> PyResult<throw::Thrown> {
    object::args::check_positional("throw", args.len(), 1, 3)?;
    if args.len() > 1 {
        hooks::warn(
            &object::exc::DeprecationWarning,
            "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
            1,
        )?;
    }
    match args {
        [class, rest @ ..] => throw::thrown(*class, rest.first().copied(), rest.get(1).copied()),
        [] => Err(raise!(TypeError, "throw expected at least 1 argument, got 0")),
    }
}

impl Generator {
    /// `generator.send(value)` as a method.
    pub(super) fn send_method(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<Ref> {
        resume(slf, Some(value), false).and_then(yielded)
    }

    /// The answer of `tp_iternext`: a plain end says nothing.
    pub(super) fn next_item(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        match resume(slf, Some(core::none()), false)? {
            Sent::Yielded(item) => Ok(Some(item)),
            Sent::Returned(value) if value.is(&core::none()) => Ok(None),
            Sent::Returned(value) => Err(raise_stop_iteration(value)),
        }
    }

    /// `am_send`.
    pub(super) extern "C-unwind" fn send_slot(slf: Borrowed<'_>, value: Borrowed<'_>, result: *mut Option<Ref>) -> abi::c_int {
        let (status, item) = match resume(slf.self_as::<Generator>(), Some(value), false) {
            Ok(Sent::Yielded(item)) => (1, Some(item)),
            Ok(Sent::Returned(item)) => (0, Some(item)),
            Err(_raised) => (-1, None),
        };
        // SAFETY: the caller of the slot gives room for one reference.
        unsafe { result.write(item) };
        status
    }

    pub(super) fn repr_as(slf: Borrowed<'_, Self>, kind: &str) -> PyResult<String> {
        let name = slf.qualname.get().map_or_else(String::new, |name| text::to_string_lossy(name.b()));
        Ok(format!("<{kind} object {name} at {:#x}>", slf.ptr().addr()))
    }

    pub(super) fn frame_object(&self) -> PyResult<Option<Ref>> {
        if self.state.get() == State::Cleared { Ok(None) } else { object_::get(&self.frame).map(Some) }
    }
}

#[pymethods(part = COMMON)]
impl Generator {
    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        self.visit(visit);
    }

    #[slot(tp_finalize)]
    fn finalize_slot(slf: Borrowed<'_, Self>) {
        finalize::finalize(slf);
    }

    #[slot(am_send)]
    extern "C-unwind" fn am_send(slf: Borrowed<'_>, value: Borrowed<'_>, result: *mut Option<Ref>) -> abi::c_int {
        Self::send_slot(slf, value, result)
    }

    /// name of the generator
    #[getter(name = "__name__")]
    fn get_name(&self) -> Option<Ref> {
        self.name.get()
    }
    #[setter(name = "__name__")]
    fn set_name(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) if text::check(value) => {
                self.name.set(Some(value.to_ref()));
                Ok(())
            }
            _ => Err(raise!(TypeError, "__name__ must be set to a string object")),
        }
    }
    /// qualified name of the generator
    #[getter(name = "__qualname__")]
    fn get_qualname(&self) -> Option<Ref> {
        self.qualname.get()
    }
    #[setter(name = "__qualname__")]
    fn set_qualname(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) if text::check(value) => {
                self.qualname.set(Some(value.to_ref()));
                Ok(())
            }
            _ => Err(raise!(TypeError, "__qualname__ must be set to a string object")),
        }
    }

    /// __sizeof__() -> size of the object in memory, in bytes
    #[method("($self, /)", text = None)]
    fn __sizeof__(&self) -> usize {
        std::mem::offset_of!(Generator, frame) + self.code().frame_words() * 8
    }
}

#[pymethods(part = GENERATOR)]
impl Generator {
    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        Self::repr_as(slf, "generator")
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Ok(slf.object().to_ref())
    }

    #[slot(tp_iternext)]
    fn next(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        Self::next_item(slf)
    }

    /// send(arg) -> send 'arg' into generator,
    /// return next yielded value or raise StopIteration.
    #[method("($self, value, /)", text = None)]
    fn send(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<Ref> {
        Self::send_method(slf, value)
    }

    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in generator, return next yielded value or raise
    /// StopIteration.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method("($self, /, *args)", text = None)]
    fn throw(slf: Borrowed<'_, Self>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        throw::throw(slf, throw_arguments(args)?, true).and_then(yielded)
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method("($self, /)", text = None)]
    fn close(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        throw::close(slf)
    }

    /// See PEP 585
    #[classmethod("($type, item, /)", text = None)]
    fn __class_getitem__(class: Borrowed<'_, object::TypeObject>, item: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(class.object(), item)
    }

    #[getter]
    fn gi_running(&self) -> bool {
        self.state.get() == State::Executing
    }
    #[getter]
    fn gi_suspended(&self) -> bool {
        matches!(self.state.get(), State::Suspended | State::SuspendedYieldFrom)
    }
    /// object being iterated by yield from, or None
    #[getter]
    fn gi_yieldfrom(&self) -> Option<Ref> {
        self.delegate()
    }
    #[getter]
    fn gi_frame(&self) -> PyResult<Option<Ref>> {
        self.frame_object()
    }
    #[getter]
    fn gi_code(&self) -> Ref {
        self.frame.code_object().to_ref().upcast()
    }
}
