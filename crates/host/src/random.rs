//! Random bytes from the system.

use crate::errno::{Errno, Sys};

/// Fills the buffer with random bytes; `EINTR` is repeated here, since nothing is lost by it.
pub fn fill(buffer: &mut [u8]) -> Sys<()> {
    // 256 bytes at most are given whole everywhere.
    for piece in buffer.chunks_mut(256) {
        loop {
            // SAFETY: the piece is writable for its length.
            let status = unsafe { libc::getentropy(piece.as_mut_ptr().cast(), piece.len()) };
            match status {
                0 => break,
                _ => match Errno::last() {
                    Errno::EINTR => {}
                    error => return Err(error),
                },
            }
        }
    }
    Ok(())
}

/// `os.getrandom`: how many bytes were written. `EINTR` and `EAGAIN` go to the caller.
#[cfg(target_os = "linux")]
pub fn getrandom(buffer: &mut [u8], flags: u32) -> Sys<usize> {
    // SAFETY: the buffer is writable for its length.
    let written = crate::errno::check(unsafe { libc::getrandom(buffer.as_mut_ptr().cast(), buffer.len(), flags) })?;
    Ok(written.unsigned_abs())
}
