//! The named tuples that `sys` shows.

use crate::lifecycle::support;
use builtins::struct_sequence;
use builtins::structseq;
use object::spec::TypeEntry;
use object::{PyResult, Ref};

struct_sequence!(
    /// `sys.flags`
    Flags, c"sys.flags",
    c"sys.flags\n\nFlags provided through command line arguments or environment vars.",
    18, [
        c"debug" = c"-d",
        c"inspect" = c"-i",
        c"interactive" = c"-i",
        c"optimize" = c"-O or -OO",
        c"dont_write_bytecode" = c"-B",
        c"no_user_site" = c"-s",
        c"no_site" = c"-S",
        c"ignore_environment" = c"-E",
        c"verbose" = c"-v",
        c"bytes_warning" = c"-b",
        c"quiet" = c"-q",
        c"hash_randomization" = c"-R",
        c"isolated" = c"-I",
        c"dev_mode" = c"-X dev",
        c"utf8_mode" = c"-X utf8",
        c"warn_default_encoding" = c"-X warn_default_encoding",
        c"safe_path" = c"-P",
        c"int_max_str_digits" = c"-X int_max_str_digits",
        c"gil" = c"-X gil",
        c"thread_inherit_context" = c"-X thread_inherit_context",
        c"context_aware_warnings" = c"-X context_aware_warnings"
    ], SEALED
);

struct_sequence!(
    /// `sys.version_info`
    VersionInfo, c"sys.version_info",
    c"sys.version_info\n\nVersion information as a named tuple.",
    5, [
        c"major" = c"Major release number",
        c"minor" = c"Minor release number",
        c"micro" = c"Patch release number",
        c"releaselevel" = c"'alpha', 'beta', 'candidate', or 'final'",
        c"serial" = c"Serial release number"
    ], SEALED
);

struct_sequence!(
    /// `sys.float_info`
    FloatInfo, c"sys.float_info",
    c"sys.float_info\n\nA named tuple holding information about the float type. It contains low level\ninformation about the precision and internal representation. Please study\nyour system's :file:`float.h` for more information.",
    11, [
        c"max" = c"DBL_MAX -- maximum representable finite float",
        c"max_exp" = c"DBL_MAX_EXP -- maximum int e such that radix**(e-1) is representable",
        c"max_10_exp" = c"DBL_MAX_10_EXP -- maximum int e such that 10**e is representable",
        c"min" = c"DBL_MIN -- Minimum positive normalized float",
        c"min_exp" = c"DBL_MIN_EXP -- minimum int e such that radix**(e-1) is a normalized float",
        c"min_10_exp" = c"DBL_MIN_10_EXP -- minimum int e such that 10**e is a normalized float",
        c"dig" = c"DBL_DIG -- maximum number of decimal digits that can be faithfully represented in a float",
        c"mant_dig" = c"DBL_MANT_DIG -- mantissa digits",
        c"epsilon" = c"DBL_EPSILON -- Difference between 1 and the next representable float",
        c"radix" = c"FLT_RADIX -- radix of exponent",
        c"rounds" = c"FLT_ROUNDS -- rounding mode used for arithmetic operations"
    ]
);

struct_sequence!(
    /// `sys.int_info`
    IntInfo, c"sys.int_info",
    c"sys.int_info\n\nA named tuple that holds information about Python's\ninternal representation of integers.  The attributes are read only.",
    4, [
        c"bits_per_digit" = c"size of a digit in bits",
        c"sizeof_digit" = c"size in bytes of the C type used to represent a digit",
        c"default_max_str_digits" = c"maximum string conversion digits limitation",
        c"str_digits_check_threshold" = c"minimum positive value for int_max_str_digits"
    ]
);

struct_sequence!(
    /// `sys.hash_info`
    HashInfo, c"sys.hash_info",
    c"hash_info\n\nA named tuple providing parameters used for computing\nhashes. The attributes are read only.",
    9, [
        c"width" = c"width of the type used for hashing, in bits",
        c"modulus" = c"prime number giving the modulus on which the hash function is based",
        c"inf" = c"value to be used for hash of a positive infinity",
        c"nan" = c"value to be used for hash of a nan",
        c"imag" = c"multiplier used for the imaginary part of a complex number",
        c"algorithm" = c"name of the algorithm for hashing of str, bytes and memoryviews",
        c"hash_bits" = c"internal output size of hash algorithm",
        c"seed_bits" = c"seed size of hash algorithm",
        c"cutoff" = c"small string optimization cutoff"
    ]
);

struct_sequence!(
    /// `sys.thread_info`
    ThreadInfo, c"sys.thread_info",
    c"sys.thread_info\n\nA named tuple holding information about the thread implementation.",
    3, [
        c"name" = c"name of the thread implementation",
        c"lock" = c"name of the lock implementation",
        c"version" = c"name and version of the thread library"
    ]
);

struct_sequence!(
    /// `UnraisableHookArgs`
    UnraisableHookArgs, c"UnraisableHookArgs",
    c"UnraisableHookArgs\n\nType used to pass arguments to sys.unraisablehook.",
    5, [
        c"exc_type" = c"Exception type",
        c"exc_value" = c"Exception value",
        c"exc_traceback" = c"Exception traceback",
        c"err_msg" = c"Error message",
        c"object" = c"Object causing the exception"
    ]
);

struct_sequence!(
    /// `asyncgen_hooks`
    AsyncgenHooks, c"asyncgen_hooks",
    c"asyncgen_hooks\n\nA named tuple providing information about asynchronous\ngenerators hooks.  The attributes are read only.",
    2, [
        c"firstiter" = c"Hook to intercept first iteration",
        c"finalizer" = c"Hook to intercept finalization"
    ]
);

/// The types, to be completed before use.
pub static TYPES: &[TypeEntry] = &[
    TypeEntry::of::<Flags>(),
    TypeEntry::of::<VersionInfo>(),
    TypeEntry::of::<FloatInfo>(),
    TypeEntry::of::<IntInfo>(),
    TypeEntry::of::<HashInfo>(),
    TypeEntry::of::<ThreadInfo>(),
    TypeEntry::of::<UnraisableHookArgs>(),
    TypeEntry::of::<AsyncgenHooks>(),
];

/// Puts the numbers of fields into the completed types.
pub fn finish() -> PyResult<()> {
    structseq::finish::<Flags>()?;
    structseq::finish::<VersionInfo>()?;
    structseq::finish::<FloatInfo>()?;
    structseq::finish::<IntInfo>()?;
    structseq::finish::<HashInfo>()?;
    structseq::finish::<ThreadInfo>()?;
    structseq::finish::<UnraisableHookArgs>()?;
    structseq::finish::<AsyncgenHooks>()?;
    Ok(())
}

/// A `types.SimpleNamespace`.
pub fn namespace(fields: &[(&str, Ref)]) -> PyResult<Ref> {
    let kwargs = support::dict_new()?;
    for (name, value) in fields {
        support::dict_set_str(kwargs.b(), name, value.clone())?;
    }
    support::call_with_dict(
        <builtins::namespace::Namespace as object::StaticType>::type_object().borrowed(),
        &[],
        Some(kwargs.b()),
    )
}
