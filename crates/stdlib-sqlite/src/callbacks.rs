//! Python functions that SQLite calls: their arguments, results and exceptions.

use crate::adapt::state;
use crate::statement::{decoded, utf8};
use object::protocol::buffer::Buffer;
use object::value::{bytes, float, int, str as text};
use object::{Borrowed, PyResult, Raised, Ref, core, exc};
use sqlite::{Aggregate, Arguments, Reply, Value};

/// What is left of an exception in a callback: shown or forgotten; its kind decides the reply.
fn report(raised: Raised, place: Borrowed<'_>, message: &str) -> Reply {
    let reply = if raised.is_a(&exc::MemoryError) {
        Reply::NoMemory
    } else if raised.is_a(&exc::OverflowError) {
        Reply::TooBig
    } else {
        Reply::Error(message.to_owned())
    };
    dismiss(raised, place);
    reply
}

/// Shows an exception, if the program wants to see those of callbacks.
fn dismiss(raised: Raised, place: Borrowed<'_>) {
    if !state().tracebacks.get() {
        raised.clear();
        return;
    }
    let shown = object::error::preserving(|| match place.repr().map(|repr| text::to_string_lossy(repr.b())) {
        Ok(repr) => repr.to_string(),
        Err(raised) => {
            raised.clear();
            String::new()
        }
    });
    raised.unraisable(Some(&format!("Exception ignored on sqlite3 callback {shown}")), None);
}

/// Shows that an instance lacks a method, if the program wants to see that.
fn lacks(class: Borrowed<'_>, method: &str) {
    let name = class.downcast::<object::TypeObject>().map_or("", |class| class.get().short_name());
    dismiss(object::raise!(AttributeError, "'{name}' object has no attribute '{method}'"), class);
}

fn argument(value: Value<'_>) -> PyResult<Ref> {
    match value {
        Value::Null => Ok(core::none_ref()),
        Value::Integer(number) => int::new(number),
        Value::Real(number) => float::new(number),
        Value::Blob(content) => bytes::new(content),
        Value::Text(content) => match decoded(content)? {
            Some(text) => Ok(text),
            None => text::new(&String::from_utf8_lossy(content)),
        },
    }
}

fn call(function: Borrowed<'_>, arguments: &Arguments<'_>) -> PyResult<Ref> {
    let mut values = object::memory::vec_with_capacity(arguments.len())?;
    for position in 0..arguments.len() {
        values.push(argument(arguments.get(position))?);
    }
    let borrowed: Vec<Borrowed<'_>> = values.iter().map(Ref::b).collect();
    function.call(&borrowed)
}

/// A result for SQLite; an object that it does not know is a TypeError.
fn reply(result: Borrowed<'_>) -> PyResult<Reply> {
    if result.is(&core::none()) {
        return Ok(Reply::Null);
    }
    if int::check(result) {
        return match int::to_i64(result) {
            Some(number) => Ok(Reply::Integer(number)),
            None => Err(object::raise!(OverflowError, "Python int too large to convert to SQLite INTEGER")),
        };
    }
    if let Some(number) = float::value(result) {
        return Ok(Reply::Real(number));
    }
    if text::check(result) {
        return Ok(Reply::Text(utf8(result)?.into_bytes()));
    }
    if result.has_buffer() {
        return Ok(Reply::Blob(Buffer::readable(result)?.bytes().to_vec()));
    }
    Err(object::raise!(TypeError, "unsupported result type"))
}

/// The callback for `create_function`.
pub fn function(callable: Ref) -> Box<dyn Fn(&Arguments<'_>) -> Reply> {
    Box::new(move |arguments| {
        let result = call(callable.b(), arguments).and_then(|result| reply(result.b()));
        result.unwrap_or_else(|raised| report(raised, callable.b(), "user-defined function raised exception"))
    })
}

/// An instance of a program's aggregate class, or what its construction has come to.
struct Instance {
    class: Ref,
    object: Option<Ref>,
}

impl Instance {
    fn method(&self, name: &str) -> PyResult<Option<Ref>> {
        let Some(object) = &self.object else { return Ok(None) };
        object.getattr_opt(text::new(name)?.b())
    }

