//! `TextIOWrapper`: text over a buffered binary stream (CPython's `textio.c`).

mod codec;
mod cookie;
mod line;
mod position;
mod reading;

pub use line::{Ending, Found, find};

use self::codec::{Codec, TextDecoder, TextEncoder};
use crate::buffered::{BufferedRandom, BufferedReader, BufferedWriter};
use crate::fileio::FileIo;
use crate::iobase;
use crate::module::flag;
use crate::newline::{Newlines, has};
use crate::rawbase::TextIoBase;
use crate::support::{Size, cannot_pickle, chain, clear, retrying, unsupported};
use macros::{pyclass, pymethods};
use object::value::{bytes, int, str as text};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, exc, hooks, id, memory, raise};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const CHUNK: usize = 8192;

/// Character and line based layer over a BufferedIOBase object, buffer.
///
/// encoding gives the name of the encoding that the stream will be
/// decoded or encoded with. It defaults to locale.getencoding().
///
/// errors determines the strictness of encoding and decoding (see
/// help(codecs.Codec) or the documentation for codecs.register) and
/// defaults to "strict".
///
/// newline controls how line endings are handled. It can be None, '',
/// '\n', '\r', and '\r\n'.  It works as follows:
///
/// * On input, if newline is None, universal newlines mode is
///   enabled. Lines in the input can end in '\n', '\r', or '\r\n', and
///   these are translated into '\n' before being returned to the
///   caller. If it is '', universal newline mode is enabled, but line
///   endings are returned to the caller untranslated. If it has any of
///   the other legal values, input lines are only terminated by the given
///   string, and the line ending is returned to the caller untranslated.
///
/// * On output, if newline is None, any '\n' characters written are
///   translated to the system default line separator, os.linesep. If
///   newline is '' or '\n', no translation takes place. If newline is any
///   of the other legal values, any '\n' characters written are translated
///   to the given string.
///
/// If line_buffering is True, a call to flush is implied when a call to
/// write contains a newline character.
#[pyclass(
    name = "TextIOWrapper",
    module = "_io",
    base = TextIoBase,
    sig = "(buffer, encoding=None, errors=None, newline=None,\n              line_buffering=False, write_through=False)",
    flags(BASETYPE),
    gc,
    parts(MAIN, READING, POSITION)
)]
pub struct TextIoWrapper {
    #[trace]
    base: TextIoBase,
    ok: Cell<bool>,
    detached: Cell<bool>,
    #[member(T_BOOL, name = "_finalizing")]
    finalizing: Cell<bool>,
    #[member(T_BOOL, name = "line_buffering", readonly)]
    line_buffering: Cell<bool>,
    #[member(T_BOOL, name = "write_through", readonly)]
    write_through: Cell<bool>,
    seekable: Cell<bool>,
    has_read1: Cell<bool>,
    /// Positions can be told: no iteration is under way.
    telling: Cell<bool>,
    read_universal: Cell<bool>,
    read_translate: Cell<bool>,
    write_translate: Cell<bool>,
    chunk_size: Cell<usize>,
    /// Bytes per character in the last chunk.
    ratio: Cell<f64>,
    buffer: OptRef,
    /// The FileIO below an exact buffered object.
    raw: OptRef,
    #[member(T_OBJECT, name = "encoding", readonly)]
    encoding: OptRef,
    errors: OptRef,
    /// The newline that lines end with when it is not universal.
    read_newline: OptRef,
    /// What `\n` is written as; none for itself.
    write_newline: OptRef,
    #[trace(skip)]
    decoder: RefCell<Option<Rc<TextDecoder>>>,
    #[trace(skip)]
    encoder: RefCell<Option<Rc<TextEncoder>>>,
    /// Decoded text, and how much of it was given away.
    decoded: OptRef,
    decoded_used: Cell<usize>,
    /// Decoder flags before the last chunk, and the input that was decoded from there.
    #[trace(skip)]
    snapshot: RefCell<Option<(Ref, Ref)>>,
    /// Encoded text that the buffer has not got yet.
    #[trace(skip)]
    pending: RefCell<Vec<u8>>,
}

/// `newline` as `open` allows it.
#[derive(Clone, Copy)]
enum Newline<'a> {
    /// None: all are read as `\n`.
    Default,
    Given(Borrowed<'a>),
}

