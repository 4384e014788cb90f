//! Users and groups: the ids of the process and the databases of names.

use crate::errno::{Errno, Sys, check};
use std::ffi::{CStr, CString};
use std::sync::Mutex;

macro_rules! setters {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident),*) = $call:ident;)*) => {
        $($(#[$doc])*
        pub fn $name($($arg: u32),*) -> Sys<()> {
            // SAFETY: a plain call on numbers; the C library applies it to all threads.
            check(unsafe { libc::$call($($arg),*) }).map(|_| ())
        })*
    };
}

setters! {
    /// `setuid(2)`
    fn set_user(user) = setuid;
    /// `seteuid(2)`
    fn set_effective_user(user) = seteuid;
    /// `setgid(2)`
    fn set_group(group) = setgid;
    /// `setegid(2)`
    fn set_effective_group(group) = setegid;
    /// `setreuid(2)`
    fn set_real_effective_user(real, effective) = setreuid;
    /// `setregid(2)`
    fn set_real_effective_group(real, effective) = setregid;
    /// `setresuid(2)`
    fn set_all_users(real, effective, saved) = setresuid;
    /// `setresgid(2)`
    fn set_all_groups(real, effective, saved) = setresgid;
}

/// `getresuid(2)`: real, effective and saved user.
pub fn all_users() -> Sys<[u32; 3]> {
    let mut ids = [0; 3];
    let [real, effective, saved] = &mut ids;
    // SAFETY: the numbers are written to locals.
    check(unsafe { libc::getresuid(real, effective, saved) })?;
    Ok(ids)
}

/// `getresgid(2)`: real, effective and saved group.
pub fn all_groups() -> Sys<[u32; 3]> {
    let mut ids = [0; 3];
    let [real, effective, saved] = &mut ids;
    // SAFETY: the numbers are written to locals.
    check(unsafe { libc::getresgid(real, effective, saved) })?;
    Ok(ids)
}

/// `getgroups(2)`
pub fn supplementary_groups() -> Sys<Vec<u32>> {
    loop {
        // SAFETY: a length of 0 asks for the number only.
        let count = check(unsafe { libc::getgroups(0, std::ptr::null_mut()) })?;
        let mut groups = vec![0; count.unsigned_abs() as usize];
        // SAFETY: the array has room for the number of groups that is given.
        match check(unsafe { libc::getgroups(count, groups.as_mut_ptr()) }) {
            // The number grew in between.
            Err(Errno(libc::EINVAL)) => {}
            Err(error) => return Err(error),
            Ok(count) => {
                groups.truncate(count.unsigned_abs() as usize);
                return Ok(groups);
            }
        }
    }
}

/// `setgroups(2)`
pub fn set_supplementary_groups(groups: &[u32]) -> Sys<()> {
    // SAFETY: the array is readable for its length.
    check(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) }).map(|_| ())
}

/// `initgroups(3)`
pub fn init_groups(user: &CStr, group: u32) -> Sys<()> {
    // SAFETY: the name ends with a NUL.
    check(unsafe { libc::initgroups(user.as_ptr(), group) }).map(|_| ())
}

/// `getgrouplist(3)`: the groups of a user, with `group` among them.
pub fn groups_of(user: &CStr, group: u32) -> Sys<Vec<u32>> {
    let mut room: i32 = 32;
    loop {
        let mut groups = vec![0; room.unsigned_abs() as usize];
        let mut count = room;
        // SAFETY: the array has the room that is given; the name ends with a NUL.
        if unsafe { libc::getgrouplist(user.as_ptr(), group, groups.as_mut_ptr(), &mut count) } >= 0 {
            groups.truncate(count.unsigned_abs() as usize);
            return Ok(groups);
        }
        room = match count.max(room.saturating_mul(2)) {
            room if room > 1 << 20 => return Err(Errno(libc::ENOMEM)),
            room => room,
        };
    }
}

/// `getlogin_r(3)`
pub fn login_name() -> Sys<Vec<u8>> {
    let mut name = [0u8; 256];
    unsafe extern "C" {
        fn getlogin_r(name: *mut libc::c_char, room: usize) -> i32;
    }
    // SAFETY: the buffer is writable for its length.
    let error = unsafe { getlogin_r(name.as_mut_ptr().cast(), name.len()) };
    match CStr::from_bytes_until_nul(&name) {
        Ok(name) if error == 0 => Ok(name.to_bytes().to_vec()),
        _ => Err(Errno(if error > 0 { error } else { Errno::last().0 })),
    }
}

/// An entry of the database of users.
pub struct User {
    pub name: Vec<u8>,
    pub password: Vec<u8>,
    pub id: u32,
    pub group: u32,
    pub comment: Vec<u8>,
    pub home: Vec<u8>,
    pub shell: Vec<u8>,
}

/// An entry of the database of groups.
pub struct Group {
    pub name: Vec<u8>,
    pub password: Vec<u8>,
    pub id: u32,
    pub members: Vec<Vec<u8>>,
}

