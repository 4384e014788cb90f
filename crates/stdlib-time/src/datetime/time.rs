//! `time`: a time of day.

use super::args::{Plan, c_int, number, pickled_state};
use super::calendar::{Clock, Ymd, check_fold};
use super::date::{expect_str, format_object, parsed, replaced};
use super::delta::Delta;
use super::iso::{self, Precision, offset_text, parse_time, time_text};
use super::strftime::{Subject, formatted};
use super::zone::{self, Timezone, TzInfo};
use macros::{pyclass, pymethods};
use object::value::{bytes, str as text, tuple};
use object::{Borrowed, CompareOp, KwArgs, PyResult, RawField, Ref, StaticType, TypeObject, core, hashing, id, memory, raise};
use std::cell::Cell;
use std::cmp::Ordering;

/// time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object
///
/// All arguments are optional. tzinfo may be None, or an instance of
/// a tzinfo subclass. The remaining arguments may be ints.
#[pyclass(name = "time", module = "datetime", flags(BASETYPE), extends_abi)]
pub struct Time {
    head: abi::PyDateTime_Time,
}

impl Drop for Time {
    fn drop(&mut self) {
        self.head.tzinfo.store(None);
    }
}

static PLAN: Plan<6> = Plan {
    function: "",
    names: ["hour", "minute", "second", "microsecond", "tzinfo", "fold"],
    required: 0,
    positional: 5,
    ints: 0b10_1111,
};

/// The six bytes in which a time is kept and pickled.
pub fn clock_bytes(time: Clock) -> [u8; 6] {
    let byte = |value: i32| u8::try_from(value & 0xFF).unwrap_or(0);
    let micro = time.microsecond;
    [byte(time.hour), byte(time.minute), byte(time.second), byte(micro >> 16), byte(micro >> 8), byte(micro)]
}

/// The time in six bytes.
pub fn clock_from_bytes(data: &[u8]) -> Clock {
    let byte = |index: usize| i32::from(data.get(index).copied().unwrap_or(0));
    Clock { hour: byte(0), minute: byte(1), second: byte(2), microsecond: byte(3) << 16 | byte(4) << 8 | byte(5) }
}

impl Time {
    fn create(class: &TypeObject, clock: Clock, zone: Option<Ref>, fold: i32) -> PyResult<Ref> {
        let head = <abi::PyDateTime_Time as abi::CStruct>::ZERO;
        head.hashcode.set(-1);
        head.data.iter().zip(clock_bytes(clock)).for_each(|(cell, byte)| cell.set(byte));
        head.fold.set(u8::from(fold != 0));
        head.hastzinfo.set(i8::from(zone.is_some()));
        head.tzinfo.store(zone);
        memory::new_instance(class, Time { head }).map(Ref::upcast)
    }

    /// A `time`.
    pub fn plain(clock: Clock, zone: Option<Ref>, fold: i32) -> PyResult<Ref> {
        clock.check()?;
        Self::create(Self::type_object(), clock, zone, fold)
    }

    fn of_class(class: &TypeObject, clock: Clock, zone: Option<Ref>, fold: i32) -> PyResult<Ref> {
        check_fold(fold)?;
        if class.is_type(Self::type_object()) {
            return Self::plain(clock, zone, fold);
        }
        let zone = zone.unwrap_or_else(core::none_ref);
        let args = [number(clock.hour)?, number(clock.minute)?, number(clock.second)?, number(clock.microsecond)?];
        let [hour, minute, second, microsecond] = &args;
        let made = class.borrowed().call(&[hour.b(), minute.b(), second.b(), microsecond.b(), zone.b()])?;
        if let Some(time) = made.b().downcast::<Time>() {
            time.head.fold.set(u8::from(fold != 0));
        }
        Ok(made)
    }

