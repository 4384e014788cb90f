//! xz: encoders and decoders of the containers and of raw filter chains.

use crate::Code;
use crate::window::Window;
use liblzma_sys as xz;
use std::ffi::c_void;

/// The filters' numbers.
pub const LZMA1: u64 = xz::LZMA_FILTER_LZMA1;
pub const LZMA2: u64 = xz::LZMA_FILTER_LZMA2;
pub const DELTA: u64 = xz::LZMA_FILTER_DELTA;

/// The most filters of a chain.
pub const MOST_FILTERS: usize = 4;

/// The settings of LZMA1 and LZMA2.
#[derive(Clone, Copy)]
pub struct Lzma(xz::lzma_options_lzma);

impl Lzma {
    /// The settings of a preset; none for a number that is no preset.
    pub fn preset(preset: u32) -> Option<Lzma> {
        // SAFETY: integers and pointers, for all of which zero is a value; the function fills them.
        unsafe {
            let mut options: xz::lzma_options_lzma = std::mem::zeroed();
            (xz::lzma_lzma_preset(&mut options, preset) == 0).then_some(Lzma(options))
        }
    }

    /// Changes a setting by its name; false for a name that is none.
    pub fn set(&mut self, name: &str, value: u32) -> bool {
        match self.field(name) {
            Some(field) => *field = value,
            None => return false,
        }
        true
    }

    fn field(&mut self, name: &str) -> Option<&mut u32> {
        let options = &mut self.0;
        Some(match name {
            "dict_size" => &mut options.dict_size,
            "lc" => &mut options.lc,
            "lp" => &mut options.lp,
            "pb" => &mut options.pb,
            "mode" => &mut options.mode,
            "nice_len" => &mut options.nice_len,
            "mf" => &mut options.mf,
            "depth" => &mut options.depth,
            _ => return None,
        })
    }

    pub fn dict_size(&self) -> u32 {
        self.0.dict_size
    }

    /// `lc`, `lp` and `pb`.
    pub fn literals(&self) -> (u32, u32, u32) {
        (self.0.lc, self.0.lp, self.0.pb)
    }
}

/// A filter with its settings.
#[derive(Clone, Copy)]
pub enum Filter {
    /// LZMA1 or LZMA2, by number.
    Lzma(u64, Lzma),
    /// The distance in bytes.
    Delta(u32),
    /// A filter for machine code, by number, and where the code starts.
    Bcj(u64, u32),
}

/// The memory that C's view of a chain points to.
enum Options {
    Lzma(xz::lzma_options_lzma),
    Delta(xz::lzma_options_delta),
    Bcj(xz::lzma_options_bcj),
}

/// C's view of a chain of filters.
struct Chain {
    filters: Vec<xz::lzma_filter>,
    _options: Vec<Box<Options>>,
}

impl Chain {
    fn new(filters: &[Filter]) -> Chain {
        let mut options = Vec::with_capacity(filters.len());
        let mut raw = Vec::with_capacity(filters.len() + 1);
        for filter in filters {
            let (id, boxed) = match filter {
                Filter::Lzma(id, settings) => (*id, Box::new(Options::Lzma(settings.0))),
                Filter::Delta(dist) => (DELTA, Box::new(Options::Delta(delta(*dist)))),
                Filter::Bcj(id, start_offset) => {
                    (*id, Box::new(Options::Bcj(xz::lzma_options_bcj { start_offset: *start_offset })))
                }
            };
            let pointer: *const c_void = match &*boxed {
                Options::Lzma(options) => std::ptr::from_ref(options).cast(),
                Options::Delta(options) => std::ptr::from_ref(options).cast(),
                Options::Bcj(options) => std::ptr::from_ref(options).cast(),
            };
            raw.push(xz::lzma_filter { id, options: pointer.cast_mut() });
            options.push(boxed);
        }
        raw.push(xz::lzma_filter { id: xz::LZMA_VLI_UNKNOWN, options: std::ptr::null_mut() });
        Chain { filters: raw, _options: options }
    }

    fn as_ptr(&self) -> *const xz::lzma_filter {
        self.filters.as_ptr()
    }
}

fn delta(dist: u32) -> xz::lzma_options_delta {
    // SAFETY: integers and pointers, for all of which zero is a value.
    let zero: xz::lzma_options_delta = unsafe { std::mem::zeroed() };
    xz::lzma_options_delta { type_: xz::lzma_delta_type_LZMA_DELTA_TYPE_BYTE, dist, ..zero }
}

/// The settings of a filter as a container stores them.
pub fn encode_properties(filter: &Filter) -> Result<Vec<u8>, Code> {
    let chain = Chain::new(std::slice::from_ref(filter));
    let mut size = 0;
    // SAFETY: the chain's first filter with its options.
    let code = unsafe { xz::lzma_properties_size(&mut size, chain.as_ptr()) };
    if code != xz::lzma_ret_LZMA_OK {
        return Err(number(code));
    }
    let mut encoded = vec![0; size as usize];
    // SAFETY: as above; the vector has as many bytes as the filter wants.
    let code = unsafe { xz::lzma_properties_encode(chain.as_ptr(), encoded.as_mut_ptr()) };
    if code == xz::lzma_ret_LZMA_OK { Ok(encoded) } else { Err(number(code)) }
}

