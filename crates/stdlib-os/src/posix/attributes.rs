//! Extended attributes, file systems, limits by name, nodes.

use super::names::{CONFSTR, PATHCONF};
use super::stat::{StatVfsResult, links};
use crate::path::{DirFd, Path, PathOrFd, dir, path_or_fd};
use crate::support::{OrRaise, decode, free};
use builtins::structseq;
use host::attributes::{self, Place};
use host::file::Links;
use macros::pymodule;
use object::args::ArgInfo;
use object::protocol::buffer::Buffer;
use object::value::{int, str as text};
use object::{Borrowed, FromArg, PyResult, Ref, core, hooks, raise};

static LISTXATTR_PATH: ArgInfo = ArgInfo { function: "listxattr", name: "path", position: 0 };

fn place(path: &PathOrFd, links: Links) -> Place<'_> {
    match path {
        PathOrFd::Path(path) => Place::Path(path.c(), links),
        PathOrFd::Fd(fd, _) => Place::Fd(*fd),
    }
}

/// ValueError for an open file whose links are not to be followed.
fn check_follow(function: &str, path: &PathOrFd, follow: bool) -> PyResult<()> {
    if matches!(path, PathOrFd::Fd(..)) && !follow {
        return Err(raise!(ValueError, "{function}: cannot use fd and follow_symlinks together"));
    }
    Ok(())
}

fn vfs(found: [u64; 11]) -> PyResult<Ref> {
    structseq::new::<StatVfsResult>(found.into_iter().map(int::from_u64).collect::<PyResult<Vec<Ref>>>()?)
}

/// A number by its name in a table, or a number.
pub(super) struct Name(pub i32);

/// The number of a name in a table, or a number as it is.
pub(super) fn configuration_name(value: Borrowed<'_>, table: &[(&str, i32)]) -> PyResult<i32> {
    if text::check(value) {
        let wanted = text::to_string_lossy(value);
        let found = table.iter().find(|(known, _)| *known == wanted);
        return found.map(|(_, number)| *number).ok_or_else(|| raise!(ValueError, "unrecognized configuration name"));
    }
    if value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "configuration names must be strings or integers"));
    }
    let number = value.index()?;
    int::to_i64(number.b())
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C int"))
}

impl<'a> FromArg<'a> for Name {
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        configuration_name(value, PATHCONF).map(Name)
    }
}

