//! Attributes and methods of code objects.

use super::Code;
use super::units::Unit;
use super::{CodeFields, Origin, build, compare, locations};
use bytecode::Op;
use bytecode::flags::{CO_FAST_CELL, CO_FAST_FREE, CO_FAST_LOCAL};
use macros::pymethods;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, CompareOp, KwArgs, OptRef, PyResult, Ref, TypeObject, core, hooks, raise};

impl Code {
    /// The opcode under which a unit of the interpreter's copy is shown. Loads of constants and backward jumps have no forms of their
    /// own here, since the copy knows from the start what CPython's finds out at the first run.
    fn shown_as(&self, unit: &Unit) -> u8 {
        let constant = || usize::try_from(unit.arg()).ok().and_then(|index| self.consts().get(index).copied());
        let shown = match Op::from_number(u16::from(unit.op())) {
            Some(Op::LOAD_CONST) if constant().is_some_and(|value| value.is_immortal()) => Op::LOAD_CONST_IMMORTAL,
            Some(Op::LOAD_CONST) => Op::LOAD_CONST_MORTAL,
            Some(Op::JUMP_BACKWARD) => Op::JUMP_BACKWARD_NO_JIT,
            _ => return unit.op(),
        };
        u8::try_from(shown.number()).unwrap_or_else(|_| unit.op())
    }
}

fn field(field: &OptRef) -> Option<Ref> {
    field.get()
}

