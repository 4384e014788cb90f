//! From code as data to code objects.

use super::{Code, Origin, shape};
use crate::monitoring::plan::PlanCell;
use builtins::watch::{self, CodeEvent};
use bytecode::flags::{self, CO_FAST_CELL, CO_FAST_FREE, CO_FAST_LOCAL};
use bytecode::{Const, Text};
use object::value::{bytes, float, int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, core, hooks, raise, recursion};
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

/// The fields of a code object to be, each of the right type.
pub struct CodeFields {
    pub argcount: i32,
    pub posonlyargcount: i32,
    pub kwonlyargcount: i32,
    pub stacksize: i32,
    pub flags: i32,
    pub firstlineno: i32,
    /// bytes
    pub code: Ref,
    /// tuple
    pub consts: Ref,
    /// tuple of str
    pub names: Ref,
    /// tuple of str
    pub localsplusnames: Ref,
    /// bytes
    pub localspluskinds: Ref,
    /// str
    pub filename: Ref,
    /// str
    pub name: Ref,
    /// str
    pub qualname: Ref,
    /// bytes
    pub linetable: Ref,
    /// bytes
    pub exceptiontable: Ref,
    pub origin: Origin,
}

/// The interned string object of a name.
pub fn name(value: &Text) -> PyResult<Ref> {
    match value.as_str() {
        Some(value) => Ok((hooks::get().intern)(value)),
        None => text::from_wtf8(value.as_bytes()),
    }
}

/// The object of a constant.
pub fn constant(value: &Const, filename: Borrowed<'_>) -> PyResult<Ref> {
    Builder::new(filename).constant(value)
}

/// The code object of compiled code, which says that it is from this file.
pub fn from_bytecode(code: &bytecode::Code, filename: Borrowed<'_>) -> PyResult<Ref<Code>> {
    Builder::new(filename).code(code)
}

fn signed(value: u32) -> PyResult<i32> {
    i32::try_from(value).map_err(|_| raise!(OverflowError, "code: field too large"))
}

/// Names of a small module.
const USUAL_NAMES: usize = 100;

/// Makes the objects of a module's code.
struct Builder<'a> {
    filename: Borrowed<'a>,
    /// The objects of names by the address of their text, which all code of a module shares.
    names: HashMap<usize, Ref, foldhash::fast::FixedState>,
}

impl<'a> Builder<'a> {
    fn new(filename: Borrowed<'a>) -> Self {
        Builder { filename, names: HashMap::with_capacity_and_hasher(USUAL_NAMES, foldhash::fast::FixedState::default()) }
    }

    fn name(&mut self, value: &Text) -> PyResult<Ref> {
        let address = value.as_bytes().as_ptr().addr();
        if let Some(found) = self.names.get(&address) {
            return Ok(found.clone());
        }
        let made = name(value)?;
        self.names.insert(address, made.clone());
        Ok(made)
    }

    fn names(&mut self, values: &[Text]) -> PyResult<Ref> {
        tuple::from_vec(values.iter().map(|value| self.name(value)).collect::<PyResult<Vec<_>>>()?)
    }

    fn constants(&mut self, values: &[Const]) -> PyResult<Ref> {
        tuple::from_vec(values.iter().map(|value| self.constant(value)).collect::<PyResult<Vec<_>>>()?)
    }

    fn constant(&mut self, value: &Const) -> PyResult<Ref> {
        recursion::check(" while building constants")?;
        match value {
            Const::None => Ok(core::none_ref()),
            Const::True => Ok(core::boolean(true).to_ref()),
            Const::False => Ok(core::boolean(false).to_ref()),
            Const::Ellipsis => Ok(core::ellipsis().to_ref()),
            Const::Int(bytecode::Int::Small(value)) => int::new(*value),
            Const::Int(bytecode::Int::Big { negative, digits }) => int::from_digits(*negative, digits),
            Const::Float(value) => float::new(*value),
            Const::Complex { real, imag } => core::COMPLEX.call(&[float::new(*real)?.b(), float::new(*imag)?.b()]),
            Const::Str(value) if value.is_name_like() => self.name(value),
            Const::Str(value) => text::from_wtf8(value.as_bytes()),
            Const::Bytes(value) => bytes::new(value),
            Const::Tuple(items) => self.constants(items),
            Const::FrozenSet(items) => core::FROZENSET.call1(self.constants(items)?.b()),
            Const::Slice(parts) => {
                let [start, stop, step] = &**parts;
                let parts = [self.constant(start)?, self.constant(stop)?, self.constant(step)?];
                core::SLICE.call(&parts.each_ref().map(Ref::b))
            }
            Const::Code(code) => Ok(self.code(code)?.upcast()),
        }
    }

