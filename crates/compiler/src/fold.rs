//! Arithmetic on constants, with CPython's limits on what a folded result may cost.

use bytecode::{Const, Int, Op, Text};
use numeric::complex::Complex;
use numeric::int::{IntBuf, IntView, Small};
use syntax::ast::{self, Constant};

/// Limits: bits of an integer, items of a tuple, code points of a string, items with nesting.
const MAX_INT_BITS: u64 = 128;
const MAX_COLLECTION_SIZE: usize = 256;
const MAX_STR_SIZE: usize = 4096;
const MAX_TOTAL_ITEMS: usize = 1024;

/// Operands of `BINARY_OP`.
mod nb {
    pub const ADD: u32 = 0;
    pub const AND: u32 = 1;
    pub const FLOOR_DIVIDE: u32 = 2;
    pub const LSHIFT: u32 = 3;
    pub const MULTIPLY: u32 = 5;
    pub const REMAINDER: u32 = 6;
    pub const OR: u32 = 7;
    pub const POWER: u32 = 8;
    pub const RSHIFT: u32 = 9;
    pub const SUBTRACT: u32 = 10;
    pub const TRUE_DIVIDE: u32 = 11;
    pub const XOR: u32 = 12;
    pub const SUBSCR: u32 = 26;
}

/// `left op right`, unless it raises or costs too much.
pub(crate) fn binary(left: &Const, op: u32, right: &Const) -> Option<Const> {
    if op == nb::SUBSCR {
        return subscript(left, right);
    }
    if let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) {
        if let (Const::True | Const::False, Const::True | Const::False) = (left, right)
            && matches!(op, nb::AND | nb::OR | nb::XOR)
        {
            let (a, b) = (left.is_true(), right.is_true());
            return Some(Const::bool(match op {
                nb::AND => a && b,
                nb::OR => a || b,
                _ => a != b,
            }));
        }
        return numbers(a, op, b);
    }
    match op {
        nb::ADD => concatenate(left, right),
        nb::MULTIPLY => match (as_int(left), as_int(right)) {
            (Some(count), None) => repeat(right, &count),
            (None, Some(count)) => repeat(left, &count),
            _ => None,
        },
        _ => None,
    }
}

/// A unary operator or `CALL_INTRINSIC_1 UNARY_POSITIVE` on a constant.
pub(crate) fn unary(op: Op, value: &Const) -> Option<Const> {
    match op {
        Op::UNARY_NOT => Some(Const::bool(!value.is_true())),
        Op::UNARY_NEGATIVE => match Number::of(value)? {
            Number::Int(int) => Some(from_buf(&view(&int).neg().to_buf().ok()?)),
            Number::Float(float) => Some(Const::Float(-float)),
            Number::Complex(complex) => Some(from_complex(complex.neg())),
        },
        // `~True` warns at run time.
        Op::UNARY_INVERT if matches!(value, Const::True | Const::False) => None,
        Op::UNARY_INVERT => Some(from_buf(&view(&as_int(value)?).invert().ok()?)),
        Op::CALL_INTRINSIC_1 => match Number::of(value)? {
            Number::Int(int) => Some(from_buf(&view(&int).to_buf().ok()?)),
            Number::Float(_) | Number::Complex(_) => Some(value.clone()),
        },
        _ => None,
    }
}

/// Sign and digits of an integer.
type Digits = (bool, Vec<u32>);

enum Number {
    Int(Digits),
    Float(f64),
    Complex(Complex),
}

impl Number {
    fn of(value: &Const) -> Option<Number> {
        match value {
            Const::Float(float) => Some(Number::Float(*float)),
            Const::Complex { real, imag } => Some(Number::Complex(Complex::new(*real, *imag))),
            _ => as_int(value).map(Number::Int),
        }
    }

    fn to_f64(&self) -> Option<f64> {
        match self {
            Number::Int(int) => view(int).to_f64().ok(),
            Number::Float(float) => Some(*float),
            Number::Complex(_) => None,
        }
    }
}

fn as_int(value: &Const) -> Option<Digits> {
    match value {
        Const::True => Some((false, vec![1])),
        Const::False => Some((false, Vec::new())),
        Const::Int(int) => Some(int.to_digits()),
        _ => None,
    }
}