#[pymethods]
impl Code {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let line = if self.firstlineno.get() != 0 { self.firstlineno.get() } else { -1 };
        let show = text::to_string_lossy;
        Ok(format!(
            "<code object {} at {:#x}, file \"{}\", line {line}>",
            show(self.name_object()),
            std::ptr::from_ref(self).addr(),
            show(self.filename_object())
        ))
    }

    #[getter]
    fn co_argcount(&self) -> i32 {
        self.argcount.get()
    }
    #[getter]
    fn co_posonlyargcount(&self) -> i32 {
        self.posonlyargcount.get()
    }
    #[getter]
    fn co_kwonlyargcount(&self) -> i32 {
        self.kwonlyargcount.get()
    }
    #[getter]
    fn co_stacksize(&self) -> i32 {
        self.stacksize.get()
    }
    #[getter]
    fn co_flags(&self) -> i32 {
        self.flags.get()
    }
    #[getter]
    fn co_names(&self) -> PyResult<Ref> {
        self.names_object()
    }
    #[getter]
    fn co_filename(&self) -> Option<Ref> {
        field(&self.filename)
    }
    #[getter]
    fn co_name(&self) -> Option<Ref> {
        field(&self.name)
    }
    #[getter]
    fn co_qualname(&self) -> Option<Ref> {
        field(&self.qualname)
    }
    #[getter]
    fn co_firstlineno(&self) -> i32 {
        self.firstlineno.get()
    }
    #[getter]
    fn co_linetable(&self) -> PyResult<Ref> {
        self.linetable_object()
    }
    #[getter]
    fn co_exceptiontable(&self) -> PyResult<Ref> {
        self.exceptiontable_object()
    }
    #[getter]
    fn co_consts(&self) -> PyResult<Ref> {
        self.consts_object()
    }
    #[getter]
    fn co_code(&self) -> PyResult<Ref> {
        self.code_object()
    }
    #[getter]
    fn co_nlocals(&self) -> i32 {
        self.nlocals.get()
    }
    #[getter]
    fn co_varnames(&self) -> PyResult<Ref> {
        self.names_of_kind(CO_FAST_LOCAL)
    }
    #[getter]
    fn co_cellvars(&self) -> PyResult<Ref> {
        self.names_of_kind(CO_FAST_CELL)
    }
    #[getter]
    fn co_freevars(&self) -> PyResult<Ref> {
        self.names_of_kind(CO_FAST_FREE)
    }

    #[getter]
    fn co_lnotab(&self) -> PyResult<Ref> {
        hooks::warn(&object::exc::DeprecationWarning, "co_lnotab is deprecated, use co_lines instead.", 1)?;
        bytes::new(&lnotab(self))
    }
    #[getter]
    fn _co_code_adaptive(&self) -> PyResult<Ref> {
        let mut shown = self.code_bytes().to_vec();
        // Opcodes as they run now; operands and inline caches as in `co_code`.
        if let Some(units) = self.made_units() {
            let mut index = 0;
            while let (Some(unit), Some(number)) = (units.all().get(index), shown.get_mut(index * 2)) {
                let op = bytecode::Op::from_number(u16::from(*number));
                *number = self.shown_as(unit);
                index += 1 + op.map_or(0, bytecode::Op::caches);
            }
        }
        bytes::new(&shown)
    }

    #[slot(tp_richcompare)]
    fn richcompare(slf: Borrowed<'_, Self>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast::<Code>().filter(|_| matches!(op, CompareOp::Eq | CompareOp::Ne)) else {
            return Ok(core::not_implemented().to_ref());
        };
        let equal = slf.ptr() == other.ptr() || compare::equal(slf.get(), other.get())?;
        Ok(core::boolean(equal == (op == CompareOp::Eq)).to_ref())
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        compare::hash(self)
    }

    #[slot(
        tp_new,
        "(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize, flags, codestring, constants, names, varnames, filename, name, qualname, firstlineno, linetable, exceptiontable, freevars=(), cellvars=(), /)"
    )]
    #[allow(clippy::too_many_arguments, reason = "CPython's signature")]
    fn new_code(
        _class: Borrowed<'_, TypeObject>,
        argcount: i32,
        posonlyargcount: i32,
        kwonlyargcount: i32,
        nlocals: i32,
        stacksize: i32,
        flags: i32,
        codestring: Borrowed<'_>,
        constants: Borrowed<'_>,
        names: Borrowed<'_>,
        varnames: Borrowed<'_>,
        filename: Borrowed<'_>,
        name: Borrowed<'_>,
        qualname: Borrowed<'_>,
        firstlineno: i32,
        linetable: Borrowed<'_>,
        exceptiontable: Borrowed<'_>,
        freevars: Option<Borrowed<'_>>,
        cellvars: Option<Borrowed<'_>>,
    ) -> PyResult<Ref<Code>> {
        let empty = tuple::empty();
        let parts = Parts {
            argcount,
            posonlyargcount,
            kwonlyargcount,
            nlocals,
            stacksize,
            flags,
            firstlineno,
            code: codestring.to_ref(),
            consts: constants.to_ref(),
            names: names.to_ref(),
            varnames: varnames.to_ref(),
            filename: filename.to_ref(),
            name: name.to_ref(),
            qualname: qualname.to_ref(),
            linetable: linetable.to_ref(),
            exceptiontable: exceptiontable.to_ref(),
            freevars: freevars.map_or_else(|| empty.clone(), |names| names.to_ref()),
            cellvars: cellvars.map_or_else(|| empty.clone(), |names| names.to_ref()),
        };
        parts.build("code")
    }

    /// Return a copy of the code object with new values for the specified fields.
    #[method("($self, /, **changes)", text = None)]
    fn replace(&self, changes: KwArgs<'_>) -> PyResult<Ref<Code>> {
        self.replaced(changes)
    }

    /// The same as replace().
    #[method("($self, /, **changes)", text = None)]
    fn __replace__(&self, changes: KwArgs<'_>) -> PyResult<Ref<Code>> {
        self.replaced(changes)
    }

    #[method("($self, /)", text = None)]
    fn co_lines(&self) -> PyResult<Ref> {
        locations::lines(self)
    }

    #[method("($self, /)", text = None)]
    fn co_positions(&self) -> PyResult<Ref> {
        locations::positions(self)
    }

    #[method("($self, /)", text = None)]
    fn co_branches(&self) -> PyResult<Ref> {
        locations::branches(self)
    }

    #[method("($self, /, oparg)")]
    fn _varname_from_oparg(&self, oparg: isize) -> PyResult<Ref> {
        let index = usize::try_from(oparg).ok();
        match index.and_then(|index| self.localsplusnames().get(index).copied()) {
            Some(name) => Ok(name.to_ref()),
            None => Err(raise!(IndexError, "tuple index out of range")),
        }
    }

    #[method("($self, /)", text = None)]
    fn __sizeof__(&self) -> usize {
        size_of::<abi::PyCodeObject>() + self.code_bytes().len()
    }
}

/// The old line table: pairs of byte distance and line distance.
fn lnotab(code: &Code) -> Vec<u8> {
    let mut table = Vec::new();
    let (mut last_start, mut last_line) = (0u32, code.firstlineno.get());
    for (start, _end, line) in bytecode::linetable::lines(code.linetable_bytes(), code.firstlineno.get()) {
        let Some(line) = line.filter(|line| *line != last_line) else { continue };
        let (mut bytes_left, mut lines_left) = (start - last_start, line - last_line);
        while bytes_left > 254 {
            table.extend([254, 0]);
            bytes_left -= 254;
        }
        while !(-128..=127).contains(&lines_left) {
            let step = if lines_left < 0 { -128i8 } else { 127 };
            table.extend([u8::try_from(bytes_left).unwrap_or(0), step.cast_unsigned()]);
            bytes_left = 0;
            lines_left -= i32::from(step);
        }
        table.push(u8::try_from(bytes_left).unwrap_or(0));
        table.push(i8::try_from(lines_left).unwrap_or(0).cast_unsigned());
        (last_start, last_line) = (start, line);
    }
    table
}

