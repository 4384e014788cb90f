//! `reader`: lines become rows, by a machine with one state a place in a record.

use super::dialect::{Dialect, Quoting};
use super::state::{csv_error, shown_character, state};
use builtins::list::List;
use macros::{pyclass, pymethods};
use object::value::str::{self as text, Builder};
use object::{Borrowed, PyResult, Ref, core};
use std::cell::Cell;

/// CSV reader
///
/// Reader objects are responsible for reading and parsing tabular data
/// in CSV format.
///
#[pyclass(name = "reader", module = "_csv", gc, flags(BASETYPE, DISALLOW_INSTANTIATION))]
pub struct Reader {
    head: abi::PyObject,
    iterator: Ref,
    #[member(T_OBJECT, readonly)]
    dialect: Ref<Dialect>,
    #[member(T_ULONG, readonly)]
    #[trace(skip)]
    line_num: Cell<u64>,
    /// Counts the records begun: an iterator may use the reader that uses it.
    #[trace(skip)]
    begun: Cell<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    StartRecord,
    StartField,
    EscapedChar,
    InField,
    InQuotedField,
    EscapeInQuotedField,
    QuoteInQuotedField,
    EatNewline,
    AfterEscapedNewline,
}

/// The end of a line, as the machine is told.
const END: u32 = u32::MAX;
const SPACE: u32 = 0x20;

/// A record under way.
struct Parser<'a> {
    dialect: &'a Dialect,
    place: Place,
    field: Builder,
    fields: Vec<Ref>,
    /// The field is unquoted, so that its text may stand for a number or nothing.
    unquoted: bool,
    limit: isize,
}

fn is_newline(code: u32) -> bool {
    code == 0x0A || code == 0x0D
}

impl Parser<'_> {
    fn is_quote(&self, code: u32) -> bool {
        self.dialect.quoting != Quoting::None && self.dialect.quotechar == Some(code)
    }

    fn is_escape(&self, code: u32) -> bool {
        self.dialect.escapechar == Some(code)
    }

    fn add(&mut self, code: u32) -> PyResult<()> {
        if self.field.len().cast_signed() >= self.limit {
            return Err(csv_error(&format!("field larger than field limit ({})", self.limit)));
        }
        self.field.push(code)
    }

    fn save(&mut self) -> PyResult<()> {
        let field = std::mem::take(&mut self.field).finish()?;
        let unquoted = std::mem::replace(&mut self.unquoted, false);
        let empty = text::data(field.b()).is_some_and(text::Data::is_empty);
        let quoting = self.dialect.quoting;
        let value = if unquoted && empty && matches!(quoting, Quoting::NotNull | Quoting::Strings) {
            core::none_ref()
        } else if unquoted && !empty && matches!(quoting, Quoting::NonNumeric | Quoting::Strings) {
            field.float()?
        } else {
            field
        };
        object::memory::reserve(&mut self.fields, 1)?;
        self.fields.push(value);
        Ok(())
    }

    fn end_of(code: u32) -> Place {
        if code == END { Place::StartRecord } else { Place::EatNewline }
    }

    fn start_field(&mut self, code: u32) -> PyResult<()> {
        self.unquoted = true;
        if is_newline(code) || code == END {
            self.save()?;
            self.place = Self::end_of(code);
        } else if self.is_quote(code) {
            self.unquoted = false;
            self.place = Place::InQuotedField;
        } else if self.is_escape(code) {
            self.place = Place::EscapedChar;
        } else if code == SPACE && self.dialect.skipinitialspace {
        } else if code == self.dialect.delimiter {
            self.save()?;
        } else {
            self.add(code)?;
            self.place = Place::InField;
        }
        Ok(())
    }

    fn in_field(&mut self, code: u32) -> PyResult<()> {
        if is_newline(code) || code == END {
            self.save()?;
            self.place = Self::end_of(code);
        } else if self.is_escape(code) {
            self.place = Place::EscapedChar;
        } else if code == self.dialect.delimiter {
            self.save()?;
            self.place = Place::StartField;
        } else {
            self.add(code)?;
        }
        Ok(())
    }

    fn in_quoted(&mut self, code: u32) -> PyResult<()> {
        if code == END {
        } else if self.is_escape(code) {
            self.place = Place::EscapeInQuotedField;
        } else if self.is_quote(code) {
            self.place = if self.dialect.doublequote { Place::QuoteInQuotedField } else { Place::InField };
        } else {
            self.add(code)?;
        }
        Ok(())
    }

    fn quote_in_quoted(&mut self, code: u32) -> PyResult<()> {
        if self.is_quote(code) {
            self.add(code)?;
            self.place = Place::InQuotedField;
        } else if code == self.dialect.delimiter {
            self.save()?;
            self.place = Place::StartField;
        } else if is_newline(code) || code == END {
            self.save()?;
            self.place = Self::end_of(code);
        } else if !self.dialect.strict {
            self.add(code)?;
            self.place = Place::InField;
        } else {
            let delimiter = shown_character(self.dialect.delimiter)?;
            let quote = shown_character(self.dialect.quotechar.unwrap_or(0))?;
            return Err(csv_error(&format!("'{delimiter}' expected after '{quote}'")));
        }
        Ok(())
    }

    fn take(&mut self, code: u32) -> PyResult<()> {
        match self.place {
            Place::StartRecord if code == END => Ok(()),
            Place::StartRecord if is_newline(code) => {
                self.place = Place::EatNewline;
                Ok(())
            }
            Place::StartRecord | Place::StartField => {
                self.place = Place::StartField;
                self.start_field(code)
            }
            Place::EscapedChar => {
                if is_newline(code) {
                    self.add(code)?;
                    self.place = Place::AfterEscapedNewline;
                    return Ok(());
                }
                self.add(if code == END { 0x0A } else { code })?;
                self.place = Place::InField;
                Ok(())
            }
            Place::AfterEscapedNewline if code == END => Ok(()),
            Place::AfterEscapedNewline | Place::InField => {
                self.place = Place::InField;
                self.in_field(code)
            }
            Place::InQuotedField => self.in_quoted(code),
            Place::EscapeInQuotedField => {
                self.add(if code == END { 0x0A } else { code })?;
                self.place = Place::InQuotedField;
                Ok(())
            }
            Place::QuoteInQuotedField => self.quote_in_quoted(code),
            Place::EatNewline if is_newline(code) => Ok(()),
            Place::EatNewline if code == END => {
                self.place = Place::StartRecord;
                Ok(())
            }
            Place::EatNewline => {
                Err(csv_error("new-line character seen in unquoted field - do you need to open the file with newline=''?"))
            }
        }
    }

    /// What is left when the lines end in the middle of a record; none where nothing is.
    fn finish(mut self) -> PyResult<Option<Vec<Ref>>> {
        if self.field.is_empty() && self.place != Place::InQuotedField {
            return Ok(None);
        }
        if self.dialect.strict {
            return Err(csv_error("unexpected end of data"));
        }
        self.save()?;
        Ok(Some(self.fields))
    }
}

