//! Keeping a class's slots true to its methods: when it is made, and when an attribute of it or of a base changes.

use super::lookup::{self, find_in_mro};
use super::operators::{self, DEFINITIONS, SlotDefinition};
use super::{dicts, slot_functions, subclasses, wrap};
use abi::{tpflags, typeslot};
use object::value::tuple;
use object::{Borrowed, PyResult, RawField, TypeObject, core};

/// Sets all slots of a class from what look-ups find (`fixup_slot_dispatchers`).
pub fn fix_all(class: &TypeObject) -> PyResult<()> {
    operators::groups().try_for_each(|group| update_slot(class, group))
}

/// As [`fix_all`] for a class that was just completed: where all it has inherited comes from classes made as it was, only those slots
/// change that an attribute of one of them decides.
pub fn fix_new(class: &TypeObject) -> PyResult<()> {
    let order = class.raw().tp_mro.load();
    let classes = order.as_ref().and_then(|order| tuple::items(order.b())).unwrap_or_default();
    let (Some((_, bases)), true) = (classes.split_last(), has_python_bases(classes)) else { return fix_all(class) };
    // The base in a chain has the slots that its names decide already.
    let bases = if super::mro::is_chain(class) { bases.get(..1).unwrap_or_default() } else { bases };
    let mut hash_or_comparison = false;
    let mut own: Vec<&'static [SlotDefinition]> = Vec::new();
    for dict in bases.iter().filter_map(|base| base.downcast::<TypeObject>()?.raw().tp_dict.load()) {
        for (key, _) in dicts::items(dict.b())? {
            if !operators::is_dunder(key.b()) {
                continue;
            }
            if !crate::str_::intern::is_interned(key.b()) {
                return fix_all(class);
            }
            for group in operators::groups_of(key.b()) {
                let Some(head) = group.first() else { continue };
                if own.iter().all(|known| !std::ptr::eq(*known, group)) {
                    own.push(group);
                }
                // They are inherited together or not at all.
                hash_or_comparison |= matches!(head.slot, typeslot::tp_hash | typeslot::tp_richcompare);
            }
        }
    }
    if hash_or_comparison {
        own.retain(|group| !is_hash_or_comparison(group));
        own.extend(operators::groups().filter(|group| is_hash_or_comparison(group)));
    }
    // A class without `__next__` says so by a function of its own, which `object` does not have.
    let next = operators::groups().find(|group| group.first().is_some_and(|head| head.slot == typeslot::tp_iternext));
    if let Some(next) = next.filter(|_| class.slot_ptr(typeslot::tp_iternext).is_null())
        && own.iter().all(|known| !std::ptr::eq(*known, next))
    {
        own.push(next);
    }
    own.iter().try_for_each(|group| update_slot(class, group))?;
    debug_assert!(same_after_all(class), "slots of {}", class.tp_name());
    Ok(())
}

