//! What LOAD_GLOBAL specialises to.

use super::{become_op, stay};
use crate::code::units::Unit;
use crate::frame::Frame;
use builtins::dict::Dict;
use bytecode::Op;
use object::Borrowed;

/// Where the value of a name stands among the keys of a dict, and their version.
fn place(dict: Borrowed<'_>, name: Borrowed<'_>) -> Option<(u32, Option<u32>)> {
    let dict = dict.downcast_exact::<Dict>()?;
    let index = dict.lookup_index(name);
    let version = dict.keys_version();
    if version == 0 {
        return None;
    }
    match index {
        Some(index) => Some((version, Some(dict.value_offset(index)?))),
        None => Some((version, None)),
    }
}

/// LOAD_GLOBAL. The first word of the cache is place and version of the globals' keys, the second those of the builtins'.
#[cold]
pub fn load_global(frame: &Frame, unit: &Unit, oparg: u32) {
    let name = frame.code().name_at(oparg as usize >> 1);
    // SAFETY: LOAD_GLOBAL has four words of cache.
    let (first, second) = unsafe { (&*std::ptr::from_ref(unit).add(1), &*std::ptr::from_ref(unit).add(2)) };
    let pack = |version: u32, index: u32| u64::from(version) << 32 | u64::from(index);
    match place(frame.globals(), name) {
        Some((version, Some(index))) => {
            first.set_word(pack(version, index));
            become_op(unit, Op::LOAD_GLOBAL_MODULE);
        }
        Some((version, None)) => match place(frame.builtins(), name) {
            Some((builtins_version, Some(index))) => {
                first.set_word(pack(version, 0));
                second.set_word(pack(builtins_version, index));
                become_op(unit, Op::LOAD_GLOBAL_BUILTIN);
            }
            _ => stay(unit, Op::LOAD_GLOBAL),
        },
        None => stay(unit, Op::LOAD_GLOBAL),
    }
}
