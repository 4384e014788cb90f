//! `BaseExceptionGroup` and `ExceptionGroup` (PEP 654).

use super::base::{BaseException, args_of, init_args, no_keywords};
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, RawField, Ref, TypeObject, core, error, exc, hooks, id, raise, recursion};

/// A combination of multiple unrelated exceptions.
#[pyclass(name = "BaseExceptionGroup", cell = object::exc::BaseExceptionGroup, base = BaseException, flags(BASETYPE, BASE_EXC_SUBCLASS), gc)]
pub struct BaseExceptionGroup {
    #[trace]
    base: BaseException,
    /// exception message
    #[member(name = "message", readonly)]
    msg: OptRef,
    /// nested exceptions
    #[member(name = "exceptions", readonly)]
    excs: OptRef,
    excs_str: OptRef,
}

const _: () = assert!(size_of::<BaseExceptionGroup>() == size_of::<abi::PyBaseExceptionGroupObject>());

fn group<'a>(object: Borrowed<'a>) -> Option<Borrowed<'a, BaseExceptionGroup>> {
    object.downcast::<BaseExceptionGroup>()
}

fn is_exception(object: Borrowed<'_>) -> bool {
    object.class().has(abi::tpflags::BASE_EXC_SUBCLASS)
}

/// What chooses the exceptions of a split.
enum Matcher<'a> {
    /// A type or a tuple of types.
    Types(Borrowed<'a>),
    /// Any other callable.
    Predicate(Borrowed<'a>),
}

impl<'a> Matcher<'a> {
    fn new(value: Borrowed<'a>) -> PyResult<Matcher<'a>> {
        let is_type = |object: Borrowed<'_>| {
            // SAFETY: the flag says that it is a type.
            object.class().has(abi::tpflags::TYPE_SUBCLASS)
                && unsafe { object.cast_unchecked::<TypeObject>() }.is_subtype(&exc::BaseException)
        };
        if is_type(value) {
            return Ok(Matcher::Types(value));
        }
        if let Some(types) = tuple::items(value)
            && types.iter().all(|class| is_type(*class))
        {
            return Ok(Matcher::Types(value));
        }
        if value.is_callable() && !value.class().has(abi::tpflags::TYPE_SUBCLASS) {
            return Ok(Matcher::Predicate(value));
        }
        Err(raise!(TypeError, "expected an exception type, a tuple of exception types, or a callable (other than a class)"))
    }

    fn matches(&self, exception: Borrowed<'_>) -> PyResult<bool> {
        match self {
            Matcher::Types(types) => match tuple::items(*types) {
                Some(types) => Ok(types.iter().any(|class| subtype(exception, *class))),
                None => Ok(subtype(exception, *types)),
            },
            Matcher::Predicate(predicate) => predicate.call1(exception)?.is_true(),
        }
    }
}

fn subtype(exception: Borrowed<'_>, class: Borrowed<'_>) -> bool {
    // SAFETY: the matcher holds types only.
    exception.class().is_subtype(unsafe { class.cast_unchecked::<TypeObject>() }.get())
}

/// A group of `exceptions` like `original`: derived by it, with its traceback, context, cause and notes. None for no exceptions.
fn derive(original: Borrowed<'_>, exceptions: Vec<Ref>) -> PyResult<Option<Ref>> {
    if exceptions.is_empty() {
        return Ok(None);
    }
    let list = (hooks::get().list_new)(exceptions)?;
    let derived = original.call_method(id!("derive"), &[list.b()])?;
    if group(derived.b()).is_none() {
        return Err(raise!(TypeError, "derive must return an instance of BaseExceptionGroup"));
    }
    let (from, to) = (error::base_of(original), error::base_of(derived.b()));
    if let Some(traceback) = from.traceback.load() {
        to.traceback.store(Some(traceback));
    }
    to.context.store(from.context.load());
    to.cause.store(from.cause.load());
    to.suppress_context.set(1);
    if let Some(notes) = original.getattr_opt(id!("__notes__"))?
        && notes.is_sequence()
    {
        let notes = (hooks::get().list_new)(notes.to_vec()?)?;
        derived.setattr(id!("__notes__"), notes.b())?;
    }
    Ok(Some(derived))
}

/// The part of an exception that matches and, where wanted, the rest.
fn split(exception: Borrowed<'_>, matcher: &Matcher<'_>, want_rest: bool) -> PyResult<(Option<Ref>, Option<Ref>)> {
    if matcher.matches(exception)? {
        return Ok((Some(exception.to_ref()), None));
    }
    let Some(own) = group(exception) else { return Ok((None, want_rest.then(|| exception.to_ref()))) };
    recursion::check(" in exceptiongroup_split_recursive")?;
    let (mut matched, mut rest) = (Vec::new(), Vec::new());
    let members = own.excs.get().unwrap_or_else(tuple::empty);
    for member in tuple::items(members.b()).unwrap_or_default() {
        let (member_matched, member_rest) = split(*member, matcher, want_rest)?;
        matched.extend(member_matched);
        rest.extend(member_rest);
    }
    let matched = derive(exception, matched)?;
    let rest = if want_rest { derive(exception, rest)? } else { None };
    Ok((matched, rest))
}

#[pymethods]
impl BaseExceptionGroup {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let items = tuple::items(args).unwrap_or_default();
        let [message, exceptions] = items else {
            return Err(raise!(TypeError, "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)", items.len()));
        };
        if !text::check(*message) {
            let name = if message.is(&core::none()) { "None" } else { message.class().short_name() };
            return Err(raise!(TypeError, "argument 1 must be str, not {name}"));
        }
        if !exceptions.is_sequence() {
            return Err(raise!(TypeError, "second argument (exceptions) must be a sequence"));
        }
        let members = exceptions.to_tuple()?;
        let all = tuple::items(members.b()).unwrap_or_default();
        if all.is_empty() {
            return Err(raise!(ValueError, "second argument (exceptions) must be a non-empty sequence"));
        }
        let mut nested_base = false;
        for (index, member) in all.iter().enumerate() {
            if !is_exception(*member) {
                return Err(raise!(ValueError, "Item {index} of second argument (exceptions) is not an exception"));
            }
            nested_base |= !member.class().is_subtype(&exc::Exception);
        }
        let mut class: &TypeObject = &cls;
        if cls.is_type(&exc::BaseExceptionGroup) {
            if !nested_base {
                class = &exc::ExceptionGroup;
            }
        } else if nested_base && cls.is_type(&exc::ExceptionGroup) {
            return Err(raise!(TypeError, "Cannot nest BaseExceptions in an ExceptionGroup"));
        } else if nested_base && cls.is_subtype(&exc::Exception) {
            return Err(raise!(TypeError, "Cannot nest BaseExceptions in '{}'", cls.short_name()));
        }
        let made = super::base::new(class.borrowed_type(), args)?;
        if let Some(own) = group(made.b()) {
            own.msg.set(Some(message.to_ref()));
            own.excs.set(Some(members.clone()));
        }
        Ok(made)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf, kwargs)?;
        init_args(slf, args);
        Ok(())
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        let message = self.msg.get().map_or_else(|| Ok(text::empty()), |message| message.str())?;
        let count = self.excs.get().and_then(|excs| tuple::items(excs.b()).map(<[_]>::len)).unwrap_or(0);
        let mut out = text::Builder::new();
        out.push_object(message.b())?;
        out.push_str(&format!(" ({count} sub-exception{})", if count == 1 { "" } else { "s" }))?;
        out.finish()
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object = slf.object();
        let name = object.class().short_name();
        let message = slf.msg.get().unwrap_or_else(text::empty).repr()?;
        let args = args_of(slf.object());
        // The sequence as it was given, if it still says the same; else the tuple.
        let shown = match tuple::items(args.b()) {
            Some([_, given]) if given.class().is_type(&core::LIST) => {
                (hooks::get().list_new)(slf.excs.get().unwrap_or_else(tuple::empty).to_vec()?)?.repr()?
            }
            _ => slf.excs.get().unwrap_or_else(tuple::empty).repr()?,
        };
        let mut out = text::Builder::new();
        out.push_str(name)?;
        out.push_str("(")?;
        out.push_object(message.b())?;
        out.push_str(", ")?;
        out.push_object(shown.b())?;
        out.push_str(")")?;
        out.finish()
    }

    #[method("($self, excs, /)")]
    fn derive(slf: Borrowed<'_, Self>, excs: Borrowed<'_>) -> PyResult<Ref> {
        exc::BaseExceptionGroup.borrowed().call(&[slf.msg.get().unwrap_or_else(text::empty).b(), excs])
    }

    #[method("($self, matcher_value, /)")]
    fn split(slf: Borrowed<'_>, matcher_value: Borrowed<'_>) -> PyResult<Ref> {
        let (matched, rest) = split(slf, &Matcher::new(matcher_value)?, true)?;
        tuple::from_array([matched.unwrap_or_else(core::none_ref), rest.unwrap_or_else(core::none_ref)])
    }

    #[method("($self, matcher_value, /)")]
    fn subgroup(slf: Borrowed<'_>, matcher_value: Borrowed<'_>) -> PyResult<Option<Ref>> {
        split(slf, &Matcher::new(matcher_value)?, false).map(|(matched, _)| matched)
    }

    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(cls.object(), object)
    }
}

/// A combination of multiple unrelated exceptions. Inherits from Exception too: the bases are set when it is completed.
#[pyclass(name = "ExceptionGroup", cell = object::exc::ExceptionGroup, base = BaseExceptionGroup, flags(BASETYPE, BASE_EXC_SUBCLASS), gc, parts())]
pub struct ExceptionGroup {
    #[trace]
    base: BaseExceptionGroup,
}
