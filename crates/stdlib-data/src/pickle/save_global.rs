//! Writing a class or function by the name under which its module has it.

use super::opcode::*;
use super::save::Session;
use super::state::{held, pickling_error, pickling_error_from, state};
use builtins::dict::Dict;
use builtins::object_::reduce::builtin;
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, exc, id, raise, thread};

/// The attribute at the end of a dotted path.
pub fn dotted_attribute(object: Borrowed<'_>, path: &[Ref]) -> PyResult<Ref> {
    path.iter().try_fold(object.to_ref(), |object, name| object.getattr(name.b()))
}

/// The parts of a dotted name.
pub fn dotted_path(name: Borrowed<'_>) -> PyResult<Vec<Ref>> {
    let parts = name.call_method(id!("split"), &[text::new(".")?.b()])?;
    parts.to_vec()
}

/// `sys.modules`.
fn modules() -> PyResult<Ref> {
    thread::current().interpreter().modules.get().ok_or_else(|| raise!(RuntimeError, "unable to get sys.modules"))
}

/// Imports a module by its full name, and gives the module itself.
pub fn import_full(name: Borrowed<'_>) -> PyResult<Ref> {
    builtin(id!("__import__"))?.call1(name)?;
    modules()?.getitem(name)
}

/// The module that says that it has the object; none where nobody says so.
fn claimed_module(object: Borrowed<'_>, path: &[Ref]) -> PyResult<Option<Ref>> {
    if let Some(name) = object.getattr_opt(id!("__module__"))?
        && !name.is(&object::core::none())
    {
        return Ok(Some(name));
    }
    let copy = modules()?.call_method(id!("copy"), &[])?;
    let Some(all) = copy.b().downcast::<Dict>() else { return Ok(None) };
    for (name, module) in all.iter() {
        let skipped = text::eq_str(name.b(), "__main__") || text::eq_str(name.b(), "__mp_main__");
        if skipped || module.is(&object::core::none()) {
            continue;
        }
        match dotted_attribute(module.b(), path) {
            Ok(found) if found.is(&object) => return Ok(Some(name)),
            Ok(_) => {}
            Err(raised) => raised.clear_if(&exc::AttributeError)?,
        }
    }
    Ok(None)
}

/// The name of the module in which `object` stands as `name`; PicklingError where it does not.
fn which_module(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
    let path = dotted_path(name)?;
    if path.iter().any(|part| text::eq_str(part.b(), "<locals>")) {
        return Err(pickling_error(&format!("Can't pickle local object {}", object.repr_text()?)));
    }
    let module_name = match claimed_module(object, &path)? {
        Some(found) => found,
        None => text::new("__main__")?,
    };
    let module = match import_full(module_name.b()) {
        Ok(module) => module,
        Err(raised) if raised.is_a(&exc::ImportError) || raised.is_a(&exc::ValueError) || raised.is_a(&exc::KeyError) => {
            return Err(pickling_error_from(raised, |original| {
                Ok(format!("Can't pickle {}: {}", object.repr_text()?, original.str_text()?))
            }));
        }
        Err(raised) => return Err(raised),
    };
    let place = || -> PyResult<String> { Ok(format!("{}.{}", module_name.str_text()?, text::to_string_lossy(name))) };
    match dotted_attribute(module.b(), &path) {
        Ok(found) if found.is(&object) => Ok(module_name),
        Ok(_) => {
            let (shown, place) = (object.repr_text()?, place()?);
            Err(pickling_error(&format!("Can't pickle {shown}: it's not the same object as {place}")))
        }
        Err(raised) if raised.is_a(&exc::AttributeError) => Err(pickling_error_from(raised, |_| {
            Ok(format!("Can't pickle {}: it's not found as {}", object.repr_text()?, place()?))
        })),
        Err(raised) => Err(raised),
    }
}

