//! `-X importtime`: how long each import took, told on descriptor 2 when it is done.

use object::value::str as text;
use object::{Borrowed, thread};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// How deep imports are nested, and what those within the current one took.
#[derive(Default)]
struct Times {
    started: Cell<bool>,
    level: Cell<usize>,
    within: Cell<Duration>,
}

fn mode() -> u32 {
    crate::lifecycle::config().map_or(0, |config| config.import_time)
}

fn times() -> &'static Times {
    thread::current().interpreter().extensions.get::<Times>()
}

/// The name with escapes for lone surrogates.
fn shown(name: Borrowed<'_>) -> String {
    let codes = text::data(name).map(|data| data.iter().collect::<Vec<u32>>()).unwrap_or_default();
    let escape = |code: u32| char::from_u32(code).map_or_else(|| format!("\\u{code:04x}"), String::from);
    codes.into_iter().map(escape).collect()
}

/// Tells of an import that found the module in `sys.modules`.
pub fn cached(name: Borrowed<'_>) {
    if mode() == 2 {
        let indent = times().level.get() * 2;
        host::tell!("import time: cached    | cached     | {:indent$}{}\n", "", shown(name));
    }
}

/// Runs an import and tells how long it took.
pub fn measured<R>(name: Borrowed<'_>, import: impl FnOnce() -> R) -> R {
    if mode() == 0 {
        return import();
    }
    let times = times();
    if !times.started.replace(true) {
        host::standard::tell("import time: self [us] | cumulative | imported package\n");
    }
    times.level.set(times.level.get() + 1);
    let before = times.within.replace(Duration::ZERO);
    let start = Instant::now();
    let result = import();
    let took = start.elapsed();
    let own = took.saturating_sub(times.within.get());
    times.within.set(before + took);
    let level = times.level.get().saturating_sub(1);
    times.level.set(level);
    let micros = |time: Duration| time.as_nanos().div_ceil(1000);
    let indent = level * 2;
    host::tell!("import time: {:9} | {:10} | {:indent$}{}\n", micros(own), micros(took), "", shown(name));
    result
}
