//! The channels of the process: who is at which end, what waits in them, and how they close.
//!
//! Data is handed out to be dropped by the caller, after the table was let go of: that may run Python code.

use crate::data::Data;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What can go wrong with a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    NotFound,
    Closed,
    /// This interpreter has closed its end.
    EndClosed,
    Empty,
    NotEmpty,
}

/// The end of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Send,
    Recv,
    Both,
}

/// Whether a sent item was received.
#[derive(Default)]
pub struct Waiting {
    pub state: Mutex<Fate>,
    pub changed: Condvar,
}

/// What became of an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fate {
    #[default]
    Waits,
    Received,
    Gone,
}

impl Waiting {
    fn settle(&self, fate: Fate) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = fate;
        self.changed.notify_all();
    }
}

/// Something that was sent.
pub struct Item {
    pub number: u64,
    pub data: Option<Data>,
    pub owner: i64,
    pub unbound: i32,
    pub waiting: Option<Arc<Waiting>>,
}

/// An interpreter at an end.
struct Attached {
    interpreter: i64,
    open: bool,
}

/// A channel that is not closed for good.
pub struct Open {
    open: bool,
    /// The sending end is closed; the channel closes when it is empty.
    closing: bool,
    items: VecDeque<Item>,
    senders: Vec<Attached>,
    receivers: Vec<Attached>,
}

struct Channel {
    id: i64,
    references: usize,
    unbound: i32,
    fallback: i32,
    /// None when it is closed for good.
    state: Option<Open>,
}

struct Table {
    next: i64,
    next_item: u64,
    /// The newest first.
    all: Vec<Channel>,
}

static TABLE: Mutex<Table> = Mutex::new(Table { next: 0, next_item: 0, all: Vec::new() });

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with<R>(id: i64, action: impl FnOnce(&mut Channel) -> Result<R, Trouble>) -> Result<R, Trouble> {
    let mut table = table();
    match table.all.iter_mut().find(|channel| channel.id == id) {
        Some(channel) => action(channel),
        None => Err(Trouble::NotFound),
    }
}

fn with_open<R>(id: i64, action: impl FnOnce(&mut Open) -> Result<R, Trouble>) -> Result<R, Trouble> {
    with(id, |channel| match channel.state.as_mut().filter(|state| state.open) {
        Some(state) => action(state),
        None => Err(Trouble::Closed),
    })
}

/// The interpreter works at this end from now on.
fn attach(list: &mut Vec<Attached>, interpreter: i64) -> Result<(), Trouble> {
    match list.iter().find(|attached| attached.interpreter == interpreter) {
        Some(attached) if attached.open => Ok(()),
        Some(_) => Err(Trouble::EndClosed),
        None => {
            list.push(Attached { interpreter, open: true });
            Ok(())
        }
    }
}

fn close_end(list: &mut Vec<Attached>, interpreter: i64) {
    match list.iter_mut().find(|attached| attached.interpreter == interpreter) {
        Some(attached) => attached.open = false,
        None => list.push(Attached { interpreter, open: false }),
    }
}

impl Open {
    fn is_used(&self) -> bool {
        let some = |list: &[Attached]| list.iter().any(|attached| attached.open);
        some(&self.senders) || some(&self.receivers) || self.senders.is_empty() && self.receivers.is_empty()
    }

    fn take_items(&mut self) -> Vec<Item> {
        let items: Vec<Item> = std::mem::take(&mut self.items).into();
        for item in &items {
            item.waiting.iter().for_each(|waiting| waiting.settle(Fate::Gone));
        }
        items
    }
}

/// A new channel, without references.
pub fn create(unbound: i32, fallback: i32) -> i64 {
    let mut table = table();
    let id = table.next;
    table.next += 1;
    let state = Open { open: true, closing: false, items: VecDeque::new(), senders: Vec::new(), receivers: Vec::new() };
    table.all.insert(0, Channel { id, references: 0, unbound, fallback, state: Some(state) });
    id
}

