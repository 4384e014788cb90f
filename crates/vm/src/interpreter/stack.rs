//! Instructions that only change the value stack.

use super::fast::drop_slot;
use crate::frame::Slot;

handler! {
    fn NOP(pc, sp, frame, thread, table, oparg) {
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

handler! {
    fn NOT_TAKEN(pc, sp, frame, thread, table, oparg) {
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

handler! {
    fn EXTENDED_ARG(pc, sp, frame, thread, table, oparg) {
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

handler! {
    fn POP_TOP(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        let slot = *sp;
        if slot.is_borrowed() || slot.is_null() {
            dispatch!(pc.add(1), sp, frame, thread, table)
        }
        return drop_slot(pc.add(1), sp, frame, thread, table, slot.ptr().expose_provenance() as u64);
    }
}

handler! {
    fn END_FOR(pc, sp, frame, thread, table, oparg) {
        return POP_TOP(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn POP_ITER(pc, sp, frame, thread, table, oparg) {
        return POP_TOP(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn END_SEND(pc, sp, frame, thread, table, oparg) {
        // (receiver, value -- value)
        let receiver = *sp.sub(2);
        sp.sub(2).write(*sp.sub(1));
        let sp = sp.sub(1);
        if receiver.is_borrowed() || receiver.is_null() {
            dispatch!(pc.add(1), sp, frame, thread, table)
        }
        return drop_slot(pc.add(1), sp, frame, thread, table, receiver.ptr().expose_provenance() as u64);
    }
}

handler! {
    fn PUSH_NULL(pc, sp, frame, thread, table, oparg) {
        sp.write(Slot::NULL);
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn COPY(pc, sp, frame, thread, table, oparg) {
        let slot = *sp.sub(oparg as usize);
        if !slot.is_null() && !slot.is_borrowed() {
            object::reference::incref(slot.ptr());
        }
        sp.write(slot);
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn SWAP(pc, sp, frame, thread, table, oparg) {
        let (top, other) = (sp.sub(1), sp.sub(oparg as usize));
        let kept = *top;
        *top = *other;
        *other = kept;
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}
