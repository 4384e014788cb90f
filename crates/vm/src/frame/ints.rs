//! Ints without objects in a frame, for everybody but the handlers that take them: they become objects where they stand.

use super::{Frame, Slot};
use object::PyResult;
use object::value::int;

impl Frame {
    /// The local with this index as others may see it: an int without an object becomes one, in its place. Without memory for that the local
    /// looks unbound.
    pub fn local_object(&self, index: usize) -> Slot {
        let slot = self.local(index);
        if !slot.is_int() {
            return slot;
        }
        match self.make_local_object(index) {
            Ok(()) => self.local(index),
            Err(raised) => {
                raised.clear();
                Slot::NULL
            }
        }
    }

    /// Makes the int in a local an object.
    pub fn make_local_object(&self, index: usize) -> PyResult<()> {
        let slot = self.local(index);
        if slot.is_int() {
            let object = int::new(slot.as_int())?;
            self.replace_local(index, Slot::owned(object));
        }
        Ok(())
    }

    /// Makes all ints on the value stack objects.
    pub fn make_stack_objects(&self) -> PyResult<()> {
        let (base, sp) = (self.stack_base(), self.stack());
        let mut depth = 1;
        while sp.down(depth).ptr() >= base {
            let slot = sp.peek(depth);
            if slot.is_int() {
                sp.replace(depth, Slot::owned(int::new(slot.as_int())?));
            }
            depth += 1;
        }
        Ok(())
    }
}
