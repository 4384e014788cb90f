//! `PyInterpreterConfig` as a `types.SimpleNamespace`, and back.

use object::interpreters::{GilKind, Settings};
use object::value::str as text;
use object::{Borrowed, KwArgs, PyResult, Ref, core, id, raise};

type Flag = fn(&mut Settings) -> &mut bool;

/// The flags by name, in their order.
const FLAGS: [(&str, Flag); 6] = [
    ("use_main_obmalloc", |settings| &mut settings.use_main_obmalloc),
    ("allow_fork", |settings| &mut settings.allow_fork),
    ("allow_exec", |settings| &mut settings.allow_exec),
    ("allow_threads", |settings| &mut settings.allow_threads),
    ("allow_daemon_threads", |settings| &mut settings.allow_daemon_threads),
    ("check_multi_interp_extensions", |settings| &mut settings.check_multi_interp_extensions),
];

const GILS: [(&str, GilKind); 3] = [("default", GilKind::Default), ("shared", GilKind::Shared), ("own", GilKind::Own)];

/// The settings of a name.
pub fn named(name: &str) -> PyResult<Settings> {
    match name {
        "" | "default" | "isolated" => Ok(Settings::ISOLATED),
        "legacy" => Ok(Settings::LEGACY),
        "empty" => Ok(Settings::default()),
        other => Err(raise!(ValueError, "unsupported config name '{other}'")),
    }
}

/// The settings as a namespace.
pub fn to_object(mut settings: Settings) -> PyResult<Ref> {
    let attributes = (object::hooks::get().dict_new)()?;
    for (name, flag) in FLAGS {
        attributes.setitem(text::new(name)?.b(), core::boolean(*flag(&mut settings)))?;
    }
    let gil = GILS.iter().find(|(_, kind)| *kind == settings.gil).map_or("default", |(name, _)| name);
    attributes.setitem(id!("gil"), text::new(gil)?.b())?;
    builtins::namespace::new(Some(attributes.b()))
}

/// Changes the settings as these pairs say. Where all have to be there, a missing one is an error.
fn update(settings: &mut Settings, pairs: &[(String, Ref)], whole: bool) -> PyResult<()> {
    let find = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let missing = |name: &str| raise!(ValueError, "missing config key: {name}");
    let mut used = 0;
    for (name, flag) in FLAGS {
        match find(name) {
            Some(value) if value.is(&core::true_()) || value.is(&core::false_()) => {
                *flag(settings) = value.is(&core::true_());
                used += 1;
            }
            Some(_) => return Err(raise!(TypeError, "invalid config type: {name}")),
            None if whole => return Err(missing(name)),
            None => {}
        }
    }
    match find("gil") {
        Some(value) if text::check(value.b()) => {
            let Some((_, kind)) = GILS.iter().find(|(name, _)| text::eq_str(value.b(), name)) else {
                return Err(raise!(ValueError, "unsupported interpreter config .gil value {}", value.repr_text()?));
            };
            settings.gil = *kind;
            used += 1;
        }
        Some(_) => return Err(raise!(TypeError, "invalid config type: gil")),
        None if whole => return Err(missing("gil")),
        None => {}
    }
    if used == pairs.len() {
        return Ok(());
    }
    let known = |name: &str| name == "gil" || FLAGS.iter().any(|(flag, _)| *flag == name);
    let extra = (object::hooks::get().dict_new)()?;
    for (name, value) in pairs.iter().filter(|(name, _)| !known(name)) {
        extra.setitem(text::new(name)?.b(), value.b())?;
    }
    let shown = extra.repr_text()?;
    match pairs.len() - used {
        1 => Err(raise!(ValueError, "config dict has 1 extra item ({shown})")),
        count => Err(raise!(ValueError, "config dict has {count} extra items ({shown})")),
    }
}

fn pairs_of(dict: Borrowed<'_>) -> PyResult<Vec<(String, Ref)>> {
    let items = (object::hooks::get().dict_items)(dict)?;
    Ok(items.into_iter().map(|(name, value)| (text::to_string_lossy(name.b()), value)).collect())
}

/// `new_config(name, **overrides)`.
pub fn new(name: &str, overrides: KwArgs<'_>) -> PyResult<Settings> {
    let mut settings = named(name)?;
    let pairs: Vec<_> = overrides.iter().map(|(name, value)| (text::to_string_lossy(name), value.to_ref())).collect();
    update(&mut settings, &pairs, false)?;
    Ok(settings)
}

/// The settings that an argument of `create` asks for: none, a name, or a namespace.
pub fn from_argument(argument: Option<Borrowed<'_>>) -> PyResult<Settings> {
    let Some(argument) = argument.filter(|argument| !argument.is(&core::none())) else { return Ok(Settings::ISOLATED) };
    if text::check(argument) {
        let Some(name) = text::to_string(argument) else { return Err(object::convert::surrogates_not_allowed(argument)) };
        return named(&name);
    }
    let Some(dict) = argument.getattr_opt(id!("__dict__"))?.filter(|dict| dict.class().has(abi::tpflags::DICT_SUBCLASS)) else {
        return Err(raise!(TypeError, "bad config {}", argument.repr_text()?));
    };
    let mut settings = Settings::default();
    update(&mut settings, &pairs_of(dict.b())?, true)?;
    Ok(settings)
}
