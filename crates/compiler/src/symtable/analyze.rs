//! The second pass: decides the scope of every name, and which comprehensions are inlined.

use super::{Block, BlockId, BlockKind, Comprehension, Scope, Symtable, flag};
use crate::error::{CompileError, Result, StackGuard};
use crate::hash::HashSet;
use bytecode::Location;
use syntax::text::Name;

type Names = HashSet<Name>;

/// Names that a class makes for its methods and annotation scopes.
pub(super) const CLASS_CELLS: [&str; 3] = ["__class__", "__classdict__", "__conditional_annotations__"];

pub(super) fn analyze(table: &mut Symtable, guard: StackGuard) -> Result<()> {
    let mut analyzer = Analyzer { table, guard };
    analyzer.block(Symtable::TOP, &Around { bound: None, type_params: &Names::default(), class: None }).map(drop)
}

/// What the blocks around tell a block.
#[derive(Clone, Copy)]
struct Around<'a> {
    /// Names that functions around bind.
    bound: Option<&'a Names>,
    type_params: &'a Names,
    /// The class whose names the block can see.
    class: Option<BlockId>,
}

struct Analyzer<'a> {
    table: &'a mut Symtable,
    guard: StackGuard,
}

/// What the names of one block turn out to be.
#[derive(Default)]
struct Found {
    /// Of each symbol, in order.
    scopes: Vec<Scope>,
    inlined_cells: Names,
}

