//! Native modules of time.

pub mod convert;
pub mod datetime;
pub mod time;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[&datetime::module::SPEC, &time::module::SPEC];
