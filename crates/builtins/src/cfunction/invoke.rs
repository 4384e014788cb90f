//! Calling a native function by the convention that its flags name.

use abi::{PyMethodDef, PyTypeObject, mlflags};
use object::spec::{ArgPtr, Fast, FastKw, NoArgs, OneArg};
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, TypeObject, id, raise, recursion};
use std::mem::transmute;

/// The bits that name the convention.
pub const KIND: i32 = mlflags::VARARGS | mlflags::FASTCALL | mlflags::NOARGS | mlflags::O | mlflags::KEYWORDS | mlflags::METHOD;
const VARARGS: i32 = mlflags::VARARGS;
const VARARGS_KEYWORDS: i32 = mlflags::VARARGS | mlflags::KEYWORDS;
const FAST: i32 = mlflags::FASTCALL;
const FAST_KEYWORDS: i32 = mlflags::FASTCALL | mlflags::KEYWORDS;
const METHOD: i32 = mlflags::METHOD | mlflags::FASTCALL | mlflags::KEYWORDS;

/// `METH_VARARGS` without keywords.
type TupleCall = extern "C-unwind" fn(Option<Borrowed<'_>>, Borrowed<'_>) -> PyResult<Ref>;
/// `METH_METHOD`.
type MethodCall = for<'a> extern "C-unwind" fn(
    Option<Borrowed<'a>>,
    *mut PyTypeObject,
    ArgPtr<'a>,
    isize,
    Option<Borrowed<'a>>,
) -> PyResult<Ref>;

/// SystemError for flags that name no convention.
#[inline]
pub fn check_flags(definition: &PyMethodDef) -> PyResult<()> {
    let kind = definition.ml_flags.get() & KIND;
    if matches!(kind, VARARGS | VARARGS_KEYWORDS | FAST | FAST_KEYWORDS | mlflags::NOARGS | mlflags::O | METHOD) {
        return Ok(());
    }
    // SAFETY: the name of an entry is a C string.
    let name = unsafe { crate::descr::c_text(definition.ml_name.get()) };
    Err(raise!(SystemError, "{name}() method: bad call flags"))
}

/// Whether the function takes a tuple, and so has no vectorcall.
pub fn is_tuple_call(flags: i32) -> bool {
    matches!(flags & KIND, VARARGS | VARARGS_KEYWORDS)
}

/// "list.append()", as messages name the callable.
#[cold]
fn function_text(callable: Borrowed<'_>) -> String {
    let describe = || -> PyResult<String> {
        let Some(qualname) = callable.getattr_opt(id!("__qualname__"))? else { return Ok(callable.str_text()?) };
        let qualname = qualname.str_text()?;
        let module = callable.getattr_opt(id!("__module__"))?;
        match module {
            Some(module) if text::check(module.b()) && !text::eq_str(module.b(), "builtins") => {
                Ok(format!("{}.{qualname}()", text::to_string_lossy(module.b())))
            }
            _ => Ok(format!("{qualname}()")),
        }
    };
    describe().unwrap_or_else(|raised| {
        raised.clear();
        "function".to_owned()
    })
}

#[cold]
fn no_keywords(callable: Borrowed<'_>) -> Raised {
    raise!(TypeError, "{} takes no keyword arguments", function_text(callable))
}

#[cold]
fn wrong_count(callable: Borrowed<'_>, expected: &str, given: usize) -> Raised {
    raise!(TypeError, "{} takes {expected} ({given} given)", function_text(callable))
}

/// Calls the function: `args` holds `count` positional arguments and then the values of the keywords in `names`.
///
/// # Safety
/// The definition's function has the signature that its flags name.
#[inline]
pub unsafe fn call<'a>(
    definition: &PyMethodDef,
    callable: Borrowed<'a>,
    slf: Option<Borrowed<'a>>,
    class: Option<&TypeObject>,
    args: &'a [Borrowed<'a>],
    count: usize,
    names: Option<Borrowed<'a>>,
) -> PyResult<Ref> {
    let Some(function) = definition.ml_meth.get() else { return Err(raise!(SystemError, "a method without a function")) };
    let has_keywords = args.len() > count;
    recursion::check(" while calling a Python object")?;
    // SAFETY: by contract.
    unsafe {
        match definition.ml_flags.get() & KIND {
            mlflags::NOARGS => {
                if has_keywords {
                    return Err(no_keywords(callable));
                }
                if count != 0 {
                    return Err(wrong_count(callable, "no arguments", count));
                }
                transmute::<abi::PyCFunction, NoArgs>(function)(slf, None)
            }
            mlflags::O => {
                if has_keywords {
                    return Err(no_keywords(callable));
                }
                let [arg] = args else { return Err(wrong_count(callable, "exactly one argument", count)) };
                transmute::<abi::PyCFunction, OneArg>(function)(slf, *arg)
            }
            FAST => {
                if has_keywords {
                    return Err(no_keywords(callable));
                }
                transmute::<abi::PyCFunction, Fast>(function)(slf, ArgPtr::new(args.as_ptr()), count.cast_signed())
            }
            FAST_KEYWORDS => transmute::<abi::PyCFunction, FastKw>(function)(
                slf,
                ArgPtr::new(args.as_ptr()),
                count.cast_signed(),
                names.filter(|_| has_keywords),
            ),
            METHOD => {
                let class = class.map_or(std::ptr::null_mut(), TypeObject::as_type_ptr);
                let names = names.filter(|_| has_keywords);
                transmute::<abi::PyCFunction, MethodCall>(function)(
                    slf,
                    class,
                    ArgPtr::new(args.as_ptr()),
                    count.cast_signed(),
                    names,
                )
            }
            _ => {
                let tuple = tuple::from_slice(args.get(..count).unwrap_or_default())?;
                let kwargs = keywords_dict(args.get(count..).unwrap_or_default(), names)?;
                call_tuple(definition, callable, slf, tuple.b(), kwargs.as_ref().map(Ref::b))
            }
        }
    }
}

fn keywords_dict(values: &[Borrowed<'_>], names: Option<Borrowed<'_>>) -> PyResult<Option<Ref>> {
    if values.is_empty() {
        return Ok(None);
    }
    let dict = crate::type_::dicts::new()?;
    for (name, value) in names.and_then(tuple::items).unwrap_or_default().iter().zip(values) {
        crate::type_::dicts::set(dict.b(), *name, *value)?;
    }
    Ok(Some(dict))
}

/// Calls a function that takes a tuple, and perhaps a dict.
///
/// # Safety
/// As [`call`]; the flags name a convention with a tuple.
pub unsafe fn call_tuple(
    definition: &PyMethodDef,
    callable: Borrowed<'_>,
    slf: Option<Borrowed<'_>>,
    args: Borrowed<'_>,
    kwargs: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    let Some(function) = definition.ml_meth.get() else { return Err(raise!(SystemError, "a method without a function")) };
    recursion::check(" while calling a Python object")?;
    // SAFETY: by contract; a function without a self gets NULL, as C's static functions do.
    unsafe {
        if definition.ml_flags.get() & mlflags::KEYWORDS != 0 {
            type KeywordCall = extern "C-unwind" fn(Option<Borrowed<'_>>, Borrowed<'_>, Option<Borrowed<'_>>) -> PyResult<Ref>;
            return transmute::<abi::PyCFunction, KeywordCall>(function)(slf, args, kwargs);
        }
        if let Some(kwargs) = kwargs
            && kwargs.len()? != 0
        {
            return Err(no_keywords(callable));
        }
        transmute::<abi::PyCFunction, TupleCall>(function)(slf, args)
    }
}