impl<'a> Newline<'a> {
    fn new(value: Option<Borrowed<'a>>, function: &str) -> PyResult<Self> {
        let Some(value) = value.filter(|value| !value.is(&core::none())) else { return Ok(Newline::Default) };
        if !text::check(value) {
            let class = value.class().short_name();
            return Err(raise!(TypeError, "{function}() argument 'newline' must be str or None, not {class}"));
        }
        match text::as_ascii(value) {
            Some("" | "\n" | "\r" | "\r\n") => Ok(Newline::Given(value)),
            _ => Err(raise!(ValueError, "illegal newline value: {}", text::to_string_lossy(value))),
        }
    }
}

/// The encoding of the locale.
fn locale_encoding() -> PyResult<Ref> {
    text::new("UTF-8")
}

fn optional<'a>(value: Option<Borrowed<'a>>) -> Option<Borrowed<'a>> {
    value.filter(|value| !value.is(&core::none()))
}

fn check_text(value: Option<Borrowed<'_>>, function: &str, name: &str) -> PyResult<()> {
    match optional(value) {
        Some(value) if !text::check(value) => {
            let class = value.class().short_name();
            Err(raise!(TypeError, "{function}() argument '{name}' must be str or None, not {class}"))
        }
        Some(value) if text::data(value).is_some_and(|data| has(data, 0)) => Err(raise!(ValueError, "embedded null character")),
        _ => Ok(()),
    }
}

impl TextIoWrapper {
    fn create(class: &TypeObject) -> PyResult<Ref<TextIoWrapper>> {
        memory::new_instance(
            class,
            TextIoWrapper {
                base: TextIoBase::new(),
                ok: Cell::new(false),
                detached: Cell::new(false),
                finalizing: Cell::new(false),
                line_buffering: Cell::new(false),
                write_through: Cell::new(false),
                seekable: Cell::new(false),
                has_read1: Cell::new(false),
                telling: Cell::new(false),
                read_universal: Cell::new(false),
                read_translate: Cell::new(false),
                write_translate: Cell::new(false),
                chunk_size: Cell::new(CHUNK),
                ratio: Cell::new(0.0),
                buffer: OptRef::none(),
                raw: OptRef::none(),
                encoding: OptRef::none(),
                errors: OptRef::none(),
                read_newline: OptRef::none(),
                write_newline: OptRef::none(),
                decoder: RefCell::new(None),
                encoder: RefCell::new(None),
                decoded: OptRef::none(),
                decoded_used: Cell::new(0),
                snapshot: RefCell::new(None),
                pending: RefCell::default(),
            },
        )
    }

    /// ValueError before `__init__` and after `detach`.
    fn check_attached(&self) -> PyResult<()> {
        match (self.ok.get(), self.detached.get()) {
            (false, _) => Err(raise!(ValueError, "I/O operation on uninitialized object")),
            (_, true) => Err(raise!(ValueError, "underlying buffer has been detached")),
            _ => Ok(()),
        }
    }

    fn buffer(&self) -> PyResult<Ref> {
        self.check_attached()?;
        self.buffer.get().ok_or_else(|| raise!(ValueError, "underlying buffer has been detached"))
    }

    /// ValueError on a closed stream.
    fn check_closed(slf: Borrowed<'_, Self>) -> PyResult<()> {
        if !slf.object().class().is_type(Self::type_object()) {
            return iobase::check_closed(slf.object());
        }
        let closed = match slf.raw.get() {
            Some(raw) => raw.b().downcast_exact::<FileIo>().is_none_or(|file| file.is_closed()),
            None => slf.buffer()?.getattr(id!("closed"))?.is_true()?,
        };
        if closed { Err(raise!(ValueError, "I/O operation on closed file.")) } else { Ok(()) }
    }

    fn decoder(&self) -> Option<Rc<TextDecoder>> {
        self.decoder.borrow().clone()
    }

    fn encoder(&self) -> Option<Rc<TextEncoder>> {
        self.encoder.borrow().clone()
    }

