//! `date`.

use super::args::{Plan, c_int, number, pickled_state};
use super::calendar::{IsoError, MAX_ORDINAL, MAX_YEAR, MIN_YEAR, Ymd, from_iso};
use super::delta::Delta;
use super::iso::{self, date_text, parse_date};
use super::isocalendar::IsoCalendarDate;
use super::moment::Moment;
use super::state::{strptime, time_module};
use super::strftime::{Subject, formatted, struct_time};
use crate::convert::{os_error, whole_seconds};
use macros::{pyclass, pymethods};
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, CompareOp, KwArgs, PyResult, Raised, Ref, StaticType, TypeObject, core, hashing, id, memory, raise};
use std::cell::Cell;

/// date(year, month, day) --> date object
#[pyclass(name = "date", module = "datetime", flags(BASETYPE), extends_abi)]
pub struct Date {
    head: abi::PyDateTime_Date,
}

static PLAN: Plan<3> = Plan { function: "", names: ["year", "month", "day"], required: 3, positional: 3, ints: 0b111 };

/// Raises OverflowError for a day that the calendar does not have.
#[cold]
pub fn out_of_range() -> Raised {
    raise!(OverflowError, "date value out of range")
}

/// The day with an ordinal that arithmetic gave.
pub fn day_of(ordinal: i128) -> PyResult<Ymd> {
    match i32::try_from(ordinal) {
        Ok(ordinal) if (1..=MAX_ORDINAL).contains(&ordinal) => Ok(Ymd::from_ordinal(ordinal)),
        _ => Err(out_of_range()),
    }
}

/// The four bytes in which a day is kept and pickled.
pub fn day_bytes(day: Ymd) -> [u8; 4] {
    let byte = |value: i32| u8::try_from(value & 0xFF).unwrap_or(0);
    [byte(day.year >> 8), byte(day.year), byte(day.month), byte(day.day)]
}

/// The day in four bytes.
pub fn day_from_bytes(data: &[u8]) -> Ymd {
    let byte = |index: usize| i32::from(data.get(index).copied().unwrap_or(0));
    Ymd { year: byte(0) << 8 | byte(1), month: byte(2), day: byte(3) }
}

impl Date {
    /// An instance of `class` without calling it; the day is good.
    fn create(class: &TypeObject, day: Ymd) -> PyResult<Ref> {
        let head = <abi::PyDateTime_Date as abi::CStruct>::ZERO;
        head.hashcode.set(-1);
        head.data.iter().zip(day_bytes(day)).for_each(|(cell, byte)| cell.set(byte));
        memory::new_instance(class, Date { head }).map(Ref::upcast)
    }

    /// A `date`.
    pub fn plain(day: Ymd) -> PyResult<Ref> {
        Self::create(Self::type_object(), day)
    }

    /// What `class(year, month, day)` makes.
    pub fn of_class(class: &TypeObject, day: Ymd) -> PyResult<Ref> {
        if class.is_type(Self::type_object()) {
            day.check()?;
            return Self::plain(day);
        }
        class.borrowed().call(&[number(day.year)?.b(), number(day.month)?.b(), number(day.day)?.b()])
    }

