//! Writing an object: which way is taken, and the values without parts.

use super::opcode::*;
use super::pickler::Pickler;
use super::state::{held, pickling_error, state, type_name};
use crate::notes::with_note;
use builtins::dict::Dict;
use object::value::{bytes, float, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, id, raise, recursion};

/// A run of a pickler: itself, and what it asks about every object.
pub struct Session<'a> {
    pub pickler: Borrowed<'a, Pickler>,
    persistent: Option<Ref>,
    reducer: Option<Ref>,
    pub proto: i32,
}

impl<'a> Session<'a> {
    /// Begins a run.
    pub fn new(pickler: Borrowed<'a, Pickler>) -> PyResult<Session<'a>> {
        let exact = pickler.object().class().is_type(<Pickler as object::StaticType>::type_object());
        let reducer = if exact { None } else { pickler.object().getattr_opt(id!("reducer_override"))? };
        Ok(Session { pickler, persistent: Pickler::persistent_function(pickler)?, reducer, proto: pickler.proto.get() })
    }

    pub fn put(&self, bytes: &[u8]) -> PyResult<()> {
        self.pickler.put(bytes)
    }

    pub fn op(&self, code: u8) -> PyResult<()> {
        self.pickler.put(&[code])
    }

    pub fn is_binary(&self) -> bool {
        self.pickler.is_binary()
    }

    /// The object's number in the memo.
    pub fn memo_number(&self, object: Borrowed<'_>) -> Option<usize> {
        self.pickler.parts.memo.borrow().as_ref()?.get(object)
    }

    /// Writes the instruction that fetches number `number`.
    pub fn get(&self, number: usize) -> PyResult<()> {
        if !self.is_binary() {
            return self.put(format!("g{number}\n").as_bytes());
        }
        if let Ok(short) = u8::try_from(number) {
            return self.put(&[BINGET, short]);
        }
        match u32::try_from(number) {
            Ok(long) => self.coded(LONG_BINGET, &long.to_le_bytes()),
            Err(_) => Err(pickling_error("memo id too large for LONG_BINGET")),
        }
    }

    /// Gives the object a number and writes the instruction that stores it.
    pub fn memoize(&self, object: Borrowed<'_>) -> PyResult<()> {
        if self.pickler.is_fast() {
            return Ok(());
        }
        let number = match self.pickler.parts.memo.borrow_mut().as_mut() {
            Some(memo) => {
                let number = memo.len();
                memo.set(object.to_ref(), number)?;
                number
            }
            None => return Err(object::error::bad_internal_call()),
        };
        if self.proto >= 4 {
            return self.op(MEMOIZE);
        }
        if !self.is_binary() {
            return self.put(format!("p{number}\n").as_bytes());
        }
        if let Ok(short) = u8::try_from(number) {
            return self.put(&[BINPUT, short]);
        }
        match u32::try_from(number) {
            Ok(long) => self.coded(LONG_BINPUT, &long.to_le_bytes()),
            Err(_) => Err(pickling_error("memo id too large for LONG_BINPUT")),
        }
    }

    /// Writes an instruction and its argument.
    pub fn coded(&self, code: u8, argument: &[u8]) -> PyResult<()> {
        let mut buffer = [0u8; 9];
        let len = argument.len().min(8);
        if let (Some(first), Some(argument)) = (buffer.first_mut(), argument.get(..len)) {
            *first = code;
            if let Some(rest) = buffer.get_mut(1..=len) {
                rest.copy_from_slice(argument);
            }
        }
        self.put(buffer.get(..=len).unwrap_or_default())
    }

    /// Writes one object.
    pub fn save(&self, object: Borrowed<'_>) -> PyResult<()> {
        self.pickler.boundary()?;
        if let Some(function) = &self.persistent
            && self.save_persistent(function, object)?
        {
            return Ok(());
        }
        self.save_content(object)
    }

    /// Asks for a persistent id, and writes it if there is one.
    fn save_persistent(&self, function: &Ref, object: Borrowed<'_>) -> PyResult<bool> {
        let id = function.call1(object)?;
        if id.is(&core::none()) {
            return Ok(false);
        }
        if self.is_binary() {
            self.pickler.boundary()?;
            self.save_content(id.b())?;
            self.op(BINPERSID)?;
        } else {
            let shown = id.str()?;
            let Some(ascii) = text::as_ascii(shown.b()) else {
                return Err(pickling_error("persistent IDs in protocol 0 must be ASCII strings"));
            };
            self.put(format!("P{ascii}\n").as_bytes())?;
        }
        Ok(true)
    }

    /// Writes an object for which there is no persistent id.
    fn save_content(&self, object: Borrowed<'_>) -> PyResult<()> {
        let class = object.class();
        if object.is(&core::none()) {
            return self.op(NONE);
        }
        if class.is_type(&core::BOOL) {
            return self.save_bool(object.is(&core::true_()));
        }
        if class.is_type(&core::INT) {
            return self.save_int(object);
        }
        if class.is_type(&core::FLOAT) {
            return self.save_float(object);
        }
        if let Some(number) = self.memo_number(object) {
            return self.get(number);
        }
        if class.is_type(&core::BYTES) {
            return self.save_bytes(object);
        }
        if class.is_type(&core::STR) {
            return self.save_str(object);
        }
        recursion::check(" while pickling an object")?;
        match self.save_container(object) {
            Some(outcome) => outcome,
            None => self.save_by_reduction(object),
        }
    }

    /// Classes, functions, and everything that says itself how it is to be rebuilt.
    fn save_by_reduction(&self, object: Borrowed<'_>) -> PyResult<()> {
        let reduced = match &self.reducer {
            Some(reducer) => Some(reducer.call1(object)?).filter(|reduced| !reduced.is(&core::not_implemented())),
            None => None,
        };
        let reduced = match reduced {
            Some(reduced) => reduced,
            None => match self.reduction(object)? {
                Some(reduced) => reduced,
                None => return Ok(()),
            },
        };
        if text::check(reduced.b()) {
            return self.save_global(object, Some(reduced.b()));
        }
        self.save_reduced(object, reduced.b())
            .map_err(|raised| with_note(raised, || Ok(format!("when serializing {} object", type_name(object)?))))
    }

    fn save_reduced(&self, object: Borrowed<'_>, reduced: Borrowed<'_>) -> PyResult<()> {
        let Some(parts) = tuple::items(reduced) else {
            return Err(pickling_error(&format!("__reduce__ must return a string or tuple, not {}", type_name(reduced)?)));
        };
        self.save_reduce(parts, object)
    }

    /// What rebuilds the object; none where it was written as a global.
    fn reduction(&self, object: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let class = object.class();
        if class.is_type(&core::TYPE) {
            return self.save_type(object).map(|()| None);
        }
        if class.is_type(&core::FUNCTION) {
            return self.save_global(object, None).map(|()| None);
        }
        if let Some(reducer) = self.registered_reducer(class)? {
            return reducer.call1(object).map(Some);
        }
        if class.is_subtype(&core::TYPE) {
            return self.save_global(object, None).map(|()| None);
        }
        if let Some(method) = object.getattr_opt(id!("__reduce_ex__"))? {
            let proto = int::new(i64::from(self.proto))?;
            return method.call1(proto.b()).map(Some);
        }
        if let Some(method) = object.getattr_opt(id!("__reduce__"))? {
            return method.call0().map(Some);
        }
        Err(pickling_error(&format!("Can't pickle {} object", type_name(object)?)))
    }

    /// The reducer of a class in the pickler's own table, or in `copyreg`'s.
    fn registered_reducer(&self, class: &TypeObject) -> PyResult<Option<Ref>> {
        match self.pickler.private_table() {
            Some(table) => table.getitem_opt(class.borrowed()),
            None => match held(&state().dispatch_table)?.b().downcast::<Dict>() {
                Some(table) => table.get_item(class.borrowed()),
                None => Ok(None),
            },
        }
    }

    fn save_bool(&self, value: bool) -> PyResult<()> {
        if self.proto >= 2 {
            return self.op(if value { NEWTRUE } else { NEWFALSE });
        }
        self.put(if value { b"I01\n" } else { b"I00\n" })
    }

    fn save_int(&self, object: Borrowed<'_>) -> PyResult<()> {
        let small = int::to_i64(object).and_then(|value| i32::try_from(value).ok());
        if self.is_binary()
            && let Some(value) = small
        {
            if let Ok(byte) = u8::try_from(value) {
                return self.put(&[BININT1, byte]);
            }
            return match u16::try_from(value) {
                Ok(short) => self.coded(BININT2, &short.to_le_bytes()),
                Err(_) => self.coded(BININT, &value.to_le_bytes()),
            };
        }
        if self.proto >= 2 {
            return self.save_long(object);
        }
        match small {
            Some(value) => self.put(format!("I{value}\n").as_bytes()),
            None => {
                let digits = object.repr_text()?;
                self.put(format!("L{digits}L\n").as_bytes())
            }
        }
    }

    /// An int in two's complement.
    fn save_long(&self, object: Borrowed<'_>) -> PyResult<()> {
        let Some((negative, digits)) = int::digits(object) else { return Ok(()) };
        let encoded = twos_complement(negative, digits)?;
        match u8::try_from(encoded.len()) {
            Ok(len) => self.put(&[LONG1, len])?,
            Err(_) => match i32::try_from(encoded.len()) {
                Ok(len) => self.coded(LONG4, &len.to_le_bytes())?,
                Err(_) => return Err(raise!(OverflowError, "int too large to pickle")),
            },
        }
        self.put(&encoded)
    }

    fn save_float(&self, object: Borrowed<'_>) -> PyResult<()> {
        let value = float::value(object).unwrap_or(0.0);
        if self.is_binary() {
            return self.coded(BINFLOAT, &value.to_be_bytes());
        }
        self.put(format!("F{}\n", numeric::float::repr(value)).as_bytes())
    }

    /// Writes the header of a byte string of `len` bytes and the bytes; long ones stand outside of frames.
    fn put_counted(&self, codes: [u8; 3], short: bool, content: &[u8], object: Option<Borrowed<'_>>) -> PyResult<()> {
        let [one, four, eight] = codes;
        let len = content.len();
        let mut header = [0u8; 9];
        let used = match (u8::try_from(len), u32::try_from(len)) {
            (Ok(len), _) if short => {
                header[..2].copy_from_slice(&[one, len]);
                2
            }
            (_, Ok(len)) if four != 0 => {
                header[0] = four;
                header[1..5].copy_from_slice(&len.to_le_bytes());
                5
            }
            _ if eight != 0 && self.proto >= 4 => {
                header[0] = eight;
                header[1..].copy_from_slice(&(len as u64).to_le_bytes());
                9
            }
            _ if one == SHORT_BINBYTES => {
                return Err(raise!(
                    OverflowError,
                    "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher"
                ));
            }
            _ => {
                return Err(raise!(OverflowError, "serializing a string larger than 4 GiB requires pickle protocol 4 or higher"));
            }
        };
        let header = header.get(..used).unwrap_or_default();
        if len >= FRAME_TARGET {
            return self.pickler.put_large(header, content, object);
        }
        self.put(header)?;
        self.put(content)
    }

    fn save_str(&self, object: Borrowed<'_>) -> PyResult<()> {
        if self.is_binary() {
            let codes = [SHORT_BINUNICODE, BINUNICODE, BINUNICODE8];
            match text::as_ascii(object) {
                Some(ascii) => self.put_counted(codes, self.proto >= 4, ascii.as_bytes(), None)?,
                None => self.put_counted(codes, self.proto >= 4, &text::to_wtf8(object), None)?,
            }
        } else {
            let mut line = vec![UNICODE];
            text::data(object).into_iter().flat_map(text::Data::iter).for_each(|code| push_escaped(&mut line, code));
            line.push(b'\n');
            self.put(&line)?;
        }
        self.memoize(object)
    }

    /// Bytes in the stream, without a number.
    pub fn put_bytes(&self, content: &[u8], object: Option<Borrowed<'_>>) -> PyResult<()> {
        self.put_counted([SHORT_BINBYTES, BINBYTES, BINBYTES8], true, content, object)
    }

    /// The content of a bytearray in the stream, without a number.
    pub fn put_bytearray(&self, content: &[u8], object: Option<Borrowed<'_>>) -> PyResult<()> {
        self.put_counted([0, 0, BYTEARRAY8], false, content, object)
    }

    fn save_bytes(&self, object: Borrowed<'_>) -> PyResult<()> {
        let content = bytes::value(object).unwrap_or_default();
        if self.proto >= 3 {
            self.put_bytes(content, Some(object))?;
            return self.memoize(object);
        }
        // Protocols of Python 2 have no bytes: a call rebuilds them.
        if content.is_empty() {
            let empty = tuple::empty();
            return self.save_reduce(&[core::BYTES.borrowed(), empty.b()], object);
        }
        let arguments = tuple::from_array([text::from_latin1(content)?, id!("latin1").to_ref()])?;
        let encode = held(&state().codecs_encode)?;
        self.save_reduce(&[encode.b(), arguments.b()], object)
    }
}

/// Escapes a code point of protocol 0's text lines.
fn push_escaped(line: &mut Vec<u8>, code: u32) {
    match code {
        0x1_0000.. => line.extend_from_slice(format!("\\U{code:08x}").as_bytes()),
        0x100.. | 0 | 0x0A | 0x0D | 0x1A | 0x5C => line.extend_from_slice(format!("\\u{code:04x}").as_bytes()),
        _ => line.push(code as u8),
    }
}

/// The shortest little-endian two's complement of an int; nothing for 0.
fn twos_complement(negative: bool, digits: &[u32]) -> PyResult<Vec<u8>> {
    let mut encoded = object::memory::vec_with_capacity(digits.len().saturating_mul(4).saturating_add(1))?;
    let (mut buffer, mut bits) = (0u64, 0);
    for digit in digits {
        buffer |= u64::from(*digit) << bits;
        bits += int::SHIFT;
        while bits >= 8 {
            encoded.push(buffer as u8);
            buffer >>= 8;
            bits -= 8;
        }
    }
    encoded.push(buffer as u8);
    while encoded.last() == Some(&0) {
        encoded.pop();
    }
    if encoded.last().is_some_and(|last| last & 0x80 != 0) {
        encoded.push(0);
    }
    if negative {
        let mut carry = true;
        for byte in &mut encoded {
            let (value, over) = (!*byte).overflowing_add(u8::from(carry));
            *byte = value;
            carry = over;
        }
        if let [.., before, 0xFF] = encoded.as_slice()
            && before & 0x80 != 0
        {
            encoded.pop();
        }
    }
    Ok(encoded)
}
