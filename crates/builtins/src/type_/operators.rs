//! Slots and the names of their methods: one table, slot wrappers (`list.__add__` of a native slot), and the wrapper of `tp_new`.

use super::slot_functions as f;
use super::wrap::Wrap;
use super::{dicts, wrap};
use abi::typeslot as slot;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, core, id, ident::Ident, raise};
use std::collections::HashMap;
use std::ffi::CStr;
use std::sync::OnceLock;

/// One method name of a slot.
pub struct SlotDefinition {
    /// `__add__`.
    pub name: Ident,
    /// The slot, in `abi::typeslot`.
    pub slot: u16,
    /// What stands in the slot of a class whose method is written in Python; null: the name has no function of its own.
    pub function: *const (),
    /// How a native slot is called as a method; none: it cannot be.
    pub wrap: Option<Wrap>,
    /// Signature and docstring.
    pub doc: &'static CStr,
}

// SAFETY: function addresses and an interned name.
unsafe impl Sync for SlotDefinition {}

macro_rules! definitions {
    ($($name:literal $slot:ident $function:tt $wrap:tt ($signature:literal $text:literal);)*) => {
        [$(SlotDefinition {
            name: Ident::new($name),
            slot: slot::$slot,
            function: definitions!(@function $function),
            wrap: definitions!(@wrap $wrap),
            doc: definitions!(@doc $name $signature $text),
        }),*]
    };
    (@function -) => { std::ptr::null() };
    (@function $function:ident) => { f::$function as *const () };
    (@wrap -) => { None };
    (@wrap $wrap:ident) => { Some(Wrap::$wrap) };
    (@doc $name:literal $signature:literal $text:literal) => {
        match CStr::from_bytes_with_nul(concat!($name, $signature, "\n--\n\n", $text, "\0").as_bytes()) {
            Ok(doc) => doc,
            Err(_) => c"",
        }
    };
}

/// How many definitions there are.
pub const COUNT: usize = 90;

