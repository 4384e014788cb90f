//! The identifiers of a source, one [`Name`] for each.

use crate::text::{Name, Text, hash_name};

/// Slots of the smallest table.
const SMALLEST: usize = 256;

/// An open table by hash, at most half full.
#[derive(Default)]
pub(super) struct Names {
    slots: Vec<Option<Name>>,
    count: usize,
}

impl Names {
    /// The name with this text, if there is one.
    #[inline]
    pub(super) fn get(&self, text: &[u8]) -> Option<Name> {
        let at = self.find(hash_name(text), |name| name.as_bytes() == text);
        self.slots.get(at).cloned().flatten()
    }

    /// The name with this text, which is UTF-8.
    pub(super) fn intern(&mut self, text: &[u8]) -> Name {
        if self.slots.len() <= self.count * 2 {
            self.grow();
        }
        let hash = hash_name(text);
        let at = self.find(hash, |name| name.as_bytes() == text);
        match self.slots.get_mut(at) {
            Some(Some(name)) => name.clone(),
            slot => {
                let name = Name::new(Text::from(String::from_utf8_lossy(text).as_ref()));
                if let Some(slot) = slot {
                    *slot = Some(name.clone());
                    self.count += 1;
                }
                name
            }
        }
    }

    /// The slot of the name that is meant, or of none.
    #[inline]
    fn find(&self, hash: u64, is_meant: impl Fn(&Name) -> bool) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        // The upper bits are the better ones.
        let mut at = usize::try_from(hash >> 32).unwrap_or(0) & mask;
        while let Some(Some(name)) = self.slots.get(at)
            && !(name.hash_value() == hash && is_meant(name))
        {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(SMALLEST);
        let old = std::mem::replace(&mut self.slots, vec![None; size]);
        for name in old.into_iter().flatten() {
            let at = self.find(name.hash_value(), |_| false);
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = Some(name);
            }
        }
    }
}
