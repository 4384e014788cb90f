//! `FileIO`: an open file descriptor.

use crate::iobase::{self, warn_unclosed};
use crate::rawbase::RawIoBase;
use crate::support::{DEFAULT_BUFFER_SIZE, Size, blocking, cannot_pickle, chain, fs_path, offset, os_error, unsupported};
use host::errno::Errno;
use host::{fd, file};
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text};
use object::{Borrowed, PyResult, Ref, TypeObject, core, exc, hooks, id, memory, raise};
use std::cell::Cell;

/// Open a file.
///
/// The mode can be 'r' (default), 'w', 'x' or 'a' for reading,
/// writing, exclusive creation or appending.  The file will be created if it
/// doesn't exist when opened for writing or appending; it will be truncated
/// when opened for writing.  A FileExistsError will be raised if it already
/// exists when opened for creating. Opening a file for creating implies
/// writing so this mode behaves in a similar way to 'w'.Add a '+' to the mode
/// to allow simultaneous reading and writing. A custom opener can be used by
/// passing a callable as *opener*. The underlying file descriptor for the file
/// object is then obtained by calling opener with (*name*, *flags*).
/// *opener* must return an open file descriptor (passing os.open as *opener*
/// results in functionality similar to passing None).
#[pyclass(
    name = "FileIO",
    module = "_io",
    base = RawIoBase,
    sig = "(file, mode='r', closefd=True, opener=None)",
    flags(BASETYPE),
    gc
)]
pub struct FileIo {
    #[trace]
    base: RawIoBase,
    fd: Cell<i32>,
    created: Cell<bool>,
    readable: Cell<bool>,
    writable: Cell<bool>,
    appending: Cell<bool>,
    /// 0 or 1, or -1 for not known yet.
    seekable: Cell<i8>,
    closefd: Cell<bool>,
    #[member(T_BOOL, name = "_finalizing")]
    finalizing: Cell<bool>,
    #[member(T_UINT, name = "_blksize")]
    block_size: Cell<u32>,
    /// The size and kind that the file had when it was opened.
    #[trace(skip)]
    at_open: Cell<Option<file::Status>>,
}

/// What a mode string says.
struct Mode {
    flags: i32,
    created: bool,
    readable: bool,
    writable: bool,
    appending: bool,
}

