//! Native modules of the standard library: os.

mod errno;
mod path;
mod posix;
mod posixsubprocess;
mod resource;
mod select;
mod signal;
mod stat_module;
mod support;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[
    &posix::module::SPEC,
    &errno::module::SPEC,
    &stat_module::module::SPEC,
    &signal::module::SPEC,
    &posixsubprocess::module::SPEC,
    &select::module::SPEC,
    &resource::module::SPEC,
];
