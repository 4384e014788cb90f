//! `str.format`, `str.format_map` and the parser behind the module `_string`.

use super::Str;
use macros::pymethods;
use object::args::KwArgs;
use object::value::int;
use object::value::str::{self as text, Data};
use object::{Borrowed, PyResult, Raised, Ref, raise};

/// Nested replacement fields.
const MAX_DEPTH: u32 = 2;

/// One piece of a format string: literal text, then perhaps a field.
pub struct Piece {
    /// The literal text, braces unescaped: start and end in the format, and whether one brace more follows.
    pub literal: (usize, usize),
    /// The field behind the literal.
    pub field: Option<Field>,
}

/// A replacement field, as ranges of the format string.
#[derive(Clone)]
pub struct Field {
    /// The name: `0.a[1]`.
    pub name: (usize, usize),
    /// `r`, `s` or `a` behind `!`.
    pub conversion: Option<u32>,
    /// What stands behind the colon.
    pub spec: (usize, usize),
    /// The specification has fields of its own.
    pub nested: bool,
}

/// Splits a format string into pieces.
pub struct Pieces<'a> {
    format: Data<'a>,
    at: usize,
    end: usize,
}

const OPEN: u32 = '{' as u32;
const CLOSE: u32 = '}' as u32;

impl<'a> Pieces<'a> {
    /// The pieces of a part of the format string.
    pub fn new(format: Data<'a>, start: usize, end: usize) -> Self {
        Pieces { format, at: start, end }
    }

    fn get(&self, at: usize) -> Option<u32> {
        if at < self.end { self.format.get(at) } else { None }
    }

    /// The next piece; none at the end.
    pub fn next_piece(&mut self) -> PyResult<Option<Piece>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let start = self.at;
        while let Some(code) = self.get(self.at) {
            self.at += 1;
            if code != OPEN && code != CLOSE {
                continue;
            }
            let brace = self.at - 1;
            match self.get(self.at) {
                // A doubled brace stands for one: the literal ends behind the first.
                Some(next) if next == code => {
                    self.at += 1;
                    return Ok(Some(Piece { literal: (start, brace + 1), field: None }));
                }
                None if code == OPEN => return Err(raise!(ValueError, "Single '{{' encountered in format string")),
                _ if code == CLOSE => return Err(raise!(ValueError, "Single '}}' encountered in format string")),
                _ => {
                    let field = self.field()?;
                    return Ok(Some(Piece { literal: (start, brace), field: Some(field) }));
                }
            }
        }
        Ok(Some(Piece { literal: (start, self.end), field: None }))
    }

    /// A field, from behind its opening brace to behind its closing one.
    fn field(&mut self) -> PyResult<Field> {
        let start = self.at;
        let mut in_brackets = false;
        loop {
            match self.get(self.at) {
                None => return Err(raise!(ValueError, "expected '}}' before end of string")),
                Some(code) if code == u32::from('[') => in_brackets = true,
                Some(code) if code == u32::from(']') => in_brackets = false,
                Some(OPEN) if !in_brackets => return Err(raise!(ValueError, "unexpected '{{' in field name")),
                Some(code) if !in_brackets && (code == CLOSE || code == u32::from(':') || code == u32::from('!')) => break,
                Some(_) => {}
            }
            self.at += 1;
        }
        let name = (start, self.at);
        let mut conversion = None;
        if self.get(self.at) == Some(u32::from('!')) {
            self.at += 1;
            let Some(code) = self.get(self.at) else {
                return Err(raise!(ValueError, "end of string while looking for conversion specifier"));
            };
            self.at += 1;
            conversion = Some(code);
            match self.get(self.at) {
                None => return Err(raise!(ValueError, "unmatched '{{' in format spec")),
                Some(code) if code == u32::from(':') || code == CLOSE => {}
                Some(_) => return Err(raise!(ValueError, "expected ':' after conversion specifier")),
            }
        }
        if self.get(self.at) == Some(CLOSE) {
            self.at += 1;
            return Ok(Field { name, conversion, spec: (self.at, self.at), nested: false });
        }
        self.at += 1;
        let spec = self.at;
        let (mut depth, mut nested) = (1, false);
        loop {
            match self.get(self.at) {
                None => return Err(raise!(ValueError, "unmatched '{{' in format spec")),
                Some(OPEN) => {
                    nested = true;
                    depth += 1;
                }
                Some(CLOSE) => depth -= 1,
                Some(_) => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(Field { name, conversion, spec: (spec, self.at - 1), nested });
            }
        }
    }
}

