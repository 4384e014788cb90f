//! Import statements.

use super::{Fail, Parse, Parser};
use crate::ast::*;
use crate::options::Flags;
use crate::text::Name;
use crate::token::TokenKind;

impl Parser<'_> {
    /// import_name: 'import' dotted_as_names
    pub(super) fn import_name(&mut self) -> Parse<StmtKind> {
        self.pos += 1;
        let mut names = Vec::new();
        loop {
            let start = self.pos;
            let name = self.dotted_name()?;
            let asname = self.as_name()?;
            names.push(Alias { span: self.span_from(start), name, asname });
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        Ok(StmtKind::Import { names })
    }

    /// import_from: 'from' ('.' | '...')* [dotted_name] 'import' import_from_targets
    pub(super) fn import_from(&mut self) -> Parse<StmtKind> {
        self.pos += 1;
        let mut level = 0;
        loop {
            if self.eat(TokenKind::Dot) {
                level += 1;
            } else if self.eat(TokenKind::Ellipsis) {
                level += 3;
            } else {
                break;
            }
        }
        let module = if level > 0 && self.at(TokenKind::Import) { None } else { Some(self.dotted_name()?) };
        self.expect(TokenKind::Import)?;
        let names = self.import_from_targets()?;
        if level == 0
            && module.as_ref().is_some_and(|module| *module == "__future__")
            && names.iter().any(|alias| alias.name == "barry_as_FLUFL")
        {
            self.flags |= Flags::BARRY_AS_BDFL;
        }
        Ok(StmtKind::ImportFrom { module, names, level: Some(level) })
    }

    fn import_from_targets(&mut self) -> Parse<Vec<Alias>> {
        let start = self.pos;
        if self.eat(TokenKind::Star) {
            return Ok(vec![Alias { span: self.span_from(start), name: self.intern(b"*"), asname: None }]);
        }
        let parenthesized = self.eat(TokenKind::LPar);
        let mut names = Vec::new();
        loop {
            let start = self.pos;
            let name = self.name()?;
            let asname = self.as_name()?;
            names.push(Alias { span: self.span_from(start), name, asname });
            if !self.eat(TokenKind::Comma) {
                break;
            }
            if parenthesized && self.at(TokenKind::RPar) {
                break;
            }
        }
        if parenthesized {
            self.expect(TokenKind::RPar)?;
        }
        Ok(names)
    }

    fn as_name(&mut self) -> Parse<Option<Name>> {
        if self.eat(TokenKind::As) { self.name().map(Some) } else { Ok(None) }
    }

    fn dotted_name(&mut self) -> Parse<Name> {
        let first = self.name()?;
        if !self.at(TokenKind::Dot) {
            return Ok(first);
        }
        let mut joined = first.as_str().ok_or(Fail)?.to_owned();
        while self.eat(TokenKind::Dot) {
            let part = self.name()?;
            joined.push('.');
            joined.push_str(part.as_str().ok_or(Fail)?);
        }
        Ok(self.intern(joined.as_bytes()))
    }
}
