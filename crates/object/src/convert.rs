//! Between Rust values and objects: what the parameters and results of native functions may be.

use crate::args::{ArgInfo, KwArgs};
use crate::core;
use crate::error;
use crate::exc;
use crate::raise;
use crate::reference::{Borrowed, Layout, Object, Ref};
use crate::result::{PyResult, Raised};
use crate::spec::StaticType;
use crate::types::TypeObject;
use crate::value::{bytes, float, int, str as text, tuple};

/// A parameter type.
pub trait FromArg<'a>: Sized {
    /// A default of `None` and an argument of `None` mean the same for `Option<Self>`.
    const NONE_IS_ABSENT: bool = true;
    /// Converts an argument, or raises TypeError in CPython's words.
    fn from_arg(value: Borrowed<'a>, info: &'static ArgInfo) -> PyResult<Self>;
}

/// An optional parameter.
pub trait FromOptArg<'a>: Sized {
    /// Converts an argument that may be absent.
    fn from_opt(value: Option<Borrowed<'a>>, info: &'static ArgInfo) -> PyResult<Self>;
}

impl<'a, T: FromArg<'a>> FromOptArg<'a> for Option<T> {
    #[inline]
    fn from_opt(value: Option<Borrowed<'a>>, info: &'static ArgInfo) -> PyResult<Self> {
        match value {
            None => Ok(None),
            Some(value) if T::NONE_IS_ABSENT && value.is(&core::none()) => Ok(None),
            Some(value) => T::from_arg(value, info).map(Some),
        }
    }
}

impl<'a> FromArg<'a> for Borrowed<'a> {
    const NONE_IS_ABSENT: bool = false;
    #[inline]
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        Ok(value)
    }
}

impl<'a> FromArg<'a> for Ref {
    const NONE_IS_ABSENT: bool = false;
    #[inline]
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        Ok(value.to_ref())
    }
}

/// Types whose instances are parameters by themselves: every native type but the plain object.
pub trait ArgType: StaticType {}
impl<T: StaticType> ArgType for T {}

impl<'a, T: ArgType> FromArg<'a> for Borrowed<'a, T> {
    #[inline]
    fn from_arg(value: Borrowed<'a>, info: &'static ArgInfo) -> PyResult<Self> {
        value.downcast::<T>().ok_or_else(|| info.wrong_type(T::type_object().tp_name(), value))
    }
}

impl<'a, T: ArgType> FromArg<'a> for Ref<T> {
    #[inline]
    fn from_arg(value: Borrowed<'a>, info: &'static ArgInfo) -> PyResult<Self> {
        Borrowed::<'a, T>::from_arg(value, info).map(Borrowed::to_ref)
    }
}

/// A str argument; its text is read through [`Str::data`].
#[derive(Clone, Copy)]
pub struct Str<'a>(pub Borrowed<'a>);

impl<'a> Str<'a> {
    /// The code points.
    pub fn data(self) -> text::Data<'a> {
        // SAFETY: the type was checked when this was made.
        unsafe { text::data_unchecked(self.0) }
    }
}

impl<'a> FromArg<'a> for Str<'a> {
    fn from_arg(value: Borrowed<'a>, info: &'static ArgInfo) -> PyResult<Self> {
        if text::check(value) { Ok(Str(value)) } else { Err(info.wrong_type("str", value)) }
    }
}

/// A str without lone surrogates, as Rust text.
impl<'a> FromArg<'a> for String {
    fn from_arg(value: Borrowed<'a>, info: &'static ArgInfo) -> PyResult<Self> {
        if !text::check(value) {
            return Err(info.wrong_type("str", value));
        }
        match text::to_string(value) {
            Some(text) => Ok(text),
            None => Err(surrogates_not_allowed(value)),
        }
    }
}

/// Raises the UnicodeEncodeError of a lone surrogate that UTF-8 does not allow.
#[cold]
pub fn surrogates_not_allowed(value: Borrowed<'_>) -> Raised {
    let at = text::data(value).and_then(|data| data.iter().position(|code| (0xD800..0xE000).contains(&code))).unwrap_or(0);
    let end = text::data(value)
        .map_or(at + 1, |data| at + data.iter().skip(at).take_while(|code| (0xD800..0xE000).contains(code)).count());
    let arguments = (|| {
        tuple::from_array([
            text::new("utf-8")?,
            value.to_ref(),
            int::new(at as i64)?,
            int::new(end as i64)?,
            text::new("surrogates not allowed")?,
        ])
    })();
    match arguments {
        Ok(arguments) => error::raise_value(&exc::UnicodeEncodeError, Some(arguments.b())),
        Err(raised) => raised,
    }
}

impl<'a> FromArg<'a> for bool {
    const NONE_IS_ABSENT: bool = false;
    #[inline]
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        value.is_true()
    }
}

impl<'a> FromArg<'a> for f64 {
    #[inline]
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        value.as_f64()
    }
}

macro_rules! from_arg_ints {
    ($($ty:ident, $too_large:literal, $too_small:literal;)*) => { $(
        impl<'a> FromArg<'a> for $ty {
            #[inline]
            fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
                let number = value.index()?;
                int::to_i128(number.b()).and_then(|number| $ty::try_from(number).ok()).ok_or_else(|| {
                    // SAFETY: `index` gives an int.
                    let negative = unsafe { int::digits_unchecked(number.b()).0 };
                    raise!(OverflowError, "{}", if negative { $too_small } else { $too_large })
                })
            }
        }
    )* };
}

