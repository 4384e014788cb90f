//! Small tools that the modules of this crate share: dicts and lists, text of the operating system, files, audit events.

use object::hooks;
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, TypeObject, error, exc, id, raise, thread};

/// A new empty dict.
pub fn dict_new() -> PyResult<Ref> {
    (hooks::get().dict_new)()
}

/// `dict.get(key)`.
pub fn dict_get(dict: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<Option<Ref>> {
    (hooks::get().dict_get)(dict, key)
}

/// `dict[key] = value`.
pub fn dict_set(dict: Borrowed<'_>, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
    (hooks::get().dict_set)(dict, key, value)
}

/// `dict[name] = value`, under an interned name.
pub fn dict_set_str(dict: Borrowed<'_>, name: &str, value: Ref) -> PyResult<()> {
    dict_set(dict, intern(name).b(), value.b())
}

/// `dict.get(name)`.
pub fn dict_get_str(dict: Borrowed<'_>, name: &str) -> PyResult<Option<Ref>> {
    dict_get(dict, intern(name).b())
}

/// The interned string.
pub fn intern(name: &str) -> Ref {
    (hooks::get().intern)(name)
}

/// A new list.
pub fn list(items: Vec<Ref>) -> PyResult<Ref> {
    (hooks::get().list_new)(items)
}

/// A new list of strings.
pub fn list_of_os_text<'a>(items: impl IntoIterator<Item = &'a [u8]>) -> PyResult<Ref> {
    list(items.into_iter().map(os_text).collect::<PyResult<Vec<Ref>>>()?)
}

/// Whether the object is a dict (or of a subtype).
pub fn is_dict(object: Borrowed<'_>) -> bool {
    object.class().has(abi::tpflags::DICT_SUBCLASS)
}

/// Whether the object has subscripts in the manner of mappings: C's `PyMapping_Check`.
pub fn is_mapping(object: Borrowed<'_>) -> bool {
    object.class().mp_subscript().is_some()
}

