//! `object.h`, `refcount.h`: counts, attributes, comparison, text.

use crate::form::{FromC, Lent, Out, capi, given};
use crate::support::attribute;
use abi::{PyObject, PyVarObject, tpflags};
use object::protocol::represent::ReprGuard;
use object::value::{bytes, int, str as text};
use object::{Borrowed, CompareOp, PyResult, Ref, TypeObject, core, error, exc, id, memory, raise, reference};
use std::ffi::CStr;

/// An attribute that may be missing: found, and where it goes.
pub(crate) fn optional(found: PyResult<Option<Ref>>, place: &Out<'_, *mut PyObject>) -> PyResult<bool> {
    match found {
        Ok(Some(value)) => {
            place.set(value.into_ptr());
            Ok(true)
        }
        Ok(None) => {
            place.set(std::ptr::null_mut());
            Ok(false)
        }
        Err(raised) => {
            place.set(std::ptr::null_mut());
            Err(raised)
        }
    }
}

/// Whether there is such an attribute; every error counts as no, and is reported as unraisable where it is not AttributeError.
fn has_attribute(object: Option<Borrowed<'_>>, name: PyResult<Ref>, function: &str) -> bool {
    match name.and_then(|name| given(object)?.getattr_opt(name.b())) {
        Ok(found) => found.is_some(),
        Err(raised) => {
            raised.unraisable(
                Some(&format!(
                    "Exception ignored in {function}(); consider using {function}WithError(), PyObject_GetOptionalAttr() or PyObject_GetAttr()"
                )),
                None,
            );
            false
        }
    }
}

/// The text of an object for `NULL` too.
fn shown(object: Option<Borrowed<'_>>, show: impl FnOnce(Borrowed<'_>) -> PyResult<Ref>) -> PyResult<Ref> {
    match object {
        Some(object) => show(object),
        None => text::new("<NULL>"),
    }
}

fn name_must_be_str(name: Borrowed<'_>) -> PyResult<()> {
    if text::check(name) {
        Ok(())
    } else {
        Err(raise!(TypeError, "attribute name must be string, not '{}'", name.class().tp_name()))
    }
}

/// The objects of `Py_GetConstant`.
fn constant(id: u32) -> PyResult<Ref> {
    match id {
        0 => Ok(core::none_ref()),
        1 => Ok(core::false_().to_ref()),
        2 => Ok(core::true_().to_ref()),
        3 => Ok(core::ellipsis().to_ref()),
        4 => Ok(core::not_implemented().to_ref()),
        5 => int::new(0),
        6 => int::new(1),
        7 => Ok(text::empty()),
        8 => bytes::new(b""),
        9 => Ok(object::value::tuple::empty()),
        _ => Err(error::bad_internal_call()),
    }
}

/// Takes one count of an object.
///
/// # Safety
/// The object is alive and the caller owns a count, or NULL.
unsafe fn release(object: *mut PyObject) {
    if !object.is_null() {
        // SAFETY: by contract.
        unsafe { reference::decref(object) };
    }
}