/// The arguments of `code(...)`, before they are checked.
struct Parts {
    argcount: i32,
    posonlyargcount: i32,
    kwonlyargcount: i32,
    nlocals: i32,
    stacksize: i32,
    flags: i32,
    firstlineno: i32,
    code: Ref,
    consts: Ref,
    names: Ref,
    varnames: Ref,
    filename: Ref,
    name: Ref,
    qualname: Ref,
    linetable: Ref,
    exceptiontable: Ref,
    freevars: Ref,
    cellvars: Ref,
}

fn expect(function: &str, argument: &str, value: &Ref, good: bool, kind: &str) -> PyResult<()> {
    if good {
        return Ok(());
    }
    Err(raise!(TypeError, "{function}() argument '{argument}' must be {kind}, not {}", value.class().tp_name()))
}

fn names_of(value: &Ref) -> PyResult<Vec<Ref>> {
    let mut names = Vec::new();
    for name in tuple::items(value.b()).unwrap_or_default() {
        if !text::check(*name) {
            return Err(raise!(TypeError, "name tuples must contain only strings, not '{}'", name.class().tp_name()));
        }
        names.push(intern(*name)?);
    }
    Ok(names)
}

fn intern(name: Borrowed<'_>) -> PyResult<Ref> {
    Ok(match text::as_ascii(name) {
        Some(ascii) => (hooks::get().intern)(ascii),
        None => match text::to_string(name) {
            Some(name) => (hooks::get().intern)(&name),
            None => name.to_ref(),
        },
    })
}

impl Parts {
    fn build(self, function: &str) -> PyResult<Ref<Code>> {
        let is_tuple = |value: &Ref| value.class().is_subtype(&core::TUPLE);
        let is_text = |value: &Ref| text::check(value.b());
        let is_bytes = |value: &Ref| bytes::value(value.b()).is_some();
        let check = |name: &str, value: &Ref, good: bool, kind: &str| expect(function, name, value, good, kind);
        check("codestring", &self.code, is_bytes(&self.code), "bytes")?;
        for (name, value) in [
            ("constants", &self.consts),
            ("names", &self.names),
            ("varnames", &self.varnames),
            ("freevars", &self.freevars),
            ("cellvars", &self.cellvars),
        ] {
            check(name, value, is_tuple(value), "tuple")?;
        }
        for (name, value) in [("filename", &self.filename), ("name", &self.name), ("qualname", &self.qualname)] {
            check(name, value, is_text(value), "str")?;
        }
        check("linetable", &self.linetable, is_bytes(&self.linetable), "bytes")?;
        check("exceptiontable", &self.exceptiontable, is_bytes(&self.exceptiontable), "bytes")?;
        for (value, name) in [
            (self.argcount, "argcount"),
            (self.posonlyargcount, "posonlyargcount"),
            (self.kwonlyargcount, "kwonlyargcount"),
            (self.nlocals, "nlocals"),
        ] {
            if value < 0 {
                return Err(raise!(ValueError, "code: {name} must not be negative"));
            }
        }
        let varnames = names_of(&self.varnames)?;
        let cellvars = names_of(&self.cellvars)?;
        let freevars = names_of(&self.freevars)?;
        if usize::try_from(self.nlocals) != Ok(varnames.len()) {
            return Err(raise!(ValueError, "code: co_nlocals != len(co_varnames)"));
        }
        let names = tuple::from_vec(names_of(&self.names)?)?;
        let (localsplusnames, kinds) = self.layout(varnames, cellvars, freevars)?;
        build::new(CodeFields {
            argcount: self.argcount,
            posonlyargcount: self.posonlyargcount,
            kwonlyargcount: self.kwonlyargcount,
            stacksize: self.stacksize,
            flags: self.flags,
            firstlineno: self.firstlineno,
            code: self.code,
            consts: self.consts,
            names,
            localsplusnames: tuple::from_vec(localsplusnames)?,
            localspluskinds: bytes::new(&kinds)?,
            filename: self.filename,
            name: self.name,
            qualname: self.qualname,
            linetable: self.linetable,
            exceptiontable: self.exceptiontable,
            origin: Origin::Foreign,
        })
    }