impl Analyzer<'_> {
    /// Analyses a block and those inside it; returns the names that are free in it.
    fn block(&mut self, id: BlockId, around: &Around<'_>) -> Result<Names> {
        self.guard.check()?;
        let block = self.table.block(id);
        let is_class = block.kind == BlockKind::Class;
        let narrowed = without_globals(block, around.bound);
        let bound = narrowed.as_ref().or(around.bound);
        let mut found = Found { scopes: Vec::with_capacity(block.symbols.len()), ..Found::default() };
        let mut free = Names::default();
        for (name, flags) in block.symbols.iter() {
            found.scopes.push(self.name(block, name, *flags, &Around { bound, ..*around }, &mut free)?);
        }
        let mut new_free = Names::default();
        if !block.children.is_empty() {
            let new_bound = bound_inside(block, &found, if is_class { around.bound } else { bound });
            let type_params = type_params_inside(block, around.type_params);
            let inside =
                Around { bound: Some(&new_bound), type_params: type_params.as_ref().unwrap_or(around.type_params), ..*around };
            self.children(id, &inside, &mut found, &mut new_free)?;
        }
        let block = self.table.block_mut(id);
        if block.is_function_like() {
            found.make_cells(block, &mut new_free);
        } else if is_class {
            drop_class_free(block, &mut new_free);
        }
        let class_flag = is_class || block.can_see_class_scope;
        update_symbols(block, &found, bound, &new_free, class_flag);
        free.extend(new_free);
        Ok(free)
    }

    /// Analyses the blocks inside a block, and takes in comprehensions.
    fn children(&mut self, id: BlockId, inside: &Around<'_>, found: &mut Found, free: &mut Names) -> Result<()> {
        let is_class = self.table.block(id).kind == BlockKind::Class;
        let mut needs_classdict = false;
        let mut any_inlined = false;
        for child in self.table.block(id).children.clone() {
            let block = self.table.block(id);
            let entry = self.table.block(child);
            let class = match (entry.can_see_class_scope, is_class) {
                (true, true) => Some(id),
                (true, false) => inside.class,
                _ => None,
            };
            needs_classdict |= is_class && entry.can_see_class_scope;
            let inline = entry.comprehension.is_some_and(|kind| kind != Comprehension::Generator) && !block.can_see_class_scope;
            let mut child_free = self.block(child, &Around { class, ..*inside })?;
            if inline {
                self.inline_comprehension(id, child, found, &mut child_free);
                self.table.block_mut(child).comp_inlined = true;
                any_inlined = true;
            }
            free.extend(child_free);
        }
        if any_inlined {
            self.splice_inlined(id);
        }
        self.table.block_mut(id).needs_classdict |= needs_classdict;
        Ok(())
    }

    fn name(&self, block: &Block, name: &Name, flags: u32, around: &Around<'_>, free: &mut Names) -> Result<Scope> {
        if flags & flag::DEF_GLOBAL != 0 {
            if flags & flag::DEF_NONLOCAL != 0 {
                return Err(at_directive(block, name, format!("name '{}' is nonlocal and global", show(name))));
            }
            Ok(Scope::GlobalExplicit)
        } else if flags & flag::DEF_NONLOCAL != 0 {
            let Some(bound) = around.bound else {
                let message = "nonlocal declaration not allowed at module level".to_owned();
                return Err(at_directive(block, name, message));
            };
            if !bound.contains(name) {
                let message = format!("no binding for nonlocal '{}' found", show(name));
                return Err(at_directive(block, name, message));
            }
            if around.type_params.contains(name) {
                let message = format!("nonlocal binding not allowed for type parameter '{}'", show(name));
                return Err(at_directive(block, name, message));
            }
            free.insert(name.clone());
            Ok(Scope::Free)
        } else if flags & flag::DEF_BOUND != 0 {
            Ok(Scope::Local)
        } else {
            Ok(self.used_name(name, around, free))
        }
    }

    /// A name that the block uses and does not bind.
    fn used_name(&self, name: &Name, around: &Around<'_>, free: &mut Names) -> Scope {
        if let Some(class) = around.class {
            let flags = self.table.block(class).symbol(name);
            if flags & flag::DEF_GLOBAL != 0 {
                return Scope::GlobalExplicit;
            }
            if flags & flag::DEF_BOUND != 0 && flags & flag::DEF_NONLOCAL == 0 {
                return Scope::GlobalImplicit;
            }
        }
        if around.bound.is_some_and(|bound| bound.contains(name)) {
            free.insert(name.clone());
            return Scope::Free;
        }
        Scope::GlobalImplicit
    }

    /// Moves the symbols of an inlined comprehension into the block around it.
    fn inline_comprehension(&mut self, id: BlockId, comp: BlockId, found: &mut Found, comp_free: &mut Names) {
        let symbols: Vec<(Name, u32)> = self.table.block(comp).symbols.iter().map(|(n, f)| (n.clone(), *f)).collect();
        let is_class = self.table.block(id).kind == BlockKind::Class;
        for (name, comp_flags) in symbols {
            if comp_flags & flag::DEF_PARAM != 0 {
                continue;
            }
            let mut scope = Scope::of(comp_flags);
            let only_flags = comp_flags & ((1 << flag::SCOPE_OFFSET) - 1);
            if scope == Scope::Cell || only_flags & flag::DEF_COMP_CELL != 0 {
                found.inlined_cells.insert(name.clone());
            }
            if scope == Scope::Free && is_class && CLASS_CELLS.iter().any(|cell| name == *cell) {
                // These are never free through a class.
                scope = Scope::GlobalImplicit;
                if !self.is_free_in_any_child(comp, &name) {
                    comp_free.remove(&name);
                }
                self.table.block_mut(comp).symbols.remove(&name);
            }
            match self.table.block(id).symbols.get(&name).copied() {
                None => {
                    self.table.block_mut(id).symbols.insert(name.clone(), only_flags);
                    found.scopes.push(scope);
                }
                Some(existing) => {
                    if scope == Scope::Free && !is_class {
                        // What the comprehension uses of the function's names, the function uses.
                        self.table.block_mut(id).symbols.insert(name.clone(), existing | (only_flags & flag::USE));
                    }
                    let bound = existing & flag::DEF_BOUND != 0 && !is_class;
                    if bound && !self.is_free_in_any_child(comp, &name) {
                        comp_free.remove(&name);
                    }
                }
            }
        }
    }

    fn is_free_in_any_child(&self, id: BlockId, name: &Name) -> bool {
        let children = &self.table.block(id).children;
        children.iter().any(|child| self.table.block(*child).scope(name) == Scope::Free)
    }

    /// An inlined comprehension's children become children of the block around it.
    fn splice_inlined(&mut self, id: BlockId) {
        let children = std::mem::take(&mut self.table.block_mut(id).children);
        let mut spliced = Vec::with_capacity(children.len());
        for child in children {
            let block = self.table.block(child);
            if block.comp_inlined {
                spliced.extend_from_slice(&block.children);
            } else {
                spliced.push(child);
            }
        }
        self.table.block_mut(id).children = spliced;
    }
}

