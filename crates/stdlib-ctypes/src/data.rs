//! `_CData`: an instance of a ctypes class, and how values go in and out of its memory.

use crate::access::{Access, Extent};
use crate::info::{Holder, flag};
use crate::{keep, metatypes, values, wide};
use abi::{Cell, Py_buffer, c_int};
use macros::{pyclass, pymethods};
use object::value::{bytes, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, hooks, id, memory, raise};
use std::cell::UnsafeCell;

/// Content that needs no block of its own.
const SMALL: usize = 16;

#[pyclass(name = "_CData", module = "_ctypes", flags(BASETYPE, DISALLOW_INSTANTIATION), gc)]
/// XXX to be provided
pub struct CData {
    head: abi::PyObject,
    /// The content: `value`, a block, or memory of somebody else.
    #[trace(skip)]
    pub ptr: Cell<*mut u8>,
    /// Whether the content is `value` or a block of this instance.
    #[member(T_INT, name = "_b_needsfree_", readonly, doc = "whether the object owns the memory or not")]
    pub owns: Cell<c_int>,
    /// The instance whose memory this one is a part of.
    #[member(T_OBJECT, name = "_b_base_", readonly, doc = "the base object")]
    pub base: OptRef,
    pub size: Cell<usize>,
    /// Number of objects that the content may keep alive: fields or items.
    pub length: Cell<usize>,
    /// Place in the base.
    pub index: Cell<isize>,
    #[member(T_OBJECT, name = "_objects", readonly, doc = "internal objects tree (NEVER CHANGE THIS OBJECT!)")]
    pub objects: OptRef,
    /// Blocks that a larger one has replaced: somebody may still look at them.
    older: OptRef,
    #[trace(skip)]
    value: UnsafeCell<[u64; SMALL / 8]>,
}

impl Drop for CData {
    fn drop(&mut self) {
        let block = self.block();
        if !block.is_null() {
            // SAFETY: the block is this instance's, and its last user is gone.
            unsafe { memory::free(block) };
        }
    }
}

impl CData {
    /// The block that this instance owns, or null.
    fn block(&self) -> *mut u8 {
        let ptr = self.ptr.get();
        if self.owns.get() != 0 && ptr.cast_const() != self.value.get().cast::<u8>().cast_const() {
            ptr
        } else {
            std::ptr::null_mut()
        }
    }

    /// Gives a fresh instance zeroed memory.
    fn allocate(&self, size: usize) -> PyResult<()> {
        let ptr = if size <= SMALL {
            self.value.get().cast::<u8>()
        } else {
            memory::or_no_memory(memory::try_alloc_zeroed(size))?.as_ptr()
        };
        self.ptr.set(ptr);
        self.owns.set(1);
        self.size.set(size);
        Ok(())
    }

    /// Makes room for `size` bytes, not fewer than the class needs. The content goes with it.
    pub fn resize(&self, size: usize) -> PyResult<()> {
        if self.size.get() >= size || (size <= SMALL && self.block().is_null()) {
            self.size.set(size);
            return Ok(());
        }
        let larger = memory::or_no_memory(memory::try_alloc_zeroed(size))?.as_ptr();
        // SAFETY: both have that many bytes.
        unsafe { larger.copy_from_nonoverlapping(self.ptr.get(), self.size.get()) };
        let old = self.block();
        let owner = if old.is_null() { Ok(None) } else { wide::owner(old).map(Some) };
        let chain = owner.and_then(|owner| match (owner, self.older.get()) {
            (Some(owner), Some(rest)) => tuple::from_array([owner, rest]).map(Some),
            (owner, rest) => Ok(owner.or(rest)),
        });
        match chain {
            Ok(chain) => {
                self.ptr.set(larger);
                self.size.set(size);
                self.older.set(chain);
                Ok(())
            }
            Err(raised) => {
                // SAFETY: nobody else knows the block.
                unsafe { memory::free(larger) };
                Err(raised)
            }
        }
    }

    /// The pointer that stands in the content, if there is room for one.
    pub fn pointer(&self) -> *mut u8 {
        if self.size.get() < size_of::<*mut u8>() || self.ptr.get().is_null() {
            return std::ptr::null_mut();
        }
        // SAFETY: so many bytes can be read there.
        unsafe { values::read_pointer(self.ptr.get()) }
    }

