//! `SyntaxError` and where it happened.

use super::attributes::base_str;
use super::base::{BaseException, no_keywords};
use super::items;
use super::simple::Exception;
use macros::{pyclass, pymethods};
use object::value::{int, str as text};
use object::{Borrowed, OptRef, PyResult, Ref, core, raise};

/// Invalid syntax.
#[pyclass(name = "SyntaxError", cell = ::object::exc::SyntaxError, base = Exception, flags(BASETYPE), gc)]
pub struct SyntaxError {
    #[trace]
    base: Exception,
    #[member(doc = "exception msg")]
    pub msg: OptRef,
    #[member(doc = "exception filename")]
    pub filename: OptRef,
    #[member(doc = "exception lineno")]
    pub lineno: OptRef,
    #[member(doc = "exception offset")]
    pub offset: OptRef,
    #[member(doc = "exception end lineno")]
    pub end_lineno: OptRef,
    #[member(doc = "exception end offset")]
    pub end_offset: OptRef,
    #[member(doc = "exception text")]
    pub text: OptRef,
    #[member(doc = "exception print_file_and_line")]
    pub print_file_and_line: OptRef,
    #[member(name = "_metadata", doc = "exception private metadata")]
    pub metadata: OptRef,
}

#[pymethods]
impl SyntaxError {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object().get().class(), kwargs)?;
        slf.object().self_as::<BaseException>().args.set(Some(args.to_ref()));
        let given = items(args);
        if let Some(message) = given.first() {
            slf.msg.set(Some(message.to_ref()));
        }
        let [_, details] = given else { return Ok(()) };
        let details = details.to_tuple()?;
        let parts = items(details.b());
        if parts.len() < 4 {
            return Err(raise!(
                TypeError,
                "function missing required argument '{}' (pos {})",
                ["filename", "lineno", "offset", "text"].get(parts.len()).unwrap_or(&"text"),
                parts.len() + 1
            ));
        }
        if parts.len() > 7 {
            return Err(raise!(TypeError, "function takes at most 7 arguments ({} given)", parts.len()));
        }
        let fields = [&slf.filename, &slf.lineno, &slf.offset, &slf.text, &slf.end_lineno, &slf.end_offset, &slf.metadata];
        for (index, field) in fields.into_iter().enumerate() {
            field.set(parts.get(index).map(|part| part.to_ref()));
        }
        if slf.end_lineno.is_some() && slf.end_offset.is_none() {
            return Err(raise!(TypeError, "end_offset must be provided when end_lineno is provided"));
        }
        Ok(())
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let message = slf.msg.get().unwrap_or_else(core::none_ref);
        // Only the last part of the path is shown.
        let file = slf.filename.get().filter(|name| text::check(name.b())).map(|name| {
            let name = text::to_string_lossy(name.b());
            name.rsplit('/').next().unwrap_or("").to_owned()
        });
        let line = slf.lineno.get().filter(|line| line.class().is_type(&core::INT));
        if file.is_none() && line.is_none() {
            return message.str();
        }
        let message = message.str_text()?;
        let line = match &line {
            // A number that does not fit says nothing: CPython shows -1 then.
            Some(line) => Some(int::to_i64(line.b()).unwrap_or(-1)),
            None => None,
        };
        match (file, line) {
            (Some(file), Some(line)) => text::new(&format!("{message} ({file}, line {line})")),
            (Some(file), None) => text::new(&format!("{message} ({file})")),
            (None, Some(line)) => text::new(&format!("{message} (line {line})")),
            (None, None) => base_str(slf.object()),
        }
    }
}
