//! `#[pyclass]`: a native type from the struct of its objects.

use crate::doc;
use crate::pymethods::{collect, part_function};
use crate::signature::Signature;
use crate::table::Table;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Field, Ident, Index, ItemStruct, LitStr, Member, Path, Result, Token, Type, parenthesized};

/// How a type takes part in garbage collection.
#[derive(Default, PartialEq, Eq)]
enum Gc {
    #[default]
    No,
    /// `gc`: `Trace` comes from the fields.
    Derived,
    /// `gc = manual`: the type gives `tp_traverse` and `tp_clear` itself.
    Manual,
}

/// What the parentheses of `#[pyclass(…)]` say.
#[derive(Default)]
struct Options {
    name: Option<LitStr>,
    module: Option<LitStr>,
    export: Option<LitStr>,
    cell: Option<Path>,
    base: Option<Type>,
    signature: Option<LitStr>,
    flags: Vec<Ident>,
    gc: Gc,
    parts: Option<Vec<Ident>>,
    /// A field, or one within the first: `weaklist = base.weakrefs`.
    weaklist: Option<Punctuated<Member, Token![.]>>,
    dict: Option<Member>,
    vectorcall: Option<Member>,
    itemsize: Option<TokenStream>,
    basicsize: Option<Expr>,
    heap_like: bool,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Options::default();
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            match key.to_string().as_str() {
                "name" => options.name = Some(value(input)?),
                "module" => options.module = Some(value(input)?),
                "export" => options.export = Some(value(input)?),
                "cell" => options.cell = Some(value(input)?),
                "base" => options.base = Some(value(input)?),
                "sig" => options.signature = Some(value(input)?),
                "flags" => options.flags = idents(input)?,
                "parts" => options.parts = Some(idents(input)?),
                "weaklist" => {
                    input.parse::<Token![=]>()?;
                    options.weaklist = Some(Punctuated::parse_separated_nonempty(input)?);
                }
                "dict" => options.dict = Some(value(input)?),
                "vectorcall" => options.vectorcall = Some(value(input)?),
                "basicsize" => options.basicsize = Some(value(input)?),
                "itemsize" => options.itemsize = Some(itemsize(&value::<Expr>(input)?)),
                "gc" if input.peek(Token![=]) => {
                    let mode: Ident = value(input)?;
                    if mode != "manual" {
                        return Err(Error::new_spanned(mode, "known here: `gc`, `gc = manual`"));
                    }
                    options.gc = Gc::Manual;
                }
                "gc" => options.gc = Gc::Derived,
                "heap_like" => options.heap_like = true,
                // States that the first field is a struct of `abi`: the layout says so already.
                "extends_abi" => {}
                _ => {
                    return Err(Error::new_spanned(
                        key,
                        "known here: name, module, export, cell, base, sig, flags(…), gc, parts(…), weaklist, dict, vectorcall, \
                         itemsize, basicsize, heap_like, extends_abi",
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

fn value<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn idents(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    let content;
    parenthesized!(content in input);
    Ok(Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)?.into_iter().collect())
}

/// The size of an item: of the type that is named, or the value of any other expression.
fn itemsize(expr: &Expr) -> TokenStream {
    match expr {
        Expr::Path(path) => quote!(::core::mem::size_of::<#path>()),
        other => quote!(#other),
    }
}

/// One `#[member(…)]` of a field.
struct MemberOptions {
    kind: Ident,
    name: Option<LitStr>,
    path: Option<TokenStream>,
    doc: Option<LitStr>,
    flags: Vec<&'static str>,
}

impl Parse for MemberOptions {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let kind = Ident::new("T_OBJECT", Span::call_site());
        let mut options = MemberOptions { kind, name: None, path: None, doc: None, flags: Vec::new() };
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            match key.to_string().as_str() {
                "name" => options.name = Some(value(input)?),
                "doc" => options.doc = Some(value(input)?),
                "field" => {
                    input.parse::<Token![=]>()?;
                    let path = Punctuated::<Member, Token![.]>::parse_separated_nonempty(input)?;
                    options.path = Some(path.into_token_stream());
                }
                "readonly" => options.flags.push("READONLY"),
                "audit_read" => options.flags.push("AUDIT_READ"),
                kind if kind.starts_with("T_") => options.kind = key,
                _ => return Err(Error::new_spanned(key, "known here: T_…, name, field, doc, readonly, audit_read")),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// What the attributes of the fields say.
#[derive(Default)]
struct Fields {
    members: Table,
    /// The fields that `Trace` visits.
    traced: Vec<(Member, Span)>,
}

/// Expands `#[pyclass]`. Errors stand beside the struct, so that the rest of the crate still resolves it.
pub fn expand(attr: TokenStream, mut item: ItemStruct) -> TokenStream {
    let mut errors: Option<Error> = None;
    let options = syn::parse2::<Options>(attr).unwrap_or_else(|error| {
        errors = Some(error);
        Options::default()
    });
    if !item.generics.params.is_empty() {
        collect(&mut errors, Error::new_spanned(&item.generics, "the struct of a type has no generics"));
    }
    if item.fields.is_empty() {
        collect(&mut errors, Error::new_spanned(&item.ident, "the first field is the object's header"));
    }
    let fields = match fields(&mut item, &options) {
        Ok(fields) => fields,
        Err(error) => {
            collect(&mut errors, error);
            Fields::default()
        }
    };
    let repr = (!item.attrs.iter().any(|attr| attr.path().is_ident("repr"))).then(|| quote!(#[repr(C)]));
    let class = match errors.is_some() {
        true => Ok(quote!()),
        false => class(&item, &options, &fields),
    };
    let class = class.unwrap_or_else(|error| {
        collect(&mut errors, error);
        quote!()
    });
    let errors = errors.map(|error| error.to_compile_error());
    quote!(#repr #item #class #errors)
}

/// Takes our attributes off the fields.
fn fields(item: &mut ItemStruct, options: &Options) -> Result<Fields> {
    let ident = item.ident.clone();
    let mut fields = Fields::default();
    let weaklist = options.weaklist.as_ref().filter(|path| path.len() == 1).and_then(Punctuated::first);
    let untraced: Vec<&Member> = weaklist.into_iter().chain(&options.vectorcall).collect();
    for (index, field) in item.fields.iter_mut().enumerate() {
        let member = match &field.ident {
            Some(name) => Member::Named(name.clone()),
            None => Member::Unnamed(Index::from(index)),
        };
        let cfgs = crate::pymethods::cfgs(&field.attrs);
        let ours: Vec<Attribute> =
            field.attrs.extract_if(.., |attr| attr.path().is_ident("member") || attr.path().is_ident("trace")).collect();
        let mut traced = index != 0 && !untraced.contains(&&member);
        for attr in ours {
            if attr.path().is_ident("trace") {
                traced = trace_option(&attr)?;
            } else {
                fields.members.push(&cfgs, member_entry(&attr, field, &member, &ident)?);
            }
        }
        if traced {
            if !cfgs.is_empty() && options.gc == Gc::Derived {
                return Err(Error::new_spanned(field, "a traced field cannot be configured out"));
            }
            fields.traced.push((member, field.ty.span().resolved_at(Span::call_site())));
        }
    }
    Ok(fields)
}

/// `#[trace]` traces a field, `#[trace(skip)]` does not.
fn trace_option(attr: &Attribute) -> Result<bool> {
    if attr.meta.require_path_only().is_ok() {
        return Ok(true);
    }
    let word: Ident = attr.parse_args()?;
    if word == "skip" { Ok(false) } else { Err(Error::new_spanned(word, "known here: `#[trace]`, `#[trace(skip)]`")) }
}

fn member_entry(attr: &Attribute, field: &Field, member: &Member, ident: &Ident) -> Result<TokenStream> {
    let options: MemberOptions = match attr.meta.require_path_only() {
        Ok(_) => syn::parse2(quote!())?,
        Err(_) => attr.parse_args()?,
    };
    let name = match (&options.name, &field.ident) {
        (Some(name), _) => name.value(),
        (None, Some(ident)) => ident.unraw().to_string(),
        (None, None) => return Err(Error::new_spanned(attr, "a field without a name needs `name = \"…\"`")),
    };
    let name = doc::c_literal(&name, attr.span())?;
    let doc = match &options.doc {
        Some(text) => {
            let text = doc::of_attribute(&text.value(), text.span())?;
            quote!(::core::option::Option::Some(#text))
        }
        None => quote!(::core::option::Option::None),
    };
    let flags = options.flags.iter().map(|flag| {
        let flag = Ident::new(flag, attr.span());
        quote!(| ::abi::member::#flag)
    });
    let kind = &options.kind;
    let path = options.path.unwrap_or_else(|| quote!(#member));
    Ok(quote! {
        ::object::spec::member(#name, ::abi::member::#kind, ::core::mem::offset_of!(#ident, #path), 0 #(#flags)*, #doc)
    })
}

fn class(item: &ItemStruct, options: &Options, fields: &Fields) -> Result<TokenStream> {
    let ident = &item.ident;
    let span = ident.span();
    let name = options.name.as_ref().map_or_else(|| ident.unraw().to_string(), LitStr::value);
    let tp_name = match options.module.as_ref().map(LitStr::value) {
        Some(module) if module != "builtins" => format!("{module}.{name}"),
        _ => name.clone(),
    };
    let tp_name = doc::c_literal(&tp_name, span)?;
    let doc = class_doc(item, options, &name)?;
    let base = match &options.base {
        Some(base) => quote!(::core::option::Option::Some(<#base as ::object::StaticType>::type_object)),
        None => quote!(::core::option::Option::None),
    };
    let flags = flags(options);
    let itemsize = options.itemsize.clone().unwrap_or_else(|| quote!(0));
    let basicsize = match &options.basicsize {
        Some(size) => quote!(#size),
        None => quote!(::core::mem::size_of::<#ident>()),
    };
    let offset = |member: Option<TokenStream>| match member {
        Some(member) => quote!(::core::mem::offset_of!(#ident, #member).cast_signed()),
        None => quote!(0),
    };
    let weaklist = offset(options.weaklist.as_ref().map(ToTokens::to_token_stream));
    let dict = offset(options.dict.as_ref().map(ToTokens::to_token_stream));
    let vectorcall = offset(options.vectorcall.as_ref().map(ToTokens::to_token_stream));
    let (trace, defaults) = match options.gc {
        Gc::Derived => (trace_impl(ident, &fields.traced), quote!(defaults_gc)),
        Gc::No | Gc::Manual => (quote!(), quote!(defaults)),
    };
    let (members_part, members) = members_part(ident, &fields.members);
    let main = [Ident::new("main", span)];
    let parts = options.parts.as_deref().unwrap_or(&main).iter().map(part_function);
    let type_object = type_object(options);
    let allow = crate::allow();
    Ok(quote! {
        #allow
        const _: () = {
            // `repr(C)` puts the header, the first field, at offset 0.
            unsafe impl ::object::Layout for #ident {}

            impl ::object::StaticType for #ident {
                #[inline]
                fn type_object() -> &'static ::object::TypeObject {
                    #type_object
                }

                fn spec() -> ::core::option::Option<&'static ::object::spec::TypeSpec> {
                    static SPEC: ::object::spec::TypeSpec = ::object::spec::TypeSpec {
                        name: #tp_name,
                        basicsize: #basicsize,
                        itemsize: #itemsize,
                        flags: #flags,
                        base: #base,
                        doc: #doc,
                        parts: &[#(<#ident>::#parts,)* #members],
                        weaklist_offset: #weaklist,
                        dict_offset: #dict,
                        vectorcall_offset: #vectorcall,
                        defaults: ::object::spec::#defaults::<#ident>(),
                    };
                    ::core::option::Option::Some(&SPEC)
                }
            }

            impl #ident {
                /// `__name__`, as messages of the constructor show it.
                #[doc(hidden)]
                pub(crate) const __TYPE_NAME: &'static str = #name;
            }

            #members_part
            #trace
        };
    })
}

fn class_doc(item: &ItemStruct, options: &Options, name: &str) -> Result<TokenStream> {
    let comment = doc::comment(&item.attrs);
    let text = match &options.signature {
        Some(signature) => {
            Signature::parse(&signature.value()).map_err(|message| Error::new_spanned(signature, message))?;
            doc::with_signature(name, &signature.value(), &comment)
        }
        None if comment.is_empty() => return Ok(quote!(::core::option::Option::None)),
        None => comment,
    };
    let text = doc::c_literal(&text, item.ident.span())?;
    Ok(quote!(::core::option::Option::Some(#text)))
}

fn flags(options: &Options) -> TokenStream {
    let mut flags: Vec<TokenStream> = options.flags.iter().map(|flag| quote!(::abi::tpflags::#flag)).collect();
    if !options.heap_like {
        flags.push(quote!(::abi::tpflags::IMMUTABLETYPE));
        flags.push(quote!(::abi::tpflags::STATIC_BUILTIN));
    }
    if options.gc != Gc::No {
        flags.push(quote!(::abi::tpflags::HAVE_GC));
    }
    if options.vectorcall.is_some() {
        flags.push(quote!(::abi::tpflags::HAVE_VECTORCALL));
    }
    quote!(0 #(| #flags)*)
}

fn type_object(options: &Options) -> TokenStream {
    if let Some(cell) = &options.cell {
        return quote!(&#cell);
    }
    let export = options.export.as_ref().map(|name| quote!(#[unsafe(export_name = #name)]));
    quote! {
        #export
        static TYPE: ::object::TypeObject = ::object::TypeObject::NEW;
        &TYPE
    }
}

fn trace_impl(ident: &Ident, traced: &[(Member, Span)]) -> TokenStream {
    let trace = traced.iter().map(|(member, span)| quote_spanned!(*span=> ::object::Trace::trace(&self.#member, __visit);));
    let clear = traced.iter().map(|(member, span)| quote_spanned!(*span=> ::object::Trace::clear(&self.#member);));
    quote! {
        impl ::object::Trace for #ident {
            fn trace(&self, __visit: &mut ::object::Visit<'_>) {
                #(#trace)*
            }

            fn clear(&self) {
                #(#clear)*
            }
        }
    }
}

/// The part that holds the struct's members, and its entry in the list of parts.
fn members_part(ident: &Ident, members: &Table) -> (TokenStream, TokenStream) {
    let (table, members) = members.render("__MEMBERS", &quote!(::abi::PyMemberDef), Some(quote!(::object::spec::member_end())));
    if table.is_empty() {
        return (quote!(), quote!());
    }
    let part = quote! {
        impl #ident {
            #[doc(hidden)]
            pub(crate) fn __part_members() -> &'static ::object::spec::PartSpec {
                #table
                static __PART: ::object::spec::PartSpec =
                    ::object::spec::PartSpec { slots: &[], methods: &[], getset: &[], members: #members };
                &__PART
            }
        }
    };
    (part, quote!(<#ident>::__part_members))
}
