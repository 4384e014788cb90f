//! What runs: a command, a module, a script, a folder or archive, standard input, a dialogue.

use super::{Config, Run, errors, support};
use crate::compile::{self, Mode, Source, cf};
use crate::lifecycle::errors::Outcome;
use crate::sys;
use object::value::{bytes, str as text};
use object::{PyResult, Ref, core, id, raise};
use std::io::{IsTerminal, Read};
use std::os::unix::ffi::OsStringExt;

/// Runs what the command line asks for, and ends the runtime. Gives the exit code.
pub fn run(config: &Config) -> i32 {
    let outcome = match run_main(config) {
        Ok(code) => Outcome::Exit(code),
        Err(raised) => errors::handle_uncaught(raised),
    };
    let code = super::finish(finish_with(config, outcome));
    if outcome == Outcome::Interrupted {
        // As CPython: whoever started us shall see the signal.
        host::signal::die_of_interrupt();
    }
    code
}

fn finish_with(config: &Config, outcome: Outcome) -> i32 {
    let code = match outcome {
        Outcome::Exit(code) => code,
        Outcome::Printed => 1,
        Outcome::Interrupted => 130,
    };
    let wants_dialogue = config.inspect > 0 || std::env::var_os("PYTHONINSPECT").is_some_and(|value| !value.is_empty());
    if wants_dialogue && !matches!(config.run, Run::Stdin) && config.use_environment | (config.inspect > 0) {
        return match interact(config) {
            Ok(code) => code,
            Err(raised) => match errors::handle_uncaught(raised) {
                Outcome::Exit(code) => code,
                Outcome::Printed | Outcome::Interrupted => 1,
            },
        };
    }
    code
}

/// A full collection, where the module `gc` is there.
pub(super) fn collect() {
    if let Ok(Some(gc)) = support::loaded_module("gc") {
        support::quietly(|| gc.call_method(id!("collect"), &[]));
    }
}

fn run_main(config: &Config) -> PyResult<i32> {
    match &config.run {
        Run::Command(command) => {
            prepend_path(config, b"")?;
            run_command(command)
        }
        Run::Module(module) => {
            if !config.safe_path {
                let current = std::env::current_dir().map_or_else(|_| Vec::new(), |path| path.into_os_string().into_vec());
                prepend_path(config, &current)?;
            }
            run_module(support::os_text(module)?, true)
        }
        Run::File(file) => run_file(config, file),
        Run::Stdin => run_stdin(config),
    }?;
    Ok(0)
}

/// `sys.path.insert(0, entry)`, unless safe_path.
fn prepend_path(config: &Config, entry: &[u8]) -> PyResult<()> {
    if config.safe_path { Ok(()) } else { insert_path(entry) }
}

fn insert_path(entry: &[u8]) -> PyResult<()> {
    let Some(path) = sys::get("path")? else { return Err(raise!(RuntimeError, "unable to get sys.path")) };
    path.call_method(id!("insert"), &[support::int(0)?.b(), support::os_text(entry)?.b()]).map(drop)
}

fn run_code(code: &Ref) -> PyResult<()> {
    let globals = super::main_dict()?;
    super::frame_access::run_code(code.b(), globals.b(), globals.b()).map(drop)
}

fn run_command(command: &[u8]) -> PyResult<()> {
    let source = support::os_text(command)?;
    sys::audit::audit("cpython.run_command", || Ok(vec![source.clone()]))?;
    if text::data(source.b()).is_some_and(|data| data.iter().any(|code| (0xD800..0xE000).contains(&code))) {
        eprintln!("Unable to decode the command from the command line:");
        return Err(object::convert::surrogates_not_allowed(source.b()));
    }
    let program = Source::from_text(&text::to_string_lossy(source.b()));
    remember_source("<string>", &source)?;
    let code = compile::compile_program(&program, "<string>", Mode::Exec, cf::IGNORE_COOKIE)?;
    run_code(&code)
}

/// Lets tracebacks show lines of a program that is in no file: `linecache._register_code`, where linecache is loaded lazily.
fn remember_source(filename: &str, source: &Ref) -> PyResult<()> {
    let Ok(Some(linecache)) = support::loaded_module("linecache") else { return Ok(()) };
    let register = support::getattr_quietly(linecache.b(), id!("_register_code"));
    if let Some(register) = register {
        let name = text::new(filename)?;
        support::quietly(|| register.call(&[name.b(), source.b(), name.b()]));
    }
    Ok(())
}

/// `runpy._run_module_as_main`.
fn run_module(module: Ref, set_argv0: bool) -> PyResult<()> {
    let function = support::import_attr("runpy", "_run_module_as_main")?;
    function.call(&[module.b(), core::boolean(set_argv0)]).map(drop)
}