    fn set_newline(&self, newline: Newline<'_>) {
        let (given, content) = match newline {
            Newline::Default => (None, None),
            Newline::Given(value) => (Some(value), text::as_ascii(value)),
        };
        self.read_universal.set(content.is_none_or(str::is_empty));
        self.read_translate.set(given.is_none());
        self.write_translate.set(content != Some(""));
        self.read_newline.set(given.map(Borrowed::to_ref));
        let written = given.filter(|_| !matches!(content, None | Some("" | "\n")));
        self.write_newline.set(written.map(Borrowed::to_ref));
    }

    /// Makes decoder and encoder anew.
    fn set_codec(&self, codec: &Codec) -> PyResult<()> {
        let buffer = self.buffer.get().ok_or_else(|| raise!(ValueError, "underlying buffer has been detached"))?;
        let decoder = if buffer.call_method(id!("readable"), &[])?.is_true()? {
            let newlines = self.read_universal.get().then(|| Newlines::new(self.read_translate.get()));
            Some(Rc::new(codec.decoder(newlines)?))
        } else {
            None
        };
        drop(self.decoder.replace(decoder));
        let encoder = if buffer.call_method(id!("writable"), &[])?.is_true()? { Some(Rc::new(codec.encoder()?)) } else { None };
        drop(self.encoder.replace(encoder));
        Ok(())
    }

    /// A stream that is not at its beginning gets no byte order mark.
    fn fix_encoder_state(&self) -> PyResult<()> {
        let Some(encoder) = self.encoder().filter(|_| self.seekable.get()) else { return Ok(()) };
        let Some(buffer) = self.buffer.get() else { return Ok(()) };
        let position = buffer.call_method(id!("tell"), &[])?;
        if position.eq(int::new(0)?.b())? { Ok(()) } else { encoder.set_start(false) }
    }

    fn set_decoded(&self, decoded: Option<Ref>) {
        self.decoded_used.set(0);
        self.decoded.set(decoded);
    }

    fn forget_snapshot(&self) {
        drop(self.snapshot.take());
    }

    /// Hands the encoded text to the buffer.
    fn flush_pending(&self) -> PyResult<()> {
        let pending = self.pending.take();
        if pending.is_empty() {
            return Ok(());
        }
        let buffer = self.buffer()?;
        let Some(writer) = buffer.b().downcast_exact::<BufferedWriter>() else {
            let content = bytes::new(&pending)?;
            return retrying(|| buffer.call_method(id!("write"), &[content.b()])).map(drop);
        };
        retrying(|| writer.core.write(buffer.b(), &pending))?;
        // The memory serves the next text.
        let mut pending = pending;
        pending.clear();
        if self.pending.borrow().is_empty() && pending.capacity() <= 2 * CHUNK {
            self.pending.replace(pending);
        }
        Ok(())
    }

    fn write_text(slf: Borrowed<'_, Self>, string: Borrowed<'_>) -> PyResult<usize> {
        let stream = slf.get();
        stream.check_attached()?;
        Self::check_closed(slf)?;
        let Some(encoder) = stream.encoder() else { return Err(unsupported("not writable")) };
        let Some(data) = text::data(string) else {
            let class = string.class().short_name();
            return Err(raise!(TypeError, "write() argument must be str, not {class}"));
        };
        let length = data.len();
        let newline = stream.write_newline.get().filter(|_| stream.write_translate.get());
        let has_lf = (newline.is_some() || stream.line_buffering.get()) && has(data, b'\n');
        let translated = match newline.filter(|_| has_lf) {
            Some(newline) => Some(string.call_method(id!("replace"), &[text::latin1_char(b'\n').b(), newline.b()])?),
            None => None,
        };
        let source = translated.as_ref().map_or(string, Ref::b);
        let flush = stream.line_buffering.get() && (has_lf || has(data, b'\r'));
        let chunk = stream.chunk_size.get();
        stream.encode_pending(&encoder, source, length, chunk)?;
        if stream.pending.borrow().len() >= chunk || flush || stream.write_through.get() {
            stream.flush_pending()?;
        }
        if flush {
            stream.flush_buffer()?;
        }
        if stream.snapshot.borrow().is_some() {
            stream.set_decoded(None);
            stream.forget_snapshot();
        }
        if let Some(decoder) = stream.decoder() {
            decoder.reset()?;
        }
        Ok(length)
    }

