//! `typing.Union`.
