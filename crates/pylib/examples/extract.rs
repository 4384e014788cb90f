//! Writes the embedded library into a folder: `cargo run -p pylib --example extract -- DIR`.
//! For tools that want `Lib` as files: a comparison with the reference, a prefix for a debugger.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: extract DIR")?);
    for (path, data) in pylib::files() {
        let file = root.join(path);
        fs::create_dir_all(file.parent().unwrap_or(&root))?;
        fs::write(file, data)?;
    }
    println!("{} files in {}", pylib::files().len(), root.display());
    Ok(())
}
