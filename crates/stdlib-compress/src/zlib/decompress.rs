//! `zlib.Decompress`: what `decompressobj` gives.

use super::{DEF_BUF_SIZE, Problem, code, inflate};
use crate::output::Output;
use crate::{Bytes, header, ready};
use compression::Code;
use compression::zlib::Inflate;
use object::protocol::buffer::Buffer;
use object::shared::Shared;
use object::value::bytes;
use object::{Borrowed, OptRef, PyResult, Ref, memory, raise};
use std::cell::Cell;
use std::sync::Arc;

/// A decompressing stream, none after its end, with its dictionary.
struct Stream {
    inflate: Option<Inflate>,
    dictionary: Option<Arc<[u8]>>,
}

#[macros::pyclass(name = "Decompress", module = "zlib", flags(DISALLOW_INSTANTIATION))]
pub struct Decompress {
    head: abi::PyObject,
    stream: Shared<Stream>,
    #[member(T_OBJECT, readonly)]
    unused_data: OptRef,
    #[member(T_OBJECT, readonly)]
    unconsumed_tail: OptRef,
    #[member(T_BOOL, readonly)]
    eof: Cell<bool>,
}

pub fn create(window_bits: i32, dictionary: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let dictionary = match dictionary {
        None => None,
        Some(dictionary) if !dictionary.has_buffer() => {
            return Err(raise!(TypeError, "zdict argument must support the buffer protocol"));
        }
        Some(dictionary) => {
            let buffer = Buffer::readable(dictionary)?;
            let mut copy = memory::vec_with_capacity(buffer.len())?;
            copy.extend_from_slice(buffer.bytes());
            Some(Arc::<[u8]>::from(copy))
        }
    };
    let mut stream = Inflate::new(window_bits).map_err(|(code, message)| match code {
        code::STREAM_ERROR => raise!(ValueError, "Invalid initialization option"),
        code::MEM_ERROR => raise!(MemoryError, "Can't allocate memory for decompression object"),
        _ => Problem::Code(code, message, "while creating decompression object").raise(),
    })?;
    if let Some(dictionary) = dictionary.as_ref().filter(|_| window_bits < 0) {
        set_raw_dictionary(&mut stream, dictionary)?;
    }
    let empty = bytes::new(&[])?;
    Decompress::with_parts(Stream { inflate: Some(stream), dictionary }, empty.clone(), empty, false)
}

/// A raw stream never asks for its dictionary: it is set at once.
pub fn set_raw_dictionary(stream: &mut Inflate, dictionary: &[u8]) -> PyResult<()> {
    match stream.set_dictionary(dictionary) {
        code::OK => Ok(()),
        code => Err(Problem::Code(code, stream.message(), "while setting zdict").raise()),
    }
}

/// What a run gives: output, and what is left of the input.
struct Run {
    output: Vec<u8>,
    code: Code,
    message: Option<String>,
    taken: usize,
}

fn run(stream: &mut Stream, all: &[u8], mut output: Output, flush: Code) -> Result<Run, Problem> {
    let Some(inflate_stream) = &mut stream.inflate else {
        return Ok(Run { output: Vec::new(), code: code::STREAM_ERROR, message: None, taken: 0 });
    };
    let mut input = all;
    let code = inflate(inflate_stream, stream.dictionary.as_deref(), &mut input, &mut output, flush)?;
    let message = inflate_stream.message();
    Ok(Run { output: output.bytes, code, message, taken: all.len() - input.len() })
}

impl Decompress {
    fn with_parts(stream: Stream, unused: Ref, tail: Ref, eof: bool) -> PyResult<Ref> {
        let value = Decompress {
            head: header(),
            stream: Shared::new(stream),
            unused_data: OptRef::default(),
            unconsumed_tail: OptRef::default(),
            eof: Cell::new(eof),
        };
        value.unused_data.set(Some(unused));
        value.unconsumed_tail.set(Some(tail));
        memory::new_instance(ready::<Decompress>()?, value).map(Ref::upcast)
    }

