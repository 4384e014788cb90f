//! What LOAD_ATTR and STORE_ATTR specialise to.

use super::known::{self, Access};
use super::{become_op, stay};
use crate::code::shape;
use crate::code::units::Unit;
use crate::frame::Frame;
use crate::function::bind;
use crate::interpreter::{BINDS, Found};
use abi::tpflags;
use builtins::descr::member::Member;
use builtins::dict::{Dict, instance};
use builtins::type_::slot_functions::AttributeAccess;
use bytecode::Op;
use object::{Borrowed, StaticType, TypeObject, core, id};

/// The version of a type that is valid now; 0 if it has none.
fn version(class: &TypeObject) -> u32 {
    class.raw().tp_version_tag.get()
}

fn has_generic_setattr(class: &TypeObject) -> bool {
    class.raw().tp_setattro.get().map(|function| function as usize)
        == core::OBJECT.raw().tp_setattro.get().map(|function| function as usize)
}

fn cache(unit: &Unit, index: usize) -> &Unit {
    // SAFETY: LOAD_ATTR has nine words of cache, STORE_ATTR four; the callers ask for no more.
    unsafe { &*std::ptr::from_ref(unit).add(1 + index) }
}

/// The place of inline values: where they begin, and an index.
fn inline_place(class: &TypeObject, index: usize) -> Option<u32> {
    let size = class.raw().tp_basicsize.get().cast_unsigned().next_multiple_of(8);
    (size <= 0xffff && index <= 0xff).then_some(size as u32 | (index as u32) << 16)
}

fn place(unit: &Unit, version: u32, place: u32) {
    cache(unit, 0).set_word(u64::from(version) << 32 | u64::from(place));
}

fn remember(unit: &Unit, object: Borrowed<'_>) {
    cache(unit, 1).set_word(object.ptr().expose_provenance() as u64);
}

/// LOAD_ATTR. Cache: word 0 type version and place; word 1 the method or value (the type keeps it alive while its version holds); word 2 the
/// version of the instances' keys, of a module's keys, or of a function.
#[cold]
#[inline(never)]
pub fn load_attr(frame: &Frame, unit: &Unit, oparg: u32) {
    let name = frame.code().name_at(oparg as usize >> 1);
    let owner = frame.peek(1);
    let Some(op) = decide_load(unit, owner, name, oparg & 1 != 0) else { return stay(unit, Op::LOAD_ATTR) };
    become_op(unit, op);
    // A module's attribute is known by its keys, not by its class.
    if op.number() != Op::LOAD_ATTR_MODULE.number() {
        known::keep(unit, op, owner.class(), name, loading(oparg));
    }
}

fn loading(oparg: u32) -> Access {
    if oparg & 1 == 0 { Access::Load } else { Access::Call }
}

/// Whether LOAD_ATTR takes the form that was found for this class of owners somewhere.
#[inline(never)]
pub fn recall_load_attr(frame: &Frame, unit: &Unit, oparg: u32) -> bool {
    known::recall(unit, frame.peek(1).class(), frame.code().name_at(oparg as usize >> 1), loading(oparg))
}

/// Whether STORE_ATTR takes the form that was found for this class of owners somewhere.
#[inline(never)]
pub fn recall_store_attr(frame: &Frame, unit: &Unit, oparg: u32) -> bool {
    known::recall(unit, frame.peek(1).class(), frame.code().name_at(oparg as usize), Access::Store)
}

/// Where an object's header holds its class.
const OFFSET_OF_CLASS: u32 = std::mem::offset_of!(abi::PyObject, ob_type) as u32;

