//! One entry of a method table: `#[method]`, `#[classmethod]`, `#[staticmethod]` and `#[pyfunction]`.

use crate::bind::Binding;
use crate::doc;
use crate::receiver::{Split, output_span};
use crate::signature::{Convention, Signature};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Ident, LitStr, Result, Token};

/// What the parentheses of a function's attribute say.
#[derive(Default)]
pub struct Options {
    pub name: Option<LitStr>,
    pub signature: Option<LitStr>,
    /// `text = None`: the docstring does not show the signature.
    pub hide_signature: bool,
    pub coexist: bool,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Options::default();
        while !input.is_empty() {
            if input.peek(LitStr) {
                let text: LitStr = input.parse()?;
                if options.signature.is_some() {
                    return Err(Error::new_spanned(text, "a second signature"));
                }
                options.signature = Some(text);
            } else {
                let key = input.call(Ident::parse_any)?;
                match key.to_string().as_str() {
                    "name" => {
                        input.parse::<Token![=]>()?;
                        options.name = Some(input.parse()?);
                    }
                    "text" => {
                        input.parse::<Token![=]>()?;
                        let none = input.call(Ident::parse_any)?;
                        if none != "None" {
                            return Err(Error::new_spanned(none, "only `text = None` is known"));
                        }
                        options.hide_signature = true;
                    }
                    "coexist" => options.coexist = true,
                    _ => {
                        return Err(Error::new_spanned(
                            key,
                            "known here: a signature string, `name = \"…\"`, `text = None`, `coexist`",
                        ));
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// What kind of table entry is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Method,
    Class,
    Static,
    /// A function of a module.
    Module,
}

impl Kind {
    fn receiver(self) -> Option<&'static str> {
        match self {
            Kind::Method => Some("self"),
            Kind::Class => Some("type"),
            Kind::Module => Some("module"),
            Kind::Static => None,
        }
    }
}

/// A wrapper function and the table entry that names it.
pub struct Entry {
    pub wrapper: TokenStream,
    pub entry: TokenStream,
}

/// A signature attribute, parsed, and its text with the receiver that the kind of function has.
pub fn signature(text: &LitStr, kind: Kind) -> Result<(Signature, String)> {
    let signature = Signature::parse(&text.value()).map_err(|message| Error::new_spanned(text, message))?;
    let written = text.value().trim().to_owned();
    match (kind.receiver(), signature.receiver.as_deref()) {
        (None, None) => Ok((signature, written)),
        (Some(expected), Some(found)) if expected == found => Ok((signature, written)),
        (Some(expected), None) => {
            let inner = written.trim_start_matches('(');
            let rest = match (signature.rust_params(), signature.posonly) {
                (0, _) => ", /)".to_owned(),
                (_, 0) => format!(", /, {inner}"),
                _ => format!(", {inner}"),
            };
            Ok((signature, format!("(${expected}{rest}")))
        }
        (Some(expected), Some(found)) => {
            Err(Error::new_spanned(text, format!("the receiver here is `${expected}`, not `${found}`")))
        }
        (None, Some(found)) => Err(Error::new_spanned(text, format!("a static method has no receiver, so no `${found}`"))),
    }
}

/// A Rust function that Python calls.
pub struct Callee<'a> {
    /// The attribute that declares it.
    pub attr: &'a Attribute,
    /// All its other attributes.
    pub attrs: &'a [Attribute],
    pub signature: &'a syn::Signature,
    pub split: Split<'a>,
    /// How it is called.
    pub path: TokenStream,
}

/// The wrapper and table entry of one function; `index` makes the wrapper's name unique.
pub fn entry(kind: Kind, options: &Options, function: &Callee<'_>, index: usize) -> Result<Entry> {
    let Callee { attr, attrs, signature: rust, split, path } = function;
    let rust_name = &rust.ident;
    let text = options.signature.as_ref().ok_or_else(|| {
        Error::new_spanned(
            attr,
            "a signature string is needed, such as \"($self, object, /)\"; `text = None` hides it from the docstring",
        )
    })?;
    let (signature, shown) = signature(text, kind)?;
    let name = options.name.as_ref().map_or_else(|| rust_name.unraw().to_string(), LitStr::value);
    let binding = Binding { signature: &signature, inputs: &split.rest, function: quote!(#name), span: text.span() };
    binding.check()?;

    let comment = doc::comment(attrs);
    let doc = if options.hide_signature { comment } else { doc::with_signature(&name, &shown, &comment) };
    let (c_name, c_doc) = (doc::c_literal(&name, rust_name.span())?, doc::of_attribute(&doc, rust_name.span())?);
    let flags = flags(kind, options.coexist);
    let wrapper = format_ident!("__method_{}_{index}", rust_name.unraw());

    let receiver = split.receiver.as_ref().map(|receiver| receiver.adapt.clone());
    let take_receiver = receiver.as_ref().map(|_| {
        quote! {
            static __SELF: ::object::args::ArgInfo = ::object::args::ArgInfo { function: #name, name: "self", position: 0 };
            let __slf = ::object::args::required(__slf, &__SELF)?;
        }
    });
    let receiver = receiver.into_iter();
    let borrowed = quote!(::object::Borrowed<'_>);
    let optional = quote!(::core::option::Option<::object::Borrowed<'_>>);
    let (constructor, params, prologue, bound, arguments) = match signature.convention() {
        Convention::NoArgs => (quote!(method_noargs), quote!(_: #optional), quote!(), quote!(), Vec::new()),
        Convention::OneArg => {
            let (bound, arguments) = binding.one_argument()?;
            (quote!(method_o), quote!(__arg: #borrowed), quote!(), bound, arguments)
        }
        Convention::Fast => {
            let (bound, arguments) = binding.vector(false)?;
            let params = quote!(__args: ::object::ArgPtr<'_>, __n: isize);
            (quote!(method_fast), params, quote!(let __args = __args.with_len(__n);), bound, arguments)
        }
        Convention::FastKeywords => {
            let (bound, arguments) = binding.vector(true)?;
            let params = quote!(__args: ::object::ArgPtr<'_>, __n: isize, __kwnames: #optional);
            let prologue = quote! {
                let __nargs = __n.unsigned_abs();
                let __args = __args.with_kw(__n, __kwnames);
            };
            (quote!(method_fastkw), params, prologue, bound, arguments)
        }
    };
    let result = quote_spanned!(output_span(rust)=> ::object::IntoPy::into_py(#path(#(#receiver,)* #(#arguments),*)));
    let slf = if take_receiver.is_some() { quote!(__slf) } else { quote!(_) };
    Ok(Entry {
        wrapper: quote! {
            extern "C-unwind" fn #wrapper(#slf: #optional, #params) -> ::object::PyResult<::object::Ref> {
                #take_receiver
                #prologue
                #bound
                #result
            }
        },
        entry: quote!(::object::spec::#constructor(#c_name, #wrapper, #flags, #c_doc)),
    })
}

fn flags(kind: Kind, coexist: bool) -> TokenStream {
    let kind = match kind {
        Kind::Method | Kind::Module => quote!(0),
        Kind::Class => quote!(::abi::mlflags::CLASS),
        Kind::Static => quote!(::abi::mlflags::STATIC),
    };
    if coexist { quote!(#kind | ::abi::mlflags::COEXIST) } else { kind }
}
