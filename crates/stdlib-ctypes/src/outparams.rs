//! `paramflags`: names, defaults and directions of a function's parameters.

use crate::info::Holder;
use crate::metatypes::{ArrayType, PointerType};
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, core, id, raise};

const IN: u64 = 1;
const OUT: u64 = 2;
const LCID: u64 = 4;
const INOUT: u64 = IN | OUT;
const IN_LCID: u64 = IN | LCID;

/// Which arguments are results too.
#[derive(Default)]
pub struct Outputs {
    /// Places in the arguments, and whether the argument was given (`inout`) or made.
    places: Vec<(usize, bool)>,
}

/// Whether a type can be that of an `out` parameter.
fn check_output(class: Borrowed<'_>, position: usize) -> PyResult<()> {
    let metatype = class.class();
    if metatype.is_subtype(PointerType::type_object()) || metatype.is_subtype(ArrayType::type_object()) {
        return Ok(());
    }
    if Holder::of(class).and_then(|info| info.letter()).is_some_and(|letter| matches!(letter, b'P' | b'z' | b'Z')) {
        return Ok(());
    }
    let shown = class.downcast::<TypeObject>().map_or(class.class().tp_name(), |class| class.get().tp_name());
    Err(raise!(TypeError, "'out' parameter {position} must be a pointer type, not {shown}"))
}

/// Flag, name and default of one parameter.
fn parts<'a>(item: Borrowed<'a>) -> Option<(u64, Option<Borrowed<'a>>, Option<Borrowed<'a>>)> {
    let items = tuple::items(item).filter(|items| items.len() <= 3)?;
    let flag = items.first().filter(|flag| int::check(**flag)).and_then(|flag| int::to_i64(*flag))?;
    let flag = i32::try_from(flag).ok()?.cast_unsigned();
    let name = items.get(1).copied().filter(|name| !name.is(&core::none()));
    if name.is_some_and(|name| !text::check(name)) {
        return None;
    }
    Some((u64::from(flag), name, items.get(2).copied()))
}

/// Checks `paramflags` against argument types.
pub fn validate(argtypes: Option<Borrowed<'_>>, paramflags: Option<Borrowed<'_>>) -> PyResult<()> {
    let (Some(paramflags), Some(argtypes)) = (paramflags, argtypes) else { return Ok(()) };
    let Some(flags) = tuple::items(paramflags) else {
        return Err(raise!(TypeError, "paramflags must be a tuple or None"));
    };
    let argtypes = argtypes.to_tuple()?;
    let types = tuple::items(argtypes.b()).unwrap_or_default();
    if flags.len() != types.len() {
        return Err(raise!(ValueError, "paramflags must have the same length as argtypes"));
    }
    for (index, (item, class)) in flags.iter().zip(types).enumerate() {
        let Some((flag, ..)) = parts(*item) else {
            return Err(raise!(TypeError, "paramflags must be a sequence of (int [,string [,value]]) tuples"));
        };
        match flag & (IN | OUT | LCID) {
            0 | IN | IN_LCID | INOUT => {}
            OUT => check_output(*class, index + 1)?,
            _ => return Err(raise!(TypeError, "paramflag value {} not supported", (flag as u32).cast_signed())),
        }
    }
    Ok(())
}

/// The given arguments, as parameters take them.
struct Given<'a> {
    positional: &'a [Borrowed<'a>],
    kwargs: Option<Borrowed<'a>>,
    used: usize,
}

impl Given<'_> {
    fn next(&mut self, name: Option<Borrowed<'_>>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if let Some(value) = self.positional.get(self.used) {
            self.used += 1;
            return Ok(value.to_ref());
        }
        if let (Some(kwargs), Some(name)) = (self.kwargs, name)
            && let Some(value) = builtins::type_::dicts::get(kwargs, name)?
        {
            self.used += 1;
            return Ok(value);
        }
        match (default, name) {
            (Some(default), _) => Ok(default.to_ref()),
            (None, Some(name)) => Err(raise!(TypeError, "required argument '{}' missing", text::to_string_lossy(name))),
            (None, None) => Err(raise!(TypeError, "not enough arguments")),
        }
    }
}

/// An object that an `out` parameter of this type can fill.
fn make_output(class: Borrowed<'_>) -> PyResult<Ref> {
    let Some(info) = Holder::of(class) else { return Err(raise!(RuntimeError, "NULL stginfo unexpected")) };
    if class.class().is_subtype(ArrayType::type_object()) {
        return class.call0();
    }
    match info.proto.get() {
        Some(target) if !text::check(target.b()) => target.call0(),
        _ => Err(raise!(TypeError, "{} 'out' parameter must be passed as default value", info.0.tp_name())),
    }
}

/// The arguments of a call (a tuple), and which of them are results.
pub fn arguments(
    argtypes: Borrowed<'_>,
    paramflags: Borrowed<'_>,
    args: Borrowed<'_>,
    kwargs: Option<Borrowed<'_>>,
) -> PyResult<(Ref, Outputs)> {
    let argtypes = argtypes.to_tuple()?;
    let types = tuple::items(argtypes.b()).unwrap_or_default();
    let mut outputs = Outputs::default();
    if types.is_empty() {
        return Ok((args.to_ref(), outputs));
    }
    let flags = tuple::items(paramflags).unwrap_or_default();
    if flags.len() < types.len() {
        return Err(raise!(ValueError, "paramflags must have the same length as argtypes"));
    }
    let mut given = Given { positional: tuple::items(args).unwrap_or_default(), kwargs, used: 0 };
    let mut all = object::memory::vec_with_capacity(types.len())?;
    for (index, (class, item)) in types.iter().zip(flags).enumerate() {
        let Some((flag, name, default)) = parts(*item) else {
            return Err(raise!(TypeError, "paramflags must be a sequence of (int [,string [,value]]) tuples"));
        };
        let value = match flag & (IN | OUT | LCID) {
            IN_LCID => default.map_or_else(|| int::new(0), |default| Ok(default.to_ref()))?,
            INOUT => {
                outputs.places.push((index, true));
                given.next(name, default)?
            }
            0 | IN => given.next(name, default)?,
            OUT => {
                outputs.places.push((index, false));
                match default {
                    Some(default) => default.to_ref(),
                    None => make_output(*class)?,
                }
            }
            _ => return Err(raise!(ValueError, "paramflag {flag} not yet implemented")),
        };
        all.push(value);
    }
    let keywords = match kwargs {
        Some(kwargs) => kwargs.len()?,
        None => 0,
    };
    let count = given.positional.len() + keywords;
    if count != given.used {
        return Err(raise!(TypeError, "call takes exactly {} arguments ({count} given)", given.used));
    }
    Ok((tuple::from_vec(all)?, outputs))
}

impl Outputs {
    /// Whether no argument is a result.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The results in place of what the function returned, if there are any.
    pub fn result(&self, returned: Ref, arguments: Borrowed<'_>) -> PyResult<Ref> {
        if self.is_empty() {
            return Ok(returned);
        }
        drop(returned);
        let arguments = tuple::items(arguments).unwrap_or_default();
        let mut results = object::memory::vec_with_capacity(self.places.len())?;
        for (place, was_given) in &self.places {
            let Some(argument) = arguments.get(*place) else { continue };
            results.push(match was_given {
                true => argument.to_ref(),
                false => argument.call_method(id!("__ctypes_from_outparam__"), &[])?,
            });
        }
        match results.len() {
            1 => Ok(results.remove(0)),
            _ => tuple::from_vec(results),
        }
    }
}
