//! `re.Pattern`.

use super::engine::State;
use super::matching::{self, Match};
use super::op;
use super::program::Program;
use super::scanner::Scanner;
use super::subject::Subject;
use super::template::{self, Template};
use crate::header;
use builtins::dict::Dict;
use builtins::list::List;
use macros::{pyclass, pymethods};
use object::value::str::{self as text, Data};
use object::value::tuple;
use object::{Borrowed, CompareOp, IntoPy, OptRef, PyResult, Ref, StaticType, TypeObject, core, hashing, id, memory, raise};
use std::cell::Cell;

/// Compiled regular expression object.
#[pyclass(name = "Pattern", module = "re", flags(DISALLOW_INSTANTIATION), gc, weaklist = weakrefs)]
pub struct Pattern {
    head: abi::PyObject,
    /// The pattern string from which the RE object was compiled.
    #[member(readonly)]
    pattern: OptRef,
    groupindex: OptRef<Dict>,
    indexgroup: OptRef,
    #[trace(skip)]
    flags: isize,
    #[trace(skip)]
    groups: usize,
    /// For bytes; none for a pattern without text.
    #[trace(skip)]
    is_bytes: Option<bool>,
    #[trace(skip)]
    program: Program,
    /// Stacks of the last matching, for the next one.
    #[trace(skip)]
    spare: Cell<Option<Box<State>>>,
    weakrefs: Cell<*mut abi::PyObject>,
}

/// How a match is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Match,
    Search,
}

/// A matching under way in a range of a text.
pub struct Run {
    pub subject: Subject,
    pub state: Box<State>,
    pos: usize,
    endpos: usize,
}

impl Run {
    /// Looks for the next match from `state.start` on.
    pub fn step(&mut self, pattern: &Pattern, kind: Kind) -> PyResult<bool> {
        let Run { subject, state, endpos, .. } = self;
        let program = &pattern.program;
        macro_rules! go {
            ($units:expr) => {{
                let text = $units.get(..*endpos).unwrap_or_default();
                match kind {
                    Kind::Match => state.match_at(program, text),
                    Kind::Search => state.search(program, text),
                }
            }};
        }
        match subject.data() {
            Data::Latin1(units) => go!(units),
            Data::Ucs2(units) => go!(units),
            Data::Ucs4(units) => go!(units),
        }
    }

    /// The match that was found.
    pub fn found(&self, pattern: Borrowed<'_, Pattern>) -> PyResult<Ref<Match>> {
        Match::create(pattern, &self.subject, &self.state, self.pos, self.endpos)
    }

    /// Prepares the search behind the match that was found.
    fn advance(&mut self) {
        self.state.must_advance = self.state.start == self.state.ptr;
        self.state.start = self.state.ptr;
    }

    /// A group's text, counted from 0.
    fn group(&self, group: usize) -> PyResult<Option<Ref>> {
        match self.state.span(group) {
            Some((start, end)) if start > end => Err(matching::wrong_span()),
            Some((start, end)) => self.subject.slice(start, end).map(Some),
            None => Ok(None),
        }
    }
}

/// What stands in a match's place.
enum Replacement {
    Literal(Ref),
    Template(Ref<Template>),
    Call(Ref),
}

