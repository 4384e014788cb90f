//! `gc`: the cycle collector's controls (CPython's `gcmodule.c`).

/// This module provides access to the garbage collector for reference cycles.
///
/// enable() -- Enable automatic garbage collection.
/// disable() -- Disable automatic garbage collection.
/// isenabled() -- Returns true if automatic collection is enabled.
/// collect() -- Do a full collection right now.
/// get_count() -- Return the current collection counts.
/// get_stats() -- Return list of dictionaries containing per-generation stats.
/// set_debug() -- Set debugging flags.
/// get_debug() -- Get debugging flags.
/// set_threshold() -- Set the collection thresholds.
/// get_threshold() -- Return the current collection thresholds.
/// get_objects() -- Return a list of all objects tracked by the collector.
/// is_tracked() -- Returns true if a given object is tracked.
/// is_finalized() -- Returns true if a given object has been already finalized.
/// get_referrers() -- Return the list of objects that refer to an object.
/// get_referents() -- Return the list of objects that an object refers to.
/// freeze() -- Freeze all tracked objects and ignore them for future collections.
/// unfreeze() -- Unfreeze all objects in the permanent generation.
/// get_freeze_count() -- Return the number of objects in the permanent generation.
#[macros::pymodule(name = "gc")]
pub mod module {
    use builtins::dict::Dict;
    use builtins::list::List;
    use object::gc::{Collector, collect};
    use object::value::int;
    use object::{Borrowed, IntoPy, PyResult, Ref, core, raise, thread};

