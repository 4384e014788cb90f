//! `unicodedata`: properties of characters, of the current Unicode and of 3.2.0.

use crate::header;
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::value::str::{self as text, Data};
use object::{Borrowed, IntoPy, PyResult, Ref, StaticType, core, error, memory, raise};
use unicode::NoMemory;
use unicode::database::Database;
use unicode::names;
use unicode::normalize::{self, Form};

/// The character that an argument is; `position` as messages name it.
fn character(function: &str, position: &str, value: Borrowed<'_>) -> PyResult<u32> {
    let Some(data) = text::data(value) else {
        let found = if value.is(&core::none()) { "None" } else { value.class().tp_name() };
        return Err(raise!(TypeError, "{function}() argument{position} must be a unicode character, not {found}"));
    };
    match (data.len(), data.get(0)) {
        (1, Some(code)) => Ok(code),
        (length, _) => Err(raise!(
            TypeError,
            "{function}(): argument{position} must be a unicode character, not a string of length {length}"
        )),
    }
}

fn or_default(value: Option<impl IntoPy>, default: Option<Borrowed<'_>>, message: &str) -> PyResult<Ref> {
    match (value, default) {
        (Some(value), _) => value.into_py(),
        (None, Some(default)) => Ok(default.to_ref()),
        (None, None) => Err(raise!(ValueError, "{message}")),
    }
}

fn name(database: Database, code: u32, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let known = database == Database::Current || database.is_assigned(code);
    or_default(if known { names::name(code) } else { None }, default, "no such name")
}

fn lookup(database: Database, name: Borrowed<'_>) -> PyResult<Ref> {
    let bytes = if text::check(name) {
        match text::to_string(name) {
            Some(text) => text.into_bytes(),
            None => return Err(object::convert::surrogates_not_allowed(name)),
        }
    } else {
        Buffer::readable(name)?.bytes().to_vec()
    };
    if bytes.len() > 256 {
        return Err(raise!(KeyError, "name too long"));
    }
    // Unicode 3.2 has no aliases: there a character is found by its own name only.
    let own_name = |code: u32| names::name(code).is_some_and(|name| name.as_bytes().eq_ignore_ascii_case(&bytes));
    let known = |code: &u32| database == Database::Current || database.is_assigned(*code) && own_name(*code);
    if let Some(code) = names::lookup(&bytes).filter(known) {
        return text::from_ucs4(&[code]);
    }
    if let Some(codes) = names::lookup_sequence(&bytes).filter(|_| database == Database::Current) {
        return text::from_ucs4(codes);
    }
    Err(raise!(KeyError, "undefined character name '{}'", String::from_utf8_lossy(&bytes)))
}

fn form_of(form: Borrowed<'_>) -> PyResult<Form> {
    text::to_string(form).and_then(|form| Form::from_name(&form)).ok_or_else(|| raise!(ValueError, "invalid normalization form"))
}

fn check_texts(function: &str, form: Borrowed<'_>, unistr: Borrowed<'_>) -> PyResult<()> {
    for (position, value) in [(1, form), (2, unistr)] {
        if !text::check(value) {
            let found = if value.is(&core::none()) { "None" } else { value.class().tp_name() };
            return Err(raise!(TypeError, "{function}() argument {position} must be str, not {found}"));
        }
    }
    Ok(())
}

fn out_of_memory(_: NoMemory) -> object::Raised {
    error::no_memory()
}

fn normal_form(database: Database, form: Borrowed<'_>, unistr: Borrowed<'_>) -> PyResult<Ref> {
    check_texts("normalize", form, unistr)?;
    let data = text::data(unistr).unwrap_or(Data::Latin1(&[]));
    if data.is_empty() {
        return Ok(text::empty());
    }
    let form = form_of(form)?;
    let codes = match data {
        Data::Latin1(codes) => normalize::normalize(database, form, codes),
        Data::Ucs2(codes) => normalize::normalize(database, form, codes),
        Data::Ucs4(codes) => normalize::normalize(database, form, codes),
    };
    text::from_ucs4(&codes.map_err(out_of_memory)?)
}

fn is_normal(database: Database, form: Borrowed<'_>, unistr: Borrowed<'_>) -> PyResult<bool> {
    check_texts("is_normalized", form, unistr)?;
    let data = text::data(unistr).unwrap_or(Data::Latin1(&[]));
    if data.is_empty() {
        return Ok(true);
    }
    let form = form_of(form)?;
    let good = match data {
        Data::Latin1(codes) => normalize::is_normalized(database, form, codes),
        Data::Ucs2(codes) => normalize::is_normalized(database, form, codes),
        Data::Ucs4(codes) => normalize::is_normalized(database, form, codes),
    };
    good.map_err(out_of_memory)
}

#[pyclass(name = "UCD", module = "unicodedata", flags(DISALLOW_INSTANTIATION))]
pub struct OldDatabase {
    head: abi::PyObject,
}

