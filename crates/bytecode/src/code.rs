//! Code objects and their constants as plain data.
//!
//! Nothing here knows of objects at run time: the compiler produces these values, `marshal` moves them, and the
//! interpreter builds its objects from them.

use std::fmt;
use std::sync::Arc;

/// Text of a program: WTF-8 bytes, that is, UTF-8 that may hold lone surrogates.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Arc<[u8]>);

impl Text {
    /// Wraps bytes that are WTF-8 by contract of the caller.
    pub fn from_wtf8(bytes: impl Into<Arc<[u8]>>) -> Text {
        Text(bytes.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text as UTF-8, unless it holds a surrogate.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Code points, surrogates included.
    pub fn code_points(&self) -> CodePoints<'_> {
        CodePoints { bytes: &self.0 }
    }

    /// CPython interns string constants that consist of ASCII letters, digits and underscores.
    pub fn is_name_like(&self) -> bool {
        self.0.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text(text.as_bytes().into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(text.into_bytes().into())
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

/// Iterator over the code points of WTF-8.
pub struct CodePoints<'a> {
    bytes: &'a [u8],
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (&first, rest) = self.bytes.split_first()?;
        let (extra, mut point) = match first {
            0..=0x7f => (0, u32::from(first)),
            0x80..=0xdf => (1, u32::from(first & 0x1f)),
            0xe0..=0xef => (2, u32::from(first & 0x0f)),
            _ => (3, u32::from(first & 0x07)),
        };
        let taken = extra.min(rest.len());
        let (tail, rest) = rest.split_at(taken);
        for byte in tail {
            point = (point << 6) | u32::from(byte & 0x3f);
        }
        self.bytes = rest;
        Some(point)
    }
}

/// Appends one code point, surrogates included, as WTF-8.
pub fn push_wtf8(out: &mut Vec<u8>, point: u32) {
    let low = |shift: u32| 0x80 | u8::try_from((point >> shift) & 0x3f).unwrap_or(0);
    let lead = |shift: u32, mark: u8| mark | u8::try_from(point >> shift).unwrap_or(0);
    match point {
        0..=0x7f => out.push(lead(0, 0)),
        0x80..=0x7ff => out.extend([lead(6, 0xc0), low(0)]),
        0x800..=0xffff => out.extend([lead(12, 0xe0), low(6), low(0)]),
        _ => out.extend([lead(18, 0xf0), low(12), low(6), low(0)]),
    }
}

/// An integer constant; `Big` only when the value does not fit an `i64`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Int {
    Small(i64),
    /// Little-endian digits of 30 bits, the last one not zero.
    Big {
        negative: bool,
        digits: Arc<[u32]>,
    },
}

impl Int {
    /// Normalises sign and 30-bit digits into the smallest form.
    pub fn from_digits(negative: bool, digits: &[u32]) -> Int {
        let used = digits.iter().rposition(|d| *d != 0).map_or(0, |at| at + 1);
        let digits = digits.get(..used).unwrap_or(digits);
        if digits.len() <= 3 {
            let mut value: i128 = 0;
            for digit in digits.iter().rev() {
                value = (value << 30) | i128::from(*digit);
            }
            if negative {
                value = -value;
            }
            if let Ok(small) = i64::try_from(value) {
                return Int::Small(small);
            }
        }
        Int::Big { negative, digits: digits.into() }
    }

    pub fn is_negative(&self) -> bool {
        match self {
            Int::Small(value) => *value < 0,
            Int::Big { negative, .. } => *negative,
        }
    }

    pub fn is_zero(&self) -> bool {
        matches!(self, Int::Small(0))
    }

