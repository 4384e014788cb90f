//! `LZMADecompressor`.

use super::{
    CHECK_NONE, CHECK_UNKNOWN, FORMAT_ALONE, FORMAT_AUTO, FORMAT_RAW, FORMAT_XZ, code, failure, filters, is_good, unsigned,
};
use crate::feeding::{Decoder, Failure, Feeding, Shown, Step};
use crate::{Bytes, header};
use compression::Code;
use compression::xz::{Decoding, Stream};
use object::shared::Shared;
use object::{Borrowed, CInt, PyResult, Ref, TypeObject, core, memory, raise};
use std::cell::Cell;

/// A stream and the integrity check that it has seen.
struct Source {
    stream: Stream,
    check: i32,
}

impl Decoder for Source {
    type Failure = Code;
    const KEEPS_OUTPUT: bool = true;

    fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize) -> Step<Code> {
        match self.stream.step(input, output, room, false) {
            code::STREAM_END => Step::End,
            code::GET_CHECK | code::NO_CHECK => {
                self.check = i32::try_from(self.stream.check()).unwrap_or(CHECK_UNKNOWN);
                Step::More
            }
            // Nothing to take and nothing to give is no error.
            code if is_good(code) || code == code::BUF_ERROR => Step::More,
            code => Step::Failed(code),
        }
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
///   format
///     Specifies the container format of the input stream.  If this is
///     FORMAT_AUTO (the default), the decompressor will automatically detect
///     whether the input is FORMAT_XZ or FORMAT_ALONE.  Streams created with
///     FORMAT_RAW cannot be autodetected.
///   memlimit
///     Limit the amount of memory used by the decompressor.  This will cause
///     decompression to fail if the input cannot be decompressed within the
///     given limit.
///   filters
///     A custom filter chain.  This argument is required for FORMAT_RAW, and
///     not accepted with any other format.  When provided, this should be a
///     sequence of dicts, each indicating the ID and options for a single
///     filter.
///
/// For one-shot decompression, use the decompress() function instead.
#[macros::pyclass(name = "LZMADecompressor", module = "_lzma", sig = "(format=FORMAT_AUTO, memlimit=None, filters=None)")]
pub struct Decompressor {
    head: abi::PyObject,
    state: Shared<Feeding<Source>>,
    #[member(T_INT, readonly, doc = "ID of the integrity check used by the input stream.")]
    check: Cell<i32>,
    #[member(T_BOOL, name = "eof", field = shown.eof, doc = "True if the end-of-stream marker has been reached.", readonly)]
    #[member(T_BOOL, name = "needs_input", field = shown.needs_input, doc = "True if more input is needed before more decompressed data can be produced.", readonly)]
    #[member(T_OBJECT_EX, name = "unused_data", field = shown.unused_data, doc = "Data found after the end of the compressed stream.", readonly)]
    shown: Shown,
}

fn start(format: i32, memory: u64, specifiers: Option<Borrowed<'_>>) -> PyResult<Source> {
    let (decoding, check) = match (format, specifiers) {
        (FORMAT_AUTO, None) => (Decoding::Auto { memory }, CHECK_UNKNOWN),
        (FORMAT_XZ, None) => (Decoding::Xz { memory }, CHECK_UNKNOWN),
        (FORMAT_ALONE, None) => (Decoding::Alone { memory }, CHECK_NONE),
        (FORMAT_RAW, Some(specifiers)) => {
            let chain = filters::parse_chain(specifiers)?;
            let stream = Stream::decoder(&Decoding::Raw(&chain)).map_err(failure)?;
            return Ok(Source { stream, check: CHECK_NONE });
        }
        _ => return Err(raise!(ValueError, "Invalid container format: {format}")),
    };
    Ok(Source { stream: Stream::decoder(&decoding).map_err(failure)?, check })
}

#[macros::pymethods]
impl Decompressor {
    #[slot(tp_new, "(format=FORMAT_AUTO, memlimit=None, filters=None)")]
    fn new(
        cls: Borrowed<'_, TypeObject>,
        format: Option<CInt>,
        memlimit: Option<Borrowed<'_>>,
        filters: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let format = format.map_or(FORMAT_AUTO, |format| format.0);
        let filters = filters.filter(|filters| !filters.is(&core::none()));
        let mut memory = u64::MAX;
        if let Some(limit) = memlimit.filter(|limit| !limit.is(&core::none())) {
            if format == FORMAT_RAW {
                return Err(raise!(ValueError, "Cannot specify memory limit with FORMAT_RAW"));
            }
            memory = unsigned(limit, u64::MAX, "uint64_t")?;
        }
        match (format, filters) {
            (FORMAT_RAW, None) => return Err(raise!(ValueError, "Must specify filters for FORMAT_RAW")),
            (FORMAT_RAW, Some(_)) | (_, None) => {}
            _ => return Err(raise!(ValueError, "Cannot specify filters except with FORMAT_RAW")),
        }
        let source = start(format, memory, filters)?;
        let value = Decompressor {
            head: header(),
            check: Cell::new(source.check),
            state: Shared::new(Feeding::new(source)),
            shown: Shown::new()?,
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    /// Decompress *data*, returning uncompressed data as bytes.
    ///
    /// If *max_length* is nonnegative, returns at most *max_length* bytes
    /// of decompressed data. If this limit is reached and further output
    /// can be produced, *self.needs_input* will be set to ``False``.  In
    /// this case, the next call to *decompress()* may provide *data* as b''
    /// to obtain more of the output.
    ///
    /// If all of the input data was decompressed and returned (either
    /// because this was less than *max_length* bytes, or because
    /// *max_length* was negative), *self.needs_input* will be set to True.
    ///
    /// Attempting to decompress data after the end of stream is reached
    /// raises an EOFError.  Any data found after the end of the stream is
    /// ignored and saved in the unused_data attribute.
    #[method("($self, /, data, max_length=-1)")]
    fn decompress(&self, data: Bytes, max_length: isize) -> PyResult<Vec<u8>> {
        let (output, check) = self.state.with(true, |state| (state.feed(data.get(), max_length), state.decoder.check));
        self.check.set(check);
        self.shown.refresh(&self.state)?;
        output.map_err(|problem| match problem {
            Failure::Ended => raise!(EOFError, "Already at end of stream"),
            other => other.raise(failure),
        })
    }
}
