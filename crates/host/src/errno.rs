//! Error numbers: the result of a failed call, their names and their texts.

use std::ffi::CStr;

/// The error number of a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

/// What a system call gives.
pub type Sys<T> = Result<T, Errno>;

impl Errno {
    /// A signal came in between: the caller runs the handlers and repeats the call.
    pub const EINTR: Errno = Errno(libc::EINTR);
    /// Nothing is there yet.
    pub const EAGAIN: Errno = Errno(libc::EAGAIN);

    /// The current thread's `errno`.
    pub fn last() -> Errno {
        Errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    }

    /// Sets the current thread's `errno`.
    pub fn set(self) {
        #[cfg(target_os = "linux")]
        // SAFETY: the address of the thread's own errno is always valid.
        let place = unsafe { libc::__errno_location() };
        #[cfg(not(target_os = "linux"))]
        // SAFETY: the address of the thread's own errno is always valid.
        let place = unsafe { libc::__error() };
        // SAFETY: see above; nobody else writes to it.
        unsafe { *place = self.0 };
    }

    /// Whether the call was interrupted by a signal.
    pub fn is_interrupted(self) -> bool {
        self.0 == libc::EINTR
    }

    /// The name, such as "ENOENT".
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().rev().find(|(_, number)| *number == self.0).map(|(name, _)| *name)
    }

    /// The text of `os.strerror`.
    pub fn message(self) -> String {
        if crate::locale::has_plain_messages()
            && let Some(text) = crate::error_text::english(self.0)
        {
            return text.to_owned();
        }
        self.library_message()
    }

    /// The text that the C library has, in the language that is set.
    pub(crate) fn library_message(self) -> String {
        let mut text = [0u8; 256];
        // SAFETY: the buffer is writable for the length that is given; the call ends the text with a NUL.
        let status = unsafe { libc::strerror_r(self.0, text.as_mut_ptr().cast(), text.len()) };
        match CStr::from_bytes_until_nul(&text) {
            Ok(message) if status == 0 || !message.is_empty() => message.to_string_lossy().into_owned(),
            _ => format!("Unknown error {}", self.0),
        }
    }
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Self {
        Errno(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

/// Turns the -1 of a failed call into its error.
#[inline]
pub(crate) fn check<T: PartialEq + From<i8>>(result: T) -> Sys<T> {
    if result == T::from(-1) { Err(Errno::last()) } else { Ok(result) }
}

/// Newer than libc's list: the wrong type of file for the intended operation.
const EFTYPE: i32 = 134;

macro_rules! names {
    ($($(#[$only:meta])* $name:ident)*) => {
        /// The names and numbers of this system. Of names with the same number, `Errno::name` gives the last one.
        pub static NAMES: &[(&str, i32)] = &[$($(#[$only])* (stringify!($name), libc::$name),)* ("EFTYPE", EFTYPE)];
    };
}

names! {
    ENODEV ENOCSI EHOSTUNREACH ENOMSG EUCLEAN EL2NSYNC EL2HLT ENODATA ENOTBLK
    ENOSYS EPIPE EINVAL EOVERFLOW EADV EINTR EUSERS ENOTEMPTY ENOBUFS
    EPROTO EREMOTE ENAVAIL ECHILD ELOOP EXDEV E2BIG ESRCH EMSGSIZE
    EAFNOSUPPORT EBADR EHOSTDOWN EPFNOSUPPORT ENOPROTOOPT EBUSY EWOULDBLOCK EBADFD EDOTDOT
    EISCONN ENOANO ESHUTDOWN ECHRNG ELIBBAD ENONET EBADE EBADF EMULTIHOP
    EIO EUNATCH EPROTOTYPE ENOSPC ENOEXEC EALREADY ENETDOWN ENOTNAM EACCES
    ELNRNG EILSEQ ENOTDIR ENOTUNIQ EPERM EDOM EXFULL ECONNREFUSED EISDIR
    EPROTONOSUPPORT EROFS EADDRNOTAVAIL EIDRM ECOMM ESRMNT EREMOTEIO EL3RST EBADMSG
    ENFILE ELIBMAX ESPIPE ENOLINK ENETRESET ETIMEDOUT ENOENT EEXIST EDQUOT
    ENOSTR EBADSLT EBADRQC ELIBACC EFAULT EFBIG EDEADLK ENOTCONN EDESTADDRREQ
    ELIBSCN ENOLCK EISNAM ECONNABORTED ENETUNREACH ESTALE ENOSR ENOMEM ENOTSOCK
    ESTRPIPE EMLINK ERANGE ELIBEXEC EL3HLT ECONNRESET EADDRINUSE EOPNOTSUPP EREMCHG
    EAGAIN ENAMETOOLONG ENOTTY ERESTART ESOCKTNOSUPPORT ETIME EBFONT EDEADLOCK ETOOMANYREFS
    EMFILE ETXTBSY EINPROGRESS ENXIO ENOPKG ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY
    EHWPOISON EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL ENOTSUP
}
