//! The macros over the real support API: that what they generate compiles without a warning, and what the tables say.
#![deny(warnings, unsafe_code)]

use abi::{PyMethodDef, c_int, mlflags, tpflags, typeslot};
use macros::{pyclass, pymethods, pymodule};
use object::{Borrowed, CompareOp, IntoPy, KwArgs, Layout, OptRef, PyResult, Ref, StaticType, Trace, TypeObject, Visit};
use std::cell::{Cell, UnsafeCell};
use std::ffi::{CStr, CString};
use std::mem::offset_of;

/// A counter.
///
///   Indented.
#[pyclass(
    name = "Counter",
    module = "_demo",
    sig = "(start=0, /)",
    flags(BASETYPE, SEQUENCE),
    gc,
    weaklist = weak,
    export = "MacroTestCounter_Type",
    itemsize = u32,
    parts(MAIN, NUMBER)
)]
pub struct Counter {
    header: abi::PyObject,
    count: Cell<isize>,
    #[member(name = "owner", readonly)]
    #[member(T_INT, name = "refs", field = header.ob_refcnt_full)]
    owner: OptRef,
    weak: OptRef,
    #[trace(skip)]
    hidden: UnsafeCell<u8>,
}

#[pymethods]
impl Counter {
    fn helper(&self) -> isize {
        self.count.get()
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        Ok(format!("{} {}", self.helper(), size_of_val(&self.hidden)))
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_, Self>) -> &'static str {
        if slf.count.get() == 0 { "zero" } else { "more" }
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Ref>> {
        Ok(None)
    }

