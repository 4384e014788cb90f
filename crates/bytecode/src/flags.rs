//! Bits of `co_flags` and of a local's kind.

macro_rules! bits {
    ($ty:ty; $($(#[$doc:meta])* $name:ident = $value:expr;)*) => { $($(#[$doc])* pub const $name: $ty = $value;)* };
}

bits! { u32;
    /// Locals live in fast slots, not in a dictionary of their own.
    CO_OPTIMIZED = 0x0001;
    /// A call makes a new dictionary of locals.
    CO_NEWLOCALS = 0x0002;
    /// The function takes `*args`.
    CO_VARARGS = 0x0004;
    /// The function takes `**kwargs`.
    CO_VARKEYWORDS = 0x0008;
    /// The code belongs to a nested function.
    CO_NESTED = 0x0010;
    CO_GENERATOR = 0x0020;
    CO_COROUTINE = 0x0080;
    CO_ITERABLE_COROUTINE = 0x0100;
    CO_ASYNC_GENERATOR = 0x0200;
    CO_FUTURE_DIVISION = 0x20000;
    CO_FUTURE_ABSOLUTE_IMPORT = 0x40000;
    CO_FUTURE_WITH_STATEMENT = 0x80000;
    CO_FUTURE_PRINT_FUNCTION = 0x100000;
    CO_FUTURE_UNICODE_LITERALS = 0x200000;
    CO_FUTURE_BARRY_AS_BDFL = 0x400000;
    CO_FUTURE_GENERATOR_STOP = 0x800000;
    CO_FUTURE_ANNOTATIONS = 0x1000000;
    /// The code raises no monitoring events (CPython sets it on its own trampolines).
    CO_NO_MONITORING_EVENTS = 0x2000000;
    /// The first constant is the docstring.
    CO_HAS_DOCSTRING = 0x4000000;
    /// The function is defined directly in a class body.
    CO_METHOD = 0x8000000;
}

bits! { u8;
    CO_FAST_ARG_POS = 0x02;
    CO_FAST_ARG_KW = 0x04;
    CO_FAST_ARG_VAR = 0x08;
    /// The local is hidden outside the inlined comprehension that owns it.
    CO_FAST_HIDDEN = 0x10;
    CO_FAST_LOCAL = 0x20;
    CO_FAST_CELL = 0x40;
    CO_FAST_FREE = 0x80;
}

/// The flags that `from __future__` may set and that `compile()` inherits.
pub const PYCF_MASK: u32 = CO_FUTURE_DIVISION
    | CO_FUTURE_ABSOLUTE_IMPORT
    | CO_FUTURE_WITH_STATEMENT
    | CO_FUTURE_PRINT_FUNCTION
    | CO_FUTURE_UNICODE_LITERALS
    | CO_FUTURE_BARRY_AS_BDFL
    | CO_FUTURE_GENERATOR_STOP
    | CO_FUTURE_ANNOTATIONS;