    pub fn day(&self) -> Ymd {
        day_from_bytes(&self.bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        self.head.data.iter().map(Cell::get).collect()
    }

    fn is_moment(object: Borrowed<'_>) -> bool {
        object.downcast::<Moment>().is_some()
    }

    /// This day and so many days more.
    fn moved(slf: Borrowed<'_, Self>, days: i32) -> PyResult<Ref> {
        let day = day_of(i128::from(slf.day().ordinal()) + i128::from(days))?;
        let object = slf.object();
        Self::of_class(object.class(), day)
    }
}

#[cold]
fn iso_error(error: &IsoError, year: i32, week: i32, weekday: i32) -> Raised {
    match error {
        IsoError::Year => raise!(ValueError, "year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}"),
        IsoError::Week => raise!(ValueError, "Invalid week: {week}"),
        IsoError::Weekday => raise!(ValueError, "Invalid weekday: {weekday} (range is [1, 7])"),
    }
}

/// A part of an ISO day: an int that C's int can hold.
fn iso_part(value: Borrowed<'_>) -> PyResult<i32> {
    let number = value.index()?;
    int::to_i64(number.b())
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(|| raise!(ValueError, "ISO calendar component out of range"))
}

/// Text of `ctime`.
pub fn ctime_text(day: Ymd, hour: i32, minute: i32, second: i32) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let pick = |names: &[&'static str], index: i32| {
        usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or("?")
    };
    format!(
        "{} {} {:2} {hour:02}:{minute:02}:{second:02} {:04}",
        pick(&DAYS, day.weekday()),
        pick(&MONTHS, day.month - 1),
        day.day,
        day.year
    )
}

/// A str argument of a method, in the words of `getargs.c`.
pub fn expect_str<'a>(value: Borrowed<'a>, function: &str) -> PyResult<Borrowed<'a>> {
    if text::check(value) {
        return Ok(value);
    }
    let found = value.class().tp_name();
    Err(raise!(TypeError, "{function}() argument 1 must be str, not {found}"))
}

/// `object.strftime(format)`, or `str(object)` for an empty format.
pub fn format_object(object: Borrowed<'_>, format: Borrowed<'_>) -> PyResult<Ref> {
    expect_str(format, "__format__")?;
    if text::data(format).is_some_and(text::Data::is_empty) {
        return object.str();
    }
    object.call_method(id!("strftime"), &[format])
}

/// `object.replace(**changes)`.
pub fn replaced(object: Borrowed<'_>, changes: KwArgs<'_>) -> PyResult<Ref> {
    object.getattr(id!("replace"))?.call_tuple(tuple::empty().b(), Some(changes.to_dict()?.b()))
}

