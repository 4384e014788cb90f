//! The filters of warnings: where they are, and what they say about one.

use crate::lifecycle::support;
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, exc, id, raise, thread};
use std::cell::Cell;

/// What the interpreter keeps for the module.
#[derive(Default)]
pub(super) struct State {
    filters: OptRef,
    once_registry: OptRef,
    /// Counts changes of the filters; registries of another version are out of date.
    pub(super) version: Cell<i64>,
    pub(super) lock_depth: Cell<usize>,
    /// `_warnings_context`.
    pub(super) context: OptRef,
}

pub(super) fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

/// What a filter asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Error,
    Ignore,
    /// `always` and `all`.
    Always,
    Once,
    Module,
    Default,
    Unknown,
}

impl Action {
    fn of(action: Borrowed<'_>) -> Action {
        match text::as_ascii(action) {
            Some("error") => Action::Error,
            Some("ignore") => Action::Ignore,
            Some("always" | "all") => Action::Always,
            Some("once") => Action::Once,
            Some("module") => Action::Module,
            Some("default") => Action::Default,
            _ => Action::Unknown,
        }
    }
}

/// What was found for a warning.
pub(super) struct Found {
    pub(super) action: Action,
    /// The action as it is written.
    pub(super) shown: Ref,
    /// The filter.
    pub(super) item: Ref,
}

/// The default filters.
pub(super) fn start() -> PyResult<()> {
    let state = state();
    let filter = |action: &str, category: &TypeObject, module: Option<&str>| {
        let module = module.map_or_else(|| Ok(core::none_ref()), text::new)?;
        tuple::from_array([support::intern(action), core::none_ref(), category.to_ref(), module, int::new(0)?])
    };
    let filters = vec![
        filter("default", &exc::DeprecationWarning, Some("__main__"))?,
        filter("ignore", &exc::DeprecationWarning, None)?,
        filter("ignore", &exc::PendingDeprecationWarning, None)?,
        filter("ignore", &exc::ImportWarning, None)?,
        filter("ignore", &exc::ResourceWarning, None)?,
    ];
    state.filters.set(Some(support::list(filters)?));
    state.once_registry.set(Some(support::dict_new()?));
    Ok(())
}

pub(super) fn own_filters() -> PyResult<Ref> {
    state().filters.get().map_or_else(|| support::list(Vec::new()), Ok)
}

pub(super) fn own_once_registry() -> PyResult<Ref> {
    state().once_registry.get().map_or_else(support::dict_new, Ok)
}

/// An attribute of the module `warnings`, which is imported only if asked for.
pub(super) fn warnings_attr(name: &str, import: bool) -> PyResult<Option<Ref>> {
    let mut module = support::loaded_module("warnings")?;
    if module.is_none() && import && crate::import::is_ready() && !thread::current().interpreter().finalizing.get() {
        module = match crate::import::import_module("warnings") {
            Ok(module) => Some(module),
            Err(raised) => {
                raised.clear_if(&exc::ImportError)?;
                None
            }
        };
    }
    match module {
        Some(module) => module.getattr_opt(support::intern(name).b()),
        None => Ok(None),
    }
}

/// `warnings.onceregistry`.
pub(super) fn once_registry() -> PyResult<Ref> {
    match warnings_attr("onceregistry", false)? {
        None => own_once_registry(),
        Some(registry) if support::is_dict(registry.b()) => {
            state().once_registry.set(Some(registry.clone()));
            Ok(registry)
        }
        Some(registry) => {
            let found = registry.class().tp_name();
            Err(raise!(TypeError, "_warnings.onceregistry must be a dict, not '{found}'"))
        }
    }
}

/// The filters of the context, where warnings are context-aware; else those of the module.
fn current() -> PyResult<Ref> {
    if let Some(filters) = super::context::filters()? {
        return Ok(filters);
    }
    match warnings_attr("filters", false)? {
        None => own_filters(),
        Some(filters) if filters.class().is_subtype(&core::LIST) => {
            state().filters.set(Some(filters.clone()));
            Ok(filters)
        }
        Some(_) => Err(raise!(ValueError, "_warnings.filters must be a list")),
    }
}

/// The first filter that matches, or the default action.
pub(super) fn find(category: Borrowed<'_>, shown: Borrowed<'_>, lineno: Borrowed<'_>, module: Borrowed<'_>) -> PyResult<Found> {
    let filters = current()?;
    let mut index = 0;
    while index < filters.len()? {
        let item = filters.seq_getitem(index.cast_signed())?;
        let Some([action, message, class, own_module, line]) = tuple::items(item.b()) else {
            return Err(raise!(ValueError, "_warnings.filters item {index} isn't a 5-tuple"));
        };
        if !text::check(*action) {
            let found = action.class().tp_name();
            return Err(raise!(TypeError, "action must be a string, not '{found}'"));
        }
        let number = line.as_isize()?;
        if matches(*message, shown)?
            && category.issubclass(*class)?
            && matches(*own_module, module)?
            && (number == 0 || int::to_i64(lineno) == i64::try_from(number).ok())
        {
            return Ok(Found { action: Action::of(*action), shown: action.to_ref(), item: item.clone() });
        }
        index += 1;
    }
    let action = default_action()?;
    Ok(Found { action: Action::of(action.b()), shown: action.clone(), item: core::none_ref() })
}

fn default_action() -> PyResult<Ref> {
    match warnings_attr("defaultaction", false)? {
        None => text::new("default"),
        Some(action) if text::check(action.b()) => Ok(action),
        Some(action) => {
            let found = action.class().tp_name();
            Err(raise!(TypeError, "_warnings.defaultaction must be a string, not '{found}'"))
        }
    }
}

/// None matches all, a str itself, anything else through `match`.
fn matches(pattern: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<bool> {
    if pattern.is(&core::none()) {
        return Ok(true);
    }
    if text::check_exact(&pattern) {
        return pattern.eq(value);
    }
    pattern.call_method(id!("match"), &[value])?.is_true()
}

/// Whether the registry knows the key; with `record` it does from now on.
pub(super) fn already_warned(registry: Borrowed<'_>, key: Borrowed<'_>, record: bool) -> PyResult<bool> {
    let version = state().version.get();
    let known = support::dict_get(registry, id!("version"))?;
    if known.as_ref().and_then(|known| int::to_i64(known.b())) == Some(version) {
        if let Some(seen) = support::dict_get(registry, key)?
            && seen.is_true()?
        {
            return Ok(true);
        }
    } else {
        registry.call_method(id!("clear"), &[])?;
        support::dict_set(registry, id!("version"), int::new(version)?.b())?;
    }
    if record {
        support::dict_set(registry, key, core::true_())?;
    }
    Ok(false)
}
