//! `match` statements.

use crate::frame::{Frame, Slot};
use abi::tpflags;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, id, raise};

general! {
    MATCH_CLASS => match_class;
    MATCH_KEYS => match_keys;
}

macro_rules! match_flag {
    ($($name:ident => $flag:ident;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let class = (*sp.sub(1)).object().get().class().flags();
                sp.write(Slot::borrowed(core::boolean(class & tpflags::$flag != 0)));
                dispatch!(pc.add(1), sp.add(1), frame, thread, table)
            }
        }
    )* };
}

match_flag! {
    MATCH_MAPPING => MAPPING;
    MATCH_SEQUENCE => SEQUENCE;
}

fn match_keys(frame: &Frame, _oparg: u32) -> PyResult<()> {
    // (subject, keys -- subject, keys, values or None)
    let keys = frame.peek(1).to_ref();
    let subject = frame.peek(2).to_ref();
    let values = values_of(subject.b(), tuple::items(keys.b()).unwrap_or_default())?;
    frame.push(values.unwrap_or_else(core::none_ref));
    Ok(())
}

fn values_of(subject: Borrowed<'_>, keys: &[Borrowed<'_>]) -> PyResult<Option<Ref>> {
    if keys.is_empty() {
        return Ok(Some(tuple::empty()));
    }
    let get = subject.getattr(id!("get"))?;
    let seen = crate::support::dict_new()?;
    // An object that no mapping holds.
    let marker = core::OBJECT.call0()?;
    let mut values = Vec::new();
    for key in keys {
        if crate::support::dict_get(seen.b(), *key)?.is_some() {
            return Err(raise!(ValueError, "mapping pattern checks duplicate key ({})", key.repr_text()?));
        }
        crate::support::dict_set(seen.b(), *key, core::none())?;
        let value = get.call(&[*key, marker.b()])?;
        if value.is(&marker) {
            return Ok(None);
        }
        values.push(value);
    }
    tuple::from_vec(values).map(Some)
}

fn match_class(frame: &Frame, oparg: u32) -> PyResult<()> {
    // (subject, class, names -- attributes or None)
    let names = frame.pop();
    let class = frame.pop();
    let subject = frame.pop();
    let found = attributes_of(subject.b(), class.b(), oparg as usize, tuple::items(names.b()).unwrap_or_default())?;
    frame.push(found.unwrap_or_else(core::none_ref));
    Ok(())
}

fn attributes_of(subject: Borrowed<'_>, class: Borrowed<'_>, nargs: usize, names: &[Borrowed<'_>]) -> PyResult<Option<Ref>> {
    let Some(class) = class.downcast::<TypeObject>() else {
        return Err(raise!(TypeError, "called match pattern must be a class"));
    };
    if !subject.isinstance(class.object())? {
        return Ok(None);
    }
    let mut seen: Vec<Ref> = Vec::new();
    let mut attributes = Vec::new();
    if nargs > 0 {
        let mut matches_self = false;
        let match_args = match class.get().getattr_opt(id!("__match_args__"))? {
            Some(args) => {
                if !args.class().is_type(&core::TUPLE) {
                    return Err(raise!(
                        TypeError,
                        "{}.__match_args__ must be a tuple (got {})",
                        class.get().tp_name(),
                        args.class().tp_name()
                    ));
                }
                args
            }
            None => {
                matches_self = class.get().has(tpflags::MATCH_SELF);
                tuple::empty()
            }
        };
        let positional = tuple::items(match_args.b()).unwrap_or_default();
        let allowed = if matches_self { 1 } else { positional.len() };
        if nargs > allowed {
            return Err(raise!(
                TypeError,
                "{}() accepts {allowed} positional sub-pattern{} ({nargs} given)",
                class.get().tp_name(),
                if allowed == 1 { "" } else { "s" }
            ));
        }
        if matches_self {
            attributes.push(subject.to_ref());
        } else {
            for name in positional.iter().take(nargs) {
                if !text::check_exact(name) {
                    return Err(raise!(TypeError, "__match_args__ elements must be strings (got {})", name.class().tp_name()));
                }
                match attribute(subject, class.get(), *name, &mut seen)? {
                    Some(value) => attributes.push(value),
                    None => return Ok(None),
                }
            }
        }
    }
    for name in names {
        match attribute(subject, class.get(), *name, &mut seen)? {
            Some(value) => attributes.push(value),
            None => return Ok(None),
        }
    }
    tuple::from_vec(attributes).map(Some)
}

fn attribute(subject: Borrowed<'_>, class: &TypeObject, name: Borrowed<'_>, seen: &mut Vec<Ref>) -> PyResult<Option<Ref>> {
    for other in seen.iter() {
        if other.eq(name)? {
            return Err(raise!(TypeError, "{}() got multiple sub-patterns for attribute {}", class.tp_name(), name.repr_text()?));
        }
    }
    seen.push(name.to_ref());
    subject.getattr_opt(name)
}
