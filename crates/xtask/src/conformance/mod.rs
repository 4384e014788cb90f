//! `cargo xtask conformance`: CPython's own regression tests, unmodified, each module in a process of its own.
//!
//! `tests/conformance/cpython-3.14.10.txt` lists what CPython passes (the denominator), `tests/conformance/passing.txt`
//! what Taipan is known to pass. A test that Taipan skips and CPython runs, or that was not reached, did not pass.

mod list;
mod output;
mod stage;
mod touched;

use crate::process::{self, End};
use crate::reference::Reference;
use crate::{Outcome, project_root};
use list::{List, Module};
use output::{Report, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const USAGE: &str = "usage: cargo xtask conformance [OPTION]… [MODULE]…
  MODULE             test_grammar, test_json (with all its submodules), …; without one, every module
  --list-failures    name each test that CPython passes and Taipan does not
  --check            fail if a test of tests/conformance/passing.txt no longer passes (default modules: those listed)
  --quick            with --check: only modules that CPython runs in under two seconds, and those that the newest changes touch,
                     as far as four minutes of CPython's time go
  --update           run three times, and add what passed each time to tests/conformance/passing.txt
  -j N               modules at a time (default 2)
  --timeout S        time limit of a module (default: by CPython's own time, 60 to 400 s)
  --taipan PATH      the program to test (default: target/release/taipan)
  --helpers          let tests load CPython's compiled helpers (_testcapi and its like); adds the modules that need them (test_capi, test_buffer)
  --record           write what passes to the list of those modules: for CPython itself, with --unstaged --taipan
  --unstaged         run that program where it is, with its own Lib (for checking this runner on CPython)
  --keep DIR         keep each module's stdout and stderr in DIR";

/// CPython's time for a module that is always part of the quick check.
const QUICK_SECONDS: f64 = 2.0;
/// CPython's time for all slower modules that the newest changes touch.
const TOUCHED_SECONDS: f64 = 240.0;

/// What the command line asks for.
#[derive(Default)]
pub struct Options {
    pub modules: Vec<String>,
    pub list_failures: bool,
    pub check: bool,
    pub quick: bool,
    pub update: bool,
    pub jobs: Option<usize>,
    pub timeout: Option<u64>,
    pub taipan: Option<PathBuf>,
    pub helpers: bool,
    pub record: bool,
    pub unstaged: bool,
    pub keep: Option<PathBuf>,
}

impl Options {
    fn parse(arguments: &[String]) -> Outcome<Self> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
            match argument.as_str() {
                "--list-failures" => options.list_failures = true,
                "--check" => options.check = true,
                "--quick" => options.quick = true,
                "--update" => options.update = true,
                "--helpers" => options.helpers = true,
                "--record" => options.record = true,
                "--unstaged" => options.unstaged = true,
                "-j" => options.jobs = Some(value()?.parse()?),
                "--timeout" => options.timeout = Some(value()?.parse()?),
                "--taipan" => options.taipan = Some(value()?.into()),
                "--keep" => options.keep = Some(value()?.into()),
                option if option.starts_with('-') => return Err(USAGE.into()),
                module => options.modules.push(module.trim_start_matches("test.").to_owned()),
            }
        }
        Ok(options)
    }
}

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let options = Options::parse(arguments)?;
    let (passed, failed) = conform(&options)?;
    if options.check {
        println!("{passed} passed, {failed} failed");
    }
    if failed == 0 { Ok(()) } else { Err("tests that should pass did not".into()) }
}

