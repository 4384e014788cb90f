//! `tzinfo` and `timezone`, and how the others ask a zone.

use super::args::Plan;
use super::delta::Delta;
use super::moment::Moment;
use super::state::utc;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, CompareOp, OptRef, PyResult, Raised, Ref, StaticType, TypeObject, core, id, memory, raise};

const DAY: i128 = 86_400_000_000;

/// Abstract base class for time zone info objects.
#[pyclass(name = "tzinfo", module = "datetime", flags(BASETYPE))]
pub struct TzInfo {
    head: abi::PyDateTime_TZInfo,
}

/// Fixed offset from UTC implementation of tzinfo.
#[pyclass(name = "timezone", module = "datetime", base = TzInfo)]
pub struct Timezone {
    zone: TzInfo,
    offset: OptRef<Delta>,
    name: OptRef,
}

#[cold]
fn out_of_range(offset: Borrowed<'_>) -> Raised {
    match offset.repr_text() {
        Ok(shown) => raise!(
            ValueError,
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {shown}"
        ),
        Err(raised) => raised,
    }
}

/// A `tzinfo` argument: none for None.
pub fn checked(value: Option<Borrowed<'_>>) -> PyResult<Option<Ref>> {
    match super::args::given(value) {
        None => Ok(None),
        Some(value) if value.downcast::<TzInfo>().is_some() => Ok(Some(value.to_ref())),
        Some(value) => {
            let found = value.class().tp_name();
            Err(raise!(TypeError, "tzinfo argument must be None or of a tzinfo subclass, not type '{found}'"))
        }
    }
}

/// `zone.name(argument)`, a delta shorter than a day or none.
fn ask(zone: Borrowed<'_>, name: &str, argument: Borrowed<'_>) -> PyResult<Option<Ref<Delta>>> {
    let answer = zone.call_method(text::new(name)?.b(), &[argument])?;
    if answer.is(&core::none()) {
        return Ok(None);
    }
    match answer.downcast::<Delta>() {
        Ok(delta) if delta.microseconds().abs() >= DAY => Err(out_of_range(delta.b())),
        Ok(delta) => Ok(Some(delta)),
        Err(answer) => {
            let found = answer.class().tp_name();
            Err(raise!(TypeError, "tzinfo.{name}() must return None or timedelta, not '{found}'"))
        }
    }
}

/// The offset that a zone, if there is one, gives for `argument`.
pub fn utc_offset(zone: Option<&Ref>, argument: Borrowed<'_>) -> PyResult<Option<Ref<Delta>>> {
    match zone {
        None => Ok(None),
        Some(zone) => match zone.b().downcast_exact::<Timezone>() {
            Some(fixed) => Ok(fixed.offset.get()),
            None => ask(zone.b(), "utcoffset", argument),
        },
    }
}

/// The daylight saving of a zone.
pub fn dst(zone: Option<&Ref>, argument: Borrowed<'_>) -> PyResult<Option<Ref<Delta>>> {
    zone.map_or(Ok(None), |zone| ask(zone.b(), "dst", argument))
}

/// The name of a zone.
pub fn zone_name(zone: Option<&Ref>, argument: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let Some(zone) = zone else { return Ok(None) };
    let answer = zone.call_method(id!("tzname"), &[argument])?;
    if answer.is(&core::none()) {
        return Ok(None);
    }
    if text::check(answer.b()) {
        return Ok(Some(answer));
    }
    let found = answer.class().tp_name();
    Err(raise!(TypeError, "tzinfo.tzname() must return None or a string, not '{found}'"))
}

#[cold]
fn must_implement(name: &str) -> PyResult<Ref> {
    Err(raise!(NotImplementedError, "a tzinfo subclass must implement {name}()"))
}

/// The argument of `fromutc`, which must be a datetime in this zone.
fn own_moment<'a>(zone: Borrowed<'_>, object: Borrowed<'a>) -> PyResult<Borrowed<'a, Moment>> {
    let Some(moment) = object.downcast::<Moment>() else {
        return Err(raise!(TypeError, "fromutc: argument must be a datetime"));
    };
    if !moment.zone().is_some_and(|own| own.is(&zone)) {
        return Err(raise!(ValueError, "fromutc: dt.tzinfo is not self"));
    }
    Ok(moment)
}

