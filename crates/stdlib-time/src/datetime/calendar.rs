//! The proleptic Gregorian calendar in numbers: days, ordinals (1 January of year 1 is day 1) and ISO 8601 weeks.

use object::{PyResult, raise};

pub const MIN_YEAR: i32 = 1;
pub const MAX_YEAR: i32 = 9999;
/// The ordinal of 31 December 9999.
pub const MAX_ORDINAL: i32 = 3_652_059;

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ymd {
    pub year: i32,
    pub month: i32,
    pub day: i32,
}

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Clock {
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    pub microsecond: i32,
}

pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + i32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the year before the first of `month`.
pub fn days_before_month(year: i32, month: i32) -> i32 {
    (1..month).map(|month| days_in_month(year, month)).sum()
}

/// Days before 1 January of `year`.
pub fn days_before_year(year: i32) -> i32 {
    let past = year - 1;
    past * 365 + past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400)
}

impl Ymd {
    pub fn new(year: i32, month: i32, day: i32) -> Ymd {
        Ymd { year, month, day }
    }

    pub fn ordinal(self) -> i32 {
        days_before_year(self.year) + days_before_month(self.year, self.month) + self.day
    }

    /// The day with this ordinal, which is from 1 to somewhat beyond [`MAX_ORDINAL`].
    pub fn from_ordinal(ordinal: i32) -> Ymd {
        let days = ordinal - 1;
        // The year is between days / 366 and days / 365.
        let mut year = days / 366 + 1;
        while days_before_year(year + 1) <= days {
            year += 1 + (days - days_before_year(year + 1)) / 366;
        }
        let mut rest = days - days_before_year(year);
        let mut month = 1;
        while rest >= days_in_month(year, month) {
            rest -= days_in_month(year, month);
            month += 1;
        }
        Ymd { year, month, day: rest + 1 }
    }

    /// 0 is Monday.
    pub fn weekday(self) -> i32 {
        (self.ordinal() + 6).rem_euclid(7)
    }

    pub fn day_of_year(self) -> i32 {
        days_before_month(self.year, self.month) + self.day
    }

    /// ISO year, week and day of the week (1 is Monday).
    pub fn iso(self) -> (i32, i32, i32) {
        let today = self.ordinal();
        let mut year = self.year;
        if today < first_iso_monday(year) {
            year -= 1;
        } else if today >= first_iso_monday(year + 1) {
            year += 1;
        }
        let days = today - first_iso_monday(year);
        (year, days / 7 + 1, days % 7 + 1)
    }

    /// ValueError for what is no day of the years 1 to 9999.
    pub fn check(self) -> PyResult<()> {
        let Ymd { year, month, day } = self;
        if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
            return Err(raise!(ValueError, "year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}"));
        }
        if !(1..=12).contains(&month) {
            return Err(raise!(ValueError, "month must be in 1..12, not {month}"));
        }
        let last = days_in_month(year, month);
        if !(1..=last).contains(&day) {
            return Err(raise!(ValueError, "day {day} must be in range 1..{last} for month {month} in year {year}"));
        }
        Ok(())
    }
}

/// The ordinal of the Monday with which ISO year `year` begins: the week of 4 January.
pub fn first_iso_monday(year: i32) -> i32 {
    let fourth = days_before_year(year) + 4;
    fourth - (fourth + 6).rem_euclid(7)
}

/// What is wrong with an ISO day.
pub enum IsoError {
    Year,
    Week,
    Weekday,
}

/// The day of an ISO year, week and day of the week.
pub fn from_iso(year: i32, week: i32, weekday: i32) -> Result<Ymd, IsoError> {
    if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
        return Err(IsoError::Year);
    }
    let weeks = (first_iso_monday(year + 1) - first_iso_monday(year)) / 7;
    if !(1..=weeks).contains(&week) {
        return Err(IsoError::Week);
    }
    if !(1..=7).contains(&weekday) {
        return Err(IsoError::Weekday);
    }
    let ordinal = first_iso_monday(year) + (week - 1) * 7 + weekday - 1;
    // The first days of ISO year 1 are in year 1 too; the last of 9999 may be in 10000.
    if ordinal < 1 {
        return Err(IsoError::Year);
    }
    Ok(Ymd::from_ordinal(ordinal))
}

impl Clock {
    /// ValueError for what is no time of day.
    pub fn check(self) -> PyResult<()> {
        let limits = [
            ("hour", self.hour, 23),
            ("minute", self.minute, 59),
            ("second", self.second, 59),
            ("microsecond", self.microsecond, 999_999),
        ];
        for (name, value, last) in limits {
            if !(0..=last).contains(&value) {
                return Err(raise!(ValueError, "{name} must be in 0..{last}, not {value}"));
            }
        }
        Ok(())
    }

    pub fn seconds(self) -> i32 {
        (self.hour * 60 + self.minute) * 60 + self.second
    }

    /// Microseconds since midnight.
    pub fn microseconds(self) -> i64 {
        i64::from(self.seconds()) * 1_000_000 + i64::from(self.microsecond)
    }

    /// The time so many microseconds (less than a day) after midnight.
    pub fn from_microseconds(total: i64) -> Clock {
        let seconds = i32::try_from(total / 1_000_000).unwrap_or(0);
        let microsecond = i32::try_from(total % 1_000_000).unwrap_or(0);
        Clock { hour: seconds / 3600, minute: seconds / 60 % 60, second: seconds % 60, microsecond }
    }
}

/// ValueError for a fold that is neither 0 nor 1.
pub fn check_fold(fold: i32) -> PyResult<()> {
    if fold == 0 || fold == 1 { Ok(()) } else { Err(raise!(ValueError, "fold must be either 0 or 1, not {fold}")) }
}
