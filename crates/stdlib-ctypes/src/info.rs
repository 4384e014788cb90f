//! What C needs to know of a ctypes class: size, alignment, libffi's type, and how values are read and written.
//!
//! CPython calls it StgInfo. It is made when the class is initialised, and lives as long as the class. **Nothing that libffi or a buffer
//! points to is freed before**: a list of elements or a format that is replaced stays where it was.

use crate::access::Access;
use crate::ctype::CType;
use abi::{Cell, tpflags};
use libffi_sys as ffi;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, Trace, TypeObject, Visit, raise};
use std::cell::{RefCell, UnsafeCell};
use std::ffi::CString;
use std::ops::Deref;

/// How an instance becomes an argument of a C function.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Passing {
    /// A copy of the memory.
    #[default]
    Structure,
    /// The pointer in the memory.
    Pointer,
    /// The address of the memory.
    Array,
    /// The value, by its letter.
    Simple,
}

/// Calling convention and whether pointers are inside: `info.flags`.
pub mod flag {
    pub const CDECL: u32 = 0x1;
    pub const PYTHONAPI: u32 = 0x4;
    pub const USE_ERRNO: u32 = 0x8;
    pub const USE_LASTERROR: u32 = 0x10;
    pub const IS_POINTER: u32 = 0x100;
    pub const HAS_POINTER: u32 = 0x200;
}

/// A structure that stands for an array inside of a small structure: libffi has to see its true elements.
pub struct Dummy {
    pub ffi: UnsafeCell<ffi::ffi_type>,
    _elements: Box<[*mut ffi::ffi_type]>,
}

impl Dummy {
    /// A structure of `count` elements of the same type, NULL behind them.
    pub fn new(element: *mut ffi::ffi_type, count: usize) -> PyResult<Box<Dummy>> {
        // SAFETY: a type of libffi or of an `Info`, which lives longer.
        let (size, alignment) = unsafe { ((*element).size, (*element).alignment) };
        let mut elements = object::memory::vec_with_capacity(count.saturating_add(1))?;
        elements.resize(count, element);
        elements.push(std::ptr::null_mut());
        let mut elements = elements.into_boxed_slice();
        let ffi = ffi::ffi_type {
            size: size.saturating_mul(count),
            alignment,
            type_: ffi::FFI_TYPE_STRUCT,
            elements: elements.as_mut_ptr(),
        };
        Ok(Box::new(Dummy { ffi: UnsafeCell::new(ffi), _elements: elements }))
    }
}

/// See the file's head.
pub struct Info {
    pub size: Cell<usize>,
    pub align: Cell<usize>,
    /// Number of fields or items.
    pub length: Cell<usize>,
    ffi: UnsafeCell<ffi::ffi_type>,
    /// The item type of arrays and pointers; the letter of simple types.
    pub proto: OptRef,
    /// Of simple types only.
    pub access: Cell<Option<Access>>,
    pub passing: Cell<Passing>,
    pub argtypes: OptRef,
    pub converters: OptRef,
    pub restype: OptRef,
    pub checker: OptRef,
    /// `__pointer_type__`.
    pub pointer_type: OptRef,
    pub flags: Cell<u32>,
    /// `_fields_` cannot be assigned any more.
    pub is_final: Cell<bool>,
    /// The last one counts; earlier ones may still be lent.
    formats: RefCell<Vec<CString>>,
    shape: RefCell<Box<[isize]>>,
    elements: RefCell<Vec<Box<[*mut ffi::ffi_type]>>>,
    dummies: RefCell<Vec<Box<Dummy>>>,
    /// The classes whose `ffi` this one's points to.
    owners: RefCell<Vec<Ref>>,
    /// The array types of this item type, as weak references.
    pub arrays: RefCell<Vec<(usize, Ref)>>,
}

impl Info {
    fn new() -> Self {
        let ffi = ffi::ffi_type { size: 0, alignment: 0, type_: ffi::FFI_TYPE_STRUCT, elements: std::ptr::null_mut() };
        Info {
            size: Cell::new(0),
            align: Cell::new(0),
            length: Cell::new(0),
            ffi: UnsafeCell::new(ffi),
            proto: OptRef::none(),
            access: Cell::new(None),
            passing: Cell::default(),
            argtypes: OptRef::none(),
            converters: OptRef::none(),
            restype: OptRef::none(),
            checker: OptRef::none(),
            pointer_type: OptRef::none(),
            flags: Cell::new(0),
            is_final: Cell::new(false),
            formats: RefCell::default(),
            shape: RefCell::default(),
            elements: RefCell::default(),
            dummies: RefCell::default(),
            owners: RefCell::default(),
            arrays: RefCell::default(),
        }
    }

