//! The hooks of `sys`: showing values, exceptions that nobody caught, and the debugger.

use macros::pymodule;

#[pymodule(part)]
pub(crate) mod part {
    use crate::lifecycle::{errors, support};
    use crate::sys;
    use object::value::{str as text, tuple};
    use object::{Borrowed, KwArgs, PyResult, Ref, core, exc, id, raise};

    /// Print an object to sys.stdout and also save it in builtins._
    #[pyfunction("($module, object, /)")]
    fn displayhook(object: Borrowed<'_>) -> PyResult<()> {
        let Some(builtins) = support::loaded_module("builtins")? else {
            return Err(raise!(RuntimeError, "lost builtins module"));
        };
        if object.is(&core::none()) {
            return Ok(());
        }
        builtins.setattr(id!("_"), core::none())?;
        let stdout = match sys::get("stdout")? {
            Some(stdout) if !stdout.is(&core::none()) => stdout,
            _ => return Err(raise!(RuntimeError, "lost sys.stdout")),
        };
        let shown = object.repr()?;
        match support::write_object(stdout.b(), shown.b()) {
            Ok(()) => {}
            Err(raised) if raised.is_a(&exc::UnicodeEncodeError) => {
                raised.clear();
                write_escaped(stdout.b(), shown.b())?;
            }
            Err(raised) => return Err(raised),
        }
        support::write_text(stdout.b(), "\n")?;
        builtins.setattr(id!("_"), object)
    }

    /// Writes what the stream's encoding has not with backslash escapes.
    fn write_escaped(stdout: Borrowed<'_>, shown: Borrowed<'_>) -> PyResult<()> {
        let encoding = stdout.getattr(id!("encoding"))?;
        let errors = text::new("backslashreplace")?;
        let encoded = shown.call_method(id!("encode"), &[encoding.b(), errors.b()])?;
        match stdout.getattr_opt(id!("buffer"))? {
            Some(buffer) => buffer.call_method(id!("write"), &[encoded.b()]).map(drop),
            None => {
                let strict = text::new("strict")?;
                let decoded = encoded.call_method(id!("decode"), &[encoding.b(), strict.b()])?;
                support::write_object(stdout, decoded.b())
            }
        }
    }

    /// Handle an exception by displaying it with a traceback on sys.stderr.
    #[pyfunction("($module, exctype, value, traceback, /)")]
    fn excepthook(exctype: Borrowed<'_>, value: Borrowed<'_>, traceback: Borrowed<'_>) {
        let _ = exctype;
        errors::display(value, Some(traceback));
    }

    /// Return the current exception.
    ///
    /// Return the most recent exception caught by an except clause
    /// in the current stack frame or in an older stack frame, or None
    /// if no such clause exists.
    #[pyfunction("($module, /)")]
    fn exception() -> Option<Ref> {
        object::thread::current().handled_exception()
    }

    /// Return current exception information: (type, value, traceback).
    ///
    /// Return information about the most recent exception caught by an except
    /// clause in the current stack frame or in an older stack frame.
    #[pyfunction("($module, /)")]
    fn exc_info() -> PyResult<Ref> {
        match object::thread::current().handled_exception() {
            None => tuple::from_array([core::none_ref(), core::none_ref(), core::none_ref()]),
            Some(exception) => {
                let traceback = object::RawField::load(&object::error::base_of(exception.b()).traceback);
                tuple::from_array([exception.class().to_ref(), exception, traceback.unwrap_or_else(core::none_ref)])
            }
        }
    }

    /// Handle an unraisable exception.
    ///
    /// The unraisable argument has the following attributes:
    ///
    /// * exc_type: Exception type.
    /// * exc_value: Exception value, can be None.
    /// * exc_traceback: Exception traceback, can be None.
    /// * err_msg: Error message, can be None.
    /// * object: Object causing the exception, can be None.
    #[pyfunction("($module, unraisable, /)")]
    fn unraisablehook(unraisable: Borrowed<'_>) -> PyResult<()> {
        if !unraisable.class().tp_name().ends_with("UnraisableHookArgs") {
            return Err(raise!(TypeError, "sys.unraisablehook argument type must be UnraisableHookArgs"));
        }
        let field = |name: &str| unraisable.getattr(support::intern(name).b());
        errors::write_unraisable(
            field("exc_value")?.b(),
            field("exc_traceback")?.b(),
            field("err_msg")?.b(),
            field("object")?.b(),
        )
    }

    /// This hook function is called by built-in breakpoint().
    #[pyfunction(text = None, "($module, *args, **kwargs)")]
    fn breakpointhook(args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let target = match std::env::var("PYTHONBREAKPOINT") {
            Ok(target) if target == "0" => return Ok(core::none_ref()),
            Ok(target) if !target.is_empty() => target,
            _ => "pdb.set_trace".to_owned(),
        };
        let (module, name) = target.rsplit_once('.').unwrap_or(("builtins", &target));
        let found = if module.is_empty() {
            Err(raise!(ImportError, "no module before the dot"))
        } else {
            crate::import::import_module(module).and_then(|module| module.getattr(support::intern(name).b()))
        };
        let function = match found {
            Ok(function) => function,
            Err(raised) if raised.is_a(&exc::ImportError) || raised.is_a(&exc::AttributeError) => {
                raised.clear();
                let message = format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{target}\"");
                crate::warnings::warn(&exc::RuntimeWarning, &message, 0)?;
                return Ok(core::none_ref());
            }
            Err(raised) => return Err(raised),
        };
        let kwargs = kwargs.to_dict()?;
        support::call_with_dict(function.b(), args, Some(kwargs.b()))
    }

    /// Passes the event to any hooks that are attached.
    #[pyfunction("($module, event, /, *args)")]
    fn audit(event: object::convert::Str<'_>, args: &[Borrowed<'_>]) -> PyResult<()> {
        if !sys::audit::active() {
            return Ok(());
        }
        sys::audit::run(event.0, tuple::from_slice(args)?.b())
    }

    /// Adds a new audit hook callback.
    #[pyfunction("($module, hook)")]
    fn addaudithook(hook: Borrowed<'_>) -> PyResult<()> {
        sys::audit::add(hook)
    }
}
