//! Writes what `src/lib.rs` embeds: `names.txt` (all paths, one after the other), `data.bin` (all contents) and
//! `index.rs` (where each lies, sorted by path). The index holds numbers only, so that the loader has nothing to relocate.

use crate::Tree;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

pub fn write(out: &Path, library: &Tree, programs: &Tree, codes: &BTreeMap<String, u32>) -> Result<(), Box<dyn Error>> {
    let mut names = String::new();
    let mut data = Vec::new();
    let mut index = String::new();
    for (variable, tree) in [("INDEX", library), ("PROGRAMS", programs)] {
        writeln!(index, "static {variable}: [Entry; {}] = [", tree.len())?;
        for (path, bytes) in tree {
            let name = span(names.len(), path.len())?;
            names.push_str(path);
            let source = span(data.len(), bytes.len())?;
            data.extend_from_slice(bytes);
            let code = codes.get(path).copied().unwrap_or(u32::MAX);
            writeln!(index, "    Entry {{ name: {name}, source: {source}, code: {code} }},")?;
        }
        index.push_str("];\n");
    }
    fs::write(out.join("names.txt"), names)?;
    fs::write(out.join("data.bin"), data)?;
    fs::write(out.join("index.rs"), index)?;
    Ok(())
}

fn span(start: usize, len: usize) -> Result<String, std::num::TryFromIntError> {
    Ok(format!("Span {{ start: {}, len: {} }}", u32::try_from(start)?, u32::try_from(len)?))
}
