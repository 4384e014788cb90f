//! Tokens as the parser sees them: type-ignore comments set aside, and the ends that interactive input implies.

use crate::ast::TypeIgnore;
use crate::lexer::{Lexer, LexerOptions};
use crate::options::{Flags, Mode, ParseOptions};
use crate::text::Text;
use crate::token::{Token, TokenKind};

pub(crate) struct TokenStream<'s> {
    pub(crate) source: &'s [u8],
    pub(crate) lexer: Lexer<'s>,
    pub(crate) type_ignores: Vec<TypeIgnore>,
    single: bool,
    imply_dedent: bool,
    parsing_started: bool,
}

impl<'s> TokenStream<'s> {
    pub(crate) fn new(source: &'s [u8], options: &ParseOptions) -> Self {
        let type_comments = options.flags.contains(Flags::TYPE_COMMENTS);
        TokenStream {
            source,
            lexer: Lexer::new(
                source,
                LexerOptions { type_comments, extra_tokens: false, by_line: options.flags.contains(Flags::FILE) },
            ),
            type_ignores: Vec::new(),
            single: options.mode == Mode::Single,
            imply_dedent: !options.flags.contains(Flags::DONT_IMPLY_DEDENT),
            parsing_started: false,
        }
    }

    #[inline]
    pub(crate) fn next_token(&mut self) -> Token {
        let mut token = Token::END;
        self.next_token_into(&mut token);
        token
    }

    /// As [`TokenStream::next_token`], written where it will stay.
    #[inline]
    pub(crate) fn next_token_into(&mut self, token: &mut Token) {
        self.lexer.next_token_into(token);
        if token.kind == TokenKind::TypeIgnore {
            *token = self.set_aside(*token);
        }
        if self.single && token.kind == TokenKind::EndMarker && self.parsing_started {
            token.kind = TokenKind::Newline;
            self.parsing_started = false;
            if self.lexer.indent() > 0 && self.imply_dedent {
                self.lexer.imply_dedents();
            }
        } else {
            self.parsing_started = true;
        }
    }

    /// Keeps a type-ignore comment, and those behind it; gives the token that follows.
    #[cold]
    fn set_aside(&mut self, mut token: Token) -> Token {
        while token.kind == TokenKind::TypeIgnore {
            let tag = self.source.get(token.start as usize..token.end as usize).unwrap_or_default();
            let tag = Text::from_bytes(tag.to_vec()).unwrap_or_default();
            self.type_ignores.push(TypeIgnore { lineno: token.lineno, tag });
            token = self.lexer.next_token();
        }
        token
    }
}
