//! What SQLite calls: C functions that find the closures behind their data pointers. A panic becomes an error of the statement.

use crate::Value;
use crate::statement::slice;
use libsqlite3_sys as sq;
use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

/// What a function gives back.
pub enum Reply {
    Null,
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
    Error(String),
    TooBig,
    NoMemory,
}

/// The arguments of a call.
pub struct Arguments<'a>(&'a [*mut sq::sqlite3_value]);

impl<'a> Arguments<'a> {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An argument; NULL beyond the last.
    pub fn get(&self, position: usize) -> Value<'a> {
        let Some(value) = self.0.get(position).copied() else { return Value::Null };
        // SAFETY: a value of the running call; pointer first, then length, as SQLite asks.
        unsafe {
            match sq::sqlite3_value_type(value) {
                sq::SQLITE_INTEGER => Value::Integer(sq::sqlite3_value_int64(value)),
                sq::SQLITE_FLOAT => Value::Real(sq::sqlite3_value_double(value)),
                sq::SQLITE_TEXT => {
                    let start = sq::sqlite3_value_text(value);
                    Value::Text(slice(start, sq::sqlite3_value_bytes(value)))
                }
                sq::SQLITE_BLOB => {
                    let start = sq::sqlite3_value_blob(value).cast();
                    Value::Blob(slice(start, sq::sqlite3_value_bytes(value)))
                }
                _ => Value::Null,
            }
        }
    }
}

