//! The table against a model: keys are the interned small ints, whose hashes the tests choose.

use super::*;
use object::value::int;
use object::{PyResult, Ref, thread};
use std::collections::BTreeMap;

fn with_thread(test: impl FnOnce() -> PyResult<()>) {
    // What completing the types would do.
    object::core::INT.add_flags(abi::tpflags::LONG_SUBCLASS);
    object::core::DICT.add_flags(abi::tpflags::HAVE_GC);
    thread::ThreadState::create(thread::Interpreter::create()).bind();
    assert!(test().is_ok());
}

fn keys_of(dict: &Dict) -> Vec<i64> {
    dict.iter().filter_map(|(key, _)| int::to_i64(key.b())).collect()
}

fn check(hash: fn(i64) -> isize) -> PyResult<()> {
    let dict = Dict::new()?;
    // Key to value and number of insertion: the order of iteration.
    let mut model: BTreeMap<i64, (i64, u64)> = BTreeMap::new();
    let mut state = 1u64;
    for step in 0..20_000u64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let key = (state >> 33) as i64 % 200;
        let object = int::new(key)?;
        if (state >> 20) % 5 < 3 {
            let value = (state >> 50) as i64 % 200;
            dict.insert(object, hash(key), int::new(value)?)?;
            model.entry(key).and_modify(|entry| entry.0 = value).or_insert((value, step));
        } else {
            let removed = dict.remove_known_hash(object.b(), hash(key))?.and_then(|value| int::to_i64(value.b()));
            assert_eq!(removed, model.remove(&key).map(|entry| entry.0));
        }
        assert_eq!(dict.len(), model.len());
    }
    let mut expected: Vec<_> = model.iter().map(|(key, (_, step))| (*step, *key)).collect();
    expected.sort_unstable();
    assert_eq!(keys_of(&dict), expected.into_iter().map(|(_, key)| key).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn behaves_as_its_model() {
    with_thread(|| check(|key| key as isize));
}

#[test]
fn behaves_with_colliding_hashes() {
    with_thread(|| check(|key| (key % 3) as isize));
}

#[test]
fn sizes_are_cpythons() {
    with_thread(|| {
        let dict = Dict::new()?;
        let basic = dict.size_of();
        let mut sizes = Vec::new();
        for key in 0..12 {
            dict.insert(int::new(key)?, key as isize, object::core::none_ref())?;
            sizes.push(dict.size_of() - basic);
        }
        // sys.getsizeof of dicts of ints, without what an empty one has.
        assert_eq!(sizes, [160, 160, 160, 160, 160, 288, 288, 288, 288, 288, 568, 568]);
        Ok(())
    });
}

#[test]
fn the_last_item_is_popped_first() {
    with_thread(|| {
        let dict = Dict::new()?;
        for key in 0..6 {
            dict.insert(int::new(key)?, key as isize, object::core::none_ref())?;
        }
        dict.remove_known_hash(int::new(5)?.b(), 5)?;
        let popped = dict.pop_last()?.and_then(|(key, _): (Ref, Ref)| int::to_i64(key.b()));
        assert_eq!(popped, Some(4));
        assert_eq!(keys_of(&dict), [0, 1, 2, 3]);
        Ok(())
    });
}
