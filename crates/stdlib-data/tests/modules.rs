//! All modules of the crate can be made, and some of what is in them works, without an interpreter loop.

use object::thread::{Interpreter, ThreadState};
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref};

fn start() -> PyResult<()> {
    builtins::init::install_hooks();
    let state = ThreadState::create(Interpreter::create());
    state.bind();
    state.interpreter().gil.take(state);
    builtins::init::ready_static_types()
}

fn shown(value: PyResult<Ref>) -> String {
    let value = value.unwrap_or_else(object::Raised::take);
    value.repr_text().unwrap_or_else(|raised| raised.take().class().short_name().to_owned())
}

fn listed(iterable: PyResult<Ref>) -> String {
    shown(iterable.and_then(|iterable| builtins::list::from_iterable(iterable.b()).map(Ref::upcast)))
}

fn find(module: &str, name: &str) -> PyResult<Ref> {
    let spec = stdlib_data::MODULES.iter().find(|spec| spec.name.to_str() == Ok(module));
    let module = builtins::module::create(spec.expect("listed"))?;
    module.getattr(text::new(name)?.b())
}

fn call(module: &str, name: &str, args: &[Borrowed<'_>]) -> PyResult<Ref> {
    find(module, name)?.call(args)
}

#[test]
fn modules() {
    assert!(start().is_ok(), "the built-in types");
    // `array` registers itself with collections.abc, `_pickle` looks at copyreg: only an interpreter can import them.
    for spec in stdlib_data::MODULES.iter().filter(|spec| spec.name != c"array" && spec.name != c"_pickle") {
        let made = builtins::module::create(spec);
        assert!(made.is_ok(), "{:?}: {}", spec.name, shown(made));
    }
    let check = || -> PyResult<()> {
        let (abc, two) = (text::new("abc")?, int::new(2)?);
        let combinations = call("itertools", "combinations", &[abc.b(), two.b()]);
        assert_eq!(listed(combinations), "[('a', 'b'), ('a', 'c'), ('b', 'c')]");
        let permutations = call("itertools", "permutations", &[abc.b(), two.b()]);
        assert_eq!(listed(permutations), "[('a', 'b'), ('a', 'c'), ('b', 'a'), ('b', 'c'), ('c', 'a'), ('c', 'b')]");
        let batched = call("itertools", "batched", &[abc.b(), two.b()]);
        assert_eq!(listed(batched), "[('a', 'b'), ('c',)]");
        assert_eq!(listed(call("itertools", "pairwise", &[abc.b()])), "[('a', 'b'), ('b', 'c')]");
        let product = call("itertools", "product", &[abc.b(), tuple::from_array([two.clone()])?.b()]);
        assert_eq!(listed(product), "[('a', 2), ('b', 2), ('c', 2)]");
        assert_eq!(shown(call("_collections", "deque", &[abc.b(), two.b()])), "deque(['b', 'c'], maxlen=2)");
        assert_eq!(shown(call("_collections", "defaultdict", &[])), "defaultdict(None, {})");
        let packed = call("_struct", "pack", &[text::new("<bhq")?.b(), two.b(), two.b(), two.b()])?;
        assert_eq!(shown(Ok(packed.clone())), r"b'\x02\x02\x00\x02\x00\x00\x00\x00\x00\x00\x00'");
        assert_eq!(shown(call("_struct", "unpack", &[text::new("<bhq")?.b(), packed.b()])), "(2, 2, 2)");
        assert_eq!(shown(call("_struct", "calcsize", &[text::new("@bi")?.b()])), "8");
        assert_eq!(shown(call("binascii", "b2a_base64", &[bytes::new(b"hello")?.b()])), r"b'aGVsbG8=\n'");
        assert_eq!(shown(call("binascii", "crc32", &[bytes::new(b"hello")?.b()])), "907060870");
        assert_eq!(shown(call("_operator", "itemgetter", &[two.b()])?.call1(abc.b())), "'c'");
        let sum = find("_operator", "add")?;
        let numbers = tuple::from_array([two.clone(), two.clone(), two.clone()])?;
        assert_eq!(shown(call("_functools", "reduce", &[sum.b(), numbers.b()])), "6");
        let partial = call("_functools", "partial", &[sum.b(), two.b()])?;
        assert_eq!(shown(partial.call1(two.b())), "4");
        Ok(())
    };
    if let Err(raised) = check() {
        panic!("{}", shown(Ok(raised.take())));
    }
}
