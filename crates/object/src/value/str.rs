//! Strings as memory: PEP 393's compact forms, with 1, 2 or 4 bytes a code point.

use crate::core;
use crate::error;
use crate::memory;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::PyResult;
use abi::{PyASCIIObject, PyCompactUnicodeObject, PyUnicodeObject, tpflags};
use smallvec::SmallVec;

pub(super) const KIND_SHIFT: u32 = 2;
pub(super) const COMPACT: u32 = 1 << 5;
pub(super) const ASCII: u32 = 1 << 6;
/// Bits of `state` that say how the string is interned: 0 no, 1 mortal, 2 immortal, 3 static.
pub const INTERNED_MASK: u32 = 3;

/// The code points of a string, in the width that it is stored in.
#[derive(Clone, Copy, Debug)]
pub enum Data<'a> {
    /// All below U+0100.
    Latin1(&'a [u8]),
    /// All below U+10000.
    Ucs2(&'a [u16]),
    /// Any.
    Ucs4(&'a [u32]),
}

impl<'a> Data<'a> {
    /// Number of code points.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            Data::Latin1(data) => data.len(),
            Data::Ucs2(data) => data.len(),
            Data::Ucs4(data) => data.len(),
        }
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The code point at `index`.
    #[inline]
    pub fn get(self, index: usize) -> Option<u32> {
        match self {
            Data::Latin1(data) => data.get(index).copied().map(u32::from),
            Data::Ucs2(data) => data.get(index).copied().map(u32::from),
            Data::Ucs4(data) => data.get(index).copied(),
        }
    }

    /// The code points of a range that lies inside; none of another.
    #[inline]
    pub fn slice(self, range: std::ops::Range<usize>) -> Data<'a> {
        match self {
            Data::Latin1(codes) => Data::Latin1(codes.get(range).unwrap_or_default()),
            Data::Ucs2(codes) => Data::Ucs2(codes.get(range).unwrap_or_default()),
            Data::Ucs4(codes) => Data::Ucs4(codes.get(range).unwrap_or_default()),
        }
    }

    /// The code points in order.
    #[inline]
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator {
        (0..self.len()).map(move |index| self.get(index).unwrap_or(0))
    }

    /// The largest code point; 0 for the empty text.
    pub fn max(self) -> u32 {
        match self {
            Data::Latin1(data) => data.iter().copied().max().map_or(0, u32::from),
            Data::Ucs2(data) => data.iter().copied().max().map_or(0, u32::from),
            Data::Ucs4(data) => data.iter().copied().max().unwrap_or(0),
        }
    }
}

/// Whether two strs have the same text.
///
/// # Safety
/// Both are strs.
#[inline]
pub unsafe fn equal_unchecked(a: Borrowed<'_>, b: Borrowed<'_>) -> bool {
    // SAFETY: by contract; the objects live during the comparison. The same text has the same width.
    unsafe {
        match (data_unchecked(a), data_unchecked(b)) {
            (Data::Latin1(a), Data::Latin1(b)) => equal_bytes(a, b),
            (Data::Ucs2(a), Data::Ucs2(b)) => a == b,
            (Data::Ucs4(a), Data::Ucs4(b)) => a == b,
            _ => false,
        }
    }
}

/// Whether the object is a str or of a subtype.
#[inline(always)]
pub fn check(object: Borrowed<'_>) -> bool {
    object.class().has(tpflags::UNICODE_SUBCLASS)
}

/// Whether the object is exactly a str.
#[inline(always)]
pub fn check_exact(object: &Object) -> bool {
    object.class().is_type(&core::STR)
}

/// The code points of a str.
#[inline]
pub fn data<'a>(object: Borrowed<'a>) -> Option<Data<'a>> {
    // SAFETY: the type was checked.
    check(object).then(|| unsafe { data_unchecked(object) })
}

/// The code points of a str.
///
/// # Safety
/// The object is a str or of a subtype. (Its text never changes once Python code can see it.)
#[inline]
pub unsafe fn data_unchecked<'a>(object: Borrowed<'a>) -> Data<'a> {
    // SAFETY: by contract; state tells where the data is and how wide.
    unsafe {
        let head = &*object.ptr().cast::<PyASCIIObject>();
        let state = head.state.get();
        let len = head.length.get().cast_unsigned();
        if state & (COMPACT | ASCII) == COMPACT | ASCII {
            return Data::Latin1(std::slice::from_raw_parts(object.ptr().cast::<u8>().add(size_of::<PyASCIIObject>()), len));
        }
        let start = if state & COMPACT == 0 {
            (*object.ptr().cast::<PyUnicodeObject>()).data.get().cast::<u8>()
        } else {
            object.ptr().cast::<u8>().add(size_of::<PyCompactUnicodeObject>())
        };
        match state >> KIND_SHIFT & 7 {
            1 => Data::Latin1(std::slice::from_raw_parts(start, len)),
            2 => Data::Ucs2(std::slice::from_raw_parts(start.cast(), len)),
            _ => Data::Ucs4(std::slice::from_raw_parts(start.cast(), len)),
        }
    }
}

