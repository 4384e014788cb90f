//! Every code point and many strings against the reference CPython.

#[path = "../../numeric/tests/reference/mod.rs"]
mod reference;

use unicode::database::Database;
use unicode::normalize::{Form, decomposition, is_normalized, normalize};
use unicode::{case, ctype};

fn decode(text: &str) -> Vec<u32> {
    text.split('.').filter(|part| !part.is_empty()).map(|part| u32::from_str_radix(part, 16).expect("hex")).collect()
}

fn encode(codes: &[u32]) -> String {
    codes.iter().map(|code| format!("{code:x}")).collect::<Vec<_>>().join(".")
}

fn truth(value: bool) -> String {
    if value { "True".to_owned() } else { "False".to_owned() }
}

/// The lower case of a text with "c" in place of the character.
fn sigma(lowered: &[u32], code: u32) -> String {
    let mapped = ctype::lower_full(code);
    let (mut out, mut rest) = (Vec::new(), lowered);
    while let Some((&first, tail)) = rest.split_first() {
        match rest.strip_prefix(mapped.as_slice()) {
            Some(tail) => {
                out.push(0x63);
                rest = tail;
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    encode(&out)
}

fn properties(code: u32) -> String {
    let change = |codes: &[u32]| if codes == [code] { "=".to_owned() } else { encode(codes) };
    let text = [code];
    let bits = [
        ctype::is_alpha(code),
        ctype::is_decimal(code),
        ctype::is_digit(code),
        ctype::is_numeric(code),
        case::all_lower(&text),
        case::all_upper(&text),
        case::all_title(&text),
        ctype::is_space(code),
        ctype::is_printable(code),
        case::is_identifier(&text),
        ctype::is_xid_continue(code),
        ctype::is_linebreak(code),
        ctype::is_alnum(code),
    ];
    let mut out = vec![bits.iter().map(|&bit| if bit { '1' } else { '0' }).collect::<String>()];
    out.push(change(ctype::lower_full(code).as_slice()));
    out.push(change(ctype::upper_full(code).as_slice()));
    out.push(change(ctype::title_full(code).as_slice()));
    out.push(change(ctype::fold_full(code).as_slice()));
    out.push(change(&case::swapcase(&text).expect("memory")));
    out.push(change(&case::capitalize(&text).expect("memory")));
    let number = |value: Option<u8>| value.map_or("None".to_owned(), |value| value.to_string());
    for database in [Database::Current, Database::Old] {
        out.push(database.category(code).to_owned());
        out.push(database.bidirectional(code).to_owned());
        out.push(database.combining(code).to_string());
        out.push(u8::from(database.mirrored(code)).to_string());
        out.push(database.east_asian_width(code).to_owned());
        out.push(database.numeric(code).map_or("None".to_owned(), |value| {
            let text = format!("{value:?}");
            text.replace("e12", "000000000000.0").replace("e16", "e+16").replace("e20", "e+20")
        }));
        out.push(number(database.decimal(code)));
        out.push(number(database.digit(code)));
        out.push(decomposition(database, code));
        for form in [Form::Nfc, Form::Nfkc, Form::Nfd, Form::Nfkd] {
            out.push(change(&normalize(database, form, &text).expect("memory")));
        }
    }
    let lowered = |codes: &[u32]| case::lower(codes).expect("memory");
    // The answers about sigma, with the character itself replaced: it would make every line another one.
    out.push(sigma(&lowered(&[0x41, code, 0x3A3, code]), code));
    out.push(sigma(&lowered(&[0x2E, code, 0x3A3]), code));
    out.join("|")
}

fn answer(op: &str, args: &[&str]) -> (usize, String) {
    let text = |at: usize| decode(args[at]);
    let form = || Form::from_name(args[0]).expect("a form");
    match op {
        "range" => {
            let bound = |at: usize| u32::from_str_radix(args[at], 16).expect("hex");
            let wrong = (bound(0)..=bound(1)).map(properties).find(|ours| ours != args[2]);
            (2, wrong.unwrap_or_else(|| args[2].to_owned()))
        }
        "norm" => (2, encode(&normalize(Database::Current, form(), &text(1)).expect("memory"))),
        "norm32" => (2, encode(&normalize(Database::Old, form(), &text(1)).expect("memory"))),
        "isnorm" => (2, truth(is_normalized(Database::Current, form(), &text(1)).expect("memory"))),
        "lower" => (1, encode(&case::lower(&text(0)).expect("memory"))),
        "upper" => (1, encode(&case::upper(&text(0)).expect("memory"))),
        "title" => (1, encode(&case::title(&text(0)).expect("memory"))),
        "capitalize" => (1, encode(&case::capitalize(&text(0)).expect("memory"))),
        "swapcase" => (1, encode(&case::swapcase(&text(0)).expect("memory"))),
        "casefold" => (1, encode(&case::casefold(&text(0)).expect("memory"))),
        "islower" => (1, truth(case::all_lower(&text(0)))),
        "isupper" => (1, truth(case::all_upper(&text(0)))),
        "istitle" => (1, truth(case::all_title(&text(0)))),
        "isidentifier" => (1, truth(case::is_identifier(&text(0)))),
        _ => panic!("unknown operation {op}"),
    }
}

#[test]
fn properties_equal_the_reference() {
    reference::check("property_vectors.py", answer);
}
