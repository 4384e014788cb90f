"""The path hook of the standard library inside the program: modules that behave like files below ROOT."""
import _frozen_importlib as _bootstrap
import _frozen_importlib_external as _external
import _imp


def _relative(path):
    """The path below the root, or None if it is elsewhere."""
    if path == ROOT:
        return ''
    if path.startswith(ROOT + '/'):
        return path[len(ROOT) + 1:]
    return None


class EmbeddedLoader(_external.SourceFileLoader):
    """Loads one module of the embedded library."""

    def get_data(self, path):
        relative = _relative(path)
        if relative is not None:
            data = _imp._embedded_data(relative)
            if isinstance(data, bytes):
                return data
        return super().get_data(path)

    def path_stats(self, path):
        relative = _relative(path)
        if relative is not None:
            data = _imp._embedded_data(relative)
            if isinstance(data, bytes):
                return {'mtime': 0, 'size': len(data)}
        return super().path_stats(path)

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

            def _data(self):
                return _imp._embedded_data(_relative(self._path))

            def iterdir(self):
                for name in _imp._embedded_list(_relative(self._path)):
                    yield EmbeddedPath(self._path + '/' + name)

            def is_dir(self):
                return self._data() is True

            def is_file(self):
                return isinstance(self._data(), bytes)

            def joinpath(self, *descendants):
                path = '/'.join((self._path, *map(str, descendants)))
                return EmbeddedPath(path)

            __truediv__ = joinpath

            def open(self, mode='r', *args, **kwargs):
                import io
                data = self._data()
                if not isinstance(data, bytes):
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
        found = _imp._embedded_data(relative)
        if found is True:
            if isinstance(_imp._embedded_data(relative + '/__init__.py'), bytes):
                path = base + '/__init__.py'
                return _external.spec_from_file_location(
                    fullname, path, loader=EmbeddedLoader(fullname, path), submodule_search_locations=[base])
        if isinstance(_imp._embedded_data(relative + '.py'), bytes):
            path = base + '.py'
            return _external.spec_from_file_location(fullname, path, loader=EmbeddedLoader(fullname, path))
        if found is True:
            spec = _bootstrap.ModuleSpec(fullname, None)
            spec.submodule_search_locations = [base]
            return spec
        return self._disk.find_spec(fullname, target)

    def invalidate_caches(self):
        self._disk.invalidate_caches()

    def iter_modules(self, prefix=''):
        """What `pkgutil.iter_modules` asks finders for."""
        for name in _imp._embedded_list(self._relative):
            below = self._relative + '/' + name if self._relative else name
            if name.endswith('.py'):
                if name != '__init__.py':
                    yield prefix + name[:-3], False
            elif isinstance(_imp._embedded_data(below + '/__init__.py'), bytes):
                yield prefix + name, True

    def __repr__(self):
        return f'EmbeddedFinder({self.path!r})'


def path_hook(path):
    relative = _relative(path)
    if relative is None or _imp._embedded_data(relative) is not True:
        raise ImportError('not in the embedded library', path=path)
    return EmbeddedFinder(path)