fn run_file(config: &Config, file: &[u8]) -> PyResult<()> {
    if let Some(importer) = importer_for(file)? {
        drop(importer);
        insert_path(file)?;
        return run_module(support::intern("__main__"), false);
    }
    let path = std::path::PathBuf::from(std::ffi::OsString::from_vec(file.to_vec()));
    let shown = text::to_string_lossy(support::os_text(file)?.b());
    let program = String::from_utf8_lossy(&config.program_name).into_owned();
    let content = match std::fs::read(&path) {
        Ok(content) => content,
        Err(error) if path.is_dir() => {
            let _ = error;
            eprintln!("{program}: '{shown}' is a directory, cannot continue");
            return Err(object::error::raise_value(&object::exc::SystemExit, Some(support::int(1)?.b())));
        }
        Err(error) => {
            let number = error.raw_os_error().unwrap_or(0);
            let reason = error.to_string();
            let reason = reason.split(" (os error").next().unwrap_or_default();
            eprintln!("{program}: can't open file {}: [Errno {number}] {reason}", absolute_repr(&path));
            return Err(object::error::raise_value(&object::exc::SystemExit, Some(support::int(2)?.b())));
        }
    };
    prepend_path(config, &script_folder(&path))?;
    sys::audit::audit("cpython.run_file", || Ok(vec![support::os_text(file)?]))?;
    run_content(config, file, content)
}

/// The path as Python shows it: absolute, quoted.
fn absolute_repr(path: &std::path::Path) -> String {
    let absolute = std::env::current_dir().map_or_else(|_| path.to_path_buf(), |current| current.join(path));
    let shown = support::os_text(&absolute.into_os_string().into_vec()).and_then(|path| path.repr_text());
    shown.unwrap_or_default()
}

/// `sys.path[0]` of a script: the folder that it is in, links followed.
fn script_folder(path: &std::path::Path) -> Vec<u8> {
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    real.parent().map_or_else(Vec::new, |folder| folder.as_os_str().to_owned().into_vec())
}

/// Runs a program that was read from a file: source, or a `.pyc`.
fn run_content(config: &Config, file: &[u8], mut content: Vec<u8>) -> PyResult<()> {
    let globals = super::main_dict()?;
    let filename = support::os_text(file)?;
    support::dict_set(globals.b(), id!("__file__"), filename.b())?;
    let compiled = file.ends_with(b".pyc") || content.starts_with(&crate::marshal::PYC_MAGIC);
    let loader = if compiled { "SourcelessFileLoader" } else { "SourceFileLoader" };
    support::quietly(|| set_main_loader(&globals, &filename, loader));
    let code = if compiled {
        let body = content.get(16..).unwrap_or_default();
        if !content.starts_with(&crate::marshal::PYC_MAGIC) {
            return Err(raise!(RuntimeError, "Bad magic number in .pyc file"));
        }
        crate::marshal::load(body, true)?
    } else {
        if config.skip_first_line {
            let end = content.iter().position(|byte| *byte == b'\n').unwrap_or(content.len());
            content.drain(..end);
        }
        let source = Source::from_bytes(content);
        let options = compile::Options::new(Mode::Exec);
        compile::compile_source(&source, filename.b(), options, core::none_ref())?
    };
    let result = run_code(&code);
    if result.is_ok() {
        support::quietly(|| globals.delitem(id!("__file__")));
    }
    result
}

fn set_main_loader(globals: &Ref, filename: &Ref, class: &str) -> PyResult<()> {
    let loader = support::import_attr("_frozen_importlib_external", class)?;
    let main = text::new("__main__")?;
    let loader = loader.call(&[main.b(), filename.b()])?;
    support::dict_set(globals.b(), id!("__loader__"), loader.b())
}

/// The importer for a script that is a folder or an archive.
fn importer_for(file: &[u8]) -> PyResult<Option<Ref>> {
    if !crate::import::is_ready() {
        return Ok(None);
    }
    let hooks = sys::get("path_hooks")?.unwrap_or_else(core::none_ref);
    if hooks.is(&core::none()) {
        return Ok(None);
    }
    let path = support::os_text(file)?;
    for hook in hooks.to_vec()? {
        match hook.call1(path.b()) {
            Ok(importer) => {
                let cache = sys::get("path_importer_cache")?.unwrap_or_else(core::none_ref);
                cache.setitem(path.b(), importer.b())?;
                return Ok(Some(importer));
            }
            Err(raised) => raised.clear_if(&object::exc::ImportError)?,
        }
    }
    Ok(None)
}

fn run_stdin(config: &Config) -> PyResult<()> {
    let dialogue = config.interactive > 0 || std::io::stdin().is_terminal();
    prepend_path(config, b"")?;
    sys::audit::audit("cpython.run_stdin", || Ok(vec![]))?;
    if dialogue {
        return match interact(config)? {
            0 => Ok(()),
            code => Err(object::error::raise_value(&object::exc::SystemExit, Some(support::int(i64::from(code))?.b()))),
        };
    }
    let mut content = Vec::new();
    if let Err(error) = std::io::stdin().read_to_end(&mut content) {
        return Err(raise!(OSError, "{error}"));
    }
    let source = Source::from_bytes(content.clone());
    remember_source("<stdin>", &bytes::new(&content)?)?;
    let filename = text::new("<stdin>")?;
    let code = compile::compile_source(&source, filename.b(), compile::Options::new(Mode::Exec), core::none_ref())?;
    run_code(&code)
}

/// The dialogue: `_pyrepl` where it can run, else the plain one.
fn interact(config: &Config) -> PyResult<i32> {
    let simple = std::env::var_os("PYTHON_BASIC_REPL").is_some_and(|value| !value.is_empty());
    if !simple && std::io::stdin().is_terminal() && crate::import::find_native("termios").is_some() {
        sys::audit::audit("cpython.run_interactivehook", || Ok(vec![]))?;
        return run_module(support::intern("_pyrepl"), false).map(|()| 0);
    }
    super::repl::run(config).map(|()| 0)
}