    /// Makes what a new class has to say of itself.
    pub fn init(class: Borrowed<'_, TypeObject>) -> PyResult<Holder> {
        let Some(place) = place_of(&class) else {
            return Err(raise!(SystemError, "'{}' is not a ctypes class.", class.tp_name()));
        };
        if !place.get().is_null() {
            return Err(raise!(SystemError, "StgInfo of '{}' is already initialized.", class.tp_name()));
        }
        place.set(Box::into_raw(Box::new(Info::new())));
        Ok(Holder(class.to_ref()))
    }

    /// libffi's type, at an address that stays.
    pub fn ffi(&self) -> *mut ffi::ffi_type {
        self.ffi.get()
    }

    /// Takes over the fields of libffi's type.
    pub fn set_ffi(&self, value: ffi::ffi_type) {
        // SAFETY: no reference to the type is held; libffi reads it only during calls into it.
        unsafe { self.ffi.get().write(value) };
    }

    /// Size, alignment and libffi's type of a simple type or a pointer.
    pub fn set_simple_layout(&self, letter: u8) {
        // SAFETY: libffi's types are never written to after they are complete.
        let ffi = unsafe { *crate::access::ffi_type(letter) };
        self.set_ffi(ffi);
        self.size.set(ffi.size);
        self.align.set(usize::from(ffi.alignment));
    }

    /// The elements of libffi's structure, without the NULL behind them.
    pub fn element_list(&self) -> Vec<*mut ffi::ffi_type> {
        self.elements
            .borrow()
            .last()
            .map_or_else(Vec::new, |list| list.iter().copied().take_while(|item| !item.is_null()).collect())
    }

    /// Makes libffi's type a structure of these elements, which belong to `owners` and `dummies`.
    pub fn set_structure(&self, elements: &[*mut ffi::ffi_type], owners: Vec<Ref>, dummies: Vec<Box<Dummy>>) -> PyResult<()> {
        let mut list = object::memory::vec_with_capacity(elements.len() + 1)?;
        list.extend_from_slice(elements);
        list.push(std::ptr::null_mut());
        let mut list = list.into_boxed_slice();
        // libffi aligns its stack to 16 bytes; it would write past the end for a larger alignment.
        let alignment = self.align.get().min(16) as u16;
        self.set_ffi(ffi::ffi_type {
            size: self.size.get(),
            alignment,
            type_: ffi::FFI_TYPE_STRUCT,
            elements: list.as_mut_ptr(),
        });
        self.elements.borrow_mut().push(list);
        self.owners.borrow_mut().extend(owners);
        self.dummies.borrow_mut().extend(dummies);
        Ok(())
    }

    /// The format as a C string that lives as long as the class.
    pub fn format(&self) -> Option<*const std::ffi::c_char> {
        self.formats.borrow().last().map(|format| format.as_ptr())
    }

    /// The format as text; none for a class that has none yet.
    pub fn format_text(&self) -> Option<String> {
        self.formats.borrow().last().map(|format| format.to_string_lossy().into_owned())
    }

    /// Replaces the format.
    pub fn set_format(&self, format: CString) {
        self.formats.borrow_mut().push(format);
    }

    /// The sizes of an array's dimensions, at an address that stays.
    pub fn shape(&self) -> (usize, *const isize) {
        let shape = self.shape.borrow();
        (shape.len(), shape.as_ptr())
    }

    /// A copy of the sizes of an array's dimensions.
    pub fn shape_list(&self) -> Vec<isize> {
        self.shape.borrow().to_vec()
    }

    /// Says the sizes; once, before anybody can ask for them.
    pub fn set_shape(&self, shape: Vec<isize>) {
        *self.shape.borrow_mut() = shape.into_boxed_slice();
    }

