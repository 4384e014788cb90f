<<<<<<< HEAD
//! Struct sequences: tuples with named fields, some of which stand behind the tuple's end (CPython's `structseq.c`).
//!
//! A type is declared by [`struct_sequence!`](crate::struct_sequence): a static type whose members are read at their offsets. All items,
//! visible and hidden, lie in one block; `ob_size` counts the visible ones.

use crate::tuple::Tuple;
use abi::{PyMemberDef, PyObject, PyTupleObject, c_int, c_void};
use object::spec::{self, SlotDef};
use object::value::{int, str as text, tuple};
use object::{Borrowed, Layout, PyResult, Ref, StaticType, TypeObject, Visit, args, core, gc, hooks, memory, raise};
use std::ffi::CStr;
use std::mem::offset_of;

const ITEMS: usize = offset_of!(PyTupleObject, ob_item);

/// A field: its name (none: it is an item only) and its documentation.
pub struct Field {
    pub name: Option<&'static CStr>,
    pub doc: &'static CStr,
}

/// A struct sequence type.
pub trait Sequence: StaticType {
    /// All fields, the visible ones first.
    const FIELDS: &'static [Field];
    /// How many of them are items of the tuple.
    const VISIBLE: usize;
}

/// The struct of all struct sequences.
#[repr(transparent)]
pub struct Head(PyTupleObject);
// SAFETY: it begins with a tuple's header.
unsafe impl Layout for Head {}

/// How many members the fields make, with the end of the table.
pub const fn member_count(fields: &[Field]) -> usize {
    let (mut index, mut count) = (0, 1);
    while index < fields.len() {
        count += fields[index].name.is_some() as usize;
        index += 1;
    }
    count
}

/// The table of members.
pub const fn members<const N: usize>(fields: &[Field]) -> [PyMemberDef; N] {
    let mut table = [const { spec::member_end() }; N];
    let (mut index, mut at) = (0, 0);
    while index < fields.len() {
        if let Some(name) = fields[index].name {
            let offset = ITEMS + index * size_of::<*mut PyObject>();
            table[at] = spec::member(name, abi::member::T_OBJECT, offset, abi::member::READONLY, Some(fields[index].doc));
            at += 1;
        }
        index += 1;
    }
    table
}

/// The slots of a struct sequence.
pub const fn slots<S: Sequence>() -> [SlotDef; 2] {
    [
        SlotDef::new(abi::typeslot::tp_new, tp_new::<S> as *const ()),
        SlotDef::new(abi::typeslot::tp_repr, tp_repr::<S> as *const ()),
    ]
}

/// The methods of a struct sequence.
pub const fn methods<S: Sequence>() -> [abi::PyMethodDef; 3] {
    [
        spec::method_noargs(c"__reduce__", reduce::<S>, 0, c""),
        spec::method_fastkw(c"__replace__", replace::<S>, 0, c"__replace__($self, /, **changes)\n--\n\nReturn a copy of the structure with new values for the specified fields."),
        spec::method_end(),
    ]
}

/// Destructor and traversal of a struct sequence.
pub const fn defaults<S: Sequence>() -> spec::Defaults {
    spec::Defaults { dealloc: dealloc::<S>, traverse: Some(traverse::<S>), clear: None }
}

/// Bytes of an instance.
pub const BASIC_SIZE: usize = ITEMS;

fn slots_of(object: *mut PyObject) -> *mut *mut PyObject {
    object.wrapping_byte_add(ITEMS).cast()
}

extern "C-unwind" fn dealloc<S: Sequence>(object: *mut PyObject) {
    // SAFETY: the object is dead; it owns one reference, or NULL, for each field.
    unsafe {
        if gc::is_tracked(object) {
            gc::untrack(object);
        }
        for index in 0..S::FIELDS.len() {
            drop(Ref::<object::Object>::from_owned_or_null(*slots_of(object).add(index)));
        }
        memory::finish_dealloc(object);
    }
}

extern "C-unwind" fn traverse<S: Sequence>(object: Borrowed<'_>, visit: abi::visitproc, arg: *mut c_void) -> c_int {
    let mut visit = Visit::new(visit, arg);
    for index in 0..S::FIELDS.len() {
        // SAFETY: an instance has room for all fields.
        visit.raw(unsafe { *slots_of(object.ptr()).add(index) });
    }
    visit.result()
}

