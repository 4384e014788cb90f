//! zstd: compression and decompression contexts, dictionaries, facts about frames.

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;
use std::sync::Arc;
use zstd_sys as zs;

/// An error code of the library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure(usize);

impl Failure {
    /// The library's text.
    pub fn message(self) -> String {
        // SAFETY: a static C string for any number.
        unsafe { CStr::from_ptr(zs::ZSTD_getErrorName(self.0)) }.to_string_lossy().into_owned()
    }

    /// As [`Failure::message`], for codes of the functions about dictionaries.
    pub fn dictionary_message(self) -> String {
        // SAFETY: a static C string for any number.
        unsafe { CStr::from_ptr(zs::ZDICT_getErrorName(self.0)) }.to_string_lossy().into_owned()
    }
}

fn checked(code: usize) -> Result<usize, Failure> {
    // SAFETY: any number is allowed.
    if unsafe { zs::ZSTD_isError(code) } == 0 { Ok(code) } else { Err(Failure(code)) }
}

// The crate declares parameters as Rust enums, which must not hold the numbers that programs try out.
#[allow(clashing_extern_declarations, reason = "C's enums are ints")]
unsafe extern "C" {
    fn ZSTD_CCtx_setParameter(context: *mut zs::ZSTD_CCtx, parameter: c_int, value: c_int) -> usize;
    fn ZSTD_DCtx_setParameter(context: *mut zs::ZSTD_DCtx, parameter: c_int, value: c_int) -> usize;
    fn ZSTD_cParam_getBounds(parameter: c_int) -> zs::ZSTD_bounds;
    fn ZSTD_dParam_getBounds(parameter: c_int) -> zs::ZSTD_bounds;
}

/// The least and the largest value of a parameter.
pub fn bounds(parameter: i32, compression: bool) -> Result<(i32, i32), Failure> {
    // SAFETY: any number is allowed.
    let bounds = unsafe { if compression { ZSTD_cParam_getBounds(parameter) } else { ZSTD_dParam_getBounds(parameter) } };
    checked(bounds.error).map(|_| (bounds.lowerBound, bounds.upperBound))
}

/// The library's version as text and as a number.
pub fn version() -> (String, u32) {
    // SAFETY: a static C string.
    unsafe { (CStr::from_ptr(zs::ZSTD_versionString()).to_string_lossy().into_owned(), zs::ZSTD_versionNumber()) }
}

/// The lowest and the highest compression level.
pub fn levels() -> (i32, i32) {
    // SAFETY: functions without parameters.
    unsafe { (zs::ZSTD_minCLevel(), zs::ZSTD_maxCLevel()) }
}

/// The block sizes that suit streams: of a decoder's output.
pub fn decoder_output_size() -> usize {
    // SAFETY: a function without parameters.
    unsafe { zs::ZSTD_DStreamOutSize() }
}

/// How a step ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    Continue,
    Flush,
    End,
}

fn step(
    input: &mut &[u8],
    output: &mut Vec<u8>,
    room: usize,
    function: impl FnOnce(&mut zs::ZSTD_outBuffer, &mut zs::ZSTD_inBuffer) -> usize,
) -> Result<usize, Failure> {
    let spare = output.spare_capacity_mut();
    let mut into = zs::ZSTD_outBuffer { dst: spare.as_mut_ptr().cast(), size: spare.len().min(room), pos: 0 };
    let mut from = zs::ZSTD_inBuffer { src: input.as_ptr().cast(), size: input.len(), pos: 0 };
    let code = function(&mut into, &mut from);
    *input = input.get(from.pos..).unwrap_or(&[]);
    // SAFETY: the library has written `pos` bytes, at most `size`, which lie inside the capacity.
    unsafe { output.set_len(output.len() + into.pos.min(into.size)) };
    checked(code)
}

/// A dictionary digested for compression at one level.
pub struct CompressDictionary(NonNull<zs::ZSTD_CDict>);

// SAFETY: a digested dictionary never changes.
unsafe impl Send for CompressDictionary {}
// SAFETY: as above.
unsafe impl Sync for CompressDictionary {}

