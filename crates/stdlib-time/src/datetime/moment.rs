//! `datetime`: the object, its construction and its parts.

use super::args::{Plan, c_int, number, pickled_state};
use super::calendar::{Clock, Ymd, check_fold};
use super::date::{Date, ctime_text, day_bytes, day_from_bytes, out_of_range};
use super::delta::Delta;
use super::iso::{date_text, offset_text, time_text};
use super::strftime::struct_time;
use super::time::{Time, clock_bytes, clock_from_bytes, precision, protocol_argument};
use super::zone::{self, TzInfo};
use macros::{pyclass, pymethods};
use object::value::{bytes, str as text, tuple};
use object::{Borrowed, KwArgs, PyResult, RawField, Ref, StaticType, TypeObject, core, id, memory, raise};
use std::cell::Cell;

/// datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])
///
/// The year, month and day arguments are required. tzinfo may be None, or an
/// instance of a tzinfo subclass. The remaining arguments may be ints.
///
#[pyclass(name = "datetime", module = "datetime", base = Date, flags(BASETYPE), extends_abi, parts(MAIN, MAKE, OPERATORS))]
pub struct Moment {
    pub(super) head: abi::PyDateTime_DateTime,
}

impl Drop for Moment {
    fn drop(&mut self) {
        self.head.tzinfo.store(None);
    }
}

static PLAN: Plan<9> = Plan {
    function: "",
    names: ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "fold"],
    required: 3,
    positional: 8,
    ints: 0b1_0111_1111,
};

impl Moment {
    /// An instance of `class` without calling it; the parts are good.
    fn create(class: &TypeObject, day: Ymd, clock: Clock, zone: Option<Ref>, fold: i32) -> PyResult<Ref> {
        let head = <abi::PyDateTime_DateTime as abi::CStruct>::ZERO;
        head.hashcode.set(-1);
        let content = day_bytes(day).into_iter().chain(clock_bytes(clock));
        head.data.iter().zip(content).for_each(|(cell, byte)| cell.set(byte));
        head.fold.set(u8::from(fold != 0));
        head.hastzinfo.set(i8::from(zone.is_some()));
        head.tzinfo.store(zone);
        memory::new_instance(class, Moment { head }).map(Ref::upcast)
    }

    /// A `datetime`, after a look at its parts.
    pub fn plain(day: Ymd, clock: Clock, zone: Option<Ref>, fold: i32) -> PyResult<Ref> {
        day.check()?;
        clock.check()?;
        check_fold(fold)?;
        Self::create(Self::type_object(), day, clock, zone, fold)
    }

    /// What `class(…)` makes.
    pub fn of_class(class: &TypeObject, day: Ymd, clock: Clock, zone: Option<Ref>, fold: i32) -> PyResult<Ref> {
        if class.is_type(Self::type_object()) {
            return Self::plain(day, clock, zone, fold);
        }
        check_fold(fold)?;
        let parts = [day.year, day.month, day.day, clock.hour, clock.minute, clock.second, clock.microsecond];
        let parts = parts.into_iter().map(number).collect::<PyResult<Vec<Ref>>>()?;
        let zone = zone.unwrap_or_else(core::none_ref);
        let mut args: Vec<Borrowed<'_>> = parts.iter().map(Ref::b).collect();
        args.push(zone.b());
        let made = class.borrowed().call(&args)?;
        if let Some(moment) = made.b().downcast::<Moment>() {
            moment.head.fold.set(u8::from(fold != 0));
        }
        Ok(made)
    }

    pub fn day(&self) -> Ymd {
        day_from_bytes(&self.bytes())
    }

    pub fn clock(&self) -> Clock {
        clock_from_bytes(self.bytes().get(4..).unwrap_or_default())
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.head.data.iter().map(Cell::get).collect()
    }

    pub fn zone(&self) -> Option<Ref> {
        self.head.tzinfo.load()
    }

    pub fn fold_value(&self) -> i32 {
        i32::from(self.head.fold.get())
    }

    /// Microseconds since the midnight with which day 0 begins, as the parts say, without regard to a zone.
    pub fn microseconds(&self) -> i128 {
        i128::from(self.day().ordinal()) * 86_400_000_000 + i128::from(self.clock().microseconds())
    }

