//! Random sentences of the grammar by which errors are found, its rules for wrong source included.

use crate::random::Random;
use std::collections::HashMap;

const GRAMMAR: &str = include_str!("../../../syntax/src/diagnose/grammar.txt");

enum Item {
    /// Text as it stands.
    Text(String),
    /// A kind of token: NAME, NUMBER, …
    Kind(String),
    Rule(String),
    Group(Vec<Vec<Item>>),
    /// `least` of it or more, with something between.
    Repeat {
        item: Box<Item>,
        between: Option<Box<Item>>,
        least: usize,
    },
    Optional(Box<Item>),
    Nothing,
}

pub struct Grammar {
    rules: HashMap<String, (Vec<Vec<Item>>, Vec<usize>)>,
    names: Vec<String>,
    words: Vec<&'static str>,
}

/// How deep the shallowest sentence of something is that has no end.
const ENDLESS: usize = 1000;

impl Grammar {
    pub fn new() -> Grammar {
        let mut rules: Vec<(String, Vec<Vec<Item>>)> = Vec::new();
        let mut texts: Vec<String> = Vec::new();
        for line in GRAMMAR.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            match texts.last_mut() {
                Some(text) if line.starts_with(' ') => {
                    text.push(' ');
                    text.push_str(line.trim());
                }
                _ => texts.push(line.to_owned()),
            }
        }
        for text in &texts {
            let Some((name, body)) = text.split_once(':') else { continue };
            let name = name.split(['!', '(', ' ']).next().unwrap_or(name);
            let body = body.trim().trim_start_matches('|');
            let mut reader = Reader { text: body, at: 0 };
            rules.push((name.to_owned(), reader.alternatives()));
        }
        let names = rules.iter().map(|(name, _)| name.clone()).collect();
        let mut grammar = Grammar { rules: HashMap::new(), names, words: WORDS.to_vec() };
        grammar.rules = rules
            .into_iter()
            .map(|(name, alternatives)| {
                let depths = vec![ENDLESS; alternatives.len()];
                (name, (alternatives, depths))
            })
            .collect();
        grammar.measure();
        grammar
    }

    /// Finds how deep the shallowest sentence of each alternative is.
    fn measure(&mut self) {
        for _ in 0..60 {
            for name in &self.names {
                let Some((alternatives, _)) = self.rules.get(name) else { continue };
                let depths = alternatives.iter().map(|items| self.depth_of_row(items)).collect();
                if let Some(rule) = self.rules.get_mut(name) {
                    rule.1 = depths;
                }
            }
        }
    }

    fn depth_of_row(&self, items: &[Item]) -> usize {
        if items.iter().any(|item| matches!(item, Item::Rule(name) if name.starts_with("invalid_"))) {
            return ENDLESS - 1;
        }
        items.iter().map(|item| self.depth(item)).max().unwrap_or(0)
    }

    fn depth(&self, item: &Item) -> usize {
        match item {
            Item::Text(_) | Item::Kind(_) | Item::Optional(_) | Item::Nothing => 0,
            Item::Rule(name) => {
                self.rules.get(name).and_then(|rule| rule.1.iter().min()).map_or(ENDLESS, |depth| (depth + 1).min(ENDLESS))
            }
            Item::Group(alternatives) => alternatives.iter().map(|row| self.depth_of_row(row)).min().unwrap_or(0),
            Item::Repeat { item, least, .. } => {
                if *least == 0 {
                    0
                } else {
                    self.depth(item)
                }
            }
        }
    }

    /// A sentence of some rule, most often of a whole file.
    pub fn sentence(&self, random: &mut Random, words: &[Vec<u8>], out: &mut Vec<u8>) {
        let mut writer = Writer { grammar: self, random, words, out, indent: 0, quotes: Vec::new(), budget: 0 };
        writer.budget = 20 + writer.random.below(60);
        let depth = 6 + writer.random.below(14);
        let rule = match writer.random.below(8) {
            0..3 => "statements",
            3 => "statement",
            4 => "star_expressions",
            _ => {
                let index = writer.random.below(self.names.len());
                self.names.get(index).map_or("statements", String::as_str)
            }
        };
        writer.rule(rule, depth);
    }
}

struct Writer<'a> {
    grammar: &'a Grammar,
    random: &'a mut Random,
    /// Words of real programs.
    words: &'a [Vec<u8>],
    out: &'a mut Vec<u8>,
    indent: usize,
    quotes: Vec<&'static str>,
    /// Items that may still be written freely.
    budget: usize,
}

