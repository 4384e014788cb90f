//! Writing the built-in containers.

use super::buffer::PickleBuffer;
use super::opcode::*;
use super::save::Session;
use super::state::{pickling_error, type_name};
use crate::notes::with_note;
use builtins::bytearray::ByteArray;
use builtins::dict::{Dict, Position};
use builtins::list::List;
use builtins::set::Set;
use object::protocol::buffer::Buffer;
use object::value::{bytes, tuple};
use object::{Borrowed, PyResult, Ref, core, id, raise};

/// Containers of fast mode this deep are watched for cycles.
const FAST_LIMIT: usize = 50;

impl Session<'_> {
    /// Writes an object that is exactly of a built-in container's type; none for any other.
    pub fn save_container(&self, object: Borrowed<'_>) -> Option<PyResult<()>> {
        let class = object.class();
        Some(if class.is_type(&core::DICT) {
            self.watched(object, |session| session.save_dict(object))
        } else if class.is_type(&core::SET) {
            self.save_set(object)
        } else if class.is_type(&core::FROZENSET) {
            self.save_frozenset(object)
        } else if class.is_type(&core::LIST) {
            self.watched(object, |session| session.save_list(object))
        } else if class.is_type(&core::TUPLE) {
            self.save_tuple(object)
        } else if class.is_type(&core::BYTEARRAY) {
            self.save_bytearray(object)
        } else if let Some(buffer) = object.downcast_exact::<PickleBuffer>() {
            self.save_buffer(buffer)
        } else {
            return None;
        })
    }

    /// Runs `action` on a container. In fast mode, which keeps no memo, a container inside of itself is refused.
    pub fn watched(&self, object: Borrowed<'_>, action: impl FnOnce(&Self) -> PyResult<()>) -> PyResult<()> {
        if !self.pickler.is_fast() {
            return action(self);
        }
        let path = &self.pickler.parts.fast_path;
        let address = object.ptr().addr();
        let cyclic = {
            let path = path.borrow();
            path.len() + 1 >= FAST_LIMIT && path.get(FAST_LIMIT - 1..).is_some_and(|deep| deep.contains(&address))
        };
        if cyclic {
            let class = object.class().tp_name();
            let place = object.ptr();
            return Err(raise!(ValueError, "fast mode: can't pickle cyclic objects including object type {class} at {place:p}"));
        }
        path.borrow_mut().push(address);
        let outcome = action(self);
        path.borrow_mut().pop();
        outcome
    }

    fn save_item(&self, container: Borrowed<'_>, item: Borrowed<'_>, index: usize) -> PyResult<()> {
        self.save(item)
            .map_err(|raised| with_note(raised, || Ok(format!("when serializing {} item {index}", type_name(container)?))))
    }

    fn save_pair(&self, container: Borrowed<'_>, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        self.save(key)?;
        self.save(value).map_err(|raised| {
            with_note(raised, || Ok(format!("when serializing {} item {}", type_name(container)?, key.repr_text()?)))
        })
    }

    fn save_element(&self, container: Borrowed<'_>, element: Borrowed<'_>) -> PyResult<()> {
        self.save(element)
            .map_err(|raised| with_note(raised, || Ok(format!("when serializing {} element", type_name(container)?))))
    }

    fn save_tuple(&self, object: Borrowed<'_>) -> PyResult<()> {
        let items = tuple::items(object).unwrap_or_default();
        if items.is_empty() {
            return if self.is_binary() { self.op(EMPTY_TUPLE) } else { self.put(&[MARK, TUPLE]) };
        }
        let short = match items.len() {
            1 => Some(TUPLE1),
            2 => Some(TUPLE2),
            3 => Some(TUPLE3),
            _ => None,
        };
        let short = short.filter(|_| self.proto >= 2);
        if short.is_none() {
            self.op(MARK)?;
        }
        for (index, item) in items.iter().enumerate() {
            self.save_item(object, *item, index)?;
        }
        // A tuple that contains itself was finished while its items were written: drop them and fetch it.
        if let Some(number) = self.memo_number(object) {
            if short.is_none() && self.is_binary() {
                self.op(POP_MARK)?;
            } else {
                let pops = items.len() + usize::from(short.is_none());
                (0..pops).try_for_each(|_| self.op(POP))?;
            }
            return self.get(number);
        }
        self.op(short.unwrap_or(TUPLE))?;
        self.memoize(object)
    }

    fn save_list(&self, object: Borrowed<'_>) -> PyResult<()> {
        if self.is_binary() {
            self.op(EMPTY_LIST)?;
        } else {
            self.put(&[MARK, LIST])?;
        }
        self.memoize(object)?;
        let Some(list) = object.downcast::<List>().filter(|list| !list.is_empty()) else { return Ok(()) };
        if !self.is_binary() {
            let items = object.iter()?;
            return self.save_appends(object, items.b());
        }
        if list.len() == 1 {
            if let Some(item) = list.at(0) {
                self.save_item(object, item.b(), 0)?;
            }
            return self.op(APPEND);
        }
        let mut index = 0;
        loop {
            self.op(MARK)?;
            let mut batch = 0;
            while batch < BATCH_SIZE
                && let Some(item) = list.at(index)
            {
                self.save_item(object, item.b(), index)?;
                index += 1;
                batch += 1;
            }
            self.op(APPENDS)?;
            if index >= list.len() {
                return Ok(());
            }
        }
    }

    /// Writes what an iterator gives, to be appended to the object on the stack.
    pub fn save_appends(&self, object: Borrowed<'_>, items: Borrowed<'_>) -> PyResult<()> {
        let mut index = 0;
        if !self.is_binary() {
            while let Some(item) = items.next()? {
                self.save_item(object, item.b(), index)?;
                index += 1;
                self.op(APPEND)?;
            }
            return Ok(());
        }
        while let Some(first) = items.next()? {
            let Some(second) = items.next()? else {
                self.save_item(object, first.b(), index)?;
                return self.op(APPEND);
            };
            self.op(MARK)?;
            self.save_item(object, first.b(), index)?;
            drop(first);
            let (mut batch, mut next) = (1, Some(second));
            while let Some(item) = next {
                self.save_item(object, item.b(), index + batch)?;
                batch += 1;
                if batch == BATCH_SIZE {
                    break;
                }
                next = items.next()?;
            }
            self.op(APPENDS)?;
            if batch < BATCH_SIZE {
                return Ok(());
            }
            index += batch;
        }
        Ok(())
    }

    fn save_dict(&self, object: Borrowed<'_>) -> PyResult<()> {
        if self.is_binary() {
            self.op(EMPTY_DICT)?;
        } else {
            self.put(&[MARK, DICT])?;
        }
        self.memoize(object)?;
        let Some(dict) = object.downcast::<Dict>().filter(|dict| !dict.is_empty()) else { return Ok(()) };
        if !self.is_binary() {
            let items = object.call_method(id!("items"), &[])?.iter()?;
            return self.save_set_items(object, items.b());
        }
        let size = dict.len();
        let mut position = Position::default();
        if size == 1 {
            if let Some(item) = dict.next_item(&mut position) {
                self.save_pair(object, item.key.b(), item.value.b())?;
            }
            return self.op(SETITEM);
        }
        loop {
            self.op(MARK)?;
            let mut batch = 0;
            while batch < BATCH_SIZE
                && let Some(item) = dict.next_item(&mut position)
            {
                self.save_pair(object, item.key.b(), item.value.b())?;
                batch += 1;
                if dict.len() != size {
                    return Err(raise!(RuntimeError, "dictionary changed size during iteration"));
                }
            }
            self.op(SETITEMS)?;
            if batch < BATCH_SIZE {
                return Ok(());
            }
        }
    }

    /// Writes the pairs that an iterator gives, to be set on the object on the stack.
    pub fn save_set_items(&self, object: Borrowed<'_>, items: Borrowed<'_>) -> PyResult<()> {
        let save = |item: Ref| match tuple::items(item.b()) {
            Some([key, value]) => self.save_pair(object, *key, *value),
            _ => Err(raise!(TypeError, "dict items iterator must return 2-tuples")),
        };
        if !self.is_binary() {
            while let Some(item) = items.next()? {
                save(item)?;
                self.op(SETITEM)?;
            }
            return Ok(());
        }
        while let Some(first) = items.next()? {
            let Some(second) = items.next()? else {
                save(first)?;
                return self.op(SETITEM);
            };
            self.op(MARK)?;
            save(first)?;
            let (mut batch, mut next) = (1, Some(second));
            while let Some(item) = next {
                save(item)?;
                batch += 1;
                if batch == BATCH_SIZE {
                    break;
                }
                next = items.next()?;
            }
            self.op(SETITEMS)?;
            if batch < BATCH_SIZE {
                return Ok(());
            }
        }
        Ok(())
    }

    fn save_as_call(&self, object: Borrowed<'_>) -> PyResult<()> {
        let items = builtins::list::from_iterable(object)?.upcast();
        let arguments = tuple::from_array([items])?;
        self.save_reduce(&[object.class().borrowed(), arguments.b()], object)
    }

    fn save_set(&self, object: Borrowed<'_>) -> PyResult<()> {
        if self.proto < 4 {
            return self.save_as_call(object);
        }
        self.op(EMPTY_SET)?;
        self.memoize(object)?;
        let Some(set) = object.downcast::<Set>().filter(|set| !set.is_empty()) else { return Ok(()) };
        let size = set.len();
        let mut position = 0;
        loop {
            self.op(MARK)?;
            let mut batch = 0;
            while batch < BATCH_SIZE
                && let Some((element, _)) = set.next_entry(&mut position)
            {
                self.save_element(object, element.b())?;
                batch += 1;
                if set.len() != size {
                    return Err(raise!(RuntimeError, "set changed size during iteration"));
                }
            }
            self.op(ADDITEMS)?;
            if batch < BATCH_SIZE {
                return Ok(());
            }
        }
    }

    fn save_frozenset(&self, object: Borrowed<'_>) -> PyResult<()> {
        if self.proto < 4 {
            return self.save_as_call(object);
        }
        self.op(MARK)?;
        let elements = object.iter()?;
        while let Some(element) = elements.next()? {
            self.save_element(object, element.b())?;
        }
        // A frozenset that contains itself was finished meanwhile.
        if let Some(number) = self.memo_number(object) {
            self.op(POP_MARK)?;
            return self.get(number);
        }
        self.op(FROZENSET)?;
        self.memoize(object)
    }

    fn save_bytearray(&self, object: Borrowed<'_>) -> PyResult<()> {
        let content = object.downcast::<ByteArray>().map(|array| array.view().to_vec()).unwrap_or_default();
        if self.proto >= 5 {
            self.put_bytearray(&content, Some(object))?;
            return self.memoize(object);
        }
        let arguments = if content.is_empty() { tuple::empty() } else { tuple::from_array([bytes::new(&content)?])? };
        self.save_reduce(&[core::BYTEARRAY.borrowed(), arguments.b()], object)
    }

    fn save_buffer(&self, buffer: Borrowed<'_, PickleBuffer>) -> PyResult<()> {
        if self.proto < 5 {
            return Err(pickling_error("PickleBuffer can only be pickled with protocol >= 5"));
        }
        if !PickleBuffer::is_contiguous(buffer)? {
            return Err(pickling_error("PickleBuffer can not be pickled when pointing to a non-contiguous buffer"));
        }
        let view = PickleBuffer::raw_view(buffer)?;
        let lent = Buffer::readable(view.b())?;
        let readonly = lent.view().readonly.get() != 0;
        let object = buffer.object();
        let in_band = match self.pickler.buffer_callback.get() {
            Some(callback) => callback.call1(object)?.is_true()?,
            None => true,
        };
        if in_band {
            let content = lent.bytes().to_vec();
            if readonly {
                self.put_bytes(&content, None)?;
            } else {
                self.put_bytearray(&content, None)?;
            }
            return self.memoize(object);
        }
        self.op(NEXT_BUFFER)?;
        if readonly { self.op(READONLY_BUFFER) } else { Ok(()) }
    }
}
