//! Signals: they are noted when they arrive and handled later, where the interpreter asks.

use crate::errno::{Errno, Sys, check};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicUsize, Ordering};

/// One more than the highest signal.
pub const COUNT: usize = 65;

static ARRIVED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];
static ANY: AtomicBool = AtomicBool::new(false);
static BREAKER: AtomicPtr<AtomicUsize> = AtomicPtr::new(std::ptr::null_mut());
static BITS: AtomicUsize = AtomicUsize::new(0);
static WAKEUP: AtomicI32 = AtomicI32::new(-1);

static WAKEUP_ERROR: AtomicI32 = AtomicI32::new(0);

/// Why the wakeup descriptor could not be written to, told once.
pub fn take_wakeup_error() -> Option<Errno> {
    match WAKEUP_ERROR.swap(0, Ordering::SeqCst) {
        0 => None,
        error => Some(Errno(error)),
    }
}

/// What a program in Python does not die of: writing to a pipe that nobody reads, files that grow too large.
pub fn ignore_at_start() {
    for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
        let _set = set(signal, Action::Ignore);
    }
}

/// Ends the process as a SIGINT does that nobody handles. Comes back only where the signal is blocked.
pub fn die_of_interrupt() {
    let _set = set(libc::SIGINT, Action::Default);
    let _sent = crate::process::kill(crate::process::id(), libc::SIGINT);
}

/// What a signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Default,
    Ignore,
    /// It is noted.
    Note,
    /// Code that is not ours handles it.
    Foreign,
}

/// Which word learns of signals, and by which bits.
pub fn set_breaker(word: &'static AtomicUsize, bits: usize) {
    BITS.store(bits, Ordering::SeqCst);
    BREAKER.store(std::ptr::from_ref(word).cast_mut(), Ordering::SeqCst);
}

/// Runs in signal context: only atomics and `write(2)`.
extern "C" fn note(signal: i32) {
    let saved = Errno::last();
    if let Some(arrived) = usize::try_from(signal).ok().and_then(|signal| ARRIVED.get(signal)) {
        arrived.store(true, Ordering::SeqCst);
    }
    ANY.store(true, Ordering::SeqCst);
    // SAFETY: the word is static.
    if let Some(word) = unsafe { BREAKER.load(Ordering::SeqCst).as_ref() } {
        word.fetch_or(BITS.load(Ordering::SeqCst), Ordering::SeqCst);
    }
    let fd = WAKEUP.load(Ordering::SeqCst);
    if fd >= 0 {
        let byte = signal.to_le_bytes();
        // SAFETY: one byte is readable; `write` may be called in signal context.
        if unsafe { libc::write(fd, byte.as_ptr().cast(), 1) } < 0 {
            WAKEUP_ERROR.store(Errno::last().0, Ordering::SeqCst);
        }
    }
    saved.set();
}

/// Sets what a signal does.
pub fn set(signal: i32, action: Action) -> Sys<()> {
    let mut raw = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeroed bytes are a valid sigaction; the mask is emptied in place; `note` is safe in signal context.
    unsafe {
        let fields = raw.as_mut_ptr();
        (*fields).sa_sigaction = match action {
            Action::Default => libc::SIG_DFL,
            Action::Ignore | Action::Foreign => libc::SIG_IGN,
            Action::Note => note as extern "C" fn(i32) as *const () as usize,
        };
        libc::sigemptyset(&raw mut (*fields).sa_mask);
        check(libc::sigaction(signal, raw.as_ptr(), std::ptr::null_mut()))?;
    }
    Ok(())
}

/// What a signal does now.
pub fn get(signal: i32) -> Sys<Action> {
    let mut raw = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the call writes the struct; zeroed bytes are valid anyway.
    let handler = unsafe {
        check(libc::sigaction(signal, std::ptr::null(), raw.as_mut_ptr()))?;
        raw.assume_init().sa_sigaction
    };
    Ok(match handler {
        libc::SIG_DFL => Action::Default,
        libc::SIG_IGN => Action::Ignore,
        handler if handler == note as extern "C" fn(i32) as *const () as usize => Action::Note,
        _ => Action::Foreign,
    })
}

