//! Searching, replacing and counting in `str`.

use super::{Str, basic::substring, slice_bounds, units};
use macros::pymethods;
use object::value::str as text;
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Ref, core, raise};
use unicode::{Units, search, with_units};

/// The first place of `part` in `whole`.
pub(super) fn find(whole: Units<'_>, part: Units<'_>) -> Option<usize> {
    with_units!(whole, whole => with_units!(part, part => search::find(whole, part)))
}

/// The last place of `part` in `whole`.
pub(super) fn rfind(whole: Units<'_>, part: Units<'_>) -> Option<usize> {
    with_units!(whole, whole => with_units!(part, part => search::rfind(whole, part)))
}

fn need_str(value: Borrowed<'_>, function: &str, position: &str) -> PyResult<()> {
    if text::check(value) {
        return Ok(());
    }
    let name = if value.is(&core::none()) { "None" } else { value.class().tp_name() };
    Err(raise!(TypeError, "{function}() argument{position} must be str, not {name}"))
}

/// The place of `part` in `slf[start:end]`, counted from the beginning of `slf`.
fn place(
    slf: Borrowed<'_>,
    part: Borrowed<'_>,
    start: Option<Borrowed<'_>>,
    end: Option<Borrowed<'_>>,
    function: &str,
    finder: fn(Units<'_>, Units<'_>) -> Option<usize>,
) -> PyResult<Option<usize>> {
    need_str(part, function, " 1")?;
    let all = units(slf);
    let Some((start, end)) = slice_bounds(start, end, all.len())? else { return Ok(None) };
    Ok(finder(all.slice(start, end), units(part)).map(|at| at + start))
}

/// Whether `slf[start:end]` begins (or ends) with `affix`.
fn has_affix(all: Units<'_>, affix: Units<'_>, start: usize, end: usize, at_end: bool) -> bool {
    let len = affix.len();
    if end - start < len {
        return false;
    }
    let part = if at_end { all.slice(end - len, end) } else { all.slice(start, start + len) };
    same(part, affix)
}

pub(super) fn same(a: Units<'_>, b: Units<'_>) -> bool {
    match (a, b) {
        (Units::One(a), Units::One(b)) => a == b,
        (a, b) => a.len() == b.len() && a.codes().eq(b.codes()),
    }
}

