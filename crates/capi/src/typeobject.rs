//! `object.h`, the part of types: completing, describing, asking.

use crate::form::{Lent, Out, capi};
use abi::{PyObject, PyType_Spec, PyTypeObject, c_char, c_void, tpflags, typeslot};
use builtins::module::Module;
use builtins::type_::{attributes, from_spec, lookup, new, ready};
use object::value::tuple;
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, core, error, raise};
use std::ffi::CStr;

/// The type that C passes as a struct: its `ob_type` may be missing before it is complete.
fn raw_type<'a>(class: *mut PyTypeObject) -> PyResult<Borrowed<'a, TypeObject>> {
    // SAFETY: C passes a type object.
    unsafe { Borrowed::from_ptr_or_null(class.cast()) }.ok_or_else(error::bad_internal_call)
}

/// A heap type from C's description.
fn make(
    metaclass: Option<Borrowed<'_>>,
    module: Option<Borrowed<'_>>,
    spec: *mut PyType_Spec,
    bases: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    // SAFETY: C passes its description.
    let Some(spec) = (unsafe { spec.as_ref() }) else { return Err(error::bad_internal_call()) };
    let metaclass = match metaclass {
        Some(metaclass) => match metaclass.downcast::<TypeObject>().filter(|class| class.is_subtype(&core::TYPE)) {
            Some(class) => Some(class),
            None => {
                return Err(raise!(
                    TypeError,
                    "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"
                ));
            }
        },
        None => None,
    };
    // SAFETY: C's description and its tables are static, or live as long as C documents.
    unsafe { from_spec::from_spec(metaclass.map(Borrowed::get), module, spec, bases) }.map(Ref::upcast)
}

/// The heap part of a type, or "not a heap type".
fn heap_of(class: &TypeObject) -> PyResult<&abi::PyHeapTypeObject> {
    new::heap(class).ok_or_else(|| raise!(TypeError, "PyType_GetModule: Type '{}' is not a heap type", class.tp_name()))
}

fn module_of(class: &TypeObject) -> PyResult<Ref> {
    heap_of(class)?
        .ht_module
        .load()
        .ok_or_else(|| raise!(TypeError, "PyType_GetModule: Type '{}' has no associated module", class.tp_name()))
}

/// The module of a type, as the type holds it, if it was made from this definition.
#[inline(always)]
fn module_of_definition(class: &TypeObject, def: *mut abi::PyModuleDef) -> Option<*mut PyObject> {
    let module = new::heap(class)?.ht_module.get();
    // SAFETY: the type owns its module, which is only looked at.
    let found = unsafe { Borrowed::<object::Object>::from_ptr_or_null(module) }?.downcast::<Module>()?;
    (found.definition.get() == def).then_some(module)
}

#[cold]
fn no_module_of_definition(class: &TypeObject) -> object::Raised {
    raise!(TypeError, "PyType_GetModuleByDef: No superclass of '{}' has the given module", class.tp_name())
}

/// The types of an MRO.
fn mro(class: &TypeObject) -> Vec<Ref> {
    builtins::type_::tuple_items(class.raw().tp_mro.load().as_ref())
}

fn slot(class: &TypeObject, id: i32) -> PyResult<*const c_void> {
    let raw = class.raw();
    let Ok(id) = u16::try_from(id) else { return Err(error::bad_internal_call()) };
    Ok(match id {
        0 | 84.. => return Err(error::bad_internal_call()),
        typeslot::tp_base => raw.tp_base.get().cast_const().cast(),
        typeslot::tp_bases => raw.tp_bases.get().cast_const().cast(),
        typeslot::tp_doc => raw.tp_doc.get().cast(),
        typeslot::tp_methods => raw.tp_methods.get().cast_const().cast(),
        typeslot::tp_members => raw.tp_members.get().cast_const().cast(),
        typeslot::tp_getset => raw.tp_getset.get().cast_const().cast(),
        typeslot::tp_token => new::heap(class).map_or(std::ptr::null(), |heap| heap.ht_token.get().cast_const()),
        id => class.slot_ptr(id).cast(),
    })
}

/// The nearest type in the MRO that was made with this token.
fn base_by_token(class: &TypeObject, token: *const c_void) -> Option<Ref> {
    let has_it = |class: &TypeObject| new::heap(class).is_some_and(|heap| heap.ht_token.get().cast_const() == token);
    if class.raw().tp_mro.get().is_null() {
        // While the order of the bases is being made: the bases themselves, depth first.
        if has_it(class) {
            return Some(class.to_ref());
        }
        let bases = class.raw().tp_bases.load();
        let bases = crate::support::items(bases.as_ref().map(Ref::b));
        return bases.iter().find_map(|base| base_by_token(base.downcast::<TypeObject>()?.get(), token));
    }
    mro(class).into_iter().find(|base| base.b().downcast::<TypeObject>().is_some_and(|base| has_it(base.get())))
}

