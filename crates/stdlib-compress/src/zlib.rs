//! `zlib`: deflate compression and checksums (CPython's `zlibmodule.c`).

mod compress;
mod decompress;
mod incremental;

use crate::output::{NoMemory, Output};
use crate::{exception, raise_instance};
use compression::Code;
use compression::zlib::{Deflate, Inflate};
use object::{OptRef, PyResult, Raised, Ref, raise, thread};

/// zlib.h's numbers.
mod code {
    pub const NO_FLUSH: i32 = 0;
    pub const SYNC_FLUSH: i32 = 2;
    pub const FINISH: i32 = 4;
    pub const OK: i32 = 0;
    pub const STREAM_END: i32 = 1;
    pub const NEED_DICT: i32 = 2;
    pub const STREAM_ERROR: i32 = -2;
    pub const DATA_ERROR: i32 = -3;
    pub const MEM_ERROR: i32 = -4;
    pub const BUF_ERROR: i32 = -5;
    pub const VERSION_ERROR: i32 = -6;
}

const DEFLATED: i32 = 8;
const MAX_WBITS: i32 = 15;
const DEF_MEM_LEVEL: i32 = 8;
const DEF_BUF_SIZE: isize = 16 * 1024;
const Z_DEFAULT_COMPRESSION: i32 = -1;

/// Inputs of this many bytes and more are worth releasing the GIL for their checksum (5 KiB, as in CPython).
const CHECKSUM_MINSIZE: usize = 1024 * 5;

#[derive(Default)]
struct State {
    error: OptRef,
}

fn error_class() -> PyResult<Ref> {
    exception(&thread::current().interpreter().extensions.get::<State>().error, "zlib", "error", None)
}

/// Raises `zlib.error` about a code: with the stream's own message, or one for the code.
#[cold]
fn failure(code: Code, message: Option<&str>, doing: &str) -> Raised {
    let message = match code {
        code::VERSION_ERROR => Some("library version mismatch"),
        _ => message.or(match code {
            code::BUF_ERROR => Some("incomplete or truncated stream"),
            code::STREAM_ERROR => Some("inconsistent stream state"),
            code::DATA_ERROR => Some("invalid input data"),
            _ => None,
        }),
    };
    let text = match message {
        Some(message) => format!("Error {code} {doing}: {message}"),
        None => format!("Error {code} {doing}"),
    };
    raise_instance(error_class(), &text)
}

/// What ended a run: no memory for output, or a code with the stream's message and what was being done.
enum Problem {
    NoMemory,
    Code(Code, Option<String>, &'static str),
}

impl From<NoMemory> for Problem {
    fn from(_: NoMemory) -> Self {
        Problem::NoMemory
    }
}

impl Problem {
    #[cold]
    fn raise(self) -> Raised {
        match self {
            Problem::NoMemory => NoMemory.raise(),
            Problem::Code(code::MEM_ERROR, _, doing) => raise!(MemoryError, "Out of memory {doing}"),
            Problem::Code(code, message, doing) => failure(code, message.as_deref(), doing),
        }
    }
}

/// Gives a compressing stream all of `input`, until it has no more to say with this `flush`. Returns its last code.
fn deflate(stream: &mut Deflate, mut input: &[u8], output: &mut Output, flush: Code) -> Result<Code, NoMemory> {
    loop {
        let room = output.room()?;
        let before = output.bytes.len();
        let code = stream.step(&mut input, &mut output.bytes, room, flush);
        let filled = output.bytes.len() - before == room;
        if code == code::STREAM_ERROR || code == code::STREAM_END || (!filled && input.is_empty()) {
            return Ok(code);
        }
    }
}

/// Gives a decompressing stream `input`, until it is at its end, has taken all, has filled the output, or fails. A dictionary is set when
/// the stream asks for it. Returns its last code.
fn inflate(
    stream: &mut Inflate,
    dictionary: Option<&[u8]>,
    input: &mut &[u8],
    output: &mut Output,
    flush: Code,
) -> Result<Code, Problem> {
    loop {
        let room = output.room()?;
        let before = output.bytes.len();
        let code = stream.step(input, &mut output.bytes, room, flush);
        let filled = output.bytes.len() - before == room;
        match (code, dictionary) {
            (code::NEED_DICT, Some(dictionary)) => {
                let code = stream.set_dictionary(dictionary);
                if code != code::OK {
                    return Err(Problem::Code(code, stream.message(), "while setting zdict"));
                }
                continue;
            }
            (code::OK | code::BUF_ERROR, _) => {}
            _ => return Ok(code),
        }
        if (filled && output.is_full()) || (!filled && input.is_empty()) || (code == code::BUF_ERROR && !filled) {
            return Ok(code);
        }
    }
}

/// The functions in this module allow compression and decompression using the
/// zlib library, which is based on GNU zip.
///
/// adler32(string[, start]) -- Compute an Adler-32 checksum.
/// compress(data[, level]) -- Compress data, with compression level 0-9 or -1.
/// compressobj([level[, ...]]) -- Return a compressor object.
/// crc32(string[, start]) -- Compute a CRC-32 checksum.
/// decompress(string,[wbits],[bufsize]) -- Decompresses a compressed string.
/// decompressobj([wbits[, zdict]]) -- Return a decompressor object.
///
/// 'wbits' is window buffer size and container format.
/// Compressor objects support compress() and flush() methods; decompressor
/// objects support decompress() and flush().
#[macros::pymodule(name = "zlib")]
pub mod module {
    use super::{
        DEF_BUF_SIZE, DEF_MEM_LEVEL, DEFLATED, MAX_WBITS, Output, Problem, Z_DEFAULT_COMPRESSION, code, compress, decompress,
        deflate, error_class, inflate,
    };
    use crate::Bytes;
    use compression::zlib::{self, Deflate, Inflate, Settings};
    use object::value::{int, str as text};
    use object::{Borrowed, CInt, PyResult, Ref, gil, raise};

