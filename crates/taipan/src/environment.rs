//! The environment variables of CPython, where the command line left room for them.

use std::os::unix::ffi::OsStringExt;
use vm::lifecycle::{Config, HashSeed};

fn get(name: &str) -> Option<Vec<u8>> {
    std::env::var_os(name).map(OsStringExt::into_vec).filter(|value| !value.is_empty())
}

/// The locale, and PEP 538 and 540 where it is C: a locale with UTF-8, and UTF-8 mode.
pub fn start_locale(config: &mut Config) {
    host::locale::take_from_environment();
    let name = host::locale::name();
    // The environment and -X may still say otherwise.
    config.utf8_mode = matches!(name.as_slice(), b"C" | b"POSIX");
    let wish = if config.use_environment { get("PYTHONCOERCECLOCALE") } else { None };
    let warns = wish.as_deref() == Some(b"warn");
    if name != b"C" {
        return;
    }
    if get("LC_ALL").is_none() && wish.as_deref() != Some(b"0") {
        if let Some(target) = host::locale::coerce() {
            if warns {
                host::tell!(
                    "Python detected LC_CTYPE=C: LC_CTYPE coerced to {target} (set another locale or \
PYTHONCOERCECLOCALE=0 to disable this locale coercion behavior).\n"
                );
            }
            return;
        }
    }
    if warns {
        host::tell!(
            "Python runtime initialized with LC_CTYPE=C (a locale with default ASCII encoding), which may cause \
Unicode compatibility problems. Using C.UTF-8, C.utf8, or UTF-8 (if available) as alternative Unicode-compatible \
locales is recommended.\n"
        );
    }
}

/// A variable that counts: a number, or 1 for any other text.
fn level(name: &str, current: u32) -> u32 {
    let given = get(name).map_or(0, |value| match String::from_utf8_lossy(&value).parse::<i32>() {
        Ok(number) => u32::try_from(number).unwrap_or(1),
        Err(_) => 1,
    });
    current.max(given)
}

fn text(name: &str) -> Option<String> {
    get(name).map(|value| String::from_utf8_lossy(&value).into_owned())
}

/// Reads the environment into the configuration. The error is a fatal one.
pub fn apply(config: &mut Config) -> Result<(), String> {
    config.hash_seed = HashSeed::Random;
    if config.use_environment {
        config.parser_debug = config.parser_debug.max(u32::from(level("PYTHONDEBUG", 0) > 0));
        config.verbose = level("PYTHONVERBOSE", config.verbose);
        config.optimize = level("PYTHONOPTIMIZE", config.optimize);
        config.inspect = level("PYTHONINSPECT", config.inspect);
        config.dont_write_bytecode |= get("PYTHONDONTWRITEBYTECODE").is_some();
        config.unbuffered |= level("PYTHONUNBUFFERED", 0) > 0;
        if get("PYTHONNOUSERSITE").is_some() {
            config.user_site = false;
        }
        config.safe_path |= get("PYTHONSAFEPATH").is_some();
        config.faulthandler |= get("PYTHONFAULTHANDLER").is_some();
        config.dev_mode |= level("PYTHONDEVMODE", 0) > 0;
        config.warn_default_encoding |= level("PYTHONWARNDEFAULTENCODING", 0) > 0;
        config.import_time = level("PYTHONPROFILEIMPORTTIME", 0);
        config.pycache_prefix = get("PYTHONPYCACHEPREFIX");
        config.python_home = get("PYTHONHOME");
        config.platlibdir = get("PYTHONPLATLIBDIR");
        config.code_debug_ranges = get("PYTHONNODEBUGRANGES").is_none();
        if let Some(path) = get("PYTHONPATH") {
            config.python_path = path.split(|byte| *byte == b':').map(<[u8]>::to_vec).collect();
        }
        if let Some(warnings) = get("PYTHONWARNINGS") {
            let own = std::mem::take(&mut config.warnoptions);
            let given = warnings.split(|byte| *byte == b',').filter(|option| !option.is_empty());
            config.warnoptions = given.map(<[u8]>::to_vec).chain(own).collect();
        }
        if let Some(encoding) = text("PYTHONIOENCODING") {
            let (encoding, errors) = encoding.split_once(':').unwrap_or((&encoding, ""));
            config.stdio_encoding = Some(encoding.to_owned()).filter(|encoding| !encoding.is_empty());
            let default = config.stdio_encoding.as_ref().map(|_| "strict");
            config.stdio_errors = Some(errors).filter(|errors| !errors.is_empty()).or(default).map(str::to_owned);
        }
        hash_seed(config)?;
        utf8_mode(config)?;
        switches(config)?;
    }
    Ok(())
}

fn hash_seed(config: &mut Config) -> Result<(), String> {
    match text("PYTHONHASHSEED").as_deref() {
        _ if config.random_seed => Ok(()),
        None | Some("random") => Ok(()),
        Some(seed) => match seed.parse::<u32>() {
            Ok(seed) => {
                config.hash_seed = HashSeed::Fixed(seed);
                Ok(())
            }
            Err(_) => Err("config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]\n\
Python runtime state: preinitialized\n"
                .to_owned()),
        },
    }
}

fn utf8_mode(config: &mut Config) -> Result<(), String> {
    match text("PYTHONUTF8").as_deref() {
        None => Ok(()),
        Some("0") => {
            config.utf8_mode = false;
            Ok(())
        }
        Some("1") => {
            config.utf8_mode = true;
            Ok(())
        }
        Some(_) => Err("preconfig_init_utf8_mode: invalid PYTHONUTF8 environment variable value\n\
Python runtime state: preinitializing\n"
            .to_owned()),
    }
}

fn switches(config: &mut Config) -> Result<(), String> {
    if let Some(value) = text("PYTHONINTMAXSTRDIGITS") {
        config.int_max_str_digits = super::options::digits(&value).ok_or(
            "config_init_int_max_str_digits: PYTHONINTMAXSTRDIGITS: invalid limit; must be >= 640 or 0 for unlimited.\n\
Python runtime state: preinitialized\n",
        )?;
    }
    if let Some(value) = text("PYTHON_CPU_COUNT") {
        config.cpu_count = super::options::cpu_count(&value)?;
    }
    if let Some(value) = text("PYTHON_GIL") {
        super::options::check_gil(&value)?;
    }
    if let Some(value) = text("PYTHON_CONTEXT_AWARE_WARNINGS") {
        let message = "config_init_context_aware_warnings: PYTHON_CONTEXT_AWARE_WARNINGS=N: N is missing or invalid";
        config.context_aware_warnings = super::options::switch(&value, message)?;
    }
    if let Some(value) = text("PYTHON_THREAD_INHERIT_CONTEXT") {
        let message = "config_init_thread_inherit_context: PYTHON_THREAD_INHERIT_CONTEXT=N: N is missing or invalid";
        config.thread_inherit_context = super::options::switch(&value, message)?;
    }
    if let Some(value) = text("PYTHON_FROZEN_MODULES") {
        match value.as_str() {
            "on" => config.frozen_modules = Some(true),
            "off" => config.frozen_modules = Some(false),
            _ => {
                return Err("bad value for option PYTHON_FROZEN_MODULES (expected \"on\" or \"off\")\n\
Python runtime state: preinitialized\n"
                    .to_owned());
            }
        }
    }
    if let Some(value) = text("PYTHONTRACEMALLOC") {
        config.tracemalloc = super::options::frames(&value).ok_or(
            "config_init_tracemalloc: PYTHONTRACEMALLOC: invalid number of frames\nPython runtime state: preinitialized\n",
        )?;
    }
    Ok(())
}
