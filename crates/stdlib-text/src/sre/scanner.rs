//! `SRE_Scanner`: matches of one pattern in one text, one after the other.

use super::matching::Match;
use super::pattern::{Kind, Pattern, Run};
use crate::header;
use macros::{pyclass, pymethods};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, memory, raise};
use std::cell::{Cell, RefCell};

#[pyclass(name = "SRE_Scanner", module = "_sre", flags(DISALLOW_INSTANTIATION), gc)]
pub struct Scanner {
    head: abi::PyObject,
    #[member(readonly)]
    pattern: OptRef<Pattern>,
    #[trace(skip)]
    run: RefCell<Option<Run>>,
    #[trace(skip)]
    done: Cell<bool>,
}

impl Scanner {
    /// A scanner of this range.
    pub fn create(pattern: Borrowed<'_, Pattern>, run: Run) -> PyResult<Ref<Scanner>> {
        let value = Scanner { head: header(), pattern: OptRef::default(), run: RefCell::new(Some(run)), done: Cell::new(false) };
        value.pattern.set(Some(pattern.to_ref()));
        memory::new_instance(Self::type_object(), value)
    }

    fn next(&self, kind: Kind) -> PyResult<Option<Ref<Match>>> {
        let Some(pattern) = self.pattern.get() else { return Ok(None) };
        // Taken out: a signal handler that runs meanwhile may call again.
        let taken = self.run.try_borrow_mut().ok().and_then(|mut run| run.take());
        let Some(mut run) = taken else { return Err(raise!(ValueError, "regular expression scanner already executing")) };
        let result = if self.done.get() { Ok(None) } else { self.advance(pattern.borrow(), &mut run, kind) };
        self.run.replace(Some(run));
        result
    }

    fn advance(&self, pattern: Borrowed<'_, Pattern>, run: &mut Run, kind: Kind) -> PyResult<Option<Ref<Match>>> {
        if !run.step(pattern.get(), kind)? {
            self.done.set(true);
            return Ok(None);
        }
        let found = run.found(pattern)?;
        let (start, ptr) = (run.state.start, run.state.ptr);
        run.state.must_advance = start == ptr;
        run.state.start = ptr;
        Ok(Some(found))
    }
}

#[pymethods]
impl Scanner {
    #[method("($self, /)", name = "match")]
    fn match_(&self) -> PyResult<Option<Ref<Match>>> {
        self.next(Kind::Match)
    }

    #[method("($self, /)")]
    fn search(&self) -> PyResult<Option<Ref<Match>>> {
        self.next(Kind::Search)
    }
}
