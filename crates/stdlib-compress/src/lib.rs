//! Native modules of compression.
/// The modules of this crate.
pub static MODULES: &[&object::spec::ModuleSpec] = &[];