/// One step of a field name: `.attribute` or `[key]`.
pub enum Step {
    /// An attribute.
    Attribute(usize, usize),
    /// A subscript; digits only make an int.
    Item(usize, usize),
}

/// The steps behind the first part of a field name, read one by one: an error in one shows when its turn comes.
pub struct Steps<'a> {
    format: Data<'a>,
    at: usize,
    end: usize,
}

impl Steps<'_> {
    fn is(&self, wanted: char) -> bool {
        self.at < self.end && self.format.get(self.at) == Some(u32::from(wanted))
    }

    fn skip_to_step(&mut self) {
        while self.at < self.end && !self.is('.') && !self.is('[') {
            self.at += 1;
        }
    }

    /// The next step; none behind the last.
    pub fn next_step(&mut self) -> PyResult<Option<Step>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let from = self.at + 1;
        let step = if self.is('.') {
            self.at = from;
            self.skip_to_step();
            Step::Attribute(from, self.at)
        } else if self.is('[') {
            self.at = from;
            while self.at < self.end && !self.is(']') {
                self.at += 1;
            }
            if self.at >= self.end {
                return Err(raise!(ValueError, "Missing ']' in format string"));
            }
            self.at += 1;
            Step::Item(from, self.at - 1)
        } else {
            return Err(raise!(ValueError, "Only '.' or '[' may follow ']' in format field specifier"));
        };
        match step {
            Step::Attribute(from, to) | Step::Item(from, to) if from == to => {
                Err(raise!(ValueError, "Empty attribute in format string"))
            }
            step => Ok(Some(step)),
        }
    }
}

/// The first part of a field name (`0`, `name` or nothing) and the steps behind it.
pub fn split_name(format: Data<'_>, (start, end): (usize, usize)) -> ((usize, usize), Steps<'_>) {
    let mut steps = Steps { format, at: start, end };
    steps.skip_to_step();
    ((start, steps.at), steps)
}

/// The number that a part of a name is; none where it is no number.
pub fn as_index(format: Data<'_>, (start, end): (usize, usize)) -> PyResult<Option<isize>> {
    if start == end {
        return Ok(None);
    }
    let mut value: isize = 0;
    for at in start..end {
        let Some(digit) = format.get(at).and_then(super::decimal_digit) else { return Ok(None) };
        let next = value.checked_mul(10).and_then(|value| value.checked_add(isize::from(digit)));
        value = next.ok_or_else(|| raise!(ValueError, "Too many decimal digits in format string"))?;
    }
    Ok(Some(value))
}

fn part(format: Data<'_>, (start, end): (usize, usize)) -> PyResult<Ref> {
    let codes: Vec<u32> = (start..end).filter_map(|at| format.get(at)).collect();
    text::from_ucs4(&codes)
}

/// Where values come from.
enum Source<'a> {
    Call(&'a [Borrowed<'a>], KwArgs<'a>),
    Mapping(Borrowed<'a>),
}

/// The numbering of fields: automatic or by hand, not both.
#[derive(Default)]
struct Numbering {
    next: isize,
    automatic: Option<bool>,
}

impl Numbering {
    fn choose(&mut self, automatic: bool) -> PyResult<()> {
        match self.automatic.replace(automatic) {
            Some(false) if automatic => {
                Err(raise!(ValueError, "cannot switch from manual field specification to automatic field numbering"))
            }
            Some(true) if !automatic => {
                Err(raise!(ValueError, "cannot switch from automatic field numbering to manual field specification"))
            }
            _ => Ok(()),
        }
    }
}

struct Formatter<'a> {
    format: Data<'a>,
    source: Source<'a>,
    numbering: Numbering,
}

fn key_error(key: &Ref) -> Raised {
    object::error::raise_value(&object::exc::KeyError, Some(key.b()))
}

