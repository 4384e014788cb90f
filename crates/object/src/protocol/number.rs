//! Numbers: truth, indices, conversions, operators.

use crate::reference::{Borrowed, Object, Ref};
use crate::result::{PyResult, Raised};
use crate::slots::{BinaryFn, TernaryFn};
use crate::types::TypeObject;
use crate::value::{float, int};
use crate::{core, error, exc, raise};

impl Object {
    /// `bool(self)`.
    #[inline]
    pub fn is_true(&self) -> PyResult<bool> {
        if self.is(&core::true_()) {
            return Ok(true);
        }
        if self.is(&core::false_()) || self.is(&core::none()) {
            return Ok(false);
        }
        let class = self.class();
        if let Some(function) = class.nb_bool() {
            return function(self.borrowed()).into();
        }
        let length = class.mp_length().or_else(|| class.sq_length());
        length.map_or(Ok(true), |function| PyResult::<usize>::from(function(self.borrowed())).map(|length| length != 0))
    }

    /// `operator.index(self)`: an int (of any int type).
    #[inline]
    pub fn index(&self) -> PyResult<Ref> {
        if int::check(self.borrowed()) {
            return Ok(self.to_ref());
        }
        self.index_slow()
    }

    #[cold]
    fn index_slow(&self) -> PyResult<Ref> {
        let Some(function) = self.class().nb_index() else {
            return Err(raise!(TypeError, "'{}' object cannot be interpreted as an integer", self.class().tp_name()));
        };
        let result = function(self.borrowed())?;
        if result.class().is_type(&core::INT) {
            return Ok(result);
        }
        if !int::check(result.b()) {
            return Err(raise!(
                TypeError,
                "{}.__index__ returned non-int (type {})",
                self.class().tp_name(),
                result.class().tp_name()
            ));
        }
        warn_strict_subclass(self.class(), "__index__", result.class(), "int")?;
        Ok(result)
    }

    /// The value as a float, through `__float__` or `__index__`.
    #[inline]
    pub fn as_f64(&self) -> PyResult<f64> {
        if self.class().is_type(&core::FLOAT) {
            // SAFETY: exactly a float.
            return Ok(unsafe { float::value_unchecked(self.borrowed()) });
        }
        self.as_f64_slow()
    }

    #[cold]
    fn as_f64_slow(&self) -> PyResult<f64> {
        if let Some(value) = float::value(self.borrowed()) {
            return Ok(value);
        }
        let class = self.class();
        if let Some(function) = class.nb_float() {
            let result = function(self.borrowed())?;
            let Some(value) = float::value(result.b()) else {
                let found = result.class().tp_name();
                return Err(raise!(TypeError, "{}.__float__ returned non-float (type {found})", class.tp_name()));
            };
            if !result.class().is_type(&core::FLOAT) {
                warn_strict_subclass(class, "__float__", result.class(), "float")?;
            }
            return Ok(value);
        }
        if class.nb_index().is_some() {
            let index = self.index()?;
            let (negative, digits) = int::digits(index.b()).unwrap_or((false, &[]));
            let value = int_to_f64(digits);
            return match value {
                Some(value) => Ok(if negative { -value } else { value }),
                None => Err(raise!(OverflowError, "int too large to convert to float")),
            };
        }
        Err(raise!(TypeError, "must be real number, not {}", class.tp_name()))
    }
}

/// The warning about a conversion that gave an instance of a strict subclass.
#[cold]
fn warn_strict_subclass(class: &TypeObject, method: &str, found: &TypeObject, kind: &str) -> PyResult<()> {
    let (class, found) = (class.tp_name(), found.tp_name());
    let message = format!(
        "{class}.{method}() returned non-{kind} (type {found}).  The ability to return an instance of a strict subclass of {kind} \
         is deprecated, and may not be supported in a future version of Python."
    );
    crate::hooks::warn(&exc::DeprecationWarning, &message, 1)
}

