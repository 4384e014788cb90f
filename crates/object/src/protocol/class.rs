//! `isinstance` and `issubclass`.

use crate::core;
use crate::id;
use crate::raise;
use crate::recursion;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::PyResult;
use crate::types::TypeObject;
use crate::value::tuple;
use abi::tpflags;

fn as_type<'a>(object: Borrowed<'a>) -> Option<Borrowed<'a, TypeObject>> {
    // SAFETY: the flag says that it is a type.
    object.class().has(tpflags::TYPE_SUBCLASS).then(|| unsafe { object.get().cast_unchecked::<TypeObject>().extend() })
}

/// `__bases__`, if it is a tuple.
fn abstract_bases(class: Borrowed<'_>) -> PyResult<Option<Ref>> {
    Ok(class.getattr_opt(id!("__bases__"))?.filter(|bases| tuple::items(bases.b()).is_some()))
}

fn check_class(class: Borrowed<'_>, message: &str) -> PyResult<()> {
    match abstract_bases(class)? {
        Some(_) => Ok(()),
        None => Err(raise!(TypeError, "{message}")),
    }
}

fn abstract_issubclass(derived: Borrowed<'_>, class: Borrowed<'_>) -> PyResult<bool> {
    let mut current = derived.to_ref();
    loop {
        if current.is(&class) {
            return Ok(true);
        }
        let Some(bases) = abstract_bases(current.b())? else { return Ok(false) };
        match tuple::items(bases.b()).unwrap_or_default() {
            [] => return Ok(false),
            [base] => current = base.to_ref(),
            many => {
                recursion::check(" in __issubclass__")?;
                for base in many {
                    if abstract_issubclass(*base, class)? {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
        }
    }
}

/// Whether `__class__` of a class's instances is nothing but their class: it is `object`'s own descriptor that answers.
fn has_usual_class(class: &TypeObject) -> bool {
    let (usual, own) = (core::OBJECT.tp_getattro(), class.tp_getattro());
    if !matches!((usual, own), (Some(usual), Some(own)) if std::ptr::fn_addr_eq(usual, own)) {
        return false;
    }
    let name = id!("__class__");
    match (class.type_lookup(name), core::OBJECT.type_lookup(name)) {
        (Some(found), Some(usual)) => found.is(&usual),
        _ => false,
    }
}

impl Object {
    /// `type.__instancecheck__(class, self)`: without hooks.
    pub fn real_isinstance(&self, class: Borrowed<'_>) -> PyResult<bool> {
        if let Some(class) = as_type(class) {
            if self.class().is_subtype(&class) {
                return Ok(true);
            }
            if has_usual_class(self.class()) {
                return Ok(false);
            }
            let Some(claimed) = self.getattr_opt(id!("__class__"))? else { return Ok(false) };
            return Ok(match as_type(claimed.b()) {
                Some(claimed) if !claimed.is_type(self.class()) => claimed.is_subtype(&class),
                _ => false,
            });
        }
        check_class(class, "isinstance() arg 2 must be a type, a tuple of types, or a union")?;
        match self.getattr_opt(id!("__class__"))? {
            Some(claimed) => abstract_issubclass(claimed.b(), class),
            None => Ok(false),
        }
    }

    /// `isinstance(self, class)`.
    pub fn isinstance(&self, class: Borrowed<'_>) -> PyResult<bool> {
        if std::ptr::eq(self.class().as_object_ptr(), class.ptr()) {
            return Ok(true);
        }
        if class.class().is_type(&core::TYPE) {
            return self.real_isinstance(class);
        }
        if let Some(classes) = tuple::items(class) {
            recursion::check(" in __instancecheck__")?;
            for class in classes {
                if self.isinstance(*class)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        match class.lookup_special(id!("__instancecheck__"))? {
            Some(check) => {
                recursion::check(" in __instancecheck__")?;
                check.call1(self.borrowed())?.is_true()
            }
            None => self.real_isinstance(class),
        }
    }

    /// `type.__subclasscheck__(class, self)`: without hooks.
    pub fn real_issubclass(&self, class: Borrowed<'_>) -> PyResult<bool> {
        if let (Some(derived), Some(class)) = (as_type(self.borrowed()), as_type(class)) {
            return Ok(derived.is_subtype(&class));
        }
        check_class(self.borrowed(), "issubclass() arg 1 must be a class")?;
        check_class(class, "issubclass() arg 2 must be a class, a tuple of classes, or a union")?;
        abstract_issubclass(self.borrowed(), class)
    }

    /// `issubclass(self, class)`.
    pub fn issubclass(&self, class: Borrowed<'_>) -> PyResult<bool> {
        if class.class().is_type(&core::TYPE) {
            return if self.is(&class) { Ok(true) } else { self.real_issubclass(class) };
        }
        if let Some(classes) = tuple::items(class) {
            recursion::check(" in __subclasscheck__")?;
            for class in classes {
                if self.issubclass(*class)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        match class.lookup_special(id!("__subclasscheck__"))? {
            Some(check) => {
                recursion::check(" in __subclasscheck__")?;
                check.call1(self.borrowed())?.is_true()
            }
            None => self.real_issubclass(class),
        }
    }

    /// `dir(self)`: a sorted list.
    pub fn dir(&self) -> PyResult<Ref> {
        match self.lookup_special(id!("__dir__"))? {
            Some(method) => (crate::hooks::get().sorted_list)(method.call0()?),
            None => Err(raise!(TypeError, "object does not provide __dir__")),
        }
    }
}
