//! Types from C's descriptions: `PyType_FromMetaclass` (`PyType_Spec`).

use super::{dicts, instance, layout, new, ready};
use abi::{PyMemberDef, PyType_Slot, PyType_Spec, c_void, member, tpflags, typeslot};
use object::value::{bytes, str as text, tuple};
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, core, error, id, memory, raise};
use std::ffi::CStr;

/// What a description's slots say besides functions.
#[derive(Default)]
struct Parts {
    base: Option<Ref>,
    bases: Option<Ref>,
    doc: Option<&'static CStr>,
    members: Option<*mut PyMemberDef>,
    member_count: usize,
    token: Option<*mut c_void>,
}

/// A heap type from C's description; `bases` (a type or a tuple) win over those of the description.
///
/// # Safety
/// `spec` and what it points to are valid, and live as long as C asks for; its functions fit their slots.
pub unsafe fn from_spec(
    metaclass: Option<&TypeObject>,
    module: Option<Borrowed<'_>>,
    spec: &PyType_Spec,
    bases: Option<Borrowed<'_>>,
) -> PyResult<Ref<TypeObject>> {
    if spec.name.get().is_null() {
        return Err(raise!(SystemError, "Type spec does not define the name field."));
    }
    // SAFETY: by contract.
    let full_name = unsafe { CStr::from_ptr(spec.name.get()) };
    let Ok(full_text) = full_name.to_str() else { return Err(raise!(SystemError, "a type's name is not UTF-8")) };
    // SAFETY: by contract.
    let parts = unsafe { read_parts(spec)? };
    let bases = collect_bases(bases, &parts)?;
    if spec.flags.get() & (tpflags::IMMUTABLETYPE as u32) != 0 {
        check_immutable_bases(full_text, &bases)?;
    }
    let metaclass = new::calculate_metaclass(metaclass.unwrap_or(&core::TYPE), &bases)?;
    let new_of = |class: &TypeObject| class.raw().tp_new.get().map(|function| function as usize);
    if new_of(&metaclass).is_some_and(|own| Some(own) != new_of(&core::TYPE)) {
        return Err(raise!(TypeError, "Metaclasses with custom tp_new are not supported."));
    }
    let base = layout::best_base(&bases)?;
    let items_at_end = tpflags::ITEMS_AT_END & (base.flags() | u64::from(spec.flags.get())) != 0;
    if spec.basicsize.get() < 0 && base.raw().tp_itemsize.get() != 0 && !items_at_end {
        return Err(raise!(SystemError, "Cannot extend variable-size class without Py_TPFLAGS_ITEMS_AT_END."));
    }
    let class = new::allocate_type(&metaclass, parts.member_count)?;
    let raw = class.raw();
    let flags = u64::from(spec.flags.get());
    raw.tp_flags.set(flags | tpflags::HEAPTYPE);
    new::init_suites(&class);
    let Some(heap) = new::heap(&class) else { return Err(error::bad_internal_call()) };
    let (module_name, short) = match full_text.rsplit_once('.') {
        Some((module, short)) => (Some(module), short),
        None => (None, full_text),
    };
    let name = text::new(short)?;
    heap.ht_name.store(Some(name.clone()));
    heap.ht_qualname.store(Some(name));
    heap.ht_module.store(module.map(Borrowed::to_ref));
    let kept = bytes::new(full_text.as_bytes())?;
    raw.tp_name.set(new::bytes_start(&kept));
    heap._ht_tpname.set(new::keep_name(kept));
    raw.tp_base.set(base.clone().into_ptr().cast());
    raw.tp_bases.store(Some(tuple::from_vec(bases)?));
    let dict = dicts::new()?;
    raw.tp_dict.store(Some(dict.clone()));
    set_sizes(&class, &base, spec)?;
    // SAFETY: by contract the functions fit.
    unsafe { set_functions(&class, spec) };
    set_parts(&class, &base, spec, &parts)?;
    set_default_functions(&class);
    ready::ready(&class)?;
    new::finish_managed_dict(&class)?;
    if let Some(module_name) = module_name
        && dicts::get(dict.b(), id!("__module__"))?.is_none()
    {
        dicts::set(dict.b(), id!("__module__"), text::new(module_name)?.b())?;
    }
    Ok(class)
}