    pub fn clock(&self) -> Clock {
        clock_from_bytes(&self.bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        self.head.data.iter().map(Cell::get).collect()
    }

    pub fn fold_value(&self) -> i32 {
        i32::from(self.head.fold.get())
    }

    pub fn zone(&self) -> Option<Ref> {
        self.head.tzinfo.load()
    }

    fn offset(&self) -> PyResult<Option<Ref<Delta>>> {
        zone::utc_offset(self.zone().as_ref(), core::none())
    }

    fn state(&self, protocol: i32) -> PyResult<Ref> {
        let mut data = self.bytes();
        if protocol > 3
            && self.fold_value() != 0
            && let Some(hour) = data.first_mut()
        {
            *hour |= 0x80;
        }
        let data = bytes::new(&data)?;
        match self.zone() {
            Some(zone) => tuple::from_array([data, zone]),
            None => tuple::from_array([data]),
        }
    }

    /// How two times stand to each other; none where only one of them is aware.
    fn order(&self, other: &Time) -> PyResult<Option<Ordering>> {
        if self.head.tzinfo.get() == other.head.tzinfo.get() {
            return Ok(Some(self.clock().cmp(&other.clock())));
        }
        Ok(match (self.offset()?, other.offset()?) {
            (None, None) => Some(self.clock().cmp(&other.clock())),
            (Some(own), Some(others)) => {
                let own = i128::from(self.clock().microseconds()) - own.microseconds();
                Some(own.cmp(&(i128::from(other.clock().microseconds()) - others.microseconds())))
            }
            _ => None,
        })
    }
}

#[pymethods]
impl Time {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let is_hour = |data: &[u8]| data.first().is_some_and(|hour| hour & 0x7F < 24);
        if let Some((mut data, zone)) = pickled_state(args, kwargs, "time", 6, is_hour)? {
            let zone = match zone {
                Some(zone) if zone.is(&core::none()) => None,
                Some(zone) if zone.b().downcast::<TzInfo>().is_none() => {
                    return Err(raise!(TypeError, "bad tzinfo state arg"));
                }
                zone => zone,
            };
            let fold = data.first().map_or(0, |hour| i32::from(hour >> 7));
            data.iter_mut().take(1).for_each(|hour| *hour &= 0x7F);
            return Self::create(&class, clock_from_bytes(&data), zone, fold);
        }
        let bound = PLAN.bind(args, kwargs)?;
        let clock = Clock { hour: bound.int(0), minute: bound.int(1), second: bound.int(2), microsecond: bound.int(3) };
        let fold = bound.int(5);
        let zone = zone::checked(bound.object(4))?;
        clock.check()?;
        check_fold(fold)?;
        Self::create(&class, clock, zone, fold)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let (object, clock) = (slf.object(), slf.clock());
        let mut shown = text::Builder::new();
        shown.push_str(&format!("{}({}, {}", object.class().tp_name(), clock.hour, clock.minute))?;
        if clock.microsecond != 0 {
            shown.push_str(&format!(", {}, {}", clock.second, clock.microsecond))?;
        } else if clock.second != 0 {
            shown.push_str(&format!(", {}", clock.second))?;
        }
        if let Some(zone) = slf.zone() {
            shown.push_str(", tzinfo=")?;
            shown.push_object(zone.repr()?.b())?;
        }
        shown.push_str(if slf.fold_value() != 0 { ", fold=1)" } else { ")" })?;
        shown.finish()
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        slf.call_method(id!("isoformat"), &[])
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        if self.head.hashcode.get() != -1 {
            return Ok(self.head.hashcode.get());
        }
        // Times that are equal in different folds have one hash: it is that of fold 0.
        let offset = if self.fold_value() != 0 {
            let unfolded = Self::create(Self::type_object(), self.clock(), self.zone(), 0)?;
            match unfolded.b().downcast::<Time>() {
                Some(unfolded) => unfolded.offset()?,
                None => None,
            }
        } else {
            self.offset()?
        };
        let hash = match offset {
            None => hashing::bytes(&self.bytes()),
            Some(offset) => {
                let utc = i128::from(self.clock().microseconds()) - offset.microseconds();
                Delta::from_microseconds(utc)?.b().hash()?
            }
        };
        self.head.hashcode.set(hash);
        Ok(hash)
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast::<Time>() else { return Ok(core::not_implemented().to_ref()) };
        let holds = match (self.order(&other)?, op) {
            (Some(order), op) => op.holds(order),
            (None, CompareOp::Eq) => false,
            (None, CompareOp::Ne) => true,
            (None, _) => return Err(raise!(TypeError, "can't compare offset-naive and offset-aware times")),
        };
        Ok(core::boolean(holds).to_ref())
    }

    /// string, format -> new time parsed from a string (like time.strptime()).
    #[classmethod(text = None, "($type, *args)")]
    fn strptime(class: Borrowed<'_, TypeObject>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        parsed(&class, args, "_strptime_datetime_time")
    }

    /// Return string in ISO 8601 format, [HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].
    ///
    /// The optional argument timespec specifies the number of additional terms
    /// of the time to include. Valid options are 'auto', 'hours', 'minutes',
    /// 'seconds', 'milliseconds' and 'microseconds'.
    ///
    #[method(text = None, "($self, /, timespec=None)")]
    fn isoformat(&self, timespec: Option<Borrowed<'_>>) -> PyResult<String> {
        let precision = precision(timespec, 1)?;
        let mut shown = time_text(self.clock(), precision);
        if let Some(offset) = self.offset()? {
            shown.push_str(&offset_text(&offset, ":"));
        }
        Ok(shown)
    }

    /// format -> strftime() style string.
    #[method(text = None, "($self, /, format)")]
    fn strftime(slf: Borrowed<'_, Self>, format: Borrowed<'_>) -> PyResult<Ref> {
        expect_str(format, "strftime")?;
        let clock = slf.clock();
        let fields = [1900, 1, 1, clock.hour, clock.minute, clock.second, 0, 1, -1];
        let values = fields.into_iter().map(number).collect::<PyResult<Vec<Ref>>>()?;
        let subject = Subject {
            tuple: tuple::from_vec(values)?,
            day: Ymd::new(1900, 1, 1),
            microsecond: clock.microsecond,
            zone: slf.zone(),
            argument: core::none(),
        };
        formatted(format, &subject)
    }

