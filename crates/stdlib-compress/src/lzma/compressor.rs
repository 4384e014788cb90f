//! `LZMACompressor`.

use super::{
    CHECK_CRC64, CHECK_NONE, FORMAT_ALONE, FORMAT_RAW, FORMAT_XZ, PRESET_DEFAULT, code, failure, filters, is_good, lzma_error,
    number_32,
};
use crate::output::{NoMemory, Output};
use crate::{Bytes, header};
use compression::Code;
use compression::xz::{Encoding, Filter, LZMA1, Lzma, Stream};
use object::shared::Shared;
use object::{Borrowed, PyResult, Ref, TypeObject, core, memory, raise};

/// A stream and whether it was finished.
struct Encoder {
    stream: Stream,
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

impl Encoder {
    fn run(&mut self, mut input: &[u8], finish: bool) -> Result<Vec<u8>, Problem> {
        if self.flushed {
            return Err(Problem::Flushed);
        }
        self.flushed = finish;
        let mut output = Output::unlimited();
        loop {
            let room = output.room()?;
            let before = output.bytes.len();
            let code = self.stream.step(&mut input, &mut output.bytes, room, finish);
            let filled = output.bytes.len() - before == room;
            // Nothing to take and nothing to give is no error.
            let idle = code == code::BUF_ERROR && input.is_empty() && !filled;
            if !is_good(code) && !idle {
                return Err(Problem::Code(code));
            }
            if code == code::STREAM_END || (!finish && !filled && input.is_empty()) {
                return Ok(output.bytes);
            }
        }
    }
}

/// The settings of the one LZMA1 filter that FORMAT_ALONE has.
fn alone(preset: u32, specifiers: Option<Borrowed<'_>>) -> PyResult<Lzma> {
    let Some(specifiers) = specifiers else {
        return Lzma::preset(preset).ok_or_else(|| lzma_error(&format!("Invalid compression preset: {preset}")));
    };
    match filters::parse_chain(specifiers)?.as_slice() {
        [Filter::Lzma(LZMA1, settings)] => Ok(*settings),
        _ => Err(raise!(ValueError, "Invalid filter chain for FORMAT_ALONE - must be a single LZMA1 filter")),
    }
}

fn start(format: i32, check: i32, preset: u32, specifiers: Option<Borrowed<'_>>) -> PyResult<Stream> {
    let check = u32::try_from(if check == -1 { CHECK_CRC64 } else { check }).unwrap_or(u32::MAX);
    let stream = match (format, specifiers) {
        (FORMAT_XZ, None) => Stream::encoder(&Encoding::Easy { preset, check }),
        (FORMAT_XZ, Some(specifiers)) => Stream::encoder(&Encoding::Xz { filters: &filters::parse_chain(specifiers)?, check }),
        (FORMAT_ALONE, specifiers) => Stream::encoder(&Encoding::Alone(&alone(preset, specifiers)?)),
        (FORMAT_RAW, None) => return Err(raise!(ValueError, "Must specify filters for FORMAT_RAW")),
        (FORMAT_RAW, Some(specifiers)) => Stream::encoder(&Encoding::Raw(&filters::parse_chain(specifiers)?)),
        _ => return Err(raise!(ValueError, "Invalid container format: {format}")),
    };
    stream.map_err(failure)
}

/// LZMACompressor(format=FORMAT_XZ, check=-1, preset=None, filters=None)
///
/// Create a compressor object for compressing data incrementally.
///
/// format specifies the container format to use for the output. This can
/// be FORMAT_XZ (default), FORMAT_ALONE, or FORMAT_RAW.
///
/// check specifies the integrity check to use. For FORMAT_XZ, the default
/// is CHECK_CRC64. FORMAT_ALONE and FORMAT_RAW do not support integrity
/// checks; for these formats, check must be omitted, or be CHECK_NONE.
///
/// The settings used by the compressor can be specified either as a
/// preset compression level (with the 'preset' argument), or in detail
/// as a custom filter chain (with the 'filters' argument). For FORMAT_XZ
/// and FORMAT_ALONE, the default is to use the PRESET_DEFAULT preset
/// level. For FORMAT_RAW, the caller must always specify a filter chain;
/// the raw compressor does not support preset compression levels.
///
/// preset (if provided) should be an integer in the range 0-9, optionally
/// OR-ed with the constant PRESET_EXTREME.
///
/// filters (if provided) should be a sequence of dicts. Each dict should
/// have an entry for "id" indicating the ID of the filter, plus
/// additional entries for options to the filter.
///
/// For one-shot compression, use the compress() function instead.
///
#[macros::pyclass(name = "LZMACompressor", module = "_lzma")]
pub struct Compressor {
    head: abi::PyObject,
    state: Shared<Encoder>,
}

impl Compressor {
    fn run(&self, input: &[u8], finish: bool, when_flushed: &'static str) -> PyResult<Vec<u8>> {
        self.state.with(true, |state| state.run(input, finish)).map_err(|problem| match problem {
            Problem::Flushed => raise!(ValueError, "{when_flushed}"),
            Problem::NoMemory => NoMemory.raise(),
            Problem::Code(code) => failure(code),
        })
    }
}

#[macros::pymethods]
impl Compressor {
    #[slot(tp_new, "(format=1, check=-1, preset=None, filters=None)")]
    fn new(
        cls: Borrowed<'_, TypeObject>,
        format: i32,
        check: i32,
        preset: Option<Borrowed<'_>>,
        filters: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let preset = preset.filter(|preset| !preset.is(&core::none()));
        let filters = filters.filter(|filters| !filters.is(&core::none()));
        if preset.is_some() && filters.is_some() {
            return Err(raise!(ValueError, "Cannot specify both preset and filter chain"));
        }
        let preset = preset.map_or(Ok(PRESET_DEFAULT), number_32)?;
        if format != FORMAT_XZ && check != -1 && check != CHECK_NONE {
            return Err(raise!(ValueError, "Integrity checks are only supported by FORMAT_XZ"));
        }
        let stream = start(format, check, preset, filters)?;
        let value = Compressor { head: header(), state: Shared::new(Encoder { stream, flushed: false }) };
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
        self.run(data.get(), false, "Compressor has been flushed")
    }

    /// Finish the compression process.
    ///
    /// Returns the compressed data left in internal buffers.
    ///
    /// The compressor object may not be used after this method is called.
    #[method("($self, /)")]
    fn flush(&self) -> PyResult<Vec<u8>> {
        self.run(&[], true, "Repeated call to flush()")
    }
}
