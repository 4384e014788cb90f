//! Tokens of content: pure functions over UTF-8, which take one token or say what is missing.

use super::errors::{BAD_CHAR_REF, DUPLICATE_ATTRIBUTE, INVALID_TOKEN};

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The text ends in the middle of one.
    More,
    /// An error at so many bytes.
    Bad(i32, usize),
}

/// An attribute as it is written.
#[derive(Debug, Clone)]
pub struct RawAttribute {
    pub name: String,
    /// The value between its quotes, references not resolved.
    pub value: String,
}

/// One token of content.
#[derive(Debug, Clone)]
pub enum Token {
    /// Text without markup; line ends are tokens of their own.
    Chars(String),
    Newline,
    Start {
        name: String,
        attributes: Vec<RawAttribute>,
        empty: bool,
    },
    End {
        name: String,
    },
    Comment(String),
    Instruction {
        target: String,
        data: String,
    },
    CdataStart,
    CharRef(char),
    EntityRef(String),
}

pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether a character may be in a document at all.
pub fn is_char(code: char) -> bool {
    matches!(code, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn is_name_start(code: char) -> bool {
    matches!(code,
        ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}' | '\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}')
}

fn is_name_char(code: char) -> bool {
    is_name_start(code) || matches!(code, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}' | '\u{2040}')
}

/// A place in a text.
pub struct Cursor<'a> {
    pub text: &'a str,
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Cursor { text, at: 0 }
    }

    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub fn peek(&self) -> Result<char, Stop> {
        self.rest().chars().next().ok_or(Stop::More)
    }

    pub fn bad(&self) -> Stop {
        Stop::Bad(INVALID_TOKEN, self.at)
    }

    pub fn eat(&mut self, text: &str) -> Result<bool, Stop> {
        let rest = self.rest();
        if rest.starts_with(text) {
            self.at += text.len();
            return Ok(true);
        }
        if text.starts_with(rest) { Err(Stop::More) } else { Ok(false) }
    }

    pub fn expect(&mut self, text: &str) -> Result<(), Stop> {
        for wanted in text.chars() {
            if self.peek()? != wanted {
                return Err(self.bad());
            }
            self.at += wanted.len_utf8();
        }
        Ok(())
    }

    /// Skips spaces; says whether there were any.
    pub fn spaces(&mut self) -> bool {
        let start = self.at;
        while self.text.as_bytes().get(self.at).copied().is_some_and(is_space) {
            self.at += 1;
        }
        self.at > start
    }

    /// A name. One that ends with the text may go on.
    pub fn name(&mut self) -> Result<&'a str, Stop> {
        let start = self.at;
        if !is_name_start(self.peek()?) {
            return Err(self.bad());
        }
        self.name_token(start)
    }

    /// A name or a token of name characters.
    pub fn name_token(&mut self, start: usize) -> Result<&'a str, Stop> {
        loop {
            let code = self.peek()?;
            if !is_name_char(code) {
                break;
            }
            self.at += code.len_utf8();
        }
        if self.at == start { Err(self.bad()) } else { Ok(self.text.get(start..self.at).unwrap_or_default()) }
    }

    /// Everything up to `end`, which is taken too; each character must be allowed.
    pub fn until(&mut self, end: &str) -> Result<&'a str, Stop> {
        let start = self.at;
        let found = self.rest().find(end);
        let stop = found.map_or(self.text.len(), |found| start + found);
        let content = self.text.get(start..stop).unwrap_or_default();
        if let Some((index, _)) = content.char_indices().find(|(_, code)| !is_char(*code)) {
            return Err(Stop::Bad(INVALID_TOKEN, start + index));
        }
        if found.is_none() {
            return Err(Stop::More);
        }
        self.at = stop + end.len();
        Ok(content)
    }

    /// A quoted literal, without its quotes.
    pub fn literal(&mut self) -> Result<&'a str, Stop> {
        let quote = match self.peek()? {
            '"' => "\"",
            '\'' => "'",
            _ => return Err(self.bad()),
        };
        self.at += 1;
        self.until(quote)
    }
}

/// A reference, behind its `&`.
fn reference(cursor: &mut Cursor<'_>) -> Result<Token, Stop> {
    let start = cursor.at;
    if !cursor.eat("#")? {
        let name = cursor.name()?.to_owned();
        cursor.expect(";")?;
        return Ok(Token::EntityRef(name));
    }
    let radix = if cursor.eat("x")? { 16 } else { 10 };
    let digits = cursor.at;
    while cursor.peek()?.is_digit(radix) {
        cursor.at += 1;
    }
    if cursor.at == digits {
        return Err(cursor.bad());
    }
    let number = u32::from_str_radix(cursor.text.get(digits..cursor.at).unwrap_or_default(), radix).ok();
    cursor.expect(";")?;
    match number.and_then(char::from_u32).filter(|code| is_char(*code)) {
        Some(code) => Ok(Token::CharRef(code)),
        None => Err(Stop::Bad(BAD_CHAR_REF, start.saturating_sub(1))),
    }
}

/// The reference at the start of `text`, which begins with `&`: the token and its length.
pub fn parse_reference(text: &str) -> Result<(Token, usize), Stop> {
    let mut cursor = Cursor { text, at: 1 };
    let token = reference(&mut cursor)?;
    Ok((token, cursor.at))
}

/// Looks at an attribute value: `<` is not allowed, references must be well formed.
fn check_value(value: &str, start: usize) -> Result<(), Stop> {
    for (index, code) in value.char_indices() {
        match code {
            '<' => return Err(Stop::Bad(INVALID_TOKEN, start + index)),
            '&' => match parse_reference(value.get(index..).unwrap_or_default()) {
                Ok(_) => {}
                Err(Stop::Bad(code, at)) => return Err(Stop::Bad(code, start + index + at)),
                Err(Stop::More) => return Err(Stop::Bad(INVALID_TOKEN, start + value.len())),
            },
            _ => {}
        }
    }
    Ok(())
}

