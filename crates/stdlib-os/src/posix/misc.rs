//! Text of paths, environment, randomness, the machine.

use super::attributes::{configuration_name, table};
use super::names::SYSCONF;
use crate::path::{fspath, same_kind};
use crate::support::{OrRaise, decode, encode, os_error};
use builtins::struct_sequence;
use builtins::structseq;
use host::errno::Errno;
use macros::pymodule;
use object::args::ArgInfo;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, FromArg, FromOptArg, PyResult, Ref, core, hooks, memory, raise};

struct_sequence!(
    /// `posix.uname_result`
    UnameResult, c"posix.uname_result",
    c"uname_result: Result from os.uname().\n\nThis object may be accessed either as a tuple of\n  (sysname, nodename, release, version, machine),\nor via the attributes sysname, nodename, release, version, and machine.\n\nSee os.uname for more information.",
    5, [
        c"sysname" = c"operating system name", c"nodename" = c"name of machine on network (implementation-defined)",
        c"release" = c"operating system release", c"version" = c"operating system version", c"machine" = c"hardware identifier",
    ]
);

/// The number of a device; -1 is the one that no device has.
pub(super) struct Device(pub u64);

impl<'a> FromArg<'a> for Device {
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        let number = value.index()?;
        match int::to_i128(number.b()) {
            Some(-1) => Ok(Device(u64::MAX)),
            Some(number) => u64::try_from(number).map(Device).map_err(|_| {
                raise!(
                    OverflowError,
                    "{}",
                    if number < 0 { "can't convert negative int to unsigned" } else { "int too big to convert" }
                )
            }),
            None => Err(raise!(OverflowError, "int too big to convert")),
        }
    }
}

impl<'a> FromOptArg<'a> for Device {
    fn from_opt(value: Option<Borrowed<'a>>, info: &'static ArgInfo) -> PyResult<Self> {
        value.map_or(Ok(Device(0)), |value| Device::from_arg(value, info))
    }
}

/// A part of a device's number.
pub(super) struct DevicePart(u32);

impl<'a> FromArg<'a> for DevicePart {
    fn from_arg(value: Borrowed<'a>, info: &'static ArgInfo) -> PyResult<Self> {
        match Device::from_arg(value, info)?.0 {
            u64::MAX => Ok(DevicePart(u32::MAX)),
            number => u32::try_from(number)
                .map(DevicePart)
                .map_err(|_| raise!(OverflowError, "Python int too large to convert to C unsigned int")),
        }
    }
}

/// A device or a part of it as an int.
fn device_object(number: u64, none: u64) -> PyResult<Ref> {
    if number == none { int::new(-1) } else { int::from_u64(number) }
}

/// A name or value for the environment.
fn system_text(value: Borrowed<'_>) -> PyResult<Vec<u8>> {
    let value = fspath(value)?;
    let content = match bytes::value(value.b()) {
        Some(content) => content.to_vec(),
        None => encode(value.b())?,
    };
    if content.contains(&0) { Err(raise!(ValueError, "embedded null byte")) } else { Ok(content) }
}

/// The text of a path, with whether it is bytes.
fn path_text(path: Borrowed<'_>) -> PyResult<(Vec<u8>, bool)> {
    let path = fspath(path)?;
    match bytes::value(path.b()) {
        Some(content) => Ok((content.to_vec(), true)),
        // Lone surrogates may be any: WTF-8 keeps them.
        None => Ok((text::to_wtf8(path.b()), false)),
    }
}

fn path_object(content: &[u8], is_bytes: bool) -> PyResult<Ref> {
    if is_bytes { same_kind(content, true) } else { text::from_wtf8(content) }
}

/// How many slashes a root has: two exactly, else one.
fn root_length(path: &[u8]) -> usize {
    match path {
        [b'/', b'/', b'/', ..] => 1,
        [b'/', b'/', ..] => 2,
        [b'/', ..] => 1,
        _ => 0,
    }
}

