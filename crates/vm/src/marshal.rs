//! The native module `marshal`: code and constants as bytes and back.
