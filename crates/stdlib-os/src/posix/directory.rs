//! Folders: listing, `scandir`, making, removing, the current one.

use super::stat::{self, links};
use crate::path::{DirFd, Path, PathOrFd, dir, dir_object, path_or_fd, same_kind};
use crate::support::{OrRaise, file_error, files_error, free};
#[cfg(test)]
use host::errno::Errno;
use host::file::{self, Dir, Entry, Links};
use macros::{pyclass, pymethods, pymodule};
use object::args::ArgInfo;
use object::value::{bytes, int};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, core, exc, hooks, id, memory, raise};
use std::cell::{Cell, RefCell};

static LISTDIR_PATH: ArgInfo = ArgInfo { function: "listdir", name: "path", position: 0 };
static SCANDIR_PATH: ArgInfo = ArgInfo { function: "scandir", name: "path", position: 0 };

fn folder(path: Option<Borrowed<'_>>, info: &ArgInfo) -> PyResult<PathOrFd> {
    match path.filter(|path| !path.is(&core::none())) {
        None => Path::current().map(PathOrFd::Path),
        Some(path) => path_or_fd(path, info, true),
    }
}

fn open(path: &PathOrFd) -> PyResult<Dir> {
    let opened = free(|| match path {
        PathOrFd::Path(path) => Dir::open(path.c()),
        PathOrFd::Fd(fd, _) => Dir::of(*fd),
    });
    opened.or_file(path.object())
}

/// An entry of a folder, from `os.scandir`.
#[pyclass(name = "DirEntry", module = "posix", gc, flags(DISALLOW_INSTANTIATION))]
pub struct DirEntry {
    header: abi::PyObject,
    /// the entry's base filename, relative to scandir() "path" argument
    #[member(T_OBJECT, name = "name", readonly, doc = "the entry's base filename, relative to scandir() \"path\" argument")]
    name: OptRef,
    #[member(
        T_OBJECT,
        name = "path",
        readonly,
        doc = "the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)"
    )]
    path: OptRef,
    status: OptRef,
    link_status: OptRef,
    kind: Cell<u8>,
    inode: Cell<u64>,
    /// The folder's descriptor, for `scandir(fd)`.
    dir_fd: Cell<i32>,
}

impl DirEntry {
    fn system_path(&self) -> PyResult<Path> {
        let source = if self.dir_fd.get() >= 0 { self.name.get() } else { self.path.get() };
        let Some(source) = source else { return Err(object::error::bad_internal_call()) };
        let content = match bytes::value(source.b()) {
            Some(content) => content.to_vec(),
            None => crate::support::encode(source.b())?,
        };
        let shown = self.path.get().unwrap_or_else(|| source.clone());
        Path::from_bytes(content, shown, false)
    }

    fn fetch(&self, links: Links) -> PyResult<Ref> {
        let path = self.system_path()?;
        let fd = (self.dir_fd.get() >= 0).then_some(DirFd(self.dir_fd.get()));
        let found = free(|| file::status(dir(&fd), path.c(), links));
        stat::result(&found.or_file(path.object())?)
    }

    /// The status, remembered; that of the link's target or of the entry itself.
    fn status(&self, follow: bool) -> PyResult<Ref> {
        if follow && self.kind.get() == libc::DT_LNK || follow && self.kind.get() == libc::DT_UNKNOWN {
            if let Some(status) = self.status.get() {
                return Ok(status);
            }
            let status = self.fetch(Links::Follow)?;
            self.status.set(Some(status.clone()));
            return Ok(status);
        }
        if let Some(status) = self.link_status.get() {
            return Ok(status);
        }
        let status = self.fetch(Links::Keep)?;
        self.link_status.set(Some(status.clone()));
        Ok(status)
    }

