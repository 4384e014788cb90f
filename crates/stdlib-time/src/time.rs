//! `time` (CPython's `timemodule.c`).

use crate::convert::os_error;
use builtins::struct_sequence;
use builtins::structseq;
use host::calendar::{self, Broken};
use host::clock::Clock;
use object::value::{str as text, tuple};
use object::{Borrowed, IntoPy, PyResult, Raised, Ref, StaticType, convert::FromArg, core, gil, hooks, raise};
use std::ffi::CString;

struct_sequence! {
    /// A point of time by its parts.
    StructTime, c"time.struct_time",
    c"The time value as returned by gmtime(), localtime(), and strptime(), and\n accepted by asctime(), mktime() and strftime().  May be considered as a\n sequence of 9 integers.\n\n Note that several fields' values are not the same as those defined by\n the C language standard for struct tm.  For example, the value of the\n field tm_year is the actual year, not year - 1900.  See individual\n fields' descriptions for details.",
    9,
    [
        c"tm_year" = c"year, for example, 1993",
        c"tm_mon" = c"month of year, range [1, 12]",
        c"tm_mday" = c"day of month, range [1, 31]",
        c"tm_hour" = c"hours, range [0, 23]",
        c"tm_min" = c"minutes, range [0, 59]",
        c"tm_sec" = c"seconds, range [0, 61])",
        c"tm_wday" = c"day of week, range [0, 6], Monday is 0",
        c"tm_yday" = c"day of year, range [1, 366]",
        c"tm_isdst" = c"1 if summer time is in effect, 0 if not, and -1 if unknown",
        c"tm_zone" = c"abbreviation of timezone name",
        c"tm_gmtoff" = c"offset from UTC in seconds",
    ]
}

/// Text in the locale's encoding, bytes that are none as lone surrogates.
fn decoded(bytes: &[u8]) -> PyResult<Ref> {
    text::from_ucs4(&host::path::decode(bytes))
}

/// A `struct_time`.
fn struct_time(time: &Broken) -> PyResult<Ref> {
    let fields = [
        i64::from(time.year) + 1900,
        i64::from(time.month) + 1,
        i64::from(time.day),
        i64::from(time.hour),
        i64::from(time.minute),
        i64::from(time.second),
        i64::from((time.weekday + 6) % 7),
        i64::from(time.yearday) + 1,
        i64::from(time.daylight),
    ];
    let mut values = fields.into_iter().map(IntoPy::into_py).collect::<PyResult<Vec<Ref>>>()?;
    values.push(decoded(&time.zone)?);
    values.push(time.offset.into_py()?);
    structseq::new::<StructTime>(values)
}

static FIELD: object::args::ArgInfo = object::args::ArgInfo { function: "time", name: "", position: 0 };

/// The parts of a time tuple; `function` is named in the message.
fn broken(value: Borrowed<'_>, function: &str) -> PyResult<Broken> {
    let Some(items) = tuple::items(value) else {
        return Err(raise!(TypeError, "Tuple or struct_time argument required"));
    };
    if items.len() != 9 {
        return Err(raise!(TypeError, "{function}(): illegal time tuple argument"));
    }
    let mut numbers = [0i32; 9];
    for (number, item) in numbers.iter_mut().zip(items) {
        *number = i32::from_arg(*item, &FIELD)?;
    }
    let [year, month, day, hour, minute, second, weekday, yearday, daylight] = numbers;
    let Some(year) = year.checked_sub(1900) else { return Err(raise!(OverflowError, "year out of range")) };
    let mut time = Broken {
        year,
        month: month.wrapping_sub(1),
        day,
        hour,
        minute,
        second,
        weekday: weekday.wrapping_add(1) % 7,
        yearday: yearday.wrapping_sub(1),
        daylight,
        offset: 0,
        zone: Vec::new(),
    };
    if value.class().is_type(StructTime::type_object()) {
        let (zone, offset) = (structseq::get::<StructTime>(value, 9), structseq::get::<StructTime>(value, 10));
        if let Some(codes) = text::data(zone.b()) {
            time.zone = host::path::encode(codes.iter()).unwrap_or_default();
        }
        if !offset.is(&core::none()) {
            time.offset = offset.as_i64()?;
        }
    }
    Ok(time)
}

