//! importlib's lock of a module, taken for a module that nobody else imports.

use super::Short;
use builtins::dict::Dict;
use builtins::list::List;
use object::value::int;
use object::{Borrowed, PyResult, Ref, core, id, thread};

/// A held `_ModuleLock`, registered in `_module_locks` as importlib does, so that other threads wait for it.
pub(super) struct Lock {
    lock: Ref,
    entry: Ref,
}

impl Lock {
    /// The lock of this name, if there is none yet.
    pub(super) fn take(short: &Short, name: Borrowed<'_>) -> PyResult<Option<Lock>> {
        let Some(locks) = short.locks.b().downcast_exact::<Dict>() else { return Ok(None) };
        if locks.get_item(name)?.is_some() {
            return Ok(None);
        }
        let lock = short.module_lock.call1(name)?;
        let count = lock.getattr(id!("count"))?;
        let Some(count) = count.b().downcast_exact::<List>() else { return Ok(None) };
        count.append(core::boolean(true).to_ref())?;
        lock.setattr(id!("owner"), own_number()?.b())?;
        let entry = builtins::weakref::new(lock.b(), None)?;
        // Making the objects may have run other code.
        if locks.get_item(name)?.is_some() {
            return Ok(None);
        }
        locks.set(name, entry.b())?;
        Ok(Some(Lock { lock, entry }))
    }

    /// Gives the lock up after an import with this result.
    pub(super) fn release<T>(self, short: &Short, name: Borrowed<'_>, result: PyResult<T>) -> PyResult<T> {
        if self.lock.refcount() == 1 {
            // Nobody waits.
            if let Some(locks) = short.locks.b().downcast_exact::<Dict>()
                && locks.peek_str(name).is_some_and(|found| found == self.entry.ptr())
            {
                let old = locks.remove(name);
                return old.and(result);
            }
            return result;
        }
        super::afterwards(result, || self.lock.call_method(id!("release"), &[]).map(drop))
    }
}

/// Whether the lock of this name is free, or held by this thread.
pub(super) fn is_ours(short: &Short, name: Borrowed<'_>) -> PyResult<bool> {
    let Some(locks) = short.locks.b().downcast_exact::<Dict>() else { return Ok(false) };
    let Some(entry) = locks.get_item(name)? else { return Ok(true) };
    let Some(lock) = builtins::weakref::referent(entry.b()) else { return Ok(true) };
    let owner = lock.getattr(id!("owner"))?;
    Ok(owner.is(&core::none()) || owner.eq(own_number()?.b())?)
}

/// `_thread.get_ident()`.
fn own_number() -> PyResult<Ref> {
    int::from_u64(thread::current().raw.thread_id.get())
}
