//! `zlib.Compress`: what `compressobj` gives.

use super::{Problem, code, deflate};
use crate::output::Output;
use crate::{Bytes, header, ready};
use compression::Code;
use compression::zlib::{Deflate, Settings};
use object::shared::Shared;
use object::{Borrowed, CInt, PyResult, Ref, memory, raise};

/// A compressing stream; none after its end.
#[macros::pyclass(name = "Compress", module = "zlib", flags(DISALLOW_INSTANTIATION))]
pub struct Compress {
    head: abi::PyObject,
    stream: Shared<Option<Deflate>>,
}

pub fn create(settings: Settings, dictionary: Option<Bytes>) -> PyResult<Ref> {
    let mut stream = Deflate::new(settings).map_err(|(code, message)| match code {
        code::STREAM_ERROR => raise!(ValueError, "Invalid initialization option"),
        code::MEM_ERROR => raise!(MemoryError, "Can't allocate memory for compression object"),
        _ => Problem::Code(code, message, "while creating compression object").raise(),
    })?;
    if let Some(dictionary) = dictionary {
        match stream.set_dictionary(dictionary.get()) {
            code::OK => {}
            code::STREAM_ERROR => return Err(raise!(ValueError, "Invalid dictionary")),
            _ => return Err(raise!(ValueError, "deflateSetDictionary()")),
        }
    }
    Compress::with_stream(stream)
}

/// One run of the stream, which ends it where `flush` says so.
fn run(place: &mut Option<Deflate>, input: &[u8], flush: Code, doing: &'static str) -> Result<Vec<u8>, Problem> {
    let Some(stream) = place else { return Err(Problem::Code(code::STREAM_ERROR, None, doing)) };
    let mut output = Output::unlimited();
    match deflate(stream, input, &mut output, flush)? {
        code::OK | code::BUF_ERROR => {}
        code::STREAM_END => *place = None,
        code => return Err(Problem::Code(code, stream.message(), doing)),
    }
    Ok(output.bytes)
}

impl Compress {
    fn with_stream(stream: Deflate) -> PyResult<Ref> {
        let value = Compress { head: header(), stream: Shared::new(Some(stream)) };
        memory::new_instance(ready::<Compress>()?, value).map(Ref::upcast)
    }

    fn duplicate(&self) -> PyResult<Ref> {
        let copy = self.stream.with(false, |stream| stream.as_mut().ok_or(code::STREAM_ERROR).and_then(Deflate::try_clone));
        match copy {
            Ok(stream) => Self::with_stream(stream),
            Err(code::STREAM_ERROR) => Err(raise!(ValueError, "Inconsistent stream state")),
            Err(code::MEM_ERROR) => Err(raise!(MemoryError, "Can't allocate memory for compression object")),
            Err(code) => Err(Problem::Code(code, None, "while copying compression object").raise()),
        }
    }
}

#[macros::pymethods]
impl Compress {
    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///
    /// After calling this function, some of the input data may still
    /// be stored in internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[method("($self, data, /)")]
    fn compress(&self, data: Bytes) -> PyResult<Vec<u8>> {
        let input = data.get();
        self.stream.with(true, |stream| run(stream, input, code::NO_FLUSH, "while compressing data")).map_err(Problem::raise)
    }

    /// Return a bytes object containing any remaining compressed data.
    ///
    ///   mode
    ///     One of the constants Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH.
    ///     If mode == Z_FINISH, the compressor object can no longer be
    ///     used after calling the flush() method.  Otherwise, more data
    ///     can still be compressed.
    #[method("($self, mode=zlib.Z_FINISH, /)")]
    fn flush(&self, mode: Option<CInt>) -> PyResult<Vec<u8>> {
        let mode = mode.map_or(code::FINISH, |mode| mode.0);
        if mode == code::NO_FLUSH {
            return Ok(Vec::new());
        }
        self.stream.with(true, |stream| run(stream, &[], mode, "while flushing")).map_err(Problem::raise)
    }

    /// Return a copy of the compression object.
    #[method("($self, /)")]
    fn copy(&self) -> PyResult<Ref> {
        self.duplicate()
    }

    #[method("($self, /)")]
    fn __copy__(&self) -> PyResult<Ref> {
        self.duplicate()
    }

    #[method("($self, memo, /)")]
    fn __deepcopy__(&self, memo: Borrowed<'_>) -> PyResult<Ref> {
        let _nothing_inside = memo;
        self.duplicate()
    }
}
