//! Puts wheels, their test tools and their source archives into folders of the cache, by another Python's pip.
//!
//! A package has a folder `name-version` with `lib` (the wheel, unmodified) and `suite` (what is taken out of the source archive). A file `installed` marks it as whole.

use super::packages::{Suite, TOOLS, Wheel};
use crate::Outcome;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package's folder.
pub fn place(folder: &Path, wheel: &Wheel) -> PathBuf {
    folder.join(format!("{}-{}", wheel.name, wheel.version))
}

/// Installs the tools where they are missing; gives their folder.
pub fn tools(folder: &Path) -> Outcome<PathBuf> {
    let target = folder.join("tools");
    let marker = target.join("installed");
    let wanted = TOOLS.join("\n");
    if fs::read_to_string(&marker).is_ok_and(|found| found == wanted) {
        return Ok(target);
    }
    let _ = fs::remove_dir_all(&target);
    install(&target, TOOLS)?;
    fs::write(marker, wanted)?;
    Ok(target)
}

/// Installs the wheel and unpacks its source archive, where they are missing; gives the folder.
pub fn wheel(folder: &Path, wheel: &Wheel) -> Outcome<PathBuf> {
    let place = place(folder, wheel);
    let marker = place.join("installed");
    if marker.exists() {
        return Ok(place);
    }
    let _ = fs::remove_dir_all(&place);
    let pinned = format!("{}=={}", wheel.name, wheel.version);
    install(&place.join("lib"), &[&pinned])?;
    if let Suite::Archive(wanted, _) = wheel.suite {
        source(&place, wheel.name, &pinned, wanted)?;
    }
    fs::write(marker, "")?;
    Ok(place)
}

fn install(target: &Path, pinned: &[&str]) -> Outcome {
    fs::create_dir_all(target)?;
    let mut pip = pip();
    pip.args(["install", "--no-deps", "--no-compile", "--python-version", "3.14", "--only-binary=:all:", "--target"]);
    if pip.arg(target).args(pinned).status()?.success() {
        return Ok(());
    }
    Err(format!("{} cannot be installed", pinned.join(" ")).into())
}

/// Downloads the source archive and takes `wanted` out of it. (pip looks at an archive's metadata, for which it may build tools.)
fn source(place: &Path, name: &str, pinned: &str, wanted: &[&str]) -> Outcome {
    let archives = place.join("archive");
    fs::create_dir_all(&archives)?;
    let downloaded = pip().args(["download", "--no-deps", "--no-binary", name, "-d"]).arg(&archives).arg(pinned).status()?;
    let archive =
        fs::read_dir(&archives)?.flatten().map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with(".tar.gz"));
    let (true, Some(archive)) = (downloaded.success(), archive) else {
        return Err(format!("the source archive of {pinned} cannot be downloaded").into());
    };
    let suite = place.join("suite");
    fs::create_dir_all(&suite)?;
    let mut tar = Command::new("tar");
    tar.arg("xzf").arg(archive).arg("-C").arg(&suite).args(["--strip-components=1", "--wildcards"]);
    if tar.args(wanted.iter().map(|path| format!("*-*/{path}"))).status()?.success() {
        Ok(())
    } else {
        Err(format!("{pinned}: tar failed").into())
    }
}

fn pip() -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "-q", "--disable-pip-version-check", "--no-input"]).env("PIP_ROOT_USER_ACTION", "ignore");
    command
}
