//! Makes the program export the C API to the wheels that it loads, links libm for those that use it without saying so, and puts the functions
//! that run at start side by side (`cargo xtask order`).

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=exports.ld");
    println!("cargo:rerun-if-changed=startup.txt");
    let here = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rustc-link-arg-bins=-Wl,--dynamic-list={here}/exports.ld");
    // At a fixed address nothing has to be relocated at start, as in CPython's own program.
    println!("cargo:rustc-link-arg-bins=-no-pie");
    println!("cargo:rustc-link-arg-bins=-Wl,--no-as-needed,-lm,--as-needed");
    for argument in order(Path::new(&here)).into_iter().flatten() {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
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
    // Each function has a section of its own; that of a cold one has another name.
    let mut sections = String::new();
    for name in list.lines().filter(|name| !name.is_empty()) {
        writeln!(sections, "    *(.text.{name} .text.unlikely.{name})").ok()?;
    }
    fs::write(&script, with_first(&default_script()?, &sections)?).ok()?;
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

/// The script with more sections at the start of the program's text. (A section of their own would be simpler, but valgrind finds no symbols in it.)
fn with_first(script: &str, sections: &str) -> Option<String> {
    let text = script.find("\n  .text ")?;
    let (before, after) = script.split_at_checked(text + script.get(text..)?.find('{')? + 1)?;
    Some(format!("{before}\n{sections}{after}"))
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
