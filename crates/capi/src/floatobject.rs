//! `floatobject.h`, `complexobject.h`, `pystrtod.h`.

use crate::form::{Out, capi};
use abi::{c_char, c_void};
use object::value::{float, str as text};
use object::{Borrowed, PyResult, Ref, core, id, memory, raise};
use std::ffi::CStr;

/// C's `Py_complex`, by value.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComplexValue {
    real: f64,
    imag: f64,
}

impl crate::form::FromC for ComplexValue {
    type C = ComplexValue;
    unsafe fn from_c(value: ComplexValue) -> PyResult<Self> {
        Ok(value)
    }
}

impl crate::form::Value for ComplexValue {
    type C = ComplexValue;
    const ERROR: ComplexValue = ComplexValue { real: -1.0, imag: 0.0 };
    fn into_c(self) -> ComplexValue {
        self
    }
}

impl crate::form::ToC for ComplexValue {
    type C = ComplexValue;
    fn to_c(self) -> ComplexValue {
        self
    }
    fn failed(_raised: object::Raised) -> ComplexValue {
        <Self as crate::form::Value>::ERROR
    }
}

fn set_errno(value: i32) {
    // SAFETY: plain access to the thread's errno.
    unsafe { *libc::__errno_location() = value };
}

fn quotient(a: ComplexValue, b: ComplexValue) -> ComplexValue {
    if b.real.abs() >= b.imag.abs() {
        if b.real.abs() == 0.0 {
            set_errno(libc::EDOM);
            return ComplexValue { real: 0.0, imag: 0.0 };
        }
        let ratio = b.imag / b.real;
        let denominator = b.real + b.imag * ratio;
        ComplexValue { real: (a.real + a.imag * ratio) / denominator, imag: (a.imag - a.real * ratio) / denominator }
    } else if b.imag.abs() >= b.real.abs() {
        let ratio = b.real / b.imag;
        let denominator = b.real * ratio + b.imag;
        ComplexValue { real: (a.real * ratio + a.imag) / denominator, imag: (a.imag * ratio - a.real) / denominator }
    } else {
        ComplexValue { real: f64::NAN, imag: f64::NAN }
    }
}

fn power(a: ComplexValue, b: ComplexValue) -> ComplexValue {
    if b.real == 0.0 && b.imag == 0.0 {
        return ComplexValue { real: 1.0, imag: 0.0 };
    }
    if a.real == 0.0 && a.imag == 0.0 {
        if b.imag != 0.0 || b.real < 0.0 {
            set_errno(libc::EDOM);
        }
        return ComplexValue { real: 0.0, imag: 0.0 };
    }
    let modulus = a.real.hypot(a.imag);
    let mut length = modulus.powf(b.real);
    let angle = a.imag.atan2(a.real);
    let mut phase = angle * b.real;
    if b.imag != 0.0 {
        length *= (-angle * b.imag).exp();
        phase += b.imag * modulus.ln();
    }
    ComplexValue { real: length * phase.cos(), imag: length * phase.sin() }
}

/// Packs a float as IEEE 754 of `N` bytes.
fn pack<const N: usize>(bytes: [u8; N], place: *mut u8, little: i32) -> PyResult<()> {
    let bytes = if little != 0 {
        bytes
    } else {
        let mut turned = bytes;
        turned.reverse();
        turned
    };
    // SAFETY: C passes room for that many bytes.
    unsafe { place.cast::<[u8; N]>().write(bytes) };
    Ok(())
}

fn unpack<const N: usize>(place: *const u8, little: i32) -> [u8; N] {
    // SAFETY: C passes that many bytes.
    let mut bytes = unsafe { place.cast::<[u8; N]>().read() };
    if little == 0 {
        bytes.reverse();
    }
    bytes
}

