//! The grammar of `grammar.txt` as data.

use crate::token::TokenKind;
use std::collections::HashMap;
use std::sync::OnceLock;

pub(super) type RuleId = usize;

pub(super) struct Grammar {
    pub(super) rules: Vec<Rule>,
    ids: HashMap<String, RuleId>,
}

pub(super) struct Rule {
    pub(super) name: String,
    pub(super) memo: bool,
    pub(super) left_recursive: bool,
    /// Rules for wrong source stay switched off while it runs.
    pub(super) without_invalid: bool,
    pub(super) body: Body,
    /// The tokens with which a match can begin.
    pub(super) first: TokenSet,
}

/// A set of token kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TokenSet(u128);

impl TokenSet {
    const ALL: TokenSet = TokenSet(u128::MAX);

    fn of(kind: TokenKind) -> TokenSet {
        TokenSet(1 << (kind as u8))
    }

    fn union(self, other: TokenSet) -> TokenSet {
        TokenSet(self.0 | other.0)
    }

    pub(super) fn contains(self, kind: TokenKind) -> bool {
        self.0 & TokenSet::of(kind).0 != 0
    }
}

pub(super) enum Body {
    Alternatives(Vec<Alternative>),
    /// At least `min` of the item.
    Loop {
        item: Item,
        min: usize,
    },
    /// Items between separators.
    Gather {
        separator: Item,
        item: Item,
    },
}

pub(super) struct Alternative {
    pub(super) items: Vec<(Option<Slot>, Item)>,
    pub(super) action: Action,
    /// Only for the pass with the rules for wrong source.
    pub(super) guarded: bool,
    /// The tokens with which a match can begin.
    pub(super) first: TokenSet,
}

/// A variable: `a`, `b`, `c` or `k`.
pub(super) type Slot = usize;
pub(super) const SLOTS: usize = 4;

pub(super) enum Item {
    Token(TokenKind),
    Soft(String),
    AnySoft,
    Rule(RuleId),
    Optional(Box<Item>),
    Lookahead { positive: bool, item: Box<Item> },
    Forced(TokenKind, String),
    Cut,
}

/// What a node is, as far as messages ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeKind {
    Other,
    Attribute,
    Subscript,
    Starred,
    Lambda,
    Call,
    BoolOp,
    BinOp,
    UnaryOp,
    GeneratorExp,
    Yield,
    Await,
    ListComp,
    SetComp,
    DictComp,
    Dict,
    Set,
    List,
    Tuple,
    JoinedStr,
    TemplateStr,
    Str,
    Bytes,
    Compare,
    In,
    IfExp,
    NamedExpr,
    Comprehension,
    Arguments,
    Keyword,
    KeywordUnpacking,
    FunctionDef,
    Splice,
}

impl NodeKind {
    fn from_name(name: &str) -> Option<NodeKind> {
        use NodeKind::*;
        let all = [
            Other,
            Attribute,
            Subscript,
            Starred,
            Lambda,
            Call,
            BoolOp,
            BinOp,
            UnaryOp,
            GeneratorExp,
            Yield,
            Await,
            ListComp,
            SetComp,
            DictComp,
            Dict,
            Set,
            List,
            Tuple,
            JoinedStr,
            TemplateStr,
            Str,
            Bytes,
            Compare,
            In,
            IfExp,
            NamedExpr,
            Comprehension,
            Arguments,
            Keyword,
            KeywordUnpacking,
            FunctionDef,
            Splice,
        ];
        all.into_iter().find(|kind| format!("{kind:?}") == name)
    }
}

pub(super) enum Action {
    /// The value of the only item, or a node.
    Default,
    Value(Slot),
    Node {
        kind: NodeKind,
        children: Vec<Slot>,
        version: Option<(u8, String)>,
    },
    Run {
        function: String,
        arguments: Vec<Argument>,
    },
}

/// An argument of a `=>` action.
pub(super) enum Argument {
    Slot(Slot),
    First(Slot),
    Last(Slot),
    /// The last item of the last comprehension.
    Comprehension(Slot),
    Text(String),
    Word(String),
}

impl Grammar {
    pub(super) fn rule_id(&self, name: &str) -> Option<RuleId> {
        self.ids.get(name).copied()
    }
}

/// The grammar, read at the first error. `None` would mean that the text is wrong, which a test excludes.
pub(super) fn grammar() -> Option<&'static Grammar> {
    static GRAMMAR: OnceLock<Option<Grammar>> = OnceLock::new();
    GRAMMAR.get_or_init(|| Loader::load(include_str!("grammar.txt"))).as_ref()
}

