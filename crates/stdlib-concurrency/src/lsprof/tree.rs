//! What a profiler has measured: an entry for each function, in it one for each function that it called, and the calls that are under way.

use object::{Ref, Visit};
use std::collections::HashMap;

/// What tells functions apart: the address of a code object, or of a native function's table entry.
pub type Key = usize;

/// Times and counts.
#[derive(Clone, Default)]
pub struct Figures {
    /// Time in the function and in what it called.
    pub total: i64,
    /// Time in the function alone.
    pub inline: i64,
    pub calls: i64,
    pub recursive_calls: i64,
    /// Calls under way.
    depth: i64,
}

impl Figures {
    fn stop(&mut self, total: i64, inline: i64) {
        self.depth -= 1;
        if self.depth == 0 {
            self.total = self.total.wrapping_add(total);
        } else {
            self.recursive_calls += 1;
        }
        self.inline = self.inline.wrapping_add(inline);
        self.calls += 1;
    }
}

/// One function.
pub struct Entry {
    /// The code object, or the text that stands for a native function.
    pub shown: Ref,
    /// What keeps the key's address from being used again.
    pub keeper: Ref,
    pub figures: Figures,
    /// What it called, in the order of the first calls.
    pub callees: Vec<(Key, Figures)>,
}

struct Context {
    key: Key,
    start: i64,
    /// Time in what was called from here.
    inside: i64,
}

/// All that was measured.
#[derive(Default)]
pub struct Tree {
    /// In the order of the first calls.
    order: Vec<Key>,
    entries: HashMap<Key, Entry>,
    running: Vec<Context>,
}

impl Tree {
    /// The entries, in the order of their first calls.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.order.iter().filter_map(|key| self.entries.get(key))
    }

    /// The entry with this key.
    pub fn entry(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key)
    }

    /// Notes a function.
    pub fn add(&mut self, key: Key, shown: Ref, keeper: Ref) {
        if self.entries.contains_key(&key) {
            return;
        }
        self.order.push(key);
        self.entries.insert(key, Entry { shown, keeper, figures: Figures::default(), callees: Vec::new() });
    }

    /// A call begins; its time does with [`Tree::started`].
    pub fn enter(&mut self, key: Key, subcalls: bool) {
        let caller = self.running.last().map(|context| context.key);
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.figures.depth += 1;
        }
        if subcalls && let Some(caller) = caller.and_then(|caller| self.entries.get_mut(&caller)) {
            let known = caller.callees.iter().position(|(callee, _)| *callee == key);
            let place = known.unwrap_or(caller.callees.len());
            if known.is_none() {
                caller.callees.push((key, Figures::default()));
            }
            if let Some((_, figures)) = caller.callees.get_mut(place) {
                figures.depth += 1;
            }
        }
        self.running.push(Context { key, start: 0, inside: 0 });
    }

    /// The innermost call begins at this time.
    pub fn started(&mut self, time: i64) {
        if let Some(context) = self.running.last_mut() {
            context.start = time;
        }
    }

    /// Whether calls are under way.
    pub fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// Whether the innermost call is one that the entry of this key can end.
    pub fn knows(&self, key: Key) -> bool {
        self.entries.contains_key(&key)
    }

    /// The key of the innermost call.
    pub fn innermost(&self) -> Option<Key> {
        self.running.last().map(|context| context.key)
    }

    /// The innermost call is forgotten.
    pub fn forget(&mut self) {
        self.running.pop();
    }

    /// The innermost call ends at this time, and counts for the function with this key.
    pub fn leave(&mut self, key: Key, time: i64, subcalls: bool) {
        let Some(context) = self.running.pop() else { return };
        let total = time.wrapping_sub(context.start);
        let inline = total.wrapping_sub(context.inside);
        let caller = self.running.last_mut().map(|caller| {
            caller.inside = caller.inside.wrapping_add(total);
            caller.key
        });
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.figures.stop(total, inline);
        }
        if subcalls
            && let Some(caller) = caller.and_then(|caller| self.entries.get_mut(&caller))
            && let Some((_, figures)) = caller.callees.iter_mut().find(|(callee, _)| *callee == key)
        {
            figures.stop(total, inline);
        }
    }

    /// What the collector sees.
    pub fn trace(&self, visit: &mut Visit<'_>) {
        for entry in self.entries.values() {
            visit.object(entry.shown.b());
            visit.object(entry.keeper.b());
        }
    }
}