/// Packing through module `struct`: the half and single formats with their overflow.
fn pack_struct(format: &CStr, value: f64, place: *mut u8, len: usize, little: i32) -> PyResult<()> {
    let module = vm::import::import_module("_struct")?;
    let prefix = if little != 0 { "<" } else { ">" };
    let format = text::new(&format!("{prefix}{}", format.to_string_lossy()))?;
    let packed = module.call_method(id!("pack"), &[format.b(), float::new(value)?.b()])?;
    let bytes = object::value::bytes::value(packed.b()).unwrap_or_default();
    // SAFETY: C passes room for that many bytes.
    unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len().min(len)) };
    Ok(())
}

capi! {
    fn PyFloat_FromDouble(value: f64) -> PyResult<Ref> {
        float::new(value)
    }
    fn PyFloat_FromString(object: Borrowed<'_>) -> PyResult<Ref> {
        if !text::check(object) && object::value::bytes::value(object).is_none() && !object.has_buffer() {
            let name = object.class().short_name();
            return Err(raise!(TypeError, "float() argument must be a string or a real number, not '{name}'"));
        }
        core::FLOAT.borrowed().call1(object)
    }
    fn PyFloat_AsDouble(object: Option<Borrowed<'_>>) -> PyResult<f64> {
        match object {
            Some(object) => object.as_f64(),
            None => Err(raise!(TypeError, "bad argument type for built-in operation")),
        }
    }
    fn PyFloat_GetMax() -> f64 {
        f64::MAX
    }
    fn PyFloat_GetMin() -> f64 {
        f64::MIN_POSITIVE
    }
    fn PyFloat_GetInfo() -> PyResult<Ref> {
        vm::import::import_module("sys")?.getattr(id!("float_info"))
    }
    fn PyFloat_Pack2(value: f64, place: *mut u8, little: i32) -> PyResult<()> {
        if value.is_nan() {
            let bits = value.to_bits();
            let half = ((bits >> 48) & 0x8000) as u16 | 0x7C00 | ((bits >> 42) & 0x3FF) as u16;
            let half = if half & 0x3FF == 0 { half | 0x200 } else { half };
            return pack(half.to_le_bytes(), place, little);
        }
        pack_struct(c"e", value, place, 2, little)
    }
    fn PyFloat_Pack4(value: f64, place: *mut u8, little: i32) -> PyResult<()> {
        let narrow = value as f32;
        if narrow.is_infinite() && !value.is_infinite() {
            return Err(raise!(OverflowError, "float too large to pack with f format"));
        }
        if value.is_nan() {
            let bits = value.to_bits();
            let single = ((bits >> 32) & 0x8000_0000) as u32 | 0x7F80_0000 | ((bits >> 29) & 0x7F_FFFF) as u32;
            let single = if single & 0x7F_FFFF == 0 { single | 0x40_0000 } else { single };
            return pack(single.to_le_bytes(), place, little);
        }
        pack(narrow.to_le_bytes(), place, little)
    }
    fn PyFloat_Pack8(value: f64, place: *mut u8, little: i32) -> PyResult<()> {
        pack(value.to_le_bytes(), place, little)
    }
    fn PyFloat_Unpack2(place: *const u8, little: i32) -> PyResult<f64> {
        let bits = u16::from_le_bytes(unpack::<2>(place, little));
        let (exponent, fraction) = (i32::from(bits >> 10 & 0x1F), f64::from(bits & 0x3FF));
        let magnitude = match exponent {
            0x1F if bits & 0x3FF == 0 => f64::INFINITY,
            0x1F => f64::from_bits(0x7FF0_0000_0000_0000 | u64::from(bits & 0x3FF) << 42),
            0 => fraction * 2f64.powi(-24),
            _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
        };
        Ok(if bits & 0x8000 != 0 { -magnitude } else { magnitude })
    }
    fn PyFloat_Unpack4(place: *const u8, little: i32) -> PyResult<f64> {
        let bits = u32::from_le_bytes(unpack::<4>(place, little));
        if bits & 0x7F80_0000 == 0x7F80_0000 && bits & 0x7F_FFFF != 0 {
            let sign = u64::from(bits & 0x8000_0000) << 32;
            return Ok(f64::from_bits(sign | 0x7FF0_0000_0000_0000 | u64::from(bits & 0x7F_FFFF) << 29));
        }
        Ok(f64::from(f32::from_bits(bits)))
    }
    fn PyFloat_Unpack8(place: *const u8, little: i32) -> PyResult<f64> {
        Ok(f64::from_le_bytes(unpack::<8>(place, little)))
    }
    fn _Py_HashDouble(object: Borrowed<'_>, value: f64) -> PyResult<isize> {
        if value.is_nan() { Ok(builtins::object_::pointer_hash(object.ptr().addr())) } else { float::new(value)?.hash() }
    }

    fn PyComplex_FromDoubles(real: f64, imag: f64) -> PyResult<Ref> {
        builtins::complex::from_parts(real, imag)
    }
    fn PyComplex_FromCComplex(value: ComplexValue) -> PyResult<Ref> {
        builtins::complex::from_parts(value.real, value.imag)
    }
    fn PyComplex_AsCComplex(object: Borrowed<'_>) -> PyResult<ComplexValue> {
        let value = builtins::complex::value_of(object)?;
        Ok(ComplexValue { real: value.re, imag: value.im })
    }
    fn PyComplex_RealAsDouble(object: Borrowed<'_>) -> PyResult<f64> {
        Ok(builtins::complex::value_of(object)?.re)
    }
    fn PyComplex_ImagAsDouble(object: Borrowed<'_>) -> PyResult<f64> {
        Ok(builtins::complex::value_of(object)?.im)
    }
    fn _Py_c_sum(a: ComplexValue, b: ComplexValue) -> ComplexValue {
        ComplexValue { real: a.real + b.real, imag: a.imag + b.imag }
    }
    fn _Py_c_diff(a: ComplexValue, b: ComplexValue) -> ComplexValue {
        ComplexValue { real: a.real - b.real, imag: a.imag - b.imag }
    }
    fn _Py_cr_sum(a: ComplexValue, b: f64) -> ComplexValue {
        ComplexValue { real: a.real + b, imag: a.imag }
    }
    fn _Py_cr_diff(a: ComplexValue, b: f64) -> ComplexValue {
        ComplexValue { real: a.real - b, imag: a.imag }
    }
    fn _Py_rc_diff(a: f64, b: ComplexValue) -> ComplexValue {
        ComplexValue { real: a - b.real, imag: -b.imag }
    }
    fn _Py_cr_prod(a: ComplexValue, b: f64) -> ComplexValue {
        ComplexValue { real: a.real * b, imag: a.imag * b }
    }
    fn _Py_cr_quot(a: ComplexValue, b: f64) -> ComplexValue {
        if b == 0.0 {
            set_errno(libc::EDOM);
            return ComplexValue { real: 0.0, imag: 0.0 };
        }
        ComplexValue { real: a.real / b, imag: a.imag / b }
    }
    fn _Py_c_neg(a: ComplexValue) -> ComplexValue {
        ComplexValue { real: -a.real, imag: -a.imag }
    }
    fn _Py_c_prod(a: ComplexValue, b: ComplexValue) -> ComplexValue {
        ComplexValue { real: a.real * b.real - a.imag * b.imag, imag: a.real * b.imag + a.imag * b.real }
    }
    fn _Py_c_quot(a: ComplexValue, b: ComplexValue) -> ComplexValue {
        quotient(a, b)
    }
    fn _Py_c_pow(a: ComplexValue, b: ComplexValue) -> ComplexValue {
        power(a, b)
    }
    fn _Py_c_abs(a: ComplexValue) -> f64 {
        set_errno(0);
        let result = a.real.hypot(a.imag);
        if result.is_infinite() && a.real.is_finite() && a.imag.is_finite() {
            set_errno(libc::ERANGE);
        }
        result
    }

    fn PyOS_string_to_double(string: &CStr, end: Option<Out<'_, *const c_char>>, overflow: Option<Borrowed<'_>>) -> PyResult<f64> {
        let all = string.to_bytes();
        let used = numeric_prefix(all);
        let shown = String::from_utf8_lossy(all).into_owned();
        let Some(value) = std::str::from_utf8(all.get(..used).unwrap_or_default()).ok().and_then(|part| part.parse::<f64>().ok()).filter(|_| used > 0) else {
            if let Some(end) = &end {
                end.set(string.as_ptr());
            }
            return Err(raise!(ValueError, "could not convert string to float: '{shown}'"));
        };
        match &end {
            Some(end) => end.set(string.as_ptr().wrapping_add(used)),
            None if used < all.len() => return Err(raise!(ValueError, "could not convert string to float: '{shown}'")),
            None => {}
        }
        if value.is_infinite() && !shown.to_ascii_lowercase().contains("inf")
            && let Some(class) = overflow.and_then(Borrowed::downcast::<object::TypeObject>)
        {
            return Err(object::error::raise(class.get(), format_args!("value too large to convert to float: '{shown}'")));
        }
        Ok(value)
    }

    fn PyOS_double_to_string(value: f64, code: u8, precision: i32, flags: i32, kind: Option<Out<'_, i32>>) -> PyResult<*mut c_void> {
        if let Some(kind) = kind {
            kind.set(if value.is_nan() { 2 } else { i32::from(value.is_infinite()) });
        }
        let content = double_text(value, code, precision, flags)?;
        let block = memory::or_no_memory(memory::try_alloc(content.len() + 1))?;
        // SAFETY: the block has that much room.
        unsafe {
            block.as_ptr().copy_from_nonoverlapping(content.as_ptr(), content.len());
            block.as_ptr().add(content.len()).write(0);
        }
        Ok(block.as_ptr().cast())
    }
}

