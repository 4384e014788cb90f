//! Integers of any size in CPython's layout: a sign and little-endian 30-bit digits, normalised (no leading zero digit).
//!
//! `IntView` borrows the digits of an object, `IntBuf` owns a result that the caller copies into a new object. Small numbers are
//! handled digit by digit, large ones by dashu (`large`). Operations never panic and report a lack of memory as `NoMemory`.

mod add;
mod bits;
mod bytes;
mod convert;
mod div;
mod float;
mod gcd;
mod large;
mod mul;
mod parse;
mod pow;
mod shift;
mod text;

use smallvec::SmallVec;

pub use bytes::{BytesError, Endian};
pub use convert::{HASH_MODULUS, Small};
pub use div::DivideByZero;
pub use float::{FloatError, TrueDivideError};
pub use parse::{ParseError, Parsed};
pub use pow::ModPowError;
pub use text::{DigitText, TextError};

/// One digit of an integer: `SHIFT` bits in a `u32`.
pub type Digit = u32;
/// Bits in a digit.
pub const SHIFT: u32 = 30;
/// The largest digit.
pub const MASK: Digit = (1 << SHIFT) - 1;

/// The digits of a result; four of them (120 bits) need no allocation.
pub type Digits = SmallVec<[Digit; 4]>;

/// The result needs more memory than there is (MemoryError for Python).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// A result that may lack memory.
pub type Fallible<T> = Result<T, NoMemory>;

/// A borrowed integer. `digits` is normalised, and `negative` is false for zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntView<'a> {
    negative: bool,
    digits: &'a [Digit],
}

/// An owned integer, normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntBuf {
    negative: bool,
    digits: Digits,
}

impl<'a> IntView<'a> {
    /// Zero.
    pub const ZERO: IntView<'static> = IntView { negative: false, digits: &[] };
    /// One.
    pub const ONE: IntView<'static> = IntView { negative: false, digits: &[1] };

    /// The integer with this sign and these digits; leading zero digits are left out.
    #[inline]
    pub fn new(negative: bool, digits: &'a [Digit]) -> Self {
        let digits = trimmed(digits);
        IntView { negative: negative && !digits.is_empty(), digits }
    }

    /// The digits of the absolute value, least significant first; empty for zero.
    #[inline]
    pub fn digits(self) -> &'a [Digit] {
        self.digits
    }

    /// Whether the number is below zero.
    #[inline]
    pub fn is_negative(self) -> bool {
        self.negative
    }

    /// Whether the number is zero.
    #[inline]
    pub fn is_zero(self) -> bool {
        self.digits.is_empty()
    }

    /// Whether the number is odd.
    #[inline]
    pub fn is_odd(self) -> bool {
        self.digits.first().is_some_and(|digit| digit & 1 == 1)
    }

    /// -1, 0 or 1.
    #[inline]
    pub fn signum(self) -> i32 {
        match (self.negative, self.digits.is_empty()) {
            (_, true) => 0,
            (true, _) => -1,
            (false, _) => 1,
        }
    }

    /// The absolute value.
    #[inline]
    pub fn abs(self) -> Self {
        IntView { negative: false, digits: self.digits }
    }

    /// The negated number.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "operations on views are methods, all of them")]
    pub fn neg(self) -> Self {
        IntView { negative: !self.negative && !self.digits.is_empty(), digits: self.digits }
    }

    /// A copy that owns its digits.
    pub fn to_buf(self) -> Fallible<IntBuf> {
        let mut digits = with_capacity(self.digits.len())?;
        digits.extend_from_slice(self.digits);
        Ok(IntBuf { negative: self.negative, digits })
    }
}

impl IntBuf {
    /// Zero.
    pub fn zero() -> Self {
        Self::default()
    }

    /// The integer with this sign and these digits, normalised here.
    #[inline]
    pub fn new(negative: bool, mut digits: Digits) -> Self {
        digits.truncate(trimmed(&digits).len());
        IntBuf { negative: negative && !digits.is_empty(), digits }
    }

    /// The number, borrowed.
    #[inline]
    pub fn view(&self) -> IntView<'_> {
        IntView { negative: self.negative, digits: &self.digits }
    }

    /// The digits of the absolute value.
    #[inline]
    pub fn digits(&self) -> &[Digit] {
        &self.digits
    }

    /// Whether the number is below zero.
    #[inline]
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The number with its sign turned.
    #[inline]
    pub fn negated(self) -> Self {
        IntBuf { negative: !self.negative && !self.digits.is_empty(), digits: self.digits }
    }
}

/// The slice without its leading (most significant) zero digits.
#[inline]
fn trimmed(digits: &[Digit]) -> &[Digit] {
    let mut rest = digits;
    while let [head @ .., 0] = rest {
        rest = head;
    }
    rest
}

/// Empty digits with room for `len`.
#[inline]
fn with_capacity(len: usize) -> Fallible<Digits> {
    let mut digits = Digits::new();
    if len > digits.inline_size() {
        digits.try_reserve_exact(len).map_err(|_| NoMemory)?;
    }
    Ok(digits)
}

/// `len` zero digits.
fn zeros(len: usize) -> Fallible<Digits> {
    let mut digits = with_capacity(len)?;
    digits.resize(len, 0);
    Ok(digits)
}

/// The low 30 bits of an accumulator.
#[inline]
fn low(value: u64) -> Digit {
    (value & u64::from(MASK)) as Digit
}
