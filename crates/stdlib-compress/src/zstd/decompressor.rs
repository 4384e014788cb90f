//! `ZstdDecompressor`.

use super::dictionary::{given, load_for_decompression};
use super::parameters::{self, Side};
use super::unable;
use crate::feeding::{Decoder, Failure as Why, Feeding, Shown, Step};
use crate::{Bytes, header};
use builtins::dict::Dict;
use compression::zstd::{Decompress, Failure};
use object::shared::Shared;
use object::{Borrowed, PyResult, Ref, TypeObject, error, memory, raise};

impl Decoder for Decompress {
    type Failure = Failure;
    const KEEPS_OUTPUT: bool = true;

    fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize) -> Step<Failure> {
        match Decompress::step(self, input, output, room) {
            Ok(0) => Step::End,
            Ok(_) => Step::More,
            Err(failure) => {
                self.reset();
                Step::Failed(failure)
            }
        }
    }
}

/// Create a decompressor object for decompressing data incrementally.
///
///   zstd_dict
///     A ZstdDict object, a pre-trained Zstandard dictionary.
///   options
///     A dict object that contains advanced decompression parameters.
///
/// Thread-safe at method level.  For one-shot decompression, use the
/// decompress() function instead.
#[macros::pyclass(name = "ZstdDecompressor", module = "compression.zstd", sig = "(zstd_dict=None, options=None)")]
pub struct Decompressor {
    head: abi::PyObject,
    state: Shared<Feeding<Decompress>>,
    #[member(
        T_BOOL,
        name = "eof",
        field = shown.eof,
        readonly,
        doc = "True means the end of the first frame has been reached. If decompress data\nafter that, an EOFError exception will be raised."
    )]
    #[member(
        T_BOOL,
        name = "needs_input",
        field = shown.needs_input,
        readonly,
        doc = "If the max_length output limit in .decompress() method has been reached,\nand the decompressor has (or may has) unconsumed input data, it will be set\nto False. In this case, passing b'' to the .decompress() method may output\nfurther data."
    )]
    shown: Shown,
}

#[macros::pymethods]
impl Decompressor {
    #[slot(tp_new, "(zstd_dict=None, options=None)")]
    fn new(cls: Borrowed<'_, TypeObject>, zstd_dict: Option<Borrowed<'_>>, options: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let mut stream = Decompress::new().ok_or_else(error::no_memory)?;
        if let Some(options) = given(options) {
            if options.downcast::<Dict>().is_none() {
                let found = options.class().tp_name();
                return Err(raise!(TypeError, "ZstdDecompressor() argument 'options' must be dict, not {found}"));
            }
            parameters::set_decompression(&mut stream, &parameters::entries(options, Side::Decompression)?)?;
        }
        if let Some(dictionary) = given(zstd_dict) {
            load_for_decompression(&mut stream, dictionary)?;
        }
        let value = Decompressor { head: header(), state: Shared::new(Feeding::new(stream)), shown: Shown::new()? };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    /// Decompress *data*, returning uncompressed bytes if possible, or b'' otherwise.
    ///
    ///   data
    ///     A bytes-like object, Zstandard data to be decompressed.
    ///   max_length
    ///     Maximum size of returned data. When it is negative, the size of
    ///     output buffer is unlimited. When it is nonnegative, returns at
    ///     most max_length bytes of decompressed data.
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
    /// Attempting to decompress data after the end of a frame is reached
    /// raises an EOFError.  Any data found after the end of the frame is
    /// ignored and saved in the self.unused_data attribute.
    #[method("($self, /, data, max_length=-1)")]
    fn decompress(&self, data: Bytes, max_length: isize) -> PyResult<Vec<u8>> {
        let output = self.state.with(true, |state| state.feed(data.get(), max_length));
        self.shown.refresh(&self.state)?;
        output.map_err(|problem| match problem {
            Why::Ended => raise!(EOFError, "Already at the end of a Zstandard frame."),
            other => other.raise(|failure| unable("decompress Zstandard data", failure)),
        })
    }

    /// A bytes object of un-consumed input data.
    ///
    /// When ZstdDecompressor object stops after a frame is
    /// decompressed, unused input data after the frame.  Otherwise this
    /// will be b''.
    #[getter]
    fn unused_data(&self) -> Option<Ref> {
        self.shown.unused_data.get()
    }
}
