//! Maps and sets with a fast hash. Its seed is random, so that no program can be written to collide.

use foldhash::fast::{FixedState, FoldHasher};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, State>;
pub(crate) type HashSet<K> = std::collections::HashSet<K, State>;

/// The hash of all maps, with one seed for the process: a map of its own costs nothing.
#[derive(Clone, Debug)]
pub struct State(FixedState);

impl Default for State {
    #[inline]
    fn default() -> State {
        static STATE: OnceLock<State> = OnceLock::new();
        STATE.get_or_init(|| State(FixedState::with_seed(RandomState::new().hash_one(0u8)))).clone()
    }
}

impl BuildHasher for State {
    type Hasher = FoldHasher<'static>;

    #[inline]
    fn build_hasher(&self) -> Self::Hasher {
        self.0.build_hasher()
    }
}
