//! Code generation: the tree to instruction sequences, one for each code object.
//!
//! Each submodule handles one part of the language; this one holds the compiler's state and the primitives that emit
//! instructions. Instructions are written in the simplest form that is correct; the flow graph improves them.

mod annotations;
mod assignment;
mod call;
mod checks;
mod class;
mod comprehension;
mod display;
pub(crate) mod docstring;
mod expression;
mod function;
mod imports;
mod jump;
mod loops;
mod names;
mod patterns;
mod scope;
mod statement;
mod strings;
mod try_except;
mod type_params;
pub(crate) mod unit;
mod unparse;
mod unwind;
mod with;
pub(crate) mod workshop;

use crate::CompileOptions;
use crate::assemble::Scratch;
use crate::error::{CompileError, Result, StackGuard, WarnSink, warn};
use crate::flowgraph::Graph;
use crate::future::location;
use crate::instructions::{Label, Sequence};
use crate::symtable::{BlockId, BlockKind, Key, Part, Symtable};
use bytecode::{Code, Const, Int, Location, Op, Text};
use std::borrow::Cow;
use syntax::ast::{self, Constant, Mod, Span, Stmt};
use syntax::text::Name;
use unit::{Arity, ScopeKind, Unit};
use workshop::Workshop;

pub(crate) use scope::intrinsic;

/// More values than this are not kept on the stack at a time.
pub(crate) const STACK_USE_GUIDELINE: usize = 30;

/// Compiles a preprocessed module.
pub(crate) fn module(
    module: &Mod,
    filename: Text,
    table: Symtable,
    features: u32,
    options: &CompileOptions,
    sink: &mut dyn WarnSink,
) -> Result<Code> {
    let top = table.lookup(Key::new(module, Part::Body)).unwrap_or(Symtable::TOP);
    let mut compiler = Compiler::new(module, filename, table, features, options, sink);
    compiler.module(module, top)?;
    let code = compiler.assemble(has_no_value(module))?;
    compiler.exit_scope();
    compiler.keep();
    Ok(code)
}

/// The instructions and constants of a preprocessed module before any optimisation, with those of the functions inside it.
pub(crate) fn sequence(
    module: &Mod,
    filename: Text,
    table: Symtable,
    features: u32,
    options: &CompileOptions,
    sink: &mut dyn WarnSink,
) -> Result<(Sequence, Vec<Const>)> {
    let top = table.lookup(Key::new(module, Part::Body)).unwrap_or(Symtable::TOP);
    let mut compiler = Compiler::new(module, filename, table, features, options, sink);
    compiler.keep_sequences = true;
    compiler.module(module, top)?;
    compiler.end_code(has_no_value(module));
    let unit = compiler.unit();
    let mut sequence = std::mem::take(&mut unit.sequence);
    sequence.nested = std::mem::take(&mut unit.nested);
    Ok((sequence, unit.consts.keys().map(|constant| constant.0.clone()).collect()))
}

fn has_no_value(module: &Mod) -> bool {
    !matches!(module, Mod::Expression { .. })
}

/// The state of a compilation; the last unit is the one being written.
pub(crate) struct Compiler<'a> {
    pub table: Symtable,
    pub filename: Text,
    /// `CO_FUTURE_*`.
    pub features: u32,
    pub options: CompileOptions,
    sink: &'a mut dyn WarnSink,
    pub guard: StackGuard,
    interactive: bool,
    /// Above 0 while a `finally` body is compiled another time.
    muted: usize,
    units: Vec<Unit<'a>>,
    /// The flow graph and the assembler's lists, for one unit after the other.
    graph: Graph,
    scratch: Scratch,
    /// Sequences of finished units, whose memory the next ones take.
    spare: Vec<Sequence>,
    /// Whether each unit keeps the sequences of the units inside it.
    keep_sequences: bool,
}

impl<'a> Compiler<'a> {
    /// A compiler before its first unit.
    fn new(
        module: &Mod,
        filename: Text,
        table: Symtable,
        features: u32,
        options: &CompileOptions,
        sink: &'a mut dyn WarnSink,
    ) -> Self {
        let Workshop { graph, scratch, spare } = workshop::take();
        Compiler {
            table,
            filename,
            features,
            options: *options,
            sink,
            guard: StackGuard::new(options.stack),
            interactive: matches!(module, Mod::Interactive { .. }),
            muted: 0,
            units: Vec::new(),
            graph,
            scratch,
            spare,
            keep_sequences: false,
        }
    }

    /// Leaves the memory of its lists to the next one.
    fn keep(self) {
        workshop::keep(Workshop { graph: self.graph, scratch: self.scratch, spare: self.spare });
        self.table.keep();
    }

    /// Writes the module's unit, which stays open.
    fn module(&mut self, module: &'a Mod, top: BlockId) -> Result<()> {
        self.enter_scope(&Name::known("<module>"), ScopeKind::Module, top, 1, None, Arity::default())?;
        match module {
            Mod::Module { body, .. } | Mod::Interactive { body } => self.module_body(body),
            Mod::Expression { body } => self.expr(body),
            Mod::FunctionType { .. } => Err(CompileError::system("module kind 4 should not be possible")),
        }
    }

