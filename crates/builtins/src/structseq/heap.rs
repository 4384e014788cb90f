//! Struct sequences: tuples with named fields, such as `os.stat_result` and `time.struct_time` (`structseq.c`).
//!
//! A type has visible fields, which are the items of the tuple, and perhaps hidden ones behind them, which only have names.
//! Both stand in the tuple's memory; `ob_size` counts the visible ones.

use crate::descr;
use crate::type_::{attributes, dicts, new as type_new, ready};
use abi::{PyMemberDef, PyTupleObject, member, tpflags};
use macros::{pyclass, pymethods};
use object::args::KwArgs;
use object::spec;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, Visit, core, error, gc, id, memory, raise};
use std::ffi::CStr;
use std::mem::offset_of;

/// One field: its name (none: it can only be reached by its index) and docstring.
pub struct Field {
    pub name: Option<&'static CStr>,
    pub doc: Option<&'static CStr>,
}

impl Field {
    /// A field with a docstring.
    pub const fn new(name: &'static CStr, doc: &'static CStr) -> Self {
        Field { name: Some(name), doc: Some(doc) }
    }

    /// A field without a name.
    pub const fn unnamed(doc: &'static CStr) -> Self {
        Field { name: None, doc: Some(doc) }
    }
}

/// What a struct sequence type is made of.
pub struct Description {
    /// "module.name".
    pub name: &'static CStr,
    pub doc: Option<&'static CStr>,
    pub fields: &'static [Field],
    /// How many of them are items of the tuple.
    pub visible: usize,
    /// Programs cannot make instances.
    pub disallow_instantiation: bool,
}

/// The methods that all struct sequence types have.
#[pyclass(name = "structseq", base = crate::tuple::Tuple, gc = manual)]
struct StructSequence {
    tuple: crate::tuple::Tuple,
}

/// A new type.
pub fn new_type(description: &'static Description) -> PyResult<Ref<TypeObject>> {
    let full = description.name.to_str().unwrap_or("?");
    let (module, short) = full.rsplit_once('.').unwrap_or(("builtins", full));
    let class = type_new::allocate_type(&core::TYPE, named_fields(description))?;
    let raw = class.raw();
    raw.tp_flags.set(tpflags::HEAPTYPE | tpflags::HAVE_GC | tpflags::IMMUTABLETYPE);
    if description.disallow_instantiation {
        class.add_flags(tpflags::DISALLOW_INSTANTIATION);
    }
    type_new::init_suites(&class);
    let Some(heap) = type_new::heap(&class) else { return Err(error::bad_internal_call()) };
    let name = crate::descr::interned(short)?;
    heap.ht_name.store(Some(name.clone()));
    heap.ht_qualname.store(Some(name.clone()));
    let tp_name = bytes::new(short.as_bytes())?;
    raw.tp_name.set(type_new::bytes_start(&tp_name));
    heap._ht_tpname.set(type_new::keep_name(tp_name));
    raw.tp_base.set(core::TUPLE.to_type_ref().into_ptr().cast());
    raw.tp_basicsize.set(core::TUPLE.raw().tp_basicsize.get());
    raw.tp_itemsize.set(core::TUPLE.raw().tp_itemsize.get());
    let dict = dicts::new()?;
    raw.tp_dict.store(Some(dict.clone()));
    set_slots(&class);
    // SAFETY: the type was allocated with room for all named fields and a zeroed entry behind them.
    unsafe { set_members(&class, description, crate::type_::instance::slot_members_start(&class)) };
    dicts::set(dict.b(), id!("__module__"), text::new(module)?.b())?;
    let doc = match description.doc {
        Some(doc) => text::new(doc.to_str().unwrap_or(""))?,
        None => core::none_ref(),
    };
    dicts::set(dict.b(), id!("__doc__"), doc.b())?;
    set_counts(dict.b(), description)?;
    ready::ready_dynamic(&class, &[StructSequence::__part_main])?;
    Ok(class)
}

