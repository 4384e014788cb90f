//! Collection: finding the cycles that nothing outside refers to, and taking them apart (CPython's `gc.c`, three generations).
//!
//! Copies of the reference counts, minus the references from within the generation, leave what is referred to from outside; all that is
//! reachable from there lives. Garbage with legacy finalisers (`tp_del`) and what it reaches is uncollectable; weak references are cleared,
//! finalisers run, what they resurrect is found by the same subtraction, the rest is taken apart by `tp_clear`.

use super::ring::{Node, Ring};
use super::{Collector, weakrefs};
use crate::core;
use crate::memory::{self, GcHeader};
use crate::reference::{Object, Ref};
use crate::result::PyResult;
use crate::thread;
use crate::types::TypeObject;
use crate::{error, hooks};
use abi::{Cell, PyObject, c_int, c_void};

/// `gc.DEBUG_STATS`: what a collection did goes to stderr.
pub const DEBUG_STATS: i32 = 1;
/// `gc.DEBUG_COLLECTABLE`: what is collected goes to stderr, one line each.
pub const DEBUG_COLLECTABLE: i32 = 2;
/// `gc.DEBUG_UNCOLLECTABLE`: what cannot be collected goes to stderr.
pub const DEBUG_UNCOLLECTABLE: i32 = 4;
/// `gc.DEBUG_SAVEALL`: garbage goes to `gc.garbage` instead of being freed.
pub const DEBUG_SAVEALL: i32 = 32;

/// What a collection did.
#[derive(Clone, Copy, Default, Debug)]
pub struct Outcome {
    /// Objects freed (or saved).
    pub collected: u64,
    /// Objects with legacy finalisers that could not be.
    pub uncollectable: u64,
}

fn anchor() -> GcHeader {
    GcHeader { next: Cell::new(std::ptr::null_mut()), prev: Cell::new(0) }
}

fn class_of<'a>(object: *mut PyObject) -> &'a TypeObject {
    // SAFETY: tracked objects are alive and have a type.
    unsafe { &*(*object).ob_type.get().cast::<TypeObject>() }
}

/// Shows `visit` all references of an object. Nothing runs but `tp_traverse`.
fn traverse(object: *mut PyObject, visit: abi::visitproc, arg: *mut c_void) -> c_int {
    match class_of(object).tp_traverse() {
        // SAFETY: the object is alive during the collection.
        Some(function) => function(unsafe { (*object.cast::<Object>()).borrowed() }, visit, arg),
        None => 0,
    }
}

/// Shows all references of an object to a visit that has two forms of the same effect: the items of lists and tuples, which are most
/// of what is visited, go to `each` without a call through a pointer.
#[inline(always)]
fn traverse_fast(object: *mut PyObject, each: impl Fn(*mut PyObject), visit: abi::visitproc, arg: *mut c_void) {
    let class = class_of(object);
    // SAFETY: the object is alive and of that very type; nothing changes it meanwhile. Places that are not filled are null.
    let (items, count) = unsafe {
        if class.is_type(&core::LIST) {
            let list = &*object.cast::<abi::PyListObject>();
            (list.ob_item.get().cast_const(), list.ob_base.ob_size.get())
        } else if class.is_type(&core::TUPLE) {
            let tuple = &*object.cast::<abi::PyTupleObject>();
            ((&raw const tuple.ob_item).cast(), tuple.ob_base.ob_size.get())
        } else {
            traverse(object, visit, arg);
            return;
        }
    };
    if items.is_null() {
        return;
    }
    for index in 0..count.max(0).cast_unsigned() {
        // SAFETY: the object has that many items.
        let item = unsafe { *items.add(index) };
        if !item.is_null() {
            each(item);
        }
    }
}

/// The header of a referred object that takes part in the collection.
#[inline(always)]
unsafe fn collecting_node(object: *mut PyObject) -> Option<Node> {
    // SAFETY: a referred object is alive.
    if !unsafe { (*object.cast::<Object>()).is_gc() } {
        return None;
    }
    // SAFETY: it has a header.
    let node = unsafe { Node::of(object) };
    node.is_collecting().then_some(node)
}