/// Whether the MRO consists of classes made by programs and, at its end, `object`.
fn has_python_bases(classes: &[Borrowed<'_>]) -> bool {
    let Some((last, classes)) = classes.split_last() else { return false };
    last.is(&core::OBJECT.borrowed())
        && classes.iter().all(|base| base.downcast::<TypeObject>().is_some_and(|base| base.has(tpflags::HEAPTYPE)))
}

fn is_hash_or_comparison(group: &[SlotDefinition]) -> bool {
    group.first().is_some_and(|head| matches!(head.slot, typeslot::tp_hash | typeslot::tp_richcompare))
}

/// Whether [`fix_all`] would change nothing.
fn same_after_all(class: &TypeObject) -> bool {
    let slots = || operators::groups().filter_map(<[_]>::first).map(|head| class.slot_ptr(head.slot)).collect::<Vec<_>>();
    let before = slots();
    if let Err(raised) = fix_all(class) {
        raised.clear();
    }
    before == slots()
}

/// The attribute `name` of a class changed: sets the slots that it decides, here and in subclasses that do not override it.
pub fn attribute_changed(class: &TypeObject, name: Borrowed<'_>) -> PyResult<()> {
    lookup::modified(class);
    if !operators::is_dunder(name) {
        return Ok(());
    }
    let groups: Vec<_> = if crate::str_::intern::is_interned(name) {
        operators::groups_of(name).collect()
    } else {
        operators::groups().filter(|group| group.iter().any(|definition| same_name(definition, name))).collect()
    };
    if groups.is_empty() { Ok(()) } else { update_subtree(class, name, &groups) }
}

fn same_name(definition: &SlotDefinition, name: Borrowed<'_>) -> bool {
    let own = definition.name.get();
    own.is(&name)
        || own.compare_bool(name, object::CompareOp::Eq).unwrap_or_else(|raised| {
            raised.clear();
            false
        })
}

fn update_subtree(class: &TypeObject, name: Borrowed<'_>, groups: &[&'static [SlotDefinition]]) -> PyResult<()> {
    object::recursion::check("")?;
    groups.iter().try_for_each(|group| update_slot(class, group))?;
    for subclass in subclasses::of(class) {
        let dict = object::RawField::load(&subclass.raw().tp_dict);
        if let Some(dict) = dict
            && dicts::get(dict.b(), name)?.is_some()
        {
            continue;
        }
        update_subtree(&subclass, name, groups)?;
    }
    Ok(())
}

/// The names of several slots (`__len__`, `__getitem__`, …) stand for the one that the type fills, if it is one.
fn only_filled_slot(class: &TypeObject, name: Borrowed<'_>) -> Option<u16> {
    let mut filled = DEFINITIONS
        .iter()
        .filter(|definition| definition.name.get().is(&name) && !class.slot_ptr(definition.slot).is_null())
        .map(|definition| definition.slot);
    let first = filled.next()?;
    filled.all(|other| other == first).then_some(first)
}

/// Sets one slot from what look-ups of its names find: the native function where they all agree on it, else the function that calls the method
/// (`update_one_slot`).
fn update_slot(class: &TypeObject, group: &'static [SlotDefinition]) -> PyResult<()> {
    let Some(head) = group.first() else { return Ok(()) };
    let slot = head.slot;
    if !class.has(tpflags::HEAPTYPE) {
        return Ok(());
    }
    let mut generic: *const () = std::ptr::null();
    let mut specific: *const () = std::ptr::null();
    let mut use_generic = false;
    for definition in group {
        let name = definition.name.get();
        let Some(found) = find_in_mro(class, name)? else {
            if slot == typeslot::tp_iternext {
                specific = object::protocol::iterate::not_implemented_next as *const ();
            }
            continue;
        };
        if let Some(wrapper) = crate::descr::wrapper::Wrapper::of(found.b())
            && wrapper.definition().name.get().is(&name)
        {
            let resolved = only_filled_slot(class, name);
            if resolved.is_none() || resolved == Some(slot) {
                generic = definition.function;
            }
            if (specific.is_null() || specific == wrapper.function())
                && wrapper.definition().wrap == definition.wrap
                && wrapper.is_for(class)
            {
                specific = wrapper.function();
            } else {
                use_generic = true;
            }
        } else if slot == typeslot::tp_new && wrap::is_new_wrapper(found.b()) {
            // A class that inherits a native constructor keeps it.
            specific = class.slot_ptr(typeslot::tp_new);
            if specific == slot_functions::tp_new as *const () {
                specific = crate::cfunction::self_of(found.b())
                    .and_then(|base| base.b().downcast::<TypeObject>().map(|base| base.slot_ptr(typeslot::tp_new)))
                    .unwrap_or(specific);
            }
        } else if found.is(&core::none()) && slot == typeslot::tp_hash {
            specific = super::hash_not_implemented as *const ();
        } else {
            use_generic = true;
            generic = definition.function;
            if slot == typeslot::tp_call {
                class.remove_flags(tpflags::HAVE_VECTORCALL);
            }
        }
    }
    let function = if !specific.is_null() && !use_generic { specific } else { generic };
    // SAFETY: the definitions and the wrappers of a slot have its signature.
    unsafe { class.set_slot(slot, function) };
    Ok(())
}
