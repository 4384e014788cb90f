//! Packs the standard library, its source and its code, into blobs and one index for `src/lib.rs` to embed.
//!
//! The text comes from three places, the later winning over the earlier: the crate `rustpython-pylib`, the
//! patches in `patches/` that bring it to CPython 3.14.10, and the whole files in `overlay/`.
//! A patch that does not apply exactly fails the build.

mod image;
mod pack;
mod patch;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The library while it is put together: path relative to `Lib`, with `/`, and the file's bytes.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// What the crate carries beyond CPython's `Lib`, and what needs Tk to be of any use.
const LEFT_OUT: [&str; 8] = [
    "PSF-LICENSE",
    "README.md",
    "_dummy_os.py",
    "_dummy_thread.py",
    "_pycodecs.py",
    "dummy_threading.py",
    "ctypes/macholib/",
    "idlelib/",
];

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("no CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    for watched in ["build", "patches", "overlay", "programs", "LICENSE-PSF"] {
        println!("cargo::rerun-if-changed={watched}");
    }

    let mut tree = Tree::new();
    read_tree(Path::new(rustpython_pylib::LIB_PATH), "", &mut tree)?;
    tree.retain(|path, _| !LEFT_OUT.iter().any(|out| path.starts_with(out)));
    for file in sorted_entries(&here.join("patches"))? {
        patch::apply(&fs::read_to_string(&file)?, &mut tree).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    read_tree(&here.join("overlay"), "", &mut tree)?;
    tree.insert("LICENSE.txt".to_owned(), fs::read(here.join("LICENSE-PSF"))?);

    // Programs of the implementation itself are compiled with the library, but are no part of it.
    let mut programs = Tree::new();
    read_tree(&here.join("programs"), "programs/", &mut programs)?;
    tree.append(&mut programs.clone());
    let (image, numbers) = image::build(&tree)?;
    tree.retain(|path, _| !programs.contains_key(path));
    pack::write(&out, &tree, &programs, &numbers)?;
    fs::write(out.join("image.bin"), image)?;
    Ok(())
}

fn read_tree(folder: &Path, prefix: &str, tree: &mut Tree) -> Result<(), Box<dyn Error>> {
    for path in sorted_entries(folder)? {
        let name = path.file_name().and_then(|n| n.to_str()).ok_or("a file name is not UTF-8")?;
        if name == "__pycache__" || name.ends_with(".pyc") {
            continue;
        }
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            read_tree(&path, &format!("{relative}/"), tree)?;
        } else {
            tree.insert(relative, fs::read(&path)?);
        }
    }
    Ok(())
}

fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut entries = fs::read_dir(folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    Ok(entries)
}