impl Reader {
    /// A reader of the lines of an iterable.
    pub fn create(iterable: Borrowed<'_>, dialect: Ref<Dialect>) -> PyResult<Ref> {
        let iterator = iterable.iter()?;
        let value = Reader { head: crate::header(), iterator, dialect, line_num: Cell::new(0), begun: Cell::new(0) };
        object::memory::new_instance(<Self as object::StaticType>::type_object(), value).map(Ref::upcast)
    }

    fn record(&self) -> PyResult<Option<Vec<Ref>>> {
        let dialect = self.dialect.clone();
        let mut parser = Parser {
            dialect: &dialect,
            place: Place::StartRecord,
            field: Builder::new(),
            fields: Vec::new(),
            unquoted: false,
            limit: state().field_limit.get(),
        };
        let own = self.begun.get().wrapping_add(1);
        self.begun.set(own);
        loop {
            let line = self.iterator.next()?;
            if self.begun.get() != own {
                return Err(csv_error("iterator has already advanced the reader"));
            }
            let Some(line) = line else { return parser.finish() };
            let Some(data) = text::data(line.b()) else {
                let found = line.class().tp_name();
                return Err(csv_error(&format!(
                    "iterator should return strings, not {found} (the file should be opened in text mode)"
                )));
            };
            self.line_num.set(self.line_num.get() + 1);
            for code in data.iter() {
                parser.take(code)?;
            }
            parser.take(END)?;
            if parser.place == Place::StartRecord {
                return Ok(Some(parser.fields));
            }
        }
    }
}

#[pymethods]
impl Reader {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        match self.record()? {
            Some(fields) => List::from_vec(fields).map(|list| Some(list.upcast())),
            None => Ok(None),
        }
    }
}
