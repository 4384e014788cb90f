//! Cross-interpreter data: what an object is between two interpreters.

mod function;
mod pickle;
mod view;

use crate::support::{not_shareable, object_not_shareable};
use object::interpreters::find;
use object::value::{bytes, float, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, raise, thread};

pub use function::{script_of_code, script_of_text};
pub use view::BufferView;

/// What to do with objects that are not shareable by themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fallback {
    /// NotShareableError.
    Only,
    /// Stateless functions go as their code, everything else by pickle.
    Full,
}

/// An object between two interpreters.
pub struct Data {
    /// The interpreter that it came from.
    pub owner: i64,
    payload: Payload,
}

enum Payload {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// WTF-8.
    Str(Vec<u8>),
    Bytes(Vec<u8>),
    Tuple(Vec<Data>),
    View(view::Lent),
    /// A stateless function: its code by `marshal`.
    Function(Vec<u8>),
    Pickle(pickle::Pickled),
    Queue(crate::queues::Held),
    Channel(crate::channels::Sent),
}

// SAFETY: what an object lends in it is only touched by threads that hold the GIL, which all interpreters share.
#[allow(unsafe_code, reason = "data waits in queues, which belong to no interpreter")]
unsafe impl Send for Data {}

/// Tuples in tuples, at most.
const DEEPEST: usize = 1000;

/// Whether the object's type is one whose objects are shareable by themselves.
pub fn is_shareable(object: Borrowed<'_>) -> bool {
    object.is(&core::none())
        || object.class().is_type(&core::BOOL)
        || int::check(object) && object.class().is_type(&core::INT)
        || object.class().is_type(&core::FLOAT)
        || text::check_exact(&object)
        || bytes::exact(&object)
        || object.class().is_type(&core::TUPLE)
        || object.class().is_type(&core::MEMORYVIEW)
        || crate::queues::is_queue(object)
        || crate::channels::is_channel(object)
}

impl Data {
    fn new(payload: Payload) -> Data {
        Data { owner: thread::current().interpreter().id, payload }
    }

    /// The data of an object of the current interpreter.
    pub fn of(object: Borrowed<'_>, fallback: Fallback) -> PyResult<Data> {
        let raised = match Self::direct(object, fallback, 0) {
            Ok(data) => return Ok(data),
            Err(raised) => raised,
        };
        if fallback == Fallback::Only {
            return Err(raised);
        }
        Self::by_another_way(object, raised)
    }

    /// The data of an object that is to be called: a function that is not stateless goes by pickle too.
    pub fn of_callable(object: Borrowed<'_>) -> PyResult<Data> {
        let exception = match Self::by_function(object) {
            Ok(data) => return Ok(data),
            Err(raised) => raised.take(),
        };
        Self::by_pickle(object).map_err(|raised| {
            raised.clear();
            object::error::restore(exception)
        })
    }

    fn by_function(object: Borrowed<'_>) -> PyResult<Data> {
        function::stateless_code(object).map(|code| Data::new(Payload::Function(code)))
    }

    fn by_pickle(object: Borrowed<'_>) -> PyResult<Data> {
        pickle::Pickled::of(object).map(|pickled| Data::new(Payload::Pickle(pickled)))
    }

    fn direct(object: Borrowed<'_>, fallback: Fallback, depth: usize) -> PyResult<Data> {
        if !is_shareable(object) {
            return Err(object_not_shareable(object, None));
        }
        let payload = Self::payload(object, fallback, depth).map_err(|raised| with_cause(object, raised))?;
        Ok(Data::new(payload))
    }

