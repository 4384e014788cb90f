//! `Interpolation`: a value of a t-string with its expression, conversion and format.

use super::HEAD;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, memory, raise};

/// Interpolation object
#[pyclass(name = "Interpolation", module = "string.templatelib", gc)]
pub struct Interpolation {
    head: abi::PyObject,
    /// Value
    #[member(readonly)]
    value: OptRef,
    /// Expression
    #[member(readonly)]
    expression: OptRef,
    /// Conversion
    #[member(readonly)]
    conversion: OptRef,
    /// Format specifier
    #[member(readonly)]
    format_spec: OptRef,
}

/// An interpolation with these parts. The conversion is `None` or a str of one letter.
pub fn new_interpolation(value: Ref, expression: Ref, conversion: Ref, format_spec: Ref) -> PyResult<Ref> {
    let field = |part| OptRef::new(Some(part));
    let interpolation = Interpolation {
        head: HEAD,
        value: field(value),
        expression: field(expression),
        conversion: field(conversion),
        format_spec: field(format_spec),
    };
    memory::new_instance(Interpolation::type_object(), interpolation).map(Ref::upcast)
}

/// Gives the complete type its `__match_args__`.
pub fn set_match_args() -> PyResult<()> {
    crate::type_::ready::when_dict_is_made(Interpolation::type_object(), |class| {
        let names = ["value", "expression", "conversion", "format_spec"].map(text::new);
        let names = names.into_iter().collect::<PyResult<Vec<Ref>>>()?;
        crate::type_::ready::set_in_dict(class, object::id!("__match_args__"), tuple::from_vec(names)?.b())
    })
}

impl Interpolation {
    fn fields(&self) -> [Ref; 4] {
        [&self.value, &self.expression, &self.conversion, &self.format_spec].map(|part| part.get().unwrap_or_else(core::none_ref))
    }
}

fn str_or_empty(value: Option<Borrowed<'_>>, name: &str) -> PyResult<Ref> {
    match value {
        None => Ok(text::empty()),
        Some(value) if text::check(value) => Ok(value.to_ref()),
        Some(value) => {
            let found = if value.is(&core::none()) { "None" } else { value.class().tp_name() };
            Err(raise!(TypeError, "Interpolation() argument '{name}' must be str, not {found}"))
        }
    }
}

#[pymethods]
impl Interpolation {
    #[slot(tp_new, "(value, /, expression='', conversion=None, format_spec='')")]
    fn new(
        _cls: Borrowed<'_, TypeObject>,
        value: Borrowed<'_>,
        expression: Option<Borrowed<'_>>,
        conversion: Option<Borrowed<'_>>,
        format_spec: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let expression = str_or_empty(expression, "expression")?;
        let conversion = conversion.filter(|conversion| !conversion.is(&core::none()));
        if let Some(conversion) = conversion {
            if !text::check(conversion) {
                let name = conversion.class().short_name();
                return Err(raise!(TypeError, "Interpolation() argument 'conversion' must be str, not {name}"));
            }
            if !matches!(text::as_ascii(conversion), Some("s" | "a" | "r")) {
                return Err(raise!(ValueError, "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'"));
            }
        }
        let format_spec = str_or_empty(format_spec, "format_spec")?;
        new_interpolation(value.to_ref(), expression, conversion.map_or_else(core::none_ref, Borrowed::to_ref), format_spec)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        let mut out = text::Builder::new();
        for (index, part) in self.fields().iter().enumerate() {
            out.push_str(if index == 0 { "Interpolation(" } else { ", " })?;
            out.push_object(part.repr()?.b())?;
        }
        out.push_str(")")?;
        out.finish()
    }

    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        tuple::from_array([Interpolation::type_object().to_type_ref().upcast(), tuple::from_array(slf.fields())?])
    }

    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (object::hooks::get().generic_alias)(cls.object(), object)
    }
}
