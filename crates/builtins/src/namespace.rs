//! `types.SimpleNamespace`.
