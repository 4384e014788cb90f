//! `ZstdCompressor`.

use super::dictionary::{given, load_for_compression};
use super::parameters::{self, Side};
use super::unable;
use crate::output::{NoMemory, Output};
use crate::{Bytes, header};
use builtins::dict::Dict;
use compression::zstd::{Compress, Directive, Failure};
use object::shared::Shared;
use object::value::int;
use object::{Borrowed, CInt, PyResult, Ref, TypeObject, error, memory, raise};
use std::cell::Cell;

pub const CONTINUE: i32 = 0;
pub const FLUSH_BLOCK: i32 = 1;
pub const FLUSH_FRAME: i32 = 2;

/// zstd.h's `ZSTD_CLEVEL_DEFAULT`.
const DEFAULT_LEVEL: i32 = 3;

/// A stream with the mode of its last use.
struct Encoder {
    stream: Compress,
    last_mode: i32,
}

enum Problem {
    NoMemory,
    Zstd(Failure),
}

impl From<NoMemory> for Problem {
    fn from(_: NoMemory) -> Self {
        Problem::NoMemory
    }
}

fn directive(mode: i32) -> Directive {
    match mode {
        FLUSH_BLOCK => Directive::Flush,
        FLUSH_FRAME => Directive::End,
        _ => Directive::Continue,
    }
}

impl Encoder {
    fn steps(&mut self, mut input: &[u8], mode: i32) -> Result<Vec<u8>, Problem> {
        let mut output = Output::unlimited();
        loop {
            let room = output.room()?;
            let before = output.bytes.len();
            let left = self.stream.step(&mut input, &mut output.bytes, room, directive(mode)).map_err(Problem::Zstd)?;
            let filled = output.bytes.len() - before == room;
            if input.is_empty() && (left == 0 || (mode == CONTINUE && !filled)) {
                return Ok(output.bytes);
            }
        }
    }

    fn run(&mut self, input: &[u8], mode: i32) -> Result<Vec<u8>, Problem> {
        let result = self.steps(input, mode);
        if result.is_ok() {
            self.last_mode = mode;
        } else {
            self.last_mode = FLUSH_FRAME;
            self.stream.reset(matches!(result, Err(Problem::Zstd(_))));
        }
        result
    }
}

/// Create a compressor object for compressing data incrementally.
///
///   level
///     The compression level to use. Defaults to COMPRESSION_LEVEL_DEFAULT.
///   options
///     A dict object that contains advanced compression parameters.
///   zstd_dict
///     A ZstdDict object, a pre-trained Zstandard dictionary.
///
/// Thread-safe at method level.  For one-shot compression, use the
/// compress() function instead.
#[macros::pyclass(name = "ZstdCompressor", module = "compression.zstd", sig = "(level=None, options=None, zstd_dict=None)")]
pub struct Compressor {
    head: abi::PyObject,
    state: Shared<Encoder>,
    #[member(
        T_INT,
        readonly,
        doc = "The last mode used to this compressor object, its value can be .CONTINUE,\n.FLUSH_BLOCK, .FLUSH_FRAME. Initialized to .FLUSH_FRAME.\n\nIt can be used to get the current state of a compressor, such as, data\nflushed, or a frame ended."
    )]
    last_mode: Cell<i32>,
}

impl Compressor {
    fn run(&self, input: &[u8], mode: i32) -> PyResult<Vec<u8>> {
        let result = self.state.with(true, |state| state.run(input, mode));
        self.last_mode.set(self.state.with(false, |state| state.last_mode));
        result.map_err(|problem| match problem {
            Problem::NoMemory => NoMemory.raise(),
            Problem::Zstd(failure) => unable("compress Zstandard data", failure),
        })
    }
}

/// A pledged size: none for an unknown one.
fn pledged(size: Borrowed<'_>) -> PyResult<Option<u64>> {
    /// The sizes from here on have other meanings (zstd.h's `ZSTD_CONTENTSIZE_ERROR`).
    const LIMIT: u64 = u64::MAX - 1;
    if given(Some(size)).is_none() {
        return Ok(None);
    }
    if !int::check(size) {
        return Err(raise!(TypeError, "an integer is required"));
    }
    int::to_i128(size)
        .and_then(|size| u64::try_from(size).ok())
        .filter(|size| *size < LIMIT)
        .map(Some)
        .ok_or_else(|| raise!(ValueError, "size argument should be a positive int less than {LIMIT}"))
}