/// How many bytes of a text are a float's.
fn numeric_prefix(all: &[u8]) -> usize {
    let sign = usize::from(matches!(all.first(), Some(b'+' | b'-')));
    let rest = all.get(sign..).unwrap_or_default();
    for word in ["infinity", "inf", "nan"] {
        if rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes())) {
            return sign + word.len();
        }
    }
    let digits = |from: usize| rest.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(0);
    let mut at = whole;
    let mut fraction = 0;
    if rest.get(at) == Some(&b'.') {
        fraction = digits(at + 1);
        at += 1 + fraction;
    }
    if whole + fraction == 0 {
        return 0;
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + signed);
        if exponent > 0 {
            at += 1 + signed + exponent;
        }
    }
    sign + at
}

/// `PyOS_double_to_string`: flags are SIGN 1, ADD_DOT_0 2, ALT 4, NO_NEG_0 8.
fn double_text(value: f64, code: u8, precision: i32, flags: i32) -> PyResult<Vec<u8>> {
    let shown = if code == b'r' {
        if precision != 0 {
            return Err(object::error::bad_internal_call());
        }
        let repr = text::to_string_lossy(float::new(value)?.repr()?.b());
        if flags & 2 == 0 { repr.strip_suffix(".0").map_or(repr.clone(), str::to_owned) } else { repr }
    } else {
        if !matches!(code, b'e' | b'E' | b'f' | b'F' | b'g' | b'G') {
            return Err(object::error::bad_internal_call());
        }
        let alternate = if flags & 4 != 0 { "#" } else { "" };
        let spec = text::new(&format!("{alternate}.{precision}{}", char::from(code)))?;
        let shown = text::to_string_lossy(float::new(value)?.format(spec.b())?.b());
        let plain = flags & 2 != 0 && value.is_finite() && !shown.contains(['.', 'e', 'E']);
        if plain { format!("{shown}.0") } else { shown }
    };
    let signed = flags & 1 != 0 && !shown.starts_with('-') && !value.is_nan();
    Ok(if signed { format!("+{shown}") } else { shown }.into_bytes())
}