fn start_tag(cursor: &mut Cursor<'_>) -> Result<Token, Stop> {
    let name = cursor.name()?.to_owned();
    let mut attributes: Vec<RawAttribute> = Vec::new();
    loop {
        let spaced = cursor.spaces();
        match cursor.peek()? {
            '>' => {
                cursor.at += 1;
                return Ok(Token::Start { name, attributes, empty: false });
            }
            '/' => {
                cursor.at += 1;
                cursor.expect(">")?;
                return Ok(Token::Start { name, attributes, empty: true });
            }
            _ if !spaced => return Err(cursor.bad()),
            _ => {}
        }
        let at = cursor.at;
        let attribute = cursor.name()?.to_owned();
        cursor.spaces();
        cursor.expect("=")?;
        cursor.spaces();
        let start = cursor.at + 1;
        let value = cursor.literal()?;
        check_value(value, start)?;
        if attributes.iter().any(|other| other.name == attribute) {
            return Err(Stop::Bad(DUPLICATE_ATTRIBUTE, at));
        }
        attributes.push(RawAttribute { name: attribute, value: value.to_owned() });
    }
}

fn comment(cursor: &mut Cursor<'_>) -> Result<Token, Stop> {
    let content = cursor.until("--")?.to_owned();
    cursor.expect(">")?;
    Ok(Token::Comment(content))
}

/// A processing instruction behind its `<?`.
pub fn instruction(cursor: &mut Cursor<'_>) -> Result<Token, Stop> {
    let target = cursor.name()?.to_owned();
    if !cursor.spaces() {
        if cursor.eat("?>")? {
            return Ok(Token::Instruction { target, data: String::new() });
        }
        return Err(cursor.bad());
    }
    let data = cursor.until("?>")?.to_owned();
    Ok(Token::Instruction { target, data })
}

/// Markup that begins with `<`. `in_content` allows what only elements contain.
pub fn markup(text: &str, in_content: bool) -> Result<(Token, usize), Stop> {
    let mut cursor = Cursor { text, at: 1 };
    let token = match cursor.peek()? {
        '!' => {
            cursor.at += 1;
            match cursor.peek()? {
                '-' => {
                    cursor.expect("--")?;
                    comment(&mut cursor)?
                }
                '[' if in_content => {
                    cursor.expect("[CDATA[")?;
                    Token::CdataStart
                }
                _ => return Err(cursor.bad()),
            }
        }
        '?' => {
            cursor.at += 1;
            instruction(&mut cursor)?
        }
        '/' if in_content => {
            cursor.at += 1;
            let name = cursor.name()?.to_owned();
            cursor.spaces();
            cursor.expect(">")?;
            Token::End { name }
        }
        _ => start_tag(&mut cursor)?,
    };
    Ok((token, cursor.at))
}

/// The line end at the start of `text`: its length, none where a carriage return may go on.
fn newline(text: &str, whole: bool) -> Result<(Token, usize), Stop> {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => Ok((Token::Newline, 2)),
        [b'\r'] if !whole => Err(Stop::More),
        _ => Ok((Token::Newline, 1)),
    }
}

/// The next token of content; none at the end. `whole` says that no more text follows.
pub fn content(text: &str, whole: bool) -> Result<Option<(Token, usize)>, Stop> {
    let Some(first) = text.as_bytes().first() else { return Ok(None) };
    match first {
        b'<' => return markup(text, true).map(Some),
        b'&' => return parse_reference(text).map(Some),
        b'\r' | b'\n' => return newline(text, whole).map(Some),
        _ => {}
    }
    let mut end = text.len();
    for (index, code) in text.char_indices() {
        match code {
            '<' | '&' | '\r' | '\n' => {
                end = index;
                break;
            }
            ']' => {
                let rest = text.get(index..).unwrap_or_default();
                if rest.starts_with("]]>") {
                    if index > 0 {
                        end = index;
                        break;
                    }
                    return Err(Stop::Bad(INVALID_TOKEN, index + 2));
                }
                if !whole && "]]>".starts_with(rest) {
                    end = index;
                    break;
                }
            }
            code if !is_char(code) => {
                if index == 0 {
                    return Err(Stop::Bad(INVALID_TOKEN, 0));
                }
                end = index;
                break;
            }
            _ => {}
        }
    }
    if end == 0 {
        return Err(Stop::More);
    }
    Ok(Some((Token::Chars(text.get(..end).unwrap_or_default().to_owned()), end)))
}

/// The next token inside a CDATA section: text, a line end, or none for the section's end, with its length.
pub fn cdata(text: &str) -> Result<(Option<Token>, usize), Stop> {
    let Some(first) = text.as_bytes().first() else { return Err(Stop::More) };
    if text.starts_with("]]>") {
        return Ok((None, 3));
    }
    if matches!(first, b'\r' | b'\n') {
        return newline(text, false).map(|(token, length)| (Some(token), length));
    }
    let mut end = text.len();
    for (index, code) in text.char_indices() {
        let rest = text.get(index..).unwrap_or_default();
        if matches!(code, '\r' | '\n') || code == ']' && (rest.starts_with("]]>") || "]]>".starts_with(rest)) {
            end = index;
            break;
        }
        if !is_char(code) {
            if index == 0 {
                return Err(Stop::Bad(INVALID_TOKEN, 0));
            }
            end = index;
            break;
        }
    }
    if end == 0 {
        return Err(Stop::More);
    }
    Ok((Some(Token::Chars(text.get(..end).unwrap_or_default().to_owned())), end))
}
