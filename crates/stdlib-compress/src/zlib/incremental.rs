//! `zlib._ZlibDecompressor`: a decompressor that keeps the input that it has not taken, as `bz2`'s does.

use super::decompress::set_raw_dictionary;
use super::{MAX_WBITS, Problem, code};
use crate::feeding::{Decoder, Feeding, Shown, Step};
use crate::{Bytes, header};
use compression::zlib::Inflate;
use object::shared::Shared;
use object::{Borrowed, PyResult, Ref, TypeObject, memory, raise};

/// A stream with its dictionary.
struct Stream {
    inflate: Inflate,
    dictionary: Option<Vec<u8>>,
}

impl Decoder for Stream {
    type Failure = Problem;
    const KEEPS_OUTPUT: bool = false;

    fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize) -> Step<Problem> {
        match (self.inflate.step(input, output, room, code::SYNC_FLUSH), &self.dictionary) {
            (code::STREAM_END, _) => Step::End,
            (code::OK | code::BUF_ERROR, _) => Step::More,
            (code::NEED_DICT, Some(dictionary)) => match self.inflate.set_dictionary(dictionary) {
                code::OK => self.step(input, output, room),
                code => Step::Failed(Problem::Code(code, self.inflate.message(), "while setting zdict")),
            },
            (code, _) => Step::Failed(Problem::Code(code, self.inflate.message(), "while decompressing data")),
        }
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
///   wbits = 15
///   zdict
///      The predefined compression dictionary. This is a sequence of bytes
///      (such as a bytes object) containing subsequences that are expected
///      to occur frequently in the data that is to be compressed. Those
///      subsequences that are expected to be most common should come at the
///      end of the dictionary. This must be the same dictionary as used by the
///      compressor that produced the input data.
///
#[macros::pyclass(name = "_ZlibDecompressor", module = "zlib", sig = "(wbits=15, zdict=b'')")]
pub struct Decompressor {
    head: abi::PyObject,
    state: Shared<Feeding<Stream>>,
    #[member(T_BOOL, name = "eof", field = shown.eof, doc = "True if the end-of-stream marker has been reached.", readonly)]
    #[member(T_OBJECT_EX, name = "unused_data", field = shown.unused_data, doc = "Data found after the end of the compressed stream.", readonly)]
    #[member(T_BOOL, name = "needs_input", field = shown.needs_input, doc = "True if more input is needed before more decompressed data can be produced.", readonly)]
    shown: Shown,
}

#[macros::pymethods]
impl Decompressor {
    #[slot(tp_new, "(wbits=MAX_WBITS, zdict=b'')")]
    fn new(cls: Borrowed<'_, TypeObject>, wbits: Option<i32>, zdict: Option<Bytes>) -> PyResult<Ref> {
        let window_bits = wbits.unwrap_or(MAX_WBITS);
        let mut inflate = Inflate::new(window_bits).map_err(|(code, message)| match code {
            code::STREAM_ERROR => raise!(ValueError, "Invalid initialization option"),
            code::MEM_ERROR => raise!(MemoryError, "Can't allocate memory for decompression object"),
            _ => Problem::Code(code, message, "while creating decompression object").raise(),
        })?;
        let dictionary = match zdict {
            None => None,
            Some(given) => {
                let mut copy = memory::vec_with_capacity(given.get().len())?;
                copy.extend_from_slice(given.get());
                Some(copy)
            }
        };
        if let Some(dictionary) = dictionary.as_ref().filter(|_| window_bits < 0) {
            set_raw_dictionary(&mut inflate, dictionary)?;
        }
        let state = Shared::new(Feeding::new(Stream { inflate, dictionary }));
        memory::new_instance(&cls, Decompressor { head: header(), state, shown: Shown::new()? }).map(Ref::upcast)
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
        output.map_err(|problem| problem.raise(Problem::raise))
    }
}
