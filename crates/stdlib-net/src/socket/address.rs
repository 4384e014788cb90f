//! Addresses between Python and the system, by family.

use super::kind::{Socket, pair};
use super::resolve::{host_of_address, resolve};
use crate::args::{c_int, low_bits, utf8};
use crate::errors::{decode, encode, os_error};
use host::errno::Errno;
use host::socket_address::{Can, Qrtr, RawAddress, Tipc};
use host::socket_lookup::{self, c_string};
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, IntoPy, PyResult, Raised, Ref, core, exc, raise};

pub const AF_CAN: i32 = 29;
pub const AF_TIPC: i32 = 30;
pub const AF_BLUETOOTH: i32 = 31;
pub const AF_QIPCRTR: i32 = 42;
const CAN_RAW: i32 = 1;
const CAN_BCM: i32 = 2;
const CAN_ISOTP: i32 = 6;
const CAN_J1939: i32 = 7;
/// Longest name of an interface, with its NUL.
const INTERFACE_NAME: usize = libc::IF_NAMESIZE;

/// Families whose addresses are known.
const KNOWN: [i32; 12] = [
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_UNIX,
    libc::AF_NETLINK,
    libc::AF_PACKET,
    libc::AF_VSOCK,
    libc::AF_ALG,
    libc::AF_RDS,
    AF_CAN,
    AF_TIPC,
    AF_BLUETOOTH,
    AF_QIPCRTR,
];

/// Raises OSError for a socket whose family's addresses are not known.
pub fn check_family(socket: &Socket) -> PyResult<()> {
    if KNOWN.contains(&socket.family.get()) { Ok(()) } else { Err(raise!(OSError, "getsockaddrlen: bad family")) }
}

/// The items of an address that must be a tuple.
pub fn fields<'a>(value: Borrowed<'a>, caller: &str, family: &str) -> PyResult<&'a [Borrowed<'a>]> {
    tuple::items(value)
        .ok_or_else(|| raise!(TypeError, "{caller}(): {family} address must be tuple, not {}", value.class().tp_name()))
}

/// An int among the fields of an address. One that is too large for C is an OverflowError of the same words as one that is too large for the field.
fn field(value: Borrowed<'_>, caller: &str, words: &str) -> PyResult<i32> {
    c_int(value).map_err(|raised| {
        if raised.is_a(&exc::OverflowError) {
            raised.clear();
            return raise!(OverflowError, "{caller}(): {words}");
        }
        raised
    })
}

fn port(number: i32, caller: &str) -> PyResult<u16> {
    u16::try_from(number).map_err(|_| raise!(OverflowError, "{caller}(): port must be 0-65535."))
}

/// The low 32 bits of an int.
fn word(value: Borrowed<'_>) -> PyResult<u32> {
    low_bits(value).map(|bits| bits as u32)
}

