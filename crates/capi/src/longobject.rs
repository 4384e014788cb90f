//! `longobject.h`: ints to and from C's numbers.

use crate::form::{Out, capi};
use crate::support::raw_bytes;
use abi::{PyLongExport, PyLongLayout, PyObject, c_char, c_void};
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Ref, core, error, id, raise};
use std::ffi::CStr;

const SHIFT: u32 = 30;

/// The int behind an argument: itself, or what `__index__` gives.
fn number(object: Borrowed<'_>) -> PyResult<Ref> {
    if int::check(object) { Ok(object.to_ref()) } else { object.index() }
}

/// An int only: TypeError for anything else.
fn must_be_int(object: Borrowed<'_>) -> PyResult<()> {
    if int::check(object) { Ok(()) } else { Err(raise!(TypeError, "an integer is required")) }
}

fn is_negative(object: Borrowed<'_>) -> bool {
    int::digits(object).is_some_and(|(negative, _)| negative)
}

/// The value of an int of one digit, which most are.
#[inline(always)]
fn compact(object: Borrowed<'_>) -> Option<i64> {
    // SAFETY: the type is checked first.
    if int::check(object) { unsafe { int::compact_unchecked(object) } } else { None }
}

/// A signed number in a range, or OverflowError that names the C type.
#[inline(always)]
fn signed<T: TryFrom<i64> + TryFrom<i128>>(object: Borrowed<'_>, name: &str) -> PyResult<T> {
    if let Some(value) = compact(object).and_then(|value| <T as TryFrom<i64>>::try_from(value).ok()) {
        return Ok(value);
    }
    signed_slowly(object, name)
}

#[inline(never)]
fn signed_slowly<T: TryFrom<i128>>(object: Borrowed<'_>, name: &str) -> PyResult<T> {
    let number = number(object)?;
    int::to_i128(number.b())
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C {name}"))
}

/// An unsigned number of an int.
#[inline(always)]
fn unsigned<T: TryFrom<i64> + TryFrom<i128>>(object: Borrowed<'_>, name: &str) -> PyResult<T> {
    if let Some(value) = compact(object).and_then(|value| <T as TryFrom<i64>>::try_from(value).ok()) {
        return Ok(value);
    }
    unsigned_slowly(object, name)
}

#[inline(never)]
fn unsigned_slowly<T: TryFrom<i128>>(object: Borrowed<'_>, name: &str) -> PyResult<T> {
    must_be_int(object)?;
    if is_negative(object) {
        return Err(raise!(OverflowError, "can't convert negative value to unsigned int"));
    }
    int::to_i128(object)
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C {name}"))
}

/// The low 64 bits in two's complement.
pub(crate) fn masked(object: Borrowed<'_>) -> PyResult<u64> {
    let number = number(object)?;
    let Some((negative, digits)) = int::digits(number.b()) else { return Err(error::bad_internal_call()) };
    let mut value = 0u64;
    for (index, digit) in digits.iter().take(3).enumerate() {
        value |= u64::from(*digit).wrapping_shl(SHIFT * index as u32);
    }
    Ok(if negative { value.wrapping_neg() } else { value })
}

/// A C `int`.
pub(crate) fn as_int(object: Borrowed<'_>) -> PyResult<i32> {
    let number = number(object)?;
    int::to_i64(number.b()).and_then(|value| i32::try_from(value).ok()).ok_or_else(|| too_large_for_int(is_negative(number.b())))
}

fn too_large_for_int(_negative: bool) -> object::Raised {
    raise!(OverflowError, "Python int too large to convert to C int")
}

/// A signed 64-bit number, with -1 and 1 for what does not fit below and above.
fn with_overflow(object: Borrowed<'_>, overflow: &Out<'_, i32>) -> PyResult<i64> {
    overflow.set(0);
    let number = number(object)?;
    Ok(match int::to_i64(number.b()) {
        Some(value) => value,
        None => {
            overflow.set(if is_negative(number.b()) { -1 } else { 1 });
            -1
        }
    })
}