/// A new instance with these values, one for each field; missing ones are None.
pub fn new<S: Sequence>(values: Vec<Ref>) -> PyResult<Ref> {
    let class = S::type_object();
    let count = S::FIELDS.len();
    let object = memory::alloc_sized(class, ITEMS + count * size_of::<*mut PyObject>())?.as_ptr();
    let mut values = values.into_iter();
    // SAFETY: fresh memory with room for all fields.
    unsafe {
        (*object.cast::<PyTupleObject>()).ob_base.ob_size.set(S::VISIBLE.cast_signed());
        (*object.cast::<PyTupleObject>()).ob_hash.set(-1);
        for index in 0..count {
            slots_of(object).add(index).write(values.next().unwrap_or_else(core::none_ref).into_ptr());
        }
        gc::track(object);
        Ref::from_owned_or_null(object).ok_or_else(memory::no_memory)
    }
}

/// The value of a field.
pub fn get<S: Sequence>(object: Borrowed<'_>, index: usize) -> Ref {
    if index >= S::FIELDS.len() || !object.class().is_subtype(S::type_object()) {
        return core::none_ref();
    }
    // SAFETY: the type was checked, so there is room for all fields.
    unsafe { Borrowed::<object::Object>::from_ptr_or_null(*slots_of(object.ptr()).add(index)) }
        .map_or_else(core::none_ref, Borrowed::to_ref)
}

/// Puts the numbers of fields into the type's dict. Call when the type is ready.
pub fn finish<S: Sequence>() -> PyResult<()> {
    let class = S::type_object();
    let count = |number: usize| int::from_u64(number as u64);
    let unnamed = S::FIELDS.iter().filter(|field| field.name.is_none()).count();
    let visible = S::FIELDS.iter().take(S::VISIBLE).filter_map(|field| field.name);
    let names = visible.map(|name| text::new(&name.to_string_lossy())).collect::<PyResult<Vec<Ref>>>()?;
    for (name, value) in [
        ("n_sequence_fields", count(S::VISIBLE)?),
        ("n_fields", count(S::FIELDS.len())?),
        ("n_unnamed_fields", count(unnamed)?),
        ("__match_args__", tuple::from_vec(names)?),
    ] {
        crate::type_::ready::set_in_dict(class, text::new(name)?.b(), value.b())?;
    }
    Ok(())
}

/// An instance from a sequence and a dict of hidden fields.
pub fn make<S: Sequence>(sequence: Borrowed<'_>, fields: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let class = S::type_object().tp_name();
    let items = match sequence.to_vec() {
        Ok(items) => items,
        Err(raised) if raised.is_a(&object::exc::TypeError) => {
            raised.clear();
            return Err(raise!(TypeError, "constructor requires a sequence"));
        }
        Err(raised) => return Err(raised),
    };
    let fields = fields.filter(|fields| !fields.is(&core::none()));
    if fields.is_some_and(|fields| !fields.class().has(abi::tpflags::DICT_SUBCLASS)) {
        return Err(raise!(TypeError, "{class}() takes a dict as second arg, if any"));
    }
    let (len, least, most) = (items.len(), S::VISIBLE, S::FIELDS.len());
    if len < least || len > most {
        let kind = match (least == most, len < least) {
            (true, _) => format!("a {least}"),
            (_, true) => format!("an at least {least}"),
            _ => format!("an at most {most}"),
        };
        return Err(raise!(TypeError, "{class}() takes {kind}-sequence ({len}-sequence given)"));
    }
    let mut values = items;
    let mut used = 0;
    for field in S::FIELDS.iter().skip(len) {
        let name = field.name.map(CStr::to_string_lossy).unwrap_or_default();
        let given = match fields {
            Some(fields) => (hooks::get().dict_get)(fields, text::new(&name)?.b())?,
            None => None,
        };
        used += usize::from(given.is_some());
        values.push(given.unwrap_or_else(core::none_ref));
    }
    if let Some(fields) = fields
        && fields.len()? > used
    {
        return Err(raise!(TypeError, "{class}() got duplicate or unexpected field name(s)"));
    }
    new::<S>(values)
}

static NEW_PARAMS: args::Params = args::Params {
    function: "structseq",
    names: &["sequence", "dict"],
    posonly: 0,
    positional: 2,
    required: 1,
    required_kwonly: &[],
    varargs: false,
    varkw: false,
};

