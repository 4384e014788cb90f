//! `_sre`: regular expressions. `re._compiler`, or [`compile`] in its place, writes the code; here it is checked and run.

mod analysis;
mod chars;
mod compile;
mod engine;
mod machine;
mod matching;
mod op;
mod pattern;
mod program;
mod scanner;
mod search;
mod sets;
mod subject;
mod template;
#[cfg(test)]
mod tests;

#[macros::pymodule(name = "_sre")]
pub mod module {
    use super::{chars, op, pattern};
    use builtins::dict::Dict;
    use object::value::int;
    use object::{Borrowed, PyResult, Ref, core, id, memory, raise};

    #[pyattr]
    const MAGIC: u32 = op::MAGIC;
    #[pyattr]
    const CODESIZE: u32 = 4;
    #[pyattr]
    const MAXREPEAT: u32 = op::MAXREPEAT;
    #[pyattr]
    const MAXGROUPS: u32 = op::MAXGROUPS;
    #[pyattr(name = "copyright")]
    const COPYRIGHT: &str = " SRE 2.2.2 Copyright (c) 1997-2002 by Secret Labs AB ";

    #[pytype]
    use super::matching::Match;
    #[pytype]
    use super::pattern::Pattern;
    #[pytype]
    use super::scanner::Scanner;
    #[pytype]
    use super::template::Template;

    /// The types are made ready by being listed here, but they are no attributes of the module.
    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        for name in [id!("Match"), id!("Pattern"), id!("SRE_Scanner"), id!("SRE_Template")] {
            if module.hasattr(name)? {
                module.delattr(name)?;
            }
        }
        Ok(())
    }

    #[pyfunction("($module, /)")]
    fn getcodesize() -> u32 {
        4
    }

    fn code_point(character: i32) -> u32 {
        character.cast_unsigned()
    }

    #[pyfunction("($module, character, /)")]
    fn ascii_iscased(character: i32) -> bool {
        let code = code_point(character);
        chars::lower_ascii(code) != code || chars::upper_ascii(code) != code
    }

    #[pyfunction("($module, character, /)")]
    fn unicode_iscased(character: i32) -> bool {
        let code = code_point(character);
        chars::lower_unicode(code) != code || chars::upper_unicode(code) != code
    }

    #[pyfunction("($module, character, /)")]
    fn ascii_tolower(character: i32) -> i32 {
        chars::lower_ascii(code_point(character)).cast_signed()
    }

    #[pyfunction("($module, character, /)")]
    fn unicode_tolower(character: i32) -> i32 {
        chars::lower_unicode(code_point(character)).cast_signed()
    }

    fn list_argument<'a>(function: &str, name: &str, value: Borrowed<'a>) -> PyResult<Borrowed<'a, builtins::list::List>> {
        value.downcast::<builtins::list::List>().ok_or_else(|| {
            let found = if value.is(&core::none()) { "None" } else { value.class().tp_name() };
            raise!(TypeError, "{function}() argument {name} must be list, not {found}")
        })
    }

    #[pyfunction("($module, /, pattern, flags, code, groups, groupindex,\n        indexgroup)")]
    fn compile(
        pattern: Borrowed<'_>,
        flags: i32,
        code: Borrowed<'_>,
        groups: isize,
        groupindex: Ref<Dict>,
        indexgroup: Borrowed<'_>,
    ) -> PyResult<Ref<Pattern>> {
        let items = list_argument("compile", "'code'", code)?.snapshot()?;
        if !indexgroup.class().is_subtype(&core::TUPLE) {
            let found = if indexgroup.is(&core::none()) { "None" } else { indexgroup.class().tp_name() };
            return Err(raise!(TypeError, "compile() argument 'indexgroup' must be tuple, not {found}"));
        }
        let mut words = memory::vec_with_capacity(items.len())?;
        for item in &items {
            if !int::check(item.b()) {
                return Err(raise!(TypeError, "expected int, got '{}'", item.class().tp_name()));
            }
            match int::to_i64(item.b()).and_then(|word| u32::try_from(word).ok()) {
                Some(word) => words.push(word),
                None => return Err(raise!(OverflowError, "regular expression code size limit exceeded")),
            }
        }
        let Ok(groups) = usize::try_from(groups) else { return Err(raise!(RuntimeError, "invalid SRE code")) };
        let flags = isize::try_from(flags).unwrap_or(0);
        pattern::Pattern::create(pattern, flags, words, groups, groupindex, indexgroup.to_ref())
    }

    /// What `re._compiler.compile` makes of a pattern, if that needs neither an error nor a warning; else None.
    #[pyfunction("($module, pattern, flags, extra_cases, /)")]
    fn _compile_pattern(pattern: Borrowed<'_>, flags: Borrowed<'_>, extra_cases: Borrowed<'_>) -> PyResult<Option<Ref<Pattern>>> {
        let Some(flags) = int::to_i64(flags).and_then(|flags| u32::try_from(flags).ok()) else { return Ok(None) };
        let Some(extra_cases) = extra_cases.downcast_exact::<Dict>() else { return Ok(None) };
        let Some(compiled) = super::compile::compile(pattern, flags, extra_cases)? else { return Ok(None) };
        let (index, names) = super::compile::names_of(&compiled)?;
        let flags = isize::try_from(compiled.flags).unwrap_or(0);
        pattern::Pattern::create(pattern, flags, compiled.code, compiled.groups, index, names).map(Some)
    }

    ///
    ///
    ///   template
    ///     A list containing interleaved literal strings (str or bytes) and group
    ///     indices (int), as returned by re._parser.parse_template():
    ///         literal1, group1, ..., literalN, groupN
    #[pyfunction("($module, pattern, template, /)")]
    fn template(pattern: Borrowed<'_>, template: Borrowed<'_>) -> PyResult<Ref<Template>> {
        let _ = pattern;
        Template::create(&list_argument("template", "2", template)?.snapshot()?)
    }
}