/// Whether all code points of a str are below U+0080.
///
/// # Safety
/// The object is a str or of a subtype.
#[inline(always)]
pub unsafe fn is_ascii_unchecked(object: Borrowed<'_>) -> bool {
    // SAFETY: by contract.
    unsafe { (*object.ptr().cast::<PyASCIIObject>()).state.get() & ASCII != 0 }
}

/// Whether the text of a str is ASCII and stands right behind its header.
///
/// # Safety
/// The object is a str or of a subtype.
#[inline(always)]
pub unsafe fn is_compact_ascii_unchecked(object: Borrowed<'_>) -> bool {
    // SAFETY: by contract.
    unsafe { (*object.ptr().cast::<PyASCIIObject>()).state.get() & (ASCII | COMPACT) == ASCII | COMPACT }
}

/// Number of code points of a str.
///
/// # Safety
/// The object is a str or of a subtype.
#[inline(always)]
pub unsafe fn len_unchecked(object: Borrowed<'_>) -> usize {
    // SAFETY: by contract.
    unsafe { (*object.ptr().cast::<PyASCIIObject>()).length.get().cast_unsigned() }
}

/// The text of a str whose code points are all ASCII.
#[inline]
pub fn as_ascii<'a>(object: Borrowed<'a>) -> Option<&'a str> {
    // SAFETY: the type is checked before the state is read; ASCII bytes are UTF-8.
    unsafe {
        if !check(object) || !is_ascii_unchecked(object) {
            return None;
        }
        match data_unchecked(object) {
            Data::Latin1(bytes) => Some(std::str::from_utf8_unchecked(bytes)),
            _ => None,
        }
    }
}

/// The text as Rust's, lone surrogates replaced by U+FFFD: for messages to the programmer only, never for program text.
pub fn to_string_lossy(object: Borrowed<'_>) -> String {
    match data(object) {
        Some(data) => data.iter().map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
        None => String::new(),
    }
}

/// The text as UTF-8, if it has no lone surrogate.
pub fn to_string(object: Borrowed<'_>) -> Option<String> {
    match as_ascii(object) {
        Some(text) => Some(text.to_owned()),
        None => data(object)?.iter().map(char::from_u32).collect(),
    }
}

/// The text as WTF-8: UTF-8 in which lone surrogates stand as three bytes.
pub fn to_wtf8(object: Borrowed<'_>) -> Vec<u8> {
    if let Some(ascii) = as_ascii(object) {
        return ascii.as_bytes().to_vec();
    }
    let mut bytes = Vec::new();
    match data(object) {
        Some(Data::Latin1(codes)) => push_wtf8(&mut bytes, codes),
        Some(Data::Ucs2(codes)) => push_wtf8(&mut bytes, codes),
        Some(Data::Ucs4(codes)) => push_wtf8(&mut bytes, codes),
        None => {}
    }
    bytes
}

/// Appends code points, runs of ASCII at once.
fn push_wtf8<T: Copy + Into<u32>>(bytes: &mut Vec<u8>, codes: &[T]) {
    bytes.reserve(codes.len());
    let mut rest = codes;
    loop {
        let run = rest.iter().position(|code| (*code).into() >= 0x80).unwrap_or(rest.len());
        let (ascii, wide) = rest.split_at(run);
        bytes.extend(ascii.iter().map(|code| (*code).into() as u8));
        let Some((code, tail)) = wide.split_first() else { return };
        let code: u32 = (*code).into();
        let tail_byte = |shift: u32| 0x80 | (code >> shift & 0x3F) as u8;
        match code {
            0..0x800 => bytes.extend([0xC0 | (code >> 6) as u8, tail_byte(0)]),
            0x800..0x1_0000 => bytes.extend([0xE0 | (code >> 12) as u8, tail_byte(6), tail_byte(0)]),
            _ => bytes.extend([0xF0 | (code >> 18 & 7) as u8, tail_byte(12), tail_byte(6), tail_byte(0)]),
        }
        rest = tail;
    }
}

/// Whether the str's text is `text`.
pub fn eq_str(object: Borrowed<'_>, text: &str) -> bool {
    match as_ascii(object) {
        Some(own) => own == text,
        None => data(object).is_some_and(|data| data.iter().eq(text.chars().map(u32::from))),
    }
}

