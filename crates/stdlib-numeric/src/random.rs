//! `_random`: the Mersenne Twister (CPython's `_randommodule.c`).

use crate::header;
use macros::{pyclass, pymethods};
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Raised, Ref, TypeObject, core, memory, raise};
use std::cell::RefCell;

const N: usize = 624;
const M: usize = 397;

/// The state: a vector of words, and the place of the next one.
struct Twister {
    words: Box<[u32; N]>,
    index: usize,
}

impl Twister {
    fn refill(&mut self) {
        for k in 0..N {
            let y = (self.words[k] & 0x8000_0000) | (self.words[(k + 1) % N] & 0x7FFF_FFFF);
            let magic = if y & 1 == 1 { 0x9908_B0DF } else { 0 };
            self.words[k] = self.words[(k + M) % N] ^ (y >> 1) ^ magic;
        }
        self.index = 0;
    }

    fn next(&mut self) -> u32 {
        if self.index >= N {
            self.refill();
        }
        let mut y = self.words.get(self.index).copied().unwrap_or(0);
        self.index += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C_5680;
        y ^= (y << 15) & 0xEFC6_0000;
        y ^ (y >> 18)
    }

    fn random(&mut self) -> f64 {
        let (a, b) = (self.next() >> 5, self.next() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) * (1.0 / 9_007_199_254_740_992.0)
    }

    fn init(&mut self, seed: u32) {
        let mut word = seed;
        for (place, slot) in (0u32..).zip(self.words.iter_mut()) {
            if place > 0 {
                word = 1_812_433_253u32.wrapping_mul(word ^ (word >> 30)).wrapping_add(place);
            }
            *slot = word;
        }
        self.index = N;
    }

    fn init_by_array(&mut self, key: &[u32]) {
        self.init(19_650_218);
        let words = &mut self.words;
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let previous = words[i - 1];
            let mixed = words[i] ^ (previous ^ (previous >> 30)).wrapping_mul(1_664_525);
            words[i] = mixed.wrapping_add(key.get(j).copied().unwrap_or(0)).wrapping_add(j as u32);
            i += 1;
            j += 1;
            if i >= N {
                words[0] = words[N - 1];
                i = 1;
            }
            if j >= key.len() {
                j = 0;
            }
        }
        for _ in 1..N {
            let previous = words[i - 1];
            let mixed = words[i] ^ (previous ^ (previous >> 30)).wrapping_mul(1_566_083_941);
            words[i] = mixed.wrapping_sub(i as u32);
            i += 1;
            if i >= N {
                words[0] = words[N - 1];
                i = 1;
            }
        }
        words[0] = 0x8000_0000;
        self.index = N;
    }
}

/// Random() -> create a random number generator with its own internal state.
#[pyclass(name = "Random", module = "_random", flags(BASETYPE))]
pub struct Random {
    head: abi::PyObject,
    twister: RefCell<Twister>,
}

/// The absolute value of an int as 32-bit words, lowest first; at least one.
fn key_of(digits: &[u32]) -> PyResult<Vec<u32>> {
    let mut key = memory::vec_with_capacity(digits.len() + 1)?;
    let (mut pending, mut bits) = (0u64, 0);
    for digit in digits {
        pending |= u64::from(*digit) << bits;
        bits += int::SHIFT;
        if bits >= 32 {
            key.push(pending as u32);
            pending >>= 32;
            bits -= 32;
        }
    }
    if pending != 0 || key.is_empty() {
        key.push(pending as u32);
    }
    while key.len() > 1 && key.last() == Some(&0) {
        key.pop();
    }
    Ok(key)
}

impl Random {
    fn seed_with(&self, seed: Option<Borrowed<'_>>) -> PyResult<()> {
        let key = match seed.filter(|seed| !seed.is(&core::none())) {
            None => {
                let mut bytes = [0u8; N * 4];
                if host::random::fill(&mut bytes).is_err() {
                    return Err(raise!(OSError, "no random bytes from the system"));
                }
                bytes.chunks_exact(4).filter_map(|word| word.try_into().ok()).map(u32::from_le_bytes).collect()
            }
            Some(seed) => match int::digits(seed) {
                Some((_, digits)) => key_of(digits)?,
                None => {
                    let hash = seed.hash()?.cast_unsigned() as u64;
                    let low = hash as u32;
                    if hash >> 32 == 0 { vec![low] } else { vec![low, (hash >> 32) as u32] }
                }
            },
        };
        self.twister.borrow_mut().init_by_array(&key);
        Ok(())
    }
}

fn invalid() -> Raised {
    raise!(ValueError, "invalid state")
}

