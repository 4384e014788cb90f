//! `enumerate` and `reversed`.
