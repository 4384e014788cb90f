//! Names of characters: `unicodedata.name`, `unicodedata.lookup` and `\N{...}`.

use std::cmp::Ordering;
use std::sync::LazyLock;

use crate::hangul;
use crate::tables::aliases::{ALIASES, SEQUENCES};

/// See generate/names.py for the layout.
static BLOB: &[u8] = include_bytes!("tables/names.bin");

/// How the name of a unified ideograph begins; its code point follows.
const CJK: &str = "CJK UNIFIED IDEOGRAPH-";
/// CPython finds these by name, though it has no name for them.
const TANGUT: &str = "TANGUT IDEOGRAPH-";
const HANGUL: &str = "HANGUL SYLLABLE ";

/// No name is longer.
const LONGEST: usize = 256;

/// The parts of the blob.
struct Names {
    word_offsets: &'static [u8],
    words: &'static [u8],
    codes: &'static [u8],
    name_offsets: &'static [u8],
    order: &'static [u8],
    cjk: &'static [u8],
    names: &'static [u8],
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let count = |at: usize| number(BLOB, at) as usize;
    let (words, names, cjk) = (count(0), count(1), count(2));
    let mut rest = BLOB.get(12..).unwrap_or_default();
    let mut take = |len: usize| {
        let (part, tail) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        rest = tail;
        part
    };
    let word_offsets = take(4 * (words + 1));
    let text_len = (number(word_offsets, words) as usize).next_multiple_of(4);
    Names {
        word_offsets,
        words: take(text_len),
        codes: take(4 * names),
        name_offsets: take(4 * (names + 1)),
        order: take(4 * names),
        cjk: take(8 * cjk),
        names: take(usize::MAX),
    }
});

/// The number at an index of a part.
fn number(part: &[u8], index: usize) -> u32 {
    part.get(4 * index..).and_then(|rest| rest.first_chunk()).map_or(0, |&bytes| u32::from_le_bytes(bytes))
}

fn between<'a>(part: &'a [u8], offsets: &[u8], index: usize) -> &'a [u8] {
    part.get(number(offsets, index) as usize..number(offsets, index + 1) as usize).unwrap_or_default()
}

impl Names {
    fn count(&self) -> usize {
        self.codes.len() / 4
    }

    /// The bytes of the name with this number, one after the other.
    fn bytes(&self, index: usize) -> impl Iterator<Item = u8> + '_ {
        let mut tokens = between(self.names, self.name_offsets, index).iter();
        let mut first = true;
        std::iter::from_fn(move || {
            let word = match *tokens.next()? {
                token @ ..160 => usize::from(token),
                token => usize::from(token - 160) * 256 + usize::from(*tokens.next()?) + 160,
            };
            let gap: &[u8] = if std::mem::take(&mut first) { b"" } else { b" " };
            Some(gap.iter().chain(between(self.words, self.word_offsets, word)).copied())
        })
        .flatten()
    }

    fn is_cjk(&self, code: u32) -> bool {
        (0..self.cjk.len() / 8).any(|i| (number(self.cjk, 2 * i)..=number(self.cjk, 2 * i + 1)).contains(&code))
    }
}

/// A binary search over indices.
fn search(count: usize, compare: impl Fn(usize) -> Ordering) -> Option<usize> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        match compare(middle) {
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
            Ordering::Equal => return Some(middle),
        }
    }
    None
}

/// `unicodedata.name(code)`
pub fn name(code: u32) -> Option<String> {
    if let Some(name) = hangul::name(code) {
        return Some(name);
    }
    let names = &*NAMES;
    if names.is_cjk(code) {
        return Some(format!("{CJK}{code:X}"));
    }
    let index = search(names.count(), |index| number(names.codes, index).cmp(&code))?;
    Some(names.bytes(index).map(char::from).collect())
}

/// The character of a name or of an alias, in any case; named sequences are not among them.
pub fn lookup(name: &[u8]) -> Option<u32> {
    if name.len() > LONGEST || !name.is_ascii() {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let text = std::str::from_utf8(&upper).ok()?;
    if let Some(rest) = text.strip_prefix(HANGUL) {
        return hangul::from_name(rest);
    }
    let names = &*NAMES;
    if let Some(digits) = text.strip_prefix(CJK) {
        let plain =
            matches!(digits.len(), 4 | 5) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return u32::from_str_radix(digits, 16).ok().filter(|&code| plain && names.is_cjk(code));
    }
    if let Some(digits) = text.strip_prefix(TANGUT) {
        let plain = digits.len() == 5 && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_tangut = |code: &u32| matches!(*code, 0x1_7000..=0x1_87F7 | 0x1_8D00..=0x1_8D08);
        return u32::from_str_radix(digits, 16).ok().filter(|code| plain && is_tangut(code));
    }
    let found = search(names.count(), |place| names.bytes(number(names.order, place) as usize).cmp(upper.iter().copied()));
    if let Some(place) = found {
        return Some(number(names.codes, number(names.order, place) as usize));
    }
    let at = ALIASES.binary_search_by_key(&text, |&(alias, _)| alias).ok()?;
    ALIASES.get(at).map(|&(_, code)| code)
}

/// The characters of a named sequence, in any case; `unicodedata.lookup` knows them, `\N{...}` does not.
pub fn lookup_sequence(name: &[u8]) -> Option<&'static [u32]> {
    if name.len() > LONGEST {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let at = SEQUENCES.binary_search_by(|&(sequence, _)| sequence.as_bytes().cmp(&upper)).ok()?;
    SEQUENCES.get(at).map(|&(_, codes)| codes)
}