fn parse_mode(mode: &str) -> PyResult<Mode> {
    let mut parsed = Mode { flags: 0, created: false, readable: false, writable: false, appending: false };
    let (mut kind, mut plus) = (false, false);
    let bad = || raise!(ValueError, "Must have exactly one of create/read/write/append mode and at most one plus");
    for letter in mode.chars() {
        match letter {
            'x' | 'r' | 'w' | 'a' if kind => return Err(bad()),
            '+' if plus => return Err(bad()),
            'x' | 'r' | 'w' | 'a' => kind = true,
            'b' => {}
            '+' => plus = true,
            _ => return Err(raise!(ValueError, "invalid mode: {mode}")),
        }
        match letter {
            'x' => {
                parsed.created = true;
                parsed.flags |= libc::O_EXCL | libc::O_CREAT;
            }
            'w' => parsed.flags |= libc::O_CREAT | libc::O_TRUNC,
            'a' => {
                parsed.appending = true;
                parsed.flags |= libc::O_APPEND | libc::O_CREAT;
            }
            _ => {}
        }
        parsed.readable |= matches!(letter, 'r' | '+');
        parsed.writable |= matches!(letter, 'x' | 'w' | 'a' | '+');
    }
    if !kind {
        return Err(bad());
    }
    parsed.flags |= match (parsed.readable, parsed.writable) {
        (true, true) => libc::O_RDWR,
        (true, false) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    parsed.flags |= libc::O_CLOEXEC;
    Ok(parsed)
}

/// A descriptor given as the file; none where it is a name.
fn given_descriptor(name: Borrowed<'_>) -> PyResult<Option<i32>> {
    if name.class().is_type(&core::BOOL) {
        hooks::warn(&exc::RuntimeWarning, "bool is used as a file descriptor", 1)?;
    }
    if !int::check(name) {
        return Ok(None);
    }
    match int::to_i64(name).and_then(|number| i32::try_from(number).ok()) {
        Some(number) if number >= 0 => Ok(Some(number)),
        Some(_) => Err(raise!(ValueError, "negative file descriptor")),
        None => Err(raise!(OverflowError, "Python int too large to convert to C int")),
    }
}

fn call_opener(opener: Borrowed<'_>, name: Borrowed<'_>, flags: i32) -> PyResult<i32> {
    let result = opener.call(&[name, int::new(i64::from(flags))?.b()])?;
    if !int::check(result.b()) {
        return Err(raise!(TypeError, "expected integer from opener"));
    }
    let number = int::to_i64(result.b()).and_then(|number| i32::try_from(number).ok());
    let number = number.ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C int"))?;
    if number < 0 {
        return Err(raise!(ValueError, "opener returned {number}"));
    }
    match fd::set_inheritable(number, false) {
        Ok(()) => Ok(number),
        Err(errno) => Err(os_error(errno, None)),
    }
}

impl FileIo {
    fn new(class: &TypeObject) -> PyResult<Ref<FileIo>> {
        memory::new_instance(
            class,
            FileIo {
                base: RawIoBase::new(),
                fd: Cell::new(-1),
                created: Cell::new(false),
                readable: Cell::new(false),
                writable: Cell::new(false),
                appending: Cell::new(false),
                seekable: Cell::new(-1),
                closefd: Cell::new(true),
                finalizing: Cell::new(false),
                block_size: Cell::new(0),
                at_open: Cell::new(None),
            },
        )
    }

    /// Whether the descriptor is closed.
    pub fn is_closed(&self) -> bool {
        self.fd.get() < 0
    }

    /// The descriptor, or ValueError on a closed file.
    fn open_fd(&self) -> PyResult<i32> {
        match self.fd.get() {
            fd if fd >= 0 => Ok(fd),
            _ => Err(raise!(ValueError, "I/O operation on closed file")),
        }
    }

    fn fd_for(&self, allowed: bool, action: &str) -> PyResult<i32> {
        let fd = self.open_fd()?;
        if allowed { Ok(fd) } else { Err(unsupported(&format!("File not open for {action}"))) }
    }

    fn close_descriptor(&self) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        object::gil::without(|| fd::close(fd)).map_err(|errno| os_error(errno, None))
    }

    /// Reads into `target`; none where a non-blocking descriptor has nothing.
    pub fn read_into(&self, target: &mut [u8]) -> PyResult<Option<usize>> {
        let fd = self.fd_for(self.readable.get(), "reading")?;
        let result = blocking(|| fd::read(fd, target))?;
        Self::blocked_or(result)
    }

    /// Writes what goes; none where a non-blocking descriptor takes nothing.
    pub fn write_from(&self, source: &[u8]) -> PyResult<Option<usize>> {
        let fd = self.fd_for(self.writable.get(), "writing")?;
        let result = blocking(|| fd::write(fd, source))?;
        Self::blocked_or(result)
    }

    fn blocked_or(result: Result<usize, Errno>) -> PyResult<Option<usize>> {
        match result {
            Ok(count) => Ok(Some(count)),
            Err(errno) if errno.0 == libc::EAGAIN => Ok(None),
            Err(errno) => Err(os_error(errno, None)),
        }
    }

    /// Moves the position; `quietly` lets a pipe's error pass.
    pub fn seek_to(&self, position: i64, whence: i32, quietly: bool) -> PyResult<i64> {
        let fd = self.open_fd()?;
        let result = object::gil::without(|| fd::seek(fd, position, whence));
        if self.seekable.get() < 0 {
            self.seekable.set(i8::from(result.is_ok()));
        }
        match result {
            Ok(position) => Ok(position),
            Err(errno) if quietly && errno.0 == libc::ESPIPE => Ok(-1),
            Err(errno) => Err(os_error(errno, None)),
        }
    }

    fn mode_text(&self) -> &'static str {
        match (self.created.get(), self.appending.get(), self.readable.get(), self.writable.get()) {
            (true, _, true, _) => "xb+",
            (true, ..) => "xb",
            (_, true, true, _) => "ab+",
            (_, true, ..) => "ab",
            (_, _, true, true) => "rb+",
            (_, _, true, false) => "rb",
            _ => "wb",
        }
    }

    fn open(
        slf: Borrowed<'_, Self>,
        name: Borrowed<'_>,
        mode: &str,
        closefd: bool,
        opener: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        let file = slf.get();
        if !file.is_closed() {
            if file.closefd.get() {
                file.close_descriptor()?;
            } else {
                file.fd.set(-1);
            }
        }
        let given = given_descriptor(name)?;
        let path = if given.is_none() { Some(fs_path(name)?) } else { None };
        let mode_object = text::new(mode)?;
        let parsed = parse_mode(mode)?;
        for (cell, value) in [
            (&file.created, parsed.created),
            (&file.readable, parsed.readable),
            (&file.writable, parsed.writable),
            (&file.appending, parsed.appending),
        ] {
            cell.set(value);
        }
        file.seekable.set(-1);
        file.at_open.set(None);
        hooks::audit("open", &[name, mode_object.b(), int::new(i64::from(parsed.flags))?.b()])?;
        match (given, path) {
            (Some(fd), _) => {
                file.closefd.set(closefd);
                file.fd.set(fd);
            }
            (None, Some(path)) => {
                file.closefd.set(true);
                if !closefd {
                    return Err(raise!(ValueError, "Cannot use closefd=False with file name"));
                }
                let fd = match opener.filter(|opener| !opener.is(&core::none())) {
                    Some(opener) => call_opener(opener, name, parsed.flags)?,
                    None => {
                        blocking(|| fd::open(None, &path, parsed.flags, 0o666))?.map_err(|errno| os_error(errno, Some(name)))?
                    }
                };
                file.fd.set(fd);
            }
            (None, None) => {}
        }
        let prepared = Self::prepare(slf, name);
        match prepared {
            Err(raised) if given.is_some() => {
                file.fd.set(-1);
                Err(raised)
            }
            Err(raised) => chain(Err(raised), || file.close_descriptor()),
            good => good,
        }
    }

    /// What follows once the descriptor is open.
    fn prepare(slf: Borrowed<'_, Self>, name: Borrowed<'_>) -> PyResult<()> {
        let file = slf.get();
        let fd = file.fd.get();
        file.block_size.set(DEFAULT_BUFFER_SIZE as u32);
        match object::gil::without(|| file::status_of(fd)) {
            Err(errno) if errno.0 == libc::EBADF => return Err(os_error(errno, None)),
            Err(_) => {}
            Ok(status) if status.is_dir() => return Err(os_error(Errno(libc::EISDIR), Some(name))),
            Ok(status) => {
                if status.block_size > 1 {
                    file.block_size.set(u32::try_from(status.block_size).unwrap_or(u32::MAX));
                }
                file.at_open.set(Some(status));
            }
        }
        slf.object().setattr(id!("name"), name)?;
        if file.appending.get() {
            file.seek_to(0, 2, true)?;
        }
        Ok(())
    }

    /// All that is left, from the descriptor's position.
    fn read_rest(&self) -> PyResult<Option<Vec<u8>>> {
        let fd = self.open_fd()?;
        if !self.readable.get() {
            return Err(unsupported("File not open for reading"));
        }
        let mut all = memory::vec_with_capacity::<u8>(self.expected_rest(fd))?;
        loop {
            if all.capacity() - all.len() < 2 {
                let more = all.len().clamp(DEFAULT_BUFFER_SIZE, 1 << 26);
                memory::reserve(&mut all, more)?;
            }
            let start = all.len();
            all.resize(all.capacity(), 0);
            let result = blocking(|| fd::read(fd, all.get_mut(start..).unwrap_or_default()));
            let count = match result {
                Ok(Ok(count)) => count,
                _ => 0,
            };
            all.truncate(start + count);
            match result? {
                Ok(0) => return Ok(Some(all)),
                Ok(_) => {}
                Err(errno) if errno.0 == libc::EAGAIN => return Ok(if all.is_empty() { None } else { Some(all) }),
                Err(errno) => return Err(os_error(errno, None)),
            }
        }
    }

    /// How much memory the rest of a regular file takes; one byte more shows the end.
    fn expected_rest(&self, fd: i32) -> usize {
        let size = self.at_open.get().map_or(0, |status| status.size);
        if size <= 0 || size >= 1 << 40 {
            return DEFAULT_BUFFER_SIZE;
        }
        let position = if size > 65536 { object::gil::without(|| fd::seek(fd, 0, 1)).unwrap_or(0) } else { 0 };
        usize::try_from(size - position).map_or(DEFAULT_BUFFER_SIZE, |rest| rest + 2)
    }
}