    /// Replaces the pointer that stands in the content.
    pub fn set_pointer(&self, address: *mut u8) {
        if self.size.get() >= size_of::<*mut u8>() && !self.ptr.get().is_null() {
            // SAFETY: so many bytes can be written there.
            unsafe { values::write_pointer(self.ptr.get(), address) };
        }
    }

    /// TypeError where the content is smaller than the class says: `__class__` of an instance can be assigned.
    pub fn check_fits(&self, info: &Holder) -> PyResult<()> {
        if info.size.get() <= self.size.get() {
            return Ok(());
        }
        Err(raise!(TypeError, "the instance is too small for a '{}'", info.0.tp_name()))
    }

    /// A copy of the content as bytes.
    pub fn to_bytes(&self) -> PyResult<Ref> {
        // SAFETY: the content has that many bytes.
        bytes::new(unsafe { self.slice(0, self.size.get()) })
    }

    /// A part of the content.
    ///
    /// # Safety
    /// It lies inside, and nothing runs as long as the result is in use.
    pub unsafe fn slice(&self, start: usize, len: usize) -> &[u8] {
        if len == 0 {
            return &[];
        }
        // SAFETY: by contract.
        unsafe { std::slice::from_raw_parts(self.ptr.get().add(start), len) }
    }

    /// Copies `content` over the start of the instance's, as far as there is room.
    pub fn write(&self, content: &[u8]) {
        let len = content.len().min(self.size.get());
        if len > 0 {
            // SAFETY: so many bytes can be written; `copy` allows an overlap.
            unsafe { self.ptr.get().copy_from(content.as_ptr(), len) };
        }
    }
}

/// The instance behind an object.
pub fn of<'a>(object: Borrowed<'a>) -> Option<Borrowed<'a, CData>> {
    object.downcast::<CData>()
}

/// As [`of`], or TypeError.
pub fn expect<'a>(object: Borrowed<'a>) -> PyResult<Borrowed<'a, CData>> {
    of(object).ok_or_else(|| raise!(TypeError, "not a ctype instance"))
}

/// A bare instance of a class, its memory not yet said.
fn bare(info: &Holder) -> PyResult<Ref<CData>> {
    let Some(alloc) = info.0.tp_alloc().filter(|_| info.0.is_subtype(CData::type_object())) else {
        return Err(raise!(TypeError, "cannot create '{}' instances", info.0.tp_name()));
    };
    info.is_final.set(true);
    let object = alloc(info.0.borrow(), 0)?;
    // SAFETY: an instance of a subclass, with zeroed fields, which are valid.
    let data = unsafe { object.cast_unchecked::<CData>() };
    data.length.set(info.length.get());
    data.size.set(info.size.get());
    Ok(data)
}

/// `tp_new` of most classes: an instance with zeroed memory of its own.
pub fn new(class: Borrowed<'_, TypeObject>) -> PyResult<Ref<CData>> {
    let info = Holder::concrete(&class)?;
    let data = bare(&info)?;
    data.allocate(info.size.get())?;
    Ok(data)
}

/// An instance at an address.
pub fn at_address(class: Borrowed<'_, TypeObject>, address: *mut u8) -> PyResult<Ref<CData>> {
    hooks::audit("ctypes.cdata", &[values::address_object(address)?.b()])?;
    let data = bare(&Holder::concrete(&class)?)?;
    data.ptr.set(address);
    Ok(data)
}

/// An instance that is a part of another's memory.
pub fn part(class: Borrowed<'_, TypeObject>, base: Borrowed<'_, CData>, index: isize, address: *mut u8) -> PyResult<Ref<CData>> {
    let data = bare(&Holder::concrete(&class)?)?;
    data.ptr.set(address);
    data.base.set(Some(base.object().to_ref()));
    data.index.set(index);
    Ok(data)
}

/// An instance whose content is a copy of what stands at an address.
///
/// # Safety
/// A value of the class can be read there.
pub unsafe fn copy_of(class: Borrowed<'_, TypeObject>, address: *const u8) -> PyResult<Ref<CData>> {
    let data = new(class)?;
    // SAFETY: by contract.
    unsafe { data.ptr.get().copy_from_nonoverlapping(address, data.size.get()) };
    Ok(data)
}

