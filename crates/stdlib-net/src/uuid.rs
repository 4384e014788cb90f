//! `_uuid`: identifiers made from time and place (RFC 9562, version 1), as libuuid makes them.
//!
//! They are unique within a process. Processes do not agree with one another about the clock's sequence, which is random for each: so the
//! answer says "not safe", as libuuid's does where its daemon is not at hand.

use crate::errors::OrRaise;
use host::clock::Clock;
use host::{random, socket_lookup};
use object::value::{bytes, int, tuple};
use object::{PyResult, Ref};
use std::sync::{Mutex, PoisonError};

/// Units of 100 ns from the beginning of the Gregorian calendar (15 October 1582) to 1970.
const CALENDAR_OFFSET: u64 = 0x01b2_1dd2_1381_4000;

/// What the last identifier was made from.
struct Last {
    process: u32,
    time: u64,
    sequence: u16,
    node: [u8; 6],
}

static LAST: Mutex<Option<Last>> = Mutex::new(None);

/// The hardware address of the first interface that has one.
fn hardware_address() -> Option<[u8; 6]> {
    let interfaces = socket_lookup::interfaces().ok()?;
    interfaces.iter().find_map(|(_, name)| {
        let name = str::from_utf8(name).ok()?;
        let text = std::fs::read_to_string(format!("/sys/class/net/{name}/address")).ok()?;
        let mut address = [0; 6];
        let mut parts = text.trim().split(':');
        for byte in &mut address {
            *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
        }
        (parts.next().is_none() && address != [0; 6]).then_some(address)
    })
}

fn begin(process: u32) -> host::Sys<Last> {
    let mut bytes = [0; 8];
    random::fill(&mut bytes)?;
    let [first, second, node @ ..] = bytes;
    let node = hardware_address().unwrap_or_else(|| {
        // A multicast address is nobody's hardware address.
        let [head, rest @ ..] = node;
        let [a, b, c, d, e] = rest;
        [head | 1, a, b, c, d, e]
    });
    Ok(Last { process, time: 0, sequence: u16::from_ne_bytes([first, second]) & 0x3fff, node })
}

/// A new identifier.
fn generate() -> host::Sys<[u8; 16]> {
    let now = Clock::REALTIME.now()?;
    let time = (now / 100).cast_unsigned().wrapping_add(CALENDAR_OFFSET);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    // A forked child must not repeat its parent's.
    let mut state = match last.take().filter(|last| last.process == process) {
        Some(state) => state,
        None => begin(process)?,
    };
    if time < state.time && state.time - time > 10_000_000 {
        // The clock was set back.
        state.sequence = (state.sequence + 1) & 0x3fff;
        state.time = time;
    } else {
        state.time = time.max(state.time + 1);
    }
    let stamp = state.time;
    let [low, high] = [stamp as u32, (stamp >> 32) as u32];
    let (middle, top) = (high as u16, (high >> 16) as u16 & 0x0fff | 0x1000);
    let mut identifier = [0; 16];
    let parts = [
        low.to_be_bytes().as_slice(),
        &middle.to_be_bytes(),
        &top.to_be_bytes(),
        &(state.sequence | 0x8000).to_be_bytes(),
        &state.node,
    ]
    .concat();
    identifier.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    *last = Some(state);
    Ok(identifier)
}

#[macros::pymodule(name = "_uuid")]
pub mod module {
    use super::*;
    use object::Borrowed;

    #[pyattr(name = "has_uuid_generate_time_safe")]
    const HAS_SAFE: i32 = 1;

    #[pyattr(name = "has_stable_extractable_node")]
    const HAS_NODE: i32 = 0;

    #[pyfunction(text = None, "($module, /)")]
    fn generate_time_safe(_module: Borrowed<'_>) -> PyResult<Ref> {
        // With the GIL, which whoever forks holds: no child begins with the lock taken.
        let identifier = generate().or_raise()?;
        tuple::from_array([bytes::new(&identifier)?, int::new(-1)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_differ_and_say_their_version() {
        let (first, second) = (generate().expect("clock"), generate().expect("clock"));
        assert_ne!(first, second);
        assert_eq!((first[6] >> 4, first[8] >> 6, &first[10..]), (1, 2, &second[10..]));
    }
}
