//! From Python arguments to Rust parameters: the code that a wrapper runs before it calls the function.

use crate::receiver::{last_segment, ungroup};
use crate::signature::{Default, Param, Signature};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Ident, PatType, Result, Type};

/// Up to how many optional positional parameters get an arm of the fast match of their own.
const FAST_ARMS: usize = 3;

/// The binding of one callable's parameters.
pub struct Binding<'a> {
    pub signature: &'a Signature,
    /// The Rust parameters behind the receiver.
    pub inputs: &'a [&'a PatType],
    /// A constant expression: the name that messages show.
    pub function: TokenStream,
    /// Where a wrong count is reported.
    pub span: Span,
}

impl Binding<'_> {
    /// Each name has its Rust parameter and the reverse.
    pub fn check(&self) -> Result<()> {
        let expected = self.signature.rust_params();
        if self.inputs.len() == expected {
            return Ok(());
        }
        let message = format!(
            "the signature names {expected} parameter{}, the function takes {} behind its receiver",
            if expected == 1 { "" } else { "s" },
            self.inputs.len()
        );
        Err(Error::new(self.span, message))
    }

    /// The one argument of METH_O, in `__arg`.
    pub fn one_argument(&self) -> Result<(TokenStream, Vec<TokenStream>)> {
        let function = &self.function;
        let info = quote!(static __INFO: ::object::args::ArgInfo =
            ::object::args::ArgInfo { function: #function, name: "", position: 0 };);
        let span = self.inputs.first().map_or(self.span, |input| input.ty.span()).resolved_at(Span::call_site());
        let convert = quote_spanned!(span=> ::object::args::FromArg::from_arg(__arg, &__INFO)?);
        Ok((quote!(#info let __a0 = #convert;), vec![quote!(__a0)]))
    }

    /// Statements that bind the slice `__args` (the first `__nargs` by position, then the values of `__kwnames`), and the
    /// expressions to call the function with.
    pub fn vector(&self, keywords: bool) -> Result<(TokenStream, Vec<TokenStream>)> {
        let signature = self.signature;
        let count = signature.params.len();
        let params = self.params_static();
        let values: Vec<_> = (0..count).map(|index| format_ident!("__v{index}")).collect();
        let (nargs, kwnames) = match keywords {
            true => (quote!(__nargs), quote!(__kwnames)),
            false => (quote!(__args.len()), quote!(::core::option::Option::None)),
        };
        let bind = quote!(__PARAMS.bind::<#count>(__args, #nargs, #kwnames)?);
        let bound = if signature.varargs || signature.varkw {
            let rest = signature.varargs.then(|| quote!(let __rest = __bound.rest;));
            let kwargs = signature.varkw.then(|| quote!(let __kwargs = __bound.kwargs;));
            quote! { let __bound = #bind; let [#(#values),*] = __bound.values; #rest #kwargs }
        } else {
            let arms = self.fast_arms(keywords);
            quote! {
                let [#(#values),*]: [::core::option::Option<::object::Borrowed<'_>>; #count] = match *__args {
                    #(#arms)*
                    _ => #bind.values,
                };
            }
        };
        let mut statements = quote!(#params #bound);
        let mut call = Vec::new();
        let mut inputs = self.inputs.iter();
        for (index, param) in signature.params.iter().enumerate() {
            if index == signature.positional && signature.varargs {
                let span = inputs.next().map_or(self.span, |input| input.ty.span()).resolved_at(Span::call_site());
                let name = Ident::new("__rest", span);
                call.push(quote!(#name));
            }
            let Some(input) = inputs.next() else { break };
            let argument = format_ident!("__a{index}");
            let convert = self.convert(index, param, &input.ty)?;
            statements.extend(quote!(let #argument = #convert;));
            call.push(quote!(#argument));
        }
        let mut last = |name: &str| {
            let span = inputs.next().map_or(self.span, |input| input.ty.span()).resolved_at(Span::call_site());
            let name = Ident::new(name, span);
            call.push(quote!(#name));
        };
        if signature.varargs && signature.positional == count {
            last("__rest");
        }
        if signature.varkw {
            last("__kwargs");
        }
        Ok((statements, call))
    }

    fn params_static(&self) -> TokenStream {
        let Signature { params, posonly, positional, varargs, varkw, .. } = self.signature;
        let function = &self.function;
        let names = params.iter().map(|param| &param.name);
        let required = self.signature.required();
        let required_kwonly = self.signature.keyword_only().iter().map(|param| param.default.is_none());
        quote! {
            static __PARAMS: ::object::args::Params = ::object::args::Params {
                function: #function,
                names: &[#(#names),*],
                posonly: #posonly,
                positional: #positional,
                required: #required,
                required_kwonly: &[#(#required_kwonly),*],
                varargs: #varargs,
                varkw: #varkw,
            };
        }
    }

    /// Arms that take the common counts of purely positional arguments without a call.
    fn fast_arms(&self, keywords: bool) -> Vec<TokenStream> {
        let signature = self.signature;
        if signature.keyword_only().iter().any(|param| param.default.is_none()) {
            return Vec::new();
        }
        let guard = keywords.then(|| quote!(if __kwnames.is_none()));
        let (required, positional) = (signature.required(), signature.positional);
        let lowest = required.max(positional.saturating_sub(FAST_ARMS));
        (lowest..=positional)
            .map(|given| {
                let names: Vec<_> = (0..given).map(|index| format_ident!("__p{index}")).collect();
                let absent = (given..signature.params.len()).map(|_| quote!(::core::option::Option::None));
                quote!([#(#names),*] #guard => [#(::core::option::Option::Some(#names),)* #(#absent),*],)
            })
            .collect()
    }

    fn convert(&self, index: usize, param: &Param, ty: &Type) -> Result<TokenStream> {
        let value = format_ident!("__v{index}");
        let info = format_ident!("__INFO{index}");
        let (function, name) = (&self.function, &param.name);
        let position = if index < self.signature.posonly { index + 1 } else { 0 };
        let span = ty.span().resolved_at(Span::call_site());
        let convert = match &param.default {
            None => quote_spanned!(span=> ::object::args::FromArg::from_arg(::object::args::required(#value, &#info)?, &#info)?),
            Some(default) => match literal(default, ty) {
                Some(literal) if last_segment(ty).as_deref() != Some("Option") => quote_spanned! {span=>
                    match #value {
                        ::core::option::Option::Some(__value) => ::object::args::FromArg::from_arg(__value, &#info)?,
                        ::core::option::Option::None => #literal,
                    }
                },
                _ => quote_spanned!(span=> ::object::args::FromOptArg::from_opt(#value, &#info)?),
            },
        };
        Ok(quote! {{
            static #info: ::object::args::ArgInfo =
                ::object::args::ArgInfo { function: #function, name: #name, position: #position };
            #convert
        }})
    }
}

/// The Rust value that a default stands for; `None` where only `FromOptArg` can tell.
fn literal(default: &Default, ty: &Type) -> Option<TokenStream> {
    let wanted = last_segment(ty).unwrap_or_default();
    let tokens = |text: &str| text.parse::<TokenStream>().ok();
    match default {
        Default::Int(text) if wanted == "f64" => tokens(&format!("{}f64", text.replace('_', ""))),
        Default::Int(text) if wanted == "bool" => match text.as_str() {
            "0" => Some(quote!(false)),
            "1" => Some(quote!(true)),
            _ => None,
        },
        Default::Int(text) if is_integer(&wanted) => tokens(text),
        Default::Float(text) if wanted == "f64" => tokens(&format!("({text}) as f64")),
        Default::Bool(value) if wanted == "bool" => Some(quote!(#value)),
        Default::Str(text) if wanted == "char" => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => {
                    let c = Literal::character(c);
                    Some(quote!(#c))
                }
                _ => None,
            }
        }
        Default::Str(text) if wanted == "String" => Some(quote!(::std::string::String::from(#text))),
        Default::Str(text) if is_reference_to(ty, "str") => Some(quote!(#text)),
        Default::Bytes(bytes) if matches!(ungroup(ty), Type::Reference(_)) => {
            let bytes = Literal::byte_string(bytes);
            Some(quote!(&#bytes[..]))
        }
        Default::MaxSize if wanted == "isize" => Some(quote!(isize::MAX)),
        Default::MaxSize if wanted == "usize" => Some(quote!(isize::MAX.unsigned_abs())),
        Default::MaxSize if wanted == "i64" => Some(quote!(i64::MAX)),
        _ => None,
    }
}

fn is_integer(name: &str) -> bool {
    matches!(
        name,
        "i8" | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "c_int"
            | "c_uint"
            | "c_long"
            | "c_ulong"
    )
}

fn is_reference_to(ty: &Type, name: &str) -> bool {
    match ungroup(ty) {
        Type::Reference(reference) => last_segment(&reference.elem).as_deref() == Some(name),
        _ => false,
    }
}
