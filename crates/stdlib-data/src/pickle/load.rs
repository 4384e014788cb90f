//! The unpickler's stack machine: the stack with its marks, and the loop over the instructions.

use super::opcode::*;
use super::state::unpickling_error;
use super::unpickler::Unpickler;
use object::value::{float, int, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, memory, raise};

/// Places for marks that are made at first, and added when they double.
const MARK_STEP: usize = 20;

/// A run of an unpickler.
pub struct Machine<'a> {
    pub unpickler: Borrowed<'a, Unpickler>,
    pub persistent: Option<Ref>,
    stack: Vec<Ref>,
    marks: Vec<usize>,
    mark_places: usize,
}

impl<'a> Machine<'a> {
    /// A machine with an empty stack.
    pub fn new(unpickler: Borrowed<'a, Unpickler>) -> PyResult<Machine<'a>> {
        let persistent = Unpickler::persistent_function(unpickler)?;
        Ok(Machine { unpickler, persistent, stack: Vec::new(), marks: Vec::new(), mark_places: 0 })
    }

    /// How many places for marks were needed.
    pub fn mark_places(&self) -> usize {
        self.mark_places
    }

    /// Nothing below this belongs to the instruction: where the last mark stands.
    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    #[cold]
    pub fn underflow(&self) -> Raised {
        unpickling_error(if self.marks.is_empty() { "unpickling stack underflow" } else { "unexpected MARK found" })
    }

    pub fn push(&mut self, value: Ref) -> PyResult<()> {
        if self.stack.len() == self.stack.capacity() {
            memory::reserve(&mut self.stack, 1)?;
        }
        self.stack.push(value);
        Ok(())
    }

    pub fn pop(&mut self) -> PyResult<Ref> {
        if self.stack.len() > self.fence()
            && let Some(value) = self.stack.pop()
        {
            return Ok(value);
        }
        Err(self.underflow())
    }

    pub fn top(&self) -> PyResult<Ref> {
        match self.stack.last() {
            Some(value) if self.stack.len() > self.fence() => Ok(value.clone()),
            _ => Err(self.underflow()),
        }
    }

    /// Takes the last mark away; what stood above it is `stack[mark..]`.
    pub fn take_mark(&mut self) -> PyResult<usize> {
        self.marks.pop().ok_or_else(|| unpickling_error("could not find MARK"))
    }

    /// Pops everything from `start` on.
    pub fn pop_from(&mut self, start: usize) -> Vec<Ref> {
        let start = start.min(self.stack.len());
        self.stack.split_off(start)
    }

    /// The object below `start`, to which the items above belong.
    pub fn below(&self, start: usize) -> PyResult<Ref> {
        match start.checked_sub(1).and_then(|index| self.stack.get(index)) {
            Some(object) if start > self.fence() => Ok(object.clone()),
            _ => Err(self.underflow()),
        }
    }

    pub fn pop_tuple(&mut self, count: usize) -> PyResult<Ref> {
        let Some(start) = self.stack.len().checked_sub(count).filter(|start| *start >= self.fence()) else {
            return Err(self.underflow());
        };
        if count == 0 {
            return Ok(tuple::empty());
        }
        let mut builder = tuple::Builder::new(count)?;
        self.stack.drain(start..).for_each(|item| builder.push(item));
        Ok(builder.finish())
    }

    fn push_mark(&mut self) -> PyResult<()> {
        memory::reserve(&mut self.marks, 1)?;
        self.marks.push(self.stack.len());
        if self.marks.len() > self.mark_places {
            self.mark_places = self.mark_places * 2 + MARK_STEP;
        }
        Ok(())
    }

    fn pop_one(&mut self) -> PyResult<()> {
        // A mark may be popped like a value.
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(drop)
    }

    /// Runs to STOP and gives what stands on the stack then.
    pub fn run(&mut self) -> PyResult<Ref> {
        self.unpickler.get().parts.input.begin();
        loop {
            let Some(code) = self.unpickler.get().parts.input.next_code()? else {
                return Err(raise!(EOFError, "Ran out of input"));
            };
            if code == STOP {
                return self.pop();
            }
            self.step(code)?;
        }
    }

    fn step(&mut self, code: u8) -> PyResult<()> {
        match code {
            NONE => self.push(core::none_ref()),
            NEWTRUE => self.push(core::true_().to_ref()),
            NEWFALSE => self.push(core::false_().to_ref()),
            BININT | BININT1 | BININT2 | BINFLOAT | INT | LONG | LONG1 | LONG4 | FLOAT => self.load_number(code),
            SHORT_BINBYTES | BINBYTES | BINBYTES8 | BYTEARRAY8 | NEXT_BUFFER | READONLY_BUFFER => self.load_bytes(code),
            STRING | BINSTRING | SHORT_BINSTRING | UNICODE | BINUNICODE | SHORT_BINUNICODE | BINUNICODE8 => self.load_text(code),
            MARK => self.push_mark(),
            POP => self.pop_one(),
            POP_MARK => {
                let mark = self.take_mark()?;
                drop(self.pop_from(mark));
                Ok(())
            }
            DUP => {
                let top = self.top()?;
                self.push(top)
            }
            EMPTY_TUPLE | TUPLE1 | TUPLE2 | TUPLE3 | TUPLE | EMPTY_LIST | LIST | EMPTY_DICT | DICT | EMPTY_SET | FROZENSET
            | APPEND | APPENDS | SETITEM | SETITEMS | ADDITEMS => self.load_container(code),
            GET | BINGET | LONG_BINGET | PUT | BINPUT | LONG_BINPUT | MEMOIZE => self.load_memo(code),
            GLOBAL | STACK_GLOBAL | EXT1 | EXT2 | EXT4 | INST | OBJ | NEWOBJ | NEWOBJ_EX | REDUCE | BUILD | PERSID
            | BINPERSID => self.load_object(code),
            PROTO => {
                let [proto] = self.read::<1>()?;
                if i32::from(proto) > HIGHEST_PROTOCOL {
                    return Err(raise!(ValueError, "unsupported pickle protocol: {proto}"));
                }
                self.unpickler.proto.set(i32::from(proto));
                Ok(())
            }
            FRAME => {
                let length = self
                    .read_size8()?
                    .ok_or_else(|| raise!(OverflowError, "FRAME length exceeds system's maximum of {} bytes", isize::MAX))?;
                self.unpickler.get().parts.input.enter_frame(length)
            }
            _ => Err(invalid(code)),
        }
    }

    /// The next `N` bytes of the stream.
    pub fn read<const N: usize>(&self) -> PyResult<[u8; N]> {
        self.unpickler.get().parts.input.array::<N>()
    }

    /// A length of eight bytes; none where it is larger than any object.
    pub fn read_size8(&self) -> PyResult<Option<usize>> {
        let size = u64::from_le_bytes(self.read::<8>()?);
        Ok(usize::try_from(size).ok().filter(|size| *size <= isize::MAX.cast_unsigned()))
    }

    /// The next line, without its end.
    pub fn line(&self) -> PyResult<Vec<u8>> {
        self.unpickler.get().parts.input.line()
    }

    /// The next line, which must say something.
    pub fn full_line(&self) -> PyResult<Vec<u8>> {
        let line = self.line()?;
        if line.is_empty() {
            return Err(unpickling_error("pickle data was truncated"));
        }
        Ok(line)
    }

    fn load_memo(&mut self, code: u8) -> PyResult<()> {
        match code {
            GET | BINGET | LONG_BINGET => {
                let number = match code {
                    BINGET => i128::from(self.read::<1>()?[0]),
                    LONG_BINGET => i128::from(u32::from_le_bytes(self.read::<4>()?)),
                    _ => self.line_number()?,
                };
                match usize::try_from(number).ok().and_then(|number| self.unpickler.memo_get(number)) {
                    Some(object) => self.push(object),
                    None => Err(unpickling_error(&format!("Memo value not found at index {number}"))),
                }
            }
            MEMOIZE => {
                let top = self.top()?;
                self.unpickler.memo_set(self.unpickler.memo_len(), top)
            }
            _ => {
                let number = match code {
                    BINPUT => i128::from(self.read::<1>()?[0]),
                    LONG_BINPUT => i128::from(u32::from_le_bytes(self.read::<4>()?)),
                    _ => self.line_number()?,
                };
                let top = self.top()?;
                match usize::try_from(number) {
                    Ok(number) => self.unpickler.memo_set(number, top),
                    Err(_) => Err(raise!(ValueError, "negative PUT argument")),
                }
            }
        }
    }

    fn line_number(&self) -> PyResult<i128> {
        let number = super::load_data::parse_int(&self.full_line()?)?;
        number.as_isize().map(|number| number as i128)
    }

    /// Pushes a float.
    pub fn push_float(&mut self, value: f64) -> PyResult<()> {
        let value = float::new(value)?;
        self.push(value)
    }

    /// Pushes an int.
    pub fn push_int(&mut self, value: i64) -> PyResult<()> {
        let value = int::new(value)?;
        self.push(value)
    }
}

#[cold]
fn invalid(code: u8) -> Raised {
    if (0x20..0x7F).contains(&code) && code != b'\'' && code != b'\\' {
        return unpickling_error(&format!("invalid load key, '{}'.", char::from(code)));
    }
    unpickling_error(&format!("invalid load key, '\\x{code:02x}'."))
}
