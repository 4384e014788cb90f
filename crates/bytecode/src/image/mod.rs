//! Many modules' code in one block of bytes, from which any function can be read without reading the others.
//!
//! The block has two parts of the same form, one behind the other: what each start of a program needs stands together in the first. Numbers of texts and
//! functions go on from the first to the second, which refers to texts of the first too. A part holds words of four bytes, little-endian, then blobs:
//!
//! - header: magic, number of names, of other texts, and of functions, where the texts of the names begin, where those of the others begin,
//!   where the blobs begin, where the line tables begin, and where the next part begins (from the start of the block);
//! - for each name where it starts, relative to the names, with [`ASCII`]; one more gives the end; the same for the other texts;
//! - for each function [`FIELDS`] words;
//! - the names, the other texts, the blobs, the line tables.
//!
//! A function's blob holds `co_code`, the exception table, the kinds of its locals, then numbers of variable length: the
//! texts of its names, the texts of its locals, its constants. Constants are a [`tag`] and its content; a code object among them is
//! the number of a function. The number of a text is twice its index, and one more if it is no name.
//!
//! Texts are shared by the whole image and stand in the order of their first use, so that what one module needs lies together; and what is
//! seldom asked for stands apart, so that a start of the program touches few pages: docstrings and the like, line tables, and the bodies of functions, which
//! come after those of modules and classes.

mod read;
mod write;

pub use read::{Constant, Constants, Function, Image, Sequence};
pub use write::Writer;

const MAGIC: u32 = 0x5470_0003;
/// Words of the header.
const HEADER: usize = 9;
/// Words of a function.
const FIELDS: usize = 14;
/// In the word of a text: it is ASCII.
const ASCII: u32 = 1 << 31;
/// Low bits of a text's word.
const OFFSET: u32 = ASCII - 1;

/// The words of a function, by index.
mod field {
    pub const BLOB: usize = 0;
    pub const NAME: usize = 1;
    pub const QUALNAME: usize = 2;
    pub const FLAGS: usize = 3;
    pub const FIRST_LINE: usize = 4;
    /// `argcount | posonlyargcount << 16`.
    pub const ARGUMENTS: usize = 5;
    /// `kwonlyargcount | stacksize << 16`.
    pub const STACK: usize = 6;
    /// `nlocals | ncellvars << 16`.
    pub const LOCALS: usize = 7;
    /// `nfreevars | nlocalsplus << 16`.
    pub const FREE: usize = 8;
    /// Lengths of the tables.
    pub const CODE: usize = 9;
    pub const LINES: usize = 10;
    pub const HANDLERS: usize = 11;
    /// `names | constants << 16`.
    pub const COUNTS: usize = 12;
    /// Where its line table stands.
    pub const LINES_AT: usize = 13;
}

/// What a constant is.
mod tag {
    pub const NONE: u8 = 0;
    pub const TRUE: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const ELLIPSIS: u8 = 3;
    pub const INT: u8 = 4;
    pub const BIG: u8 = 5;
    pub const FLOAT: u8 = 6;
    pub const COMPLEX: u8 = 7;
    pub const TEXT: u8 = 8;
    pub const BYTES: u8 = 9;
    pub const TUPLE: u8 = 10;
    pub const FROZENSET: u8 = 11;
    pub const SLICE: u8 = 12;
    pub const CODE: u8 = 13;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Const, Int, Text, flags};
    use std::sync::Arc;

    fn inner() -> Code {
        Code {
            argcount: 1,
            stacksize: 3,
            flags: 3,
            code: vec![128, 0, 35, 0],
            consts: vec![Const::str("doc string"), Const::None],
            names: vec!["print".into()],
            localsplusnames: vec!["x".into(), "y".into()],
            localspluskinds: vec![flags::CO_FAST_LOCAL, flags::CO_FAST_FREE],
            name: "f".into(),
            qualname: "C.f".into(),
            firstlineno: 7,
            linetable: vec![1, 2, 3],
            exceptiontable: vec![9],
            ..Code::default()
        }
    }

    #[test]
    fn a_function_comes_back_whole() {
        let surrogate = Text::from_wtf8(vec![0xed, 0xa0, 0x80]);
        let items: Arc<[Const]> = [Const::int(-5), Const::True, Const::Float(0.5), Const::Bytes(Arc::from(&b"ab"[..]))].into();
        let big = Const::Int(Int::Big { negative: true, digits: [1, 2, 3, 4].into() });
        let slice = Const::Slice(Arc::new([Const::None, Const::int(1 << 40), Const::Ellipsis]));
        let outer = Code {
            consts: vec![Const::Code(Arc::new(inner())), Const::Tuple(items), big, slice, Const::Str(surrogate)],
            name: "<module>".into(),
            qualname: "<module>".into(),
            ..Code::default()
        };
        let mut writer = Writer::default();
        let first = writer.add(&inner()).unwrap();
        writer.begin_second_part();
        let second = writer.add(&outer).unwrap();
        let bytes = writer.finish().unwrap();
        let image = Image::new(&bytes);
        let function = image.function(first).unwrap();
        assert_eq!(
            (function.code(), function.linetable(), function.exceptiontable()),
            (&[128, 0, 35, 0][..], &[1, 2, 3][..], &[9][..])
        );
        assert_eq!((function.argcount(), function.stacksize(), function.firstlineno(), function.nfreevars()), (1, 3, 7, 1));
        assert_eq!(image.text(function.qualname()).0, b"C.f");
        let texts =
            |sequence: Sequence<'_>| sequence.map(|id| String::from_utf8(image.text(id).0.to_vec()).unwrap()).collect::<Vec<_>>();
        assert_eq!(
            (texts(function.names()), texts(function.localsplusnames())),
            (vec!["print".to_owned()], vec!["x".to_owned(), "y".to_owned()])
        );
        let mut constants = image.function(second).unwrap().constants();
        let Some(Constant::Code(nested)) = constants.next() else { panic!("no code") };
        assert_eq!(image.text(image.function(nested).unwrap().name()).0, b"f");
        assert!(matches!(constants.next(), Some(Constant::Tuple(4))));
        assert!(matches!(constants.next(), Some(Constant::Int(-5))));
        assert!(matches!(constants.next(), Some(Constant::True)));
        assert!(matches!(constants.next(), Some(Constant::Float(0.5))));
        assert!(matches!(constants.next(), Some(Constant::Bytes(b"ab"))));
        let Some(Constant::Big { negative: true, digits }) = constants.next() else { panic!("no big int") };
        assert_eq!(digits, [1, 2, 3, 4]);
        assert!(matches!(constants.next(), Some(Constant::Slice)));
        assert!(matches!(constants.next(), Some(Constant::None)));
        assert!(matches!(constants.next(), Some(Constant::Int(1_099_511_627_776))));
        assert!(matches!(constants.next(), Some(Constant::Ellipsis)));
        let Some(Constant::Text(id)) = constants.next() else { panic!("no text") };
        assert_eq!(image.text(id).0, [0xed, 0xa0, 0x80]);
    }

    #[test]
    fn damage_is_no_panic() {
        let mut writer = Writer::default();
        writer.add(&inner()).unwrap();
        let bytes = writer.finish().unwrap();
        for cut in 0..bytes.len() {
            let image = Image::new(&bytes[..cut]);
            if let Some(function) = image.function(0) {
                let _ = (function.code(), function.constants().count(), function.names().count(), image.text(function.name()));
            }
        }
    }
}
