//! `#[slot(…)]`: a wrapper with C's signature around a Rust function with Rust's.

use crate::bind::Binding;
use crate::function::Entry;
use crate::receiver::{self, Split};
use crate::signature::Signature;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Ident, ImplItemFn, LitStr, Result, ReturnType, Safety, Token, Type};

/// `#[slot(sq_length, mp_length)]`, `#[slot(tp_new, "(x=0, /)")]`.
pub struct Options {
    names: Vec<Ident>,
    signature: Option<LitStr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Options { names: Vec::new(), signature: None };
        while !input.is_empty() {
            if input.peek(LitStr) {
                options.signature = Some(input.parse()?);
            } else {
                options.names.push(input.call(Ident::parse_any)?);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if options.names.is_empty() {
            return Err(input.error("the name of a slot is missing"));
        }
        Ok(options)
    }
}

/// The C signatures of slots, by what they take and give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Unary,
    IterNext,
    /// Either operand may be of our type.
    Number,
    Binary,
    Power,
    InplacePower,
    Bool,
    Len,
    Index,
    AssIndex,
    Contains,
    Assign,
    Hash,
    RichCompare,
    DescrGet,
    New,
    Init,
    Call,
    Destructor,
    Traverse,
    Clear,
    GetBuffer,
    /// The user writes the exact `extern` function.
    Raw,
}

fn shape(slot: &str) -> Option<Shape> {
    Some(match slot {
        "tp_repr" | "tp_str" | "tp_iter" | "am_await" | "am_aiter" | "am_anext" | "nb_negative" | "nb_positive"
        | "nb_absolute" | "nb_invert" | "nb_int" | "nb_float" | "nb_index" => Shape::Unary,
        "tp_iternext" => Shape::IterNext,
        "nb_add" | "nb_subtract" | "nb_multiply" | "nb_remainder" | "nb_divmod" | "nb_lshift" | "nb_rshift" | "nb_and"
        | "nb_xor" | "nb_or" | "nb_floor_divide" | "nb_true_divide" | "nb_matrix_multiply" => Shape::Number,
        "nb_inplace_add"
        | "nb_inplace_subtract"
        | "nb_inplace_multiply"
        | "nb_inplace_remainder"
        | "nb_inplace_lshift"
        | "nb_inplace_rshift"
        | "nb_inplace_and"
        | "nb_inplace_xor"
        | "nb_inplace_or"
        | "nb_inplace_floor_divide"
        | "nb_inplace_true_divide"
        | "nb_inplace_matrix_multiply"
        | "sq_concat"
        | "sq_inplace_concat"
        | "mp_subscript"
        | "tp_getattro" => Shape::Binary,
        "nb_power" => Shape::Power,
        "nb_inplace_power" => Shape::InplacePower,
        "nb_bool" => Shape::Bool,
        "sq_length" | "mp_length" => Shape::Len,
        "sq_item" | "sq_repeat" | "sq_inplace_repeat" => Shape::Index,
        "sq_ass_item" => Shape::AssIndex,
        "sq_contains" => Shape::Contains,
        "mp_ass_subscript" | "tp_setattro" | "tp_descr_set" => Shape::Assign,
        "tp_hash" => Shape::Hash,
        "tp_richcompare" => Shape::RichCompare,
        "tp_descr_get" => Shape::DescrGet,
        "tp_new" => Shape::New,
        "tp_init" => Shape::Init,
        "tp_call" => Shape::Call,
        "tp_dealloc" | "tp_finalize" | "tp_del" => Shape::Destructor,
        "tp_traverse" => Shape::Traverse,
        "tp_clear" => Shape::Clear,
        "bf_getbuffer" => Shape::GetBuffer,
        "bf_releasebuffer" | "am_send" | "tp_vectorcall" | "tp_alloc" | "tp_free" | "tp_is_gc" | "tp_getattr" | "tp_setattr" => {
            Shape::Raw
        }
        _ => return None,
    })
}

/// The wrappers and table entries of one `#[slot]` attribute.
pub fn entries(attr: &Attribute, function: &ImplItemFn, self_ty: &Type, index: usize) -> Result<Vec<Entry>> {
    let options: Options = attr.parse_args()?;
    options.names.iter().map(|slot| entry(slot, options.signature.as_ref(), function, self_ty, index)).collect()
}

