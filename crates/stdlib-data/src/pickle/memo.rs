//! The pickler's memo: which objects were written, by address, and under which number.
//!
//! Open addressing with linear probing. The table keeps its objects alive, so an address stays the name of one object.

use object::{Borrowed, PyResult, Ref, memory};

type Entry = Option<(Ref, usize)>;

const MIN_SIZE: usize = 8;
/// Bytes that the table's own fields count for in `__sizeof__`.
const FIELDS: usize = 4 * size_of::<usize>();

/// Objects with their numbers.
pub struct Memo {
    /// A power of two of places.
    places: Vec<Entry>,
    used: usize,
}

/// What a memo held: to be dropped when nothing borrows the memo.
pub struct Contents(#[allow(dead_code, reason = "held until it is dropped")] Vec<Entry>);

fn empty_places(size: usize) -> PyResult<Vec<Entry>> {
    let mut places = memory::vec_with_capacity(size)?;
    places.resize_with(size, || None);
    Ok(places)
}

impl Memo {
    /// A memo of the smallest size.
    pub fn new() -> PyResult<Memo> {
        Ok(Memo { places: empty_places(MIN_SIZE)?, used: 0 })
    }

    /// Number of objects: the number of the next one.
    pub fn len(&self) -> usize {
        self.used
    }

    /// The place of the object at `address`, or the free one where it belongs.
    fn place(places: &[Entry], address: usize) -> usize {
        let mask = places.len().wrapping_sub(1);
        let mut index = (address >> 3) & mask;
        loop {
            match places.get(index) {
                Some(Some((object, _))) if object.ptr().addr() != address => index = (index + 1) & mask,
                _ => return index,
            }
        }
    }

    /// The number of an object.
    pub fn get(&self, object: Borrowed<'_>) -> Option<usize> {
        let index = Self::place(&self.places, object.ptr().addr());
        self.places.get(index)?.as_ref().map(|(_, number)| *number)
    }

    /// Gives the object a number. An object that has one gets the new one.
    pub fn set(&mut self, object: Ref, number: usize) -> PyResult<()> {
        let index = Self::place(&self.places, object.ptr().addr());
        match self.places.get_mut(index) {
            Some(Some(known)) => {
                known.1 = number;
                return Ok(());
            }
            Some(free) => *free = Some((object, number)),
            None => return Ok(()),
        }
        self.used += 1;
        // Two thirds full: grow, fast while small.
        if self.used * 3 >= self.places.len() * 2 {
            self.grow(if self.used > 50_000 { self.used * 2 } else { self.used * 4 })?;
        }
        Ok(())
    }

    fn grow(&mut self, wanted: usize) -> PyResult<()> {
        let mut size = MIN_SIZE;
        while size < wanted {
            size <<= 1;
        }
        let mut places = empty_places(size)?;
        for entry in std::mem::take(&mut self.places).into_iter().flatten() {
            let index = Self::place(&places, entry.0.ptr().addr());
            if let Some(place) = places.get_mut(index) {
                *place = Some(entry);
            }
        }
        self.places = places;
        Ok(())
    }

    /// Empties the memo, which keeps its size, and hands out what it held.
    pub fn clear(&mut self) -> PyResult<Contents> {
        let places = empty_places(self.places.len())?;
        self.used = 0;
        Ok(Contents(std::mem::replace(&mut self.places, places)))
    }

    /// The objects with their numbers, in no order.
    pub fn entries(&self) -> PyResult<Vec<(Ref, usize)>> {
        let mut entries = memory::vec_with_capacity(self.used)?;
        entries.extend(self.places.iter().flatten().map(|(object, number)| (object.clone(), *number)));
        Ok(entries)
    }

    /// Shows the collector what the memo holds.
    pub fn trace(&self, visit: &mut object::Visit<'_>) {
        self.places.iter().flatten().for_each(|(object, _)| visit.object(object.b()));
    }

    /// Bytes in memory.
    pub fn size_of(&self) -> usize {
        FIELDS + self.places.len() * size_of::<Entry>()
    }
}
