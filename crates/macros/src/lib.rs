//! PyO3's words for native types and modules: `#[pyclass]`, `#[pymethods]`, `#[pymodule]`.
//!
//! A type or module is declared where its code is, and nowhere else. The macros only write tables and `extern` wrappers over the
//! support API of crate `object` (`object::spec`, `object::args`); they hold no behaviour of their own, and what they generate
//! can be read below. Mistakes are compile errors at the place of the mistake.
//!
//! # A type
//!
//! ```text
//! /// A counter.
//! #[pyclass(name = "Counter", module = "_demo", sig = "(start=0, /)", flags(BASETYPE), gc)]
//! pub struct Counter {
//!     header: abi::PyObject,          // the first field: an abi struct, or the struct of the base
//!     count: Cell<isize>,
//!     #[member(readonly)]
//!     owner: OptRef,
//! }
//! ```
//!
//! becomes
//!
//! ```text
//! #[repr(C)]
//! pub struct Counter { … }
//! unsafe impl object::Layout for Counter {}
//! impl object::StaticType for Counter {
//!     fn type_object() -> &'static TypeObject { static TYPE: TypeObject = TypeObject::NEW; &TYPE }   // or `cell = …`, exported by `export = …`
//!     fn spec() -> Option<&'static TypeSpec> {
//!         static SPEC: TypeSpec = TypeSpec {
//!             name: c"_demo.Counter", basicsize: size_of::<Counter>(), flags: BASETYPE | IMMUTABLETYPE | STATIC_BUILTIN | HAVE_GC,
//!             doc: Some(c"Counter(start=0, /)\n--\n\nA counter."), parts: &[Counter::__part_main, Counter::__part_members],
//!             defaults: object::spec::defaults_gc::<Counter>(), …
//!         };
//!         Some(&SPEC)
//!     }
//! }
//! impl object::Trace for Counter { … count, then owner … }
//! impl Counter { pub(crate) fn __part_members() -> &'static PartSpec { … spec::member(c"owner", T_OBJECT, offset_of!(…), READONLY, None) … } }
//! ```
//!
//! `#[pyclass]` knows: `name`, `module`, `export` (symbol of the type object), `cell` (an existing `TypeObject` static), `base`,
//! `sig` (signature in `__doc__`), `flags(…)` (names in `abi::tpflags`), `gc` or `gc = manual`, `parts(…)` (default: `MAIN`),
//! `weaklist`, `dict`, `vectorcall` (a field each), `itemsize` (a number or a type), `basicsize`, `heap_like`, `extends_abi`.
//! On fields: `#[member(T_OBJECT, name = "…", field = path.in.struct, doc = "…", readonly, audit_read)]`, `#[trace(skip)]`,
//! `#[trace]` (on the first field: the base's fields are traced too).
//!
//! # Its methods
//!
//! ```text
//! #[pymethods]                          // #[pymethods(part = NUMBER)] for a further impl block, in any file of the crate
//! impl Counter {
//!     #[slot(tp_repr)]
//!     fn repr(&self) -> PyResult<String> { … }
//!     /// Add n and return the sum.
//!     #[method("($self, n=1, /, *, twice=False)")]
//!     fn add(&self, n: isize, twice: bool) -> isize { … }
//!     /// The count.
//!     #[getter]
//!     fn count(&self) -> isize { … }
//! }
//! ```
//!
//! becomes the same impl and
//!
//! ```text
//! impl Counter {
//!     pub(crate) fn __part_main() -> &'static PartSpec {
//!         extern "C-unwind" fn __tp_repr_0(slf: Borrowed<'_>) -> PyResult<Ref> {
//!             IntoPy::into_py(<Counter>::repr(Borrowed::get(slf.self_as::<Counter>())))
//!         }
//!         extern "C-unwind" fn __method_add_1(slf: Option<Borrowed<'_>>, args: ArgPtr<'_>, n: isize, kwnames: Option<Borrowed<'_>>) -> PyResult<Ref> {
//!             let slf = required(slf, &SELF)?;
//!             let args = args.with_kw(n, kwnames);
//!             static PARAMS: Params = Params { function: "add", names: &["n", "twice"], posonly: 1, positional: 1, required: 0, … };
//!             let [v0, v1] = match *args {
//!                 [] if kwnames.is_none() => [None, None],
//!                 [p0] if kwnames.is_none() => [Some(p0), None],
//!                 _ => PARAMS.bind::<2>(args, n, kwnames)?.values,
//!             };
//!             let a0 = match v0 { Some(value) => FromArg::from_arg(value, &INFO0)?, None => 1 };
//!             let a1 = match v1 { Some(value) => FromArg::from_arg(value, &INFO1)?, None => false };
//!             IntoPy::into_py(<Counter>::add(Borrowed::get(slf.self_as::<Counter>()), a0, a1))
//!         }
//!         static SLOTS: [SlotDef; 1] = [SlotDef::new(typeslot::tp_repr, __tp_repr_0 as *const ())];
//!         static METHODS: [PyMethodDef; 2] =
//!             [method_fastkw(c"add", __method_add_1, 0, c"add($self, n=1, /, *, twice=False)\n--\n\nAdd n and return the sum."), method_end()];
//!         static GETSET: [PyGetSetDef; 2] = [getset(c"count", Some(__get_count_2), None, Some(c"The count.")), getset_end()];
//!         static PART: PartSpec = PartSpec { slots: &SLOTS, methods: &METHODS, getset: &GETSET, members: &[] };
//!         &PART
//!     }
//! }
//! ```
//!
//! The receiver is `&self`, `slf: Borrowed<'_, Self>` or `slf: Borrowed<'_>`. Attributes: `#[slot(names…)]` with CPython's slot
//! names (`tp_new`, `tp_init`, `tp_call`
//! with a signature string or with the raw tuple and dict, `tp_vectorcall` with one or exact), `#[method]`, `#[classmethod]`,
//! `#[staticmethod]` (signature string; `name = "…"`, `coexist`, `text = None` to keep the signature out of the docstring),
//! `#[getter]`, `#[setter]` (`name = "…"`).
//!
//! **The signature string** is CPython's text signature. The Rust parameters behind the receiver correspond to it one to one:
//! without a default `FromArg`; with one, `FromOptArg` for `Option<…>`, else the literal is the Rust value of an absent argument
//! (where no Rust literal fits, `FromOptArg` again); `*args` is `&[Borrowed<'_>]`, `**kwargs` is `object::KwArgs<'_>`.
//! It also chooses the calling convention, as Argument Clinic does.
//!
//! # A module
//!
//! ```text
//! /// Mathematical functions.
//! #[pymodule(name = "math")]
//! pub mod module {
//!     /// Return the square root of x.
//!     #[pyfunction("(x, /)")]              // with "($module, x, /)" the function may take the module first
//!     fn sqrt(x: f64) -> PyResult<f64> { … }
//!     #[pyattr]
//!     const pi: f64 = …;                   // or a function without parameters
//!     #[pytype]
//!     use super::Counter;                  // exposed under the type's own name
//!     #[pyexec]
//!     fn exec(module: Borrowed<'_>) -> PyResult<()> { … }
//! }
//! ```
//!
//! becomes the same module and
//!
//! ```text
//!     pub static SPEC: ModuleSpec = {
//!         … wrappers as above …
//!         ModuleSpec {
//!             name: c"math", doc: Some(c"Mathematical functions."), methods: &[method_o(c"sqrt", …), method_end()],
//!             types: &[TypeEntry::of::<Counter>()], attrs: &[("pi", __attr_pi_1)], exec: Some(exec),
//!         }
//!     };
//! ```
//!
//! `#[cfg]` attributes hold for the table entries too.
//!
//! A module that is too large for one file consists of parts: `#[pymodule(part)] pub(crate) mod part { … }` in further files (with
//! the same attributes on its items), and `#[pymodule(name = "posix", parts(super::files::part, super::process::part))]`, the paths
//! as seen from inside the module. A part becomes a hidden module of constant functions that give its entries one by one; `SPEC`
//! copies them into its tables in front of its own, and runs the parts' `#[pyexec]` before its own.

