//! Users and groups of the process.

use crate::support::{Gid, Id, OrRaise, decode};
use host::identity;
use macros::pymodule;
use object::value::int;
use object::{Borrowed, PyResult, Ref, hooks, raise};

/// A name of the system.
pub(crate) fn name(value: Borrowed<'_>) -> PyResult<std::ffi::CString> {
    let content = super::process::content(value)?;
    std::ffi::CString::new(content).map_err(|_| raise!(ValueError, "embedded null byte"))
}

fn list(ids: &[u32]) -> PyResult<Ref> {
    (hooks::get().list_new)(ids.iter().map(|id| int::new(i64::from(*id))).collect::<PyResult<Vec<Ref>>>()?)
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    /// Set the current process's user id.
    #[pyfunction("($module, uid, /)")]
    fn setuid(_module: Borrowed<'_>, uid: Id) -> PyResult<()> {
        identity::set_user(uid.0).or_raise()
    }
    /// Set the current process's effective user id.
    #[pyfunction("($module, euid, /)")]
    fn seteuid(_module: Borrowed<'_>, euid: Id) -> PyResult<()> {
        identity::set_effective_user(euid.0).or_raise()
    }
    /// Set the current process's group id.
    #[pyfunction("($module, gid, /)")]
    fn setgid(_module: Borrowed<'_>, gid: Gid) -> PyResult<()> {
        identity::set_group(gid.0).or_raise()
    }
    /// Set the current process's effective group id.
    #[pyfunction("($module, egid, /)")]
    fn setegid(_module: Borrowed<'_>, egid: Gid) -> PyResult<()> {
        identity::set_effective_group(egid.0).or_raise()
    }
    /// Set the current process's real and effective user ids.
    #[pyfunction("($module, ruid, euid, /)")]
    fn setreuid(_module: Borrowed<'_>, ruid: Id, euid: Id) -> PyResult<()> {
        identity::set_real_effective_user(ruid.0, euid.0).or_raise()
    }
    /// Set the current process's real and effective group ids.
    #[pyfunction("($module, rgid, egid, /)")]
    fn setregid(_module: Borrowed<'_>, rgid: Gid, egid: Gid) -> PyResult<()> {
        identity::set_real_effective_group(rgid.0, egid.0).or_raise()
    }
    /// Set the current process's real, effective, and saved user ids.
    #[pyfunction("($module, ruid, euid, suid, /)")]
    fn setresuid(_module: Borrowed<'_>, ruid: Id, euid: Id, suid: Id) -> PyResult<()> {
        identity::set_all_users(ruid.0, euid.0, suid.0).or_raise()
    }
    /// Set the current process's real, effective, and saved group ids.
    #[pyfunction("($module, rgid, egid, sgid, /)")]
    fn setresgid(_module: Borrowed<'_>, rgid: Gid, egid: Gid, sgid: Gid) -> PyResult<()> {
        identity::set_all_groups(rgid.0, egid.0, sgid.0).or_raise()
    }
    /// Return a tuple of the current process's real, effective, and saved user ids.
    #[pyfunction("()")]
    fn getresuid() -> PyResult<(u32, u32, u32)> {
        let [real, effective, saved] = identity::all_users().or_raise()?;
        Ok((real, effective, saved))
    }
    /// Return a tuple of the current process's real, effective, and saved group ids.
    #[pyfunction("()")]
    fn getresgid() -> PyResult<(u32, u32, u32)> {
        let [real, effective, saved] = identity::all_groups().or_raise()?;
        Ok((real, effective, saved))
    }
    /// Return list of supplemental group IDs for the process.
    #[pyfunction("()")]
    fn getgroups() -> PyResult<Ref> {
        list(&identity::supplementary_groups().or_raise()?)
    }

    /// Set the groups of the current process to list.
    #[pyfunction("($module, groups, /)")]
    fn setgroups(_module: Borrowed<'_>, groups: Borrowed<'_>) -> PyResult<()> {
        if !groups.is_sequence() {
            return Err(raise!(TypeError, "setgroups argument must be a sequence"));
        }
        if groups.len()? > 65536 {
            return Err(raise!(ValueError, "too many groups"));
        }
        let mut ids = Vec::new();
        for group in groups.to_vec()? {
            if !int::check(group.b()) {
                return Err(raise!(TypeError, "groups must be integers"));
            }
            ids.push(crate::support::gid(group.b())?.0);
        }
        identity::set_supplementary_groups(&ids).or_raise()
    }

    /// Initialize the group access list.
    ///
    /// Call the system initgroups() to initialize the group access list with
    /// all of the groups of which the specified username is a member, plus the
    /// specified group id.
    #[pyfunction("($module, username, gid, /)")]
    fn initgroups(_module: Borrowed<'_>, username: Borrowed<'_>, gid: Gid) -> PyResult<()> {
        identity::init_groups(&name(username)?, gid.0).or_raise()
    }

    /// Returns a list of groups to which a user belongs.
    ///
    ///   user
    ///     username to lookup
    ///   group
    ///     base group id of the user
    #[pyfunction("($module, user, group, /)")]
    fn getgrouplist(_module: Borrowed<'_>, user: object::convert::Str<'_>, group: Gid) -> PyResult<Ref> {
        list(&identity::groups_of(&name(user.0)?, group.0).or_raise()?)
    }

    /// Return the actual login name.
    #[pyfunction("()")]
    fn getlogin() -> PyResult<Ref> {
        decode(&identity::login_name().or_raise()?)
    }
}
