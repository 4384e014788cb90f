//! `_lsprof`: the profiler behind `cProfile`, a tool of `sys.monitoring`.

mod tree;

use crate::header;
use abi::PyObject;
use builtins::cfunction;
use builtins::{struct_sequence, structseq};
use host::clock::Clock;
use macros::{pyclass, pymethods};
use object::value::{float, int, str as text};
use object::{Borrowed, OptRef, PyResult, Ref, Trace, TypeObject, Visit, core, error, id, memory, raise};
use std::cell::{Cell, RefCell};
use tree::{Figures, Key, Tree};

struct_sequence!(
    /// `_lsprof.profiler_entry`
    ProfilerEntry, c"_lsprof.profiler_entry", c"", 6, [
        c"code" = c"code object or built-in function name", c"callcount" = c"how many times this was called",
        c"reccallcount" = c"how many times called recursively", c"totaltime" = c"total time in this entry",
        c"inlinetime" = c"inline time in this entry (not in subcalls)", c"calls" = c"details of the calls",
    ]
);

struct_sequence!(
    /// `_lsprof.profiler_subentry`
    ProfilerSubentry, c"_lsprof.profiler_subentry", c"", 5, [
        c"code" = c"called code object or built-in function name", c"callcount" = c"how many times this is called",
        c"reccallcount" = c"how many times this is called recursively", c"totaltime" = c"total time spent in this call",
        c"inlinetime" = c"inline time (not in further subcalls)",
    ]
);

/// The measured calls, as a field that the collector sees.
#[derive(Default)]
struct Measured(Tree);

impl Trace for Measured {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.0.trace(visit);
    }
}

/// Build a profiler object using the specified timer function.
///
/// The default timer is a fast built-in one based on real time.
/// For custom timer functions returning integers, 'timeunit' can
/// be a float specifying a scale (that is, how long each integer unit
/// is, in seconds).
#[pyclass(
    name = "Profiler",
    module = "_lsprof",
    sig = "(timer=None, timeunit=0.0, subcalls=True, builtins=True)",
    flags(BASETYPE),
    gc
)]
pub struct Profiler {
    head: PyObject,
    timer: OptRef,
    /// Seconds in one unit of the timer; 0 for a timer that tells seconds.
    #[trace(skip)]
    unit: Cell<f64>,
    #[trace(skip)]
    subcalls: Cell<bool>,
    #[trace(skip)]
    builtins: Cell<bool>,
    #[trace(skip)]
    enabled: Cell<bool>,
    /// The timer runs.
    #[trace(skip)]
    timing: Cell<bool>,
    measured: RefCell<Measured>,
}

/// Units of a timer that tells seconds, in one second.
const TIMER_PRECISION: f64 = 4_294_967_296.0;

/// The callbacks, by event.
const CALLBACKS: [(&str, &str); 9] = [
    ("PY_START", "_pystart_callback"),
    ("PY_RESUME", "_pystart_callback"),
    ("PY_THROW", "_pythrow_callback"),
    ("PY_RETURN", "_pyreturn_callback"),
    ("PY_YIELD", "_pyreturn_callback"),
    ("PY_UNWIND", "_pyreturn_callback"),
    ("CALL", "_ccall_callback"),
    ("C_RETURN", "_creturn_callback"),
    ("C_RAISE", "_creturn_callback"),
];

fn monitoring() -> PyResult<Ref> {
    let interpreter = object::thread::current().interpreter();
    let sys = interpreter.sys_dict.get().ok_or_else(|| raise!(RuntimeError, "lost sys.monitoring"))?;
    sys.getitem(text::new("monitoring")?.b())
}

fn attribute(object: &Ref, name: &str) -> PyResult<Ref> {
    object.getattr(text::new(name)?.b())
}