impl CompressDictionary {
    pub fn new(content: &[u8], level: i32) -> Option<CompressDictionary> {
        // SAFETY: pointer and length of a slice, which the library copies.
        NonNull::new(unsafe { zs::ZSTD_createCDict(content.as_ptr().cast(), content.len(), level) }).map(CompressDictionary)
    }
}

impl Drop for CompressDictionary {
    fn drop(&mut self) {
        // SAFETY: made by the library, freed once.
        unsafe { zs::ZSTD_freeCDict(self.0.as_ptr()) };
    }
}

/// A dictionary digested for decompression.
pub struct DecompressDictionary(NonNull<zs::ZSTD_DDict>);

// SAFETY: a digested dictionary never changes.
unsafe impl Send for DecompressDictionary {}
// SAFETY: as above.
unsafe impl Sync for DecompressDictionary {}

impl DecompressDictionary {
    pub fn new(content: &[u8]) -> Option<DecompressDictionary> {
        // SAFETY: pointer and length of a slice, which the library copies.
        NonNull::new(unsafe { zs::ZSTD_createDDict(content.as_ptr().cast(), content.len()) }).map(DecompressDictionary)
    }
}

impl Drop for DecompressDictionary {
    fn drop(&mut self) {
        // SAFETY: made by the library, freed once.
        unsafe { zs::ZSTD_freeDDict(self.0.as_ptr()) };
    }
}

/// zstd.h's `ZSTD_c_nbWorkers`.
const NB_WORKERS: i32 = 400;

/// Bytes that are thrown away at once.
const SCRATCH: usize = 64 * 1024;

/// A context that compresses.
pub struct Compress {
    raw: NonNull<zs::ZSTD_CCtx>,
    /// Whether threads of the library may be at work.
    workers: bool,
    dictionary: Option<Arc<CompressDictionary>>,
    prefix: Option<Arc<[u8]>>,
}

impl Compress {
    pub fn new() -> Option<Compress> {
        // SAFETY: a function without parameters.
        NonNull::new(unsafe { zs::ZSTD_createCCtx() }).map(|raw| Compress { raw, workers: false, dictionary: None, prefix: None })
    }

    pub fn set_parameter(&mut self, parameter: i32, value: i32) -> Result<usize, Failure> {
        self.workers |= parameter == NB_WORKERS && value > 0;
        // SAFETY: a live context; any numbers are allowed.
        checked(unsafe { ZSTD_CCtx_setParameter(self.raw.as_ptr(), parameter, value) })
    }

    /// Loads a dictionary, which the library copies.
    pub fn load_dictionary(&mut self, content: &[u8]) -> Result<usize, Failure> {
        // SAFETY: a live context; pointer and length of a slice.
        checked(unsafe { zs::ZSTD_CCtx_loadDictionary(self.raw.as_ptr(), content.as_ptr().cast(), content.len()) })
    }

    /// Uses a digested dictionary, which stays alive with the context.
    pub fn use_dictionary(&mut self, dictionary: Arc<CompressDictionary>) -> Result<usize, Failure> {
        // SAFETY: a live context; the dictionary is kept until the context is freed or gets another.
        let done = checked(unsafe { zs::ZSTD_CCtx_refCDict(self.raw.as_ptr(), dictionary.0.as_ptr()) })?;
        self.dictionary = Some(dictionary);
        Ok(done)
    }

    /// Uses a prefix for the next frame; it stays alive with the context.
    pub fn use_prefix(&mut self, prefix: Arc<[u8]>) -> Result<usize, Failure> {
        // SAFETY: a live context; the prefix is kept until the context is freed or gets another.
        let done = checked(unsafe { zs::ZSTD_CCtx_refPrefix(self.raw.as_ptr(), prefix.as_ptr().cast(), prefix.len()) })?;
        self.prefix = Some(prefix);
        Ok(done)
    }

    /// Says how long the next frame's content is; none for unknown.
    pub fn pledge(&mut self, size: Option<u64>) -> Result<usize, Failure> {
        // SAFETY: a live context. All ones stand for unknown.
        checked(unsafe { zs::ZSTD_CCtx_setPledgedSrcSize(self.raw.as_ptr(), size.unwrap_or(u64::MAX)) })
    }

