//! The parser of format specifications.

use super::{SpecError, show};

/// Where the text stands within the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// '<'
    Left,
    /// '>'
    Right,
    /// '^'
    Centre,
    /// '=': the padding comes after the sign.
    AfterSign,
}

impl Align {
    fn from_code(code: u32) -> Option<Self> {
        match char::from_u32(code)? {
            '<' => Some(Align::Left),
            '>' => Some(Align::Right),
            '^' => Some(Align::Centre),
            '=' => Some(Align::AfterSign),
            _ => None,
        }
    }
}

/// How digits are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Not at all.
    None,
    /// ',' every three digits.
    Comma,
    /// '_' every three digits.
    Underscore,
    /// '_' every four digits (binary, octal and hexadecimal).
    UnderscoreFour,
}

impl Grouping {
    fn sign(self) -> char {
        if self == Grouping::Comma { ',' } else { '_' }
    }
}

/// A parsed specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The code point that fills the width.
    pub fill: u32,
    /// The alignment.
    pub align: Align,
    /// '#'
    pub alternate: bool,
    /// 'z'
    pub no_negative_zero: bool,
    /// ' ', '+' or '-', where one is given.
    pub sign: Option<char>,
    /// The least width.
    pub width: Option<usize>,
    /// Groups before the point.
    pub grouping: Grouping,
    /// The precision.
    pub precision: Option<usize>,
    /// Groups after the point.
    pub fraction_grouping: Grouping,
    /// The presentation type, where one is given.
    pub code: Option<u32>,
}

const COMMA_AND_UNDERSCORE: SpecError = SpecError::Message("Cannot specify both ',' and '_'.");

struct Cursor<'a> {
    text: &'a [u32],
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u32> {
        self.text.first().copied()
    }

    fn eat(&mut self, wanted: char) -> bool {
        match self.text {
            [first, rest @ ..] if *first == u32::from(wanted) => {
                self.text = rest;
                true
            }
            _ => false,
        }
    }

    /// A decimal number, by the digits of any script.
    fn number(&mut self, decimal: impl Fn(u32) -> Option<u8>) -> Result<Option<usize>, SpecError> {
        let mut value: Option<usize> = None;
        while let [first, rest @ ..] = self.text {
            let Some(digit) = decimal(*first) else { break };
            let next = value.unwrap_or(0).checked_mul(10).and_then(|value| value.checked_add(usize::from(digit)));
            let Some(next) = next.filter(|&value| value <= isize::MAX as usize) else {
                return Err(SpecError::Message("Too many decimal digits in format string"));
            };
            value = Some(next);
            self.text = rest;
        }
        Ok(value)
    }

    /// ',' or '_', and not both.
    fn grouping(&mut self) -> Result<Grouping, SpecError> {
        let mut grouping = Grouping::None;
        if self.eat(',') {
            grouping = Grouping::Comma;
        }
        if self.peek() == Some(u32::from('_')) {
            if grouping != Grouping::None {
                return Err(COMMA_AND_UNDERSCORE);
            }
            self.eat('_');
            grouping = Grouping::Underscore;
        }
        if self.peek() == Some(u32::from(',')) && grouping == Grouping::Underscore {
            return Err(COMMA_AND_UNDERSCORE);
        }
        Ok(grouping)
    }
}

impl Spec {
    /// Parses `text`. `decimal` is the decimal value of a code point, where it is a digit (of any script). `default_code` is the
    /// presentation that the type uses where none is given; it decides which groupings are legal.
    pub fn parse(
        text: &[u32],
        default_code: Option<char>,
        default_align: Align,
        decimal: impl Fn(u32) -> Option<u8>,
    ) -> Result<Spec, SpecError> {
        let mut spec = Spec {
            fill: u32::from(' '),
            align: default_align,
            alternate: false,
            no_negative_zero: false,
            sign: None,
            width: None,
            grouping: Grouping::None,
            precision: None,
            fraction_grouping: Grouping::None,
            code: None,
        };
        let mut cursor = Cursor { text };
        let (filled, aligned) = spec.parse_alignment(&mut cursor);
        if let Some(sign) = cursor.peek().and_then(char::from_u32).filter(|c| matches!(c, ' ' | '+' | '-')) {
            spec.sign = Some(sign);
            cursor.eat(sign);
        }
        spec.no_negative_zero = cursor.eat('z');
        spec.alternate = cursor.eat('#');
        if !filled && cursor.eat('0') {
            spec.fill = u32::from('0');
            if !aligned && default_align == Align::Right {
                spec.align = Align::AfterSign;
            }
        }
        spec.width = cursor.number(&decimal)?;
        spec.grouping = cursor.grouping()?;
        if cursor.eat('.') {
            spec.precision = cursor.number(&decimal)?;
            spec.fraction_grouping = cursor.grouping()?;
            if spec.precision.is_none() && spec.fraction_grouping == Grouping::None {
                return Err(SpecError::Message("Format specifier missing precision"));
            }
        }
        match *cursor.text {
            [] => {}
            [code] => spec.code = Some(code),
            _ => return Err(SpecError::Invalid),
        }
        spec.check_grouping(default_code)?;
        Ok(spec)
    }

    /// Fill and alignment; which of both was given.
    fn parse_alignment(&mut self, cursor: &mut Cursor<'_>) -> (bool, bool) {
        if let [fill, align, rest @ ..] = cursor.text
            && let Some(align) = Align::from_code(*align)
        {
            self.fill = *fill;
            self.align = align;
            cursor.text = rest;
            return (true, true);
        }
        if let [align, rest @ ..] = cursor.text
            && let Some(align) = Align::from_code(*align)
        {
            self.align = align;
            cursor.text = rest;
            return (false, true);
        }
        (false, false)
    }

    fn check_grouping(&mut self, default_code: Option<char>) -> Result<(), SpecError> {
        let code = self.code.map_or(default_code, |code| Some(char::from_u32(code).unwrap_or('\u{fffd}')));
        if self.grouping != Grouping::None {
            match code {
                None | Some('d' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F') => {}
                Some('b' | 'o' | 'x' | 'X') if self.grouping == Grouping::Underscore => self.grouping = Grouping::UnderscoreFour,
                _ => return Err(self.cannot_group(self.grouping, default_code)),
            }
        }
        // After the point only 'n', which brings groups of its own, is refused.
        if self.fraction_grouping != Grouping::None && code == Some('n') {
            return Err(self.cannot_group(self.fraction_grouping, default_code));
        }
        Ok(())
    }

    fn cannot_group(&self, grouping: Grouping, default_code: Option<char>) -> SpecError {
        let code = self.code.unwrap_or(default_code.map_or(0, u32::from));
        SpecError::Text(format!("Cannot specify '{}' with '{}'.", grouping.sign(), show(code)))
    }
}