/// Checks the parts that the C library would index tables with.
fn check(time: &mut Broken) -> PyResult<()> {
    let out_of_range = |what: &str| raise!(ValueError, "{what} out of range");
    match time.month {
        -1 => time.month = 0,
        0..12 => {}
        _ => return Err(out_of_range("month")),
    }
    match time.day {
        0 => time.day = 1,
        1..32 => {}
        _ => return Err(out_of_range("day of month")),
    }
    if !(0..24).contains(&time.hour) {
        return Err(out_of_range("hour"));
    }
    if !(0..60).contains(&time.minute) {
        return Err(out_of_range("minute"));
    }
    if !(0..62).contains(&time.second) {
        return Err(out_of_range("seconds"));
    }
    if time.weekday < 0 {
        return Err(out_of_range("day of week"));
    }
    match time.yearday {
        -1 => time.yearday = 0,
        0..366 => {}
        _ => return Err(out_of_range("day of year")),
    }
    Ok(())
}

fn now(clock: Clock) -> PyResult<i64> {
    clock.now().map_err(os_error)
}

/// The seconds that `gmtime` and its kin are given, or now.
fn when(seconds: Option<Borrowed<'_>>) -> PyResult<i64> {
    match seconds.filter(|seconds| !seconds.is(&core::none())) {
        Some(seconds) => crate::convert::whole_seconds(seconds),
        None => Ok(now(Clock::REALTIME)?.div_euclid(1_000_000_000)),
    }
}

fn local_now() -> PyResult<Broken> {
    calendar::local(when(None)?).map_err(os_error)
}

/// `asctime`'s text.
fn ascii_time(time: &Broken) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = |names: &[&'static str], index: i32| {
        usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or("?")
    };
    format!(
        "{} {}{:3} {:02}:{:02}:{:02} {}",
        name(&DAYS, time.weekday),
        name(&MONTHS, time.month),
        time.day,
        time.hour,
        time.minute,
        time.second,
        i64::from(time.year) + 1900
    )
}

/// `strftime(format, time)`.
fn formatted(pattern: Borrowed<'_>, time: &Broken) -> PyResult<Ref> {
    let bytes = text::to_wtf8(pattern);
    let mut shown = Vec::new();
    for (index, piece) in bytes.split(|byte| *byte == 0).enumerate() {
        if index > 0 {
            shown.push(0);
        }
        if !piece.contains(&b'%') {
            shown.extend_from_slice(piece);
            continue;
        }
        let Ok(piece) = CString::new(piece) else { continue };
        let limit = 256 * piece.as_bytes().len().max(4);
        shown.extend(calendar::format(&piece, time, limit).unwrap_or_default());
    }
    text::from_wtf8(&shown)
}

/// Sleeps for that many nanoseconds; signal handlers run in between.
fn sleep_for(nanoseconds: i64) -> PyResult<()> {
    let deadline = now(Clock::MONOTONIC)?.saturating_add(nanoseconds);
    loop {
        match gil::without(|| host::clock::sleep_until(deadline)) {
            Ok(()) => return Ok(()),
            Err(errno) if errno.is_interrupted() => {
                if let Some(vm) = hooks::vm() {
                    (vm.run_pending)()?;
                }
            }
            Err(errno) => return Err(os_error(errno)),
        }
    }
}

/// The clock of `get_clock_info`.
fn clock_named(name: &str) -> Option<(Clock, &'static str)> {
    Some(match name {
        "time" => (Clock::REALTIME, "CLOCK_REALTIME"),
        "monotonic" | "perf_counter" => (Clock::MONOTONIC, "CLOCK_MONOTONIC"),
        "process_time" => (Clock::PROCESS, "CLOCK_PROCESS_CPUTIME_ID"),
        "thread_time" => (Clock::THREAD, "CLOCK_THREAD_CPUTIME_ID"),
        _ => return None,
    })
}

