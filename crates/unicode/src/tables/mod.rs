//! The generated tables. Two levels: an index of blocks of 128 code points, and the blocks, each stored once.

pub(crate) mod aliases;
pub(crate) mod ctype;
pub(crate) mod database;
pub(crate) mod decomposition;

/// Bits of a code point that choose within a block.
const SHIFT: u32 = 7;

/// The value of a code point; the default beyond U+10FFFF.
#[inline]
pub(crate) fn look_up<I: Copy + Into<u32>, B: Copy + Into<u32> + Default>(index: &[I], blocks: &[B], code: u32) -> usize {
    let block = index.get((code >> SHIFT) as usize).map_or(0, |&block| block.into());
    let offset = (block << SHIFT) | (code & ((1 << SHIFT) - 1));
    blocks.get(offset as usize).copied().unwrap_or_default().into() as usize
}
