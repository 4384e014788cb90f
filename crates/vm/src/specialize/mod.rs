//! Adaptive specialisation (PEP 659): instructions rewrite themselves, in the interpreter's own copy, to what they see.

/// What an adaptive counter begins at.
pub const WARMUP: u16 = 17;