    fn module_body(&mut self, body: &'a [Stmt]) -> Result<()> {
        let loc = match body.first() {
            Some(stmt) => location(stmt.span),
            None => Location { lineno: 1, end_lineno: 1, col_offset: 0, end_col_offset: 0 },
        };
        if self.block().has_conditional_annotations {
            self.op_arg(Op::BUILD_SET, 0, loc);
            let name = self.intern_name(&Name::known("__conditional_annotations__"));
            self.op_arg(Op::STORE_NAME, name, loc);
        }
        self.body(loc, body, self.interactive)
    }

    /// The unit being written.
    pub(crate) fn unit(&mut self) -> &mut Unit<'a> {
        let last = self.units.len().saturating_sub(1);
        &mut self.units[last]
    }

    pub(crate) fn unit_ref(&self) -> &Unit<'a> {
        &self.units[self.units.len().saturating_sub(1)]
    }

    /// The symbol table's block of the unit being written.
    pub(crate) fn block(&self) -> &crate::symtable::Block {
        self.table.block(self.unit_ref().block)
    }

    fn is_interactive_top_level(&self) -> bool {
        self.interactive && self.units.len() == 1
    }

    fn in_inlined_comprehension(&self) -> bool {
        self.unit_ref().inlined_depth > 0
    }

    pub(crate) fn op(&mut self, op: Op, loc: Location) {
        self.unit().sequence.push(op, 0, loc);
    }

    pub(crate) fn op_arg(&mut self, op: Op, arg: u32, loc: Location) {
        self.unit().sequence.push(op, arg, loc);
    }

    /// An operand that counts something in the program.
    pub(crate) fn op_count(&mut self, op: Op, count: usize, loc: Location) {
        self.op_arg(op, u32::try_from(count).unwrap_or(u32::MAX), loc);
    }

    pub(crate) fn jump(&mut self, op: Op, target: Label, loc: Location) {
        self.op_arg(op, target.0, loc);
    }

    pub(crate) fn new_label(&mut self) -> Label {
        self.unit().sequence.new_label()
    }

    pub(crate) fn place(&mut self, label: Label) {
        self.unit().sequence.place(label);
    }

    pub(crate) fn load_const(&mut self, value: Const, loc: Location) {
        let index = self.unit().add_const(value);
        self.op_arg(Op::LOAD_CONST, index, loc);
    }

    pub(crate) fn load_int(&mut self, value: usize, loc: Location) {
        self.load_const(Const::int(i64::try_from(value).unwrap_or(i64::MAX)), loc);
    }

    fn intern_name(&mut self, name: &Name) -> u32 {
        self.unit().intern_name(name)
    }

    pub(crate) fn name_const(&mut self, name: &Name) -> Const {
        Const::Str(text(name))
    }

    /// Mangles a name for the class around the unit.
    #[inline]
    pub(crate) fn mangled<'n>(&self, name: &'n Name) -> Cow<'n, Name> {
        self.block().mangle(self.unit_ref().private.as_ref(), name)
    }

    pub(crate) fn warn(&mut self, loc: Location, message: String) -> Result<()> {
        if self.muted > 0 { Ok(()) } else { warn(self.sink, loc, message) }
    }

    /// Compiles statements once more: what they warn about was said, or will be.
    fn repeated(&mut self, stmts: &'a [Stmt]) -> Result<()> {
        self.muted += 1;
        self.stmts(stmts)?;
        self.muted -= 1;
        Ok(())
    }

    fn is_class_block(&self) -> bool {
        self.block().kind == BlockKind::Class
    }
}

/// A name as text of a code object.
pub(crate) fn text(name: &Name) -> Text {
    Text::from_wtf8(name.to_shared_bytes())
}

pub(crate) fn error<T>(loc: Location, message: impl Into<String>) -> Result<T> {
    Err(CompileError::syntax(loc, message))
}

pub(crate) fn show(name: &Name) -> String {
    name.to_string_lossy()
}

/// `repr()` of a name.
pub(crate) fn quoted(name: &Name) -> String {
    format!("'{}'", show(name))
}

pub(crate) fn loc_of(span: Span) -> Location {
    location(span)
}

/// A constant of the tree as a constant of a code object.
pub(crate) fn constant(value: &Constant) -> Const {
    match value {
        Constant::None => Const::None,
        Constant::True => Const::True,
        Constant::False => Const::False,
        Constant::Ellipsis => Const::Ellipsis,
        Constant::Int(ast::Int::Small(value)) => Const::int(*value),
        Constant::Int(ast::Int::Big { negative, digits }) => Const::Int(Int::from_digits(*negative, digits)),
        Constant::Float(value) => Const::Float(*value),
        Constant::Complex { real, imag } => Const::Complex { real: *real, imag: *imag },
        Constant::Str(text) => Const::Str(Text::from_wtf8(text.to_shared_bytes())),
        Constant::Bytes(bytes) => Const::Bytes(bytes.as_ref().into()),
        Constant::Tuple(items) => Const::Tuple(items.iter().map(constant).collect()),
        Constant::FrozenSet(items) => Const::FrozenSet(items.iter().map(constant).collect()),
    }
}
