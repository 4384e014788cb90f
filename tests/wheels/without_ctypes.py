"""A pytest plugin for tests that import ctypes but use it on Windows, or in one test among hundreds: where there is no `_ctypes` yet, an empty module
stands in its place, so that only the tests that use it fail."""

import sys
import types

try:
    import ctypes
except ImportError:
    sys.modules["ctypes"] = types.ModuleType("ctypes")
