//! `code.h`: values that C programs attach to code objects.

use crate::form::{FromC, Out, capi};
use abi::c_void;
use object::{Borrowed, PyResult, core, error};
use vm::code::{Code, extra};

impl FromC for Option<extra::Free> {
    type C = Option<extra::Free>;
    unsafe fn from_c(value: Self) -> PyResult<Self> {
        Ok(value)
    }
}

fn code_of(code: Borrowed<'_>) -> PyResult<Borrowed<'_, Code>> {
    if code.class().is_type(&core::CODE) { Ok(code.self_as()) } else { Err(error::bad_internal_call()) }
}

capi! {
    fn PyUnstable_Eval_RequestCodeExtraIndex(free: Option<extra::Free>) -> isize {
        extra::request_index(free).map_or(-1, usize::cast_signed)
    }
    fn PyUnstable_Code_GetExtra(code: Borrowed<'_>, index: isize, value: Out<'_, *mut c_void>) -> PyResult<()> {
        value.set(code_of(code)?.extra.get(index));
        Ok(())
    }
    fn PyUnstable_Code_SetExtra(code: Borrowed<'_>, index: isize, value: *mut c_void) -> PyResult<()> {
        code_of(code)?.extra.set(index, value)
    }
}
