//! `StringIO`: a text stream in memory.

use crate::bytesio::{copied_dict, update_dict};
use crate::newline::{Newlines, has};
use crate::rawbase::TextIoBase;
use crate::support::{Size, offset};
use crate::textio::{Ending, Found, find};
use macros::{pyclass, pymethods};
use object::value::str::{Builder, Data};
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, id, memory, raise};
use std::cell::{Cell, RefCell};

/// The text: collected in its narrowest form while all writing is at the end, else as code points.
enum Content {
    Growing(Builder),
    Codes(Vec<u32>),
}

impl Content {
    fn data(&self) -> Data<'_> {
        match self {
            Content::Growing(builder) => builder.data(),
            Content::Codes(codes) => Data::Ucs4(codes),
        }
    }

    /// The code points, to be changed anywhere.
    fn codes(&mut self) -> PyResult<&mut Vec<u32>> {
        if let Content::Growing(builder) = self {
            let mut codes = memory::vec_with_capacity(builder.len())?;
            codes.extend(builder.data().iter());
            *self = Content::Codes(codes);
        }
        match self {
            Content::Codes(codes) => Ok(codes),
            Content::Growing(_) => Err(object::error::bad_internal_call()),
        }
    }
}

/// Text I/O implementation using an in-memory buffer.
///
/// The initial_value argument sets the value of object.  The newline
/// argument is like the one of TextIOWrapper's constructor.
#[pyclass(
    name = "StringIO",
    module = "_io",
    base = TextIoBase,
    sig = "(initial_value='', newline='\\n')",
    flags(BASETYPE),
    gc
)]
pub struct StringIo {
    #[trace]
    base: TextIoBase,
    #[trace(skip)]
    content: RefCell<Content>,
    pos: Cell<usize>,
    ok: Cell<bool>,
    closed: Cell<bool>,
    #[trace(skip)]
    newlines: RefCell<Option<Newlines>>,
    translate: Cell<bool>,
    read_newline: OptRef,
    write_newline: OptRef,
}

/// Part of a text.
fn slice<'a>(data: Data<'a>, start: usize, end: usize) -> Data<'a> {
    match data {
        Data::Latin1(codes) => Data::Latin1(codes.get(start..end).unwrap_or_default()),
        Data::Ucs2(codes) => Data::Ucs2(codes.get(start..end).unwrap_or_default()),
        Data::Ucs4(codes) => Data::Ucs4(codes.get(start..end).unwrap_or_default()),
    }
}

impl StringIo {
    fn check(&self) -> PyResult<()> {
        if !self.ok.get() {
            return Err(raise!(ValueError, "I/O operation on uninitialized object"));
        }
        if self.closed.get() { Err(raise!(ValueError, "I/O operation on closed file")) } else { Ok(()) }
    }

    fn len(&self) -> usize {
        self.content.borrow().data().len()
    }

    fn write_str(&self, string: Borrowed<'_>) -> PyResult<()> {
        let decoded = match &*self.newlines.borrow() {
            Some(newlines) => newlines.feed(string.to_ref(), true)?,
            None => string.to_ref(),
        };
        let newline = self.write_newline.get();
        let translated = match newline.filter(|_| text::data(decoded.b()).is_some_and(|data| has(data, b'\n'))) {
            Some(newline) => decoded.call_method(id!("replace"), &[text::latin1_char(b'\n').b(), newline.b()])?,
            None => decoded,
        };
        let Some(data) = text::data(translated.b()) else { return Err(object::error::bad_internal_call()) };
        self.put(data)
    }

    fn put(&self, data: Data<'_>) -> PyResult<()> {
        let pos = self.pos.get();
        let Some(end) = pos.checked_add(data.len()).filter(|end| *end <= isize::MAX.unsigned_abs() / 4) else {
            return Err(raise!(OverflowError, "new position too large"));
        };
        let mut content = self.content.borrow_mut();
        let at_end = pos == content.data().len();
        match &mut *content {
            Content::Growing(builder) if at_end => builder.push_data(data)?,
            content => {
                let codes = content.codes()?;
                if end > codes.len() {
                    let more = end - codes.len();
                    memory::reserve(codes, more)?;
                    codes.resize(end, 0);
                }
                codes.iter_mut().skip(pos).zip(data.iter()).for_each(|(to, from)| *to = from);
            }
        }
        self.pos.set(end);
        Ok(())
    }

    fn set_newline(&self, newline: Option<Borrowed<'_>>) -> PyResult<()> {
        let newline = newline.filter(|newline| !newline.is(&core::none()));
        let content = match newline {
            Some(newline) if !text::check(newline) => {
                let class = newline.class().short_name();
                return Err(raise!(TypeError, "newline must be str or None, not {class}"));
            }
            Some(newline) => match text::as_ascii(newline) {
                Some(content @ ("" | "\n" | "\r" | "\r\n")) => Some(content),
                _ => return Err(raise!(ValueError, "illegal newline value: {}", newline.repr_text()?)),
            },
            None => None,
        };
        let universal = content.is_none_or(str::is_empty);
        self.translate.set(content.is_none());
        self.newlines.replace(universal.then(|| Newlines::new(content.is_none())));
        self.write_newline.set(newline.filter(|_| content.is_some_and(|c| c.starts_with('\r'))).map(Borrowed::to_ref));
        self.read_newline.set(newline.map(Borrowed::to_ref));
        Ok(())
    }

