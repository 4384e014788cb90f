//! The C library's mathematical functions, opened when the first of them is called.
//!
//! Linking `libm.so` costs every start a third of a millisecond and 0.3 MB (its mappings, and a search through it for each symbol of libc), and most
//! programs call no such function. So the program defines these symbols itself: the first call opens the library, and each function keeps
//! where its own is. The results are the C library's, bit for bit.

use std::ffi::{CStr, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

/// The open library; null: not yet. One that cannot be opened is [`MISSING`].
static LIBRARY: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());

/// Marks a library or a function that is not there.
static NOTHING: u8 = 0;

fn missing() -> *mut c_void {
    (&raw const NOTHING).cast_mut().cast()
}

/// Opens the library, and shows its symbols to all libraries that are opened later.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn load() {
    if LIBRARY.load(Ordering::Acquire).is_null() {
        // SAFETY: the C library's own part, which has no initialisers that matter.
        let library = unsafe { libc::dlopen(c"libm.so.6".as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        LIBRARY.store(if library.is_null() { missing() } else { library }, Ordering::Release);
    }
}

/// Elsewhere the program is linked with the library.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn load() {}

/// The address of the library's function, kept in `place`.
#[cold]
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    expect(dead_code, reason = "the program is linked with the library")
)]
fn find(name: &CStr, place: &AtomicPtr<c_void>) -> *mut c_void {
    load();
    let library = LIBRARY.load(Ordering::Acquire);
    let found = if library == missing() {
        library
    } else {
        // SAFETY: an open library and a C string.
        let symbol = unsafe { libc::dlsym(library, name.as_ptr()) };
        if symbol.is_null() { missing() } else { symbol }
    };
    place.store(found, Ordering::Release);
    found
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
macro_rules! functions {
    ($($name:ident($($argument:ident),+) $text:literal;)*) => { $(
        /// C's function of this name.
        // SAFETY: the name is the C library's, and this does what its function does.
        #[unsafe(no_mangle)]
        extern "C" fn $name($($argument: f64),+) -> f64 {
            static PLACE: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
            let mut function = PLACE.load(Ordering::Acquire);
            if function.is_null() {
                function = find($text, &PLACE);
            }
            if function == missing() {
                return ::libm::$name($($argument),+);
            }
            // SAFETY: the C library's function of this name has this signature.
            let function = unsafe { std::mem::transmute::<*mut c_void, extern "C" fn($(functions!(@double $argument)),+) -> f64>(function) };
            function($($argument),+)
        }
    )* };
    (@double $argument:ident) => { f64 };
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
functions! {
    acos(x) c"acos"; asin(x) c"asin"; atan(x) c"atan"; atan2(y, x) c"atan2"; cos(x) c"cos"; cosh(x) c"cosh"; exp(x) c"exp"; exp2(x) c"exp2";
    expm1(x) c"expm1"; hypot(x, y) c"hypot"; log(x) c"log"; log10(x) c"log10"; log1p(x) c"log1p"; log2(x) c"log2"; pow(x, y) c"pow"; sin(x) c"sin";
    sinh(x) c"sinh"; tan(x) c"tan"; tanh(x) c"tanh";
}

/// C's function of this name, which the compiler calls where it needs both.
///
/// # Safety
/// Both places are writable.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
// SAFETY: the name is the C library's, and this does what its function does.
#[unsafe(no_mangle)]
unsafe extern "C" fn sincos(x: f64, sine: *mut f64, cosine: *mut f64) {
    // Called through pointers, so that the compiler does not make a call of this function of the two.
    let (sin_of, cos_of): (extern "C" fn(f64) -> f64, extern "C" fn(f64) -> f64) = std::hint::black_box((sin, cos));
    // SAFETY: by contract.
    unsafe {
        sine.write(sin_of(x));
        cosine.write(cos_of(x));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_the_c_library_s() {
        assert_eq!(std::hint::black_box(2.0f64).powf(std::hint::black_box(0.5)), 2.0f64.sqrt());
        assert_eq!(std::hint::black_box(1.0f64).sin().to_bits(), 0x3fea_ed54_8f09_0cee);
        load();
        let place = AtomicPtr::new(std::ptr::null_mut());
        assert_ne!(find(c"sin", &place), missing());
        assert_eq!(find(c"no_such_function", &place), missing());
    }
}
