//! zlib: deflate and inflate streams, and checksums.

use crate::Code;
use crate::window::Window;
use libz_rs_sys as z;
use std::ffi::{CStr, c_int};

/// The library's version: the one that it is compatible with.
pub fn version() -> String {
    // SAFETY: a static C string.
    unsafe { CStr::from_ptr(z::zlibVersion()) }.to_string_lossy().into_owned()
}

/// CRC-32 of `bytes`, going on from `start`.
pub fn crc32(start: u32, bytes: &[u8]) -> u32 {
    // SAFETY: the pointer and the length of a slice.
    low(unsafe { z::crc32_z(start.into(), bytes.as_ptr(), bytes.len()) })
}

/// Adler-32 of `bytes`, going on from `start`.
pub fn adler32(start: u32, bytes: &[u8]) -> u32 {
    // SAFETY: the pointer and the length of a slice.
    low(unsafe { z::adler32_z(start.into(), bytes.as_ptr(), bytes.len()) })
}

fn low(checksum: u64) -> u32 {
    u32::try_from(checksum & u64::from(u32::MAX)).unwrap_or_default()
}

/// Where nothing can be written: the library refuses null even when there is no room.
fn nowhere() -> *mut u8 {
    std::ptr::NonNull::dangling().as_ptr()
}

/// A stream does not move: its state points back at it.
struct Raw(Box<z::z_stream>);

impl Raw {
    fn new() -> Raw {
        let mut raw = Raw(Box::default());
        raw.0.next_out = nowhere();
        raw
    }

    fn message(&self) -> Option<String> {
        let message = self.0.msg;
        // SAFETY: zlib's messages are static C strings.
        (!message.is_null()).then(|| unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned())
    }

    fn step(
        &mut self,
        input: &mut &[u8],
        output: &mut Vec<u8>,
        room: usize,
        flush: Code,
        function: unsafe extern "C" fn(*mut z::z_stream, c_int) -> c_int,
    ) -> Code {
        let window = Window::new(input, output, room);
        let stream = &mut *self.0;
        (stream.avail_in, stream.avail_out) = window.lengths();
        stream.next_in = window.input;
        stream.next_out = window.output;
        // SAFETY: the stream is initialised; its pointers and lengths are the window's.
        let code = unsafe { function(stream, flush) };
        let (left, free) = (stream.avail_in as usize, stream.avail_out as usize);
        stream.next_in = std::ptr::null();
        stream.next_out = nowhere();
        (stream.avail_in, stream.avail_out) = (0, 0);
        // SAFETY: zlib has written everything before `avail_out`.
        unsafe { window.done(input, output, left, free) };
        code
    }
}

fn length(bytes: &[u8]) -> Option<u32> {
    u32::try_from(bytes.len()).ok()
}

/// How a deflate stream is set up.
#[derive(Clone, Copy)]
pub struct Settings {
    pub level: i32,
    pub method: i32,
    pub window_bits: i32,
    pub memory_level: i32,
    pub strategy: i32,
}

/// A stream that compresses.
pub struct Deflate(Raw);

impl Deflate {
    pub fn new(settings: Settings) -> Result<Deflate, (Code, Option<String>)> {
        let mut raw = Raw::new();
        let Settings { level, method, window_bits, memory_level, strategy } = settings;
        // SAFETY: a fresh stream with the default allocator.
        let code = unsafe {
            z::deflateInit2_(
                &mut *raw.0,
                level,
                method,
                window_bits,
                memory_level,
                strategy,
                z::zlibVersion(),
                size_of::<z::z_stream>() as c_int,
            )
        };
        if code == z::Z_OK { Ok(Deflate(raw)) } else { Err((code, raw.message())) }
    }

    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> Code {
        let Some(len) = length(dictionary) else { return z::Z_STREAM_ERROR };
        // SAFETY: an initialised stream; pointer and length of a slice.
        unsafe { z::deflateSetDictionary(&mut *self.0.0, dictionary.as_ptr(), len) }
    }

