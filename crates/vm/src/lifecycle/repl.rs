//! The plain dialogue: prompts, statements over several lines, values shown by `sys.displayhook`.

use super::errors;
use super::{Config, support};
use crate::compile::{self, Mode, Source, cf};
use crate::sys;
use object::value::str as text;
use object::{PyResult, Raised, Ref, core, exc, id};

/// What stands before a dialogue.
pub(super) fn banner(config: &Config) {
    if config.quiet == 0 {
        host::tell!(
            "Python {} on {}\nType \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n",
            sys::info::LONG_VERSION,
            std::env::consts::OS
        );
    }
}

/// Reads and runs statements until the end of the input. SystemExit is handed on.
pub(crate) fn run() -> PyResult<()> {
    for (name, prompt) in [("ps1", ">>> "), ("ps2", "... ")] {
        if sys::get(name)?.is_none() {
            sys::set(name, text::new(prompt)?.b())?;
        }
    }
    let mut flags = 0;
    loop {
        match step(&mut flags) {
            Ok(true) => {}
            Ok(false) => {
                host::standard::tell("\n");
                return Ok(());
            }
            Err(raised) => handle(raised)?,
        }
    }
}

/// Shows an exception; SystemExit ends the dialogue.
fn handle(raised: Raised) -> PyResult<()> {
    if raised.is_a(&exc::SystemExit) {
        return Err(raised);
    }
    if raised.is_a(&exc::KeyboardInterrupt) {
        raised.clear();
        errors::write_stderr("\nKeyboardInterrupt\n");
        return Ok(());
    }
    errors::print_exception(raised, true);
    Ok(())
}

/// One statement. False at the end of the input.
fn step(flags: &mut u32) -> PyResult<bool> {
    let mut program = match read_line("ps1")? {
        Some(line) => line,
        None => return Ok(false),
    };
    loop {
        match compile_single(&program, *flags) {
            Ok(code) => {
                super::run::remember_source(&code, &program, "<stdin>")?;
                *flags |= code.getattr(id!("co_flags"))?.as_i64().map_or(0, |bits| u32::try_from(bits).unwrap_or(0)) & cf::MASK;
                let globals = super::main_dict()?;
                super::frame_access::run_code(code.b(), globals.b(), globals.b())?;
                flush();
                return Ok(true);
            }
            Err(raised) if raised.is_a(&exc::_IncompleteInputError) => {
                let error = raised.take();
                match read_line("ps2")? {
                    Some(line) => program.push_str(&line),
                    None => return Err(object::error::restore(error)),
                }
            }
            Err(raised) => return Err(raised),
        }
    }
}

fn compile_single(program: &str, flags: u32) -> PyResult<Ref> {
    // An empty line ends a block: the newline that a block ends with anyway tells nothing.
    let program = program.strip_suffix('\n').unwrap_or(program);
    let flags = flags | cf::IGNORE_COOKIE | cf::ALLOW_INCOMPLETE_INPUT | cf::DONT_IMPLY_DEDENT;
    compile::compile_program(&Source::from_text(program), "<stdin>", Mode::Single, flags)
}

fn flush() {
    for name in ["stderr", "stdout"] {
        if let Ok(Some(file)) = sys::get(name)
            && !file.is(&core::none())
        {
            support::quietly(|| support::flush(file.b()));
        }
    }
}

/// A line with its newline, after the prompt. None at the end.
fn read_line(prompt: &str) -> PyResult<Option<String>> {
    if let Some(prompt) = sys::get(prompt)? {
        let shown = prompt.str_text().unwrap_or_else(|raised| {
            raised.clear();
            String::new()
        });
        host::standard::tell(&shown);
    }
    let Some(stdin) = sys::get("stdin")?.filter(|file| !file.is(&core::none())) else { return Ok(None) };
    let line = stdin.call_method(id!("readline"), &[])?;
    let line = line.str_text()?;
    Ok((!line.is_empty()).then_some(line))
}
