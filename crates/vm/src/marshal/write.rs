//! `marshal.dump` and `dumps`: objects in the format.

use bytecode::marshal::{MAX_DEPTH, Output, WriteError, tag};
use object::protocol::buffer::Buffer;
use object::value::{bytes, float, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, exc, id, raise};

enum Failure {
    Raised(Raised),
    Format(WriteError),
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Failure::Format(error)
    }
}

impl From<Raised> for Failure {
    fn from(raised: Raised) -> Self {
        Failure::Raised(raised)
    }
}

pub(super) fn dump(value: Borrowed<'_>, version: i32, allow_code: bool) -> PyResult<Vec<u8>> {
    let mut content = Vec::new();
    let mut writer =
        Writer { out: Output::new(&mut content, version), seen: Seen::default(), alive: Vec::new(), depth: 0, allow_code };
    match writer.value(value) {
        Ok(()) => Ok(content),
        Err(Failure::Raised(raised)) => Err(raised),
        Err(Failure::Format(error)) => Err(raise!(ValueError, "{}", error.message())),
    }
}

struct Writer<'a> {
    out: Output<'a>,
    seen: Seen,
    /// Keeps objects in `seen` from dying, so that an address stands for one object.
    alive: Vec<Ref>,
    depth: usize,
    allow_code: bool,
}

type Written = Result<(), Failure>;

