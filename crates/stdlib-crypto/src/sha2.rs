//! `_sha2`: the digests SHA-224, SHA-256, SHA-384 and SHA-512 (CPython's `sha2module.c`).

use crate::plain::plain_type;

plain_type!(Sha224, "SHA224Type", "_sha2", Sha224);
plain_type!(Sha256, "SHA256Type", "_sha2", Sha256);
plain_type!(Sha384, "SHA384Type", "_sha2", Sha384);
plain_type!(Sha512, "SHA512Type", "_sha2", Sha512);

#[macros::pymodule(name = "_sha2")]
pub mod module {
    use object::{Borrowed, PyResult, Ref};

    #[pyattr]
    const _GIL_MINSIZE: usize = crate::GIL_MINSIZE;

    #[pytype]
    type A = super::Sha224;
    #[pytype]
    type B = super::Sha256;
    #[pytype]
    type C = super::Sha384;
    #[pytype]
    type D = super::Sha512;

    /// Return a new SHA-224 hash object; optionally initialized with a string.
    #[pyfunction("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn sha224(data: Option<Borrowed<'_>>, usedforsecurity: bool, string: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _same_either_way = usedforsecurity;
        super::Sha224::create(data, string)
    }

    /// Return a new SHA-256 hash object; optionally initialized with a string.
    #[pyfunction("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn sha256(data: Option<Borrowed<'_>>, usedforsecurity: bool, string: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _same_either_way = usedforsecurity;
        super::Sha256::create(data, string)
    }

    /// Return a new SHA-384 hash object; optionally initialized with a string.
    #[pyfunction("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn sha384(data: Option<Borrowed<'_>>, usedforsecurity: bool, string: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _same_either_way = usedforsecurity;
        super::Sha384::create(data, string)
    }

    /// Return a new SHA-512 hash object; optionally initialized with a string.
    #[pyfunction("($module, /, data=b'', *, usedforsecurity=True, string=None)")]
    fn sha512(data: Option<Borrowed<'_>>, usedforsecurity: bool, string: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _same_either_way = usedforsecurity;
        super::Sha512::create(data, string)
    }
}
