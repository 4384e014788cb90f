//! The signs that the process's locale writes numbers with.

use std::ffi::CStr;

/// `localeconv()`'s part for numbers, decoded as UTF-8 (bytes that are not become U+FFFD).
pub struct NumericLocale {
    /// The decimal point.
    pub point: String,
    /// What stands between groups of digits.
    pub separator: String,
    /// Sizes of the groups from the right; the last one repeats, 127 ends the grouping.
    pub grouping: Vec<u8>,
}

/// The signs of the locale that is set now.
pub fn numeric() -> NumericLocale {
    // SAFETY: `localeconv` returns a static struct of C strings, which are copied before anything else can change it.
    unsafe {
        let conv = libc::localeconv();
        let text = |ptr: *const libc::c_char| CStr::from_ptr(ptr).to_string_lossy().into_owned();
        let grouping = CStr::from_ptr((*conv).grouping).to_bytes().to_vec();
        NumericLocale { point: text((*conv).decimal_point), separator: text((*conv).thousands_sep), grouping }
    }
}
