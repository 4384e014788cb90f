//! The reader: bytes to calls of a [`Builder`].

use super::{MAX_DEPTH, ReadError, tag};
use crate::code::{Code, Const, Int, Text};
use std::sync::Arc;

/// Where bytes come from: a slice, or a file that must not be read too far.
pub trait Input<E> {
    /// The next `count` bytes, or fewer at the end.
    fn take(&mut self, count: usize) -> Result<&[u8], E>;
}

impl<E> Input<E> for &[u8] {
    fn take(&mut self, count: usize) -> Result<&[u8], E> {
        let (head, tail) = self.split_at(count.min(self.len()));
        *self = tail;
        Ok(head)
    }
}

/// The fields of a code object in a [`Builder`]'s values.
pub struct CodeParts<V> {
    pub argcount: i32,
    pub posonlyargcount: i32,
    pub kwonlyargcount: i32,
    pub stacksize: i32,
    pub flags: i32,
    pub firstlineno: i32,
    pub code: V,
    pub consts: V,
    pub names: V,
    pub localsplusnames: V,
    pub localspluskinds: V,
    pub filename: V,
    pub name: V,
    pub qualname: V,
    pub linetable: V,
    pub exceptiontable: V,
}

/// Makes values of what the reader finds.
pub trait Builder {
    type Value: Clone;
    type Error: From<ReadError>;

    fn none(&mut self) -> Self::Value;
    fn bool(&mut self, value: bool) -> Self::Value;
    fn ellipsis(&mut self) -> Self::Value;
    fn stop_iteration(&mut self) -> Result<Self::Value, Self::Error>;
    fn int(&mut self, value: i64) -> Result<Self::Value, Self::Error>;
    /// Sign and little-endian digits of 30 bits, normalised.
    fn big_int(&mut self, negative: bool, digits: &[u32]) -> Result<Self::Value, Self::Error>;
    fn float(&mut self, value: f64) -> Result<Self::Value, Self::Error>;
    fn complex(&mut self, real: f64, imag: f64) -> Result<Self::Value, Self::Error>;
    fn bytes(&mut self, value: &[u8]) -> Result<Self::Value, Self::Error>;
    /// UTF-8 with surrogates passed through (`surrogatepass`); the builder checks it. `ascii` vouches for the text.
    fn text(&mut self, value: &[u8], ascii: bool, interned: bool) -> Result<Self::Value, Self::Error>;
    fn tuple(&mut self, items: Vec<Self::Value>) -> Result<Self::Value, Self::Error>;
    /// A tuple that may be referred to before it is full, where the builder has such.
    fn new_tuple(&mut self, count: usize) -> Result<Option<Self::Value>, Self::Error> {
        let _ = count;
        Ok(None)
    }
    /// Fills a place of what [`Builder::new_tuple`] gave.
    fn tuple_set(&mut self, tuple: &Self::Value, index: usize, item: Self::Value) -> Result<(), Self::Error> {
        let _ = (tuple, index, item);
        Ok(())
    }
    fn frozenset(&mut self, items: Vec<Self::Value>) -> Result<Self::Value, Self::Error>;
    fn slice(&mut self, start: Self::Value, stop: Self::Value, step: Self::Value) -> Result<Self::Value, Self::Error>;
    fn code(&mut self, parts: CodeParts<Self::Value>) -> Result<Self::Value, Self::Error>;
    /// An empty list, set or dictionary; it may be referred to before it is full.
    fn new_list(&mut self) -> Result<Self::Value, Self::Error>;
    fn new_set(&mut self) -> Result<Self::Value, Self::Error>;
    fn new_dict(&mut self) -> Result<Self::Value, Self::Error>;
    fn list_append(&mut self, list: &Self::Value, item: Self::Value) -> Result<(), Self::Error>;
    fn set_add(&mut self, set: &Self::Value, item: Self::Value) -> Result<(), Self::Error>;
    fn dict_set(&mut self, dict: &Self::Value, key: Self::Value, value: Self::Value) -> Result<(), Self::Error>;
}

