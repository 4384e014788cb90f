//! The methods and attributes of `int`.

use super::{Int, from_buf, to_exact, view_of};
use macros::pymethods;
use numeric::int::{BytesError, Endian, IntBuf};
use object::convert::Str;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, raise};

fn byte_order(order: Option<Str<'_>>) -> PyResult<Endian> {
    let Some(order) = order else { return Ok(Endian::Big) };
    match text::as_ascii(order.0) {
        Some("little") => Ok(Endian::Little),
        Some("big") => Ok(Endian::Big),
        _ => Err(raise!(ValueError, "byteorder must be either 'little' or 'big'")),
    }
}

#[pymethods(part = METHODS)]
impl Int {
    /// Returns self, the complex conjugate of any int.
    #[method("($self, /)")]
    fn conjugate(slf: Borrowed<'_>) -> PyResult<Ref> {
        to_exact(slf)
    }

    /// Number of bits necessary to represent self in binary.
    ///
    /// >>> bin(37)
    /// '0b100101'
    /// >>> (37).bit_length()
    /// 6
    #[method("($self, /)")]
    fn bit_length(slf: Borrowed<'_>) -> PyResult<Ref> {
        int::from_u64(view_of(slf).bit_length())
    }

    /// Number of ones in the binary representation of the absolute value of self.
    ///
    /// Also known as the population count.
    ///
    /// >>> bin(13)
    /// '0b1101'
    /// >>> (13).bit_count()
    /// 3
    #[method("($self, /)")]
    fn bit_count(slf: Borrowed<'_>) -> PyResult<Ref> {
        int::from_u64(view_of(slf).bit_count())
    }

    /// Return an array of bytes representing an integer.
    ///
    ///   length
    ///     Length of bytes object to use.  An OverflowError is raised if the
    ///     integer is not representable with the given number of bytes.  Default
    ///     is length 1.
    ///   byteorder
    ///     The byte order used to represent the integer.  If byteorder is 'big',
    ///     the most significant byte is at the beginning of the byte array.  If
    ///     byteorder is 'little', the most significant byte is at the end of the
    ///     byte array.  To request the native byte order of the host system, use
    ///     sys.byteorder as the byte order value.  Default is to use 'big'.
    ///   signed
    ///     Determines whether two's complement is used to represent the integer.
    ///     If signed is False and a negative integer is given, an OverflowError
    ///     is raised.
    #[method("($self, /, length=1, byteorder='big', *, signed=False)")]
    fn to_bytes(slf: Borrowed<'_>, length: isize, byteorder: Option<Str<'_>>, signed: bool) -> PyResult<Ref> {
        let order = byte_order(byteorder)?;
        let Ok(length) = usize::try_from(length) else {
            return Err(raise!(ValueError, "length argument must be non-negative"));
        };
        let mut outcome: Result<(), BytesError> = Ok(());
        let result = bytes::new_with(length, |target| outcome = view_of(slf).to_bytes(target, order, signed))?;
        match outcome {
            Ok(()) => Ok(result),
            Err(error) => Err(raise!(OverflowError, "{}", error.message())),
        }
    }

    /// Return the integer represented by the given array of bytes.
    ///
    ///   bytes
    ///     Holds the array of bytes to convert.  The argument must either
    ///     support the buffer protocol or be an iterable object producing bytes.
    ///     Bytes and bytearray are examples of built-in objects that support the
    ///     buffer protocol.
    ///   byteorder
    ///     The byte order used to represent the integer.  If byteorder is 'big',
    ///     the most significant byte is at the beginning of the byte array.  If
    ///     byteorder is 'little', the most significant byte is at the end of the
    ///     byte array.  To request the native byte order of the host system, use
    ///     sys.byteorder as the byte order value.  Default is to use 'big'.
    ///   signed
    ///     Indicates whether two's complement is used to represent the integer.
    #[classmethod("($type, /, bytes, byteorder='big', *, signed=False)")]
    fn from_bytes(cls: Borrowed<'_, TypeObject>, bytes: Borrowed<'_>, byteorder: Option<Str<'_>>, signed: bool) -> PyResult<Ref> {
        let order = byte_order(byteorder)?;
        let content = crate::bytes::from_object(bytes)?;
        let content = object::value::bytes::value(content.b()).unwrap_or_default();
        let value = from_buf(&IntBuf::from_bytes(content, order, signed).map_err(super::no_memory)?)?;
        if cls.is_type(&core::INT) { Ok(value) } else { cls.call1(value.b()) }
    }

