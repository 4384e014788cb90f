//! Reading through a buffer.

use super::core::{Core, at, position};
use object::protocol::buffer::Buffer;
use object::value::bytes;
use object::{Borrowed, PyResult, Ref, id, memory, raise};

impl Core {
    /// Bytes that are in the buffer.
    pub fn read_ahead(&self, count: usize) -> PyResult<Ref> {
        let start = self.pos.get();
        let end = start + position(count);
        let result = self.copy(start, end)?;
        self.pos.set(end);
        Ok(result)
    }

    /// All that is left; `None` where a raw stream that does not block has nothing.
    pub fn read_all(&self) -> PyResult<Ref> {
        let mut all: Vec<u8> = Vec::new();
        let ahead = self.ahead();
        if ahead > 0 {
            memory::reserve(&mut all, ahead)?;
            let start = at(self.pos.get());
            all.extend_from_slice(self.memory.borrow().get(start..start + ahead).unwrap_or_default());
            self.pos.set(self.pos.get() + position(ahead));
        }
        self.before_raw_read()?;
        let raw = self.raw()?;
        if let Some(readall) = raw.getattr_opt(id!("readall"))? {
            let rest = readall.call0()?;
            self.raw_position.set(-1);
            return match bytes::value(rest.b()) {
                _ if all.is_empty() && rest.is(&object::core::none()) => Ok(rest),
                None if rest.is(&object::core::none()) => bytes::new(&all),
                None => Err(raise!(TypeError, "readall() should return bytes")),
                Some(_) if all.is_empty() => Ok(rest),
                Some(content) => {
                    memory::reserve(&mut all, content.len())?;
                    all.extend_from_slice(content);
                    bytes::new(&all)
                }
            };
        }
        loop {
            let part = raw.call_method(id!("read"), &[])?;
            let content = match bytes::value(part.b()) {
                Some(content) => content,
                None if part.is(&object::core::none()) => &[],
                None => return Err(raise!(TypeError, "read() should return bytes")),
            };
            if content.is_empty() {
                return if all.is_empty() { Ok(part) } else { bytes::new(&all) };
            }
            if self.raw_position.get() != -1 {
                self.raw_position.set(self.raw_position.get() + position(content.len()));
            }
            memory::reserve(&mut all, content.len())?;
            all.extend_from_slice(content);
        }
    }

    /// Up to `count` bytes, with as many raw reads as it takes; none where nothing is there and the raw stream would block.
    pub fn read_some(&self, count: usize) -> PyResult<Option<Ref>> {
        let ahead = self.ahead();
        if count <= ahead {
            return self.read_ahead(count).map(Some);
        }
        let mut out = memory::vec_zeroed(count)?;
        let mut written = 0;
        if ahead > 0 {
            self.take_into(&mut out, 0, ahead);
            written = ahead;
        }
        self.before_raw_read()?;
        let size = self.size.get().max(1);
        let finish = |out: &[u8], written: usize, blocked: bool| match (written, blocked) {
            (0, true) => Ok(None),
            _ => bytes::new(out.get(..written).unwrap_or_default()).map(Some),
        };
        while written < count {
            let blocks = (count - written) / size * size;
            if blocks == 0 {
                break;
            }
            let target = out.get_mut(written..written + blocks).unwrap_or_default();
            match self.raw_read(target)? {
                Some(0) => return finish(&out, written, false),
                None => return finish(&out, written, true),
                Some(read) => written += read,
            }
        }
        self.pos.set(0);
        self.raw_pos.set(0);
        self.read_end.set(0);
        while written < count && at(self.read_end.get()) < size {
            match self.fill()? {
                Some(0) => return finish(&out, written, false),
                None => return finish(&out, written, true),
                Some(read) => {
                    let part = read.min(count - written);
                    self.take_into(&mut out, written, part);
                    written += part;
                }
            }
        }
        finish(&out, written, false)
    }

    /// Copies from the buffer and moves the position.
    fn take_into(&self, out: &mut [u8], offset: usize, count: usize) {
        let start = at(self.pos.get());
        let memory = self.memory.borrow();
        let source = memory.get(start..start + count).unwrap_or_default();
        if let Some(target) = out.get_mut(offset..offset + source.len()) {
            target.copy_from_slice(source);
        }
        self.pos.set(self.pos.get() + position(count));
    }

