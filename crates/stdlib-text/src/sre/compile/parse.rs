//! The text of a pattern to its tree; none for what is wrong, would warn, or is rare.

use super::node::{Greed, Item, Node, Sequence, Width};
use super::{ASCII, DEBUG, DOTALL, IGNORECASE, LOCALE, MULTILINE, TYPES, UNICODE, VERBOSE, op};

/// A whole pattern.
pub struct Parsed {
    pub body: Sequence,
    pub flags: u32,
    /// Group 0 has none.
    pub widths: Vec<Option<Width>>,
    pub names: Vec<(String, usize)>,
}

/// Deeper nesting is left to Python, which has a limit of its own.
const DEEPEST: u32 = 60;

/// Parses a pattern.
pub fn parse(characters: &[u32], is_text: bool, flags: u32) -> Option<Parsed> {
    let mut parser = Parser {
        characters,
        is_text,
        index: 0,
        next: None,
        flags,
        widths: vec![None],
        names: Vec::new(),
        lookbehind_groups: None,
        conditions: Vec::new(),
    };
    parser.advance()?;
    let body = parser.alternatives(flags & VERBOSE != 0, 0)?;
    let flags = fix_flags(parser.flags, is_text)?;
    let known = |group: &usize| *group < parser.widths.len();
    if parser.next.is_some() || !parser.conditions.iter().all(known) {
        return None;
    }
    Some(Parsed { body, flags, widths: parser.widths, names: parser.names })
}

fn fix_flags(flags: u32, is_text: bool) -> Option<u32> {
    if flags & LOCALE != 0 {
        return None;
    }
    match (is_text, flags & ASCII != 0, flags & UNICODE != 0) {
        (true, true, true) | (false, _, true) => None,
        (true, false, _) => Some(flags | UNICODE),
        _ => Some(flags),
    }
}

/// A character, or a backslash with the one behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Plain(u32),
    Escaped(u32),
}

struct Parser<'a> {
    characters: &'a [u32],
    is_text: bool,
    /// Behind `next`.
    index: usize,
    next: Option<Token>,
    flags: u32,
    widths: Vec<Option<Width>>,
    names: Vec<(String, usize)>,
    lookbehind_groups: Option<usize>,
    /// Groups that conditions ask for by number.
    conditions: Vec<usize>,
}

const fn code(character: char) -> u32 {
    character as u32
}

fn plain(character: char) -> Option<Token> {
    Some(Token::Plain(code(character)))
}

fn is_digit(code: u32) -> bool {
    char::from_u32(code).is_some_and(|character| character.is_ascii_digit())
}

fn octal(code: u32) -> Option<u32> {
    char::from_u32(code).and_then(|character| character.to_digit(8))
}

