//! Functions that look up hosts, services and protocols.

use super::address;
use super::resolve::{host_argument, idna, lookup_error, resolve};
use crate::args::{c_int, count, utf8};
use crate::errors::{OrRaise, decode, os_error};
use host::errno::Errno;
use host::socket_address::RawAddress;
use host::socket_lookup::{self, Found, Hints, Host};
use macros::pymodule;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, error, gil, hooks, memory, raise};
use std::ffi::CString;

/// Text up to its first NUL, as C reads it.
fn until_nul(content: &[u8]) -> Option<CString> {
    CString::new(content.split(|byte| *byte == 0).next().unwrap_or_default()).ok()
}

/// The bytes of a numeric address.
fn packed(address: &RawAddress) -> Vec<u8> {
    match address.family() {
        libc::AF_INET6 => address.inet6_parts().0.to_vec(),
        _ => address.inet_parts().0.to_vec(),
    }
}

/// What `gethostbyname_ex` and `gethostbyaddr` give.
fn host_object(host: &Host, family: i32) -> PyResult<Ref> {
    if host.family != family {
        return Err(os_error(Errno(libc::EAFNOSUPPORT)));
    }
    let mut aliases = memory::vec_with_capacity(host.aliases.len())?;
    for alias in &host.aliases {
        aliases.push(decode(alias)?);
    }
    let mut addresses = memory::vec_with_capacity(host.addresses.len())?;
    for ip in &host.addresses {
        addresses.push(ip_object(ip)?);
    }
    let list = hooks::get().list_new;
    tuple::from_array([decode(&host.name)?, list(aliases)?, list(addresses)?])
}

/// The text of the bytes of an address.
fn ip_object(ip: &[u8]) -> PyResult<Ref> {
    if let Ok(ip) = <[u8; 4]>::try_from(ip) {
        return text::new(&address::ipv4_text(ip));
    }
    match <[u8; 16]>::try_from(ip) {
        Ok(ip) => text::from_ascii(&socket_lookup::ipv6_text(ip)),
        Err(_) => Err(raise!(OSError, "unsupported address family")),
    }
}

fn found_object(found: &Found) -> PyResult<Ref> {
    tuple::from_array([
        int::new(i64::from(found.family))?,
        int::new(i64::from(found.kind))?,
        int::new(i64::from(found.protocol))?,
        decode(found.canonical_name.as_deref().unwrap_or_default())?,
        address::object(&found.address, found.protocol)?,
    ])
}

/// The host of `getaddrinfo`.
fn asked_host(value: Borrowed<'_>) -> PyResult<Option<CString>> {
    if value.is(&core::none()) {
        return Ok(None);
    }
    if text::check(value) {
        let encoded = idna(value)?;
        return Ok(until_nul(bytes::value(encoded.b()).ok_or_else(error::bad_internal_call)?));
    }
    match bytes::value(value) {
        Some(content) => Ok(until_nul(content)),
        None => Err(raise!(TypeError, "getaddrinfo() argument 1 must be string or None")),
    }
}

/// The port or service of `getaddrinfo`.
fn asked_service(value: Borrowed<'_>) -> PyResult<Option<CString>> {
    if value.is(&core::none()) {
        return Ok(None);
    }
    if int::check(value) {
        let number = value.index()?;
        let shown = match int::to_i64(number.b()) {
            Some(number) => number.to_string(),
            None => number.str_text()?,
        };
        return Ok(until_nul(shown.as_bytes()));
    }
    if text::check(value) {
        return match text::to_string(value) {
            Some(content) => Ok(until_nul(content.as_bytes())),
            None => Err(object::convert::surrogates_not_allowed(value)),
        };
    }
    match bytes::value(value) {
        Some(content) => Ok(until_nul(content)),
        None => Err(raise!(OSError, "Int or String expected")),
    }
}

/// The protocol that may follow a service.
fn protocol_argument(function: &str, value: Option<&Borrowed<'_>>) -> PyResult<Option<CString>> {
    value.map(|value| utf8(function, "argument 2", *value)).transpose()
}

fn protocol_object(protocol: Option<&Borrowed<'_>>) -> Ref {
    protocol.map_or_else(core::none_ref, |protocol| protocol.to_ref())
}

