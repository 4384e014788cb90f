//! Runs a script with the reference CPython and compares its lines with our answers; without a reference the test is skipped.

use std::path::PathBuf;
use std::process::Command;

/// The reference interpreter: `TAIPAN_REFERENCE`, or where `cargo xtask reference` puts it.
fn interpreter() -> Option<PathBuf> {
    let path = match std::env::var_os("TAIPAN_REFERENCE") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".cache/taipan-reference/cpython/bin/python3.14"),
    };
    path.exists().then_some(path)
}

/// Each line of the script is an operation, arguments and the answer, separated by tabs. `answer` gets them all and gives the
/// number of arguments and our answer.
pub fn check(script: &str, answer: impl Fn(&str, &[&str]) -> (usize, String)) {
    let Some(python) = interpreter() else {
        eprintln!("no reference CPython: skipped");
        return;
    };
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(script);
    let output = Command::new(python).arg("-S").arg(path).output().expect("the reference runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let (mut wrong, mut lines) = (0, 0);
    for line in text.split('\n').filter(|line| !line.is_empty()) {
        lines += 1;
        let fields: Vec<&str> = line.split('\t').collect();
        let (count, ours) = answer(fields[0], &fields[1..]);
        let theirs = fields[1 + count..].join("\t");
        if ours != theirs {
            wrong += 1;
            if wrong <= 30 {
                let cut = |text: &str| text.chars().take(200).collect::<String>();
                eprintln!("{}: CPython {} ours {}", cut(&fields[..1 + count].join(" ")), cut(&theirs), cut(&ours));
            }
        }
    }
    assert!(lines > 100, "the script wrote {lines} lines");
    assert_eq!(wrong, 0, "of {lines} answers");
}
