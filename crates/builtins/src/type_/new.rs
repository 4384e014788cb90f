//! `type(name, bases, dict)`: classes made by programs.

use super::{dicts, instance, layout, lookup, ready, slot_functions, slots_attr, update};
use abi::{PyHeapTypeObject, PyTypeObject, member, tpflags, typeslot};
use object::value::{str as text, tuple};
use object::{Borrowed, Layout, Object, PyResult, RawField, Ref, TypeObject, core, error, id, memory, raise};
use std::ffi::CStr;

/// A heap type's struct.
#[repr(transparent)]
pub struct HeapType(pub PyHeapTypeObject);
// SAFETY: it begins with a type object.
unsafe impl Layout for HeapType {}

/// The heap type behind a type, if it is one.
#[inline]
pub fn heap(class: &TypeObject) -> Option<&PyHeapTypeObject> {
    // SAFETY: the flag says that the struct is a heap type's.
    class.has(tpflags::HEAPTYPE).then(|| unsafe { &*class.as_type_ptr().cast::<PyHeapTypeObject>() })
}

/// `type.__new__`.
pub fn new(metatype: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let items = tuple::items(args).unwrap_or_default();
    let [name, bases, dict] = *items else {
        return Err(raise!(TypeError, "type.__new__() takes exactly 3 arguments ({} given)", items.len()));
    };
    let wrong = |position: usize, expected: &str, found: Borrowed<'_>| {
        raise!(TypeError, "type.__new__() argument {position} must be {expected}, not {}", found.class().tp_name())
    };
    if !text::check(name) {
        return Err(wrong(1, "str", name));
    }
    if !bases.class().has(tpflags::TUPLE_SUBCLASS) {
        return Err(wrong(2, "tuple", bases));
    }
    if !dict.class().has(tpflags::DICT_SUBCLASS) {
        return Err(wrong(3, "dict", dict));
    }
    let bases = super::tuple_items(Some(&bases.to_ref()));
    let (base, bases, metatype) = if bases.is_empty() {
        (core::OBJECT.to_type_ref(), vec![core::OBJECT.to_ref()], metatype.to_ref())
    } else {
        check_bases(&bases)?;
        let winner = calculate_metaclass(&metatype, &bases)?;
        if !winner.is_type(&metatype) && winner.slot_ptr(typeslot::tp_new) != core::TYPE.slot_ptr(typeslot::tp_new) {
            return match winner.tp_new() {
                Some(new) => new(winner.borrow(), args, kwargs),
                None => Err(raise!(TypeError, "cannot create '{}' instances", winner.tp_name())),
            };
        }
        (layout::best_base(&bases)?, bases, winner)
    };
    let class = Plan { name, dict: copy_namespace(dict)?, bases, base, metatype }.build()?;
    set_names(&class)?;
    init_subclass(&class, kwargs)?;
    Ok(class.upcast())
}

/// A copy of the namespace; that of a subclass of dict has the order in which it gives its keys.
fn copy_namespace(dict: Borrowed<'_>) -> PyResult<Ref> {
    match dict.downcast::<crate::dict::Dict>() {
        Some(namespace) => namespace.copy().map(Ref::upcast),
        None => dicts::copy(dict),
    }
}

fn check_bases(bases: &[Ref]) -> PyResult<()> {
    for base in bases {
        if base.b().downcast::<TypeObject>().is_none() {
            if base.hasattr(id!("__mro_entries__"))? {
                return Err(raise!(TypeError, "type() doesn't support MRO entry resolution; use types.new_class()"));
            }
            if base.class().is_type(&core::TYPE) {
                break;
            }
        }
    }
    Ok(())
}

