//! `re.Match`.

use super::engine::State;
use super::pattern::Pattern;
use super::subject::Subject;
use super::template;
use crate::header;
use builtins::dict::Dict;
use macros::{pyclass, pymethods};
use object::value::{int, str as text, tuple};
use object::{Borrowed, IntoPy, OptRef, PyResult, Ref, StaticType, TypeObject, core, memory, raise};
use smallvec::SmallVec;

type Span = Option<(usize, usize)>;

/// The span of a group that took no part.
const NOWHERE: (usize, usize) = (usize::MAX, usize::MAX);

/// The result of re.match() and re.search().
/// Match objects always have a boolean value of True.
#[pyclass(name = "Match", module = "re", flags(DISALLOW_INSTANTIATION), gc)]
pub struct Match {
    head: abi::PyObject,
    #[member(readonly)]
    string: OptRef,
    regs: OptRef,
    pattern: OptRef<Pattern>,
    #[trace(skip)]
    pos: usize,
    #[trace(skip)]
    endpos: usize,
    #[trace(skip)]
    lastindex: isize,
    /// Of the whole match and of each group; [`NOWHERE`] where one took no part.
    #[trace(skip)]
    spans: SmallVec<[(usize, usize); 3]>,
}

impl Match {
    /// The match that `state` stands at.
    pub fn create(
        pattern: Borrowed<'_, Pattern>,
        subject: &Subject,
        state: &State,
        pos: usize,
        endpos: usize,
    ) -> PyResult<Ref<Match>> {
        let mut spans = SmallVec::new();
        spans.try_reserve(pattern.group_count() + 1).map_err(|_| object::error::no_memory())?;
        spans.push((state.start, state.ptr));
        for group in 0..pattern.group_count() {
            let span = state.span(group);
            if span.is_some_and(|(start, end)| start > end) {
                return Err(wrong_span());
            }
            spans.push(span.unwrap_or(NOWHERE));
        }
        let value = Match {
            head: header(),
            string: OptRef::default(),
            regs: OptRef::default(),
            pattern: OptRef::default(),
            pos,
            endpos,
            lastindex: state.lastindex.cast_signed(),
            spans,
        };
        value.string.set(Some(subject.object().to_ref()));
        value.pattern.set(Some(pattern.to_ref()));
        memory::new_instance(Self::type_object(), value)
    }

    /// The text; none after the collector cleared the match.
    pub fn subject(&self) -> PyResult<Option<Subject>> {
        match self.string.get() {
            Some(string) => Subject::new(string.b()).map(Some),
            None => Ok(None),
        }
    }

    fn checked_span(&self, group: usize) -> PyResult<Span> {
        match self.spans.get(group) {
            Some(span) => Ok((*span != NOWHERE).then_some(*span)),
            None => Err(raise!(IndexError, "no such group")),
        }
    }

    /// A group's text, or `default`.
    pub fn slice(&self, subject: Option<&Subject>, group: usize, default: Borrowed<'_>) -> PyResult<Ref> {
        match (self.checked_span(group)?, subject) {
            (Some((start, end)), Some(subject)) => subject.slice(start, end),
            _ => Ok(default.to_ref()),
        }
    }

    fn groupindex(&self) -> Option<Ref<Dict>> {
        self.pattern.get().and_then(|pattern| pattern.names())
    }

    /// The number of a group, given by number or name.
    fn index(&self, group: Borrowed<'_>) -> PyResult<usize> {
        let number = if int::check(group) || group.class().nb_index().is_some() {
            Some(group.as_isize_clamped()?)
        } else {
            match self.groupindex() {
                Some(names) => match names.get(group)? {
                    Some(number) if int::check(number.b()) => Some(number.as_isize()?),
                    _ => None,
                },
                None => None,
            }
        };
        number
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| *number < self.spans.len())
            .ok_or_else(|| raise!(IndexError, "no such group"))
    }

    fn group_text(&self, group: Borrowed<'_>) -> PyResult<Ref> {
        let index = self.index(group)?;
        self.slice(self.subject()?.as_ref(), index, core::none())
    }

    fn span_of(&self, group: Option<Borrowed<'_>>) -> PyResult<Span> {
        let index = group.map_or(Ok(0), |group| self.index(group))?;
        self.checked_span(index)
    }
}

#[cold]
pub fn wrong_span() -> object::Raised {
    raise!(SystemError, "The span of capturing group is wrong, please report a bug for the re module.")
}

fn place(place: Option<usize>) -> isize {
    place.map_or(-1, usize::cast_signed)
}

