//! The algebra of sets.

use super::{FrozenSet, Set, any_set, element_hash, exact_set, make};
use crate::dict::{Dict, Position};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, core};

/// `set` for sets and their subtypes, else `frozenset`: the type of the results of operators.
fn base_type(set: &Set) -> &'static TypeObject {
    if set.object().class().is_subtype(&core::SET) { &core::SET } else { &core::FROZENSET }
}

impl Set {
    /// An empty set or frozenset like this one.
    pub(super) fn empty_like(&self) -> PyResult<Ref<Set>> {
        make(base_type(self), None)
    }

    /// A set or frozenset with the same elements.
    pub fn copy(&self) -> PyResult<Ref<Set>> {
        let copy = self.empty_like()?;
        copy.merge(self)?;
        Ok(copy)
    }

    /// Exchanges the elements of two sets.
    pub(super) fn swap(&self, other: &Set) {
        let (own_large, other_large) = (self.is_large(), other.is_large());
        self.fill.swap(&other.fill);
        self.used.swap(&other.used);
        self.mask.swap(&other.mask);
        for (own, other) in self.smalltable.iter().zip(&other.smalltable) {
            own.key.swap(&other.key);
            own.hash.swap(&other.hash);
        }
        let (own_table, other_table) = (self.table.get(), other.table.get());
        self.table.set(if other_large { other_table } else { self.small() });
        other.table.set(if own_large { own_table } else { other.small() });
        let frozen = |set: &Set| set.object().class().is_subtype(FrozenSet::type_object());
        if frozen(self) && frozen(other) {
            self.hash.swap(&other.hash);
        } else {
            self.hash.set(-1);
            other.hash.set(-1);
        }
    }

    pub(super) fn intersection(&self, other: Borrowed<'_>) -> PyResult<Ref<Set>> {
        if self.object().is(&other) {
            return self.copy();
        }
        let result = self.empty_like()?;
        if let Some(other) = any_set(other) {
            let (small, large): (&Set, &Set) = if other.len() > self.len() { (self, &other) } else { (&other, self) };
            let mut position = 0;
            while let Some((key, hash)) = small.next_entry(&mut position) {
                if large.contains_hashed(key.b(), hash)? {
                    result.add_hashed(key, hash)?;
                }
            }
            return Ok(result);
        }
        let iterator = other.iter()?;
        while let Some(key) = iterator.next()? {
            let hash = element_hash(key.b())?;
            if self.contains_hashed(key.b(), hash)? {
                result.add_hashed(key, hash)?;
                if result.len() >= self.len() {
                    break;
                }
            }
        }
        Ok(result)
    }