unsafe extern "C-unwind" fn visit_subtract(object: *mut PyObject, _arg: *mut c_void) -> c_int {
    subtract(object);
    0
}

#[inline(always)]
fn subtract(object: *mut PyObject) {
    // SAFETY: a referred object is alive.
    if let Some(node) = unsafe { collecting_node(object) } {
        node.set_refs(node.refs().saturating_sub(1));
    }
}

unsafe extern "C-unwind" fn visit_reachable(object: *mut PyObject, arg: *mut c_void) -> c_int {
    // SAFETY: `arg` is the ring of what is reachable so far.
    reach(object, unsafe { *arg.cast::<Ring>() });
    0
}

#[inline(always)]
fn reach(object: *mut PyObject, young: Ring) {
    // SAFETY: a referred object is alive.
    let Some(node) = (unsafe { collecting_node(object) }) else { return };
    if node.is_marked_unreachable() {
        move_back(node, young);
    } else if node.refs() == 0 {
        node.set_refs(1);
    }
}

/// The object was taken for unreachable too early: back to the end of the ring, to be traversed in its turn.
#[inline(never)]
fn move_back(node: Node, young: Ring) {
    node.clear_unreachable_mark();
    let (prev, next) = (node.prev(), node.next());
    prev.set_next(next);
    prev.mark_unreachable();
    next.set_prev(prev);
    push_with_refs(young, node, 1);
}

/// Puts a node at the end of the ring of candidates, whose `prev` words are in use for counts: the anchor's `prev` alone is an address.
fn push_with_refs(young: Ring, node: Node, refs: usize) {
    let last = young.0.prev();
    last.set_next(node);
    node.set_next(young.0);
    young.0.set_prev(node);
    node.set_refs(refs);
}

/// Splits the ring `base` into what is reachable from outside (it stays) and what is not (it goes to `unreachable`).
fn deduce_unreachable(base: Ring, unreachable: Ring) {
    let mut node = base.0.next();
    while node != base.0 {
        // SAFETY: a tracked object is alive.
        node.begin(unsafe { (*node.object().cast::<Object>()).refcount() } as usize);
        node = node.next();
    }
    let mut node = base.0.next();
    while node != base.0 {
        traverse_fast(node.object(), subtract, visit_subtract, std::ptr::null_mut());
        node = node.next();
    }
    unreachable.init();
    move_unreachable(base, unreachable);
}

/// Moves what no outside reference reaches. `prev` words are rebuilt on the way: behind the walk they are addresses, before it counts.
fn move_unreachable(young: Ring, unreachable: Ring) {
    let mut young_arg = young;
    let arg: *mut c_void = (&raw mut young_arg).cast();
    let mut prev = young.0;
    let mut node = young.0.next();
    while node != young.0 {
        if node.refs() > 0 {
            traverse_fast(node.object(), |object| reach(object, young), visit_reachable, arg);
            node.set_prev(prev);
            node.clear_collecting();
            prev = node;
        } else {
            // Tentatively unreachable. Its count (0) stays readable until a reachable object shows a reference to it.
            prev.set_next(node.next());
            let last = unreachable.0.prev();
            last.set_next(node);
            if last != unreachable.0 {
                last.mark_unreachable();
            }
            node.set_prev(last);
            node.set_next(unreachable.0);
            node.mark_unreachable();
            unreachable.0.set_prev(node);
        }
        node = prev.next();
    }
    young.0.set_prev(prev);
    // The marks in `next` are no longer needed.
    let mut node = unreachable.0.next();
    while node != unreachable.0 {
        node.clear_unreachable_mark();
        node = node.next();
    }
}

fn has_legacy_finalizer(object: *mut PyObject) -> bool {
    class_of(object).tp_del().is_some()
}

