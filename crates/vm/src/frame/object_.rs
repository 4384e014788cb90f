//! Frame objects: made when somebody asks for a frame, and its owner when it outlives the call.

use super::{Frame, HEADER_WORDS, Owner, Slot};
use crate::support;
use bytecode::flags::{CO_FAST_CELL, CO_FAST_FREE, CO_FAST_HIDDEN, CO_OPTIMIZED};
use macros::{pyclass, pymethods};
use object::gc::Visit;
use object::value::{int, str as text};
use object::{Borrowed, OptRef, PyResult, RawField, Ref, StaticType, core, exc, raise};
use std::cell::{Cell, RefCell};
use std::mem::offset_of;
use std::ptr::null;

/// A frame as Python sees it.
#[pyclass(name = "frame", cell = object::core::FRAME, gc = manual, flags(DISALLOW_INSTANTIATION))]
pub struct FrameObject {
    header: abi::PyObject,
    /// The next frame outwards, once the frame is over.
    pub back: OptRef,
    /// The interpreter's frame.
    pub frame: Cell<*const Frame>,
    pub trace: OptRef,
    /// A line that a trace function jumps to; 0 none.
    pub lineno: Cell<i32>,
    pub trace_lines: Cell<bool>,
    pub trace_opcodes: Cell<bool>,
    /// What debuggers put into `f_locals` beside the code's own names: a dict.
    pub extra_locals: OptRef,
    /// The memory of a frame that outlived its call.
    own: OwnFrame,
    /// Where CPython's frame objects have the copy of a frame that outlived its call: greenlet keeps a pointer here while the frame still runs. Ours to
    /// leave alone.
    foreign: [Cell<usize>; 2],
    /// Values that were overwritten through `f_locals`: the stack may still borrow them.
    pub overwritten: RefCell<Vec<Ref>>,
}

const _: () = {
    assert!(offset_of!(FrameObject, frame) == offset_of!(abi::PyFrameObject, f_frame));
    // The second word is CPython's `_f_frame_data`.
    assert!(offset_of!(FrameObject, foreign) == 64);
    assert!(offset_of!(FrameObject, lineno) == offset_of!(abi::PyFrameObject, f_lineno));
};

/// The frame object of the next frame outwards: `PyFrame_GetBack`. Only the links of the frame object and of its frame are read, because greenlet passes one
/// that it made itself, without a type, to have a frame's object made.
///
/// # Safety
/// `frame` has the fields up to `frame`, and that names a frame with its field `previous`; what these lead to is alive.
pub unsafe fn back_of(frame: *const FrameObject) -> PyResult<Option<Ref>> {
    // SAFETY: by contract.
    unsafe {
        if let Some(back) = (*(&raw const (*frame).back)).get() {
            return Ok(Some(back));
        }
        let inner = (*(&raw const (*frame).frame)).get();
        if inner.is_null() {
            return Ok(None);
        }
        let mut next = (*(&raw const (*inner).previous)).get();
        while let Some(found) = next.as_ref() {
            if !found.is_incomplete() {
                return get(found).map(Some);
            }
            next = found.previous.get();
        }
        Ok(None)
    }
}

/// Memory for a frame that belongs to its frame object.
#[derive(Default)]
struct OwnFrame(Cell<Option<std::ptr::NonNull<u8>>>);

impl Drop for OwnFrame {
    fn drop(&mut self) {
        if let Some(memory) = self.0.take() {
            // SAFETY: the memory holds a frame that nobody else knows.
            unsafe {
                let frame = &*memory.as_ptr().cast::<Frame>();
                frame.object.set(std::ptr::null_mut());
                frame.clear();
                object::memory::free(memory.as_ptr());
            }
        }
    }
}

