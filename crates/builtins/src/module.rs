//! `module`.
