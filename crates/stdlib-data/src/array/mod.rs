//! `array`: numbers and characters in a row (CPython's `arraymodule.c`).
//!
//! Conversions and comparisons of items run Python code, which may change the array: nothing of it is borrowed meanwhile.

mod item;
mod iterator;
mod reconstruct;
mod sequence;

use crate::header;
use builtins::dict::Dict;
use builtins::list::List;
use builtins::object_::reduce::import;
use builtins::slice::{search_bound, slice_index_not_none};
use item::Kind;
use macros::{pyclass, pymethods};
use object::convert::Str;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, StaticType, TypeObject, core, error, hooks, memory, raise};
use std::cell::{Cell, RefCell};

/// array(typecode [, initializer]) -> array
///
/// Return a new array whose items are restricted by typecode, and
/// initialized from the optional initializer value, which must be a list,
/// string or iterable over elements of the appropriate type.
///
/// Arrays represent basic values and behave very much like lists, except
/// the type of objects stored in them is constrained. The type is specified
/// at object creation time by using a type code, which is a single character.
/// The following type codes are defined:
///
///     Type code   C Type             Minimum size in bytes
///     'b'         signed integer     1
///     'B'         unsigned integer   1
///     'u'         Unicode character  2 (see note)
///     'w'         Py_UCS4            4
///     'h'         signed integer     2
///     'H'         unsigned integer   2
///     'i'         signed integer     2
///     'I'         unsigned integer   2
///     'l'         signed integer     4
///     'L'         unsigned integer   4
///     'q'         signed integer     8 (see note)
///     'Q'         unsigned integer   8 (see note)
///     'f'         floating-point     4
///     'd'         floating-point     8
///
/// NOTE: The 'u' typecode corresponds to Python's unicode character. On
/// narrow builds this is 2-bytes on wide builds this is 4-bytes.
///
/// NOTE: The 'q' and 'Q' type codes are only available if the platform
/// C compiler used to build Python supports 'long long', or, on Windows,
/// '__int64'.
///
/// Methods:
///
/// append() -- append a new item to the end of the array
/// buffer_info() -- return information giving the current memory info
/// byteswap() -- byteswap all the items of the array
/// count() -- return number of occurrences of an object
/// extend() -- extend array by appending multiple elements from an iterable
/// fromfile() -- read items from a file object
/// fromlist() -- append items from the list
/// frombytes() -- append items from the string
/// index() -- return index of first occurrence of an object
/// insert() -- insert a new item into the array at a provided position
/// pop() -- remove and return item (default last)
/// remove() -- remove first occurrence of an object
/// reverse() -- reverse the order of the items in the array
/// tofile() -- write all items to a file object
/// tolist() -- return the array converted to an ordinary list
/// tobytes() -- return the array converted to a string
///
/// Attributes:
///
/// typecode -- the typecode character used to create the array
/// itemsize -- the length in bytes of one array item
#[pyclass(name = "array", module = "array", flags(BASETYPE, SEQUENCE), weaklist = weakrefs, parts(MAIN, SEQUENCE))]
pub struct Array {
    head: abi::PyObject,
    kind: Kind,
    bytes: RefCell<Vec<u8>>,
    /// Buffers that are lent: the bytes do not move meanwhile.
    exports: Cell<usize>,
    /// The length, for the shape of buffers.
    shape: Cell<isize>,
    weakrefs: Cell<*mut abi::PyObject>,
}

/// Bytes of CPython's struct, for `__sizeof__`.
const BASIC: usize = 64;

/// Bytes that `tofile` writes at once.
const BLOCK: usize = 64 * 1024;

#[cold]
fn not_a_multiple() -> Raised {
    raise!(ValueError, "bytes length not a multiple of item size")
}