/// The frame object of a frame; made now if there is none.
pub fn get(frame: &Frame) -> PyResult<Ref> {
    // SAFETY: the field owns an object or is null.
    if let Some(object) = unsafe { Borrowed::from_ptr_or_null(frame.object.get()) } {
        return Ok(Borrowed::to_ref(object));
    }
    let made = object::memory::new_instance(
        FrameObject::type_object(),
        FrameObject {
            header: <abi::PyObject as abi::CStruct>::ZERO,
            back: OptRef::none(),
            frame: Cell::new(frame.as_ptr()),
            trace: OptRef::none(),
            lineno: Cell::new(0),
            trace_lines: Cell::new(true),
            trace_opcodes: Cell::new(false),
            extra_locals: OptRef::none(),
            own: OwnFrame::default(),
            foreign: Default::default(),
            overwritten: RefCell::default(),
        },
    )?
    .upcast();
    frame.object.set(made.clone().into_ptr());
    Ok(made)
}

/// Separates a frame that is over from its frame object: if somebody still holds the object, it takes the frame's contents over.
#[cold]
pub fn detach(frame: &Frame) {
    // SAFETY: the field owned a frame object.
    let Some(object) = (unsafe { Ref::<FrameObject>::from_owned_or_null(frame.object.replace(std::ptr::null_mut())) }) else {
        return;
    };
    if object::as_object(&*object).refcount() == 1 {
        object.frame.set(null());
        return;
    }
    frame.clear_stack();
    let words = HEADER_WORDS + frame.code().local_count();
    // The caller of a generator is no longer its own.
    let back = if frame.owner.get() == Owner::Generator { None } else { frame.back().map(get) };
    let Some(memory) = object::memory::try_alloc(words * size_of::<Slot>()) else {
        object.frame.set(null());
        return;
    };
    // SAFETY: the block has room for header and locals, which move there; the old frame forgets them.
    unsafe {
        let new = memory.as_ptr().cast::<Frame>();
        std::ptr::copy_nonoverlapping(frame.as_ptr().cast::<Slot>(), new.cast::<Slot>(), words);
        (*new).owner.set(Owner::FrameObject);
        (*new).previous.set(null());
        (*new).entry.set(false);
        (*new).sp.set((*new).stack_base());
        for index in 0..frame.code().local_count() {
            frame.replace_local(index, Slot::NULL);
        }
        frame.locals.set(std::ptr::null_mut());
        // Both frames need the function: the old one finds its code through it until it is gone.
        let function = frame.function.get();
        object::reference::incref(function.ptr());
        object.own.0.set(Some(memory));
        object.frame.set(new);
    }
    match back {
        Some(Ok(back)) => object.back.set(Some(back)),
        Some(Err(raised)) => raised.clear(),
        None => {}
    }
}

impl FrameObject {
    /// The interpreter's frame, unless it is gone.
    pub fn interpreter_frame(&self) -> Option<&Frame> {
        // SAFETY: the frame outlives its object, or belongs to it, or the field was cleared.
        unsafe { self.frame.get().as_ref() }
    }

    fn require(&self) -> PyResult<&Frame> {
        self.interpreter_frame().ok_or_else(|| raise!(RuntimeError, "the frame is gone"))
    }

    /// The line that runs.
    pub fn line(&self) -> Option<i32> {
        if self.lineno.get() != 0 {
            return Some(self.lineno.get());
        }
        let frame = self.interpreter_frame()?;
        frame.code().line_of(frame.instruction_index())
    }
}

/// A frame object of code that never runs: for tracebacks of code that is not Python's.
pub fn new_detached(code: Borrowed<'_, crate::code::Code>, globals: Borrowed<'_>) -> PyResult<Ref> {
    let function = crate::function::Function::new(code, globals)?;
    let code = function.code_object();
    let code = code.b().self_as::<crate::code::Code>();
    let thread = object::thread::current();
    // SAFETY: the slot owns the function, whose code this is; the frame is the topmost and never becomes the current one.
    unsafe {
        let frame = super::push(thread, Slot::owned(function.upcast()), code.get(), null())?;
        // What `push` leaves unwritten, since no call binds arguments here.
        for index in 0..code.local_count() {
            (*frame).locals_start().add(index).write(Slot::NULL);
        }
        let object = get(&*frame);
        super::pop(thread, frame);
        object
    }
}

