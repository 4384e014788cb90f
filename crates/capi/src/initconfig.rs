//! `initconfig.h` for a program that already runs (PEP 741): `PyConfig_Get`, `PyConfig_GetInt`, `PyConfig_Names`, `PyConfig_Set`.
//!
//! The options stand in one table, [`OPTIONS`]. What `PyConfig_Set` may change lives in `sys` where `sys` has it, else in the interpreter's [`Changes`].

use crate::form::capi;
use crate::support::lossy;
use builtins::dict::qualified_type_name;
use builtins::structseq;
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, error, raise, thread};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CStr;
use vm::lifecycle::{Config, HashSeed, Run};
use vm::sys::records::Flags;

/// What values an option has.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// An int of any sign.
    Int,
    /// An int that is not negative.
    Unsigned,
    Bool,
    Text,
    OptionalText,
    Texts,
    /// `-X` options: a dict of str to str or bool.
    Options,
}

/// Where an option's value lives, and whether it may be set.
#[derive(Clone, Copy)]
enum Home {
    /// Cannot be set.
    Fixed,
    /// An attribute of `sys`.
    Attribute(&'static str),
    /// `sys.flags`, this index; the other way round for the flags that say "not".
    Flag(usize),
    NotFlag(usize),
    /// The longest int as text.
    MaxDigits,
    /// How many processors programs are told of.
    Count,
}

use Home::{Attribute, Count, Fixed, Flag, MaxDigits, NotFlag};
use Kind::{Bool, Int, OptionalText, Options, Text, Texts, Unsigned};

const OPTIONS: &[(&str, Kind, Home)] = &[
    ("allocator", Int, Fixed),
    ("argv", Texts, Attribute("argv")),
    ("base_exec_prefix", OptionalText, Attribute("base_exec_prefix")),
    ("base_executable", OptionalText, Attribute("_base_executable")),
    ("base_prefix", OptionalText, Attribute("base_prefix")),
    ("buffered_stdio", Bool, Fixed),
    ("bytes_warning", Unsigned, Flag(9)),
    ("check_hash_pycs_mode", Text, Fixed),
    ("code_debug_ranges", Bool, Fixed),
    ("coerce_c_locale", Bool, Fixed),
    ("coerce_c_locale_warn", Bool, Fixed),
    ("configure_c_stdio", Bool, Fixed),
    ("configure_locale", Bool, Fixed),
    ("context_aware_warnings", Int, Fixed),
    ("cpu_count", Int, Count),
    ("dev_mode", Bool, Fixed),
    ("dump_refs", Bool, Fixed),
    ("dump_refs_file", OptionalText, Fixed),
    ("exec_prefix", OptionalText, Attribute("exec_prefix")),
    ("executable", OptionalText, Attribute("executable")),
    ("faulthandler", Bool, Fixed),
    ("filesystem_encoding", Text, Fixed),
    ("filesystem_errors", Text, Fixed),
    ("hash_seed", Unsigned, Fixed),
    ("home", OptionalText, Fixed),
    ("import_time", Unsigned, Fixed),
    ("inspect", Bool, Flag(1)),
    ("install_signal_handlers", Bool, Fixed),
    ("int_max_str_digits", Unsigned, MaxDigits),
    ("interactive", Bool, Flag(2)),
    ("isolated", Bool, Fixed),
    ("malloc_stats", Bool, Fixed),
    ("module_search_paths", Texts, Attribute("path")),
    ("optimization_level", Unsigned, Flag(3)),
    ("orig_argv", Texts, Attribute("orig_argv")),
    ("parse_argv", Bool, Fixed),
    ("parser_debug", Bool, Flag(0)),
    ("pathconfig_warnings", Bool, Fixed),
    ("perf_profiling", Unsigned, Fixed),
    ("platlibdir", Text, Attribute("platlibdir")),
    ("prefix", OptionalText, Attribute("prefix")),
    ("program_name", Text, Fixed),
    ("pycache_prefix", OptionalText, Attribute("pycache_prefix")),
    ("quiet", Bool, Flag(10)),
    ("remote_debug", Int, Fixed),
    ("run_command", OptionalText, Fixed),
    ("run_filename", OptionalText, Fixed),
    ("run_module", OptionalText, Fixed),
    ("safe_path", Bool, Fixed),
    ("show_ref_count", Bool, Fixed),
    ("site_import", Bool, Fixed),
    ("skip_source_first_line", Bool, Fixed),
    ("stdio_encoding", Text, Fixed),
    ("stdio_errors", Text, Fixed),
    ("stdlib_dir", OptionalText, Attribute("_stdlib_dir")),
    ("thread_inherit_context", Int, Fixed),
    ("tracemalloc", Unsigned, Fixed),
    ("use_environment", Bool, NotFlag(7)),
    ("use_frozen_modules", Bool, Fixed),
    ("use_hash_seed", Bool, Fixed),
    ("user_site_directory", Bool, Fixed),
    ("utf8_mode", Bool, Fixed),
    ("verbose", Unsigned, Flag(8)),
    ("warn_default_encoding", Bool, Fixed),
    ("warnoptions", Texts, Attribute("warnoptions")),
    ("write_bytecode", Bool, NotFlag(4)),
    ("xoptions", Options, Attribute("_xoptions")),
];

/// How many values `sys.flags` has, with those that are no items.
const FLAG_COUNT: usize = 21;

/// What `PyConfig_Set` made of options that live nowhere else.
#[derive(Default)]
struct Changes(RefCell<HashMap<&'static str, i32>>);

fn find(name: &CStr) -> PyResult<&'static (&'static str, Kind, Home)> {
    let found = OPTIONS.iter().find(|option| option.0.as_bytes() == name.to_bytes());
    found.ok_or_else(|| raise!(ValueError, "unknown config option name: {}", lossy(name)))
}

/// The value of an option.
fn get(name: &CStr) -> PyResult<Ref> {
    let (name, kind, home) = *find(name)?;
    match home {
        Attribute(attribute) => vm::sys::get(attribute)?.ok_or_else(|| raise!(RuntimeError, "lost sys.{attribute}")),
        MaxDigits => int::from_u64(vm::sys::limits::int_max_str_digits() as u64),
        _ if name == "write_bytecode" => {
            let dont =
                vm::sys::get("dont_write_bytecode")?.ok_or_else(|| raise!(RuntimeError, "lost sys.dont_write_bytecode"))?;
            Ok(core::boolean(!dont.is_true()?).to_ref())
        }
        _ => match thread::current().interpreter().extensions.get::<Changes>().0.borrow().get(name) {
            Some(value) if kind == Bool => Ok(core::boolean(*value != 0).to_ref()),
            Some(value) => int::new(i64::from(*value)),
            None => started_with(name),
        },
    }
}

/// What the command line and the environment said.
fn started_with(name: &str) -> PyResult<Ref> {
    let Some(config) = vm::lifecycle::config() else {
        return Err(raise!(RuntimeError, "there is no configuration yet"));
    };
    if let Some(value) = flag_of(config, name) {
        return Ok(core::boolean(value).to_ref());
    }
    if let Some(value) = number_of(config, name) {
        return int::new(value);
    }
    match text_of(config, name) {
        Some(value) => crate::unicode_codecs::fs_decode(&value),
        None => Ok(core::none().to_ref()),
    }
}

fn flag_of(config: &Config, name: &str) -> Option<bool> {
    Some(match name {
        "buffered_stdio" => !config.unbuffered,
        "code_debug_ranges" => config.code_debug_ranges,
        "configure_c_stdio" | "configure_locale" | "install_signal_handlers" | "parse_argv" | "pathconfig_warnings" => true,
        // Neither the locale nor the allocator is something that this implementation changes by itself.
        "coerce_c_locale" | "coerce_c_locale_warn" | "dump_refs" | "malloc_stats" => false,
        "dev_mode" => config.dev_mode,
        "faulthandler" => config.faulthandler,
        "inspect" => config.inspect != 0,
        "interactive" => config.interactive != 0,
        "isolated" => config.isolated,
        "parser_debug" => config.parser_debug != 0,
        "quiet" => config.quiet != 0,
        "safe_path" => config.safe_path,
        "show_ref_count" => config.show_ref_count,
        "site_import" => config.site_import,
        "skip_source_first_line" => config.skip_first_line,
        "use_environment" => config.use_environment,
        "use_frozen_modules" => config.frozen_modules.unwrap_or(true),
        "use_hash_seed" => matches!(config.hash_seed, HashSeed::Fixed(_)),
        "user_site_directory" => config.user_site,
        "utf8_mode" => config.utf8_mode,
        "warn_default_encoding" => config.warn_default_encoding,
        _ => return None,
    })
}

fn number_of(config: &Config, name: &str) -> Option<i64> {
    Some(match name {
        "allocator" => 0,
        "bytes_warning" => i64::from(config.bytes_warning),
        "context_aware_warnings" => i64::from(config.context_aware_warnings),
        "cpu_count" => vm::lifecycle::cpu_count(),
        "hash_seed" => match config.hash_seed {
            HashSeed::Fixed(seed) => i64::from(seed),
            HashSeed::Random => 0,
        },
        "import_time" => i64::from(config.import_time),
        "optimization_level" => i64::from(config.optimize),
        "perf_profiling" => i64::from(config.perf_profiling),
        "remote_debug" => i64::from(config.remote_debug),
        "thread_inherit_context" => i64::from(config.thread_inherit_context),
        "tracemalloc" => i64::from(config.tracemalloc),
        "verbose" => i64::from(config.verbose),
        _ => return None,
    })
}

fn text_of(config: &Config, name: &str) -> Option<Vec<u8>> {
    let run = &config.run;
    match (name, run) {
        ("check_hash_pycs_mode", _) => Some(config.check_hash_based_pycs.as_deref().unwrap_or("default").into()),
        ("filesystem_encoding", _) => Some(b"utf-8".to_vec()),
        ("filesystem_errors", _) => Some(b"surrogateescape".to_vec()),
        ("home", _) => config.python_home.clone(),
        ("program_name", _) => Some(config.program_name.clone()),
        ("run_command", Run::Command(text)) | ("run_filename", Run::File(text)) | ("run_module", Run::Module(text)) => {
            Some(text.clone())
        }
        ("stdio_encoding", _) => Some(config.stdio_encoding.as_deref().unwrap_or("utf-8").into()),
        ("stdio_errors", _) => Some(config.stdio_errors.as_deref().unwrap_or("strict").into()),
        _ => None,
    }
}

fn expected(what: &str, value: Borrowed<'_>) -> PyResult<()> {
    Err(raise!(TypeError, "expected {what}, got {}", qualified_type_name(value.class())?))
}

/// Whether the value is of the option's kind; gives the int of the options that are ints.
fn check(kind: Kind, value: Borrowed<'_>) -> PyResult<Option<i32>> {
    match kind {
        Int | Unsigned | Bool => {
            if !int::check(value) {
                expected("int or bool", value)?;
            }
            let Some(number) = int::to_i64(value).and_then(|number| i32::try_from(number).ok()) else {
                return Err(raise!(OverflowError, "Python int too large to convert to C int"));
            };
            if number < 0 && kind != Int {
                return Err(raise!(ValueError, "value must be >= 0"));
            }
            return Ok(Some(number));
        }
        Text if !text::check(value) => expected("str", value)?,
        OptionalText if !value.is(&core::none()) && !text::check(value) => expected("str or None", value)?,
        Texts => check_texts(value)?,
        Options => check_options(value)?,
        Text | OptionalText => {}
    }
    Ok(None)
}

fn check_texts(value: Borrowed<'_>) -> PyResult<()> {
    let Some(list) = value.downcast::<builtins::list::List>() else { return expected("list[str]", value) };
    for (index, item) in list.snapshot()?.iter().enumerate() {
        if !text::check(item.b()) {
            return Err(raise!(TypeError, "expected str, list item {index} has type {}", qualified_type_name(item.class())?));
        }
    }
    Ok(())
}

fn check_options(value: Borrowed<'_>) -> PyResult<()> {
    let Some(dict) = value.downcast::<builtins::dict::Dict>() else { return expected("dict[str, str | bool]", value) };
    for (key, value) in dict.iter().collect::<Vec<_>>() {
        if !text::check(key.b()) {
            return Err(raise!(TypeError, "expected str, got dict key type {}", qualified_type_name(key.class())?));
        }
        if !text::check(value.b()) && !value.class().is_type(&core::BOOL) {
            return Err(raise!(TypeError, "expected str or bool, got dict value type {}", qualified_type_name(value.class())?));
        }
    }
    Ok(())
}

/// A new `sys.flags` with one value replaced: what holds the old one keeps it as it was.
fn set_flag(index: usize, value: i32) -> PyResult<()> {
    let old = vm::sys::get("flags")?.ok_or_else(|| raise!(RuntimeError, "lost sys.flags"))?;
    if !old.class().is_type(<Flags as object::StaticType>::type_object()) {
        return Err(raise!(TypeError, "sys.flags is not what it was"));
    }
    let mut values = Vec::new();
    for at in 0..FLAG_COUNT {
        values.push(if at == index { int::new(i64::from(value))? } else { structseq::get::<Flags>(old.b(), at) });
    }
    vm::sys::set("flags", structseq::new::<Flags>(values)?.b())
}

/// C's old global variables follow their options.
fn set_variable(name: &str, value: i32) {
    use crate::data;
    let variable = match name {
        "bytes_warning" => &data::Py_BytesWarningFlag,
        "inspect" => &data::Py_InspectFlag,
        "interactive" => &data::Py_InteractiveFlag,
        "optimization_level" => &data::Py_OptimizeFlag,
        "parser_debug" => &data::Py_DebugFlag,
        "quiet" => &data::Py_QuietFlag,
        "use_environment" => return data::Py_IgnoreEnvironmentFlag.0.set(i32::from(value == 0)),
        "verbose" => &data::Py_VerboseFlag,
        "write_bytecode" => return data::Py_DontWriteBytecodeFlag.0.set(i32::from(value == 0)),
        _ => return,
    };
    variable.0.set(value);
}

/// The smallest limit of digits.
const LEAST_DIGITS: i32 = 640;

fn set(name: &CStr, value: Borrowed<'_>) -> PyResult<()> {
    vm::sys::audit::audit("cpython.PyConfig_Set", || Ok(vec![text::new(&lossy(name))?, value.to_ref()]))?;
    let (name, kind, home) = *find(name)?;
    if matches!(home, Fixed) || name == "orig_argv" {
        return Err(raise!(ValueError, "cannot set read-only option {name}"));
    }
    let number = check(kind, value)?;
    let (index, flag) = match (home, number) {
        (Attribute(attribute), _) => return vm::sys::set(attribute, value),
        (MaxDigits, _) => {
            if number.is_some_and(|digits| digits != 0 && digits < LEAST_DIGITS) {
                return Err(raise!(ValueError, "maxdigits must be >= {LEAST_DIGITS} or 0 for unlimited"));
            }
            let sys = vm::import::import_module("sys")?;
            sys.call_method(crate::support::intern("set_int_max_str_digits").b(), &[value])?;
            (17, number.unwrap_or(0))
        }
        (Flag(index), Some(number)) => (index, if kind == Bool { i32::from(number != 0) } else { number }),
        (NotFlag(index), Some(number)) => (index, i32::from(number == 0)),
        (Count, Some(number)) => return Ok(vm::lifecycle::set_cpu_count(i64::from(number))),
        (Fixed | Count | Flag(_) | NotFlag(_), _) => return Err(error::bad_internal_call()),
    };
    set_flag(index, flag)?;
    if name == "write_bytecode" {
        vm::sys::set("dont_write_bytecode", core::boolean(flag != 0))?;
    }
    if let Some(number) = number {
        set_variable(name, number);
        thread::current().interpreter().extensions.get::<Changes>().0.borrow_mut().insert(name, number);
    }
    Ok(())
}

capi! {
    fn PyConfig_Get(name: &CStr) -> PyResult<Ref> {
        get(name)
    }
    fn PyConfig_GetInt(name: &CStr, place: crate::form::Out<'_, i32>) -> PyResult<()> {
        let value = get(name)?;
        if !int::check(value.b()) {
            return Err(raise!(TypeError, "config option {} is not an int", lossy(name)));
        }
        let Some(number) = int::to_i64(value.b()).and_then(|number| i32::try_from(number).ok()) else {
            return Err(raise!(OverflowError, "config option {} value does not fit into a C int", lossy(name)));
        };
        place.set(number);
        Ok(())
    }
    fn PyConfig_Names() -> PyResult<Ref> {
        let names = OPTIONS.iter().map(|option| text::new(option.0)).collect::<PyResult<Vec<_>>>()?;
        core::FROZENSET.borrowed().call1(tuple::from_vec(names)?.b())
    }
    fn PyConfig_Set(name: &CStr, value: Borrowed<'_>) -> PyResult<()> {
        set(name, value)
    }
}
