//! The packages with compiled code, pinned, and what their tests need.

/// A package with compiled code.
pub struct Wheel {
    pub name: &'static str,
    pub version: &'static str,
    /// Modules to import, one after the other.
    pub imports: &'static [&'static str],
    pub suite: Suite,
    /// Other packages of this list that the tests want.
    pub beside: &'static [&'static str],
    /// Arguments for pytest beside the usual ones: what the package's own configuration says.
    pub arguments: &'static [&'static str],
}

/// Where a package's own tests stand.
#[derive(Clone, Copy)]
pub enum Suite {
    /// In the source archive: what is taken out of it (so that the archive's package does not hide the wheel's), and the tests among it.
    Archive(&'static [&'static str], &'static [&'static str]),
    /// In the wheel itself.
    Wheel(&'static [&'static str]),
    /// None is run: the package's function of `tests/wheels/uses.py` is.
    Uses,
}

const fn wheel(name: &'static str, version: &'static str, imports: &'static [&'static str], suite: Suite) -> Wheel {
    Wheel { name, version, imports, suite, beside: &[], arguments: &[] }
}

const fn used(
    name: &'static str,
    version: &'static str,
    imports: &'static [&'static str],
    beside: &'static [&'static str],
) -> Wheel {
    Wheel { beside, ..wheel(name, version, imports, Suite::Uses) }
}

pub const WHEELS: &[Wheel] = &[
    wheel("markupsafe", "3.0.3", &["markupsafe._speedups"], Suite::Archive(&["tests"], &["tests"])),
    Wheel { beside: &["psutil"], ..wheel("lz4", "4.4.5", &["lz4.frame", "lz4.block"], Suite::Archive(&["tests"], &["tests"])) },
    Wheel { arguments: &["-p", "without_ctypes"], ..wheel("psutil", "7.1.3", &["psutil"], Suite::Wheel(&["psutil/tests"])) },
    wheel("kiwisolver", "1.4.9", &["kiwisolver"], Suite::Archive(&["py/tests"], &["py/tests"])),
    wheel(
        "zope.interface",
        "8.1.1",
        &["zope.interface", "zope.interface._zope_interface_coptimizations"],
        Suite::Wheel(&["zope/interface"]),
    ),
    Wheel {
        arguments: &["-o", "python_classes=*Test"],
        ..wheel(
            "coverage",
            "7.12.0",
            &["coverage", "coverage.tracer"],
            Suite::Archive(&["tests", "setup.py", "README.rst", "igor.py", "MANIFEST.in"], &["tests"]),
        )
    },
    wheel("ujson", "5.11.0", &["ujson"], Suite::Archive(&["tests"], &["tests"])),
    Wheel { beside: &["numpy", "psutil"], ..wheel("orjson", "3.11.4", &["orjson"], Suite::Archive(&["test"], &["test"])) },
    wheel("zstandard", "0.25.0", &["zstandard", "zstandard.backend_c"], Suite::Archive(&["tests"], &["tests"])),
    wheel("simplejson", "4.0.1", &["simplejson", "simplejson._speedups"], Suite::Wheel(&["simplejson/tests"])),
    wheel("numpy", "2.3.5", &["numpy", "numpy.linalg"], Suite::Uses),
    used("pillow", "13.0.0", &["PIL.Image"], &[]),
    used("regex", "2026.11.19", &["regex"], &[]),
    used("protobuf", "7.36.2", &["google._upb._message"], &[]),
    used("bcrypt", "5.0.0", &["bcrypt"], &[]),
    used("tokenizers", "0.23.3", &["tokenizers"], &[]),
    used("cryptography", "50.0.2", &["cryptography.hazmat.bindings._rust"], &["cffi"]),
    used("rpds-py", "2026.9.1", &["rpds"], &[]),
    used("safetensors", "0.8.0", &["safetensors"], &[]),
    used("polars-runtime-32", "2.1.0", &["_polars_runtime_32._polars_runtime"], &[]),
    used("greenlet", "3.5.6", &["greenlet"], &[]),
    used("multidict", "7.2.1", &["multidict._multidict"], &[]),
    used("cffi", "2.1.1", &["_cffi_backend"], &[]),
    used("pynacl", "1.6.2", &["nacl.bindings"], &["cffi"]),
    used("contourpy", "1.3.3", &["contourpy"], &["numpy"]),
    used("pyyaml", "6.0.4", &["yaml._yaml"], &[]),
    used("frozenlist", "1.8.0", &["frozenlist._frozenlist"], &[]),
    used("propcache", "0.5.4", &["propcache._helpers_c"], &[]),
    used("msgpack", "1.2.4", &["msgpack._cmsgpack"], &[]),
    used("lxml", "6.1.3", &["lxml.etree"], &[]),
    used("pydantic", "2.14.4", &["pydantic"], &["pydantic-core"]),
    used("pydantic-core", "2.50.5", &["pydantic_core._pydantic_core"], &[]),
    used("matplotlib", "3.11.2", &["matplotlib.pyplot"], &["numpy", "kiwisolver", "contourpy", "pillow"]),
    used("sqlalchemy", "2.1.9", &["sqlalchemy.engine._row_cy"], &[]),
    used("duckdb", "2.0.1", &["duckdb"], &["numpy"]),
    used("pandas", "3.1.1", &["pandas"], &["numpy"]),
    used("polars", "2.1.0", &["polars"], &["polars-runtime-32", "numpy"]),
    used("pyarrow", "26.0.1", &["pyarrow.lib"], &["numpy"]),
    used("grpcio", "1.85.3", &["grpc._cython.cygrpc"], &[]),
    used("scipy", "1.17.1", &["scipy.linalg"], &["numpy"]),
    used("scikit-learn", "1.9.1", &["sklearn.tree"], &["numpy", "scipy"]),
    used("yarl", "1.25.1", &["yarl._quoting_c"], &["multidict", "propcache"]),
    used("charset-normalizer", "3.5.3", &["charset_normalizer.md"], &[]),
    used("ruamel.yaml.clib", "0.2.15", &["_ruamel_yaml"], &[]),
    used("cython", "3.3.1", &["Cython.Compiler.Scanning"], &[]),
    used("wrapt", "2.5.2", &["wrapt._wrappers"], &[]),
    used("aiohttp", "3.14.5", &["aiohttp._http_parser"], &["multidict", "propcache", "frozenlist", "yarl"]),
];

/// What the tests themselves and packages of the list need, all of it without compiled code.
pub const TOOLS: &[&str] = &[
    "ruamel.yaml==0.19.1",
    "idna==3.20",
    "aiohappyeyeballs==2.7.1",
    "aiosignal==1.4.0",
    "attrs==26.1.0",
    "joblib==1.6.0",
    "threadpoolctl==3.8.0",
    "cloudpickle==3.1.3",
    "narwhals==2.29.0",
    "pycparser==3.12",
    "typing-extensions==4.16.0",
    "annotated-types==0.8.0",
    "typing-inspection==0.4.5",
    "cycler==0.12.1",
    "python-dateutil==4.0.0",
    "pyparsing==3.3.3",
    "fonttools==4.68.0",
    "pytest==8.4.2",
    "iniconfig==2.3.0",
    "packaging==25.0",
    "pluggy==1.6.0",
    "pygments==2.19.2",
    "zope.event==6.1",
    "zope.testing==6.0",
    "hypothesis==6.148.2",
    "sortedcontainers==2.4.0",
    "flaky==3.8.1",
    "faker==38.2.0",
    "tzdata==2025.2",
    "pytz==2025.2",
    "six==1.17.0",
];
