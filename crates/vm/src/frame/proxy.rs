//! `frame.f_locals` of functions: a mapping that writes through to the locals (PEP 667).

use super::{Frame, FrameObject, Slot, object_};
use crate::support;
use bytecode::flags::{CO_FAST_CELL, CO_FAST_FREE};
use macros::{pyclass, pymethods};
use object::protocol::represent::ReprGuard;
use object::value::str as text;
use object::{Borrowed, CompareOp, OptRef, PyResult, RawField, Ref, StaticType, TypeObject, core, id, raise};

// The mapping behind `frame.f_locals`. CPython gives it no docstring.
#[pyclass(name = "FrameLocalsProxy", export = "PyFrameLocalsProxy_Type", gc, flags(MAPPING))]
pub struct FrameLocalsProxy {
    header: abi::PyObject,
    frame: OptRef<FrameObject>,
}

/// A proxy for the locals of a frame.
pub fn new(frame: Ref<FrameObject>) -> PyResult<Ref> {
    let header = <abi::PyObject as abi::CStruct>::ZERO;
    let proxy = FrameLocalsProxy { header, frame: OptRef::new(Some(frame)) };
    object::memory::new_instance(FrameLocalsProxy::type_object(), proxy).map(Ref::upcast)
}

enum Place {
    Local(usize),
    Extra,
}

impl FrameLocalsProxy {
    fn owner(&self) -> PyResult<Ref<FrameObject>> {
        self.frame.get().ok_or_else(|| raise!(RuntimeError, "the frame is gone"))
    }

    fn with<R>(&self, action: impl FnOnce(&FrameObject, &Frame) -> PyResult<R>) -> PyResult<R> {
        let owner = self.owner()?;
        let Some(frame) = owner.interpreter_frame() else { return Err(raise!(RuntimeError, "the frame is gone")) };
        action(&owner, frame)
    }

    /// The local with this name; `bound`: only one that has a value. Keys are compared as a dict does.
    fn find(frame: &Frame, key: Borrowed<'_>, bound: bool) -> PyResult<Place> {
        let hash = key.hash()?;
        for (index, name) in frame.code().localsplusnames().iter().enumerate() {
            let same = name.is(&key) || name.hash()? == hash && name.eq(key)?;
            if same && (!bound || object_::local_value(frame, index).is_some()) {
                return Ok(Place::Local(index));
            }
        }
        Ok(Place::Extra)
    }

    fn get_opt(&self, key: Borrowed<'_>) -> PyResult<Option<Ref>> {
        self.with(|owner, frame| match Self::find(frame, key, true)? {
            Place::Local(index) => Ok(object_::local_value(frame, index)),
            Place::Extra => match owner.extra_locals.get() {
                Some(extra) => support::dict_get(extra.b(), key),
                None => Ok(None),
            },
        })
    }

    fn set(&self, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        self.with(|owner, frame| match Self::find(frame, key, false)? {
            Place::Local(index) => {
                let kind = frame.code().localspluskinds().get(index).copied().unwrap_or(0);
                let slot = frame.local(index);
                // SAFETY: the local keeps its object alive.
                let current = unsafe { slot.object_or_null() };
                if kind & (CO_FAST_CELL | CO_FAST_FREE) != 0
                    && let Some(cell) = current.filter(|cell| cell.class().is_type(&core::CELL))
                {
                    // SAFETY: it is a cell.
                    unsafe { support::cell_field(cell) }.store(Some(value.to_ref()));
                    return Ok(());
                }
                let old = frame.replace_local(index, Slot::owned(value.to_ref()));
                // The frame's stack may hold the old value without counting it.
                if !old.is_null()
                    && let Ok(mut kept) = owner.overwritten.try_borrow_mut()
                {
                    // SAFETY: the old word is out of the local.
                    kept.push(unsafe { old.into_ref() });
                }
                Ok(())
            }
            Place::Extra => {
                let extra = match owner.extra_locals.get() {
                    Some(extra) => extra,
                    None => {
                        let made = support::dict_new()?;
                        owner.extra_locals.set(Some(made.clone()));
                        made
                    }
                };
                support::dict_set(extra.b(), key, value)
            }
        })
    }

