//! Types that `builtins` does not have yet. They have a name, so that classes can be registered for them, and cannot be instantiated.

use macros::pyclass;

/// Create a new memoryview object which references the given object.
#[pyclass(name = "memoryview", cell = ::object::core::MEMORYVIEW, flags(DISALLOW_INSTANTIATION), parts())]
pub struct MemoryView {
    header: abi::PyObject,
}