impl Array {
    fn create(class: &TypeObject, kind: Kind, bytes: Vec<u8>) -> PyResult<Ref<Array>> {
        let value = Array {
            head: header(),
            kind,
            bytes: RefCell::new(bytes),
            exports: Cell::new(0),
            shape: Cell::new(0),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(class, value)
    }

    /// An instance of `array` itself.
    fn plain(kind: Kind, bytes: Vec<u8>) -> PyResult<Ref> {
        Self::create(Self::type_object(), kind, bytes).map(Ref::upcast)
    }

    fn len(&self) -> usize {
        self.bytes.borrow().len() / self.kind.size()
    }

    fn at(&self, index: usize) -> PyResult<Option<Ref>> {
        let size = self.kind.size();
        let bytes = self.bytes.borrow();
        let start = index.saturating_mul(size);
        match bytes.get(start..start.saturating_add(size)) {
            Some(item) => self.kind.get(item).map(Some),
            None => Ok(None),
        }
    }

    fn packed(&self, value: Borrowed<'_>) -> PyResult<Vec<u8>> {
        let mut bytes = Vec::new();
        self.kind.put(value, &mut bytes)?;
        Ok(bytes)
    }

    fn copy_bytes(&self) -> PyResult<Vec<u8>> {
        let bytes = self.bytes.borrow();
        let mut copy = memory::vec_with_capacity(bytes.len())?;
        copy.extend_from_slice(&bytes);
        Ok(copy)
    }

    fn check_resizable(&self, changes: bool) -> PyResult<()> {
        if changes && self.exports.get() > 0 {
            return Err(raise!(BufferError, "cannot resize an array that is exporting buffers"));
        }
        Ok(())
    }

    /// Puts `new` in the place of the items from `from` up to `to`.
    fn splice(&self, from: usize, to: usize, new: &[u8]) -> PyResult<()> {
        let size = self.kind.size();
        let (from, to) = (from.saturating_mul(size), to.saturating_mul(size));
        let mut bytes = self.bytes.borrow_mut();
        let to = to.min(bytes.len());
        let from = from.min(to);
        if to - from == new.len() {
            if let Some(place) = bytes.get_mut(from..to) {
                place.copy_from_slice(new);
            }
            return Ok(());
        }
        self.check_resizable(true)?;
        memory::reserve(&mut bytes, new.len())?;
        bytes.splice(from..to, new.iter().copied());
        Ok(())
    }

    fn push(&self, value: Borrowed<'_>) -> PyResult<()> {
        let item = self.packed(value)?;
        self.push_bytes(&item)
    }

    fn push_bytes(&self, new: &[u8]) -> PyResult<()> {
        self.check_resizable(!new.is_empty())?;
        let mut bytes = self.bytes.borrow_mut();
        memory::reserve(&mut bytes, new.len())?;
        bytes.extend_from_slice(new);
        Ok(())
    }

    fn push_whole(&self, new: &[u8]) -> PyResult<()> {
        if !new.len().is_multiple_of(self.kind.size()) {
            return Err(not_a_multiple());
        }
        self.push_bytes(new)
    }

    fn push_text(&self, string: text::Data<'_>) -> PyResult<()> {
        let mut new = memory::vec_with_capacity(string.len().saturating_mul(4))?;
        for code in string.iter() {
            new.extend_from_slice(&code.to_ne_bytes());
        }
        self.push_bytes(&new)
    }

    fn extend_from(&self, iterable: Borrowed<'_>) -> PyResult<()> {
        if let Some(other) = iterable.downcast::<Array>() {
            if other.kind != self.kind {
                return Err(raise!(TypeError, "can only extend with array of same kind"));
            }
            let new = other.copy_bytes()?;
            return self.push_bytes(&new);
        }
        let iterator = iterable.iter()?;
        while let Some(item) = iterator.next()? {
            self.push(item.b())?;
        }
        Ok(())
    }

    fn repeated(&self, count: isize) -> PyResult<Vec<u8>> {
        let count = count.max(0).cast_unsigned();
        let bytes = self.bytes.borrow();
        let len = bytes.len().checked_mul(count).filter(|len| isize::try_from(*len).is_ok()).ok_or_else(error::no_memory)?;
        let mut all = memory::vec_with_capacity(len)?;
        if !bytes.is_empty() {
            for _ in 0..count {
                all.extend_from_slice(&bytes);
            }
        }
        Ok(all)
    }

    /// The first item from `from` up to `to` that is equal to `value`.
    fn find(&self, value: Borrowed<'_>, from: usize, to: usize) -> PyResult<Option<usize>> {
        let mut index = from;
        while index < to {
            let Some(item) = self.at(index)? else { break };
            if item.eq(value)? {
                return Ok(Some(index));
            }
            index += 1;
        }
        Ok(None)
    }

    fn list(&self) -> PyResult<Ref<List>> {
        let mut items = memory::vec_with_capacity(self.len())?;
        let mut index = 0;
        while let Some(item) = self.at(index)? {
            items.push(item);
            index += 1;
        }
        List::from_vec(items)
    }

    fn text(&self) -> PyResult<Ref> {
        let bytes = self.bytes.borrow();
        let mut codes = memory::vec_with_capacity(bytes.len() / 4)?;
        for item in bytes.chunks_exact(4) {
            let mut code = [0; 4];
            code.copy_from_slice(item);
            codes.push(item::checked_code(u32::from_ne_bytes(code))?);
        }
        text::from_ucs4(&codes)
    }

    /// The items of the initializer.
    fn fill(&self, initial: Borrowed<'_>) -> PyResult<()> {
        if let Some(string) = text::data(initial).filter(|_| self.kind.is_unicode()) {
            return self.push_text(string);
        }
        if bytes::value(initial).is_some() || initial.downcast::<builtins::bytearray::ByteArray>().is_some() {
            let source = Buffer::readable(initial)?.bytes().to_vec();
            return self.push_whole(&source);
        }
        if let Some(other) = initial.downcast::<Array>()
            && other.kind == self.kind
        {
            let new = other.copy_bytes()?;
            return self.push_bytes(&new);
        }
        let iterator = initial.iter()?;
        while let Some(item) = iterator.next()? {
            self.push(item.b())?;
        }
        Ok(())
    }
}

fn type_code(value: Borrowed<'_>) -> PyResult<u32> {
    let Some(data) = text::data(value) else {
        return Err(raise!(TypeError, "array() argument 1 must be a unicode character, not {}", value.class().tp_name()));
    };
    match (data.len(), data.get(0)) {
        (1, Some(code)) => Ok(code),
        (len, _) => Err(raise!(TypeError, "array() argument 1 must be a unicode character, not a string of length {len}")),
    }
}

#[pymethods]
impl Array {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let init = abi::typeslot::tp_init;
        if kwargs.and_then(|kwargs| kwargs.downcast::<Dict>()).is_some_and(|kwargs| kwargs.len() != 0)
            && cls.slot_ptr(init) == Self::type_object().slot_ptr(init)
        {
            return Err(raise!(TypeError, "array.array() takes no keyword arguments"));
        }
        let (code, initial) = match tuple::items(args).unwrap_or_default() {
            [] => return Err(raise!(TypeError, "array() takes at least 1 argument (0 given)")),
            [code] => (*code, None),
            [code, initial] => (*code, Some(*initial)),
            more => return Err(raise!(TypeError, "array() takes at most 2 arguments ({} given)", more.len())),
        };
        let letter = type_code(code)?;
        hooks::audit("array.__new__", &[code, initial.unwrap_or(core::none())])?;
        if letter == u32::from(b'u') {
            hooks::warn(
                &object::exc::DeprecationWarning,
                "The 'u' type code is deprecated and will be removed in Python 3.16",
                1,
            )?;
        }
        let kind = Kind::of(letter);
        if let Some(initial) = initial
            && !kind.is_some_and(Kind::is_unicode)
        {
            let shown = char::from_u32(letter).unwrap_or('?');
            if text::check(initial) {
                return Err(raise!(TypeError, "cannot use a str to initialize an array with typecode '{shown}'"));
            }
            if initial.downcast::<Array>().is_some_and(|other| other.kind.is_unicode()) {
                return Err(raise!(TypeError, "cannot use a unicode array to initialize an array with typecode '{shown}'"));
            }
        }
        let Some(kind) = kind else {
            return Err(raise!(ValueError, "bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)"));
        };
        let array = Self::create(&cls, kind, Vec::new())?;
        if let Some(initial) = initial {
            array.fill(initial)?;
        }
        Ok(array.upcast())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let mut builder = text::Builder::new();
        builder.push_str(slf.object().class().short_name())?;
        builder.push_str(&format!("('{}'", slf.kind.code()))?;
        if slf.len() > 0 {
            let content = if slf.kind.is_unicode() { slf.text()? } else { slf.list()?.upcast() };
            builder.push_str(", ")?;
            builder.push_object(content.repr()?.b())?;
        }
        builder.push_str(")")?;
        builder.finish()
    }