static TABLE: [SlotDefinition; COUNT] = definitions! {
    "__repr__" tp_repr tp_repr Unary ("($self, /)" "Return repr(self).");
    "__hash__" tp_hash tp_hash Hash ("($self, /)" "Return hash(self).");
    "__call__" tp_call tp_call Call ("($self, /, *args, **kwargs)" "Call self as a function.");
    "__str__" tp_str tp_str Unary ("($self, /)" "Return str(self).");
    "__getattribute__" tp_getattro tp_getattr_hook Binary ("($self, name, /)" "Return getattr(self, name).");
    "__getattr__" tp_getattro tp_getattr_hook - ("($self, name, /)" "Implement getattr(self, name).");
    "__setattr__" tp_setattro tp_setattro SetAttr ("($self, name, value, /)" "Implement setattr(self, name, value).");
    "__delattr__" tp_setattro tp_setattro DelAttr ("($self, name, /)" "Implement delattr(self, name).");
    "__lt__" tp_richcompare tp_richcompare Lt ("($self, value, /)" "Return self<value.");
    "__le__" tp_richcompare tp_richcompare Le ("($self, value, /)" "Return self<=value.");
    "__eq__" tp_richcompare tp_richcompare Eq ("($self, value, /)" "Return self==value.");
    "__ne__" tp_richcompare tp_richcompare Ne ("($self, value, /)" "Return self!=value.");
    "__gt__" tp_richcompare tp_richcompare Gt ("($self, value, /)" "Return self>value.");
    "__ge__" tp_richcompare tp_richcompare Ge ("($self, value, /)" "Return self>=value.");
    "__iter__" tp_iter tp_iter Unary ("($self, /)" "Implement iter(self).");
    "__next__" tp_iternext tp_iternext Next ("($self, /)" "Implement next(self).");
    "__get__" tp_descr_get tp_descr_get DescrGet ("($self, instance, owner=None, /)" "Return an attribute of instance, which is of type owner.");
    "__set__" tp_descr_set tp_descr_set DescrSet ("($self, instance, value, /)" "Set an attribute of instance to value.");
    "__delete__" tp_descr_set tp_descr_set DescrDelete ("($self, instance, /)" "Delete an attribute of instance.");
    "__init__" tp_init tp_init Init ("($self, /, *args, **kwargs)" "Initialize self.  See help(type(self)) for accurate signature.");
    "__new__" tp_new tp_new - ("($type, *args, **kwargs)" "Create and return a new object.  See help(type) for accurate signature.");
    "__del__" tp_finalize tp_finalize Del ("($self, /)" "Called when the instance is about to be destroyed.");
    "__buffer__" bf_getbuffer bf_getbuffer Buffer ("($self, flags, /)" "Return a buffer object that exposes the underlying memory of the object.");
    "__release_buffer__" bf_releasebuffer bf_releasebuffer ReleaseBuffer ("($self, buffer, /)" "Release the buffer object that exposes the underlying memory of the object.");
    "__await__" am_await am_await Unary ("($self, /)" "Return an iterator to be used in await expression.");
    "__aiter__" am_aiter am_aiter Unary ("($self, /)" "Return an awaitable, that resolves in asynchronous iterator.");
    "__anext__" am_anext am_anext Unary ("($self, /)" "Return a value or raise StopAsyncIteration.");
    "__add__" nb_add nb_add BinaryLeft ("($self, value, /)" "Return self+value.");
    "__radd__" nb_add nb_add BinaryRight ("($self, value, /)" "Return value+self.");
    "__sub__" nb_subtract nb_subtract BinaryLeft ("($self, value, /)" "Return self-value.");
    "__rsub__" nb_subtract nb_subtract BinaryRight ("($self, value, /)" "Return value-self.");
    "__mul__" nb_multiply nb_multiply BinaryLeft ("($self, value, /)" "Return self*value.");
    "__rmul__" nb_multiply nb_multiply BinaryRight ("($self, value, /)" "Return value*self.");
    "__mod__" nb_remainder nb_remainder BinaryLeft ("($self, value, /)" "Return self%value.");
    "__rmod__" nb_remainder nb_remainder BinaryRight ("($self, value, /)" "Return value%self.");
    "__divmod__" nb_divmod nb_divmod BinaryLeft ("($self, value, /)" "Return divmod(self, value).");
    "__rdivmod__" nb_divmod nb_divmod BinaryRight ("($self, value, /)" "Return divmod(value, self).");
    "__pow__" nb_power nb_power Power ("($self, value, mod=None, /)" "Return pow(self, value, mod).");
    "__rpow__" nb_power nb_power PowerRight ("($self, value, mod=None, /)" "Return pow(value, self, mod).");
    "__neg__" nb_negative nb_negative Unary ("($self, /)" "-self");
    "__pos__" nb_positive nb_positive Unary ("($self, /)" "+self");
    "__abs__" nb_absolute nb_absolute Unary ("($self, /)" "abs(self)");
    "__bool__" nb_bool nb_bool Inquiry ("($self, /)" "True if self else False");
    "__invert__" nb_invert nb_invert Unary ("($self, /)" "~self");
    "__lshift__" nb_lshift nb_lshift BinaryLeft ("($self, value, /)" "Return self<<value.");
    "__rlshift__" nb_lshift nb_lshift BinaryRight ("($self, value, /)" "Return value<<self.");
    "__rshift__" nb_rshift nb_rshift BinaryLeft ("($self, value, /)" "Return self>>value.");
    "__rrshift__" nb_rshift nb_rshift BinaryRight ("($self, value, /)" "Return value>>self.");
    "__and__" nb_and nb_and BinaryLeft ("($self, value, /)" "Return self&value.");
    "__rand__" nb_and nb_and BinaryRight ("($self, value, /)" "Return value&self.");
    "__xor__" nb_xor nb_xor BinaryLeft ("($self, value, /)" "Return self^value.");
    "__rxor__" nb_xor nb_xor BinaryRight ("($self, value, /)" "Return value^self.");
    "__or__" nb_or nb_or BinaryLeft ("($self, value, /)" "Return self|value.");
    "__ror__" nb_or nb_or BinaryRight ("($self, value, /)" "Return value|self.");
    "__int__" nb_int nb_int Unary ("($self, /)" "int(self)");
    "__float__" nb_float nb_float Unary ("($self, /)" "float(self)");
    "__iadd__" nb_inplace_add nb_inplace_add Binary ("($self, value, /)" "Return self+=value.");
    "__isub__" nb_inplace_subtract nb_inplace_subtract Binary ("($self, value, /)" "Return self-=value.");
    "__imul__" nb_inplace_multiply nb_inplace_multiply Binary ("($self, value, /)" "Return self*=value.");
    "__imod__" nb_inplace_remainder nb_inplace_remainder Binary ("($self, value, /)" "Return self%=value.");
    "__ipow__" nb_inplace_power nb_inplace_power Power ("($self, value, /)" "Return self**=value.");
    "__ilshift__" nb_inplace_lshift nb_inplace_lshift Binary ("($self, value, /)" "Return self<<=value.");
    "__irshift__" nb_inplace_rshift nb_inplace_rshift Binary ("($self, value, /)" "Return self>>=value.");
    "__iand__" nb_inplace_and nb_inplace_and Binary ("($self, value, /)" "Return self&=value.");
    "__ixor__" nb_inplace_xor nb_inplace_xor Binary ("($self, value, /)" "Return self^=value.");
    "__ior__" nb_inplace_or nb_inplace_or Binary ("($self, value, /)" "Return self|=value.");
    "__floordiv__" nb_floor_divide nb_floor_divide BinaryLeft ("($self, value, /)" "Return self//value.");
    "__rfloordiv__" nb_floor_divide nb_floor_divide BinaryRight ("($self, value, /)" "Return value//self.");
    "__truediv__" nb_true_divide nb_true_divide BinaryLeft ("($self, value, /)" "Return self/value.");
    "__rtruediv__" nb_true_divide nb_true_divide BinaryRight ("($self, value, /)" "Return value/self.");
    "__ifloordiv__" nb_inplace_floor_divide nb_inplace_floor_divide Binary ("($self, value, /)" "Return self//=value.");
    "__itruediv__" nb_inplace_true_divide nb_inplace_true_divide Binary ("($self, value, /)" "Return self/=value.");
    "__index__" nb_index nb_index Unary ("($self, /)" "Return self converted to an integer, if self is suitable for use as an index into a list.");
    "__matmul__" nb_matrix_multiply nb_matrix_multiply BinaryLeft ("($self, value, /)" "Return self@value.");
    "__rmatmul__" nb_matrix_multiply nb_matrix_multiply BinaryRight ("($self, value, /)" "Return value@self.");
    "__imatmul__" nb_inplace_matrix_multiply nb_inplace_matrix_multiply Binary ("($self, value, /)" "Return self@=value.");
    "__len__" mp_length mp_length Len ("($self, /)" "Return len(self).");
    "__getitem__" mp_subscript mp_subscript Binary ("($self, key, /)" "Return self[key].");
    "__setitem__" mp_ass_subscript mp_ass_subscript SetItem ("($self, key, value, /)" "Set self[key] to value.");
    "__delitem__" mp_ass_subscript mp_ass_subscript DelItem ("($self, key, /)" "Delete self[key].");
    "__len__" sq_length mp_length Len ("($self, /)" "Return len(self).");
    "__add__" sq_concat - Binary ("($self, value, /)" "Return self+value.");
    "__mul__" sq_repeat - IndexArg ("($self, value, /)" "Return self*value.");
    "__rmul__" sq_repeat - IndexArg ("($self, value, /)" "Return value*self.");
    "__getitem__" sq_item sq_item SequenceItem ("($self, key, /)" "Return self[key].");
    "__setitem__" sq_ass_item sq_ass_item SequenceSetItem ("($self, key, value, /)" "Set self[key] to value.");
    "__delitem__" sq_ass_item sq_ass_item SequenceDelItem ("($self, key, /)" "Delete self[key].");
    "__contains__" sq_contains sq_contains Contains ("($self, key, /)" "Return bool(key in self).");
    "__iadd__" sq_inplace_concat - Binary ("($self, value, /)" "Implement self+=value.");
    "__imul__" sq_inplace_repeat - IndexArg ("($self, value, /)" "Implement self*=value.");
};

