//! `bool`.
