//! Functions of `builtins` that compile and run programs: `compile`, `eval`, `exec`, `__import__`, `breakpoint`.

use macros::pymodule;

#[pymodule(part)]
pub(crate) mod part {
    use crate::compile::{self, Source, cf};
    use crate::lifecycle::{frame_access, support};
    use crate::sys::{self, audit::audit};
    use object::value::{str as text, tuple};
    use object::{Borrowed, KwArgs, PyResult, Ref, core, id, raise};

    /// Import a module.
    ///
    /// Because this function is meant for use by the Python
    /// interpreter and not for general use, it is better to use
    /// importlib.import_module() to programmatically import a module.
    ///
    /// The globals argument is only used to determine the context;
    /// they are not modified.  The locals argument is unused.  The fromlist
    /// should be a list of names to emulate ``from name import ...``, or an
    /// empty list to emulate ``import name``.
    /// When importing a module from a package, note that __import__('A.B', ...)
    /// returns package A when fromlist is empty, but its submodule B when
    /// fromlist is not empty.  The level argument is used to determine whether to
    /// perform absolute or relative imports: 0 is absolute, while a positive number
    /// is the number of parent directories to search relative to the current module.
    #[pyfunction("(name, globals=None, locals=None, fromlist=(), level=0)")]
    fn __import__(
        name: Borrowed<'_>,
        globals: Option<Borrowed<'_>>,
        _locals: Option<Borrowed<'_>>,
        fromlist: Option<Borrowed<'_>>,
        level: i32,
    ) -> PyResult<Ref> {
        crate::import::import_module_level(name, globals, fromlist, level)
    }

    /// Compile source into a code object that can be executed by exec() or eval().
    ///
    /// The source code may represent a Python module, statement or expression.
    /// The filename will be used for run-time error messages.
    /// The mode must be 'exec' to compile a module, 'single' to compile a
    /// single (interactive) statement, or 'eval' to compile an expression.
    /// The flags argument, if present, controls which future statements influence
    /// the compilation of the code.
    /// The dont_inherit argument, if true, stops the compilation inheriting
    /// the effects of any future statements in effect in the code calling
    /// compile; if absent or false these statements do influence the compilation,
    /// in addition to any features explicitly specified.
    #[pyfunction("(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)")]
    fn compile(
        source: Borrowed<'_>,
        filename: Borrowed<'_>,
        mode: object::convert::Str<'_>,
        flags: i32,
        dont_inherit: bool,
        optimize: i32,
        feature_version: i32,
    ) -> PyResult<Ref> {
        let filename = support::fs_decode(filename)?;
        let mut flags = u32::try_from(flags).unwrap_or(u32::MAX);
        if flags & !(cf::MASK | cf::MASK_OBSOLETE | cf::COMPILE_MASK) != 0 {
            return Err(raise!(ValueError, "compile(): unrecognised flags"));
        }
        flags |= cf::SOURCE_IS_UTF8;
        if !(-1..=2).contains(&optimize) {
            return Err(raise!(ValueError, "compile(): invalid optimize value"));
        }
        if !dont_inherit {
            flags |= frame_access::future_flags();
        }
        let only_ast = flags & cf::ONLY_AST != 0;
        let mode = match text::as_ascii(mode.0) {
            Some("exec") => compile::Mode::Exec,
            Some("eval") => compile::Mode::Eval,
            Some("single") => compile::Mode::Single,
            Some("func_type") if only_ast => compile::Mode::FuncType,
            Some("func_type") => return Err(raise!(ValueError, "compile() mode 'func_type' requires flag PyCF_ONLY_AST")),
            _ if only_ast => {
                return Err(raise!(ValueError, "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"));
            }
            _ => return Err(raise!(ValueError, "compile() mode must be 'exec', 'eval' or 'single'")),
        };
        let options = compile::Options { mode, flags, optimize, feature_version };
        if crate::ast_module::is_ast(source)? {
            return compile::compile_ast(source, filename.b(), options);
        }
        let program = Source::from_object(source, "compile", "string, bytes or AST", &mut flags)?;
        let options = compile::Options { flags, ..options };
        compile::compile_source(&program, filename.b(), options, program.audited()?)
    }

    /// Evaluate the given source in the context of globals and locals.
    ///
    /// The source may be a string representing a Python expression
    /// or a code object as returned by compile().
    /// The globals must be a dictionary and locals can be any mapping,
    /// defaulting to the current globals and locals.
    /// If only globals is given, locals defaults to it.
    #[pyfunction("(source, /, globals=None, locals=None)")]
    fn eval(source: Borrowed<'_>, globals: Option<Borrowed<'_>>, locals: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let none = |value: &Borrowed<'_>| !value.is(&core::none());
        let (globals, locals) = (globals.filter(none), locals.filter(none));
        if locals.is_some_and(|locals| !support::is_mapping(locals)) {
            return Err(raise!(TypeError, "locals must be a mapping"));
        }
        if let Some(globals) = globals
            && !support::is_dict(globals)
        {
            return Err(if support::is_mapping(globals) {
                raise!(TypeError, "globals must be a real dict; try eval(code, {{}}, mapping)")
            } else {
                raise!(TypeError, "globals must be a dict")
            });
        }
        let message = "eval must be given globals and locals when called without a frame";
        let (globals, locals) = scope(globals, locals, message)?;
        if is_code(source) {
            audit("exec", || Ok(vec![source.to_ref()]))?;
            if frame_access::free_variables(source) != 0 {
                return Err(raise!(TypeError, "code object passed to eval() may not contain free variables"));
            }
            return frame_access::run_code(source, globals.b(), locals.b());
        }
        let mut flags = cf::SOURCE_IS_UTF8;
        let mut program = Source::from_object(source, "eval", "string, bytes or code", &mut flags)?;
        program.skip_blanks();
        flags |= frame_access::future_flags();
        let code = compile_text(&program, compile::Mode::Eval, flags)?;
        frame_access::run_code(code.b(), globals.b(), locals.b())
    }

