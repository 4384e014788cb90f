//! Native modules of time.

pub mod convert;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[];
