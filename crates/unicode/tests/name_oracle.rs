//! Names against the reference CPython.

#[path = "../../numeric/tests/reference/mod.rs"]
mod reference;

use unicode::names::{lookup, lookup_sequence, name};

#[test]
fn names_equal_the_reference() {
    reference::check("name_vectors.py", |op, args| match op {
        "name" => (1, name(u32::from_str_radix(args[0], 16).expect("hex")).unwrap_or("None".to_owned())),
        _ => {
            let text = args[0].strip_prefix('t').unwrap_or("").as_bytes();
            let codes = lookup(text).map(|code| vec![code]).or_else(|| lookup_sequence(text).map(<[u32]>::to_vec));
            let show = |codes: Vec<u32>| codes.iter().map(|code| format!("{code:x}")).collect::<Vec<_>>().join(".");
            (1, codes.map_or("None".to_owned(), show))
        }
    });
}
