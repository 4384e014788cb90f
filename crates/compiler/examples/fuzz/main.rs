//! Fuzzes the front end in one process: `fuzz CORPUS [--seed N] [--first N] [--count N] [--show] [--keep FOLDER] [--write FILE]`.
//!
//! Input N of a seed is always the same (of one corpus), so a campaign can be cut into pieces and a finding made again alone.
//! For each input:
//!
//! - the parser and the compiler come to an end without a panic, within a limit of time that grows with the length only;
//! - the fast parser and the grammar by which errors are found accept the same;
//! - what is accepted compiles, and its code passes the verifier;
//! - the tokenizer of the `tokenize` module ends too;
//! - memory does not grow from input to input.
//!
//! `cargo xtask fuzz --parser` builds and runs it. With `--write FILE` it writes the inputs instead, each behind its length, for
//! `cargo xtask fuzz --sources`, which compares with CPython.

mod grammar;
mod mutate;
mod random;

use bytecode::marshal::{VERSION, write_const};
use bytecode::verify::{Subject, verify};
use bytecode::{Code, Const};
use compiler::{CompileOptions, compile};
use mutate::Corpus;
use random::Random;
use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use syntax::{ErrorKind, Flags, Mode, ParseOptions};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STACK: usize = 64 << 20;
/// No input may take more seconds.
const HANG: u64 = 20;
/// What an input may take, and what each byte adds to it.
const SLOW: Duration = Duration::from_millis(10);
const SLOW_BYTE: Duration = Duration::from_micros(20);

/// The input at work.
static NUMBER: AtomicU64 = AtomicU64::new(0);

struct Settings {
    corpus: PathBuf,
    seed: u64,
    first: u64,
    count: u64,
    show: bool,
    keep: PathBuf,
    write: Option<PathBuf>,
}

fn settings() -> Option<Settings> {
    let mut arguments = std::env::args().skip(1);
    let mut settings = Settings {
        corpus: PathBuf::from(arguments.next()?),
        seed: 1,
        first: 0,
        count: 100_000,
        show: false,
        keep: std::env::temp_dir().join("taipan-fuzz-findings"),
        write: None,
    };
    while let Some(option) = arguments.next() {
        match option.as_str() {
            "--seed" => settings.seed = arguments.next()?.parse().ok()?,
            "--first" => settings.first = arguments.next()?.parse().ok()?,
            "--count" => settings.count = arguments.next()?.parse().ok()?,
            "--keep" => settings.keep = PathBuf::from(arguments.next()?),
            "--write" => settings.write = Some(PathBuf::from(arguments.next()?)),
            "--show" => settings.show = true,
            _ => return None,
        }
    }
    Some(settings)
}

fn main() {
    let Some(settings) = settings() else {
        eprintln!("usage: fuzz CORPUS [--seed N] [--first N] [--count N] [--show] [--keep FOLDER] [--write FILE]");
        std::process::exit(2);
    };
    std::panic::set_hook(Box::new(|_| {}));
    let start = Instant::now();
    std::thread::spawn(watch);
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || campaign(&settings, start));
    let clean = worker.ok().and_then(|worker| worker.join().ok()).unwrap_or(false);
    std::process::exit(i32::from(!clean));
}

/// Ends the process if one input takes too much of the processor's time.
fn watch() {
    let (mut number, mut since) = (u64::MAX, 0);
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let (now, used) = (NUMBER.load(Ordering::Relaxed), process_seconds());
        if now != number {
            (number, since) = (now, used);
        } else if used.saturating_sub(since) > HANG {
            println!("input {number}: hangs");
            std::process::abort();
        }
    }
}

/// The processor's time of the process in user mode.
fn process_seconds() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    text.split_whitespace().nth(13).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or(0) / 100
}

/// What was seen.
#[derive(Default)]
struct Seen {
    ends: BTreeMap<&'static str, u64>,
    messages: HashSet<String>,
    bytes: u64,
    findings: u64,
}

