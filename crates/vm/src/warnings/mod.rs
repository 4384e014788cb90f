//! Warnings: the module `_warnings`, and how native code issues them.

mod context;
mod filters;

use crate::lifecycle::{errors, support};
use filters::Action;
use macros::pymodule;
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, error, exc, id, raise};

/// _warnings provides basic warning filtering support.
/// It is a helper module to speed up interpreter start-up.
#[pymodule(name = "_warnings")]
pub mod module {
    use super::filters;
    use object::value::{str as text, tuple};
    use object::{Borrowed, PyResult, Ref, core, id, raise};

    /// Issue a warning, or maybe ignore it or raise an exception.
    ///
    ///   message
    ///     Text of the warning message.
    ///   category
    ///     The Warning category subclass. Defaults to UserWarning.
    ///   stacklevel
    ///     How far up the call stack to make this warning appear. A value of 2 for
    ///     example attributes the warning to the caller of the code calling warn().
    ///   source
    ///     If supplied, the destroyed object which emitted a ResourceWarning
    ///   skip_file_prefixes
    ///     An optional tuple of module filename prefixes indicating frames to skip
    ///     during stacklevel computations for stack frame attribution.
    #[pyfunction("($module, /, message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=())")]
    fn warn(
        message: Borrowed<'_>,
        category: Option<Borrowed<'_>>,
        stacklevel: isize,
        source: Option<Borrowed<'_>>,
        skip_file_prefixes: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        let category = super::category_of(message, category)?;
        let prefixes = match skip_file_prefixes {
            None => &[][..],
            Some(prefixes) => match tuple::items(prefixes) {
                Some(items) => items,
                None => {
                    let found = prefixes.class().tp_name();
                    return Err(raise!(TypeError, "warn() argument 'skip_file_prefixes' must be tuple, not {found}"));
                }
            },
        };
        if let Some(wrong) = prefixes.iter().find(|prefix| !text::check(**prefix)) {
            let found = wrong.class().tp_name();
            return Err(raise!(TypeError, "Found non-str '{found}' in skip_file_prefixes."));
        }
        super::warn_from_frame(category.b(), message, stacklevel, source, prefixes)
    }

    /// Issue a warning, or maybe ignore it or raise an exception.
    #[pyfunction(
        "($module, /, message, category, filename, lineno, module=<unrepresentable>, registry=None, module_globals=None, source=None)"
    )]
    fn warn_explicit(
        message: Borrowed<'_>,
        category: Borrowed<'_>,
        filename: object::convert::Str<'_>,
        lineno: i32,
        module: Option<Borrowed<'_>>,
        registry: Option<Borrowed<'_>>,
        module_globals: Option<Borrowed<'_>>,
        source: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        let category = super::category_of(message, Some(category))?;
        let source_line = match module_globals.filter(|globals| !globals.is(&core::none())) {
            None => None,
            Some(globals) if crate::lifecycle::support::is_dict(globals) => super::source_line(globals, lineno)?,
            Some(globals) => {
                let found = globals.class().tp_name();
                return Err(raise!(TypeError, "module_globals must be a dict, not '{found}'"));
            }
        };
        let place = super::Place { filename: filename.0, lineno, module, registry, source_line };
        super::issue(category.b(), message, &place, source)
    }

    #[pyfunction("($module, /)")]
    fn _filters_mutated_lock_held() -> PyResult<()> {
        let state = filters::state();
        if state.lock_depth.get() == 0 {
            return Err(raise!(RuntimeError, "warnings.py lock is not held"));
        }
        state.version.set(state.version.get() + 1);
        Ok(())
    }

    #[pyfunction("($module, /)")]
    fn _acquire_lock() {
        let state = filters::state();
        state.lock_depth.set(state.lock_depth.get() + 1);
    }

    #[pyfunction("($module, /)")]
    fn _release_lock() -> PyResult<()> {
        let state = filters::state();
        match state.lock_depth.get().checked_sub(1) {
            Some(depth) => {
                state.lock_depth.set(depth);
                Ok(())
            }
            None => Err(raise!(RuntimeError, "cannot release un-acquired lock")),
        }
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let state = filters::state();
        let set = |name: Borrowed<'_>, value: Option<Ref>| module.setattr(name, value.unwrap_or_else(core::none_ref).b());
        set(id!("filters"), Some(filters::own_filters()?))?;
        set(id!("_onceregistry"), Some(filters::own_once_registry()?))?;
        set(id!("_defaultaction"), Some(text::new("default")?))?;
        if state.context.is_none() {
            state.context.set(super::context::variable());
        }
        set(id!("_warnings_context"), state.context.get())
    }
}

