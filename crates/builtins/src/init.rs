//! Installs what this crate owes to `object` and completes the static types.
