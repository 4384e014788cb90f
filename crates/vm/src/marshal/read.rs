//! `marshal.load` and `loads`: the format's reader makes objects.

use crate::code::Origin;
use crate::code::build::{self, CodeFields};
use crate::lifecycle::support;
use bytecode::marshal::{Builder, CodeParts, Input, Options, ReadError, read};
use object::protocol::buffer::Buffer;
use object::value::{bytes, float, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, error, exc, id, raise};

/// What the reader's errors become: an exception that is set, or the format's own.
enum Failure {
    Raised(Raised),
    Format(ReadError),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Failure::Format(error)
    }
}

impl From<Raised> for Failure {
    fn from(raised: Raised) -> Self {
        Failure::Raised(raised)
    }
}

impl Failure {
    fn raise(self) -> Raised {
        let found = match self {
            Failure::Raised(raised) => return raised,
            Failure::Format(found) => found,
        };
        let message = found.message();
        match found {
            ReadError::Eof | ReadError::TooShort => raise!(EOFError, "{message}"),
            ReadError::Null(_) => raise!(TypeError, "{message}"),
            ReadError::Bad(_) | ReadError::Depth | ReadError::CodeDisallowed => raise!(ValueError, "{message}"),
            ReadError::Memory => error::no_memory(),
        }
    }
}

struct Slice<'a>(&'a [u8]);

impl Input<Failure> for Slice<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], Failure> {
        let (head, tail) = self.0.split_at(count.min(self.0.len()));
        self.0 = tail;
        Ok(head)
    }
}

/// A file object, of which no more bytes are read than the value has.
struct File<'a> {
    file: Borrowed<'a>,
    content: Vec<u8>,
}

impl Input<Failure> for File<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], Failure> {
        let block = core::BYTEARRAY.borrowed().call1(int::from_u64(count as u64)?.b())?;
        let view = core::MEMORYVIEW.borrowed().call1(block.b())?;
        let got = self.file.call_method(id!("readinto"), &[view.b()])?.as_isize()?;
        let Ok(got) = usize::try_from(got) else { return Err(ReadError::TooShort.into()) };
        if got > count {
            return Err(raise!(ValueError, "read() returned too much data: {count} bytes requested, {got} returned").into());
        }
        let buffer = Buffer::readable(block.b())?;
        self.content.clear();
        self.content.extend_from_slice(buffer.bytes().get(..got).unwrap_or_default());
        Ok(&self.content)
    }
}

fn options(allow_code: bool) -> Options {
    Options { allow_code, stack_limit: object::thread::current().stack_limit.get() }
}

pub(super) fn load(content: &[u8], allow_code: bool) -> PyResult<Ref> {
    read(&mut Slice(content), &mut Objects, options(allow_code)).map_err(Failure::raise)
}

pub(super) fn load_prefix(content: &[u8]) -> PyResult<(Ref, usize)> {
    let mut slice = Slice(content);
    let value = read(&mut slice, &mut Objects, options(true)).map_err(Failure::raise)?;
    Ok((value, content.len().saturating_sub(slice.0.len())))
}

pub(super) fn load_file(file: Borrowed<'_>, allow_code: bool) -> PyResult<Ref> {
    // A first read of nothing shows whether the file is a binary one.
    let probe = file.call_method(id!("read"), &[int::new(0)?.b()])?;
    if bytes::value(probe.b()).is_none() {
        let found = probe.class().tp_name();
        return Err(raise!(TypeError, "file.read() returned not bytes but {found}"));
    }
    read(&mut File { file, content: Vec::new() }, &mut Objects, options(allow_code)).map_err(Failure::raise)
}

struct Objects;

impl Builder for Objects {
    type Value = Ref;
    type Error = Failure;

    fn none(&mut self) -> Ref {
        core::none_ref()
    }

    fn bool(&mut self, value: bool) -> Ref {
        core::boolean(value).to_ref()
    }

    fn ellipsis(&mut self) -> Ref {
        core::ellipsis().to_ref()
    }

    fn stop_iteration(&mut self) -> Result<Ref, Failure> {
        Ok(exc::StopIteration.to_ref())
    }

    fn int(&mut self, value: i64) -> Result<Ref, Failure> {
        Ok(int::new(value)?)
    }

    fn big_int(&mut self, negative: bool, digits: &[u32]) -> Result<Ref, Failure> {
        Ok(int::from_digits(negative, digits)?)
    }

    fn float(&mut self, value: f64) -> Result<Ref, Failure> {
        Ok(float::new(value)?)
    }