/// The value of a local, seen through its cell.
pub fn local_value(frame: &Frame, index: usize) -> Option<Ref> {
    let kind = frame.code().localspluskinds().get(index).copied().unwrap_or(0);
    let slot = frame.local(index);
    // SAFETY: the local keeps its object alive.
    let object = unsafe { slot.object_or_null() }?;
    if kind & (CO_FAST_CELL | CO_FAST_FREE) != 0 && object.class().is_type(&core::CELL) {
        // SAFETY: it is a cell.
        return unsafe { support::cell_field(object) }.load();
    }
    Some(object.to_ref())
}

/// Whether the frame's locals are its fast locals: in functions, and in a comprehension that is inlined into another body.
fn has_fast_locals(frame: &Frame) -> bool {
    let code = frame.code();
    let hidden = |(index, kind): (usize, &u8)| kind & CO_FAST_HIDDEN != 0 && local_value(frame, index).is_some();
    code.has_flag(CO_OPTIMIZED) || code.localspluskinds().iter().enumerate().any(hidden)
}

/// `locals()`: a fresh dict of what is bound now; for module and class bodies, their mapping itself.
pub fn locals_snapshot(frame: &Frame) -> PyResult<Ref> {
    if !has_fast_locals(frame) {
        return match frame.locals() {
            Some(locals) => Ok(locals.to_ref()),
            None => support::dict_new(),
        };
    }
    // SAFETY: the field owns a frame object or is null.
    let object = unsafe { Borrowed::<FrameObject>::from_ptr_or_null(frame.object.get()) };
    fast_locals(frame, object.and_then(|object| object.extra_locals.get()))
}

/// The fast locals that are bound now, and what debuggers have put beside them, as a dict.
pub fn fast_locals(frame: &Frame, extra: Option<Ref>) -> PyResult<Ref> {
    let dict = support::dict_new()?;
    for (index, name) in frame.code().localsplusnames().iter().enumerate() {
        if let Some(value) = local_value(frame, index) {
            support::dict_set(dict.b(), *name, value.b())?;
        }
    }
    if let Some(extra) = extra {
        support::dict_update(dict.b(), extra.b())?;
    }
    Ok(dict)
}