#[pymethods]
impl TzInfo {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let value = TzInfo { head: <abi::PyDateTime_TZInfo as abi::CStruct>::ZERO };
        memory::new_instance(&class, value).map(Ref::upcast)
    }

    /// datetime -> string name of time zone.
    #[method("($self, object, /)")]
    fn tzname(&self, _object: Borrowed<'_>) -> PyResult<Ref> {
        must_implement("tzname")
    }

    /// datetime -> timedelta showing offset from UTC, negative values indicating West of UTC
    #[method("($self, object, /)")]
    fn utcoffset(&self, _object: Borrowed<'_>) -> PyResult<Ref> {
        must_implement("utcoffset")
    }

    /// datetime -> DST offset as timedelta positive east of UTC.
    #[method("($self, object, /)")]
    fn dst(&self, _object: Borrowed<'_>) -> PyResult<Ref> {
        must_implement("dst")
    }

    /// datetime in UTC -> datetime in local time.
    #[method("($self, object, /)")]
    fn fromutc(slf: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<Ref> {
        let moment = own_moment(slf, object)?;
        let Some(offset) = utc_offset(moment.zone().as_ref(), object)? else {
            return Err(raise!(ValueError, "fromutc: non-None utcoffset() result required"));
        };
        let Some(saving) = dst(moment.zone().as_ref(), object)? else {
            return Err(raise!(ValueError, "fromutc: non-None dst() result required"));
        };
        let standard = offset.microseconds() - saving.microseconds();
        let result = Moment::shifted(moment, standard)?;
        let Some(local) = result.b().downcast::<Moment>() else { return Err(super::state::wrong_class()) };
        // The saving may begin or end between UTC and the zone's standard time.
        match dst(local.zone().as_ref(), result.b())? {
            Some(saving) if saving.microseconds() == 0 => Ok(result),
            Some(saving) => Moment::shifted(local, saving.microseconds()),
            None => Err(raise!(ValueError, "fromutc: tz.dst() gave inconsistent results; cannot convert")),
        }
    }

    /// -> (cls, state)
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_>) -> PyResult<Ref> {
        let args = match slf.getattr_opt(id!("__getinitargs__"))? {
            Some(method) => method.call0()?,
            None => tuple::empty(),
        };
        let state = slf.call_method(id!("__getstate__"), &[])?;
        tuple::from_array([slf.class().to_ref(), args, state])
    }
}

static PLAN: Plan<2> = Plan { function: "timezone()", names: ["offset", "name"], required: 1, positional: 2, ints: 0 };

impl Timezone {
    /// A zone; nothing is checked.
    pub fn create(offset: Ref<Delta>, name: Option<Ref>) -> PyResult<Ref<Timezone>> {
        let value = Timezone {
            zone: TzInfo { head: <abi::PyDateTime_TZInfo as abi::CStruct>::ZERO },
            offset: OptRef::new(Some(offset)),
            name: OptRef::new(name),
        };
        memory::new_instance(Self::type_object(), value)
    }

    /// A zone of an offset shorter than a day; UTC itself for none without a name.
    pub fn of(offset: Ref<Delta>, name: Option<Ref>) -> PyResult<Ref> {
        if name.is_none() && offset.microseconds() == 0 {
            return utc().map(Ref::upcast);
        }
        if offset.microseconds().abs() >= DAY {
            return Err(out_of_range(offset.b()));
        }
        Self::create(offset, name).map(Ref::upcast)
    }

    fn delta(&self) -> PyResult<Ref<Delta>> {
        self.offset.get().ok_or_else(object::error::bad_internal_call)
    }

    fn check_argument(argument: Borrowed<'_>, function: &str) -> PyResult<()> {
        if argument.is(&core::none()) || argument.downcast::<Moment>().is_some() {
            return Ok(());
        }
        let found = argument.class().tp_name();
        Err(raise!(TypeError, "{function}(dt) argument must be a datetime instance or None, not {found}"))
    }