from_arg_ints! {
    i8, "signed char is greater than maximum", "signed char is less than minimum";
    u8, "unsigned byte integer is greater than maximum", "unsigned byte integer is less than minimum";
    i16, "signed short integer is greater than maximum", "signed short integer is less than minimum";
    u16, "Python int too large to convert to C unsigned short", "can't convert negative value to unsigned int";
    i32, "Python int too large to convert to C int", "Python int too large to convert to C int";
    u32, "Python int too large to convert to C unsigned int", "can't convert negative value to unsigned int";
    i64, "Python int too large to convert to C long", "Python int too large to convert to C long";
    u64, "Python int too large to convert to C unsigned long", "can't convert negative value to unsigned int";
    isize, "Python int too large to convert to C ssize_t", "Python int too large to convert to C ssize_t";
    usize, "Python int too large to convert to C size_t", "can't convert negative value to size_t";
}

/// A C `int` in the words of `PyLong_AsInt`: what Argument Clinic's `int` parameters are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CInt(pub i32);

impl<'a> FromArg<'a> for CInt {
    const NONE_IS_ABSENT: bool = false;
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        let number = value.index()?;
        int::to_i64(number.b())
            .and_then(|number| i32::try_from(number).ok())
            .map(CInt)
            .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C int"))
    }
}

/// What a native function may return.
pub trait IntoPy {
    /// The object.
    fn into_py(self) -> PyResult<Ref>;
}

impl<T: IntoPy> IntoPy for PyResult<T> {
    #[inline]
    fn into_py(self) -> PyResult<Ref> {
        self.and_then(IntoPy::into_py)
    }
}

impl<T: Layout> IntoPy for Ref<T> {
    #[inline]
    fn into_py(self) -> PyResult<Ref> {
        Ok(self.upcast())
    }
}

impl<T: Layout> IntoPy for Borrowed<'_, T> {
    #[inline]
    fn into_py(self) -> PyResult<Ref> {
        Ok(self.object().to_ref())
    }
}

impl IntoPy for () {
    #[inline]
    fn into_py(self) -> PyResult<Ref> {
        Ok(core::none_ref())
    }
}

impl IntoPy for bool {
    #[inline]
    fn into_py(self) -> PyResult<Ref> {
        Ok(core::boolean(self).to_ref())
    }
}

impl<T: IntoPy> IntoPy for Option<T> {
    #[inline]
    fn into_py(self) -> PyResult<Ref> {
        self.map_or_else(|| Ok(core::none_ref()), IntoPy::into_py)
    }
}

impl IntoPy for f64 {
    #[inline]
    fn into_py(self) -> PyResult<Ref> {
        float::new(self)
    }
}

impl IntoPy for &str {
    fn into_py(self) -> PyResult<Ref> {
        text::new(self)
    }
}

impl IntoPy for String {
    fn into_py(self) -> PyResult<Ref> {
        text::new(&self)
    }
}

impl IntoPy for &[u8] {
    fn into_py(self) -> PyResult<Ref> {
        bytes::new(self)
    }
}

impl IntoPy for Vec<u8> {
    fn into_py(self) -> PyResult<Ref> {
        bytes::new(&self)
    }
}

macro_rules! ints_into_py {
    ($($ty:ident $make:path as $via:ident;)*) => { $(
        impl IntoPy for $ty {
            #[inline]
            fn into_py(self) -> PyResult<Ref> {
                $make(self as $via)
            }
        }
    )* };
}
ints_into_py! {
    i8 int::new as i64; i16 int::new as i64; i32 int::new as i64; i64 int::new as i64; isize int::new as i64;
    u8 int::new as i64; u16 int::new as i64; u32 int::new as i64; u64 int::from_u64 as u64; usize int::from_u64 as u64;
    i128 int::from_i128 as i128;
}

impl<A: IntoPy, B: IntoPy> IntoPy for (A, B) {
    fn into_py(self) -> PyResult<Ref> {
        tuple::from_array([self.0.into_py()?, self.1.into_py()?])
    }
}

impl<A: IntoPy, B: IntoPy, C: IntoPy> IntoPy for (A, B, C) {
    fn into_py(self) -> PyResult<Ref> {
        tuple::from_array([self.0.into_py()?, self.1.into_py()?, self.2.into_py()?])
    }
}

impl<A: IntoPy, B: IntoPy, C: IntoPy, D: IntoPy> IntoPy for (A, B, C, D) {
    fn into_py(self) -> PyResult<Ref> {
        tuple::from_array([self.0.into_py()?, self.1.into_py()?, self.2.into_py()?, self.3.into_py()?])
    }
}

impl IntoPy for KwArgs<'_> {
    fn into_py(self) -> PyResult<Ref> {
        self.to_dict()
    }
}

impl IntoPy for &TypeObject {
    fn into_py(self) -> PyResult<Ref> {
        Ok(self.to_ref())
    }
}

impl IntoPy for &Object {
    fn into_py(self) -> PyResult<Ref> {
        Ok(self.to_ref())
    }
}