capi! {
    fn PyType_Ready(class: *mut PyTypeObject) -> PyResult<()> {
        ready::ready(raw_type(class)?.get())
    }
    fn PyType_FromSpec(spec: *mut PyType_Spec) -> PyResult<Ref> {
        make(None, None, spec, None)
    }
    fn PyType_FromSpecWithBases(spec: *mut PyType_Spec, bases: Option<Borrowed<'_>>) -> PyResult<Ref> {
        make(None, None, spec, bases)
    }
    fn PyType_FromModuleAndSpec(module: Option<Borrowed<'_>>, spec: *mut PyType_Spec, bases: Option<Borrowed<'_>>) -> PyResult<Ref> {
        make(None, module, spec, bases)
    }
    fn PyType_FromMetaclass(metaclass: Option<Borrowed<'_>>, module: Option<Borrowed<'_>>, spec: *mut PyType_Spec, bases: Option<Borrowed<'_>>) -> PyResult<Ref> {
        make(metaclass, module, spec, bases)
    }
    fn PyType_IsSubtype(class: *mut PyTypeObject, base: *mut PyTypeObject) -> PyResult<bool> {
        let (class, base) = (raw_type(class)?, raw_type(base)?);
        Ok(class.is_type(base.get()) || class.has_base(base.get()))
    }
    fn PyType_GetFlags(class: *mut PyTypeObject) -> PyResult<u64> {
        Ok(raw_type(class)?.flags())
    }
    fn PyType_Modified(class: *mut PyTypeObject) -> () {
        if let Ok(class) = raw_type(class) {
            lookup::modified(&class);
        }
    }
    fn PyType_ClearCache() -> u32 {
        lookup::clear_cache();
        0
    }
    fn PyUnstable_Type_AssignVersionTag(class: *mut PyTypeObject) -> PyResult<bool> {
        Ok(lookup::assign_version(raw_type(class)?.get()))
    }
    fn PyType_Freeze(class: Borrowed<'_, TypeObject>) -> PyResult<()> {
        for base in mro(&class).iter().skip(1) {
            if let Some(base) = base.b().downcast::<TypeObject>()
                && !base.has(tpflags::IMMUTABLETYPE)
                && !base.has(tpflags::STATIC_BUILTIN)
                && base.has(tpflags::HEAPTYPE)
            {
                return Err(raise!(TypeError, "Creating immutable type {} from mutable base {}", class.tp_name(), base.tp_name()));
            }
        }
        class.add_flags(tpflags::IMMUTABLETYPE);
        lookup::modified(&class);
        Ok(())
    }
    fn PyType_GetDict(class: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        ready::dict_of(&class)
    }
    fn PyType_GetName(class: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        attributes::name(&class)
    }
    fn PyType_GetQualName(class: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        attributes::qualname(&class)
    }
    fn PyType_GetModuleName(class: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        attributes::module(&class)
    }
    fn PyType_GetFullyQualifiedName(class: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        attributes::fully_qualified_name(&class)
    }
    fn _PyType_Name(class: *mut PyTypeObject) -> PyResult<*const c_char> {
        let class = raw_type(class)?;
        let name = class.raw().tp_name.get();
        let skip = class.tp_name().rfind('.').map_or(0, |dot| dot + 1);
        Ok(name.wrapping_add(skip))
    }
    fn PyType_GetSlot(class: Borrowed<'_, TypeObject>, id: i32) -> PyResult<*const c_void> {
        slot(&class, id)
    }
    fn PyType_GetModule(class: Borrowed<'_, TypeObject>) -> PyResult<Lent> {
        module_of(&class).map(Lent::of)
    }
    fn PyType_GetModuleState(class: Borrowed<'_, TypeObject>) -> PyResult<*mut c_void> {
        let module = module_of(&class)?;
        match module.b().downcast::<Module>() {
            Some(module) => Ok(module.state.get()),
            None => Err(raise!(TypeError, "bad argument type for built-in operation")),
        }
    }
    fn PyType_GetModuleByDef(class: Borrowed<'_, TypeObject>, def: *mut abi::PyModuleDef) -> PyResult<Lent> {
        if let Some(module) = module_of_definition(&class, def) {
            return Ok(Lent(module));
        }
        // SAFETY: the type owns its MRO; nothing runs while it is read.
        let order = unsafe { Borrowed::<object::Object>::from_ptr_or_null(class.raw().tp_mro.get()) };
        for base in order.and_then(tuple::items).unwrap_or_default() {
            if base.class().has(abi::tpflags::TYPE_SUBCLASS)
                && let Some(module) = module_of_definition(&base.self_as::<TypeObject>(), def)
            {
                return Ok(Lent(module));
            }
        }
        Err(no_module_of_definition(&class))
    }
    fn PyType_GetBaseByToken(class: Borrowed<'_>, token: *const c_void, place: Option<Out<'_, *mut PyObject>>) -> PyResult<bool> {
        if let Some(place) = &place {
            place.set(std::ptr::null_mut());
        }
        let Some(class) = class.downcast::<TypeObject>() else {
            return Err(raise!(TypeError, "expected a type, got a '{}' object", class.class().short_name()));
        };
        if token.is_null() {
            return Err(raise!(SystemError, "PyType_GetBaseByToken called with token=NULL"));
        }
        match base_by_token(&class, token) {
            None => Ok(false),
            Some(base) => {
                if let Some(place) = &place {
                    place.set(base.into_ptr());
                }
                Ok(true)
            }
        }
    }
    fn PyObject_GetTypeData(object: Borrowed<'_>, class: Borrowed<'_, TypeObject>) -> PyResult<*mut c_void> {
        let base = class.base().map_or(0, |base| base.raw().tp_basicsize.get());
        Ok(object.ptr().wrapping_byte_offset(base + 15 & !15).cast())
    }
    fn PyType_GetTypeDataSize(class: Borrowed<'_, TypeObject>) -> PyResult<isize> {
        let base = class.base().map_or(0, |base| base.raw().tp_basicsize.get());
        Ok((class.raw().tp_basicsize.get() - (base + 15 & !15)).max(0))
    }
    fn PyType_SUPPORTS_WEAKREFS(class: *mut PyTypeObject) -> PyResult<bool> {
        Ok(raw_type(class)?.raw().tp_weaklistoffset.get() != 0)
    }
    fn _PyType_Lookup(class: *mut PyTypeObject, name: Borrowed<'_>) -> Lent {
        match raw_type(class) {
            Ok(class) => Lent::opt(lookup::lookup(&class, name)),
            Err(raised) => {
                raised.clear();
                Lent(std::ptr::null_mut())
            }
        }
    }
    fn _PyType_LookupRef(class: *mut PyTypeObject, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
        Ok(lookup::lookup(raw_type(class)?.get(), name))
    }
    fn _PyObject_LookupSpecial(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
        object.lookup_special(name)
    }

    fn PyCapsule_New(pointer: *mut c_void, name: *const c_char, destructor: *const c_void) -> PyResult<Ref> {
        if pointer.is_null() {
            return Err(raise!(ValueError, "PyCapsule_New called with null pointer"));
        }
        builtins::capsule::new(pointer, name, destructor_of(destructor))
    }
    fn PyCapsule_IsValid(object: Option<Borrowed<'_>>, name: *const c_char) -> bool {
        object.and_then(Borrowed::downcast_exact::<builtins::capsule::Capsule>).is_some_and(|capsule| {
            !capsule.pointer.get().is_null() && same_name(capsule.name.get(), name)
        })
    }
    fn PyCapsule_GetPointer(object: Option<Borrowed<'_>>, name: *const c_char) -> PyResult<*mut c_void> {
        let capsule = capsule(object, "PyCapsule_GetPointer")?;
        if !same_name(capsule.name.get(), name) {
            return Err(raise!(ValueError, "PyCapsule_GetPointer called with incorrect name"));
        }
        Ok(capsule.pointer.get())
    }
    fn PyCapsule_GetName(object: Option<Borrowed<'_>>) -> PyResult<*const c_char> {
        Ok(capsule(object, "PyCapsule_GetName")?.name.get())
    }
    fn PyCapsule_GetDestructor(object: Option<Borrowed<'_>>) -> PyResult<*const c_void> {
        let destructor = capsule(object, "PyCapsule_GetDestructor")?.destructor.get();
        Ok(destructor.map_or(std::ptr::null(), |function| function as *const c_void))
    }
    fn PyCapsule_GetContext(object: Option<Borrowed<'_>>) -> PyResult<*mut c_void> {
        Ok(capsule(object, "PyCapsule_GetContext")?.context.get())
    }
    fn PyCapsule_SetPointer(object: Option<Borrowed<'_>>, pointer: *mut c_void) -> PyResult<()> {
        let capsule = capsule(object, "PyCapsule_SetPointer")?;
        if pointer.is_null() {
            return Err(raise!(ValueError, "PyCapsule_SetPointer called with null pointer"));
        }
        capsule.pointer.set(pointer);
        Ok(())
    }
    fn PyCapsule_SetName(object: Option<Borrowed<'_>>, name: *const c_char) -> PyResult<()> {
        capsule(object, "PyCapsule_SetName")?.name.set(name);
        Ok(())
    }
    fn PyCapsule_SetDestructor(object: Option<Borrowed<'_>>, destructor: *const c_void) -> PyResult<()> {
        capsule(object, "PyCapsule_SetDestructor")?.destructor.set(destructor_of(destructor));
        Ok(())
    }
    fn PyCapsule_SetContext(object: Option<Borrowed<'_>>, context: *mut c_void) -> PyResult<()> {
        capsule(object, "PyCapsule_SetContext")?.context.set(context);
        Ok(())
    }
    fn PyCapsule_Import(name: &CStr, _no_block: i32) -> PyResult<*mut c_void> {
        let full = crate::support::lossy(name);
        let decoded = |part: &[u8]| crate::unicodeobject::from_utf8(part);
        let mut parts = name.to_bytes().split(|byte| *byte == b'.');
        let first = parts.next().unwrap_or_default();
        let import = |name: Ref| vm::import::import_module(&object::value::str::to_string_lossy(name.b()));
        let mut object = match decoded(first).and_then(import) {
            Ok(module) => module,
            Err(raised) => {
                raised.clear();
                let shown = String::from_utf8_lossy(first);
                return Err(raise!(ImportError, "PyCapsule_Import could not import module \"{shown}\""));
            }
        };
        for part in parts {
            object = object.getattr(builtins::intern::intern(decoded(part)?).b())?;
        }
        match object.b().downcast_exact::<builtins::capsule::Capsule>().filter(|capsule| same_name(capsule.name.get(), name.as_ptr())) {
            Some(capsule) => Ok(capsule.pointer.get()),
            None => Err(raise!(AttributeError, "PyCapsule_Import \"{full}\" is not valid")),
        }
    }

    fn PyWeakref_NewRef(object: Borrowed<'_>, callback: Option<Borrowed<'_>>) -> PyResult<Ref> {
        builtins::weakref::new(object, callback.filter(|callback| !callback.is(&core::none())))
    }
    fn PyWeakref_NewProxy(object: Borrowed<'_>, callback: Option<Borrowed<'_>>) -> PyResult<Ref> {
        builtins::weakref::new_proxy(object, callback.filter(|callback| !callback.is(&core::none())))
    }
    fn PyWeakref_GetObject(reference: Option<Borrowed<'_>>) -> PyResult<Lent> {
        let Some(reference) = reference.filter(|reference| is_weak(*reference)) else { return Err(error::bad_internal_call()) };
        Ok(Lent::of(builtins::weakref::referent(reference).unwrap_or_else(core::none_ref)))
    }
    fn PyWeakref_GetRef(reference: Option<Borrowed<'_>>, place: Out<'_, *mut PyObject>) -> PyResult<bool> {
        place.set(std::ptr::null_mut());
        let Some(reference) = reference else { return Err(error::bad_internal_call()) };
        if !is_weak(reference) {
            return Err(raise!(TypeError, "expected a weakref"));
        }
        crate::object_::optional(Ok(builtins::weakref::referent(reference)), &place)
    }
    fn PyWeakref_IsDead(reference: Option<Borrowed<'_>>) -> PyResult<bool> {
        let Some(reference) = reference else { return Err(error::bad_internal_call()) };
        if !is_weak(reference) {
            return Err(raise!(TypeError, "expected a weakref, got {}", crate::support::full_name(reference.class())));
        }
        Ok(builtins::weakref::referent(reference).is_none())
    }
}

