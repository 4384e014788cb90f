//! Parameters of functions and lambdas, and type parameters.

use super::{Fail, Parse, Parser};
use crate::ast::*;
use crate::token::TokenKind;

/// What distinguishes a function's parameters from a lambda's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Function,
    Lambda,
}

impl Style {
    fn end(self) -> TokenKind {
        match self {
            Style::Function => TokenKind::RPar,
            Style::Lambda => TokenKind::Colon,
        }
    }
}

impl Parser<'_> {
    /// [params], up to the closing parenthesis.
    pub(super) fn params(&mut self) -> Parse<Arguments> {
        self.parameters(Style::Function)
    }

    /// [lambda_params], up to the colon.
    pub(super) fn lambda_params(&mut self) -> Parse<Arguments> {
        self.nested(6, |parser| parser.parameters(Style::Lambda))
    }

    fn parameters(&mut self, style: Style) -> Parse<Arguments> {
        let mut arguments = Arguments::default();
        let mut slash = false;
        while !self.at(style.end()) {
            match self.kind() {
                TokenKind::Star => return self.star_etc(style, arguments),
                TokenKind::DoubleStar => {
                    self.double_star(style, &mut arguments)?;
                    return Ok(arguments);
                }
                TokenKind::Slash => {
                    if slash || arguments.args.is_empty() {
                        return Err(Fail);
                    }
                    self.require_version(8)?;
                    slash = true;
                    self.pos += 1;
                    arguments.posonlyargs = std::mem::take(&mut arguments.args);
                    if !self.eat(TokenKind::Comma) {
                        break;
                    }
                }
                _ => {
                    let mut arg = self.param(style)?;
                    if self.eat(TokenKind::Equal) {
                        arguments.defaults.push(self.expression()?);
                    } else if !arguments.defaults.is_empty() {
                        return Err(Fail);
                    }
                    let more = self.end_param(style, &mut arg)?;
                    arguments.args.push(arg);
                    if !more {
                        break;
                    }
                }
            }
        }
        if !self.at(style.end()) {
            return Err(Fail);
        }
        Ok(arguments)
    }

    /// star_etc, from its '*'.
    fn star_etc(&mut self, style: Style, mut arguments: Arguments) -> Parse<Arguments> {
        self.pos += 1;
        let bare = self.at(TokenKind::Comma);
        let mut more = true;
        if bare {
            self.pos += 1;
        } else {
            let start = self.pos;
            let id = self.name()?;
            let annotation = if style == Style::Function && self.eat(TokenKind::Colon) {
                Some(self.single_star_expression()?.into())
            } else {
                None
            };
            let mut arg = Arg { span: self.span_from(start), arg: id, annotation, type_comment: None };
            more = self.end_param(style, &mut arg)?;
            arguments.vararg = Some(Box::new(arg));
        }
        while more && !self.at(style.end()) {
            if self.at(TokenKind::DoubleStar) {
                if bare && arguments.kwonlyargs.is_empty() {
                    return Err(Fail);
                }
                self.double_star(style, &mut arguments)?;
                return Ok(arguments);
            }
            let mut arg = self.param(style)?;
            let default = if self.eat(TokenKind::Equal) { Some(self.expression()?) } else { None };
            more = self.end_param(style, &mut arg)?;
            arguments.kwonlyargs.push(arg);
            arguments.kw_defaults.push(default);
        }
        if !self.at(style.end()) || (bare && arguments.kwonlyargs.is_empty()) {
            return Err(Fail);
        }
        Ok(arguments)
    }

    /// kwds: '**' param_no_default, which ends the list.
    fn double_star(&mut self, style: Style, arguments: &mut Arguments) -> Parse<()> {
        self.pos += 1;
        let mut arg = self.param(style)?;
        self.end_param(style, &mut arg)?;
        arguments.kwarg = Some(Box::new(arg));
        if self.at(style.end()) { Ok(()) } else { Err(Fail) }
    }

    /// param: NAME [annotation]
    fn param(&mut self, style: Style) -> Parse<Arg> {
        let start = self.pos;
        let id = self.name()?;
        let annotation =
            if style == Style::Function && self.eat(TokenKind::Colon) { Some(self.expression()?.into()) } else { None };
        Ok(Arg { span: self.span_from(start), arg: id, annotation, type_comment: None })
    }

    /// ',' [TYPE_COMMENT], or [TYPE_COMMENT] before the end. Returns whether there was a comma.
    fn end_param(&mut self, style: Style, arg: &mut Arg) -> Parse<bool> {
        let comma = self.eat(TokenKind::Comma);
        if style == Style::Function {
            arg.type_comment = self.type_comment();
        }
        if !comma && !self.at(style.end()) {
            return Err(Fail);
        }
        Ok(comma)
    }

    /// type_params, if there are any.
    pub(super) fn type_params(&mut self) -> Parse<Vec<TypeParam>> {
        let mut params = Vec::new();
        if !self.eat(TokenKind::LSqb) {
            return Ok(params);
        }
        loop {
            params.push(self.type_param()?);
            if !self.eat(TokenKind::Comma) || self.at(TokenKind::RSqb) {
                break;
            }
        }
        self.expect(TokenKind::RSqb)?;
        self.require_version(12)?;
        Ok(params)
    }

    fn type_param(&mut self) -> Parse<TypeParam> {
        let start = self.pos;
        let kind = if self.eat(TokenKind::Star) {
            let name = self.name()?;
            let default_value = self.type_param_default(Self::single_star_expression)?;
            TypeParamKind::TypeVarTuple { name, default_value }
        } else if self.eat(TokenKind::DoubleStar) {
            let name = self.name()?;
            let default_value = self.type_param_default(Self::expression)?;
            TypeParamKind::ParamSpec { name, default_value }
        } else {
            let name = self.name()?;
            let bound = if self.eat(TokenKind::Colon) { Some(self.expression()?.into()) } else { None };
            let default_value = self.type_param_default(Self::expression)?;
            TypeParamKind::TypeVar { name, bound, default_value }
        };
        Ok(TypeParam { span: self.span_from(start), kind })
    }

    fn type_param_default(&mut self, value: fn(&mut Self) -> Parse<Expr>) -> Parse<Option<ExprBox>> {
        if !self.eat(TokenKind::Equal) {
            return Ok(None);
        }
        let value = value(self)?;
        self.require_version(13)?;
        Ok(Some(value.into()))
    }
}
