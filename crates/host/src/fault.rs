//! Fatal signals: handlers that report and then let the signal do what it did before; reports on other signals; the native stack.
//!
//! What runs in a handler allocates nothing here; the callbacks answer for themselves.

use crate::errno::{Errno, Sys, check};
use std::cell::UnsafeCell;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// The signals of crashes, with the words of reports.
pub const FATAL: [(i32, &str); 5] = [
    (libc::SIGBUS, "Bus error"),
    (libc::SIGILL, "Illegal instruction"),
    (libc::SIGFPE, "Floating-point exception"),
    (libc::SIGABRT, "Aborted"),
    (libc::SIGSEGV, "Segmentation fault"),
];

/// The most that a handler needs of stack.
const HANDLER_STACK: usize = 256 * 1024;

/// What a signal did before.
struct Previous(UnsafeCell<MaybeUninit<libc::sigaction>>, AtomicBool);
// SAFETY: written under the GIL before the flag is set, read by handlers after they saw the flag.
unsafe impl Sync for Previous {}

impl Previous {
    const NONE: Previous = Previous(UnsafeCell::new(MaybeUninit::zeroed()), AtomicBool::new(false));

    /// Puts our handler in, once.
    fn install(&self, signal: i32, handler: extern "C" fn(i32), flags: i32) -> Sys<()> {
        if self.1.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.reinstall(signal, handler, flags)?;
        self.1.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn reinstall(&self, signal: i32, handler: extern "C" fn(i32), flags: i32) -> Sys<()> {
        let mut new = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: zeroed bytes are a valid sigaction; the old one is written to a place that only this signal has.
        unsafe {
            let fields = new.as_mut_ptr();
            (*fields).sa_sigaction = handler as *const () as usize;
            libc::sigemptyset(&raw mut (*fields).sa_mask);
            (*fields).sa_flags = flags | libc::SA_ONSTACK;
            check(libc::sigaction(signal, new.as_ptr(), self.0.get().cast())).map(|_| ())
        }
    }

    /// Takes our handler out again. Whether it was in.
    fn restore(&self, signal: i32) -> bool {
        if !self.1.swap(false, Ordering::SeqCst) {
            return false;
        }
        self.put_back(signal);
        true
    }

    fn put_back(&self, signal: i32) {
        // SAFETY: the old action was written when ours was put in.
        unsafe { libc::sigaction(signal, self.0.get().cast_const().cast(), std::ptr::null_mut()) };
    }
}

static CRASHES: [Previous; FATAL.len()] = [Previous::NONE; FATAL.len()];
static ON_CRASH: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// Lets handlers run on a stack of their own in this thread, where it has none that is large enough.
pub fn use_own_stack() {
    // SAFETY: a query and then a new stack, which lives to the end of the process.
    unsafe {
        let mut old: libc::stack_t = std::mem::zeroed();
        if libc::sigaltstack(std::ptr::null(), &mut old) == 0
            && old.ss_flags & libc::SS_DISABLE == 0
            && old.ss_size >= HANDLER_STACK
        {
            return;
        }
        let mut room: Vec<u8> = Vec::new();
        if room.try_reserve_exact(HANDLER_STACK).is_err() {
            return;
        }
        let new = libc::stack_t { ss_sp: room.leak().as_mut_ptr().cast(), ss_flags: 0, ss_size: HANDLER_STACK };
        libc::sigaltstack(&new, std::ptr::null_mut());
    }
}

extern "C" fn crashed(signal: i32) {
    let saved = Errno::last();
    let Some((at, (_, words))) = FATAL.iter().enumerate().find(|(_, (number, _))| *number == signal) else { return };
    if let Some(previous) = CRASHES.get(at) {
        previous.restore(signal);
    }
    let report = ON_CRASH.load(Ordering::SeqCst);
    if !report.is_null() {
        // SAFETY: only `enable` stores here, and it stores a function of this type.
        let report: fn(&'static str) = unsafe { std::mem::transmute(report) };
        report(words);
    }
    saved.set();
    // The old action is in force again and this signal is not blocked (SA_NODEFER).
    // SAFETY: a plain call.
    unsafe { libc::raise(signal) };
}

/// Lets crashes be reported.
pub fn enable(report: fn(&'static str)) -> Sys<()> {
    ON_CRASH.store(report as *const () as *mut (), Ordering::SeqCst);
    use_own_stack();
    for ((signal, _), previous) in FATAL.iter().zip(&CRASHES) {
        previous.install(*signal, crashed, libc::SA_NODEFER)?;
    }
    Ok(())
}

/// Puts back what crashes did before.
pub fn disable() {
    for ((signal, _), previous) in FATAL.iter().zip(&CRASHES) {
        previous.restore(*signal);
    }
}

static USERS: [Previous; crate::signal::COUNT] = [Previous::NONE; crate::signal::COUNT];
static CHAIN: [AtomicBool; crate::signal::COUNT] = [const { AtomicBool::new(false) }; crate::signal::COUNT];
static ON_SIGNAL: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

fn user_flags(chain: bool) -> i32 {
    libc::SA_RESTART | if chain { libc::SA_NODEFER } else { 0 }
}

extern "C" fn asked(signal: i32) {
    let saved = Errno::last();
    let Some((at, previous)) = usize::try_from(signal).ok().and_then(|at| Some((at, USERS.get(at)?))) else { return };
    if !previous.1.load(Ordering::SeqCst) {
        return;
    }
    let report = ON_SIGNAL.load(Ordering::SeqCst);
    if !report.is_null() {
        // SAFETY: only `register` stores here, and it stores a function of this type.
        let report: fn(i32) = unsafe { std::mem::transmute(report) };
        report(signal);
    }
    saved.set();
    if CHAIN.get(at).is_some_and(|chain| chain.load(Ordering::SeqCst)) {
        previous.put_back(signal);
        // SAFETY: a plain call; the signal is not blocked (SA_NODEFER).
        unsafe { libc::raise(signal) };
        saved.set();
        let _again = previous.reinstall(signal, asked, user_flags(true));
    }
}

/// Lets a signal be answered with a report, and then, if asked, with what it did before.
pub fn register(signal: usize, chain: bool, report: fn(i32)) -> Sys<()> {
    ON_SIGNAL.store(report as *const () as *mut (), Ordering::SeqCst);
    use_own_stack();
    if let (Some(flag), Some(previous), Ok(number)) = (CHAIN.get(signal), USERS.get(signal), i32::try_from(signal)) {
        previous.install(number, asked, user_flags(chain))?;
        flag.store(chain, Ordering::SeqCst);
    }
    Ok(())
}

/// Puts back what the signal did before. Whether it was registered.
pub fn unregister(signal: usize) -> bool {
    match (USERS.get(signal), i32::try_from(signal)) {
        (Some(previous), Ok(number)) => previous.restore(number),
        _ => false,
    }
}

/// Writes as much as it can; for handlers.
pub fn write(fd: i32, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: the bytes are readable.
        let count = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(count) {
            Ok(count) if count > 0 => bytes = bytes.get(count..).unwrap_or_default(),
            _ if Errno::last().is_interrupted() => {}
            _ => return,
        }
    }
}

/// The calling thread, as `pthread_self(3)` has it.
pub fn this_thread() -> u64 {
    // SAFETY: a plain call.
    unsafe { libc::pthread_self() as u64 }
}

/// The system's name of a thread, by its number in the system.
pub fn thread_name(id: u64) -> ([u8; 32], usize) {
    let mut path = [0u8; 64];
    let mut at = 0;
    let mut push = |bytes: &[u8]| {
        for byte in bytes {
            if let Some(place) = path.get_mut(at) {
                *place = *byte;
                at += 1;
            }
        }
    };
    push(b"/proc/self/task/");
    let mut digits = [0u8; 20];
    push(decimal(id, &mut digits));
    push(b"/comm\0");
    let mut name = [0u8; 32];
    // SAFETY: the path ends with a NUL; the buffer is writable for its length.
    let count = unsafe {
        let fd = libc::open(path.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC);
        if fd < 0 {
            return (name, 0);
        }
        let count = libc::read(fd, name.as_mut_ptr().cast(), name.len());
        libc::close(fd);
        count
    };
    let count = usize::try_from(count).unwrap_or(0);
    let len = name.get(..count).and_then(|name| name.iter().position(|byte| *byte == b'\n')).unwrap_or(count);
    (name, len)
}

/// The digits of a number, without an allocation.
pub fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at = at.saturating_sub(1);
        if let Some(place) = digits.get_mut(at) {
            *place = b'0' + (number % 10) as u8;
        }
        number /= 10;
        if number == 0 || at == 0 {
            return digits.get(at..).unwrap_or_default();
        }
    }
}

