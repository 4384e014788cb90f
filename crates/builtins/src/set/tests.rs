//! The order of elements is CPython's. Elements are small ints with their value as hash.

use super::*;
use object::thread;
use object::value::int;

fn with_thread(test: impl FnOnce() -> PyResult<()>) {
    // What completing the types would do.
    object::core::INT.add_flags(abi::tpflags::LONG_SUBCLASS);
    core::SET.add_flags(abi::tpflags::HAVE_GC);
    thread::ThreadState::create(thread::Interpreter::create()).bind();
    assert!(test().is_ok());
}

fn elements(set: &Set) -> Vec<i64> {
    let mut position = 0;
    std::iter::from_fn(|| set.next_entry(&mut position)).filter_map(|(key, _)| int::to_i64(key.b())).collect()
}

fn set_of(items: impl IntoIterator<Item = i64>) -> PyResult<Ref<Set>> {
    let set = Set::new()?;
    for item in items {
        set.add_hashed(int::new(item)?, item as isize)?;
    }
    Ok(set)
}

#[test]
fn order_is_that_of_cpython() {
    with_thread(|| {
        let set = set_of([8, 16, 24, 0, 32, 40, 1, 9])?;
        assert_eq!(elements(&set), [32, 0, 1, 8, 40, 9, 16, 24]);
        let copy = Set::new()?;
        copy.merge(&set)?;
        for item in [48, 56, 2] {
            copy.add_hashed(int::new(item)?, item as isize)?;
        }
        assert_eq!(elements(&copy), [32, 0, 1, 2, 8, 40, 9, 16, 48, 24, 56]);
        Ok(())
    });
}

#[test]
fn deleted_elements_leave_and_come_back() {
    with_thread(|| {
        let set = set_of((0..256).step_by(7))?;
        for item in (0..256).step_by(14) {
            assert!(set.discard_hashed(int::new(item)?.b(), item as isize)?);
        }
        for item in (0..256).step_by(5) {
            set.add_hashed(int::new(item)?, item as isize)?;
        }
        let expected: Vec<i64> = (0..256).filter(|item| item % 5 == 0 || (item % 7 == 0 && item % 14 != 0)).collect();
        assert_eq!(elements(&set), expected);
        assert_eq!(set.len(), expected.len());
        set.clear();
        assert!(set.is_empty() && set.pop().is_none());
        Ok(())
    });
}

#[test]
fn hash_of_the_elements() {
    with_thread(|| {
        assert_eq!(set_of([])?.content_hash(), 133_146_708_735_736);
        assert_eq!(set_of([1])?.content_hash(), -558_064_481_276_695_278);
        assert_eq!(set_of((0..50).step_by(3))?.content_hash(), -4_832_182_700_374_310_246);
        Ok(())
    });
}
