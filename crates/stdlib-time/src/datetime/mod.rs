//! `_datetime`: dates, times, their differences and zones.
//!
//! The objects are laid out as `datetime.h` says, so that wheels can read their fields. A day is calendar arithmetic
//! ([`calendar`]), a moment is microseconds; what depends on the system's zone asks the C library.

mod args;
mod calendar;
mod capi;
mod date;
mod delta;
mod delta_ops;
mod iso;
mod isocalendar;
mod moment;
mod moment_make;
mod moment_ops;
mod state;
mod strftime;
mod time;
mod zone;

pub use date::Date;
pub use delta::Delta;
pub use moment::Moment;
pub use time::Time;
pub use zone::{Timezone, TzInfo};

use builtins::type_::ready::set_in_dict;
use calendar::{Clock, Ymd};
use object::value::str as text;
use object::{PyResult, Ref, StaticType, TypeObject};

const LAST_CLOCK: Clock = Clock { hour: 23, minute: 59, second: 59, microsecond: 999_999 };

fn limits(class: &TypeObject, values: [(&str, Ref); 3]) -> PyResult<()> {
    values.into_iter().try_for_each(|(name, value)| set_in_dict(class, text::new(name)?.b(), value.b()))
}

/// The class attributes `min`, `max`, `resolution`, `utc`.
fn set_limits() -> PyResult<()> {
    let micro = || Delta::create(0, 0, 1).map(Ref::upcast);
    let (first, last) = (Ymd::new(1, 1, 1), Ymd::new(9999, 12, 31));
    limits(
        Delta::type_object(),
        [
            ("min", Delta::create(-999_999_999, 0, 0)?.upcast()),
            ("max", Delta::create(999_999_999, 86_399, 999_999)?.upcast()),
            ("resolution", micro()?),
        ],
    )?;
    limits(
        Date::type_object(),
        [("min", Date::plain(first)?), ("max", Date::plain(last)?), ("resolution", Delta::create(1, 0, 0)?.upcast())],
    )?;
    limits(
        Time::type_object(),
        [("min", Time::plain(Clock::default(), None, 0)?), ("max", Time::plain(LAST_CLOCK, None, 0)?), ("resolution", micro()?)],
    )?;
    limits(
        Moment::type_object(),
        [
            ("min", Moment::plain(first, Clock::default(), None, 0)?),
            ("max", Moment::plain(last, LAST_CLOCK, None, 0)?),
            ("resolution", micro()?),
        ],
    )?;
    limits(
        Timezone::type_object(),
        [
            ("utc", state::utc()?.upcast()),
            ("min", Timezone::create(Delta::create(-1, 60, 0)?, None)?.upcast()),
            ("max", Timezone::create(Delta::create(0, 86_340, 0)?, None)?.upcast()),
        ],
    )
}

/// Fast implementation of the datetime module.
#[macros::pymodule(name = "_datetime")]
pub mod module {
    use super::isocalendar::IsoCalendarDate;
    use super::{Date, Delta, Moment, Time, Timezone, TzInfo, set_limits, state};
    use object::spec::TypeEntry;
    use object::{Borrowed, PyResult, Ref};

    #[pytype]
    type ExposedDate = Date;
    #[pytype]
    type ExposedMoment = Moment;
    #[pytype]
    type ExposedTime = Time;
    #[pytype]
    type ExposedDelta = Delta;
    #[pytype]
    type ExposedZone = TzInfo;
    #[pytype]
    type ExposedTimezone = Timezone;

    #[pyattr]
    const MINYEAR: i32 = super::calendar::MIN_YEAR;
    #[pyattr]
    const MAXYEAR: i32 = super::calendar::MAX_YEAR;

    #[pyattr(name = "UTC")]
    fn utc() -> PyResult<Ref> {
        state::utc().map(Ref::upcast)
    }

    #[pyattr(name = "datetime_CAPI")]
    fn c_api() -> PyResult<Ref> {
        super::capi::capsule()
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        builtins::type_::ready::ready_static(&TypeEntry::of::<IsoCalendarDate>())?;
        set_limits()
    }
}
