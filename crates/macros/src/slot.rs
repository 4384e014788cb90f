//! `#[slot(…)]`: a wrapper with C's signature around a Rust function with Rust's.

use crate::bind::Binding;
use crate::function::Entry;
use crate::receiver::{self, Split, output_span};
use crate::signature::Signature;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
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
    /// What `send` gives, and whether it is the end.
    Send,
    /// A call of the type itself; exact without a signature.
    Vectorcall,
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
        "tp_vectorcall" => Shape::Vectorcall,
        "am_send" => Shape::Send,
        "bf_releasebuffer" | "tp_alloc" | "tp_free" | "tp_is_gc" | "tp_getattr" | "tp_setattr" => Shape::Raw,
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
    let span = output_span(&function.sig);
    let path = quote_spanned!(span=> <#self_ty>::#rust_name);
    let exact = shape == Shape::Send && function.sig.abi.is_some();
    if exact || shape == Shape::Raw || (shape == Shape::Vectorcall && text.is_none()) {
        if function.sig.abi.is_none() {
            let message = format!("`{slot}` takes the exact function of its C signature: `extern \"C-unwind\" fn`");
            return Err(Error::new_spanned(function.sig.fn_token, message));
        }
        return Ok(Entry { wrapper: quote!(), entry: table_entry(slot, &path) });
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
    let call = Call { slot, function, split: &split, receiver, path, span };
    let code = match (shape, text) {
        (Shape::New | Shape::Init | Shape::Call | Shape::Vectorcall, Some(text)) => call.with_signature(shape, text, self_ty)?,
        (_, Some(text)) => {
            return Err(Error::new_spanned(text, "only tp_new, tp_init, tp_call and tp_vectorcall have a signature"));
        }
        (_, None) => call.plain(shape, is_unsafe)?,
    };
    let wrapper = format_ident!("__{}_{index}", slot);
    let Code { params, output, body } = code;
    Ok(Entry {
        wrapper: quote! {
            extern "C-unwind" fn #wrapper(__slf: ::object::Borrowed<'_>, #params) -> #output { #body }
        },
        entry: table_entry(slot, &quote!(#wrapper)),
    })
}

/// Keywords that a constructor without any overlooks: a subclass whose other half is its own may take them.
fn keywords_for_subclass(shape: Shape, signature: &Signature, self_ty: &Type) -> TokenStream {
    let other = match shape {
        Shape::New => quote!(tp_init),
        Shape::Init => quote!(tp_new),
        _ => return quote!(),
    };
    if !signature.positional_only() {
        return quote!();
    }
    let class = if shape == Shape::New { quote!(__slf) } else { quote!(__slf.class().borrowed()) };
    quote! {
        let __own = <#self_ty as ::object::StaticType>::type_object();
        let __kwargs = ::object::args::constructor_keywords(#class, __own, ::abi::typeslot::#other, __kwargs);
    }
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

/// The function that a slot's wrapper calls.
struct Call<'a> {
    slot: &'a Ident,
    function: &'a ImplItemFn,
    split: &'a Split<'a>,
    receiver: TokenStream,
    path: TokenStream,
    span: Span,
}

impl Call<'_> {
    /// `tp_new`, `tp_init`, `tp_call` and `tp_vectorcall` whose parameters a text signature describes.
    fn with_signature(&self, shape: Shape, text: &LitStr, self_ty: &Type) -> Result<Code> {
        let signature = Signature::parse(&text.value()).map_err(|message| Error::new_spanned(text, message))?;
        let function = if shape == Shape::Call { quote!("__call__") } else { quote!(<#self_ty>::__TYPE_NAME) };
        let binding = Binding { signature: &signature, inputs: &self.split.rest, function, span: text.span() };
        binding.check()?;
        let (bound, arguments) = binding.vector(true)?;
        let Call { receiver, path, span, .. } = self;
        let call = quote_spanned!(*span=> #path(#receiver #(, #arguments)*));
        let keywords = keywords_for_subclass(shape, &signature, self_ty);
        if shape == Shape::Init {
            let body = quote! {
                #keywords
                ::object::Status::from(::object::args::with_call_args(__args, __kwargs, |__args, __nargs, __kwnames| {
                    #bound
                    #call
                }))
            };
            return Ok(Code { params: call_params(), output: status(), body });
        }
        let result = into_py(*span, call);
        if shape == Shape::Vectorcall {
            let params = quote! {
                __args: ::object::ArgPtr<'_>, __nargsf: usize, __kwnames: ::core::option::Option<::object::Borrowed<'_>>
            };
            let body = quote! {
                let __nargs = __nargsf & !::abi::VECTORCALL_ARGUMENTS_OFFSET;
                let __args = __args.with_kw(__nargs.cast_signed(), __kwnames);
                #bound
                #result
            };
            return Ok(Code { params, output: object(), body });
        }
        let body = quote! {
            #keywords
            ::object::args::with_call_args(__args, __kwargs, |__args, __nargs, __kwnames| {
                #bound
                #result
            })
        };
        Ok(Code { params: call_params(), output: object(), body })
    }

    fn check(&self, expected: usize) -> Result<()> {
        if self.split.rest.len() == expected {
            return Ok(());
        }
        let plural = if expected == 1 { "" } else { "s" };
        let message = format!("`{}` takes {expected} parameter{plural} behind its receiver", self.slot);
        Err(Error::new_spanned(&self.function.sig.inputs, message))
    }

    /// A slot whose parameters are C's.
    fn plain(&self, shape: Shape, is_unsafe: bool) -> Result<Code> {
        let span = self.span;
        let borrowed = quote!(::object::Borrowed<'_>);
        let optional = quote!(::core::option::Option<::object::Borrowed<'_>>);
        let integer = quote!(::core::ffi::c_int);
        let call = |arguments: TokenStream| {
            let Call { receiver, path, .. } = self;
            quote_spanned!(span=> #path(#receiver #arguments))
        };
        let from = |call: TokenStream| quote_spanned!(span=> ::core::convert::From::from(#call));
        let code = |expected: usize, params: TokenStream, output: TokenStream, body: TokenStream| {
            self.check(expected).map(|()| Code { params, output, body })
        };
        match shape {
            Shape::Unary => code(0, quote!(), object(), into_py(span, call(quote!()))),
            Shape::IterNext | Shape::Bool | Shape::Len | Shape::Hash => {
                let output = match shape {
                    Shape::IterNext => quote!(::object::IterNext),
                    Shape::Bool => truth(),
                    Shape::Len => quote!(::object::Len),
                    _ => quote!(::object::Hash),
                };
                let body = from(call(quote!()));
                code(0, quote!(), output, body)
            }
            Shape::Number | Shape::Binary => code(1, quote!(__a: #borrowed), object(), into_py(span, call(quote!(, __a)))),
            Shape::Contains => code(1, quote!(__a: #borrowed), truth(), from(call(quote!(, __a)))),
            Shape::Power | Shape::InplacePower => {
                code(2, quote!(__a: #borrowed, __b: #borrowed), object(), into_py(span, call(quote!(, __a, __b))))
            }
            Shape::Index => code(1, quote!(__i: isize), object(), into_py(span, call(quote!(, __i)))),
            Shape::AssIndex | Shape::Assign => {
                let first = if shape == Shape::AssIndex { quote!(isize) } else { borrowed };
                let body = from(call(quote!(, __a, __value)));
                code(2, quote!(__a: #first, __value: #optional), status(), body)
            }
            Shape::RichCompare => {
                let body = into_py(span, call(quote!(, __a, ::object::CompareOp::from_c(__op))));
                code(2, quote!(__a: #borrowed, __op: #integer), object(), body)
            }
            Shape::DescrGet => code(2, quote!(__a: #optional, __b: #optional), object(), into_py(span, call(quote!(, __a, __b)))),
            Shape::New | Shape::Call => code(2, call_params(), object(), into_py(span, call(quote!(, __args, __kwargs)))),
            Shape::Init => code(2, call_params(), status(), from(call(quote!(, __args, __kwargs)))),
            Shape::Destructor => {
                let call = call(quote!());
                let call = if is_unsafe { quote!(unsafe { #call }) } else { call };
                code(0, quote!(), quote!(()), quote!(#call;))
            }
            Shape::Traverse => {
                let call = call(quote!(, &mut __visit));
                let body = quote!(let mut __visit = ::object::Visit::new(__visitproc, __arg); #call; __visit.result());
                code(1, quote!(__visitproc: ::abi::visitproc, __arg: *mut ::core::ffi::c_void), integer, body)
            }
            Shape::Clear => {
                let call = call(quote!());
                let body = match &self.function.sig.output {
                    ReturnType::Default => quote!(#call; 0),
                    ReturnType::Type(..) => {
                        quote_spanned!(span=> ::object::Status::from(#call).0)
                    }
                };
                code(0, quote!(), integer, body)
            }
            Shape::Send => {
                let params = quote!(__value: #borrowed, __result: *mut ::core::option::Option<::object::Ref>);
                let call = call(quote!(, __value));
                // The caller passes a place that is empty or not initialised: it is written without a drop.
                let body = quote! {
                    let (__item, __status): (::object::Ref, ::core::ffi::c_int) = match #call {
                        ::core::result::Result::Ok((item, end)) => (item, if end { 0 } else { 1 }),
                        ::core::result::Result::Err(_raised) => {
                            unsafe { __result.write(::core::option::Option::None) };
                            return -1;
                        }
                    };
                    unsafe { __result.write(::core::option::Option::Some(__item)) };
                    __status
                };
                code(1, params, integer, body)
            }
            Shape::GetBuffer => {
                let params = quote!(__view: *mut ::abi::Py_buffer, __flags: #integer);
                code(2, params, status(), from(call(quote!(, __view, __flags))))
            }
            Shape::Vectorcall | Shape::Raw => Err(Error::new_spanned(self.slot, "an exact slot has no wrapper")),
        }
    }
}

fn object() -> TokenStream {
    quote!(::object::PyResult<::object::Ref>)
}

fn status() -> TokenStream {
    quote!(::object::Status)
}

fn truth() -> TokenStream {
    quote!(::object::Truth)
}

fn into_py(span: Span, call: TokenStream) -> TokenStream {
    quote_spanned!(span=> ::object::IntoPy::into_py(#call))
}

fn call_params() -> TokenStream {
    quote!(__args: ::object::Borrowed<'_>, __kwargs: ::core::option::Option<::object::Borrowed<'_>>)
}