    /// Return a pair of integers, whose ratio is equal to the original int.
    ///
    /// The ratio is in lowest terms and has a positive denominator.
    ///
    /// >>> (10).as_integer_ratio()
    /// (10, 1)
    /// >>> (-10).as_integer_ratio()
    /// (-10, 1)
    /// >>> (0).as_integer_ratio()
    /// (0, 1)
    #[method("($self, /)")]
    fn as_integer_ratio(slf: Borrowed<'_>) -> PyResult<Ref> {
        tuple::from_array([to_exact(slf)?, int::new(1)?])
    }

    /// Returns True. Exists for duck type compatibility with float.is_integer.
    #[method("($self, /)")]
    fn is_integer(_slf: Borrowed<'_>) -> bool {
        true
    }

    /// Truncating an Integral returns itself.
    #[method("($self, /)")]
    fn __trunc__(slf: Borrowed<'_>) -> PyResult<Ref> {
        to_exact(slf)
    }

    /// Flooring an Integral returns itself.
    #[method("($self, /)")]
    fn __floor__(slf: Borrowed<'_>) -> PyResult<Ref> {
        to_exact(slf)
    }

    /// Ceiling of an Integral returns itself.
    #[method("($self, /)")]
    fn __ceil__(slf: Borrowed<'_>) -> PyResult<Ref> {
        to_exact(slf)
    }

    /// Rounding an Integral returns itself.
    ///
    /// Rounding with an ndigits argument also returns an integer.
    #[method("($self, ndigits=None, /)")]
    fn __round__(slf: Borrowed<'_>, ndigits: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(ndigits) = ndigits.filter(|ndigits| !ndigits.is(&core::none())) else { return to_exact(slf) };
        let ndigits = ndigits.index()?;
        let digits = view_of(ndigits.b());
        if !digits.is_negative() {
            return to_exact(slf);
        }
        let value = view_of(slf);
        // 10**digits is larger than twice the value: the result is 0, without computing the power.
        let digits = digits.neg();
        if digits.to_u64().fits().is_none_or(|digits| digits > value.bit_length() + 2) {
            return int::new(0);
        }
        from_buf(&super::arithmetic::round_to_power_of_ten(value, digits)?)
    }

    /// Returns size in memory, in bytes.
    #[method("($self, /)")]
    fn __sizeof__(slf: Borrowed<'_>) -> usize {
        let class = slf.class().raw();
        class.tp_basicsize.get().cast_unsigned() + view_of(slf).digits().len().max(1) * class.tp_itemsize.get().cast_unsigned()
    }

    /// the real part of a complex number
    #[getter]
    fn real(slf: Borrowed<'_>) -> PyResult<Ref> {
        to_exact(slf)
    }

    /// the imaginary part of a complex number
    #[getter]
    fn imag(_slf: Borrowed<'_>) -> PyResult<Ref> {
        int::new(0)
    }

    /// the numerator of a rational number in lowest terms
    #[getter]
    fn numerator(slf: Borrowed<'_>) -> PyResult<Ref> {
        to_exact(slf)
    }

    /// the denominator of a rational number in lowest terms
    #[getter]
    fn denominator(_slf: Borrowed<'_>) -> PyResult<Ref> {
        int::new(1)
    }
}
