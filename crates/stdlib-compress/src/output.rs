//! What a stream writes: a vector that grows while the GIL is released, up to a limit.

use object::{Raised, raise};

/// The first block; each further one doubles what there is.
const BLOCK: usize = 32 * 1024;

/// There is no memory for more output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoMemory;

impl NoMemory {
    #[cold]
    pub fn raise(self) -> Raised {
        raise!(MemoryError, "Unable to allocate output buffer.")
    }
}

/// Output in the making.
pub struct Output {
    pub bytes: Vec<u8>,
    limit: usize,
}

impl Output {
    /// Output without limit.
    pub fn unlimited() -> Output {
        Output { bytes: Vec::new(), limit: usize::MAX }
    }

    /// At most `limit` bytes; a negative number is no limit.
    pub fn limited(limit: isize) -> Output {
        Output { bytes: Vec::new(), limit: usize::try_from(limit).unwrap_or(usize::MAX) }
    }

    /// Room for `len` bytes from the beginning.
    pub fn reserve(&mut self, len: usize) -> Result<(), NoMemory> {
        self.bytes.try_reserve_exact(len).map_err(|_| NoMemory)
    }

    /// Whether the limit is reached.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= self.limit
    }

    /// How many bytes may be written next; 0 at the limit.
    pub fn room(&mut self) -> Result<usize, NoMemory> {
        let left = self.limit.saturating_sub(self.bytes.len());
        if self.bytes.len() == self.bytes.capacity() && left > 0 {
            let more = self.bytes.len().max(BLOCK).min(left);
            self.bytes.try_reserve_exact(more).map_err(|_| NoMemory)?;
        }
        Ok(left.min(self.bytes.capacity() - self.bytes.len()))
    }
}
