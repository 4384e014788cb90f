//! Splitting, joining, stripping and partitioning `str`.

use super::{Str, basic::substring, search, units};
use crate::list::List;
use macros::pymethods;
use object::value::str::{self as text, Data};
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, core, memory, raise};
use unicode::{Unit, Units, ctype, with_units};

/// Which ends are stripped.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    Left,
    Right,
    Both,
}

fn strip(slf: Borrowed<'_>, chars: Option<Borrowed<'_>>, ends: Ends, function: &str) -> PyResult<Ref> {
    let chars = match chars.filter(|chars| !chars.is(&core::none())) {
        Some(chars) if !text::check(chars) => {
            return Err(raise!(TypeError, "{function} arg must be None or str, not {}", chars.class().tp_name()));
        }
        chars => chars,
    };
    let wanted = chars.map(units);
    let strips = |code: u32| wanted.map_or_else(|| ctype::is_space(code), |wanted| wanted.codes().any(|own| own == code));
    let all = units(slf);
    let (mut start, mut end) = (0, all.len());
    if ends != Ends::Right {
        while start < end && all.get(start).is_some_and(strips) {
            start += 1;
        }
    }
    if ends != Ends::Left {
        while end > start && all.get(end - 1).is_some_and(strips) {
            end -= 1;
        }
    }
    substring(slf, start, end)
}

/// Collects parts of a string as strings.
struct Parts<'a> {
    whole: Borrowed<'a>,
    /// The text, where it is ASCII.
    ascii: Option<&'a [u8]>,
    len: usize,
    found: Ref<List>,
}

impl<'a> Parts<'a> {
    /// For at most `limit` parts before the last one.
    fn new(whole: Borrowed<'a>, limit: usize) -> PyResult<Self> {
        let ascii = text::as_ascii(whole).map(str::as_bytes);
        let len = text::data(whole).map_or(0, Data::len);
        Ok(Parts { whole, ascii, len, found: List::with_capacity(limit.min(11) + 1)? })
    }

    #[inline]
    fn push(&mut self, start: usize, end: usize) -> PyResult<()> {
        let part = match self.ascii.and_then(|all| all.get(start..end)) {
            Some(part) if start > 0 || end < self.len => text::from_ascii(part)?,
            _ => substring(self.whole, start, end)?,
        };
        self.found.append(part)
    }

    fn count(&self) -> usize {
        self.found.len()
    }

    fn list(self) -> PyResult<Ref> {
        Ok(self.found.upcast())
    }

    fn reversed_list(self) -> PyResult<Ref> {
        self.found.reverse();
        self.list()
    }
}

/// White space; most characters need no look into tables.
#[inline(always)]
fn is_space(code: u32) -> bool {
    match code {
        0..=0x20 => matches!(code, 0x20 | 9..=13 | 0x1C..=0x1F),
        0x21..=0x84 => false,
        _ => ctype::is_space(code),
    }
}

fn split_space(slf: Borrowed<'_>, limit: usize) -> PyResult<Ref> {
    with_units!(units(slf), all => split_space_units(slf, all, limit))
}

/// What is left at the limit keeps its spaces at the end.
fn split_space_units<U: Unit>(slf: Borrowed<'_>, all: &[U], limit: usize) -> PyResult<Ref> {
    let (mut parts, mut at) = (Parts::new(slf, limit)?, 0);
    loop {
        let rest = all.get(at..).unwrap_or_default();
        let Some(skipped) = rest.iter().position(|unit| !is_space((*unit).into())) else { break };
        let start = at + skipped;
        if parts.count() == limit {
            parts.push(start, all.len())?;
            break;
        }
        let rest = all.get(start..).unwrap_or_default();
        at = start + rest.iter().position(|unit| is_space((*unit).into())).unwrap_or(rest.len());
        parts.push(start, at)?;
    }
    parts.list()
}

fn rsplit_space(slf: Borrowed<'_>, limit: usize) -> PyResult<Ref> {
    let all = units(slf);
    let is_space = |at: usize| all.get(at).is_some_and(ctype::is_space);
    let (mut parts, mut end) = (Parts::new(slf, limit)?, all.len());
    let mut count = 0;
    loop {
        while end > 0 && is_space(end - 1) {
            end -= 1;
        }
        if end == 0 {
            break;
        }
        if count == limit {
            parts.push(0, end)?;
            break;
        }
        let stop = end;
        while end > 0 && !is_space(end - 1) {
            end -= 1;
        }
        parts.push(end, stop)?;
        count += 1;
    }
    parts.reversed_list()
}

