//! A map that remembers the order of insertion, as Python's dictionaries do.

use crate::hash::HashMap;
use std::hash::Hash;

/// Keys in order of insertion, each with its index and a value.
#[derive(Clone, Debug)]
pub struct OrderedMap<K, V> {
    index: HashMap<K, usize>,
    items: Vec<(K, V)>,
}

impl<K, V> Default for OrderedMap<K, V> {
    fn default() -> Self {
        OrderedMap { index: HashMap::default(), items: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash, V> OrderedMap<K, V> {
    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.items.get(*self.index.get(key)?).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.items.get_mut(*self.index.get(key)?).map(|(_, value)| value)
    }

    pub fn contains(&self, key: &K) -> bool {
        self.index.contains_key(key)
    }

    /// The position of a key.
    pub fn position(&self, key: &K) -> Option<usize> {
        self.index.get(key).copied()
    }

    /// Sets a value; a new key goes to the end.
    pub fn insert(&mut self, key: K, value: V) {
        if let Some(at) = self.index.get(&key) {
            if let Some(item) = self.items.get_mut(*at) {
                item.1 = value;
            }
            return;
        }
        self.index.insert(key.clone(), self.items.len());
        self.items.push((key, value));
    }

    /// Removes a key; later keys move up.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.index.remove(key)?;
        let (_, value) = self.items.remove(at);
        for (key, _) in self.items.iter().skip(at) {
            if let Some(position) = self.index.get_mut(key) {
                *position -= 1;
            }
        }
        Some(value)
    }

    /// The values in order.
    pub fn into_values(self) -> Vec<V> {
        self.items.into_iter().map(|(_, value)| value).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.items.iter().map(|(key, value)| (key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.items.iter().map(|(key, _)| key)
    }
}

/// Keys numbered in order of first use.
impl<K: Clone + Eq + Hash> OrderedMap<K, ()> {
    /// The number of `key`, which is added if it is new.
    pub fn intern(&mut self, key: &K) -> usize {
        match self.position(key) {
            Some(at) => at,
            None => {
                self.insert(key.clone(), ());
                self.len() - 1
            }
        }
    }
}
