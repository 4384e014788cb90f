//! Program text: strings that may hold lone surrogates.
//!
//! Text is generalized UTF-8: every code point up to U+10FFFF, the surrogates included, takes its UTF-8 pattern, and a surrogate
//! pair stays two code points, as in a Python `str`. Text without surrogates is at the same time a Rust `str`.

use std::borrow::Borrow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// An immutable string of Unicode code points, surrogates included. Clones share the bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Repr);

/// Invariant: `Surrogates` holds at least one surrogate, so that equal texts have one form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Repr {
    Utf8(Arc<str>),
    Surrogates(Arc<[u8]>),
}

impl Text {
    /// Takes generalized UTF-8; `None` if the bytes are not that.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Text> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(text.into()),
            Err(error) => {
                let bytes = error.into_bytes();
                is_generalized_utf8(&bytes).then(|| Text(Repr::Surrogates(bytes.into())))
            }
        }
    }

    /// The text in generalized UTF-8.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Utf8(text) => text.as_bytes(),
            Repr::Surrogates(bytes) => bytes,
        }
    }

    /// The text in generalized UTF-8, shared.
    pub fn to_shared_bytes(&self) -> Arc<[u8]> {
        match &self.0 {
            Repr::Utf8(text) => text.clone().into(),
            Repr::Surrogates(bytes) => bytes.clone(),
        }
    }

    /// The text as `str`; `None` if it holds a surrogate. Takes constant time.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Repr::Utf8(text) => Some(text),
            Repr::Surrogates(_) => None,
        }
    }

    pub fn is_ascii(&self) -> bool {
        self.as_bytes().is_ascii()
    }

    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The code points in order.
    pub fn code_points(&self) -> CodePoints<'_> {
        code_points(self.as_bytes())
    }

    /// The text with each surrogate replaced by `?`.
    pub fn to_string_lossy(&self) -> String {
        self.code_points().map(|c| char::from_u32(c).unwrap_or('?')).collect()
    }
}

impl Default for Text {
    fn default() -> Self {
        Text(Repr::Utf8("".into()))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(Repr::Utf8(text.into()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text(Repr::Utf8(text.into()))
    }
}

impl FromIterator<u32> for Text {
    fn from_iter<I: IntoIterator<Item = u32>>(iter: I) -> Self {
        let mut builder = TextBuilder::default();
        for code_point in iter {
            builder.push(code_point);
        }
        builder.finish()
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            Some(text) => fmt::Debug::fmt(text, f),
            None => fmt::Debug::fmt(&self.to_string_lossy(), f),
        }
    }
}

/// Builds a [`Text`] from pieces.
#[derive(Default, Clone, Debug)]
pub struct TextBuilder {
    bytes: Vec<u8>,
    surrogates: bool,
}

impl TextBuilder {
    /// Appends a code point; what is beyond U+10FFFF becomes U+FFFD.
    pub fn push(&mut self, code_point: u32) {
        match char::from_u32(code_point) {
            Some(c) => self.push_str(c.encode_utf8(&mut [0; 4])),
            None if code_point <= 0x10_FFFF => {
                self.surrogates = true;
                let [_, _, top, bottom] = code_point.to_be_bytes();
                self.bytes.extend([0xE0 | (top >> 4), 0x80 | ((top & 0x0F) << 2) | (bottom >> 6), 0x80 | (bottom & 0x3F)]);
            }
            None => self.push_str("\u{FFFD}"),
        }
    }

    pub fn push_str(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub fn push_text(&mut self, text: &Text) {
        self.surrogates |= text.as_str().is_none();
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Appends bytes of generalized UTF-8 that end at a code point's end.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        if !self.surrogates && std::str::from_utf8(bytes).is_err() {
            self.surrogates = true;
        }
        self.bytes.extend_from_slice(bytes);
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The finished text. Bytes that are not generalized UTF-8 are replaced or dropped.
    pub fn finish(self) -> Text {
        if !self.surrogates {
            return match String::from_utf8(self.bytes) {
                Ok(text) => text.into(),
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned().into(),
            };
        }
        Text::from_bytes(self.bytes).unwrap_or_default()
    }
}

/// Iterates over the code points of generalized UTF-8.
#[derive(Clone, Debug)]
pub struct CodePoints<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

/// The code points of `bytes`, which are generalized UTF-8.
pub fn code_points(bytes: &[u8]) -> CodePoints<'_> {
    CodePoints { bytes: bytes.iter() }
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let first = u32::from(*self.bytes.next()?);
        if first < 0x80 {
            return Some(first);
        }
        let mut tail = |acc: u32| Some((acc << 6) | u32::from(*self.bytes.next()? & 0x3F));
        if first < 0xE0 {
            tail(first & 0x1F)
        } else if first < 0xF0 {
            tail(first & 0x0F).and_then(tail)
        } else {
            tail(first & 0x07).and_then(&mut tail).and_then(tail)
        }
    }
}

