//! Reading text: chunks, characters, lines.

use super::line::{Ending, Found, find};
use super::{TextIoWrapper, limit_of};
use crate::buffered::BufferedReader;
use crate::support::{Size, retrying, unsupported};
use macros::pymethods;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text, str::Builder};
use object::{Borrowed, PyResult, Ref, StaticType, core, id, raise};

/// Part of a str.
fn part(string: Borrowed<'_>, start: usize, end: usize) -> PyResult<Ref> {
    if start == 0 && end >= text::data(string).map_or(0, |data| data.len()) && text::check_exact(&string) {
        return Ok(string.to_ref());
    }
    builtins::str_::substring(string, start, end)
}

fn len_of(string: &Ref) -> usize {
    text::data(string.b()).map_or(0, |data| data.len())
}

impl TextIoWrapper {
    /// Decodes the next chunk. Whether there was something.
    fn read_chunk(&self, hint: usize) -> PyResult<bool> {
        let Some(decoder) = self.decoder() else { return Err(unsupported("not readable")) };
        let state = if self.telling.get() { Some(decoder.state()?) } else { None };
        let hint = (self.ratio.get().max(1.0) * hint as f64) as usize;
        let size = self.chunk_size.get().max(hint);
        let buffer = self.buffer()?;
        let method = if self.has_read1.get() { id!("read1") } else { id!("read") };
        let input = match buffer.b().downcast_exact::<BufferedReader>() {
            Some(reader) => reader.read_some_once(buffer.b(), size.cast_signed())?,
            None => buffer.call_method(method, &[int::from_u64(size as u64)?.b()])?,
        };
        let Ok(view) = Buffer::readable(input.b()).map_err(object::Raised::clear) else {
            let (method, class) = (text::to_string_lossy(method), input.class().short_name());
            return Err(raise!(TypeError, "underlying {method}() should have returned a bytes-like object, not '{class}'"));
        };
        let count = view.len();
        let decoded = decoder.decode(input.b(), count == 0)?;
        let chars = len_of(&decoded);
        self.set_decoded(Some(decoded));
        self.ratio.set(if chars > 0 { count as f64 / chars as f64 } else { 0.0 });
        if let Some((pending, flags)) = state {
            let mut next = bytes::value(pending.b()).unwrap_or_default().to_vec();
            next.extend_from_slice(view.bytes());
            let old = self.snapshot.replace(Some((flags, bytes::new(&next)?)));
            drop(old);
        }
        Ok(count > 0 || chars > 0)
    }

    /// Takes decoded characters, at most `count`.
    pub(super) fn take_decoded(&self, count: Option<usize>) -> PyResult<Ref> {
        let Some(decoded) = self.decoded.get() else { return Ok(text::empty()) };
        let used = self.decoded_used.get();
        let end = count.map_or(usize::MAX, |count| used.saturating_add(count)).min(len_of(&decoded));
        self.decoded_used.set(end);
        part(decoded.b(), used, end)
    }

    fn read_rest(&self) -> PyResult<Ref> {
        let Some(decoder) = self.decoder() else { return Err(unsupported("not readable")) };
        let rest = self.buffer()?.call_method(id!("read"), &[])?;
        if rest.is(&core::none()) {
            return Err(raise!(BlockingIOError, "Read returned None."));
        }
        let decoded = decoder.decode(rest.b(), true)?;
        let before = self.take_decoded(None)?;
        if self.snapshot.borrow().is_some() {
            self.set_decoded(None);
            self.forget_snapshot();
        }
        if len_of(&before) == 0 { Ok(decoded) } else { builtins::str_::concat(before.b(), decoded.b()) }
    }

    fn read_chars(&self, count: usize) -> PyResult<Ref> {
        let first = self.take_decoded(Some(count))?;
        let mut got = len_of(&first);
        if got >= count {
            return Ok(first);
        }
        let mut all = Builder::new();
        all.push_object(first.b())?;
        while got < count {
            if !retrying(|| self.read_chunk(count - got))? {
                break;
            }
            let more = self.take_decoded(Some(count - got))?;
            got += len_of(&more);
            all.push_object(more.b())?;
        }
        all.finish()
    }