/// Two's complement, little endian, of `len` bytes (the sign goes on).
fn to_bytes(object: Borrowed<'_>, len: usize) -> PyResult<Vec<u8>> {
    let Some((negative, digits)) = int::digits(object) else { return Err(error::bad_internal_call()) };
    let mut bytes = object::memory::vec_with_capacity::<u8>(len)?;
    let (mut bits, mut have) = (0u64, 0);
    for digit in digits {
        if bytes.len() == len {
            break;
        }
        bits |= u64::from(*digit) << have;
        have += SHIFT;
        while have >= 8 && bytes.len() < len {
            bytes.push(bits as u8);
            bits >>= 8;
            have -= 8;
        }
    }
    while bytes.len() < len {
        bytes.push(bits as u8);
        bits >>= 8;
    }
    if negative {
        let mut carry = true;
        for byte in &mut bytes {
            let (value, overflowed) = (!*byte).overflowing_add(u8::from(carry));
            *byte = value;
            carry = overflowed;
        }
    }
    Ok(bytes)
}

/// Number of bits of the magnitude.
fn bits(object: Borrowed<'_>) -> usize {
    let Some((_, digits)) = int::digits(object) else { return 0 };
    match digits.last() {
        None => 0,
        Some(last) => (digits.len() - 1) * SHIFT as usize + (32 - last.leading_zeros()) as usize,
    }
}

/// Whether the magnitude is a power of two, as that of the most negative value of a width is.
fn is_power_of_two(object: Borrowed<'_>) -> bool {
    int::digits(object).is_some_and(|(_, digits)| match digits.split_last() {
        Some((last, rest)) => last.is_power_of_two() && rest.iter().all(|digit| *digit == 0),
        None => false,
    })
}

/// An int from two's complement, little endian.
fn from_bytes(bytes: &[u8], signed: bool) -> PyResult<Ref> {
    let negative = signed && bytes.last().is_some_and(|last| last & 0x80 != 0);
    let mut digits = object::memory::vec_with_capacity::<u32>(bytes.len() * 8 / SHIFT as usize + 2)?;
    let (mut value, mut have, mut carry) = (0u64, 0u32, negative);
    for byte in bytes {
        let byte = if negative {
            let (byte, overflowed) = (!*byte).overflowing_add(u8::from(carry));
            carry = overflowed;
            byte
        } else {
            *byte
        };
        value |= u64::from(byte) << have;
        have += 8;
        if have >= SHIFT {
            digits.push((value & ((1 << SHIFT) - 1)) as u32);
            value >>= SHIFT;
            have -= SHIFT;
        }
    }
    if carry {
        value |= 1 << have;
    }
    digits.push(value as u32);
    int::from_digits(negative, &digits)
}

/// Flags of the functions for native bytes.
mod native {
    pub const DEFAULTS: i32 = -1;
    pub const BIG_ENDIAN: i32 = 0;
    pub const NATIVE_ENDIAN: i32 = 3;
    pub const UNSIGNED_BUFFER: i32 = 4;
    pub const REJECT_NEGATIVE: i32 = 8;
    pub const ALLOW_INDEX: i32 = 16;
    pub const ENDIAN: i32 = 3;
}

fn is_big_endian(flags: i32) -> bool {
    flags != native::DEFAULTS
        && flags & native::ENDIAN == native::BIG_ENDIAN
        && flags & native::NATIVE_ENDIAN != native::NATIVE_ENDIAN
}

fn as_native_bytes(object: Borrowed<'_>, buffer: *mut u8, size: isize, flags: i32) -> PyResult<isize> {
    if size < 0 {
        return Err(error::bad_internal_call());
    }
    let has = |flag: i32| flags != native::DEFAULTS && flags & flag != 0;
    let object = if int::check(object) {
        object.to_ref()
    } else if has(native::ALLOW_INDEX) {
        object.index()?
    } else {
        return Err(raise!(TypeError, "expect int, got {}", crate::support::full_name(object.class())));
    };
    if has(native::REJECT_NEGATIVE) && is_negative(object.b()) {
        return Err(raise!(ValueError, "Cannot convert negative int"));
    }
    let len = size.unsigned_abs();
    let mut bytes = to_bytes(object.b(), len)?;
    if is_big_endian(flags) {
        bytes.reverse();
    }
    if len > 0 {
        // SAFETY: C passes room for that many bytes.
        unsafe { buffer.copy_from_nonoverlapping(bytes.as_ptr(), len) };
    }
    let bits = bits(object.b());
    let needed = if bits == 0 {
        1
    } else if bits == len * 8
        && if is_negative(object.b()) {
            is_power_of_two(object.b())
        } else {
            flags == native::DEFAULTS || has(native::UNSIGNED_BUFFER)
        }
    {
        bits.div_ceil(8)
    } else {
        bits / 8 + 1
    };
    let is_compact = int::digits(object.b()).is_some_and(|(_, digits)| digits.len() <= 1);
    // CPython's answers: what was asked for where a small int fits, the size of its own variable where it does not.
    let own = size_of::<isize>();
    Ok(match len {
        0 if is_compact => own,
        _ if is_compact && needed <= len => len.min(own),
        _ => needed,
    }
    .cast_signed())
}

