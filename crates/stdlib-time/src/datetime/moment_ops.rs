//! Arithmetic, comparison and hash of `datetime`.

use super::delta::Delta;
use super::moment::Moment;
use macros::pymethods;
use object::{Borrowed, CompareOp, PyResult, Ref, core, hashing, raise};

fn not_implemented() -> PyResult<Ref> {
    Ok(core::not_implemented().to_ref())
}

fn micros(offset: Option<&Ref<Delta>>) -> Option<i128> {
    offset.map(|offset| offset.microseconds())
}

/// Whether the zone gives the moment another offset in the other fold: it then stands in a gap or a fold, and equals no moment of
/// another zone (PEP 495).
fn is_ambiguous(moment: Borrowed<'_, Moment>, offset: Option<i128>) -> PyResult<bool> {
    let flipped = Moment::with_fold(moment, 1 - moment.fold_value())?;
    match flipped.b().downcast::<Moment>() {
        Some(flipped) => Ok(micros(Moment::offset(flipped)?.as_ref()) != offset),
        None => Ok(false),
    }
}

fn same_zone(a: Borrowed<'_, Moment>, b: Borrowed<'_, Moment>) -> bool {
    a.head.tzinfo.get() == b.head.tzinfo.get()
}

/// `a - b` in microseconds.
fn difference(a: Borrowed<'_, Moment>, b: Borrowed<'_, Moment>) -> PyResult<i128> {
    let plain = a.microseconds() - b.microseconds();
    if same_zone(a, b) {
        return Ok(plain);
    }
    match (Moment::offset(a)?, Moment::offset(b)?) {
        (None, None) => Ok(plain),
        (Some(own), Some(other)) => Ok(plain - own.microseconds() + other.microseconds()),
        _ => Err(raise!(TypeError, "can't subtract offset-naive and offset-aware datetimes")),
    }
}

fn compare(a: Borrowed<'_, Moment>, b: Borrowed<'_, Moment>, op: CompareOp) -> PyResult<bool> {
    let plain = a.microseconds().cmp(&b.microseconds());
    if same_zone(a, b) {
        return Ok(op.holds(plain));
    }
    let (own, other) = (micros(Moment::offset(a)?.as_ref()), micros(Moment::offset(b)?.as_ref()));
    let order = match (own, other) {
        (own, other) if own == other => plain,
        (Some(own), Some(other)) => (a.microseconds() - own).cmp(&(b.microseconds() - other)),
        _ => {
            return match op {
                CompareOp::Eq => Ok(false),
                CompareOp::Ne => Ok(true),
                _ => Err(raise!(TypeError, "can't compare offset-naive and offset-aware datetimes")),
            };
        }
    };
    if order.is_eq() && matches!(op, CompareOp::Eq | CompareOp::Ne) && (is_ambiguous(a, own)? || is_ambiguous(b, other)?) {
        return Ok(matches!(op, CompareOp::Ne));
    }
    Ok(op.holds(order))
}

#[pymethods(part = OPERATORS)]
impl Moment {
    #[slot(nb_add)]
    fn add(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        let (moment, delta) = match (a.downcast::<Moment>(), b.downcast::<Moment>()) {
            (Some(moment), None) => (moment, b),
            (None, Some(moment)) => (moment, a),
            _ => return not_implemented(),
        };
        match delta.downcast::<Delta>() {
            Some(delta) => Moment::shifted(moment, delta.microseconds()),
            None => not_implemented(),
        }
    }

    #[slot(nb_subtract)]
    fn subtract(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        let Some(moment) = a.downcast::<Moment>() else { return not_implemented() };
        if let Some(other) = b.downcast::<Moment>() {
            return Delta::from_microseconds(difference(moment, other)?).map(Ref::upcast);
        }
        match b.downcast::<Delta>() {
            Some(delta) => Moment::shifted(moment, -delta.microseconds()),
            None => not_implemented(),
        }
    }

    #[slot(tp_richcompare)]
    fn richcompare(slf: Borrowed<'_, Self>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        match other.downcast::<Moment>() {
            Some(other) => Ok(core::boolean(compare(slf, other, op)?).to_ref()),
            None => not_implemented(),
        }
    }

    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_, Self>) -> PyResult<isize> {
        if slf.head.hashcode.get() != -1 {
            return Ok(slf.head.hashcode.get());
        }
        let offset = if slf.fold_value() != 0 {
            let unfolded = Moment::with_fold(slf, 0)?;
            match unfolded.b().downcast::<Moment>() {
                Some(unfolded) => Moment::offset(unfolded)?,
                None => None,
            }
        } else {
            Moment::offset(slf)?
        };
        let hash = match offset {
            None => hashing::bytes(&slf.bytes()),
            Some(offset) => Delta::from_microseconds(slf.microseconds() - offset.microseconds())?.b().hash()?,
        };
        slf.head.hashcode.set(hash);
        Ok(hash)
    }
}
