//! `bytearray`.