impl Found {
    /// Locals that inner blocks use become cells.
    fn make_cells(&mut self, block: &Block, free: &mut Names) {
        if free.is_empty() && self.inlined_cells.is_empty() {
            return;
        }
        for (name, scope) in block.symbols.keys().zip(&mut self.scopes) {
            if *scope == Scope::Local && (free.contains(name) || self.inlined_cells.contains(name)) {
                *scope = Scope::Cell;
                free.remove(name);
            }
        }
    }
}

/// The names that are bound around without those that the block declares global, if there are such.
fn without_globals(block: &Block, bound: Option<&Names>) -> Option<Names> {
    let bound = bound.filter(|bound| !bound.is_empty())?;
    let mut globals = block.symbols.iter().filter(|(_, flags)| **flags & flag::DEF_GLOBAL != 0).map(|(name, _)| name);
    globals.any(|name| bound.contains(name)).then(|| {
        let is_global = |name: &Name| block.symbol(name) & flag::DEF_GLOBAL != 0;
        bound.iter().filter(|name| !is_global(name)).cloned().collect()
    })
}

/// The names that are bound around the blocks inside this one.
fn bound_inside(block: &Block, found: &Found, bound: Option<&Names>) -> Names {
    let mut inside = bound.cloned().unwrap_or_default();
    if block.kind == BlockKind::Class {
        inside.extend(CLASS_CELLS.map(Name::from));
    } else if block.is_function_like() {
        let locals = block.symbols.keys().zip(&found.scopes).filter(|(_, scope)| **scope == Scope::Local);
        inside.extend(locals.map(|(name, _)| name.clone()));
    }
    inside
}

/// The type parameters around the blocks inside this one, if they are others than those around it.
fn type_params_inside(block: &Block, around: &Names) -> Option<Names> {
    let bound = || {
        let is_bound = |flags: u32| flags & flag::DEF_BOUND != 0 && flags & (flag::DEF_GLOBAL | flag::DEF_NONLOCAL) == 0;
        block.symbols.iter().filter(move |(_, flags)| is_bound(**flags))
    };
    let is_param = |flags: u32| flags & flag::DEF_TYPE_PARAM != 0;
    if !bound().any(|(name, flags)| is_param(*flags) || around.contains(name)) {
        return None;
    }
    let mut inside = around.clone();
    for (name, flags) in bound() {
        if is_param(*flags) {
            inside.insert(name.clone());
        } else {
            inside.remove(name);
        }
    }
    Some(inside)
}

fn drop_class_free(block: &mut Block, free: &mut Names) {
    if free.is_empty() {
        return;
    }
    let [class, classdict, conditional] = CLASS_CELLS.map(Name::from);
    if free.remove(&class) {
        block.needs_class_closure = true;
    }
    if free.remove(&classdict) {
        block.needs_classdict = true;
    }
    if free.remove(&conditional) {
        block.has_conditional_annotations = true;
    }
}

fn update_symbols(block: &mut Block, found: &Found, bound: Option<&Names>, free: &Names, class_flag: bool) {
    for ((name, flags), scope) in block.symbols.iter_mut().zip(&found.scopes) {
        if !found.inlined_cells.is_empty() && found.inlined_cells.contains(name) {
            *flags |= flag::DEF_COMP_CELL;
        }
        *flags |= scope.bits();
    }
    if free.is_empty() {
        return;
    }
    let mut free: Vec<&Name> = free.iter().collect();
    free.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    for name in free {
        if let Some(flags) = block.symbols.get_mut(name) {
            if class_flag {
                *flags |= flag::DEF_FREE_CLASS;
            }
            continue;
        }
        if bound.is_some_and(|bound| !bound.contains(name)) {
            continue;
        }
        block.symbols.insert(name.clone(), Scope::Free.bits());
    }
}

fn at_directive(block: &Block, name: &Name, message: String) -> CompileError {
    let location = block.directives.iter().find(|(n, _)| n == name).map_or(Location::NONE, |(_, location)| *location);
    CompileError::syntax(location, message)
}

fn show(name: &Name) -> String {
    name.to_string_lossy()
}
