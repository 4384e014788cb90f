//! Interned names that the implementation itself uses.

use crate::reference::{Borrowed, Object, Ref};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A name that is interned when it is first needed. Immortal and shared by all interpreters.
pub struct Ident {
    text: &'static str,
    object: AtomicPtr<abi::PyObject>,
}

impl Ident {
    /// The name `text`, not yet interned.
    pub const fn new(text: &'static str) -> Self {
        Ident { text, object: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// The interned object.
    #[inline(always)]
    pub fn get(&self) -> Borrowed<'static> {
        match NonNull::new(self.object.load(Ordering::Relaxed)) {
            // SAFETY: the object was made immortal when it was stored.
            Some(object) => unsafe { Borrowed::<Object>::from_ptr(object) },
            None => self.intern(),
        }
    }

    #[cold]
    fn intern(&self) -> Borrowed<'static> {
        let object: Ref = (crate::hooks::get().intern)(self.text);
        object.make_immortal();
        self.object.store(object.ptr(), Ordering::Relaxed);
        // SAFETY: the object is immortal now.
        unsafe { object.b().extend() }
    }
}

/// The interned name with this text: `id!("__name__")` is a `Borrowed<'static>`.
#[macro_export]
macro_rules! id {
    ($text:expr) => {{
        static NAME: $crate::ident::Ident = $crate::ident::Ident::new($text);
        NAME.get()
    }};
}
