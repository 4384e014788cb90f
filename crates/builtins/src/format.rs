//! `format(value, spec)`: the door through which f-strings, `str.format` and the builtin go.

use crate::float::Float;
use crate::int::Int;
use crate::str_::Str;
use object::convert;
use object::value::str::{self as text, Data};
use object::{Borrowed, PyResult, Ref, core, memory};
use smallvec::SmallVec;

/// `format(value, spec)`. The three classes whose objects are formatted most are not asked for their `__format__`: nobody can change it.
///
/// Errors: those of `__format__`; TypeError where it gives no str.
pub fn format(value: Borrowed<'_>, spec: Borrowed<'_>) -> PyResult<Ref> {
    let class = value.class();
    if text::check_exact(&spec) {
        let spec = || convert::Str(spec);
        if class.is_type(&core::INT) {
            return Int::__format__(value, spec());
        }
        if class.is_type(&core::STR) {
            return Str::__format__(value, spec());
        }
        if class.is_type(&core::FLOAT) {
            return Float::__format__(value, spec());
        }
    }
    value.format(spec)
}

/// The code points of a specification; short ones need no memory of their own.
pub(crate) fn codes(spec: Data<'_>) -> PyResult<SmallVec<[u32; 16]>> {
    let mut codes = SmallVec::new();
    codes.try_reserve(spec.len()).map_err(|_| memory::no_memory())?;
    codes.extend(spec.iter());
    Ok(codes)
}
