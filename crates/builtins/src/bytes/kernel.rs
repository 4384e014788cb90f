//! Algorithms on plain bytes that `bytes` and `bytearray` share. ASCII alone counts as letters, digits and spaces here.

use object::protocol::buffer::Buffer;
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Ref, core, memory, raise};
use unicode::search;

/// What ASCII calls white space: Python's, with the vertical tab.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

/// The content of an argument that lends a buffer: of exact bytes without asking for one.
pub enum Lent<'a> {
    Bytes(&'a [u8]),
    Buffer(Buffer),
}

impl<'a> Lent<'a> {
    /// The argument's content, or TypeError.
    #[inline]
    pub fn of(value: Borrowed<'a>) -> PyResult<Lent<'a>> {
        match object::value::bytes::exact_value(value) {
            Some(content) => Ok(Lent::Bytes(content)),
            None => Buffer::readable(value).map(Lent::Buffer),
        }
    }

    /// The bytes.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Lent::Bytes(content) => content,
            Lent::Buffer(buffer) => buffer.bytes(),
        }
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }
}

/// The bytes of an argument of find and its kin: a buffer, or an int as one byte.
pub enum Needle<'a> {
    Byte(u8),
    Lent(Lent<'a>),
}

impl<'a> Needle<'a> {
    /// The argument, or TypeError.
    pub fn of(value: Borrowed<'a>) -> PyResult<Needle<'a>> {
        if value.has_buffer() {
            return Lent::of(value).map(Needle::Lent);
        }
        if value.class().nb_index().is_none() {
            return Err(raise!(TypeError, "argument should be integer or bytes-like object, not '{}'", value.class().tp_name()));
        }
        match u8::try_from(value.as_isize_clamped()?) {
            Ok(byte) => Ok(Needle::Byte(byte)),
            Err(_) => Err(raise!(ValueError, "byte must be in range(0, 256)")),
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Needle::Byte(byte) => std::slice::from_ref(byte),
            Needle::Lent(lent) => lent.bytes(),
        }
    }
}

/// The place of `needle` in `whole[start:end]`, from the beginning of `whole`.
pub fn find(whole: &[u8], needle: &[u8], bounds: Option<(usize, usize)>, last: bool) -> Option<usize> {
    let (start, end) = bounds?;
    let part = whole.get(start..end)?;
    let found = if last { search::rfind(part, needle) } else { search::find(part, needle) };
    found.map(|at| at + start)
}

/// How often `needle` occurs in `whole[start:end]`.
pub fn count(whole: &[u8], needle: &[u8], bounds: Option<(usize, usize)>) -> usize {
    bounds.and_then(|(start, end)| whole.get(start..end)).map_or(0, |part| search::count(part, needle, usize::MAX))
}

/// Whether `whole[start:end]` begins (or ends) with `affix`.
pub fn has_affix(whole: &[u8], affix: &[u8], bounds: Option<(usize, usize)>, at_end: bool) -> bool {
    let Some(part) = bounds.and_then(|(start, end)| whole.get(start..end)) else { return false };
    if at_end { part.ends_with(affix) } else { part.starts_with(affix) }
}

/// `startswith` and `endswith`: one affix or a tuple of them. `content` is looked at anew after each conversion.
pub fn affix_test(
    content: &impl std::ops::Deref<Target = [u8]>,
    affix: Borrowed<'_>,
    ends: &crate::str_::SliceEnds,
    at_end: bool,
) -> PyResult<bool> {
    let bounds = ends.within(content.len());
    let function = if at_end { "endswith" } else { "startswith" };
    if let Some(affixes) = tuple::items(affix) {
        for affix in affixes {
            let affix = Lent::of(*affix)?;
            if has_affix(content, affix.bytes(), bounds, at_end) {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !affix.has_buffer() {
        let name = affix.class().tp_name();
        return Err(raise!(TypeError, "{function} first arg must be bytes or a tuple of bytes, not {name}"));
    }
    let affix = Lent::of(affix)?;
    Ok(has_affix(content, affix.bytes(), bounds, at_end))
}

/// `whole` with at most `limit` occurrences of `old` replaced.
pub fn replace(whole: &[u8], old: &[u8], new: &[u8], limit: usize) -> PyResult<Vec<u8>> {
    let mut out = memory::vec_with_capacity(whole.len())?;
    let push = |out: &mut Vec<u8>, part: &[u8]| -> PyResult<()> {
        memory::reserve(out, part.len())?;
        out.extend_from_slice(part);
        Ok(())
    };
    if old.is_empty() {
        let mut count = 0;
        for byte in whole {
            if count < limit {
                push(&mut out, new)?;
                count += 1;
            }
            push(&mut out, &[*byte])?;
        }
        if count < limit {
            push(&mut out, new)?;
        }
        return Ok(out);
    }
    let mut rest = whole;
    for _ in 0..limit {
        let Some(at) = search::find(rest, old) else { break };
        let (before, behind) = rest.split_at(at);
        push(&mut out, before)?;
        push(&mut out, new)?;
        rest = behind.get(old.len()..).unwrap_or_default();
    }
    push(&mut out, rest)?;
    Ok(out)
}

/// The ranges of `whole` between separators; none separates at white space. At most `limit` splits.
pub fn split(whole: &[u8], separator: Option<&[u8]>, limit: usize) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let Some(separator) = separator else {
        let mut at = 0;
        loop {
            while whole.get(at).copied().is_some_and(is_space) {
                at += 1;
            }
            if at >= whole.len() {
                return parts;
            }
            if parts.len() == limit {
                parts.push((at, whole.len()));
                return parts;
            }
            let start = at;
            while whole.get(at).is_some_and(|byte| !is_space(*byte)) {
                at += 1;
            }
            parts.push((start, at));
        }
    };
    let mut start = 0;
    while parts.len() < limit {
        let Some(at) = whole.get(start..).and_then(|rest| search::find(rest, separator)) else { break };
        parts.push((start, start + at));
        start += at + separator.len();
    }
    parts.push((start, whole.len()));
    parts
}

/// As [`split`], from the end.
pub fn rsplit(whole: &[u8], separator: Option<&[u8]>, limit: usize) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut end = whole.len();
    match separator {
        None => loop {
            while end > 0 && whole.get(end - 1).copied().is_some_and(is_space) {
                end -= 1;
            }
            if end == 0 {
                break;
            }
            if parts.len() == limit {
                parts.push((0, end));
                break;
            }
            let stop = end;
            while end > 0 && whole.get(end - 1).is_some_and(|byte| !is_space(*byte)) {
                end -= 1;
            }
            parts.push((end, stop));
        },
        Some(separator) => {
            while parts.len() < limit {
                let Some(at) = whole.get(..end).and_then(|rest| search::rfind(rest, separator)) else { break };
                parts.push((at + separator.len(), end));
                end = at;
            }
            parts.push((0, end));
        }
    }
    parts.reverse();
    parts
}

/// The ranges of lines; with `keep` their ends are part of them.
pub fn split_lines(whole: &[u8], keep: bool) -> Vec<(usize, usize)> {
    let (mut parts, mut start) = (Vec::new(), 0);
    while start < whole.len() {
        let rest = whole.get(start..).unwrap_or_default();
        let len = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let ending = match rest.get(len..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([_, ..]) => 1,
            _ => 0,
        };
        parts.push((start, start + len + if keep { ending } else { 0 }));
        start += len + ending;
    }
    parts
}

/// The range that is left when bytes of `chars` (none: white space) are taken from the ends.
pub fn strip(whole: &[u8], chars: Option<&[u8]>, left: bool, right: bool) -> (usize, usize) {
    let strips = |byte: u8| chars.map_or_else(|| is_space(byte), |chars| chars.contains(&byte));
    let (mut start, mut end) = (0, whole.len());
    if left {
        while start < end && whole.get(start).copied().is_some_and(strips) {
            start += 1;
        }
    }
    if right {
        while end > start && whole.get(end - 1).copied().is_some_and(strips) {
            end -= 1;
        }
    }
    (start, end)
}

/// `bytes.title`.
pub fn title(whole: &[u8]) -> Vec<u8> {
    let mut in_word = false;
    let map = |byte: &u8| {
        let mapped = if in_word { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() };
        in_word = byte.is_ascii_alphabetic();
        mapped
    };
    whole.iter().map(map).collect()
}

/// `bytes.capitalize`.
pub fn capitalize(whole: &[u8]) -> Vec<u8> {
    let mut out = whole.to_ascii_lowercase();
    if let Some(first) = out.first_mut() {
        first.make_ascii_uppercase();
    }
    out
}

/// `bytes.swapcase`.
pub fn swap_case(whole: &[u8]) -> Vec<u8> {
    let map = |byte: &u8| if byte.is_ascii_lowercase() { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
    whole.iter().map(map).collect()
}

/// `bytes.istitle`.
pub fn is_title(whole: &[u8]) -> bool {
    let (mut cased, mut after_cased) = (false, false);
    for byte in whole {
        if byte.is_ascii_uppercase() && after_cased || byte.is_ascii_lowercase() && !after_cased {
            return false;
        }
        after_cased = byte.is_ascii_alphabetic();
        cased |= after_cased;
    }
    cased
}

/// `bytes.islower` (or `isupper`): some letter, and none of the other case.
pub fn all_case(whole: &[u8], lower: bool) -> bool {
    let wrong = |byte: &u8| if lower { byte.is_ascii_uppercase() } else { byte.is_ascii_lowercase() };
    whole.iter().any(u8::is_ascii_alphabetic) && !whole.iter().any(wrong)
}

/// `whole` between so many fill bytes.
pub fn pad(whole: &[u8], left: usize, right: usize, fill: u8) -> PyResult<Vec<u8>> {
    let len = left.checked_add(right).and_then(|len| len.checked_add(whole.len())).ok_or_else(memory::no_memory)?;
    let mut out = memory::vec_with_capacity(len)?;
    out.resize(left, fill);
    out.extend_from_slice(whole);
    out.resize(len, fill);
    Ok(out)
}

/// `bytes.zfill`.
pub fn zero_fill(whole: &[u8], width: usize) -> PyResult<Vec<u8>> {
    let missing = width.saturating_sub(whole.len());
    let mut out = pad(whole, missing, 0, b'0')?;
    if missing > 0
        && let Some(sign @ (b'+' | b'-')) = whole.first()
    {
        if let Some(place) = out.get_mut(missing) {
            *place = b'0';
        }
        if let Some(place) = out.first_mut() {
            *place = *sign;
        }
    }
    Ok(out)
}

/// `bytes.expandtabs`.
pub fn expand_tabs(whole: &[u8], size: usize) -> PyResult<Vec<u8>> {
    let (mut out, mut column) = (Vec::new(), 0usize);
    for byte in whole {
        match byte {
            b'\t' if size > 0 => {
                let spaces = size - column % size;
                memory::reserve(&mut out, spaces)?;
                out.resize(out.len() + spaces, b' ');
                column += spaces;
            }
            b'\t' => {}
            _ => {
                memory::reserve(&mut out, 1)?;
                out.push(*byte);
                column = if matches!(byte, b'\n' | b'\r') { 0 } else { column + 1 };
            }
        }
    }
    Ok(out)
}

/// The fill byte of a padding method.
pub fn fill_byte(function: &str, fill: Option<Borrowed<'_>>) -> PyResult<u8> {
    let Some(fill) = fill else { return Ok(b' ') };
    let is_bytes = fill.class().has(abi::tpflags::BYTES_SUBCLASS) || fill.class().is_subtype(&core::BYTEARRAY);
    if is_bytes {
        let buffer = Buffer::readable(fill)?;
        if let [byte] = buffer.bytes() {
            return Ok(*byte);
        }
        let len = buffer.len();
        let kind = if fill.class().has(abi::tpflags::BYTES_SUBCLASS) { "bytes" } else { "bytearray" };
        return Err(raise!(
            TypeError,
            "{function}(): argument 2 must be a byte string of length 1, not a {kind} object of length {len}"
        ));
    }
    let name = if fill.is(&core::none()) { "None" } else { fill.class().tp_name() };
    Err(raise!(TypeError, "{function}() argument 2 must be a byte string of length 1, not {name}"))
}

/// `bytes.translate`.
pub fn translate(whole: &[u8], table: Option<&[u8]>, delete: &[u8]) -> Vec<u8> {
    // No table is one that changes nothing.
    const SAME: [u8; 256] = {
        let mut same = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            same[byte] = byte as u8;
            byte += 1;
        }
        same
    };
    let full = table.and_then(|table| <&[u8; 256]>::try_from(table).ok()).unwrap_or(&SAME);
    if delete.is_empty() {
        return whole.iter().map(|byte| full[usize::from(*byte)]).collect();
    }
    let mut deleted = [false; 256];
    delete.iter().for_each(|byte| deleted[usize::from(*byte)] = true);
    whole.iter().filter(|byte| !deleted[usize::from(**byte)]).map(|byte| full[usize::from(*byte)]).collect()
}

/// The bytes of hexadecimal text, in which ASCII white space stands between bytes; else the index of the first wrong character.
pub fn from_hex(digits: &[u8]) -> Result<Vec<u8>, HexError> {
    let (mut out, mut at) = (Vec::new(), 0);
    // Without memory the first byte fails as well.
    let _reserved = out.try_reserve(digits.len() / 2);
    while let Some(first) = digits.get(at) {
        if is_space(*first) {
            at += 1;
            continue;
        }
        let Some(high) = char::from(*first).to_digit(16) else { return Err(HexError::At(at)) };
        let Some(second) = digits.get(at + 1) else { return Err(HexError::Odd) };
        let Some(low) = char::from(*second).to_digit(16) else { return Err(HexError::At(at + 1)) };
        out.push((high << 4 | low) as u8);
        at += 2;
    }
    Ok(out)
}

/// How hexadecimal text is wrong.
pub enum HexError {
    At(usize),
    Odd,
}

/// `bytes.hex(sep, bytes_per_sep)`.
pub fn hex(whole: &impl std::ops::Deref<Target = [u8]>, separator: Option<Borrowed<'_>>, group: isize) -> PyResult<Ref> {
    use object::value::str as text;
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let separator = match separator {
        None => None,
        Some(separator) => {
            // A subclass may say what it likes of its length, and run anything.
            if separator.len()? != 1 {
                return Err(raise!(ValueError, "sep must be length 1."));
            }
            let mark = match (text::data(separator), object::value::bytes::value(separator)) {
                (Some(data), _) => data.get(0).and_then(|code| u8::try_from(code).ok()).unwrap_or(0xFF),
                (None, Some(content)) => content.first().copied().unwrap_or(0),
                (None, None) => return Err(raise!(TypeError, "sep must be str or bytes.")),
            };
            if !mark.is_ascii() {
                return Err(raise!(ValueError, "sep must be ASCII."));
            }
            Some(mark)
        }
    };
    let len = whole.len().checked_mul(2).ok_or_else(memory::no_memory)?;
    if separator.is_none() && len > 0 {
        return text::latin1_with(len, 0x7F, |target| {
            for (pair, byte) in target.chunks_exact_mut(2).zip(whole.iter()) {
                pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
            }
        });
    }
    let mut out = memory::vec_with_capacity(len)?;
    let size = group.unsigned_abs();
    for (index, byte) in whole.iter().enumerate() {
        if let Some(mark) = separator
            && index > 0
            && size > 0
        {
            let at_boundary = if group > 0 { (whole.len() - index) % size == 0 } else { index % size == 0 };
            if at_boundary {
                memory::reserve(&mut out, 1)?;
                out.push(mark);
            }
        }
        memory::reserve(&mut out, 2)?;
        out.push(DIGITS.get(usize::from(byte >> 4)).copied().unwrap_or(b'0'));
        out.push(DIGITS.get(usize::from(byte & 15)).copied().unwrap_or(b'0'));
    }
    text::from_latin1(&out)
}

/// The repr of bytes, without anything around it: `b'…'`.
pub fn repr(whole: &[u8]) -> PyResult<Vec<u8>> {
    repr_escaping(whole, false)
}

/// As [`repr`]; `single` escapes each `'`, whatever the quotes are.
pub fn repr_escaping(whole: &[u8], single: bool) -> PyResult<Vec<u8>> {
    let quote = if whole.contains(&b'\'') && !whole.contains(&b'"') { b'"' } else { b'\'' };
    let mut out = memory::vec_with_capacity(whole.len().checked_add(3).ok_or_else(memory::no_memory)?)?;
    out.extend_from_slice(&[b'b', quote]);
    for byte in whole {
        memory::reserve(&mut out, 4)?;
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            _ if *byte == quote || single && *byte == b'\'' => out.extend_from_slice(&[b'\\', *byte]),
            b' '..=b'~' => out.push(*byte),
            _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    memory::reserve(&mut out, 1)?;
    out.push(quote);
    Ok(out)
}

/// `bytes.maketrans`.
pub fn make_trans(from: Borrowed<'_>, to: Borrowed<'_>) -> PyResult<Ref> {
    let (from, to) = (Buffer::readable(from)?, Buffer::readable(to)?);
    if from.len() != to.len() {
        return Err(raise!(ValueError, "maketrans arguments must have same length"));
    }
    object::value::bytes::new_with(256, |table| {
        table.iter_mut().zip(0u8..=255).for_each(|(place, byte)| *place = byte);
        for (from, to) in from.bytes().iter().zip(to.bytes()) {
            if let Some(place) = table.get_mut(usize::from(*from)) {
                *place = *to;
            }
        }
    })
}

/// The joined items, if all of them are exactly bytes.
fn join_exact(separator: &[u8], items: &[Ref]) -> Option<Vec<u8>> {
    let mut len = separator.len().checked_mul(items.len().saturating_sub(1))?;
    for item in items {
        len = len.checked_add(object::value::bytes::exact_value(item.b())?.len())?;
    }
    let mut out = Vec::new();
    out.try_reserve_exact(len).ok()?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(object::value::bytes::exact_value(item.b())?);
    }
    Some(out)
}

/// Joins the items of an iterable with `separator` between them.
pub fn join(separator: &impl std::ops::Deref<Target = [u8]>, iterable: Borrowed<'_>) -> PyResult<Vec<u8>> {
    let items = match iterable.to_vec() {
        Err(raised)
            if raised.is_a(&object::exc::TypeError) && iterable.class().tp_iter().is_none() && !iterable.is_sequence() =>
        {
            raised.clear();
            return Err(raise!(TypeError, "can only join an iterable"));
        }
        items => items?,
    };
    if let Some(joined) = join_exact(separator, &items) {
        return Ok(joined);
    }
    let mut out = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if !item.has_buffer() {
            let name = item.class().tp_name();
            return Err(raise!(TypeError, "sequence item {index}: expected a bytes-like object, {name} found"));
        }
        let part = Lent::of(item.b())?;
        if iterable.downcast::<crate::list::List>().is_some_and(|list| list.len() != items.len()) {
            return Err(raise!(RuntimeError, "sequence changed size during iteration"));
        }
        if index > 0 {
            memory::reserve(&mut out, separator.len())?;
            out.extend_from_slice(separator);
        }
        memory::reserve(&mut out, part.len())?;
        out.extend_from_slice(part.bytes());
    }
    Ok(out)
}

/// `whole * count`.
pub fn repeat(whole: &[u8], count: isize) -> PyResult<Vec<u8>> {
    let count = usize::try_from(count).unwrap_or(0);
    let len = whole.len().checked_mul(count).filter(|len| *len <= isize::MAX.cast_unsigned()).ok_or_else(memory::no_memory)?;
    let mut out = memory::vec_with_capacity(len)?;
    if let [byte] = whole {
        out.resize(len, *byte);
    } else {
        (0..count).for_each(|_| out.extend_from_slice(whole));
    }
    Ok(out)
}

/// Whether a byte (given as int) or a run of bytes occurs.
pub fn contains(content: &impl std::ops::Deref<Target = [u8]>, value: Borrowed<'_>) -> PyResult<bool> {
    if value.has_buffer() {
        let part = Lent::of(value)?;
        return Ok(search::contains(content, part.bytes()));
    }
    if value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "a bytes-like object is required, not '{}'", value.class().tp_name()));
    }
    match u8::try_from(value.as_isize_clamped()?) {
        Ok(byte) => Ok(content.contains(&byte)),
        Err(_) => Err(raise!(ValueError, "byte must be in range(0, 256)")),
    }
}

/// An index argument as an index into something of this length; none where it is outside.
pub fn index_in(key: Borrowed<'_>, len: usize) -> PyResult<Option<usize>> {
    let index = key.as_isize_or(&object::exc::IndexError)?;
    let index = if index < 0 { index.saturating_add(len.cast_signed()) } else { index };
    Ok(usize::try_from(index).ok().filter(|index| *index < len))
}

/// A byte as an int object.
pub fn byte_object(byte: u8) -> PyResult<Ref> {
    int::new(i64::from(byte))
}
