//! Methods of sockets: messages with control data.

use super::address;
use super::kind::Socket;
use super::transfer::writable;
use super::wait::Side;
use crate::args::{c_int, c_int_or, count, ssize};
use host::fd;
use host::socket_address::RawAddress;
use host::socket_message::{self, Control, Received};
use macros::pymethods;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, tuple};
use object::{Borrowed, KwArgs, PyResult, Raised, Ref, core, error, exc, hooks, memory, raise};
use std::io::IoSlice;

/// The items of an iterable; what is none is a TypeError in these words.
fn sequence(value: Borrowed<'_>, message: &str) -> PyResult<Vec<Ref>> {
    match value.iter() {
        Ok(_) => value.to_vec(),
        Err(raised) => {
            raised.clear_if(&exc::TypeError)?;
            Err(raise!(TypeError, "{message}"))
        }
    }
}

/// The buffer for control data.
fn control_size(value: Option<&Borrowed<'_>>) -> PyResult<usize> {
    let size = value.map_or(Ok(0), |value| ssize(*value))?;
    match usize::try_from(size) {
        Ok(size) if size <= i32::MAX as usize => Ok(size),
        _ => Err(raise!(ValueError, "invalid ancillary data buffer length")),
    }
}

/// The control messages of an argument.
fn controls(value: Borrowed<'_>) -> PyResult<Vec<Control>> {
    const PLACE: &str = "[sendmsg() ancillary data items]() argument";
    let mut all = Vec::new();
    for item in sequence(value, "sendmsg() argument 2 must be an iterable")? {
        let item = match tuple::items(item.b()) {
            Some(_) => item,
            None if item.is_sequence() && bytes::value(item.b()).is_none() && !object::value::str::check(item.b()) => {
                item.to_tuple()?
            }
            None => {
                return Err(raise!(TypeError, "{PLACE} must be 3-item tuple, not {}", crate::args::shown(item.b())));
            }
        };
        let fields = tuple::items(item.b()).unwrap_or_default();
        let [level, kind, data] = fields else {
            return Err(raise!(TypeError, "{PLACE} must be tuple of length 3, not {}", fields.len()));
        };
        let (level, kind) = (c_int(*level)?, c_int(*kind)?);
        let data = Buffer::readable(*data)?;
        if socket_message::control_space(data.len()).is_none() {
            return Err(raise!(OSError, "ancillary data item too large"));
        }
        let mut copy = memory::vec_with_capacity(data.len())?;
        copy.extend_from_slice(data.bytes());
        memory::reserve(&mut all, 1)?;
        all.push(Control { level, kind, data: copy });
    }
    Ok(all)
}

fn packed(controls: &[Control]) -> PyResult<Vec<u8>> {
    let packed = socket_message::pack(controls).filter(|bytes| bytes.len() <= i32::MAX as usize);
    packed.ok_or_else(|| raise!(OSError, "too much ancillary data"))
}

/// A message that was received, without its data.
struct Parts {
    controls: Ref,
    flags: i32,
    from: Ref,
}

impl Socket {
    /// Receives into `content`, whose spare room is used.
    fn receive_message(&self, content: &mut Vec<u8>, most: usize, control: usize, flags: i32) -> PyResult<(usize, Parts)> {
        address::check_family(self)?;
        let mut block: Vec<u8> = memory::vec_with_capacity(control)?;
        block.resize(control, 0);
        let received = self.call(Side::Read, |fd| socket_message::receive(fd, content, most, &mut block, flags))?;
        let (controls, whole) = socket_message::unpack(block.get(..received.control).unwrap_or_default());
        self.parts(&received, &controls, whole).map(|parts| (received.count, parts)).inspect_err(|_| close_all(&controls))
    }

    fn parts(&self, received: &Received, controls: &[Control], whole: bool) -> PyResult<Parts> {
        if !whole {
            hooks::warn(&exc::RuntimeWarning, "received malformed or improperly-truncated ancillary data", 1)?;
        }
        let mut list = memory::vec_with_capacity(controls.len())?;
        for control in controls {
            let (level, kind) = (int::new(i64::from(control.level))?, int::new(i64::from(control.kind))?);
            list.push(tuple::from_array([level, kind, bytes::new(&control.data)?])?);
        }
        let controls = (hooks::get().list_new)(list)?;
        Ok(Parts { controls, flags: received.flags, from: address::object(&received.address, self.protocol.get())? })
    }

