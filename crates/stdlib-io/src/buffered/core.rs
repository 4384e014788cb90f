//! The state that the three buffered classes share, and its dealings with the raw stream.

use crate::fileio::FileIo;
use crate::lock::{Held, Lock};
use crate::support::{Size, blocking_error, memory_view, retrying, run_pending};
use object::protocol::buffer::Buffer;
use object::value::{bytes, int};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, StaticType, Trace, Visit, exc, id, memory, raise};
use std::cell::{Cell, RefCell};

/// A buffer over a raw stream. Positions count from the buffer's start; -1 stands for "no data".
pub struct Core {
    pub raw: OptRef,
    pub ok: Cell<bool>,
    pub detached: Cell<bool>,
    pub readable: Cell<bool>,
    pub writable: Cell<bool>,
    pub finalizing: Cell<bool>,
    /// The raw stream is exactly a FileIO: it is asked without a look-up of attributes.
    pub fast: Cell<bool>,
    /// Where the raw stream is, or -1 for not known.
    pub raw_position: Cell<i64>,
    /// The memory; empty once the stream is closed, and while a call to the raw stream has it.
    pub memory: RefCell<Vec<u8>>,
    pub size: Cell<usize>,
    pub closed_memory: Cell<bool>,
    /// The current position in the buffer.
    pub pos: Cell<i64>,
    /// The raw stream's position in the buffer.
    pub raw_pos: Cell<i64>,
    /// The end of what was read.
    pub read_end: Cell<i64>,
    /// The part that is to be written.
    pub write_pos: Cell<i64>,
    pub write_end: Cell<i64>,
    pub lock: Lock,
}

impl Trace for Core {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.raw.trace(visit);
    }
    fn clear(&self) {
        self.ok.set(false);
        self.raw.set(None);
    }
}

/// An index into memory; positions are never negative where this is used.
#[inline]
pub fn at(position: i64) -> usize {
    usize::try_from(position).unwrap_or(0)
}