extern "C-unwind" fn tp_new<S: Sequence>(
    _class: Borrowed<'_, TypeObject>,
    args: Borrowed<'_>,
    kwargs: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    args::with_call_args(args, kwargs, |args, count, names| {
        let [sequence, fields] = NEW_PARAMS.bind::<2>(args, count, names)?.values;
        match sequence {
            Some(sequence) => make::<S>(sequence, fields),
            None => Err(raise!(TypeError, "structseq() missing required argument 'sequence' (pos 1)")),
        }
    })
}

extern "C-unwind" fn tp_repr<S: Sequence>(object: Borrowed<'_>) -> PyResult<Ref> {
    let mut shown = text::Builder::new();
    shown.push_str(S::type_object().tp_name())?;
    shown.push_str("(")?;
    let named = S::FIELDS.iter().filter_map(|field| field.name);
    for (index, name) in named.take(S::VISIBLE).enumerate() {
        if index > 0 {
            shown.push_str(", ")?;
        }
        shown.push_str(&name.to_string_lossy())?;
        shown.push_str("=")?;
        shown.push_object(get::<S>(object, index).repr()?.b())?;
    }
    shown.push_str(")")?;
    shown.finish()
}

fn visible_items<S: Sequence>(object: Borrowed<'_>) -> PyResult<Ref> {
    tuple::from_vec((0..S::VISIBLE).map(|index| get::<S>(object, index)).collect())
}

extern "C-unwind" fn reduce<S: Sequence>(slf: Option<Borrowed<'_>>, _: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let Some(object) = slf else { return Err(object::error::bad_internal_call()) };
    let fields = (hooks::get().dict_new)()?;
    for (index, field) in S::FIELDS.iter().enumerate().skip(S::VISIBLE) {
        if let Some(name) = field.name {
            (hooks::get().dict_set)(fields.b(), text::new(&name.to_string_lossy())?.b(), get::<S>(object, index).b())?;
        }
    }
    let arguments = tuple::from_array([visible_items::<S>(object)?, fields])?;
    tuple::from_array([object.class().to_ref(), arguments])
}

extern "C-unwind" fn replace<S: Sequence>(
    slf: Option<Borrowed<'_>>,
    args: spec::ArgPtr<'_>,
    count: isize,
    names: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    let Some(object) = slf else { return Err(object::error::bad_internal_call()) };
    let class = S::type_object().tp_name();
    if count > 0 {
        return Err(raise!(TypeError, "__replace__() takes no positional arguments ({count} given)"));
    }
    if S::FIELDS.iter().any(|field| field.name.is_none()) {
        return Err(raise!(TypeError, "__replace__() is not supported for {class} because it has unnamed field(s)"));
    }
    let mut values: Vec<Ref> = (0..S::FIELDS.len()).map(|index| get::<S>(object, index)).collect();
    let given = names.and_then(tuple::items).unwrap_or_default();
    let mut unexpected = Vec::new();
    for (name, value) in given.iter().zip(args.with_kw(count, names)) {
        let own = text::to_string_lossy(*name);
        let index = S::FIELDS.iter().position(|field| field.name.is_some_and(|field| field.to_bytes() == own.as_bytes()));
        match index.and_then(|index| values.get_mut(index)) {
            Some(slot) => *slot = value.to_ref(),
            None => unexpected.push(name.repr_text()?),
        }
    }
    if !unexpected.is_empty() {
        let names = unexpected.join(", ");
        return Err(raise!(TypeError, "Got unexpected field name(s): [{names}]"));
    }
    new::<S>(values)
}

/// The base of all struct sequences.
pub fn base() -> &'static TypeObject {
    Tuple::type_object()
}

