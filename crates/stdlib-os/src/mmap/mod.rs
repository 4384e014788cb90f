//! `mmap`: files and memory as sequences of bytes (CPython's `mmapmodule.c`).
//!
//! The mapping itself is `host::mmap`; while buffers of it are lent it neither moves nor ends.

mod access;
mod sequence;

use crate::support::{OrRaise, os_error};
use host::errno::Errno;
use host::fd;
use host::file::status_of;
use host::mmap::Mapping;
use macros::{pyclass, pymethods};
use object::value::int;
use object::{Borrowed, PyResult, Raised, Ref, TypeObject, gil, hooks, memory, raise};
use std::cell::{Cell, RefCell};

/// What may be done with a mapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Default = 0,
    Read = 1,
    Write = 2,
    Copy = 3,
}

const BOTH: i32 = libc::PROT_READ | libc::PROT_WRITE;

impl Access {
    /// The access, protection and flags that the arguments ask for.
    fn choose(access: i32, protection: i32, flags: i32) -> PyResult<(Access, i32, i32)> {
        if access != 0 && (flags != libc::MAP_SHARED || protection != BOTH) {
            return Err(raise!(ValueError, "mmap can't specify both access and flags, prot."));
        }
        match access {
            0 if protection & BOTH == BOTH => Ok((Access::Default, protection, flags)),
            0 if protection & libc::PROT_WRITE != 0 => Ok((Access::Write, protection, flags)),
            0 => Ok((Access::Read, protection, flags)),
            1 => Ok((Access::Read, libc::PROT_READ, libc::MAP_SHARED)),
            2 => Ok((Access::Write, BOTH, libc::MAP_SHARED)),
            3 => Ok((Access::Copy, BOTH, libc::MAP_PRIVATE)),
            _ => Err(raise!(ValueError, "mmap invalid access parameter.")),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Access::Default => "ACCESS_DEFAULT",
            Access::Read => "ACCESS_READ",
            Access::Write => "ACCESS_WRITE",
            Access::Copy => "ACCESS_COPY",
        }
    }
}

/// A descriptor of our own, closed when dropped; -1 for none.
pub struct Descriptor(i32);

impl Drop for Descriptor {
    fn drop(&mut self) {
        if self.0 >= 0 {
            // Nobody is left to tell of an error.
            let _closed = fd::close(self.0);
        }
    }
}

/// Windows: mmap(fileno, length[, tagname[, access[, offset]]])
///
/// Maps length bytes from the file specified by the file handle fileno,
/// and returns a mmap object.  If length is larger than the current size
/// of the file, the file is extended to contain length bytes.  If length
/// is 0, the maximum length of the map is the current size of the file,
/// except that if the file is empty Windows raises an exception (you cannot
/// create an empty mapping on Windows).
///
/// Unix: mmap(fileno, length[, flags[, prot[, access[, offset[, trackfd]]]]])
///
/// Maps length bytes from the file specified by the file descriptor fileno,
/// and returns a mmap object.  If length is 0, the maximum length of the map
/// will be the current size of the file when mmap is called.
/// flags specifies the nature of the mapping. MAP_PRIVATE creates a
/// private copy-on-write mapping, so changes to the contents of the mmap
/// object will be private to this process, and MAP_SHARED creates a mapping
/// that's shared with all other processes mapping the same areas of the file.
/// The default value is MAP_SHARED.
///
/// To map anonymous memory, pass -1 as the fileno (both versions).
#[pyclass(name = "mmap", module = "mmap", flags(BASETYPE), weaklist = weakrefs, parts(MAIN, ACCESS, SEQUENCE))]
pub struct Mmap {
    header: abi::PyObject,
    /// None when closed.
    mapping: RefCell<Option<Mapping>>,
    file: RefCell<Descriptor>,
    /// Where the next `read` or `write` is.
    position: Cell<usize>,
    offset: i64,
    flags: i32,
    access: Access,
    tracks_file: bool,
    /// How many buffers are lent.
    exports: Cell<usize>,
    weakrefs: Cell<*mut abi::PyObject>,
}

#[cold]
fn closed() -> Raised {
    raise!(ValueError, "mmap closed or invalid")
}

