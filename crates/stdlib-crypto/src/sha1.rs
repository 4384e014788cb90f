//! `_sha1`: the digest SHA1 (CPython's `sha1module.c`).

use crate::plain::plain_type;

plain_type!(Sha1, "sha1", "_sha1", Sha1);

#[macros::pymodule(name = "_sha1")]
pub mod module {
    use object::{Borrowed, PyResult, Ref};

    #[pyattr]
    const _GIL_MINSIZE: usize = crate::GIL_MINSIZE;

    #[pyattr(name = "SHA1Type")]
    fn exposed() -> PyResult<Ref> {
        crate::exposed::<super::Sha1>()
    }

    /// Return a new SHA1 hash object; optionally initialized with a string.
    #[pyfunction("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn sha1(data: Option<Borrowed<'_>>, usedforsecurity: bool, string: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _same_either_way = usedforsecurity;
        super::Sha1::create(data, string)
    }
}
