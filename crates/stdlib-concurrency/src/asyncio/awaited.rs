//! Who awaits a future: what call graphs are made from.

use super::future::Future;
use macros::pymodule;
use object::{Borrowed, PyResult, Ref, Trace, Visit, memory};

/// The futures that wait for another one.
#[derive(Default)]
pub struct Waiters {
    all: Vec<Ref>,
    /// There were several at once: an empty set is shown as such.
    several: bool,
}

impl Trace for Waiters {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.all.trace(visit);
    }
}

impl Waiters {
    /// All of them; none where there was never more than one and it is gone.
    pub fn shown(&self) -> Option<Vec<Ref>> {
        (self.several || !self.all.is_empty()).then(|| self.all.clone())
    }
}

/// Notes that `waiter` waits for `future`, where both are native.
pub fn add(future: Borrowed<'_>, waiter: Borrowed<'_>) -> PyResult<()> {
    let (Some(future), Some(waiter)) = (future.downcast::<Future>(), waiter.downcast::<Future>()) else { return Ok(()) };
    let mut waiters = future.awaited_by.borrow_mut();
    if waiters.all.iter().any(|known| known.is(&waiter.object())) {
        return Ok(());
    }
    memory::reserve(&mut waiters.all, 1)?;
    waiters.all.push(waiter.object().to_ref());
    waiters.several |= waiters.all.len() > 1;
    Ok(())
}

/// Notes that `waiter` no longer waits for `future`.
pub fn discard(future: Borrowed<'_>, waiter: Borrowed<'_>) {
    let Some(future) = future.downcast::<Future>() else { return };
    let removed = {
        let mut waiters = future.awaited_by.borrow_mut();
        let at = waiters.all.iter().position(|known| known.is(&waiter));
        at.map(|at| waiters.all.swap_remove(at))
    };
    drop(removed);
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    /// Record that `fut` is awaited on by `waiter`.
    #[pyfunction("($module, fut, waiter, /)")]
    fn future_add_to_awaited_by(_module: Borrowed<'_>, fut: Borrowed<'_>, waiter: Borrowed<'_>) -> PyResult<()> {
        add(fut, waiter)
    }

    #[pyfunction("($module, fut, waiter, /)")]
    fn future_discard_from_awaited_by(_module: Borrowed<'_>, fut: Borrowed<'_>, waiter: Borrowed<'_>) {
        discard(fut, waiter);
    }
}
