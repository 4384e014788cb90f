//! Installs what this crate owes to `object` and completes the static types.

use crate::*;
use object::hooks::{self, Hooks};
use object::spec::TypeEntry;
use object::{Borrowed, PyResult, RawField, Ref, TypeObject};

/// Installs the hooks of `object`. Idempotent; before anything else.
pub fn install_hooks() {
    hooks::install(Hooks {
        type_lookup: type_::lookup,
        getattr_opt: object_::getattr::getattr_opt,
        type_getattr_opt: type_::getattr::get_opt,
        module_getattr_opt: |module, name| match module.downcast() {
            Some(module) => module::getattr_opt(module, name),
            None => Err(object::error::bad_internal_call()),
        },
        type_ready: type_::ready::ready,
        clear_weakrefs: weakref::clear_all,
        intern: str_::intern::intern_str,
        dict_get,
        dict_set,
        dict_items,
        dict_new: || dict::Dict::new().map(Ref::upcast),
        list_new: |items| list::List::from_vec(items).map(Ref::upcast),
        sequence_iter: iter::sequence_iter,
        generic_alias: genericalias::new,
        sorted_list,
        inline_values_size: dict::instance::inline_values_size,
        init_inline_values: dict::instance::init_inline_values,
    });
}

#[inline]
fn as_dict(object: Borrowed<'_>) -> PyResult<Borrowed<'_, dict::Dict>> {
    if object.class().has(abi::tpflags::DICT_SUBCLASS) {
        return Ok(object.self_as());
    }
    Err(object::error::bad_internal_call())
}

fn dict_get(dict: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<Option<Ref>> {
    as_dict(dict)?.get().get(key)
}

fn dict_set(dict: Borrowed<'_>, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
    as_dict(dict)?.set(key, value)
}

fn dict_items(dict: Borrowed<'_>) -> PyResult<Vec<(Ref, Ref)>> {
    let dict = as_dict(dict)?;
    let mut items = object::memory::vec_with_capacity(dict.len())?;
    items.extend(dict.iter());
    Ok(items)
}

fn sorted_list(iterable: Ref) -> PyResult<Ref> {
    let list = list::from_iterable(iterable.b())?;
    list.sort(None, false)?;
    Ok(list.upcast())
}

/// The static types of this crate. Bases are completed first wherever they stand.
static TYPES: &[&[TypeEntry]] = &[
    &[
        TypeEntry::of::<object_::BaseObject>(),
        TypeEntry::of::<type_::Type>(),
        TypeEntry::of::<type_::python_buffer::BufferWrapper>(),
        TypeEntry::of::<descr::wrapper::Wrapper>(),
        TypeEntry::of::<descr::wrapper::MethodWrapper>(),
        TypeEntry::of::<descr::method::MethodDescriptor>(),
        TypeEntry::of::<descr::method::ClassMethodDescriptor>(),
        TypeEntry::of::<descr::getset::GetSet>(),
        TypeEntry::of::<descr::member::Member>(),
        TypeEntry::of::<cfunction::CFunction>(),
        TypeEntry::of::<cfunction::CMethod>(),
        TypeEntry::of::<method::Method>(),
        TypeEntry::of::<method::StaticMethod>(),
        TypeEntry::of::<method::ClassMethod>(),
        TypeEntry::of::<method::InstanceMethod>(),
        TypeEntry::of::<property::Property>(),
        TypeEntry::of::<super_::Super>(),
        TypeEntry::of::<mappingproxy::MappingProxy>(),
        TypeEntry::of::<module::Module>(),
        TypeEntry::of::<moduledef::ModuleDef>(),
        TypeEntry::of::<namespace::Namespace>(),
        TypeEntry::of::<cell::Cell>(),
        TypeEntry::of::<capsule::Capsule>(),
        TypeEntry::of::<traceback_::Traceback>(),
        TypeEntry::of::<genericalias::GenericAlias>(),
        TypeEntry::of::<union_::Union>(),
        TypeEntry::of::<singletons::NoneType>(),
        TypeEntry::of::<singletons::NotImplementedType>(),
        TypeEntry::of::<singletons::EllipsisType>(),
        TypeEntry::of::<weakref::WeakRef>(),
        TypeEntry::of::<weakref::Proxy>(),
        TypeEntry::of::<weakref::CallableProxy>(),
    ],
    exceptions::TYPES,
    &[
        TypeEntry::of::<dict::Dict>(),
        TypeEntry::of::<dict::DictKeys>(),
        TypeEntry::of::<dict::DictValues>(),
        TypeEntry::of::<dict::DictItems>(),
        TypeEntry::of::<dict::DictKeyIterator>(),
        TypeEntry::of::<dict::DictValueIterator>(),
        TypeEntry::of::<dict::DictItemIterator>(),
        TypeEntry::of::<dict::DictReverseKeyIterator>(),
        TypeEntry::of::<dict::DictReverseValueIterator>(),
        TypeEntry::of::<dict::DictReverseItemIterator>(),
        TypeEntry::of::<list::List>(),
        TypeEntry::of::<list::ListIterator>(),
        TypeEntry::of::<list::ListReverseIterator>(),
        TypeEntry::of::<tuple::Tuple>(),
        TypeEntry::of::<tuple::TupleIterator>(),
        TypeEntry::of::<set::Set>(),
        TypeEntry::of::<set::FrozenSet>(),
        TypeEntry::of::<set::SetIterator>(),
        TypeEntry::of::<slice::Slice>(),
        TypeEntry::of::<range::Range>(),
        TypeEntry::of::<range::RangeIterator>(),
        TypeEntry::of::<range::LongRangeIterator>(),
        TypeEntry::of::<iter::SequenceIterator>(),
        TypeEntry::of::<iter::CallableIterator>(),
        TypeEntry::of::<enumerate::Enumerate>(),
        TypeEntry::of::<enumerate::Reversed>(),
        TypeEntry::of::<zip_map_filter::Zip>(),
        TypeEntry::of::<zip_map_filter::Map>(),
        TypeEntry::of::<zip_map_filter::Filter>(),
    ],
    &[
        TypeEntry::of::<int::Int>(),
        TypeEntry::of::<bool_::Bool>(),
        TypeEntry::of::<float::Float>(),
        TypeEntry::of::<complex::Complex>(),
        TypeEntry::of::<str_::Str>(),
        TypeEntry::of::<str_::StrIterator>(),
        TypeEntry::of::<bytes::Bytes>(),
        TypeEntry::of::<bytes::BytesIterator>(),
        TypeEntry::of::<bytearray::ByteArray>(),
        TypeEntry::of::<bytearray::ByteArrayIterator>(),
        TypeEntry::of::<codecs::module::EncodingMap>(),
        TypeEntry::of::<template::Template>(),
        TypeEntry::of::<template::Interpolation>(),
        TypeEntry::of::<template::TemplateIterator>(),
        TypeEntry::of::<memoryview::Managed>(),
        TypeEntry::of::<memoryview::MemoryView>(),
        TypeEntry::of::<memoryview::MemoryIterator>(),
    ],
];

/// Completes all static types of the crate. The hooks are installed and the calling thread has a state.
pub fn ready_static_types() -> PyResult<()> {
    let all = || TYPES.iter().copied().flatten();
    // All fields first: completing any one type makes dicts, strings and descriptors.
    all().for_each(type_::ready::fill);
    object::exc::ExceptionGroup.raw().tp_bases.store(Some(exceptions::group::exception_group_bases()?));
    all().try_for_each(type_::ready::ready_static)?;
    template::set_match_args()?;
    exceptions::prepare_memory_errors()
}

/// The static types of this crate, for the list of a new interpreter.
pub fn static_types() -> impl Iterator<Item = &'static TypeObject> {
    TYPES.iter().copied().flatten().map(|entry| (entry.type_object)())
}

/// Types that stand in module `builtins` under their names and have no cell in `object::core`.
pub fn named_builtin_types() -> Vec<&'static TypeObject> {
    use object::StaticType;
    vec![
        method::StaticMethod::type_object(),
        method::ClassMethod::type_object(),
        enumerate::Enumerate::type_object(),
        enumerate::Reversed::type_object(),
        zip_map_filter::Zip::type_object(),
        zip_map_filter::Map::type_object(),
        zip_map_filter::Filter::type_object(),
    ]
}

