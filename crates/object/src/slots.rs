//! The slots of a type object, typed: Rust signatures over CPython's slot table.
//!
//! [`for_each_slot!`] is the one list of them: accessors, `set_slot` and inheritance come from it.

use crate::reference::{Borrowed, Ref};
use crate::result::{Hash, IterNext, Len, PyResult, Status, Truth};
use crate::types::TypeObject;
use abi::{Py_buffer, PyObject, c_char, c_int, c_void};

macro_rules! slot_types {
    ($($(#[$meta:meta])* $name:ident = fn($($arg:ty),*) $(-> $ret:ty)?;)*) => { $(
        $(#[$meta])*
        pub type $name = extern "C-unwind" fn($($arg),*) $(-> $ret)?;
    )* };
}

slot_types! {
    /// One operand.
    UnaryFn = fn(Borrowed<'_>) -> PyResult<Ref>;
    /// Two operands; also `tp_getattro`, `mp_subscript`.
    BinaryFn = fn(Borrowed<'_>, Borrowed<'_>) -> PyResult<Ref>;
    /// Three operands.
    TernaryFn = fn(Borrowed<'_>, Borrowed<'_>, Borrowed<'_>) -> PyResult<Ref>;
    /// `tp_call`: callable, argument tuple, keyword dict.
    CallFn = fn(Borrowed<'_>, Borrowed<'_>, Option<Borrowed<'_>>) -> PyResult<Ref>;
    /// A yes or no.
    InquiryFn = fn(Borrowed<'_>) -> Truth;
    /// A length.
    LenFn = fn(Borrowed<'_>) -> Len;
    /// An index.
    IndexFn = fn(Borrowed<'_>, isize) -> PyResult<Ref>;
    /// Assignment to an index; no value deletes.
    AssIndexFn = fn(Borrowed<'_>, isize, Option<Borrowed<'_>>) -> Status;
    /// Assignment under a key or name; no value deletes.
    AssignFn = fn(Borrowed<'_>, Borrowed<'_>, Option<Borrowed<'_>>) -> Status;
    /// Containment.
    ContainsFn = fn(Borrowed<'_>, Borrowed<'_>) -> Truth;
    /// A hash.
    HashFn = fn(Borrowed<'_>) -> Hash;
    /// Rich comparison; the operator is C's number.
    RichCompareFn = fn(Borrowed<'_>, Borrowed<'_>, c_int) -> PyResult<Ref>;
    /// The next item.
    IterNextFn = fn(Borrowed<'_>) -> IterNext;
    /// `__get__`: descriptor, instance or none, owner or none.
    DescrGetFn = fn(Borrowed<'_>, Option<Borrowed<'_>>, Option<Borrowed<'_>>) -> PyResult<Ref>;
    /// `tp_init`.
    InitFn = fn(Borrowed<'_>, Borrowed<'_>, Option<Borrowed<'_>>) -> Status;
    /// `tp_new`.
    NewFn = fn(Borrowed<'_, TypeObject>, Borrowed<'_>, Option<Borrowed<'_>>) -> PyResult<Ref>;
    /// `tp_alloc`: type and number of items.
    AllocFn = fn(Borrowed<'_, TypeObject>, isize) -> PyResult<Ref>;
    /// Frees the memory of a dead object.
    FreeFn = fn(*mut c_void);
    /// Destroys an object whose count is 0.
    DestructorFn = fn(*mut PyObject);
    /// A finaliser, which may resurrect.
    FinalizeFn = fn(Borrowed<'_>);
    /// Shows the collector what an object refers to.
    TraverseFn = fn(Borrowed<'_>, abi::visitproc, *mut c_void) -> c_int;
    /// Drops what an object refers to.
    ClearFn = fn(Borrowed<'_>) -> c_int;
    /// A call with a vector of arguments; bit 63 of the count lets the callee overwrite `args[-1]`.
    VectorcallFn = fn(Borrowed<'_>, *const Borrowed<'_>, usize, Option<Borrowed<'_>>) -> PyResult<Ref>;
    /// `am_send`: 0 returned, 1 yielded, -1 raised; the result goes to the pointer.
    SendFn = fn(Borrowed<'_>, Borrowed<'_>, *mut Option<Ref>) -> c_int;
    /// Fills a buffer description.
    GetBufferFn = fn(Borrowed<'_>, *mut Py_buffer, c_int) -> Status;
    /// Gives a buffer back.
    ReleaseBufferFn = fn(Borrowed<'_>, *mut Py_buffer);
    /// The old attribute look-up by C string.
    GetAttrCharFn = fn(Borrowed<'_>, *mut c_char) -> PyResult<Ref>;
    /// The old attribute assignment by C string.
    SetAttrCharFn = fn(Borrowed<'_>, *mut c_char, Option<Borrowed<'_>>) -> c_int;
}

/// Calls the macro `$then` with every function slot: name (also in `abi::typeslot`), suite (`-` for none), Rust type.
#[macro_export]
macro_rules! for_each_slot {
    ($then:path) => {
        $then! {
            bf_getbuffer tp_as_buffer GetBufferFn; bf_releasebuffer tp_as_buffer ReleaseBufferFn;
            mp_ass_subscript tp_as_mapping AssignFn; mp_length tp_as_mapping LenFn; mp_subscript tp_as_mapping BinaryFn;
            nb_absolute tp_as_number UnaryFn; nb_add tp_as_number BinaryFn; nb_and tp_as_number BinaryFn; nb_bool tp_as_number InquiryFn;
            nb_divmod tp_as_number BinaryFn; nb_float tp_as_number UnaryFn; nb_floor_divide tp_as_number BinaryFn;
            nb_index tp_as_number UnaryFn; nb_inplace_add tp_as_number BinaryFn; nb_inplace_and tp_as_number BinaryFn;
            nb_inplace_floor_divide tp_as_number BinaryFn; nb_inplace_lshift tp_as_number BinaryFn; nb_inplace_multiply tp_as_number BinaryFn;
            nb_inplace_or tp_as_number BinaryFn; nb_inplace_power tp_as_number TernaryFn; nb_inplace_remainder tp_as_number BinaryFn;
            nb_inplace_rshift tp_as_number BinaryFn; nb_inplace_subtract tp_as_number BinaryFn; nb_inplace_true_divide tp_as_number BinaryFn;
            nb_inplace_xor tp_as_number BinaryFn; nb_int tp_as_number UnaryFn; nb_invert tp_as_number UnaryFn; nb_lshift tp_as_number BinaryFn;
            nb_multiply tp_as_number BinaryFn; nb_negative tp_as_number UnaryFn; nb_or tp_as_number BinaryFn; nb_positive tp_as_number UnaryFn;
            nb_power tp_as_number TernaryFn; nb_remainder tp_as_number BinaryFn; nb_rshift tp_as_number BinaryFn;
            nb_subtract tp_as_number BinaryFn; nb_true_divide tp_as_number BinaryFn; nb_xor tp_as_number BinaryFn;
            sq_ass_item tp_as_sequence AssIndexFn; sq_concat tp_as_sequence BinaryFn; sq_contains tp_as_sequence ContainsFn;
            sq_inplace_concat tp_as_sequence BinaryFn; sq_inplace_repeat tp_as_sequence IndexFn; sq_item tp_as_sequence IndexFn;
            sq_length tp_as_sequence LenFn; sq_repeat tp_as_sequence IndexFn;
            tp_alloc - AllocFn; tp_call - CallFn; tp_clear - ClearFn; tp_dealloc - DestructorFn; tp_del - FinalizeFn;
            tp_descr_get - DescrGetFn; tp_descr_set - AssignFn; tp_getattr - GetAttrCharFn; tp_getattro - BinaryFn; tp_hash - HashFn;
            tp_init - InitFn; tp_is_gc - InquiryFn; tp_iter - UnaryFn; tp_iternext - IterNextFn; tp_new - NewFn; tp_repr - UnaryFn;
            tp_richcompare - RichCompareFn; tp_setattr - SetAttrCharFn; tp_setattro - AssignFn; tp_str - UnaryFn; tp_traverse - TraverseFn;
            nb_matrix_multiply tp_as_number BinaryFn; nb_inplace_matrix_multiply tp_as_number BinaryFn;
            am_await tp_as_async UnaryFn; am_aiter tp_as_async UnaryFn; am_anext tp_as_async UnaryFn; am_send tp_as_async SendFn;
            tp_finalize - FinalizeFn; tp_free - FreeFn; tp_vectorcall - VectorcallFn;
        }
    };
}

macro_rules! accessors {
    ($($name:ident $suite:tt $ty:ident;)*) => {
        impl TypeObject {
            $(
                #[doc = concat!("The slot `", stringify!($name), "`, where the type has it.")]
                #[inline(always)]
                pub fn $name(&self) -> Option<$ty> {
                    accessors!(@get self, $name, $suite, $ty)
                }
            )*

            /// Puts the function `func` into the slot with the number `id` of `abi::typeslot`; null empties the slot. A suite that the
            /// type lacks is made. Returns whether such a function slot exists.
            ///
            /// # Safety
            /// `func` is null or has the slot's C signature.
            pub unsafe fn set_slot(&self, id: u16, func: *const ()) -> bool {
                match id {
                    $(abi::typeslot::$name => { accessors!(@set self, func, $name, $suite); })*
                    _ => return false,
                }
                true
            }

            /// The function in the slot with the number `id`, or null.
            #[inline]
            pub fn slot_ptr(&self, id: u16) -> *const () {
                match id {
                    $(abi::typeslot::$name => accessors!(@ptr self, $name, $suite),)*
                    _ => std::ptr::null(),
                }
            }
        }

        /// The numbers of all function slots.
        pub const ALL_SLOTS: &[u16] = &[$(abi::typeslot::$name),*];
    };
    (@get $self:ident, $name:ident, -, $ty:ident) => {
        // SAFETY: the slot holds a function of this C signature; our typed signature has the same ABI.
        unsafe { std::mem::transmute::<Option<_>, Option<$ty>>($self.raw().$name.get()) }
    };
    (@get $self:ident, $name:ident, $suite:ident, $ty:ident) => {{
        let suite = $self.raw().$suite.get();
        if suite.is_null() {
            None
        } else {
            // SAFETY: a type's suite lives as long as the type, and the slot holds a function of this C signature.
            unsafe { std::mem::transmute::<Option<_>, Option<$ty>>((*suite).$name.get()) }
        }
    }};
    (@ptr $self:ident, $name:ident, -) => { $self.raw().$name.get().map_or(std::ptr::null(), |f| f as *const ()) };
    (@ptr $self:ident, $name:ident, $suite:ident) => {{
        let suite = $self.raw().$suite.get();
        // SAFETY: a type's suite lives as long as the type.
        if suite.is_null() { std::ptr::null() } else { unsafe { (*suite).$name.get().map_or(std::ptr::null(), |f| f as *const ()) } }
    }};
    (@set $self:ident, $func:ident, $name:ident, -) => {
        // SAFETY: by contract the function fits; null is None.
        $self.raw().$name.set(unsafe { std::mem::transmute::<*const (), Option<_>>($func) })
    };
    (@set $self:ident, $func:ident, $name:ident, $suite:ident) => {{
        let holder = &$self.raw().$suite;
        if holder.get().is_null() {
            if $func.is_null() {
                return true;
            }
            holder.set(Box::into_raw(Box::new(abi::CStruct::ZERO)));
        }
        // SAFETY: the suite was made above or lives as long as the type; by contract the function fits.
        unsafe { (*holder.get()).$name.set(std::mem::transmute::<*const (), Option<_>>($func)) }
    }};
}
for_each_slot!(accessors);
