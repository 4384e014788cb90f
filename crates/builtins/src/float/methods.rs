//! The methods and attributes of `float`.

use super::{Float, arithmetic::to_int, format};
use macros::pymethods;
use numeric::float::RatioError;
use numeric::format_spec::{Align, Spec};
use object::convert::Str;
use object::value::{float, str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, raise};

#[pymethods(part = METHODS)]
impl Float {
    /// Return self, the complex conjugate of any float.
    #[method("($self, /)")]
    fn conjugate(&self) -> f64 {
        self.raw.ob_fval.get()
    }

    /// Return the Integral closest to x between 0 and x.
    #[method("($self, /)")]
    fn __trunc__(&self) -> PyResult<Ref> {
        to_int(self.raw.ob_fval.get())
    }

    /// Return the floor as an Integral.
    #[method("($self, /)")]
    fn __floor__(&self) -> PyResult<Ref> {
        to_int(self.raw.ob_fval.get().floor())
    }

    /// Return the ceiling as an Integral.
    #[method("($self, /)")]
    fn __ceil__(&self) -> PyResult<Ref> {
        to_int(self.raw.ob_fval.get().ceil())
    }

    /// Return the Integral closest to x, rounding half toward even.
    ///
    /// When an argument is passed, work like built-in round(x, ndigits).
    #[method("($self, ndigits=None, /)")]
    fn __round__(&self, ndigits: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let value = self.raw.ob_fval.get();
        let Some(ndigits) = ndigits.filter(|ndigits| !ndigits.is(&core::none())) else {
            return to_int(value.round_ties_even());
        };
        let ndigits = ndigits.as_isize_clamped()? as i64;
        match numeric::float::round_to_digits(value, ndigits) {
            Ok(value) => float::new(value),
            Err(_) => Err(raise!(OverflowError, "rounded value too large to represent")),
        }
    }

    /// Return a pair of integers, whose ratio is exactly equal to the original float.
    ///
    /// The ratio is in lowest terms and has a positive denominator.  Raise
    /// OverflowError on infinities and a ValueError on NaNs.
    ///
    /// >>> (10.0).as_integer_ratio()
    /// (10, 1)
    /// >>> (0.0).as_integer_ratio()
    /// (0, 1)
    /// >>> (-.25).as_integer_ratio()
    /// (-1, 4)
    #[method("($self, /)")]
    fn as_integer_ratio(&self) -> PyResult<Ref> {
        let value = self.raw.ob_fval.get();
        match numeric::float::as_integer_ratio(value) {
            Ok((numerator, denominator)) => {
                tuple::from_array([crate::int::from_buf(&numerator)?, crate::int::from_buf(&denominator)?])
            }
            Err(error @ RatioError::Infinite) => Err(raise!(OverflowError, "{}", error.message())),
            Err(error) => Err(raise!(ValueError, "{}", error.message())),
        }
    }

    /// Convert real number to a floating-point number.
    #[classmethod("($type, number, /)")]
    fn from_number(cls: Borrowed<'_, TypeObject>, number: Borrowed<'_>) -> PyResult<Ref> {
        if number.class().is_type(&core::FLOAT) && cls.is_type(&core::FLOAT) {
            return Ok(number.to_ref());
        }
        let value = float::new(number.as_f64()?)?;
        if cls.is_type(&core::FLOAT) { Ok(value) } else { cls.call1(value.b()) }
    }

    /// Create a floating-point number from a hexadecimal string.
    ///
    /// >>> float.fromhex('0x1.ffffp10')
    /// 2047.984375
    /// >>> float.fromhex('-0x1p-1074')
    /// -5e-324
    #[classmethod("($type, string, /)")]
    fn fromhex(cls: Borrowed<'_, TypeObject>, string: Borrowed<'_>) -> PyResult<Ref> {
        if !text::check(string) {
            return Err(raise!(TypeError, "bad argument type for built-in operation"));
        }
        use numeric::float::HexError;
        let value = match numeric::float::from_hex(&text::to_wtf8(string)) {
            Ok(value) => float::new(value)?,
            Err(error @ HexError::TooLarge) => return Err(raise!(OverflowError, "{}", error.message())),
            Err(error) => return Err(raise!(ValueError, "{}", error.message())),
        };
        if cls.is_type(&core::FLOAT) { Ok(value) } else { cls.call1(value.b()) }
    }

    /// Return a hexadecimal representation of a floating-point number.
    ///
    /// >>> (-0.1).hex()
    /// '-0x1.999999999999ap-4'
    /// >>> 3.14159.hex()
    /// '0x1.921f9f01b866ep+1'
    #[method("($self, /)")]
    fn hex(&self) -> String {
        numeric::float::hex(self.raw.ob_fval.get())
    }

    /// Return True if the float is an integer.
    #[method("($self, /)")]
    fn is_integer(&self) -> bool {
        let value = self.raw.ob_fval.get();
        value.is_finite() && value == value.floor()
    }

    #[method("($self, /)")]
    fn __getnewargs__(&self) -> PyResult<Ref> {
        tuple::from_array([float::new(self.raw.ob_fval.get())?])
    }

    /// You probably don't want to use this function.
    ///
    ///   typestr
    ///     Must be 'double' or 'float'.
    ///
    /// It exists mainly to be used in Python's test suite.
    ///
    /// This function returns whichever of 'unknown', 'IEEE, big-endian' or 'IEEE,
    /// little-endian' best describes the format of floating-point numbers used by the
    /// C type named by typestr.
    #[classmethod("($type, typestr, /)")]
    fn __getformat__(_cls: Borrowed<'_, TypeObject>, typestr: Str<'_>) -> PyResult<Ref> {
        match text::as_ascii(typestr.0) {
            Some("double" | "float") => {
                text::new(if cfg!(target_endian = "little") { "IEEE, little-endian" } else { "IEEE, big-endian" })
            }
            _ => Err(raise!(ValueError, "__getformat__() argument 1 must be 'double' or 'float'")),
        }
    }

    /// Formats the float according to format_spec.
    #[method("($self, format_spec, /)")]
    pub(crate) fn __format__(slf: Borrowed<'_>, format_spec: Str<'_>) -> PyResult<Ref> {
        if format_spec.data().is_empty() {
            return slf.str();
        }
        let codes = crate::format::codes(format_spec.data())?;
        let spec = Spec::parse(&codes, None, Align::Right, crate::str_::decimal_digit)
            .map_err(|error| format::spec_error(error, format_spec.0, slf))?;
        object::memory::check_size(spec.width.unwrap_or(0))?;
        format::format_with(slf.self_as::<Float>().raw.ob_fval.get(), &spec, format_spec.0, slf)
    }

    /// the real part of a complex number
    #[getter]
    fn real(slf: Borrowed<'_>) -> PyResult<Ref> {
        slf.class().nb_float().map_or_else(|| Ok(slf.to_ref()), |function| function(slf))
    }

    /// the imaginary part of a complex number
    #[getter]
    fn imag(&self) -> f64 {
        0.0
    }
}
