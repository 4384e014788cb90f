//! `_blake2`: BLAKE2b and BLAKE2s with keys, salts and the parameters of trees (CPython's `blake2module.c`).

use crate::algorithm::{Algorithm, State};
use crate::input::{Input, Plain, UnsignedLong, UnsignedLongLong, data_or_string, feed, hex};
use object::shared::Shared;
use object::{Borrowed, CInt, PyResult, Ref, TypeObject, raise};

/// What a variant allows.
struct Limits {
    name: &'static str,
    digest: u8,
    salt: usize,
    offset_bits: u32,
}

const B: Limits = Limits { name: "Blake2b", digest: 64, salt: 16, offset_bits: 64 };
const S: Limits = Limits { name: "Blake2s", digest: 32, salt: 8, offset_bits: 48 };

/// The parameters as Python gives them.
struct Request {
    digest_size: i32,
    key: Plain,
    salt: Plain,
    person: Plain,
    fanout: i32,
    depth: i32,
    leaf_size: u64,
    node_offset: u64,
    node_depth: i32,
    inner_size: i32,
    last_node: bool,
}

/// The same, within the limits.
struct Checked {
    digest_size: u8,
    fanout: u8,
    depth: u8,
    leaf_size: u32,
    node_depth: u8,
    inner_size: u8,
}

impl Request {
    fn check(&self, limits: &Limits) -> PyResult<Checked> {
        let Some(digest_size) = u8::try_from(self.digest_size).ok().filter(|size| (1..=limits.digest).contains(size)) else {
            let (name, most, given) = (limits.name, limits.digest, self.digest_size);
            return Err(raise!(ValueError, "digest_size for {name} must be between 1 and {most} bytes, here it is {given}"));
        };
        for (what, bytes, most) in [("salt", &self.salt, limits.salt), ("person", &self.person, limits.salt)] {
            if bytes.bytes().len() > most {
                return Err(raise!(ValueError, "maximum {what} length is {most} bytes"));
            }
        }
        let byte = |value: i32| u8::try_from(value).ok();
        let fanout = byte(self.fanout).ok_or_else(|| raise!(ValueError, "fanout must be between 0 and 255"))?;
        let depth =
            byte(self.depth).filter(|depth| *depth > 0).ok_or_else(|| raise!(ValueError, "depth must be between 1 and 255"))?;
        let leaf_size = u32::try_from(self.leaf_size).map_err(|_| raise!(OverflowError, "leaf_size is too large"))?;
        if limits.offset_bits < 64 && self.node_offset >> limits.offset_bits != 0 {
            return Err(raise!(OverflowError, "node_offset is too large"));
        }
        let node_depth = byte(self.node_depth).ok_or_else(|| raise!(ValueError, "node_depth must be between 0 and 255"))?;
        let inner_size = byte(self.inner_size)
            .filter(|size| *size <= limits.digest)
            .ok_or_else(|| raise!(ValueError, "inner_size must be between 0 and is {}", limits.digest))?;
        if self.key.bytes().len() > usize::from(limits.digest) {
            return Err(raise!(ValueError, "maximum key length is {} bytes", limits.digest));
        }
        Ok(Checked { digest_size, fanout, depth, leaf_size, node_depth, inner_size })
    }
}

macro_rules! start {
    ($function:ident, $library:ident, $variant:ident, $limits:ident) => {
        fn $function(request: &Request) -> PyResult<State> {
            let checked = request.check(&$limits)?;
            let mut params = $library::Params::new();
            params
                .hash_length(usize::from(checked.digest_size))
                .key(request.key.bytes())
                .salt(request.salt.bytes())
                .personal(request.person.bytes())
                .fanout(checked.fanout)
                .max_depth(checked.depth)
                .max_leaf_length(checked.leaf_size)
                .node_offset(request.node_offset)
                .node_depth(checked.node_depth)
                .inner_hash_length(usize::from(checked.inner_size))
                .last_node(request.last_node);
            Ok(State::$variant(params.to_state()))
        }
    };
}

start!(start_b, blake2b_simd, Blake2b, B);
start!(start_s, blake2s_simd, Blake2s, S);