/// Whether any signal arrived since the last question.
pub fn take_any() -> bool {
    ANY.swap(false, Ordering::SeqCst)
}

/// Asks for another look.
pub fn note_again() {
    ANY.store(true, Ordering::SeqCst);
    // SAFETY: the word is static.
    if let Some(word) = unsafe { BREAKER.load(Ordering::SeqCst).as_ref() } {
        word.fetch_or(BITS.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

/// Whether this signal arrived since the last question.
pub fn take(signal: usize) -> bool {
    ARRIVED.get(signal).is_some_and(|arrived| arrived.swap(false, Ordering::SeqCst))
}

/// In the child of a fork: nothing arrived yet.
pub fn forget() {
    ARRIVED.iter().for_each(|arrived| arrived.store(false, Ordering::SeqCst));
    ANY.store(false, Ordering::SeqCst);
}

/// The descriptor that learns of signals; the one before. -1 is none.
pub fn set_wakeup(fd: i32) -> i32 {
    WAKEUP.swap(fd, Ordering::SeqCst)
}

pub(crate) fn set_of(signals: &[i32]) -> libc::sigset_t {
    let mut raw = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the set is initialised before signals are added; numbers out of range are refused by the call.
    unsafe {
        libc::sigemptyset(raw.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(raw.as_mut_ptr(), *signal);
        }
        raw.assume_init()
    }
}

fn members(set: &libc::sigset_t) -> Vec<i32> {
    // SAFETY: the set is initialised.
    (1..65).filter(|signal| unsafe { libc::sigismember(set, *signal) } == 1).collect()
}

/// All signals that programs may use.
pub fn valid() -> Vec<i32> {
    let mut raw = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the call initialises the set.
    unsafe {
        libc::sigfillset(raw.as_mut_ptr());
        members(&raw.assume_init())
    }
}

/// `pthread_sigmask(3)`: the signals that were blocked before.
pub fn mask(how: i32, signals: &[i32]) -> Sys<Vec<i32>> {
    let new = set_of(signals);
    let mut old = set_of(&[]);
    // SAFETY: both sets are initialised.
    match unsafe { libc::pthread_sigmask(how, &new, &mut old) } {
        0 => Ok(members(&old)),
        error => Err(Errno(error)),
    }
}

/// Blocks all signals in the calling thread.
pub fn block_all() {
    let _before = mask(libc::SIG_BLOCK, &valid());
}

/// `sigpending(2)`
pub fn pending() -> Sys<Vec<i32>> {
    let mut set = set_of(&[]);
    // SAFETY: the set is written by the call.
    check(unsafe { libc::sigpending(&mut set) })?;
    Ok(members(&set))
}

/// `sigwait(3)`
pub fn wait(signals: &[i32]) -> Sys<i32> {
    let mut signal = 0;
    // SAFETY: the set is initialised; the number is written to a local.
    match unsafe { libc::sigwait(&set_of(signals), &mut signal) } {
        0 => Ok(signal),
        error => Err(Errno(error)),
    }
}

/// What is known of a signal that was waited for.
pub struct Info([i64; 7]);

impl Info {
    /// Signal, code, errno, process, user, status, band.
    pub fn fields(&self) -> [i64; 7] {
        self.0
    }
}

/// `sigwaitinfo(2)`, `sigtimedwait(2)`
pub fn wait_info(signals: &[i32], limit: Option<std::time::Duration>) -> Sys<Info> {
    let set = set_of(signals);
    // SAFETY: a struct of numbers, for which zero is valid.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: all structs are locals.
    check(unsafe {
        match limit {
            None => libc::sigwaitinfo(&set, &mut info),
            Some(limit) => {
                let time = libc::timespec {
                    tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
                    tv_nsec: i64::from(limit.subsec_nanos()),
                };
                libc::sigtimedwait(&set, &mut info, &time)
            }
        }
    })?;
    // SAFETY: the fields lie in the struct whatever the signal was; those of another kind are numbers all the same.
    let (process, user, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
    // On Linux the band has the place of process and user.
    let band = i64::from(process) & 0xFFFF_FFFF | i64::from(user) << 32;
    Ok(Info([
        i64::from(info.si_signo),
        i64::from(info.si_code),
        i64::from(info.si_errno),
        i64::from(process),
        i64::from(user),
        i64::from(status),
        band,
    ]))
}

/// `raise(3)`
pub fn raise(signal: i32) -> Sys<()> {
    // SAFETY: a plain call.
    if unsafe { libc::raise(signal) } == 0 { Ok(()) } else { Err(Errno::last()) }
}

/// `pthread_kill(3)`, to a thread by its `pthread_t` as a number.
pub fn kill_thread(thread: u64, signal: i32) -> Sys<()> {
    // SAFETY: the caller names a thread that lives, as the call demands of C programs too.
    match unsafe { libc::pthread_kill(thread as libc::pthread_t, signal) } {
        0 => Ok(()),
        error => Err(Errno(error)),
    }
}

/// `alarm(2)`: the seconds that were left of the alarm before.
pub fn alarm(seconds: u32) -> u32 {
    // SAFETY: the call cannot fail.
    unsafe { libc::alarm(seconds) }
}

/// `pause(2)`
pub fn pause() {
    // SAFETY: returns when a signal was handled.
    unsafe { libc::pause() };
}

/// `siginterrupt(3)`
pub fn interrupt(signal: i32, interrupts: bool) -> Sys<()> {
    let mut raw = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the struct is read and written back by the system.
    unsafe {
        check(libc::sigaction(signal, std::ptr::null(), raw.as_mut_ptr()))?;
        let fields = raw.as_mut_ptr();
        if interrupts {
            (*fields).sa_flags &= !libc::SA_RESTART;
        } else {
            (*fields).sa_flags |= libc::SA_RESTART;
        }
        check(libc::sigaction(signal, raw.as_ptr(), std::ptr::null_mut()))?;
    }
    Ok(())
}

/// `strsignal(3)`
pub fn describe(signal: i32) -> Option<String> {
    // SAFETY: the text is copied at once.
    let text = unsafe { libc::strsignal(signal) };
    if text.is_null() {
        return None;
    }
    // SAFETY: the text ends with a NUL.
    let text = unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy().into_owned();
    (!text.starts_with("Unknown signal")).then_some(text)
}

/// A timer: seconds until it goes off, and between further times.
pub type Timer = (f64, f64);

fn timeval(seconds: f64) -> libc::timeval {
    let micros = (seconds * 1e6).ceil() as i64;
    libc::timeval { tv_sec: micros.div_euclid(1_000_000), tv_usec: micros.rem_euclid(1_000_000) }
}

fn seconds(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 / 1e6
}

/// `setitimer(2)`: the timer before.
pub fn set_timer(which: i32, timer: Timer) -> Sys<Timer> {
    let new = libc::itimerval { it_value: timeval(timer.0), it_interval: timeval(timer.1) };
    let mut old = new;
    // SAFETY: both structs are locals.
    check(unsafe { libc::setitimer(which as _, &new, &mut old) })?;
    Ok((seconds(old.it_value), seconds(old.it_interval)))
}

/// `getitimer(2)`
pub fn timer(which: i32) -> Sys<Timer> {
    let mut old = libc::itimerval { it_value: timeval(0.0), it_interval: timeval(0.0) };
    // SAFETY: the struct is a local.
    check(unsafe { libc::getitimer(which as _, &mut old) })?;
    Ok((seconds(old.it_value), seconds(old.it_interval)))
}
