//! XML declarations, document types and their declarations.

use super::dtd::{
    Attribute, Declaration, DeclaredAttribute, Entity, Model, TOO_DEEP, declaration, declaration_length, external_id,
};
use super::errors::*;
use super::machine::{Fault, Kind, Machine, Outcome, Step, unified};
use super::parser::{Handler, XmlParser};
use super::state::optional;
use super::token::{self, Cursor, Stop, Token, is_char, is_space};
use object::value::{int, str as text_value, tuple};
use object::{Borrowed, PyResult, Ref, core, raise, recursion};

/// What an XML declaration says.
#[derive(Default)]
pub struct XmlDeclaration {
    pub version: Option<String>,
    /// The encoding, and where it stands.
    pub encoding: Option<(String, usize)>,
    pub standalone: Option<bool>,
}

/// Reads the pseudo attributes of an XML declaration; an error is the offset of what is wrong.
pub fn xml_declaration(content: &str) -> Result<XmlDeclaration, usize> {
    let mut cursor = Cursor::new(content);
    let mut parsed = XmlDeclaration::default();
    let mut stage = 0;
    loop {
        let spaced = cursor.spaces();
        if cursor.rest().is_empty() {
            return Ok(parsed);
        }
        let at = cursor.at;
        let length = cursor.rest().bytes().take_while(u8::is_ascii_alphabetic).count();
        let name = cursor.rest().get(..length).unwrap_or_default().to_owned();
        cursor.at += length;
        cursor.spaces();
        cursor.expect("=").map_err(|_| cursor.at)?;
        cursor.spaces();
        let value_at = cursor.at + 1;
        let value = cursor.literal().map_err(|_| value_at)?.to_owned();
        let rank = match name.as_str() {
            "version" => 1,
            "encoding" => 2,
            "standalone" => 3,
            _ => return Err(at),
        };
        if !spaced && at > 0 || rank <= stage {
            return Err(at);
        }
        stage = rank;
        match name.as_str() {
            "version" => parsed.version = Some(value),
            "encoding" => {
                let good = value.starts_with(|first: char| first.is_ascii_alphabetic())
                    && value.chars().all(|code| code.is_ascii_alphanumeric() || "._-".contains(code));
                if !good {
                    return Err(value_at);
                }
                parsed.encoding = Some((value, value_at));
            }
            _ => {
                parsed.standalone = match value.as_str() {
                    "yes" => Some(true),
                    "no" => Some(false),
                    _ => return Err(value_at),
                }
            }
        }
    }
}

/// Reports the XML or text declaration.
pub fn report_declaration(machine: &mut Machine, parser: Borrowed<'_, XmlParser>, data: &str, raw: &str) -> Result<(), Step> {
    let document = machine.kind == Kind::Document;
    let code = if document { XML_DECL } else { TEXT_DECL };
    let offset = raw.len().saturating_sub(data.len() + 2);
    let parsed = xml_declaration(data).map_err(|at| Stop::Bad(code, offset + at))?;
    let complete = if document { parsed.version.is_some() } else { parsed.encoding.is_some() && parsed.standalone.is_none() };
    if !complete {
        return Err(Stop::Bad(code, offset).into());
    }
    if parsed.standalone == Some(true) {
        machine.shared.dtd.borrow_mut().standalone = true;
    }
    let version = optional(parsed.version.as_deref())?;
    let encoding = optional(parsed.encoding.as_ref().map(|(name, _)| name.as_str()))?;
    let standalone = int::new(parsed.standalone.map_or(-1, i64::from))?;
    if parser.call(Handler::XmlDecl, &[version.b(), encoding.b(), standalone.b()])?.is_none() {
        machine.default(parser, raw)?;
    }
    Ok(())
}