    #[pytype]
    type A = super::incremental::Decompressor;

    #[pyattr(name = "error")]
    fn error() -> PyResult<Ref> {
        error_class()
    }

    #[pyattr(name = "ZLIB_VERSION")]
    fn version() -> PyResult<Ref> {
        text::new(&zlib::version())
    }

    #[pyattr(name = "ZLIB_RUNTIME_VERSION")]
    fn runtime_version() -> PyResult<Ref> {
        text::new(&zlib::version())
    }

    #[pyattr(name = "__version__")]
    fn module_version() -> PyResult<Ref> {
        text::new("1.0")
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let constants = [
            ("MAX_WBITS", i64::from(MAX_WBITS)),
            ("DEFLATED", i64::from(DEFLATED)),
            ("DEF_MEM_LEVEL", i64::from(DEF_MEM_LEVEL)),
            ("DEF_BUF_SIZE", DEF_BUF_SIZE as i64),
            ("Z_NO_COMPRESSION", 0),
            ("Z_BEST_SPEED", 1),
            ("Z_BEST_COMPRESSION", 9),
            ("Z_DEFAULT_COMPRESSION", i64::from(Z_DEFAULT_COMPRESSION)),
            ("Z_FILTERED", 1),
            ("Z_HUFFMAN_ONLY", 2),
            ("Z_RLE", 3),
            ("Z_FIXED", 4),
            ("Z_DEFAULT_STRATEGY", 0),
            ("Z_NO_FLUSH", 0),
            ("Z_PARTIAL_FLUSH", 1),
            ("Z_SYNC_FLUSH", 2),
            ("Z_FULL_FLUSH", 3),
            ("Z_FINISH", 4),
            ("Z_BLOCK", 5),
            ("Z_TREES", 6),
        ];
        for (name, value) in constants {
            module.setattr(text::new(name)?.b(), int::new(value)?.b())?;
        }
        Ok(())
    }

    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///   level
    ///     Compression level, in 0-9 or -1.
    ///   wbits
    ///     The window buffer size and container format.
    #[pyfunction("($module, data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)", name = "compress")]
    fn compress_all(data: Bytes, level: Option<CInt>, wbits: Option<CInt>) -> PyResult<Vec<u8>> {
        const DOING: &str = "while compressing data";
        let settings = Settings {
            level: level.map_or(Z_DEFAULT_COMPRESSION, |level| level.0),
            method: DEFLATED,
            window_bits: wbits.map_or(MAX_WBITS, |wbits| wbits.0),
            memory_level: DEF_MEM_LEVEL,
            strategy: 0,
        };
        let mut stream = Deflate::new(settings).map_err(|(code, message)| match code {
            code::STREAM_ERROR => crate::raise_instance(error_class(), "Bad compression level"),
            _ => Problem::Code(code, message, DOING).raise(),
        })?;
        let work = || {
            let mut output = Output::unlimited();
            match deflate(&mut stream, data.get(), &mut output, code::FINISH)? {
                code::STREAM_END => Ok(output.bytes),
                code => Err(Problem::Code(code, stream.message(), DOING)),
            }
        };
        gil::without(work).map_err(Problem::raise)
    }

