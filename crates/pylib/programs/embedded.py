"""The path hook of the standard library inside the program: modules that behave like files below ROOT."""
import _frozen_importlib as _bootstrap
import _frozen_importlib_external as _external
import _imp
import sys


def _relative(path):
    """The path below the root, or None if it is elsewhere."""
    if path == ROOT:
        return ''
    if path.startswith(ROOT + '/'):
        return path[len(ROOT) + 1:]
    return None


def _content(path):
    """The content of an embedded file, None for anything else."""
    relative = _relative(path)
    if relative is not None and _imp._embedded_kind(relative) == _FILE:
        return _imp._embedded_data(relative)
    return None


# What _imp._embedded_kind says of a path.
_FILE = 1
_FOLDER = 2


class EmbeddedLoader(_external.SourceFileLoader):
    """Loads one module of the embedded library."""

    def get_data(self, path):
        data = _content(path)
        return super().get_data(path) if data is None else data

    def path_stats(self, path):
        data = _content(path)
        return super().path_stats(path) if data is None else {'mtime': 0, 'size': len(data)}

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        return _imp._embedded_code(_relative(path), path)

    def set_data(self, path, data, *, _mode=0o666):
        pass

    @_external._check_name
    def get_resource_reader(self, name=None):
        return EmbeddedReader(self)


class EmbeddedReader:
    """`importlib.resources` of a package of the embedded library."""

    def __init__(self, loader):
        self.path = loader.path.rpartition('/')[0]

    def files(self):
        from importlib.resources.abc import Traversable

        class EmbeddedPath(Traversable):
            def __init__(self, path):
                self._path = path

            @property
            def name(self):
                return self._path.rpartition('/')[2]

            def iterdir(self):
                for name in _imp._embedded_list(_relative(self._path)):
                    yield EmbeddedPath(self._path + '/' + name)

            def is_dir(self):
                return _imp._embedded_kind(_relative(self._path)) == _FOLDER

            def is_file(self):
                return _imp._embedded_kind(_relative(self._path)) == _FILE

            def joinpath(self, *descendants):
                path = '/'.join((self._path, *map(str, descendants)))
                return EmbeddedPath(path)

            __truediv__ = joinpath

            def open(self, mode='r', *args, **kwargs):
                import io
                data = _content(self._path)
                if data is None:
                    raise FileNotFoundError(self._path)
                stream = io.BytesIO(data)
                return stream if 'b' in mode else io.TextIOWrapper(stream, *args, **kwargs)

            def read_bytes(self):
                with self.open('rb') as stream:
                    return stream.read()

            def read_text(self, encoding=None, errors=None):
                with self.open(encoding=encoding, errors=errors) as stream:
                    return stream.read()

            def __str__(self):
                return self._path

            def __repr__(self):
                return f'EmbeddedPath({self._path!r})'

        return EmbeddedPath(self.path)

    def open_resource(self, resource):
        return self.files().joinpath(resource).open('rb')

    def resource_path(self, resource):
        raise FileNotFoundError(resource)

    def is_resource(self, path):
        return self.files().joinpath(path).is_file()

    def contents(self):
        return (item.name for item in self.files().iterdir())


class EmbeddedFinder:
    """Finds modules in one folder of the embedded library, and behind them in the folder of that name on the disk."""

    def __init__(self, path):
        self.path = path
        self._relative = _relative(path)
        self._disk = _external.FileFinder(path, *_external._get_supported_file_loaders())

    def find_spec(self, fullname, target=None):
        tail = fullname.rpartition('.')[2]
        relative = self._relative + '/' + tail if self._relative else tail
        base = self.path + '/' + tail
        found = _imp._embedded_kind(relative)
        if found == _FOLDER:
            if _imp._embedded_kind(relative + '/__init__.py') == _FILE:
                path = base + '/__init__.py'
                _expect(base)
                return _external.spec_from_file_location(
                    fullname, path, loader=EmbeddedLoader(fullname, path), submodule_search_locations=[base])
        if _imp._embedded_kind(relative + '.py') == _FILE:
            path = base + '.py'
            return _external.spec_from_file_location(fullname, path, loader=EmbeddedLoader(fullname, path))
        if found == _FOLDER:
            spec = _bootstrap.ModuleSpec(fullname, None)
            spec.submodule_search_locations = [base]
            return spec
        return self._disk.find_spec(fullname, target)

    def get_data(self, path):
        """What linecache asks finders for: the content of a file whose module cannot tell it."""
        data = _content(path)
        if data is None:
            raise OSError(path)
        return data

    def invalidate_caches(self):
        self._disk.invalidate_caches()

    def iter_modules(self, prefix=''):
        """What `pkgutil.iter_modules` asks finders for."""
        for name in _imp._embedded_list(self._relative):
            below = self._relative + '/' + name if self._relative else name
            if name.endswith('.py'):
                if name != '__init__.py':
                    yield prefix + name[:-3], False
            elif _imp._embedded_kind(below + '/__init__.py') == _FILE:
                yield prefix + name, True

    def __repr__(self):
        return f'EmbeddedFinder({self.path!r})'


def path_hook(path):
    relative = _relative(path)
    if relative is None or _imp._embedded_kind(relative) != _FOLDER:
        raise ImportError('not in the embedded library', path=path)
    return EmbeddedFinder(path)


def _expect(folder):
    """Notes the finder of a package's folder, unless there are other hooks than those of the start. zipimport comes first and asks for each folder above."""
    hooks = sys.path_hooks
    if len(hooks) > 2 and hooks[1] is path_hook and getattr(hooks[0], '__name__', None) == 'zipimporter':
        sys.path_importer_cache.setdefault(folder, EmbeddedFinder(folder))


def _expect_at_start(paths):
    """Notes what the first import finds out about the places where a start looks: the library itself, and those that are not there."""
    cache = sys.path_importer_cache
    cache[ROOT] = EmbeddedFinder(ROOT)
    for path in paths:
        if path in sys.path:
            try:
                _external._path_stat(path)
            except OSError:
                cache[path] = None


_expect_at_start([ROOT.rpartition('/')[0] + '/python314.zip'] if sys.flags.no_site else
                 [ROOT.rpartition('/')[0] + '/python314.zip', ROOT + '/lib-dynload'])
