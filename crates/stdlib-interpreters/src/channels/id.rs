//! `ChannelID`: a reference to a channel, or to one of its ends.

use super::errors::raise_trouble;
use super::table::{self, End};
use crate::support::id_of;
use macros::{pyclass, pymethods};
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Ref, StaticType, core, memory, raise};
use std::cmp::Ordering;

/// A channel ID identifies a channel and may be used as an int.
#[pyclass(name = "ChannelID", module = "_interpchannels", flags(DISALLOW_INSTANTIATION))]
pub struct ChannelId {
    head: abi::PyObject,
    pub id: i64,
    pub end: Ends,
    held: Held,
}

/// Which end, for the layout of an object.
pub type Ends = End;

/// A reference to a channel; none to one that is not there.
pub struct Held(Option<i64>);

impl Held {
    /// Counts a reference to a channel.
    pub fn new(id: i64) -> Result<Held, table::Trouble> {
        table::acquire(id).map(|()| Held(Some(id)))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(id) = self.0.take() {
            table::release_reference(id);
        }
    }
}

impl ChannelId {
    /// The ID of a channel, or of one that may not be there (`force`).
    pub fn create(id: i64, end: End, force: bool) -> PyResult<Ref> {
        let held = match Held::new(id) {
            Ok(held) => held,
            Err(_) if force => Held(None),
            Err(trouble) => return Err(raise_trouble(trouble, id)),
        };
        let value = ChannelId { head: <abi::PyObject as abi::CStruct>::ZERO, id, end, held };
        memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }
}

/// The number of a channel, and the end if it is a ChannelID that says one.
pub fn channel_of(value: Borrowed<'_>) -> PyResult<(i64, End)> {
    match value.downcast::<ChannelId>() {
        Some(id) => Ok((id.id, id.end)),
        None => Ok((id_of("channel", value)?, End::Both)),
    }
}

#[pymethods]
impl ChannelId {
    #[slot(tp_repr)]
    fn repr(&self) -> String {
        match self.end {
            End::Send => format!("ChannelID({}, send=True)", self.id),
            End::Recv => format!("ChannelID({}, recv=True)", self.id),
            End::Both => format!("ChannelID({})", self.id),
        }
    }

    #[slot(tp_str)]
    fn str(&self) -> String {
        self.id.to_string()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        int::new(self.id)?.hash()
    }

    #[slot(nb_int)]
    fn int(&self) -> PyResult<Ref> {
        int::new(self.id)
    }

    #[slot(nb_index)]
    fn index(&self) -> PyResult<Ref> {
        int::new(self.id)
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: object::CompareOp) -> PyResult<Ref> {
        let equal = match op {
            object::CompareOp::Eq => true,
            object::CompareOp::Ne => false,
            _ => return Ok(core::not_implemented().to_ref()),
        };
        let same = match other.downcast::<ChannelId>() {
            Some(other) => self.end == other.end && self.id.cmp(&other.id) == Ordering::Equal,
            None if other.class().nb_index().is_some()
                || other.class().nb_int().is_some()
                || other.class().nb_float().is_some() =>
            {
                int::new(self.id)?.eq(other)?
            }
            None => return Ok(core::not_implemented().to_ref()),
        };
        Ok(core::boolean(same == equal).to_ref())
    }

    /// 'send', 'recv', or 'both'
    #[getter]
    fn end(&self) -> PyResult<Ref> {
        text::new(match self.end {
            End::Send => "send",
            End::Recv => "recv",
            End::Both => "both",
        })
    }

    /// the 'send' end of the channel
    #[getter]
    fn send(&self) -> PyResult<Ref> {
        ChannelId::create(self.id, End::Send, true)
    }

    /// the 'recv' end of the channel
    #[getter]
    fn recv(&self) -> PyResult<Ref> {
        ChannelId::create(self.id, End::Recv, true)
    }
}

/// The end that a pair of keywords names.
pub fn end_of(send: Option<bool>, recv: Option<bool>) -> PyResult<End> {
    match (send, recv) {
        (Some(false), Some(false)) => Err(raise!(ValueError, "'send' and 'recv' cannot both be False")),
        (Some(true), Some(true)) | (None, None) => Ok(End::Both),
        (Some(true), _) | (_, Some(false)) => Ok(End::Send),
        (_, Some(true)) | (Some(false), _) => Ok(End::Recv),
    }
}
