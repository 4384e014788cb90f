//! The compiler's stages for CPython's tests: instruction sequences as objects, code generation, optimisation, assembly.

use crate::ast_module;
use crate::code::build;
use crate::compile;
use crate::support;
use bytecode::{Const, Location, Op, Text};
use compiler::stages::{self, Instructions, Metadata};
use macros::{pyclass, pymethods, pymodule};
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, core, raise};
use std::cell::RefCell;
use syntax::text::Name;

// A sequence of instructions. CPython gives the class no docstring.
#[pyclass(name = "InstructionSequence", gc)]
pub struct InstructionSequence {
    header: abi::PyObject,
    #[trace(skip)]
    instructions: RefCell<Instructions>,
    nested: object::OptRef,
}

fn new_sequence(instructions: Instructions) -> PyResult<Ref> {
    object::recursion::check(" in a sequence of instructions")?;
    let nested = instructions.nested().map(new_sequence).collect::<PyResult<Vec<_>>>()?;
    let sequence = InstructionSequence {
        header: <abi::PyObject as abi::CStruct>::ZERO,
        instructions: RefCell::new(instructions),
        nested: object::OptRef::new(Some(support::list_new(nested)?)),
    };
    object::memory::new_instance(InstructionSequence::type_object(), sequence).map(Ref::upcast)
}