/// All of them; the names of one slot stand together, in the order in which they decide.
pub static DEFINITIONS: &[SlotDefinition] = &TABLE;

/// The definitions of the names of one slot after the other.
pub fn groups() -> impl Iterator<Item = &'static [SlotDefinition]> {
    DEFINITIONS.chunk_by(|a, b| a.slot == b.slot)
}

/// Where the groups of a slot name begin in [`DEFINITIONS`] (no name has more than two), by the address of the interned name: such names
/// are immortal.
static GROUPS_BY_NAME: OnceLock<HashMap<usize, [u8; 2], foldhash::fast::FixedState>> = OnceLock::new();
const NO_GROUP: u8 = u8::MAX;

fn groups_by_name() -> HashMap<usize, [u8; 2], foldhash::fast::FixedState> {
    let mut table = HashMap::with_capacity_and_hasher(DEFINITIONS.len(), foldhash::fast::FixedState::default());
    let mut start = 0u8;
    for group in groups() {
        for definition in group {
            let starts = table.entry(definition.name.get().ptr().addr()).or_insert([start, NO_GROUP]);
            if starts[0] != start {
                starts[1] = start;
            }
        }
        start += group.len() as u8;
    }
    table
}

/// Where the groups that a name belongs to begin in [`DEFINITIONS`]; none where it is not interned, which says nothing about its text.
pub fn group_starts(name: Borrowed<'_>) -> impl Iterator<Item = usize> {
    let starts = GROUPS_BY_NAME.get_or_init(groups_by_name).get(&name.ptr().addr()).copied();
    starts.unwrap_or([NO_GROUP; 2]).into_iter().filter(|start| *start != NO_GROUP).map(usize::from)
}

