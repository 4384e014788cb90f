//! `_interpchannels`: channels between interpreters (CPython's `_interpchannelsmodule.c`).

mod errors;
mod id;
mod table;

use crate::data::{Data, Fallback};
use crate::support::{FULL, REPLACE, fallback_or, unbound_or};
use builtins::{struct_sequence, structseq};
use errors::{Class, raise_trouble, state};
use id::{ChannelId, channel_of, end_of};
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Ref, core, gil, hooks, raise, thread};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use table::{End, Fate, Trouble, Waiting};
use vm::lifecycle::support;

struct_sequence!(
    /// `_interpchannels.ChannelInfo`
    ChannelInfo, c"_interpchannels.ChannelInfo", c"ChannelInfo\n\nA named tuple of a channel's state.",
    8, [
        c"open" = c"both ends are open", c"closing" = c"send is closed, recv is non-empty", c"closed" = c"both ends are closed",
        c"count" = c"queued objects",
        c"num_interp_send" = c"interpreters bound to the send end",
        c"num_interp_send_released" = c"interpreters bound to the send end and released",
        c"num_interp_recv" = c"interpreters bound to the send end",
        c"num_interp_recv_released" = c"interpreters bound to the send end and released",
        c"num_interp_both" = c"interpreters bound to both ends",
        c"num_interp_both_released" = c"interpreters bound to both ends and released_from_both",
        c"num_interp_both_send_released" = c"interpreters bound to both ends and released_from_the send end",
        c"num_interp_both_recv_released" = c"interpreters bound to both ends and released_from_the recv end",
        c"send_associated" = c"current interpreter is bound to the send end",
        c"send_released" = c"current interpreter *was* bound to the send end",
        c"recv_associated" = c"current interpreter is bound to the recv end",
        c"recv_released" = c"current interpreter *was* bound to the recv end",
    ]
);

/// A channel, or an end of one, between interpreters.
pub struct Sent {
    id: i64,
    end: End,
    /// It was an object of the high-level module.
    whole: bool,
    _held: Option<id::Held>,
}

/// Whether the object is one of this module's.
pub fn is_channel(object: Borrowed<'_>) -> bool {
    object.class().is_type(<ChannelId as object::StaticType>::type_object()) || errors::is_end(object)
}

impl Sent {
    /// The channel of an object for which [`is_channel`] holds.
    pub fn of(object: Borrowed<'_>) -> PyResult<Sent> {
        let whole = errors::is_end(object);
        let id = if whole { object.getattr(object::id!("_id"))? } else { object.to_ref() };
        if id.b().downcast::<ChannelId>().is_none() {
            let found = id.class().tp_name();
            return Err(raise!(TypeError, "'_id' attribute must be an _interpchannels.ChannelID object, not {found}"));
        }
        let (id, end) = channel_of(id.b())?;
        Ok(Sent { id, end, whole, _held: id::Held::new(id).ok() })
    }

    /// The object, in the current interpreter.
    pub fn into_object(self) -> PyResult<Ref> {
        let id = ChannelId::create(self.id, self.end, true)?;
        if !self.whole {
            return Ok(id);
        }
        let place = if self.end == End::Send { &state().send } else { &state().recv };
        if place.is_none() {
            vm::import::import_module("test.support.channels").or_else(|raised| {
                raised.clear();
                vm::import::import_module("concurrent.interpreters._channels")
            })?;
        }
        match place.get() {
            Some(class) => class.call1(id.b()),
            None => Ok(id),
        }
    }
}

/// How long a sender sleeps before it looks at signals again.
const SLICE: Duration = Duration::from_millis(50);

/// How long a sender waits.
fn patience(blocking: bool, timeout: Option<Borrowed<'_>>) -> PyResult<Option<Duration>> {
    let Some(timeout) = timeout.filter(|timeout| !timeout.is(&core::none())) else { return Ok(None) };
    if !blocking {
        return Err(raise!(ValueError, "can't specify a timeout for a non-blocking call"));
    }
    if timeout.class().nb_float().is_none() && timeout.class().nb_index().is_none() {
        let found = timeout.class().tp_name();
        return Err(raise!(TypeError, "'{found}' object cannot be interpreted as an integer or float"));
    }
    let seconds = timeout.as_f64()?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(timeout) => Ok(Some(timeout)),
        Err(_) if seconds < 0.0 => Err(raise!(ValueError, "timeout value must be a non-negative number")),
        Err(_) => Err(raise!(OverflowError, "timestamp out of range for platform time_t")),
    }
}

