//! Writes the symbol tables of the programs in the files named on standard input; `tests/compare_symbols.py` drives it.
//!
//! A line for each block: depth, kind, name, line, whether it is nested, its parameters, then each symbol with its flags.

use compiler::symtable::{BlockId, Symtable};
use compiler::{CompileOptions, symbols};
use std::fmt::Write;
use std::io::Read;

fn main() {
    let mut list = String::new();
    if std::io::stdin().read_to_string(&mut list).is_err() {
        return;
    }
    for path in list.lines() {
        let source = std::fs::read_to_string(path).unwrap_or_default();
        let mut out = format!("file {path}\n");
        match syntax::parse(&source, &syntax::ParseOptions::default(), &mut ()) {
            Ok(module) => match symbols(&module, &CompileOptions::default()) {
                Ok(table) => dump(&table, Symtable::TOP, 0, &mut out),
                Err(error) => out.push_str(&format!("error {}\n", error.message)),
            },
            Err(error) => out.push_str(&format!("error {}\n", error.message)),
        }
        print!("{out}");
    }
}

fn dump(table: &Symtable, id: BlockId, depth: usize, out: &mut String) {
    let block = table.block(id);
    let name = block.name.to_string_lossy();
    let names: Vec<String> = block.varnames.iter().map(|name| name.to_string_lossy()).collect();
    let mut symbols: Vec<String> =
        block.symbols.iter().map(|(name, flags)| format!("{}={flags}", name.to_string_lossy())).collect();
    symbols.sort();
    let _ = writeln!(
        out,
        "{depth} {} {name} {} {} [{}] {}",
        block.kind as u32,
        block.location.lineno,
        u32::from(block.nested),
        names.join(","),
        symbols.join(" ")
    );
    for child in &block.children {
        dump(table, *child, depth + 1, out);
    }
}
