//! The methods and attributes of `memoryview`.

use super::{Layout, MemoryView, contiguous_strides, element};
use macros::pymethods;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, hooks, memory, raise};

/// Nested lists of the items.
fn nested(layout: &Layout, items: &mut std::vec::IntoIter<Ref>, dimension: usize) -> PyResult<Ref> {
    match layout.shape.get(dimension) {
        None => items.next().ok_or_else(object::error::bad_internal_call),
        Some(length) => {
            let mut list = memory::vec_with_capacity((*length).max(0).cast_unsigned())?;
            for _ in 0..*length {
                list.push(nested(layout, items, dimension + 1)?);
            }
            (hooks::get().list_new)(list)
        }
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
        match order.as_deref() {
            None | Some("C" | "A") => bytes::new(&self.gathered()),
            Some("F") => {
                let mut layout = self.layout.clone();
                layout.shape.reverse();
                layout.strides.reverse();
                let content: Vec<u8> = layout.offsets().into_iter().flat_map(|offset| self.item_bytes(offset).to_vec()).collect();
                bytes::new(&content)
            }
            Some(_) => Err(raise!(ValueError, "order must be 'C', 'F' or 'A'")),
        }
    }

    /// Return the data in the buffer as a list of elements.
    #[method("($self, /)")]
    fn tolist(&self) -> PyResult<Ref> {
        self.check_released()?;
        nested(&self.layout, &mut self.items()?.into_iter(), 0)
    }

    /// Return a readonly version of the memoryview.
    #[method("($self, /)")]
    fn toreadonly(&self) -> PyResult<Ref> {
        self.check_released()?;
        self.derived(self.start(), self.layout.clone(), true)
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
        crate::bytes::kernel::hex(&self.gathered(), sep, bytes_per_sep)
    }

    /// Cast a memoryview to a new format or shape.
    #[method("($self, /, format, shape=<unrepresentable>)")]
    fn cast(&self, format: Borrowed<'_>, shape: Option<Borrowed<'_>>) -> PyResult<Ref> {
        self.check_released()?;
        let Some(name) = text::as_ascii(format) else {
            return Err(raise!(TypeError, "cast() argument 'format' must be str, not {}", format.class().short_name()));
        };
        if !self.layout.is_c_contiguous() {
            return Err(raise!(TypeError, "memoryview: casts are restricted to C-contiguous views"));
        }
        if (shape.is_some() || self.layout.ndim() != 1) && self.layout.ndim() != 1 && shape.is_some() {
            return Err(raise!(TypeError, "memoryview: cast must be 1D -> ND or ND -> 1D"));
        }
        let code = name.strip_prefix('@').unwrap_or(name).as_bytes();
        let size = match code {
            [code] => element::size_of_code(*code),
            _ => None,
        };
        let Some(size) = size else {
            return Err(raise!(
                ValueError,
                "memoryview: destination format must be a native single character format prefixed with an optional '@'"
            ));
        };
        let is_byte = |code: &[u8]| matches!(code, b"b" | b"B" | b"c");
        if !is_byte(self.layout.code()) && !is_byte(code) {
            return Err(raise!(TypeError, "memoryview: cannot cast between two non-byte formats"));
        }
        let (len, size) = (self.view.len.get(), size.cast_signed());
        if len % size != 0 {
            return Err(raise!(TypeError, "memoryview: length is not a multiple of itemsize"));
        }
        let shape = match shape {
            None => vec![len / size],
            Some(shape) => {
                let items = shape.to_vec()?;
                let dims: Vec<isize> = items.iter().map(|item| item.as_isize()).collect::<PyResult<_>>()?;
                if dims.iter().any(|dim| *dim <= 0) {
                    return Err(raise!(ValueError, "memoryview.cast(): elements of shape must be integers > 0"));
                }
                let total = dims.iter().try_fold(size, |total, dim| total.checked_mul(*dim));
                if total != Some(len) {
                    return Err(raise!(TypeError, "memoryview: product(shape) * itemsize != buffer size"));
                }
                dims
            }
        };
        let strides = contiguous_strides(&shape, size);
        let mut format = name.as_bytes().to_vec();
        format.push(0);
        self.derived(self.start(), Layout { format, itemsize: size, shape, strides }, self.is_readonly())
    }

    /// Count the number of occurrences of a value.
    #[method("($self, value, /)")]
    fn count(slf: Borrowed<'_, Self>, value: Borrowed<'_>) -> PyResult<usize> {
        slf.check_released()?;
        let mut count = 0;
        for item in slf.items()? {
            count += usize::from(item.eq(value)?);
        }
        Ok(count)
    }

    /// Return the index of the first occurrence of a value.
    ///
    /// Raises ValueError if the value is not present.
    #[method("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(slf: Borrowed<'_, Self>, value: Borrowed<'_>, start: isize, stop: isize) -> PyResult<usize> {
        slf.check_released()?;
        if slf.layout.ndim() != 1 {
            return Err(raise!(NotImplementedError, "multi-dimensional lookup is not implemented"));
        }
        let items = slf.items()?;
        let (start, stop) = (crate::slice::search_bound(start, items.len()), crate::slice::search_bound(stop, items.len()));
        for (index, item) in items.iter().enumerate().take(stop).skip(start) {
            if item.eq(value)? {
                return Ok(index);
            }
        }
        Err(raise!(ValueError, "memoryview.index(x): x not found"))
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
        Ok(self
            .managed
            .get()
            .and_then(|managed| managed.buffer.borrow().as_ref().and_then(object::protocol::buffer::Buffer::exporter)))
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
        Ok(self.layout.itemsize)
    }

    /// A string containing the format (in struct module style)
    ///  for each element in the view.
    #[getter]
    fn format(&self) -> PyResult<Ref> {
        self.check_released()?;
        text::from_latin1(self.layout.format.strip_suffix(&[0]).unwrap_or(&self.layout.format))
    }

    /// An integer indicating how many dimensions of a multi-dimensional
    ///  array the memory represents.
    #[getter]
    fn ndim(&self) -> PyResult<usize> {
        self.check_released()?;
        Ok(self.layout.ndim())
    }

    /// A tuple of ndim integers giving the shape of the memory
    ///  as an N-dimensional array.
    #[getter]
    fn shape(&self) -> PyResult<Ref> {
        self.check_released()?;
        numbers(&self.layout.shape)
    }

    /// A tuple of ndim integers giving the size in bytes to access
    ///  each element for each dimension of the array.
    #[getter]
    fn strides(&self) -> PyResult<Ref> {
        self.check_released()?;
        numbers(&self.layout.strides)
    }

    /// A tuple of integers used internally for PIL-style arrays.
    #[getter]
    fn suboffsets(&self) -> PyResult<Ref> {
        self.check_released()?;
        Ok(tuple::empty())
    }

    /// A bool indicating whether the memory is C contiguous.
    #[getter]
    fn c_contiguous(&self) -> PyResult<bool> {
        self.check_released()?;
        Ok(self.layout.is_c_contiguous())
    }

    /// A bool indicating whether the memory is Fortran contiguous.
    #[getter]
    fn f_contiguous(&self) -> PyResult<bool> {
        self.check_released()?;
        Ok(self.layout.is_f_contiguous())
    }

    /// A bool indicating whether the memory is contiguous.
    #[getter]
    fn contiguous(&self) -> PyResult<bool> {
        self.check_released()?;
        Ok(self.layout.is_c_contiguous() || self.layout.is_f_contiguous())
    }
}
