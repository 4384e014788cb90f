//! The type of a digest of fixed size that a function of its module makes: MD5, SHA-1, SHA-2.

/// Defines the type, and `new` for the module's function.
macro_rules! plain_type {
    ($(#[$doc:meta])* $ty:ident, $python:literal, $module:literal, $algorithm:ident) => {
        #[macros::pyclass(name = $python, module = $module, flags(DISALLOW_INSTANTIATION))]
        pub struct $ty {
            head: abi::PyObject,
            state: object::shared::Shared<crate::algorithm::State>,
        }

        impl $ty {
            const ALGORITHM: crate::algorithm::Algorithm = crate::algorithm::Algorithm::$algorithm;

            fn with_state(state: crate::algorithm::State) -> object::PyResult<object::Ref> {
                let value = $ty { head: crate::header(), state: object::shared::Shared::new(state) };
                object::memory::new_instance(<Self as object::StaticType>::type_object(), value).map(object::Ref::upcast)
            }

            /// What the module's function does.
            pub fn create(
                data: Option<object::Borrowed<'_>>,
                string: Option<object::Borrowed<'_>>,
            ) -> object::PyResult<object::Ref> {
                let data = crate::input::data_or_string(data, string)?;
                let mut state = Self::ALGORITHM.start();
                crate::input::feed(&mut state, data)?;
                Self::with_state(state)
            }
        }

        #[macros::pymethods]
        impl $ty {
            /// Return a copy of the hash object.
            #[method("($self, /)")]
            fn copy(&self) -> object::PyResult<object::Ref> {
                Self::with_state(self.state.with(false, |state| state.clone()))
            }

            /// Return the digest value as a bytes object.
            #[method("($self, /)")]
            fn digest(&self) -> Vec<u8> {
                self.state.with(false, |state| state.clone()).finish()
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[method("($self, /)")]
            fn hexdigest(&self) -> String {
                crate::input::hex(&self.state.with(false, |state| state.clone()).finish())
            }

            /// Update this hash object's state with the provided string.
            #[method("($self, obj, /)")]
            fn update(&self, obj: crate::input::Input) {
                let bytes = obj.bytes();
                self.state.with(bytes.len() >= crate::GIL_MINSIZE, |state| state.update(bytes));
            }

            #[getter]
            fn block_size(&self) -> usize {
                Self::ALGORITHM.block_size()
            }

            #[getter]
            fn name(&self) -> &'static str {
                Self::ALGORITHM.name()
            }

            #[getter]
            fn digest_size(&self) -> usize {
                Self::ALGORITHM.digest_size()
            }
        }
    };
}

pub(crate) use plain_type;
