//! Compiles programs and writes their code objects in `marshal` format; `tests/compare_code.py` drives it.
//!
//! Standard input holds frames: level of `-O` (one byte), mode (`e`xec, `a`: exec with top-level await, e`v`al, `s`ingle), length (four bytes,
//! little-endian), source in UTF-8. For each frame, standard output gets a status byte (0: code, 1: syntax error of the
//! parser, 2: of the compiler), a length and the data: `marshal` bytes of verified code, or the error as text, then its location.

use bytecode::marshal::{VERSION, write_const};
use bytecode::verify::{Subject, verify};
use bytecode::{Code, Const, Location};
use compiler::{CompileOptions, Warning, compile};
use std::io::{Read, Write};
use std::sync::Arc;
use syntax::{Mode, ParseOptions};

fn main() {
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(run);
    if let Ok(Err(error)) = worker.map(|worker| worker.join().unwrap_or(Ok(()))) {
        eprintln!("{error}");
    }
}

fn run() -> std::io::Result<()> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let mut out = std::io::stdout().lock();
    let mut rest = input.as_slice();
    while let [optimize, mode, a, b, c, d, tail @ ..] = rest {
        let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        let (source, tail) = tail.split_at(length.min(tail.len()));
        let top_level_await = *mode == b'a';
        let mode = match mode {
            b'v' => Mode::Eval,
            b's' => Mode::Single,
            _ => Mode::Exec,
        };
        let (status, data) = one(&String::from_utf8_lossy(source), u32::from(*optimize), mode, top_level_await);
        out.write_all(&[status])?;
        out.write_all(&u32::try_from(data.len()).unwrap_or(0).to_le_bytes())?;
        out.write_all(&data)?;
        rest = tail;
    }
    Ok(())
}

fn one(source: &str, optimize: u32, mode: Mode, top_level_await: bool) -> (u8, Vec<u8>) {
    let mut module = match syntax::parse(source, &ParseOptions { mode, ..ParseOptions::default() }, &mut ()) {
        Ok(module) => module,
        Err(error) => return (1, format!("{error:?}").into_bytes()),
    };
    let options = CompileOptions { optimize, top_level_await, stack: 32 << 20, ..CompileOptions::default() };
    let mut warnings: Vec<Warning> = Vec::new();
    match compile(&mut module, "<test>", &options, &mut warnings) {
        Ok(code) => {
            if let Err(error) = verify_all(&code) {
                return (2, format!("SystemError\0{error}").into_bytes());
            }
            let mut data = Vec::new();
            let warned: Vec<Const> = warnings
                .into_iter()
                .map(|w| Const::tuple([Const::str(w.message), Const::int(i64::from(w.location.lineno))]))
                .collect();
            let value = Const::tuple([Const::Code(Arc::new(code)), Const::tuple(warned)]);
            match write_const(&value, VERSION, &mut data) {
                Ok(()) => (0, data),
                Err(error) => (2, format!("marshal: {error:?}").into_bytes()),
            }
        }
        Err(error) => {
            let Location { lineno, end_lineno, col_offset, end_col_offset } = error.location;
            let text = format!(
                "{:?}\0{}\0{lineno}\0{}\0{end_lineno}\0{}",
                error.kind,
                error.message,
                col_offset + 1,
                end_col_offset + 1
            );
            (2, text.into_bytes())
        }
    }
}

/// What the compiler makes has to pass the verifier.
fn verify_all(code: &Code) -> Result<(), String> {
    verify(&Subject::of(code)).map_err(|error| format!("{}: {error:?}", code.qualname))?;
    code.consts.iter().try_for_each(|value| match value {
        Const::Code(code) => verify_all(code),
        _ => Ok(()),
    })
}