#[derive(Debug, Clone, PartialEq)]
enum Lexeme {
    Word(String),
    Hard(String),
    Soft(String),
    Mark(&'static str),
}

const MARKS: [&str; 19] = ["&&", "->", "=>", "|", "(", ")", "[", "]", "?", "*", "+", ".", "&", "!", "~", "=", ",", "@", ":"];

fn lexemes(mut text: &str) -> Option<Vec<Lexeme>> {
    let mut out = Vec::new();
    loop {
        text = text.trim_start();
        let Some(first) = text.chars().next() else {
            return Some(out);
        };
        if first.is_ascii_alphanumeric() || first == '_' {
            let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
            out.push(Lexeme::Word(text.get(..end)?.into()));
            text = text.get(end..)?;
        } else if first == '\'' {
            let end = text.get(1..)?.find('\'')? + 1;
            out.push(Lexeme::Hard(text.get(1..end)?.into()));
            text = text.get(end + 1..)?;
        } else if first == '"' {
            let mut value = String::new();
            let mut chars = text.char_indices().skip(1);
            loop {
                match chars.next()? {
                    (at, '"') => {
                        text = text.get(at + 1..)?;
                        break;
                    }
                    (_, '\\') => value.push(chars.next()?.1),
                    (_, c) => value.push(c),
                }
            }
            out.push(Lexeme::Soft(value));
        } else {
            let mark = MARKS.into_iter().find(|mark| text.starts_with(mark))?;
            out.push(Lexeme::Mark(mark));
            text = text.get(mark.len()..)?;
        }
    }
}

struct Loader {
    lexemes: std::iter::Peekable<std::vec::IntoIter<Lexeme>>,
    rules: Vec<Rule>,
    ids: HashMap<String, RuleId>,
}

impl Loader {
    fn load(text: &str) -> Option<Grammar> {
        let mut sources: Vec<String> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            match sources.last_mut() {
                Some(last) if line.starts_with(' ') => {
                    last.push('\n');
                    last.push_str(line);
                }
                _ => sources.push(line.into()),
            }
        }
        let mut loader = Loader { lexemes: Vec::new().into_iter().peekable(), rules: Vec::new(), ids: HashMap::new() };
        let mut bodies = Vec::new();
        for source in &sources {
            let (head, body) = source.split_once(':')?;
            let name = head.trim_end_matches('!');
            loader.ids.insert(name.into(), loader.rules.len());
            loader.add(name, Body::Alternatives(Vec::new()));
            loader.rules.last_mut()?.memo = head.ends_with('!');
            bodies.push(body);
        }
        for (id, body) in bodies.into_iter().enumerate() {
            loader.lexemes = lexemes(body)?.into_iter().peekable();
            let alternatives = loader.alternatives()?;
            if loader.lexemes.peek().is_some() {
                return None;
            }
            let first = |alternative: &Alternative| match alternative.items.first() {
                Some((_, Item::Rule(first))) => Some(*first),
                _ => None,
            };
            // Besides direct left recursion there is `attr`, by way of `name_or_attr`.
            let rule = loader.rules.get(id)?;
            let recursive = alternatives.iter().any(|alternative| first(alternative) == Some(id)) || rule.name == "attr";
            let rule = loader.rules.get_mut(id)?;
            rule.left_recursive = recursive;
            rule.body = Body::Alternatives(alternatives);
        }
        find_first_sets(&mut loader.rules);
        Some(Grammar { rules: loader.rules, ids: loader.ids })
    }

    fn add(&mut self, name: &str, body: Body) -> RuleId {
        self.rules.push(Rule {
            name: name.into(),
            memo: false,
            left_recursive: false,
            without_invalid: name.ends_with("without_invalid"),
            body,
            first: TokenSet::default(),
        });
        self.rules.len() - 1
    }

    fn take(&mut self, mark: &'static str) -> bool {
        self.lexemes.next_if_eq(&Lexeme::Mark(mark)).is_some()
    }

    fn expect(&mut self, mark: &'static str) -> Option<()> {
        self.take(mark).then_some(())
    }

    fn alternatives(&mut self) -> Option<Vec<Alternative>> {
        self.take("|");
        let mut out = vec![self.alternative()?];
        while self.take("|") {
            out.push(self.alternative()?);
        }
        Some(out)
    }

