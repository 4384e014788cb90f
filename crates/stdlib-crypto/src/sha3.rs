//! `_sha3`: the SHA-3 digests and the SHAKE functions (CPython's `sha3module.c`).

use crate::algorithm::{Algorithm, State};
use crate::input::{Input, UnsignedLong, data_or_string, feed, hex};
use object::shared::Shared;
use object::{Borrowed, PyResult, Ref, TypeObject, raise};

/// The longest digest that SHAKE gives (CPython's `MAX_SHAKE_DIGEST_SIZE`, 2**29).
const LONGEST: u64 = 1 << 29;

fn start(algorithm: Algorithm, data: Option<Borrowed<'_>>, string: Option<Borrowed<'_>>) -> PyResult<State> {
    let mut state = algorithm.start();
    feed(&mut state, data_or_string(data, string)?)?;
    Ok(state)
}

/// `length` bytes of a SHAKE.
fn shaken(state: &Shared<State>, length: u64) -> PyResult<Vec<u8>> {
    match usize::try_from(length) {
        Ok(len) if length < LONGEST => state.with(false, |state| state.clone()).read(len),
        _ => Err(raise!(ValueError, "length is too large")),
    }
}

/// The bits that a block of input fills; the rest of the 1600 are the capacity.
const fn rate_bits(algorithm: Algorithm) -> usize {
    algorithm.block_size() * 8
}

macro_rules! sha3_type {
    ($ty:ident, $python:literal, $algorithm:ident, $suffix:literal, $doc:literal, { $($digest:tt)* }) => {
        #[doc = $doc]
        #[macros::pyclass(name = $python, module = "_sha3")]
        pub struct $ty {
            head: abi::PyObject,
            state: Shared<State>,
        }

        impl $ty {
            const ALGORITHM: Algorithm = Algorithm::$algorithm;

            fn with_state(class: &TypeObject, state: State) -> PyResult<Ref> {
                let value = $ty { head: crate::header(), state: Shared::new(state) };
                object::memory::new_instance(class, value).map(Ref::upcast)
            }
        }

        #[macros::pymethods]
        impl $ty {
            #[slot(tp_new, "(data=b'', *, usedforsecurity=True, string=None)")]
            fn new(
                cls: Borrowed<'_, TypeObject>,
                data: Option<Borrowed<'_>>,
                usedforsecurity: bool,
                string: Option<Borrowed<'_>>,
            ) -> PyResult<Ref> {
                let _same_either_way = usedforsecurity;
                Self::with_state(&cls, start(Self::ALGORITHM, data, string)?)
            }

            /// Return a copy of the hash object.
            #[method("($self, /)")]
            fn copy(&self) -> PyResult<Ref> {
                Self::with_state(<Self as object::StaticType>::type_object(), self.state.with(false, |state| state.clone()))
            }

            $($digest)*

            /// Update this hash object's state with the provided bytes-like object.
            #[method("($self, data, /)")]
            fn update(&self, data: Input) {
                let bytes = data.bytes();
                self.state.with(bytes.len() >= crate::GIL_MINSIZE, |state| state.update(bytes));
            }

            #[getter]
            fn block_size(&self) -> usize {
                Self::ALGORITHM.block_size()
            }

            #[getter]
            fn name(&self) -> &'static str {
                Self::ALGORITHM.name()
            }

            #[getter]
            fn digest_size(&self) -> usize {
                Self::ALGORITHM.digest_size()
            }

            #[getter]
            fn _capacity_bits(&self) -> usize {
                1600 - rate_bits(Self::ALGORITHM)
            }

            #[getter]
            fn _rate_bits(&self) -> usize {
                rate_bits(Self::ALGORITHM)
            }

            #[getter]
            fn _suffix(&self) -> &'static [u8] {
                $suffix
            }
        }
    };
}

macro_rules! sha3_fixed {
    ($ty:ident, $python:literal, $doc:literal) => {
        sha3_type!($ty, $python, $ty, b"\x06", $doc, {
            /// Return the digest value as a bytes object.
            #[method("($self, /)")]
            fn digest(&self) -> Vec<u8> {
                self.state.with(false, |state| state.clone()).finish()
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[method("($self, /)")]
            fn hexdigest(&self) -> String {
                hex(&self.state.with(false, |state| state.clone()).finish())
            }
        });
    };
}

macro_rules! shake_type {
    ($ty:ident, $python:literal, $doc:literal) => {
        sha3_type!($ty, $python, $ty, b"\x1f", $doc, {
            /// Return the digest value as a bytes object.
            #[method("($self, /, length)")]
            fn digest(&self, length: UnsignedLong) -> PyResult<Vec<u8>> {
                shaken(&self.state, length.0)
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[method("($self, /, length)")]
            fn hexdigest(&self, length: UnsignedLong) -> PyResult<String> {
                shaken(&self.state, length.0).map(|bytes| hex(&bytes))
            }
        });
    };
}

sha3_fixed!(
    Sha3_224,
    "sha3_224",
    "sha3_224([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 28 bytes."
);
sha3_fixed!(
    Sha3_256,
    "sha3_256",
    "sha3_256([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 32 bytes."
);
sha3_fixed!(
    Sha3_384,
    "sha3_384",
    "sha3_384([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 48 bytes."
);
sha3_fixed!(
    Sha3_512,
    "sha3_512",
    "sha3_512([data], *, usedforsecurity=True) -> SHA3 object\n\nReturn a new SHA3 hash object with a hashbit length of 64 bytes."
);
shake_type!(
    Shake128,
    "shake_128",
    "shake_128([data], *, usedforsecurity=True) -> SHAKE object\n\nReturn a new SHAKE hash object."
);
shake_type!(
    Shake256,
    "shake_256",
    "shake_256([data], *, usedforsecurity=True) -> SHAKE object\n\nReturn a new SHAKE hash object."
);

#[macros::pymodule(name = "_sha3")]
pub mod module {
    #[pyattr]
    const _GIL_MINSIZE: usize = crate::GIL_MINSIZE;

    /// Programs only look at this to tell old builds apart; it stays CPython's word.
    #[pyattr(name = "implementation")]
    const IMPLEMENTATION: &str = "HACL";

    #[pytype]
    type A = super::Sha3_224;
    #[pytype]
    type B = super::Sha3_256;
    #[pytype]
    type C = super::Sha3_384;
    #[pytype]
    type D = super::Sha3_512;
    #[pytype]
    type E = super::Shake128;
    #[pytype]
    type F = super::Shake256;
}
