//! Where an unpickler reads from: bytes in memory, or a file that is read no further than the pickle goes.
//!
//! A file with `peek` is looked at in large steps; what was used of a look is read away from the file afterwards.

use super::state::unpickling_error;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, exc, id, raise};
use std::cell::{Cell, RefCell};

/// Bytes of one look ahead.
const PREFETCH: i64 = 128 * 1024;

/// The source of a pickle.
#[derive(Default)]
pub struct Input {
    data: RefCell<Vec<u8>>,
    position: Cell<usize>,
    /// The data was looked at and is still in the file.
    peeked: Cell<bool>,
    pub read: OptRef,
    pub readline: OptRef,
    pub peek: OptRef,
    /// Bytes that the frame under way still has; none outside of frames.
    frame: Cell<Option<usize>>,
    /// Length of the last line, for `__sizeof__`.
    pub line_size: Cell<usize>,
}

#[cold]
fn truncated() -> Raised {
    unpickling_error("pickle data was truncated")
}

impl Input {
    /// Reads from these bytes.
    pub fn set_bytes(&self, source: Borrowed<'_>) -> PyResult<()> {
        let buffer = Buffer::readable(source)?;
        let mut data = object::memory::vec_with_capacity(buffer.len())?;
        data.extend_from_slice(buffer.bytes());
        *self.data.borrow_mut() = data;
        self.position.set(0);
        self.peeked.set(false);
        Ok(())
    }

    /// Reads from this file.
    pub fn set_file(&self, file: Borrowed<'_>) -> PyResult<()> {
        let read = file.getattr_opt(id!("read"))?;
        let readline = file.getattr_opt(id!("readline"))?;
        let peek = file.getattr_opt(id!("peek"))?;
        if read.is_none() || readline.is_none() {
            return Err(raise!(TypeError, "file must have 'read' and 'readline' attributes"));
        }
        self.read.set(read);
        self.readline.set(readline);
        self.peek.set(peek);
        self.data.borrow_mut().clear();
        self.position.set(0);
        self.peeked.set(false);
        Ok(())
    }

    /// Begins a pickle: there is no frame yet.
    pub fn begin(&self) {
        self.frame.set(None);
    }

    /// Takes `count` bytes from the frame. A frame that is used up has ended; a read across its end is refused.
    fn spend(&self, count: usize) -> PyResult<()> {
        match self.frame.get() {
            Some(0) if count > 0 => self.frame.set(None),
            Some(left) => match left.checked_sub(count) {
                Some(left) => self.frame.set(Some(left)),
                None => return Err(unpickling_error("pickle exhausted before end of frame")),
            },
            None => {}
        }
        Ok(())
    }

    /// Begins a frame of `length` bytes, and reads it whole if that is possible.
    pub fn enter_frame(&self, length: usize) -> PyResult<()> {
        if self.frame.get().is_some_and(|left| left > 0) {
            return Err(unpickling_error("beginning of a new frame before end of current frame"));
        }
        self.fill(length)?;
        self.frame.set(Some(length));
        Ok(())
    }

    fn available(&self) -> usize {
        self.data.borrow().len().saturating_sub(self.position.get())
    }

    /// Reads what was used of a look ahead away from the file.
    pub fn settle(&self) -> PyResult<()> {
        let used = self.position.get();
        if self.peeked.replace(false) {
            self.data.borrow_mut().clear();
            self.position.set(0);
            if used > 0
                && let Some(read) = self.read.get()
            {
                read.call1(int::from_u64(used as u64)?.b())?;
            }
        }
        Ok(())
    }

    /// Puts the bytes of `object` in place of the data that was used up.
    fn refill(&self, object: &Ref, peeked: bool) -> PyResult<usize> {
        let buffer = Buffer::readable(object.b())?;
        let content = buffer.bytes();
        let mut data = self.data.borrow_mut();
        data.clear();
        object::memory::reserve(&mut data, content.len())?;
        data.extend_from_slice(content);
        self.position.set(0);
        self.peeked.set(peeked);
        Ok(content.len())
    }

