//! `_stat`: what the bits of a file's mode mean.

use crate::support::add_constants;
use macros::pymodule;
use object::value::str as text;
use object::{Borrowed, PyResult, Ref};

const CONSTANTS: &[(&str, i64)] = &[
    ("S_IFDIR", 0o040000),
    ("S_IFCHR", 0o020000),
    ("S_IFBLK", 0o060000),
    ("S_IFREG", 0o100000),
    ("S_IFIFO", 0o010000),
    ("S_IFLNK", 0o120000),
    ("S_IFSOCK", 0o140000),
    ("S_IFDOOR", 0),
    ("S_IFPORT", 0),
    ("S_IFWHT", 0),
    ("S_ISUID", 0o4000),
    ("S_ISGID", 0o2000),
    ("S_ISVTX", 0o1000),
    ("S_ENFMT", 0o2000),
    ("S_IREAD", 0o400),
    ("S_IWRITE", 0o200),
    ("S_IEXEC", 0o100),
    ("S_IRWXU", 0o700),
    ("S_IRUSR", 0o400),
    ("S_IWUSR", 0o200),
    ("S_IXUSR", 0o100),
    ("S_IRWXG", 0o070),
    ("S_IRGRP", 0o040),
    ("S_IWGRP", 0o020),
    ("S_IXGRP", 0o010),
    ("S_IRWXO", 0o007),
    ("S_IROTH", 0o004),
    ("S_IWOTH", 0o002),
    ("S_IXOTH", 0o001),
    ("UF_SETTABLE", 0x0000_ffff),
    ("UF_NODUMP", 1),
    ("UF_IMMUTABLE", 2),
    ("UF_APPEND", 4),
    ("UF_OPAQUE", 8),
    ("UF_NOUNLINK", 0x10),
    ("UF_COMPRESSED", 0x20),
    ("UF_TRACKED", 0x40),
    ("UF_DATAVAULT", 0x80),
    ("UF_HIDDEN", 0x8000),
    ("SF_SETTABLE", 0x3fff_0000),
    ("SF_ARCHIVED", 0x10000),
    ("SF_IMMUTABLE", 0x20000),
    ("SF_APPEND", 0x40000),
    ("SF_NOUNLINK", 0x100000),
    ("SF_SNAPSHOT", 0x200000),
    ("SF_FIRMLINK", 0x800000),
    ("SF_DATALESS", 0x4000_0000),
    ("SF_RESTRICTED", 0x80000),
    ("SF_SUPPORTED", 0x9f0000),
    ("SF_SYNTHETIC", 0xc000_0000),
    ("ST_MODE", 0),
    ("ST_INO", 1),
    ("ST_DEV", 2),
    ("ST_NLINK", 3),
    ("ST_UID", 4),
    ("ST_GID", 5),
    ("ST_SIZE", 6),
    ("ST_ATIME", 7),
    ("ST_MTIME", 8),
    ("ST_CTIME", 9),
    ("FILE_ATTRIBUTE_ARCHIVE", 32),
    ("FILE_ATTRIBUTE_COMPRESSED", 2048),
    ("FILE_ATTRIBUTE_DEVICE", 64),
    ("FILE_ATTRIBUTE_DIRECTORY", 16),
    ("FILE_ATTRIBUTE_ENCRYPTED", 16384),
    ("FILE_ATTRIBUTE_HIDDEN", 2),
    ("FILE_ATTRIBUTE_INTEGRITY_STREAM", 32768),
    ("FILE_ATTRIBUTE_NORMAL", 128),
    ("FILE_ATTRIBUTE_NOT_CONTENT_INDEXED", 8192),
    ("FILE_ATTRIBUTE_NO_SCRUB_DATA", 131072),
    ("FILE_ATTRIBUTE_OFFLINE", 4096),
    ("FILE_ATTRIBUTE_READONLY", 1),
    ("FILE_ATTRIBUTE_REPARSE_POINT", 1024),
    ("FILE_ATTRIBUTE_SPARSE_FILE", 512),
    ("FILE_ATTRIBUTE_SYSTEM", 4),
    ("FILE_ATTRIBUTE_TEMPORARY", 256),
    ("FILE_ATTRIBUTE_VIRTUAL", 65536),
];