#[macros::pymethods]
impl Compressor {
    #[slot(tp_new, "(level=None, options=None, zstd_dict=None)")]
    fn new(
        cls: Borrowed<'_, TypeObject>,
        level: Option<Borrowed<'_>>,
        options: Option<Borrowed<'_>>,
        zstd_dict: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let (level, options) = (given(level), given(options));
        if level.is_some() && options.is_some() {
            return Err(raise!(TypeError, "Only one of level or options should be used."));
        }
        let mut stream = Compress::new().ok_or_else(error::no_memory)?;
        let mut effective = DEFAULT_LEVEL;
        if let Some(level) = level {
            effective = parameters::level(level)?;
            parameters::set_level(&mut stream, effective)?;
        }
        if let Some(options) = options {
            if options.downcast::<Dict>().is_none() {
                let found = options.class().tp_name();
                return Err(raise!(TypeError, "ZstdCompressor() argument 'options' must be dict, not {found}"));
            }
            let entries = parameters::entries(options, Side::Compression)?;
            effective = parameters::set_compression(&mut stream, &entries)?.unwrap_or(DEFAULT_LEVEL);
        }
        if let Some(dictionary) = given(zstd_dict) {
            load_for_compression(&mut stream, effective, dictionary)?;
        }
        let state = Shared::new(Encoder { stream, last_mode: FLUSH_FRAME });
        let value = Compressor { head: header(), state, last_mode: Cell::new(FLUSH_FRAME) };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    /// Provide data to the compressor object.
    ///
    ///   mode
    ///     Can be these 3 values ZstdCompressor.CONTINUE,
    ///     ZstdCompressor.FLUSH_BLOCK, ZstdCompressor.FLUSH_FRAME
    ///
    /// Return a chunk of compressed data if possible, or b'' otherwise.
    /// When you have finished providing data to the compressor, call the
    /// flush() method to finish the compression process.
    #[method("($self, /, data, mode=ZstdCompressor.CONTINUE)")]
    fn compress(&self, data: Bytes, mode: Option<CInt>) -> PyResult<Vec<u8>> {
        let mode = mode.map_or(CONTINUE, |mode| mode.0);
        if !matches!(mode, CONTINUE | FLUSH_BLOCK | FLUSH_FRAME) {
            return Err(raise!(
                ValueError,
                "mode argument wrong value, it should be one of ZstdCompressor.CONTINUE, ZstdCompressor.FLUSH_BLOCK, ZstdCompressor.FLUSH_FRAME."
            ));
        }
        self.run(data.get(), mode)
    }

    /// Finish the compression process.
    ///
    ///   mode
    ///     Can be these 2 values ZstdCompressor.FLUSH_FRAME,
    ///     ZstdCompressor.FLUSH_BLOCK
    ///
    /// Flush any remaining data left in internal buffers.  Since Zstandard
    /// data consists of one or more independent frames, the compressor
    /// object can still be used after this method is called.
    #[method("($self, /, mode=ZstdCompressor.FLUSH_FRAME)")]
    fn flush(&self, mode: Option<CInt>) -> PyResult<Vec<u8>> {
        let mode = mode.map_or(FLUSH_FRAME, |mode| mode.0);
        if !matches!(mode, FLUSH_BLOCK | FLUSH_FRAME) {
            return Err(raise!(
                ValueError,
                "mode argument wrong value, it should be ZstdCompressor.FLUSH_FRAME or ZstdCompressor.FLUSH_BLOCK."
            ));
        }
        self.run(&[], mode)
    }

    /// Set the uncompressed content size to be written into the frame header.
    ///
    ///   size
    ///     The size of the uncompressed data to be provided to the compressor.
    ///
    /// This method can be used to ensure the header of the frame about to
    /// be written includes the size of the data, unless the
    /// CompressionParameter.content_size_flag is set to False.
    /// If last_mode != FLUSH_FRAME, then a RuntimeError is raised.
    ///
    /// It is important to ensure that the pledged data size matches the
    /// actual data size.  If they do not match the compressed output data
    /// may be corrupted and the final chunk written may be lost.
    #[method("($self, size, /)")]
    fn set_pledged_input_size(&self, size: Borrowed<'_>) -> PyResult<()> {
        let size = pledged(size)?;
        let done = self.state.with(false, |state| (state.last_mode == FLUSH_FRAME).then(|| state.stream.pledge(size)));
        match done {
            None => Err(raise!(ValueError, "set_pledged_input_size() method must be called when last_mode == FLUSH_FRAME")),
            Some(Ok(_)) => Ok(()),
            Some(Err(failure)) => Err(unable("set pledged uncompressed content size", failure)),
        }
    }
}