/// Fills a static type of C's, which is zeroed but for its count, and completes it (`PyStructSequence_InitType`).
///
/// # Safety
/// The type lives to the end of the process, and nobody uses it yet.
pub unsafe fn init_static(class: &'static TypeObject, description: &'static Description) -> PyResult<()> {
    let raw = class.raw();
    raw.tp_name.set(description.name.as_ptr());
    raw.tp_doc.set(description.doc.map_or(std::ptr::null(), CStr::as_ptr));
    raw.tp_base.set(core::TUPLE.to_type_ref().into_ptr().cast());
    let hidden = description.fields.len().saturating_sub(description.visible);
    let word = size_of::<usize>();
    let size = core::TUPLE.raw().tp_basicsize.get().saturating_add((hidden * word).cast_signed());
    raw.tp_basicsize.set(size);
    raw.tp_itemsize.set(core::TUPLE.raw().tp_itemsize.get());
    raw.tp_flags.set(raw.tp_flags.get() | tpflags::HAVE_GC);
    set_slots(class);
    let mut members = Vec::new();
    members.resize_with(named_fields(description) + 1, || <PyMemberDef as abi::CStruct>::ZERO);
    // SAFETY: there is an entry for each named field, and a zeroed one behind them; the list is never freed.
    unsafe { set_members(class, description, Box::leak(members.into_boxed_slice()).as_mut_ptr()) };
    ready::ready_dynamic(class, &[StructSequence::__part_main])?;
    if let Some(dict) = raw.tp_dict.load() {
        set_counts(dict.b(), description)?;
    }
    Ok(())
}

fn named_fields(description: &Description) -> usize {
    description.fields.iter().filter(|field| field.name.is_some()).count()
}

fn set_slots(class: &TypeObject) {
    for slot in StructSequence::__part_main().slots {
        // SAFETY: the macros give each slot a function of its C signature.
        unsafe { class.set_slot(slot.id, slot.func) };
    }
}

/// `n_fields` and its like, and `__match_args__`.
fn set_counts(dict: Borrowed<'_>, description: &Description) -> PyResult<()> {
    let unnamed = description.fields.len() - named_fields(description);
    let visible_names: Vec<Ref> = description
        .fields
        .iter()
        .take(description.visible)
        .filter_map(|field| field.name)
        .map(|name| descr::interned(name.to_str().unwrap_or("?")))
        .collect::<PyResult<_>>()?;
    for (name, value) in [
        (id!("n_sequence_fields"), int::new(description.visible as i64)?),
        (id!("n_fields"), int::new(description.fields.len() as i64)?),
        (id!("n_unnamed_fields"), int::new(unnamed as i64)?),
        (id!("__match_args__"), tuple::from_vec(visible_names)?),
    ] {
        dicts::set(dict, name, value.b())?;
    }
    Ok(())
}

const FIRST_ITEM: usize = offset_of!(PyTupleObject, ob_item);

/// Writes the members of the named fields from `start` on.
///
/// # Safety
/// There is room for them and a zeroed entry behind them, which live as long as the type.
unsafe fn set_members(class: &TypeObject, description: &Description, start: *mut PyMemberDef) {
    let named = description.fields.iter().enumerate().filter_map(|(index, field)| Some((index, field.name?, field.doc)));
    for (position, (index, name, doc)) in named.enumerate() {
        let offset = FIRST_ITEM + index * size_of::<usize>();
        // SAFETY: by contract.
        unsafe { start.add(position).write(spec::member(name, member::T_OBJECT, offset, member::READONLY, doc)) };
    }
    class.raw().tp_members.set(start);
}

fn count(class: &TypeObject, name: Borrowed<'_>) -> usize {
    let found = crate::type_::lookup(class, name).and_then(|value| int::to_i64(value.b()));
    found.and_then(|value| usize::try_from(value).ok()).unwrap_or(0)
}