/// The separator of a split: none for white space.
fn separator<'a>(sep: Option<Borrowed<'a>>) -> PyResult<Option<Units<'a>>> {
    match sep.filter(|sep| !sep.is(&core::none())) {
        None => Ok(None),
        Some(sep) if !text::check(sep) => Err(raise!(TypeError, "must be str or None, not {}", sep.class().tp_name())),
        Some(sep) if units(sep).is_empty() => Err(raise!(ValueError, "empty separator")),
        Some(sep) => Ok(Some(units(sep))),
    }
}

fn split(slf: Borrowed<'_>, sep: Option<Units<'_>>, limit: usize) -> PyResult<Ref> {
    let Some(sep) = sep else { return split_space(slf, limit) };
    let all = units(slf);
    if let (Units::One(codes), Units::One([byte])) = (all, sep) {
        return split_byte(slf, codes, *byte, limit);
    }
    let (mut parts, mut rest) = (Parts::new(slf, limit)?, 0);
    while parts.count() < limit {
        let Some(at) = search::find(all.slice(rest, all.len()), sep) else { break };
        parts.push(rest, rest + at)?;
        rest += at + sep.len();
    }
    parts.push(rest, all.len())?;
    parts.list()
}

/// Splitting where the separator is one byte.
fn split_byte(slf: Borrowed<'_>, codes: &[u8], byte: u8, limit: usize) -> PyResult<Ref> {
    let (mut parts, mut start) = (Parts::new(slf, limit)?, 0);
    // Parts are short as a rule: they are looked through byte by byte before the search by SIMD is called.
    const NEAR: usize = 12;
    while parts.count() < limit {
        let rest = codes.get(start..).unwrap_or_default();
        let near = rest.iter().take(NEAR).position(|code| *code == byte);
        let found = near.or_else(|| rest.get(NEAR..).and_then(|far| unicode::search::find(far, &[byte])).map(|at| at + NEAR));
        let Some(at) = found else { break };
        parts.push(start, start + at)?;
        start += at + 1;
    }
    parts.push(start, codes.len())?;
    parts.list()
}

fn rsplit(slf: Borrowed<'_>, sep: Option<Units<'_>>, limit: usize) -> PyResult<Ref> {
    let Some(sep) = sep else { return rsplit_space(slf, limit) };
    let all = units(slf);
    let (mut parts, mut end) = (Parts::new(slf, limit)?, all.len());
    while parts.count() < limit {
        let Some(at) = search::rfind(all.slice(0, end), sep) else { break };
        parts.push(at + sep.len(), end)?;
        end = at;
    }
    parts.push(0, end)?;
    parts.reversed_list()
}

fn partition(slf: Borrowed<'_>, sep: Borrowed<'_>, last: bool) -> PyResult<Ref> {
    if !text::check(sep) {
        return Err(raise!(TypeError, "must be str, not {}", sep.class().tp_name()));
    }
    let (all, part) = (units(slf), units(sep));
    if part.is_empty() {
        return Err(raise!(ValueError, "empty separator"));
    }
    let found = if last { search::rfind(all, part) } else { search::find(all, part) };
    match found {
        Some(at) => tuple::from_array([substring(slf, 0, at)?, sep.to_ref(), substring(slf, at + part.len(), all.len())?]),
        None if last => tuple::from_array([text::empty(), text::empty(), substring(slf, 0, all.len())?]),
        None => tuple::from_array([substring(slf, 0, all.len())?, text::empty(), text::empty()]),
    }
}

