//! Collection: finding the cycles that nothing outside refers to, and taking them apart (CPython's `gc.c`, three generations).
//!
//! Copies of the reference counts, minus the references from within the generation, leave what is referred to from outside; all that is
//! reachable from there lives. Garbage with legacy finalisers (`tp_del`) and what it reaches is uncollectable; weak references are cleared,
//! finalisers run, what they resurrect is found by the same subtraction, the rest is taken apart by `tp_clear`.

use super::ring::{Node, Ring};
use super::{Collector, weakrefs};
use crate::memory::{self, GcHeader};
use crate::reference::{Object, Ref};
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

/// The header of a referred object that takes part in the collection.
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
    // SAFETY: a referred object is alive.
    if let Some(node) = unsafe { collecting_node(object) } {
        node.set_refs(node.refs().saturating_sub(1));
    }
    0
}

unsafe extern "C-unwind" fn visit_reachable(object: *mut PyObject, arg: *mut c_void) -> c_int {
    // SAFETY: a referred object is alive; `arg` is the ring of what is reachable so far.
    let (node, young) = unsafe { (collecting_node(object), *arg.cast::<Ring>()) };
    let Some(node) = node else { return 0 };
    if node.is_marked_unreachable() {
        // It was taken for unreachable too early: back to the end of the ring, to be traversed in its turn.
        node.clear_unreachable_mark();
        let (prev, next) = (node.prev(), node.next());
        prev.set_next(next);
        prev.mark_unreachable();
        next.set_prev(prev);
        push_with_refs(young, node, 1);
    } else if node.refs() == 0 {
        node.set_refs(1);
    }
    0
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
        traverse(node.object(), visit_subtract, std::ptr::null_mut());
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
            traverse(node.object(), visit_reachable, arg);
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

/// Owned references to all objects of a ring, so that they outlive the calls that follow.
fn owned(ring: Ring) -> Vec<Ref> {
    let mut objects = Vec::new();
    let mut node = ring.0.next();
    while node != ring.0 {
        // SAFETY: tracked objects are alive.
        objects.push(unsafe { (*node.object().cast::<Object>()).to_ref() });
        node = node.next();
    }
    objects
}

/// Runs the finalisers of garbage, each once in the object's life.
fn finalize(garbage: &[Ref]) {
    for object in garbage {
        // SAFETY: the reference keeps the object alive; garbage has the collector's header.
        unsafe { memory::call_finalizer(object.ptr()) };
    }
}

/// What finalisers brought back to life goes to `survivors`; what is still garbage is returned to `unreachable`.
fn move_resurrected(unreachable: Ring, still_unreachable: Ring, survivors: Ring, held: usize) {
    let mut node = unreachable.0.next();
    while node != unreachable.0 {
        node.clear_collecting();
        node = node.next();
    }
    // `held` references of ours on each object do not count as references from outside.
    let mut node = unreachable.0.next();
    while node != unreachable.0 {
        // SAFETY: tracked objects are alive.
        let refs = unsafe { (*node.object().cast::<Object>()).refcount() } as usize;
        node.begin(refs.saturating_sub(held));
        node = node.next();
    }
    let mut node = unreachable.0.next();
    while node != unreachable.0 {
        traverse(node.object(), visit_subtract, std::ptr::null_mut());
        node = node.next();
    }
    still_unreachable.init();
    move_unreachable(unreachable, still_unreachable);
    survivors.append(unreachable);
}

/// Takes garbage apart with `tp_clear`; what is left of it afterwards belongs to the old generation again.
fn delete_garbage(gc: &Collector, garbage: Vec<Ref>) {
    for object in garbage {
        if gc.debug.get() & DEBUG_SAVEALL != 0 {
            if let Some(list) = gc.garbage.get()
                && let Err(raised) = list.call_method(crate::id!("append"), &[object.b()])
            {
                raised.clear();
            }
            continue;
        }
        if let Some(clear) = object.class().tp_clear() {
            clear(object.b());
            if error::is_set()
                && let Some(exception) = error::take()
            {
                error::restore(exception).unraisable(Some("Exception ignored in tp_clear of"), Some(object.class().borrowed()));
            }
        }
    }
}

/// Collects `generation` (0, 1, 2) and all younger ones. Nothing happens while a collection is under way.
pub fn collect(generation: usize) -> Outcome {
    let gc = &thread::current().interpreter().gc;
    if gc.collecting.replace(true) {
        return Outcome::default();
    }
    // An exception under way is put aside: finalisers run as if there were none.
    let outcome = error::preserving(|| run(gc, generation.min(2)));
    if generation >= 2 {
        thread::current().heap().trim();
    }
    gc.collecting.set(false);
    outcome
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
    untrack_tuples(young);
    let survivors = young.len() as i64;
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
    weakrefs::call(weakrefs::clear(unreachable));
    let garbage = owned(unreachable);
    if flags & DEBUG_COLLECTABLE != 0 {
        garbage.iter().for_each(|object| say_object("collectable", object.ptr()));
    }
    finalize(&garbage);
    let still = Ring::new(&still_anchor);
    move_resurrected(unreachable, still, old, 1);
    // Only what is still garbage is taken apart; the extra references on the rest go here.
    let mut node = still.0.next();
    let mut condemned = Vec::new();
    while node != still.0 {
        // SAFETY: tracked objects are alive.
        condemned.push(unsafe { (*node.object().cast::<Object>()).to_ref() });
        node.clear_collecting();
        node = node.next();
    }
    drop(garbage);
    let collected = condemned.len() as u64;
    weakrefs_of_survivors(still);
    old.append(still);
    delete_garbage(gc, condemned);
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

/// Forgets tuples that hold nothing through which a cycle could lead.
fn untrack_tuples(reachable: Ring) {
    let mut node = reachable.0.next();
    while node != reachable.0 {
        let (object, next) = (node.object(), node.next());
        if class_of(object).is_type(&crate::core::TUPLE) {
            // SAFETY: a live and tracked tuple.
            unsafe {
                if !crate::value::tuple::may_be_in_cycle(object) {
                    super::untrack(object);
                }
            }
        }
        node = next;
    }
}

/// Weak references that finalisers made to what is still garbage are cleared, without callbacks.
fn weakrefs_of_survivors(garbage: Ring) {
    drop(weakrefs::clear(garbage));
}

/// Objects with legacy finalisers go to `gc.garbage`.
fn keep_uncollectable(gc: &Collector, finalizers: Ring, old: Ring) -> u64 {
    let mut count = 0;
    for object in owned(finalizers) {
        if has_legacy_finalizer(object.ptr()) || gc.debug.get() & DEBUG_SAVEALL != 0 {
            count += 1;
            if gc.debug.get() & DEBUG_UNCOLLECTABLE != 0 {
                say_object("uncollectable", object.ptr());
            }
            if let Some(list) = gc.garbage.get()
                && let Err(raised) = list.call_method(crate::id!("append"), &[object.b()])
            {
                raised.clear();
            }
        }
    }
    old.append(finalizers);
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

/// `gc.collect(generation)`: with callbacks.
pub fn collect_with_callbacks(generation: usize) -> Outcome {
    let gc = &thread::current().interpreter().gc;
    if gc.collecting.get() {
        return Outcome::default();
    }
    call_callbacks(gc, "start", generation, Outcome::default());
    let outcome = collect(generation);
    call_callbacks(gc, "stop", generation, outcome);
    outcome
}

fn call_callbacks(gc: &Collector, phase: &str, generation: usize, outcome: Outcome) {
    let Some(callbacks) = gc.callbacks.get() else { return };
    error::preserving(|| {
        let result: crate::PyResult<()> = (|| {
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

/// `gc.get_objects(generation)`; none for all generations.
pub fn objects(generation: Option<usize>) -> Vec<Ref> {
    let gc = &thread::current().interpreter().gc;
    let wanted = |index: usize| generation.is_none_or(|generation| generation == index);
    let rings = gc.generations.iter().enumerate().filter(|(index, _)| wanted(*index));
    rings.flat_map(|(_, generation)| owned(Ring::new(&generation.head))).collect()
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

/// What the object refers to directly: `gc.get_referents`.
pub fn referents(object: &Object) -> Vec<Ref> {
    unsafe extern "C-unwind" fn add(object: *mut PyObject, arg: *mut c_void) -> c_int {
        // SAFETY: `arg` is the vector below; a referred object is alive.
        unsafe { (*arg.cast::<Vec<Ref>>()).push((*object.cast::<Object>()).to_ref()) };
        0
    }
    let mut found: Vec<Ref> = Vec::new();
    if object.is_gc() {
        traverse(object.as_ptr(), add, (&raw mut found).cast());
    }
    found
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
