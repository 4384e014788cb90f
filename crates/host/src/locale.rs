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

unsafe extern "C" {
    fn wcscoll(first: *const u32, second: *const u32) -> i32;
    fn wcsxfrm(target: *mut u32, source: *const u32, room: usize) -> usize;
    fn dcgettext(domain: *const libc::c_char, message: *const libc::c_char, category: i32) -> *const libc::c_char;
    fn textdomain(domain: *const libc::c_char) -> *const libc::c_char;
    fn bindtextdomain(domain: *const libc::c_char, dir: *const libc::c_char) -> *const libc::c_char;
    fn bind_textdomain_codeset(domain: *const libc::c_char, codeset: *const libc::c_char) -> *const libc::c_char;
}

fn pointer(text: Option<&CStr>) -> *const libc::c_char {
    text.map_or(std::ptr::null(), CStr::as_ptr)
}

/// # Safety
/// Null or a C string.
unsafe fn copied(text: *const libc::c_char) -> Option<Vec<u8>> {
    // SAFETY: by contract.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
}

/// `setlocale(3)`: the name that holds now; none where it failed.
pub fn set(category: i32, locale: Option<&CStr>) -> Option<Vec<u8>> {
    // SAFETY: the text ends with a NUL; the result is copied at once.
    unsafe { copied(libc::setlocale(category, pointer(locale))) }
}

/// What `localeconv(3)` tells, as bytes.
pub struct Conventions {
    /// International symbol, symbol, decimal point, separator of thousands.
    pub money: [Vec<u8>; 4],
    pub money_grouping: Vec<u8>,
    /// Positive, negative.
    pub signs: [Vec<u8>; 2],
    /// Digits after the point (international, national), places of symbol and sign.
    pub places: [i8; 8],
    pub point: Vec<u8>,
    pub separator: Vec<u8>,
    pub grouping: Vec<u8>,
}

/// The conventions of the locale that is set.
pub fn conventions() -> Conventions {
    // SAFETY: `localeconv` returns a static struct of C strings, which are copied before anything else can change it.
    unsafe {
        let conv = &*libc::localeconv();
        let text = |text: *const libc::c_char| copied(text).unwrap_or_default();
        Conventions {
            money: [
                text(conv.int_curr_symbol),
                text(conv.currency_symbol),
                text(conv.mon_decimal_point),
                text(conv.mon_thousands_sep),
            ],
            money_grouping: text(conv.mon_grouping),
            signs: [text(conv.positive_sign), text(conv.negative_sign)],
            places: [
                conv.int_frac_digits,
                conv.frac_digits,
                conv.p_cs_precedes,
                conv.p_sep_by_space,
                conv.n_cs_precedes,
                conv.n_sep_by_space,
                conv.p_sign_posn,
                conv.n_sign_posn,
            ],
            point: text(conv.decimal_point),
            separator: text(conv.thousands_sep),
            grouping: text(conv.grouping),
        }
    }
}

/// `nl_langinfo(3)`
pub fn information(key: i32) -> Vec<u8> {
    // SAFETY: the result is a C string, copied at once.
    unsafe { copied(libc::nl_langinfo(key)) }.unwrap_or_default()
}

/// `wcscoll(3)` on texts without NULs.
pub fn collate(mut first: Vec<u32>, mut second: Vec<u32>) -> i32 {
    first.push(0);
    second.push(0);
    // SAFETY: both texts end with a NUL.
    unsafe { wcscoll(first.as_ptr(), second.as_ptr()) }
}

/// `wcsxfrm(3)` on a text without NULs.
pub fn sort_key(mut text: Vec<u32>) -> crate::errno::Sys<Vec<u32>> {
    let out_of_memory = || crate::errno::Errno(libc::ENOMEM);
    text.push(0);
    let mut room = text.len();
    loop {
        let mut key: Vec<u32> = Vec::new();
        key.try_reserve_exact(room).map_err(|_| out_of_memory())?;
        key.resize(room, 0);
        crate::errno::Errno(0).set();
        // SAFETY: the target has that much room; the text ends with a NUL.
        let len = unsafe { wcsxfrm(key.as_mut_ptr(), text.as_ptr(), room) };
        let error = crate::errno::Errno::last();
        if error.0 != 0 && error.0 != libc::ERANGE {
            return Err(error);
        }
        if len < room {
            key.truncate(len);
            return Ok(key);
        }
        room = len.checked_add(1).ok_or_else(out_of_memory)?;
    }
}

/// `dcgettext(3)`; messages of category LC_MESSAGES where none is given.
pub fn message(domain: Option<&CStr>, text: &CStr, category: Option<i32>) -> Vec<u8> {
    let category = category.unwrap_or(libc::LC_MESSAGES);
    // SAFETY: texts end with a NUL; the result is the text itself or lives in a catalogue.
    unsafe { copied(dcgettext(pointer(domain), text.as_ptr(), category)) }.unwrap_or_default()
}

/// `textdomain(3)`
pub fn text_domain(domain: Option<&CStr>) -> crate::errno::Sys<Vec<u8>> {
    // SAFETY: texts end with a NUL.
    unsafe { copied(textdomain(pointer(domain))) }.ok_or_else(crate::errno::Errno::last)
}

/// `bindtextdomain(3)`
pub fn bind_text_domain(domain: &CStr, dir: Option<&CStr>) -> crate::errno::Sys<Vec<u8>> {
    // SAFETY: texts end with a NUL.
    unsafe { copied(bindtextdomain(domain.as_ptr(), pointer(dir))) }.ok_or_else(crate::errno::Errno::last)
}

/// `bind_textdomain_codeset(3)`
pub fn bind_codeset(domain: &CStr, codeset: Option<&CStr>) -> Option<Vec<u8>> {
    // SAFETY: texts end with a NUL.
    unsafe { copied(bind_textdomain_codeset(domain.as_ptr(), pointer(codeset))) }
}

/// The name of the locale of characters that is set.
pub fn name() -> Vec<u8> {
    set(libc::LC_CTYPE, None).unwrap_or_default()
}

/// The name of its encoding.
pub fn encoding() -> String {
    String::from_utf8_lossy(&information(libc::CODESET)).into_owned()
}

/// Takes the locale of characters from the environment.
pub fn take_from_environment() {
    let _name = set(libc::LC_CTYPE, Some(c""));
}

/// PEP 538: the C locale becomes one with UTF-8, for this process and its children. The name of the new one.
pub fn coerce() -> Option<&'static str> {
    for (target, text) in [("C.UTF-8", c"C.UTF-8"), ("C.utf8", c"C.utf8"), ("UTF-8", c"UTF-8")] {
        if set(libc::LC_CTYPE, Some(text)).is_some() {
            if information(libc::CODESET).is_empty() {
                continue;
            }
            return match crate::environment::set(b"LC_CTYPE", target.as_bytes()) {
                Ok(()) => {
                    // LC_ALL is not set; the others follow the environment as before.
                    Some(target)
                }
                Err(_) => None,
            };
        }
    }
    take_from_environment();
    None
}