impl Session<'_> {
    /// Writes `object` as a global, under `name` or its own.
    pub fn save_global(&self, object: Borrowed<'_>, name: Option<Borrowed<'_>>) -> PyResult<()> {
        let name = match name {
            Some(name) => name.to_ref(),
            None => match object.getattr_opt(id!("__qualname__"))? {
                Some(name) => name,
                None => object.getattr(id!("__name__"))?,
            },
        };
        let module = which_module(object, name.b())?;
        if self.proto >= 2 && self.save_extension(module.b(), name.b())? {
            return Ok(());
        }
        if self.proto >= 4 {
            self.save(module.b())?;
            self.save(name.b())?;
            self.op(STACK_GLOBAL)?;
        } else {
            self.save_dotted(module.b(), name.b())?;
        }
        self.memoize(object)
    }

    /// Writes the extension code that `copyreg` has for the name, if it has one.
    fn save_extension(&self, module: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<bool> {
        let key = tuple::from_slice(&[module, name])?;
        let registry = held(&state().extension_registry)?;
        let Some(code) = registry.b().downcast::<Dict>().map_or(Ok(None), |registry| registry.get_item(key.b()))? else {
            return Ok(false);
        };
        if !int::check(code.b()) {
            return Err(raise!(TypeError, "an integer is required"));
        }
        let number = code.as_i64()?;
        let Some(number) = u32::try_from(number).ok().filter(|number| (1..=0x7FFF_FFFF).contains(number)) else {
            return Err(raise!(RuntimeError, "extension code {number} is out of range"));
        };
        match (u8::try_from(number), u16::try_from(number)) {
            (Ok(byte), _) => self.put(&[EXT1, byte])?,
            (_, Ok(short)) => self.coded(EXT2, &short.to_le_bytes())?,
            _ => self.coded(EXT4, &number.to_le_bytes())?,
        }
        Ok(true)
    }

    /// Older protocols have no dotted names: calls of `getattr` follow the path.
    fn save_dotted(&self, module: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<()> {
        let path = dotted_path(name)?;
        let [first, rest @ ..] = path.as_slice() else { return Ok(()) };
        if rest.is_empty() {
            return self.put_global(module, name);
        }
        let getattr = held(&state().getattr)?;
        for _ in rest {
            self.save(getattr.b())?;
            if self.proto < 2 {
                self.op(MARK)?;
            }
        }
        self.put_global(module, first.b())?;
        for part in rest {
            self.save(part.b())?;
            self.op(if self.proto < 2 { TUPLE } else { TUPLE2 })?;
            self.op(REDUCE)?;
        }
        Ok(())
    }

    fn put_global(&self, module: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<()> {
        let (mut module, mut name) = (module.to_ref(), name.to_ref());
        if self.pickler.fix_imports.get() {
            (module, name) = python2_name(module, name)?;
        }
        self.op(GLOBAL)?;
        self.put_identifier(module.b(), "module")?;
        self.put_identifier(name.b(), "global")
    }

    /// A line with a name: ASCII before protocol 3, then UTF-8.
    fn put_identifier(&self, name: Borrowed<'_>, kind: &str) -> PyResult<()> {
        let encoding = text::new(if self.proto >= 3 { "utf-8" } else { "ascii" })?;
        let encoded = match builtins::codecs::encode(name, Some(encoding.b()), None) {
            Ok(encoded) => encoded,
            Err(raised) if raised.is_a(&exc::UnicodeEncodeError) => {
                let proto = self.proto;
                return Err(pickling_error_from(raised, |_| {
                    Ok(format!("can't pickle {kind} identifier {} using pickle protocol {proto}", name.repr_text()?))
                }));
            }
            Err(raised) => return Err(raised),
        };
        self.put(object::value::bytes::value(encoded.b()).unwrap_or_default())?;
        self.put(b"\n")
    }
}

fn lookup(table: &object::OptRef, key: Borrowed<'_>) -> PyResult<Option<Ref>> {
    held(table)?.b().downcast::<Dict>().map_or(Ok(None), |table| table.get_item(key))
}

fn expect_str(object: Borrowed<'_>, table: &str) -> PyResult<()> {
    if text::check(object) {
        return Ok(());
    }
    let found = object.class().tp_name();
    Err(raise!(RuntimeError, "_compat_pickle.{table} values should be strings, not {found}"))
}

/// The two strings of a mapping's pair.
fn expect_pair(pair: Borrowed<'_>, table: &str) -> PyResult<(Ref, Ref)> {
    let Some([module, name]) = tuple::items(pair) else {
        let found = pair.class().tp_name();
        return Err(raise!(RuntimeError, "_compat_pickle.{table} values should be 2-tuples, not {found}"));
    };
    if !text::check(*module) || !text::check(*name) {
        let (first, second) = (module.class().tp_name(), name.class().tp_name());
        return Err(raise!(RuntimeError, "_compat_pickle.{table} values should be pairs of str, not ({first}, {second})"));
    }
    Ok((module.to_ref(), name.to_ref()))
}

/// Where Python 2 had a global.
fn python2_name(module: Ref, name: Ref) -> PyResult<(Ref, Ref)> {
    let key = tuple::from_slice(&[module.b(), name.b()])?;
    if let Some(pair) = lookup(&state().reverse_name_mapping, key.b())? {
        return expect_pair(pair.b(), "REVERSE_NAME_MAPPING");
    }
    if let Some(found) = lookup(&state().reverse_import_mapping, module.b())? {
        expect_str(found.b(), "REVERSE_IMPORT_MAPPING")?;
        return Ok((found, name));
    }
    Ok((module, name))
}

/// Where Python 3 has a global of Python 2.
pub fn python3_name(module: Ref, name: Ref) -> PyResult<(Ref, Ref)> {
    let key = tuple::from_slice(&[module.b(), name.b()])?;
    if let Some(pair) = lookup(&state().name_mapping, key.b())? {
        return expect_pair(pair.b(), "NAME_MAPPING");
    }
    if let Some(found) = lookup(&state().import_mapping, module.b())? {
        expect_str(found.b(), "IMPORT_MAPPING")?;
        return Ok((found, name));
    }
    Ok((module, name))
}
