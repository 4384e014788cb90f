//! Function objects and how their arguments are bound.