/// A clock id argument.
fn clock_id(value: Borrowed<'_>) -> PyResult<Clock> {
    if value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "clk_id should be integer, not {}", value.class().tp_name()));
    }
    i32::from_arg(value, &FIELD).map(Clock)
}

const YEAR: i64 = (365 * 24 + 6) * 3600;

/// Puts `timezone`, `altzone`, `daylight` and `tzname` into the module.
fn set_zone(module: Borrowed<'_>) -> PyResult<()> {
    calendar::load_zone();
    let start = when(None)?.div_euclid(YEAR) * YEAR;
    let (winter, summer) = (calendar::local(start).map_err(os_error)?, calendar::local(start + YEAR / 2).map_err(os_error)?);
    // On the southern half July has the standard time.
    let (standard, other) = if -winter.offset < -summer.offset { (&summer, &winter) } else { (&winter, &summer) };
    let set = |name: &str, value: Ref| module.setattr(text::new(name)?.b(), value.b());
    set("timezone", (-standard.offset).into_py()?)?;
    set("altzone", (-other.offset).into_py()?)?;
    set("daylight", i64::from(standard.offset != other.offset).into_py()?)?;
    set("tzname", tuple::from_array([decoded(&standard.zone)?, decoded(&other.zone)?])?)
}

#[cold]
fn out_of_range() -> Raised {
    raise!(OverflowError, "mktime argument out of range")
}

/// This module provides various functions to manipulate time values.
///
/// There are two standard representations of time.  One is the number
/// of seconds since the Epoch, in UTC (a.k.a. GMT).  It may be an integer
/// or a floating-point number (to represent fractions of seconds).
/// The epoch is the point where the time starts, the return value of time.gmtime(0).
/// It is January 1, 1970, 00:00:00 (UTC) on all platforms.
///
/// The other representation is a tuple of 9 integers giving local time.
/// The tuple items are:
///   year (including century, e.g. 1998)
///   month (1-12)
///   day (1-31)
///   hours (0-23)
///   minutes (0-59)
///   seconds (0-59)
///   weekday (0-6, Monday is 0)
///   Julian day (day in the year, 1-366)
///   DST (Daylight Savings Time) flag (-1, 0 or 1)
/// If the DST flag is 0, the time is given in the regular time zone;
/// if it is 1, the time is given in the DST time zone;
/// if it is -1, mktime() should guess based on the date and time.
#[macros::pymodule(name = "time")]
pub mod module {
    use super::{
        Broken, Clock, ascii_time, broken, calendar, check, clock_id, clock_named, formatted, local_now, now, os_error,
        out_of_range, set_zone, sleep_for, when,
    };
    use crate::convert::{nanoseconds, to_seconds};
    use builtins::structseq;
    use object::convert::Str;
    use object::{Borrowed, IntoPy, PyResult, Ref, core, id, raise};

    #[pytype]
    use super::StructTime;

    #[pyattr]
    const CLOCK_REALTIME: i32 = libc::CLOCK_REALTIME;
    #[pyattr]
    const CLOCK_MONOTONIC: i32 = libc::CLOCK_MONOTONIC;
    #[pyattr]
    const CLOCK_MONOTONIC_RAW: i32 = libc::CLOCK_MONOTONIC_RAW;
    #[pyattr]
    const CLOCK_PROCESS_CPUTIME_ID: i32 = libc::CLOCK_PROCESS_CPUTIME_ID;
    #[pyattr]
    const CLOCK_THREAD_CPUTIME_ID: i32 = libc::CLOCK_THREAD_CPUTIME_ID;
    #[pyattr]
    const CLOCK_BOOTTIME: i32 = libc::CLOCK_BOOTTIME;
    #[pyattr]
    const CLOCK_TAI: i32 = libc::CLOCK_TAI;
    #[pyattr]
    const _STRUCT_TM_ITEMS: i32 = 11;

    /// time() -> floating-point number
    ///
    /// Return the current time in seconds since the Epoch.
    /// Fractions of a second may be present if the system clock provides them.
    #[pyfunction("($module, /)")]
    fn time() -> PyResult<f64> {
        now(Clock::REALTIME).map(to_seconds)
    }

