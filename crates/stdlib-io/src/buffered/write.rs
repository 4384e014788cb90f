//! Writing through a buffer.

use super::core::{Core, at, position};
use crate::support::{blocking_error, run_pending};
use object::{Borrowed, PyResult, exc, raise};

impl Core {
    /// Writes all bytes, through the buffer. The number of bytes.
    pub fn write(&self, stream: Borrowed<'_>, source: &[u8]) -> PyResult<usize> {
        self.check_initialized()?;
        let _held = self.enter(stream)?;
        if self.is_closed()? {
            return Err(raise!(ValueError, "write to closed file"));
        }
        if !self.reads() && !self.writes() {
            self.pos.set(0);
            self.raw_pos.set(0);
        }
        let size = self.size.get();
        let available = size.saturating_sub(at(self.pos.get()));
        if source.len() <= available && source.len() < size {
            self.put(self.pos.get(), source);
            if !self.writes() || self.write_pos.get() > self.pos.get() {
                self.write_pos.set(self.pos.get());
            }
            self.adjust(self.pos.get() + position(source.len()));
            if self.write_end.get() < self.pos.get() {
                self.write_end.set(self.pos.get());
            }
            return Ok(source.len());
        }
        if let Err(raised) = self.flush_writes() {
            if !raised.is_a(&exc::BlockingIOError) {
                return Err(raised);
            }
            raised.clear();
            return self.keep_blocked(source);
        }
        let offset = self.raw_offset();
        if offset != 0 {
            self.raw_seek(-offset, 1)?;
            self.raw_pos.set(self.raw_pos.get() - offset);
        }
        let mut written = 0;
        while source.len() - written > size {
            let rest = source.get(written..).unwrap_or_default();
            match self.raw_write(rest)? {
                Some(count) => {
                    written += count;
                    run_pending()?;
                }
                None => {
                    self.put(0, rest.get(..size).unwrap_or_default());
                    self.raw_pos.set(0);
                    self.adjust(position(size));
                    self.write_pos.set(0);
                    self.write_end.set(position(size));
                    return Err(blocking_error("write could not complete without blocking", written + size));
                }
            }
        }
        if self.readable.get() {
            self.reset_read();
        }
        let rest = source.get(written..).unwrap_or_default();
        self.put(0, rest);
        self.write_pos.set(0);
        self.write_end.set(position(rest.len()));
        self.adjust(position(rest.len()));
        self.raw_pos.set(0);
        Ok(source.len())
    }

    /// The raw stream takes no more: keeps what has room in the buffer, else BlockingIOError.
    fn keep_blocked(&self, source: &[u8]) -> PyResult<usize> {
        if self.readable.get() {
            self.reset_read();
        }
        let start = self.write_pos.get();
        self.memory.borrow_mut().copy_within(at(start)..at(self.write_end.get()), 0);
        self.write_end.set(self.write_end.get() - start);
        self.raw_pos.set(self.raw_pos.get() - start);
        self.pos.set(self.pos.get() - start);
        self.write_pos.set(0);
        let available = self.size.get().saturating_sub(at(self.write_end.get()));
        let taken = source.get(..available).unwrap_or(source);
        self.put(self.write_end.get(), taken);
        self.write_end.set(self.write_end.get() + position(taken.len()));
        self.pos.set(self.pos.get() + position(taken.len()));
        if taken.len() == source.len() {
            Ok(source.len())
        } else {
            Err(blocking_error("write could not complete without blocking", taken.len()))
        }
    }
}
