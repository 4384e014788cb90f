//! Bluetooth addresses, by protocol.

use super::kind::pair;
use crate::args::{c_int, low_bits};
use host::socket_address::{Hci, L2cap, RawAddress, Rfcomm, Sco};
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, IntoPy, PyResult, Raised, Ref, raise};

const L2CAP: i32 = 0;
const HCI: i32 = 1;
const SCO: i32 = 2;
const RFCOMM: i32 = 3;
const FAMILY: u16 = super::address::AF_BLUETOOTH as u16;
/// The type of an address of classic Bluetooth.
const CLASSIC: u8 = 0;
/// The channel of raw packets.
const RAW_CHANNEL: u16 = 0;

fn wrong_format(caller: &str) -> Raised {
    raise!(OSError, "{caller}(): wrong format")
}

/// Six hexadecimal numbers between colons, first byte first; the system stores them last byte first.
fn device(name: &[u8]) -> PyResult<[u8; 6]> {
    let mut address = [0; 6];
    let mut parts = name.split(|byte| *byte == b':');
    for byte in address.iter_mut().rev() {
        let part = parts.next().and_then(|part| std::str::from_utf8(part).ok()).filter(|part| !part.starts_with('+'));
        match part.and_then(|part| u8::from_str_radix(part, 16).ok()) {
            Some(value) => *byte = value,
            None => return Err(raise!(OSError, "bad bluetooth address")),
        }
    }
    match parts.next() {
        None => Ok(address),
        Some(_) => Err(raise!(OSError, "bad bluetooth address")),
    }
}

fn device_text([f, e, d, c, b, a]: [u8; 6]) -> String {
    format!("{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{f:02X}")
}

fn device_field(value: Borrowed<'_>, caller: &str) -> PyResult<[u8; 6]> {
    match text::to_string(value).filter(|_| text::check(value)) {
        Some(name) => device(name.as_bytes()),
        None => Err(wrong_format(caller)),
    }
}

/// An int; anything else is the wrong format.
fn number(value: Borrowed<'_>, caller: &str) -> PyResult<i32> {
    c_int(value).map_err(|raised| {
        raised.clear();
        wrong_format(caller)
    })
}

/// The address that an argument of `caller` describes.
pub fn parse(value: Borrowed<'_>, protocol: i32, caller: &str) -> PyResult<RawAddress> {
    let fields = tuple::items(value);
    match (protocol, fields) {
        (L2CAP, Some([name, psm, rest @ ..])) if rest.len() <= 2 => {
            let address = device_field(*name, caller)?;
            let psm = u16::try_from(number(*psm, caller)?).map_err(|_| wrong_format(caller))?;
            let cid = rest.first().map_or(Ok(0), |cid| low_bits(*cid))? as u16;
            let address_type = rest.get(1).map_or(Ok(u64::from(CLASSIC)), |kind| low_bits(*kind))? as u8;
            let value = L2cap { family: FAMILY, psm: psm.to_le(), address, cid: cid.to_le(), address_type };
            Ok(RawAddress::of(&value, size_of_val(&value)))
        }
        (RFCOMM, Some([name, channel])) => {
            let address = device_field(*name, caller)?;
            let channel = u8::try_from(number(*channel, caller)?).map_err(|_| wrong_format(caller))?;
            let value = Rfcomm { family: FAMILY, address, channel };
            Ok(RawAddress::of(&value, size_of_val(&value)))
        }
        (HCI, None) if int::check(value) => hci(number(value, caller)?, RAW_CHANNEL, caller),
        (HCI, Some([device])) => hci(number(*device, caller)?, RAW_CHANNEL, caller),
        (HCI, Some([device, channel])) => hci(number(*device, caller)?, low_bits(*channel)? as u16, caller),
        (SCO, None) if bytes::value(value).is_some() => sco(device(bytes::value(value).unwrap_or_default())?),
        (SCO, None) if text::check(value) => sco(device_field(value, caller)?),
        (L2CAP | RFCOMM | HCI | SCO, _) => Err(wrong_format(caller)),
        _ => Err(raise!(OSError, "{caller}(): unknown Bluetooth protocol")),
    }
}

fn hci(device: i32, channel: u16, caller: &str) -> PyResult<RawAddress> {
    let device = u16::try_from(device).map_err(|_| wrong_format(caller))?;
    let value = Hci { family: FAMILY, device, channel };
    Ok(RawAddress::of(&value, size_of_val(&value)))
}

fn sco(address: [u8; 6]) -> PyResult<RawAddress> {
    let value = Sco { family: FAMILY, address };
    Ok(RawAddress::of(&value, size_of_val(&value)))
}

/// An address as Python shows it.
pub fn object(address: &RawAddress, protocol: i32) -> PyResult<Ref> {
    match protocol {
        L2CAP => {
            let raw = address.get::<L2cap>();
            let (name, psm, kind) = (device_text(raw.address), u16::from_le(raw.psm), raw.address_type);
            if kind == CLASSIC { pair(name, psm) } else { (name, psm, u16::from_le(raw.cid), kind).into_py() }
        }
        RFCOMM => {
            let raw = address.get::<Rfcomm>();
            pair(device_text(raw.address), raw.channel)
        }
        HCI => {
            let raw = address.get::<Hci>();
            if raw.channel == RAW_CHANNEL { raw.device.into_py() } else { pair(raw.device, raw.channel) }
        }
        SCO => device_text(address.get::<Sco>().address).into_py(),
        _ => Err(raise!(ValueError, "Unknown Bluetooth protocol")),
    }
}