impl Writer<'_> {
    fn value(&mut self, value: Borrowed<'_>) -> Written {
        if self.depth >= MAX_DEPTH {
            return Err(WriteError::Depth.into());
        }
        // Most values are text and bytes, which hold nothing.
        let class = value.class();
        if class.is_type(&core::STR) {
            return match self.reference(value, false)? {
                Some(flag) => self.text(value, flag),
                None => Ok(()),
            };
        }
        if class.is_type(&core::BYTES) {
            if let Some(flag) = self.reference(value, false)? {
                self.out.bytes(bytes::value(value).unwrap_or_default(), flag)?;
            }
            return Ok(());
        }
        object::recursion::check(" while marshalling")?;
        self.depth += 1;
        let result = self.singleton_or_object(value);
        self.depth -= 1;
        result
    }

    fn singleton_or_object(&mut self, value: Borrowed<'_>) -> Written {
        for (singleton, code) in [
            (core::none(), tag::NONE),
            (core::true_(), tag::TRUE),
            (core::false_(), tag::FALSE),
            (core::ellipsis(), tag::ELLIPSIS),
            (exc::StopIteration.borrowed(), tag::STOPITER),
        ] {
            if value.is(&singleton) {
                self.out.byte(code);
                return Ok(());
            }
        }
        let class = value.class();
        let made_at_once = class.is_type(&core::CODE) || class.is_type(&core::SLICE) || class.is_type(&core::FROZENSET);
        let Some(flag) = self.reference(value, made_at_once)? else { return Ok(()) };
        self.object(value, flag)?;
        if flag != 0 && made_at_once {
            self.seen.complete(value.ptr().addr());
        }
        Ok(())
    }

    /// Writes a reference to an object that was written before; else gives the flag for its type byte. What is made at once cannot be
    /// referred to before it is complete.
    #[inline]
    fn reference(&mut self, value: Borrowed<'_>, made_at_once: bool) -> Result<Option<u8>, Failure> {
        // An object with one reference cannot occur again, unless it is interned.
        if self.out.version() < 3 || value.refcount() == 1 {
            return Ok(Some(0));
        }
        match self.seen.number(value.ptr().addr(), made_at_once) {
            Number::Old(index) => {
                self.out.reference(index)?;
                Ok(None)
            }
            Number::Incomplete => Err(WriteError::Unmarshallable.into()),
            Number::New => {
                self.alive.push(value.to_ref());
                Ok(Some(tag::FLAG_REF))
            }
        }
    }

    fn text(&mut self, value: Borrowed<'_>, flag: u8) -> Written {
        let interned = builtins::str_::intern::is_interned(value);
        match text::as_ascii(value) {
            Some(ascii) => self.out.known_text(ascii.as_bytes(), true, interned, flag)?,
            None => self.out.text(&text::to_wtf8(value), interned, flag)?,
        }
        Ok(())
    }

    fn object(&mut self, value: Borrowed<'_>, flag: u8) -> Written {
        let class = value.class();
        if class.is_type(&core::INT) {
            let (negative, digits) = int::digits(value).unwrap_or((false, &[]));
            self.out.int(negative, digits, flag)?;
        } else if class.is_type(&core::FLOAT) {
            let shown = if self.out.version() > 1 { String::new() } else { value.repr_text()? };
            self.out.float(float::value(value).unwrap_or(0.0), || shown, flag)?;
        } else if class.is_type(&core::COMPLEX) {
            self.complex(value, flag)?;
        } else if class.is_type(&core::BYTES) {
            self.out.bytes(bytes::value(value).unwrap_or_default(), flag)?;
        } else if class.is_type(&core::STR) {
            self.text(value, flag)?;
        } else if class.is_type(&core::TUPLE) {
            let items = tuple::items(value).unwrap_or_default();
            self.out.tuple_header(items.len(), flag)?;
            for item in items {
                self.value(*item)?;
            }
        } else if class.is_type(&core::LIST) {
            self.sequence(tag::LIST, value.to_vec()?, flag)?;
        } else if class.is_type(&core::DICT) {
            self.dict(value, flag)?;
        } else if class.is_type(&core::SET) || class.is_type(&core::FROZENSET) {
            let code = if class.is_type(&core::SET) { tag::SET } else { tag::FROZENSET };
            let size = value.len()?;
            let items = self.sorted_by_content(value, size)?;
            self.sequence(code, items, flag)?;
            same_size(value, size)?;
        } else if class.is_type(&core::CODE) {
            self.code(value, flag)?;
        } else if class.is_type(&core::SLICE) && self.out.version() >= 5 {
            self.out.byte(tag::SLICE | flag);
            for name in [id!("start"), id!("stop"), id!("step")] {
                self.value(value.getattr(name)?.b())?;
            }
        } else if value.has_buffer() {
            let content = match Buffer::readable(value) {
                Ok(buffer) => buffer.bytes().to_vec(),
                Err(raised) => {
                    raised.clear();
                    return Err(WriteError::Unmarshallable.into());
                }
            };
            self.out.bytes(&content, flag)?;
        } else {
            return Err(WriteError::Unmarshallable.into());
        }
        Ok(())
    }

    fn complex(&mut self, value: Borrowed<'_>, flag: u8) -> Written {
        let part = |name| value.getattr(name);
        let (real, imag) = (part(id!("real"))?, part(id!("imag"))?);
        let binary = self.out.version() > 1;
        self.out.byte(if binary { tag::BINARY_COMPLEX } else { tag::COMPLEX } | flag);
        for part in [real, imag] {
            if binary {
                self.out.raw(&float::value(part.b()).unwrap_or(0.0).to_le_bytes());
            } else {
                let shown = part.repr_text()?;
                self.out.byte(u8::try_from(shown.len()).map_err(|_| WriteError::Unmarshallable)?);
                self.out.raw(shown.as_bytes());
            }
        }
        Ok(())
    }

    fn sequence(&mut self, code: u8, items: Vec<Ref>, flag: u8) -> Written {
        self.out.byte(code | flag);
        self.out.size(items.len())?;
        items.iter().try_for_each(|item| self.value(item.b()))
    }

    fn dict(&mut self, dict: Borrowed<'_>, flag: u8) -> Written {
        self.out.byte(tag::DICT | flag);
        for (key, value) in (object::hooks::get().dict_items)(dict)? {
            self.value(key.b())?;
            self.value(value.b())?;
        }
        self.out.byte(tag::NULL);
        Ok(())
    }

    /// The items of a set in the order of their own marshalled bytes, so that equal sets give equal bytes.
    fn sorted_by_content(&mut self, set: Borrowed<'_>, size: usize) -> Result<Vec<Ref>, Failure> {
        let items = set.to_vec()?;
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            let mut content = Vec::new();
            let mut writer = Writer {
                out: Output::new(&mut content, self.out.version()),
                seen: Seen::default(),
                alive: Vec::new(),
                depth: self.depth,
                allow_code: self.allow_code,
            };
            writer.value(item.b())?;
            same_size(set, size)?;
            keyed.push((content, item));
        }
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(keyed.into_iter().map(|(_, item)| item).collect())
    }

    fn code(&mut self, code: Borrowed<'_>, flag: u8) -> Written {
        if !self.allow_code {
            return Err(WriteError::CodeDisallowed.into());
        }
        let typed = code.self_as::<crate::code::Code>();
        self.out.byte(tag::CODE | flag);
        for number in [&typed.argcount, &typed.posonlyargcount, &typed.kwonlyargcount, &typed.stacksize, &typed.flags] {
            self.out.i32(number.get());
        }
        self.value(typed.code_object()?.b())?;
        self.value(typed.consts_object()?.b())?;
        self.value(typed.names_object()?.b())?;
        self.value(typed.localsplusnames_object()?.b())?;
        self.value(typed.localspluskinds_object()?.b())?;
        for text in [typed.filename_object(), typed.name_object(), typed.qualname_object()] {
            self.value(text)?;
        }
        self.out.i32(typed.firstlineno.get());
        self.value(typed.linetable_object()?.b())?;
        self.value(typed.exceptiontable_object()?.b())
    }
}

