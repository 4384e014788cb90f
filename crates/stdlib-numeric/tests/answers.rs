//! Answers of the modules' functions, compared with CPython's.

use object::thread::{Interpreter, ThreadState};

/// What CPython 3.14 answers.
#[test]
fn answers() {
    use object::value::{float, int, str as text};
    builtins::init::install_hooks();
    let state = ThreadState::create(Interpreter::create());
    state.bind();
    state.interpreter().gil.take(state);
    assert!(builtins::init::ready_static_types().is_ok());
    let answer = |module: &str, name: &str, numbers: &[f64]| -> object::PyResult<String> {
        let spec = stdlib_numeric::MODULES.iter().find(|spec| spec.name.to_str() == Ok(module)).expect("listed");
        let function = builtins::module::create(spec)?.getattr(text::new(name)?.b())?;
        let whole = |number: &f64| if number.fract() == 0.0 { int::new(*number as i64) } else { float::new(*number) };
        let numbers = numbers.iter().map(whole).collect::<object::PyResult<Vec<_>>>()?;
        let result = function.call(&numbers.iter().map(object::Ref::b).collect::<Vec<_>>())?;
        match name {
            "Random" => result.call_method(text::new("getrandbits")?.b(), &[int::new(70)?.b()])?.repr_text(),
            _ => result.repr_text(),
        }
    };
    let shown = |module, name, numbers: &[f64]| {
        answer(module, name, numbers).unwrap_or_else(|raised| raised.take().str_text().unwrap_or_default())
    };
    assert_eq!(shown("math", "comb", &[50.0, 25.0]), "126410606437752");
    assert_eq!(shown("math", "perm", &[25.0, 20.0]), "129260083694424883200000");
    assert_eq!(shown("math", "factorial", &[22.0]), "1124000727777607680000");
    assert_eq!(shown("math", "hypot", &[3.0, 4.0]), "5.0");
    assert_eq!(shown("math", "gcd", &[12.0, 18.0]), "6");
    assert_eq!(shown("math", "sqrt", &[-1.0]), "expected a nonnegative input, got -1.0");
    assert_eq!(shown("math", "log", &[2.0, 1.0]), "division by zero");
    assert_eq!(shown("math", "isqrt", &[99.0]), "9");
    assert_eq!(shown("_random", "Random", &[5.0]), "871709100316485385285");
}