impl Parser<'_> {
    /// Goes to the next token. None: the pattern ends within an escape.
    fn advance(&mut self) -> Option<()> {
        self.next = match self.characters.get(self.index) {
            None => None,
            Some(&first) if first == code('\\') => {
                self.index += 1;
                Some(Token::Escaped(*self.characters.get(self.index)?))
            }
            Some(&first) => Some(Token::Plain(first)),
        };
        self.index += 1;
        Some(())
    }

    fn get(&mut self) -> Option<Token> {
        let token = self.next?;
        self.advance()?;
        Some(token)
    }

    fn eat(&mut self, character: char) -> Option<bool> {
        if self.next == plain(character) {
            self.advance()?;
            return Some(true);
        }
        Some(false)
    }

    fn expect(&mut self, character: char) -> Option<()> {
        self.eat(character)?.then_some(())
    }

    /// Where the next token begins.
    fn tell(&self) -> usize {
        match self.next {
            // `advance` counts one behind the end too.
            None => self.characters.len(),
            Some(Token::Plain(_)) => self.index.saturating_sub(1),
            Some(Token::Escaped(_)) => self.index.saturating_sub(2),
        }
    }

    fn seek(&mut self, index: usize) -> Option<()> {
        self.index = index;
        self.advance()
    }

    fn next_digit(&self) -> Option<u32> {
        match self.next {
            Some(Token::Plain(code)) if is_digit(code) => Some(code - 0x30),
            _ => None,
        }
    }

    /// A name up to the terminator; only ASCII identifiers and decimal numbers are taken here.
    fn name(&mut self, terminator: char) -> Option<String> {
        let mut name = String::new();
        loop {
            match self.get()? {
                Token::Plain(found) if found == code(terminator) => break,
                Token::Plain(found) => name.push(char::from_u32(found).filter(|c| c.is_ascii_alphanumeric() || *c == '_')?),
                Token::Escaped(_) => return None,
            }
        }
        (!name.is_empty()).then_some(name)
    }

    fn identifier(&mut self, terminator: char) -> Option<String> {
        self.name(terminator).filter(|name| !name.starts_with(|first: char| first.is_ascii_digit()))
    }

    fn group_named(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(known, _)| known == name).map(|(_, group)| *group)
    }

    fn is_closed(&self, group: usize) -> bool {
        self.widths.get(group).is_some_and(Option::is_some)
    }

    /// Whether a lookbehind may refer to the group.
    fn check_lookbehind(&self, group: usize) -> Option<()> {
        match self.lookbehind_groups {
            Some(first_inside) if !self.is_closed(group) || group >= first_inside => None,
            _ => Some(()),
        }
    }

    /// `a|b|c`
    fn alternatives(&mut self, mut verbose: bool, nested: u32) -> Option<Sequence> {
        if nested > DEEPEST {
            return None;
        }
        let mut items = Vec::new();
        loop {
            items.push(self.sequence(verbose, nested + 1, nested == 0 && items.is_empty())?);
            if !self.eat('|')? {
                break;
            }
            if nested == 0 {
                verbose = self.flags & VERBOSE != 0;
            }
        }
        if items.len() == 1 {
            return items.pop();
        }
        let mut nodes = Vec::new();
        // What all alternatives begin with stands before them.
        let mut shared = 0;
        while let Some(first) = items.first().and_then(|item| item.nodes.get(shared))
            && items.iter().skip(1).all(|item| item.nodes.get(shared).is_some_and(|node| node.same(first)))
        {
            shared += 1;
        }
        for (index, item) in items.iter_mut().enumerate() {
            let front = item.nodes.drain(..shared);
            if index == 0 {
                nodes.extend(front);
            }
        }
        // Single characters and sets are one set.
        let mut set = Vec::new();
        let all_single = items.iter().all(|item| match item.nodes.as_slice() {
            [Node::Literal(code)] => {
                set.push(Item::Literal(*code));
                true
            }
            [Node::In(members)] if members.first() != Some(&Item::Negate) => {
                set.extend(members.iter().cloned());
                true
            }
            _ => false,
        });
        nodes.push(if all_single { Node::In(unique(set)) } else { Node::Branch(items) });
        Some(Sequence::new(nodes))
    }

    /// A branch: everything up to `|` or `)`.
    fn sequence(&mut self, mut verbose: bool, nested: u32, first: bool) -> Option<Sequence> {
        if nested > DEEPEST {
            return None;
        }
        let mut nodes: Vec<Node> = Vec::new();
        while let Some(token) = self.next {
            if token == Token::Plain(code('|')) || token == Token::Plain(code(')')) {
                break;
            }
            self.advance()?;
            let character = match token {
                Token::Escaped(escaped) => {
                    nodes.push(self.escape(escaped)?);
                    continue;
                }
                Token::Plain(character) => character,
            };
            let shown = char::from_u32(character).unwrap_or('\u{fffd}');
            if verbose && matches!(shown, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}') {
                continue;
            }
            match shown {
                '#' if verbose => {
                    while let Some(token) = self.next {
                        self.advance()?;
                        if token == Token::Plain(code('\n')) {
                            break;
                        }
                    }
                }
                '[' => nodes.push(self.set()?),
                '*' => self.repeat(&mut nodes, 0, op::MAXREPEAT)?,
                '+' => self.repeat(&mut nodes, 1, op::MAXREPEAT)?,
                '?' => self.repeat(&mut nodes, 0, 1)?,
                '{' => match self.bounds()? {
                    Some((min, max)) => self.repeat(&mut nodes, min, max)?,
                    None => nodes.push(Node::Literal(character)),
                },
                '.' => nodes.push(Node::Any),
                '^' => nodes.push(Node::At(op::AT_BEGINNING)),
                '$' => nodes.push(Node::At(op::AT_END)),
                '(' => {
                    let only = first && nodes.is_empty();
                    if let Some(node) = self.group(&mut verbose, nested, only)? {
                        nodes.push(node);
                    }
                }
                _ => nodes.push(Node::Literal(character)),
            }
        }
        Some(Sequence::new(unpacked(nodes)))
    }

    /// `{m,n}` behind its brace; the inner none: it is no repeat, and the brace stands for itself.
    #[allow(clippy::option_option, reason = "the outer none leaves the pattern to Python")]
    fn bounds(&mut self) -> Option<Option<(u32, u32)>> {
        if self.next == plain('}') {
            return Some(None);
        }
        let here = self.tell();
        let low = self.number()?;
        let high = if self.eat(',')? { self.number()? } else { low };
        if !self.eat('}')? {
            self.seek(here)?;
            return Some(None);
        }
        let (min, max) = (low.unwrap_or(0), high.unwrap_or(op::MAXREPEAT));
        (min <= max && low != Some(op::MAXREPEAT) && high != Some(op::MAXREPEAT)).then_some(Some((min, max)))
    }

    /// A decimal number, if one is there.
    #[allow(clippy::option_option, reason = "the outer none leaves the pattern to Python")]
    fn number(&mut self) -> Option<Option<u32>> {
        let mut value: Option<u32> = None;
        while let Some(digit) = self.next_digit() {
            value = Some(value.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
            self.advance()?;
        }
        Some(value)
    }

    /// Repeats the last part.
    fn repeat(&mut self, nodes: &mut Vec<Node>, min: u32, max: u32) -> Option<()> {
        let item = nodes.pop()?;
        if matches!(item, Node::At(_) | Node::Repeat { .. }) {
            return None;
        }
        let body = match item {
            Node::Group { group: None, add: 0, del: 0, body } => body,
            item => Sequence::new(vec![item]),
        };
        let greed = if self.eat('?')? {
            Greed::Lazy
        } else if self.eat('+')? {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        nodes.push(Node::Repeat { greed, min, max, body });
        Some(())
    }

    /// A parenthesis; the inner none: it leaves nothing behind.
    #[allow(clippy::option_option, reason = "the outer none leaves the pattern to Python")]
    fn group(&mut self, verbose: &mut bool, nested: u32, only: bool) -> Option<Option<Node>> {
        let (mut capture, mut atomic, mut name, mut add, mut del) = (true, false, None, 0, 0);
        if self.eat('?')? {
            let Token::Plain(option) = self.get()? else { return None };
            match char::from_u32(option)? {
                'P' => match self.get()? {
                    Token::Plain(next) if next == code('<') => name = Some(self.identifier('>')?),
                    Token::Plain(next) if next == code('=') => {
                        let name = self.identifier(')')?;
                        let group = self.group_named(&name).filter(|group| self.is_closed(*group))?;
                        self.check_lookbehind(group)?;
                        return Some(Some(Node::Backreference(group)));
                    }
                    _ => return None,
                },
                ':' => capture = false,
                '#' => {
                    while self.get()? != Token::Plain(code(')')) {}
                    return Some(None);
                }
                '=' => return self.assertion(*verbose, nested, false, false).map(Some),
                '!' => return self.assertion(*verbose, nested, false, true).map(Some),
                '<' => {
                    let not = match self.get()? {
                        Token::Plain(next) if next == code('=') => false,
                        Token::Plain(next) if next == code('!') => true,
                        _ => return None,
                    };
                    return self.assertion(*verbose, nested, true, not).map(Some);
                }
                '(' => return self.conditional(*verbose, nested).map(Some),
                '>' => (capture, atomic) = (false, true),
                option => match self.inline_flags(option)? {
                    None if !only => return None,
                    None => {
                        *verbose = self.flags & VERBOSE != 0;
                        return Some(None);
                    }
                    Some(flags) => {
                        (add, del) = flags;
                        capture = false;
                    }
                },
            }
        }
        let group = if capture { Some(self.open_group(name)?) } else { None };
        let inner_verbose = (*verbose || add & VERBOSE != 0) && del & VERBOSE == 0;
        let body = self.alternatives(inner_verbose, nested + 1)?;
        self.expect(')')?;
        if let Some(group) = group {
            let width = body.width(&self.widths);
            *self.widths.get_mut(group)? = Some(width);
        }
        Some(Some(if atomic { Node::Atomic(body) } else { Node::Group { group, add, del, body } }))
    }

    fn open_group(&mut self, name: Option<String>) -> Option<usize> {
        let group = self.widths.len();
        self.widths.push(None);
        if let Some(name) = name {
            if self.group_named(&name).is_some() {
                return None;
            }
            self.names.push((name, group));
        }
        Some(group)
    }

    fn assertion(&mut self, verbose: bool, nested: u32, behind: bool, not: bool) -> Option<Node> {
        let outer = self.lookbehind_groups;
        if behind && outer.is_none() {
            self.lookbehind_groups = Some(self.widths.len());
        }
        let body = self.alternatives(verbose, nested + 1)?;
        if behind {
            self.lookbehind_groups = outer;
        }
        self.expect(')')?;
        Some(if not && body.nodes.is_empty() { Node::Failure } else { Node::Assert { behind, not, body } })
    }

    fn conditional(&mut self, verbose: bool, nested: u32) -> Option<Node> {
        let name = self.name(')')?;
        let group = if name.bytes().all(|byte| byte.is_ascii_digit()) {
            let group = name.parse::<usize>().ok().filter(|group| *group > 0 && *group < op::MAXGROUPS as usize)?;
            self.conditions.push(group);
            group
        } else if name.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        } else {
            self.group_named(&name)?
        };
        self.check_lookbehind(group)?;
        let yes = self.sequence(verbose, nested + 1, false)?;
        let no = if self.eat('|')? { Some(self.sequence(verbose, nested + 1, false)?) } else { None };
        self.expect(')')?;
        Some(Node::Conditional { group, yes, no })
    }

    /// Flags behind `(?`; the inner none: they are for the whole pattern, and were set.
    #[allow(clippy::option_option, reason = "the outer none leaves the pattern to Python")]
    fn inline_flags(&mut self, first: char) -> Option<Option<(u32, u32)>> {
        let (mut add, mut del, mut character) = (0, 0, first);
        if character != '-' {
            loop {
                let flag = self.flag(character)?;
                add |= flag;
                if flag & TYPES != 0 && add & TYPES != flag {
                    return None;
                }
                character = self.flag_character()?;
                if matches!(character, ')' | '-' | ':') {
                    break;
                }
            }
        }
        if character == ')' {
            self.flags |= add;
            return Some(None);
        }
        if character == '-' {
            character = self.flag_character()?;
            loop {
                let flag = self.flag(character)?;
                if flag & TYPES != 0 {
                    return None;
                }
                del |= flag;
                character = self.flag_character()?;
                if character == ':' {
                    break;
                }
            }
        }
        ((add | del) & DEBUG == 0 && add & del == 0).then_some(Some((add, del)))
    }

    fn flag_character(&mut self) -> Option<char> {
        match self.get()? {
            Token::Plain(code) => char::from_u32(code),
            Token::Escaped(_) => None,
        }
    }

    /// The flag of a letter that the kind of pattern may have.
    fn flag(&self, character: char) -> Option<u32> {
        match character {
            'i' => Some(IGNORECASE),
            'm' => Some(MULTILINE),
            's' => Some(DOTALL),
            'x' => Some(VERBOSE),
            'a' => Some(ASCII),
            'u' if self.is_text => Some(UNICODE),
            _ => None,
        }
    }

    /// A character set behind its bracket.
    fn set(&mut self) -> Option<Node> {
        if self.next == plain('[') {
            return None;
        }
        let negate = self.eat('^')?;
        let mut set = Vec::new();
        loop {
            let this = self.get()?;
            let low = match this {
                Token::Plain(character) if character == code(']') && !set.is_empty() => break,
                Token::Plain(character) => {
                    let doubled = char::from_u32(character).is_some_and(|c| matches!(c, '-' | '&' | '~' | '|'));
                    if doubled && !set.is_empty() && self.next == Some(this) {
                        return None;
                    }
                    Item::Literal(character)
                }
                Token::Escaped(escaped) => self.class_escape(escaped)?,
            };
            if !self.eat('-')? {
                set.push(low);
                continue;
            }
            let high = match self.get()? {
                Token::Plain(character) if character == code(']') => {
                    set.push(low);
                    set.push(Item::Literal(code('-')));
                    break;
                }
                Token::Plain(character) if character == code('-') => return None,
                Token::Plain(character) => Item::Literal(character),
                Token::Escaped(escaped) => self.class_escape(escaped)?,
            };
            match (low, high) {
                (Item::Literal(low), Item::Literal(high)) if low <= high => set.push(Item::Range(low, high)),
                _ => return None,
            }
        }
        let mut set = unique(set);
        Some(match set.as_slice() {
            [Item::Literal(only)] if negate => Node::NotLiteral(*only),
            [Item::Literal(only)] => Node::Literal(*only),
            _ => {
                if negate {
                    set.insert(0, Item::Negate);
                }
                Node::In(set)
            }
        })
    }

    /// An escape that means a character everywhere.
    fn character_escape(&mut self, escaped: u32) -> Option<u32> {
        match char::from_u32(escaped) {
            Some('x') => self.hexadecimal(2),
            Some('u') if self.is_text => self.hexadecimal(4),
            Some('U') if self.is_text => self.hexadecimal(8).filter(|code| *code <= 0x10_ffff),
            Some('a') => Some(7),
            Some('b') => Some(8),
            Some('f') => Some(12),
            Some('n') => Some(10),
            Some('r') => Some(13),
            Some('t') => Some(9),
            Some('v') => Some(11),
            Some(letter) if letter.is_ascii_alphanumeric() => None,
            _ => Some(escaped),
        }
    }

    fn hexadecimal(&mut self, digits: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..digits {
            let Token::Plain(code) = self.get()? else { return None };
            value = value << 4 | char::from_u32(code)?.to_digit(16)?;
        }
        Some(value)
    }

    /// Up to so many more octal digits.
    fn octal_digits(&mut self, mut value: u32, most: u32) -> Option<u32> {
        for _ in 0..most {
            match self.next {
                Some(Token::Plain(code)) if octal(code).is_some() => value = value << 3 | octal(code)?,
                _ => break,
            }
            self.advance()?;
        }
        Some(value)
    }

    /// An escape within a set.
    fn class_escape(&mut self, escaped: u32) -> Option<Item> {
        if let Some(category) = category(escaped) {
            return Some(Item::Category(category));
        }
        if let Some(digit) = octal(escaped) {
            return self.octal_digits(digit, 2).filter(|code| *code <= 0o377).map(Item::Literal);
        }
        self.character_escape(escaped).map(Item::Literal)
    }

    /// An escape outside of sets.
    fn escape(&mut self, escaped: u32) -> Option<Node> {
        if let Some(category) = category(escaped) {
            return Some(Node::In(vec![Item::Category(category)]));
        }
        match char::from_u32(escaped) {
            Some('A') => return Some(Node::At(op::AT_BEGINNING_STRING)),
            Some('b') => return Some(Node::At(op::AT_BOUNDARY)),
            Some('B') => return Some(Node::At(op::AT_NON_BOUNDARY)),
            Some('z' | 'Z') => return Some(Node::At(op::AT_END_STRING)),
            Some('0') => return self.octal_digits(0, 2).map(Node::Literal),
            Some(digit) if digit.is_ascii_digit() => return self.number_escape(escaped - 0x30),
            _ => {}
        }
        self.character_escape(escaped).map(Node::Literal)
    }

    /// A group, or a character by three octal digits.
    fn number_escape(&mut self, first: u32) -> Option<Node> {
        let mut group = first;
        if let Some(second) = self.next_digit() {
            self.advance()?;
            if first < 8
                && second < 8
                && let Some(third) = self.next_digit().filter(|third| *third < 8)
            {
                self.advance()?;
                let code = first << 6 | second << 3 | third;
                return (code <= 0o377).then_some(Node::Literal(code));
            }
            group = first * 10 + second;
        }
        let group = group as usize;
        if !self.is_closed(group) {
            return None;
        }
        self.check_lookbehind(group)?;
        Some(Node::Backreference(group))
    }
}

/// The category of a letter behind a backslash.
fn category(escaped: u32) -> Option<u32> {
    match char::from_u32(escaped)? {
        'd' => Some(op::CATEGORY_DIGIT),
        'D' => Some(op::CATEGORY_NOT_DIGIT),
        's' => Some(op::CATEGORY_SPACE),
        'S' => Some(op::CATEGORY_NOT_SPACE),
        'w' => Some(op::CATEGORY_WORD),
        'W' => Some(op::CATEGORY_NOT_WORD),
        _ => None,
    }
}

/// The members in their order, each once.
fn unique(set: Vec<Item>) -> Vec<Item> {
    let mut seen = std::collections::HashSet::new();
    set.into_iter().filter(|item| seen.insert(item.clone())).collect()
}

/// The parts, with groups that only hold something together replaced by their content.
fn unpacked(nodes: Vec<Node>) -> Vec<Node> {
    if !nodes.iter().any(|node| matches!(node, Node::Group { group: None, add: 0, del: 0, .. })) {
        return nodes;
    }
    let mut all = Vec::new();
    for node in nodes {
        match node {
            Node::Group { group: None, add: 0, del: 0, body } => all.extend(body.nodes),
            node => all.push(node),
        }
    }
    all
}
