//! Pseudo-terminals.

use crate::errno::{Errno, Sys, check};
use std::os::fd::RawFd;

/// `openpty(3)`: master and slave, not inheritable.
pub fn open_pair() -> Sys<(RawFd, RawFd)> {
    let (mut master, mut slave) = (-1, -1);
    let null = std::ptr::null_mut();
    // SAFETY: the descriptors are written to locals; name, settings and size may be null.
    check(unsafe { libc::openpty(&mut master, &mut slave, null, std::ptr::null_mut(), std::ptr::null_mut()) })?;
    crate::fd::set_inheritable(master, false)?;
    crate::fd::set_inheritable(slave, false)?;
    Ok((master, slave))
}

/// The name of the slave of a pseudo-terminal.
pub fn slave_name(fd: RawFd) -> Sys<Vec<u8>> {
    let mut name = [0u8; 256];
    // SAFETY: the buffer is writable for its length.
    let error = unsafe { libc::ptsname_r(fd, name.as_mut_ptr().cast(), name.len()) };
    match std::ffi::CStr::from_bytes_until_nul(&name) {
        Ok(name) if error == 0 => Ok(name.to_bytes().to_vec()),
        _ => Err(Errno(if error > 0 { error } else { Errno::last().0 })),
    }
}

/// `posix_openpt(3)`
pub fn open_master(flags: i32) -> Sys<RawFd> {
    // SAFETY: a plain call.
    let fd = check(unsafe { libc::posix_openpt(flags) })?;
    // Not inheritable, whatever the flags say.
    match crate::fd::set_inheritable(fd, false) {
        Ok(()) => Ok(fd),
        Err(error) => {
            let _closed = crate::fd::close(fd);
            Err(error)
        }
    }
}

/// `grantpt(3)`
pub fn grant(fd: RawFd) -> Sys<()> {
    // SAFETY: a plain call.
    check(unsafe { libc::grantpt(fd) }).map(|_| ())
}

/// `unlockpt(3)`
pub fn unlock(fd: RawFd) -> Sys<()> {
    // SAFETY: a plain call.
    check(unsafe { libc::unlockpt(fd) }).map(|_| ())
}

/// `login_tty(3)`
pub fn log_in(fd: RawFd) -> Sys<()> {
    // SAFETY: a plain call.
    check(unsafe { libc::login_tty(fd) }).map(|_| ())
}

/// `tcgetpgrp(3)`
pub fn foreground(fd: RawFd) -> Sys<i32> {
    // SAFETY: a plain call.
    check(unsafe { libc::tcgetpgrp(fd) })
}

/// `tcsetpgrp(3)`
pub fn set_foreground(fd: RawFd, group: i32) -> Sys<()> {
    // SAFETY: a plain call.
    check(unsafe { libc::tcsetpgrp(fd, group) }).map(|_| ())
}

/// `ctermid(3)`
pub fn controlling_name() -> Vec<u8> {
    let mut name = [0u8; 64];
    // SAFETY: the buffer is longer than `L_ctermid`.
    unsafe { libc::ctermid(name.as_mut_ptr().cast()) };
    std::ffi::CStr::from_bytes_until_nul(&name).map_or_else(|_| Vec::new(), |name| name.to_bytes().to_vec())
}

/// What `tcgetattr(3)` tells. It is asked of the kernel itself, whose speeds are plain numbers.
#[derive(Clone, Copy)]
pub struct Settings {
    raw: libc::termios2,
    characters: [u8; SPECIAL],
}

/// How many special characters programs see; the kernel has fewer.
pub const SPECIAL: usize = libc::NCCS;

/// The bits of the input's speed in the control modes stand this much higher than those of the output's.
const INPUT_SHIFT: u32 = 16;
const SPEED_BITS: u32 = libc::CBAUD;

/// The kernel's codes of common speeds.
const CODES: &[(u32, u32)] = &[
    (0, libc::B0),
    (50, libc::B50),
    (75, libc::B75),
    (110, libc::B110),
    (134, libc::B134),
    (150, libc::B150),
    (200, libc::B200),
    (300, libc::B300),
    (600, libc::B600),
    (1200, libc::B1200),
    (1800, libc::B1800),
    (2400, libc::B2400),
    (4800, libc::B4800),
    (9600, libc::B9600),
    (19200, libc::B19200),
    (38400, libc::B38400),
    (57600, libc::B57600),
    (115_200, libc::B115200),
    (230_400, libc::B230400),
    (460_800, libc::B460800),
    (500_000, libc::B500000),
    (576_000, libc::B576000),
    (921_600, libc::B921600),
    (1_000_000, libc::B1000000),
    (1_152_000, libc::B1152000),
    (1_500_000, libc::B1500000),
    (2_000_000, libc::B2000000),
    (2_500_000, libc::B2500000),
    (3_000_000, libc::B3000000),
    (3_500_000, libc::B3500000),
    (4_000_000, libc::B4000000),
];

