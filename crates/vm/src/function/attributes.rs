//! Attributes, binding and construction of function objects.

use super::{Function, tuple_or_none};
use crate::code::Code;
use crate::support;
use builtins::watch::{self, FunctionEvent};
use macros::pymethods;
use object::value::{str as text, tuple};
use object::{Borrowed, KwArgs, OptRef, PyResult, Ref, TypeObject, core, raise};

fn or_none(field: &OptRef) -> Ref {
    field.get().unwrap_or_else(core::none_ref)
}

fn set_text(field: &OptRef, value: Option<Borrowed<'_>>, name: &str) -> PyResult<()> {
    match value {
        Some(value) if text::check(value) => {
            field.set(Some(value.to_ref()));
            Ok(())
        }
        _ => Err(raise!(TypeError, "{name} must be set to a string object")),
    }
}

impl Function {
    /// Gives the compiler's `__annotate__` of this function the name that says whose it is; its code does not know.
    fn name_annotate(&self, annotate: Borrowed<'_>) {
        let Some(function) = annotate.downcast_exact::<Function>() else { return };
        let code = function.code();
        let unnamed = function.qualname.0.get().is_some_and(|name| name.is(&code.qualname_object()));
        if !unnamed || !text::eq_str(code.name_object(), "__annotate__") {
            return;
        }
        let Some(mut name) = self.qualname.0.get().map(|name| text::to_wtf8(name.b()).to_vec()) else { return };
        name.extend_from_slice(b".__annotate__");
        match text::from_wtf8(&name) {
            Ok(name) => function.qualname.0.set(Some(name)),
            Err(raised) => raised.clear(),
        }
    }
}

fn dict_or_none(value: Option<Borrowed<'_>>, message: &str) -> PyResult<Option<Ref>> {
    match value {
        None => Ok(None),
        Some(value) if value.is(&core::none()) => Ok(None),
        Some(value) if value.class().is_subtype(&core::DICT) => Ok(Some(value.to_ref())),
        Some(_) => Err(raise!(TypeError, "{message}")),
    }
}

#[pymethods]
impl Function {
    #[slot(tp_new, "(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)")]
    fn new_function(
        _class: Borrowed<'_, TypeObject>,
        code: Borrowed<'_, Code>,
        globals: Borrowed<'_>,
        name: Option<Borrowed<'_>>,
        argdefs: Option<Borrowed<'_>>,
        closure: Option<Borrowed<'_>>,
        kwdefaults: Option<Borrowed<'_>>,
    ) -> PyResult<Ref<Function>> {
        if !globals.class().is_subtype(&core::DICT) {
            return Err(raise!(TypeError, "function() argument 'globals' must be dict, not {}", globals.class().tp_name()));
        }
        let name = name.filter(|name| !name.is(&core::none()));
        if name.is_some_and(|name| !text::check(name)) {
            return Err(raise!(TypeError, "arg 3 (name) must be None or string"));
        }
        let defaults = tuple_or_none(argdefs, "arg 4 (defaults) must be None or tuple")?;
        let nfree = code.nfreevars.get().cast_unsigned() as usize;
        let closure = closure.filter(|closure| !closure.is(&core::none()));
        let cells = match closure {
            Some(closure) => tuple::items(closure).ok_or_else(|| {
                if nfree > 0 {
                    raise!(TypeError, "arg 5 (closure) must be tuple")
                } else {
                    raise!(TypeError, "arg 5 (closure) must be None or tuple")
                }
            })?,
            None if nfree > 0 => return Err(raise!(TypeError, "arg 5 (closure) must be tuple")),
            None => &[],
        };
        let kwdefaults = dict_or_none(kwdefaults, "arg 6 (kwdefaults) must be None or dict")?;
        if cells.len() != nfree {
            return Err(raise!(
                ValueError,
                "{} requires closure of length {nfree}, not {}",
                text::to_string_lossy(code.get().name_object()),
                cells.len()
            ));
        }
        if let Some(wrong) = cells.iter().find(|cell| !cell.class().is_type(&core::CELL)) {
            return Err(raise!(TypeError, "arg 5 (closure) expected cell, found {}", wrong.class().tp_name()));
        }
        let function = Function::new(code, globals)?;
        if let Some(name) = name {
            function.name.set(Some(name.to_ref()));
        }
        function.defaults.set(defaults);
        function.closure.set(closure.map(|closure| closure.to_ref()));
        function.kwdefaults.set(kwdefaults);
        Ok(function)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        Ok(format!("<function {} at {:#x}>", self.qualname_text(), std::ptr::from_ref(self).addr()))
    }

