//! Format strings: what they say of size, alignment and order.

use object::{PyResult, Raised};

/// The order of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    Little,
    Big,
}

const NATIVE: Order = if cfg!(target_endian = "little") { Order::Little } else { Order::Big };

/// Some items of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The format character.
    pub code: u8,
    /// Where the first one begins.
    pub offset: usize,
    /// Bytes of one item; for `s` and `p` those of the whole.
    pub size: usize,
    /// How many items.
    pub count: usize,
}

/// A format, taken apart.
#[derive(Debug)]
pub struct Layout {
    pub order: Order,
    pub groups: Vec<Group>,
    /// Bytes altogether.
    pub size: usize,
    /// Number of values.
    pub values: usize,
}

/// Size and alignment of an item.
fn native(code: u8) -> Option<(usize, usize)> {
    Some(match code {
        b'x' | b'c' | b'b' | b'B' | b's' | b'p' | b'?' => (1, 1),
        b'h' | b'H' | b'e' => (2, 2),
        b'i' | b'I' | b'f' => (4, 4),
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'P' | b'd' => (8, 8),
        b'F' => (8, 4),
        b'D' => (16, 8),
        _ => return None,
    })
}

fn standard(code: u8) -> Option<(usize, usize)> {
    let size = match code {
        b'x' | b'c' | b'b' | b'B' | b's' | b'p' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'l' | b'L' | b'f' => 4,
        b'q' | b'Q' | b'd' | b'F' => 8,
        b'D' => 16,
        _ => return None,
    };
    Some((size, 1))
}

const LIMIT: usize = isize::MAX.unsigned_abs();

impl Layout {
    /// Takes a format apart.
    pub fn parse(format: &[u8]) -> PyResult<Layout> {
        let (order, table, rest): (Order, fn(u8) -> Option<(usize, usize)>, &[u8]) = match format {
            [b'<', rest @ ..] => (Order::Little, standard, rest),
            [b'>' | b'!', rest @ ..] => (Order::Big, standard, rest),
            [b'=', rest @ ..] => (NATIVE, standard, rest),
            [b'@', rest @ ..] => (NATIVE, native, rest),
            rest => (NATIVE, native, rest),
        };
        let mut layout = Layout { order, groups: Vec::new(), size: 0, values: 0 };
        let mut bytes = rest.iter().copied().peekable();
        if rest.contains(&0) {
            return Err(super::error("embedded null character"));
        }
        while let Some(byte) = bytes.next() {
            if byte.is_ascii_whitespace() || byte == 0x0B {
                continue;
            }
            let (count, code) = if byte.is_ascii_digit() {
                let mut count = usize::from(byte - b'0');
                while let Some(digit) = bytes.next_if(u8::is_ascii_digit) {
                    let next = count.checked_mul(10).and_then(|count| count.checked_add(usize::from(digit - b'0')));
                    count = next.filter(|count| *count <= LIMIT).ok_or_else(too_long)?;
                }
                match bytes.next() {
                    Some(code) => (count, code),
                    None => return Err(super::error("repeat count given without format specifier")),
                }
            } else {
                (1, byte)
            };
            let (size, align) = table(code).ok_or_else(|| super::error("bad char in struct format"))?;
            layout.add(code, count, size, align)?;
        }
        Ok(layout)
    }

    fn add(&mut self, code: u8, count: usize, size: usize, align: usize) -> PyResult<()> {
        let offset = self.size.checked_next_multiple_of(align).filter(|offset| *offset <= LIMIT).ok_or_else(too_long)?;
        let end = size.checked_mul(count).and_then(|bytes| bytes.checked_add(offset));
        self.size = end.filter(|end| *end <= LIMIT).ok_or_else(too_long)?;
        match code {
            b'x' => {}
            b's' | b'p' => {
                self.values += 1;
                self.groups.push(Group { code, offset, size: count, count: 1 });
            }
            _ if count > 0 => {
                self.values = self.values.checked_add(count).ok_or_else(too_long)?;
                self.groups.push(Group { code, offset, size, count });
            }
            _ => {}
        }
        Ok(())
    }
}

fn too_long() -> Raised {
    super::error("total struct size too long")
}
