//! Instructions that make and fill containers and objects.

use super::load::Machine;
use super::opcode::*;
use super::state::{held, state, unpickling_error};
use super::unpickler::{Unpickler, no_persistent_load};
use builtins::dict::Dict;
use builtins::list::List;
use builtins::set::Set;
use object::value::{bytes, int, str as text, tuple};
use object::{PyResult, Ref, TypeObject, core, id, raise};

/// Sets pairs on a mapping.
fn set_pairs(target: &Ref, items: &[Ref]) -> PyResult<()> {
    let dict = target.b().downcast_exact::<Dict>();
    for pair in items.chunks_exact(2) {
        if let [key, value] = pair {
            match &dict {
                Some(dict) => dict.set(key.b(), value.b())?,
                None => target.setitem(key.b(), value.b())?,
            }
        }
    }
    Ok(())
}

/// Adds items to a list, or to what has `extend` or `append`.
fn append_all(target: &Ref, items: Vec<Ref>) -> PyResult<()> {
    if let Some(list) = target.b().downcast_exact::<List>() {
        return items.into_iter().try_for_each(|item| list.append(item));
    }
    if let [item] = items.as_slice() {
        return target.call_method(id!("append"), &[item.b()]).map(drop);
    }
    if let Some(extend) = target.getattr_opt(id!("extend"))? {
        let list = List::from_vec(items)?;
        return extend.call1(list.b()).map(drop);
    }
    let append = target.getattr(id!("append"))?;
    items.iter().try_for_each(|item| append.call1(item.b()).map(drop))
}

fn add_all(target: &Ref, items: Vec<Ref>) -> PyResult<()> {
    if let Some(set) = target.b().downcast::<Set>() {
        return items.iter().try_for_each(|item| set.add(item.b()));
    }
    let add = target.getattr(id!("add"))?;
    items.iter().try_for_each(|item| add.call1(item.b()).map(drop))
}