unsafe extern "C-unwind" fn visit_move(object: *mut PyObject, arg: *mut c_void) -> c_int {
    // SAFETY: a referred object is alive; `arg` is the ring that collects.
    let (node, target) = unsafe { (collecting_node(object), *arg.cast::<Ring>()) };
    if let Some(node) = node {
        node.clear_collecting();
        target.move_here(node);
    }
    0
}

/// Moves what has legacy finalisers, and all that it reaches, from `unreachable` to `finalizers`.
fn move_legacy_finalizers(unreachable: Ring, finalizers: Ring) {
    let mut node = unreachable.0.next();
    while node != unreachable.0 {
        let next = node.next();
        if has_legacy_finalizer(node.object()) {
            node.clear_collecting();
            finalizers.move_here(node);
        }
        node = next;
    }
    let mut target = finalizers;
    let mut node = finalizers.0.next();
    while node != finalizers.0 {
        traverse(node.object(), visit_move, (&raw mut target).cast());
        node = node.next();
    }
}

/// Owned references to all objects of a ring, or MemoryError.
fn owned(ring: Ring) -> PyResult<Vec<Ref>> {
    let mut objects = memory::vec_with_capacity(ring.len())?;
    // SAFETY: tracked objects are alive.
    ring.each(|node| objects.push(unsafe { (*node.object().cast::<Object>()).to_ref() }));
    Ok(objects)
}

/// Runs the finalisers of garbage, each once in the object's life. No list is made: the rings change under the walk, so each node leaves
/// the ring before its finaliser runs.
fn finalize(garbage: Ring) {
    let seen_anchor = anchor();
    let seen = Ring::new(&seen_anchor);
    seen.init();
    while !garbage.is_empty() {
        let node = garbage.0.next();
        seen.move_here(node);
        let object = node.object();
        if class_of(object).tp_finalize().is_some() {
            // SAFETY: a tracked object is alive.
            let keep = unsafe { (*object.cast::<Object>()).to_ref() };
            // SAFETY: the reference keeps the object alive; garbage has the collector's header.
            unsafe { memory::call_finalizer(object) };
            drop(keep);
        }
    }
    garbage.append(seen);
}

/// What finalisers brought back to life goes to `survivors`; what is still garbage is returned to `unreachable`.
fn move_resurrected(unreachable: Ring, still_unreachable: Ring, survivors: Ring) {
    unreachable.each(Node::clear_collecting);
    deduce_unreachable(unreachable, still_unreachable);
    survivors.append(unreachable);
}

/// Takes garbage apart with `tp_clear`; what is left of it afterwards belongs to the generation `old`.
fn delete_garbage(gc: &Collector, garbage: Ring, old: Ring) {
    while !garbage.is_empty() {
        let node = garbage.0.next();
        // SAFETY: a tracked object is alive.
        let object = unsafe { (*node.object().cast::<Object>()).to_ref() };
        take_apart(gc, &object);
        drop(object);
        if garbage.0.next() == node {
            // Alive still: it belongs to the next older generation.
            node.clear_collecting();
            old.move_here(node);
        }
    }
}

/// Puts an object into `gc.garbage`.
fn save(gc: &Collector, object: &Ref) {
    if let Some(list) = gc.garbage.get()
        && let Err(raised) = list.call_method(crate::id!("append"), &[object.b()])
    {
        raised.clear();
    }
}

/// `tp_clear` of one object, or its place in `gc.garbage` if that is asked for.
fn take_apart(gc: &Collector, object: &Ref) {
    if gc.debug.get() & DEBUG_SAVEALL != 0 {
        return save(gc, object);
    }
    let Some(clear) = object.class().tp_clear() else { return };
    clear(object.b());
    if error::is_set()
        && let Some(exception) = error::take()
    {
        error::restore(exception).unraisable(Some("Exception ignored in tp_clear of"), Some(object.class().borrowed()));
    }
}