/// The digits as a float, rounded half to even; none where it is too large.
fn int_to_f64(digits: &[u32]) -> Option<f64> {
    let bits = digits.len().checked_mul(30)?;
    if bits > 1100 {
        return None;
    }
    // The highest 4 digits hold at least 91 significant bits; whatever stands below them only matters as "not zero".
    let cut = digits.len().saturating_sub(4);
    let (low, high) = digits.split_at(cut);
    let mut value = high.iter().rev().fold(0u128, |value, digit| value << 30 | u128::from(*digit));
    if low.iter().any(|digit| *digit != 0) {
        value |= 1;
    }
    let scaled = value as f64 * 2f64.powi(i32::try_from(cut * 30).ok()?);
    scaled.is_finite().then_some(scaled)
}

/// The binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    MatrixMultiply,
    TrueDivide,
    FloorDivide,
    Remainder,
    Lshift,
    Rshift,
    And,
    Or,
    Xor,
}

macro_rules! operators {
    ($($op:ident $function:ident $inplace:ident $slot:ident $inplace_slot:ident $symbol:literal;)*) => {
        impl BinaryOp {
            /// As the operator is written.
            pub const fn symbol(self) -> &'static str {
                match self { $(BinaryOp::$op => $symbol,)* }
            }

            #[inline]
            fn slot(self, class: &TypeObject) -> Option<BinaryFn> {
                /// Where each operator's function stands in the suite: a look instead of a jump.
                const OFFSETS: &[u16] = &[$(std::mem::offset_of!(abi::PyNumberMethods, $slot) as u16),*];
                let suite = class.raw().tp_as_number.get();
                let offset = usize::from(*OFFSETS.get(self as usize)?);
                // SAFETY: a type's suite lives as long as the type; there stands a function of this C signature, or null.
                (!suite.is_null()).then(|| unsafe { suite.byte_add(offset).cast::<Option<BinaryFn>>().read() }).flatten()
            }

            #[inline]
            fn inplace_slot(self, class: &TypeObject) -> Option<BinaryFn> {
                match self { $(BinaryOp::$op => class.$inplace_slot(),)* }
            }
        }

        $(
            #[doc = concat!("`a ", $symbol, " b`.")]
            #[inline]
            pub fn $function(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                binary_op(BinaryOp::$op, a, b)
            }

            #[doc = concat!("`a ", $symbol, "= b`.")]
            #[inline]
            pub fn $inplace(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                inplace_op(BinaryOp::$op, a, b)
            }
        )*
    };
}

operators! {
    Add add inplace_add nb_add nb_inplace_add "+";
    Subtract subtract inplace_subtract nb_subtract nb_inplace_subtract "-";
    Multiply multiply inplace_multiply nb_multiply nb_inplace_multiply "*";
    MatrixMultiply matrix_multiply inplace_matrix_multiply nb_matrix_multiply nb_inplace_matrix_multiply "@";
    TrueDivide true_divide inplace_true_divide nb_true_divide nb_inplace_true_divide "/";
    FloorDivide floor_divide inplace_floor_divide nb_floor_divide nb_inplace_floor_divide "//";
    Remainder remainder inplace_remainder nb_remainder nb_inplace_remainder "%";
    Lshift lshift inplace_lshift nb_lshift nb_inplace_lshift "<<";
    Rshift rshift inplace_rshift nb_rshift nb_inplace_rshift ">>";
    And and inplace_and nb_and nb_inplace_and "&";
    Or or inplace_or nb_or nb_inplace_or "|";
    Xor xor inplace_xor nb_xor nb_inplace_xor "^";
}

/// Tries the operands' slots in CPython's order: the right one first if its type is a subtype of the left one's with another slot. None
/// where both decline.
#[inline]
fn dispatch(a: Borrowed<'_>, b: Borrowed<'_>, slot: impl Fn(&TypeObject) -> Option<BinaryFn>) -> PyResult<Option<Ref>> {
    let (left_class, right_class) = (a.class(), b.class());
    let left = slot(left_class);
    let mut right = if left_class.is_type(right_class) { None } else { slot(right_class) };
    if let (Some(left), Some(other)) = (left, right)
        && std::ptr::fn_addr_eq(left, other)
    {
        right = None;
    }
    if let Some(left) = left {
        if let Some(function) = right
            && right_class.is_subtype(left_class)
        {
            let result = function(a, b)?;
            if !result.is(&core::not_implemented()) {
                return Ok(Some(result));
            }
            right = None;
        }
        let result = left(a, b)?;
        if !result.is(&core::not_implemented()) {
            return Ok(Some(result));
        }
    }
    if let Some(function) = right {
        let result = function(a, b)?;
        if !result.is(&core::not_implemented()) {
            return Ok(Some(result));
        }
    }
    Ok(None)
}