#[pymethods]
impl Match {
    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let group = slf.slice(slf.subject()?.as_ref(), 0, core::none())?.repr()?;
        let (start, end) = slf.checked_span(0)?.unwrap_or_default();
        let mut out = text::Builder::new();
        out.push_str(&format!("<re.Match object; span=({start}, {end}), match="))?;
        out.push_object(group.b())?;
        out.push_str(">")?;
        out.finish()
    }

    #[slot(mp_subscript)]
    fn getitem(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        self.group_text(key)
    }

    /// group([group1, ...]) -> str or tuple.
    ///     Return subgroup(s) of the match by indices or names.
    ///     For 0 returns the entire match.
    #[method("($self, /, *args)", text = None)]
    fn group(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        match args {
            [] => self.slice(self.subject()?.as_ref(), 0, core::none()),
            [group] => self.group_text(*group),
            groups => {
                let mut items = memory::vec_with_capacity(groups.len())?;
                for group in groups {
                    items.push(self.group_text(*group)?);
                }
                tuple::from_vec(items)
            }
        }
    }

    /// Return index of the start of the substring matched by group.
    #[method("($self, group=0, /)")]
    fn start(&self, group: Option<Borrowed<'_>>) -> PyResult<isize> {
        Ok(place(self.span_of(group)?.map(|span| span.0)))
    }

    /// Return index of the end of the substring matched by group.
    #[method("($self, group=0, /)")]
    fn end(&self, group: Option<Borrowed<'_>>) -> PyResult<isize> {
        Ok(place(self.span_of(group)?.map(|span| span.1)))
    }

    /// For match object m, return the 2-tuple (m.start(group), m.end(group)).
    #[method("($self, group=0, /)")]
    fn span(&self, group: Option<Borrowed<'_>>) -> PyResult<(isize, isize)> {
        let span = self.span_of(group)?;
        Ok((place(span.map(|span| span.0)), place(span.map(|span| span.1))))
    }

    /// Return a tuple containing all the subgroups of the match, from 1.
    ///
    ///   default
    ///     Is used for groups that did not participate in the match.
    #[method("($self, /, default=None)")]
    fn groups(&self, default: Option<Ref>) -> PyResult<Ref> {
        let default = default.unwrap_or_else(core::none_ref);
        let subject = self.subject()?;
        let mut items = memory::vec_with_capacity(self.spans.len())?;
        for group in 1..self.spans.len() {
            items.push(self.slice(subject.as_ref(), group, default.b())?);
        }
        tuple::from_vec(items)
    }

    /// Return a dictionary containing all the named subgroups of the match, keyed by the subgroup name.
    ///
    ///   default
    ///     Is used for groups that did not participate in the match.
    #[method("($self, /, default=None)")]
    fn groupdict(&self, default: Option<Ref>) -> PyResult<Ref> {
        let default = default.unwrap_or_else(core::none_ref);
        let result = Dict::new()?;
        let Some(names) = self.groupindex() else { return result.into_py() };
        let subject = self.subject()?;
        for (name, _) in (object::hooks::get().dict_items)(names.b())? {
            let index = self.index(name.b())?;
            result.set(name.b(), self.slice(subject.as_ref(), index, default.b())?.b())?;
        }
        result.into_py()
    }

    /// Return the string obtained by doing backslash substitution on the string template, as done by the sub() method.
    #[method("($self, /, template)")]
    fn expand(&self, template: Borrowed<'_>) -> PyResult<Ref> {
        match self.pattern.get() {
            Some(pattern) => template::compile(pattern.borrow(), template)?.expand(self),
            None => Ok(core::none_ref()),
        }
    }

    #[method("($self, /)")]
    fn __copy__(slf: Borrowed<'_, Self>) -> Ref {
        slf.object().to_ref()
    }

    #[method("($self, memo, /)")]
    fn __deepcopy__(slf: Borrowed<'_, Self>, _memo: Borrowed<'_>) -> Ref {
        slf.object().to_ref()
    }

    /// Matches are generic over the type of string which was matched (str or bytes)
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (object::hooks::get().generic_alias)(cls.object(), object)
    }

    /// The regular expression object.
    #[getter]
    fn re(&self) -> Option<Ref> {
        self.pattern.get().map(Ref::upcast)
    }

    /// The index into the string at which the RE engine started looking for a match.
    #[getter]
    fn pos(&self) -> usize {
        self.pos
    }

    /// The index into the string beyond which the RE engine will not go.
    #[getter]
    fn endpos(&self) -> usize {
        self.endpos
    }

    /// The integer index of the last matched capturing group.
    #[getter]
    fn lastindex(&self) -> Option<isize> {
        (self.lastindex > 0).then_some(self.lastindex)
    }

    /// The name of the last matched capturing group.
    #[getter]
    fn lastgroup(&self) -> Option<Ref> {
        let names = self.pattern.get()?.indexgroup()?;
        let index = usize::try_from(self.lastindex).ok()?;
        tuple::items(names.b())?.get(index).map(|name| name.to_ref())
    }

    #[getter]
    fn regs(&self) -> PyResult<Ref> {
        if let Some(regs) = self.regs.get() {
            return Ok(regs);
        }
        let mut items = memory::vec_with_capacity(self.spans.len())?;
        for (start, end) in &self.spans {
            // What took no part is at -1.
            items.push((start.cast_signed(), end.cast_signed()).into_py()?);
        }
        let regs = tuple::from_vec(items)?;
        self.regs.set(Some(regs.clone()));
        Ok(regs)
    }
}
