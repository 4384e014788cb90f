//! Exception groups: `BaseExceptionGroup`, `split`, `subgroup`, `derive` (PEP 654).

use super::base::{BaseException, allocate, no_keywords};
use super::items;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, exc, id, raise, recursion};

/// A combination of multiple unrelated exceptions.
#[pyclass(name = "BaseExceptionGroup", cell = ::object::exc::BaseExceptionGroup, base = BaseException, flags(BASETYPE), gc)]
pub struct BaseExceptionGroup {
    #[trace]
    base: BaseException,
    #[member(name = "message", readonly, doc = "exception message")]
    pub message: OptRef,
    #[member(name = "exceptions", readonly, doc = "nested exceptions")]
    pub exceptions: OptRef,
    /// What `repr` shows of the exceptions: the sequence as it was given.
    shown: OptRef,
}

/// A combination of multiple unrelated exceptions.
#[pyclass(name = "ExceptionGroup", cell = ::object::exc::ExceptionGroup, base = BaseExceptionGroup, flags(BASETYPE), gc, parts())]
pub struct ExceptionGroup {
    #[trace]
    base: BaseExceptionGroup,
}

/// The group that `exception` is, if it is one.
pub fn as_group<'a>(exception: Borrowed<'a>) -> Option<Borrowed<'a, BaseExceptionGroup>> {
    exception.downcast::<BaseExceptionGroup>()
}

impl BaseExceptionGroup {
    fn members(&self) -> Ref {
        self.exceptions.get().unwrap_or_else(tuple::empty)
    }

    fn text(&self) -> Ref {
        self.message.get().unwrap_or_else(text::empty)
    }
}

/// Bases of an ExceptionGroup: BaseExceptionGroup and Exception.
pub fn exception_group_bases() -> PyResult<Ref> {
    tuple::from_array([exc::BaseExceptionGroup.to_ref(), exc::Exception.to_ref()])
}

/// What `split` looks for.
enum Matcher {
    /// Instances of a type or of one of a tuple's.
    Types(Ref),
    /// What a function says yes to.
    Predicate(Ref),
    /// These leaves and no others: for `except*`.
    Leaves(Vec<Ref>),
}

impl Matcher {
    fn of(value: Borrowed<'_>) -> PyResult<Matcher> {
        let is_exception_type =
            |value: Borrowed<'_>| value.downcast::<TypeObject>().is_some_and(|class| class.has(abi::tpflags::BASE_EXC_SUBCLASS));
        if is_exception_type(value) {
            return Ok(Matcher::Types(value.to_ref()));
        }
        if let Some(classes) = tuple::items(value)
            && classes.iter().all(|class| is_exception_type(*class))
        {
            return Ok(Matcher::Types(value.to_ref()));
        }
        if value.is_callable() && value.downcast::<TypeObject>().is_none() {
            return Ok(Matcher::Predicate(value.to_ref()));
        }
        Err(raise!(TypeError, "expected an exception type, a tuple of exception types, or a callable (other than a class)"))
    }

    fn matches(&self, exception: Borrowed<'_>) -> PyResult<bool> {
        match self {
            Matcher::Types(types) => exception_matches(exception, types.b()),
            Matcher::Predicate(function) => function.call1(exception)?.is_true(),
            Matcher::Leaves(leaves) => Ok(as_group(exception).is_none() && leaves.iter().any(|leaf| leaf.is(&exception))),
        }
    }
}

