//! The module `_symtable`: the compiler's symbol tables as objects, for `symtable`.

use crate::code::build;
use bytecode::Text;
use compiler::symtable::{Block, BlockId, Scope, Symtable, flag};
use macros::{pyclass, pymethods, pymodule};
use object::value::{int, str as text};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, raise};
use std::cell::Cell;

// One block of a program. CPython gives the class no docstring.
#[pyclass(name = "symtable entry", export = "PySTEntry_Type", gc, flags(DISALLOW_INSTANTIATION))]
pub struct Entry {
    header: abi::PyObject,
    #[member(readonly)]
    id: OptRef,
    #[member(readonly)]
    name: OptRef,
    #[member(readonly)]
    symbols: OptRef,
    #[member(readonly)]
    varnames: OptRef,
    #[member(readonly)]
    children: OptRef,
    #[member(T_INT, readonly)]
    nested: Cell<i32>,
    #[member(T_INT, name = "type", readonly)]
    kind: Cell<i32>,
    #[member(T_INT, readonly)]
    lineno: Cell<i32>,
}

#[pymethods]
impl Entry {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let show = |field: &OptRef| match field.get() {
            Some(value) => Ok(text::to_string_lossy(value.str()?.b())),
            None => Ok(String::new()),
        };
        Ok(format!("<symtable entry {}({}), line {}>", show(&self.name)?, show(&self.id)?, self.lineno.get()))
    }
}

fn name_object(name: &syntax::text::Name) -> PyResult<Ref> {
    build::name(&Text::from_wtf8(name.as_bytes()))
}

/// The entry of a block whose children have theirs already.
fn entry(block: &Block, made: &[Option<Ref>]) -> PyResult<Ref> {
    let symbols = crate::support::dict_new()?;
    for (name, flags) in block.symbols.iter() {
        crate::support::dict_set(symbols.b(), name_object(name)?.b(), int::new(i64::from(*flags))?.b())?;
    }
    let varnames = block.varnames.iter().map(name_object).collect::<PyResult<Vec<_>>>()?;
    let child = |id: &BlockId| made.get(id.0).and_then(Clone::clone);
    let children = block.children.iter().filter_map(child).collect();
    let new = Entry {
        header: <abi::PyObject as abi::CStruct>::ZERO,
        id: OptRef::none(),
        name: OptRef::new(Some(name_object(&block.name)?)),
        symbols: OptRef::new(Some(symbols)),
        varnames: OptRef::new(Some(crate::support::list_new(varnames)?)),
        children: OptRef::new(Some(crate::support::list_new(children)?)),
        nested: Cell::new(i32::from(block.nested)),
        kind: Cell::new(block.kind as i32),
        lineno: Cell::new(block.location.lineno),
    };
    let made = object::memory::new_instance(Entry::type_object(), new)?;
    // The number of a table is the address of something that lives as long as it.
    let address = u64::try_from(made.ptr().addr()).unwrap_or(u64::MAX);
    let made: Ref = made.upcast();
    made.b().self_as::<Entry>().id.set(Some(int::from_u64(address)?));
    Ok(made)
}

/// The entry of the module, with those of all blocks inside it.
fn top_entry(table: &Symtable) -> PyResult<Ref> {
    let mut made: Vec<Option<Ref>> = vec![None; table.blocks.len()];
    // Inner blocks are entered later than the ones around them, so their numbers are higher.
    for (index, block) in table.blocks.iter().enumerate().rev() {
        let entry = entry(block, &made)?;
        if let Some(slot) = made.get_mut(index) {
            *slot = Some(entry);
        }
    }
    made.swap_remove(Symtable::TOP.0).ok_or_else(|| raise!(SystemError, "a symbol table without a module"))
}

#[pymodule(name = "_symtable")]
pub mod module {
    use super::{Borrowed, PyResult, Ref, Scope, flag, raise, text, top_entry};
    use crate::compile::{self, Source, cf};
    use crate::lifecycle::support;
    use compiler::symtable::BlockKind;

    #[pyattr]
    const USE: u32 = flag::USE;
    #[pyattr]
    const DEF_GLOBAL: u32 = flag::DEF_GLOBAL;
    #[pyattr]
    const DEF_NONLOCAL: u32 = flag::DEF_NONLOCAL;
    #[pyattr]
    const DEF_LOCAL: u32 = flag::DEF_LOCAL;
    #[pyattr]
    const DEF_PARAM: u32 = flag::DEF_PARAM;
    #[pyattr]
    const DEF_TYPE_PARAM: u32 = flag::DEF_TYPE_PARAM;
    #[pyattr]
    const DEF_FREE_CLASS: u32 = flag::DEF_FREE_CLASS;
    #[pyattr]
    const DEF_IMPORT: u32 = flag::DEF_IMPORT;
    #[pyattr]
    const DEF_BOUND: u32 = flag::DEF_BOUND;
    #[pyattr]
    const DEF_ANNOT: u32 = flag::DEF_ANNOT;
    #[pyattr]
    const DEF_COMP_ITER: u32 = flag::DEF_COMP_ITER;
    #[pyattr]
    const DEF_COMP_CELL: u32 = flag::DEF_COMP_CELL;
    #[pyattr]
    const TYPE_FUNCTION: u32 = BlockKind::Function as u32;
    #[pyattr]
    const TYPE_CLASS: u32 = BlockKind::Class as u32;
    #[pyattr]
    const TYPE_MODULE: u32 = BlockKind::Module as u32;
    #[pyattr]
    const TYPE_ANNOTATION: u32 = BlockKind::Annotation as u32;
    #[pyattr]
    const TYPE_TYPE_ALIAS: u32 = BlockKind::TypeAlias as u32;
    #[pyattr]
    const TYPE_TYPE_PARAMETERS: u32 = BlockKind::TypeParameters as u32;
    #[pyattr]
    const TYPE_TYPE_VARIABLE: u32 = BlockKind::TypeVariable as u32;
    #[pyattr]
    const LOCAL: u32 = Scope::Local as u32;
    #[pyattr]
    const GLOBAL_EXPLICIT: u32 = Scope::GlobalExplicit as u32;
    #[pyattr]
    const GLOBAL_IMPLICIT: u32 = Scope::GlobalImplicit as u32;
    #[pyattr]
    const FREE: u32 = Scope::Free as u32;
    #[pyattr]
    const CELL: u32 = Scope::Cell as u32;
    #[pyattr]
    const SCOPE_OFF: u32 = flag::SCOPE_OFFSET;
    #[pyattr]
    const SCOPE_MASK: u32 = flag::SCOPE_MASK;

    /// Return symbol and scope dictionaries used internally by compiler.
    #[pyfunction("($module, source, filename, startstr, /)")]
    fn symtable(source: Borrowed<'_>, filename: Borrowed<'_>, startstr: object::convert::Str<'_>) -> PyResult<Ref> {
        let filename = support::fs_decode(filename)?;
        let mut flags = cf::SOURCE_IS_UTF8;
        let program = Source::from_object(source, "symtable", "string or bytes", &mut flags)?;
        let mode = match text::as_ascii(startstr.0) {
            Some("exec") => compile::Mode::Exec,
            Some("eval") => compile::Mode::Eval,
            Some("single") => compile::Mode::Single,
            _ => return Err(raise!(ValueError, "symtable() arg 3 must be 'exec' or 'eval' or 'single'")),
        };
        let options = compile::Options { flags, ..compile::Options::new(mode) };
        top_entry(&compile::symbols(&program, filename.b(), options)?)
    }
}
