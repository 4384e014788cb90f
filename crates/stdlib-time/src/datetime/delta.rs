//! `timedelta`: the object, its construction and its text.

use super::args::{Plan, number};
use macros::{pyclass, pymethods};
use object::value::{float, int, tuple};
use object::{Borrowed, CompareOp, PyResult, Ref, StaticType, TypeObject, core, memory, raise};

/// Days of the longest time delta.
const MAX_DAYS: i128 = 999_999_999;
const SECOND: i128 = 1_000_000;
const DAY: i128 = 86_400 * SECOND;
/// Microseconds of each parameter's unit.
const UNITS: [i128; 7] = [DAY, SECOND, 1, 1000, 60 * SECOND, 3600 * SECOND, 7 * DAY];
/// The order in which the parameters are added up.
const ORDER: [usize; 7] = [2, 3, 1, 4, 5, 0, 6];

/// Difference between two datetime values.
///
/// timedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)
///
/// All arguments are optional and default to 0.
/// Arguments may be integers or floats, and may be positive or negative.
#[pyclass(name = "timedelta", module = "datetime", flags(BASETYPE), parts(MAIN, NUMBER))]
pub struct Delta {
    /// Number of days.
    #[member(T_INT, name = "days", field = head.days, readonly, doc = "Number of days.")]
    #[member(T_INT, name = "seconds", field = head.seconds, readonly, doc = "Number of seconds (>= 0 and less than 1 day).")]
    #[member(
        T_INT,
        name = "microseconds",
        field = head.microseconds,
        readonly,
        doc = "Number of microseconds (>= 0 and less than 1 second)."
    )]
    head: abi::PyDateTime_Delta,
}

static PLAN: Plan<7> = Plan {
    function: "__new__()",
    names: ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"],
    required: 0,
    positional: 7,
    ints: 0,
};

#[cold]
fn too_large() -> object::Raised {
    raise!(OverflowError, "Python int too large to convert to C int")
}

impl Delta {
    /// An instance of `class` of these parts, which are in their ranges.
    fn with_class(class: &TypeObject, days: i32, seconds: i32, microseconds: i32) -> PyResult<Ref<Delta>> {
        let head = <abi::PyDateTime_Delta as abi::CStruct>::ZERO;
        head.hashcode.set(-1);
        head.days.set(days);
        head.seconds.set(seconds);
        head.microseconds.set(microseconds);
        memory::new_instance(class, Delta { head })
    }

    /// A delta of these parts, which are in their ranges.
    pub fn create(days: i32, seconds: i32, microseconds: i32) -> PyResult<Ref<Delta>> {
        Self::with_class(Self::type_object(), days, seconds, microseconds)
    }

    fn of_class(class: &TypeObject, total: i128) -> PyResult<Ref<Delta>> {
        let days = total.div_euclid(DAY);
        let rest = total.rem_euclid(DAY);
        let Ok(days_int) = i32::try_from(days) else { return Err(too_large()) };
        if days.abs() > MAX_DAYS {
            return Err(raise!(OverflowError, "days={days}; must have magnitude <= {MAX_DAYS}"));
        }
        let seconds = i32::try_from(rest / SECOND).unwrap_or(0);
        let microseconds = i32::try_from(rest % SECOND).unwrap_or(0);
        Self::with_class(class, days_int, seconds, microseconds)
    }

    /// A delta of so many microseconds.
    pub fn from_microseconds(total: i128) -> PyResult<Ref<Delta>> {
        Self::of_class(Self::type_object(), total)
    }

    /// The same, from what arithmetic with an int gave.
    pub fn from_int(total: Borrowed<'_>) -> PyResult<Ref<Delta>> {
        Self::of_class_from(Self::type_object(), total)
    }