/// Collects `generation` (0, 1, 2) and all younger ones. Nothing happens while a collection is under way.
pub fn collect(generation: usize) -> Outcome {
    exclusively(|gc| collect_now(gc, generation))
}

/// What `collection` does, unless a collection is under way; none begins meanwhile.
fn exclusively(collection: impl FnOnce(&Collector) -> Outcome) -> Outcome {
    let gc = &thread::current().interpreter().gc;
    if gc.collecting.replace(true) {
        return Outcome::default();
    }
    let outcome = collection(gc);
    gc.collecting.set(false);
    outcome
}

fn collect_now(gc: &Collector, generation: usize) -> Outcome {
    // An exception under way is put aside: finalisers run as if there were none.
    error::preserving(|| {
        let outcome = run(gc, generation.min(2));
        if generation >= 2 {
            thread::current().heap().trim();
            thread::current().interpreter().shared.get::<error::SpareMemoryErrors>().refill();
        }
        outcome
    })
}

fn say(text: &str) {
    if let Some(hooks) = hooks::vm() {
        (hooks.write_stderr)(text);
    }
}

/// The line of an object for the debugging flags.
fn say_object(what: &str, object: *mut PyObject) {
    say(&format!("gc: {what} <{} {object:p}>\n", class_of(object).tp_name()));
}

/// The first lines of `DEBUG_STATS`.
fn say_start(gc: &Collector, generation: usize) {
    let counts: Vec<String> = gc.generations.iter().map(|one| Ring::new(&one.head).len().to_string()).collect();
    say(&format!("gc: collecting generation {generation}...\ngc: objects in each generation: {}\n", counts.join(" ")));
    say(&format!("gc: objects in permanent generation: {}\n", Ring::new(&gc.permanent.head).len()));
}

fn run(gc: &Collector, generation: usize) -> Outcome {
    let flags = gc.debug.get();
    let began = (flags & DEBUG_STATS != 0).then(std::time::Instant::now);
    if began.is_some() {
        say_start(gc, generation);
    }
    if let Some(next) = gc.generations.get(generation + 1) {
        next.count.set(next.count.get() + 1);
    }
    for younger in gc.generations.iter().take(generation + 1) {
        younger.count.set(0);
    }
    let Some(base) = gc.generations.get(generation) else { return Outcome::default() };
    let young = Ring::new(&base.head);
    for younger in gc.generations.iter().take(generation) {
        young.append(Ring::new(&younger.head));
    }
    let old = gc.generations.get(generation + 1).map_or(young, |old| Ring::new(&old.head));
    let (unreachable_anchor, finalizers_anchor, still_anchor) = (anchor(), anchor(), anchor());
    let unreachable = Ring::new(&unreachable_anchor);
    deduce_unreachable(young, unreachable);
    let survivors = untrack_tuples(young);
    if generation == 2 {
        gc.long_lived_pending.set(0);
        gc.long_lived_total.set(survivors);
    } else {
        if generation == 1 {
            gc.long_lived_pending.set(gc.long_lived_pending.get() + survivors);
        }
        old.append(young);
    }
    let finalizers = Ring::new(&finalizers_anchor);
    finalizers.init();
    move_legacy_finalizers(unreachable, finalizers);
    let callbacks_anchor = anchor();
    let callbacks = Ring::new(&callbacks_anchor);
    callbacks.init();
    weakrefs::clear(unreachable, callbacks);
    weakrefs::call(callbacks, old);
    if flags & DEBUG_COLLECTABLE != 0 {
        unreachable.each(|node| say_object("collectable", node.object()));
    }
    finalize(unreachable);
    let still = Ring::new(&still_anchor);
    move_resurrected(unreachable, still, old);
    let collected = still.len() as u64;
    // Weak references that finalisers made to what is still garbage: cleared, without their callbacks.
    weakrefs::clear_silently(still);
    delete_garbage(gc, still, old);
    let uncollectable = keep_uncollectable(gc, finalizers, old);
    if let Some([collections, total, lost]) = gc.stats.get(generation) {
        collections.set(collections.get() + 1);
        total.set(total.get() + collected);
        lost.set(lost.get() + uncollectable);
    }
    if let Some(began) = began {
        let total = collected + uncollectable;
        let seconds = began.elapsed().as_secs_f64();
        say(&format!("gc: done, {total} unreachable, {uncollectable} uncollectable, {seconds:.4}s elapsed\n"));
    }
    Outcome { collected, uncollectable }
}