    /// The next line, at most `limit` characters of it.
    pub(super) fn read_line(slf: Borrowed<'_, Self>, limit: Option<usize>) -> PyResult<Ref> {
        Self::check_closed(slf)?;
        let stream = slf.get();
        stream.flush_pending()?;
        let newline: Vec<u32> = stream
            .read_newline
            .get()
            .and_then(|newline| text::data(newline.b()).map(|data| data.iter().collect()))
            .unwrap_or_default();
        let ending = if stream.read_translate.get() {
            Ending::Translated
        } else if stream.read_universal.get() {
            Ending::Universal
        } else {
            Ending::Exact(&newline)
        };
        let mut before = Builder::new();
        // The beginning of a newline of two characters, at the end of the last chunk.
        let mut carried: Option<Ref> = None;
        loop {
            if !stream.have_decoded()? {
                stream.set_decoded(None);
                stream.forget_snapshot();
                if let Some(carried) = carried {
                    before.push_object(carried.b())?;
                }
                return before.finish();
            }
            let Some(decoded) = stream.decoded.get() else { continue };
            let (line, start, offset) = match carried.take() {
                None => (decoded, stream.decoded_used.get(), 0),
                Some(carried) => (builtins::str_::concat(carried.b(), decoded.b())?, 0, len_of(&carried)),
            };
            let Some(data) = text::data(line.b()) else { return Err(object::error::bad_internal_call()) };
            let length = data.len();
            let room = limit.map(|limit| limit.saturating_sub(before.len()));
            let (end, complete) = match find(data, start, &ending) {
                Found::End(end) => (end, true),
                Found::Consumed(end) => (end, room.is_some_and(|room| end >= room)),
            };
            let end = start + room.filter(|_| complete).map_or(end, |room| end.min(room));
            if complete {
                stream.decoded_used.set(end.saturating_sub(offset));
                let last = part(line.b(), start, end)?;
                if before.is_empty() {
                    return Ok(last);
                }
                before.push_object(last.b())?;
                return before.finish();
            }
            if end > start {
                before.push_object(part(line.b(), start, end)?.b())?;
            }
            if end < length {
                carried = Some(part(line.b(), end, length)?);
            }
            stream.set_decoded(None);
        }
    }

    /// Reads a chunk unless decoded text is left.
    fn have_decoded(&self) -> PyResult<bool> {
        loop {
            if self.decoded.get().is_some_and(|decoded| len_of(&decoded) > self.decoded_used.get()) {
                return Ok(true);
            }
            if !retrying(|| self.read_chunk(0))? {
                return Ok(false);
            }
        }
    }
}

#[pymethods(part = READING)]
impl TextIoWrapper {
    /// Read at most size characters from stream.
    ///
    /// Read from underlying buffer until we have size characters or we hit EOF.
    /// If size is negative or omitted, read until EOF.
    #[method("($self, size=-1, /)")]
    fn read(slf: Borrowed<'_, Self>, size: Option<Size>) -> PyResult<Ref> {
        let stream = slf.get();
        stream.check_attached()?;
        Self::check_closed(slf)?;
        if stream.decoder().is_none() {
            return Err(unsupported("not readable"));
        }
        stream.flush_pending()?;
        match limit_of(size) {
            None => stream.read_rest(),
            Some(count) => stream.read_chars(count),
        }
    }

    /// Read until newline or EOF.
    ///
    /// Return an empty string if EOF is hit immediately.
    /// If size is specified, at most size characters will be read.
    #[method("($self, size=-1, /)")]
    fn readline(slf: Borrowed<'_, Self>, size: isize) -> PyResult<Ref> {
        slf.get().check_attached()?;
        Self::read_line(slf, usize::try_from(size).ok())
    }

    #[slot(tp_iternext)]
    fn iternext(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        let stream = slf.get();
        stream.check_attached()?;
        stream.telling.set(false);
        let line = if slf.object().class().is_type(Self::type_object()) {
            Self::read_line(slf, None)?
        } else {
            let line = slf.object().call_method(id!("readline"), &[])?;
            if !text::check(line.b()) {
                let class = line.class().short_name();
                return Err(raise!(OSError, "readline() should have returned a str object, not '{class}'"));
            }
            line
        };
        if len_of(&line) == 0 {
            stream.forget_snapshot();
            stream.telling.set(stream.seekable.get());
            return Ok(None);
        }
        Ok(Some(line))
    }
}
