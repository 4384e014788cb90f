//! `SyntaxError`.

use super::base::{BaseException, init_args, no_keywords};
use macros::{pyclass, pymethods};
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, core, raise};

/// Invalid syntax.
#[pyclass(name = "SyntaxError", cell = object::exc::SyntaxError, base = super::list::Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct SyntaxError {
    #[trace]
    base: BaseException,
    /// exception msg
    #[member]
    msg: OptRef,
    /// exception filename
    #[member]
    filename: OptRef,
    /// exception lineno
    #[member]
    lineno: OptRef,
    /// exception offset
    #[member]
    offset: OptRef,
    /// exception end lineno
    #[member]
    end_lineno: OptRef,
    /// exception end offset
    #[member]
    end_offset: OptRef,
    /// exception text
    #[member]
    text: OptRef,
    /// exception print_file_and_line
    #[member]
    print_file_and_line: OptRef,
    /// exception private metadata
    #[member(name = "_metadata")]
    metadata: OptRef,
}

const _: () = assert!(std::mem::offset_of!(SyntaxError, metadata) == std::mem::offset_of!(abi::PySyntaxErrorObject, metadata));

#[pymethods]
impl SyntaxError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        init_args(slf.object(), args);
        let items = tuple::items(args).unwrap_or_default();
        if let Some(message) = items.first() {
            slf.msg.set(Some(message.to_ref()));
        }
        let [_, info] = items else { return Ok(()) };
        let info = info.to_tuple()?;
        let fields = tuple::items(info.b()).unwrap_or_default();
        if fields.len() < 4 {
            return Err(raise!(TypeError, "function missing required argument '{}' (pos {})", NAMES.get(fields.len()).copied().unwrap_or("text"), fields.len() + 1));
        }
        if fields.len() > 7 {
            return Err(raise!(TypeError, "function takes at most 7 arguments ({} given)", fields.len()));
        }
        let targets = [
            &slf.filename,
            &slf.lineno,
            &slf.offset,
            &slf.text,
            &slf.end_lineno,
            &slf.end_offset,
            &slf.metadata,
        ];
        for target in targets {
            target.set(None);
        }
        for (target, value) in targets.iter().zip(fields) {
            target.set(Some(value.to_ref()));
        }
        if slf.end_lineno.is_some() && slf.end_offset.is_none() {
            return Err(raise!(TypeError, "end_offset must be provided when end_lineno is provided"));
        }
        Ok(())
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        let message = self.msg.get().unwrap_or_else(core::none_ref).str()?;
        let filename = self.filename.get().filter(|filename| text::check(filename.b()));
        let lineno = self.lineno.get().filter(|lineno| lineno.class().is_type(&core::INT));
        let shown = match (&filename, &lineno) {
            (None, None) => return Ok(message),
            _ => filename.map(|filename| base_name(&text::to_string_lossy(filename.b())).to_owned()),
        };
        let line = lineno.and_then(|lineno| int::to_i64(lineno.b()));
        let mut out = text::Builder::new();
        out.push_object(message.b())?;
        out.push_str(&match (shown, line) {
            (Some(name), Some(line)) => format!(" ({name}, line {line})"),
            (Some(name), None) => format!(" ({name})"),
            (None, Some(line)) => format!(" (line {line})"),
            (None, None) => String::new(),
        })?;
        out.finish()
    }
}

const NAMES: [&str; 4] = ["filename", "lineno", "offset", "text"];

fn base_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}