    fn send_message(&self, data: &[Buffer], control: &[u8], flags: i32, to: Option<&RawAddress>) -> PyResult<usize> {
        let mut parts = memory::vec_with_capacity(data.len())?;
        parts.extend(data.iter().map(|buffer| IoSlice::new(buffer.bytes())));
        self.call(Side::Write, |fd| socket_message::send(fd, &parts, control, flags, to))
    }
}

/// Closes the descriptors of a message that nobody will see.
fn close_all(controls: &[Control]) {
    for descriptor in socket_message::descriptors(controls) {
        // Nobody is left to tell of an error.
        let _closed = fd::close(descriptor);
    }
}

fn answer(data: Ref, parts: Parts) -> PyResult<Ref> {
    tuple::from_array([data, parts.controls, int::new(i64::from(parts.flags))?, parts.from])
}

fn readables(items: &[Ref]) -> PyResult<Vec<Buffer>> {
    let mut buffers = memory::vec_with_capacity(items.len())?;
    for item in items {
        buffers.push(Buffer::readable(item.b())?);
    }
    Ok(buffers)
}

#[pymethods(part = MESSAGE)]
impl Socket {
    /// recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)
    ///
    /// Receive normal data (up to bufsize bytes) and ancillary data from the
    /// socket.  The ancbufsize argument sets the size in bytes of the
    /// internal buffer used to receive the ancillary data; it defaults to 0,
    /// meaning that no ancillary data will be received.  Appropriate buffer
    /// sizes for ancillary data can be calculated using CMSG_SPACE() or
    /// CMSG_LEN(), and items which do not fit into the buffer might be
    /// truncated or discarded.  The flags argument defaults to 0 and has the
    /// same meaning as for recv().
    ///
    /// The return value is a 4-tuple: (data, ancdata, msg_flags, address).
    /// The data item is a bytes object holding the non-ancillary data
    /// received.  The ancdata item is a list of zero or more tuples
    /// (cmsg_level, cmsg_type, cmsg_data) representing the ancillary data
    /// (control messages) received: cmsg_level and cmsg_type are integers
    /// specifying the protocol level and protocol-specific type respectively,
    /// and cmsg_data is a bytes object holding the associated data.  The
    /// msg_flags item is the bitwise OR of various flags indicating
    /// conditions on the received message; see your system documentation for
    /// details.  If the receiving socket is unconnected, address is the
    /// address of the sending socket, if available; otherwise, its value is
    /// unspecified.
    ///
    /// If recvmsg() raises an exception after the system call returns, it
    /// will first attempt to close any file descriptors received via the
    /// SCM_RIGHTS mechanism.
    #[method(text = None, "($self, *args)")]
    fn recvmsg(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("recvmsg", args, 1, 3)?;
        let size = args.first().map_or(Ok(0), |size| ssize(*size))?;
        let control = args.get(1).map_or(Ok(0), |size| ssize(*size).map(|_| 0)).and_then(|_| Ok(args.get(1)))?;
        let flags = c_int_or(args.get(2), 0)?;
        let size = usize::try_from(size).map_err(|_| raise!(ValueError, "negative buffer size in recvmsg()"))?;
        let control = control_size(control)?;
        let mut content: Vec<u8> = memory::vec_with_capacity(size)?;
        let (count, parts) = self.receive_message(&mut content, size, control, flags)?;
        content.resize(count.min(size), 0);
        answer(bytes::new(&content)?, parts)
    }

