//! `type`: completing types, classes made by programs, slots, the method cache.