/// Counts a reference.
pub fn acquire(id: i64) -> Result<(), Trouble> {
    with(id, |channel| {
        channel.references += 1;
        Ok(())
    })
}

/// Gives a reference back; with the last one the channel goes.
pub fn release_reference(id: i64) {
    let last = with(id, |channel| {
        channel.references = channel.references.saturating_sub(1);
        Ok(channel.references == 0)
    });
    if last == Ok(true) {
        drop(destroy(id));
    }
}

/// Takes the channel out of the table; its items.
pub fn destroy(id: i64) -> Result<Vec<Item>, Trouble> {
    let mut table = table();
    let place = table.all.iter().position(|channel| channel.id == id).ok_or(Trouble::NotFound)?;
    let channel = table.all.remove(place);
    drop(table);
    Ok(channel.state.map(|mut state| state.take_items()).unwrap_or_default())
}

/// The channels that are not closed for good, with their defaults.
pub fn list() -> Vec<(i64, i32, i32)> {
    let table = table();
    let open = table.all.iter().filter(|channel| channel.state.is_some());
    open.map(|channel| (channel.id, channel.unbound, channel.fallback)).collect()
}

/// What `create` was told.
pub fn defaults(id: i64) -> Result<(i32, i32), Trouble> {
    with(id, |channel| Ok((channel.unbound, channel.fallback)))
}

/// Items that wait.
pub fn count(id: i64) -> Result<usize, Trouble> {
    with(id, |channel| channel.state.as_ref().map(|state| state.items.len()).ok_or(Trouble::Closed))
}

/// Puts data into a channel; gives the item's number. The data comes back where that is not possible.
pub fn send(
    id: i64,
    interpreter: i64,
    data: &mut Option<Data>,
    unbound: i32,
    waiting: Option<Arc<Waiting>>,
) -> Result<u64, Trouble> {
    let number = {
        let mut table = table();
        table.next_item += 1;
        table.next_item
    };
    with_open(id, |state| {
        if state.closing {
            return Err(Trouble::Closed);
        }
        attach(&mut state.senders, interpreter)?;
        state.items.push_back(Item { number, data: data.take(), owner: interpreter, unbound, waiting });
        Ok(number)
    })
}

/// Takes the next item out of a channel.
pub fn receive(id: i64, interpreter: i64) -> Result<Item, Trouble> {
    let (item, over) = with_open(id, |state| {
        attach(&mut state.receivers, interpreter)?;
        let item = state.items.pop_front();
        Ok((item, state.closing && state.items.is_empty()))
    })?;
    if over {
        let _gone = with(id, |channel| Ok(channel.state = None));
    }
    let item = item.ok_or(if over { Trouble::Closed } else { Trouble::Empty })?;
    item.waiting.iter().for_each(|waiting| waiting.settle(Fate::Received));
    Ok(item)
}

/// Takes an item back that nobody has received yet.
pub fn take_back(id: i64, number: u64) -> Option<Item> {
    with(id, |channel| {
        let items = channel.state.as_mut().map(|state| &mut state.items).ok_or(Trouble::Closed)?;
        let place = items.iter().position(|item| item.number == number).ok_or(Trouble::Empty)?;
        items.remove(place).ok_or(Trouble::Empty)
    })
    .ok()
}

/// Closes the ends of one interpreter.
pub fn release(id: i64, interpreter: i64, end: End) -> Result<Vec<Item>, Trouble> {
    with_open(id, |state| {
        if end != End::Recv {
            close_end(&mut state.senders, interpreter);
        }
        if end != End::Send {
            close_end(&mut state.receivers, interpreter);
        }
        state.open = state.is_used();
        Ok(if state.open { Vec::new() } else { state.take_items() })
    })
}