    /// Execute the given source in the context of globals and locals.
    ///
    /// The source may be a string representing one or more Python statements
    /// or a code object as returned by compile().
    /// The globals must be a dictionary and locals can be any mapping,
    /// defaulting to the current globals and locals.
    /// If only globals is given, locals defaults to it.
    /// The closure must be a tuple of cellvars, and can only be used
    /// when source is a code object requiring exactly that many cellvars.
    #[pyfunction("(source, /, globals=None, locals=None, *, closure=None)")]
    fn exec(
        source: Borrowed<'_>,
        globals: Option<Borrowed<'_>>,
        locals: Option<Borrowed<'_>>,
        closure: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        let none = |value: &Borrowed<'_>| !value.is(&core::none());
        let (globals, locals, closure) = (globals.filter(none), locals.filter(none), closure.filter(none));
        let message = "globals and locals cannot be NULL";
        let (globals, locals) = if globals.is_some_and(|globals| !support::is_dict(globals)) {
            let found = globals.map_or("None", |globals| globals.get().class().tp_name());
            return Err(raise!(TypeError, "exec() globals must be a dict, not {found}"));
        } else {
            scope(globals, locals, message)?
        };
        if !support::is_mapping(locals.b()) {
            let found = locals.class().tp_name();
            return Err(raise!(TypeError, "locals must be a mapping or None, not {found}"));
        }
        if is_code(source) {
            let needed = frame_access::free_variables(source);
            check_closure(closure, needed)?;
            audit("exec", || Ok(vec![source.to_ref()]))?;
            return frame_access::run_code_with_closure(source, globals.b(), locals.b(), closure).map(drop);
        }
        if closure.is_some() {
            return Err(raise!(TypeError, "closure can only be used when source is a code object"));
        }
        let mut flags = cf::SOURCE_IS_UTF8;
        let program = Source::from_object(source, "exec", "string, bytes or code", &mut flags)?;
        flags |= frame_access::future_flags();
        let code = compile_text(&program, compile::Mode::Exec, flags)?;
        frame_access::run_code(code.b(), globals.b(), locals.b()).map(drop)
    }

    fn check_closure(closure: Option<Borrowed<'_>>, needed: usize) -> PyResult<()> {
        let cells = closure.and_then(tuple::items);
        if needed == 0 {
            return match closure {
                None => Ok(()),
                Some(_) => Err(raise!(TypeError, "cannot use a closure with this code object")),
            };
        }
        let good = cells.is_some_and(|cells| cells.len() == needed && cells.iter().all(|cell| cell.class().is_type(&core::CELL)));
        if good { Ok(()) } else { Err(raise!(TypeError, "code object requires a closure of exactly length {needed}")) }
    }

    fn is_code(object: Borrowed<'_>) -> bool {
        object.class().is_type(&core::CODE)
    }

    fn compile_text(program: &Source, mode: compile::Mode, flags: u32) -> PyResult<Ref> {
        let filename = text::new("<string>")?;
        let options = compile::Options { mode, flags, optimize: -1, feature_version: -1 };
        let code = compile::compile_source(program, filename.b(), options, program.audited()?)?;
        audit("exec", || Ok(vec![code.clone()]))?;
        Ok(code)
    }

    /// Globals and locals to run in, `__builtins__` added to the globals.
    fn scope(globals: Option<Borrowed<'_>>, locals: Option<Borrowed<'_>>, message: &str) -> PyResult<(Ref, Ref)> {
        let (globals, locals) = match (globals, locals) {
            (Some(globals), Some(locals)) => (globals.to_ref(), locals.to_ref()),
            (Some(globals), None) => (globals.to_ref(), globals.to_ref()),
            (None, locals) => {
                let Some(globals) = frame_access::globals() else { return Err(raise!(SystemError, "{message}")) };
                let locals = match locals {
                    Some(locals) => locals.to_ref(),
                    None => frame_access::locals()?,
                };
                (globals, locals)
            }
        };
        if support::dict_get(globals.b(), id!("__builtins__"))?.is_none() {
            support::dict_set(globals.b(), id!("__builtins__"), frame_access::builtins().b())?;
        }
        Ok((globals, locals))
    }

    /// Call sys.breakpointhook(*args, **kws).
    ///
    /// sys.breakpointhook() must accept whatever arguments are passed.
    ///
    /// By default, this drops you into the pdb debugger.
    #[pyfunction("(*args, **kws)")]
    fn breakpoint(args: &[Borrowed<'_>], kws: KwArgs<'_>) -> PyResult<Ref> {
        let Some(hook) = sys::get("breakpointhook")? else {
            return Err(raise!(RuntimeError, "lost sys.breakpointhook"));
        };
        audit("builtins.breakpoint", || Ok(vec![hook.clone()]))?;
        let kwargs = kws.to_dict()?;
        support::call_with_dict(hook.b(), args, Some(kwargs.b()))
    }
}
