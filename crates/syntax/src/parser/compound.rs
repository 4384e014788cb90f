//! Compound statements.

use super::{Fail, Parse, Parser};
use crate::ast::*;
use crate::token::TokenKind;

/// Levels of CPython's rules in a block.
const BLOCK: u32 = 6;

impl Parser<'_> {
    /// compound_stmt, if one starts here.
    pub(super) fn compound_stmt(&mut self) -> Parse<Option<Stmt>> {
        let start = self.pos;
        let kind = match self.kind() {
            TokenKind::Def => self.function_def(Vec::new(), false)?,
            TokenKind::If => self.if_stmt()?,
            TokenKind::Class => self.class_def(Vec::new())?,
            TokenKind::At => return self.decorated().map(Some),
            TokenKind::With => self.with_stmt(false)?,
            TokenKind::For => self.for_stmt(false)?,
            TokenKind::Try => self.try_stmt()?,
            TokenKind::While => self.while_stmt()?,
            TokenKind::Async => self.async_stmt()?,
            TokenKind::Name if self.may_be_match() => return self.match_stmt(),
            _ => return Ok(None),
        };
        Ok(Some(self.stmt_from(start, kind)))
    }

    fn async_stmt(&mut self) -> Parse<StmtKind> {
        self.pos += 1;
        self.require_version(5)?;
        match self.kind() {
            TokenKind::Def => self.function_def(Vec::new(), true),
            TokenKind::With => self.with_stmt(true),
            TokenKind::For => self.for_stmt(true),
            _ => Err(Fail),
        }
    }

    /// Decorators do not belong to the extent of what they decorate.
    fn decorated(&mut self) -> Parse<Stmt> {
        let mut decorators = Vec::new();
        while self.eat(TokenKind::At) {
            decorators.push(self.named_expression()?);
            self.expect(TokenKind::Newline)?;
        }
        let start = self.pos;
        let kind = match self.kind() {
            TokenKind::Def => self.function_def(decorators, false)?,
            TokenKind::Class => self.class_def(decorators)?,
            TokenKind::Async if self.next_is(TokenKind::Def) => {
                self.pos += 1;
                self.require_version(5)?;
                self.function_def(decorators, true)?
            }
            _ => return Err(Fail),
        };
        Ok(self.stmt_from(start, kind))
    }

    /// block: NEWLINE INDENT statements DEDENT | simple_stmts
    pub(super) fn block(&mut self) -> Parse<Vec<Stmt>> {
        if self.eat(TokenKind::Newline) {
            self.expect(TokenKind::Indent)?;
            return self.nested(BLOCK, |parser| parser.statements(TokenKind::Dedent));
        }
        let mut body = Vec::with_capacity(1);
        self.simple_stmts(&mut body)?;
        Ok(body)
    }

    fn colon_block(&mut self) -> Parse<Vec<Stmt>> {
        self.expect(TokenKind::Colon)?;
        self.block()
    }

    /// [else_block]
    fn else_block(&mut self) -> Parse<Vec<Stmt>> {
        if self.eat(TokenKind::Else) { self.colon_block() } else { Ok(Vec::new()) }
    }

    fn function_def(&mut self, decorator_list: Vec<Expr>, is_async: bool) -> Parse<StmtKind> {
        self.expect(TokenKind::Def)?;
        let name = self.name()?;
        let type_params = self.type_params()?;
        self.expect(TokenKind::LPar)?;
        let args = Box::new(self.params()?);
        self.expect(TokenKind::RPar)?;
        let returns = if self.eat(TokenKind::RArrow) { Some(self.expression()?.into()) } else { None };
        self.expect(TokenKind::Colon)?;
        let mut type_comment = self.type_comment();
        if type_comment.is_none()
            && self.at(TokenKind::Newline)
            && self.next_is(TokenKind::TypeComment)
            && self.kind_at(self.pos + 2) == TokenKind::Newline
            && self.kind_at(self.pos + 3) == TokenKind::Indent
        {
            self.pos += 1;
            type_comment = self.type_comment();
        }
        let body = self.block()?;
        Ok(if is_async {
            StmtKind::AsyncFunctionDef { name, args, body, decorator_list, returns, type_comment, type_params }
        } else {
            StmtKind::FunctionDef { name, args, body, decorator_list, returns, type_comment, type_params }
        })
    }

    fn class_def(&mut self, decorator_list: Vec<Expr>) -> Parse<StmtKind> {
        self.expect(TokenKind::Class)?;
        let name = self.name()?;
        let type_params = self.type_params()?;
        let (bases, keywords) = if self.at(TokenKind::LPar) { self.class_arguments()? } else { (Vec::new(), Vec::new()) };
        let body = self.colon_block()?;
        Ok(StmtKind::ClassDef { name, bases, keywords, body, decorator_list, type_params })
    }

    /// The arguments of a class; unlike in a call a generator expression needs its own parentheses.
    fn class_arguments(&mut self) -> Parse<(Vec<Expr>, Vec<Keyword>)> {
        let open = self.token();
        let (bases, keywords) = self.call_arguments()?;
        if let [Expr { span, kind: ExprKind::GeneratorExp { .. } }] = bases.as_slice()
            && (span.lineno, span.col_offset) == (open.lineno, open.col_offset)
        {
            return Err(Fail);
        }
        Ok((bases, keywords))
    }

    fn if_stmt(&mut self) -> Parse<StmtKind> {
        self.pos += 1;
        let test = self.named_expression()?.into();
        let body = self.colon_block()?;
        // The chain of `elif` is read in a loop and put together from its end.
        let level = self.level;
        let mut pending = Vec::new();
        while self.at(TokenKind::Elif) {
            self.deepen(1)?;
            let start = self.pos;
            self.pos += 1;
            let test = self.named_expression()?;
            pending.push((start, test, self.colon_block()?));
        }
        let mut orelse = self.else_block()?;
        self.level = level;
        while let Some((start, test, body)) = pending.pop() {
            orelse = vec![self.stmt_from(start, StmtKind::If { test: test.into(), body, orelse })];
        }
        Ok(StmtKind::If { test, body, orelse })
    }

    fn while_stmt(&mut self) -> Parse<StmtKind> {
        self.pos += 1;
        let test = self.named_expression()?.into();
        let body = self.colon_block()?;
        Ok(StmtKind::While { test, body, orelse: self.else_block()? })
    }

    fn for_stmt(&mut self, is_async: bool) -> Parse<StmtKind> {
        self.pos += 1;
        let target = self.star_targets()?.into();
        self.expect(TokenKind::In)?;
        let iter = self.star_expressions()?.into();
        self.expect(TokenKind::Colon)?;
        let type_comment = self.type_comment();
        let body = self.block()?;
        let orelse = self.else_block()?;
        Ok(if is_async {
            StmtKind::AsyncFor { target, iter, body, orelse, type_comment }
        } else {
            StmtKind::For { target, iter, body, orelse, type_comment }
        })
    }

    fn with_stmt(&mut self, is_async: bool) -> Parse<StmtKind> {
        self.pos += 1;
        let mut parenthesized = None;
        if self.at(TokenKind::LPar) && self.colon_after_bracket() {
            let mark = self.mark();
            let level = self.level;
            parenthesized = self.parenthesized_with_items().ok();
            if parenthesized.is_none() {
                self.level = level;
                self.reset(mark);
            }
        }
        let bracketed = parenthesized.is_some();
        let items = match parenthesized {
            Some(items) => items,
            None => self.with_items()?,
        };
        self.expect(TokenKind::Colon)?;
        let type_comment = if is_async && bracketed { None } else { self.type_comment() };
        let body = self.block()?;
        Ok(if is_async {
            StmtKind::AsyncWith { items, body, type_comment }
        } else {
            StmtKind::With { items, body, type_comment }
        })
    }

    /// A colon follows the bracket that closes the one here.
    fn colon_after_bracket(&self) -> bool {
        let level = self.token().level;
        let rest = self.tokens.get(self.pos + 1..).unwrap_or_default();
        let close = rest.iter().position(|token| token.level < level);
        close.is_some_and(|close| rest.get(close + 1).is_some_and(|token| token.kind == TokenKind::Colon))
    }

    fn with_items(&mut self) -> Parse<Vec<WithItem>> {
        let mut items = vec![self.with_item()?];
        while self.eat(TokenKind::Comma) {
            items.push(self.with_item()?);
        }
        Ok(items)
    }

    /// '(' ','.with_item+ [','] ')'
    fn parenthesized_with_items(&mut self) -> Parse<Vec<WithItem>> {
        self.pos += 1;
        let mut items = vec![self.with_item()?];
        while self.eat(TokenKind::Comma) {
            if self.at(TokenKind::RPar) {
                break;
            }
            items.push(self.with_item()?);
        }
        self.expect(TokenKind::RPar)?;
        if self.at(TokenKind::Colon) { Ok(items) } else { Err(Fail) }
    }

    /// with_item: expression ['as' star_target]
    fn with_item(&mut self) -> Parse<WithItem> {
        let context_expr = self.expression()?.into();
        let optional_vars = if self.eat(TokenKind::As) {
            let target = self.star_target()?;
            if !matches!(self.kind(), TokenKind::Comma | TokenKind::RPar | TokenKind::Colon) {
                return Err(Fail);
            }
            Some(target.into())
        } else {
            None
        };
        Ok(WithItem { context_expr, optional_vars })
    }

    fn try_stmt(&mut self) -> Parse<StmtKind> {
        self.pos += 1;
        let body = self.colon_block()?;
        let is_star = self.at(TokenKind::Except) && self.next_is(TokenKind::Star);
        let mut handlers = Vec::new();
        while self.at(TokenKind::Except) {
            handlers.push(self.except_block(is_star)?);
        }
        let orelse = if handlers.is_empty() { Vec::new() } else { self.else_block()? };
        let mut finalbody = Vec::new();
        if self.eat(TokenKind::Finally) {
            finalbody = self.colon_block()?;
        } else if handlers.is_empty() {
            return Err(Fail);
        }
        Ok(if is_star {
            self.require_version(11)?;
            StmtKind::TryStar { body, handlers, orelse, finalbody }
        } else {
            StmtKind::Try { body, handlers, orelse, finalbody }
        })
    }

    fn except_block(&mut self, is_star: bool) -> Parse<ExceptHandler> {
        let start = self.pos;
        self.pos += 1;
        if self.eat(TokenKind::Star) != is_star {
            return Err(Fail);
        }
        let mut type_ = None;
        let mut name = None;
        if is_star || !self.at(TokenKind::Colon) {
            let expr = self.expressions()?;
            let bare_tuple = self.kind_at(self.pos - 1) == TokenKind::Comma || !self.is_one_expression(start, &expr);
            if bare_tuple {
                self.require_version(14)?;
            } else if self.eat(TokenKind::As) {
                name = Some(self.name()?);
            }
            type_ = Some(expr.into());
        }
        let body = self.colon_block()?;
        Ok(ExceptHandler { span: self.span_from(start), type_, name, body })
    }

    /// `expr`, read after `except` at `except`, is no tuple without parentheses.
    fn is_one_expression(&self, except: usize, expr: &Expr) -> bool {
        let ExprKind::Tuple { elts, .. } = &expr.kind else { return true };
        // A tuple in parentheses starts before its first element.
        elts.first().is_none_or(|first| {
            let start = (expr.span.lineno, expr.span.col_offset);
            let opening =
                (except..self.pos).map(|index| self.token_at(index)).find(|token| (token.lineno, token.col_offset) == start);
            start != (first.span.lineno, first.span.col_offset)
                && opening.is_some_and(|token| token.kind == TokenKind::LPar && self.closes_at_end(token))
        })
    }

    /// The bracket `open` is closed by the last token read.
    fn closes_at_end(&self, open: crate::token::Token) -> bool {
        let from = self.tokens.iter().position(|token| token.start == open.start && token.kind == open.kind);
        let rest = from.and_then(|from| self.tokens.get(from + 1..self.pos)).unwrap_or_default();
        rest.iter().position(|token| token.level < open.level).is_some_and(|close| close + 1 == rest.len())
    }

    /// `match` may begin a match statement here.
    fn may_be_match(&self) -> bool {
        use TokenKind::*;
        self.at_word(b"match")
            && matches!(
                self.kind_at(self.pos + 1),
                Name | Number
                    | String
                    | FStringStart
                    | TStringStart
                    | LPar
                    | LSqb
                    | LBrace
                    | Plus
                    | Minus
                    | Tilde
                    | Star
                    | Not
                    | Lambda
                    | Await
                    | Ellipsis
                    | True
                    | False
                    | None
            )
    }

    /// match_stmt; nothing if `match` is an ordinary name here.
    fn match_stmt(&mut self) -> Parse<Option<Stmt>> {
        let start = self.pos;
        let mark = self.mark();
        let level = self.level;
        self.pos += 1;
        let subject = self.subject_expr();
        let header = [TokenKind::Colon, TokenKind::Newline, TokenKind::Indent];
        let Ok(subject) = subject else {
            self.level = level;
            self.reset(mark);
            return Ok(None);
        };
        if !header.iter().all(|&kind| self.eat(kind)) {
            self.reset(mark);
            return Ok(None);
        }
        let cases = self.nested(BLOCK, |parser| {
            let mut cases = Vec::new();
            while !parser.eat(TokenKind::Dedent) {
                cases.push(parser.case_block()?);
            }
            Ok(cases)
        })?;
        self.require_version(10)?;
        Ok(Some(self.stmt_from(start, StmtKind::Match { subject: subject.into(), cases })))
    }

    /// subject_expr: star_named_expression ',' [star_named_expressions] | named_expression
    fn subject_expr(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let first = self.star_named_expression()?;
        if !self.at(TokenKind::Comma) {
            return if matches!(first.kind, ExprKind::Starred { .. }) { Err(Fail) } else { Ok(first) };
        }
        let mut elts = vec![first];
        while self.eat(TokenKind::Comma) {
            if self.at(TokenKind::Colon) {
                break;
            }
            elts.push(self.star_named_expression()?);
        }
        Ok(self.expr_from(start, ExprKind::Tuple { elts, ctx: ExprContext::Load }))
    }

    fn case_block(&mut self) -> Parse<MatchCase> {
        if !self.at_word(b"case") {
            return Err(Fail);
        }
        self.pos += 1;
        let pattern = Box::new(self.patterns()?);
        let guard = if self.eat(TokenKind::If) { Some(self.named_expression()?.into()) } else { None };
        let body = self.colon_block()?;
        Ok(MatchCase { pattern, guard, body })
    }
}
