//! `BaseExceptionGroup` and `ExceptionGroup`.

use super::BaseException;
use super::base::{allocate, no_keywords};
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, RawField, Ref, StaticType, TypeObject, core, error, exc, hooks, id, raise, recursion};

/// A combination of multiple unrelated exceptions.
#[pyclass(
    name = "BaseExceptionGroup",
    cell = ::object::exc::BaseExceptionGroup,
    base = BaseException,
    flags(BASETYPE, BASE_EXC_SUBCLASS),
    gc
)]
pub struct BaseExceptionGroup {
    #[trace]
    base: BaseException,
    /// exception message
    #[member(name = "message", readonly)]
    msg: OptRef,
    /// nested exceptions
    #[member(name = "exceptions", readonly)]
    excs: OptRef,
    /// The exceptions as the constructor's argument showed them.
    excs_str: OptRef,
}

const _: () = assert!(size_of::<BaseExceptionGroup>() == size_of::<abi::PyBaseExceptionGroupObject>());

/// `ExceptionGroup`: a class on two bases, which [`ready_exception_group`] completes.
#[pyclass(
    name = "ExceptionGroup",
    cell = ::object::exc::ExceptionGroup,
    base = BaseExceptionGroup,
    flags(BASETYPE, BASE_EXC_SUBCLASS),
    gc,
    parts()
)]
pub struct ExceptionGroup {
    #[trace]
    base: BaseExceptionGroup,
}

/// What a condition of `split` and `subgroup` is.
enum Condition<'a> {
    Class(Borrowed<'a>),
    Predicate(Borrowed<'a>),
}

impl Condition<'_> {
    fn holds(&self, exception: &Ref) -> PyResult<bool> {
        match self {
            Condition::Class(class) => exception.isinstance(*class),
            Condition::Predicate(predicate) => predicate.call1(exception.b())?.is_true(),
        }
    }
}

fn is_exception_class(object: Borrowed<'_>) -> bool {
    let class = object.downcast::<TypeObject>();
    class.is_some_and(|class| class.has(abi::tpflags::BASE_EXC_SUBCLASS))
}

fn condition(value: Borrowed<'_>) -> PyResult<Condition<'_>> {
    if is_exception_class(value) {
        return Ok(Condition::Class(value));
    }
    if let Some(classes) = tuple::items(value)
        && classes.iter().all(|class| is_exception_class(*class))
    {
        return Ok(Condition::Class(value));
    }
    if value.is_callable() && value.downcast::<TypeObject>().is_none() {
        return Ok(Condition::Predicate(value));
    }
    Err(raise!(TypeError, "expected an exception type, a tuple of exception types, or a callable (other than a class)"))
}

/// The two halves of a split.
struct Halves {
    matching: Option<Ref>,
    rest: Option<Ref>,
}

fn as_group(exception: &Ref) -> Option<Borrowed<'_, BaseExceptionGroup>> {
    exception.b().downcast::<BaseExceptionGroup>()
}

fn split(exception: &Ref, condition: &Condition<'_>, want_rest: bool) -> PyResult<Halves> {
    if condition.holds(exception)? {
        return Ok(Halves { matching: Some(exception.clone()), rest: None });
    }
    let Some(group) = as_group(exception) else {
        return Ok(Halves { matching: None, rest: want_rest.then(|| exception.clone()) });
    };
    recursion::check(" in exceptiongroup_split_recursive")?;
    let (mut matching, mut rest) = (Vec::new(), Vec::new());
    let nested = group.excs.get().unwrap_or_else(tuple::empty);
    for nested in tuple::items(nested.b()).unwrap_or_default() {
        let halves = split(&nested.to_ref(), condition, want_rest)?;
        matching.extend(halves.matching);
        rest.extend(halves.rest);
    }
    Ok(Halves {
        matching: subset(exception, matching)?,
        rest: if want_rest { subset(exception, rest)? } else { None },
    })
}

/// `derive` with the metadata of the original; none for no exceptions.
fn subset(original: &Ref, exceptions: Vec<Ref>) -> PyResult<Option<Ref>> {
    if exceptions.is_empty() {
        return Ok(None);
    }
    let list = (hooks::get().list_new)(exceptions)?;
    let derived = original.call_method(id!("derive"), &[list.b()])?;
    if as_group(&derived).is_none() {
        return Err(raise!(TypeError, "derive must return an instance of BaseExceptionGroup"));
    }
    let (from, to) = (error::base_of(original.b()), error::base_of(derived.b()));
    to.traceback.store(from.traceback.load());
    to.context.store(from.context.load());
    to.cause.store(from.cause.load());
    to.suppress_context.set(from.suppress_context.get());
    if let Some(notes) = original.getattr_opt(id!("__notes__"))?
        && notes.class().is_sequence_like()
    {
        let copied = (hooks::get().list_new)(notes.to_vec()?)?;
        derived.setattr(id!("__notes__"), copied.b())?;
    }
    Ok(Some(derived))
}

/// Whether instances have items by index.
trait SequenceLike {
    fn is_sequence_like(&self) -> bool;
}