mod bind;
mod doc;
mod function;
mod pyclass;
mod pymethods;
mod pymodule;
mod receiver;
mod signature;
mod slot;
mod table;

use proc_macro::TokenStream;
use quote::quote;
use syn::parse_macro_input;

/// Declares a native type on the struct of its objects. See the crate's documentation.
#[proc_macro_attribute]
pub fn pyclass(attr: TokenStream, item: TokenStream) -> TokenStream {
    pyclass::expand(attr.into(), parse_macro_input!(item)).into()
}

/// Declares slots, methods and attributes of a native type on an impl block. See the crate's documentation.
#[proc_macro_attribute]
pub fn pymethods(attr: TokenStream, item: TokenStream) -> TokenStream {
    pymethods::expand(attr.into(), parse_macro_input!(item)).into()
}

/// Declares a native module on an inline module. See the crate's documentation.
#[proc_macro_attribute]
pub fn pymodule(attr: TokenStream, item: TokenStream) -> TokenStream {
    pymodule::expand(attr.into(), parse_macro_input!(item)).into()
}

/// What generated items need to be allowed: their `unsafe` is a trait impl, an exported symbol or a user's own `unsafe fn`.
fn allow() -> proc_macro2::TokenStream {
    quote! {
        #[allow(unsafe_code, unused_unsafe, unused_qualifications, improper_ctypes_definitions, non_snake_case, dead_code, clippy::all)]
        #[allow(clippy::undocumented_unsafe_blocks)]
    }
}