    /// Whether the entry is of a kind; False where it is gone.
    fn is_kind(&self, follow: bool, kind: u8, mode: u32) -> PyResult<bool> {
        let own = self.kind.get();
        let needs_status = own == libc::DT_UNKNOWN || follow && own == libc::DT_LNK;
        if !needs_status {
            return Ok(own == kind);
        }
        match self.status(follow) {
            Ok(status) => {
                let bits = status.getattr(id!("st_mode"))?;
                Ok(int::to_i64(bits.b()).is_some_and(|bits| bits & 0o170000 == i64::from(mode)))
            }
            Err(raised) => raised.clear_if(&exc::FileNotFoundError).map(|()| false),
        }
    }
}

#[pymethods]
impl DirEntry {
    /// Return True if the entry is a directory; cached per entry.
    #[method("($self, /, *, follow_symlinks=True)")]
    fn is_dir(&self, follow_symlinks: bool) -> PyResult<bool> {
        self.is_kind(follow_symlinks, libc::DT_DIR, libc::S_IFDIR)
    }

    /// Return True if the entry is a file; cached per entry.
    #[method("($self, /, *, follow_symlinks=True)")]
    fn is_file(&self, follow_symlinks: bool) -> PyResult<bool> {
        self.is_kind(follow_symlinks, libc::DT_REG, libc::S_IFREG)
    }

    /// Return True if the entry is a symbolic link; cached per entry.
    #[method("($self, /)")]
    fn is_symlink(&self) -> PyResult<bool> {
        self.is_kind(false, libc::DT_LNK, libc::S_IFLNK)
    }

    /// Return True if the entry is a junction; cached per entry.
    #[method("($self, /)")]
    fn is_junction(&self) -> bool {
        false
    }

    /// Return stat_result object for the entry; cached per entry.
    #[method("($self, /, *, follow_symlinks=True)")]
    fn stat(&self, follow_symlinks: bool) -> PyResult<Ref> {
        self.status(follow_symlinks)
    }

    /// Return inode of the entry; cached per entry.
    #[method("($self, /)")]
    fn inode(&self) -> u64 {
        self.inode.get()
    }

    /// Returns the path for the entry.
    #[method(name = "__fspath__", "($self, /)")]
    fn fspath(&self) -> Option<Ref> {
        self.path.get()
    }

    #[classmethod(name = "__class_getitem__", "($type, item, /)")]
    fn class_getitem(cls: Borrowed<'_, object::TypeObject>, item: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(cls.object(), item)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        match self.name.get() {
            Some(name) => Ok(format!("<DirEntry {}>", name.repr_text()?)),
            None => Ok("<DirEntry>".to_owned()),
        }
    }
}

/// The iterator of `os.scandir`.
#[pyclass(name = "ScandirIterator", module = "posix", flags(DISALLOW_INSTANTIATION), gc)]
pub struct ScandirIterator {
    header: abi::PyObject,
    #[trace(skip)]
    folder: RefCell<Option<Dir>>,
    #[trace(skip)]
    path: PathOrFd,
}

impl ScandirIterator {
    fn close_folder(&self) {
        let folder = self.folder.take();
        if folder.is_some() {
            object::gil::without(|| drop(folder));
        }
    }

    fn entry(&self, entry: &Entry) -> PyResult<Ref> {
        let (name, path, fd) = match &self.path {
            PathOrFd::Fd(fd, _) => {
                let name = same_kind(&entry.name, false)?;
                (name.clone(), name, *fd)
            }
            PathOrFd::Path(path) => {
                let mut full = path.c().to_bytes().to_vec();
                if full.last().is_some_and(|last| *last != b'/') {
                    full.push(b'/');
                }
                full.extend_from_slice(&entry.name);
                (same_kind(&entry.name, path.is_bytes())?, same_kind(&full, path.is_bytes())?, -1)
            }
        };
        let fields = DirEntry {
            header: <abi::PyObject as abi::CStruct>::ZERO,
            name: OptRef::new(Some(name)),
            path: OptRef::new(Some(path)),
            status: OptRef::none(),
            link_status: OptRef::none(),
            kind: Cell::new(entry.kind),
            inode: Cell::new(entry.inode),
            dir_fd: Cell::new(fd),
        };
        memory::new_instance(DirEntry::type_object(), fields).map(Ref::upcast)
    }
}

