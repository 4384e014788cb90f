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
}

const fn wheel(name: &'static str, version: &'static str, imports: &'static [&'static str], suite: Suite) -> Wheel {
    Wheel { name, version, imports, suite, beside: &[], arguments: &[] }
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
    wheel("numpy", "2.3.5", &["numpy", "numpy.linalg"], Suite::Wheel(&["numpy/_core/tests/test_multiarray.py"])),
];

/// What the tests themselves need, all of it without compiled code.
pub const TOOLS: &[&str] = &[
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
    "python-dateutil==2.9.0.post0",
    "six==1.17.0",
];
