//! `cargo xtask capi`: which of CPython's exported names are written, and the list of those that are not.
//!
//! `crates/capi/names.tsv` has every name that CPython exports, with `f` for a function (`i`: one whose error is -1) and its size for a data symbol (`--names` takes it
//! from the reference's binary). From it and from the sources come `crates/capi/src/missing.rs` and `crates/taipan/exports.ld`.

mod calls;

use crate::Outcome;
use crate::reference::Reference;
use calls::Under;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Crates whose sources define exported names.
const SOURCES: &[&str] = &["object", "builtins", "vm", "stdlib-concurrency", "capi"];

/// A name that CPython exports.
struct Name {
    text: String,
    /// Bytes of a data symbol; none for a function.
    size: Option<usize>,
    /// A function whose error is -1.
    says_minus_one: bool,
}

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let root = crate::project_root()?;
    match arguments {
        [flag, program] if flag == "--calls" => return calls::compare(&root, Path::new(program), Under::Nothing),
        [flag, program] if flag == "--valgrind" => return calls::compare(&root, Path::new(program), Under::Valgrind),
        _ => {}
    }
    if arguments.iter().any(|argument| argument == "--names") {
        write_names(&root)?;
    }
    let (missing, exports) = generate(&root)?;
    fs::write(root.join(MISSING), &missing)?;
    fs::write(root.join(EXPORTS), &exports)?;
    let all = names(&root)?;
    let unwritten = unwritten(&root, &all)?;
    println!("{} names, {} written, {} missing", all.len(), all.len() - unwritten.len(), unwritten.len());
    if let Some(program) = arguments.iter().find(|argument| !argument.starts_with("--")) {
        check_binary(Path::new(program), &all)?;
    }
    Ok(())
}

const MISSING: &str = "crates/capi/src/missing.rs";
const EXPORTS: &str = "crates/taipan/exports.ld";

/// Takes the names from the reference's binary.
fn write_names(root: &Path) -> Outcome {
    let reference = Reference::find().ok_or("run `cargo xtask reference` first")?;
    let binary = reference.binary();
    let output = Command::new("nm").args(["-D", "-S", "--defined-only"]).arg(binary).output()?;
    let returns = returns_of_headers(&reference.headers())?;
    let returns: BTreeMap<&str, &str> = returns.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    let mut lines = BTreeSet::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (size, kind, name) = match fields.as_slice() {
            [_, size, kind, name] => (usize::from_str_radix(size, 16)?, *kind, *name),
            [_, kind, name] => (0, *kind, *name),
            _ => continue,
        };
        if !name.starts_with("Py") && !name.starts_with("_Py") && !name.starts_with("PY_") {
            continue;
        }
        let size = if kind == "T" { returns.get(name).copied().unwrap_or("f").to_owned() } else { size.max(1).to_string() };
        lines.insert(format!("{name}\t{size}\n"));
    }
    fs::write(root.join("crates/capi/names.tsv"), lines.into_iter().collect::<String>())?;
    Ok(())
}

/// Functions that return a C `int` or `Py_ssize_t` say -1 for an error (`i`); all others say NULL or 0 (`f`).
fn returns_of_headers(folder: &Path) -> Outcome<BTreeMap<String, &'static str>> {
    let mut returns = BTreeMap::new();
    for folder in [folder.to_owned(), folder.join("cpython"), folder.join("internal")] {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let text = fs::read(entry?.path()).unwrap_or_default();
            for part in String::from_utf8_lossy(&text).split("PyAPI_FUNC(").skip(1) {
                let Some((kind, rest)) = part.split_once(')') else { continue };
                let name: String = rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if matches!(kind.trim(), "int" | "Py_ssize_t" | "long") {
                    returns.insert(name, "i");
                }
            }
        }
    }
    Ok(returns)
}

fn names(root: &Path) -> Outcome<Vec<Name>> {
    let text = fs::read_to_string(root.join("crates/capi/names.tsv"))?;
    let parse = |line: &str| -> Outcome<Name> {
        let (name, size) = line.split_once('\t').ok_or("names.tsv: a line without a tab")?;
        let is_function = matches!(size, "f" | "i");
        let size_of_data = if is_function { None } else { Some(size.parse()?) };
        Ok(Name { text: name.to_owned(), size: size_of_data, says_minus_one: size == "i" })
    };
    text.lines().map(parse).collect()
}