#[pymethods]
impl FileIo {
    #[slot(tp_new)]
    fn tp_new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _ = (args, kwargs);
        Self::new(&cls).map(Ref::upcast)
    }

    #[slot(tp_init, "(file, mode='r', closefd=True, opener=None)")]
    fn init(
        slf: Borrowed<'_, Self>,
        file: Borrowed<'_>,
        mode: String,
        closefd: bool,
        opener: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        Self::open(slf, file, &mode, closefd, opener)
    }

    /// Close the file.
    ///
    /// A closed file cannot be used for further I/O operations.  close() may be
    /// called more than once without error.
    #[method("($self, /)")]
    fn close(slf: Borrowed<'_, Self>) -> PyResult<()> {
        let file = slf.get();
        let base = <RawIoBase as object::StaticType>::type_object().getattr(id!("close"))?.call1(slf.object()).map(drop);
        if !file.closefd.get() {
            file.fd.set(-1);
            return base;
        }
        if file.finalizing.get() && !file.is_closed() {
            warn_unclosed(slf.object());
        }
        file.at_open.set(None);
        chain(base, || file.close_descriptor())
    }

    /// True if file supports random-access.
    #[method("($self, /)")]
    fn seekable(&self) -> PyResult<bool> {
        self.open_fd()?;
        if self.seekable.get() < 0
            && let Err(raised) = self.seek_to(0, 1, false)
        {
            raised.clear();
        }
        Ok(self.seekable.get() > 0)
    }

    /// True if file was opened in a read mode.
    #[method("($self, /)")]
    fn readable(&self) -> PyResult<bool> {
        self.open_fd().map(|_| self.readable.get())
    }

    /// True if file was opened in a write mode.
    #[method("($self, /)")]
    fn writable(&self) -> PyResult<bool> {
        self.open_fd().map(|_| self.writable.get())
    }

    /// Return the underlying file descriptor (an integer).
    #[method("($self, /)")]
    fn fileno(&self) -> PyResult<i32> {
        self.open_fd()
    }

    /// Same as RawIOBase.readinto().
    #[method("($self, buffer, /)")]
    fn readinto(&self, buffer: Borrowed<'_>) -> PyResult<Option<usize>> {
        let target = match Buffer::get(buffer, abi::pybuf::WRITABLE) {
            Ok(target) => target,
            Err(raised) => {
                raised.clear();
                let class = buffer.class().short_name();
                return Err(raise!(TypeError, "readinto() argument 1 must be read-write bytes-like object, not {class}"));
            }
        };
        target.with_bytes_mut(|memory| self.read_into(memory)).unwrap_or(Ok(Some(0)))
    }

    /// Read all data from the file, returned as bytes.
    ///
    /// Reads until either there is an error or read() returns size 0 (EOF).
    /// If the file is already at EOF, returns an empty bytes object.
    ///
    /// In non-blocking mode, returns as much data as could be read before EAGAIN
    /// or, if no data is available (EAGAIN is returned before bytes are read),
    /// returns None.
    #[method("($self, /)")]
    fn readall(&self) -> PyResult<Option<Ref>> {
        self.read_rest()?.map(|all| bytes::new(&all)).transpose()
    }

    /// Read at most size bytes, returned as bytes.
    ///
    /// If size is less than 0, read all bytes in the file making multiple read calls.
    /// See ``FileIO.readall``.
    ///
    /// Attempts to make only one system call, retrying only per PEP 475 (EINTR). This
    /// means less data may be returned than requested.
    ///
    /// In non-blocking mode, returns None if no data is available. On EOF, returns
    /// an empty bytes object.
    #[method("($self, size=-1, /)")]
    fn read(&self, size: Option<Size>) -> PyResult<Option<Ref>> {
        self.fd_for(self.readable.get(), "reading")?;
        let Some(size) = size.and_then(Size::get) else { return self.readall() };
        let mut target = memory::vec_zeroed(size)?;
        let count = self.read_into(&mut target)?;
        count.map(|count| bytes::new(target.get(..count).unwrap_or_default())).transpose()
    }

    /// Write buffer b to file, return number of bytes written.
    ///
    /// Only makes one system call, so not all of the data may be written.
    /// The number of bytes actually written is returned.  In non-blocking mode,
    /// returns None if the write would block.
    #[method("($self, b, /)")]
    fn write(&self, b: Borrowed<'_>) -> PyResult<Option<usize>> {
        self.fd_for(self.writable.get(), "writing")?;
        let source = iobase::readable_arg(b)?;
        self.write_from(source.bytes())
    }

    /// Move to new file position and return the file position.
    ///
    /// Argument offset is a byte count.  Optional argument whence defaults to
    /// SEEK_SET or 0 (offset from start of file, offset should be >= 0); other values
    /// are SEEK_CUR or 1 (move relative to current position, positive or negative),
    /// and SEEK_END or 2 (move relative to end of file, usually negative, although
    /// many platforms allow seeking beyond the end of a file).
    ///
    /// Note that not all file objects are seekable.
    #[method("($self, pos, whence=0, /)")]
    fn seek(&self, pos: Borrowed<'_>, whence: i32) -> PyResult<i64> {
        self.open_fd()?;
        if pos.class().is_subtype(&core::FLOAT) {
            return Err(raise!(TypeError, "an integer is required"));
        }
        self.seek_to(offset(pos)?, whence, false)
    }

    /// Current file position.
    ///
    /// Can raise OSError for non seekable files.
    #[method("($self, /)")]
    fn tell(&self) -> PyResult<i64> {
        self.seek_to(0, 1, false)
    }

    /// Truncate the file to at most size bytes and return the truncated size.
    ///
    /// Size defaults to the current file position, as returned by tell().
    /// The current file position is changed to the value of size.
    #[method("($self, size=None, /)")]
    fn truncate(&self, size: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let fd = self.fd_for(self.writable.get(), "writing")?;
        let size = match size.filter(|size| !size.is(&core::none())) {
            Some(size) => size.to_ref(),
            None => int::new(self.seek_to(0, 1, false)?)?,
        };
        let length = offset(size.b())?;
        self.at_open.set(None);
        match blocking(|| fd::truncate(fd, length))? {
            Ok(()) => Ok(size),
            Err(errno) => Err(os_error(errno, None)),
        }
    }

    /// True if the file is connected to a TTY device.
    #[method("($self, /)")]
    fn isatty(&self) -> PyResult<bool> {
        let fd = self.open_fd()?;
        Ok(object::gil::without(|| fd::is_terminal(fd)))
    }

    #[method(name = "_isatty_open_only", text = None, "($self, /)")]
    fn isatty_open_only(&self) -> PyResult<bool> {
        let is_device = self.at_open.get().is_none_or(|status| status.mode & libc::S_IFMT == libc::S_IFCHR);
        if is_device { self.isatty() } else { Ok(false) }
    }

    #[method(name = "_dealloc_warn", text = None, "($self, source, /)")]
    fn dealloc_warn(&self, source: Borrowed<'_>) {
        if !self.is_closed() && self.closefd.get() {
            warn_unclosed(source);
        }
    }

    #[method(name = "__getstate__", text = None, "($self, /)")]
    fn getstate(slf: Borrowed<'_>) -> PyResult<()> {
        Err(cannot_pickle(slf))
    }

    /// True if the file is closed
    #[getter]
    fn closed(&self) -> bool {
        self.is_closed()
    }

    /// True if the file descriptor will be closed by close().
    #[getter]
    fn closefd(&self) -> bool {
        self.closefd.get()
    }

    /// String giving the file mode
    #[getter]
    fn mode(&self) -> &'static str {
        self.mode_text()
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        let file = slf.get();
        let class = file_class_name(slf.object());
        if file.is_closed() {
            return Ok(format!("<{class} [closed]>"));
        }
        let closefd = if file.closefd.get() { "True" } else { "False" };
        let mode = file.mode_text();
        match iobase::name_of(slf.object())? {
            None => Ok(format!("<{class} fd={} mode='{mode}' closefd={closefd}>", file.fd.get())),
            Some(name) => {
                let Some(_guard) = object::protocol::represent::ReprGuard::enter(&slf.object()) else {
                    return Err(raise!(RuntimeError, "reentrant call inside {class}.__repr__"));
                };
                Ok(format!("<{class} name={} mode='{mode}' closefd={closefd}>", name.repr_text()?))
            }
        }
    }
}

/// The class's `tp_name`, as `repr` of streams shows it.
pub fn file_class_name(stream: Borrowed<'_>) -> String {
    stream.class().tp_name().to_owned()
}