/// The filter `id` with the settings that a container stores.
pub fn decode_properties(id: u64, encoded: &[u8]) -> Result<Filter, Code> {
    let mut filter = xz::lzma_filter { id, options: std::ptr::null_mut() };
    // SAFETY: a filter without options; pointer and length of a slice; the default allocator.
    let code = unsafe { xz::lzma_properties_decode(&mut filter, std::ptr::null(), encoded.as_ptr(), encoded.len()) };
    if code != xz::lzma_ret_LZMA_OK {
        return Err(number(code));
    }
    let options = filter.options;
    // SAFETY: where the library has made options, they are those of the filter's number, in memory of C's allocator.
    unsafe {
        let decoded = match id {
            LZMA1 | LZMA2 => (!options.is_null()).then(|| Filter::Lzma(id, Lzma(*options.cast()))),
            DELTA => (!options.is_null()).then(|| Filter::Delta((*options.cast::<xz::lzma_options_delta>()).dist)),
            _ => {
                Some(Filter::Bcj(id, if options.is_null() { 0 } else { (*options.cast::<xz::lzma_options_bcj>()).start_offset }))
            }
        };
        libc::free(options);
        decoded.ok_or(number(xz::lzma_ret_LZMA_PROG_ERROR))
    }
}

/// Whether the library can compute this check.
pub fn check_is_supported(check: u32) -> bool {
    // SAFETY: any number is allowed.
    unsafe { xz::lzma_check_is_supported(check) != 0 }
}

fn number(code: xz::lzma_ret) -> Code {
    Code::try_from(code).unwrap_or(Code::MAX)
}

/// What a stream reads or writes.
pub enum Encoding<'a> {
    /// The xz container with an integrity check, by a preset.
    Easy { preset: u32, check: u32 },
    /// The xz container with an integrity check.
    Xz { filters: &'a [Filter], check: u32 },
    /// The old container of the LZMA tools.
    Alone(&'a Lzma),
    /// No container.
    Raw(&'a [Filter]),
}

/// What a stream reads.
pub enum Decoding<'a> {
    /// Any container.
    Auto {
        memory: u64,
    },
    Xz {
        memory: u64,
    },
    Alone {
        memory: u64,
    },
    Raw(&'a [Filter]),
}

/// An encoder or decoder.
pub struct Stream(Box<xz::lzma_stream>);

impl Stream {
    fn start(function: impl FnOnce(&mut xz::lzma_stream) -> xz::lzma_ret) -> Result<Stream, Code> {
        // SAFETY: zeroes are what LZMA_STREAM_INIT stands for.
        let mut stream = Stream(Box::new(unsafe { std::mem::zeroed() }));
        let code = function(&mut stream.0);
        if code == xz::lzma_ret_LZMA_OK { Ok(stream) } else { Err(number(code)) }
    }

    pub fn encoder(encoding: &Encoding<'_>) -> Result<Stream, Code> {
        // SAFETY: a fresh stream; chains end with the terminator and the library copies what it keeps of them.
        Self::start(|stream| unsafe {
            match encoding {
                Encoding::Easy { preset, check } => xz::lzma_easy_encoder(stream, *preset, *check),
                Encoding::Xz { filters, check } => xz::lzma_stream_encoder(stream, Chain::new(filters).as_ptr(), *check),
                Encoding::Alone(settings) => xz::lzma_alone_encoder(stream, &settings.0),
                Encoding::Raw(filters) => xz::lzma_raw_encoder(stream, Chain::new(filters).as_ptr()),
            }
        })
    }

    pub fn decoder(decoding: &Decoding<'_>) -> Result<Stream, Code> {
        let flags = xz::LZMA_TELL_ANY_CHECK | xz::LZMA_TELL_NO_CHECK;
        // SAFETY: as above.
        Self::start(|stream| unsafe {
            match decoding {
                Decoding::Auto { memory } => xz::lzma_auto_decoder(stream, *memory, flags),
                Decoding::Xz { memory } => xz::lzma_stream_decoder(stream, *memory, flags),
                Decoding::Alone { memory } => xz::lzma_alone_decoder(stream, *memory),
                Decoding::Raw(filters) => xz::lzma_raw_decoder(stream, Chain::new(filters).as_ptr()),
            }
        })
    }

    pub fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize, finish: bool) -> Code {
        let window = Window::new(input, output, room);
        let stream = &mut *self.0;
        stream.next_in = window.input;
        stream.avail_in = window.input_len;
        stream.next_out = window.output;
        stream.avail_out = window.output_len;
        let action = if finish { xz::lzma_action_LZMA_FINISH } else { xz::lzma_action_LZMA_RUN };
        // SAFETY: the stream is initialised; its pointers and lengths are the window's.
        let code = unsafe { xz::lzma_code(stream, action) };
        let (left, free) = (stream.avail_in, stream.avail_out);
        stream.next_in = std::ptr::null();
        stream.next_out = std::ptr::null_mut();
        (stream.avail_in, stream.avail_out) = (0, 0);
        // SAFETY: the library has written everything before `avail_out`.
        unsafe { window.done(input, output, left, free) };
        number(code)
    }

    /// The number of the integrity check that the input names.
    pub fn check(&self) -> u32 {
        // SAFETY: an initialised stream.
        unsafe { xz::lzma_get_check(&*self.0) }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: a stream that was initialised or consists of zeroes.
        unsafe { xz::lzma_end(&mut *self.0) };
    }
}
