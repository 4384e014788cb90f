//! Tables of identifiers, one [`Name`] for each: those of a source, and those that the compiler itself speaks of.

use crate::text::{Name, Text, hash_name};
use std::cell::RefCell;

thread_local! {
    static KNOWN: RefCell<Names> = RefCell::default();
}

impl Name {
    /// The name that the compiler itself gives a meaning; one for the thread.
    pub fn known(text: &'static str) -> Name {
        let found = KNOWN.try_with(|names| names.try_borrow_mut().map(|mut names| names.intern(text.as_bytes())));
        match found {
            Ok(Ok(name)) => name,
            _ => Name::from(text),
        }
    }
}

/// Slots of the smallest table.
const SMALLEST: usize = 256;

/// An open table by hash, at most half full.
#[derive(Default)]
pub(crate) struct Names {
    slots: Vec<Option<Name>>,
    count: usize,
}

impl Names {
    /// The name with this text, if there is one.
    #[inline]
    pub(crate) fn get(&self, text: &[u8]) -> Option<Name> {
        let at = self.find(hash_name(text), |name| name.as_bytes() == text);
        self.slots.get(at).cloned().flatten()
    }

    /// The name with this text, which is UTF-8.
    pub(crate) fn intern(&mut self, text: &[u8]) -> Name {
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
