//! Files by their paths: status, folders, links, names.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use crate::clock::timespec;
use crate::errno::{Errno, Sys, check};
use crate::path::from_c;

/// What the system tells of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Type and permissions.
    pub mode: u32,
    /// The inode.
    pub inode: u64,
    /// The device that holds it.
    pub device: u64,
    /// The number of names.
    pub links: u64,
    /// The owner.
    pub user: u32,
    /// The owner's group.
    pub group: u32,
    /// The size in bytes.
    pub size: i64,
    /// The device that it is.
    pub special_device: u64,
    /// The best size of blocks.
    pub block_size: i64,
    /// Blocks of 512 bytes.
    pub blocks: i64,
    /// The last access: seconds, nanoseconds.
    pub accessed: (i64, i64),
    /// The last change of the contents.
    pub modified: (i64, i64),
    /// The last change of the status.
    pub changed: (i64, i64),
}

impl Status {
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion, reason = "the types differ between systems")]
    fn new(raw: &libc::stat) -> Self {
        Status {
            mode: raw.st_mode as u32,
            inode: raw.st_ino as u64,
            device: raw.st_dev as u64,
            links: raw.st_nlink as u64,
            user: raw.st_uid,
            group: raw.st_gid,
            size: raw.st_size,
            special_device: raw.st_rdev as u64,
            block_size: raw.st_blksize as i64,
            blocks: raw.st_blocks as i64,
            accessed: (raw.st_atime, raw.st_atime_nsec),
            modified: (raw.st_mtime, raw.st_mtime_nsec),
            changed: (raw.st_ctime, raw.st_ctime_nsec),
        }
    }

    fn has_type(&self, kind: libc::mode_t) -> bool {
        self.mode & libc::S_IFMT == kind
    }

    /// Whether it is a folder.
    pub fn is_dir(&self) -> bool {
        self.has_type(libc::S_IFDIR)
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.has_type(libc::S_IFREG)
    }

    /// Whether it is a symbolic link.
    pub fn is_link(&self) -> bool {
        self.has_type(libc::S_IFLNK)
    }
}

/// What a symbolic link at a path's end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// The file that it points to.
    Follow,
    /// The link itself.
    Keep,
}

impl Links {
    fn flag(self) -> i32 {
        if self == Links::Follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW }
    }
}

fn at(dir: Option<RawFd>) -> RawFd {
    dir.unwrap_or(libc::AT_FDCWD)
}

/// The status of an open file.
pub fn status_of(fd: RawFd) -> Sys<Status> {
    let mut raw = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the call writes the whole struct where it succeeds.
    check(unsafe { libc::fstat(fd, raw.as_mut_ptr()) })?;
    // SAFETY: it did.
    Ok(Status::new(&unsafe { raw.assume_init() }))
}

/// The status of the file at a path, relative to `dir` where one is given.
pub fn status(dir: Option<RawFd>, path: &CStr, links: Links) -> Sys<Status> {
    let mut raw = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the path ends with a NUL; the call writes the whole struct where it succeeds.
    check(unsafe { libc::fstatat(at(dir), path.as_ptr(), raw.as_mut_ptr(), links.flag()) })?;
    // SAFETY: it did.
    Ok(Status::new(&unsafe { raw.assume_init() }))
}

macro_rules! path_calls {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) = $call:ident($($value:expr),*);)*) => {
        $($(#[$doc])*
        pub fn $name($($arg: $type),*) -> Sys<()> {
            // SAFETY: all paths end with a NUL and outlive the call, which keeps none of them.
            check(unsafe { libc::$call($($value),*) }).map(|_| ())
        })*
    };
}

