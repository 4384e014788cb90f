//! The native module `_ast` and the conversions between its objects and the syntax tree.
