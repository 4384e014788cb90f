//! Methods of sockets: options.

use super::kind::Socket;
use crate::args::{c_int, c_int_or, count};
use crate::errors::OrRaise;
use host::socket;
use macros::pymethods;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int};
use object::{Borrowed, PyResult, Ref, core, error, exc, raise};

/// The longest value that `getsockopt` gives.
const LONGEST: i32 = 1024;

/// The value of a conversion; none where the argument does not convert.
fn attempt<T>(result: PyResult<T>) -> PyResult<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(raised) if raised.is_a(&exc::Exception) => {
            raised.clear();
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

#[pymethods(part = OPTION)]
impl Socket {
    /// setsockopt(level, option, value: int)
    /// setsockopt(level, option, value: buffer)
    /// setsockopt(level, option, None, optlen: int)
    ///
    /// Set a socket option.  See the Unix manual for level and option.
    /// The value argument can either be an integer, a string buffer, or
    /// None, optlen.
    #[method(text = None, "($self, *args)")]
    fn setsockopt(&self, args: &[Borrowed<'_>]) -> PyResult<()> {
        if let [level, option, none, len] = args
            && none.is(&core::none())
            && let (Some(level), Some(option)) = (attempt(c_int(*level))?, attempt(c_int(*option))?)
            && let Some(len) = attempt(crate::args::low_bits(*len))?
        {
            // A length is the low half, as C's unsigned int.
            let len = len as u32;
            return socket::set_option_without_value(self.fd.get(), level, option, len).or_raise();
        }
        count("setsockopt", args, 3, 3)?;
        let [level, option, value] = args else { return Err(error::bad_internal_call()) };
        let (level, option) = (c_int(*level)?, c_int(*option)?);
        if self.family.get() == libc::AF_VSOCK && int::check(*value) {
            let value = crate::args::low_bits(*value)?;
            return socket::set_option(self.fd.get(), level, option, &value.to_ne_bytes()).or_raise();
        }
        if let Some(number) = attempt(c_int(*value))? {
            return socket::set_option(self.fd.get(), level, option, &number.to_ne_bytes()).or_raise();
        }
        let value = Buffer::readable(*value)?;
        socket::set_option(self.fd.get(), level, option, value.bytes()).or_raise()
    }

    /// getsockopt(level, option[, buffersize]) -> value
    ///
    /// Get a socket option.  See the Unix manual for level and option.
    /// If a nonzero buffersize argument is given, the return value is a
    /// string of that length; otherwise it is an integer.
    #[method(text = None, "($self, *args)")]
    fn getsockopt(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("getsockopt", args, 2, 3)?;
        let (level, option) = (c_int_or(args.first(), 0)?, c_int_or(args.get(1), 0)?);
        let size = c_int_or(args.get(2), 0)?;
        if size == 0 {
            if self.family.get() == libc::AF_VSOCK {
                let mut value = [0; 8];
                socket::option(self.fd.get(), level, option, &mut value).or_raise()?;
                return int::from_u64(u64::from_ne_bytes(value));
            }
            return int::new(i64::from(socket::int_option(self.fd.get(), level, option).or_raise()?));
        }
        if !(1..=LONGEST).contains(&size) {
            return Err(raise!(OSError, "getsockopt buflen out of range"));
        }
        let mut value = [0; LONGEST as usize];
        let value = value.get_mut(..size.unsigned_abs() as usize).unwrap_or_default();
        let count = socket::option(self.fd.get(), level, option, value).or_raise()?;
        bytes::new(value.get(..count).unwrap_or_default())
    }
}
