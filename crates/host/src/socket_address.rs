//! Addresses of sockets: the bytes that the system wants, and their fields by family.

use crate::errno::Sys;

/// A struct of which every pattern of bytes is a value, and that fits into `sockaddr_storage`.
///
/// # Safety
/// As said.
pub unsafe trait Plain: Copy {}

macro_rules! plain {
    ($($ty:ty)*) => { $(
        // SAFETY: integers and arrays of integers only.
        unsafe impl Plain for $ty {}
        const _: () = assert!(size_of::<$ty>() <= size_of::<libc::sockaddr_storage>());
    )* };
}
plain! {
    libc::sockaddr_in libc::sockaddr_in6 libc::sockaddr_un libc::sockaddr_nl libc::sockaddr_ll libc::sockaddr_vm libc::sockaddr_alg
    Can Tipc Qrtr L2cap Rfcomm Hci Sco
}

/// The bytes of an address and how many of them count.
#[derive(Clone, Copy)]
pub struct RawAddress {
    storage: libc::sockaddr_storage,
    len: libc::socklen_t,
}

impl RawAddress {
    /// No address: length 0.
    pub const EMPTY: RawAddress = RawAddress {
        // SAFETY: integers only.
        storage: unsafe { std::mem::zeroed() },
        len: 0,
    };

    /// The address in a struct of the system, of which the first `len` bytes count.
    pub fn of<T: Plain>(value: &T, len: usize) -> RawAddress {
        let mut address = Self::EMPTY;
        // SAFETY: the storage is at least as large as the struct (checked for each `Plain`).
        unsafe { std::ptr::copy_nonoverlapping(std::ptr::from_ref(value), (&raw mut address.storage).cast(), 1) };
        address.len = len.min(size_of::<T>()) as libc::socklen_t;
        address
    }

    /// The address as a struct of the system; bytes that do not count are as they are.
    pub fn get<T: Plain>(&self) -> T {
        // SAFETY: the storage is at least as large as the struct, of which every pattern of bytes is a value.
        unsafe { std::ptr::from_ref(&self.storage).cast::<T>().read_unaligned() }
    }

    /// The bytes that count.
    pub fn bytes(&self) -> &[u8] {
        let len = (self.len as usize).min(size_of::<libc::sockaddr_storage>());
        // SAFETY: the storage is initialised for its whole size.
        unsafe { std::slice::from_raw_parts(std::ptr::from_ref(&self.storage).cast(), len) }
    }

    /// The address of these bytes; none if they are too many.
    pub fn from_bytes(bytes: &[u8]) -> Option<RawAddress> {
        let mut address = Self::EMPTY;
        if bytes.len() > size_of::<libc::sockaddr_storage>() {
            return None;
        }
        // SAFETY: the storage has room for the bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), (&raw mut address.storage).cast(), bytes.len()) };
        address.len = bytes.len() as libc::socklen_t;
        Some(address)
    }

    /// The family; 0 where there is no address.
    pub fn family(&self) -> i32 {
        if self.len == 0 { 0 } else { i32::from(self.storage.ss_family) }
    }

    /// Whether there is no address.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn as_ptr(&self) -> *const libc::sockaddr {
        std::ptr::from_ref(&self.storage).cast()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        std::ptr::from_mut(&mut self.storage).cast()
    }

    pub(crate) fn len(&self) -> libc::socklen_t {
        self.len
    }

    pub(crate) fn set_len(&mut self, len: libc::socklen_t) {
        self.len = len.min(Self::CAPACITY);
    }

    pub(crate) const CAPACITY: libc::socklen_t = size_of::<libc::sockaddr_storage>() as libc::socklen_t;

    /// What a call gives that writes an address, and the address.
    pub(crate) fn filled<T>(call: impl FnOnce(*mut libc::sockaddr, *mut libc::socklen_t) -> Sys<T>) -> Sys<(T, RawAddress)> {
        let mut address = Self::EMPTY;
        let mut len = Self::CAPACITY;
        let result = call(address.as_mut_ptr(), &mut len)?;
        address.set_len(len);
        Ok((result, address))
    }

    /// An IPv4 address.
    pub fn inet(ip: [u8; 4], port: u16) -> RawAddress {
        let sin_addr = libc::in_addr { s_addr: u32::from_ne_bytes(ip) };
        let value = libc::sockaddr_in { sin_family: libc::AF_INET as u16, sin_port: port.to_be(), sin_addr, sin_zero: [0; 8] };
        Self::of(&value, size_of_val(&value))
    }

    /// An IPv6 address.
    pub fn inet6(ip: [u8; 16], port: u16, flow: u32, scope: u32) -> RawAddress {
        let value = libc::sockaddr_in6 {
            sin6_family: libc::AF_INET6 as u16,
            sin6_port: port.to_be(),
            sin6_flowinfo: flow.to_be(),
            sin6_addr: libc::in6_addr { s6_addr: ip },
            sin6_scope_id: scope,
        };
        Self::of(&value, size_of_val(&value))
    }

    /// A path, or a name of the abstract namespace, which begins with a NUL; none if it is too long.
    pub fn unix(path: &[u8]) -> Option<RawAddress> {
        let mut bytes = (libc::AF_UNIX as u16).to_ne_bytes().to_vec();
        bytes.extend_from_slice(path);
        // An empty name stands in the abstract namespace too: the system chooses one.
        let abstract_name = path.first().is_none_or(|byte| *byte == 0);
        if !abstract_name {
            bytes.push(0);
        }
        if bytes.len() > size_of::<libc::sockaddr_un>() { None } else { Self::from_bytes(&bytes) }
    }

    /// The path or abstract name of a Unix address; the path ends before its NUL.
    pub fn unix_path(&self) -> &[u8] {
        let path = self.bytes().get(2..).unwrap_or_default();
        match path.first() {
            Some(0) => path,
            _ => path.split(|byte| *byte == 0).next().unwrap_or_default(),
        }
    }
}