    pub fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize, flush: Code) -> Code {
        self.0.step(input, output, room, flush, z::deflate)
    }

    /// A stream in the same state.
    pub fn try_clone(&mut self) -> Result<Deflate, Code> {
        let mut copy = Raw::new();
        // SAFETY: the source is initialised; the copy is made of zeroes as if fresh.
        let code = unsafe { z::deflateCopy(&mut *copy.0, &mut *self.0.0) };
        if code == z::Z_OK { Ok(Deflate(copy)) } else { Err(code) }
    }

    pub fn message(&self) -> Option<String> {
        self.0.message()
    }
}

impl Drop for Deflate {
    fn drop(&mut self) {
        // SAFETY: an initialised stream, ended once.
        unsafe { z::deflateEnd(&mut *self.0.0) };
    }
}

/// A stream that decompresses.
pub struct Inflate {
    raw: Raw,
    /// The message of the first bad data: asked again, the library says only that it failed before.
    failure: Option<String>,
}

impl Inflate {
    pub fn new(window_bits: i32) -> Result<Inflate, (Code, Option<String>)> {
        let mut raw = Raw::new();
        // SAFETY: a fresh stream with the default allocator.
        let code = unsafe { z::inflateInit2_(&mut *raw.0, window_bits, z::zlibVersion(), size_of::<z::z_stream>() as c_int) };
        if code == z::Z_OK { Ok(Inflate { raw, failure: None }) } else { Err((code, raw.message())) }
    }

    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> Code {
        let Some(len) = length(dictionary) else { return z::Z_STREAM_ERROR };
        // SAFETY: an initialised stream; pointer and length of a slice.
        unsafe { z::inflateSetDictionary(&mut *self.raw.0, dictionary.as_ptr(), len) }
    }

    pub fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize, flush: Code) -> Code {
        let code = self.raw.step(input, output, room, flush, z::inflate);
        if code == z::Z_DATA_ERROR && self.failure.is_none() {
            self.failure = self.raw.message();
        }
        code
    }

    /// A stream in the same state.
    pub fn try_clone(&mut self) -> Result<Inflate, Code> {
        let mut copy = Raw::new();
        // SAFETY: the source is initialised; the copy is made of zeroes as if fresh.
        let code = unsafe { z::inflateCopy(&mut *copy.0, &*self.raw.0) };
        if code == z::Z_OK { Ok(Inflate { raw: copy, failure: self.failure.clone() }) } else { Err(code) }
    }

    pub fn message(&self) -> Option<String> {
        self.failure.clone().or_else(|| self.raw.message())
    }
}

impl Drop for Inflate {
    fn drop(&mut self) {
        // SAFETY: an initialised stream, ended once.
        unsafe { z::inflateEnd(&mut *self.raw.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::{Deflate, Inflate, Settings, adler32, crc32};

    #[test]
    fn there_and_back() {
        let settings = Settings { level: -1, method: 8, window_bits: 15, memory_level: 8, strategy: 0 };
        let data = b"to be or not to be ".repeat(20);
        let mut packed = Vec::with_capacity(200);
        let Ok(mut deflate) = Deflate::new(settings) else { panic!("no stream") };
        assert_eq!(deflate.step(&mut &data[..], &mut packed, 200, 4), 1);
        let mut unpacked = Vec::with_capacity(1000);
        let Ok(mut inflate) = Inflate::new(15) else { panic!("no stream") };
        let mut input = &packed[..];
        assert_eq!(inflate.step(&mut input, &mut unpacked, 10, 2), 0);
        assert_eq!(unpacked, b"to be or n");
        assert_eq!(inflate.step(&mut input, &mut unpacked, 1000, 2), 1);
        assert_eq!(unpacked, data);
    }

    #[test]
    fn checksums() {
        assert_eq!(crc32(0, b"123456789"), 0xCBF4_3926);
        assert_eq!(adler32(1, b"Wikipedia"), 0x11E6_0398);
    }
}
