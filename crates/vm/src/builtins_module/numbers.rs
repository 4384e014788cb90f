//! Functions of `builtins` about numbers and order.

use macros::pymodule;

#[pymodule(part)]
pub(crate) mod part {
    use object::protocol::number;
    use object::value::{int, str as text};
    use object::{Borrowed, CompareOp, PyResult, Ref, core, id, raise};

    /// Return the absolute value of the argument.
    #[pyfunction("(number, /)")]
    fn abs(number: Borrowed<'_>) -> PyResult<Ref> {
        number::absolute(number)
    }

    /// Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.
    #[pyfunction("(x, y, /)")]
    fn divmod(x: Borrowed<'_>, y: Borrowed<'_>) -> PyResult<Ref> {
        number::divmod(x, y)
    }

    /// Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.
    ///
    /// Some types, such as ints, are able to use a more efficient algorithm when
    /// invoked using the three argument form.
    #[pyfunction("(base, exp, mod=None)")]
    fn pow(base: Borrowed<'_>, exp: Borrowed<'_>, modulus: Option<Borrowed<'_>>) -> PyResult<Ref> {
        number::power(base, exp, modulus.unwrap_or_else(|| core::none()))
    }

    /// Round a number to a given precision in decimal digits.
    ///
    /// The return value is an integer if ndigits is omitted or None.  Otherwise
    /// the return value has the same type as the number.  ndigits may be negative.
    #[pyfunction("(number, ndigits=None)")]
    fn round(number: Borrowed<'_>, ndigits: Option<Borrowed<'_>>) -> PyResult<Ref> {
        // SAFETY: each class is checked first.
        let rounded = unsafe {
            if ndigits.is_some_and(|ndigits| !ndigits.is(&core::none())) {
                None
            } else if number.class().is_type(&core::INT) {
                return Ok(number.to_ref());
            } else if number.class().is_type(&core::FLOAT) {
                Some(object::value::float::value_unchecked(number).round_ties_even())
            } else {
                None
            }
        };
        if let Some(rounded) = rounded
            && rounded.abs() < 9.0e15
        {
            // A whole number below 2**53.
            return int::new(rounded as i64);
        }
        let Some(round) = number.lookup_special(id!("__round__"))? else {
            return Err(raise!(TypeError, "type {} doesn't define __round__ method", number.class().tp_name()));
        };
        match ndigits.filter(|ndigits| !ndigits.is(&core::none())) {
            Some(ndigits) => round.call1(ndigits),
            None => round.call0(),
        }
    }

    /// Return the binary representation of an integer.
    ///
    ///    >>> bin(2796202)
    ///    '0b1010101010101010101010'
    #[pyfunction("(number, /)")]
    fn bin(number: Borrowed<'_>) -> PyResult<Ref> {
        builtins::int::prefixed(number.index()?.b(), "0b", 2)
    }

    /// Return the octal representation of an integer.
    ///
    ///    >>> oct(342391)
    ///    '0o1234567'
    #[pyfunction("(number, /)")]
    fn oct(number: Borrowed<'_>) -> PyResult<Ref> {
        builtins::int::prefixed(number.index()?.b(), "0o", 8)
    }

    /// Return the hexadecimal representation of an integer.
    ///
    ///    >>> hex(12648430)
    ///    '0xc0ffee'
    #[pyfunction("(number, /)")]
    fn hex(number: Borrowed<'_>) -> PyResult<Ref> {
        builtins::int::prefixed(number.index()?.b(), "0x", 16)
    }

    /// Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.
    #[pyfunction("(i, /)")]
    fn chr(i: Borrowed<'_>) -> PyResult<Ref> {
        let index = i.index()?;
        match int::to_i64(index.b()).and_then(|code| u32::try_from(code).ok()).filter(|code| *code < 0x11_0000) {
            Some(code) => text::from_code_points(1, code, std::iter::once(code)),
            None => Err(raise!(ValueError, "chr() arg not in range(0x110000)")),
        }
    }