    fn code(&mut self, code: &bytecode::Code) -> PyResult<Ref<Code>> {
        new(CodeFields {
            argcount: signed(code.argcount)?,
            posonlyargcount: signed(code.posonlyargcount)?,
            kwonlyargcount: signed(code.kwonlyargcount)?,
            stacksize: signed(code.stacksize)?,
            flags: signed(code.flags)?,
            firstlineno: code.firstlineno,
            consts: self.constants(&code.consts)?,
            code: bytes::new(&code.code)?,
            names: self.names(&code.names)?,
            localsplusnames: self.names(&code.localsplusnames)?,
            localspluskinds: bytes::new(&code.localspluskinds)?,
            filename: self.filename.to_ref(),
            name: self.name(&code.name)?,
            qualname: self.name(&code.qualname)?,
            linetable: bytes::new(&code.linetable)?,
            exceptiontable: bytes::new(&code.exceptiontable)?,
            origin: Origin::Compiler,
        })
    }
}

#[derive(Default)]
struct Versions(Cell<u32>);

/// The next version for a code object; 0 when they are used up.
pub(super) fn next_version() -> u32 {
    let versions = object::thread::current().interpreter().shared.get::<Versions>();
    let next = versions.0.get().wrapping_add(1);
    if next != 0 {
        versions.0.set(next);
    }
    next
}