fn campaign(settings: &Settings, start: Instant) -> bool {
    let marker = 0u8;
    let stack_limit = std::ptr::from_ref(&marker).addr() - (STACK - (4 << 20));
    let corpus = Corpus::read(&settings.corpus);
    if let Some(path) = &settings.write {
        return write_inputs(settings, &corpus, path).is_ok();
    }
    println!("{} files, seed {}, from {}", corpus.len(), settings.seed, settings.first);
    let mut seen = Seen::default();
    let base = memory("VmRSS");
    for number in settings.first..settings.first + settings.count {
        let mut random = Random::new(settings.seed, number);
        let input = corpus.input(&mut random);
        let options = options(&mut random, stack_limit);
        let optimize = u32::try_from(random.below(3)).unwrap_or(0);
        if settings.show {
            println!("--- {number} {:?} {:?}", options.mode, options.flags);
            println!("{}", String::from_utf8_lossy(&input));
        }
        seen.bytes += input.len() as u64;
        NUMBER.store(number, Ordering::Relaxed);
        let began = Instant::now();
        let mut end = catch_unwind(AssertUnwindSafe(|| one(&input, &options, optimize, number))).unwrap_or(Err("a panic".into()));
        let limit = SLOW + SLOW_BYTE * u32::try_from(input.len()).unwrap_or(u32::MAX);
        if began.elapsed() > limit && end.is_ok() && is_slow(limit, || drop(one(&input, &options, optimize, number))) {
            end = Err(format!("takes more than {limit:?}"));
        }
        match end {
            Ok((end, message)) => {
                *seen.ends.entry(end).or_default() += 1;
                if let Some(message) = message
                    && seen.messages.len() < 20_000
                    && !seen.messages.contains(&message)
                {
                    seen.messages.insert(message);
                }
                if settings.show {
                    println!("=> {end}");
                }
            }
            Err(finding) => {
                seen.findings += 1;
                println!(
                    "input {number}: {finding}: {:?}",
                    String::from_utf8_lossy(&input).chars().take(300).collect::<String>()
                );
                let _ = std::fs::create_dir_all(&settings.keep);
                let _ = std::fs::write(settings.keep.join(format!("{}-{number}", settings.seed)), &input);
            }
        }
        if (number + 1) % 1_000_000 == 0 {
            report(&seen, number + 1 - settings.first, start, base);
        }
    }
    report(&seen, settings.count, start, base);
    let mut messages: Vec<&String> = seen.messages.iter().collect();
    messages.sort();
    let list = messages.iter().map(|message| format!("{message}\n")).collect::<String>();
    let _ = std::fs::create_dir_all(&settings.keep);
    let _ = std::fs::write(settings.keep.join(format!("messages-{}-{}", settings.seed, settings.first)), list);
    seen.findings == 0
}

/// Writes damaged pieces of programs.
fn write_inputs(settings: &Settings, corpus: &Corpus, path: &std::path::Path) -> std::io::Result<()> {
    let mut out = Vec::new();
    for number in settings.first..settings.first + settings.count {
        let input = corpus.mutant(&mut Random::new(settings.seed, number));
        out.extend_from_slice(&u32::try_from(input.len()).unwrap_or(0).to_le_bytes());
        out.extend_from_slice(&input);
    }
    std::fs::write(path, out)
}

fn report(seen: &Seen, executions: u64, start: Instant, base: u64) {
    println!(
        "{executions} executions, {} MB, {:.0} s, {:?}, {} distinct messages, {} findings, memory {base} to {} KiB, peak {} KiB",
        seen.bytes / 1_000_000,
        start.elapsed().as_secs_f64(),
        seen.ends,
        seen.messages.len(),
        seen.findings,
        memory("VmRSS"),
        memory("VmHWM"),
    );
}