/// An aggregate or window function at work on one group.
pub trait Aggregate {
    /// Takes a row. An error ends the statement.
    fn step(&mut self, arguments: &Arguments<'_>) -> Result<(), Reply>;
    /// Takes back the oldest row of a window.
    fn inverse(&mut self, arguments: &Arguments<'_>) -> Result<(), Reply>;
    /// The result so far.
    fn value(&mut self) -> Reply;
    /// The result.
    fn finish(&mut self) -> Reply;
}

/// A hook that is owned by its database.
pub(crate) struct Hook<F: ?Sized>(RefCell<Option<Box<Box<F>>>>);

impl<F: ?Sized> Default for Hook<F> {
    fn default() -> Self {
        Hook(RefCell::new(None))
    }
}

impl<F: ?Sized> Hook<F> {
    /// Puts another hook in; returns the data pointer for it (null for none) and the old one.
    pub fn replace(&self, hook: Option<Box<F>>) -> (*mut c_void, Option<Box<Box<F>>>) {
        let hook = hook.map(Box::new);
        let data = hook.as_deref().map_or(null_mut(), |hook| std::ptr::from_ref(hook).cast_mut().cast());
        (data, self.0.replace(hook))
    }
}

/// A value on its way to SQLite, as a data pointer.
pub(crate) fn leak<T>(value: T) -> *mut c_void {
    Box::into_raw(Box::new(value)).cast()
}

/// # Safety
/// A data pointer that `leak` made of a `T`, not used afterwards.
pub(crate) unsafe extern "C" fn free<T>(data: *mut c_void) {
    // SAFETY: by contract.
    let value = unsafe { Box::from_raw(data.cast::<T>()) };
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

fn guarded<R>(action: impl FnOnce() -> R, otherwise: R) -> R {
    catch_unwind(AssertUnwindSafe(action)).unwrap_or(otherwise)
}

fn broken() -> Reply {
    Reply::Error("internal error".to_owned())
}

/// # Safety
/// The context of the running call.
unsafe fn answer(context: *mut sq::sqlite3_context, reply: Reply) {
    // SAFETY: by contract; SQLite copies texts and blobs.
    unsafe {
        match reply {
            Reply::Null => sq::sqlite3_result_null(context),
            Reply::Integer(number) => sq::sqlite3_result_int64(context, number),
            Reply::Real(number) => sq::sqlite3_result_double(context, number),
            Reply::Text(bytes) => sq::sqlite3_result_text64(
                context,
                bytes.as_ptr().cast(),
                bytes.len() as u64,
                sq::SQLITE_TRANSIENT(),
                sq::SQLITE_UTF8 as u8,
            ),
            Reply::Blob(bytes) => {
                sq::sqlite3_result_blob64(context, bytes.as_ptr().cast(), bytes.len() as u64, sq::SQLITE_TRANSIENT());
            }
            Reply::Error(message) => {
                let len = c_int::try_from(message.len()).unwrap_or(c_int::MAX);
                sq::sqlite3_result_error(context, message.as_ptr().cast(), len);
            }
            Reply::TooBig => sq::sqlite3_result_error_toobig(context),
            Reply::NoMemory => sq::sqlite3_result_error_nomem(context),
        }
    }
}

/// # Safety
/// The count and the values of the running call.
unsafe fn arguments<'a>(count: c_int, values: *mut *mut sq::sqlite3_value) -> Arguments<'a> {
    match usize::try_from(count) {
        // SAFETY: by contract.
        Ok(count) if !values.is_null() => Arguments(unsafe { std::slice::from_raw_parts(values, count) }),
        _ => Arguments(&[]),
    }
}

pub(crate) unsafe extern "C" fn function(context: *mut sq::sqlite3_context, count: c_int, values: *mut *mut sq::sqlite3_value) {
    // SAFETY: the data pointer is that of `create_function`.
    unsafe {
        let function = &*sq::sqlite3_user_data(context).cast::<Box<dyn Fn(&Arguments<'_>) -> Reply>>();
        let reply = guarded(|| function(&arguments(count, values)), broken());
        answer(context, reply);
    }
}

type Instance = Box<dyn Aggregate>;

/// The aggregate of the group that a call belongs to; made when `create` says so.
///
/// # Safety
/// The context of the running call of an aggregate.
unsafe fn instance<'a>(context: *mut sq::sqlite3_context, create: bool) -> Option<&'a mut Instance> {
    // SAFETY: the memory that SQLite keeps for the group is zeroed at first, then holds the pointer put there; the data pointer is that
    // of `create_aggregate`.
    unsafe {
        let size = if create { size_of::<*mut Instance>() as c_int } else { 0 };
        let place = sq::sqlite3_aggregate_context(context, size).cast::<*mut Instance>();
        if place.is_null() {
            return None;
        }
        if (*place).is_null() {
            let start = &*sq::sqlite3_user_data(context).cast::<Box<dyn Fn() -> Instance>>();
            let made = catch_unwind(AssertUnwindSafe(start)).ok()?;
            *place = Box::into_raw(Box::new(made));
        }
        (*place).as_mut()
    }
}

pub(crate) unsafe extern "C" fn step(context: *mut sq::sqlite3_context, count: c_int, values: *mut *mut sq::sqlite3_value) {
    // SAFETY: a call of an aggregate.
    unsafe {
        let Some(instance) = instance(context, true) else { return sq::sqlite3_result_error_nomem(context) };
        if let Err(reply) = guarded(|| instance.step(&arguments(count, values)), Err(broken())) {
            answer(context, reply);
        }
    }
}

pub(crate) unsafe extern "C" fn inverse(context: *mut sq::sqlite3_context, count: c_int, values: *mut *mut sq::sqlite3_value) {
    // SAFETY: a call of an aggregate.
    unsafe {
        let Some(instance) = instance(context, false) else { return };
        if let Err(reply) = guarded(|| instance.inverse(&arguments(count, values)), Err(broken())) {
            answer(context, reply);
        }
    }
}

pub(crate) unsafe extern "C" fn value(context: *mut sq::sqlite3_context) {
    // SAFETY: a call of an aggregate.
    unsafe {
        let Some(instance) = instance(context, false) else { return };
        answer(context, guarded(|| instance.value(), broken()));
    }
}

pub(crate) unsafe extern "C" fn finish(context: *mut sq::sqlite3_context) {
    // SAFETY: the last call of an aggregate: what `instance` made is taken back. A group without rows has none.
    unsafe {
        let place = sq::sqlite3_aggregate_context(context, 0).cast::<*mut Instance>();
        if place.is_null() || (*place).is_null() {
            return;
        }
        let mut instance = Box::from_raw(std::mem::replace(&mut *place, null_mut()));
        answer(context, guarded(|| instance.finish(), broken()));
        let _ = catch_unwind(AssertUnwindSafe(|| drop(instance)));
    }
}

pub(crate) unsafe extern "C" fn collation(
    data: *mut c_void,
    first_len: c_int,
    first: *const c_void,
    second_len: c_int,
    second: *const c_void,
) -> c_int {
    // SAFETY: the data pointer is that of `create_collation`; texts with their lengths.
    unsafe {
        let compare = &*data.cast::<Box<dyn Fn(&[u8], &[u8]) -> i32>>();
        guarded(|| compare(slice(first.cast(), first_len), slice(second.cast(), second_len)), 0)
    }
}

pub(crate) unsafe extern "C" fn authorizer(
    data: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    database: *const c_char,
    trigger: *const c_char,
) -> c_int {
    // SAFETY: the data pointer is that of `set_authorizer`; null or C strings.
    unsafe {
        let hook = &*data.cast::<Box<dyn Fn(i32, [Option<&[u8]>; 4]) -> i32>>();
        let text = |start: *const c_char| (!start.is_null()).then(|| CStr::from_ptr(start).to_bytes());
        guarded(|| hook(action, [text(first), text(second), text(database), text(trigger)]), sq::SQLITE_DENY)
    }
}

pub(crate) unsafe extern "C" fn progress(data: *mut c_void) -> c_int {
    // SAFETY: the data pointer is that of `set_progress`.
    let hook = unsafe { &*data.cast::<Box<dyn Fn() -> bool>>() };
    c_int::from(guarded(hook, true))
}

pub(crate) unsafe extern "C" fn trace(_event: c_uint, data: *mut c_void, statement: *mut c_void, sql: *mut c_void) -> c_int {
    // SAFETY: the data pointer is that of `set_trace`; a statement and its text, a C string. The expanded text is freed.
    unsafe {
        let hook = &*data.cast::<Box<dyn Fn(&[u8])>>();
        let expanded = sq::sqlite3_expanded_sql(statement.cast());
        let text = if expanded.is_null() { sql.cast::<c_char>().cast_const() } else { expanded.cast_const() };
        if !text.is_null() {
            guarded(|| hook(CStr::from_ptr(text).to_bytes()), ());
        }
        sq::sqlite3_free(expanded.cast());
    }
    0
}
