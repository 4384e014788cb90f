//! Source or syntax tree to code object: the parser and the compiler behind one door, with errors and warnings as Python's.

mod decode;
mod errors;
mod warn;

use crate::lifecycle::support;
use crate::sys::audit::{active, audit};
use compiler::stages::Instructions;
use host::region::Scope;
use object::protocol::buffer::Buffer;
use object::value::{bytes, str as text};
use object::{Borrowed, PyResult, Raised, Ref, core, raise, thread};
use std::borrow::Cow;
use syntax::ast::Mod;

use decode::Origin;

pub(crate) use decode::line_of_file;
pub use syntax::Mode;

/// `PyCF_*`.
pub mod cf {
    /// The future features that `compile` knows.
    pub const MASK: u32 = bytecode::flags::PYCF_MASK;
    pub const MASK_OBSOLETE: u32 = bytecode::flags::CO_NESTED;
    pub const SOURCE_IS_UTF8: u32 = 0x0100;
    pub const DONT_IMPLY_DEDENT: u32 = 0x0200;
    pub const ONLY_AST: u32 = 0x0400;
    pub const IGNORE_COOKIE: u32 = 0x0800;
    pub const TYPE_COMMENTS: u32 = 0x1000;
    pub const ALLOW_TOP_LEVEL_AWAIT: u32 = 0x2000;
    pub const ALLOW_INCOMPLETE_INPUT: u32 = 0x4000;
    pub const OPTIMIZED_AST: u32 = 0x8000 | ONLY_AST;
    /// The flags that `compile` accepts besides the futures.
    pub const COMPILE_MASK: u32 =
        ONLY_AST | ALLOW_TOP_LEVEL_AWAIT | TYPE_COMMENTS | DONT_IMPLY_DEDENT | ALLOW_INCOMPLETE_INPUT | OPTIMIZED_AST;
}

/// How to compile.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub mode: Mode,
    /// Bits of [`cf`].
    pub flags: u32,
    /// 0, 1, 2, or -1 for the interpreter's own level.
    pub optimize: i32,
    /// The minor version of Python, or -1.
    pub feature_version: i32,
}

impl Options {
    /// For a program in this mode, without further flags.
    pub fn new(mode: Mode) -> Self {
        Options { mode, flags: 0, optimize: -1, feature_version: -1 }
    }

    fn optimize(self) -> u32 {
        u32::try_from(self.optimize).unwrap_or_else(|_| crate::lifecycle::config().map_or(0, |config| config.optimize))
    }

    fn parse(self) -> syntax::ParseOptions {
        let mut flags = syntax::Flags::default();
        for (bit, flag) in [
            (cf::DONT_IMPLY_DEDENT, syntax::Flags::DONT_IMPLY_DEDENT),
            (cf::TYPE_COMMENTS, syntax::Flags::TYPE_COMMENTS),
            (cf::ALLOW_INCOMPLETE_INPUT, syntax::Flags::ALLOW_INCOMPLETE_INPUT),
            (bytecode::flags::CO_FUTURE_BARRY_AS_BDFL, syntax::Flags::BARRY_AS_BDFL),
        ] {
            if self.flags & bit != 0 {
                flags |= flag;
            }
        }
        let version = if self.flags & cf::ONLY_AST != 0 { u8::try_from(self.feature_version).ok() } else { None };
        syntax::ParseOptions {
            mode: self.mode,
            flags,
            feature_version: version.unwrap_or(14),
            max_str_digits: crate::sys::limits::int_max_str_digits(),
            stack_limit: thread::current().stack_limit.get(),
        }
    }

    /// The program as the parser sees it.
    fn seen(self, program: &str) -> String {
        let lines = program.replace("\r\n", "\n").replace('\r', "\n");
        let ends = self.mode != Mode::Exec || lines.ends_with('\n');
        if ends { lines } else { lines + "\n" }
    }

    fn compile(self) -> compiler::CompileOptions {
        compiler::CompileOptions {
            optimize: self.optimize(),
            flags: self.flags & cf::MASK,
            top_level_await: self.flags & cf::ALLOW_TOP_LEVEL_AWAIT != 0,
            stack: remaining_stack(),
        }
    }
}

/// Bytes of native stack that recursion may use.
fn remaining_stack() -> usize {
    object::recursion::stack_pointer().saturating_sub(thread::current().stack_limit.get())
}

/// The text of a program.
pub struct Source {
    content: Content,
    /// How many bytes at the start do not count.
    skipped: usize,
    origin: Origin,
}