impl OldDatabase {
    fn create() -> PyResult<Ref<OldDatabase>> {
        memory::new_instance(Self::type_object(), OldDatabase { head: header() })
    }
}

#[pymethods]
impl OldDatabase {
    #[getter]
    fn unidata_version(&self) -> &str {
        "3.2.0"
    }

    /// Converts a Unicode character into its equivalent decimal value.
    ///
    /// Returns the decimal value assigned to the character chr as integer.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[method("($self, chr, default=<unrepresentable>, /)")]
    fn decimal(&self, chr: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        or_default(Database::Old.decimal(character("decimal", " 1", chr)?), default, "not a decimal")
    }

    /// Converts a Unicode character into its equivalent digit value.
    ///
    /// Returns the digit value assigned to the character chr as integer.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[method("($self, chr, default=<unrepresentable>, /)")]
    fn digit(&self, chr: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        or_default(Database::Old.digit(character("digit", " 1", chr)?), default, "not a digit")
    }

    /// Converts a Unicode character into its equivalent numeric value.
    ///
    /// Returns the numeric value assigned to the character chr as float.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[method("($self, chr, default=<unrepresentable>, /)")]
    fn numeric(&self, chr: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        or_default(Database::Old.numeric(character("numeric", " 1", chr)?), default, "not a numeric character")
    }