    /// Appends the bytes of a text; what would grow beyond a chunk goes to the buffer before.
    fn encode_pending(&self, encoder: &TextEncoder, source: Borrowed<'_>, length: usize, chunk: usize) -> PyResult<()> {
        if text::as_ascii(source).is_some() && self.pending.borrow().len() + length <= chunk {
            let mut pending = self.pending.take();
            let mark = pending.len();
            let encoded = encoder.encode(source, &mut pending);
            if encoded.is_err() {
                pending.truncate(mark);
            }
            return self.put_back(pending).and(encoded);
        }
        let mut encoded = Vec::new();
        encoder.encode(source, &mut encoded)?;
        if self.pending.borrow().len() + encoded.len() > chunk {
            self.flush_pending()?;
        }
        let mut pending = self.pending.borrow_mut();
        if pending.is_empty() {
            *pending = encoded;
        } else {
            memory::reserve(&mut pending, encoded.len())?;
            pending.extend_from_slice(&encoded);
        }
        Ok(())
    }

    /// Puts pending bytes back in front of what came meanwhile.
    fn put_back(&self, mut first: Vec<u8>) -> PyResult<()> {
        let later = self.pending.take();
        memory::reserve(&mut first, later.len())?;
        first.extend_from_slice(&later);
        self.pending.replace(first);
        Ok(())
    }

    fn flush_buffer(&self) -> PyResult<()> {
        let buffer = self.buffer()?;
        match buffer.b().downcast_exact::<BufferedWriter>() {
            Some(writer) => writer.flush_locked(buffer.b()),
            None => buffer.call_method(id!("flush"), &[]).map(drop),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the constructor's")]
    fn init_with(
        &self,
        buffer: Borrowed<'_>,
        encoding: Option<Borrowed<'_>>,
        errors: Option<Borrowed<'_>>,
        newline: Newline<'_>,
    ) -> PyResult<()> {
        if optional(encoding).is_none() && flag(id!("warn_default_encoding"))? {
            hooks::warn(&exc::EncodingWarning, "'encoding' argument not specified", 1)?;
        }
        let encoding = match optional(encoding) {
            None if flag(id!("utf8_mode"))? => text::new("utf-8")?,
            None => locale_encoding()?,
            Some(encoding) if text::eq_str(encoding, "locale") => locale_encoding()?,
            Some(encoding) => encoding.to_ref(),
        };
        let errors = match optional(errors) {
            None => text::new("strict")?,
            Some(errors) => errors.to_ref(),
        };
        let codec = Codec::new(encoding.b(), errors.b())?;
        self.encoding.set(Some(encoding));
        self.errors.set(Some(errors));
        self.set_newline(newline);
        self.buffer.set(Some(buffer.to_ref()));
        self.set_codec(&codec)?;
        self.raw.set(raw_file(buffer));
        let seekable = buffer.call_method(id!("seekable"), &[])?.is_true()?;
        self.seekable.set(seekable);
        self.telling.set(seekable);
        self.has_read1.set(buffer.hasattr(id!("read1"))?);
        self.fix_encoder_state()
    }
}

/// The FileIO below an exact buffered object.
fn raw_file(buffer: Borrowed<'_>) -> Option<Ref> {
    let raw = if let Some(reader) = buffer.downcast_exact::<BufferedReader>() {
        reader.core.raw.get()
    } else if let Some(writer) = buffer.downcast_exact::<BufferedWriter>() {
        writer.core.raw.get()
    } else if let Some(random) = buffer.downcast_exact::<BufferedRandom>() {
        random.core.raw.get()
    } else {
        None
    };
    raw.filter(|raw| raw.class().is_type(FileIo::type_object()))
}

#[pymethods]
impl TextIoWrapper {
    #[slot(tp_new)]
    fn tp_new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _ = (args, kwargs);
        Self::create(&cls).map(Ref::upcast)
    }

    #[slot(tp_init, "(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)")]
    fn init(
        &self,
        buffer: Borrowed<'_>,
        encoding: Option<Borrowed<'_>>,
        errors: Option<Borrowed<'_>>,
        newline: Option<Borrowed<'_>>,
        line_buffering: bool,
        write_through: bool,
    ) -> PyResult<()> {
        self.ok.set(false);
        self.detached.set(false);
        check_text(encoding, "TextIOWrapper", "encoding")?;
        check_text(errors, "TextIOWrapper", "errors")?;
        let newline = Newline::new(newline, "TextIOWrapper")?;
        self.set_decoded(None);
        self.forget_snapshot();
        self.pending.take();
        self.ratio.set(0.0);
        self.chunk_size.set(CHUNK);
        self.line_buffering.set(line_buffering);
        self.write_through.set(write_through);
        self.init_with(buffer, encoding, errors, newline)?;
        self.ok.set(true);
        Ok(())
    }

    /// Reconfigure the text stream with new parameters.
    ///
    /// This also does an implicit stream flush.
    #[method("($self, /, *, encoding=None, errors=None, newline=<unrepresentable>, line_buffering=None, write_through=None)")]
    fn reconfigure(
        slf: Borrowed<'_, Self>,
        encoding: Option<Borrowed<'_>>,
        errors: Option<Borrowed<'_>>,
        newline: Option<Borrowed<'_>>,
        line_buffering: Option<Borrowed<'_>>,
        write_through: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        let stream = slf.get();
        stream.check_attached()?;
        check_text(encoding, "reconfigure", "encoding")?;
        check_text(errors, "reconfigure", "errors")?;
        let (encoding, errors) = (optional(encoding), optional(errors));
        if stream.decoded.is_some() && (encoding.is_some() || errors.is_some() || newline.is_some()) {
            return Err(unsupported("It is not possible to set the encoding or newline of stream after the first read"));
        }
        let new_newline = newline.map(|newline| Newline::new(Some(newline), "reconfigure")).transpose()?;
        let switch = |value: Option<Borrowed<'_>>, current: bool| match optional(value) {
            None => Ok(current),
            Some(value) => value.as_isize().map(|number| number != 0),
        };
        let line_buffering = switch(line_buffering, stream.line_buffering.get())?;
        let write_through = switch(write_through, stream.write_through.get())?;
        slf.object().call_method(id!("flush"), &[])?;
        stream.ratio.set(0.0);
        if let Some(newline) = new_newline {
            stream.set_newline(newline);
        }
        if encoding.is_some() || errors.is_some() || new_newline.is_some() {
            stream.change_encoding(encoding, errors)?;
        }
        stream.line_buffering.set(line_buffering);
        stream.write_through.set(write_through);
        Ok(())
    }