/// The object as a type, if it is one.
pub fn as_type(object: Borrowed<'_>) -> Option<Borrowed<'_, TypeObject>> {
    object.class().has(abi::tpflags::TYPE_SUBCLASS).then(|| object.self_as::<TypeObject>())
}

/// Bytes of the operating system as a str: UTF-8 with `surrogateescape`.
pub fn os_text(bytes: &[u8]) -> PyResult<Ref> {
    if let Ok(valid) = std::str::from_utf8(bytes) {
        return text::new(valid);
    }
    let mut builder = text::Builder::new();
    for chunk in bytes.utf8_chunks() {
        builder.push_str(chunk.valid())?;
        for byte in chunk.invalid() {
            builder.push(0xDC00 + u32::from(*byte))?;
        }
    }
    builder.finish()
}

/// A str as bytes for the operating system: UTF-8 with `surrogateescape`. UnicodeEncodeError for any other surrogate.
pub fn os_bytes(object: Borrowed<'_>) -> PyResult<Vec<u8>> {
    if let Some(ascii) = text::as_ascii(object) {
        return Ok(ascii.as_bytes().to_vec());
    }
    let Some(data) = text::data(object) else {
        return Err(raise!(TypeError, "expected str, not {}", object.class().tp_name()));
    };
    let mut bytes = Vec::new();
    for code in data.iter() {
        match char::from_u32(code) {
            Some(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            None => match code.checked_sub(0xDC00).and_then(|low| u8::try_from(low).ok()) {
                Some(byte) if byte >= 0x80 => bytes.push(byte),
                _ => return Err(object::convert::surrogates_not_allowed(object)),
            },
        }
    }
    Ok(bytes)
}

/// A path argument (`os.fspath`, str or bytes) as a str: C's `PyUnicode_FSDecoder`.
pub fn fs_decode(path: Borrowed<'_>) -> PyResult<Ref> {
    let path = fspath(path)?;
    if text::check(path.b()) {
        return no_null(path);
    }
    let bytes = object::value::bytes::value(path.b()).unwrap_or_default();
    no_null(os_text(bytes)?)
}

fn no_null(path: Ref) -> PyResult<Ref> {
    if text::data(path.b()).is_some_and(|data| data.iter().any(|code| code == 0)) {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(path)
}

/// `os.fspath(path)`.
pub fn fspath(path: Borrowed<'_>) -> PyResult<Ref> {
    let is_path = |object: Borrowed<'_>| text::check(object) || object.class().has(abi::tpflags::BYTES_SUBCLASS);
    if is_path(path) {
        return Ok(path.to_ref());
    }
    let Some(method) = path.lookup_special(id!("__fspath__"))?.filter(|method| !method.is(&object::core::none())) else {
        return Err(raise!(TypeError, "expected str, bytes or os.PathLike object, not {}", path.class().short_name()));
    };
    let result = method.call0()?;
    if is_path(result.b()) {
        return Ok(result);
    }
    let (own, found) = (path.class().short_name(), result.class().short_name());
    Err(raise!(TypeError, "expected {own}.__fspath__() to return str or bytes, not {found}"))
}

/// Writes `str(object)` to a Python file: C's `PyFile_WriteObject(…, Py_PRINT_RAW)`.
pub fn write_object(file: Borrowed<'_>, object: Borrowed<'_>) -> PyResult<()> {
    let write = file.getattr(id!("write"))?;
    let value = object.str()?;
    write.call1(value.b()).map(drop)
}

/// Writes text to a Python file.
pub fn write_text(file: Borrowed<'_>, content: &str) -> PyResult<()> {
    write_object(file, text::new(content)?.b())
}

/// `file.flush()`.
pub fn flush(file: Borrowed<'_>) -> PyResult<()> {
    file.call_method(id!("flush"), &[]).map(drop)
}

/// An attribute that a failed look-up leaves empty, whatever the reason.
pub fn getattr_quietly(object: Borrowed<'_>, name: Borrowed<'_>) -> Option<Ref> {
    match object.getattr_opt(name) {
        Ok(found) => found,
        Err(raised) => {
            raised.clear();
            None
        }
    }
}

/// `sys.modules[name]`, if it is there and no None.
pub fn loaded_module(name: &str) -> PyResult<Option<Ref>> {
    let Some(modules) = thread::current().interpreter().modules.get() else { return Ok(None) };
    let name = intern(name);
    let found = if is_dict(modules.b()) { dict_get(modules.b(), name.b())? } else { modules.getitem_opt(name.b())? };
    Ok(found.filter(|module| !module.is(&object::core::none())))
}

/// `getattr(import_module(module), name)`.
pub fn import_attr(module: &str, name: &str) -> PyResult<Ref> {
    crate::import::import_module(module)?.getattr(intern(name).b())
}

/// Calls with one set of positional arguments and a dict of keywords.
pub fn call_with_dict(callable: Borrowed<'_>, args: &[Borrowed<'_>], kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let args = tuple::from_slice(args)?;
    callable.call_tuple(args.b(), kwargs)
}

/// An int object.
pub fn int(value: i64) -> PyResult<Ref> {
    int::new(value)
}

/// Raises `SyntaxError` for source with a null byte.
pub fn null_in_source() -> Raised {
    raise!(SyntaxError, "source code string cannot contain null bytes")
}

/// Runs `action` and keeps the exception that was set before, if any.
pub fn quietly<T>(action: impl FnOnce() -> PyResult<T>) -> Option<T> {
    match action() {
        Ok(value) => Some(value),
        Err(raised) => {
            raised.clear();
            None
        }
    }
}

/// Whether the exception set is a KeyError; then it is cleared.
pub fn ignore_key_error<T: Default>(result: PyResult<T>) -> PyResult<T> {
    match result {
        Ok(value) => Ok(value),
        Err(raised) => raised.clear_if(&exc::KeyError).map(|()| T::default()),
    }
}

/// The exception that is set, taken; with its type and traceback.
pub fn take_exception(raised: Raised) -> (Ref, Ref, Option<Ref>) {
    let exception = raised.take();
    let class = exception.class().to_ref();
    let traceback = object::RawField::load(&error::base_of(exception.b()).traceback);
    (class, exception, traceback)
}