    /// Shows what a run has left of its input: behind the stream's end, or to be given again.
    fn keep_rest(&self, code: Code, rest: &[u8]) -> PyResult<()> {
        if code == code::STREAM_END {
            if !rest.is_empty() {
                let old = self.unused_data.get();
                let old = old.as_ref().and_then(|old| bytes::value(old.b())).unwrap_or_default();
                let mut all = memory::vec_with_capacity(old.len().saturating_add(rest.len()))?;
                all.extend_from_slice(old);
                all.extend_from_slice(rest);
                self.unused_data.set(Some(bytes::new(&all)?));
            }
            self.unconsumed_tail.set(Some(bytes::new(&[])?));
        } else {
            self.unconsumed_tail.set(Some(bytes::new(rest)?));
        }
        Ok(())
    }

    fn duplicate(&self) -> PyResult<Ref> {
        let copy = self.stream.with(false, |stream| {
            let copy = stream.inflate.as_mut().ok_or(code::STREAM_ERROR).and_then(Inflate::try_clone)?;
            Ok(Stream { inflate: Some(copy), dictionary: stream.dictionary.clone() })
        });
        let stream = match copy {
            Ok(stream) => stream,
            Err(code::STREAM_ERROR) => return Err(raise!(ValueError, "Inconsistent stream state")),
            Err(code::MEM_ERROR) => return Err(raise!(MemoryError, "Can't allocate memory for decompression object")),
            Err(code) => return Err(Problem::Code(code, None, "while copying decompression object").raise()),
        };
        let empty = || bytes::new(&[]);
        let unused = self.unused_data.get().map_or_else(empty, Ok)?;
        let tail = self.unconsumed_tail.get().map_or_else(empty, Ok)?;
        Self::with_parts(stream, unused, tail, self.eof.get())
    }
}

#[macros::pymethods]
impl Decompress {
    /// Return a bytes object containing the decompressed version of the data.
    ///
    ///   data
    ///     The binary data to decompress.
    ///   max_length
    ///     The maximum allowable length of the decompressed data.
    ///     Unconsumed input data will be stored in
    ///     the unconsumed_tail attribute.
    ///
    /// After calling this function, some of the input data may still be stored
    /// in internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[method("($self, data, /, max_length=0)")]
    fn decompress(&self, data: Bytes, max_length: isize) -> PyResult<Vec<u8>> {
        if max_length < 0 {
            return Err(raise!(ValueError, "max_length must be non-negative"));
        }
        let limit = if max_length == 0 { -1 } else { max_length };
        let input = data.get();
        let run = self
            .stream
            .with(true, |stream| run(stream, input, Output::limited(limit), code::SYNC_FLUSH))
            .map_err(Problem::raise)?;
        self.keep_rest(run.code, input.get(run.taken..).unwrap_or_default())?;
        match run.code {
            code::STREAM_END => self.eof.set(true),
            code::OK | code::BUF_ERROR => {}
            code => return Err(Problem::Code(code, run.message, "while decompressing data").raise()),
        }
        Ok(run.output)
    }

    /// Return a bytes object containing any remaining decompressed data.
    ///
    ///   length
    ///     the initial size of the output buffer.
    #[method("($self, length=zlib.DEF_BUF_SIZE, /)")]
    fn flush(&self, length: Option<isize>) -> PyResult<Vec<u8>> {
        let length = usize::try_from(length.unwrap_or(DEF_BUF_SIZE)).unwrap_or_default();
        if length == 0 {
            return Err(raise!(ValueError, "length must be greater than zero"));
        }
        let tail = self.unconsumed_tail.get();
        let input = tail.as_ref().and_then(|tail| bytes::value(tail.b())).unwrap_or_default();
        let mut output = Output::unlimited();
        output.reserve(length).map_err(|problem| problem.raise())?;
        let run = self.stream.with(true, |stream| {
            let run = run(stream, input, output, code::FINISH)?;
            if run.code == code::STREAM_END {
                stream.inflate = None;
            }
            Ok(run)
        });
        let run = run.map_err(Problem::raise)?;
        self.keep_rest(run.code, input.get(run.taken..).unwrap_or_default())?;
        match run.code {
            code::STREAM_END => self.eof.set(true),
            code::OK | code::BUF_ERROR | code::STREAM_ERROR => {}
            code => return Err(Problem::Code(code, run.message, "while decompressing data").raise()),
        }
        Ok(run.output)
    }

    /// Return a copy of the decompression object.
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
