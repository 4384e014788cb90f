//! `builtin_function_or_method`.
