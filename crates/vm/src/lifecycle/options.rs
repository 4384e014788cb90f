//! The options of PEP 741 by name: what `PyConfig_Get` tells of the configuration as it stands now.

use super::config::{Config, HashSeed, Run};
use super::support;
use object::value::int;
use object::{PyResult, Ref, core, raise};

/// Where the value of an option is found.
#[derive(Clone, Copy)]
enum Place {
    /// An attribute of `sys`.
    Sys(&'static str),
    /// A field of `sys.flags`.
    Flag(&'static str, Kind),
    /// The configuration that the process started with.
    Start(fn(&Config) -> Value),
}

/// How a number of `sys.flags` is shown.
#[derive(Clone, Copy)]
enum Kind {
    Int,
    Bool,
    /// The flag says the opposite.
    Not,
}

enum Value {
    Bool(bool),
    Int(i64),
    Text(Option<Vec<u8>>),
}

fn run_text(config: &Config, pick: fn(&Run) -> Option<&[u8]>) -> Value {
    Value::Text(pick(&config.run).map(<[u8]>::to_vec))
}

/// All options, sorted by name.
const OPTIONS: &[(&str, Place)] = {
    use Kind::{Bool, Int, Not};
    use Place::{Flag, Start, Sys};
    use Value as V;
    &[
        ("allocator", Start(|_| V::Int(0))),
        ("argv", Sys("argv")),
        ("base_exec_prefix", Sys("base_exec_prefix")),
        ("base_executable", Sys("_base_executable")),
        ("base_prefix", Sys("base_prefix")),
        ("buffered_stdio", Start(|c| V::Bool(!c.unbuffered))),
        ("bytes_warning", Flag("bytes_warning", Int)),
        (
            "check_hash_pycs_mode",
            Start(|c| V::Text(Some(c.check_hash_based_pycs.clone().unwrap_or_else(|| "default".into()).into_bytes()))),
        ),
        ("code_debug_ranges", Start(|c| V::Bool(c.code_debug_ranges))),
        ("coerce_c_locale", Start(|_| V::Bool(false))),
        ("coerce_c_locale_warn", Start(|_| V::Bool(false))),
        ("configure_c_stdio", Start(|_| V::Bool(true))),
        ("configure_locale", Start(|_| V::Bool(true))),
        ("context_aware_warnings", Start(|c| V::Int(i64::from(c.context_aware_warnings)))),
        ("cpu_count", Start(|c| V::Int(c.cpu_count.map_or(-1, i64::from)))),
        ("dev_mode", Flag("dev_mode", Bool)),
        ("dump_refs", Start(|_| V::Bool(false))),
        ("dump_refs_file", Start(|_| V::Text(None))),
        ("exec_prefix", Sys("exec_prefix")),
        ("executable", Sys("executable")),
        ("faulthandler", Start(|c| V::Bool(c.faulthandler))),
        ("filesystem_encoding", Start(|_| V::Text(Some(b"utf-8".to_vec())))),
        ("filesystem_errors", Start(|_| V::Text(Some(b"surrogateescape".to_vec())))),
        (
            "hash_seed",
            Start(|c| {
                V::Int(match c.hash_seed {
                    HashSeed::Fixed(seed) => i64::from(seed),
                    HashSeed::Random => 0,
                })
            }),
        ),
        ("home", Start(|c| V::Text(c.python_home.clone()))),
        ("import_time", Start(|c| V::Int(i64::from(c.import_time)))),
        ("inspect", Flag("inspect", Bool)),
        ("install_signal_handlers", Start(|_| V::Bool(true))),
        ("int_max_str_digits", Flag("int_max_str_digits", Int)),
        ("interactive", Flag("interactive", Bool)),
        ("isolated", Flag("isolated", Bool)),
        ("malloc_stats", Start(|_| V::Bool(false))),
        ("module_search_paths", Sys("path")),
        ("optimization_level", Flag("optimize", Int)),
        ("orig_argv", Sys("orig_argv")),
        ("parse_argv", Start(|_| V::Bool(true))),
        ("parser_debug", Flag("debug", Bool)),
        ("pathconfig_warnings", Start(|_| V::Bool(true))),
        ("perf_profiling", Start(|c| V::Int(i64::from(c.perf_profiling)))),
        ("platlibdir", Sys("platlibdir")),
        ("prefix", Sys("prefix")),
        ("program_name", Start(|c| V::Text(Some(c.program_name.clone())))),
        ("pycache_prefix", Sys("pycache_prefix")),
        ("quiet", Flag("quiet", Bool)),
        ("remote_debug", Start(|c| V::Bool(c.remote_debug))),
        ("run_command", Start(|c| run_text(c, |run| if let Run::Command(text) = run { Some(text) } else { None }))),
        ("run_filename", Start(|c| run_text(c, |run| if let Run::File(text) = run { Some(text) } else { None }))),
        ("run_module", Start(|c| run_text(c, |run| if let Run::Module(text) = run { Some(text) } else { None }))),
        ("safe_path", Flag("safe_path", Bool)),
        ("show_ref_count", Start(|c| V::Bool(c.show_ref_count))),
        ("site_import", Flag("no_site", Not)),
        ("skip_source_first_line", Start(|c| V::Bool(c.skip_first_line))),
        ("stdio_encoding", Start(|c| V::Text(Some(c.stdio_encoding.clone().unwrap_or_else(|| "utf-8".into()).into_bytes())))),
        ("stdio_errors", Start(|c| V::Text(Some(c.stdio_errors.clone().unwrap_or_else(|| "strict".into()).into_bytes())))),
        ("stdlib_dir", Sys("_stdlib_dir")),
        ("thread_inherit_context", Start(|c| V::Int(i64::from(c.thread_inherit_context)))),
        ("tracemalloc", Start(|c| V::Int(i64::from(c.tracemalloc)))),
        ("use_environment", Flag("ignore_environment", Not)),
        ("use_frozen_modules", Start(|c| V::Bool(c.frozen_modules.unwrap_or(true)))),
        ("use_hash_seed", Start(|c| V::Bool(c.hash_seed != HashSeed::Random))),
        ("user_site_directory", Flag("no_user_site", Not)),
        ("utf8_mode", Flag("utf8_mode", Bool)),
        ("verbose", Flag("verbose", Int)),
        ("warn_default_encoding", Flag("warn_default_encoding", Bool)),
        ("warnoptions", Sys("warnoptions")),
        ("write_bytecode", Sys("dont_write_bytecode")),
        ("xoptions", Sys("_xoptions")),
    ]
};

/// The names of all options.
pub fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|(name, _)| *name)
}

