//! `termios`.

use crate::support::{FileDescriptor, add_constants, exception_class};
use host::errno::{Errno, Sys};
use host::terminal::{self, SPECIAL, Settings};
use macros::pymodule;
use object::value::{bytes, int, str as text};
use object::{Borrowed, OptRef, PyResult, Ref, exc, hooks, raise, thread};

const CONSTANTS: &[(&str, i64)] = &[
    ("B0", 0),
    ("B1000000", 1000000),
    ("B110", 110),
    ("B115200", 115200),
    ("B1152000", 1152000),
    ("B1200", 1200),
    ("B134", 134),
    ("B14400", 14400),
    ("B150", 150),
    ("B1500000", 1500000),
    ("B1800", 1800),
    ("B19200", 19200),
    ("B200", 200),
    ("B2000000", 2000000),
    ("B230400", 230400),
    ("B2400", 2400),
    ("B2500000", 2500000),
    ("B28800", 28800),
    ("B300", 300),
    ("B3000000", 3000000),
    ("B3500000", 3500000),
    ("B38400", 38400),
    ("B4000000", 4000000),
    ("B460800", 460800),
    ("B4800", 4800),
    ("B50", 50),
    ("B500000", 500000),
    ("B57600", 57600),
    ("B576000", 576000),
    ("B600", 600),
    ("B7200", 7200),
    ("B75", 75),
    ("B76800", 76800),
    ("B921600", 921600),
    ("B9600", 9600),
    ("BRKINT", 2),
    ("BS0", 0),
    ("BS1", 8192),
    ("BSDLY", 8192),
    ("CBAUD", 4111),
    ("CBAUDEX", 4096),
    ("CDSUSP", 25),
    ("CEOF", 4),
    ("CEOL", 0),
    ("CEOT", 4),
    ("CERASE", 127),
    ("CFLUSH", 15),
    ("CIBAUD", 269418496),
    ("CINTR", 3),
    ("CKILL", 21),
    ("CLNEXT", 22),
    ("CLOCAL", 2048),
    ("CQUIT", 28),
    ("CR0", 0),
    ("CR1", 512),
    ("CR2", 1024),
    ("CR3", 1536),
    ("CRDLY", 1536),
    ("CREAD", 128),
    ("CRPRNT", 18),
    ("CRTSCTS", 2147483648),
    ("CS5", 0),
    ("CS6", 16),
    ("CS7", 32),
    ("CS8", 48),
    ("CSIZE", 48),
    ("CSTART", 17),
    ("CSTOP", 19),
    ("CSTOPB", 64),
    ("CSUSP", 26),
    ("CWERASE", 23),
    ("ECHO", 8),
    ("ECHOCTL", 512),
    ("ECHOE", 16),
    ("ECHOK", 32),
    ("ECHOKE", 2048),
    ("ECHONL", 64),
    ("ECHOPRT", 1024),
    ("EXTA", 19200),
    ("EXTB", 38400),
    ("EXTPROC", 65536),
    ("FF0", 0),
    ("FF1", 32768),
    ("FFDLY", 32768),
    ("FIOASYNC", 21586),
    ("FIOCLEX", 21585),
    ("FIONBIO", 21537),
    ("FIONCLEX", 21584),
    ("FIONREAD", 21531),
    ("FLUSHO", 4096),
    ("HUPCL", 1024),
    ("IBSHIFT", 16),
    ("ICANON", 2),
    ("ICRNL", 256),
    ("IEXTEN", 32768),
    ("IGNBRK", 1),
    ("IGNCR", 128),
    ("IGNPAR", 4),
    ("IMAXBEL", 8192),
    ("INLCR", 64),
    ("INPCK", 16),
    ("IOCSIZE_MASK", 1073676288),
    ("IOCSIZE_SHIFT", 16),
    ("ISIG", 1),
    ("ISTRIP", 32),
    ("IUCLC", 512),
    ("IUTF8", 16384),
    ("IXANY", 2048),
    ("IXOFF", 4096),
    ("IXON", 1024),
    ("NCCS", 32),
    ("NL0", 0),
    ("NL1", 256),
    ("NLDLY", 256),
    ("NOFLSH", 128),
    ("N_MOUSE", 2),
    ("N_PPP", 3),
    ("N_SLIP", 1),
    ("N_STRIP", 4),
    ("N_TTY", 0),
    ("OCRNL", 8),
    ("OFDEL", 128),
    ("OFILL", 64),
    ("OLCUC", 2),
    ("ONLCR", 4),
    ("ONLRET", 32),
    ("ONOCR", 16),
    ("OPOST", 1),
    ("PARENB", 256),
    ("PARMRK", 8),
    ("PARODD", 512),
    ("PENDIN", 16384),
    ("TAB0", 0),
    ("TAB1", 2048),
    ("TAB2", 4096),
    ("TAB3", 6144),
    ("TABDLY", 6144),
    ("TCFLSH", 21515),
    ("TCGETS", 21505),
    ("TCIFLUSH", 0),
    ("TCIOFF", 2),
    ("TCIOFLUSH", 2),
    ("TCION", 3),
    ("TCOFLUSH", 1),
    ("TCOOFF", 0),
    ("TCOON", 1),
    ("TCSADRAIN", 1),
    ("TCSAFLUSH", 2),
    ("TCSANOW", 0),
    ("TCSBRK", 21513),
    ("TCSBRKP", 21541),
    ("TCSETS", 21506),
    ("TCSETSF", 21508),
    ("TCSETSW", 21507),
    ("TCXONC", 21514),
    ("TIOCCONS", 21533),
    ("TIOCEXCL", 21516),
    ("TIOCGETD", 21540),
    ("TIOCGICOUNT", 21597),
    ("TIOCGLCKTRMIOS", 21590),
    ("TIOCGPGRP", 21519),
    ("TIOCGSERIAL", 21534),
    ("TIOCGSOFTCAR", 21529),
    ("TIOCGWINSZ", 21523),
    ("TIOCINQ", 21531),
    ("TIOCLINUX", 21532),
    ("TIOCMBIC", 21527),
    ("TIOCMBIS", 21526),
    ("TIOCMGET", 21525),
    ("TIOCMIWAIT", 21596),
    ("TIOCMSET", 21528),
    ("TIOCM_CAR", 64),
    ("TIOCM_CD", 64),
    ("TIOCM_CTS", 32),
    ("TIOCM_DSR", 256),
    ("TIOCM_DTR", 2),
    ("TIOCM_LE", 1),
    ("TIOCM_RI", 128),
    ("TIOCM_RNG", 128),
    ("TIOCM_RTS", 4),
    ("TIOCM_SR", 16),
    ("TIOCM_ST", 8),
    ("TIOCNOTTY", 21538),
    ("TIOCNXCL", 21517),
    ("TIOCOUTQ", 21521),
    ("TIOCPKT", 21536),
    ("TIOCPKT_DATA", 0),
    ("TIOCPKT_DOSTOP", 32),
    ("TIOCPKT_FLUSHREAD", 1),
    ("TIOCPKT_FLUSHWRITE", 2),
    ("TIOCPKT_NOSTOP", 16),
    ("TIOCPKT_START", 8),
    ("TIOCPKT_STOP", 4),
    ("TIOCSCTTY", 21518),
    ("TIOCSERCONFIG", 21587),
    ("TIOCSERGETLSR", 21593),
    ("TIOCSERGETMULTI", 21594),
    ("TIOCSERGSTRUCT", 21592),
    ("TIOCSERGWILD", 21588),
    ("TIOCSERSETMULTI", 21595),
    ("TIOCSERSWILD", 21589),
    ("TIOCSER_TEMT", 1),
    ("TIOCSETD", 21539),
    ("TIOCSLCKTRMIOS", 21591),
    ("TIOCSPGRP", 21520),
    ("TIOCSSERIAL", 21535),
    ("TIOCSSOFTCAR", 21530),
    ("TIOCSTI", 21522),
    ("TIOCSWINSZ", 21524),
    ("TOSTOP", 256),
    ("VDISCARD", 13),
    ("VEOF", 4),
    ("VEOL", 11),
    ("VEOL2", 16),
    ("VERASE", 2),
    ("VINTR", 0),
    ("VKILL", 3),
    ("VLNEXT", 15),
    ("VMIN", 6),
    ("VQUIT", 1),
    ("VREPRINT", 12),
    ("VSTART", 8),
    ("VSTOP", 9),
    ("VSUSP", 10),
    ("VSWTC", 7),
    ("VSWTCH", 7),
    ("VT0", 0),
    ("VT1", 16384),
    ("VTDLY", 16384),
    ("VTIME", 5),
    ("VWERASE", 14),
    ("XCASE", 4),
    ("XTABS", 6144),
    ("_POSIX_VDISABLE", 0),
];