#[cfg(test)]
mod tests {
    use object::thread::{Interpreter, ThreadState};
    use object::value::{int, str as text, tuple};
    use object::{Ref, core, id};

    fn start() {
        super::install_hooks();
        ThreadState::create(Interpreter::create()).bind();
        if let Err(raised) = super::ready_static_types() {
            let exception = raised.take();
            panic!("{:?}", exception.repr_text());
        }
    }

    fn check<T>(result: object::PyResult<T>) -> T {
        match result {
            Ok(value) => value,
            Err(raised) => panic!("{}", raised.take().repr_text().unwrap_or_default()),
        }
    }

    // One test: the static types belong to the process, and are completed by one thread.
    #[test]
    fn classes_live_and_die() {
        start();
        let name = check(text::new("C"));
        let dict = check(crate::type_::dicts::new());
        check(crate::type_::dicts::set(dict.b(), id!("x"), check(int::new(5)).b()));
        let class: Ref = check(core::TYPE.borrowed().call(&[name.b(), tuple::empty().b(), dict.b()]));
        let object = check(class.call0());
        assert_eq!(int::to_i64(check(object.getattr(id!("x"))).b()), Some(5));
        check(object.setattr(id!("y"), check(int::new(7)).b()));
        assert_eq!(int::to_i64(check(object.getattr(id!("y"))).b()), Some(7));
        check(object.delattr(id!("y")));
        let raised = object.getattr(id!("y")).map(drop).map_err(|raised| raised.take().str_text());
        assert!(matches!(raised, Err(Ok(message)) if message == "'C' object has no attribute 'y'"));
        assert!(check(class.repr_text()).ends_with("C'>"));
        let reference = check(crate::weakref::new(object.b(), None));
        assert!(check(reference.call0()).is(&object));
        drop(object);
        assert!(check(reference.call0()).is(&core::none()));
        let method = check(core::LIST.borrowed().getattr(id!("append")));
        let list = check(core::LIST.borrowed().call0());
        check(method.call(&[list.b(), name.b()]));
        assert_eq!(check(list.repr_text()), "['C']");
        assert_eq!(check(list.call_method(id!("__len__"), &[]).and_then(|len| len.as_isize())), 1);
        let wrong = method.call(&[name.b(), name.b()]).map(drop).map_err(|raised| raised.take().str_text());
        assert!(
            matches!(wrong, Err(Ok(message)) if message == "descriptor 'append' for 'list' objects doesn't apply to a 'str' object")
        );
    }
}
