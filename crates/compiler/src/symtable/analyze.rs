//! The second pass: decides the scope of every name, and which comprehensions are inlined.

use super::{Block, BlockId, BlockKind, Comprehension, Scope, Symtable, flag};
use crate::error::{CompileError, Result, StackGuard};
use crate::hash::{HashMap, HashSet};
use bytecode::Location;
use syntax::text::Name;

type Names = HashSet<Name>;

/// Names that a class makes for its methods and annotation scopes.
pub(super) const CLASS_CELLS: [&str; 3] = ["__class__", "__classdict__", "__conditional_annotations__"];

pub(super) fn analyze(table: &mut Symtable, guard: StackGuard) -> Result<()> {
    let mut analyzer = Analyzer { table, guard };
    let mut context = Context::default();
    analyzer.block(Symtable::TOP, None, &mut context, None)
}

/// What the blocks around tell a block, and what it tells them.
#[derive(Clone, Default)]
struct Context {
    free: Names,
    global: Names,
    type_params: Names,
}

struct Analyzer<'a> {
    table: &'a mut Symtable,
    guard: StackGuard,
}

/// What the names of one block turn out to be.
#[derive(Default)]
struct Found {
    scopes: HashMap<Name, Scope>,
    local: Names,
    inlined_cells: Names,
}

impl Analyzer<'_> {
    fn block(
        &mut self,
        id: BlockId,
        mut bound: Option<&mut Names>,
        context: &mut Context,
        class_entry: Option<BlockId>,
    ) -> Result<()> {
        self.guard.check()?;
        let mut found = Found::default();
        let mut new_bound = Names::default();
        let mut new_global = Names::default();
        let is_class = self.table.block(id).kind == BlockKind::Class;
        if is_class {
            new_global.extend(context.global.iter().cloned());
            if let Some(bound) = &bound {
                new_bound.extend(bound.iter().cloned());
            }
        }
        let symbols: Vec<(Name, u32)> = self.table.block(id).symbols.iter().map(|(n, f)| (n.clone(), *f)).collect();
        for (name, flags) in symbols {
            self.name(id, &name, flags, bound.as_deref_mut(), context, &mut found, class_entry)?;
        }
        if is_class {
            new_bound.extend(CLASS_CELLS.map(Name::from));
        } else {
            if self.table.block(id).is_function_like() {
                new_bound.extend(found.local.iter().cloned());
            }
            if let Some(bound) = &bound {
                new_bound.extend(bound.iter().cloned());
            }
            new_global.extend(context.global.iter().cloned());
        }
        let mut new_free = Names::default();
        let mut needs_classdict = false;
        for child in self.table.block(id).children.clone() {
            let block = self.table.block(id);
            let entry = self.table.block(child);
            let child_class_entry = match (entry.can_see_class_scope, is_class) {
                (true, true) => Some(id),
                (true, false) => class_entry,
                _ => None,
            };
            needs_classdict |= is_class && entry.can_see_class_scope;
            let inline = entry.comprehension.is_some_and(|kind| kind != Comprehension::Generator) && !block.can_see_class_scope;
            let mut child_bound = new_bound.clone();
            let mut child_context =
                Context { free: new_free.clone(), global: new_global.clone(), type_params: context.type_params.clone() };
            self.block(child, Some(&mut child_bound), &mut child_context, child_class_entry)?;
            let mut child_free = child_context.free;
            if inline {
                self.inline_comprehension(id, child, &mut found, &mut child_free);
                self.table.block_mut(child).comp_inlined = true;
            }
            new_free.extend(child_free);
        }
        self.splice_inlined(id);
        let block = self.table.block_mut(id);
        if block.is_function_like() {
            found.make_cells(&mut new_free);
        } else if is_class {
            drop_class_free(block, &mut new_free);
            block.needs_classdict |= needs_classdict;
        }
        let class_flag = is_class || block.can_see_class_scope;
        update_symbols(block, &found, bound.as_deref(), &new_free, class_flag);
        context.free.extend(new_free);
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "one step of the analysis needs all of its state")]
    fn name(
        &self,
        id: BlockId,
        name: &Name,
        flags: u32,
        bound: Option<&mut Names>,
        context: &mut Context,
        found: &mut Found,
        class_entry: Option<BlockId>,
    ) -> Result<()> {
        let block = self.table.block(id);
        let scope = if flags & flag::DEF_GLOBAL != 0 {
            if flags & flag::DEF_NONLOCAL != 0 {
                return Err(at_directive(block, name, format!("name '{}' is nonlocal and global", show(name))));
            }
            context.global.insert(name.clone());
            if let Some(bound) = bound {
                bound.remove(name);
            }
            Scope::GlobalExplicit
        } else if flags & flag::DEF_NONLOCAL != 0 {
            let Some(bound) = bound else {
                let message = "nonlocal declaration not allowed at module level".to_owned();
                return Err(at_directive(block, name, message));
            };
            if !bound.contains(name) {
                let message = format!("no binding for nonlocal '{}' found", show(name));
                return Err(at_directive(block, name, message));
            }
            if context.type_params.contains(name) {
                let message = format!("nonlocal binding not allowed for type parameter '{}'", show(name));
                return Err(at_directive(block, name, message));
            }
            context.free.insert(name.clone());
            Scope::Free
        } else if flags & flag::DEF_BOUND != 0 {
            found.local.insert(name.clone());
            context.global.remove(name);
            if flags & flag::DEF_TYPE_PARAM != 0 {
                context.type_params.insert(name.clone());
            } else {
                context.type_params.remove(name);
            }
            Scope::Local
        } else {
            self.used_name(name, bound, context, class_entry)
        };
        found.scopes.insert(name.clone(), scope);
        Ok(())
    }

    /// A name that the block uses and does not bind.
    fn used_name(&self, name: &Name, bound: Option<&mut Names>, context: &mut Context, class_entry: Option<BlockId>) -> Scope {
        if let Some(class) = class_entry {
            let flags = self.table.block(class).symbol(name);
            if flags & flag::DEF_GLOBAL != 0 {
                return Scope::GlobalExplicit;
            }
            if flags & flag::DEF_BOUND != 0 && flags & flag::DEF_NONLOCAL == 0 {
                return Scope::GlobalImplicit;
            }
        }
        if bound.is_some_and(|bound| bound.contains(name)) {
            context.free.insert(name.clone());
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
                    found.scopes.insert(name, scope);
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
    fn make_cells(&mut self, free: &mut Names) {
        for (name, scope) in &mut self.scopes {
            if *scope == Scope::Local && (free.contains(name) || self.inlined_cells.contains(name)) {
                *scope = Scope::Cell;
                free.remove(name);
            }
        }
    }
}

fn drop_class_free(block: &mut Block, free: &mut Names) {
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
    let names: Vec<Name> = block.symbols.keys().cloned().collect();
    for name in &names {
        let scope = found.scopes.get(name).copied().unwrap_or(Scope::Unknown);
        if let Some(flags) = block.symbols.get_mut(name) {
            if found.inlined_cells.contains(name) {
                *flags |= flag::DEF_COMP_CELL;
            }
            *flags |= scope.bits();
        }
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