fn from_native_bytes(buffer: *const u8, size: usize, flags: i32, signed: bool) -> PyResult<Ref> {
    if buffer.is_null() {
        return Err(error::bad_internal_call());
    }
    // SAFETY: C passes that many bytes.
    let mut bytes = unsafe { raw_bytes(buffer, size.cast_signed()) }.to_vec();
    if is_big_endian(flags) {
        bytes.reverse();
    }
    from_bytes(&bytes, signed && (flags == native::DEFAULTS || flags & native::UNSIGNED_BUFFER == 0))
}

/// C's literal of a number: as much as belongs to it.
fn from_string(start: *const c_char, end: Option<Out<'_, *const c_char>>, base: i32) -> PyResult<Ref> {
    // SAFETY: C passes a string.
    let all = unsafe { CStr::from_ptr(start) }.to_bytes();
    if base != 0 && !(2..=36).contains(&base) {
        return Err(raise!(ValueError, "int() arg 2 must be >= 2 and <= 36"));
    }
    let shown = text::from_wtf8(all)?;
    let used = literal_length(all, base.unsigned_abs());
    if let Some(end) = &end {
        end.set(start.wrapping_add(used));
        let part = all.get(..used).unwrap_or_default();
        return builtins::int::from_str(text::from_latin1(part)?.b(), base.unsigned_abs());
    }
    builtins::int::from_str(shown.b(), base.unsigned_abs())
}

/// How many bytes of a text are spaces, sign, prefix and digits of a number, and spaces.
fn literal_length(all: &[u8], base: u32) -> usize {
    let mut at = all.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    if matches!(all.get(at), Some(b'+' | b'-')) {
        at += 1;
    }
    let prefix =
        |letter: u8| all.get(at) == Some(&b'0') && all.get(at + 1).is_some_and(|byte| byte.to_ascii_lowercase() == letter);
    let base = match base {
        0 if prefix(b'x') => 16,
        0 if prefix(b'o') => 8,
        0 if prefix(b'b') => 2,
        0 => 10,
        base => base,
    };
    if base == 16 && prefix(b'x') || base == 8 && prefix(b'o') || base == 2 && prefix(b'b') {
        at += 2;
    }
    at += all.iter().skip(at).take_while(|byte| char::from(**byte).is_digit(base) || **byte == b'_').count();
    at + all.iter().skip(at).take_while(|byte| byte.is_ascii_whitespace()).count()
}

static LAYOUT: PyLongLayout = PyLongLayout {
    bits_per_digit: abi::Cell::new(30),
    digit_size: abi::Cell::new(4),
    digits_order: abi::Cell::new(-1),
    digit_endianness: abi::Cell::new(-1),
};

/// What `PyLongWriter` writes into.
pub struct LongWriter {
    negative: bool,
    digits: Vec<u32>,
}