/// Memory of a compact string of `len` code points, none above `max`; the text is not set, the NUL behind it is.
#[inline]
fn alloc(len: usize, max: u32) -> PyResult<(Ref, *mut u8, u32)> {
    let (kind, head, ascii) = match max {
        0..0x80 => (1, size_of::<PyASCIIObject>(), ASCII),
        0x80..0x100 => (1, size_of::<PyCompactUnicodeObject>(), 0),
        0x100..0x10000 => (2, size_of::<PyCompactUnicodeObject>(), 0),
        _ => (4, size_of::<PyCompactUnicodeObject>(), 0),
    };
    let width = kind as usize;
    let size = (len.checked_add(1))
        .and_then(|count| count.checked_mul(width))
        .and_then(|bytes| bytes.checked_add(head))
        .filter(|size| *size <= isize::MAX.cast_unsigned())
        .ok_or_else(error::no_memory)?;
    let object = memory::alloc_plain(&core::STR, size)?;
    // SAFETY: fresh memory of a string with room for `len` code points and a NUL.
    unsafe {
        let raw = object.as_ptr();
        let fields = &*raw.cast::<PyASCIIObject>();
        fields.length.set(len.cast_signed());
        fields.hash.set(-1);
        fields.state.set(kind << KIND_SHIFT | COMPACT | ascii);
        if ascii == 0 {
            let fields = &*raw.cast::<PyCompactUnicodeObject>();
            fields.utf8_length.set(0);
            fields.utf8.set(std::ptr::null_mut());
        }
        let start = raw.cast::<u8>().add(head);
        // The NUL, aligned for what it is.
        let end = start.add(len * width);
        match width {
            1 => end.write(0),
            2 => end.cast::<u16>().write(0),
            _ => end.cast::<u32>().write(0),
        }
        Ok((Ref::from_owned_ptr(object), start, kind))
    }
}

/// [`alloc`] for ASCII.
#[inline(always)]
fn alloc_ascii(len: usize) -> PyResult<(Ref, *mut u8)> {
    if len > isize::MAX.cast_unsigned() / 2 {
        return Err(error::no_memory());
    }
    let object = memory::alloc_plain(&core::STR, len + 1 + size_of::<PyASCIIObject>())?;
    // SAFETY: fresh memory of a string with room for `len` bytes and a NUL.
    unsafe {
        let raw = object.as_ptr();
        let fields = &*raw.cast::<PyASCIIObject>();
        fields.length.set(len.cast_signed());
        fields.hash.set(-1);
        fields.state.set(1 << KIND_SHIFT | COMPACT | ASCII);
        let start = raw.cast::<u8>().add(size_of::<PyASCIIObject>());
        start.add(len).write(0);
        Ok((Ref::from_owned_ptr(object), start))
    }
}

/// A string of `len` code points, none above `max`, that the caller writes before anybody else sees it; zeroed. The empty one is shared.
pub fn zeroed(len: usize, max: u32) -> PyResult<Ref> {
    if len == 0 {
        return Ok(empty());
    }
    let (object, start, kind) = alloc(len, max)?;
    // SAFETY: `len` code points of `kind` bytes stand at `start`.
    unsafe { start.write_bytes(0, len * kind as usize) };
    Ok(object)
}

/// As [`zeroed`], with whatever stood in the memory before: for C, which promises to write all of it.
pub fn unfilled(len: usize, max: u32) -> PyResult<Ref> {
    if len == 0 { Ok(empty()) } else { alloc(len, max).map(|(object, ..)| object) }
}

/// A string of `len` code points below U+0100 whose largest is at most `max`, filled by `fill` (zeroed before).
pub fn latin1_with(len: usize, max: u32, fill: impl FnOnce(&mut [u8])) -> PyResult<Ref> {
    let (object, start, _) = alloc(len, max.min(0xFF))?;
    // SAFETY: `len` bytes stand at `start`, and nobody else sees the object yet.
    unsafe {
        start.write_bytes(0, len);
        fill(std::slice::from_raw_parts_mut(start, len));
    }
    Ok(object)
}

/// A string from a Rust string.
pub fn new(text: &str) -> PyResult<Ref> {
    if text.is_ascii() {
        return from_ascii(text.as_bytes());
    }
    // The largest byte is the first one of some character, and tells the width of the widest.
    let (mut len, mut largest) = (0_usize, 0_u8);
    for byte in text.bytes() {
        len += usize::from(byte & 0xC0 != 0x80);
        largest = largest.max(byte);
    }
    let max = match largest {
        0..0xC4 => 0xFF,
        0xC4..0xF0 => 0xFFFF,
        _ => 0x10_FFFF,
    };
    build(len, max, |filler| {
        let mut rest = text;
        loop {
            let run = rest.bytes().position(|byte| byte >= 0x80).unwrap_or(rest.len());
            let (ascii, wide) = rest.split_at(run);
            filler.push_data(Data::Latin1(ascii.as_bytes()));
            let mut characters = wide.chars();
            let Some(first) = characters.next() else { return };
            filler.push(u32::from(first));
            rest = characters.as_str();
        }
    })
}