    fn take(&self, name: &str, arguments: &Arguments<'_>) -> Result<(), Reply> {
        if self.object.is_none() {
            return Err(Reply::Error("user-defined aggregate's '__init__' method raised error".to_owned()));
        }
        match self.method(name) {
            Ok(Some(method)) => call(method.b(), arguments).map(drop).map_err(|raised| {
                report(raised, self.class.b(), &format!("user-defined aggregate's '{name}' method raised error"))
            }),
            Ok(None) => {
                lacks(self.class.b(), name);
                Err(Reply::Error(format!("user-defined aggregate's '{name}' method not defined")))
            }
            Err(raised) => Err(report(raised, self.class.b(), &format!("user-defined aggregate's '{name}' method raised error"))),
        }
    }

    fn give(&self, name: &str) -> Reply {
        if self.object.is_none() {
            return Reply::Error("user-defined aggregate's '__init__' method raised error".to_owned());
        }
        let message = format!("user-defined aggregate's '{name}' method raised error");
        match self.method(name) {
            Ok(Some(method)) => {
                let result = method.call0().and_then(|result| reply(result.b()));
                result.unwrap_or_else(|raised| report(raised, self.class.b(), &message))
            }
            Ok(None) => {
                lacks(self.class.b(), name);
                Reply::Error(format!("user-defined aggregate's '{name}' method not defined"))
            }
            Err(raised) => report(raised, self.class.b(), &message),
        }
    }
}

impl Aggregate for Instance {
    fn step(&mut self, arguments: &Arguments<'_>) -> Result<(), Reply> {
        self.take("step", arguments)
    }
    fn inverse(&mut self, arguments: &Arguments<'_>) -> Result<(), Reply> {
        self.take("inverse", arguments)
    }
    fn value(&mut self) -> Reply {
        self.give("value")
    }
    fn finish(&mut self) -> Reply {
        self.give("finalize")
    }
}

/// The maker for `create_aggregate` and `create_window_function`.
pub fn aggregate(class: Ref) -> Box<dyn Fn() -> Box<dyn Aggregate>> {
    Box::new(move || {
        let object = match class.call0() {
            Ok(object) => Some(object),
            Err(raised) => {
                dismiss(raised, class.b());
                None
            }
        };
        Box::new(Instance { class: class.clone(), object })
    })
}

/// The callback for `create_collation`: what is no int counts as equal.
pub fn collation(callable: Ref) -> Box<dyn Fn(&[u8], &[u8]) -> i32> {
    Box::new(move |first, second| {
        let order = (|| {
            let (first, second) = (argument(Value::Text(first))?, argument(Value::Text(second))?);
            let order = callable.call(&[first.b(), second.b()])?;
            if !int::check(order.b()) {
                return Ok(0);
            }
            Ok(int::to_i64(order.b()).map_or(0, |order| i32::try_from(order.signum()).unwrap_or(0)))
        })();
        order.unwrap_or_else(|raised: Raised| {
            dismiss(raised, callable.b());
            0
        })
    })
}

/// The callback for `set_authorizer`: what is no int of C denies.
pub fn authorizer(callable: Ref) -> Box<dyn Fn(i32, [Option<&[u8]>; 4]) -> i32> {
    const DENY: i32 = 1;
    Box::new(move |action, texts| {
        let decision = (|| {
            let mut values = vec![int::new(action.into())?];
            for text in texts {
                values.push(text.map_or_else(|| Ok(core::none_ref()), |text| argument(Value::Text(text)))?);
            }
            let borrowed: Vec<Borrowed<'_>> = values.iter().map(Ref::b).collect();
            let decision = callable.call(&borrowed)?;
            if !int::check(decision.b()) {
                return Ok(DENY);
            }
            match int::to_i64(decision.b()).and_then(|decision| i32::try_from(decision).ok()) {
                Some(decision) => Ok(decision),
                None => Err(object::raise!(OverflowError, "Python int too large to convert to C int")),
            }
        })();
        decision.unwrap_or_else(|raised: Raised| {
            dismiss(raised, callable.b());
            DENY
        })
    })
}

/// The callback for `set_progress_handler`: whether to stop.
pub fn progress(callable: Ref) -> Box<dyn Fn() -> bool> {
    Box::new(move || {
        let stop = callable.call0().and_then(|result| result.is_true());
        stop.unwrap_or_else(|raised| {
            dismiss(raised, callable.b());
            true
        })
    })
}

/// The callback for `set_trace_callback`.
pub fn trace(callable: Ref) -> Box<dyn Fn(&[u8])> {
    Box::new(move |sql| {
        let called = argument(Value::Text(sql)).and_then(|sql| callable.call1(sql.b()));
        if let Err(raised) = called {
            dismiss(raised, callable.b());
        }
    })
}
