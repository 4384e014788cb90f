//! `dict`.