fn is_generalized_utf8(mut bytes: &[u8]) -> bool {
    loop {
        match std::str::from_utf8(bytes) {
            Ok(_) => return true,
            Err(error) => match bytes.get(error.valid_up_to()..) {
                Some([0xED, 0xA0..=0xBF, 0x80..=0xBF, rest @ ..]) => bytes = rest,
                _ => return false,
            },
        }
    }
}

/// An identifier with its hash. Clones share the text; equality compares pointers first.
#[derive(Clone)]
pub struct Name(Rc<Identifier>);

struct Identifier {
    hash: u64,
    /// See [`Name::place`].
    places: [Cell<u32>; 2],
    /// See [`Name::is_private`].
    private: bool,
    text: Text,
}

impl Name {
    pub fn new(text: impl Into<Text>) -> Name {
        let text = text.into();
        let bytes = text.as_bytes();
        let (hash, private) = (hash_name(bytes), bytes.starts_with(b"__"));
        Name(Rc::new(Identifier { hash, places: [const { Cell::new(u32::MAX) }; 2], private, text }))
    }

    pub fn text(&self) -> &Text {
        &self.0.text
    }

    /// The hash of the text: [`hash_name`].
    #[inline]
    pub fn hash_value(&self) -> u64 {
        self.0.hash
    }

    /// Whether it begins with two underscores.
    #[inline]
    pub fn is_private(&self) -> bool {
        self.0.private
    }

    /// Where a table of this kind had the name last, whichever table that was: the first place to look at in the next one.
    #[inline]
    pub fn place(&self, kind: usize) -> usize {
        self.0.places.get(kind).map_or(usize::MAX, |place| place.get() as usize)
    }

    /// Notes where a table of this kind has the name.
    #[inline]
    pub fn set_place(&self, kind: usize, at: usize) {
        if let Some(place) = self.0.places.get(kind) {
            place.set(u32::try_from(at).unwrap_or(u32::MAX));
        }
    }

    /// True if both are the same interned object.
    #[inline]
    pub fn ptr_eq(&self, other: &Name) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// A hash of an identifier's text, with a seed that differs from process to process, so that no program can be written to collide.
pub fn hash_name(text: &[u8]) -> u64 {
    static SEED: OnceLock<[u64; 2]> = OnceLock::new();
    let [first, second] = *SEED.get_or_init(|| {
        let random = RandomState::new();
        [random.hash_one(1u8), random.hash_one(2u8) | 1]
    });
    let fold = |a: u64, b: u64| {
        let wide = u128::from(a) * u128::from(b);
        let [low, high] = [0, 64].map(|shift| (wide >> shift) & u128::from(u64::MAX));
        u64::try_from(low ^ high).unwrap_or(0)
    };
    let mut hash = first ^ text.len() as u64;
    let last = match text {
        [] => 0,
        [one] => u64::from(*one),
        [one, .., last] if text.len() < 4 => {
            u64::from(*one) | u64::from(*last) << 8 | u64::from(text.get(1).copied().unwrap_or(0)) << 16
        }
        _ if text.len() < 8 => {
            let half = |half: Option<&[u8; 4]>| u64::from(half.map_or(0, |half| u32::from_le_bytes(*half)));
            half(text.first_chunk()) | half(text.last_chunk()) << 32
        }
        _ => {
            // The last word may overlap the one before.
            let (words, _) = text.get(..text.len() - 1).unwrap_or_default().as_chunks::<8>();
            for word in words {
                hash = fold(hash ^ u64::from_le_bytes(*word), second);
            }
            text.last_chunk().map_or(0, |word| u64::from_le_bytes(*word))
        }
    };
    fold(hash ^ last, second)
}

impl PartialEq for Name {
    #[inline]
    fn eq(&self, other: &Name) -> bool {
        self.ptr_eq(other) || (self.0.hash == other.0.hash && self.0.text == other.0.text)
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        self.0.text.cmp(&other.0.text)
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0.text == *other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.0.text == **other
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl Deref for Name {
    type Target = Text;

    #[inline]
    fn deref(&self) -> &Text {
        &self.0.text
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Name::new(text)
    }
}

impl From<Text> for Name {
    fn from(text: Text) -> Self {
        Name::new(text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.text.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogate_pairs_stay_apart() {
        let text: Text = [0xD800, 0xDC00, 0x10FFFF, 0x61].into_iter().collect();
        assert_eq!(text.as_str(), None);
        assert_eq!(text.code_points().collect::<Vec<_>>(), [0xD800, 0xDC00, 0x10FFFF, 0x61]);
        assert_eq!(Text::from_bytes(text.as_bytes().to_vec()), Some(text));
        assert_eq!(Text::from_bytes(vec![0xFF]), None);
    }
}
