//! `_typing._ConstEvaluator`: the evaluation function of a value that is known.

use abi::PyObject;
use builtins::genericalias::type_repr;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, core, memory, raise};

/// `annotationlib.Format.STRING`.
const FORMAT_STRING: i64 = 4;

/// Internal type for implementing evaluation functions.
#[pyclass(name = "_ConstEvaluator", module = "_typing", flags(DISALLOW_INSTANTIATION), gc)]
pub struct ConstEvaluator {
    head: PyObject,
    value: OptRef,
}

impl ConstEvaluator {
    /// The function that gives this value.
    pub(super) fn new(value: Ref) -> PyResult<Ref> {
        let evaluator = ConstEvaluator { head: <PyObject as abi::CStruct>::ZERO, value: OptRef::new(Some(value)) };
        memory::new_instance(ConstEvaluator::type_object(), evaluator).map(Ref::upcast)
    }

    pub(super) fn value(&self) -> Ref {
        self.value.get().unwrap_or_else(core::none_ref)
    }
}

#[pymethods]
impl ConstEvaluator {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        object::recursion::check(" in __repr__")?;
        let mut builder = text::Builder::new();
        builder.push_str("<constevaluator ")?;
        builder.push_object(self.value().repr()?.b())?;
        builder.push_str(">")?;
        builder.finish()
    }

    #[slot(tp_call)]
    fn call(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0 {
            return Err(raise!(TypeError, "constevaluator.__call__() takes no keyword arguments"));
        }
        let items = tuple::items(args).unwrap_or_default();
        let [format] = items else {
            let given = items.len();
            return Err(raise!(TypeError, "constevaluator.__call__() takes exactly 1 argument ({given} given)"));
        };
        let value = slf.value();
        if format.as_i64()? != FORMAT_STRING {
            return Ok(value);
        }
        let mut builder = text::Builder::new();
        match tuple::items(value.b()) {
            Some(items) => {
                builder.push_str("(")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        builder.push_str(", ")?;
                    }
                    type_repr(&mut builder, *item)?;
                }
                builder.push_str(")")?;
            }
            None => type_repr(&mut builder, value.b())?,
        }
        builder.finish()
    }
}
