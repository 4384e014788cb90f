//! C's variable arguments: reading a `va_list`, and functions that take `...`.
//!
//! C-variadic functions cannot be defined in stable Rust. [`variadic!`] writes a naked function that spills the argument registers into a
//! register save area and calls the `va_list` form, as the System V ABI describes (AMD64 supplement, section 3.5.7).

use abi::{PyObject, c_char};
use object::Borrowed;
use smallvec::SmallVec;

/// System V's `va_list` on x86-64.
#[repr(C)]
pub struct VaList {
    gp_offset: u32,
    fp_offset: u32,
    overflow: *mut u8,
    save: *mut u8,
}

impl VaList {
    /// The next 8 bytes of class INTEGER.
    #[inline(always)]
    fn word(&mut self) -> u64 {
        // SAFETY: the caller of a variadic function passed as many arguments as the format asks for.
        unsafe {
            if self.gp_offset <= 40 {
                let value = self.save.add(self.gp_offset as usize).cast::<u64>().read();
                self.gp_offset += 8;
                value
            } else {
                self.memory()
            }
        }
    }

    #[inline]
    unsafe fn memory(&mut self) -> u64 {
        // SAFETY: as `word`.
        unsafe {
            let value = self.overflow.cast::<u64>().read();
            self.overflow = self.overflow.add(8);
            value
        }
    }

    /// An `int`.
    pub fn int(&mut self) -> i32 {
        self.word() as u32 as i32
    }

    /// An `unsigned int`.
    pub fn uint(&mut self) -> u32 {
        self.word() as u32
    }

    /// A `long`, a `long long`, a `Py_ssize_t`.
    pub fn long(&mut self) -> i64 {
        self.word() as i64
    }

    /// An `unsigned long`, a `size_t`.
    pub fn ulong(&mut self) -> u64 {
        self.word()
    }

    /// A `double`.
    pub fn double(&mut self) -> f64 {
        // SAFETY: as `word`.
        let bits = unsafe {
            if self.fp_offset <= 160 {
                let value = self.save.add(self.fp_offset as usize).cast::<u64>().read();
                self.fp_offset += 16;
                value
            } else {
                self.memory()
            }
        };
        f64::from_bits(bits)
    }

    /// Any pointer.
    #[inline(always)]
    pub fn pointer<T>(&mut self) -> *mut T {
        std::ptr::with_exposed_provenance_mut(self.word() as usize)
    }

    /// An object, or NULL.
    pub fn object<'a>(&mut self) -> Option<Borrowed<'a>> {
        // SAFETY: the caller passed an object or NULL here, alive during the call.
        unsafe { Borrowed::<object::Object>::from_ptr_or_null(self.pointer::<PyObject>()) }
    }

    /// A C string, or NULL.
    pub fn string<'a>(&mut self) -> Option<&'a std::ffi::CStr> {
        let start = self.pointer::<c_char>();
        // SAFETY: the caller passed a C string or NULL here, alive during the call.
        (!start.is_null()).then(|| unsafe { std::ffi::CStr::from_ptr(start) })
    }

    /// Objects up to the NULL that ends them.
    pub fn objects<'a>(&mut self) -> SmallVec<[Borrowed<'a>; 8]> {
        let mut objects = SmallVec::new();
        while let Some(object) = self.object() {
            objects.push(object);
        }
        objects
    }
}

/// The `va_list` that C passes.
pub struct Va<'a>(pub &'a mut VaList);

impl crate::form::FromC for Va<'_> {
    type C = *mut VaList;
    #[inline(always)]
    unsafe fn from_c(value: *mut VaList) -> object::PyResult<Self> {
        // SAFETY: by contract a va_list, used by nobody else during the call.
        unsafe { value.as_mut() }.map(Va).ok_or_else(object::error::bad_internal_call)
    }
}

/// Functions with `...`: `variadic! { PyErr_Format(2) => PyErr_FormatV; }` calls `PyErr_FormatV(a, b, va_list)`.
macro_rules! variadic {
    ($($name:ident($fixed:tt) => $target:path;)*) => { $(
        #[doc = concat!("C's `", stringify!($name), "`.\n\n# Safety\nThe arguments are as the C API documents them.")]
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name() -> *mut ::abi::c_void {
            std::arch::naked_asm!(
                // [rsp]: the va_list; [rsp + 32]: six integer registers, then eight vector registers; 216 keeps the stack aligned.
                "sub rsp, 216",
                "mov [rsp + 32], rdi",
                "mov [rsp + 40], rsi",
                "mov [rsp + 48], rdx",
                "mov [rsp + 56], rcx",
                "mov [rsp + 64], r8",
                "mov [rsp + 72], r9",
                "test al, al",
                "je 2f",
                "movaps [rsp + 80], xmm0",
                "movaps [rsp + 96], xmm1",
                "movaps [rsp + 112], xmm2",
                "movaps [rsp + 128], xmm3",
                "movaps [rsp + 144], xmm4",
                "movaps [rsp + 160], xmm5",
                "movaps [rsp + 176], xmm6",
                "movaps [rsp + 192], xmm7",
                "2:",
                "mov dword ptr [rsp], {offset}",
                "mov dword ptr [rsp + 4], 48",
                "lea rax, [rsp + 224]",
                "mov [rsp + 8], rax",
                "lea rax, [rsp + 32]",
                "mov [rsp + 16], rax",
                $crate::variadic::variadic!(@list $fixed),
                "call {target}",
                "add rsp, 216",
                "ret",
                offset = const 8 * $fixed,
                target = sym $target,
            )
        }
    )* };
    (@list 0) => { "mov rdi, rsp" };
    (@list 1) => { "mov rsi, rsp" };
    (@list 2) => { "mov rdx, rsp" };
    (@list 3) => { "mov rcx, rsp" };
    (@list 4) => { "mov r8, rsp" };
    (@list 5) => { "mov r9, rsp" };
}
pub(crate) use variadic;

const _: () = assert!(size_of::<VaList>() == 24);