    pub(super) fn intersection_of(&self, others: &[Borrowed<'_>]) -> PyResult<Ref<Set>> {
        let Some((first, rest)) = others.split_first() else { return self.copy() };
        let mut result = self.intersection(*first)?;
        for other in rest {
            result = result.intersection(*other)?;
        }
        Ok(result)
    }

    /// Takes out what `other` gives.
    pub fn difference_update(&self, other: Borrowed<'_>) -> PyResult<()> {
        if self.object().is(&other) {
            self.clear();
            return Ok(());
        }
        if let Some(set) = any_set(other) {
            // Where the other is much larger, what both have is looked for first.
            let common = if set.len() >> 3 > self.len() { Some(set.intersection(self.object().borrowed())?) } else { None };
            let other = common.as_ref().map_or(set, Ref::borrow);
            let mut position = 0;
            while let Some((key, hash)) = other.next_entry(&mut position) {
                self.discard_hashed(key.b(), hash)?;
            }
        } else {
            other.for_each_item(|key| self.discard_element(key.b()))?;
        }
        // Where more than a quarter are dummies, they go.
        if (self.fill.get() - self.used.get()).max(0).cast_unsigned() <= self.mask.get() / 4 {
            return Ok(());
        }
        self.resize(self.growth())
    }

    fn discard_element(&self, key: Borrowed<'_>) -> PyResult<()> {
        let hash = element_hash(key)?;
        self.discard_hashed(key, hash).map(drop)
    }

    fn copy_and_difference(&self, other: Borrowed<'_>) -> PyResult<Ref<Set>> {
        let result = self.copy()?;
        result.difference_update(other)?;
        Ok(result)
    }

    pub(super) fn difference(&self, other: Borrowed<'_>) -> PyResult<Ref<Set>> {
        let (set, dict) = (any_set(other), other.downcast_exact::<Dict>());
        let other_len = match (&set, &dict) {
            (Some(set), _) => set.len(),
            (None, Some(dict)) => dict.len(),
            (None, None) => return self.copy_and_difference(other),
        };
        if self.len() >> 2 > other_len {
            return self.copy_and_difference(other);
        }
        let result = self.empty_like()?;
        let mut position = 0;
        while let Some((key, hash)) = self.next_entry(&mut position) {
            let shared = match (&set, &dict) {
                (Some(set), _) => set.contains_hashed(key.b(), hash)?,
                (None, Some(dict)) => dict.contains_known_hash(key.b(), hash)?,
                (None, None) => false,
            };
            if !shared {
                result.add_hashed(key, hash)?;
            }
        }
        Ok(result)
    }

    pub(super) fn difference_of(&self, others: &[Borrowed<'_>]) -> PyResult<Ref<Set>> {
        let Some((first, rest)) = others.split_first() else { return self.copy() };
        let result = self.difference(*first)?;
        for other in rest {
            result.difference_update(*other)?;
        }
        Ok(result)
    }

    /// Takes out an element that is there, or takes it in.
    fn toggle(&self, key: Ref, hash: isize) -> PyResult<()> {
        if self.discard_hashed(key.b(), hash)? { Ok(()) } else { self.add_hashed(key, hash) }
    }

    fn toggle_all(&self, other: &Set) -> PyResult<()> {
        let mut position = 0;
        while let Some((key, hash)) = other.next_entry(&mut position) {
            self.toggle(key, hash)?;
        }
        Ok(())
    }

    /// Keeps what is in one of both.
    pub fn symmetric_difference_update(&self, other: Borrowed<'_>) -> PyResult<()> {
        if self.object().is(&other) {
            self.clear();
            return Ok(());
        }
        if let Some(dict) = other.downcast_exact::<Dict>() {
            let mut position = Position::default();
            while let Some(item) = dict.next_item(&mut position) {
                self.toggle(item.key, item.hash)?;
            }
            return Ok(());
        }
        if let Some(other) = any_set(other) {
            return self.toggle_all(&other);
        }
        let other = make(base_type(self), Some(other))?;
        self.toggle_all(&other)
    }

    pub(super) fn symmetric_difference(&self, other: Borrowed<'_>) -> PyResult<Ref<Set>> {
        let result = self.empty_like()?;
        result.update(other)?;
        result.toggle_all(self)?;
        Ok(result)
    }

    pub(super) fn union_of(&self, others: &[Borrowed<'_>]) -> PyResult<Ref<Set>> {
        let result = self.copy()?;
        for other in others {
            if !self.object().is(other) {
                result.update(*other)?;
            }
        }
        Ok(result)
    }

    pub(super) fn is_disjoint(&self, other: Borrowed<'_>) -> PyResult<bool> {
        if self.object().is(&other) {
            return Ok(self.is_empty());
        }
        if let Some(other) = exact_set(other) {
            let (small, large): (&Set, &Set) = if other.len() > self.len() { (self, &other) } else { (&other, self) };
            let mut position = 0;
            while let Some((key, hash)) = small.next_raw(&mut position) {
                // SAFETY: the set owns its element until code runs.
                if unsafe { large.contains_raw(key, hash)? } {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let iterator = other.iter()?;
        while let Some(key) = iterator.next()? {
            let hash = element_hash(key.b())?;
            if self.contains_hashed(key.b(), hash)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn is_subset(&self, other: &Set) -> PyResult<bool> {
        if self.len() > other.len() {
            return Ok(false);
        }
        let mut position = 0;
        while let Some((key, hash)) = self.next_raw(&mut position) {
            // SAFETY: the set owns its element until code runs.
            if !unsafe { other.contains_raw(key, hash)? } {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn is_subset_of_any(&self, other: Borrowed<'_>) -> PyResult<bool> {
        match any_set(other) {
            Some(other) => self.is_subset(&other),
            None => Ok(self.intersection(other)?.len() == self.len()),
        }
    }

    pub(super) fn is_superset_of_any(&self, other: Borrowed<'_>) -> PyResult<bool> {
        if let Some(other) = any_set(other) {
            return other.is_subset(self);
        }
        let iterator = other.iter()?;
        while let Some(key) = iterator.next()? {
            if !self.contains(key.b())? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
