//! Parses many sources and writes what came of each, for `tests/oracle_errors.py`.
//!
//! With the word `strict` after the file's name all warnings are errors, with `full` whole dumps are written.
//!
//! The input has, per case, a line `MODE FLAGS FEATURE_VERSION LENGTH` and LENGTH bytes of source. The output has a line per case:
//! `ok CRC-32` of the dump, or the error's fields with tabs between them; then ` | ` and the warnings.

use std::fmt::Write;
use syntax::dump::{Dump, dump};
use syntax::{ErrorKind, Flags, Mode, ParseOptions, SyntaxWarning, Text, WarningOutcome, WarningSink};

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: parse_cases FILE");
        return;
    };
    let data = std::fs::read(path).unwrap_or_default();
    let word = std::env::args().nth(2).unwrap_or_default();
    let mut rest = data.as_slice();
    while let Some(end) = rest.iter().position(|&b| b == b'\n') {
        let header = String::from_utf8_lossy(&rest[..end]).into_owned();
        let fields: Vec<usize> = header.split(' ').filter_map(|field| field.parse().ok()).collect();
        let [mode, flags, version, length] = fields[..] else { break };
        let source = &rest[end + 1..end + 1 + length];
        rest = &rest[end + 1 + length..];
        println!("{}", case(source, mode, flags, version, &word));
    }
}

fn case(source: &[u8], mode: usize, flags: usize, version: usize, word: &str) -> String {
    let Ok(source) = std::str::from_utf8(source) else { return "not utf-8".into() };
    let all = [
        (0x200, Flags::DONT_IMPLY_DEDENT),
        (0x1000, Flags::TYPE_COMMENTS),
        (0x4000, Flags::ALLOW_INCOMPLETE_INPUT),
        (0x400000, Flags::BARRY_AS_BDFL),
    ];
    let mut options = ParseOptions {
        mode: [Mode::Exec, Mode::Eval, Mode::Single, Mode::FuncType][mode],
        feature_version: u8::try_from(version).unwrap_or(14),
        ..ParseOptions::default()
    };
    for (bit, flag) in all {
        if flags & bit != 0 {
            options.flags |= flag;
        }
    }
    let mut warnings: Vec<SyntaxWarning> = Vec::new();
    let sink: &mut dyn WarningSink = if word == "strict" { &mut Strict } else { &mut warnings };
    let mut out = String::new();
    match syntax::parse(source, &options, sink) {
        Ok(module) if word == "full" => out = dump(&module),
        Ok(module) => {
            let _ = write!(out, "ok {:08x}", crc32(dump(&module).as_bytes()));
        }
        Err(error) => {
            let kind = match error.kind {
                ErrorKind::UnicodeDecodeError { .. } => "UnicodeDecodeError".to_owned(),
                kind => format!("{kind:?}"),
            };
            let mut message = String::new();
            Text::from(error.message.as_str()).dump(&mut message);
            let mut text = String::new();
            error.text.dump_option(&mut text);
            let (statement_line, statement_column) = error.last_statement.unwrap_or_default();
            let _ = write!(
                out,
                "{kind}\t{message}\t{}\t{}\t{}\t{}\t{text}\t{statement_line}:{statement_column}",
                error.lineno, error.offset, error.end_lineno, error.end_offset
            );
        }
    }
    out.push_str(" |");
    for warning in &warnings {
        let mut message = String::new();
        Text::from(warning.message.as_str()).dump(&mut message);
        let _ = write!(out, " {}:{message}", warning.lineno);
    }
    out
}

/// Makes errors of all warnings.
struct Strict;

impl WarningSink for Strict {
    fn warn(&mut self, _: &SyntaxWarning) -> WarningOutcome {
        WarningOutcome::Error
    }
}

trait DumpOption {
    fn dump_option(&self, out: &mut String);
}

impl DumpOption for Option<Text> {
    fn dump_option(&self, out: &mut String) {
        match self {
            Some(text) => text.dump(out),
            None => out.push_str("None"),
        }
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
