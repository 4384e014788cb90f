//! What a pickler has written and not yet handed to its file, in frames (PEP 3154).

use super::opcode::{FRAME, FRAME_HEADER, FRAME_MIN, FRAME_TARGET};
use object::{PyResult, memory};

/// Bytes that a fresh output has room for.
const START: usize = 4096;

/// The bytes so far. Inside of frames the header's place is kept free until the frame is closed.
pub struct Output {
    bytes: Vec<u8>,
    framing: bool,
    /// Where the open frame's header stands.
    frame: Option<usize>,
}

impl Output {
    /// An empty output.
    pub fn new() -> PyResult<Output> {
        Ok(Output { bytes: memory::vec_with_capacity(START)?, framing: false, frame: None })
    }

    /// Begins to put what follows into frames, or ends that.
    pub fn set_framing(&mut self, framing: bool) {
        self.close_frame();
        self.framing = framing;
    }

    /// Whether what is written goes into frames.
    pub fn is_framing(&self) -> bool {
        self.framing
    }

    /// Adds bytes, in a new frame if none is open.
    pub fn put(&mut self, bytes: &[u8]) -> PyResult<()> {
        memory::reserve(&mut self.bytes, bytes.len().saturating_add(FRAME_HEADER))?;
        if self.framing && self.frame.is_none() {
            self.frame = Some(self.bytes.len());
            self.bytes.extend_from_slice(&[0; FRAME_HEADER]);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Closes the open frame if it is long enough; says whether it was.
    pub fn close_full_frame(&mut self) -> bool {
        let full = self.frame.is_some_and(|start| self.bytes.len() - start - FRAME_HEADER >= FRAME_TARGET);
        if full {
            self.close_frame();
        }
        full
    }

    /// Closes the open frame: writes its header, or takes its place away where the frame is too short for one.
    pub fn close_frame(&mut self) {
        let Some(start) = self.frame.take() else { return };
        let len = self.bytes.len() - start - FRAME_HEADER;
        if len < FRAME_MIN {
            self.bytes.drain(start..start + FRAME_HEADER);
        } else if let Some(header) = self.bytes.get_mut(start..start + FRAME_HEADER) {
            let (code, length) = header.split_at_mut(1);
            code.fill(FRAME);
            length.copy_from_slice(&(len as u64).to_le_bytes());
        }
    }

    /// Hands out what was written.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Bytes in memory, as a bytes object of this room would count.
    pub fn size_of(&self) -> usize {
        if self.bytes.capacity() == 0 { 0 } else { self.bytes.capacity() + 33 }
    }
}
