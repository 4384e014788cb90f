//! Source that nests deeply: no native stack overflows, in the tree nor in the search for an error.

use syntax::{ErrorKind, ParseOptions, parse};

fn outcome(source: &str) -> Result<(), ErrorKind> {
    parse(source, &ParseOptions::default(), &mut ()).map(drop).map_err(|error| error.kind)
}

#[test]
fn chains_have_no_limit() {
    for link in [".a", "()", "[0]", "+a", " or a", ", a", " == a"] {
        assert_eq!(outcome(&format!("a{}", link.repeat(100_000))), Ok(()), "{link}");
    }
}

#[test]
fn nesting_has_cpythons_limit() {
    on_large_stack(check_limits);
}

#[test]
fn wrong_source_may_nest() {
    on_large_stack(check_wrong_source);
}

fn on_large_stack(check: fn(usize)) {
    const STACK: usize = 64 << 20;
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let marker = 0u8;
        check(std::ptr::from_ref(&marker).addr() - (STACK - (1 << 20)));
    });
    assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
}

#[test]
fn a_small_stack_gives_a_memory_error() {
    for link in ["lambda:", "1**", "lambda x="] {
        assert_eq!(outcome(&format!("{}1 1", link.repeat(50_000))), Err(ErrorKind::MemoryError), "{link}");
    }
}

fn check_limits(stack_limit: usize) {
    let options = ParseOptions { stack_limit, ..ParseOptions::default() };
    let outcome = |source: &str| parse(source, &options, &mut ()).map(drop).map_err(|error| error.kind);
    for (link, right, wrong) in [("-", 5968, 5969), ("not ", 5968, 5969), ("lambda:", 2984, 2985), ("1**", 2984, 2985)] {
        assert_eq!(outcome(&format!("{}1", link.repeat(right))), Ok(()), "{link}");
        assert_eq!(outcome(&format!("{}1", link.repeat(wrong))), Err(ErrorKind::MemoryError), "{link}");
    }
    assert_eq!(outcome(&format!("{}1{}", "(".repeat(200), ")".repeat(200))), Ok(()));
    assert_eq!(outcome(&format!("{}1{}", "(".repeat(201), ")".repeat(201))), Err(ErrorKind::SyntaxError));
}

fn check_wrong_source(stack_limit: usize) {
    let options = ParseOptions { stack_limit, ..ParseOptions::default() };
    let outcome = |source: &str| parse(source, &options, &mut ()).map(drop).map_err(|error| error.kind);
    for opening in ["(", "[", "{", "f(", "{0:", "lambda x=(", "not (", "f'{", "a[b, "] {
        assert_eq!(outcome(&opening.repeat(90)), Err(ErrorKind::SyntaxError), "{opening}");
    }
    assert_eq!(outcome(&format!("{}1 1", "-".repeat(2000))), Err(ErrorKind::SyntaxError));
}
