//! `grp`: the database of groups.

use crate::pwd::id_object;
use crate::support::{Gid, OrRaise, decode, free};
use builtins::{struct_sequence, structseq};
use host::identity::{self, Group, Key};
use macros::pymodule;
use object::{Borrowed, PyResult, Ref, hooks, raise};

struct_sequence!(
    /// `grp.struct_group`
    GroupEntry, c"grp.struct_group",
    c"grp.struct_group: Results from getgr*() routines.\n\nThis object may be accessed either as a tuple of\n  (gr_name,gr_passwd,gr_gid,gr_mem)\nor via the object attributes as named in the above tuple.\n",
    4, [c"gr_name" = c"group name", c"gr_passwd" = c"password", c"gr_gid" = c"group id", c"gr_mem" = c"group members"]
);

fn entry(group: &Group) -> PyResult<Ref> {
    let members = group.members.iter().map(|member| decode(member)).collect::<PyResult<Vec<Ref>>>()?;
    let members = (hooks::get().list_new)(members)?;
    structseq::new::<GroupEntry>(vec![decode(&group.name)?, decode(&group.password)?, id_object(group.id)?, members])
}

/// Access to the Unix group database.
///
/// Group entries are reported as 4-tuples containing the following fields
/// from the group database, in order:
///
///   gr_name   - name of the group
///   gr_passwd - group password (encrypted); often empty
///   gr_gid    - numeric ID of the group
///   gr_mem    - list of members
///
/// The gid is an integer, name and password are strings.  (Note that most
/// users are not explicitly listed as members of the groups they are in
/// according to the password database.  Check both databases to get
/// complete membership information.)
#[pymodule(name = "grp")]
pub mod module {
    use super::*;

    #[pytype]
    type Entry = super::GroupEntry;

    /// Return the group database entry for the given numeric group ID.
    ///
    /// If id is not valid, raise KeyError.
    #[pyfunction("($module, /, id)")]
    fn getgrgid(_module: Borrowed<'_>, id: Gid) -> PyResult<Ref> {
        match free(|| identity::group(&Key::Id(id.0))).or_raise()? {
            Some(group) => entry(&group),
            None => Err(raise!(KeyError, "getgrgid(): gid not found: {}", id_object(id.0)?.repr_text()?)),
        }
    }

    /// Return the group database entry for the given group name.
    ///
    /// If name is not valid, raise KeyError.
    #[pyfunction("($module, /, name)")]
    fn getgrnam(_module: Borrowed<'_>, name: object::convert::Str<'_>) -> PyResult<Ref> {
        let text = crate::posix::system_name(name.0)?;
        match free(|| identity::group(&Key::Name(&text))).or_raise()? {
            Some(group) => entry(&group),
            None => Err(raise!(KeyError, "getgrnam(): name not found: {}", name.0.repr_text()?)),
        }
    }

    /// Return a list of all available group entries, in arbitrary order.
    ///
    /// An entry whose name starts with '+' or '-' represents an instruction
    /// to use YP/NIS and may not be accessible via getgrnam or getgrgid.
    #[pyfunction("()")]
    fn getgrall() -> PyResult<Ref> {
        let groups = object::gil::without(identity::groups);
        (hooks::get().list_new)(groups.iter().map(entry).collect::<PyResult<Vec<Ref>>>()?)
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        structseq::finish::<GroupEntry>()
    }
}
