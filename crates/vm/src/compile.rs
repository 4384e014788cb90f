//! Source text to code objects: what `compile`, `exec` and `eval` share.
