//! Names of hosts, services, protocols and interfaces.
//!
//! Of calls that share static memory the reentrant forms are used: no lock that a forked child could inherit taken.

use std::ffi::{CStr, CString, c_char, c_int, c_void};

use crate::errno::{Errno, Sys, check};
use crate::socket_address::RawAddress;

unsafe extern "C" {
    fn inet_pton(family: c_int, text: *const c_char, address: *mut c_void) -> c_int;
    fn inet_ntop(family: c_int, address: *const c_void, text: *mut c_char, len: libc::socklen_t) -> *const c_char;
    fn inet_aton(text: *const c_char, address: *mut libc::in_addr) -> c_int;
    fn gethostbyname_r(
        name: *const c_char,
        host: *mut libc::hostent,
        buffer: *mut c_char,
        len: usize,
        result: *mut *mut libc::hostent,
        error: *mut c_int,
    ) -> c_int;
    fn gethostbyaddr_r(
        address: *const c_void,
        address_len: libc::socklen_t,
        family: c_int,
        host: *mut libc::hostent,
        buffer: *mut c_char,
        len: usize,
        result: *mut *mut libc::hostent,
        error: *mut c_int,
    ) -> c_int;
    fn getservbyname_r(
        name: *const c_char,
        protocol: *const c_char,
        service: *mut libc::servent,
        buffer: *mut c_char,
        len: usize,
        result: *mut *mut libc::servent,
    ) -> c_int;
    fn getservbyport_r(
        port: c_int,
        protocol: *const c_char,
        service: *mut libc::servent,
        buffer: *mut c_char,
        len: usize,
        result: *mut *mut libc::servent,
    ) -> c_int;
    fn getprotobyname_r(
        name: *const c_char,
        protocol: *mut libc::protoent,
        buffer: *mut c_char,
        len: usize,
        result: *mut *mut libc::protoent,
    ) -> c_int;
}

/// Why a look-up failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// A code of `getaddrinfo` (`EAI_…`).
    Address(i32),
    /// A code of `gethostbyname` (`h_errno`).
    Host(i32),
    /// A failed system call.
    System(Errno),
}

impl LookupError {
    fn address(code: i32) -> Self {
        if code == libc::EAI_SYSTEM { LookupError::System(Errno::last()) } else { LookupError::Address(code) }
    }

    /// The text of the error.
    pub fn message(self) -> String {
        let text = match self {
            // SAFETY: the call gives a static text for any code.
            LookupError::Address(code) => unsafe { libc::gai_strerror(code) },
            // SAFETY: as above.
            LookupError::Host(code) => unsafe { libc::hstrerror(code) },
            LookupError::System(errno) => return errno.message(),
        };
        // SAFETY: the text is static or null.
        unsafe { text_at(text) }.map_or_else(String::new, |text| String::from_utf8_lossy(&text).into_owned())
    }
}

/// The C string at `pointer`.
///
/// # Safety
/// It is null or a C string.
unsafe fn text_at(pointer: *const c_char) -> Option<Vec<u8>> {
    // SAFETY: by contract.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_bytes().to_vec())
}

/// What `getaddrinfo` is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    pub family: i32,
    pub kind: i32,
    pub protocol: i32,
    pub flags: i32,
}

/// An answer of `getaddrinfo`.
#[derive(Clone)]
pub struct Found {
    pub family: i32,
    pub kind: i32,
    pub protocol: i32,
    pub canonical_name: Option<Vec<u8>>,
    pub address: RawAddress,
}

/// `getaddrinfo(3)`
pub fn addresses(host: Option<&CStr>, service: Option<&CStr>, hints: Hints) -> Result<Vec<Found>, LookupError> {
    // SAFETY: integers and pointers only; null is a value of them.
    let mut asked: libc::addrinfo = unsafe { std::mem::zeroed() };
    (asked.ai_family, asked.ai_socktype) = (hints.family, hints.kind);
    (asked.ai_protocol, asked.ai_flags) = (hints.protocol, hints.flags);
    let mut list = std::ptr::null_mut();
    let pointer = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: the texts are C strings or null; the call writes a list.
    let code = unsafe { libc::getaddrinfo(pointer(host), pointer(service), &asked, &mut list) };
    if code != 0 {
        return Err(LookupError::address(code));
    }
    let mut found = Vec::new();
    let mut item = list;
    // SAFETY: the list is valid until it is freed below; its addresses are readable for their lengths.
    unsafe {
        while let Some(entry) = item.as_ref() {
            let bytes = match entry.ai_addr.is_null() {
                true => &[],
                false => std::slice::from_raw_parts(entry.ai_addr.cast::<u8>(), entry.ai_addrlen as usize),
            };
            if let Some(address) = RawAddress::from_bytes(bytes) {
                found.push(Found {
                    family: entry.ai_family,
                    kind: entry.ai_socktype,
                    protocol: entry.ai_protocol,
                    canonical_name: text_at(entry.ai_canonname),
                    address,
                });
            }
            item = entry.ai_next;
        }
        if !list.is_null() {
            libc::freeaddrinfo(list);
        }
    }
    Ok(found)
}

