//! Mappings of files and memory, and shared memory objects.

use std::ffi::CStr;
use std::ops::Range;
use std::os::fd::RawFd;
use std::ptr::NonNull;

use crate::errno::{Errno, Sys, check};

/// The size of a page.
pub fn page_size() -> usize {
    // SAFETY: a plain query.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// A mapping, removed when dropped. Other processes may change what it shows at any time.
pub struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

impl Mapping {
    /// `mmap(2)`
    pub fn new(len: usize, protection: i32, flags: i32, fd: RawFd, offset: i64) -> Sys<Mapping> {
        // SAFETY: the system chooses the place of a new mapping.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, fd, offset) };
        if start == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        NonNull::new(start.cast()).map(|start| Mapping { start, len }).ok_or(Errno(libc::ENOMEM))
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The address of the first byte.
    pub fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The bytes as they are now.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping stays while it is borrowed.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    /// Writes bytes from `at` on; false if there is no room. The mapping must be writable.
    pub fn write(&self, at: usize, bytes: &[u8]) -> bool {
        if at > self.len || self.len - at < bytes.len() {
            return false;
        }
        // SAFETY: the range is inside the mapping; the bytes may be part of it.
        unsafe { std::ptr::copy(bytes.as_ptr(), self.start.as_ptr().add(at), bytes.len()) };
        true
    }

    /// Copies `count` bytes within the mapping; false if a range is outside. The mapping must be writable.
    pub fn move_within(&self, to: usize, from: usize, count: usize) -> bool {
        let inside = |at: usize| at <= self.len && self.len - at >= count;
        if !inside(to) || !inside(from) {
            return false;
        }
        // SAFETY: both ranges are inside the mapping; they may overlap.
        unsafe { std::ptr::copy(self.start.as_ptr().add(from), self.start.as_ptr().add(to), count) };
        true
    }

    fn checked(&self, range: &Range<usize>) -> Sys<*mut libc::c_void> {
        if range.start > range.end || range.end > self.len {
            return Err(Errno(libc::EINVAL));
        }
        // SAFETY: the start is inside the mapping.
        Ok(unsafe { self.start.as_ptr().add(range.start) }.cast())
    }

    /// `msync(2)`, waiting for the end.
    pub fn sync(&self, range: Range<usize>) -> Sys<()> {
        let start = self.checked(&range)?;
        // SAFETY: the range is inside the mapping.
        check(unsafe { libc::msync(start, range.len(), libc::MS_SYNC) }).map(|_| ())
    }

    /// `madvise(2)`
    pub fn advise(&self, range: Range<usize>, advice: i32) -> Sys<()> {
        let start = self.checked(&range)?;
        // SAFETY: the range is inside the mapping. What it shows may change, its place does not.
        check(unsafe { libc::madvise(start, range.len(), advice) }).map(|_| ())
    }

    /// `mremap(2)`: another size, perhaps at another place.
    pub fn resize(&mut self, len: usize) -> Sys<()> {
        // SAFETY: the mapping is borrowed by nobody else.
        let start = unsafe { libc::mremap(self.start.as_ptr().cast(), self.len, len, libc::MREMAP_MAYMOVE) };
        if start == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        self.start = NonNull::new(start.cast()).ok_or(Errno(libc::ENOMEM))?;
        self.len = len;
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and nobody borrows it.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// `shm_open(3)`; the descriptor is not inheritable.
pub fn open_shared(name: &CStr, flags: i32, mode: u32) -> Sys<RawFd> {
    // SAFETY: a C string.
    let fd = check(unsafe { libc::shm_open(name.as_ptr(), flags, mode) })?;
    crate::fd::set_inheritable(fd, false).inspect_err(|_| {
        let _closed = crate::fd::close(fd);
    })?;
    Ok(fd)
}

/// `shm_unlink(3)`
pub fn unlink_shared(name: &CStr) -> Sys<()> {
    // SAFETY: a C string.
    check(unsafe { libc::shm_unlink(name.as_ptr()) }).map(|_| ())
}
