//! Twenty large packages of pure Python from PyPI, at fixed versions.

use crate::Outcome;
use crate::reference;
use std::path::PathBuf;
use std::process::Command;

const PACKAGES: [&str; 20] = [
    "babel==2.19.0",
    "black==26.10.1",
    "botocore==1.44.8",
    "click==8.5.1",
    "django==6.1.3",
    "docutils==0.23",
    "flask==3.1.3",
    "jinja2==3.1.6",
    "networkx==3.7",
    "pip==26.3",
    "pygments==2.21.0",
    "requests==2.34.2",
    "rich==15.0.0",
    "setuptools==84.2.1",
    "sphinx==9.2.0",
    "sqlalchemy==2.1.9",
    "sympy==1.14.0",
    "twisted==26.10.0",
    "urllib3==2.8.0",
    "werkzeug==3.1.9",
];

/// The folder with all of them, which are fetched where they are missing.
pub fn folder() -> Outcome<PathBuf> {
    let folder = reference::cache("packages")?;
    for package in PACKAGES {
        let target = folder.join(package);
        if target.exists() {
            continue;
        }
        let fresh = folder.join("unfinished");
        let _ = std::fs::remove_dir_all(&fresh);
        std::fs::create_dir_all(&fresh)?;
        let status = Command::new("python3")
            .args([
                "-m",
                "pip",
                "install",
                "-q",
                "--no-deps",
                "--no-compile",
                "--python-version",
                "3.14",
                "--only-binary=:all:",
                "--ignore-requires-python",
            ])
            .arg("--target")
            .arg(&fresh)
            .arg(package)
            .status()?;
        if !status.success() {
            return Err(format!("{package} cannot be fetched").into());
        }
        std::fs::rename(&fresh, &target)?;
    }
    Ok(folder)
}
