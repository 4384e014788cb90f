//! The method resolution order: C3 linearisation, `mro()` of metaclasses, `tp_mro`.

use super::lookup;
use abi::tpflags;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, core, id, raise};

/// Whether the MRO is the class itself and then that of its base.
pub fn is_chain(class: &TypeObject) -> bool {
    let (own, base) = (class.raw().tp_mro.load(), class.base().and_then(|base| base.raw().tp_mro.load()));
    let (Some(own), Some(base)) = (own, base) else { return false };
    let (own, base) = (tuple::items(own.b()).unwrap_or_default(), tuple::items(base.b()).unwrap_or_default());
    own.split_first().is_some_and(|(first, rest)| {
        std::ptr::eq(first.ptr(), class.as_object_ptr())
            && rest.len() == base.len()
            && rest.iter().zip(base).all(|(a, b)| std::ptr::eq(a.ptr(), b.ptr()))
    })
}

/// Computes the MRO of a type (through its metaclass's `mro`, where that is overridden) and stores it.
pub fn compute_and_set(class: &TypeObject) -> PyResult<()> {
    let order = compute(class)?;
    set(class, order);
    Ok(())
}

/// Stores an MRO.
pub fn set(class: &TypeObject, order: Ref) {
    let old = class.raw().tp_mro.swap_ref(Some(order));
    lookup::modified(class);
    drop(old);
}

/// Computes the MRO of a type (through its metaclass's `mro`, where that is overridden).
pub fn compute(class: &TypeObject) -> PyResult<Ref> {
    let metaclass = class.class();
    if metaclass.is_type(&core::TYPE) || !metaclass.has(tpflags::READY) {
        return linear(class);
    }
    let custom = lookup::lookup(metaclass, id!("mro"));
    let builtin = lookup::lookup(&core::TYPE, id!("mro"));
    if let (Some(custom), Some(builtin)) = (&custom, &builtin)
        && custom.is(builtin)
    {
        return linear(class);
    }
    let result = super::special::call_method(class.borrowed(), id!("mro"), &[])?;
    let items = result.to_vec()?;
    check_custom(class, &items)?;
    // Types in it do not know that this one sees what they have: nothing of it may be cached.
    class.raw().tp_versions_used.set(u16::MAX);
    tuple::from_vec(items)
}

/// The C3 linearisation as a tuple.
fn linear(class: &TypeObject) -> PyResult<Ref> {
    let bases = class.raw().tp_bases.load();
    if let Some([base]) = bases.as_ref().and_then(|bases| tuple::items(bases.b()))
        && let Some(base) = base.downcast::<TypeObject>()
        && let Some(order) = base.raw().tp_mro.load()
    {
        let rest = tuple::items(order.b()).unwrap_or_default();
        let mut builder = tuple::Builder::new(rest.len() + 1)?;
        builder.push(class.to_ref());
        rest.iter().for_each(|item| builder.push(item.to_ref()));
        return Ok(builder.finish());
    }
    tuple::from_vec(linearise(class)?)
}

/// What a metaclass's `mro` returned: types whose layouts the class has.
fn check_custom(class: &TypeObject, items: &[Ref]) -> PyResult<()> {
    let solid = super::layout::solid_base(class);
    for item in items {
        let Some(base) = item.b().downcast::<TypeObject>() else {
            return Err(raise!(TypeError, "mro() returned a non-class ('{}')", item.class().tp_name()));
        };
        if !solid.is_subtype(super::layout::solid_base(&base)) {
            return Err(raise!(TypeError, "mro() returned base with unsuitable layout ('{}')", base.tp_name()));
        }
    }
    Ok(())
}

/// The C3 linearisation of a type: itself, then its bases' orders merged.
pub fn linearise(class: &TypeObject) -> PyResult<Vec<Ref>> {
    let bases = super::tuple_items(class.raw().tp_bases.load().as_ref());
    let this = class.to_ref();
    if let [base] = bases.as_slice()
        && let Some(base) = base.b().downcast::<TypeObject>()
    {
        let order = mro_items(&base)?;
        return Ok(std::iter::once(this).chain(order).collect());
    }
    for (index, base) in bases.iter().enumerate() {
        if bases.iter().skip(index + 1).any(|other| other.is(base)) {
            return Err(raise!(TypeError, "duplicate base class {}", class_name(base.b())));
        }
    }
    let mut sequences: Vec<Vec<Ref>> = Vec::with_capacity(bases.len() + 1);
    for base in &bases {
        match base.b().downcast::<TypeObject>() {
            Some(base) => sequences.push(mro_items(&base)?),
            None => return Err(raise!(TypeError, "bases must be types")),
        }
    }
    sequences.push(bases);
    merge(this, &sequences)
}

fn mro_items(class: &TypeObject) -> PyResult<Vec<Ref>> {
    let Some(order) = class.raw().tp_mro.load() else {
        return Err(raise!(TypeError, "Cannot extend an incomplete type '{}'", class.tp_name()));
    };
    Ok(super::tuple_items(Some(&order)))
}

/// The merge of C3: repeatedly takes the first head that is in no sequence's tail.
fn merge(first: Ref, sequences: &[Vec<Ref>]) -> PyResult<Vec<Ref>> {
    let mut result = vec![first];
    let mut positions = vec![0usize; sequences.len()];
    loop {
        let mut remaining = false;
        let mut chosen: Option<Ref> = None;
        for (sequence, position) in sequences.iter().zip(&positions) {
            let Some(candidate) = sequence.get(*position) else { continue };
            remaining = true;
            let in_tail =
                sequences.iter().zip(&positions).any(|(other, at)| other.iter().skip(at + 1).any(|item| item.is(candidate)));
            if !in_tail {
                chosen = Some(candidate.clone());
                break;
            }
        }
        if !remaining {
            return Ok(result);
        }
        let Some(chosen) = chosen else { return Err(conflict(sequences, &positions)) };
        for (sequence, position) in sequences.iter().zip(&mut positions) {
            if sequence.get(*position).is_some_and(|head| head.is(&chosen)) {
                *position += 1;
            }
        }
        result.push(chosen);
    }
}

#[cold]
fn conflict(sequences: &[Vec<Ref>], positions: &[usize]) -> object::Raised {
    let mut heads: Vec<Ref> = Vec::new();
    for (sequence, position) in sequences.iter().zip(positions) {
        if let Some(head) = sequence.get(*position)
            && !heads.iter().any(|known| known.is(head))
        {
            heads.push(head.clone());
        }
    }
    let names: Vec<String> = heads.iter().map(|head| class_name(head.b())).collect();
    raise!(TypeError, "Cannot create a consistent method resolution order (MRO) for bases {}", names.join(", "))
}

/// The `__name__` of a class, for messages.
fn class_name(class: Borrowed<'_>) -> String {
    match class.getattr(id!("__name__")) {
        Ok(name) if text::check(name.b()) => text::to_string_lossy(name.b()),
        Ok(_) => "?".to_owned(),
        Err(raised) => {
            raised.clear();
            "?".to_owned()
        }
    }
}
