//! The location table (`co_linetable`, PEP 626 and PEP 657): encoding, decoding, `co_lines`, `co_positions`.
//!
//! An entry covers one to eight code units: a first byte `1 kkkk lll` (kind, length - 1), then data by kind.

/// Where an instruction comes from; a negative field is absent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Location {
    pub lineno: i32,
    pub end_lineno: i32,
    pub col_offset: i32,
    pub end_col_offset: i32,
}

impl Location {
    /// Artificial code: no line at all.
    pub const NONE: Location = Location { lineno: -1, end_lineno: -1, col_offset: -1, end_col_offset: -1 };
    /// The compiler fills in the location of the instruction that follows.
    pub const NEXT: Location = Location { lineno: -2, end_lineno: -2, col_offset: -2, end_col_offset: -2 };
}

const SHORT: u8 = 0;
const ONE_LINE0: u8 = 10;
const NO_COLUMNS: u8 = 13;
const LONG: u8 = 14;
const NONE: u8 = 15;

/// Builds a location table.
pub struct Encoder {
    table: Vec<u8>,
    lineno: i32,
}

impl Encoder {
    pub fn new(firstlineno: i32) -> Encoder {
        Encoder { table: Vec::new(), lineno: firstlineno }
    }

    /// With room for a table of so many bytes.
    pub fn with_capacity(firstlineno: i32, bytes: usize) -> Encoder {
        Encoder { table: Vec::with_capacity(bytes), lineno: firstlineno }
    }

    pub fn finish(self) -> Vec<u8> {
        self.table
    }

    /// Adds `units` code units that share a location.
    #[inline]
    pub fn add(&mut self, loc: Location, units: usize) {
        let mut rest = units;
        while rest > 8 {
            self.entry(loc, 8);
            rest -= 8;
        }
        if rest > 0 {
            self.entry(loc, rest);
        }
    }

    fn entry(&mut self, loc: Location, units: usize) {
        let Location { lineno, end_lineno, col_offset: column, end_col_offset: end_column } = loc;
        let delta = lineno.wrapping_sub(self.lineno);
        if lineno == end_lineno && lineno >= 0 && column >= 0 && end_column >= 0 {
            let span = end_column.wrapping_sub(column).cast_unsigned();
            if delta == 0 && column < 80 && span < 16 {
                let column = low(column);
                self.table.extend_from_slice(&[
                    first_byte(SHORT + (column >> 3), units),
                    ((column & 7) << 4) | low(span.cast_signed()),
                ]);
                return;
            }
            if (0..=2).contains(&delta) && column < 128 && end_column < 128 {
                self.table.extend_from_slice(&[first_byte(ONE_LINE0 + low(delta), units), low(column), low(end_column)]);
                self.lineno = lineno;
                return;
            }
        }
        self.long_entry(loc, delta, units);
    }

    /// An entry that no short form holds.
    #[inline(never)]
    fn long_entry(&mut self, loc: Location, delta: i32, units: usize) {
        if loc.lineno < 0 {
            self.table.push(first_byte(NONE, units));
            return;
        }
        self.lineno = loc.lineno;
        let (column, end_column) = (loc.col_offset, loc.end_col_offset);
        if (column < 0 || end_column < 0) && (loc.end_lineno == loc.lineno || loc.end_lineno < 0) {
            self.table.push(first_byte(NO_COLUMNS, units));
            self.signed(delta);
            return;
        }
        self.table.push(first_byte(LONG, units));
        self.signed(delta);
        self.unsigned(loc.end_lineno.wrapping_sub(loc.lineno).cast_unsigned());
        self.unsigned(column.wrapping_add(1).cast_unsigned());
        self.unsigned(end_column.wrapping_add(1).cast_unsigned());
    }

    fn unsigned(&mut self, mut value: u32) {
        while value >= 64 {
            self.table.push(0x40 | low6(value));
            value >>= 6;
        }
        self.table.push(low6(value));
    }

    fn signed(&mut self, value: i32) {
        let magnitude = value.unsigned_abs();
        self.unsigned((magnitude << 1) | u32::from(value < 0));
    }
}

#[inline]
fn first_byte(kind: u8, units: usize) -> u8 {
    let [length, ..] = (units.wrapping_sub(1) & 7).to_le_bytes();
    0x80 | (kind << 3) | length
}

/// The lowest byte.
#[inline]
fn low(value: i32) -> u8 {
    value.to_le_bytes()[0]
}

fn low6(value: u32) -> u8 {
    value.to_le_bytes()[0] & 0x3f
}

/// One entry of the table: byte offsets `start..end` and their location.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub start: u32,
    pub end: u32,
    pub loc: Location,
}

/// Decodes a location table; damaged tables end early and never fail.
#[derive(Clone)]
pub struct Entries<'a> {
    table: &'a [u8],
    at: usize,
    offset: u32,
    lineno: i32,
}

/// Iterates over the entries of `table`.
pub fn entries(table: &[u8], firstlineno: i32) -> Entries<'_> {
    Entries { table, at: 0, offset: 0, lineno: firstlineno }
}

