//! Token kinds and tokens.

/// What a token is. Up to [`TokenKind::ErrorToken`] the discriminants are the numbers of CPython's `token` module; keywords follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum TokenKind {
    EndMarker = 0,
    Name,
    Number,
    String,
    Newline,
    Indent,
    Dedent,
    LPar,
    RPar,
    LSqb,
    RSqb,
    Colon,
    Comma,
    Semi,
    Plus,
    Minus,
    Star,
    Slash,
    VBar,
    Amper,
    Less,
    Greater,
    Equal,
    Dot,
    Percent,
    LBrace,
    RBrace,
    EqEqual,
    NotEqual,
    LessEqual,
    GreaterEqual,
    Tilde,
    Circumflex,
    LeftShift,
    RightShift,
    DoubleStar,
    PlusEqual,
    MinEqual,
    StarEqual,
    SlashEqual,
    PercentEqual,
    AmperEqual,
    VBarEqual,
    CircumflexEqual,
    LeftShiftEqual,
    RightShiftEqual,
    DoubleStarEqual,
    DoubleSlash,
    DoubleSlashEqual,
    At,
    AtEqual,
    RArrow,
    Ellipsis,
    ColonEqual,
    Exclamation,
    Op,
    TypeIgnore,
    TypeComment,
    SoftKeyword,
    FStringStart,
    FStringMiddle,
    FStringEnd,
    TStringStart,
    TStringMiddle,
    TStringEnd,
    Comment,
    Nl,
    ErrorToken,

    False,
    None,
    True,
    And,
    As,
    Assert,
    Async,
    Await,
    Break,
    Class,
    Continue,
    Def,
    Del,
    Elif,
    Else,
    Except,
    Finally,
    For,
    From,
    Global,
    If,
    Import,
    In,
    Is,
    Lambda,
    Nonlocal,
    Not,
    Or,
    Pass,
    Raise,
    Return,
    Try,
    While,
    With,
    Yield,
}

impl TokenKind {
    /// The keyword that `text` is, if it is one.
    pub fn keyword(text: &[u8]) -> Option<TokenKind> {
        use TokenKind::*;
        use word::*;
        if !(2..=8).contains(&text.len()) {
            return Option::None;
        }
        let mut word = [0; 8];
        word.get_mut(..text.len())?.copy_from_slice(text);
        Some(match u64::from_le_bytes(word) {
            W_IF => If,
            W_IN => In,
            W_IS => Is,
            W_OR => Or,
            W_AS => As,
            W_AND => And,
            W_DEF => Def,
            W_DEL => Del,
            W_FOR => For,
            W_NOT => Not,
            W_TRY => Try,
            W_NONE => None,
            W_TRUE => True,
            W_ELIF => Elif,
            W_ELSE => Else,
            W_FROM => From,
            W_PASS => Pass,
            W_WITH => With,
            W_FALSE => False,
            W_ASYNC => Async,
            W_AWAIT => Await,
            W_BREAK => Break,
            W_CLASS => Class,
            W_RAISE => Raise,
            W_WHILE => While,
            W_YIELD => Yield,
            W_ASSERT => Assert,
            W_EXCEPT => Except,
            W_GLOBAL => Global,
            W_IMPORT => Import,
            W_LAMBDA => Lambda,
            W_RETURN => Return,
            W_FINALLY => Finally,
            W_CONTINUE => Continue,
            W_NONLOCAL => Nonlocal,
            _ => return Option::None,
        })
    }

    pub fn is_keyword(self) -> bool {
        self > TokenKind::ErrorToken
    }

    /// The number in CPython's `token` module; keywords are names.
    pub fn number(self) -> u8 {
        if self.is_keyword() { TokenKind::Name as u8 } else { self as u8 }
    }

    /// Part of a string literal: its position counts from the line where it began.
    pub(crate) fn is_string_part(self) -> bool {
        use TokenKind::*;
        matches!(self, String | FStringStart | FStringMiddle | FStringEnd | TStringStart | TStringMiddle | TStringEnd)
    }
}

/// The keywords as numbers of their bytes.
mod word {
    const fn word(text: &[u8]) -> u64 {
        let mut word = 0;
        let mut at = text.len();
        while at > 0 {
            at -= 1;
            word = (word << 8) | text[at] as u64;
        }
        word
    }

    pub(super) const W_IF: u64 = word(b"if");
    pub(super) const W_IN: u64 = word(b"in");
    pub(super) const W_IS: u64 = word(b"is");
    pub(super) const W_OR: u64 = word(b"or");
    pub(super) const W_AS: u64 = word(b"as");
    pub(super) const W_AND: u64 = word(b"and");
    pub(super) const W_DEF: u64 = word(b"def");
    pub(super) const W_DEL: u64 = word(b"del");
    pub(super) const W_FOR: u64 = word(b"for");
    pub(super) const W_NOT: u64 = word(b"not");
    pub(super) const W_TRY: u64 = word(b"try");
    pub(super) const W_NONE: u64 = word(b"None");
    pub(super) const W_TRUE: u64 = word(b"True");
    pub(super) const W_ELIF: u64 = word(b"elif");
    pub(super) const W_ELSE: u64 = word(b"else");
    pub(super) const W_FROM: u64 = word(b"from");
    pub(super) const W_PASS: u64 = word(b"pass");
    pub(super) const W_WITH: u64 = word(b"with");
    pub(super) const W_FALSE: u64 = word(b"False");
    pub(super) const W_ASYNC: u64 = word(b"async");
    pub(super) const W_AWAIT: u64 = word(b"await");
    pub(super) const W_BREAK: u64 = word(b"break");
    pub(super) const W_CLASS: u64 = word(b"class");
    pub(super) const W_RAISE: u64 = word(b"raise");
    pub(super) const W_WHILE: u64 = word(b"while");
    pub(super) const W_YIELD: u64 = word(b"yield");
    pub(super) const W_ASSERT: u64 = word(b"assert");
    pub(super) const W_EXCEPT: u64 = word(b"except");
    pub(super) const W_GLOBAL: u64 = word(b"global");
    pub(super) const W_IMPORT: u64 = word(b"import");
    pub(super) const W_LAMBDA: u64 = word(b"lambda");
    pub(super) const W_RETURN: u64 = word(b"return");
    pub(super) const W_FINALLY: u64 = word(b"finally");
    pub(super) const W_CONTINUE: u64 = word(b"continue");
    pub(super) const W_NONLOCAL: u64 = word(b"nonlocal");
}

/// A token. Columns are UTF-8 bytes from the line's start, or -1 where CPython's tokenizer gives no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    /// Open brackets after this token.
    pub level: u16,
    /// Byte offsets of the text in the source.
    pub start: u32,
    pub end: u32,
    pub lineno: i32,
    pub col_offset: i32,
    pub end_lineno: i32,
    pub end_col_offset: i32,
}