fn code_of(speed: u32) -> u32 {
    CODES.iter().find(|(known, _)| *known == speed).map_or(libc::BOTHER, |(_, code)| *code)
}

impl Settings {
    /// The modes of input, output, control, local.
    pub fn modes(&self) -> [u32; 4] {
        [self.raw.c_iflag, self.raw.c_oflag, self.raw.c_cflag, self.raw.c_lflag]
    }
    /// Sets the modes.
    pub fn set_modes(&mut self, modes: [u32; 4]) {
        [self.raw.c_iflag, self.raw.c_oflag, self.raw.c_cflag, self.raw.c_lflag] = modes;
    }
    /// The speeds of input and output.
    pub fn speeds(&self) -> [u32; 2] {
        [self.raw.c_ispeed, self.raw.c_ospeed]
    }
    /// Sets the speeds; an input speed of 0 is that of the output.
    pub fn set_speeds(&mut self, [input, output]: [u32; 2]) {
        let input = if input == 0 { output } else { input };
        let codes = code_of(output) | code_of(input) << INPUT_SHIFT;
        self.raw.c_cflag = self.raw.c_cflag & !(SPEED_BITS | SPEED_BITS << INPUT_SHIFT) | codes;
        (self.raw.c_ispeed, self.raw.c_ospeed) = (input, output);
    }
    /// The special characters.
    pub fn characters(&mut self) -> &mut [u8; SPECIAL] {
        &mut self.characters
    }
    /// The settings of a terminal.
    pub fn of(fd: RawFd) -> Sys<Settings> {
        // SAFETY: a struct of numbers, for which zero is valid.
        let mut raw: libc::termios2 = unsafe { std::mem::zeroed() };
        // SAFETY: the request writes a `termios2`, which `raw` is.
        check(unsafe { libc::ioctl(fd, libc::TCGETS2, &mut raw) })?;
        let input = SPEED_BITS << INPUT_SHIFT;
        if raw.c_cflag & input == 0 {
            raw.c_cflag |= (raw.c_cflag & SPEED_BITS) << INPUT_SHIFT;
        }
        let mut characters = [0; SPECIAL];
        characters.iter_mut().zip(&raw.c_cc).for_each(|(place, byte)| *place = *byte);
        Ok(Settings { raw, characters })
    }
    /// `tcsetattr(3)`
    pub fn apply(&self, fd: RawFd, when: i32) -> Sys<()> {
        let request = match when {
            libc::TCSANOW => libc::TCSETS2,
            libc::TCSADRAIN => libc::TCSETSW2,
            libc::TCSAFLUSH => libc::TCSETSF2,
            _ => return Err(Errno(libc::EINVAL)),
        };
        let mut raw = self.raw;
        raw.c_cc.iter_mut().zip(&self.characters).for_each(|(place, byte)| *place = *byte);
        // SAFETY: the request reads a `termios2`, which `raw` is.
        check(unsafe { libc::ioctl(fd, request, &raw) }).map(|_| ())
    }
}

macro_rules! controls {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident),*) = $call:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(fd: RawFd, $($arg: i32),*) -> Sys<()> {
            // SAFETY: a plain call.
            check(unsafe { libc::$call(fd, $($arg),*) }).map(|_| ())
        })*
    };
}

controls! {
    /// `tcsendbreak(3)`
    fn send_break(duration) = tcsendbreak;
    /// `tcdrain(3)`
    fn drain() = tcdrain;
    /// `tcflush(3)`
    fn flush(queue) = tcflush;
    /// `tcflow(3)`
    fn flow(action) = tcflow;
}

/// Rows and columns, then the size in pixels.
pub fn window_size(fd: RawFd) -> Sys<[u16; 4]> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the request writes a `winsize`, which `size` is.
    check(unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &mut size) })?;
    Ok([size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel])
}

/// Sets the size of the window.
pub fn set_window_size(fd: RawFd, [rows, columns, width, height]: [u16; 4]) -> Sys<()> {
    let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: width, ws_ypixel: height };
    // SAFETY: the request reads a `winsize`, which `size` is.
    check(unsafe { libc::ioctl(fd, libc::TIOCSWINSZ, &size) }).map(|_| ())
}

/// `forkpty(3)`: the child (0 in it) and the master's descriptor, which is not inheritable.
///
/// # Safety
/// As [`crate::process::fork`].
pub unsafe fn fork() -> Sys<(i32, RawFd)> {
    let mut master = -1;
    let null = std::ptr::null_mut();
    // SAFETY: the descriptor is written to a local; the caller answers for the child's state.
    let child = check(unsafe { libc::forkpty(&mut master, null, std::ptr::null_mut(), std::ptr::null_mut()) })?;
    if child == 0 {
        crate::stack::forget_stack_limit();
    } else {
        let _set = crate::fd::set_inheritable(master, false);
    }
    Ok((child, master))
}