/// The value of type `class` at an address inside of `source`: a Python value for simple types, else an instance.
///
/// # Safety
/// A value of the class can be read there.
pub unsafe fn get(
    class: &Ref<TypeObject>,
    access: Option<Access>,
    source: Borrowed<'_, CData>,
    index: isize,
    extent: Extent,
    address: *mut u8,
) -> PyResult<Ref> {
    let access =
        access.or_else(|| Holder::of_type(class).filter(|info| !info.is_simple_subclass()).and_then(|info| info.access.get()));
    match access {
        // SAFETY: by contract.
        Some(access) => unsafe { access.get(address, extent) },
        None => part(class.borrow(), source, index, address).map(Ref::upcast),
    }
}

/// Writes a value as one of type `class`. Returns what must be kept alive.
///
/// # Safety
/// A value of the class can be written there, also after any Python code has run.
unsafe fn write(
    class: &Ref<TypeObject>,
    access: Option<Access>,
    value: Borrowed<'_>,
    extent: Extent,
    address: *mut u8,
) -> PyResult<Option<Ref>> {
    if let Some(access) = access {
        // SAFETY: by contract.
        return unsafe { access.set(address, value, extent) };
    }
    let Some(source) = of(value) else {
        // SAFETY: by contract.
        return unsafe { write_value(class, value, extent, address) };
    };
    let is_pointer = class.class().is_subtype(metatypes::PointerType::type_object());
    if value.isinstance(class.b())? {
        // A bit field takes the value's bits.
        if let Extent::Bits { .. } = extent
            && let Some(info) = Holder::of_type(class)
            && let Some(access) = info.access.get()
        {
            source.check_fits(&info)?;
            // SAFETY: by contract; the value is an instance of the class, and large enough.
            return unsafe {
                let value = access.get(source.ptr.get(), Extent::Bytes(source.size.get()))?;
                access.set(address, value.b(), extent)
            };
        }
        let len = extent.bytes().min(source.size.get());
        // SAFETY: by contract; `copy` allows an overlap.
        unsafe { address.copy_from(source.ptr.get(), len) };
        return keep::kept(source).map(Some);
    }
    let incompatible =
        || raise!(TypeError, "incompatible types, {} instance instead of {} instance", value.class().tp_name(), class.tp_name());
    if !is_pointer || value.downcast::<crate::array::Array>().is_none() {
        return Err(incompatible());
    }
    let item = |info: Option<Holder>| info.and_then(|info| info.proto.get());
    match (item(Holder::of_instance(value)), item(Holder::of_type(class))) {
        (Some(own), Some(wanted)) if own.is(&wanted) => {}
        _ => return Err(incompatible()),
    }
    // SAFETY: a pointer type has room for a pointer.
    unsafe { values::write_pointer(address, source.ptr.get()) };
    // The array itself must live too, not only what it keeps.
    tuple::from_array([keep::kept(source)?, value.to_ref()]).map(Some)
}

/// As [`write`], for a value that is no instance of ours.
unsafe fn write_value(class: &Ref<TypeObject>, value: Borrowed<'_>, extent: Extent, address: *mut u8) -> PyResult<Option<Ref>> {
    if let Some(access) = Holder::of_type(class).and_then(|info| info.access.get()) {
        // SAFETY: by contract.
        return unsafe { access.set(address, value, extent) };
    }
    if value.class().has(abi::tpflags::TUPLE_SUBCLASS) {
        // The class is called with the tuple's items.
        let made = class.call_tuple(value, None).map_err(|raised| {
            crate::state::extend_error(raised, &object::exc::RuntimeError, format_args!("({}) ", class.tp_name()))
        })?;
        if of(made.b()).is_none() {
            return Err(raise!(TypeError, "expected {} instance, got {}", class.tp_name(), made.class().tp_name()));
        }
        // SAFETY: by contract.
        return unsafe { write(class, None, made.b(), extent, address) };
    }
    if value.is(&core::none()) && class.class().is_subtype(metatypes::PointerType::type_object()) {
        // SAFETY: a pointer type has room for a pointer.
        unsafe { values::write_pointer(address, std::ptr::null_mut()) };
        return Ok(None);
    }
    Err(raise!(TypeError, "expected {} instance, got {}", class.tp_name(), value.class().tp_name()))
}

