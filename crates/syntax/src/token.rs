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
        if !(2..=8).contains(&text.len()) {
            return Option::None;
        }
        Some(match text {
            b"if" => If,
            b"in" => In,
            b"is" => Is,
            b"or" => Or,
            b"as" => As,
            b"and" => And,
            b"def" => Def,
            b"del" => Del,
            b"for" => For,
            b"not" => Not,
            b"try" => Try,
            b"None" => None,
            b"True" => True,
            b"elif" => Elif,
            b"else" => Else,
            b"from" => From,
            b"pass" => Pass,
            b"with" => With,
            b"False" => False,
            b"async" => Async,
            b"await" => Await,
            b"break" => Break,
            b"class" => Class,
            b"raise" => Raise,
            b"while" => While,
            b"yield" => Yield,
            b"assert" => Assert,
            b"except" => Except,
            b"global" => Global,
            b"import" => Import,
            b"lambda" => Lambda,
            b"return" => Return,
            b"finally" => Finally,
            b"continue" => Continue,
            b"nonlocal" => Nonlocal,
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
