//! The methods and attributes of `memoryview`.

use super::make::{MAX_NDIM, Shape};
use super::walk::{Order, Walk, contiguous_strides};
use super::{MemoryView, element};
use macros::pymethods;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, hooks, memory, raise};

impl MemoryView {
    /// Nested lists of the items from this dimension on.
    fn nested(&self, dimension: usize, at: *mut u8, code: u8) -> PyResult<Ref> {
        let Some(length) = self.lengths().get(dimension).copied() else {
            // SAFETY: the place of an item of a view that is not released: nothing of Python runs in between.
            return unsafe { element::unpack(code, at) };
        };
        let mut list = memory::vec_with_capacity(length.max(0).cast_unsigned())?;
        for index in 0..length {
            // SAFETY: the index is in range.
            list.push(self.nested(dimension + 1, unsafe { self.place(dimension, at, index) }, code)?);
        }
        (hooks::get().list_new)(list)
    }

    /// The shape that `cast` asks for, and its product with the size of an item.
    fn cast_shape(&self, shape: Borrowed<'_>, itemsize: isize) -> PyResult<(Vec<isize>, isize)> {
        let items = shape.to_vec()?;
        let mut total = itemsize;
        let mut lengths = memory::vec_with_capacity(items.len())?;
        for item in &items {
            if !item.class().is_subtype(&core::INT) {
                return Err(raise!(TypeError, "memoryview.cast(): elements of shape must be integers"));
            }
            let Some(length) = int::to_i64(item.b()) else {
                return Err(raise!(OverflowError, "Python int too large to convert to C ssize_t"));
            };
            if length <= 0 {
                return Err(raise!(ValueError, "memoryview.cast(): elements of shape must be integers > 0"));
            }
            let length = length as isize;
            total =
                total.checked_mul(length).ok_or_else(|| raise!(ValueError, "memoryview.cast(): product(shape) > SSIZE_MAX"))?;
            lengths.push(length);
        }
        Ok((lengths, total))
    }
}

fn numbers(values: &[isize]) -> PyResult<Ref> {
    tuple::from_vec(values.iter().map(|value| int::new(*value as i64)).collect::<PyResult<Vec<Ref>>>()?)
}

#[pymethods(part = METHODS)]
impl MemoryView {
    /// Release the underlying buffer exposed by the memoryview object.
    #[method("($self, /)")]
    fn release(&self) -> PyResult<()> {
        self.release_view()
    }

