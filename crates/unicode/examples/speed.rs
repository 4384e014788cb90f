//! Times of the kernels, to be read beside CPython's (`cargo run --release --example speed -p unicode`).

use std::hint::black_box;
use std::time::Instant;

use unicode::codecs::utf8::Utf8;
use unicode::codecs::{Decoder, Encoder};
use unicode::{TextBuf, search};

fn time<T>(name: &str, mut work: impl FnMut() -> T) {
    let mut rounds = 1u32;
    loop {
        let start = Instant::now();
        (0..rounds).for_each(|_| drop(black_box(work())));
        let spent = start.elapsed();
        if spent.as_millis() > 50 {
            println!("{name:32} {:12.1} ns", spent.as_nanos() as f64 / f64::from(rounds));
            return;
        }
        rounds *= 4;
    }
}

fn main() {
    for (name, piece) in [
        ("ascii", "hello world "),
        ("latin", "h\u{e9}llo w\u{f6}rld "),
        ("bmp", "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442} "),
        ("astral", "a\u{1f600}b"),
    ] {
        let bytes = piece.repeat(10_000 / piece.len()).into_bytes();
        let decode = || {
            let (mut at, mut out) = (0, TextBuf::new());
            let _ = black_box(Utf8.decode(&bytes, &mut at, true, &mut out));
            out
        };
        time(&format!("decode 10 kB {name}"), decode);
        let text = decode();
        time(&format!("encode {name}"), || {
            let (mut at, mut out) = (0, Vec::new());
            let _ = black_box(Utf8.encode(text.units(), &mut at, &mut out));
            drop(black_box(out));
        });
    }
    let bytes = b"hello world ".repeat(1000);
    let words: Vec<u16> = bytes.iter().map(|&byte| u16::from(byte)).collect();
    let needle: Vec<u16> = b"worlds".iter().map(|&byte| u16::from(byte)).collect();
    time("find bytes 12 kB", || search::find(&bytes, b"worlds"));
    time("find words 12 k", || search::find(&words, &needle));
    time("count bytes", || search::count(&bytes, b"world", usize::MAX));
    time("lower 12 k", || unicode::case::lower(&words));
    time("normalize NFC 12 k", || {
        drop(black_box(unicode::normalize::normalize(
            unicode::database::Database::Current,
            unicode::normalize::Form::Nfc,
            &words,
        )))
    });
    time("name", || unicode::names::name(black_box(0xE9)));
    time("lookup", || unicode::names::lookup(black_box(b"LATIN SMALL LETTER E WITH ACUTE")));
}