/// Whether an exception is an instance of a type or of one of a tuple's, by the MRO alone (`PyErr_GivenExceptionMatches`).
pub fn exception_matches(exception: Borrowed<'_>, types: Borrowed<'_>) -> PyResult<bool> {
    if let Some(types) = tuple::items(types) {
        recursion::check(" in exception matching")?;
        for class in types {
            if exception_matches(exception, *class)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    Ok(types.downcast::<TypeObject>().is_some_and(|class| exception.class().is_subtype(&class)))
}

/// The parts of a group that match and that do not; none where there is nothing on that side.
type Halves = (Option<Ref>, Option<Ref>);

fn split(exception: Borrowed<'_>, matcher: &Matcher, want_rest: bool) -> PyResult<Halves> {
    recursion::check(" in exceptiongroup_split_recursive")?;
    if matcher.matches(exception)? {
        return Ok((Some(exception.to_ref()), None));
    }
    let Some(group) = as_group(exception) else {
        return Ok((None, want_rest.then(|| exception.to_ref())));
    };
    let (mut matched, mut rest) = (Vec::new(), Vec::new());
    let members = group.members();
    for member in items(members.b()) {
        let (yes, no) = split(*member, matcher, want_rest)?;
        matched.extend(yes);
        rest.extend(no);
    }
    let matched = if matched.is_empty() { None } else { Some(subset(group, matched)?) };
    let rest = if rest.is_empty() { None } else { Some(subset(group, rest)?) };
    Ok((matched, rest))
}

/// A group with these members and everything else of `group`, made by its `derive`.
fn subset(group: Borrowed<'_, BaseExceptionGroup>, members: Vec<Ref>) -> PyResult<Ref> {
    let original = group.object();
    let members = (object::hooks::get().list_new)(members)?;
    let made = original.call_method(id!("derive"), &[members.b()])?;
    if as_group(made.b()).is_none() {
        return Err(raise!(TypeError, "derive must return an instance of BaseExceptionGroup"));
    }
    let (from, to) = (original.self_as::<BaseException>(), made.b().self_as::<BaseException>());
    to.traceback.set(from.traceback.get());
    to.context.set(from.context.get());
    to.cause.set(from.cause.get());
    to.suppress_context.set(from.suppress_context.get());
    if let Some(notes) = original.getattr_opt(id!("__notes__"))?
        && notes.is_sequence()
    {
        // The two lists of notes do not become one: adding to the one must not show in the other.
        let copy = (object::hooks::get().list_new)(notes.to_vec()?)?;
        made.setattr(id!("__notes__"), copy.b())?;
    }
    Ok(made)
}

fn halves_object(halves: Halves) -> PyResult<Ref> {
    let or_none = |half: Option<Ref>| half.unwrap_or_else(core::none_ref);
    tuple::from_array([or_none(halves.0), or_none(halves.1)])
}

/// `except*`: what of `exception` matches `types`, and the rest. An exception that is no group is wrapped in one if it matches.
pub fn split_for_except_star(exception: Borrowed<'_>, types: Borrowed<'_>) -> PyResult<Halves> {
    if exception_matches(exception, types)? {
        if as_group(exception).is_some() {
            return Ok((Some(exception.to_ref()), None));
        }
        let members = tuple::from_slice(&[exception])?;
        let message = text::empty();
        let wrapped = exc::ExceptionGroup.borrowed().call(&[message.b(), members.b()]).or_else(|raised| {
            raised.clear();
            exc::BaseExceptionGroup.borrowed().call(&[message.b(), members.b()])
        })?;
        // The wrapper begins where the exception was caught: with its traceback.
        wrapped.b().self_as::<BaseException>().traceback.set(exception.self_as::<BaseException>().traceback.get());
        return Ok((Some(wrapped), None));
    }
    match as_group(exception) {
        Some(_) => {
            let halves = exception.call_method(id!("split"), &[types])?;
            let Some(parts) = tuple::items(halves.b()) else {
                return Err(raise!(
                    TypeError,
                    "{}.split must return a tuple, not {}",
                    exception.class().tp_name(),
                    halves.class().tp_name()
                ));
            };
            if parts.len() < 2 {
                return Err(raise!(
                    TypeError,
                    "{}.split must return a 2-tuple, got tuple of size {}",
                    exception.class().tp_name(),
                    parts.len()
                ));
            }
            let half = |part: Option<&Borrowed<'_>>| part.filter(|part| !part.is(&core::none())).map(|part| part.to_ref());
            Ok((half(parts.first()), half(parts.get(1))))
        }
        None => Ok((None, Some(exception.to_ref()))),
    }
}

fn collect_leaves(exception: Borrowed<'_>, leaves: &mut Vec<Ref>) -> PyResult<()> {
    recursion::check(" in collect_exception_group_leaf_ids")?;
    match as_group(exception) {
        None => leaves.push(exception.to_ref()),
        Some(group) => {
            let members = group.members();
            for member in items(members.b()) {
                collect_leaves(*member, leaves)?;
            }
        }
    }
    Ok(())
}

/// Whether two exceptions have the same traceback, cause, context and notes: whether the one was re-raised from the other.
fn same_metadata(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<bool> {
    let notes = |exception: Borrowed<'_>| exception.getattr_opt(id!("__notes__"));
    let (a_notes, b_notes) = (notes(a)?, notes(b)?);
    let (x, y) = (a.self_as::<BaseException>(), b.self_as::<BaseException>());
    let same_notes = match (&a_notes, &b_notes) {
        (Some(a), Some(b)) => a.is(b),
        (None, None) => true,
        _ => false,
    };
    Ok(same_notes
        && x.traceback.as_ptr() == y.traceback.as_ptr()
        && x.cause.as_ptr() == y.cause.as_ptr()
        && x.context.as_ptr() == y.context.as_ptr())
}

/// What is raised at the end of `try … except*` (`_PyExc_PrepReraiseStar`): of the exceptions that the clauses raised and re-raised. None: nothing.
pub fn prepare_reraise_star(original: Borrowed<'_>, raised_list: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let exceptions: Vec<Ref> = raised_list.to_vec()?.into_iter().filter(|exception| !exception.is(&core::none())).collect();
    if exceptions.is_empty() {
        return Ok(None);
    }
    if as_group(original).is_none() {
        // A bare exception was wrapped, and at most one clause ran.
        return Ok(exceptions.into_iter().next());
    }
    let (mut raised, mut reraised) = (Vec::new(), Vec::new());
    for exception in exceptions {
        if same_metadata(exception.b(), original)? {
            reraised.push(exception);
        } else {
            raised.push(exception);
        }
    }
    let projection = if reraised.is_empty() {
        None
    } else {
        let mut leaves = Vec::new();
        for exception in &reraised {
            collect_leaves(exception.b(), &mut leaves)?;
        }
        split(original, &Matcher::Leaves(leaves), false)?.0
    };
    if raised.is_empty() {
        return Ok(projection);
    }
    raised.extend(projection);
    if let [_] = raised.as_slice() {
        return Ok(raised.into_iter().next());
    }
    let members = (object::hooks::get().list_new)(raised)?;
    let message = text::empty();
    exc::BaseExceptionGroup.borrowed().call(&[message.b(), members.b()]).map(Some)
}

#[pymethods]
impl BaseExceptionGroup {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let given = items(args);
        let [message, sequence] = given else {
            return Err(raise!(TypeError, "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)", given.len()));
        };
        if !text::check(*message) {
            return Err(raise!(TypeError, "argument 1 must be str, not {}", message.class().tp_name()));
        }
        if !sequence.is_sequence() {
            return Err(raise!(TypeError, "second argument (exceptions) must be a sequence"));
        }
        let members = sequence.to_tuple()?;
        let list = items(members.b());
        if list.is_empty() {
            return Err(raise!(ValueError, "second argument (exceptions) must be a non-empty sequence"));
        }
        let mut has_base_exceptions = false;
        for (index, member) in list.iter().enumerate() {
            if !member.class().has(abi::tpflags::BASE_EXC_SUBCLASS) {
                return Err(raise!(ValueError, "Item {index} of second argument (exceptions) is not an exception"));
            }
            has_base_exceptions |= !member.class().is_subtype(&exc::Exception);
        }
        let mut chosen = class.to_ref();
        if class.is_type(&exc::BaseExceptionGroup) {
            if !has_base_exceptions {
                chosen = exc::ExceptionGroup.to_type_ref();
            }
        } else if class.is_type(&exc::ExceptionGroup) {
            if has_base_exceptions {
                return Err(raise!(TypeError, "Cannot nest BaseExceptions in an ExceptionGroup"));
            }
        } else if has_base_exceptions && class.is_subtype(&exc::Exception) {
            return Err(raise!(TypeError, "Cannot nest BaseExceptions in '{}'", class.tp_name()));
        }
        let made = allocate(chosen.borrow(), args)?;
        let group = made.b().self_as::<BaseExceptionGroup>();
        group.message.set(Some(message.to_ref()));
        // A list may change later: what it held now is what repr shows.
        let shown = if sequence.class().is_subtype(&core::LIST) { Some(sequence.repr()?) } else { None };
        group.exceptions.set(Some(members));
        group.shown.set(shown);
        Ok(made)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        no_keywords(slf.class(), kwargs)?;
        slf.self_as::<BaseException>().args.set(Some(args.to_ref()));
        Ok(())
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        let count = items(self.members().b()).len();
        let plural = if count > 1 { "s" } else { "" };
        text::new(&format!("{} ({count} sub-exception{plural})", self.text().str_text()?))
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let shown = match slf.shown.get() {
            Some(shown) => shown.str_text()?,
            None => slf.members().repr_text()?,
        };
        let class = slf.object().get().class();
        text::new(&format!("{}({}, {shown})", class.short_name(), slf.text().repr_text()?))
    }

    #[classmethod(name = "__class_getitem__", text = None, "($type, object, /)")]
    fn class_getitem(class: Borrowed<'_, TypeObject>, item: Borrowed<'_>) -> PyResult<Ref> {
        crate::genericalias::new(class.object(), item)
    }

    #[method("($self, excs, /)")]
    fn derive(slf: Borrowed<'_, Self>, excs: Borrowed<'_>) -> PyResult<Ref> {
        exc::BaseExceptionGroup.borrowed().call(&[slf.text().b(), excs])
    }

    #[method("($self, matcher_value, /)")]
    fn split(slf: Borrowed<'_, Self>, matcher_value: Borrowed<'_>) -> PyResult<Ref> {
        let matcher = Matcher::of(matcher_value)?;
        halves_object(split(slf.object(), &matcher, true)?)
    }

    #[method("($self, matcher_value, /)")]
    fn subgroup(slf: Borrowed<'_, Self>, matcher_value: Borrowed<'_>) -> PyResult<Ref> {
        let matcher = Matcher::of(matcher_value)?;
        Ok(split(slf.object(), &matcher, false)?.0.unwrap_or_else(core::none_ref))
    }
}