    #[method("($self, /)")]
    fn __enter__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.check_released()?;
        Ok(slf.object().to_ref())
    }

    #[method("($self, /, *exc_info)")]
    fn __exit__(&self, _exc_info: &[Borrowed<'_>]) -> PyResult<()> {
        self.release_view()
    }

    /// Return the data in the buffer as a byte string.
    ///
    /// Order can be {'C', 'F', 'A'}. When order is 'C' or 'F', the data of the
    /// original array is converted to C or Fortran order. For contiguous views,
    /// 'A' returns an exact copy of the physical memory. In particular, in-memory
    /// Fortran order is preserved. For non-contiguous views, the data is converted
    /// to C first. order=None is the same as order='C'.
    #[method("($self, /, order='C')")]
    fn tobytes(&self, order: Option<String>) -> PyResult<Ref> {
        self.check_released()?;
        let walk = Walk::new(&self.view);
        let order = match order.as_deref() {
            None | Some("C") => Order::C,
            Some("F") => Order::Fortran,
            // The order of the memory itself.
            Some("A") => {
                if !self.is_c_contiguous() && self.is_f_contiguous() {
                    Order::Fortran
                } else {
                    Order::C
                }
            }
            Some(_) => return Err(raise!(ValueError, "order must be 'C', 'F' or 'A'")),
        };
        bytes::new(&walk.gather(order)?)
    }

    /// Return the data in the buffer as a list of elements.
    #[method("($self, /)")]
    fn tolist(&self) -> PyResult<Ref> {
        self.check_released()?;
        self.nested(0, self.start(), self.code()?)
    }

    /// Return a readonly version of the memoryview.
    #[method("($self, /)")]
    fn toreadonly(&self) -> PyResult<Ref> {
        self.check_derivable()?;
        let mut shape = Shape::of(&self.view)?;
        shape.readonly = true;
        self.derived(shape).map(Ref::upcast)
    }

    /// Return the data in the buffer as a str of hexadecimal numbers.
    ///
    ///   sep
    ///     An optional single character or byte to separate hex bytes.
    ///   bytes_per_sep
    ///     How many bytes between separators.  Positive values count from the
    ///     right, negative values count from the left.
    #[method("($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn hex(&self, sep: Option<Borrowed<'_>>, bytes_per_sep: isize) -> PyResult<Ref> {
        self.check_released()?;
        let _held = self.hold();
        crate::bytes::kernel::hex(&self.gathered()?, sep, bytes_per_sep)
    }

    /// Cast a memoryview to a new format or shape.
    #[method("($self, /, format, shape=<unrepresentable>)")]
    fn cast(&self, format: Borrowed<'_>, shape: Option<Borrowed<'_>>) -> PyResult<Ref> {
        self.check_derivable()?;
        if !text::check(format) {
            return Err(raise!(TypeError, "cast() argument 'format' must be str, not {}", format.class().tp_name()));
        }
        if !self.is_c_contiguous() {
            return Err(raise!(TypeError, "memoryview: casts are restricted to C-contiguous views"));
        }
        if (shape.is_some() || self.dimensions() != 1) && self.lengths().contains(&0) {
            return Err(raise!(TypeError, "memoryview: cannot cast view with zeros in shape or strides"));
        }
        if let Some(shape) = shape {
            if !shape.class().is_subtype(&core::LIST) && !shape.class().is_subtype(&core::TUPLE) {
                return Err(raise!(TypeError, "shape must be a list or a tuple"));
            }
            let ndim = shape.len()?;
            if ndim > MAX_NDIM {
                return Err(raise!(ValueError, "memoryview: number of dimensions must not exceed {MAX_NDIM}"));
            }
            if self.dimensions() != 1 && ndim != 1 {
                return Err(raise!(TypeError, "memoryview: cast must be 1D -> ND or ND -> 1D"));
            }
        }
        let name = match text::as_ascii(format) {
            Some(name) => name.to_owned(),
            // The codec says where the text is not ASCII.
            None => {
                format.call_method(text::new("encode")?.b(), &[text::new("ascii")?.b()])?;
                return Err(object::error::bad_internal_call());
            }
        };
        let Some((code, size, format)) = element::native(name.as_bytes()) else {
            return Err(raise!(
                ValueError,
                "memoryview: destination format must be a native single character format prefixed with an optional '@'"
            ));
        };
        let from_bytes = element::native(self.format_text().to_bytes()).is_some_and(|(code, ..)| element::is_byte(code));
        if !from_bytes && !element::is_byte(code) {
            return Err(raise!(TypeError, "memoryview: cannot cast between two non-byte formats"));
        }
        let (len, size) = (self.view.len.get(), size.cast_signed());
        if len % size != 0 {
            return Err(raise!(TypeError, "memoryview: length is not a multiple of itemsize"));
        }
        let mut made = Shape::flat(self.start(), len, format, size, self.is_readonly());
        if let Some(shape) = shape {
            let (lengths, total) = self.cast_shape(shape, size)?;
            if total != len {
                return Err(raise!(TypeError, "memoryview: product(shape) * itemsize != buffer size"));
            }
            self.check_released()?;
            made.strides = contiguous_strides(&lengths, size, Order::C);
            made.shape = lengths.into();
        }
        self.derived(made).map(Ref::upcast)
    }

    /// Count the number of occurrences of a value.
    #[method("($self, value, /)")]
    fn count(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<usize> {
        let mut count = 0;
        let items = slf.object().iter()?;
        while let Some(item) = items.next()? {
            count += usize::from(item.is(&value) || item.eq(value)?);
        }
        Ok(count)
    }

    /// Return the index of the first occurrence of a value.
    ///
    /// Raises ValueError if the value is not present.
    #[method("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(slf: Borrowed<'_, Self>, value: Borrowed<'_>, start: isize, stop: isize) -> PyResult<usize> {
        slf.check_released()?;
        match slf.dimensions() {
            1 => {}
            0 => return Err(raise!(TypeError, "invalid lookup on 0-dim memory")),
            _ => return Err(raise!(NotImplementedError, "multi-dimensional lookup is not implemented")),
        }
        let length = slf.lengths().first().map_or(0, |length| (*length).max(0).cast_unsigned());
        let (start, stop) = (crate::slice::search_bound(start, length), crate::slice::search_bound(stop, length));
        for index in start..stop.min(length) {
            let item = slf.item(index.cast_signed())?;
            if item.is(&value) || item.eq(value)? {
                return Ok(index);
            }
        }
        Err(raise!(ValueError, "memoryview.index(x): x not found"))
    }

    /// Create a new memoryview object which references the given object.
    #[classmethod("($type, /, object, flags)")]
    fn _from_flags(_cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>, flags: i32) -> PyResult<Ref> {
        super::from_flags(object, flags)
    }

    /// See PEP 585
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (hooks::get().generic_alias)(cls.object(), object)
    }

    /// The underlying object of the memoryview.
    #[getter]
    fn obj(&self) -> PyResult<Option<Ref>> {
        self.check_released()?;
        let managed = self.managed.get();
        Ok(managed.and_then(|managed| managed.buffer.borrow().as_ref().and_then(object::protocol::buffer::Buffer::exporter)))
    }

    /// The amount of space in bytes that the array would use in
    ///  a contiguous representation.
    #[getter]
    fn nbytes(&self) -> PyResult<isize> {
        self.check_released()?;
        Ok(self.view.len.get())
    }

    /// A bool indicating whether the memory is read only.
    #[getter]
    fn readonly(&self) -> PyResult<bool> {
        self.check_released()?;
        Ok(self.view.readonly.get() != 0)
    }

    /// The size in bytes of each element of the memoryview.
    #[getter]
    fn itemsize(&self) -> PyResult<isize> {
        self.check_released()?;
        Ok(self.view.itemsize.get())
    }

    /// A string containing the format (in struct module style)
    ///  for each element in the view.
    #[getter]
    fn format(&self) -> PyResult<Ref> {
        self.check_released()?;
        text::from_latin1(self.format_text().to_bytes())
    }

    /// An integer indicating how many dimensions of a multi-dimensional
    ///  array the memory represents.
    #[getter]
    fn ndim(&self) -> PyResult<usize> {
        self.check_released()?;
        Ok(self.dimensions())
    }

    /// A tuple of ndim integers giving the shape of the memory
    ///  as an N-dimensional array.
    #[getter]
    fn shape(&self) -> PyResult<Ref> {
        self.check_released()?;
        numbers(self.lengths())
    }

    /// A tuple of ndim integers giving the size in bytes to access
    ///  each element for each dimension of the array.
    #[getter]
    fn strides(&self) -> PyResult<Ref> {
        self.check_released()?;
        numbers(self.steps())
    }

    /// A tuple of integers used internally for PIL-style arrays.
    #[getter]
    fn suboffsets(&self) -> PyResult<Ref> {
        self.check_released()?;
        numbers(self.indirections())
    }

    /// A bool indicating whether the memory is C contiguous.
    #[getter]
    fn c_contiguous(&self) -> PyResult<bool> {
        self.check_released()?;
        Ok(self.is_c_contiguous())
    }

    /// A bool indicating whether the memory is Fortran contiguous.
    #[getter]
    fn f_contiguous(&self) -> PyResult<bool> {
        self.check_released()?;
        Ok(self.is_f_contiguous())
    }

    /// A bool indicating whether the memory is contiguous.
    #[getter]
    fn contiguous(&self) -> PyResult<bool> {
        self.check_released()?;
        Ok(self.is_c_contiguous() || self.is_f_contiguous())
    }
}