impl Entries<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.table.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn unsigned(&mut self) -> Option<u32> {
        let mut value = 0u32;
        let mut shift = 0u32;
        loop {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x3f).checked_shl(shift).unwrap_or(0);
            shift = shift.saturating_add(6);
            if byte & 0x40 == 0 {
                return Some(value);
            }
        }
    }

    fn signed(&mut self) -> Option<i32> {
        let value = self.unsigned()?;
        let magnitude = (value >> 1).cast_signed();
        Some(if value & 1 != 0 { magnitude.wrapping_neg() } else { magnitude })
    }
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let first = self.byte()?;
        let kind = (first >> 3) & 15;
        let start = self.offset;
        self.offset = start.saturating_add((u32::from(first & 7) + 1) * 2);
        let loc = match kind {
            NONE => Location::NONE,
            LONG => {
                self.lineno = self.lineno.wrapping_add(self.signed()?);
                let end_lineno = self.lineno.wrapping_add(self.unsigned()?.cast_signed());
                let col_offset = self.unsigned()?.cast_signed().wrapping_sub(1);
                let end_col_offset = self.unsigned()?.cast_signed().wrapping_sub(1);
                Location { lineno: self.lineno, end_lineno, col_offset, end_col_offset }
            }
            NO_COLUMNS => {
                self.lineno = self.lineno.wrapping_add(self.signed()?);
                Location { lineno: self.lineno, end_lineno: self.lineno, col_offset: -1, end_col_offset: -1 }
            }
            ONE_LINE0..NO_COLUMNS => {
                self.lineno = self.lineno.wrapping_add(i32::from(kind - ONE_LINE0));
                let (col, end) = (self.byte()?, self.byte()?);
                Location {
                    lineno: self.lineno,
                    end_lineno: self.lineno,
                    col_offset: i32::from(col),
                    end_col_offset: i32::from(end),
                }
            }
            _ => {
                let second = self.byte()?;
                let col = i32::from((kind << 3) | ((second >> 4) & 7));
                Location {
                    lineno: self.lineno,
                    end_lineno: self.lineno,
                    col_offset: col,
                    end_col_offset: col + i32::from(second & 15),
                }
            }
        };
        Some(Entry { start, end: self.offset, loc })
    }
}

/// The table without columns and last lines, as under `-X no_debug_ranges`.
pub fn without_columns(table: &[u8], firstlineno: i32) -> Vec<u8> {
    let mut encoder = Encoder::new(firstlineno);
    for Entry { start, end, loc } in entries(table, firstlineno) {
        let line = Location { lineno: loc.lineno, end_lineno: loc.lineno, ..Location::NONE };
        encoder.add(line, (end.saturating_sub(start) / 2) as usize);
    }
    encoder.finish()
}

/// The location of the instruction at byte `offset`.
pub fn location_at(table: &[u8], firstlineno: i32, offset: u32) -> Location {
    entries(table, firstlineno).find(|e| offset < e.end).map_or(Location::NONE, |e| e.loc)
}

/// One location for each code unit, as `co_positions()` gives them.
pub fn positions(table: &[u8], firstlineno: i32) -> impl Iterator<Item = Location> {
    entries(table, firstlineno).flat_map(|e| (e.start..e.end).step_by(2).map(move |_| e.loc))
}

/// Ranges `(start, end, line)` as `co_lines()` gives them: neighbours of one line are merged.
pub fn lines(table: &[u8], firstlineno: i32) -> impl Iterator<Item = (u32, u32, Option<i32>)> {
    let mut entries = entries(table, firstlineno).peekable();
    std::iter::from_fn(move || {
        let first = entries.next()?;
        let line = first.loc.lineno;
        let mut end = first.end;
        while let Some(next) = entries.next_if(|e| e.loc.lineno == line) {
            end = next.end;
        }
        Some((first.start, end, (line >= 0).then_some(line)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_round_trips() {
        let loc = |lineno, end_lineno, col_offset, end_col_offset| Location { lineno, end_lineno, col_offset, end_col_offset };
        let cases = [
            loc(10, 10, 4, 12),
            loc(11, 11, 79, 94),
            loc(12, 12, 100, 120),
            loc(9, 9, 3, 400),
            loc(9, 20, 3, 4),
            Location::NONE,
            loc(500, 500, -1, -1),
            loc(500, 500, 0, 0),
        ];
        let mut encoder = Encoder::new(10);
        cases.iter().for_each(|c| encoder.add(*c, 3));
        encoder.add(loc(501, 501, 1, 2), 20);
        let table = encoder.finish();
        let all: Vec<Location> = positions(&table, 10).collect();
        assert_eq!(all.len(), cases.len() * 3 + 20);
        for (index, case) in cases.iter().enumerate() {
            assert_eq!(all.get(index * 3), Some(case));
        }
        assert_eq!(location_at(&table, 10, 2 * 3 * 4 + 1), cases[4]);
    }

    #[test]
    fn columns_go_and_lines_stay() {
        let mut encoder = Encoder::new(3);
        encoder.add(Location { lineno: 3, end_lineno: 5, col_offset: 1, end_col_offset: 2 }, 9);
        encoder.add(Location::NONE, 1);
        encoder.add(Location { lineno: 4, end_lineno: 4, col_offset: 0, end_col_offset: 300 }, 2);
        let table = encoder.finish();
        let bare = without_columns(&table, 3);
        let lines = |table: &[u8]| positions(table, 3).map(|at| at.lineno).collect::<Vec<_>>();
        assert_eq!(lines(&bare), lines(&table));
        assert!(positions(&bare, 3).all(|at| at.col_offset == -1 && at.end_lineno == at.lineno));
        assert!(bare.len() < table.len());
    }
}
