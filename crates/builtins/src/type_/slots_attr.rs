//! `__slots__`: what a class statement says about its instances' storage.

use super::dicts;
use abi::tpflags;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, id, raise};

/// The storage that a class adds.
pub struct Slots {
    /// The names of the slots, mangled and sorted.
    pub names: Vec<Ref>,
    /// The same as a tuple: `ht_slots`; none where the class has no `__slots__`.
    pub tuple: Option<Ref>,
    pub add_dict: bool,
    pub add_weakref: bool,
}

impl Slots {
    /// Reads and checks the `__slots__` of a class body.
    pub fn of(dict: &Ref, class_name: Borrowed<'_>, base: &TypeObject, bases: &[Ref]) -> PyResult<Slots> {
        let raw = base.raw();
        let may_add_dict = raw.tp_dictoffset.get() == 0;
        let may_add_weakref = raw.tp_weaklistoffset.get() == 0 && raw.tp_itemsize.get() == 0;
        let Some(value) = dicts::get(dict.b(), id!("__slots__"))? else {
            return Ok(Slots { names: Vec::new(), tuple: None, add_dict: may_add_dict, add_weakref: may_add_weakref });
        };
        let given = if text::check(value.b()) { vec![value] } else { value.to_vec()? };
        if !given.is_empty() && raw.tp_itemsize.get() != 0 {
            return Err(raise!(TypeError, "nonempty __slots__ not supported for subtype of '{}'", base.tp_name()));
        }
        let (mut add_dict, mut add_weakref) = (false, false);
        let mut names = Vec::new();
        for name in &given {
            check_identifier(name.b())?;
            if text::eq_str(name.b(), "__dict__") {
                if !may_add_dict || add_dict {
                    return Err(raise!(TypeError, "__dict__ slot disallowed: we already got one"));
                }
                add_dict = true;
            } else if text::eq_str(name.b(), "__weakref__") {
                if !may_add_weakref || add_weakref {
                    return Err(raise!(TypeError, "__weakref__ slot disallowed: we already got one"));
                }
                add_weakref = true;
            } else {
                names.push(mangled_slot(name.b(), class_name, dict.b())?);
            }
        }
        let names = sorted(names)?;
        if bases.len() > 1 {
            let (from_bases_dict, from_bases_weakref) = storage_of_bases(base, bases);
            add_dict |= may_add_dict && from_bases_dict;
            add_weakref |= may_add_weakref && from_bases_weakref;
        }
        let tuple = tuple::from_vec(names.clone())?;
        Ok(Slots { names, tuple: Some(tuple), add_dict, add_weakref })
    }
}

fn check_identifier(name: Borrowed<'_>) -> PyResult<()> {
    if !text::check(name) {
        return Err(raise!(TypeError, "__slots__ items must be strings, not '{}'", name.class().tp_name()));
    }
    if name.call_method(id!("isidentifier"), &[])?.is_true()? {
        Ok(())
    } else {
        Err(raise!(TypeError, "__slots__ must be identifiers"))
    }
}

/// The slot's name as compiled code writes it; it may not also be a class variable.
fn mangled_slot(name: Borrowed<'_>, class_name: Borrowed<'_>, dict: Borrowed<'_>) -> PyResult<Ref> {
    let mangled = mangle(class_name, name)?;
    let is_special =
        ["__qualname__", "__classcell__", "__classdictcell__"].iter().any(|special| text::eq_str(mangled.b(), special));
    if !is_special && dicts::get(dict, mangled.b())?.is_some() {
        return Err(raise!(ValueError, "{} in __slots__ conflicts with class variable", name.repr_text()?));
    }
    Ok(mangled)
}

/// A private name in a class body: `__x` in class `C` is `_C__x` (`_Py_Mangle`).
pub fn mangle(class_name: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
    let underscore = u32::from('_');
    let (Some(name_data), Some(class_data)) = (text::data(name), text::data(class_name)) else { return Ok(name.to_ref()) };
    let len = name_data.len();
    let is_private = len >= 2 && name_data.get(0) == Some(underscore) && name_data.get(1) == Some(underscore);
    let is_dunder = len >= 2 && name_data.get(len - 1) == Some(underscore) && name_data.get(len - 2) == Some(underscore);
    if !is_private || is_dunder || name_data.iter().any(|code| code == u32::from('.')) {
        return Ok(name.to_ref());
    }
    let stripped: Vec<u32> = class_data.iter().skip_while(|code| *code == underscore).collect();
    if stripped.is_empty() {
        return Ok(name.to_ref());
    }
    let mut builder = text::Builder::new();
    builder.push(underscore)?;
    stripped.iter().try_for_each(|code| builder.push(*code))?;
    builder.push_data(name_data)?;
    let mangled = builder.finish()?;
    Ok(super::intern(mangled))
}

fn sorted(names: Vec<Ref>) -> PyResult<Vec<Ref>> {
    let mut keyed: Vec<(Vec<u32>, Ref)> =
        names.into_iter().map(|name| (text::data(name.b()).map_or_else(Vec::new, |data| data.iter().collect()), name)).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(keyed.into_iter().map(|(_, name)| super::intern(name)).collect())
}

/// Whether secondary bases bring `__dict__` or weak references.
fn storage_of_bases(primary: &TypeObject, bases: &[Ref]) -> (bool, bool) {
    let (mut dict, mut weakref) = (false, false);
    for base in bases {
        let Some(base) = base.b().downcast::<TypeObject>() else { continue };
        if base.is_type(primary) || base.is_type(&core::OBJECT) {
            continue;
        }
        dict |= base.raw().tp_dictoffset.get() != 0 || base.has(tpflags::MANAGED_DICT);
        weakref |= base.raw().tp_weaklistoffset.get() != 0;
    }
    (dict, weakref)
}
