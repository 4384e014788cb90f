//! Dumps the AST of the files named, statement by statement, or compares times.
//!
//! `dump_ast full FILE` writes the dump; `dump_ast digest LIST` reads file names from LIST and writes a line per file with a
//! CRC-32 per top-level statement; `dump_ast time LIST` parses all files and gives the seconds.

use std::fmt::Write;
use syntax::ast::Mod;
use syntax::dump::dump;

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(mode), Some(path)) = (args.next(), args.next()) else {
        eprintln!("usage: dump_ast full|digest|time FILE");
        return;
    };
    match mode.as_str() {
        "full" => full(&path),
        "digest" => digest(&path),
        _ => time(&path),
    }
}

fn parse(text: &str) -> Result<Mod, syntax::SyntaxError> {
    syntax::parse(text, &syntax::ParseOptions::default(), &mut ())
}

fn body(module: &Mod) -> &[syntax::ast::Stmt] {
    match module {
        Mod::Module { body, .. } | Mod::Interactive { body } => body,
        _ => &[],
    }
}

fn full(path: &str) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    match parse(&text) {
        Ok(module) => {
            for stmt in body(&module) {
                println!("{}", dump(stmt));
            }
        }
        Err(error) => println!("{error:?}"),
    }
}

fn digest(list: &str) {
    for path in std::fs::read_to_string(list).unwrap_or_default().lines() {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let mut line = path.to_owned();
        match parse(&text) {
            Ok(module) => {
                for stmt in body(&module) {
                    let _ = write!(line, " {:08x}", crc32(dump(stmt).as_bytes()));
                }
            }
            Err(error) => {
                let _ = write!(line, " error {} {} {}", error.message, error.lineno, error.offset);
            }
        }
        println!("{line}");
    }
}

fn time(list: &str) {
    let files: Vec<String> =
        std::fs::read_to_string(list).unwrap_or_default().lines().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let bytes: usize = files.iter().map(String::len).sum();
    for _ in 0..3 {
        let start = std::time::Instant::now();
        let failed = files.iter().filter(|text| parse(text).is_err()).count();
        println!("{} files, {bytes} bytes, {failed} failed: {:?}", files.len(), start.elapsed());
    }
}

/// CRC-32 as in `zlib.crc32`.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |mut crc, &b| {
        crc ^= u32::from(b);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
        crc
    })
}
