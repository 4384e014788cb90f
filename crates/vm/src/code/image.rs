//! Code of the embedded library: headers at once, tables when they are asked for.

use super::{Code, Origin, build};
use bytecode::image::{Constant, Constants, Image, Sequence};
use object::value::{bytes, float, int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, core, hooks, raise, recursion, thread};
use std::cell::{Cell, OnceCell};
use std::sync::OnceLock;

/// A function of the embedded image.
pub type Function = bytecode::image::Function<'static>;

static IMAGE: OnceLock<Image<'static>> = OnceLock::new();

fn image() -> &'static Image<'static> {
    IMAGE.get_or_init(|| Image::new(pylib::image()))
}

/// The interned strings of the image that were made so far, by number, in chunks that are made when one of them is needed.
struct Names(Vec<OnceCell<Box<[OptRef]>>>);

const CHUNK: usize = 256;

impl Default for Names {
    fn default() -> Self {
        Names(std::iter::repeat_with(OnceCell::new).take(image().name_count().div_ceil(CHUNK)).collect())
    }
}

impl Names {
    fn slot(&self, index: usize) -> Option<&OptRef> {
        let chunk = self.0.get(index / CHUNK)?;
        let chunk = chunk.get_or_init(|| std::iter::repeat_with(OptRef::none).take(CHUNK).collect());
        chunk.get(index % CHUNK)
    }
}

/// The object of a text.
fn text_object(number: u32) -> PyResult<Ref> {
    let Some(index) = Image::name_index(number) else {
        let (content, ascii) = image().text(number);
        return if ascii { text::from_ascii(content) } else { text::from_wtf8(content) };
    };
    let slot = thread::current().interpreter().shared.get::<Names>().slot(index);
    if let Some(found) = slot.and_then(OptRef::get) {
        return Ok(found);
    }
    let (content, ascii) = image().text(number);
    let object = if ascii {
        // SAFETY: ASCII is UTF-8, and of the texts in our own image the flag is true.
        (hooks::get().intern)(unsafe { std::str::from_utf8_unchecked(content) })
    } else {
        match std::str::from_utf8(content) {
            Ok(content) => (hooks::get().intern)(content),
            Err(_) => text::from_wtf8(content)?,
        }
    };
    if let Some(slot) = slot {
        slot.set(Some(object.clone()));
    }
    Ok(object)
}

fn texts(sequence: Sequence<'_>) -> PyResult<Ref> {
    let Some(count) = sequence.size_hint().1.filter(|count| *count > 0) else { return Ok(tuple::empty()) };
    let mut made = tuple::Builder::new(count)?;
    for number in sequence {
        made.push(text_object(number)?);
    }
    Ok(made.finish())
}

fn damaged() -> object::Raised {
    raise!(SystemError, "the image of the library is damaged")
}

/// The next object of a stream of constants.
fn constant(stream: &mut Constants<'_>, filename: Borrowed<'_>) -> PyResult<Ref> {
    recursion::check(" while building constants")?;
    Ok(match stream.next().ok_or_else(damaged)? {
        Constant::None => core::none_ref(),
        Constant::True => core::true_().to_ref(),
        Constant::False => core::false_().to_ref(),
        Constant::Ellipsis => core::ellipsis().to_ref(),
        Constant::Int(value) => int::new(value)?,
        Constant::Big { negative, digits } => int::from_digits(negative, &digits)?,
        Constant::Float(value) => float::new(value)?,
        Constant::Complex { real, imag } => core::COMPLEX.call(&[float::new(real)?.b(), float::new(imag)?.b()])?,
        Constant::Text(number) => text_object(number)?,
        Constant::Bytes(content) => bytes::new(content)?,
        Constant::Tuple(count) => constants(stream, count, filename)?,
        Constant::FrozenSet(count) => core::FROZENSET.call1(constants(stream, count, filename)?.b())?,
        Constant::Slice => {
            let parts = [constant(stream, filename)?, constant(stream, filename)?, constant(stream, filename)?];
            core::SLICE.call(&parts.each_ref().map(Ref::b))?
        }
        Constant::Code(number) => code(number, filename)?.upcast(),
    })
}

fn constants(stream: &mut Constants<'_>, count: usize, filename: Borrowed<'_>) -> PyResult<Ref> {
    if count == 0 {
        return Ok(tuple::empty());
    }
    let mut made = tuple::Builder::new(count)?;
    for _ in 0..count {
        made.push(constant(stream, filename)?);
    }
    Ok(made.finish())
}