/// A table of names as a dict.
pub(super) fn table(names: &[(&str, i32)]) -> PyResult<Ref> {
    let dict = (hooks::get().dict_new)()?;
    for (name, number) in names {
        dict.setitem(text::new(name)?.b(), int::new(i64::from(*number))?.b())?;
    }
    Ok(dict)
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    /// Return the value of extended attribute attribute on path.
    ///
    /// path may be either a string, a path-like object, or an open file
    /// descriptor.
    /// If follow_symlinks is False, and the last element of the path is
    /// a symbolic link, getxattr will examine the symbolic link itself
    /// instead of the file the link points to.
    #[pyfunction("($module, /, path, attribute, *, follow_symlinks=True)")]
    fn getxattr(_module: Borrowed<'_>, path: PathOrFd, attribute: Path, follow_symlinks: bool) -> PyResult<Ref> {
        check_follow("getxattr", &path, follow_symlinks)?;
        hooks::audit("os.getxattr", &[path.object(), attribute.object()])?;
        let value = free(|| attributes::get(place(&path, links(follow_symlinks)), attribute.c()));
        object::value::bytes::new(&value.or_file(path.object())?)
    }

    /// Set extended attribute attribute on path to value.
    ///
    /// path may be either a string, a path-like object,  or an open file
    /// descriptor.
    /// If follow_symlinks is False, and the last element of the path is
    /// a symbolic link, setxattr will modify the symbolic link itself instead
    /// of the file the link points to.
    #[pyfunction("($module, /, path, attribute, value, flags=0, *, follow_symlinks=True)")]
    fn setxattr(
        _module: Borrowed<'_>,
        path: PathOrFd,
        attribute: Path,
        value: Borrowed<'_>,
        flags: i32,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let content = Buffer::readable(value)?;
        check_follow("setxattr", &path, follow_symlinks)?;
        let flags_object = int::new(i64::from(flags))?;
        hooks::audit("os.setxattr", &[path.object(), attribute.object(), value, flags_object.b()])?;
        let place = place(&path, links(follow_symlinks));
        free(|| attributes::set(place, attribute.c(), content.bytes(), flags)).or_file(path.object())
    }

    /// Remove extended attribute attribute on path.
    ///
    /// path may be either a string, a path-like object, or an open file
    /// descriptor.
    /// If follow_symlinks is False, and the last element of the path is
    /// a symbolic link, removexattr will modify the symbolic link itself
    /// instead of the file the link points to.
    #[pyfunction("($module, /, path, attribute, *, follow_symlinks=True)")]
    fn removexattr(_module: Borrowed<'_>, path: PathOrFd, attribute: Path, follow_symlinks: bool) -> PyResult<()> {
        check_follow("removexattr", &path, follow_symlinks)?;
        hooks::audit("os.removexattr", &[path.object(), attribute.object()])?;
        free(|| attributes::remove(place(&path, links(follow_symlinks)), attribute.c())).or_file(path.object())
    }

    /// Return a list of extended attributes on path.
    ///
    /// path may be either None, a string, a path-like object, or an open file
    /// descriptor.  If path is None, listxattr will examine the current
    /// directory.
    /// If follow_symlinks is False, and the last element of the path is
    /// a symbolic link, listxattr will examine the symbolic link itself instead
    /// of the file the link points to.
    #[pyfunction("($module, /, path=None, *, follow_symlinks=True)")]
    fn listxattr(_module: Borrowed<'_>, path: Option<Borrowed<'_>>, follow_symlinks: bool) -> PyResult<Ref> {
        let given = path.filter(|path| !path.is(&core::none()));
        let shown = given.unwrap_or(core::none());
        let path = match given {
            None => PathOrFd::Path(Path::current()?),
            Some(path) => path_or_fd(path, &LISTXATTR_PATH, true)?,
        };
        check_follow("listxattr", &path, follow_symlinks)?;
        hooks::audit("os.listxattr", &[shown])?;
        let found = free(|| attributes::list(place(&path, links(follow_symlinks)))).or_file(path.object())?;
        let names = found.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        (hooks::get().list_new)(names.map(decode).collect::<PyResult<Vec<Ref>>>()?)
    }

    /// Perform a statvfs system call on the given path.
    ///
    /// path may always be specified as a string.
    /// On some platforms, path may also be specified as an open file
    /// descriptor.  If this functionality is unavailable, using it raises
    /// an exception.
    #[pyfunction("($module, /, path)")]
    fn statvfs(_module: Borrowed<'_>, path: PathOrFd) -> PyResult<Ref> {
        vfs(free(|| attributes::file_system(place(&path, Links::Follow))).or_file(path.object())?)
    }

    /// Perform an fstatvfs system call on the given fd.
    ///
    /// Equivalent to statvfs(fd).
    #[pyfunction("($module, fd, /)")]
    fn fstatvfs(_module: Borrowed<'_>, fd: i32) -> PyResult<Ref> {
        vfs(crate::support::blocking(|| attributes::file_system(Place::Fd(fd)))?.or_raise()?)
    }

    /// Return the configuration limit name for the file or directory path.
    ///
    /// If there is no limit, return -1.
    /// On some platforms, path may also be specified as an open file
    /// descriptor.  If this functionality is unavailable, using it raises
    /// an exception.
    #[pyfunction("($module, /, path, name)")]
    fn pathconf(_module: Borrowed<'_>, path: PathOrFd, name: Name) -> PyResult<i64> {
        match attributes::configuration(place(&path, Links::Follow), name.0) {
            Err(host::errno::Errno(libc::EINVAL)) => Err(crate::support::os_error(host::errno::Errno(libc::EINVAL))),
            found => Ok(found.or_file(path.object())?.unwrap_or(-1)),
        }
    }

    /// Return the configuration limit name for the file descriptor fd.
    ///
    /// If there is no limit, return -1.
    #[pyfunction("($module, fd, name, /)")]
    fn fpathconf(_module: Borrowed<'_>, fd: crate::support::FileDescriptor, name: Name) -> PyResult<i64> {
        Ok(attributes::configuration(Place::Fd(fd.0), name.0).or_raise()?.unwrap_or(-1))
    }

    /// Return a string-valued system configuration variable.
    #[pyfunction("($module, name, /)")]
    fn confstr(_module: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let number = configuration_name(name, CONFSTR)?;
        attributes::system_text(number).or_raise()?.map(|found| decode(&found)).transpose()
    }

    #[pyattr]
    fn confstr_names() -> PyResult<Ref> {
        table(CONFSTR)
    }

    #[pyattr]
    fn pathconf_names() -> PyResult<Ref> {
        table(PATHCONF)
    }

    /// Create a node in the file system.
    ///
    /// Create a node in the file system (file, device special file or named
    /// pipe) at path.  mode specifies both the permissions to use and the
    /// type of node to be created, being combined (bitwise OR) with one of
    /// S_IFREG, S_IFCHR, S_IFBLK, and S_IFIFO.  If S_IFCHR or S_IFBLK is set
    /// on mode, device defines the newly created device special file (probably
    /// using os.makedev()).  Otherwise device is ignored.
    ///
    /// If dir_fd is not None, it should be a file descriptor open to
    /// a directory, and path should be relative; path will then be relative
    /// to that directory.
    /// dir_fd may not be implemented on your platform.  If it is unavailable,
    /// using it will raise a NotImplementedError.
    #[pyfunction("($module, /, path, mode=384, device=0, *, dir_fd=None)")]
    fn mknod(
        _module: Borrowed<'_>,
        path: Path,
        mode: i32,
        device: super::super::misc::Device,
        dir_fd: Option<DirFd>,
    ) -> PyResult<()> {
        crate::support::blocking(|| attributes::make_node(dir(&dir_fd), path.c(), mode.cast_unsigned(), device.0))?.or_raise()
    }
}
