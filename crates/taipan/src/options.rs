//! The options of `-X`, and what follows from others.

use vm::lifecycle::Config;

/// A limit of digits: 0, or at least 640.
pub fn digits(value: &str) -> Option<usize> {
    value.parse().ok().filter(|digits| *digits == 0 || (640..=i32::MAX as usize).contains(digits))
}

/// A number of processors; none for the system's.
pub fn cpu_count(value: &str) -> Result<Option<u32>, String> {
    match value {
        "default" => Ok(None),
        value => match value.parse().ok().filter(|count| (1..=i32::MAX.unsigned_abs()).contains(count)) {
            Some(count) => Ok(Some(count)),
            None => Err("config_init_cpu_count: -X cpu_count=n option: n is missing or an invalid number, n must be \
greater than 0\nPython runtime state: preinitialized\n"
                .to_owned()),
        },
    }
}

/// 0 or 1.
pub fn switch(value: &str, message: &str) -> Result<bool, String> {
    match value {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(format!("{message}\nPython runtime state: preinitialized\n")),
    }
}

/// A number of frames for tracemalloc.
pub fn frames(value: &str) -> Option<u32> {
    value.parse().ok().filter(|frames| *frames <= 65535)
}

/// There is a GIL.
pub fn check_gil(value: &str) -> Result<(), String> {
    match value {
        "1" => Ok(()),
        "0" => fatal("config_read_gil", "Disabling the GIL is not supported by this build"),
        _ => fatal("config_read_gil", "PYTHON_GIL / -X gil must be \"0\" or \"1\""),
    }
}

/// Reads the `-X` options into the configuration. The error is a fatal one.
pub fn apply(config: &mut Config) -> Result<(), String> {
    for (name, value) in config.xoptions.clone() {
        let value = value.map(|value| String::from_utf8_lossy(&value).into_owned());
        match (name.as_slice(), value.as_deref()) {
            (b"dev", _) => config.dev_mode = true,
            (b"utf8", None | Some("1")) => config.utf8_mode = true,
            (b"utf8", Some("0")) => config.utf8_mode = false,
            (b"utf8", Some(_)) => {
                let message = "preconfig_init_utf8_mode: invalid -X utf8 option value";
                return Err(format!("{message}\nPython runtime state: preinitializing\n"));
            }
            (b"faulthandler", _) => config.faulthandler = true,
            (b"showrefcount", _) => config.show_ref_count = true,
            (b"no_debug_ranges", _) => config.code_debug_ranges = false,
            (b"warn_default_encoding", _) => config.warn_default_encoding = true,
            (b"importtime", Some("2")) => config.import_time = 2,
            (b"importtime", Some(value)) if value.parse::<i64>().is_ok_and(|number| number != 1) => {
                let message = "-X importtime: values other than 1 and 2 are reserved for future use.";
                return fatal("config_init_import_time", message);
            }
            (b"importtime", _) => config.import_time = 1,
            (b"gil", value) => check_gil(value.unwrap_or_default())?,
            (b"tracemalloc", value) => match value.map_or(Some(1), frames) {
                Some(frames) => config.tracemalloc = frames,
                None => return fatal("config_init_tracemalloc", "-X tracemalloc=NFRAME: invalid number of frames"),
            },
            (b"presite", value) => config.presite = value.map(|value| value.as_bytes().to_vec()),
            (b"int_max_str_digits", value) => match value.and_then(digits) {
                Some(limit) => config.int_max_str_digits = limit,
                None => {
                    let message = "-X int_max_str_digits: invalid limit; must be >= 640 or 0 for unlimited.";
                    return fatal("config_init_int_max_str_digits", message);
                }
            },
            (b"cpu_count", value) => config.cpu_count = cpu_count(value.unwrap_or_default())?,
            (b"pycache_prefix", value) => {
                config.pycache_prefix = value.filter(|value| !value.is_empty()).map(|value| value.as_bytes().to_vec());
            }
            (b"context_aware_warnings", value) => {
                let message = "config_init_context_aware_warnings: -X context_aware_warnings=n: n is missing or invalid";
                config.context_aware_warnings = switch(value.unwrap_or_default(), message)?;
            }
            (b"thread_inherit_context", value) => {
                let message = "config_init_thread_inherit_context: -X thread_inherit_context=n: n is missing or invalid";
                config.thread_inherit_context = switch(value.unwrap_or_default(), message)?;
            }
            (b"frozen_modules", None | Some("" | "on")) => config.frozen_modules = Some(true),
            (b"frozen_modules", Some("off")) => config.frozen_modules = Some(false),
            (b"frozen_modules", Some(_)) => {
                let message = "bad value for option -X frozen_modules (expected \"on\" or \"off\")";
                return Err(format!("{message}\nPython runtime state: preinitialized\n"));
            }
            _ => {}
        }
    }
    add_warning_filters(config);
    Ok(())
}

fn fatal(function: &str, message: &str) -> Result<(), String> {
    Err(format!("{function}: {message}\nPython runtime state: preinitialized\n"))
}

/// `-X dev` and `-b` stand before what was asked for.
fn add_warning_filters(config: &mut Config) {
    let mut options = Vec::new();
    if config.dev_mode {
        options.push(b"default".to_vec());
    }
    options.append(&mut config.warnoptions);
    match config.bytes_warning {
        0 => {}
        1 => options.push(b"default::BytesWarning".to_vec()),
        _ => options.push(b"error::BytesWarning".to_vec()),
    }
    config.warnoptions = options;
}