/// Whether one more run takes too much of the processor's time: the machine may have been busy.
fn is_slow(limit: Duration, run: impl FnOnce()) -> bool {
    let before = processor_time();
    run();
    processor_time().saturating_sub(before) > limit
}

/// What this thread has had of the processor.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0))
}

fn options(random: &mut Random, stack_limit: usize) -> ParseOptions {
    let mut options = ParseOptions { stack_limit, ..ParseOptions::default() };
    options.mode = match random.below(12) {
        0 => Mode::Eval,
        1 => Mode::Single,
        2 if random.one_in(4) => Mode::FuncType,
        _ => Mode::Exec,
    };
    if random.one_in(6) {
        options.flags |= Flags::TYPE_COMMENTS;
    }
    if random.one_in(12) {
        options.flags |= Flags::ALLOW_INCOMPLETE_INPUT | Flags::DONT_IMPLY_DEDENT;
    }
    if random.one_in(50) {
        options.flags |= Flags::BARRY_AS_BDFL;
    }
    if random.one_in(20) {
        options.feature_version = u8::try_from(4 + random.below(11)).unwrap_or(14);
    }
    options
}

/// Runs an input: how it ended and with which message, or what is wrong with Taipan.
fn one(input: &[u8], options: &ParseOptions, optimize: u32, number: u64) -> Result<(&'static str, Option<String>), String> {
    let Ok(text) = std::str::from_utf8(input) else { return Ok(("not UTF-8", None)) };
    if number % 8 == 0 {
        drop(syntax::tokenize(text, number % 16 == 0));
    }
    let mut module = match syntax::parse(text, options, &mut ()) {
        Ok(module) => module,
        Err(error) => {
            // The search for an error gives this where it finds none.
            if error.kind == ErrorKind::MemoryError && text.len() < 1000 && syntax::grammar_accepts(text, options) {
                return Err("the grammar accepts what the parser refuses".into());
            }
            return Ok(("syntax error", Some(general(&error.message))));
        }
    };
    if !syntax::grammar_accepts(text, options) {
        return Err("the parser accepts what the grammar refuses".into());
    }
    if options.mode == Mode::FuncType {
        return Ok(("accepted", None));
    }
    let settings = CompileOptions { optimize, stack: 32 << 20, top_level_await: number % 5 == 0, ..CompileOptions::default() };
    match compile(&mut module, "<fuzz>", &settings, &mut ()) {
        Ok(code) => {
            verify_all(&code).map_err(|error| format!("unverifiable code, {error}"))?;
            let mut data = Vec::new();
            write_const(&Const::Code(Arc::new(code)), VERSION, &mut data).map_err(|error| format!("marshal: {error:?}"))?;
            Ok(("compiled", None))
        }
        Err(error) => {
            let message = general(&error.message);
            if format!("{:?}", error.kind).contains("SystemError") {
                return Err(format!("SystemError {message}"));
            }
            Ok(("refused by the compiler", Some(message)))
        }
    }
}

/// A message without what differs from source to source.
fn general(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    for (index, part) in message.split('\'').enumerate() {
        let quoted = index % 2 == 1 && !part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_punctuation() || b == b' ');
        out.extend(if quoted { "…" } else { part }.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }));
        out.push('\'');
    }
    while out.contains("00") {
        out = out.replace("00", "0");
    }
    out.truncate(out.char_indices().nth(90).map_or(out.len(), |(at, _)| at));
    out
}

/// What the compiler makes has to pass the verifier.
fn verify_all(code: &Code) -> Result<(), String> {
    verify(&Subject::of(code)).map_err(|error| format!("{}: {error:?}", code.qualname))?;
    code.consts.iter().try_for_each(|value| match value {
        Const::Code(code) => verify_all(code),
        _ => Ok(()),
    })
}

/// A figure of the process in KiB.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what));
    line.and_then(|line| line.split_whitespace().nth(1)).and_then(|word| word.parse().ok()).unwrap_or(0)
}
