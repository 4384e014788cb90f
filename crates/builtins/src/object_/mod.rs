//! `object`: the root of all classes.