fn affix_test(
    slf: Borrowed<'_>,
    affix: Borrowed<'_>,
    start: Option<Borrowed<'_>>,
    end: Option<Borrowed<'_>>,
    at_end: bool,
) -> PyResult<bool> {
    let function = if at_end { "endswith" } else { "startswith" };
    let all = units(slf);
    let bounds = slice_bounds(start, end, all.len())?;
    let test = |affix: Borrowed<'_>| bounds.is_some_and(|(start, end)| has_affix(all, units(affix), start, end, at_end));
    if let Some(affixes) = tuple::items(affix) {
        for affix in affixes {
            if !text::check(*affix) {
                let name = affix.class().short_name();
                return Err(raise!(TypeError, "tuple for {function} must only contain str, not {name}"));
            }
            if test(*affix) {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !text::check(affix) {
        let name = affix.class().tp_name();
        return Err(raise!(TypeError, "{function} first arg must be str or a tuple of str, not {name}"));
    }
    Ok(test(affix))
}

/// Replacing where everything is ASCII and `old` is not empty.
fn replace_ascii(slf: Borrowed<'_>, whole: &[u8], old: &[u8], new: &[u8], limit: usize) -> PyResult<Ref> {
    if let (&[from], &[to]) = (old, new) {
        if search::find(whole, old).is_none() {
            return substring(slf, 0, usize::MAX);
        }
        let mut left = limit;
        return text::latin1_with(whole.len(), 0x7F, |target| {
            target.copy_from_slice(whole);
            if limit == usize::MAX {
                target.iter_mut().for_each(|byte| *byte = if *byte == from { to } else { *byte });
                return;
            }
            for byte in target.iter_mut().filter(|byte| **byte == from) {
                if left == 0 {
                    break;
                }
                left -= 1;
                *byte = to;
            }
        });
    }
    let mut places: smallvec::SmallVec<[usize; 32]> = smallvec::SmallVec::new();
    for place in search::places(whole, old).take(limit) {
        places.try_reserve(1).map_err(|_| object::memory::no_memory())?;
        places.push(place);
    }
    if places.is_empty() {
        return substring(slf, 0, usize::MAX);
    }
    let kept = whole.len() - places.len() * old.len();
    let len = places.len().checked_mul(new.len()).and_then(|len| len.checked_add(kept));
    let Some(len) = len.filter(|len| *len <= isize::MAX.cast_unsigned()) else {
        return Err(raise!(OverflowError, "replace string is too long"));
    };
    text::build(len, 0x7F, |filler| {
        let mut rest = 0;
        for place in places {
            filler.push_data(text::Data::Latin1(whole.get(rest..place).unwrap_or_default()));
            filler.push_data(text::Data::Latin1(new));
            rest = place + old.len();
        }
        filler.push_data(text::Data::Latin1(whole.get(rest..).unwrap_or_default()));
    })
}

/// `slf` with at most `limit` occurrences of `old` replaced.
fn replace(slf: Borrowed<'_>, old: Borrowed<'_>, new: Borrowed<'_>, limit: usize) -> PyResult<Ref> {
    let (all, old_units, new_data) = (units(slf), units(old), text::data(new));
    let Some(new_data) = new_data else { return Ok(slf.to_ref()) };
    let unchanged = || substring(slf, 0, usize::MAX);
    if limit == 0 || old_units.len() > all.len() || old.is(&new) {
        return unchanged();
    }
    if let (Units::One(whole), Units::One(part), text::Data::Latin1(put)) = (all, old_units, new_data)
        && text::bound(slf) == 0x7F
        && text::bound(new) == 0x7F
        && !part.is_empty()
    {
        return replace_ascii(slf, whole, part, put, limit);
    }
    let mut builder = text::Builder::new();
    if old_units.is_empty() {
        builder.push_data(new_data)?;
        for (count, code) in all.codes().enumerate() {
            builder.push(code)?;
            if count + 1 < limit {
                builder.push_data(new_data)?;
            }
        }
        return builder.finish();
    }
    let mut rest = 0;
    let mut count = 0;
    while count < limit {
        let Some(at) = find(all.slice(rest, all.len()), old_units) else { break };
        builder.push_data(super::to_data(all.slice(rest, rest + at)))?;
        builder.push_data(new_data)?;
        rest += at + old_units.len();
        count += 1;
    }
    if count == 0 {
        return unchanged();
    }
    builder.push_data(super::to_data(all.slice(rest, all.len())))?;
    builder.finish()
}

#[pymethods(part = SEARCH)]
impl Str {
    /// Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Return -1 on failure.
    #[method("($self, sub, start=None, end=None, /)")]
    fn find(slf: Borrowed<'_>, sub: Borrowed<'_>, start: Option<Borrowed<'_>>, end: Option<Borrowed<'_>>) -> PyResult<Ref> {
        int::new(place(slf, sub, start, end, "find", find)?.map_or(-1, |at| at as i64))
    }

    /// Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Return -1 on failure.
    #[method("($self, sub, start=None, end=None, /)")]
    fn rfind(slf: Borrowed<'_>, sub: Borrowed<'_>, start: Option<Borrowed<'_>>, end: Option<Borrowed<'_>>) -> PyResult<Ref> {
        int::new(place(slf, sub, start, end, "rfind", rfind)?.map_or(-1, |at| at as i64))
    }

    /// Return the lowest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Raises ValueError when the substring is not found.
    #[method("($self, sub, start=None, end=None, /)")]
    fn index(slf: Borrowed<'_>, sub: Borrowed<'_>, start: Option<Borrowed<'_>>, end: Option<Borrowed<'_>>) -> PyResult<usize> {
        place(slf, sub, start, end, "index", find)?.ok_or_else(|| raise!(ValueError, "substring not found"))
    }

    /// Return the highest index in S where substring sub is found, such that sub is contained within S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    /// Raises ValueError when the substring is not found.
    #[method("($self, sub, start=None, end=None, /)")]
    fn rindex(slf: Borrowed<'_>, sub: Borrowed<'_>, start: Option<Borrowed<'_>>, end: Option<Borrowed<'_>>) -> PyResult<usize> {
        place(slf, sub, start, end, "rindex", rfind)?.ok_or_else(|| raise!(ValueError, "substring not found"))
    }

    /// Return the number of non-overlapping occurrences of substring sub in string S[start:end].
    ///
    /// Optional arguments start and end are interpreted as in slice notation.
    #[method("($self, sub, start=None, end=None, /)")]
    fn count(slf: Borrowed<'_>, sub: Borrowed<'_>, start: Option<Borrowed<'_>>, end: Option<Borrowed<'_>>) -> PyResult<usize> {
        need_str(sub, "count", " 1")?;
        let all = units(slf);
        let Some((start, end)) = slice_bounds(start, end, all.len())? else { return Ok(0) };
        let whole = all.slice(start, end);
        Ok(with_units!(whole, whole => with_units!(units(sub), part => search::count(whole, part, usize::MAX))))
    }

    /// Return True if the string starts with the specified prefix, False otherwise.
    ///
    ///   prefix
    ///     A string or a tuple of strings to try.
    ///   start
    ///     Optional start position. Default: start of the string.
    ///   end
    ///     Optional stop position. Default: end of the string.
    #[method("($self, prefix, start=None, end=None, /)")]
    fn startswith(
        slf: Borrowed<'_>,
        prefix: Borrowed<'_>,
        start: Option<Borrowed<'_>>,
        end: Option<Borrowed<'_>>,
    ) -> PyResult<bool> {
        affix_test(slf, prefix, start, end, false)
    }

    /// Return True if the string ends with the specified suffix, False otherwise.
    ///
    ///   suffix
    ///     A string or a tuple of strings to try.
    ///   start
    ///     Optional start position. Default: start of the string.
    ///   end
    ///     Optional stop position. Default: end of the string.
    #[method("($self, suffix, start=None, end=None, /)")]
    fn endswith(
        slf: Borrowed<'_>,
        suffix: Borrowed<'_>,
        start: Option<Borrowed<'_>>,
        end: Option<Borrowed<'_>>,
    ) -> PyResult<bool> {
        affix_test(slf, suffix, start, end, true)
    }

    /// Return a copy with all occurrences of substring old replaced by new.
    ///
    ///   count
    ///     Maximum number of occurrences to replace.
    ///     -1 (the default value) means replace all occurrences.
    ///
    /// If the optional argument count is given, only the first count occurrences are
    /// replaced.
    #[method("($self, old, new, /, count=-1)")]
    fn replace(slf: Borrowed<'_>, old: Borrowed<'_>, new: Borrowed<'_>, count: isize) -> PyResult<Ref> {
        need_str(old, "replace", " 1")?;
        need_str(new, "replace", " 2")?;
        replace(slf, old, new, usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Return a str with the given prefix string removed if present.
    ///
    /// If the string starts with the prefix string, return string[len(prefix):].
    /// Otherwise, return a copy of the original string.
    #[method("($self, prefix, /)")]
    fn removeprefix(slf: Borrowed<'_>, prefix: Borrowed<'_>) -> PyResult<Ref> {
        need_str(prefix, "removeprefix", "")?;
        let (all, affix) = (units(slf), units(prefix));
        let start = if has_affix(all, affix, 0, all.len(), false) { affix.len() } else { 0 };
        substring(slf, start, all.len())
    }

    /// Return a str with the given suffix string removed if present.
    ///
    /// If the string ends with the suffix string and that suffix is not empty,
    /// return string[:-len(suffix)]. Otherwise, return a copy of the original
    /// string.
    #[method("($self, suffix, /)")]
    fn removesuffix(slf: Borrowed<'_>, suffix: Borrowed<'_>) -> PyResult<Ref> {
        need_str(suffix, "removesuffix", "")?;
        let (all, affix) = (units(slf), units(suffix));
        let end = if has_affix(all, affix, 0, all.len(), true) { all.len() - affix.len() } else { all.len() };
        substring(slf, 0, end)
    }
}
