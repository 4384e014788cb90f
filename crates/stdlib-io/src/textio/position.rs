//! `tell`, `seek` and `truncate` of text.

use super::TextIoWrapper;
use super::codec::{TextDecoder, int_of};
use super::cookie::Cookie;
use crate::support::unsupported;
use macros::pymethods;
use object::value::{bytes, int, str as text};
use object::{Borrowed, CompareOp, PyResult, Ref, id, raise};

/// Puts a decoder where a cookie says.
fn restore(decoder: &TextDecoder, cookie: &Cookie) -> PyResult<()> {
    if cookie.start == 0 && cookie.flags == 0 {
        decoder.reset()
    } else {
        decoder.set_state(bytes::new(b"")?, int::new(i64::from(cookie.flags))?)
    }
}

fn chars(decoder: &TextDecoder, input: &[u8], last: bool) -> PyResult<usize> {
    let decoded = decoder.decode(bytes::new(input)?.b(), last)?;
    Ok(text::data(decoded.b()).map_or(0, |data| data.len()))
}

/// The decoder's flags, and whether it holds no bytes back.
fn safe_point(decoder: &TextDecoder) -> PyResult<(i32, usize)> {
    let (pending, flags) = decoder.state()?;
    let flags = i32::try_from(int_of(&flags)?).map_err(|_| raise!(OverflowError, "decoder flags out of range"))?;
    Ok((flags, bytes::value(pending.b()).map_or(0, <[u8]>::len)))
}