#[pymethods]
impl ScandirIterator {
    #[method(name = "__enter__", text = None, "($self, /)")]
    fn enter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[method(name = "__exit__", text = None, "($self, *args)")]
    fn exit(&self, args: &[Borrowed<'_>]) {
        let _ = args;
        self.close_folder();
    }

    #[method(text = None, "($self, /)")]
    fn close(&self) {
        self.close_folder();
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Ref>> {
        let Some(mut folder) = self.folder.take() else { return Ok(None) };
        let found = free(|| folder.next_entry());
        match found {
            Ok(Some(entry)) => {
                self.folder.replace(Some(folder));
                self.entry(&entry).map(Some)
            }
            Ok(None) => Ok(None),
            Err(errno) => Err(file_error(errno, self.path.object())),
        }
    }

    #[slot(tp_finalize)]
    fn finalize(slf: Borrowed<'_, Self>) {
        if slf.get().folder.borrow().is_none() {
            return;
        }
        object::error::preserving(|| {
            let shown = slf.object().repr_text();
            let warned =
                shown.and_then(|shown| hooks::warn(&exc::ResourceWarning, &format!("unclosed scandir iterator {shown}"), 1));
            if let Err(raised) = warned {
                raised.unraisable(None, Some(slf.object()));
            }
        });
        slf.get().close_folder();
    }
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    #[pytype]
    use super::DirEntry;

    /// Return a list containing the names of the files in the directory.
    ///
    /// path can be specified as either str, bytes, or a path-like object.  If path is bytes,
    ///   the filenames returned will also be bytes; in all other circumstances
    ///   the filenames returned will be str.
    /// If path is None, uses the path='.'.
    /// On some platforms, path may also be specified as an open file descriptor;
    ///   the file descriptor must refer to a directory.
    ///   If this functionality is unavailable, using it raises NotImplementedError.
    ///
    /// The list is in arbitrary order.  It does not include the special
    /// entries '.' and '..' even if they are present in the directory.
    #[pyfunction("($module, /, path=None)")]
    fn listdir(_module: Borrowed<'_>, path: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let path_object = path.unwrap_or(core::none());
        let path = folder(path, &LISTDIR_PATH)?;
        hooks::audit("os.listdir", &[path_object])?;
        let mut folder = open(&path)?;
        let is_bytes = matches!(&path, PathOrFd::Path(path) if path.is_bytes());
        let mut names = Vec::new();
        while let Some(entry) = free(|| folder.next_entry()).or_file(path.object())? {
            memory::reserve(&mut names, 1)?;
            names.push(same_kind(&entry.name, is_bytes)?);
        }
        (hooks::get().list_new)(names)
    }

    /// Return an iterator of DirEntry objects for given path.
    ///
    /// path can be specified as either str, bytes, or a path-like object.  If path
    /// is bytes, the names of yielded DirEntry objects will also be bytes; in
    /// all other circumstances they will be str.
    ///
    /// If path is None, uses the path='.'.
    #[pyfunction("($module, /, path=None)")]
    fn scandir(_module: Borrowed<'_>, path: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let path_object = path.unwrap_or(core::none());
        let path = folder(path, &SCANDIR_PATH)?;
        hooks::audit("os.scandir", &[path_object])?;
        let folder = open(&path)?;
        let header = <abi::PyObject as abi::CStruct>::ZERO;
        let fields = ScandirIterator { header, folder: RefCell::new(Some(folder)), path };
        builtins::type_::ready::ready_static(&object::spec::TypeEntry::of::<ScandirIterator>())?;
        memory::new_instance(ScandirIterator::type_object(), fields).map(Ref::upcast)
    }

    /// Return a unicode string representing the current working directory.
    #[pyfunction("()")]
    fn getcwd() -> PyResult<Ref> {
        same_kind(&free(file::current_dir).or_raise()?, false)
    }

    /// Return a bytes string representing the current working directory.
    #[pyfunction("()")]
    fn getcwdb() -> PyResult<Ref> {
        same_kind(&free(file::current_dir).or_raise()?, true)
    }

    /// Change the current working directory to the specified path.
    ///
    /// path may always be specified as a string.
    /// On some platforms, path may also be specified as an open file descriptor.
    /// If this functionality is unavailable, using it raises an exception.
    #[pyfunction("($module, /, path)")]
    fn chdir(_module: Borrowed<'_>, path: PathOrFd) -> PyResult<()> {
        hooks::audit("os.chdir", &[path.object()])?;
        let changed = free(|| match &path {
            PathOrFd::Path(path) => file::change_dir(path.c()),
            PathOrFd::Fd(fd, _) => file::change_dir_to(*fd),
        });
        changed.or_file(path.object())
    }

    /// Change to the directory of the given file descriptor.
    ///
    /// fd must be opened on a directory, not a file.
    /// Equivalent to os.chdir(fd).
    #[pyfunction("($module, /, fd)")]
    fn fchdir(_module: Borrowed<'_>, fd: crate::support::FileDescriptor) -> PyResult<()> {
        hooks::audit("os.chdir", &[int::new(i64::from(fd.0))?.b()])?;
        crate::support::blocking(|| file::change_dir_to(fd.0))?.or_raise()
    }

    /// Create a directory.
    ///
    /// If dir_fd is not None, it should be a file descriptor open to a directory,
    ///   and path should be relative; path will then be relative to that directory.
    /// dir_fd may not be implemented on your platform.
    ///   If it is unavailable, using it will raise a NotImplementedError.
    ///
    /// The mode argument is ignored on Windows. Where it is used, the current umask
    /// value is first masked out.
    #[pyfunction("($module, /, path, mode=511, *, dir_fd=None)")]
    fn mkdir(_module: Borrowed<'_>, path: Path, mode: i32, dir_fd: Option<DirFd>) -> PyResult<()> {
        hooks::audit("os.mkdir", &[path.object(), int::new(i64::from(mode))?.b(), dir_object(&dir_fd)?.b()])?;
        free(|| file::make_dir(dir(&dir_fd), path.c(), mode.cast_unsigned())).or_file(path.object())
    }

    /// Remove a directory.
    #[pyfunction("($module, /, path, *, dir_fd=None)")]
    fn rmdir(_module: Borrowed<'_>, path: Path, dir_fd: Option<DirFd>) -> PyResult<()> {
        hooks::audit("os.rmdir", &[path.object(), dir_object(&dir_fd)?.b()])?;
        free(|| file::remove_dir(dir(&dir_fd), path.c())).or_file(path.object())
    }

    /// Remove a file (same as remove()).
    #[pyfunction("($module, /, path, *, dir_fd=None)")]
    fn unlink(_module: Borrowed<'_>, path: Path, dir_fd: Option<DirFd>) -> PyResult<()> {
        hooks::audit("os.remove", &[path.object(), dir_object(&dir_fd)?.b()])?;
        free(|| file::unlink(dir(&dir_fd), path.c())).or_file(path.object())
    }

    /// Remove a file (same as unlink()).
    #[pyfunction("($module, /, path, *, dir_fd=None)")]
    fn remove(_module: Borrowed<'_>, path: Path, dir_fd: Option<DirFd>) -> PyResult<()> {
        hooks::audit("os.remove", &[path.object(), dir_object(&dir_fd)?.b()])?;
        free(|| file::unlink(dir(&dir_fd), path.c())).or_file(path.object())
    }

    fn rename_with(src: &Path, dst: &Path, from: &Option<DirFd>, to: &Option<DirFd>) -> PyResult<()> {
        hooks::audit("os.rename", &[src.object(), dst.object(), dir_object(from)?.b(), dir_object(to)?.b()])?;
        let renamed = free(|| file::rename(dir(from), src.c(), dir(to), dst.c()));
        renamed.map_err(|errno| files_error(errno, src.object(), dst.object()))
    }

    /// Rename a file or directory.
    #[pyfunction("($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
    fn rename(_module: Borrowed<'_>, src: Path, dst: Path, src_dir_fd: Option<DirFd>, dst_dir_fd: Option<DirFd>) -> PyResult<()> {
        rename_with(&src, &dst, &src_dir_fd, &dst_dir_fd)
    }

    /// Rename a file or directory, overwriting the destination.
    #[pyfunction("($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
    fn replace(
        _module: Borrowed<'_>,
        src: Path,
        dst: Path,
        src_dir_fd: Option<DirFd>,
        dst_dir_fd: Option<DirFd>,
    ) -> PyResult<()> {
        rename_with(&src, &dst, &src_dir_fd, &dst_dir_fd)
    }

    /// Create a hard link to a file.
    #[pyfunction("($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)")]
    fn link(
        _module: Borrowed<'_>,
        src: Path,
        dst: Path,
        src_dir_fd: Option<DirFd>,
        dst_dir_fd: Option<DirFd>,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let events = [dir_object(&src_dir_fd)?, dir_object(&dst_dir_fd)?];
        let [from, to] = &events;
        hooks::audit("os.link", &[src.object(), dst.object(), from.b(), to.b()])?;
        let linked = free(|| file::link(dir(&src_dir_fd), src.c(), dir(&dst_dir_fd), dst.c(), links(follow_symlinks)));
        linked.map_err(|errno| files_error(errno, src.object(), dst.object()))
    }

    /// Create a symbolic link pointing to src named dst.
    #[pyfunction("($module, /, src, dst, target_is_directory=False, *, dir_fd=None)")]
    fn symlink(_module: Borrowed<'_>, src: Path, dst: Path, target_is_directory: bool, dir_fd: Option<DirFd>) -> PyResult<()> {
        let _ = target_is_directory;
        hooks::audit("os.symlink", &[src.object(), dst.object(), dir_object(&dir_fd)?.b()])?;
        let linked = free(|| file::symlink(src.c(), dir(&dir_fd), dst.c()));
        linked.map_err(|errno| files_error(errno, src.object(), dst.object()))
    }

    /// Return a string representing the path to which the symbolic link points.
    #[pyfunction("($module, /, path, *, dir_fd=None)")]
    fn readlink(_module: Borrowed<'_>, path: Path, dir_fd: Option<DirFd>) -> PyResult<Ref> {
        let target = free(|| file::read_link(dir(&dir_fd), path.c())).or_file(path.object())?;
        same_kind(&target, path.is_bytes())
    }

    /// Use the real uid/gid to test for access to a path.
    #[pyfunction("($module, /, path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)")]
    fn access(
        _module: Borrowed<'_>,
        path: Path,
        mode: i32,
        dir_fd: Option<DirFd>,
        effective_ids: bool,
        follow_symlinks: bool,
    ) -> bool {
        let mut flags = if follow_symlinks { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
        if effective_ids {
            flags |= libc::AT_EACCESS;
        }
        free(|| file::access(dir(&dir_fd), path.c(), mode, flags)).is_ok()
    }

    fn change_mode(path: &PathOrFd, mode: i32, dir_fd: &Option<DirFd>, follow: bool) -> PyResult<()> {
        hooks::audit("os.chmod", &[path.object(), int::new(i64::from(mode))?.b(), dir_object(dir_fd)?.b()])?;
        let changed = free(|| match path {
            PathOrFd::Path(path) => file::change_mode(dir(dir_fd), path.c(), mode.cast_unsigned(), links(follow)),
            PathOrFd::Fd(fd, _) => file::change_mode_of(*fd, mode.cast_unsigned()),
        });
        match changed {
            Err(errno) if !follow && errno.0 == libc::EOPNOTSUPP => {
                Err(raise!(NotImplementedError, "chmod: follow_symlinks unavailable on this platform"))
            }
            changed => changed.or_file(path.object()),
        }
    }

    /// Change the access permissions of a file.
    #[pyfunction("($module, /, path, mode, *, dir_fd=None, follow_symlinks=True)")]
    fn chmod(_module: Borrowed<'_>, path: PathOrFd, mode: i32, dir_fd: Option<DirFd>, follow_symlinks: bool) -> PyResult<()> {
        change_mode(&path, mode, &dir_fd, follow_symlinks)
    }

    /// Change the access permissions of the file given by file descriptor fd.
    ///
    ///   fd
    ///     The file descriptor of the file to be modified.
    ///   mode
    ///     Operating-system mode bitfield.
    ///     Be careful when using number literals for *mode*. The conventional UNIX notation for
    ///     numeric modes uses an octal base, which needs to be indicated with a ``0o`` prefix in
    ///     Python.
    ///
    /// Equivalent to os.chmod(fd, mode).
    #[pyfunction("($module, /, fd, mode)")]
    fn fchmod(_module: Borrowed<'_>, fd: i32, mode: i32) -> PyResult<()> {
        hooks::audit("os.chmod", &[int::new(i64::from(fd))?.b(), int::new(i64::from(mode))?.b(), int::new(-1)?.b()])?;
        crate::support::blocking(|| file::change_mode_of(fd, mode.cast_unsigned()))?.or_raise()
    }

    /// Change the owner and group id of path to the numeric uid and gid.
    #[pyfunction("($module, /, path, uid, gid, *, dir_fd=None, follow_symlinks=True)")]
    fn chown(
        _module: Borrowed<'_>,
        path: PathOrFd,
        uid: crate::support::Id,
        gid: crate::support::Gid,
        dir_fd: Option<DirFd>,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        stat::check_combination("chown", &path, &dir_fd, follow_symlinks)?;
        let changed = free(|| match &path {
            PathOrFd::Path(path) => file::change_owner(dir(&dir_fd), path.c(), uid.0, gid.0, links(follow_symlinks)),
            PathOrFd::Fd(fd, _) => file::change_owner_of(*fd, uid.0, gid.0),
        });
        changed.or_file(path.object())
    }

    /// Change the owner and group id of path to the numeric uid and gid.
    ///
    /// This function will not follow symbolic links.
    /// Equivalent to os.chown(path, uid, gid, follow_symlinks=False).
    #[pyfunction("($module, /, path, uid, gid)")]
    fn lchown(_module: Borrowed<'_>, path: Path, uid: crate::support::Id, gid: crate::support::Gid) -> PyResult<()> {
        free(|| file::change_owner(None, path.c(), uid.0, gid.0, Links::Keep)).or_file(path.object())
    }

    /// Change the owner and group id of the file specified by file descriptor.
    ///
    /// Equivalent to os.chown(fd, uid, gid).
    #[pyfunction("($module, /, fd, uid, gid)")]
    fn fchown(_module: Borrowed<'_>, fd: i32, uid: crate::support::Id, gid: crate::support::Gid) -> PyResult<()> {
        crate::support::blocking(|| file::change_owner_of(fd, uid.0, gid.0))?.or_raise()
    }

    /// Change root directory to path.
    #[pyfunction("($module, /, path)")]
    fn chroot(_module: Borrowed<'_>, path: Path) -> PyResult<()> {
        free(|| file::change_root(path.c())).or_file(path.object())
    }

    /// Create a "fifo" (a POSIX named pipe).
    #[pyfunction("($module, /, path, mode=438, *, dir_fd=None)")]
    fn mkfifo(_module: Borrowed<'_>, path: Path, mode: i32, dir_fd: Option<DirFd>) -> PyResult<()> {
        let made = crate::support::blocking(|| file::make_fifo(dir(&dir_fd), path.c(), mode.cast_unsigned()))?;
        made.or_raise()
    }

    /// Truncate a file, specified by path, to a specific length.
    ///
    /// On some platforms, path may also be specified as an open file descriptor.
    /// If this functionality is unavailable, using it raises an exception.
    #[pyfunction("($module, /, path, length)")]
    fn truncate(_module: Borrowed<'_>, path: PathOrFd, length: i64) -> PyResult<()> {
        hooks::audit("os.truncate", &[path.object(), int::new(length)?.b()])?;
        let cut = free(|| match &path {
            PathOrFd::Path(path) => file::truncate(path.c(), length),
            PathOrFd::Fd(fd, _) => host::fd::truncate(*fd, length),
        });
        cut.or_file(path.object())
    }

    /// Truncate a file, specified by file descriptor, to a specific length.
    #[pyfunction("($module, fd, length, /)")]
    fn ftruncate(_module: Borrowed<'_>, fd: i32, length: i64) -> PyResult<()> {
        hooks::audit("os.truncate", &[int::new(i64::from(fd))?.b(), int::new(length)?.b()])?;
        crate::support::blocking(|| host::fd::truncate(fd, length))?.or_raise()
    }

    /// Set the access and modified time of path.
    #[pyfunction("($module, /, path, times=None, *, ns=<unrepresentable>, dir_fd=None, follow_symlinks=True)")]
    fn utime(
        _module: Borrowed<'_>,
        path: PathOrFd,
        times: Option<Borrowed<'_>>,
        ns: Option<Borrowed<'_>>,
        dir_fd: Option<DirFd>,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let times = times.filter(|times| !times.is(&core::none()));
        if times.is_some() && ns.is_some() {
            return Err(raise!(ValueError, "utime: you may specify either 'times' or 'ns' but not both"));
        }
        let none = core::none();
        let event = [times.unwrap_or(none), ns.unwrap_or(none)];
        let [times_object, ns_object] = event;
        hooks::audit("os.utime", &[path.object(), times_object, ns_object, dir_object(&dir_fd)?.b()])?;
        let pair = match (times, ns) {
            (Some(times), _) => {
                Some(super::times_of(times, "utime: 'times' must be either a tuple of two ints or None", super::seconds)?)
            }
            (_, Some(ns)) => Some(super::times_of(ns, "utime: 'ns' must be a tuple of two ints", super::nanoseconds)?),
            _ => None,
        };
        stat::check_combination("utime", &path, &dir_fd, follow_symlinks)?;
        let set = free(|| match &path {
            PathOrFd::Path(path) => file::set_times(dir(&dir_fd), path.c(), pair, links(follow_symlinks)),
            PathOrFd::Fd(fd, _) => file::set_times_of(*fd, pair),
        });
        set.or_file(path.object())
    }
}

fn times_of(pair: Borrowed<'_>, message: &str, convert: fn(Borrowed<'_>) -> PyResult<i64>) -> PyResult<(i64, i64)> {
    match object::value::tuple::items(pair) {
        Some(&[accessed, modified]) => Ok((convert(accessed)?, convert(modified)?)),
        _ => Err(raise!(TypeError, "{message}")),
    }
}

/// A number of seconds as nanoseconds, rounded down.
fn seconds(value: Borrowed<'_>) -> PyResult<i64> {
    let too_large = || raise!(OverflowError, "timestamp out of range for platform time_t");
    if value.class().is_subtype(&core::FLOAT) {
        let seconds = value.as_f64()?;
        if seconds.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        let whole = seconds.floor();
        let part = ((seconds - whole) * 1e9).floor();
        if whole.abs() > 9.0e9 {
            return Err(too_large());
        }
        return Ok(whole as i64 * 1_000_000_000 + part as i64);
    }
    if value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "argument must be int or float, not {}", value.class().tp_name()));
    }
    let number = value.index()?;
    int::to_i64(number.b()).and_then(|seconds| seconds.checked_mul(1_000_000_000)).ok_or_else(too_large)
}

fn nanoseconds(value: Borrowed<'_>) -> PyResult<i64> {
    let number = value.index()?;
    int::to_i64(number.b()).ok_or_else(|| raise!(OverflowError, "timestamp out of range for platform time_t"))
}

/// Names that a folder never shows.
#[cfg(test)]
mod tests {
    #[test]
    fn errno_of_a_missing_folder() {
        let opened = super::Dir::open(c"/nonexistent-folder");
        assert_eq!(opened.err(), Some(super::Errno(libc::ENOENT)));
    }
}