/// Declares a struct sequence type: `struct_sequence!(StatResult, c"os.stat_result", c"doc", 10, [c"st_mode" = c"doc", - = c"", …])`.
#[macro_export]
macro_rules! struct_sequence {
    ($(#[$meta:meta])* $name:ident, $type_name:literal, $doc:literal, $visible:literal, [$($field:tt = $field_doc:literal),* $(,)?]) => {
        $(#[$meta])*
        #[repr(transparent)]
        pub struct $name($crate::structseq::Head);

        #[allow(unsafe_code, reason = "the struct is that of a struct sequence")]
        const _: () = {
            // SAFETY: it is a tuple's struct.
            unsafe impl ::object::Layout for $name {}
        };

        impl $crate::structseq::Sequence for $name {
            const FIELDS: &'static [$crate::structseq::Field] = &[
                $($crate::structseq::Field { name: $crate::struct_sequence!(@name $field), doc: $field_doc }),*
            ];
            const VISIBLE: usize = $visible;
        }

        impl ::object::StaticType for $name {
            fn type_object() -> &'static ::object::TypeObject {
                static TYPE: ::object::TypeObject = ::object::TypeObject::NEW;
                &TYPE
            }
            fn spec() -> Option<&'static ::object::spec::TypeSpec> {
                use $crate::structseq::Sequence;
                const COUNT: usize = $crate::structseq::member_count($name::FIELDS);
                static MEMBERS: [::abi::PyMemberDef; COUNT] = $crate::structseq::members::<COUNT>($name::FIELDS);
                static SLOTS: [::object::spec::SlotDef; 2] = $crate::structseq::slots::<$name>();
                static METHODS: [::abi::PyMethodDef; 3] = $crate::structseq::methods::<$name>();
                static PART: ::object::spec::PartSpec =
                    ::object::spec::PartSpec { slots: &SLOTS, methods: &METHODS, getset: &[], members: &MEMBERS };
                fn part() -> &'static ::object::spec::PartSpec {
                    &PART
                }
                static SPEC: ::object::spec::TypeSpec = ::object::spec::TypeSpec {
                    name: $type_name,
                    basicsize: $crate::structseq::BASIC_SIZE,
                    itemsize: 8,
                    flags: ::abi::tpflags::HAVE_GC | ::abi::tpflags::IMMUTABLETYPE,
                    base: Some($crate::structseq::base),
                    doc: Some($doc),
                    parts: &[part],
                    weaklist_offset: 0,
                    dict_offset: 0,
                    vectorcall_offset: 0,
                    defaults: $crate::structseq::defaults::<$name>(),
                };
                Some(&SPEC)
            }
        }
    };
    (@name -) => { None };
    (@name $field:literal) => { Some($field) };
=======
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
    let named = description.fields.iter().filter(|field| field.name.is_some()).count();
    let class = type_new::allocate_type(&core::TYPE, named)?;
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
    for slot in StructSequence::__part_main().slots {
        // SAFETY: the macros give each slot a function of its C signature.
        unsafe { class.set_slot(slot.id, slot.func) };
    }
    set_members(&class, description);
    dicts::set(dict.b(), id!("__module__"), text::new(module)?.b())?;
    let doc = match description.doc {
        Some(doc) => text::new(doc.to_str().unwrap_or(""))?,
        None => core::none_ref(),
    };
    dicts::set(dict.b(), id!("__doc__"), doc.b())?;
    let unnamed = description.fields.len() - named;
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
        dicts::set(dict.b(), name, value.b())?;
    }
    ready::ready_dynamic(&class, &[StructSequence::__part_main])?;
    Ok(class)
}

const FIRST_ITEM: usize = offset_of!(PyTupleObject, ob_item);

fn set_members(class: &TypeObject, description: &'static Description) {
    let start: *mut PyMemberDef = crate::type_::instance::slot_members_start(class);
    let named = description.fields.iter().enumerate().filter_map(|(index, field)| Some((index, field.name?, field.doc)));
    for (position, (index, name, doc)) in named.enumerate() {
        let offset = FIRST_ITEM + index * size_of::<usize>();
        // SAFETY: the type was allocated with room for all named fields and a zeroed entry behind them.
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
fn names(class: &TypeObject) -> Vec<Option<&str>> {
    let mut names = vec![None; total(class)];
    for definition in crate::type_::instance::slot_members(class) {
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
        if !sequence.class().is_subtype(&core::TUPLE) && !sequence.class().is_subtype(&core::LIST) && sequence.class().tp_iter().is_none() && !sequence.is_sequence() {
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
        visit.raw(slf.class().as_object_ptr());
        for field in fields(slf) {
            visit.raw(field.get());
        }
    }

    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_>) {
        let ptr = slf.ptr();
        // SAFETY: the slot's contract.
        unsafe {
            gc::untrack_if_tracked(ptr);
            for field in fields(slf) {
                field.store(None);
            }
            memory::finish_dealloc(ptr);
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
                class.short_name()
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
>>>>>>> main
}