#[pymethods]
impl Date {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let is_month = |data: &[u8]| data.get(2).is_some_and(|month| (1..=12).contains(month));
        if let Some((data, None)) = pickled_state(args, kwargs, "date", 4, is_month)? {
            return Self::create(&class, day_from_bytes(&data));
        }
        let bound = PLAN.bind(args, kwargs)?;
        let day = Ymd::new(bound.int(0), bound.int(1), bound.int(2));
        day.check()?;
        Self::create(&class, day)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> String {
        let (object, day) = (slf.object(), slf.day());
        format!("{}({}, {}, {})", object.class().tp_name(), day.year, day.month, day.day)
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        slf.call_method(id!("isoformat"), &[])
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        if self.head.hashcode.get() == -1 {
            self.head.hashcode.set(hashing::bytes(&self.bytes()));
        }
        Ok(self.head.hashcode.get())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> Ref {
        match other.downcast::<Date>().filter(|_| !Self::is_moment(other)) {
            Some(other) => core::boolean(op.holds(self.day().cmp(&other.day()))).to_ref(),
            None => core::not_implemented().to_ref(),
        }
    }

    #[slot(nb_add)]
    fn add(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        let (date, delta) = match (a.downcast::<Date>(), b.downcast::<Date>()) {
            (Some(date), None) => (date, b),
            (None, Some(date)) => (date, a),
            _ => return Ok(core::not_implemented().to_ref()),
        };
        match delta.downcast::<Delta>() {
            Some(delta) if !Self::is_moment(date.object()) => Self::moved(date, delta.days()),
            _ => Ok(core::not_implemented().to_ref()),
        }
    }

    #[slot(nb_subtract)]
    fn subtract(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        let Some(date) = a.downcast::<Date>().filter(|_| !Self::is_moment(a)) else {
            return Ok(core::not_implemented().to_ref());
        };
        if let Some(other) = b.downcast::<Date>().filter(|_| !Self::is_moment(b)) {
            return Delta::create(date.day().ordinal() - other.day().ordinal(), 0, 0).map(Ref::upcast);
        }
        match b.downcast::<Delta>() {
            Some(delta) => Self::moved(date, -delta.days()),
            None => Ok(core::not_implemented().to_ref()),
        }
    }

    /// Create a date from a POSIX timestamp.
    ///
    /// The timestamp is a number, e.g. created via time.time(), that is
    /// interpreted as local time.
    #[classmethod("($type, timestamp, /)")]
    fn fromtimestamp(class: Borrowed<'_, TypeObject>, timestamp: Borrowed<'_>) -> PyResult<Ref> {
        let local = host::calendar::local(whole_seconds(timestamp)?).map_err(os_error)?;
        Self::of_class(&class, Ymd::new(local.year.saturating_add(1900), local.month + 1, local.day))
    }

    /// int -> date corresponding to a proleptic Gregorian ordinal.
    #[classmethod(text = None, "($type, ordinal, /)")]
    fn fromordinal(class: Borrowed<'_, TypeObject>, ordinal: Borrowed<'_>) -> PyResult<Ref> {
        let ordinal = c_int(ordinal)?;
        if ordinal < 1 {
            return Err(raise!(ValueError, "ordinal must be >= 1"));
        }
        // The day behind the last one is made, so that the message can name its year.
        let day = Ymd::from_ordinal(ordinal.min(MAX_ORDINAL + 366));
        if ordinal > MAX_ORDINAL {
            let year = if ordinal > MAX_ORDINAL + 366 { i64::from(ordinal) * 400 / 146_097 + 1 } else { i64::from(day.year) };
            return Err(raise!(ValueError, "year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}"));
        }
        Self::of_class(&class, day)
    }

    /// str -> Construct a date from a string in ISO 8601 format.
    #[classmethod("($type, object, /)")]
    fn fromisoformat(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        let content = iso::ascii(iso::data(object)?);
        let good_length = matches!(content.len(), 7 | 8 | 10);
        match parse_date(&content) {
            Ok(day) if good_length => Self::of_class(&class, day),
            _ => Err(iso::invalid(object)),
        }
    }

    /// int, int, int -> Construct a date from the ISO year, week number and weekday.
    ///
    /// This is the inverse of the date.isocalendar() function
    #[classmethod(text = None, "($type, year, week, day)")]
    fn fromisocalendar(
        class: Borrowed<'_, TypeObject>,
        year: Borrowed<'_>,
        week: Borrowed<'_>,
        day: Borrowed<'_>,
    ) -> PyResult<Ref> {
        let (year, week, weekday) = (iso_part(year)?, iso_part(week)?, iso_part(day)?);
        match from_iso(year, week, weekday) {
            Ok(day) => Self::of_class(&class, day),
            Err(error) => Err(iso_error(&error, year, week, weekday)),
        }
    }

    /// string, format -> new date parsed from a string (like time.strptime()).
    #[classmethod(text = None, "($type, *args)")]
    fn strptime(class: Borrowed<'_, TypeObject>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        parsed(&class, args, "_strptime_datetime_date")
    }

    /// Current date or datetime:  same as self.__class__.fromtimestamp(time.time()).
    #[classmethod("($type, /)")]
    fn today(class: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        let now = time_module()?.call_method(id!("time"), &[])?;
        class.object().call_method(id!("fromtimestamp"), &[now.b()])
    }

    /// Return ctime() style string.
    #[method("($self, /)")]
    fn ctime(&self) -> String {
        ctime_text(self.day(), 0, 0, 0)
    }

    /// format -> strftime() style string.
    #[method(text = None, "($self, /, format)")]
    fn strftime(slf: Borrowed<'_, Self>, format: Borrowed<'_>) -> PyResult<Ref> {
        expect_str(format, "strftime")?;
        let object = slf.object();
        let tuple = object.call_method(id!("timetuple"), &[])?;
        let (microsecond, zone) = match object.downcast::<Moment>() {
            Some(moment) => (moment.clock().microsecond, moment.zone()),
            None => (0, None),
        };
        formatted(format, &Subject { tuple, day: slf.day(), microsecond, zone, argument: object })
    }

    /// Formats self with strftime.
    #[method(text = None, "($self, format, /)")]
    fn __format__(slf: Borrowed<'_>, format: Borrowed<'_>) -> PyResult<Ref> {
        format_object(slf, format)
    }

    /// Return time tuple, compatible with time.localtime().
    #[method("($self, /)")]
    fn timetuple(&self) -> PyResult<Ref> {
        let day = self.day();
        struct_time([day.year, day.month, day.day, 0, 0, 0, day.weekday(), day.day_of_year(), -1])
    }

    /// Return a named tuple containing ISO year, week number, and weekday.
    #[method("($self, /)")]
    fn isocalendar(&self) -> PyResult<Ref> {
        let (year, week, weekday) = self.day().iso();
        IsoCalendarDate::of(year, week, weekday)
    }

    /// Return string in ISO 8601 format, YYYY-MM-DD.
    #[method("($self, /)")]
    fn isoformat(&self) -> String {
        date_text(self.day())
    }

    /// Return the day of the week represented by the date.
    /// Monday == 1 ... Sunday == 7
    #[method("($self, /)")]
    fn isoweekday(&self) -> i32 {
        self.day().weekday() + 1
    }

    /// Return proleptic Gregorian ordinal.  January 1 of year 1 is day 1.
    #[method("($self, /)")]
    fn toordinal(&self) -> i32 {
        self.day().ordinal()
    }

    /// Return the day of the week represented by the date.
    /// Monday == 0 ... Sunday == 6
    #[method("($self, /)")]
    fn weekday(&self) -> i32 {
        self.day().weekday()
    }

    /// Return date with new specified fields.
    #[method("($self, /, year=unchanged, month=unchanged, day=unchanged)")]
    fn replace(
        slf: Borrowed<'_, Self>,
        year: Option<Borrowed<'_>>,
        month: Option<Borrowed<'_>>,
        day: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let own = slf.day();
        let part = |value: Option<Borrowed<'_>>, own: i32| value.map_or(Ok(own), c_int);
        let day = Ymd { year: part(year, own.year)?, month: part(month, own.month)?, day: part(day, own.day)? };
        let object = slf.object();
        Self::of_class(object.class(), day)
    }

    /// The same as replace().
    #[method("($self, /, **changes)")]
    fn __replace__(slf: Borrowed<'_>, changes: KwArgs<'_>) -> PyResult<Ref> {
        replaced(slf, changes)
    }

    /// __reduce__() -> (cls, state)
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let state = tuple::from_array([bytes::new(&slf.bytes())?])?;
        let object = slf.object();
        tuple::from_array([object.class().to_ref(), state])
    }

    #[getter]
    fn year(&self) -> i32 {
        self.day().year
    }

    #[getter]
    fn month(&self) -> i32 {
        self.day().month
    }

    #[getter(name = "day")]
    fn get_day(&self) -> i32 {
        self.day().day
    }
}

/// `strptime` of a class, by Python's own parser.
pub fn parsed(class: &TypeObject, args: &[Borrowed<'_>], function: &str) -> PyResult<Ref> {
    let [string, format] = *args else {
        let count = args.len();
        return Err(raise!(TypeError, "strptime() takes exactly 2 arguments ({count} given)"));
    };
    for (position, value) in [(1, string), (2, format)] {
        if !text::check(value) {
            let found = value.class().tp_name();
            return Err(raise!(TypeError, "strptime() argument {position} must be str, not {found}"));
        }
    }
    strptime()?.call_method(text::new(function)?.b(), &[class.borrowed(), string, format])
}
