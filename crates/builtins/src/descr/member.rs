//! `member_descriptor`: attributes that are fields of the instance's struct; `__slots__` are such.

use super::{Common, c_text, doc_object, head_of};
use abi::{Cell, PyMemberDef, PyMemberDescrObject, PyObject, c_char, member};
use macros::{pyclass, pymethods};
use object::value::{float, int, str as text};
use object::{Borrowed, IntoPy, PyResult, RawField, Ref, StaticType, TypeObject, Visit, core, exc, hooks, memory, raise};

/// An attribute that is a field.
#[pyclass(name = "member_descriptor", cell = ::object::core::MEMBER_DESCR, gc = manual)]
pub struct Member {
    head: PyMemberDescrObject,
}

impl Common for Member {
    fn common(&self) -> &abi::PyDescrObject {
        &self.head.d_common
    }
}

/// The descriptor of an attribute of `class`.
pub fn new(class: &TypeObject, definition: *mut PyMemberDef, name: Ref) -> PyResult<Ref> {
    let object = PyMemberDescrObject { d_common: head_of(class, name), ..<PyMemberDescrObject as abi::CStruct>::ZERO };
    object.d_member.set(definition);
    memory::new_instance(Member::type_object(), Member { head: object }).map(Ref::upcast)
}

/// TypeError unless `object` is an instance of the descriptor's type.
pub(super) fn check_set(descriptor: &impl Common, object: Borrowed<'_>) -> PyResult<()> {
    if object.class().is_subtype(descriptor.owner()) {
        return Ok(());
    }
    Err(raise!(
        TypeError,
        "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
        descriptor.name_text(),
        descriptor.owner().tp_name(),
        object.class().tp_name()
    ))
}

impl Member {
    /// The entry of the table.
    pub fn definition(&self) -> &PyMemberDef {
        // SAFETY: the table lives as long as the type, which the descriptor keeps alive.
        unsafe { &*self.head.d_member.get() }
    }

    /// The offset of a slot that `__slots__` made in instances of `class`: for inline caches.
    pub fn slot_offset(object: Borrowed<'_>, class: &TypeObject) -> Option<usize> {
        let member = object.downcast_exact::<Member>()?;
        let definition = member.definition();
        (class.is_subtype(member.owner()) && definition.r#type.get() == member::T_OBJECT_EX && definition.flags.get() == 0)
            .then(|| definition.offset.get().cast_unsigned())
    }
}

#[pymethods]
impl Member {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        self.describe("member")
    }

    #[slot(tp_descr_get)]
    fn get(slf: Borrowed<'_, Self>, object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(object) = object else { return Ok(slf.object().to_ref()) };
        slf.check(object)?;
        if slf.definition().flags.get() & member::AUDIT_READ != 0 {
            hooks::audit("object.__getattr__", &[object, slf.name().b()])?;
        }
        // SAFETY: the member describes a field of instances of the descriptor's type, which the object is.
        unsafe { read(object, slf.definition()) }
    }

    #[slot(tp_descr_set)]
    fn set(&self, object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        check_set(self, object)?;
        // SAFETY: as above.
        unsafe { write(object, self.definition(), value) }
    }

    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        self.visit_common(visit);
    }

    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        // SAFETY: the slot's contract.
        unsafe { super::dealloc(slf) }
    }

    #[getter(name = "__name__")]
    fn get_name(&self) -> Ref {
        self.name()
    }

    #[getter(name = "__objclass__")]
    fn get_objclass(&self) -> Ref {
        self.owner().to_ref()
    }

    #[getter(name = "__doc__")]
    fn get_doc(&self) -> PyResult<Ref> {
        // SAFETY: the table's text.
        doc_object(&self.name_text(), unsafe { c_text(self.definition().doc.get()) })
    }

    #[getter(name = "__qualname__")]
    fn get_qualname(&self) -> PyResult<Ref> {
        self.qualname()
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce_method(&self) -> PyResult<Ref> {
        self.reduce()
    }
}

