//! What runs: a command, a module, a script, a folder or archive, standard input, a dialogue.

use super::{Config, Run, errors, support};
use crate::compile::{self, Mode, Source, cf};
use crate::lifecycle::errors::Outcome;
use crate::sys;
use object::value::str as text;
use object::{PyResult, Ref, core, id, raise};
use std::os::unix::ffi::OsStringExt;
use std::sync::OnceLock;

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
    let wants_dialogue =
        config.inspect > 0 || config.use_environment && std::env::var_os("PYTHONINSPECT").is_some_and(|value| !value.is_empty());
    if !wants_dialogue || !is_dialogue(config) || matches!(config.run, Run::Stdin) {
        return code;
    }
    super::errors::begin_dialogue();
    let result = run_interactive_hook().and_then(|()| interact(config));
    match result {
        Ok(code) => code,
        Err(raised) => match errors::handle_uncaught(raised) {
            Outcome::Exit(code) => code,
            Outcome::Printed | Outcome::Interrupted => 1,
        },
    }
}

/// Whether somebody talks to us: a terminal, or `-i`.
fn is_dialogue(config: &Config) -> bool {
    config.interactive > 0 || host::fd::is_terminal(0)
}

/// A full collection.
pub(super) fn collect() {
    object::gc::collect::collect_with_callbacks(2);
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
        Run::File(file) => run_file(config, &absolute(file)),
        Run::Stdin => run_stdin(config),
    }?;
    Ok(0)
}

/// `sys.path.insert(0, entry)`, unless safe_path.
fn prepend_path(config: &Config, entry: &[u8]) -> PyResult<()> {
    if config.safe_path { Ok(()) } else { insert_path(entry) }
}

/// What the program put first into `sys.path`: sub-interpreters begin with it too.
static FIRST_ENTRY: OnceLock<Vec<u8>> = OnceLock::new();

/// Puts the program's own folder first into `sys.path` of a new sub-interpreter.
pub(super) fn insert_first_entry() -> PyResult<()> {
    FIRST_ENTRY.get().map_or(Ok(()), |entry| insert_path(entry))
}

fn insert_path(entry: &[u8]) -> PyResult<()> {
    let _first = FIRST_ENTRY.set(entry.to_vec());
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
        host::tell!("Unable to decode the command from the command line:\n");
        return Err(object::convert::surrogates_not_allowed(source.b()));
    }
    let command = dedent(&text::to_string_lossy(source.b()));
    let code = compile::compile_program(&Source::from_text(&command), "<string>", Mode::Exec, cf::IGNORE_COOKIE)?;
    remember_source(&code, &command, "<string>")?;
    run_code(&code)
}

/// Takes out the blanks that all lines begin with, as `textwrap.dedent` does.
fn dedent(command: &str) -> String {
    let is_blank = |line: &str| line.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n'));
    let indent = |line: &str| line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let mut margin: Option<&str> = None;
    for line in command.split_inclusive('\n').filter(|line| !is_blank(line)) {
        let own = line.get(..indent(line)).unwrap_or_default();
        margin = Some(match margin {
            None => own,
            Some(margin) => {
                let common = margin.bytes().zip(own.bytes()).take_while(|(first, second)| first == second).count();
                margin.get(..common).unwrap_or_default()
            }
        });
    }
    let width = margin.map_or(0, str::len);
    if width == 0 {
        return command.to_owned();
    }
    let lines = command.split_inclusive('\n');
    lines
        .map(
            |line| {
                if is_blank(line) { if line.ends_with('\n') { "\n" } else { "" } } else { line.get(width..).unwrap_or_default() }
            },
        )
        .collect()
}