/// Bytes as they came.
enum Content {
    Owned(Vec<u8>),
    /// A bytes object.
    Object(Ref),
}

impl Source {
    /// Program text that is UTF-8 by nature.
    pub fn from_text(program: &str) -> Self {
        Source::new(program.as_bytes().to_vec(), Origin::Text)
    }

    fn new(bytes: Vec<u8>, origin: Origin) -> Self {
        Source { content: Content::Owned(bytes), skipped: 0, origin }
    }

    fn bytes(&self) -> &[u8] {
        let bytes = match &self.content {
            Content::Owned(bytes) => bytes,
            Content::Object(object) => bytes::value(object.b()).unwrap_or_default(),
        };
        bytes.get(self.skipped..).unwrap_or_default()
    }

    /// Bytes with a cookie, or none.
    pub fn from_bytes(program: Vec<u8>) -> Self {
        Source::new(program, Origin::Bytes)
    }

    /// Bytes that are to be UTF-8, without a cookie.
    pub fn from_utf8(program: Vec<u8>) -> Self {
        Source::new(program, Origin::Text)
    }

    /// The content of a file that is run.
    pub fn from_file(content: Vec<u8>) -> Self {
        Source::new(content, Origin::File)
    }

    /// The source argument of `compile`, `eval` or `exec`. Text sets IGNORE_COOKIE in `flags`.
    pub fn from_object(object: Borrowed<'_>, function: &str, what: &str, flags: &mut u32) -> PyResult<Source> {
        let source = if text::check(object) {
            *flags |= cf::IGNORE_COOKIE;
            match text::to_string(object) {
                Some(program) => Source::new(program.into_bytes(), Origin::Text),
                None => return Err(object::convert::surrogates_not_allowed(object)),
            }
        } else if object.has_buffer() {
            let origin = if *flags & cf::IGNORE_COOKIE != 0 { Origin::Text } else { Origin::Bytes };
            if object.class().is_type(&core::BYTES) {
                Source { content: Content::Object(object.to_ref()), skipped: 0, origin }
            } else {
                Source::new(Buffer::readable(object)?.bytes().to_vec(), origin)
            }
        } else {
            return Err(raise!(TypeError, "{function}() arg 1 must be a {what} object"));
        };
        if source.has_null() { Err(support::null_in_source()) } else { Ok(source) }
    }

    /// Drops blanks at the start, as `eval` does.
    pub fn skip_blanks(&mut self) {
        self.skipped += self.bytes().iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    }

    fn has_null(&self) -> bool {
        memchr::memchr(0, self.bytes()).is_some()
    }

    /// The source as audit hooks see it: a bytes object; None where nobody listens.
    pub fn audited(&self) -> PyResult<Ref> {
        if active() { bytes::new(self.bytes()) } else { Ok(core::none_ref()) }
    }

    /// Tokens, trees and code of a program are many small allocations that cannot fail one by one: a large program is refused where
    /// the memory for them is not there.
    fn check_memory(&self) -> PyResult<()> {
        const SMALL: usize = 4 << 10;
        const BYTES_PER_BYTE: usize = 400;
        if self.bytes().len() <= SMALL {
            return Ok(());
        }
        let wanted = self.bytes().len().saturating_mul(BYTES_PER_BYTE);
        if host::memory::is_available(wanted) {
            return Ok(());
        }
        // The allocator may have what the system has not.
        let mut probe: Vec<u8> = Vec::new();
        probe.try_reserve_exact(wanted).map_err(|_| object::error::no_memory())
    }