    /// recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)
    ///
    /// Receive normal data and ancillary data from the socket, scattering the
    /// non-ancillary data into a series of buffers.  The buffers argument
    /// must be an iterable of objects that export writable buffers
    /// (e.g. bytearray objects); these will be filled with successive chunks
    /// of the non-ancillary data until it has all been written or there are
    /// no more buffers.  The ancbufsize argument sets the size in bytes of
    /// the internal buffer used to receive the ancillary data; it defaults to
    /// 0, meaning that no ancillary data will be received.  Appropriate
    /// buffer sizes for ancillary data can be calculated using CMSG_SPACE()
    /// or CMSG_LEN(), and items which do not fit into the buffer might be
    /// truncated or discarded.  The flags argument defaults to 0 and has the
    /// same meaning as for recv().
    ///
    /// The return value is a 4-tuple: (nbytes, ancdata, msg_flags, address).
    /// The nbytes item is the total number of bytes of non-ancillary data
    /// written into the buffers.  The ancdata item is a list of zero or more
    /// tuples (cmsg_level, cmsg_type, cmsg_data) representing the ancillary
    /// data (control messages) received: cmsg_level and cmsg_type are
    /// integers specifying the protocol level and protocol-specific type
    /// respectively, and cmsg_data is a bytes object holding the associated
    /// data.  The msg_flags item is the bitwise OR of various flags
    /// indicating conditions on the received message; see your system
    /// documentation for details.  If the receiving socket is unconnected,
    /// address is the address of the sending socket, if available; otherwise,
    /// its value is unspecified.
    ///
    /// If recvmsg_into() raises an exception after the system call returns,
    /// it will first attempt to close any file descriptors received via the
    /// SCM_RIGHTS mechanism.
    #[method(text = None, "($self, *args)")]
    fn recvmsg_into(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("recvmsg_into", args, 1, 3)?;
        let (first, rest) = args.split_first().ok_or_else(error::bad_internal_call)?;
        let _checked = (rest.first().map_or(Ok(0), |size| ssize(*size))?, c_int_or(rest.get(1), 0)?);
        let items = sequence(*first, "recvmsg_into() argument 1 must be an iterable")?;
        let mut buffers = memory::vec_with_capacity(items.len())?;
        let mut total = 0usize;
        for item in &items {
            let buffer = writable("recvmsg_into", item.b()).map_err(|raised| {
                raised.clear();
                raise!(TypeError, "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers")
            })?;
            total = total.saturating_add(buffer.len());
            buffers.push(buffer);
        }
        let control = control_size(rest.first())?;
        let flags = c_int_or(rest.get(1), 0)?;
        // The parts are received in one piece and dealt out, since Python code of other threads may use the buffers meanwhile.
        let mut content: Vec<u8> = memory::vec_with_capacity(total)?;
        let (count, parts) = self.receive_message(&mut content, total, control, flags)?;
        let mut left = content.as_slice();
        for buffer in &buffers {
            let (now, later) = left.split_at(left.len().min(buffer.len()));
            buffer.write_at(0, now);
            left = later;
        }
        answer(int::from_u64(count as u64)?, parts)
    }