    /// Takes over what the base of a class says, but for what is its own. `base` is the base's class.
    pub fn copy_from(&self, base: &Holder) {
        self.size.set(base.size.get());
        self.align.set(base.align.get());
        self.length.set(base.length.get());
        // The lists that it points to live as long as the base, which a class keeps alive.
        // SAFETY: no reference to either is held.
        self.set_ffi(unsafe { *base.ffi() });
        let elements = base.element_list();
        if !elements.is_empty() {
            let owner = base.0.clone().upcast();
            if let Err(raised) = self.set_structure(&elements, vec![owner], Vec::new()) {
                raised.clear();
            }
        }
        for (own, other) in [
            (&self.proto, &base.proto),
            (&self.argtypes, &base.argtypes),
            (&self.converters, &base.converters),
            (&self.restype, &base.restype),
            (&self.checker, &base.checker),
        ] {
            own.set(other.get());
        }
        self.access.set(base.access.get());
        self.passing.set(base.passing.get());
        self.flags.set(base.flags.get());
        if let Some(format) = base.formats.borrow().last() {
            self.set_format(format.clone());
        }
        self.set_shape(base.shape_list());
    }

    /// The letter of a simple type.
    pub fn letter(&self) -> Option<u8> {
        let proto = self.proto.get()?;
        object::value::str::as_ascii(proto.b()).and_then(|text| text.bytes().next())
    }
}

impl Trace for Info {
    fn trace(&self, visit: &mut Visit<'_>) {
        for field in [&self.proto, &self.argtypes, &self.converters, &self.restype, &self.checker, &self.pointer_type] {
            field.trace(visit);
        }
        self.owners.borrow().trace(visit);
        self.arrays.borrow().iter().for_each(|(_, array)| array.trace(visit));
    }

    fn clear(&self) {
        for field in [&self.proto, &self.argtypes, &self.converters, &self.restype, &self.checker, &self.pointer_type] {
            field.set(None);
        }
        drop(self.arrays.take());
    }
}

/// Where a heap type of our metaclasses keeps the pointer to its [`Info`].
pub fn place_of(class: &TypeObject) -> Option<&Cell<*mut Info>> {
    if !class.has(tpflags::HEAPTYPE) || !class.class().is_subtype(CType::type_object()) {
        return None;
    }
    // SAFETY: a heap type of this metaclass has the metaclass's struct.
    Some(unsafe { &(*class.as_type_ptr().cast::<CType>()).info })
}

/// A class that has an [`Info`], and thereby the info.
pub struct Holder(pub Ref<TypeObject>);

impl Deref for Holder {
    type Target = Info;
    fn deref(&self) -> &Info {
        let place = place_of(&self.0).map_or(std::ptr::null_mut(), Cell::get);
        // SAFETY: a holder is only made of a class whose info exists, which is freed with the class.
        unsafe { &*place }
    }
}

impl Holder {
    /// The info of a class; none for other classes and for those that are abstract.
    pub fn of_type(class: &TypeObject) -> Option<Holder> {
        place_of(class).filter(|place| !place.get().is_null()).map(|_| Holder(class.to_type_ref()))
    }

    /// The info of an object that may be a class.
    pub fn of(object: Borrowed<'_>) -> Option<Holder> {
        let class = object.downcast::<TypeObject>()?;
        Holder::of_type(&class)
    }

    /// The info of an object's class.
    pub fn of_instance(object: Borrowed<'_>) -> Option<Holder> {
        Holder::of_type(object.class())
    }

    /// The info of a class or of an instance's class.
    pub fn of_any(object: Borrowed<'_>) -> Option<Holder> {
        match object.downcast::<TypeObject>() {
            Some(class) => Holder::of_type(&class),
            None => Holder::of_instance(object),
        }
    }

    /// The info of a class that is not abstract, or TypeError.
    pub fn concrete(class: &TypeObject) -> PyResult<Holder> {
        Holder::of_type(class).ok_or_else(|| raise!(TypeError, "abstract class"))
    }

    /// The item type of an array or a pointer.
    pub fn item_type(&self) -> PyResult<Ref<TypeObject>> {
        let proto = self.proto.get().and_then(|proto| proto.downcast::<TypeObject>().ok());
        proto.ok_or_else(|| raise!(TypeError, "_type_ must have storage info"))
    }

    /// The item type and its info.
    pub fn item(&self) -> PyResult<Holder> {
        let item = self.item_type()?;
        Holder::of_type(&item).ok_or_else(|| raise!(TypeError, "_type_ must have storage info"))
    }

    /// Whether the class is a subclass of a simple type rather than one itself: instances keep their class.
    pub fn is_simple_subclass(&self) -> bool {
        self.0.class().is_subtype(crate::metatypes::SimpleType::type_object())
            && !self.0.base().is_some_and(|base| base.is_type(crate::simple::Simple::type_object()))
    }
}
