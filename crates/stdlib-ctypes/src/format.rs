//! Formats of buffers (PEP 3118), in the standard sizes.

use object::{PyResult, raise};
use std::ffi::CString;

/// The format of a simple type.
pub fn of_letter(letter: u8, swapped: bool) -> PyResult<CString> {
    let code = match letter {
        b'l' => 'q',
        b'L' => 'Q',
        other => char::from(other),
    };
    text(format!("{}{code}", if swapped == cfg!(target_endian = "little") { '>' } else { '<' }))
}

/// The format of a pointer to items of this format and shape.
pub fn of_pointer(item: &str, shape: &[isize]) -> PyResult<CString> {
    if shape.is_empty() {
        return text(format!("&{item}"));
    }
    let sizes: Vec<String> = shape.iter().map(isize::to_string).collect();
    text(format!("&({}){item}", sizes.join(",")))
}

/// The text as C has it.
pub fn text(format: String) -> PyResult<CString> {
    CString::new(format).map_err(|_| raise!(ValueError, "embedded null character"))
}