    /// Formats self with strftime.
    #[method(text = None, "($self, format, /)")]
    fn __format__(slf: Borrowed<'_>, format: Borrowed<'_>) -> PyResult<Ref> {
        format_object(slf, format)
    }

    /// Return self.tzinfo.utcoffset(self).
    #[method("($self, /)")]
    fn utcoffset(&self) -> PyResult<Option<Ref<Delta>>> {
        self.offset()
    }

    /// Return self.tzinfo.tzname(self).
    #[method("($self, /)")]
    fn tzname(&self) -> PyResult<Option<Ref>> {
        zone::zone_name(self.zone().as_ref(), core::none())
    }

    /// Return self.tzinfo.dst(self).
    #[method("($self, /)")]
    fn dst(&self) -> PyResult<Option<Ref<Delta>>> {
        zone::dst(self.zone().as_ref(), core::none())
    }

    /// Return time with new specified fields.
    #[method(
        "($self, /, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    )]
    fn replace(
        slf: Borrowed<'_, Self>,
        hour: Option<Borrowed<'_>>,
        minute: Option<Borrowed<'_>>,
        second: Option<Borrowed<'_>>,
        microsecond: Option<Borrowed<'_>>,
        tzinfo: Option<Borrowed<'_>>,
        fold: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let own = slf.clock();
        let part = |value: Option<Borrowed<'_>>, own: i32| value.map_or(Ok(own), c_int);
        let clock = Clock {
            hour: part(hour, own.hour)?,
            minute: part(minute, own.minute)?,
            second: part(second, own.second)?,
            microsecond: part(microsecond, own.microsecond)?,
        };
        let zone = match tzinfo {
            Some(tzinfo) => zone::checked(Some(tzinfo))?,
            None => slf.zone(),
        };
        let fold = part(fold, slf.fold_value())?;
        let object = slf.object();
        Self::of_class(object.class(), clock, zone, fold)
    }

    /// The same as replace().
    #[method("($self, /, **changes)")]
    fn __replace__(slf: Borrowed<'_>, changes: KwArgs<'_>) -> PyResult<Ref> {
        replaced(slf, changes)
    }

    /// string -> time from a string in ISO 8601 format
    #[classmethod("($type, object, /)")]
    fn fromisoformat(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        let content = iso::ascii(iso::data(object)?);
        // The spelling that begins with T is unambiguous without a date.
        let content = content.strip_prefix(b"T").unwrap_or(&content);
        let Ok(parsed) = parse_time(content) else { return Err(iso::invalid(object)) };
        if parsed.end_of_day && parsed.clock != Clock::default() {
            return Err(raise!(ValueError, "minute, second, and microsecond must be 0 when hour is 24"));
        }
        let zone = match parsed.offset {
            Some(offset) => Some(Timezone::of(Delta::from_microseconds(offset)?, None)?),
            None => None,
        };
        Self::of_class(&class, parsed.clock, zone, 0)
    }

    /// __reduce_ex__(proto) -> (cls, state)
    #[method(text = None, "($self, *args)")]
    fn __reduce_ex__(slf: Borrowed<'_, Self>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let protocol = protocol_argument(args)?;
        let object = slf.object();
        tuple::from_array([object.class().to_ref(), slf.state(protocol)?])
    }

    /// __reduce__() -> (cls, state)
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object = slf.object();
        tuple::from_array([object.class().to_ref(), slf.state(2)?])
    }

    #[getter]
    fn hour(&self) -> i32 {
        self.clock().hour
    }

    #[getter]
    fn minute(&self) -> i32 {
        self.clock().minute
    }

    #[getter]
    fn second(&self) -> i32 {
        self.clock().second
    }

    #[getter]
    fn microsecond(&self) -> i32 {
        self.clock().microsecond
    }

    #[getter]
    fn tzinfo(&self) -> Option<Ref> {
        self.zone()
    }

    #[getter]
    fn fold(&self) -> i32 {
        self.fold_value()
    }
}

/// The protocol that `__reduce_ex__` is given.
pub fn protocol_argument(args: &[Borrowed<'_>]) -> PyResult<i32> {
    match args {
        [protocol] => c_int(*protocol),
        _ => {
            let count = args.len();
            Err(raise!(TypeError, "__reduce_ex__() takes exactly 1 argument ({count} given)"))
        }
    }
}

/// A `timespec` argument.
pub fn precision(timespec: Option<Borrowed<'_>>, position: usize) -> PyResult<Precision> {
    let Some(timespec) = timespec else { return Ok(Precision::Auto) };
    if !text::check(timespec) {
        let found = timespec.class().tp_name();
        return Err(raise!(TypeError, "isoformat() argument {position} must be str, not {found}"));
    }
    match text::to_string(timespec) {
        Some(name) => Precision::named(&name),
        None => Err(object::convert::surrogates_not_allowed(timespec)),
    }
}
