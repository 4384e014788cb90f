//! Hosts by name: what the arguments that name one may be, and the address behind a name.

use super::{gaierror, herror};
use crate::errors::{numbered, os_error};
use host::socket_address::RawAddress;
use host::socket_lookup::{self, Hints, LookupError, c_string};
use object::protocol::buffer::Buffer;
use object::value::{bytes, str as text};
use object::{Borrowed, PyResult, Raised, Ref, core, error, gil, raise};
use std::ffi::CString;

/// Raises what a look-up failed with.
#[cold]
pub fn lookup_error(reason: LookupError) -> Raised {
    let (class, code) = match reason {
        LookupError::System(errno) => return os_error(errno),
        LookupError::Address(code) => (gaierror(), code),
        LookupError::Host(code) => (herror(), code),
    };
    match class {
        Ok(class) => numbered(class.b(), code, &reason.message()),
        Err(raised) => raised,
    }
}

/// A str in the encoding of host names.
pub fn idna(name: Borrowed<'_>) -> PyResult<Ref> {
    name.call_method(object::id!("encode"), &[text::new("idna")?.b()])
}

/// The bytes of bytes or of a bytearray.
fn plain_bytes(value: Borrowed<'_>) -> PyResult<Option<Vec<u8>>> {
    if let Some(content) = bytes::value(value) {
        return Ok(Some(content.to_vec()));
    }
    if value.class().is_subtype(&core::BYTEARRAY) {
        return Ok(Some(Buffer::readable(value)?.bytes().to_vec()));
    }
    Ok(None)
}

/// The host of an address: str, bytes or bytearray.
pub fn host_of_address(value: Borrowed<'_>) -> PyResult<CString> {
    let content = match plain_bytes(value)? {
        Some(content) => content,
        None if text::check(value) => match text::as_ascii(value) {
            Some(ascii) => ascii.as_bytes().to_vec(),
            None => match idna(value) {
                Ok(encoded) => bytes::value(encoded.b()).unwrap_or_default().to_vec(),
                Err(raised) => {
                    raised.clear();
                    return Err(raise!(TypeError, "encoding of hostname failed"));
                }
            },
        },
        None => {
            return Err(raise!(TypeError, "str, bytes or bytearray expected, not {}", value.class().tp_name()));
        }
    };
    c_string(&content).ok_or_else(|| raise!(TypeError, "host name must not contain null character"))
}

/// The host that is the argument of a function (format `et` with IDNA).
pub fn host_argument(function: &str, value: Borrowed<'_>) -> PyResult<CString> {
    let content = match plain_bytes(value)? {
        Some(content) => content,
        None if text::check(value) => {
            let encoded = idna(value)?;
            bytes::value(encoded.b()).ok_or_else(error::bad_internal_call)?.to_vec()
        }
        None => {
            let found = crate::args::shown(value);
            return Err(raise!(TypeError, "{function}() argument 1 must be str, bytes or bytearray, not {found}"));
        }
    };
    c_string(&content).ok_or_else(|| {
        let found = value.class().tp_name();
        raise!(TypeError, "{function}() argument 1 must be encoded string without null bytes, not {found}")
    })
}

/// The address of a host, port 0, in the family `family` (`AF_UNSPEC`: in any). The empty name is any host, `<broadcast>` all of them.
pub fn resolve(name: &CString, family: i32) -> PyResult<RawAddress> {
    let look_up = |host: Option<&CString>, service, hints| {
        gil::without(|| socket_lookup::addresses(host.map(|host| host.as_c_str()), service, hints)).map_err(lookup_error)
    };
    let any = family == libc::AF_UNSPEC;
    if name.is_empty() {
        let hints = Hints { family, kind: libc::SOCK_DGRAM, flags: libc::AI_PASSIVE, ..Hints::default() };
        let found = look_up(None, Some(c"0"), hints)?;
        return match found.as_slice() {
            [only] => Ok(only.address),
            _ => Err(raise!(OSError, "wildcard resolved to multiple address")),
        };
    }
    if name.as_bytes() == b"<broadcast>" || name.as_bytes() == b"255.255.255.255" {
        if !any && family != libc::AF_INET {
            return Err(raise!(OSError, "address family mismatched"));
        }
        return Ok(RawAddress::inet([255; 4], 0));
    }
    if (any || family == libc::AF_INET)
        && let Some(ip) = socket_lookup::ipv4(name)
    {
        return Ok(RawAddress::inet(ip, 0));
    }
    // The scope behind a percent sign is the resolver's business.
    if (any || family == libc::AF_INET6)
        && !name.as_bytes().contains(&b'%')
        && let Some(ip) = socket_lookup::ipv6(name)
    {
        return Ok(RawAddress::inet6(ip, 0, 0, 0));
    }
    let found = look_up(Some(name), None, Hints { family, ..Hints::default() })?;
    found.first().map(|found| found.address).ok_or_else(|| lookup_error(LookupError::Address(libc::EAI_NONAME)))
}