    /// the typecode character used to create the array
    #[getter]
    fn typecode(&self) -> PyResult<Ref> {
        text::new(self.kind.code().encode_utf8(&mut [0; 4]))
    }

    /// the size, in bytes, of one array item
    #[getter]
    fn itemsize(&self) -> usize {
        self.kind.size()
    }

    /// Append new value v to the end of the array.
    #[method("($self, v, /)")]
    fn append(&self, v: Borrowed<'_>) -> PyResult<()> {
        self.push(v)
    }

    /// Return a tuple (address, length) giving the current memory address and the length in items of the buffer used to hold array's contents.
    ///
    /// The length should be multiplied by the itemsize attribute to
    /// calculate the buffer length in bytes.
    #[method("($self, /)")]
    fn buffer_info(&self) -> PyResult<Ref> {
        let address = self.bytes.borrow().as_ptr().addr() as u64;
        tuple::from_array([int::from_u64(address)?, int::new(self.len().cast_signed() as i64)?])
    }

    /// Byteswap all items of the array.
    ///
    /// If the items in the array are not 1, 2, 4, or 8 bytes in size,
    /// RuntimeError is raised.
    #[method("($self, /)")]
    fn byteswap(&self) {
        self.bytes.borrow_mut().chunks_exact_mut(self.kind.size()).for_each(<[u8]>::reverse);
    }

