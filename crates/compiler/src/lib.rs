//! The abstract syntax tree to code objects: symbols, code generation, the flow graph and its optimisations, assembly.
//!
//! The result equals CPython 3.14's to the byte: instructions, constants, names, stack size, location table and
//! exception table. No I/O, no objects of the run time.

mod assemble;
mod codegen;
pub mod error;
mod flowgraph;
mod fold;
pub mod future;
mod hash;
mod instructions;
mod mangle;
mod ordered;
pub mod preprocess;
pub mod stages;
pub mod symtable;
pub mod validate;

use bytecode::{Code, Text, flags};
use error::{Result, WarnSink};
use syntax::ast::Mod;

pub use error::{CompileError, ErrorKind, Warning};
pub use mangle::mangle;

/// How to compile.
#[derive(Clone, Copy, Debug)]
pub struct CompileOptions {
    /// Level of `-O`: 0, 1 or 2.
    pub optimize: u32,
    /// `CO_FUTURE_*` that the module inherits.
    pub flags: u32,
    /// `PyCF_ALLOW_TOP_LEVEL_AWAIT`.
    pub top_level_await: bool,
    /// Native stack that may be used, in bytes.
    pub stack: usize,
}

impl Default for CompileOptions {
    fn default() -> CompileOptions {
        CompileOptions { optimize: 0, flags: 0, top_level_await: false, stack: 2 << 20 }
    }
}

/// Compiles a module, which is preprocessed in place.
pub fn compile(
    module: &mut Mod,
    filename: impl Into<Text>,
    options: &CompileOptions,
    warnings: &mut dyn WarnSink,
) -> Result<Code> {
    let mut future = future::from_ast(module)?;
    future.features |= options.flags & flags::PYCF_MASK;
    preprocess::preprocess(
        module,
        preprocess::Options {
            optimize: options.optimize,
            features: future.features,
            syntax_check_only: false,
            warnings: Some(&mut *warnings),
            stack: options.stack,
        },
    )?;
    let table = symtable::build(module, &future, options.top_level_await, options.stack)?;
    codegen::module(module, filename.into(), table, future.features, options, warnings)
}

/// The symbol table of a module, for the `symtable` module. The tree is left as it is.
pub fn symbols(module: &Mod, options: &CompileOptions) -> Result<symtable::Symtable> {
    let mut future = future::from_ast(module)?;
    future.features |= options.flags & flags::PYCF_MASK;
    symtable::build(module, &future, options.top_level_await, options.stack)
}