/// Reads a document type up to its `[` or `>`: the length, and whether a subset follows.
pub fn doctype(machine: &mut Machine, parser: Borrowed<'_, XmlParser>, rest: &str) -> Result<(usize, bool), Step> {
    let mut cursor = Cursor { text: rest, at: 9 };
    cursor.peek()?;
    if !cursor.spaces() {
        return Err(cursor.bad().into());
    }
    let name = cursor.name()?.to_owned();
    let spaced = cursor.spaces();
    let next = cursor.peek()?;
    let id = if spaced && !matches!(next, '[' | '>') { external_id(&mut cursor, true)? } else { None };
    cursor.spaces();
    let subset = match cursor.peek()? {
        '[' => true,
        '>' => false,
        _ => return Err(Stop::Bad(SYNTAX, cursor.at).into()),
    };
    cursor.at += 1;
    if let Some(id) = &id {
        machine.shared.dtd.borrow_mut().has_external = true;
        if parser.settings.param_parsing.get() == 0 && id.system.is_some() {
            machine.check_standalone(parser)?;
        }
    }
    let id = id.unwrap_or_default();
    let args =
        [parser.name(&name)?, optional(id.system.as_deref())?, optional(id.public.as_deref())?, int::new(i64::from(subset))?];
    let [name, system, public, flag] = &args;
    if parser.call(Handler::StartDoctypeDecl, &[name.b(), system.b(), public.b(), flag.b()])?.is_none() {
        machine.default(parser, rest.get(..cursor.at).unwrap_or_default())?;
    }
    machine.doctype = Some(id);
    if !subset {
        end_doctype(machine, parser)?;
    }
    Ok((cursor.at, subset))
}

/// The end of a document type: its external subset is read now.
pub fn end_doctype(machine: &mut Machine, parser: Borrowed<'_, XmlParser>) -> Outcome<()> {
    read_external(machine, parser)?;
    if parser.call(Handler::EndDoctypeDecl, &[])?.is_none() {
        machine.default(parser, "]>")?;
    }
    Ok(())
}

/// Has the external subset read, the document's or the one that the program provides.
pub fn read_external(machine: &mut Machine, parser: Borrowed<'_, XmlParser>) -> Outcome<()> {
    let id = machine.doctype.take().unwrap_or_default();
    let foreign = parser.settings.foreign_dtd.replace(false);
    if id.system.is_some() || foreign {
        let had = machine.shared.dtd.borrow().has_external;
        machine.shared.dtd.borrow_mut().has_external = true;
        let mode = parser.settings.param_parsing.get();
        let standalone = machine.shared.dtd.borrow().standalone;
        if mode == 2 || mode == 1 && !standalone {
            let read = machine.external(parser, None, id.system.as_deref(), id.public.as_deref())?;
            if read {
                machine.check_standalone(parser)?;
            } else if id.system.is_none() {
                machine.shared.dtd.borrow_mut().has_external = had;
            }
        }
    }
    Ok(())
}

/// Takes one declaration or what may stand between declarations. `external` says that it is an external subset.
pub fn subset(machine: &mut Machine, parser: Borrowed<'_, XmlParser>, rest: &str, external: bool) -> Result<usize, Step> {
    let spaces = rest.bytes().take_while(|byte| is_space(*byte)).count();
    if spaces > 0 {
        machine.default(parser, rest.get(..spaces).unwrap_or_default())?;
        return Ok(spaces);
    }
    if rest.starts_with('%') {
        let mut cursor = Cursor { text: rest, at: 1 };
        let name = cursor.name()?.to_owned();
        cursor.expect(";")?;
        parameter_reference(machine, parser, &name, rest.get(..cursor.at).unwrap_or_default())?;
        return Ok(cursor.at);
    }
    if external && machine.includes > 0 && rest.starts_with("]]>") {
        machine.includes -= 1;
        return Ok(3);
    }
    if !rest.starts_with('<') {
        let first = rest.chars().next().unwrap_or(' ');
        let code = if is_char(first) && first != '&' { SYNTAX } else { INVALID_TOKEN };
        return Err(Stop::Bad(code, 0).into());
    }
    let short = rest.get(..rest.len().min(4)).unwrap_or_default();
    if rest.len() < 4 && ("<!--".starts_with(short) || "<?".starts_with(short) || short == "<!") {
        return Err(Stop::More.into());
    }
    if rest.starts_with("<!--") || rest.starts_with("<?") {
        let (token, length) = token::markup(rest, false)?;
        machine.misc(parser, &token, rest.get(..length).unwrap_or_default())?;
        return Ok(length);
    }
    if rest.starts_with("<![") && external {
        return conditional(machine, rest);
    }
    let length = declaration_length(rest)?;
    let mut whole = rest.get(..length).unwrap_or_default().to_owned();
    if external && whole.contains('%') {
        whole = expand_parameters(machine, parser, &whole)?;
    }
    let parsed = match declaration(&whole) {
        Ok(parsed) => parsed,
        Err(Stop::Bad(TOO_DEEP, _)) => {
            return Err(raise!(RecursionError, "maximum recursion depth exceeded in content model").into());
        }
        Err(Stop::More) => return Err(Stop::Bad(SYNTAX, 0).into()),
        Err(bad) => return Err(bad.into()),
    };
    declare(machine, parser, parsed, rest.get(..length).unwrap_or_default(), external)?;
    Ok(length)
}