/// A code object of these fields, which are checked against one another.
pub fn new(mut fields: CodeFields) -> PyResult<Ref<Code>> {
    if crate::lifecycle::config().is_some_and(|config| !config.code_debug_ranges) {
        let table = bytes::value(fields.linetable.b()).unwrap_or_default();
        fields.linetable = bytes::new(&bytecode::linetable::without_columns(table, fields.firstlineno))?;
    }
    let kinds = bytes::value(fields.localspluskinds.b()).unwrap_or_default();
    let name_count = |field: &Ref| tuple::items(field.b()).map_or(0, <[Borrowed<'_>]>::len);
    let size = |count: usize| i32::try_from(count).map_err(|_| raise!(OverflowError, "code: too many variables"));
    let count = |kind: u8| size(kinds.iter().filter(|have| **have & kind != 0).count());
    let nlocalsplus = size(name_count(&fields.localsplusnames))?;
    let (nlocals, ncellvars, nfreevars) = (count(CO_FAST_LOCAL)?, count(CO_FAST_CELL)?, count(CO_FAST_FREE)?);
    let flag_bits = fields.flags.cast_unsigned();
    let has = |flag: u32| i32::from(flag_bits & flag != 0);
    let total = fields.argcount.checked_add(fields.kwonlyargcount);
    let total = total.and_then(|total| total.checked_add(has(flags::CO_VARARGS) + has(flags::CO_VARKEYWORDS)));
    let code_bytes = bytes::value(fields.code.b()).unwrap_or_default();
    let good = fields.argcount >= fields.posonlyargcount
        && fields.posonlyargcount >= 0
        && fields.kwonlyargcount >= 0
        && fields.stacksize >= 0
        && fields.flags >= 0
        && usize::try_from(nlocalsplus) == Ok(kinds.len())
        && total.is_some_and(|total| total <= nlocals)
        && code_bytes.len().is_multiple_of(2);
    if !good {
        return Err(raise!(ValueError, "code: varnames is too small"));
    }
    let framesize = framesize(nlocalsplus, fields.stacksize)?;
    let unit_count = (code_bytes.len() / 2).cast_signed();
    let code = Code {
        header: abi::PyVarObject { ob_size: Cell::new(unit_count), ..<abi::PyVarObject as abi::CStruct>::ZERO },
        consts: OptRef::new(Some(fields.consts)),
        names: OptRef::new(Some(fields.names)),
        exceptiontable: OptRef::new(Some(fields.exceptiontable)),
        flags: Cell::new(fields.flags),
        argcount: Cell::new(fields.argcount),
        posonlyargcount: Cell::new(fields.posonlyargcount),
        kwonlyargcount: Cell::new(fields.kwonlyargcount),
        stacksize: Cell::new(fields.stacksize.max(1)),
        firstlineno: Cell::new(fields.firstlineno),
        nlocalsplus: Cell::new(nlocalsplus),
        framesize: Cell::new(framesize),
        nlocals: Cell::new(nlocals),
        ncellvars: Cell::new(ncellvars),
        nfreevars: Cell::new(nfreevars),
        version: Cell::new(next_version()),
        localsplusnames: OptRef::new(Some(fields.localsplusnames)),
        localspluskinds: OptRef::new(Some(fields.localspluskinds)),
        filename: OptRef::new(Some(fields.filename)),
        name: OptRef::new(Some(fields.name)),
        qualname: OptRef::new(Some(fields.qualname)),
        linetable: OptRef::new(Some(fields.linetable)),
        code: OptRef::new(Some(fields.code)),
        origin: Cell::new(fields.origin),
        shape: Cell::new(shape_of(flag_bits, fields.kwonlyargcount)),
        ..blank()
    };
    let code = object::memory::new_instance(Code::type_object(), code)?;
    watch::code_event(CodeEvent::Create, object::as_object(&*code).borrowed());
    Ok(code)
}

/// The words of a frame.
pub(super) fn framesize(nlocalsplus: i32, stacksize: i32) -> PyResult<i32> {
    Code::compute_framesize(nlocalsplus, stacksize.max(1).saturating_add(1))
        .filter(|words| *words < i32::MAX / 8)
        .ok_or_else(|| raise!(OverflowError, "code: co_stacksize is too large"))
}

/// The bits of [`shape`].
pub(super) fn shape_of(flag_bits: u32, kwonlyargcount: i32) -> u32 {
    let simple = flag_bits & (flags::CO_VARARGS | flags::CO_VARKEYWORDS) == 0
        && flag_bits & flags::CO_OPTIMIZED != 0
        && kwonlyargcount == 0;
    if simple { shape::SIMPLE } else { 0 }
}

/// Code without anything.
pub(super) fn blank() -> Code {
    Code {
        header: <abi::PyVarObject as abi::CStruct>::ZERO,
        consts: OptRef::none(),
        names: OptRef::none(),
        exceptiontable: OptRef::none(),
        flags: Cell::new(0),
        argcount: Cell::new(0),
        posonlyargcount: Cell::new(0),
        kwonlyargcount: Cell::new(0),
        stacksize: Cell::new(1),
        firstlineno: Cell::new(0),
        nlocalsplus: Cell::new(0),
        framesize: Cell::new(0),
        nlocals: Cell::new(0),
        ncellvars: Cell::new(0),
        nfreevars: Cell::new(0),
        version: Cell::new(0),
        localsplusnames: OptRef::none(),
        localspluskinds: OptRef::none(),
        filename: OptRef::none(),
        name: OptRef::none(),
        qualname: OptRef::none(),
        linetable: OptRef::none(),
        weakreflist: Cell::new(std::ptr::null_mut()),
        start: Cell::new(std::ptr::null()),
        code: OptRef::none(),
        instrumentation_version: Cell::new(0),
        plan: PlanCell::none(),
        origin: Cell::new(Origin::Compiler),
        firsttraceable: Cell::new(0),
        extra: super::extra::Extra::default(),
        adaptive: Cell::new(0),
        shape: Cell::new(0),
        running: OnceCell::new(),
    }
}
