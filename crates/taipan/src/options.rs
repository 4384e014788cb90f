//! The options of `-X`, and what follows from others.

use vm::lifecycle::Config;

/// A limit of digits: 0, or at least 640.
pub fn digits(value: &str) -> Option<usize> {
    value.parse().ok().filter(|digits| *digits == 0 || (640..=i32::MAX as usize).contains(digits))
}

/// Reads the `-X` options into the configuration. The error is a fatal one.
pub fn apply(config: &mut Config) -> Result<(), String> {
    for (name, value) in config.xoptions.clone() {
        let value = value.map(|value| String::from_utf8_lossy(&value).into_owned());
        match (name.as_slice(), value.as_deref()) {
            (b"dev", _) => config.dev_mode = true,
            (b"utf8", None | Some("1")) => config.utf8_mode = true,
            (b"utf8", Some("0")) => config.utf8_mode = false,
            (b"utf8", Some(_)) => return fatal("preconfig_init_utf8_mode", "invalid -X utf8 option value"),
            (b"faulthandler", _) => config.faulthandler = true,
            (b"showrefcount", _) => config.show_ref_count = true,
            (b"no_debug_ranges", _) => config.code_debug_ranges = false,
            (b"warn_default_encoding", _) => config.warn_default_encoding = true,
            (b"importtime", Some("2")) => config.import_time = 2,
            (b"importtime", _) => config.import_time = 1,
            (b"int_max_str_digits", value) => match value.and_then(digits) {
                Some(limit) => config.int_max_str_digits = limit,
                None => {
                    let message = "-X int_max_str_digits: invalid limit; must be >= 640 or 0 for unlimited.";
                    return fatal("config_init_int_max_str_digits", message);
                }
            },
            (b"cpu_count", Some("default")) => config.cpu_count = None,
            (b"cpu_count", value) => match value.and_then(|value| value.parse().ok()).filter(|count| *count > 0) {
                Some(count) => config.cpu_count = Some(count),
                None => {
                    let message = "-X cpu_count=n option: n is missing or an invalid number, n must be greater than 0";
                    return fatal("config_init_cpu_count", message);
                }
            },
            (b"pycache_prefix", value) => config.pycache_prefix = value.map(|value| value.as_bytes().to_vec()),
            (b"context_aware_warnings", value) => config.context_aware_warnings = value != Some("0"),
            (b"thread_inherit_context", value) => config.thread_inherit_context = value != Some("0"),
            (b"frozen_modules", value) => config.frozen_modules = Some(value != Some("off")),
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