fn from_sys(name: &str) -> PyResult<Ref> {
    crate::sys::get(name)?.ok_or_else(|| raise!(RuntimeError, "lost sys.{name}"))
}

fn from_flags(name: &str, kind: Kind) -> PyResult<Ref> {
    let value = from_sys("flags")?.getattr(support::intern(name).b())?;
    match kind {
        Kind::Int => Ok(value),
        Kind::Bool => Ok(core::boolean(value.is_true()?).to_ref()),
        Kind::Not => Ok(core::boolean(!value.is_true()?).to_ref()),
    }
}

/// The value of an option as it is now; ValueError for a name that is none.
pub fn get(name: &str) -> PyResult<Ref> {
    let Some((_, place)) = OPTIONS.iter().find(|(known, _)| *known == name) else {
        return Err(raise!(ValueError, "unknown config option name: {name}"));
    };
    match place {
        Place::Sys("dont_write_bytecode") => Ok(core::boolean(!from_sys("dont_write_bytecode")?.is_true()?).to_ref()),
        Place::Sys(attribute) => from_sys(attribute),
        Place::Flag(flag, kind) => from_flags(flag, *kind),
        Place::Start(value) => {
            let Some(config) = super::config() else { return Err(raise!(RuntimeError, "there is no configuration")) };
            match value(config) {
                Value::Bool(value) => Ok(core::boolean(value).to_ref()),
                Value::Int(value) => int::new(value),
                Value::Text(None) => Ok(core::none_ref()),
                Value::Text(Some(value)) => support::os_text(&value),
            }
        }
    }
}