/// What the reader accepts.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub allow_code: bool,
    /// Lowest address that the native stack may reach; 0 for a megabyte from here.
    pub stack_limit: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { allow_code: true, stack_limit: 0 }
    }
}

/// Reads one value.
pub fn read<B: Builder>(input: &mut dyn Input<B::Error>, builder: &mut B, options: Options) -> Result<B::Value, B::Error> {
    let here = 0u8;
    let stack_limit = match options.stack_limit {
        0 => (&raw const here).addr().saturating_sub(STACK_BUDGET),
        limit => limit,
    };
    let mut reader = Reader { input, builder, refs: Vec::new(), depth: 0, stack_limit, options };
    reader.value("object")
}

/// Native stack that nesting may use, in bytes: optimised code reaches [`MAX_DEPTH`] well within it.
const STACK_BUDGET: usize = 1 << 20;

struct Reader<'a, B: Builder> {
    input: &'a mut dyn Input<B::Error>,
    builder: &'a mut B,
    /// `None` while the value is under construction.
    refs: Vec<Option<B::Value>>,
    depth: usize,
    /// Lowest address that the native stack may reach.
    stack_limit: usize,
    options: Options,
}

type Result1<B> = Result<<B as Builder>::Value, <B as Builder>::Error>;

impl<B: Builder> Reader<'_, B> {
    fn exact(&mut self, count: usize) -> Result<&[u8], B::Error> {
        let bytes = self.input.take(count)?;
        if bytes.len() < count { Err(ReadError::TooShort.into()) } else { Ok(bytes) }
    }

    fn byte(&mut self) -> Result<u8, B::Error> {
        Ok(self.exact(1)?.first().copied().unwrap_or(0))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], B::Error> {
        let mut out = [0; N];
        out.copy_from_slice(self.exact(N)?);
        Ok(out)
    }

    fn i32(&mut self) -> Result<i32, B::Error> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    fn f64(&mut self) -> Result<f64, B::Error> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    fn size(&mut self, what: &'static str) -> Result<usize, B::Error> {
        usize::try_from(self.i32()?).map_err(|_| ReadError::Bad(what).into())
    }

    fn text_float(&mut self) -> Result<f64, B::Error> {
        let count = usize::from(self.byte()?);
        let bytes = self.exact(count)?;
        std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| ReadError::Bad("could not convert string to float").into())
    }

    /// One value where null is not allowed; `place` names the container in the error.
    fn value(&mut self, place: &'static str) -> Result1<B> {
        match self.maybe_null()? {
            Some(value) => Ok(value),
            None => Err(ReadError::Null(place).into()),
        }
    }

    fn maybe_null(&mut self) -> Result<Option<B::Value>, B::Error> {
        let first = self.input.take(1)?.first().copied().ok_or(ReadError::Eof)?;
        let here = 0u8;
        if self.depth >= MAX_DEPTH || (&raw const here).addr() < self.stack_limit {
            return Err(ReadError::Depth.into());
        }
        self.depth += 1;
        let flagged = first & tag::FLAG_REF != 0;
        let result = match first & !tag::FLAG_REF {
            tag::NULL => Ok(None),
            code @ (tag::TUPLE | tag::SMALL_TUPLE | tag::LIST | tag::SET | tag::FROZENSET | tag::DICT | tag::SLICE) => {
                self.container(code, flagged).map(Some)
            }
            tag::CODE => self.code(flagged).map(Some),
            code => self.leaf(code, flagged).map(Some),
        };
        self.depth -= 1;
        result
    }

    #[inline(never)]
    fn leaf(&mut self, code: u8, flagged: bool) -> Result1<B> {
        let value = match code {
            tag::NONE => return Ok(self.builder.none()),
            tag::FALSE => return Ok(self.builder.bool(false)),
            tag::TRUE => return Ok(self.builder.bool(true)),
            tag::ELLIPSIS => return Ok(self.builder.ellipsis()),
            tag::STOPITER => return self.builder.stop_iteration(),
            tag::REF => {
                let index = self.i32()?;
                let value = usize::try_from(index).ok().and_then(|at| self.refs.get(at)).cloned().flatten();
                return value.ok_or_else(|| ReadError::Bad("invalid reference").into());
            }
            tag::INT => {
                let value = self.i32()?;
                self.builder.int(i64::from(value))?
            }
            tag::INT64 => {
                let value = i64::from_le_bytes(self.array()?);
                self.builder.int(value)?
            }
            tag::LONG => self.long()?,
            tag::BINARY_FLOAT => {
                let value = self.f64()?;
                self.builder.float(value)?
            }
            tag::FLOAT => {
                let value = self.text_float()?;
                self.builder.float(value)?
            }
            tag::BINARY_COMPLEX => {
                let (real, imag) = (self.f64()?, self.f64()?);
                self.builder.complex(real, imag)?
            }
            tag::COMPLEX => {
                let (real, imag) = (self.text_float()?, self.text_float()?);
                self.builder.complex(real, imag)?
            }
            tag::STRING => {
                let count = self.size("bytes object size out of range")?;
                let bytes = exact(self.input, count)?;
                self.builder.bytes(bytes)?
            }
            tag::UNICODE | tag::INTERNED | tag::ASCII | tag::ASCII_INTERNED => {
                let count = self.size("string size out of range")?;
                let ascii = matches!(code, tag::ASCII | tag::ASCII_INTERNED);
                let interned = matches!(code, tag::INTERNED | tag::ASCII_INTERNED);
                let bytes = exact(self.input, count)?;
                self.builder.text(bytes, ascii, interned)?
            }
            tag::SHORT_ASCII | tag::SHORT_ASCII_INTERNED => {
                let count = usize::from(self.byte()?);
                let bytes = exact(self.input, count)?;
                self.builder.text(bytes, true, code == tag::SHORT_ASCII_INTERNED)?
            }
            _ => return Err(ReadError::Bad("unknown type code").into()),
        };
        if flagged {
            self.refs.push(Some(value.clone()));
        }
        Ok(value)
    }

    fn long(&mut self) -> Result1<B> {
        let count = self.i32()?;
        if count == i32::MIN {
            return Err(ReadError::Bad("long size out of range").into());
        }
        let short = usize::try_from(count.unsigned_abs()).unwrap_or(0);
        let bytes = exact(self.input, short.saturating_mul(2))?;
        let mut digits: Vec<u32> = Vec::new();
        digits.try_reserve(short.div_ceil(2)).map_err(|_| ReadError::Memory)?;
        let mut last = 1;
        for pair in bytes.chunks(4) {
            let mut digit = 0;
            for (index, half) in pair.chunks_exact(2).enumerate() {
                last = half.iter().rev().fold(0u32, |acc, b| (acc << 8) | u32::from(*b));
                if last > 0x7fff {
                    return Err(ReadError::Bad("digit out of range in long").into());
                }
                digit |= if index == 0 { last } else { last << 15 };
            }
            digits.push(digit);
        }
        if last == 0 {
            return Err(ReadError::Bad("unnormalized long data").into());
        }
        self.builder.big_int(count < 0, &digits)
    }

    fn container(&mut self, code: u8, flagged: bool) -> Result1<B> {
        let (what, place) = match code {
            tag::TUPLE | tag::SMALL_TUPLE => ("tuple size out of range", "tuple"),
            tag::LIST => ("list size out of range", "list"),
            tag::SET | tag::FROZENSET => ("set size out of range", "set"),
            tag::SLICE => ("", "slice"),
            _ => ("", "dict"),
        };
        let count = match code {
            tag::SMALL_TUPLE => usize::from(self.byte()?),
            tag::SLICE | tag::DICT => 3,
            _ => self.size(what)?,
        };
        let shared = match code {
            tag::LIST => Some(self.builder.new_list()?),
            tag::SET => Some(self.builder.new_set()?),
            tag::DICT => Some(self.builder.new_dict()?),
            // Each item takes a byte at least: a size that the input cannot hold is not believed.
            tag::TUPLE | tag::SMALL_TUPLE if flagged && count <= 255 => self.builder.new_tuple(count)?,
            _ => None,
        };
        let reserved = flagged.then(|| {
            self.refs.push(shared.clone());
            self.refs.len() - 1
        });
        if let Some(value) = shared {
            self.fill(code, &value, count, place)?;
            return Ok(value);
        }
        let mut items: Vec<B::Value> = Vec::new();
        items.try_reserve(count.min(4096)).map_err(|_| ReadError::Memory)?;
        for _ in 0..count {
            let item = self.value(place)?;
            items.try_reserve(1).map_err(|_| ReadError::Memory)?;
            items.push(item);
        }
        let value = match code {
            tag::FROZENSET => self.builder.frozenset(items)?,
            tag::SLICE => {
                let mut parts = items.into_iter();
                match (parts.next(), parts.next(), parts.next()) {
                    (Some(start), Some(stop), Some(step)) => self.builder.slice(start, stop, step)?,
                    _ => return Err(ReadError::Null(place).into()),
                }
            }
            _ => self.builder.tuple(items)?,
        };
        self.resolve(reserved, &value);
        Ok(value)
    }

    fn resolve(&mut self, reserved: Option<usize>, value: &B::Value) {
        if let Some(slot) = reserved.and_then(|at| self.refs.get_mut(at)) {
            *slot = Some(value.clone());
        }
    }

    fn fill(&mut self, code: u8, value: &B::Value, count: usize, place: &'static str) -> Result<(), B::Error> {
        if code == tag::DICT {
            while let Some(key) = self.maybe_null()? {
                let Some(item) = self.maybe_null()? else { break };
                self.builder.dict_set(value, key, item)?;
            }
            return Ok(());
        }
        for index in 0..count {
            let item = self.value(place)?;
            match code {
                tag::LIST => self.builder.list_append(value, item)?,
                tag::TUPLE | tag::SMALL_TUPLE => self.builder.tuple_set(value, index, item)?,
                _ => self.builder.set_add(value, item)?,
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn code(&mut self, flagged: bool) -> Result1<B> {
        if !self.options.allow_code {
            return Err(ReadError::CodeDisallowed.into());
        }
        let reserved = flagged.then(|| {
            self.refs.push(None);
            self.refs.len() - 1
        });
        let place = "code object";
        let parts = CodeParts {
            argcount: self.i32()?,
            posonlyargcount: self.i32()?,
            kwonlyargcount: self.i32()?,
            stacksize: self.i32()?,
            flags: self.i32()?,
            code: self.value(place)?,
            consts: self.value(place)?,
            names: self.value(place)?,
            localsplusnames: self.value(place)?,
            localspluskinds: self.value(place)?,
            filename: self.value(place)?,
            name: self.value(place)?,
            qualname: self.value(place)?,
            firstlineno: self.i32()?,
            linetable: self.value(place)?,
            exceptiontable: self.value(place)?,
        };
        let value = self.builder.code(parts)?;
        self.resolve(reserved, &value);
        Ok(value)
    }
}

fn exact<E: From<ReadError>>(input: &mut dyn Input<E>, count: usize) -> Result<&[u8], E> {
    let bytes = input.take(count)?;
    if bytes.len() < count { Err(ReadError::TooShort.into()) } else { Ok(bytes) }
}

/// Builds [`Const`]s; values that no code object holds are refused.
#[derive(Default)]
pub struct ConstBuilder;

const NO_CONSTANT: ReadError = ReadError::Bad("not a constant of a code object");

impl Builder for ConstBuilder {
    type Value = Const;
    type Error = ReadError;

    fn none(&mut self) -> Const {
        Const::None
    }

    fn bool(&mut self, value: bool) -> Const {
        Const::bool(value)
    }

    fn ellipsis(&mut self) -> Const {
        Const::Ellipsis
    }

    fn stop_iteration(&mut self) -> Result<Const, ReadError> {
        Err(NO_CONSTANT)
    }

    fn int(&mut self, value: i64) -> Result<Const, ReadError> {
        Ok(Const::int(value))
    }

    fn big_int(&mut self, negative: bool, digits: &[u32]) -> Result<Const, ReadError> {
        Ok(Const::Int(Int::from_digits(negative, digits)))
    }

    fn float(&mut self, value: f64) -> Result<Const, ReadError> {
        Ok(Const::Float(value))
    }

    fn complex(&mut self, real: f64, imag: f64) -> Result<Const, ReadError> {
        Ok(Const::Complex { real, imag })
    }

    fn bytes(&mut self, value: &[u8]) -> Result<Const, ReadError> {
        Ok(Const::Bytes(value.into()))
    }

    fn text(&mut self, value: &[u8], _ascii: bool, _interned: bool) -> Result<Const, ReadError> {
        Ok(Const::Str(Text::from_wtf8(value)))
    }

    fn tuple(&mut self, items: Vec<Const>) -> Result<Const, ReadError> {
        Ok(Const::tuple(items))
    }

    fn frozenset(&mut self, items: Vec<Const>) -> Result<Const, ReadError> {
        Ok(Const::FrozenSet(items.into()))
    }

    fn slice(&mut self, start: Const, stop: Const, step: Const) -> Result<Const, ReadError> {
        Ok(Const::Slice(Arc::new([start, stop, step])))
    }

    fn code(&mut self, parts: CodeParts<Const>) -> Result<Const, ReadError> {
        let unsigned = |value: i32| u32::try_from(value).map_err(|_| ReadError::Bad("code field out of range"));
        Ok(Const::Code(Arc::new(Code {
            argcount: unsigned(parts.argcount)?,
            posonlyargcount: unsigned(parts.posonlyargcount)?,
            kwonlyargcount: unsigned(parts.kwonlyargcount)?,
            stacksize: unsigned(parts.stacksize)?,
            flags: unsigned(parts.flags)?,
            code: bytes(parts.code)?,
            consts: items(parts.consts)?.to_vec(),
            names: texts(parts.names)?,
            localsplusnames: texts(parts.localsplusnames)?,
            localspluskinds: bytes(parts.localspluskinds)?,
            filename: text(parts.filename)?,
            name: text(parts.name)?,
            qualname: text(parts.qualname)?,
            firstlineno: parts.firstlineno,
            linetable: bytes(parts.linetable)?,
            exceptiontable: bytes(parts.exceptiontable)?,
        })))
    }

    fn new_list(&mut self) -> Result<Const, ReadError> {
        Err(NO_CONSTANT)
    }

    fn new_set(&mut self) -> Result<Const, ReadError> {
        Err(NO_CONSTANT)
    }

    fn new_dict(&mut self) -> Result<Const, ReadError> {
        Err(NO_CONSTANT)
    }

    fn list_append(&mut self, _list: &Const, _item: Const) -> Result<(), ReadError> {
        Err(NO_CONSTANT)
    }

    fn set_add(&mut self, _set: &Const, _item: Const) -> Result<(), ReadError> {
        Err(NO_CONSTANT)
    }

    fn dict_set(&mut self, _dict: &Const, _key: Const, _value: Const) -> Result<(), ReadError> {
        Err(NO_CONSTANT)
    }
}

const BAD_FIELD: ReadError = ReadError::Bad("code field has a wrong type");

fn bytes(value: Const) -> Result<Vec<u8>, ReadError> {
    if let Const::Bytes(bytes) = value { Ok(bytes.to_vec()) } else { Err(BAD_FIELD) }
}

fn text(value: Const) -> Result<Text, ReadError> {
    if let Const::Str(text) = value { Ok(text) } else { Err(BAD_FIELD) }
}

fn items(value: Const) -> Result<Arc<[Const]>, ReadError> {
    if let Const::Tuple(items) = value { Ok(items) } else { Err(BAD_FIELD) }
}

fn texts(value: Const) -> Result<Vec<Text>, ReadError> {
    items(value)?.iter().cloned().map(text).collect()
}

/// Reads one constant or code object.
pub fn read_const(mut bytes: &[u8], options: Options) -> Result<Const, ReadError> {
    read(&mut bytes, &mut ConstBuilder, options)
}