path_calls! {
    /// `mkdirat(2)`
    fn make_dir(dir: Option<RawFd>, path: &CStr, mode: u32) = mkdirat(at(dir), path.as_ptr(), mode as libc::mode_t);
    /// `rmdir(2)`
    fn remove_dir(dir: Option<RawFd>, path: &CStr) = unlinkat(at(dir), path.as_ptr(), libc::AT_REMOVEDIR);
    /// `unlink(2)`
    fn unlink(dir: Option<RawFd>, path: &CStr) = unlinkat(at(dir), path.as_ptr(), 0);
    /// `rename(2)`
    fn rename(from_dir: Option<RawFd>, from: &CStr, to_dir: Option<RawFd>, to: &CStr) = renameat(at(from_dir), from.as_ptr(), at(to_dir), to.as_ptr());
    /// `link(2)`
    fn link(from_dir: Option<RawFd>, from: &CStr, to_dir: Option<RawFd>, to: &CStr, links: Links)
        = linkat(at(from_dir), from.as_ptr(), at(to_dir), to.as_ptr(), if links == Links::Follow { libc::AT_SYMLINK_FOLLOW } else { 0 });
    /// `symlink(2)`
    fn symlink(target: &CStr, dir: Option<RawFd>, path: &CStr) = symlinkat(target.as_ptr(), at(dir), path.as_ptr());
    /// `chmod(2)`
    fn change_mode(dir: Option<RawFd>, path: &CStr, mode: u32, links: Links) = fchmodat(at(dir), path.as_ptr(), mode as libc::mode_t, links.flag());
    /// `chown(2)`; `u32::MAX` leaves an owner as it is.
    fn change_owner(dir: Option<RawFd>, path: &CStr, user: u32, group: u32, links: Links) = fchownat(at(dir), path.as_ptr(), user, group, links.flag());
    /// `access(2)`, with these flags of `faccessat(2)`.
    fn access(dir: Option<RawFd>, path: &CStr, mode: i32, flags: i32) = faccessat(at(dir), path.as_ptr(), mode, flags);
    /// `truncate(2)`
    fn truncate(path: &CStr, len: i64) = truncate(path.as_ptr(), len);
    /// `chdir(2)`
    fn change_dir(path: &CStr) = chdir(path.as_ptr());
    /// `fchdir(2)`
    fn change_dir_to(fd: RawFd) = fchdir(fd);
    /// `fchmod(2)`
    fn change_mode_of(fd: RawFd, mode: u32) = fchmod(fd, mode as libc::mode_t);
    /// `fchown(2)`
    fn change_owner_of(fd: RawFd, user: u32, group: u32) = fchown(fd, user, group);
    /// `mkfifo(3)`
    fn make_fifo(dir: Option<RawFd>, path: &CStr, mode: u32) = mkfifoat(at(dir), path.as_ptr(), mode as libc::mode_t);
    /// `chroot(2)`
    fn change_root(path: &CStr) = chroot(path.as_ptr());
}

/// `utimensat(2)`: access and modification in nanoseconds; `None` for now.
pub fn set_times(dir: Option<RawFd>, path: &CStr, times: Option<(i64, i64)>, links: Links) -> Sys<()> {
    let times = times.map(|(accessed, modified)| [timespec(accessed), timespec(modified)]);
    let pointer = times.as_ref().map_or(std::ptr::null(), |times| times.as_ptr());
    // SAFETY: the path ends with a NUL; the pointer is null or to two times that live until the end of the function.
    check(unsafe { libc::utimensat(at(dir), path.as_ptr(), pointer, links.flag()) }).map(|_| ())
}

/// `futimens(2)`
pub fn set_times_of(fd: RawFd, times: Option<(i64, i64)>) -> Sys<()> {
    let times = times.map(|(accessed, modified)| [timespec(accessed), timespec(modified)]);
    let pointer = times.as_ref().map_or(std::ptr::null(), |times| times.as_ptr());
    // SAFETY: the pointer is null or to two times that live until the end of the function.
    check(unsafe { libc::futimens(fd, pointer) }).map(|_| ())
}

/// `umask(2)`: the mask before.
pub fn set_mask(mask: u32) -> u32 {
    // SAFETY: the call cannot fail.
    #[allow(clippy::useless_conversion, reason = "the type differs between systems")]
    u32::from(unsafe { libc::umask(mask as libc::mode_t) })
}

/// Calls with a growing buffer until the text fits; the call gives the length that it wrote.
fn growing(mut call: impl FnMut(&mut [u8]) -> Sys<usize>) -> Sys<Vec<u8>> {
    let mut size = 256;
    loop {
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(size).map_err(|_| Errno(libc::ENOMEM))?;
        buffer.resize(size, 0);
        let len = call(&mut buffer)?;
        if len < size {
            buffer.truncate(len);
            return Ok(buffer);
        }
        size *= 2;
    }
}

/// `readlink(2)`
pub fn read_link(dir: Option<RawFd>, path: &CStr) -> Sys<Vec<u8>> {
    growing(|buffer| {
        // SAFETY: the path ends with a NUL; the buffer is writable for its length.
        let len = check(unsafe { libc::readlinkat(at(dir), path.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) })?;
        Ok(len.unsigned_abs())
    })
}

/// `getcwd(3)`
pub fn current_dir() -> Sys<Vec<u8>> {
    growing(|buffer| {
        // SAFETY: the buffer is writable for its length.
        let found = unsafe { libc::getcwd(buffer.as_mut_ptr().cast(), buffer.len()) };
        if !found.is_null() {
            return Ok(buffer.iter().position(|&byte| byte == 0).unwrap_or(0));
        }
        match Errno::last() {
            Errno(libc::ERANGE) => Ok(buffer.len()),
            error => Err(error),
        }
    })
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: Vec<u8>,
    /// The inode.
    pub inode: u64,
    /// The type (`DT_DIR` and the like); `DT_UNKNOWN` where the file system does not tell.
    pub kind: u8,
}

/// An open folder; "." and ".." are left out.
#[derive(Debug)]
pub struct Dir {
    stream: *mut libc::DIR,
    rewinds: bool,
}

