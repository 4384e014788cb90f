//! Events, timers and memory as descriptors; copies within the kernel; advice, room and locks.

use crate::support::{FileDescriptor, OrRaise, blocking, free};
use host::special::{self, TimerSetting};
use macros::pymodule;
use object::protocol::buffer::Buffer;
use object::value::{int, tuple};
use object::{Borrowed, FromArg, PyResult, Ref, args::ArgInfo, core, memory, raise};

/// A count that is not negative.
pub(crate) struct Count(usize);

impl<'a> FromArg<'a> for Count {
    fn from_arg(value: Borrowed<'a>, info: &'static ArgInfo) -> PyResult<Self> {
        let count = isize::from_arg(value, info)?;
        usize::try_from(count).map(Count).map_err(|_| raise!(ValueError, "negative value for 'count' not allowed"))
    }
}

/// An unsigned number of C.
pub(crate) struct Unsigned(u64);

impl<'a> FromArg<'a> for Unsigned {
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        let number = value.index()?;
        if int::to_i128(number.b()).is_some_and(|number| number < 0) {
            return Err(raise!(ValueError, "Cannot convert negative int"));
        }
        let fits = int::to_i128(number.b()).and_then(|number| u64::try_from(number).ok());
        fits.map(Unsigned).ok_or_else(|| raise!(OverflowError, "int too big to convert"))
    }
}

/// Seconds of a number as whole seconds and nanoseconds.
fn seconds(value: f64) -> PyResult<(i64, i64)> {
    let nanoseconds = (value * 1e9).round_ties_even();
    if value.is_nan() {
        return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
    }
    if nanoseconds.abs() >= 9_223_372_036_854_775_807.0 {
        return Err(raise!(OverflowError, "timestamp out of range for C PyTime_t"));
    }
    Ok(split(nanoseconds as i64))
}

fn split(nanoseconds: i64) -> (i64, i64) {
    (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000))
}

fn timer_seconds(setting: TimerSetting) -> (f64, f64) {
    let seconds = |(whole, part): (i64, i64)| whole as f64 + part as f64 * 1e-9;
    (seconds(setting.initial), seconds(setting.interval))
}

fn timer_nanoseconds(setting: TimerSetting) -> PyResult<Ref> {
    let whole = |(whole, part): (i64, i64)| int::from_i128(i128::from(whole) * 1_000_000_000 + i128::from(part));
    tuple::from_array([whole(setting.initial)?, whole(setting.interval)?])
}

/// Nanoseconds of an int.
fn nanoseconds(value: Borrowed<'_>) -> PyResult<i64> {
    let number = value.index()?;
    int::to_i64(number.b()).ok_or_else(|| raise!(OverflowError, "int too big to convert"))
}

fn given<'a>(value: Option<Borrowed<'a>>) -> Option<Borrowed<'a>> {
    value.filter(|value| !value.is(&core::none()))
}

