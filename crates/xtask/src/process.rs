//! Running a program under a time limit, with its output in files: a pipe would be held open by grandchildren.

use crate::Outcome;
use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How a program ended.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// What `wait` said; that of the kill where the time was over.
    pub status: ExitStatus,
    /// Whether the time limit ended it.
    pub timed_out: bool,
    /// Wall-clock time.
    pub seconds: f64,
}

impl End {
    /// In words, for a report: nothing for the exit codes of a run that came to its end.
    pub fn complaint(&self) -> Option<String> {
        match (self.timed_out, self.status.signal(), self.status.code()) {
            (true, ..) => Some(format!("time limit reached after {:.0} s", self.seconds)),
            (_, Some(signal), _) => Some(format!("killed by signal {signal}")),
            (_, _, Some(0 | 1 | 5)) => None,
            (_, _, code) => Some(format!("exit code {}", code.unwrap_or(-1))),
        }
    }
}

/// Runs `command` in a process group of its own, and ends the whole group when the limit is reached or it has ended.
pub fn run(command: &mut Command, stdout: &Path, stderr: &Path, limit: Duration) -> Outcome<End> {
    let began = Instant::now();
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(File::create(stdout)?)
        .stderr(File::create(stderr)?)
        .spawn()
        .map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    let mut pause = Duration::from_millis(2);
    let mut timed_out = false;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if !timed_out && began.elapsed() >= limit {
            timed_out = true;
            kill_group(child.id());
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    };
    let seconds = began.elapsed().as_secs_f64();
    kill_group(child.id());
    Ok(End { status, timed_out, seconds })
}

/// A command that starts `program` with the signals that a shell may have told this process to ignore at their defaults.
pub fn with_default_signals(program: &Path) -> Command {
    let mut command = Command::new("env");
    command.arg("--default-signal=INT,QUIT,HUP").arg(program);
    command
}

/// Removes the variables that would make a Python behave otherwise than freshly installed.
pub fn clean_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") {
            command.env_remove(name);
        }
    }
}

/// Where cargo put (or will put) the program `taipan` of a profile.
pub fn taipan_path(root: &Path, profile: &str) -> PathBuf {
    target_folder(root).join(profile).join("taipan")
}

/// The folder that cargo builds in.
pub fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn kill_group(id: u32) {
    // Fails where the group is gone already, as it should be.
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