capi! {
    fn PyLong_FromLong(value: i64) -> PyResult<Ref> {
        int::new(value)
    }
    fn PyLong_FromLongLong(value: i64) -> PyResult<Ref> {
        int::new(value)
    }
    fn PyLong_FromSsize_t(value: isize) -> PyResult<Ref> {
        int::new(value as i64)
    }
    fn PyLong_FromInt32(value: i32) -> PyResult<Ref> {
        int::new(i64::from(value))
    }
    fn PyLong_FromInt64(value: i64) -> PyResult<Ref> {
        int::new(value)
    }
    fn PyLong_FromUnsignedLong(value: u64) -> PyResult<Ref> {
        int::from_u64(value)
    }
    fn PyLong_FromUnsignedLongLong(value: u64) -> PyResult<Ref> {
        int::from_u64(value)
    }
    fn PyLong_FromSize_t(value: usize) -> PyResult<Ref> {
        int::from_u64(value as u64)
    }
    fn PyLong_FromUInt32(value: u32) -> PyResult<Ref> {
        int::new(i64::from(value))
    }
    fn PyLong_FromUInt64(value: u64) -> PyResult<Ref> {
        int::from_u64(value)
    }
    fn PyLong_FromVoidPtr(value: *const c_void) -> PyResult<Ref> {
        int::from_u64(value.expose_provenance() as u64)
    }
    fn PyLong_FromDouble(value: f64) -> PyResult<Ref> {
        let float = object::value::float::new(value)?;
        builtins::int::from_number(float.b())
    }
    fn PyLong_FromString(start: *const c_char, end: Option<Out<'_, *const c_char>>, base: i32) -> PyResult<Ref> {
        from_string(start, end, base)
    }
    fn PyLong_FromUnicodeObject(string: Borrowed<'_>, base: i32) -> PyResult<Ref> {
        if !text::check(string) {
            return Err(error::bad_internal_call());
        }
        if base != 0 && !(2..=36).contains(&base) {
            return Err(raise!(ValueError, "int() arg 2 must be >= 2 and <= 36"));
        }
        builtins::int::from_str(string, base.unsigned_abs())
    }

    fn PyLong_AsLong(object: Borrowed<'_>) -> PyResult<i64> {
        signed(object, "long")
    }
    fn PyLong_AsInt(object: Borrowed<'_>) -> PyResult<i32> {
        as_int(object)
    }
    fn _PyLong_AsInt(object: Borrowed<'_>) -> PyResult<i32> {
        as_int(object)
    }
    fn PyLong_AsLongLong(object: Borrowed<'_>) -> PyResult<i64> {
        if let Some(value) = compact(object) {
            return Ok(value);
        }
        let number = number(object)?;
        int::to_i64(number.b()).ok_or_else(|| raise!(OverflowError, "int too big to convert"))
    }
    fn PyLong_AsSsize_t(object: Borrowed<'_>) -> PyResult<isize> {
        must_be_int(object)?;
        signed(object, "ssize_t")
    }
    fn PyLong_AsInt32(object: Borrowed<'_>, place: Out<'_, i32>) -> PyResult<()> {
        place.set(signed(object, "int32_t")?);
        Ok(())
    }
    fn PyLong_AsInt64(object: Borrowed<'_>, place: Out<'_, i64>) -> PyResult<()> {
        place.set(signed(object, "int64_t")?);
        Ok(())
    }
    fn PyLong_AsUnsignedLong(object: Borrowed<'_>) -> PyResult<u64> {
        unsigned(object, "unsigned long")
    }
    fn PyLong_AsUnsignedLongLong(object: Borrowed<'_>) -> PyResult<u64> {
        if let Some(value) = compact(object).and_then(|value| u64::try_from(value).ok()) {
            return Ok(value);
        }
        must_be_int(object)?;
        if is_negative(object) {
            return Err(raise!(OverflowError, "can't convert negative int to unsigned"));
        }
        let value = int::to_i128(object).and_then(|value| u64::try_from(value).ok());
        value.ok_or_else(|| raise!(OverflowError, "int too big to convert"))
    }
    fn PyLong_AsSize_t(object: Borrowed<'_>) -> PyResult<usize> {
        if let Some(value) = compact(object).and_then(|value| usize::try_from(value).ok()) {
            return Ok(value);
        }
        must_be_int(object)?;
        if is_negative(object) {
            return Err(raise!(OverflowError, "can't convert negative value to size_t"));
        }
        unsigned(object, "size_t")
    }
    fn PyLong_AsUInt32(object: Borrowed<'_>, place: Out<'_, u32>) -> PyResult<()> {
        place.set(unsigned_index(object, "uint32_t")?);
        Ok(())
    }
    fn PyLong_AsUInt64(object: Borrowed<'_>, place: Out<'_, u64>) -> PyResult<()> {
        place.set(unsigned_index(object, "uint64_t")?);
        Ok(())
    }
    fn PyLong_AsUnsignedLongMask(object: Borrowed<'_>) -> PyResult<u64> {
        masked(object)
    }
    fn PyLong_AsUnsignedLongLongMask(object: Borrowed<'_>) -> PyResult<u64> {
        masked(object)
    }
    fn PyLong_AsLongAndOverflow(object: Option<Borrowed<'_>>, overflow: Out<'_, i32>) -> PyResult<i64> {
        overflow.set(0);
        with_overflow(crate::form::given(object)?, &overflow)
    }
    fn PyLong_AsLongLongAndOverflow(object: Option<Borrowed<'_>>, overflow: Out<'_, i32>) -> PyResult<i64> {
        overflow.set(0);
        with_overflow(crate::form::given(object)?, &overflow)
    }
    fn PyLong_AsVoidPtr(object: Borrowed<'_>) -> PyResult<*mut c_void> {
        must_be_int(object)?;
        let value: u64 = if is_negative(object) { signed::<i64>(object, "long")?.cast_unsigned() } else { unsigned(object, "unsigned long")? };
        Ok(std::ptr::with_exposed_provenance_mut(value as usize))
    }
    fn PyLong_AsDouble(object: Borrowed<'_>) -> PyResult<f64> {
        must_be_int(object)?;
        match builtins::int::view(object).map(|view| view.to_f64()) {
            Some(Ok(value)) => Ok(value),
            _ => Err(raise!(OverflowError, "int too large to convert to float")),
        }
    }

    fn PyLong_GetSign(object: Borrowed<'_>, place: Out<'_, i32>) -> PyResult<()> {
        if !int::check(object) {
            return Err(raise!(TypeError, "expect int, got {}", crate::support::full_name(object.class())));
        }
        place.set(sign(object));
        Ok(())
    }
    fn PyLong_IsPositive(object: Borrowed<'_>) -> PyResult<bool> {
        expect(object)?;
        Ok(sign(object) > 0)
    }
    fn PyLong_IsNegative(object: Borrowed<'_>) -> PyResult<bool> {
        expect(object)?;
        Ok(sign(object) < 0)
    }
    fn PyLong_IsZero(object: Borrowed<'_>) -> PyResult<bool> {
        expect(object)?;
        Ok(sign(object) == 0)
    }
    fn _PyLong_Sign(object: Borrowed<'_>) -> i32 {
        sign(object)
    }
    fn _PyLong_NumBits(object: Borrowed<'_>) -> isize {
        bits(object).cast_signed()
    }
    fn _PyLong_Copy(object: Borrowed<'_>) -> PyResult<Ref> {
        let Some((negative, digits)) = int::digits(object) else { return Err(error::bad_internal_call()) };
        int::from_digits(negative, digits)
    }
    fn _PyLong_GCD(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        vm::import::import_module("math")?.call_method(id!("gcd"), &[a, b])
    }
    fn _PyLong_Format(object: Borrowed<'_>, base: i32) -> PyResult<Ref> {
        if !int::check(object) {
            return Err(error::bad_internal_call());
        }
        crate::abstract_::in_base(object, base)
    }
    fn _PyLong_AsByteArray(object: Borrowed<'_>, buffer: *mut u8, len: usize, little: i32, is_signed: i32, with_exceptions: i32) -> PyResult<()> {
        if is_negative(object) && is_signed == 0 {
            return Err(if with_exceptions != 0 {
                raise!(OverflowError, "can't convert negative int to unsigned")
            } else {
                // SAFETY: the caller asked for no exception.
                unsafe { object::Raised::assume() }
            });
        }
        let mut bytes = to_bytes(object, len)?;
        if little == 0 {
            bytes.reverse();
        }
        if len > 0 {
            // SAFETY: C passes room for that many bytes.
            unsafe { buffer.copy_from_nonoverlapping(bytes.as_ptr(), len) };
        }
        let needed = if is_signed == 0 {
            bits(object).div_ceil(8)
        } else if is_negative(object) && is_power_of_two(object) {
            bits(object).div_ceil(8)
        } else {
            bits(object) / 8 + 1
        };
        if needed > len && sign(object) != 0 {
            return Err(if with_exceptions != 0 {
                raise!(OverflowError, "int too big to convert")
            } else {
                // SAFETY: the caller asked for no exception.
                unsafe { object::Raised::assume() }
            });
        }
        Ok(())
    }
    fn _PyLong_FromByteArray(buffer: *const u8, len: usize, little: i32, is_signed: i32) -> PyResult<Ref> {
        // SAFETY: C passes that many bytes.
        let mut bytes = unsafe { raw_bytes(buffer, len.cast_signed()) }.to_vec();
        if little == 0 {
            bytes.reverse();
        }
        from_bytes(&bytes, is_signed != 0)
    }
    fn PyLong_AsNativeBytes(object: Borrowed<'_>, buffer: *mut u8, size: isize, flags: i32) -> PyResult<isize> {
        as_native_bytes(object, buffer, size, flags)
    }
    fn PyLong_FromNativeBytes(buffer: *const u8, size: usize, flags: i32) -> PyResult<Ref> {
        from_native_bytes(buffer, size, flags, true)
    }
    fn PyLong_FromUnsignedNativeBytes(buffer: *const u8, size: usize, flags: i32) -> PyResult<Ref> {
        from_native_bytes(buffer, size, flags, false)
    }
    fn PyUnstable_Long_IsCompact(object: Borrowed<'_>) -> bool {
        int::digits(object).is_some_and(|(_, digits)| digits.len() <= 1)
    }
    fn PyUnstable_Long_CompactValue(object: Borrowed<'_>) -> isize {
        int::to_i64(object).map_or(0, |value| value as isize)
    }
    fn PyLong_GetInfo() -> PyResult<Ref> {
        vm::import::import_module("sys")?.getattr(id!("int_info"))
    }
    fn PyLong_GetNativeLayout() -> *const PyLongLayout {
        &raw const LAYOUT
    }
    fn PyLong_Export(object: Borrowed<'_>, export: Out<'_, PyLongExport>) -> PyResult<()> {
        if !int::check(object) {
            export.set(<PyLongExport as abi::CStruct>::ZERO);
            return Err(raise!(TypeError, "expect int, got {}", crate::support::full_name(object.class())));
        }
        let zero = <PyLongExport as abi::CStruct>::ZERO;
        match (int::to_i64(object), int::digits(object)) {
            (None, Some((negative, digits))) => {
                zero.negative.set(u8::from(negative));
                zero.ndigits.set(digits.len().cast_signed());
                zero.digits.set(digits.as_ptr().cast());
                zero._reserved.set(object.to_ref().into_ptr().expose_provenance());
            }
            (value, _) => zero.value.set(value.unwrap_or(0)),
        }
        export.set(zero);
        Ok(())
    }
    fn PyLong_FreeExport(export: *mut PyLongExport) -> () {
        // SAFETY: C passes what `PyLong_Export` filled.
        if let Some(export) = unsafe { export.as_ref() } {
            let object = std::ptr::with_exposed_provenance_mut::<PyObject>(export._reserved.replace(0));
            // SAFETY: the export owned the int.
            drop(unsafe { Ref::<object::Object>::from_owned_or_null(object) });
        }
    }
    fn PyLongWriter_Create(negative: i32, count: isize, digits: Out<'_, *mut u32>) -> PyResult<*mut LongWriter> {
        if count <= 0 {
            return Err(raise!(ValueError, "ndigits must be positive"));
        }
        let mut room = object::memory::vec_with_capacity::<u32>(count.unsigned_abs())?;
        room.resize(count.unsigned_abs(), 0);
        let writer = Box::into_raw(Box::new(LongWriter { negative: negative != 0, digits: room }));
        // SAFETY: just made.
        digits.set(unsafe { (*writer).digits.as_mut_ptr() });
        Ok(writer)
    }
    fn PyLongWriter_Finish(writer: *mut LongWriter) -> PyResult<Ref> {
        // SAFETY: C gives the writer away.
        let writer = unsafe { Box::from_raw(writer) };
        int::from_digits(writer.negative, &writer.digits)
    }
    fn PyLongWriter_Discard(writer: *mut LongWriter) -> () {
        if !writer.is_null() {
            // SAFETY: C gives the writer away.
            drop(unsafe { Box::from_raw(writer) });
        }
    }
    fn PyBool_FromLong(value: i64) -> PyResult<Ref> {
        Ok(core::boolean(value != 0).to_ref())
    }
    fn PyOS_strtoul(start: *const c_char, end: *mut *mut c_char, base: i32) -> u64 {
        // SAFETY: as C's function.
        unsafe { libc::strtoul(start, end, base) }
    }
    fn PyOS_strtol(start: *const c_char, end: *mut *mut c_char, base: i32) -> i64 {
        // SAFETY: as C's function.
        unsafe { libc::strtol(start, end, base) }
    }
}

fn unsigned_index<T: TryFrom<i128>>(object: Borrowed<'_>, name: &str) -> PyResult<T> {
    let number = number(object)?;
    if is_negative(number.b()) {
        return Err(raise!(ValueError, "Cannot convert negative int"));
    }
    unsigned_slowly(number.b(), name)
}

fn expect(object: Borrowed<'_>) -> PyResult<()> {
    if int::check(object) {
        Ok(())
    } else {
        Err(raise!(TypeError, "expected int, got {}", crate::support::full_name(object.class())))
    }
}

fn sign(object: Borrowed<'_>) -> i32 {
    match int::digits(object) {
        Some((_, [])) | None => 0,
        Some((true, _)) => -1,
        Some((false, _)) => 1,
    }
}
