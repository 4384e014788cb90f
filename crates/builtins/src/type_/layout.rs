//! Which layouts go together: the solid base of a type, the best base of several.

use object::{PyResult, Ref, TypeObject, core, raise};

/// Whether instances of `class` are laid out differently from those of `base`.
fn extends(class: &TypeObject, base: &TypeObject) -> bool {
    let (raw, from) = (class.raw(), base.raw());
    raw.tp_basicsize.get() != from.tp_basicsize.get() || raw.tp_itemsize.get() != from.tp_itemsize.get()
}

/// The nearest base (or the type itself) that adds to the layout.
pub fn solid_base(class: &TypeObject) -> &TypeObject {
    let mut current = class;
    loop {
        let Some(base) = current.base() else { return &core::OBJECT };
        if extends(current, base) {
            return current;
        }
        current = base;
    }
}

/// The base that a class with these bases gets its layout from (`best_base`).
pub fn best_base(bases: &[Ref]) -> PyResult<Ref<TypeObject>> {
    let mut best: Option<(Ref<TypeObject>, Ref<TypeObject>)> = None;
    for base in bases {
        let Some(base) = base.b().downcast::<TypeObject>() else {
            return Err(raise!(TypeError, "bases must be types"));
        };
        if !base.has(abi::tpflags::READY) {
            super::ready::ready(&base)?;
        }
        if !base.has(abi::tpflags::BASETYPE) {
            return Err(raise!(TypeError, "type '{}' is not an acceptable base type", base.tp_name()));
        }
        let candidate = solid_base(&base).to_type_ref();
        best = Some(match best {
            None => (candidate, base.to_ref()),
            Some((winner, chosen)) if winner.is_subtype(&candidate) => (winner, chosen),
            Some((winner, _)) if candidate.is_subtype(&winner) => (candidate, base.to_ref()),
            Some(_) => return Err(raise!(TypeError, "multiple bases have instance lay-out conflict")),
        });
    }
    match best {
        Some((_, base)) => Ok(base),
        None => Ok(core::OBJECT.to_type_ref()),
    }
}