    fn is_utc(slf: Borrowed<'_, Self>) -> PyResult<bool> {
        Ok(std::ptr::eq(utc()?.ptr(), slf.object().ptr()))
    }
}

#[pymethods]
impl Timezone {
    #[slot(tp_new)]
    fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let [offset, name] = PLAN.bind(args, kwargs)?.values;
        let Some(offset) = offset else { return Err(object::error::bad_internal_call()) };
        let offset = match offset.downcast::<Delta>() {
            Ok(offset) => offset,
            Err(other) => {
                let found = other.class().tp_name();
                return Err(raise!(TypeError, "timezone() argument 1 must be datetime.timedelta, not {found}"));
            }
        };
        if let Some(name) = &name
            && !text::check(name.b())
        {
            let found = name.class().tp_name();
            return Err(raise!(TypeError, "timezone() argument 2 must be str, not {found}"));
        }
        Self::of(offset, name)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        if Self::is_utc(slf)? {
            return text::new("datetime.timezone.utc");
        }
        let object = slf.object();
        let mut shown = text::Builder::new();
        shown.push_str(&format!("{}(", object.class().tp_name()))?;
        shown.push_object(slf.delta()?.b().repr()?.b())?;
        if let Some(name) = slf.name.get() {
            shown.push_str(", ")?;
            shown.push_object(name.repr()?.b())?;
        }
        shown.push_str(")")?;
        shown.finish()
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        if let Some(name) = slf.name.get() {
            return Ok(name);
        }
        let delta = slf.delta()?;
        if Self::is_utc(slf)? || delta.microseconds() == 0 {
            return text::new("UTC");
        }
        let (sign, hours, minutes, seconds, micros) = delta.offset_parts();
        let mut shown = format!("UTC{sign}{hours:02}:{minutes:02}");
        if seconds != 0 || micros != 0 {
            shown.push_str(&format!(":{seconds:02}"));
        }
        if micros != 0 {
            shown.push_str(&format!(".{micros:06}"));
        }
        text::new(&shown)
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        self.delta()?.b().hash()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let not = matches!(op, CompareOp::Ne);
        match other.downcast::<Timezone>() {
            Some(other) if matches!(op, CompareOp::Eq | CompareOp::Ne) => {
                let equal = self.delta()?.microseconds() == other.delta()?.microseconds();
                Ok(core::boolean(equal != not).to_ref())
            }
            _ => Ok(core::not_implemented().to_ref()),
        }
    }

    /// If name is specified when timezone is created, returns the name.  Otherwise returns offset as 'UTC(+|-)HH:MM'.
    #[method("($self, object, /)")]
    fn tzname(slf: Borrowed<'_, Self>, object: Borrowed<'_>) -> PyResult<Ref> {
        Self::check_argument(object, "tzname")?;
        Self::str(slf)
    }

    /// Return fixed offset.
    #[method("($self, object, /)")]
    fn utcoffset(&self, object: Borrowed<'_>) -> PyResult<Ref<Delta>> {
        Self::check_argument(object, "utcoffset")?;
        self.delta()
    }

    /// Return None.
    #[method("($self, object, /)")]
    fn dst(&self, object: Borrowed<'_>) -> PyResult<()> {
        Self::check_argument(object, "dst")
    }

    /// datetime in UTC -> datetime in local time.
    #[method("($self, object, /)")]
    fn fromutc(slf: Borrowed<'_, Self>, object: Borrowed<'_>) -> PyResult<Ref> {
        let moment = own_moment(slf.object(), object)?;
        Moment::shifted(moment, slf.delta()?.microseconds())
    }

    /// pickle support
    #[method("($self, /)")]
    fn __getinitargs__(&self) -> PyResult<Ref> {
        let delta = self.delta()?.upcast();
        match self.name.get() {
            Some(name) => tuple::from_array([delta, name]),
            None => tuple::from_array([delta]),
        }
    }
}
