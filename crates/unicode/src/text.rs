//! Strings in the making: the narrowest units that hold what was written, widened on demand (PEP 393).

use crate::NoMemory;
use crate::unit::Unit;

/// The units of a string, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum Units<'a> {
    /// One byte a code point: ASCII or Latin-1.
    One(&'a [u8]),
    /// Two bytes.
    Two(&'a [u16]),
    /// Four bytes.
    Four(&'a [u32]),
}

/// Runs an expression with `$units` bound to the slice, whatever its width.
#[macro_export]
macro_rules! with_units {
    ($text:expr, $units:ident => $body:expr) => {
        match $text {
            $crate::text::Units::One($units) => $body,
            $crate::text::Units::Two($units) => $body,
            $crate::text::Units::Four($units) => $body,
        }
    };
}

impl<'a> Units<'a> {
    /// The number of code points.
    pub fn len(self) -> usize {
        with_units!(self, units => units.len())
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The code point at `index`.
    #[inline]
    pub fn get(self, index: usize) -> Option<u32> {
        with_units!(self, units => units.get(index).map(|&unit| widen(unit)))
    }

    /// The code points from `start` to `end`, as far as there are such.
    pub fn slice(self, start: usize, end: usize) -> Units<'a> {
        let end = end.min(self.len());
        let start = start.min(end);
        match self {
            Units::One(units) => Units::One(units.get(start..end).unwrap_or_default()),
            Units::Two(units) => Units::Two(units.get(start..end).unwrap_or_default()),
            Units::Four(units) => Units::Four(units.get(start..end).unwrap_or_default()),
        }
    }

    /// The code points, one after the other.
    pub fn codes(self) -> impl Iterator<Item = u32> + 'a {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

/// A unit as a code point.
#[inline]
fn widen<U: Unit>(unit: U) -> u32 {
    unit.into()
}

/// A string that grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextBuf {
    /// One byte a code point.
    One(Vec<u8>),
    /// Two bytes; some code point needed them.
    Two(Vec<u16>),
    /// Four bytes; some code point needed them.
    Four(Vec<u32>),
}

impl Default for TextBuf {
    fn default() -> Self {
        TextBuf::One(Vec::new())
    }
}

fn reserve<T>(units: &mut Vec<T>, count: usize) -> Result<(), NoMemory> {
    units.try_reserve(count).map_err(|_| NoMemory)
}

fn widened<A: Unit, B: Unit>(units: &[A], room: usize) -> Result<Vec<B>, NoMemory> {
    let mut wide = Vec::new();
    reserve(&mut wide, units.len().saturating_add(room))?;
    wide.extend(units.iter().filter_map(|&unit| B::from_code(unit.into())));
    Ok(wide)
}

impl TextBuf {
    /// An empty string.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty string with room for `count` narrow units.
    pub fn with_capacity(count: usize) -> Result<Self, NoMemory> {
        let mut units = Vec::new();
        reserve(&mut units, count)?;
        Ok(TextBuf::One(units))
    }

    /// The number of code points.
    pub fn len(&self) -> usize {
        self.units().len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was written.
    pub fn units(&self) -> Units<'_> {
        match self {
            TextBuf::One(units) => Units::One(units),
            TextBuf::Two(units) => Units::Two(units),
            TextBuf::Four(units) => Units::Four(units),
        }
    }

    /// Whether all code points are ASCII.
    pub fn is_ascii(&self) -> bool {
        matches!(self, TextBuf::One(units) if units.is_ascii())
    }

    /// Whether some code point is beyond `limit`.
    pub fn exceeds(&self, limit: u32) -> bool {
        with_units!(self.units(), units => units.iter().any(|&unit| widen(unit) > limit))
    }

    /// Forgets all code points from `len` on.
    pub fn truncate(&mut self, len: usize) {
        match self {
            TextBuf::One(units) => units.truncate(len),
            TextBuf::Two(units) => units.truncate(len),
            TextBuf::Four(units) => units.truncate(len),
        }
    }

    /// Appends a code point.
    #[inline]
    pub fn push(&mut self, code: u32) -> Result<(), NoMemory> {
        match self {
            TextBuf::One(units) => {
                if let Ok(unit) = u8::try_from(code) {
                    reserve(units, 1)?;
                    units.push(unit);
                    return Ok(());
                }
            }
            TextBuf::Two(units) => {
                if let Ok(unit) = u16::try_from(code) {
                    reserve(units, 1)?;
                    units.push(unit);
                    return Ok(());
                }
            }
            TextBuf::Four(units) => {
                reserve(units, 1)?;
                units.push(code);
                return Ok(());
            }
        }
        self.widen(code)?;
        self.push(code)
    }

    /// Makes room for `count` more code points up to `widest`.
    pub fn reserve_for(&mut self, widest: u32, count: usize) -> Result<(), NoMemory> {
        match self {
            TextBuf::One(_) if widest > 0xFF => self.widen(widest)?,
            TextBuf::Two(_) if widest > 0xFFFF => self.widen(widest)?,
            _ => {}
        }
        match self {
            TextBuf::One(units) => reserve(units, count),
            TextBuf::Two(units) => reserve(units, count),
            TextBuf::Four(units) => reserve(units, count),
        }
    }

    /// Makes the units wide enough for `code`.
    #[cold]
    fn widen(&mut self, code: u32) -> Result<(), NoMemory> {
        match self {
            TextBuf::One(units) if code <= 0xFFFF => {
                let room = units.capacity() - units.len();
                *self = TextBuf::Two(widened(units, room)?);
            }
            TextBuf::One(units) => {
                let room = units.capacity() - units.len();
                *self = TextBuf::Four(widened(units, room)?);
            }
            TextBuf::Two(units) => {
                let room = units.capacity() - units.len();
                *self = TextBuf::Four(widened(units, room)?);
            }
            TextBuf::Four(_) => {}
        }
        Ok(())
    }

    /// Appends bytes as Latin-1.
    pub fn push_latin1(&mut self, bytes: &[u8]) -> Result<(), NoMemory> {
        match self {
            TextBuf::One(units) => {
                reserve(units, bytes.len())?;
                units.extend_from_slice(bytes);
            }
            TextBuf::Two(units) => {
                reserve(units, bytes.len())?;
                units.extend(bytes.iter().map(|&byte| u16::from(byte)));
            }
            TextBuf::Four(units) => {
                reserve(units, bytes.len())?;
                units.extend(bytes.iter().map(|&byte| u32::from(byte)));
            }
        }
        Ok(())
    }

    /// Appends a `str`.
    pub fn push_str(&mut self, text: &str) -> Result<(), NoMemory> {
        // Whole ASCII stretches at once, the rest one by one.
        let mut rest = text;
        while !rest.is_empty() {
            let ascii = rest.bytes().position(|byte| byte >= 0x80).unwrap_or(rest.len());
            let (head, tail) = rest.split_at(ascii);
            self.push_latin1(head.as_bytes())?;
            let mut chars = tail.chars();
            let mut remaining = tail;
            for c in chars.by_ref() {
                if c.is_ascii() {
                    break;
                }
                self.push(u32::from(c))?;
                remaining = remaining.get(c.len_utf8()..).unwrap_or("");
            }
            rest = remaining;
        }
        Ok(())
    }

    /// Appends the code points of a string.
    pub fn push_units(&mut self, text: Units<'_>) -> Result<(), NoMemory> {
        match text {
            Units::One(bytes) => self.push_latin1(bytes),
            other => other.codes().try_for_each(|code| self.push(code)),
        }
    }
}
