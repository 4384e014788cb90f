//! Native modules of the standard library: os.

mod errno;
mod faulthandler;
mod fcntl;
mod grp;
mod locale;
mod mmap;
mod path;
mod posix;
mod posixshmem;
mod posixsubprocess;
mod pwd;
mod resource;
mod select;
mod signal;
mod stat_module;
mod support;
mod syslog;
mod termios;

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
    &fcntl::module::SPEC,
    &faulthandler::module::SPEC,
    &pwd::module::SPEC,
    &grp::module::SPEC,
    &termios::module::SPEC,
    &syslog::module::SPEC,
    &locale::module::SPEC,
    &mmap::module::SPEC,
    &posixshmem::module::SPEC,
];