    fn of_class_from(class: &TypeObject, total: Borrowed<'_>) -> PyResult<Ref<Delta>> {
        if total.class().is_type(&core::INT) {
            return int::to_i128(total).map_or_else(|| Err(too_large()), |total| Self::of_class(class, total));
        }
        // A subclass of int may have made anything of it: divide as it says, and believe nothing.
        let (seconds, microseconds) = divided(total, 1_000_000)?;
        let (days, seconds) = divided(seconds.b(), 86_400)?;
        let parts = [(&days, DAY), (&seconds, SECOND), (&microseconds, 1)];
        let total = parts.into_iter().try_fold(0, |sum, (part, unit)| match i32::try_from(part.as_i64()?) {
            Ok(part) => Ok(sum + i128::from(part) * unit),
            Err(_) => Err(too_large()),
        })?;
        Self::of_class(class, total)
    }

    /// The whole in microseconds.
    pub fn microseconds(&self) -> i128 {
        i128::from(self.days()) * DAY + i128::from(self.seconds()) * SECOND + i128::from(self.head.microseconds.get())
    }

    pub fn days(&self) -> i32 {
        self.head.days.get()
    }

    pub fn seconds(&self) -> i32 {
        self.head.seconds.get()
    }

    pub fn micros(&self) -> i32 {
        self.head.microseconds.get()
    }

    /// The delta as sign, hours, minutes, seconds and microseconds of an offset shorter than a day.
    pub fn offset_parts(&self) -> (char, i128, i128, i128, i128) {
        let total = self.microseconds();
        let positive = total.abs();
        let sign = if total < 0 { '-' } else { '+' };
        (sign, positive / (3600 * SECOND), positive / (60 * SECOND) % 60, positive / SECOND % 60, positive % SECOND)
    }
}

/// `divmod(value, unit)`, with a look at what comes back.
fn divided(value: Borrowed<'_>, unit: i64) -> PyResult<(Ref, Ref)> {
    let pair = object::protocol::number::divmod(value, int::new(unit)?.b())?;
    let Some(items) = tuple::items(pair.b()) else {
        let found = pair.class().tp_name();
        return Err(raise!(TypeError, "divmod() returned non-tuple (type {found})"));
    };
    let [quotient, rest] = items else {
        let size = items.len();
        return Err(raise!(TypeError, "divmod() returned a tuple of size {size}"));
    };
    if !int::to_i64(*rest).is_some_and(|rest| (0..unit).contains(&rest)) {
        return Err(raise!(TypeError, "divmod() returned a value out of range"));
    }
    Ok((quotient.to_ref(), rest.to_ref()))
}

/// A sum of microseconds that may outgrow 128 bits while it is formed.
enum Sum {
    Small(i128),
    Large(Ref),
}

impl Sum {
    fn object(&self) -> PyResult<Ref> {
        match self {
            Sum::Small(value) => int::from_i128(*value),
            Sum::Large(value) => Ok(value.clone()),
        }
    }

    /// Adds `value * unit`, `value` an int.
    fn add(self, value: Borrowed<'_>, unit: i128) -> PyResult<Sum> {
        if let (Sum::Small(sum), Some(small)) = (&self, int::to_i128(value))
            && value.class().is_type(&core::INT)
            && let Some(sum) = small.checked_mul(unit).and_then(|product| product.checked_add(*sum))
        {
            return Ok(Sum::Small(sum));
        }
        let product = object::protocol::number::multiply(value, int::from_i128(unit)?.b())?;
        let sum = object::protocol::number::add(self.object()?.b(), product.b())?;
        Ok(match int::to_i128(sum.b()) {
            Some(small) if sum.class().is_type(&core::INT) => Sum::Small(small),
            _ => Sum::Large(sum),
        })
    }

    fn is_odd(&self) -> bool {
        match self {
            Sum::Small(value) => value & 1 != 0,
            Sum::Large(value) => int::digits(value.b()).and_then(|(_, digits)| digits.first()).is_some_and(|low| low & 1 != 0),
        }
    }
}

/// The int of a float without a fraction.
fn whole(value: f64) -> PyResult<Ref> {
    builtins::int::from_number(float::new(value)?.b())
}