fn view(int: &Digits) -> IntView<'_> {
    IntView::new(int.0, &int.1)
}

fn from_buf(int: &IntBuf) -> Const {
    Const::Int(Int::from_digits(int.is_negative(), int.digits()))
}

fn from_complex(value: Complex) -> Const {
    Const::Complex { real: value.re, imag: value.im }
}

fn numbers(a: Number, op: u32, b: Number) -> Option<Const> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => integers(view(&a), op, view(&b)),
        (Number::Complex(a), Number::Complex(b)) => complexes(a, op, b).map(from_complex),
        (Number::Complex(a), b) => {
            let b = b.to_f64()?;
            let result = match op {
                nb::ADD => Complex::new(a.re + b, a.im),
                nb::SUBTRACT => Complex::new(a.re - b, a.im),
                nb::MULTIPLY => a.mul_real(b),
                nb::TRUE_DIVIDE => a.checked_div_real(b)?,
                _ => complexes(a, op, Complex::new(b, 0.0))?,
            };
            Some(from_complex(result))
        }
        (a, Number::Complex(b)) => {
            let a = a.to_f64()?;
            let result = match op {
                nb::ADD => Complex::new(a + b.re, b.im),
                nb::SUBTRACT => Complex::real_sub(a, b),
                nb::MULTIPLY => b.mul_real(a),
                nb::TRUE_DIVIDE => Complex::real_checked_div(a, b)?,
                _ => complexes(Complex::new(a, 0.0), op, b)?,
            };
            Some(from_complex(result))
        }
        (a, b) => floats(a.to_f64()?, op, b.to_f64()?),
    }
}

fn complexes(a: Complex, op: u32, b: Complex) -> Option<Complex> {
    match op {
        nb::ADD => Some(a.add(b)),
        nb::SUBTRACT => Some(a.sub(b)),
        nb::MULTIPLY => Some(a.mul(b)),
        nb::TRUE_DIVIDE => a.checked_div(b),
        nb::POWER => a.pow(b).ok(),
        _ => None,
    }
}

fn floats(a: f64, op: u32, b: f64) -> Option<Const> {
    let result = match op {
        nb::ADD => a + b,
        nb::SUBTRACT => a - b,
        nb::MULTIPLY => a * b,
        nb::TRUE_DIVIDE if b != 0.0 => a / b,
        nb::FLOOR_DIVIDE if b != 0.0 => floor_division(a, b).0,
        nb::REMAINDER if b != 0.0 => floor_division(a, b).1,
        nb::POWER => return float_power(a, b),
        _ => return None,
    };
    Some(Const::Float(result))
}

/// Quotient and remainder of floats, with the divisor's sign.
fn floor_division(a: f64, b: f64) -> (f64, f64) {
    let mut modulo = a % b;
    let mut quotient = (a - modulo) / b;
    if modulo == 0.0 {
        modulo = 0.0f64.copysign(b);
    } else if (b < 0.0) != (modulo < 0.0) {
        modulo += b;
        quotient -= 1.0;
    }
    let floored = if quotient == 0.0 {
        0.0f64.copysign(a / b)
    } else {
        let floored = quotient.floor();
        if quotient - floored > 0.5 { floored + 1.0 } else { floored }
    };
    (floored, modulo)
}

fn float_power(a: f64, b: f64) -> Option<Const> {
    if a == 0.0 && b < 0.0 {
        return None;
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b != b.floor() {
        return Complex::new(a, 0.0).pow(Complex::new(b, 0.0)).ok().map(from_complex);
    }
    let result = a.powf(b);
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return None;
    }
    Some(Const::Float(result))
}

