//! `print` and `input`.

use macros::pymodule;

#[pymodule(part)]
pub(crate) mod part {
    use crate::lifecycle::support;
    use crate::sys::{self, audit::audit};
    use object::value::{bytes, str as text};
    use object::{Borrowed, PyResult, Ref, core, id, raise};

    /// Prints the values to a stream, or to sys.stdout by default.
    ///
    /// sep
    ///   string inserted between values, default a space.
    /// end
    ///   string appended after the last value, default a newline.
    /// file
    ///   a file-like object (stream); defaults to the current sys.stdout.
    /// flush
    ///   whether to forcibly flush the stream.
    #[pyfunction("(*args, sep=' ', end='\\n', file=None, flush=False)")]
    fn print(
        args: &[Borrowed<'_>],
        sep: Option<Borrowed<'_>>,
        end: Option<Borrowed<'_>>,
        file: Option<Borrowed<'_>>,
        flush: bool,
    ) -> PyResult<()> {
        let file = match file.filter(|file| !file.is(&core::none())) {
            Some(file) => file.to_ref(),
            None => match sys::get("stdout")? {
                None => return Err(raise!(RuntimeError, "lost sys.stdout")),
                Some(file) if file.is(&core::none()) => return Ok(()),
                Some(file) => file,
            },
        };
        let separator = text_or_none(sep, "sep")?;
        let end = text_or_none(end, "end")?;
        let (space, newline) = (text::latin1_char(b' '), text::latin1_char(b'\n'));
        for (index, arg) in args.iter().enumerate() {
            if index > 0 {
                support::write_object(file.b(), separator.unwrap_or(space.b()))?;
            }
            support::write_object(file.b(), *arg)?;
        }
        support::write_object(file.b(), end.unwrap_or(newline.b()))?;
        if flush { support::flush(file.b()) } else { Ok(()) }
    }

    fn text_or_none<'a>(value: Option<Borrowed<'a>>, name: &str) -> PyResult<Option<Borrowed<'a>>> {
        match value.filter(|value| !value.is(&core::none())) {
            Some(value) if !text::check(value) => {
                Err(raise!(TypeError, "{name} must be None or a string, not {}", value.class().tp_name()))
            }
            value => Ok(value),
        }
    }

    /// Read a string from standard input.  The trailing newline is stripped.
    ///
    /// The prompt string, if given, is printed to standard output without a
    /// trailing newline before reading input.
    ///
    /// If the user hits EOF (*nix: Ctrl-D, Windows: Ctrl-Z+Return), raise EOFError.
    /// On *nix systems, readline is used if available.
    #[pyfunction("(prompt='', /)")]
    fn input(prompt: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let stream = |name: &str| match sys::get(name)? {
            Some(file) if !file.is(&core::none()) => Ok(file),
            _ => Err(raise!(RuntimeError, "input(): lost sys.{name}")),
        };
        let (stdin, stdout, stderr) = (stream("stdin")?, stream("stdout")?, stream("stderr")?);
        audit("builtins.input", || Ok(vec![prompt.map_or_else(core::none_ref, Borrowed::to_ref)]))?;
        support::quietly(|| support::flush(stderr.b()));
        if let Some(prompt) = prompt {
            support::write_object(stdout.b(), prompt)?;
        }
        support::quietly(|| support::flush(stdout.b()));
        let line = read_line(stdin.b())?;
        audit("builtins.input/result", || Ok(vec![line.clone()]))?;
        Ok(line)
    }

    /// A line without its newline: C's `PyFile_GetLine(…, -1)`.
    fn read_line(file: Borrowed<'_>) -> PyResult<Ref> {
        let line = file.call_method(id!("readline"), &[])?;
        let at_end = || raise!(EOFError, "EOF when reading a line");
        if let Some(data) = text::data(line.b()) {
            let length = data.len();
            return match data.get(length.wrapping_sub(1)) {
                None => Err(at_end()),
                Some(last) if last == u32::from(b'\n') => {
                    text::from_code_points(length - 1, data.iter().max().unwrap_or(0), data.iter().take(length - 1))
                }
                Some(_) => Ok(line),
            };
        }
        match bytes::value(line.b()) {
            Some([]) => Err(at_end()),
            Some([head @ .., b'\n']) => bytes::new(head),
            Some(_) => Ok(line),
            None => Err(raise!(TypeError, "object.readline() returned non-string")),
        }
    }
}