impl Writer<'_> {
    fn rule(&mut self, name: &str, depth: usize) {
        let Some((alternatives, depths)) = self.grammar.rules.get(name) else { return };
        let chosen = if depth == 0 || self.budget == 0 {
            let least = depths.iter().min().copied().unwrap_or(0);
            depths.iter().rposition(|depth| *depth == least).unwrap_or(0)
        } else {
            self.random.below(alternatives.len())
        };
        if let Some(row) = alternatives.get(chosen).filter(|_| depths.get(chosen).is_some_and(|depth| *depth < ENDLESS)) {
            self.row(row, depth.saturating_sub(1));
        }
    }

    fn row(&mut self, items: &[Item], depth: usize) {
        items.iter().for_each(|item| self.item(item, depth));
    }

    fn item(&mut self, item: &Item, depth: usize) {
        self.budget = self.budget.saturating_sub(1);
        match item {
            Item::Nothing => {}
            Item::Text(text) => self.text(text.as_bytes()),
            Item::Kind(kind) => self.kind(kind),
            Item::Rule(name) => self.rule(name, depth),
            Item::Group(rows) => {
                if let Some(row) = rows.get(self.random.below(rows.len())) {
                    self.row(row, depth);
                }
            }
            Item::Optional(item) => {
                if self.budget > 0 && depth > 0 && self.random.one_in(2) {
                    self.item(item, depth);
                }
            }
            Item::Repeat { item, between, least } => {
                let more = if self.budget > 0 && depth > 0 { self.random.below(3) } else { 0 };
                for index in 0..least + more {
                    if let (Some(between), true) = (between, index > 0) {
                        self.item(between, depth);
                    }
                    self.item(item, depth);
                }
            }
        }
    }

    fn text(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        if !self.random.one_in(16) {
            self.out.push(b' ');
        }
    }

    fn kind(&mut self, kind: &str) {
        match kind {
            "NAME" => {
                if self.random.one_in(12)
                    && let Some(word) = self.words.get(self.random.below(self.words.len()))
                {
                    self.out.extend_from_slice(word);
                    self.out.push(b' ');
                } else {
                    let name =
                        self.random.pick(&["a", "b", "x", "_", "é", "ﬁ", "match", "type", "case", "f", "self", "__x", "print"]);
                    self.text(name.unwrap_or("a").as_bytes());
                }
            }
            "NUMBER" => {
                let number =
                    self.random.pick(&["0", "1", "2j", "1.5", "0x1F", "1_000", "1e9", "0b11", "0o7", "1_", "00", "1if", "1e400"]);
                self.text(number.unwrap_or("1").as_bytes());
            }
            "STRING" => {
                let strings = [
                    "'a'",
                    "\"b\"",
                    "b'c'",
                    "r'\\d'",
                    "'''d\ne'''",
                    "'\\N{DIGIT ONE}'",
                    "'\\x4'",
                    "b'\\400'",
                    "u'é'",
                    "'\\d'",
                    "rb''",
                ];
                let string = self.random.pick(&strings);
                self.text(string.unwrap_or("''").as_bytes());
            }
            "FSTRING_START" | "TSTRING_START" => {
                let quote = self.random.pick(&["'", "\"", "'''", "\"\"\""]).unwrap_or("'");
                self.out.push(if kind == "FSTRING_START" { b'f' } else { b't' });
                if self.random.one_in(4) {
                    self.out.push(b'r');
                }
                self.out.extend_from_slice(quote.as_bytes());
                self.quotes.push(quote);
            }
            "FSTRING_MIDDLE" | "TSTRING_MIDDLE" => {
                let text = self.random.pick(&["text", " ", "{{", "}}", "\\n", "é", ">10", "\\N{DIGIT ONE}", "\\d", "\n", "!r"]);
                self.out.extend_from_slice(text.unwrap_or("a").as_bytes());
            }
            "FSTRING_END" | "TSTRING_END" => {
                let quote = self.quotes.pop().unwrap_or("'");
                self.text(quote.as_bytes());
            }
            "NEWLINE" => {
                if self.random.one_in(20) {
                    self.out.extend_from_slice(b"# comment");
                }
                self.out.push(b'\n');
                self.out.extend(std::iter::repeat_n(b' ', self.indent));
            }
            "INDENT" => {
                self.indent += 1;
                self.out.push(b' ');
            }
            "DEDENT" => {
                self.indent = self.indent.saturating_sub(1);
                if self.out.ends_with(b" ") {
                    self.out.pop();
                }
            }
            "TYPE_COMMENT" => self.out.extend_from_slice(b"# type: int"),
            _ => {}
        }
        if self.random.one_in(200)
            && let Some(word) = self.random.pick(&self.grammar.words)
        {
            self.text(word.as_bytes());
        }
    }
}