    /// time_ns() -> int
    ///
    /// Return the current time in nanoseconds since the Epoch.
    #[pyfunction("($module, /)")]
    fn time_ns() -> PyResult<i64> {
        now(Clock::REALTIME)
    }

    /// monotonic() -> float
    ///
    /// Monotonic clock, cannot go backward.
    #[pyfunction("($module, /)")]
    fn monotonic() -> PyResult<f64> {
        now(Clock::MONOTONIC).map(to_seconds)
    }

    /// monotonic_ns() -> int
    ///
    /// Monotonic clock, cannot go backward, as nanoseconds.
    #[pyfunction("($module, /)")]
    fn monotonic_ns() -> PyResult<i64> {
        now(Clock::MONOTONIC)
    }

    /// perf_counter() -> float
    ///
    /// Performance counter for benchmarking.
    #[pyfunction("($module, /)")]
    fn perf_counter() -> PyResult<f64> {
        now(Clock::MONOTONIC).map(to_seconds)
    }

    /// perf_counter_ns() -> int
    ///
    /// Performance counter for benchmarking as nanoseconds.
    #[pyfunction("($module, /)")]
    fn perf_counter_ns() -> PyResult<i64> {
        now(Clock::MONOTONIC)
    }

    /// process_time() -> float
    ///
    /// Process time for profiling: sum of the kernel and user-space CPU time.
    #[pyfunction("($module, /)")]
    fn process_time() -> PyResult<f64> {
        now(Clock::PROCESS).map(to_seconds)
    }

    /// process_time() -> int
    ///
    /// Process time for profiling as nanoseconds:
    /// sum of the kernel and user-space CPU time.
    #[pyfunction("($module, /)")]
    fn process_time_ns() -> PyResult<i64> {
        now(Clock::PROCESS)
    }

    /// thread_time() -> float
    ///
    /// Thread time for profiling: sum of the kernel and user-space CPU time.
    #[pyfunction("($module, /)")]
    fn thread_time() -> PyResult<f64> {
        now(Clock::THREAD).map(to_seconds)
    }

    /// thread_time() -> int
    ///
    /// Thread time for profiling as nanoseconds:
    /// sum of the kernel and user-space CPU time.
    #[pyfunction("($module, /)")]
    fn thread_time_ns() -> PyResult<i64> {
        now(Clock::THREAD)
    }

    /// Return the time of the specified clock clk_id as a float.
    #[pyfunction("($module, clk_id, /)")]
    fn clock_gettime(clk_id: Borrowed<'_>) -> PyResult<f64> {
        now(clock_id(clk_id)?).map(to_seconds)
    }

    /// Return the time of the specified clock clk_id as nanoseconds (int).
    #[pyfunction("($module, clk_id, /)")]
    fn clock_gettime_ns(clk_id: Borrowed<'_>) -> PyResult<i64> {
        now(clock_id(clk_id)?)
    }

    /// clock_getres(clk_id) -> floating-point number
    ///
    /// Return the resolution (precision) of the specified clock clk_id.
    #[pyfunction(text = None, "(clk_id, /)")]
    fn clock_getres(clk_id: i32) -> PyResult<f64> {
        Clock(clk_id).resolution().map(to_seconds).map_err(os_error)
    }

    /// clock_settime(clk_id, time)
    ///
    /// Set the time of the specified clock clk_id.
    #[pyfunction(text = None, "(clk_id, time, /)")]
    fn clock_settime(clk_id: i32, time: Borrowed<'_>) -> PyResult<()> {
        Clock(clk_id).set(nanoseconds(time)?).map_err(os_error)
    }

    /// clock_settime_ns(clk_id, time)
    ///
    /// Set the time of the specified clock clk_id with nanoseconds.
    #[pyfunction(text = None, "(clk_id, time, /)")]
    fn clock_settime_ns(clk_id: i32, time: i64) -> PyResult<()> {
        Clock(clk_id).set(time).map_err(os_error)
    }

