//! Moments from timestamps, texts and parts, and between local time and UTC (PEP 495).

use super::calendar::{Clock, MAX_YEAR, MIN_YEAR, Ymd};
use super::date::{Date, parsed};
use super::delta::Delta;
use super::iso::{self, date_length, parse_date, parse_time};
use super::moment::Moment;
use super::state::wrong_class;
use super::time::Time;
use super::zone::{self, Timezone};
use crate::convert::os_error;
use host::calendar::Broken;
use host::clock::Clock as SystemClock;
use macros::pymethods;
use object::value::{float, int, str as text};
use object::{Borrowed, PyResult, Ref, TypeObject, id, raise};

/// Seconds from the beginning of year 1 to 1970.
const EPOCH: i64 = 719_163 * 86_400;
/// No zone's clock is set back further than this.
const MAX_FOLD: i64 = 24 * 3600;

/// Seconds of these parts since the beginning of day 0.
fn seconds_of(day: Ymd, second_of_day: i64) -> PyResult<i64> {
    if !(MIN_YEAR..=MAX_YEAR).contains(&day.year) {
        let year = day.year;
        return Err(raise!(ValueError, "year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}"));
    }
    Ok(i64::from(day.ordinal()) * 86_400 + second_of_day)
}

fn parts(broken: &Broken) -> (Ymd, Clock) {
    let day = Ymd::new(broken.year.saturating_add(1900), broken.month + 1, broken.day);
    // A leap second counts as the one before it.
    let clock = Clock { hour: broken.hour, minute: broken.minute, second: broken.second.min(59), microsecond: 0 };
    (day, clock)
}

/// What the local clock shows at `utc` seconds, as seconds too.
fn local(utc: i64) -> PyResult<i64> {
    let broken = host::calendar::local(utc - EPOCH).map_err(os_error)?;
    let (day, clock) = parts(&broken);
    seconds_of(day, i64::from(clock.seconds()))
}

/// The UTC at which the local clock shows `shown`; in a gap or a fold `fold` chooses.
fn utc_of_local(shown: i64, fold: i32) -> PyResult<i64> {
    let first_offset = local(shown)? - shown;
    let first = shown - first_offset;
    let back = local(first)?;
    let other_offset = if back == shown {
        // One solution; look a day beyond for another.
        let probe = if fold != 0 { first + MAX_FOLD } else { first - MAX_FOLD };
        let offset = local(probe)? - probe;
        if offset == first_offset {
            return Ok(first);
        }
        offset
    } else {
        back - first
    };
    let second = shown - other_offset;
    if local(second)? == shown {
        return Ok(second);
    }
    if back == shown {
        return Ok(first);
    }
    Ok(if fold != 0 { first.min(second) } else { first.max(second) })
}

/// The timestamp of a naive moment.
fn local_timestamp(moment: Borrowed<'_, Moment>) -> PyResult<i64> {
    let shown = seconds_of(moment.day(), i64::from(moment.clock().seconds()))?;
    Ok(utc_of_local(shown, moment.fold_value())? - EPOCH)
}

/// The zone in which a naive moment stands. In a gap it is that of the side which the fold names.
fn zone_of_naive(moment: Borrowed<'_, Moment>) -> PyResult<Ref> {
    let own = local_timestamp(moment)?;
    let flipped = Moment::with_fold(moment, 1 - moment.fold_value())?;
    let other = match flipped.b().downcast::<Moment>() {
        Some(flipped) => local_timestamp(flipped)?,
        None => own,
    };
    let chosen = if other != own && (other > own) == (moment.fold_value() != 0) { other } else { own };
    local_zone(chosen)
}

/// A fixed zone for what the system says of local time at a timestamp.
fn local_zone(timestamp: i64) -> PyResult<Ref> {
    let broken = host::calendar::local(timestamp).map_err(os_error)?;
    let name = text::from_ucs4(&host::path::decode(&broken.zone))?;
    let offset = Delta::from_microseconds(i128::from(broken.offset) * 1_000_000)?;
    Timezone::of(offset, Some(name))
}

