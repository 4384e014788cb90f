//! `co_lines`, `co_positions`, `co_branches`.
