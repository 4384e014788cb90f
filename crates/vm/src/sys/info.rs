//! The values in `sys`: version, flags, platform, sizes, and the named tuples about them.

use super::records;
use super::set_new;
use crate::lifecycle::{Config, Paths, support};
use builtins::structseq;
use object::value::{float, int, str as text, tuple};
use object::{PyResult, Ref, core};

/// The version of CPython that this is, as a number.
pub const HEXVERSION: i64 = 0x030E_0AF0;
/// The version of CPython that this is.
pub const VERSION: &str = "3.14.10";
/// `sys.version`: Taipan's name stands where CPython has its build.
pub const LONG_VERSION: &str = concat!("3.14.10 (Taipan ", env!("CARGO_PKG_VERSION"), ", Nov 21 2026, 09:00:00) [Rust]");

/// `sys.implementation.cache_tag`.
pub(crate) const CACHE_TAG: &str = "cpython-314";

const COPYRIGHT: &str = "Copyright (c) 2001 Python Software Foundation.\nAll Rights Reserved.\n\n\
Copyright (c) 2000 BeOpen.com.\nAll Rights Reserved.\n\n\
Copyright (c) 1995-2001 Corporation for National Research Initiatives.\nAll Rights Reserved.\n\n\
Copyright (c) 1991-1995 Stichting Mathematisch Centrum, Amsterdam.\nAll Rights Reserved.";

/// The argument of `sys.unraisablehook`.
pub fn unraisable_arguments(values: Vec<Ref>) -> PyResult<Ref> {
    structseq::new::<records::UnraisableHookArgs>(values)
}

/// The result of `sys.get_asyncgen_hooks`.
pub(super) fn asyncgen_hooks(firstiter: Ref, finalizer: Ref) -> PyResult<Ref> {
    structseq::new::<records::AsyncgenHooks>(vec![firstiter, finalizer])
}

fn ints(values: &[i64]) -> PyResult<Vec<Ref>> {
    values.iter().map(|value| int::new(*value)).collect()
}

fn flags(config: &Config) -> PyResult<Ref> {
    let bit = |value: bool| core::boolean(value).to_ref();
    let mut values = ints(&[
        i64::from(config.parser_debug),
        i64::from(config.inspect),
        i64::from(config.interactive),
        i64::from(config.optimize),
        i64::from(config.dont_write_bytecode),
        i64::from(!config.user_site),
        i64::from(!config.site_import),
        i64::from(!config.use_environment),
        i64::from(config.verbose),
        i64::from(config.bytes_warning),
        i64::from(config.quiet),
        i64::from(config.hash_seed != crate::lifecycle::HashSeed::Fixed(0)),
        i64::from(config.isolated),
    ])?;
    values.push(bit(config.dev_mode));
    values.push(int::new(i64::from(config.utf8_mode))?);
    values.push(int::new(i64::from(config.warn_default_encoding))?);
    values.push(bit(config.safe_path));
    values.push(int::from_u64(config.int_max_str_digits as u64)?);
    values.push(int::new(1)?);
    values.push(int::new(i64::from(config.thread_inherit_context))?);
    values.push(int::new(i64::from(config.context_aware_warnings))?);
    structseq::new::<records::Flags>(values)
}

fn version_info() -> PyResult<Ref> {
    let mut values = ints(&[3, 14, 10])?;
    values.push(text::new("final")?);
    values.push(int::new(0)?);
    structseq::new::<records::VersionInfo>(values)
}

fn float_info() -> PyResult<Ref> {
    let values = vec![
        float::new(f64::MAX)?,
        int::new(i64::from(f64::MAX_EXP))?,
        int::new(i64::from(f64::MAX_10_EXP))?,
        float::new(f64::MIN_POSITIVE)?,
        int::new(i64::from(f64::MIN_EXP))?,
        int::new(i64::from(f64::MIN_10_EXP))?,
        int::new(i64::from(f64::DIGITS))?,
        int::new(i64::from(f64::MANTISSA_DIGITS))?,
        float::new(f64::EPSILON)?,
        int::new(2)?,
        int::new(1)?,
    ];
    structseq::new::<records::FloatInfo>(values)
}

fn hash_info() -> PyResult<Ref> {
    let mut values = ints(&[64, (1 << 61) - 1, 314_159, 0, 1_000_003])?;
    values.push(text::new("siphash13")?);
    values.extend(ints(&[64, 128, 0])?);
    structseq::new::<records::HashInfo>(values)
}

fn thread_info() -> PyResult<Ref> {
    structseq::new::<records::ThreadInfo>(vec![text::new("pthread")?, text::new("semaphore")?, thread_library()?])
}

/// The name and version of the C library's threads.
fn thread_library() -> PyResult<Ref> {
    match c_library_version() {
        Some(version) => text::new(&format!("NPTL {version}")),
        None => Ok(core::none_ref()),
    }
}