    /// sleep(seconds)
    ///
    /// Delay execution for a given number of seconds.  The argument may be
    /// a floating-point number for subsecond precision.
    #[pyfunction("($module, object, /)")]
    fn sleep(object: Borrowed<'_>) -> PyResult<()> {
        object::hooks::audit("time.sleep", &[object])?;
        let timeout = nanoseconds(object)?;
        if timeout < 0 {
            return Err(raise!(ValueError, "sleep length must be non-negative"));
        }
        sleep_for(timeout)
    }

    /// gmtime([seconds]) -> (tm_year, tm_mon, tm_mday, tm_hour, tm_min,
    ///                        tm_sec, tm_wday, tm_yday, tm_isdst)
    ///
    /// Convert seconds since the Epoch to a time tuple expressing UTC (a.k.a.
    /// GMT).  When 'seconds' is not passed in, convert the current time instead.
    ///
    /// If the platform supports the tm_gmtoff and tm_zone, they are available as
    /// attributes only.
    #[pyfunction(text = None, "(seconds=None, /)")]
    fn gmtime(seconds: Option<Borrowed<'_>>) -> PyResult<Ref> {
        super::struct_time(&calendar::utc(when(seconds)?).map_err(os_error)?)
    }

    /// localtime([seconds]) -> (tm_year,tm_mon,tm_mday,tm_hour,tm_min,
    ///                           tm_sec,tm_wday,tm_yday,tm_isdst)
    ///
    /// Convert seconds since the Epoch to a time tuple expressing local time.
    /// When 'seconds' is not passed in, convert the current time instead.
    #[pyfunction(text = None, "(seconds=None, /)")]
    fn localtime(seconds: Option<Borrowed<'_>>) -> PyResult<Ref> {
        super::struct_time(&calendar::local(when(seconds)?).map_err(os_error)?)
    }

    /// The time of an optional tuple argument.
    fn given(tuple: Option<Borrowed<'_>>, function: &str) -> PyResult<Broken> {
        match tuple {
            Some(tuple) => broken(tuple, function),
            None => local_now(),
        }
    }

    /// asctime([time_tuple]) -> string
    ///
    /// Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'.
    /// When the time tuple is not present, current time as returned by localtime()
    /// is used.
    #[pyfunction(text = None, "(tuple=<unrepresentable>, /)")]
    fn asctime(tuple: Option<Borrowed<'_>>) -> PyResult<String> {
        let mut time = given(tuple, "asctime")?;
        check(&mut time)?;
        Ok(ascii_time(&time))
    }

    /// ctime([seconds]) -> string
    ///
    /// Convert a time in seconds since the Epoch to a string in local time.
    /// This is equivalent to asctime(localtime(seconds)). When 'seconds' is not
    /// passed in, convert the current time instead.
    #[pyfunction(text = None, "(seconds=None, /)")]
    fn ctime(seconds: Option<Borrowed<'_>>) -> PyResult<String> {
        Ok(ascii_time(&calendar::local(when(seconds)?).map_err(os_error)?))
    }

    /// mktime(time_tuple) -> floating-point number
    ///
    /// Convert a time tuple in local time to seconds since the Epoch.
    /// Note that mktime(gmtime(0)) will not generally return zero for most
    /// time zones; instead the returned value will either be equal to that
    /// of the timezone or altzone attributes on the time module.
    #[pyfunction("($module, object, /)")]
    fn mktime(object: Borrowed<'_>) -> PyResult<f64> {
        let time = broken(object, "mktime")?;
        calendar::seconds(&time).map(|seconds| seconds as f64).ok_or_else(out_of_range)
    }

