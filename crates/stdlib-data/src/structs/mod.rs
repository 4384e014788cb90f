//! `_struct`: values packed into bytes (CPython's `_struct.c`).

mod layout;
mod value;

use crate::header;
use builtins::dict::Dict;
use layout::Layout;
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::value::{bytes, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, StaticType, TypeObject, core, error as errors, memory, raise, thread};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// `struct.error` and the formats that were used.
#[derive(Default)]
struct State {
    error: OptRef,
    cache: OptRef<Dict>,
}

fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

fn error_class() -> PyResult<Ref> {
    if let Some(class) = state().error.get() {
        return Ok(class);
    }
    let class = crate::new_exception("struct", "error", &object::exc::Exception)?;
    state().error.set(Some(class.clone()));
    Ok(class)
}

/// Raises `struct.error`.
#[cold]
fn error(message: &str) -> Raised {
    match error_class().and_then(|class| class.call1(text::new(message)?.b())) {
        Ok(exception) => errors::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// Formats that are remembered.
const CACHE_LIMIT: usize = 100;

/// The `Struct` of a format.
fn cached(format: Borrowed<'_>) -> PyResult<Ref<Struct>> {
    let cache = match state().cache.get() {
        Some(cache) => cache,
        None => {
            let cache = Dict::new()?;
            state().cache.set(Some(cache.clone()));
            cache
        }
    };
    let hashable = text::check_exact(&format) || bytes::exact(&format);
    if hashable
        && let Some(found) = cache.get(format)?
        && let Some(found) = found.b().downcast::<Struct>()
    {
        return Ok(found.to_ref());
    }
    let made = Struct::create(Struct::type_object())?;
    made.set_format(format)?;
    if hashable {
        if cache.len() >= CACHE_LIMIT {
            cache.clear();
        }
        cache.set(format, made.b())?;
    }
    Ok(made)
}

/// Struct(fmt) --> compiled struct object
#[pyclass(name = "Struct", module = "_struct", flags(BASETYPE), weaklist = weakrefs)]
pub struct Struct {
    head: abi::PyObject,
    /// Bytes and number of values, where CPython's object has them: extension modules read them.
    size: Cell<isize>,
    count: Cell<isize>,
    layout: RefCell<Option<Rc<Layout>>>,
    format: OptRef,
    weakrefs: Cell<*mut abi::PyObject>,
}

impl Struct {
    fn create(class: &TypeObject) -> PyResult<Ref<Struct>> {
        let value = Struct {
            head: header(),
            size: Cell::new(-1),
            count: Cell::new(-1),
            layout: RefCell::new(None),
            format: OptRef::none(),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(class, value)
    }

    fn set_format(&self, format: Borrowed<'_>) -> PyResult<()> {
        let content = if text::check(format) {
            match text::as_ascii(format) {
                Some(content) => content.as_bytes().to_vec(),
                None => {
                    let encoded = format.call_method(object::id!("encode"), &[text::new("ascii")?.b()])?;
                    bytes::value(encoded.b()).unwrap_or_default().to_vec()
                }
            }
        } else if let Some(content) = bytes::value(format) {
            content.to_vec()
        } else {
            return Err(raise!(TypeError, "Struct() argument 1 must be a str or bytes object, not {}", format.class().tp_name()));
        };
        let layout = Layout::parse(&content)?;
        let shown = text::from_latin1(&content)?;
        self.size.set(layout.size.cast_signed());
        self.count.set(layout.values.cast_signed());
        *self.layout.borrow_mut() = Some(Rc::new(layout));
        self.format.set(Some(shown));
        Ok(())
    }

    fn layout(&self) -> PyResult<Rc<Layout>> {
        self.layout.borrow().clone().ok_or_else(|| raise!(RuntimeError, "Struct object is not initialized"))
    }

    fn pack_values(layout: &Layout, target: &mut [u8], values: &[Borrowed<'_>]) -> PyResult<()> {
        let mut values = values.iter();
        for group in &layout.groups {
            for index in 0..group.count {
                let start = group.offset + index * group.size;
                let (Some(place), Some(item)) = (target.get_mut(start..start + group.size), values.next()) else { return Ok(()) };
                value::pack(place, group, *item, layout.order)?;
            }
        }
        Ok(())
    }

    fn unpack_values(layout: &Layout, source: &[u8]) -> PyResult<Ref> {
        if layout.values == 0 {
            return Ok(tuple::empty());
        }
        let mut builder = tuple::Builder::new(layout.values)?;
        for group in &layout.groups {
            for index in 0..group.count {
                let start = group.offset + index * group.size;
                let place = source.get(start..start + group.size).unwrap_or_default();
                builder.push(value::unpack(place, group.code, layout.order)?);
            }
        }
        Ok(builder.finish())
    }

    fn check_count(layout: &Layout, function: &str, given: usize) -> PyResult<()> {
        if given == layout.values {
            return Ok(());
        }
        Err(error(&format!("{function} expected {} items for packing (got {given})", layout.values)))
    }

    fn packed(&self, values: &[Borrowed<'_>]) -> PyResult<Ref> {
        let layout = self.layout()?;
        Self::check_count(&layout, "pack", values.len())?;
        let mut outcome = Ok(());
        let made = bytes::new_with(layout.size, |target| outcome = Self::pack_values(&layout, target, values))?;
        outcome.map(|()| made)
    }

    fn packed_into(&self, args: &[Borrowed<'_>]) -> PyResult<()> {
        let layout = self.layout()?;
        let (buffer, offset, values) = match args {
            [] => return Err(error("pack_into expected buffer argument")),
            [_] => return Err(error("pack_into expected offset argument")),
            [buffer, offset, values @ ..] => (*buffer, *offset, values),
        };
        Self::check_count(&layout, "pack_into", values.len())?;
        let writable = Buffer::get(buffer, abi::pybuf::WRITABLE).map_err(|raised| {
            raised.clear();
            raise!(TypeError, "argument must be read-write bytes-like object, not {}", buffer.class().tp_name())
        })?;
        let offset = offset.as_isize_or(&object::exc::IndexError)?;
        let (len, size) = (writable.len(), layout.size);
        let start = if offset < 0 {
            if offset.saturating_add_unsigned(size) > 0 {
                return Err(error(&format!("no space to pack {size} bytes at offset {offset}")));
            }
            match offset.checked_add_unsigned(len).and_then(|start| usize::try_from(start).ok()) {
                Some(start) => start,
                None => return Err(error(&format!("offset {offset} out of range for {len}-byte buffer"))),
            }
        } else {
            offset.unsigned_abs()
        };
        if start > len || len - start < size {
            return Err(error(&format!(
                "pack_into requires a buffer of at least {} bytes for packing {size} bytes at offset {start} (actual buffer size is {len})",
                start.saturating_add(size)
            )));
        }
        // Conversions run Python code: the buffer is written when all are done.
        let mut packed = memory::vec_with_capacity(size)?;
        packed.resize(size, 0);
        Self::pack_values(&layout, &mut packed, values)?;
        writable.write_at(start, &packed);
        Ok(())
    }

    fn unpacked(&self, source: Borrowed<'_>) -> PyResult<Ref> {
        let layout = self.layout()?;
        let buffer = Buffer::readable(source)?;
        if buffer.len() != layout.size {
            return Err(error(&format!("unpack requires a buffer of {} bytes", layout.size)));
        }
        Self::unpack_values(&layout, buffer.bytes())
    }

    fn unpacked_from(&self, source: Borrowed<'_>, offset: isize) -> PyResult<Ref> {
        let layout = self.layout()?;
        let buffer = Buffer::readable(source)?;
        let (len, size) = (buffer.len(), layout.size);
        let start = if offset < 0 {
            if offset.saturating_add_unsigned(size) > 0 {
                return Err(error(&format!("not enough data to unpack {size} bytes at offset {offset}")));
            }
            match offset.checked_add_unsigned(len).and_then(|start| usize::try_from(start).ok()) {
                Some(start) => start,
                None => return Err(error(&format!("offset {offset} out of range for {len}-byte buffer"))),
            }
        } else {
            offset.unsigned_abs()
        };
        if start > len || len - start < size {
            return Err(error(&format!(
                "unpack_from requires a buffer of at least {} bytes for unpacking {size} bytes at offset {start} (actual buffer size is {len})",
                start.saturating_add(size)
            )));
        }
        Self::unpack_values(&layout, buffer.bytes().get(start..start + size).unwrap_or_default())
    }

    fn iterate(slf: Borrowed<'_, Self>, source: Borrowed<'_>) -> PyResult<Ref> {
        let layout = slf.layout()?;
        if layout.size == 0 {
            return Err(error("cannot iteratively unpack with a struct of length 0"));
        }
        let buffer = Buffer::readable(source)?;
        if !buffer.len().is_multiple_of(layout.size) {
            return Err(error(&format!("iterative unpacking requires a buffer of a multiple of {} bytes", layout.size)));
        }
        let value = UnpackIterator { head: header(), layout, buffer: RefCell::new(Some(buffer)), index: Cell::new(0) };
        memory::new_instance(UnpackIterator::type_object(), value).map(Ref::upcast)
    }
}

#[pymethods]
impl Struct {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        Self::create(&cls).map(Ref::upcast)
    }

    #[slot(tp_init, "(format)")]
    fn init(&self, format: Borrowed<'_>) -> PyResult<()> {
        self.set_format(format)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        slf.layout()?;
        let format = slf.format.get().unwrap_or_else(core::none_ref).repr_text()?;
        let object = slf.object();
        Ok(format!("{}({format})", object.class().short_name()))
    }

    #[getter]
    fn format(&self) -> PyResult<Ref> {
        self.layout()?;
        Ok(self.format.get().unwrap_or_else(core::none_ref))
    }

    #[getter]
    fn size(&self) -> isize {
        self.layout.borrow().as_ref().map_or(-1, |layout| layout.size.cast_signed())
    }

    /// S.pack(v1, v2, ...) -> bytes
    ///
    /// Return a bytes object containing values v1, v2, ... packed according
    /// to the format string S.format.  See help(struct) for more on format
    /// strings.
    #[method(text = None, "($self, *values)")]
    fn pack(&self, values: &[Borrowed<'_>]) -> PyResult<Ref> {
        self.packed(values)
    }

    /// S.pack_into(buffer, offset, v1, v2, ...)
    ///
    /// Pack the values v1, v2, ... according to the format string S.format
    /// and write the packed bytes into the writable buffer buf starting at
    /// offset.  Note that the offset is a required argument.  A negative
    /// offset counts from the end of the buffer.  See help(struct) for more
    /// on format strings.
    #[method(text = None, "($self, *args)")]
    fn pack_into(&self, args: &[Borrowed<'_>]) -> PyResult<()> {
        self.packed_into(args)
    }

    /// Return a tuple containing unpacked values.
    ///
    /// Unpack according to the format string Struct.format. The buffer's size
    /// in bytes must be Struct.size.
    ///
    /// See help(struct) for more on format strings.
    #[method("($self, buffer, /)")]
    fn unpack(&self, buffer: Borrowed<'_>) -> PyResult<Ref> {
        self.unpacked(buffer)
    }

    /// Return a tuple containing unpacked values.
    ///
    /// Values are unpacked according to the format string Struct.format.
    ///
    /// The buffer's size in bytes, starting at position offset, must be
    /// at least Struct.size.  A negative offset counts from the end of the
    /// buffer.
    ///
    /// See help(struct) for more on format strings.
    #[method("($self, /, buffer, offset=0)")]
    fn unpack_from(&self, buffer: Borrowed<'_>, offset: isize) -> PyResult<Ref> {
        self.unpacked_from(buffer, offset)
    }

    /// Return an iterator yielding tuples.
    ///
    /// Tuples are unpacked from the given bytes source, like a repeated
    /// invocation of unpack_from().
    ///
    /// Requires that the bytes length be a multiple of the struct size.
    #[method("($self, buffer, /)")]
    fn iter_unpack(slf: Borrowed<'_, Self>, buffer: Borrowed<'_>) -> PyResult<Ref> {
        Self::iterate(slf, buffer)
    }

    /// S.__sizeof__() -> size of S in memory, in bytes
    #[method("($self, /)")]
    fn __sizeof__(&self) -> PyResult<usize> {
        Ok(size_of::<Self>() + (self.layout()?.groups.len() + 1) * 32)
    }
}

#[pyclass(name = "unpack_iterator", module = "_struct", flags(DISALLOW_INSTANTIATION))]
pub struct UnpackIterator {
    head: abi::PyObject,
    layout: Rc<Layout>,
    buffer: RefCell<Option<Buffer>>,
    index: Cell<usize>,
}

#[pymethods]
impl UnpackIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let item = {
            let buffer = self.buffer.borrow();
            let start = self.index.get();
            match buffer.as_ref().and_then(|buffer| buffer.bytes().get(start..start + self.layout.size)) {
                Some(source) => Some(Struct::unpack_values(&self.layout, source)?),
                None => None,
            }
        };
        match item {
            Some(item) => {
                self.index.set(self.index.get() + self.layout.size);
                Ok(Some(item))
            }
            None => {
                let ended = self.buffer.take();
                drop(ended);
                Ok(None)
            }
        }
    }

    #[method("($self, /)")]
    fn __length_hint__(&self) -> usize {
        let len = self.buffer.borrow().as_ref().map_or(0, Buffer::len);
        len.saturating_sub(self.index.get()) / self.layout.size.max(1)
    }
}

/// Functions to convert between Python values and C structs.
/// Python bytes objects are used to hold the data representing the C struct
/// and also as format strings (explained below) to describe the layout of data
/// in the C struct.
#[macros::pymodule(name = "_struct")]
pub mod module {
    use super::{Struct, UnpackIterator, cached, state};
    use object::spec::TypeEntry;
    use object::{Borrowed, PyResult, Ref};

    #[pytype]
    type Exposed = Struct;

    #[pyattr(name = "error")]
    fn error_type() -> PyResult<Ref> {
        super::error_class()
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        builtins::type_::ready::ready_static(&TypeEntry::of::<UnpackIterator>())
    }

    /// Clear the internal cache.
    #[pyfunction("($module, /)")]
    fn _clearcache() {
        state().cache.set(None);
    }

    /// Return size in bytes of the struct described by the format string.
    #[pyfunction("($module, format, /)")]
    fn calcsize(format: Borrowed<'_>) -> PyResult<usize> {
        Ok(cached(format)?.layout()?.size)
    }

    /// pack(format, v1, v2, ...) -> bytes
    ///
    /// Return a bytes object containing the values v1, v2, ... packed according
    /// to the format string.  See help(struct) for more on format strings.
    #[pyfunction(text = None, "(format, /, *values)")]
    fn pack(format: Borrowed<'_>, values: &[Borrowed<'_>]) -> PyResult<Ref> {
        cached(format)?.packed(values)
    }

    /// pack_into(format, buffer, offset, v1, v2, ...)
    ///
    /// Pack the values v1, v2, ... according to the format string and write
    /// the packed bytes into the writable buffer buf starting at offset.  Note
    /// that the offset is a required argument.  A negative offset counts from
    /// the end of the buffer.  See help(struct) for more on format strings.
    #[pyfunction(text = None, "(format, /, *args)")]
    fn pack_into(format: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<()> {
        cached(format)?.packed_into(args)
    }

    /// Return a tuple containing values unpacked according to the format string.
    ///
    /// The buffer's size in bytes must be calcsize(format).
    ///
    /// See help(struct) for more on format strings.
    #[pyfunction("($module, format, buffer, /)")]
    fn unpack(format: Borrowed<'_>, buffer: Borrowed<'_>) -> PyResult<Ref> {
        cached(format)?.unpacked(buffer)
    }

    /// Return a tuple containing values unpacked according to the format string.
    ///
    /// The buffer's size, minus offset, must be at least calcsize(format).
    /// A negative offset counts from the end of the buffer.
    ///
    /// See help(struct) for more on format strings.
    #[pyfunction("($module, format, /, buffer, offset=0)")]
    fn unpack_from(format: Borrowed<'_>, buffer: Borrowed<'_>, offset: isize) -> PyResult<Ref> {
        cached(format)?.unpacked_from(buffer, offset)
    }

    /// Return an iterator yielding tuples unpacked from the given bytes.
    ///
    /// The bytes are unpacked according to the format string, like
    /// a repeated invocation of unpack_from().
    ///
    /// Requires that the bytes length be a multiple of the format struct size.
    #[pyfunction("($module, format, buffer, /)")]
    fn iter_unpack(format: Borrowed<'_>, buffer: Borrowed<'_>) -> PyResult<Ref> {
        let made = cached(format)?;
        Struct::iterate(made.borrow(), buffer)
    }
}
