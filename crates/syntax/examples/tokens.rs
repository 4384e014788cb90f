//! Writes the tokens of a file as `_tokenize.TokenizerIter(readline, extra_tokens=True)` gives them, for `tests/oracle_tokens.py`.
//!
//! `tokens FILE` writes them all; `tokens LIST digest` a CRC-32 of the same text for each file named in LIST.

use std::fmt::Write;
use syntax::dump::Dump;

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(path) = args.next() else { return };
    if args.next().is_none() {
        print!("{}", tokens(&path));
        return;
    }
    for path in std::fs::read_to_string(path).unwrap_or_default().lines() {
        println!("{path} {:08x}", crc32(tokens(path).as_bytes()));
    }
}

fn tokens(path: &str) -> String {
    let source = std::fs::read_to_string(path).unwrap_or_default();
    let (tokens, error) = syntax::tokenize(&source, true);
    let mut out = String::new();
    for token in tokens {
        let ((l, c), (el, ec)) = (token.start, token.end);
        let _ = write!(out, "{} {l},{c}-{el},{ec} ", token.kind);
        token.string.dump(&mut out);
        out.push(' ');
        token.line.dump(&mut out);
        out.push('\n');
    }
    if let Some(error) = error {
        let _ = writeln!(out, "error {} {} {}", error.message, error.lineno, error.offset);
    }
    out
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