/// `struct sockaddr_can` of `linux/can.h`, its union as the fields of J1939 (16 bytes); ISO-TP's ids are in the first eight.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Can {
    pub family: u16,
    pub index: i32,
    /// `name` of J1939; `rx_id` and `tx_id` of ISO-TP.
    pub name: u64,
    pub pgn: u32,
    pub address: u8,
    pub padding: [u8; 3],
}

impl Can {
    /// The `rx_id` and `tx_id` of ISO-TP.
    pub fn isotp(&self) -> (u32, u32) {
        let [a, b, c, d, e, f, g, h] = self.name.to_ne_bytes();
        (u32::from_ne_bytes([a, b, c, d]), u32::from_ne_bytes([e, f, g, h]))
    }

    /// The `name` that holds these ids.
    pub fn isotp_name(rx: u32, tx: u32) -> u64 {
        let ([a, b, c, d], [e, f, g, h]) = (rx.to_ne_bytes(), tx.to_ne_bytes());
        u64::from_ne_bytes([a, b, c, d, e, f, g, h])
    }
}

/// `struct sockaddr_tipc` of `linux/tipc.h`; `words` is its union: a name sequence, a name with its domain, or a port's id.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Tipc {
    pub family: u16,
    pub kind: u8,
    pub scope: i8,
    pub words: [u32; 3],
}

/// `struct sockaddr_qrtr` of `linux/qrtr.h`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Qrtr {
    pub family: u16,
    pub node: u32,
    pub port: u32,
}

/// `struct sockaddr_l2` of BlueZ. The address is stored last byte first.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct L2cap {
    pub family: u16,
    pub psm: u16,
    pub address: [u8; 6],
    pub cid: u16,
    pub address_type: u8,
}

/// `struct sockaddr_rc` of BlueZ.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Rfcomm {
    pub family: u16,
    pub address: [u8; 6],
    pub channel: u8,
}

/// `struct sockaddr_hci` of BlueZ.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Hci {
    pub family: u16,
    pub device: u16,
    pub channel: u16,
}

/// `struct sockaddr_sco` of BlueZ.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Sco {
    pub family: u16,
    pub address: [u8; 6],
}

impl RawAddress {
    /// Address and port of an IPv4 address.
    pub fn inet_parts(&self) -> ([u8; 4], u16) {
        let raw = self.get::<libc::sockaddr_in>();
        (raw.sin_addr.s_addr.to_ne_bytes(), u16::from_be(raw.sin_port))
    }

    /// Address and scope of an IPv6 address.
    pub fn inet6_parts(&self) -> ([u8; 16], u32) {
        let raw = self.get::<libc::sockaddr_in6>();
        (raw.sin6_addr.s6_addr, raw.sin6_scope_id)
    }

    /// An address of `AF_NETLINK`.
    pub fn netlink(process: u32, groups: u32) -> RawAddress {
        let mut value = Self::EMPTY.get::<libc::sockaddr_nl>();
        value.nl_family = libc::AF_NETLINK as u16;
        (value.nl_pid, value.nl_groups) = (process, groups);
        Self::of(&value, size_of_val(&value))
    }

    /// An address of `AF_VSOCK`.
    pub fn vsock(cid: u32, port: u32) -> RawAddress {
        let mut value = Self::EMPTY.get::<libc::sockaddr_vm>();
        value.svm_family = libc::AF_VSOCK as u16;
        (value.svm_cid, value.svm_port) = (cid, port);
        Self::of(&value, size_of_val(&value))
    }

    /// An address of `AF_PACKET`; of the hardware address eight bytes count.
    pub fn packet(index: i32, protocol: u16, kind: u8, hardware: u16, address: &[u8]) -> RawAddress {
        let mut value = Self::EMPTY.get::<libc::sockaddr_ll>();
        value.sll_family = libc::AF_PACKET as u16;
        value.sll_protocol = protocol.to_be();
        value.sll_ifindex = index;
        (value.sll_pkttype, value.sll_hatype) = (kind, hardware);
        value.sll_halen = address.len().min(8) as u8;
        value.sll_addr.iter_mut().zip(address).for_each(|(to, from)| *to = *from);
        Self::of(&value, size_of_val(&value))
    }

    /// An address of `AF_ALG`; texts that are too long are cut.
    pub fn algorithm(kind: &[u8], name: &[u8], features: u32, mask: u32) -> RawAddress {
        let mut value = Self::EMPTY.get::<libc::sockaddr_alg>();
        value.salg_family = libc::AF_ALG as u16;
        (value.salg_feat, value.salg_mask) = (features, mask);
        value.salg_type.iter_mut().zip(kind).for_each(|(to, from)| *to = *from);
        value.salg_name.iter_mut().zip(name).for_each(|(to, from)| *to = *from);
        Self::of(&value, size_of_val(&value))
    }
}