fn integers(a: IntView<'_>, op: u32, b: IntView<'_>) -> Option<Const> {
    let nonzero = !a.is_zero() && !b.is_zero();
    let result = match op {
        nb::ADD => a.add(b).ok()?,
        nb::SUBTRACT => a.sub(b).ok()?,
        nb::MULTIPLY => {
            if nonzero && a.bit_length() + b.bit_length() > MAX_INT_BITS {
                return None;
            }
            a.mul(b).ok()?
        }
        nb::TRUE_DIVIDE => return a.true_divide(b).ok().map(Const::Float),
        nb::FLOOR_DIVIDE => a.floordiv(b).ok()?,
        nb::REMAINDER => a.modulo(b).ok()?,
        nb::POWER if b.is_negative() => {
            let (a, b) = (a.to_f64().ok()?, b.to_f64().ok()?);
            return float_power(a, b);
        }
        nb::POWER => {
            if !a.is_zero() && !b.is_zero() {
                let exponent = small(b)?;
                if a.bit_length() > MAX_INT_BITS / exponent {
                    return None;
                }
            }
            a.pow(b).ok()?
        }
        nb::LSHIFT => {
            if b.is_negative() {
                return None;
            }
            if nonzero {
                let count = small(b)?;
                if count > MAX_INT_BITS || a.bit_length() > MAX_INT_BITS - count {
                    return None;
                }
            }
            if a.is_zero() { IntBuf::zero() } else { a.shl(small(b)?).ok()? }
        }
        nb::RSHIFT => {
            if b.is_negative() {
                return None;
            }
            a.shr(small(b).unwrap_or(u64::MAX)).ok()?
        }
        nb::AND => a.and(b).ok()?,
        nb::OR => a.or(b).ok()?,
        nb::XOR => a.xor(b).ok()?,
        _ => return None,
    };
    Some(from_buf(&result))
}

fn small(value: IntView<'_>) -> Option<u64> {
    value.to_u64().fits()
}

fn concatenate(left: &Const, right: &Const) -> Option<Const> {
    match (left, right) {
        (Const::Str(a), Const::Str(b)) => Some(Const::Str(Text::from_wtf8([a.as_bytes(), b.as_bytes()].concat()))),
        (Const::Bytes(a), Const::Bytes(b)) => Some(Const::Bytes([&a[..], &b[..]].concat().into())),
        (Const::Tuple(a), Const::Tuple(b)) => Some(Const::Tuple(a.iter().chain(b.iter()).cloned().collect())),
        _ => None,
    }
}

fn repeat(value: &Const, count: &Digits) -> Option<Const> {
    let length = match value {
        Const::Str(text) => text.code_points().count(),
        Const::Bytes(bytes) => bytes.len(),
        Const::Tuple(items) => items.len(),
        _ => return None,
    };
    let limit = if matches!(value, Const::Tuple(_)) { MAX_COLLECTION_SIZE } else { MAX_STR_SIZE };
    let count = if length == 0 {
        // An empty sequence stays empty, however often it is repeated.
        view(count).to_i64().fits().map(|_| 0)?
    } else {
        let count = usize::try_from(view(count).to_i64().fits()?).ok()?;
        if count > limit / length {
            return None;
        }
        count
    };
    Some(match value {
        Const::Str(text) => Const::Str(Text::from_wtf8(text.as_bytes().repeat(count))),
        Const::Bytes(bytes) => Const::Bytes(bytes.repeat(count).into()),
        Const::Tuple(items) => {
            if count > 0 && !fits(value, &mut (MAX_TOTAL_ITEMS / count)) {
                return None;
            }
            Const::Tuple((0..count).flat_map(|_| items.iter().cloned()).collect())
        }
        _ => return None,
    })
}

/// Whether a nested tuple has no more items than `left`.
fn fits(value: &Const, left: &mut usize) -> bool {
    let Const::Tuple(items) = value else { return true };
    match left.checked_sub(items.len()) {
        None => false,
        Some(rest) => {
            *left = rest;
            items.iter().all(|item| fits(item, left))
        }
    }
}

fn subscript(value: &Const, index: &Const) -> Option<Const> {
    if let Const::Slice(parts) = index {
        return slice(value, parts);
    }
    let index: i64 = match view(&as_int(index)?).to_i64() {
        Small::Fits(index) => index,
        _ => return None,
    };
    let at = |length: usize| {
        let length = i64::try_from(length).ok()?;
        let index = if index < 0 { index + length } else { index };
        usize::try_from(index).ok().filter(|at| i64::try_from(*at).is_ok_and(|at| at < length))
    };
    match value {
        Const::Str(text) => {
            let points: Vec<u32> = text.code_points().collect();
            let point = points.get(at(points.len())?)?;
            let mut out = Vec::new();
            bytecode::code::push_wtf8(&mut out, *point);
            Some(Const::Str(Text::from_wtf8(out)))
        }
        Const::Bytes(bytes) => bytes.get(at(bytes.len())?).map(|byte| Const::int(i64::from(*byte))),
        Const::Tuple(items) => items.get(at(items.len())?).cloned(),
        _ => None,
    }
}

