//! `None`, `NotImplemented`, `Ellipsis`: their types.