/// Reads the field (`PyMember_GetOne`).
///
/// # Safety
/// The definition describes a field of the object.
pub unsafe fn read(object: Borrowed<'_>, definition: &PyMemberDef) -> PyResult<Ref> {
    // SAFETY: by contract the field is there and has the type that the definition names.
    unsafe {
        let field = object.ptr().byte_offset(definition.offset.get());
        macro_rules! number {
            ($ty:ty) => {
                (*field.cast::<Cell<$ty>>()).get().into_py()
            };
        }
        match definition.r#type.get() {
            member::T_BOOL => ((*field.cast::<Cell<i8>>()).get() != 0).into_py(),
            member::T_BYTE => number!(i8),
            member::T_UBYTE => number!(u8),
            member::T_SHORT => number!(i16),
            member::T_USHORT => number!(u16),
            member::T_INT => number!(i32),
            member::T_UINT => number!(u32),
            member::T_LONG | member::T_LONGLONG => number!(i64),
            member::T_ULONG | member::T_ULONGLONG => number!(u64),
            member::T_PYSSIZET => number!(isize),
            member::T_FLOAT => f64::from((*field.cast::<Cell<f32>>()).get()).into_py(),
            member::T_DOUBLE => number!(f64),
            member::T_STRING => {
                let start = (*field.cast::<Cell<*const c_char>>()).get();
                if start.is_null() { Ok(core::none_ref()) } else { text::new(c_text(start)) }
            }
            member::T_STRING_INPLACE => text::new(c_text(field.cast::<c_char>())),
            member::T_CHAR => Ok(text::latin1_char((*field.cast::<Cell<u8>>()).get())),
            member::T_OBJECT => Ok((*field.cast::<Cell<*mut PyObject>>()).load().unwrap_or_else(core::none_ref)),
            member::T_OBJECT_EX => match (*field.cast::<Cell<*mut PyObject>>()).load() {
                Some(value) => Ok(value),
                None => Err(missing(object, c_text(definition.name.get()))),
            },
            member::T_NONE => Ok(core::none_ref()),
            _ => Err(raise!(SystemError, "bad memberdescr type for {}", c_text(definition.name.get()))),
        }
    }
}

#[cold]
fn missing(object: Borrowed<'_>, name: &str) -> object::Raised {
    let class = match crate::type_::attributes::fully_qualified_name(object.class()) {
        Ok(class) => text::to_string_lossy(class.b()),
        Err(raised) => return raised,
    };
    let raised = raise!(AttributeError, "'{class}' object has no attribute '{name}'");
    match super::interned(name) {
        Ok(name) => crate::type_::getattr::attribute_context(raised, object, name.b()),
        Err(other) => other,
    }
}

