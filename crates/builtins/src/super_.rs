//! `super`: look-up along an object's MRO behind a class.

use crate::type_::dicts;
use abi::PyObject;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, RawField, Ref, StaticType, TypeObject, core, id, memory, raise};
use std::sync::OnceLock;

/// super() -> same as super(__class__, <first argument>)
/// super(type) -> unbound super object
/// super(type, obj) -> bound super object; requires isinstance(obj, type)
/// super(type, type2) -> bound super object; requires issubclass(type2, type)
/// Typical use to call a cooperative superclass method:
/// class C(B):
///     def meth(self, arg):
///         super().meth(arg)
/// This works for class methods too:
/// class C(B):
///     @classmethod
///     def cmeth(cls, arg):
///         super().cmeth(arg)
#[pyclass(name = "super", cell = ::object::core::SUPER, flags(BASETYPE), gc)]
pub struct Super {
    head: PyObject,
    /// the class invoking super()
    #[member(name = "__thisclass__", readonly)]
    class: OptRef<TypeObject>,
    /// the instance invoking super(); may be None
    #[member(name = "__self__", readonly)]
    object: OptRef,
    /// the type of the instance invoking super(); may be None
    #[member(name = "__self_class__", readonly)]
    start: OptRef<TypeObject>,
}

/// What the interpreter knows of a call of `super()` without arguments: the class in `__class__` and the first argument.
pub type CallerHook = fn() -> PyResult<(Ref, Ref)>;
static CALLER: OnceLock<CallerHook> = OnceLock::new();

/// Installs what finds the class and the object of `super()` without arguments in the frame of the caller.
pub fn install_caller(hook: CallerHook) {
    let _first = CALLER.set(hook);
}

/// The type whose MRO is searched: `object`'s, or `object` itself where it is a subclass of `class` (`supercheck`).
fn check(class: &TypeObject, object: Borrowed<'_>) -> PyResult<Ref<TypeObject>> {
    if let Some(given) = object.downcast::<TypeObject>()
        && has_in_mro(&given, class)
    {
        return Ok(given.to_ref());
    }
    if object.class().is_subtype(class) {
        return Ok(object.class().to_type_ref());
    }
    if let Some(claimed) = object.getattr_opt(id!("__class__"))?
        && let Some(claimed) = claimed.b().downcast::<TypeObject>()
        && !claimed.is_type(object.class())
        && claimed.is_subtype(class)
    {
        return Ok(claimed.to_ref());
    }
    let (kind, name) = match object.downcast::<TypeObject>() {
        Some(given) => ("type", given.short_name().to_owned()),
        None => ("instance of", object.class().short_name().to_owned()),
    };
    Err(raise!(TypeError, "super(type, obj): obj ({kind} {name}) is not an instance or subtype of type ({}).", class.tp_name()))
}

/// Whether `class` stands in the MRO of `given`: a metaclass's `mro()` may leave out the class itself.
fn has_in_mro(given: &TypeObject, class: &TypeObject) -> bool {
    match given.raw().tp_mro.load() {
        Some(order) => {
            tuple::items(order.b()).unwrap_or_default().iter().any(|item| std::ptr::eq(item.ptr(), class.as_object_ptr()))
        }
        None => given.is_subtype(class),
    }
}

