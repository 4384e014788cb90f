//! The environment variables of CPython, where the command line left room for them.

use std::os::unix::ffi::OsStringExt;
use vm::lifecycle::{Config, HashSeed};

fn get(name: &str) -> Option<Vec<u8>> {
    std::env::var_os(name).map(OsStringExt::into_vec).filter(|value| !value.is_empty())
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
        config.parser_debug = level("PYTHONDEBUG", config.parser_debug);
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
        None | Some("0") => Ok(()),
        Some("1") => {
            config.utf8_mode = true;
            Ok(())
        }
        Some(_) => Err("preconfig_init_utf8_mode: invalid PYTHONUTF8 environment variable value\n\
Python runtime state: preinitialized\n"
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
    if let Some(value) = text("PYTHON_CPU_COUNT").filter(|value| value != "default") {
        config.cpu_count = value.parse().ok();
    }
    config.context_aware_warnings |= text("PYTHON_CONTEXT_AWARE_WARNINGS").as_deref() == Some("1");
    config.thread_inherit_context |= text("PYTHON_THREAD_INHERIT_CONTEXT").as_deref() == Some("1");
    Ok(())
}