/// `getnameinfo(3)`: host and service.
pub fn names(address: &RawAddress, flags: i32) -> Result<(Vec<u8>, Vec<u8>), LookupError> {
    let (mut host, mut service) = ([0u8; 1025], [0u8; 32]);
    // SAFETY: the address is readable and the texts are writable for their lengths.
    let code = unsafe {
        libc::getnameinfo(
            address.as_ptr(),
            address.len(),
            host.as_mut_ptr().cast(),
            host.len() as libc::socklen_t,
            service.as_mut_ptr().cast(),
            service.len() as libc::socklen_t,
            flags,
        )
    };
    if code != 0 {
        return Err(LookupError::address(code));
    }
    let text = |bytes: &[u8]| bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
    Ok((text(&host), text(&service)))
}

/// A host of `gethostbyname` or `gethostbyaddr`.
pub struct Host {
    pub name: Vec<u8>,
    pub aliases: Vec<Vec<u8>>,
    pub family: i32,
    /// The bytes of each address.
    pub addresses: Vec<Vec<u8>>,
}

/// `gethostbyname(3)`
pub fn host_by_name(name: &CStr) -> Result<Host, LookupError> {
    host(|host, buffer, len, result, error| {
        // SAFETY: the name is a C string; the rest is what `host` passes.
        unsafe { gethostbyname_r(name.as_ptr(), host, buffer, len, result, error) }
    })
}

/// `gethostbyaddr(3)`
pub fn host_by_address(family: i32, address: &[u8]) -> Result<Host, LookupError> {
    host(|host, buffer, len, result, error| {
        // SAFETY: the address is readable for its length; the rest is what `host` passes.
        unsafe {
            gethostbyaddr_r(address.as_ptr().cast(), address.len() as libc::socklen_t, family, host, buffer, len, result, error)
        }
    })
}

fn host(
    call: impl Fn(*mut libc::hostent, *mut c_char, usize, *mut *mut libc::hostent, *mut c_int) -> c_int,
) -> Result<Host, LookupError> {
    let mut buffer = vec![0u8; 8192];
    loop {
        // SAFETY: integers and pointers only; null is a value of them.
        let mut entry: libc::hostent = unsafe { std::mem::zeroed() };
        let (mut result, mut error) = (std::ptr::null_mut(), 0);
        let status = call(&mut entry, buffer.as_mut_ptr().cast(), buffer.len(), &mut result, &mut error);
        if status == libc::ERANGE && buffer.len() < 1 << 20 {
            buffer.resize(buffer.len() * 2, 0);
            continue;
        }
        // SAFETY: the result is null or the entry, whose lists end with null and point into the buffer.
        return unsafe { result.as_ref().map(|entry| host_of(entry)) }.ok_or(LookupError::Host(error));
    }
}

/// # Safety
/// The entry is one that the system filled, and its memory is still there.
unsafe fn host_of(entry: &libc::hostent) -> Host {
    let len = usize::try_from(entry.h_length).unwrap_or(0);
    // SAFETY: by contract: the lists end with null, addresses have the entry's length.
    unsafe {
        Host {
            name: text_at(entry.h_name).unwrap_or_default(),
            aliases: list(entry.h_aliases).into_iter().filter_map(|alias| text_at(alias)).collect(),
            family: entry.h_addrtype,
            addresses: list(entry.h_addr_list)
                .into_iter()
                .map(|address| std::slice::from_raw_parts(address.cast::<u8>(), len).to_vec())
                .collect(),
        }
    }
}

/// # Safety
/// `items` is null, or a list of pointers that ends with null.
unsafe fn list(mut items: *mut *mut c_char) -> Vec<*mut c_char> {
    let mut all = Vec::new();
    // SAFETY: by contract.
    unsafe {
        while !items.is_null() && !(*items).is_null() {
            all.push(*items);
            items = items.add(1);
        }
    }
    all
}

/// Calls a look-up with room for its answer, more of it as long as it says so; `read` copies the answer.
///
/// # Safety
/// All bytes zero is a value of `T`; `call` fills the entry or leaves null in its last argument; what the entry points to stands in the buffer.
unsafe fn entry<T, R>(call: impl Fn(*mut T, *mut c_char, usize, *mut *mut T) -> c_int, read: impl FnOnce(&T) -> R) -> Option<R> {
    let mut buffer = vec![0u8; 2048];
    loop {
        // SAFETY: by contract.
        let mut entry: T = unsafe { std::mem::zeroed() };
        let mut result = std::ptr::null_mut();
        let status = call(&mut entry, buffer.as_mut_ptr().cast(), buffer.len(), &mut result);
        if status == libc::ERANGE && buffer.len() < 1 << 20 {
            buffer.resize(buffer.len() * 2, 0);
            continue;
        }
        // SAFETY: by contract the result is null or the entry.
        return unsafe { result.as_ref() }.map(read);
    }
}