/// Lets tracebacks show lines of a program that is in no file: `linecache._register_code`.
pub(super) fn remember_source(code: &Ref, source: &str, filename: &str) -> PyResult<()> {
    let entry = [code.clone(), text::new(source)?, text::new(filename)?];
    // The embedded one takes what waits when it is imported.
    if super::embedded_root().is_some() && support::loaded_module("linecache")?.is_none() {
        crate::import::state().sources.borrow_mut().push(entry);
        return Ok(());
    }
    let register = match support::import_attr("linecache", "_register_code") {
        Ok(register) => register,
        // Without a library there is nobody who would show the lines.
        Err(raised) if raised.is_a(&object::exc::ImportError) => {
            raised.clear();
            return Ok(());
        }
        Err(raised) => return Err(raised),
    };
    register.call(&entry.each_ref().map(Ref::b)).map(drop)
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
            host::tell!("{program}: '{shown}' is a directory, cannot continue\n");
            return Err(object::error::raise_value(&object::exc::SystemExit, Some(support::int(1)?.b())));
        }
        Err(error) => {
            let number = error.raw_os_error().unwrap_or(0);
            let reason = host::Errno(number).message();
            host::tell!("{program}: can't open file {}: [Errno {number}] {reason}\n", absolute_repr(&path));
            return Err(object::error::raise_value(&object::exc::SystemExit, Some(support::int(2)?.b())));
        }
    };
    prepend_path(config, &script_folder(&path))?;
    sys::audit::audit("cpython.run_file", || Ok(vec![support::os_text(file)?]))?;
    run_content(config, file, content)
}

/// The path of a script, from the root on where the current folder is known.
fn absolute(file: &[u8]) -> Vec<u8> {
    if file.starts_with(b"/") {
        return file.to_vec();
    }
    match std::env::current_dir() {
        Ok(current) => {
            let rest = if file == b"." { b"".as_slice() } else { file.strip_prefix(b"./").unwrap_or(file) };
            let folder = current.into_os_string().into_vec();
            if rest.is_empty() { folder } else { [folder.as_slice(), b"/", rest].concat() }
        }
        Err(_) => file.to_vec(),
    }
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
fn run_content(config: &Config, file: &[u8], content: Vec<u8>) -> PyResult<()> {
    let globals = super::main_dict()?;
    let filename = support::os_text(file)?;
    let named = name_main(&globals, &filename)?;
    let result = run_named(config, file, &filename, &globals, content);
    forget_name(&globals, named);
    result
}

/// `__file__` and `__cached__` of the program, where it has none. Whether it got them.
fn name_main(globals: &Ref, filename: &Ref) -> PyResult<bool> {
    if support::dict_get(globals.b(), id!("__file__"))?.is_some() {
        return Ok(false);
    }
    support::dict_set(globals.b(), id!("__file__"), filename.b())?;
    support::dict_set_str(globals.b(), "__cached__", core::none_ref())?;
    Ok(true)
}

fn forget_name(globals: &Ref, named: bool) {
    if named {
        // An exception that is set stays.
        object::error::preserving(|| {
            for name in ["__file__", "__cached__"] {
                support::quietly(|| globals.delitem(support::intern(name).b()));
            }
        });
    }
}

fn run_named(config: &Config, file: &[u8], filename: &Ref, globals: &Ref, mut content: Vec<u8>) -> PyResult<()> {
    let compiled = file.ends_with(b".pyc") || content.starts_with(&crate::marshal::PYC_MAGIC);
    let loader = if compiled { "SourcelessFileLoader" } else { "SourceFileLoader" };
    support::quietly(|| set_main_loader(globals, filename, loader));
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
        if let Some(at) = content.iter().position(|byte| *byte == 0) {
            return Err(null_byte(filename, &content, at));
        }
        let source = Source::from_file(content);
        let options = compile::Options::new(Mode::Exec);
        compile::compile_source(&source, filename.b(), options, core::none_ref())?
    };
    run_code(&code)
}

/// The SyntaxError of a null byte in a file, with the line up to it.
fn null_byte(filename: &Ref, content: &[u8], at: usize) -> object::Raised {
    let before = content.get(..at).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let shown = String::from_utf8_lossy(before.get(start..).unwrap_or_default()).into_owned();
    let arguments = (|| {
        let place = [filename.clone(), object::value::int::from_u64(line as u64)?, support::int(0)?, text::new(&shown)?];
        let place = object::value::tuple::from_array(place)?;
        object::value::tuple::from_array([text::new("source code cannot contain null bytes")?, place])
    })();
    match arguments {
        Ok(arguments) => object::error::raise_value(&object::exc::SyntaxError, Some(arguments.b())),
        Err(raised) => raised,
    }
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
    prepend_path(config, b"")?;
    if is_dialogue(config) {
        super::repl::banner(config);
        super::errors::begin_dialogue();
        run_startup(config)?;
        run_interactive_hook()?;
    }
    sys::audit::audit("cpython.run_stdin", || Ok(vec![]))?;
    if is_dialogue(config) {
        return match interact(config)? {
            0 => Ok(()),
            code => Err(object::error::raise_value(&object::exc::SystemExit, Some(support::int(i64::from(code))?.b()))),
        };
    }
    let read = object::gil::without(|| host::standard::read_to_end(0, || Ok::<(), object::Raised>(())))?;
    // A closed stream is an empty program.
    let content = read.unwrap_or_default();
    let globals = super::main_dict()?;
    let filename = text::new("<stdin>")?;
    let named = name_main(&globals, &filename)?;
    let result = run_stdin_program(config, content, &filename);
    forget_name(&globals, named);
    result
}

