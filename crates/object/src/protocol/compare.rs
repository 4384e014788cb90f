//! Rich comparison and hashing.

use crate::core;
use crate::raise;
use crate::recursion;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::{CompareOp, PyResult};
use crate::value::{float, int, str as text, tuple};

impl Object {
    /// `self op other`, with reflection and the fallback to identity for `==` and `!=`.
    pub fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        recursion::check(" in comparison")?;
        let (own_class, other_class) = (self.class(), other.class());
        let mut checked_reflected = false;
        if !own_class.is_type(other_class)
            && other_class.is_subtype(own_class)
            && let Some(function) = other_class.tp_richcompare()
        {
            checked_reflected = true;
            let result = function(other, self.borrowed(), op.swapped() as i32)?;
            if !result.is(&core::not_implemented()) {
                return Ok(result);
            }
        }
        if let Some(function) = own_class.tp_richcompare() {
            let result = function(self.borrowed(), other, op as i32)?;
            if !result.is(&core::not_implemented()) {
                return Ok(result);
            }
        }
        if !checked_reflected && let Some(function) = other_class.tp_richcompare() {
            let result = function(other, self.borrowed(), op.swapped() as i32)?;
            if !result.is(&core::not_implemented()) {
                return Ok(result);
            }
        }
        match op {
            CompareOp::Eq => Ok(core::boolean(self.is(&other)).to_ref()),
            CompareOp::Ne => Ok(core::boolean(!self.is(&other)).to_ref()),
            _ => Err(raise!(
                TypeError,
                "'{}' not supported between instances of '{}' and '{}'",
                op.symbol(),
                own_class.tp_name(),
                other_class.tp_name()
            )),
        }
    }

    /// `bool(self op other)`; an object is equal to itself here.
    #[inline]
    pub fn compare_bool(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<bool> {
        if self.is(&other) {
            match op {
                CompareOp::Eq => return Ok(true),
                CompareOp::Ne => return Ok(false),
                _ => {}
            }
        }
        if let Some(answer) = self.compare_known(other, op) {
            return Ok(answer);
        }
        if matches!(op, CompareOp::Eq | CompareOp::Ne) && self.compares_as_tuple(other) {
            return self.tuples_equal(other).map(|equal| equal == (op == CompareOp::Eq));
        }
        self.richcompare(other, op)?.is_true()
    }

    /// Whether the objects are equal, where that is known without running code: the same object, exact small ints, floats, strs.
    #[inline(always)]
    pub fn equal_known(&self, other: Borrowed<'_>) -> Option<bool> {
        if self.is(&other) { Some(true) } else { self.compare_known(other, CompareOp::Eq) }
    }

    /// The comparison of two exact ints of at most two digits, or of two exact floats or strs for equality.
    #[inline]
    fn compare_known(&self, other: Borrowed<'_>, op: CompareOp) -> Option<bool> {
        let class = self.class();
        if !class.is_type(other.class()) {
            return self.compare_mixed(other, op);
        }
        if class.is_type(&core::INT) {
            // SAFETY: both are ints.
            let (a, b) = unsafe { (int::short_unchecked(self.borrowed())?, int::short_unchecked(other)?) };
            return Some(op.holds(a.cmp(&b)));
        }
        if class.is_type(&core::FLOAT) && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            // SAFETY: both are floats.
            let (a, b) = unsafe { (float::value_unchecked(self.borrowed()), float::value_unchecked(other)) };
            return Some((a == b) == (op == CompareOp::Eq));
        }
        if class.is_type(&core::STR) && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            // SAFETY: both are strs.
            let equal = unsafe { text::equal_unchecked(self.borrowed(), other) };
            return Some(equal == (op == CompareOp::Eq));
        }
        None
    }

    /// Equality of an exact float and an exact int of one digit, which a double holds exactly.
    #[inline]
    fn compare_mixed(&self, other: Borrowed<'_>, op: CompareOp) -> Option<bool> {
        let (number, whole) = if self.class().is_type(&core::FLOAT) && other.class().is_type(&core::INT) {
            (self.borrowed(), other)
        } else if self.class().is_type(&core::INT) && other.class().is_type(&core::FLOAT) {
            (other, self.borrowed())
        } else {
            return None;
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return None;
        }
        // SAFETY: the types were checked.
        let (number, whole) = unsafe { (float::value_unchecked(number), int::compact_unchecked(whole)?) };
        Some((number == whole as f64) == (op == CompareOp::Eq))
    }

    /// Whether both are exact tuples, or of one subtype of `tuple` that compares as it does (a named tuple).
    #[inline]
    pub fn compares_as_tuple(&self, other: Borrowed<'_>) -> bool {
        let class = self.class();
        class.is_type(other.class())
            && class.has(abi::tpflags::TUPLE_SUBCLASS)
            && (class.is_type(&core::TUPLE)
                || class.slot_ptr(abi::typeslot::tp_richcompare) == core::TUPLE.slot_ptr(abi::typeslot::tp_richcompare))
    }

    /// Whether two tuples are equal, item by item.
    fn tuples_equal(&self, other: Borrowed<'_>) -> PyResult<bool> {
        // SAFETY: both are tuples, complete and alive during the comparison; their items never change.
        let (own, other) = unsafe { (tuple::items_of(self.as_ptr()), tuple::items_of(other.ptr())) };
        if own.len() != other.len() {
            return Ok(false);
        }
        recursion::check(" in comparison")?;
        for (a, b) in own.iter().zip(other) {
            if !a.eq(*b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `self is other or self == other`.
    #[inline]
    pub fn eq(&self, other: Borrowed<'_>) -> PyResult<bool> {
        self.compare_bool(other, CompareOp::Eq)
    }

    /// `hash(self)`.
    #[inline]
    pub fn hash(&self) -> PyResult<isize> {
        match self.class().tp_hash() {
            Some(function) => function(self.borrowed()).into(),
            None => self.hash_slow(),
        }
    }

    #[cold]
    fn hash_slow(&self) -> PyResult<isize> {
        let class = self.class();
        // A static type that nobody asked anything of may not be complete yet.
        if !class.has(abi::tpflags::READY) {
            (crate::hooks::get().type_ready)(class)?;
            if let Some(function) = class.tp_hash() {
                return function(self.borrowed()).into();
            }
        }
        Err(raise!(TypeError, "unhashable type: '{}'", class.tp_name()))
    }
}