/// Writes a value as one of type `class` into the memory of `target`, where it is the item `index`.
///
/// # Safety
/// A value of the class can be written there, also after any Python code has run.
pub unsafe fn set(
    class: &Ref<TypeObject>,
    access: Option<Access>,
    target: Borrowed<'_, CData>,
    value: Borrowed<'_>,
    index: isize,
    extent: Extent,
    address: *mut u8,
) -> PyResult<()> {
    // SAFETY: by contract.
    let kept = unsafe { write(class, access, value, extent, address)? };
    keep::keep(target, index, kept)
}

/// The type of the innermost items of an array; of others, the type itself.
fn item_size(info: Holder) -> usize {
    let mut info = info;
    while info.0.class().is_subtype(metatypes::ArrayType::type_object()) {
        match info.item() {
            Ok(item) => info = item,
            Err(raised) => {
                raised.clear();
                break;
            }
        }
    }
    info.size.get()
}

#[pymethods]
impl CData {
    #[slot(bf_getbuffer)]
    fn buffer(slf: Borrowed<'_, Self>, view: *mut Py_buffer, _flags: c_int) -> PyResult<()> {
        let Some(info) = Holder::of_instance(slf.object()) else {
            return Err(raise!(BufferError, "an abstract class has no buffer"));
        };
        if view.is_null() {
            return Ok(());
        }
        slf.check_fits(&info)?;
        let (ndim, shape) = info.shape();
        // SAFETY: the caller passes a description; format and shape live as long as the class.
        let view = unsafe { &*view };
        view.buf.set(slf.ptr.get().cast());
        view.len.set(slf.size.get().cast_signed());
        view.readonly.set(0);
        view.format.set(info.format().unwrap_or(c"B".as_ptr()).cast_mut());
        view.ndim.set(c_int::try_from(ndim).unwrap_or(c_int::MAX));
        view.shape.set(if ndim == 0 { std::ptr::null_mut() } else { shape.cast_mut() });
        view.strides.set(std::ptr::null_mut());
        view.suboffsets.set(std::ptr::null_mut());
        view.internal.set(std::ptr::null_mut());
        view.itemsize.set(item_size(info).cast_signed());
        view.obj.set(slf.object().to_ref().into_ptr());
        Ok(())
    }

    #[slot(tp_hash)]
    fn hash(_slf: Borrowed<'_>) -> PyResult<isize> {
        Err(raise!(TypeError, "unhashable type"))
    }

    /// default __ctypes_from_outparam__ method returns self.
    #[method("($self, /)", name = "__ctypes_from_outparam__")]
    fn from_outparam(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[method("($self, /)", name = "__reduce__")]
    fn reduce(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let flags = Holder::of_instance(slf.object()).map_or(0, |info| info.flags.get());
        if flags & (flag::IS_POINTER | flag::HAS_POINTER) != 0 {
            return Err(raise!(ValueError, "ctypes objects containing pointers cannot be pickled"));
        }
        let dict = slf.object().getattr(id!("__dict__"))?;
        let state = tuple::from_array([dict, slf.to_bytes()?])?;
        let unpickle = vm::import::import_module("_ctypes")?.getattr(id!("_unpickle"))?;
        tuple::from_array([unpickle, tuple::from_array([slf.object().class().to_ref(), state])?])
    }

    #[method("($self, dict, data, /)", name = "__setstate__")]
    fn setstate(slf: Borrowed<'_, Self>, dict: Borrowed<'_>, data: Borrowed<'_>) -> PyResult<()> {
        if !dict.class().has(abi::tpflags::DICT_SUBCLASS) {
            return Err(raise!(TypeError, "__setstate__() argument 1 must be dict, not {}", dict.class().tp_name()));
        }
        let content = object::protocol::buffer::Buffer::readable(data)?;
        slf.write(content.bytes());
        drop(content);
        let own = slf.object().getattr(id!("__dict__"))?;
        if !own.class().has(abi::tpflags::DICT_SUBCLASS) {
            let found = own.class().tp_name();
            let object = slf.object();
            return Err(raise!(TypeError, "{:.200}.__dict__ must be a dictionary, not {found:.200}", object.class().tp_name()));
        }
        own.call_method(id!("update"), &[dict]).map(drop)
    }
}