/// A string from bytes that are all below 0x80.
#[inline]
pub fn from_ascii(bytes: &[u8]) -> PyResult<Ref> {
    debug_assert!(bytes.is_ascii());
    match bytes {
        [] => Ok(empty()),
        [byte] => Ok(latin1_char(*byte)),
        _ => {
            let (object, start) = alloc_ascii(bytes.len())?;
            // SAFETY: room for as many bytes stands at `start`, and nobody else sees the object yet.
            unsafe { copy_bytes(bytes.as_ptr(), start, bytes.len()) };
            Ok(object)
        }
    }
}

/// A string of these Latin-1 bytes, none above `max`.
fn copied(bytes: &[u8], max: u32) -> PyResult<Ref> {
    let (object, start, _) = alloc(bytes.len(), max)?;
    // SAFETY: room for as many bytes stands at `start`, and nobody else sees the object yet.
    unsafe { start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(object)
}

/// A string under construction whose length and width are known: see [`build`].
pub struct Filler {
    start: *mut u8,
    kind: u32,
    len: usize,
    at: usize,
}

impl Filler {
    /// Number of code points that are still to be written.
    #[inline]
    pub fn left(&self) -> usize {
        self.len - self.at
    }

    /// Adds one code point. What goes beyond the end is dropped, what is too wide is cut.
    #[inline]
    pub fn push(&mut self, code: u32) {
        if self.at < self.len {
            // SAFETY: `at` is below the length.
            unsafe {
                match self.kind {
                    1 => self.start.add(self.at).write(code as u8),
                    2 => self.start.cast::<u16>().add(self.at).write(code as u16),
                    _ => self.start.cast::<u32>().add(self.at).write(code.min(0x10_FFFF)),
                }
            }
            self.at += 1;
        }
    }

    /// Adds the same code point `count` times.
    pub fn fill(&mut self, code: u32, count: usize) {
        let count = count.min(self.left());
        if self.kind == 1 {
            // SAFETY: `count` more bytes are inside.
            unsafe { self.start.add(self.at).write_bytes(code as u8, count) };
            self.at += count;
        } else {
            (0..count).for_each(|_| self.push(code));
        }
    }

    /// Adds code points, which are no wider than the string.
    #[inline]
    pub fn push_data(&mut self, data: Data<'_>) {
        let count = data.len().min(self.left());
        // SAFETY: `count` more code points of `kind` bytes are inside, in memory that nobody else sees.
        unsafe {
            match (self.kind, data) {
                (1, Data::Latin1(data)) => copy_bytes(data.as_ptr(), self.start.add(self.at), count),
                (2, Data::Ucs2(data)) => self.start.cast::<u16>().add(self.at).copy_from_nonoverlapping(data.as_ptr(), count),
                (4, Data::Ucs4(data)) => self.start.cast::<u32>().add(self.at).copy_from_nonoverlapping(data.as_ptr(), count),
                (2, Data::Latin1(data)) => {
                    let target = self.start.cast::<u16>().add(self.at);
                    data.iter().take(count).enumerate().for_each(|(index, code)| target.add(index).write(u16::from(*code)));
                }
                (4, Data::Latin1(data)) => {
                    let target = self.start.cast::<u32>().add(self.at);
                    data.iter().take(count).enumerate().for_each(|(index, code)| target.add(index).write(u32::from(*code)));
                }
                (4, Data::Ucs2(data)) => {
                    let target = self.start.cast::<u32>().add(self.at);
                    data.iter().take(count).enumerate().for_each(|(index, code)| target.add(index).write(u32::from(*code)));
                }
                (_, data) => {
                    data.iter().take(count).for_each(|code| self.push(code));
                    return;
                }
            }
        }
        self.at += count;
    }
}

/// A string of `len` code points, the largest of which decides about the width as `max` does; `write` writes them in order.
/// Places that it leaves out hold U+0000.
#[inline]
pub fn build(len: usize, max: u32, write: impl FnOnce(&mut Filler)) -> PyResult<Ref> {
    if len == 0 {
        return Ok(empty());
    }
    let (object, start, kind) = alloc(len, max)?;
    let mut filler = Filler { start, kind, len, at: 0 };
    write(&mut filler);
    let left = filler.left();
    if left > 0 {
        // SAFETY: the rest of the string, in memory that nobody else sees.
        unsafe { start.add(filler.at * kind as usize).write_bytes(0, left * kind as usize) };
    }
    if len == 1 && kind == 1 {
        // SAFETY: one byte was written. One-character strings are shared.
        return Ok(latin1_char(unsafe { start.read() }));
    }
    Ok(object)
}

/// A bound for the code points of a str by which its width is chosen: 0x7F, 0xFF, 0xFFFF or 0x10FFFF.
///
/// # Safety
/// The object is a str or of a subtype.
#[inline]
pub unsafe fn bound_unchecked(object: Borrowed<'_>) -> u32 {
    // SAFETY: by contract.
    unsafe {
        let state = (*object.ptr().cast::<PyASCIIObject>()).state.get();
        match state >> KIND_SHIFT & 7 {
            1 if state & ASCII != 0 => 0x7F,
            1 => 0xFF,
            2 => 0xFFFF,
            _ => 0x10_FFFF,
        }
    }
}

/// `a == b` by words of eight bytes, the last of which may overlap the one before: no call for short ones.
#[inline(always)]
pub fn equal_bytes(a: &[u8], b: &[u8]) -> bool {
    let len = a.len();
    if len != b.len() {
        return false;
    }
    if len > 16 {
        return a == b;
    }
    let (a, b) = (a.as_ptr(), b.as_ptr());
    // SAFETY: both have `len` bytes; each read is inside.
    unsafe {
        if len >= 8 {
            let word = |start: *const u8| start.cast::<u64>().read_unaligned();
            return word(a) == word(b) && word(a.add(len - 8)) == word(b.add(len - 8));
        }
        if len >= 4 {
            let word = |start: *const u8| start.cast::<u32>().read_unaligned();
            return word(a) == word(b) && word(a.add(len - 4)) == word(b.add(len - 4));
        }
        len == 0 || *a == *b && *a.add(len / 2) == *b.add(len / 2) && *a.add(len - 1) == *b.add(len - 1)
    }
}

/// Copies bytes, short ones without a call.
///
/// # Safety
/// `source` may be read and `target` written for `len` bytes; they do not overlap.
#[inline(always)]
pub unsafe fn copy_bytes(source: *const u8, target: *mut u8, len: usize) {
    // SAFETY: by contract; each access is inside.
    unsafe {
        if len > 16 {
            target.copy_from_nonoverlapping(source, len);
        } else if len >= 8 {
            let (head, tail) = (source.cast::<u64>().read_unaligned(), source.add(len - 8).cast::<u64>().read_unaligned());
            target.cast::<u64>().write_unaligned(head);
            target.add(len - 8).cast::<u64>().write_unaligned(tail);
        } else if len >= 4 {
            let (head, tail) = (source.cast::<u32>().read_unaligned(), source.add(len - 4).cast::<u32>().read_unaligned());
            target.cast::<u32>().write_unaligned(head);
            target.add(len - 4).cast::<u32>().write_unaligned(tail);
        } else if len > 0 {
            let (first, middle, last) = (*source, *source.add(len / 2), *source.add(len - 1));
            *target = first;
            *target.add(len / 2) = middle;
            *target.add(len - 1) = last;
        }
    }
}

/// `a + b` of two strs whose characters are ASCII, none of them empty; none where they are not. The caller knows that they are strs.
///
/// # Safety
/// Both are strs or of a subtype.
#[inline]
pub unsafe fn joined_ascii(a: Borrowed<'_>, b: Borrowed<'_>) -> Option<PyResult<Ref>> {
    // SAFETY: by contract; the new str has room for both texts.
    unsafe {
        if !is_ascii_unchecked(a) || !is_ascii_unchecked(b) {
            return None;
        }
        let (Data::Latin1(left), Data::Latin1(right)) = (data_unchecked(a), data_unchecked(b)) else { return None };
        let len = left.len().checked_add(right.len())?;
        Some(alloc_ascii(len).map(|(object, start)| {
            copy_bytes(left.as_ptr(), start, left.len());
            copy_bytes(right.as_ptr(), start.add(left.len()), right.len());
            object
        }))
    }
}

/// A str of ASCII bytes that stand in `count` pieces, with `between` between them: `len` bytes in all, at least two.
///
/// # Safety
/// The pieces are ASCII strs, as is `between`, and have that many bytes together.
pub unsafe fn join_ascii(between: &[u8], pieces: &[Borrowed<'_>], len: usize) -> PyResult<Ref> {
    let (object, start) = alloc_ascii(len)?;
    let mut at = start;
    for (index, piece) in pieces.iter().enumerate() {
        // SAFETY: by contract there is room.
        unsafe {
            if index > 0 {
                copy_bytes(between.as_ptr(), at, between.len());
                at = at.add(between.len());
            }
            if let Data::Latin1(text) = data_unchecked(*piece) {
                copy_bytes(text.as_ptr(), at, text.len());
                at = at.add(text.len());
            }
        }
    }
    Ok(object)
}

/// The texts of some strs one after the other. SystemError for what is no str.
pub fn concat(pieces: &[Borrowed<'_>]) -> PyResult<Ref> {
    let (mut len, mut max) = (0_usize, 0);
    for piece in pieces {
        let Some(data) = data(*piece) else { return Err(error::bad_internal_call()) };
        len = len.checked_add(data.len()).ok_or_else(memory::no_memory)?;
        max = max.max(bound(*piece));
    }
    build(len, max, |filler| {
        for piece in pieces {
            if let Some(data) = data(*piece) {
                filler.push_data(data);
            }
        }
    })
}

/// A bound for the code points of a str by which its width is chosen: 0x7F, 0xFF, 0xFFFF or 0x10FFFF; 0 for other objects.
#[inline]
pub fn bound(object: Borrowed<'_>) -> u32 {
    // SAFETY: the type was checked.
    if check(object) { unsafe { bound_unchecked(object) } } else { 0 }
}

/// A string from Latin-1 bytes.
pub fn from_latin1(bytes: &[u8]) -> PyResult<Ref> {
    match bytes {
        [] => Ok(empty()),
        [byte] => Ok(latin1_char(*byte)),
        _ => copied(bytes, if bytes.is_ascii() { 0x7F } else { 0xFF }),
    }
}

/// A string from 16-bit code points (surrogates stand for themselves), in the narrowest form.
pub fn from_ucs2(codes: &[u16]) -> PyResult<Ref> {
    // The or of all is as good as the maximum for choosing the width.
    let max = u32::from(codes.iter().fold(0, |all, code| all | code));
    if max > 0xFF {
        return build(codes.len(), max, |filler| filler.push_data(Data::Ucs2(codes)));
    }
    from_code_points(codes.len(), max, codes.iter().copied().map(u32::from))
}

/// A string from code points, each at most U+10FFFF (larger ones count as U+FFFD), in the narrowest form.
pub fn from_ucs4(codes: &[u32]) -> PyResult<Ref> {
    let max = codes.iter().copied().max().unwrap_or(0);
    from_code_points(codes.len(), max, codes.iter().copied())
}

/// A string from WTF-8; bytes that are not WTF-8 count as U+FFFD.
pub fn from_wtf8(bytes: &[u8]) -> PyResult<Ref> {
    match std::str::from_utf8(bytes) {
        Ok(text) => new(text),
        Err(_) => from_ucs4(&decode_wtf8(bytes)),
    }
}

fn decode_wtf8(bytes: &[u8]) -> Vec<u32> {
    let mut codes = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (valid, after) = match std::str::from_utf8(rest) {
            Ok(text) => (text, &[][..]),
            Err(error) => {
                let (valid, after) = rest.split_at(error.valid_up_to());
                (std::str::from_utf8(valid).unwrap_or_default(), after)
            }
        };
        codes.extend(valid.chars().map(u32::from));
        rest = match after {
            [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, tail @ ..] => {
                codes.push(0xD000 | u32::from(*second & 0x3F) << 6 | u32::from(*third & 0x3F));
                tail
            }
            [_, tail @ ..] => {
                codes.push(0xFFFD);
                tail
            }
            [] => &[],
        };
    }
    codes
}

/// A slice of code points as a string, in the narrowest form.
pub fn from_data(data: Data<'_>) -> PyResult<Ref> {
    match data {
        Data::Latin1(data) => from_latin1(data),
        Data::Ucs2(data) => from_ucs2(data),
        Data::Ucs4(data) => from_ucs4(data),
    }
}

/// A string of `len` code points, the largest of which is `max`.
pub fn from_code_points(len: usize, max: u32, codes: impl Iterator<Item = u32>) -> PyResult<Ref> {
    if len == 0 {
        return Ok(empty());
    }
    let max = if max > 0x10_FFFF { 0x10_FFFF } else { max };
    let mut codes = codes.take(len);
    if len == 1 && max < 0x100 {
        return Ok(latin1_char(codes.next().and_then(|code| u8::try_from(code).ok()).unwrap_or(0)));
    }
    let (object, start, kind) = alloc(len, max)?;
    // SAFETY: `len` code points of `kind` bytes stand at `start`; nobody else sees the object yet. Codes above `max` break the caller's
    // promise; they are cut to the width, which keeps the memory valid.
    unsafe {
        match kind {
            1 => fill(start, len, codes, |code| code as u8),
            2 => fill(start.cast::<u16>(), len, codes, |code| code as u16),
            _ => fill(start.cast::<u32>(), len, codes, |code| if code > 0x10_FFFF { 0xFFFD } else { code }),
        }
    }
    Ok(object)
}

unsafe fn fill<T: Copy + Default>(start: *mut T, len: usize, mut codes: impl Iterator<Item = u32>, narrow: impl Fn(u32) -> T) {
    for index in 0..len {
        let value = codes.next().map_or_else(T::default, &narrow);
        // SAFETY: by contract there is room for `len` items.
        unsafe { start.add(index).write(value) };
    }
}

/// The strings of one Latin-1 character and the empty one: immortal, made once, in [`init_singletons`].
struct Singletons([std::sync::atomic::AtomicPtr<abi::PyObject>; 257]);
static SINGLETONS: Singletons = Singletons([const { std::sync::atomic::AtomicPtr::new(std::ptr::null_mut()) }; 257]);
const EMPTY_INDEX: usize = 256;

#[inline]
fn singleton(index: usize) -> Ref {
    let slot = SINGLETONS.0.get(index).unwrap_or(&SINGLETONS.0[EMPTY_INDEX]);
    let ptr = slot.load(std::sync::atomic::Ordering::Relaxed);
    if ptr.is_null() {
        init_singletons();
        return singleton(index);
    }
    // SAFETY: immortal once stored.
    unsafe { (*ptr.cast::<Object>()).to_ref() }
}

/// The empty string.
#[inline]
pub fn empty() -> Ref {
    singleton(EMPTY_INDEX)
}

/// The string of one character below U+0100.
#[inline]
pub fn latin1_char(byte: u8) -> Ref {
    singleton(usize::from(byte))
}

/// Makes the shared one-character strings. The first use does it; a process that has no memory for them cannot start.
#[cold]
fn init_singletons() {
    for (index, slot) in SINGLETONS.0.iter().enumerate() {
        let (len, max) = if index == EMPTY_INDEX { (0, 0) } else { (1, index as u32) };
        let Ok((object, start, _)) = alloc(len, max) else { std::process::abort() };
        if len == 1 {
            // SAFETY: room for one byte.
            unsafe { start.write(index as u8) };
        }
        object.make_immortal();
        slot.store(object.into_ptr(), std::sync::atomic::Ordering::Relaxed);
    }
}

/// Text that grows: code points are collected in the narrowest width so far.
#[derive(Default)]
pub struct Builder {
    codes: Widths,
}

enum Widths {
    /// Short texts need no memory of their own.
    Latin1(SmallVec<[u8; 128]>),
    Ucs2(Vec<u16>),
    Ucs4(Vec<u32>),
}

impl Default for Widths {
    fn default() -> Self {
        Widths::Latin1(SmallVec::new())
    }
}

/// Room for `additional` bytes more, or MemoryError.
#[cold]
#[inline(never)]
fn grow(codes: &mut SmallVec<[u8; 128]>, additional: usize) -> PyResult<()> {
    codes.try_reserve(additional).map_err(|_| error::no_memory())
}

impl Builder {
    /// An empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of code points so far.
    pub fn len(&self) -> usize {
        match &self.codes {
            Widths::Latin1(codes) => codes.len(),
            Widths::Ucs2(codes) => codes.len(),
            Widths::Ucs4(codes) => codes.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Room for `additional` bytes of Latin-1 without widening; none where the text is wider.
    #[inline]
    fn latin1(&mut self, additional: usize) -> Option<PyResult<&mut SmallVec<[u8; 128]>>> {
        let Widths::Latin1(codes) = &mut self.codes else { return None };
        if codes.capacity() - codes.len() < additional
            && let Err(raised) = grow(codes, additional)
        {
            return Some(Err(raised));
        }
        Some(Ok(codes))
    }

    /// Adds Latin-1 characters between quotes.
    #[inline]
    pub fn push_quoted(&mut self, text: &[u8]) -> PyResult<()> {
        match self.latin1(text.len().saturating_add(2)) {
            Some(codes) => {
                let codes = codes?;
                codes.push(b'"');
                codes.extend_from_slice(text);
                codes.push(b'"');
                Ok(())
            }
            None => {
                self.push(0x22)?;
                self.push_data(Data::Latin1(text))?;
                self.push(0x22)
            }
        }
    }

    /// Adds a number in decimal.
    pub fn push_int(&mut self, value: i64) -> PyResult<()> {
        let mut digits = [0_u8; 20];
        let mut rest = value.unsigned_abs();
        let mut count = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            count += 1;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            self.push(u32::from(b'-'))?;
        }
        self.push_data(Data::Latin1(digits.get(20 - count..).unwrap_or_default()))
    }

    /// Makes the store wide enough for `code`, and longer by `additional`.
    fn prepare(&mut self, code: u32, additional: usize) -> PyResult<()> {
        if code > 0xFF && matches!(self.codes, Widths::Latin1(_)) || code > 0xFFFF && matches!(self.codes, Widths::Ucs2(_)) {
            self.widen(code)?;
        }
        match &mut self.codes {
            Widths::Latin1(codes) => grow(codes, additional),
            Widths::Ucs2(codes) => memory::reserve(codes, additional),
            Widths::Ucs4(codes) => memory::reserve(codes, additional),
        }
    }

    #[cold]
    fn widen(&mut self, code: u32) -> PyResult<()> {
        let len = self.len();
        let wide = if code > 0xFFFF {
            let mut wide = memory::vec_with_capacity::<u32>(len + 1)?;
            match &self.codes {
                Widths::Latin1(codes) => wide.extend(codes.iter().copied().map(u32::from)),
                Widths::Ucs2(codes) => wide.extend(codes.iter().copied().map(u32::from)),
                Widths::Ucs4(codes) => wide.extend_from_slice(codes),
            }
            Widths::Ucs4(wide)
        } else {
            let mut wide = memory::vec_with_capacity::<u16>(len + 1)?;
            if let Widths::Latin1(codes) = &self.codes {
                wide.extend(codes.iter().copied().map(u16::from));
            }
            Widths::Ucs2(wide)
        };
        self.codes = wide;
        Ok(())
    }

    /// Adds one code point.
    #[inline]
    pub fn push(&mut self, code: u32) -> PyResult<()> {
        if let Ok(byte) = u8::try_from(code)
            && let Some(codes) = self.latin1(1)
        {
            codes?.push(byte);
            return Ok(());
        }
        self.push_wide(code)
    }

    fn push_wide(&mut self, code: u32) -> PyResult<()> {
        self.prepare(code, 1)?;
        match &mut self.codes {
            Widths::Latin1(codes) => codes.push(code as u8),
            Widths::Ucs2(codes) => codes.push(code as u16),
            Widths::Ucs4(codes) => codes.push(code),
        }
        Ok(())
    }

    /// Adds a Rust string.
    pub fn push_str(&mut self, text: &str) -> PyResult<()> {
        if text.is_ascii() {
            return self.push_data(Data::Latin1(text.as_bytes()));
        }
        text.chars().try_for_each(|character| self.push(u32::from(character)))
    }

    /// Adds code points of a string.
    #[inline]
    pub fn push_data(&mut self, data: Data<'_>) -> PyResult<()> {
        if let Data::Latin1(data) = data
            && let Some(codes) = self.latin1(data.len())
        {
            codes?.extend_from_slice(data);
            return Ok(());
        }
        self.push_data_wide(data)
    }

    fn push_data_wide(&mut self, data: Data<'_>) -> PyResult<()> {
        let max = match data {
            Data::Latin1(_) => 0,
            Data::Ucs2(codes) => codes.iter().copied().max().map_or(0, u32::from),
            Data::Ucs4(codes) => codes.iter().copied().max().unwrap_or(0),
        };
        self.prepare(max, data.len())?;
        match (&mut self.codes, data) {
            (Widths::Latin1(codes), Data::Latin1(data)) => codes.extend_from_slice(data),
            (Widths::Ucs2(codes), Data::Ucs2(data)) => codes.extend_from_slice(data),
            (Widths::Ucs4(codes), Data::Ucs4(data)) => codes.extend_from_slice(data),
            (Widths::Latin1(codes), data) => codes.extend(data.iter().map(|code| code as u8)),
            (Widths::Ucs2(codes), data) => codes.extend(data.iter().map(|code| code as u16)),
            (Widths::Ucs4(codes), data) => codes.extend(data.iter()),
        }
        Ok(())
    }

    /// Adds the text of a str object; nothing for other objects.
    pub fn push_object(&mut self, object: Borrowed<'_>) -> PyResult<()> {
        data(object).map_or(Ok(()), |data| self.push_data(data))
    }

    /// The text so far.
    pub fn data(&self) -> Data<'_> {
        match &self.codes {
            Widths::Latin1(codes) => Data::Latin1(codes),
            Widths::Ucs2(codes) => Data::Ucs2(codes),
            Widths::Ucs4(codes) => Data::Ucs4(codes),
        }
    }

    /// The string.
    pub fn finish(self) -> PyResult<Ref> {
        from_data(self.data())
    }
}

/// Gives a fresh instance of a subtype of str the text of `value`: not compact, the data in a block of its own.
pub fn fill_subtype(object: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
    let Some(source) = data(value) else { return Err(error::bad_internal_call()) };
    let (start, width) = match source {
        Data::Latin1(codes) => (codes.as_ptr(), 1),
        Data::Ucs2(codes) => (codes.as_ptr().cast(), 2),
        Data::Ucs4(codes) => (codes.as_ptr().cast(), 4),
    };
    let len = source.len();
    let bytes = (len + 1).checked_mul(width).ok_or_else(error::no_memory)?;
    // SAFETY: `value` is a str; the new block has room for its code points and the NUL behind them; `object` is a fresh instance with
    // the fields of a str, zeroed.
    unsafe {
        let ascii = if is_ascii_unchecked(value) { ASCII } else { 0 };
        let fields = &*object.ptr().cast::<PyUnicodeObject>();
        // Until the block is there the empty text must be valid: kind 1, not compact, no data.
        fields._base._base.state.set(1 << KIND_SHIFT);
        fields._base._base.hash.set(-1);
        let block = memory::or_no_memory(memory::try_alloc(bytes))?;
        block.as_ptr().copy_from_nonoverlapping(start, len * width);
        block.as_ptr().add(len * width).write_bytes(0, width);
        fields.data.set(block.as_ptr().cast());
        fields._base._base.length.set(len.cast_signed());
        fields._base._base.state.set((width as u32) << KIND_SHIFT | ascii);
        if ascii != 0 {
            fields._base.utf8.set(block.as_ptr().cast());
            fields._base.utf8_length.set(len.cast_signed());
        }
        let head = &*value.ptr().cast::<PyASCIIObject>();
        fields._base._base.hash.set(head.hash.get());
    }
    Ok(())
}
