//! The methods that the buffered classes share, by macro: each class has them in its own dict, as in CPython.

/// What every buffered class has.
macro_rules! common_methods {
    ($class:ident) => {
        #[macros::pymethods(part = COMMON)]
        impl $class {
            #[slot(tp_new)]
            fn tp_new(
                cls: object::Borrowed<'_, object::TypeObject>,
                args: object::Borrowed<'_>,
                kwargs: Option<object::Borrowed<'_>>,
            ) -> object::PyResult<object::Ref> {
                let _ = (args, kwargs);
                Self::create(&cls)
            }

            /// Disconnect this buffer from its underlying raw stream and return it.
            ///
            /// After the raw stream has been detached, the buffer is in an unusable
            /// state.
            #[method("($self, /)")]
            fn detach(slf: object::Borrowed<'_, Self>) -> object::PyResult<object::Ref> {
                let core = &slf.get().core;
                core.check_initialized()?;
                slf.object().call_method(object::id!("flush"), &[])?;
                let raw = core.raw()?;
                core.raw.set(None);
                core.detached.set(true);
                core.ok.set(false);
                Ok(raw)
            }

            #[method("($self, /)")]
            fn close(slf: object::Borrowed<'_, Self>) -> object::PyResult<object::Ref> {
                let core = &slf.get().core;
                core.check_initialized()?;
                {
                    let _held = core.enter(slf.object())?;
                    if core.raw_closed()? {
                        return Ok(object::core::none_ref());
                    }
                    if core.finalizing.get() {
                        let warned = core.raw()?.call_method(object::id!("_dealloc_warn"), &[slf.object()]);
                        crate::support::clear(warned);
                    }
                }
                let flushed = slf.object().call_method(object::id!("flush"), &[]).map(drop);
                crate::support::chain(flushed, || {
                    let _held = core.enter(slf.object())?;
                    let closed = core.raw().and_then(|raw| raw.call_method(object::id!("close"), &[]));
                    core.closed_memory.set(true);
                    drop(core.memory.take());
                    core.read_end.set(0);
                    core.pos.set(0);
                    closed
                })
            }

            #[method("($self, /)")]
            fn seekable(&self) -> object::PyResult<object::Ref> {
                self.core.raw()?.call_method(object::id!("seekable"), &[])
            }

            #[method("($self, /)")]
            fn fileno(&self) -> object::PyResult<object::Ref> {
                self.core.raw()?.call_method(object::id!("fileno"), &[])
            }

            #[method("($self, /)")]
            fn isatty(&self) -> object::PyResult<object::Ref> {
                self.core.raw()?.call_method(object::id!("isatty"), &[])
            }

            #[method(name = "_dealloc_warn", text = None, "($self, source, /)")]
            fn dealloc_warn(&self, source: object::Borrowed<'_>) {
                if self.core.ok.get()
                    && let Some(raw) = self.core.raw.get()
                {
                    crate::support::clear(raw.call_method(object::id!("_dealloc_warn"), &[source]));
                }
            }

            #[method("($self, target, whence=0, /)")]
            fn seek(slf: object::Borrowed<'_, Self>, target: object::Borrowed<'_>, whence: i32) -> object::PyResult<i64> {
                let core = &slf.get().core;
                core.check_initialized()?;
                if !matches!(whence, 0..=2 | libc::SEEK_HOLE | libc::SEEK_DATA) {
                    return Err(object::raise!(ValueError, "whence value {whence} unsupported"));
                }
                core.check_closed("seek of closed file")?;
                crate::iobase::check_seekable(core.raw()?.b())?;
                let mut target = crate::support::offset(target)?;
                if whence < 2 && core.readable.get() {
                    let current = core.known_tell()?;
                    let ahead = crate::buffered::core::position(core.ahead());
                    if ahead > 0 {
                        let offset = if whence == 0 { target - (current - core.raw_offset()) } else { target };
                        if offset >= -core.pos.get() && offset <= ahead {
                            core.pos.set(core.pos.get() + offset);
                            return Ok((current - ahead + offset).max(0));
                        }
                    }
                }
                let _held = core.enter(slf.object())?;
                if core.writable.get() {
                    core.flush_writes()?;
                }
                if whence == 1 {
                    target -= core.raw_offset();
                }
                let position = core.raw_seek(target, whence)?;
                core.raw_pos.set(-1);
                if core.readable.get() {
                    core.reset_read();
                }
                Ok(position)
            }

            #[method("($self, /)")]
            fn tell(&self) -> object::PyResult<i64> {
                self.core.check_initialized()?;
                let position = self.core.raw_tell()?;
                Ok((position - self.core.raw_offset()).max(0))
            }

            #[method("($self, pos=None, /)")]
            fn truncate(slf: object::Borrowed<'_, Self>, pos: Option<object::Borrowed<'_>>) -> object::PyResult<object::Ref> {
                let core = &slf.get().core;
                core.check_initialized()?;
                core.check_closed("truncate of closed file")?;
                if !core.writable.get() {
                    return Err(crate::support::unsupported("truncate"));
                }
                let _held = core.enter(slf.object())?;
                core.flush_and_rewind()?;
                let result = core.raw()?.call_method(object::id!("truncate"), &[pos.unwrap_or(object::core::none())])?;
                crate::support::clear(core.raw_tell());
                Ok(result)
            }

            #[method(name = "__getstate__", text = None, "($self, /)")]
            fn getstate(slf: object::Borrowed<'_>) -> object::PyResult<()> {
                Err(crate::support::cannot_pickle(slf))
            }

            #[method(name = "__sizeof__", "($self, /)")]
            fn sizeof(slf: object::Borrowed<'_, Self>) -> usize {
                let core = &slf.get().core;
                let basic = slf.object().class().raw().tp_basicsize.get().max(0).unsigned_abs();
                basic + if core.closed_memory.get() { 0 } else { core.size.get() }
            }

            #[getter]
            fn closed(&self) -> object::PyResult<object::Ref> {
                self.core.raw()?.getattr(object::id!("closed"))
            }

            #[getter]
            fn name(&self) -> object::PyResult<object::Ref> {
                self.core.raw()?.getattr(object::id!("name"))
            }

            #[getter]
            fn mode(&self) -> object::PyResult<object::Ref> {
                self.core.raw()?.getattr(object::id!("mode"))
            }

            #[slot(tp_repr)]
            fn repr(slf: object::Borrowed<'_, Self>) -> object::PyResult<String> {
                let class = crate::fileio::file_class_name(slf.object());
                match crate::iobase::name_of(slf.object())? {
                    None => Ok(format!("<{class}>")),
                    Some(name) => {
                        let Some(_guard) = object::protocol::represent::ReprGuard::enter(&slf.object()) else {
                            return Err(object::raise!(RuntimeError, "reentrant call inside {class}.__repr__"));
                        };
                        Ok(format!("<{class} name={}>", name.repr_text()?))
                    }
                }
            }
        }
    };
}

