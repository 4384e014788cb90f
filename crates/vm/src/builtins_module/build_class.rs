//! `__build_class__`: what a class statement calls.

use crate::lifecycle::{frame_access, support};
use macros::pymodule;
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, TypeObject, core, id, raise};

#[pymodule(part)]
pub(crate) mod part {
    use object::value::str as text;
    use object::{Borrowed, KwArgs, PyResult, Ref, core, raise};

    /// __build_class__(func, name, /, *bases, [metaclass], **kwds) -> class
    ///
    /// Internal helper function used by the class statement.
    #[pyfunction(text = None, "(*args, **kwds)")]
    fn __build_class__(args: &[Borrowed<'_>], kwds: KwArgs<'_>) -> PyResult<Ref> {
        let [function, name, bases @ ..] = args else {
            return Err(raise!(TypeError, "__build_class__: not enough arguments"));
        };
        if !function.class().is_type(&core::FUNCTION) {
            return Err(raise!(TypeError, "__build_class__: func must be a function"));
        }
        if !text::check(*name) {
            return Err(raise!(TypeError, "__build_class__: name is not a string"));
        }
        super::build_class(*function, *name, bases, kwds)
    }
}

fn build_class(function: Borrowed<'_>, name: Borrowed<'_>, original: &[Borrowed<'_>], kwds: object::KwArgs<'_>) -> PyResult<Ref> {
    let original = tuple::from_slice(original)?;
    let bases = update_bases(&original)?;
    let kwargs = if kwds.is_empty() { None } else { Some(kwds.to_dict()?) };
    let mut given = None;
    if let Some(kwargs) = &kwargs {
        given = support::dict_get(kwargs.b(), id!("metaclass"))?;
        if given.is_some() {
            kwargs.delitem(id!("metaclass"))?;
        }
    }
    let mut metaclass = match given {
        Some(metaclass) => metaclass,
        None => match tuple::items(bases.b()).and_then(<[_]>::first) {
            Some(base) => base.class().to_ref(),
            None => core::TYPE.to_ref(),
        },
    };
    let is_class = support::as_type(metaclass.b()).is_some();
    if is_class {
        metaclass = calculate_metaclass(&metaclass, &bases)?;
    }
    let namespace = prepare(&metaclass, name, &bases, kwargs.as_ref(), is_class)?;
    let cell = frame_access::run_class_body(function, namespace.b())?;
    if !bases.is(&original) {
        namespace.setitem(id!("__orig_bases__"), original.b())?;
    }
    let class = support::call_with_dict(metaclass.b(), &[name, bases.b(), namespace.b()], kwargs.as_ref().map(Ref::b))?;
    if support::as_type(class.b()).is_some() && cell.class().is_type(&core::CELL) {
        check_class_cell(&cell, &class, name)?;
    }
    Ok(class)
}

fn prepare(metaclass: &Ref, name: Borrowed<'_>, bases: &Ref, kwargs: Option<&Ref>, is_class: bool) -> PyResult<Ref> {
    let namespace = match metaclass.getattr_opt(id!("__prepare__"))? {
        None => support::dict_new()?,
        Some(prepare) => support::call_with_dict(prepare.b(), &[name, bases.b()], kwargs.map(Ref::b))?,
    };
    if support::is_mapping(namespace.b()) {
        return Ok(namespace);
    }
    let owner = if is_class { support::as_type(metaclass.b()) } else { None };
    let owner = owner.as_ref().map_or("<metaclass>", |class| class.get().short_name());
    let found = namespace.class().tp_name();
    Err(raise!(TypeError, "{owner}.__prepare__() must return a mapping, not {found}"))
}

fn check_class_cell(cell: &Ref, class: &Ref, name: Borrowed<'_>) -> PyResult<()> {
    let content = frame_access::cell_content(cell.b());
    match content {
        Some(content) if content.is(class) => Ok(()),
        None => {
            let (name, class) = (name.repr_text()?, class.repr_text()?);
            let hint = "Was __classcell__ propagated to type.__new__?";
            Err(raise!(RuntimeError, "__class__ not set defining {name} as {class}. {hint}"))
        }
        Some(content) => {
            let (content, name, class) = (content.repr_text()?, name.repr_text()?, class.repr_text()?);
            Err(raise!(TypeError, "__class__ set to {content} defining {name} as {class}"))
        }
    }
}

/// The bases with `__mro_entries__` applied; the same tuple where nothing has any.
fn update_bases(original: &Ref) -> PyResult<Ref> {
    let mut replaced: Option<Vec<Ref>> = None;
    for (index, base) in tuple::items(original.b()).unwrap_or_default().iter().enumerate() {
        let method = if support::as_type(*base).is_some() { None } else { base.getattr_opt(id!("__mro_entries__"))? };
        match method {
            None => {
                if let Some(bases) = &mut replaced {
                    bases.push(base.to_ref());
                }
            }
            Some(method) => {
                let entries = method.call1(original.b())?;
                let Some(entries) = tuple::items(entries.b()) else {
                    return Err(raise!(TypeError, "__mro_entries__ must return a tuple"));
                };
                let so_far = tuple::items(original.b()).unwrap_or_default().iter().take(index);
                let bases = replaced.get_or_insert_with(|| so_far.map(|base| base.to_ref()).collect());
                bases.extend(entries.iter().map(|entry| entry.to_ref()));
            }
        }
    }
    replaced.map_or_else(|| Ok(original.clone()), tuple::from_vec)
}

/// The most derived of the metaclass and the bases' types.
pub(crate) fn calculate_metaclass(metaclass: &Ref, bases: &Ref) -> PyResult<Ref> {
    let mut winner = metaclass.clone();
    for base in tuple::items(bases.b()).unwrap_or_default() {
        let Some(current) = support::as_type(winner.b()) else { break };
        let other: &TypeObject = base.get().class();
        if current.is_subtype(other) {
            continue;
        }
        if other.is_subtype(current.get()) {
            winner = other.to_ref();
            continue;
        }
        return Err(raise!(
            TypeError,
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"
        ));
    }
    Ok(winner)
}
