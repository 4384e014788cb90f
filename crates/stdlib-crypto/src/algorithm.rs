//! The algorithms: their names and sizes, and a state of any of them.

use digest::{Digest, ExtendableOutput, Update, XofReader};
use object::{PyResult, memory};

macro_rules! fixed {
    ($($name:ident($ty:ty) $text:literal, $block:literal, $size:literal;)*) => {
        /// An algorithm.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Algorithm {
            $($name,)*
            Shake128,
            Shake256,
            Blake2b,
            Blake2s,
        }

        impl Algorithm {
            /// Those whose digests have one size, and BLAKE2 with its largest.
            pub const FIXED: &[Algorithm] = &[$(Algorithm::$name,)* Algorithm::Blake2b, Algorithm::Blake2s];

            /// Python's name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Algorithm::$name => $text,)*
                    Algorithm::Shake128 => "shake_128",
                    Algorithm::Shake256 => "shake_256",
                    Algorithm::Blake2b => "blake2b",
                    Algorithm::Blake2s => "blake2s",
                }
            }

            /// Bytes that are hashed at once.
            pub const fn block_size(self) -> usize {
                match self {
                    $(Algorithm::$name => $block,)*
                    Algorithm::Shake128 => 168,
                    Algorithm::Shake256 => 136,
                    Algorithm::Blake2b => 128,
                    Algorithm::Blake2s => 64,
                }
            }

            /// Bytes of a digest, by default for BLAKE2; 0 where the caller says how many.
            pub const fn digest_size(self) -> usize {
                match self {
                    $(Algorithm::$name => $size,)*
                    Algorithm::Shake128 | Algorithm::Shake256 => 0,
                    Algorithm::Blake2b => 64,
                    Algorithm::Blake2s => 32,
                }
            }

            /// The state before any input.
            pub fn start(self) -> State {
                match self {
                    $(Algorithm::$name => State::$name(<$ty as Digest>::new()),)*
                    Algorithm::Shake128 => State::Shake128(shake::Shake128::default()),
                    Algorithm::Shake256 => State::Shake256(shake::Shake256::default()),
                    Algorithm::Blake2b => State::Blake2b(blake2b_simd::State::new()),
                    Algorithm::Blake2s => State::Blake2s(blake2s_simd::State::new()),
                }
            }
        }

        /// A digest in the making.
        #[derive(Clone)]
        pub enum State {
            $($name($ty),)*
            Shake128(shake::Shake128),
            Shake256(shake::Shake256),
            Blake2b(blake2b_simd::State),
            Blake2s(blake2s_simd::State),
        }

        impl State {
            /// Takes further input.
            pub fn update(&mut self, bytes: &[u8]) {
                match self {
                    $(State::$name(state) => Digest::update(state, bytes),)*
                    State::Shake128(state) => state.update(bytes),
                    State::Shake256(state) => state.update(bytes),
                    State::Blake2b(state) => {
                        state.update(bytes);
                    }
                    State::Blake2s(state) => {
                        state.update(bytes);
                    }
                }
            }

            /// The digest. Empty for SHAKE, which needs a length: see [`State::read`].
            pub fn finish(self) -> Vec<u8> {
                match self {
                    $(State::$name(state) => state.finalize().to_vec(),)*
                    State::Shake128(_) | State::Shake256(_) => Vec::new(),
                    State::Blake2b(state) => state.finalize().as_bytes().to_vec(),
                    State::Blake2s(state) => state.finalize().as_bytes().to_vec(),
                }
            }
        }
    };
}

fixed! {
    Md5(md5::Md5) "md5", 64, 16;
    Sha1(sha1::Sha1) "sha1", 64, 20;
    Sha224(sha2::Sha224) "sha224", 64, 28;
    Sha256(sha2::Sha256) "sha256", 64, 32;
    Sha384(sha2::Sha384) "sha384", 128, 48;
    Sha512(sha2::Sha512) "sha512", 128, 64;
    Sha3_224(sha3::Sha3_224) "sha3_224", 144, 28;
    Sha3_256(sha3::Sha3_256) "sha3_256", 136, 32;
    Sha3_384(sha3::Sha3_384) "sha3_384", 104, 48;
    Sha3_512(sha3::Sha3_512) "sha3_512", 72, 64;
}

impl State {
    /// `len` bytes of an extendable digest; of any other, its digest.
    pub fn read(self, len: usize) -> PyResult<Vec<u8>> {
        let mut out = memory::vec_with_capacity(len)?;
        match self {
            State::Shake128(state) => {
                out.resize(len, 0);
                state.finalize_xof().read(&mut out);
            }
            State::Shake256(state) => {
                out.resize(len, 0);
                state.finalize_xof().read(&mut out);
            }
            other => out = other.finish(),
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::Algorithm;

    #[test]
    fn digests_have_their_size() {
        for algorithm in Algorithm::FIXED {
            assert_eq!(algorithm.start().finish().len(), algorithm.digest_size(), "{algorithm:?}");
        }
    }
}
