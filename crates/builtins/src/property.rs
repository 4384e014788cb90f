//! `property`.
