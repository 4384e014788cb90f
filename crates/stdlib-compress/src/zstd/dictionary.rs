//! `ZstdDict`, and the ways in which streams load one.

use super::zstd_error;
use crate::{Bytes, header};
use compression::zstd::{Compress, CompressDictionary, Decompress, DecompressDictionary, Failure, dictionary_id};
use object::value::{bytes, int, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, memory, raise};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// Represents a Zstandard dictionary.
///
///   dict_content
///     The content of a Zstandard dictionary as a bytes-like object.
///   is_raw
///     If true, perform no checks on *dict_content*, useful for some
///     advanced cases. Otherwise, check that the content represents
///     a Zstandard dictionary created by the zstd library or CLI.
///
/// The dictionary can be used for compression or decompression, and can be
/// shared by multiple ZstdCompressor or ZstdDecompressor objects.
#[macros::pyclass(name = "ZstdDict", module = "compression.zstd", sig = "(dict_content, /, *, is_raw=False)")]
pub struct Dictionary {
    head: abi::PyObject,
    content: Arc<[u8]>,
    shown: OptRef,
    #[member(
        T_UINT,
        readonly,
        doc = "The Zstandard dictionary, an int between 0 and 2**32.\n\nA non-zero value represents an ordinary Zstandard dictionary,\nconforming to the standardised format.\n\nA value of zero indicates a 'raw content' dictionary,\nwithout any restrictions on format or content."
    )]
    dict_id: Cell<u32>,
    for_compression: RefCell<HashMap<i32, Arc<CompressDictionary>>>,
    for_decompression: RefCell<Option<Arc<DecompressDictionary>>>,
}

/// How a dictionary is loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Digested,
    Undigested,
    Prefix,
}

impl Form {
    fn number(self) -> i64 {
        match self {
            Form::Digested => 0,
            Form::Undigested => 1,
            Form::Prefix => 2,
        }
    }
}

impl Dictionary {
    fn digested_for_compression(&self, level: i32) -> PyResult<Arc<CompressDictionary>> {
        if let Some(found) = self.for_compression.borrow().get(&level) {
            return Ok(found.clone());
        }
        let Some(made) = CompressDictionary::new(&self.content, level) else {
            return Err(zstd_error("Failed to create a ZSTD_CDict instance from Zstandard dictionary content."));
        };
        let made = Arc::new(made);
        self.for_compression.borrow_mut().insert(level, made.clone());
        Ok(made)
    }

    fn digested_for_decompression(&self) -> PyResult<Arc<DecompressDictionary>> {
        if let Some(found) = &*self.for_decompression.borrow() {
            return Ok(found.clone());
        }
        let Some(made) = DecompressDictionary::new(&self.content) else {
            return Err(zstd_error("Failed to create a ZSTD_DDict instance from Zstandard dictionary content."));
        };
        let made = Arc::new(made);
        *self.for_decompression.borrow_mut() = Some(made.clone());
        Ok(made)
    }

    fn pair(slf: Borrowed<'_, Self>, form: Form) -> PyResult<Ref> {
        tuple::from_array([slf.object().to_ref(), int::new(form.number())?])
    }
}

/// The way of loading that a number stands for.
fn form_of(number: Borrowed<'_>) -> PyResult<Option<Form>> {
    let Some(number) = int::to_i64(number).and_then(|number| i32::try_from(number).ok()) else {
        return Err(raise!(OverflowError, "Python int too large to convert to C int"));
    };
    Ok([Form::Digested, Form::Undigested, Form::Prefix].into_iter().find(|form| form.number() == i64::from(number)))
}

/// The dictionary of a `zstd_dict` argument and how it is to be loaded.
fn argument<'a>(value: Borrowed<'a>, plain: Form) -> PyResult<(Borrowed<'a, Dictionary>, Form)> {
    if let Some(dictionary) = value.downcast::<Dictionary>() {
        return Ok((dictionary, plain));
    }
    if let Some([dictionary, number]) = tuple::items(value)
        && let Some(dictionary) = dictionary.downcast::<Dictionary>()
        && int::check(*number)
        && let Some(form) = form_of(*number)?
    {
        return Ok((dictionary, form));
    }
    Err(raise!(TypeError, "zstd_dict argument should be a ZstdDict object."))
}

#[cold]
fn not_loaded(doing: &str, why: Failure) -> object::Raised {
    super::unable(&format!("load Zstandard dictionary or prefix for {doing}"), why)
}