fn words<const N: usize>(values: &[Borrowed<'_>], shape: &str) -> PyResult<[u32; N]> {
    if values.len() != N {
        return Err(raise!(TypeError, "{shape}"));
    }
    let mut all = [0; N];
    for (to, value) in all.iter_mut().zip(values) {
        *to = word(*value)?;
    }
    Ok(all)
}

/// The address that an argument of `caller` describes.
pub fn parse(socket: &Socket, value: Borrowed<'_>, caller: &str) -> PyResult<RawAddress> {
    match socket.family.get() {
        libc::AF_UNIX => unix(value),
        libc::AF_INET => inet(fields(value, caller, "AF_INET")?, caller, libc::AF_INET),
        libc::AF_RDS => inet(fields(value, caller, "AF_RDS")?, caller, libc::AF_INET),
        libc::AF_INET6 => inet6(fields(value, caller, "AF_INET6")?, caller),
        libc::AF_NETLINK => netlink(fields(value, caller, "AF_NETLINK")?),
        libc::AF_PACKET => packet(fields(value, caller, "AF_PACKET")?, caller),
        libc::AF_VSOCK => {
            vsock(fields(value, "getsockaddrarg", "AF_VSOCK").map_err(|raised| without_call(raised, "AF_VSOCK", value))?)
        }
        libc::AF_ALG => algorithm(fields(value, caller, "AF_ALG")?),
        AF_QIPCRTR => qrtr(fields(value, caller, "AF_QIPCRTR").map_err(|raised| without_call(raised, "AF_QIPCRTR", value))?),
        AF_TIPC => tipc(fields(value, caller, "AF_TIPC")?),
        AF_CAN => can(fields(value, caller, "AF_CAN")?, socket.protocol.get(), caller),
        AF_BLUETOOTH => super::bluetooth::parse(value, socket.protocol.get(), caller),
        _ => Err(raise!(OSError, "{caller}(): bad family")),
    }
}

/// These two families name the C function, without parentheses.
fn without_call(raised: Raised, family: &str, value: Borrowed<'_>) -> Raised {
    raised.clear();
    raise!(TypeError, "getsockaddrarg: {family} address must be tuple, not {}", value.class().tp_name())
}

fn unix(value: Borrowed<'_>) -> PyResult<RawAddress> {
    let raw =
        if text::check(value) { RawAddress::unix(&encode(value)?) } else { RawAddress::unix(Buffer::readable(value)?.bytes()) };
    raw.ok_or_else(|| raise!(OSError, "AF_UNIX path too long"))
}

fn inet(fields: &[Borrowed<'_>], caller: &str, family: i32) -> PyResult<RawAddress> {
    let [host, number] = fields else {
        return Err(raise!(TypeError, "AF_INET address must be a pair (host, port)"));
    };
    let host = host_of_address(*host)?;
    let number = field(*number, caller, "port must be 0-65535.")?;
    let found = resolve(&host, family)?;
    let port = port(number, caller)?;
    Ok(RawAddress::inet(found.inet_parts().0, port))
}

fn inet6(fields: &[Borrowed<'_>], caller: &str) -> PyResult<RawAddress> {
    let (host, number, flow, scope) = match fields {
        [host, number] => (host, number, None, None),
        [host, number, flow] => (host, number, Some(flow), None),
        [host, number, flow, scope] => (host, number, Some(flow), Some(scope)),
        _ => {
            return Err(raise!(TypeError, "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"));
        }
    };
    let host = host_of_address(*host)?;
    let number = field(*number, caller, "port must be 0-65535.")?;
    let flow = flow.map_or(Ok(0), |flow| word(*flow))?;
    let scope = scope.map_or(Ok(0), |scope| word(*scope))?;
    let found = resolve(&host, libc::AF_INET6)?;
    let port = port(number, caller)?;
    if flow > 0xfffff {
        return Err(raise!(OverflowError, "{caller}(): flowinfo must be 0-1048575."));
    }
    let (ip, own_scope) = found.inet6_parts();
    // A scope in the text counts where none is given.
    let scope = if scope == 0 && fields.len() < 4 { own_scope } else { scope };
    Ok(RawAddress::inet6(ip, port, flow, scope))
}

fn netlink(fields: &[Borrowed<'_>]) -> PyResult<RawAddress> {
    let [process, groups] = words(fields, "AF_NETLINK address must be a pair (pid, groups)")?;
    Ok(RawAddress::netlink(process, groups))
}

fn vsock(fields: &[Borrowed<'_>]) -> PyResult<RawAddress> {
    crate::args::count("getsockaddrarg", fields, 2, 2)?;
    let [cid, port] = words(fields, "")?;
    Ok(RawAddress::vsock(cid, port))
}

fn qrtr(fields: &[Borrowed<'_>]) -> PyResult<RawAddress> {
    let [node, port] = words(fields, "AF_QIPCRTR address must be a pair (node, port)")?;
    let value = Qrtr { family: AF_QIPCRTR as u16, node, port };
    Ok(RawAddress::of(&value, size_of_val(&value)))
}

fn tipc(fields: &[Borrowed<'_>]) -> PyResult<RawAddress> {
    const SHAPE: &str = "AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])";
    const CLUSTER_SCOPE: u32 = 2;
    let [kind, a, b, c, scope] = match fields {
        [first @ .., scope] if fields.len() == 5 => {
            let [kind, a, b, c] = words(first, SHAPE)?;
            [kind, a, b, c, word(*scope)?]
        }
        _ => {
            let [kind, a, b, c] = words(fields, SHAPE)?;
            [kind, a, b, c, CLUSTER_SCOPE]
        }
    };
    // A range of services; one service and its domain; a port of a node.
    let words = match kind {
        1 => [a, b, c],
        2 => [a, b, 0],
        3 => [b, a, 0],
        _ => return Err(raise!(TypeError, "Invalid address type")),
    };
    let value = Tipc { family: AF_TIPC as u16, kind: kind as u8, scope: scope as i8, words };
    Ok(RawAddress::of(&value, size_of_val(&value)))
}

fn algorithm(fields: &[Borrowed<'_>]) -> PyResult<RawAddress> {
    const SHAPE: &str = "AF_ALG address must have a format (type, name [,feat [,mask]])";
    let (kind, name, rest) = match fields {
        [kind, name, rest @ ..] if rest.len() <= 2 => (kind, name, rest),
        _ => return Err(raise!(TypeError, "{SHAPE}")),
    };
    let (kind, name) = (string(*kind, SHAPE)?, string(*name, SHAPE)?);
    let number = |at: usize| rest.get(at).map_or(Ok(0), |value| low_bits(*value).map(|bits| u32::from(bits as u16)));
    let (features, mask) = (number(0)?, number(1)?);
    if kind.len() >= 14 {
        return Err(raise!(ValueError, "AF_ALG type too long."));
    }
    if name.len() >= 64 {
        return Err(raise!(ValueError, "AF_ALG name too long."));
    }
    Ok(RawAddress::algorithm(&kind, &name, features, mask))
}

/// A str field of an address, as UTF-8; anything else is a TypeError of these words.
pub fn string(value: Borrowed<'_>, shape: &str) -> PyResult<Vec<u8>> {
    if !text::check(value) {
        return Err(raise!(TypeError, "{shape}"));
    }
    utf8("", "", value).map(std::ffi::CString::into_bytes)
}

/// The number of an interface.
fn interface(name: &[u8]) -> PyResult<i32> {
    let index = c_string(name).and_then(|name| socket_lookup::interface_index(&name));
    match index.and_then(|index| i32::try_from(index).ok()) {
        Some(index) => Ok(index),
        None => Err(os_error(Errno(libc::ENODEV))),
    }
}

fn packet(fields: &[Borrowed<'_>], caller: &str) -> PyResult<RawAddress> {
    const SHAPE: &str = "AF_PACKET address must be a tuple of two to five elements";
    let (name, protocol, rest) = match fields {
        [name, protocol, rest @ ..] if rest.len() <= 3 => (name, protocol, rest),
        _ => return Err(raise!(TypeError, "{SHAPE}")),
    };
    let name = string(*name, SHAPE)?;
    let number =
        |value: Option<&Borrowed<'_>>| value.map_or(Ok(0), |value| field(*value, caller, "address argument out of range"));
    let protocol = number(Some(protocol))?;
    let (kind, hardware) = (number(rest.first())?, number(rest.get(1))?);
    let address = match rest.get(2) {
        Some(value) => Buffer::readable(*value)?.bytes().to_vec(),
        None => Vec::new(),
    };
    let index = interface(name.get(..name.len().min(INTERFACE_NAME - 1)).unwrap_or_default())?;
    if address.len() > 8 {
        return Err(raise!(ValueError, "Hardware address must be 8 bytes or less"));
    }
    let protocol = u16::try_from(protocol).map_err(|_| raise!(OverflowError, "{caller}(): proto must be 0-65535."))?;
    Ok(RawAddress::packet(index, protocol, kind as u8, hardware as u16, &address))
}

fn can(fields: &[Borrowed<'_>], protocol: i32, caller: &str) -> PyResult<RawAddress> {
    let (shape, count) = match protocol {
        CAN_RAW | CAN_BCM => ("AF_CAN address must be a tuple (interface, )", 1),
        CAN_ISOTP => ("AF_CAN address must be a tuple (interface, rx_id, tx_id)", 3),
        CAN_J1939 => ("AF_CAN address must be a tuple (interface, name, pgn, addr)", 4),
        _ => return Err(raise!(OSError, "{caller}(): unsupported CAN protocol")),
    };
    let (Some((name, numbers)), true) = (fields.split_first(), fields.len() == count) else {
        return Err(raise!(TypeError, "{shape}"));
    };
    let name = crate::args::system_name(*name)?;
    let mut value = Can { family: AF_CAN as u16, index: 0, name: 0, pgn: 0, address: 0, padding: [0; 3] };
    match numbers {
        [receive, send] => value.name = Can::isotp_name(word(*receive)?, word(*send)?),
        [name, group, address] => {
            (value.name, value.pgn) = (low_bits(*name)?, word(*group)?);
            value.address = low_bits(*address)? as u8;
        }
        _ => {}
    }
    value.index = match name.len() {
        0 => 0,
        len if len < INTERFACE_NAME => interface(&name)?,
        _ => return Err(raise!(OSError, "AF_CAN interface name too long")),
    };
    Ok(RawAddress::of(&value, size_of_val(&value)))
}

/// An address as Python shows it; `protocol` is that of the socket. No address is None.
pub fn object(address: &RawAddress, protocol: i32) -> PyResult<Ref> {
    if address.is_empty() {
        return Ok(core::none_ref());
    }
    match address.family() {
        libc::AF_INET => {
            let (ip, port) = address.inet_parts();
            pair(ipv4_text(ip), port)
        }
        libc::AF_INET6 => {
            let raw = address.get::<libc::sockaddr_in6>();
            let host = text::from_ascii(&socket_lookup::ipv6_text(raw.sin6_addr.s6_addr))?;
            (host, u16::from_be(raw.sin6_port), u32::from_be(raw.sin6_flowinfo), raw.sin6_scope_id).into_py()
        }
        libc::AF_UNIX => {
            let path = address.unix_path();
            if path.first() == Some(&0) { bytes::new(path) } else { decode(path) }
        }
        libc::AF_NETLINK => {
            let raw = address.get::<libc::sockaddr_nl>();
            pair(raw.nl_pid, raw.nl_groups)
        }
        libc::AF_VSOCK => {
            let raw = address.get::<libc::sockaddr_vm>();
            pair(raw.svm_cid, raw.svm_port)
        }
        libc::AF_PACKET => packet_object(address),
        libc::AF_ALG => algorithm_object(address),
        AF_QIPCRTR => {
            let raw = address.get::<Qrtr>();
            pair(raw.node, raw.port)
        }
        AF_TIPC => tipc_object(&address.get()),
        AF_CAN => can_object(&address.get(), protocol),
        AF_BLUETOOTH => super::bluetooth::object(address, protocol),
        family => {
            let data = address.bytes().get(2..).unwrap_or_default();
            let mut shown = [0; 14];
            shown.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
            pair(family, shown.as_slice())
        }
    }
}

/// An IPv4 address with dots.
pub fn ipv4_text([a, b, c, d]: [u8; 4]) -> String {
    format!("{a}.{b}.{c}.{d}")
}

/// The name of an interface; empty if there is none.
fn interface_name(index: i32) -> PyResult<Ref> {
    let name = u32::try_from(index).ok().filter(|index| *index > 0).map(socket_lookup::interface_name);
    decode(&name.and_then(Result::ok).unwrap_or_default())
}

fn packet_object(address: &RawAddress) -> PyResult<Ref> {
    let raw = address.get::<libc::sockaddr_ll>();
    let hardware = raw.sll_addr.get(..usize::from(raw.sll_halen).min(8)).unwrap_or_default();
    tuple::from_array([
        interface_name(raw.sll_ifindex)?,
        int::new(i64::from(u16::from_be(raw.sll_protocol)))?,
        int::new(i64::from(raw.sll_pkttype))?,
        int::new(i64::from(raw.sll_hatype))?,
        bytes::new(hardware)?,
    ])
}

fn algorithm_object(address: &RawAddress) -> PyResult<Ref> {
    let raw = address.get::<libc::sockaddr_alg>();
    let part = |bytes: &[u8]| decode(bytes.split(|byte| *byte == 0).next().unwrap_or_default());
    (part(&raw.salg_type)?, part(&raw.salg_name)?, raw.salg_feat as u16, raw.salg_mask as u16).into_py()
}

fn tipc_object(raw: &Tipc) -> PyResult<Ref> {
    let [a, b, c] = raw.words;
    let numbers = match raw.kind {
        1 => [a, b, c],
        2 => [a, b, b],
        3 => [b, a, 0],
        _ => return Err(raise!(TypeError, "Invalid address type")),
    };
    let all = std::iter::once(i64::from(raw.kind)).chain(numbers.map(i64::from)).chain([i64::from(raw.scope)]);
    tuple::from_vec(all.map(int::new).collect::<PyResult<Vec<Ref>>>()?)
}

fn can_object(raw: &Can, protocol: i32) -> PyResult<Ref> {
    let name = interface_name(raw.index)?;
    match protocol {
        CAN_ISOTP => {
            let (receive, send) = raw.isotp();
            (name, receive, send).into_py()
        }
        CAN_J1939 => (name, raw.name, raw.pgn, raw.address).into_py(),
        _ => tuple::from_array([name]),
    }
}