impl Mmap {
    /// Runs `action`, in which no Python code may run, on the mapping.
    fn with<R>(&self, action: impl FnOnce(&Mapping) -> R) -> PyResult<R> {
        match &*self.mapping.borrow() {
            Some(mapping) => Ok(action(mapping)),
            None => Err(closed()),
        }
    }

    fn len(&self) -> PyResult<usize> {
        self.with(Mapping::len)
    }

    fn check_writable(&self) -> PyResult<()> {
        if self.access == Access::Read {
            return Err(raise!(TypeError, "mmap can't modify a readonly memory map."));
        }
        Ok(())
    }

    fn end(&self) -> PyResult<()> {
        if self.exports.get() > 0 {
            return Err(raise!(BufferError, "cannot close exported pointers exist"));
        }
        let mapping = self.mapping.borrow_mut().take();
        let file = std::mem::replace(&mut *self.file.borrow_mut(), Descriptor(-1));
        gil::without(|| drop((file, mapping)));
        Ok(())
    }
}

/// How many bytes of a file are mapped.
fn length_of(file: i32, length: usize, offset: i64) -> PyResult<usize> {
    let Ok(status) = gil::without(|| status_of(file)) else { return Ok(length) };
    if !status.is_file() {
        return Ok(length);
    }
    if length == 0 {
        if status.size == 0 {
            return Err(raise!(ValueError, "cannot mmap an empty file"));
        }
        if offset >= status.size {
            return Err(raise!(ValueError, "mmap offset is greater than file size"));
        }
        return usize::try_from(status.size - offset).map_err(|_| raise!(ValueError, "mmap length is too large"));
    }
    let rest = usize::try_from(status.size.saturating_sub(offset)).unwrap_or(0);
    if offset > status.size || rest < length {
        return Err(raise!(ValueError, "mmap length is greater than file size"));
    }
    Ok(length)
}

#[pymethods]
impl Mmap {
    #[slot(tp_new, "(fileno, length, flags=MAP_SHARED, prot=PROT_READ, access=ACCESS_DEFAULT, offset=0, *, trackfd=True)")]
    fn new(
        cls: Borrowed<'_, TypeObject>,
        fileno: i32,
        length: isize,
        flags: Option<i32>,
        protection: Option<i32>,
        access: Option<i32>,
        offset: i64,
        tracks_file: bool,
    ) -> PyResult<Ref> {
        let Ok(length) = usize::try_from(length) else {
            return Err(raise!(OverflowError, "memory mapped length must be positive"));
        };
        if offset < 0 {
            return Err(raise!(OverflowError, "memory mapped offset must be positive"));
        }
        let (flags, protection) = (flags.unwrap_or(libc::MAP_SHARED), protection.unwrap_or(BOTH));
        let (access, protection, mut flags) = Access::choose(access.unwrap_or(0), protection, flags)?;
        let shown = [int::new(i64::from(fileno))?, int::from_u64(length as u64)?, int::new(access as i64)?, int::new(offset)?];
        hooks::audit("mmap.__new__", &shown.each_ref().map(Ref::b))?;
        let length = if fileno == -1 { length } else { length_of(fileno, length, offset)? };
        let mut file = Descriptor(-1);
        if fileno == -1 {
            flags |= libc::MAP_ANONYMOUS;
        } else if tracks_file {
            file = Descriptor(fd::duplicate(fileno).or_raise()?);
        }
        let mapping = gil::without(|| Mapping::new(length, protection, flags, fileno, offset)).or_raise()?;
        let value = Mmap {
            header: <abi::PyObject as abi::CStruct>::ZERO,
            mapping: RefCell::new(Some(mapping)),
            file: RefCell::new(file),
            position: Cell::new(0),
            offset,
            flags,
            access,
            tracks_file,
            exports: Cell::new(0),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> String {
        let object = slf.object();
        let class = object.class();
        match slf.len() {
            Ok(length) => format!(
                "<{} closed=False, access={}, length={length}, pos={}, offset={}>",
                class.tp_name(),
                slf.access.name(),
                slf.position.get(),
                slf.offset
            ),
            Err(raised) => {
                raised.clear();
                format!("<{} closed=True>", class.tp_name())
            }
        }
    }

    #[method("($self, /)")]
    fn close(&self) -> PyResult<()> {
        self.end()
    }

    #[getter]
    fn closed(&self) -> bool {
        self.mapping.borrow().is_none()
    }

    #[method("($self, /)")]
    fn __enter__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.len()?;
        Ok(slf.object().to_ref())
    }

    #[method("($self, exc_type, exc_value, traceback, /)")]
    fn __exit__(&self, _exc_type: Borrowed<'_>, _exc_value: Borrowed<'_>, _traceback: Borrowed<'_>) -> PyResult<()> {
        self.end()
    }

    #[method("($self, /)")]
    fn size(&self) -> PyResult<i64> {
        self.len()?;
        match self.file.borrow().0 {
            -1 => Err(os_error(Errno(libc::EBADF))),
            file => gil::without(|| status_of(file)).or_raise().map(|status| status.size),
        }
    }

    #[method("($self, newsize, /)")]
    fn resize(&self, newsize: isize) -> PyResult<()> {
        let size = self.len()?;
        if self.exports.get() > 0 {
            return Err(raise!(BufferError, "mmap can't resize with extant buffers exported."));
        }
        if !self.tracks_file {
            return Err(raise!(ValueError, "mmap can't resize with trackfd=False."));
        }
        if matches!(self.access, Access::Read | Access::Copy) {
            return Err(raise!(TypeError, "mmap can't resize a readonly or copy-on-write memory map."));
        }
        let out_of_range = || raise!(ValueError, "new size out of range");
        let length = usize::try_from(newsize).map_err(|_| out_of_range())?;
        let end = i64::try_from(newsize).ok().and_then(|length| self.offset.checked_add(length)).ok_or_else(out_of_range)?;
        let file = self.file.borrow().0;
        if file == -1 && self.flags & libc::MAP_PRIVATE == 0 && length > size {
            return Err(raise!(ValueError, "mmap: can't expand a shared anonymous mapping"));
        }
        if file != -1 {
            fd::truncate(file, end).or_raise()?;
        }
        match &mut *self.mapping.borrow_mut() {
            Some(mapping) => mapping.resize(length).or_raise(),
            None => Err(closed()),
        }
    }
}

#[macros::pymodule(name = "mmap")]
pub mod module {
    use crate::support::add_constants;
    use object::{Borrowed, PyResult, Ref, exc};