/// Forgets tuples that hold nothing through which a cycle could lead. How many objects are left.
fn untrack_tuples(reachable: Ring) -> i64 {
    let mut left = 0;
    let mut node = reachable.0.next();
    while node != reachable.0 {
        let (object, next) = (node.object(), node.next());
        // SAFETY: a live and tracked tuple.
        if class_of(object).is_type(&core::TUPLE) && !unsafe { crate::value::tuple::may_be_in_cycle(object) } {
            // SAFETY: as above.
            unsafe { super::untrack(object) };
        } else {
            left += 1;
        }
        node = next;
    }
    left
}

/// Objects with legacy finalisers go to `gc.garbage`.
fn keep_uncollectable(gc: &Collector, finalizers: Ring, old: Ring) -> u64 {
    let mut count = 0;
    while !finalizers.is_empty() {
        let node = finalizers.0.next();
        old.move_here(node);
        let object = node.object();
        if !has_legacy_finalizer(object) && gc.debug.get() & DEBUG_SAVEALL == 0 {
            continue;
        }
        count += 1;
        if gc.debug.get() & DEBUG_UNCOLLECTABLE != 0 {
            say_object("uncollectable", object);
        }
        // SAFETY: a tracked object is alive.
        let object = unsafe { (*object.cast::<Object>()).to_ref() };
        save(gc, &object);
    }
    count
}

/// Runs the collection that the thresholds ask for, with the callbacks of `gc.callbacks`. Called where the eval breaker is polled.
pub fn run_due() {
    let gc = &thread::current().interpreter().gc;
    let due = |index: usize| {
        let generation = gc.generations.get(index);
        generation.is_some_and(|generation| generation.count.get() > generation.threshold.get())
    };
    // The oldest generation waits until a quarter of what it holds has come in.
    let generation = if due(2) && gc.long_lived_pending.get() >= gc.long_lived_total.get() / 4 {
        2
    } else if due(1) {
        1
    } else {
        0
    };
    if gc.enabled.get() && !gc.collecting.get() {
        collect_with_callbacks(generation);
    }
}

/// `gc.collect(generation)`: with callbacks, which are part of the collection: what they allocate asks for no other one.
pub fn collect_with_callbacks(generation: usize) -> Outcome {
    exclusively(|gc| {
        call_callbacks(gc, "start", generation, Outcome::default());
        let outcome = collect_now(gc, generation);
        call_callbacks(gc, "stop", generation, outcome);
        outcome
    })
}

fn call_callbacks(gc: &Collector, phase: &str, generation: usize, outcome: Outcome) {
    let Some(callbacks) = gc.callbacks.get() else { return };
    error::preserving(|| {
        let result: PyResult<()> = (|| {
            let callbacks = callbacks.to_vec()?;
            if callbacks.is_empty() {
                return Ok(());
            }
            let info = (hooks::get().dict_new)()?;
            for (name, value) in
                [("generation", generation as u64), ("collected", outcome.collected), ("uncollectable", outcome.uncollectable)]
            {
                (hooks::get().dict_set)(info.b(), crate::value::str::new(name)?.b(), crate::value::int::from_u64(value)?.b())?;
            }
            let phase = crate::value::str::new(phase)?;
            for callback in callbacks {
                if let Err(raised) = callback.call(&[phase.b(), info.b()]) {
                    raised.unraisable_of("Exception ignored while calling GC callback", callback.b());
                }
            }
            Ok(())
        })();
        if let Err(raised) = result {
            raised.clear();
        }
    });
}

