//! Loading, storing and deleting names, and attributes by name.

use super::Compiler;
use crate::error::Result;
use crate::symtable::Scope;
use bytecode::{Location, Op};
use syntax::ast::ExprContext;
use syntax::text::Name;

/// How a name is reached.
enum Place {
    Fast,
    Global,
    Deref(u32),
    Name,
}

impl Compiler<'_> {
    pub(crate) fn load(&mut self, name: &Name, loc: Location) -> Result<()> {
        self.name_op(name, ExprContext::Load, loc)
    }

    pub(crate) fn store(&mut self, name: &Name, loc: Location) -> Result<()> {
        self.name_op(name, ExprContext::Store, loc)
    }

    pub(crate) fn delete(&mut self, name: &Name, loc: Location) -> Result<()> {
        self.name_op(name, ExprContext::Del, loc)
    }

    pub(crate) fn name_op(&mut self, name: &Name, ctx: ExprContext, loc: Location) -> Result<()> {
        let mangled = self.mangled(name);
        let scope = self.block().scope(&mangled);
        match self.place_of(&mangled, scope) {
            Place::Fast => {
                let arg = self.unit().intern_var(&mangled);
                let op = by_context(ctx, [Op::LOAD_FAST, Op::STORE_FAST, Op::DELETE_FAST]);
                self.op_arg(op, arg, loc);
            }
            Place::Deref(arg) => {
                let mut op = by_context(ctx, [Op::LOAD_DEREF, Op::STORE_DEREF, Op::DELETE_DEREF]);
                if ctx == ExprContext::Load {
                    if self.is_class_block() && !self.in_inlined_comprehension() {
                        op = Op::LOAD_FROM_DICT_OR_DEREF;
                        self.op(Op::LOAD_LOCALS, loc);
                    } else if self.block().can_see_class_scope {
                        op = Op::LOAD_FROM_DICT_OR_DEREF;
                        self.load_classdict(loc);
                    }
                }
                self.op_arg(op, arg, loc);
            }
            Place::Global => {
                let arg = self.intern_name(&mangled);
                let mut op = by_context(ctx, [Op::LOAD_GLOBAL, Op::STORE_GLOBAL, Op::DELETE_GLOBAL]);
                if op == Op::LOAD_GLOBAL && self.block().can_see_class_scope && scope == Scope::GlobalImplicit {
                    op = Op::LOAD_FROM_DICT_OR_GLOBALS;
                    self.load_classdict(loc);
                }
                self.op_arg(op, if op == Op::LOAD_GLOBAL { arg << 1 } else { arg }, loc);
            }
            Place::Name => {
                let arg = self.intern_name(&mangled);
                let op = by_context(ctx, [Op::LOAD_NAME, Op::STORE_NAME, Op::DELETE_NAME]);
                if op == Op::LOAD_NAME && self.is_class_block() && self.in_inlined_comprehension() {
                    self.op_arg(Op::LOAD_GLOBAL, arg << 1, loc);
                } else {
                    self.op_arg(op, arg, loc);
                }
            }
        }
        Ok(())
    }

    fn load_classdict(&mut self, loc: Location) {
        let arg = self.unit().intern_free(&Name::known("__classdict__"));
        self.op_arg(Op::LOAD_DEREF, arg, loc);
    }

    fn place_of(&mut self, mangled: &Name, scope: Scope) -> Place {
        let function_like = self.block().is_function_like();
        match scope {
            Scope::Free => Place::Deref(self.unit().intern_free(mangled)),
            Scope::Cell => Place::Deref(self.unit().intern_cell(mangled)),
            Scope::Local if function_like || self.unit_ref().fast_hidden.get(mangled) == Some(&true) => Place::Fast,
            Scope::GlobalImplicit if function_like => Place::Global,
            Scope::GlobalExplicit => Place::Global,
            _ => Place::Name,
        }
    }

    /// An instruction on a name that is not looked up as a variable: attributes, imports.
    pub(crate) fn op_name(&mut self, op: Op, name: &Name, loc: Location) {
        let mangled = self.mangled(name);
        let arg = self.intern_name(&mangled);
        self.op_arg(op, if op == Op::LOAD_ATTR { arg << 1 } else { arg }, loc);
    }

    /// Loads a method: the function and `self`.
    pub(crate) fn load_method(&mut self, name: &Name, loc: Location) {
        let mangled = self.mangled(name);
        let arg = self.intern_name(&mangled);
        self.op_arg(Op::LOAD_ATTR, (arg << 1) | 1, loc);
    }

    /// `LOAD_SUPER_ATTR`; `flags`: 1 loads a method, 2 stands for `super()` with arguments.
    pub(crate) fn load_super(&mut self, name: &Name, flags: u32, loc: Location) {
        let mangled = self.mangled(name);
        let arg = self.intern_name(&mangled);
        self.op_arg(Op::LOAD_SUPER_ATTR, (arg << 2) | flags, loc);
    }
}

fn by_context(ctx: ExprContext, [load, store, delete]: [Op; 3]) -> Op {
    match ctx {
        ExprContext::Load => load,
        ExprContext::Store => store,
        ExprContext::Del => delete,
    }
}
