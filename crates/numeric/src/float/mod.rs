//! Doubles: their text both ways, hashing, rounding, packing.

mod format;
mod hash;
mod hex;
mod pack;
mod parse;
mod round;
mod scale;
mod scaled;

pub use format::{Code, Flags, FormatError, format_double, repr};
pub use hash::{HASH_INF, RatioError, as_integer_ratio, hash};
pub use hex::{HexError, from_hex, hex};
pub use pack::{Overflow, f16_from_bits, f16_to_bits, f32_from_bits, f32_to_bits};
pub(crate) use parse::trim;
pub use parse::{parse, parse_prefix, without_underscores};
pub use round::{RoundError, round_to_digits};
pub use scale::{frexp, ldexp};
pub use scaled::{FIXED_ROOM, fixed};
