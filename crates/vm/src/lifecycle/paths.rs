//! Where things are: `sys.prefix`, `sys.executable`, `sys.path`, as CPython's `getpath.py` computes them.

use super::config::Config;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The paths of one run.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    pub prefix: Vec<u8>,
    pub exec_prefix: Vec<u8>,
    pub base_prefix: Vec<u8>,
    pub base_exec_prefix: Vec<u8>,
    pub executable: Vec<u8>,
    pub base_executable: Vec<u8>,
    pub stdlib_dir: Vec<u8>,
    pub platlibdir: Vec<u8>,
    pub module_search: Vec<Vec<u8>>,
    /// The library's folder, where it is served from the program itself.
    pub embedded_root: Option<Vec<u8>>,
}

fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes.to_vec()))
}

/// The full path of the running program: as it was called, looked up along PATH where it was called by a bare name.
pub fn find_executable(program_name: &[u8]) -> Vec<u8> {
    if program_name.is_empty() {
        return Vec::new();
    }
    let name = path(program_name);
    if program_name.contains(&b'/') {
        return match std::env::current_dir() {
            Ok(current) if name.is_relative() => bytes(&normalise(&current.join(&name))),
            _ => program_name.to_vec(),
        };
    }
    let along = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&along).map(|folder| folder.join(&name)).find(|candidate| is_executable(candidate));
    found.map_or_else(|| std::env::current_exe().map_or_else(|_| Vec::new(), |own| bytes(&own)), |found| bytes(&found))
}

fn is_executable(candidate: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(candidate).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Takes out `.` components; `..` stay, since links may be involved.
fn normalise(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}

/// `home = …` of the `pyvenv.cfg` beside the program or above it.
fn venv_home(executable: &Path) -> Option<(PathBuf, PathBuf)> {
    let folder = executable.parent()?;
    for candidate in [Some(folder), folder.parent()].into_iter().flatten() {
        let Ok(content) = std::fs::read_to_string(candidate.join("pyvenv.cfg")) else { continue };
        let home = content.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim().eq_ignore_ascii_case("home")).then(|| PathBuf::from(value.trim()))
        });
        return home.map(|home| (candidate.to_path_buf(), home));
    }
    None
}

/// The program at the end of the chain of links, without `..` (`site` takes those out of `sys.path`, so they may not stay in the prefix).
fn real_executable(executable: &Path) -> PathBuf {
    let mut current = executable.to_path_buf();
    for _ in 0..40 {
        match std::fs::read_link(&current) {
            Ok(target) if target.is_absolute() => current = target,
            Ok(target) => current = current.parent().map(|parent| parent.join(&target)).unwrap_or(target),
            Err(_) => break,
        }
    }
    let is_parent = |part| matches!(part, std::path::Component::ParentDir);
    if current.components().any(is_parent) { std::fs::canonicalize(&current).unwrap_or(current) } else { current }
}

/// The folder above `start`, or `start` itself, that has the landmark.
fn search_up(start: &Path, landmark: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| folder.join(landmark).is_file()).map(Path::to_path_buf)
}

/// Computes all paths.
pub fn compute(config: &Config) -> Paths {
    let platlibdir = config.platlibdir.clone().unwrap_or_else(|| b"lib".to_vec());
    let library = PathBuf::from(OsString::from_vec(platlibdir.clone())).join("python3.14");
    let landmark = library.join("os.py");
    let executable = path(&config.executable);
    let venv = if config.python_home.is_some() { None } else { venv_home(&executable) };
    let home = config.python_home.as_ref().map(|home| {
        let home = String::from_utf8_lossy(home).into_owned();
        home.split(':').next().map(PathBuf::from).unwrap_or_default()
    });
    let real = match &venv {
        Some((_, home)) => home.join(executable.file_name().unwrap_or_default()),
        None => real_executable(&executable),
    };
    let start = real.parent().unwrap_or(Path::new("/"));
    let found = home.clone().or_else(|| search_up(start, &landmark));
    let on_disk = found.as_ref().is_some_and(|prefix| prefix.join(&landmark).is_file());
    let base = found.unwrap_or_else(|| embedded_prefix(start));
    let stdlib = base.join(&library);
    let prefix = venv.as_ref().map_or_else(|| base.clone(), |(folder, _)| folder.clone());
    let mut module_search = config.python_path.clone();
    module_search.push(bytes(&base.join("lib/python314.zip")));
    module_search.push(bytes(&stdlib));
    module_search.push(bytes(&stdlib.join("lib-dynload")));
    Paths {
        prefix: bytes(&prefix),
        exec_prefix: bytes(&prefix),
        base_prefix: bytes(&base),
        base_exec_prefix: bytes(&base),
        executable: config.executable.clone(),
        base_executable: if venv.is_some() { bytes(&real) } else { config.executable.clone() },
        stdlib_dir: bytes(&stdlib),
        platlibdir,
        module_search,
        embedded_root: (!on_disk).then(|| bytes(&stdlib)),
    }
}

/// The prefix where no library is on disk: the folder above `bin`, or that of the program.
fn embedded_prefix(folder: &Path) -> PathBuf {
    if folder.file_name().is_some_and(|name| name == "bin") {
        return folder.parent().unwrap_or(folder).to_path_buf();
    }
    folder.to_path_buf()
}
