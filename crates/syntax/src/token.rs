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
        TokenKind::keyword_at(text, text.len())
    }

    /// The keyword that the first `length` bytes of `text` are, if they are one.
    #[inline]
    pub(crate) fn keyword_at(text: &[u8], length: usize) -> Option<TokenKind> {
        if !(2..=8).contains(&length) {
            return Option::None;
        }
        let word = match text.first_chunk::<8>() {
            Some(word) => u64::from_le_bytes(*word) & (u64::MAX >> (64 - 8 * length)),
            None => word::word(text.get(..length)?),
        };
        let mut at = word::slot(word);
        loop {
            match word::TABLE.get(at)? {
                (0, _) => return Option::None,
                (found, kind) if *found == word => return Some(*kind),
                _ => at = (at + 1) % word::SLOTS,
            }
        }
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
    use super::TokenKind;

    pub(super) const fn word(text: &[u8]) -> u64 {
        let mut word = 0;
        let mut at = text.len();
        while at > 0 {
            at -= 1;
            word = (word << 8) | text[at] as u64;
        }
        word
    }

    const KEYWORDS: [(&[u8], TokenKind); 35] = [
        (b"if", TokenKind::If),
        (b"in", TokenKind::In),
        (b"is", TokenKind::Is),
        (b"or", TokenKind::Or),
        (b"as", TokenKind::As),
        (b"and", TokenKind::And),
        (b"def", TokenKind::Def),
        (b"del", TokenKind::Del),
        (b"for", TokenKind::For),
        (b"not", TokenKind::Not),
        (b"try", TokenKind::Try),
        (b"None", TokenKind::None),
        (b"True", TokenKind::True),
        (b"elif", TokenKind::Elif),
        (b"else", TokenKind::Else),
        (b"from", TokenKind::From),
        (b"pass", TokenKind::Pass),
        (b"with", TokenKind::With),
        (b"False", TokenKind::False),
        (b"async", TokenKind::Async),
        (b"await", TokenKind::Await),
        (b"break", TokenKind::Break),
        (b"class", TokenKind::Class),
        (b"raise", TokenKind::Raise),
        (b"while", TokenKind::While),
        (b"yield", TokenKind::Yield),
        (b"assert", TokenKind::Assert),
        (b"except", TokenKind::Except),
        (b"global", TokenKind::Global),
        (b"import", TokenKind::Import),
        (b"lambda", TokenKind::Lambda),
        (b"return", TokenKind::Return),
        (b"finally", TokenKind::Finally),
        (b"continue", TokenKind::Continue),
        (b"nonlocal", TokenKind::Nonlocal),
    ];

    pub(super) const SLOTS: usize = 128;

    /// Where the search for a word begins.
    #[inline]
    pub(super) const fn slot(word: u64) -> usize {
        (word.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 57) as usize
    }

    /// The keywords by their slots, in open addressing; 0 is no keyword.
    pub(super) static TABLE: [(u64, TokenKind); SLOTS] = {
        let mut table = [(0, TokenKind::Name); SLOTS];
        let mut next = 0;
        while next < KEYWORDS.len() {
            let (text, kind) = KEYWORDS[next];
            let mut at = slot(word(text));
            while table[at].0 != 0 {
                at = (at + 1) % SLOTS;
            }
            table[at] = (word(text), kind);
            next += 1;
        }
        table
    };
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

impl Token {
    /// What stands past the last token.
    pub(crate) const END: Token = Token {
        kind: TokenKind::EndMarker,
        level: 0,
        start: 0,
        end: 0,
        lineno: 0,
        col_offset: -1,
        end_lineno: 0,
        end_col_offset: -1,
    };
}