/// `getservbyname(3)`: the port.
pub fn service_port(name: &CStr, protocol: Option<&CStr>) -> Option<u16> {
    let protocol = protocol.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: C strings or null; the rest is what `entry` passes.
    let call = |service: *mut libc::servent, buffer, len, result| unsafe {
        getservbyname_r(name.as_ptr(), protocol, service, buffer, len, result)
    };
    // SAFETY: integers and pointers only; the call is as asked.
    unsafe { entry(call, |service| u16::from_be(service.s_port as u16)) }
}

/// `getservbyport(3)`: the name.
pub fn service_name(port: u16, protocol: Option<&CStr>) -> Option<Vec<u8>> {
    let protocol = protocol.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: a C string or null; the rest is what `entry` passes.
    let call = |service: *mut libc::servent, buffer, len, result| unsafe {
        getservbyport_r(c_int::from(port.to_be()), protocol, service, buffer, len, result)
    };
    // SAFETY: integers and pointers only; the call is as asked, and the name is a C string.
    unsafe { entry(call, |service| text_at(service.s_name)) }.flatten()
}

/// `getprotobyname(3)`: the number.
pub fn protocol_number(name: &CStr) -> Option<i32> {
    // SAFETY: a C string; the rest is what `entry` passes.
    let call = |protocol: *mut libc::protoent, buffer, len, result| unsafe {
        getprotobyname_r(name.as_ptr(), protocol, buffer, len, result)
    };
    // SAFETY: integers and pointers only; the call is as asked.
    unsafe { entry(call, |protocol| protocol.p_proto) }
}

/// `inet_aton(3)`
pub fn loose_ipv4(text: &CStr) -> Option<[u8; 4]> {
    let mut address = libc::in_addr { s_addr: 0 };
    // SAFETY: a C string, and a writable address.
    (unsafe { inet_aton(text.as_ptr(), &mut address) } != 0).then(|| address.s_addr.to_ne_bytes())
}

/// `inet_pton(3)` for IPv4.
pub fn ipv4(text: &CStr) -> Option<[u8; 4]> {
    let mut address = [0; 4];
    // SAFETY: a C string, and room for an address of this family.
    (unsafe { inet_pton(libc::AF_INET, text.as_ptr(), address.as_mut_ptr().cast()) } == 1).then_some(address)
}

/// `inet_pton(3)` for IPv6.
pub fn ipv6(text: &CStr) -> Option<[u8; 16]> {
    let mut address = [0; 16];
    // SAFETY: a C string, and room for an address of this family.
    (unsafe { inet_pton(libc::AF_INET6, text.as_ptr(), address.as_mut_ptr().cast()) } == 1).then_some(address)
}

/// `inet_ntop(3)` for IPv6.
pub fn ipv6_text(address: [u8; 16]) -> Vec<u8> {
    let mut text = [0u8; 64];
    // SAFETY: an address of this family, and room for the longest text, which ends with a NUL.
    unsafe { inet_ntop(libc::AF_INET6, address.as_ptr().cast(), text.as_mut_ptr().cast(), text.len() as libc::socklen_t) };
    text.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}

/// `gethostname(2)`
pub fn host_name() -> Sys<Vec<u8>> {
    let mut name = [0u8; 1024];
    // SAFETY: the buffer is writable for the length that is given.
    check(unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) })?;
    Ok(name.split(|byte| *byte == 0).next().unwrap_or_default().to_vec())
}

/// `sethostname(2)`
pub fn set_host_name(name: &[u8]) -> Sys<()> {
    // SAFETY: the name is readable for its length.
    check(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) }).map(|_| ())
}

/// `if_nameindex(3)`
pub fn interfaces() -> Sys<Vec<(u32, Vec<u8>)>> {
    // SAFETY: the list ends with an entry without a name, and is freed below.
    unsafe {
        let list = libc::if_nameindex();
        if list.is_null() {
            return Err(Errno::last());
        }
        let mut found = Vec::new();
        let mut item = list;
        while (*item).if_index != 0 || !(*item).if_name.is_null() {
            found.push(((*item).if_index, text_at((*item).if_name).unwrap_or_default()));
            item = item.add(1);
        }
        libc::if_freenameindex(list);
        Ok(found)
    }
}

/// `if_nametoindex(3)`; none if there is no such interface.
pub fn interface_index(name: &CStr) -> Option<u32> {
    // SAFETY: a C string.
    Some(unsafe { libc::if_nametoindex(name.as_ptr()) }).filter(|index| *index != 0)
}

/// `if_indextoname(3)`
pub fn interface_name(index: u32) -> Sys<Vec<u8>> {
    let mut name = [0u8; libc::IF_NAMESIZE];
    // SAFETY: the buffer has the size that the call asks for.
    if unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) }.is_null() {
        return Err(Errno::last());
    }
    Ok(name.split(|byte| *byte == 0).next().unwrap_or_default().to_vec())
}

/// Bytes as a C string; none if they contain a NUL.
pub fn c_string(bytes: &[u8]) -> Option<CString> {
    CString::new(bytes).ok()
}