capi! {
    fn _Py_Dealloc(object: *mut PyObject) -> () {
        // SAFETY: C saw the count reach 0.
        unsafe { memory::dealloc(object) };
    }

    fn Py_IncRef(object: Option<Borrowed<'_>>) -> () {
        std::mem::forget(object.map(Borrowed::to_ref));
    }

    fn _Py_IncRef(object: Option<Borrowed<'_>>) -> () {
        std::mem::forget(object.map(Borrowed::to_ref));
    }

    fn Py_DecRef(object: *mut PyObject) -> () {
        // SAFETY: C gives a count back.
        unsafe { release(object) };
    }

    fn _Py_DecRef(object: *mut PyObject) -> () {
        // SAFETY: C gives a count back.
        unsafe { release(object) };
    }

    fn Py_NewRef(object: Borrowed<'_>) -> PyResult<Ref> {
        Ok(object.to_ref())
    }

    fn Py_XNewRef(object: Option<Borrowed<'_>>) -> PyResult<Option<Ref>> {
        Ok(object.map(Borrowed::to_ref))
    }

    fn Py_REFCNT(object: Borrowed<'_>) -> PyResult<isize> {
        Ok(object.refcount() as isize)
    }

    fn Py_TYPE(object: Borrowed<'_>) -> PyResult<Lent> {
        Ok(Lent(object.class().as_object_ptr()))
    }

    fn Py_Is(a: *mut PyObject, b: *mut PyObject) -> bool {
        a == b
    }

    fn Py_IsNone(object: *mut PyObject) -> bool {
        object == core::none().ptr()
    }

    fn Py_IsTrue(object: *mut PyObject) -> bool {
        object == core::true_().ptr()
    }

    fn Py_IsFalse(object: *mut PyObject) -> bool {
        object == core::false_().ptr()
    }

    fn Py_GetConstant(id: u32) -> PyResult<Ref> {
        constant(id)
    }

    fn Py_GetConstantBorrowed(id: u32) -> PyResult<Lent> {
        constant(id).map(Lent::of)
    }

    fn _Py_NewReference(object: *mut PyObject) -> () {
        // SAFETY: C makes this memory an object.
        unsafe { (*object).ob_refcnt_full.set(1) };
    }

    // The count is the caller's to set; CPython notes the object where it lists all.
    fn _Py_ResurrectReference(_object: *mut PyObject) -> () {}

    fn _Py_SetRefcnt(object: Borrowed<'_>, count: isize) -> () {
        if !object.is_immortal() {
            // SAFETY: the object is alive; the count is the low half of the word.
            unsafe { (*object.ptr()).ob_refcnt_full.set(count as i64 & 0xFFFF_FFFF) };
        }
    }

    fn PyUnstable_IsImmortal(object: Borrowed<'_>) -> bool {
        object.is_immortal()
    }

    fn PyUnstable_Object_EnableDeferredRefcount(_object: Borrowed<'_>) -> i32 {
        0
    }

    fn PyUnstable_Object_IsUniquelyReferenced(object: Borrowed<'_>) -> bool {
        object.refcount() == 1
    }

    fn PyUnstable_TryIncRef(object: Borrowed<'_>) -> bool {
        // One that is dying stays dead.
        let lives = object.refcount() > 0;
        if lives {
            std::mem::forget(object.to_ref());
        }
        lives
    }

    fn PyUnstable_EnableTryIncRef(_object: Borrowed<'_>) -> () {}

    fn PyObject_Repr(object: Option<Borrowed<'_>>) -> PyResult<Ref> {
        shown(object, |object| object.get().repr())
    }

    fn PyObject_Str(object: Option<Borrowed<'_>>) -> PyResult<Ref> {
        shown(object, |object| object.get().str())
    }

    fn PyObject_ASCII(object: Option<Borrowed<'_>>) -> PyResult<Ref> {
        shown(object, |object| object.get().ascii())
    }

    fn PyObject_Bytes(object: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(object) = object else { return bytes::new(b"<NULL>") };
        if bytes::exact(&object) {
            return Ok(object.to_ref());
        }
        if let Some(method) = object.lookup_special(id!("__bytes__"))? {
            let result = method.call0()?;
            if bytes::value(result.b()).is_none() {
                return Err(raise!(TypeError, "__bytes__ returned non-bytes (type {})", result.class().tp_name()));
            }
            return Ok(result);
        }
        builtins::bytes::from_object(object)
    }

    fn PyObject_RichCompare(a: Borrowed<'_>, b: Borrowed<'_>, op: i32) -> PyResult<Ref> {
        a.richcompare(b, CompareOp::from_c(op))
    }

    fn PyObject_RichCompareBool(a: Borrowed<'_>, b: Borrowed<'_>, op: i32) -> PyResult<bool> {
        a.compare_bool(b, CompareOp::from_c(op))
    }

    fn PyObject_Hash(object: Borrowed<'_>) -> PyResult<isize> {
        object.hash()
    }

    fn PyObject_HashNotImplemented(object: Borrowed<'_>) -> PyResult<isize> {
        Err(raise!(TypeError, "unhashable type: '{}'", object.class().tp_name()))
    }

    fn PyObject_GenericHash(object: Borrowed<'_>) -> isize {
        builtins::object_::pointer_hash(object.ptr().addr())
    }

    fn Py_HashPointer(pointer: *const abi::c_void) -> isize {
        builtins::object_::pointer_hash(pointer.addr())
    }

    fn Py_HashBuffer(start: *const u8, len: isize) -> isize {
        // SAFETY: C passes that many bytes.
        object::hashing::bytes(unsafe { crate::support::raw_bytes(start, len) })
    }

    fn _Py_HashBytes(start: *const u8, len: isize) -> isize {
        // SAFETY: C passes that many bytes.
        object::hashing::bytes(unsafe { crate::support::raw_bytes(start, len) })
    }

    fn PyObject_IsTrue(object: Borrowed<'_>) -> PyResult<bool> {
        object.is_true()
    }

    fn PyObject_Not(object: Borrowed<'_>) -> PyResult<bool> {
        object.is_true().map(|truth| !truth)
    }

    fn PyCallable_Check(object: Option<Borrowed<'_>>) -> bool {
        object.is_some_and(|object| object.is_callable())
    }

    fn PyObject_Dir(object: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match object {
            Some(object) => object.dir(),
            None => {
                let locals = vm::lifecycle::frame_access::locals()?;
                (object::hooks::get().sorted_list)(locals.call_method(id!("keys"), &[])?)
            }
        }
    }

    fn PyObject_SelfIter(object: Borrowed<'_>) -> PyResult<Ref> {
        Ok(object.to_ref())
    }

    fn PyObject_GetAttr(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
        name_must_be_str(name)?;
        object.getattr(name)
    }

    fn PyObject_GetAttrString(object: Borrowed<'_>, name: &CStr) -> PyResult<Ref> {
        object.getattr(attribute(name)?.b())
    }

    fn PyObject_GetOptionalAttr(object: Option<Borrowed<'_>>, name: Option<Borrowed<'_>>, place: Out<'_, *mut PyObject>) -> PyResult<bool> {
        place.set(std::ptr::null_mut());
        let (object, name) = (given(object)?, given(name)?);
        name_must_be_str(name)?;
        optional(object.getattr_opt(name), &place)
    }

    fn PyObject_GetOptionalAttrString(object: Option<Borrowed<'_>>, name: Option<&CStr>, place: Out<'_, *mut PyObject>) -> PyResult<bool> {
        place.set(std::ptr::null_mut());
        let (object, name) = (given(object)?, given(name)?);
        optional(object.getattr_opt(attribute(name)?.b()), &place)
    }

    fn PyObject_HasAttr(object: Option<Borrowed<'_>>, name: Option<Borrowed<'_>>) -> bool {
        has_attribute(object, given(name).map(Borrowed::to_ref), "PyObject_HasAttr")
    }

    fn PyObject_HasAttrString(object: Option<Borrowed<'_>>, name: Option<&CStr>) -> bool {
        has_attribute(object, given(name).and_then(attribute), "PyObject_HasAttrString")
    }

    fn PyObject_HasAttrWithError(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<bool> {
        name_must_be_str(name)?;
        Ok(object.getattr_opt(name)?.is_some())
    }

    fn PyObject_HasAttrStringWithError(object: Borrowed<'_>, name: &CStr) -> PyResult<bool> {
        Ok(object.getattr_opt(attribute(name)?.b())?.is_some())
    }

    fn PyObject_SetAttr(object: Borrowed<'_>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        name_must_be_str(name)?;
        object.set_or_delete_attr(name, value)
    }

    fn PyObject_SetAttrString(object: Borrowed<'_>, name: &CStr, value: Option<Borrowed<'_>>) -> PyResult<()> {
        object.set_or_delete_attr(attribute(name)?.b(), value)
    }

    fn PyObject_DelAttr(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<()> {
        name_must_be_str(name)?;
        object.delattr(name)
    }

    fn PyObject_DelAttrString(object: Borrowed<'_>, name: &CStr) -> PyResult<()> {
        object.delattr(attribute(name)?.b())
    }

    fn PyObject_GenericGetAttr(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
        name_must_be_str(name)?;
        builtins::object_::getattr::get(object, name)
    }

    fn _PyObject_GenericGetAttrWithDict(object: Borrowed<'_>, name: Borrowed<'_>, dict: Option<Borrowed<'_>>, suppress: i32) -> PyResult<Option<Ref>> {
        match builtins::object_::getattr::get_with(object, name, dict)? {
            None if suppress == 0 => Err(builtins::object_::getattr::no_attribute(object, name)),
            found => Ok(found),
        }
    }

    fn PyObject_GenericSetAttr(object: Borrowed<'_>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        name_must_be_str(name)?;
        builtins::object_::getattr::set(object, name, value)
    }

    fn PyObject_GenericGetDict(object: Borrowed<'_>, _context: *mut abi::c_void) -> PyResult<Ref> {
        match builtins::type_::storage::dict(object)? {
            Some(dict) => Ok(dict),
            None => Err(raise!(AttributeError, "This object has no __dict__")),
        }
    }

    fn PyObject_GenericSetDict(object: Borrowed<'_>, value: Option<Borrowed<'_>>, _context: *mut abi::c_void) -> PyResult<()> {
        builtins::dict::instance::dict_setter(object, value)
    }

    fn _PyObject_GetDictPtr(object: Borrowed<'_>) -> *mut *mut PyObject {
        let class = object.class();
        if class.has(tpflags::MANAGED_DICT) {
            // The dict is made, so that there is a place that holds it.
            if let Err(raised) = builtins::dict::instance::get_dict(object) {
                raised.clear();
                return std::ptr::null_mut();
            }
            // SAFETY: the type has the managed words.
            return unsafe { memory::pre_header(object.ptr()).dict.as_ptr() };
        }
        let offset = class.raw().tp_dictoffset.get();
        if offset <= 0 {
            return std::ptr::null_mut();
        }
        object.ptr().wrapping_byte_offset(offset).cast()
    }

    fn _PyObject_GetAttrId(object: Borrowed<'_>, id: *const PyIdentifier) -> PyResult<Ref> {
        // SAFETY: C passes its static identifier.
        let name = unsafe { <&CStr>::from_c((*id).string) }?;
        object.getattr(attribute(name)?.b())
    }

    fn _PyUnicode_FromId(id: *const PyIdentifier) -> PyResult<Lent> {
        // SAFETY: C passes its static identifier.
        let name = unsafe { <&CStr>::from_c((*id).string) }?;
        let name = attribute(name)?;
        // C keeps the object for the life of the process.
        name.make_immortal();
        Ok(Lent::of(name))
    }

    fn _PyObject_LookupAttr(object: Borrowed<'_>, name: Borrowed<'_>, place: Out<'_, *mut PyObject>) -> PyResult<bool> {
        optional(object.getattr_opt(name), &place)
    }

    fn PyObject_Type(object: Borrowed<'_>) -> PyResult<Ref> {
        Ok(object.class().to_ref())
    }

    fn PyObject_IsInstance(object: Borrowed<'_>, class: Borrowed<'_>) -> PyResult<bool> {
        if std::ptr::eq(object.class().as_object_ptr(), class.ptr()) {
            return Ok(true);
        }
        object.isinstance(class)
    }

    fn PyObject_IsSubclass(object: Borrowed<'_>, class: Borrowed<'_>) -> PyResult<bool> {
        object.issubclass(class)
    }

    fn _PyObject_RealIsInstance(object: Borrowed<'_>, class: Borrowed<'_>) -> PyResult<bool> {
        object.real_isinstance(class)
    }

    fn PyObject_Format(object: Borrowed<'_>, spec: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if let Some(spec) = spec.filter(|spec| !text::check(*spec)) {
            return Err(raise!(
                SystemError,
                "Format specifier must be a string, not {}",
                spec.class().tp_name()
            ));
        }
        object.format(spec.unwrap_or(text::empty().b()))
    }

    fn Py_ReprEnter(object: Borrowed<'_>) -> i32 {
        match ReprGuard::enter(&object) {
            Some(guard) => {
                // `Py_ReprLeave` takes it out again.
                std::mem::forget(guard);
                0
            }
            None => 1,
        }
    }

    fn Py_ReprLeave(object: Borrowed<'_>) -> () {
        let mut stack = object::thread::current().repr_stack.borrow_mut();
        if let Some(at) = stack.iter().rposition(|entry| *entry == object.ptr()) {
            stack.remove(at);
        }
    }

    fn PyObject_Print(object: Option<Borrowed<'_>>, file: *mut libc::FILE, flags: i32) -> PyResult<()> {
        let content = match object {
            None => "<nil>".to_owned(),
            // Nobody holds it: it is not safe to look at.
            Some(object) if object.refcount() == 0 => format!("<refcnt 0 at {:p}>", object.ptr()),
            Some(object) => {
                let shown = if flags & 1 != 0 { object.get().str()? } else { object.get().repr()? };
                let encoded = crate::unicode_codecs::encode(shown.b(), "utf-8", Some(c"backslashreplace"))?;
                let content = bytes::value(encoded.b()).unwrap_or_default();
                String::from_utf8_lossy(content).into_owned()
            }
        };
        // SAFETY: C passes an open file; the bytes live during the call.
        let written = unsafe { libc::fwrite(content.as_ptr().cast(), 1, content.len(), file) };
        // SAFETY: as above.
        let failed = unsafe { libc::ferror(file) } != 0;
        if written < content.len() || failed {
            // SAFETY: as above.
            unsafe { libc::clearerr(file) };
            return Err(crate::pyerrors::from_errno(exc::OSError.borrowed(), None, None));
        }
        Ok(())
    }

    fn PyObject_Init(object: *mut PyObject, class: Borrowed<'_>) -> PyResult<*mut PyObject> {
        if object.is_null() {
            return Err(error::no_memory());
        }
        // SAFETY: C passes memory for an object of this type.
        unsafe { init_header(object, class.self_as::<TypeObject>().get()) };
        Ok(object)
    }

    fn PyObject_InitVar(object: *mut PyVarObject, class: Borrowed<'_>, size: isize) -> PyResult<*mut PyVarObject> {
        if object.is_null() {
            return Err(error::no_memory());
        }
        // SAFETY: C passes memory for an object of this type.
        unsafe {
            init_header(object.cast(), class.self_as::<TypeObject>().get());
            (*object).ob_size.set(size);
        }
        Ok(object)
    }

    fn PyObject_GET_WEAKREFS_LISTPTR(object: Borrowed<'_>) -> *mut *mut PyObject {
        let class = object.class();
        if class.has(tpflags::MANAGED_WEAKREF) {
            // SAFETY: the type has the managed words.
            return unsafe { memory::pre_header(object.ptr()).weakrefs.as_ptr() };
        }
        object.ptr().wrapping_byte_offset(class.raw().tp_weaklistoffset.get()).cast()
    }

    fn PyObject_ClearWeakRefs(object: *mut PyObject) -> () {
        if object.is_null() {
            let _raised = error::bad_internal_call();
            return;
        }
        error::preserving(|| {
            // SAFETY: C calls this in a destructor.
            unsafe { memory::clear_weakrefs_if_any(object) }
        });
    }

    fn PyUnstable_Object_ClearWeakRefsNoCallbacks(object: *mut PyObject) -> () {
        // SAFETY: C calls this in a destructor.
        drop(unsafe { builtins::weakref::take_callbacks(object) });
    }

    fn PyObject_CallFinalizer(object: *mut PyObject) -> () {
        // SAFETY: the object is alive.
        unsafe { memory::call_finalizer(object) };
    }

    fn PyObject_CallFinalizerFromDealloc(object: *mut PyObject) -> i32 {
        // SAFETY: C calls this in a destructor, where the count is 0.
        if unsafe { memory::finalize_resurrects(object) } { -1 } else { 0 }
    }

    fn PyObject_ClearManagedDict(object: Borrowed<'_>) -> () {
        if object.class().has(tpflags::MANAGED_DICT) {
            builtins::dict::instance::clear_preserving(object);
        }
    }

    fn _PyObject_ClearManagedDict(object: Borrowed<'_>) -> () {
        if object.class().has(tpflags::MANAGED_DICT) {
            builtins::dict::instance::clear_preserving(object);
        }
    }

    fn PyObject_VisitManagedDict(object: Borrowed<'_>, visit: *const abi::c_void, arg: *mut abi::c_void) -> i32 {
        if !object.class().has(tpflags::MANAGED_DICT) {
            return 0;
        }
        // SAFETY: C passes its visiting function.
        let visit = unsafe { std::mem::transmute::<*const abi::c_void, abi::visitproc>(visit) };
        let mut visit = object::Visit::new(visit, arg);
        builtins::type_::storage::visit(object, &mut visit);
        visit.result()
    }
}

/// C's static name of an attribute.
#[repr(C)]
pub struct PyIdentifier {
    pub(crate) string: *const abi::c_char,
    index: isize,
}

/// Makes memory an object with one count; a heap type gains a reference.
///
/// # Safety
/// There is room for the header.
pub(crate) unsafe fn init_header(object: *mut PyObject, class: &TypeObject) {
    // SAFETY: by contract.
    unsafe {
        (*object).ob_refcnt_full.set(1);
        (*object).ob_type.set(class.as_type_ptr());
        if class.has(tpflags::HEAPTYPE) {
            reference::incref(class.as_object_ptr());
        }
    }
}
