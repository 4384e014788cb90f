//! `_lzma`: what module `lzma` stands on (CPython's `_lzmamodule.c`).

mod compressor;
mod decompressor;
mod filters;

use crate::{exception, raise_instance};
use compression::Code;
use object::value::int;
use object::{Borrowed, FromArg, OptRef, PyResult, Raised, Ref, args::ArgInfo, error, raise, thread};

/// lzma's `lzma_ret`.
mod code {
    pub const OK: i32 = 0;
    pub const STREAM_END: i32 = 1;
    pub const NO_CHECK: i32 = 2;
    pub const UNSUPPORTED_CHECK: i32 = 3;
    pub const GET_CHECK: i32 = 4;
    pub const MEM_ERROR: i32 = 5;
    pub const MEMLIMIT_ERROR: i32 = 6;
    pub const FORMAT_ERROR: i32 = 7;
    pub const OPTIONS_ERROR: i32 = 8;
    pub const DATA_ERROR: i32 = 9;
    pub const BUF_ERROR: i32 = 10;
    pub const PROG_ERROR: i32 = 11;
}

const FORMAT_AUTO: i32 = 0;
const FORMAT_XZ: i32 = 1;
const FORMAT_ALONE: i32 = 2;
const FORMAT_RAW: i32 = 3;

const CHECK_NONE: i32 = 0;
const CHECK_CRC64: i32 = 4;
/// No check is known yet.
const CHECK_UNKNOWN: i32 = 16;

const PRESET_DEFAULT: u32 = 6;

#[derive(Default)]
struct State {
    error: OptRef,
}

fn error_class() -> PyResult<Ref> {
    let place = &thread::current().interpreter().extensions.get::<State>().error;
    exception(place, "_lzma", "LZMAError", Some("Call to liblzma failed."))
}

/// Raises `LZMAError` with a message.
#[cold]
fn lzma_error(message: &str) -> Raised {
    raise_instance(error_class(), message)
}

/// Raises what a code stands for.
#[cold]
fn failure(code: Code) -> Raised {
    lzma_error(match code {
        code::MEM_ERROR => return error::no_memory(),
        code::UNSUPPORTED_CHECK => "Unsupported integrity check",
        code::MEMLIMIT_ERROR => "Memory usage limit exceeded",
        code::FORMAT_ERROR => "Input format not supported by decoder",
        code::OPTIONS_ERROR => "Invalid or unsupported options",
        code::DATA_ERROR => "Corrupt input data",
        code::BUF_ERROR => "Insufficient buffer space",
        code::PROG_ERROR => "Internal error",
        _ => return lzma_error(&format!("Unrecognized error from liblzma: {code}")),
    })
}

/// Whether the stream goes on well after this code.
fn is_good(code: Code) -> bool {
    matches!(code, code::OK | code::STREAM_END | code::NO_CHECK | code::GET_CHECK)
}

/// An unsigned C number of which messages tell the type.
fn unsigned(value: Borrowed<'_>, most: u64, name: &str) -> PyResult<u64> {
    let number = value.index()?;
    if int::digits(number.b()).is_some_and(|(negative, _)| negative) {
        return Err(raise!(ValueError, "Cannot convert negative int"));
    }
    int::to_i128(number.b())
        .and_then(|number| u64::try_from(number).ok())
        .filter(|number| *number <= most)
        .ok_or_else(|| raise!(OverflowError, "Python int too large for C {name}"))
}

/// A `uint32_t`.
fn number_32(value: Borrowed<'_>) -> PyResult<u32> {
    unsigned(value, u32::MAX.into(), "uint32_t").map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}

/// The number of a filter.
struct FilterId(u64);

impl FilterId {
    fn get(value: Borrowed<'_>) -> PyResult<FilterId> {
        unsigned(value, u64::MAX, "lzma_vli").map(FilterId)
    }
}

impl<'a> FromArg<'a> for FilterId {
    const NONE_IS_ABSENT: bool = false;
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        FilterId::get(value)
    }
}

#[macros::pymodule(name = "_lzma")]
pub mod module {
    use super::{FilterId, error_class, failure, filters};
    use crate::Bytes;
    use compression::xz;
    use object::value::{int, str as text};
    use object::{Borrowed, CInt, PyResult, Ref};

    #[pytype]
    type A = super::compressor::Compressor;
    #[pytype]
    type B = super::decompressor::Decompressor;

    #[pyattr(name = "LZMAError")]
    fn error() -> PyResult<Ref> {
        error_class()
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let constants = [
            ("FORMAT_AUTO", 0),
            ("FORMAT_XZ", 1),
            ("FORMAT_ALONE", 2),
            ("FORMAT_RAW", 3),
            ("CHECK_NONE", 0),
            ("CHECK_CRC32", 1),
            ("CHECK_CRC64", 4),
            ("CHECK_SHA256", 10),
            ("CHECK_ID_MAX", 15),
            ("CHECK_UNKNOWN", 16),
            ("FILTER_LZMA1", xz::LZMA1.cast_signed()),
            ("FILTER_LZMA2", 0x21),
            ("FILTER_DELTA", 3),
            ("FILTER_X86", 4),
            ("FILTER_POWERPC", 5),
            ("FILTER_IA64", 6),
            ("FILTER_ARM", 7),
            ("FILTER_ARMTHUMB", 8),
            ("FILTER_SPARC", 9),
            ("MF_HC3", 3),
            ("MF_HC4", 4),
            ("MF_BT2", 0x12),
            ("MF_BT3", 0x13),
            ("MF_BT4", 0x14),
            ("MODE_FAST", 1),
            ("MODE_NORMAL", 2),
            ("PRESET_DEFAULT", 6),
            ("PRESET_EXTREME", 1 << 31),
        ];
        for (name, value) in constants {
            module.setattr(text::new(name)?.b(), int::new(value)?.b())?;
        }
        Ok(())
    }

    /// Test whether the given integrity check is supported.
    ///
    /// Always returns True for CHECK_NONE and CHECK_CRC32.
    #[pyfunction("($module, check_id, /)")]
    fn is_check_supported(check_id: CInt) -> bool {
        u32::try_from(check_id.0).is_ok_and(xz::check_is_supported)
    }

    /// Return a bytes object encoding the options (properties) of the filter specified by *filter* (a dict).
    ///
    /// The result does not include the filter ID itself, only the options.
    #[pyfunction("($module, filter, /)")]
    fn _encode_filter_properties(filter: Borrowed<'_>) -> PyResult<Vec<u8>> {
        xz::encode_properties(&filters::parse(filter)?).map_err(failure)
    }

    /// Return a bytes object encoding the options (properties) of the filter specified by *filter* (a dict).
    ///
    /// The result does not include the filter ID itself, only the options.
    #[pyfunction("($module, filter_id, encoded_props, /)")]
    fn _decode_filter_properties(filter_id: FilterId, encoded_props: Bytes) -> PyResult<Ref> {
        filters::describe(&xz::decode_properties(filter_id.0, encoded_props.get()).map_err(failure)?)
    }
}