/// The group that begins there.
pub fn group_at(start: usize) -> &'static [SlotDefinition] {
    let behind = DEFINITIONS.get(start..).unwrap_or_default();
    let len = behind.first().map_or(0, |head| behind.iter().take_while(|definition| definition.slot == head.slot).count());
    behind.get(..len).unwrap_or_default()
}

/// The groups that a name belongs to, as in [`group_starts`].
pub fn groups_of(name: Borrowed<'_>) -> impl Iterator<Item = &'static [SlotDefinition]> {
    group_starts(name).map(group_at)
}

/// Gives a type's dict a slot wrapper for each native slot that the type itself has (what `own` tells) and whose name the dict lacks.
pub fn add_operators(class: &TypeObject, own: impl Fn(u16) -> *const ()) -> PyResult<()> {
    let Some(dict) = class.raw().tp_dict.load() else { return Ok(()) };
    for definition in DEFINITIONS {
        let Some(_) = definition.wrap else { continue };
        let function = own(definition.slot);
        if function.is_null() {
            continue;
        }
        let name = definition.name.get();
        if dicts::get(dict.b(), name)?.is_some() {
            continue;
        }
        if std::ptr::eq(function, super::hash_not_implemented as *const ()) {
            dicts::set(dict.b(), name, core::none())?;
        } else {
            let wrapper = crate::descr::wrapper::new(class, definition, function)?;
            dicts::set(dict.b(), name, wrapper.b())?;
        }
    }
    Ok(())
}

/// Gives a type's dict the method `__new__` of its native `tp_new`.
pub fn add_new_wrapper(class: &TypeObject) -> PyResult<()> {
    let Some(dict) = class.raw().tp_dict.load() else { return Ok(()) };
    if dicts::get(dict.b(), id!("__new__"))?.is_some() {
        return Ok(());
    }
    let function = crate::cfunction::new(wrap::new_method(), Some(class.borrowed()), None)?;
    dicts::set(dict.b(), id!("__new__"), function.b())
}

/// `T.__new__(S, …)`: checks that `S` may be made by `T`'s constructor, and calls it.
pub fn call_new_wrapper(class: &TypeObject, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let items = tuple::items(args).unwrap_or_default();
    let Some((first, rest)) = items.split_first() else {
        return Err(raise!(TypeError, "{}.__new__(): not enough arguments", class.tp_name()));
    };
    let Some(subtype) = first.downcast::<TypeObject>() else {
        let (name, found) = (class.short_name(), first.class().short_name());
        return Err(raise!(TypeError, "{name}.__new__(X): X is not a type object ({found})"));
    };
    if !subtype.is_subtype(class) {
        let (name, sub) = (class.short_name(), subtype.short_name());
        return Err(raise!(TypeError, "{name}.__new__({sub}): {sub} is not a subtype of {name}"));
    }
    if subtype.has(abi::tpflags::DISALLOW_INSTANTIATION) {
        return Err(raise!(TypeError, "cannot create '{}' instances", subtype.tp_name()));
    }
    // The nearest base with a native constructor must share this one: object.__new__(dict) would make a broken dict.
    let mut native: &TypeObject = &subtype;
    while super::is_python_new(native) {
        match native.base() {
            Some(base) => native = base,
            None => break,
        }
    }
    let new_of = |class: &TypeObject| class.raw().tp_new.get().map(|function| function as usize);
    if new_of(native) != new_of(class) {
        let (name, sub) = (class.short_name(), subtype.short_name());
        return Err(raise!(TypeError, "{name}.__new__({sub}) is not safe, use {}.__new__()", native.tp_name()));
    }
    let Some(new) = class.tp_new() else {
        return Err(raise!(TypeError, "cannot create '{}' instances", class.tp_name()));
    };
    let rest = tuple::from_slice(rest)?;
    new(subtype, rest.b(), kwargs)
}

/// Whether `name` could be the name of a slot's method.
pub fn is_dunder(name: Borrowed<'_>) -> bool {
    text::data(name).is_some_and(|data| {
        if let text::Data::Latin1(codes) = data {
            return codes.len() >= 5 && codes.starts_with(b"__") && codes.ends_with(b"__");
        }
        let len = data.len();
        let underscore = Some(u32::from('_'));
        len >= 5
            && [0, 1].iter().all(|at| data.get(*at) == underscore)
            && [len - 1, len - 2].iter().all(|at| data.get(*at) == underscore)
    })
}