/// Closes a channel for all.
pub fn close(id: i64, end: End, force: bool) -> Result<Vec<Item>, Trouble> {
    with(id, |channel| {
        let Some(state) = channel.state.as_mut().filter(|state| state.open) else { return Err(Trouble::Closed) };
        if !force && end == End::Send && state.closing {
            return Err(Trouble::Closed);
        }
        if !force && !state.items.is_empty() {
            if end != End::Send {
                return Err(Trouble::NotEmpty);
            }
            state.closing = true;
            return Ok(Vec::new());
        }
        let items = state.take_items();
        channel.state = None;
        Ok(items)
    })
}

/// The interpreters at an end, in the order in which they came, that have not closed it.
pub fn interpreters(id: i64, end: End) -> Result<Vec<i64>, Trouble> {
    with_open(id, |state| {
        if end == End::Send && state.closing {
            return Err(Trouble::Closed);
        }
        let list = if end == End::Send { &state.senders } else { &state.receivers };
        Ok(list.iter().filter(|attached| attached.open).map(|attached| attached.interpreter).collect())
    })
}

/// What `get_info` tells.
#[derive(Default)]
pub struct Info {
    pub open: bool,
    pub closing: bool,
    pub closed: bool,
    pub count: usize,
    /// Interpreters that only send: bound, released.
    pub send: [usize; 2],
    /// Interpreters that only receive.
    pub recv: [usize; 2],
    /// Interpreters at both ends: bound to both, released from both, from the sending end, from the receiving end.
    pub both: [usize; 4],
    /// The current interpreter at the sending end: bound, released; at the receiving end: bound, released.
    pub own: [bool; 4],
}

/// The state of a channel, as this interpreter sees it.
pub fn info(id: i64, current: i64) -> Result<Info, Trouble> {
    with(id, |channel| {
        let mut info = Info::default();
        let Some(state) = channel.state.as_ref().filter(|state| state.open) else {
            info.closed = true;
            return Ok(info);
        };
        info.count = state.items.len();
        info.closing = state.closing;
        info.open = !state.closing;
        for sender in &state.senders {
            let receiver = state.receivers.iter().find(|receiver| receiver.interpreter == sender.interpreter);
            let place = match receiver {
                None => &mut info.send[usize::from(!sender.open)],
                Some(receiver) => match (sender.open, receiver.open) {
                    (true, true) => &mut info.both[0],
                    (false, false) => &mut info.both[1],
                    (false, true) => &mut info.both[2],
                    (true, false) => &mut info.both[3],
                },
            };
            *place += 1;
        }
        for receiver in &state.receivers {
            if !state.senders.iter().any(|sender| sender.interpreter == receiver.interpreter) {
                info.recv[usize::from(!receiver.open)] += 1;
            }
        }
        for (list, places) in [(&state.senders, [0, 1]), (&state.receivers, [2, 3])] {
            if let Some(own) = list.iter().find(|attached| attached.interpreter == current) {
                info.own[places[usize::from(!own.open)]] = true;
            }
        }
        Ok(info)
    })
}

/// An unbound item goes.
const REMOVE: i32 = 1;

/// An interpreter ends: it leaves its ends, and what it sent is unbound.
pub fn forget_interpreter(id: i64) {
    let mut dropped = Vec::new();
    let mut table = table();
    for state in table.all.iter_mut().filter_map(|channel| channel.state.as_mut()) {
        for mut item in std::mem::take(&mut state.items) {
            if item.owner == id {
                dropped.extend(item.data.take());
                if item.unbound == REMOVE {
                    item.waiting.iter().for_each(|waiting| waiting.settle(Fate::Gone));
                    continue;
                }
            }
            state.items.push_back(item);
        }
        for list in [&mut state.senders, &mut state.receivers] {
            list.iter_mut().filter(|attached| attached.interpreter == id).for_each(|attached| attached.open = false);
        }
        if state.open && !state.is_used() {
            state.open = false;
            dropped.extend(state.take_items().into_iter().filter_map(|item| item.data));
        }
    }
    drop(table);
    drop(dropped);
}
