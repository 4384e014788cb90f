//! `BufferedReader`, `BufferedWriter`, `BufferedRandom`, `BufferedRWPair` (CPython's `bufferedio.c`).

mod common;
mod core;
mod pair;
mod read;
mod write;

pub use pair::BufferedRwPair;
pub use read::Once;

use self::core::Core;
use crate::iobase::{check_readable, check_seekable, check_writable, readable_arg};
use crate::rawbase::BufferedIoBase;
use macros::{pyclass, pymethods};
use object::{Borrowed, PyResult, Ref, TypeObject, memory};

/// Create a new buffered reader using the given readable raw IO object.
#[pyclass(
    name = "BufferedReader",
    module = "_io",
    base = BufferedIoBase,
    sig = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)",
    flags(BASETYPE),
    gc,
    parts(MAIN, COMMON, READING)
)]
pub struct BufferedReader {
    #[trace]
    base: BufferedIoBase,
    #[member(T_OBJECT, name = "raw", field = core.raw, readonly)]
    #[member(T_BOOL, name = "_finalizing", field = core.finalizing)]
    pub core: Core,
}

/// A buffer for a writeable sequential RawIO object.
///
/// The constructor creates a BufferedWriter for the given writeable raw
/// stream. If the buffer_size is not given, it defaults to
/// DEFAULT_BUFFER_SIZE.
#[pyclass(
    name = "BufferedWriter",
    module = "_io",
    base = BufferedIoBase,
    sig = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)",
    flags(BASETYPE),
    gc,
    parts(MAIN, COMMON)
)]
pub struct BufferedWriter {
    #[trace]
    base: BufferedIoBase,
    #[member(T_OBJECT, name = "raw", field = core.raw, readonly)]
    #[member(T_BOOL, name = "_finalizing", field = core.finalizing)]
    pub core: Core,
}

/// A buffered interface to random access streams.
///
/// The constructor creates a reader and writer for a seekable stream,
/// raw, given in the first argument. If the buffer_size is omitted it
/// defaults to DEFAULT_BUFFER_SIZE.
#[pyclass(
    name = "BufferedRandom",
    module = "_io",
    base = BufferedIoBase,
    sig = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)",
    flags(BASETYPE),
    gc,
    parts(MAIN, COMMON, READING)
)]
pub struct BufferedRandom {
    #[trace]
    base: BufferedIoBase,
    #[member(T_OBJECT, name = "raw", field = core.raw, readonly)]
    #[member(T_BOOL, name = "_finalizing", field = core.finalizing)]
    pub core: Core,
}

common::common_methods!(BufferedReader);
common::common_methods!(BufferedWriter);
common::common_methods!(BufferedRandom);
common::reading_methods!(BufferedReader);
common::reading_methods!(BufferedRandom);

#[pymethods]
impl BufferedReader {
    #[slot(tp_init, "(raw, buffer_size=131072)")]
    fn init(&self, raw: Borrowed<'_>, buffer_size: isize) -> PyResult<()> {
        self.core.ok.set(false);
        self.core.detached.set(false);
        check_readable(raw)?;
        self.core.init(raw, buffer_size, true, false)
    }

    #[method("($self, /)")]
    fn flush(&self) -> PyResult<Ref> {
        self.core.check_initialized()?;
        self.core.check_closed("flush of closed file")?;
        self.core.raw()?.call_method(object::id!("flush"), &[])
    }
}

#[pymethods]
impl BufferedWriter {
    #[slot(tp_init, "(raw, buffer_size=131072)")]
    fn init(&self, raw: Borrowed<'_>, buffer_size: isize) -> PyResult<()> {
        self.core.ok.set(false);
        self.core.detached.set(false);
        check_writable(raw)?;
        self.core.init(raw, buffer_size, false, true)
    }

    #[method("($self, /)")]
    fn writable(&self) -> PyResult<Ref> {
        self.core.raw()?.call_method(object::id!("writable"), &[])
    }

    /// Write buffer b to the IO stream.
    #[method("($self, buffer, /)")]
    fn write(slf: Borrowed<'_, Self>, buffer: Borrowed<'_>) -> PyResult<usize> {
        slf.get().core.check_initialized()?;
        let source = readable_arg(buffer)?;
        slf.get().core.write(slf.object(), source.bytes())
    }

    #[method("($self, /)")]
    fn flush(slf: Borrowed<'_, Self>) -> PyResult<()> {
        slf.get().flush_locked(slf.object())
    }
}

#[pymethods]
impl BufferedRandom {
    #[slot(tp_init, "(raw, buffer_size=131072)")]
    fn init(&self, raw: Borrowed<'_>, buffer_size: isize) -> PyResult<()> {
        self.core.ok.set(false);
        self.core.detached.set(false);
        check_seekable(raw)?;
        check_readable(raw)?;
        check_writable(raw)?;
        self.core.init(raw, buffer_size, true, true)
    }

    #[method("($self, /)")]
    fn writable(&self) -> PyResult<Ref> {
        self.core.raw()?.call_method(object::id!("writable"), &[])
    }

    /// Write buffer b to the IO stream.
    #[method("($self, buffer, /)")]
    fn write(slf: Borrowed<'_, Self>, buffer: Borrowed<'_>) -> PyResult<usize> {
        slf.get().core.check_initialized()?;
        let source = readable_arg(buffer)?;
        slf.get().core.write(slf.object(), source.bytes())
    }

    #[method("($self, /)")]
    fn flush(slf: Borrowed<'_, Self>) -> PyResult<()> {
        slf.get().flush_locked(slf.object())
    }
}

macro_rules! create {
    ($($class:ident)*) => { $(
        impl $class {
            fn create(class: &TypeObject) -> PyResult<Ref> {
                memory::new_instance(class, $class { base: BufferedIoBase::new(), core: Core::new() }).map(Ref::upcast)
            }

            /// Writes the buffer out and puts the raw stream where the position is.
            pub fn flush_locked(&self, stream: Borrowed<'_>) -> PyResult<()> {
                self.core.check_initialized()?;
                self.core.check_closed("flush of closed file")?;
                let _held = self.core.enter(stream)?;
                self.core.flush_and_rewind()
            }
        }
    )* };
}
create!(BufferedReader BufferedWriter BufferedRandom);
