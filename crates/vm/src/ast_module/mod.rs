//! The module `_ast`: classes of the syntax tree, and converters in both directions.

use macros::pymodule;
use object::{Borrowed, PyResult, Ref, raise};
use syntax::Mode;
use syntax::ast::Mod;

/// The classes of the abstract syntax tree.
#[pymodule(name = "_ast")]
pub mod module {
    use crate::compile::cf;
    use object::PyResult;

    #[pyattr(name = "PyCF_ONLY_AST")]
    fn only_ast() -> PyResult<u32> {
        Ok(cf::ONLY_AST)
    }
}

/// Whether the object is a node of a tree.
pub fn is_ast(_object: Borrowed<'_>) -> PyResult<bool> {
    Ok(false)
}

/// A tree as objects.
pub fn to_object(_module: &Mod) -> PyResult<Ref> {
    Err(raise!(NotImplementedError, "syntax trees as objects"))
}

/// Objects as a tree.
pub fn from_object(_tree: Borrowed<'_>, _mode: Mode) -> PyResult<Mod> {
    Err(raise!(NotImplementedError, "syntax trees from objects"))
}
