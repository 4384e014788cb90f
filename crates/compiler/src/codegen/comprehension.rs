//! Comprehensions and generator expressions; most comprehensions are inlined (PEP 709).

use super::unit::{Arity, FrameBlockKind, InlinedState, ScopeKind};
use super::{Compiler, loc_of};
use crate::error::Result;
use crate::symtable::{BlockId, Key, Part, Scope, flag};
use bytecode::{Const, Location, Op};
use syntax::ast::*;
use syntax::text::Name;

/// What a comprehension makes.
#[derive(Clone, Copy)]
enum Element<'a> {
    Generator(&'a Expr),
    List(&'a Expr),
    Set(&'a Expr),
    Dict(&'a Expr, &'a Expr),
}

impl<'a> Compiler<'a> {
    pub(crate) fn comprehension(&mut self, expr: &'a Expr) -> Result<()> {
        let (name, element, generators) = match &expr.kind {
            ExprKind::GeneratorExp { elt, generators } => ("<genexpr>", Element::Generator(elt), generators),
            ExprKind::ListComp { elt, generators } => ("<listcomp>", Element::List(elt), generators),
            ExprKind::SetComp { elt, generators } => ("<setcomp>", Element::Set(elt), generators),
            ExprKind::DictComp { key, value, generators } => ("<dictcomp>", Element::Dict(key, value), generators),
            _ => return Ok(()),
        };
        let Some(outermost) = generators.first() else { return Ok(()) };
        let loc = loc_of(expr.span);
        let block_id = self.find_block(Key::new(expr, Part::Body))?;
        let block = self.table.block(block_id);
        let inlined = block.comp_inlined;
        let is_async = block.coroutine;
        let mut state = InlinedState::default();
        if inlined {
            self.outermost_iterator(outermost)?;
            self.enter_inlined(block_id, loc, &mut state)?;
        } else {
            let arity = Arity { args: 1, ..Arity::default() };
            let name = Name::from(name);
            self.enter_scope(&name, ScopeKind::Comprehension, block_id, loc.lineno, None, arity)?;
        }
        let is_generator = matches!(element, Element::Generator(_));
        let build = match element {
            Element::Generator(_) => None,
            Element::List(_) => Some(Op::BUILD_LIST),
            Element::Set(_) => Some(Op::BUILD_SET),
            Element::Dict(..) => Some(Op::BUILD_MAP),
        };
        if let Some(build) = build {
            self.op_arg(build, 0, loc);
            if inlined {
                self.op_arg(Op::SWAP, 2, loc);
            }
        }
        self.generator(loc, generators, 0, 0, element, inlined)?;
        if inlined {
            self.leave_inlined(loc, state);
            return Ok(());
        }
        if is_generator {
            self.wrap_in_stop_iteration_handler();
        } else {
            self.op(Op::RETURN_VALUE, loc);
        }
        let code = self.assemble(true)?;
        self.exit_scope();
        self.make_closure(code, 0, loc)?;
        self.outermost_iterator(outermost)?;
        self.op_arg(Op::CALL, 0, loc);
        if is_async && !is_generator {
            self.await_on_stack(0, loc);
        }
        Ok(())
    }

    fn outermost_iterator(&mut self, outermost: &'a Comprehension) -> Result<()> {
        self.expr(&outermost.iter)?;
        let op = if outermost.is_async != 0 { Op::GET_AITER } else { Op::GET_ITER };
        self.op(op, loc_of(outermost.iter.span));
        Ok(())
    }

    fn generator(
        &mut self,
        loc: Location,
        generators: &'a [Comprehension],
        index: usize,
        depth: u32,
        element: Element<'a>,
        iter_on_stack: bool,
    ) -> Result<()> {
        self.guard.check()?;
        match generators.get(index) {
            None => Ok(()),
            Some(generator) if generator.is_async != 0 => {
                self.async_generator(loc, generators, index, depth, element, iter_on_stack)
            }
            Some(_) => self.sync_generator(loc, generators, index, depth, element, iter_on_stack),
        }
    }

    fn sync_generator(
        &mut self,
        loc: Location,
        generators: &'a [Comprehension],
        index: usize,
        mut depth: u32,
        element: Element<'a>,
        iter_on_stack: bool,
    ) -> Result<()> {
        let Some(generator) = generators.get(index) else { return Ok(()) };
        let start = self.new_label();
        let if_cleanup = self.new_label();
        let anchor = self.new_label();
        let mut loops = true;
        if !iter_on_stack {
            if index == 0 {
                self.op_arg(Op::LOAD_FAST, 0, loc);
            } else if let Some(value) = single_element(&generator.iter) {
                // `for y in [f(x)]` is an assignment.
                self.expr(value)?;
                loops = false;
            } else {
                self.expr(&generator.iter)?;
                self.op(Op::GET_ITER, loc_of(generator.iter.span));
            }
        }
        if loops {
            depth += 1;
            self.place(start);
            self.jump(Op::FOR_ITER, anchor, loc_of(generator.iter.span));
        }
        self.expr(&generator.target)?;
        for condition in &generator.ifs {
            self.jump_if(condition, if_cleanup, false)?;
        }
        let element_loc = self.inner(loc, generators, index, depth, element)?;
        self.place(if_cleanup);
        if loops {
            self.jump(Op::JUMP, start, element_loc);
            self.place(anchor);
            self.op(Op::END_FOR, Location::NONE);
            self.op(Op::POP_ITER, Location::NONE);
        }
        Ok(())
    }

    fn async_generator(
        &mut self,
        loc: Location,
        generators: &'a [Comprehension],
        index: usize,
        depth: u32,
        element: Element<'a>,
        iter_on_stack: bool,
    ) -> Result<()> {
        let Some(generator) = generators.get(index) else { return Ok(()) };
        let start = self.new_label();
        let send = self.new_label();
        let except = self.new_label();
        let if_cleanup = self.new_label();
        if !iter_on_stack {
            if index == 0 {
                self.op_arg(Op::LOAD_FAST, 0, loc);
            } else {
                self.expr(&generator.iter)?;
                self.op(Op::GET_AITER, loc_of(generator.iter.span));
            }
        }
        self.place(start);
        self.push_block(FrameBlockKind::AsyncComprehensionGenerator, Some(start), None, loc)?;
        self.jump(Op::SETUP_FINALLY, except, loc);
        self.op(Op::GET_ANEXT, loc);
        self.load_const(Const::None, loc);
        self.place(send);
        self.yield_from(loc, true);
        self.op(Op::POP_BLOCK, loc);
        self.expr(&generator.target)?;
        for condition in &generator.ifs {
            self.jump_if(condition, if_cleanup, false)?;
        }
        let element_loc = self.inner(loc, generators, index, depth + 1, element)?;
        self.place(if_cleanup);
        self.jump(Op::JUMP, start, element_loc);
        self.pop_block();
        self.place(except);
        self.jump(Op::END_ASYNC_FOR, send, loc);
        Ok(())
    }

    /// The next generator, or the element after the last one; returns the element's location.
    fn inner(
        &mut self,
        loc: Location,
        generators: &'a [Comprehension],
        index: usize,
        depth: u32,
        element: Element<'a>,
    ) -> Result<Location> {
        let last = index + 1 >= generators.len();
        if !last {
            self.generator(loc, generators, index + 1, depth, element, false)?;
        }
        let (first, op) = match element {
            Element::Generator(elt) => {
                let loc = loc_of(elt.span);
                if last {
                    self.expr(elt)?;
                    self.yield_value(loc);
                    self.op(Op::POP_TOP, loc);
                }
                return Ok(loc);
            }
            Element::List(elt) => (elt, Op::LIST_APPEND),
            Element::Set(elt) => (elt, Op::SET_ADD),
            Element::Dict(key, _) => (key, Op::MAP_ADD),
        };
        let mut loc = loc_of(first.span);
        if last {
            self.expr(first)?;
            if let Element::Dict(_, value) = element {
                self.expr(value)?;
                loc.end_lineno = value.span.end_lineno;
                loc.end_col_offset = value.span.end_col_offset;
            }
            self.op_arg(op, depth + 1, loc);
        }
        Ok(loc)
    }

    /// Prepares the unit around an inlined comprehension: scopes of names, saved locals.
    fn enter_inlined(&mut self, block_id: BlockId, loc: Location, state: &mut InlinedState) -> Result<()> {
        let in_class_block = self.is_class_block() && !self.in_inlined_comprehension();
        self.unit().inlined_depth += 1;
        let outer_id = self.unit_ref().block;
        let function_like = self.block().is_function_like();
        let symbols: Vec<(Name, u32)> =
            self.table.block(block_id).symbols.iter().map(|(name, flags)| (name.clone(), *flags)).collect();
        for (name, symbol) in symbols {
            let scope = Scope::of(symbol);
            let outer_symbol = self.table.block(outer_id).symbol(&name);
            let outer_scope = Scope::of(outer_symbol);
            let differs = scope != outer_scope && scope != Scope::Free && !(scope == Scope::Cell && outer_scope == Scope::Free);
            if differs || in_class_block {
                state.symbols.insert(name.clone(), outer_symbol);
                self.table.block_mut(outer_id).symbols.insert(name.clone(), symbol);
            }
            if symbol & flag::DEF_LOCAL == 0 || symbol & flag::DEF_NONLOCAL != 0 {
                continue;
            }
            if !function_like && self.unit_ref().fast_hidden.get(&name) != Some(&true) {
                self.unit().fast_hidden.insert(name.clone(), true);
                state.fast_hidden.push(name.clone());
            }
            let var = self.unit().intern_var(&name);
            self.op_arg(Op::LOAD_FAST_AND_CLEAR, var, loc);
            if scope == Scope::Cell {
                let unit = self.unit();
                let cell = if outer_scope == Scope::Free { unit.intern_free(&name) } else { unit.intern_cell(&name) };
                self.op_arg(Op::MAKE_CELL, cell, loc);
            }
            state.pushed.push(name);
        }
        if !state.pushed.is_empty() {
            self.op_count(Op::SWAP, state.pushed.len() + 1, loc);
            let cleanup = self.new_label();
            self.jump(Op::SETUP_FINALLY, cleanup, loc);
            self.push_block(FrameBlockKind::InlinedComprehension, Some(cleanup), None, loc)?;
            state.cleanup = Some(cleanup);
        }
        Ok(())
    }

    fn leave_inlined(&mut self, loc: Location, state: InlinedState) {
        let nowhere = Location::NONE;
        if let Some(cleanup) = state.cleanup {
            self.pop_block();
            self.op(Op::POP_BLOCK, nowhere);
            let end = self.new_label();
            self.jump(Op::JUMP_NO_INTERRUPT, end, nowhere);
            self.place(cleanup);
            self.op_arg(Op::SWAP, 2, nowhere);
            self.op(Op::POP_TOP, nowhere);
            self.restore_locals(&state.pushed, loc);
            self.op_arg(Op::RERAISE, 0, nowhere);
            self.place(end);
            self.restore_locals(&state.pushed, loc);
        }
        self.unit().inlined_depth -= 1;
        let outer_id = self.unit_ref().block;
        for (name, symbol) in state.symbols {
            self.table.block_mut(outer_id).symbols.insert(name, symbol);
        }
        for name in state.fast_hidden {
            self.unit().fast_hidden.insert(name, false);
        }
    }

    fn restore_locals(&mut self, names: &[Name], loc: Location) {
        self.op_count(Op::SWAP, names.len() + 1, loc);
        for name in names.iter().rev() {
            let var = self.unit().intern_var(name);
            self.op_arg(Op::STORE_FAST_MAYBE_NULL, var, loc);
        }
    }
}

/// The only element of a list or tuple display.
fn single_element(iter: &Expr) -> Option<&Expr> {
    match &iter.kind {
        ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => match elts.as_slice() {
            [elt] if !matches!(elt.kind, ExprKind::Starred { .. }) => Some(elt),
            _ => None,
        },
        _ => None,
    }
}
