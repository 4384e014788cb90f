//! Digits, sign, prefix, groups and padding of a formatted number.

use super::parse::{Align, Grouping, Spec};
use crate::int::{Fallible, NoMemory};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Formatted text as code points; short text needs no memory of its own.
pub type Codes = SmallVec<[u32; 32]>;

/// The signs with which numbers are written.
#[derive(Clone, Copy, Debug)]
pub struct Locale<'a> {
    /// The decimal point.
    pub point: &'a str,
    /// What stands between groups.
    pub separator: &'a str,
    /// The sizes of the groups from the right, as C's `lconv.grouping`: the last one repeats, 127 ends the grouping.
    pub grouping: &'a [u8],
}

/// What stops grouping.
const NO_MORE: u8 = 127;

impl Locale<'static> {
    /// The locale of "C": no groups.
    pub const C: Locale<'static> = Locale { point: ".", separator: "", grouping: &[NO_MORE] };

    pub(super) fn of(grouping: Grouping) -> Self {
        match grouping {
            Grouping::None => Locale::C,
            Grouping::Comma => Locale { separator: ",", grouping: &[3], ..Locale::C },
            Grouping::Underscore => Locale { separator: "_", grouping: &[3], ..Locale::C },
            Grouping::UnderscoreFour => Locale { separator: "_", grouping: &[4], ..Locale::C },
        }
    }
}

/// The parts of a number before they are laid out.
pub(super) struct Parts<'a> {
    pub negative: bool,
    /// "0x" and the like.
    pub prefix: &'a str,
    /// What is grouped; for the format 'c' empty.
    pub digits: &'a str,
    pub has_point: bool,
    /// The digits after the point.
    pub fraction: &'a str,
    /// What follows: exponent, percent sign, "inf", the character of 'c'.
    pub rest: &'a [u32],
}

/// Appends code points, failing where there is no memory.
pub(super) struct Output {
    pub text: Codes,
}

impl Output {
    pub fn new() -> Self {
        Output { text: Codes::new() }
    }

    pub fn fill(&mut self, code: u32, count: usize) -> Fallible<()> {
        self.text.try_reserve(count).map_err(|_| NoMemory)?;
        self.text.extend(std::iter::repeat_n(code, count));
        Ok(())
    }

    pub fn push_str(&mut self, text: &str) -> Fallible<()> {
        self.text.try_reserve(text.len()).map_err(|_| NoMemory)?;
        if text.is_ascii() {
            self.text.extend(text.bytes().map(u32::from));
        } else {
            self.text.extend(text.chars().map(u32::from));
        }
        Ok(())
    }

    pub fn push_codes(&mut self, text: &[u32]) -> Fallible<()> {
        self.text.try_reserve(text.len()).map_err(|_| NoMemory)?;
        self.text.extend_from_slice(text);
        Ok(())
    }
}

/// Lays out a number (`calc_number_widths` and `fill_number`); `width` of `None` leaves out the padding.
pub(super) fn write_number(out: &mut Output, parts: &Parts<'_>, spec: &Spec, locale: &Locale<'_>) -> Fallible<()> {
    let sign = match spec.sign {
        Some('+') => {
            if parts.negative {
                "-"
            } else {
                "+"
            }
        }
        Some(' ') => {
            if parts.negative {
                "-"
            } else {
                " "
            }
        }
        _ => {
            if parts.negative {
                "-"
            } else {
                ""
            }
        }
    };
    let fraction = group_fraction(parts.fraction, spec.fraction_grouping)?;
    let point = if parts.has_point { locale.point } else { "" };
    let others = sign.len() + parts.prefix.len() + point.chars().count() + fraction.chars().count() + parts.rest.len();
    let zero_padded = spec.fill == u32::from('0') && spec.align == Align::AfterSign;
    let least = if zero_padded { spec.width.unwrap_or(0).saturating_sub(others) } else { 0 };
    let plain = parts.digits.is_empty() || locale.separator.is_empty() && least <= parts.digits.len();
    let grouped = if plain { Codes::new() } else { group(parts.digits, least, locale)? };
    let padding = spec.width.unwrap_or(0).saturating_sub(others + if plain { parts.digits.len() } else { grouped.len() });
    let (left, inner, right) = match spec.align {
        Align::Left => (0, 0, padding),
        Align::Centre => (padding / 2, 0, padding - padding / 2),
        Align::AfterSign => (0, padding, 0),
        Align::Right => (padding, 0, 0),
    };
    out.fill(spec.fill, left)?;
    out.push_str(sign)?;
    out.push_str(parts.prefix)?;
    out.fill(spec.fill, inner)?;
    if plain {
        out.push_str(parts.digits)?
    } else {
        out.push_codes(&grouped)?
    };
    out.push_str(point)?;
    out.push_str(&fraction)?;
    out.push_codes(parts.rest)?;
    out.fill(spec.fill, right)
}

/// The digits in groups from the right, with zeros before them to `least` characters.
fn group(digits: &str, least: usize, locale: &Locale<'_>) -> Fallible<Codes> {
    let separator_len = locale.separator.chars().count();
    let mut wanted = isize::try_from(least).map_err(|_| NoMemory)?;
    // Written backwards.
    let mut text = Codes::new();
    let groups_of = locale.grouping.first().map_or(1, |&size| usize::from(size).max(1));
    let separators = (digits.len() / groups_of).saturating_mul(separator_len);
    text.try_reserve_exact(digits.len().saturating_add(separators).max(least).saturating_add(separator_len + 1))
        .map_err(|_| NoMemory)?;
    let mut rest = digits.bytes().rev();
    let mut sizes = locale.grouping.iter();
    let mut size = 0;
    loop {
        size = sizes.next().copied().filter(|&next| next != 0).unwrap_or(size);
        let ends = size == NO_MORE || size == 0;
        let most = rest.len().max(wanted.max(0).cast_unsigned()).max(1);
        let len = if ends { most } else { most.min(usize::from(size)) };
        let taken = rest.len().min(len);
        text.try_reserve(len).map_err(|_| NoMemory)?;
        text.extend(rest.by_ref().take(taken).map(u32::from));
        text.extend(std::iter::repeat_n(u32::from('0'), len - taken));
        wanted -= len.cast_signed();
        if ends || rest.len() == 0 && wanted <= 0 {
            break;
        }
        wanted -= separator_len.cast_signed();
        text.try_reserve(separator_len).map_err(|_| NoMemory)?;
        text.extend(locale.separator.chars().rev().map(u32::from));
    }
    text.reverse();
    Ok(text)
}

/// The digits after the point in groups of three from the left.
fn group_fraction(digits: &str, grouping: Grouping) -> Fallible<Cow<'_, str>> {
    let separator = Locale::of(grouping).separator;
    if separator.is_empty() {
        return Ok(Cow::Borrowed(digits));
    }
    let mut text = String::new();
    text.try_reserve_exact(digits.len() + digits.len() / 3).map_err(|_| NoMemory)?;
    let mut rest = digits;
    while let Some((head, tail)) = rest.split_at_checked(3).filter(|(_, tail)| !tail.is_empty()) {
        text.push_str(head);
        text.push_str(separator);
        rest = tail;
    }
    text.push_str(rest);
    Ok(Cow::Owned(text))
}
