//! What a document type declares, and the declarations as they are read from text.

use super::errors::{PUBLICID, SYNTAX};
use super::token::{Cursor, Stop};
use std::collections::HashMap;

/// An entity.
#[derive(Debug, Clone, Default)]
pub struct Entity {
    /// Replacement text of an internal entity.
    pub value: Option<String>,
    pub system: Option<String>,
    pub public: Option<String>,
    /// An unparsed entity has a notation.
    pub notation: Option<String>,
    pub base: Option<String>,
}

/// A declared attribute.
#[derive(Debug, Clone)]
pub struct Attribute {
    pub name: String,
    pub is_cdata: bool,
    pub default: Option<String>,
}

/// The declarations of a document, which its external entities share.
#[derive(Debug, Default)]
pub struct Dtd {
    pub general: HashMap<String, Entity>,
    pub parameter: HashMap<String, Entity>,
    pub attributes: HashMap<String, Vec<Attribute>>,
    /// There were references to parameter entities or an external subset: what is not declared may be declared there.
    pub has_external: bool,
    pub standalone: bool,
    /// Declarations behind an external entity that was not read do not count.
    pub ignore_rest: bool,
}

/// Names in front of a subset.
#[derive(Debug, Clone, Default)]
pub struct ExternalId {
    pub system: Option<String>,
    pub public: Option<String>,
}

/// A content model.
#[derive(Debug, Clone)]
pub struct Model {
    pub kind: i32,
    pub quantifier: i32,
    pub name: Option<String>,
    pub children: Vec<Model>,
}

/// One declaration.
#[derive(Debug, Clone)]
pub enum Declaration {
    Element { name: String, model: Model },
    Attlist { element: String, attributes: Vec<DeclaredAttribute> },
    Entity { name: String, parameter: bool, entity: Entity },
    Notation { name: String, id: ExternalId },
}

#[derive(Debug, Clone)]
pub struct DeclaredAttribute {
    pub name: String,
    pub kind: String,
    /// The default as it is written, references not resolved.
    pub default: Option<String>,
    pub required: bool,
}

fn syntax(cursor: &Cursor<'_>) -> Stop {
    Stop::Bad(SYNTAX, cursor.at)
}

fn need_spaces(cursor: &mut Cursor<'_>) -> Result<(), Stop> {
    cursor.peek()?;
    if cursor.spaces() { Ok(()) } else { Err(cursor.bad()) }
}