/// A timestamp as seconds and microseconds, rounded half to even.
fn split_timestamp(value: Borrowed<'_>) -> PyResult<(i64, i32)> {
    let too_large = || raise!(OverflowError, "timestamp out of range for platform time_t");
    if let Some(number) = float::value(value) {
        if number.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        let mut whole = number.trunc();
        let mut micros = ((number - whole) * 1e6).round_ties_even();
        if micros >= 1e6 {
            micros -= 1e6;
            whole += 1.0;
        } else if micros < 0.0 {
            micros += 1e6;
            whole -= 1.0;
        }
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
            return Err(too_large());
        }
        return Ok((whole as i64, micros as i32));
    }
    if !int::check(value) && value.class().nb_index().is_none() {
        let found = value.class().tp_name();
        return Err(raise!(TypeError, "argument must be int or float, not {found}"));
    }
    let number = value.index()?;
    int::to_i64(number.b()).map(|seconds| (seconds, 0)).ok_or_else(too_large)
}

/// A moment of `class` at a timestamp: in UTC or local time, without a zone.
fn at(class: &TypeObject, seconds: i64, micros: i32, in_utc: bool, zone: Option<Ref>) -> PyResult<Ref> {
    let broken = if in_utc { host::calendar::utc(seconds) } else { host::calendar::local(seconds) };
    let (day, mut clock) = parts(&broken.map_err(os_error)?);
    clock.microsecond = micros;
    let mut fold = 0;
    if !in_utc && zone.is_none() && seconds > MAX_FOLD {
        // Local time may have shown the same before: in the fold it is set back by less than a day.
        let shown = seconds_of(day, i64::from(clock.seconds()))?;
        let transition = shown - local(EPOCH + seconds - MAX_FOLD)? - MAX_FOLD;
        if transition < 0 && local(EPOCH + seconds + transition)? == shown {
            fold = 1;
        }
    }
    Moment::of_class(class, day, clock, zone, fold)
}

/// A moment at a timestamp, moved into `zone` by the zone itself.
fn at_in_zone(class: &TypeObject, seconds: i64, micros: i32, zone: Option<Ref>) -> PyResult<Ref> {
    let moment = at(class, seconds, micros, zone.is_some(), zone.clone())?;
    match zone {
        Some(zone) => zone.call_method(id!("fromutc"), &[moment.b()]),
        None => Ok(moment),
    }
}

fn now() -> PyResult<(i64, i32)> {
    let nanoseconds = SystemClock::REALTIME.now().map_err(os_error)?;
    let micros = i32::try_from(nanoseconds.rem_euclid(1_000_000_000) / 1000).unwrap_or(0);
    Ok((nanoseconds.div_euclid(1_000_000_000), micros))
}

#[pymethods(part = MAKE)]
impl Moment {
    /// Returns new datetime object representing current time local to tz.
    ///
    ///   tz
    ///     Timezone object.
    ///
    /// If no tz is specified, uses local timezone.
    #[classmethod("($type, /, tz=None)")]
    fn now(class: Borrowed<'_, TypeObject>, tz: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let zone = zone::checked(tz)?;
        let (seconds, micros) = now()?;
        at_in_zone(&class, seconds, micros, zone)
    }

    /// Return a new datetime representing UTC day and time.
    #[classmethod("($type, /)")]
    fn utcnow(class: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        object::hooks::warn(
            &object::exc::DeprecationWarning,
            "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC).",
            1,
        )?;
        let (seconds, micros) = now()?;
        at(&class, seconds, micros, true, None)
    }

    /// timestamp[, tz] -> tz's local time from POSIX timestamp.
    #[classmethod(text = None, "($type, /, timestamp, tz=None)")]
    fn fromtimestamp(class: Borrowed<'_, TypeObject>, timestamp: Borrowed<'_>, tz: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let zone = zone::checked(tz)?;
        let (seconds, micros) = split_timestamp(timestamp)?;
        at_in_zone(&class, seconds, micros, zone)
    }

    /// Construct a naive UTC datetime from a POSIX timestamp.
    #[classmethod(text = None, "($type, timestamp, /)")]
    fn utcfromtimestamp(class: Borrowed<'_, TypeObject>, timestamp: Borrowed<'_>) -> PyResult<Ref> {
        object::hooks::warn(
            &object::exc::DeprecationWarning,
            "datetime.datetime.utcfromtimestamp() is deprecated and scheduled for removal in a future version. Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.fromtimestamp(timestamp, datetime.UTC).",
            1,
        )?;
        let (seconds, micros) = split_timestamp(timestamp)?;
        at(&class, seconds, micros, true, None)
    }

    /// string, format -> new datetime parsed from a string (like time.strptime()).
    #[classmethod(text = None, "($type, *args)")]
    fn strptime(class: Borrowed<'_, TypeObject>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        parsed(&class, args, "_strptime_datetime_datetime")
    }