    /// Remove all items from the array.
    #[method("($self, /)")]
    fn clear(&self) -> PyResult<()> {
        self.splice(0, self.len(), &[])
    }

    /// Return a copy of the array.
    #[method("($self, /)")]
    fn __copy__(&self) -> PyResult<Ref> {
        Self::plain(self.kind, self.copy_bytes()?)
    }

    /// Return a copy of the array.
    #[method("($self, unused, /)")]
    fn __deepcopy__(&self, _unused: Borrowed<'_>) -> PyResult<Ref> {
        Self::plain(self.kind, self.copy_bytes()?)
    }

    /// Return number of occurrences of v in the array.
    #[method("($self, v, /)")]
    fn count(&self, v: Borrowed<'_>) -> PyResult<usize> {
        let (mut count, mut index) = (0, 0);
        while let Some(found) = self.find(v, index, usize::MAX)? {
            count += 1;
            index = found + 1;
        }
        Ok(count)
    }

    /// Append items to the end of the array.
    #[method("($self, bb, /)")]
    fn extend(&self, bb: Borrowed<'_>) -> PyResult<()> {
        self.extend_from(bb)
    }

    /// Appends items from the string, interpreting it as an array of machine values, as if it had been read from a file using the fromfile() method.
    #[method("($self, buffer, /)")]
    fn frombytes(&self, buffer: Borrowed<'_>) -> PyResult<()> {
        let source = Buffer::readable(buffer)?;
        let mut copy = memory::vec_with_capacity(source.len())?;
        copy.extend_from_slice(source.bytes());
        drop(source);
        self.push_whole(&copy)
    }

    /// Read n objects from the file object f and append them to the end of the array.
    #[method("($self, f, n, /)")]
    fn fromfile(&self, f: Borrowed<'_>, n: isize) -> PyResult<()> {
        let Ok(count) = usize::try_from(n) else { return Err(raise!(ValueError, "negative count")) };
        let wanted = count.checked_mul(self.kind.size()).and_then(|wanted| i64::try_from(wanted).ok());
        let wanted = wanted.ok_or_else(error::no_memory)?;
        let read = f.call_method(text::new("read")?.b(), &[int::new(wanted)?.b()])?;
        let Some(content) = bytes::value(read.b()) else {
            return Err(raise!(TypeError, "read() didn't return bytes"));
        };
        self.push_whole(content)?;
        if i64::try_from(content.len()) != Ok(wanted) {
            return Err(raise!(EOFError, "read() didn't return enough bytes"));
        }
        Ok(())
    }