    fn snapshot(&self) -> PyResult<Ref> {
        self.with(|owner, frame| object_::fast_locals(frame, owner.extra_locals.get()))
    }

    fn delegate(&self, method: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        self.snapshot()?.call_method(method, args)
    }

    fn key_error(key: Borrowed<'_>, message: &str) -> object::Raised {
        if message.is_empty() {
            return object::error::raise_value(
                &object::exc::KeyError,
                object::value::tuple::from_slice(&[key]).ok().as_ref().map(Ref::b),
            );
        }
        match key.repr_text() {
            Ok(key) => raise!(KeyError, "local variable '{key}' is not defined"),
            Err(raised) => raised,
        }
    }
}

/// The arguments of `get` and `setdefault`.
fn one_or_two<'a>(method: &str, args: &[Borrowed<'a>]) -> PyResult<(Borrowed<'a>, Option<Borrowed<'a>>)> {
    match args {
        [key] => Ok((*key, None)),
        [key, default] => Ok((*key, Some(*default))),
        _ => Err(raise!(TypeError, "{method} expected 1 or 2 arguments")),
    }
}

#[pymethods]
impl FrameLocalsProxy {
    #[slot(tp_new)]
    fn new_proxy(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let args = object::value::tuple::items(args).unwrap_or_default();
        let [frame] = args else {
            return Err(raise!(TypeError, "FrameLocalsProxy expected 1 argument, got {}", args.len()));
        };
        if let Some(kwargs) = kwargs
            && kwargs.len()? != 0
        {
            return Err(raise!(TypeError, "FrameLocalsProxy takes no keyword arguments"));
        }
        match frame.downcast::<FrameObject>() {
            Some(frame) => new(frame.to_ref()),
            None => Err(raise!(TypeError, "expect frame, not {}", frame.class().tp_name())),
        }
    }
    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        match ReprGuard::enter(&slf.object()) {
            Some(_guard) => slf.snapshot()?.repr(),
            None => text::new("{...}"),
        }
    }
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Ref> {
        self.keys()?.iter()
    }
    #[slot(mp_length)]
    fn len(&self) -> PyResult<usize> {
        self.snapshot()?.len()
    }
    #[slot(mp_subscript)]
    fn getitem(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        match self.get_opt(key)? {
            Some(value) => Ok(value),
            None => Err(Self::key_error(key, "local")),
        }
    }
    #[slot(mp_ass_subscript)]
    fn setitem(&self, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) => self.set(key, value),
            None => self.with(|owner, frame| match Self::find(frame, key, false)? {
                Place::Local(_) => Err(raise!(ValueError, "cannot remove local variables from FrameLocalsProxy")),
                Place::Extra => match owner.extra_locals.get() {
                    Some(extra) => extra.delitem(key),
                    None => Err(Self::key_error(key, "")),
                },
            }),
        }
    }
    #[slot(sq_contains)]
    fn contains(&self, key: Borrowed<'_>) -> PyResult<bool> {
        self.get_opt(key).map(|found| found.is_some())
    }
    #[slot(tp_richcompare)]
    fn richcompare(slf: Borrowed<'_, Self>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        if let Some(other) = other.downcast::<FrameLocalsProxy>() {
            let same = slf.frame.as_ptr() == other.frame.as_ptr();
            return Ok(match op {
                CompareOp::Eq => core::boolean(same),
                CompareOp::Ne => core::boolean(!same),
                _ => core::not_implemented(),
            }
            .to_ref());
        }
        if other.class().is_subtype(&core::DICT) {
            return slf.snapshot()?.richcompare(other, op);
        }
        Ok(core::not_implemented().to_ref())
    }
    #[slot(nb_or)]
    fn or(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        let usable =
            |object: Borrowed<'_>| object.class().is_subtype(&core::DICT) || object.downcast::<FrameLocalsProxy>().is_some();
        if !usable(b) {
            return Ok(core::not_implemented().to_ref());
        }
        let result = support::dict_new()?;
        for side in [a, b] {
            let pairs = match side.downcast::<FrameLocalsProxy>() {
                Some(proxy) => proxy.snapshot()?,
                None => side.to_ref(),
            };
            support::dict_update(result.b(), pairs.b())?;
        }
        Ok(result)
    }
    #[slot(nb_inplace_or)]
    fn inplace_or(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<Ref> {
        if !other.class().is_subtype(&core::DICT) && other.downcast::<FrameLocalsProxy>().is_none() {
            return Ok(core::not_implemented().to_ref());
        }
        Self::merge(slf.self_as::<Self>().get(), other)?;
        Ok(slf.to_ref())
    }

    #[method("($self, key, /)", text = None)]
    fn __getitem__(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        self.getitem(key)
    }
    #[method("($self, *args)", text = None)]
    fn get(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let (key, default) = one_or_two("get", args)?;
        Ok(self.get_opt(key)?.unwrap_or_else(|| default.unwrap_or(core::none()).to_ref()))
    }
    #[method("($self, /)", text = None)]
    fn keys(&self) -> PyResult<Ref> {
        let keys = self.snapshot()?.to_vec()?;
        support::list_new(keys)
    }
    #[method("($self, /)", text = None)]
    fn values(&self) -> PyResult<Ref> {
        let values = self.delegate(id!("values"), &[])?.to_vec()?;
        support::list_new(values)
    }
    #[method("($self, /)", text = None)]
    fn items(&self) -> PyResult<Ref> {
        let items = self.delegate(id!("items"), &[])?.to_vec()?;
        support::list_new(items)
    }
    #[method("($self, /)", text = None)]
    fn copy(&self) -> PyResult<Ref> {
        self.snapshot()
    }
    #[method("($self, /)", text = None)]
    fn __reversed__(&self) -> PyResult<Ref> {
        let mut keys = self.snapshot()?.to_vec()?;
        keys.reverse();
        support::list_new(keys)
    }
    #[method("($self, other, /)", text = None)]
    fn update(&self, other: Borrowed<'_>) -> PyResult<()> {
        self.merge(other)
    }
    #[method("($self, *args)", text = None)]
    fn setdefault(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let (key, default) = one_or_two("setdefault", args)?;
        if let Some(found) = self.get_opt(key)? {
            return Ok(found);
        }
        let default = default.unwrap_or(core::none());
        self.set(key, default)?;
        Ok(default.to_ref())
    }
    #[method("($self, key, default=None, /)", text = None)]
    fn pop(&self, key: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        self.with(|owner, frame| match Self::find(frame, key, false)? {
            Place::Local(_) => Err(raise!(ValueError, "cannot remove local variables from FrameLocalsProxy")),
            Place::Extra => {
                if let Some(extra) = owner.extra_locals.get()
                    && let Some(found) = support::dict_get(extra.b(), key)?
                {
                    extra.delitem(key)?;
                    return Ok(found);
                }
                match default {
                    Some(default) => Ok(default.to_ref()),
                    None => Err(Self::key_error(key, "")),
                }
            }
        })
    }
}

impl FrameLocalsProxy {
    fn merge(&self, other: Borrowed<'_>) -> PyResult<()> {
        if !other.class().is_subtype(&core::DICT) && other.downcast::<FrameLocalsProxy>().is_none() {
            return Err(raise!(TypeError, "update() argument must be dict or another FrameLocalsProxy"));
        }
        for key in other.to_vec()? {
            let value = other.getitem(key.b())?;
            self.set(key.b(), value.b())?;
        }
        Ok(())
    }
}
