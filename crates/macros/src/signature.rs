//! CPython's text signatures, `($self, object, /, *, key=None)`: the one description of a callable's Python parameters.
//!
//! The text goes into `__doc__` (where `inspect` finds it) and decides the calling convention and the binding of arguments.

/// What a parameter is when the caller does not give it.
#[derive(Debug, Clone, PartialEq)]
pub enum Default {
    /// An integer, as written in Python.
    Int(String),
    /// A float, as written in Python.
    Float(String),
    Bool(bool),
    Str(String),
    Bytes(Vec<u8>),
    None,
    /// `sys.maxsize`.
    MaxSize,
    /// Something that only the function itself can stand for, as `<unrepresentable>`.
    Other(String),
}

/// One named parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: String,
    pub default: Option<Default>,
}

/// A parsed signature. `params` holds the positional parameters and then the keyword-only ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// `self`, `type` or `module`, where the text begins with `$self` and so on.
    pub receiver: Option<String>,
    pub params: Vec<Param>,
    /// How many of `params` are positional-only.
    pub posonly: usize,
    /// How many of `params` can be given by position.
    pub positional: usize,
    pub varargs: bool,
    pub varkw: bool,
}

/// How a function is called (the `ml_flags` of its table entry).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convention {
    NoArgs,
    OneArg,
    Fast,
    FastKeywords,
}

impl Signature {
    /// Parses the text, parentheses included.
    pub fn parse(text: &str) -> Result<Signature, String> {
        let inner = text
            .trim()
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
            .ok_or_else(|| format!("a text signature is written in parentheses, not `{text}`"))?;
        let mut signature =
            Signature { receiver: None, params: Vec::new(), posonly: 0, positional: 0, varargs: false, varkw: false };
        let mut state = State::Positional;
        let mut star_is_bare = false;
        let mut slash_seen = false;
        for (index, piece) in split(inner)?.into_iter().enumerate() {
            if signature.varkw {
                return Err(format!("nothing can follow `**kwargs`, but `{piece}` does"));
            }
            if let Some(name) = piece.strip_prefix('$') {
                if index != 0 || !matches!(name, "self" | "type" | "module") {
                    return Err(format!("`${name}`: the receiver is `$self`, `$type` or `$module`, and stands first"));
                }
                signature.receiver = Some(name.to_owned());
            } else if piece == "/" {
                let nothing_before = signature.params.is_empty() && signature.receiver.is_none();
                if slash_seen || state == State::KeywordOnly || nothing_before {
                    return Err("`/` stands once, after at least one parameter and before `*`".to_owned());
                }
                slash_seen = true;
                signature.posonly = signature.params.len();
            } else if let Some(name) = piece.strip_prefix("**") {
                identifier(name)?;
                signature.varkw = true;
            } else if let Some(name) = piece.strip_prefix('*') {
                if state == State::KeywordOnly {
                    return Err("`*` stands once".to_owned());
                }
                state = State::KeywordOnly;
                if name.is_empty() {
                    star_is_bare = true;
                } else {
                    identifier(name)?;
                    signature.varargs = true;
                }
            } else {
                let param = parameter(&piece)?;
                if signature.params.iter().any(|other| other.name == param.name) {
                    return Err(format!("two parameters are called `{}`", param.name));
                }
                if state == State::Positional {
                    let after_default = signature.params.last().is_some_and(|last| last.default.is_some());
                    if after_default && param.default.is_none() {
                        return Err(format!("`{}` has no default but follows a parameter that has one", param.name));
                    }
                    signature.positional += 1;
                }
                signature.params.push(param);
            }
        }
        if star_is_bare && signature.positional == signature.params.len() {
            return Err("a bare `*` needs a keyword-only parameter after it".to_owned());
        }
        Ok(signature)
    }

    /// The number of leading positional parameters without a default.
    pub fn required(&self) -> usize {
        self.params.iter().take(self.positional).take_while(|param| param.default.is_none()).count()
    }

    /// The keyword-only parameters.
    pub fn keyword_only(&self) -> &[Param] {
        self.params.get(self.positional..).unwrap_or(&[])
    }

    /// How many Rust parameters stand for this signature: one for each name, `*args` and `**kwargs` included.
    pub fn rust_params(&self) -> usize {
        self.params.len() + usize::from(self.varargs) + usize::from(self.varkw)
    }

    /// Whether no argument can be given by keyword.
    pub fn positional_only(&self) -> bool {
        self.posonly == self.params.len() && !self.varkw
    }

    /// The convention that suits the signature, chosen as Argument Clinic chooses.
    pub fn convention(&self) -> Convention {
        if self.rust_params() == 0 {
            Convention::NoArgs
        } else if !self.positional_only() {
            Convention::FastKeywords
        } else if !self.varargs && self.params.len() == 1 && self.required() == 1 {
            Convention::OneArg
        } else {
            Convention::Fast
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Positional,
    KeywordOnly,
}

/// Splits at the commas that stand outside brackets and quotes.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut depth = 0usize;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                piece.push(c);
                piece.extend(chars.next());
                continue;
            }
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                depth = depth.checked_sub(1).ok_or_else(|| format!("unbalanced `{c}` in `({text})`"))?;
            }
            (None, ',') if depth == 0 => {
                pieces.push(piece.trim().to_owned());
                piece.clear();
                continue;
            }
            _ => {}
        }
        piece.push(c);
    }
    if quote.is_some() || depth != 0 {
        return Err(format!("a quote or bracket is not closed in `({text})`"));
    }
    if !piece.trim().is_empty() {
        pieces.push(piece.trim().to_owned());
    }
    match pieces.iter().any(String::is_empty) {
        true => Err(format!("an empty parameter in `({text})`")),
        false => Ok(pieces),
    }
}

