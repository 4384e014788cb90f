//! Filters as Python gives them: dicts with an `id` and options.

use super::{FilterId, PRESET_DEFAULT, lzma_error, number_32};
use builtins::dict::Dict;
use compression::xz::{DELTA, Filter, LZMA1, LZMA2, Lzma, MOST_FILTERS};
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Raised, Ref, raise};

/// The filters for machine code: x86, PowerPC, IA-64, ARM, ARM-Thumb, SPARC.
const MACHINE_CODE: std::ops::RangeInclusive<u64> = 4..=9;

/// The entry under `key`, if there is one.
fn entry(specifier: Borrowed<'_>, key: &str) -> PyResult<Option<Ref>> {
    specifier.getitem_opt(text::new(key)?.b())
}

/// The options of a specifier beside `id`, each a 32-bit number; `kind` names the filter when one is not among `known` or no such number.
fn options<'a>(specifier: Borrowed<'_>, known: &[&'a str], kind: &str) -> PyResult<Vec<(&'a str, u32)>> {
    let invalid = |raised: Option<Raised>| {
        if let Some(raised) = raised {
            raised.clear();
        }
        raise!(ValueError, "Invalid filter specifier for {kind} filter")
    };
    if specifier.downcast::<Dict>().is_none() {
        return Err(invalid(None));
    }
    let mut found = Vec::new();
    for (key, value) in (object::hooks::get().dict_items)(specifier)? {
        let name = known.iter().copied().find(|name| text::eq_str(key.b(), name));
        match name {
            Some(name) => found.push((name, number_32(value.b()).map_err(|raised| invalid(Some(raised)))?)),
            None if text::eq_str(key.b(), "id") || text::eq_str(key.b(), "preset") && kind == "LZMA" => {}
            None => return Err(invalid(None)),
        }
    }
    Ok(found)
}

fn lzma(id: u64, specifier: Borrowed<'_>) -> PyResult<Filter> {
    let preset = match entry(specifier, "preset")? {
        Some(preset) => number_32(preset.b())?,
        None => PRESET_DEFAULT,
    };
    let Some(mut settings) = Lzma::preset(preset) else {
        return Err(lzma_error(&format!("Invalid compression preset: {preset}")));
    };
    for (name, value) in options(specifier, &["dict_size", "lc", "lp", "pb", "mode", "nice_len", "mf", "depth"], "LZMA")? {
        settings.set(name, value);
    }
    Ok(Filter::Lzma(id, settings))
}

/// One filter.
pub fn parse(specifier: Borrowed<'_>) -> PyResult<Filter> {
    if specifier.class().mp_subscript().is_none() {
        return Err(raise!(TypeError, "Filter specifier must be a dict or dict-like object"));
    }
    let Some(id) = entry(specifier, "id")? else {
        return Err(raise!(ValueError, "Filter specifier must have an \"id\" entry"));
    };
    let value = |found: Vec<(&str, u32)>, default| found.first().map_or(default, |(_, value)| *value);
    match FilterId::get(id.b())?.0 {
        id @ (LZMA1 | LZMA2) => lzma(id, specifier),
        DELTA => Ok(Filter::Delta(value(options(specifier, &["dist"], "delta")?, 1))),
        id if MACHINE_CODE.contains(&id) => Ok(Filter::Bcj(id, value(options(specifier, &["start_offset"], "BCJ")?, 0))),
        id => Err(raise!(ValueError, "Invalid filter ID: {id}")),
    }
}

/// A chain of filters.
pub fn parse_chain(specifiers: Borrowed<'_>) -> PyResult<Vec<Filter>> {
    if specifiers.class().sq_length().is_none() && specifiers.class().mp_length().is_some() {
        return Err(raise!(TypeError, "{} is not a sequence", specifiers.class().tp_name()));
    }
    let len = specifiers.len()?;
    if len > MOST_FILTERS {
        return Err(raise!(ValueError, "Too many filters - liblzma supports a maximum of {MOST_FILTERS}"));
    }
    (0..len).map(|index| parse(specifiers.seq_getitem(index.cast_signed())?.b())).collect()
}

/// A filter as a dict of what a container stores of it.
pub fn describe(filter: &Filter) -> PyResult<Ref> {
    let dict = Dict::new()?;
    let id = match filter {
        Filter::Lzma(id, _) | Filter::Bcj(id, _) => *id,
        Filter::Delta(_) => DELTA,
    };
    let put = |name: &str, value: u32| dict.set_text(name, int::new(value.into())?.b());
    dict.set_text("id", int::from_u64(id)?.b())?;
    match filter {
        Filter::Lzma(LZMA1, settings) => {
            let (lc, lp, pb) = settings.literals();
            put("lc", lc)?;
            put("lp", lp)?;
            put("pb", pb)?;
            put("dict_size", settings.dict_size())?;
        }
        Filter::Lzma(_, settings) => put("dict_size", settings.dict_size())?,
        Filter::Delta(dist) => put("dist", *dist)?,
        Filter::Bcj(_, 0) => {}
        Filter::Bcj(_, start_offset) => put("start_offset", *start_offset)?,
    }
    Ok(dict.upcast())
}
