//! `Template` and `Interpolation`: what t-strings make (PEP 750; CPython's `templateobject.c`, `interpolationobject.c`).

mod interpolation;
mod iter;

pub use interpolation::{Interpolation, new_interpolation, set_match_args};
pub use iter::TemplateIterator;

use macros::{pyclass, pymethods};
use object::value::str as text;
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, id, memory, raise};

const HEAD: abi::PyObject = <abi::PyObject as abi::CStruct>::ZERO;

/// Template object
#[pyclass(name = "Template", module = "string.templatelib", gc)]
pub struct Template {
    head: abi::PyObject,
    /// Strings
    #[member(readonly)]
    strings: OptRef,
    /// Interpolations
    #[member(readonly)]
    interpolations: OptRef,
}

/// A template of strings and interpolations, one string more than interpolations.
pub fn new(strings: Ref, interpolations: Ref) -> PyResult<Ref> {
    let template =
        Template { head: HEAD, strings: OptRef::new(Some(strings)), interpolations: OptRef::new(Some(interpolations)) };
    memory::new_instance(Template::type_object(), template).map(Ref::upcast)
}

impl Template {
    fn parts(&self) -> (Ref, Ref) {
        (self.strings.get().unwrap_or_else(tuple::empty), self.interpolations.get().unwrap_or_else(tuple::empty))
    }
}

/// Strings and interpolations in any order, as a template keeps them: neighbouring strings joined, a string on each side of each interpolation.
fn arrange(parts: &[Borrowed<'_>]) -> PyResult<Ref> {
    let (mut strings, mut interpolations): (Vec<Ref>, Vec<Ref>) = (Vec::new(), Vec::new());
    let mut current = text::empty();
    for part in parts {
        if part.downcast::<Interpolation>().is_some() {
            strings.push(std::mem::replace(&mut current, text::empty()));
            interpolations.push(part.to_ref());
        } else if text::check(*part) {
            current = crate::str_::concat(current.b(), *part)?;
        } else {
            return Err(raise!(
                TypeError,
                "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {}",
                part.class().tp_name()
            ));
        }
    }
    strings.push(current);
    new(tuple::from_vec(strings)?, tuple::from_vec(interpolations)?)
}

/// `a + b`.
fn concat(a: &Template, b: &Template) -> PyResult<Ref> {
    let (left, left_values) = a.parts();
    let (right, right_values) = b.parts();
    let (left, right) = (left.to_vec()?, right.to_vec()?);
    let (Some((last, before)), Some((first, behind))) = (left.split_last(), right.split_first()) else {
        return Err(object::error::bad_internal_call());
    };
    let mut strings = before.to_vec();
    strings.push(crate::str_::concat(last.b(), first.b())?);
    strings.extend_from_slice(behind);
    let mut values = left_values.to_vec()?;
    values.extend(right_values.to_vec()?);
    new(tuple::from_vec(strings)?, tuple::from_vec(values)?)
}

#[pymethods]
impl Template {
    #[slot(tp_new)]
    fn new(_cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? > 0 {
            return Err(raise!(TypeError, "Template.__new__ only accepts *args arguments"));
        }
        arrange(tuple::items(args).unwrap_or_default())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        let (strings, values) = self.parts();
        let mut out = text::Builder::new();
        out.push_str("Template(strings=")?;
        out.push_object(strings.repr()?.b())?;
        out.push_str(", interpolations=")?;
        out.push_object(values.repr()?.b())?;
        out.push_str(")")?;
        out.finish()
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Ref> {
        let (strings, values) = self.parts();
        iter::new(strings, values)
    }

    #[slot(sq_concat)]
    fn concat(slf: Borrowed<'_, Self>, other: Borrowed<'_>) -> PyResult<Ref> {
        match other.downcast::<Template>() {
            Some(other) => concat(&slf, &other),
            None => Err(raise!(
                TypeError,
                "can only concatenate string.templatelib.Template (not \"{}\") to string.templatelib.Template",
                other.class().tp_name()
            )),
        }
    }

    /// Values of interpolations
    #[getter]
    fn values(&self) -> PyResult<Ref> {
        let (_, values) = self.parts();
        let items = tuple::items(values.b()).unwrap_or_default();
        tuple::from_vec(items.iter().map(|item| item.getattr(id!("value"))).collect::<PyResult<Vec<Ref>>>()?)
    }

    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let (strings, values) = self.parts();
        let import = crate::support::builtin(id!("__import__"))?;
        import.call1(text::new("string.templatelib")?.b())?;
        let modules = object::thread::current().interpreter().modules.get().ok_or_else(object::error::bad_internal_call)?;
        let function = modules.getitem(text::new("string.templatelib")?.b())?.getattr(id!("_template_unpickle"))?;
        tuple::from_array([function, tuple::from_array([strings, values])?])
    }

    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (object::hooks::get().generic_alias)(cls.object(), object)
    }
}