/// What is thrown in anywhere.
pub const WORDS: [&str; 112] = [
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "match",
    "case",
    "type",
    "_",
    "__debug__",
    "print",
    "exec",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    ";",
    "@",
    "=",
    "->",
    "+=",
    "-=",
    "*=",
    "/=",
    "//=",
    "%=",
    "@=",
    "&=",
    "|=",
    "^=",
    ">>=",
    "<<=",
    "**=",
    ":=",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "&",
    "|",
    "^",
    "~",
    "<<",
    ">>",
    "**",
    "<",
    ">",
    "<=",
    ">=",
    "==",
    "!=",
    "<>",
    "...",
    "!",
    "$",
    "?",
    "`",
    "\\\n",
    "\n",
    "\t",
    "    ",
    "\x0c",
    "\r",
    "\0",
    "f'",
    "f\"{",
    "'''",
    "t'{",
    "rb'",
    "'\\",
    "#",
    "# type: ignore\n",
    "0_7",
    "1__0",
    "0xg",
];

/// Reads the notation of `grammar.txt`.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, prefix: &str) -> bool {
        self.skip();
        let found = self.rest().starts_with(prefix);
        self.at += if found { prefix.len() } else { 0 };
        found
    }

    fn word(&mut self) -> &'t str {
        self.skip();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn alternatives(&mut self) -> Vec<Vec<Item>> {
        let mut rows = Vec::new();
        loop {
            let mut row = Vec::new();
            while let Some(item) = self.item() {
                row.push(item);
            }
            self.action();
            rows.push(row);
            if !self.eat("|") {
                return rows;
            }
        }
    }

    /// Passes over `-> Kind(a)`, `=> raise(…)` and `@8 "…"`.
    fn action(&mut self) {
        if self.eat("->") || self.eat("=>") {
            self.word();
            if self.eat("(") {
                self.parenthesis();
            }
        }
        if self.eat("@") {
            self.word();
            self.skip();
            let rest = self.rest();
            self.at += rest.match_indices('"').nth(1).map_or(rest.len(), |(end, _)| end + 1);
        }
    }

    fn parenthesis(&mut self) {
        let (mut depth, mut quoted) = (1, false);
        for c in self.rest().chars() {
            self.at += c.len_utf8();
            match c {
                '"' => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn item(&mut self) -> Option<Item> {
        self.skip();
        let rest = self.rest();
        if rest.is_empty() || ["->", "=>", "|", ")", "]", "@"].iter().any(|end| rest.starts_with(end)) {
            return None;
        }
        if self.eat("~") {
            return Some(Item::Nothing);
        }
        if self.eat("&&") {
            return self.item();
        }
        if self.eat("&") || self.eat("!") {
            self.item();
            return Some(Item::Nothing);
        }
        // A variable's name.
        let name = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(0);
        if name == 1 && rest.get(1..).is_some_and(|rest| rest.starts_with('=') && !rest.starts_with("=>")) {
            self.at += 2;
        }
        let item = self.atom()?;
        if self.rest().starts_with('.') {
            self.at += 1;
            let repeated = self.atom()?;
            self.eat("+");
            return Some(Item::Repeat { item: Box::new(repeated), between: Some(Box::new(item)), least: 1 });
        }
        let suffix = self.rest().chars().next();
        let repeat = |item, least| Item::Repeat { item: Box::new(item), between: None, least };
        let found = match suffix {
            Some('*') => repeat(item, 0),
            Some('+') => repeat(item, 1),
            Some('?') => Item::Optional(Box::new(item)),
            _ => return Some(item),
        };
        self.at += 1;
        Some(found)
    }

    fn atom(&mut self) -> Option<Item> {
        self.skip();
        let rest = self.rest();
        let first = rest.chars().next()?;
        match first {
            '\'' | '"' => {
                let text = rest.get(1..)?.split(first).next()?;
                self.at += text.len() + 2;
                Some(Item::Text(text.to_owned()))
            }
            '(' | '[' => {
                self.at += 1;
                let group = Item::Group(self.alternatives());
                self.at += 1;
                Some(if first == '[' { Item::Optional(Box::new(group)) } else { group })
            }
            _ => {
                let word = self.word();
                if word.is_empty() {
                    return None;
                }
                let kind = word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
                Some(if kind { Item::Kind(word.to_owned()) } else { Item::Rule(word.to_owned()) })
            }
        }
    }
}
