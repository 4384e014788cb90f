//! The Python half of the standard library, embedded: CPython 3.14.10's `Lib` without its tests, as data.
//!
//! Paths are relative to `Lib` and use `/`: `os.py`, `json/__init__.py`, `ensurepip/_bundled/pip-….whl`.
//! Nothing is computed, relocated or decompressed at start-up; a look-up is a binary search over the sorted index.
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

/// One embedded file. An `image` of length zero means that the file has none.
struct Entry {
    name: Span,
    source: Span,
    image: Span,
}

static NAMES: &str = include_str!(concat!(env!("OUT_DIR"), "/names.txt"));
static DATA: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/data.bin"));
include!(concat!(env!("OUT_DIR"), "/index.rs"));

impl Entry {
    fn path(&self) -> &'static str {
        NAMES.get(self.name.range()).unwrap_or_default()
    }

    fn source(&self) -> &'static [u8] {
        DATA.get(self.source.range()).unwrap_or_default()
    }
}

/// The content of the file at `path`.
pub fn find(path: &str) -> Option<&'static [u8]> {
    entry(path).map(Entry::source)
}

/// The compiled form of the module whose source is at `path`, in the VM's own image format, where the build made one.
pub fn image(path: &str) -> Option<&'static [u8]> {
    let image = entry(path)?.image;
    if image.len == 0 { None } else { DATA.get(image.range()) }
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