    fn begin(&self, newline: Option<Borrowed<'_>>) -> PyResult<()> {
        self.ok.set(false);
        self.set_newline(newline)?;
        self.content.replace(Content::Growing(Builder::new()));
        self.pos.set(0);
        self.closed.set(false);
        self.ok.set(true);
        Ok(())
    }

    fn take_line(&self, limit: Option<usize>) -> PyResult<Ref> {
        let start = self.pos.get();
        let newline = self.read_newline.get();
        let codes: Vec<u32> =
            newline.and_then(|newline| text::data(newline.b()).map(|data| data.iter().collect())).unwrap_or_default();
        let ending = match (self.translate.get(), self.newlines.borrow().is_some()) {
            (true, _) => Ending::Translated,
            (_, true) => Ending::Universal,
            _ => Ending::Exact(&codes),
        };
        let content = self.content.borrow();
        let data = content.data();
        if start >= data.len() {
            return Ok(text::empty());
        }
        let end = match find(data, start, &ending) {
            Found::End(end) => start + end,
            Found::Consumed(_) => data.len(),
        };
        let end = limit.map_or(end, |limit| end.min(start.saturating_add(limit)));
        self.pos.set(end);
        text::from_data(slice(data, start, end))
    }

    fn value(&self) -> PyResult<Ref> {
        self.check()?;
        text::from_data(self.content.borrow().data())
    }
}

