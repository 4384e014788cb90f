//! The import machinery: `_imp`, frozen modules, `__import__`.