    /// Append items to array from list.
    #[method("($self, list, /)")]
    fn fromlist(&self, list: Borrowed<'_>) -> PyResult<()> {
        let Some(list) = list.downcast::<List>() else { return Err(raise!(TypeError, "arg must be list")) };
        let count = list.len();
        let mut new = Vec::new();
        let mut index = 0;
        while let Some(item) = list.at(index) {
            self.kind.put(item.b(), &mut new)?;
            if list.len() != count {
                return Err(raise!(RuntimeError, "list changed size during iteration"));
            }
            index += 1;
        }
        self.push_bytes(&new)
    }

    /// Extends this array with data from the unicode string ustr.
    ///
    /// The array must be a unicode type array; otherwise a ValueError is
    /// raised.  Use array.frombytes(ustr.encode(...)) to append Unicode
    /// data to an array of some other type.
    #[method("($self, ustr, /)")]
    fn fromunicode(&self, ustr: Str<'_>) -> PyResult<()> {
        if !self.kind.is_unicode() {
            return Err(raise!(ValueError, "fromunicode() may only be called on unicode type arrays ('u' or 'w')"));
        }
        self.push_text(ustr.data())
    }

    /// Return index of first occurrence of v in the array.
    ///
    /// Raise ValueError if the value is not present.
    #[method("($self, v, start=0, stop=sys.maxsize, /)")]
    fn index(&self, v: Borrowed<'_>, start: Option<Borrowed<'_>>, stop: Option<Borrowed<'_>>) -> PyResult<usize> {
        let start = slice_index_not_none(start, 0)?;
        let stop = slice_index_not_none(stop, isize::MAX)?;
        let found = self.find(v, search_bound(start, self.len()), search_bound(stop, self.len()))?;
        found.ok_or_else(|| raise!(ValueError, "array.index(x): x not in array"))
    }

    /// Insert a new item v into the array before position i.
    #[method("($self, i, v, /)")]
    fn insert(&self, i: isize, v: Borrowed<'_>) -> PyResult<()> {
        let item = self.packed(v)?;
        let place = search_bound(i, self.len()).min(self.len());
        self.splice(place, place, &item)
    }

    /// Return the i-th element and delete it from the array.
    ///
    /// i defaults to -1.
    #[method("($self, i=-1, /)")]
    fn pop(&self, i: isize) -> PyResult<Ref> {
        let len = self.len();
        if len == 0 {
            return Err(raise!(IndexError, "pop from empty array"));
        }
        let index = if i < 0 { i.saturating_add_unsigned(len) } else { i };
        let out_of_range = || raise!(IndexError, "pop index out of range");
        let index = usize::try_from(index).map_err(|_| out_of_range())?;
        let item = self.at(index)?.ok_or_else(out_of_range)?;
        self.splice(index, index + 1, &[])?;
        Ok(item)
    }

    /// Remove the first occurrence of v in the array.
    #[method("($self, v, /)")]
    fn remove(&self, v: Borrowed<'_>) -> PyResult<()> {
        match self.find(v, 0, usize::MAX)? {
            Some(index) => self.splice(index, index + 1, &[]),
            None => Err(raise!(ValueError, "array.remove(x): x not in array")),
        }
    }

    /// Reverse the order of the items in the array.
    #[method("($self, /)")]
    fn reverse(&self) {
        let mut bytes = self.bytes.borrow_mut();
        bytes.reverse();
        bytes.chunks_exact_mut(self.kind.size()).for_each(<[u8]>::reverse);
    }

    /// Convert the array to an array of machine values and return the bytes representation.
    #[method("($self, /)")]
    fn tobytes(&self) -> PyResult<Ref> {
        bytes::new(&self.bytes.borrow())
    }

