//! What is known of stack and locals at a point of the code.

use super::{Checked, Reason};

/// What a stack slot holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Some object.
    Any,
    Null,
    /// An object or null.
    MaybeNull,
    /// What a local held, saved to be put back: nothing may look at it.
    Saved(Local),
    Str,
    List,
    Set,
    Dict,
    Tuple,
    /// A tuple of strings, with its length.
    Names(u32),
    /// A tuple of cells, with its length.
    Closure(u32),
    Cell,
    Code {
        free: u32,
    },
    Function,
    Exception,
    ExceptionOrNone,
    /// The offset that an exception handler saves for `RERAISE`.
    Lasti,
}

impl Kind {
    pub fn is_object(self) -> bool {
        !matches!(self, Kind::Null | Kind::MaybeNull | Kind::Saved(_))
    }

    pub fn is_tuple(self) -> bool {
        matches!(self, Kind::Tuple | Kind::Names(_) | Kind::Closure(_))
    }

    pub fn is_exception_or_none(self) -> bool {
        matches!(self, Kind::Exception | Kind::ExceptionOrNone)
    }

    fn join(self, other: Kind) -> Kind {
        if self == other {
            return self;
        }
        match (self, other) {
            (Kind::Saved(a), Kind::Saved(b)) => Kind::Saved(a.join(b)),
            (a, b) if a.is_tuple() && b.is_tuple() => Kind::Tuple,
            (a, b) if a.is_exception_or_none() && b.is_exception_or_none() => Kind::ExceptionOrNone,
            (a, b) if a.is_object() && b.is_object() => Kind::Any,
            (Kind::Saved(_), _) | (_, Kind::Saved(_)) => Kind::Saved(Local::Mixed),
            _ => Kind::MaybeNull,
        }
    }
}

/// What a local holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Local {
    /// Perhaps nothing.
    Unset,
    Value,
    Cell,
    /// Anything: nothing, a value, a cell.
    Mixed,
}

impl Local {
    fn join(self, other: Local) -> Local {
        match (self, other) {
            (a, b) if a == b => a,
            (Local::Unset, Local::Value) | (Local::Value, Local::Unset) => Local::Unset,
            _ => Local::Mixed,
        }
    }
}

/// A value on the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Value {
    pub kind: Kind,
    /// The local that keeps the value alive.
    pub borrowed: Option<u32>,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    pub stack: Vec<Value>,
    pub locals: Vec<Local>,
    /// Whether `RETURN_GENERATOR` has run.
    pub in_generator: bool,
    /// Whether anything changed that handlers see.
    pub touched: bool,
    /// The least depth of the stack since it was last set.
    pub low: usize,
    /// Free variables of the function that was just made and has no closure yet.
    pub names: Option<u32>,
}

impl State {
    pub fn push(&mut self, kind: Kind) {
        self.stack.push(Value { kind, borrowed: None });
    }

    pub fn pop(&mut self) -> Checked<Value> {
        let value = self.stack.pop().ok_or(Reason::Underflow)?;
        self.low = self.low.min(self.stack.len());
        Ok(value)
    }

    /// Pops an object.
    pub fn object(&mut self) -> Checked<Value> {
        let value = self.pop()?;
        if value.kind.is_object() { Ok(value) } else { Err(Reason::Type) }
    }

    pub fn objects(&mut self, count: usize) -> Checked<()> {
        (0..count).try_for_each(|_| self.object().map(|_| ()))
    }

    /// Pops a value that `accepts`.
    pub fn pop_if(&mut self, accepts: impl Fn(Kind) -> bool) -> Checked<()> {
        let value = self.pop()?;
        if accepts(value.kind) { Ok(()) } else { Err(Reason::Type) }
    }

    /// The value `depth` places below the top; 1 is the top.
    pub fn peek(&self, depth: usize) -> Checked<Value> {
        let at = self.stack.len().checked_sub(depth).ok_or(Reason::Underflow)?;
        self.stack.get(at).copied().ok_or(Reason::Operand)
    }

    pub fn local(&self, index: u32) -> Checked<Local> {
        self.locals.get(index as usize).copied().ok_or(Reason::Operand)
    }

    /// Changes a local; a value borrowed from it must be gone.
    pub fn set_local(&mut self, index: u32, local: Local) -> Checked<()> {
        if self.stack.iter().any(|value| value.borrowed == Some(index)) {
            return Err(Reason::Borrow);
        }
        let slot = self.locals.get_mut(index as usize).ok_or(Reason::Operand)?;
        if *slot != local {
            *slot = local;
            self.touched = true;
        }
        Ok(())
    }

    /// Joins another path into this state; true if the state changed.
    pub fn join(&mut self, other: &State) -> Checked<bool> {
        if self.stack.len() != other.stack.len() || self.in_generator != other.in_generator {
            return Err(Reason::Join);
        }
        let mut changed = false;
        for (mine, theirs) in self.stack.iter_mut().zip(&other.stack) {
            let kind = mine.kind.join(theirs.kind);
            changed |= kind != mine.kind;
            mine.kind = kind;
            match (mine.borrowed, theirs.borrowed) {
                (Some(a), Some(b)) if a != b => return Err(Reason::Borrow),
                (None, Some(local)) => {
                    mine.borrowed = Some(local);
                    changed = true;
                }
                _ => {}
            }
        }
        for (mine, theirs) in self.locals.iter_mut().zip(&other.locals) {
            let local = mine.join(*theirs);
            changed |= local != *mine;
            *mine = local;
        }
        self.touched |= changed;
        Ok(changed)
    }
}
