//! A thread's work in another interpreter's `__main__`.

use crate::data::{Data, Fallback};
use crate::excinfo::ExcInfo;
use crate::support::not_shareable;
use object::thread::{self, Interpreter};
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, Ref, error, exc, raise};
use vm::lifecycle::{self, interpreters};

/// Values for `__main__`, by name.
pub type Shared = Vec<(String, Data)>;

/// What came of it.
pub enum Outcome {
    /// It ended well, with a result if there is one.
    Done(Option<Data>),
    /// It ended with an exception.
    Failed(ExcInfo),
    /// What it was given or what it gave could not cross the border: the message, and the traceback.
    NotShareable(&'static str, Option<String>),
    /// There is no `__main__`, or it could not take the values.
    NoMain(&'static str),
}

/// The values of a dict as data.
pub fn shared(dict: Borrowed<'_>) -> PyResult<Shared> {
    let mut all = Vec::new();
    for (name, value) in (object::hooks::get().dict_items)(dict)? {
        if !text::check(name.b()) {
            return Err(raise!(TypeError, "bad argument type for built-in operation"));
        }
        let Some(plain) = text::to_string(name.b()) else { return Err(object::convert::surrogates_not_allowed(name.b())) };
        if plain.contains('\0') {
            return Err(raise!(ValueError, "found embedded NULL character"));
        }
        all.push((plain, Data::of(value.b(), Fallback::Only)?));
    }
    Ok(all)
}

/// Lets `__main__` of an interpreter belong to the calling thread.
struct Running(&'static Interpreter);

impl Running {
    fn begin(interpreter: &'static Interpreter) -> PyResult<Running> {
        if !interpreter.sub.running_main.get().is_null() || interpreter.sub.is_closed() {
            return Err(raise!(InterpreterError, "interpreter already running"));
        }
        interpreter.sub.running_main.set(thread::current());
        Ok(Running(interpreter))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.sub.running_main.set(std::ptr::null());
    }
}

/// Goes to `interpreter`, binds the values in its `__main__` and runs `action` with the dict of that; then comes back.
pub fn run(
    interpreter: &'static Interpreter,
    values: Shared,
    action: impl FnOnce(&Ref) -> Result<Option<Data>, Failure>,
) -> PyResult<Outcome> {
    let running = Running::begin(interpreter)?;
    let visit = interpreters::enter(interpreter);
    interpreter.sub.running_main.set(visit.state());
    let outcome = inside(values, action);
    drop(running);
    drop(visit);
    Ok(outcome)
}

/// How an action ended before its end.
pub enum Failure {
    /// By an exception.
    Raised(Raised),
    /// By something that cannot cross the border, in the words of the message.
    NotShareable(&'static str, Raised),
}

impl From<Raised> for Failure {
    fn from(raised: Raised) -> Failure {
        Failure::Raised(raised)
    }
}

fn inside(values: Shared, action: impl FnOnce(&Ref) -> Result<Option<Data>, Failure>) -> Outcome {
    let namespace = match lifecycle::main_dict() {
        Ok(namespace) => namespace,
        Err(raised) => {
            raised.clear();
            return Outcome::NoMain("failed to get __main__ namespace");
        }
    };
    if let Err(raised) = bind(&namespace, values) {
        raised.clear();
        return Outcome::NoMain("failed to apply namespace to __main__");
    }
    match action(&namespace) {
        Ok(result) => Outcome::Done(result),
        Err(Failure::Raised(raised)) => Outcome::Failed(ExcInfo::of_raised(raised)),
        Err(Failure::NotShareable(message, raised)) => Outcome::NotShareable(message, ExcInfo::of_raised(raised).display()),
    }
}

fn bind(namespace: &Ref, values: Shared) -> PyResult<()> {
    for (name, data) in values {
        namespace.setitem(text::new(&name)?.b(), data.into_object()?.b())?;
    }
    Ok(())
}

impl Outcome {
    /// The result, or the snapshot of the exception; the rest is raised.
    pub fn resolve(self) -> PyResult<Result<Option<Data>, ExcInfo>> {
        match self {
            Outcome::Done(result) => Ok(Ok(result)),
            Outcome::Failed(info) => Ok(Err(info)),
            Outcome::NoMain(message) => Err(error::raise(&exc::InterpreterError, format_args!("{message}"))),
            Outcome::NotShareable(message, cause) => {
                let cause = match cause {
                    Some(cause) => Some(exc::Exception.borrowed().call1(text::new(&cause)?.b())?),
                    None => None,
                };
                Err(not_shareable(message, cause))
            }
        }
    }
}