impl Pattern {
    /// `_sre.compile`.
    pub fn create(
        pattern: Borrowed<'_>,
        flags: isize,
        code: Vec<u32>,
        groups: usize,
        groupindex: Ref<Dict>,
        indexgroup: Ref,
    ) -> PyResult<Ref<Pattern>> {
        let is_bytes = if pattern.is(&core::none()) { None } else { Some(Subject::new(pattern)?.is_bytes()) };
        let Some(program) = Program::new(code, groups)? else { return Err(raise!(RuntimeError, "invalid SRE code")) };
        let value = Pattern {
            head: header(),
            pattern: OptRef::default(),
            groupindex: OptRef::default(),
            indexgroup: OptRef::default(),
            flags,
            groups,
            is_bytes,
            program,
            spare: Cell::new(None),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        value.pattern.set(Some(pattern.to_ref()));
        value.groupindex.set(Some(groupindex));
        value.indexgroup.set(Some(indexgroup));
        memory::new_instance(Self::type_object(), value)
    }

    pub fn group_count(&self) -> usize {
        self.groups
    }

    pub fn names(&self) -> Option<Ref<Dict>> {
        self.groupindex.get()
    }

    pub fn indexgroup(&self) -> Option<Ref> {
        self.indexgroup.get()
    }

    fn begin(&self, string: Borrowed<'_>, pos: isize, endpos: isize) -> PyResult<Run> {
        let subject = Subject::new(string)?;
        match (subject.is_bytes(), self.is_bytes) {
            (true, Some(false)) => return Err(raise!(TypeError, "cannot use a string pattern on a bytes-like object")),
            (false, Some(true)) => return Err(raise!(TypeError, "cannot use a bytes pattern on a string-like object")),
            _ => {}
        }
        let length = subject.data().len();
        let clamp = |place: isize| place.max(0).cast_unsigned().min(length);
        let (pos, endpos) = (clamp(pos), clamp(endpos));
        let mut state = match self.spare.take() {
            Some(state) => state,
            None => Box::new(State::new(self.groups)?),
        };
        state.start = pos;
        Ok(Run { subject, state, pos, endpos })
    }

    fn range(&self, string: Borrowed<'_>, pos: isize, endpos: Option<Borrowed<'_>>) -> PyResult<Run> {
        let endpos = endpos.map_or(Ok(isize::MAX), |endpos| endpos.as_isize())?;
        self.begin(string, pos, endpos)
    }

    /// Keeps the stacks of a matching that is done.
    pub fn done(&self, mut state: Box<State>) {
        state.renew();
        self.spare.set(Some(state));
    }

    fn single(slf: Borrowed<'_, Self>, mut run: Run, kind: Kind) -> PyResult<Option<Ref<Match>>> {
        let found = if run.step(slf.get(), kind)? { Some(run.found(slf)?) } else { None };
        slf.done(run.state);
        Ok(found)
    }

    fn replacement(slf: Borrowed<'_, Self>, repl: Borrowed<'_>) -> PyResult<Replacement> {
        if repl.is_callable() {
            return Ok(Replacement::Call(repl.to_ref()));
        }
        let literal = match Subject::new(repl) {
            Ok(subject) => !subject.data().iter().any(|code| code == u32::from('\\')),
            Err(raised) => {
                raised.clear();
                false
            }
        };
        if literal {
            return Ok(Replacement::Literal(repl.to_ref()));
        }
        let template = template::compile(slf, repl)?;
        Ok(match template.plain() {
            Some(plain) => Replacement::Literal(plain),
            None => Replacement::Template(template),
        })
    }

    fn replace(slf: Borrowed<'_, Self>, repl: Borrowed<'_>, string: Borrowed<'_>, count: isize) -> PyResult<(Ref, usize)> {
        let replacement = Self::replacement(slf, repl)?;
        let mut run = slf.begin(string, 0, isize::MAX)?;
        let most = if count > 0 { count.cast_unsigned() } else { usize::MAX };
        let (mut parts, mut done, mut behind): (Vec<Ref>, usize, usize) = (Vec::new(), 0, 0);
        while count >= 0 && done < most && run.state.start <= run.endpos {
            if !run.step(slf.get(), Kind::Search)? {
                break;
            }
            let (start, end) = (run.state.start, run.state.ptr);
            memory::reserve(&mut parts, 2)?;
            if behind < start {
                parts.push(run.subject.slice(behind, start)?);
            }
            let item = match &replacement {
                Replacement::Literal(literal) => literal.clone(),
                Replacement::Template(template) => template.expand(run.found(slf)?.borrow().get())?,
                Replacement::Call(function) => function.call1(run.found(slf)?.b())?,
            };
            if !item.is(&core::none()) {
                parts.push(item);
            }
            behind = end;
            done += 1;
            run.advance();
        }
        let Run { subject, state, endpos, .. } = run;
        slf.done(state);
        if behind < endpos {
            memory::reserve(&mut parts, 1)?;
            parts.push(subject.slice(behind, endpos)?);
        }
        if parts.is_empty() {
            return Ok((subject.slice(0, 0)?, done));
        }
        Ok((subject.join(parts)?, done))
    }

    fn same(&self, other: &Pattern) -> PyResult<bool> {
        if self.flags != other.flags
            || self.is_bytes != other.is_bytes
            || self.groups != other.groups
            || self.program.code() != other.program.code()
        {
            return Ok(false);
        }
        match (self.pattern.get(), other.pattern.get()) {
            (Some(own), Some(others)) => own.eq(others.b()),
            _ => Ok(false),
        }
    }
}

const FLAG_NAMES: [(&str, isize); 8] = [
    ("re.IGNORECASE", 2),
    ("re.LOCALE", op::FLAG_LOCALE),
    ("re.MULTILINE", 8),
    ("re.DOTALL", 16),
    ("re.UNICODE", op::FLAG_UNICODE),
    ("re.VERBOSE", 64),
    ("re.DEBUG", 128),
    ("re.ASCII", op::FLAG_ASCII),
];

#[pymethods]
impl Pattern {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        let pattern = self.pattern.get().unwrap_or_else(core::none_ref).repr()?;
        let mut out = text::Builder::new();
        out.push_str("re.compile(")?;
        if let Some(data) = text::data(pattern.b()) {
            data.iter().take(200).try_for_each(|code| out.push(code))?;
        }
        let mut flags = self.flags;
        let kinds = op::FLAG_LOCALE | op::FLAG_UNICODE | op::FLAG_ASCII;
        if self.is_bytes == Some(false) && flags & kinds == op::FLAG_UNICODE {
            flags &= !op::FLAG_UNICODE;
        }
        let mut separator = ", ";
        for (name, flag) in FLAG_NAMES {
            if flags & flag != 0 {
                out.push_str(separator)?;
                out.push_str(name)?;
                flags &= !flag;
                separator = "|";
            }
        }
        if flags != 0 {
            out.push_str(&format!("{separator}0x{flags:x}"))?;
        }
        out.push_str(")")?;
        out.finish()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let bytes: Vec<u8> = self.program.code().iter().flat_map(|word| word.to_ne_bytes()).collect();
        let pattern = self.pattern.get().map_or(Ok(0), |pattern| pattern.hash())?;
        let is_bytes = self.is_bytes.map_or(-1, isize::from);
        Ok(hashing::bytes(&bytes) ^ pattern ^ self.flags ^ is_bytes ^ self.groups.cast_signed())
    }

