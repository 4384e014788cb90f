//! The `marshal` format, version 5: a reader that builds any kind of value, and a writer.
//!
//! [`read`] calls a [`Builder`], so an interpreter makes its objects directly; [`ConstBuilder`] makes [`Const`]s. The
//! primitives of [`write::Output`] serve writers over other values. Damaged input is an error, never a panic: depth,
//! sizes and references are checked.

mod read;
mod write;

pub use read::{Builder, CodeParts, ConstBuilder, Input, Options, read, read_const};
pub use write::{Output, WriteError, write_const};

/// The format's newest version: 3 brought references, 4 short tuples and ASCII strings, 5 slices.
pub const VERSION: i32 = 5;
/// Nesting deeper than this is refused by reader and writer.
pub const MAX_DEPTH: usize = 2000;

/// Type codes, each one byte in front of a value; `FLAG_REF` may be added.
pub mod tag {
    pub const NULL: u8 = b'0';
    pub const NONE: u8 = b'N';
    pub const FALSE: u8 = b'F';
    pub const TRUE: u8 = b'T';
    pub const STOPITER: u8 = b'S';
    pub const ELLIPSIS: u8 = b'.';
    pub const INT: u8 = b'i';
    /// Written by old versions only.
    pub const INT64: u8 = b'I';
    pub const BINARY_FLOAT: u8 = b'g';
    pub const FLOAT: u8 = b'f';
    pub const BINARY_COMPLEX: u8 = b'y';
    pub const COMPLEX: u8 = b'x';
    pub const LONG: u8 = b'l';
    pub const STRING: u8 = b's';
    pub const INTERNED: u8 = b't';
    pub const REF: u8 = b'r';
    pub const TUPLE: u8 = b'(';
    pub const SMALL_TUPLE: u8 = b')';
    pub const LIST: u8 = b'[';
    pub const DICT: u8 = b'{';
    pub const CODE: u8 = b'c';
    pub const UNICODE: u8 = b'u';
    pub const SET: u8 = b'<';
    pub const FROZENSET: u8 = b'>';
    pub const SLICE: u8 = b':';
    pub const ASCII: u8 = b'a';
    pub const ASCII_INTERNED: u8 = b'A';
    pub const SHORT_ASCII: u8 = b'z';
    pub const SHORT_ASCII_INTERNED: u8 = b'Z';
    /// The value gets the next reference number.
    pub const FLAG_REF: u8 = 0x80;
}

/// Why input is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// `EOFError`: a value was expected.
    Eof,
    /// `EOFError`: the input ends inside a value.
    TooShort,
    /// `TypeError`: a null inside the named container.
    Null(&'static str),
    /// `ValueError`: `bad marshal data (…)`.
    Bad(&'static str),
    /// `ValueError`: nesting beyond [`MAX_DEPTH`].
    Depth,
    /// `ValueError`: code objects are not allowed here.
    CodeDisallowed,
    /// `MemoryError`.
    Memory,
}

impl ReadError {
    /// CPython's text for this error.
    pub fn message(self) -> String {
        match self {
            ReadError::Eof => "EOF read where object expected".to_owned(),
            ReadError::TooShort => "marshal data too short".to_owned(),
            ReadError::Null(place) => format!("NULL object in marshal data for {place}"),
            ReadError::Bad(what) => format!("bad marshal data ({what})"),
            ReadError::Depth => "recursion limit exceeded".to_owned(),
            ReadError::CodeDisallowed => "unmarshalling code objects is disallowed".to_owned(),
            ReadError::Memory => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Code, Const, Int, Text};
    use std::sync::Arc;

    fn round_trip(value: &Const) -> Const {
        let mut out = Vec::new();
        write_const(value, VERSION, &mut out).unwrap();
        read_const(&out, Options::default()).unwrap()
    }

    #[test]
    fn constants_round_trip() {
        let big = Int::from_digits(true, &[1, 2, 0x3fff_ffff, 7]);
        let shared = Const::str("shared text");
        let value = Const::tuple([
            Const::None,
            Const::True,
            Const::Ellipsis,
            Const::int(-5),
            Const::int(i64::MIN),
            Const::Int(big),
            Const::Float(-0.0),
            Const::Complex { real: 1.5, imag: -2.5 },
            shared.clone(),
            shared,
            Const::str("é"),
            Const::Str(Text::from_wtf8(&b"\xed\xa0\x80"[..])),
            Const::Bytes(Arc::from(&b"\0\xff"[..])),
            Const::FrozenSet(Arc::new([Const::int(1)])),
            Const::Slice(Arc::new([Const::None, Const::int(2), Const::None])),
        ]);
        assert_eq!(round_trip(&value).key(), value.key());
    }

    #[test]
    fn code_round_trips() {
        let code = Code {
            argcount: 1,
            flags: 3,
            code: vec![1, 2, 3, 4],
            consts: vec![Const::None],
            names: vec!["a".into(), "b".into()],
            localsplusnames: vec!["x".into()],
            localspluskinds: vec![0x26],
            filename: "f.py".into(),
            name: "f".into(),
            qualname: "c.f".into(),
            firstlineno: 7,
            linetable: vec![0x80, 0],
            ..Code::default()
        };
        let Const::Code(back) = round_trip(&Const::Code(Arc::new(code.clone()))) else { panic!() };
        assert_eq!(format!("{back:?}"), format!("{code:?}"));
    }

    #[test]
    fn damaged_input_is_an_error() {
        let bad = |bytes: &[u8]| read_const(bytes, Options::default()).unwrap_err();
        assert_eq!(bad(b""), ReadError::Eof);
        assert_eq!(bad(b"s\xff\xff\xff\x7f"), ReadError::TooShort);
        assert_eq!(bad(b"s\xff\xff\xff\xff"), ReadError::Bad("bytes object size out of range"));
        assert_eq!(bad(b"(\xff\xff\xff\x7f"), ReadError::Eof);
        assert_eq!(bad(b"r\0\0\0\0"), ReadError::Bad("invalid reference"));
        assert_eq!(bad(b"?"), ReadError::Bad("unknown type code"));
        assert_eq!(bad(b")\x010"), ReadError::Null("tuple"));
        assert_eq!(bad(&b")\x01".repeat(5000)), ReadError::Depth);
        assert_eq!(bad(b"\xa9\x01r\0\0\0\0"), ReadError::Bad("invalid reference"));
    }
}
