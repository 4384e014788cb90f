//! How a buffer's items lie in memory: shape, strides and suboffsets of a `Py_buffer`, contiguity, copies in either order.

use abi::Py_buffer;
use object::{PyResult, memory};
use smallvec::SmallVec;

/// One dimension of a buffer.
#[derive(Clone, Copy)]
struct Dimension {
    length: isize,
    stride: isize,
    /// Where it is not negative, a pointer stands at the place that the stride leads to, and the items this far behind its target.
    suboffset: isize,
}

/// The order in which items are visited: the last index fastest, or the first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    C,
    Fortran,
}

/// A buffer's items. What is missing in the description is that of flat, contiguous memory.
pub struct Walk {
    start: *mut u8,
    itemsize: usize,
    len: usize,
    /// It has suboffsets, be they of any use or not: that is never called contiguous.
    indirect: bool,
    dimensions: SmallVec<[Dimension; 3]>,
}

impl Walk {
    /// Reads a description; it must be true as long as the walk is used.
    pub fn new(view: &Py_buffer) -> Walk {
        let itemsize = view.itemsize.get();
        let len = view.len.get().max(0);
        // SAFETY: a description has an array of `ndim` numbers where its pointer is not NULL.
        let at = |array: *mut isize, index: usize| (!array.is_null()).then(|| unsafe { array.add(index).read() });
        let count = usize::try_from(view.ndim.get()).unwrap_or(0);
        let mut dimensions: SmallVec<[Dimension; 3]> = (0..count)
            .map(|index| Dimension {
                length: at(view.shape.get(), index).unwrap_or_else(|| len.checked_div(itemsize).unwrap_or(0)),
                stride: at(view.strides.get(), index).unwrap_or(0),
                suboffset: at(view.suboffsets.get(), index).unwrap_or(-1),
            })
            .collect();
        if view.strides.get().is_null() {
            let mut step = itemsize;
            for dimension in dimensions.iter_mut().rev() {
                dimension.stride = step;
                step = step.saturating_mul(dimension.length);
            }
        }
        Walk {
            start: view.buf.get().cast(),
            itemsize: itemsize.max(0).unsigned_abs(),
            len: len.unsigned_abs(),
            indirect: !view.suboffsets.get().is_null(),
            dimensions,
        }
    }

    /// Number of dimensions.
    pub fn ndim(&self) -> usize {
        self.dimensions.len()
    }

    /// Bytes of an item.
    pub fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// The lengths of the dimensions.
    pub fn shape(&self) -> impl Iterator<Item = isize> {
        self.dimensions.iter().map(|dimension| dimension.length)
    }

    /// The address of the item with these indices, which are in range.
    pub fn item(&self, indices: &[isize]) -> *mut u8 {
        let pairs = self.dimensions.iter().zip(indices);
        // SAFETY: the indices are in range.
        pairs.fold(self.start, |at, (dimension, index)| unsafe { dimension.step(at, *index) })
    }

    /// Whether the items follow one another in this order, without holes.
    pub fn is_contiguous(&self, order: Order) -> bool {
        if self.indirect {
            return false;
        }
        let matches = |expected: &mut isize, dimension: &Dimension| {
            let fits = dimension.length <= 1 || dimension.stride == *expected;
            *expected = expected.saturating_mul(dimension.length);
            fits
        };
        let mut expected = self.itemsize.cast_signed();
        self.len == 0
            || match order {
                Order::C => self.dimensions.iter().rev().all(|dimension| matches(&mut expected, dimension)),
                Order::Fortran => self.dimensions.iter().all(|dimension| matches(&mut expected, dimension)),
            }
    }

    /// Calls `action` with the address of each item, until it fails.
    pub fn each<E>(&self, order: Order, mut action: impl FnMut(*mut u8) -> Result<(), E>) -> Result<(), E> {
        if self.dimensions.iter().any(|dimension| dimension.length <= 0) {
            return Ok(());
        }
        if let (Order::C, [only]) = (order, self.dimensions.as_slice()) {
            for index in 0..only.length {
                // SAFETY: the index is in range.
                action(unsafe { only.step(self.start, index) })?;
            }
            return Ok(());
        }
        let mut indices: SmallVec<[isize; 8]> = SmallVec::from_elem(0, self.dimensions.len());
        loop {
            action(self.item(&indices))?;
            let advance = |(index, dimension): (&mut isize, &Dimension)| {
                *index += 1;
                let within = *index < dimension.length;
                if !within {
                    *index = 0;
                }
                within
            };
            let pairs = indices.iter_mut().zip(&self.dimensions);
            let more = match order {
                Order::C => pairs.rev().any(advance),
                Order::Fortran => { pairs }.any(advance),
            };
            if !more {
                return Ok(());
            }
        }
    }

    /// The bytes of all items in this order.
    pub fn gather(&self, order: Order) -> PyResult<Vec<u8>> {
        let mut bytes = memory::vec_with_capacity(self.len)?;
        if self.is_contiguous(order) {
            if self.len > 0 {
                // SAFETY: a contiguous buffer has `len` bytes in one piece.
                bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(self.start, self.len) });
            }
            return Ok(bytes);
        }
        self.each(order, |item| {
            memory::reserve(&mut bytes, self.itemsize)?;
            // SAFETY: an item of the buffer.
            bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(item, self.itemsize) });
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Writes `bytes` over the items in this order, as far as they reach. The buffer is writable, and `bytes` no part of it.
    pub fn scatter(&self, order: Order, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(self.itemsize.max(1));
        let _: Result<(), ()> = self.each(order, |item| match chunks.next() {
            Some(chunk) => {
                // SAFETY: an item of the buffer, which does not overlap `bytes`.
                unsafe { item.copy_from_nonoverlapping(chunk.as_ptr(), chunk.len()) };
                Ok(())
            }
            None => Err(()),
        });
    }
}

impl Dimension {
    /// # Safety
    /// `index` is in range, and `at` the place that the dimensions before lead to.
    #[inline]
    unsafe fn step(&self, at: *mut u8, index: isize) -> *mut u8 {
        let place = at.wrapping_offset(self.stride.wrapping_mul(index));
        if self.suboffset < 0 {
            return place;
        }
        // SAFETY: a suboffset says that a pointer stands here.
        unsafe { place.cast::<*mut u8>().read_unaligned() }.wrapping_offset(self.suboffset)
    }
}

/// The strides of contiguous memory in this order.
pub fn contiguous_strides(shape: &[isize], itemsize: isize, order: Order) -> SmallVec<[isize; 3]> {
    let mut strides = SmallVec::from_elem(0, shape.len());
    let mut step = itemsize;
    let set = |(stride, length): (&mut isize, &isize)| {
        *stride = step;
        step = step.saturating_mul(*length);
    };
    let pairs = strides.iter_mut().zip(shape);
    match order {
        Order::C => pairs.rev().for_each(set),
        Order::Fortran => pairs.for_each(set),
    }
    strides
}
