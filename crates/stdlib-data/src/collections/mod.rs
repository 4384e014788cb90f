//! `_collections`: `deque`, `defaultdict` and helpers (CPython's `_collectionsmodule.c`).

mod default_dict;
mod deque;
mod deque_iter;
mod tuple_getter;

/// High performance data structures.
/// - deque:        ordered collection accessible from endpoints only
/// - defaultdict:  dict subclass with a default value factory
#[macros::pymodule(name = "_collections")]
pub mod module {
    use builtins::dict::Dict;
    use object::protocol::number;
    use object::value::int;
    use object::{Borrowed, PyResult, core, id};

    #[pytype]
    use super::default_dict::DefaultDict;
    #[pytype]
    use super::deque::Deque;
    #[pytype]
    use super::deque_iter::{DequeIterator, DequeReverseIterator};
    #[pytype]
    use super::tuple_getter::TupleGetter;

    fn is_plain(mapping: Borrowed<'_>, name: Borrowed<'_>) -> bool {
        match (mapping.class().type_lookup(name), core::DICT.type_lookup(name)) {
            (Some(own), Some(dicts)) => own.is(&dicts),
            _ => false,
        }
    }

    /// Count elements in the iterable, updating the mapping
    #[pyfunction("($module, mapping, iterable, /)")]
    fn _count_elements(mapping: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<()> {
        let one = int::new(1)?;
        let iterator = iterable.iter()?;
        let dict = mapping.downcast::<Dict>().filter(|_| is_plain(mapping, id!("get")) && is_plain(mapping, id!("__setitem__")));
        if let Some(dict) = dict {
            while let Some(key) = iterator.next()? {
                let hash = key.hash()?;
                let count = match dict.get_known_hash(key.b(), hash)? {
                    Some(old) => number::add(old.b(), one.b())?,
                    None => one.clone(),
                };
                dict.insert(key, hash, count)?;
            }
            return Ok(());
        }
        let get = mapping.getattr(id!("get"))?;
        let zero = int::new(0)?;
        while let Some(key) = iterator.next()? {
            let old = get.call(&[key.b(), zero.b()])?;
            let new = number::add(old.b(), one.b())?;
            mapping.setitem(key.b(), new.b())?;
        }
        Ok(())
    }
}
