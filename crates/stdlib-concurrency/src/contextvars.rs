//! `_contextvars`: contexts, their variables and tokens (CPython's `context.c`).
//!
//! A context is a map that is copied when it changes while somebody shares it. The current one hangs in the thread.

use crate::header;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{
    Borrowed, CompareOp, IntoPy, KwArgs, OptRef, PyResult, RawField, Ref, StaticType, Trace, TypeObject, Visit, core, memory,
    raise, thread,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The values of variables: few, so a vector.
type Pairs = Vec<(Ref, Ref)>;

/// A shared map.
#[derive(Default)]
struct Map(Rc<Pairs>);

impl Trace for Map {
    fn trace(&self, visit: &mut Visit<'_>) {
        // A map that other contexts share is shown by none of them: its references count once.
        if Rc::strong_count(&self.0) == 1 {
            self.0.iter().for_each(|(variable, value)| {
                visit.object(variable.b());
                visit.object(value.b());
            });
        }
    }
}

/// The thread's current context, if it has one: in the thread state's public field, which extensions that switch stacks (greenlet) save and set.
fn current_if_any() -> Option<Ref<Context>> {
    thread::current().raw.context.load()?.b().downcast_exact::<Context>().map(Borrowed::to_ref)
}

/// Puts another context in the current one's place, and gives that back.
fn replace_current(context: Option<Ref<Context>>) -> Option<Ref<Context>> {
    let raw = &thread::current().raw;
    raw.context_ver.set(raw.context_ver.get().wrapping_add(1));
    let old = raw.context.swap_ref(context.map(Ref::upcast))?;
    old.b().downcast_exact::<Context>().map(Borrowed::to_ref)
}

fn current() -> PyResult<Ref<Context>> {
    if let Some(context) = current_if_any() {
        return Ok(context);
    }
    let context = Context::create(Rc::default())?;
    drop(replace_current(Some(context.clone())));
    Ok(context)
}

/// `contextvars.copy_context()`
pub(crate) fn copy_current() -> PyResult<Ref> {
    Context::create(current()?.shared()).map(Ref::upcast)
}

/// The thread ends: its context may die with it.
pub(crate) fn forget_thread() {
    drop(replace_current(None));
}

/// Runs `action` in a context.
pub(crate) fn run_in(context: Borrowed<'_>, action: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
    let Some(context) = context.downcast_exact::<Context>() else {
        return Err(raise!(TypeError, "an instance of Context was expected"));
    };
    Context::enter(context)?;
    let result = action();
    object::error::preserving(|| Context::exit(context));
    result
}

#[pyclass(name = "Context", export = "PyContext_Type", module = "_contextvars", gc, weaklist = weakrefs)]
pub struct Context {
    head: abi::PyObject,
    map: RefCell<Map>,
    previous: OptRef<Context>,
    entered: Cell<bool>,
    weakrefs: Cell<*mut abi::PyObject>,
}

impl Context {
    fn create(map: Rc<Pairs>) -> PyResult<Ref<Context>> {
        let value = Context {
            head: header(),
            map: RefCell::new(Map(map)),
            previous: OptRef::none(),
            entered: Cell::new(false),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(Self::type_object(), value)
    }

    fn shared(&self) -> Rc<Pairs> {
        self.map.borrow().0.clone()
    }

    fn find(&self, variable: Borrowed<'_>) -> Option<Ref> {
        self.map.borrow().0.iter().find(|(own, _)| own.is(&variable)).map(|(_, value)| value.clone())
    }

    /// Sets or removes the value of a variable.
    fn store(&self, variable: Borrowed<'_>, value: Option<Ref>) -> PyResult<()> {
        let mut map = self.map.borrow_mut();
        let mut pairs: Pairs = memory::vec_with_capacity(map.0.len() + 1)?;
        pairs.extend(map.0.iter().filter(|(own, _)| !own.is(&variable)).cloned());
        if let Some(value) = value {
            pairs.push((variable.to_ref(), value));
        }
        let old = std::mem::replace(&mut map.0, Rc::new(pairs));
        drop(map);
        drop(old);
        Ok(())
    }

    fn enter(slf: Borrowed<'_, Self>) -> PyResult<()> {
        if slf.entered.get() {
            return Err(raise!(RuntimeError, "cannot enter context: {} is already entered", slf.object().repr_text()?));
        }
        slf.previous.set(replace_current(Some(slf.to_ref())));
        slf.entered.set(true);
        builtins::watch::context_switched(Some(slf.object().borrowed()));
        Ok(())
    }

    fn exit(slf: Borrowed<'_, Self>) {
        slf.entered.set(false);
        let left = replace_current(slf.previous.take());
        drop(left);
        let now = current_if_any().map(Ref::upcast);
        builtins::watch::context_switched(now.as_ref().map(Ref::b));
    }

    /// `PyContext_Exit`: leaves a context that must be the current one.
    fn leave(slf: Borrowed<'_, Self>) -> PyResult<()> {
        if !slf.entered.get() {
            return Err(raise!(RuntimeError, "cannot exit context: {} has not been entered", slf.object().repr_text()?));
        }
        if !current_if_any().is_some_and(|now| now.ptr() == slf.ptr()) {
            return Err(raise!(RuntimeError, "cannot exit context: thread state references a different context object"));
        }
        Self::exit(slf);
        Ok(())
    }
}

fn context_of(object: Borrowed<'_>) -> PyResult<Borrowed<'_, Context>> {
    object.downcast_exact::<Context>().ok_or_else(|| raise!(TypeError, "an instance of Context was expected"))
}

/// What `PyContext_Enter` and `PyContext_Exit` call.
pub(crate) fn install_hooks() {
    builtins::watch::set_context_hooks(builtins::watch::ContextHooks {
        enter: |object| Context::enter(context_of(object)?),
        exit: |object| Context::leave(context_of(object)?),
    });
}

fn variable_key(key: Borrowed<'_>) -> PyResult<Borrowed<'_>> {
    if key.class().is_type(ContextVar::type_object()) {
        return Ok(key);
    }
    Err(raise!(TypeError, "a ContextVar key was expected, got {}", key.repr_text()?))
}

#[pymethods]
impl Context {
    #[slot(tp_new)]
    fn new(_cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let given = tuple::items(args).map_or(0, <[_]>::len) + kwargs.map_or(Ok(0), |kwargs| kwargs.len())?;
        if given > 0 {
            return Err(raise!(TypeError, "Context() does not accept any arguments"));
        }
        Self::create(Rc::default()).map(Ref::upcast)
    }

    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.map.borrow().0.len())
    }

    #[slot(sq_contains)]
    fn contains(&self, key: Borrowed<'_>) -> PyResult<bool> {
        Ok(self.find(variable_key(key)?).is_some())
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        self.find(variable_key(key)?).ok_or_else(|| builtins::dict::key_error(key))
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Ref> {
        Self::list(&self.shared(), |(variable, _)| Ok(variable.clone()))?.b().iter()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let (Some(other), CompareOp::Eq | CompareOp::Ne) = (other.downcast_exact::<Context>(), op) else {
            return Ok(core::not_implemented().to_ref());
        };
        let (own, others) = (self.shared(), other.shared());
        let mut equal = own.len() == others.len();
        for (variable, value) in own.iter() {
            if !equal {
                break;
            }
            equal = match others.iter().find(|(other, _)| other.is(variable)) {
                Some((_, other)) => value.eq(other.b())?,
                None => false,
            };
        }
        (equal == (op == CompareOp::Eq)).into_py()
    }

    fn list(pairs: &Rc<Pairs>, item: impl Fn(&(Ref, Ref)) -> PyResult<Ref>) -> PyResult<Ref> {
        let mut items = memory::vec_with_capacity(pairs.len())?;
        for pair in pairs.iter() {
            items.push(item(pair)?);
        }
        builtins::list::List::from_vec(items).map(Ref::upcast)
    }

    /// Return the value for `key` if `key` has the value in the context object.
    ///
    /// If `key` does not exist, return `default`.  If `default` is not
    /// given, return None.
    #[method("($self, key, default=None, /)")]
    fn get(&self, key: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        Ok(self.find(variable_key(key)?).unwrap_or_else(|| default.map_or_else(core::none_ref, Borrowed::to_ref)))
    }

    /// Return a list of all variables in the context object.
    #[method("($self, /)")]
    fn keys(&self) -> PyResult<Ref> {
        Self::list(&self.shared(), |(variable, _)| Ok(variable.clone()))
    }

    /// Return a list of all variables' values in the context object.
    #[method("($self, /)")]
    fn values(&self) -> PyResult<Ref> {
        Self::list(&self.shared(), |(_, value)| Ok(value.clone()))
    }

    /// Return all variables and their values in the context object.
    ///
    /// The result is returned as a list of 2-tuples (variable, value).
    #[method("($self, /)")]
    fn items(&self) -> PyResult<Ref> {
        Self::list(&self.shared(), |(variable, value)| tuple::from_array([variable.clone(), value.clone()]))
    }

    /// Return a shallow copy of the context object.
    #[method("($self, /)")]
    fn copy(&self) -> PyResult<Ref> {
        Self::create(self.shared()).map(Ref::upcast)
    }

    #[method(text = None, "($self, *args, **kwargs)")]
    fn run(slf: Borrowed<'_, Self>, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let Some((function, rest)) = args.split_first() else {
            return Err(raise!(TypeError, "run() missing 1 required positional argument"));
        };
        Self::enter(slf)?;
        let result = if kwargs.is_empty() {
            function.call(rest)
        } else {
            tuple::from_slice(rest).and_then(|rest| function.call_tuple(rest.b(), Some(kwargs.to_dict()?.b())))
        };
        object::error::preserving(|| Self::exit(slf));
        result
    }
}

#[pyclass(name = "ContextVar", export = "PyContextVar_Type", module = "_contextvars", gc)]
pub struct ContextVar {
    head: abi::PyObject,
    #[member(readonly)]
    name: OptRef,
    default: OptRef,
}

impl ContextVar {
    fn assign(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<Ref> {
        let context = current()?;
        let old = context.find(slf.object());
        context.store(slf.object(), Some(value.to_ref()))?;
        Token::create(context, slf, old)
    }
}

#[pymethods]
impl ContextVar {
    #[slot(tp_new, "(name, /, *, default=<unrepresentable>)")]
    fn new(cls: Borrowed<'_, TypeObject>, name: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if !text::check(name) {
            return Err(raise!(TypeError, "context variable name must be a str"));
        }
        let value = ContextVar {
            head: header(),
            name: OptRef::new(Some(name.to_ref())),
            default: OptRef::new(default.map(Borrowed::to_ref)),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_>) -> PyResult<isize> {
        Ok(object::hashing::pointer(slf.ptr()))
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        let name = slf.name.get().unwrap_or_else(core::none_ref).repr_text()?;
        let default = match slf.default.get() {
            Some(default) => format!(" default={}", default.repr_text()?),
            None => String::new(),
        };
        Ok(format!("<ContextVar name={name}{default} at {:p}>", slf.ptr()))
    }

    /// Return a value for the context variable for the current context.
    ///
    /// If there is no value for the variable in the current context, the
    /// method will:
    ///  * return the value of the default argument of the method, if
    ///    provided; or
    ///  * return the default value for the context variable, if it was
    ///    created with one; or
    ///  * raise a LookupError.
    #[method("($self, default=<unrepresentable>, /)")]
    fn get(slf: Borrowed<'_, Self>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if let Some(value) = current_if_any().and_then(|context| context.find(slf.object())) {
            return Ok(value);
        }
        match default.map(Borrowed::to_ref).or_else(|| slf.default.get()) {
            Some(default) => Ok(default),
            None => Err(object::error::raise_value(&object::exc::LookupError, Some(slf.object()))),
        }
    }

    /// Call to set a new value for the context variable in the current context.
    ///
    /// The required value argument is the new value for the context
    /// variable.
    ///
    /// Returns a Token object that can be used to restore the variable to
    /// its previous value via the `ContextVar.reset()` method.
    #[method("($self, value, /)")]
    fn set(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<Ref> {
        Self::assign(slf, value)
    }

    /// Reset the context variable.
    ///
    /// The variable is reset to the value it had before the
    /// `ContextVar.set()` that created the token was used.
    #[method("($self, token, /)")]
    fn reset(slf: Borrowed<'_, Self>, token: Borrowed<'_>) -> PyResult<()> {
        let Some(token) = token.downcast_exact::<Token>() else {
            return Err(raise!(TypeError, "expected an instance of Token, got {}", token.repr_text()?));
        };
        token.undo(slf)
    }

    /// ContextVars are generic over the type of their contained values
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (object::hooks::get().generic_alias)(cls.object(), object)
    }
}

#[pyclass(name = "Token", export = "PyContextToken_Type", module = "_contextvars", gc)]
pub struct Token {
    head: abi::PyObject,
    context: OptRef<Context>,
    variable: OptRef<ContextVar>,
    old: OptRef,
    used: Cell<bool>,
}

impl Token {
    fn create(context: Ref<Context>, variable: Borrowed<'_, ContextVar>, old: Option<Ref>) -> PyResult<Ref> {
        let value = Token {
            head: header(),
            context: OptRef::new(Some(context)),
            variable: OptRef::new(Some(variable.to_ref())),
            old: OptRef::new(old),
            used: Cell::new(false),
        };
        memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }

    fn undo(&self, variable: Borrowed<'_, ContextVar>) -> PyResult<()> {
        let own = object::types::as_object(self);
        if self.used.get() {
            return Err(raise!(RuntimeError, "{} has already been used once", own.repr_text()?));
        }
        if !std::ptr::eq(self.variable.as_ptr(), variable.ptr()) {
            return Err(raise!(ValueError, "{} was created by a different ContextVar", own.repr_text()?));
        }
        let context = current()?;
        if !std::ptr::eq(self.context.as_ptr(), context.ptr()) {
            return Err(raise!(ValueError, "{} was created in a different Context", own.repr_text()?));
        }
        self.used.set(true);
        context.store(variable.object(), self.old.get())
    }
}

/// What `Token.old_value` is where there was no value.
#[pyclass(name = "Token.MISSING", module = "_contextvars", flags(DISALLOW_INSTANTIATION))]
pub struct Missing {
    head: abi::PyObject,
}

#[pymethods]
impl Missing {
    #[slot(tp_repr)]
    fn repr(&self) -> &'static str {
        "<Token.MISSING>"
    }
}

#[derive(Default)]
struct MissingField(OptRef);

fn missing() -> PyResult<Ref> {
    let field = &thread::current().interpreter().extensions.get::<MissingField>().0;
    if let Some(found) = field.get() {
        return Ok(found);
    }
    let made = memory::new_instance(Missing::type_object(), Missing { head: header() })?.upcast();
    field.set(Some(made.clone()));
    Ok(made)
}

#[pymethods]
impl Token {
    #[slot(tp_new)]
    fn new(_cls: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        Err(raise!(RuntimeError, "Tokens can only be created by ContextVars"))
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        let used = if slf.used.get() { " used" } else { "" };
        let variable = slf.variable.get().into_py()?.repr_text()?;
        Ok(format!("<Token{used} var={variable} at {:p}>", slf.ptr()))
    }

    #[getter]
    fn var(&self) -> PyResult<Ref> {
        self.variable.get().into_py()
    }

    #[getter]
    fn old_value(&self) -> PyResult<Ref> {
        self.old.get().map_or_else(missing, Ok)
    }

    /// Enter into Token context manager.
    #[method("($self, /)")]
    fn __enter__(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    /// Exit from Token context manager, restore the linked ContextVar.
    #[method("($self, type, value, traceback, /)")]
    fn __exit__(slf: Borrowed<'_, Self>, _type: Borrowed<'_>, _value: Borrowed<'_>, _traceback: Borrowed<'_>) -> PyResult<()> {
        match slf.variable.get() {
            Some(variable) => slf.undo(variable.borrow()),
            None => Ok(()),
        }
    }

    /// Tokens are generic over the same type as the ContextVar which created them.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (object::hooks::get().generic_alias)(cls.object(), object)
    }
}

/// Context Variables
#[macros::pymodule(name = "_contextvars")]
pub mod module {
    use object::spec::TypeEntry;
    use object::{Borrowed, PyResult, Ref, StaticType, id};

    #[pytype]
    use super::{Context, ContextVar, Token};

    #[pyfunction("($module, /)")]
    fn copy_context() -> PyResult<Ref> {
        super::copy_current()
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        super::install_hooks();
        builtins::type_::ready::ready_static(&TypeEntry::of::<super::Missing>())?;
        builtins::type_::ready::set_in_dict(Token::type_object(), id!("MISSING"), super::missing()?.b())
    }
}
