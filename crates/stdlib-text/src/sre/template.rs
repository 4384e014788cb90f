//! Compiled replacement strings.

use super::matching::Match;
use super::pattern::Pattern;
use super::subject;
use crate::header;
use macros::pyclass;
use object::value::{bytes, int, str as text};
use object::{Borrowed, PyResult, Ref, StaticType, Trace, Visit, core, id, memory, raise};

/// A group and the literal text behind it.
struct Chunk {
    group: usize,
    literal: Option<Ref>,
}

struct Parts {
    literal: Ref,
    chunks: Vec<Chunk>,
}

impl Trace for Parts {
    fn trace(&self, visit: &mut Visit<'_>) {
        visit.object(self.literal.b());
        self.chunks.iter().filter_map(|chunk| chunk.literal.as_ref()).for_each(|literal| visit.object(literal.b()));
    }
}

#[pyclass(name = "SRE_Template", module = "_sre", flags(DISALLOW_INSTANTIATION), gc)]
pub struct Template {
    head: abi::PyObject,
    parts: Parts,
}

#[macros::pymethods]
impl Template {}

fn is_empty(literal: Borrowed<'_>) -> bool {
    text::data(literal).is_some_and(|data| data.is_empty()) || bytes::value(literal).is_some_and(<[u8]>::is_empty)
}

impl Template {
    /// From `[literal, group, literal, …]`.
    pub fn create(items: &[Ref]) -> PyResult<Ref<Template>> {
        let invalid = || raise!(TypeError, "invalid template");
        let Some((literal, rest)) = items.split_first() else { return Err(invalid()) };
        if rest.len() % 2 != 0 {
            return Err(invalid());
        }
        let mut chunks = memory::vec_with_capacity(rest.len() / 2)?;
        for pair in rest.chunks_exact(2) {
            let [group, literal] = pair else { continue };
            if !int::check(group.b()) {
                return Err(raise!(TypeError, "an integer is required"));
            }
            let Ok(group) = usize::try_from(group.as_isize()?) else { return Err(invalid()) };
            chunks.push(Chunk { group, literal: (!is_empty(literal.b())).then(|| literal.clone()) });
        }
        memory::new_instance(Self::type_object(), Template { head: header(), parts: Parts { literal: literal.clone(), chunks } })
    }

    /// The text, if there are no groups in it.
    pub fn plain(&self) -> Option<Ref> {
        self.parts.chunks.is_empty().then(|| self.parts.literal.clone())
    }

    /// The text with the match's groups.
    pub fn expand(&self, matched: &Match) -> PyResult<Ref> {
        if let Some(plain) = self.plain() {
            return Ok(plain);
        }
        let mut parts = memory::vec_with_capacity(self.parts.chunks.len() * 2 + 1)?;
        if !is_empty(self.parts.literal.b()) {
            parts.push(self.parts.literal.clone());
        }
        let subject = matched.subject()?;
        for chunk in &self.parts.chunks {
            let group = matched.slice(subject.as_ref(), chunk.group, core::none())?;
            if !group.is(&core::none()) {
                parts.push(group);
            }
            parts.extend(chunk.literal.clone());
        }
        subject::join(!text::check(self.parts.literal.b()), parts)
    }
}

/// `re._compile_template(pattern, template)`.
pub fn compile(pattern: Borrowed<'_, Pattern>, template: Borrowed<'_>) -> PyResult<Ref<Template>> {
    let module = builtins::object_::reduce::import(id!("re"))?;
    let function = module.getattr(id!("_compile_template"))?;
    let result = match function.call(&[pattern.object(), template]) {
        Err(raised) if raised.is_a(&object::exc::TypeError) => {
            // An unhashable template; its text or bytes can be looked up.
            let class = if text::check(template) { &core::STR } else { &core::BYTES };
            let buffer = text::check(template) || template.has_buffer();
            if !buffer || template.class().is_type(class) {
                return Err(raised);
            }
            raised.clear();
            let plain = class.borrowed().call(&[template])?;
            function.call(&[pattern.object(), plain.b()])
        }
        result => result,
    }?;
    result.downcast::<Template>().map_err(|other| {
        raise!(TypeError, "the result of compiling a replacement string is {}, not _sre.SRE_Template", other.class().tp_name())
    })
}