fn total(class: &TypeObject) -> usize {
    count(class, id!("n_fields"))
}

/// An instance with these values of all fields; missing hidden ones are None.
pub fn new(class: &TypeObject, values: Vec<Ref>) -> PyResult<Ref> {
    let (total, visible) = (total(class), count(class, id!("n_sequence_fields")));
    let object = memory::alloc_instance(class, total)?;
    // SAFETY: fresh memory of a tuple with room for all fields; each of them is set before anybody sees the object.
    unsafe {
        (*object.as_ptr().cast::<abi::PyVarObject>()).ob_size.set(visible.cast_signed());
        (*object.as_ptr().cast::<PyTupleObject>()).ob_hash.set(-1);
        let start = object.as_ptr().byte_add(FIRST_ITEM).cast::<*mut abi::PyObject>();
        let mut values = values.into_iter();
        for index in 0..total {
            start.add(index).write(values.next().unwrap_or_else(core::none_ref).into_ptr());
        }
        gc::track(object.as_ptr());
        Ok(Ref::from_owned_ptr(object))
    }
}

/// The cells of all fields of an instance, hidden ones too.
fn fields<'a>(object: Borrowed<'a>) -> &'a [abi::Cell<*mut abi::PyObject>] {
    // SAFETY: an instance has memory for all fields of its type, from the first item on.
    unsafe {
        let start = object.ptr().byte_add(FIRST_ITEM).cast();
        std::slice::from_raw_parts(start, total(object.class()))
    }
}

/// The value of a field, hidden ones too.
pub fn field(object: Borrowed<'_>, index: usize) -> Option<Ref> {
    fields(object).get(index)?.load()
}

/// The names of the fields by index.
/// The members of the named fields: behind the struct of a heap type, in the table of a static one.
fn members(class: &TypeObject) -> &[PyMemberDef] {
    if class.has(tpflags::HEAPTYPE) {
        return crate::type_::instance::slot_members(class);
    }
    let start = class.raw().tp_members.get();
    if start.is_null() {
        return &[];
    }
    // SAFETY: the table ends with an entry without a name.
    unsafe {
        let count = (0..).take_while(|index| !(*start.add(*index)).name.get().is_null()).count();
        std::slice::from_raw_parts(start, count)
    }
}

fn names(class: &TypeObject) -> Vec<Option<&str>> {
    let mut names = vec![None; total(class)];
    for definition in members(class) {
        let index = (definition.offset.get().cast_unsigned() - FIRST_ITEM) / size_of::<usize>();
        if let Some(name) = names.get_mut(index) {
            // SAFETY: the names are static.
            *name = Some(unsafe { descr::c_text(definition.name.get()) });
        }
    }
    names
}