/// Sets the filters up.
pub(crate) fn start() -> PyResult<()> {
    filters::start()
}

/// Where a warning is.
pub(crate) struct Place<'a> {
    filename: Borrowed<'a>,
    lineno: i32,
    module: Option<Borrowed<'a>>,
    registry: Option<Borrowed<'a>>,
    source_line: Option<Ref>,
}

/// Issues a warning as from the Python function `stacklevel - 1` calls above the one that runs: C's `PyErr_WarnEx`.
pub fn warn(category: &TypeObject, message: &str, stacklevel: isize) -> PyResult<()> {
    let message = text::new(message)?;
    warn_from_frame(category.borrowed(), message.b(), stacklevel, None, &[])
}

/// As [`warn`], for a message that is an object.
pub fn warn_object(category: &TypeObject, message: Borrowed<'_>, stacklevel: isize) -> PyResult<()> {
    warn_from_frame(category.borrowed(), message, stacklevel, None, &[])
}

/// As [`warn`], about an object that was not closed: C's `PyErr_ResourceWarning`.
pub fn warn_resource(source: Borrowed<'_>, message: &str, stacklevel: isize) -> PyResult<()> {
    let message = text::new(message)?;
    warn_from_frame(exc::ResourceWarning.borrowed(), message.b(), stacklevel, Some(source), &[])
}

/// Issues a warning about a place that is known: C's `PyErr_WarnExplicitObject`. `module` None: the name follows from the file's.
pub fn warn_explicit(
    category: &TypeObject,
    message: &str,
    filename: Borrowed<'_>,
    lineno: i32,
    module: Borrowed<'_>,
    registry: Option<Borrowed<'_>>,
) -> PyResult<()> {
    let message = text::new(message)?;
    let module = Some(module).filter(|module| !module.is(&core::none()));
    let place = Place { filename, lineno, module, registry, source_line: None };
    issue(category.borrowed(), message.b(), &place, None)
}

fn is_warning_class(object: Borrowed<'_>) -> bool {
    support::as_type(object).is_some_and(|class| class.is_subtype(&exc::Warning))
}

/// The category: that of a message that is a warning itself, the one given, or UserWarning.
fn category_of(message: Borrowed<'_>, category: Option<Borrowed<'_>>) -> PyResult<Ref> {
    if message.class().is_subtype(&exc::Warning) {
        return Ok(message.class().to_ref());
    }
    match category.filter(|category| !category.is(&core::none())) {
        None => Ok(exc::UserWarning.to_ref()),
        Some(category) if is_warning_class(category) => Ok(category.to_ref()),
        Some(category) => match support::as_type(category) {
            Some(class) => Err(raise!(TypeError, "category must be a Warning subclass, not class '{}'", class.tp_name())),
            None => Err(raise!(TypeError, "category must be a Warning subclass, not '{}'", category.class().tp_name())),
        },
    }
}