/// Half away from zero, as C's `round`.
fn rounded(value: f64) -> f64 {
    value.round()
}

/// Adds one argument; what is left of a float's microseconds goes into `leftover`.
fn accumulate(sum: Sum, value: Borrowed<'_>, name: &str, unit: i128, leftover: &mut f64) -> PyResult<Sum> {
    if int::check(value) {
        return sum.add(value, unit);
    }
    let Some(number) = float::value(value) else {
        let found = value.class().tp_name();
        return Err(raise!(TypeError, "unsupported type for timedelta {name} component: {found}"));
    };
    let integral = number.trunc();
    let sum = sum.add(whole(integral)?.b(), unit)?;
    let fraction = number - integral;
    if fraction == 0.0 {
        return Ok(sum);
    }
    let scaled = fraction * unit as f64;
    let integral = scaled.trunc();
    *leftover += scaled - integral;
    sum.add(whole(integral)?.b(), 1)
}

#[pymethods]
impl Delta {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let bound = PLAN.bind(args, kwargs)?;
        let mut sum = Sum::Small(0);
        let mut leftover = 0.0;
        for index in ORDER {
            if let (Some(value), Some(name), Some(unit)) = (bound.object(index), PLAN.names.get(index), UNITS.get(index)) {
                sum = accumulate(sum, value, name, *unit, &mut leftover)?;
            }
        }
        if leftover != 0.0 {
            // Half to even, by the parity of the whole.
            let mut whole_us = rounded(leftover);
            if (whole_us - leftover).abs() == 0.5 {
                let odd = f64::from(u8::from(sum.is_odd()));
                whole_us = 2.0 * rounded((leftover + odd) * 0.5) - odd;
            }
            sum = sum.add(whole(whole_us)?.b(), 1)?;
        }
        match sum {
            Sum::Small(total) => Self::of_class(&class, total).map(Ref::upcast),
            Sum::Large(total) => Self::of_class_from(&class, total.b()).map(Ref::upcast),
        }
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> String {
        let parts = [("days", slf.days()), ("seconds", slf.seconds()), ("microseconds", slf.micros())];
        let shown: Vec<String> =
            parts.iter().filter(|(_, value)| *value != 0).map(|(name, value)| format!("{name}={value}")).collect();
        let object = slf.object();
        let shown = if shown.is_empty() { "0".to_owned() } else { shown.join(", ") };
        format!("{}({shown})", object.class().tp_name())
    }

    #[slot(tp_str)]
    fn str(&self) -> String {
        let (days, seconds, micros) = (self.days(), self.seconds(), self.micros());
        let mut shown = String::new();
        if days != 0 {
            shown = format!("{days} day{}, ", if days == 1 || days == -1 { "" } else { "s" });
        }
        shown.push_str(&format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
        if micros != 0 {
            shown.push_str(&format!(".{micros:06}"));
        }
        shown
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        if self.head.hashcode.get() == -1 {
            self.head.hashcode.set(self.state()?.hash()?);
        }
        Ok(self.head.hashcode.get())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> Ref {
        match other.downcast::<Delta>() {
            Some(other) => core::boolean(op.holds(self.microseconds().cmp(&other.microseconds()))).to_ref(),
            None => core::not_implemented().to_ref(),
        }
    }

    /// Total seconds in the duration.
    #[method("($self, /)")]
    fn total_seconds(&self) -> PyResult<Ref> {
        object::protocol::number::true_divide(int::from_i128(self.microseconds())?.b(), int::new(1_000_000)?.b())
    }

    /// __reduce__() -> (cls, state)
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object = slf.object();
        tuple::from_array([object.class().to_ref(), slf.state()?])
    }
}

impl Delta {
    fn state(&self) -> PyResult<Ref> {
        tuple::from_array([number(self.days())?, number(self.seconds())?, number(self.micros())?])
    }
}