/// The most derived of the metaclass and the metaclasses of the bases.
pub fn calculate_metaclass(metatype: &TypeObject, bases: &[Ref]) -> PyResult<Ref<TypeObject>> {
    let mut winner = metatype.to_type_ref();
    for base in bases {
        let candidate = base.class();
        if winner.is_subtype(candidate) {
            continue;
        }
        if candidate.is_subtype(&winner) {
            winner = candidate.to_type_ref();
            continue;
        }
        return Err(raise!(
            TypeError,
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"
        ));
    }
    Ok(winner)
}

/// What a new class is made of.
struct Plan<'a> {
    name: Borrowed<'a>,
    /// A copy: the class's own.
    dict: Ref,
    bases: Vec<Ref>,
    base: Ref<TypeObject>,
    metatype: Ref<TypeObject>,
}

impl Plan<'_> {
    fn build(self) -> PyResult<Ref<TypeObject>> {
        let slots = slots_attr::Slots::of(&self.dict, self.name, &self.base, &self.bases)?;
        let tp_name = c_name(self.name)?;
        let class = self.allocate(&slots, tp_name)?;
        self.set_attributes(&class)?;
        // Before the members: a slot may itself be named `__classcell__`.
        set_class_cell(&class)?;
        self.set_members(&class, &slots)?;
        ready::ready_python(&class)?;
        warn_of_other_keys(&class)?;
        finish_managed_dict(&class)?;
        update::fix_new(&class)?;
        Ok(class)
    }

    /// The type object with what needs no look-up; its dict and names are owned by it from here on.
    fn allocate(&self, slots: &slots_attr::Slots, tp_name: Ref) -> PyResult<Ref<TypeObject>> {
        let class = allocate_type(&self.metatype, slots.names.len())?;
        let raw = class.raw();
        raw.tp_flags.set(tpflags::HEAPTYPE | tpflags::BASETYPE | tpflags::HAVE_GC);
        init_suites(&class);
        let Some(heap) = heap(&class) else { return Err(error::bad_internal_call()) };
        heap.ht_name.store(Some(self.name.to_ref()));
        heap.ht_qualname.store(Some(self.name.to_ref()));
        heap.ht_slots.store(slots.tuple.clone());
        // The text's bytes stand behind the header and the count of the bytes object that keeps them.
        raw.tp_name.set(bytes_start(&tp_name));
        heap._ht_tpname.set(keep_name(tp_name));
        raw.tp_base.set(self.base.clone().into_ptr().cast::<PyTypeObject>());
        raw.tp_bases.store(Some(tuple::from_vec(self.bases.clone())?));
        raw.tp_dict.store(Some(self.dict.clone()));
        raw.tp_itemsize.set(self.base.raw().tp_itemsize.get());
        // SAFETY: functions of the slots' signatures.
        unsafe {
            class.set_slot(typeslot::tp_dealloc, instance::dealloc as *const ());
            class.set_slot(typeslot::tp_traverse, instance::traverse as *const ());
            class.set_slot(typeslot::tp_clear, instance::clear as *const ());
            class.set_slot(typeslot::tp_alloc, memory::generic_alloc as *const ());
            class.set_slot(typeslot::tp_free, memory::generic_free as *const ());
        }
        Ok(class)
    }

    fn set_attributes(&self, class: &TypeObject) -> PyResult<()> {
        let dict = self.dict.b();
        if dicts::get(dict, id!("__module__"))?.is_none()
            && let Some(module) = super::current_module_name()?
        {
            dicts::set(dict, id!("__module__"), module.b())?;
        }
        self.set_qualname(class)?;
        self.set_doc(class)?;
        wrap_function(dict, id!("__new__"), crate::method::new_staticmethod)?;
        wrap_function(dict, id!("__init_subclass__"), crate::method::new_classmethod)?;
        wrap_function(dict, id!("__class_getitem__"), crate::method::new_classmethod)
    }

    fn set_qualname(&self, class: &TypeObject) -> PyResult<()> {
        let Some(qualname) = dicts::get(self.dict.b(), id!("__qualname__"))? else { return Ok(()) };
        if !text::check(qualname.b()) {
            return Err(raise!(TypeError, "type __qualname__ must be a str, not {}", qualname.class().tp_name()));
        }
        if let Some(heap) = heap(class) {
            heap.ht_qualname.store(Some(qualname));
        }
        dicts::delete(self.dict.b(), id!("__qualname__"))
    }

    /// `tp_doc` is a copy of a str `__doc__`, as C code reads it.
    fn set_doc(&self, class: &TypeObject) -> PyResult<()> {
        let Some(doc) = dicts::get(self.dict.b(), id!("__doc__"))? else { return Ok(()) };
        if !text::check(doc.b()) {
            return Ok(());
        }
        let Some(doc) = text::to_string(doc.b()) else { return Err(object::convert::surrogates_not_allowed(doc.b())) };
        let mut bytes = memory::vec_with_capacity(doc.len() + 1)?;
        bytes.extend_from_slice(doc.as_bytes());
        bytes.push(0);
        let block = memory::or_no_memory(memory::try_alloc(bytes.len()))?;
        // SAFETY: the block has that many bytes.
        unsafe { block.copy_from_nonoverlapping(std::ptr::NonNull::from(bytes.as_slice()).cast(), bytes.len()) };
        class.raw().tp_doc.set(block.as_ptr().cast());
        Ok(())
    }

    fn set_members(&self, class: &TypeObject, slots: &slots_attr::Slots) -> PyResult<()> {
        let raw = class.raw();
        let mut offset = self.base.raw().tp_basicsize.get();
        let start = instance::slot_members_start(class);
        for (index, name) in slots.names.iter().enumerate() {
            let definition = object::spec::member(member_name(name.b())?, member::T_OBJECT_EX, offset.cast_unsigned(), 0, None);
            // SAFETY: the type was allocated with room for this many members and a zeroed one behind them.
            unsafe { start.add(index).write(definition) };
            offset += size_of::<usize>().cast_signed();
        }
        if slots.add_dict {
            class.add_flags(tpflags::MANAGED_DICT);
            raw.tp_dictoffset.set(super::MANAGED_DICT_OFFSET);
        }
        if slots.add_weakref {
            class.add_flags(tpflags::MANAGED_WEAKREF);
            raw.tp_weaklistoffset.set(super::MANAGED_WEAKREF_OFFSET);
        }
        raw.tp_basicsize.set(offset);
        raw.tp_getset.set(instance::getsets(slots.add_dict, slots.add_weakref));
        if !slots.names.is_empty() {
            raw.tp_members.set(start);
        }
        Ok(())
    }
}

