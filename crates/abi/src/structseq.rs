//! `structseq.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyStructSequence_Field`.
    PyStructSequence_Field {
        name: Cell<*const c_char>,
        doc: Cell<*const c_char>,
    }
}

c_struct! {
    /// CPython's `PyStructSequence_Desc`.
    PyStructSequence_Desc {
        name: Cell<*const c_char>,
        doc: Cell<*const c_char>,
        fields: Cell<*mut PyStructSequence_Field>,
        n_in_sequence: Cell<i32>,
    }
}
