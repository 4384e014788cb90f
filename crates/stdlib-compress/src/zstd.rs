//! `_zstd`: what module `compression.zstd` stands on (CPython's `_zstd` folder).

mod compressor;
mod decompressor;
mod dictionary;
mod parameters;

use crate::{exception, raise_instance};
use compression::zstd::Failure;
use object::{OptRef, PyResult, Raised, Ref, thread};

#[derive(Default)]
struct State {
    error: OptRef,
    /// The enums of parameters, which `compression.zstd` announces.
    compression_parameters: OptRef,
    decompression_parameters: OptRef,
}

fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

fn error_class() -> PyResult<Ref> {
    exception(&state().error, "compression.zstd", "ZstdError", Some("An error occurred in the zstd library."))
}

/// Raises `ZstdError` with a message.
#[cold]
fn zstd_error(message: &str) -> Raised {
    raise_instance(error_class(), message)
}

/// Raises `ZstdError`: what could not be done, and why.
#[cold]
fn unable(what: &str, why: Failure) -> Raised {
    zstd_error(&format!("Unable to {what}: {}", why.message()))
}

/// Implementation module for Zstandard compression.
#[macros::pymodule(name = "_zstd")]
pub mod module {
    use super::compressor::{CONTINUE, Compressor, FLUSH_BLOCK, FLUSH_FRAME};
    use super::{error_class, parameters, state, unable, zstd_error};
    use crate::Bytes;
    use builtins::bytes::Bytes as BytesObject;
    use builtins::tuple::Tuple;
    use compression::zstd::{self, ContentSize};
    use object::value::{bytes, int, str as text, tuple};
    use object::{Borrowed, CInt, PyResult, Ref, StaticType, TypeObject, gil, memory, raise};

    #[pytype]
    type A = super::compressor::Compressor;
    #[pytype]
    type B = super::decompressor::Decompressor;
    #[pytype]
    type C = super::dictionary::Dictionary;

    #[pyattr(name = "ZstdError")]
    fn error() -> PyResult<Ref> {
        error_class()
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let (version, number) = zstd::version();
        module.setattr(text::new("zstd_version")?.b(), text::new(&version)?.b())?;
        let output_size = zstd::decoder_output_size() as i64;
        let own = [("zstd_version_number", i64::from(number)), ("ZSTD_CLEVEL_DEFAULT", 3), ("ZSTD_DStreamOutSize", output_size)];
        let strategies = ["fast", "dfast", "greedy", "lazy", "lazy2", "btlazy2", "btopt", "btultra", "btultra2"];
        let strategies = strategies.iter().zip(1..).map(|(name, value)| (format!("ZSTD_{name}"), value));
        let named = parameters::all().map(|(name, value)| (name.to_owned(), i64::from(value)));
        for (name, value) in own.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(strategies).chain(named) {
            module.setattr(text::new(&name)?.b(), int::new(value)?.b())?;
        }
        for (name, value) in [("CONTINUE", CONTINUE), ("FLUSH_BLOCK", FLUSH_BLOCK), ("FLUSH_FRAME", FLUSH_FRAME)] {
            builtins::type_::ready::set_in_dict(Compressor::type_object(), text::new(name)?.b(), int::new(value.into())?.b())?;
        }
        Ok(())
    }

    /// Get CompressionParameter/DecompressionParameter bounds.
    ///
    ///   parameter
    ///     The parameter to get bounds.
    ///   is_compress
    ///     True for CompressionParameter, False for DecompressionParameter.
    #[pyfunction("($module, /, parameter, is_compress)")]
    fn get_param_bounds(parameter: CInt, is_compress: bool) -> PyResult<(i32, i32)> {
        let kind = if is_compress { "compression" } else { "decompression" };
        zstd::bounds(parameter.0, is_compress).map_err(|failure| unable(&format!("get zstd {kind} parameter bounds"), failure))
    }

    /// Get the size of a Zstandard frame, including the header and optional checksum.
    ///
    ///   frame_buffer
    ///     A bytes-like object, it should start from the beginning of a frame,
    ///     and contains at least one complete frame.
    #[pyfunction("($module, /, frame_buffer)")]
    fn get_frame_size(frame_buffer: Bytes) -> PyResult<usize> {
        zstd::frame_size(frame_buffer.get()).map_err(|failure| {
            zstd_error(&format!(
                "Error when finding the compressed size of a Zstandard frame. Ensure the frame_buffer argument starts from the beginning \
                 of a frame, and its length is not less than this complete frame. Zstd error message: {}.",
                failure.message()
            ))
        })
    }

    /// Get Zstandard frame infomation from a frame header.
    ///
    ///   frame_buffer
    ///     A bytes-like object, containing the header of a Zstandard frame.
    #[pyfunction("($module, /, frame_buffer)")]
    fn get_frame_info(frame_buffer: Bytes) -> PyResult<(Option<u64>, u32)> {
        let frame = frame_buffer.get();
        let size = match zstd::content_size(frame) {
            ContentSize::Known(size) => Some(size),
            ContentSize::Unknown => None,
            ContentSize::Error => {
                return Err(zstd_error(
                    "Error when getting information from the header of a Zstandard frame. Ensure the frame_buffer argument starts from \
                     the beginning of a frame, and its length is not less than the frame header (6~18 bytes).",
                ));
            }
        };
        Ok((size, zstd::frame_dictionary(frame)))
    }