fn decide_load(unit: &Unit, owner: Borrowed<'_>, name: Borrowed<'_>, is_call: bool) -> Option<Op> {
    let class = owner.class();
    if class.is_type(&core::MODULE) {
        return of_module(unit, owner, name);
    }
    if class.has(tpflags::TYPE_SUBCLASS) {
        // SAFETY: the flag says that it is a type.
        return of_type(unit, unsafe { owner.get().cast_unchecked::<TypeObject>() }.get(), name);
    }
    // The look-up gives the type a version, if it can have one.
    let found = class.type_lookup(name);
    let version = version(class);
    if version == 0 {
        return None;
    }
    // With a `__getattr__` behind it, a form that finds nothing goes the general way as well.
    let access = AttributeAccess::of(class);
    match &access {
        AttributeAccess::Generic | AttributeAccess::Fallback => {}
        AttributeAccess::Overridden(function) if !is_call => return overridden(unit, version, function.b()),
        AttributeAccess::Overridden(_) | AttributeAccess::Other => return None,
    }
    let Some(found) = found else { return own_value(unit, owner, name, version) };
    let kind = found.class();
    if kind.has(tpflags::METHOD_DESCRIPTOR) {
        if is_call {
            return method(unit, owner, name, version, found.b());
        }
        // Other kinds of methods are bound by their own slots.
        let binds = kind.is_type(&core::FUNCTION) || builtins::descr::method::binds_plainly(found.b(), class);
        return if binds { of_class(unit, owner, name, version, found.b(), BINDS) } else { None };
    }
    if let Some(offset) = Member::slot_offset(found.b(), class).and_then(|offset| u32::try_from(offset).ok()) {
        place(unit, version, offset);
        return Some(Op::LOAD_ATTR_SLOT);
    }
    if name.is(&*id!("__class__")) && core::OBJECT.type_lookup(name).is_some_and(|own| own.is(&found)) {
        // The header's own field, unless a class has put something else there.
        place(unit, version, OFFSET_OF_CLASS);
        return Some(Op::LOAD_ATTR_SLOT);
    }
    if kind.is_type(&core::PROPERTY) {
        // `__getattr__` is asked, too, where the getter raises AttributeError.
        let alone = matches!(access, AttributeAccess::Generic);
        return if is_call || !alone { None } else { property(unit, version, found.b()) };
    }
    if kind.tp_descr_set().is_some() || kind.tp_descr_get().is_some() {
        return None;
    }
    of_class(unit, owner, name, version, found.b(), 0)
}

/// A value of the owner's class, or a function to be bound (`mark`).
fn of_class(unit: &Unit, owner: Borrowed<'_>, name: Borrowed<'_>, version: u32, found: Borrowed<'_>, mark: u64) -> Option<Op> {
    remember(unit, found);
    if !instance::has_dict(owner.class()) {
        place(unit, version, 0);
        cache(unit, 2).set_word(mark);
        return Some(Op::LOAD_ATTR_NONDESCRIPTOR_NO_DICT);
    }
    if !shadows_not(unit, owner, name, version) {
        return None;
    }
    let keys = cache(unit, 2);
    keys.set_word(keys.word() | mark);
    Some(Op::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES)
}

/// An attribute of the instance itself.
fn own_value(unit: &Unit, owner: Borrowed<'_>, name: Borrowed<'_>, version: u32) -> Option<Op> {
    let class = owner.class();
    if instance::has_valid_inline_values(owner) {
        let index = instance::inline_index(class, name)?;
        place(unit, version, inline_place(class, index)?);
        return Some(Op::LOAD_ATTR_INSTANCE_VALUE);
    }
    let hint = u32::try_from(instance::dict_hint(owner, name)?).ok()?;
    place(unit, version, hint);
    Some(Op::LOAD_ATTR_WITH_HINT)
}

/// Whether the instance has inline values, among whose keys the name is not; then the cache tells their version.
fn shadows_not(unit: &Unit, owner: Borrowed<'_>, name: Borrowed<'_>, version: u32) -> bool {
    let class = owner.class();
    let keys = instance::class_keys_version(class);
    if keys == 0 || !instance::has_valid_inline_values(owner) || instance::inline_index(class, name).is_some() {
        return false;
    }
    let Some(start) = inline_place(class, 0) else { return false };
    place(unit, version, start);
    cache(unit, 2).set_word(u64::from(keys));
    true
}

fn method(unit: &Unit, owner: Borrowed<'_>, name: Borrowed<'_>, version: u32, found: Borrowed<'_>) -> Option<Op> {
    let class = owner.class();
    remember(unit, found);
    if !instance::has_dict(class) {
        place(unit, version, 0);
        return Some(Op::LOAD_ATTR_METHOD_NO_DICT);
    }
    if shadows_not(unit, owner, name, version) {
        return Some(Op::LOAD_ATTR_METHOD_WITH_VALUES);
    }
    // An instance whose dict nobody has asked for yet.
    let offset = if class.has(tpflags::MANAGED_DICT) {
        let before = std::mem::size_of::<object::memory::GcHeader>() + std::mem::size_of::<object::memory::PreHeader>();
        std::mem::offset_of!(object::memory::PreHeader, dict).cast_signed() - before.cast_signed()
    } else {
        class.raw().tp_dictoffset.get()
    };
    let lazy = !class.has(tpflags::INLINE_VALUES)
        && (class.has(tpflags::MANAGED_DICT) || offset > 0)
        && instance::existing_dict(owner).is_none();
    place(unit, version, i32::try_from(offset).ok()?.cast_unsigned());
    lazy.then_some(Op::LOAD_ATTR_METHOD_LAZY_DICT)
}