    /// sendmsg(buffers[, ancdata[, flags[, address]]]) -> count
    ///
    /// Send normal and ancillary data to the socket, gathering the
    /// non-ancillary data from a series of buffers and concatenating it into
    /// a single message.  The buffers argument specifies the non-ancillary
    /// data as an iterable of bytes-like objects (e.g. bytes objects).
    /// The ancdata argument specifies the ancillary data (control messages)
    /// as an iterable of zero or more tuples (cmsg_level, cmsg_type,
    /// cmsg_data), where cmsg_level and cmsg_type are integers specifying the
    /// protocol level and protocol-specific type respectively, and cmsg_data
    /// is a bytes-like object holding the associated data.  The flags
    /// argument defaults to 0 and has the same meaning as for send().  If
    /// address is supplied and not None, it sets a destination address for
    /// the message.  The return value is the number of bytes of non-ancillary
    /// data sent.
    #[method(text = None, "($self, *args)")]
    fn sendmsg(slf: Borrowed<'_, Self>, args: &[Borrowed<'_>]) -> PyResult<usize> {
        count("sendmsg", args, 1, 4)?;
        let (first, rest) = args.split_first().ok_or_else(error::bad_internal_call)?;
        let flags = c_int_or(rest.get(1), 0)?;
        let to = match rest.get(2).filter(|to| !to.is(&core::none())) {
            None => {
                hooks::audit("socket.sendmsg", &[slf.object(), core::none()])?;
                None
            }
            Some(to) => {
                let raw = address::parse(slf.get(), *to, "sendmsg")?;
                hooks::audit("socket.sendmsg", &[slf.object(), *to])?;
                Some(raw)
            }
        };
        let data = readables(&sequence(*first, "sendmsg() argument 1 must be an iterable")?)?;
        let control = match rest.first() {
            None => Vec::new(),
            Some(control) => packed(&controls(*control)?)?,
        };
        slf.send_message(&data, &control, flags, to.as_ref())
    }

    /// sendmsg_afalg([msg], *, op[, iv[, assoclen[, flags=MSG_MORE]]])
    ///
    /// Set operation mode, IV and length of associated data for an AF_ALG
    /// operation socket.
    #[method(text = None, "($self, *args, **kwargs)")]
    fn sendmsg_afalg(&self, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<usize> {
        if self.family.get() != libc::AF_ALG {
            return Err(raise!(OSError, "algset is only supported for AF_ALG"));
        }
        let asked = Algorithm::parse(args, kwargs)?;
        let data = match asked.message {
            None => Vec::new(),
            Some(message) => readables(&sequence(message, "sendmsg_afalg() argument 1 must be an iterable")?)?,
        };
        self.send_message(&data, &packed(&asked.controls)?, asked.flags, None)
    }
}

/// The arguments of `sendmsg_afalg`, as `linux/if_alg.h` has them.
struct Algorithm<'a> {
    message: Option<Borrowed<'a>>,
    controls: Vec<Control>,
    flags: i32,
}

impl<'a> Algorithm<'a> {
    fn parse(args: &[Borrowed<'a>], kwargs: KwArgs<'a>) -> PyResult<Self> {
        const NAMES: [&str; 5] = ["msg", "op", "iv", "assoclen", "flags"];
        if args.len() > 1 {
            return Err(raise!(TypeError, "sendmsg_afalg() takes at most 1 positional argument ({} given)", args.len()));
        }
        for (name, _) in kwargs.iter() {
            if !NAMES.iter().any(|known| object::value::str::eq_str(name, known)) {
                let name = object::value::str::to_string_lossy(name);
                return Err(raise!(TypeError, "sendmsg_afalg() got an unexpected keyword argument '{name}'"));
            }
        }
        let operation = kwargs.get("op").map(int_argument).transpose()?.filter(|operation| *operation >= 0);
        let Some(operation) = operation else {
            return Err(raise!(TypeError, "Invalid or missing argument 'op'"));
        };
        let mut controls = vec![control(libc::ALG_SET_OP, operation.to_ne_bytes().to_vec())];
        if let Some(iv) = kwargs.get("iv") {
            let iv = Buffer::readable(iv)?;
            let len = u32::try_from(iv.len()).map_err(|_| too_large())?;
            let mut data = memory::vec_with_capacity(iv.len().saturating_add(4))?;
            data.extend_from_slice(&len.to_ne_bytes());
            data.extend_from_slice(iv.bytes());
            controls.push(control(libc::ALG_SET_IV, data));
        }
        if let Some(len) = kwargs.get("assoclen").map(int_argument).transpose()? {
            if len < 0 {
                return Err(raise!(TypeError, "assoclen must be positive"));
            }
            controls.push(control(libc::ALG_SET_AEAD_ASSOCLEN, len.to_ne_bytes().to_vec()));
        }
        let flags = kwargs.get("flags").map_or(Ok(0), c_int)?;
        Ok(Algorithm { message: args.first().copied().or_else(|| kwargs.get("msg")), controls, flags })
    }
}

fn too_large() -> Raised {
    raise!(OSError, "ancillary data item too large")
}

fn control(kind: i32, data: Vec<u8>) -> Control {
    Control { level: libc::SOL_ALG, kind, data }
}

fn int_argument(value: Borrowed<'_>) -> PyResult<i32> {
    if int::check(value) {
        return c_int(value);
    }
    Err(raise!(TypeError, "argument must be int, not {}", crate::args::shown(value)))
}