    /// `self.utcoffset()`, without a subclass's own.
    pub fn offset(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref<Delta>>> {
        zone::utc_offset(slf.zone().as_ref(), slf.object())
    }

    /// Day and time of so many microseconds, as [`Moment::microseconds`] counts them.
    pub fn parts_of(total: i128) -> PyResult<(Ymd, Clock)> {
        let day = super::date::day_of(total.div_euclid(86_400_000_000))?;
        let rest = i64::try_from(total.rem_euclid(86_400_000_000)).map_err(|_| out_of_range())?;
        Ok((day, Clock::from_microseconds(rest)))
    }

    /// This moment moved, in the same zone; the class makes it.
    pub fn shifted(slf: Borrowed<'_, Self>, microseconds: i128) -> PyResult<Ref> {
        let (day, clock) = Self::parts_of(slf.microseconds() + microseconds)?;
        let object = slf.object();
        Self::of_class(object.class(), day, clock, slf.zone(), 0)
    }

    /// The same parts as a plain `datetime` of another zone.
    pub fn in_zone(slf: Borrowed<'_, Self>, zone: Option<Ref>) -> PyResult<Ref> {
        Self::create(Self::type_object(), slf.day(), slf.clock(), zone, slf.fold_value())
    }

    /// The same moment of the other fold, for questions to the zone.
    pub fn with_fold(slf: Borrowed<'_, Self>, fold: i32) -> PyResult<Ref> {
        Self::create(Self::type_object(), slf.day(), slf.clock(), slf.zone(), fold)
    }

    fn state(&self, protocol: i32) -> PyResult<Ref> {
        let mut data = self.bytes();
        if protocol > 3
            && self.fold_value() != 0
            && let Some(month) = data.get_mut(2)
        {
            *month |= 0x80;
        }
        let data = bytes::new(&data)?;
        match self.zone() {
            Some(zone) => tuple::from_array([data, zone]),
            None => tuple::from_array([data]),
        }
    }

    fn time_tuple(day: Ymd, clock: Clock, daylight: i32) -> PyResult<Ref> {
        let Clock { hour, minute, second, .. } = clock;
        struct_time([day.year, day.month, day.day, hour, minute, second, day.weekday(), day.day_of_year(), daylight])
    }
}

/// The character between date and time.
fn separator(argument: Option<Borrowed<'_>>) -> PyResult<u32> {
    let Some(argument) = argument else { return Ok(u32::from(b'T')) };
    let Some(data) = text::data(argument) else {
        let found = argument.class().tp_name();
        return Err(raise!(TypeError, "isoformat() argument 1 must be a unicode character, not {found}"));
    };
    match data.get(0).filter(|_| data.len() == 1) {
        Some(code) => Ok(code),
        None => {
            let length = data.len();
            Err(raise!(TypeError, "isoformat() argument 1 must be a unicode character, not a string of length {length}"))
        }
    }
}

#[pymethods]
impl Moment {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let is_month = |data: &[u8]| data.get(2).is_some_and(|month| (1..=12).contains(&(month & 0x7F)));
        if let Some((mut data, zone)) = pickled_state(args, kwargs, "datetime", 10, is_month)? {
            let zone = match zone {
                Some(zone) if zone.is(&core::none()) => None,
                Some(zone) if zone.b().downcast::<TzInfo>().is_none() => {
                    return Err(raise!(TypeError, "bad tzinfo state arg"));
                }
                zone => zone,
            };
            let fold = data.get(2).map_or(0, |month| i32::from(month >> 7));
            data.iter_mut().skip(2).take(1).for_each(|month| *month &= 0x7F);
            let clock = clock_from_bytes(data.get(4..).unwrap_or_default());
            return Self::create(&class, day_from_bytes(&data), clock, zone, fold);
        }
        let bound = PLAN.bind(args, kwargs)?;
        let day = Ymd::new(bound.int(0), bound.int(1), bound.int(2));
        let clock = Clock { hour: bound.int(3), minute: bound.int(4), second: bound.int(5), microsecond: bound.int(6) };
        let fold = bound.int(8);
        day.check()?;
        clock.check()?;
        check_fold(fold)?;
        let zone = zone::checked(bound.object(7))?;
        Self::create(&class, day, clock, zone, fold)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let (object, day, clock) = (slf.object(), slf.day(), slf.clock());
        let mut shown = text::Builder::new();
        let class = object.class().tp_name();
        shown.push_str(&format!("{class}({}, {}, {}, {}, {}", day.year, day.month, day.day, clock.hour, clock.minute))?;
        if clock.microsecond != 0 {
            shown.push_str(&format!(", {}, {}", clock.second, clock.microsecond))?;
        } else if clock.second != 0 {
            shown.push_str(&format!(", {}", clock.second))?;
        }
        if slf.fold_value() != 0 {
            shown.push_str(", fold=1")?;
        }
        if let Some(zone) = slf.zone() {
            shown.push_str(", tzinfo=")?;
            shown.push_object(zone.repr()?.b())?;
        }
        shown.push_str(")")?;
        shown.finish()
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        slf.call_method(id!("isoformat"), &[text::new(" ")?.b()])
    }