/// `termios.error`
#[derive(Default)]
struct ErrorClass(OptRef);

fn or_error<T>(result: Sys<T>) -> PyResult<T> {
    result.map_err(|Errno(number)| {
        let class = thread::current().interpreter().extensions.get::<ErrorClass>().0.get();
        let error = class.map(|class| class.call(&[int::new(i64::from(number))?.b(), text::new(&Errno(number).message())?.b()]));
        match error {
            Some(Ok(error)) => object::error::restore(error),
            Some(Err(raised)) => raised,
            None => crate::support::os_error(Errno(number)),
        }
    })
}

/// A call without the GIL; an interrupt is an error like others, as with CPython.
fn free<T>(call: impl FnOnce() -> Sys<T>) -> PyResult<T> {
    or_error(object::gil::without(call))
}

/// The low 32 bits of an int that fits a long.
fn mode(value: &Ref) -> PyResult<u32> {
    let number = value.index()?;
    let number = int::to_i64(number.b()).ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C long"))?;
    Ok((number & 0xFFFF_FFFF) as u32)
}

/// The items of a list with this many.
fn list_of(value: Borrowed<'_>, len: usize, message: &str) -> PyResult<Vec<Ref>> {
    if value.class().has(abi::tpflags::LIST_SUBCLASS) && value.len()? == len {
        return value.to_vec();
    }
    Err(raise!(TypeError, "{message}"))
}

