//! Code objects: what the compiler produced, as Python sees it, and the interpreter's own copy of the instructions.
//!
//! The bytes that Python sees never change; the copy ([`units`]) is made at the first call and is all that specialisation,
//! instrumentation and compiled code touch. Code of the embedded library has its numbers, name and file from the start; its tables
//! become objects when somebody asks for them ([`image`]).

pub mod build;
mod compare;
pub mod counts;
pub mod extra;
pub mod image;
mod locations;
mod methods;
pub mod units;
mod verify;

use crate::frame::HEADER_WORDS;
use crate::interpreter::Found;
use crate::monitoring::plan::{Plan, PlanCell, Registration};
use abi::PyVarObject;
use bytecode::exceptiontable::{self, Entry};
use macros::pyclass;
use object::value::{bytes, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, raise};
use std::cell::{Cell, OnceCell, RefCell};
use std::mem::offset_of;
use std::ptr::null_mut;
use units::{Unit, Units};

pub use build::{CodeFields, from_bytecode};
pub use locations::{LineIterator, PositionsIterator};

/// Create a code object.  Not for mere mortals.
#[pyclass(
    name = "code",
    cell = object::core::CODE,
    sig = "(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize,\n     flags, codestring, constants, names, varnames, filename, name,\n     qualname, firstlineno, linetable, exceptiontable, freevars=(),\n     cellvars=(), /)",
    weaklist = weakreflist
)]
pub struct Code {
    header: PyVarObject,
    consts: OptRef,
    names: OptRef,
    exceptiontable: OptRef,
    pub flags: Cell<i32>,
    pub argcount: Cell<i32>,
    pub posonlyargcount: Cell<i32>,
    pub kwonlyargcount: Cell<i32>,
    pub stacksize: Cell<i32>,
    pub firstlineno: Cell<i32>,
    pub nlocalsplus: Cell<i32>,
    pub framesize: Cell<i32>,
    pub nlocals: Cell<i32>,
    pub ncellvars: Cell<i32>,
    pub nfreevars: Cell<i32>,
    pub version: Cell<u32>,
    localsplusnames: OptRef,
    localspluskinds: OptRef,
    pub filename: OptRef,
    pub name: OptRef,
    pub qualname: OptRef,
    linetable: OptRef,
    weakreflist: Cell<*mut abi::PyObject>,
    /// The first instruction of the interpreter's copy; null: there is none yet. (CPython has its executors here; who reads its headers knows them to be opaque, as
    /// the next two.)
    start: Cell<*const Unit>,
    /// `co_code`: a bytes object. (CPython caches it here too.)
    code: OptRef,
    pub instrumentation_version: Cell<usize>,
    pub(crate) plan: PlanCell,
    /// Where it comes from. (CPython's number for builds without a GIL.)
    origin: Cell<Origin>,
    firsttraceable: Cell<i32>,
    pub extra: extra::Extra,
    adaptive: Cell<u8>,
    /// What the frame builder wants to know at one glance ([`shape`]).
    pub shape: Cell<u32>,
    // Our own field: most code of a big module never runs.
    running: OnceCell<Box<Running>>,
}

/// What code has that was called.
struct Running {
    /// The interpreter's copy.
    copy: Units,
    /// The exception table, decoded.
    handlers: Box<[Entry]>,
    /// The place in the interpreter's list of code whose instrumentation is up to date.
    registration: Registration,
    /// What calls through `super` found: the copy points there.
    supers: RefCell<Vec<Box<Found>>>,
}

const _: () = {
    assert!(offset_of!(Code, consts) == offset_of!(abi::PyCodeObject, co_consts));
    assert!(offset_of!(Code, flags) == offset_of!(abi::PyCodeObject, co_flags));
    assert!(offset_of!(Code, version) == offset_of!(abi::PyCodeObject, co_version));
    assert!(offset_of!(Code, linetable) == offset_of!(abi::PyCodeObject, co_linetable));
    assert!(offset_of!(Code, start) == offset_of!(abi::PyCodeObject, co_executors));
    assert!(offset_of!(Code, code) == offset_of!(abi::PyCodeObject, _co_cached));
    assert!(offset_of!(Code, origin) == offset_of!(abi::PyCodeObject, _co_unique_id));
    assert!(offset_of!(Code, firsttraceable) == offset_of!(abi::PyCodeObject, _co_firsttraceable));
    assert!(offset_of!(Code, extra) == offset_of!(abi::PyCodeObject, co_extra));
    assert!(offset_of!(Code, adaptive) == offset_of!(abi::PyCodeObject, co_code_adaptive));
    // A block of the heap has a multiple of 16.
    assert!(size_of::<Code>() <= 224);
};

/// Where a code object comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Our own compiler.
    Compiler,
    /// The embedded library: the number in its image. Fields that nobody asked for yet are empty.
    Image(u32),
    /// A program or a file.
    Foreign,
}