/// The numbers of the objects that were written, by address, in an open table that is at most half full.
#[derive(Default)]
struct Seen {
    /// The address, or 0, and what is known of it.
    slots: Vec<(usize, Entry)>,
    count: usize,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    index: usize,
    /// It cannot be referred to yet.
    incomplete: bool,
}

/// What a table says of an object.
enum Number {
    Old(usize),
    Incomplete,
    New,
}

impl Seen {
    /// Slots of the smallest table.
    const SMALLEST: usize = 128;

    /// The number of the object at an address; a new one gets the next.
    #[inline]
    fn number(&mut self, address: usize, incomplete: bool) -> Number {
        if self.slots.len() <= self.count * 2 {
            self.grow();
        }
        let at = self.find(address);
        let index = self.count;
        match self.slots.get_mut(at) {
            Some(slot) if slot.0 != 0 => {
                if slot.1.incomplete {
                    Number::Incomplete
                } else {
                    Number::Old(slot.1.index)
                }
            }
            slot => {
                if let Some(slot) = slot {
                    *slot = (address, Entry { index, incomplete });
                    self.count += 1;
                }
                Number::New
            }
        }
    }

    /// From here on an object that is made at once may be referred to.
    fn complete(&mut self, address: usize) {
        let at = self.find(address);
        if let Some(slot) = self.slots.get_mut(at) {
            slot.1.incomplete = false;
        }
    }

    /// The slot of an address, or the empty one where it belongs.
    #[inline]
    fn find(&self, address: usize) -> usize {
        const FACTOR: usize = 0x9E37_79B9_7F4A_7C15;
        let mask = self.slots.len().wrapping_sub(1);
        // The upper half of the product is well mixed.
        let mut at = (address.wrapping_mul(FACTOR) >> (usize::BITS / 2)) & mask;
        while self.slots.get(at).is_some_and(|slot| slot.0 != 0 && slot.0 != address) {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(Self::SMALLEST);
        let old = std::mem::replace(&mut self.slots, vec![(0, Entry::default()); size]);
        for slot in old.into_iter().filter(|slot| slot.0 != 0) {
            let at = self.find(slot.0);
            if let Some(free) = self.slots.get_mut(at) {
                *free = slot;
            }
        }
    }
}

fn same_size(set: Borrowed<'_>, size: usize) -> PyResult<()> {
    if set.len()? == size { Ok(()) } else { Err(raise!(RuntimeError, "set changed size during iteration")) }
}