    /// Separate the underlying buffer from the TextIOBase and return it.
    ///
    /// After the underlying buffer has been detached, the TextIO is in an unusable state.
    #[method("($self, /)")]
    fn detach(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.get().check_attached()?;
        slf.object().call_method(id!("flush"), &[])?;
        let buffer = slf.get().buffer()?;
        slf.get().buffer.set(None);
        slf.get().detached.set(true);
        Ok(buffer)
    }

    /// Write string s to stream.
    ///
    /// Return the number of characters written
    /// (which is always equal to the length of the string).
    #[method("($self, text, /)")]
    fn write(slf: Borrowed<'_, Self>, text: Borrowed<'_>) -> PyResult<usize> {
        Self::write_text(slf, text)
    }

    #[method("($self, /)")]
    fn flush(slf: Borrowed<'_, Self>) -> PyResult<()> {
        let stream = slf.get();
        stream.check_attached()?;
        Self::check_closed(slf)?;
        stream.telling.set(stream.seekable.get());
        stream.flush_pending()?;
        stream.flush_buffer()
    }

    #[method("($self, /)")]
    fn close(slf: Borrowed<'_, Self>) -> PyResult<()> {
        let stream = slf.get();
        let buffer = stream.buffer()?;
        if slf.object().getattr(id!("closed"))?.is_true()? {
            return Ok(());
        }
        if stream.finalizing.get() {
            clear(buffer.call_method(id!("_dealloc_warn"), &[slf.object()]));
        }
        let flushed = slf.object().call_method(id!("flush"), &[]).map(drop);
        chain(flushed, || buffer.call_method(id!("close"), &[]).map(drop))
    }

    #[method("($self, /)")]
    fn fileno(&self) -> PyResult<Ref> {
        self.buffer()?.call_method(id!("fileno"), &[])
    }