/// Bits of [`Code::shape`].
pub mod shape {
    /// Optimised, no `*args`, no `**kwargs`, no keyword-only parameters: exact positional arguments go straight into the locals.
    pub const SIMPLE: u32 = 1;
}

/// A word of the wrong kind in a code object.
fn damaged() -> object::Raised {
    raise!(SystemError, "damaged code object")
}

impl Code {
    /// `co_flags` as the constants of [`bytecode::flags`].
    #[inline(always)]
    pub fn flag_bits(&self) -> u32 {
        self.flags.get().cast_unsigned()
    }

    /// Whether any of these flags is set.
    #[inline(always)]
    pub fn has_flag(&self, flag: u32) -> bool {
        self.flag_bits() & flag != 0
    }

    fn items(field: &OptRef) -> &[Borrowed<'_>] {
        // SAFETY: the fields of a code object are set once.
        unsafe { field.peek() }.and_then(tuple::items).unwrap_or_default()
    }

    fn bytes_of(field: &OptRef) -> &[u8] {
        // SAFETY: the fields of a code object are set once.
        unsafe { field.peek() }.and_then(bytes::value).unwrap_or_default()
    }

    /// The content of a field that may still be in the image only.
    fn table<'a>(&'a self, field: &'a OptRef, in_image: fn(&image::Function) -> &'static [u8]) -> &'a [u8] {
        match self.in_image() {
            Some(function) => in_image(&function),
            None => Self::bytes_of(field),
        }
    }

    /// `co_consts`; nothing where memory does not suffice to make them.
    #[inline]
    pub fn consts(&self) -> &[Borrowed<'_>] {
        self.decoded(&self.consts, Self::consts_object)
    }

    /// `co_names`; nothing where memory does not suffice to make them.
    #[inline]
    pub fn names(&self) -> &[Borrowed<'_>] {
        self.decoded(&self.names, Self::names_object)
    }

    /// The names of all fast locals: locals, cells, free variables; nothing where memory does not suffice to make them.
    #[inline]
    pub fn localsplusnames(&self) -> &[Borrowed<'_>] {
        self.decoded(&self.localsplusnames, Self::localsplusnames_object)
    }

    #[inline]
    fn decoded<'a>(&'a self, field: &'a OptRef, make: fn(&Code) -> PyResult<Ref>) -> &'a [Borrowed<'a>] {
        if field.is_none()
            && let Err(raised) = make(self)
        {
            raised.clear();
        }
        Self::items(field)
    }

    /// The kinds of all fast locals (`CO_FAST_*`).
    #[inline]
    pub fn localspluskinds(&self) -> &[u8] {
        self.table(&self.localspluskinds, image::Function::localspluskinds)
    }

    /// `co_code` as bytes.
    pub fn code_bytes(&self) -> &[u8] {
        self.table(&self.code, image::Function::code)
    }

    /// `co_linetable` as bytes.
    pub fn linetable_bytes(&self) -> &[u8] {
        self.table(&self.linetable, image::Function::linetable)
    }

    /// `co_exceptiontable` as bytes.
    pub fn exceptiontable_bytes(&self) -> &[u8] {
        self.table(&self.exceptiontable, image::Function::exceptiontable)
    }

    /// `co_name`.
    pub fn name_object(&self) -> Borrowed<'_> {
        // SAFETY: set once.
        unsafe { self.name.peek() }.unwrap_or(object::core::none())
    }

    /// `co_qualname`.
    pub fn qualname_object(&self) -> Borrowed<'_> {
        // SAFETY: set once.
        unsafe { self.qualname.peek() }.unwrap_or(object::core::none())
    }

    /// `co_filename`.
    pub fn filename_object(&self) -> Borrowed<'_> {
        // SAFETY: set once.
        unsafe { self.filename.peek() }.unwrap_or(object::core::none())
    }

    /// Number of fast locals, cells and free variables.
    #[inline(always)]
    pub fn local_count(&self) -> usize {
        self.nlocalsplus.get().cast_unsigned() as usize
    }

    /// Number of positional parameters.
    #[inline(always)]
    pub fn arg_count(&self) -> usize {
        self.argcount.get().cast_unsigned() as usize
    }

    /// Words that a frame of this code takes.
    #[inline(always)]
    pub fn frame_words(&self) -> usize {
        self.framesize.get().cast_unsigned() as usize
    }

    /// The constant with this index, which was checked when the copy was made.
    #[inline(always)]
    pub fn const_at(&self, index: usize) -> Borrowed<'_> {
        Self::tuple_item(&self.consts, index)
    }

    /// The name with this index, which was checked when the copy was made.
    #[inline(always)]
    pub fn name_at(&self, index: usize) -> Borrowed<'_> {
        Self::tuple_item(&self.names, index)
    }

    #[inline(always)]
    fn tuple_item(field: &OptRef, index: usize) -> Borrowed<'_> {
        debug_assert!(index < Self::items(field).len());
        // SAFETY: the field is a tuple, and the operand was checked when the copy was made ([`units::copy`]).
        unsafe {
            let items = field.as_ptr().byte_add(offset_of!(abi::PyTupleObject, ob_item)).cast::<Borrowed<'_>>();
            *items.add(index)
        }
    }

    /// Room for what an instruction of this code finds through `super`; it lives as long as the code. None where it was never called.
    pub(crate) fn new_found(&self) -> Option<*const Found> {
        let running = self.running.get()?;
        let found = Box::new(Found {
            class: Cell::new(null_mut()),
            version: Cell::new(0),
            of_class: Cell::new(false),
            attribute: Cell::new(null_mut()),
        });
        let address = std::ptr::from_ref(&*found);
        running.supers.borrow_mut().push(found);
        Some(address)
    }

    /// The first instruction of the interpreter's copy, if there is one already.
    #[inline(always)]
    pub fn start(&self) -> Option<*const Unit> {
        let start = self.start.get();
        (!start.is_null()).then_some(start)
    }

    /// The first instruction of the interpreter's copy.
    ///
    /// # Safety
    /// The copy was made.
    #[inline(always)]
    pub unsafe fn start_unchecked(&self) -> *const Unit {
        self.start.get()
    }

    /// The interpreter's copy; made now if this is the first call.
    #[inline(always)]
    pub fn units(&self) -> PyResult<&Units> {
        match self.running.get() {
            Some(running) => Ok(&running.copy),
            None => self.make_copy(),
        }
    }

    #[cold]
    /// Whether a program or a file made the instructions, not our compiler.
    pub(crate) fn is_foreign(&self) -> bool {
        self.origin.get() == Origin::Foreign
    }

    fn make_copy(&self) -> PyResult<&Units> {
        // What instructions refer to by index is there before they run.
        self.consts_object()?;
        self.names_object()?;
        if self.is_foreign() {
            self.verify()?;
        }
        let units = units::copy(self)?;
        let entries: Box<[Entry]> = exceptiontable::entries(self.exceptiontable_bytes()).collect();
        let limit = u32::try_from(units.len() * 2).unwrap_or(u32::MAX);
        let depth = self.stacksize.get().cast_unsigned();
        if entries.iter().any(|entry| entry.target >= limit || entry.depth.saturating_add(2) > depth.saturating_add(1)) {
            return Err(damaged());
        }
        let running = Running { copy: units, handlers: entries, registration: Registration::none(), supers: RefCell::default() };
        let running = self.running.get_or_init(|| Box::new(running));
        self.start.set(running.copy.start());
        crate::monitoring::plan::prepare(self)?;
        Ok(&running.copy)
    }

    /// Its place in the interpreter's list of code whose instrumentation is up to date, if it was ever called.
    pub(crate) fn registration(&self) -> Option<&Registration> {
        self.running.get().map(|running| &running.registration)
    }

    /// The interpreter's copy, if there is one already.
    pub fn made_units(&self) -> Option<&Units> {
        self.running.get().map(|running| &running.copy)
    }

    /// What is instrumented; none if nothing ever was.
    #[inline(always)]
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.get()
    }

    /// The handler that guards the instruction with this index.
    pub fn handler(&self, index: usize) -> Option<Entry> {
        let offset = u32::try_from(index * 2).ok()?;
        let handlers = &self.running.get()?.handlers;
        let after = handlers.partition_point(|entry| entry.start <= offset);
        handlers.get(after.checked_sub(1)?).copied().filter(|entry| offset < entry.end)
    }

    /// Notes the index of the first RESUME.
    fn set_first_traceable(&self, index: usize) {
        self.firsttraceable.set(i32::try_from(index).unwrap_or(i32::MAX));
    }

    /// The index of the first RESUME: before it, a call has not begun.
    pub fn first_traceable(&self) -> usize {
        self.firsttraceable.get().max(0).cast_unsigned() as usize
    }

    /// The line of the instruction with this index; none for artificial code.
    pub fn line_of(&self, index: usize) -> Option<i32> {
        let offset = u32::try_from(index * 2).ok()?;
        let location = bytecode::linetable::location_at(self.linetable_bytes(), self.firstlineno.get(), offset);
        (location.lineno >= 0).then_some(location.lineno)
    }

    /// The words of a frame: header, locals, value stack.
    fn compute_framesize(nlocalsplus: i32, stacksize: i32) -> Option<i32> {
        nlocalsplus.checked_add(stacksize)?.checked_add(i32::try_from(HEADER_WORDS).ok()?)
    }

    /// The names of one kind (`CO_FAST_*`), as a tuple.
    fn names_of_kind(&self, kind: u8) -> PyResult<Ref> {
        let names: Vec<Borrowed<'_>> = self
            .localsplusnames()
            .iter()
            .zip(self.localspluskinds())
            .filter(|(_, have)| **have & kind != 0)
            .map(|(name, _)| *name)
            .collect();
        tuple::from_slice(&names)
    }
}