/// The letter of a file's type.
fn kind(mode: u32) -> char {
    match mode & 0o170000 {
        0o100000 => '-',
        0o040000 => 'd',
        0o120000 => 'l',
        0o060000 => 'b',
        0o020000 => 'c',
        0o010000 => 'p',
        0o140000 => 's',
        _ => '?',
    }
}

/// `ls -l`'s ten letters.
fn letters(mode: u32) -> String {
    let mut shown = String::from(kind(mode));
    for (shift, special, with, without) in [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')] {
        let bits = mode >> shift;
        shown.push(if bits & 4 != 0 { 'r' } else { '-' });
        shown.push(if bits & 2 != 0 { 'w' } else { '-' });
        shown.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => with,
            (true, false) => without,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    shown
}

/// S_IFMT_: file type bits
/// S_IFDIR: directory
/// S_IFCHR: character device
/// S_IFBLK: block device
/// S_IFREG: regular file
#[pymodule(name = "_stat")]
#[allow(non_snake_case, reason = "the names are those of Python")]
pub mod module {
    use super::*;

    /// S_ISDIR(mode) -> bool
    ///
    /// Return True if mode is from a directory.
    #[pyfunction("(mode, /)")]
    fn S_ISDIR(mode: u32) -> bool {
        mode & 0o170000 == 0o040000
    }
    /// S_ISCHR(mode) -> bool
    ///
    /// Return True if mode is from a character special device file.
    #[pyfunction("(mode, /)")]
    fn S_ISCHR(mode: u32) -> bool {
        mode & 0o170000 == 0o020000
    }
    /// S_ISBLK(mode) -> bool
    ///
    /// Return True if mode is from a block special device file.
    #[pyfunction("(mode, /)")]
    fn S_ISBLK(mode: u32) -> bool {
        mode & 0o170000 == 0o060000
    }
    /// S_ISREG(mode) -> bool
    ///
    /// Return True if mode is from a regular file.
    #[pyfunction("(mode, /)")]
    fn S_ISREG(mode: u32) -> bool {
        mode & 0o170000 == 0o100000
    }
    /// S_ISFIFO(mode) -> bool
    ///
    /// Return True if mode is from a FIFO (named pipe).
    #[pyfunction("(mode, /)")]
    fn S_ISFIFO(mode: u32) -> bool {
        mode & 0o170000 == 0o010000
    }
    /// S_ISLNK(mode) -> bool
    ///
    /// Return True if mode is from a symbolic link.
    #[pyfunction("(mode, /)")]
    fn S_ISLNK(mode: u32) -> bool {
        mode & 0o170000 == 0o120000
    }
    /// S_ISSOCK(mode) -> bool
    ///
    /// Return True if mode is from a socket.
    #[pyfunction("(mode, /)")]
    fn S_ISSOCK(mode: u32) -> bool {
        mode & 0o170000 == 0o140000
    }
    /// S_ISDOOR(mode) -> bool
    ///
    /// Return True if mode is from a door.
    #[pyfunction("(mode, /)")]
    fn S_ISDOOR(_mode: u32) -> bool {
        false
    }
    /// S_ISPORT(mode) -> bool
    ///
    /// Return True if mode is from an event port.
    #[pyfunction("(mode, /)")]
    fn S_ISPORT(_mode: u32) -> bool {
        false
    }
    /// S_ISWHT(mode) -> bool
    ///
    /// Return True if mode is from a whiteout.
    #[pyfunction("(mode, /)")]
    fn S_ISWHT(_mode: u32) -> bool {
        false
    }
    /// Return the portion of the file's mode that can be set by os.chmod().
    #[pyfunction("(mode, /)")]
    fn S_IMODE(mode: u32) -> u32 {
        mode & 0o7777
    }
    /// Return the portion of the file's mode that describes the file type.
    #[pyfunction("(mode, /)")]
    fn S_IFMT(mode: u32) -> u32 {
        mode & 0o170000
    }
    /// Convert a file's mode to a string of the form '-rwxrwxrwx'
    #[pyfunction("(mode, /)")]
    fn filemode(mode: u32) -> PyResult<Ref> {
        text::new(&letters(mode))
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        add_constants(module, CONSTANTS)
    }
}