#[pymethods]
impl StructSequence {
    #[slot(tp_new, "(sequence, dict={})")]
    fn make(class: Borrowed<'_, TypeObject>, sequence: Borrowed<'_>, dict: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let name = class.short_name();
        let (visible, total) = (count(&class, id!("n_sequence_fields")), total(&class));
        if total == 0 {
            return Err(error::bad_internal_call());
        }
        let dict = dict.filter(|dict| !dict.is(&core::none()));
        if let Some(dict) = dict
            && !dict.class().is_subtype(&core::DICT)
        {
            return Err(raise!(TypeError, "{name}() takes a dict as second arg, if any"));
        }
        if !sequence.class().is_subtype(&core::TUPLE)
            && !sequence.class().is_subtype(&core::LIST)
            && sequence.class().tp_iter().is_none()
            && !sequence.is_sequence()
        {
            return Err(raise!(TypeError, "constructor requires a sequence"));
        }
        let mut values = sequence.to_vec()?;
        let given = values.len();
        if visible != total {
            if given < visible {
                return Err(raise!(TypeError, "{name}() takes an at least {visible}-sequence ({given}-sequence given)"));
            }
            if given > total {
                return Err(raise!(TypeError, "{name}() takes an at most {total}-sequence ({given}-sequence given)"));
            }
        } else if given != visible {
            return Err(raise!(TypeError, "{name}() takes a {visible}-sequence ({given}-sequence given)"));
        }
        let mut used = 0;
        if let Some(dict) = dict {
            for field in names(&class).into_iter().skip(given) {
                let value = match field {
                    Some(field) => dicts::get(dict, descr::interned(field)?.b())?,
                    None => None,
                };
                used += usize::from(value.is_some());
                values.push(value.unwrap_or_else(core::none_ref));
            }
            if dict.len()? > used {
                return Err(raise!(TypeError, "{name}() got duplicate or unexpected field name(s)"));
            }
        }
        new(&class, values)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
        let class = slf.class();
        let mut builder = text::Builder::new();
        builder.push_object(attributes::fully_qualified_name(class)?.b())?;
        builder.push_str("(")?;
        let visible = tuple::items(slf).unwrap_or_default();
        let named = names(class).into_iter().flatten();
        for (index, (item, name)) in visible.iter().zip(named).enumerate() {
            if index > 0 {
                builder.push_str(", ")?;
            }
            builder.push_str(name)?;
            builder.push_str("=")?;
            builder.push_object(item.repr()?.b())?;
        }
        builder.push_str(")")?;
        builder.finish()
    }

    #[slot(tp_traverse)]
    fn traverse(slf: Borrowed<'_>, visit: &mut Visit<'_>) {
        if slf.class().has(tpflags::HEAPTYPE) {
            visit.raw(slf.class().as_object_ptr());
        }
        for field in fields(slf) {
            visit.raw(field.get());
        }
    }

    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_>) {
        let ptr = slf.ptr();
        let class = slf.class().as_object_ptr();
        let is_heap = slf.class().has(tpflags::HEAPTYPE);
        // SAFETY: the slot's contract; an instance of a heap type owns a reference to its class.
        unsafe {
            gc::untrack_if_tracked(ptr);
            for field in fields(slf) {
                field.store(None);
            }
            memory::finish_dealloc(ptr);
            if is_heap {
                object::reference::decref(class);
            }
        }
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(slf: Borrowed<'_>) -> PyResult<Ref> {
        let class = slf.class();
        let items = tuple::items(slf).unwrap_or_default();
        let hidden = dicts::new()?;
        for (index, name) in names(class).into_iter().enumerate().skip(items.len()) {
            if let (Some(name), Some(value)) = (name, field(slf, index)) {
                dicts::set(hidden.b(), descr::interned(name)?.b(), value.b())?;
            }
        }
        let args = tuple::from_array([tuple::from_slice(items)?, hidden])?;
        tuple::from_array([class.to_ref(), args])
    }

    /// Return a copy of the structure with new values for the specified fields.
    #[method(name = "__replace__", text = None, "($self, /, **changes)")]
    fn replace(slf: Borrowed<'_>, changes: KwArgs<'_>) -> PyResult<Ref> {
        let class = slf.class();
        let names = names(class);
        if names.iter().any(Option::is_none) {
            return Err(raise!(
                TypeError,
                "__replace__() is not supported for {} because it has unnamed field(s)",
                class.tp_name()
            ));
        }
        let mut values: Vec<Ref> = fields(slf).iter().map(|field| field.load().unwrap_or_else(core::none_ref)).collect();
        let mut unexpected = Vec::new();
        for (name, value) in changes.iter() {
            let at = names.iter().position(|own| own.is_some_and(|own| text::eq_str(name, own)));
            match at.and_then(|at| values.get_mut(at)) {
                Some(slot) => *slot = value.to_ref(),
                None => unexpected.push(name.to_ref()),
            }
        }
        if !unexpected.is_empty() {
            let list = (object::hooks::get().list_new)(unexpected)?;
            return Err(raise!(TypeError, "Got unexpected field name(s): {}", list.repr_text()?));
        }
        new(class, values)
    }
}
