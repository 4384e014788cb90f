//! Extended attributes of files, and what file systems tell of themselves.

use crate::errno::{Errno, Sys, check};
use crate::file::Links;
use std::ffi::CStr;
use std::os::fd::RawFd;

/// A file by its path or its descriptor.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    Path(&'a CStr, Links),
    Fd(RawFd),
}

/// The most that the kernel gives.
const MOST: usize = 65536;

fn with_buffer(mut call: impl FnMut(*mut u8, usize) -> isize) -> Sys<Vec<u8>> {
    for room in [128, MOST] {
        let mut buffer = vec![0u8; room];
        match check(call(buffer.as_mut_ptr(), room)) {
            Err(Errno(libc::ERANGE)) if room < MOST => {}
            Err(error) => return Err(error),
            Ok(count) => {
                buffer.truncate(count.unsigned_abs());
                return Ok(buffer);
            }
        }
    }
    Err(Errno(libc::ERANGE))
}

/// `getxattr(2)`
pub fn get(place: Place<'_>, name: &CStr) -> Sys<Vec<u8>> {
    with_buffer(|buffer, room| {
        let name = name.as_ptr();
        // SAFETY: the buffer is writable for its length; texts end with a NUL.
        unsafe {
            match place {
                Place::Path(path, Links::Follow) => libc::getxattr(path.as_ptr(), name, buffer.cast(), room),
                Place::Path(path, Links::Keep) => libc::lgetxattr(path.as_ptr(), name, buffer.cast(), room),
                Place::Fd(fd) => libc::fgetxattr(fd, name, buffer.cast(), room),
            }
        }
    })
}

/// `listxattr(2)`: the names, each with its NUL.
pub fn list(place: Place<'_>) -> Sys<Vec<u8>> {
    with_buffer(|buffer, room| {
        // SAFETY: the buffer is writable for its length; texts end with a NUL.
        unsafe {
            match place {
                Place::Path(path, Links::Follow) => libc::listxattr(path.as_ptr(), buffer.cast(), room),
                Place::Path(path, Links::Keep) => libc::llistxattr(path.as_ptr(), buffer.cast(), room),
                Place::Fd(fd) => libc::flistxattr(fd, buffer.cast(), room),
            }
        }
    })
}

/// `setxattr(2)`
pub fn set(place: Place<'_>, name: &CStr, value: &[u8], flags: i32) -> Sys<()> {
    let (name, start, len) = (name.as_ptr(), value.as_ptr().cast(), value.len());
    // SAFETY: the value is readable for its length; texts end with a NUL.
    check(unsafe {
        match place {
            Place::Path(path, Links::Follow) => libc::setxattr(path.as_ptr(), name, start, len, flags),
            Place::Path(path, Links::Keep) => libc::lsetxattr(path.as_ptr(), name, start, len, flags),
            Place::Fd(fd) => libc::fsetxattr(fd, name, start, len, flags),
        }
    })
    .map(|_| ())
}

/// `removexattr(2)`
pub fn remove(place: Place<'_>, name: &CStr) -> Sys<()> {
    let name = name.as_ptr();
    // SAFETY: texts end with a NUL.
    check(unsafe {
        match place {
            Place::Path(path, Links::Follow) => libc::removexattr(path.as_ptr(), name),
            Place::Path(path, Links::Keep) => libc::lremovexattr(path.as_ptr(), name),
            Place::Fd(fd) => libc::fremovexattr(fd, name),
        }
    })
    .map(|_| ())
}

/// The fields of `statvfs(2)`, in the order of `os.statvfs_result`, with the file system's id last.
pub fn file_system(place: Place<'_>) -> Sys<[u64; 11]> {
    // SAFETY: a struct of numbers, for which zero is valid.
    let mut raw: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: the struct is a local; the path ends with a NUL.
    check(unsafe {
        match place {
            Place::Path(path, _) => libc::statvfs(path.as_ptr(), &mut raw),
            Place::Fd(fd) => libc::fstatvfs(fd, &mut raw),
        }
    })?;
    Ok([
        raw.f_bsize,
        raw.f_frsize,
        raw.f_blocks,
        raw.f_bfree,
        raw.f_bavail,
        raw.f_files,
        raw.f_ffree,
        raw.f_favail,
        raw.f_flag,
        raw.f_namemax,
        raw.f_fsid,
    ])
}

/// `pathconf(3)`; none where there is no limit.
pub fn configuration(place: Place<'_>, name: i32) -> Sys<Option<i64>> {
    Errno(0).set();
    // SAFETY: the path ends with a NUL.
    let value = unsafe {
        match place {
            Place::Path(path, _) => libc::pathconf(path.as_ptr(), name),
            Place::Fd(fd) => libc::fpathconf(fd, name),
        }
    };
    match Errno::last() {
        error if value == -1 && error.0 != 0 => Err(error),
        _ => Ok((value != -1).then_some(value)),
    }
}

/// `confstr(3)`: the text; none for a name without a value.
pub fn system_text(name: i32) -> Sys<Option<Vec<u8>>> {
    Errno(0).set();
    let mut room = 256;
    loop {
        let mut buffer = vec![0u8; room];
        // SAFETY: the buffer is writable for its length.
        let len = unsafe { libc::confstr(name, buffer.as_mut_ptr().cast(), room) };
        match len {
            0 => return if Errno::last().0 == 0 { Ok(None) } else { Err(Errno::last()) },
            len if len > room => room = len,
            len => {
                buffer.truncate(len - 1);
                return Ok(Some(buffer));
            }
        }
    }
}

/// `mknodat(2)`
pub fn make_node(dir: Option<RawFd>, path: &CStr, mode: u32, device: u64) -> Sys<()> {
    // SAFETY: the path ends with a NUL.
    check(unsafe { libc::mknodat(dir.unwrap_or(libc::AT_FDCWD), path.as_ptr(), mode, device) }).map(|_| ())
}