fn entry(slot: &Ident, text: Option<&LitStr>, function: &ImplItemFn, self_ty: &Type, index: usize) -> Result<Entry> {
    let shape =
        shape(&slot.to_string()).ok_or_else(|| Error::new_spanned(slot, "no slot that a function can fill has this name"))?;
    let rust_name = &function.sig.ident;
    let callee = quote!(<#self_ty>::#rust_name);
    if shape == Shape::Raw {
        if function.sig.abi.is_none() {
            let message = format!("`{slot}` takes the exact function of its C signature: `extern \"C-unwind\" fn`");
            return Err(Error::new_spanned(&function.sig.fn_token, message));
        }
        return Ok(Entry { wrapper: quote!(), entry: table_entry(slot, &callee) });
    }
    if let Some(abi) = &function.sig.abi {
        return Err(Error::new_spanned(abi, "the slot's wrapper is `extern`; the function itself is plain Rust"));
    }
    let is_unsafe = matches!(function.sig.safety, Safety::Unsafe(_));
    if is_unsafe && shape != Shape::Destructor {
        return Err(Error::new_spanned(&function.sig.ident, "only destructors may be `unsafe`"));
    }
    let split = receiver::split(&function.sig, Some(self_ty))?;
    let receiver = match &split.receiver {
        Some(receiver) if receiver.is_self_reference && matches!(shape, Shape::Number | Shape::Power) => {
            let message = format!("either operand of `{slot}` may be of this type: take both as `Borrowed<'_>`");
            return Err(Error::new_spanned(function.sig.inputs.first(), message));
        }
        Some(receiver) => receiver.adapt.clone(),
        None => quote!(__slf),
    };
    let wrapper = format_ident!("__{}_{index}", slot);
    let code = match (shape, text) {
        (Shape::New | Shape::Init | Shape::Call, Some(text)) => with_signature(shape, text, &split, self_ty, &receiver, &callee)?,
        (_, Some(text)) => return Err(Error::new_spanned(text, "only tp_new, tp_init and tp_call have a signature")),
        (_, None) => plain(shape, slot, function, &split, &receiver, &callee, is_unsafe)?,
    };
    let Code { params, output, body } = code;
    Ok(Entry {
        wrapper: quote! {
            extern "C-unwind" fn #wrapper(__slf: ::object::Borrowed<'_>, #params) #output { #body }
        },
        entry: table_entry(slot, &quote!(#wrapper)),
    })
}

fn table_entry(slot: &Ident, function: &TokenStream) -> TokenStream {
    quote!(::object::spec::SlotDef::new(::abi::typeslot::#slot, #function as *const ()))
}

/// A wrapper without its name: parameters behind `__slf`, return type and body.
struct Code {
    params: TokenStream,
    output: TokenStream,
    body: TokenStream,
}

/// `tp_new`, `tp_init` and `tp_call` whose parameters a text signature describes.
fn with_signature(
    shape: Shape,
    text: &LitStr,
    split: &Split<'_>,
    self_ty: &Type,
    receiver: &TokenStream,
    callee: &TokenStream,
) -> Result<Code> {
    let signature = Signature::parse(&text.value()).map_err(|message| Error::new_spanned(text, message))?;
    let function = if shape == Shape::Call { quote!("__call__") } else { quote!(<#self_ty>::__TYPE_NAME) };
    let binding = Binding { signature: &signature, inputs: &split.rest, function, span: text.span() };
    binding.check()?;
    let (bound, arguments) = binding.vector(true)?;
    let call = quote!(#callee(#receiver #(, #arguments)*));
    let (output, finish, result) = match shape {
        Shape::Init => (quote!(::object::Status), quote!(::object::Status::from), call),
        _ => (quote!(::object::PyResult<::object::Ref>), quote!(), quote!(::object::IntoPy::into_py(#call))),
    };
    let body = quote! {
        #finish(::object::args::with_call_args(__args, __kwargs, |__args, __nargs, __kwnames| {
            #bound
            #result
        }))
    };
    Ok(Code { params: call_params(), output: quote!(-> #output), body })
}

fn call_params() -> TokenStream {
    quote!(__args: ::object::Borrowed<'_>, __kwargs: ::core::option::Option<::object::Borrowed<'_>>)
}

fn plain(
    shape: Shape,
    slot: &Ident,
    function: &ImplItemFn,
    split: &Split<'_>,
    receiver: &TokenStream,
    callee: &TokenStream,
    is_unsafe: bool,
) -> Result<Code> {
    let borrowed = quote!(::object::Borrowed<'_>);
    let optional = quote!(::core::option::Option<::object::Borrowed<'_>>);
    let object = quote!(-> ::object::PyResult<::object::Ref>);
    let integer = quote!(-> ::core::ffi::c_int);
    let into_py = |call: TokenStream| quote!(::object::IntoPy::into_py(#call));
    let check = |expected: usize| match split.rest.len() == expected {
        true => Ok(()),
        false => {
            let message = format!("`{slot}` takes {expected} parameter(s) behind its receiver");
            Err(Error::new_spanned(&function.sig.inputs, message))
        }
    };
    let code = match shape {
        Shape::Unary | Shape::IterNext | Shape::Bool | Shape::Len | Shape::Hash => {
            check(0)?;
            let call = quote!(#callee(#receiver));
            let (output, body) = match shape {
                Shape::IterNext => (quote!(-> ::object::IterNext), quote!(::object::IterNext::from(#call))),
                Shape::Bool => (quote!(-> ::object::Truth), quote!(::object::Truth::from(#call))),
                Shape::Len => (quote!(-> ::object::Len), quote!(::object::Len::from(#call))),
                Shape::Hash => (quote!(-> ::object::Hash), quote!(::object::Hash::from(#call))),
                _ => (object, into_py(call)),
            };
            Code { params: quote!(), output, body }
        }
        Shape::Number | Shape::Binary => {
            check(1)?;
            Code { params: quote!(__a: #borrowed), output: object, body: into_py(quote!(#callee(#receiver, __a))) }
        }
        Shape::Contains => {
            check(1)?;
            let body = quote!(::object::Truth::from(#callee(#receiver, __a)));
            Code { params: quote!(__a: #borrowed), output: quote!(-> ::object::Truth), body }
        }
        Shape::Power | Shape::InplacePower => {
            check(2)?;
            let params = quote!(__a: #borrowed, __b: #borrowed);
            Code { params, output: object, body: into_py(quote!(#callee(#receiver, __a, __b))) }
        }
        Shape::Index => {
            check(1)?;
            Code { params: quote!(__i: isize), output: object, body: into_py(quote!(#callee(#receiver, __i))) }
        }
        Shape::AssIndex | Shape::Assign => {
            check(2)?;
            let first = if shape == Shape::AssIndex { quote!(isize) } else { borrowed };
            let body = quote!(::object::Status::from(#callee(#receiver, __a, __value)));
            Code { params: quote!(__a: #first, __value: #optional), output: quote!(-> ::object::Status), body }
        }
        Shape::RichCompare => {
            check(2)?;
            let body = into_py(quote!(#callee(#receiver, __a, ::object::CompareOp::from_c(__op))));
            Code { params: quote!(__a: #borrowed, __op: ::core::ffi::c_int), output: object, body }
        }
        Shape::DescrGet => {
            check(2)?;
            let params = quote!(__a: #optional, __b: #optional);
            Code { params, output: object, body: into_py(quote!(#callee(#receiver, __a, __b))) }
        }
        Shape::New | Shape::Call => {
            check(2)?;
            Code { params: call_params(), output: object, body: into_py(quote!(#callee(#receiver, __args, __kwargs))) }
        }
        Shape::Init => {
            check(2)?;
            let body = quote!(::object::Status::from(#callee(#receiver, __args, __kwargs)));
            Code { params: call_params(), output: quote!(-> ::object::Status), body }
        }
        Shape::Destructor => {
            check(0)?;
            let call = quote!(#callee(#receiver));
            let call = if is_unsafe { quote!(unsafe { #call }) } else { call };
            Code { params: quote!(), output: quote!(), body: quote!(#call;) }
        }
        Shape::Traverse => {
            check(1)?;
            let params = quote!(__visit: ::abi::visitproc, __arg: *mut ::core::ffi::c_void);
            let body = quote!(::object::spec::traverse_with(__visit, __arg, |__visit| #callee(#receiver, __visit)));
            Code { params, output: integer, body }
        }
        Shape::Clear => {
            check(0)?;
            let call = quote!(#callee(#receiver));
            let body = match &function.sig.output {
                ReturnType::Default => quote!(#call; 0),
                ReturnType::Type(..) => quote!(::object::Status::from(#call).0),
            };
            Code { params: quote!(), output: integer, body }
        }
        Shape::GetBuffer => {
            check(2)?;
            let params = quote!(__view: *mut ::abi::Py_buffer, __flags: ::core::ffi::c_int);
            let body = quote!(::object::Status::from(#callee(#receiver, __view, __flags)));
            Code { params, output: quote!(-> ::object::Status), body }
        }
        Shape::Raw => return Err(Error::new_spanned(slot, "an exact slot has no wrapper")),
    };
    Ok(code)
}
