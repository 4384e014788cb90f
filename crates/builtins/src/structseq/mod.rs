//! Struct sequences: tuples with named fields, some of which stand behind the tuple's end (CPython's `structseq.c`).
//!
//! A type is declared by [`struct_sequence!`](crate::struct_sequence): a static type whose members are read at their offsets. All items,
//! visible and hidden, lie in one block; `ob_size` counts the visible ones.

pub mod heap;

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
    /// The constructor takes the value of the only field, not a sequence.
    const BY_VALUE: bool = false;
    /// Programs cannot make instances.
    const SEALED: bool = false;
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
        spec::method_fastkw(
            c"__replace__",
            replace::<S>,
            0,
            c"__replace__($self, /, **changes)\n--\n\nReturn a copy of the structure with new values for the specified fields.",
        ),
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

/// Has the numbers of fields put into the type's dict. Call when the type is ready.
pub fn finish<S: Sequence>() -> PyResult<()> {
    crate::type_::ready::when_dict_is_made(S::type_object(), add_numbers::<S>)
}

fn add_numbers<S: Sequence>(class: &TypeObject) -> PyResult<()> {
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
    if S::BY_VALUE {
        return from_value::<S>(args, kwargs);
    }
    args::with_call_args(args, kwargs, |args, count, names| {
        let [sequence, fields] = NEW_PARAMS.bind::<2>(args, count, names)?.values;
        match sequence {
            Some(sequence) => make::<S>(sequence, fields),
            None => Err(raise!(TypeError, "structseq() missing required argument 'sequence' (pos 1)")),
        }
    })
}

/// The constructor of a type with one field.
fn from_value<S: Sequence>(args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let field = S::FIELDS.first().and_then(|field| field.name).map(CStr::to_string_lossy).unwrap_or_default();
    let class = S::type_object().short_name();
    let positional = tuple::items(args).unwrap_or_default();
    let given = kwargs.map_or(Ok(0), |kwargs| kwargs.len())?;
    if positional.len() + given > 1 {
        let found = positional.len() + given;
        return Err(raise!(TypeError, "{class}() takes at most 1 argument ({found} given)"));
    }
    if let Some(value) = positional.first() {
        return new::<S>(vec![value.to_ref()]);
    }
    let value = match kwargs {
        Some(kwargs) => (hooks::get().dict_get)(kwargs, text::new(&field)?.b())?,
        None => None,
    };
    match value {
        Some(value) => new::<S>(vec![value]),
        None => Err(raise!(TypeError, "{class}() missing required argument '{field}' (pos 1)")),
    }
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
    if S::BY_VALUE {
        return tuple::from_array([object.class().to_ref(), visible_items::<S>(object)?]);
    }
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
    ($(#[$meta:meta])* $name:ident, $type_name:literal, $doc:literal, $visible:literal, [$($field:tt = $field_doc:literal),* $(,)?] $(, $flag:ident)?) => {
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
            $(const $flag: bool = true;)?
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
                    flags: ::abi::tpflags::HAVE_GC
                        | ::abi::tpflags::IMMUTABLETYPE
                        | if $name::SEALED { ::abi::tpflags::DISALLOW_INSTANTIATION } else { 0 },
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
}
