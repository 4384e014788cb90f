//! `PyCapsule`.
