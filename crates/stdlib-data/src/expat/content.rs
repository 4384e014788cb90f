//! Elements and what they contain.

use super::dtd::Entity;
use super::errors::*;
use super::machine::{Fault, Machine, Open, Outcome, Step};
use super::namespace::declared_prefix;
use super::parser::{Handler, XmlParser};
use super::state::optional;
use super::token::{self, RawAttribute, Stop, Token, parse_reference};
use builtins::dict::Dict;
use builtins::list::List;
use object::value::str as text_value;
use object::{Borrowed, PyResult, Ref, recursion};

/// An attribute with its value resolved.
struct Attribute {
    name: String,
    value: String,
    specified: bool,
}

/// The longest piece of text, in bytes of UTF-8, that is reported from other encodings.
const PIECE: usize = 1024;

fn predefined(name: &str) -> Option<&'static str> {
    Some(match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    })
}

/// Spaces of a value whose type is not CDATA: none at the ends, one between.
fn collapsed(value: &str) -> String {
    value.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

impl Machine {
    /// Takes one token of content from the front of `rest`; 0 at its end. Elements below `floor` belong to somebody else.
    pub fn content(
        &mut self,
        parser: Borrowed<'_, XmlParser>,
        rest: &str,
        whole: bool,
        in_cdata: &mut bool,
        floor: usize,
    ) -> Result<usize, Step> {
        if *in_cdata {
            if rest.is_empty() {
                return Ok(0);
            }
            let (token, length) = token::cdata(rest)?;
            match token {
                Some(Token::Chars(content)) => self.characters(parser, &content, rest.get(..length).unwrap_or_default())?,
                Some(_) => self.characters(parser, "\n", rest.get(..length).unwrap_or_default())?,
                None => {
                    *in_cdata = false;
                    if parser.call(Handler::EndCdataSection, &[])?.is_none() {
                        self.default(parser, "]]>")?;
                    }
                }
            }
            return Ok(length);
        }
        let Some((token, length)) = token::content(rest, whole)? else { return Ok(0) };
        let raw = rest.get(..length).unwrap_or_default();
        match token {
            Token::Chars(content) => self.characters(parser, &content, raw)?,
            Token::Newline => self.characters(parser, "\n", raw)?,
            Token::CharRef(code) => self.characters(parser, code.encode_utf8(&mut [0; 4]), raw)?,
            Token::EntityRef(name) => self.entity_reference(parser, &name, raw)?,
            Token::Start { name, attributes, empty } => {
                self.start_element(parser, &name, attributes, raw)?;
                if empty {
                    // The end of an empty element is where its tag ends.
                    self.mark_behind(parser, raw);
                    self.end_element(parser, "")?;
                }
            }
            Token::End { name } => {
                if self.stack.len() <= floor {
                    return Err(Fault::Xml(ASYNC_ENTITY).into());
                }
                if self.stack.last().is_none_or(|open| open.name != name) {
                    return Err(Stop::Bad(TAG_MISMATCH, 2).into());
                }
                self.end_element(parser, raw)?;
            }
            Token::CdataStart => {
                *in_cdata = true;
                if parser.call(Handler::StartCdataSection, &[])?.is_none() {
                    self.default(parser, raw)?;
                }
            }
            Token::Comment(_) | Token::Instruction { .. } => self.misc(parser, &token, raw)?,
        }
        Ok(length)
    }

    fn characters(&mut self, parser: Borrowed<'_, XmlParser>, content: &str, raw: &str) -> PyResult<()> {
        if parser.handler(Handler::CharacterData).is_none() {
            return self.default(parser, raw);
        }
        let mut rest = content;
        // What has to be converted comes in pieces, as from expat.
        while !self.is_utf8() && rest.len() > PIECE {
            let cut = (0..=PIECE).rev().find(|cut| rest.is_char_boundary(*cut)).unwrap_or(PIECE);
            let (piece, behind) = rest.split_at_checked(cut).unwrap_or((rest, ""));
            parser.characters(piece)?;
            rest = behind;
        }
        parser.characters(rest).map(drop)
    }

    fn entity_reference(&mut self, parser: Borrowed<'_, XmlParser>, name: &str, raw: &str) -> Result<(), Step> {
        if let Some(content) = predefined(name) {
            return Ok(self.characters(parser, content, raw)?);
        }
        let found = self.shared.dtd.borrow().general.get(name).cloned();
        let Some(entity) = found else {
            let dtd = self.shared.dtd.borrow();
            if !dtd.has_external || dtd.standalone {
                return Err(Fault::Xml(UNDEFINED_ENTITY).into());
            }
            drop(dtd);
            return Ok(self.skipped(parser, name, raw)?);
        };
        if entity.notation.is_some() {
            return Err(Fault::Xml(BINARY_ENTITY_REF).into());
        }
        if self.shared.open.borrow().iter().any(|open| open == name) {
            return Err(Fault::Xml(RECURSIVE_ENTITY_REF).into());
        }
        match &entity.value {
            Some(_) if !self.expands(parser) => Ok(self.skipped(parser, name, raw)?),
            Some(value) => self.expand(parser, name, value),
            None => {
                self.shared.open.borrow_mut().push(name.to_owned());
                let outcome = self.external(parser, Some(name), entity.system.as_deref(), entity.public.as_deref());
                self.shared.open.borrow_mut().pop();
                if !outcome? {
                    self.default(parser, raw)?;
                }
                Ok(())
            }
        }
    }

    fn skipped(&mut self, parser: Borrowed<'_, XmlParser>, name: &str, raw: &str) -> PyResult<()> {
        let (name, zero) = (parser.name(name)?, object::value::int::new(0)?);
        if parser.call(Handler::SkippedEntity, &[name.b(), zero.b()])?.is_none() {
            self.default(parser, raw)?;
        }
        Ok(())
    }

    /// Reads the replacement text of an internal entity as content.
    fn expand(&mut self, parser: Borrowed<'_, XmlParser>, name: &str, value: &str) -> Result<(), Step> {
        recursion::check(" while expanding an XML entity")?;
        self.count_expansion(parser, value.len())?;
        self.shared.open.borrow_mut().push(name.to_owned());
        self.expanding += 1;
        let floor = self.stack.len();
        let mut in_cdata = false;
        let mut at = 0;
        let outcome = loop {
            match self.content(parser, value.get(at..).unwrap_or_default(), true, &mut in_cdata, floor) {
                Ok(0) => break Ok(()),
                Ok(length) => at += length,
                Err(Step::Stop(Stop::Bad(code, _))) => break Err(Fault::Xml(code).into()),
                Err(Step::Stop(Stop::More)) => break Err(Fault::Xml(UNCLOSED_TOKEN).into()),
                Err(other) => break Err(other),
            }
        };
        self.shared.open.borrow_mut().pop();
        self.expanding -= 1;
        outcome?;
        if in_cdata {
            return Err(Fault::Xml(UNCLOSED_CDATA_SECTION).into());
        }
        if self.stack.len() != floor { Err(Fault::Xml(ASYNC_ENTITY).into()) } else { Ok(()) }
    }

    /// Resolves the references of an attribute value into `out`.
    pub fn attribute_value(&mut self, parser: Borrowed<'_, XmlParser>, raw: &str, out: &mut String) -> Outcome<()> {
        recursion::check(" while expanding an XML entity")?;
        let mut rest = raw;
        while let Some(code) = rest.chars().next() {
            let mut length = code.len_utf8();
            match code {
                '\r' => {
                    length += usize::from(rest.as_bytes().get(1) == Some(&b'\n'));
                    out.push(' ');
                }
                '\n' | '\t' => out.push(' '),
                '<' => return Err(Fault::Xml(INVALID_TOKEN)),
                '&' => {
                    let (token, taken) = parse_reference(rest).map_err(|_| Fault::Xml(INVALID_TOKEN))?;
                    length = taken;
                    match token {
                        Token::CharRef(code) => out.push(code),
                        Token::EntityRef(name) => self.attribute_entity(parser, &name, out)?,
                        _ => {}
                    }
                }
                code => out.push(code),
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(())
    }

    fn attribute_entity(&mut self, parser: Borrowed<'_, XmlParser>, name: &str, out: &mut String) -> Outcome<()> {
        if let Some(content) = predefined(name) {
            out.push_str(content);
            return Ok(());
        }
        let found: Option<Entity> = self.shared.dtd.borrow().general.get(name).cloned();
        let Some(entity) = found else {
            let dtd = self.shared.dtd.borrow();
            let declared_elsewhere = dtd.has_external && !dtd.standalone;
            return if declared_elsewhere { Ok(()) } else { Err(Fault::Xml(UNDEFINED_ENTITY)) };
        };
        if self.shared.open.borrow().iter().any(|open| open == name) {
            return Err(Fault::Xml(RECURSIVE_ENTITY_REF));
        }
        if entity.notation.is_some() {
            return Err(Fault::Xml(BINARY_ENTITY_REF));
        }
        let Some(value) = entity.value else { return Err(Fault::Xml(ATTRIBUTE_EXTERNAL_ENTITY_REF)) };
        self.count_expansion(parser, value.len())?;
        self.shared.open.borrow_mut().push(name.to_owned());
        let outcome = self.attribute_value(parser, &value, out);
        self.shared.open.borrow_mut().pop();
        outcome
    }

    fn attributes(
        &mut self,
        parser: Borrowed<'_, XmlParser>,
        element: &str,
        given: Vec<RawAttribute>,
    ) -> Outcome<Vec<Attribute>> {
        let declared = self.shared.dtd.borrow().attributes.get(element).cloned().unwrap_or_default();
        let mut attributes = Vec::with_capacity(given.len());
        for attribute in given {
            let mut value = String::with_capacity(attribute.value.len());
            self.attribute_value(parser, &attribute.value, &mut value)?;
            if declared.iter().any(|known| known.name == attribute.name && !known.is_cdata) {
                value = collapsed(&value);
            }
            attributes.push(Attribute { name: attribute.name, value, specified: true });
        }
        for known in declared {
            if let Some(value) = known.default
                && !attributes.iter().any(|attribute| attribute.name == known.name)
            {
                attributes.push(Attribute { name: known.name, value, specified: false });
            }
        }
        Ok(attributes)
    }

    /// Takes the namespace declarations out of the attributes and gives names their URIs.
    fn bind_names(
        &mut self,
        parser: Borrowed<'_, XmlParser>,
        element: &str,
        attributes: &mut Vec<Attribute>,
    ) -> Outcome<(String, usize)> {
        let Some(separator) = self.shared.separator.clone() else { return Ok((element.to_owned(), 0)) };
        let mut bindings = 0;
        for attribute in attributes.iter() {
            let Some(prefix) = declared_prefix(&attribute.name) else { continue };
            self.namespaces.declare(prefix, &attribute.value).map_err(Fault::Xml)?;
            bindings += 1;
            let (prefix, uri) = (
                optional(Some(prefix).filter(|prefix| !prefix.is_empty()))?,
                optional(Some(attribute.value.as_str()).filter(|uri| !uri.is_empty()))?,
            );
            parser.call(Handler::StartNamespaceDecl, &[prefix.b(), uri.b()])?;
        }
        attributes.retain(|attribute| declared_prefix(&attribute.name).is_none());
        let with_prefix = parser.settings.namespace_prefixes.get();
        let expand =
            |name: &str, is_element: bool| self.namespaces.expand(name, is_element, &separator, with_prefix).map_err(Fault::Xml);
        let expanded = expand(element, true)?;
        let mut seen: Vec<String> = Vec::new();
        for attribute in attributes.iter_mut() {
            let plain = self.namespaces.expand(&attribute.name, false, "\u{C}", false).map_err(Fault::Xml)?;
            if attribute.name.contains(':') {
                if seen.contains(&plain) {
                    return Err(Fault::Xml(DUPLICATE_ATTRIBUTE));
                }
                seen.push(plain);
            }
            attribute.name = expand(&attribute.name, false)?;
        }
        Ok((expanded, bindings))
    }

    fn start_element(&mut self, parser: Borrowed<'_, XmlParser>, name: &str, given: Vec<RawAttribute>, raw: &str) -> Outcome<()> {
        let mut attributes = self.attributes(parser, name, given)?;
        let (expanded, bindings) = self.bind_names(parser, name, &mut attributes)?;
        if parser.settings.specified_attributes.get() {
            attributes.retain(|attribute| attribute.specified);
        }
        self.stack.push(Open { name: name.to_owned(), expanded: expanded.clone(), bindings });
        if parser.handler(Handler::StartElement).is_none() {
            self.default(parser, raw)?;
            return Ok(());
        }
        let container: Ref = if parser.settings.ordered_attributes.get() {
            let list = List::new()?;
            for attribute in &attributes {
                list.append(parser.name(&attribute.name)?)?;
                list.append(text_value::new(&attribute.value)?)?;
            }
            list.upcast()
        } else {
            let dict = Dict::new()?;
            for attribute in &attributes {
                dict.set(parser.name(&attribute.name)?.b(), text_value::new(&attribute.value)?.b())?;
            }
            dict.upcast()
        };
        let shown = parser.name(&expanded)?;
        parser.call(Handler::StartElement, &[shown.b(), container.b()])?;
        Ok(())
    }

    fn end_element(&mut self, parser: Borrowed<'_, XmlParser>, raw: &str) -> Outcome<()> {
        let Some(open) = self.stack.pop() else { return Err(Fault::Xml(TAG_MISMATCH)) };
        let shown = parser.name(&open.expanded)?;
        if parser.call(Handler::EndElement, &[shown.b()])?.is_none() && !raw.is_empty() {
            self.default(parser, raw)?;
        }
        for _ in 0..open.bindings {
            let prefix = self.namespaces.pop();
            let prefix = optional(prefix.as_deref().filter(|prefix| !prefix.is_empty()))?;
            parser.call(Handler::EndNamespaceDecl, &[prefix.b()])?;
        }
        Ok(())
    }
}
