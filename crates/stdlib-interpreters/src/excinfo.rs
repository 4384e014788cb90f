//! What is told of an exception in another interpreter: its type's names, its message, its traceback as text.

use object::value::str as text;
use object::{Borrowed, PyResult, Ref, core, error, exc, id};
use vm::lifecycle::support::{self, quietly};

/// A snapshot of an exception. It holds no object.
pub struct ExcInfo {
    name: Option<String>,
    qualname: Option<String>,
    module: Option<String>,
    message: Option<String>,
    /// The traceback as it would be printed, without the last newline.
    display: Option<String>,
}

impl ExcInfo {
    /// A snapshot of an exception of the current interpreter.
    pub fn of(exception: Borrowed<'_>) -> ExcInfo {
        let class = exception.class();
        let field = |name: Borrowed<'_>| {
            support::getattr_quietly(class.borrowed(), name).filter(|value| text::check(value.b())).map(|value| lossy(&value))
        };
        ExcInfo {
            name: field(id!("__name__")),
            qualname: field(id!("__qualname__")),
            module: field(id!("__module__")),
            message: quietly(|| exception.str()).map(|message| lossy(&message)),
            display: quietly(|| display(exception)),
        }
    }

    /// The exception that is set, taken.
    pub fn of_raised(raised: object::Raised) -> ExcInfo {
        let exception = raised.take();
        let info = ExcInfo::of(exception.b());
        drop(exception);
        info
    }

    /// The traceback as it would be printed, or its last line.
    pub fn display(self) -> Option<String> {
        let formatted = self.formatted();
        self.display.or(formatted)
    }

    /// The traceback's last line.
    pub fn formatted(&self) -> Option<String> {
        let name = self.qualname.as_deref();
        let outside = self.module.as_deref().filter(|module| !matches!(*module, "builtins" | "__main__"));
        let name = match (outside, name) {
            (Some(module), Some(name)) => Some(format!("{module}.{name}")),
            (_, name) => name.map(str::to_owned),
        };
        match (name, self.message.as_deref()) {
            (Some(name), Some(message)) if !message.is_empty() => Some(format!("{name}: {message}")),
            (Some(name), _) => Some(name),
            (None, message) => message.map(str::to_owned),
        }
    }

    /// A `types.SimpleNamespace` of the current interpreter.
    pub fn to_object(&self) -> PyResult<Ref> {
        let class = namespace(&[("__name__", &self.name), ("__qualname__", &self.qualname), ("__module__", &self.module)])?;
        let whole = namespace(&[("msg", &self.message), ("formatted", &self.formatted()), ("errdisplay", &self.display)])?;
        let attributes = (object::hooks::get().dict_new)()?;
        attributes.setitem(id!("type"), class.b())?;
        attributes.call_method(id!("update"), &[whole.getattr(id!("__dict__"))?.b()])?;
        builtins::namespace::new(Some(attributes.b()))
    }
}

fn namespace(fields: &[(&str, &Option<String>)]) -> PyResult<Ref> {
    let attributes = (object::hooks::get().dict_new)()?;
    for (name, value) in fields {
        let value = value.as_deref().map_or_else(|| Ok(core::none_ref()), text::new)?;
        attributes.setitem(text::new(name)?.b(), value.b())?;
    }
    builtins::namespace::new(Some(attributes.b()))
}

fn lossy(value: &Ref) -> String {
    text::to_string_lossy(value.b())
}

fn display(exception: Borrowed<'_>) -> PyResult<String> {
    let class = support::import_attr("traceback", "TracebackException")?;
    let lines = class.call_method(id!("from_exception"), &[exception])?.call_method(id!("format"), &[])?;
    let mut shown = String::new();
    for line in lines.to_vec()? {
        shown.push_str(&lossy(&line.str()?));
    }
    if shown.ends_with('\n') {
        shown.pop();
    }
    Ok(shown)
}

/// The exception that is being handled, or the one given; TypeError for anything else.
pub fn given(exception: Option<Borrowed<'_>>) -> PyResult<Option<Ref>> {
    match exception.filter(|exception| !exception.is(&core::none())) {
        None => Ok(object::thread::current().handled_exception()),
        Some(exception) if exception.class().has(abi::tpflags::BASE_EXC_SUBCLASS) => Ok(Some(exception.to_ref())),
        Some(other) => Err(error::raise(&exc::TypeError, format_args!("expected exception, got {}", other.repr_text()?))),
    }
}
