//! The direct subclasses of a type, in the order of their birth. The list holds addresses only: a dying type takes itself out.

use abi::PyTypeObject;
use object::{Ref, TypeObject, thread};
use std::sync::Mutex;

/// The entries of one base: the interpreter that the subclass belongs to (0: all of them) and its address.
struct List(Mutex<Vec<(usize, usize)>>);

fn interpreter_of(class: &TypeObject) -> usize {
    if class.has(abi::tpflags::HEAPTYPE) { std::ptr::from_ref(thread::current().interpreter()).addr() } else { 0 }
}

fn list(base: &TypeObject) -> Option<&List> {
    // SAFETY: the field holds null or a list made by `add`, which lives as long as the type.
    unsafe { base.raw().tp_subclasses.get().cast::<List>().as_ref() }
}

fn with<R>(list: &List, action: impl FnOnce(&mut Vec<(usize, usize)>) -> R) -> R {
    let mut entries = list.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    action(&mut entries)
}

/// Notes that `class` derives from `base`, which may have been noted before.
pub fn add(base: &TypeObject, class: &TypeObject) {
    insert(base, class, true);
}

/// As [`add`] for a class that is new.
pub fn add_new(base: &TypeObject, class: &TypeObject) {
    insert(base, class, false);
}

fn insert(base: &TypeObject, class: &TypeObject, check: bool) {
    if list(base).is_none() {
        base.raw().tp_subclasses.set(Box::into_raw(Box::new(List(Mutex::default()))).cast());
    }
    let entry = (interpreter_of(class), class.as_type_ptr().expose_provenance());
    if let Some(list) = list(base) {
        with(list, |entries| {
            if !check || !entries.contains(&entry) {
                entries.push(entry);
            }
        });
    }
}

/// Forgets that `class` derives from `base`.
pub fn remove(base: &TypeObject, class: &TypeObject) {
    let address = class.as_type_ptr().addr();
    if let Some(list) = list(base) {
        with(list, |entries| entries.retain(|(_, entry)| *entry != address));
    }
}

/// The direct subclasses that the current interpreter sees.
pub fn of(base: &TypeObject) -> Vec<Ref<TypeObject>> {
    let interpreter = std::ptr::from_ref(thread::current().interpreter()).addr();
    select(base, |owner| owner == 0 || owner == interpreter)
}

/// The direct subclasses in all interpreters: for what a change of the base makes invalid, never for programs.
pub fn in_all_interpreters(base: &TypeObject) -> Vec<Ref<TypeObject>> {
    select(base, |_| true)
}

fn select(base: &TypeObject, belongs: impl Fn(usize) -> bool) -> Vec<Ref<TypeObject>> {
    let Some(list) = list(base) else { return Vec::new() };
    let addresses: Vec<usize> =
        with(list, |entries| entries.iter().filter(|(owner, _)| belongs(*owner)).map(|(_, address)| *address).collect());
    let types = addresses.into_iter().filter_map(|address| {
        // SAFETY: a type takes itself out before its memory goes. One whose count is 0 is on its way there.
        let class = unsafe { std::ptr::with_exposed_provenance_mut::<PyTypeObject>(address).cast::<TypeObject>().as_ref() }?;
        (class.refcount() != 0).then(|| class.to_type_ref())
    });
    types.collect()
}

/// Frees the list of a dying type.
pub fn free(base: &TypeObject) {
    let list = base.raw().tp_subclasses.replace(std::ptr::null_mut()).cast::<List>();
    if !list.is_null() {
        // SAFETY: the list was made by `add` and nobody else has it.
        drop(unsafe { Box::from_raw(list) });
    }
}
