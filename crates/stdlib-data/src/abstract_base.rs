//! `_abc`: what abstract base classes remember (CPython's `_abc.c`).
//!
//! Registered and cached classes are held weakly, by address: a class whose weak reference is dead is not there.

use crate::header;
use macros::pyclass;
use object::{Borrowed, PyResult, Ref, StaticType, core, id, memory, raise, thread};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Spreads addresses, which nobody chooses.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, address: usize) {
        let spread = (self.0 ^ address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = spread ^ spread >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Classes, held weakly.
#[derive(Default)]
struct WeakClasses(RefCell<HashMap<usize, Ref, BuildHasherDefault<AddressHasher>>>);

impl WeakClasses {
    fn contains(&self, class: Borrowed<'_>) -> bool {
        let known = self.0.borrow();
        let alive = known.get(&class.ptr().addr()).and_then(|reference| builtins::weakref::referent(reference.b()));
        drop(known);
        alive.is_some_and(|alive| alive.is(&class))
    }

    fn add(&self, class: Borrowed<'_>) -> PyResult<()> {
        let reference = builtins::weakref::new(class, None)?;
        let old = self.0.borrow_mut().insert(class.ptr().addr(), reference);
        drop(old);
        Ok(())
    }

    fn clear(&self) {
        let all = self.0.take();
        drop(all);
    }

    /// The classes that are alive.
    fn alive(&self) -> Vec<Ref> {
        self.0.borrow().values().filter_map(|reference| builtins::weakref::referent(reference.b())).collect()
    }

    /// The weak references, as a set.
    fn dump(&self) -> PyResult<Ref> {
        let references: Vec<Ref> = self.0.borrow().values().cloned().collect();
        let set = builtins::set::Set::new()?;
        for reference in references {
            if builtins::weakref::referent(reference.b()).is_some() {
                set.add(reference.b())?;
            }
        }
        Ok(set.upcast())
    }
}

/// Internal state held by ABC machinery.
#[pyclass(name = "_abc_data", module = "_abc", parts(), flags(DISALLOW_INSTANTIATION))]
pub struct Data {
    head: abi::PyObject,
    registry: WeakClasses,
    cache: WeakClasses,
    negative: WeakClasses,
    /// The counter when the negative cache was last valid.
    version: Cell<u64>,
}

/// Counts registrations: what was not a subclass may be one now.
#[derive(Default)]
struct Counter(Cell<u64>);

fn counter() -> &'static Cell<u64> {
    &thread::current().interpreter().extensions.get::<Counter>().0
}

fn data_of(class: Borrowed<'_>) -> PyResult<Ref<Data>> {
    let found = class.getattr(id!("_abc_impl"))?;
    match found.b().downcast_exact::<Data>() {
        Some(data) => Ok(data.to_ref()),
        None => Err(raise!(TypeError, "_abc_impl is set to a wrong type")),
    }
}

fn create() -> PyResult<Ref> {
    let value = Data {
        head: header(),
        registry: WeakClasses::default(),
        cache: WeakClasses::default(),
        negative: WeakClasses::default(),
        version: Cell::new(counter().get()),
    };
    memory::new_instance(Data::type_object(), value).map(Ref::upcast)
}

/// The items of `class.__dict__`.
fn own_attributes(class: Borrowed<'_>) -> PyResult<Vec<(Ref, Ref)>> {
    // What `__dict__` shows of a class whose metaclass does not say otherwise.
    if let Some(class) = as_type(class)
        && let Some(attribute) = builtins::type_::lookup(class.class(), id!("__dict__"))
        && builtins::type_::lookup(&core::TYPE, id!("__dict__")).is_some_and(|plain| plain.is(&attribute))
    {
        let dict = builtins::type_::ready::dict_of(&class)?;
        return builtins::type_::dicts::items(dict.b());
    }
    let pairs = class.getattr(id!("__dict__"))?.call_method(id!("items"), &[])?.to_vec()?;
    let pair = |pair: Ref| {
        let items = pair.to_tuple()?;
        match object::value::tuple::items(items.b()) {
            Some(&[key, value]) => Ok((key.to_ref(), value.to_ref())),
            _ => Err(raise!(TypeError, "iteration over items() returned item which size is not 2")),
        }
    };
    pairs.into_iter().map(pair).collect()
}

/// The names of the abstract methods of a class, its own and those of its bases that it does not override.
fn abstract_methods(class: Borrowed<'_>) -> PyResult<()> {
    let names = builtins::set::Set::new()?;
    for (key, value) in own_attributes(class)? {
        if builtins::object_::is_abstract(value.b())? {
            names.add(key.b())?;
        }
    }
    for base in class.getattr(id!("__bases__"))?.to_tuple()?.to_vec()? {
        let Some(inherited) = base.getattr_opt(id!("__abstractmethods__"))? else { continue };
        for key in inherited.to_vec()? {
            if let Some(value) = class.getattr_opt(key.b())?
                && builtins::object_::is_abstract(value.b())?
            {
                names.add(key.b())?;
            }
        }
    }
    let frozen = builtins::set::frozenset(names.b())?;
    class.setattr(id!("__abstractmethods__"), frozen.b())
}

const COLLECTION: u64 = abi::tpflags::SEQUENCE | abi::tpflags::MAPPING;

fn as_type<'a>(class: Borrowed<'a>) -> Option<Borrowed<'a, object::TypeObject>> {
    class.downcast::<object::TypeObject>()
}

