//! The advanced parameters: their names and numbers (zstd.h's), dicts of them, messages about them.

use super::{state, unable};
use compression::zstd::{Compress, Decompress, Failure, bounds, levels};
use object::value::int;
use object::{Borrowed, CInt, FromArg, OptRef, PyResult, Raised, args::ArgInfo, raise};

pub const COMPRESSION_LEVEL: i32 = 100;

/// Parameters of compression: C's name, Python's name, number.
const COMPRESSION: &[(&str, &str, i32)] = &[
    ("ZSTD_c_compressionLevel", "compression_level", 100),
    ("ZSTD_c_windowLog", "window_log", 101),
    ("ZSTD_c_hashLog", "hash_log", 102),
    ("ZSTD_c_chainLog", "chain_log", 103),
    ("ZSTD_c_searchLog", "search_log", 104),
    ("ZSTD_c_minMatch", "min_match", 105),
    ("ZSTD_c_targetLength", "target_length", 106),
    ("ZSTD_c_strategy", "strategy", 107),
    ("ZSTD_c_enableLongDistanceMatching", "enable_long_distance_matching", 160),
    ("ZSTD_c_ldmHashLog", "ldm_hash_log", 161),
    ("ZSTD_c_ldmMinMatch", "ldm_min_match", 162),
    ("ZSTD_c_ldmBucketSizeLog", "ldm_bucket_size_log", 163),
    ("ZSTD_c_ldmHashRateLog", "ldm_hash_rate_log", 164),
    ("ZSTD_c_contentSizeFlag", "content_size_flag", 200),
    ("ZSTD_c_checksumFlag", "checksum_flag", 201),
    ("ZSTD_c_dictIDFlag", "dict_id_flag", 202),
    ("ZSTD_c_nbWorkers", "nb_workers", 400),
    ("ZSTD_c_jobSize", "job_size", 401),
    ("ZSTD_c_overlapLog", "overlap_log", 402),
];

/// Parameters of decompression.
const DECOMPRESSION: &[(&str, &str, i32)] = &[("ZSTD_d_windowLogMax", "window_log_max", 100)];

/// All of them, by C's names.
pub fn all() -> impl Iterator<Item = (&'static str, i32)> {
    COMPRESSION.iter().chain(DECOMPRESSION).map(|(name, _, number)| (*name, *number))
}

/// Which side a dict of parameters is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Compression,
    Decompression,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Side::Compression => "compression",
            Side::Decompression => "decompression",
        }
    }

    fn table(self) -> &'static [(&'static str, &'static str, i32)] {
        match self {
            Side::Compression => COMPRESSION,
            Side::Decompression => DECOMPRESSION,
        }
    }

    /// The enum whose members do not belong here, and its name.
    fn other(self) -> (&'static OptRef, &'static str) {
        match self {
            Side::Compression => (&state().decompression_parameters, "DecompressionParameter"),
            Side::Decompression => (&state().compression_parameters, "CompressionParameter"),
        }
    }
}

static INFO: ArgInfo = ArgInfo { function: "", name: "", position: 0 };

fn number(value: Borrowed<'_>) -> PyResult<i32> {
    CInt::from_arg(value, &INFO).map(|number| number.0)
}

/// The entries of a dict of parameters, as numbers.
pub fn entries(options: Borrowed<'_>, side: Side) -> PyResult<Vec<(i32, i32)>> {
    let mut entries = Vec::new();
    for (key, value) in (object::hooks::get().dict_items)(options)? {
        let (class, name) = side.other();
        if class.get().is_some_and(|class| key.class().is(class.b().get())) {
            return Err(raise!(TypeError, "{} options dictionary key must not be a {name} attribute", side.word()));
        }
        entries.push((number(key.b())?, number(value.b())?));
    }
    Ok(entries)
}

/// Raises ValueError: the library has refused a parameter.
#[cold]
fn refused(side: Side, parameter: i32, value: i32) -> Raised {
    let known = side.table().iter().find(|(_, _, number)| *number == parameter);
    let name = known.map_or_else(|| format!("unknown parameter (key {parameter})"), |(_, name, _)| (*name).to_owned());
    let word = side.word();
    match bounds(parameter, side == Side::Compression) {
        Err(_) => raise!(ValueError, "invalid {word} parameter '{name}'"),
        Ok((low, high)) => {
            raise!(ValueError, "{word} parameter '{name}' received an illegal value {value}; the valid range is [{low}, {high}]")
        }
    }
}

/// Sets the compression level.
pub fn set_level(stream: &mut Compress, level: i32) -> PyResult<()> {
    let (low, high) = levels();
    if !(low..=high).contains(&level) {
        return Err(raise!(ValueError, "illegal compression level {level}; the valid range is [{low}, {high}]"));
    }
    let set = stream.set_parameter(COMPRESSION_LEVEL, level);
    set.map(|_| ()).map_err(|failure: Failure| unable("set zstd compression level", failure))
}

/// The compression level that an int stands for.
pub fn level(value: Borrowed<'_>) -> PyResult<i32> {
    if !int::check(value) {
        return Err(raise!(TypeError, "invalid type for level, expected int"));
    }
    let (low, high) = levels();
    int::to_i64(value)
        .and_then(|level| i32::try_from(level).ok())
        .ok_or_else(|| raise!(ValueError, "illegal compression level; the valid range is [{low}, {high}]"))
}

/// Sets parameters of compression. Returns the level, if it is among them.
pub fn set_compression(stream: &mut Compress, entries: &[(i32, i32)]) -> PyResult<Option<i32>> {
    let mut level = None;
    for (parameter, value) in entries {
        if *parameter == COMPRESSION_LEVEL {
            set_level(stream, *value)?;
            level = Some(*value);
        } else if stream.set_parameter(*parameter, *value).is_err() {
            return Err(refused(Side::Compression, *parameter, *value));
        }
    }
    Ok(level)
}

/// Sets parameters of decompression.
pub fn set_decompression(stream: &mut Decompress, entries: &[(i32, i32)]) -> PyResult<()> {
    for (parameter, value) in entries {
        if stream.set_parameter(*parameter, *value).is_err() {
            return Err(refused(Side::Decompression, *parameter, *value));
        }
    }
    Ok(())
}
