//! Flag bits and numbers of CPython's headers.

/// `tp_flags` (object.h).
pub mod tpflags {
    pub const STATIC_BUILTIN: u64 = 1 << 1;
    pub const INLINE_VALUES: u64 = 1 << 2;
    pub const MANAGED_WEAKREF: u64 = 1 << 3;
    pub const MANAGED_DICT: u64 = 1 << 4;
    pub const PREHEADER: u64 = MANAGED_WEAKREF | MANAGED_DICT;
    pub const SEQUENCE: u64 = 1 << 5;
    pub const MAPPING: u64 = 1 << 6;
    pub const DISALLOW_INSTANTIATION: u64 = 1 << 7;
    pub const IMMUTABLETYPE: u64 = 1 << 8;
    pub const HEAPTYPE: u64 = 1 << 9;
    pub const BASETYPE: u64 = 1 << 10;
    pub const HAVE_VECTORCALL: u64 = 1 << 11;
    pub const READY: u64 = 1 << 12;
    pub const READYING: u64 = 1 << 13;
    pub const HAVE_GC: u64 = 1 << 14;
    pub const METHOD_DESCRIPTOR: u64 = 1 << 17;
    pub const VALID_VERSION_TAG: u64 = 1 << 19;
    pub const IS_ABSTRACT: u64 = 1 << 20;
    pub const MATCH_SELF: u64 = 1 << 22;
    pub const ITEMS_AT_END: u64 = 1 << 23;
    pub const LONG_SUBCLASS: u64 = 1 << 24;
    pub const LIST_SUBCLASS: u64 = 1 << 25;
    pub const TUPLE_SUBCLASS: u64 = 1 << 26;
    pub const BYTES_SUBCLASS: u64 = 1 << 27;
    pub const UNICODE_SUBCLASS: u64 = 1 << 28;
    pub const DICT_SUBCLASS: u64 = 1 << 29;
    pub const BASE_EXC_SUBCLASS: u64 = 1 << 30;
    pub const TYPE_SUBCLASS: u64 = 1 << 31;
}

/// `ml_flags` (methodobject.h).
pub mod mlflags {
    pub const VARARGS: i32 = 1;
    pub const KEYWORDS: i32 = 2;
    pub const NOARGS: i32 = 4;
    pub const O: i32 = 8;
    pub const CLASS: i32 = 16;
    pub const STATIC: i32 = 32;
    pub const COEXIST: i32 = 64;
    pub const FASTCALL: i32 = 128;
    pub const METHOD: i32 = 512;
}

/// `PyMemberDef.type` (descrobject.h, structmember.h).
pub mod member {
    pub const T_SHORT: i32 = 0;
    pub const T_INT: i32 = 1;
    pub const T_LONG: i32 = 2;
    pub const T_FLOAT: i32 = 3;
    pub const T_DOUBLE: i32 = 4;
    pub const T_STRING: i32 = 5;
    pub const T_OBJECT: i32 = 6;
    pub const T_CHAR: i32 = 7;
    pub const T_BYTE: i32 = 8;
    pub const T_UBYTE: i32 = 9;
    pub const T_USHORT: i32 = 10;
    pub const T_UINT: i32 = 11;
    pub const T_ULONG: i32 = 12;
    pub const T_STRING_INPLACE: i32 = 13;
    pub const T_BOOL: i32 = 14;
    pub const T_OBJECT_EX: i32 = 16;
    pub const T_LONGLONG: i32 = 17;
    pub const T_ULONGLONG: i32 = 18;
    pub const T_PYSSIZET: i32 = 19;
    pub const T_NONE: i32 = 20;
    pub const READONLY: i32 = 1;
    pub const AUDIT_READ: i32 = 2;
    pub const RELATIVE_OFFSET: i32 = 8;
}

/// Operators of rich comparison (object.h).
pub mod compare {
    pub const LT: i32 = 0;
    pub const LE: i32 = 1;
    pub const EQ: i32 = 2;
    pub const NE: i32 = 3;
    pub const GT: i32 = 4;
    pub const GE: i32 = 5;
}

/// Flags of buffer requests (pybuffer.h).
pub mod pybuf {
    pub const SIMPLE: i32 = 0;
    pub const WRITABLE: i32 = 1;
    pub const FORMAT: i32 = 4;
    pub const ND: i32 = 8;
    pub const STRIDES: i32 = 0x10 | ND;
    pub const C_CONTIGUOUS: i32 = 0x20 | STRIDES;
    pub const F_CONTIGUOUS: i32 = 0x40 | STRIDES;
    pub const ANY_CONTIGUOUS: i32 = 0x80 | STRIDES;
    pub const INDIRECT: i32 = 0x100 | STRIDES;
    /// Alone: what functions that make memoryviews ask for.
    pub const READ: i32 = 0x100;
    pub const WRITE: i32 = 0x200;
    pub const FULL_RO: i32 = INDIRECT | FORMAT;
    pub const FULL: i32 = INDIRECT | WRITABLE | FORMAT;
}