    fn complex(&mut self, real: f64, imag: f64) -> Result<Ref, Failure> {
        let (real, imag) = (float::new(real)?, float::new(imag)?);
        Ok(core::COMPLEX.borrowed().call(&[real.b(), imag.b()])?)
    }

    fn bytes(&mut self, value: &[u8]) -> Result<Ref, Failure> {
        Ok(bytes::new(value)?)
    }

    fn text(&mut self, value: &[u8], ascii: bool, interned: bool) -> Result<Ref, Failure> {
        if interned && let Ok(plain) = std::str::from_utf8(value) {
            return Ok(support::intern(plain));
        }
        if ascii && value.is_ascii() {
            return Ok(text::from_ascii(value)?);
        }
        Ok(text::from_wtf8(value)?)
    }

    fn tuple(&mut self, items: Vec<Ref>) -> Result<Ref, Failure> {
        Ok(tuple::from_vec(items)?)
    }

    fn new_tuple(&mut self, count: usize) -> Result<Option<Ref>, Failure> {
        if count == 0 {
            return Ok(None);
        }
        // Whole at any time: hash and collector may come by before it has its items.
        Ok(Some(tuple::from_vec(vec![core::none_ref(); count])?))
    }

    fn tuple_set(&mut self, tuple: &Ref, index: usize, item: Ref) -> Result<(), Failure> {
        tuple::replace_item(tuple.b(), index, item);
        tuple::track_again(tuple.b());
        Ok(())
    }

    fn frozenset(&mut self, items: Vec<Ref>) -> Result<Ref, Failure> {
        Ok(core::FROZENSET.borrowed().call1(support::list(items)?.b())?)
    }

    fn slice(&mut self, start: Ref, stop: Ref, step: Ref) -> Result<Ref, Failure> {
        Ok(core::SLICE.borrowed().call(&[start.b(), stop.b(), step.b()])?)
    }

    fn code(&mut self, parts: CodeParts<Ref>) -> Result<Ref, Failure> {
        check(&parts)?;
        let code = build::new(CodeFields {
            argcount: parts.argcount,
            posonlyargcount: parts.posonlyargcount,
            kwonlyargcount: parts.kwonlyargcount,
            stacksize: parts.stacksize,
            flags: parts.flags,
            firstlineno: parts.firstlineno,
            code: parts.code,
            consts: parts.consts,
            names: parts.names,
            localsplusnames: parts.localsplusnames,
            localspluskinds: parts.localspluskinds,
            filename: parts.filename,
            name: parts.name,
            qualname: parts.qualname,
            linetable: parts.linetable,
            exceptiontable: parts.exceptiontable,
            origin: Origin::Foreign,
        })?;
        Ok(code.upcast())
    }

    fn new_list(&mut self) -> Result<Ref, Failure> {
        Ok(support::list(Vec::new())?)
    }

    fn new_set(&mut self) -> Result<Ref, Failure> {
        Ok(core::SET.borrowed().call0()?)
    }

    fn new_dict(&mut self) -> Result<Ref, Failure> {
        Ok(support::dict_new()?)
    }

    fn list_append(&mut self, list: &Ref, item: Ref) -> Result<(), Failure> {
        Ok(list.call_method(id!("append"), &[item.b()]).map(drop)?)
    }

    fn set_add(&mut self, set: &Ref, item: Ref) -> Result<(), Failure> {
        Ok(set.call_method(id!("add"), &[item.b()]).map(drop)?)
    }

    fn dict_set(&mut self, dict: &Ref, key: Ref, value: Ref) -> Result<(), Failure> {
        Ok(support::dict_set(dict.b(), key.b(), value.b())?)
    }
}

/// The fields of code must have their types before a code object is built from them.
fn check(parts: &CodeParts<Ref>) -> Result<(), Failure> {
    let is_bytes = |value: &Ref| bytes::exact(value);
    let is_text = |value: &Ref| text::check_exact(value);
    let is_tuple = |value: &Ref| value.class().is_type(&core::TUPLE);
    let names = |value: &Ref| tuple::items(value.b()).is_some_and(|items| items.iter().all(|item| text::check_exact(item)));
    let good = [&parts.code, &parts.localspluskinds, &parts.linetable, &parts.exceptiontable].into_iter().all(is_bytes)
        && [&parts.filename, &parts.name, &parts.qualname].into_iter().all(is_text)
        && is_tuple(&parts.consts)
        && [&parts.names, &parts.localsplusnames].into_iter().all(names);
    if good { Ok(()) } else { Err(raise!(TypeError, "bad argument type for built-in operation").into()) }
}
