//! `errno`.

use macros::pymodule;
use object::value::int;
use object::{Borrowed, PyResult, hooks};

/// This module makes available standard errno system symbols.
///
/// The value of each symbol is the corresponding integer value,
/// e.g., on most systems, errno.ENOENT equals the integer 2.
///
/// The dictionary errno.errorcode maps numeric codes to symbol names,
/// e.g., errno.errorcode[2] could be the string 'ENOENT'.
///
/// Symbols that are not relevant to the underlying system are not defined.
///
/// To map error codes to error messages, use the function os.strerror(),
/// e.g. os.strerror(2) could return 'No such file or directory'.
#[pymodule(name = "errno")]
pub mod module {
    use super::*;

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let codes = (hooks::get().dict_new)()?;
        let namespace = builtins::module::dict_of(module)?;
        for (name, number) in host::errno::NAMES.iter().filter(|(name, _)| *name != "EFTYPE") {
            let (name, number) = ((hooks::get().intern)(name), int::new(i64::from(*number))?);
            (hooks::get().dict_set)(namespace.b(), name.b(), number.b())?;
            (hooks::get().dict_set)(codes.b(), number.b(), name.b())?;
        }
        module.setattr(object::id!("errorcode"), codes.b())
    }
}
