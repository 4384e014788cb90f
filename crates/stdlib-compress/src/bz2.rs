//! `_bz2`: what module `bz2` stands on (CPython's `_bz2module.c`).

use crate::feeding::{Decoder, Feeding, Shown, Step};
use crate::output::{NoMemory, Output};
use crate::{Bytes, header};
use compression::{Code, bz2};
use object::shared::Shared;
use object::{Borrowed, CInt, PyResult, Raised, Ref, TypeObject, error, memory, raise};

/// bzlib.h's numbers.
mod code {
    pub const RUN: i32 = 0;
    pub const FINISH: i32 = 2;
    pub const OK: i32 = 0;
    pub const RUN_OK: i32 = 1;
    pub const FLUSH_OK: i32 = 2;
    pub const FINISH_OK: i32 = 3;
    pub const STREAM_END: i32 = 4;
    pub const SEQUENCE_ERROR: i32 = -1;
    pub const PARAM_ERROR: i32 = -2;
    pub const MEM_ERROR: i32 = -3;
    pub const DATA_ERROR: i32 = -4;
    pub const DATA_ERROR_MAGIC: i32 = -5;
    pub const IO_ERROR: i32 = -6;
    pub const UNEXPECTED_EOF: i32 = -7;
}

fn is_good(code: Code) -> bool {
    matches!(code, code::OK | code::RUN_OK | code::FLUSH_OK | code::FINISH_OK | code::STREAM_END)
}

#[cold]
fn failure(code: Code) -> Raised {
    match code {
        code::PARAM_ERROR => raise!(ValueError, "Internal error - invalid parameters passed to libbzip2"),
        code::MEM_ERROR => error::no_memory(),
        code::DATA_ERROR | code::DATA_ERROR_MAGIC => raise!(OSError, "Invalid data stream"),
        code::IO_ERROR => raise!(OSError, "Unknown I/O error"),
        code::UNEXPECTED_EOF => {
            raise!(EOFError, "Compressed file ended before the logical end-of-stream was detected")
        }
        code::SEQUENCE_ERROR => raise!(RuntimeError, "Internal error - Invalid sequence of commands sent to libbzip2"),
        _ => raise!(OSError, "Unrecognized error from libbzip2: {code}"),
    }
}

/// A compressing stream and whether it was finished.
struct Compressing {
    stream: bz2::Compress,
    flushed: bool,
}

enum Problem {
    Flushed,
    NoMemory,
    Code(Code),
}

impl From<NoMemory> for Problem {
    fn from(_: NoMemory) -> Self {
        Problem::NoMemory
    }
}

impl Compressing {
    fn run(&mut self, mut input: &[u8], action: Code) -> Result<Vec<u8>, Problem> {
        if self.flushed {
            return Err(Problem::Flushed);
        }
        self.flushed = action == code::FINISH;
        let mut output = Output::unlimited();
        loop {
            if action == code::RUN && input.is_empty() {
                return Ok(output.bytes);
            }
            let room = output.room()?;
            let code = self.stream.step(&mut input, &mut output.bytes, room, action);
            if !is_good(code) {
                return Err(Problem::Code(code));
            }
            if action == code::FINISH && code == code::STREAM_END {
                return Ok(output.bytes);
            }
        }
    }
}

/// Create a compressor object for compressing data incrementally.
///
///   compresslevel
///     Compression level, as a number between 1 and 9.
///
/// For one-shot compression, use the compress() function instead.
#[macros::pyclass(name = "BZ2Compressor", module = "_bz2", sig = "(compresslevel=9, /)")]
pub struct Compressor {
    head: abi::PyObject,
    state: Shared<Compressing>,
}

impl Compressor {
    fn run(&self, input: &[u8], action: Code, when_flushed: &'static str) -> PyResult<Vec<u8>> {
        self.state.with(true, |state| state.run(input, action)).map_err(|problem| match problem {
            Problem::Flushed => raise!(ValueError, "{when_flushed}"),
            Problem::NoMemory => NoMemory.raise(),
            Problem::Code(code) => failure(code),
        })
    }
}

#[macros::pymethods]
impl Compressor {
    #[slot(tp_new, "(compresslevel=9, /)")]
    fn new(cls: Borrowed<'_, TypeObject>, compresslevel: Option<CInt>) -> PyResult<Ref> {
        let level = compresslevel.map_or(9, |level| level.0);
        if !(1..=9).contains(&level) {
            return Err(raise!(ValueError, "compresslevel must be between 1 and 9"));
        }
        let stream = bz2::Compress::new(level).map_err(failure)?;
        let value = Compressor { head: header(), state: Shared::new(Compressing { stream, flushed: false }) };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    /// Provide data to the compressor object.
    ///
    /// Returns a chunk of compressed data if possible, or b'' otherwise.
    ///
    /// When you have finished providing data to the compressor, call the
    /// flush() method to finish the compression process.
    #[method("($self, data, /)")]
    fn compress(&self, data: Bytes) -> PyResult<Vec<u8>> {
        self.run(data.get(), code::RUN, "Compressor has been flushed")
    }

    /// Finish the compression process.
    ///
    /// Returns the compressed data left in internal buffers.
    ///
    /// The compressor object may not be used after this method is called.
    #[method("($self, /)")]
    fn flush(&self) -> PyResult<Vec<u8>> {
        self.run(&[], code::FINISH, "Repeated call to flush()")
    }
}

impl Decoder for bz2::Decompress {
    type Failure = Code;
    const KEEPS_OUTPUT: bool = false;
    const BREAKS: bool = true;

    fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize) -> Step<Code> {
        match bz2::Decompress::step(self, input, output, room) {
            code::STREAM_END => Step::End,
            code if is_good(code) => Step::More,
            code => Step::Failed(code),
        }
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
/// For one-shot decompression, use the decompress() function instead.
#[macros::pyclass(name = "BZ2Decompressor", module = "_bz2", sig = "()")]
pub struct Decompressor {
    head: abi::PyObject,
    state: Shared<Feeding<bz2::Decompress>>,
    #[member(T_BOOL, name = "eof", field = shown.eof, doc = "True if the end-of-stream marker has been reached.", readonly)]
    #[member(T_OBJECT_EX, name = "unused_data", field = shown.unused_data, doc = "Data found after the end of the compressed stream.", readonly)]
    #[member(T_BOOL, name = "needs_input", field = shown.needs_input, doc = "True if more input is needed before more decompressed data can be produced.", readonly)]
    shown: Shown,
}

#[macros::pymethods]
impl Decompressor {
    #[slot(tp_new, "()")]
    fn new(cls: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        let stream = bz2::Decompress::new().map_err(failure)?;
        let value = Decompressor { head: header(), state: Shared::new(Feeding::new(stream)), shown: Shown::new()? };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    /// Decompress *data*, returning uncompressed data as bytes.
    ///
    /// If *max_length* is nonnegative, returns at most *max_length* bytes
    /// of decompressed data.  If this limit is reached and further output
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
        let output = self.state.with(true, |state| state.feed(data.get(), max_length));
        self.shown.refresh(&self.state)?;
        output.map_err(|problem| problem.raise(failure))
    }
}

#[macros::pymodule(name = "_bz2")]
pub mod module {
    #[pytype]
    type A = super::Compressor;
    #[pytype]
    type B = super::Decompressor;
}
