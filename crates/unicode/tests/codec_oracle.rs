//! The codecs against the reference CPython.

#[path = "../../numeric/tests/reference/mod.rs"]
mod reference;

use unicode::codecs::charmap::{EncodingMap, Table};
use unicode::codecs::escape::{RawUnicodeEscapeDecoder, RawUnicodeEscapeEncoder, UnicodeEscapeDecoder, UnicodeEscapeEncoder};
use unicode::codecs::single::{Ascii, Latin1};
use unicode::codecs::utf7::{Utf7Decoder, Utf7Encoder};
use unicode::codecs::utf8::Utf8;
use unicode::codecs::utf16::{Utf16Decoder, Utf16Encoder};
use unicode::codecs::utf32::{Utf32Decoder, Utf32Encoder};
use unicode::codecs::{ByteOrder, Decoder, Encoder};
use unicode::{TextBuf, Units};

fn unhex(text: &str) -> Vec<u8> {
    let text = text.strip_prefix('-').unwrap_or(text);
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex")).collect()
}

fn table() -> TextBuf {
    let mut table = TextBuf::new();
    (0..0x80).try_for_each(|code| table.push(code)).expect("memory");
    for _ in 0..20 {
        [0xFFFE, 0x20AC, 0x100, 0x1F600].iter().try_for_each(|&code| table.push(code)).expect("memory");
    }
    table
}

/// What the test's error handler says.
fn describe(errors: &[unicode::codecs::Malformed]) -> String {
    errors.iter().map(|error| format!("{}-{}-{}", error.start, error.end, error.reason)).collect::<Vec<_>>().join(",")
}

fn decode(name: &str, input: &[u8], last: bool) -> String {
    let table = table();
    let (little, big) = (Some(ByteOrder::Little), Some(ByteOrder::Big));
    let mut decoder: Box<dyn Decoder + '_> = match name {
        "utf8" => Box::new(Utf8),
        "utf7" => Box::new(Utf7Decoder::default()),
        "utf16" => Box::new(Utf16Decoder::new(None)),
        "utf16le" => Box::new(Utf16Decoder::new(little)),
        "utf16be" => Box::new(Utf16Decoder::new(big)),
        "utf32" => Box::new(Utf32Decoder::new(None)),
        "utf32le" => Box::new(Utf32Decoder::new(little)),
        "utf32be" => Box::new(Utf32Decoder::new(big)),
        "ascii" => Box::new(Ascii),
        "latin1" => Box::new(Latin1),
        "escape" => Box::new(UnicodeEscapeDecoder::default()),
        "raw" => Box::new(RawUnicodeEscapeDecoder),
        "charmap" => Box::new(Table(table.units())),
        _ => panic!("unknown codec {name}"),
    };
    let (mut at, mut out, mut errors) = (0, TextBuf::new(), Vec::new());
    while let Some(malformed) = decoder.decode(input, &mut at, last, &mut out).expect("memory") {
        errors.push(malformed);
        at = malformed.end;
        out.push(u32::from('?')).expect("memory");
    }
    let text: Vec<String> = out.units().codes().map(|code| format!("{code:x}")).collect();
    format!("{}\t{at}\t{}", text.join("."), describe(&errors))
}

fn encode(name: &str, text: Units<'_>) -> String {
    let (little, big) = (Some(ByteOrder::Little), Some(ByteOrder::Big));
    let (mut at, mut out, mut errors) = (0, Vec::new(), Vec::new());
    let mut encoder: Box<dyn Encoder> = match name {
        "utf8" => Box::new(Utf8),
        "utf7" => Box::new(Utf7Encoder::default()),
        "utf16" => Box::new(Utf16Encoder::new(None)),
        "utf16le" => Box::new(Utf16Encoder::new(little)),
        "utf16be" => Box::new(Utf16Encoder::new(big)),
        "utf32" => Box::new(Utf32Encoder::new(None)),
        "utf32le" => Box::new(Utf32Encoder::new(little)),
        "utf32be" => Box::new(Utf32Encoder::new(big)),
        "ascii" => Box::new(Ascii),
        "latin1" => Box::new(Latin1),
        "escape" => Box::new(UnicodeEscapeEncoder),
        "raw" => Box::new(RawUnicodeEscapeEncoder),
        _ => Box::new(Mapped(EncodingMap::new(table().units()).expect("memory"))),
    };
    while let Some(malformed) = encoder.encode(text, &mut at, &mut out).expect("memory") {
        errors.push(malformed);
        at = malformed.end;
        let mut here = 0;
        encoder.encode(Units::One(b"?"), &mut here, &mut out).expect("memory");
    }
    encoder.finish(&mut out).expect("memory");
    let bytes: String = out.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("-{bytes}\t{at}\t{}", describe(&errors))
}

struct Mapped(EncodingMap);

impl Encoder for Mapped {
    fn encode(&mut self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> unicode::codecs::Step {
        self.0.encode(text, at, out)
    }
}

#[test]
fn codecs_equal_the_reference() {
    reference::check("codec_vectors.py", |op, args| match op {
        "decode" => (3, decode(args[0], &unhex(args[1]), args[2] == "1")),
        _ => {
            let mut text = TextBuf::new();
            let codes = args[1].strip_prefix('t').unwrap_or("").split('.').filter(|part| !part.is_empty());
            codes.map(|part| u32::from_str_radix(part, 16).expect("hex")).try_for_each(|code| text.push(code)).expect("memory");
            (2, encode(args[0], text.units()))
        }
    });
}
