//! Struct sequences: tuples with named fields.