/// A public identifier with its spaces made one.
fn public_id(cursor: &mut Cursor<'_>) -> Result<String, Stop> {
    let at = cursor.at;
    let literal = cursor.literal()?;
    let allowed = |code: char| code.is_ascii_alphanumeric() || " \r\n-'()+,./:=?;!*#@$_%".contains(code);
    if !literal.chars().all(allowed) {
        return Err(Stop::Bad(PUBLICID, at));
    }
    Ok(literal.split([' ', '\r', '\n']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
}

/// `SYSTEM "…"` or `PUBLIC "…" ["…"]`; nothing where neither stands there. A notation needs no system identifier.
pub fn external_id(cursor: &mut Cursor<'_>, system_needed: bool) -> Result<Option<ExternalId>, Stop> {
    if cursor.eat("SYSTEM")? {
        need_spaces(cursor)?;
        let system = cursor.literal()?.to_owned();
        return Ok(Some(ExternalId { system: Some(system), public: None }));
    }
    if !cursor.eat("PUBLIC")? {
        return Ok(None);
    }
    need_spaces(cursor)?;
    let public = public_id(cursor)?;
    let spaced = cursor.spaces();
    let system = match cursor.peek()? {
        '"' | '\'' if spaced => Some(cursor.literal()?.to_owned()),
        _ if system_needed => return Err(syntax(cursor)),
        _ => None,
    };
    Ok(Some(ExternalId { system, public: Some(public) }))
}

/// The length of the declaration at the start of `text`: up to its `>` outside of quotes.
pub fn declaration_length(text: &str) -> Result<usize, Stop> {
    let mut quote = None;
    for (index, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Ok(index + 1),
            (None, b'<') if index > 0 => return Err(Stop::Bad(super::errors::INVALID_TOKEN, index)),
            _ => {}
        }
    }
    Err(Stop::More)
}

/// Reads one declaration, which begins with `<!`.
pub fn declaration(text: &str) -> Result<Declaration, Stop> {
    let mut cursor = Cursor { text, at: 2 };
    let start = cursor.at;
    while text.as_bytes().get(cursor.at).is_some_and(u8::is_ascii_alphabetic) {
        cursor.at += 1;
    }
    let keyword = text.get(start..cursor.at).unwrap_or_default();
    need_spaces(&mut cursor)?;
    if !matches!(keyword, "ELEMENT" | "ATTLIST" | "ENTITY" | "NOTATION") {
        return Err(Stop::Bad(SYNTAX, 0));
    }
    let declaration = match keyword {
        "ELEMENT" => element(&mut cursor)?,
        "ATTLIST" => attlist(&mut cursor)?,
        "ENTITY" => entity(&mut cursor)?,
        _ => notation(&mut cursor)?,
    };
    cursor.spaces();
    if cursor.eat(">")? { Ok(declaration) } else { Err(syntax(&cursor)) }
}

fn notation(cursor: &mut Cursor<'_>) -> Result<Declaration, Stop> {
    let name = cursor.name()?.to_owned();
    need_spaces(cursor)?;
    match external_id(cursor, false)? {
        Some(id) => Ok(Declaration::Notation { name, id }),
        None => Err(syntax(cursor)),
    }
}

fn entity(cursor: &mut Cursor<'_>) -> Result<Declaration, Stop> {
    let parameter = cursor.eat("%")?;
    if parameter {
        need_spaces(cursor)?;
    }
    let name = cursor.name()?.to_owned();
    need_spaces(cursor)?;
    let mut entity = Entity::default();
    match external_id(cursor, true)? {
        Some(id) => {
            (entity.system, entity.public) = (id.system, id.public);
            let spaced = cursor.spaces();
            if !parameter && spaced && cursor.eat("NDATA")? {
                need_spaces(cursor)?;
                entity.notation = Some(cursor.name()?.to_owned());
            }
        }
        None => entity.value = Some(cursor.literal()?.to_owned()),
    }
    Ok(Declaration::Entity { name, parameter, entity })
}

fn attlist(cursor: &mut Cursor<'_>) -> Result<Declaration, Stop> {
    let element = cursor.name()?.to_owned();
    let mut attributes = Vec::new();
    loop {
        let spaced = cursor.spaces();
        if cursor.peek()? == '>' {
            return Ok(Declaration::Attlist { element, attributes });
        }
        if !spaced {
            return Err(cursor.bad());
        }
        let name = cursor.name()?.to_owned();
        need_spaces(cursor)?;
        let kind = attribute_kind(cursor)?;
        need_spaces(cursor)?;
        let (mut required, mut default) = (false, None);
        if cursor.eat("#")? {
            if cursor.eat("REQUIRED")? {
                required = true;
            } else if cursor.eat("FIXED")? {
                need_spaces(cursor)?;
                required = true;
                default = Some(cursor.literal()?.to_owned());
            } else if !cursor.eat("IMPLIED")? {
                return Err(syntax(cursor));
            }
        } else {
            default = Some(cursor.literal()?.to_owned());
        }
        attributes.push(DeclaredAttribute { name, kind, default, required });
    }
}

const KINDS: [&str; 8] = ["CDATA", "IDREFS", "IDREF", "ID", "ENTITIES", "ENTITY", "NMTOKENS", "NMTOKEN"];

fn attribute_kind(cursor: &mut Cursor<'_>) -> Result<String, Stop> {
    let prefix = if cursor.peek()? == '(' {
        ""
    } else {
        let name = cursor.name()?;
        if name != "NOTATION" {
            return if KINDS.contains(&name) { Ok(name.to_owned()) } else { Err(syntax(cursor)) };
        }
        need_spaces(cursor)?;
        "NOTATION"
    };
    cursor.expect("(")?;
    let mut choices = Vec::new();
    loop {
        cursor.spaces();
        let at = cursor.at;
        choices.push(cursor.name_token(at)?.to_owned());
        cursor.spaces();
        if !cursor.eat("|")? {
            break;
        }
    }
    cursor.expect(")")?;
    Ok(format!("{prefix}({})", choices.join("|")))
}

fn quantifier(cursor: &mut Cursor<'_>) -> i32 {
    let number = match cursor.rest().as_bytes().first() {
        Some(b'?') => 1,
        Some(b'*') => 2,
        Some(b'+') => 3,
        _ => return 0,
    };
    cursor.at += 1;
    number
}

fn element(cursor: &mut Cursor<'_>) -> Result<Declaration, Stop> {
    let name = cursor.name()?.to_owned();
    need_spaces(cursor)?;
    let model = if cursor.eat("EMPTY")? {
        Model { kind: 1, quantifier: 0, name: None, children: Vec::new() }
    } else if cursor.eat("ANY")? {
        Model { kind: 2, quantifier: 0, name: None, children: Vec::new() }
    } else {
        cursor.expect("(")?;
        cursor.spaces();
        if cursor.eat("#PCDATA")? { mixed(cursor)? } else { group(cursor, 0)? }
    };
    Ok(Declaration::Element { name, model })
}

fn leaf(name: &str, quantifier: i32) -> Model {
    Model { kind: 4, quantifier, name: Some(name.to_owned()), children: Vec::new() }
}

fn mixed(cursor: &mut Cursor<'_>) -> Result<Model, Stop> {
    let mut children = Vec::new();
    loop {
        cursor.spaces();
        if !cursor.eat("|")? {
            break;
        }
        cursor.spaces();
        children.push(leaf(cursor.name()?, 0));
    }
    cursor.expect(")")?;
    let quantifier = if cursor.eat("*")? {
        2
    } else if children.is_empty() {
        0
    } else {
        return Err(syntax(cursor));
    };
    Ok(Model { kind: 3, quantifier, name: None, children })
}

/// Stands for the code of a content model whose groups are nested too deeply: a RecursionError.
pub const TOO_DEEP: i32 = -1;
/// Groups in groups are refused beyond this depth.
const MAX_DEPTH: usize = 500;

/// A group behind its `(`.
fn group(cursor: &mut Cursor<'_>, depth: usize) -> Result<Model, Stop> {
    if depth > MAX_DEPTH {
        return Err(Stop::Bad(TOO_DEEP, cursor.at));
    }
    let mut children = Vec::new();
    let mut separator = None;
    loop {
        cursor.spaces();
        if cursor.eat("(")? {
            children.push(group(cursor, depth + 1)?);
        } else {
            let name = cursor.name()?.to_owned();
            let quantifier = quantifier(cursor);
            children.push(leaf(&name, quantifier));
        }
        cursor.spaces();
        match cursor.peek()? {
            ')' => {
                cursor.at += 1;
                break;
            }
            code @ (',' | '|') if separator.is_none_or(|separator| separator == code) => {
                separator = Some(code);
                cursor.at += 1;
            }
            _ => return Err(syntax(cursor)),
        }
    }
    let kind = if separator == Some('|') { 5 } else { 6 };
    Ok(Model { kind, quantifier: quantifier(cursor), name: None, children })
}