/// Memory of a heap type of this metaclass, with room for members.
pub fn allocate_type(metatype: &TypeObject, members: usize) -> PyResult<Ref<TypeObject>> {
    let Some(alloc) = metatype.tp_alloc() else {
        return Err(raise!(TypeError, "cannot create '{}' instances", metatype.tp_name()));
    };
    let class = alloc(metatype.borrowed_type(), members.cast_signed())?;
    // SAFETY: instances of a metaclass are types.
    Ok(unsafe { class.cast_unchecked::<TypeObject>() })
}

/// Points the suites of a heap type into its own struct.
pub fn init_suites(class: &TypeObject) {
    let raw = class.raw();
    let Some(heap) = heap(class) else { return };
    raw.tp_as_async.set(std::ptr::from_ref(&heap.as_async).cast_mut());
    raw.tp_as_number.set(std::ptr::from_ref(&heap.as_number).cast_mut());
    raw.tp_as_sequence.set(std::ptr::from_ref(&heap.as_sequence).cast_mut());
    raw.tp_as_mapping.set(std::ptr::from_ref(&heap.as_mapping).cast_mut());
    raw.tp_as_buffer.set(std::ptr::from_ref(&heap.as_buffer).cast_mut());
}

/// The keys that instances share, and their inline values.
pub fn finish_managed_dict(class: &TypeObject) -> PyResult<()> {
    if !class.has(tpflags::MANAGED_DICT) {
        return Ok(());
    }
    let namespace = class.raw().tp_dict.load();
    let namespace = namespace.as_ref().and_then(|dict| dict.b().downcast::<crate::dict::Dict>());
    crate::dict::instance::init_class_keys(class, namespace)?;
    if class.raw().tp_itemsize.get() == 0 {
        class.add_flags(tpflags::INLINE_VALUES);
    }
    Ok(())
}