/// `os.path.normpath`.
fn normalise(path: &[u8]) -> Vec<u8> {
    // A text ends at its first NUL nowhere: NULs are characters like others.
    let root = root_length(path);
    let (head, rest) = path.split_at_checked(root).unwrap_or((path, &[]));
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in rest.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if root > 0 && parts.is_empty() => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut result = head.to_vec();
    result.extend_from_slice(&parts.join(&b'/'));
    if result.is_empty() {
        result.push(b'.');
    }
    result
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    #[pytype]
    type Uname = super::UnameResult;

    /// Return the file system path representation of the object.
    ///
    /// If the object is str or bytes, then allow it to pass through as-is. If the
    /// object defines __fspath__(), then return the result of that method. All other
    /// types raise a TypeError.
    #[pyfunction(name = "fspath", "($module, /, path)")]
    fn os_fspath(_module: Borrowed<'_>, path: Borrowed<'_>) -> PyResult<Ref> {
        fspath(path)
    }

    /// Normalize path, eliminating double slashes, etc.
    #[pyfunction("($module, /, path)")]
    fn _path_normpath(_module: Borrowed<'_>, path: Borrowed<'_>) -> PyResult<Ref> {
        let (content, is_bytes) = path_text(path)?;
        path_object(&normalise(&content), is_bytes)
    }

    /// Split a pathname into drive, root and tail.
    ///
    /// The tail contains anything after the root.
    #[pyfunction("($module, /, p)")]
    fn _path_splitroot_ex(_module: Borrowed<'_>, p: Borrowed<'_>) -> PyResult<Ref> {
        let (content, is_bytes) = path_text(p)?;
        let (root, tail) = content.split_at_checked(root_length(&content)).unwrap_or((&[], &[]));
        tuple::from_array([path_object(b"", is_bytes)?, path_object(root, is_bytes)?, path_object(tail, is_bytes)?])
    }

    /// Change or add an environment variable.
    #[pyfunction("($module, name, value, /)")]
    fn putenv(_module: Borrowed<'_>, name: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        let (name_text, value_text) = (system_text(name)?, system_text(value)?);
        if name_text.contains(&b'=') {
            return Err(raise!(ValueError, "illegal environment variable name"));
        }
        let (name_bytes, value_bytes) = (bytes::new(&name_text)?, bytes::new(&value_text)?);
        hooks::audit("os.putenv", &[name_bytes.b(), value_bytes.b()])?;
        host::environment::set(&name_text, &value_text).or_raise()
    }

    /// Delete an environment variable.
    #[pyfunction("($module, name, /)")]
    fn unsetenv(_module: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<()> {
        let name_text = system_text(name)?;
        hooks::audit("os.unsetenv", &[bytes::new(&name_text)?.b()])?;
        host::environment::unset(&name_text).or_raise()
    }

    /// Translate an error code to a message string.
    #[pyfunction("($module, code, /)")]
    fn strerror(_module: Borrowed<'_>, code: i32) -> PyResult<Ref> {
        text::new(&Errno(code).message())
    }

    /// Return a bytes object containing random bytes suitable for cryptographic use.
    #[pyfunction("($module, size, /)")]
    fn urandom(_module: Borrowed<'_>, size: isize) -> PyResult<Ref> {
        let size = usize::try_from(size).map_err(|_| raise!(ValueError, "negative argument not allowed"))?;
        let mut target = memory::vec_with_capacity::<u8>(size)?;
        target.resize(size, 0);
        object::gil::without(|| host::random::fill(&mut target)).or_raise()?;
        bytes::new(&target)
    }

    /// Obtain a series of random bytes.
    #[pyfunction("($module, /, size, flags=0)")]
    fn getrandom(_module: Borrowed<'_>, size: isize, flags: i32) -> PyResult<Ref> {
        let size = usize::try_from(size).map_err(|_| os_error(Errno(libc::EINVAL)))?;
        let mut target = memory::vec_with_capacity::<u8>(size)?;
        target.resize(size, 0);
        let count = crate::support::blocking(|| host::random::getrandom(&mut target, flags.cast_unsigned()))?.or_raise()?;
        bytes::new(target.get(..count).unwrap_or_default())
    }

    /// Return the number of logical CPUs in the system.
    ///
    /// Return None if indeterminable.
    #[pyfunction("()")]
    fn cpu_count() -> PyResult<Option<i64>> {
        if let Some(sys) = object::thread::current().interpreter().sys_dict.get()
            && let Some(config) = sys.getitem_opt(text::new("_get_cpu_count_config")?.b())?
            && let Some(count) = int::to_i64(config.call0()?.b()).filter(|count| *count > 0)
        {
            return Ok(Some(count));
        }
        Ok(host::process::configuration(libc::_SC_NPROCESSORS_ONLN).or_raise()?.filter(|count| *count > 0))
    }

    /// Return an integer-valued system configuration variable.
    #[pyfunction("($module, name, /)")]
    fn sysconf(_module: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<i64> {
        let number = configuration_name(name, SYSCONF)?;
        Ok(host::process::configuration(number).or_raise()?.unwrap_or(-1))
    }

    #[pyattr]
    fn sysconf_names() -> PyResult<Ref> {
        table(SYSCONF)
    }

    /// Return an object identifying the current operating system.
    ///
    /// The object behaves like a named tuple with the following fields:
    ///   (sysname, nodename, release, version, machine)
    #[pyfunction("()")]
    fn uname() -> PyResult<Ref> {
        let parts = host::process::system_name().or_raise()?;
        structseq::new::<UnameResult>(parts.iter().map(|part| decode(part)).collect::<PyResult<Vec<Ref>>>()?)
    }

    /// Return the current process id.
    #[pyfunction("()")]
    fn getpid() -> i32 {
        host::process::id()
    }
    /// Return the parent's process id.
    ///
    /// If the parent process has already exited, Windows machines will still
    /// return its id; others systems will return the id of the 'init' process (1).
    #[pyfunction("()")]
    fn getppid() -> i32 {
        host::process::parent_id()
    }
    /// Return the current process's user id.
    #[pyfunction("()")]
    fn getuid() -> u32 {
        host::process::user()
    }
    /// Return the current process's effective user id.
    #[pyfunction("()")]
    fn geteuid() -> u32 {
        host::process::effective_user()
    }
    /// Return the current process's group id.
    #[pyfunction("()")]
    fn getgid() -> u32 {
        host::process::group()
    }
    /// Return the current process's effective group id.
    #[pyfunction("()")]
    fn getegid() -> u32 {
        host::process::effective_group()
    }
    /// Return the current process group id.
    #[pyfunction("()")]
    fn getpgrp() -> i32 {
        host::process::process_group()
    }

    /// Set the current numeric umask and return the previous umask.
    #[pyfunction("($module, mask, /)")]
    fn umask(_module: Borrowed<'_>, mask: i32) -> u32 {
        host::file::set_mask(mask.cast_unsigned())
    }

    /// Extracts a device major number from a raw device number.
    #[pyfunction("($module, device, /)")]
    fn major(_module: Borrowed<'_>, device: Device) -> PyResult<Ref> {
        device_object(u64::from(libc::major(device.0)), u64::from(u32::MAX))
    }
    /// Extracts a device minor number from a raw device number.
    #[pyfunction("($module, device, /)")]
    fn minor(_module: Borrowed<'_>, device: Device) -> PyResult<Ref> {
        device_object(u64::from(libc::minor(device.0)), u64::from(u32::MAX))
    }
    /// Composes a raw device number from the major and minor device numbers.
    #[pyfunction("($module, major, minor, /)")]
    fn makedev(_module: Borrowed<'_>, major: DevicePart, minor: DevicePart) -> PyResult<Ref> {
        device_object(libc::makedev(major.0, minor.0), u64::MAX)
    }

    #[pyfunction("()")]
    fn _inputhook() {}

    #[pyfunction("()")]
    fn _is_inputhook_installed() -> bool {
        false
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        let _ = core::none();
        structseq::finish::<UnameResult>()
    }
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn normal_paths() {
        for (path, normal) in [
            ("", "."),
            ("/", "/"),
            ("//", "//"),
            ("///a", "/a"),
            ("a/../../b", "../b"),
            ("/../a/./b//c/..", "/a/b"),
            ("./a/.", "a"),
        ] {
            assert_eq!(normalise(path.as_bytes()), normal.as_bytes(), "{path}");
        }
    }
}