    /// Sign and 30-bit digits.
    pub fn to_digits(&self) -> (bool, Vec<u32>) {
        match self {
            Int::Small(value) => {
                let mut rest = value.unsigned_abs();
                let mut digits = Vec::new();
                while rest != 0 {
                    digits.push(u32::try_from(rest & 0x3fff_ffff).unwrap_or(0));
                    rest >>= 30;
                }
                (*value < 0, digits)
            }
            Int::Big { negative, digits } => (*negative, digits.to_vec()),
        }
    }
}

/// A constant of a code object.
#[derive(Clone, Debug)]
pub enum Const {
    None,
    True,
    False,
    Ellipsis,
    Int(Int),
    Float(f64),
    Complex {
        real: f64,
        imag: f64,
    },
    Str(Text),
    Bytes(Arc<[u8]>),
    Tuple(Arc<[Const]>),
    FrozenSet(Arc<[Const]>),
    /// `start`, `stop`, `step`.
    Slice(Arc<[Const; 3]>),
    Code(Arc<Code>),
}

impl Const {
    pub fn int(value: i64) -> Const {
        Const::Int(Int::Small(value))
    }

    pub fn bool(value: bool) -> Const {
        if value { Const::True } else { Const::False }
    }

    pub fn str(text: impl Into<Text>) -> Const {
        Const::Str(text.into())
    }

    pub fn tuple(items: impl Into<Arc<[Const]>>) -> Const {
        Const::Tuple(items.into())
    }

    /// Python's truth of the constant.
    pub fn is_true(&self) -> bool {
        match self {
            Const::None | Const::False => false,
            Const::True | Const::Ellipsis | Const::Slice(_) | Const::Code(_) => true,
            Const::Int(value) => !value.is_zero(),
            Const::Float(value) => *value != 0.0,
            Const::Complex { real, imag } => *real != 0.0 || *imag != 0.0,
            Const::Str(text) => !text.is_empty(),
            Const::Bytes(bytes) => !bytes.is_empty(),
            Const::Tuple(items) | Const::FrozenSet(items) => !items.is_empty(),
        }
    }

    /// The key under which two constants share one entry of `co_consts`.
    pub fn key(&self) -> ConstKey {
        match self {
            Const::None => ConstKey::None,
            Const::True => ConstKey::Bool(true),
            Const::False => ConstKey::Bool(false),
            Const::Ellipsis => ConstKey::Ellipsis,
            Const::Int(value) => ConstKey::Int(value.clone()),
            Const::Float(value) => ConstKey::Float(float_key(*value)),
            Const::Complex { real, imag } => ConstKey::Complex(float_key(*real), float_key(*imag)),
            Const::Str(text) => ConstKey::Str(text.clone()),
            Const::Bytes(bytes) => ConstKey::Bytes(bytes.clone()),
            Const::Tuple(items) => ConstKey::Tuple(items.iter().map(Const::key).collect()),
            Const::FrozenSet(items) => {
                let mut keys: Vec<ConstKey> = items.iter().map(Const::key).collect();
                keys.sort();
                ConstKey::FrozenSet(keys)
            }
            Const::Slice(parts) => ConstKey::Slice(parts.iter().map(Const::key).collect()),
            Const::Code(code) => ConstKey::Code(CodeKey(code.clone())),
        }
    }
}

/// A constant that equals another one where both share one entry of `co_consts`: what [`Const::key`] says, without making the key.
#[derive(Clone, Debug)]
pub struct Unique(pub Const);

impl PartialEq for Unique {
    fn eq(&self, other: &Unique) -> bool {
        is_same(&self.0, &other.0)
    }
}

impl Eq for Unique {}

impl std::hash::Hash for Unique {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        hash_constant(&self.0, state);
    }
}

fn is_same(a: &Const, b: &Const) -> bool {
    let all = |a: &[Const], b: &[Const]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b));
    match (a, b) {
        (Const::None, Const::None)
        | (Const::True, Const::True)
        | (Const::False, Const::False)
        | (Const::Ellipsis, Const::Ellipsis) => true,
        (Const::Int(a), Const::Int(b)) => a == b,
        (Const::Float(a), Const::Float(b)) => float_key(*a) == float_key(*b),
        (Const::Complex { real, imag }, Const::Complex { real: other_real, imag: other_imag }) => {
            float_key(*real) == float_key(*other_real) && float_key(*imag) == float_key(*other_imag)
        }
        (Const::Str(a), Const::Str(b)) => a == b,
        (Const::Bytes(a), Const::Bytes(b)) => a == b,
        (Const::Tuple(a), Const::Tuple(b)) => all(a, b),
        (Const::Slice(a), Const::Slice(b)) => all(&**a, &**b),
        (Const::FrozenSet(_), Const::FrozenSet(_)) | (Const::Code(_), Const::Code(_)) => a.key() == b.key(),
        _ => false,
    }
}

