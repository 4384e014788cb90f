//! How many variables of each kind a code object has, and whether it depends on anything outside.

use super::Code;
use bytecode::flags::{CO_FAST_CELL, CO_FAST_FREE, CO_FAST_HIDDEN};
use bytecode::ops::{Op, instructions};
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Ref, hooks, raise};

/// The bits of an argument among the kinds of a local variable.
const ARG: u8 = 0x02 | 0x04 | 0x08;

/// CPython's `_PyCode_var_counts_t`.
#[derive(Clone, Copy, Default, Debug)]
pub struct VarCounts {
    pub posonly: usize,
    pub posorkw: usize,
    pub kwonly: usize,
    pub varargs: usize,
    pub varkwargs: usize,
    /// Locals that are neither arguments nor cells.
    pub pure: usize,
    /// Cells that are arguments, and the other ones.
    pub cells: [usize; 2],
    /// Hidden locals (of comprehensions): plain ones, cells.
    pub hidden: [usize; 2],
    pub free: usize,
    pub attributes: usize,
    /// Names that are used neither as attributes nor as globals that are read.
    pub other_names: usize,
    /// Globals that are read: of the module, built-in, neither.
    pub globals: [usize; 3],
}

impl VarCounts {
    /// Counts the variables. What is global and what is built in is told by these namespaces.
    pub fn of(code: &Code, globals: Option<Borrowed<'_>>, builtins: Option<Borrowed<'_>>) -> PyResult<VarCounts> {
        let mut counts = VarCounts::default();
        counts.count_locals(code);
        counts.count_names(code, globals, builtins)?;
        Ok(counts)
    }

    fn count_locals(&mut self, code: &Code) {
        let number = |value: i32| usize::try_from(value).unwrap_or(0);
        self.posonly = number(code.posonlyargcount.get());
        self.posorkw = number(code.argcount.get()).saturating_sub(self.posonly);
        self.kwonly = number(code.kwonlyargcount.get());
        self.varargs = usize::from(code.has_flag(bytecode::flags::CO_VARARGS));
        self.varkwargs = usize::from(code.has_flag(bytecode::flags::CO_VARKEYWORDS));
        for kind in code.localspluskinds() {
            let has = |bits: u8| kind & bits != 0;
            if has(CO_FAST_FREE) {
                self.free += 1;
            } else if has(CO_FAST_HIDDEN) {
                self.hidden[usize::from(has(CO_FAST_CELL))] += 1;
            } else if has(CO_FAST_CELL) {
                self.cells[usize::from(!has(ARG))] += 1;
            } else if !has(ARG) {
                self.pure += 1;
            }
        }
    }

    fn count_names(&mut self, code: &Code, globals: Option<Borrowed<'_>>, builtins: Option<Borrowed<'_>>) -> PyResult<()> {
        let names = code.names();
        let (mut read, mut attributes) = (vec![false; names.len()], vec![false; names.len()]);
        for (op, operand) in instructions(code.code_bytes()) {
            let (list, index) = match op {
                Op::LOAD_GLOBAL => (&mut read, operand >> 1),
                Op::LOAD_ATTR => (&mut attributes, operand >> 1),
                _ => continue,
            };
            if let Some(place) = list.get_mut(index as usize) {
                *place = true;
            }
        }
        let is_in = |namespace: Option<Borrowed<'_>>, name: Borrowed<'_>| match namespace {
            Some(namespace) => (hooks::get().dict_get)(namespace, name).map(|found| found.is_some()),
            None => Ok(false),
        };
        for ((name, read), attribute) in names.iter().zip(read).zip(attributes) {
            self.attributes += usize::from(attribute);
            if read {
                let kind = if is_in(globals, *name)? {
                    0
                } else if is_in(builtins, *name)? {
                    1
                } else {
                    2
                };
                self.globals[kind] += 1;
            }
            self.other_names += usize::from(!read && !attribute);
        }
        Ok(())
    }

    /// ValueError if the code depends on what is outside of it: free variables, globals of its module.
    pub fn check_no_external_state(&self) -> PyResult<()> {
        let [module, builtin, unknown] = self.globals;
        if self.free > 0 {
            return Err(raise!(ValueError, "closures not supported"));
        }
        if module > 0 || builtin > 0 && unknown > 0 {
            return Err(raise!(ValueError, "globals not supported"));
        }
        Ok(())
    }

    /// The counts as dicts, as CPython's tests want them.
    pub fn to_object(self) -> PyResult<Ref> {
        let args = self.posonly + self.posorkw + self.kwonly + self.varargs + self.varkwargs;
        let hidden: usize = self.hidden.iter().sum();
        let locals = args + self.pure + self.cells[1] + hidden;
        let globals: usize = self.globals.iter().sum();
        let unbound = self.attributes + self.other_names + globals;
        let args = numbers(&[
            ("total", args),
            ("numposonly", self.posonly),
            ("numposorkw", self.posorkw),
            ("numkwonly", self.kwonly),
            ("varargs", self.varargs),
            ("varkwargs", self.varkwargs),
        ])?;
        let cells = numbers(&[("total", self.cells.iter().sum()), ("numargs", self.cells[0]), ("numothers", self.cells[1])])?;
        let hidden = numbers(&[("total", hidden), ("numpure", self.hidden[0]), ("numcells", self.hidden[1])])?;
        let locals_object = (hooks::get().dict_new)()?;
        put(&locals_object, "total", int::from_u64(locals as u64)?)?;
        put(&locals_object, "args", args)?;
        put(&locals_object, "numpure", int::from_u64(self.pure as u64)?)?;
        put(&locals_object, "cells", cells)?;
        put(&locals_object, "hidden", hidden)?;
        let [module, builtin, unknown] = self.globals;
        let globals = numbers(&[("total", globals), ("numglobal", module), ("numbuiltin", builtin), ("numunknown", unknown)])?;
        let unbound_object = numbers(&[("total", unbound), ("numattrs", self.attributes), ("numunknown", self.other_names)])?;
        put(&unbound_object, "globals", globals)?;
        let whole = numbers(&[("total", locals + self.free + unbound)])?;
        put(&whole, "locals", locals_object)?;
        put(&whole, "numfree", int::from_u64(self.free as u64)?)?;
        put(&whole, "unbound", unbound_object)?;
        Ok(whole)
    }
}

fn put(dict: &Ref, name: &str, value: Ref) -> PyResult<()> {
    dict.setitem(text::new(name)?.b(), value.b())
}

fn numbers(pairs: &[(&str, usize)]) -> PyResult<Ref> {
    let dict = (hooks::get().dict_new)()?;
    for (name, value) in pairs {
        put(&dict, name, int::from_u64(*value as u64)?)?;
    }
    Ok(dict)
}