/// Runs what `options` ask for; returns how many tests passed, and how many did not although they should have.
pub fn conform(options: &Options) -> Outcome<(usize, usize)> {
    let folder = project_root()?.join("tests/conformance");
    let mut cpython = List::read(&folder.join("cpython-3.14.10.txt"))?;
    let helpers = folder.join("helpers-3.14.10.txt");
    if options.record {
        return record(options, &helpers);
    }
    if options.helpers {
        cpython.modules.extend(List::read(&helpers)?.modules);
    }
    let known_path = folder.join("passing.txt");
    let mut known = List::read(&known_path)?;

    let every = if options.check { &known } else { &cpython };
    let mut chosen: Vec<&str> = every.modules.keys().map(String::as_str).filter(|m| wanted(m, &options.modules)).collect();
    if options.quick {
        let seconds = |m: &str| cpython.modules.get(m).and_then(|module| module.seconds).unwrap_or(f64::INFINITY);
        let names = touched::names(&project_root()?)?;
        let mut touched: Vec<&str> =
            chosen.iter().copied().filter(|m| seconds(m) >= QUICK_SECONDS && touched::touches(&names, m)).collect();
        touched.sort_by(|a, b| seconds(a).total_cmp(&seconds(b)));
        let mut left = TOUCHED_SECONDS;
        touched.retain(|m| {
            left -= seconds(m);
            left >= 0.0
        });
        chosen.retain(|m| seconds(m) < QUICK_SECONDS || touched.contains(m));
    }
    if chosen.is_empty() && !options.modules.is_empty() {
        return Err(format!("no module of the list is called {}", options.modules.join(", ")).into());
    }

    let expected = if options.check { &known } else { &cpython };
    let runner = Runner::new(options, &cpython)?;
    let rounds = if options.update { 3 } else { 1 };
    let mut results: BTreeMap<String, Result> = BTreeMap::new();
    for round in 1..=rounds {
        if rounds > 1 {
            println!("round {round} of {rounds}");
        }
        for (module, result) in runner.run_all(&chosen, expected)? {
            match results.get_mut(&module) {
                Some(earlier) => earlier.passed.retain(|test| result.passed.contains(test)),
                None => drop(results.insert(module, result)),
            }
        }
    }

    let (mut passed, mut missing) = (0, 0);
    for (name, result) in &results {
        let Some(should) = expected.modules.get(name) else { continue };
        passed += should.tests.intersection(&result.passed).count();
        missing += should.tests.difference(&result.passed).count();
        if options.list_failures || options.check {
            result.print_missing(name, should);
        }
    }
    let total = passed + missing;
    println!("{passed} of {total} ({:.1} %) in {} modules", 100.0 * passed as f64 / total.max(1) as f64, results.len());

    if options.update {
        let added = update(&mut known, &cpython, &results);
        known.write(&known_path)?;
        println!("{added} tests came into {}, which now has {}", known_path.display(), known.len());
    }
    Ok((passed, if options.check { missing } else { 0 }))
}

/// Writes what passes of the modules that the command line names to the list at `path`.
fn record(options: &Options, path: &Path) -> Outcome<(usize, usize)> {
    let mut list = List::read(path)?;
    let names: Vec<&str> = options.modules.iter().map(String::as_str).collect();
    for (name, result) in Runner::new(options, &List::default())?.run_all(&names, &List::default())? {
        list.modules.insert(name, Module { seconds: None, tests: result.passed });
    }
    list.modules.retain(|_, module| !module.tests.is_empty());
    list.write(path)?;
    Ok((list.len(), 0))
}

fn wanted(module: &str, names: &[String]) -> bool {
    let matches = |name: &String| module == name || module.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
    names.is_empty() || names.iter().any(matches)
}

/// Adds what passed and CPython passes too; nothing leaves the list by itself.
fn update(known: &mut List, cpython: &List, results: &BTreeMap<String, Result>) -> usize {
    let mut added = 0;
    for (name, result) in results {
        let Some(reference) = cpython.modules.get(name) else { continue };
        let good: BTreeSet<_> = reference.tests.intersection(&result.passed).cloned().collect();
        let module = known.modules.entry(name.clone()).or_default();
        for test in module.tests.difference(&good) {
            println!("  listed, but did not pass now: {test}");
        }
        added += good.difference(&module.tests).count();
        module.tests.extend(good);
    }
    known.modules.retain(|_, module| !module.tests.is_empty());
    added
}

/// What one module gave.
struct Result {
    passed: BTreeSet<String>,
    report: Report,
    complaint: Option<String>,
}