fn slice(value: &Const, parts: &[Const; 3]) -> Option<Const> {
    let length = match value {
        Const::Str(text) => text.code_points().count(),
        Const::Bytes(bytes) => bytes.len(),
        Const::Tuple(items) => items.len(),
        _ => return None,
    };
    let indices = slice_indices(parts, i64::try_from(length).ok()?)?;
    Some(match value {
        Const::Str(text) => {
            let points: Vec<u32> = text.code_points().collect();
            let mut out = Vec::new();
            for index in indices {
                bytecode::code::push_wtf8(&mut out, *points.get(index)?);
            }
            Const::Str(Text::from_wtf8(out))
        }
        Const::Bytes(bytes) => Const::Bytes(indices.iter().map(|at| bytes.get(*at).copied()).collect::<Option<_>>()?),
        Const::Tuple(items) => Const::Tuple(indices.iter().map(|at| items.get(*at).cloned()).collect::<Option<_>>()?),
        _ => return None,
    })
}

/// The indices that a slice selects from a sequence.
fn slice_indices(parts: &[Const; 3], length: i64) -> Option<Vec<usize>> {
    let part = |value: &Const| match value {
        Const::None => Some(None),
        // Bounds beyond any sequence are clipped.
        _ => {
            let digits = as_int(value)?;
            let clipped = match view(&digits).to_i64() {
                Small::Fits(index) => index,
                _ if digits.0 => i64::MIN + 1,
                _ => i64::MAX,
            };
            Some(Some(clipped))
        }
    };
    let [start, stop, step] = parts;
    let step = part(step)?.unwrap_or(1);
    if step == 0 {
        return None;
    }
    let (low, high) = if step < 0 { (-1, length - 1) } else { (0, length) };
    let clip = |index: i64| if index < 0 { (index.saturating_add(length)).max(low) } else { index.min(high) };
    let start = part(start)?.map_or(if step < 0 { high } else { low }, clip);
    let stop = part(stop)?.map_or(if step < 0 { low } else { high }, clip);
    let mut indices = Vec::new();
    let mut at = start;
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        indices.push(usize::try_from(at).ok()?);
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Some(indices)
}

/// `-value` for a pattern.
pub(crate) fn negate_ast(value: &Constant) -> Option<Constant> {
    to_ast(&unary(Op::UNARY_NEGATIVE, &crate::codegen::constant(value))?)
}

/// `left + right` or `left - right` for a pattern.
pub(crate) fn add_ast(left: &Constant, right: &Constant, subtract: bool) -> Option<Constant> {
    let op = if subtract { nb::SUBTRACT } else { nb::ADD };
    to_ast(&binary(&crate::codegen::constant(left), op, &crate::codegen::constant(right))?)
}

fn to_ast(value: &Const) -> Option<Constant> {
    Some(match value {
        Const::Int(Int::Small(value)) => Constant::Int(ast::Int::Small(*value)),
        Const::Int(Int::Big { negative, digits }) => {
            Constant::Int(ast::Int::Big { negative: *negative, digits: digits.as_ref().into() })
        }
        Const::Float(value) => Constant::Float(*value),
        Const::Complex { real, imag } => Constant::Complex { real: *real, imag: *imag },
        Const::Str(text) => Constant::Str(syntax::text::Text::from_bytes(text.as_bytes().to_vec())?),
        Const::Bytes(bytes) => Constant::Bytes(bytes.as_ref().into()),
        _ => return None,
    })
}

/// A key that is equal where Python's `==` says so: `1`, `1.0` and `True` are one key.
pub(crate) fn equality_key(value: &Const) -> bytecode::ConstKey {
    let real = match value {
        Const::True => return Const::int(1).key(),
        Const::False => return Const::int(0).key(),
        Const::Float(real) => *real,
        Const::Complex { real, imag } if *imag == 0.0 => *real,
        _ => return value.key(),
    };
    let int = if real.fract() == 0.0 { IntBuf::from_f64(real).ok() } else { None };
    int.map_or_else(|| Const::Float(real).key(), |int| from_buf(&int).key())
}
