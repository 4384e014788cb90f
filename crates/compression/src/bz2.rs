//! bzip2: streams that compress and decompress.

use crate::Code;
use crate::window::Window;
use libbz2_rs_sys as bz;
use std::ffi::c_int;

fn empty() -> Box<bz::bz_stream> {
    Box::new(bz::bz_stream {
        next_in: std::ptr::null(),
        avail_in: 0,
        total_in_lo32: 0,
        total_in_hi32: 0,
        next_out: std::ptr::null_mut(),
        avail_out: 0,
        total_out_lo32: 0,
        total_out_hi32: 0,
        state: std::ptr::null_mut(),
        bzalloc: None,
        bzfree: None,
        opaque: std::ptr::null_mut(),
    })
}

fn step(
    stream: &mut bz::bz_stream,
    input: &mut &[u8],
    output: &mut Vec<u8>,
    room: usize,
    function: impl FnOnce(&mut bz::bz_stream) -> c_int,
) -> Code {
    let window = Window::new(input, output, room);
    (stream.avail_in, stream.avail_out) = window.lengths();
    stream.next_in = window.input.cast();
    stream.next_out = window.output.cast();
    let code = function(stream);
    let (left, free) = (stream.avail_in as usize, stream.avail_out as usize);
    stream.next_in = std::ptr::null();
    stream.next_out = std::ptr::null_mut();
    (stream.avail_in, stream.avail_out) = (0, 0);
    // SAFETY: bzip2 has written everything before `avail_out`.
    unsafe { window.done(input, output, left, free) };
    code
}

/// A stream that compresses.
pub struct Compress(Box<bz::bz_stream>);

impl Compress {
    pub fn new(level: i32) -> Result<Compress, Code> {
        let mut stream = empty();
        // SAFETY: a fresh stream with the default allocator.
        let code = unsafe { bz::BZ2_bzCompressInit(&mut *stream, level, 0, 0) };
        if code == bz::BZ_OK { Ok(Compress(stream)) } else { Err(code) }
    }

    pub fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize, action: Code) -> Code {
        // SAFETY: the stream is initialised; its pointers and lengths are the window's.
        step(&mut self.0, input, output, room, |stream| unsafe { bz::BZ2_bzCompress(stream, action) })
    }
}

impl Drop for Compress {
    fn drop(&mut self) {
        // SAFETY: an initialised stream, ended once.
        unsafe { bz::BZ2_bzCompressEnd(&mut *self.0) };
    }
}

/// A stream that decompresses.
pub struct Decompress(Box<bz::bz_stream>);

impl Decompress {
    pub fn new() -> Result<Decompress, Code> {
        let mut stream = empty();
        // SAFETY: a fresh stream with the default allocator.
        let code = unsafe { bz::BZ2_bzDecompressInit(&mut *stream, 0, 0) };
        if code == bz::BZ_OK { Ok(Decompress(stream)) } else { Err(code) }
    }

    pub fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize) -> Code {
        // SAFETY: the stream is initialised; its pointers and lengths are the window's.
        step(&mut self.0, input, output, room, |stream| unsafe { bz::BZ2_bzDecompress(stream) })
    }
}

impl Drop for Decompress {
    fn drop(&mut self) {
        // SAFETY: an initialised stream, ended once.
        unsafe { bz::BZ2_bzDecompressEnd(&mut *self.0) };
    }
}
