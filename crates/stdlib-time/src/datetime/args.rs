//! Arguments of the constructors, bound in the words of CPython's `getargs.c`, and pickled states among them.

use builtins::dict::Dict;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, raise};

/// How a constructor takes its arguments.
pub struct Plan<const N: usize> {
    /// The name in messages with its parentheses; empty where CPython says "function".
    pub function: &'static str,
    pub names: [&'static str; N],
    pub required: usize,
    pub positional: usize,
    /// Bit by bit, the parameters that are C ints.
    pub ints: u16,
}

/// The arguments of a constructor, by parameter.
pub struct Bound<const N: usize> {
    pub values: [Option<Ref>; N],
    numbers: [i32; N],
}

impl<const N: usize> Bound<N> {
    /// The int at `index`; 0 where it was not given.
    pub fn int(&self, index: usize) -> i32 {
        self.numbers.get(index).copied().unwrap_or(0)
    }

    /// The object at `index`.
    pub fn object(&self, index: usize) -> Option<Borrowed<'_>> {
        self.values.get(index).and_then(|value| value.as_ref().map(Ref::b))
    }
}

impl<const N: usize> Plan<N> {
    /// The arguments by parameter.
    pub fn bind(&self, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Bound<N>> {
        let given = tuple::items(args).unwrap_or_default();
        let keywords: Vec<(Ref, Ref)> =
            kwargs.and_then(|kwargs| kwargs.downcast::<Dict>().map(|dict| dict.iter().collect())).unwrap_or_default();
        let function = if self.function.is_empty() { "function" } else { self.function };
        let total = given.len() + keywords.len();
        if total > N {
            let kind = if given.is_empty() { "keyword " } else { "" };
            return Err(raise!(TypeError, "{function} takes at most {N} {kind}arguments ({total} given)"));
        }
        if given.len() > self.positional {
            let (most, count) = (if self.required < self.positional { "at most" } else { "exactly" }, given.len());
            let (limit, plural) = (self.positional, if self.positional == 1 { "" } else { "s" });
            return Err(raise!(TypeError, "{function} takes {most} {limit} positional argument{plural} ({count} given)"));
        }
        let mut unexpected = None;
        let mut values: [Option<Ref>; N] = [const { None }; N];
        values.iter_mut().zip(given).for_each(|(value, arg)| *value = Some(arg.to_ref()));
        for (name, value) in keywords {
            let index = self.names.iter().position(|own| text::eq_str(name.b(), own));
            match index.and_then(|index| values.get_mut(index).map(|slot| (index, slot))) {
                Some((_, slot)) if slot.is_none() => *slot = Some(value),
                Some((index, _)) => {
                    let (name, position) = (text::to_string_lossy(name.b()), index + 1);
                    return Err(raise!(TypeError, "argument for {function} given by name ('{name}') and position ({position})"));
                }
                None => unexpected = unexpected.or(Some(name)),
            }
        }
        // Each argument is converted before the next is missed.
        let mut numbers = [0; N];
        for (index, ((name, value), number)) in self.names.iter().zip(&values).zip(&mut numbers).enumerate() {
            match value {
                Some(value) if self.ints >> index & 1 != 0 => *number = c_int(value.b())?,
                None if index < self.required => {
                    let position = index + 1;
                    return Err(raise!(TypeError, "{function} missing required argument '{name}' (pos {position})"));
                }
                _ => {}
            }
        }
        if let Some(name) = unexpected {
            let function = if self.function.is_empty() { "this function" } else { self.function };
            let name = text::to_string_lossy(name.b());
            return Err(raise!(TypeError, "{function} got an unexpected keyword argument '{name}'"));
        }
        Ok(Bound { values, numbers })
    }
}

/// A number as C's int.
pub fn c_int(value: Borrowed<'_>) -> PyResult<i32> {
    let number = value.as_i64()?;
    i32::try_from(number).map_err(|_| {
        if number > 0 {
            raise!(OverflowError, "signed integer is greater than maximum")
        } else {
            raise!(OverflowError, "signed integer is less than minimum")
        }
    })
}

/// The state of a pickle, if `args` begins with one: `len` bytes whose byte `at` is a month or an hour by `good`. A str of these
/// characters is one too (a pickle of Python 2, read as Latin-1).
pub fn pickled_state(
    args: Borrowed<'_>,
    kwargs: Option<Borrowed<'_>>,
    class: &str,
    len: usize,
    good: impl Fn(&[u8]) -> bool,
) -> PyResult<Option<(Vec<u8>, Option<Ref>)>> {
    let (first, second) = match tuple::items(args).unwrap_or_default() {
        [first] => (*first, None),
        [first, second] => (*first, Some(second.to_ref())),
        _ => return Ok(None),
    };
    if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? > 0 {
        return Ok(None);
    }
    if let Some(content) = bytes::value(first) {
        return Ok((content.len() == len && good(content)).then(|| (content.to_vec(), second)));
    }
    let Some(data) = text::data(first).filter(|data| data.len() == len) else { return Ok(None) };
    let low: Vec<u8> = data.iter().map(|code| code as u8).collect();
    if !good(&low) {
        return Ok(None);
    }
    if data.iter().any(|code| code > 0xFF) {
        return Err(raise!(
            ValueError,
            "Failed to encode latin1 string when unpickling a {class} object. pickle.load(data, encoding='latin1') is assumed."
        ));
    }
    Ok(Some((low, second)))
}

/// An int object.
pub fn number(value: i32) -> PyResult<Ref> {
    int::new(i64::from(value))
}

/// An argument that is absent or None.
pub fn given(value: Option<Borrowed<'_>>) -> Option<Borrowed<'_>> {
    value.filter(|value| !value.is(&core::none()))
}
