//! Writing what `__reduce__` gave: a call that makes the object, then its items and its state.

use super::opcode::*;
use super::save::Session;
use super::state::{held, pickling_error, state, type_name};
use crate::notes::with_note;
use builtins::dict::Dict;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, id};

/// How the call is written.
enum Form {
    Call,
    /// `copyreg.__newobj__`.
    New,
    /// `copyreg.__newobj_ex__`.
    NewEx,
}

fn given<'a>(parts: &[Borrowed<'a>], index: usize) -> Option<Borrowed<'a>> {
    parts.get(index).copied().filter(|part| !part.is(&core::none()))
}

fn check_iterator(part: Option<Borrowed<'_>>, which: &str) -> PyResult<()> {
    match part {
        Some(part) if !part.is_iterator() => Err(pickling_error(&format!(
            "{which} item of the tuple returned by __reduce__ must be an iterator, not {}",
            type_name(part)?
        ))),
        _ => Ok(()),
    }
}

fn is_class(object: Borrowed<'_>) -> bool {
    object.class().is_subtype(&core::TYPE)
}

impl Session<'_> {
    /// Writes a part of `object` that messages call `part`.
    fn save_part(&self, object: Borrowed<'_>, value: Borrowed<'_>, part: &str) -> PyResult<()> {
        self.save(value).map_err(|raised| with_note(raised, || Ok(format!("when serializing {} {part}", type_name(object)?))))
    }

    /// Writes `object` by the two to six parts of its reduction.
    pub fn save_reduce(&self, parts: &[Borrowed<'_>], object: Borrowed<'_>) -> PyResult<()> {
        let [function, arguments, ..] = *parts else {
            return Err(pickling_error("tuple returned by __reduce__ must contain 2 through 6 elements"));
        };
        if parts.len() > 6 {
            return Err(pickling_error("tuple returned by __reduce__ must contain 2 through 6 elements"));
        }
        if !function.is_callable() {
            return Err(pickling_error(&format!(
                "first item of the tuple returned by __reduce__ must be callable, not {}",
                type_name(function)?
            )));
        }
        let Some(items) = tuple::items(arguments) else {
            return Err(pickling_error(&format!(
                "second item of the tuple returned by __reduce__ must be a tuple, not {}",
                type_name(arguments)?
            )));
        };
        let (list_items, dict_items, setter) = (given(parts, 3), given(parts, 4), given(parts, 5));
        check_iterator(list_items, "fourth")?;
        check_iterator(dict_items, "fifth")?;
        if let Some(setter) = setter
            && !setter.is_callable()
        {
            return Err(pickling_error(&format!(
                "sixth item of the tuple returned by __reduce__ must be callable, not {}",
                type_name(setter)?
            )));
        }
        match self.form(function)? {
            Form::NewEx => self.save_new_ex(object, items)?,
            Form::New => self.save_new(object, items)?,
            Form::Call => {
                self.save_part(object, function, "reconstructor")?;
                self.save_part(object, arguments, "reconstructor arguments")?;
                self.op(REDUCE)?;
            }
        }
        // An object that is part of its own arguments was finished meanwhile.
        match self.memo_number(object) {
            Some(number) => {
                self.op(POP)?;
                self.get(number)?;
            }
            None => self.memoize(object)?,
        }
        if let Some(items) = list_items {
            self.save_appends(object, items)?;
        }
        if let Some(items) = dict_items {
            self.save_set_items(object, items)?;
        }
        match given(parts, 2) {
            Some(state) => self.save_state(object, state, setter),
            None => Ok(()),
        }
    }

    fn form(&self, function: Borrowed<'_>) -> PyResult<Form> {
        if self.proto < 2 {
            return Ok(Form::Call);
        }
        Ok(match function.getattr_opt(id!("__name__"))? {
            Some(name) if text::eq_str(name.b(), "__newobj_ex__") => Form::NewEx,
            Some(name) if text::eq_str(name.b(), "__newobj__") => Form::New,
            _ => Form::Call,
        })
    }

    fn save_new_ex(&self, object: Borrowed<'_>, items: &[Borrowed<'_>]) -> PyResult<()> {
        let [class, arguments, keywords] = *items else {
            let count = items.len();
            return Err(pickling_error(&format!("__newobj_ex__ expected 3 arguments, got {count}")));
        };
        let wrong = |which: &str, what: &str, found: Borrowed<'_>| -> PyResult<()> {
            let found = type_name(found)?;
            Err(pickling_error(&format!("{which} argument to __newobj_ex__() must be a {what}, not {found}")))
        };
        if !is_class(class) {
            return wrong("first", "class", class);
        }
        let Some(positional) = tuple::items(arguments) else { return wrong("second", "tuple", arguments) };
        if keywords.downcast::<Dict>().is_none() {
            return wrong("third", "dict", keywords);
        }
        if self.proto >= 4 {
            self.save_part(object, class, "class")?;
            self.save_part(object, arguments, "__new__ arguments")?;
            self.save_part(object, keywords, "__new__ arguments")?;
            return self.op(NEWOBJ_EX);
        }
        let new = class.getattr(id!("__new__"))?;
        let mut bound = vec![new.b(), class];
        bound.extend_from_slice(positional);
        let partial = held(&state().partial)?.call_tuple(tuple::from_slice(&bound)?.b(), Some(keywords))?;
        self.save_part(object, partial.b(), "reconstructor")?;
        self.save(tuple::empty().b())?;
        self.op(REDUCE)
    }

    fn save_new(&self, object: Borrowed<'_>, items: &[Borrowed<'_>]) -> PyResult<()> {
        let [class, arguments @ ..] = items else {
            return Err(pickling_error("__newobj__ expected at least 1 argument, got 0"));
        };
        if !is_class(*class) {
            let found = type_name(*class)?;
            return Err(pickling_error(&format!("first argument to __newobj__() must be a class, not {found}")));
        }
        let own: Ref = object.getattr(id!("__class__"))?;
        if !own.is(class) {
            let (own, found) = (own.repr_text()?, class.repr_text()?);
            return Err(pickling_error(&format!("first argument to __newobj__() must be {own}, not {found}")));
        }
        self.save_part(object, *class, "class")?;
        let arguments = tuple::from_slice(arguments)?;
        self.save_part(object, arguments.b(), "__new__ arguments")?;
        self.op(NEWOBJ)
    }

    fn save_state(&self, object: Borrowed<'_>, state: Borrowed<'_>, setter: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(setter) = setter else {
            self.save_part(object, state, "state")?;
            return self.op(BUILD);
        };
        // The setter is called for its effect; its result leaves the stack.
        self.save_part(object, setter, "state setter")?;
        self.save(object)?;
        self.save_part(object, state, "state")?;
        self.put(&[TUPLE2, REDUCE, POP])
    }

    /// Writes a class; those without a global name are rebuilt from their only instance.
    pub fn save_type(&self, object: Borrowed<'_>) -> PyResult<()> {
        let only = [core::none(), core::not_implemented(), core::ellipsis()];
        match only.into_iter().find(|value| std::ptr::eq(value.class().as_object_ptr(), object.ptr())) {
            Some(value) => {
                let arguments = tuple::from_slice(&[value])?;
                let class: &TypeObject = &core::TYPE;
                self.save_reduce(&[class.borrowed(), arguments.b()], object)
            }
            None => self.save_global(object, None),
        }
    }
}
