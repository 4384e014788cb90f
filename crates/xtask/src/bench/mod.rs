//! `cargo xtask bench`: pyperformance's programs, unmodified, on Taipan, CPython and PyPy in turn, pinned to one core.
//!
//! Figures are ratios of medians within the same run; a program that fails counts 0.1 in the geometric mean.

mod programs;

use crate::process;
use crate::reference::Reference;
use crate::{Outcome, project_root};
use programs::{PROGRAMS, Programs};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const USAGE: &str = "usage: cargo xtask bench [OPTION]… [NAME]…
  NAME                  nbody, go, …; without one, every program
  --list                name the programs
  --rounds N            processes of each interpreter a program (default 3)
  --seconds S           time given to a benchmark in a process (default 2)
  --core N              the core to run on (default: the last)
  --interpreters A,B    some of taipan,cpython,pypy (default: all)
  --taipan PATH         the program to measure (default: target/release/taipan)
  --save FILE           write every figure to FILE, separated by tabs";

const FAILED: f64 = 0.1;
const LIMIT: Duration = Duration::from_secs(300);

struct Options {
    names: Vec<String>,
    rounds: usize,
    seconds: String,
    core: usize,
    interpreters: Vec<String>,
    taipan: Option<PathBuf>,
    save: Option<PathBuf>,
}

/// The command.
pub fn run(arguments: &[String]) -> Outcome {
    let Some(options) = parse(arguments)? else {
        println!("{}", PROGRAMS.join("\n"));
        return Ok(());
    };
    let reference = Reference::set_up()?;
    let programs = Programs::fetch(&reference)?;
    let interpreters = interpreters(&options, &reference)?;
    let names: Vec<&str> =
        PROGRAMS.into_iter().filter(|p| options.names.is_empty() || options.names.iter().any(|n| n == p)).collect();
    if names.is_empty() || names.len() < options.names.len() {
        return Err(format!("the programs are: {}", PROGRAMS.join(", ")).into());
    }

    let mut table = Table::new(&interpreters);
    let mut saved = String::from("program\tinterpreter\tbenchmark\tfirst\tsteady\n");
    println!("{}", table.header());
    for name in names {
        let mut results: Vec<Samples> = interpreters.iter().map(|_| Samples::default()).collect();
        for _ in 0..options.rounds {
            for (interpreter, samples) in interpreters.iter().zip(&mut results) {
                match run_once(interpreter, name, &programs, &options) {
                    Ok(figures) if samples.failure.is_none() => samples.add(figures),
                    Ok(_) => {}
                    Err(e) => samples.failure = Some(e.to_string()),
                }
            }
        }
        println!("{}", table.add(name, &results));
        for (interpreter, samples) in interpreters.iter().zip(&results) {
            for (benchmark, (first, steady)) in samples.medians() {
                saved.push_str(&format!("{name}\t{}\t{benchmark}\t{first}\t{steady}\n", interpreter.name));
            }
        }
    }
    println!("{}", table.summary());
    if let Some(file) = &options.save {
        fs::write(file, saved)?;
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Outcome<Option<Options>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options {
        names: Vec::new(),
        rounds: 3,
        seconds: "2".to_owned(),
        core: cores - 1,
        interpreters: ["taipan", "cpython", "pypy"].map(str::to_owned).to_vec(),
        taipan: None,
        save: None,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--list" => return Ok(None),
            "--rounds" => options.rounds = value()?.parse::<usize>()?.max(1),
            "--seconds" => options.seconds = value()?.clone(),
            "--core" => options.core = value()?.parse()?,
            "--interpreters" => options.interpreters = value()?.split(',').map(str::to_owned).collect(),
            "--taipan" => options.taipan = Some(value()?.into()),
            "--save" => options.save = Some(value()?.into()),
            option if option.starts_with('-') => return Err(USAGE.into()),
            name => options.names.push(name.to_owned()),
        }
    }
    Ok(Some(options))
}

