//! Calls on a socket with its time limit: waiting with `poll`, repeating after signals.

use super::Socket;
use crate::errors::{OrRaise, os_error, run_pending, timed_out};
use crate::time::Deadline;
use host::errno::{Errno, Sys};
use host::poll::{self, Watch};
use object::{PyResult, gil};

/// What a call waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Read,
    Write,
    Connect,
}

impl Side {
    fn events(self) -> i16 {
        match self {
            Side::Read => libc::POLLIN,
            Side::Write => libc::POLLOUT,
            // A connection that fails shows as an error on some systems.
            Side::Connect => libc::POLLOUT | libc::POLLERR,
        }
    }
}

impl Socket {
    /// When the time limit that begins now is over; none without a limit, and for a socket that does not block.
    pub fn deadline(&self) -> PyResult<Option<Deadline>> {
        match self.timeout.get() {
            limit if limit > 0 => Deadline::after(limit).map(Some),
            _ => Ok(None),
        }
    }

    /// Waits until the socket is ready. `Ok(false)`: the time is over. Signal handlers run meanwhile.
    pub fn wait(&self, side: Side, deadline: Option<Deadline>) -> PyResult<Result<bool, Errno>> {
        loop {
            let left = match deadline {
                None => -1,
                Some(deadline) => match deadline.left()? {
                    Some(left) => left,
                    None => return Ok(Ok(false)),
                },
            };
            let fd = self.fd.get();
            if fd < 0 {
                // The call itself will report it.
                return Ok(Ok(true));
            }
            let mut watch = [Watch { fd, asked: side.events(), found: 0 }];
            match gil::without(|| poll::poll(&mut watch, left)) {
                Ok(0) if left == i32::MAX => {}
                Ok(count) => return Ok(Ok(count > 0)),
                Err(Errno::EINTR) => run_pending()?,
                Err(errno) => return Ok(Err(errno)),
            }
        }
    }

    /// Runs a call on the descriptor, without the GIL, within the socket's time limit.
    pub fn call<T>(&self, side: Side, call: impl FnMut(i32) -> Sys<T>) -> PyResult<T> {
        self.call_until(side, self.deadline()?, call)
    }

    /// As [`Socket::call`], until a deadline that began earlier.
    pub fn call_until<T>(&self, side: Side, deadline: Option<Deadline>, mut call: impl FnMut(i32) -> Sys<T>) -> PyResult<T> {
        loop {
            if deadline.is_some() && !self.wait(side, deadline)?.or_raise()? {
                return Err(timed_out());
            }
            loop {
                let fd = self.fd.get();
                match gil::without(|| call(fd)) {
                    Ok(result) => return Ok(result),
                    Err(Errno::EINTR) => run_pending()?,
                    // It was ready for somebody else.
                    Err(Errno(libc::EAGAIN)) if deadline.is_some() => break,
                    Err(errno) => return Err(os_error(errno)),
                }
            }
        }
    }
}