    /// Makes `count` bytes available, from the file if need be.
    fn fill(&self, count: usize) -> PyResult<()> {
        if self.available() >= count {
            return Ok(());
        }
        let Some(read) = self.read.get() else { return Err(truncated()) };
        self.settle()?;
        if self.look(count)? {
            return Ok(());
        }
        let chunk = read.call1(int::from_u64(count as u64)?.b())?;
        if self.refill(&chunk, false)? < count { Err(truncated()) } else { Ok(()) }
    }

    /// Looks ahead; says whether `count` bytes can be seen.
    fn look(&self, count: usize) -> PyResult<bool> {
        let Some(peek) = self.peek.get() else { return Ok(false) };
        match peek.call1(int::new(PREFETCH)?.b()) {
            Ok(seen) => {
                if self.refill(&seen, true)? >= count {
                    return Ok(true);
                }
                self.settle()?;
                Ok(false)
            }
            // A file may have the method and not be able to.
            Err(raised) => {
                raised.clear_if(&exc::NotImplementedError)?;
                self.peek.set(None);
                Ok(false)
            }
        }
    }

    /// The next byte; none at the end of the data.
    pub fn next_code(&self) -> PyResult<Option<u8>> {
        if let Some(code) = self.quick(1, |content| content.first().copied()) {
            return Ok(code);
        }
        if self.available() == 0 {
            let Some(read) = self.read.get() else { return Ok(None) };
            self.settle()?;
            if !self.look(1)? {
                let chunk = read.call1(int::new(1)?.b())?;
                if self.refill(&chunk, false)? == 0 {
                    return Ok(None);
                }
            }
        }
        self.array::<1>().map(|[code]| Some(code))
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&self) -> PyResult<[u8; N]> {
        self.with(N, |content| content.try_into().unwrap_or([0; N]))
    }

    /// As [`Input::with`], where the bytes are in memory and inside of the frame, if there is one; else nothing is done.
    #[inline]
    fn quick<R>(&self, count: usize, action: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let frame = match self.frame.get() {
            None => None,
            Some(left) => Some(left.checked_sub(count)?),
        };
        let start = self.position.get();
        let data = self.data.borrow();
        let content = data.get(start..start.checked_add(count)?)?;
        self.frame.set(frame);
        self.position.set(start + count);
        Some(action(content))
    }

    /// Gives `action` the next `count` bytes. It must not run Python code.
    pub fn with<R>(&self, count: usize, mut action: impl FnMut(&[u8]) -> R) -> PyResult<R> {
        if let Some(result) = self.quick(count, &mut action) {
            return Ok(result);
        }
        self.spend(count)?;
        self.fill(count)?;
        let start = self.position.get();
        let data = self.data.borrow();
        match data.get(start..start.saturating_add(count)) {
            Some(content) => {
                self.position.set(start + count);
                Ok(action(content))
            }
            None => Err(truncated()),
        }
    }

    /// The next `count` bytes as a bytes object.
    pub fn bytes(&self, count: usize) -> PyResult<Ref> {
        self.with(count, bytes::new)?
    }

    /// The next line, without its end.
    pub fn line(&self) -> PyResult<Vec<u8>> {
        let found = {
            let data = self.data.borrow();
            let rest = data.get(self.position.get()..).unwrap_or_default();
            memchr(rest).and_then(|end| rest.get(..end).map(<[u8]>::to_vec))
        };
        if let Some(line) = found {
            self.spend(line.len() + 1)?;
            self.position.set(self.position.get() + line.len() + 1);
            self.line_size.set(line.len() + 1);
            return Ok(line);
        }
        let Some(readline) = self.readline.get() else { return Err(truncated()) };
        self.settle()?;
        let chunk = readline.call0()?;
        self.refill(&chunk, false)?;
        let mut data = self.data.borrow_mut();
        self.position.set(data.len());
        match data.as_slice() {
            [line @ .., b'\n'] => {
                self.spend(line.len() + 1)?;
                self.line_size.set(line.len() + 1);
                let line = line.to_vec();
                data.clear();
                self.position.set(0);
                Ok(line)
            }
            _ => Err(truncated()),
        }
    }
}

fn memchr(rest: &[u8]) -> Option<usize> {
    rest.iter().position(|byte| *byte == b'\n')
}
