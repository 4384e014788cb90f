//! The units in which strings are kept: 1, 2 or 4 bytes a code point (PEP 393).

/// A code point in one, two or four bytes.
pub trait Unit: Copy + Eq + Ord + Into<u32> + 'static {
    /// The largest code point that fits.
    const MAX: u32;

    /// The code point in this width, where it fits.
    fn from_code(code: u32) -> Option<Self>;

    /// The slice as bytes, where the units are such.
    #[inline]
    fn as_bytes(_units: &[Self]) -> Option<&[u8]> {
        None
    }
}

impl Unit for u8 {
    const MAX: u32 = 0xFF;

    #[inline]
    fn from_code(code: u32) -> Option<Self> {
        u8::try_from(code).ok()
    }

    #[inline]
    fn as_bytes(units: &[Self]) -> Option<&[u8]> {
        Some(units)
    }
}

impl Unit for u16 {
    const MAX: u32 = 0xFFFF;

    #[inline]
    fn from_code(code: u32) -> Option<Self> {
        u16::try_from(code).ok()
    }
}

impl Unit for u32 {
    const MAX: u32 = 0x10FFFF;

    #[inline]
    fn from_code(code: u32) -> Option<Self> {
        Some(code)
    }
}