/// Loads a `zstd_dict` argument into a compressing stream of this level.
pub fn load_for_compression(stream: &mut Compress, level: i32, value: Borrowed<'_>) -> PyResult<()> {
    let (dictionary, form) = argument(value, Form::Undigested)?;
    let loaded = match form {
        Form::Digested => stream.use_dictionary(dictionary.digested_for_compression(level)?),
        Form::Undigested => stream.load_dictionary(&dictionary.content),
        Form::Prefix => stream.use_prefix(dictionary.content.clone()),
    };
    loaded.map(|_| ()).map_err(|failure| not_loaded("compression", failure))
}

/// Loads a `zstd_dict` argument into a decompressing stream.
pub fn load_for_decompression(stream: &mut Decompress, value: Borrowed<'_>) -> PyResult<()> {
    let (dictionary, form) = argument(value, Form::Digested)?;
    let loaded = match form {
        Form::Digested => stream.use_dictionary(dictionary.digested_for_decompression()?),
        Form::Undigested => stream.load_dictionary(&dictionary.content),
        Form::Prefix => stream.use_prefix(dictionary.content.clone()),
    };
    loaded.map(|_| ()).map_err(|failure| not_loaded("decompression", failure))
}

#[macros::pymethods]
impl Dictionary {
    #[slot(tp_new, "(dict_content, /, *, is_raw=False)")]
    fn new(cls: Borrowed<'_, TypeObject>, dict_content: Bytes, is_raw: bool) -> PyResult<Ref> {
        let given = dict_content.get();
        if given.len() < 8 {
            return Err(raise!(ValueError, "Zstandard dictionary content too short (must have at least eight bytes)"));
        }
        let dict_id = dictionary_id(given);
        if !is_raw && dict_id == 0 {
            return Err(raise!(ValueError, "invalid Zstandard dictionary"));
        }
        let mut content = memory::vec_with_capacity(given.len())?;
        content.extend_from_slice(given);
        let value = Dictionary {
            head: header(),
            content: Arc::from(content),
            shown: OptRef::default(),
            dict_id: Cell::new(dict_id),
            for_compression: RefCell::default(),
            for_decompression: RefCell::default(),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> String {
        format!("<ZstdDict dict_id={} dict_size={}>", self.dict_id.get(), self.content.len())
    }

    #[slot(sq_length)]
    fn len(&self) -> PyResult<usize> {
        Ok(self.content.len())
    }

    /// The content of a Zstandard dictionary, as a bytes object.
    #[getter]
    fn dict_content(&self) -> PyResult<Ref> {
        if let Some(shown) = self.shown.get() {
            return Ok(shown);
        }
        let made = bytes::new(&self.content)?;
        self.shown.set(Some(made.clone()));
        Ok(made)
    }

    /// Load as a digested dictionary to compressor.
    ///
    /// Pass this attribute as zstd_dict argument:
    /// compress(dat, zstd_dict=zd.as_digested_dict)
    ///
    /// 1. Some advanced compression parameters of compressor may be
    ///    overridden by parameters of digested dictionary.
    /// 2. ZstdDict has a digested dictionaries cache for each compression
    ///    level.  It's faster when loading again a digested dictionary with
    ///    the same compression level.
    /// 3. No need to use this for decompression.
    #[getter]
    fn as_digested_dict(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::pair(slf, Form::Digested)
    }

    /// Load as an undigested dictionary to compressor.
    ///
    /// Pass this attribute as zstd_dict argument:
    /// compress(dat, zstd_dict=zd.as_undigested_dict)
    ///
    /// 1. The advanced compression parameters of compressor will not be
    ///    overridden.
    /// 2. Loading an undigested dictionary is costly. If load an undigested
    ///    dictionary multiple times, consider reusing a compressor object.
    /// 3. No need to use this for decompression.
    #[getter]
    fn as_undigested_dict(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::pair(slf, Form::Undigested)
    }

    /// Load as a prefix to compressor/decompressor.
    ///
    /// Pass this attribute as zstd_dict argument:
    /// compress(dat, zstd_dict=zd.as_prefix)
    ///
    /// 1. Prefix is compatible with long distance matching, while
    ///    dictionary is not.
    /// 2. It only works for the first frame, then the
    ///    compressor/decompressor will return to no prefix state.
    /// 3. When decompressing, must use the same prefix as when compressing.
    #[getter]
    fn as_prefix(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::pair(slf, Form::Prefix)
    }
}

/// An argument that None stands for the absence of.
pub fn given<'a>(value: Option<Borrowed<'a>>) -> Option<Borrowed<'a>> {
    value.filter(|value| !value.is(&core::none()))
}
