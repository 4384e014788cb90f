//! Makes the program export the C API to the wheels that it loads, links it with few libraries, and puts the functions that run at start side by side, and the
//! data that they use (`cargo xtask order`).

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=exports.ld");
    println!("cargo:rerun-if-changed=startup.txt");
    println!("cargo:rerun-if-changed=startup_data.txt");
    let here = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rustc-link-arg-bins=-Wl,--dynamic-list={here}/exports.ld");
    // At a fixed address nothing has to be relocated at start, as in CPython's own program.
    println!("cargo:rustc-link-arg-bins=-no-pie");
    if let Some(folder) = own_unwinder() {
        println!("cargo:rustc-link-search=native={}", folder.display());
    }
    for argument in order(Path::new(&here)).into_iter().flatten() {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}

/// A folder with a `libgcc_s.so` that stands for the static library, where there is one: a shared library less to be mapped and searched at each start.
/// (The mathematical one is opened when it is needed: `host::libm`.)
fn own_unwinder() -> Option<PathBuf> {
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") || env::var("CARGO_CFG_TARGET_ENV").as_deref() != Ok("gnu") {
        return None;
    }
    let compiler = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output().ok()?;
    // Where it knows no such file, the compiler prints the name as it is.
    let found = String::from_utf8(compiler.stdout).ok()?;
    if !Path::new(found.trim()).is_absolute() {
        return None;
    }
    let folder = PathBuf::from(env::var_os("OUT_DIR")?).join("unwinder");
    fs::create_dir_all(&folder).ok()?;
    fs::write(folder.join("libgcc_s.so"), "INPUT(-lgcc_eh -lgcc)\n").ok()?;
    Some(folder)
}

/// What makes the linker put the listed functions first; none where there is no list or no GNU ld. The program does the same without.
///
/// LLVM's linker takes such lists too, but needs 40 seconds for this one (GNU ld: a tenth of one); mold takes none.
fn order(here: &Path) -> Option<[String; 2]> {
    // Development builds are not measured.
    if env::var("PROFILE").as_deref() != Ok("release") {
        return None;
    }
    let list = fs::read_to_string(here.join("startup.txt")).ok()?;
    let out = PathBuf::from(env::var_os("OUT_DIR")?);
    let script = out.join("order.ld");
    // Each function has a section of its own, and one for its tables of jumps; those of cold ones and of hot ones (`cargo xtask pgo`) have other names.
    let (mut sections, mut tables) = (String::new(), String::new());
    for name in list.lines().filter(|name| !name.is_empty()) {
        writeln!(sections, "    *(.text.{name} .text.unlikely.{name} .text.hot.{name})").ok()?;
        writeln!(tables, "    *(.rodata.{name})").ok()?;
    }
    let data = fs::read_to_string(here.join("startup_data.txt")).unwrap_or_default();
    fs::write(&script, with_first(&default_script()?, &sections, &tables, &data)?).ok()?;
    let arguments = ["-fuse-ld=bfd".to_owned(), format!("-Wl,-T,{}", script.display())];
    linker_takes(&arguments, &out).then_some(arguments)
}

/// The script that GNU ld uses by itself.
fn default_script() -> Option<String> {
    let output = Command::new("ld.bfd").args(["-z", "relro", "-z", "now", "--verbose"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // It stands between two lines of this.
    text.split("==================================================").nth(1).map(str::to_owned)
}

/// Functions that run at each start besides those that are listed: the entry, which stands in a section without a name, and those that depend on the time it takes
/// or on where standard input comes from, and so run under valgrind now and then.
const RUN: &str = "    *crt1.o(.text .text.*)\n    *crti.o(.text)\n    *(.text._mi_os_* .text._mi_prim_* .text.mi_arena_*)\n    \
    *(.text.*6iobase6IoBase*__method_flush_*)\n";

/// Constants that a start reads besides those that are listed: those without a name (texts of native modules), the index of the library, and the library's code,
/// whose first part is what each start reads. Behind them stand the large tables that few programs need.
const READ: &str = "    *(.rodata..L* .rodata.str* .rodata.*.str* .rodata.cst*)\n    *(.rodata.*5pylib*INDEX* .rodata.*5pylib*PROGRAMS*)\n    \
    *(.rodata.*5pylib*5IMAGE*)\n";

/// The script with more sections at the start of the program's text, constants and data. (Sections of their own would be simpler, but valgrind finds no symbols
/// in them.)
fn with_first(script: &str, sections: &str, tables: &str, data: &str) -> Option<String> {
    // Each line has a section and a name. The library's constants have places of their own.
    let of = |section: &str, forms: &[&str]| -> String {
        let names = data
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter(|(found, name)| *found == section && !name.contains("5pylib"));
        names
            .map(|(_, name)| {
                let patterns: Vec<String> = forms.iter().map(|form| format!("{section}{form}.{name}")).collect();
                format!("    *({})\n", patterns.join(" "))
            })
            .collect()
    };
    let plain = ["", ".local"];
    let script = at_start_of(script, "\n  .text ", &(RUN.to_owned() + sections))?;
    let script = at_start_of(&script, "\n  .rodata ", &(of(".rodata", &plain) + tables + READ))?;
    let script = at_start_of(&script, "\n  .data.rel.ro ", &(of(".data.rel.ro", &plain) + "    *(.data.rel.ro..L*)\n"))?;
    let script = at_start_of(&script, "\n  .data ", &of(".data", &["", ".local", ".rel", ".rel.local"]))?;
    // What runs at the end stands beside what runs at the start; what the loader reads and writes, beside the data of a start.
    let script = moved(&script, "\n  .fini ", "\n  .text ").unwrap_or(script);
    let script = moved(&script, "\n  .dynamic ", "\n  .data.rel.ro ").unwrap_or(script);
    Some(moved(&script, "\n  .got ", "\n  .data.rel.ro ").unwrap_or(script))
}

/// The script with an output section in front of another one that stands before it.
fn moved(script: &str, section: &str, to: &str) -> Option<String> {
    let (target, start) = (script.find(to)?, script.find(section)?);
    let end = start + script.get(start..)?.find('}')? + 1;
    let parts = [script.get(..target)?, script.get(start..end)?, script.get(target..start)?, script.get(end..)?];
    Some(parts.concat())
}

/// The script with more in an output section, in front of all else.
fn at_start_of(script: &str, section: &str, more: &str) -> Option<String> {
    let start = script.find(section)?;
    let (before, after) = script.split_at_checked(start + script.get(start..)?.find('{')? + 1)?;
    Some(format!("{before}\n{more}{after}"))
}

/// Whether a program links with these arguments.
fn linker_takes(arguments: &[String], out: &Path) -> bool {
    let source = out.join("probe.rs");
    if fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.arg("--crate-type=bin").arg("-o").arg(out.join("probe")).arg(source);
    if let Ok(target) = env::var("TARGET") {
        rustc.arg("--target").arg(target);
    }
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut option = std::ffi::OsString::from("-Clinker=");
        option.push(linker);
        rustc.arg(option);
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    rustc.args(arguments.iter().map(|argument| format!("-Clink-arg={argument}"))).arg("-Clink-arg=-no-pie");
    rustc.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
