//! Patterns to code, as `re._parser` and `re._compiler` do it, for the patterns that most programs write.
//!
//! Compiling in Python costs a thousand times what most patterns' first search costs, and was a tenth of what a start with some imports executed. What is
//! compiled here gets the same code, word for word. Everything that ends in an error or a warning, and what is rare (LOCALE,
//! DEBUG, names beyond ASCII, deep nesting, very long patterns), is left to Python, which says it in its own words ([`Compiled`] is none then).

mod charset;
mod emit;
mod info;
mod node;
mod parse;

use super::op;
use builtins::dict::Dict;
use object::value::{bytes, int, str as text};
use object::{Borrowed, PyResult, Ref, memory};

/// A pattern's code and groups.
pub struct Compiled {
    /// The code.
    pub code: Vec<u32>,
    /// The flags that were given, those written in the pattern, and UNICODE for a str without ASCII.
    pub flags: u32,
    /// Number of groups.
    pub groups: usize,
    /// Named groups in their order.
    pub names: Vec<(String, usize)>,
}

const IGNORECASE: u32 = 2;
const LOCALE: u32 = 4;
const MULTILINE: u32 = 8;
const DOTALL: u32 = 16;
const UNICODE: u32 = 32;
const VERBOSE: u32 = 64;
const DEBUG: u32 = 128;
const ASCII: u32 = 256;
/// At most one of them holds.
const TYPES: u32 = ASCII | LOCALE | UNICODE;

/// Longer patterns are left to Python, so that what is allocated here is bounded.
const LONGEST: usize = 1 << 14;

/// Characters that are the same without case as others: `re._casefix._EXTRA_CASES`.
#[derive(Clone, Copy)]
struct ExtraCases<'a>(Borrowed<'a, Dict>);

impl ExtraCases<'_> {
    fn get(self, code: u32) -> PyResult<Vec<u32>> {
        let found = self.0.get_item(int::new(i64::from(code))?.b())?;
        let others = found.as_ref().and_then(|others| object::value::tuple::items(others.b())).unwrap_or_default();
        Ok(others.iter().filter_map(|other| u32::try_from(int::to_i64(*other)?).ok()).collect())
    }
}

/// How letters are folded in a part of the pattern.
#[derive(Clone, Copy)]
struct Case<'a> {
    /// None with ASCII.
    extra: Option<ExtraCases<'a>>,
}

impl Case<'_> {
    fn lower(self, code: u32) -> u32 {
        if self.extra.is_some() { super::chars::lower_unicode(code) } else { super::chars::lower_ascii(code) }
    }

    fn is_cased(self, code: u32) -> bool {
        self.lower(code) != code
            || if self.extra.is_some() {
                super::chars::upper_unicode(code) != code
            } else {
                super::chars::upper_ascii(code) != code
            }
    }
}

/// What holds for the whole pattern.
struct Context<'a> {
    extra: ExtraCases<'a>,
    /// Widths of the groups, by number.
    widths: Vec<Option<node::Width>>,
}

impl<'a> Context<'a> {
    fn case(&self, flags: u32) -> Option<Case<'a>> {
        (flags & IGNORECASE != 0).then(|| Case { extra: (flags & UNICODE != 0).then_some(self.extra) })
    }
}

/// The flags inside of a group that changes some.
fn combine(flags: u32, add: u32, del: u32) -> u32 {
    let kept = if add & TYPES != 0 { flags & !TYPES } else { flags };
    (kept | add) & !del
}

/// Compiles an exact str or bytes; none if Python is to do it.
pub fn compile(pattern: Borrowed<'_>, flags: u32, extra: Borrowed<'_, Dict>) -> PyResult<Option<Compiled>> {
    if flags & (LOCALE | DEBUG) != 0 {
        return Ok(None);
    }
    let (is_text, characters) =
        match (text::check_exact(&pattern).then(|| text::data(pattern)).flatten(), bytes::exact_value(pattern)) {
            (Some(data), _) if data.len() <= LONGEST => {
                let mut characters = memory::vec_with_capacity(data.len())?;
                characters.extend(data.iter());
                (true, characters)
            }
            (None, Some(content)) if content.len() <= LONGEST => {
                let mut characters = memory::vec_with_capacity(content.len())?;
                characters.extend(content.iter().map(|byte| u32::from(*byte)));
                (false, characters)
            }
            _ => return Ok(None),
        };
    let Some(parsed) = parse::parse(&characters, is_text, flags) else { return Ok(None) };
    let context = Context { extra: ExtraCases(extra), widths: parsed.widths };
    let all = parsed.flags | flags;
    let mut code = Vec::new();
    info::emit(&mut code, &parsed.body, all, &context)?;
    if !emit::emit(&mut code, &parsed.body, all, &context)? {
        return Ok(None);
    }
    code.push(op::SUCCESS);
    Ok(Some(Compiled { code, flags: all, groups: context.widths.len() - 1, names: parsed.names }))
}

/// The arguments of `_sre.compile` for named groups: the dict, and the names by number.
pub fn names_of(compiled: &Compiled) -> PyResult<(Ref<Dict>, Ref)> {
    let index = Dict::new()?;
    let mut by_number = vec![object::core::none_ref(); compiled.groups + 1];
    for (name, group) in &compiled.names {
        let name = text::new(name)?;
        index.set(name.b(), int::new(i64::try_from(*group).unwrap_or(0))?.b())?;
        if let Some(slot) = by_number.get_mut(*group) {
            *slot = name;
        }
    }
    Ok((index, object::value::tuple::from_vec(by_number)?))
}