    /// Return the ordinal value of a character.
    ///
    /// If the argument is a one-byte string, return the integer value of that
    /// byte.
    #[pyfunction("(character, /)")]
    fn ord(character: Borrowed<'_>) -> PyResult<i64> {
        let size = if let Some(data) = text::data(character) {
            match data.get(0) {
                Some(code) if data.len() == 1 => return Ok(i64::from(code)),
                _ => data.len(),
            }
        } else if character.class().has(abi::tpflags::BYTES_SUBCLASS) || character.class().is_subtype(&core::BYTEARRAY) {
            let buffer = object::protocol::buffer::Buffer::readable(character)?;
            match buffer.bytes() {
                [byte] => return Ok(i64::from(*byte)),
                bytes => bytes.len(),
            }
        } else {
            let found = character.class().tp_name();
            return Err(raise!(TypeError, "ord() expected string of length 1, but {found} found"));
        };
        Err(raise!(TypeError, "ord() expected a character, but string of length {size} found"))
    }

    /// Return the sum of a 'start' value (default: 0) plus an iterable of numbers
    ///
    /// When the iterable is empty, return the start value.
    /// This function is intended specifically for use with numeric values and may
    /// reject non-numeric types.
    #[pyfunction("(iterable, /, start=0)")]
    fn sum(iterable: Borrowed<'_>, start: Option<Borrowed<'_>>) -> PyResult<Ref> {
        super::super::sum::sum(iterable, start)
    }

    /// With a single iterable argument, return its smallest item. The
    /// default keyword-only argument specifies an object to return if
    /// the provided iterable is empty.
    /// With two or more positional arguments, return the smallest argument.
    #[pyfunction(text = None, "(*args, key=None, default=None)")]
    fn min(args: &[Borrowed<'_>], key: Option<Borrowed<'_>>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        extreme("min", CompareOp::Lt, args, key, default)
    }

    /// With a single iterable argument, return its biggest item. The
    /// default keyword-only argument specifies an object to return if
    /// the provided iterable is empty.
    /// With two or more positional arguments, return the largest argument.
    #[pyfunction(text = None, "(*args, key=None, default=None)")]
    fn max(args: &[Borrowed<'_>], key: Option<Borrowed<'_>>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        extreme("max", CompareOp::Gt, args, key, default)
    }

    fn extreme(
        name: &str,
        op: CompareOp,
        args: &[Borrowed<'_>],
        key: Option<Borrowed<'_>>,
        default: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let key = key.filter(|key| !key.is(&core::none()));
        if let ([first, others @ ..], None, None) = (args, key, default)
            && !others.is_empty()
        {
            // The caller holds the arguments.
            let mut best = *first;
            for item in others {
                if item.compare_bool(best, op)? {
                    best = *item;
                }
            }
            return Ok(best.to_ref());
        }
        if let ([iterable], None) = (args, key) {
            let mut best: Option<Ref> = None;
            iterable.for_each_item(|item| {
                let better = match &best {
                    None => true,
                    Some(best) => item.compare_bool(best.b(), op)?,
                };
                if better {
                    best = Some(item);
                }
                Ok(())
            })?;
            return match (best, default) {
                (Some(best), _) => Ok(best),
                (None, Some(default)) => Ok(default.to_ref()),
                (None, None) => Err(raise!(ValueError, "{name}() iterable argument is empty")),
            };
        }
        // The best item, and its value where a key makes one.
        let mut best: Option<(Ref, Option<Ref>)> = None;
        let mut consider = |item: Ref| {
            let value = key.map(|key| key.call1(item.b())).transpose()?;
            let better = match &best {
                None => true,
                Some((best_item, best)) => {
                    value.as_ref().unwrap_or(&item).compare_bool(best.as_ref().unwrap_or(best_item).b(), op)?
                }
            };
            if better {
                best = Some((item, value));
            }
            Ok(())
        };
        match args {
            [] => return Err(raise!(TypeError, "{name} expected at least 1 argument, got 0")),
            [iterable] => iterable.for_each_item(consider)?,
            many => {
                if default.is_some() {
                    let message = "Cannot specify a default for";
                    return Err(raise!(TypeError, "{message} {name}() with multiple positional arguments"));
                }
                many.iter().try_for_each(|item| consider(item.to_ref()))?;
            }
        }
        match (best, default) {
            (Some((item, _)), _) => Ok(item),
            (None, Some(default)) => Ok(default.to_ref()),
            (None, None) => Err(raise!(ValueError, "{name}() iterable argument is empty")),
        }
    }
}