fn warn_from_frame(
    category: Borrowed<'_>,
    message: Borrowed<'_>,
    stacklevel: isize,
    source: Option<Borrowed<'_>>,
    prefixes: &[Borrowed<'_>],
) -> PyResult<()> {
    let caller = context::caller(stacklevel, prefixes)?;
    let place = Place {
        filename: caller.filename.b(),
        lineno: caller.lineno,
        module: Some(caller.module.b()),
        registry: Some(caller.registry.b()),
        source_line: None,
    };
    issue(category, message, &place, source)
}

/// The module's name that follows from a file name.
fn module_from_filename(filename: Borrowed<'_>) -> PyResult<Ref> {
    let Some(data) = text::data(filename) else { return text::new("<unknown>") };
    if data.is_empty() {
        return text::new("<unknown>");
    }
    let length = data.len();
    let suffix: Vec<u32> = data.iter().skip(length.saturating_sub(3)).collect();
    if length >= 3 && suffix.iter().copied().eq(".py".bytes().map(u32::from)) {
        return text::from_code_points(length - 3, data.iter().max().unwrap_or(0), data.iter().take(length - 3));
    }
    Ok(filename.to_ref())
}

/// Filters a warning, and shows it or raises it.
fn issue(category: Borrowed<'_>, message: Borrowed<'_>, place: &Place<'_>, source: Option<Borrowed<'_>>) -> PyResult<()> {
    let none = core::none();
    let module = match place.module {
        Some(module) if module.is(&none) => return Ok(()),
        Some(module) => module.to_ref(),
        None => module_from_filename(place.filename)?,
    };
    let registry = place.registry.filter(|registry| !registry.is(&none));
    if let Some(registry) = registry
        && !support::is_dict(registry)
    {
        return Err(raise!(TypeError, "'registry' must be a dict or None"));
    }
    let (shown, category, message) = if message.class().is_subtype(&exc::Warning) {
        (message.str()?, message.class().to_ref(), message.to_ref())
    } else {
        (message.to_ref(), category.to_ref(), category.call1(message)?)
    };
    let lineno = int::new(i64::from(place.lineno))?;
    let key = tuple::from_array([shown.clone(), category.clone(), lineno.clone()])?;
    if let Some(registry) = registry
        && filters::already_warned(registry, key.b(), false)?
    {
        return Ok(());
    }
    let found = filters::find(category.b(), shown.b(), lineno.b(), module.b())?;
    match found.action {
        Action::Error => {
            let Some(class) = support::as_type(category.b()) else { return Ok(()) };
            return Err(error::raise_value(class.get(), Some(message.b())));
        }
        Action::Ignore => return Ok(()),
        Action::Always => {}
        other => {
            if let Some(registry) = registry {
                support::dict_set(registry, key.b(), core::true_())?;
            }
            let short = tuple::from_array([shown.clone(), category.clone()])?;
            let seen = match other {
                Action::Once => {
                    let once = filters::once_registry()?;
                    filters::already_warned(registry.unwrap_or(once.b()), short.b(), true)?
                }
                Action::Module => match registry {
                    Some(registry) => filters::already_warned(registry, short.b(), true)?,
                    None => false,
                },
                Action::Default => false,
                _ => {
                    let (action, item) = (found.shown.repr_text()?, found.item.repr_text()?);
                    return Err(raise!(RuntimeError, "Unrecognized action ({action}) in warnings.filters:\n {item}"));
                }
            };
            if seen {
                return Ok(());
            }
        }
    }
    show(&category, &shown, &message, place, &lineno, source)
}

/// Hands the warning to `warnings._showwarnmsg`, or prints it where that module is not loaded.
fn show(
    category: &Ref,
    shown: &Ref,
    message: &Ref,
    place: &Place<'_>,
    lineno: &Ref,
    source: Option<Borrowed<'_>>,
) -> PyResult<()> {
    let Some(function) = filters::warnings_attr("_showwarnmsg", source.is_some())? else {
        show_natively(category, shown, place);
        return Ok(());
    };
    if !function.is_callable() {
        return Err(raise!(TypeError, "warnings._showwarnmsg() must be set to a callable"));
    }
    let Some(class) = filters::warnings_attr("WarningMessage", false)? else {
        return Err(raise!(RuntimeError, "unable to get warnings.WarningMessage"));
    };
    let none = core::none();
    let source = source.unwrap_or(none);
    let record = class.call(&[message.b(), category.b(), place.filename, lineno.b(), none, none, source])?;
    function.call1(record.b()).map(drop)
}

fn show_natively(category: &Ref, shown: &Ref, place: &Place<'_>) {
    let name = support::getattr_quietly(category.b(), id!("__name__")).map(|name| text::to_string_lossy(name.b()));
    let file = text::to_string_lossy(place.filename);
    let message = support::quietly(|| shown.str_text()).unwrap_or_default();
    errors::write_stderr(&format!("{file}:{}: {}: {message}\n", place.lineno, name.unwrap_or_default()));
    let from_file = || crate::compile::line_of_file(place.filename, place.lineno);
    if let Some(line) = place.source_line.clone().or_else(from_file) {
        errors::write_stderr(&format!("  {}\n", text::to_string_lossy(line.b()).trim()));
    }
}

/// The line of a module's source, through its loader.
fn source_line(globals: Borrowed<'_>, lineno: i32) -> PyResult<Option<Ref>> {
    let find = |name: &str| support::dict_get_str(globals, name).map(|found| found.filter(|value| !value.is(&core::none())));
    let (Some(loader), Some(name)) = (find("__loader__")?, find("__name__")?) else { return Ok(None) };
    let Some(get_source) = loader.getattr_opt(id!("get_source"))? else { return Ok(None) };
    let source = get_source.call1(name.b())?;
    if source.is(&core::none()) {
        return Ok(None);
    }
    let lines = source.call_method(id!("splitlines"), &[])?;
    let index = int::new(i64::from(lineno) - 1)?;
    lines.getitem(index.b()).map(Some)
}