    #[pytype]
    type Exposed = super::Mmap;

    #[pyattr]
    fn error() -> Ref {
        exc::OSError.to_ref()
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let page = i64::try_from(host::mmap::page_size()).unwrap_or(4096);
        add_constants(module, &[("PAGESIZE", page), ("ALLOCATIONGRANULARITY", page)])?;
        add_constants(
            module,
            &[
                ("ACCESS_DEFAULT", 0),
                ("ACCESS_READ", 1),
                ("ACCESS_WRITE", 2),
                ("ACCESS_COPY", 3),
                ("PROT_READ", 1),
                ("PROT_WRITE", 2),
                ("PROT_EXEC", 4),
                ("MAP_SHARED", 1),
                ("MAP_PRIVATE", 2),
                ("MAP_ANON", 32),
                ("MAP_ANONYMOUS", 32),
                ("MAP_32BIT", 64),
                ("MAP_DENYWRITE", 2048),
                ("MAP_EXECUTABLE", 4096),
                ("MAP_NORESERVE", 16384),
                ("MAP_POPULATE", 32768),
                ("MAP_STACK", 131_072),
                ("MADV_NORMAL", 0),
                ("MADV_RANDOM", 1),
                ("MADV_SEQUENTIAL", 2),
                ("MADV_WILLNEED", 3),
                ("MADV_DONTNEED", 4),
                ("MADV_FREE", 8),
                ("MADV_REMOVE", 9),
                ("MADV_DONTFORK", 10),
                ("MADV_DOFORK", 11),
                ("MADV_MERGEABLE", 12),
                ("MADV_UNMERGEABLE", 13),
                ("MADV_HUGEPAGE", 14),
                ("MADV_NOHUGEPAGE", 15),
                ("MADV_DONTDUMP", 16),
                ("MADV_DODUMP", 17),
                ("MADV_HWPOISON", 100),
            ],
        )
    }
}
