//! `pwd`: the database of users.

use crate::support::{OrRaise, decode, free, uid};
use builtins::{struct_sequence, structseq};
use host::identity::{self, Key, User};
use macros::pymodule;
use object::value::int;
use object::{Borrowed, PyResult, Ref, exc, hooks, raise};

struct_sequence!(
    /// `pwd.struct_passwd`
    Passwd, c"pwd.struct_passwd",
    c"pwd.struct_passwd: Results from getpw*() routines.\n\nThis object may be accessed either as a tuple of\n  (pw_name,pw_passwd,pw_uid,pw_gid,pw_gecos,pw_dir,pw_shell)\nor via the object attributes as named in the above tuple.",
    7, [
        c"pw_name" = c"user name", c"pw_passwd" = c"password", c"pw_uid" = c"user id", c"pw_gid" = c"group id",
        c"pw_gecos" = c"real name", c"pw_dir" = c"home directory", c"pw_shell" = c"shell program",
    ]
);

/// An id of the system as an int: the largest is -1.
pub(crate) fn id_object(id: u32) -> PyResult<Ref> {
    int::new(if id == u32::MAX { -1 } else { i64::from(id) })
}

fn entry(user: &User) -> PyResult<Ref> {
    structseq::new::<Passwd>(vec![
        decode(&user.name)?,
        decode(&user.password)?,
        id_object(user.id)?,
        id_object(user.group)?,
        decode(&user.comment)?,
        decode(&user.home)?,
        decode(&user.shell)?,
    ])
}

/// This module provides access to the Unix password database.
/// It is available on all Unix versions.
///
/// Password database entries are reported as 7-tuples containing the following
/// items from the password database (see `<pwd.h>'), in order:
/// pw_name, pw_passwd, pw_uid, pw_gid, pw_gecos, pw_dir, pw_shell.
/// The uid and gid items are integers, all others are strings. An
/// exception is raised if the entry asked for cannot be found.
#[pymodule(name = "pwd")]
pub mod module {
    use super::*;

    #[pytype]
    type Entry = super::Passwd;

    /// Return the password database entry for the given numeric user ID.
    ///
    /// See `help(pwd)` for more on password database entries.
    #[pyfunction("($module, uidobj, /)")]
    fn getpwuid(_module: Borrowed<'_>, uidobj: Borrowed<'_>) -> PyResult<Ref> {
        let id = match uid(uidobj) {
            Ok(id) => id.0,
            Err(raised) if raised.is_a(&exc::OverflowError) => {
                raised.clear();
                return Err(raise!(KeyError, "getpwuid(): uid not found"));
            }
            Err(raised) => return Err(raised),
        };
        match free(|| identity::user(&Key::Id(id))).or_raise()? {
            Some(user) => entry(&user),
            None => Err(raise!(KeyError, "getpwuid(): uid not found: {}", id_object(id)?.repr_text()?)),
        }
    }

    /// Return the password database entry for the given user name.
    ///
    /// See `help(pwd)` for more on password database entries.
    #[pyfunction("($module, name, /)")]
    fn getpwnam(_module: Borrowed<'_>, name: object::convert::Str<'_>) -> PyResult<Ref> {
        let text = crate::posix::system_name(name.0)?;
        match free(|| identity::user(&Key::Name(&text))).or_raise()? {
            Some(user) => entry(&user),
            None => Err(raise!(KeyError, "getpwnam(): name not found: {}", name.0.repr_text()?)),
        }
    }

    /// Return a list of all available password database entries, in arbitrary order.
    ///
    /// See help(pwd) for more on password database entries.
    #[pyfunction("()")]
    fn getpwall() -> PyResult<Ref> {
        let users = object::gil::without(identity::users);
        (hooks::get().list_new)(users.iter().map(entry).collect::<PyResult<Vec<Ref>>>()?)
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        structseq::finish::<Passwd>()
    }
}