    /// Set CompressionParameter and DecompressionParameter types for validity check.
    ///
    ///   c_parameter_type
    ///     CompressionParameter IntEnum type object
    ///   d_parameter_type
    ///     DecompressionParameter IntEnum type object
    #[pyfunction("($module, /, c_parameter_type, d_parameter_type)")]
    fn set_parameter_types(c_parameter_type: Borrowed<'_, TypeObject>, d_parameter_type: Borrowed<'_, TypeObject>) {
        state().compression_parameters.set(Some(c_parameter_type.object().to_ref()));
        state().decompression_parameters.set(Some(d_parameter_type.object().to_ref()));
    }

    #[cold]
    fn sizes_do_not_match() -> object::Raised {
        raise!(ValueError, "The samples size tuple doesn't match the concatenation's size.")
    }

    /// The sizes of samples, which add up to `total`.
    fn sample_sizes(sizes: Borrowed<'_, Tuple>, total: usize) -> PyResult<Vec<usize>> {
        let items = tuple::items(sizes.object()).unwrap_or_default();
        let mut numbers = memory::vec_with_capacity(items.len())?;
        for item in items {
            if !int::check(*item) {
                return Err(raise!(TypeError, "an integer is required"));
            }
            numbers.push(int::to_i64(*item).and_then(|number| usize::try_from(number).ok()).ok_or_else(sizes_do_not_match)?);
        }
        match numbers.iter().try_fold(0usize, |sum, size| sum.checked_add(*size)) {
            Some(sum) if sum == total => Ok(numbers),
            _ => Err(sizes_do_not_match()),
        }
    }

    /// A dictionary of at most `size` bytes that `make` writes.
    fn written(
        size: isize,
        what: &str,
        make: impl FnOnce(&mut [u8]) -> Option<Result<usize, zstd::Failure>>,
    ) -> PyResult<Vec<u8>> {
        let mut room = memory::vec_with_capacity(size.max(0).cast_unsigned())?;
        room.resize(size.max(0).cast_unsigned(), 0);
        match gil::without(|| make(&mut room)) {
            None => Err(sizes_do_not_match()),
            Some(Ok(len)) => {
                room.truncate(len);
                Ok(room)
            }
            Some(Err(failure)) => {
                Err(zstd_error(&format!("Unable to {what} the Zstandard dictionary: {}", failure.dictionary_message())))
            }
        }
    }

    fn positive(size: isize) -> PyResult<()> {
        if size > 0 { Ok(()) } else { Err(raise!(ValueError, "dict_size argument should be positive number.")) }
    }

    /// Train a Zstandard dictionary on sample data.
    ///
    ///   samples_bytes
    ///     Concatenation of samples.
    ///   samples_sizes
    ///     Tuple of samples' sizes.
    ///   dict_size
    ///     The size of the dictionary.
    #[pyfunction("($module, samples_bytes, samples_sizes, dict_size, /)")]
    fn train_dict(
        samples_bytes: Borrowed<'_, BytesObject>,
        samples_sizes: Borrowed<'_, Tuple>,
        dict_size: isize,
    ) -> PyResult<Vec<u8>> {
        positive(dict_size)?;
        let samples = bytes::value(samples_bytes.object()).unwrap_or_default();
        let sizes = sample_sizes(samples_sizes, samples.len())?;
        written(dict_size, "train", |room| zstd::train(room, samples, &sizes))
    }

    /// Finalize a Zstandard dictionary.
    ///
    ///   custom_dict_bytes
    ///     Custom dictionary content.
    ///   samples_bytes
    ///     Concatenation of samples.
    ///   samples_sizes
    ///     Tuple of samples' sizes.
    ///   dict_size
    ///     The size of the dictionary.
    ///   compression_level
    ///     Optimize for a specific Zstandard compression level, 0 means default.
    #[pyfunction("($module, custom_dict_bytes, samples_bytes, samples_sizes, dict_size, compression_level, /)")]
    fn finalize_dict(
        custom_dict_bytes: Borrowed<'_, BytesObject>,
        samples_bytes: Borrowed<'_, BytesObject>,
        samples_sizes: Borrowed<'_, Tuple>,
        dict_size: isize,
        compression_level: CInt,
    ) -> PyResult<Vec<u8>> {
        positive(dict_size)?;
        let content = bytes::value(custom_dict_bytes.object()).unwrap_or_default();
        let samples = bytes::value(samples_bytes.object()).unwrap_or_default();
        let sizes = sample_sizes(samples_sizes, samples.len())?;
        let level = compression_level.0;
        written(dict_size, "finalize", |room| zstd::finalize(room, content, samples, &sizes, level))
    }
}
