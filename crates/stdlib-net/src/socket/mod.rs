//! `_socket`: sockets and the names of hosts (CPython's `socketmodule.c`).
//!
//! The system's side is in `host::socket*`; here are the type, the conversion of addresses, and the words of the errors.

mod address;
mod bluetooth;
mod connect;
mod constants;
mod functions;
mod kind;
mod lookup;
mod message;
mod option;
mod resolve;
mod transfer;
mod wait;

pub use kind::Socket;

use object::value::int;
use object::{Borrowed, OptRef, PyResult, Ref, exc, thread};
use std::cell::Cell;

/// What the module keeps per interpreter.
struct State {
    herror: OptRef,
    gaierror: OptRef,
    /// Nanoseconds; negative: none.
    default_timeout: Cell<i64>,
}

impl Default for State {
    fn default() -> Self {
        State { herror: OptRef::none(), gaierror: OptRef::none(), default_timeout: Cell::new(-1) }
    }
}

fn state() -> &'static State {
    thread::current().interpreter().extensions.get()
}

fn class_in(field: &OptRef, name: &str) -> PyResult<Ref> {
    if let Some(class) = field.get() {
        return Ok(class);
    }
    let class = crate::errors::new_class("socket", name, exc::OSError.borrowed())?;
    field.set(Some(class.clone()));
    Ok(class)
}

/// `socket.gaierror`
fn gaierror() -> PyResult<Ref> {
    class_in(&state().gaierror, "gaierror")
}

/// `socket.herror`
fn herror() -> PyResult<Ref> {
    class_in(&state().herror, "herror")
}

/// Implementation module for socket operations.
///
/// See the socket module for documentation.
#[macros::pymodule(name = "_socket", parts(super::functions::part, super::lookup::part))]
pub mod module {
    use super::*;
    use object::StaticType;
    use object::value::str as text;

    #[pytype]
    type Exposed = super::Socket;

    #[pyattr(name = "SocketType")]
    fn socket_type() -> Ref {
        Socket::type_object().to_ref()
    }

    #[pyattr]
    fn error() -> Ref {
        exc::OSError.to_ref()
    }

    #[pyattr]
    fn timeout() -> Ref {
        exc::TimeoutError.to_ref()
    }

    #[pyattr(name = "herror")]
    fn host_error() -> PyResult<Ref> {
        herror()
    }

    #[pyattr(name = "gaierror")]
    fn address_error() -> PyResult<Ref> {
        gaierror()
    }

    #[pyattr(name = "has_ipv6")]
    const HAS_IPV6: bool = true;

    #[pyattr]
    const BDADDR_ANY: &str = "00:00:00:00:00:00";

    #[pyattr]
    const BDADDR_LOCAL: &str = "00:00:00:FF:FF:FF";

    /// The table that `_ssl` and other extensions in C look for: `PySocketModule_APIObject`.
    #[pyattr(name = "CAPI")]
    fn capi() -> PyResult<Ref> {
        let table =
            [Socket::type_object().as_object_ptr(), exc::OSError.to_ref().into_ptr(), exc::TimeoutError.to_ref().into_ptr()];
        let pointer: *mut [_; 3] = Box::leak(Box::new(table));
        builtins::capsule::new(pointer.cast(), c"_socket.CAPI".as_ptr(), None)
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        for (name, value) in constants::NUMBERS {
            module.setattr(text::new(name)?.b(), int::new(*value)?.b())?;
        }
        Ok(())
    }
}
