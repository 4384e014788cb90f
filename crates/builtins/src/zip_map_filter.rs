//! `zip`, `map`, `filter`.