    fn payload(object: Borrowed<'_>, fallback: Fallback, depth: usize) -> PyResult<Payload> {
        if object.is(&core::none()) {
            return Ok(Payload::None);
        }
        if object.class().is_type(&core::BOOL) {
            return Ok(Payload::Bool(object.is(&core::true_())));
        }
        if int::check(object) {
            let value = int::to_i64(object).ok_or_else(|| raise!(OverflowError, "try sending as bytes"))?;
            return Ok(Payload::Int(value));
        }
        if let Some(value) = float::value(object) {
            return Ok(Payload::Float(value));
        }
        if text::check(object) {
            object::memory::check_size(text::data(object).map_or(0, |data| data.len() * 4))?;
            return Ok(Payload::Str(text::to_wtf8(object)));
        }
        if let Some(content) = bytes::value(object) {
            return object::memory::copied(content).map(Payload::Bytes);
        }
        if let Some(items) = tuple::items(object) {
            if depth >= DEEPEST {
                return Err(raise!(RecursionError, "maximum recursion depth exceeded while sharing a tuple"));
            }
            let mut parts = Vec::new();
            object::memory::reserve(&mut parts, items.len())?;
            for item in items {
                parts.push(Self::item(*item, fallback, depth + 1)?);
            }
            return Ok(Payload::Tuple(parts));
        }
        if object.class().is_type(&core::MEMORYVIEW) {
            return view::Lent::of(object).map(Payload::View);
        }
        if crate::channels::is_channel(object) {
            return crate::channels::Sent::of(object).map(Payload::Channel);
        }
        crate::queues::Held::of(object).map(Payload::Queue)
    }

    /// What cannot go as it is: a function by its code, anything else by pickle. Where neither can, the first error stays.
    fn by_another_way(object: Borrowed<'_>, raised: Raised) -> PyResult<Data> {
        let exception = raised.take();
        Self::by_function(object).or_else(|raised| {
            raised.clear();
            Self::by_pickle(object).map_err(|raised| {
                raised.clear();
                object::error::restore(exception)
            })
        })
    }

    /// An item of a tuple.
    fn item(object: Borrowed<'_>, fallback: Fallback, depth: usize) -> PyResult<Data> {
        match Self::direct(object, fallback, depth) {
            Err(raised) if fallback == Fallback::Full && !raised.is_a(&object::exc::RecursionError) => {
                Self::by_another_way(object, raised)
            }
            result => result,
        }
    }

    /// The object, in the current interpreter.
    pub fn into_object(self) -> PyResult<Ref> {
        match self.payload {
            Payload::None => Ok(core::none_ref()),
            Payload::Bool(value) => Ok(core::boolean(value).to_ref()),
            Payload::Int(value) => int::new(value),
            Payload::Float(value) => float::new(value),
            Payload::Str(content) => text::from_wtf8(&content),
            Payload::Bytes(content) => bytes::new(&content),
            Payload::Tuple(items) => {
                let mut builder = tuple::Builder::new(items.len())?;
                for item in items {
                    builder.push(item.into_object()?);
                }
                Ok(builder.finish())
            }
            Payload::View(lent) => lent.into_object(),
            Payload::Function(code) => function::from_code(&code),
            Payload::Pickle(pickled) => pickled.into_object(),
            Payload::Queue(held) => held.into_object(),
            Payload::Channel(sent) => sent.into_object(),
        }
    }

    /// The code object of a script.
    pub fn into_code(self) -> PyResult<Ref> {
        match self.payload {
            Payload::Function(code) => function::load_code(&code),
            _ => Err(not_shareable("expected a script", None)),
        }
    }

    /// A script, as its code.
    fn of_code(code: Vec<u8>) -> Data {
        Data::new(Payload::Function(code))
    }
}

/// A NotShareableError for the object that says what went wrong inside; other errors of sharing stay what they are.
#[cold]
fn with_cause(object: Borrowed<'_>, raised: Raised) -> Raised {
    let known =
        raised.is_a(&object::exc::TypeError) || raised.is_a(&object::exc::ValueError) || raised.is_a(&object::exc::OverflowError);
    if !known {
        return raised;
    }
    object_not_shareable(object, Some(raised.take()))
}

/// Runs `action` in the interpreter of this number, if it is not the current one and still there.
pub fn in_interpreter(id: i64, action: impl FnOnce()) {
    if id == thread::current().interpreter().id {
        return action();
    }
    match find(id).filter(|interpreter| !interpreter.sub.is_closed()) {
        Some(interpreter) => {
            let visit = vm::lifecycle::interpreters::enter(interpreter);
            action();
            drop(visit);
        }
        None => action(),
    }
}