/// The slots of a description, one after the other.
unsafe fn slots(spec: &PyType_Spec) -> impl Iterator<Item = (u16, *mut c_void)> {
    let mut slot: *mut PyType_Slot = spec.slots.get();
    std::iter::from_fn(move || {
        if slot.is_null() {
            return None;
        }
        // SAFETY: the list ends with a slot 0.
        unsafe {
            let id = (*slot).slot.get();
            let function = (*slot).pfunc.get();
            if id == 0 {
                return None;
            }
            slot = slot.add(1);
            Some((u16::try_from(id).unwrap_or(u16::MAX), function))
        }
    })
}

unsafe fn read_parts(spec: &PyType_Spec) -> PyResult<Parts> {
    let mut parts = Parts::default();
    // SAFETY: by contract what each slot points to has the type that its number says.
    unsafe {
        for (id, value) in slots(spec) {
            match id {
                typeslot::tp_base => {
                    parts.base = Borrowed::<object::Object>::from_ptr_or_null(value.cast()).map(Borrowed::to_ref)
                }
                typeslot::tp_bases => {
                    parts.bases = Borrowed::<object::Object>::from_ptr_or_null(value.cast()).map(Borrowed::to_ref)
                }
                typeslot::tp_doc if parts.doc.is_some() => {
                    return Err(raise!(SystemError, "Multiple Py_tp_doc slots are not supported."));
                }
                typeslot::tp_doc => parts.doc = (!value.is_null()).then(|| CStr::from_ptr(value.cast())),
                typeslot::tp_members if parts.member_count > 0 => {
                    return Err(raise!(SystemError, "Multiple Py_tp_members slots are not supported."));
                }
                typeslot::tp_members => read_members(value.cast(), &mut parts, spec)?,
                typeslot::tp_token => parts.token = Some(value),
                0 | typeslot::BEYOND.. => return Err(raise!(RuntimeError, "invalid slot offset")),
                _ => {}
            }
        }
    }
    Ok(parts)
}

unsafe fn read_members(table: *mut PyMemberDef, parts: &mut Parts, spec: &PyType_Spec) -> PyResult<()> {
    parts.members = Some(table);
    let mut entry = table;
    // SAFETY: the table ends with an entry without a name.
    unsafe {
        while !entry.is_null() && !(*entry).name.get().is_null() {
            check_member(&*entry, spec)?;
            parts.member_count += 1;
            entry = entry.add(1);
        }
    }
    Ok(())
}

/// SystemError for a member that lies outside of the struct, or that names a place of the type with a wrong type or wrong flags.
fn check_member(entry: &PyMemberDef, spec: &PyType_Spec) -> PyResult<()> {
    let (flags, own) = (entry.flags.get(), spec.basicsize.get() as isize);
    if flags & member::RELATIVE_OFFSET != 0 {
        if own > 0 {
            return Err(raise!(SystemError, "With Py_RELATIVE_OFFSET, basicsize must be negative."));
        }
        if entry.offset.get() < 0 || entry.offset.get() >= -own {
            return Err(raise!(SystemError, "Member offset out of range (0..-basicsize)"));
        }
    }
    // SAFETY: an entry of the table has a name.
    let name = unsafe { CStr::from_ptr(entry.name.get()) };
    if !matches!(name.to_bytes(), b"__weaklistoffset__" | b"__dictoffset__" | b"__vectorcalloffset__") {
        return Ok(());
    }
    let name = name.to_string_lossy();
    if entry.r#type.get() != member::T_PYSSIZET {
        return Err(raise!(SystemError, "type of {name} must be Py_T_PYSSIZET"));
    }
    if flags & !member::RELATIVE_OFFSET != member::READONLY {
        return Err(raise!(SystemError, "flags for {name} must be Py_READONLY or (Py_READONLY | Py_RELATIVE_OFFSET)"));
    }
    Ok(())
}

/// TypeError where a base of an immutable type could change.
fn check_immutable_bases(name: &str, bases: &[Ref]) -> PyResult<()> {
    for base in bases {
        if let Some(base) = base.b().downcast::<TypeObject>()
            && !base.has(tpflags::IMMUTABLETYPE)
        {
            let shown = super::attributes::fully_qualified_name(&base)?.str_text()?;
            return Err(raise!(TypeError, "Creating immutable type {name} from mutable base {shown}"));
        }
    }
    Ok(())
}

