//! A map that remembers the order of insertion, as Python's dictionaries do.

use crate::hash::State;
use bytecode::Unique;
use std::hash::BuildHasher;
use syntax::text::Name;

/// A key that gives its hash, which is good in its upper bits too.
pub trait Key: Eq {
    fn hash_key(&self) -> u64;

    /// Whether the key is at its guessed place, of this `kind` of map: `at` gives the key at a place.
    #[inline]
    fn guess<'k>(&'k self, _kind: usize, _at: impl FnOnce(usize) -> Option<&'k Self>) -> Option<usize> {
        None
    }

    /// Remembers its place for the next guess.
    #[inline]
    fn remember(&self, _kind: usize, _place: usize) {}
}

impl Key for Name {
    #[inline]
    fn hash_key(&self) -> u64 {
        self.hash_value()
    }

    #[inline]
    fn guess<'k>(&'k self, kind: usize, at: impl FnOnce(usize) -> Option<&'k Name>) -> Option<usize> {
        let place = self.place(kind);
        at(place).filter(|found| found.ptr_eq(self)).map(|_| place)
    }

    #[inline]
    fn remember(&self, kind: usize, place: usize) {
        self.set_place(kind, place);
    }
}

impl Key for Unique {
    fn hash_key(&self) -> u64 {
        State::default().hash_one(self)
    }
}

/// Up to so many keys are searched in a row.
const SHORT: usize = 8;
const EMPTY: u32 = u32::MAX;

/// Keys in order of insertion, each with its index and a value.
#[derive(Clone, Debug)]
pub struct OrderedMap<K, V> {
    items: Vec<Item<K, V>>,
    /// Indices of the items, in open addressing by hash; nothing for a short map.
    table: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Item<K, V> {
    hash: u64,
    key: K,
    value: V,
}

impl<K, V> Default for OrderedMap<K, V> {
    fn default() -> Self {
        OrderedMap { items: Vec::new(), table: Vec::new() }
    }
}

/// Where the search for a hash begins.
fn first_slot(hash: u64, size: usize) -> usize {
    usize::try_from(hash >> 32).unwrap_or(0) & size.wrapping_sub(1)
}

impl<K: Key, V> OrderedMap<K, V> {
    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.items.get(self.position(key)?).map(|item| &item.value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.position(key)?;
        self.items.get_mut(at).map(|item| &mut item.value)
    }

    pub fn contains(&self, key: &K) -> bool {
        self.position(key).is_some()
    }

    /// The position of a key.
    pub fn position(&self, key: &K) -> Option<usize> {
        if self.items.is_empty() { None } else { self.find(key.hash_key(), key) }
    }

    /// A name has one guess for maps with values (symbols) and one for those without (names, locals).
    const KIND: usize = if size_of::<V>() == 0 { 1 } else { 0 };

    #[inline]
    fn find(&self, hash: u64, key: &K) -> Option<usize> {
        key.guess(Self::KIND, |place| self.items.get(place).map(|item| &item.key)).or_else(|| self.search(hash, key))
    }

    fn search(&self, hash: u64, key: &K) -> Option<usize> {
        let found = self.look_through(hash, key);
        if let Some(place) = found {
            key.remember(Self::KIND, place);
        }
        found
    }

    #[inline]
    fn look_through(&self, hash: u64, key: &K) -> Option<usize> {
        if self.table.is_empty() {
            return self.items.iter().position(|item| item.hash == hash && item.key == *key);
        }
        let mut at = first_slot(hash, self.table.len());
        loop {
            let index = *self.table.get(at)? as usize;
            let item = self.items.get(index)?;
            if item.hash == hash && item.key == *key {
                return Some(index);
            }
            at = (at + 1) & (self.table.len() - 1);
        }
    }

    /// Adds a key that is not there; returns its position.
    fn append(&mut self, hash: u64, key: K, value: V) -> usize {
        let index = self.items.len();
        key.remember(Self::KIND, index);
        if index == 0 {
            self.items.reserve(SHORT);
        }
        self.items.push(Item { hash, key, value });
        if self.items.len() > SHORT {
            if self.items.len() * 2 > self.table.len() {
                self.rebuild();
            } else {
                enter(&mut self.table, hash, index);
            }
        }
        index
    }

