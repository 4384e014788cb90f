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

/// Modules and packages (with a slash) that many programs import, in the order in which they need one another: these stand at the start of the second part.
const COMMON: [&str; 75] = [
    "io.py",
    "types.py",
    "operator.py",
    "keyword.py",
    "reprlib.py",
    "_weakrefset.py",
    "weakref.py",
    "copyreg.py",
    "collections/",
    "functools.py",
    "enum.py",
    "re/",
    "contextlib.py",
    "warnings.py",
    "_py_warnings.py",
    "copy.py",
    "json/",
    "annotationlib.py",
    "ast.py",
    "typing.py",
    "token.py",
    "tokenize.py",
    "opcode.py",
    "_opcode_metadata.py",
    "dis.py",
    "importlib/",
    "inspect.py",
    "dataclasses.py",
    "textwrap.py",
    "_colorize.py",
    "traceback.py",
    "heapq.py",
    "bisect.py",
    "fnmatch.py",
    "glob.py",
    "ntpath.py",
    "pathlib/",
    "signal.py",
    "difflib.py",
    "pprint.py",
    "gettext.py",
    "argparse.py",
    "unittest/",
    "string/",
    "struct.py",
    "datetime.py",
    "calendar.py",
    "locale.py",
    "numbers.py",
    "decimal.py",
    "fractions.py",
    "random.py",
    "statistics.py",
    "hashlib.py",
    "base64.py",
    "threading.py",
    "queue.py",
    "selectors.py",
    "socket.py",
    "subprocess.py",
    "shutil.py",
    "tempfile.py",
    "platform.py",
    "logging/",
    "pickle.py",
    "csv.py",
    "configparser.py",
    "urllib/",
    "uuid.py",
    "concurrent/",
    "asyncio/",
    "email/",
    "http/",
    "ssl.py",
    "zipfile/",
];

/// The place of a file in [`COMMON`].
fn place(path: &str) -> usize {
    COMMON.iter().position(|name| path == *name || name.ends_with('/') && path.starts_with(name)).unwrap_or(COMMON.len())
}

/// Native stack for a module's recursion, and what the compiler may use of it.
const STACK: usize = 64 << 20;
const USABLE: usize = 48 << 20;

/// The image, and the number of each module's code by path. A file that is no program in UTF-8 has none.
pub fn build(tree: &Tree) -> Result<(Vec<u8>, BTreeMap<String, u32>), Box<dyn Error>> {
    let first = FIRST.iter().filter_map(|path| tree.get_key_value(*path));
    let mut rest: Vec<_> = tree.iter().filter(|(path, _)| path.ends_with(".py") && !FIRST.contains(&path.as_str())).collect();
    rest.sort_by_key(|(path, _)| place(path));
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
