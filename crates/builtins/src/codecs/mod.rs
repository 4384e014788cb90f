//! Codec machinery.