#[cfg(target_env = "gnu")]
fn c_library_version() -> Option<&'static str> {
    unsafe extern "C" {
        fn gnu_get_libc_version() -> *const abi::c_char;
    }
    // SAFETY: glibc gives a static C string.
    let version = unsafe { std::ffi::CStr::from_ptr(gnu_get_libc_version()) };
    version.to_str().ok()
}

#[cfg(not(target_env = "gnu"))]
fn c_library_version() -> Option<&'static str> {
    None
}

fn implementation(version: &Ref) -> PyResult<Ref> {
    let fields = [
        ("name", text::new("cpython")?),
        ("cache_tag", text::new(CACHE_TAG)?),
        ("version", version.clone()),
        ("hexversion", int::new(HEXVERSION)?),
        ("_multiarch", text::new(multiarch())?),
        ("supports_isolated_interpreters", core::true_().to_ref()),
    ];
    records::namespace(&fields)
}

/// Debian's name of the platform, which is in the names of extension modules.
pub fn multiarch() -> &'static str {
    match (std::env::consts::ARCH, cfg!(target_env = "musl")) {
        ("x86_64", false) => "x86_64-linux-gnu",
        ("x86_64", true) => "x86_64-linux-musl",
        ("aarch64", false) => "aarch64-linux-gnu",
        ("aarch64", true) => "aarch64-linux-musl",
        _ => "",
    }
}

fn platform() -> &'static str {
    if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS }
}

/// Fills `sys` with what does not depend on paths.
pub(super) fn fill(config: &Config) -> PyResult<()> {
    let string = |value: &str| text::new(value);
    let version = version_info()?;
    records::finish()?;
    set_new("implementation", implementation(&version)?)?;
    set_new("version_info", version)?;
    set_new("version", string(LONG_VERSION)?)?;
    set_new("hexversion", int::new(HEXVERSION)?)?;
    set_new("api_version", int::new(1013)?)?;
    set_new("copyright", string(COPYRIGHT)?)?;
    set_new("platform", string(platform())?)?;
    set_new("maxsize", int::new(i64::MAX)?)?;
    set_new("maxunicode", int::new(0x10_FFFF)?)?;
    set_new("byteorder", string(if cfg!(target_endian = "big") { "big" } else { "little" })?)?;
    set_new("float_repr_style", string("short")?)?;
    set_new("abiflags", string("")?)?;
    set_new("_framework", string("")?)?;
    set_new("_git", tuple::from_array([string("CPython")?, string("")?, string("")?])?)?;
    set_new("float_info", float_info()?)?;
    set_new("int_info", structseq::new::<records::IntInfo>(ints(&[30, 4, 4300, 640])?)?)?;
    set_new("hash_info", hash_info()?)?;
    set_new("thread_info", thread_info()?)?;
    set_new("flags", flags(config)?)?;
    set_new("dont_write_bytecode", core::boolean(config.dont_write_bytecode).to_ref())?;
    set_new("warnoptions", support::list_of_os_text(config.warnoptions.iter().map(Vec::as_slice))?)?;
    set_new("_xoptions", xoptions(config)?)?;
    let prefix = config.pycache_prefix.as_deref();
    set_new("pycache_prefix", prefix.map_or_else(|| Ok(core::none_ref()), support::os_text)?)?;
    let names = super::names::STDLIB.iter().map(|name| text::new(name)).collect::<PyResult<Vec<_>>>()?;
    set_new("stdlib_module_names", core::FROZENSET.borrowed().call1(support::list(names)?.b())?)
}

fn xoptions(config: &Config) -> PyResult<Ref> {
    let dict = support::dict_new()?;
    for (name, value) in &config.xoptions {
        let value = value.as_deref().map_or_else(|| Ok(core::true_().to_ref()), support::os_text)?;
        support::dict_set(dict.b(), support::os_text(name)?.b(), value.b())?;
    }
    Ok(dict)
}

/// Fills `sys` with the paths.
pub(crate) fn fill_paths(config: &Config, paths: &Paths) -> PyResult<()> {
    set_new("path", support::list_of_os_text(paths.module_search.iter().map(Vec::as_slice))?)?;
    for (name, value) in [
        ("prefix", &paths.prefix),
        ("exec_prefix", &paths.exec_prefix),
        ("base_prefix", &paths.base_prefix),
        ("base_exec_prefix", &paths.base_exec_prefix),
        ("executable", &paths.executable),
        ("_base_executable", &paths.base_executable),
        ("_stdlib_dir", &paths.stdlib_dir),
        ("platlibdir", &paths.platlibdir),
    ] {
        set_new(name, support::os_text(value)?)?;
    }
    let home = config.python_home.as_deref().filter(|_| config.use_environment);
    set_new("_home", home.map_or_else(|| Ok(core::none_ref()), support::os_text)?)?;
    set_new("argv", support::list_of_os_text(config.argv.iter().map(Vec::as_slice))?)?;
    set_new("orig_argv", support::list_of_os_text(config.orig_argv.iter().map(Vec::as_slice))?)
}