    #[slot(sq_length, mp_length)]
    fn len(&self) -> PyResult<usize> {
        Ok(self.count.get().unsigned_abs())
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Ref> {
        index.into_py()
    }

    #[slot(sq_ass_item)]
    fn ass_item(&self, _index: isize, _value: Option<Borrowed<'_>>) -> PyResult<()> {
        Ok(())
    }

    #[slot(sq_contains)]
    fn contains(&self, _value: Borrowed<'_>) -> PyResult<bool> {
        Ok(true)
    }

    #[slot(mp_ass_subscript)]
    fn ass_subscript(slf: Borrowed<'_, Counter>, _key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        slf.owner.set(value.map(Borrowed::to_ref));
        Ok(())
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        Ok(self.count.get())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, _other: Borrowed<'_>, op: CompareOp) -> bool {
        op == CompareOp::Eq
    }

    #[slot(tp_descr_get)]
    fn descr_get(slf: Borrowed<'_>, _object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult {
        Ok(slf.to_ref())
    }

    #[slot(tp_new, "(start=0, /, *, step=1, **kwargs)")]
    fn tp_new(_class: Borrowed<'_, TypeObject>, start: isize, step: isize, _kwargs: KwArgs<'_>) -> PyResult<Ref> {
        (start + step).into_py()
    }

    #[slot(tp_vectorcall, "(start=0, /, *, step=1)")]
    fn vectorcall(_class: &TypeObject, start: isize, step: isize) -> isize {
        start + step
    }

    #[slot(tp_init)]
    fn init(&self, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        Ok(())
    }

    #[slot(tp_call, "(x, y=None, /)")]
    fn call<'a>(&self, x: Borrowed<'a>, y: Option<Borrowed<'a>>) -> Borrowed<'a> {
        y.unwrap_or(x)
    }

    #[slot(tp_finalize)]
    fn finalize(_slf: Borrowed<'_, Self>) {}

    #[slot(tp_clear)]
    fn clear_owner(&self) {
        self.owner.set(None);
    }

    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        self.owner.trace(visit);
    }

    #[slot(bf_getbuffer)]
    fn getbuffer(_slf: Borrowed<'_, Self>, _view: *mut abi::Py_buffer, _flags: c_int) -> PyResult<()> {
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    extern "C-unwind" fn releasebuffer(_slf: Borrowed<'_>, _view: *mut abi::Py_buffer) {}

    /// Append object.
    #[method("($self, object, /)")]
    fn append(&self, _object: Borrowed<'_>) {}

    #[method("($self, /)", coexist)]
    fn reset(&self) {
        self.count.set(0);
    }

    #[method(name = "__reduce__", "($self, /)")]
    fn reduce(_slf: Borrowed<'_, Self>) -> PyResult<()> {
        Ok(())
    }

    #[method("($self, index=-1, stop=sys.maxsize, /)")]
    fn pop(&self, index: isize, stop: isize) -> isize {
        index + stop
    }

    #[method("($self, enc='utf-8', *, flag=False, f=0, count=<unrepresentable>)")]
    fn many(&self, enc: String, flag: bool, f: f64, count: Option<isize>) -> PyResult<bool> {
        Ok(flag && f > 0.0 && enc.is_empty() && count.is_none())
    }

    #[method(text = None, "($self, *args, key=None, **kwargs)")]
    fn all(&self, args: &[Borrowed<'_>], _key: Option<Borrowed<'_>>, _kwargs: KwArgs<'_>) -> usize {
        args.len()
    }

    #[classmethod("($type, iterable, value=None, /)")]
    fn fromkeys(_class: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>, _value: Option<Borrowed<'_>>) -> PyResult<Ref> {
        Ok(iterable.to_ref())
    }

    #[staticmethod("(x, /)")]
    fn maketrans(x: String) -> usize {
        x.len()
    }

    #[cfg(any())]
    #[method("($self, nothing, /)")]
    fn configured_out(&self, _nothing: Nothing) {}

    /// The count.
    #[getter]
    fn count(&self) -> isize {
        self.count.get()
    }

    #[setter]
    fn set_count(&self, _value: Option<Borrowed<'_>>) -> PyResult<()> {
        Ok(())
    }

    #[getter(name = "__dict__")]
    fn dict(slf: Borrowed<'_>) -> PyResult {
        Ok(slf.to_ref())
    }
}

#[pymethods(part = NUMBER)]
impl Counter {
    #[slot(nb_add, nb_subtract)]
    fn add(a: Borrowed<'_>, _b: Borrowed<'_>) -> PyResult<Ref> {
        Ok(a.to_ref())
    }

    #[slot(nb_power)]
    fn power(a: Borrowed<'_>, _b: Borrowed<'_>, _modulus: Borrowed<'_>) -> PyResult<Ref> {
        Ok(a.to_ref())
    }

    #[slot(nb_bool)]
    fn bool(&self) -> PyResult<bool> {
        Ok(self.count.get() != 0)
    }

    #[slot(nb_inplace_add)]
    fn inplace_add(&self, b: Borrowed<'_>) -> PyResult<Ref> {
        Ok(b.to_ref())
    }
}

static DERIVED: TypeObject = TypeObject::NEW;

#[pyclass(cell = DERIVED, base = Counter, parts(), gc = manual, heap_like, itemsize = 4, basicsize = offset_of!(Derived, tail))]
struct Derived {
    base: Counter,
    #[member(T_UBYTE)]
    tail: [u8; 4],
}

#[pymodule(part)]
mod part {
    use object::{Borrowed, PyResult};

    #[pyfunction("(x, y=1)")]
    fn scaled(x: f64, y: isize) -> f64 {
        if y == 0 { 0.0 } else { x }
    }

    /// Its name is one that the generated code uses too.
    #[pyfunction("()")]
    fn method() {}

    #[pyattr]
    const FLAG: isize = 3;

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        Ok(())
    }
}

/// Mathematical functions.
#[pymodule(name = "_demo", parts(super::part))]
mod module {
    use object::{Borrowed, PyResult};

    /// Return the square root of x.
    #[pyfunction("(x, /)")]
    fn sqrt(x: f64) -> f64 {
        x.sqrt()
    }

    #[pyfunction("($module, x, y=2.5)")]
    fn product(_module: Borrowed<'_>, x: f64, y: f64) -> PyResult<f64> {
        Ok(x * y)
    }

    #[pyfunction("($module, /, *integers)")]
    fn gcd(integers: &[Borrowed<'_>]) -> usize {
        integers.len()
    }

    #[cfg(any())]
    #[pyfunction("()")]
    fn configured_out() {}

    #[pyattr(name = "tau")]
    fn tau_value() -> PyResult<f64> {
        Ok(std::f64::consts::TAU)
    }

    #[pytype]
    use super::Counter;
    #[pytype]
    type Other = super::Derived;
}

#[allow(unsafe_code, reason = "the tables hold C strings")]
fn text(pointer: *const abi::c_char) -> CString {
    assert!(!pointer.is_null());
    // SAFETY: the macros make the pointer from a literal.
    unsafe { CStr::from_ptr(pointer) }.to_owned()
}

fn docs(methods: &[PyMethodDef]) -> Vec<CString> {
    methods.iter().filter(|method| !method.ml_name.get().is_null()).map(|method| text(method.ml_doc.get())).collect()
}

#[test]
fn a_type() {
    let spec = Counter::spec().expect("declared");
    assert_eq!(spec.name, c"_demo.Counter");
    assert_eq!(spec.doc, Some(c"Counter(start=0, /)\n--\n\nA counter.\n\n  Indented."));
    assert_eq!((spec.basicsize, spec.itemsize), (size_of::<Counter>(), 4));
    let flags = tpflags::BASETYPE | tpflags::SEQUENCE | tpflags::HAVE_GC | tpflags::IMMUTABLETYPE | tpflags::STATIC_BUILTIN;
    assert_eq!(spec.flags, flags);
    assert_eq!(spec.weaklist_offset.unsigned_abs(), offset_of!(Counter, weak));
    assert!(spec.defaults.traverse.is_some());
    assert_eq!(spec.parts.len(), 3);

    let derived = Derived::spec().expect("declared");
    assert_eq!(derived.basicsize, offset_of!(Derived, tail));
    assert_eq!(derived.flags, tpflags::HAVE_GC);
    assert!(derived.defaults.traverse.is_none());
    assert!(derived.base.is_some_and(|base| std::ptr::eq(base(), Counter::type_object())));
    assert!(std::ptr::eq(Derived::type_object(), &DERIVED));
    assert_eq!(offset_of!(Derived, base), 0);
}

#[test]
fn parts_of_a_type() {
    let [main, number, members] = Counter::spec().expect("declared").parts else { panic!("three parts") };
    let (main, number, members) = (main(), number(), members());
    let slots: Vec<u16> = number.slots.iter().map(|slot| slot.id).collect();
    assert_eq!(slots, [typeslot::nb_add, typeslot::nb_subtract, typeslot::nb_power, typeslot::nb_bool, typeslot::nb_inplace_add]);
    assert_eq!(main.slots.len(), 22);

    let flags: Vec<i32> = main.methods.iter().map(|method| method.ml_flags.get()).collect();
    let keywords = mlflags::FASTCALL | mlflags::KEYWORDS;
    let expected = [
        mlflags::O,
        mlflags::NOARGS | mlflags::COEXIST,
        mlflags::NOARGS,
        mlflags::FASTCALL,
        keywords,
        keywords,
        mlflags::FASTCALL | mlflags::CLASS,
        mlflags::O | mlflags::STATIC,
        0,
    ];
    assert_eq!(flags, expected);
    let docs = docs(main.methods);
    assert_eq!(docs[0].as_c_str(), c"append($self, object, /)\n--\n\nAppend object.");
    assert_eq!(docs[2].as_c_str(), c"__reduce__($self, /)\n--\n\n");
    assert_eq!(docs[5].as_c_str(), c"");

    let [count, dict, end] = main.getset else { panic!("two attributes and the end") };
    assert_eq!((text(count.name.get()).as_c_str(), text(count.doc.get()).as_c_str()), (c"count", c"The count."));
    assert!(count.set.get().is_some() && dict.set.get().is_none() && end.name.get().is_null());
    assert_eq!(text(dict.name.get()).as_c_str(), c"__dict__");

    let [owner, refs, end] = members.members else { panic!("two members and the end") };
    assert_eq!(owner.offset.get().unsigned_abs(), offset_of!(Counter, owner));
    assert_eq!((owner.flags.get(), refs.flags.get(), refs.offset.get()), (abi::member::READONLY, 0, 0));
    assert!(end.name.get().is_null());
}

#[test]
fn a_module() {
    let spec = &module::SPEC;
    assert_eq!((spec.name, spec.doc), (c"_demo", Some(c"Mathematical functions.")));
    let expected = [
        c"scaled($module, /, x, y=1)\n--\n\n",
        c"method($module, /)\n--\n\nIts name is one that the generated code uses too.",
        c"sqrt($module, x, /)\n--\n\nReturn the square root of x.",
        c"product($module, x, y=2.5)\n--\n\n",
        c"gcd($module, /, *integers)\n--\n\n",
    ];
    assert_eq!(docs(spec.methods), expected.map(CStr::to_owned));
    assert_eq!(spec.methods.len(), 6);
    assert_eq!(spec.attrs.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["FLAG", "tau"]);
    assert_eq!(spec.types.len(), 2);
    assert!(spec.exec.is_some());
}

#[test]
fn layouts_begin_with_the_header() {
    fn is_layout<T: Layout>() {}
    is_layout::<Counter>();
    assert_eq!(offset_of!(Counter, header), 0);
}