    /// The text, decoded.
    fn text(&self, mode: Mode, filename: Borrowed<'_>) -> PyResult<Cow<'_, str>> {
        self.check_memory()?;
        if self.has_null() {
            return Err(support::null_in_source());
        }
        decode::decode(self.bytes(), self.origin, mode == Mode::Exec, filename)
    }
}

/// Up to so many bytes a program is not worth a region of its own for what becomes of it on the way.
const SMALL: usize = 512;

/// Compiles to a code object, or to an AST object under ONLY_AST. `audited` is what audit hooks see as the source.
pub fn compile_source(source: &Source, filename: Borrowed<'_>, options: Options, audited: Ref) -> PyResult<Ref> {
    audit("compile", || Ok(vec![audited, filename.to_ref()]))?;
    let _scope = (source.bytes().len() > SMALL).then(Scope::enter);
    let program = source.text(options.mode, filename)?;
    let mut sink = warn::Sink::new(filename);
    let mut parse = options.parse();
    if source.origin == Origin::File {
        parse.flags |= syntax::Flags::FILE;
    }
    let mut module = match syntax::parse(&program, &parse, &mut sink) {
        Ok(module) => module,
        Err(error) => return Err(errors::raise_syntax(&error, &options.seen(&program), filename, sink)),
    };
    if options.flags & cf::ONLY_AST != 0 {
        let check_only = options.flags & cf::OPTIMIZED_AST != cf::OPTIMIZED_AST;
        if let Err(error) = preprocess(&mut module, options, check_only) {
            return Err(errors::raise_compile(&error, filename, sink));
        }
        drop(program);
        return crate::ast_module::to_object(&module);
    }
    finish(&mut module, filename, options, sink)
}

/// Compiles an AST object. Under ONLY_AST the result is the tree itself, checked (and optimised where asked).
pub fn compile_ast(tree: Borrowed<'_>, filename: Borrowed<'_>, options: Options) -> PyResult<Ref> {
    audit("compile", || Ok(vec![tree.to_ref(), filename.to_ref()]))?;
    let only_ast = options.flags & cf::ONLY_AST != 0;
    if only_ast && options.flags & cf::OPTIMIZED_AST != cf::OPTIMIZED_AST {
        crate::ast_module::check_mode(tree, options.mode)?;
        return Ok(tree.to_ref());
    }
    let mut module = crate::ast_module::from_object(tree, options.mode)?;
    let sink = warn::Sink::new(filename);
    if let Err(error) = compiler::validate::validate(&module, remaining_stack()) {
        return Err(errors::raise_compile(&error, filename, sink));
    }
    if only_ast {
        return match preprocess(&mut module, options, false) {
            Ok(_) => crate::ast_module::to_object(&module),
            Err(error) => Err(errors::raise_compile(&error, filename, sink)),
        };
    }
    finish(&mut module, filename, options, sink)
}

/// What happens to a tree that is not compiled. Its warnings come when it is.
fn preprocess(module: &mut Mod, options: Options, check_only: bool) -> Result<(), compiler::CompileError> {
    let future = compiler::future::from_ast(module)?;
    let preprocess = compiler::preprocess::Options {
        optimize: options.optimize(),
        features: future.features | options.flags & cf::MASK,
        syntax_check_only: check_only,
        warnings: None,
        stack: remaining_stack(),
    };
    compiler::preprocess::preprocess(module, preprocess).map(drop)
}

fn finish(module: &mut Mod, filename: Borrowed<'_>, options: Options, mut sink: warn::Sink<'_>) -> PyResult<Ref> {
    let name = bytecode::Text::from_wtf8(text::to_wtf8(filename));
    match compiler::compile(module, name, &options.compile(), &mut sink) {
        Ok(code) => Ok(crate::code::build::from_bytecode(&code, filename)?.upcast()),
        Err(error) => Err(errors::raise_compile(&error, filename, sink)),
    }
}

/// The instructions of a tree before they are optimised, and its constants.
pub fn generate(module: &mut Mod, filename: Borrowed<'_>, options: Options) -> PyResult<(Instructions, Vec<bytecode::Const>)> {
    let mut sink = warn::Sink::new(filename);
    let name = bytecode::Text::from_wtf8(text::to_wtf8(filename));
    compiler::stages::generate(module, name, &options.compile(), &mut sink)
        .map_err(|error| errors::raise_compile(&error, filename, sink))
}

/// Raises what a stage of the compiler found.
pub fn raise_compile_error(error: &compiler::CompileError, filename: Borrowed<'_>) -> Raised {
    errors::raise_compile(error, filename, warn::Sink::new(filename))
}

/// Compiles a program of the implementation itself, or one that was read from a file.
pub fn compile_program(source: &Source, filename: &str, mode: Mode, flags: u32) -> PyResult<Ref> {
    let filename = text::new(filename)?;
    let options = Options { flags, ..Options::new(mode) };
    compile_source(source, filename.b(), options, core::none_ref())
}

/// The symbol table of a program, for the module `_symtable`.
pub fn symbols(source: &Source, filename: Borrowed<'_>, options: Options) -> PyResult<compiler::symtable::Symtable> {
    let program = source.text(options.mode, filename)?;
    let mut sink = warn::Sink::new(filename);
    let module = match syntax::parse(&program, &options.parse(), &mut sink) {
        Ok(module) => module,
        Err(error) => return Err(errors::raise_syntax(&error, &options.seen(&program), filename, sink)),
    };
    compiler::symbols(&module, &options.compile()).map_err(|error| errors::raise_compile(&error, filename, sink))
}
