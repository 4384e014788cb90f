//! Integers against the reference CPython: `int_vectors.py` writes operations and answers, this repeats them.

mod reference;

use numeric::int::{Endian, IntBuf, IntView, TrueDivideError};

fn parse(text: &str) -> IntBuf {
    IntBuf::parse(text.as_bytes(), 16, 0).expect("a hexadecimal number")
}

fn hex(view: IntView<'_>) -> String {
    let text = String::from_utf8(view.to_radix(16).expect("memory").into_vec()).expect("ASCII");
    match text.strip_prefix('-') {
        Some(text) => format!("-0x{text}"),
        None => format!("0x{text}"),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let text = text.strip_prefix('-').unwrap_or(text);
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex")).collect()
}

fn answer(op: &str, args: &[&str]) -> String {
    let a = || parse(args[0]);
    let b = || parse(args[1]);
    let small = |text: &str| parse(text).view().to_u64().fits().expect("small");
    let ok = |result: Result<IntBuf, numeric::int::NoMemory>| hex(result.expect("memory").view());
    match op {
        "add" => ok(a().view().add(b().view())),
        "sub" => ok(a().view().sub(b().view())),
        "mul" => ok(a().view().mul(b().view())),
        "and" => ok(a().view().and(b().view())),
        "or" => ok(a().view().or(b().view())),
        "xor" => ok(a().view().xor(b().view())),
        "inv" => ok(a().view().invert()),
        "div" => hex(a().view().floordiv(b().view()).expect("divisor").view()),
        "mod" => hex(a().view().modulo(b().view()).expect("divisor").view()),
        "near" => {
            let (quotient, remainder) = a().view().divmod_near(b().view()).expect("divisor");
            format!("{}\t{}", hex(quotient.view()), hex(remainder.view()))
        }
        "gcd" => ok(a().view().gcd(b().view())),
        "lcm" => ok(a().view().lcm(b().view())),
        "isqrt" => ok(a().view().isqrt().map(|root| root.expect("positive"))),
        "bits" => format!("{:#x}\t{:#x}", a().view().bit_length(), a().view().bit_count()),
        "hash" => hex(IntBuf::from(a().view().hash()).view()),
        "shl" => ok(a().view().shl(small(args[1]))),
        "shr" => ok(a().view().shr(small(args[1]))),
        "tdiv" => match a().view().true_divide(b().view()) {
            Ok(value) => numeric::float::hex(value),
            Err(TrueDivideError::Zero) => "division by zero".to_owned(),
            Err(_) => "integer division result too large for a float".to_owned(),
        },
        "float" => a().view().to_f64().map_or_else(|error| error.message().to_owned(), numeric::float::hex),
        "fromfloat" => {
            hex(IntBuf::from_f64(numeric::float::from_hex(args[0].as_bytes()).expect("a float")).expect("finite").view())
        }
        "cmpf" => {
            let order = a().view().compare_f64(numeric::float::from_hex(args[1].as_bytes()).expect("a float")).expect("ordered");
            hex(IntBuf::from(order as i64).view())
        }
        "str" => {
            let base = small(args[1]) as u32;
            let text =
                if base == 10 { a().view().to_decimal(0).expect("memory") } else { a().view().to_radix(base).expect("memory") };
            String::from_utf8(text.into_vec()).expect("ASCII")
        }
        "bytes" => {
            let mut bytes = vec![0; small(args[1]) as usize];
            match a().view().to_bytes(&mut bytes, Endian::Big, args[2] == "0x1") {
                Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
                Err(error) => error.message().to_owned(),
            }
        }
        "frombytes" => ok(IntBuf::from_bytes(&unhex(args[0]), Endian::Little, args[1] == "0x1")),
        "powmod" => match a().view().modpow(b().view(), parse(args[2]).view()) {
            Ok(power) => hex(power.view()),
            Err(error) => error.message().to_owned(),
        },
        "pow" => ok(a().view().pow(b().view())),
        "parse" => {
            IntBuf::parse(&unhex(args[0]), small(args[1]) as u32, 0).map_or("error".to_owned(), |number| hex(number.view()))
        }
        _ => panic!("unknown operation {op}"),
    }
}

#[test]
fn integers_equal_the_reference() {
    reference::check("int_vectors.py", |op, args| match op {
        "bits" | "near" => (args.len() - 2, answer(op, &args[..args.len() - 2])),
        _ => (args.len() - 1, answer(op, &args[..args.len() - 1])),
    });
}