/// Host, port, flow and scope of the address that `getnameinfo` takes.
fn name_query(value: Borrowed<'_>) -> PyResult<(CString, i32, u32, u32)> {
    let Some(fields) = tuple::items(value) else {
        return Err(raise!(TypeError, "getnameinfo() argument 1 must be a tuple"));
    };
    let illegal = || raise!(TypeError, "getnameinfo(): illegal sockaddr argument");
    let (host, port, rest) = match fields {
        [host, port, rest @ ..] if rest.len() <= 2 => (*host, *port, rest),
        _ => return Err(illegal()),
    };
    if !text::check(host) {
        return Err(illegal());
    }
    let host = utf8("getnameinfo", "argument 1", host)?;
    let port = c_int(port)?;
    let word = |at: usize| rest.get(at).map_or(Ok(0), |value| crate::args::low_bits(*value).map(|bits| bits as u32));
    let (flow, scope) = (word(0)?, word(1)?);
    if flow > 0xfffff {
        return Err(raise!(OverflowError, "getnameinfo(): flowinfo must be 0-1048575."));
    }
    Ok((host, port, flow, scope))
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    /// gethostbyname(host) -> address
    ///
    /// Return the IP address (a string of the form '255.255.255.255') for a host.
    #[pyfunction(text = None, "($module, *args)")]
    fn gethostbyname(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<String> {
        count("gethostbyname", args, 1, 1)?;
        let [name] = args else { return Err(error::bad_internal_call()) };
        let host = host_argument("gethostbyname", *name)?;
        hooks::audit("socket.gethostbyname", &[*name])?;
        Ok(address::ipv4_text(resolve(&host, libc::AF_INET)?.inet_parts().0))
    }

    /// gethostbyname_ex(host) -> (name, aliaslist, addresslist)
    ///
    /// Return the true host name, a list of aliases, and a list of IP addresses,
    /// for a host.  The host argument is a string giving a host name or IP number.
    #[pyfunction(text = None, "($module, *args)")]
    fn gethostbyname_ex(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("gethostbyname_ex", args, 1, 1)?;
        let [name] = args else { return Err(error::bad_internal_call()) };
        let host = host_argument("gethostbyname_ex", *name)?;
        hooks::audit("socket.gethostbyname", &[*name])?;
        let family = resolve(&host, libc::AF_INET)?.family();
        let found = gil::without(|| socket_lookup::host_by_name(&host)).map_err(lookup_error)?;
        host_object(&found, family)
    }

    /// gethostbyaddr(host) -> (name, aliaslist, addresslist)
    ///
    /// Return the true host name, a list of aliases, and a list of IP addresses,
    /// for a host.  The host argument is a string giving a host name or IP number.
    #[pyfunction(text = None, "($module, *args)")]
    fn gethostbyaddr(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("gethostbyaddr", args, 1, 1)?;
        let [name] = args else { return Err(error::bad_internal_call()) };
        let host = host_argument("gethostbyaddr", *name)?;
        hooks::audit("socket.gethostbyaddr", &[*name])?;
        let found = resolve(&host, libc::AF_UNSPEC)?;
        let (family, ip) = (found.family(), packed(&found));
        let found = gil::without(|| socket_lookup::host_by_address(family, &ip)).map_err(lookup_error)?;
        host_object(&found, family)
    }

    /// getservbyname(servicename[, protocolname]) -> integer
    ///
    /// Return a port number from a service name and protocol name.
    /// The optional protocol name, if given, should be 'tcp' or 'udp',
    /// otherwise any protocol will match.
    #[pyfunction(text = None, "($module, *args)")]
    fn getservbyname(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<u16> {
        count("getservbyname", args, 1, 2)?;
        let (first, rest) = args.split_first().ok_or_else(error::bad_internal_call)?;
        let name = utf8("getservbyname", "argument 1", *first)?;
        let protocol = protocol_argument("getservbyname", rest.first())?;
        hooks::audit("socket.getservbyname", &[*first, protocol_object(rest.first()).b()])?;
        let port = gil::without(|| socket_lookup::service_port(&name, protocol.as_deref()));
        port.ok_or_else(|| raise!(OSError, "service/proto not found"))
    }

    /// getservbyport(port[, protocolname]) -> string
    ///
    /// Return the service name from a port number and protocol name.
    /// The optional protocol name, if given, should be 'tcp' or 'udp',
    /// otherwise any protocol will match.
    #[pyfunction(text = None, "($module, *args)")]
    fn getservbyport(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("getservbyport", args, 1, 2)?;
        let (first, rest) = args.split_first().ok_or_else(error::bad_internal_call)?;
        let number = c_int(*first)?;
        let protocol = protocol_argument("getservbyport", rest.first())?;
        let port = u16::try_from(number).map_err(|_| raise!(OverflowError, "getservbyport: port must be 0-65535."))?;
        hooks::audit("socket.getservbyport", &[int::new(i64::from(port))?.b(), protocol_object(rest.first()).b()])?;
        match gil::without(|| socket_lookup::service_name(port, protocol.as_deref())) {
            Some(name) => decode(&name),
            None => Err(raise!(OSError, "port/proto not found")),
        }
    }

    /// getprotobyname(name) -> integer
    ///
    /// Return the protocol number for the named protocol.  (Rarely used.)
    #[pyfunction(text = None, "($module, *args)")]
    fn getprotobyname(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<i32> {
        count("getprotobyname", args, 1, 1)?;
        let [name] = args else { return Err(error::bad_internal_call()) };
        let name = utf8("getprotobyname", "argument 1", *name)?;
        let number = gil::without(|| socket_lookup::protocol_number(&name));
        number.ok_or_else(|| raise!(OSError, "protocol not found"))
    }

    /// getaddrinfo(host, port [, family, type, proto, flags])
    ///     -> list of (family, type, proto, canonname, sockaddr)
    ///
    /// Resolve host and port into addrinfo struct.
    #[pyfunction(text = None, "($module, /, host, port, family=0, type=0, proto=0, flags=0)")]
    fn getaddrinfo(
        _module: Borrowed<'_>,
        host: Borrowed<'_>,
        port: Borrowed<'_>,
        family: i32,
        kind: i32,
        protocol: i32,
        flags: i32,
    ) -> PyResult<Ref> {
        let name = asked_host(host)?;
        let service = asked_service(port)?;
        let numbers = [int::new(i64::from(family))?, int::new(i64::from(kind))?, int::new(i64::from(protocol))?];
        let [first, second, third] = &numbers;
        hooks::audit("socket.getaddrinfo", &[host, port, first.b(), second.b(), third.b()])?;
        let hints = Hints { family, kind, protocol, flags };
        let found = gil::without(|| socket_lookup::addresses(name.as_deref(), service.as_deref(), hints));
        let found = found.map_err(lookup_error)?;
        let mut list = memory::vec_with_capacity(found.len())?;
        for found in &found {
            list.push(found_object(found)?);
        }
        (hooks::get().list_new)(list)
    }

    /// getnameinfo(sockaddr, flags) --> (host, port)
    ///
    /// Get host and port for a sockaddr.
    #[pyfunction(text = None, "($module, *args)")]
    fn getnameinfo(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("getnameinfo", args, 2, 2)?;
        let [query, flags] = args else { return Err(error::bad_internal_call()) };
        let flags = c_int(*flags)?;
        let (host, port, flow, scope) = name_query(*query)?;
        hooks::audit("socket.getnameinfo", &[*query])?;
        // Only numeric hosts: a name would need a look-up first.
        let hints = Hints { kind: libc::SOCK_DGRAM, flags: libc::AI_NUMERICHOST, ..Hints::default() };
        let service = until_nul(port.to_string().as_bytes());
        let found = gil::without(|| socket_lookup::addresses(Some(&host), service.as_deref(), hints));
        let found = found.map_err(lookup_error)?;
        let [only] = found.as_slice() else {
            return Err(raise!(OSError, "sockaddr resolved to multiple addresses"));
        };
        let raw = match only.address.family() {
            libc::AF_INET if tuple::items(*query).unwrap_or_default().len() != 2 => {
                return Err(raise!(OSError, "IPv4 sockaddr must be 2 tuple"));
            }
            libc::AF_INET6 => {
                let (ip, _) = only.address.inet6_parts();
                let port = u16::from_be(only.address.get::<libc::sockaddr_in6>().sin6_port);
                RawAddress::inet6(ip, port, flow, scope)
            }
            _ => only.address,
        };
        let (host, service) = gil::without(|| socket_lookup::names(&raw, flags)).map_err(lookup_error)?;
        tuple::from_array([decode(&host)?, decode(&service)?])
    }

    /// gethostname() -> string
    ///
    /// Return the current host name.
    #[pyfunction(text = None, "($module, /)")]
    fn gethostname(_module: Borrowed<'_>) -> PyResult<Ref> {
        hooks::audit("socket.gethostname", &[])?;
        decode(&gil::without(socket_lookup::host_name).or_raise()?)
    }

    /// sethostname(name)
    ///
    /// Sets the hostname to name.
    #[pyfunction(text = None, "($module, *args)")]
    fn sethostname(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<()> {
        count("sethostname", args, 1, 1)?;
        let [name] = args else { return Err(error::bad_internal_call()) };
        let content = match bytes::value(*name) {
            Some(content) => content.to_vec(),
            None => crate::args::system_name(*name)?,
        };
        hooks::audit("socket.sethostname", &[*name])?;
        socket_lookup::set_host_name(&content).or_raise()
    }
}
