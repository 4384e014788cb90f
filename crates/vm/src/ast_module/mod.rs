//! The module `_ast`: classes of the syntax tree, and converters in both directions.

mod classes;
mod convert;
mod node;

use convert::{Context, Node};
use macros::pymodule;
use object::{Borrowed, PyResult, Ref, StaticType, raise};
use syntax::Mode;
use syntax::ast::Mod;

#[pymodule(name = "_ast")]
pub mod module {
    use crate::compile::cf;
    use object::{Borrowed, PyResult};

    #[pyattr]
    const PyCF_ONLY_AST: u32 = cf::ONLY_AST;
    #[pyattr]
    const PyCF_TYPE_COMMENTS: u32 = cf::TYPE_COMMENTS;
    #[pyattr]
    const PyCF_ALLOW_TOP_LEVEL_AWAIT: u32 = cf::ALLOW_TOP_LEVEL_AWAIT;
    #[pyattr]
    const PyCF_OPTIMIZED_AST: u32 = cf::OPTIMIZED_AST;

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let classes = super::classes::of_interpreter()?;
        module.setattr(crate::lifecycle::support::intern("AST").b(), classes.get("AST")?.b())?;
        for class in super::classes::table() {
            module.setattr(crate::lifecycle::support::intern(class.name).b(), classes.get(class.name)?.b())?;
        }
        Ok(())
    }
}

pub use node::Ast;

/// Whether the object is a node of a tree.
pub fn is_ast(object: Borrowed<'_>) -> PyResult<bool> {
    Ok(object.class().is_subtype(Ast::type_object()))
}

/// A tree as objects.
pub fn to_object(module: &Mod) -> PyResult<Ref> {
    module.to_object(&Context { classes: classes::of_interpreter()? })
}

/// An object as a constant; TypeError where it is none.
pub fn constant_of(object: Borrowed<'_>) -> PyResult<syntax::ast::Constant> {
    syntax::ast::Constant::from_object(object, &Context { classes: classes::of_interpreter()? })
}

/// TypeError if the tree is not one for this mode.
pub fn check_mode(tree: Borrowed<'_>, mode: Mode) -> PyResult<()> {
    let expected = match mode {
        Mode::Exec => "Module",
        Mode::Eval => "Expression",
        Mode::Single => "Interactive",
        Mode::FuncType => "FunctionType",
    };
    if classes::of_interpreter()?.is_instance(tree, expected)? {
        return Ok(());
    }
    let found = tree.class().tp_name();
    Err(raise!(TypeError, "expected {expected} node, got {found}"))
}

/// Objects as a tree.
pub fn from_object(tree: Borrowed<'_>, mode: Mode) -> PyResult<Mod> {
    check_mode(tree, mode)?;
    Mod::from_object(tree, &Context { classes: classes::of_interpreter()? })
}