    /// Lets the library's threads come to an end of the current frame: it frees a dictionary of its own before it waits for them.
    fn drain(&mut self) {
        if !self.workers {
            return;
        }
        let mut scratch = Vec::with_capacity(SCRATCH);
        while matches!(self.step(&mut &[][..], &mut scratch, SCRATCH, Directive::End), Ok(1..)) {
            scratch.clear();
        }
    }

    /// Gives up the current frame; `failed` says that the library itself has.
    pub fn reset(&mut self, failed: bool) {
        if !failed {
            self.drain();
        }
        // SAFETY: a live context.
        unsafe { zs::ZSTD_CCtx_reset(self.raw.as_ptr(), zs::ZSTD_ResetDirective::ZSTD_reset_session_only) };
    }

    /// Returns how many bytes are at least still to be flushed.
    pub fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize, directive: Directive) -> Result<usize, Failure> {
        let directive = match directive {
            Directive::Continue => zs::ZSTD_EndDirective::ZSTD_e_continue,
            Directive::Flush => zs::ZSTD_EndDirective::ZSTD_e_flush,
            Directive::End => zs::ZSTD_EndDirective::ZSTD_e_end,
        };
        let raw = self.raw.as_ptr();
        // SAFETY: a live context; the buffers are those of slices.
        step(input, output, room, |into, from| unsafe { zs::ZSTD_compressStream2(raw, into, from, directive) })
    }
}

impl Drop for Compress {
    fn drop(&mut self) {
        self.drain();
        // SAFETY: made by the library, freed once, before what it refers to.
        unsafe { zs::ZSTD_freeCCtx(self.raw.as_ptr()) };
    }
}

/// A context that decompresses.
pub struct Decompress {
    raw: NonNull<zs::ZSTD_DCtx>,
    dictionary: Option<Arc<DecompressDictionary>>,
    prefix: Option<Arc<[u8]>>,
}

impl Decompress {
    pub fn new() -> Option<Decompress> {
        // SAFETY: a function without parameters.
        NonNull::new(unsafe { zs::ZSTD_createDCtx() }).map(|raw| Decompress { raw, dictionary: None, prefix: None })
    }

    pub fn set_parameter(&mut self, parameter: i32, value: i32) -> Result<usize, Failure> {
        // SAFETY: a live context; any numbers are allowed.
        checked(unsafe { ZSTD_DCtx_setParameter(self.raw.as_ptr(), parameter, value) })
    }

    /// Loads a dictionary, which the library copies.
    pub fn load_dictionary(&mut self, content: &[u8]) -> Result<usize, Failure> {
        // SAFETY: a live context; pointer and length of a slice.
        checked(unsafe { zs::ZSTD_DCtx_loadDictionary(self.raw.as_ptr(), content.as_ptr().cast(), content.len()) })
    }

    /// Uses a digested dictionary, which stays alive with the context.
    pub fn use_dictionary(&mut self, dictionary: Arc<DecompressDictionary>) -> Result<usize, Failure> {
        // SAFETY: a live context; the dictionary is kept until the context is freed or gets another.
        let done = checked(unsafe { zs::ZSTD_DCtx_refDDict(self.raw.as_ptr(), dictionary.0.as_ptr()) })?;
        self.dictionary = Some(dictionary);
        Ok(done)
    }

    /// Uses a prefix for the next frame; it stays alive with the context.
    pub fn use_prefix(&mut self, prefix: Arc<[u8]>) -> Result<usize, Failure> {
        // SAFETY: a live context; the prefix is kept until the context is freed or gets another.
        let done = checked(unsafe { zs::ZSTD_DCtx_refPrefix(self.raw.as_ptr(), prefix.as_ptr().cast(), prefix.len()) })?;
        self.prefix = Some(prefix);
        Ok(done)
    }

    /// Gives up the current frame.
    pub fn reset(&mut self) {
        // SAFETY: a live context.
        unsafe { zs::ZSTD_DCtx_reset(self.raw.as_ptr(), zs::ZSTD_ResetDirective::ZSTD_reset_session_only) };
    }