/// `<![INCLUDE[` or a whole `<![IGNORE[…]]>`.
fn conditional(machine: &mut Machine, rest: &str) -> Result<usize, Step> {
    let mut cursor = Cursor { text: rest, at: 3 };
    cursor.spaces();
    if cursor.eat("INCLUDE")? {
        cursor.spaces();
        cursor.expect("[")?;
        machine.includes += 1;
        return Ok(cursor.at);
    }
    cursor.expect("IGNORE")?;
    cursor.spaces();
    cursor.expect("[")?;
    let mut depth = 1;
    while depth > 0 {
        if cursor.eat("<![")? {
            depth += 1;
        } else if cursor.eat("]]>")? {
            depth -= 1;
        } else {
            cursor.at += cursor.peek()?.len_utf8();
        }
    }
    Ok(cursor.at)
}

/// References to parameter entities inside a declaration of an external subset, outside of quotes.
fn expand_parameters(machine: &Machine, parser: Borrowed<'_, XmlParser>, whole: &str) -> Outcome<String> {
    let mut out = String::new();
    let mut quote = None;
    let mut rest = whole;
    while let Some(code) = rest.chars().next() {
        let mut length = code.len_utf8();
        match (quote, code) {
            (Some(open), code) if open == code => quote = None,
            (None, '"' | '\'') => quote = Some(code),
            (None, '%') => {
                let mut cursor = Cursor { text: rest, at: 1 };
                if let Ok(name) = cursor.name()
                    && cursor.rest().starts_with(';')
                {
                    let value = machine.shared.dtd.borrow().parameter.get(name).and_then(|entity| entity.value.clone());
                    let value = value.unwrap_or_default();
                    machine.count_expansion(parser, value.len())?;
                    out.push_str(&format!(" {value} "));
                    rest = rest.get(cursor.at + 1..).unwrap_or_default();
                    continue;
                }
            }
            _ => {}
        }
        out.push(code);
        length = length.max(1);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(out)
}

/// `%name;` between declarations.
fn parameter_reference(machine: &mut Machine, parser: Borrowed<'_, XmlParser>, name: &str, raw: &str) -> Result<(), Step> {
    machine.shared.dtd.borrow_mut().has_external = true;
    if parser.settings.param_parsing.get() == 0 {
        let standalone = machine.shared.dtd.borrow().standalone;
        machine.shared.dtd.borrow_mut().ignore_rest |= !standalone;
        machine.default(parser, raw)?;
        return Ok(machine.check_standalone(parser)?);
    }
    let key = format!("%{name}");
    let found = machine.shared.dtd.borrow().parameter.get(name).cloned();
    let Some(entity) = found else {
        machine.shared.dtd.borrow_mut().ignore_rest = true;
        let (shown, one) = (parser.name(name)?, int::new(1)?);
        if parser.call(Handler::SkippedEntity, &[shown.b(), one.b()])?.is_none() {
            machine.default(parser, raw)?;
        }
        return Ok(());
    };
    if machine.shared.open.borrow().contains(&key) {
        return Err(Fault::Xml(RECURSIVE_ENTITY_REF).into());
    }
    if let Some(value) = &entity.value {
        recursion::check(" while expanding an XML entity")?;
        machine.count_expansion(parser, value.len())?;
        machine.shared.open.borrow_mut().push(key);
        let outcome = read_subset(machine, parser, value);
        machine.shared.open.borrow_mut().pop();
        return outcome;
    }
    let standalone = machine.shared.dtd.borrow().standalone;
    let mode = parser.settings.param_parsing.get();
    if mode == 2 || mode == 1 && !standalone {
        machine.shared.open.borrow_mut().push(key);
        let outcome = machine.external(parser, None, entity.system.as_deref(), entity.public.as_deref());
        machine.shared.open.borrow_mut().pop();
        if outcome? {
            return Ok(machine.check_standalone(parser)?);
        }
    }
    machine.shared.dtd.borrow_mut().ignore_rest = !standalone;
    machine.default(parser, raw)?;
    Ok(())
}

/// Reads declarations from the replacement text of a parameter entity.
fn read_subset(machine: &mut Machine, parser: Borrowed<'_, XmlParser>, value: &str) -> Result<(), Step> {
    let mut at = 0;
    while at < value.len() {
        match subset(machine, parser, value.get(at..).unwrap_or_default(), true) {
            Ok(length) => at += length.max(1),
            Err(Step::Stop(Stop::More)) => return Err(Fault::Xml(INCOMPLETE_PE).into()),
            Err(Step::Stop(Stop::Bad(code, _))) => return Err(Fault::Xml(code).into()),
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

/// The literal value of an entity: character references and parameter entities are resolved, others wait.
fn entity_value(machine: &mut Machine, parser: Borrowed<'_, XmlParser>, literal: &str, external: bool) -> Outcome<String> {
    recursion::check(" while expanding an XML entity")?;
    let literal = unified(literal);
    let mut out = String::with_capacity(literal.len());
    let mut rest = literal.as_str();
    while let Some(code) = rest.chars().next() {
        let mut length = code.len_utf8();
        match code {
            '&' => {
                let (token, taken) = token::parse_reference(rest).map_err(|stop| match stop {
                    Stop::Bad(code, _) => Fault::Xml(code),
                    Stop::More => Fault::Xml(INVALID_TOKEN),
                })?;
                length = taken;
                match token {
                    Token::CharRef(code) => out.push(code),
                    _ => out.push_str(rest.get(..taken).unwrap_or_default()),
                }
            }
            '%' => {
                if !external {
                    return Err(Fault::Xml(PARAM_ENTITY_REF));
                }
                let mut cursor = Cursor { text: rest, at: 1 };
                let name = cursor.name().map_err(|_| Fault::Xml(INVALID_TOKEN))?.to_owned();
                cursor.expect(";").map_err(|_| Fault::Xml(INVALID_TOKEN))?;
                length = cursor.at;
                let key = format!("%{name}");
                if machine.shared.open.borrow().contains(&key) {
                    return Err(Fault::Xml(RECURSIVE_ENTITY_REF));
                }
                let value = machine.shared.dtd.borrow().parameter.get(&name).and_then(|entity| entity.value.clone());
                if let Some(value) = value {
                    machine.count_expansion(parser, value.len())?;
                    out.push_str(&value);
                }
            }
            code => out.push(code),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(out)
}

fn declare(
    machine: &mut Machine,
    parser: Borrowed<'_, XmlParser>,
    parsed: Declaration,
    raw: &str,
    external: bool,
) -> Outcome<()> {
    let handled = match parsed {
        Declaration::Element { name, model } => match parser.handler(Handler::ElementDecl) {
            Some(_) => {
                let (name, model) = (parser.name(&name)?, model_object(parser, &model)?);
                parser.call(Handler::ElementDecl, &[name.b(), model.b()])?.is_some()
            }
            None => false,
        },
        Declaration::Notation { name, id } => {
            let args = [
                parser.name(&name)?,
                optional(machine.base.as_deref())?,
                optional(id.system.as_deref())?,
                optional(id.public.as_deref())?,
            ];
            let [name, base, system, public] = &args;
            parser.call(Handler::NotationDecl, &[name.b(), base.b(), system.b(), public.b()])?.is_some()
        }
        Declaration::Attlist { element, attributes } => declare_attributes(machine, parser, &element, attributes)?,
        Declaration::Entity { name, parameter, mut entity } => {
            if let Some(literal) = entity.value.take() {
                entity.value = Some(entity_value(machine, parser, &literal, external)?);
            }
            entity.base.clone_from(&machine.base);
            declare_entity(machine, parser, &name, parameter, entity)?
        }
    };
    if !handled {
        machine.default(parser, raw)?;
    }
    Ok(())
}

fn declare_entity(
    machine: &mut Machine,
    parser: Borrowed<'_, XmlParser>,
    name: &str,
    parameter: bool,
    entity: Entity,
) -> Outcome<bool> {
    {
        let mut dtd = machine.shared.dtd.borrow_mut();
        if dtd.ignore_rest {
            return Ok(false);
        }
        let known = if parameter { &mut dtd.parameter } else { &mut dtd.general };
        // The first declaration counts.
        if known.contains_key(name) {
            return Ok(false);
        }
        known.insert(name.to_owned(), entity.clone());
    }
    let shown = parser.name(name)?;
    let base = optional(entity.base.as_deref())?;
    let (system, public) = (optional(entity.system.as_deref())?, optional(entity.public.as_deref())?);
    let notation = optional(entity.notation.as_deref())?;
    if entity.notation.is_some() && parser.handler(Handler::UnparsedEntityDecl).is_some() {
        let args = [shown.b(), base.b(), system.b(), public.b(), notation.b()];
        return Ok(parser.call(Handler::UnparsedEntityDecl, &args)?.is_some());
    }
    let flag = int::new(i64::from(parameter))?;
    let value = optional(entity.value.as_deref())?;
    let args = [shown.b(), flag.b(), value.b(), base.b(), system.b(), public.b(), notation.b()];
    Ok(parser.call(Handler::EntityDecl, &args)?.is_some())
}

fn declare_attributes(
    machine: &mut Machine,
    parser: Borrowed<'_, XmlParser>,
    element: &str,
    attributes: Vec<DeclaredAttribute>,
) -> Outcome<bool> {
    let mut handled = false;
    for attribute in attributes {
        let mut default = None;
        if let Some(raw) = &attribute.default {
            let mut value = String::new();
            machine.attribute_value(parser, raw, &mut value)?;
            default = Some(value);
        }
        let is_cdata = attribute.kind == "CDATA";
        if !is_cdata {
            default = default.map(|value| value.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "));
        }
        {
            let mut dtd = machine.shared.dtd.borrow_mut();
            if !dtd.ignore_rest {
                let known = dtd.attributes.entry(element.to_owned()).or_default();
                if !known.iter().any(|other| other.name == attribute.name) {
                    known.push(Attribute { name: attribute.name.clone(), is_cdata, default: default.clone() });
                }
            }
        }
        if parser.handler(Handler::AttlistDecl).is_some() {
            let args = [
                parser.name(element)?,
                parser.name(&attribute.name)?,
                text_value::new(&attribute.kind)?,
                optional(default.as_deref())?,
                int::new(i64::from(attribute.required))?,
            ];
            let [element, name, kind, default, required] = &args;
            handled |=
                parser.call(Handler::AttlistDecl, &[element.b(), name.b(), kind.b(), default.b(), required.b()])?.is_some();
        }
    }
    Ok(handled)
}

/// `(type, quantifier, name, children)`.
fn model_object(parser: Borrowed<'_, XmlParser>, model: &Model) -> PyResult<Ref> {
    recursion::check(" in content model")?;
    let children = model.children.iter().map(|child| model_object(parser, child)).collect::<PyResult<Vec<Ref>>>()?;
    let name = match &model.name {
        Some(name) => parser.name(name)?,
        None => core::none_ref(),
    };
    let (kind, quantifier) = (int::new(i64::from(model.kind))?, int::new(i64::from(model.quantifier))?);
    tuple::from_array([kind, quantifier, name, tuple::from_vec(children)?])
}