/// The functions that are written.
fn written(root: &Path) -> Outcome<Vec<String>> {
    let all = names(root)?;
    let unwritten: BTreeSet<&str> = unwritten(root, &all)?.into_iter().map(|name| name.text.as_str()).collect();
    let functions = all.iter().filter(|name| name.size.is_none() && !unwritten.contains(name.text.as_str()));
    Ok(functions.map(|name| name.text.clone()).collect())
}

/// The names that no source defines.
fn unwritten<'a>(root: &Path, all: &'a [Name]) -> Outcome<Vec<&'a Name>> {
    let mut defined = BTreeSet::new();
    for name in SOURCES {
        let mut files = Vec::new();
        rust_files(&root.join("crates").join(name).join("src"), &mut files)?;
        for file in files.iter().filter(|file| !file.ends_with("missing.rs")) {
            definitions(&fs::read_to_string(file)?, *name == "capi", &mut defined);
        }
    }
    Ok(all.iter().filter(|name| !defined.contains(&name.text)).collect())
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The names of C that a source defines: in `capi` functions, statics and rows of its macros; elsewhere export names (in quotes) and the rows of
/// `object::exc`.
fn definitions(source: &str, is_capi: bool, defined: &mut BTreeSet<String>) {
    let is_name = |word: &str| ["Py", "_Py", "PY_"].iter().any(|prefix| word.starts_with(prefix));
    for line in source.lines().map(str::trim_start).filter(|line| !line.starts_with("//")) {
        let words = |text: &str| -> Vec<String> {
            text.split(|character: char| !(character.is_alphanumeric() || character == '_'))
                .filter(|word| is_name(word))
                .map(str::to_owned)
                .collect()
        };
        if !is_capi {
            defined.extend(line.split('"').skip(1).step_by(2).filter(|word| is_name(word)).map(str::to_owned));
            if line.ends_with(';') && line.contains(" PyExc_") {
                defined.extend(words(line).pop());
            }
        } else if line.starts_with("fn ") || line.starts_with("pub ") {
            let head = line.split(['(', ':']).next().unwrap_or_default();
            defined.extend(words(head).pop());
        } else if is_name(line) && is_row(line) {
            defined.extend(words(line.split("=>").next().unwrap_or(line)));
        } else if let Some((class, row)) = line.split_once(": ").filter(|(class, row)| class.ends_with("Error") && is_name(row)) {
            let _ = class;
            defined.extend(words(row));
        }
    }
}

/// A row of a macro that defines names: `Name(2) => …` or names, words and texts without other signs.
fn is_row(line: &str) -> bool {
    let head = line.split("=>").next().unwrap_or(line);
    head.chars().all(|character| character.is_alphanumeric() || "_ ;\"()".contains(character))
}

/// `missing.rs` and `exports.ld`.
fn generate(root: &Path) -> Outcome<(String, String)> {
    let all = names(root)?;
    let unwritten = unwritten(root, &all)?;
    let mut text = String::from(
        "//! Generated by `cargo xtask capi`: what CPython exports and is not written yet. The functions raise SystemError with their name.\n\n\
         use crate::form::{missing_data, missing_functions};\n\nmissing_functions! {\n",
    );
    for name in unwritten.iter().filter(|name| name.size.is_none()) {
        writeln!(text, "    {} {}", name.text, if name.says_minus_one { "-1" } else { "0" })?;
    }
    text.push_str("}\n\nmissing_data! {\n");
    for name in &unwritten {
        if let Some(size) = name.size {
            writeln!(text, "    {} {size}", name.text)?;
        }
    }
    text.push_str("}\n");
    let mut exports = String::from("{\n");
    for name in &all {
        writeln!(exports, "  {};", name.text)?;
    }
    exports.push_str("};\n");
    Ok((text, exports))
}

/// Whether a binary exports every name.
fn check_binary(program: &Path, all: &[Name]) -> Outcome {
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(program).output()?;
    let text = String::from_utf8(output.stdout)?;
    let exported: BTreeSet<&str> = text.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let lost: Vec<&str> = all.iter().map(|name| name.text.as_str()).filter(|name| !exported.contains(name)).collect();
    if lost.is_empty() {
        println!("{} exports them all", program.display());
        return Ok(());
    }
    Err(format!("{} does not export: {}", program.display(), lost.join(" ")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_files_are_current() -> Outcome {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let (missing, exports) = generate(&root)?;
        assert_eq!(fs::read_to_string(root.join(MISSING))?, missing, "run `cargo xtask capi`");
        assert_eq!(fs::read_to_string(root.join(EXPORTS))?, exports, "run `cargo xtask capi`");
        Ok(())
    }
}