fn property(unit: &Unit, version: u32, found: Borrowed<'_>) -> Option<Op> {
    let getter = builtins::property::getter_of(found)?;
    calls_function(unit, version, found, getter.b(), 1)?;
    Some(Op::LOAD_ATTR_PROPERTY)
}

/// A `__getattribute__` in Python.
fn overridden(unit: &Unit, version: u32, function: Borrowed<'_>) -> Option<Op> {
    calls_function(unit, version, function, function, 2)?;
    Some(Op::LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN)
}

/// Notes the function whose frame the instruction pushes, and `kept`, which the class has it from.
fn calls_function(unit: &Unit, version: u32, kept: Borrowed<'_>, function: Borrowed<'_>, count: usize) -> Option<()> {
    let function = bind::as_function(function)?;
    let code = function.get().code();
    let own = function.get().version.get();
    if own == 0 || code.shape.get() & shape::SIMPLE == 0 || code.arg_count() != count || code.start().is_none() {
        return None;
    }
    place(unit, version, 0);
    remember(unit, kept);
    cache(unit, 2).set_word(u64::from(own));
    Some(())
}

fn of_module(unit: &Unit, owner: Borrowed<'_>, name: Borrowed<'_>) -> Option<Op> {
    let class = owner.class();
    // What the type itself defines (`__dict__`, `__class__`) comes first.
    if class.type_lookup(name).is_some() {
        return None;
    }
    let version = version(class);
    // SAFETY: exactly a module.
    let dict = unsafe { Borrowed::<object::Object>::from_ptr_or_null(builtins::module::dict_unchecked(owner.ptr())) }?;
    let dict = dict.downcast_exact::<Dict>()?;
    let (offset, keys) = (dict.value_offset(dict.lookup_index(name)?)?, dict.keys_version());
    if keys == 0 || version == 0 {
        return None;
    }
    place(unit, version, offset);
    cache(unit, 1).set_word(u64::from(keys));
    Some(Op::LOAD_ATTR_MODULE)
}

fn of_type(unit: &Unit, class: &TypeObject, name: Borrowed<'_>) -> Option<Op> {
    let meta = class.class();
    let getattr = |class: &TypeObject| class.raw().tp_getattro.get().map(|function| function as usize);
    if getattr(meta) != getattr(&core::TYPE) || meta.type_lookup(name).is_some() {
        return None;
    }
    let found = class.type_lookup(name)?;
    // Functions give themselves to their class; other descriptors are asked.
    if !found.class().is_type(&core::FUNCTION) && found.class().tp_descr_get().is_some() {
        return None;
    }
    let (own, second) = (version(class), version(meta));
    if own == 0 {
        return None;
    }
    remember(unit, found.b());
    if meta.is_type(&core::TYPE) {
        place(unit, own, 0);
        return Some(Op::LOAD_ATTR_CLASS);
    }
    place(unit, own, second);
    (second != 0).then_some(Op::LOAD_ATTR_CLASS_WITH_METACLASS_CHECK)
}

/// LOAD_SUPER_ATTR. Cache: the address of what was found.
#[cold]
#[inline(never)]
pub fn load_super_attr(frame: &Frame, unit: &Unit, oparg: u32) {
    let is_call = oparg & 1 != 0;
    match decide_super(frame, unit, frame.code().name_at(oparg as usize >> 2), is_call) {
        Some(()) if is_call => become_op(unit, Op::LOAD_SUPER_ATTR_METHOD),
        Some(()) => become_op(unit, Op::LOAD_SUPER_ATTR_ATTR),
        None => stay(unit, Op::LOAD_SUPER_ATTR),
    }
}