/// `gc.get_objects(generation)`; none for all generations. MemoryError where the list would not fit.
pub fn objects(generation: Option<usize>) -> PyResult<Vec<Ref>> {
    let gc = &thread::current().interpreter().gc;
    let mut found = Vec::new();
    for (index, one) in gc.generations.iter().enumerate() {
        if generation.is_none_or(|generation| generation == index) {
            let mut objects = owned(Ring::new(&one.head))?;
            memory::reserve(&mut found, objects.len())?;
            found.append(&mut objects);
        }
    }
    Ok(found)
}

/// All objects that the collector knows, those of the permanent generation too.
pub fn all_objects() -> PyResult<Vec<Ref>> {
    let mut found = objects(None)?;
    let mut frozen = owned(Ring::new(&thread::current().interpreter().gc.permanent.head))?;
    memory::reserve(&mut found, frozen.len())?;
    found.append(&mut frozen);
    Ok(found)
}

/// Whether a test holds for any object that the collector knows. The test runs no Python code.
pub fn any(mut test: impl FnMut(crate::reference::Borrowed<'_>) -> bool) -> bool {
    let gc = &thread::current().interpreter().gc;
    gc.generations.iter().chain(std::iter::once(&gc.permanent)).any(|generation| {
        let ring = Ring::new(&generation.head);
        let mut node = ring.0.next();
        while node != ring.0 {
            // SAFETY: tracked objects are alive.
            if test(unsafe { (*node.object().cast::<Object>()).borrowed() }) {
                return true;
            }
            node = node.next();
        }
        false
    })
}

/// Takes all objects for old ones: what the runtime makes at its start lives as long as the runtime.
pub fn settle() {
    let [young, middle, old] = &thread::current().interpreter().gc.generations;
    for generation in [young, middle] {
        Ring::new(&old.head).append(Ring::new(&generation.head));
        generation.count.set(0);
    }
}

/// `gc.freeze()`: all tracked objects leave the collector's view.
pub fn freeze() {
    let gc = &thread::current().interpreter().gc;
    for generation in &gc.generations {
        Ring::new(&gc.permanent.head).append(Ring::new(&generation.head));
        generation.count.set(0);
    }
}

/// `gc.unfreeze()`.
pub fn unfreeze() {
    let gc = &thread::current().interpreter().gc;
    let [.., old] = &gc.generations;
    Ring::new(&old.head).append(Ring::new(&gc.permanent.head));
}

/// `gc.get_freeze_count()`.
pub fn frozen_count() -> usize {
    Ring::new(&thread::current().interpreter().gc.permanent.head).len()
}

/// What the object refers to directly: `gc.get_referents`. MemoryError where the list would not fit.
pub fn referents(object: &Object) -> PyResult<Vec<Ref>> {
    unsafe extern "C-unwind" fn add(object: *mut PyObject, arg: *mut c_void) -> c_int {
        // SAFETY: `arg` is the vector below.
        let found = unsafe { &mut *arg.cast::<Vec<Ref>>() };
        if found.try_reserve(1).is_err() {
            return 1;
        }
        // SAFETY: a referred object is alive.
        found.push(unsafe { (*object.cast::<Object>()).to_ref() });
        0
    }
    let mut found: Vec<Ref> = Vec::new();
    if object.is_gc() && traverse(object.as_ptr(), add, (&raw mut found).cast()) != 0 {
        return Err(error::no_memory());
    }
    Ok(found)
}

/// Whether the object refers directly to one of `targets`.
pub fn refers_to(object: &Object, targets: &[*mut PyObject]) -> bool {
    unsafe extern "C-unwind" fn test(object: *mut PyObject, arg: *mut c_void) -> c_int {
        // SAFETY: `arg` is the slice below.
        c_int::from(unsafe { &*arg.cast::<&[*mut PyObject]>() }.contains(&object))
    }
    let mut targets = targets;
    object.is_gc() && traverse(object.as_ptr(), test, (&raw mut targets).cast()) != 0
}
