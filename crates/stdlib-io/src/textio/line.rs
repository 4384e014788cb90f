//! Finding the end of a line in decoded text.

use object::value::str::Data;

/// How lines end.
pub enum Ending<'a> {
    /// Newlines were translated: `\n` alone.
    Translated,
    /// `\n`, `\r` or `\r\n`; the decoder never splits a pair.
    Universal,
    /// This text.
    Exact(&'a [u32]),
}

/// A line's end, or how much of the text certainly belongs to the line that goes on.
pub enum Found {
    End(usize),
    Consumed(usize),
}

/// Searches the text from `start` on; positions are relative to it.
pub fn find(data: Data<'_>, start: usize, ending: &Ending<'_>) -> Found {
    match data {
        Data::Latin1(codes) => find_in(codes.get(start..).unwrap_or_default(), ending),
        Data::Ucs2(codes) => find_in(codes.get(start..).unwrap_or_default(), ending),
        Data::Ucs4(codes) => find_in(codes.get(start..).unwrap_or_default(), ending),
    }
}

fn find_in<U: Copy + PartialEq + Into<u32> + From<u8>>(codes: &[U], ending: &Ending<'_>) -> Found {
    let (lf, cr) = (U::from(b'\n'), U::from(b'\r'));
    let found = match ending {
        Ending::Translated => codes.iter().position(|code| *code == lf).map(|at| at + 1),
        Ending::Universal => {
            let at = codes.iter().position(|code| *code == lf || *code == cr);
            at.map(|at| {
                let pair = codes.get(at) == Some(&cr) && codes.get(at + 1) == Some(&lf);
                at + 1 + usize::from(pair)
            })
        }
        Ending::Exact(newline) => return find_exact(codes, newline),
    };
    found.map_or(Found::Consumed(codes.len()), Found::End)
}

fn find_exact<U: Copy + Into<u32>>(codes: &[U], newline: &[u32]) -> Found {
    let len = newline.len().max(1);
    let equal = |part: &[U]| part.iter().zip(newline).all(|(code, wanted)| (*code).into() == *wanted);
    if let Some(at) = codes.windows(len).position(equal) {
        return Found::End(at + len);
    }
    let tail = codes.len().saturating_sub(len - 1);
    let partial = (tail..codes.len()).find(|at| codes.get(*at..).is_some_and(equal));
    Found::Consumed(partial.unwrap_or(codes.len()))
}