#[pymethods]
impl StringIo {
    #[slot(tp_new)]
    fn tp_new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _ = (args, kwargs);
        let fields = StringIo {
            base: TextIoBase::new(),
            content: RefCell::new(Content::Growing(Builder::new())),
            pos: Cell::new(0),
            ok: Cell::new(false),
            closed: Cell::new(false),
            newlines: RefCell::new(None),
            translate: Cell::new(false),
            read_newline: OptRef::none(),
            write_newline: OptRef::none(),
        };
        memory::new_instance(&cls, fields).map(Ref::upcast)
    }

    #[slot(tp_init, "(initial_value='', newline=<unrepresentable>)")]
    fn init(&self, initial_value: Option<Borrowed<'_>>, newline: Option<Borrowed<'_>>) -> PyResult<()> {
        let lf = text::latin1_char(b'\n');
        let initial = initial_value.filter(|initial| !initial.is(&core::none()));
        if let Some(initial) = initial.filter(|initial| !text::check(*initial)) {
            let class = initial.class().short_name();
            return Err(raise!(TypeError, "initial_value must be str or None, not {class}"));
        }
        self.begin(Some(newline.unwrap_or(lf.b())))?;
        if let Some(initial) = initial {
            self.write_str(initial)?;
            self.pos.set(0);
        }
        Ok(())
    }

    /// Retrieve the entire contents of the object.
    #[method("($self, /)")]
    fn getvalue(&self) -> PyResult<Ref> {
        self.value()
    }

    /// Tell the current file position.
    #[method("($self, /)")]
    fn tell(&self) -> PyResult<usize> {
        self.check().map(|()| self.pos.get())
    }

    /// Read at most size characters, returned as a string.
    ///
    /// If the argument is negative or omitted, read until EOF
    /// is reached. Return an empty string at EOF.
    #[method("($self, size=-1, /)")]
    fn read(&self, size: Option<Size>) -> PyResult<Ref> {
        self.check()?;
        let content = self.content.borrow();
        let data = content.data();
        let start = self.pos.get();
        if start >= data.len() {
            return Ok(text::empty());
        }
        let end = size.and_then(Size::get).map_or(data.len(), |size| start.saturating_add(size).min(data.len()));
        self.pos.set(end);
        text::from_data(slice(data, start, end))
    }

    /// Read until newline or EOF.
    ///
    /// Returns an empty string if EOF is hit immediately.
    #[method("($self, size=-1, /)")]
    fn readline(&self, size: Option<Size>) -> PyResult<Ref> {
        self.check()?;
        self.take_line(size.and_then(Size::get))
    }

    /// Truncate size to pos.
    ///
    /// The pos argument defaults to the current file position, as
    /// returned by tell().  The current file position is unchanged.
    /// Returns the new absolute position.
    #[method("($self, pos=None, /)")]
    fn truncate(&self, pos: Option<Borrowed<'_>>) -> PyResult<usize> {
        self.check()?;
        let size = match pos.filter(|pos| !pos.is(&core::none())) {
            None => self.pos.get(),
            Some(pos) => {
                let wanted = pos.as_isize()?;
                self.check()?;
                usize::try_from(wanted).map_err(|_| raise!(ValueError, "negative pos value {wanted}"))?
            }
        };
        if size < self.len() {
            self.content.borrow_mut().codes()?.truncate(size);
        }
        Ok(size)
    }

    /// Change stream position.
    ///
    /// Seek to character offset pos relative to position indicated by whence:
    ///     0  Start of stream (the default).  pos should be >= 0;
    ///     1  Current position - pos must be 0;
    ///     2  End of stream - pos must be 0.
    /// Returns the new absolute position.
    #[method("($self, pos, whence=0, /)")]
    fn seek(&self, pos: Borrowed<'_>, whence: i32) -> PyResult<usize> {
        self.check()?;
        let pos = pos.as_isize()?;
        self.check()?;
        let position = match whence {
            0 => usize::try_from(pos).map_err(|_| raise!(ValueError, "Negative seek position {pos}"))?,
            1 | 2 if pos != 0 => return Err(raise!(OSError, "Can't do nonzero cur-relative seeks")),
            1 => self.pos.get(),
            2 => self.len(),
            _ => return Err(raise!(ValueError, "Invalid whence ({whence}, should be 0, 1 or 2)")),
        };
        self.pos.set(position);
        Ok(position)
    }

    /// Write string to file.
    ///
    /// Returns the number of characters written, which is always equal to
    /// the length of the string.
    #[method("($self, s, /)")]
    fn write(&self, s: Borrowed<'_>) -> PyResult<usize> {
        self.check_initialized()?;
        let Some(data) = text::data(s) else {
            return Err(raise!(TypeError, "string argument expected, got '{}'", s.class().tp_name()));
        };
        self.check()?;
        if !data.is_empty() {
            self.write_str(s)?;
        }
        Ok(data.len())
    }

    /// Close the IO object.
    ///
    /// Attempting any further operation after the object is closed
    /// will raise a ValueError.
    ///
    /// This method has no effect if the file is already closed.
    #[method("($self, /)")]
    fn close(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.closed.set(true);
        slf.content.replace(Content::Growing(Builder::new()));
        TextIoBase::type_object().getattr(id!("close"))?.call1(slf.object())
    }

    /// Returns True if the IO object can be read.
    #[method("($self, /)")]
    fn readable(&self) -> PyResult<bool> {
        self.check().map(|()| true)
    }

    /// Returns True if the IO object can be written.
    #[method("($self, /)")]
    fn writable(&self) -> PyResult<bool> {
        self.check().map(|()| true)
    }

    /// Returns True if the IO object can be seeked.
    #[method("($self, /)")]
    fn seekable(&self) -> PyResult<bool> {
        self.check().map(|()| true)
    }

    #[method(name = "__getstate__", text = None, "($self, /)")]
    fn getstate(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let value = slf.get().value()?;
        let newline = slf.read_newline.get().unwrap_or_else(core::none_ref);
        let position = int::from_u64(slf.get().pos.get() as u64)?;
        tuple::from_array([value, newline, position, copied_dict(slf.object())?])
    }

    #[method(name = "__setstate__", text = None, "($self, state, /)")]
    fn setstate(slf: Borrowed<'_, Self>, state: Borrowed<'_>) -> PyResult<()> {
        let stream = slf.get();
        let Some(&[value, newline, position, dict]) = tuple::items(state) else {
            let this = slf.object();
            let (class, found) = (this.class().tp_name(), state.class().tp_name());
            return Err(raise!(TypeError, "{class}.__setstate__ argument should be 4-tuple, got {found}"));
        };
        stream.begin(Some(newline))?;
        let Some(data) = text::data(value) else {
            let class = value.class().short_name();
            return Err(raise!(TypeError, "initial_value must be str or None, not {class}"));
        };
        // The text was translated when it was written first.
        stream.put(data)?;
        if !int::check(position) {
            let found = position.class().tp_name();
            return Err(raise!(TypeError, "third item of state must be an integer, got {found}"));
        }
        let position = offset(position)?;
        let position = usize::try_from(position).map_err(|_| raise!(ValueError, "position value cannot be negative"))?;
        stream.pos.set(position);
        update_dict(slf.object(), dict, "fourth")
    }

    #[getter]
    fn closed(&self) -> PyResult<bool> {
        self.check_initialized().map(|()| self.closed.get())
    }

    #[getter]
    fn line_buffering(&self) -> PyResult<bool> {
        self.check().map(|()| false)
    }

    #[getter]
    fn newlines(&self) -> PyResult<Ref> {
        self.check()?;
        self.newlines.borrow().as_ref().map_or(Ok(core::none_ref()), Newlines::seen)
    }

    #[slot(tp_iternext)]
    fn iternext(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        let stream = slf.get();
        stream.check()?;
        let line = if slf.object().class().is_type(Self::type_object()) {
            stream.take_line(None)?
        } else {
            slf.object().call_method(id!("readline"), &[])?
        };
        match text::data(line.b()) {
            Some(data) if data.is_empty() => Ok(None),
            Some(_) => Ok(Some(line)),
            None => {
                let class = line.class().short_name();
                Err(raise!(OSError, "readline() should have returned a str object, not '{class}'"))
            }
        }
    }
}

impl StringIo {
    fn check_initialized(&self) -> PyResult<()> {
        if self.ok.get() { Ok(()) } else { Err(raise!(ValueError, "I/O operation on uninitialized object")) }
    }
}