#[pymethods]
impl Random {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let twister = Twister { words: Box::new([0; N]), index: N };
        memory::new_instance(&cls, Random { head: header(), twister: RefCell::new(twister) }).map(Ref::upcast)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        if slf.object().class().is_type(<Random as object::StaticType>::type_object())
            && kwargs.map_or(Ok(0), |kwargs| kwargs.len())? > 0
        {
            return Err(raise!(TypeError, "Random() takes no keyword arguments"));
        }
        match tuple::items(args).unwrap_or_default() {
            [] => slf.seed_with(None),
            [seed] => slf.seed_with(Some(*seed)),
            many => Err(raise!(TypeError, "Random expected at most 1 argument, got {}", many.len())),
        }
    }

    /// random() -> x in the interval [0, 1).
    #[method("($self, /)")]
    fn random(&self) -> f64 {
        self.twister.borrow_mut().random()
    }

    /// seed([n]) -> None.
    ///
    /// Defaults to use urandom and falls back to a combination
    /// of the current time and the process identifier.
    #[method("($self, n=None, /)")]
    fn seed(&self, n: Option<Borrowed<'_>>) -> PyResult<()> {
        self.seed_with(n)
    }

    /// getstate() -> tuple containing the current state.
    #[method("($self, /)")]
    fn getstate(&self) -> PyResult<Ref> {
        let (words, index) = {
            let twister = self.twister.borrow();
            (twister.words.clone(), twister.index)
        };
        let mut builder = tuple::Builder::new(N + 1)?;
        for word in words.iter() {
            builder.push(int::new(i64::from(*word))?);
        }
        builder.push(int::from_u64(index as u64)?);
        Ok(builder.finish())
    }

    /// setstate(state) -> None.  Restores generator state.
    #[method("($self, state, /)")]
    fn setstate(&self, state: Borrowed<'_>) -> PyResult<()> {
        let Some(items) = tuple::items(state) else { return Err(raise!(TypeError, "state vector must be a tuple")) };
        let Some((last, words)) = items.split_last().filter(|(_, words)| words.len() == N) else {
            return Err(raise!(ValueError, "state vector is the wrong size"));
        };
        let mut new = Box::new([0u32; N]);
        for (slot, word) in new.iter_mut().zip(words) {
            if !int::check(*word) {
                return Err(raise!(TypeError, "an integer is required"));
            }
            let Some(value) = int::to_i128(*word).and_then(|word| u64::try_from(word).ok()) else {
                return Err(raise!(OverflowError, "can't convert negative value to unsigned int"));
            };
            *slot = value as u32;
        }
        let index = usize::try_from(last.as_i64()?).ok().filter(|index| *index <= N).ok_or_else(invalid)?;
        *self.twister.borrow_mut() = Twister { words: new, index };
        Ok(())
    }

    /// getrandbits(k) -> x.  Generates an int with k random bits.
    #[method("($self, k, /)")]
    fn getrandbits(&self, k: Borrowed<'_>) -> PyResult<Ref> {
        let k = k.index()?;
        let Some(bits) = int::to_i64(k.b()) else {
            return Err(raise!(OverflowError, "Python int too large to convert to C int"));
        };
        let Ok(bits) = u64::try_from(bits) else { return Err(raise!(ValueError, "Cannot convert negative int")) };
        if bits == 0 {
            return int::new(0);
        }
        let mut twister = self.twister.borrow_mut();
        if bits <= 32 {
            return int::new(i64::from(twister.next() >> (32 - bits)));
        }
        let count = usize::try_from(bits.div_ceil(32)).map_err(|_| memory::no_memory())?;
        let digit_count = usize::try_from(bits.div_ceil(u64::from(int::SHIFT))).map_err(|_| memory::no_memory())?;
        let mut digits: Vec<u32> = memory::vec_with_capacity(digit_count + 1)?;
        let (mut pending, mut held) = (0u64, 0);
        for place in 0..count {
            let left = bits - 32 * place as u64;
            let mut word = twister.next();
            if left < 32 {
                word >>= 32 - left;
            }
            pending |= u64::from(word) << held;
            held += 32;
            while held >= int::SHIFT {
                digits.push((pending & u64::from(int::MASK)) as u32);
                pending >>= int::SHIFT;
                held -= int::SHIFT;
            }
        }
        digits.push(pending as u32);
        drop(twister);
        int::from_digits(false, &digits)
    }
}

/// Module implements the Mersenne Twister random number generator.
#[macros::pymodule(name = "_random")]
pub mod module {
    #[pytype]
    use super::Random;
}
