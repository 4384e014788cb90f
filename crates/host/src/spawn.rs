//! `posix_spawn(3)`.

use crate::errno::{Errno, Sys};
use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;

/// What the child does with descriptors, in order.
pub enum FileAction {
    Open { fd: i32, path: CString, flags: i32, mode: u32 },
    Close(i32),
    Duplicate(i32, i32),
    CloseFrom(i32),
}

/// How a child is spawned.
pub struct Request<'a> {
    pub path: &'a CStr,
    /// Looks the program up along PATH.
    pub along_path: bool,
    pub arguments: &'a [CString],
    pub environment: Option<&'a [CString]>,
    pub actions: &'a [FileAction],
    pub group: Option<i32>,
    pub reset_ids: bool,
    pub new_session: bool,
    pub mask: Option<&'a [i32]>,
    pub defaults: Option<&'a [i32]>,
    /// A policy and a priority, or the priority alone.
    pub scheduler: Option<(Option<i32>, i32)>,
}

const SETSID: i32 = 0x80;

fn told(error: i32) -> Sys<()> {
    if error == 0 { Ok(()) } else { Err(Errno(error)) }
}

struct Attributes(libc::posix_spawnattr_t);
impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: it was initialised.
        unsafe { libc::posix_spawnattr_destroy(&mut self.0) };
    }
}

struct Actions(libc::posix_spawn_file_actions_t);
impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: it was initialised.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}

fn attributes(request: &Request<'_>) -> Sys<Attributes> {
    let mut raw = MaybeUninit::<libc::posix_spawnattr_t>::zeroed();
    // SAFETY: the call initialises the struct; all settings are locals.
    unsafe {
        told(libc::posix_spawnattr_init(raw.as_mut_ptr()))?;
        let mut own = Attributes(raw.assume_init());
        let mut flags = 0;
        if let Some(group) = request.group {
            told(libc::posix_spawnattr_setpgroup(&mut own.0, group))?;
            flags |= libc::POSIX_SPAWN_SETPGROUP;
        }
        if request.reset_ids {
            flags |= libc::POSIX_SPAWN_RESETIDS;
        }
        if request.new_session {
            flags |= SETSID;
        }
        if let Some(mask) = request.mask {
            told(libc::posix_spawnattr_setsigmask(&mut own.0, &crate::signal::set_of(mask)))?;
            flags |= libc::POSIX_SPAWN_SETSIGMASK;
        }
        if let Some(defaults) = request.defaults {
            told(libc::posix_spawnattr_setsigdefault(&mut own.0, &crate::signal::set_of(defaults)))?;
            flags |= libc::POSIX_SPAWN_SETSIGDEF;
        }
        if let Some((policy, priority)) = request.scheduler {
            if let Some(policy) = policy {
                told(libc::posix_spawnattr_setschedpolicy(&mut own.0, policy))?;
                flags |= libc::POSIX_SPAWN_SETSCHEDULER;
            }
            let mut param: libc::sched_param = std::mem::zeroed();
            param.sched_priority = priority;
            told(libc::posix_spawnattr_setschedparam(&mut own.0, &param))?;
            flags |= libc::POSIX_SPAWN_SETSCHEDPARAM;
        }
        told(libc::posix_spawnattr_setflags(&mut own.0, flags as libc::c_short))?;
        Ok(own)
    }
}

fn actions(request: &Request<'_>) -> Sys<Actions> {
    let mut raw = MaybeUninit::<libc::posix_spawn_file_actions_t>::zeroed();
    // SAFETY: the call initialises the struct; paths end with a NUL and outlive the spawning.
    unsafe {
        told(libc::posix_spawn_file_actions_init(raw.as_mut_ptr()))?;
        let mut own = Actions(raw.assume_init());
        for action in request.actions {
            told(match action {
                FileAction::Open { fd, path, flags, mode } => {
                    libc::posix_spawn_file_actions_addopen(&mut own.0, *fd, path.as_ptr(), *flags, *mode)
                }
                FileAction::Close(fd) => libc::posix_spawn_file_actions_addclose(&mut own.0, *fd),
                FileAction::Duplicate(fd, target) => libc::posix_spawn_file_actions_adddup2(&mut own.0, *fd, *target),
                FileAction::CloseFrom(fd) => close_from(&mut own.0, *fd),
            })?;
        }
        Ok(own)
    }
}

#[cfg(target_env = "gnu")]
unsafe fn close_from(actions: &mut libc::posix_spawn_file_actions_t, fd: i32) -> i32 {
    unsafe extern "C" {
        fn posix_spawn_file_actions_addclosefrom_np(actions: *mut libc::posix_spawn_file_actions_t, from: i32) -> i32;
    }
    // SAFETY: the actions are initialised.
    unsafe { posix_spawn_file_actions_addclosefrom_np(actions, fd) }
}

#[cfg(not(target_env = "gnu"))]
unsafe fn close_from(_actions: &mut libc::posix_spawn_file_actions_t, _fd: i32) -> i32 {
    libc::ENOSYS
}

/// Starts the child.
pub fn spawn(request: &Request<'_>) -> Sys<i32> {
    let pointers = |texts: &[CString]| {
        texts.iter().map(|text| text.as_ptr().cast_mut()).chain([std::ptr::null_mut()]).collect::<Vec<*mut libc::c_char>>()
    };
    let arguments = pointers(request.arguments);
    let environment = request.environment.map(pointers);
    let attributes = attributes(request)?;
    let actions = actions(request)?;
    let mut child = 0;
    unsafe extern "C" {
        static environ: *const *mut libc::c_char;
    }
    // SAFETY: all texts and arrays outlive the call and the arrays end with a null.
    unsafe {
        let environment = environment.as_ref().map_or(environ, |environment| environment.as_ptr());
        let call = if request.along_path { libc::posix_spawnp } else { libc::posix_spawn };
        let path = request.path.as_ptr();
        told(call(&mut child, path, &actions.0, &attributes.0, arguments.as_ptr(), environment))?;
    }
    Ok(child)
}