/// A number in hexadecimal with at least this many digits.
pub fn hexadecimal(number: u64, least: usize, digits: &mut [u8; 16]) -> &[u8] {
    let mut at = digits.len();
    let mut rest = number;
    while at > 0 && (rest > 0 || digits.len() - at < least.max(1)) {
        at -= 1;
        if let Some(place) = digits.get_mut(at) {
            *place = *b"0123456789abcdef".get((rest & 15) as usize).unwrap_or(&b'0');
        }
        rest >>= 4;
    }
    digits.get(at..).unwrap_or_default()
}

/// The most entries of a native stack that are shown.
const MOST_ENTRIES: usize = 32;

/// Writes the calling thread's native stack, innermost first.
#[cfg(target_env = "gnu")]
pub fn write_native_stack(fd: i32) {
    let mut entries = [std::ptr::null_mut::<libc::c_void>(); MOST_ENTRIES];
    // SAFETY: the array has the room that is given.
    let count = unsafe { libc::backtrace(entries.as_mut_ptr(), MOST_ENTRIES as i32) };
    let count = usize::try_from(count).unwrap_or(0);
    for address in entries.iter().take(count) {
        write_entry(fd, *address);
    }
    if count == MOST_ENTRIES {
        write(fd, b"  <truncated rest of calls>\n");
    }
}