/// What the classes that read have.
macro_rules! reading_methods {
    ($class:ident) => {
        #[macros::pymethods(part = READING)]
        impl $class {
            #[method("($self, /)")]
            fn readable(&self) -> object::PyResult<object::Ref> {
                self.core.raw()?.call_method(object::id!("readable"), &[])
            }

            #[method("($self, size=0, /)")]
            fn peek(slf: object::Borrowed<'_, Self>, size: isize) -> object::PyResult<object::Ref> {
                let _ = size;
                let core = &slf.get().core;
                core.check_initialized()?;
                core.check_closed("peek of closed file")?;
                let _held = core.enter(slf.object())?;
                if core.writable.get() {
                    core.flush_and_rewind()?;
                }
                core.peek()
            }

            #[method("($self, size=-1, /)")]
            fn read(
                slf: object::Borrowed<'_, Self>,
                size: Option<crate::support::Size>,
            ) -> object::PyResult<Option<object::Ref>> {
                let core = &slf.get().core;
                core.check_initialized()?;
                let size = crate::buffered::core::Core::read_size(size)?;
                core.check_closed("read of closed file")?;
                match size {
                    Some(size) if size <= core.ahead() => core.read_ahead(size).map(Some),
                    Some(size) => {
                        let _held = core.enter(slf.object())?;
                        core.read_some(size)
                    }
                    None => {
                        let _held = core.enter(slf.object())?;
                        core.read_all().map(Some)
                    }
                }
            }

            #[method("($self, size=-1, /)")]
            fn read1(slf: object::Borrowed<'_, Self>, size: isize) -> object::PyResult<object::Ref> {
                slf.get().read_some_once(slf.object(), size)
            }

            #[method("($self, buffer, /)")]
            fn readinto(slf: object::Borrowed<'_, Self>, buffer: object::Borrowed<'_>) -> object::PyResult<Option<usize>> {
                let core = &slf.get().core;
                core.check_initialized()?;
                let target = crate::support::writable("readinto", buffer)?;
                core.check_closed("readinto of closed file")?;
                core.read_into(slf.object(), &target, crate::buffered::Once::No)
            }

            #[method("($self, buffer, /)")]
            fn readinto1(slf: object::Borrowed<'_, Self>, buffer: object::Borrowed<'_>) -> object::PyResult<Option<usize>> {
                let core = &slf.get().core;
                core.check_initialized()?;
                let target = crate::support::writable("readinto1", buffer)?;
                core.check_closed("readinto of closed file")?;
                core.read_into(slf.object(), &target, crate::buffered::Once::Yes)
            }

            #[method("($self, size=-1, /)")]
            fn readline(slf: object::Borrowed<'_, Self>, size: Option<crate::support::Size>) -> object::PyResult<object::Ref> {
                let core = &slf.get().core;
                core.check_initialized()?;
                core.read_line(slf.object(), size.and_then(crate::support::Size::get))
            }

            #[slot(tp_iternext)]
            fn iternext(slf: object::Borrowed<'_, Self>) -> object::PyResult<Option<object::Ref>> {
                let core = &slf.get().core;
                core.check_initialized()?;
                let line = if slf.object().class().is_type(<$class as object::StaticType>::type_object()) {
                    core.read_line(slf.object(), None)?
                } else {
                    slf.object().call_method(object::id!("readline"), &[])?
                };
                match object::value::bytes::value(line.b()) {
                    Some([]) => Ok(None),
                    Some(_) => Ok(Some(line)),
                    None => {
                        let class = line.class().short_name();
                        Err(object::raise!(OSError, "readline() should have returned a bytes object, not '{class}'"))
                    }
                }
            }
        }

        impl $class {
            /// `read1`.
            pub fn read_some_once(&self, stream: object::Borrowed<'_>, size: isize) -> object::PyResult<object::Ref> {
                let core = &self.core;
                core.check_initialized()?;
                let size = usize::try_from(size).unwrap_or(core.size.get());
                core.check_closed("read of closed file")?;
                if size == 0 {
                    return object::value::bytes::new(b"");
                }
                let ahead = core.ahead();
                if ahead > 0 {
                    return core.read_ahead(ahead.min(size));
                }
                let _held = core.enter(stream)?;
                core.read_once(size)
            }
        }
    };
}

pub(super) use {common_methods, reading_methods};
