//! `str.translate` and `str.maketrans`.

use super::{Str, units};
use crate::dict::Dict;
use macros::pymethods;
use object::value::int;
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, core, exc, hooks, raise};

/// What stands in a character's place.
enum Replacement {
    Same,
    Nothing,
    Code(u32),
    Text(Ref),
}

impl Replacement {
    /// What the table says; `dict` is the table, where it is exactly a dict.
    fn look_up(table: Borrowed<'_>, dict: Option<Borrowed<'_, Dict>>, code: u32) -> PyResult<Replacement> {
        let key = int::new(i64::from(code))?;
        let found = match dict {
            Some(dict) => match dict.get().get(key.b())? {
                Some(found) => found,
                None => return Ok(Replacement::Same),
            },
            None => match table.getitem(key.b()) {
                Ok(found) => found,
                Err(raised) => {
                    raised.clear_if(&exc::LookupError)?;
                    return Ok(Replacement::Same);
                }
            },
        };
        if found.is(&core::none()) {
            return Ok(Replacement::Nothing);
        }
        if text::check(found.b()) {
            return Ok(Replacement::Text(found));
        }
        if !int::check(found.b()) {
            return Err(raise!(TypeError, "character mapping must return integer, None or str"));
        }
        match int::to_i64(found.b()).and_then(|code| u32::try_from(code).ok()).filter(|code| *code <= 0x10_FFFF) {
            Some(code) => Ok(Replacement::Code(code)),
            None => Err(raise!(ValueError, "character mapping must be in range(0x110000)")),
        }
    }

    fn write(&self, code: u32, builder: &mut text::Builder) -> PyResult<()> {
        match self {
            Replacement::Same => builder.push(code),
            Replacement::Nothing => Ok(()),
            Replacement::Code(code) => builder.push(*code),
            Replacement::Text(text) => builder.push_object(text.b()),
        }
    }
}

#[pymethods(part = TRANSLATE)]
impl Str {
    /// Replace each character in the string using the given translation table.
    ///
    ///   table
    ///     Translation table, which must be a mapping of Unicode ordinals to
    ///     Unicode ordinals, strings, or None.
    ///
    /// The table must implement lookup/indexing via __getitem__, for instance a
    /// dictionary or list.  If this operation raises LookupError, the character is
    /// left untouched.  Characters mapped to None are deleted.
    #[method("($self, table, /)")]
    fn translate(slf: Borrowed<'_>, table: Borrowed<'_>) -> PyResult<Ref> {
        let mut builder = text::Builder::new();
        // What an exact dict says of an ASCII character stays the same for the whole text: no code runs meanwhile.
        let mut known: [Option<Replacement>; 128] = [const { None }; 128];
        let dict = table.downcast_exact::<Dict>();
        for code in units(slf).codes() {
            let slot = if dict.is_some() { known.get_mut(code as usize) } else { None };
            match slot {
                Some(Some(replacement)) => replacement.write(code, &mut builder)?,
                slot => {
                    let replacement = Replacement::look_up(table, dict, code)?;
                    replacement.write(code, &mut builder)?;
                    if let Some(slot) = slot {
                        *slot = Some(replacement);
                    }
                }
            }
        }
        builder.finish()
    }

    /// Return a translation table usable for str.translate().
    ///
    /// If there is only one argument, it must be a dictionary mapping Unicode
    /// ordinals (integers) or characters to Unicode ordinals, strings or None.
    /// Character keys will be then converted to ordinals.
    /// If there are two arguments, they must be strings of equal length, and
    /// in the resulting dictionary, each character in x will be mapped to the
    /// character at the same position in y. If there is a third argument, it
    /// must be a string, whose characters will be mapped to None in the result.
    #[staticmethod("(x, y=<unrepresentable>, z=<unrepresentable>, /)")]
    fn maketrans(x: Borrowed<'_>, y: Option<object::convert::Str<'_>>, z: Option<object::convert::Str<'_>>) -> PyResult<Ref> {
        let hooks = hooks::get();
        let table = (hooks.dict_new)()?;
        let Some(y) = y else {
            if !x.class().is_subtype(&core::DICT) {
                return Err(raise!(TypeError, "if you give only one argument to maketrans it must be a dict"));
            }
            for (key, value) in (hooks.dict_items)(x)? {
                let key = match text::data(key.b()) {
                    Some(data) => match (data.len(), data.get(0)) {
                        (1, Some(code)) => int::new(i64::from(code))?,
                        _ => return Err(raise!(ValueError, "string keys in translate table must be of length 1")),
                    },
                    None if int::check(key.b()) => key,
                    None => return Err(raise!(TypeError, "keys in translate table must be strings or integers")),
                };
                (hooks.dict_set)(table.b(), key.b(), value.b())?;
            }
            return Ok(table);
        };
        let Some(from) = text::data(x) else {
            return Err(raise!(TypeError, "first maketrans argument must be a string if there is a second argument"));
        };
        if from.len() != y.data().len() {
            return Err(raise!(ValueError, "the first two maketrans arguments must have equal length"));
        }
        for (key, value) in from.iter().zip(y.data().iter()) {
            (hooks.dict_set)(table.b(), int::new(i64::from(key))?.b(), int::new(i64::from(value))?.b())?;
        }
        for key in z.iter().flat_map(|z| z.data().iter()) {
            (hooks.dict_set)(table.b(), int::new(i64::from(key))?.b(), core::none())?;
        }
        Ok(table)
    }
}
