//! Keeping a class's slots true to its methods: when it is made, and when an attribute of it or of a base changes.

use super::lookup::{self, find_in_mro};
use super::operators::{self, SlotDefinition};
use super::{dicts, slot_functions, subclasses, wrap};
use abi::{tpflags, typeslot};
use object::value::tuple;
use object::{Borrowed, Object, PyResult, RawField, Ref, TypeObject, core};
use std::sync::Mutex;

/// Sets all slots of a class from what look-ups find (`fixup_slot_dispatchers`).
pub fn fix_all(class: &TypeObject) -> PyResult<()> {
    operators::groups().try_for_each(|group| update_slot(class, group, |_, name| find_in_mro(class, name)))
}

/// As [`fix_all`] for a class that was just completed. Most of its slots are right as they were inherited: where it has only classes of programs and native
/// exceptions above, or a single class of a program, those change that an attribute of its own decides; right below a native type also
/// those that changed in the first class there.
pub fn fix_new(class: &TypeObject) -> PyResult<()> {
    let order = class.raw().tp_mro.load();
    let classes = order.as_ref().and_then(|order| tuple::items(order.b())).unwrap_or_default();
    let made = classes.iter().take_while(|base| is_type_with(**base, tpflags::HEAPTYPE)).count();
    let (own, native) = classes.split_at(made);
    let is_chain = super::mro::is_chain(class);
    let inherits_all = is_chain && made > 1
        || native.split_last().is_some_and(|(last, native)| {
            let is_exception =
                |base: Borrowed<'_>| is_type_with(base, tpflags::BASE_EXC_SUBCLASS) && !is_type_with(base, tpflags::HEAPTYPE);
            last.is(&core::OBJECT.borrowed()) && native.iter().all(|base| is_exception(*base))
        });
    // The base in a chain has the slots that its names decide already.
    let scanned = if inherits_all && is_chain { 1 } else { made };
    let mut names = Names { known: [None; operators::COUNT], rest: classes.get(scanned..).unwrap_or_default() };
    let mut wanted = [false; operators::COUNT];
    let mut hash_or_comparison = false;
    for base in own.iter().take(scanned) {
        // The dict of a class that a program made is a dict.
        let Some(dict) = base.downcast::<TypeObject>().and_then(|base| base.raw().tp_dict.load()) else { continue };
        let Some(dict) = dict.b().downcast_exact::<crate::dict::Dict>() else { return fix_all(class) };
        let mut position = crate::dict::Position::default();
        while let Some((key, value)) = dict.next_borrowed(&mut position) {
            // SAFETY: both are the dict's, which does not change: nothing runs here but reads.
            let (key, value) =
                unsafe { (Borrowed::<Object>::from_ptr_or_null(key), Borrowed::<Object>::from_ptr_or_null(value)) };
            let (Some(key), Some(value)) = (key, value) else { continue };
            if !operators::is_dunder(key) {
                continue;
            }
            if !crate::str_::intern::is_interned(key) {
                return fix_all(class);
            }
            for start in operators::group_starts(key) {
                let group = operators::group_at(start);
                for (at, definition) in group.iter().enumerate() {
                    if definition.name.get().is(&key) {
                        names.known[start + at].get_or_insert(value);
                    }
                }
                wanted[start] = true;
                // They are inherited together or not at all.
                hash_or_comparison |= is_hash_or_comparison(group);
            }
        }
    }
    let base = native.first().filter(|_| is_chain && !inherits_all).and_then(|base| base.downcast::<TypeObject>());
    let base = base.filter(|base| base.has(tpflags::STATIC_BUILTIN) && base.has(tpflags::IMMUTABLETYPE));
    let below = base.as_ref().and_then(|base| below_native(base, None));
    let mut changed = 0u128;
    let mut start = 0;
    for group in operators::groups() {
        let Some(head) = group.first() else { continue };
        let mut decided = wanted[start] || hash_or_comparison && is_hash_or_comparison(group);
        // A class without `__next__` says so by a function of its own, which `object` does not have.
        decided |= head.slot == typeslot::tp_iternext && class.slot_ptr(head.slot).is_null();
        if decided || !inherits_all && below.is_none_or(|below| below >> start & 1 == 1) {
            let before = class.slot_ptr(head.slot);
            update_slot(class, group, |at, name| names.find(start + at, name))?;
            changed |= u128::from(decided || before != class.slot_ptr(head.slot)) << start;
        }
        start += group.len();
    }
    if let Some(base) = base.filter(|_| below.is_none()) {
        below_native(&base, Some(changed));
    }
    debug_assert!(same_after_all(class), "slots of {}", class.tp_name());
    Ok(())
}

/// The groups whose slots are not simply inherited by a class right below this native type, a bit each by where they begin; `found` is noted where nothing is
/// known. Native types do not change.
fn below_native(base: &TypeObject, found: Option<u128>) -> Option<u128> {
    static KNOWN: Mutex<Vec<(usize, u128)>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let address = base.as_type_ptr().addr();
    if let Some((_, groups)) = known.iter().find(|(known, _)| *known == address) {
        return Some(*groups);
    }
    if let Some(groups) = found
        && known.try_reserve(1).is_ok()
    {
        known.push((address, groups));
    }
    found
}

/// Whether it is a type with one of these flags.
fn is_type_with(base: Borrowed<'_>, flags: u64) -> bool {
    base.downcast::<TypeObject>().is_some_and(|base| base.has(flags))
}

/// What look-ups of the names of slots find.
struct Names<'a> {
    /// In the classes that were looked through, by the number of the definition.
    known: [Option<Borrowed<'a>>; operators::COUNT],
    /// The classes behind them.
    rest: &'a [Borrowed<'a>],
}

impl Names<'_> {
    fn find(&self, number: usize, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
        match self.known.get(number) {
            Some(Some(found)) => Ok(Some(found.to_ref())),
            _ => lookup::find_in(self.rest, name),
        }
    }
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
    groups.iter().try_for_each(|group| update_slot(class, group, |_, name| find_in_mro(class, name)))?;
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
    let mut filled =
        operators::groups_of(name).filter_map(<[_]>::first).map(|head| head.slot).filter(|slot| !class.slot_ptr(*slot).is_null());
    let first = filled.next()?;
    filled.all(|other| other == first).then_some(first)
}

/// Sets one slot from what look-ups of its names find: the native function where they all agree on it, else the function that calls the method
/// (`update_one_slot`). `find` looks up a name of the group, which it also gets by its place.
fn update_slot(
    class: &TypeObject,
    group: &'static [SlotDefinition],
    find: impl Fn(usize, Borrowed<'_>) -> PyResult<Option<Ref>>,
) -> PyResult<()> {
    let Some(head) = group.first() else { return Ok(()) };
    let slot = head.slot;
    if !class.has(tpflags::HEAPTYPE) {
        return Ok(());
    }
    let mut generic: *const () = std::ptr::null();
    let mut specific: *const () = std::ptr::null();
    let mut use_generic = false;
    for (at, definition) in group.iter().enumerate() {
        let name = definition.name.get();
        let Some(found) = find(at, name)? else {
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