    /// Returns the general category assigned to the character chr as string.
    #[method("($self, chr, /)")]
    fn category(&self, chr: Borrowed<'_>) -> PyResult<&'static str> {
        Ok(Database::Old.category(character("category", "", chr)?))
    }

    /// Returns the bidirectional class assigned to the character chr as string.
    ///
    /// If no such value is defined, an empty string is returned.
    #[method("($self, chr, /)")]
    fn bidirectional(&self, chr: Borrowed<'_>) -> PyResult<&'static str> {
        Ok(Database::Old.bidirectional(character("bidirectional", "", chr)?))
    }

    /// Returns the canonical combining class assigned to the character chr as integer.
    ///
    /// Returns 0 if no combining class is defined.
    #[method("($self, chr, /)")]
    fn combining(&self, chr: Borrowed<'_>) -> PyResult<u8> {
        Ok(Database::Old.combining(character("combining", "", chr)?))
    }

    /// Returns the mirrored property assigned to the character chr as integer.
    ///
    /// Returns 1 if the character has been identified as a "mirrored"
    /// character in bidirectional text, 0 otherwise.
    #[method("($self, chr, /)")]
    fn mirrored(&self, chr: Borrowed<'_>) -> PyResult<u8> {
        Ok(u8::from(Database::Old.mirrored(character("mirrored", "", chr)?)))
    }

    /// Returns the east asian width assigned to the character chr as string.
    #[method("($self, chr, /)")]
    fn east_asian_width(&self, chr: Borrowed<'_>) -> PyResult<&'static str> {
        Ok(Database::Old.east_asian_width(character("east_asian_width", "", chr)?))
    }

    /// Returns the character decomposition mapping assigned to the character chr as string.
    ///
    /// An empty string is returned in case no such mapping is defined.
    #[method("($self, chr, /)")]
    fn decomposition(&self, chr: Borrowed<'_>) -> PyResult<String> {
        Ok(normalize::decomposition(Database::Old, character("decomposition", "", chr)?))
    }

    /// Return the normal form 'form' for the Unicode string unistr.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[method("($self, form, unistr, /)")]
    fn normalize(&self, form: Borrowed<'_>, unistr: Borrowed<'_>) -> PyResult<Ref> {
        normal_form(Database::Old, form, unistr)
    }

    /// Return whether the Unicode string unistr is in the normal form 'form'.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[method("($self, form, unistr, /)")]
    fn is_normalized(&self, form: Borrowed<'_>, unistr: Borrowed<'_>) -> PyResult<bool> {
        is_normal(Database::Old, form, unistr)
    }

    /// Returns the name assigned to the character chr as a string.
    ///
    /// If no name is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[method("($self, chr, default=<unrepresentable>, /)")]
    fn name(&self, chr: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        name(Database::Old, character("name", " 1", chr)?, default)
    }

    /// Look up character by name.
    ///
    /// If a character with the given name is found, return the
    /// corresponding character.  If not found, KeyError is raised.
    #[method("($self, name, /)")]
    fn lookup(&self, name: Borrowed<'_>) -> PyResult<Ref> {
        lookup(Database::Old, name)
    }
}

/// This module provides access to the Unicode Character Database which
/// defines character properties for all Unicode characters. The data in
/// this database is based on the UnicodeData.txt file version
/// 16.0.0 which is publicly available from the Unicode Consortium
/// at https://www.unicode.org/Public/16.0.0/ucd/UnicodeData.txt.
///
/// The module uses the same names and symbols as defined by the
/// UnicodeData File Format 16.0.0.
#[macros::pymodule(name = "unicodedata")]
pub mod module {
    use super::{Database, OldDatabase, character, is_normal, normal_form, or_default};
    use object::{Borrowed, PyResult, Ref};

    #[pytype]
    use super::OldDatabase as Ucd;

    #[pyattr(name = "unidata_version")]
    const VERSION: &str = unicode::database::VERSION;

    #[pyattr(name = "ucd_3_2_0")]
    fn old_database() -> PyResult<Ref<OldDatabase>> {
        OldDatabase::create()
    }

    /// Converts a Unicode character into its equivalent decimal value.
    ///
    /// Returns the decimal value assigned to the character chr as integer.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction("($module, chr, default=<unrepresentable>, /)")]
    fn decimal(chr: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        or_default(Database::Current.decimal(character("decimal", " 1", chr)?), default, "not a decimal")
    }

    /// Converts a Unicode character into its equivalent digit value.
    ///
    /// Returns the digit value assigned to the character chr as integer.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction("($module, chr, default=<unrepresentable>, /)")]
    fn digit(chr: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        or_default(Database::Current.digit(character("digit", " 1", chr)?), default, "not a digit")
    }

    /// Converts a Unicode character into its equivalent numeric value.
    ///
    /// Returns the numeric value assigned to the character chr as float.
    /// If no such value is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction("($module, chr, default=<unrepresentable>, /)")]
    fn numeric(chr: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        or_default(Database::Current.numeric(character("numeric", " 1", chr)?), default, "not a numeric character")
    }

    /// Returns the general category assigned to the character chr as string.
    #[pyfunction("($module, chr, /)")]
    fn category(chr: Borrowed<'_>) -> PyResult<&'static str> {
        Ok(Database::Current.category(character("category", "", chr)?))
    }

    /// Returns the bidirectional class assigned to the character chr as string.
    ///
    /// If no such value is defined, an empty string is returned.
    #[pyfunction("($module, chr, /)")]
    fn bidirectional(chr: Borrowed<'_>) -> PyResult<&'static str> {
        Ok(Database::Current.bidirectional(character("bidirectional", "", chr)?))
    }

    /// Returns the canonical combining class assigned to the character chr as integer.
    ///
    /// Returns 0 if no combining class is defined.
    #[pyfunction("($module, chr, /)")]
    fn combining(chr: Borrowed<'_>) -> PyResult<u8> {
        Ok(Database::Current.combining(character("combining", "", chr)?))
    }

    /// Returns the mirrored property assigned to the character chr as integer.
    ///
    /// Returns 1 if the character has been identified as a "mirrored"
    /// character in bidirectional text, 0 otherwise.
    #[pyfunction("($module, chr, /)")]
    fn mirrored(chr: Borrowed<'_>) -> PyResult<u8> {
        Ok(u8::from(Database::Current.mirrored(character("mirrored", "", chr)?)))
    }

    /// Returns the east asian width assigned to the character chr as string.
    #[pyfunction("($module, chr, /)")]
    fn east_asian_width(chr: Borrowed<'_>) -> PyResult<&'static str> {
        Ok(Database::Current.east_asian_width(character("east_asian_width", "", chr)?))
    }

    /// Returns the character decomposition mapping assigned to the character chr as string.
    ///
    /// An empty string is returned in case no such mapping is defined.
    #[pyfunction("($module, chr, /)")]
    fn decomposition(chr: Borrowed<'_>) -> PyResult<String> {
        Ok(unicode::normalize::decomposition(Database::Current, character("decomposition", "", chr)?))
    }

    /// Return the normal form 'form' for the Unicode string unistr.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[pyfunction("($module, form, unistr, /)")]
    fn normalize(form: Borrowed<'_>, unistr: Borrowed<'_>) -> PyResult<Ref> {
        normal_form(Database::Current, form, unistr)
    }

    /// Return whether the Unicode string unistr is in the normal form 'form'.
    ///
    /// Valid values for form are 'NFC', 'NFKC', 'NFD', and 'NFKD'.
    #[pyfunction("($module, form, unistr, /)")]
    fn is_normalized(form: Borrowed<'_>, unistr: Borrowed<'_>) -> PyResult<bool> {
        is_normal(Database::Current, form, unistr)
    }

    /// Returns the name assigned to the character chr as a string.
    ///
    /// If no name is defined, default is returned, or, if not given,
    /// ValueError is raised.
    #[pyfunction("($module, chr, default=<unrepresentable>, /)")]
    fn name(chr: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        super::name(Database::Current, character("name", " 1", chr)?, default)
    }

    /// Look up character by name.
    ///
    /// If a character with the given name is found, return the
    /// corresponding character.  If not found, KeyError is raised.
    #[pyfunction("($module, name, /)")]
    fn lookup(name: Borrowed<'_>) -> PyResult<Ref> {
        super::lookup(Database::Current, name)
    }
}