/// `separator.join(items)`.
pub fn join(separator: Borrowed<'_>, items: &[Borrowed<'_>]) -> PyResult<Ref> {
    if let [item] = items
        && text::check_exact(item)
    {
        return Ok(item.to_ref());
    }
    let between = text::data(separator).unwrap_or(Data::Latin1(&[]));
    let (mut len, mut bound) = (0_usize, 0x7F);
    if items.len() > 1 {
        len = between.len().checked_mul(items.len() - 1).ok_or_else(too_long)?;
        bound = if between.is_empty() { 0x7F } else { text::bound(separator) };
    }
    for (index, item) in items.iter().enumerate() {
        if !text::check(*item) {
            let name = item.class().tp_name();
            return Err(raise!(TypeError, "sequence item {index}: expected str instance, {name} found"));
        }
        // SAFETY: the type was checked.
        unsafe {
            len = len.checked_add(text::len_unchecked(*item)).ok_or_else(too_long)?;
            bound = bound.max(text::bound_unchecked(*item));
        }
    }
    if len > isize::MAX.cast_unsigned() {
        return Err(too_long());
    }
    if let (0x7F, 2.., Data::Latin1(between)) = (bound, len, between) {
        // SAFETY: all are ASCII, and as long together.
        return unsafe { text::join_ascii(between, items, len) };
    }
    text::build(len, bound, |filler| {
        for (index, item) in items.iter().enumerate() {
            if index > 0 && !between.is_empty() {
                filler.push_data(between);
            }
            // SAFETY: the type was checked above, and types of strs do not change.
            filler.push_data(unsafe { text::data_unchecked(*item) });
        }
    })
}

#[cold]
fn too_long() -> object::Raised {
    raise!(OverflowError, "join() result is too long for a Python string")
}

/// Whether a line ends with this code point, as `str.splitlines` sees it.
fn is_line_break(code: u32) -> bool {
    ctype::is_linebreak(code)
}

/// The lines of ASCII text.
fn split_lines_ascii(slf: Borrowed<'_>, all: &[u8], keepends: bool) -> PyResult<Ref> {
    let ends = |byte: &u8| *byte < 0x20 && matches!(*byte, 0x0A..=0x0D | 0x1C..=0x1E);
    let (mut parts, mut start) = (Parts::new(slf, usize::MAX)?, 0);
    while let Some(rest) = all.get(start..).filter(|rest| !rest.is_empty()) {
        let len = rest.iter().position(ends).unwrap_or(rest.len());
        let ending = match rest.get(len..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([_, ..]) => 1,
            _ => 0,
        };
        parts.push(start, start + len + if keepends { ending } else { 0 })?;
        start += len + ending;
    }
    parts.list()
}

#[pymethods(part = SPLIT)]
impl Str {
    /// Return a copy of the string with leading and trailing whitespace removed.
    ///
    /// If chars is given and not None, remove characters in chars instead.
    #[method("($self, chars=None, /)")]
    fn strip(slf: Borrowed<'_>, chars: Option<Borrowed<'_>>) -> PyResult<Ref> {
        strip(slf, chars, Ends::Both, "strip")
    }

    /// Return a copy of the string with leading whitespace removed.
    ///
    /// If chars is given and not None, remove characters in chars instead.
    #[method("($self, chars=None, /)")]
    fn lstrip(slf: Borrowed<'_>, chars: Option<Borrowed<'_>>) -> PyResult<Ref> {
        strip(slf, chars, Ends::Left, "lstrip")
    }

    /// Return a copy of the string with trailing whitespace removed.
    ///
    /// If chars is given and not None, remove characters in chars instead.
    #[method("($self, chars=None, /)")]
    fn rstrip(slf: Borrowed<'_>, chars: Option<Borrowed<'_>>) -> PyResult<Ref> {
        strip(slf, chars, Ends::Right, "rstrip")
    }

    /// Return a list of the substrings in the string, using sep as the separator string.
    ///
    ///   sep
    ///     The separator used to split the string.
    ///
    ///     When set to None (the default value), will split on any whitespace
    ///     character (including \n \r \t \f and spaces) and will discard
    ///     empty strings from the result.
    ///   maxsplit
    ///     Maximum number of splits.
    ///     -1 (the default value) means no limit.
    ///
    /// Splitting starts at the front of the string and works to the end.
    ///
    /// Note, str.split() is mainly useful for data that has been intentionally
    /// delimited.  With natural text that includes punctuation, consider using
    /// the regular expression module.
    #[method("($self, /, sep=None, maxsplit=-1)")]
    fn split(slf: Borrowed<'_>, sep: Option<Borrowed<'_>>, maxsplit: isize) -> PyResult<Ref> {
        split(slf, separator(sep)?, usize::try_from(maxsplit).unwrap_or(usize::MAX))
    }

