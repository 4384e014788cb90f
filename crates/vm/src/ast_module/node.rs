//! `ast.AST`: the base of all nodes, with 3.14's constructor.

use super::classes;
use crate::lifecycle::support;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, KwArgs, OptRef, PyResult, Ref, TypeObject, core, exc, hooks, id, memory, raise};

/// A node of a syntax tree.
#[pyclass(name = "AST", module = "ast", flags(BASETYPE), gc, dict = dict)]
pub struct Ast {
    header: abi::PyObject,
    dict: OptRef,
}

/// The names in a class's tuple attribute.
fn names_of(slf: Borrowed<'_>, attribute: Borrowed<'_>) -> PyResult<Vec<Ref>> {
    match slf.get().class().borrowed().getattr_opt(attribute)? {
        Some(names) => names.to_vec(),
        None => Ok(Vec::new()),
    }
}

fn has(names: &[Ref], name: Borrowed<'_>) -> PyResult<bool> {
    for known in names {
        if known.eq(name)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn unknown_keyword(slf: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<()> {
    let class = slf.get().class().tp_name().to_owned();
    let message = format!(
        "{class}.__init__ got an unexpected keyword argument {}. Support for arbitrary keyword arguments is deprecated and \
will be removed in Python 3.15.",
        key.repr_text()?
    );
    crate::warnings::warn(&exc::DeprecationWarning, &message, 1)
}

/// Gives fields that were left out their default: None, an empty list, Load; warns where there is none.
fn fill_missing(slf: Borrowed<'_>, missing: &[Ref]) -> PyResult<()> {
    let class = slf.get().class();
    let Some(types) = class.borrowed().getattr_opt(id!("_field_types"))? else { return Ok(()) };
    for name in missing {
        let Some(ty) = types.getitem_opt(name.b())? else {
            let message = format!(
                "Field {} is missing from {}._field_types. This will become an error in Python 3.15.",
                name.repr_text()?,
                class.tp_name()
            );
            crate::warnings::warn(&exc::DeprecationWarning, &message, 1)?;
            continue;
        };
        let nodes = classes::of_interpreter()?;
        let shown = ty.class().tp_name();
        if shown == "Union" || shown == "UnionType" {
            continue;
        }
        if ty.getattr_opt(id!("__origin__"))?.is_some_and(|origin| origin.is(&core::LIST)) {
            slf.setattr(name.b(), support::list(Vec::new())?.b())?;
        } else if ty.is(&*nodes.get("expr_context")?) {
            slf.setattr(name.b(), nodes.singleton("Load")?.b())?;
        } else {
            let message = format!(
                "{}.__init__ missing 1 required positional argument: {}. This will become an error in Python 3.15.",
                class.tp_name(),
                name.repr_text()?
            );
            crate::warnings::warn(&exc::DeprecationWarning, &message, 1)?;
        }
    }
    Ok(())
}

/// TypeError where a field without a default has no value.
fn refuse_missing(class: &TypeObject, fields: &[Ref], given: Borrowed<'_>) -> PyResult<()> {
    let mut missing = Vec::new();
    for name in fields {
        if support::dict_get(given, name.b())?.is_none() && class.borrowed().getattr_opt(name.b())?.is_none() {
            missing.push(name.repr_text()?);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort();
    let (count, plural, names) = (missing.len(), if missing.len() == 1 { "" } else { "s" }, missing.join(", "));
    Err(raise!(TypeError, "{}.__replace__ missing {count} keyword argument{plural}: {names}.", class.tp_name()))
}

impl Ast {
    fn state(slf: Borrowed<'_>) -> PyResult<Ref> {
        slf.self_as::<Ast>().dict.get().map_or_else(support::dict_new, Ok)
    }
}

#[pymethods]
impl Ast {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        memory::generic_alloc(class, 0)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        let fields = slf.get().class().borrowed().getattr(id!("_fields"))?.to_vec()?;
        let attributes = names_of(slf, id!("_attributes"))?;
        let given = tuple::items(args).unwrap_or_default();
        let class = slf.get().class().short_name();
        if given.len() > fields.len() {
            let (count, plural) = (fields.len(), if fields.len() == 1 { "" } else { "s" });
            return Err(raise!(TypeError, "{class} constructor takes at most {count} positional argument{plural}"));
        }
        for (name, value) in fields.iter().zip(given) {
            slf.setattr(name.b(), *value)?;
        }
        let (bound, mut missing) = fields.split_at_checked(given.len()).map_or((&[][..], Vec::new()), |(a, b)| (a, b.to_vec()));
        let pairs = kwargs.map_or(Ok(Vec::new()), hooks::get().dict_items)?;
        for (key, value) in pairs {
            if has(bound, key.b())? {
                let key = key.repr_text()?;
                return Err(raise!(TypeError, "{class} got multiple values for argument {key}"));
            }
            if has(&missing, key.b())? {
                let mut kept = Vec::new();
                for name in missing {
                    if !name.eq(key.b())? {
                        kept.push(name);
                    }
                }
                missing = kept;
            } else if !has(&attributes, key.b())? {
                unknown_keyword(slf, key.b())?;
            }
            slf.setattr(key.b(), value.b())?;
        }
        fill_missing(slf, &missing)
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_>) -> PyResult<Ref> {
        let state = Ast::state(slf)?;
        let fields = names_of(slf, id!("_fields"))?;
        let mut count = 0;
        for name in &fields {
            if support::dict_get(state.b(), name.b())?.is_none() {
                break;
            }
            count += 1;
        }
        let nones = tuple::from_vec((0..count).map(|_| core::none_ref()).collect())?;
        tuple::from_array([slf.get().class().to_ref(), nones, state])
    }

    /// Return a copy of the AST node with new values for the specified fields.
    #[method(name = "__replace__", text = None, "($self, /, *args, **fields)")]
    fn replace(slf: Borrowed<'_>, args: &[Borrowed<'_>], fields: KwArgs<'_>) -> PyResult<Ref> {
        if !args.is_empty() {
            return Err(raise!(TypeError, "__replace__() takes no positional arguments"));
        }
        let class = slf.get().class();
        let own = names_of(slf, id!("_fields"))?;
        let known = [own.clone(), names_of(slf, id!("_attributes"))?].concat();
        let state = Ast::state(slf)?;
        // What the instance has besides its fields and attributes is left behind.
        let copy = support::dict_new()?;
        for name in &known {
            if let Some(value) = support::dict_get(state.b(), name.b())? {
                support::dict_set(copy.b(), name.b(), value.b())?;
            }
        }
        for (name, value) in fields.iter() {
            if !has(&known, name)? {
                let (class, name) = (class.tp_name(), name.repr_text()?);
                return Err(raise!(TypeError, "{class}.__replace__ got an unexpected keyword argument {name}."));
            }
            support::dict_set(copy.b(), name, value)?;
        }
        refuse_missing(class, &own, copy.b())?;
        let empty = tuple::empty();
        class.borrowed().call_tuple(empty.b(), Some(copy.b()))
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
        text::new(&shown(slf, 3)?)
    }

    #[getter(name = "__dict__")]
    fn get_dict(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        if let Some(dict) = slf.dict.get() {
            return Ok(dict);
        }
        let dict = support::dict_new()?;
        slf.dict.set(Some(dict.clone()));
        Ok(dict)
    }
}

/// `Name(id='a', ctx=Load())`, three levels deep; of lists the first and the last item.
fn shown(node: Borrowed<'_>, depth: usize) -> PyResult<String> {
    let class = node.get().class().tp_name().to_owned();
    if depth == 0 {
        return Ok(format!("{class}(...)"));
    }
    let fields = names_of(node, id!("_fields"))?;
    let mut parts = Vec::new();
    for name in &fields {
        let value = node.getattr(name.b())?;
        let content = if value.class().is_subtype(&core::LIST) {
            let items = value.to_vec()?;
            let one = |item: &Ref| shown_value(item.b(), depth);
            match items.as_slice() {
                [] => "[]".to_owned(),
                [only] => format!("[{}]", one(only)?),
                [first, last] => format!("[{}, {}]", one(first)?, one(last)?),
                [first, .., last] => format!("[{}, ..., {}]", one(first)?, one(last)?),
            }
        } else {
            shown_value(value.b(), depth)?
        };
        parts.push(format!("{}={content}", text::to_string_lossy(name.b())));
    }
    Ok(format!("{class}({})", parts.join(", ")))
}

fn shown_value(value: Borrowed<'_>, depth: usize) -> PyResult<String> {
    if value.downcast::<Ast>().is_some() { shown(value, depth.saturating_sub(1)) } else { value.repr_text() }
}