    fn collector() -> &'static Collector {
        &thread::current().interpreter().gc
    }

    #[pyattr]
    const DEBUG_STATS: i32 = 1;
    #[pyattr]
    const DEBUG_COLLECTABLE: i32 = 2;
    #[pyattr]
    const DEBUG_UNCOLLECTABLE: i32 = 4;
    #[pyattr]
    const DEBUG_SAVEALL: i32 = 32;
    #[pyattr]
    const DEBUG_LEAK: i32 = 38;

    #[pyattr]
    fn garbage() -> PyResult<Ref> {
        shared_list(&collector().garbage)
    }

    #[pyattr]
    fn callbacks() -> PyResult<Ref> {
        shared_list(&collector().callbacks)
    }

    fn shared_list(field: &object::OptRef) -> PyResult<Ref> {
        match field.get() {
            Some(list) => Ok(list),
            None => {
                let list = List::new()?.upcast();
                field.set(Some(list.clone()));
                Ok(list)
            }
        }
    }

    /// Enable automatic garbage collection.
    #[pyfunction("($module, /)")]
    fn enable() {
        collector().enabled.set(true);
    }

    /// Disable automatic garbage collection.
    #[pyfunction("($module, /)")]
    fn disable() {
        collector().enabled.set(false);
    }

    /// Returns true if automatic garbage collection is enabled.
    #[pyfunction("($module, /)")]
    fn isenabled() -> bool {
        collector().enabled.get()
    }

    /// Run the garbage collector.
    ///
    /// With no arguments, run a full collection.  The optional argument
    /// may be an integer specifying which generation to collect.  A ValueError
    /// is raised if the generation number is invalid.
    ///
    /// The number of unreachable objects is returned.
    #[pyfunction("($module, /, generation=2)")]
    fn collect(generation: i32) -> PyResult<u64> {
        let generation = match usize::try_from(generation) {
            Ok(generation) if generation < 3 => generation,
            _ => return Err(raise!(ValueError, "invalid generation")),
        };
        let outcome = collect::collect_with_callbacks(generation);
        Ok(outcome.collected + outcome.uncollectable)
    }

    /// Set the garbage collection debugging flags.
    ///
    ///   flags
    ///     An integer that can have the following bits turned on:
    ///       DEBUG_STATS - Print statistics during collection.
    ///       DEBUG_COLLECTABLE - Print collectable objects found.
    ///       DEBUG_UNCOLLECTABLE - Print unreachable but uncollectable objects
    ///         found.
    ///       DEBUG_SAVEALL - Save objects to gc.garbage rather than freeing them.
    ///       DEBUG_LEAK - Debug leaking programs (everything but STATS).
    ///
    /// Debugging information is written to sys.stderr.
    #[pyfunction("($module, flags, /)")]
    fn set_debug(flags: i32) {
        collector().debug.set(flags);
    }

    /// Get the garbage collection debugging flags.
    #[pyfunction("($module, /)")]
    fn get_debug() -> i32 {
        collector().debug.get()
    }

    /// set_threshold(threshold0, [threshold1, [threshold2]])
    /// Set the collection thresholds (the collection frequency).
    ///
    /// Setting 'threshold0' to zero disables collection.
    #[pyfunction(text = None, "(threshold0, threshold1=<unrepresentable>, threshold2=<unrepresentable>, /)")]
    fn set_threshold(threshold0: i32, threshold1: Option<i32>, threshold2: Option<i32>) {
        let given = [Some(threshold0), threshold1, threshold2];
        for (generation, threshold) in collector().generations.iter().zip(given) {
            if let Some(threshold) = threshold {
                generation.threshold.set(i64::from(threshold));
            }
        }
    }

    /// Return the current collection thresholds.
    #[pyfunction("($module, /)")]
    fn get_threshold() -> PyResult<Ref> {
        let [young, middle, old] = &collector().generations;
        (young.threshold.get(), middle.threshold.get(), old.threshold.get()).into_py()
    }

    /// Return a three-tuple of the current collection counts.
    #[pyfunction("($module, /)")]
    fn get_count() -> PyResult<Ref> {
        let [young, middle, old] = &collector().generations;
        (young.count.get(), middle.count.get(), old.count.get()).into_py()
    }

    /// Return a list of dictionaries containing per-generation statistics.
    #[pyfunction("($module, /)")]
    fn get_stats() -> PyResult<Ref> {
        let list = List::new()?;
        for [collections, collected, uncollectable] in &collector().stats {
            let dict = Dict::new()?;
            for (name, value) in [("collections", collections), ("collected", collected), ("uncollectable", uncollectable)] {
                dict.set_text(name, int::from_u64(value.get())?.b())?;
            }
            list.append(dict.upcast())?;
        }
        Ok(list.upcast())
    }

    /// Return a list of objects tracked by the collector (excluding the list returned).
    ///
    ///   generation
    ///     Generation to extract the objects from.
    ///
    /// If generation is not None, return only the objects tracked by the
    /// collector that are in that generation.
    #[pyfunction("($module, /, generation=None)")]
    fn get_objects(generation: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let generation = match generation.filter(|generation| !generation.is(&core::none())) {
            None => None,
            Some(generation) => Some(match generation.as_isize()? {
                number if number < 0 => return Err(raise!(ValueError, "generation parameter cannot be negative")),
                number if number > 2 => {
                    return Err(raise!(
                        ValueError,
                        "generation parameter must be less than the number of available generations (3)"
                    ));
                }
                number => number.unsigned_abs(),
            }),
        };
        object::hooks::audit("gc.get_objects", &[])?;
        List::from_vec(collect::objects(generation)?).map(Ref::upcast)
    }

    /// Return the list of objects that are directly referred to by 'objs'.
    #[pyfunction("($module, /, *objs)")]
    fn get_referents(objs: &[Borrowed<'_>]) -> PyResult<Ref> {
        let mut found = Vec::new();
        for object in objs {
            let mut more = collect::referents(object)?;
            object::memory::reserve(&mut found, more.len())?;
            found.append(&mut more);
        }
        List::from_vec(found).map(Ref::upcast)
    }

    /// Return the list of objects that directly refer to any of 'objs'.
    #[pyfunction("($module, /, *objs)")]
    fn get_referrers(objs: &[Borrowed<'_>]) -> PyResult<Ref> {
        let targets: Vec<_> = objs.iter().map(|object| object.ptr()).collect();
        let mut found = collect::objects(None)?;
        found.retain(|object| collect::refers_to(object, &targets));
        List::from_vec(found).map(Ref::upcast)
    }

    /// Returns true if the object is tracked by the garbage collector.
    ///
    /// Simple atomic objects will return false.
    #[pyfunction("($module, obj, /)")]
    fn is_tracked(obj: Borrowed<'_>) -> bool {
        object::gc::knows(obj)
    }

    /// Returns true if the object has been already finalized by the GC.
    #[pyfunction("($module, obj, /)")]
    fn is_finalized(obj: Borrowed<'_>) -> bool {
        object::gc::was_finalized(obj)
    }

    /// Freeze all current tracked objects and ignore them for future collections.
    ///
    /// This can be used before a POSIX fork() call to make the gc copy-on-write
    /// friendly.
    /// Note: collection before a POSIX fork() call may free pages for future
    /// allocation which can cause copy-on-write.
    #[pyfunction("($module, /)")]
    fn freeze() {
        collect::freeze();
    }

    /// Unfreeze all objects in the permanent generation.
    ///
    /// Put all objects in the permanent generation back into oldest generation.
    #[pyfunction("($module, /)")]
    fn unfreeze() {
        collect::unfreeze();
    }

    /// Return the number of objects in the permanent generation.
    #[pyfunction("($module, /)")]
    fn get_freeze_count() -> usize {
        collect::frozen_count()
    }
}
