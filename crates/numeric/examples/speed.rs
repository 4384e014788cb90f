//! Times of the kernels, to be read beside CPython's (`cargo run --release --example speed -p numeric`).

use std::hint::black_box;
use std::time::Instant;

use numeric::float::{Code, Flags, format_double, parse, repr};
use numeric::int::{IntBuf, IntView};

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
    let number = |bits: u32| IntBuf::from(3u64).view().pow(IntBuf::from(u64::from(bits) * 631 / 1000).view()).unwrap_or_default();
    for bits in [60, 100, 300, 1000, 10_000, 1_000_000] {
        let (a, b) = (number(bits), number(bits - 3));
        time(&format!("add {bits}"), || a.view().add(b.view()));
        time(&format!("mul {bits}"), || a.view().mul(b.view()));
        let product = a.view().mul(b.view()).unwrap_or_default();
        time(&format!("div {bits}"), || product.view().divmod(b.view()));
        time(&format!("str {bits}"), || a.view().to_decimal(0));
        let text = a.view().to_decimal(0).unwrap_or_default();
        time(&format!("int {bits}"), || IntBuf::parse(&text, 10, 0));
    }
    let (a, e, m) = (number(2048), number(2047), number(2046).view().add(IntView::ONE).unwrap_or_default());
    time("pow-mod 2048", || a.view().modpow(e.view(), m.view()));
    time("repr 0.1", || repr(black_box(0.1)));
    time("repr 1/3", || repr(black_box(1.0 / 3.0)));
    time(".2f", || format_double(black_box(1234.5678), Code::Fixed, 2, Flags::default()));
    time("float 3.14159", || parse(black_box(b"3.14159")));
}
