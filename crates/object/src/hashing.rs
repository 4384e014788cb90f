//! The hash of strings and bytes: SipHash-1-3 under a key of the process, and the hash of addresses (CPython's `pyhash.c`).

use siphasher::sip::SipHasher13;
use std::hash::Hasher;
use std::sync::atomic::{AtomicU64, Ordering};

static KEY: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];

/// How the key comes about: `PYTHONHASHSEED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// A random key.
    Random,
    /// 0: no randomisation. Others: the same key in each process.
    Fixed(u32),
}

/// Sets the key. Call once, before the first string is hashed.
pub fn init(seed: Seed) {
    let mut secret = [0u8; 24];
    match seed {
        Seed::Fixed(0) => {}
        Seed::Fixed(seed) => fill_from_seed(seed, &mut secret),
        Seed::Random => {
            // Without the system's random bytes the key stays a fixed one.
            // SAFETY: the buffer has as many bytes as are asked for.
            let filled = unsafe { libc::getrandom(secret.as_mut_ptr().cast(), secret.len(), libc::GRND_NONBLOCK) };
            if filled != secret.len().cast_signed() {
                fill_from_seed(std::process::id(), &mut secret);
            }
        }
    }
    for (word, bytes) in KEY.iter().zip(secret.chunks_exact(8)) {
        word.store(bytes.try_into().map_or(0, u64::from_le_bytes), Ordering::Relaxed);
    }
}

/// CPython's `lcg_urandom`: the same bytes for the same seed.
fn fill_from_seed(seed: u32, secret: &mut [u8]) {
    let mut state = seed;
    for byte in secret {
        state = state.wrapping_mul(214_013).wrapping_add(2_531_011);
        *byte = (state >> 16 & 0xFF) as u8;
    }
}

/// The hash of a block of bytes; 0 for none, never -1.
#[inline]
pub fn bytes(data: &[u8]) -> isize {
    if data.is_empty() {
        return 0;
    }
    let mut hasher = SipHasher13::new_with_keys(KEY[0].load(Ordering::Relaxed), KEY[1].load(Ordering::Relaxed));
    hasher.write(data);
    match hasher.finish().cast_signed() as isize {
        -1 => -2,
        hash => hash,
    }
}

/// The hash of an address.
#[inline]
pub fn pointer<T>(ptr: *const T) -> isize {
    match ptr.addr().rotate_right(4).cast_signed() {
        -1 => -2,
        hash => hash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_seed_gives_cpythons_hashes() {
        // PYTHONHASHSEED=0 python3.14 -c "print(hash('a'), hash(b'abc'))"
        init(Seed::Fixed(0));
        assert_eq!(bytes(b"a"), HASH_A);
        assert_eq!(bytes(b"abc"), HASH_ABC);
        assert_eq!(bytes(b""), 0);
        init(Seed::Fixed(42));
        assert_eq!(bytes(b"a"), HASH_A_SEED_42);
    }

    const HASH_A: isize = 4644417185603328019;
    const HASH_ABC: isize = -4594863902769663758;
    const HASH_A_SEED_42: isize = -123207753977932514;
}
