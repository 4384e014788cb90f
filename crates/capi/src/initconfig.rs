//! `initconfig.h`, PEP 741: the options of the running interpreter by name.

use crate::form::{Out, capi};
use abi::c_int;
use object::value::{int, str as text, tuple};
use object::{PyResult, Ref, core, raise};
use std::ffi::CStr;
use vm::lifecycle::options;

fn option(name: &CStr) -> PyResult<Ref> {
    options::get(&name.to_string_lossy())
}

capi! {
    fn PyConfig_Get(name: &CStr) -> PyResult<Ref> {
        option(name)
    }
    fn PyConfig_GetInt(name: &CStr, value: Out<'_, c_int>) -> PyResult<()> {
        let found = option(name)?;
        if !found.class().is_subtype(&core::INT) {
            return Err(raise!(TypeError, "config option {} is not an int", name.to_string_lossy()));
        }
        let number = int::to_i64(found.b()).and_then(|number| c_int::try_from(number).ok());
        let number = number.ok_or_else(|| raise!(OverflowError, "config option {} value does not fit into a C int", name.to_string_lossy()))?;
        value.set(number);
        Ok(())
    }
    fn PyConfig_Names() -> PyResult<Ref> {
        let names = options::names().map(text::new).collect::<PyResult<Vec<_>>>()?;
        core::FROZENSET.call1(tuple::from_vec(names)?.b())
    }
}