fn is_weak(object: Borrowed<'_>) -> bool {
    use object::StaticType;
    let class = object.class();
    class.is_subtype(&core::WEAKREF)
        || class.is_subtype(builtins::weakref::Proxy::type_object())
        || class.is_subtype(builtins::weakref::CallableProxy::type_object())
}

fn destructor_of(function: *const c_void) -> Option<builtins::capsule::Destructor> {
    // SAFETY: C passes a destructor of capsules, or NULL.
    unsafe { std::mem::transmute::<*const c_void, Option<builtins::capsule::Destructor>>(function) }
}

fn same_name(a: *const c_char, b: *const c_char) -> bool {
    if a.is_null() || b.is_null() {
        return a == b;
    }
    // SAFETY: both are C strings.
    unsafe { CStr::from_ptr(a) == CStr::from_ptr(b) }
}

/// A capsule that points somewhere, or CPython's ValueError.
fn capsule<'a>(object: Option<Borrowed<'a>>, function: &str) -> PyResult<Borrowed<'a, builtins::capsule::Capsule>> {
    object
        .and_then(Borrowed::downcast_exact::<builtins::capsule::Capsule>)
        .filter(|capsule| !capsule.pointer.get().is_null())
        .ok_or_else(|| raise!(ValueError, "{function} called with invalid PyCapsule object"))
}