#[cfg(not(target_env = "gnu"))]
pub fn write_native_stack(fd: i32) {
    write(fd, b"  <system does not support native stacks>\n");
}

#[cfg(target_env = "gnu")]
fn write_entry(fd: i32, address: *mut libc::c_void) {
    let mut digits = [0u8; 16];
    // SAFETY: a struct of pointers, for which zero is valid.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: the struct is a local; any address may be asked for.
    let known = unsafe { libc::dladdr(address, &mut info) } != 0 && !info.dli_fname.is_null();
    if known {
        // SAFETY: the linker's names are C strings that live as long as their file is loaded.
        let (file, symbol) = unsafe {
            let symbol = (!info.dli_sname.is_null()).then(|| CStr::from_ptr(info.dli_sname));
            (CStr::from_ptr(info.dli_fname), symbol)
        };
        write(fd, b"  Binary file \"");
        write(fd, file.to_bytes());
        write(fd, b"\"");
        let base = if symbol.is_some() { info.dli_saddr } else { info.dli_fbase };
        if symbol.is_some() {
            write(fd, b", at ");
            write(fd, symbol.map(CStr::to_bytes).unwrap_or_default());
            write(fd, b"+0x");
            write(fd, hexadecimal(address.addr().wrapping_sub(base.addr()) as u64, 1, &mut digits));
        }
    } else {
        write(fd, b"  Binary file \"<unknown>\"");
    }
    write(fd, b" [0x");
    write(fd, hexadecimal(address.addr() as u64, 1, &mut digits));
    write(fd, b"]\n");
}

/// Reads from an address that no process has.
pub fn read_null() {
    // SAFETY: none: this is a crash on demand, for tests of crash reports.
    let _byte = unsafe { std::ptr::read_volatile(std::ptr::without_provenance::<u8>(1)) };
}

/// Sends the process a crash's signal until it dies of it.
pub fn crash(signal: i32) {
    // SAFETY: a plain call.
    unsafe { libc::raise(signal) };
}

/// Uses up the native stack, on demand.
pub fn overflow_stack() -> usize {
    #[inline(never)]
    fn descend(depth: usize) -> usize {
        let pad = std::hint::black_box([depth; 512]);
        let below = descend(std::hint::black_box(depth + 1));
        below.wrapping_add(std::hint::black_box(pad)[depth % 512])
    }
    descend(0)
}