fn hash_constant<H: std::hash::Hasher>(value: &Const, state: &mut H) {
    use std::hash::Hash;
    std::mem::discriminant(value).hash(state);
    match value {
        Const::None | Const::True | Const::False | Const::Ellipsis => {}
        Const::Int(value) => value.hash(state),
        Const::Float(value) => state.write_u64(float_key(*value)),
        Const::Complex { real, imag } => [float_key(*real), float_key(*imag)].hash(state),
        Const::Str(text) => text.hash(state),
        Const::Bytes(bytes) => bytes.hash(state),
        Const::Tuple(items) => items.iter().for_each(|item| hash_constant(item, state)),
        Const::Slice(parts) => parts.iter().for_each(|part| hash_constant(part, state)),
        // Their order does not count.
        Const::FrozenSet(items) => state.write_usize(items.len()),
        Const::Code(code) => (&code.name, code.firstlineno).hash(state),
    }
}

/// Equal only for values of one type that no program can tell apart: `0.0` and `-0.0` differ, as do `1` and `True`.
fn float_key(value: f64) -> u64 {
    value.to_bits()
}

/// Identity of a constant: type-sensitive and sign-of-zero-sensitive.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ConstKey {
    None,
    Ellipsis,
    Bool(bool),
    Int(Int),
    Float(u64),
    Complex(u64, u64),
    Str(Text),
    Bytes(Arc<[u8]>),
    Tuple(Vec<ConstKey>),
    FrozenSet(Vec<ConstKey>),
    Slice(Vec<ConstKey>),
    Code(CodeKey),
}

/// Identity of a code object: all that makes it run and shows its place, but neither file nor qualified name.
#[derive(Clone, Debug)]
pub struct CodeKey(Arc<Code>);

impl CodeKey {
    fn parts_equal(&self, other: &CodeKey) -> bool {
        let (a, b) = (&*self.0, &*other.0);
        let numbers = |code: &Code| [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.flags];
        a.name == b.name
            && numbers(a) == numbers(b)
            && a.firstlineno == b.firstlineno
            && a.code == b.code
            && a.names == b.names
            && a.localsplusnames == b.localsplusnames
            && a.linetable == b.linetable
            && a.exceptiontable == b.exceptiontable
    }
}

impl PartialEq for CodeKey {
    fn eq(&self, other: &CodeKey) -> bool {
        let keys = |code: &CodeKey| code.0.consts.iter().map(Const::key).collect::<Vec<_>>();
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.consts.len() == other.0.consts.len() && self.parts_equal(other) && keys(self) == keys(other))
    }
}

impl Eq for CodeKey {}

impl std::hash::Hash for CodeKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (&self.0.name, self.0.firstlineno, &self.0.code).hash(state);
    }
}

impl PartialOrd for CodeKey {
    fn partial_cmp(&self, other: &CodeKey) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CodeKey {
    /// Any total order; code objects are no members of sets.
    fn cmp(&self, other: &CodeKey) -> std::cmp::Ordering {
        Arc::as_ptr(&self.0).cmp(&Arc::as_ptr(&other.0))
    }
}

impl PartialOrd for Int {
    fn partial_cmp(&self, other: &Int) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Int {
    /// Any total order that agrees with `Eq`; used to sort keys, not numerically.
    fn cmp(&self, other: &Int) -> std::cmp::Ordering {
        self.to_digits().cmp(&other.to_digits())
    }
}

/// A code object as data: the fields of CPython's `code` as `marshal` stores them.
#[derive(Clone, Debug, Default)]
pub struct Code {
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub stacksize: u32,
    /// `CO_*` of [`crate::flags`].
    pub flags: u32,
    /// Code units of two bytes, inline caches zeroed.
    pub code: Vec<u8>,
    pub consts: Vec<Const>,
    pub names: Vec<Text>,
    /// Locals, then cells that are no arguments, then free variables.
    pub localsplusnames: Vec<Text>,
    /// `CO_FAST_*`, one byte for each name.
    pub localspluskinds: Vec<u8>,
    pub filename: Text,
    pub name: Text,
    pub qualname: Text,
    pub firstlineno: i32,
    pub linetable: Vec<u8>,
    pub exceptiontable: Vec<u8>,
}

impl Default for Text {
    fn default() -> Text {
        Text(Arc::new([]))
    }
}

impl Code {
    fn names_of_kind(&self, kind: u8) -> impl Iterator<Item = &Text> {
        self.localsplusnames.iter().zip(&self.localspluskinds).filter(move |(_, k)| **k & kind != 0).map(|(name, _)| name)
    }