    fn rebuild(&mut self) {
        self.table.clear();
        if self.items.len() > SHORT {
            self.table.resize((self.items.len() * 4).next_power_of_two(), EMPTY);
            for (index, item) in self.items.iter().enumerate() {
                enter(&mut self.table, item.hash, index);
            }
        }
    }

    /// The position of a key, which goes to the end with a value if it is new.
    fn position_or_append(&mut self, key: &K, value: impl FnOnce() -> V) -> usize
    where
        K: Clone,
    {
        let hash = key.hash_key();
        match self.find(hash, key) {
            Some(at) => at,
            None => self.append(hash, key.clone(), value()),
        }
    }

    /// Sets a value; a new key goes to the end.
    pub fn insert(&mut self, key: K, value: V) {
        let hash = key.hash_key();
        match self.find(hash, &key).and_then(|at| self.items.get_mut(at)) {
            Some(item) => item.value = value,
            None => {
                self.append(hash, key, value);
            }
        }
    }

    /// The value of a key; that of a new one is set by `change` too, from its default.
    pub fn update<R>(&mut self, key: &K, change: impl FnOnce(&mut V) -> R) -> Option<R>
    where
        K: Clone,
        V: Default,
    {
        let at = self.position_or_append(key, V::default);
        self.items.get_mut(at).map(|item| change(&mut item.value))
    }

    /// Removes a key; later keys move up.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.position(key)?;
        let item = self.items.remove(at);
        self.rebuild();
        Some(item.value)
    }

    /// The keys in order.
    pub fn into_keys(self) -> impl Iterator<Item = K> {
        self.items.into_iter().map(|item| item.key)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.items.iter().map(|item| (&item.key, &item.value))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.items.iter_mut().map(|item| (&item.key, &mut item.value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.items.iter().map(|item| &item.key)
    }
}

/// Puts an item into the first free slot for its hash.
fn enter(table: &mut [u32], hash: u64, index: usize) {
    let mut at = first_slot(hash, table.len());
    while table.get(at).is_some_and(|slot| *slot != EMPTY) {
        at = (at + 1) & (table.len() - 1);
    }
    if let Some(slot) = table.get_mut(at) {
        *slot = u32::try_from(index).unwrap_or(EMPTY);
    }
}

/// Keys numbered in order of first use.
impl<K: Key> OrderedMap<K, ()> {
    /// The number of `key`, which is added if it is new.
    pub fn intern(&mut self, key: &K) -> usize
    where
        K: Clone,
    {
        self.position_or_append(key, || ())
    }

    /// The number of `key`, which is added if it is new.
    pub fn intern_owned(&mut self, key: K) -> usize {
        let hash = key.hash_key();
        match self.find(hash, &key) {
            Some(at) => at,
            None => self.append(hash, key, ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Key for u32 {
        fn hash_key(&self) -> u64 {
            State::default().hash_one(self)
        }
    }

    #[test]
    fn order_stays_and_keys_are_found_in_short_and_long_maps() {
        let mut map = OrderedMap::default();
        for key in 0..100u32 {
            map.insert(key, key * 2);
            assert_eq!(map.position(&key), Some(key as usize));
            assert_eq!(map.get(&(key + 1)), None);
        }
        map.insert(7, 0);
        assert_eq!(map.remove(&3), Some(6));
        assert_eq!(map.remove(&3), None);
        assert_eq!((map.position(&7), map.get(&7), map.position(&99)), (Some(6), Some(&0), Some(98)));
        map.update(&1000, |value| *value += 1);
        assert_eq!(map.keys().copied().last(), Some(1000));
        (0..95).for_each(|key| drop(map.remove(&key)));
        assert_eq!(
            map.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>(),
            [(95, 190), (96, 192), (97, 194), (98, 196), (99, 198), (1000, 1)]
        );
    }
}