fn offset(value: Option<Borrowed<'_>>) -> PyResult<Option<i64>> {
    let Some(value) = given(value) else { return Ok(None) };
    let number = value.index()?;
    int::to_i64(number.b()).map(Some).ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C long"))
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    /// Creates and returns an event notification file descriptor.
    #[pyfunction("($module, /, initval, flags=524288)")]
    fn eventfd(_module: Borrowed<'_>, initval: Unsigned, flags: i32) -> PyResult<i32> {
        let initial =
            u32::try_from(initval.0).map_err(|_| raise!(OverflowError, "Python int too large to convert to C unsigned int"))?;
        special::event(initial, flags).or_raise()
    }

    /// Read eventfd value
    #[pyfunction("($module, /, fd)")]
    fn eventfd_read(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<Ref> {
        int::from_u64(blocking(|| special::read_event(fd.0))?.or_raise()?)
    }

    /// Write eventfd value.
    #[pyfunction("($module, /, fd, value)")]
    fn eventfd_write(_module: Borrowed<'_>, fd: FileDescriptor, value: Unsigned) -> PyResult<()> {
        blocking(|| special::write_event(fd.0, value.0))?.or_raise()
    }

    ///
    #[pyfunction("($module, /, name, flags=1)")]
    fn memfd_create(_module: Borrowed<'_>, name: Borrowed<'_>, flags: u32) -> PyResult<i32> {
        let name = super::super::ids::name(name)?;
        free(|| special::memory(&name, flags)).or_raise()
    }

    /// Create and return a timer file descriptor.
    ///
    ///   clockid
    ///     A valid clock ID constant as timer file descriptor.
    ///
    ///     time.CLOCK_REALTIME
    ///     time.CLOCK_MONOTONIC
    ///     time.CLOCK_BOOTTIME
    ///   flags
    ///     0 or a bit mask of os.TFD_NONBLOCK or os.TFD_CLOEXEC.
    ///
    ///     os.TFD_NONBLOCK
    ///         If *TFD_NONBLOCK* is set as a flag, read doesn't blocks.
    ///         If *TFD_NONBLOCK* is not set as a flag, read block until the timer fires.
    ///
    ///     os.TFD_CLOEXEC
    ///         If *TFD_CLOEXEC* is set as a flag, enable the close-on-exec flag
    #[pyfunction("($module, clockid, /, *, flags=524288)")]
    fn timerfd_create(_module: Borrowed<'_>, clockid: i32, flags: i32) -> PyResult<i32> {
        free(|| special::timer(clockid, flags)).or_raise()
    }

    /// Alter a timer file descriptor's internal timer in seconds.
    ///
    ///   fd
    ///     A timer file descriptor.
    ///   flags
    ///     0 or a bit mask of TFD_TIMER_ABSTIME or TFD_TIMER_CANCEL_ON_SET.
    ///   initial
    ///     The initial expiration time, in seconds.
    ///   interval
    ///     The timer's interval, in seconds.
    #[pyfunction("($module, fd, /, *, flags=0, initial=0.0, interval=0.0)")]
    fn timerfd_settime(
        _module: Borrowed<'_>,
        fd: FileDescriptor,
        flags: i32,
        initial: f64,
        interval: f64,
    ) -> PyResult<(f64, f64)> {
        let setting = TimerSetting { initial: seconds(initial)?, interval: seconds(interval)? };
        Ok(timer_seconds(free(|| special::set_timer(fd.0, flags, setting)).or_raise()?))
    }

    /// Alter a timer file descriptor's internal timer in nanoseconds.
    ///
    ///   fd
    ///     A timer file descriptor.
    ///   flags
    ///     0 or a bit mask of TFD_TIMER_ABSTIME or TFD_TIMER_CANCEL_ON_SET.
    ///   initial
    ///     initial expiration timing in nanoseconds.
    ///   interval
    ///     interval for the timer in nanoseconds.
    #[pyfunction("($module, fd, /, *, flags=0, initial=None, interval=None)")]
    fn timerfd_settime_ns(
        _module: Borrowed<'_>,
        fd: FileDescriptor,
        flags: i32,
        initial: Option<Borrowed<'_>>,
        interval: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let time = |value: Option<Borrowed<'_>>| value.map_or(Ok(0), nanoseconds);
        let setting = TimerSetting { initial: split(time(initial)?), interval: split(time(interval)?) };
        timer_nanoseconds(free(|| special::set_timer(fd.0, flags, setting)).or_raise()?)
    }

    /// Return a tuple of a timer file descriptor's (next expiration, interval) in float seconds.
    ///
    ///   fd
    ///     A timer file descriptor.
    #[pyfunction("($module, fd, /)")]
    fn timerfd_gettime(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<(f64, f64)> {
        Ok(timer_seconds(free(|| special::timer_setting(fd.0)).or_raise()?))
    }

    /// Return a tuple of a timer file descriptor's (next expiration, interval) in nanoseconds.
    ///
    ///   fd
    ///     A timer file descriptor.
    #[pyfunction("($module, fd, /)")]
    fn timerfd_gettime_ns(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<Ref> {
        timer_nanoseconds(free(|| special::timer_setting(fd.0)).or_raise()?)
    }

    /// Copy count bytes from one file descriptor to another.
    ///
    ///   src
    ///     Source file descriptor.
    ///   dst
    ///     Destination file descriptor.
    ///   count
    ///     Number of bytes to copy.
    ///   offset_src
    ///     Starting offset in src.
    ///   offset_dst
    ///     Starting offset in dst.
    ///
    /// If offset_src is None, then src is read from the current position;
    /// respectively for offset_dst.
    #[pyfunction("($module, /, src, dst, count, offset_src=None, offset_dst=None)")]
    fn copy_file_range(
        _module: Borrowed<'_>,
        src: i32,
        dst: i32,
        count: Count,
        offset_src: Option<Borrowed<'_>>,
        offset_dst: Option<Borrowed<'_>>,
    ) -> PyResult<usize> {
        let (from, to) = (offset(offset_src)?, offset(offset_dst)?);
        blocking(|| special::copy_range((src, from), (dst, to), count.0))?.or_raise()
    }

    /// Transfer count bytes from one pipe to a descriptor or vice versa.
    ///
    ///   src
    ///     Source file descriptor.
    ///   dst
    ///     Destination file descriptor.
    ///   count
    ///     Number of bytes to copy.
    ///   offset_src
    ///     Starting offset in src.
    ///   offset_dst
    ///     Starting offset in dst.
    ///   flags
    ///     Flags to modify the semantics of the call.
    ///
    /// If offset_src is None, then src is read from the current position;
    /// respectively for offset_dst. The offset associated to the file
    /// descriptor that refers to a pipe must be None.
    #[pyfunction("($module, /, src, dst, count, offset_src=None, offset_dst=None, flags=0)")]
    fn splice(
        _module: Borrowed<'_>,
        src: i32,
        dst: i32,
        count: Count,
        offset_src: Option<Borrowed<'_>>,
        offset_dst: Option<Borrowed<'_>>,
        flags: u32,
    ) -> PyResult<usize> {
        let (from, to) = (offset(offset_src)?, offset(offset_dst)?);
        blocking(|| special::splice((src, from), (dst, to), count.0, flags))?.or_raise()
    }

    /// Copy count bytes from file descriptor in_fd to file descriptor out_fd.
    #[pyfunction("($module, /, out_fd, in_fd, offset, count)")]
    fn sendfile(_module: Borrowed<'_>, out_fd: i32, in_fd: i32, offset: Borrowed<'_>, count: isize) -> PyResult<usize> {
        let offset = super::offset(Some(offset))?;
        let count = count.cast_unsigned();
        blocking(|| special::send_file(out_fd, in_fd, offset, count))?.or_raise()
    }

    /// Announce an intention to access data in a specific pattern.
    ///
    /// Announce an intention to access data in a specific pattern, thus
    /// allowing the kernel to make optimizations.
    /// The advice applies to the region of the file specified by fd starting at
    /// offset and continuing for length bytes.
    /// advice is one of POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL,
    /// POSIX_FADV_RANDOM, POSIX_FADV_NOREUSE, POSIX_FADV_WILLNEED, or
    /// POSIX_FADV_DONTNEED.
    #[pyfunction("($module, fd, offset, length, advice, /)")]
    fn posix_fadvise(_module: Borrowed<'_>, fd: i32, offset: i64, length: i64, advice: i32) -> PyResult<()> {
        blocking(|| special::advise(fd, offset, length, advice))?.or_raise()
    }

    /// Ensure a file has allocated at least a particular number of bytes on disk.
    ///
    /// Ensure that the file specified by fd encompasses a range of bytes
    /// starting at offset bytes from the beginning and continuing for length
    /// bytes.
    #[pyfunction("($module, fd, offset, length, /)")]
    fn posix_fallocate(_module: Borrowed<'_>, fd: i32, offset: i64, length: i64) -> PyResult<()> {
        blocking(|| special::allocate(fd, offset, length))?.or_raise()
    }

    /// Apply, test or remove a POSIX lock on an open file descriptor.
    ///
    ///   fd
    ///     An open file descriptor.
    ///   command
    ///     One of F_LOCK, F_TLOCK, F_ULOCK or F_TEST.
    ///   length
    ///     The number of bytes to lock, starting at the current position.
    #[pyfunction("($module, fd, command, length, /)")]
    fn lockf(_module: Borrowed<'_>, fd: i32, command: i32, length: i64) -> PyResult<()> {
        let events = [int::new(i64::from(fd))?, int::new(i64::from(command))?, int::new(length)?];
        let [first, second, third] = &events;
        object::hooks::audit("os.lockf", &[first.b(), second.b(), third.b()])?;
        free(|| special::lock(fd, command, length)).or_raise()
    }

    /// Force write of everything to disk.
    #[pyfunction("()")]
    fn sync() {
        object::gil::without(special::sync_all);
    }

    /// Reads from a file descriptor into a number of mutable bytes-like objects.
    ///
    /// Combines the functionality of readv() and pread().  As readv(), it will
    /// transfer data into each buffer until it is full and then move on to the
    /// next buffer in the sequence to hold the rest of the data.  Its fourth
    /// argument, specifies the file offset at which the input operation is to
    /// be performed.  It will return the total number of bytes read (which can
    /// be less than the total capacity of all the objects).
    ///
    /// The flags argument contains a bitwise OR of zero or more of the
    /// following flags:
    ///
    /// - RWF_HIPRI
    /// - RWF_NOWAIT
    ///
    /// Using non-zero flags requires Linux 4.6 or newer.
    #[pyfunction("($module, fd, buffers, offset, flags=0, /)")]
    fn preadv(_module: Borrowed<'_>, fd: i32, buffers: Borrowed<'_>, offset: i64, flags: i32) -> PyResult<usize> {
        if !buffers.is_sequence() {
            return Err(raise!(TypeError, "preadv2() arg 2 must be a sequence"));
        }
        let targets = buffers.to_vec()?.iter().map(|item| Buffer::writable(item.b())).collect::<PyResult<Vec<Buffer>>>()?;
        let mut parts = Vec::new();
        for target in &targets {
            let mut part = memory::vec_with_capacity::<u8>(target.len())?;
            part.resize(target.len(), 0);
            parts.push(part);
        }
        let count = {
            let mut slices: Vec<&mut [u8]> = parts.iter_mut().map(Vec::as_mut_slice).collect();
            blocking(|| special::read_vector(fd, &mut slices, offset, flags))?.or_raise()?
        };
        let mut rest = count;
        for (target, part) in targets.iter().zip(&parts) {
            let taken = rest.min(part.len());
            target.write_at(0, part.get(..taken).unwrap_or_default());
            rest -= taken;
        }
        Ok(count)
    }

    /// Writes the contents of bytes-like objects to a file descriptor at a given offset.
    ///
    /// Combines the functionality of writev() and pwrite(). All buffers must be
    /// a sequence of bytes-like objects.  Buffers are processed in array order.
    /// Entire contents of first buffer is written before proceeding to second,
    /// and so on. The operating system may set a limit (sysconf() value
    /// SC_IOV_MAX) on the number of buffers that can be used.
    /// This function writes the contents of each object to the file descriptor
    /// and returns the total number of bytes written.
    ///
    /// The flags argument contains a bitwise OR of zero or more of the
    /// following flags:
    ///
    /// - RWF_DSYNC
    /// - RWF_SYNC
    /// - RWF_APPEND
    ///
    /// Using non-zero flags requires Linux 4.7 or newer.
    #[pyfunction("($module, fd, buffers, offset, flags=0, /)")]
    fn pwritev(_module: Borrowed<'_>, fd: i32, buffers: Borrowed<'_>, offset: i64, flags: i32) -> PyResult<usize> {
        if !buffers.is_sequence() {
            return Err(raise!(TypeError, "pwritev() arg 2 must be a sequence"));
        }
        let sources = buffers.to_vec()?.iter().map(|item| Buffer::readable(item.b())).collect::<PyResult<Vec<Buffer>>>()?;
        let slices: Vec<&[u8]> = sources.iter().map(Buffer::bytes).collect();
        blocking(|| special::write_vector(fd, &slices, offset, flags))?.or_raise()
    }
}
