//! The properties that `unicodedata` gives, of Unicode 16.0.0 and of 3.2.0 (`unicodedata.ucd_3_2_0`).

use crate::tables::database::{
    BIDIRECTIONAL, CATEGORIES, CURRENT_BLOCKS, CURRENT_INDEX, CURRENT_RECORDS, NUMBERS, OLD_BLOCKS, OLD_INDEX, OLD_RECORDS,
    WIDTHS,
};
use crate::tables::look_up;

/// `unicodedata.unidata_version`
pub const VERSION: &str = "16.0.0";

/// The properties of one kind of code points; names and numbers by their places in the tables.
pub(crate) struct Record {
    pub category: u8,
    pub bidirectional: u8,
    pub combining: u8,
    pub mirrored: bool,
    pub width: u8,
    pub numeric: u8,
    pub decimal: u8,
    pub digit: u8,
}

/// A version of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// Unicode 16.0.0.
    Current,
    /// Unicode 3.2.0, which IDNA and stringprep name.
    Old,
}

const NO_DIGIT: u8 = 255;

static UNASSIGNED: Record = Record {
    category: 0,
    bidirectional: 0,
    combining: 0,
    mirrored: false,
    width: 5,
    numeric: 0,
    decimal: NO_DIGIT,
    digit: NO_DIGIT,
};

impl Database {
    fn record(self, code: u32) -> &'static Record {
        if code > 0x10FFFF {
            return &UNASSIGNED;
        }
        let record = match self {
            Database::Current => CURRENT_RECORDS.get(look_up(&CURRENT_INDEX, &CURRENT_BLOCKS, code)),
            Database::Old => OLD_RECORDS.get(look_up(&OLD_INDEX, &OLD_BLOCKS, code)),
        };
        record.unwrap_or(&UNASSIGNED)
    }

    /// The general category, such as "Lu".
    pub fn category(self, code: u32) -> &'static str {
        CATEGORIES.get(usize::from(self.record(code).category)).copied().unwrap_or("Cn")
    }

    /// Whether the code point is assigned.
    pub fn is_assigned(self, code: u32) -> bool {
        self.record(code).category != 0
    }

    /// The bidirectional class, such as "L"; empty for none.
    pub fn bidirectional(self, code: u32) -> &'static str {
        BIDIRECTIONAL.get(usize::from(self.record(code).bidirectional)).copied().unwrap_or("")
    }

    /// The canonical combining class.
    #[inline]
    pub fn combining(self, code: u32) -> u8 {
        // Nothing below combines.
        if code < 0x300 { 0 } else { self.record(code).combining }
    }

    /// Whether the character is mirrored in text that runs from right to left.
    pub fn mirrored(self, code: u32) -> bool {
        self.record(code).mirrored
    }

    /// The width in East Asian text, such as "W".
    pub fn east_asian_width(self, code: u32) -> &'static str {
        WIDTHS.get(usize::from(self.record(code).width)).copied().unwrap_or("N")
    }

    /// The numeric value.
    pub fn numeric(self, code: u32) -> Option<f64> {
        NUMBERS.get(usize::from(self.record(code).numeric).checked_sub(1)?).copied()
    }

    /// The value of a decimal digit.
    pub fn decimal(self, code: u32) -> Option<u8> {
        Some(self.record(code).decimal).filter(|&value| value != NO_DIGIT)
    }

    /// The value of a digit.
    pub fn digit(self, code: u32) -> Option<u8> {
        Some(self.record(code).digit).filter(|&value| value != NO_DIGIT)
    }
}
