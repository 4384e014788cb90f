//! The module `_tokenize`: tokens for Lib's `tokenize`, from crate `syntax`.
//!
//! The source is read to its end when the first token is asked for.

use crate::header;
use macros::{pyclass, pymethods};
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, TypeObject, core, error, exc, memory, raise};
use std::cell::RefCell;
use std::rc::Rc;
use syntax::text::Text;
use syntax::{ErrorKind, SyntaxError, TokenInfo};

/// What is left to give.
#[derive(Default)]
struct State {
    started: bool,
    tokens: std::vec::IntoIter<TokenInfo>,
    failure: Option<SyntaxError>,
    last_line: Option<(Rc<Text>, Ref)>,
}

/// The iterator over the tokens of what `readline` gives.
#[pyclass(name = "TokenizerIter", module = "_tokenize", flags(BASETYPE), gc)]
pub struct TokenizerIter {
    head: abi::PyObject,
    readline: OptRef,
    encoding: OptRef,
    extra_tokens: bool,
    #[trace(skip)]
    state: RefCell<State>,
}

impl TokenizerIter {
    /// Reads all lines. StopIteration or an empty line ends them.
    fn source(&self) -> PyResult<String> {
        let mut source = String::new();
        let Some(readline) = self.readline.get() else { return Ok(source) };
        let encoding = self.encoding.get();
        loop {
            let line = match readline.call0() {
                Ok(line) => line,
                Err(raised) => {
                    raised.clear_if(&exc::StopIteration)?;
                    return Ok(source);
                }
            };
            let line = match &encoding {
                Some(encoding) if bytes::value(line.b()).is_some() => {
                    core::STR.borrowed().call(&[line.b(), encoding.b(), text::new("replace")?.b()])?
                }
                Some(_) => {
                    return Err(raise!(TypeError, "readline() returned a non-bytes object"));
                }
                None if text::check(line.b()) => line,
                None => return Err(raise!(TypeError, "readline() returned a non-string object")),
            };
            let line = text::to_string(line.b()).ok_or_else(|| object::convert::surrogates_not_allowed(line.b()))?;
            if line.is_empty() {
                return Ok(source);
            }
            source.push_str(&line);
        }
    }

    fn start(&self) -> PyResult<()> {
        let source = self.source()?;
        let (tokens, failure) = syntax::tokenize(&source, self.extra_tokens);
        let mut state = self.state.borrow_mut();
        state.tokens = tokens.into_iter();
        state.failure = failure;
        Ok(())
    }
}

/// Raises the error that ends the tokens.
fn raise_error(found: &SyntaxError) -> Raised {
    let class = match found.kind {
        ErrorKind::IndentationError => &exc::IndentationError,
        ErrorKind::TabError => &exc::TabError,
        ErrorKind::MemoryError => return memory::no_memory(),
        _ => &exc::SyntaxError,
    };
    let number = |value: i32| int::new(i64::from(value));
    let arguments = (|| {
        let line = match &found.text {
            Some(line) => text::from_wtf8(line.as_bytes())?,
            None => text::empty(),
        };
        // What is wrong with indentation or the end of the source has no end.
        let end = |value: i32| if found.end_lineno == 0 { Ok(core::none_ref()) } else { number(value) };
        let place = tuple::from_array([
            text::new("<string>")?,
            number(found.lineno)?,
            number(found.offset)?,
            line,
            end(found.lineno)?,
            end(found.offset)?,
        ])?;
        tuple::from_array([text::new(&found.message)?, place])
    })();
    match arguments {
        Ok(arguments) => error::raise_value(class, Some(arguments.b())),
        Err(raised) => raised,
    }
}

#[pymethods]
impl TokenizerIter {
    #[slot(tp_new, "(readline, /, *, encoding=None, extra_tokens=False)")]
    fn new(cls: Borrowed<'_, TypeObject>, readline: Borrowed<'_>, encoding: Option<String>, extra_tokens: bool) -> PyResult<Ref> {
        let encoding = encoding.map(|encoding| text::new(&encoding)).transpose()?;
        let iterator = TokenizerIter {
            head: header(),
            readline: OptRef::new(Some(readline.to_ref())),
            encoding: OptRef::new(encoding),
            extra_tokens,
            state: RefCell::default(),
        };
        memory::new_instance(&cls, iterator).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> PyResult<Ref> {
        Ok(slf.to_ref())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let started = std::mem::replace(&mut self.state.borrow_mut().started, true);
        if !started {
            self.start()?;
        }
        let (token, failure) = {
            let mut state = self.state.borrow_mut();
            let token = state.tokens.next();
            let failure = if token.is_none() { state.failure.take() } else { None };
            (token, failure)
        };
        let Some(token) = token else {
            return match failure {
                Some(failure) => Err(raise_error(&failure)),
                None => Ok(None),
            };
        };
        // Tokens of one line share its text.
        let shared = self
            .state
            .borrow()
            .last_line
            .as_ref()
            .filter(|(last, _)| Rc::ptr_eq(last, &token.line))
            .map(|(_, line)| line.clone());
        let line = match shared {
            Some(line) => line,
            None => {
                let line = text::from_wtf8(token.line.as_bytes())?;
                let old = self.state.borrow_mut().last_line.replace((Rc::clone(&token.line), line.clone()));
                drop(old);
                line
            }
        };
        let place = |(line, column): (i32, i32)| tuple::from_array([int::new(i64::from(line))?, int::new(i64::from(column))?]);
        tuple::from_array([
            int::new(i64::from(token.kind))?,
            text::from_wtf8(token.string.as_bytes())?,
            place(token.start)?,
            place(token.end)?,
            line,
        ])
        .map(Some)
    }
}

/// Tokens of Python source.
#[macros::pymodule(name = "_tokenize")]
pub mod module {
    #[pytype]
    use super::TokenizerIter;
}