    #[slot(tp_call, "(*args, **kwargs)")]
    fn call(slf: Borrowed<'_>, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let pairs: Vec<(Borrowed<'_>, Borrowed<'_>)> = kwargs.iter().collect();
        let names: Vec<Borrowed<'_>> = pairs.iter().map(|(name, _)| *name).collect();
        let all: Vec<Borrowed<'_>> = args.iter().copied().chain(pairs.iter().map(|(_, value)| *value)).collect();
        let names = if names.is_empty() { None } else { Some(tuple::from_slice(&names)?) };
        super::function_vectorcall(slf, all.as_ptr(), args.len(), names.as_ref().map(Ref::b))
    }

    #[slot(tp_descr_get)]
    fn descr_get(slf: Borrowed<'_>, instance: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match instance {
            None => Ok(slf.to_ref()),
            Some(instance) if instance.is(&core::none()) => Ok(slf.to_ref()),
            Some(instance) => support::method_new(slf, instance),
        }
    }

    #[getter(name = "__doc__")]
    fn get_doc(&self) -> PyResult<Ref> {
        self.docstring()
    }
    #[setter(name = "__doc__")]
    fn set_doc(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.doc.set(Some(value.map_or_else(core::none_ref, |value| value.to_ref())));
        Ok(())
    }
    #[getter(name = "__module__")]
    fn get_module(&self) -> Ref {
        or_none(&self.module)
    }
    #[setter(name = "__module__")]
    fn set_module(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.module.set(value.map(|value| value.to_ref()));
        Ok(())
    }
    #[getter(name = "__code__")]
    fn get_code(&self) -> Ref {
        self.code_object()
    }
    #[setter(name = "__code__")]
    fn set_code_attribute(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(code) = value.and_then(|value| value.downcast::<Code>()) else {
            return Err(raise!(TypeError, "__code__ must be set to a code object"));
        };
        let nfree = code.nfreevars.get().cast_unsigned() as usize;
        let cells = self.closure.get();
        let cells = cells.as_ref().and_then(|cells| tuple::items(cells.b())).map_or(0, <[_]>::len);
        if nfree != cells {
            return Err(raise!(
                ValueError,
                "{}() requires a code object with {cells} free vars, not {nfree}",
                self.name.get().map_or_else(String::new, |name| text::to_string_lossy(name.b()))
            ));
        }
        // The docstring stays that of the first code.
        self.docstring()?;
        self.set_code(code.to_ref().upcast());
        Ok(())
    }
    #[getter(name = "__name__")]
    fn get_name(&self) -> Ref {
        or_none(&self.name)
    }
    #[setter(name = "__name__")]
    fn set_name(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        set_text(&self.name, value, "__name__")
    }
    #[getter(name = "__qualname__")]
    fn get_qualname(&self) -> Ref {
        or_none(&self.qualname)
    }
    #[setter(name = "__qualname__")]
    fn set_qualname(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        set_text(&self.qualname, value, "__qualname__")
    }
    #[getter(name = "__defaults__")]
    fn get_defaults(&self) -> Ref {
        or_none(&self.defaults)
    }
    #[setter(name = "__defaults__")]
    fn set_defaults(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = tuple_or_none(value, "__defaults__ must be set to a tuple object")?;
        watch::function_event(FunctionEvent::ModifyDefaults, object::as_object(self).borrowed(), value.as_ref().map(Ref::b));
        self.version.set(0);
        self.defaults.set(value);
        Ok(())
    }
    #[getter(name = "__kwdefaults__")]
    fn get_kwdefaults(&self) -> Ref {
        or_none(&self.kwdefaults)
    }
    #[setter(name = "__kwdefaults__")]
    fn set_kwdefaults(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = dict_or_none(value, "__kwdefaults__ must be set to a dict object")?;
        watch::function_event(FunctionEvent::ModifyKwdefaults, object::as_object(self).borrowed(), value.as_ref().map(Ref::b));
        self.version.set(0);
        self.kwdefaults.set(value);
        Ok(())
    }
    #[getter(name = "__annotate__")]
    fn get_annotate(&self) -> Ref {
        if let Some(annotate) = self.annotate.get() {
            self.name_annotate(annotate.b());
        }
        or_none(&self.annotate)
    }
    #[setter(name = "__annotate__")]
    fn set_annotate(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            None => Err(raise!(TypeError, "__annotate__ cannot be deleted")),
            Some(value) if value.is(&core::none()) => {
                self.annotate.set(Some(value.to_ref()));
                Ok(())
            }
            Some(value) if value.is_callable() => {
                self.annotate.set(Some(value.to_ref()));
                self.annotations.set(None);
                Ok(())
            }
            Some(_) => Err(raise!(TypeError, "__annotate__ must be callable or None")),
        }
    }
    /// Dict of annotations in a function object.
    #[getter(name = "__annotations__")]
    fn get_annotations(&self) -> PyResult<Ref> {
        if self.annotations.is_none() {
            let made = match self.annotate.get().filter(|annotate| annotate.is_callable()) {
                Some(annotate) => {
                    let made = annotate.call1(object::value::int::new(1)?.b())?;
                    if !made.class().is_subtype(&core::DICT) {
                        return Err(raise!(TypeError, "__annotate__ returned non-dict of type '{}'", made.class().tp_name()));
                    }
                    made
                }
                None => support::dict_new()?,
            };
            self.annotations.set(Some(made));
        } else if let Some(pairs) = self.annotations.get()
            && let Some(items) = tuple::items(pairs.b())
        {
            // Name and value in turn, as the compiler left them.
            let dict = support::dict_new()?;
            for pair in items.chunks_exact(2) {
                if let [name, value] = pair {
                    support::dict_set(dict.b(), *name, *value)?;
                }
            }
            self.annotations.set(Some(dict));
        }
        Ok(or_none(&self.annotations))
    }
    #[setter(name = "__annotations__")]
    fn set_annotations(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = dict_or_none(value, "__annotations__ must be set to a dict object")?;
        self.annotations.set(value);
        self.annotate.set(None);
        Ok(())
    }
    /// Get the declared type parameters for a function.
    #[getter(name = "__type_params__")]
    fn get_type_params(&self) -> Ref {
        self.typeparams.get().unwrap_or_else(tuple::empty)
    }
    #[setter(name = "__type_params__")]
    fn set_type_params(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) if tuple::items(value).is_some() => {
                self.typeparams.set(Some(value.to_ref()));
                Ok(())
            }
            _ => Err(raise!(TypeError, "__type_params__ must be set to a tuple")),
        }
    }
    #[getter(name = "__dict__")]
    fn get_dict(&self) -> PyResult<Ref> {
        if self.dict.is_none() {
            self.dict.set(Some(support::dict_new()?));
        }
        Ok(or_none(&self.dict))
    }
    #[setter(name = "__dict__")]
    fn set_dict(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            None => Err(raise!(TypeError, "cannot delete __dict__")),
            Some(value) if value.class().is_subtype(&core::DICT) => {
                self.dict.set(Some(value.to_ref()));
                Ok(())
            }
            Some(value) => Err(raise!(TypeError, "__dict__ must be set to a dictionary, not a '{}'", value.class().tp_name())),
        }
    }
}
