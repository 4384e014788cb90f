//! Native modules of sub-interpreters: `_interpreters`, `_interpqueues`, `_interpchannels`.
//!
//! No object crosses the border between interpreters: what does is [`data::Data`], which is made in one interpreter and becomes an object of
//! another.

pub mod channels;
pub mod data;
pub mod excinfo;
pub mod interpreters;
pub mod queues;
pub mod session;
pub mod support;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[&interpreters::module::SPEC, &queues::module::SPEC, &channels::module::SPEC];