#[cold]
fn unsupported(symbol: &str, a: Borrowed<'_>, b: Borrowed<'_>) -> Raised {
    let (left, right) = (a.class().tp_name(), b.class().tp_name());
    if symbol == ">>" && a.class().is_type(&core::CFUNCTION) && is_print(a) {
        return raise!(
            TypeError,
            "unsupported operand type(s) for {symbol}: '{left}' and '{right}'. Did you mean \"print(<message>, file=<output_stream>)\"?"
        );
    }
    raise!(TypeError, "unsupported operand type(s) for {symbol}: '{left}' and '{right}'")
}

fn is_print(function: Borrowed<'_>) -> bool {
    // SAFETY: the caller checked that it is a builtin function; its definition names it.
    unsafe {
        std::ffi::CStr::from_ptr((*(*function.ptr().cast::<abi::PyCFunctionObject>()).m_ml.get()).ml_name.get()) == c"print"
    }
}

/// `a op b`.
#[inline]
pub fn binary_op(op: BinaryOp, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    match dispatch(a, b, |class| op.slot(class))? {
        Some(result) => Ok(result),
        None => sequence_op(op, a, b, false),
    }
}

/// `a op= b`.
pub fn inplace_op(op: BinaryOp, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    match inplace_op_opt(op, a, b)? {
        Some(result) => Ok(result),
        None => sequence_op(op, a, b, true),
    }
}