    #[method("($self, /)")]
    fn seekable(&self) -> PyResult<Ref> {
        self.buffer()?.call_method(id!("seekable"), &[])
    }

    #[method("($self, /)")]
    fn readable(&self) -> PyResult<Ref> {
        self.buffer()?.call_method(id!("readable"), &[])
    }

    #[method("($self, /)")]
    fn writable(&self) -> PyResult<Ref> {
        self.buffer()?.call_method(id!("writable"), &[])
    }

    #[method("($self, /)")]
    fn isatty(&self) -> PyResult<Ref> {
        self.buffer()?.call_method(id!("isatty"), &[])
    }

    #[method(name = "__getstate__", text = None, "($self, /)")]
    fn getstate(slf: Borrowed<'_>) -> PyResult<()> {
        Err(cannot_pickle(slf))
    }

    #[getter(name = "buffer")]
    fn buffer_object(&self) -> PyResult<Ref> {
        self.buffer()
    }

    #[getter]
    fn name(&self) -> PyResult<Ref> {
        self.buffer()?.getattr(id!("name"))
    }

    #[getter]
    fn closed(&self) -> PyResult<Ref> {
        self.check_attached()?;
        self.buffer()?.getattr(id!("closed"))
    }

    #[getter]
    fn newlines(&self) -> PyResult<Ref> {
        self.check_attached()?;
        match self.decoder() {
            Some(decoder) => decoder.newlines.as_ref().map_or(Ok(core::none_ref()), Newlines::seen),
            None => Ok(core::none_ref()),
        }
    }

    #[getter]
    fn errors(&self) -> PyResult<Ref> {
        self.check_attached()?;
        Ok(self.errors.get().unwrap_or_else(core::none_ref))
    }

    #[getter(name = "_CHUNK_SIZE")]
    fn chunk_size(&self) -> PyResult<usize> {
        self.check_attached()?;
        Ok(self.chunk_size.get())
    }

    #[setter(name = "_CHUNK_SIZE")]
    fn set_chunk_size(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.check_attached()?;
        let Some(value) = value else { return Err(raise!(AttributeError, "cannot delete attribute")) };
        match usize::try_from(value.as_isize_or(&exc::ValueError)?) {
            Ok(size) if size > 0 => {
                self.chunk_size.set(size);
                Ok(())
            }
            _ => Err(raise!(ValueError, "a strictly positive integer is required")),
        }
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        let stream = slf.get();
        if !stream.ok.get() {
            return Err(raise!(ValueError, "I/O operation on uninitialized object"));
        }
        let class = "_io.TextIOWrapper";
        let Some(_guard) = object::protocol::represent::ReprGuard::enter(&slf.object()) else {
            return Err(raise!(RuntimeError, "reentrant call inside {}.__repr__", slf.object().class().tp_name()));
        };
        let mut shown = format!("<{class}");
        if let Some(name) = iobase::name_of(slf.object())? {
            shown += &format!(" name={}", name.repr_text()?);
        }
        if let Some(mode) = slf.object().getattr_opt(id!("mode"))? {
            shown += &format!(" mode={}", mode.repr_text()?);
        }
        let encoding = stream.encoding.get().unwrap_or_else(core::none_ref);
        Ok(format!("{shown} encoding={}>", encoding.repr_text()?))
    }
}

impl TextIoWrapper {
    fn change_encoding(&self, encoding: Option<Borrowed<'_>>, errors: Option<Borrowed<'_>>) -> PyResult<()> {
        let new_errors = match errors {
            Some(errors) => errors.to_ref(),
            None if encoding.is_some() => text::new("strict")?,
            None => self.errors.get().unwrap_or_else(core::none_ref),
        };
        let new_encoding = match encoding {
            Some(encoding) if text::eq_str(encoding, "locale") => locale_encoding()?,
            Some(encoding) => encoding.to_ref(),
            None => self.encoding.get().unwrap_or_else(core::none_ref),
        };
        let codec = Codec::new(new_encoding.b(), new_errors.b())?;
        self.set_codec(&codec)?;
        self.encoding.set(Some(new_encoding));
        self.errors.set(Some(new_errors));
        self.fix_encoder_state()
    }
}

/// The limit that a size argument sets.
fn limit_of(size: Option<Size>) -> Option<usize> {
    size.and_then(Size::get)
}