/// Sends data; where the sender waits, until it was received.
fn send_data(id: i64, data: Data, unbound: i32, blocking: bool, timeout: Option<Duration>) -> PyResult<()> {
    let waiting = blocking.then(Arc::<Waiting>::default);
    let mut data = Some(data);
    let interpreter = thread::current().interpreter().id;
    let sent = table::send(id, interpreter, &mut data, unbound, waiting.clone());
    drop(data);
    let number = sent.map_err(|trouble| raise_trouble(trouble, id))?;
    let Some(waiting) = waiting else { return Ok(()) };
    let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let fate = gil::without(|| {
            let fate = waiting.state.lock().unwrap_or_else(PoisonError::into_inner);
            if *fate != Fate::Waits {
                return *fate;
            }
            let left = end.map_or(SLICE, |end| end.saturating_duration_since(Instant::now()).min(SLICE));
            *waiting.changed.wait_timeout(fate, left).unwrap_or_else(PoisonError::into_inner).0
        });
        match fate {
            Fate::Received => return Ok(()),
            Fate::Gone => return Err(raise_trouble(Trouble::Closed, id)),
            Fate::Waits => {}
        }
        let interrupted = hooks::vm().map_or(Ok(()), |hooks| (hooks.run_pending)());
        let over = end.is_some_and(|end| Instant::now() >= end);
        if (over || interrupted.is_err()) && table::take_back(id, number).is_some() {
            interrupted?;
            return Err(raise!(TimeoutError, "timed out"));
        }
        interrupted?;
    }
}

/// The arguments that `send` and `send_buffer` share.
struct Manner<'a> {
    unboundop: i32,
    fallback: i32,
    blocking: bool,
    timeout: Option<Borrowed<'a>>,
}

fn send_object(cid: Borrowed<'_>, obj: Borrowed<'_>, manner: Manner<'_>) -> PyResult<()> {
    let (id, _) = channel_of(cid)?;
    let defaults = table::defaults(id).map_err(|trouble| raise_trouble(trouble, id))?;
    let unbound = unbound_or(manner.unboundop, defaults.0)?;
    let fallback = if fallback_or(manner.fallback, defaults.1)? == FULL { Fallback::Full } else { Fallback::Only };
    let timeout = patience(manner.blocking, manner.timeout)?;
    send_data(id, Data::of(obj, fallback)?, unbound, manner.blocking, timeout)
}

/// This module provides primitive operations to manage Python interpreters.
/// The 'interpreters' module provides a more convenient interface.
#[macros::pymodule(name = "_interpchannels")]
pub mod module {
    use super::*;

    #[pytype]
    use super::ChannelId;
    #[pytype]
    use super::ChannelInfo;

    #[pyattr(name = "ChannelError")]
    fn channel_error() -> PyResult<Ref> {
        errors::class(Class::Error)
    }

    #[pyattr(name = "ChannelNotFoundError")]
    fn channel_not_found_error() -> PyResult<Ref> {
        errors::class(Class::NotFound)
    }

    #[pyattr(name = "ChannelClosedError")]
    fn channel_closed_error() -> PyResult<Ref> {
        errors::class(Class::Closed)
    }

    #[pyattr(name = "ChannelEmptyError")]
    fn channel_empty_error() -> PyResult<Ref> {
        errors::class(Class::Empty)
    }

    #[pyattr(name = "ChannelNotEmptyError")]
    fn channel_not_empty_error() -> PyResult<Ref> {
        errors::class(Class::NotEmpty)
    }

    /// channel_create(unboundop) -> cid
    ///
    /// Create a new cross-interpreter channel and return a unique generated ID.
    #[pyfunction(text = None, "($module, /, unboundop=-1, fallback=-1)")]
    fn create(unboundop: i32, fallback: i32) -> PyResult<Ref> {
        let (unbound, fallback) = (unbound_or(unboundop, REPLACE)?, fallback_or(fallback, FULL)?);
        ChannelId::create(table::create(unbound, fallback), End::Both, false)
    }

    /// channel_destroy(cid)
    ///
    /// Close and finalize the channel.  Afterward attempts to use the channel
    /// will behave as though it never existed.
    #[pyfunction(text = None, "($module, /, cid)")]
    fn destroy(cid: Borrowed<'_>) -> PyResult<()> {
        let (id, _) = channel_of(cid)?;
        table::destroy(id).map(drop).map_err(|trouble| raise_trouble(trouble, id))
    }

