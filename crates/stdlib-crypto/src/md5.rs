//! `_md5`: the digest MD5 (CPython's `md5module.c`).

use crate::plain::plain_type;

plain_type!(Md5, "md5", "_md5", Md5);

#[macros::pymodule(name = "_md5")]
pub mod module {
    use object::{Borrowed, PyResult, Ref};

    #[pyattr]
    const _GIL_MINSIZE: usize = crate::GIL_MINSIZE;

    #[pyattr(name = "MD5Type")]
    fn exposed() -> PyResult<Ref> {
        crate::exposed::<super::Md5>()
    }

    /// Return a new MD5 hash object; optionally initialized with a string.
    #[pyfunction("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn md5(data: Option<Borrowed<'_>>, usedforsecurity: bool, string: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _same_either_way = usedforsecurity;
        super::Md5::create(data, string)
    }
}
