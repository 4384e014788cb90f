//! `SyntaxError`.

use super::base::no_keywords;
use super::{BaseException, Exception};
use macros::{pyclass, pymethods};
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, core, raise};

/// Invalid syntax.
#[pyclass(name = "SyntaxError", cell = ::object::exc::SyntaxError, base = Exception, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct SyntaxError {
    #[trace]
    base: BaseException,
    /// exception msg
    #[member(name = "msg")]
    msg: OptRef,
    /// exception filename
    #[member(name = "filename")]
    filename: OptRef,
    /// exception lineno
    #[member(name = "lineno")]
    lineno: OptRef,
    /// exception offset
    #[member(name = "offset")]
    offset: OptRef,
    /// exception end lineno
    #[member(name = "end_lineno")]
    end_lineno: OptRef,
    /// exception end offset
    #[member(name = "end_offset")]
    end_offset: OptRef,
    /// exception text
    #[member(name = "text")]
    text: OptRef,
    /// exception print_file_and_line
    #[member(name = "print_file_and_line")]
    print_file_and_line: OptRef,
    /// exception private metadata
    #[member(name = "_metadata")]
    metadata: OptRef,
}

/// The part of a path behind its last slash.
fn basename(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[pymethods]
impl SyntaxError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        slf.base.initialize(args);
        let items = tuple::items(args).unwrap_or_default();
        if let Some(message) = items.first() {
            slf.msg.set(Some(message.to_ref()));
        }
        let [_, details] = items else { return Ok(()) };
        let details = details.to_ref().to_tuple()?;
        let fields = tuple::items(details.b()).unwrap_or_default();
        let given = fields.len();
        let field = |index: usize| fields.get(index).map(|field| field.to_ref());
        if given < 4 {
            return Err(raise!(TypeError, "function takes at least 4 arguments ({given} given)"));
        }
        if given > 7 {
            return Err(raise!(TypeError, "function takes at most 7 arguments ({given} given)"));
        }
        slf.filename.set(field(0));
        slf.lineno.set(field(1));
        slf.offset.set(field(2));
        slf.text.set(field(3));
        slf.end_lineno.set(field(4));
        slf.end_offset.set(field(5));
        slf.metadata.set(field(6));
        if given == 5 {
            return Err(raise!(TypeError, "end_offset must be provided when end_lineno is provided"));
        }
        Ok(())
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        let message = self.msg.get().unwrap_or_else(core::none_ref).str()?;
        let filename = self.filename.get().filter(|name| text::check(name.b()));
        let lineno = self.lineno.get().filter(|line| line.class().is_type(&core::INT));
        if filename.is_none() && lineno.is_none() {
            return Ok(message);
        }
        let file = filename.map(|name| text::to_string_lossy(name.b()));
        let line = lineno.map(|line| int::to_i64(line.b()).unwrap_or(-1));
        let mut out = text::Builder::new();
        out.push_object(message.b())?;
        out.push_str(&match (file, line) {
            (Some(file), Some(line)) => format!(" ({}, line {line})", basename(&file)),
            (Some(file), None) => format!(" ({})", basename(&file)),
            (None, Some(line)) => format!(" (line {line})"),
            (None, None) => String::new(),
        })?;
        out.finish()
    }
}