fn run_stdin_program(config: &Config, mut content: Vec<u8>, filename: &Ref) -> PyResult<()> {
    if config.skip_first_line {
        let end = content.iter().position(|byte| *byte == b'\n').unwrap_or(content.len());
        content.drain(..end);
    }
    let source = Source::from_bytes(content);
    let code = compile::compile_source(&source, filename.b(), compile::Options::new(Mode::Exec), core::none_ref())?;
    run_code(&code)
}

/// The program in the file that PYTHONSTARTUP names, before a dialogue; its exceptions are printed.
fn run_startup(config: &Config) -> PyResult<()> {
    let Some(startup) = std::env::var_os("PYTHONSTARTUP").filter(|path| config.use_environment && !path.is_empty()) else {
        return Ok(());
    };
    let startup = startup.into_vec();
    let name = support::os_text(&startup)?;
    sys::audit::audit("cpython.run_startup", || Ok(vec![name.clone()]))?;
    let path = std::path::PathBuf::from(std::ffi::OsString::from_vec(startup.clone()));
    let result = match std::fs::read(&path) {
        Ok(content) => run_content(config, &startup, content),
        Err(error) => {
            host::tell!("Could not open PYTHONSTARTUP\n");
            let errno = error.raw_os_error().unwrap_or(0);
            let message = text::new(&host::Errno(errno).message())?;
            let arguments = object::value::tuple::from_array([support::int(i64::from(errno))?, message, name])?;
            Err(object::error::raise_value(&object::exc::OSError, Some(arguments.b())))
        }
    };
    match result {
        Err(raised) if raised.is_a(&object::exc::SystemExit) => Err(raised),
        Err(raised) => {
            errors::print_exception(raised, true);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// `sys.__interactivehook__`, which `site` sets; its exceptions are printed.
fn run_interactive_hook() -> PyResult<()> {
    let Some(hook) = sys::get("__interactivehook__")? else { return Ok(()) };
    sys::audit::audit("cpython.run_interactivehook", || Ok(vec![hook.clone()]))?;
    if let Err(raised) = hook.call0() {
        if raised.is_a(&object::exc::SystemExit) {
            return Err(raised);
        }
        host::tell!("Failed calling sys.__interactivehook__\n");
        errors::print_exception(raised, true);
    }
    Ok(())
}

/// The dialogue: `_pyrepl` on a terminal, else the plain one.
fn interact(config: &Config) -> PyResult<i32> {
    let simple = config.use_environment && std::env::var_os("PYTHON_BASIC_REPL").is_some_and(|value| !value.is_empty());
    if simple || !host::fd::is_terminal(0) || crate::import::find_native("termios").is_none() {
        return super::repl::run().map(|()| 0);
    }
    let console = support::import_attr("_pyrepl.main", "interactive_console")?;
    let kwargs = support::dict_new()?;
    support::dict_set_str(kwargs.b(), "mainmodule", support::loaded_module("__main__")?.unwrap_or_else(core::none_ref))?;
    // After a program it is the dialogue that runs PYTHONSTARTUP; on its own that was done before.
    let startup = !matches!(config.run, Run::Stdin);
    support::dict_set_str(kwargs.b(), "pythonstartup", core::boolean(startup).to_ref())?;
    support::call_with_dict(console.b(), &[], Some(kwargs.b())).map(|_| 0)
}

#[cfg(test)]
mod tests {
    use super::dedent;

    #[test]
    fn common_blanks_go() {
        assert_eq!(dedent("  a\n    b\n\n  c\n"), "a\n  b\n\nc\n");
        assert_eq!(dedent("a\n  b\n"), "a\n  b\n");
        assert_eq!(dedent("\ta\n        b"), "\ta\n        b");
        assert_eq!(dedent("  a\n \n  b"), "a\n\nb");
    }
}
