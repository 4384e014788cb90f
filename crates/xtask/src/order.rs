//! `cargo xtask order`: which functions of the program run at its start, and which of its data they use, for the linker to put side by side.
//!
//! Of a file the system maps pieces of 64 KiB around each page that is touched. The functions that run at start are a tenth of the
//! program's text, but without this they stand in two thirds of its pieces. callgrind tells which they are; `crates/taipan/startup.txt` lists them, and the
//! build script of the program makes a linker script of the list. So it is with the data that a start reads or writes: lackey tells its addresses, nm whose they
//! are, `crates/taipan/startup_data.txt` lists them with their sections. A list that is older than the program costs memory, nothing else.

use crate::process::{self, End};
use crate::{Outcome, project_root};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const USAGE: &str = "usage: cargo xtask order [--taipan PATH]
  --taipan PATH   a release build with its symbols (default: target/release/taipan)";

/// What is run, in the order in which its functions will stand: what comes first is the core of all.
pub const PROGRAMS: [&[&str]; 3] = [
    &["-c", "pass"],
    &["-c", "import json, re, typing, dataclasses, pathlib, inspect, unittest"],
    &[
        "-c",
        "class A:\n    def __init__(self, value):\n        self.value = value\nprint(len([A(i) for i in range(300)]), {}, 1.5, 'a'.upper())",
    ],
];
const LIMIT: Duration = Duration::from_secs(300);

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let root = project_root()?;
    let taipan = match arguments {
        [] => process::taipan_path(&root, "release"),
        [option, path] if option == "--taipan" => fs::canonicalize(path)?,
        _ => return Err(USAGE.into()),
    };
    let work = std::env::temp_dir().join(format!("taipan-order-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let mut known = BTreeSet::new();
    let mut list = String::new();
    for program in PROGRAMS {
        let names: BTreeSet<String> = executed(&taipan, program, &work)?.iter().map(|symbol| pattern(symbol)).collect();
        for name in names {
            if known.insert(name.clone()) {
                list.push_str(&name);
                list.push('\n');
            }
        }
    }
    let data = used_data(&taipan, &work)?;
    fs::remove_dir_all(&work)?;
    let path = root.join("crates/taipan/startup.txt");
    fs::write(&path, list)?;
    println!("{} functions: {}", known.len(), path.display());
    let path = root.join("crates/taipan/startup_data.txt");
    fs::write(&path, data.iter().map(|(section, name)| format!("{section} {name}\n")).collect::<String>())?;
    println!("{} pieces of data: {}", data.len(), path.display());
    Ok(())
}

/// The sections whose pieces are put in order.
const SECTIONS: [&str; 3] = [".data.rel.ro", ".data", ".rodata"];

/// A piece of data: where it begins and ends, its section and its name.
struct Piece {
    range: std::ops::Range<u64>,
    section: &'static str,
    name: String,
}

/// The pieces of data, sorted, that the first program uses: section and name.
fn used_data(taipan: &Path, work: &Path) -> Outcome<BTreeSet<(&'static str, String)>> {
    let symbols = Command::new("nm").args(["--format=sysv", "--print-size"]).arg(taipan).output()?;
    let mut pieces: Vec<Piece> = String::from_utf8_lossy(&symbols.stdout).lines().filter_map(piece_of).collect();
    pieces.sort_by_key(|piece| piece.range.start);
    let mut command = Command::new("valgrind");
    command.args(["--tool=lackey", "--trace-mem=yes"]).arg(taipan).args(PROGRAMS[0]);
    process::clean_environment(&mut command);
    let trace = work.join("trace");
    let End { status, .. } = process::run(&mut command, &work.join("stdout"), &trace, LIMIT)?;
    if !status.success() {
        return Err(format!("{} failed under valgrind: see {}", taipan.display(), work.display()).into());
    }
    let mut used = vec![false; pieces.len()];
    for line in std::io::BufReader::new(fs::File::open(&trace)?).split(b'\n') {
        if let Some(address) = address_of(&line?)
            && let Some(index) = pieces.partition_point(|piece| piece.range.start <= address).checked_sub(1)
            && let (Some(piece), Some(used)) = (pieces.get(index), used.get_mut(index))
        {
            *used |= piece.range.contains(&address);
        }
    }
    let used = pieces.into_iter().zip(used).filter(|(_, used)| *used);
    Ok(used.map(|(piece, _)| (piece.section, pattern(&piece.name))).collect())
}

/// A line of nm: name, address, class, type, size, line, section.
fn piece_of(line: &str) -> Option<Piece> {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let [name, start, _, _, size, _, section] = fields.as_slice() else { return None };
    let section = SECTIONS.into_iter().find(|known| known == section)?;
    let (start, size) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(size, 16).ok()?);
    Some(Piece { range: start..start + size, section, name: (*name).to_owned() })
}

