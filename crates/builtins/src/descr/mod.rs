//! Descriptors: methods, slot wrappers, getset and member descriptors.