// SAFETY: the stream is reached only through `&mut self`.
unsafe impl Send for Dir {}

impl Dir {
    /// Opens the folder at a path.
    pub fn open(path: &CStr) -> Sys<Dir> {
        // SAFETY: the path ends with a NUL.
        let stream = unsafe { libc::opendir(path.as_ptr()) };
        if stream.is_null() { Err(Errno::last()) } else { Ok(Dir { stream, rewinds: false }) }
    }

    /// Reads the folder of a descriptor, which stays open.
    pub fn of(fd: RawFd) -> Sys<Dir> {
        let copy = crate::fd::duplicate(fd)?;
        // SAFETY: the copy is ours and goes to the stream.
        let stream = unsafe { libc::fdopendir(copy) };
        if stream.is_null() {
            let error = Errno::last();
            crate::fd::close(copy)?;
            return Err(error);
        }
        // SAFETY: the stream is open. The position is shared with the original, which may have been read.
        unsafe { libc::rewinddir(stream) };
        Ok(Dir { stream, rewinds: true })
    }

    /// The next entry.
    pub fn next_entry(&mut self) -> Sys<Option<Entry>> {
        loop {
            Errno(0).set();
            // SAFETY: the stream is open, and `&mut self` excludes other readers.
            let entry = unsafe { libc::readdir(self.stream) };
            if entry.is_null() {
                return match Errno::last() {
                    Errno(0) => Ok(None),
                    error => Err(error),
                };
            }
            // SAFETY: the entry is valid until the next call; its name ends with a NUL. Only fields are read, since the struct
            // may be shorter than its type.
            let (name, inode, kind) = unsafe { (CStr::from_ptr((*entry).d_name.as_ptr()), (*entry).d_ino, (*entry).d_type) };
            if !matches!(name.to_bytes(), b"." | b"..") {
                return Ok(Some(Entry { name: from_c(name), inode, kind }));
            }
        }
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        // SAFETY: the stream is open and closed once, here.
        unsafe {
            if self.rewinds {
                libc::rewinddir(self.stream);
            }
            libc::closedir(self.stream);
        }
    }
}

/// `realpath(3)`
pub fn real_path(path: &CStr) -> Sys<Vec<u8>> {
    // SAFETY: the path ends with a NUL; the result is allocated by the call.
    let found = unsafe { libc::realpath(path.as_ptr(), std::ptr::null_mut()) };
    if found.is_null() {
        return Err(Errno::last());
    }
    // SAFETY: the result ends with a NUL; it is copied and then freed once.
    unsafe {
        let bytes = from_c(CStr::from_ptr(found));
        libc::free(found.cast());
        Ok(bytes)
    }
}

/// A path as a C string; `EINVAL` for one with a NUL.
pub fn c_path(path: &[u8]) -> Sys<CString> {
    crate::path::to_c(path).map_err(|_| Errno(libc::EINVAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_read_listed_and_removed() -> Sys<()> {
        let base = std::env::temp_dir().join(format!("taipan-host-{}", crate::process::id()));
        let base = base.into_os_string().into_encoded_bytes();
        let folder = c_path(&base)?;
        make_dir(None, &folder, 0o700)?;
        let name = c_path(b"one\xff")?;
        let opened = crate::fd::open(None, &folder, libc::O_RDONLY | libc::O_DIRECTORY, 0)?;
        let file = crate::fd::open(Some(opened), &name, libc::O_RDWR | libc::O_CREAT | libc::O_EXCL, 0o600)?;
        assert!(!crate::fd::is_inheritable(file)?);
        assert_eq!(crate::fd::write(file, b"hello")?, 5);
        assert_eq!(crate::fd::seek(file, 1, 0)?, 1);
        let mut buffer = [0; 8];
        assert_eq!(crate::fd::read(file, &mut buffer)?, 4);
        assert_eq!((status_of(file)?.size, status_of(file)?.is_file()), (5, true));
        for _ in 0..2 {
            let mut listing = Dir::of(opened)?;
            assert_eq!(listing.next_entry()?.map(|entry| entry.name), Some(b"one\xff".to_vec()));
            assert_eq!(listing.next_entry()?, None);
        }
        symlink(&c_path(b"target")?, Some(opened), &c_path(b"link")?)?;
        assert_eq!(read_link(Some(opened), &c_path(b"link")?)?, b"target");
        assert_eq!(status(Some(opened), &c_path(b"link")?, Links::Follow), Err(Errno(libc::ENOENT)));
        unlink(Some(opened), &c_path(b"link")?)?;
        unlink(Some(opened), &name)?;
        crate::fd::close(file)?;
        crate::fd::close(opened)?;
        remove_dir(None, &folder)?;
        assert_eq!(Errno(libc::ENOENT).name(), Some("ENOENT"));
        assert_eq!(Errno(libc::ENOENT).message(), "No such file or directory");
        Ok(())
    }
}