/// The code object of a function of the image, which says that it is from this file. Its tables are not made yet.
pub fn code(number: u32, filename: Borrowed<'_>) -> PyResult<Ref<Code>> {
    let function = image().function(number).ok_or_else(damaged)?;
    let number_of = |count: u16| Cell::new(i32::from(count));
    let name = text_object(function.name())?;
    let qualname = if function.qualname() == function.name() { name.clone() } else { text_object(function.qualname())? };
    let flags = function.flags();
    let (kwonly, stacksize) = (i32::from(function.kwonlyargcount()), i32::from(function.stacksize()).max(1));
    let units = (function.code().len() / 2).cast_signed();
    let code = Code {
        header: abi::PyVarObject { ob_size: Cell::new(units), ..<abi::PyVarObject as abi::CStruct>::ZERO },
        flags: Cell::new(flags.cast_signed()),
        argcount: number_of(function.argcount()),
        posonlyargcount: number_of(function.posonlyargcount()),
        kwonlyargcount: Cell::new(kwonly),
        stacksize: Cell::new(stacksize),
        firstlineno: Cell::new(function.firstlineno()),
        nlocalsplus: number_of(function.nlocalsplus()),
        framesize: Cell::new(build::framesize(i32::from(function.nlocalsplus()), stacksize)?),
        nlocals: number_of(function.nlocals()),
        ncellvars: number_of(function.ncellvars()),
        nfreevars: number_of(function.nfreevars()),
        version: Cell::new(build::next_version()),
        filename: OptRef::new(Some(filename.to_ref())),
        name: OptRef::new(Some(name)),
        qualname: OptRef::new(Some(qualname)),
        origin: Cell::new(Origin::Image(number)),
        shape: Cell::new(build::shape_of(flags, kwonly)),
        ..build::blank()
    };
    let code = object::memory::new_instance(Code::type_object(), code)?;
    builtins::watch::code_event(builtins::watch::CodeEvent::Create, object::as_object(&*code).borrowed());
    Ok(code)
}

impl Code {
    /// Where its tables stand, if it is code of the embedded library.
    #[inline]
    pub(super) fn in_image(&self) -> Option<Function> {
        match self.origin.get() {
            Origin::Image(number) => image().function(number),
            _ => None,
        }
    }

    /// A field, made from the image if it is not there yet.
    fn lazily(&self, field: &OptRef, make: impl FnOnce(Function) -> PyResult<Ref>) -> PyResult<Ref> {
        if let Some(made) = field.get() {
            return Ok(made);
        }
        let Some(function) = self.in_image() else { return Ok(core::none_ref()) };
        let made = make(function)?;
        if field.is_none() {
            field.set(Some(made));
        }
        Ok(field.get().unwrap_or_else(core::none_ref))
    }

    /// `co_consts`.
    pub fn consts_object(&self) -> PyResult<Ref> {
        self.lazily(&self.consts, |function| {
            constants(&mut function.constants(), function.constant_count(), self.filename_object())
        })
    }

    /// `co_names`.
    pub fn names_object(&self) -> PyResult<Ref> {
        self.lazily(&self.names, |function| texts(function.names()))
    }

    /// The names of all fast locals, as a tuple.
    pub fn localsplusnames_object(&self) -> PyResult<Ref> {
        self.lazily(&self.localsplusnames, |function| texts(function.localsplusnames()))
    }

    /// The kinds of all fast locals, as bytes.
    pub fn localspluskinds_object(&self) -> PyResult<Ref> {
        self.lazily(&self.localspluskinds, |function| bytes::new(function.localspluskinds()))
    }

    /// `co_code`.
    pub fn code_object(&self) -> PyResult<Ref> {
        self.lazily(&self.code, |function| bytes::new(function.code()))
    }

    /// `co_linetable`.
    pub fn linetable_object(&self) -> PyResult<Ref> {
        self.lazily(&self.linetable, |function| bytes::new(function.linetable()))
    }

    /// `co_exceptiontable`.
    pub fn exceptiontable_object(&self) -> PyResult<Ref> {
        self.lazily(&self.exceptiontable, |function| bytes::new(function.exceptiontable()))
    }

    /// The docstring, without the other constants; None where there is none.
    pub fn docstring(&self) -> PyResult<Ref> {
        if !self.has_flag(bytecode::flags::CO_HAS_DOCSTRING) {
            return Ok(core::none_ref());
        }
        if self.consts.is_none()
            && let Some(function) = self.in_image()
        {
            return constant(&mut function.constants(), self.filename_object());
        }
        Ok(self.consts().first().map_or_else(core::none_ref, |doc| doc.to_ref()))
    }
}
