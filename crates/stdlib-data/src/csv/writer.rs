//! `writer`: rows become lines.

use super::dialect::{Dialect, Quoting};
use super::state::csv_error;
use macros::{pyclass, pymethods};
use object::value::float;
use object::value::str::{self as text, Builder, Data};
use object::{Borrowed, PyResult, Ref, StaticType, core, exc, id, raise};

/// CSV writer
///
/// Writer objects are responsible for generating tabular data
/// in CSV format from sequence input.
///
#[pyclass(name = "writer", module = "_csv", gc, flags(BASETYPE, DISALLOW_INSTANTIATION))]
pub struct Writer {
    head: abi::PyObject,
    write: Ref,
    #[member(T_OBJECT, readonly)]
    dialect: Ref<Dialect>,
}

/// A line under way.
struct Line<'a> {
    dialect: &'a Dialect,
    out: Builder,
    fields: usize,
}

#[cold]
fn no_escape() -> object::Raised {
    csv_error("need to escape, but no escapechar set")
}

impl Line<'_> {
    /// Adds a field; `quoted` where it must be quoted, `none` where it stands for None.
    fn add(&mut self, data: Data<'_>, mut quoted: bool, none: bool) -> PyResult<()> {
        let dialect = self.dialect;
        let terminator = text::data(dialect.lineterminator.b());
        let special = |code: u32| {
            code == dialect.delimiter
                || dialect.escapechar == Some(code)
                || dialect.quotechar == Some(code)
                || code == 0x0A
                || code == 0x0D
                || terminator.is_some_and(|data| data.iter().any(|other| other == code))
        };
        let mut escaped = Vec::new();
        for code in data.iter() {
            let mut escape = false;
            if special(code) {
                if dialect.quoting == Quoting::None {
                    escape = true;
                } else if dialect.quotechar == Some(code) {
                    if dialect.doublequote {
                        escaped.push(code);
                    } else {
                        escape = true;
                    }
                } else if dialect.escapechar == Some(code) {
                    escape = true;
                }
                if !escape {
                    quoted = true;
                }
            }
            if escape {
                escaped.push(dialect.escapechar.ok_or_else(no_escape)?);
            }
            escaped.push(code);
        }
        if data.is_empty() && dialect.delimiter == 0x20 && dialect.skipinitialspace {
            // A lone space is what separates fields: nothing at all would be lost.
            if dialect.quoting == Quoting::None || none && matches!(dialect.quoting, Quoting::Strings | Quoting::NotNull) {
                return Err(csv_error("empty field must be quoted if delimiter is a space and skipinitialspace is true"));
            }
            quoted = true;
        }
        if self.fields > 0 {
            self.out.push(dialect.delimiter)?;
        }
        let quote = if quoted { dialect.quotechar } else { None };
        quote.map_or(Ok(()), |quote| self.out.push(quote))?;
        self.out.push_data(Data::Ucs4(&escaped))?;
        quote.map_or(Ok(()), |quote| self.out.push(quote))?;
        self.fields += 1;
        Ok(())
    }

    fn field(&mut self, field: Borrowed<'_>) -> PyResult<()> {
        let none = field.is(&core::none());
        let is_str = text::check(field);
        let quoted = match self.dialect.quoting {
            Quoting::NonNumeric => !is_number(field),
            Quoting::All => true,
            Quoting::Strings => is_str,
            Quoting::NotNull => !none,
            Quoting::Minimal | Quoting::None => false,
        };
        if let Some(data) = text::data(field) {
            return self.add(data, quoted, none);
        }
        if none {
            return self.add(Data::Latin1(&[]), quoted, none);
        }
        let shown = field.str()?;
        text::data(shown.b()).map_or(Ok(()), |data| self.add(data, quoted, none))
    }
}

/// What counts as a number: what has the slots of one.
fn is_number(field: Borrowed<'_>) -> bool {
    let class = field.class();
    float::check(field)
        || class.nb_index().is_some()
        || class.nb_int().is_some()
        || class.nb_float().is_some()
        || class.is_subtype(&core::COMPLEX)
}

impl Writer {
    /// A writer to a file.
    pub fn create(file: Borrowed<'_>, dialect: Ref<Dialect>) -> PyResult<Ref> {
        let write = file.getattr_opt(id!("write"))?.filter(|write| write.is_callable());
        let Some(write) = write else {
            return Err(raise!(TypeError, "argument 1 must have a \"write\" method"));
        };
        let value = Writer { head: crate::header(), write, dialect };
        object::memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }

    fn write_row(&self, row: Borrowed<'_>) -> PyResult<Ref> {
        let fields = match row.iter() {
            Ok(fields) => fields,
            Err(raised) => {
                raised.clear_if(&exc::TypeError)?;
                return Err(csv_error(&format!("iterable expected, not {}", row.class().tp_name())));
            }
        };
        let dialect = self.dialect.clone();
        let mut line = Line { dialect: &dialect, out: Builder::new(), fields: 0 };
        let mut null = false;
        while let Some(field) = fields.next()? {
            null = field.is(&core::none());
            line.field(field.b())?;
        }
        if line.fields > 0 && line.out.is_empty() {
            // One empty field would be read as no field.
            let bare = dialect.quoting == Quoting::None || null && matches!(dialect.quoting, Quoting::Strings | Quoting::NotNull);
            if bare {
                return Err(csv_error("single empty field record must be quoted"));
            }
            line.fields -= 1;
            line.add(Data::Latin1(&[]), true, null)?;
        }
        line.out.push_object(dialect.lineterminator.b())?;
        self.write.call1(line.out.finish()?.b())
    }
}

#[pymethods]
impl Writer {
    /// Construct and write a CSV record from an iterable of fields.
    ///
    /// Non-string elements will be converted to string.
    #[method("($self, row, /)")]
    fn writerow(&self, row: Borrowed<'_>) -> PyResult<Ref> {
        self.write_row(row)
    }

    /// Construct and write a series of iterables to a csv file.
    ///
    /// Non-string elements will be converted to string.
    #[method("($self, rows, /)")]
    fn writerows(&self, rows: Borrowed<'_>) -> PyResult<()> {
        let rows = rows.iter()?;
        while let Some(row) = rows.next()? {
            self.write_row(row.b())?;
        }
        Ok(())
    }
}