    /// channel_list_all() -> [cid]
    ///
    /// Return the list of all IDs for active channels.
    #[pyfunction("($module, /)")]
    fn list_all() -> PyResult<Ref> {
        let made = table::list().into_iter().map(|(id, unbound, fallback)| {
            let id = ChannelId::create(id, End::Both, true)?;
            tuple::from_array([id, int::new(i64::from(unbound))?, int::new(i64::from(fallback))?])
        });
        (hooks::get().list_new)(made.collect::<PyResult<Vec<Ref>>>()?)
    }

    /// channel_list_interpreters(cid, *, send) -> [id]
    ///
    /// Return the list of all interpreter IDs associated with an end of the channel.
    ///
    /// The 'send' argument should be a boolean indicating whether to use the send or
    /// receive end.
    #[pyfunction(text = None, "($module, /, cid, *, send)")]
    fn list_interpreters(cid: Borrowed<'_>, send: bool) -> PyResult<Ref> {
        let (id, _) = channel_of(cid)?;
        let end = if send { End::Send } else { End::Recv };
        let all = table::interpreters(id, end).map_err(|trouble| raise_trouble(trouble, id))?;
        (hooks::get().list_new)(all.into_iter().map(int::new).collect::<PyResult<Vec<Ref>>>()?)
    }

    /// channel_send(cid, obj, *, blocking=True, timeout=None)
    ///
    /// Add the object's data to the channel's queue.
    /// By default this waits for the object to be received.
    #[pyfunction(text = None, "($module, /, cid, obj, unboundop=-1, fallback=-1, *, blocking=True, timeout=None)")]
    fn send(
        cid: Borrowed<'_>,
        obj: Borrowed<'_>,
        unboundop: i32,
        fallback: i32,
        blocking: bool,
        timeout: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        send_object(cid, obj, Manner { unboundop, fallback, blocking, timeout })
    }

    /// channel_send_buffer(cid, obj, *, blocking=True, timeout=None)
    ///
    /// Add the object's buffer to the channel's queue.
    /// By default this waits for the object to be received.
    #[pyfunction(text = None, "($module, /, cid, obj, unboundop=-1, fallback=-1, *, blocking=True, timeout=None)")]
    fn send_buffer(
        cid: Borrowed<'_>,
        obj: Borrowed<'_>,
        unboundop: i32,
        fallback: i32,
        blocking: bool,
        timeout: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        let view = core::MEMORYVIEW.borrowed().call1(obj)?;
        send_object(cid, view.b(), Manner { unboundop, fallback, blocking, timeout })
    }

    /// channel_recv(cid, [default]) -> (obj, unboundop)
    ///
    /// Return a new object from the data at the front of the channel's queue.
    ///
    /// If there is nothing to receive then raise ChannelEmptyError, unless
    /// a default value is provided.  In that case return it.
    #[pyfunction(text = None, "($module, /, cid, default=<unrepresentable>)")]
    fn recv(cid: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let (id, _) = channel_of(cid)?;
        let item = match table::receive(id, thread::current().interpreter().id) {
            Ok(item) => item,
            Err(trouble) => {
                return match default {
                    Some(default) if trouble == Trouble::Empty => tuple::from_array([default.to_ref(), core::none_ref()]),
                    _ => Err(raise_trouble(trouble, id)),
                };
            }
        };
        match item.data {
            Some(data) => tuple::from_array([data.into_object()?, core::none_ref()]),
            None => tuple::from_array([core::none_ref(), int::new(i64::from(item.unbound))?]),
        }
    }