impl Result {
    fn print_missing(&self, name: &str, should: &Module) {
        for test in should.tests.difference(&self.passed) {
            let why = match self.report.verdict(test) {
                Some(Verdict::Failed) => "failed",
                Some(Verdict::Skipped) => "skipped",
                Some(Verdict::Unfinished) => "the interpreter died in it",
                Some(Verdict::Passed) => "does not pass each time",
                None => "not reached",
            };
            println!("  {name}: {test}: {why}");
        }
    }
}

/// The staged program and the limits of a run.
struct Runner<'a> {
    program: PathBuf,
    work: PathBuf,
    cpython: &'a List,
    options: &'a Options,
}

impl<'a> Runner<'a> {
    fn new(options: &'a Options, cpython: &'a List) -> Outcome<Self> {
        let root = project_root()?;
        let taipan = options.taipan.clone().unwrap_or_else(|| process::taipan_path(&root, "release"));
        let taipan = fs::canonicalize(&taipan).map_err(|e| {
            format!("{}: {e} (build it with `cargo build --release`, or name one with --taipan)", taipan.display())
        })?;
        let work = std::env::temp_dir().join(format!("taipan-conformance-{}", std::process::id()));
        fs::create_dir_all(&work)?;
        let program = if options.unstaged {
            taipan
        } else {
            stage::build(&work.join("prefix"), &taipan, &Reference::set_up()?.lib(), options.helpers)?
        };
        Ok(Self { program, work, cpython, options })
    }

    fn run_all(&self, modules: &[&str], expected: &List) -> Outcome<Vec<(String, Result)>> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        let work = || -> std::result::Result<(), String> {
            while let Some(module) = modules.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (result, end) = self.run_module(module).map_err(|e| e.to_string())?;
                self.print_line(module, &result, &end, expected);
                results.lock().map_err(|e| e.to_string())?.push(((*module).to_owned(), result));
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.options.jobs.unwrap_or(2).max(1)).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|w| w.join().unwrap_or_else(|_| Err("a worker panicked".to_owned())))
        })?;
        let mut results = results.into_inner()?;
        results.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(results)
    }

    fn run_module(&self, module: &str) -> Outcome<(Result, End)> {
        let folder = self.work.join(module);
        fs::create_dir_all(&folder)?;
        let (stdout, stderr) = self.output_files(module)?;
        let mut command = process::with_default_signals(&self.program);
        command.args(["-m", "unittest", "-v", &format!("test.{module}")]).current_dir(&folder);
        process::clean_environment(&mut command);
        let end = process::run(&mut command, &stdout, &stderr, self.limit(module))?;
        let report = output::parse(&String::from_utf8_lossy(&fs::read(&stderr)?));
        let _ = fs::remove_dir_all(&folder);
        let mut complaint = end.complaint();
        if complaint.is_none() && !report.complete {
            complaint = Some("no tests were run".to_owned());
        }
        Ok((Result { passed: report.passed(), report, complaint }, end))
    }

    fn output_files(&self, module: &str) -> Outcome<(PathBuf, PathBuf)> {
        let folder: &Path = self.options.keep.as_deref().unwrap_or(&self.work);
        fs::create_dir_all(folder)?;
        Ok((folder.join(format!("{module}.out")), folder.join(format!("{module}.err"))))
    }

    fn limit(&self, module: &str) -> Duration {
        let by_reference = || {
            let seconds = self.cpython.modules.get(module).and_then(|m| m.seconds).unwrap_or(10.0);
            (seconds * 10.0).clamp(60.0, 400.0) as u64
        };
        Duration::from_secs(self.options.timeout.unwrap_or_else(by_reference))
    }

    fn print_line(&self, module: &str, result: &Result, end: &End, expected: &List) {
        let should = expected.modules.get(module);
        let total = should.map_or(0, |m| m.tests.len());
        let passed = should.map_or(0, |m| m.tests.intersection(&result.passed).count());
        let complaint = result.complaint.as_deref().map(|c| format!("  {c}")).unwrap_or_default();
        let missing = if passed == total { String::new() } else { format!("  {} missing", total - passed) };
        println!("{module:<48} {passed:>5} of {total:<5} {:>6.1} s{missing}{complaint}", end.seconds);
    }
}

impl Drop for Runner<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.work);
    }
}