    /// `co_varnames`.
    pub fn varnames(&self) -> impl Iterator<Item = &Text> {
        self.names_of_kind(crate::flags::CO_FAST_LOCAL)
    }

    /// `co_cellvars`.
    pub fn cellvars(&self) -> impl Iterator<Item = &Text> {
        self.names_of_kind(crate::flags::CO_FAST_CELL)
    }

    /// `co_freevars`.
    pub fn freevars(&self) -> impl Iterator<Item = &Text> {
        self.names_of_kind(crate::flags::CO_FAST_FREE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_apart_what_programs_can_tell_apart() {
        assert_ne!(Const::Float(0.0).key(), Const::Float(-0.0).key());
        assert_ne!(Const::int(1).key(), Const::True.key());
        assert_ne!(Const::int(1).key(), Const::Float(1.0).key());
        assert_ne!(Const::str("a").key(), Const::Bytes(Arc::from(&b"a"[..])).key());
        let set = |items: &[i64]| Const::FrozenSet(items.iter().map(|i| Const::int(*i)).collect());
        assert_eq!(set(&[1, 2]).key(), set(&[2, 1]).key());
        assert_ne!(Const::tuple([Const::int(1)]).key(), Const::tuple([Const::True]).key());
    }

    #[test]
    fn unique_constants_are_those_of_different_keys() {
        let set = |items: &[i64]| Const::FrozenSet(items.iter().map(|i| Const::int(*i)).collect());
        let all = [
            Const::None,
            Const::True,
            Const::int(1),
            Const::Float(1.0),
            Const::Float(0.0),
            Const::Float(-0.0),
            Const::Float(f64::NAN),
            Const::Complex { real: 0.0, imag: -0.0 },
            Const::Complex { real: 0.0, imag: 0.0 },
            Const::str("a"),
            Const::Bytes(Arc::from(&b"a"[..])),
            set(&[1, 2]),
            set(&[2, 1]),
            set(&[2, 3]),
            Const::tuple([set(&[1, 2])]),
            Const::tuple([set(&[2, 1])]),
            Const::tuple([Const::int(1)]),
            Const::tuple([Const::True]),
            Const::Slice(Arc::new([Const::None, Const::int(1), Const::None])),
            Const::Code(Arc::new(Code::default())),
            Const::Code(Arc::new(Code { stacksize: 1, ..Code::default() })),
        ];
        let hash = |value: &Const| {
            let mut state = std::hash::DefaultHasher::new();
            hash_constant(value, &mut state);
            std::hash::Hasher::finish(&state)
        };
        for a in &all {
            for b in &all {
                assert_eq!(is_same(a, b), a.key() == b.key(), "{a:?} {b:?}");
                assert!(!is_same(a, b) || hash(a) == hash(b));
            }
        }
    }

    #[test]
    fn wide_integers_normalise() {
        assert_eq!(Int::from_digits(true, &[0, 0, 8]), Int::Small(i64::MIN));
        assert!(matches!(Int::from_digits(false, &[0, 0, 8]), Int::Big { .. }));
        assert_eq!(Int::from_digits(true, &[5, 0, 0, 0]), Int::Small(-5));
    }

    #[test]
    fn wtf8_round_trip() {
        let points = [0x41, 0xe9, 0xd800, 0x20ac, 0x1f600];
        let mut bytes = Vec::new();
        points.iter().for_each(|p| push_wtf8(&mut bytes, *p));
        assert_eq!(Text::from_wtf8(bytes).code_points().collect::<Vec<_>>(), points);
    }
}