fn identifier(name: &str) -> Result<(), String> {
    let mut chars = name.chars();
    let good = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(|c| c.is_alphanumeric() || c == '_');
    if good { Ok(()) } else { Err(format!("`{name}` is no parameter name")) }
}

fn parameter(piece: &str) -> Result<Param, String> {
    let (name, default) = match piece.split_once('=') {
        Some((name, text)) => (name.trim(), Some(default(text.trim())?)),
        None => (piece, None),
    };
    identifier(name)?;
    Ok(Param { name: name.to_owned(), default })
}

fn default(text: &str) -> Result<Default, String> {
    Ok(match text {
        "" => return Err("a default is missing after `=`".to_owned()),
        "None" => Default::None,
        "True" => Default::Bool(true),
        "False" => Default::Bool(false),
        "sys.maxsize" => Default::MaxSize,
        _ if text.starts_with(['\'', '"']) => Default::Str(quoted(text)?),
        _ if text.starts_with("b'") || text.starts_with("b\"") => {
            let body = text.strip_prefix('b').unwrap_or(text);
            let decoded = quoted(body)?;
            match decoded.chars().map(|c| u8::try_from(u32::from(c))).collect() {
                Ok(bytes) => Default::Bytes(bytes),
                Err(_) => return Err(format!("`{text}` holds a character that no byte has")),
            }
        }
        _ => number(text).unwrap_or_else(|| Default::Other(text.to_owned())),
    })
}

fn number(text: &str) -> Option<Default> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let lower = digits.to_ascii_lowercase();
    let radix = lower.starts_with("0x") || lower.starts_with("0o") || lower.starts_with("0b");
    if radix || digits.chars().all(|c| c.is_ascii_digit() || c == '_') {
        return Some(Default::Int(text.to_ascii_lowercase()));
    }
    digits.parse::<f64>().ok().map(|_| Default::Float(text.to_owned()))
}

/// Decodes a quoted Python literal.
fn quoted(text: &str) -> Result<String, String> {
    let mut chars = text.chars();
    let open = chars.next();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        if Some(c) == open {
            return match chars.next() {
                None => Ok(out),
                Some(_) => Err(format!("`{text}` goes on after its closing quote")),
            };
        }
        if c != '\\' {
            out.push(c);
            continue;
        }
        let escaped = match chars.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('0') => '\0',
            Some('x') => {
                let code: String = chars.by_ref().take(2).collect();
                u8::from_str_radix(&code, 16).map(char::from).map_err(|_| format!("bad escape in `{text}`"))?
            }
            Some(c @ ('\\' | '\'' | '"')) => c,
            other => return Err(format!("unknown escape `\\{}` in `{text}`", other.unwrap_or(' '))),
        };
        out.push(escaped);
    }
    Err(format!("`{text}` is not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Signature {
        match Signature::parse(text) {
            Ok(signature) => signature,
            Err(message) => panic!("{text}: {message}"),
        }
    }

    #[test]
    fn kinds_of_parameters() {
        let signature = parse("($self, a, b=-1, /, c='x, y', *args, d, e=None, **kw)");
        assert_eq!(signature.receiver.as_deref(), Some("self"));
        assert_eq!((signature.posonly, signature.positional, signature.required()), (2, 3, 1));
        assert!(signature.varargs && signature.varkw);
        assert_eq!(signature.rust_params(), 7);
        let names: Vec<&str> = signature.params.iter().map(|param| param.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
        assert_eq!(signature.keyword_only().iter().map(|param| param.default.is_none()).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn defaults() {
        let signature = parse(
            r#"(a=-1, b=0x10, c=1e-9, d=True, e='\x00\\', f=b'\xff', g=sys.maxsize, h=(), i=<unrepresentable>, j=None, k=",)", l=1_000)"#,
        );
        let defaults: Vec<Default> = signature.params.into_iter().filter_map(|param| param.default).collect();
        assert_eq!(
            defaults,
            [
                Default::Int("-1".into()),
                Default::Int("0x10".into()),
                Default::Float("1e-9".into()),
                Default::Bool(true),
                Default::Str("\0\\".into()),
                Default::Bytes(vec![255]),
                Default::MaxSize,
                Default::Other("()".into()),
                Default::Other("<unrepresentable>".into()),
                Default::None,
                Default::Str(",)".into()),
                Default::Int("1_000".into()),
            ]
        );
    }

    #[test]
    fn conventions() {
        assert_eq!(parse("()").convention(), Convention::NoArgs);
        assert_eq!(parse("($self, /)").convention(), Convention::NoArgs);
        assert_eq!(parse("(x, /)").convention(), Convention::OneArg);
        assert_eq!(parse("(x=None, /)").convention(), Convention::Fast);
        assert_eq!(parse("(x)").convention(), Convention::FastKeywords);
        assert_eq!(parse("(*integers)").convention(), Convention::Fast);
        assert_eq!(parse("(*, key)").convention(), Convention::FastKeywords);
        assert_eq!(parse("(x, /, **kw)").convention(), Convention::FastKeywords);
    }

    #[test]
    fn mistakes() {
        for text in [
            "x, /",
            "(x,, y)",
            "(/)",
            "(a, /, b, /)",
            "(*)",
            "(*, *a)",
            "(a=1, b)",
            "(a, a)",
            "(a, $self)",
            "(**k, a)",
            "(1a)",
            "(a=)",
            "(a='x)",
            "(a=(1)",
            "(*a, b, /)",
            "($cls)",
            "(a='x'y)",
            r"(a='\q')",
        ] {
            assert!(Signature::parse(text).is_err(), "{text}");
        }
    }
}