fn collect_bases(given: Option<Borrowed<'_>>, parts: &Parts) -> PyResult<Vec<Ref>> {
    let bases = match (given, &parts.bases, &parts.base) {
        (Some(bases), _, _) => bases.to_ref(),
        (None, Some(bases), _) => bases.clone(),
        (None, None, Some(base)) => base.clone(),
        (None, None, None) => core::OBJECT.to_ref(),
    };
    if let Some(items) = tuple::items(bases.b()) {
        return Ok(items.iter().map(|base| base.to_ref()).collect());
    }
    if bases.b().downcast::<TypeObject>().is_none() {
        if given.is_some() {
            return Err(raise!(
                TypeError,
                "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"
            ));
        }
        return Err(raise!(SystemError, "Py_tp_bases is not a tuple"));
    }
    Ok(vec![bases])
}

fn set_sizes(class: &TypeObject, base: &TypeObject, spec: &PyType_Spec) -> PyResult<()> {
    let raw = class.raw();
    let own = spec.basicsize.get() as isize;
    let inherited = base.raw().tp_basicsize.get();
    let size = match own {
        0 => inherited,
        // The struct follows the base's, aligned for anything.
        1.. => own,
        _ => (inherited + 15 & !15) + (-own + 15 & !15),
    };
    if size < inherited {
        return Err(raise!(
            TypeError,
            "tp_basicsize for type '{}' ({size}) is too small for base '{}' ({inherited})",
            class.tp_name(),
            base.tp_name()
        ));
    }
    raw.tp_basicsize.set(size);
    let item = spec.itemsize.get() as isize;
    raw.tp_itemsize.set(if item == 0 { base.raw().tp_itemsize.get() } else { item });
    Ok(())
}

unsafe fn set_functions(class: &TypeObject, spec: &PyType_Spec) {
    let raw = class.raw();
    // SAFETY: by contract.
    unsafe {
        for (id, value) in slots(spec) {
            match id {
                typeslot::tp_methods => raw.tp_methods.set(value.cast()),
                typeslot::tp_getset => raw.tp_getset.set(value.cast()),
                _ => {
                    class.set_slot(id, value.cast_const().cast());
                }
            }
        }
    }
}

fn set_parts(class: &TypeObject, base: &TypeObject, spec: &PyType_Spec, parts: &Parts) -> PyResult<()> {
    let raw = class.raw();
    if let Some(doc) = parts.doc {
        let bytes = doc.to_bytes_with_nul();
        let block = memory::or_no_memory(memory::try_alloc(bytes.len()))?;
        // SAFETY: the block has that many bytes.
        unsafe { block.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        raw.tp_doc.set(block.as_ptr().cast());
    }
    if let Some(table) = parts.members {
        let start = instance::slot_members_start(class);
        let data_start = base.raw().tp_basicsize.get() + 15 & !15;
        for index in 0..parts.member_count {
            // SAFETY: the table has that many entries, and so has the room behind the type.
            unsafe {
                start.add(index).copy_from_nonoverlapping(table.add(index), 1);
                let entry = &*start.add(index);
                if entry.flags.get() & member::RELATIVE_OFFSET != 0 {
                    entry.flags.set(entry.flags.get() & !member::RELATIVE_OFFSET);
                    entry.offset.set(entry.offset.get() + data_start);
                }
                // These name places of the type itself.
                match CStr::from_ptr(entry.name.get()).to_bytes() {
                    b"__weaklistoffset__" => raw.tp_weaklistoffset.set(entry.offset.get()),
                    b"__dictoffset__" => raw.tp_dictoffset.set(entry.offset.get()),
                    b"__vectorcalloffset__" => raw.tp_vectorcall_offset.set(entry.offset.get()),
                    _ => {}
                }
            }
        }
        raw.tp_members.set(start);
    }
    if let (Some(token), Some(heap)) = (parts.token, new::heap(class)) {
        // NULL stands for the description itself (`Py_TP_USE_SPEC`).
        heap.ht_token.set(if token.is_null() { std::ptr::from_ref(spec).cast_mut().cast() } else { token });
    }
    Ok(())
}

fn set_default_functions(class: &TypeObject) {
    if class.slot_ptr(typeslot::tp_dealloc).is_null() {
        // SAFETY: a function of the slot's signature.
        unsafe { class.set_slot(typeslot::tp_dealloc, instance::dealloc as *const ()) };
    }
}