    #[slot(tp_richcompare)]
    fn richcompare(slf: Borrowed<'_, Self>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let equal = match op {
            CompareOp::Eq => true,
            CompareOp::Ne => false,
            _ => return Ok(core::not_implemented().to_ref()),
        };
        if slf.object().is(&other) {
            return equal.into_py();
        }
        match other.downcast_exact::<Pattern>() {
            Some(other) => (slf.same(other.get())? == equal).into_py(),
            None => Ok(core::not_implemented().to_ref()),
        }
    }

    /// Matches zero or more characters at the beginning of the string.
    #[method("($self, /, string, pos=0, endpos=sys.maxsize)", name = "match")]
    fn match_(
        slf: Borrowed<'_, Self>,
        string: Borrowed<'_>,
        pos: isize,
        endpos: Option<Borrowed<'_>>,
    ) -> PyResult<Option<Ref<Match>>> {
        Self::single(slf, slf.range(string, pos, endpos)?, Kind::Match)
    }

    /// Matches against all of the string.
    #[method("($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn fullmatch(
        slf: Borrowed<'_, Self>,
        string: Borrowed<'_>,
        pos: isize,
        endpos: Option<Borrowed<'_>>,
    ) -> PyResult<Option<Ref<Match>>> {
        let mut run = slf.range(string, pos, endpos)?;
        run.state.match_all = true;
        Self::single(slf, run, Kind::Match)
    }

    /// Scan through string looking for a match, and return a corresponding match object instance.
    ///
    /// Return None if no position in the string matches.
    #[method("($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn search(
        slf: Borrowed<'_, Self>,
        string: Borrowed<'_>,
        pos: isize,
        endpos: Option<Borrowed<'_>>,
    ) -> PyResult<Option<Ref<Match>>> {
        Self::single(slf, slf.range(string, pos, endpos)?, Kind::Search)
    }

    /// Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern in string by the replacement repl.
    #[method("($self, /, repl, string, count=0)")]
    fn sub(slf: Borrowed<'_, Self>, repl: Borrowed<'_>, string: Borrowed<'_>, count: isize) -> PyResult<Ref> {
        Self::replace(slf, repl, string, count).map(|(text, _)| text)
    }

    /// Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost non-overlapping occurrences of pattern with the replacement repl.
    #[method("($self, /, repl, string, count=0)")]
    fn subn(slf: Borrowed<'_, Self>, repl: Borrowed<'_>, string: Borrowed<'_>, count: isize) -> PyResult<(Ref, usize)> {
        Self::replace(slf, repl, string, count)
    }

    /// Return a list of all non-overlapping matches of pattern in string.
    #[method("($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn findall(&self, string: Borrowed<'_>, pos: isize, endpos: Option<Borrowed<'_>>) -> PyResult<Ref<List>> {
        let mut run = self.range(string, pos, endpos)?;
        let mut items = Vec::new();
        while run.state.start <= run.endpos {
            if !run.step(self, Kind::Search)? {
                break;
            }
            let group = |run: &Run, group: usize| match run.group(group)? {
                Some(text) => Ok(text),
                None => run.subject.slice(0, 0),
            };
            let item = match self.groups {
                0 => run.subject.slice(run.state.start, run.state.ptr)?,
                1 => group(&run, 0)?,
                groups => {
                    let mut texts = memory::vec_with_capacity(groups)?;
                    for number in 0..groups {
                        texts.push(group(&run, number)?);
                    }
                    tuple::from_vec(texts)?
                }
            };
            memory::reserve(&mut items, 1)?;
            items.push(item);
            run.advance();
        }
        self.done(run.state);
        List::from_vec(items)
    }

    /// Split string by the occurrences of pattern.
    #[method("($self, /, string, maxsplit=0)")]
    fn split(&self, string: Borrowed<'_>, maxsplit: isize) -> PyResult<Ref<List>> {
        let mut run = self.begin(string, 0, isize::MAX)?;
        let (mut items, mut done, mut behind) = (Vec::new(), 0, 0);
        while maxsplit == 0 || done < maxsplit {
            if !run.step(self, Kind::Search)? {
                break;
            }
            memory::reserve(&mut items, self.groups + 2)?;
            items.push(run.subject.slice(behind, run.state.start)?);
            for group in 0..self.groups {
                items.push(run.group(group)?.unwrap_or_else(core::none_ref));
            }
            done += 1;
            behind = run.state.ptr;
            run.advance();
        }
        memory::reserve(&mut items, 1)?;
        items.push(run.subject.slice(behind, run.endpos)?);
        self.done(run.state);
        List::from_vec(items)
    }

    /// Return an iterator over all non-overlapping matches for the RE pattern in string.
    ///
    /// For each match, the iterator returns a match object.
    #[method("($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn finditer(slf: Borrowed<'_, Self>, string: Borrowed<'_>, pos: isize, endpos: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let scanner = Scanner::create(slf, slf.range(string, pos, endpos)?)?;
        let search = scanner.b().getattr(id!("search"))?;
        builtins::iter::callable_iter(search.b(), core::none())
    }

    #[method("($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn scanner(
        slf: Borrowed<'_, Self>,
        string: Borrowed<'_>,
        pos: isize,
        endpos: Option<Borrowed<'_>>,
    ) -> PyResult<Ref<Scanner>> {
        Scanner::create(slf, slf.range(string, pos, endpos)?)
    }

    #[method("($self, /)")]
    fn __copy__(slf: Borrowed<'_, Self>) -> Ref {
        slf.object().to_ref()
    }

    #[method("($self, memo, /)")]
    fn __deepcopy__(slf: Borrowed<'_, Self>, _memo: Borrowed<'_>) -> Ref {
        slf.object().to_ref()
    }

    /// Patterns are generic over the type of string they handle (str or bytes)
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (object::hooks::get().generic_alias)(cls.object(), object)
    }

    /// The regex matching flags.
    #[getter]
    fn flags(&self) -> isize {
        self.flags
    }

    /// The number of capturing groups in the pattern.
    #[getter]
    fn groups(&self) -> usize {
        self.groups
    }

    /// A dictionary mapping group names to group numbers.
    #[getter]
    fn groupindex(&self) -> PyResult<Ref> {
        match self.groupindex.get() {
            Some(names) => builtins::mappingproxy::new(names.b()),
            None => Dict::new().into_py(),
        }
    }
}