    /// channel_close(cid, *, send=None, recv=None, force=False)
    ///
    /// Close the channel for all interpreters.
    ///
    /// If the channel is empty then the keyword args are ignored and both
    /// ends are immediately closed.  Otherwise, if 'force' is True then
    /// all queued items are released and both ends are immediately
    /// closed.
    ///
    /// If the channel is not empty *and* 'force' is False then following
    /// happens:
    ///
    ///  * recv is True (regardless of send):
    ///    - raise ChannelNotEmptyError
    ///  * recv is None and send is None:
    ///    - raise ChannelNotEmptyError
    ///  * send is True and recv is not True:
    ///    - fully close the 'send' end
    ///    - close the 'recv' end to interpreters not already receiving
    ///    - fully close it once empty
    ///
    /// Closing an already closed channel results in a ChannelClosedError.
    ///
    /// Once the channel's ID has no more ref counts in any interpreter
    /// the channel will be destroyed.
    #[pyfunction(text = None, "($module, /, cid, *, send=False, recv=False, force=False)")]
    fn close(cid: Borrowed<'_>, send: bool, recv: bool, force: bool) -> PyResult<()> {
        let (id, _) = channel_of(cid)?;
        let end = match (send, recv) {
            (true, false) => End::Send,
            (false, true) => End::Recv,
            _ => End::Both,
        };
        table::close(id, end, force).map(drop).map_err(|trouble| raise_trouble(trouble, id))
    }

    /// channel_release(cid, *, send=None, recv=None, force=True)
    ///
    /// Close the channel for the current interpreter.  'send' and 'recv'
    /// (bool) may be used to indicate the ends to close.  By default both
    /// ends are closed.  Closing an already closed end is a noop.
    #[pyfunction(text = None, "($module, /, cid, *, send=False, recv=False, force=False)")]
    fn release(cid: Borrowed<'_>, send: bool, recv: bool, force: bool) -> PyResult<()> {
        let _ = force;
        let (id, _) = channel_of(cid)?;
        let end = match (send, recv) {
            (true, false) => End::Send,
            (false, true) => End::Recv,
            _ => End::Both,
        };
        let released = table::release(id, thread::current().interpreter().id, end);
        released.map(drop).map_err(|trouble| raise_trouble(trouble, id))
    }

    /// get_count(cid)
    ///
    /// Return the number of items in the channel.
    #[pyfunction(text = None, "($module, /, cid)")]
    fn get_count(cid: Borrowed<'_>) -> PyResult<usize> {
        let (id, _) = channel_of(cid)?;
        table::count(id).map_err(|trouble| raise_trouble(trouble, id))
    }

    /// get_info(cid)
    ///
    /// Return details about the channel.
    #[pyfunction(text = None, "($module, /, cid)")]
    fn get_info(cid: Borrowed<'_>) -> PyResult<Ref> {
        let (id, _) = channel_of(cid)?;
        let info = table::info(id, thread::current().interpreter().id).map_err(|trouble| raise_trouble(trouble, id))?;
        let bit = |value: bool| core::boolean(value).to_ref();
        let mut values = vec![bit(info.open), bit(info.closing), bit(info.closed)];
        for count in [info.count].into_iter().chain(info.send).chain(info.recv).chain(info.both) {
            values.push(int::from_u64(count as u64)?);
        }
        values.extend(info.own.map(bit));
        structseq::new::<ChannelInfo>(values)
    }

    /// get_channel_defaults(cid)
    ///
    /// Return the channel's default values, set when it was created.
    #[pyfunction(text = None, "($module, /, cid)")]
    fn get_channel_defaults(cid: Borrowed<'_>) -> PyResult<Ref> {
        let (id, _) = channel_of(cid)?;
        let (unbound, fallback) = table::defaults(id).map_err(|trouble| raise_trouble(trouble, id))?;
        tuple::from_array([int::new(i64::from(unbound))?, int::new(i64::from(fallback))?])
    }

    #[pyfunction(text = None, "($module, /, id, *, send=None, recv=None, force=False, _resolve=False)")]
    fn _channel_id(id: Borrowed<'_>, send: Option<bool>, recv: Option<bool>, force: bool, _resolve: bool) -> PyResult<Ref> {
        let _ = _resolve;
        let (number, end) = channel_of(id)?;
        let end = if send.is_none() && recv.is_none() { end } else { end_of(send, recv)? };
        ChannelId::create(number, end, force)
    }

    #[pyfunction(text = None, "($module, /, send, recv)")]
    fn _register_end_types(send: Borrowed<'_>, recv: Borrowed<'_>) -> PyResult<()> {
        for (class, name, place) in [(send, "send", &state().send), (recv, "recv", &state().recv)] {
            if support::as_type(class).is_none() {
                return Err(raise!(TypeError, "expected a type for '{name}'"));
            }
            place.set(Some(class.to_ref()));
        }
        Ok(())
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let _ = module;
        structseq::finish::<ChannelInfo>()?;
        hooks::on_interpreter_end(table::forget_interpreter);
        Ok(())
    }
}