fn sequence_of(object: Borrowed<'_>) -> PyResult<Borrowed<'_, InstructionSequence>> {
    object.downcast::<InstructionSequence>().ok_or_else(|| raise!(ValueError, "Not an instruction sequence"))
}

#[pymethods]
impl InstructionSequence {
    /// Place label at current location.
    #[method("($self, /, label)")]
    fn use_label(&self, label: i32) -> PyResult<()> {
        /// More labels than any program has.
        const LIMIT: usize = 1 << 24;
        let label = usize::try_from(label).ok().filter(|label| *label < LIMIT);
        let label = label.ok_or_else(|| raise!(ValueError, "no such label"))?;
        self.instructions.borrow_mut().use_label(label);
        Ok(())
    }

    /// Append an instruction.
    #[method("($self, /, opcode, oparg, lineno, col_offset, end_lineno, end_col_offset)")]
    fn addop(&self, opcode: i32, oparg: i32, lineno: i32, col_offset: i32, end_lineno: i32, end_col_offset: i32) -> PyResult<()> {
        let op = u16::try_from(opcode).ok().and_then(Op::from_number);
        let op = op.ok_or_else(|| raise!(ValueError, "unknown opcode {opcode}"))?;
        // As in CPython, whose location has its fields in another order than these parameters have.
        let location = Location { lineno, end_lineno: col_offset, col_offset: end_lineno, end_col_offset };
        self.instructions.borrow_mut().push(op, oparg.cast_unsigned(), location);
        Ok(())
    }

    /// Return a new label.
    #[method("($self, /)")]
    fn new_label(&self) -> PyResult<Ref> {
        int::new(i64::from(self.instructions.borrow_mut().new_label()))
    }

    /// Add a nested sequence.
    #[method("($self, /, nested)")]
    fn add_nested(&self, nested: Borrowed<'_>) -> PyResult<()> {
        if nested.downcast::<InstructionSequence>().is_none() {
            return Err(raise!(TypeError, "expected an instruction sequence, not {}", nested.class().tp_name()));
        }
        match self.nested.get() {
            Some(list) => list.b().downcast_exact::<builtins::list::List>().map_or(Ok(()), |list| list.append(nested.to_ref())),
            None => Ok(()),
        }
    }

    /// Return the nested sequences.
    #[method("($self, /)")]
    fn get_nested(&self) -> PyResult<Ref> {
        match self.nested.get() {
            Some(list) => support::list_new(list.to_vec()?),
            None => support::list_new(Vec::new()),
        }
    }

    /// Return the instructions as a list of tuples.
    #[method("($self, /)")]
    fn get_instructions(&self) -> PyResult<Ref> {
        let all: Vec<(Op, u32, Location)> = self.instructions.borrow().iter().collect();
        let number = |value: i32| int::new(i64::from(value));
        let shown = |(op, arg, at): (Op, u32, Location)| {
            tuple::from_array([
                int::new(i64::from(op.number()))?,
                if op.has_arg() { number(arg.cast_signed())? } else { core::none_ref() },
                number(at.lineno)?,
                number(at.end_lineno)?,
                number(at.col_offset)?,
                number(at.end_col_offset)?,
            ])
        };
        support::list_new(all.into_iter().map(shown).collect::<PyResult<Vec<_>>>()?)
    }
}

fn name_of(object: Borrowed<'_>) -> PyResult<Name> {
    match text::to_string(object) {
        Some(name) => Ok(Name::from(name.as_str())),
        None => Err(raise!(TypeError, "expected a str, not {}", object.class().tp_name())),
    }
}

/// The entry of a metadata dict.
fn entry(metadata: Borrowed<'_>, key: &str) -> PyResult<Ref> {
    metadata.getitem(text::new(key)?.b())
}

/// The keys of a dict of the metadata, in order.
fn names_of(metadata: Borrowed<'_>, key: &str) -> PyResult<Vec<Name>> {
    entry(metadata, key)?.to_vec()?.iter().map(|name| name_of(name.b())).collect()
}

fn count_of(metadata: Borrowed<'_>, key: &str) -> PyResult<usize> {
    usize::try_from(entry(metadata, key)?.as_isize()?).map_err(|_| raise!(ValueError, "{key} is negative"))
}

fn metadata_of(metadata: Borrowed<'_>, consts: usize) -> PyResult<Metadata> {
    Ok(Metadata {
        name: name_of(entry(metadata, "name")?.b())?,
        qualname: name_of(entry(metadata, "qualname")?.b())?,
        names: names_of(metadata, "names")?,
        varnames: names_of(metadata, "varnames")?,
        cellvars: names_of(metadata, "cellvars")?,
        freevars: names_of(metadata, "freevars")?,
        fasthidden: names_of(metadata, "fasthidden")?,
        argcount: count_of(metadata, "argcount")?,
        posonlyargcount: count_of(metadata, "posonlyargcount")?,
        kwonlyargcount: count_of(metadata, "kwonlyargcount")?,
        firstlineno: i32::try_from(count_of(metadata, "firstlineno")?).unwrap_or(i32::MAX),
        consts,
    })
}

/// Checks that instructions load only constants that there are.
fn check_consts(instructions: &Instructions, count: usize) -> PyResult<()> {
    for (op, arg, _) in instructions.iter() {
        if op == Op::LOAD_CONST && usize::try_from(arg).map_or(true, |arg| arg >= count) {
            return Err(raise!(ValueError, "LOAD_CONST index {arg} is out of range for consts (len={count})"));
        }
    }
    Ok(())
}

fn constants(consts: &[Const], filename: Borrowed<'_>) -> PyResult<Vec<Ref>> {
    consts.iter().map(|value| build::constant(value, filename)).collect()
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;
    use object::value::str as text;

    /// Compile an AST to instructions that are not optimised.
    #[pyfunction("($module, /, ast, filename, optimize, compile_mode=0)")]
    fn compiler_codegen(ast: Borrowed<'_>, filename: Borrowed<'_>, optimize: i32, compile_mode: i32) -> PyResult<Ref> {
        let mode = match compile_mode {
            0 => compile::Mode::Exec,
            1 => compile::Mode::Eval,
            _ => compile::Mode::Single,
        };
        let filename = crate::lifecycle::support::fs_decode(filename)?;
        let mut module = ast_module::from_object(ast, mode)?;
        let options = compile::Options { optimize, ..compile::Options::new(mode) };
        let (instructions, consts) = compile::generate(&mut module, filename.b(), options)?;
        let metadata = support::dict_new()?;
        for key in ["argcount", "posonlyargcount", "kwonlyargcount"] {
            support::dict_set(metadata.b(), text::new(key)?.b(), int::new(0)?.b())?;
        }
        let consts = support::list_new(constants(&consts, filename.b())?)?;
        support::dict_set(metadata.b(), text::new("consts")?.b(), consts.b())?;
        tuple::from_array([new_sequence(instructions)?, metadata])
    }

    /// Apply compiler optimizations to an instruction list.
    #[pyfunction("($module, /, instructions, consts, nlocals)")]
    fn optimize_cfg(instructions: Borrowed<'_>, consts: Borrowed<'_>, nlocals: i32) -> PyResult<Ref> {
        let Some(list) = consts.downcast_exact::<builtins::list::List>() else {
            return Err(raise!(TypeError, "consts must be a list"));
        };
        let items = consts.to_vec()?;
        let sequence = sequence_of(instructions)?.get().instructions.borrow().clone();
        check_consts(&sequence, items.len())?;
        let values = items.iter().map(|item| ast_module::constant_of(item.b()).map(|value| stages::constant(&value)));
        let values = values.collect::<PyResult<Vec<_>>>()?;
        let locals = usize::try_from(nlocals).map_err(|_| raise!(ValueError, "nlocals is negative"))?;
        let filename = text::empty();
        let (optimized, values) = match stages::optimize(&sequence, values, locals) {
            Ok(done) => done,
            Err(error) => return Err(compile::raise_compile_error(&error, filename.b())),
        };
        let left = support::list_new(constants(&values, filename.b())?)?;
        list.clear();
        list.extend_from(left.b())?;
        new_sequence(optimized)
    }

    /// Create a code object for the given instructions.
    #[pyfunction("($module, /, filename, instructions, metadata)")]
    fn assemble_code_object(filename: Borrowed<'_>, instructions: Borrowed<'_>, metadata: Borrowed<'_>) -> PyResult<Ref> {
        let filename = crate::lifecycle::support::fs_decode(filename)?;
        let consts = entry(metadata, "consts")?.to_vec()?;
        let sequence = sequence_of(instructions)?.get().instructions.borrow().clone();
        check_consts(&sequence, consts.len())?;
        let name = Text::from_wtf8(text::to_wtf8(filename.b()));
        let code = match stages::assemble(&sequence, &metadata_of(metadata, consts.len())?, name) {
            Ok(code) => build::from_bytecode(&code, filename.b())?.upcast(),
            Err(error) => return Err(compile::raise_compile_error(&error, filename.b())),
        };
        let changes = support::dict_new()?;
        support::dict_set(changes.b(), text::new("co_consts")?.b(), tuple::from_vec(consts)?.b())?;
        code.getattr(object::id!("replace"))?.call_tuple(tuple::empty().b(), Some(changes.b()))
    }

    /// Return a new, empty InstructionSequence.
    #[pyfunction("($module, /)")]
    fn new_instruction_sequence() -> PyResult<Ref> {
        new_sequence(Instructions::default())
    }

    /// C implementation of inspect.cleandoc().
    #[pyfunction("($module, /, doc)")]
    fn compiler_cleandoc(doc: object::convert::Str<'_>) -> PyResult<Ref> {
        let content = syntax::text::Text::from_bytes(text::to_wtf8(doc.0).to_vec()).unwrap_or_default();
        text::from_wtf8(stages::clean_docstring(&content).as_bytes())
    }
}