/// The text of a class's name as a bytes object, which ends with NUL.
pub fn c_name(name: Borrowed<'_>) -> PyResult<Ref> {
    let Some(name_text) = text::to_string(name) else { return Err(object::convert::surrogates_not_allowed(name)) };
    if name_text.contains('\0') {
        return Err(raise!(ValueError, "type name must not contain null characters"));
    }
    object::value::bytes::new(name_text.as_bytes())
}

/// Where the bytes of a bytes object stand.
pub fn bytes_start(bytes: &Ref) -> *const std::ffi::c_char {
    object::value::bytes::value(bytes.b()).map_or(std::ptr::null(), |data| data.as_ptr().cast())
}

/// The owner of a name's bytes, in the field that is private to the implementation.
pub fn keep_name(bytes: Ref) -> *mut std::ffi::c_char {
    bytes.into_ptr().cast()
}

/// The name of a slot as C reads it: the bytes of an ASCII string, which `ht_slots` keeps alive; others are kept for good.
fn member_name(name: Borrowed<'_>) -> PyResult<&'static CStr> {
    if let Some(ascii) = text::as_ascii(name) {
        // SAFETY: a NUL stands behind the text of a string, and the class keeps the string as long as its members.
        return Ok(unsafe { CStr::from_ptr(ascii.as_ptr().cast()) });
    }
    let Some(utf8) = text::to_string(name) else { return Err(object::convert::surrogates_not_allowed(name)) };
    match std::ffi::CString::new(utf8) {
        Ok(name) => Ok(Box::leak(name.into_boxed_c_str())),
        Err(_) => Err(raise!(TypeError, "__slots__ must be identifiers")),
    }
}

/// A function in a class's dict becomes a static method or class method.
fn wrap_function(dict: Borrowed<'_>, name: Borrowed<'_>, wrap: fn(Borrowed<'_>) -> PyResult<Ref>) -> PyResult<()> {
    match dicts::get(dict, name)? {
        Some(function) if function.class().is_type(&core::FUNCTION) => dicts::set(dict, name, wrap(function.b())?.b()),
        _ => Ok(()),
    }
}

/// Gives `__class__` cells the class, and `__classdict__` cells its dict.
fn set_class_cell(class: &Ref<TypeObject>) -> PyResult<()> {
    let Some(dict) = class.raw().tp_dict.load() else { return Ok(()) };
    let cells = [(id!("__classcell__"), class.clone().upcast()), (id!("__classdictcell__"), dict.clone())];
    for (name, value) in cells {
        let Some(cell) = dicts::get(dict.b(), name)? else { continue };
        if !cell.class().is_type(&core::CELL) {
            return Err(raise!(
                TypeError,
                "{} must be a nonlocal cell, not {}",
                text::to_string_lossy(name),
                cell.class().repr_text()?
            ));
        }
        crate::cell::set(cell.b(), Some(value));
        dicts::delete(dict.b(), name)?;
    }
    lookup::modified(class);
    Ok(())
}

/// RuntimeWarning where the namespace has keys that are not strings.
fn warn_of_other_keys(class: &TypeObject) -> PyResult<()> {
    let Some(dict) = class.raw().tp_dict.load() else { return Ok(()) };
    if dict.b().downcast::<crate::dict::Dict>().is_some_and(|dict| dict.has_only_strs()) {
        return Ok(());
    }
    if dicts::items(dict.b())?.iter().any(|(key, _)| !text::check(key.b())) {
        let message = format!("non-string key in the __dict__ of class {}", class.short_name());
        object::hooks::warn(&object::exc::RuntimeWarning, &message, 1)?;
    }
    Ok(())
}

/// Calls `__set_name__` of all attributes that have it.
fn set_names(class: &Ref<TypeObject>) -> PyResult<()> {
    let Some(dict) = class.raw().tp_dict.load() else { return Ok(()) };
    for (name, value) in named(dict.b())? {
        let Some(set_name) = value.lookup_special(id!("__set_name__"))? else { continue };
        if let Err(raised) = set_name.call(&[class.b(), name.b()]) {
            let exception = raised.take();
            let note = format!(
                "Error calling __set_name__ on '{}' instance {} in '{}'",
                value.class().short_name(),
                name.repr_text()?,
                class.short_name()
            );
            let noted = crate::exceptions::add_note(exception.b(), &note);
            let raised = error::restore(exception);
            noted?;
            return Err(raised);
        }
    }
    Ok(())
}

/// The items of a class's dict that may have a `__set_name__`, which functions and plain values have not.
fn named(dict: Borrowed<'_>) -> PyResult<Vec<(Ref, Ref)>> {
    let Some(dict) = dict.downcast_exact::<crate::dict::Dict>() else { return dicts::items(dict) };
    let mut items = Vec::new();
    let mut position = crate::dict::Position::default();
    while let Some((key, value)) = dict.next_borrowed(&mut position) {
        // SAFETY: both are the dict's, which does not change here.
        let (key, value) = unsafe { (Borrowed::<Object>::from_ptr_or_null(key), Borrowed::<Object>::from_ptr_or_null(value)) };
        let (Some(key), Some(value)) = (key, value) else { continue };
        let class = value.class();
        if ![&core::FUNCTION, &core::STR, &core::NONE_TYPE, &core::INT, &core::TUPLE]
            .into_iter()
            .any(|plain| class.is_type(plain))
        {
            items.try_reserve(1).map_err(|_| memory::no_memory())?;
            items.push((key.to_ref(), value.to_ref()));
        }
    }
    Ok(items)
}

/// `super(cls, cls).__init_subclass__(**kwargs)`.
fn init_subclass(class: &Ref<TypeObject>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
    let has_keywords = match kwargs {
        Some(kwargs) => kwargs.len()? != 0,
        None => false,
    };
    let order = class.raw().tp_mro.load();
    let behind = order.as_ref().and_then(|order| tuple::items(order.b())?.get(1..)).unwrap_or_default();
    // That of `object` does nothing.
    if !has_keywords
        && let Some(found) = lookup::find_in(behind, id!("__init_subclass__"))?
        && let Some(dict) = lookup::own_dict(&core::OBJECT)?
        && dicts::get(dict.b(), id!("__init_subclass__"))?.is_some_and(|own| own.is(&found))
    {
        return Ok(());
    }
    let parent = crate::super_::bound(class.b(), class.b())?;
    let function = parent.getattr(id!("__init_subclass__"))?;
    function.call_tuple(tuple::empty().b(), kwargs).map(drop)
}

/// `type.__init__`: checks the count of its arguments.
pub fn init(args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
    let count = tuple::items(args).map_or(0, <[_]>::len);
    let has_keywords = match kwargs {
        Some(kwargs) => kwargs.len()? != 0,
        None => false,
    };
    if has_keywords && count == 1 {
        return Err(raise!(TypeError, "type.__init__() takes no keyword arguments"));
    }
    if count != 1 && count != 3 {
        return Err(raise!(TypeError, "type.__init__() takes 1 or 3 arguments"));
    }
    Ok(())
}

/// Whether the constructor of a type is the one that calls a `__new__` written in Python.
pub fn is_python_new(class: &TypeObject) -> bool {
    class.slot_ptr(typeslot::tp_new) == slot_functions::tp_new as *const ()
}