    /// date, time -> datetime with same date and time fields
    #[classmethod(text = None, "($type, /, date, time, tzinfo=True)")]
    fn combine(
        class: Borrowed<'_, TypeObject>,
        date: Borrowed<'_>,
        time: Borrowed<'_>,
        tzinfo: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let Some(date) = date.downcast::<Date>() else {
            let found = date.class().tp_name();
            return Err(raise!(TypeError, "combine() argument 1 must be datetime.date, not {found}"));
        };
        let Some(time) = time.downcast::<Time>() else {
            let found = time.class().tp_name();
            return Err(raise!(TypeError, "combine() argument 2 must be datetime.time, not {found}"));
        };
        let zone = match tzinfo {
            Some(tzinfo) => zone::checked(Some(tzinfo))?,
            None => time.zone(),
        };
        Moment::of_class(&class, date.get().day(), time.clock(), zone, time.fold_value())
    }

    /// string -> datetime from a string in most ISO 8601 formats
    #[classmethod("($type, object, /)")]
    fn fromisoformat(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        let content = iso::ascii(iso::data(object)?);
        let invalid = || iso::invalid(object);
        if content.len() < 7 {
            return Err(invalid());
        }
        let split = date_length(&content).min(content.len());
        let (date, rest) = content.split_at(split);
        let mut day = parse_date(date).map_err(|_| invalid())?;
        let (clock, zone) = match rest {
            [] => (Clock::default(), None),
            // Any one character may stand between date and time.
            [_, time @ ..] => {
                let parsed = parse_time(time).map_err(|_| invalid())?;
                let zone = match parsed.offset {
                    Some(offset) => Some(Timezone::of(Delta::from_microseconds(offset)?, None)?),
                    None => None,
                };
                if parsed.end_of_day {
                    day.check()?;
                    if parsed.clock != Clock::default() {
                        return Err(raise!(ValueError, "minute, second, and microsecond must be 0 when hour is 24"));
                    }
                    day = Ymd::from_ordinal(day.ordinal() + 1);
                }
                (parsed.clock, zone)
            }
        };
        Moment::of_class(&class, day, clock, zone, 0)
    }

    /// Return POSIX timestamp as float.
    #[method("($self, /)")]
    fn timestamp(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        if slf.zone().is_some()
            && let Some(offset) = Moment::offset(slf)?
        {
            let total = slf.microseconds() - i128::from(EPOCH) * 1_000_000 - offset.microseconds();
            return object::protocol::number::true_divide(int::from_i128(total)?.b(), int::new(1_000_000)?.b());
        }
        float::new(local_timestamp(slf)? as f64 + f64::from(slf.clock().microsecond) / 1e6)
    }

    /// tz -> convert to local time in new timezone tz
    ///
    #[method(text = None, "($self, /, tz=None)")]
    fn astimezone(slf: Borrowed<'_, Self>, tz: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let target = zone::checked(tz)?;
        let mut own = match slf.zone() {
            Some(own) => own,
            None => zone_of_naive(slf)?,
        };
        if target.as_ref().is_some_and(|target| target.is(&own)) && slf.zone().is_some() {
            return Ok(slf.object().to_ref());
        }
        let offset = match zone::utc_offset(Some(&own), slf.object())? {
            Some(offset) => offset,
            // A zone that knows no offset: the moment is naive.
            None => {
                own = zone_of_naive(slf)?;
                zone::utc_offset(Some(&own), slf.object())?.ok_or_else(wrong_class)?
            }
        };
        let shifted = Moment::shifted(slf, -offset.microseconds())?;
        let Some(in_utc) = shifted.b().downcast::<Moment>() else { return Err(wrong_class()) };
        let target = match target {
            Some(target) => target,
            None => {
                let total = in_utc.microseconds() - i128::from(EPOCH) * 1_000_000;
                let seconds = i64::try_from(total.div_euclid(1_000_000)).map_err(|_| super::date::out_of_range())?;
                local_zone(seconds)?
            }
        };
        let moment = Moment::in_class_zone(in_utc, target.clone())?;
        target.call_method(id!("fromutc"), &[moment.b()])
    }
}

impl Moment {
    /// The same parts and class in another zone.
    fn in_class_zone(slf: Borrowed<'_, Self>, zone: Ref) -> PyResult<Ref> {
        let object = slf.object();
        Moment::of_class(object.class(), slf.day(), slf.clock(), Some(zone), 0)
    }
}
