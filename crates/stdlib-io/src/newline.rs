//! Universal newlines: the translation itself, and `IncrementalNewlineDecoder` over any decoder.

use macros::{pyclass, pymethods};
use object::value::{bytes, int, str as text, str::Data, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, id, memory, raise};
use std::cell::Cell;

const CR: u8 = 1;
const LF: u8 = 2;
const CRLF: u8 = 4;

/// What a stream of decoded text needs to know between two pieces.
#[derive(Default)]
pub struct Newlines {
    pub pending_cr: Cell<bool>,
    pub translate: Cell<bool>,
    seen: Cell<u8>,
}

impl Newlines {
    pub fn new(translate: bool) -> Self {
        Newlines { translate: Cell::new(translate), ..Newlines::default() }
    }

    /// Forgets everything.
    pub fn reset(&self) {
        self.seen.set(0);
        self.pending_cr.set(false);
    }

    /// A decoded piece, translated if so set. A `\r` at its end waits for the next piece unless it is the last.
    pub fn feed(&self, piece: Ref, last: bool) -> PyResult<Ref> {
        let Some(data) = text::data(piece.b()) else {
            let class = piece.class().short_name();
            return Err(raise!(TypeError, "decoder should return a string result, not '{class}'"));
        };
        if !self.pending_cr.get() && !has(data, b'\r') {
            if self.seen.get() & LF == 0 && has(data, b'\n') {
                self.seen.set(self.seen.get() | LF);
            }
            return Ok(piece);
        }
        let mut codes = memory::vec_with_capacity::<u32>(data.len() + 1)?;
        if self.pending_cr.get() && (last || !data.is_empty()) {
            codes.push(u32::from(b'\r'));
            self.pending_cr.set(false);
        }
        codes.extend(data.iter());
        if !last && codes.last() == Some(&u32::from(b'\r')) {
            codes.pop();
            self.pending_cr.set(true);
        }
        self.record(&mut codes);
        text::from_ucs4(&codes)
    }

    /// Notes which newlines there are, and translates them in place.
    fn record(&self, codes: &mut Vec<u32>) {
        let (cr, lf) = (u32::from(b'\r'), u32::from(b'\n'));
        let mut seen = self.seen.get();
        let mut kept = Vec::with_capacity(if self.translate.get() { codes.len() } else { 0 });
        let mut rest = codes.iter().copied().peekable();
        while let Some(code) = rest.next() {
            let mut out = code;
            if code == lf {
                seen |= LF;
            } else if code == cr {
                let pair = rest.peek() == Some(&lf);
                seen |= if pair { CRLF } else { CR };
                if pair {
                    rest.next();
                }
                out = lf;
            }
            if self.translate.get() {
                kept.push(out);
            }
        }
        self.seen.set(seen);
        if self.translate.get() {
            *codes = kept;
        }
    }

    /// The attribute `newlines`.
    pub fn seen(&self) -> PyResult<Ref> {
        let seen = self.seen.get();
        let mut found = Vec::new();
        for (bit, newline) in [(CR, "\r"), (LF, "\n"), (CRLF, "\r\n")] {
            if seen & bit != 0 {
                found.push(text::new(newline)?);
            }
        }
        match found.len() {
            0 => Ok(core::none_ref()),
            1 => Ok(found.pop().unwrap_or_else(core::none_ref)),
            _ => tuple::from_vec(found),
        }
    }
}

/// Whether an ASCII character occurs.
pub fn has(data: Data<'_>, byte: u8) -> bool {
    match data {
        Data::Latin1(codes) => codes.contains(&byte),
        Data::Ucs2(codes) => codes.contains(&u16::from(byte)),
        Data::Ucs4(codes) => codes.contains(&u32::from(byte)),
    }
}

/// Codec used when reading a file in universal newlines mode.
///
/// It wraps another incremental decoder, translating \r\n and \r into \n.
/// It also records the types of newlines encountered.  When used with
/// translate=False, it ensures that the newline sequence is returned in
/// one piece. When used with decoder=None, it expects unicode strings as
/// decode input and translates newlines without first invoking an external
/// decoder.
#[pyclass(name = "IncrementalNewlineDecoder", module = "_io", sig = "(decoder, translate, errors='strict')", flags(BASETYPE), gc)]
pub struct IncrementalNewlineDecoder {
    header: abi::PyObject,
    decoder: OptRef,
    #[trace(skip)]
    newlines: Newlines,
}