    /// Return date object with same year, month and day.
    #[method("($self, /)")]
    fn date(&self) -> PyResult<Ref> {
        Date::plain(self.day())
    }

    /// Return time object with same time but with tzinfo=None.
    #[method("($self, /)")]
    fn time(&self) -> PyResult<Ref> {
        Time::plain(self.clock(), None, self.fold_value())
    }

    /// Return time object with same time and tzinfo.
    #[method("($self, /)")]
    fn timetz(&self) -> PyResult<Ref> {
        Time::plain(self.clock(), self.zone(), self.fold_value())
    }

    /// Return ctime() style string.
    #[method("($self, /)")]
    fn ctime(&self) -> String {
        let clock = self.clock();
        ctime_text(self.day(), clock.hour, clock.minute, clock.second)
    }

    /// Return time tuple, compatible with time.localtime().
    #[method("($self, /)")]
    fn timetuple(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let daylight = match zone::dst(slf.zone().as_ref(), slf.object())? {
            Some(saving) => i32::from(saving.microseconds() != 0),
            None => -1,
        };
        Self::time_tuple(slf.day(), slf.clock(), daylight)
    }

    /// Return UTC time tuple, compatible with time.localtime().
    #[method("($self, /)")]
    fn utctimetuple(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let (day, clock) = match Self::offset(slf)? {
            Some(offset) => Self::parts_of(slf.microseconds() - offset.microseconds())?,
            None => (slf.day(), slf.clock()),
        };
        Self::time_tuple(day, clock, 0)
    }

    /// [sep] -> string in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].
    /// sep is used to separate the year from the time, and defaults to 'T'.
    /// The optional argument timespec specifies the number of additional terms
    /// of the time to include. Valid options are 'auto', 'hours', 'minutes',
    /// 'seconds', 'milliseconds' and 'microseconds'.
    ///
    #[method(text = None, "($self, /, sep=None, timespec=None)")]
    fn isoformat(slf: Borrowed<'_, Self>, sep: Option<Borrowed<'_>>, timespec: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let separator = separator(sep)?;
        let precision = precision(timespec, 2)?;
        let mut shown = text::Builder::new();
        shown.push_str(&date_text(slf.day()))?;
        shown.push(separator)?;
        shown.push_str(&time_text(slf.clock(), precision))?;
        if let Some(offset) = Self::offset(slf)? {
            shown.push_str(&offset_text(&offset, ":"))?;
        }
        shown.finish()
    }

    /// Return self.tzinfo.utcoffset(self).
    #[method("($self, /)")]
    fn utcoffset(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref<Delta>>> {
        Self::offset(slf)
    }

    /// Return self.tzinfo.tzname(self).
    #[method("($self, /)")]
    fn tzname(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        zone::zone_name(slf.zone().as_ref(), slf.object())
    }

    /// Return self.tzinfo.dst(self).
    #[method("($self, /)")]
    fn dst(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref<Delta>>> {
        zone::dst(slf.zone().as_ref(), slf.object())
    }

    /// Return datetime with new specified fields.
    #[method(
        "($self, /, year=unchanged, month=unchanged, day=unchanged, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    )]
    fn replace(
        slf: Borrowed<'_, Self>,
        year: Option<Borrowed<'_>>,
        month: Option<Borrowed<'_>>,
        day: Option<Borrowed<'_>>,
        hour: Option<Borrowed<'_>>,
        minute: Option<Borrowed<'_>>,
        second: Option<Borrowed<'_>>,
        microsecond: Option<Borrowed<'_>>,
        tzinfo: Option<Borrowed<'_>>,
        fold: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let (own_day, own) = (slf.day(), slf.clock());
        let part = |value: Option<Borrowed<'_>>, own: i32| value.map_or(Ok(own), c_int);
        let new_day = Ymd { year: part(year, own_day.year)?, month: part(month, own_day.month)?, day: part(day, own_day.day)? };
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
        Self::of_class(object.class(), new_day, clock, zone, fold)
    }

    /// The same as replace().
    #[method("($self, /, **changes)")]
    fn __replace__(slf: Borrowed<'_>, changes: KwArgs<'_>) -> PyResult<Ref> {
        super::date::replaced(slf, changes)
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
