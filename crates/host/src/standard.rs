//! The standard streams by their descriptors, for what is told before and after Python's own streams exist.

use crate::errno::{Errno, Sys};

/// Writes to descriptor 2 as much as it can: there is nowhere to report a failure.
pub fn tell(text: &str) {
    crate::fault::write(2, text.as_bytes());
}

/// Writes to descriptor 1 as much as it can.
pub fn show(text: &str) {
    crate::fault::write(1, text.as_bytes());
}

/// Writes a formatted text to descriptor 2; never fails.
#[macro_export]
macro_rules! tell {
    ($($part:tt)*) => { $crate::standard::tell(&format!($($part)*)) };
}

/// All bytes of a descriptor; `again` is asked after each interrupt whether to go on.
pub fn read_to_end<E>(fd: i32, mut again: impl FnMut() -> Result<(), E>) -> Result<Sys<Vec<u8>>, E> {
    let mut content = Vec::new();
    // Not on the stack: whoever takes this function in would touch as much of it at each call.
    let mut chunk = vec![0; 65536];
    loop {
        match crate::fd::read(fd, &mut chunk) {
            Ok(0) => return Ok(Ok(content)),
            Ok(count) => {
                if content.try_reserve(count).is_err() {
                    return Ok(Err(Errno(libc::ENOMEM)));
                }
                content.extend_from_slice(chunk.get(..count).unwrap_or_default());
            }
            Err(Errno::EINTR) => again()?,
            Err(error) => return Ok(Err(error)),
        }
    }
}