    fn alternative(&mut self) -> Option<Alternative> {
        let mut items = Vec::new();
        let ends = |lexeme: &Lexeme| matches!(lexeme, Lexeme::Mark("|" | ")" | "]" | "->" | "=>"));
        while self.lexemes.peek().is_some_and(|lexeme| !ends(lexeme)) {
            items.push(self.bound_item()?);
        }
        let action = if self.take("->") {
            self.value_action()?
        } else if self.take("=>") {
            let function = self.word()?;
            Action::Run { function, arguments: self.arguments()? }
        } else {
            Action::Default
        };
        let invalid = |id: RuleId| self.rules.get(id).is_some_and(|rule| rule.name.starts_with("invalid_"));
        let guarded = matches!(items.as_slice(), [(_, Item::Rule(id))] if invalid(*id));
        Some(Alternative { items, action, guarded, first: TokenSet::ALL })
    }

    fn word(&mut self) -> Option<String> {
        match self.lexemes.next()? {
            Lexeme::Word(word) => Some(word),
            _ => None,
        }
    }

    fn value_action(&mut self) -> Option<Action> {
        let name = self.word()?;
        if let Some(slot) = slot(&name) {
            return Some(Action::Value(slot));
        }
        let kind = NodeKind::from_name(&name)?;
        let mut children = Vec::new();
        if self.take("(") {
            loop {
                children.push(slot(&self.word()?)?);
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        let mut version = None;
        if self.take("@") {
            let minor = self.word()?.parse().ok()?;
            let Lexeme::Soft(what) = self.lexemes.next()? else { return None };
            version = Some((minor, what));
        }
        Some(Action::Node { kind, children, version })
    }

    fn arguments(&mut self) -> Option<Vec<Argument>> {
        let mut out = Vec::new();
        self.expect("(")?;
        if self.take(")") {
            return Some(out);
        }
        loop {
            out.push(match self.lexemes.next()? {
                Lexeme::Soft(text) => Argument::Text(text),
                Lexeme::Word(word) if self.take("(") => {
                    let inner = slot(&self.word()?)?;
                    self.expect(")")?;
                    match word.as_str() {
                        "first" => Argument::First(inner),
                        "last" => Argument::Last(inner),
                        _ => Argument::Comprehension(inner),
                    }
                }
                Lexeme::Word(word) => match slot(&word) {
                    Some(slot) => Argument::Slot(slot),
                    None => Argument::Word(word),
                },
                _ => return None,
            });
            if !self.take(",") {
                break;
            }
        }
        self.expect(")")?;
        Some(out)
    }

    fn bound_item(&mut self) -> Option<(Option<Slot>, Item)> {
        let Some(Lexeme::Word(word)) = self.lexemes.peek() else {
            return Some((None, self.item()?));
        };
        let Some(slot) = slot(word) else {
            return Some((None, self.item()?));
        };
        self.lexemes.next();
        self.expect("=")?;
        Some((Some(slot), self.item()?))
    }

    fn item(&mut self) -> Option<Item> {
        if self.take("~") {
            return Some(Item::Cut);
        }
        if self.take("&&") {
            let Lexeme::Hard(text) = self.lexemes.next()? else { return None };
            return Some(Item::Forced(token(&text)?, text));
        }
        for (mark, positive) in [("&", true), ("!", false)] {
            if self.take(mark) {
                return Some(Item::Lookahead { positive, item: Box::new(self.atom()?) });
            }
        }
        let atom = self.atom()?;
        if self.take("?") {
            Some(Item::Optional(Box::new(atom)))
        } else if self.take("*") {
            Some(Item::Rule(self.add("_loop0", Body::Loop { item: atom, min: 0 })))
        } else if self.take("+") {
            Some(Item::Rule(self.add("_loop1", Body::Loop { item: atom, min: 1 })))
        } else if self.take(".") {
            let item = self.atom()?;
            self.expect("+")?;
            Some(Item::Rule(self.add("_gather", Body::Gather { separator: atom, item })))
        } else {
            Some(atom)
        }
    }

    fn atom(&mut self) -> Option<Item> {
        Some(match self.lexemes.next()? {
            Lexeme::Hard(text) => Item::Token(token(&text)?),
            Lexeme::Soft(text) => Item::Soft(text),
            Lexeme::Word(word) if word == "SOFT_KEYWORD" => Item::AnySoft,
            Lexeme::Word(word) => match self.ids.get(&word) {
                Some(&id) => Item::Rule(id),
                None => Item::Token(token(&word)?),
            },
            Lexeme::Mark("(") => {
                let group = self.group()?;
                self.expect(")")?;
                group
            }
            Lexeme::Mark("[") => {
                let group = self.group()?;
                self.expect("]")?;
                Item::Optional(Box::new(group))
            }
            Lexeme::Mark(_) => return None,
        })
    }

    fn group(&mut self) -> Option<Item> {
        let mut alternatives = self.alternatives()?;
        if let [Alternative { items, action: Action::Default, .. }] = alternatives.as_mut_slice()
            && let [(None, _)] = items.as_slice()
        {
            return items.pop().map(|(_, item)| item);
        }
        Some(Item::Rule(self.add("_group", Body::Alternatives(alternatives))))
    }
}

/// Fills in which tokens can begin each rule and alternative. What may match nothing, or looks ahead for what must not be there,
/// counts as beginning with any token.
fn find_first_sets(rules: &mut [Rule]) {
    loop {
        let sets: Vec<TokenSet> = rules.iter().map(|rule| first_of_body(&rule.body, rules)).collect();
        let mut changed = false;
        for (rule, set) in rules.iter_mut().zip(sets) {
            changed |= rule.first != set;
            rule.first = set;
        }
        if !changed {
            break;
        }
    }
    for id in 0..rules.len() {
        let Some(Body::Alternatives(alternatives)) = rules.get(id).map(|rule| &rule.body) else { continue };
        let sets: Vec<TokenSet> = alternatives.iter().map(|alternative| first_of_row(&alternative.items, rules)).collect();
        if let Some(Body::Alternatives(alternatives)) = rules.get_mut(id).map(|rule| &mut rule.body) {
            alternatives.iter_mut().zip(sets).for_each(|(alternative, set)| alternative.first = set);
        }
    }
}

fn first_of_body(body: &Body, rules: &[Rule]) -> TokenSet {
    match body {
        Body::Loop { min: 0, .. } => TokenSet::ALL,
        Body::Loop { item, .. } | Body::Gather { item, .. } => first_of_item(item, rules),
        Body::Alternatives(alternatives) => {
            alternatives.iter().fold(TokenSet::default(), |set, alternative| set.union(first_of_row(&alternative.items, rules)))
        }
    }
}

/// The tokens with which a match of all items can begin: those of the first item that has to be there, and of what may stand
/// before it.
fn first_of_row(items: &[(Option<Slot>, Item)], rules: &[Rule]) -> TokenSet {
    let mut set = TokenSet::default();
    for (_, item) in items {
        let optional = match item {
            Item::Optional(item) => Some(&**item),
            Item::Rule(id) => match rules.get(*id).map(|rule| &rule.body) {
                Some(Body::Loop { item, min: 0 }) => Some(item),
                _ => None,
            },
            _ => None,
        };
        match optional {
            Some(item) => set = set.union(first_of_item(item, rules)),
            None => return set.union(first_of_item(item, rules)),
        }
    }
    TokenSet::ALL
}

fn first_of_item(item: &Item, rules: &[Rule]) -> TokenSet {
    match item {
        Item::Token(kind) => TokenSet::of(*kind),
        Item::Soft(_) | Item::AnySoft => TokenSet::of(TokenKind::Name),
        Item::Rule(id) => rules.get(*id).map_or(TokenSet::ALL, |rule| rule.first),
        Item::Lookahead { positive: true, item } => first_of_item(item, rules),
        Item::Optional(_) | Item::Lookahead { .. } | Item::Forced(..) | Item::Cut => TokenSet::ALL,
    }
}

fn slot(name: &str) -> Option<Slot> {
    ["a", "b", "c", "k"].into_iter().position(|slot| slot == name)
}

/// The token that a word or a text in quotes stands for.
fn token(text: &str) -> Option<TokenKind> {
    use TokenKind::*;
    if let Some(keyword) = TokenKind::keyword(text.as_bytes()) {
        return Some(keyword);
    }
    Some(match text {
        "ENDMARKER" => EndMarker,
        "NAME" => Name,
        "NUMBER" => Number,
        "STRING" => String,
        "NEWLINE" => Newline,
        "INDENT" => Indent,
        "DEDENT" => Dedent,
        "TYPE_COMMENT" => TypeComment,
        "FSTRING_START" => FStringStart,
        "FSTRING_MIDDLE" => FStringMiddle,
        "FSTRING_END" => FStringEnd,
        "TSTRING_START" => TStringStart,
        "TSTRING_MIDDLE" => TStringMiddle,
        "TSTRING_END" => TStringEnd,
        _ => return crate::lexer::operator(text.as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_a_grammar() {
        let grammar = Loader::load(include_str!("grammar.txt")).expect("grammar.txt is well formed");
        for name in ["file", "interactive", "eval", "func_type", "invalid_type_params"] {
            assert!(grammar.rule_id(name).is_some(), "{name}");
        }
        let primary = &grammar.rules[grammar.rule_id("primary").unwrap_or_default()];
        assert!(primary.left_recursive && !primary.memo);
    }
}