    /// Returns a bytes object containing the uncompressed data.
    ///
    ///   data
    ///     Compressed data.
    ///   wbits
    ///     The window buffer size and container format.
    ///   bufsize
    ///     The initial output buffer size.
    #[pyfunction("($module, data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)", name = "decompress")]
    fn decompress_all(data: Bytes, wbits: Option<CInt>, bufsize: Option<isize>) -> PyResult<Vec<u8>> {
        const DOING: &str = "while decompressing data";
        let Ok(size) = usize::try_from(bufsize.unwrap_or(DEF_BUF_SIZE)) else {
            return Err(raise!(ValueError, "bufsize must be non-negative"));
        };
        let mut stream = Inflate::new(wbits.map_or(MAX_WBITS, |wbits| wbits.0)).map_err(|(code, message)| {
            let doing = if code == code::MEM_ERROR { DOING } else { "while preparing to decompress data" };
            Problem::Code(code, message, doing).raise()
        })?;
        let work = || {
            let mut output = Output::unlimited();
            output.reserve(size.max(1))?;
            match inflate(&mut stream, None, &mut data.get(), &mut output, code::SYNC_FLUSH)? {
                code::STREAM_END => Ok(output.bytes),
                code::OK | code::BUF_ERROR => Err(Problem::Code(code::BUF_ERROR, None, DOING)),
                code => Err(Problem::Code(code, stream.message(), DOING)),
            }
        };
        gil::without(work).map_err(Problem::raise)
    }

    /// Return a compressor object.
    ///
    ///   level
    ///     The compression level (an integer in the range 0-9 or -1; default is
    ///     currently equivalent to 6).  Higher compression levels are slower,
    ///     but produce smaller results.
    ///   method
    ///     The compression algorithm.  If given, this must be DEFLATED.
    ///   wbits
    ///     +9 to +15: The base-two logarithm of the window size.  Include a zlib
    ///         container.
    ///     -9 to -15: Generate a raw stream.
    ///     +25 to +31: Include a gzip container.
    ///   memLevel
    ///     Controls the amount of memory used for internal compression state.
    ///     Valid values range from 1 to 9.  Higher values result in higher memory
    ///     usage, faster compression, and smaller output.
    ///   strategy
    ///     Used to tune the compression algorithm.  Possible values are
    ///     Z_DEFAULT_STRATEGY, Z_FILTERED, and Z_HUFFMAN_ONLY.
    ///   zdict
    ///     The predefined compression dictionary - a sequence of bytes
    ///     containing subsequences that are likely to occur in the input data.
    #[pyfunction(
        "($module, /, level=Z_DEFAULT_COMPRESSION, method=DEFLATED, wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL, strategy=Z_DEFAULT_STRATEGY, zdict=<unrepresentable>)"
    )]
    fn compressobj(
        level: Option<CInt>,
        method: Option<CInt>,
        wbits: Option<CInt>,
        mem_level: Option<CInt>,
        strategy: Option<CInt>,
        zdict: Option<Bytes>,
    ) -> PyResult<Ref> {
        let or = |value: Option<CInt>, default| value.map_or(default, |value| value.0);
        let settings = Settings {
            level: or(level, Z_DEFAULT_COMPRESSION),
            method: or(method, DEFLATED),
            window_bits: or(wbits, MAX_WBITS),
            memory_level: or(mem_level, DEF_MEM_LEVEL),
            strategy: or(strategy, 0),
        };
        compress::create(settings, zdict)
    }

    /// Return a decompressor object.
    ///
    ///   wbits
    ///     The window buffer size and container format.
    ///   zdict
    ///     The predefined compression dictionary.  This must be the same
    ///     dictionary as used by the compressor that produced the input data.
    #[pyfunction("($module, /, wbits=MAX_WBITS, zdict=b'')")]
    fn decompressobj(wbits: Option<CInt>, zdict: Option<Borrowed<'_>>) -> PyResult<Ref> {
        decompress::create(wbits.map_or(MAX_WBITS, |wbits| wbits.0), zdict)
    }

    /// The low 32 bits of an int.
    fn low_bits(value: Borrowed<'_>) -> PyResult<u32> {
        let number = value.index()?;
        Ok(builtins::int::view(number.b()).map_or(0, |view| (view.low_u64() & 0xFFFF_FFFF) as u32))
    }

    fn checksum(data: &Bytes, start: u32, function: fn(u32, &[u8]) -> u32) -> u32 {
        let bytes = data.get();
        if bytes.len() > super::CHECKSUM_MINSIZE { gil::without(|| function(start, bytes)) } else { function(start, bytes) }
    }

    /// Compute an Adler-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    #[pyfunction("($module, data, value=1, /)")]
    fn adler32(data: Bytes, value: Option<Borrowed<'_>>) -> PyResult<u32> {
        Ok(checksum(&data, value.map_or(Ok(1), low_bits)?, zlib::adler32))
    }

    /// Compute a CRC-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    #[pyfunction("($module, data, value=0, /)")]
    fn crc32(data: Bytes, value: Option<Borrowed<'_>>) -> PyResult<u32> {
        Ok(checksum(&data, value.map_or(Ok(0), low_bits)?, zlib::crc32))
    }
}
