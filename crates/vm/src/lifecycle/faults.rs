//! The frames of a thread in reports of crashes: written at any time, perhaps in a signal handler, so nothing here allocates, takes a
//! lock or touches a count.

use crate::frame::{self, Frame};
use host::fault::{decimal, hexadecimal};
use object::Borrowed;
use object::thread::ThreadState;
use object::value::str as text;

/// The most frames, and characters of a name, that are shown.
const MOST_FRAMES: usize = 100;
const MOST_CHARACTERS: usize = 500;

/// Writes the frames, innermost first.
pub(super) fn dump(thread: &ThreadState, out: &mut dyn FnMut(&[u8])) {
    let Some(first) = frame::visible(thread) else { return out(b"  <no Python frame>\n") };
    let mut current = Some(first);
    let mut shown = 0;
    while let Some(frame) = current {
        if shown == MOST_FRAMES {
            return out(b"  ...\n");
        }
        line(frame, out);
        shown += 1;
        current = frame.back();
    }
}

fn line(frame: &Frame, out: &mut dyn FnMut(&[u8])) {
    let code = frame.code();
    out(b"  File \"");
    name(code.filename_object(), out);
    out(b"\", line ");
    match code.line_of(frame.instruction_index()).and_then(|line| u64::try_from(line).ok()) {
        Some(line) => out(decimal(line, &mut [0; 20])),
        None => out(b"???"),
    }
    out(b" in ");
    name(code.name_object(), out);
    out(b"\n");
}

/// A str with escapes for what is not ASCII.
fn name(object: Borrowed<'_>, out: &mut dyn FnMut(&[u8])) {
    let Some(data) = text::data(object) else { return out(b"???") };
    for code in data.iter().take(MOST_CHARACTERS) {
        match u8::try_from(code) {
            Ok(byte @ b' '..=b'~') => out(&[byte]),
            _ => {
                let (prefix, digits) = match code {
                    ..=0xFF => (b"\\x", 2),
                    ..=0xFFFF => (b"\\u", 4),
                    _ => (b"\\U", 8),
                };
                out(prefix);
                out(hexadecimal(u64::from(code), digits, &mut [0; 16]));
            }
        }
    }
    if data.len() > MOST_CHARACTERS {
        out(b"...");
    }
}
