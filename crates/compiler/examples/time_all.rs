//! Parses and compiles each file that a list names, and prints the seconds of both: where time goes without an interpreter.

use compiler::{CompileOptions, compile};
use std::time::{Duration, Instant};
use syntax::ParseOptions;

fn main() {
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(run);
    drop(worker.map(|worker| worker.join()));
}

fn run() {
    let list = std::env::args().nth(1).and_then(|list| std::fs::read_to_string(list).ok()).unwrap_or_default();
    let sources: Vec<String> = list.lines().filter_map(|name| std::fs::read_to_string(name).ok()).collect();
    let (mut parsing, mut compiling) = (Duration::ZERO, Duration::ZERO);
    let (mut bytes, mut code) = (0, 0);
    for source in &sources {
        bytes += source.len();
        let start = Instant::now();
        let parsed = syntax::parse(source, &ParseOptions::default(), &mut ());
        parsing += start.elapsed();
        let Ok(mut module) = parsed else { continue };
        let start = Instant::now();
        let options = CompileOptions { stack: 32 << 20, ..CompileOptions::default() };
        if let Ok(compiled) = compile(&mut module, "file", &options, &mut ()) {
            code += compiled.code.len();
        }
        drop(module);
        compiling += start.elapsed();
    }
    println!(
        "{} files, {bytes} bytes, {code} bytes of modules' code: parsing {parsing:?}, compiling {compiling:?}",
        sources.len()
    );
}