    /// Returns 0 at the end of a frame, else a hint of how much input should come next.
    pub fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize) -> Result<usize, Failure> {
        let raw = self.raw.as_ptr();
        // SAFETY: a live context; the buffers are those of slices.
        step(input, output, room, |into, from| unsafe { zs::ZSTD_decompressStream(raw, into, from) })
    }
}

impl Drop for Decompress {
    fn drop(&mut self) {
        // SAFETY: made by the library, freed once, before what it refers to.
        unsafe { zs::ZSTD_freeDCtx(self.raw.as_ptr()) };
    }
}

/// The size of a frame's content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContentSize {
    Known(u64),
    Unknown,
    /// The bytes are no frame's beginning.
    Error,
}

/// What the header of the frame at the beginning of `bytes` says.
pub fn content_size(bytes: &[u8]) -> ContentSize {
    // SAFETY: pointer and length of a slice.
    match unsafe { zs::ZSTD_getFrameContentSize(bytes.as_ptr().cast(), bytes.len()) } {
        u64::MAX => ContentSize::Unknown,
        size if size == u64::MAX - 1 => ContentSize::Error,
        size => ContentSize::Known(size),
    }
}

/// The number of the dictionary that the frame at the beginning of `bytes` needs; 0 for none.
pub fn frame_dictionary(bytes: &[u8]) -> u32 {
    // SAFETY: pointer and length of a slice.
    unsafe { zs::ZSTD_getDictID_fromFrame(bytes.as_ptr().cast(), bytes.len()) }
}

/// The number of a dictionary; 0 for a raw one.
pub fn dictionary_id(content: &[u8]) -> u32 {
    // SAFETY: pointer and length of a slice.
    unsafe { zs::ZDICT_getDictID(content.as_ptr().cast(), content.len()) }
}

/// The size of the frame at the beginning of `bytes`.
pub fn frame_size(bytes: &[u8]) -> Result<usize, Failure> {
    // SAFETY: pointer and length of a slice.
    checked(unsafe { zs::ZSTD_findFrameCompressedSize(bytes.as_ptr().cast(), bytes.len()) })
}

fn samples_fit(samples: &[u8], sizes: &[usize]) -> Option<u32> {
    let total = sizes.iter().try_fold(0usize, |total, size| total.checked_add(*size))?;
    if total > samples.len() { None } else { u32::try_from(sizes.len()).ok() }
}

fn dictionary_checked(code: usize) -> Result<usize, Failure> {
    // SAFETY: any number is allowed.
    if unsafe { zs::ZDICT_isError(code) } == 0 { Ok(code) } else { Err(Failure(code)) }
}

/// Trains a dictionary into `room` on samples that stand one behind the other. None: the sizes are not theirs.
pub fn train(room: &mut [u8], samples: &[u8], sizes: &[usize]) -> Option<Result<usize, Failure>> {
    let count = samples_fit(samples, sizes)?;
    // SAFETY: pointers and lengths of slices; the sizes add up to what the samples have.
    let code = unsafe {
        zs::ZDICT_trainFromBuffer(room.as_mut_ptr().cast(), room.len(), samples.as_ptr().cast(), sizes.as_ptr(), count)
    };
    Some(dictionary_checked(code))
}

/// Makes a dictionary of given content, with statistics from samples. None: the sizes are not theirs.
pub fn finalize(room: &mut [u8], content: &[u8], samples: &[u8], sizes: &[usize], level: i32) -> Option<Result<usize, Failure>> {
    let count = samples_fit(samples, sizes)?;
    let parameters = zs::ZDICT_params_t { compressionLevel: level, notificationLevel: 0, dictID: 0 };
    // SAFETY: as above.
    let code = unsafe {
        zs::ZDICT_finalizeDictionary(
            room.as_mut_ptr().cast(),
            room.len(),
            content.as_ptr().cast(),
            content.len(),
            samples.as_ptr().cast(),
            sizes.as_ptr(),
            count,
            parameters,
        )
    };
    Some(dictionary_checked(code))
}