/// Gives a class and its subclasses the flag of a collection.
fn set_collection_flag(class: Borrowed<'_>, flag: u64) -> PyResult<()> {
    let Some(own) = as_type(class) else { return Ok(()) };
    if own.has(abi::tpflags::IMMUTABLETYPE) || own.flags() & COLLECTION == flag {
        return Ok(());
    }
    object::recursion::check(" in ABC registration")?;
    own.remove_flags(COLLECTION);
    own.add_flags(flag);
    for subclass in core::TYPE.borrowed().getattr(id!("__subclasses__"))?.call1(class)?.to_vec()? {
        set_collection_flag(subclass.b(), flag)?;
    }
    Ok(())
}

/// Whether `subclass` is a subclass, without the caches of positive answers.
fn decide(class: Borrowed<'_>, subclass: Borrowed<'_>, data: &Data) -> PyResult<bool> {
    let answer = class.call_method(id!("__subclasshook__"), &[subclass])?;
    if answer.is(&core::true_()) {
        return Ok(true);
    }
    if answer.is(&core::false_()) {
        return Ok(false);
    }
    if !answer.is(&core::not_implemented()) {
        return Err(raise!(AssertionError, "__subclasshook__ must return either False, True, or NotImplemented"));
    }
    if let (Some(class), Some(subclass)) = (as_type(class), as_type(subclass))
        && subclass.is_subtype(&class)
    {
        return Ok(true);
    }
    if data.registry.contains(subclass) {
        return Ok(true);
    }
    for registered in data.registry.alive() {
        if subclass.issubclass(registered.b())? {
            return Ok(true);
        }
    }
    let subclasses = class.call_method(id!("__subclasses__"), &[])?;
    if !subclasses.class().has(abi::tpflags::LIST_SUBCLASS) {
        return Err(raise!(TypeError, "__subclasses__() must return a list"));
    }
    for derived in subclasses.to_vec()? {
        if subclass.issubclass(derived.b())? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn check_subclass(class: Borrowed<'_>, subclass: Borrowed<'_>) -> PyResult<bool> {
    if as_type(subclass).is_none() {
        return Err(raise!(TypeError, "issubclass() arg 1 must be a class"));
    }
    let data = data_of(class)?;
    if data.cache.contains(subclass) {
        return Ok(true);
    }
    let now = counter().get();
    if data.version.get() < now {
        data.negative.clear();
        data.version.set(now);
    } else if data.negative.contains(subclass) {
        return Ok(false);
    }
    let answer = decide(class, subclass, &data)?;
    if answer {
        data.cache.add(subclass)?
    } else {
        data.negative.add(subclass)?
    }
    Ok(answer)
}

fn check_instance(class: Borrowed<'_>, instance: Borrowed<'_>) -> PyResult<Ref> {
    let data = data_of(class)?;
    let claimed = instance.getattr(id!("__class__"))?;
    if data.cache.contains(claimed.b()) {
        return Ok(core::true_().to_ref());
    }
    let actual = instance.class().to_ref();
    if actual.is(&claimed) {
        if data.version.get() == counter().get() && data.negative.contains(claimed.b()) {
            return Ok(core::false_().to_ref());
        }
        return class.call_method(id!("__subclasscheck__"), &[claimed.b()]);
    }
    let answer = class.call_method(id!("__subclasscheck__"), &[claimed.b()])?;
    if answer.is_true()? {
        return Ok(answer);
    }
    class.call_method(id!("__subclasscheck__"), &[actual.b()])
}

/// Module contains faster C implementation of abc.ABCMeta
#[macros::pymodule(name = "_abc")]
pub mod module {
    use super::{COLLECTION, Data, as_type, counter, create, data_of, set_collection_flag};
    use object::spec::TypeEntry;
    use object::value::{int, tuple};
    use object::{Borrowed, IntoPy, PyResult, Ref, id, raise};

    /// Internal ABC helper for class set-up. Should be never used outside abc module.
    #[pyfunction("($module, self, /)")]
    fn _abc_init(this: Borrowed<'_>) -> PyResult<()> {
        super::abstract_methods(this)?;
        this.setattr(id!("_abc_impl"), create()?.b())?;
        let Some(class) = as_type(this) else { return Ok(()) };
        let namespace = builtins::type_::ready::dict_of(&class)?;
        let Some(flags) = namespace.getitem_opt(id!("__abc_tpflags__"))? else { return Ok(()) };
        if !int::check(flags.b()) {
            return Ok(());
        }
        let flags = flags.as_i64()?.cast_unsigned() & COLLECTION;
        if flags == COLLECTION {
            return Err(raise!(TypeError, "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING"));
        }
        class.add_flags(flags);
        this.delattr(id!("__abc_tpflags__"))
    }

    /// Internal ABC helper for subclasss registration. Should be never used outside abc module.
    #[pyfunction("($module, self, subclass, /)")]
    fn _abc_register(this: Borrowed<'_>, subclass: Borrowed<'_>) -> PyResult<Ref> {
        if as_type(subclass).is_none() {
            return Err(raise!(TypeError, "Can only register classes"));
        }
        if subclass.issubclass(this)? {
            return Ok(subclass.to_ref());
        }
        if this.issubclass(subclass)? {
            return Err(raise!(RuntimeError, "Refusing to create an inheritance cycle"));
        }
        data_of(this)?.registry.add(subclass)?;
        counter().set(counter().get() + 1);
        if let Some(class) = as_type(this)
            && class.flags() & COLLECTION != 0
        {
            set_collection_flag(subclass, class.flags() & COLLECTION)?;
        }
        Ok(subclass.to_ref())
    }

    /// Internal ABC helper for instance checks. Should be never used outside abc module.
    #[pyfunction("($module, self, instance, /)")]
    fn _abc_instancecheck(this: Borrowed<'_>, instance: Borrowed<'_>) -> PyResult<Ref> {
        super::check_instance(this, instance)
    }

    /// Internal ABC helper for subclasss checks. Should be never used outside abc module.
    #[pyfunction("($module, self, subclass, /)")]
    fn _abc_subclasscheck(this: Borrowed<'_>, subclass: Borrowed<'_>) -> PyResult<bool> {
        super::check_subclass(this, subclass)
    }

    /// Returns the current ABC cache token.
    ///
    /// The token is an opaque object (supporting equality testing) identifying
    /// the current version of the ABC cache for virtual subclasses.  The token
    /// changes with every call to register() on any ABC.
    #[pyfunction("($module, /)")]
    fn get_cache_token() -> u64 {
        counter().get()
    }

    /// Internal ABC helper for cache and registry debugging.
    ///
    /// Return shallow copies of registry, of both caches, and
    /// negative cache version. Don't call this function directly,
    /// instead use ABC._dump_registry() for a nice repr.
    #[pyfunction("($module, self, /)")]
    fn _get_dump(this: Borrowed<'_>) -> PyResult<Ref> {
        let data = data_of(this)?;
        let version = data.version.get().into_py()?;
        tuple::from_array([data.registry.dump()?, data.cache.dump()?, data.negative.dump()?, version])
    }

    /// Internal ABC helper to reset registry of a given class.
    ///
    /// Should be only used by refleak.py
    #[pyfunction("($module, self, /)")]
    fn _reset_registry(this: Borrowed<'_>) -> PyResult<()> {
        data_of(this)?.registry.clear();
        Ok(())
    }

    /// Internal ABC helper to reset both caches of a given class.
    ///
    /// Should be only used by refleak.py
    #[pyfunction("($module, self, /)")]
    fn _reset_caches(this: Borrowed<'_>) -> PyResult<()> {
        let data = data_of(this)?;
        data.cache.clear();
        data.negative.clear();
        Ok(())
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        builtins::type_::ready::ready_static(&TypeEntry::of::<Data>())
    }
}