    /// strftime(format[, time_tuple]) -> string
    ///
    /// Convert a time tuple to a string according to a format specification.
    /// See the library reference manual for formatting codes. When the time tuple
    /// is not present, current time as returned by localtime() is used.
    ///
    /// Commonly used format codes:
    ///
    /// %Y  Year with century as a decimal number.
    /// %m  Month as a decimal number [01,12].
    /// %d  Day of the month as a decimal number [01,31].
    /// %H  Hour (24-hour clock) as a decimal number [00,23].
    /// %M  Minute as a decimal number [00,59].
    /// %S  Second as a decimal number [00,61].
    /// %z  Time zone offset from UTC.
    /// %a  Locale's abbreviated weekday name.
    /// %A  Locale's full weekday name.
    /// %b  Locale's abbreviated month name.
    /// %B  Locale's full month name.
    /// %c  Locale's appropriate date and time representation.
    /// %I  Hour (12-hour clock) as a decimal number [01,12].
    /// %p  Locale's equivalent of either AM or PM.
    ///
    /// Other codes may be available on your platform.  See documentation for
    /// the C library strftime function.
    #[pyfunction(text = None, "(format, tuple=<unrepresentable>, /)")]
    fn strftime(format: Str<'_>, tuple: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let mut time = given(tuple, "strftime")?;
        check(&mut time)?;
        time.daylight = time.daylight.clamp(-1, 1);
        formatted(format.0, &time)
    }

    /// strptime(string[, format]) -> struct_time
    ///
    /// Parse a string to a time tuple according to a format specification.
    /// See the library reference manual for formatting codes (same as
    /// strftime()).
    ///
    /// Commonly used format codes:
    ///
    /// %Y  Year with century as a decimal number.
    /// %m  Month as a decimal number [01,12].
    /// %d  Day of the month as a decimal number [01,31].
    /// %H  Hour (24-hour clock) as a decimal number [00,23].
    /// %M  Minute as a decimal number [00,59].
    /// %S  Second as a decimal number [00,61].
    /// %z  Time zone offset from UTC.
    /// %a  Locale's abbreviated weekday name.
    /// %A  Locale's full weekday name.
    /// %b  Locale's abbreviated month name.
    /// %B  Locale's full month name.
    /// %c  Locale's appropriate date and time representation.
    /// %I  Hour (12-hour clock) as a decimal number [01,12].
    /// %p  Locale's equivalent of either AM or PM.
    ///
    /// Other codes may be available on your platform.  See documentation for
    /// the C library strftime function.
    #[pyfunction(text = None, "(string, format=<unrepresentable>, /)")]
    fn strptime(string: Borrowed<'_>, format: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let module = builtins::object_::reduce::import(id!("_strptime"))?;
        match format {
            Some(format) => module.call_method(id!("_strptime_time"), &[string, format]),
            None => module.call_method(id!("_strptime_time"), &[string]),
        }
    }

    /// tzset()
    ///
    /// Initialize, or reinitialize, the local timezone to the value stored in
    /// os.environ['TZ']. The TZ environment variable should be specified in
    /// standard Unix timezone format as documented in the tzset man page
    /// (eg. 'US/Eastern', 'Europe/Amsterdam'). Unknown timezones will silently
    /// fall back to UTC. If the TZ environment variable is not set, the local
    /// timezone is set to the systems best guess of wallclock time.
    /// Changing the TZ environment variable without calling tzset *may* change
    /// the local timezone used by methods such as localtime, but this behaviour
    /// should not be relied on.
    #[pyfunction("($module, /)")]
    fn tzset(module: Borrowed<'_>) -> PyResult<()> {
        set_zone(module)
    }

    /// get_clock_info(name: str) -> dict
    ///
    /// Get information of the specified clock.
    #[pyfunction(text = None, "(name, /)")]
    fn get_clock_info(name: String) -> PyResult<Ref> {
        let Some((clock, system_name)) = clock_named(&name) else { return Err(raise!(ValueError, "unknown clock")) };
        let info = builtins::dict::Dict::new()?;
        let adjustable = clock == Clock::REALTIME;
        info.set_text("implementation", format!("clock_gettime({system_name})").into_py()?.b())?;
        info.set_text("monotonic", core::boolean(!adjustable))?;
        info.set_text("adjustable", core::boolean(adjustable))?;
        info.set_text("resolution", clock.resolution().map(to_seconds).map_err(os_error)?.into_py()?.b())?;
        builtins::namespace::new(Some(info.b()))
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        structseq::finish::<StructTime>()?;
        set_zone(module)
    }
}
