//! The process's locale.
//!
//! The locale of characters maps 128 KiB of tables, and few programs ask for it. Where it is `C.UTF-8`, about which everything that a start wants to know is known, it is
//! set when something asks first ([`settle`]): a function of this module, `strftime`, or a library that is opened.

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// The name that [`settle`] is still to set; null: none.
static LATER: AtomicPtr<libc::c_char> = AtomicPtr::new(std::ptr::null_mut());

/// Sets what was put off. To be called before anything that looks at the locale of characters.
#[inline]
pub fn settle() {
    if !LATER.load(Ordering::Relaxed).is_null() {
        settle_now();
    }
}

#[cold]
fn settle_now() {
    let name = LATER.swap(std::ptr::null_mut(), Ordering::AcqRel);
    if !name.is_null() {
        // SAFETY: a C string of the program.
        unsafe { libc::setlocale(libc::LC_CTYPE, name) };
    }
}

/// Whether the language of messages may be another than the one that each process begins with.
static OTHER_MESSAGES: AtomicBool = AtomicBool::new(false);

/// Whether messages of the C library are in English: nobody has set another language so far.
pub(crate) fn has_plain_messages() -> bool {
    cfg!(all(target_os = "linux", target_env = "gnu")) && !OTHER_MESSAGES.load(Ordering::Relaxed)
}

/// Notes that the language of messages may be set from now on: by the program, or by a library that it opens.
pub(crate) fn messages_may_change() {
    OTHER_MESSAGES.store(true, Ordering::Relaxed);
}

/// Puts off the setting of a locale, if it is sure to be there and to have UTF-8.
fn put_off(name: &'static CStr) -> bool {
    let known = matches!(name.to_bytes(), b"C.UTF-8" | b"C.utf8") && crate::environment::get(b"LOCPATH").is_none();
    // Where glibc looks for it.
    let there = known && crate::file::access(None, c"/usr/lib/locale/C.utf8/LC_CTYPE", libc::R_OK, 0).is_ok();
    if there {
        LATER.store(name.as_ptr().cast_mut(), Ordering::Release);
    }
    there
}

/// The locale that was put off.
fn later() -> Option<&'static CStr> {
    let name = LATER.load(Ordering::Acquire);
    // SAFETY: null or a C string of the program.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })
}

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
    settle();
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
    settle();
    if locale.is_some() && matches!(category, libc::LC_ALL | libc::LC_MESSAGES) {
        messages_may_change();
    }
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
    settle();
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
    settle();
    // SAFETY: the result is a C string, copied at once.
    unsafe { copied(libc::nl_langinfo(key)) }.unwrap_or_default()
}

/// `wcscoll(3)` on texts without NULs.
pub fn collate(mut first: Vec<u32>, mut second: Vec<u32>) -> i32 {
    settle();
    first.push(0);
    second.push(0);
    // SAFETY: both texts end with a NUL.
    unsafe { wcscoll(first.as_ptr(), second.as_ptr()) }
}

/// `wcsxfrm(3)` on a text without NULs.
pub fn sort_key(mut text: Vec<u32>) -> crate::errno::Sys<Vec<u32>> {
    settle();
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
    settle();
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

/// The name of the locale of characters.
pub fn name() -> Vec<u8> {
    match later() {
        Some(name) => name.to_bytes().to_vec(),
        None => set(libc::LC_CTYPE, None).unwrap_or_default(),
    }
}

/// The name of its encoding.
pub fn encoding() -> String {
    match later() {
        Some(_) => "UTF-8".to_owned(),
        None => String::from_utf8_lossy(&information(libc::CODESET)).into_owned(),
    }
}

/// Takes the locale of characters from the environment.
pub fn take_from_environment() {
    let given = |name: &[u8]| crate::environment::get(name).filter(|value| !value.is_empty());
    let wish = given(b"LC_ALL").or_else(|| given(b"LC_CTYPE")).or_else(|| given(b"LANG"));
    let done = match wish.as_deref() {
        // A process starts in it.
        None | Some(b"C" | b"POSIX") => true,
        Some(b"C.UTF-8") => put_off(c"C.UTF-8"),
        Some(b"C.utf8") => put_off(c"C.utf8"),
        Some(_) => false,
    };
    if !done {
        let _name = set(libc::LC_CTYPE, Some(c""));
    }
}

/// PEP 538: the C locale becomes one with UTF-8, for this process and its children. The name of the new one.
pub fn coerce() -> Option<&'static str> {
    for (target, text) in [("C.UTF-8", c"C.UTF-8"), ("C.utf8", c"C.utf8"), ("UTF-8", c"UTF-8")] {
        let set = put_off(text) || (set(libc::LC_CTYPE, Some(text)).is_some() && !information(libc::CODESET).is_empty());
        if set {
            // LC_ALL is not set; the others follow the environment as before.
            return crate::environment::set(b"LC_CTYPE", target.as_bytes()).ok().map(|()| target);
        }
    }
    let _name = set(libc::LC_CTYPE, Some(c""));
    None
}