fn special_characters(value: &Ref) -> PyResult<[u8; SPECIAL]> {
    let message = format!("tcsetattr: attributes[6] must be {SPECIAL} element list");
    let items = list_of(value.b(), SPECIAL, &message)?;
    let mut characters = [0; SPECIAL];
    for (place, item) in characters.iter_mut().zip(&items) {
        *place = match bytes::value(item.b()) {
            Some(&[byte]) => byte,
            // C's char takes the low bits.
            None if int::check(item.b()) => mode(item)?.to_le_bytes()[0],
            _ => {
                let message = "tcsetattr: elements of attributes must be bytes objects of length 1 or integers";
                return Err(raise!(TypeError, "{message}"));
            }
        };
    }
    Ok(characters)
}

fn attributes(mut settings: Settings) -> PyResult<Ref> {
    let canonical = settings.modes()[3] & libc::ICANON != 0;
    let speeds = settings.speeds();
    let modes = settings.modes();
    let mut characters = Vec::new();
    for (at, byte) in settings.characters().iter().enumerate() {
        // In other than canonical mode these two are numbers.
        let number = !canonical && (at == libc::VMIN || at == libc::VTIME);
        characters.push(if number { int::new(i64::from(*byte))? } else { bytes::new(&[*byte])? });
    }
    let mut items = modes.into_iter().chain(speeds).map(|mode| int::new(i64::from(mode))).collect::<PyResult<Vec<Ref>>>()?;
    items.push((hooks::get().list_new)(characters)?);
    (hooks::get().list_new)(items)
}

fn window_part(value: &Ref) -> PyResult<u16> {
    let number = value.index()?;
    int::to_i64(number.b())
        .and_then(|number| u16::try_from(number).ok())
        .ok_or_else(|| raise!(OverflowError, "winsize value(s) out of range."))
}

/// This module provides an interface to the Posix calls for tty I/O control.
/// For a complete description of these calls, see the Posix or Unix manual
/// pages. It is only available for those Unix versions that support Posix
/// termios style tty I/O control.
///
/// All functions in this module take a file descriptor fd as their first
/// argument. This can be an integer file descriptor, such as returned by
/// sys.stdin.fileno(), or a file object, such as sys.stdin itself.
#[pymodule(name = "termios")]
pub mod module {
    use super::*;

