//! Decompressors that keep the input that a limit on their output has left over: `BZ2Decompressor`, `LZMADecompressor`,
//! `_ZlibDecompressor`.

use crate::output::{NoMemory, Output};
use object::shared::Shared;
use object::value::bytes;
use object::{OptRef, PyResult, Raised, raise};
use std::cell::Cell;

/// What a step of a stream led to.
pub enum Step<E> {
    /// The stream goes on.
    More,
    /// The stream is at its end.
    End,
    Failed(E),
}

/// A stream that decompresses.
pub trait Decoder {
    /// Why it fails.
    type Failure;

    /// Whether output may be left in the stream when it has taken all input and filled the room.
    const KEEPS_OUTPUT: bool;

    /// Whether a stream that has failed must not be used again.
    const BREAKS: bool = false;

    fn step(&mut self, input: &mut &[u8], output: &mut Vec<u8>, room: usize) -> Step<Self::Failure>;
}

/// Why there is no output.
pub enum Failure<E> {
    Ended,
    Broken,
    NoMemory,
    Stream(E),
}

impl<E> From<NoMemory> for Failure<E> {
    fn from(_: NoMemory) -> Self {
        Failure::NoMemory
    }
}

impl<E> Failure<E> {
    /// Raises what this stands for.
    #[cold]
    pub fn raise(self, stream: impl FnOnce(E) -> Raised) -> Raised {
        match self {
            Failure::Ended => raise!(EOFError, "End of stream already reached"),
            Failure::Broken => raise!(ValueError, "Decompressor is unusable after a previous error"),
            Failure::NoMemory => NoMemory.raise(),
            Failure::Stream(failure) => stream(failure),
        }
    }
}

/// A stream with what it has not yet taken.
pub struct Feeding<D> {
    pub decoder: D,
    pending: Vec<u8>,
    eof: bool,
    needs_input: bool,
    unused: Vec<u8>,
    broken: bool,
}

/// What Python sees of it.
#[derive(Default)]
pub struct Shown {
    pub eof: Cell<bool>,
    pub needs_input: Cell<bool>,
    pub unused_data: OptRef,
}

impl Shown {
    /// What stands before any input.
    pub fn new() -> PyResult<Shown> {
        let shown = Shown::default();
        shown.needs_input.set(true);
        shown.unused_data.set(Some(bytes::new(&[])?));
        Ok(shown)
    }

    /// Shows the state as it is now.
    pub fn refresh<D: Decoder>(&self, state: &Shared<Feeding<D>>) -> PyResult<()> {
        let (eof, needs_input, unused) =
            state.with(false, |state| (state.eof, state.needs_input, std::mem::take(&mut state.unused)));
        self.eof.set(eof);
        self.needs_input.set(needs_input);
        if !unused.is_empty() {
            self.unused_data.set(Some(bytes::new(&unused)?));
        }
        Ok(())
    }
}

impl<D: Decoder> Feeding<D> {
    pub const fn new(decoder: D) -> Self {
        Feeding { decoder, pending: Vec::new(), eof: false, needs_input: true, unused: Vec::new(), broken: false }
    }

    /// Takes `data` and gives at most `limit` bytes of output; a negative number is no limit.
    pub fn feed(&mut self, data: &[u8], limit: isize) -> Result<Vec<u8>, Failure<D::Failure>> {
        if self.eof {
            return Err(Failure::Ended);
        }
        if self.broken {
            return Err(Failure::Broken);
        }
        let mut all = std::mem::take(&mut self.pending);
        if all.is_empty() {
            return self.run(data, limit);
        }
        all.try_reserve(data.len()).map_err(|_| NoMemory)?;
        all.extend_from_slice(data);
        self.run(&all, limit)
    }

    fn run(&mut self, mut input: &[u8], limit: isize) -> Result<Vec<u8>, Failure<D::Failure>> {
        let mut output = Output::limited(limit);
        let filled = loop {
            let room = output.room()?;
            let before = output.bytes.len();
            match self.decoder.step(&mut input, &mut output.bytes, room) {
                Step::More => {}
                Step::End => {
                    self.eof = true;
                    break false;
                }
                Step::Failed(failure) => {
                    self.broken = D::BREAKS;
                    self.needs_input = !D::BREAKS;
                    return Err(Failure::Stream(failure));
                }
            }
            let filled = output.bytes.len() - before == room;
            if (filled && output.is_full()) || (!filled && input.is_empty()) {
                break filled;
            }
        };
        let left = copy(input)?;
        if self.eof {
            self.needs_input = false;
            self.unused = left;
        } else {
            self.needs_input = left.is_empty() && !(D::KEEPS_OUTPUT && filled);
            self.pending = left;
        }
        Ok(output.bytes)
    }
}

fn copy(input: &[u8]) -> Result<Vec<u8>, NoMemory> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(input.len()).map_err(|_| NoMemory)?;
    copy.extend_from_slice(input);
    Ok(copy)
}
