//! `float`.
