//! `stat` and its relatives.

use crate::path::{DirFd, Path, PathOrFd, dir};
use crate::support::{OrRaise, free};
use builtins::struct_sequence;
use builtins::structseq::{self, make};
use host::errno::Sys;
use host::file::{self, Links, Status};
use macros::pymodule;
use object::value::{float, int};
use object::{Borrowed, PyResult, Ref, raise};

struct_sequence!(
    /// `os.stat_result`
    StatResult, c"os.stat_result",
    c"stat_result: Result from stat, fstat, or lstat.\n\nThis object may be accessed either as a tuple of\n  (mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime)\nor via the attributes st_mode, st_ino, st_dev, st_nlink, st_uid, and so on.\n\nPosix/windows: If your platform supports st_blksize, st_blocks, st_rdev,\nor st_flags, they are available as attributes only.\n\nSee os.stat for more information.",
    10, [
        c"st_mode" = c"protection bits", c"st_ino" = c"inode", c"st_dev" = c"device", c"st_nlink" = c"number of hard links",
        c"st_uid" = c"user ID of owner", c"st_gid" = c"group ID of owner", c"st_size" = c"total size, in bytes",
        - = c"integer time of last access", - = c"integer time of last modification", - = c"integer time of last change",
        c"st_atime" = c"time of last access", c"st_mtime" = c"time of last modification", c"st_ctime" = c"time of last change",
        c"st_atime_ns" = c"time of last access in nanoseconds", c"st_mtime_ns" = c"time of last modification in nanoseconds",
        c"st_ctime_ns" = c"time of last change in nanoseconds", c"st_blksize" = c"blocksize for filesystem I/O",
        c"st_blocks" = c"number of blocks allocated", c"st_rdev" = c"device type (if inode device)",
    ]
);

struct_sequence!(
    /// `os.statvfs_result`
    StatVfsResult, c"os.statvfs_result",
    c"statvfs_result: Result from statvfs or fstatvfs.\n\nThis object may be accessed either as a tuple of\n  (bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax),\nor via the attributes f_bsize, f_frsize, f_blocks, f_bfree, and so on.\n\nSee os.statvfs for more information.",
    10, [
        c"f_bsize" = c"", c"f_frsize" = c"", c"f_blocks" = c"", c"f_bfree" = c"", c"f_bavail" = c"", c"f_files" = c"",
        c"f_ffree" = c"", c"f_favail" = c"", c"f_flag" = c"", c"f_namemax" = c"", c"f_fsid" = c"",
    ]
);

/// The result object.
pub fn result(status: &Status) -> PyResult<Ref> {
    let times = [status.accessed, status.modified, status.changed];
    let mut values = vec![
        int::new(i64::from(status.mode))?,
        int::from_u64(status.inode)?,
        int::from_u64(status.device)?,
        int::from_u64(status.links)?,
        int::new(i64::from(status.user))?,
        int::new(i64::from(status.group))?,
        int::new(status.size)?,
    ];
    for (seconds, _) in times {
        values.push(int::new(seconds)?);
    }
    for (seconds, nanoseconds) in times {
        values.push(float::new(seconds as f64 + 1e-9 * nanoseconds as f64)?);
    }
    for (seconds, nanoseconds) in times {
        values.push(int::from_i128(i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds))?);
    }
    values.push(int::new(status.block_size)?);
    values.push(int::new(status.blocks)?);
    values.push(int::from_u64(status.special_device)?);
    structseq::new::<StatResult>(values)
}

/// The status of a path or an open file.
pub fn status(path: &PathOrFd, fd: &Option<DirFd>, links: Links) -> Sys<Status> {
    free(|| match path {
        PathOrFd::Path(path) => file::status(dir(fd), path.c(), links),
        PathOrFd::Fd(fd, _) => file::status_of(*fd),
    })
}

/// ValueError where arguments exclude each other.
pub fn check_combination(function: &str, path: &PathOrFd, fd: &Option<DirFd>, follow: bool) -> PyResult<()> {
    match path {
        PathOrFd::Fd(..) if fd.is_some() => Err(raise!(ValueError, "{function}: can't specify dir_fd without matching path")),
        PathOrFd::Fd(..) if !follow => Err(raise!(ValueError, "{function}: cannot use fd and follow_symlinks together")),
        _ => Ok(()),
    }
}

/// Whether links are followed.
pub fn links(follow: bool) -> Links {
    if follow { Links::Follow } else { Links::Keep }
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    #[pytype]
    type Result = super::StatResult;
    #[pytype]
    type VfsResult = super::StatVfsResult;

    /// Perform a stat system call on the given path.
    ///
    ///   path
    ///     Path to be examined; can be string, bytes, a path-like object or
    ///     open-file-descriptor int.
    ///   dir_fd
    ///     If not None, it should be a file descriptor open to a directory,
    ///     and path should be a relative string; path will then be relative to
    ///     that directory.
    ///   follow_symlinks
    ///     If False, and the last element of the path is a symbolic link,
    ///     stat will examine the symbolic link itself instead of the file
    ///     the link points to.
    ///
    /// dir_fd and follow_symlinks may not be implemented
    ///   on your platform.  If they are unavailable, using them will raise a
    ///   NotImplementedError.
    ///
    /// It's an error to use dir_fd or follow_symlinks when specifying path as
    ///   an open file descriptor.
    #[pyfunction("($module, /, path, *, dir_fd=None, follow_symlinks=True)")]
    fn stat(_module: Borrowed<'_>, path: PathOrFd, dir_fd: Option<DirFd>, follow_symlinks: bool) -> PyResult<Ref> {
        check_combination("stat", &path, &dir_fd, follow_symlinks)?;
        result(&status(&path, &dir_fd, links(follow_symlinks)).or_file(path.object())?)
    }

    /// Perform a stat system call on the given path, without following symbolic links.
    ///
    /// Like stat(), but do not follow symbolic links.
    /// Equivalent to stat(path, follow_symlinks=False).
    #[pyfunction("($module, /, path, *, dir_fd=None)")]
    fn lstat(_module: Borrowed<'_>, path: Path, dir_fd: Option<DirFd>) -> PyResult<Ref> {
        let found = free(|| file::status(dir(&dir_fd), path.c(), Links::Keep));
        result(&found.or_file(path.object())?)
    }

    /// Perform a stat system call on the given file descriptor.
    ///
    /// Like stat(), but for an open file descriptor.
    /// Equivalent to os.stat(fd).
    #[pyfunction("($module, /, fd)")]
    fn fstat(_module: Borrowed<'_>, fd: i32) -> PyResult<Ref> {
        result(&crate::support::blocking(|| file::status_of(fd))?.or_raise()?)
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        let _ = make::<StatResult>;
        structseq::finish::<StatResult>()?;
        structseq::finish::<StatVfsResult>()
    }
}