    /// Locals, cells that are no locals, free variables, with their kinds.
    fn layout(&self, varnames: Vec<Ref>, cellvars: Vec<Ref>, freevars: Vec<Ref>) -> PyResult<(Vec<Ref>, Vec<u8>)> {
        use bytecode::flags::{CO_FAST_ARG_KW, CO_FAST_ARG_POS, CO_FAST_ARG_VAR, CO_VARARGS, CO_VARKEYWORDS};
        let positional = self.argcount.cast_unsigned() as usize;
        let posonly = self.posonlyargcount.cast_unsigned() as usize;
        let keyword = positional + self.kwonlyargcount.cast_unsigned() as usize;
        let flags = self.flags.cast_unsigned();
        let variable = usize::from(flags & CO_VARARGS != 0) + usize::from(flags & CO_VARKEYWORDS != 0);
        let mut kinds: Vec<u8> = (0..varnames.len())
            .map(|index| {
                CO_FAST_LOCAL
                    | if index < posonly {
                        CO_FAST_ARG_POS
                    } else if index < positional {
                        CO_FAST_ARG_POS | CO_FAST_ARG_KW
                    } else if index < keyword {
                        CO_FAST_ARG_KW
                    } else if index < keyword + variable {
                        CO_FAST_ARG_VAR
                    } else {
                        0
                    }
            })
            .collect();
        let mut all = varnames;
        for cell in cellvars {
            let mut own = None;
            for (index, name) in all.iter().enumerate() {
                if name.eq(cell.b())? {
                    own = Some(index);
                    break;
                }
            }
            match own.and_then(|index| kinds.get_mut(index)) {
                Some(kind) => *kind |= CO_FAST_CELL,
                None => {
                    all.push(cell);
                    kinds.push(CO_FAST_CELL);
                }
            }
        }
        for free in freevars {
            all.push(free);
            kinds.push(CO_FAST_FREE);
        }
        Ok((all, kinds))
    }
}

impl Code {
    fn replaced(&self, changes: KwArgs<'_>) -> PyResult<Ref<Code>> {
        let own = |field: &OptRef| field.get().unwrap_or_else(core::none_ref);
        let number = |name: &str, current: i32| -> PyResult<i32> {
            match changes.get(name) {
                Some(value) => {
                    let value = value.index()?;
                    int::to_i64(value.b())
                        .and_then(|value| i32::try_from(value).ok())
                        .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C int"))
                }
                None => Ok(current),
            }
        };
        let object = |name: &str, current: Ref| changes.get(name).map_or(current, |value| value.to_ref());
        const KNOWN: [&str; 18] = [
            "co_argcount",
            "co_posonlyargcount",
            "co_kwonlyargcount",
            "co_nlocals",
            "co_stacksize",
            "co_flags",
            "co_firstlineno",
            "co_code",
            "co_consts",
            "co_names",
            "co_varnames",
            "co_freevars",
            "co_cellvars",
            "co_filename",
            "co_name",
            "co_qualname",
            "co_linetable",
            "co_exceptiontable",
        ];
        for (name, _) in changes.iter() {
            if !KNOWN.iter().any(|known| text::eq_str(name, known)) {
                return Err(raise!(TypeError, "replace() got an unexpected keyword argument '{}'", text::to_string_lossy(name)));
            }
        }
        let varnames = object("co_varnames", self.co_varnames()?);
        let nlocals = match changes.get("co_nlocals") {
            Some(_) => number("co_nlocals", 0)?,
            None => i32::try_from(tuple::items(varnames.b()).map_or(0, <[_]>::len)).unwrap_or(i32::MAX),
        };
        Parts {
            argcount: number("co_argcount", self.argcount.get())?,
            posonlyargcount: number("co_posonlyargcount", self.posonlyargcount.get())?,
            kwonlyargcount: number("co_kwonlyargcount", self.kwonlyargcount.get())?,
            nlocals,
            stacksize: number("co_stacksize", self.stacksize.get())?,
            flags: number("co_flags", self.flags.get())?,
            firstlineno: number("co_firstlineno", self.firstlineno.get())?,
            code: object("co_code", self.code_object()?),
            consts: object("co_consts", self.consts_object()?),
            names: object("co_names", self.names_object()?),
            varnames,
            filename: object("co_filename", own(&self.filename)),
            name: object("co_name", own(&self.name)),
            qualname: object("co_qualname", own(&self.qualname)),
            linetable: object("co_linetable", self.linetable_object()?),
            exceptiontable: object("co_exceptiontable", self.exceptiontable_object()?),
            freevars: object("co_freevars", self.co_freevars()?),
            cellvars: object("co_cellvars", self.co_cellvars()?),
        }
        .build("replace")
    }
}
