//! `datetime.datetime_CAPI`: the functions that wheels make dates with (`datetime.h`).

use super::{Date, Delta, Moment, Time, TzInfo, state};
use abi::{Cell, PyDateTime_CAPI, c_int, c_void};
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, core, id, raise};

type Class<'a> = Borrowed<'a, TypeObject>;

/// The ints as objects.
fn ints<const N: usize>(values: [c_int; N]) -> PyResult<Vec<Ref>> {
    values.into_iter().map(|value| int::new(i64::from(value))).collect()
}

/// `class(*numbers, zone, fold=fold)`.
fn make(class: Class<'_>, numbers: Vec<Ref>, zone: Option<Borrowed<'_>>, fold: c_int) -> PyResult<Ref> {
    let zone = zone.unwrap_or(core::none()).to_ref();
    let args = tuple::from_vec(numbers.into_iter().chain(std::iter::once(zone)).collect())?;
    if fold == 0 {
        return class.object().call_tuple(args.b(), None);
    }
    let keywords = builtins::type_::dicts::new()?;
    builtins::type_::dicts::set(keywords.b(), id!("fold"), int::new(i64::from(fold))?.b())?;
    class.object().call_tuple(args.b(), Some(keywords.b()))
}

extern "C-unwind" fn date_from_date(year: c_int, month: c_int, day: c_int, class: Class<'_>) -> PyResult<Ref> {
    let args = tuple::from_vec(ints([year, month, day])?)?;
    class.object().call_tuple(args.b(), None)
}

#[allow(clippy::too_many_arguments, reason = "C's signature")]
extern "C-unwind" fn moment_from_parts(
    year: c_int,
    month: c_int,
    day: c_int,
    hour: c_int,
    minute: c_int,
    second: c_int,
    microsecond: c_int,
    zone: Option<Borrowed<'_>>,
    class: Class<'_>,
) -> PyResult<Ref> {
    make(class, ints([year, month, day, hour, minute, second, microsecond])?, zone, 0)
}

#[allow(clippy::too_many_arguments, reason = "C's signature")]
extern "C-unwind" fn moment_from_parts_and_fold(
    year: c_int,
    month: c_int,
    day: c_int,
    hour: c_int,
    minute: c_int,
    second: c_int,
    microsecond: c_int,
    zone: Option<Borrowed<'_>>,
    fold: c_int,
    class: Class<'_>,
) -> PyResult<Ref> {
    make(class, ints([year, month, day, hour, minute, second, microsecond])?, zone, fold)
}

extern "C-unwind" fn time_from_parts(
    hour: c_int,
    minute: c_int,
    second: c_int,
    microsecond: c_int,
    zone: Option<Borrowed<'_>>,
    class: Class<'_>,
) -> PyResult<Ref> {
    make(class, ints([hour, minute, second, microsecond])?, zone, 0)
}

extern "C-unwind" fn time_from_parts_and_fold(
    hour: c_int,
    minute: c_int,
    second: c_int,
    microsecond: c_int,
    zone: Option<Borrowed<'_>>,
    fold: c_int,
    class: Class<'_>,
) -> PyResult<Ref> {
    make(class, ints([hour, minute, second, microsecond])?, zone, fold)
}

extern "C-unwind" fn delta_from_parts(
    days: c_int,
    seconds: c_int,
    microseconds: c_int,
    _normalize: c_int,
    class: Class<'_>,
) -> PyResult<Ref> {
    let args = tuple::from_vec(ints([days, seconds, microseconds])?)?;
    class.object().call_tuple(args.b(), None)
}

extern "C-unwind" fn zone_from_zone(offset: Option<Borrowed<'_>>, name: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let Some(offset) = offset else { return Err(object::error::bad_internal_call()) };
    if !offset.class().is_subtype(Delta::type_object()) {
        return Err(raise!(TypeError, "offset must be a timedelta"));
    }
    let class = super::Timezone::type_object().borrowed();
    match name {
        Some(name) => class.call(&[offset, name]),
        None => class.call1(offset),
    }
}

extern "C-unwind" fn moment_from_timestamp(
    class: Borrowed<'_>,
    args: Borrowed<'_>,
    kwargs: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    class.getattr(id!("fromtimestamp"))?.call_tuple(args, kwargs)
}

extern "C-unwind" fn date_from_timestamp(class: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
    class.getattr(id!("fromtimestamp"))?.call_tuple(args, None)
}

/// The table of functions, which lives to the end of the process.
fn table() -> PyResult<&'static PyDateTime_CAPI> {
    let function = |function: *const ()| Cell::new(function.cast_mut().cast::<c_void>());
    let class = |class: &'static TypeObject| Cell::new(class.as_type_ptr());
    Ok(Box::leak(Box::new(PyDateTime_CAPI {
        DateType: class(Date::type_object()),
        DateTimeType: class(Moment::type_object()),
        TimeType: class(Time::type_object()),
        DeltaType: class(Delta::type_object()),
        TZInfoType: class(TzInfo::type_object()),
        TimeZone_UTC: Cell::new(state::utc()?.upcast().into_ptr()),
        Date_FromDate: function(date_from_date as *const ()),
        DateTime_FromDateAndTime: function(moment_from_parts as *const ()),
        Time_FromTime: function(time_from_parts as *const ()),
        Delta_FromDelta: function(delta_from_parts as *const ()),
        TimeZone_FromTimeZone: function(zone_from_zone as *const ()),
        DateTime_FromTimestamp: function(moment_from_timestamp as *const ()),
        Date_FromTimestamp: function(date_from_timestamp as *const ()),
        DateTime_FromDateAndTimeAndFold: function(moment_from_parts_and_fold as *const ()),
        Time_FromTimeAndFold: function(time_from_parts_and_fold as *const ()),
    })))
}

/// The capsule `datetime.datetime_CAPI`.
pub(super) fn capsule() -> PyResult<Ref> {
    let table = std::ptr::from_ref(table()?).cast_mut().cast();
    builtins::capsule::new(table, c"datetime.datetime_CAPI".as_ptr(), None)
}
