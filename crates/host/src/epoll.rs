//! `epoll(7)`: waiting for many descriptors that are registered once.

use crate::errno::{Sys, check};

/// An event: the bits, and the descriptor that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub bits: u32,
    pub fd: i32,
}

/// `epoll_create1(2)`, not inheritable.
pub fn create() -> Sys<i32> {
    // SAFETY: a plain system call.
    check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })
}

/// `epoll_ctl(2)` with `EPOLL_CTL_ADD`, `_MOD` or `_DEL`.
pub fn control(epoll: i32, operation: i32, fd: i32, bits: u32) -> Sys<()> {
    let mut event = libc::epoll_event { events: bits, u64: u64::from(fd.cast_unsigned()) };
    // SAFETY: the event is readable.
    check(unsafe { libc::epoll_ctl(epoll, operation, fd, &mut event) }).map(|_| ())
}

/// `epoll_wait(2)`: at most `most` events, within a limit in milliseconds (-1: none). No memory for them is `ENOMEM`.
pub fn wait(epoll: i32, most: i32, milliseconds: i32) -> Sys<Vec<Event>> {
    let room = usize::try_from(most).unwrap_or(0);
    let mut events: Vec<libc::epoll_event> = Vec::new();
    events.try_reserve_exact(room).map_err(|_| crate::Errno(libc::ENOMEM))?;
    // SAFETY: the spare room is writable for `room` events.
    let count = check(unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), most, milliseconds) })?;
    // SAFETY: the system has written that many.
    unsafe { events.set_len(usize::try_from(count).unwrap_or(0).min(room)) };
    Ok(events.iter().map(|event| Event { bits: event.events, fd: event.u64 as u32 as i32 }).collect())
}