    /// Return a list of the substrings in the string, using sep as the separator string.
    ///
    ///   sep
    ///     The separator used to split the string.
    ///
    ///     When set to None (the default value), will split on any whitespace
    ///     character (including \n \r \t \f and spaces) and will discard
    ///     empty strings from the result.
    ///   maxsplit
    ///     Maximum number of splits.
    ///     -1 (the default value) means no limit.
    ///
    /// Splitting starts at the end of the string and works to the front.
    #[method("($self, /, sep=None, maxsplit=-1)")]
    fn rsplit(slf: Borrowed<'_>, sep: Option<Borrowed<'_>>, maxsplit: isize) -> PyResult<Ref> {
        rsplit(slf, separator(sep)?, usize::try_from(maxsplit).unwrap_or(usize::MAX))
    }

    /// Return a list of the lines in the string, breaking at line boundaries.
    ///
    /// Line breaks are not included in the resulting list unless keepends is given and
    /// true.
    #[method("($self, /, keepends=False)")]
    fn splitlines(slf: Borrowed<'_>, keepends: bool) -> PyResult<Ref> {
        if let Some(ascii) = text::as_ascii(slf) {
            return split_lines_ascii(slf, ascii.as_bytes(), keepends);
        }
        let all = units(slf);
        let (mut parts, mut start) = (Parts::new(slf, usize::MAX)?, 0);
        while start < all.len() {
            let mut end = start;
            while end < all.len() && !all.get(end).is_some_and(is_line_break) {
                end += 1;
            }
            let mut next = end;
            if end < all.len() {
                let pair = all.get(end) == Some(0x0D) && all.get(end + 1) == Some(0x0A);
                next += if pair { 2 } else { 1 };
            }
            parts.push(start, if keepends { next } else { end })?;
            start = next;
        }
        parts.list()
    }

    /// Partition the string into three parts using the given separator.
    ///
    /// This will search for the separator in the string.  If the separator is found,
    /// returns a 3-tuple containing the part before the separator, the separator
    /// itself, and the part after it.
    ///
    /// If the separator is not found, returns a 3-tuple containing the original string
    /// and two empty strings.
    #[method("($self, sep, /)")]
    fn partition(slf: Borrowed<'_>, sep: Borrowed<'_>) -> PyResult<Ref> {
        partition(slf, sep, false)
    }

    /// Partition the string into three parts using the given separator.
    ///
    /// This will search for the separator in the string, starting at the end. If
    /// the separator is found, returns a 3-tuple containing the part before the
    /// separator, the separator itself, and the part after it.
    ///
    /// If the separator is not found, returns a 3-tuple containing two empty strings
    /// and the original string.
    #[method("($self, sep, /)")]
    fn rpartition(slf: Borrowed<'_>, sep: Borrowed<'_>) -> PyResult<Ref> {
        partition(slf, sep, true)
    }

    /// Concatenate any number of strings.
    ///
    /// The string whose method is called is inserted in between each given string.
    /// The result is returned as a new string.
    ///
    /// Example: '.'.join(['ab', 'pq', 'rs']) -> 'ab.pq.rs'
    #[method("($self, iterable, /)")]
    fn join(slf: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        if iterable.class().is_type(&core::TUPLE) {
            return join(slf, tuple::items(iterable).unwrap_or_default());
        }
        if let Some(list) = iterable.downcast_exact::<List>() {
            // SAFETY: joining strs runs no code.
            let items = unsafe { list.peek() };
            if items.iter().all(Option::is_some) {
                // SAFETY: an item that is there has the bytes of its address.
                return join(slf, unsafe { std::slice::from_raw_parts(items.as_ptr().cast(), items.len()) });
            }
        }
        let items = match iterable.to_vec() {
            Err(raised)
                if raised.is_a(&object::exc::TypeError) && iterable.class().tp_iter().is_none() && !iterable.is_sequence() =>
            {
                raised.clear();
                return Err(raise!(TypeError, "can only join an iterable"));
            }
            items => items?,
        };
        let mut borrowed = memory::vec_with_capacity(items.len())?;
        borrowed.extend(items.iter().map(Ref::b));
        join(slf, &borrowed)
    }
}
