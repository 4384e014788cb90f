//! Compiles the library with our own compiler into one image (`bytecode::image`).

use crate::Tree;
use bytecode::image::Writer;
use std::collections::BTreeMap;
use std::error::Error;
use syntax::ParseOptions;

/// What each start of the program reads: these stand in the first part, so that it touches few pages.
const FIRST: [&str; 17] = [
    "importlib/_bootstrap.py",
    "importlib/_bootstrap_external.py",
    "zipimport.py",
    "programs/embedded.py",
    "encodings/__init__.py",
    "codecs.py",
    "encodings/aliases.py",
    "encodings/utf_8.py",
    "abc.py",
    "site.py",
    "os.py",
    "stat.py",
    "_collections_abc.py",
    "posixpath.py",
    "genericpath.py",
    "_sitebuiltins.py",
    "linecache.py",
];

/// Native stack for a module's recursion, and what the compiler may use of it.
const STACK: usize = 64 << 20;
const USABLE: usize = 48 << 20;

/// The image, and the number of each module's code by path. A file that is no program in UTF-8 has none.
pub fn build(tree: &Tree) -> Result<(Vec<u8>, BTreeMap<String, u32>), Box<dyn Error>> {
    let first = FIRST.iter().filter_map(|path| tree.get_key_value(*path));
    let rest = tree.iter().filter(|(path, _)| path.ends_with(".py") && !FIRST.contains(&path.as_str()));
    let files: Vec<_> = first.chain(rest).collect();
    std::thread::scope(|scope| {
        let half = files.len() / 2;
        let (left, right) = files.split_at_checked(half).unwrap_or((&files, &[]));
        let compile = |part: &[(&String, &Vec<u8>)]| part.iter().map(|(_, source)| compile(source)).collect::<Vec<_>>();
        let spawn = |part| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || compile(part));
        let (left, right) = (spawn(left)?, spawn(right)?);
        let mut writer = Writer::default();
        let mut numbers = BTreeMap::new();
        let left = left.join().map_err(|_| "the compiler panicked")?;
        let right = right.join().map_err(|_| "the compiler panicked")?;
        for ((path, _), code) in files.iter().zip(left.into_iter().chain(right)) {
            if !FIRST.contains(&path.as_str()) {
                writer.begin_second_part();
            }
            if let Some(code) = code {
                numbers.insert((*path).clone(), writer.add(&code).map_err(|e| format!("{path}: {e}"))?);
            }
        }
        Ok((writer.finish()?, numbers))
    })
}

fn compile(source: &[u8]) -> Option<bytecode::Code> {
    let text = std::str::from_utf8(source).ok().filter(|text| text.is_ascii() || says_utf8(text))?;
    let marker = 0u8;
    let stack_limit = std::ptr::from_ref(&marker).addr().saturating_sub(USABLE);
    let options = ParseOptions { stack_limit, ..ParseOptions::default() };
    let mut module = syntax::parse(text, &options, &mut ()).ok()?;
    let options = compiler::CompileOptions { stack: USABLE, ..compiler::CompileOptions::default() };
    compiler::compile(&mut module, "", &options, &mut ()).ok()
}

/// Whether no cookie in the first two lines names another encoding.
fn says_utf8(text: &str) -> bool {
    let mut cookies = text.lines().take(2).filter(|line| line.starts_with('#') && line.contains("coding"));
    cookies.all(|line| line.to_ascii_lowercase().contains("utf-8"))
}