#[pymethods]
impl FrameObject {
    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        visit.raw(self.back.as_ptr());
        visit.raw(self.trace.as_ptr());
        visit.raw(self.extra_locals.as_ptr());
        if let Some(frame) = self.interpreter_frame()
            && frame.owner.get() == Owner::FrameObject
        {
            frame.trace(visit);
        }
    }

    #[slot(tp_clear)]
    fn clear_slot(&self) {
        self.trace.set(None);
        self.extra_locals.set(None);
        if let Some(frame) = self.interpreter_frame()
            && frame.owner.get() == Owner::FrameObject
        {
            frame.clear_locals();
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let frame = self.require()?;
        let file = frame.code().filename_object().repr_text()?;
        Ok(format!(
            "<frame at {:#x}, file {file}, line {}, code {}>",
            std::ptr::from_ref(self).addr(),
            self.line().unwrap_or(0),
            text::to_string_lossy(frame.code().name_object())
        ))
    }

    /// Clear all references held by the frame.
    #[method("($self, /)")]
    fn clear(&self) -> PyResult<()> {
        let Some(frame) = self.interpreter_frame() else { return Ok(()) };
        match frame.owner.get() {
            Owner::FrameObject => {
                frame.clear_locals();
                self.trace.set(None);
                Ok(())
            }
            Owner::Generator => {
                if let Some(owner) = crate::generator::owner_of(frame) {
                    let generator = owner.b().self_as::<crate::generator::Generator>();
                    match generator.state.get() {
                        crate::generator::State::Executing => {
                            return Err(raise!(RuntimeError, "cannot clear an executing frame"));
                        }
                        crate::generator::State::Suspended | crate::generator::State::SuspendedYieldFrom => {
                            return Err(raise!(RuntimeError, "cannot clear a suspended frame"));
                        }
                        // As if the generator died: a coroutine warns that it was never awaited.
                        crate::generator::State::Created => crate::generator::finalize::finalize(generator),
                        crate::generator::State::Cleared => {}
                    }
                }
                Ok(())
            }
            Owner::Thread => Err(raise!(RuntimeError, "cannot clear an executing frame")),
        }
    }

    #[getter]
    fn f_back(&self) -> PyResult<Option<Ref>> {
        if let Some(back) = self.back.get() {
            return Ok(Some(back));
        }
        match self.interpreter_frame().and_then(Frame::back) {
            Some(frame) => get(frame).map(Some),
            None => Ok(None),
        }
    }

    #[getter]
    fn f_code(&self) -> PyResult<Ref> {
        Ok(self.require()?.code_object().to_ref().upcast())
    }

    #[getter]
    fn f_globals(&self) -> PyResult<Ref> {
        Ok(self.require()?.globals().to_ref())
    }

    #[getter]
    fn f_builtins(&self) -> PyResult<Ref> {
        Ok(self.require()?.builtins().to_ref())
    }

    #[getter]
    fn f_locals(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let frame = slf.require()?;
        if has_fast_locals(frame) { super::proxy::new(slf.to_ref()) } else { locals_snapshot(frame) }
    }

    #[getter]
    fn f_lasti(&self) -> PyResult<i64> {
        Ok((self.require()?.instruction_index() * 2) as i64)
    }

    #[getter]
    fn f_lineno(&self) -> PyResult<Option<Ref>> {
        self.line().map(|line| int::new(i64::from(line))).transpose()
    }

    #[setter]
    fn set_f_lineno(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(raise!(AttributeError, "attribute 'f_lineno' of 'frame' objects cannot be deleted"));
        };
        if !value.class().is_subtype(&core::INT) {
            return Err(raise!(ValueError, "lineno must be an integer"));
        }
        super::jump::to_line(self, self.require()?, int::to_i64(value))
    }

    #[getter]
    fn f_trace(&self) -> Option<Ref> {
        self.trace.get()
    }

    #[setter]
    fn set_f_trace(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.trace.set(value.filter(|value| !value.is(&core::none())).map(|value| value.to_ref()));
        Ok(())
    }

    #[getter]
    fn f_trace_lines(&self) -> bool {
        self.trace_lines.get()
    }

    #[setter]
    fn set_f_trace_lines(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        set_bool(&self.trace_lines, value)
    }

    #[getter]
    fn f_trace_opcodes(&self) -> bool {
        self.trace_opcodes.get()
    }

    #[setter]
    fn set_f_trace_opcodes(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(raise!(AttributeError, "attribute 'f_trace_opcodes' of 'frame' objects cannot be deleted"));
        };
        set_bool(&self.trace_opcodes, Some(value))?;
        match self.interpreter_frame() {
            Some(frame) => crate::monitoring::trace::trace_opcodes(frame, self.trace_opcodes.get()),
            None => Ok(()),
        }
    }

    #[getter]
    fn f_generator(&self) -> Option<Ref> {
        crate::generator::owner_of(self.interpreter_frame()?)
    }
}

fn set_bool(field: &Cell<bool>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    match value {
        Some(value) if value.class().is_type(&core::BOOL) => {
            field.set(value.is_true()?);
            Ok(())
        }
        Some(_) => Err(object::error::raise(&exc::TypeError, format_args!("attribute value type must be bool"))),
        None => Err(object::error::raise(&exc::TypeError, format_args!("can't delete numeric/char attribute"))),
    }
}