fn decide_super(frame: &Frame, unit: &Unit, name: Borrowed<'_>, is_call: bool) -> Option<()> {
    let (global_super, class, receiver) = (frame.peek(3), frame.peek(2), frame.peek(1));
    let class = class.downcast::<TypeObject>()?;
    if !global_super.is(&core::SUPER) {
        return None;
    }
    // For a class as receiver its own order counts, not its type's.
    if let Some(start) = receiver.downcast::<TypeObject>() {
        return decide_super_of_class(frame, unit, name, class, start);
    }
    let start = receiver.class();
    if start.has(tpflags::TYPE_SUBCLASS) || !start.is_subtype(&class) {
        return None;
    }
    if object::value::str::eq_str(name, "__class__") {
        return None;
    }
    let found = builtins::super_::find_behind(&class, start, name).unwrap_or_else(|raised| {
        raised.clear();
        None
    })?;
    if is_call && !found.class().has(tpflags::METHOD_DESCRIPTOR) {
        return None;
    }
    // The look-up gives the type a version, if it can have one.
    let _found = start.type_lookup(name);
    let version = version(start);
    if version == 0 {
        return None;
    }
    note_found(frame, unit, class, version, false, found.b())
}

/// `super(class, start).name` where `start` is a class below `class` (or that class) and what is found is no descriptor, or a plain static method
/// (`__new__`): the value is the same as long as the order is.
fn decide_super_of_class(
    frame: &Frame,
    unit: &Unit,
    name: Borrowed<'_>,
    class: Borrowed<'_, TypeObject>,
    start: Borrowed<'_, TypeObject>,
) -> Option<()> {
    // SAFETY: the class owns its order.
    let order = unsafe { Borrowed::<object::Object>::from_ptr_or_null(start.raw().tp_mro.get()) }?.to_ref();
    let items = object::value::tuple::items(order.b()).unwrap_or_default();
    let at = items.iter().position(|item| std::ptr::eq(item.ptr(), class.ptr()))?;
    if object::value::str::eq_str(name, "__class__") {
        return None;
    }
    // The look-up gives the type a version, if it can have one.
    let _found = start.type_lookup(name);
    let version = version(&start);
    let behind = items.get(at + 1..).unwrap_or_default();
    let found = builtins::type_::lookup::find_in(behind, name).unwrap_or_else(|raised| {
        raised.clear();
        None
    })?;
    // What a static method wraps is asked of it each time: it may come to wrap something else.
    let kind = found.class();
    if version == 0 || !(kind.is_type(builtins::method::StaticMethod::type_object()) || kind.tp_descr_get().is_none()) {
        return None;
    }
    note_found(frame, unit, class, version, true, found.b())
}

/// Writes what was found into the instruction's note.
fn note_found(
    frame: &Frame,
    unit: &Unit,
    class: Borrowed<'_, TypeObject>,
    version: u32,
    of_class: bool,
    attribute: Borrowed<'_>,
) -> Option<()> {
    let word = cache(unit, 0);
    let made = std::ptr::with_exposed_provenance::<Found>(word.word() as usize);
    let made = if made.is_null() { frame.code().new_found()? } else { made };
    word.set_word(made.expose_provenance() as u64);
    // SAFETY: the code owns it as long as the instruction is there.
    let note = unsafe { &*made };
    note.class.set(class.ptr());
    note.version.set(version);
    note.of_class.set(of_class);
    note.attribute.set(attribute.ptr());
    Some(())
}

/// STORE_ATTR. Cache: word 0 type version and place.
#[cold]
#[inline(never)]
pub fn store_attr(frame: &Frame, unit: &Unit, oparg: u32) {
    let name = frame.code().name_at(oparg as usize);
    let owner = frame.peek(1);
    let Some(op) = decide_store(unit, owner, name) else { return stay(unit, Op::STORE_ATTR) };
    become_op(unit, op);
    known::keep(unit, op, owner.class(), name, Access::Store);
}

fn decide_store(unit: &Unit, owner: Borrowed<'_>, name: Borrowed<'_>) -> Option<Op> {
    let class = owner.class();
    let found = class.type_lookup(name);
    let version = version(class);
    if version == 0 || !has_generic_setattr(class) {
        return None;
    }
    if let Some(found) = found {
        let offset = u32::try_from(Member::slot_offset(found.b(), class)?).ok()?;
        place(unit, version, offset);
        return Some(Op::STORE_ATTR_SLOT);
    }
    if instance::has_valid_inline_values(owner) {
        let index = instance::inline_index(class, name)?;
        place(unit, version, inline_place(class, index)?);
        return Some(Op::STORE_ATTR_INSTANCE_VALUE);
    }
    let hint = u32::try_from(instance::dict_hint(owner, name)?).ok()?;
    place(unit, version, hint);
    Some(Op::STORE_ATTR_WITH_HINT)
}