/// The address in a line of lackey about data: ` L address,size` for loads, S for stores, M for both.
fn address_of(line: &[u8]) -> Option<u64> {
    let [b' ', b'L' | b'S' | b'M', b' ', rest @ ..] = line else { return None };
    let address = rest.split(|byte| *byte == b',').next()?;
    u64::from_str_radix(std::str::from_utf8(address).ok()?, 16).ok()
}

/// The symbols of the functions of a program that run.
fn executed(taipan: &Path, arguments: &[&str], work: &Path) -> Outcome<BTreeSet<String>> {
    let profile: PathBuf = work.join("profile");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--demangle=no"]).arg(format!("--callgrind-out-file={}", profile.display()));
    command.arg(taipan).args(arguments);
    process::clean_environment(&mut command);
    let End { status, .. } = process::run(&mut command, &work.join("stdout"), &work.join("stderr"), LIMIT)?;
    if !status.success() {
        return Err(format!("{} failed under valgrind: see {}", taipan.display(), work.display()).into());
    }
    Ok(functions_of(&fs::read_to_string(&profile)?, &taipan.display().to_string()))
}

/// The functions of one object file in a profile. Names have numbers there, `(12) name`, and are written out once.
fn functions_of(profile: &str, object: &str) -> BTreeSet<String> {
    let (mut objects, mut names) = (BTreeMap::new(), BTreeMap::new());
    let mut in_object = false;
    let mut found = BTreeSet::new();
    for line in profile.lines() {
        let Some((kind, value)) = line.split_once('=') else { continue };
        let (number, name) = value.split_once(' ').unwrap_or((value, ""));
        let table = match kind {
            "ob" | "cob" => &mut objects,
            "fn" | "cfn" => &mut names,
            _ => continue,
        };
        if !name.is_empty() {
            // What recursion adds to a name is no part of it.
            let name = name.rsplit_once('\'').filter(|(_, depth)| depth.bytes().all(|byte| byte.is_ascii_digit()));
            let name = name.map_or_else(|| value.split_once(' ').map_or("", |(_, name)| name), |(name, _)| name);
            table.insert(number, name);
        }
        let name = table.get(number).copied().unwrap_or_default();
        match kind {
            "ob" => in_object = name == object,
            "fn" if in_object && !name.starts_with("0x") && !name.starts_with('(') => {
                found.insert(name.to_owned());
            }
            _ => {}
        }
    }
    found
}

/// A symbol without what changes from build to build: the hashes in Rust's names, and the numbers that LLVM adds.
fn pattern(symbol: &str) -> String {
    if symbol.starts_with("_ZN")
        && let Some((name, _)) = symbol.rsplit_once("17h")
    {
        return format!("{name}17h*");
    }
    let (name, numbered) = match symbol.rsplit_once('.') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) && !name.contains('.') => (name, "*"),
        _ => (symbol, ""),
    };
    if !name.starts_with("_R") {
        return format!("{name}{numbered}");
    }
    // `Cs` and digits to the base of 62 and `_` stand before the name of a crate.
    let mut parts = name.split("Cs");
    let mut pattern = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('_') {
            Some((hash, rest)) if hash.bytes().all(|byte| byte.is_ascii_alphanumeric()) => pattern.extend(["Cs*_", rest]),
            _ => pattern.extend(["Cs", part]),
        }
    }
    pattern + numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read() {
        let profile = "ob=(1) /bin/taipan\nfl=(1) ???\nfn=(1) main\n0 5\ncob=(2) /lib/libc.so\ncfn=(2) memcpy\ncalls=1 0\n\nfn=(3) _ZN2vm3run17h0123456789abcdefE'2\n0 1\nob=(2)\nfn=(2)\n0 4\nob=(1)\nfn=(4) 0x0000000000402000\n0 1\n";
        let names = functions_of(profile, "/bin/taipan");
        assert_eq!(names.iter().map(|name| pattern(name)).collect::<Vec<_>>(), ["_ZN2vm3run17h*", "main"]);
        assert_eq!(pattern("_RNvNtCslNYArtu3iFV_5alloc5boxed14box_new_uninit.962"), "_RNvNtCs*_5alloc5boxed14box_new_uninit*");
        assert_eq!(pattern("mi_page_queue_of.isra.0"), "mi_page_queue_of.isra.0");
        let piece = piece_of(
            "_ZN2vm5table17h0123456789abcdefE|0000000002a0|   d  |            OBJECT|0000000000000010|     |.data.rel.ro",
        )
        .unwrap();
        assert_eq!((piece.range, piece.section), (0x2a0..0x2b0, ".data.rel.ro"));
        assert!(piece_of("main|0000000000000010|   T  |              FUNC|0000000000000010|     |.text").is_none());
        assert_eq!((address_of(b" L 1ffe,8"), address_of(b"I  0402,3"), address_of(b"==12== L 5")), (Some(0x1ffe), None, None));
    }
}