/// Writes the field (`PyMember_SetOne`).
///
/// # Safety
/// The definition describes a field of the object.
pub unsafe fn write(object: Borrowed<'_>, definition: &PyMemberDef, value: Option<Borrowed<'_>>) -> PyResult<()> {
    if definition.flags.get() & member::READONLY != 0 {
        return Err(raise!(AttributeError, "readonly attribute"));
    }
    let kind = definition.r#type.get();
    // SAFETY: by contract the field is there and has the type that the definition names.
    unsafe {
        let field = object.ptr().byte_offset(definition.offset.get());
        let Some(value) = value else {
            return match kind {
                member::T_OBJECT | member::T_OBJECT_EX => {
                    let field = &*field.cast::<Cell<*mut PyObject>>();
                    if kind == member::T_OBJECT_EX && field.get().is_null() {
                        return Err(missing(object, c_text(definition.name.get())));
                    }
                    field.store(None);
                    Ok(())
                }
                _ => Err(raise!(TypeError, "can't delete numeric/char attribute")),
            };
        };
        macro_rules! number {
            ($ty:ty, $warning:expr) => {{
                let wide = integer(value)?;
                let narrow = wide as $ty;
                (*field.cast::<Cell<$ty>>()).set(narrow);
                if i128::from(narrow) != wide {
                    hooks::warn(&exc::RuntimeWarning, $warning, 1)?;
                }
                Ok(())
            }};
        }
        match kind {
            member::T_BOOL => {
                if !value.class().is_type(&core::BOOL) {
                    return Err(raise!(TypeError, "attribute value type must be bool"));
                }
                (*field.cast::<Cell<i8>>()).set(i8::from(value.is(&core::true_())));
                Ok(())
            }
            member::T_BYTE => number!(i8, "Truncation of value to char"),
            member::T_UBYTE => number!(u8, "Truncation of value to unsigned char"),
            member::T_SHORT => number!(i16, "Truncation of value to short"),
            member::T_USHORT => number!(u16, "Truncation of value to unsigned short"),
            member::T_INT => number!(i32, "Truncation of value to int"),
            member::T_UINT => {
                let negative = int::to_i128(value.index()?.b()).is_some_and(|number| number < 0);
                let wide = unsigned(value)?;
                let narrow = wide as u32;
                (*field.cast::<Cell<u32>>()).set(narrow);
                // What was negative is told already.
                if u64::from(narrow) != wide && !negative {
                    hooks::warn(&exc::RuntimeWarning, "Truncation of value to unsigned int", 1)?;
                }
                Ok(())
            }
            member::T_LONG | member::T_LONGLONG => whole(value).map(|value| (*field.cast::<Cell<i64>>()).set(value)),
            member::T_PYSSIZET if !int::check(value) => Err(raise!(TypeError, "an integer is required")),
            member::T_PYSSIZET => value.as_isize_or(&exc::OverflowError).map(|value| (*field.cast::<Cell<isize>>()).set(value)),
            member::T_ULONG | member::T_ULONGLONG => unsigned(value).map(|value| (*field.cast::<Cell<u64>>()).set(value)),
            member::T_FLOAT => value.as_f64().map(|value| (*field.cast::<Cell<f32>>()).set(value as f32)),
            member::T_DOUBLE => value.as_f64().map(|value| (*field.cast::<Cell<f64>>()).set(value)),
            member::T_OBJECT | member::T_OBJECT_EX => {
                (*field.cast::<Cell<*mut PyObject>>()).store(Some(value.to_ref()));
                Ok(())
            }
            member::T_CHAR => match text::data(value) {
                Some(data) if data.len() == 1 && data.get(0).is_some_and(|code| code < 0x80) => {
                    (*field.cast::<Cell<u8>>()).set(data.get(0).unwrap_or(0) as u8);
                    Ok(())
                }
                _ => Err(raise!(TypeError, "bad argument type for built-in operation")),
            },
            member::T_STRING | member::T_STRING_INPLACE | member::T_NONE => Err(raise!(TypeError, "readonly attribute")),
            _ => Err(raise!(SystemError, "bad memberdescr type for {}", c_text(definition.name.get()))),
        }
    }
}

/// An int as C's `long` sees it; wider ones are OverflowError.
fn whole(value: Borrowed<'_>) -> PyResult<i64> {
    let index = value.index()?;
    int::to_i64(index.b()).ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C long"))
}

fn integer(value: Borrowed<'_>) -> PyResult<i128> {
    if float::value(value).is_some() {
        return Err(raise!(TypeError, "'float' object cannot be interpreted as an integer"));
    }
    whole(value).map(i128::from)
}

fn unsigned(value: Borrowed<'_>) -> PyResult<u64> {
    let index = value.index()?;
    let Some(number) = int::to_i128(index.b()) else {
        return Err(raise!(OverflowError, "Python int too large to convert to C unsigned long"));
    };
    match u64::try_from(number) {
        Ok(number) => Ok(number),
        Err(_) if number < i128::from(i64::MIN) => Err(raise!(OverflowError, "Python int too large to convert to C long")),
        Err(_) if number < 0 => {
            hooks::warn(&exc::RuntimeWarning, "Writing negative value into unsigned field", 1)?;
            Ok(number as u64)
        }
        Err(_) => Err(raise!(OverflowError, "Python int too large to convert to C unsigned long")),
    }
}
