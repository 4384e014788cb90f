//! Values that C programs attach to code objects (PEP 523), under indices that they ask for, freed with the code object.

use object::{PyResult, Raised, error, thread};
use std::cell::{Cell, RefCell};
use std::ffi::c_void;

/// What frees a value; called with NULL too.
pub type Free = unsafe extern "C-unwind" fn(*mut c_void);

/// Most indices of an interpreter.
const MAX_USERS: usize = 255;

/// An interpreter's functions, by index.
#[derive(Default)]
struct Users(RefCell<Vec<Option<Free>>>);

fn users() -> &'static Users {
    thread::current().interpreter().extensions.get::<Users>()
}

fn free_function(index: usize) -> Option<Free> {
    users().0.borrow().get(index).copied().flatten()
}

/// A new index, whose values `free` frees; none when there are too many.
pub fn request_index(free: Option<Free>) -> Option<usize> {
    let mut users = users().0.borrow_mut();
    let index = users.len();
    if index >= MAX_USERS - 1 {
        return None;
    }
    users.push(free);
    Some(index)
}

/// The values of a code object: null, or a list that it owns.
#[derive(Default)]
#[repr(transparent)]
pub struct Extra(Cell<*mut Vec<*mut c_void>>);

impl Extra {
    /// The value under an index; null where there is none.
    pub fn get(&self, index: isize) -> *mut c_void {
        // SAFETY: null or the list, of which no other reference is held.
        let values = unsafe { self.0.get().as_ref() };
        let index = usize::try_from(index).ok();
        values.zip(index).and_then(|(values, index)| values.get(index)).copied().unwrap_or(std::ptr::null_mut())
    }

    /// Puts a value under an index that was asked for; the one before is freed.
    pub fn set(&self, index: isize, value: *mut c_void) -> PyResult<()> {
        let count = users().0.borrow().len();
        let Some(index) = usize::try_from(index).ok().filter(|index| *index < count) else { return Err(bad_call()) };
        if self.0.get().is_null() {
            self.0.set(Box::into_raw(Box::default()));
        }
        let old = {
            // SAFETY: made above or before; nothing else runs while it is borrowed.
            let values = unsafe { &mut *self.0.get() };
            if values.len() <= index {
                object::memory::reserve(values, count - values.len())?;
                values.resize(count, std::ptr::null_mut());
            }
            values.get_mut(index).map_or(std::ptr::null_mut(), |place| std::mem::replace(place, value))
        };
        if !old.is_null()
            && let Some(free) = free_function(index)
        {
            // SAFETY: whoever asked for the index gave the function for its values.
            unsafe { free(old) };
        }
        Ok(())
    }
}

#[cold]
fn bad_call() -> Raised {
    error::bad_internal_call()
}

impl Drop for Extra {
    fn drop(&mut self) {
        let values = self.0.replace(std::ptr::null_mut());
        if values.is_null() {
            return;
        }
        // SAFETY: the list was made by `set` and is given up here.
        let values = unsafe { Box::from_raw(values) };
        for (index, value) in values.iter().enumerate() {
            if let Some(free) = free_function(index) {
                // SAFETY: whoever asked for the index gave the function for its values.
                unsafe { free(*value) };
            }
        }
    }
}