    /// Get the tty attributes for file descriptor fd.
    ///
    /// Returns a list [iflag, oflag, cflag, lflag, ispeed, ospeed, cc]
    /// where cc is a list of the tty special characters (each a string of
    /// length 1, except the items with indices VMIN and VTIME, which are
    /// integers when these fields are defined).  The interpretation of the
    /// flags and the speeds as well as the indexing in the cc array must be
    /// done using the symbolic constants defined in this module.
    #[pyfunction("($module, fd, /)")]
    fn tcgetattr(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<Ref> {
        attributes(free(|| Settings::of(fd.0))?)
    }

    /// Set the tty attributes for file descriptor fd.
    ///
    /// The attributes to be set are taken from the attributes argument, which
    /// is a list like the one returned by tcgetattr(). The when argument
    /// determines when the attributes are changed: termios.TCSANOW to
    /// change immediately, termios.TCSADRAIN to change after transmitting all
    /// queued output, or termios.TCSAFLUSH to change after transmitting all
    /// queued output and discarding all queued input.
    #[pyfunction("($module, fd, when, attributes, /)")]
    fn tcsetattr(_module: Borrowed<'_>, fd: FileDescriptor, when: i32, attributes: Borrowed<'_>) -> PyResult<()> {
        let items = list_of(attributes, 7, "tcsetattr, arg 3: must be 7 element list")?;
        let [input, output, control, local, in_speed, out_speed, characters] = items.as_slice() else {
            return Err(raise!(TypeError, "tcsetattr, arg 3: must be 7 element list"));
        };
        // What the list does not hold stays as it is.
        let mut settings = free(|| Settings::of(fd.0))?;
        settings.set_modes([mode(input)?, mode(output)?, mode(control)?, mode(local)?]);
        let speeds = [mode(in_speed)?, mode(out_speed)?];
        *settings.characters() = special_characters(characters)?;
        settings.set_speeds(speeds);
        free(|| settings.apply(fd.0, when))
    }

    /// Send a break on file descriptor fd.
    ///
    /// A zero duration sends a break for 0.25-0.5 seconds; a nonzero duration
    /// has a system dependent meaning.
    #[pyfunction("($module, fd, duration, /)")]
    fn tcsendbreak(_module: Borrowed<'_>, fd: FileDescriptor, duration: i32) -> PyResult<()> {
        free(|| terminal::send_break(fd.0, duration))
    }

    /// Wait until all output written to file descriptor fd has been transmitted.
    #[pyfunction("($module, fd, /)")]
    fn tcdrain(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<()> {
        free(|| terminal::drain(fd.0))
    }

    /// Discard queued data on file descriptor fd.
    ///
    /// The queue selector specifies which queue: termios.TCIFLUSH for the input
    /// queue, termios.TCOFLUSH for the output queue, or termios.TCIOFLUSH for
    /// both queues.
    #[pyfunction("($module, fd, queue, /)")]
    fn tcflush(_module: Borrowed<'_>, fd: FileDescriptor, queue: i32) -> PyResult<()> {
        free(|| terminal::flush(fd.0, queue))
    }

    /// Suspend or resume input or output on file descriptor fd.
    ///
    /// The action argument can be termios.TCOOFF to suspend output,
    /// termios.TCOON to restart output, termios.TCIOFF to suspend input,
    /// or termios.TCION to restart input.
    #[pyfunction("($module, fd, action, /)")]
    fn tcflow(_module: Borrowed<'_>, fd: FileDescriptor, action: i32) -> PyResult<()> {
        free(|| terminal::flow(fd.0, action))
    }

    /// Get the tty winsize for file descriptor fd.
    ///
    /// Returns a tuple (ws_row, ws_col).
    #[pyfunction("($module, fd, /)")]
    fn tcgetwinsize(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<(u16, u16)> {
        let [rows, columns, ..] = free(|| terminal::window_size(fd.0))?;
        Ok((rows, columns))
    }

    /// Set the tty winsize for file descriptor fd.
    ///
    /// The winsize to be set is taken from the winsize argument, which
    /// is a two-item tuple (ws_row, ws_col) like the one returned by
    /// tcgetwinsize().
    #[pyfunction("($module, fd, winsize, /)")]
    fn tcsetwinsize(_module: Borrowed<'_>, fd: FileDescriptor, winsize: Borrowed<'_>) -> PyResult<()> {
        let wrong = || raise!(TypeError, "tcsetwinsize, arg 2: must be a two-item sequence");
        if !winsize.is_sequence() {
            return Err(wrong());
        }
        let items = winsize.to_vec()?;
        let [rows, columns] = items.as_slice() else { return Err(wrong()) };
        let (rows, columns) = (window_part(rows)?, window_part(columns)?);
        // The size in pixels stays.
        let [.., width, height] = free(|| terminal::window_size(fd.0))?;
        free(|| terminal::set_window_size(fd.0, [rows, columns, width, height]))
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let class = exception_class("termios", "error", &exc::Exception)?;
        module.setattr(object::id!("error"), class.b())?;
        thread::current().interpreter().extensions.get::<ErrorClass>().0.set(Some(class));
        add_constants(module, CONSTANTS)
    }
}
