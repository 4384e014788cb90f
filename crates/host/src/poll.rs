//! Waiting for many descriptors.

use crate::errno::{Sys, check};

/// A descriptor, the events that are asked for, and those that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    pub fd: i32,
    pub asked: i16,
    pub found: i16,
}

/// `poll(2)`, with a limit in milliseconds (-1: none): how many descriptors have events.
pub fn poll(watches: &mut [Watch], milliseconds: i32) -> Sys<usize> {
    let mut raw: Vec<libc::pollfd> =
        watches.iter().map(|watch| libc::pollfd { fd: watch.fd, events: watch.asked, revents: 0 }).collect();
    // SAFETY: the array is writable for its length.
    let count = check(unsafe { libc::poll(raw.as_mut_ptr(), raw.len() as libc::nfds_t, milliseconds) })?;
    watches.iter_mut().zip(&raw).for_each(|(watch, raw)| watch.found = raw.revents);
    Ok(count.unsigned_abs() as usize)
}