impl IncrementalNewlineDecoder {
    /// The inner decoder; none for text input.
    fn inner(&self) -> PyResult<Option<Ref>> {
        match self.decoder.get() {
            None => Err(raise!(ValueError, "IncrementalNewlineDecoder.__init__() not called")),
            Some(decoder) => Ok((!decoder.is(&core::none())).then_some(decoder)),
        }
    }
}

/// A decoder's state: pending bytes and flags.
pub fn parse_state(state: &Ref) -> PyResult<(Ref, Ref)> {
    match tuple::items(state.b()) {
        Some([pending, flags]) => {
            if bytes::value(*pending).is_none() {
                let class = pending.class().short_name();
                let message = "illegal decoder state: the first item should be a bytes object";
                return Err(raise!(TypeError, "{message}, not '{class}'"));
            }
            Ok((pending.to_ref(), flags.to_ref()))
        }
        _ => Err(raise!(TypeError, "illegal decoder state")),
    }
}

#[pymethods]
impl IncrementalNewlineDecoder {
    #[slot(tp_new)]
    fn tp_new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _ = (args, kwargs);
        let header = <abi::PyObject as abi::CStruct>::ZERO;
        let fields = IncrementalNewlineDecoder { header, decoder: OptRef::none(), newlines: Newlines::new(false) };
        memory::new_instance(&cls, fields).map(Ref::upcast)
    }

    #[slot(tp_init, "(decoder, translate, errors='strict')")]
    fn init(&self, decoder: Borrowed<'_>, translate: bool, errors: Option<Borrowed<'_>>) -> PyResult<()> {
        let _ = errors;
        self.decoder.set(Some(decoder.to_ref()));
        self.newlines.reset();
        self.newlines.translate.set(translate);
        Ok(())
    }

    #[method("($self, /, input, final=False)")]
    fn decode(&self, input: Borrowed<'_>, r#final: bool) -> PyResult<Ref> {
        let piece = match self.inner()? {
            Some(decoder) => decoder.call_method(id!("decode"), &[input, core::boolean(r#final)])?,
            None => input.to_ref(),
        };
        self.newlines.feed(piece, r#final)
    }

    #[method("($self, /)")]
    fn getstate(&self) -> PyResult<Ref> {
        let (pending, flags) = match self.inner()? {
            Some(decoder) => parse_state(&decoder.call_method(id!("getstate"), &[])?)?,
            None => (bytes::new(b"")?, int::new(0)?),
        };
        let flags = object::protocol::number::lshift(flags.b(), int::new(1)?.b())?;
        let cr = int::new(i64::from(self.newlines.pending_cr.get()))?;
        tuple::from_array([pending, object::protocol::number::or(flags.b(), cr.b())?])
    }

    #[method("($self, state, /)")]
    fn setstate(&self, state: Borrowed<'_>) -> PyResult<()> {
        let decoder = self.inner()?;
        if tuple::items(state).is_none() {
            return Err(raise!(TypeError, "state argument must be a tuple"));
        }
        let (pending, flags) = parse_state(&state.to_ref())?;
        let one = int::new(1)?;
        self.newlines.pending_cr.set(object::protocol::number::and(flags.b(), one.b())?.is_true()?);
        if let Some(decoder) = decoder {
            let flags = object::protocol::number::rshift(flags.b(), one.b())?;
            decoder.call_method(id!("setstate"), &[tuple::from_array([pending, flags])?.b()])?;
        }
        Ok(())
    }

    #[method("($self, /)")]
    fn reset(&self) -> PyResult<()> {
        let decoder = self.inner()?;
        self.newlines.reset();
        match decoder {
            Some(decoder) => decoder.call_method(id!("reset"), &[]).map(drop),
            None => Ok(()),
        }
    }

    #[getter]
    fn newlines(&self) -> PyResult<Ref> {
        self.inner()?;
        self.newlines.seen()
    }
}
