//! Proxies: objects that pass all operations on to what they refer to weakly.

use super::WeakRef;
use macros::{pyclass, pymethods};
use object::protocol::number as num;
use object::value::str as text;
use object::{Borrowed, CompareOp, PyResult, Ref, StaticType, TypeObject, id, raise};

/// Whether a type is one of the two proxies'.
pub(super) fn is_proxy_type(class: &TypeObject) -> bool {
    class.is_type(Proxy::type_object()) || class.is_type(CallableProxy::type_object())
}

/// The referent of a proxy; ReferenceError where it is dead.
fn target(slf: &WeakRef) -> PyResult<Ref> {
    slf.referent().ok_or_else(|| raise!(ReferenceError, "weakly-referenced object no longer exists"))
}

/// The referent where `object` is a proxy, else the object.
fn unwrapped(object: Borrowed<'_>) -> PyResult<Ref> {
    if is_proxy_type(object.class()) { target(&object.self_as::<WeakRef>()) } else { Ok(object.to_ref()) }
}

macro_rules! proxy_type {
    ($ty:ident, $name:literal, $export:literal) => {
        #[doc = concat!("`weakref.", $name, "`.")]
        #[pyclass(name = $name, module = "weakref", export = $export, gc = manual, parts(COMMON, NUMBER, MAIN))]
        pub struct $ty {
            reference: WeakRef,
        }

        #[pymethods(part = COMMON)]
        impl $ty {
            #[slot(tp_getattro)]
            fn getattr(&self, name: Borrowed<'_>) -> PyResult<Ref> {
                target(&self.reference)?.getattr(name)
            }

            #[slot(tp_setattro)]
            fn setattr(&self, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
                target(&self.reference)?.set_or_delete_attr(name, value)
            }

            #[slot(tp_str)]
            fn str(&self) -> PyResult<Ref> {
                target(&self.reference)?.str()
            }

            #[slot(tp_repr)]
            fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
                let at = slf.object().ptr();
                let target = slf.reference.referent();
                let Some(target) = target else { return text::new(&format!("<weakproxy at {at:p}; dead>")) };
                let class = crate::type_::attributes::fully_qualified_name(target.class())?.str_text()?;
                let address = target.ptr();
                text::new(&format!("<weakproxy at {at:p}; to '{class}' at {address:p}>"))
            }

            #[slot(tp_hash)]
            fn hash(&self) -> PyResult<isize> {
                Err(raise!(TypeError, concat!("unhashable type: 'weakref.", $name, "'")))
            }

            #[slot(tp_richcompare)]
            fn richcompare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
                unwrapped(slf)?.richcompare(unwrapped(other)?.b(), op)
            }

            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Ref> {
                target(&self.reference)?.iter()
            }

            #[slot(tp_iternext)]
            fn next(&self) -> PyResult<Option<Ref>> {
                let target = target(&self.reference)?;
                if !target.is_iterator() {
                    return Err(raise!(
                        TypeError,
                        "Weakref proxy referenced a non-iterator '{}' object",
                        target.class().tp_name()
                    ));
                }
                target.next()
            }

            #[slot(sq_length, mp_length)]
            fn len(&self) -> PyResult<usize> {
                target(&self.reference)?.len()
            }

            #[slot(mp_subscript)]
            fn getitem(&self, key: Borrowed<'_>) -> PyResult<Ref> {
                target(&self.reference)?.getitem(key)
            }

            #[slot(mp_ass_subscript)]
            fn setitem(&self, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
                target(&self.reference)?.set_or_delete_item(key, value)
            }

            #[slot(sq_contains)]
            fn contains(&self, value: Borrowed<'_>) -> PyResult<bool> {
                target(&self.reference)?.contains(value)
            }

            #[slot(tp_traverse)]
            fn traverse(&self, visit: &mut object::Visit<'_>) {
                visit.raw(self.reference.callback.get());
            }

            #[slot(tp_clear)]
            fn clear(&self) {
                self.reference.unlink();
                object::RawField::store(&self.reference.callback, None);
            }

            #[slot(tp_dealloc)]
            unsafe fn dealloc(slf: Borrowed<'_, Self>) {
                let ptr = slf.object().ptr();
                // SAFETY: the slot's contract.
                unsafe {
                    object::gc::untrack_if_tracked(ptr);
                    slf.reference.unlink();
                    object::RawField::store(&slf.reference.callback, None);
                    object::memory::finish_dealloc(ptr);
                }
            }

            #[method(name = "__bytes__", text = None, "($self, /)")]
            fn bytes(&self) -> PyResult<Ref> {
                target(&self.reference)?.call_method(id!("__bytes__"), &[])
            }

            #[method(name = "__reversed__", text = None, "($self, /)")]
            fn reversed(&self) -> PyResult<Ref> {
                target(&self.reference)?.call_method(id!("__reversed__"), &[])
            }
        }

        #[pymethods(part = NUMBER)]
        impl $ty {
            #[slot(nb_add)]
            fn add(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::add(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_subtract)]
            fn subtract(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::subtract(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_multiply)]
            fn multiply(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::multiply(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_floor_divide)]
            fn floor_divide(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::floor_divide(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_true_divide)]
            fn true_divide(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::true_divide(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_remainder)]
            fn remainder(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::remainder(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_divmod)]
            fn divmod(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::divmod(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_power)]
            fn power(a: Borrowed<'_>, b: Borrowed<'_>, c: Borrowed<'_>) -> PyResult<Ref> {
                num::power(unwrapped(a)?.b(), unwrapped(b)?.b(), unwrapped(c)?.b())
            }
            #[slot(nb_lshift)]
            fn lshift(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::lshift(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_rshift)]
            fn rshift(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::rshift(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_and)]
            fn and(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::and(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_xor)]
            fn xor(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::xor(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_or)]
            fn or(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::or(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_matrix_multiply)]
            fn matrix_multiply(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
                num::matrix_multiply(unwrapped(a)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_add)]
            fn inplace_add(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_add(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_subtract)]
            fn inplace_subtract(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_subtract(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_multiply)]
            fn inplace_multiply(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_multiply(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_floor_divide)]
            fn inplace_floor_divide(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_floor_divide(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_true_divide)]
            fn inplace_true_divide(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_true_divide(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_remainder)]
            fn inplace_remainder(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_remainder(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_lshift)]
            fn inplace_lshift(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_lshift(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_rshift)]
            fn inplace_rshift(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_rshift(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_and)]
            fn inplace_and(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_and(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_xor)]
            fn inplace_xor(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_xor(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_or)]
            fn inplace_or(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_or(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_power)]
            fn inplace_power(&self, b: Borrowed<'_>, _c: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_power(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_inplace_matrix_multiply)]
            fn inplace_matrix_multiply(&self, b: Borrowed<'_>) -> PyResult<Ref> {
                num::inplace_matrix_multiply(target(&self.reference)?.b(), unwrapped(b)?.b())
            }
            #[slot(nb_negative)]
            fn negative(&self) -> PyResult<Ref> {
                num::negative(target(&self.reference)?.b())
            }
            #[slot(nb_positive)]
            fn positive(&self) -> PyResult<Ref> {
                num::positive(target(&self.reference)?.b())
            }
            #[slot(nb_absolute)]
            fn absolute(&self) -> PyResult<Ref> {
                num::absolute(target(&self.reference)?.b())
            }
            #[slot(nb_invert)]
            fn invert(&self) -> PyResult<Ref> {
                num::invert(target(&self.reference)?.b())
            }
            #[slot(nb_bool)]
            fn bool(&self) -> PyResult<bool> {
                target(&self.reference)?.is_true()
            }
            #[slot(nb_int)]
            fn int(&self) -> PyResult<Ref> {
                target(&self.reference)?.int()
            }
            #[slot(nb_float)]
            fn float(&self) -> PyResult<Ref> {
                target(&self.reference)?.float()
            }
            #[slot(nb_index)]
            fn index(&self) -> PyResult<Ref> {
                target(&self.reference)?.index()
            }
        }
    };
}

proxy_type!(Proxy, "ProxyType", "_PyWeakref_ProxyType");
proxy_type!(CallableProxy, "CallableProxyType", "_PyWeakref_CallableProxyType");

#[pymethods]
impl Proxy {}

#[pymethods]
impl CallableProxy {
    #[slot(tp_call)]
    fn call(&self, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        target(&self.reference)?.call_tuple(args, kwargs)
    }
}
