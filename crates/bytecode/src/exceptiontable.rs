//! The exception table (`co_exceptiontable`): which handler guards which instructions.
//!
//! Four numbers for each range (start, length, target, `depth << 1 | lasti`), in code units, big-endian groups of six
//! bits; bit 6 marks continuation, bit 7 the start of an entry. Ranges are sorted and don't overlap.

/// A guarded range; offsets in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    /// Depth of the value stack at the handler.
    pub depth: u32,
    /// Whether the offset of the raising instruction is pushed below the exception.
    pub lasti: bool,
}

/// Appends one entry to a table.
pub fn encode(table: &mut Vec<u8>, entry: Entry) {
    item(table, entry.start / 2, 0x80);
    item(table, entry.end.saturating_sub(entry.start) / 2, 0);
    item(table, entry.target / 2, 0);
    item(table, (entry.depth << 1) | u32::from(entry.lasti), 0);
}

fn item(table: &mut Vec<u8>, value: u32, mut msb: u8) {
    for shift in [24, 18, 12, 6] {
        if value >= 1 << shift {
            let group = (value >> shift).to_le_bytes()[0] & 0x3f;
            table.push(group | 0x40 | msb);
            msb = 0;
        }
    }
    table.push((value.to_le_bytes()[0] & 0x3f) | msb);
}

/// Decodes a table; stops at damage.
pub fn entries(table: &[u8]) -> Entries<'_> {
    Entries { table, at: 0 }
}

/// Iterator over an exception table.
#[derive(Clone)]
pub struct Entries<'a> {
    table: &'a [u8],
    at: usize,
}

impl Entries<'_> {
    fn number(&mut self) -> Option<u32> {
        let mut value = 0u32;
        loop {
            let byte = *self.table.get(self.at)?;
            self.at += 1;
            value = value.wrapping_shl(6) | u32::from(byte & 0x3f);
            if byte & 0x40 == 0 {
                return Some(value);
            }
        }
    }
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let start = self.number()?.saturating_mul(2);
        let end = start.saturating_add(self.number()?.saturating_mul(2));
        let target = self.number()?.saturating_mul(2);
        let mix = self.number()?;
        Some(Entry { start, end, target, depth: mix >> 1, lasti: mix & 1 != 0 })
    }
}

/// The handler of the instruction at byte `offset`.
pub fn lookup(table: &[u8], offset: u32) -> Option<Entry> {
    entries(table).take_while(|e| e.start <= offset).find(|e| offset < e.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_round_trip_and_are_found() {
        let cases = [
            Entry { start: 2, end: 10, target: 40, depth: 0, lasti: false },
            Entry { start: 10, end: 200_000, target: 300_000, depth: 70, lasti: true },
        ];
        let mut table = Vec::new();
        cases.iter().for_each(|c| encode(&mut table, *c));
        assert_eq!(entries(&table).collect::<Vec<_>>(), cases);
        assert_eq!(lookup(&table, 0), None);
        assert_eq!(lookup(&table, 8), Some(cases[0]));
        assert_eq!(lookup(&table, 10), Some(cases[1]));
        assert_eq!(lookup(&table, 200_000), None);
    }
}
