//! The pointers and lengths that a C stream sees of an input slice and of a vector's spare room.

/// The most that streams with 32-bit lengths see at once.
const MOST: usize = u32::MAX as usize;

/// A view of input and room for output.
pub(crate) struct Window {
    pub input: *const u8,
    pub input_len: usize,
    pub output: *mut u8,
    pub output_len: usize,
}

impl Window {
    /// As much of `input` as fits 32 bits, and at most `room` bytes of what `output` has spare.
    pub fn new(input: &[u8], output: &mut Vec<u8>, room: usize) -> Window {
        let spare = output.spare_capacity_mut();
        Window {
            input: input.as_ptr(),
            input_len: input.len().min(MOST),
            output: spare.as_mut_ptr().cast(),
            output_len: spare.len().min(room).min(MOST),
        }
    }

    /// The lengths in 32 bits.
    pub fn lengths(&self) -> (u32, u32) {
        // Both are at most `MOST`.
        (u32::try_from(self.input_len).unwrap_or(u32::MAX), u32::try_from(self.output_len).unwrap_or(u32::MAX))
    }

    /// Takes over what a stream did: `left` bytes of the input and `free` of the room remain.
    ///
    /// # Safety
    /// The stream has initialised all of the window's output but its last `free` bytes.
    pub unsafe fn done(&self, input: &mut &[u8], output: &mut Vec<u8>, left: usize, free: usize) {
        let taken = self.input_len.saturating_sub(left);
        *input = input.get(taken..).unwrap_or(&[]);
        let made = self.output_len.saturating_sub(free);
        // SAFETY: by contract those bytes are initialised; they lie inside the capacity.
        unsafe { output.set_len(output.len() + made) };
    }
}
