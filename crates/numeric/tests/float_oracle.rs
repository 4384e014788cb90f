//! Floats, complex numbers and format specifications against the reference CPython.

mod reference;

use numeric::complex::Complex;
use numeric::float;
use numeric::format_spec::{self, Align, Locale, Spec, SpecError, unknown_code};
use numeric::int::IntBuf;

fn double(text: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(text, 16).expect("bits"))
}

/// All NaNs are one here: the reference's sign of a NaN is the processor's.
fn bits(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

fn complex(text: &str) -> Complex {
    Complex::new(double(&text[..16]), double(&text[16..]))
}

fn bytes(text: &str) -> Vec<u8> {
    let text = text.strip_prefix('-').unwrap_or(text);
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex")).collect()
}

/// Code points of UTF-8 that may hold surrogates.
fn codes(text: &str) -> Vec<u32> {
    let bytes = bytes(text);
    let mut codes = Vec::new();
    for byte in bytes {
        match byte {
            0..0x80 => codes.push(u32::from(byte)),
            0x80..0xC0 => {
                let last = codes.last_mut().expect("a lead byte");
                *last = *last << 6 | u32::from(byte & 0x3F);
            }
            0xC0..0xE0 => codes.push(u32::from(byte & 0x1F)),
            0xE0..0xF0 => codes.push(u32::from(byte & 0x0F)),
            _ => codes.push(u32::from(byte & 0x07)),
        }
    }
    codes
}

fn encode(codes: &[u32]) -> String {
    let mut text = String::from("-");
    for &code in codes {
        let bytes = match code {
            0..0x80 => vec![code],
            0x80..0x800 => vec![0xC0 | code >> 6, 0x80 | code & 0x3F],
            0x800..0x10000 => vec![0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F],
            _ => vec![0xF0 | code >> 18, 0x80 | code >> 12 & 0x3F, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F],
        };
        text.extend(bytes.iter().map(|byte| format!("{byte:02x}")));
    }
    text
}

fn failed(error: SpecError, spec: &[u32], type_name: &str) -> String {
    let message = match error {
        SpecError::Message(message) => message.to_owned(),
        SpecError::Text(text) => text,
        SpecError::Invalid => {
            let shown: String = spec
                .iter()
                .map(|&code| match char::from_u32(code) {
                    Some(c) if c.is_ascii_graphic() || c == ' ' => c.to_string(),
                    Some(c) if u32::from(c) < 0x100 => format!("\\x{code:02x}"),
                    _ => format!("\\u{code:04x}"),
                })
                .collect();
            format!("Invalid format specifier '{shown}' for object of type '{type_name}'")
        }
        SpecError::UnknownCode(code) => unknown_code(code, type_name),
        SpecError::CharRange => "%c arg not in range(0x110000)".to_owned(),
        SpecError::CharTooLarge => "Python int too large to convert to C long".to_owned(),
        SpecError::IntTooLarge => "int too large to convert to float".to_owned(),
        SpecError::TooManyDigits => "digits".to_owned(),
        SpecError::NoMemory => "memory".to_owned(),
    };
    format!("!{message}")
}

fn formatted(op: &str, spec: &[u32], value: &str) -> Result<format_spec::Codes, SpecError> {
    let decimal = |code: u32| char::from_u32(code).and_then(|c| c.to_digit(10)).map(|digit| digit as u8);
    let parse = |code, align| Spec::parse(spec, code, align, decimal);
    match op {
        "fint" => {
            let value = IntBuf::parse(value.as_bytes(), 10, 0).expect("an integer");
            format_spec::format_int(value.view(), &parse(Some('d'), Align::Right)?, &Locale::C, 4300)
        }
        "ffloat" => format_spec::format_float(double(value), &parse(None, Align::Right)?, &Locale::C),
        "fcomplex" => format_spec::format_complex(complex(value), &parse(None, Align::Right)?, &Locale::C),
        _ => {
            let text = codes(value);
            let spec = parse(Some('s'), Align::Left)?;
            let layout = format_spec::format_string(text.len(), &spec)?;
            let mut out = vec![spec.fill; layout.left];
            out.extend_from_slice(&text[..layout.take]);
            out.resize(out.len() + layout.right, spec.fill);
            Ok(out.into())
        }
    }
}

fn answer(op: &str, args: &[&str]) -> String {
    let shown = |value: Option<Complex>, message: &str| match value {
        Some(value) => value.repr().expect("memory"),
        None => format!("!{message}"),
    };
    match op {
        "repr" => float::repr(double(args[0])),
        "hex" => float::hex(double(args[0])),
        "hash" => float::hash(double(args[0])).expect("a number").to_string(),
        "ratio" => match float::as_integer_ratio(double(args[0])) {
            Ok((numerator, denominator)) => {
                let text =
                    |number: &IntBuf| String::from_utf8(number.view().to_radix(10).expect("memory").into_vec()).expect("ASCII");
                format!("{}/{}", text(&numerator), text(&denominator))
            }
            Err(error) => format!("!{}", error.message()),
        },
        "round" => match float::round_to_digits(double(args[0]), args[1].parse().expect("digits")) {
            Ok(value) => bits(value),
            Err(_) => "!rounded value too large to represent".to_owned(),
        },
        "pack2" => float::f16_to_bits(double(args[0]))
            .map_or("!float too large to pack with e format".to_owned(), |n| format!("{n:04x}")),
        "pack4" => float::f32_to_bits(double(args[0]))
            .map_or("!float too large to pack with f format".to_owned(), |n| format!("{n:08x}")),
        "unpack2" => bits(float::f16_from_bits(u16::from_str_radix(args[0], 16).expect("bits"))),
        "unpack4" => bits(float::f32_from_bits(u32::from_str_radix(args[0], 16).expect("bits"))),
        "parse" => float::parse(&bytes(args[0])).map_or("!".to_owned(), bits),
        "fromhex" => float::from_hex(&bytes(args[0])).map_or_else(|error| format!("!{}", error.message()), bits),
        "cparse" => Complex::parse(&bytes(args[0])).map_or("!".to_owned(), |value| bits(value.re) + &bits(value.im)),
        "cmul" => shown(Some(complex(args[0]).mul(complex(args[1]))), ""),
        "cdiv" => shown(complex(args[0]).checked_div(complex(args[1])), "division by zero"),
        "cdivr" => shown(complex(args[0]).checked_div_real(double(args[1])), "division by zero"),
        "rdivc" => shown(Complex::real_checked_div(double(args[0]), complex(args[1])), "division by zero"),
        "cpow" => match complex(args[0]).pow(complex(args[1])) {
            Ok(value) => shown(Some(value), ""),
            Err(error) => format!("!{}", error.message()),
        },
        "cabs" => complex(args[0]).checked_abs().map_or("!absolute value too large".to_owned(), float::repr),
        "crepr" => shown(Some(complex(args[0])), ""),
        "fint" | "ffloat" | "fcomplex" | "fstr" => {
            let spec = codes(args[0]);
            let type_name = match op {
                "fint" => "int",
                "ffloat" => "float",
                "fcomplex" => "complex",
                _ => "str",
            };
            match formatted(op, &spec, args[1]) {
                Ok(text) => encode(&text),
                Err(error) => failed(error, &spec, type_name),
            }
        }
        _ => panic!("unknown operation {op}"),
    }
}

#[test]
fn floats_equal_the_reference() {
    reference::check("float_vectors.py", |op, args| {
        let count = args.len() - 1;
        (count, answer(op, &args[..count]))
    });
}