fn call(object: &Ref, name: &str, args: &[Borrowed<'_>]) -> PyResult<Ref> {
    attribute(object, name)?.call(args)
}

impl Profiler {
    /// The time now. What a timer raises is reported, and counts as 0.
    fn time(&self) -> i64 {
        let Some(timer) = self.timer.get() else { return Clock::MONOTONIC.now().unwrap_or(0) };
        let before = error::take();
        self.timing.set(true);
        let result = timer.call0();
        self.timing.set(false);
        let time = result.and_then(|time| {
            if self.unit.get() > 0.0 {
                let value = time.index()?;
                return int::to_i64(value.b())
                    .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C long long"));
            }
            let seconds = time.as_f64()?;
            #[allow(clippy::cast_possible_truncation, reason = "saturates")]
            let units = (seconds * TIMER_PRECISION) as i64;
            Ok(units)
        });
        let time = time.unwrap_or_else(|raised| {
            let shown = timer.repr_text().unwrap_or_else(|raised| {
                raised.clear();
                String::new()
            });
            raised.unraisable(Some(&format!("Exception ignored while calling _lsprof timer {shown}")), None);
            0
        });
        if let Some(before) = before {
            let _raised = error::restore(before);
        }
        time
    }

    fn enter(&self, key: Key, shown: impl FnOnce() -> PyResult<Ref>, keeper: Borrowed<'_>) -> PyResult<()> {
        let known = self.measured.borrow().0.knows(key);
        if !known {
            let shown = shown()?;
            self.measured.borrow_mut().0.add(key, shown, keeper.to_ref());
        }
        self.measured.borrow_mut().0.enter(key, self.subcalls.get());
        let time = self.time();
        self.measured.borrow_mut().0.started(time);
        Ok(())
    }

    fn leave(&self, key: Key) {
        if !self.measured.borrow().0.is_running() {
            return;
        }
        if !self.measured.borrow().0.knows(key) {
            self.measured.borrow_mut().0.forget();
            return;
        }
        let time = self.time();
        self.measured.borrow_mut().0.leave(key, time, self.subcalls.get());
    }

    fn stop_all(&self) {
        loop {
            let Some(key) = self.measured.borrow().0.innermost() else { return };
            let time = self.time();
            self.measured.borrow_mut().0.leave(key, time, self.subcalls.get());
        }
    }

    /// The native function that a call is of; a method of a native type is bound first.
    fn native(callable: Borrowed<'_>, first: Borrowed<'_>) -> PyResult<Option<Ref>> {
        if callable.class().is_subtype(&core::CFUNCTION) {
            return Ok(Some(callable.to_ref()));
        }
        let missing = attribute(&monitoring()?, "MISSING")?;
        if !callable.class().is_type(&core::METHOD_DESCR) || missing.is(&first) {
            return Ok(None);
        }
        match callable.class().tp_descr_get() {
            Some(bind) => bind(callable, Some(first), Some(first.class().borrowed())).map(Some),
            None => Ok(None),
        }
    }

    fn configure(&self, subcalls: bool, builtins: bool) {
        self.subcalls.set(subcalls);
        self.builtins.set(builtins);
    }
}

/// A native function as the statistics name it.
fn shown(function: Borrowed<'_>) -> PyResult<Ref> {
    let name = function.getattr(id!("__name__"))?;
    let module = function.getattr_opt(id!("__module__"))?.filter(|module| text::check(module.b()));
    let owner = function.getattr_opt(id!("__self__"))?.filter(|owner| !owner.is(&core::none()));
    if let Some(owner) = owner
        && let Some(found) = owner.class().type_lookup(name.b())
    {
        match found.repr() {
            Ok(shown) => return Ok(shown),
            Err(raised) => raised.clear(),
        }
    }
    let name = text::to_string_lossy(name.b());
    match module {
        Some(module) => text::new(&format!("<built-in method {}.{name}>", text::to_string_lossy(module.b()))),
        None => text::new(&format!("<built-in method {name}>")),
    }
}

fn key_of(object: Borrowed<'_>) -> Key {
    object.ptr().addr()
}

fn native_key(function: Borrowed<'_>) -> Key {
    cfunction::method_of(function).map_or_else(|| key_of(function), |definition| definition.addr())
}

/// The fields that entries and their callees share.
fn fields(shown: Ref, figures: &Figures, factor: f64) -> PyResult<Vec<Ref>> {
    #[allow(clippy::cast_precision_loss, reason = "times are told as floats")]
    let seconds = |units: i64| float::new(units as f64 * factor);
    Ok(vec![
        shown,
        int::new(figures.calls)?,
        int::new(figures.recursive_calls)?,
        seconds(figures.total)?,
        seconds(figures.inline)?,
    ])
}

#[pymethods]
impl Profiler {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let value = Profiler {
            head: header(),
            timer: OptRef::none(),
            unit: Cell::new(0.0),
            subcalls: Cell::new(false),
            builtins: Cell::new(false),
            enabled: Cell::new(false),
            timing: Cell::new(false),
            measured: RefCell::default(),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_init, "(timer=None, timeunit=0.0, subcalls=True, builtins=True)")]
    fn init(&self, timer: Option<Borrowed<'_>>, timeunit: f64, subcalls: bool, builtins: bool) -> PyResult<()> {
        self.timer.set(timer.filter(|timer| !timer.is(&core::none())).map(|timer| timer.to_ref()));
        self.unit.set(timeunit);
        self.configure(subcalls, builtins);
        Ok(())
    }

    /// list of profiler_entry objects.
    ///
    /// getstats() -> list of profiler_entry objects
    ///
    /// Return all information collected by the profiler.
    /// Each profiler_entry is a tuple-like object with the
    /// following attributes:
    ///
    ///     code          code object
    ///     callcount     how many times this was called
    ///     reccallcount  how many times called recursively
    ///     totaltime     total time in this entry
    ///     inlinetime    inline time in this entry (not in subcalls)
    ///     calls         details of the calls
    ///
    /// The calls attribute is either None or a list of
    /// profiler_subentry objects:
    ///
    ///     code          called code object
    ///     callcount     how many times this is called
    ///     reccallcount  how many times this is called recursively
    ///     totaltime     total time spent in this call
    ///     inlinetime    inline time (not in further subcalls)
    #[method("($self, /)")]
    fn getstats(&self) -> PyResult<Ref> {
        let factor = match (self.timer.is_none(), self.unit.get()) {
            (true, _) => 1e-9,
            (false, 0.0) => 1.0 / TIMER_PRECISION,
            (false, unit) => unit,
        };
        let mut found: Vec<(Ref, Figures, Vec<(Ref, Figures)>)> = Vec::new();
        {
            let tree = &self.measured.borrow().0;
            for entry in tree.entries().filter(|entry| entry.figures.calls != 0) {
                let callee = |(key, figures): &(Key, Figures)| Some((tree.entry(*key)?.shown.clone(), figures.clone()));
                found.push((entry.shown.clone(), entry.figures.clone(), entry.callees.iter().filter_map(callee).collect()));
            }
        }
        let list = (object::hooks::get().list_new)(Vec::new())?;
        for (shown, figures, callees) in found {
            let calls = if callees.is_empty() {
                core::none_ref()
            } else {
                let counted = callees.into_iter().filter(|(_, figures)| figures.calls != 0);
                let made = counted
                    .map(|(shown, figures)| structseq::new::<ProfilerSubentry>(fields(shown, &figures, factor)?))
                    .collect::<PyResult<Vec<Ref>>>()?;
                (object::hooks::get().list_new)(made)?
            };
            let mut values = fields(shown, &figures, factor)?;
            values.push(calls);
            let entry = structseq::new::<ProfilerEntry>(values)?;
            list.call_method(id!("append"), &[entry.b()])?;
        }
        Ok(list)
    }

    /// Start collecting profiling information.
    ///
    ///   subcalls
    ///     If True, also records for each function
    ///     statistics separated according to its current caller.
    ///   builtins
    ///     If True, records the time spent in
    ///     built-in functions separately from their caller.
    #[method("($self, /, subcalls=True, builtins=True)")]
    fn enable(slf: Borrowed<'_, Self>, subcalls: bool, builtins: bool) -> PyResult<()> {
        slf.configure(subcalls, builtins);
        let monitoring = monitoring()?;
        let (events, tool) = (attribute(&monitoring, "events")?, attribute(&monitoring, "PROFILER_ID")?);
        call(&monitoring, "use_tool_id", &[tool.b(), text::new("cProfile")?.b()])?;
        let mut all = 0;
        for (event, method) in CALLBACKS {
            let event = attribute(&events, event)?;
            let callback = slf.object().getattr(text::new(method)?.b())?;
            call(&monitoring, "register_callback", &[tool.b(), event.b(), callback.b()])?;
            all |= int::to_i64(event.b()).unwrap_or(0);
        }
        call(&monitoring, "set_events", &[tool.b(), int::new(all)?.b()])?;
        slf.enabled.set(true);
        Ok(())
    }

    /// Stop collecting profiling information.
    #[method("($self, /)")]
    fn disable(&self) -> PyResult<()> {
        if self.timing.get() {
            return Err(raise!(RuntimeError, "cannot disable profiler in external timer"));
        }
        if !self.enabled.get() {
            return Ok(());
        }
        let monitoring = monitoring()?;
        let (events, tool) = (attribute(&monitoring, "events")?, attribute(&monitoring, "PROFILER_ID")?);
        for (event, _) in CALLBACKS {
            let event = attribute(&events, event)?;
            call(&monitoring, "register_callback", &[tool.b(), event.b(), core::none()])?;
        }
        call(&monitoring, "set_events", &[tool.b(), int::new(0)?.b()])?;
        call(&monitoring, "free_tool_id", &[tool.b()])?;
        self.enabled.set(false);
        self.stop_all();
        Ok(())
    }

    /// Clear all profiling information collected so far.
    #[method("($self, /)")]
    fn clear(&self) -> PyResult<()> {
        if self.timing.get() {
            return Err(raise!(RuntimeError, "cannot clear profiler in external timer"));
        }
        let old = self.measured.replace(Measured::default());
        drop(old);
        Ok(())
    }

    #[method("($self, code, instruction_offset, /)")]
    fn _pystart_callback(&self, code: Borrowed<'_>, instruction_offset: Borrowed<'_>) -> PyResult<()> {
        let _ = instruction_offset;
        self.enter(key_of(code), || Ok(code.to_ref()), code)
    }

    #[method("($self, code, instruction_offset, exception, /)")]
    fn _pythrow_callback(&self, code: Borrowed<'_>, instruction_offset: Borrowed<'_>, exception: Borrowed<'_>) -> PyResult<()> {
        let _ = (instruction_offset, exception);
        self.enter(key_of(code), || Ok(code.to_ref()), code)
    }

    #[method("($self, code, instruction_offset, retval, /)")]
    fn _pyreturn_callback(&self, code: Borrowed<'_>, instruction_offset: Borrowed<'_>, retval: Borrowed<'_>) {
        let _ = (instruction_offset, retval);
        self.leave(key_of(code));
    }

    #[method("($self, code, instruction_offset, callable, self_arg, /)")]
    fn _ccall_callback(
        &self,
        code: Borrowed<'_>,
        instruction_offset: Borrowed<'_>,
        callable: Borrowed<'_>,
        self_arg: Borrowed<'_>,
    ) -> PyResult<()> {
        let _ = (code, instruction_offset);
        if self.builtins.get()
            && let Some(function) = Self::native(callable, self_arg)?
        {
            self.enter(native_key(function.b()), || shown(function.b()), function.b())?;
        }
        Ok(())
    }

    #[method("($self, code, instruction_offset, callable, self_arg, /)")]
    fn _creturn_callback(
        &self,
        code: Borrowed<'_>,
        instruction_offset: Borrowed<'_>,
        callable: Borrowed<'_>,
        self_arg: Borrowed<'_>,
    ) -> PyResult<()> {
        let _ = (code, instruction_offset);
        if self.builtins.get()
            && let Some(function) = Self::native(callable, self_arg)?
        {
            self.leave(native_key(function.b()));
        }
        Ok(())
    }
}

/// Fast profiler
#[macros::pymodule(name = "_lsprof")]
pub mod module {
    use super::*;

    #[pytype]
    type Profiler = super::Profiler;
    #[pytype]
    type Entry = super::ProfilerEntry;
    #[pytype]
    type Subentry = super::ProfilerSubentry;

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        structseq::finish::<ProfilerEntry>()?;
        structseq::finish::<ProfilerSubentry>()
    }
}
