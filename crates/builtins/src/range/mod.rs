//! `range`.