/// A length as a position; memory is never that large.
#[inline]
pub fn position(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

impl Core {
    pub const fn new() -> Self {
        Core {
            raw: OptRef::none(),
            ok: Cell::new(false),
            detached: Cell::new(false),
            readable: Cell::new(false),
            writable: Cell::new(false),
            finalizing: Cell::new(false),
            fast: Cell::new(false),
            raw_position: Cell::new(-1),
            memory: RefCell::new(Vec::new()),
            size: Cell::new(0),
            closed_memory: Cell::new(true),
            pos: Cell::new(0),
            raw_pos: Cell::new(0),
            read_end: Cell::new(-1),
            write_pos: Cell::new(0),
            write_end: Cell::new(-1),
            lock: Lock::new(),
        }
    }

    /// Begins anew over `raw`.
    pub fn init(&self, raw: Borrowed<'_>, size: isize, readable: bool, writable: bool) -> PyResult<()> {
        self.raw.set(Some(raw.to_ref()));
        self.readable.set(readable);
        self.writable.set(writable);
        let size = match usize::try_from(size) {
            Ok(size) if size > 0 => size,
            _ => return Err(raise!(ValueError, "buffer size must be strictly positive")),
        };
        let memory = memory::vec_zeroed(size)?;
        self.size.set(size);
        self.memory.replace(memory);
        self.closed_memory.set(false);
        self.fast.set(raw.class().is_type(FileIo::type_object()));
        if let Err(raised) = self.raw_tell() {
            raised.clear();
        }
        self.reset_read();
        self.reset_write();
        self.pos.set(0);
        self.ok.set(true);
        Ok(())
    }

    /// ValueError before `__init__` and after `detach`.
    pub fn check_initialized(&self) -> PyResult<()> {
        match (self.ok.get(), self.detached.get()) {
            (true, _) => Ok(()),
            (_, true) => Err(raise!(ValueError, "raw stream has been detached")),
            _ => Err(raise!(ValueError, "I/O operation on uninitialized object")),
        }
    }

    /// The raw stream of an initialised buffer.
    pub fn raw(&self) -> PyResult<Ref> {
        self.check_initialized()?;
        self.raw.get().ok_or_else(|| raise!(ValueError, "raw stream has been detached"))
    }

    /// Whether the raw stream is closed.
    pub fn raw_closed(&self) -> PyResult<bool> {
        let raw = self.raw()?;
        match (self.fast.get(), raw.b().downcast_exact::<FileIo>()) {
            (true, Some(file)) => Ok(file.is_closed()),
            _ => raw.getattr(id!("closed"))?.is_true(),
        }
    }

    pub fn is_closed(&self) -> PyResult<bool> {
        Ok(self.closed_memory.get() || self.raw_closed()?)
    }

    /// ValueError on a closed stream with nothing left to read.
    pub fn check_closed(&self, message: &str) -> PyResult<()> {
        if self.is_closed()? && self.ahead() == 0 { Err(raise!(ValueError, "{message}")) } else { Ok(()) }
    }

    pub fn enter(&self, stream: Borrowed<'_>) -> PyResult<Held<'_>> {
        self.lock.enter(stream)
    }

    pub fn reads(&self) -> bool {
        self.readable.get() && self.read_end.get() != -1
    }

    pub fn writes(&self) -> bool {
        self.writable.get() && self.write_end.get() != -1
    }

    pub fn reset_read(&self) {
        self.read_end.set(-1);
    }

    pub fn reset_write(&self) {
        self.write_pos.set(0);
        self.write_end.set(-1);
    }

    /// Bytes that can be read without the raw stream.
    pub fn ahead(&self) -> usize {
        if self.reads() { at(self.read_end.get() - self.pos.get()) } else { 0 }
    }

    /// How far the raw stream is ahead of the position.
    pub fn raw_offset(&self) -> i64 {
        if (self.reads() || self.writes()) && self.raw_pos.get() >= 0 { self.raw_pos.get() - self.pos.get() } else { 0 }
    }

    /// Moves the position, and the end of what was read along.
    pub fn adjust(&self, new: i64) {
        self.pos.set(new);
        if self.reads() && self.read_end.get() < new {
            self.read_end.set(new);
        }
    }

    fn checked_position(&self, result: &Ref) -> PyResult<i64> {
        let number = result.index()?;
        let position = int::to_i64(number.b());
        let position = position.ok_or_else(|| raise!(ValueError, "cannot fit 'int' into an offset-sized integer"))?;
        if position < 0 {
            return Err(raise!(OSError, "Raw stream returned invalid position {position}"));
        }
        self.raw_position.set(position);
        Ok(position)
    }

    pub fn raw_tell(&self) -> PyResult<i64> {
        let raw = self.raw.get().ok_or_else(|| raise!(ValueError, "raw stream has been detached"))?;
        let position = raw.call_method(id!("tell"), &[])?;
        self.checked_position(&position)
    }

    /// The raw stream's position, which may be known.
    pub fn known_tell(&self) -> PyResult<i64> {
        match self.raw_position.get() {
            -1 => self.raw_tell(),
            position => Ok(position),
        }
    }

    pub fn raw_seek(&self, target: i64, whence: i32) -> PyResult<i64> {
        let raw = self.raw()?;
        let position = raw.call_method(id!("seek"), &[int::new(target)?.b(), int::new(i64::from(whence))?.b()])?;
        self.checked_position(&position)
    }

    fn count(&self, result: &Ref, len: usize, call: &str) -> PyResult<Option<usize>> {
        if result.is(&object::core::none()) {
            return Ok(None);
        }
        let number = result.as_isize_or(&exc::ValueError).map_err(|raised| caused(raised, call))?;
        match usize::try_from(number) {
            Ok(count) if count <= len => Ok(Some(count)),
            _ => {
                let range = format!("(should have been between 0 and {len})");
                Err(raise!(OSError, "raw {call}() returned invalid length {number} {range}"))
            }
        }
    }

    fn advance_raw(&self, count: Option<usize>) {
        if let Some(count) = count
            && self.raw_position.get() != -1
        {
            self.raw_position.set(self.raw_position.get() + position(count));
        }
    }

    /// One raw read into `target`; none where it would block.
    pub fn raw_read(&self, target: &mut [u8]) -> PyResult<Option<usize>> {
        let raw = self.raw()?;
        let count = match raw.b().downcast_exact::<FileIo>() {
            Some(file) => file.read_into(target)?,
            None => self.foreign_read(&raw, target.len(), |content| {
                target.iter_mut().zip(content).for_each(|(to, from)| *to = *from);
            })?,
        };
        self.advance_raw(count);
        Ok(count)
    }

    /// One raw read into a caller's buffer.
    pub fn raw_read_buffer(&self, target: &Buffer, offset: usize) -> PyResult<Option<usize>> {
        let raw = self.raw()?;
        let len = target.len().saturating_sub(offset);
        let count = match raw.b().downcast_exact::<FileIo>() {
            Some(file) => target
                .with_bytes_mut(|memory| file.read_into(memory.get_mut(offset..).unwrap_or_default()))
                .unwrap_or(Ok(Some(0)))?,
            None => self.foreign_read(&raw, len, |content| {
                target.write_at(offset, content);
            })?,
        };
        self.advance_raw(count);
        Ok(count)
    }

    /// `raw.readinto` with memory of its own, which `take` gets.
    fn foreign_read(&self, raw: &Ref, len: usize, take: impl FnOnce(&[u8])) -> PyResult<Option<usize>> {
        let array = crate::support::byte_array(len)?;
        let view = memory_view(array.b())?;
        let result = retrying(|| raw.call_method(id!("readinto"), &[view.b()]))?;
        let count = self.count(&result, len, "readinto")?;
        if let Some(count) = count {
            let content = Buffer::readable(array.b())?;
            take(content.bytes().get(..count).unwrap_or_default());
        }
        Ok(count)
    }

    /// One raw write; none where it would block.
    pub fn raw_write(&self, source: &[u8]) -> PyResult<Option<usize>> {
        let raw = self.raw()?;
        let count = match raw.b().downcast_exact::<FileIo>() {
            Some(file) => file.write_from(source)?,
            None => {
                let content = bytes::new(source)?;
                let view = memory_view(content.b())?;
                let result = retrying(|| raw.call_method(id!("write"), &[view.b()]))?;
                self.count(&result, source.len(), "write")?
            }
        };
        self.advance_raw(count);
        Ok(count)
    }

    /// Gives the memory to `action` for the time of a call that may run other code.
    pub fn with_memory<R>(&self, action: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut memory = self.memory.take();
        let result = action(&mut memory);
        // Nobody else replaced it: the stream is locked. Only closing by force makes it empty.
        if !self.closed_memory.get() {
            self.memory.replace(memory);
        }
        result
    }

    /// Bytes of the memory.
    pub fn copy(&self, start: i64, end: i64) -> PyResult<Ref> {
        let memory = self.memory.borrow();
        bytes::new(memory.get(at(start)..at(end)).unwrap_or_default())
    }

    /// Puts bytes into the memory.
    pub fn put(&self, start: i64, source: &[u8]) {
        let mut memory = self.memory.borrow_mut();
        if let Some(target) = memory.get_mut(at(start)..).and_then(|rest| rest.get_mut(..source.len())) {
            target.copy_from_slice(source);
        }
    }

    /// Fills the buffer behind what was read; none where it would block.
    pub fn fill(&self) -> PyResult<Option<usize>> {
        let start = if self.reads() { self.read_end.get() } else { 0 };
        let count = self.with_memory(|memory| self.raw_read(memory.get_mut(at(start)..).unwrap_or_default()))?;
        if let Some(count) = count.filter(|count| *count > 0) {
            self.read_end.set(start + position(count));
            self.raw_pos.set(start + position(count));
        }
        Ok(count)
    }

    /// Writes what is to be written.
    pub fn flush_writes(&self) -> PyResult<()> {
        if self.writes() && self.write_pos.get() != self.write_end.get() {
            let rewind = self.raw_offset() + (self.pos.get() - self.write_pos.get());
            if rewind != 0 {
                self.raw_seek(-rewind, 1)?;
                self.raw_pos.set(self.raw_pos.get() - rewind);
            }
            while self.write_pos.get() < self.write_end.get() {
                let range = at(self.write_pos.get())..at(self.write_end.get());
                let count = self.with_memory(|memory| self.raw_write(memory.get(range).unwrap_or_default()))?;
                let Some(count) = count else {
                    return Err(blocking_error("write could not complete without blocking", 0));
                };
                self.write_pos.set(self.write_pos.get() + position(count));
                self.raw_pos.set(self.write_pos.get());
                run_pending()?;
            }
        }
        self.reset_write();
        Ok(())
    }

    /// Writes what is to be written, and puts the raw stream where the position is.
    pub fn flush_and_rewind(&self) -> PyResult<()> {
        self.flush_writes()?;
        if self.readable.get() {
            let moved = self.raw_seek(-self.raw_offset(), 1);
            self.reset_read();
            moved?;
        }
        Ok(())
    }

    /// What all reads beyond the buffer begin with.
    pub fn before_raw_read(&self) -> PyResult<()> {
        if self.writable.get() {
            self.flush_and_rewind()?;
        }
        self.reset_read();
        Ok(())
    }

    /// A size argument of `read`.
    pub fn read_size(size: Option<Size>) -> PyResult<Option<usize>> {
        match size.map_or(-1, |size| size.0) {
            -1 => Ok(None),
            size => match usize::try_from(size) {
                Ok(size) => Ok(Some(size)),
                Err(_) => Err(raise!(ValueError, "read length must be non-negative or -1")),
            },
        }
    }
}

/// OSError about a raw call, with the exception as its cause.
fn caused(raised: Raised, call: &str) -> Raised {
    use object::{RawField, error};
    let cause = raised.take();
    let outer = raise!(OSError, "raw {call}() failed").take();
    let fields = error::base_of(outer.b());
    fields.context.store(Some(cause.clone()));
    fields.cause.store(Some(cause));
    error::restore(outer)
}