struct Interpreter {
    name: String,
    program: PathBuf,
}

fn interpreters(options: &Options, reference: &Reference) -> Outcome<Vec<Interpreter>> {
    let mut found = Vec::new();
    for name in &options.interpreters {
        let program = match name.as_str() {
            "taipan" => match &options.taipan {
                Some(path) => fs::canonicalize(path).map_err(|e| format!("{}: {e}", path.display()))?,
                None => process::taipan_path(&project_root()?, "release"),
            },
            "cpython" => reference.cpython(),
            "pypy" => reference.pypy(),
            _ => return Err(USAGE.into()),
        };
        if !program.exists() {
            return Err(format!("there is no {} (`cargo build --release` makes it)", program.display()).into());
        }
        found.push(Interpreter { name: name.clone(), program });
    }
    Ok(found)
}

/// First run and steady state, in seconds, of every benchmark that a program holds.
type Figures = Vec<(String, f64, f64)>;

fn run_once(interpreter: &Interpreter, name: &str, programs: &Programs, options: &Options) -> Outcome<Figures> {
    let work = std::env::temp_dir().join(format!("taipan-bench-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let (figures, errors) = (work.join("figures"), work.join("stderr"));
    let _ = fs::remove_file(&figures);
    let mut command = Command::new("taskset");
    command.arg("-c").arg(options.core.to_string()).arg(&interpreter.program).arg("run_benchmark.py");
    process::clean_environment(&mut command);
    command
        .current_dir(programs.folder(name))
        .env("PYTHONPATH", std::env::join_paths(&programs.path)?)
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("TAIPAN_BENCH_SECONDS", &options.seconds)
        .env("TAIPAN_BENCH_OUTPUT", &figures);
    let end = process::run(&mut command, &work.join("stdout"), &errors, LIMIT)?;
    let result = if end.status.success() {
        fs::read_to_string(&figures)?.lines().map(read_figures).collect()
    } else {
        let said = String::from_utf8_lossy(&fs::read(&errors)?).trim_end().lines().next_back().unwrap_or_default().to_owned();
        Err(format!("{}: {said}", end.complaint().unwrap_or_else(|| "failed".to_owned())).into())
    };
    fs::remove_dir_all(&work)?;
    result
}

/// One line of `pyperf.py`. The steady state is the median of the later half of the values.
fn read_figures(line: &str) -> Outcome<(String, f64, f64)> {
    let mut words = line.split('\t');
    let name = words.next().unwrap_or_default().to_owned();
    let first = words.next().ok_or("a line without figures")?.parse()?;
    let values = words.map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    let later = values.get(values.len() / 2..).unwrap_or_default();
    Ok((name, first, median(later).ok_or("a line without values")?))
}

/// What one interpreter gave for one program over all rounds, by benchmark.
#[derive(Default)]
struct Samples {
    rounds: BTreeMap<String, (Vec<f64>, Vec<f64>)>,
    failure: Option<String>,
}

impl Samples {
    fn add(&mut self, figures: Figures) {
        for (name, first, steady) in figures {
            let (firsts, steadies) = self.rounds.entry(name).or_default();
            firsts.push(first);
            steadies.push(steady);
        }
    }

    /// Median first run and median steady state of each benchmark; nothing where the program failed.
    fn medians(&self) -> BTreeMap<&str, (f64, f64)> {
        if self.failure.is_some() {
            return BTreeMap::new();
        }
        let pairs = self.rounds.iter().filter_map(|(name, (f, s))| Some((name.as_str(), (median(f)?, median(s)?))));
        pairs.collect()
    }
}

/// How many times as fast as `base` an interpreter is, for the first run and in the steady state.
fn speed(samples: &Samples, base: &Samples) -> Option<(f64, f64)> {
    let (ours, theirs) = (samples.medians(), base.medians());
    let pairs: Vec<_> = theirs.iter().filter_map(|(name, base)| Some((*ours.get(name)?, *base))).collect();
    let first = geometric_mean(pairs.iter().map(|(o, b)| b.0 / o.0))?;
    let steady = geometric_mean(pairs.iter().map(|(o, b)| b.1 / o.1))?;
    Some((first, steady))
}

/// The report: speeds relative to CPython (or, without it, to the first interpreter).
struct Table {
    names: Vec<String>,
    base: usize,
    speeds: Vec<Vec<(f64, f64)>>,
    failures: Vec<usize>,
}

impl Table {
    fn new(interpreters: &[Interpreter]) -> Self {
        let names: Vec<String> = interpreters.iter().map(|i| i.name.clone()).collect();
        let base = names.iter().position(|n| n == "cpython").unwrap_or(0);
        Self { base, speeds: names.iter().map(|_| Vec::new()).collect(), failures: vec![0; names.len()], names }
    }

    fn header(&self) -> String {
        let mut line = format!("{:<26}", "times as fast");
        for name in &self.names {
            line.push_str(&format!("{:>10} first  steady", name));
        }
        line
    }

    fn add(&mut self, program: &str, results: &[Samples]) -> String {
        let mut line = format!("{program:<26}");
        let mut notes = String::new();
        let Some(base) = results.get(self.base) else { return line };
        for (index, samples) in results.iter().enumerate() {
            let speed = speed(samples, base);
            match speed {
                Some((first, steady)) => line.push_str(&format!("{first:>16.2} {steady:>7.2}")),
                None => line.push_str(&format!("{:>16} {:>7}", "-", "failed")),
            }
            if let Some(list) = self.speeds.get_mut(index) {
                list.push(speed.unwrap_or((FAILED, FAILED)));
            }
            if let (Some(failure), Some(name)) = (&samples.failure, self.names.get(index)) {
                notes.push_str(&format!("\n    {name}: {failure}"));
                self.failures.iter_mut().skip(index).take(1).for_each(|n| *n += 1);
            }
        }
        line + &notes
    }

    fn summary(&self) -> String {
        let mut line = format!("{:<26}", "geometric mean");
        for list in &self.speeds {
            let first = geometric_mean(list.iter().map(|s| s.0)).unwrap_or(f64::NAN);
            let steady = geometric_mean(list.iter().map(|s| s.1)).unwrap_or(f64::NAN);
            line.push_str(&format!("{first:>16.2} {steady:>7.2}"));
        }
        for (name, failures) in self.names.iter().zip(&self.failures).filter(|(_, n)| **n > 0) {
            line.push_str(&format!("\n{name}: {failures} failed, counted as {FAILED}"));
        }
        line
    }
}

pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    sorted.get(sorted.len() / 2 - 1).map(|lower| (lower + upper) / 2.0)
}

fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let logs: Vec<f64> = values.map(f64::ln).collect();
    (!logs.is_empty()).then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::{Samples, median, read_figures, speed};

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn warm_up_values_do_not_enter_the_steady_state() {
        assert_eq!(read_figures("x\t9.0\t8.0\t7.0\t1.0\t1.0").unwrap(), ("x".to_owned(), 9.0, 1.0));
        assert!(read_figures("x\t9.0").is_err());
    }

    #[test]
    fn half_the_time_is_twice_the_speed_and_a_failure_has_none() {
        let mut fast = Samples::default();
        fast.add(vec![("a".to_owned(), 1.0, 1.0), ("b".to_owned(), 4.0, 4.0)]);
        let mut slow = Samples::default();
        slow.add(vec![("a".to_owned(), 2.0, 2.0), ("b".to_owned(), 8.0, 8.0)]);
        let (first, steady) = speed(&fast, &slow).unwrap();
        assert!((first - 2.0).abs() < 1e-9 && (steady - 2.0).abs() < 1e-9);
        fast.failure = Some("died".to_owned());
        assert!(speed(&fast, &slow).is_none());
    }
}
