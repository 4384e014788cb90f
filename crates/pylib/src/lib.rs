//! The Python half of the standard library, embedded: CPython 3.14.10's `Lib` without its tests, as data.
//!
//! Paths are relative to `Lib` and use `/`: `os.py`, `json/__init__.py`, `ensurepip/_bundled/pip-….whl`.
//! Nothing is computed, relocated or decompressed at start-up; a look-up is a binary search over the sorted index.
//! Beside the source stands the code of every module, compiled when the program was built, in the format of `bytecode::image`.
//! This crate knows nothing of Python: what a path means is the importer's business.

/// Where a piece lies within `NAMES` or `DATA`.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    len: u32,
}

impl Span {
    fn range(self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start + self.len as usize
    }
}

/// One embedded file.
struct Entry {
    name: Span,
    source: Span,
    /// The number of its code in the image, [`NO_CODE`] where it has none.
    code: u32,
}

const NO_CODE: u32 = u32::MAX;

static NAMES: &str = include_str!(concat!(env!("OUT_DIR"), "/names.txt"));
// Arrays with names, so that the linker's script can put them behind small things that a start reads.
static DATA: [u8; include_bytes!(concat!(env!("OUT_DIR"), "/data.bin")).len()] =
    *include_bytes!(concat!(env!("OUT_DIR"), "/data.bin"));
static IMAGE: [u8; include_bytes!(concat!(env!("OUT_DIR"), "/image.bin")).len()] =
    *include_bytes!(concat!(env!("OUT_DIR"), "/image.bin"));
include!(concat!(env!("OUT_DIR"), "/index.rs"));

impl Entry {
    fn path(&self) -> &'static str {
        NAMES.get(self.name.range()).unwrap_or_default()
    }

    fn source(&self) -> &'static [u8] {
        DATA.get(self.source.range()).unwrap_or_default()
    }

    fn code(&self) -> Option<u32> {
        (self.code != NO_CODE).then_some(self.code)
    }
}

/// The content of the file at `path`.
pub fn find(path: &str) -> Option<&'static [u8]> {
    entry(path).map(Entry::source)
}

/// The number in [`image`] of the code of the module whose source is at `path`.
pub fn code(path: &str) -> Option<u32> {
    entry(path)?.code()
}

/// The code of all modules, in the format of `bytecode::image`.
pub fn image() -> &'static [u8] {
    &IMAGE
}

/// A program of the implementation itself, from the folder `programs` of this crate: its source, and its number in [`image`].
pub fn program(name: &str) -> Option<(&'static [u8], Option<u32>)> {
    let is_it = |entry: &&Entry| entry.path().strip_prefix("programs/") == Some(name);
    PROGRAMS.iter().find(is_it).map(|entry| (entry.source(), entry.code()))
}

/// Whether `path` is a folder. The empty path is the root.
pub fn is_dir(path: &str) -> bool {
    path.is_empty() || below(path).next().is_some()
}

/// What a folder holds, in the order of the bytes of the names; nothing where `path` is not a folder.
pub fn list_dir(path: &str) -> impl Iterator<Item = DirEntry> {
    let mut last = "";
    below(path).filter_map(move |rest| {
        let (name, is_dir) = match rest.split_once('/') {
            Some((folder, _)) => (folder, true),
            None => (rest, false),
        };
        let fresh = name != last;
        last = name;
        fresh.then_some(DirEntry { name, is_dir })
    })
}

/// Every embedded file, path and content, sorted by path.
pub fn files() -> impl ExactSizeIterator<Item = (&'static str, &'static [u8])> {
    INDEX.iter().map(|entry| (entry.path(), entry.source()))
}

/// One name in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The last component of the path.
    pub name: &'static str,
    /// Whether it is a folder itself.
    pub is_dir: bool,
}

fn entry(path: &str) -> Option<&'static Entry> {
    let index = INDEX.binary_search_by(|entry| entry.path().cmp(path)).ok()?;
    INDEX.get(index)
}

/// The files under the folder `path`, at any depth, by their path relative to it.
fn below(path: &str) -> impl Iterator<Item = &'static str> {
    let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
    let first = INDEX.partition_point(|entry| entry.path() < folder.as_str());
    let entries = INDEX.get(first..).unwrap_or_default();
    entries.iter().map_while(move |entry| entry.path().strip_prefix(folder.as_str()))
}

#[cfg(test)]
mod tests;
