//! The hash of strings and bytes: SipHash-1-3 under a key of the process, and the hash of addresses (CPython's `pyhash.c`).

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
    match siphash(KEY[0].load(Ordering::Relaxed), KEY[1].load(Ordering::Relaxed), data).cast_signed() as isize {
        -1 => -2,
        hash => hash,
    }
}

/// SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"), of a text that is there at once.
#[inline]
fn siphash(k0: u64, k1: u64, data: &[u8]) -> u64 {
    let mut v = [k0 ^ 0x736f_6d65_7073_6575, k1 ^ 0x646f_7261_6e64_6f6d, k0 ^ 0x6c79_6765_6e65_7261, k1 ^ 0x7465_6462_7974_6573];
    let (words, rest) = data.as_chunks::<8>();
    for word in words {
        absorb(&mut v, u64::from_le_bytes(*word));
    }
    let last = match data.last_chunk::<8>() {
        // The end of the text, without what was taken already.
        Some(end) if !rest.is_empty() => u64::from_le_bytes(*end) >> (64 - 8 * rest.len()),
        Some(_) => 0,
        None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    absorb(&mut v, (data.len() as u64) << 56 | last);
    v[2] ^= 0xff;
    round(&mut v);
    round(&mut v);
    round(&mut v);
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

#[inline(always)]
fn absorb(v: &mut [u64; 4], word: u64) {
    v[3] ^= word;
    round(v);
    v[0] ^= word;
}

#[inline(always)]
fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32).wrapping_add(v[3]);
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
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

    #[test]
    fn any_length_hashes_as_the_crate_does() {
        use std::hash::Hasher;
        let text: Vec<u8> = (0..100u8).map(|byte| byte.wrapping_mul(37).wrapping_add(11)).collect();
        for len in 0..text.len() {
            let mut hasher = siphasher::sip::SipHasher13::new_with_keys(3, 1 << 60);
            hasher.write(&text[..len]);
            assert_eq!(siphash(3, 1 << 60, &text[..len]), hasher.finish(), "{len}");
        }
    }

    const HASH_A: isize = 4644417185603328019;
    const HASH_ABC: isize = -4594863902769663758;
    const HASH_A_SEED_42: isize = -123207753977932514;
}
