//! `pyexpat`: an XML parser with the events, errors and places of expat.
//!
//! [`token`] and [`dtd`] are functions over text and know nothing of Python; [`machine`] puts documents together and calls the
//! handlers of a [`parser`]. While a handler runs, nothing of the parser object is borrowed.

mod content;
mod decoder;
mod dtd;
mod errors;
mod machine;
mod namespace;
mod parser;
mod prolog;
mod state;
mod token;

use builtins::dict::Dict;
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Ref, core, id, raise, thread};

/// A str or None; the name of what it is else.
fn args_text(value: Borrowed<'_>) -> Result<Option<String>, String> {
    if value.is(&core::none()) {
        return Ok(None);
    }
    text::to_string(value).map(Some).ok_or_else(|| value.class().tp_name().to_owned())
}

/// A str argument of `ParserCreate`, or none.
fn optional_text(value: Option<Borrowed<'_>>, name: &str) -> PyResult<Option<String>> {
    match value.map(args_text) {
        None => Ok(None),
        Some(Ok(text)) => Ok(text),
        Some(Err(found)) => Err(raise!(TypeError, "ParserCreate() argument '{name}' must be str or None, not {found}")),
    }
}

/// A submodule `pyexpat.name`, also in `sys.modules`.
fn submodule(module: Borrowed<'_>, name: &str, doc: &str) -> PyResult<Ref> {
    let full = text::new(&format!("pyexpat.{name}"))?;
    let made = builtins::module::new(full.b())?;
    made.setattr(id!("__doc__"), text::new(doc)?.b())?;
    module.setattr(text::new(name)?.b(), made.b())?;
    if let Some(modules) = thread::current().interpreter().modules.get() {
        modules.setitem(full.b(), made.b())?;
    }
    Ok(made)
}

fn add_errors(module: Borrowed<'_>) -> PyResult<()> {
    let made = submodule(module, "errors", "Constants used to describe error conditions.")?;
    let (codes, messages) = (Dict::new()?, Dict::new()?);
    for (index, (name, message)) in errors::ERRORS.iter().enumerate() {
        let (code, message) = (int::from_u64(index as u64 + 1)?, text::new(message)?);
        made.setattr(text::new(name)?.b(), message.b())?;
        codes.set(message.b(), code.b())?;
        messages.set(code.b(), message.b())?;
    }
    made.setattr(text::new("codes")?.b(), codes.b())?;
    made.setattr(text::new("messages")?.b(), messages.b())
}

const MODEL: [(&str, i64); 10] = [
    ("XML_CTYPE_EMPTY", 1),
    ("XML_CTYPE_ANY", 2),
    ("XML_CTYPE_MIXED", 3),
    ("XML_CTYPE_NAME", 4),
    ("XML_CTYPE_CHOICE", 5),
    ("XML_CTYPE_SEQ", 6),
    ("XML_CQUANT_NONE", 0),
    ("XML_CQUANT_OPT", 1),
    ("XML_CQUANT_REP", 2),
    ("XML_CQUANT_PLUS", 3),
];

const FEATURES: [(&str, i64); 8] = [
    ("sizeof(XML_Char)", 1),
    ("sizeof(XML_LChar)", 1),
    ("XML_DTD", 0),
    ("XML_CONTEXT_BYTES", 1024),
    ("XML_NS", 0),
    ("XML_BLAP_MAX_AMP", 100),
    ("XML_BLAP_ACT_THRES", 8_388_608),
    ("XML_GE", 0),
];

/// Python wrapper for Expat parser.
#[macros::pymodule(name = "pyexpat")]
pub mod module {
    use super::machine::Machine;
    use super::parser::XmlParser;
    use super::{FEATURES, MODEL, add_errors, errors, optional_text, state, submodule};
    use builtins::dict::Dict;
    use object::spec::TypeEntry;
    use object::value::{int, str as text, tuple};
    use object::{Borrowed, PyResult, Ref, StaticType, core, raise};

    /// The version of expat whose behaviour this has.
    #[pyattr]
    const EXPAT_VERSION: &str = "expat_2.9.0";
    #[pyattr]
    const native_encoding: &str = "UTF-8";
    #[pyattr]
    const XML_PARAM_ENTITY_PARSING_NEVER: i32 = 0;
    #[pyattr]
    const XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE: i32 = 1;
    #[pyattr]
    const XML_PARAM_ENTITY_PARSING_ALWAYS: i32 = 2;

    #[pyattr]
    fn version_info() -> PyResult<Ref> {
        tuple::from_array([int::new(2)?, int::new(9)?, int::new(0)?])
    }

    #[pyattr]
    fn features() -> PyResult<Ref> {
        let pairs = FEATURES.iter().map(|(name, value)| tuple::from_array([text::new(name)?, int::new(*value)?]));
        builtins::list::List::from_vec(pairs.collect::<PyResult<Vec<Ref>>>()?).map(Ref::upcast)
    }

    #[pyattr(name = "ExpatError")]
    fn expat_error() -> PyResult<Ref> {
        state::error_class()
    }

    #[pyattr(name = "error")]
    fn error() -> PyResult<Ref> {
        state::error_class()
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        builtins::type_::ready::ready_static(&TypeEntry::of::<XmlParser>())?;
        module.setattr(text::new("XMLParserType")?.b(), XmlParser::type_object().borrowed())?;
        add_errors(module)?;
        let model = submodule(module, "model", "Constants used to interpret content model information.")?;
        MODEL.iter().try_for_each(|(name, value)| model.setattr(text::new(name)?.b(), int::new(*value)?.b()))
    }

    /// Return a new XML parser object.
    #[pyfunction("($module, /, encoding=None, namespace_separator=None, intern=<unrepresentable>)")]
    #[allow(non_snake_case)]
    fn ParserCreate(
        encoding: Option<Borrowed<'_>>,
        namespace_separator: Option<Borrowed<'_>>,
        intern: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let encoding = optional_text(encoding, "encoding")?;
        let separator = optional_text(namespace_separator, "namespace_separator")?;
        if separator.as_ref().is_some_and(|separator| separator.chars().count() > 1) {
            return Err(raise!(ValueError, "namespace_separator must be at most one character, omitted, or None"));
        }
        let intern = match intern {
            None => Some(Dict::new()?.upcast()),
            Some(intern) if intern.is(&core::none()) => None,
            Some(intern) if intern.downcast::<Dict>().is_some() => Some(intern.to_ref()),
            Some(_) => return Err(raise!(TypeError, "intern must be a dictionary")),
        };
        XmlParser::create(Machine::new(encoding, separator), intern).map(Ref::upcast)
    }

    /// Returns string error for given number.
    #[pyfunction("($module, code, /)")]
    #[allow(non_snake_case)]
    fn ErrorString(code: i64) -> Option<&'static str> {
        errors::text_of(code)
    }
}