/// What the number slots of `a op= b` answer; none where they do not know how.
pub fn inplace_op_opt(op: BinaryOp, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Option<Ref>> {
    if let Some(function) = op.inplace_slot(a.class()) {
        let result = function(a, b)?;
        if !result.is(&core::not_implemented()) {
            return Ok(Some(result));
        }
    }
    binary_op_opt(op, a, b)
}

/// What the number slots of `a op b` answer; none where they do not know how.
pub fn binary_op_opt(op: BinaryOp, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Option<Ref>> {
    dispatch(a, b, |class| op.slot(class))
}

/// What sequences do for `+` and `*`; else the TypeError.
fn sequence_op(op: BinaryOp, a: Borrowed<'_>, b: Borrowed<'_>, inplace: bool) -> PyResult<Ref> {
    let (left, right) = (a.class(), b.class());
    match op {
        BinaryOp::Add => {
            let function = if inplace { left.sq_inplace_concat().or_else(|| left.sq_concat()) } else { left.sq_concat() };
            if let Some(function) = function {
                return function(a, b);
            }
        }
        BinaryOp::Multiply => {
            let function = if inplace { left.sq_inplace_repeat().or_else(|| left.sq_repeat()) } else { left.sq_repeat() };
            if let Some(function) = function {
                return function(a, repeat_count(b)?);
            }
            // In place, a left operand with the table of sequence slots (as heap types have it) is not repeated by the right one.
            let is_refused = inplace && left.has_sequence_slots();
            if let Some(function) = right.sq_repeat().filter(|_| !is_refused) {
                return function(b, repeat_count(a)?);
            }
        }
        _ => {}
    }
    if inplace {
        return Err(unsupported(&format!("{}=", op.symbol()), a, b));
    }
    Err(unsupported(op.symbol(), a, b))
}

fn repeat_count(count: Borrowed<'_>) -> PyResult<isize> {
    if count.class().nb_index().is_none() {
        return Err(raise!(TypeError, "can't multiply sequence by non-int of type '{}'", count.class().tp_name()));
    }
    count.as_isize_or(&exc::OverflowError)
}

/// `divmod(a, b)`.
pub fn divmod(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    match dispatch(a, b, TypeObject::nb_divmod)? {
        Some(result) => Ok(result),
        None => Err(unsupported("divmod()", a, b)),
    }
}

/// `pow(a, b, c)`; `None` for no modulus.
pub fn power(a: Borrowed<'_>, b: Borrowed<'_>, c: Borrowed<'_>) -> PyResult<Ref> {
    ternary(a, b, c, "** or pow()")
}

/// `a **= b`.
pub fn inplace_power(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    if let Some(function) = a.class().nb_inplace_power() {
        let result = function(a, b, core::none())?;
        if !result.is(&core::not_implemented()) {
            return Ok(result);
        }
    }
    ternary(a, b, core::none(), "**=")
}

fn ternary(a: Borrowed<'_>, b: Borrowed<'_>, c: Borrowed<'_>, symbol: &str) -> PyResult<Ref> {
    let same = |x: TernaryFn, y: TernaryFn| std::ptr::fn_addr_eq(x, y);
    let (left_class, right_class) = (a.class(), b.class());
    let left = left_class.nb_power();
    let mut right = if left_class.is_type(right_class) { None } else { right_class.nb_power() };
    if let (Some(left), Some(other)) = (left, right)
        && same(left, other)
    {
        right = None;
    }
    // The right operand's slot goes first where its type is a subtype of the left one's.
    let (first, second) = match (left, right) {
        (Some(left), Some(other)) if right_class.is_subtype(left_class) => (Some(other), Some(left)),
        both => both,
    };
    let third = c
        .class()
        .nb_power()
        .filter(|third| !left.is_some_and(|left| same(left, *third)) && !right.is_some_and(|right| same(right, *third)));
    for function in [first, second, third].into_iter().flatten() {
        let result = function(a, b, c)?;
        if !result.is(&core::not_implemented()) {
            return Ok(result);
        }
    }
    let (left, right) = (left_class.tp_name(), right_class.tp_name());
    if c.is(&core::none()) {
        return Err(raise!(TypeError, "unsupported operand type(s) for {symbol}: '{left}' and '{right}'"));
    }
    Err(raise!(TypeError, "unsupported operand type(s) for {symbol}: '{left}', '{right}', '{}'", c.class().tp_name()))
}

macro_rules! unary_operators {
    ($($function:ident $slot:ident $message:literal;)*) => { $(
        #[doc = concat!("The operator of `", stringify!($slot), "`.")]
        pub fn $function(operand: Borrowed<'_>) -> PyResult<Ref> {
            match operand.class().$slot() {
                Some(function) => function(operand),
                None => Err(raise!(TypeError, concat!("bad operand type for ", $message, ": '{}'"), operand.class().tp_name())),
            }
        }
    )* };
}
unary_operators! {
    negative nb_negative "unary -";
    positive nb_positive "unary +";
    absolute nb_absolute "abs()";
    invert nb_invert "unary ~";
}

impl Object {
    /// The value as a signed size; `overflow` is raised where it does not fit.
    pub fn as_isize_or(&self, overflow: &TypeObject) -> PyResult<isize> {
        let number = self.index()?;
        match int::to_i64(number.b()).and_then(|value| isize::try_from(value).ok()) {
            Some(value) => Ok(value),
            None => {
                Err(error::raise(overflow, format_args!("cannot fit '{}' into an index-sized integer", self.class().tp_name())))
            }
        }
    }

    /// The value as a signed size, or OverflowError.
    pub fn as_isize(&self) -> PyResult<isize> {
        self.as_isize_or(&exc::OverflowError)
    }

    /// The value as a signed size; what does not fit becomes the nearest that does.
    pub fn as_isize_clamped(&self) -> PyResult<isize> {
        let number = self.index()?;
        Ok(match int::to_i64(number.b()) {
            Some(value) => value as isize,
            None => match int::digits(number.b()) {
                Some((true, _)) => isize::MIN,
                _ => isize::MAX,
            },
        })
    }

    /// The value as a 64-bit integer, or OverflowError.
    pub fn as_i64(&self) -> PyResult<i64> {
        let number = self.index()?;
        int::to_i64(number.b()).ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C long"))
    }

    /// `int(self)`: calls the type.
    pub fn int(&self) -> PyResult<Ref> {
        core::INT.borrowed().call1(self.borrowed())
    }

    /// `float(self)`: calls the type.
    pub fn float(&self) -> PyResult<Ref> {
        core::FLOAT.borrowed().call1(self.borrowed())
    }
}