    /// Write all items (as machine values) to the file object f.
    #[method("($self, f, /)")]
    fn tofile(&self, f: Borrowed<'_>) -> PyResult<()> {
        let all = self.copy_bytes()?;
        let write = f.getattr(text::new("write")?.b())?;
        for block in all.chunks(BLOCK) {
            write.call1(bytes::new(block)?.b())?;
        }
        Ok(())
    }

    /// Convert array to an ordinary list with the same items.
    #[method("($self, /)")]
    fn tolist(&self) -> PyResult<Ref> {
        self.list().map(Ref::upcast)
    }

    /// Extends this array with data from the unicode string ustr.
    ///
    /// Convert the array to a unicode string.  The array must be a unicode
    /// type array; otherwise a ValueError is raised.  Use
    /// array.tobytes().decode() to obtain a unicode string from an array of
    /// some other type.
    #[method("($self, /)")]
    fn tounicode(&self) -> PyResult<Ref> {
        if !self.kind.is_unicode() {
            return Err(raise!(ValueError, "tounicode() may only be called on unicode type arrays ('u' or 'w')"));
        }
        self.text()
    }

    /// Return state information for pickling.
    #[method("($self, value, /)")]
    fn __reduce_ex__(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<Ref> {
        if !int::check(value) {
            return Err(raise!(TypeError, "__reduce_ex__ argument should be an integer"));
        }
        let protocol = value.as_i64()?;
        let object = slf.object();
        let state = object.getattr_opt(text::new("__dict__")?.b())?.unwrap_or_else(core::none_ref);
        let (class, code) = (object.class().to_ref(), slf.typecode()?);
        if protocol < 3 {
            let args = tuple::from_array([code, slf.list()?.upcast()])?;
            return tuple::from_array([class, args, state]);
        }
        let function = import(text::new("array")?.b())?.getattr(text::new("_array_reconstructor")?.b())?;
        let format = int::new(i64::from(slf.kind.machine_format()))?;
        tuple::from_array([function, tuple::from_array([class, code, format, slf.tobytes()?])?, state])
    }

    /// Size of the array in memory, in bytes.
    #[method("($self, /)")]
    fn __sizeof__(slf: Borrowed<'_, Self>) -> usize {
        let basic = usize::try_from(slf.object().class().raw().tp_basicsize.get()).unwrap_or(0);
        let added = basic.saturating_sub(size_of::<Array>());
        BASIC.saturating_add(added).saturating_add(slf.bytes.borrow().capacity())
    }

    /// Arrays are generic over the type of their elements
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        crate::generic_alias(cls, object)
    }
}

/// This module defines an object type which can efficiently represent
/// an array of basic values: characters, integers, floating-point
/// numbers.  Arrays are sequence types and behave very much like lists,
/// except that the type of objects stored in them is constrained.
#[macros::pymodule(name = "array")]
pub mod module {
    use super::{Array, import, item, reconstruct, text};
    use object::spec::TypeEntry;
    use object::{Borrowed, PyResult, Ref, StaticType};

    #[pytype]
    type Exposed = Array;

    #[pyattr]
    fn typecodes() -> PyResult<Ref> {
        text::new(item::CODES)
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        builtins::type_::ready::ready_static(&TypeEntry::of::<super::iterator::ArrayIterator>())?;
        let class = Array::type_object().borrowed();
        module.setattr(text::new("ArrayType")?.b(), class)?;
        let sequence = import(text::new("collections.abc")?.b())?.getattr(text::new("MutableSequence")?.b())?;
        sequence.call_method(text::new("register")?.b(), &[class]).map(drop)
    }

    /// Internal. Used for pickling support.
    #[pyfunction("($module, arraytype, typecode, mformat_code, items, /)")]
    fn _array_reconstructor(
        arraytype: Borrowed<'_>,
        typecode: Borrowed<'_>,
        mformat_code: isize,
        items: Borrowed<'_>,
    ) -> PyResult<Ref> {
        reconstruct::array(arraytype, typecode, mformat_code, items)
    }
}