/// The reference count of an immortal object of static storage.
pub const IMMORTAL_REFCNT: i64 = 0x0005_0000_C000_0000;
/// Bit 63 of a vectorcall's `nargsf`: the callee may overwrite `args[-1]` for the time of the call.
pub const VECTORCALL_ARGUMENTS_OFFSET: usize = 1 << 63;

/// Numbers of type slots (typeslots.h).
#[allow(non_upper_case_globals, reason = "the names of the slots are those of CPython's headers")]
pub mod typeslot {
    pub const bf_getbuffer: u16 = 1;
    pub const bf_releasebuffer: u16 = 2;
    pub const mp_ass_subscript: u16 = 3;
    pub const mp_length: u16 = 4;
    pub const mp_subscript: u16 = 5;
    pub const nb_absolute: u16 = 6;
    pub const nb_add: u16 = 7;
    pub const nb_and: u16 = 8;
    pub const nb_bool: u16 = 9;
    pub const nb_divmod: u16 = 10;
    pub const nb_float: u16 = 11;
    pub const nb_floor_divide: u16 = 12;
    pub const nb_index: u16 = 13;
    pub const nb_inplace_add: u16 = 14;
    pub const nb_inplace_and: u16 = 15;
    pub const nb_inplace_floor_divide: u16 = 16;
    pub const nb_inplace_lshift: u16 = 17;
    pub const nb_inplace_multiply: u16 = 18;
    pub const nb_inplace_or: u16 = 19;
    pub const nb_inplace_power: u16 = 20;
    pub const nb_inplace_remainder: u16 = 21;
    pub const nb_inplace_rshift: u16 = 22;
    pub const nb_inplace_subtract: u16 = 23;
    pub const nb_inplace_true_divide: u16 = 24;
    pub const nb_inplace_xor: u16 = 25;
    pub const nb_int: u16 = 26;
    pub const nb_invert: u16 = 27;
    pub const nb_lshift: u16 = 28;
    pub const nb_multiply: u16 = 29;
    pub const nb_negative: u16 = 30;
    pub const nb_or: u16 = 31;
    pub const nb_positive: u16 = 32;
    pub const nb_power: u16 = 33;
    pub const nb_remainder: u16 = 34;
    pub const nb_rshift: u16 = 35;
    pub const nb_subtract: u16 = 36;
    pub const nb_true_divide: u16 = 37;
    pub const nb_xor: u16 = 38;
    pub const sq_ass_item: u16 = 39;
    pub const sq_concat: u16 = 40;
    pub const sq_contains: u16 = 41;
    pub const sq_inplace_concat: u16 = 42;
    pub const sq_inplace_repeat: u16 = 43;
    pub const sq_item: u16 = 44;
    pub const sq_length: u16 = 45;
    pub const sq_repeat: u16 = 46;
    pub const tp_alloc: u16 = 47;
    pub const tp_base: u16 = 48;
    pub const tp_bases: u16 = 49;
    pub const tp_call: u16 = 50;
    pub const tp_clear: u16 = 51;
    pub const tp_dealloc: u16 = 52;
    pub const tp_del: u16 = 53;
    pub const tp_descr_get: u16 = 54;
    pub const tp_descr_set: u16 = 55;
    pub const tp_doc: u16 = 56;
    pub const tp_getattr: u16 = 57;
    pub const tp_getattro: u16 = 58;
    pub const tp_hash: u16 = 59;
    pub const tp_init: u16 = 60;
    pub const tp_is_gc: u16 = 61;
    pub const tp_iter: u16 = 62;
    pub const tp_iternext: u16 = 63;
    pub const tp_methods: u16 = 64;
    pub const tp_new: u16 = 65;
    pub const tp_repr: u16 = 66;
    pub const tp_richcompare: u16 = 67;
    pub const tp_setattr: u16 = 68;
    pub const tp_setattro: u16 = 69;
    pub const tp_str: u16 = 70;
    pub const tp_traverse: u16 = 71;
    pub const tp_members: u16 = 72;
    pub const tp_getset: u16 = 73;
    pub const tp_free: u16 = 74;
    pub const nb_matrix_multiply: u16 = 75;
    pub const nb_inplace_matrix_multiply: u16 = 76;
    pub const am_await: u16 = 77;
    pub const am_aiter: u16 = 78;
    pub const am_anext: u16 = 79;
    pub const tp_finalize: u16 = 80;
    pub const am_send: u16 = 81;
    pub const tp_vectorcall: u16 = 82;
    pub const tp_token: u16 = 83;
    /// The first number that is no slot's.
    pub const BEYOND: u16 = 84;
}
