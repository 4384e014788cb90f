//! `tests/robust/`: programs that ask too much. However they end, it is by an exception or a result, never by a signal or a panic.
//!
//! Each runs as it is. One that holds the line `# memory` also runs with little address space, at limits that differ from program to
//! program; one with `# closed` also runs with each standard stream closed.

use crate::{Outcome, process, project_root};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Seconds for one run.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs all programs on the release build, and reports each run by its name and what was wrong.
pub fn run(root: &Path, record: &mut dyn FnMut(&str, Option<String>)) -> Outcome {
    check(&process::taipan_path(root, "release"), root, record)
}

/// `cargo xtask robust PROGRAM`
pub fn command(arguments: &[String]) -> Outcome {
    let [program] = arguments else { return Err("usage: cargo xtask robust PROGRAM".into()) };
    let (mut runs, mut failed) = (0, 0);
    check(&PathBuf::from(program).canonicalize()?, &project_root()?, &mut |what, failure| {
        runs += 1;
        if let Some(why) = failure {
            failed += 1;
            println!("FAILED {what}: {}", why.trim_end());
        }
    })?;
    println!("{} passed, {failed} failed", runs - failed);
    if failed == 0 { Ok(()) } else { Err("not everything passed".into()) }
}

fn check(taipan: &Path, root: &Path, record: &mut dyn FnMut(&str, Option<String>)) -> Outcome {
    let mut programs: Vec<PathBuf> = std::fs::read_dir(root.join("tests/robust"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ext| ext == "py"))
        .collect();
    programs.sort();
    for (number, program) in programs.iter().enumerate() {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(program)?;
        let has = |wanted: &str| text.lines().any(|line| line == wanted);
        let mut preparations = vec![String::new()];
        if has("# memory") {
            // Megabytes that differ with the program: any limit must do.
            preparations.extend((0..6).map(|run| format!("ulimit -v {}; ", (100 + number * 7 % 40 + run * 43) * 1024)));
        }
        if has("# closed") {
            preparations.extend(
                ["exec <&-; ", "exec >&-; ", "exec 2>&-; ", "exec <&- >&- 2>&-; ", "exec >/dev/full; "].map(str::to_owned),
            );
        }
        for preparation in preparations {
            let what = format!("robust {name} {preparation}");
            record(what.trim_end(), one(taipan, program, &preparation)?);
        }
    }
    Ok(())
}

/// What was wrong with one run. Being out of time is no fault: the programs have no end of their own where memory is plenty.
fn one(taipan: &Path, program: &Path, preparation: &str) -> Outcome<Option<String>> {
    let folder = std::env::temp_dir();
    let stem = format!("taipan-robust-{}", std::process::id());
    let (out, err) = (folder.join(format!("{stem}.out")), folder.join(format!("{stem}.err")));
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -c 0; ulimit -S -t 50; {preparation}exec \"$0\" \"$1\"")).arg(taipan).arg(program);
    let end = process::run(&mut command, &out, &err, LIMIT)?;
    let told = String::from_utf8_lossy(&std::fs::read(&err)?).into_owned();
    let _removed = (std::fs::remove_file(&out), std::fs::remove_file(&err));
    if told.contains("panicked at") || told.contains("Fatal Python error") || told.contains("memory allocation of") {
        return Ok(Some(told));
    }
    let complaint =
        end.complaint().filter(|why| !end.timed_out && !why.ends_with("signal 24") && !why.ends_with("exit code 120"));
    Ok(complaint.map(|why| format!("{why}\n{told}")))
}