fn small(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn large(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl TextIoWrapper {
    /// Finds a safe place for the decoder near a position: `skip` characters into `input`.
    fn locate(&self, decoder: &TextDecoder, cookie: &mut Cookie, input: &[u8], skip: usize) -> PyResult<()> {
        let mut skip = skip;
        let mut skip_bytes = ((self.ratio.get() * skip as f64) as usize).min(input.len());
        let mut back = 1;
        while skip_bytes > 0 {
            restore(decoder, cookie)?;
            let decoded = chars(decoder, input.get(..skip_bytes).unwrap_or_default(), false)?;
            if decoded <= skip {
                let (flags, held) = safe_point(decoder)?;
                if held == 0 {
                    cookie.flags = flags;
                    skip -= decoded;
                    break;
                }
                skip_bytes = skip_bytes.saturating_sub(held);
                back = 1;
            } else {
                skip_bytes = skip_bytes.saturating_sub(back);
                back *= 2;
            }
        }
        if skip_bytes == 0 {
            restore(decoder, cookie)?;
        }
        cookie.start += large(skip_bytes);
        cookie.chars_to_skip = small(skip);
        if skip == 0 {
            return Ok(());
        }
        let mut decoded = 0;
        let mut ended = true;
        for byte in input.iter().skip(skip_bytes) {
            decoded += chars(decoder, &[*byte], false)?;
            cookie.bytes_to_feed += 1;
            let (flags, held) = safe_point(decoder)?;
            if held == 0 && decoded <= skip {
                cookie.start += i64::from(cookie.bytes_to_feed);
                skip -= decoded;
                cookie.flags = flags;
                cookie.bytes_to_feed = 0;
                decoded = 0;
            }
            if decoded >= skip {
                ended = false;
                break;
            }
        }
        if ended {
            decoded += chars(decoder, b"", true)?;
            cookie.need_eof = true;
            if decoded < skip {
                return Err(raise!(OSError, "can't reconstruct logical file position"));
            }
        }
        cookie.chars_to_skip = small(skip);
        Ok(())
    }

    /// Replays the decoding from a cookie's safe place.
    fn replay(&self, cookie: &Cookie) -> PyResult<()> {
        let decoder = self.decoder();
        let buffer = self.buffer()?;
        if let Some(decoder) = &decoder {
            restore(decoder, cookie)?;
        }
        let flags = int::new(i64::from(cookie.flags))?;
        if cookie.chars_to_skip == 0 {
            drop(self.snapshot.replace(Some((flags, bytes::new(b"")?))));
            return Ok(());
        }
        let input = buffer.call_method(id!("read"), &[int::new(i64::from(cookie.bytes_to_feed))?.b()])?;
        if bytes::value(input.b()).is_none() {
            let class = input.class().short_name();
            return Err(raise!(TypeError, "underlying read() should have returned a bytes object, not '{class}'"));
        }
        drop(self.snapshot.replace(Some((flags, input.clone()))));
        let Some(decoder) = decoder else { return Err(unsupported("not readable")) };
        let decoded = decoder.decode(input.b(), cookie.need_eof)?;
        let length = text::data(decoded.b()).map_or(0, |data| data.len());
        self.set_decoded(Some(decoded));
        match usize::try_from(cookie.chars_to_skip) {
            Ok(skip) if skip <= length => {
                self.decoded_used.set(skip);
                Ok(())
            }
            _ => Err(raise!(OSError, "can't restore logical file position")),
        }
    }

    fn seek_to_end(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let stream = slf.get();
        slf.object().call_method(id!("flush"), &[])?;
        stream.set_decoded(None);
        stream.forget_snapshot();
        if let Some(decoder) = stream.decoder() {
            decoder.reset()?;
        }
        let end = stream.buffer()?.call_method(id!("seek"), &[int::new(0)?.b(), int::new(2)?.b()])?;
        if let Some(encoder) = stream.encoder() {
            encoder.set_start(end.eq(int::new(0)?.b())?)?;
        }
        Ok(end)
    }
}

#[pymethods(part = POSITION)]
impl TextIoWrapper {
    /// Set the stream position, and return the new stream position.
    ///
    ///   cookie
    ///     Zero or an opaque number returned by tell().
    ///   whence
    ///     The relative position to seek from.
    ///
    /// Four operations are supported, given by the following argument
    /// combinations:
    ///
    /// - seek(0, SEEK_SET): Rewind to the start of the stream.
    /// - seek(cookie, SEEK_SET): Restore a previous position.
    /// - seek(0, SEEK_END): Fast-forward to the end of the stream.
    /// - seek(0, SEEK_CUR): Leave the current stream position unchanged.
    ///
    /// Any other argument combinations are invalid,
    /// and may raise exceptions.
    #[method("($self, cookie, whence=os.SEEK_SET, /)")]
    fn seek(slf: Borrowed<'_, Self>, cookie: Borrowed<'_>, whence: Option<i32>) -> PyResult<Ref> {
        let whence = whence.unwrap_or(0);
        let stream = slf.get();
        stream.check_attached()?;
        Self::check_closed(slf)?;
        if !stream.seekable.get() {
            return Err(unsupported("underlying stream is not seekable"));
        }
        let zero = int::new(0)?;
        let cookie = match whence {
            0 => cookie.to_ref(),
            1 if !cookie.eq(zero.b())? => return Err(unsupported("can't do nonzero cur-relative seeks")),
            1 => slf.object().call_method(id!("tell"), &[])?,
            2 if !cookie.eq(zero.b())? => return Err(unsupported("can't do nonzero end-relative seeks")),
            2 => return Self::seek_to_end(slf),
            _ => return Err(raise!(ValueError, "invalid whence ({whence}, should be 0, 1 or 2)")),
        };
        if cookie.compare_bool(zero.b(), CompareOp::Lt)? {
            return Err(raise!(ValueError, "negative seek position {}", cookie.repr_text()?));
        }
        slf.object().call_method(id!("flush"), &[])?;
        let parsed = Cookie::unpack(cookie.b())?;
        stream.buffer()?.call_method(id!("seek"), &[int::new(parsed.start)?.b()])?;
        stream.set_decoded(None);
        stream.forget_snapshot();
        stream.replay(&parsed)?;
        if let Some(encoder) = stream.encoder() {
            encoder.set_start(parsed.start == 0 && parsed.flags == 0)?;
        }
        Ok(cookie)
    }

    /// Return the stream position as an opaque number.
    ///
    /// The return value of tell() can be given as input to seek(), to restore a
    /// previous stream position.
    #[method("($self, /)")]
    fn tell(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let stream = slf.get();
        stream.check_attached()?;
        Self::check_closed(slf)?;
        if !stream.seekable.get() {
            return Err(unsupported("underlying stream is not seekable"));
        }
        if !stream.telling.get() {
            return Err(raise!(OSError, "telling position disabled by next() call"));
        }
        stream.flush_pending()?;
        slf.object().call_method(id!("flush"), &[])?;
        let position = stream.buffer()?.call_method(id!("tell"), &[])?;
        let snapshot = stream.snapshot.borrow().as_ref().map(|(flags, input)| (flags.clone(), input.clone()));
        let (Some(decoder), Some((flags, input))) = (stream.decoder(), snapshot) else { return Ok(position) };
        let content = bytes::value(input.b()).unwrap_or_default();
        let flags = i32::try_from(int_of(&flags)?).map_err(|_| raise!(OverflowError, "decoder flags out of range"))?;
        let start = crate::support::offset(position.b())? - large(content.len());
        let mut cookie = Cookie { start, flags, ..Cookie::default() };
        let used = stream.decoded_used.get();
        if used == 0 {
            return cookie.pack();
        }
        let (pending, saved) = decoder.state()?;
        let located = stream.locate(&decoder, &mut cookie, content, used);
        crate::support::chain(located, || decoder.set_state(pending, saved))?;
        cookie.pack()
    }

    #[method("($self, pos=None, /)")]
    fn truncate(slf: Borrowed<'_, Self>, pos: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let stream = slf.get();
        stream.check_attached()?;
        slf.object().call_method(id!("flush"), &[])?;
        stream.buffer()?.call_method(id!("truncate"), &[pos.unwrap_or(object::core::none())])
    }
}