impl SequenceLike for TypeObject {
    fn is_sequence_like(&self) -> bool {
        !self.has(abi::tpflags::DICT_SUBCLASS) && self.sq_item().is_some()
    }
}

fn item_error(index: usize) -> Raised {
    raise!(ValueError, "Item {index} of second argument (exceptions) is not an exception")
}

#[pymethods]
impl BaseExceptionGroup {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let items = tuple::items(args).unwrap_or_default();
        let [message, exceptions] = items else {
            let given = items.len();
            return Err(raise!(TypeError, "BaseExceptionGroup.__new__() takes exactly 2 arguments ({given} given)"));
        };
        if !text::check(*message) {
            let found = message.get().class().short_name();
            return Err(raise!(TypeError, "BaseExceptionGroup.__new__() argument 1 must be str, not {found}"));
        }
        if !exceptions.is_sequence() {
            return Err(raise!(TypeError, "second argument (exceptions) must be a sequence"));
        }
        let nested = exceptions.to_tuple()?;
        let members = tuple::items(nested.b()).unwrap_or_default();
        if members.is_empty() {
            return Err(raise!(ValueError, "second argument (exceptions) must be a non-empty sequence"));
        }
        let mut only_exceptions = true;
        for (index, member) in members.iter().enumerate() {
            if !member.class().has(abi::tpflags::BASE_EXC_SUBCLASS) {
                return Err(item_error(index));
            }
            only_exceptions &= member.class().is_subtype(&exc::Exception);
        }
        let mut class = class;
        if class.get().is_type(&exc::BaseExceptionGroup) {
            if only_exceptions {
                class = exc::ExceptionGroup.borrowed_type();
            }
        } else if !only_exceptions {
            if class.get().is_type(&exc::ExceptionGroup) {
                return Err(raise!(TypeError, "Cannot nest BaseExceptions in an ExceptionGroup"));
            }
            if class.get().is_subtype(&exc::Exception) {
                return Err(raise!(TypeError, "Cannot nest BaseExceptions in '{}'", class.get().short_name()));
            }
        }
        let made = allocate(class, args)?;
        let this = made.b().self_as::<BaseExceptionGroup>();
        this.msg.set(Some(message.to_ref()));
        this.excs.set(Some(nested));
        Ok(made)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.object(), kwargs)?;
        slf.base.initialize(args);
        Ok(())
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        let count = self.excs.get().map_or(Ok(0), |nested| nested.len())?;
        let mut out = text::Builder::new();
        out.push_object(self.msg.get().unwrap_or_else(text::empty).str()?.b())?;
        out.push_str(&format!(" ({count} sub-exception{})", if count == 1 { "" } else { "s" }))?;
        out.finish()
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        // The nested exceptions show as a list or a tuple, as they were given.
        let nested = slf.excs.get().unwrap_or_else(tuple::empty);
        let args = slf.base.arguments();
        let given = tuple::items(args.b()).and_then(|items| items.get(1).map(|item| item.to_ref()));
        let as_list = given.is_none_or(|given| !given.class().is_type(&core::TUPLE));
        let shown = if as_list { (hooks::get().list_new)(nested.to_vec()?)?.repr()? } else { nested.repr()? };
        let mut out = text::Builder::new();
        out.push_str(slf.object().get().class().short_name())?;
        out.push_str("(")?;
        out.push_object(slf.msg.get().unwrap_or_else(text::empty).repr()?.b())?;
        out.push_str(", ")?;
        out.push_object(shown.b())?;
        out.push_str(")")?;
        out.finish()
    }

    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(class.object(), object)
    }

    #[method("($self, excs, /)")]
    fn derive(slf: Borrowed<'_, Self>, excs: Borrowed<'_>) -> PyResult<Ref> {
        let message = slf.msg.get().unwrap_or_else(text::empty);
        exc::BaseExceptionGroup.borrowed().call(&[message.b(), excs])
    }

    #[method("($self, matcher_value, /)")]
    fn split(slf: Borrowed<'_, Self>, matcher_value: Borrowed<'_>) -> PyResult<Ref> {
        let condition = condition(matcher_value)?;
        let halves = split(&slf.object().to_ref(), &condition, true)?;
        let or_none = |half: Option<Ref>| half.unwrap_or_else(core::none_ref);
        tuple::from_array([or_none(halves.matching), or_none(halves.rest)])
    }

    #[method("($self, matcher_value, /)")]
    fn subgroup(slf: Borrowed<'_, Self>, matcher_value: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let condition = condition(matcher_value)?;
        Ok(split(&slf.object().to_ref(), &condition, false)?.matching)
    }
}

/// Sets both bases of `ExceptionGroup`. Call before the type is completed.
pub fn prepare_exception_group() -> PyResult<()> {
    let bases = tuple::from_array([BaseExceptionGroup::type_object().to_ref(), exc::Exception.to_ref()])?;
    bases.make_immortal();
    exc::ExceptionGroup.raw().tp_bases.store(Some(bases));
    Ok(())
}