impl Formatter<'_> {
    fn value(&mut self, field: &Field) -> PyResult<Ref> {
        let (first, mut steps) = split_name(self.format, field.name);
        let mut index = as_index(self.format, first)?;
        if first.0 == first.1 {
            self.numbering.choose(true)?;
            index = Some(self.numbering.next);
            self.numbering.next += 1;
        } else if index.is_some() {
            self.numbering.choose(false)?;
        }
        let mut value = match (index, &self.source) {
            (Some(_), Source::Mapping(_)) => return Err(raise!(ValueError, "Format string contains positional fields")),
            (Some(index), Source::Call(args, _)) => match usize::try_from(index).ok().and_then(|index| args.get(index)) {
                Some(value) => value.to_ref(),
                None => {
                    return Err(raise!(IndexError, "Replacement index {index} out of range for positional args tuple"));
                }
            },
            (None, source) => {
                let key = part(self.format, first)?;
                match source {
                    Source::Mapping(mapping) => mapping.getitem(key.b())?,
                    Source::Call(_, kwargs) => {
                        let found = kwargs.iter().find(|(name, _)| super::equal(*name, key.b()));
                        found.map(|(_, value)| value.to_ref()).ok_or_else(|| key_error(&key))?
                    }
                }
            }
        };
        while let Some(step) = steps.next_step()? {
            value = match step {
                Step::Attribute(from, to) => value.getattr(part(self.format, (from, to))?.b())?,
                Step::Item(from, to) => match as_index(self.format, (from, to))? {
                    Some(index) => value.getitem(int::new(index as i64)?.b())?,
                    None => value.getitem(part(self.format, (from, to))?.b())?,
                },
            };
        }
        Ok(value)
    }

    fn field(&mut self, out: &mut text::Builder, field: &Field, depth: u32) -> PyResult<()> {
        let value = self.value(field)?;
        let value = match field.conversion.map(char::from_u32) {
            None => value,
            Some(Some('r')) => value.repr()?,
            Some(Some('s')) => value.str()?,
            Some(Some('a')) => value.ascii()?,
            Some(Some(code @ '!'..='~')) => return Err(raise!(ValueError, "Unknown conversion specifier '{code}'")),
            Some(_) => {
                let code = field.conversion.unwrap_or(0);
                return Err(raise!(ValueError, "Unknown conversion specifier '\\x{code:x}'"));
            }
        };
        let spec = if field.nested { self.run(field.spec, depth - 1)? } else { part(self.format, field.spec)? };
        out.push_object(crate::format::format(value.b(), spec.b())?.b())
    }

    fn run(&mut self, (start, end): (usize, usize), depth: u32) -> PyResult<Ref> {
        if depth == 0 {
            return Err(raise!(ValueError, "Max string recursion exceeded"));
        }
        let mut pieces = Pieces::new(self.format, start, end);
        let mut out = text::Builder::new();
        while let Some(piece) = pieces.next_piece()? {
            out.push_data(self.format.slice(piece.literal.0..piece.literal.1))?;
            if let Some(field) = piece.field {
                self.field(&mut out, &field, depth)?;
            }
        }
        out.finish()
    }
}

fn format_with(slf: Borrowed<'_>, source: Source<'_>) -> PyResult<Ref> {
    let format = text::data(slf).unwrap_or(Data::Latin1(&[]));
    Formatter { format, source, numbering: Numbering::default() }.run((0, format.len()), MAX_DEPTH)
}

#[pymethods(part = FORMATTER)]
impl Str {
    /// Return a formatted version of the string, using substitutions from args and kwargs.
    ///
    /// The substitutions are identified by braces ('{' and '}').
    #[method("($self, /, *args, **kwargs)")]
    fn format(slf: Borrowed<'_>, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        format_with(slf, Source::Call(args, kwargs))
    }

    /// Return a formatted version of the string, using substitutions from mapping.
    ///
    /// The substitutions are identified by braces ('{' and '}').
    #[method("($self, mapping, /)")]
    fn format_map(slf: Borrowed<'_>, mapping: Borrowed<'_>) -> PyResult<Ref> {
        format_with(slf, Source::Mapping(mapping))
    }
}