impl Machine<'_> {
    pub fn load_container(&mut self, code: u8) -> PyResult<()> {
        let value = match code {
            EMPTY_TUPLE => tuple::empty(),
            TUPLE1 => self.pop_tuple(1)?,
            TUPLE2 => self.pop_tuple(2)?,
            TUPLE3 => self.pop_tuple(3)?,
            EMPTY_LIST => List::new()?.upcast(),
            EMPTY_DICT => Dict::new()?.upcast(),
            EMPTY_SET => Set::new()?.upcast(),
            TUPLE | LIST | FROZENSET | DICT => {
                let mark = self.take_mark()?;
                let items = self.pop_from(mark);
                match code {
                    TUPLE => tuple::from_vec(items)?,
                    LIST => List::from_vec(items)?.upcast(),
                    FROZENSET => builtins::set::frozenset(List::from_vec(items)?.b())?,
                    _ => {
                        if items.len() % 2 != 0 {
                            return Err(unpickling_error("odd number of items for DICT"));
                        }
                        let dict = Dict::new()?.upcast();
                        set_pairs(&dict, &items)?;
                        dict
                    }
                }
            }
            _ => return self.fill_container(code),
        };
        self.push(value)
    }

    fn fill_container(&mut self, code: u8) -> PyResult<()> {
        match code {
            APPEND => {
                let item = self.pop()?;
                let target = self.top()?;
                append_all(&target, vec![item])
            }
            SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                let target = self.top()?;
                set_pairs(&target, &[key, value])
            }
            _ => {
                let mark = self.take_mark()?;
                let target = self.below(mark)?;
                let items = self.pop_from(mark);
                if items.is_empty() {
                    return Ok(());
                }
                match code {
                    APPENDS => append_all(&target, items),
                    ADDITEMS => add_all(&target, items),
                    _ if items.len() % 2 != 0 => Err(unpickling_error("odd number of items for SETITEMS")),
                    _ => set_pairs(&target, &items),
                }
            }
        }
    }

    pub fn load_object(&mut self, code: u8) -> PyResult<()> {
        let value = match code {
            GLOBAL => {
                let module = self.name_line("utf-8")?;
                let name = self.name_line("utf-8")?;
                Unpickler::global(self.unpickler, module, name)?
            }
            STACK_GLOBAL => {
                let name = self.pop()?;
                let module = self.pop()?;
                if !text::check_exact(&name) || !text::check_exact(&module) {
                    return Err(unpickling_error("STACK_GLOBAL requires str"));
                }
                Unpickler::global(self.unpickler, module, name)?
            }
            EXT1 => {
                let [code] = self.read::<1>()?;
                self.extension(i64::from(code))?
            }
            EXT2 => {
                let code = u16::from_le_bytes(self.read::<2>()?);
                self.extension(i64::from(code))?
            }
            EXT4 => {
                let code = i32::from_le_bytes(self.read::<4>()?);
                self.extension(i64::from(code))?
            }
            PERSID => {
                let line = self.line()?;
                if !line.is_ascii() {
                    return Err(unpickling_error("persistent IDs in protocol 0 must be ASCII strings"));
                }
                self.persistent(text::from_ascii(&line)?)?
            }
            BINPERSID => {
                let pid = self.pop()?;
                self.persistent(pid)?
            }
            INST => self.instance_by_name()?,
            OBJ => self.instance_by_class()?,
            NEWOBJ | NEWOBJ_EX => self.new_object(code == NEWOBJ_EX)?,
            REDUCE => {
                let arguments = self.pop()?;
                let function = self.pop()?;
                if tuple::items(arguments.b()).is_none() {
                    return Err(raise!(TypeError, "argument list must be a tuple"));
                }
                function.call_tuple(arguments.b(), None)?
            }
            _ => return self.build(),
        };
        self.push(value)
    }

    fn name_line(&self, encoding: &str) -> PyResult<Ref> {
        let line = self.full_line()?;
        match std::str::from_utf8(&line) {
            Ok(name) if encoding != "ascii" || name.is_ascii() => text::new(name),
            _ => builtins::codecs::decode(bytes::new(&line)?.b(), Some(text::new(encoding)?.b()), None),
        }
    }

    fn persistent(&self, pid: Ref) -> PyResult<Ref> {
        match &self.persistent {
            Some(load) => load.call1(pid.b()),
            None => Err(no_persistent_load()),
        }
    }

    /// The object of an extension code, from copyreg's cache or by name.
    fn extension(&self, code: i64) -> PyResult<Ref> {
        if code <= 0 {
            return Err(unpickling_error("EXT specifies code <= 0"));
        }
        let key = int::new(code)?;
        let cache = held(&state().extension_cache)?;
        if let Some(found) = cache.getitem_opt(key.b())? {
            return Ok(found);
        }
        let Some(pair) = held(&state().inverted_registry)?.getitem_opt(key.b())? else {
            return Err(raise!(ValueError, "unregistered extension code {code}"));
        };
        let Some([module, name]) = tuple::items(pair.b()).filter(|pair| pair.iter().all(|part| text::check(*part))) else {
            return Err(raise!(ValueError, "_inverted_registry[{code}] isn't a 2-tuple of strings"));
        };
        let found = Unpickler::global(self.unpickler, module.to_ref(), name.to_ref())?;
        cache.setitem(key.b(), found.b())?;
        Ok(found)
    }

    fn instance_by_name(&mut self) -> PyResult<Ref> {
        let mark = self.take_mark()?;
        let module = self.name_line("ascii")?;
        let name = self.name_line("ascii")?;
        let class = Unpickler::global(self.unpickler, module, name)?;
        instantiate(&class, self.pop_from(mark))
    }

    fn instance_by_class(&mut self) -> PyResult<Ref> {
        let mark = self.take_mark()?;
        let mut items = self.pop_from(mark);
        if items.is_empty() {
            return Err(self.underflow());
        }
        let class = items.remove(0);
        instantiate(&class, items)
    }

    fn new_object(&mut self, with_keywords: bool) -> PyResult<Ref> {
        let name = if with_keywords { "NEWOBJ_EX" } else { "NEWOBJ" };
        let keywords = if with_keywords { Some(self.pop()?) } else { None };
        let arguments = self.pop()?;
        let class = self.pop()?;
        let Some(class) = class.b().downcast::<TypeObject>() else {
            let found = class.class().tp_name();
            return Err(unpickling_error(&format!("{name} class argument must be a type, not {found}")));
        };
        let Some(new) = class.tp_new() else {
            let class = class.tp_name();
            return Err(unpickling_error(&format!("{name} class argument '{class}' doesn't have __new__")));
        };
        if tuple::items(arguments.b()).is_none() {
            let found = arguments.class().tp_name();
            return Err(unpickling_error(&format!("{name} args argument must be a tuple, not {found}")));
        }
        if let Some(keywords) = &keywords
            && keywords.b().downcast::<Dict>().is_none()
        {
            let found = keywords.class().tp_name();
            return Err(unpickling_error(&format!("{name} kwargs argument must be a dict, not {found}")));
        }
        new(class, arguments.b(), keywords.as_ref().map(Ref::b))
    }

    /// Gives the object on top its state.
    fn build(&mut self) -> PyResult<()> {
        let state = self.pop()?;
        let instance = self.top()?;
        if let Some(setter) = instance.getattr_opt(id!("__setstate__"))? {
            return setter.call1(state.b()).map(drop);
        }
        let (state, slots) = match tuple::items(state.b()) {
            Some([state, slots]) => (state.to_ref(), Some(slots.to_ref())),
            _ => (state, None),
        };
        let none = core::none();
        if !state.is(&none) {
            let Some(state) = state.b().downcast::<Dict>() else {
                return Err(unpickling_error("state is not a dictionary"));
            };
            let dict = instance.getattr(id!("__dict__"))?;
            for (key, value) in state.iter() {
                let key = if text::check_exact(&key) { builtins::type_::intern(key) } else { key };
                dict.setitem(key.b(), value.b())?;
            }
        }
        if let Some(slots) = slots.filter(|slots| !slots.is(&none)) {
            let Some(slots) = slots.b().downcast::<Dict>() else {
                return Err(unpickling_error("slot state is not a dictionary"));
            };
            for (name, value) in slots.iter() {
                instance.setattr(name.b(), value.b())?;
            }
        }
        Ok(())
    }
}

/// An instance of an old class: without arguments and `__getinitargs__`, `__init__` is not called.
fn instantiate(class: &Ref, arguments: Vec<Ref>) -> PyResult<Ref> {
    if arguments.is_empty() && class.class().is_subtype(&core::TYPE) && class.getattr_opt(id!("__getinitargs__"))?.is_none() {
        let new = class.getattr(id!("__new__"))?;
        return new.call1(class.b());
    }
    class.call_tuple(tuple::from_vec(arguments)?.b(), None)
}