/// Which entry is wanted.
pub enum Key<'a> {
    Id(u32),
    Name(&'a CString),
}

/// # Safety
/// Null or a C string that lives during the call.
unsafe fn text(pointer: *const libc::c_char) -> Vec<u8> {
    // SAFETY: by contract.
    if pointer.is_null() { Vec::new() } else { unsafe { CStr::from_ptr(pointer) }.to_bytes().to_vec() }
}

/// # Safety
/// The entry was filled by the C library and its texts live.
unsafe fn user_of(raw: &libc::passwd) -> User {
    // SAFETY: by contract.
    unsafe {
        User {
            name: text(raw.pw_name),
            password: text(raw.pw_passwd),
            id: raw.pw_uid,
            group: raw.pw_gid,
            comment: text(raw.pw_gecos),
            home: text(raw.pw_dir),
            shell: text(raw.pw_shell),
        }
    }
}

/// # Safety
/// As [`user_of`].
unsafe fn group_of(raw: &libc::group) -> Group {
    let mut members = Vec::new();
    let mut next = raw.gr_mem;
    // SAFETY: the list ends with a null.
    unsafe {
        while !next.is_null() && !(*next).is_null() {
            members.push(text(*next));
            next = next.add(1);
        }
        Group { name: text(raw.gr_name), password: text(raw.gr_passwd), id: raw.gr_gid, members }
    }
}

/// Calls with a buffer that grows while the answer is ERANGE.
fn with_buffer<T>(mut call: impl FnMut(&mut [u8]) -> Result<Option<T>, i32>) -> Sys<Option<T>> {
    let mut room = 1024;
    loop {
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(room).map_err(|_| Errno(libc::ENOMEM))?;
        buffer.resize(room, 0);
        match call(&mut buffer) {
            Err(libc::ERANGE) if room < 1 << 24 => room *= 2,
            // What the manual lists as "not found" in various C libraries.
            Err(libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM) => return Ok(None),
            Err(error) => return Err(Errno(error)),
            Ok(found) => return Ok(found),
        }
    }
}

/// `getpwuid_r(3)`, `getpwnam_r(3)`
pub fn user(key: &Key<'_>) -> Sys<Option<User>> {
    with_buffer(|buffer| {
        // SAFETY: a struct of pointers and numbers, for which zero is valid.
        let mut raw: libc::passwd = unsafe { std::mem::zeroed() };
        let mut found = std::ptr::null_mut();
        let (start, room) = (buffer.as_mut_ptr().cast(), buffer.len());
        // SAFETY: struct and buffer are writable; the texts of the entry lie in the buffer, which lives.
        unsafe {
            let error = match key {
                Key::Id(id) => libc::getpwuid_r(*id, &mut raw, start, room, &mut found),
                Key::Name(name) => libc::getpwnam_r(name.as_ptr(), &mut raw, start, room, &mut found),
            };
            match error {
                0 => Ok((!found.is_null()).then(|| user_of(&raw))),
                error => Err(error),
            }
        }
    })
}

/// `getgrgid_r(3)`, `getgrnam_r(3)`
pub fn group(key: &Key<'_>) -> Sys<Option<Group>> {
    with_buffer(|buffer| {
        // SAFETY: a struct of pointers and numbers, for which zero is valid.
        let mut raw: libc::group = unsafe { std::mem::zeroed() };
        let mut found = std::ptr::null_mut();
        let (start, room) = (buffer.as_mut_ptr().cast(), buffer.len());
        // SAFETY: struct and buffer are writable; the texts of the entry lie in the buffer, which lives.
        unsafe {
            let error = match key {
                Key::Id(id) => libc::getgrgid_r(*id, &mut raw, start, room, &mut found),
                Key::Name(name) => libc::getgrnam_r(name.as_ptr(), &mut raw, start, room, &mut found),
            };
            match error {
                0 => Ok((!found.is_null()).then(|| group_of(&raw))),
                error => Err(error),
            }
        }
    })
}

/// The walks through the databases have one place in the C library.
static WALK: Mutex<()> = Mutex::new(());

/// All users.
pub fn users() -> Vec<User> {
    let _held = WALK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut all = Vec::new();
    // SAFETY: the lock excludes other walks; each entry is copied before the next call.
    unsafe {
        libc::setpwent();
        while let Some(raw) = libc::getpwent().as_ref() {
            all.push(user_of(raw));
        }
        libc::endpwent();
    }
    all
}

/// All groups.
pub fn groups() -> Vec<Group> {
    let _held = WALK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut all = Vec::new();
    // SAFETY: the lock excludes other walks; each entry is copied before the next call.
    unsafe {
        libc::setgrent();
        while let Some(raw) = libc::getgrent().as_ref() {
            all.push(group_of(raw));
        }
        libc::endgrent();
    }
    all
}