macro_rules! blake2_type {
    (
        $ty:ident, $python:literal, $algorithm:ident, $start:ident, $salt:literal, $key:literal, $doc:literal, $digest_size:literal
    ) => {
        #[doc = $doc]
        #[macros::pyclass(name = $python, module = "_blake2")]
        pub struct $ty {
            head: abi::PyObject,
            state: Shared<State>,
            digest_size: usize,
        }

        impl $ty {
            fn with_state(class: &TypeObject, state: State, digest_size: usize) -> PyResult<Ref> {
                let value = $ty { head: crate::header(), state: Shared::new(state), digest_size };
                object::memory::new_instance(class, value).map(Ref::upcast)
            }
        }

        #[macros::pymethods]
        impl $ty {
            #[slot(
                tp_new,
                "(data=b'', *, digest_size=None, key=None, salt=None, person=None, fanout=None, depth=None, leaf_size=None, node_offset=None, node_depth=None, inner_size=None, last_node=False, usedforsecurity=True, string=None)"
            )]
            fn new(
                cls: Borrowed<'_, TypeObject>,
                data: Option<Borrowed<'_>>,
                digest_size: Option<CInt>,
                key: Option<Plain>,
                salt: Option<Plain>,
                person: Option<Plain>,
                fanout: Option<CInt>,
                depth: Option<CInt>,
                leaf_size: Option<UnsignedLong>,
                node_offset: Option<UnsignedLongLong>,
                node_depth: Option<CInt>,
                inner_size: Option<CInt>,
                last_node: bool,
                usedforsecurity: bool,
                string: Option<Borrowed<'_>>,
            ) -> PyResult<Ref> {
                let _same_either_way = usedforsecurity;
                let data = data_or_string(data, string)?;
                let int = |value: Option<CInt>, default| value.map_or(default, |value| value.0);
                let request = Request {
                    digest_size: int(digest_size, $digest_size),
                    key: key.unwrap_or(Plain(None)),
                    salt: salt.unwrap_or(Plain(None)),
                    person: person.unwrap_or(Plain(None)),
                    fanout: int(fanout, 1),
                    depth: int(depth, 1),
                    leaf_size: leaf_size.map_or(0, |size| size.0),
                    node_offset: node_offset.map_or(0, |offset| offset.0),
                    node_depth: int(node_depth, 0),
                    inner_size: int(inner_size, 0),
                    last_node,
                };
                let mut state = $start(&request)?;
                feed(&mut state, data)?;
                Self::with_state(&cls, state, usize::try_from(request.digest_size).unwrap_or_default())
            }

            /// Return a copy of the hash object.
            #[method("($self, /)")]
            fn copy(&self) -> PyResult<Ref> {
                Self::with_state(<Self as object::StaticType>::type_object(), self.state.with(false, |state| state.clone()), self.digest_size)
            }

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

            /// Update this hash object's state with the provided bytes-like object.
            #[method("($self, data, /)")]
            fn update(&self, data: Input) {
                let bytes = data.bytes();
                self.state.with(bytes.len() >= crate::GIL_MINSIZE, |state| state.update(bytes));
            }

            #[getter]
            fn name(&self) -> &'static str {
                $python
            }

            #[getter]
            fn block_size(&self) -> usize {
                Algorithm::$algorithm.block_size()
            }

            #[getter]
            fn digest_size(&self) -> usize {
                self.digest_size
            }
        }
    };
}

blake2_type!(
    Blake2b,
    "blake2b",
    Blake2b,
    start_b,
    16,
    64,
    "blake2b(data=b'', *, digest_size=_blake2.blake2b.MAX_DIGEST_SIZE,\n        key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0,\n        node_offset=0, node_depth=0, inner_size=0, last_node=False,\n        usedforsecurity=True, string=None)\n--\n\nReturn a new BLAKE2b hash object.",
    64
);
blake2_type!(
    Blake2s,
    "blake2s",
    Blake2s,
    start_s,
    8,
    32,
    "blake2s(data=b'', *, digest_size=_blake2.blake2s.MAX_DIGEST_SIZE,\n        key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0,\n        node_offset=0, node_depth=0, inner_size=0, last_node=False,\n        usedforsecurity=True, string=None)\n--\n\nReturn a new BLAKE2s hash object.",
    32
);

/// _blake2b provides BLAKE2b for hashlib
#[macros::pymodule(name = "_blake2")]
pub mod module {
    use object::value::{int, str as text};
    use object::{Borrowed, PyResult, StaticType};

    #[pyattr]
    const _GIL_MINSIZE: usize = crate::GIL_MINSIZE;

    #[pytype]
    type A = super::Blake2b;
    #[pytype]
    type B = super::Blake2s;

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let variants = [
            ("BLAKE2B", super::Blake2b::type_object(), [16, 16, 64, 64]),
            ("BLAKE2S", super::Blake2s::type_object(), [8, 8, 32, 32]),
        ];
        for (prefix, class, sizes) in variants {
            for (name, size) in ["SALT_SIZE", "PERSON_SIZE", "MAX_KEY_SIZE", "MAX_DIGEST_SIZE"].into_iter().zip(sizes) {
                let size = int::new(size)?;
                builtins::type_::ready::set_in_dict(class, text::new(name)?.b(), size.b())?;
                module.setattr(text::new(&format!("{prefix}_{name}"))?.b(), size.b())?;
            }
        }
        Ok(())
    }
}