    /// Up to `count` bytes with at most one raw read.
    pub fn read_once(&self, count: usize) -> PyResult<Ref> {
        self.before_raw_read()?;
        let mut out = memory::vec_zeroed(count)?;
        let read = self.raw_read(&mut out)?.unwrap_or(0);
        bytes::new(out.get(..read).unwrap_or_default())
    }

    /// What is in the buffer, filled by one raw read if it is empty.
    pub fn peek(&self) -> PyResult<Ref> {
        let ahead = self.ahead();
        if ahead > 0 {
            return self.copy(self.pos.get(), self.read_end.get());
        }
        self.reset_read();
        let count = self.fill()?.unwrap_or(0);
        self.pos.set(0);
        self.copy(0, position(count))
    }

    /// `readinto`, or with `once` `readinto1`; none where nothing is there and the raw stream would block.
    pub fn read_into(&self, stream: Borrowed<'_>, target: &Buffer, once: Once) -> PyResult<Option<usize>> {
        let len = target.len();
        let mut written = 0;
        let ahead = self.ahead();
        if ahead > 0 {
            written = self.copy_out(target, 0, ahead.min(len));
            if ahead >= len {
                return Ok(Some(len));
            }
        }
        let _held = self.enter(stream)?;
        self.before_raw_read()?;
        self.pos.set(0);
        while written < len {
            let remaining = len - written;
            let direct = remaining > self.size.get();
            let count = if direct {
                self.raw_read_buffer(target, written)?
            } else if once == Once::Yes && written > 0 {
                Some(0)
            } else {
                match self.fill()? {
                    Some(count) if count > 0 => {
                        written += self.copy_out(target, written, count.min(remaining));
                        continue;
                    }
                    other => other,
                }
            };
            match count {
                Some(0) => break,
                None if written > 0 => break,
                None => return Ok(None),
                Some(count) => written += count,
            }
            if once == Once::Yes {
                break;
            }
        }
        Ok(Some(written))
    }

    fn copy_out(&self, target: &Buffer, offset: usize, count: usize) -> usize {
        let start = at(self.pos.get());
        let memory = self.memory.borrow();
        target.write_at(offset, memory.get(start..start + count).unwrap_or_default());
        self.pos.set(self.pos.get() + position(count));
        count
    }

    /// The position behind the first newline in the buffer's next `count` bytes.
    fn newline(&self, count: usize) -> Option<usize> {
        let start = at(self.pos.get());
        let memory = self.memory.borrow();
        memory.get(start..start + count)?.iter().position(|byte| *byte == b'\n').map(|found| found + 1)
    }

    /// A line, at most `limit` bytes of it.
    pub fn read_line(&self, stream: Borrowed<'_>, limit: Option<usize>) -> PyResult<Ref> {
        self.check_closed("readline of closed file")?;
        let count = limit.map_or(self.ahead(), |limit| limit.min(self.ahead()));
        if let Some(end) = self.newline(count) {
            return self.read_ahead(end);
        }
        if limit == Some(count) {
            return self.read_ahead(count);
        }
        let _held = self.enter(stream)?;
        let mut line: Vec<u8> = Vec::new();
        self.append(&mut line, count)?;
        if self.writable.get() {
            self.flush_and_rewind()?;
        }
        loop {
            self.reset_read();
            let Some(count) = self.fill()?.filter(|count| *count > 0) else { break };
            self.pos.set(0);
            let wanted = limit.map_or(count, |limit| count.min(limit - line.len()));
            if let Some(end) = self.newline(wanted) {
                self.append(&mut line, end)?;
                break;
            }
            self.append(&mut line, wanted)?;
            if limit == Some(line.len()) {
                break;
            }
        }
        bytes::new(&line)
    }

    fn append(&self, line: &mut Vec<u8>, count: usize) -> PyResult<()> {
        memory::reserve(line, count)?;
        let start = at(self.pos.get());
        line.extend_from_slice(self.memory.borrow().get(start..start + count).unwrap_or_default());
        self.pos.set(self.pos.get() + position(count));
        Ok(())
    }
}

/// Whether at most one raw read is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Once {
    Yes,
    No,
}