/// `super(class, object)`.
pub fn bound(class: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<Ref> {
    let Some(class) = class.downcast::<TypeObject>() else {
        return Err(raise!(TypeError, "super() argument 1 must be a type, not {}", class.class().tp_name()));
    };
    let start = check(&class, object)?;
    let made = Super {
        head: <PyObject as abi::CStruct>::ZERO,
        class: OptRef::new(Some(class.to_ref())),
        object: OptRef::new(Some(object.to_ref())),
        start: OptRef::new(Some(start)),
    };
    memory::new_instance(Super::type_object(), made).map(Ref::upcast)
}

/// What stands under `name` behind `class` in the MRO of `start`, as it is.
pub fn find_behind(class: &TypeObject, start: &TypeObject, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let Some(order) = start.raw().tp_mro.load() else { return Ok(None) };
    let items = tuple::items(order.b()).unwrap_or_default();
    let behind = items.iter().skip_while(|item| !std::ptr::eq(item.ptr(), class.as_object_ptr())).skip(1);
    for base in behind {
        let Some(base) = base.downcast::<TypeObject>() else { continue };
        let Some(dict) = crate::type_::lookup::own_dict(&base)? else { continue };
        if let Some(found) = dicts::get(dict.b(), name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// What `super` answers where it has found `found`: bound to `object`, or to the class where `object` is it.
pub fn bind(found: Ref, start: &TypeObject, object: Borrowed<'_>) -> PyResult<Ref> {
    match found.class().tp_descr_get() {
        Some(get) => {
            let is_class = std::ptr::eq(object.ptr(), start.as_object_ptr());
            get(found.b(), (!is_class).then_some(object), Some(start.borrowed()))
        }
        None => Ok(found),
    }
}

/// The attribute `name` behind `class` in the MRO of `start`, bound to `object` (or to the class, where `object` is it).
fn search(class: &TypeObject, start: &TypeObject, object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    find_behind(class, start, name)?.map(|found| bind(found, start, object)).transpose()
}

/// `super(class, object).name` without making the super object: for the interpreter.
pub fn lookup(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
    let start = check(&class, object)?;
    if !text::eq_str(name, "__class__")
        && let Some(found) = search(&class, &start, object, name)?
    {
        return Ok(found);
    }
    bound(class.object(), object)?.getattr(name)
}

/// As [`lookup`] for a method that is called at once: the function with `true` where the object is to be its first argument.
pub fn lookup_method(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<(Ref, bool)> {
    let start = check(&class, object)?;
    let is_class = std::ptr::eq(object.ptr(), start.ptr());
    if !is_class
        && !text::eq_str(name, "__class__")
        && let Some(found) = find_behind(&class, &start, name)?
        && found.class().has(abi::tpflags::METHOD_DESCRIPTOR)
    {
        return Ok((found, true));
    }
    lookup(class, object, name).map(|found| (found, false))
}

#[pymethods]
impl Super {
    #[slot(tp_new)]
    fn make(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        memory::generic_alloc(class, 0)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0 {
            return Err(raise!(TypeError, "super() takes no keyword arguments"));
        }
        let items = tuple::items(args).unwrap_or_default();
        object::args::check_positional("super", items.len(), 0, 2)?;
        let (class, object) = match items {
            [] => {
                let Some(caller) = CALLER.get() else { return Err(raise!(RuntimeError, "super(): no current frame")) };
                let (class, object) = caller()?;
                (class, Some(object))
            }
            [class, rest @ ..] => (class.to_ref(), rest.first().map(|object| object.to_ref())),
        };
        let Some(class) = class.b().downcast::<TypeObject>() else {
            return Err(raise!(TypeError, "super() argument 1 must be a type, not {}", class.class().tp_name()));
        };
        let object = object.filter(|object| !object.is(&core::none()));
        let start = match &object {
            Some(object) => Some(check(&class, object.b())?),
            None => None,
        };
        slf.class.set(Some(class.to_ref()));
        slf.object.set(object);
        slf.start.set(start);
        Ok(())
    }

    #[slot(tp_getattro)]
    fn getattr(slf: Borrowed<'_, Self>, name: Borrowed<'_>) -> PyResult<Ref> {
        if let (Some(class), Some(start), Some(object)) = (slf.class.get(), slf.start.get(), slf.object.get())
            && !text::eq_str(name, "__class__")
            && let Some(found) = search(&class, &start, object.b(), name)?
        {
            return Ok(found);
        }
        crate::object_::getattr::get(slf.object(), name)
    }

    #[slot(tp_descr_get)]
    fn get(slf: Borrowed<'_, Self>, object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let object = object.filter(|object| !object.is(&core::none()));
        let (Some(object), None, Some(class)) = (object, slf.object.get(), slf.class.get()) else {
            return Ok(slf.object().to_ref());
        };
        if !slf.object().class().is_type(&core::SUPER) {
            return slf.object().class().borrowed().call(&[class.b(), object]);
        }
        bound(class.b(), object)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        let class = self.class.get();
        let class = class.as_ref().map_or_else(|| "NULL".to_owned(), |class| class.short_name().to_owned());
        match self.start.get() {
            Some(start) => text::new(&format!("<super: <class '{class}'>, <{} object>>", start.short_name())),
            None => text::new(&format!("<super: <class '{class}'>, NULL>")),
        }
    }
}
