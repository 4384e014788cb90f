//! The stage that reads the release binary's machine code: the interpreter's handlers must jump to one another.
//!
//! Nothing in the language guarantees that a call in tail position becomes a jump (ARCHITECTURE.md). A handler that does not jump returns, so a `ret` in one
//! that has no business to leave the interpreter tells of it, and so does a call through the table of handlers.

use crate::Outcome;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Handlers that may leave the interpreter, and so return.
const LEAVERS: [&str; 10] = [
    "RETURN_VALUE",
    "YIELD_VALUE",
    "RETURN_GENERATOR",
    "INSTRUMENTED_RETURN_VALUE",
    "INSTRUMENTED_YIELD_VALUE",
    "INTERPRETER_EXIT",
    "return_general",
    "yield_general",
    "raised",
    "error",
];
/// Fewer handlers than this were not looked for in the right place.
const FEWEST: usize = 150;

/// What the machine code of one handler does.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Handler {
    /// Instructions in all.
    pub instructions: usize,
    jumps: usize,
    returns: usize,
    calls_through_table: usize,
}

impl Handler {
    fn complaint(&self, name: &str) -> Option<String> {
        if self.calls_through_table > 0 {
            Some(format!("{name} calls the next handler instead of jumping to it"))
        } else if self.jumps == 0 && self.returns > 0 {
            Some(format!("{name} does not jump to another handler"))
        } else if self.returns > 0 && !LEAVERS.contains(&name) {
            Some(format!("{name} returns"))
        } else {
            None
        }
    }
}

/// The handlers of a program by name, from `objdump`; none where there is no objdump or the machine is another.
pub fn handlers(program: &Path) -> Outcome<Option<BTreeMap<String, Handler>>> {
    if !cfg!(target_arch = "x86_64") {
        return Ok(None);
    }
    let output = Command::new("objdump").args(["-d", "--demangle", "--no-show-raw-insn"]).arg(program).output();
    match output {
        Ok(output) if output.status.success() => Ok(Some(read(&String::from_utf8_lossy(&output.stdout)))),
        _ => Ok(None),
    }
}

/// Reads a listing. A handler stands in a module of `vm::interpreter` and has the name of an instruction.
fn read(listing: &str) -> BTreeMap<String, Handler> {
    let mut found = BTreeMap::new();
    let mut current: Option<(String, Handler)> = None;
    for line in listing.lines() {
        if let Some(symbol) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")).map(|(_, symbol)| symbol) {
            found.extend(current.take());
            current = handler_name(symbol).map(|name| (name.to_owned(), Handler::default()));
        } else if let Some((_, handler)) = &mut current
            && let Some((_, text)) = line.split_once(":\t")
        {
            handler.note(text.trim());
        }
    }
    found.extend(current);
    found
}

/// `vm::interpreter::fast::LOAD_FAST`: the name behind the module.
fn handler_name(symbol: &str) -> Option<&str> {
    let (_module, name) = symbol.strip_prefix("vm::interpreter::")?.split_once("::")?;
    let known = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    (name.chars().all(known) || LEAVERS.contains(&name)).then_some(name)
}

impl Handler {
    fn note(&mut self, text: &str) {
        self.instructions += 1;
        let (operation, operands) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match operation {
            "jmp" | "notrack" => {
                // To another function, or through the table.
                let inside = operands.contains('+') && !operands.contains('*');
                self.jumps += usize::from(!inside);
            }
            "ret" => self.returns += 1,
            "call" if operands.trim_start().starts_with('*') && operands.contains(",8)") => self.calls_through_table += 1,
            _ => {}
        }
    }
}

/// Checks every handler: the failures, one a handler, and how many there are; none where nothing could be read.
pub fn check(program: &Path) -> Outcome<Option<(usize, Vec<String>)>> {
    let Some(handlers) = handlers(program)? else { return Ok(None) };
    let mut failures: Vec<String> = handlers.iter().filter_map(|(name, handler)| handler.complaint(name)).collect();
    if handlers.len() < FEWEST {
        failures.push(format!("only {} handlers were found: the program has no symbols", handlers.len()));
    }
    Ok(Some((handlers.len(), failures)))
}

#[cfg(test)]
mod tests {
    use super::read;

    const LISTING: &str = "
0000000000001000 <vm::interpreter::fast::LOAD_FAST>:
    1000:\tmov    (%rdi),%rax
    1003:\tjmp    *(%r8,%rax,8)

0000000000001010 <vm::interpreter::fast::STORE_FAST>:
    1010:\tcall   *(%r8,%rax,8)
    1013:\tret

0000000000001020 <vm::interpreter::calls::CALL::body>:
    1020:\tret
";

    #[test]
    fn jumps_are_told_from_calls() {
        let handlers = read(LISTING);
        assert_eq!(handlers.len(), 2);
        assert_eq!(handlers["LOAD_FAST"].complaint("LOAD_FAST"), None);
        assert!(handlers["STORE_FAST"].complaint("STORE_FAST").is_some_and(|text| text.contains("calls")));
    }
}
