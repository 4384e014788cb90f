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

/// How many descriptors a set of `select(2)` has room for.
pub const SET_SIZE: i32 = libc::FD_SETSIZE as i32;

/// `select(2)`: for each set of descriptors which of them are ready; all are below [`SET_SIZE`]. The limit is in microseconds.
pub fn select(asked: [&[i32]; 3], microseconds: Option<i64>) -> Sys<[Vec<bool>; 3]> {
    // SAFETY: arrays of integers; FD_ZERO would write the same.
    let mut sets: [libc::fd_set; 3] = unsafe { std::mem::zeroed() };
    let fits = |fd: &&i32| (0..SET_SIZE).contains(*fd);
    let mut highest = -1;
    for (set, fds) in sets.iter_mut().zip(asked) {
        for fd in fds.iter().filter(fits) {
            // SAFETY: the descriptor is inside the set.
            unsafe { libc::FD_SET(*fd, set) };
            highest = highest.max(*fd);
        }
    }
    let mut limit =
        microseconds.map(|limit| libc::timeval { tv_sec: limit.div_euclid(1_000_000), tv_usec: limit.rem_euclid(1_000_000) });
    let [read, write, except] = &mut sets;
    let limit = limit.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: sets and limit are writable.
    check(unsafe { libc::select(highest + 1, read, write, except, limit) })?;
    let mut at = 0;
    Ok(asked.map(|fds| {
        let set = sets.get(at);
        at += 1;
        // SAFETY: the descriptor is inside the set.
        let ready = |fd: &i32| set.is_some_and(|set| fits(&fd) && unsafe { libc::FD_ISSET(*fd, set) });
        fds.iter().map(ready).collect()
    }))
}
